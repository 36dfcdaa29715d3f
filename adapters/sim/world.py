"""Let a whole company live through its programmes, on a clock that jumps from instant to instant."""

from __future__ import annotations

import heapq
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from adapters.sim.channel import Accepted, FakePlatform
from adapters.sim.crash import Crash
from adapters.sim.player import Act, Player
from adapters.sim.transcript import Transcript, canonical
from bot.events import Address, Event
from bot.facts import Person
from bot.outcome import Reply

T = TypeVar("T")
# People act on whole steps of this, so that what happens at about the same time is one look for the bot.
GRAIN = timedelta(minutes=10)
# Looks at one instant before the clock is moved by force: more means that something never comes to rest.
_RESTLESS = 50
_NEVER = 500


class Clockwork:
    """A clock that only its owner moves, and never back."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        """Return the present instant."""
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Move on to an instant; an earlier one changes nothing."""
        self._now = max(self._now, moment.astimezone(UTC))


class Bot(Protocol):
    """The process under test, as far as the world can touch it."""

    async def receive(self, event: Event) -> Reply:
        """Take in what somebody did."""
        ...

    async def tick(self) -> int:
        """Look at what is due; return at how many enrolments."""
        ...

    async def deliver(self) -> int:
        """Send what is due; return how many messages."""
        ...

    async def next_instant(self) -> datetime | None:
        """Return when anything is due next."""
        ...

    async def resolve(self) -> int:
        """Settle what is in doubt by what the channel truly did; return how much was."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


class Witness(Protocol):
    """Somebody who sees everything that people see and do, and nothing else."""

    def took(self, accepted: Accepted) -> None:
        """See a message arrive."""
        ...

    def did(self, at: datetime, person: Person, act: Act, reply: Reply, shown: str) -> None:
        """See somebody act, and what they were shown at once; `shown` is its canonical line."""
        ...


@dataclass(slots=True)
class Tally:
    """What a run came to."""

    acts: int = 0
    forms: int = 0
    instants: int = 0
    crashes: int = 0
    doubtful: int = 0
    restless: list[datetime] = field(default_factory=list)
    ended: datetime | None = None


class World:
    """Run the bot against its people until nothing is left to happen.

    When the process dies, everything in its memory is thrown away and `start` builds it anew from the
    database; whoever was acting at that moment does it again, as a platform would deliver it again.
    """

    def __init__(
        self,
        *,
        start: Callable[[], Awaitable[Bot]],
        platform: FakePlatform,
        clock: Clockwork,
        players: Mapping[str, Player],
        transcript: Transcript,
        witnesses: tuple[Witness, ...] = (),
        certain: bool = True,
    ) -> None:
        self.tally = Tally()
        self._start = start
        self._platform = platform
        self._clock = clock
        self._players = players
        self._transcript = transcript
        self._witnesses = witnesses
        self._certain = certain
        self._bot: Bot | None = None
        self._acts: list[tuple[datetime, str, int, Act]] = []
        self._counts: dict[str, int] = {}

    async def run(self, until: datetime) -> Tally:
        """Play on until nothing is due any more, or until an instant."""
        try:
            due = await self._due()
            while True:
                now = min((at for at in (due, self._next_act()) if at is not None), default=None)
                if now is None or now > until:
                    return self.tally
                self._clock.move_to(now)
                self.tally.instants += 1
                self.tally.ended = self._clock.now()
                await self._act()
                due = await self._settle()
        finally:
            self._end()

    def plan(self, act: Act, person: str) -> None:
        """Let somebody act at some later instant, by themselves."""
        at = max(_grain(act.at), self._clock.now())
        self._counts[person] = self._counts.get(person, 0) + 1
        heapq.heappush(self._acts, (at, person, self._counts[person], act))

    # --- one instant

    async def _due(self) -> datetime | None:
        return await self._alive(lambda bot: bot.next_instant())

    def _next_act(self) -> datetime | None:
        return self._acts[0][0] if self._acts else None

    async def _act(self) -> None:
        while self._acts and self._acts[0][0] <= self._clock.now():
            _, person, number, act = heapq.heappop(self._acts)
            await self._one(person, number, act)

    async def _one(self, person: str, number: int, act: Act) -> None:
        """Do one thing and go on with what it led to."""
        player = self._players[person]
        who = player.person.address or Address("sim", person)
        event = act.event(f"sim:{person}:{number}", who)
        reply = await self._alive(lambda bot: bot.receive(event))
        now = self._clock.now()
        self.tally.acts += 1
        self.tally.forms += act.kind == "submit"
        self._transcript.did(now, person, canonical([act.kind, act.verb, act.ref, act.value, act.values]))
        shown = canonical(reply)
        for witness in self._witnesses:
            witness.did(now, player.person, act, reply, shown)
        for following in player.answer(act, reply, now, key=shown):
            self.plan(following, person)

    async def _settle(self) -> datetime | None:
        """Look and send until nothing more is due at this instant, and return when something is."""
        for _ in range(_RESTLESS):
            await self._alive(lambda bot: bot.tick())
            await self._alive(lambda bot: bot.deliver())
            if not self._certain:
                self.tally.doubtful += await self._alive(lambda bot: bot.resolve())
            self._arrived(self._platform.take_fresh())
            due = await self._due()
            if due is None or due > self._clock.now():
                return due
        # Something says that it is due and yet never happens: remembered, and the clock moved on by force.
        self.tally.restless.append(self._clock.now())
        if len(self.tally.restless) > _NEVER:
            raise RuntimeError(f"nothing comes to rest any more at {self._clock.now()}: something stays due")
        self._clock.move_to(self._clock.now() + timedelta(minutes=1))
        return self._clock.now()

    def _arrived(self, fresh: Sequence[Accepted]) -> None:
        """Let everybody see what arrived. Of a message renewed meanwhile, its receiver sees the latest look."""
        for accepted in fresh:
            for witness in self._witnesses:
                witness.took(accepted)
        for accepted in _latest(fresh):
            self._transcript.took(accepted.at, accepted.to.id, accepted.line, accepted.replaces)
            player = self._players.get(accepted.to.id)
            if player is None:
                continue
            acts = player.react(
                accepted.content, self._clock.now(), message=accepted.message, key=accepted.line
            )
            for act in acts:
                self.plan(act, accepted.to.id)

    # --- a process that may die

    async def _alive(self, work: Callable[[Bot], Awaitable[T]]) -> T:
        """Do something with the process; if it dies of it, start it again and do it again."""
        while True:
            try:
                if self._bot is None:
                    self._bot = await self._start()
                return await work(self._bot)
            except Crash:
                self.tally.crashes += 1
                self._end()

    def _end(self) -> None:
        if self._bot is not None:
            self._bot.close()
        self._bot = None


def _grain(at: datetime) -> datetime:
    """Round down to a step of the grain."""
    return at - timedelta(
        minutes=at.minute % (GRAIN // timedelta(minutes=1)), seconds=at.second, microseconds=at.microsecond
    )


def _latest(fresh: Sequence[Accepted]) -> tuple[Accepted, ...]:
    """Return each message once, as it looks in the end; one that is new stays new."""
    seen: dict[tuple[str, str], Accepted] = {}
    for accepted in fresh:
        key = (accepted.to.id, accepted.message)
        first = seen.get(key)
        seen[key] = replace(first, content=accepted.content, line=accepted.line) if first else accepted
    return tuple(seen.values())
