"""The heartbeat: when the bot looks, what a failure does, and how it ends."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.app import App, compose
from bot.events import Address
from bot.heartbeat import SWEEP, TICK, Heartbeat
from bot.outcome import Put
from storage.errors import StorageTrouble
from storage.inline import InlineStore
from storage.store import open_store
from tests.mailroom import ANA, MONDAY, Clock, FakeChannel, send
from tests.test_skeleton import begin

SOON = 5.0  # seconds after which a test gives up waiting for something that comes at once


class Body:
    """A bot with Ana in it, whose clock and channel a test holds in its hands."""

    def __init__(self, url: str = "sqlite://", **settings: object) -> None:
        self.store: InlineStore = open_store(url, inline=True, **settings)  # type: ignore[call-overload]
        self.clock = Clock()
        self.chat = FakeChannel()
        self.app: App = compose(
            store=self.store, channels={"chat": self.chat}, clock=self.clock, owner="test"
        )
        self.heart = Heartbeat(self.app)
        self.store.write_now(lambda work: work.apply([Put(ANA)], MONDAY))

    def intend(self, *keys: str, at: datetime = MONDAY) -> None:
        """Write intentions for Ana; answers, so that no budget holds them back."""
        self.store.write_now(lambda work: work.intend([send(key, "answer", at=at) for key in keys], MONDAY))

    def state(self, key: str) -> str:
        """Return what became of an intention."""
        row = self.store.read_now(lambda work: work.row_by_key(key))
        assert row is not None
        return row.state

    async def taken(self) -> None:
        """Wait until the channel has been called."""
        arrived = asyncio.Event()
        take = self.chat.take

        def told(delivery):  # type: ignore[no-untyped-def]
            arrived.set()
            return take(delivery)

        self.chat.take = told  # type: ignore[method-assign]
        async with asyncio.timeout(SOON):
            await arrived.wait()


@contextmanager
def logged() -> Iterator[list[logging.LogRecord]]:
    """Collect what the heartbeat logs."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logger = logging.getLogger("bot.heartbeat")
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield records
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate = before


def actions(records: list[logging.LogRecord]) -> list[str]:
    """Return the actions of log records."""
    return [record.getMessage().partition("action=")[2].partition(" ")[0] for record in records]


async def test_the_scheduler_is_a_heartbeat_and_nothing_else() -> None:
    """Its jobs are kept in memory, none is left out for being late, and none runs beside itself."""
    heart = Body().heart
    heart.scheduler.start(paused=True)
    jobs = {job.id: job for job in heart.scheduler.get_jobs()}

    assert {TICK: timedelta(seconds=60), SWEEP: timedelta(seconds=5)} == {
        name: job.trigger.interval for name, job in jobs.items()
    }
    assert {(True, None, 1)} == {
        (job.coalesce, job.misfire_grace_time, job.max_instances) for job in jobs.values()
    }
    assert "UTC" == str(heart.scheduler.timezone)
    heart.scheduler.shutdown(wait=False)


async def test_a_start_makes_up_for_what_was_due_meanwhile() -> None:
    """What became due while no process was running goes out at once, not with the next beat."""
    body = Body()
    body.intend("a")
    body.heart.start()
    await body.taken()
    await body.heart.stop()

    assert "sent" == body.state("a")
    assert 1 == body.heart.pulse.delivered


async def test_a_sweep_does_what_is_due_and_leaves_the_rest() -> None:
    """A message leaves once its instant has come, and not before."""
    body = Body()
    body.intend("a", at=MONDAY + timedelta(minutes=1))

    await body.heart.sweep()
    before = body.state("a")
    body.clock.move(minutes=1)
    await body.heart.sweep()

    assert ("pending", "sent") == (before, body.state("a"))


async def test_what_was_written_wakes_the_heart() -> None:
    """After a wake-up the message leaves without waiting for the next beat."""
    body = Body()
    body.heart.start()
    await body.heart.tick()
    body.intend("a")
    body.heart.wake()
    await body.taken()
    await body.heart.stop()

    assert "sent" == body.state("a")


