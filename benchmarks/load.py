"""Sending what people do, and waiting; so many at a time, as quickly as they are answered."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_SIZE = re.compile(rb"(?i)content-length: *(\d+)")
_MOST_SECONDS = 60.0

Body = bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """One round: how many were answered in how many seconds, each after how long, at what cost of the server."""

    answered: int
    seconds: float
    waits: tuple[float, ...]  # sorted
    cpu: float

    @property
    def rate(self) -> float:
        """Return how many a second."""
        return self.answered / self.seconds

    def wait(self, part: float) -> float:
        """Return the wait that this part of all was not longer than, in seconds."""
        return self.waits[min(len(self.waits) - 1, int(len(self.waits) * part))]


class Line(asyncio.Protocol):
    """One connection that sends the next request when the last one is answered, until there is none."""

    def __init__(self, requests: Iterator[bytes], waits: list[float]) -> None:
        self._requests = requests
        self._waits = waits
        self._read = b""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, and wait to be told to begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def go_on(self) -> None:
        """Send the next request."""
        request = next(self._requests, None)
        if request is None:
            self._end(None)
            return
        self._began = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Take an answer; anything but "200" ends the round."""
        self._read += data
        head, found, rest = self._read.partition(b"\r\n\r\n")
        size = _SIZE.search(head)
        if not found or (size and len(rest) < int(size[1])):
            return
        self._waits.append(time.perf_counter() - self._began)
        self._read = b""
        if not head.startswith(b"HTTP/1.1 200"):
            self._end(RuntimeError(f"the server answered {head.partition(bytes([13]))[0].decode()}"))
        else:
            self.go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """End where the server hung up."""
        self._end(RuntimeError("the server hung up"))
        self._gone.set()

    def _end(self, error: Exception | None) -> None:
        if not self.ended.done():
            if error is None:
                self.ended.set_result(None)
            else:
                self.ended.set_exception(error)

    async def close(self) -> None:
        """Hang up."""
        self._end(None)
        self._transport.close()
        await self._gone.wait()


class Sender:
    """Send to one server; `written` makes a request of a body, with a number that no other has."""

    def __init__(self, port: int, written: Callable[[Body, int], bytes]) -> None:
        self._port = port
        self._written = written
        self._numbers = itertools.count(1)

    async def send(self, bodies: Sequence[Body], at_once: int, seconds: float) -> Sent:
        """Send for so long, so many at a time; the time until all that follows is done counts too."""
        before = await self.cost()
        waits: list[float] = []
        until = time.perf_counter() + seconds
        requests = self._requests(bodies, lambda: time.perf_counter() < until)
        lines = [await self._connect(requests, waits) for _ in range(at_once)]
        try:
            until = (began := time.perf_counter()) + seconds
            for line in lines:
                line.go_on()
            async with asyncio.timeout(_MOST_SECONDS):
                await _all(line.ended for line in lines)
                after = await self.cost()
            took = time.perf_counter() - began
        finally:
            await asyncio.gather(*(line.close() for line in lines))
        return Sent(len(waits), took, tuple(sorted(waits)), (after - before) / len(waits))

    async def cost(self) -> float:
        """Wait until the server has nothing left to do; return what it used of the processor so far, in seconds."""
        return float((await self.ask("/quiet"))["cpu"])

    async def ask(self, path: str) -> dict[str, Any]:
        """Return what the server says of itself."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            size = _SIZE.search(head)
            assert size is not None, head
            told: dict[str, Any] = json.loads(await reader.readexactly(int(size[1])))
            return told
        finally:
            writer.close()
            await writer.wait_closed()

    async def _connect(self, requests: Iterator[bytes], waits: list[float]) -> Line:
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(lambda: Line(requests, waits), "127.0.0.1", self._port)
        return line

    def _requests(self, bodies: Sequence[Body], more: Callable[[], bool]) -> Iterator[bytes]:
        while more():
            number = next(self._numbers)
            yield self._written(bodies[number % len(bodies)], number)


async def _all(waited: Iterable[asyncio.Future[None]]) -> None:
    """Wait for all of them, and raise what the first that failed did: no failure is left unread."""
    ended = await asyncio.gather(*waited, return_exceptions=True)
    for error in ended:
        if error is not None:
            raise error
