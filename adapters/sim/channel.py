"""A platform that exists only here: it remembers what it truly took, and misbehaves on request."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from adapters.sim.transcript import canonical
from bot.content import Content
from bot.facts import Person
from bot.ports import Clock, Delivery, Refused, Throttled, Unreachable, Unsure

Mishap = Literal["", "throttled", "refused", "unreachable", "taken_unsure", "lost_unsure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A message as the receiver has it; `line` is its canonical form."""

    at: datetime
    to: Person
    message: str
    content: Content
    replaces: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """A message that the platform said it will not take, and said so: a stated reason for its absence."""

    at: datetime
    to: Person
    why: Mishap
    content: Content
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often, of all calls, each mishap happens; which calls it hits depends on seed and message only."""

    seed: str
    throttled: float = 0.03
    refused: float = 0.002
    unreachable: float = 0.0
    taken_unsure: float = 0.01
    lost_unsure: float = 0.01

    def mishap(self, *about: str) -> Mishap:
        """Return what goes wrong with this call."""
        drawn = hashlib.sha256("\0".join((self.seed, *about)).encode()).digest()[:8]
        left = int.from_bytes(drawn) / 2**64
        chances: tuple[tuple[Mishap, float], ...] = (
            ("throttled", self.throttled),
            ("refused", self.refused),
            ("unreachable", self.unreachable),
            ("taken_unsure", self.taken_unsure),
            ("lost_unsure", self.lost_unsure),
        )
        for mishap, chance in chances:
            if left < chance:
                return mishap
            left -= chance
        return ""


def nothing_at(point: str) -> None:
    """Pass a point at which a process might die, alive."""


class FakePlatform:
    """Take messages as a channel; `on_point` is called before and after taking one, and may raise."""

    def __init__(
        self,
        clock: Clock,
        *,
        name: str = "sim",
        faults: Faults | None = None,
        on_point: Callable[[str], None] = nothing_at,
        on_taken: Callable[[Accepted], None] | None = None,
    ) -> None:
        self.name = name
        self.fresh: list[Accepted] = []  # taken since somebody last looked
        self.denied: list[Denied] = []
        self.on_point = on_point
        self._on_taken = on_taken
        self._clock = clock
        self._faults = faults
        self._taken: dict[str, str] = {}  # delivery id -> the message as which it arrived
        self._messages: dict[str, int] = {}
        self._begun: list[str] = []
        self._calls: dict[tuple[str, str], int] = {}

    async def deliver(self, delivery: Delivery) -> str:
        """Take a message, or fail as the faults have it."""
        self._begun.append(delivery.id)
        line = canonical(delivery.content)
        mishap = self._mishap(delivery, line)
        self.on_point("before sending")
        match mishap:
            case "throttled":
                raise Throttled(30)
            case "refused" | "unreachable":
                now = self._clock.now()
                self.denied.append(
                    Denied(at=now, to=delivery.to, why=mishap, content=delivery.content, line=line)
                )
                raise Refused("no such message") if mishap == "refused" else Unreachable("gone")
            case "lost_unsure":
                raise Unsure("no answer; it was not taken")
        message = self._take(delivery, line)
        self.on_point("after sending")
        if mishap == "taken_unsure":
            raise Unsure("no answer; it was taken")
        return message

    def taken_as(self, delivery_id: str) -> str | None:
        """Return the message as which a delivery truly arrived, None where it never did."""
        return self._taken.get(delivery_id)

    def take_fresh(self) -> tuple[Accepted, ...]:
        """Return what arrived since the last call."""
        fresh = tuple(self.fresh)
        self.fresh.clear()
        return fresh

    def take_begun(self) -> tuple[str, ...]:
        """Return the ids of the deliveries begun since the last call: any of them may have ended in doubt."""
        begun = tuple(dict.fromkeys(self._begun))
        self._begun.clear()
        return begun

    def _mishap(self, delivery: Delivery, line: str) -> Mishap:
        if self._faults is None:
            return ""
        key = (delivery.to.id, hashlib.sha256(line.encode()).hexdigest())
        self._calls[key] = self._calls.get(key, 0) + 1
        return self._faults.mishap(*key, str(self._calls[key]))

    def _take(self, delivery: Delivery, line: str) -> str:
        to = delivery.to
        message = delivery.replaces
        if not message:
            self._messages[to.id] = self._messages.get(to.id, 0) + 1
            message = f"{to.id}-m{self._messages[to.id]}"
        self._taken[delivery.id] = message
        accepted = Accepted(
            at=self._clock.now(),
            to=to,
            message=message,
            content=delivery.content,
            replaces=delivery.replaces,
            line=line,
        )
        self.fresh.append(accepted)
        if self._on_taken is not None:
            self._on_taken(accepted)
        return message
