"""A bot on a real store behind one chat platform's real translator: what both platforms' tests have in common."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from bot.app import App, compose
from bot.facts import Pair
from bot.ports import Store
from tests.living import Letterbox, MovableClock, live_until

BEGIN = datetime.fromisoformat("2027-01-18T09:00:00+00:00")
Json = dict[str, Any]


class ChatLife:
    """One enrolled pair and their bot, whose messages to `channel` are kept in a box."""

    def __init__(self, store: Store, clock: MovableClock, channel: str) -> None:
        self.clock = clock
        self.store = store
        self.box = Letterbox(clock)
        channels = {channel: self.box, "mail": self.box}
        self.app: App = compose(store=store, channels=channels, clock=clock, owner="test", company="Lipa")
        self.slept: list[float] = []
        self.client: TestClient[web.Request, web.Application] | None = None

    async def sleep(self, seconds: float) -> None:
        """Note a pause, which takes no time."""
        self.slept.append(seconds)

    async def post(self, body: Json | bytes) -> ClientResponse:
        """Send something as the platform does."""
        raise NotImplementedError

    async def answer(self, body: Json) -> Json:
        """Send something and return what was answered in JSON, {} where nothing was."""
        response = await self.post(body)
        text = await response.text()
        assert 200 == response.status, text
        found: Json = json.loads(text) if text else {}
        return found

    @asynccontextmanager
    async def listening(self, routes: list[web.RouteDef]) -> AsyncIterator[None]:
        """Serve these addresses while the block runs."""
        application = web.Application()
        application.add_routes(routes)
        server = TestServer(application, host="127.0.0.1")
        await server.start_server(access_log=None)  # as `telemachy serve` has none
        async with TestClient(server) as self.client:
            yield

    async def pair(self) -> Pair:
        """Return everything known of the enrolment."""
        return await self.store.read(lambda work: work.pairs(("e1",))[0])

    async def until(self, end: datetime) -> None:
        """Live on to an instant."""
        await live_until(self.app, self.clock, end)
