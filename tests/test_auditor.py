"""The auditor: each of its five numbers is zero for what is right and finds what is not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from adapters.sim.auditor import NUMBERS, Auditor, Finding
from adapters.sim.channel import Accepted, Denied
from adapters.sim.interruptions import weekly
from adapters.sim.player import Act
from adapters.sim.promises import Course, promises
from adapters.sim.transcript import canonical
from bot.content import Ask, Button, Card, Choice, Content, Moment, Rule, Text, say, say_n
from bot.facts import Person, Span, StepChange
from bot.outcome import Note, ReplaceCard
from flows.programme import Phase, Programme, Step, When

START = date(2027, 1, 11)  # a Monday
ANA = Person(id="ana", name="Ana", zone="Europe/Ljubljana", country="SI")
MATEJ = Person(id="matej", name="Matej", zone="Europe/Ljubljana", country="SI")
CHECKIN = Step(
    id="checkin",
    phase="work",
    kind="checkin",
    who=("mentee",),
    when=When(every="week", from_week=2, until="closing"),
    title=(("en", "Check-in"),),
    nudge_after=8,
    nudges=2,
)
WELCOME = Step(
    id="welcome",
    phase="work",
    kind="note",
    who=("mentee", "mentor"),
    when=When(day=1),
    title=(("en", "Welcome"),),
    text=(("", (("en", "Good to have you here."),)),),
)
CLOSING = Step(
    id="closing",
    phase="work",
    kind="note",
    who=("mentee",),
    when=When(month=1, day=-1),
    title=(("en", "The end"),),
)


def programme(*steps: Step) -> Programme:
    words = (("en", "Work"),)
    phase = Phase(id="work", title=words, frame=words, steps=steps)
    return Programme(
        id="p", version="1", language="en", title=words, months=1, help_word="help", phases=(phase,)
    )


WORD = "zq0123456789"  # what a player might type
COURSE = Course(id="e1", start=START, seats={"mentee": ("ana",), "mentor": ("matej",)})


def at(day: str, hour: int = 10, minute: int = 0) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=UTC)


def ask(week: str = "2027-W03", field: str = "process") -> Ask:
    return Ask(
        say("I know what to work on next."),
        "checkin.tap",
        f"step:e1/checkin/{week}/{field}",
        (Choice(say("no"), "1"),),
        ("author",),
    )


def told(words: str = "Good to have you here.") -> Card:
    return Card(say("Welcome"), (Text(say(words)),))


class Watch:
    """An auditor, with short ways to show it something."""

    def __init__(
        self, *steps: Step, people: tuple[Person, ...] = (ANA, MATEJ), courses: tuple[Course, ...] = (COURSE,)
    ) -> None:
        self.people = {p.id: p for p in people}
        self.auditor = Auditor(programme(*steps), courses, people)

    def takes(self, moment: datetime, content: Content, to: str = "ana", replaces: str = "") -> None:
        self.auditor.took(
            Accepted(
                at=moment,
                to=self.people[to],
                message="m",
                content=content,
                replaces=replaces,
                line=canonical(content),
            )
        )

    def acts(self, moment: datetime, act: Act, person: str = "ana") -> None:
        reply = Note(say("Thank you."))
        self.auditor.did(moment, self.people[person], act, reply, canonical(reply))

    def finds(self, until: datetime | None = None, **more: object) -> dict[str, int]:
        found = self.auditor.judge(until or at("2027-01-11", 0), **more)  # type: ignore[arg-type]
        return {n: count for n in NUMBERS if (count := sum(f.number == n for f in found))}


# --- duplicates ------------------------------------------------------------------------------------


def test_a_question_and_its_nudges_are_no_duplicates() -> None:
    """A question may be asked once and again as often as the programme nudges; once more is a duplicate."""
    watch = Watch(CHECKIN)
    for day in ("2027-01-20", "2027-01-21", "2027-01-22"):
        watch.takes(at(day), Card(say("Week"), (ask(),)))
    assert {} == watch.finds()
    watch.takes(at("2027-01-22", 11), Card(say("Week"), (ask(),)))
    assert {"duplicates": 1} == watch.finds()


def test_a_question_of_another_week_is_another_question() -> None:
    """The same words about another week are not the same question."""
    watch = Watch(CHECKIN)
    for n in range(3):
        moment = at("2027-01-20") + timedelta(weeks=n)
        watch.takes(moment, Card(say("Week"), (ask(f"2027-W{n + 3:02}"),)))
    assert {} == watch.finds()


def test_telling_the_same_twice_is_a_duplicate() -> None:
    """The same words twice within two days are a duplicate, also inside a message of several parts."""
    watch = Watch()
    part = (Text(say("Welcome"), "heading"), Text(say("Good to have you here.")))
    other = (Text(say("Coffee"), "heading"), Text(say("Today at 11.")))
    both = Card(say_n("One thing", "{n} things", 2), (*part, Rule(), *other))
    watch.takes(at("2027-01-11"), both)
    assert {} == watch.finds()
    watch.takes(at("2027-01-12"), Card(say_n("One thing", "{n} things", 2), (*other, Rule(), *part)))
    assert {"duplicates": 2} == watch.finds()


def test_a_message_renewed_in_its_place_is_no_duplicate() -> None:
    """What takes the place of a message on the screen is not asked a second time."""
    watch = Watch(CHECKIN)
    for n in range(6):
        watch.takes(at("2027-01-20", 9, n), Card(say("Week"), (ask(),)), replaces="m" if n else "")
    assert {} == watch.finds()


# --- working hours ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at("2027-01-11", 8), {}),
        (at("2027-01-11", 15, 59), {}),
        (at("2027-01-11", 7, 59), {"off_hours": 1}),
        (at("2027-01-11", 16), {"off_hours": 1}),
        (at("2027-01-16"), {"off_hours": 1}),  # a Saturday
        (at("2027-02-08"), {"off_hours": 1}),  # Prešeren Day
    ],
)
def test_messages_come_in_the_receivers_working_hours(moment: datetime, expected: dict[str, int]) -> None:
    """A message outside the receiver's own hours, on a weekend or on a holiday is found."""
    watch = Watch()
    watch.takes(moment, told())
    assert expected == watch.finds()


