"""
Stores: lanes and group commit with threads, dying at a commit without, and nothing lost between several writers.
"""

import asyncio
import threading
from dataclasses import replace

import psycopg
import pytest

from bot.outcome import Put
from storage.errors import Again, StorageTrouble, Uncertain
from storage.flavour import Statement
from storage.store import open_store
from tests.shelf import ANA, HOUR, MONDAY, PAIR, PETER, keep, keep_pair, opened, send


class Crash(BaseException):
    """
    The process dies here.
    """


def _count_up(work):
    number = int(work.setting("n") or 0) + 1
    work.keep_setting("n", str(number))
    return number


def _count_up_locked(work):
    assert work.lock_enrolment("e1")
    return _count_up(work)


# --- a store with threads --------------------------------------------------------------------


async def test_no_update_is_lost(db_url):
    """Of a hundred that read a number and store the next one, all hundred count."""
    with opened(db_url) as store:
        keep_pair(store)
    store = open_store(db_url, durable=False)

    await asyncio.gather(*(store.write(_count_up_locked) for _ in range(100)))

    assert "100" == await store.read(lambda work: work.setting("n"))
    await store.close()


async def test_an_event_delivered_many_times_at_once_is_new_once(db_url):
    """Whatever the threads do, one delivery of a key is the first."""
    store = open_store(db_url, durable=False)

    found = await asyncio.gather(*(store.write(lambda work: work.first_time("k", MONDAY)) for _ in range(20)))

    assert [True] == [first for first in found if first]
    await store.close()


async def test_one_that_raises_undoes_only_itself(db_url):
    """Units that share a commit are each undone alone, and each caller gets their own error."""
    store = open_store(db_url, durable=False)

    def unit(number):
        def work_on(work):
            work.keep_setting(str(number), "stored")
            if number % 3 == 0:
                raise RuntimeError(f"no {number}")
            return number

        return work_on

    found = await asyncio.gather(*(store.write(unit(n)) for n in range(40)), return_exceptions=True)
    kept = await store.read(lambda work: [n for n in range(40) if work.setting(str(n))])

    good = [n for n in range(40) if n % 3]
    assert (good, good) == ([one for one in found if isinstance(one, int)], kept)
    assert [f"no {n}" for n in range(0, 40, 3)] == [str(one) for one in found if not isinstance(one, int)]
    await store.close()


async def test_what_waits_is_committed_together(new_db):
    """Units that wait behind another one share one transaction, in the order in which they came."""
    store = open_store(new_db("sqlite"), durable=False)
    begun, gate = threading.Event(), threading.Event()

    def hold(work):
        begun.set()
        gate.wait(10)

    def snapshot(work):
        connection = work._connection
        return connection.raw.total_changes, connection._depth

    held = store.write(hold)
    await asyncio.to_thread(begun.wait, 10)
    waiting = [store.write(snapshot) for _ in range(32)]
    last = store.write(snapshot)
    gate.set()
    await held

    # Inside a savepoint of a group the depth is one; a unit alone has the transaction for itself.
    assert [1] * 32 == [depth for _, depth in await asyncio.gather(*waiting)]
    assert 0 == (await last)[1]
    await store.close()


async def test_presses_go_before_messages_and_messages_before_ticks(new_db):
    """What waits is taken by lane, whatever came first."""
    store = open_store(new_db("sqlite"), durable=False)
    begun, gate, order = threading.Event(), threading.Event(), []

    def hold(work):
        begun.set()
        gate.wait(10)

    held = store.write(hold)
    await asyncio.to_thread(begun.wait, 10)
    waiting = [
        store.write(lambda work, name=name: order.append(name), lane)
        for name, lane in (
            ("t1", "tick"),
            ("o1", "outbox"),
            ("t2", "tick"),
            ("i1", "inbound"),
            ("i2", "inbound"),
        )
    ]
    gate.set()
    await asyncio.gather(held, *waiting)

    assert ["i1", "i2", "o1", "t1", "t2"] == order
    await store.close()


async def test_reading_does_not_wait_for_writing(db_url):
    """While a transaction is open, a reader sees what was committed before it."""
    store = open_store(db_url, durable=False)
    begun, gate = threading.Event(), threading.Event()
    await store.write(lambda work: work.keep_setting("a", "before"))

    def hold(work):
        work.keep_setting("a", "after")
        begun.set()
        gate.wait(10)

    held = store.write(hold)
    await asyncio.to_thread(begun.wait, 10)
    before = await store.read(lambda work: work.setting("a"))
    gate.set()
    await held

    assert ("before", "after") == (before, await store.read(lambda work: work.setting("a")))
    await store.close()


