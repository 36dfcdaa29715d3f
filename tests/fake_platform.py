"""A platform's side of HTTP on loopback: it keeps every call, and fails as it is asked to."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from aiohttp import web
from aiohttp.test_utils import TestServer

Answer = dict[str, Any]
_MOST_BYTES = 32 * 1024 * 1024


class Ticking(Protocol):
    """Whatever tells the time, such as tests.living.MovableClock."""

    def now(self) -> datetime:
        """Return the present instant."""
        ...


class RealClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)


# --- what can go wrong on every platform -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Broken:
    """Answer with this status in nobody's words; `after` says whether the call had its effect first."""

    status: int = 502
    after: bool = False


@dataclass(frozen=True, slots=True)
class Hangs:
    """Have the effect and never answer (until the server stops)."""


@dataclass(frozen=True, slots=True)
class Drops:
    """Close the connection without an answer; `after` says whether the call had its effect first."""

    after: bool = True


@dataclass(slots=True)
class Held:
    """Answer as usual, once `go` is set; `came` says that the call arrived."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)


# --- what it keeps ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it arrived, whether or not it was granted."""

    name: str
    told: dict[str, Any]
    token: str
    path: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)


F = TypeVar("F")


class FakePlatform(Generic[F]):
    """Every call that was made, by name, and the faults to come; `F` are those of this platform alone."""

    def __init__(self, clock: Ticking | None = None) -> None:
        self.clock: Ticking = clock or RealClock()
        self.calls: list[Call] = []
        self.revoked: set[str] = set()  # tokens
        self.changed = asyncio.Condition()
        self._faults: dict[str, deque[F | Broken | Hangs | Drops | Held]] = defaultdict(deque)
        self._numbers = itertools.count(1)
        self._hanging = asyncio.Event()
        self._server: TestServer | None = None

    # --- for tests

    def fails(self, name: str, *faults: F | Broken | Hangs | Drops | Held) -> None:
        """Let the next calls of a name go wrong, one fault a call."""
        self._faults[name].extend(faults)

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return what the calls of a name were told, in their order."""
        return [call.told for call in self.calls if call.name == name]

    async def until(self, name: str, times: int = 1) -> list[dict[str, Any]]:
        """Wait until a call was made so often, and return what the calls were told."""
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(lambda: len(self.of(name)) >= times), 10)
        return self.of(name)

    # --- the server

    async def start(self) -> None:
        """Listen on loopback."""
        application = web.Application(client_max_size=_MOST_BYTES)
        self.route(application.router)
        self._server = TestServer(application, host="127.0.0.1")
        await self._server.start_server()

    async def stop(self) -> None:
        """Let go of who hangs, and listen no more."""
        self._hanging.set()
        if self._server is not None:
            await self._server.close()

    def _root(self) -> str:
        assert self._server is not None, "the fake platform was not started"
        return str(self._server.make_url("")).rstrip("/")

    async def _serve(self, call: Call, request: web.Request) -> web.StreamResponse:
        fault = self._faults[call.name].popleft() if self._faults[call.name] else None
        async with self.changed:
            self.calls.append(call)
            self.changed.notify_all()
        match fault:
            case None:
                return self.do(call)
            case Broken(status, after):
                if after:
                    self.do(call)
                return web.Response(status=status, text="upstream trouble")
            case Drops(after):
                if after:
                    self.do(call)
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case Hangs():
                self.do(call)
                await self._hanging.wait()
                return web.Response(status=503)
            case Held():
                fault.came.set()
                await fault.go.wait()
                return self.do(call)
            case _:
                return self.fail(fault, call)

    # --- what each platform does in its own way

    def route(self, router: web.UrlDispatcher) -> None:
        """Say which addresses are served."""
        raise NotImplementedError

    def do(self, call: Call) -> web.StreamResponse:
        """Have the effect of a call, and answer it."""
        raise NotImplementedError

    def fail(self, fault: F, call: Call) -> web.StreamResponse:
        """Answer a call as a fault of this platform says."""
        raise NotImplementedError


P = TypeVar("P", bound=FakePlatform[Any])


@asynccontextmanager
async def running(fake: P) -> AsyncIterator[P]:
    """Let a platform listen while the block runs."""
    await fake.start()
    try:
        yield fake
    finally:
        await fake.stop()