def test_nobody_is_written_to_on_leave() -> None:
    """A message during the receiver's leave is found."""
    away = replace(ANA, leave=(Span(date(2027, 1, 11), date(2027, 1, 13)),))
    watch = Watch(people=(away, MATEJ))
    watch.takes(at("2027-01-13"), told())
    watch.takes(at("2027-01-14"), told("Another thing."))
    assert {"off_hours": 1} == watch.finds()


def test_an_answer_may_come_at_any_hour() -> None:
    """Who acts in the evening may be answered in the evening, but is not written to an hour later."""
    watch = Watch()
    watch.acts(at("2027-01-11", 20), Act(at=at("2027-01-11", 20), kind="press", verb="v", ref="r"))
    watch.takes(at("2027-01-11", 20, 1), told())
    assert {} == watch.finds()
    watch.takes(at("2027-01-11", 21), told("Another thing."))
    assert {"off_hours": 1} == watch.finds()


def test_help_that_cannot_wait_comes_at_any_hour() -> None:
    """What somebody said cannot wait may be delivered at night; what can wait may not."""
    for hurry, expected in (("yes", {}), ("no", {"off_hours": 1})):
        watch = Watch()
        values = (("words", f"Please {WORD}"), ("hurry", hurry))
        cry = Act(at=at("2027-01-11", 21), kind="submit", verb="help.send", ref="help:e1", values=values)
        watch.acts(at("2027-01-11", 21), cry)
        watch.takes(at("2027-01-11", 21), told(f"She wrote: Please {WORD}"), to="matej")
        assert expected == watch.finds()


# --- budget ----------------------------------------------------------------------------------------


def many(watch: Watch, days: tuple[str, ...], each: int) -> None:
    for day in days:
        for n in range(each):
            watch.takes(at(day, 9 + n), told(f"{day} {n}"))


