"""How fast a platform may be called: a lane a conversation and one a workspace, kept in this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

_MANY = 4096  # lanes kept before those that have nothing to remember are let go
_BACKWARDS = timedelta(seconds=5)  # a clock set back by more makes all that lanes remember worthless


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` calls in any stretch of `seconds`."""

    count: int
    seconds: float

    def __post_init__(self) -> None:
        if self.count < 1 or self.seconds <= 0:
            raise ValueError(
                f"a rate allows at least one call in some seconds, not {self.count} in {self.seconds}"
            )


@dataclass(frozen=True, slots=True)
class Limits:
    """What one channel allows; empty means no limit."""

    conversation: tuple[Rate, ...] = ()
    workspace: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """Where a call goes: the channel, its workspace, and the person's address there."""

    channel: str
    workspace: str
    user: str


class Lane:
    """Remember the last calls, exactly as many as its rates count."""

    def __init__(self, rates: tuple[Rate, ...]) -> None:
        self._windows = [(timedelta(seconds=r.seconds), deque[datetime](maxlen=r.count)) for r in rates]
        self._spacing = max((timedelta(seconds=r.seconds / r.count) for r in rates), default=timedelta())
        self._closed_until: datetime | None = None
        self._tail: datetime | None = None

    def free_at(self, now: datetime) -> datetime:
        """Return when the next call may leave: now, or later."""
        opens = [calls[0] + length for length, calls in self._windows if len(calls) == calls.maxlen]
        return max((now, *opens, *([self._closed_until] if self._closed_until else [])))

    def take(self, now: datetime) -> None:
        """Remember a call."""
        for _, calls in self._windows:
            calls.append(now)

    def close(self, until: datetime) -> None:
        """Let nothing through before `until`."""
        self._closed_until = until

    def idle(self, now: datetime) -> bool:
        """Tell whether nothing that is remembered counts any more."""
        past = all(not calls or calls[-1] + length <= now for length, calls in self._windows)
        return past and (self._closed_until is None or self._closed_until <= now)

    def queue(self, now: datetime) -> datetime:
        """Return when it is worth asking again: later for each who asks, so that no crowd comes back."""
        free = self.free_at(now)
        self._tail = free if self._tail is None else max(free, self._tail + self._spacing)
        return self._tail


class Lanes:
    """
    Give out turns.

    All that is decided is decided in `turn`: rows of reserved tokens, shared by replicas, can come behind it.
    """

    def __init__(self, limits: Mapping[str, Limits]) -> None:
        self._limits = limits
        self._lanes: dict[tuple[str, ...], Lane] = {}
        self._latest: datetime | None = None
        self._lock = Lock()  # PostgreSQL's transactions run in several threads

    def turn(self, route: Route, now: datetime) -> datetime:
        """Return `now` where a call may leave at once, and count it as made; else when to ask again."""
        with self._lock:
            self._notice(now)
            limits = self._limits.get(route.channel)
            here = self._lane(
                (route.channel, route.workspace, route.user), limits.conversation if limits else ()
            )
            if here is not None and here.free_at(now) > now:
                return here.free_at(now)
            all_here = self._lane((route.channel, route.workspace), limits.workspace if limits else ())
            if all_here is not None and all_here.free_at(now) > now:
                return all_here.queue(now)
            for lane in (here, all_here):
                if lane is not None:
                    lane.take(now)
            return now

    def close(self, route: Route, now: datetime, until: datetime, *, everybody: bool = False) -> None:
        """Let nothing into this conversation, or into the whole workspace, before `until`."""
        with self._lock:
            self._notice(now)
            limits = self._limits.get(route.channel, Limits())
            if everybody:
                key, rates = (route.channel, route.workspace), limits.workspace
                self._lanes.setdefault(key, Lane(rates)).close(until)
            else:
                one = (route.channel, route.workspace, route.user)
                self._lanes.setdefault(one, Lane(limits.conversation)).close(until)

    def _lane(self, key: tuple[str, ...], rates: tuple[Rate, ...]) -> Lane | None:
        """Return the lane, made where there are rates to keep; None where nothing slows anybody down."""
        return self._lanes.setdefault(key, Lane(rates)) if rates else self._lanes.get(key)

    def _notice(self, now: datetime) -> None:
        """Forget what no longer matters, and everything where the clock was set back."""
        if self._latest is not None and now < self._latest - _BACKWARDS:
            self._lanes.clear()
        self._latest = now
        if len(self._lanes) > _MANY:
            self._lanes = {key: lane for key, lane in self._lanes.items() if not lane.idle(now)}
