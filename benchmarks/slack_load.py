"""What Slack does: sign what people did, send it, and wait; so many at a time, as quickly as they are answered."""

from __future__ import annotations

import asyncio
import hmac
import itertools
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from benchmarks.slack_scene import TAPPED, TEAM, Target
from benchmarks.slack_server import SECRET

_TRIGGER = b"trigger-%012d"
_EMPTY = _TRIGGER % 0
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


# --- what people do --------------------------------------------------------------------------


def commands(targets: Sequence[Target]) -> tuple[Body, ...]:
    """Return `/mentor feedback` of every mentor."""
    return tuple(
        urlencode(
            {
                "token": "none",
                "team_id": TEAM,
                "team_domain": "ithaca",
                "channel_id": "C1",
                "channel_name": "general",
                "user_id": one.mentor,
                "user_name": one.mentor.lower(),
                "command": "/mentor",
                "text": "feedback",
                "api_app_id": "A1",
                "is_enterprise_install": "false",
                "response_url": "http://127.0.0.1:9/none",
                "trigger_id": _EMPTY.decode(),
            }
        ).encode()
        for one in targets
    )


def presses(targets: Sequence[Target]) -> tuple[Body, ...]:
    """Return taps on two questions of every mentee's check-in, five times, with another answer each time."""
    taps = itertools.product(range(1, 6), TAPPED, targets)
    return tuple(_form(_press(one, question, answer)) for answer, question, one in taps)


def _form(payload: dict[str, Any]) -> Body:
    return urlencode({"payload": json.dumps(payload, separators=(",", ":"))}).encode()


def _press(one: Target, question: str, answer: int) -> dict[str, Any]:
    channel, _, ts = one.message.partition(":")
    return {
        "type": "block_actions",
        "user": {"id": one.mentee, "username": one.mentee.lower(), "name": one.mentee, "team_id": TEAM},
        "api_app_id": "A1",
        "token": "none",
        "container": {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False},
        "trigger_id": _EMPTY.decode(),
        "team": {"id": TEAM, "domain": "ithaca"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": channel, "name": "directmessage"},
        "message": {
            "type": "message",
            "user": "U1",
            "bot_id": "B1",
            "app_id": "A1",
            "team": TEAM,
            "ts": ts,
            "text": "Week 2, three taps.",
            "blocks": one.blocks,
        },
        "state": {"values": {}},
        "response_url": "http://127.0.0.1:9/none",
        "actions": [
            {
                "type": "button",
                "action_id": f"ask:{answer - 1}",
                "block_id": "b1",
                "text": {"type": "plain_text", "text": str(answer), "emoji": False},
                "value": f"checkin.tap {one.step}/{question} {answer}",
                "action_ts": "1.1",
            }
        ],
    }


# --- sending it ------------------------------------------------------------------------------


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
    """Send to one server, whose clock is so many seconds away from ours."""

    def __init__(self, port: int, apart: float = 0.0) -> None:
        self._port = port
        self._apart = apart
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
            yield _signed(bodies[number % len(bodies)].replace(_EMPTY, _TRIGGER % number), self._apart)


async def _all(waited: Iterable[asyncio.Future[None]]) -> None:
    """Wait for all of them, and raise what the first that failed did: no failure is left unread."""
    ended = await asyncio.gather(*waited, return_exceptions=True)
    for error in ended:
        if error is not None:
            raise error


def _signed(raw: bytes, apart: float) -> bytes:
    at = b"%d" % (time.time() + apart)
    signature = hmac.new(SECRET.encode(), b"v0:" + at + b":" + raw, sha256).hexdigest().encode()
    return (
        b"POST /slack/events HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"X-Slack-Request-Timestamp: %b\r\nX-Slack-Signature: v0=%b\r\nContent-Length: %d\r\n\r\n%b"
    ) % (at, signature, len(raw), raw)
