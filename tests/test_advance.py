"""What many looks came to is stored together as it would be one after the other."""

from dataclasses import replace

import pytest

from bot.facts import StepState
from bot.outcome import Logged, Put, Remove, Silence, Unsend
from bot.ports import Advance
from bot.ticker import Batch
from storage.errors import StorageTrouble
from tests.shelf import ANA, HOUR, MONDAY, PAIR, SEATS, asked, keep_pair, opened
from tests.shelf import send as message

_NAMES = ("e1", "e2", "e3")


def _step(enrolment, number, **more):
    return StepState(
        id=f"{enrolment}/checkin/{number}/ana",
        enrolment=enrolment,
        step="checkin",
        occurrence=str(number),
        person="ana",
        **more,
    )


def _advance(enrolment, *changes, sends=(), at=MONDAY, later=HOUR):
    return Advance(enrolment=enrolment, now=at, changes=changes, sends=sends, next_look=at + later)


def _mixed():
    """Return looks that write, delete, log, hush and do nothing, and one that touches its neighbours."""
    return (
        _advance("e1", Put(_step("e1", 1)), Put(_step("e1", 2)), Logged("seen", "e1"), sends=(message("a"),)),
        _advance("e2", Put(replace(PAIR, id="e2", phase="two")), Put(_step("e2", 1, why="because"))),
        _advance("e3", Remove(_step("e3", 0)), Unsend("a", "changed"), at=MONDAY + HOUR),
        _advance("e2", Put(_step("e1", 3)), Silence("e1", "ended"), later=2 * HOUR),
        _advance("e1", sends=(message("b"), message("a")), later=3 * HOUR),
        _advance("e3", Put(replace(ANA, name="Ana II")), Put(_step("e3", 4))),
    )


def _one_by_one(work):
    for one in _mixed():
        work.apply(one.changes, one.now)
        work.intend(one.sends, one.now)
        work.looked(one.enrolment, one.now, one.next_look)


def _begin(store):
    keep_pair(store)
    for name in _NAMES[1:]:
        records = (replace(PAIR, id=name), *(_seat(seat, name) for seat in SEATS))
        store.write_now(lambda work, records=records: work.apply([Put(r) for r in records], MONDAY))
    store.write_now(lambda work: work.apply([Put(_step("e3", 0))], MONDAY))


def _seat(seat, enrolment):
    return replace(seat, enrolment=enrolment, id=f"{enrolment}/seat/{seat.role}/{seat.person}")


def _known(store):
    def ask(work):
        rows = [work.row_by_key(key) for key in "ab"]
        due = {name: work.claim_due(MONDAY + number * HOUR, 9) for number, name in enumerate("abcdef")}
        return work.pairs(_NAMES), [row and replace(row, id=0) for row in rows], due

    return store.write_now(ask)


def test_looks_stored_together_leave_what_they_would_leave_one_after_the_other(new_db):
    """Records, messages, the next looks and what was remembered are the same on both databases."""
    found = []
    for kind in ("sqlite", "postgresql"):
        for write in (_one_by_one, lambda work: work.advance(_mixed())):
            with opened(new_db(kind)) as store:
                _begin(store)
                before = store.write_now(lambda work: (work.claim_due(MONDAY, 9), work.pairs(_NAMES)))
                store.write_now(
                    lambda work, write=write: (work.claim_due(MONDAY, 9), work.pairs(_NAMES), write(work))
                )
                found.append((before, _known(store), asked(store, lambda work: work.pairs(_NAMES))))

    assert [found[0]] * 4 == found


def test_a_look_that_cannot_be_stored_leaves_the_connection_usable(db_url):
    """A savepoint around many looks undoes them all, and each can then be stored alone."""
    with opened(db_url) as store:
        _begin(store)
        wrong = _advance("e2", Put(_step("nowhere", 1)))
        good = _advance("e1", Put(_step("e1", 1)))

        def unit(work):
            with pytest.raises(Exception, match=r"(?i)foreign key") as caught:
                work.savepoint(lambda: work.advance((good, wrong)))
            assert not isinstance(caught.value, StorageTrouble)
            work.savepoint(lambda: work.advance((good,)))

        store.write_now(unit)

        assert ["1"] == [s.occurrence for s in store.write_now(lambda work: work.pairs(("e1",)))[0].steps]


def test_of_looks_stored_together_the_one_that_fails_is_put_back_alone(db_url):
    """The neighbours of a look that cannot be stored are stored, and it is tried again later."""
    with opened(db_url) as store:
        _begin(store)

        def unit(work):
            batch = Batch(work, MONDAY)
            for advance in (
                _advance("e1", Put(_step("e1", 1))),
                _advance("e2", Put(_step("nowhere", 1))),
                _advance("e3", Put(_step("e3", 1))),
            ):
                batch.add(advance)
            batch.store()

        store.write_now(unit)

        steps = {p.enrolment.id: len(p.steps) for p in store.write_now(lambda work: work.pairs(_NAMES))}
        assert {"e1": 1, "e2": 0, "e3": 2} == steps
        assert ["e2"] == [row[0] for row in asked(store, lambda work: work.troubled())]
        assert (0, 1) == tuple(store.write_now(lambda work, e=e: work.failures_of(e)) for e in ("e1", "e2"))
