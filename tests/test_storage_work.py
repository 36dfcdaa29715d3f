"""
What else one transaction knows, on both databases: keys of events, ticks, programmes, settings, savepoints.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.events import Address
from bot.outcome import Logged, Put
from storage.flavour import Statement
from storage.inline import InlineStore
from tests.shelf import ANA, HOUR, MONDAY, PAIR, asked, due, emptied, intend, keep, keep_pair, opened, send


@pytest.fixture(scope="module")
def shared(module_db_url: str) -> Iterator[InlineStore]:
    """
    A store that these tests share.
    """
    with opened(module_db_url) as store:
        yield store


@pytest.fixture
def store(shared: InlineStore) -> InlineStore:
    """
    A store with Ana and Peter in it.
    """
    keep_pair(emptied(shared))
    return shared


def test_an_event_is_new_once(store):
    """The second delivery of a key is recognised, in the same transaction and in a later one."""
    same = store.write_now(lambda work: (work.first_time("k", MONDAY), work.first_time("k", MONDAY)))
    later = store.write_now(lambda work: (work.first_time("k", MONDAY + HOUR), work.first_time("l", MONDAY)))

    assert ((True, False), (False, True)) == (same, later)


def test_an_event_that_failed_is_new_again(store):
    """A key is forgotten with the transaction that remembered it."""

    def fail(work):
        work.first_time("k", MONDAY)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        store.write_now(fail)

    assert store.write_now(lambda work: work.first_time("k", MONDAY))


def test_programmes_are_kept_once_by_version(store):
    """A pinned text never changes; an unknown one is None."""
    for text in ("one", "two"):
        store.write_now(lambda work, text=text: work.keep_programme("onboarding", "v1", text))
    store.write_now(lambda work: work.keep_programme("onboarding", "v2", "three"))

    found = asked(store, lambda work: [work.programme_text("onboarding", v) for v in ("v1", "v2", "v3")])

    assert ["one", "three", None] == found


def test_settings_are_replaced(store):
    """The last value counts, and an unknown key is None."""
    for value in ("1", "2"):
        store.write_now(lambda work, value=value: work.keep_setting("clock", value))

    assert ("2", None) == asked(store, lambda work: (work.setting("clock"), work.setting("none")))


def test_the_audit_log_keeps_every_line(store):
    """Lines are added, never replaced, with the instant of the transaction."""
    line = Logged("answer.seen", "e1/checkin/2027-W02/ana", "peter")
    store.write_now(lambda work: work.apply([line, line], MONDAY))

    rows = asked(
        store, lambda work: work._connection.rows(Statement('SELECT action, ref, "by" FROM audit_log', ()))
    )

    assert [("answer.seen", "e1/checkin/2027-W02/ana", "peter")] * 2 == [tuple(row) for row in rows]


# --- ticking ---------------------------------------------------------------------------------


def test_enrolments_are_claimed_by_due_and_id(store):
    """The longest overdue first, then byte by byte by id; at most as many as wanted, none that is not due."""
    keep(store, *(replace(PAIR, id=id_) for id_ in ("e2", "e10", "E3", "e4", "e5")))
    store.write_now(lambda work: work.looked("e4", MONDAY, MONDAY - HOUR))
    store.write_now(lambda work: work.looked("e5", MONDAY, MONDAY + HOUR))

    assert ("e4", "E3", "e10", "e2") == due(store)
    assert ("e4", "E3") == store.write_now(lambda work: work.claim_due(MONDAY, 2))


def test_a_look_says_when_the_next_one_is_due(store):
    """The instant of the look is kept with the enrolment; None means never again."""
    store.write_now(lambda work: work.looked("e1", MONDAY, MONDAY + HOUR))
    before, after = due(store), due(store, MONDAY + HOUR)
    store.write_now(lambda work: work.looked("e1", MONDAY + HOUR, None))

    assert ((), ("e1",), ()) == (before, after, due(store, MONDAY + 10000 * HOUR))
    assert MONDAY + HOUR == asked(store, lambda work: work.pairs(["e1"]))[0].enrolment.looked_at


def test_an_enrolment_in_trouble_waits_and_is_shown(store):
    """Failures are counted with the last reason; a look that works clears both."""
    for reason in ("first", "second"):
        store.write_now(lambda work, reason=reason: work.push_back("e1", MONDAY + HOUR, reason))
    shown, waits, then = asked(store, lambda work: work.troubled()), due(store), due(store, MONDAY + HOUR)
    store.write_now(lambda work: work.looked("e1", MONDAY + HOUR, None))

    assert ((("e1", "second", 2),), (), ("e1",)) == (shown, waits, then)
    assert () == asked(store, lambda work: work.troubled())


def test_locking_says_whether_the_enrolment_exists(store):
    """An unknown enrolment cannot be locked."""
    assert (True, False) == store.write_now(
        lambda work: (work.lock_enrolment("e1"), work.lock_enrolment("e9"))
    )


# --- savepoints ------------------------------------------------------------------------------


def test_a_savepoint_undoes_its_own_writes_only(store):
    """What came before and after the one that raised is stored; the error reaches the caller."""

    def work_on(work):
        work.apply([Put(replace(PAIR, id="e2"))], MONDAY)
        with pytest.raises(RuntimeError, match="broken"):
            work.savepoint(lambda: _write_and_raise(work, "e3"))
        assert "done" == work.savepoint(lambda: work.apply([Put(replace(PAIR, id="e4"))], MONDAY) or "done")

    store.write_now(work_on)

    assert ("e2", "e4") == due(store)


def test_savepoints_nest(store):
    """An inner one that raises leaves the outer one whole."""

    def outer(work):
        work.apply([Put(replace(PAIR, id="e2"))], MONDAY)
        with pytest.raises(RuntimeError):
            work.savepoint(lambda: _write_and_raise(work, "e3"))
        work.apply([Put(replace(PAIR, id="e4"))], MONDAY)

    store.write_now(lambda work: work.savepoint(lambda: outer(work)))

    assert ("e2", "e4") == due(store)


def test_a_savepoint_survives_a_statement_that_the_database_refuses(store):
    """A broken rule of the database ends the savepoint, not the transaction."""

    def work_on(work):
        with pytest.raises(Exception, match="ck_enrolment_state"):
            work.savepoint(lambda: work.apply([Put(replace(PAIR, id="e3", state="odd"))], MONDAY))
        work.apply([Put(replace(PAIR, id="e2"))], MONDAY)

    store.write_now(work_on)

    assert ("e2",) == due(store)


def test_a_transaction_that_raises_stores_nothing(store):
    """Half an outcome is never stored."""
    with pytest.raises(RuntimeError):
        store.write_now(lambda work: _write_and_raise(work, "e2"))

    assert () == due(store)


def test_reading_cannot_write(store):
    """A question that writes is refused, whatever it writes."""
    for write in (
        lambda work: work.keep_setting("a", "b"),
        lambda work: work.apply([Put(PAIR)], MONDAY),
        lambda work: work.intend([send("k1")], MONDAY),
    ):
        with pytest.raises(Exception, match=r"read-?only|may not be written|may only be read"):
            asked(store, write)
    intend(store, send("k1"))


def _write_and_raise(work, enrolment):
    work.apply([Put(replace(PAIR, id=enrolment))], MONDAY)
    raise RuntimeError("broken")


def test_work_inside_work_is_refused(store):
    """A unit that calls the store again is a mistake with an error of its own; what it wrote is undone."""

    def nested(work):
        work.apply([Put(replace(PAIR, id="e2"))], MONDAY)
        store.write_now(lambda inner: inner.keep_setting("a", "b"))

    with pytest.raises(RuntimeError, match="begins no other transaction"):
        store.write_now(nested)

    assert ((), None) == (due(store), asked(store, lambda work: work.setting("a")))


def test_settings_are_listed_by_their_beginning(store):
    """Only keys that begin so are listed, in order; a dropped one is gone."""
    for key in ("slack/b", "slack/a", "slack", "slackers"):
        store.write_now(lambda work, key=key: work.keep_setting(key, f"of {key}"))
    store.write_now(lambda work: work.drop_setting("slack/b"))

    assert (("slack/a", "of slack/a"),) == asked(store, lambda work: work.settings("slack/"))


def test_a_setting_that_is_not_there_can_be_locked(store):
    """Who locks a setting is told what it holds; a row made only for locking holds nothing and is not listed."""
    first = store.write_now(lambda work: work.lock_setting("lease/a"))
    listed = asked(store, lambda work: work.settings("lease/"))
    store.write_now(lambda work: work.keep_setting("lease/a", "me"))
    second = store.write_now(lambda work: work.lock_setting("lease/a"))

    assert (None, (), "me") == (first, listed, second)


def test_a_person_is_found_by_e_mail_in_any_case(store):
    """An address finds its one active person; two of the same address are nobody."""
    ana = replace(ANA, email="Ana.Kovac@Example.org")
    store.write_now(lambda work: work.apply([Put(ana)], MONDAY))
    found = asked(store, lambda work: work.person_with_email(" ana.kovac@example.ORG "))
    store.write_now(lambda work: work.apply([Put(replace(ana, id="twin", address=None))], MONDAY))
    twice = asked(store, lambda work: work.person_with_email("ana.kovac@example.org"))
    nobody = asked(store, lambda work: work.person_with_email(""))

    assert (ana.id, None, None) == (found and found.id, twice, nobody)


def test_whoever_is_known_is_met_once_an_event(store):
    """Who it is and whether the event is new are told together; of whom nobody knows no event is remembered."""
    store.write_now(lambda work: work.apply([Put(ANA)], MONDAY))
    stranger = Address("chat", "u-nobody", "w1")

    def meet(address):
        return store.write_now(lambda work: work.met(address, "k1", MONDAY))

    assert [(None, False), (ANA, True), (ANA, False)] == [
        meet(a) for a in (stranger, ANA.address, ANA.address)
    ]
    assert not store.write_now(lambda work: work.first_time("k1", MONDAY))
