"""“Do we fit?”: one private tap, seen by HR alone, and by nobody in HR who is part of the pair."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.calendar import Span
from bot.content import Ask, Card
from bot.facts import Case, Pair, Person
from bot.outcome import Note, ReplaceCard
from flows import fit
from flows.programme import Step, When
from flows.visibility import may_see, seen_by
from tests.live import Live
from tests.meetings import read
from tests.scenes import ANA, BY_ROLE, IRENA, IVO, MATEJ, PETER, START, at, pair, programme

STEP = Step(
    id="fit",
    phase="phase",
    kind="fit",
    who=("mentee", "mentor"),
    when=When(day=1),
    title=(("en", "The two of you"),),
    text=(("", (("en", "One private tap."),)),),
)
REF = "step:e1/fit/once"


def opened(whole: Pair | None = None) -> Live:
    """Return a pair that was just asked."""
    live = Live(whole or pair(), programme(STEP), at("2027-01-11", 9))
    live.look()
    return live


def card(reply: object) -> Card:
    """Return the card that took the place of the pressed one."""
    assert isinstance(reply, ReplaceCard)
    return reply.card


def test_we_fit_ends_it_and_reaches_nobody() -> None:
    """The partner's own question stays open."""
    live = opened()

    shown = card(live.press(ANA, "fit.tap", REF, "fit"))

    assert ["fit"] == [b.chosen for b in shown.blocks if isinstance(b, Ask)]
    assert {"ana": "done", "matej": "open"} == {s.person: s.state for s in live.pair.steps}
    assert ((), 2) == (live.pair.cases, len(live.sends))


@pytest.mark.parametrize("value", ["unsure", "talk"])
@pytest.mark.parametrize("who", [ANA, MATEJ])
def test_anything_else_becomes_a_case_and_the_author_reads_who_writes(who: Person, value: str) -> None:
    """HR hears it with something to do; the partner and the head see neither answer nor case."""
    live = opened()

    shown = card(live.press(who, "fit.tap", REF, value))

    assert "Irena will write to you alone. Nobody else hears of it." in read(shown)
    (case,) = live.pair.cases
    assert ("irena", (who.id,), "fit") == (case.owner, case.about, case.signal)
    partner = MATEJ if who is ANA else ANA
    (answer,) = live.pair.answers
    assert [True, True, False, False] == [may_see(live.pair, answer, p) for p in (who, IRENA, partner, PETER)]
    assert () == seen_by(live.pair, partner).cases
    assert "irena" == next(s.to for s in live.sends.values() if s.kind == "case")


def test_pressing_twice_opens_one_case_and_leaves_it_as_hr_has_it() -> None:
    """A case that was taken up is not opened anew by the same answer; another answer is news."""
    live = opened()
    live.press(ANA, "fit.tap", REF, "unsure")
    taken: Case = replace(live.pair.cases[0], state="accepted")
    live.pair = replace(live.pair, cases=(taken,))

    live.press(ANA, "fit.tap", REF, "unsure")
    assert (taken,) == live.pair.cases
    live.press(ANA, "fit.tap", REF, "talk")

    assert ["accepted", "open"] == [c.state for c in live.pair.cases]


def test_a_coordinator_who_mentors_the_pair_hears_nothing() -> None:
    """The other one in HR does."""
    live = opened(pair(seats={**BY_ROLE, "mentor": (IRENA,), "coordinator": (IRENA, IVO)}))

    shown = card(live.press(ANA, "fit.tap", REF, "talk"))

    assert "Ivo will write to you alone" in read(shown)
    assert "would like to talk" not in live.shown(IRENA)
    assert "would like to talk" in live.shown(IVO)


def test_where_hr_is_part_of_the_pair_nobody_is_promised() -> None:
    """The answer is kept, the only coordinator does not see it, and the author is told the truth."""
    live = opened(pair(seats={**BY_ROLE, "mentor": (IRENA,), "coordinator": (IRENA,)}))
    sends = len(live.sends)

    shown = card(live.press(ANA, "fit.tap", REF, "talk"))

    assert "please turn to somebody else in HR" in read(shown)
    assert ((), sends) == (live.pair.cases, len(live.sends))
    assert not may_see(live.pair, live.pair.answers[0], IRENA)


def test_while_the_first_is_away_the_second_writes() -> None:
    """Whoever is at work is named."""
    away = replace(IRENA, leave=(Span(START, START),))
    live = opened(pair(seats={**BY_ROLE, "coordinator": (away, IVO)}))

    live.press(ANA, "fit.tap", REF, "unsure")

    assert ["ivo"] == [c.owner for c in live.pair.cases]


@pytest.mark.parametrize("value", ["", "no", "hate"])
def test_a_forged_answer_changes_nothing(value: str) -> None:
    """Only the three count, and only from the two."""
    live = opened()
    replies = [live.press(ANA, "fit.tap", REF, value), live.press(PETER, "fit.tap", REF, "fit")]

    assert [Note, Note] == [type(r) for r in replies]
    assert () == live.pair.answers


def test_after_the_end_the_question_is_over() -> None:
    """No case begins in a programme that has ended."""
    live = opened()
    live.pair = replace(live.pair, enrolment=replace(live.pair.enrolment, state="closed"))

    assert isinstance(live.press(ANA, "fit.tap", REF, "talk"), Note)
    assert () == live.pair.cases


def test_whether_it_is_open_is_nobodys_business() -> None:
    """The partner is never told of it."""
    assert fit.KINDS["fit"].private