async def test_what_is_written_during_a_beat_is_not_forgotten() -> None:
    """A wake-up that comes while a message is on its way leads to one more look after it."""
    body = Body()
    body.intend("a")

    async def write_meanwhile(delivery):  # type: ignore[no-untyped-def]
        matej = replace(ANA, id="matej", name="Matej", address=Address("chat", "u-matej", "w1"))
        body.store.write_now(lambda work: work.apply([Put(matej)], MONDAY))
        body.store.write_now(lambda work: work.intend([send("b", "answer", to="matej")], MONDAY))
        body.heart.wake()
        body.heart.wake()
        return body.chat.take(delivery)

    body.chat.next = [write_meanwhile]
    await body.heart.sweep()

    assert ("sent", "sent") == (body.state("a"), body.state("b"))
    assert 2 == body.heart.pulse.beats


async def test_a_beat_that_fails_is_said_once_and_the_next_one_tries_again() -> None:
    """Where the database is in trouble, the sweeps after the first are silent, and the message leaves in the end."""
    body = Body()
    body.intend("a")
    read = body.store.read_now

    def troubled(work):  # type: ignore[no-untyped-def]
        raise StorageTrouble("The database has no room left.")

    body.store.read_now = troubled  # type: ignore[method-assign]
    with logged() as records:
        body.heart.start()
        for _ in range(3):
            await asyncio.gather(*body.heart._tasks)
            body.heart.wake()
        await asyncio.gather(*body.heart._tasks)
        sick = body.heart.pulse.trouble
        body.store.read_now = read  # type: ignore[method-assign]
        await body.heart.sweep()
        await body.heart.stop()

    assert "StorageTrouble" == type(sick).__name__
    assert 4 == body.heart.pulse.failures
    assert body.heart.pulse.trouble is None
    assert ["heartbeat.failed", "heartbeat.recovered"] == actions(records)
    assert "sent" == body.state("a")


async def test_a_job_of_the_scheduler_that_fails_is_logged_by_us() -> None:
    """What APScheduler would only mention is an error with an action, and shows in the pulse."""
    body = Body()
    failed = asyncio.Event()
    body.heart.scheduler.add_listener(lambda _: failed.set())

    async def broken() -> None:
        raise StorageTrouble("The database is locked.")

    with logged() as records:
        body.heart.scheduler.start()
        body.heart.scheduler.add_job(broken, id="broken")
        async with asyncio.timeout(SOON):
            while body.heart.pulse.trouble is None:
                await failed.wait()
                failed.clear()
        await body.heart.stop()

    assert ["heartbeat.failed"] == actions(records)


# --- a clock that jumps ----------------------------------------------------------------------


async def test_a_clock_that_is_set_back_does_not_stop_the_heart() -> None:
    """APScheduler would wait until the old time comes again; instead the intervals begin anew, and it is said."""
    body = Body()
    body.heart.scheduler.start(paused=True)
    late = datetime(2199, 1, 1, tzinfo=UTC)
    for name in (TICK, SWEEP):
        body.heart.scheduler.modify_job(name, next_run_time=late)
    body.heart.look_at_clock()
    as_before = [job.next_run_time for job in body.heart.scheduler.get_jobs()]
    body.clock.move(hours=-1)
    with logged() as records:
        body.heart.look_at_clock()
    after = [job.next_run_time for job in body.heart.scheduler.get_jobs()]
    body.heart.scheduler.shutdown(wait=False)

    assert [late, late] == as_before
    assert ["clock.back"] == actions(records)
    assert all(at < late for at in after)


@pytest.mark.parametrize("back", [timedelta(minutes=10), timedelta(hours=3), timedelta(days=9)])
async def test_a_clock_that_jumps_back_repeats_nothing_and_loses_nothing(tmp_path, back: timedelta) -> None:  # type: ignore[no-untyped-def]
    """The check-in of the week comes once, the next week's comes at its time, as if the clock had never moved."""
    life = await begin(f"sqlite:///{tmp_path}/a.db")
    heart, clock, seen = Heartbeat(life.app), life.clock, life.box
    thursday = datetime(2027, 1, 21, 13, tzinfo=UTC)
    for at in (thursday, thursday - back, thursday - back + timedelta(minutes=1)):
        clock.at = at
        await heart.tick()
    once = len(seen.messages)
    at = thursday - back
    while at < thursday + timedelta(days=7):
        at += timedelta(hours=1)
        clock.at = at
        await heart.tick()
    pair = await life.pair()
    await life.close()

    assert 1 == once
    assert ["2027-W03", "2027-W04"] == sorted(s.occurrence for s in pair.steps)
    assert sorted(set(titles := [m.id for _, m in seen.messages])) == sorted(titles)
    # The card, its one reminder the day after, and the next week's card.
    assert 3 == len(seen.messages)


