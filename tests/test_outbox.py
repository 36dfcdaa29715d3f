"""The outbox over the real store: what is due becomes messages, and each row ends where it should."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calendar import Span
from bot.content import Card, File, Home, Rule, Text, say
from bot.events import Address
from bot.facts import Person
from bot.lanes import Limits, Rate
from bot.outbox import Outbox
from bot.outcome import FREE, SendKind
from bot.parts import renewed
from bot.ports import Delivery, Queued, Refused, Throttled, Unreachable, Unsure, Work
from tests.mailroom import ANA, MONDAY, Mailroom, card, send, titles

MATEJ = replace(ANA, id="matej", name="Matej", email="", address=Address("chat", "u-matej", "w1"))


@pytest.fixture
def room() -> Iterator[Mailroom]:
    """A mailroom in memory that knows Ana."""
    made = Mailroom()
    made.put(ANA)
    yield made
    made.store.close_now()


def later(**by: float) -> datetime:
    """Return an instant after Monday at nine."""
    return MONDAY + timedelta(**by)


# --- sending ---------------------------------------------------------------------------------


async def test_what_is_due_is_sent(room: Mailroom) -> None:
    """A due row is handed over once, and keeps when it was sent, by whom and as what."""
    room.intend(send("a"))
    assert 1 == await room.outbox.deliver()
    assert 0 == await room.outbox.deliver()
    row = room.row("a")
    assert [Delivery(id=str(row.id), to=ANA, content=card("a"))] == room.chat.taken
    assert ("sent", MONDAY, "m1", "chat", 1) == (
        row.state,
        row.sent_at,
        row.message,
        row.channel,
        row.attempts,
    )


async def test_nothing_before_its_time(room: Mailroom) -> None:
    """A row is left alone until it is due."""
    room.intend(send("a", at=later(hours=1)))
    assert 0 == await room.outbox.deliver()
    room.clock.move(hours=1)
    assert 1 == await room.outbox.deliver()


async def test_five_things_one_message(db_url: str) -> None:
    """Five things due for one person are one message, and all five steps count as delivered."""
    room = Mailroom(db_url)
    room.seat(ANA, date(2026, 9, 1))
    keys = ["a", "b", "c", "d", "e"]
    for key in keys:
        room.intend(send(key, about=room.step(key).id))
    assert 1 == await room.outbox.deliver()
    assert [keys] == titles(room.chat.taken)
    rows = [room.row(key) for key in keys]
    assert [("sent", 0, "m1")] + [("sent", rows[0].id, "")] * 4 == [
        (r.state, r.lead, r.message) for r in rows
    ]
    (pair,) = room.store.read_now(lambda work: work.pairs(("e1",)))
    assert {MONDAY} == {step.delivered_at for step in pair.steps}
    assert len(keys) == len(pair.steps), "each ignored part runs its own clock from here"
    assert 1 == len(room.store.read_now(lambda work: work.interruptions("ana", MONDAY)))
    room.store.close_now()


async def test_people_get_their_own(room: Mailroom) -> None:
    """Two people's things are never merged, and come in the order in which they are due."""
    room.put(MATEJ)
    room.intend(send("later", at=MONDAY, to="matej"), send("earlier", at=later(hours=-1)), send("too"))
    assert 2 == await room.outbox.deliver()
    assert [("ana", ["earlier", "too"]), ("matej", ["later"])] == [
        (d.to.id, words_of) for d, words_of in zip(room.chat.taken, titles(room.chat.taken), strict=True)
    ]


async def test_files_travel_alone(room: Mailroom) -> None:
    """A file is a message of its own beside the merged cards."""
    file = File("a.ics", "text/calendar", b"x", card("file"))
    room.intend(send("a"), send("file", content=file), send("b"))
    assert 2 == await room.outbox.deliver()
    assert [["a", "b"]] == titles(room.chat.taken[:1])
    assert file == room.chat.taken[1].content


async def test_too_much_for_one_message(room: Mailroom) -> None:
    """What finds no place in a message waits for the next morning's, and the message says so."""
    room.intend(*(send(str(n), "invite") for n in range(7)))
    assert 1 == await room.outbox.deliver()
    content = room.chat.taken[0].content
    assert isinstance(content, Card)
    assert (Rule(), 2) == (content.blocks[-2], content.blocks[-1].words.n)  # type: ignore[union-attr]
    assert ["sent"] * 5 + ["pending"] * 2 == room.states(*map(str, range(7)))
    room.clock.move(days=1)
    assert 1 == await room.outbox.deliver()
    assert ["5", "6"] == titles(room.chat.taken)[1]


async def test_what_waited_long_goes_before_what_is_new(room: Mailroom) -> None:
    """A question that found no place for days is not behind the cases of each new morning for ever."""
    room.intend(send("question", "invite", along_from=MONDAY))
    for day in range(5):
        room.intend(*(send(f"case {day} {n}", "case", at=later(days=day)) for n in range(5)))
        await room.outbox.deliver()
        room.clock.move(days=1)

    assert ["question" in found for found in titles(room.chat.taken)] == [False] * 4 + [True]


