"""
Working days, working hours, months and weeks: with places and i18n, the only code where local time exists.

Everything here is pure. The caches hold what a country, a working week and a zone imply.
"""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Literal

from bot.places import Unknown as Unknown
from bot.places import check_country as check_country
from bot.places import check_zone as check_zone
from bot.places import instant as instant
from bot.places import local as local
from bot.places import local_date as local_date
from bot.places import public_holidays

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
# A leave that ends later is a way to write "for ever", after which no message could ever be due.
_LAST_YEAR_OF_LEAVE = 2199


@dataclass(frozen=True, slots=True)
class Span:
    """Name a run of local days, both ends included: a leave, a pause, a week, a month of the programme."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a span ends before it begins: {self.first} to {self.last}; swap the two days")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """
    Describe when one person works.

    Night shifts over midnight cannot be said: opens must come before closes.
    """

    zone: str
    country: str = ""  # ISO 3166 with an optional part, "DE-BY"; empty: no public holidays
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)  # Monday is 0
    opens: time = time(9)
    closes: time = time(17)
    leave: tuple[Span, ...] = ()
    holidays: tuple[date, ...] = ()  # extra days off of the organisation
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_value = (
            self.zone,
            self.country,
            self.weekdays,
            self.opens,
            self.closes,
            self.leave,
            self.holidays,
        )
        object.__setattr__(self, "_hash", hash(by_value))
        check_zone(self.zone)
        check_country(self.country)
        if not self.weekdays:
            raise ValueError("the working week is empty: name at least one weekday")
        if min(self.weekdays) < 0 or max(self.weekdays) > 6:
            raise ValueError(f"weekdays run from 0 (Monday) to 6 (Sunday), not {list(self.weekdays)}")
        if self.opens >= self.closes:
            raise ValueError(
                f"working hours {self.opens:%H:%M} to {self.closes:%H:%M}: opens must be before closes"
            )
        for span in self.leave:
            if span.last.year > _LAST_YEAR_OF_LEAVE:
                raise ValueError(
                    f"a leave until {span.last} never ends: give a day before {_LAST_YEAR_OF_LEAVE + 1}, "
                    "or mark the person as having left"
                )

    def __hash__(self) -> int:
        """Return what was worked out once: most caches of this module and of the plan are keyed by a calendar."""
        return self._hash


# The same few people are asked for at every look: their calendar is checked once, and found again by identity.
working_time = lru_cache(maxsize=4096)(WorkingTime)


# --- working days -------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _working_days(
    country: str, weekdays: tuple[int, ...], holidays: tuple[date, ...], leave: tuple[Span, ...], year: int
) -> tuple[int, ...]:
    """List the working days of a year as ordinals, in order."""
    if not MINYEAR <= year <= MAXYEAR:
        raise ValueError(f"no working day is left before the year {year}")
    first, last = date(year, 1, 1), date(year, 12, 31)
    if leave:
        if any(span.first <= first and last <= span.last for span in leave):
            return ()
        days = _working_days(country, weekdays, holidays, (), year)
        for span in leave:
            if span.first <= last and first <= span.last:
                until, since = (
                    bisect_left(days, span.first.toordinal()),
                    bisect_right(days, span.last.toordinal()),
                )
                days = days[:until] + days[since:]
        return days
    off = {day.toordinal() for day in (*public_holidays(country, year), *holidays)}
    # Ordinal 1 was a Monday.
    return tuple(
        day
        for day in range(first.toordinal(), last.toordinal() + 1)
        if (day - 1) % 7 in weekdays and day not in off
    )


def _days_of(cal: WorkingTime, year: int, leave: bool) -> tuple[int, ...]:
    return _working_days(cal.country, cal.weekdays, cal.holidays, cal.leave if leave else (), year)


def is_working_day(day: date, cal: WorkingTime, *, leave: bool = True) -> bool:
    """Tell whether the person works on this day; `leave=False` asks what the calendar alone says."""
    days = _days_of(cal, day.year, leave)
    index = bisect_left(days, day.toordinal())
    return index < len(days) and days[index] == day.toordinal()


def why_off(day: date, cal: WorkingTime) -> Literal["weekend", "holiday", "leave"] | None:
    """Say why a day is off; of several reasons the most personal one, so a Sunday within a leave is leave."""
    if any(day in span for span in cal.leave):
        return "leave"
    if day in cal.holidays or day in public_holidays(cal.country, day.year):
        return "holiday"
    return None if day.weekday() in cal.weekdays else "weekend"


def holiday_name(day: date, cal: WorkingTime, language: str = "en") -> str:
    """Name the public holiday; empty on other days, and on the organisation's own days off."""
    return public_holidays(cal.country, day.year, language).get(day, "")


