"""How often one person may be interrupted: per person, not per pair (DESIGN §4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from bot.calendar import instant, local_date, week_of
from bot.facts import Person
from bot.ports import Work

# Interruptions; what is free is said by outcome.FREE, and a merged message counts once.
A_DAY = 2
A_WEEK = 5
ON_DAY_ONE = 3
IN_WEEK_ONE = ON_DAY_ONE + 4 * A_DAY  # five working days, the first of them the busiest
_WEEK = timedelta(days=7)


def week_began(now: datetime, zone: str) -> datetime:
    """Return when the person's week began: the interruptions since then decide."""
    today = local_date(now, zone)
    return instant(today - timedelta(days=today.weekday()), time.min, zone)


def has_room(taken: Sequence[datetime], now: datetime, zone: str, starts: Sequence[date] = ()) -> bool:
    """
    Tell whether one more interruption is allowed now, after those `taken` this week.

    `starts` are the first days of programmes in which the person has a seat: that day and the six after it
    have room for more. Days and weeks are those of the person's own calendar on the wall.
    """
    today = local_date(now, zone)
    days = [local_date(at, zone) for at in taken]
    this_week = sum(1 for day in days if week_of(day) == week_of(today))
    first_week = any(timedelta() <= today - start < _WEEK for start in starts)
    return days.count(today) < (ON_DAY_ONE if today in starts else A_DAY) and this_week < (
        IN_WEEK_ONE if first_week else A_WEEK
    )


def has_room_now(work: Work, person: Person, now: datetime) -> bool:
    """Tell whether somebody may be interrupted once more now, by what they were told this week."""
    taken = work.interruptions(person.id, week_began(now, person.zone))
    if has_room(taken, now, person.zone):
        return True
    # Only those who are over the ordinary budget are asked whether a programme of theirs has just begun.
    ids = work.enrolments_of(person.id)
    pairs = work.pairs(ids, ()) if ids else ()
    starts = [pair.enrolment.start for pair in pairs if pair.enrolment.state == "running"]
    return has_room(taken, now, person.zone, starts)
