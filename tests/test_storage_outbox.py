"""
The outbox, on both databases: intentions are kept once, and what became of each is known.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.content import Card, File, GroupIntro, Home, say
from bot.outcome import FREE, Unsend
from storage.inline import InlineStore
from tests.shelf import (
    HOUR,
    MONDAY,
    STEP,
    asked,
    card,
    due,
    emptied,
    intend,
    keep,
    keep_pair,
    opened,
    row_of,
    send,
)


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


def settle(
    store: InlineStore, keys: tuple[str, ...], state: str, now: datetime = MONDAY, **more: object
) -> None:
    """
    Move rows to a state, by their keys.
    """
    ids = [row_of(store, key).id for key in keys]
    store.write_now(lambda work: work.settle(ids, state, now, **more))


def test_an_intention_comes_back_as_it_was(store):
    """Every field of a Send survives, and the row is pending and untried."""
    full = send(
        "k1",
        content=File("plan.ics", "text/calendar", b"\x00\xff", card()),
        kind="reminder",
        enrolment="e1",
        expires=MONDAY + HOUR,
        replaces="k0",
        about=STEP.id,
        any_hour=True,
        mail=True,
    )
    intend(store, full)

    found = row_of(store, "k1")

    assert (full, "pending", 0, "", None, 0) == (
        found.send,
        found.state,
        found.attempts,
        found.message,
        found.sent_at,
        found.lead,
    )
    assert found == asked(store, lambda work: work.row(found.id))


@pytest.mark.parametrize(
    "content",
    [card(), Home(say("Home"), (card(),)), GroupIntro(("ana", "peter"), card())],
    ids=lambda c: type(c).__name__,
)
def test_every_kind_of_content_can_be_sent(store, content):
    """Cards, homes and introductions come back as they were."""
    intend(store, send("k1", content=content))

    assert content == row_of(store, "k1").send.content


def test_an_intention_is_kept_once(store):
    """A key that is there already is left as it is, in the same transaction and in a later one."""
    intend(store, send("k1", content=card("first")), send("k1", content=card("second")))
    settle(store, ("k1",), "sent", message="m1")
    intend(store, send("k1", content=card("third")), send("k2"))

    assert (card("first"), "sent") == (row_of(store, "k1").send.content, row_of(store, "k1").state)
    assert "pending" == row_of(store, "k2").state


def test_rows_that_nobody_wrote_are_none(store):
    """Unknown ids, keys and messages are answered with None."""
    assert (None, None, None, ()) == asked(
        store,
        lambda work: (work.row(99), work.row_by_key("x"), work.row_of_message("chat", ""), work.parts_of(99)),
    )


def test_an_intention_for_nobody_is_refused(store):
    """A message needs a person who exists."""
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        intend(store, send("k1", to="nobody"))


# --- who and what is due ---------------------------------------------------------------------


def test_receivers_come_by_what_is_due_first(store):
    """Each person once, whoever waits longest first; what is not due yet, or not pending, does not count."""
    intend(
        store,
        send("k1", "peter", MONDAY),
        send("k2", "ana", MONDAY),
        send("k3", "ana", MONDAY - HOUR),
        send("k4", "peter", MONDAY - 2 * HOUR),
        send("k5", "peter", MONDAY + HOUR),
    )
    settle(store, ("k4",), "held")

    assert ("ana", "peter") == asked(store, lambda work: work.receivers_due(MONDAY, 10))
    assert ("ana",) == asked(store, lambda work: work.receivers_due(MONDAY, 1))
    assert () == asked(store, lambda work: work.receivers_due(MONDAY - 2 * HOUR, 10))


def test_receivers_are_found_behind_somebody_with_very_many_rows(store):
    """A person with more rows than one page never hides the next person."""
    intend(store, *(send(f"a{n}", "ana", MONDAY) for n in range(95)), send("p", "peter", MONDAY))

    assert ("ana", "peter") == asked(store, lambda work: work.receivers_due(MONDAY, 5))


def test_due_rows_are_the_persons_own_in_order(store):
    """By instant and then in the order in which they were intended."""
    intend(
        store,
        send("k1", at=MONDAY),
        send("k2", at=MONDAY),
        send("k3", at=MONDAY - HOUR),
        send("k4", at=MONDAY + HOUR),
        send("k5", "peter"),
        send("k6"),
    )
    settle(store, ("k6",), "sending")

    found = asked(store, lambda work: work.due_rows("ana", MONDAY))

    assert ["k3", "k1", "k2"] == [row.send.key for row in found]


def test_a_person_who_exists_can_be_locked(store):
    """Whoever is unknown cannot."""
    assert (True, False) == store.write_now(
        lambda work: (work.lock_person("ana"), work.lock_person("nobody"))
    )


# --- what becomes of rows --------------------------------------------------------------------


def test_a_row_in_flight_knows_its_owner_and_lease(store):
    """Sending counts an attempt and keeps owner, lease, channel and lead."""
    intend(store, send("k1"))
    lead = row_of(store, "k1").id
    settle(store, ("k1",), "sending", owner="me", lease_until=MONDAY + HOUR, channel="chat", lead=lead)

    found = row_of(store, "k1")

    assert ("sending", 1, "me", MONDAY + HOUR, "chat", lead) == (
        found.state,
        found.attempts,
        found.owner,
        found.lease_until,
        found.channel,
        found.lead,
    )


def test_a_row_that_goes_back_waits_on_its_own(store):
    """Back to pending: no owner, no lease, no lead; attempts stay, the new instant counts."""
    intend(store, send("k1"))
    settle(store, ("k1",), "sending", owner="me", lease_until=MONDAY + HOUR, lead=7)
    settle(store, ("k1",), "pending", not_before=MONDAY + HOUR, why="throttled")

    found = row_of(store, "k1")

    assert ("pending", 1, "", None, 0, "throttled", MONDAY + HOUR) == (
        found.state,
        found.attempts,
        found.owner,
        found.lease_until,
        found.lead,
        found.why,
        found.send.not_before,
    )


def test_what_is_not_said_anew_is_kept(store):
    """A later state keeps message, channel, lead and the instant of sending, where it does not give others."""
    intend(store, send("k1"))
    settle(store, ("k1",), "sent", message="m1", channel="chat", lead=1)
    settle(store, ("k1",), "doubtful", MONDAY + HOUR, why="timeout")

    found = row_of(store, "k1")

    assert ("m1", "chat", 1, MONDAY, "timeout") == (
        found.message,
        found.channel,
        found.lead,
        found.sent_at,
        found.why,
    )


def test_settling_nothing_changes_nothing(store):
    """An empty list of rows is no mistake."""
    intend(store, send("k1"))
    store.write_now(lambda work: work.settle([], "dropped", MONDAY))

    assert "pending" == row_of(store, "k1").state


def test_a_merged_message_is_found_by_its_lead_and_by_its_message(store):
    """The lead comes first among its parts, whatever the order of ids, and the message leads to it."""
    intend(store, send("k1"), send("k2"), send("k3"), send("other"))
    lead = row_of(store, "k2").id
    settle(store, ("k1", "k2", "k3"), "sent", message="m1", channel="chat", lead=lead)

    ways, found, elsewhere = asked(
        store,
        lambda work: (
            (work.parts_of(lead), work.parts_with("k3"), work.parts_of_message("chat", "m1")),
            work.row_of_message("chat", "m1"),
            (work.row_of_message("mail", "m1"), work.parts_of_message("mail", "m1")),
        ),
    )

    assert [["k2", "k1", "k3"]] * 3 == [[row.send.key for row in parts] for parts in ways]
    assert ("k2", (None, ())) == (found.send.key, elsewhere)


def test_a_message_alone_is_its_own_only_part(store):
    """A message that was not merged leads to itself."""
    intend(store, send("k1"), send("k2"))
    settle(store, ("k1", "k2"), "sent", message="m1", channel="chat")

    alone = row_of(store, "k1").id

    ways = asked(store, lambda work: (work.parts_of(alone), work.parts_with("k1"), work.parts_with("k9")))

    assert [["k1"], ["k1"], []] == [[row.send.key for row in found] for found in ways]


def test_an_updated_message_still_leads_to_the_row_that_made_it(store):
    """Rows that renewed a message in its place carry its id too; the first one is the message."""
    intend(store, send("k1"), send("k2", kind="update", replaces="k1"))
    settle(store, ("k1",), "sent", message="m1", channel="chat")
    settle(store, ("k2",), "sent", MONDAY + HOUR, message="m1", channel="chat")

    assert "k1" == asked(store, lambda work: work.row_of_message("chat", "m1")).send.key
    assert ["k1"] == [row.send.key for row in asked(store, lambda work: work.parts_of_message("chat", "m1"))]


def test_an_answered_card_is_stored_as_it_looks_now(store):
    """The content is replaced; all else stays."""
    intend(store, send("k1"))
    before = row_of(store, "k1")
    answered = Card(say("Thank you."))
    store.write_now(lambda work: work.rewrite(before.id, answered))

    assert replace(before, send=replace(before.send, content=answered)) == row_of(store, "k1")


def test_unsending_drops_what_waits_and_nothing_else(store):
    """Pending and held rows are dropped with the reason; what was sent or is in flight stays."""
    states = ("pending", "held", "sent", "sending", "doubtful", "failed")
    intend(store, *(send(state) for state in states))
    for state in states[1:]:
        settle(store, (state,), state)
    store.write_now(lambda work: work.apply([Unsend(state, "paused") for state in states], MONDAY))

    found = [row_of(store, state) for state in states]

    assert ["dropped", "dropped", "sent", "sending", "doubtful", "failed"] == [row.state for row in found]
    assert ["paused", "paused", "", "", "", ""] == [row.why for row in found]


# --- delivery is a fact ----------------------------------------------------------------------


def test_sending_says_when_a_step_was_delivered(store):
    """All parts of a merged message deliver their steps, and ask for no look: the last one reckoned with it."""
    steps = [replace(STEP, id=f"e1/{name}/once/ana", step=name) for name in ("a", "b", "c")]
    keep(store, *steps)
    intend(store, *(send(step.step, about=step.id, enrolment="e1") for step in steps))
    lead = row_of(store, "a").id
    settle(store, ("a", "b"), "sending", lead=lead)
    store.write_now(lambda work: work.looked("e1", MONDAY, None))
    settle(store, ("a", "b"), "sent", MONDAY + HOUR, message="m1", channel="chat", lead=lead)

    (pair,) = asked(store, lambda work: work.pairs(["e1"], ("steps",)))

    assert [MONDAY + HOUR, MONDAY + HOUR, None] == [step.delivered_at for step in pair.steps]
    assert () == due(store, MONDAY + 7 * timedelta(days=1))


def test_a_delivery_before_the_last_look_asks_for_another(store):
    """Doubt that is settled later says that a step arrived at an instant which a look has passed already."""
    keep(store, STEP)
    intend(store, send("k1", about=STEP.id))
    store.write_now(lambda work: work.looked("e1", MONDAY + HOUR, None))
    settle(store, ("k1",), "sent", MONDAY + HOUR - timedelta(microseconds=1))

    assert ("e1",) == due(store, MONDAY + HOUR)


@pytest.mark.parametrize(("state", "looks"), [("open", ()), ("skipped", ("e1",)), ("done", ("e1",))])
def test_a_delivery_after_the_step_was_closed_asks_for_a_look(store, state, looks):
    """That a step which was let go had arrived after all is news; that an open one arrived is not."""
    keep(store, replace(STEP, state=state, done_at=None if state == "open" else MONDAY))
    intend(store, send("k1", about=STEP.id))
    store.write_now(lambda work: work.looked("e1", MONDAY, None))
    settle(store, ("k1",), "sent", MONDAY + HOUR)

    assert looks == due(store, MONDAY + HOUR)


def test_a_second_delivery_asks_for_no_look(store):
    """A reminder of a step that arrived long ago changes nothing that a look would find."""
    keep(store, replace(STEP, state="skipped", delivered_at=MONDAY, done_at=MONDAY))
    intend(store, send("k1", about=STEP.id))
    store.write_now(lambda work: work.looked("e1", MONDAY, None))
    settle(store, ("k1",), "sent", MONDAY + HOUR)

    assert () == due(store, MONDAY + HOUR)


def test_a_nudge_does_not_restart_the_clock(store):
    """A step was delivered when its first message was."""
    keep(store, STEP)
    intend(store, send("k1", about=STEP.id), send("k2", about=STEP.id, kind="nudge"))
    settle(store, ("k1",), "sent", MONDAY)
    settle(store, ("k2",), "sent", MONDAY + HOUR)

    assert MONDAY == asked(store, lambda work: work.pairs(["e1"]))[0].steps[0].delivered_at


@pytest.mark.parametrize("state", ["doubtful", "failed", "dropped", "held"])
def test_only_what_was_surely_sent_is_delivered(store, state):
    """Doubt, failure and dropping deliver nothing and wake nobody."""
    keep(store, STEP)
    store.write_now(lambda work: work.looked("e1", MONDAY, None))
    intend(store, send("k1", about=STEP.id))
    settle(store, ("k1",), state)

    assert None is asked(store, lambda work: work.pairs(["e1"]))[0].steps[0].delivered_at
    assert () == due(store)


def test_interruptions_count_messages_not_parts(store):
    """Only sent leads of kinds that are not free, from the given instant on, and only the person's own."""
    at = [MONDAY + n * timedelta(minutes=1) for n in range(6)]
    intend(
        store,
        *(send(f"k{n}") for n in range(5)),
        send("p", "peter"),
        *(send(kind, kind=kind) for kind in FREE),
    )
    settle(store, ("k0",), "sent", at[0] - timedelta(microseconds=1))
    settle(store, ("k1",), "sent", at[0], lead=row_of(store, "k1").id)
    settle(store, ("k2",), "sent", at[1], lead=row_of(store, "k1").id)
    settle(store, ("k3",), "sent", at[2])
    settle(store, ("k4",), "doubtful", at[3])
    settle(store, ("p", *FREE), "sent", at[4])

    assert (at[0], at[2]) == asked(store, lambda work: work.interruptions("ana", MONDAY))


