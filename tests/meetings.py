"""Steps that are meetings, and a pair that lives them, for tests of the conversations about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

from icalendar import Calendar

from bot.calendar import Span
from bot.content import Ask, Card, File, Role
from bot.facts import Meeting, Pair, Person, Record, with_record
from bot.i18n import Reader
from bot.outcome import Reply, Send
from flows.programme import Step, When
from tests.live import Live
from tests.scenes import programme

_COMMON = ("nudge_after", "nudges", "tell_partner")


def meeting_step(
    step_id: str = "first_meeting",
    *people: Role,
    day: int = 1,
    at: time = time(9, 30),
    minutes: int = 45,
    **options: object,
) -> Step:
    """Return a step in which these roles meet; mentee and mentor where none is named."""
    who = people or ("mentee", "mentor")
    common = {key: options.pop(key) for key in _COMMON if key in options}
    made = Step(
        id=step_id,
        phase="phase",
        kind="meeting",
        who=who,
        people=who,
        when=When(day=day, at=at),
        title=(("en", step_id.replace("_", " ").capitalize()),),
        minutes=minutes,
        shared=True,
        options=tuple(options.items()),  # type: ignore[arg-type]
    )
    return replace(made, **common)  # type: ignore[arg-type]


class Meetings(Live):
    """A pair and a clock; the bot looks again after everything that happens."""

    def __init__(self, pair: Pair, now: datetime, *steps: Step) -> None:
        super().__init__(pair, programme(*steps), now)

    def until(self, moment: datetime) -> list[Send]:
        """Live on to a moment; return what was sent meanwhile."""
        before = len(self.sends)
        self.look(moment)
        return list(self.sends.values())[before:]

    def does(self, who: Person, verb: str, step: str = "first_meeting", value: str = "") -> Reply:
        """Press a button of a meeting."""
        reply = self.press(self.pair.person(who.id), verb, f"meeting:e1/{step}/once", value)
        self.look()
        return reply

    def says(self, who: Person, verb: str, step: str = "first_meeting", **values: str) -> Reply:
        """Send a form about a meeting."""
        reply = self.submit(self.pair.person(who.id), verb, f"meeting:e1/{step}/once", **values)
        self.look()
        return reply

    def take(self, who: Person, step: str = "first_meeting", which: int = 0) -> Reply:
        """Tap one of the times on offer."""
        times = sorted(self.meeting(step).slots[-3:])
        return self.does(who, "meeting.take", step, times[which].isoformat())

    def meeting(self, step: str = "first_meeting") -> Meeting:
        """Return a step's meeting."""
        found = self.pair.meeting(f"e1/{step}/once")
        assert found is not None, f"nobody planned {step}"
        return found

    def put(self, *records: Record) -> None:
        """Store what somebody else changed."""
        for record in records:
            self.pair = with_record(self.pair, record)

    def change(self, **enrolment: object) -> None:
        """Change the enrolment, as a coordinator would."""
        self.put(replace(self.pair.enrolment, **enrolment))  # type: ignore[arg-type]

    def leave(self, who: Person, *spans: Span) -> None:
        """Put somebody on leave."""
        self.put(replace(self.pair.person(who.id), leave=spans))

    def state(self, step: str = "first_meeting", person: str = "") -> str:
        """Return how a step stands, "" before it was opened."""
        found = self.pair.step(step, "once", person)
        return found.state if found else ""


def card_in(content: object) -> Card:
    """Return the card of a reply, a file or a message."""
    card = content if isinstance(content, Card) else getattr(content, "card", None)
    assert isinstance(card, Card), content
    return card


def read(content: object, zone: str = "Europe/Ljubljana") -> str:
    """Return the words of a card as somebody reads them."""
    card = card_in(content)
    reader = Reader(zone=zone)
    lines = [reader.text(card.title)]
    for block in card.blocks:
        words = getattr(block, "words", None) or getattr(block, "question", None)
        lines += [reader.text(words)] if words else []
    return "\n".join(lines)


def choices(content: object) -> tuple[str, ...]:
    """Return what a card lets one choose, by value."""
    return tuple(c.value for b in card_in(content).blocks if isinstance(b, Ask) for c in b.choices)


def verbs(content: object) -> list[str]:
    """Return what the buttons of a card do."""
    return [button.verb for button in card_in(content).buttons if hasattr(button, "verb")]


def entry(send: Send) -> tuple[str, int, datetime]:
    """Return what a calendar reads of a message: method, sequence, start."""
    assert isinstance(send.content, File)
    calendar = Calendar.from_ical(send.content.data)
    [event] = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), int(event["SEQUENCE"]), event.decoded("DTSTART")


def got(sends: list[Send]) -> list[tuple[str, str]]:
    """Return who got what kind of message, silent renewals left out."""
    return sorted((s.to, s.kind) for s in sends if s.kind != "update")
