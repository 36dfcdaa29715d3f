"""The calendar: wall time and instants, working days and hours, months, weeks, and a time for everybody."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calendar import (
    Span,
    Unknown,
    WorkingTime,
    add_months,
    add_working_days,
    add_working_hours,
    check_country,
    check_zone,
    common_slots,
    holiday_name,
    instant,
    is_working_day,
    is_working_time,
    local,
    local_date,
    next_morning,
    next_working_time,
    programme_month,
    week_of,
    week_span,
    why_off,
    working_day,
    working_days_between,
    working_hours_between,
)

LJUBLJANA = "Europe/Ljubljana"
HOME = WorkingTime(LJUBLJANA, "SI")
MONDAY = date(2027, 2, 1)


def at(day: date, hour: int, minute: int = 0, zone: str = LJUBLJANA) -> datetime:
    return instant(day, time(hour, minute), zone)


# --- wall time ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "wall", "expected"),
    [
        (LJUBLJANA, date(2027, 2, 1), time(9), datetime(2027, 2, 1, 8, tzinfo=UTC)),
        (LJUBLJANA, date(2027, 7, 1), time(9), datetime(2027, 7, 1, 7, tzinfo=UTC)),
        # Gaps: the clock jumps at 01:00 UTC, at 07:00 UTC, and on Lord Howe by half an hour only.
        (LJUBLJANA, date(2027, 3, 28), time(2), datetime(2027, 3, 28, 1, tzinfo=UTC)),
        (LJUBLJANA, date(2027, 3, 28), time(2, 30), datetime(2027, 3, 28, 1, tzinfo=UTC)),
        (LJUBLJANA, date(2027, 3, 28), time(2, 59, 59, 999999), datetime(2027, 3, 28, 1, tzinfo=UTC)),
        (LJUBLJANA, date(2027, 3, 28), time(3), datetime(2027, 3, 28, 1, tzinfo=UTC)),
        ("America/New_York", date(2027, 3, 14), time(2, 15), datetime(2027, 3, 14, 7, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2027, 10, 3), time(2, 10), datetime(2027, 10, 2, 15, 30, tzinfo=UTC)),
        # Overlaps: the first of the two.
        (LJUBLJANA, date(2027, 10, 31), time(2, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        ("America/New_York", date(2027, 11, 7), time(1, 30), datetime(2027, 11, 7, 5, 30, tzinfo=UTC)),
        ("Australia/Lord_Howe", date(2027, 4, 4), time(1, 45), datetime(2027, 4, 3, 14, 45, tzinfo=UTC)),
        # Samoa had no 30 December 2011 at all.
        ("Pacific/Apia", date(2011, 12, 30), time(9), datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_wall_time_becomes_one_instant(zone: str, day: date, wall: time, expected: datetime) -> None:
    """A wall time is one instant, also where the clock jumps over it or shows it twice."""
    moment = instant(day, wall, zone)

    assert (expected, UTC) == (moment, moment.tzinfo)


def test_second_showing_means_the_first() -> None:
    """A wall time taken from the second showing of an hour still means the first."""
    second = local(datetime(2027, 10, 31, 1, 30, tzinfo=UTC), LJUBLJANA)

    assert datetime(2027, 10, 31, 0, 30, tzinfo=UTC) == instant(second.date(), second.time(), LJUBLJANA)


ZONES = st.sampled_from(
    [LJUBLJANA, "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana"]
)
DAYS = st.dates(date(2026, 1, 1), date(2029, 12, 31))


@given(DAYS, st.times(), ZONES)
def test_clock_shows_what_was_asked_or_the_end_of_a_gap(day: date, wall: time, zone: str) -> None:
    """At the instant of a wall time the clock shows it, or less than an hour later where it jumped."""
    shown = local(instant(day, wall, zone), zone).replace(tzinfo=None)
    late = shown - datetime.combine(day, wall)

    assert timedelta() <= late <= timedelta(hours=1)
    if late:
        just_before = local(instant(day, wall, zone) - timedelta(microseconds=1), zone).replace(tzinfo=None)
        assert just_before < datetime.combine(day, wall)


def test_local_date_is_the_date_there() -> None:
    """The date is that of the place: late evening in Slovenia is already tomorrow in Tokyo."""
    moment = at(MONDAY, 22)

    assert [MONDAY, date(2027, 2, 2)] == [local_date(moment, zone) for zone in (LJUBLJANA, "Asia/Tokyo")]


def test_naive_moment_is_refused() -> None:
    """A moment without a zone is refused instead of being read by the machine's clock."""
    with pytest.raises(ValueError, match="has no time zone"):
        next_working_time(datetime(2027, 2, 1, 9), HOME)  # noqa: DTZ001