async def test_what_cannot_wait_goes_the_same_day(room: Mailroom) -> None:
    """What finds no place and is over by the next morning goes in a second message."""
    room.intend(*(send(str(n), "invite") for n in range(5)), send("short", "invite", expires=later(hours=5)))
    room.intend(*(send(f"free{n}", "answer") for n in range(3)))
    await room.outbox.deliver()
    assert ["pending"] == room.states("4")
    assert [["free0", "free1", "free2", "0", "1"], ["short"]] == titles(room.chat.taken)


# --- what is no longer wanted ----------------------------------------------------------------


@pytest.mark.parametrize("state", ["done", "skipped", "escalated"])
async def test_ended_steps(room: Mailroom, state: str) -> None:
    """A message about a step that is no longer open is dropped, with the reason."""
    room.seat(ANA, date(2026, 9, 1))
    room.intend(send("a", about=room.step("checkin", state).id))
    assert 0 == await room.outbox.deliver()
    assert ("dropped", "no longer open") == _ended(room, "a")


@pytest.mark.parametrize("state", ["open", "planned"])
async def test_open_steps(room: Mailroom, state: str) -> None:
    """A message about a step that is open or planned, or that nobody knows, is sent."""
    room.seat(ANA, date(2026, 9, 1))
    room.intend(send("a", about=room.step("checkin", state).id), send("b", about="e1/unknown/once/ana"))
    assert 1 == await room.outbox.deliver()
    assert ["sent", "sent"] == room.states("a", "b")


async def test_expired(room: Mailroom) -> None:
    """A message that is over is dropped."""
    room.intend(send("a", expires=MONDAY))
    assert 0 == await room.outbox.deliver()
    assert ("dropped", "expired") == _ended(room, "a")


async def test_people_who_left(room: Mailroom) -> None:
    """Nothing is sent to a person who has left."""
    room.put(replace(ANA, active=False))
    room.intend(send("a"))
    assert 0 == await room.outbox.deliver()
    assert ("dropped", "has left") == _ended(room, "a")


async def test_asked_again_before_the_first_time(room: Mailroom) -> None:
    """Where an invitation and a nudge about the same step are due together, the nudge speaks for both."""
    room.intend(send("a", about="e1/s/once/ana"), send("b", "nudge", about="e1/s/once/ana"))
    room.intend(send("c", "nudge", about="e1/t/once/ana"))
    await room.outbox.deliver()
    assert ("dropped", "asked again") == _ended(room, "a")
    assert [["b", "c"]] == titles(room.chat.taken)


async def test_replaced_before_it_left(room: Mailroom) -> None:
    """A message that a newer one takes the place of is dropped while it waits."""
    room.intend(send("a", "change", at=later(hours=2)), send("b", "change", replaces="a"))
    await room.outbox.deliver()
    assert ("dropped", "replaced") == _ended(room, "a")
    assert [["b"]] == titles(room.chat.taken)


# --- working hours ---------------------------------------------------------------------------


async def test_leave(room: Mailroom) -> None:
    """On leave from Monday to Wednesday, a person gets nothing until Thursday at nine, and the row says why."""
    room.put(replace(ANA, leave=(Span(date(2027, 1, 11), date(2027, 1, 13)),)))
    room.intend(send("a"))
    assert 0 == await room.outbox.deliver()
    row = room.row("a")
    assert ("pending", "leave", later(days=3)) == (row.state, row.why, row.send.not_before)
    room.clock.at = later(days=3)
    assert 1 == await room.outbox.deliver()


async def test_quiet_hours_are_the_receivers(room: Mailroom) -> None:
    """What falls into the evening waits for the morning where the receiver lives."""
    room.put(replace(ANA, zone="Asia/Kolkata"))
    room.clock.at = datetime(2027, 1, 11, 12, tzinfo=UTC)  # half past five in the afternoon
    room.intend(send("a"))
    assert 0 == await room.outbox.deliver()
    row = room.row("a")
    assert (datetime(2027, 1, 12, 3, 30, tzinfo=UTC), "quiet hours") == (row.send.not_before, row.why)


@pytest.mark.parametrize(
    ("leave", "why"), [((), "quiet hours"), ((Span(MONDAY.date(), MONDAY.date()),), "leave")]
)
async def test_over_before_work_begins(room: Mailroom, leave: tuple[Span, ...], why: str) -> None:
    """A message that is over before its receiver works again is dropped, with the reason."""
    room.put(replace(ANA, leave=leave))
    room.clock.at = later(hours=9)
    room.intend(send("a", expires=later(hours=24)))
    assert 0 == await room.outbox.deliver()
    assert ("dropped", why) == _ended(room, "a")


async def test_what_cannot_wait(room: Mailroom) -> None:
    """At night only what may come at any hour is sent."""
    room.clock.at = later(hours=13)
    room.intend(send("help", "help", any_hour=True), send("a"))
    assert 1 == await room.outbox.deliver()
    assert [["help"]] == titles(room.chat.taken)