def test_two_interruptions_a_day_are_allowed() -> None:
    """The third message of a day is over the budget, unless it answers the receiver's own act."""
    watch = Watch()
    many(watch, ("2027-02-02",), 2)
    watch.acts(at("2027-02-02", 13), Act(at=at("2027-02-02", 13), kind="press", verb="v", ref="r"))
    watch.takes(at("2027-02-02", 13), told("Thank you."))
    assert {} == watch.finds()
    watch.takes(at("2027-02-02", 15), told("One more."))
    assert {"over_budget": 1} == watch.finds()


def test_what_quotes_ones_own_words_answers_them() -> None:
    """An answer to one's own note is no interruption, however much later it comes."""
    watch = Watch()
    many(watch, ("2027-02-02",), 2)
    note = Act(
        at=at("2027-02-01"), kind="submit", verb="heads.send", values=(("text", f"How is it? {WORD}"),)
    )
    watch.acts(at("2027-02-01"), note)
    watch.takes(at("2027-02-02", 14), told(f"You wrote: How is it? {WORD}"))
    assert {} == watch.finds()


def test_a_meeting_that_somebody_moved_is_no_interruption() -> None:
    """What is told of a meeting right after another person changed it is outside the budget."""
    coffee = replace(WELCOME, id="coffee", kind="meeting", title=(("en", "Coffee"),))
    for verb, expected in (("meeting.move", {}), ("note.write", {"over_budget": 1})):
        watch = Watch(coffee)
        many(watch, ("2027-02-02",), 2)
        act = Act(at=at("2027-02-02", 13), kind="press", verb=verb, ref="meeting:e1/coffee/once")
        watch.acts(at("2027-02-02", 13), act, person="matej")
        watch.takes(at("2027-02-02", 13), Card(say("Coffee"), (Text(say("Another time is wanted.")),)))
        assert expected == watch.finds()


def test_a_room_that_somebody_gave_changes_all_their_meetings() -> None:
    """It was given on the card of the lunch, and the coffee's invitation comes anew."""
    coffee = replace(WELCOME, id="coffee", kind="meeting", title=(("en", "Coffee"),))
    lunch = replace(coffee, id="lunch", title=(("en", "Lunch"),))
    for verb, expected in (("meeting.kept_room", {}), ("meeting.take", {"over_budget": 1})):
        watch = Watch(coffee, lunch)
        many(watch, ("2027-02-02",), 2)
        act = Act(at=at("2027-02-02", 13), kind="submit", verb=verb, ref="meeting:e1/lunch/once")
        watch.acts(at("2027-02-02", 13), act, person="matej")
        watch.takes(at("2027-02-02", 13), Card(say("Coffee"), (Text(say("It is fixed.")),)))
        assert expected == watch.finds()


def test_five_interruptions_a_week_are_allowed() -> None:
    """The sixth message of a week is over the budget."""
    watch = Watch()
    many(watch, ("2027-02-01", "2027-02-02"), 2)
    many(watch, ("2027-02-03",), 1)
    assert {} == watch.finds()
    watch = Watch()
    many(watch, ("2027-02-01", "2027-02-02", "2027-02-03"), 2)
    assert {"over_budget": 1} == watch.finds()


def test_the_first_week_has_room_for_more() -> None:
    """Three messages on the first day and two on the others of week 1 are allowed; four on the first day are not."""
    watch = Watch()
    many(watch, ("2027-01-11",), 3)
    many(watch, ("2027-01-12", "2027-01-13", "2027-01-14", "2027-01-15"), 2)
    assert {} == watch.finds()
    watch = Watch()
    many(watch, ("2027-01-11",), 4)
    assert {"over_budget": 1} == watch.finds()


# --- early reveals ---------------------------------------------------------------------------------