# --- places -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [LJUBLJANA, "UTC", "America/Argentina/Ushuaia"])
def test_known_zone_is_itself(name: str) -> None:
    """A zone's IANA name is accepted as it is."""
    assert name == check_zone(name)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Europe/Lubljana", "did you mean Europe/Ljubljana?"),
        ("europe/ljubljana", "did you mean Europe/Ljubljana?"),
        ("ljubljana", "did you mean Europe/Ljubljana?"),
        ("New York", "did you mean America/New_York?"),
        ("Europe", "write an IANA name"),
        ("", "write an IANA name"),
        ("localtime", "write an IANA name"),
        ("../../etc/passwd", "write an IANA name"),
    ],
)
def test_unknown_zone_is_named(name: str, hint: str) -> None:
    """A zone that does not exist is refused with the one that may be meant."""
    with pytest.raises(Unknown) as raised:
        check_zone(name)

    assert f"unknown time zone {name!r}" in str(raised.value)
    assert hint in str(raised.value)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("SI", "SI"), ("si", "SI"), ("de-by", "DE-BY"), ("DE-AUGSBURG", "DE-Augsburg"), ("", "")],
)
def test_known_country_is_spelled_as_the_standard_does(code: str, expected: str) -> None:
    """A country's code is accepted in any case; none at all means no public holidays."""
    assert expected == check_country(code)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("Slovenia", "did you mean SI?"),
        ("SVN", "did you mean SI?"),
        ("UK", "did you mean GB?"),
        ("United States", "did you mean US?"),
        ("XX", "write an ISO 3166 code"),
        (" ", "write an ISO 3166 code"),
        ("DE-BX", "write one of BB, BE"),
        ("SI-1", "write SI alone"),
    ],
)
def test_unknown_country_is_named(code: str, hint: str) -> None:
    """A country that does not exist is refused with the one that may be meant."""
    with pytest.raises(Unknown) as raised:
        check_country(code)

    assert hint in str(raised.value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"zone": "Mars/Base"}, "unknown time zone"),
        ({"country": "XX"}, "unknown country"),
        ({"weekdays": ()}, "working week is empty"),
        ({"weekdays": (1, 7)}, r"not \[1, 7\]"),
        ({"opens": time(17), "closes": time(17)}, "opens must be before closes"),
        ({"opens": time(22), "closes": time(6)}, "opens must be before closes"),
        ({"leave": (Span(MONDAY, date.max),)}, "never ends"),
    ],
)
def test_impossible_working_time_is_refused(wrong: dict[str, object], message: str) -> None:
    """A working time in which nobody could ever be reached is refused where it is made."""
    with pytest.raises(ValueError, match=message):
        WorkingTime(**({"zone": LJUBLJANA} | wrong))  # type: ignore[arg-type]


def test_span_that_ends_before_it_begins_is_refused() -> None:
    """A leave entered with its days the wrong way round is refused with both days."""
    with pytest.raises(ValueError, match="2027-02-03 to 2027-02-01; swap"):
        Span(date(2027, 2, 3), date(2027, 2, 1))


# --- working days -------------------------------------------------------------------------------------------

ON_LEAVE = WorkingTime(LJUBLJANA, "SI", leave=(Span(MONDAY, date(2027, 2, 3)),))


def test_leave_moves_the_message_to_the_first_morning_back() -> None:
    """Leave from Monday to Wednesday: nothing until Thursday at nine."""
    assert at(date(2027, 2, 4), 9) == next_working_time(at(date(2027, 1, 31), 18), ON_LEAVE)


