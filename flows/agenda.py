"""On which day each step of a programme falls: the plan that people will live, from start to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TypeVar

from bot.calendar import Span, WorkingTime, add_months, is_working_day, programme_month, week_of, working_day
from bot.content import Role
from bot.facts import Enrolment, StepChange
from flows.programme import Programme, Step, When

# What a review's week leaves out, so that nobody has two forms in one week.
YIELDS_TO_REVIEW = frozenset({"checkin", "feedback", "satisfaction"})


@dataclass(frozen=True, slots=True)
class Planned:
    """One occurrence of a step on its nominal local day."""

    step: Step
    occurrence: str
    day: date


# Whether a step is one for all, the roles it asks, and the role it asks each of them about.
Asked = tuple[bool, tuple[Role, ...], str]
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Every occurrence of every step by (day, order in the file), and the same for those who look for one."""

    every: tuple[Planned, ...]
    of_step: Mapping[str, tuple[Planned, ...]]
    of_kind: Mapping[str, tuple[Planned, ...]]
    of_asked: Mapping[Asked, tuple[Planned, ...]]  # by who is asked, and about whom
    begins: tuple[tuple[str, date], ...]  # each phase with the day it begins on

    def find(self, step: str, occurrence: str = "once") -> Planned | None:
        """Return one occurrence of a step, None where this pair does not have it."""
        return next((p for p in self.of_step.get(step, ()) if p.occurrence == occurrence), None)


def agenda(programme: Programme, enrolment: Enrolment, calendar: WorkingTime) -> tuple[Planned, ...]:
    """Return every occurrence of every step by (day, order in the file).

    `calendar` is that of the person the days are counted by, without leave: leave moves messages, not the plan.
    """
    return plan_of(programme, enrolment, calendar).every


def plan_of(programme: Programme, enrolment: Enrolment, calendar: WorkingTime) -> Plan:
    """Return the agenda with its occurrences sorted by step and by kind."""
    plain = (enrolment.start, enrolment.changes, enrolment.pauses, enrolment.moved)
    return _plan(programme, plain, calendar)


_Plain = tuple[date, tuple[StepChange, ...], tuple[Span, ...], bool]


@lru_cache(maxsize=4096)
def _plan(programme: Programme, plain: _Plain, calendar: WorkingTime) -> Plan:
    start, changes, _, _ = plain
    every = _every(programme, plain, calendar)
    return Plan(
        every=every,
        of_step=_sorted(every, lambda p: p.step.id),
        of_kind=_sorted(every, lambda p: p.step.kind),
        of_asked=_sorted(every, lambda p: (p.step.shared, p.step.who, p.step.about)),
        begins=_begins(programme, start, changes, calendar, every),
    )


def _sorted(every: tuple[Planned, ...], key: Callable[[Planned], Key]) -> Mapping[Key, tuple[Planned, ...]]:
    found: dict[Key, list[Planned]] = {}
    for planned in every:
        found.setdefault(key(planned), []).append(planned)
    return {name: tuple(several) for name, several in found.items()}


def _every(programme: Programme, plain: _Plain, calendar: WorkingTime) -> tuple[Planned, ...]:
    start, changes, pauses, moved = plain
    enrolment = _Bare(start, changes, pauses)
    skipped = {c.step for c in changes if c.kind == "skip"}
    wanted = [
        s for s in programme.steps() if s.id not in skipped and s.only in ("", "moved" if moved else "new")
    ]
    wanted.extend(added_step(c) for c in changes if c.kind == "add")
    once = {s.id: _day_of(programme, s, enrolment, calendar) for s in wanted if not s.when.every}
    reviews = {week_of(once[s.id]) for s in wanted if s.kind == "review"}
    plan = [Planned(s, "once", once[s.id]) for s in wanted if not s.when.every]
    for step in wanted:
        if step.when.every == "day":
            plan.extend(_daily(step, enrolment, calendar))
        elif step.when.every == "week":
            end = once.get(step.when.until) or _shifted(
                add_months(start, programme.months), enrolment, calendar
            )
            plan.extend(_weekly(step, enrolment, calendar, end, reviews))
    order = {s.id: n for n, s in enumerate(wanted)}
    return tuple(sorted(plan, key=lambda p: (p.day, p.step.when.at, order[p.step.id])))


def phase_begins(
    programme: Programme, enrolment: Enrolment, calendar: WorkingTime
) -> tuple[tuple[str, date], ...]:
    """Return each phase with the day it begins on; what pushed its steps pushes it too."""
    return plan_of(programme, enrolment, calendar).begins