def working_day(start: date, n: int, cal: WorkingTime, *, leave: bool = True) -> date:
    """
    Return the nth working day at or after the start; -1 is the last one before it.

    The search ends at the first day that is neither weekend, holiday nor leave, however far that is.
    """
    if n == 0:
        raise ValueError("there is no working day 0: the first is 1, the last before the start is -1")
    year = start.year
    days = _days_of(cal, year, leave)
    index = bisect_left(days, start.toordinal()) + (n - 1 if n > 0 else n)
    while index >= len(days):
        index -= len(days)
        year += 1
        days = _days_of(cal, year, leave)
    while index < 0:
        year -= 1
        days = _days_of(cal, year, leave)
        index += len(days)
    return date.fromordinal(days[index])


def add_working_days(day: date, n: int, cal: WorkingTime, *, leave: bool = True) -> date:
    """Return the nth working day after the day, or before it when n is negative; with 0 the day itself."""
    if n == 0:
        return day
    return working_day(day + _DAY if n > 0 else day, n, cal, leave=leave)


def working_days_between(a: date, b: date, cal: WorkingTime, *, leave: bool = True) -> int:
    """
    Count the working days after a, up to and with b; negative when b lies before a.

    It undoes add_working_days: from a day to its nth working day it counts n.
    """
    if b < a:
        return -_count(b, a, cal, leave)
    return _count(a + _DAY, b + _DAY, cal, leave)


def _count(first: date, end: date, cal: WorkingTime, leave: bool) -> int:
    """Count the working days from the first up to but without the end."""
    whole = sum(len(_days_of(cal, year, leave)) for year in range(first.year, end.year))
    return (
        whole
        + bisect_left(_days_of(cal, end.year, leave), end.toordinal())
        - bisect_left(_days_of(cal, first.year, leave), first.toordinal())
    )


# --- working hours ------------------------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def _hours_of(zone: str, opens: time, closes: time, day: date) -> tuple[datetime, datetime]:
    return instant(day, opens, zone), instant(day, closes, zone)


def _windows(moment: datetime, cal: WorkingTime) -> Iterator[tuple[datetime, datetime]]:
    """Yield what is left, from the moment on, of each stretch of working time; there is always another."""
    day = local_date(moment, cal.zone)
    while True:
        day = working_day(day, 1, cal)
        start, end = _hours_of(cal.zone, cal.opens, cal.closes, day)
        start = max(moment, start)
        if start < end:  # not where the clock jumps over the whole of it
            yield start, end
        day += _DAY


def next_working_time(moment: datetime, cal: WorkingTime) -> datetime:
    """Return the moment itself if the person works then, else the next instant at which work begins."""
    return next(_windows(moment, cal))[0]


def is_working_time(moment: datetime, cal: WorkingTime) -> bool:
    """Tell whether the person works at this instant; the opening minute is in, the closing one is not."""
    return next_working_time(moment, cal) == moment


def next_morning(moment: datetime, cal: WorkingTime) -> datetime:
    """Return the opening of the first working day after the moment's day, as in "tell me tomorrow"."""
    tomorrow = local_date(moment, cal.zone) + _DAY
    return next_working_time(instant(tomorrow, time.min, cal.zone), cal)


def add_working_hours(moment: datetime, hours: float, cal: WorkingTime) -> datetime:
    """Return the first instant by which so many hours of working time have passed since the moment."""
    if hours < 0:
        raise ValueError(f"working hours are added, not taken away: {hours}")
    left = timedelta(hours=hours)
    if not left:
        return moment
    windows = _windows(moment, cal)
    start, end = next(windows)
    while left > end - start:
        left -= end - start
        start, end = next(windows)
    return start + left