def test_reason_of_an_off_day_is_told() -> None:
    """An off day has a reason: leave before holiday before weekend; a working day has none."""
    cal = WorkingTime(
        LJUBLJANA, "SI", leave=(Span(date(2027, 2, 13), date(2027, 2, 15)),), holidays=(MONDAY,)
    )
    days = [
        MONDAY,
        date(2027, 2, 2),
        date(2027, 2, 6),
        date(2027, 2, 8),
        date(2027, 2, 13),
        date(2027, 2, 15),
    ]

    assert ["holiday", None, "weekend", "holiday", "leave", "leave"] == [why_off(day, cal) for day in days]
    assert [why_off(day, cal) is None for day in days] == [is_working_day(day, cal) for day in days]


def test_leave_can_be_left_out_of_the_question() -> None:
    """The nominal calendar, without leave, still counts the days of a leave."""
    assert [False, True] == [is_working_day(MONDAY, ON_LEAVE, leave=leave) for leave in (True, False)]
    assert [date(2027, 2, 5), date(2027, 2, 2)] == [
        working_day(MONDAY, 2, ON_LEAVE, leave=leave) for leave in (True, False)
    ]
    assert [2, 4] == [
        working_days_between(MONDAY, date(2027, 2, 5), ON_LEAVE, leave=leave) for leave in (True, False)
    ]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Prešeren's Day, the Slovenian Cultural Holiday"),
        ("sl", "Prešernov dan, slovenski kulturni praznik"),
        ("sl-SI", "Prešernov dan, slovenski kulturni praznik"),
        ("tlh", "Prešeren's Day, the Slovenian Cultural Holiday"),
    ],
)
def test_holiday_has_a_name_in_the_readers_language(
    language: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A public holiday's name is in the language asked for, else in English, whatever the machine speaks."""
    monkeypatch.setenv("LANGUAGE", "uk")

    assert expected == holiday_name(date(2027, 2, 8), HOME, language)


def test_other_days_have_no_holiday_name() -> None:
    """A working day and a day off of the organisation have no public holiday's name."""
    cal = WorkingTime(LJUBLJANA, "SI", holidays=(MONDAY,))

    assert ["", ""] == [holiday_name(day, cal) for day in (MONDAY, date(2027, 2, 2))]


def test_part_of_a_country_has_its_own_holidays() -> None:
    """Epiphany is off in Bavaria, and a working day in Berlin."""
    epiphany = date(2027, 1, 6)

    assert [False, True] == [
        is_working_day(epiphany, WorkingTime("Europe/Berlin", country)) for country in ("DE-BY", "DE-BE")
    ]


def test_holiday_moved_into_the_old_year_is_off() -> None:
    """A new year's day that is observed on 31 December makes that day off."""
    assert not is_working_day(date(2027, 12, 31), WorkingTime("America/New_York", "US"))


def test_working_week_may_start_on_sunday() -> None:
    """In a week from Sunday to Thursday, Thursday evening leads to Sunday morning."""
    cal = WorkingTime("Asia/Dubai", weekdays=(6, 0, 1, 2, 3))
    thursday, sunday = date(2027, 2, 4), date(2027, 2, 7)

    assert at(sunday, 9, zone=cal.zone) == next_working_time(at(thursday, 17, zone=cal.zone), cal)
    assert "weekend" == why_off(date(2027, 2, 5), cal)


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        (MONDAY, 1, MONDAY),
        (MONDAY, 5, date(2027, 2, 5)),
        (MONDAY, 6, date(2027, 2, 9)),  # the 8th is a holiday
        (date(2027, 2, 6), 1, date(2027, 2, 9)),
        (date(2027, 2, 8), -1, date(2027, 2, 5)),
        (MONDAY, -1, date(2027, 1, 29)),
        (date(2027, 1, 4), -1, date(2026, 12, 31)),
        (date(2026, 12, 31), 2, date(2027, 1, 4)),
        (MONDAY, -300, date(2025, 11, 24)),
    ],
)
def test_nth_working_day_of_a_start(start: date, n: int, expected: date) -> None:
    """Day n counts working days from the start, also when the start itself is moved or off."""
    assert expected == working_day(start, n, HOME)


def test_there_is_no_working_day_zero() -> None:
    """Day 0 is refused, because people would read it in two ways."""
    with pytest.raises(ValueError, match="no working day 0"):
        working_day(MONDAY, 0, HOME)


def test_leave_of_several_years_ends() -> None:
    """A leave of many years is over on its last day, and the search finds the day after."""
    cal = WorkingTime(LJUBLJANA, leave=(Span(date(2020, 6, 1), date(2190, 6, 1)),))

    assert at(date(2190, 6, 2), 9) == next_working_time(at(MONDAY, 9), cal)
    assert date(2020, 5, 29) == working_day(MONDAY, -1, cal)