def _begins(
    programme: Programme,
    start: date,
    changes: tuple[StepChange, ...],
    calendar: WorkingTime,
    plan: tuple[Planned, ...],
) -> tuple[tuple[str, date], ...]:
    moved = {change.step for change in changes if change.kind == "move"}
    found = []
    for phase in programme.phases:
        begin = nominal_day(start, When(day=phase.first_day or 1, month=phase.month), calendar)
        unmoved = [
            p for p in plan if p.step.phase == phase.id and not p.step.when.every and p.step.id not in moved
        ]
        if unmoved:
            begin += unmoved[0].day - nominal_day(start, unmoved[0].step.when, calendar)
        found.append((phase.id, begin))
    return tuple(found)


def added_step(change: StepChange) -> Step:
    """Return the step that a per-pair change added: a word to both at a day the coordinator chose."""
    words = (("en", change.title),)
    return Step(
        id=change.step,
        phase="",
        kind="note",
        who=("mentee", "mentor"),
        when=When(),
        title=words,
        text=(("", words),),
    )


@dataclass(frozen=True, slots=True)
class _Bare:
    """What of an enrolment the plan depends on."""

    start: date
    changes: tuple[StepChange, ...]
    pauses: tuple[Span, ...]


def nominal_day(start: date, when: When, calendar: WorkingTime) -> date:
    """Return the day a one-off `when` names, before pauses, extensions and moves."""
    if when.month:
        month = programme_month(start, when.month)
        if when.day < 0:
            return working_day(month.last + timedelta(days=1), when.day, calendar, leave=False)
        return working_day(month.first, when.day or 1, calendar, leave=False)
    return working_day(start, when.day or 1, calendar, leave=False)


def _day_of(programme: Programme, step: Step, enrolment: _Bare, calendar: WorkingTime) -> date:
    moved = [c.day for c in enrolment.changes if c.kind in ("move", "add") and c.step == step.id and c.day]
    day = nominal_day(enrolment.start, step.when, calendar)
    if moved:
        # The start may have moved on since: what comes after it stays after it.
        begins = nominal_day(enrolment.start, When(day=1), calendar)
        return max(moved[-1], begins) if day >= begins else moved[-1]
    return _shifted(day + _extension(programme, step.phase, enrolment), enrolment, calendar)


def _extension(programme: Programme, phase: str, enrolment: _Bare) -> timedelta:
    """Return by how much the extensions of earlier phases push this one."""
    weeks = {c.step: 0 for c in enrolment.changes if c.kind == "extend"}
    for change in enrolment.changes:
        if change.kind == "extend":
            weeks[change.step] += change.weeks
    total = 0
    for earlier in programme.phases:
        if earlier.id == phase:
            break
        total += weeks.get(earlier.id, 0)
    return timedelta(weeks=total)


def _shifted(day: date, enrolment: _Bare, calendar: WorkingTime) -> date:
    """Return the day after pauses have pushed it, on a working day."""
    for pause in sorted(enrolment.pauses, key=lambda p: p.first):
        if day >= pause.first:
            day += pause.last - pause.first + timedelta(days=1)
    return day if is_working_day(day, calendar, leave=False) else working_day(day, 1, calendar, leave=False)


def paused_on(day: date, pauses: tuple[Span, ...]) -> bool:
    """Tell whether the enrolment rests on this day."""
    return any(day in pause for pause in pauses)


def _daily(step: Step, enrolment: _Bare, calendar: WorkingTime) -> Iterator[Planned]:
    for n in range(step.when.from_day, step.when.until_day + 1):
        day = _shifted(working_day(enrolment.start, n, calendar, leave=False), enrolment, calendar)
        yield Planned(step, day.isoformat(), day)


def _weekly(
    step: Step, enrolment: _Bare, calendar: WorkingTime, end: date, reviews: set[str]
) -> Iterator[Planned]:
    monday = enrolment.start - timedelta(days=enrolment.start.weekday())
    week = monday + timedelta(weeks=step.when.from_week - 1)
    while week < end:
        day = _in_week(week, step.when.weekday, calendar)
        occurrence = week_of(week)
        held_back = step.kind in YIELDS_TO_REVIEW and occurrence in reviews
        if (
            day is not None
            and enrolment.start <= day < end
            and not held_back
            and not paused_on(day, enrolment.pauses)
        ):
            yield Planned(step, occurrence, day)
        week += timedelta(weeks=1)


def _in_week(monday: date, weekday: int, calendar: WorkingTime) -> date | None:
    """Return the working day nearest to `weekday` in that week, earlier ones first; None in a week off."""
    wanted = [*range(weekday, -1, -1), *range(weekday + 1, 7)]
    days = (monday + timedelta(days=n) for n in wanted)
    return next((day for day in days if is_working_day(day, calendar, leave=False)), None)