REVIEW = Step(
    id="review",
    phase="work",
    kind="review",
    who=("mentee", "mentor", "coordinator"),
    when=When(day=5),
    title=(("en", "Review"),),
    shared=True,
    options=(("stages", ("opening", "expectations", "mentee", "mentor", "plan")),),
)
DAILY = Step(
    id="daily",
    phase="work",
    kind="daily",
    who=("mentor",),
    when=When(every="day", until_day=5),
    title=(("en", "Look"),),
)
REF = "review:e1/review/once"


def typed(key: str, verb: str = "review.tell", ref: str = REF) -> Act:
    return Act(at=at("2027-01-14"), kind="submit", verb=verb, ref=ref, values=((key, f"Good {WORD}"),))


def reached(watch: Watch, stage: int) -> None:
    """Let the chair press on to a stage."""
    card = Card(say("Stage"))
    for n in range(stage + 1):
        verb, value = ("review.next", str(n)) if n else ("review.start", "")
        act = Act(at=at("2027-01-15"), kind="press", verb=verb, ref=REF, value=value)
        watch.auditor.did(at("2027-01-15"), MATEJ, act, ReplaceCard(card), canonical(card))


@pytest.mark.parametrize(
    ("field", "stage", "expected"),
    [
        ("mentee:good", -1, {"early_reveals": 1}),
        ("mentee:good", 1, {"early_reveals": 1}),
        ("mentee:good", 2, {}),
        ("mentee:good", 4, {}),
        ("mentor:better", 2, {"early_reveals": 1}),
        ("mentor:better", 3, {}),
    ],
)
def test_sealed_words_are_shown_from_their_stage_on(field: str, stage: int, expected: dict[str, int]) -> None:
    """What was typed before a review may be shown to others once the chair has come to its stage, not before."""
    watch = Watch(REVIEW)
    watch.acts(at("2027-01-14"), typed(field))
    reached(watch, stage)
    watch.takes(at("2027-01-15", 11), told(f"She said: Good {WORD}"), to="matej")
    assert expected == watch.finds()


def test_ones_own_words_are_no_secret() -> None:
    """Who typed something may read it at any time."""
    watch = Watch(REVIEW)
    watch.acts(at("2027-01-14"), typed("mentee:good"))
    watch.takes(at("2027-01-14", 11), told(f"Kept: {WORD}"))
    assert {} == watch.finds()


def test_a_reply_can_reveal_as_well() -> None:
    """What somebody is shown at once, such as their home, is searched like any message."""
    watch = Watch(REVIEW)
    watch.acts(at("2027-01-14"), typed("mentee:good"))
    home = Act(at=at("2027-01-14", 12), kind="home")
    reply = ReplaceCard(told(f"She said {WORD}"))
    watch.auditor.did(at("2027-01-14", 12), MATEJ, home, reply, canonical(reply))
    assert {"early_reveals": 1} == watch.finds()


def test_the_mentee_reads_the_daily_looks_in_the_review() -> None:
    """The mentor's notes of the first week are closed to the mentee, and to nobody else, until the mentor's turn."""
    watch = Watch(REVIEW, DAILY)
    note = typed("note", "daily.keep", "step:e1/daily/2027-01-12")
    watch.acts(at("2027-01-12"), note, person="matej")
    watch.takes(at("2027-01-13"), told(f"Look: {WORD}"))
    assert {"early_reveals": 1} == watch.finds()
    reached(watch, 3)
    watch.takes(at("2027-01-15", 11), told(f"The looks: {WORD}"))
    assert {"early_reveals": 1} == watch.finds()


# --- lost ------------------------------------------------------------------------------------------

END = at("2027-03-15")


def everything(watch: Watch, *, without: str = "") -> None:
    """Give everybody what the programme of these tests promises, but for one thing."""
    for person in ("ana", "matej"):
        if person != without:
            watch.takes(at("2027-01-11"), told(), to=person)
    for week, day in (("2027-W03", 21), ("2027-W04", 28), ("2027-W05", 35)):
        if week != without:
            moment = at("2027-01-01") + timedelta(days=day - 1)
            watch.takes(moment, Card(say("Week"), (ask(week),)))
    watch.takes(at("2027-02-10"), Card(say("The end")))