def test_search_past_the_calendar_stops() -> None:
    """Where no working day is left, the search says so."""
    cal = WorkingTime(LJUBLJANA, leave=(Span(date.min, MONDAY),))

    with pytest.raises(ValueError, match="no working day is left"):
        working_day(MONDAY, -1, cal)


SPANS = st.builds(lambda day, length: Span(day, day + timedelta(length)), DAYS, st.integers(0, 40))
CALENDARS = st.builds(
    WorkingTime,
    zone=ZONES,
    country=st.sampled_from(["", "SI", "US", "DE-BY"]),
    weekdays=st.lists(st.integers(0, 6), min_size=1, max_size=6, unique=True).map(tuple),
    opens=st.sampled_from([time(0), time(2, 15), time(9)]),
    closes=st.sampled_from([time(9, 30), time(17), time(23, 59)]),
    leave=st.lists(SPANS, max_size=3).map(tuple),
    holidays=st.lists(DAYS, max_size=3).map(tuple),
)
few = settings(max_examples=60, deadline=None)


@few
@given(DAYS, st.integers(1, 300), CALENDARS, st.booleans())
def test_working_days_rise(start: date, n: int, cal: WorkingTime, leave: bool) -> None:
    """Each working day is after the one before, works, and nothing between the two does."""
    day, following = (working_day(start, count, cal, leave=leave) for count in (n, n + 1))
    between = [day + timedelta(offset) for offset in range(1, (following - day).days)]

    assert start <= day < following
    assert is_working_day(day, cal, leave=leave)
    assert not any(is_working_day(other, cal, leave=leave) for other in between)


@few
@given(DAYS, st.integers(-300, 300), CALENDARS, st.booleans())
def test_counting_undoes_adding(day: date, n: int, cal: WorkingTime, leave: bool) -> None:
    """From a day to its nth working day there are n working days, in both directions."""
    assert n == working_days_between(day, add_working_days(day, n, cal, leave=leave), cal, leave=leave)


@few
@given(DAYS, CALENDARS)
def test_a_day_works_when_it_has_no_reason_not_to(day: date, cal: WorkingTime) -> None:
    """A day is a working day exactly when nothing makes it off."""
    assert (why_off(day, cal) is None) == is_working_day(day, cal)


# --- working hours ------------------------------------------------------------------------------------------

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@few
@given(MOMENTS, CALENDARS)
def test_next_working_time_is_the_next(moment: datetime, cal: WorkingTime) -> None:
    """The next working time is not before the moment, is working time, and is its own next working time."""
    found = next_working_time(moment, cal)

    assert moment <= found
    assert is_working_day(local_date(found, cal.zone), cal)
    assert cal.opens <= local(found, cal.zone).time() < cal.closes or local(found, cal.zone).fold
    assert is_working_time(found, cal)
    assert found == next_working_time(found, cal)
    assert is_working_time(moment, cal) == (found == moment)
    assert not is_working_time(moment + (found - moment) / 2, cal) or found == moment


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [(8, 59, False), (9, 0, True), (16, 59, True), (17, 0, False)],
)
def test_working_time_begins_at_the_opening(hour: int, minute: int, expected: bool) -> None:
    """The opening minute is working time, the closing one is not."""
    assert expected == is_working_time(at(MONDAY, hour, minute), HOME)


def test_opening_in_a_gap_is_the_end_of_the_gap() -> None:
    """Who opens at half past two, on the Sunday without that hour, starts at three and works less."""
    cal = WorkingTime(LJUBLJANA, weekdays=(6,), opens=time(2, 30), closes=time(5))
    sunday = date(2027, 3, 28)

    assert at(sunday, 3) == next_working_time(at(sunday, 0), cal)
    assert 2.0 == working_hours_between(at(sunday, 0), at(sunday, 12), cal)


