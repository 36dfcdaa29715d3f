"""When a step reaches its receiver."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from bot.calendar import Span
from bot.facts import Person, StepChange, Task
from flows.agenda import Planned
from flows.programme import Step, When
from flows.register import KINDS
from flows.timeline import end_of, nominal_at
from tests.live import Live
from tests.scenes import BY_ROLE, MATEJ, PETER, START, at, pair, programme, scene

WORDS = (("en", "Words"),)


def test_what_recurs_comes_before_its_receiver_goes_home() -> None:
    """A daily look at 16:00 reaches somebody who works until 16:00 half an hour earlier, not after it is over."""
    early = replace(MATEJ, closes=time(16))
    when = When(every="day", until_day=5, at=time(16))
    look = Step(id="look", phase="phase", kind="daily", who=("mentor",), when=when, title=WORDS)
    whole = pair(seats={**BY_ROLE, "mentor": (early,)})
    here = scene(whole, at("2027-01-11"), look)
    planned = Planned(look, "2027-01-11", START)

    opens = nominal_at(here, planned, "matej")

    assert at("2027-01-11", 14, 30) == opens
    over = end_of(here, look, "2027-01-11", "matej")
    assert over is not None
    assert opens < over


DIGEST = Step(
    id="digest",
    phase="phase",
    kind="digest",
    who=("head",),
    when=When(every="week", weekday=4, from_week=2, at=time(14)),
    title=WORDS,
)
WEEK = Planned(DIGEST, "2027-W03", date(2027, 1, 22))


def weekly(head: Person, when: str = "2027-01-18") -> tuple[datetime, datetime | None]:
    """Return when the digest of a Friday comes to a head, and when it would be over."""
    here = scene(pair(seats={**BY_ROLE, "head": (head,)}), at(when), DIGEST)
    return nominal_at(here, WEEK, head.id), end_of(here, DIGEST, "2027-W03", head.id)


@pytest.mark.parametrize(
    ("head", "comes"),
    [
        (PETER, at("2027-01-22", 13)),
        (replace(PETER, weekdays=(0, 1, 2, 3)), at("2027-01-21", 13)),
        (replace(PETER, weekdays=(0,)), at("2027-01-18", 13)),
        (replace(PETER, leave=(Span(date(2027, 1, 20), date(2027, 1, 22)),)), at("2027-01-19", 13)),
        (replace(PETER, weekdays=(3, 5)), at("2027-01-23", 8)),
        (replace(PETER, weekdays=(0, 1, 2, 3), closes=time(14)), at("2027-01-21", 12, 30)),
    ],
    ids=["friday", "four days", "mondays", "leave", "saturday", "early home"],
)
def test_what_is_weekly_comes_on_the_last_working_day_of_its_receivers_week(
    head: Person, comes: datetime
) -> None:
    """Who does not work on its day gets it on a later working day of that week, else on the last one before."""
    opens, over = weekly(head)

    assert comes == opens
    assert over is not None
    assert opens < over


def test_a_whole_week_away_gets_nothing_of_that_week() -> None:
    """With no working day in its week there is no day it could come on, and it is over before the person is back."""
    opens, over = weekly(replace(PETER, leave=(Span(date(2027, 1, 18), date(2027, 1, 24)),)))

    assert over is not None
    assert over <= opens


def test_a_head_without_fridays_reads_what_the_mentor_wrote() -> None:
    """Through a whole week of looks, the digest reaches them on Thursday, once."""
    head = replace(PETER, weekdays=(0, 1, 2, 3))
    task = Task(id="e1/task/1", enrolment="e1", title="Reports", state="done")
    live = Live(
        pair(task, seats={**BY_ROLE, "head": (head,)}), programme(DIGEST), at("2027-01-11", 8), dict(KINDS)
    )
    live.look(at("2027-01-25", 12))

    assert [at("2027-01-21", 13)] == [s.not_before for s in live.sends.values() if s.to == head.id]


FIT = Step(id="fit", phase="phase", kind="fit", who=("mentee",), when=When(day=5, at=time(10)), title=WORDS)
NEXT = Step(
    id="next",
    phase="phase",
    kind="note",
    who=("mentee",),
    when=When(day=6, at=time(10)),
    title=WORDS,
    after=("fit",),
)


def opened_at(*changes: StepChange, until: str = "2027-02-12") -> list[datetime]:
    """Return when the step opens that follows a question of 15 January, which nobody answers."""
    whole = pair(changes=changes)
    live = Live(whole, programme(FIT, NEXT), at("2027-01-11", 8), dict(KINDS))
    live.look(at(until, 12))
    return [s.opened_at for s in live.pair.steps if s.step == "next" and s.opened_at]


def test_a_step_waits_five_working_days_at_most_for_one_before_it() -> None:
    """Its own day is Monday 18 January; with the question still open it comes a week later all the same."""
    assert [at("2027-01-25", 9)] == opened_at()


def test_a_step_follows_one_that_was_moved() -> None:
    """The question moved to Thursday 21 January moves the end of the waiting to the 28th."""
    moved = StepChange(step="fit", kind="move", day=date(2027, 1, 21))
    assert [at("2027-01-28", 9)] == opened_at(moved)


def test_a_step_comes_on_its_day_where_the_one_before_it_is_left_out() -> None:
    """Nothing is waited for."""
    assert [at("2027-01-18", 9)] == opened_at(StepChange(step="fit", kind="skip"))
