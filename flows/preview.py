"""The calendar that people will live: every step of a programme, its day, its time, whom it reaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Literal

from bot.calendar import WorkingTime, add_working_days
from bot.content import Role
from bot.facts import Enrolment
from flows.agenda import Planned, agenda, phase_begins
from flows.programme import Programme, Step
from flows.review_ahead import SLOTS_BEFORE
from flows.written import whole, word


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the calendar: the step itself, or what goes before a meeting or a review."""

    day: date
    at: time
    phase: str
    step: Step
    occurrence: str
    who: tuple[Role, ...]
    what: Literal["step", "times", "beforehand", "folded"] = "step"


def calendar_of(
    programme: Programme, enrolment: Enrolment, calendar: WorkingTime, role: Role | None = None
) -> tuple[Entry, ...]:
    """
    Return the calendar in the order of time, for everybody or for one role.

    `calendar` is that of the person the days are counted by; a message still waits for its receiver's working
    hours and the end of their leave.
    """
    plan = agenda(programme, enrolment, calendar)
    begins = phase_begins(programme, enrolment, calendar)
    entries = [entry for planned in plan for entry in _entries(planned, calendar)]
    entries = [replace(entry, phase=_phase_on(entry.day, begins)) for entry in entries]
    entries.sort(key=lambda e: (e.day, e.at))
    return tuple(entry for entry in entries if role is None or role in entry.who)


def _phase_on(day: date, begins: tuple[tuple[str, date], ...]) -> str:
    begun = [name for name, begin in begins if begin <= day]
    return begun[-1] if begun else begins[0][0]


def _entries(planned: Planned, calendar: WorkingTime) -> Iterator[Entry]:
    step = planned.step
    whole_step = Entry(
        day=planned.day,
        at=step.when.at,
        phase=step.phase,
        step=step,
        occurrence=planned.occurrence,
        who=tuple(dict.fromkeys((*step.who, *step.people))),
        what="folded" if step.kind == "satisfaction" else "step",
    )
    if step.kind == "meeting":
        chooser: tuple[Role, ...] = tuple(r for r in step.people if r == word(step, "chooser"))
        yield from _ahead(whole_step, whole(step, "offer_before"), "times", chooser, calendar)
    if step.kind == "review":
        chair: tuple[Role, ...] = tuple(r for r in step.people if r == "coordinator")
        asked: tuple[Role, ...] = tuple(r for r in step.people if r in ("mentee", "mentor"))
        prepare_before = whole(step, "prepare_before")
        yield from _ahead(whole_step, max(SLOTS_BEFORE, prepare_before), "times", chair, calendar)
        yield from _ahead(whole_step, prepare_before, "beforehand", asked, calendar)
    yield whole_step


def _ahead(
    entry: Entry,
    days: int,
    what: Literal["times", "beforehand"],
    who: tuple[Role, ...],
    calendar: WorkingTime,
) -> Iterator[Entry]:
    if days:
        yield Entry(
            day=add_working_days(entry.day, -days, calendar, leave=False),
            at=calendar.opens,
            phase=entry.phase,
            step=entry.step,
            occurrence=entry.occurrence,
            who=who,
            what=what,
        )