async def test_holidays(room: Mailroom) -> None:
    """On an extra day off of the organisation nothing is sent."""
    room.settings["holidays"] = (MONDAY.date(),)
    room.restarted()
    room.intend(send("a"))
    assert 0 == await room.outbox.deliver()
    assert later(days=1) == room.row("a").send.not_before


async def test_snooze(room: Mailroom) -> None:
    """A snooze puts off what interrupts; an answer and a changed meeting still come."""
    room.put(replace(ANA, snoozed_until=later(days=1, hours=1)))
    room.intend(send("a"), send("moved", "change"))
    assert 1 == await room.outbox.deliver()
    assert [["moved"]] == titles(room.chat.taken)
    row = room.row("a")
    assert ("snoozed", later(days=1, hours=1)) == (row.why, row.send.not_before)


# --- the budget ------------------------------------------------------------------------------


async def test_third_interruption(room: Mailroom) -> None:
    """A third interruption of a day waits for the next working morning."""
    for key in ("a", "b", "c"):
        room.intend(send(key))
        await room.outbox.deliver()
    assert ["sent", "sent", "pending"] == room.states("a", "b", "c")
    assert (later(days=1), "over budget") == (room.row("c").send.not_before, room.row("c").why)


async def test_over_budget_and_over(room: Mailroom) -> None:
    """One interruption too many that is over by the next morning is dropped, with the reason."""
    for key in ("a", "b", "c"):
        room.intend(send(key, expires=later(hours=20)))
        await room.outbox.deliver()
    assert ("dropped", "over budget") == _ended(room, "c")


async def test_free_kinds(room: Mailroom) -> None:
    """Answers, changes and help pass a full budget; what interrupts does not travel with them."""
    for key in ("a", "b"):
        room.intend(send(key))
        await room.outbox.deliver()
    room.intend(send("answer", "answer"), send("change", "change"), send("c"))
    assert 1 == await room.outbox.deliver()
    assert ["change", "answer"] == titles(room.chat.taken)[-1]
    assert ["pending"] == room.states("c")


async def test_travelling_together_counts(room: Mailroom) -> None:
    """An interruption that travels with an answer counts as one."""
    for n in range(3):
        room.intend(send(f"free{n}", "answer"), send(f"a{n}"))
        await room.outbox.deliver()
    assert ["sent", "sent", "pending"] == room.states("a0", "a1", "a2")
    assert [["free0", "a0"], ["free1", "a1"], ["free2"]] == titles(room.chat.taken)


async def test_first_day_of_a_programme(room: Mailroom) -> None:
    """On day one of a person's programme three interruptions are allowed."""
    room.seat(ANA, MONDAY.date())
    for key in ("a", "b", "c", "d"):
        room.intend(send(key))
        await room.outbox.deliver()
    assert ["sent", "sent", "sent", "pending"] == room.states("a", "b", "c", "d")


async def test_doubt_counts(room: Mailroom) -> None:
    """A message in doubt may have arrived, so it uses up the budget."""
    room.chat.next = [Unsure(), Unsure()]
    for key in ("a", "b", "c"):
        room.intend(send(key))
        await room.outbox.deliver()
    assert ["doubtful", "doubtful", "pending"] == room.states("a", "b", "c")
    assert 2 == room.chat.calls


async def test_a_throttled_call_does_not_count(room: Mailroom) -> None:
    """A call that the platform did not take uses nothing up."""
    room.chat.next = [Throttled(1)]
    room.intend(send("a"))
    await room.outbox.deliver()
    assert () == room.store.read_now(lambda work: work.interruptions("ana", MONDAY - timedelta(days=7)))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 9 * 24),
            st.sampled_from(get_args(SendKind)),
            st.sampled_from([None, 3, 30]),
            st.sampled_from(["", "throttled", "unsure"]),
        ),
        max_size=25,
    )
)
def test_budget_holds(plans: list[tuple[int, SendKind, int | None, str]]) -> None:
    """Whatever is intended whenever, and whatever the platform does, nobody is interrupted more than allowed."""

    async def play() -> None:
        room = Mailroom()
        room.put(ANA)
        for number, (hour, kind, lasts, mishap) in enumerate(sorted(plans, key=lambda plan: plan[0])):
            room.clock.at = later(hours=hour)
            expires = None if lasts is None else later(hours=hour + lasts)
            room.intend(send(str(number), kind, at=room.clock.at, expires=expires))
            mishaps: dict[str, BaseException] = {"throttled": Throttled(30), "unsure": Unsure()}
            room.chat.next = [mishaps[mishap]] if mishap else []
            await room.outbox.deliver()
        for _ in range(60):
            due = room.store.read_now(lambda work: work.next_instant())
            if due is None:
                break
            assert due > room.clock.at, "a sweep leaves nothing that is due"
            room.clock.at = due
            await room.outbox.deliver()
        rows = [room.row(str(number)) for number in range(len(plans))]
        assert {row.state for row in rows} <= {"sent", "dropped", "doubtful"}
        at = [row.sent_at for row in rows if row.sent_at and not row.lead and row.send.kind not in FREE]
        days = [moment.date() for moment in at]
        weeks = [day.isocalendar()[:2] for day in days]
        assert all(days.count(day) <= 2 for day in days)
        assert all(weeks.count(week) <= 5 for week in weeks)
        assert all(9 <= row.sent_at.hour < 17 and row.sent_at.weekday() < 5 for row in rows if row.sent_at)
        room.store.close_now()

    asyncio.run(play())


