"""The composition root: the one place where core, storage and adapters meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.engine import Engine
from bot.events import Event
from bot.facts import Person
from bot.flight import OnFailed
from bot.lanes import Limits
from bot.outbox import Outbox, no_jitter
from bot.ports import Answered, Calling, Channel, Clock, Links, Queued, Store, Work
from bot.ticker import Ticker
from bot.world import World
from flows import register
from flows.calendar_feed import feed
from flows.home import home, nearest
from flows.programme import Programme
from flows.programme_file import load_programme
from flows.scene import Call
from flows.signals import undelivered
from flows.visibility import for_the_bot


@dataclass(frozen=True, slots=True)
class App:
    """A running bot, however it is driven: by a heartbeat, by a playground's clock, by a simulation."""

    engine: Engine
    ticker: Ticker
    outbox: Outbox
    store: Store
    world: World
    clock: Clock

    async def receive(self, event: Event) -> Answered:
        """Take in what somebody did."""
        return await self.engine.receive(event)

    async def settle(self) -> int:
        """Tick and deliver until nothing is due now; return how many messages were delivered."""
        total = 0
        while True:
            looked = await self.ticker.tick()
            sent = await self.outbox.deliver()
            total += sent
            if not looked and not sent:
                return total

    def calendar(self, work: Work, person: Person) -> bytes:
        """Return the meetings of a person's pairs as a calendar."""
        now = self.clock.now()
        pairs = work.pairs(work.enrolments_of(person.id), ("meetings",))
        scenes = [self.world.scene(work, self.world.seen_by(pair, person), now, person) for pair in pairs]
        return feed(person, scenes, now)

    async def next_instant(self) -> datetime | None:
        """Return when something is due next."""
        return await self.store.read(lambda work: work.next_instant())


def compose(
    *,
    store: Store,
    channels: Mapping[str, Channel],
    clock: Clock,
    owner: str,
    holidays: tuple[date, ...] = (),
    company: str = "",
    current: tuple[Programme, str] | None = None,
    limits: Mapping[str, Limits] | None = None,
    jitter: Callable[[], float] = no_jitter,
    replicas: bool = False,
    links: Links | None = None,
) -> App:
    """
    Put a bot together.

    `current` is the programme that pairs enrolled in the chat live, with its text; `limits` say by channel how fast
    it may be called, and `jitter` (0 to 1) keeps those who were asked to wait from coming back together. `replicas`:
    other processes work on the same database. `links` make the addresses of our own pages, where there are any.
    """
    world = World(
        load=load_programme,
        holidays=holidays,
        company=company,
        current=current,
        pages=links is not None,
        call_link=call_of(channels),
    )
    ticker = Ticker(store=store, clock=clock, world=world, kinds=register.KINDS)
    outbox = Outbox(
        store=store,
        channels=channels,
        clock=clock,
        owner=owner,
        holidays=holidays,
        limits=limits,
        jitter=jitter,
        replicas=replicas,
        on_failed=_telling(world, clock),
        links=links,
    )
    engine = _engine(store, clock, world, links)
    return App(engine=engine, ticker=ticker, outbox=outbox, store=store, world=world, clock=clock)


def _engine(store: Store, clock: Clock, world: World, links: Links | None) -> Engine:
    """Return what receives, knowing every verb and word of the flows."""
    return Engine(
        store=store,
        clock=clock,
        world=world,
        verbs=register.VERBS,
        commands=register.COMMANDS,
        home=home,
        nearest=nearest,
        links=links,
    )


def _telling(world: World, clock: Clock) -> OnFailed:
    """Return what tells the coordinator that a message was refused for good (DESIGN §5)."""

    def on_failed(work: Work, row: Queued, why: str) -> None:
        now = clock.now()
        for pair in work.pairs((row.send.enrolment,)) if row.send.enrolment else ():
            outcome = undelivered(world.scene(work, for_the_bot(pair), now), row.send.to, why)
            work.apply(outcome.changes, now)
            work.intend(outcome.sends, now)

    return on_failed


def call_of(channels: Mapping[str, Channel]) -> Call:
    """Return how a video call of people begins: in the first app that has calls and knows all of them."""
    calling = [(name, one) for name, one in channels.items() if isinstance(one, Calling)]

    def link(people: Sequence[Person]) -> str:
        for name, channel in calling:
            if people and all(any(at.channel == name for at in person.addresses) for person in people):
                return channel.call_link(people)
        return ""

    return link
