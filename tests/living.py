"""A bot on a real store with a movable clock and a channel that keeps what it was given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from bot.app import App, compose
from bot.content import Role
from bot.events import Address, Pressed, Submitted
from bot.facts import Pair, Person
from bot.outcome import Put
from bot.ports import Answered, Delivery, Store, Work
from flows.enrol import enrol
from flows.programme import Programme
from flows.programme_file import load_programme
from storage.store import open_store
from tests.scenes import BY_ROLE, START

T = TypeVar("T")
BEGIN = datetime.fromisoformat("2026-12-21T08:00:00+00:00")


class MovableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self.at


class Letterbox:
    """A channel that keeps what it delivered, with the instant."""

    name = "test"

    def __init__(self, clock: MovableClock) -> None:
        self.clock = clock
        self.messages: list[tuple[datetime, Delivery]] = []

    async def deliver(self, delivery: Delivery) -> str:
        """Keep the message and return its place as its id."""
        self.messages.append((self.clock.now(), delivery))
        return f"m{len(self.messages)}"


async def live_until(app: App, clock: MovableClock, end: datetime) -> None:
    """Live from due instant to due instant, and on to this one."""
    await app.settle()
    while (at := await app.next_instant()) is not None and at <= end:
        clock.at = max(at, clock.at)
        await app.settle()
    clock.at = end


async def enrol_pair(
    store: Store, clock: MovableClock, text: str, placed: Callable[[Person], Person]
) -> None:
    """Enrol a pair that begins on 11 January 2027, each of its people where `placed` puts them."""
    programme = load_programme(text, "test.toml")
    seats: dict[Role, tuple[Person, ...]] = {
        role: tuple(placed(p) for p in people) for role, people in BY_ROLE.items()
    }

    def work(work: Work) -> None:
        work.keep_programme(programme.id, programme.version, text)
        work.apply([Put(p) for people in seats.values() for p in people], clock.now())
        work.apply(enrol(programme, "e1", seats, START, clock.now()), clock.now())

    await store.write(work)


class Life:
    """One enrolment on one store, lived from due instant to due instant."""

    def __init__(
        self, url: str, begin: datetime = BEGIN, current: tuple[Programme, str] | None = None
    ) -> None:
        self.clock = MovableClock(begin)
        self.box = Letterbox(self.clock)
        self.store = open_store(url, inline=True)
        channels = {"test": self.box, "mail": self.box}
        self.app: App = compose(
            store=self.store,
            channels=channels,
            clock=self.clock,
            owner="test",
            company="Lipa",
            current=current,
        )
        self._presses = 0

    async def enrol(
        self, text: str, seats: dict[Role, tuple[Person, ...]], start: date, enrolment: str = "e1"
    ) -> None:
        """Pin a programme and begin it for these people."""
        programme = load_programme(text, "test.toml")
        people = {p.id: p for group in seats.values() for p in group}

        def work(work: Work) -> None:
            work.keep_programme(programme.id, programme.version, text)
            work.apply([Put(p) for p in people.values()], self.clock.now())
            work.apply(enrol(programme, enrolment, seats, start, self.clock.now()), self.clock.now())

        await self.store.write(work)

    async def until(self, end: datetime) -> None:
        """Live on to an instant."""
        await live_until(self.app, self.clock, end)

    async def press(self, who: str, verb: str, ref: str, value: str = "", message: str = "") -> Answered:
        """Press something as somebody."""
        self._presses += 1
        event = Pressed(
            key=f"press{self._presses}",
            who=Address("test", who),
            verb=verb,
            ref=ref,
            value=value,
            message=message,
        )
        return await self.app.receive(event)

    async def submit(self, who: str, verb: str, ref: str, **values: str | tuple[str, ...]) -> Answered:
        """Send a form as somebody."""
        self._presses += 1
        event = Submitted(
            key=f"press{self._presses}", who=Address("test", who), verb=verb, ref=ref, values=values
        )
        return await self.app.receive(event)

    async def pair(self, enrolment: str = "e1") -> Pair:
        """Return everything known of an enrolment."""
        return await self.read(lambda work: work.pairs((enrolment,))[0])

    async def read(self, work: Callable[[Work], T]) -> T:
        """Ask the store."""
        return await self.store.read(work)

    def got(self, who: str) -> list[Delivery]:
        """Return what a person was given."""
        return [d for _, d in self.box.messages if d.to.id == who]

    async def close(self) -> None:
        """Close the store."""
        await self.store.close()