def working_hours_between(a: datetime, b: datetime, cal: WorkingTime) -> float:
    """Count the hours of working time from a to b; negative when b lies before a."""
    if b < a:
        return -working_hours_between(b, a, cal)
    worked = (
        (min(end, b) - start) for start, end in takewhile(lambda window: window[0] < b, _windows(a, cal))
    )
    return sum(worked, timedelta()) / _HOUR


# --- months and weeks ---------------------------------------------------------------------------------------


def add_months(day: date, n: int) -> date:
    """Return the same day n calendar months later; where that month is shorter, its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + n, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def programme_month(start: date, n: int, months: int = 1) -> Span:
    """
    Return the days of the nth month of a programme, or of several months from the nth on.

    Every end is counted from the start, so months follow each other without gap or overlap, also from a 31st.
    """
    if n < 1 or months < 1:
        raise ValueError(
            f"a programme's months count from 1, and a frame has at least one: not {n} and {months}"
        )
    return Span(add_months(start, n - 1), add_months(start, n - 1 + months) - _DAY)


def week_of(day: date) -> str:
    """Name the ISO week of a day: "2026-W05"."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


@lru_cache(maxsize=1024)
def week_span(week: str) -> Span:
    """Return the days of an ISO week, Monday to Sunday."""
    try:
        monday = date.fromisoformat(f"{week}-1")
    except ValueError:
        raise ValueError(f"{week!r} is no ISO week: write it like 2026-W05") from None
    return Span(monday, monday + 6 * _DAY)


# --- a time for everybody -----------------------------------------------------------------------------------


def common_slots(
    cals: Sequence[WorkingTime],
    first: datetime,
    last: datetime,
    minutes: int,
    *,
    step_minutes: int = 30,
    most: int = 3,
    busy: Sequence[tuple[datetime, datetime]] = (),
) -> list[datetime]:
    """
    Return starts from which everybody works, and nobody is busy, until the meeting's end; perhaps none.

    They are round times on the first person's clock, spread over the days between first and last, mornings
    and afternoons in turn. One day gives several only where there are fewer days than slots.
    """
    if not cals or minutes <= 0 or step_minutes <= 0 or most <= 0:
        raise ValueError(
            "a common time needs somebody, a length, a step and a number of slots, all above zero"
        )
    host, *others = cals
    length, step = timedelta(minutes=minutes), timedelta(minutes=step_minutes)
    days: dict[date, list[datetime]] = {}
    for begin, end in takewhile(lambda window: window[0] < last, _windows(first, host)):
        wall = local(begin, host.zone)
        start = begin + (datetime.combine(wall, time.min) - wall.replace(tzinfo=None)) % step
        while start + length <= min(end, last):
            if all(_works(cal, start, start + length) for cal in others) and not any(
                begins < start + length and start < ends for begins, ends in busy
            ):
                days.setdefault(wall.date(), []).append(start)
            start += step
    return _spread(list(days.values()), most, length)


def _works(cal: WorkingTime, start: datetime, end: datetime) -> bool:
    """Tell whether one stretch of working time holds all of this."""
    begins, ends = next(_windows(start, cal))
    return begins == start and end <= ends


def _spread(days: list[list[datetime]], most: int, length: timedelta) -> list[datetime]:
    """Choose starts that do not overlap, from as many days as possible and not always at the same hour."""
    chosen: list[datetime] = []
    while days and len(chosen) < most:
        count = min(most - len(chosen), len(days))
        for turn in range(count):
            day = days[turn * (len(days) - 1) // max(count - 1, 1)]
            # A quarter of the way into the day's choice, then three quarters: not always mornings, nor dawn.
            chosen.append(day[len(day) * (3 if len(chosen) % 2 else 1) // 4])
        apart = (
            [start for start in day if all(abs(start - one) >= length for one in chosen)] for day in days
        )
        days = [day for day in apart if day]
    return sorted(chosen)