# --- leases ----------------------------------------------------------------------------------


def test_expired_leases_are_found_whoever_held_them(store):
    """A lease that ran out, or one of an earlier run of the same owner; never what another still holds."""
    intend(store, *(send(f"k{n}") for n in range(4)))
    settle(store, ("k0",), "sending", owner="other", lease_until=MONDAY)
    settle(store, ("k1",), "sending", owner="me", lease_until=MONDAY + HOUR)
    settle(store, ("k2",), "sending", owner="other", lease_until=MONDAY + HOUR)
    settle(store, ("k3",), "sent", owner="me", lease_until=MONDAY)

    found, nobodys = asked(
        store, lambda work: (work.expired_leases(MONDAY, "me"), work.expired_leases(MONDAY, ""))
    )

    assert ["k0", "k1"] == [row.send.key for row in found]
    assert ["k0"] == [row.send.key for row in nobodys]


def test_the_next_instant_is_the_earliest_of_looks_and_messages(store):
    """Looks and pending rows count; nothing at all is None."""
    none = asked(store, lambda work: work.next_instant())
    intend(store, send("k1", at=MONDAY + 3 * HOUR), send("k2", at=MONDAY + HOUR))
    settle(store, ("k2",), "dropped")
    message = asked(store, lambda work: work.next_instant())
    store.write_now(lambda work: work.looked("e1", MONDAY, MONDAY + 2 * HOUR))
    look = asked(store, lambda work: work.next_instant())

    assert (None, MONDAY + 3 * HOUR, MONDAY + 2 * HOUR) == (none, message, look)


def test_long_ago_is_due_too(store):
    """A row from before 1970 is found, as clocks of machines may say anything."""
    intend(store, send("k1", at=datetime(1969, 7, 20, tzinfo=UTC)))

    assert ("ana",) == asked(store, lambda work: work.receivers_due(MONDAY, 1))