async def test_closing_finishes_what_waits(db_url):
    """Nothing that was asked for is dropped, and what is asked for later is refused."""
    store = open_store(db_url, durable=False)
    waiting = [store.write(lambda work, n=n: work.keep_setting(str(n), "x")) for n in range(50)]
    await store.close()
    await asyncio.gather(*waiting)

    with pytest.raises(StorageTrouble, match="closed"):
        store.write(_count_up)
    with opened(db_url) as again:
        assert 50 == again.read_now(lambda work: sum(work.setting(str(n)) == "x" for n in range(50)))


async def test_a_caller_who_gave_up_stops_nobody(db_url):
    """A cancelled wait is forgotten, and the others are served."""
    store = open_store(db_url, durable=False)
    futures = [store.write(lambda work, n=n: n) for n in range(10)]
    for future in futures[::2]:
        future.cancel()

    assert [1, 3, 5, 7, 9] == await asyncio.gather(*futures[1::2])
    await store.close()


async def test_a_unit_that_ends_an_iteration_is_an_error(db_url):
    """StopIteration, which a future cannot carry, reaches the caller as another error instead of never."""
    store = open_store(db_url, durable=False)

    with pytest.raises(RuntimeError, match="StopIteration"):
        await store.write(lambda work: next(iter(())))
    with pytest.raises(RuntimeError, match="StopIteration"):
        await store.read(lambda work: next(iter(())))
    await store.close()


async def test_a_unit_that_wants_to_exit_does_not_end_the_writer(db_url):
    """Even SystemExit goes to whoever asked, and the next unit is served."""

    def leave(work):
        work.keep_setting("a", "b")
        raise SystemExit(3)

    store = open_store(db_url, durable=False)

    with pytest.raises(RuntimeError, match="SystemExit"):
        await store.write(leave)
    assert None is await store.write(lambda work: work.setting("a"))
    await store.close()


def test_a_database_in_memory_needs_an_inline_store():
    """What only one connection can see is refused to threads, and works without."""
    with pytest.raises(StorageTrouble, match="inline=True"):
        open_store("sqlite://")
    with opened("sqlite://") as store:
        keep_pair(store)
        assert ANA == store.read_now(lambda work: work.person("ana"))


# --- dying at a commit -----------------------------------------------------------------------


@pytest.mark.parametrize(("moment", "stored"), [("before", None), ("after", "yes")])
def test_a_store_dies_at_a_commit(db_url, moment, stored):
    """Before the commit nothing is stored, after it everything; the file is free for the next life at once."""

    def die(number, when):
        if (number, when) == (2, moment):
            raise Crash

    store = open_store(db_url, inline=True, durable=False, at_commit=die)
    store.write_now(lambda work: work.keep_setting("first", "yes"))
    with pytest.raises(Crash):
        store.write_now(lambda work: work.keep_setting("second", "yes"))
    with pytest.raises(StorageTrouble, match="closed"):
        store.read_now(lambda work: work.setting("first"))

    with opened(db_url) as again:
        assert ("yes", stored) == again.read_now(lambda work: (work.setting("first"), work.setting("second")))


def test_commits_are_counted_in_pairs(new_db):
    """Each commit is announced before and after, and reading is none."""
    seen = []
    with opened(new_db("sqlite"), at_commit=lambda number, moment: seen.append((number, moment))) as store:
        store.write_now(lambda work: None)
        store.read_now(lambda work: None)
        with pytest.raises(RuntimeError):
            store.write_now(_raise)
        store.write_now(lambda work: None)

    assert [(1, "before"), (1, "after"), (2, "before"), (2, "after")] == seen


def _raise(work):
    raise RuntimeError("no")


def test_work_kept_beyond_its_transaction_is_refused(db_url):
    """A Work that outlived its transaction stores nothing on its own."""
    with opened(db_url) as store:
        kept = store.write_now(lambda work: work)

        with pytest.raises(StorageTrouble, match="over already"):
            kept.keep_setting("a", "b")
        assert None is store.read_now(lambda work: work.setting("a"))


# --- several processes on PostgreSQL ---------------------------------------------------------


