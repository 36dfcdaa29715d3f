"""The auditor's own count of days agrees with the product's agenda, however a pair's programme was changed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sim.promises import Course, days_of
from bot.facts import Enrolment, Person, Span, StepChange
from bot.shipped import shipped
from flows.agenda import agenda
from flows.programme import Programme
from flows.programme_file import load_programme
from tests.scenes import at

PLACES = ("SI", "GR", "FI", "LV", "DE-BY", "US", "JP", "IN", "AU-NSW", "")
WEEKS = ((0, 1, 2, 3, 4), (0, 1, 2, 3), (1, 2, 3, 4), (6, 0, 1, 2, 3))


@pytest.fixture(scope="module")
def onboarding() -> Programme:
    return load_programme(shipped()["onboarding"], "onboarding.toml")


days = st.dates(date(2026, 12, 1), date(2028, 3, 31))
people = st.builds(
    Person, id=st.just("ana"), name=st.just("Ana"), country=st.sampled_from(PLACES), weekdays=st.sampled_from(WEEKS)
)  # fmt: skip


@st.composite
def pauses(draw: st.DrawFn, start: date) -> tuple[Span, ...]:
    """Return up to two rests that do not touch, somewhere in the half year."""
    found: list[Span] = []
    first = start + timedelta(days=draw(st.integers(-5, 80)))
    for _ in range(draw(st.integers(0, 2))):
        last = first + timedelta(days=draw(st.integers(0, 27)))
        found.append(Span(first, last))
        first = last + timedelta(days=draw(st.integers(2, 60)))
    return tuple(found)


@st.composite
def changes(draw: st.DrawFn, programme: Programme, start: date) -> tuple[StepChange, ...]:
    """Return what a coordinator might change for one pair."""
    once = [s.id for s in programme.steps() if not s.when.every]
    moved = st.builds(
        StepChange, kind=st.just("move"), step=st.sampled_from(once),
        day=st.integers(-10, 150).map(lambda n: start + timedelta(days=n)),
    )  # fmt: skip
    skipped = st.builds(
        StepChange, kind=st.just("skip"), step=st.sampled_from([s.id for s in programme.steps()])
    )
    longer = st.builds(
        StepChange, kind=st.just("extend"), step=st.sampled_from([p.id for p in programme.phases[:-1]]),
        weeks=st.integers(1, 4),
    )  # fmt: skip
    return tuple(draw(st.lists(st.one_of(moved, skipped, longer), max_size=4)))


@settings(max_examples=150, deadline=None)
@given(data=st.data(), start=days, mentee=people, came_over=st.booleans())
def test_both_count_the_same_days(
    onboarding: Programme, data: st.DataObject, start: date, mentee: Person, came_over: bool
) -> None:
    """Each step falls on the same day for both, with pauses, moved and left-out steps and longer phases."""
    rests, made = data.draw(pauses(start)), data.draw(changes(onboarding, start))
    enrolment = Enrolment(
        id="e1", programme="onboarding", version="1", start=start, created_at=at("2026-11-02"), moved=came_over,
        changes=made, pauses=rests,
    )  # fmt: skip
    course = Course(
        id="e1", start=start, seats={"mentee": ("ana",)}, moved=came_over, changes=made, pauses=rests
    )
    ours = {(s.id, occurrence): day for s, occurrence, day, _ in days_of(onboarding, course, mentee)}
    theirs = {(p.step.id, p.occurrence): p.day for p in agenda(onboarding, enrolment, mentee.working_time())}
    assert theirs == ours
