"""The budget of interruptions and the lanes of a platform."""

from datetime import UTC, date, datetime, timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.budget import has_room, week_began
from bot.lanes import Lanes, Limits, Rate, Route
from bot.ports import Work

MONDAY = datetime(2027, 1, 11, 9, tzinfo=UTC)
HERE = Route("chat", "w1", "ana")
ALONE = cast(Work, None)  # lanes of one process ask no database


def hours(*after: float) -> list[datetime]:
    """Return instants so many hours after Monday at nine."""
    return [MONDAY + timedelta(hours=h) for h in after]


def test_two_a_day() -> None:
    """A third interruption on one day has no room."""
    assert [True, True, False] == [has_room(hours(*range(n)), *_at(hours=6)) for n in range(3)]


def test_five_a_week() -> None:
    """A sixth interruption in one week has no room, though the day has."""
    taken = hours(0, 1, 24, 25, 48)
    assert has_room(taken[:4], *_at(days=3))
    assert not has_room(taken, *_at(days=3))
    assert has_room(taken, *_at(days=7)), "the next week begins anew"


def test_first_week() -> None:
    """On day one of a programme there is room for three, on the next days for two, eleven in the week."""
    monday = [MONDAY.date()]
    assert has_room(hours(0, 1), *_at(hours=6), monday)
    assert not has_room(hours(0, 1, 2), *_at(hours=6), monday)
    assert not has_room(hours(24, 25), *_at(hours=30), monday)
    eleven = hours(0, 1, 2, 24, 25, 48, 49, 72, 73, 96, 97)
    assert has_room(eleven[:9], *_at(days=4), monday)
    assert not has_room(eleven, *_at(days=5), monday)


def test_second_week() -> None:
    """Seven days after the start the ordinary budget holds."""
    taken = hours(*(7 * 24 + h for h in (0, 1, 24, 25, 48)))
    assert not has_room(taken, *_at(days=10), [MONDAY.date()])
    assert not has_room(hours(0, 1), *_at(hours=2), [date(2027, 1, 12)]), "nor does it before the start"


def test_days_are_the_persons_own() -> None:
    """A day ends at the person's midnight, not at that of UTC."""
    late = datetime(2027, 1, 11, 12, tzinfo=UTC)  # in Auckland, an hour past midnight on Tuesday
    taken = [late - timedelta(hours=2), late - timedelta(hours=3)]
    assert not has_room(taken, late, "UTC")
    assert has_room(taken, late, "Pacific/Auckland")


def test_week_began() -> None:
    """A week begins on Monday at midnight where the person is."""
    expected = datetime(2027, 1, 10, 11, tzinfo=UTC)
    assert expected == week_began(datetime(2027, 1, 13, tzinfo=UTC), "Pacific/Auckland")


@given(
    st.lists(st.integers(0, 14 * 24), max_size=120).map(sorted),
    st.sampled_from(["UTC", "Asia/Kolkata", "America/Los_Angeles", "Pacific/Auckland"]),
    st.lists(st.dates(date(2027, 1, 4), date(2027, 1, 30)), max_size=2),
)
def test_never_more_than_the_caps(tries: list[int], zone: str, starts: list[date]) -> None:
    """Whatever is tried whenever, no local day and no local week gets more than its share."""
    from zoneinfo import ZoneInfo

    taken: list[datetime] = []
    for at in hours(*tries):
        if has_room([t for t in taken if t >= week_began(at, zone)], at, zone, starts):
            taken.append(at)
    days = [at.astimezone(ZoneInfo(zone)).date() for at in taken]
    weeks = [day.isocalendar()[:2] for day in days]
    begun = {(s + timedelta(days=n)).isocalendar()[:2] for s in starts for n in range(7)}
    assert all(days.count(day) <= (3 if day in starts else 2) for day in days)
    assert all(weeks.count(week) <= (11 if week in begun else 5) for week in weeks)


# --- lanes -----------------------------------------------------------------------------------


def test_no_limits() -> None:
    """A channel without limits is never slowed down."""
    lanes = Lanes({})
    assert [MONDAY] * 50 == [lanes.turn(HERE, MONDAY, ALONE) for _ in range(50)]


def test_one_a_second() -> None:
    """A second message to one conversation waits for its second, and another conversation does not."""
    lanes = Lanes({"chat": Limits(conversation=(Rate(1, 1),))})
    second = MONDAY + timedelta(seconds=1)
    assert MONDAY == lanes.turn(HERE, MONDAY, ALONE)
    assert second == lanes.turn(HERE, MONDAY, ALONE)
    assert MONDAY == lanes.turn(Route("chat", "w1", "matej"), MONDAY, ALONE)
    assert second == lanes.turn(HERE, second, ALONE)