# --- where to --------------------------------------------------------------------------------


async def test_mail(room: Mailroom) -> None:
    """Mail goes by mail whatever the person's address, and to people who have no other."""
    room.put(replace(MATEJ, address=None, email="matej@example.org"))
    room.intend(send("a", mail=True), send("b", to="matej"), send("c"))
    assert 3 == await room.outbox.deliver()
    assert [["a"], ["b"]] == titles(room.mail.taken)
    assert [["c"]] == titles(room.chat.taken)


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (replace(ANA, address=None, email=""), "no address"),
        (replace(ANA, reachable=False), "not reachable"),
        (replace(ANA, address=Address("pigeon", "u")), "no channel pigeon"),
    ],
)
async def test_no_way_to_the_person(room: Mailroom, person: Person, why: str) -> None:
    """Where there is no way to a person, the row fails with the reason and no call is made."""
    room.put(person)
    room.intend(send("a"))
    assert 0 == await room.outbox.deliver()
    assert ("failed", why) == _ended(room, "a")
    assert 0 == room.chat.calls + room.mail.calls


# --- what a platform may answer --------------------------------------------------------------


async def test_throttled_twice(room: Mailroom) -> None:
    """A platform that twice asks to wait gets the message a third time, when it asked for it."""
    room.chat.next = [Throttled(30), Throttled(30)]
    room.intend(send("a"))
    for seconds in (0, 29, 1, 30):
        room.clock.move(seconds=seconds)
        await room.outbox.deliver()
    row = room.row("a")
    assert ("sent", 3, later(seconds=60)) == (row.state, row.attempts, row.sent_at)
    assert 3 == room.chat.calls


async def test_throttled_conversation(room: Mailroom) -> None:
    """While a conversation is closed nothing else goes into it, and other people's go on."""
    room.put(MATEJ)
    room.chat.next = [Throttled(30)]
    room.intend(send("a"))
    await room.outbox.deliver()
    room.intend(send("b", "answer"), send("m", to="matej"))
    await room.outbox.deliver()
    assert [["m"]] == titles(room.chat.taken)
    room.clock.move(seconds=30)
    await room.outbox.deliver()
    assert [["m"], ["b", "a"]] == titles(room.chat.taken)


async def test_jitter(room: Mailroom) -> None:
    """Those who were asked to wait come back up to a tenth later, as the injected jitter says."""
    room.settings["jitter"] = Random(7).random
    room.restarted()
    room.chat.next = [Throttled(100)]
    room.intend(send("a"))
    await room.outbox.deliver()
    waits = (room.row("a").send.not_before - MONDAY).total_seconds()
    assert pytest.approx(100 + 10 * Random(7).random()) == waits


async def test_refused(room: Mailroom) -> None:
    """A refused message fails with the platform's reason, is told to whoever wants to know, and never tried again."""
    told: list[tuple[str, str]] = []

    def on_failed(work: Work, row: Queued, why: str) -> None:
        told.append((row.send.key, why))

    room.settings["on_failed"] = on_failed
    room.restarted()
    room.chat.next = [Refused("too large")]
    room.intend(send("a"), send("b"))
    for _ in range(3):
        await room.outbox.deliver()
        room.clock.move(days=1)
    assert ("failed", "too large") == _ended(room, "a")
    assert [("a", "too large"), ("b", "too large")] == told
    assert 1 == room.chat.calls
    assert room.person().reachable


async def test_unreachable(room: Mailroom) -> None:
    """A person who cannot be reached is marked so; what follows fails without a call."""
    room.chat.next = [Unreachable()]
    room.intend(send("a"))
    await room.outbox.deliver()
    room.intend(send("b"))
    await room.outbox.deliver()
    assert ("failed", "not reachable") == _ended(room, "a") == _ended(room, "b")
    assert not room.person().reachable
    assert 1 == room.chat.calls


async def test_unreachable_by_mail(room: Mailroom) -> None:
    """A mail that does not arrive says nothing about the person's chat."""
    room.mail.next = [Unreachable()]
    room.intend(send("a", mail=True))
    await room.outbox.deliver()
    assert "failed" == room.row("a").state
    assert room.person().reachable


async def test_timeout_after_accept(room: Mailroom) -> None:
    """A platform that takes a message and never answers gets one call, and the row is in doubt."""
    room.chat.next = [room.chat.take_and_hang]
    room.intend(send("a"), send("b"))
    for _ in range(5):
        await room.outbox.deliver()
        room.clock.move(days=1)
    assert [("doubtful", "TimeoutError")] * 2 == [_ended(room, "a"), _ended(room, "b")]
    assert 1 == room.chat.calls == len(room.chat.taken)