def test_hours_that_the_clock_skips_are_no_working_time() -> None:
    """When the clock jumps over the whole working time of a day, the next one counts."""
    cal = WorkingTime(LJUBLJANA, weekdays=(6,), opens=time(2, 10), closes=time(2, 50))

    assert at(date(2027, 4, 4), 2, 10) == next_working_time(at(date(2027, 3, 28), 0), cal)


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        (at(MONDAY, 10), 0, at(MONDAY, 10)),
        (at(MONDAY, 10), 2.5, at(MONDAY, 12, 30)),
        (at(MONDAY, 9), 8, at(MONDAY, 17)),
        (at(MONDAY, 16), 2, at(date(2027, 2, 2), 10)),
        (at(date(2027, 2, 5), 16), 2, at(date(2027, 2, 9), 10)),
        (at(date(2027, 1, 30), 12), 1, at(MONDAY, 10)),
        (at(MONDAY, 9), 48, at(date(2027, 2, 9), 17)),
    ],
)
def test_working_hours_pass_only_at_work(moment: datetime, hours: float, expected: datetime) -> None:
    """A clock of working hours stands still at night, at the weekend and on holidays."""
    assert expected == add_working_hours(moment, hours, HOME)


def test_working_hours_are_not_taken_away() -> None:
    """A negative number of working hours is refused."""
    with pytest.raises(ValueError, match="not taken away"):
        add_working_hours(at(MONDAY, 9), -1, HOME)


@few
@given(MOMENTS, st.integers(0, 100 * 60), CALENDARS)
def test_counting_hours_undoes_adding_them(moment: datetime, minutes: int, cal: WorkingTime) -> None:
    """From a moment to the end of some working hours there are just those hours; backwards, minus them."""
    end = add_working_hours(moment, minutes / 60, cal)

    assert working_hours_between(moment, end, cal) == pytest.approx(minutes / 60, abs=1e-8)
    assert working_hours_between(end, moment, cal) == pytest.approx(-minutes / 60, abs=1e-8)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(MONDAY, 7), at(date(2027, 2, 2), 9)),
        (at(date(2027, 2, 5), 23, 59), at(date(2027, 2, 9), 9)),
    ],
)
def test_tomorrow_is_the_next_working_morning(moment: datetime, expected: datetime) -> None:
    """ "Tomorrow" is the opening of the first working day after today, however early it is today."""
    assert expected == next_morning(moment, HOME)


# --- months and weeks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2027, 1, 31), 2, date(2027, 3, 31)),
        (date(2027, 10, 15), 6, date(2028, 4, 15)),
        (date(2027, 3, 31), -1, date(2027, 2, 28)),
        (date(2027, 1, 1), -1, date(2026, 12, 1)),
        (date(2027, 12, 1), 0, date(2027, 12, 1)),
    ],
)
def test_months_end_where_the_month_ends(day: date, n: int, expected: date) -> None:
    """A month later is the same day, or the last one of a shorter month."""
    assert expected == add_months(day, n)


@given(DAYS)
def test_months_of_a_programme_follow_each_other(start: date) -> None:
    """Six months of a programme leave no day out and share none, whatever the start."""
    months = [programme_month(start, n) for n in range(1, 7)]

    assert start == months[0].first
    assert [month.last + timedelta(1) for month in months[:-1]] == [month.first for month in months[1:]]
    assert Span(months[0].first, months[-1].last) == programme_month(start, 1, 6)
    assert start in months[0]
    assert months[1].first not in months[0]


@pytest.mark.parametrize(("n", "months"), [(0, 1), (1, 0)])
def test_month_zero_of_a_programme_is_refused(n: int, months: int) -> None:
    """A programme has no month 0, and no phase of no length."""
    with pytest.raises(ValueError, match="count from 1"):
        programme_month(MONDAY, n, months)


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2026, 1, 26), "2026-W05"),
        (date(2027, 1, 3), "2026-W53"),
        (date(2029, 12, 31), "2030-W01"),
    ],
)
def test_week_belongs_to_the_year_of_its_thursday(day: date, week: str) -> None:
    """A week has its ISO name, also around new year."""
    assert week == week_of(day)
    assert day in week_span(week)
    assert (0, 6) == (week_span(week).first.weekday(), week_span(week).last.weekday())


@pytest.mark.parametrize("week", ["2027-W53", "2027-05", "W05", ""])
def test_week_that_does_not_exist_is_refused(week: str) -> None:
    """A week that is not in the calendar is refused with an example."""
    with pytest.raises(ValueError, match="is no ISO week: write it like 2026-W05"):
        week_span(week)


