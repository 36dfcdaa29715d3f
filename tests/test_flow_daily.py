"""The mentor's look at each day of week 1: one tap, a note if wanted, about one mentee at a time (FEATURES P5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from bot.content import Ask, Card, Role
from bot.facts import Pair, Person, with_record
from bot.outcome import CloseForm, Note, ReplaceCard, ShowForm
from flows import daily
from flows.programme import Step, When
from flows.visibility import may_see
from tests.live import Live
from tests.meetings import read
from tests.scenes import ANA, IRENA, MATEJ, PETER, at, pair, person, programme

BOR = person("Bor")
GROUP: dict[Role, tuple[Person, ...]] = {"mentee": (ANA, BOR), "mentor": (MATEJ,), "coordinator": (IRENA,)}
STEP = Step(
    id="look",
    phase="phase",
    kind="daily",
    who=("mentor",),
    about="mentee",
    when=When(every="day", from_day=1, until_day=5),
    title=(("en", "Today with {mentee}"),),
    text=(("", (("en", "{mentee} sees it in the review."),)),),
    options=(
        ("question", (("en", "How did the work of {mentee} go?"),)),
        ("choices", tuple((("id", i), ("text", (("en", i),))) for i in ("well", "stuck"))),
    ),
)
MONDAY = "step:e1/look/2027-01-11"
# Something of the first day that reminds once, a working day later.
SIGN = Step(
    id="sign",
    phase="phase",
    kind="task",
    who=("mentor",),
    when=When(day=1),
    nudge_after=2,
    nudges=1,
    title=(("en", "Sign"),),
)


def opened(whole: Pair | None = None) -> Live:
    """Return a pair on its first afternoon, with the look before the mentor."""
    live = Live(whole or pair(), programme(STEP), at("2027-01-11", 15))
    live.look()
    return live


def card(reply: object) -> Card:
    """Return the card that took the place of the pressed one."""
    assert isinstance(reply, ReplaceCard)
    return reply.card


def test_one_tap_is_the_look_and_can_be_changed_until_the_next_day_is_over() -> None:
    """The tap ends the step; a later one takes its place, one after the next working day is too late."""
    live = opened()
    assert {"matej"} == {s.to for s in live.sends.values()}

    shown = card(live.press(MATEJ, "daily.tap", MONDAY, "well"))
    assert ["well"] == [b.chosen for b in shown.blocks if isinstance(b, Ask)]
    assert ["done"] == [s.state for s in live.pair.steps]
    live.press(MATEJ, "daily.tap", MONDAY, "stuck")
    live.now = at("2027-01-12", 16)
    late = live.press(MATEJ, "daily.tap", MONDAY, "well")

    assert isinstance(late, Note)
    assert ["stuck"] == [a.value for a in live.pair.answers]


def test_whoever_went_home_without_a_look_gives_it_the_next_day() -> None:
    """It was let go in the morning, and counts as given all the same."""
    live = opened()
    live.look(at("2027-01-12", 9))
    assert ["skipped"] == [s.state for s in live.pair.steps if s.occurrence == "2027-01-11"]

    live.press(MATEJ, "daily.tap", MONDAY, "well")
    assert ["done"] == [s.state for s in live.pair.steps if s.occurrence == "2027-01-11"]
    assert ["well"] == [a.value for a in live.pair.answers]


def test_it_says_before_the_tap_when_the_mentee_will_see_it() -> None:
    """The programme's words stand above the question until it is answered."""
    live = opened()
    before = live.sends[next(iter(live.sends))].content

    assert "Ana sees it in the review." in read(before)
    assert "Ana sees it in the review." not in read(card(live.press(MATEJ, "daily.tap", MONDAY, "well")))