def test_everything_promised_that_arrived_is_not_lost() -> None:
    """Nothing is lost where every step reached its person."""
    watch = Watch(CHECKIN, WELCOME, CLOSING)
    everything(watch)
    assert {} == watch.finds(END)


@pytest.mark.parametrize("without", ["matej", "2027-W04"])
def test_a_promise_that_was_not_kept_is_lost(without: str) -> None:
    """A step that did not reach one person, or one week's occurrence of it, is lost."""
    watch = Watch(CHECKIN, WELCOME, CLOSING)
    everything(watch, without=without)
    assert {"lost": 1} == watch.finds(END)


def test_a_refusal_of_the_platform_is_a_reason() -> None:
    """What the platform said it would not take is not lost."""
    watch = Watch(CHECKIN, WELCOME, CLOSING)
    everything(watch, without="matej")
    denied = Denied(at=at("2027-01-11"), to=MATEJ, why="refused", content=told(), line=canonical(told()))
    assert {} == watch.finds(END, denied=(denied,))
    assert {"refused by the platform": 1} == watch.auditor.let_go


W04 = Span(date(2027, 1, 25), date(2027, 1, 31))


def full(watch: Watch) -> None:
    """Let Ana be interrupted twice on each of the days on which the check-in of that week was in time."""
    for day in ("2027-01-28", "2027-01-29"):
        for n in range(2):
            watch.takes(at(day, 9 + n), told(f"{day} {n}"))


def settled(watch: Watch) -> None:
    """Let Ana answer in her home, before she is asked."""
    press = Act(at=at("2027-01-28"), kind="press", verb="checkin.skip", ref="step:e1/checkin/2027-W04")
    watch.acts(at("2027-01-28"), press)


def snoozed(watch: Watch) -> None:
    """Let Ana ask for two quiet days."""
    watch.acts(at("2027-01-28"), Act(at=at("2027-01-28"), kind="command", verb="snooze", value="2"))


def nothing(watch: Watch) -> None:
    """Do nothing at all."""


@pytest.mark.parametrize(
    ("why", "leave", "happens", "holds"),
    [
        ("leave", (W04,), nothing, True),
        ("leave", (), nothing, False),
        ("too late", (W04,), nothing, True),
        ("too late", (), nothing, False),
        ("over budget", (), full, True),
        ("over budget", (), nothing, False),
        ("no longer open", (), settled, True),
        ("no longer open", (), nothing, False),
        ("snoozed", (), snoozed, True),
        ("snoozed", (), nothing, False),
        ("nothing to say", (), nothing, False),
        ("not answered", (), nothing, False),
        ("not wanted", (), nothing, False),
        ("case checkins_missed", (), nothing, False),
    ],
)
def test_a_stated_reason_counts_where_it_is_borne_out(why, leave, happens, holds) -> None:  # type: ignore[no-untyped-def]
    """What was let go is not lost if what was seen from outside agrees with the reason; any other one excuses nothing."""
    checkin = replace(CHECKIN, when=replace(CHECKIN.when, weekday=3))
    watch = Watch(checkin, WELCOME, CLOSING, people=(replace(ANA, leave=leave), MATEJ))
    everything(watch, without="2027-W04")
    happens(watch)
    assert ({} if holds else {"lost": 1}) == watch.finds(END, stated=lambda about, person: why)


def test_a_case_excuses_what_it_is_about_once_hr_was_shown_it() -> None:
    """That the coordinator has a case is a reason where the coordinator was told of it."""
    irena = Person(id="irena", name="Irena", zone="Europe/Ljubljana")
    course = replace(COURSE, seats={**COURSE.seats, "coordinator": ("irena",)})
    for step, expected in (("checkin", {}), ("welcome", {"lost": 1})):
        watch = Watch(CHECKIN, WELCOME, CLOSING, people=(ANA, MATEJ, irena), courses=(course,))
        everything(watch, without="2027-W04")
        ref = f"case:e1/case/missed_step.{step}.2027-W04.ana"
        card = replace(told("It is still open."), buttons=(Button(say("I look at it"), "case.accept", ref),))
        watch.takes(at("2027-02-01"), card, to="irena")
        assert expected == watch.finds(END, stated=lambda about, person: "case missed_step")


