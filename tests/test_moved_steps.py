"""A step moved by hand: never before the start, and its words are true on whatever day they come."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time

import pytest

from bot.calendar import local
from bot.facts import Meeting, StepChange
from bot.outcome import FixForm
from bot.shipped import shipped
from flows.agenda import agenda
from flows.meeting_cards import reminder_card
from flows.programme import Step, When
from flows.programme_file import load_programme
from tests.meetings import Meetings, meeting_step, read
from tests.scenes import ANA, BREDA, IRENA, MATEJ, at, pair, programme, scene

COFFEE = meeting_step(
    "coffee", "mentee", "director", at=time(11), minutes=20, meet="coffee", chooser="director", offer_before=8,
    may_move_days=4,
)  # fmt: skip
PREPARE = Step(
    id="prepare", phase="phase", kind="note", who=("mentor",), when=When(day=-5), title=(("en", "Prepare"),),
    text=(("", (("en", "Prepare"),)),),
)  # fmt: skip
MOVED = StepChange(kind="move", step="coffee", day=date(2027, 1, 12), at=at("2026-12-21"))


def days_of(life: Meetings) -> set[date]:
    """Return the days on which the coffee's times lie."""
    return {local(s, "Europe/Ljubljana").date() for s in life.meeting("coffee").slots}


@pytest.mark.parametrize("before_the_offer", [True, False])
def test_a_moved_coffee_stays_behind_a_start_that_moves_on(before_the_offer: bool) -> None:
    """The coordinator moves the coffee to the second day, then the start by two days: no time lies before it."""
    life = Meetings(pair(changes=(MOVED,)), at("2026-12-21"), COFFEE)
    life.until(at("2026-12-22") if before_the_offer else at("2027-01-05"))
    life.change(start=date(2027, 1, 14))
    life.until(at("2027-01-06"))

    assert {date(2027, 1, 14)} == days_of(life)
    life.does(BREDA, "meeting.others", "coffee", str(len(life.meeting("coffee").slots)))
    assert all(day >= date(2027, 1, 14) for day in days_of(life))


def test_what_comes_before_the_start_may_still_move_there() -> None:
    """A step of the weeks before the start keeps the day that was chosen for it."""
    moved = replace(MOVED, step="prepare", day=date(2027, 1, 7))
    here = scene(pair(changes=(moved,)), at("2026-12-21"), PREPARE, COFFEE)
    plan = agenda(programme(PREPARE, COFFEE), here.pair.enrolment, here.plan_calendar())

    assert {"prepare": date(2027, 1, 7), "coffee": date(2027, 1, 11)} == {p.step.id: p.day for p in plan}


def test_nobody_fixes_a_time_with_a_newcomer_before_they_begin() -> None:
    """The form names the day and the fix; somebody who is in the house already may meet earlier."""
    life = Meetings(pair(), at("2026-12-21"), COFFEE)
    life.until(at("2027-01-05"))

    reply = life.says(BREDA, "meeting.agreed", "coffee", day="2027-01-08", time="11:00")
    assert isinstance(reply, FixForm)
    assert ["day"] == list(reply.errors)
    assert "offered" == life.meeting("coffee").state
    life.change(moved=True)
    life.says(BREDA, "meeting.agreed", "coffee", day="2027-01-08", time="11:00")
    assert "fixed" == life.meeting("coffee").state


def test_the_directors_card_is_true_on_whatever_day_it_comes() -> None:
    """Reminded the evening before, or days after the start, the director reads when the newcomer begins."""
    onboarding = load_programme(shipped()["onboarding"], "onboarding.toml")
    whole = pair(seats={"mentee": (ANA,), "mentor": (MATEJ,), "coordinator": (IRENA,), "director": (BREDA,)})
    here = scene(whole, at("2027-01-12"), prog=onboarding)
    meeting = Meeting(
        id="e1/director_coffee/once", enrolment="e1", step="director_coffee", occurrence="once",
        people=("ana", "breda"), minutes=20, state="fixed", chooser="breda", starts_at=at("2027-01-13", 10),
    )  # fmt: skip
    words = read(reminder_card(here, meeting, BREDA, at("2027-01-12", 16)))

    assert "Coffee with Ana, whose first day is Monday 11 January" in words
    assert "today" not in words.lower()


def test_no_text_of_a_step_that_may_move_speaks_of_today() -> None:
    """What comes once can be moved, delayed by leave, or told the evening before: its words name days, or none."""
    onboarding = load_programme(shipped()["onboarding"], "onboarding.toml")
    found = [
        (step.id, text)
        for step in onboarding.steps()
        if not step.when.every
        for texts in (step.title, *(t for _, t in step.text))
        for _, text in texts
        if re.search(r"\b(today|tomorrow|this (morning|afternoon|week))\b", text, re.IGNORECASE)
    ]

    assert [] == found