def test_a_note_is_optional_and_kept_for_the_review() -> None:
    """An empty note stores nothing; one that was written is shown again when it is changed."""
    live = opened()
    live.press(MATEJ, "daily.tap", MONDAY, "well")

    assert isinstance(live.submit(MATEJ, "daily.keep", MONDAY, note=" "), CloseForm)
    assert ["look"] == [a.field for a in live.pair.answers]
    live.submit(MATEJ, "daily.keep", MONDAY, note="Read the import script.")
    form = live.press(MATEJ, "daily.write", MONDAY)

    assert isinstance(form, ShowForm)
    assert ["Read the import script."] == [f.initial for f in form.form.fields]
    live.submit(MATEJ, "daily.keep", MONDAY, note="")
    assert {"look": "well", "note": ""} == {a.field: a.value for a in live.pair.answers}


def test_nobody_but_mentor_and_hr_sees_it_before_the_review() -> None:
    """The mentee sees it in the mentor's turn, the head never."""
    live = opened()
    live.press(MATEJ, "daily.tap", MONDAY, "stuck")
    (answer,) = live.pair.answers

    assert [True, True, False, False] == [
        may_see(live.pair, answer, who) for who in (MATEJ, IRENA, ANA, PETER)
    ]


def test_with_several_mentees_each_look_is_about_one() -> None:
    """A card a mentee, each with one name; a tap on one leaves the other open, and says whom it is about."""
    live = opened(pair(seats=GROUP))
    cards = {s.about: s.content for s in live.sends.values()}
    assert {"Today with Ana", "Today with Bor"} == {read(c).split("\n")[0] for c in cards.values()}
    assert all("How did the work of" in read(c) and "Ana, Bor" not in read(c) for c in cards.values())

    live.press(MATEJ, "daily.tap", f"{MONDAY}.bor", "stuck")

    assert [("bor", "stuck")] == [(a.about, a.value) for a in live.pair.answers]
    assert {"2027-01-11.ana": "open", "2027-01-11.bor": "done"} == {
        s.occurrence: s.state for s in live.pair.steps
    }


def test_a_look_that_nobody_gave_is_let_go_in_the_morning() -> None:
    """It is recorded as not answered; the next day asks anew."""
    live = opened()
    live.look(at("2027-01-12", 15))

    assert {"2027-01-11": "skipped", "2027-01-12": "open"} == {s.occurrence: s.state for s in live.pair.steps}


@pytest.mark.parametrize("value", ["", "great", "1"])
def test_a_forged_tap_changes_nothing(value: str) -> None:
    """Only what the programme offers counts."""
    live = opened()

    assert isinstance(live.press(MATEJ, "daily.tap", MONDAY, value), Note)
    assert () == live.pair.answers


def test_mentee_and_head_cannot_look_for_the_mentor() -> None:
    """It is the mentor's tap."""
    live = opened()
    refused = [live.press(who, "daily.tap", MONDAY, "well") for who in (ANA, PETER, IRENA)]

    assert [Note] * 3 == [type(r) for r in refused]
    assert () == live.pair.answers


def test_a_reminder_names_the_day() -> None:
    """Read the next morning, it is clear which day is meant."""
    live = opened()

    assert ("The look at {day} is still open. One tap is enough.",) == (
        daily.nudge(live.scene(), live.pair.steps[0]).msgid,
    )


@pytest.mark.parametrize(("looks", "alone"), [(range(1, 6), False), (range(4, 6), True)])
def test_a_reminder_travels_with_the_look_of_its_day(looks: range, alone: bool) -> None:
    """Alone it could take the look's place among the day's two messages; on a day without a look it goes at once."""
    when = When(every="day", from_day=looks[0], until_day=looks[-1], at=time(16))
    live = Live(pair(), programme(SIGN, replace(STEP, when=when)), at("2027-01-11", 15))
    live.look()
    (sign,) = (state for state in live.pair.steps if state.step == "sign")
    live.pair = with_record(live.pair, replace(sign, delivered_at=live.now))
    live.look(at("2027-01-12", 15))

    (nudge,) = (send for send in live.sends.values() if send.kind == "nudge")
    in_the_morning, with_the_look = at("2027-01-12", 9), at("2027-01-12", 15)
    expected = (None, in_the_morning) if alone else (in_the_morning, with_the_look)
    assert expected == (nudge.along_from, nudge.not_before)