@pytest.mark.parametrize("error", [Unsure("no answer"), ConnectionResetError(), RuntimeError("a bug")])
async def test_doubt(room: Mailroom, error: Exception) -> None:
    """Whatever else goes wrong in a call leaves the row in doubt, and it is never sent again by itself."""
    room.chat.next = [error]
    room.intend(send("a"))
    for _ in range(3):
        await room.outbox.deliver()
        room.clock.move(days=1)
    row = room.row("a")
    assert ("doubtful", type(error).__name__) == (row.state, row.why)
    assert 1 == room.chat.calls


# --- doubt is resolved -----------------------------------------------------------------------


async def _in_doubt(room: Mailroom) -> None:
    room.seat(ANA, date(2026, 9, 1))
    room.chat.next = [Unsure()]
    room.intend(send("a", about=room.step("a").id), send("b"))
    await room.outbox.deliver()
    room.clock.move(hours=2)


async def test_it_did_arrive(room: Mailroom) -> None:
    """A message that turns out to have arrived is sent, as a whole, since it left."""
    await _in_doubt(room)
    await room.outbox.resolve(room.row("b").id, delivered=True, message="m9")
    a, b = room.row("a"), room.row("b")
    assert [("sent", 0, "m9", MONDAY), ("sent", a.id, "", MONDAY)] == [
        (row.state, row.lead, row.message, row.sent_at) for row in (a, b)
    ]
    (pair,) = room.store.read_now(lambda work: work.pairs(("e1",)))
    assert MONDAY == pair.steps[0].delivered_at
    assert 0 == await room.outbox.deliver()


async def test_it_did_not_arrive(room: Mailroom) -> None:
    """A message that turns out not to have arrived is sent again, if it is still wanted."""
    await _in_doubt(room)
    room.step("a", "done")
    await room.outbox.resolve(room.row("a").id, delivered=False)
    assert 1 == await room.outbox.deliver()
    assert [["b"]] == titles(room.chat.taken)
    assert ["dropped", "sent"] == room.states("a", "b")


async def test_nothing_to_resolve(room: Mailroom) -> None:
    """Only rows in doubt can be settled by hand."""
    room.intend(send("a"))
    with pytest.raises(LookupError, match="no message 99"):
        await room.outbox.resolve(99, delivered=True)
    with pytest.raises(ValueError, match="is pending, not in doubt"):
        await room.outbox.resolve(room.row("a").id, delivered=False)


# --- the process dies ------------------------------------------------------------------------


class Death(BaseException):
    """The process is gone."""


def _points() -> list[tuple[str, int]]:
    return [(moment, number) for number in range(1, 4) for moment in ("before", "after")]


@pytest.mark.parametrize(("moment", "number"), [*_points(), ("call", 0), ("call", 1)])
async def test_death_at_any_point(new_db, moment: str, number: int) -> None:  # type: ignore[no-untyped-def]
    """Wherever the process dies, no message is lost and none is sent twice; what is in doubt says so."""
    room = Mailroom(new_db("sqlite"))
    room.put(ANA, MATEJ)
    room.intend(send("a"), send("b"), send("m", to="matej"))

    def at_commit(reached: int, when: str) -> None:
        if (when, reached) == (moment, number):
            raise Death

    async def die(delivery: Delivery) -> str:
        if number:
            room.chat.take(delivery)
        raise Death

    room.reopen(at_commit)
    if moment == "call":
        room.chat.next = [die]
    with pytest.raises(Death):
        await room.outbox.deliver()
    room.reopen()
    await room.outbox.deliver()
    rows = [room.row(key) for key in ("a", "b", "m")]
    taken = {d.id for d in room.chat.taken}
    for row in rows:
        if row.state == "doubtful" and not row.lead:
            await room.outbox.resolve(row.id, delivered=str(row.id) in taken, message="m0")
    await room.outbox.deliver()
    assert ["sent"] * 3 == room.states("a", "b", "m")
    assert [["a", "b"], ["m"]] == sorted(titles(room.chat.taken)), "each exactly once"
    room.store.close_now()


async def test_a_lease_of_another_process(room: Mailroom) -> None:
    """What another process is sending is left alone until its lease runs out, and then is in doubt."""
    room.chat.next = [Death()]
    room.intend(send("a"))
    with pytest.raises(Death):
        await room.outbox.deliver()
    other = room.restarted("another house")
    room.clock.move(seconds=59)
    await other.deliver()
    assert "sending" == room.row("a").state
    room.clock.move(seconds=1)
    await other.deliver()
    assert ("doubtful", "the process ended while it was sending") == _ended(room, "a")


async def test_one_process_again(room: Mailroom) -> None:
    """What an earlier run of the same process was sending is in doubt at once."""
    room.chat.next = [Death()]
    room.intend(send("a"), send("b"))
    with pytest.raises(Death):
        await room.outbox.deliver()
    await room.restarted().deliver()
    assert ["doubtful", "doubtful"] == room.states("a", "b")
    assert room.row("a").id == room.row("b").lead