def test_a_meeting_is_owed_to_all_once_it_has_a_time() -> None:
    """Until a time is fixed only whoever chooses is asked, also when one was gone; then everybody must be told."""
    coffee = replace(WELCOME, id="coffee", kind="meeting", title=(("en", "Coffee"),), text=())
    now = at("2027-01-11")
    fixed = Card(say("Fixed"), (Text(say("{moment}", moment=Moment(now))),))
    others = Card(say("Others"), (Ask(say("Which?"), "meeting.take", "meeting:e1/coffee/once", (), ()),))
    for verb, card, expected in (
        ("meeting.others", fixed, {}),
        ("meeting.take", others, {}),
        ("meeting.take", Card(say("That time is over.")), {}),
        ("meeting.take", fixed, {"lost": 1}),
    ):
        watch = Watch(coffee)
        ref = "meeting:e1/coffee/once"
        ask = Ask(say("Which time?"), "meeting.take", ref, (Choice(say("now"), "now"),), ("mentee",))
        watch.takes(at("2027-01-08"), Card(say("Coffee"), (ask,)))
        act = Act(at=at("2027-01-08"), kind="press", verb=verb, ref=ref, value=now.isoformat())
        watch.auditor.did(at("2027-01-08"), ANA, act, ReplaceCard(card), canonical(card))
        assert expected == watch.finds(END)


@pytest.mark.parametrize(
    ("leave", "expected"), [((), {"lost": 1}), ((Span(date(2027, 1, 14), date(2027, 1, 15)),), {})]
)
def test_the_second_coordinator_keeps_a_promise_only_while_the_first_is_away(
    leave: tuple[Span, ...], expected: dict[str, int]
) -> None:
    """A review that only Ivo was shown is lost where Irena was at work all the time."""
    irena = Person(id="irena", name="Irena", zone="Europe/Ljubljana", leave=leave)
    ivo = Person(id="ivo", name="Ivo", zone="Europe/Ljubljana")
    review = replace(WELCOME, id="review", kind="review", who=("coordinator",), shared=True)
    course = replace(COURSE, seats={**COURSE.seats, "coordinator": ("irena", "ivo")})
    watch = Watch(review, people=(ANA, MATEJ, irena, ivo), courses=(course,))
    start = Button(say("Start"), "review.start", "review:e1/review/once")
    watch.takes(at("2027-01-11"), replace(told("The chair is yours."), buttons=(start,)), to="ivo")

    assert expected == watch.finds(END, courses=(course,))


def test_a_pair_whose_programme_ended_is_owed_nothing_more() -> None:
    """After the day on which HR ended a run nothing is promised; where nobody ended it, everything still is."""
    for verb, expected in (("closing.stopped", {}), ("closing.stop", {"lost": 4})):
        watch = Watch(CHECKIN, WELCOME, CLOSING)
        for person in ("ana", "matej"):
            watch.takes(at("2027-01-11"), told(), to=person)
        stop = Act(at=at("2027-01-20"), kind="submit", verb=verb, ref="enrolment:e1")
        watch.acts(at("2027-01-20"), stop, person="matej")
        assert expected == watch.finds(END, courses=(replace(COURSE, over=date(2027, 1, 20)),))


def test_what_falls_on_the_days_before_the_end_is_owed() -> None:
    """A step whose day was over when the run ended had its time, and one of that last day had not."""
    word = replace(WELCOME, id="word", title=(("en", "One more"),), text=(), who=("mentee",))
    for day, expected in ((date(2027, 2, 9), {"lost": 1}), (date(2027, 2, 10), {})):
        watch = Watch(WELCOME, replace(word, when=When(day=1)), replace(CLOSING, kind="closing"))
        everything(watch)
        moved = StepChange(kind="move", step="word", day=day)
        change = Act(
            at=at("2027-01-20"),
            kind="submit",
            verb="pair.changed",
            ref="enrolment:e1",
            values=(("what", "move"),),
        )
        watch.acts(at("2027-01-20"), change, person="matej")
        ended = replace(COURSE, changes=(moved,), over=date(2027, 2, 10))
        assert expected == watch.finds(END, courses=(ended,))


