"""The first-day introduction: one conversation of all where everybody could be written to, else a card each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.calendar import Span
from bot.content import Card, GroupIntro
from bot.events import Address
from bot.facts import Person
from bot.outcome import Send
from bot.parts import carried, renewed
from bot.ports import Delivery, Refused, Throttled, Unreachable
from tests.mailroom import ANA, MONDAY, FakeChannel, Mailroom, card, send, titles, words
from tests.test_outbox import Death

MATEJ = replace(
    ANA, id="matej", name="Matej", email="matej@example.org", address=Address("chat", "u-matej", "w1")
)
INTRO = GroupIntro(("ana", "matej"), card("intro"))


class Room(FakeChannel):
    """A channel with conversations of several people."""

    groups = True


class Hall(Mailroom):
    """A mailroom whose chat has such conversations, or has not."""

    def __init__(self, url: str = "sqlite://", *, groups: bool = True) -> None:
        super().__init__(url)
        self.chat = Room() if groups else FakeChannel()
        self.restarted()
        self.put(ANA, MATEJ)

    def introduce(self, **more: object) -> None:
        """Write the introduction as a step does: a row each, whose keys differ by the person alone."""
        self.intend(intro("ana", **more), intro("matej"))

    @property
    def both(self) -> list[str]:
        """Return the states of the two rows."""
        return self.states(intro("ana").key, intro("matej").key)

    def spent(self, person: str) -> int:
        """Return how often a person counts as interrupted today."""
        return len(self.store.read_now(lambda work: work.interruptions(person, MONDAY)))


def intro(to: str, **more: object) -> Send:
    """Return one person's part of the introduction."""
    return send(f"e1/welcome/once/{to}:{to}:open", "info", to=to, content=INTRO, **more)  # type: ignore[arg-type]


@pytest.fixture
def hall(db_url: str) -> Iterator[Hall]:
    """A hall on each database."""
    made = Hall(db_url)
    yield made
    made.store.close_now()


def alone(hall: Mailroom) -> list[tuple[str, list[str]]]:
    """Return who was given which cards; fails where somebody was given an introduction of all."""
    return sorted((d.to.id, told) for d, told in zip(hall.chat.taken, titles(hall.chat.taken), strict=True))


ONE_EACH = [("ana", ["intro"]), ("matej", ["intro"])]


async def test_all_are_told_once_in_one_conversation(hall: Hall) -> None:
    """Two people who are at work get one message, it is sent for both, and counts for both."""
    hall.introduce()
    assert 1 == await hall.outbox.deliver()
    (told,) = hall.chat.taken
    assert INTRO == told.content
    first, second = hall.row(intro("ana").key), hall.row(intro("matej").key)
    assert [("sent", 0, "m1"), ("sent", first.id, "")] == [
        (row.state, row.lead, row.message) for row in (first, second)
    ]
    assert [1, 1] == [hall.spent("ana"), hall.spent("matej")]
    hall.clock.move(days=3)
    assert 0 == await hall.outbox.deliver()


async def test_what_else_is_due_stays_private(hall: Hall) -> None:
    """What is meant for one of them never stands in the conversation of all."""
    hall.introduce()
    hall.intend(send("guide"), send("hint", to="matej"))
    assert 3 == await hall.outbox.deliver()
    assert [INTRO] == [d.content for d in hall.chat.taken if isinstance(d.content, GroupIntro)]
    cards = [d for d in hall.chat.taken if isinstance(d.content, Card)]
    assert [("ana", ["guide"]), ("matej", ["hint"])] == sorted(
        (d.to.id, told) for d, told in zip(cards, titles(cards), strict=True)
    )


async def test_where_there_are_no_such_conversations_nothing_interrupts_more(db_url: str) -> None:
    """A channel that has no conversations of several merges the card with what else is due, as any other card."""
    hall = Hall(db_url, groups=False)
    hall.introduce()
    hall.intend(send("guide"))
    assert 2 == await hall.outbox.deliver()
    assert [("ana", ["guide", "intro"]), ("matej", ["intro"])] == [
        (who, sorted(told)) for who, told in alone(hall)
    ]
    assert [1, 1] == [hall.spent("ana"), hall.spent("matej")]
    rows = hall.store.read_now(lambda work: work.parts_of_message("chat", "m1"))
    shown = hall.store.write_now(lambda work: renewed(work, rows, "yes", "guide", card("done")))
    assert isinstance(shown, Card)
    assert {"done", "intro"} == {word for word in words(shown) if not word.startswith("about ")}
    hall.store.close_now()


@pytest.mark.parametrize(
    "other",
    [
        replace(MATEJ, address=Address("chat", "u-matej", "w2")),
        replace(MATEJ, address=None),
        replace(MATEJ, language="sl"),
        replace(MATEJ, active=False),
        replace(MATEJ, reachable=False),
        replace(MATEJ, leave=(Span(MONDAY.date(), MONDAY.date()),)),
        replace(MATEJ, snoozed_until=MONDAY + timedelta(hours=2)),
        replace(MATEJ, zone="America/New_York"),
    ],
    ids=["workspace", "mail", "language", "left", "unreachable", "leave", "snoozed", "asleep"],
)
async def test_who_cannot_be_there_gets_a_card_alone(hall: Hall, other: Person) -> None:
    """Where one cannot be written to now, and there, the first gets the card alone and the other later, if ever."""
    hall.put(other)
    hall.introduce()
    await hall.outbox.deliver()
    assert ("ana", ["intro"]) in alone(hall)
    hall.clock.move(days=1, hours=6)
    await hall.outbox.deliver()
    assert 1 == sum(d.to.id == "ana" for d in hall.chat.taken)
    expected = {"ana"} if not (other.active and other.reachable) else {"ana", "matej"}
    assert expected == {d.to.id for d in (*hall.chat.taken, *hall.mail.taken)}