async def test_claimed_before_the_call(room: Mailroom) -> None:
    """When the call is made, its rows say so, with the owner and a lease; no others do."""
    seen: list[tuple[str, str, datetime | None]] = []

    async def look(delivery: Delivery) -> str:
        rows = [room.row(key) for key in ("a", "file")]
        seen.extend((row.state, row.owner, row.lease_until) for row in rows)
        return room.chat.take(delivery)

    room.chat.next = [look]
    room.intend(send("a"), send("file", content=File("f", "text/plain", b"", card("file"))))
    await room.outbox.deliver()
    assert [("sending", "house", later(seconds=60)), ("pending", "", None)] == seen


# --- messages in the place of others ---------------------------------------------------------


async def test_update_in_place(room: Mailroom) -> None:
    """An update shows in the place of the first message, at any hour, and counts for nothing."""
    room.intend(send("a"))
    await room.outbox.deliver()
    room.clock.at = later(hours=14)
    room.intend(send("a2", "update", replaces="a"), send("a3", "update", replaces="a2", at=later(hours=15)))
    assert 1 == await room.outbox.deliver()
    room.clock.at = later(hours=15)
    assert 1 == await room.outbox.deliver()
    assert [("", ["a"]), ("m1", ["a2"]), ("m1", ["a3"])] == [
        (d.replaces, shown) for d, shown in zip(room.chat.taken, titles(room.chat.taken), strict=True)
    ]
    found = room.store.read_now(lambda work: work.row_of_message("chat", "m1"))
    assert found is not None
    assert ("a", card("a3")) == (found.send.key, found.send.content)
    assert 1 == len(room.store.read_now(lambda work: work.interruptions("ana", MONDAY)))


async def test_update_that_changes_nothing(room: Mailroom) -> None:
    """A renewal that looks like what is shown makes no call, be it the whole message or a part of it."""
    room.intend(send("a"), send("b"))
    await room.outbox.deliver()
    same = [send(f"{key}2", "update", replaces=key, content=card(key)) for key in "ab"]
    room.intend(*same)
    assert 0 == await room.outbox.deliver()
    assert [("dropped", "shown already")] * 2 == [_ended(room, row.key) for row in same]
    assert [["a", "b"]] == titles(room.chat.taken)


async def test_update_that_may_not_be_shown_yet(room: Mailroom) -> None:
    """Where a renewal was asked to wait, the same one again leaves: what is kept is not what is shown."""
    room.intend(send("a"))
    await room.outbox.deliver()
    room.chat.next = [Throttled(30)]
    room.intend(send("a2", "update", replaces="a", content=card("new")))
    assert 0 == await room.outbox.deliver()
    room.intend(send("a3", "update", replaces="a", content=card("new")))
    room.clock.move(seconds=30)
    assert 1 == await room.outbox.deliver()
    assert [["a"], ["new"]] == titles(room.chat.taken)
    assert [("dropped", "replaced"), ("sent", "")] == [_ended(room, key) for key in ("a2", "a3")]


async def test_update_after_one_that_had_to_wait(room: Mailroom) -> None:
    """The newest look counts, also where an older renewal was put off until after it."""
    room.intend(send("a"))
    await room.outbox.deliver()
    room.chat.next = [Throttled(30)]
    room.intend(send("old", "update", replaces="a"))
    assert 0 == await room.outbox.deliver()
    room.intend(send("new", "update", replaces="a"))
    room.clock.move(seconds=30)
    assert 1 == await room.outbox.deliver()
    assert [["a"], ["new"]] == titles(room.chat.taken)


async def test_update_of_a_part(room: Mailroom) -> None:
    """An update of one part of a merged message shows the whole message with the new part."""
    room.intend(send("a"), send("b"), send("c"))
    await room.outbox.deliver()
    room.intend(send("b2", "update", replaces="b"))
    await room.outbox.deliver()
    assert [["a", "b", "c"], ["a", "b2", "c"]] == titles(room.chat.taken)
    assert "m1" == room.chat.taken[1].replaces
    lead = room.row("a").id
    parts = room.store.read_now(lambda work: work.parts_of(lead))
    assert ["a", "b", "c"] == [row.send.key for row in parts]


async def test_update_before_the_message(room: Mailroom) -> None:
    """An update of a message that has not left yet changes what will be sent."""
    room.intend(send("a", at=later(hours=1)), send("a2", "update", replaces="a"))
    assert 0 == await room.outbox.deliver()
    assert ("sent", "merged") == _ended(room, "a2")
    room.clock.move(hours=1)
    await room.outbox.deliver()
    assert [["a2"]] == titles(room.chat.taken)


async def test_update_beside_the_message(room: Mailroom) -> None:
    """An update that is due together with its message, and comes first, is what the message shows."""
    room.intend(send("a"), send("a2", "update", replaces="a", at=later(hours=-1)), send("b"))
    await room.outbox.deliver()
    assert [["a2", "b"]] == titles(room.chat.taken)


