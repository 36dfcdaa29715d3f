"""What nobody asks for any more is deleted after a while, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot import tidying
from bot.content import say
from bot.facts import Case
from bot.heartbeat import TIDY, Heartbeat
from bot.outcome import Logged
from bot.tidying import tidy
from tests.mailroom import Clock
from tests.shelf import ANA, HOUR, MONDAY, PAIR, PETER, SEATS, asked, intend, keep, opened, row_of
from tests.shelf import send as message
from tests.test_heartbeat import Body

DAY = timedelta(days=1)
YEAR = timedelta(days=365)
ENDED = MONDAY + DAY


@pytest.fixture
def store(db_url):
    """Return a store with a pair that ended on Tuesday and one that goes on."""
    with opened(db_url) as store:
        keep(store, ANA, PETER)
        pair(store, "over", state="closed", closed_at=ENDED)
        pair(store, "alive")
        yield store


def pair(store, name, due=None, **more):
    """Keep a pair that is due for a look at an instant, or never."""
    seats = (replace(s, enrolment=name, id=f"{name}/seat/{s.role}/{s.person}") for s in SEATS)
    keep(store, replace(PAIR, id=name, **more), *seats)
    store.write_now(lambda work: work.looked(name, MONDAY, due))


def settled(store, key, enrolment, state="sent", lead=0):
    """Keep a message that was settled on Monday, and return its number."""
    intend(store, message(key, enrolment=enrolment))
    row = row_of(store, key).id
    store.write_now(lambda work: work.settle((row,), state, MONDAY, lead=lead))
    return row


async def tidied(store, now=ENDED + YEAR + HOUR):
    """Tidy at an instant, with a year for everything."""
    clock = Clock()
    clock.at = now
    return await tidy(store, clock, YEAR)


def left(store, *keys):
    """Return which of these messages are still there."""
    return "".join(k for k in keys if asked(store, lambda work, k=k: work.row_by_key(k)) is not None)


async def test_keys_of_events_and_lines_of_the_audit_log_go_when_they_are_old(store):
    """A key of the last year is still known; an older one would be taken for new."""
    for key, at in (("old", MONDAY), ("new", ENDED + 2 * HOUR)):
        store.write_now(lambda work, key=key, at=at: work.first_time(key, at))
        store.write_now(lambda work, key=key, at=at: work.apply([Logged("seen", key)], at))

    assert 2 == await tidied(store)
    assert store.write_now(lambda work: work.first_time("old", MONDAY))
    assert not store.write_now(lambda work: work.first_time("new", MONDAY))
    assert 0 == await tidied(store, MONDAY + YEAR)


async def test_messages_go_a_year_after_the_end_of_their_programme_whatever_became_of_them(store):
    """Sent, dropped and refused ones go; what waits, is under way or in doubt stays, and so does a living pair's."""
    for key, state in zip(
        "abcdefg", ("sent", "dropped", "failed", "doubtful", "held", "pending", "sending"), strict=True
    ):
        settled(store, key, "over", state)
    settled(store, "h", "alive")

    assert (0, "abcdefgh") == (await tidied(store, ENDED + YEAR), left(store, *"abcdefgh"))
    assert (3, "defgh") == (await tidied(store), left(store, *"abcdefgh"))


async def test_messages_of_a_programme_with_something_due_or_an_open_case_stay(store):
    """After its end a programme may still have to tell somebody something, once."""
    pair(store, "due", state="stopped", closed_at=ENDED, due=MONDAY + HOUR)
    pair(store, "helped", state="closed", closed_at=ENDED)
    case = Case(
        id="helped/case/help", enrolment="helped", signal="help", about=("ana",), reason=say("Help."),
        advice=None, opened_at=MONDAY, owner="peter",
    )  # fmt: skip
    keep(store, case)
    store.write_now(lambda work: work.looked("helped", MONDAY, None))
    settled(store, "a", "due")
    settled(store, "b", "helped")

    await tidied(store)
    before = left(store, *"ab")
    keep(store, replace(case, state="closed", closed_at=ENDED))
    store.write_now(lambda work: (work.looked("helped", MONDAY, None), work.looked("due", MONDAY, None)))
    await tidied(store)

    assert ("ab", "") == (before, left(store, *"ab"))


async def test_a_message_stays_whole(store):
    """Where a part of a merged message is still needed, so is the row that knows which message it was."""
    first = settled(store, "a", "over")
    settled(store, "b", "alive", lead=first)
    settled(store, "c", "over", lead=first)
    second = settled(store, "d", "over")
    settled(store, "e", "over", lead=second)

    await tidied(store)

    assert "abc" == left(store, *"abcde")


async def test_many_old_rows_go_in_small_pieces(store, monkeypatch):
    """A transaction deletes a few rows, and all are gone in the end."""
    monkeypatch.setattr(tidying, "_AT_ONCE", 3)
    for number in range(11):
        settled(store, f"m{number}", "over" if number % 2 else "alive")
        store.write_now(lambda work, number=number: work.first_time(f"k{number}", MONDAY))

    assert 5 + 11 == await tidied(store)
    assert 0 == await tidied(store)


async def test_the_heart_tidies_once_a_day_where_it_is_asked_to():
    """Without a time to keep things there is no such beat."""
    body = Body()

    jobs = [
        [job.trigger.fields[5].expressions[0].first for job in heart.scheduler.get_jobs() if job.id == TIDY]
        for heart in (Heartbeat(body.app, YEAR), Heartbeat(body.app))
    ]

    assert [[3], []] == jobs