# --- a time for everybody -----------------------------------------------------------------------------------

NEW_YORK = WorkingTime("America/New_York", "US")
TOKYO = WorkingTime("Asia/Tokyo", "JP")
SUNDAY, NEXT_MONDAY = at(date(2027, 1, 31), 12), at(date(2027, 2, 8), 0)


def test_slots_lie_in_the_hours_of_both() -> None:
    """Between Ljubljana and New York only the late afternoon is common, on days spread over the week."""
    slots = common_slots([HOME, NEW_YORK], SUNDAY, NEXT_MONDAY, 60)
    expected = [at(MONDAY, 15), at(date(2027, 2, 3), 16), at(date(2027, 2, 5), 15)]

    assert expected == slots


def test_no_common_hour_gives_no_slot() -> None:
    """Ljubljana, New York and Tokyo never work at the same time."""
    assert [] == common_slots([HOME, NEW_YORK, TOKYO], SUNDAY, NEXT_MONDAY, 30)


def test_common_hours_may_be_too_short() -> None:
    """Two common hours hold a meeting of two hours at one start, and none that is longer."""
    day_end = at(date(2027, 2, 2), 0)

    assert [at(MONDAY, 15)] == common_slots([HOME, NEW_YORK], SUNDAY, day_end, 120)
    assert [] == common_slots([HOME, NEW_YORK], SUNDAY, day_end, 121)


def test_slots_of_one_person_take_mornings_and_afternoons() -> None:
    """Three slots of a free week lie on three days, and not all in the morning."""
    slots = [local(slot, LJUBLJANA) for slot in common_slots([HOME], SUNDAY, NEXT_MONDAY, 60)]

    assert 3 == len({slot.date() for slot in slots})
    assert [True, False, True] == [slot.hour < 13 for slot in slots]


def test_slots_start_at_round_times_from_now_on() -> None:
    """The first start is not before the given moment, and a round time on the first person's clock."""
    kathmandu = WorkingTime("Asia/Kathmandu")
    now = at(MONDAY, 15, 40, kathmandu.zone)
    slots = common_slots([kathmandu], now, at(MONDAY, 17, 0, kathmandu.zone), 30, most=9)

    assert [at(MONDAY, 16, 0, kathmandu.zone), at(MONDAY, 16, 30, kathmandu.zone)] == slots


def test_slots_avoid_busy_times_and_days_off() -> None:
    """A busy afternoon, a leave and a holiday are left out; touching a busy time is allowed."""
    busy = [(at(MONDAY, 9, 30), at(MONDAY, 16)), (at(MONDAY, 16, 45), at(MONDAY, 18))]
    away = WorkingTime(LJUBLJANA, "SI", leave=(Span(date(2027, 2, 2), date(2027, 2, 7)),))
    slots = common_slots([HOME, away], SUNDAY, at(date(2027, 2, 9), 0), 30, most=9, busy=busy)

    assert [at(MONDAY, 9), at(MONDAY, 16)] == slots


@few
@given(st.lists(CALENDARS, min_size=1, max_size=3), MOMENTS, st.sampled_from([15, 30, 60]), st.integers(1, 6))
def test_every_slot_holds_for_everybody(
    cals: list[WorkingTime], first: datetime, minutes: int, most: int
) -> None:
    """Each slot is within the frame and everybody's working time to its end, and no two overlap."""
    last, length = first + timedelta(9), timedelta(minutes=minutes)
    slots = common_slots(cals, first, last, minutes, most=most)

    assert len(slots) <= most
    assert sorted(slots) == slots
    assert all(later - earlier >= length for earlier, later in pairwise(slots))
    for slot in slots:
        assert first <= slot <= last - length
        assert all(working_hours_between(slot, slot + length, cal) == minutes / 60 for cal in cals)


@pytest.mark.parametrize(
    ("cals", "minutes", "most"),
    [([], 30, 3), ([HOME], 0, 3), ([HOME], 30, 0)],
    ids=["nobody", "no time", "none"],
)
def test_slots_for_nothing_are_refused(cals: list[WorkingTime], minutes: int, most: int) -> None:
    """A meeting of nobody, of no length or at no time is refused."""
    with pytest.raises(ValueError, match="above zero"):
        common_slots(cals, SUNDAY, NEXT_MONDAY, minutes, most=most)
