"""Walk days plainly: who works when, read from zones and public holidays, without the product's own calendar.

The auditor judges by this and the players live by it, so that a mistake in the product's calendar is seen
instead of shared.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

from bot.facts import Person

_DAY = timedelta(days=1)


@cache
def zone(name: str) -> ZoneInfo:
    """Return a zone, read once."""
    return ZoneInfo(name)


@cache
def days_off(country: str, year: int) -> frozenset[date]:
    """Return the public holidays of a country, or of a part of it ("DE-BY"), in a year."""
    if not country:
        return frozenset()
    place, _, part = country.partition("-")
    return frozenset(country_holidays(place, subdiv=part or None, years=year, categories=("public",)))


def local(person: Person, moment: datetime) -> datetime:
    """Read the clock on this person's wall."""
    return moment.astimezone(zone(person.zone))


def works_on(person: Person, day: date) -> bool:
    """Tell whether the person works on this local day."""
    if day.weekday() not in person.weekdays or day in days_off(person.country, day.year):
        return False
    return not any(span.first <= day <= span.last for span in person.leave)


def at_work(person: Person, moment: datetime) -> bool:
    """Tell whether the person is at work at this instant."""
    wall = local(person, moment)
    return person.opens <= wall.time() < person.closes and works_on(person, wall.date())


def shifts(person: Person, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the stretches of work that end after this instant, as UTC instants, for the next two years."""
    place = zone(person.zone)
    day = local(person, moment).date()
    for _ in range(750):
        if works_on(person, day):
            opens = datetime.combine(day, person.opens, place).astimezone(UTC)
            closes = datetime.combine(day, person.closes, place).astimezone(UTC)
            if closes > moment:
                yield max(opens, moment), closes
        day += _DAY


def after_work(person: Person, moment: datetime, hours: float) -> datetime:
    """Return the instant by which the person has worked so many hours since this one."""
    left = timedelta(hours=hours)
    for opens, closes in shifts(person, moment):
        if left < closes - opens:
            return opens + left
        left -= closes - opens
    raise ValueError(f"{person.id} never works again: look at their weekdays and leave")


def working_days(person: Person, first: date, last: date) -> Iterator[date]:
    """Yield the days on which the person works, both ends included."""
    day = first
    while day <= last:
        if works_on(person, day):
            yield day
        day += _DAY