@pytest.mark.postgres
def test_two_tickers_claim_different_enrolments(new_db):
    """What one has claimed the other passes over, without waiting."""
    url = new_db("postgresql")
    with opened(url) as one, opened(url) as two:
        keep(one, *(replace(PAIR, id=f"e{n}") for n in range(6)))

        def claim_both(work):
            mine = work.claim_due(MONDAY, 3)
            return mine, two.write_now(lambda other: other.claim_due(MONDAY, 10))

        assert (("e0", "e1", "e2"), ("e3", "e4", "e5")) == one.write_now(claim_both)


@pytest.mark.postgres
def test_a_person_is_served_by_one_process_at_a_time(new_db):
    """Whoever is locked elsewhere is passed over, and messages for them may still be intended."""
    url = new_db("postgresql")
    with opened(url) as one, opened(url) as two:
        keep_pair(one)

        def lock_both(work):
            assert work.lock_person("ana")
            two.write_now(lambda other: other.intend([send("k1")], MONDAY))
            return two.write_now(lambda other: (other.lock_person("ana"), other.lock_person("peter")))

        assert (False, True) == one.write_now(lock_both)
        assert one.write_now(lambda work: work.lock_person("ana"))


@pytest.mark.postgres
async def test_transactions_that_meet_are_both_done(new_db):
    """Two that lock each other out are sorted out: one is tried again, both are stored once."""
    store = open_store(new_db("postgresql"), durable=False)
    await store.write(
        lambda work: work.apply([Put(replace(PAIR, id="a")), Put(replace(PAIR, id="b"))], MONDAY)
    )
    tries, met = [], threading.Barrier(2)

    def lock(first, second):
        def work_on(work):
            tries.append(first)
            work.lock_enrolment(first)
            if len(tries) <= 2:
                met.wait(10)
            work.lock_enrolment(second)
            return _count_up(work)

        return work_on

    await asyncio.gather(store.write(lock("a", "b")), store.write(lock("b", "a")))

    assert (3, "2") == (len(tries), await store.read(lambda work: work.setting("n")))
    await store.close()


@pytest.mark.postgres
def test_trouble_that_somebody_swallowed_still_undoes_all(new_db):
    """A unit that goes on after a deadlock is tried again as a whole, never stored by halves."""
    url, tries = new_db("postgresql"), []
    with opened(url) as store:
        keep_pair(store)

        def swallow(work):
            tries.append(1)
            work.keep_setting(f"try {len(tries)}", "yes")
            if len(tries) == 1:
                with pytest.raises(Again):
                    work._connection.run(
                        Statement("DO $$ BEGIN RAISE EXCEPTION 'met' USING ERRCODE = '40P01'; END $$", ())
                    )
            return "done"

        assert "done" == store.write_now(swallow)
        assert (None, "yes") == store.read_now(lambda work: (work.setting("try 1"), work.setting("try 2")))


def _end_connection(url, pid):
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as server:
        server.execute("SELECT pg_terminate_backend(%s)", (pid,))


def _pid(work):
    return work._connection.rows(Statement("SELECT pg_backend_pid()", ()))[0][0]


@pytest.mark.postgres
def test_a_lost_connection_is_made_again(new_db):
    """Whether it was lost between two units or within one, the work is done on a new connection."""
    url, tries = new_db("postgresql"), []
    with opened(url) as store:
        keep(store, PETER)

        def lose(work):
            tries.append(1)
            work.keep_setting("n", str(len(tries)))
            if len(tries) == 1:
                _end_connection(url, _pid(work))
            return work.setting("n")

        within = store.write_now(lose)
        _end_connection(url, store.write_now(_pid))
        _end_connection(url, store.read_now(_pid))

        assert ("2", PETER) == (within, store.read_now(lambda work: work.person("peter")))
        assert 3 == store.write_now(_count_up)


@pytest.mark.postgres
def test_a_connection_lost_while_committing_is_told(new_db):
    """Nobody can know whether it was stored, so it is not tried again by itself."""
    url, pids = new_db("postgresql"), []

    def lose(number, moment):
        if (number, moment) == (1, "before"):
            _end_connection(url, pids[0])

    with opened(url) as setting_up:
        keep_pair(setting_up)
    store = open_store(url, inline=True, durable=False, at_commit=lose)
    with pytest.raises(Uncertain, match="look whether"):
        store.write_now(lambda work: pids.append(_pid(work)) or work.looked("e1", MONDAY, MONDAY + HOUR))

    assert len(pids) == 1
    assert 1 == store.write_now(_count_up)
    store.close_now()