async def test_who_is_told_later_is_not_told_too_early(hall: Hall) -> None:
    """Where the other's part is due an hour later, each is told when it is due."""
    hall.intend(intro("ana"), intro("matej", at=MONDAY + timedelta(hours=1)))
    await hall.outbox.deliver()
    assert [("ana", ["intro"])] == alone(hall)
    hall.clock.move(hours=1)
    await hall.outbox.deliver()
    assert ONE_EACH == alone(hall)


async def test_who_had_enough_is_told_another_day(hall: Hall) -> None:
    """Where one was interrupted often enough today, the other is told alone, and nobody twice."""
    for key in ("x", "y"):
        hall.intend(send(key, to="matej"))
        await hall.outbox.deliver()
    hall.introduce()
    await hall.outbox.deliver()
    assert ["sent", "pending"] == hall.both
    hall.clock.move(days=1)
    await hall.outbox.deliver()
    assert ONE_EACH == [told for told in alone(hall) if told[1] == ["intro"]]


async def test_one_whose_messages_are_being_chosen_is_not_waited_for(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another transaction holds one of them nothing is decided; the next look tells both together."""
    hall.introduce()
    kind = hall.store.read_now(type)
    lock_person = kind.lock_person
    held = ["matej"]
    monkeypatch.setattr(kind, "lock_person", lambda work, one: one not in held and lock_person(work, one))
    assert 0 == await hall.outbox.deliver()
    assert ["pending", "pending"] == hall.both
    held.clear()
    assert 1 == await hall.outbox.deliver()
    assert ["sent", "sent"] == hall.both


@pytest.mark.parametrize("error", [Refused("no"), Unreachable("gone", "blocked")])
async def test_what_cannot_be_told_to_all_is_told_to_each(hall: Hall, error: Exception) -> None:
    """Where the platform refuses the conversation of all, each is written to alone, and nobody counts as gone."""
    hall.introduce()
    hall.chat.next = [error]
    await hall.outbox.deliver()
    await hall.outbox.deliver()
    assert (ONE_EACH, ["sent", "sent"]) == (alone(hall), hall.both)
    assert all(hall.person(one).reachable for one in ("ana", "matej"))


async def test_all_wait_where_the_platform_asks_to(hall: Hall) -> None:
    """After a limit both wait together, and are told together."""
    hall.introduce()
    hall.chat.next = [Throttled(30)]
    assert 0 == await hall.outbox.deliver()
    hall.clock.move(seconds=29)
    assert 0 == await hall.outbox.deliver()
    hall.clock.move(seconds=2)
    assert 1 == await hall.outbox.deliver()
    assert [INTRO] == [d.content for d in hall.chat.taken]


@pytest.mark.parametrize("arrived", [True, False])
async def test_doubt_is_settled_for_all(hall: Hall, arrived: bool) -> None:
    """An introduction in doubt is in doubt for both, and one decision settles it for both."""
    hall.introduce()
    hall.chat.next = [hall.chat.take_and_hang if arrived else OSError()]
    await hall.outbox.deliver()
    assert ["doubtful", "doubtful"] == hall.both
    (lead,) = hall.store.read_now(lambda work: work.unsettled())
    await hall.outbox.resolve(lead.id, arrived, "m1" if arrived else "")
    await hall.outbox.deliver()
    assert (["sent", "sent"], [INTRO]) == (hall.both, [d.content for d in hall.chat.taken])


@pytest.mark.parametrize(
    ("moment", "number"),
    [("before", 1), ("after", 1), ("before", 2), ("after", 2), ("call", 0), ("call", 1)],
)
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def test_death_at_any_point(new_db: Callable[[str], str], kind: str, moment: str, number: int) -> None:
    """Wherever the process dies, both are told once together; what is in doubt says so, for both."""
    hall = Hall(new_db(kind))
    hall.introduce()

    def at_commit(reached: int, when: str) -> None:
        if (when, reached) == (moment, number):
            raise Death

    async def die(delivery: Delivery) -> str:
        if number:
            hall.chat.take(delivery)
        raise Death

    hall.reopen(at_commit)
    if moment == "call":
        hall.chat.next = [die]
    with pytest.raises(Death):
        await hall.outbox.deliver()
    hall.reopen()
    await hall.outbox.deliver()
    taken = {d.id for d in hall.chat.taken}
    for row in hall.store.read_now(lambda work: work.unsettled()):
        await hall.outbox.resolve(row.id, str(row.id) in taken, "m1")
    await hall.outbox.deliver()
    assert (["sent", "sent"], [INTRO]) == (hall.both, [d.content for d in hall.chat.taken])
    hall.store.close_now()


async def test_a_press_on_it_changes_nothing_for_the_others(hall: Hall) -> None:
    """The message of all is one row's to look at, whoever pressed something on it."""
    hall.introduce()
    await hall.outbox.deliver()
    lead = hall.store.read_now(lambda work: work.row_of_message("chat", "m1"))
    assert lead is not None
    rows = hall.store.read_now(lambda work: work.parts_of_message("chat", "m1"))
    assert [lead.id] == [row.id for row in carried(rows)]