async def test_only_the_last_update(room: Mailroom) -> None:
    """Of several updates of one message that are due together, only the last is sent; homes likewise."""
    room.intend(send("a"))
    await room.outbox.deliver()
    home = Home(say("Home"), ())
    room.intend(*(send(f"u{n}", "update", replaces="a") for n in range(3)))
    room.intend(*(send(f"h{n}", "update", content=home) for n in range(2)))
    assert 2 == await room.outbox.deliver()
    assert ["dropped", "dropped", "sent"] == room.states("u0", "u1", "u2")
    assert ["dropped", "sent"] == room.states("h0", "h1")


@pytest.mark.parametrize("first", ["missing", "refused", "moved"])
async def test_update_of_nothing(room: Mailroom, first: str) -> None:
    """An update whose message is not there, or not where the person is now, is dropped."""
    if first != "missing":
        room.chat.next = [Refused("no")] if first == "refused" else []
        room.intend(send("a"))
        await room.outbox.deliver()
    room.put(replace(ANA, address=Address("mail", "x"))) if first == "moved" else None
    room.intend(send("a2", "update", replaces="a"))
    assert 0 == await room.outbox.deliver()
    assert ("dropped", "nothing to renew") == _ended(room, "a2")


async def test_what_cannot_be_changed_in_its_place_is_told_anew(room: Mailroom) -> None:
    """Where the message is gone, a change comes as one of its own, once, and nobody is told of a failure."""
    told: list[str] = []
    room.settings["on_failed"] = lambda work, row, why: told.append(row.send.key)
    room.restarted()
    room.intend(send("a"))
    await room.outbox.deliver()
    room.chat.next = [Refused("message_not_found"), Refused("message_not_found")]
    room.intend(send("a2", "update", replaces="a"))
    await room.outbox.deliver()
    room.intend(send("a3", "change", replaces="a"))
    for _ in range(3):
        await room.outbox.deliver()

    assert ["dropped", "sent"] == room.states("a2", "a3")
    assert ([["a"], ["a3"]], []) == (titles(room.chat.taken), told)
    assert "" == room.chat.taken[1].replaces


async def test_what_is_refused_anew_has_failed(room: Mailroom) -> None:
    """What cannot be changed in its place and not be sent either fails, as any other message."""
    room.intend(send("a"))
    await room.outbox.deliver()
    room.chat.next = [Refused("message_not_found"), Refused("too large")]
    room.intend(send("a2", "change", replaces="a"))
    for _ in range(3):
        await room.outbox.deliver()

    assert ("failed", "too large") == _ended(room, "a2")


async def test_update_in_doubt(room: Mailroom) -> None:
    """An update in doubt that did arrive leaves the message with the row that first carried it."""
    room.intend(send("a"))
    await room.outbox.deliver()
    room.chat.next = [Unsure()]
    room.intend(send("a2", "update", replaces="a"))
    await room.outbox.deliver()
    await room.outbox.resolve(room.row("a2").id, delivered=True, message="m1")
    found = room.store.read_now(lambda work: work.row_of_message("chat", "m1"))
    assert (room.row("a").id, "") == (found and found.id, room.row("a2").message)


async def test_update_of_a_message_in_doubt(room: Mailroom) -> None:
    """An update of a message in doubt waits in its content, in case that is sent again."""
    room.chat.next = [Unsure()]
    room.intend(send("a"))
    await room.outbox.deliver()
    room.intend(send("a2", "update", replaces="a"))
    assert 0 == await room.outbox.deliver()
    await room.outbox.resolve(room.row("a").id, delivered=False)
    await room.outbox.deliver()
    assert [["a2"]] == titles(room.chat.taken)


async def test_pressed_part(room: Mailroom) -> None:
    """After a press, its part keeps the new card and the whole message is shown with it."""
    room.intend(send("a"), send("b"))
    await room.outbox.deliver()
    thanks = Card(title=say("Thank you."))
    content = room.store.write_now(lambda work: renewed(work, work.parts_with("b"), "yes", "b", thanks))
    assert isinstance(content, Card)
    assert thanks == room.row("b").send.content
    assert card("a") == room.row("a").send.content
    assert Text(say("Thank you."), "heading") in content.blocks
    again = room.store.write_now(lambda work: renewed(work, work.parts_with("b"), "yes", "b", card("x")))
    assert content == again, "a press on an older look of the message shows the present one"


async def test_pressed_message(room: Mailroom) -> None:
    """A message of one part takes the new card whatever was pressed on it; a file stays attached."""
    file = File("f", "text/plain", b"x", card("file"))
    room.intend(send("a"), send("file", content=file))
    await room.outbox.deliver()
    thanks = Card(title=say("Thank you."))
    for key, expected in (("a", thanks), ("file", replace(file, card=thanks))):
        shown = room.store.write_now(
            lambda work, key=key: renewed(work, work.parts_with(key), "old", "gone", thanks)  # type: ignore[misc]
        )
        assert expected == shown == room.row(key).send.content


# --- how fast --------------------------------------------------------------------------------


