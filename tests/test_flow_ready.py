"""Before it starts: the mentor is ready; the newcomer is, or is not, at ease with chat and video (FEATURES P1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.content import Ask, Button, Card
from bot.facts import Case, Person
from bot.outcome import Note, ReplaceCard
from flows import ready
from flows.programme import Step, When
from tests.live import Live
from tests.meetings import read
from tests.scenes import ANA, BY_ROLE, IRENA, IVO, MATEJ, PETER, at, pair, programme

READY = Step(
    id="mentor_ready",
    phase="phase",
    kind="ready",
    who=("mentor",),
    when=When(day=-5),
    title=(("en", "Ready for {mentee}?"),),
    text=(("", (("en", "One tap."),)),),
)
EASE = replace(
    READY, id="at_ease", kind="ease", who=("mentee",), title=(("en", "Chat and video"),), when=When(day=-5)
)
TOUR = Step(
    id="tour",
    phase="phase",
    kind="tour",
    who=("mentee",),
    when=When(day=1),
    title=(("en", "A short tour"),),
    text=(("", (("en", "Two pages."),)),),
    options=(("pages", tuple((("title", (("en", t),)), ("text", (("en", t),))) for t in ("Chat", "Video"))),),
)
EASE_REF = "step:e1/at_ease/once"


def opened(*steps: Step, day: str = "2027-01-05") -> Live:
    """Return a pair some days before its start."""
    live = Live(pair(), programme(*steps), at("2027-01-04", 8))
    live.look(at(day, 9))
    return live


def card(reply: object) -> Card:
    """Return the card that took the place of the pressed one."""
    assert isinstance(reply, ReplaceCard)
    return reply.card


def test_one_tap_says_that_the_mentor_is_ready() -> None:
    """The step is done by who tapped; a second tap changes nothing."""
    live = opened(READY)

    shown = card(live.press(MATEJ, "ready.yes", "step:e1/mentor_ready/once"))
    assert "You are ready. Thank you." in read(shown)
    before = live.pair
    live.now = at("2027-02-01")
    live.press(MATEJ, "ready.yes", "step:e1/mentor_ready/once")

    assert before == live.pair
    assert [("done", "matej")] == [(s.state, s.done_by) for s in live.pair.steps]


@pytest.mark.parametrize("who", [ANA, PETER, IRENA])
def test_nobody_says_it_for_the_mentor(who: Person) -> None:
    """A press by somebody else is answered and changes nothing."""
    live = opened(READY)

    assert isinstance(live.press(who, "ready.yes", "step:e1/mentor_ready/once"), Note)
    assert ["open"] == [s.state for s in live.pair.steps]


def test_a_reminder_is_one_line_above_the_card() -> None:
    """The card below it says whom to turn to; nothing stands there twice."""
    live = opened(READY)

    assert "One tap is still open." == read(Card(ready.ready_nudge(live.scene(), live.pair.steps[0])))


def test_at_ease_is_kept_with_the_person() -> None:
    """Yes ends it, and tells nobody."""
    live = opened(EASE, TOUR)

    live.press(ANA, "ease.tap", EASE_REF, "yes")

    assert True is live.pair.person("ana").at_ease
    assert {"ana"} == {s.to for s in live.sends.values()}
    assert ("author", "coordinator") == live.pair.answers[0].seen_by


def test_a_no_before_the_start_promises_the_tour_and_tells_hr_alone() -> None:
    """The tour comes on the first morning, and it does."""
    live = opened(EASE, TOUR)

    shown = card(live.press(ANA, "ease.tap", EASE_REF, "no"))

    assert "A short tour comes on your first morning" in read(shown)
    told = [s for s in live.sends.values() if s.to != "ana"]
    assert [("irena", "info")] == [(s.to, s.kind) for s in told]
    live.look(at("2027-01-11", 12))
    assert "open" == next(s.state for s in live.pair.steps if s.step == "tour")


def test_a_no_after_the_first_morning_brings_the_tour_at_once() -> None:
    """Newcomers often get their account on day 1: the promise of that morning would be an empty one by then."""
    live = opened(EASE, TOUR, day="2027-01-11")
    assert "skipped" == next(s.state for s in live.pair.steps if s.step == "tour")

    shown = card(live.press(ANA, "ease.tap", EASE_REF, "no"))

    assert "Here is a short tour" in read(shown)
    (button,) = [b for b in shown.buttons if isinstance(b, Button)]
    page = card(live.press(ANA, button.verb, button.ref, button.value))
    assert "Page 1 of 2" in read(page)


def test_without_a_tour_in_the_programme_none_is_promised() -> None:
    """Then HR shows it."""
    shown = card(opened(EASE).press(ANA, "ease.tap", EASE_REF, "no"))

    assert "HR gladly shows you" in read(shown)
    assert () == shown.buttons


def test_a_mind_can_be_changed() -> None:
    """A no tapped by mistake is a yes afterwards, for the tour as well."""
    live = opened(EASE, TOUR)
    live.press(ANA, "ease.tap", EASE_REF, "no")

    shown = card(live.press(ANA, "ease.tap", EASE_REF, "yes"))

    assert ["yes"] == [b.chosen for b in shown.blocks if isinstance(b, Ask)]
    assert (True, ["yes"]) == (live.pair.person("ana").at_ease, [a.value for a in live.pair.answers])
    live.look(at("2027-01-11", 12))
    assert "skipped" == next(s.state for s in live.pair.steps if s.step == "tour")


def test_a_forged_answer_changes_nothing() -> None:
    """Only yes and no count."""
    live = opened(EASE)

    assert isinstance(live.press(ANA, "ease.tap", EASE_REF, "maybe"), Note)
    assert () == live.pair.answers


def test_a_coordinator_who_mentors_the_pair_is_not_told() -> None:
    """The one outside the pair is."""
    live = Live(
        pair(seats={**BY_ROLE, "mentor": (IRENA,), "coordinator": (IRENA, IVO)}),
        programme(EASE),
        at("2027-01-04", 8),
    )
    live.look()
    live.press(ANA, "ease.tap", EASE_REF, "no")

    assert ["ivo"] == [s.to for s in live.sends.values() if s.to != "ana"]
    assert not [c for c in live.pair.cases if isinstance(c, Case)]
