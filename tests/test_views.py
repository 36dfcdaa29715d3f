"""What is remembered of what people saw never shows more, or less, than deciding anew."""

from __future__ import annotations

import random
from dataclasses import fields, replace
from itertools import product
from typing import get_args

import pytest

from bot.content import Role
from bot.facts import FAMILIES, NOT_LOADED, AnswerKind, Pair, Person, StepState, with_record, without_record
from flows import visibility
from flows.views import Views
from flows.visibility import seen_by
from tests.scenes import pair
from tests.test_visibility import EVERY_ROLE, EVERYBODY, RECORDS, STAGES, answer, review

ROLES: tuple[Role, ...] = ("mentee", "mentor", "head", "coordinator", "director")


def _changed(whole: Pair, chance: random.Random) -> Pair:
    """Return the pair after something that happens: an answer, another stage, a meeting, a seat, a person."""
    number, who = chance.randrange(6), chance.choice(("ana", "matej", "irena", "peter"))
    match chance.randrange(9):
        case 0 | 1 | 2:
            kind = chance.choice(get_args(AnswerKind))
            made = answer(
                kind, who, tuple(chance.sample(EVERY_ROLE, 3)), field=f"{chance.choice(STAGES)}:good",
                sealed_in=chance.choice(("", "e1/week1/once")), about=chance.choice(("", "ana")), value=str(number),
            )  # fmt: skip
            return with_record(whole, replace(made, id=f"e1/x/{number}/{kind}"))
        case 3:
            gone = chance.choice(whole.answers) if whole.answers else None
            return whole if gone is None else without_record(whole, gone)
        case 4:
            states = (("ahead", -1), ("running", number % len(STAGES)), ("closed", 4), ("cancelled", -1))
            return with_record(whole, review(*chance.choice(states)))
        case 5:
            meeting = chance.choice(whole.meetings)
            return with_record(
                whole, replace(meeting, people=tuple(chance.sample(("ana", "breda", "peter"), 2)))
            )
        case 6:
            step = StepState(
                id=f"e1/a/{number}/{who}", enrolment="e1", step="a", occurrence=str(number), person=who
            )
            return with_record(whole, step)
        case 7:
            return with_record(
                whole, replace(whole.person(who), snoozed_until=None, at_ease=chance.random() < 0.5)
            )
        case _:
            seat = chance.choice(whole.seats)
            return with_record(whole, replace(seat, role=chance.choice(ROLES)))


def _loaded(whole: Pair, chance: random.Random) -> Pair:
    """Return the pair with only some families loaded, and sometimes every record read again."""
    lacking = chance.sample(FAMILIES, chance.randrange(4))
    again = chance.random() < 0.3
    return replace(
        whole,
        **dict.fromkeys(lacking, NOT_LOADED),
        **{
            family: tuple(replace(record) for record in getattr(whole, family))
            for family in FAMILIES
            if again and family not in lacking
        },
    )


def _found_out(reduced: Pair) -> tuple[object, ...]:
    """Return what a pair works out of its own seats and steps."""
    steps = (
        ()
        if reduced.steps is NOT_LOADED
        else tuple(tuple(reduced.states_of(step)) for step in ("a", "coffee"))
    )
    seated = tuple(reduced.seated(role) for role in ROLES)
    return steps, seated, tuple(reduced.roles_of(person.id) for person in EVERYBODY)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_changes_in_between_everybody_sees_what_they_would_see_anew(seed: int) -> None:
    """Over answers, stages of a review, meetings, seats, people and families that are not loaded, nothing is stale."""
    chance = random.Random(seed)
    views, whole = Views(most=20), pair(*RECORDS)
    for _ in range(150):
        if chance.random() < 0.9:
            whole = _changed(whole, chance)
        viewer, through = chance.choice(EVERYBODY), chance.choice((None, *EVERYBODY))
        given = _loaded(whole if through is None else seen_by(whole, through), chance)
        anew = seen_by(given, viewer)

        remembered = views.seen_by(given, viewer, through)

        assert anew == remembered
        for family in FAMILIES:
            assert (getattr(anew, family) is NOT_LOADED) == (getattr(remembered, family) is NOT_LOADED), (
                family
            )
        assert _found_out(replace(anew)) == _found_out(remembered)


@pytest.mark.parametrize("kind", get_args(AnswerKind))
def test_what_a_review_opens_is_seen_once_it_has(kind: AnswerKind) -> None:
    """Whoever looked before a review went on sees after it what they would see anew, of every kind of answer."""
    said = [
        answer(kind, who, field="mentor:good", sealed_in=seal, about=about)
        for who, seal, about in product(("ana", "matej"), ("", "e1/week1/once"), ("", "ana"))
    ]
    states = [("ahead", -1), *(("running", n) for n in range(len(STAGES))), ("closed", 4), ("cancelled", -1)]
    whole = pair(*(replace(one, id=f"e1/x/{n}/y") for n, one in enumerate(said)))
    for viewer in EVERYBODY:
        views = Views()
        for state, stage in (*states, *reversed(states)):
            now = with_record(whole, review(state, stage))
            assert seen_by(now, viewer) == views.seen_by(now, viewer), (viewer.id, state, stage)


def test_a_pair_is_told_apart_from_another_one() -> None:
    """What somebody saw in one pair says nothing about another one, however alike the two are."""
    views = Views()
    said = answer("checkin_words", "ana")
    views.seen_by(pair(said), EVERYBODY[1])
    other = pair(said)
    other = replace(other, enrolment=replace(other.enrolment, id="e2"), seats=())

    assert () == views.seen_by(other, EVERYBODY[1]).answers


def test_only_what_is_new_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    """After one more answer, a hundred old ones are not looked at again: an act costs the same in every month."""
    decided: list[str] = []
    may_see = visibility._may_see

    def counted(whole: Pair, given: object, *more: object) -> bool:
        decided.append(given.id)  # type: ignore[attr-defined]
        return may_see(whole, given, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(visibility, "_may_see", counted)
    old = [replace(answer("note", "ana"), id=f"e1/x/{n:03}/note", about=f"somebody {n}") for n in range(100)]
    views, whole, matej = Views(), pair(*old), EVERYBODY[1]
    views.seen_by(whole, matej)
    assert 100 == len(decided)
    decided.clear()

    views.seen_by(with_record(whole, answer("checkin_words", "ana")), matej)

    assert ["e1/x/checkin_words/ana"] == decided


def test_a_view_rests_on_nothing_of_the_viewer_but_who_they_are() -> None:
    """A viewer whose own record has changed sees the same of others: only the id counts."""
    whole = pair(*RECORDS)
    changed = {f.name: "" for f in fields(Person) if f.type == "str" and f.name not in ("id", "zone")}
    for viewer in EVERYBODY:
        other = replace(viewer, **changed)  # type: ignore[arg-type]
        assert seen_by(whole, viewer) == seen_by(whole, other)
