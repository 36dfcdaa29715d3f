"""What a programme promises to whom on which day: a second opinion on the product's own agenda."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from adapters.sim.days import works_on
from bot.content import Role
from bot.facts import Person, Span, StepChange
from flows.programme import Programme, Step

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
# In a week with a review these are not asked (MISSION, weekly rhythm).
_YIELD_TO_REVIEW = frozenset({"checkin", "feedback", "satisfaction"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One run of a programme as the auditor is told of it: who, from when, and what was changed."""

    id: str
    start: date
    seats: Mapping[Role, tuple[str, ...]]
    moved: bool = False
    changes: tuple[StepChange, ...] = ()
    over: date | None = None  # the local day on which it was closed or stopped, None while it runs
    pauses: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Something a person is to get: asked from `day` on, and worth nothing after `last`."""

    run: str
    step: Step
    occurrence: str
    person: str
    day: date
    last: date
    stand_ins: tuple[str, ...] = ()  # who keeps it just as well, as the person is away within those days

    @property
    def about(self) -> str:
        """Return what its refs are about: `e7/checkin/2027-W05`."""
        return f"{self.run}/{self.step.id}/{self.occurrence}"


def promises(programme: Programme, course: Course, people: Mapping[str, Person]) -> Iterator[Promise]:
    """Yield everything the programme promises to the people of one run."""
    for step, occurrence, day, last in days_of(programme, course, people[course.seats["mentee"][0]]):
        for role in step.who:
            here = course.seats.get(role, ())
            stand_ins: tuple[str, ...] = ()
            # What all do together needs one coordinator, the others only stand in.
            if step.shared and role == "coordinator":
                here, stand_ins = here[:1], _stand_ins(here, people, day, last)
            for person in here:
                about = course.seats.get(step.about, ()) if step.about else ()
                parts = [f"{occurrence}.{other}" for other in about] if len(about) > 1 else [occurrence]
                for part in parts:
                    yield Promise(
                        run=course.id,
                        step=step,
                        occurrence=part,
                        person=person,
                        day=day,
                        last=last,
                        stand_ins=stand_ins,
                    )


def days_of(programme: Programme, course: Course, mentee: Person) -> Iterator[tuple[Step, str, date, date]]:
    """Yield every step of a run with its occurrence, and the first and the last day on which it is worth something."""
    yield from _Plan(programme, course, replace(mentee, leave=())).occurrences()


def ends_on(programme: Programme, course: Course, mentee: Person) -> date:
    """Return the day of a run's closing; without a closing step, that on which its last month is over."""
    closing = [day for step, _, day, _ in days_of(programme, course, mentee) if step.kind == "closing"]
    return min(closing, default=_months_later(course.start, programme.months))


def _stand_ins(
    here: tuple[str, ...], people: Mapping[str, Person], first: date, last: date
) -> tuple[str, ...]:
    """Return who else may be asked, where the first is on leave on any of these days."""
    away = here and any(span.first <= last and first <= span.last for span in people[here[0]].leave)
    return here[1:] if away else ()


class _Plan:
    """The days of one run, by the mentee's working week and holidays."""

    def __init__(self, programme: Programme, course: Course, leader: Person) -> None:
        self._programme = programme
        self._course = course
        self._leader = leader
        skipped = {c.step for c in course.changes if c.kind == "skip"}
        unwanted = "new" if course.moved else "moved"
        self._steps = [s for s in programme.steps() if s.id not in skipped and s.only != unwanted]

    def occurrences(self) -> Iterator[tuple[Step, str, date, date]]:
        once = {s.id: self._once(s) for s in self._steps if not s.when.every}
        reviews = {once[s.id].isocalendar()[:2] for s in self._steps if s.kind == "review"}
        for step in self._steps:
            if step.when.every == "day":
                for number in range(step.when.from_day, step.when.until_day + 1):
                    day = self._after_pauses(self._nth(self._course.start, number))
                    yield step, day.isoformat(), day, day
            elif step.when.every == "week":
                yield from self._weekly(step, once, reviews)
            else:
                day = once[step.id]
                yield step, "once", day, day + 2 * _WEEK

    def _once(self, step: Step) -> date:
        moved = [c.day for c in self._course.changes if c.kind == "move" and c.step == step.id and c.day]
        day = self._as_written(step)
        if moved:
            # What comes after the start stays after it, also where the start moved on since.
            first = self._nth(self._course.start, 1)
            return max(moved[-1], first) if day >= first else moved[-1]
        return self._after_pauses(day + self._extended(step.phase))

    def _as_written(self, step: Step) -> date:
        """Return the day that the programme names, as if nothing had been changed for this pair."""
        when = step.when
        if not when.month:
            return self._nth(self._course.start, when.day or 1)
        if when.day < 0:
            return self._nth(_months_later(self._course.start, when.month), when.day)
        return self._nth(_months_later(self._course.start, when.month - 1), when.day or 1)

    def _after_pauses(self, day: date) -> date:
        """Return the working day on which something is due that every pause before it has put off by its length."""
        for pause in sorted(self._course.pauses, key=lambda pause: pause.first):
            if day >= pause.first:
                day += pause.last - pause.first + _DAY
        return self._nth(day, 1)

    def _extended(self, phase: str) -> timedelta:
        weeks = 0
        for earlier in self._programme.phases:
            if earlier.id == phase:
                break
            weeks += sum(c.weeks for c in self._course.changes if c.kind == "extend" and c.step == earlier.id)
        return weeks * _WEEK

    def _weekly(
        self, step: Step, once: Mapping[str, date], reviews: set[tuple[int, int]]
    ) -> Iterator[tuple[Step, str, date, date]]:
        start = self._course.start
        end = once.get(step.when.until) or self._after_pauses(_months_later(start, self._programme.months))
        monday = start - start.weekday() * _DAY + (step.when.from_week - 1) * _WEEK
        while monday < end:
            year, week, _ = monday.isocalendar()
            day = self._in_week(monday, step.when.weekday)
            yields = step.kind in _YIELD_TO_REVIEW and (year, week) in reviews
            rests = day is not None and any(pause.first <= day <= pause.last for pause in self._course.pauses)
            if day is not None and start <= day < end and not yields and not rests:
                yield step, f"{year:04}-W{week:02}", day, monday + 6 * _DAY
            monday += _WEEK

    def _in_week(self, monday: date, weekday: int) -> date | None:
        """Return the wanted weekday or the last working day before it in that week, else the first after."""
        days = [monday + n * _DAY for n in range(7) if works_on(self._leader, monday + n * _DAY)]
        before = [d for d in days if d.weekday() <= weekday]
        return before[-1] if before else days[0] if days else None

    def _nth(self, day: date, number: int) -> date:
        """Return the nth working day at or after a day; -1 is the last one before it."""
        way = _DAY if number > 0 else -_DAY
        day = day if number > 0 else day - _DAY
        left = abs(number)
        while True:
            left -= works_on(self._leader, day)
            if not left:
                return day
            day += way


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