def test_several_windows() -> None:
    """Where several rates hold, the slowest decides."""
    lanes = Lanes({"chat": Limits(conversation=(Rate(2, 1), Rate(3, 30)))})
    now, left = MONDAY, []
    while len(left) < 4:
        at = lanes.turn(HERE, now, ALONE)
        if at <= now:
            left.append((now - MONDAY).total_seconds())
        now = max(at, now)
    assert [0, 0, 1, 30] == left


def test_a_crowd_is_spread() -> None:
    """Those who wait for a workspace's turn are asked back one after the other."""
    lanes = Lanes({"chat": Limits(workspace=(Rate(1, 1),))})
    found = [lanes.turn(Route("chat", "w1", f"u{n}"), MONDAY, ALONE) for n in range(4)]
    assert [0, 1, 2, 3] == [(at - MONDAY).total_seconds() for at in found]
    assert MONDAY == lanes.turn(Route("chat", "w2", "u0"), MONDAY, ALONE)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 900)), max_size=80))
def test_rates_hold(asked: list[tuple[int, int]]) -> None:
    """Whoever asks whenever, no stretch of time sees more calls than a rate allows."""
    lanes = Lanes({"chat": Limits(conversation=(Rate(1, 1),), workspace=(Rate(3, 2),))})
    now, calls = MONDAY, []
    for user, pause in asked:
        now += timedelta(milliseconds=pause)
        if lanes.turn(Route("chat", "w1", str(user)), now, ALONE) <= now:
            calls.append((now, user))
    for at, user in calls:
        within = [(t, u) for t, u in calls if at <= t < at + timedelta(seconds=2)]
        assert len(within) <= 3
        assert 1 == sum(1 for t, u in within if u == user and t < at + timedelta(seconds=1))


def test_closed_lane() -> None:
    """A conversation that the platform closed stays closed until then, also without limits of its own."""
    lanes = Lanes({})
    until = MONDAY + timedelta(seconds=30)
    lanes.close(HERE, MONDAY, until)
    assert until == lanes.turn(HERE, MONDAY, ALONE)
    assert until == lanes.turn(HERE, until, ALONE)


def test_an_opened_lane() -> None:
    """A workspace that was closed as a whole is open at once, and says why it was closed; others stay closed."""
    lanes = Lanes({"chat": Limits(workspace=(Rate(1, 1),))})
    until, other = MONDAY + timedelta(minutes=10), Route("chat", "w2", "ana")
    for route in (HERE, other):
        lanes.close(route, MONDAY, until, everybody=True, why="token_revoked")
    assert until == lanes.turn(HERE, MONDAY, ALONE)
    assert {"w1": "token_revoked"} == lanes.open("chat", "w1", MONDAY)
    assert {} == lanes.open("chat", "w1", MONDAY)
    assert [MONDAY, until] == [lanes.turn(route, MONDAY, ALONE) for route in (HERE, other)]
    assert {"w2": "token_revoked"} == lanes.open("chat", "", MONDAY)


def test_clock_set_back() -> None:
    """A clock that jumps back makes nobody wait until it has caught up."""
    lanes = Lanes({"chat": Limits(conversation=(Rate(1, 1),))})
    lanes.turn(HERE, MONDAY, ALONE)
    earlier = MONDAY - timedelta(hours=2)
    assert earlier == lanes.turn(HERE, earlier, ALONE)


def test_forgotten_lanes() -> None:
    """Lanes that no longer count anything are let go, those that do are kept."""
    lanes = Lanes({"chat": Limits(conversation=(Rate(1, 1),))})
    for n in range(5000):
        lanes.turn(Route("chat", "w1", f"u{n}"), MONDAY, ALONE)
    later = MONDAY + timedelta(minutes=1)
    lanes.turn(HERE, later, ALONE)
    assert later + timedelta(seconds=1) == lanes.turn(HERE, later, ALONE)
    assert len(lanes._lanes) < 10


def test_no_such_rate() -> None:
    """A rate of no calls at all is refused."""
    with pytest.raises(ValueError, match="at least one call"):
        Rate(0, 1)


def _at(**after: float) -> tuple[datetime, str]:
    return MONDAY + timedelta(**after), "UTC"
