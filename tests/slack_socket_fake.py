"""The other end of Socket Mode, on loopback: it says hello, sends envelopes, waits for what confirms them, or goes deaf."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from tests.slack_fake import FakeSlack

Json = dict[str, Any]


class FakeSocket:
    """What Slack keeps of an app's connections."""

    def __init__(self) -> None:
        self.confirmed: dict[str, Json] = {}  # what confirmed each envelope, by its id
        self.connections = 0
        self.deaf = False  # takes connections and answers no ping
        self._changed = asyncio.Condition()
        self._sockets: list[web.WebSocketResponse] = []
        self._numbers = itertools.count(1)

    async def send(self, kind: str, payload: Mapping[str, Any], **more: object) -> str:
        """Send an envelope over the newest connection and return its id."""
        envelope = f"envelope-{next(self._numbers)}"
        told = {"type": kind, "payload": payload, "accepts_response_payload": True}
        await self._sockets[-1].send_json({"envelope_id": envelope, **told, **more})
        return envelope

    async def until_confirmed(self, envelope: str) -> Json:
        """Wait for what confirms an envelope."""
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: envelope in self.confirmed), 10)
        return self.confirmed[envelope]

    async def until_connected(self, times: int) -> None:
        """Wait for so many connections in all."""
        async with self._changed:
            await asyncio.wait_for(self._changed.wait_for(lambda: self.connections >= times), 10)

    async def refresh(self) -> None:
        """Say that this connection ends soon, as Slack does every few hours."""
        await self._sockets[-1].send_json({"type": "disconnect", "reason": "refresh_requested"})

    async def drop(self) -> None:
        """End the newest connection without a word."""
        await self._sockets[-1].close()

    async def link(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection."""
        socket = web.WebSocketResponse(autoping=not self.deaf)
        await socket.prepare(request)
        self._sockets.append(socket)
        if not self.deaf:
            await socket.send_json({"type": "hello", "num_connections": 1})
        async with self._changed:
            self.connections += 1
            self._changed.notify_all()
        async for message in socket:
            if message.type is WSMsgType.TEXT and not self.deaf:
                told = message.json()
                async with self._changed:
                    self.confirmed[told["envelope_id"]] = told
                    self._changed.notify_all()
        return socket


@asynccontextmanager
async def socket_server(fake: FakeSlack) -> AsyncIterator[FakeSocket]:
    """Run the other end, and let the fake Slack name it as the address to connect to."""
    made = FakeSocket()
    application = web.Application()
    application.router.add_get("/link", made.link)
    server = TestServer(application, host="127.0.0.1")
    await server.start_server(access_log=None)
    fake.socket_url = str(server.make_url("/link?ticket=fake-ticket")).replace("http://", "ws://")
    try:
        yield made
    finally:
        await server.close()
