"""Several processes on one database: together they stay within what a workspace takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.events import Address
from bot.lanes import Limits, Rate
from bot.outbox import Outbox
from bot.outcome import Put
from bot.ports import Delivery, Store, Throttled, Work
from storage.store import open_store
from tests.conftest import NewDatabase
from tests.mailroom import ANA, MONDAY, Clock, send

PEOPLE = [replace(ANA, id=f"p{n}", address=Address("chat", f"u{n}", "w1")) for n in range(30)]
FIVE_IN_TEN = Limits(workspace=(Rate(5, 10.0),))

pytestmark = pytest.mark.postgres


class Chat:
    """A chat that remembers when it was called."""

    name = "chat"

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls: list[tuple[datetime, str]] = []
        self.next: list[Exception] = []

    async def deliver(self, delivery: Delivery) -> str:
        """Take a message."""
        await asyncio.sleep(0)  # so that both processes are at it
        if self.next:
            raise self.next.pop(0)
        self.calls.append((self.clock.now(), delivery.to.id))
        return f"m{len(self.calls)}"


class Street:
    """A clock, a chat, and two processes that send from one database."""

    def __init__(self, stores: list[Store]) -> None:
        self.store = stores[0]
        self.clock = Clock()
        self.chat = Chat(self.clock)
        self.boxes = [
            Outbox(
                store=store,
                channels={"chat": self.chat},
                clock=self.clock,
                owner=f"process {n}",
                limits={"chat": FIVE_IN_TEN},
                replicas=True,
            )
            for n, store in enumerate(stores)
        ]

    async def live(self, seconds: int) -> None:
        """Let both look every second."""
        for _ in range(seconds):
            await asyncio.gather(*(box.deliver() for box in self.boxes))
            self.clock.move(seconds=1)


@pytest.fixture
async def street(new_db: NewDatabase) -> AsyncIterator[Street]:
    """Two processes, and a message for each of thirty people."""
    url = new_db("postgresql")
    stores = [open_store(url), open_store(url)]

    def fill(work: Work) -> None:
        work.apply([Put(person) for person in PEOPLE], MONDAY)
        work.intend([send(f"k{p.id}", to=p.id) for p in PEOPLE], MONDAY)

    await stores[0].write(fill)
    yield Street(list(stores))
    for store in stores:
        await store.close()


async def test_two_processes_keep_one_rate(street: Street) -> None:
    """No stretch of time sees more calls of both than the workspace takes, and nobody waits much longer for that."""
    await street.live(75)
    calls = street.chat.calls
    assert sorted(p.id for p in PEOPLE) == sorted(who for _, who in calls), "each once"
    for at, _ in calls:
        assert 5 >= sum(at <= t < at + timedelta(seconds=10) for t, _ in calls)


async def test_a_wrong_clock_keeps_nobody_waiting(street: Street) -> None:
    """What a process wrote while its clock was a day ahead does not close the workspace for the others."""
    street.clock.move(days=1)
    await street.boxes[0].deliver()
    street.clock.move(days=-1)
    before = len(street.chat.calls)
    sends = [send(f"again{p.id}", to=p.id) for p in PEOPLE]
    await street.store.write(lambda work: work.intend(sends, MONDAY))
    await street.boxes[1].deliver()
    assert (5, 10) == (before, len(street.chat.calls))


async def test_a_mended_workspace_is_served_at_once(street: Street) -> None:
    """After a workspace was mended nothing waits any longer for what had stopped it; the rate still holds."""
    street.chat.next = [Throttled(600, everybody=True, why="token_revoked")] * 60
    await street.live(20)
    assert [] == street.chat.calls
    street.clock.move(seconds=10)  # the second process may have tried, and been told, later than the first
    await street.boxes[0].open("chat", "w2")
    await street.boxes[0].deliver()
    assert [] == street.chat.calls
    street.chat.next = []
    await street.boxes[0].open("chat", "w1")
    await street.boxes[0].deliver()
    assert 5 == len(street.chat.calls)
