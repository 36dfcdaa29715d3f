"""How often people were interrupted: against the caps, and week by week."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from adapters.sim.days import local
from adapters.sim.promises import Course
from bot.facts import Person

A_DAY, A_WEEK, ON_DAY_ONE, IN_WEEK_ONE = 2, 5, 3, 11
_WEEK = timedelta(days=7)


def beyond(
    moments: Sequence[datetime], person: Person, starts: Collection[date]
) -> Iterator[tuple[datetime, str]]:
    """Yield when a person was interrupted too often on a day or in a week; `starts` are their first days."""
    days = [local(person, at).date() for at in moments]
    for day, count in sorted(Counter(days).items()):
        if count > (ON_DAY_ONE if day in starts else A_DAY):
            yield moments[days.index(day)], f"{count} on {day}"
    mondays = [_monday(day) for day in days]
    for monday, count in sorted(Counter(mondays).items()):
        first_week = any(start < monday + _WEEK and monday < start + _WEEK for start in starts)
        if count > (IN_WEEK_ONE if first_week else A_WEEK):
            yield moments[mondays.index(monday)], f"{count} in the week of {monday}"


def weekly(
    interruptions: Mapping[str, Sequence[datetime]], courses: Iterable[Course], people: Mapping[str, Person]
) -> Iterator[int]:
    """Yield how often each mentee and mentor was interrupted, in each week after a week 1 of theirs."""
    spans: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for course in courses:
        last = course.over or course.start + timedelta(days=182)
        for role in ("mentee", "mentor"):
            for person in course.seats.get(role, ()):
                spans[person].append((_monday(course.start), last))
    for person, stretches in sorted(spans.items()):
        counts = Counter(_monday(local(people[person], at).date()) for at in interruptions.get(person, ()))
        first_weeks = {first for first, _ in stretches}
        monday = min(first_weeks) + _WEEK
        while monday <= max(last for _, last in stretches):
            if monday not in first_weeks:
                yield counts[monday]
            monday += _WEEK


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
