"""
What the processes of a benchmark are made of.

Each ends when its standard input does, so that none outlives who started it.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from aiohttp import web

T = TypeVar("T")

_NAP_SECONDS = 0.001
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"


class Api(asyncio.Protocol):
    """Answer every call as cheaply as can be, so that it is not what is measured: by method and path."""

    def __init__(self, answer: Callable[[str, str], str]) -> None:
        self._answer = answer
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each call that is complete."""
        self._read += data
        while True:
            head, found, rest = self._read.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            most = int(length[1]) if length else 0
            if not found or len(rest) < most:
                return
            self._read = rest[most:]
            method, path, _ = head.decode().split(" ", 2)
            self._say(self._answer(method, path))

    def _say(self, body: str) -> None:
        self._transport.write(f"{_HEAD}Content-Length: {len(body)}\r\n\r\n{body}".encode())


async def serve_api(answering: Callable[[int], Callable[[str, str], str]]) -> None:
    """Serve what a platform would answer, which is made for the port that it has here."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    port = listener.getsockname()[1]
    answer = answering(port)
    await asyncio.get_running_loop().create_server(lambda: Api(answer), sock=listener)
    await until_left(port)


class Shifted:
    """A clock that goes like the machine's, so many seconds away from it."""

    def __init__(self, seconds: float) -> None:
        self._apart = timedelta(seconds=seconds)

    def now(self) -> datetime:
        """Return the instant."""
        return datetime.now(UTC) + self._apart


async def watched(work: Coroutine[Any, Any, T]) -> tuple[dict[str, float], T]:
    """
    Return how much later than it asked for a sleeping task is woken while this is done, and what it came to.

    `most` is the part of it in which this process itself was at work, `wall` all of it: the rest is the machine's,
    which does other things meanwhile.
    """
    wall, own = [0.0], [0.0]

    async def watch() -> None:
        while True:
            slept, worked = time.perf_counter(), time.process_time()
            await asyncio.sleep(_NAP_SECONDS)
            wall.append(time.perf_counter() - slept - _NAP_SECONDS)
            own.append(min(wall[-1], time.process_time() - worked))

    watching = asyncio.create_task(watch())
    try:
        done = await work
    finally:
        watching.cancel()
    own.sort()
    return {"most": own[-1], "p99": own[int(len(own) * 0.99)], "wall": max(wall), "times": len(own)}, done


def cost() -> web.StreamResponse:
    """Answer with what this process used of the processor so far."""
    return web.json_response({"cpu": time.process_time()})


async def serve(routes: list[web.RouteDef]) -> None:
    """Serve these until nobody needs it any more."""
    application = web.Application()
    application.add_routes(routes)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    await until_left(runner.addresses[0][1])
    await runner.cleanup()


async def until_left(port: int) -> None:
    """Say which port it is, and wait for the end."""
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)


def pin(core: str) -> None:
    """Keep this process to one core, where that can be said."""
    if core and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core)})