# --- the end ---------------------------------------------------------------------------------


async def test_a_stop_waits_for_the_message_on_its_way() -> None:
    """What was being sent when somebody ended the process is recorded as sent, and nothing else is begun."""
    body = Body()
    body.intend("a")
    leaving, may_arrive = asyncio.Event(), asyncio.Event()

    async def slow(delivery):  # type: ignore[no-untyped-def]
        leaving.set()
        await may_arrive.wait()
        return body.chat.take(delivery)

    body.chat.next = [slow]
    body.heart.start()
    async with asyncio.timeout(SOON):
        await leaving.wait()
    stopping = asyncio.create_task(body.heart.stop())
    await asyncio.sleep(0)
    body.intend("b", at=MONDAY)
    body.heart.wake()
    may_arrive.set()
    async with asyncio.timeout(SOON):
        await stopping

    assert ("sent", "pending") == (body.state("a"), body.state("b"))
    assert not body.heart.scheduler.running


async def test_a_stop_does_not_wait_for_ever() -> None:
    """A call that hangs is put in doubt when the time is up, and the process ends."""
    body = Body()
    body.intend("a")
    leaving = asyncio.Event()

    async def hang(delivery):  # type: ignore[no-untyped-def]
        leaving.set()
        return await asyncio.Event().wait() or ""

    body.chat.next = [hang]
    body.heart.start()
    async with asyncio.timeout(SOON):
        await leaving.wait()
        await body.heart.stop(0.01)

    assert "doubtful" == body.state("a")
    assert set() == body.heart._tasks


# --- a disk without room, a database that is locked ------------------------------------------


def fill(store: InlineStore, later: datetime) -> None:
    """Write intentions until there is no room."""
    for n in range(10_000):
        filling = [send(f"filling {n}", "answer", at=later)]
        store.write_now(lambda work, sends=filling: work.intend(sends, MONDAY))  # type: ignore[misc]


async def test_a_full_disk_loses_nothing(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """While the disk is full the beat fails and says so; once there is room, what was due goes out once."""
    life = await begin(f"sqlite:///{tmp_path}/a.db")
    heart, store, seen = Heartbeat(life.app), life.store, life.box
    await heart.tick()
    raw: sqlite3.Connection = store._writer._connection.raw  # type: ignore[union-attr]
    raw.execute(f"PRAGMA max_page_count = {raw.execute('PRAGMA page_count').fetchone()[0]}")
    later = datetime(2027, 6, 1, tzinfo=UTC)
    with pytest.raises(StorageTrouble, match="has no room left"):
        fill(store, later)
    life.clock.at = datetime(2027, 1, 21, 13, tzinfo=UTC)
    with pytest.raises(StorageTrouble, match="has no room left"):
        await heart.tick()
    while_full = len(seen.messages)
    raw.execute("PRAGMA max_page_count = 100000")
    await heart.tick()
    await life.close()

    assert (0, 1) == (while_full, len(seen.messages))


async def test_a_locked_database_loses_nothing(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """While another program holds the database the beat fails and says so; the next one sends the message once."""
    body = Body(f"sqlite:///{tmp_path}/a.db", busy_seconds=0.01)
    body.intend("a")
    other = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageTrouble, match="locked by another program"):
        await body.heart.tick()
    held = body.state("a")
    other.execute("ROLLBACK")
    other.close()
    await body.heart.tick()
    sent = body.state("a")
    body.store.close_now()

    assert ("pending", "sent") == (held, sent)
    assert 1 == len(body.chat.taken)
