"""
A small company for tests of the playground's page: a script of messages instead of the programme behind it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from adapters.playground.backstage import Cast, Command, Era, Group, Stop
from adapters.playground.channel import PlaygroundChannel
from adapters.playground.room import Room
from bot.content import (
    Actions,
    Ask,
    Button,
    Card,
    Checklist,
    Choice,
    ChoiceField,
    Content,
    DateField,
    Day,
    Facts,
    File,
    Form,
    Home,
    Item,
    Link,
    Moment,
    PersonField,
    PersonName,
    Progress,
    Rule,
    ScaleField,
    Text,
    TextField,
    TimeField,
    UserText,
    say,
)
from bot.events import Address, Commanded, Event, HomeOpened, Pressed, Said, Submitted
from bot.facts import Person
from bot.outcome import CloseForm, FixForm, Note, Nothing, ReplaceCard, Reply, ShowCard, ShowForm, ShowHome
from bot.ports import Delivery

BEGINS = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)
START = date(2026, 1, 19)


def person(key: str, name: str, position: str, zone: str = "Europe/Ljubljana", **more: object) -> Person:
    """
    Make one of the company's people.
    """
    made = Person(
        id=key,
        name=name,
        position=position,
        zone=zone,
        email=f"{key}@example.com",
        address=Address("playground", key),
    )
    return replace(made, **more)  # type: ignore[arg-type]


PEOPLE = (
    person("ana", "Ana Novak", "Data analyst"),
    person("matej", "Matej Kos", "Senior analyst"),
    person("peter", "Peter Hribar", "Head of analytics"),
    person("breda", "Breda Zupan", "Managing director", "Europe/Lisbon"),
    person("irena", "Irena Vidmar", "HR, organisational psychologist"),
)
GROUP = Group(
    id="e1",
    title=say("Onboarding"),
    start=START,
    state="running",
    seats=(
        ("mentee", "ana"),
        ("mentor", "matej"),
        ("head", "peter"),
        ("director", "breda"),
        ("coordinator", "irena"),
    ),
)
SCALE = tuple(
    Choice(say(words), value)
    for value, words in (("1", "no"), ("2", "rather not"), ("3", "partly"), ("4", "mostly"), ("5", "yes"))
)
QUESTIONS = (
    "I know what to work on next.",
    "I can say openly what I think to my mentor.",
    "I got further this week.",
)


def checkin(chosen: tuple[str, ...] = ()) -> Card:
    """
    Return the weekly card with so many of its three questions answered.
    """
    asks = tuple(
        Ask(
            say(words),
            "checkin.tap",
            f"checkin:e1/checkin/{n}",
            SCALE,
            ("author", "coordinator"),
            chosen=value,
        )
        for n, (words, value) in enumerate(zip(QUESTIONS, (*chosen, ""), strict=False))
    )
    more = Button(say("Say more"), "checkin.more", "checkin:e1/checkin", opens_form=True)
    skip = Button(
        say("Skip this week"),
        "checkin.skip",
        "checkin:e1/checkin",
        confirm=say("Skip this week? Nobody will mind."),
    )
    title = say("Week 5, three taps.") if len(chosen) < 3 else say("Thank you. That was week 5.")
    return Card(
        title,
        asks,
        (more, skip) if len(chosen) < 3 else (more,),
        "celebrate" if len(chosen) == 3 else "plain",
    )


def welcome() -> Card:
    """
    Return a newcomer's guide.
    """
    return Card(
        say("Good to have you, {name}.", name=PersonName("Ana", "ana")),
        (
            Text(
                say("Your first day is **{day}**. Here is how the next six months will run.", day=Day(START))
            ),
            Facts(
                (
                    (say("Mentor"), say("{m}", m=PersonName("Matej Kos", "matej"))),
                    (say("First meeting"), say("{at}", at=Moment(datetime(2026, 1, 19, 8, 30, tzinfo=UTC)))),
                    (say("Coffee"), say("with Breda, the director, 20 minutes")),
                )
            ),
            Ask(
                say("At ease with chat and video?"),
                "ease",
                "ease:e1/ease",
                (Choice(say("Yes"), "yes"), Choice(say("Show me around"), "no")),
                ("author", "coordinator"),
            ),
            Text(say("Irena from HR is there for anything: write _help_ at any time."), "quiet"),
        ),
        (
            Button(say("See my plan"), "plan", "plan:e1", style="primary"),
            Link(say("Handbook"), "https://example.com/a"),
        ),
        "warm",
    )


def checklist(done: tuple[int, ...] = ()) -> Card:
    """
    Return the documents to hand over.
    """
    labels = ("Access to the warehouse", "Report templates", "The glossary", "Calendar of the month's end")
    items = tuple(
        Item(say(label), n in done, "documents.tick", "documents:e1/documents", str(n))
        for n, label in enumerate(labels)
    )
    return Card(say("Documents for Ana"), (Text(say("Tick what she has got.")), Checklist(items)))


def feedback_form() -> Form:
    """
    Return a form with every kind of field.
    """
    return Form(
        title=say("Two lines for Ana"),
        verb="feedback",
        ref="feedback:e1/feedback",
        intro=say("About this week. She reads it as soon as you send it."),
        fields=(
            TextField(
                key="well",
                label=say("Went well"),
                seen_by=("author", "mentee", "coordinator", "head"),
                long=True,
                required=True,
                most=300,
            ),
            TextField(key="further", label=say("Could go further"), seen_by=("author", "mentee"), long=True),
            ScaleField(
                key="going",
                label=say("How is it going between you?"),
                seen_by=("author", "coordinator"),
                low=say("heavy"),
                high=say("easy"),
            ),
            ChoiceField(
                key="about",
                label=say("About"),
                seen_by=("author", "mentee"),
                options=(Choice(say("Import script"), "1"), Choice(say("Customer calls"), "2")),
            ),
            ChoiceField(
                key="private",
                label=say("For HR only"),
                hint=say("Tick what applies, or nothing."),
                several=True,
                seen_by=("author", "coordinator"),
                options=(Choice(say("No time"), "time"), Choice(say("We disagree"), "disagree")),
            ),
            DateField(key="day", label=say("By"), seen_by=("author", "mentee")),
            TimeField(key="at", label=say("At"), seen_by=("author", "mentee")),
            PersonField(key="whom", label=say("Introduced to"), seen_by=("author", "mentee")),
        ),
    )


def home(name: str) -> Home:
    """
    Return somebody's home.
    """
    goals = Card(
        say("Goals"),
        (
            Progress(say("Customer calls"), 3, 5, "calls"),
            Progress(say("Import script without errors"), 2, 8, "weeks"),
            Rule(),
            Text(say("Set together on 19 February."), "quiet"),
        ),
    )
    help_ = Card(
        say("Help"),
        (Text(say("Irena reads it today. Matej does not see it.")),),
        (Button(say("I need help"), "help", "help:e1", opens_form=True),),
    )
    return Home(
        say("{name}, this is yours.", name=UserText(name)),
        (Card(say("Next: coffee with Breda"), (Text(say("Thursday 11:00, 20 minutes.")),)), goals, help_),
    )


def script() -> tuple[tuple[datetime, str, Content], ...]:
    """
    Return who gets what, and when.
    """
    at = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    day = timedelta(days=1)
    ready = Card(
        say("Ana begins on {day}.", day=Day(START)),
        (Text(say("Are you ready for the first week?")),),
        (
            Button(say("I am ready"), "ready", "ready:e1", style="primary"),
            Button(say("Not yet"), "later", "ready:e1"),
        ),
    )
    told = Card(
        say("Ana Novak begins in your department."), (Text(say("Matej is her mentor; Irena coordinates.")),)
    )
    coffee = Card(
        say("Coffee with Ana, 20 minutes"),
        (
            Text(say("She hears from you how the company came about.")),
            Ask(
                say("Which time suits you?"),
                "slot",
                "slot:e1/coffee",
                tuple(
                    Choice(say("{at}", at=Moment(datetime(2026, 1, 19, h, 0, tzinfo=UTC))), str(h))
                    for h in (9, 11, 14)
                ),
                ("author", "mentee", "coordinator"),
            ),
        ),
    )
    guide = File(
        "guide.txt",
        "text/plain",
        b"The next six months",
        Card(say("Guide for Ana"), (Text(say("To send.")),)),
    )
    case = Card(
        say("Ana has answered 2 or less on openness for three weeks."),
        (
            Facts(
                (
                    (say("Since"), say("{d}", d=Day(date(2026, 3, 3)))),
                    (say("How it is known"), say("three check-ins")),
                )
            ),
            Text(say("You could write to Ana alone, or offer a talk of three.")),
            Actions(
                (
                    Button(say("I look at it"), "accept", "case:1", style="primary"),
                    Button(say("Snooze"), "z", "case:1"),
                )
            ),
        ),
        (),
        "attention",
    )
    return (
        (at, "ana", welcome()),
        (at, "irena", guide),
        (at + timedelta(minutes=30), "matej", ready),
        (at + day, "peter", told),
        (at + day, "breda", coffee),
        (at + 14 * day, "matej", checklist()),
        (at + 30 * day, "ana", checkin()),
        (at + 58 * day, "irena", case),
    )


class FakeBackstage:
    """
    Send a script through the real channel, and answer presses in a few plain ways.
    """

    def __init__(self, room: Room, channel: PlaygroundChannel, people: tuple[Person, ...] = PEOPLE) -> None:
        self.room = room
        self.channel = channel
        self.people = people
        self.received: list[Event] = []

    async def receive(self, event: Event) -> Reply:
        self.received.append(event)
        match event:
            case Pressed():
                return self._pressed(event)
            case Submitted(verb="feedback", values=values):
                words = values.get("well", "")
                if not str(words).strip():
                    return FixForm({"well": say("Two words are enough.")})
                return CloseForm(say("Thank you. Ana reads it now."))
            case HomeOpened(who=who):
                return ShowHome(home(self._name(who)))
            case Commanded(name="feedback"):
                return ShowForm(feedback_form())
            case Commanded() | Said():
                return ShowCard(Card(say("These words I understand:"), (Text(say("feedback, help, home")),)))
            case _:
                return Nothing()

    def _pressed(self, event: Pressed) -> Reply:
        match event.verb:
            case "checkin.tap":
                place = int(event.ref.rpartition("/")[2])
                before = tuple(self.room.kept(f"tap/{n}") or "" for n in range(place))
                self.room.keep(f"tap/{place}", event.value)
                return ReplaceCard(checkin((*before, event.value)))
            case "documents.tick":
                ticked = (*filter(None, (self.room.kept("ticks") or "").split(",")), event.value)
                self.room.keep("ticks", ",".join(ticked))
                return ReplaceCard(checklist(tuple(map(int, ticked))))
            case "checkin.more" | "help":
                return ShowForm(feedback_form())
            case "ease":
                block = replace(welcome().blocks[2], chosen=event.value)  # type: ignore[call-arg]
                card = welcome()
                return ReplaceCard(replace(card, blocks=(*card.blocks[:2], block, *card.blocks[3:])))
            case "plan":
                return Note(say("Week 1 is with Matej. The rest follows on Friday."))
            case _:
                return ReplaceCard(Card(say("Noted. Thank you.")))

    async def next_instant(self) -> datetime | None:
        sent = int(self.room.kept("sent") or 0)
        due = sorted(at for at, _, _ in script())[sent:]
        return due[0] if due else None

    async def settle(self) -> int:
        sent = int(self.room.kept("sent") or 0)
        due = [one for one in sorted(script(), key=lambda s: s[0])[sent:] if one[0] <= self.room.now()]
        for n, (_, to, content) in enumerate(due, sent):
            receiver = next(one for one in self.people if one.id == to)
            await self.channel.deliver(Delivery(id=str(n), to=receiver, content=content))
        self.room.keep("sent", str(sent + len(due)))
        return len(due)

    async def cast(self) -> Cast:
        return Cast(self.people, (GROUP,))

    async def outlook(self, group_id: str) -> tuple[Era, ...]:
        today = self.room.now().date()
        return tuple(
            Era(
                id=key,
                title=say(title),
                first=first,
                last=last,
                stops=tuple(stop for stop in _stops(today) if first <= stop.day <= last),
            )
            for key, title, first, last in _ERAS
        )

    def commands(self) -> tuple[Command, ...]:
        return (
            Command("feedback", say("Two lines for Ana about this week"), ("mentor",)),
            Command("help", say("Ask for help, in confidence")),
            Command("home", say("See what is next")),
        )

    def _name(self, who: Address) -> str:
        return next((one.name for one in self.people if one.id == who.user), "")


_ERAS = (
    ("before", "Before the first day", date(2026, 1, 5), date(2026, 1, 18)),
    ("day1", "First day", date(2026, 1, 19), date(2026, 1, 19)),
    ("week1", "First week", date(2026, 1, 20), date(2026, 1, 25)),
    ("month1", "First month", date(2026, 1, 26), date(2026, 2, 18)),
    ("quarter1", "Rest of the first quarter", date(2026, 2, 19), date(2026, 4, 18)),
    ("quarter2", "Second quarter", date(2026, 4, 19), date(2026, 7, 18)),
)


def _stops(today: date) -> tuple[Stop, ...]:
    def state(day: date) -> Literal["ahead", "open", "done", "skipped", "escalated"]:
        return "ahead" if day > today else "open" if today - day < timedelta(days=3) else "done"

    def stop(step: str, title: str, day: date) -> Stop:
        return Stop(step=step, title=say(title), day=day, state=state(day), who=("mentee", "mentor"))

    first = (
        stop("guide", "Guide for the newcomer", date(2026, 1, 5)),
        stop("ready", "Mentor ready", date(2026, 1, 8)),
        stop("slots", "Times for day 1", date(2026, 1, 14)),
        stop("meeting", "First meeting", START),
        stop("documents", "Documents", START),
        stop("coffee", "Coffee with the director", START),
        stop("review1", "Week-1 review", date(2026, 1, 23)),
        stop("review2", "Month-1 review", date(2026, 2, 18)),
        stop("review3", "Quarter-1 review", date(2026, 4, 17)),
        stop("closing", "Closing", date(2026, 7, 17)),
    )
    daily = tuple(stop("look", "Daily look", START + timedelta(days=n)) for n in range(5))
    weekly = tuple(
        stop("checkin", "Weekly check-in", date(2026, 1, 29) + timedelta(weeks=n)) for n in range(24)
    )
    return (*first, *daily, *weekly)