def test_a_step_that_nobody_left_out_is_still_promised() -> None:
    """A change of a pair's plan counts where somebody made it."""
    skipped = replace(COURSE, changes=(StepChange(kind="skip", step="checkin"),))
    for made, expected in ((True, {}), (False, {"lost": 3})):
        watch = Watch(CHECKIN, WELCOME, CLOSING)
        for person in ("ana", "matej"):
            watch.takes(at("2027-01-11"), told(), to=person)
        watch.takes(at("2027-02-10"), Card(say("The end")))
        values = (("what", "skip" if made else "move"),)
        change = Act(
            at=at("2027-01-12"), kind="submit", verb="pair.changed", ref="enrolment:e1", values=values
        )
        watch.acts(at("2027-01-12"), change, person="matej")
        assert expected == watch.finds(END, courses=(skipped,))


def test_days_are_counted_by_the_mentees_own_working_days() -> None:
    """The last working day before the start, the first of a month, and a recurring step around a holiday."""
    before = replace(WELCOME, id="before", when=When(day=-1), who=("mentee",))
    tenth = replace(WELCOME, id="tenth", when=When(day=10), who=("mentee",))
    second = replace(CLOSING, id="second", when=When(month=2, day=1))
    monday = replace(CHECKIN, when=When(every="week", weekday=0, from_week=2, until="second"))
    asked = promises(programme(before, tenth, second, monday), COURSE, {"ana": ANA, "matej": MATEJ})
    days = {(p.step.id, p.occurrence): p.day for p in asked}
    assert {
        ("before", "once"): date(2027, 1, 8),
        ("tenth", "once"): date(2027, 1, 22),
        ("second", "once"): date(2027, 2, 11),
        ("checkin", "2027-W03"): date(2027, 1, 18),
        ("checkin", "2027-W04"): date(2027, 1, 25),
        ("checkin", "2027-W05"): date(2027, 2, 1),
        ("checkin", "2027-W06"): date(2027, 2, 9),  # Monday is Prešeren Day
    } == days


def test_changes_for_one_pair_move_what_is_promised() -> None:
    """A step that was skipped for a pair is not promised, and one that was moved is promised on its new day."""
    changes = (
        StepChange(kind="skip", step="checkin"),
        StepChange(kind="move", step="closing", day=date(2027, 2, 17)),
    )
    asked = promises(
        programme(CHECKIN, CLOSING), replace(COURSE, changes=changes), {"ana": ANA, "matej": MATEJ}
    )
    assert [("closing", date(2027, 2, 17))] == [(p.step.id, p.day) for p in asked]


# --- how often -------------------------------------------------------------------------------------


def test_weeks_without_a_message_count_as_well() -> None:
    """The weekly figures hold every week after week 1, also the quiet ones."""
    course = replace(COURSE, over=date(2027, 1, 31))
    moments = {"ana": (at("2027-01-11"), at("2027-01-20"), at("2027-01-21"))}
    assert [2, 0, 0, 0] == list(weekly(moments, (course,), {"ana": ANA, "matej": MATEJ}))


def test_a_finding_names_when_whom_and_what() -> None:
    """A finding says enough to look it up."""
    watch = Watch()
    watch.takes(at("2027-01-16"), Card(say("Welcome"), (), (Button(say("Go"), "v", "r"),)))
    (found,) = watch.auditor.judge(at("2027-01-11", 0))
    expected = Finding(
        number="off_hours", at=at("2027-01-16"), person="ana", what="'Welcome' at Sat 16 Jan 11:00 local time"
    )
    assert expected == found
