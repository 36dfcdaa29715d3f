"""
What a connection remembers of a pair is always what another connection would read.
"""

import random
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.facts import StepState
from bot.outcome import Put, Remove
from storage.db import database
from storage.kept import Kept
from storage.transactions import Transactions
from tests.shelf import ANA, FULL, HOUR, MONDAY, PAIR, PETER, SEATS, STEP, asked, intend, keep_pair, opened
from tests.shelf import send as message


@pytest.fixture
def store(db_url):
    with opened(db_url) as store:
        keep_pair(store)
        yield store


def _pair(work):
    return work.pairs(("e1",))[0]


def _anew(db_url):
    """
    Read the pair on a connection that remembers nothing.
    """
    fresh = Transactions(lambda: database(db_url).connect(read_only=True))
    try:
        return fresh.run(_pair)
    finally:
        fresh.close()


def _step(number, **more):
    return StepState(
        id=f"e1/checkin/{number}/ana",
        enrolment="e1",
        step="checkin",
        occurrence=str(number),
        person="ana",
        **more,
    )


def test_one_of_every_kind_is_remembered_as_it_would_be_read(store, db_url):
    """Whatever was written in the place of something known is remembered with every field as stored."""
    store.write_now(_pair)

    store.write_now(lambda work: (_pair(work), work.apply([Put(record) for record in FULL], MONDAY)))

    assert _anew(db_url) == store.write_now(_pair)


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_writes_failures_and_reads_is_remembered_right(store, db_url, seed):
    """Writes, deletions, savepoints and whole transactions undone, and other connections never leave a stale pair."""
    chance = random.Random(seed)
    other = Transactions(lambda: database(db_url).connect())

    def change(work):
        if chance.random() < 0.7:
            work.pairs(("e1",), chance.choice((None, ("steps",), ("answers",), ())))
        number, kind = chance.randrange(12), chance.randrange(7)
        if kind == 0:
            work.apply([Remove(_step(number))], MONDAY)
        elif kind == 1:
            work.apply([Put(replace(PAIR, phase=str(number)))], MONDAY)
        elif kind == 2:
            work.apply([Put(replace(ANA, name=f"Ana {number}"))], MONDAY)
        elif kind == 6:
            work.looked("e1", MONDAY + number * HOUR, None)
        elif kind == 3:
            work.apply([Put(_step(number, state="done", why=str(chance.random())))], MONDAY)
        else:
            work.apply([Put(_step(number)), Put(replace(SEATS[1], rank=number))], MONDAY)

    def unit(work):
        if chance.random() < 0.5:
            work.lock_enrolment("e1")
        for _ in range(chance.randint(1, 3)):
            if chance.random() < 0.3:
                with pytest.raises(ArithmeticError):
                    work.savepoint(lambda: (change(work), 1 / 0))
            else:
                change(work)
        if chance.random() < 0.3:
            known = _pair(work)
            work._connection.kept.forget()
            assert _pair(work) == known
        if chance.random() < 0.2:
            raise ArithmeticError

    for _ in range(40):
        by = chance.choice((store._writer, store._writer, other))
        with suppress(ArithmeticError):
            by.run(unit)
        assert _anew(db_url) == store.write_now(_pair) == store.read_now(_pair)
    other.close()


def test_a_delivery_is_remembered(store, db_url):
    """The first delivery of a message sets the delivered_at of a step that is known; a second one changes nothing."""
    store.write_now(lambda work: work.apply([Put(STEP)], MONDAY))
    intend(store, message("a", about=STEP.id), message("b", about=STEP.id))
    first, second = (asked(store, lambda work, key=key: work.row_by_key(key)).id for key in "ab")
    store.write_now(_pair)

    store.write_now(lambda work: work.settle((first,), "sent", MONDAY))
    store.write_now(lambda work: work.settle((second,), "sent", MONDAY + HOUR))

    assert MONDAY == store.write_now(_pair).steps[0].delivered_at
    assert _anew(db_url) == store.write_now(_pair)


def test_what_a_look_of_others_left_is_read_when_the_row_is_locked(store, db_url):
    """A look that wrote no record gives no new revision: the pair's own row is read anew, however it was locked."""
    store.write_now(lambda work: work.apply([Put(STEP)], MONDAY))
    intend(store, message("a", about=STEP.id))
    sent = asked(store, lambda work: work.row_by_key("a")).id
    other = Transactions(lambda: database(db_url).connect())
    locks = (
        lambda work: work.lock_enrolment("e1"),
        lambda work: work.claim_due(MONDAY + 9 * HOUR, 1),
        lambda work: work.settle((sent,), "sent", MONDAY),
    )
    for number, lock in enumerate(locks):
        store.write_now(lambda work: (work.lock_enrolment("e1"), _pair(work)))
        other.run(lambda work, number=number: work.looked("e1", MONDAY + number * HOUR, MONDAY))

        seen = store.write_now(lambda work, lock=lock: (lock(work), _pair(work))[1])

        assert MONDAY + number * HOUR == seen.enrolment.looked_at, number
    other.close()


def test_a_person_is_never_remembered_with_a_pair(store):
    """A change of a person shows in their pairs, although nothing of the enrolment was written."""
    store.write_now(_pair)

    store.write_now(lambda work: work.apply([Put(replace(PETER, name="Peter II"))], MONDAY))

    assert "Peter II" == store.write_now(_pair).person("peter").name


@pytest.mark.postgres
def test_what_others_commit_between_a_read_and_a_write_is_not_missed(store, db_url):
    """A write after a read without a lock does not make an old read look new."""
    if not db_url.startswith("postgresql"):
        pytest.skip("SQLite has one writer at a time")
    other = Transactions(lambda: database(db_url).connect())

    def unit(work):
        work.pairs(("e1",))
        other.run(lambda theirs: theirs.apply([Put(_step(1))], MONDAY))
        work.apply([Put(_step(2))], MONDAY)

    store.write_now(unit)

    assert ["1", "2"] == [s.occurrence for s in store.write_now(_pair).steps]
    other.close()


def test_an_enrolment_made_again_begins_empty(store, db_url):
    """Of an enrolment that was removed nothing is remembered when one with its id is made in the same transaction."""
    store.write_now(lambda work: work.apply([Put(STEP)], MONDAY))

    def again(work):
        pair = _pair(work)
        work.apply([Remove(record) for record in (*pair.steps, *pair.seats, PAIR)], MONDAY)
        work.apply([Put(PAIR)], MONDAY)

    store.write_now(again)

    assert ((), ()) == (store.write_now(_pair).seats, store.write_now(_pair).steps)


def test_only_so_many_records_are_remembered():
    """The enrolments asked for longest ago are forgotten first, and the last one stays whatever its size."""
    kept = Kept(alone=True, most=4)
    for name in ("e1", "e2", "e3"):
        kept.begin()
        kept.validate({name: 1})
        kept.learn(StepState, [name], {name: (_step(1), _step(2))})
        kept.shrink()

    assert [False, True, True] == [kept.knows((name,)) for name in ("e1", "e2", "e3")]