async def test_rates(room: Mailroom) -> None:
    """At one message a second to a workspace, a crowd of ten takes nine seconds and nobody is forgotten."""
    room.settings["limits"] = {"chat": Limits(workspace=(Rate(1, 1),))}
    room.restarted()
    people = [replace(ANA, id=f"p{n}", address=Address("chat", f"u{n}", "w1")) for n in range(10)]
    room.put(*people)
    room.intend(*(send(p.id, to=p.id) for p in people))
    total, sweeps = await room.outbox.deliver(), 1
    while total < 10:
        due = room.store.read_now(lambda work: work.next_instant())
        assert due is not None
        assert due > room.clock.at
        room.clock.at = due
        total += await room.outbox.deliver()
        sweeps += 1
    assert (later(seconds=9), 10) == (room.clock.at, sweeps)


async def test_one_person_one_message_a_second(room: Mailroom) -> None:
    """A second message for the same person waits for its second."""
    room.settings["limits"] = {"chat": Limits(conversation=(Rate(1, 1),))}
    room.restarted()
    room.intend(send("a"), send("f", content=File("f", "text/plain", b"", card("f"))))
    assert 1 == await room.outbox.deliver()
    room.clock.move(seconds=1)
    assert 1 == await room.outbox.deliver()


# --- several at a time, and the end ----------------------------------------------------------


async def test_calls_at_a_time(room: Mailroom) -> None:
    """No more calls are in flight than allowed, and no more rows say that they are."""
    room.settings.update(concurrency=3, timeout_seconds=5)
    room.restarted()
    people = [replace(ANA, id=f"p{n}", address=Address("chat", f"u{n}", "w1")) for n in range(10)]
    room.put(*people)
    room.intend(*(send(p.id, to=p.id) for p in people))
    most: list[tuple[int, int]] = []
    flying = 0

    async def slow(delivery: Delivery) -> str:
        nonlocal flying
        flying += 1
        for _ in range(3):
            await asyncio.sleep(0)
        most.append((flying, room.states(*(p.id for p in people)).count("sending")))
        flying -= 1
        return room.chat.take(delivery)

    room.chat.next = [slow] * 10
    assert (10, 0) == tuple(await asyncio.gather(room.outbox.deliver(), room.outbox.deliver()))
    assert 3 == max(calls for calls, _ in most)
    assert all(rows <= 3 for _, rows in most)
    assert ["sent"] * 10 == room.states(*(p.id for p in people))


async def test_one_persons_trouble(room: Mailroom) -> None:
    """A person whose messages cannot be chosen is put off with the reason, and the others get theirs."""
    room.put(MATEJ, replace(ANA, zone="Nowhere/Atlantis"))
    room.intend(send("a"), send("m", to="matej"))
    assert 1 == await room.outbox.deliver()
    row = room.row("a")
    assert ("pending", "could not be chosen: Unknown", later(minutes=15)) == (
        row.state,
        row.why,
        row.send.not_before,
    )
    assert "sent" == room.row("m").state


async def test_drain(room: Mailroom) -> None:
    """At the end nothing more is claimed, and the call in flight is waited for and recorded."""
    room.settings["timeout_seconds"] = 5
    room.restarted()
    room.put(MATEJ)
    called, release = asyncio.Event(), asyncio.Event()

    async def slow(delivery: Delivery) -> str:
        called.set()
        await release.wait()
        return room.chat.take(delivery)

    room.chat.next = [slow]
    room.intend(send("a"), send("m", to="matej", at=later(seconds=0)))
    sweep = asyncio.create_task(room.outbox.deliver())
    await called.wait()
    ending = asyncio.create_task(room.outbox.drain())
    await asyncio.sleep(0)
    release.set()
    await ending
    assert 1 == await sweep
    assert ["sent", "pending"] == room.states("a", "m")
    assert 0 == await room.outbox.deliver()


async def test_drain_without_an_answer(room: Mailroom) -> None:
    """A call that outlasts the end is in doubt."""
    room.settings["timeout_seconds"] = 5
    room.restarted()
    called = asyncio.Event()

    async def hang(delivery: Delivery) -> str:
        called.set()
        return await room.chat.take_and_hang(delivery)

    room.chat.next = [hang]
    room.intend(send("a"))
    sweep = asyncio.create_task(room.outbox.deliver())
    await called.wait()
    await room.outbox.drain(seconds=0)
    assert ("doubtful", "the process was stopped while it was sending") == _ended(room, "a")
    sweep.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sweep


@pytest.mark.parametrize(
    ("wrong", "words"), [({"concurrency": 0}, "at least one"), ({"lease_seconds": 0.01}, "lease")]
)
def test_impossible_settings(room: Mailroom, wrong: dict[str, float], words: str) -> None:
    """No calls at all, or a lease shorter than a call, is refused with the reason."""
    with pytest.raises(ValueError, match=words):
        Outbox(store=room.store, channels={}, clock=room.clock, owner="x", **{"timeout_seconds": 1, **wrong})  # type: ignore[arg-type]


def _ended(room: Mailroom, key: str) -> tuple[str, str]:
    row = room.row(key)
    return row.state, row.why
