"""How fast a platform may be called: a lane a conversation and one a workspace."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from bot.ports import Work

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
        self._why = ""
        self._tail: datetime | None = None

    def free_at(self, now: datetime) -> datetime:
        """Return when the next call may leave: now, or later."""
        opens = [calls[0] + length for length, calls in self._windows if len(calls) == calls.maxlen]
        return max((now, *opens, *([self._closed_until] if self._closed_until else [])))

    def take(self, now: datetime) -> None:
        """Remember a call."""
        for _, calls in self._windows:
            calls.append(now)

    def close(self, until: datetime, why: str) -> None:
        """Let nothing through before `until`."""
        self._closed_until, self._why = until, why

    def open(self, now: datetime) -> str | None:
        """Let calls through again; return why nothing was let through, None where nothing hindered them."""
        until, self._closed_until, self._tail = self._closed_until, None, None
        return self._why if until is not None and until > now else None

    def written(self) -> str:
        """Return the last calls, for others to learn."""
        calls = max((calls for _, calls in self._windows), key=len, default=())
        return " ".join(at.isoformat() for at in calls)

    def learn(self, written: str, now: datetime) -> None:
        """Take over the last calls as others know them; what only a wrong clock can have written is no call."""
        told = [datetime.fromisoformat(at) for at in written.split()]
        for _, calls in self._windows:
            calls.clear()
            calls.extend(at for at in told if at <= now + _BACKWARDS)

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

    A conversation's lane is kept in this process: should two processes write to one person in one second, the
    platform asks one of them to wait. With `shared`, a workspace's last calls are kept in the database, so that
    all processes on it stay within the workspace's rates together; they are read only when this process itself
    knows of nothing against a call.
    """

    def __init__(self, limits: Mapping[str, Limits], *, shared: bool = False) -> None:
        self._limits = limits
        self._shared = shared
        self._lanes: dict[tuple[str, ...], Lane] = {}
        self._latest: datetime | None = None
        self._lock = Lock()  # PostgreSQL's transactions run in several threads

    def turn(self, route: Route, now: datetime, work: Work) -> datetime:
        """Return `now` where a call may leave at once, and count it as made; else when to ask again."""
        workspace = self._limits.get(route.channel, Limits()).workspace
        if not (self._shared and workspace):
            return self._turn(route, now)
        at = self._turn(route, now, take=False)
        if at > now:
            return at
        # Not under the lock of this process: whoever has the row may want that one before it lets the row go.
        key = f"lane/{route.channel}/{route.workspace}"
        known = work.lock_setting(key) or ""
        with self._lock:
            lane = self._lanes.setdefault((route.channel, route.workspace), Lane(workspace))
            lane.learn(known, now)
        at = self._turn(route, now)
        if at == now:
            with self._lock:
                written = lane.written()
            work.keep_setting(key, written)
        return at

    def _turn(self, route: Route, now: datetime, *, take: bool = True) -> datetime:
        with self._lock:
            self._notice(now)
            limits = self._limits.get(route.channel, Limits())
            here = self._lane((route.channel, route.workspace, route.user), limits.conversation)
            if here is not None and here.free_at(now) > now:
                return here.free_at(now)
            all_here = self._lane((route.channel, route.workspace), limits.workspace)
            if all_here is not None and all_here.free_at(now) > now:
                return all_here.queue(now)
            for lane in (here, all_here) if take else ():
                if lane is not None:
                    lane.take(now)
            return now

    def close(
        self, route: Route, now: datetime, until: datetime, *, everybody: bool = False, why: str = ""
    ) -> None:
        """Let nothing into this conversation, or into the whole workspace, before `until`."""
        with self._lock:
            self._notice(now)
            limits = self._limits.get(route.channel, Limits())
            if everybody:
                key, rates = (route.channel, route.workspace), limits.workspace
                self._lanes.setdefault(key, Lane(rates)).close(until, why)
            else:
                one = (route.channel, route.workspace, route.user)
                self._lanes.setdefault(one, Lane(limits.conversation)).close(until, why)

    def open(self, channel: str, workspace: str, now: datetime) -> dict[str, str]:
        """Let calls into a closed workspace again, or into all ("") of a channel; return why each was closed."""
        opened = {}
        with self._lock:
            for key, lane in self._lanes.items():
                if len(key) == 2 and key[0] == channel and workspace in ("", key[1]):
                    why = lane.open(now)
                    if why is not None:
                        opened[key[1]] = why
        return opened

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
