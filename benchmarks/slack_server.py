"""
The processes that are measured, and the Slack they call: `python -m benchmarks.slack_server api|noop|bot …`.

Each says which port it listens on, and ends when its standard input does, so that none outlives who started it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from aiohttp import web

T = TypeVar("T")

_NAP_SECONDS = 0.001
_IDLE_SECONDS = 1.0
SECRET = "not-a-real-signing-secret"
TOKEN = "xoxb-not-a-real-token"
_ANSWER = json.dumps({"ok": True, "channel": "D1", "ts": "1.1", "view": {"id": "V1"}, "team_id": "T1"})
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"


# --- Slack's Web API -------------------------------------------------------------------------


class Api(asyncio.Protocol):
    """Say yes to every call as cheaply as can be, so that it is not what is measured."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
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
            method = head.split(b" ", 2)[1].rpartition(b"/")[2].decode()
            if method == "counts":
                self._say(json.dumps(self._counts))
            else:
                self._counts[method] += 1
                self._say(_ANSWER)

    def _say(self, body: str) -> None:
        self._transport.write(f"{_HEAD}Content-Length: {len(body)}\r\n\r\n{body}".encode())


async def _api() -> None:
    counts: Counter[str] = Counter()
    server = await asyncio.get_running_loop().create_server(lambda: Api(counts), "127.0.0.1", 0)
    await _until_left(server.sockets[0].getsockname()[1])


# --- what ours is compared with --------------------------------------------------------------


async def _noop(api_url: str) -> None:
    """Serve with bolt alone: a press is acknowledged, a command opens a small dialog first."""
    import aiohttp
    from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
    from slack_bolt.async_app import AsyncAck, AsyncApp
    from slack_bolt.authorization import AuthorizeResult
    from slack_sdk.web.async_client import AsyncWebClient

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=team_id, bot_token=TOKEN, bot_id="B1", bot_user_id="U1"
        )

    async with aiohttp.ClientSession() as session:  # shared, as bolt has it only where it is given one
        app = AsyncApp(
            signing_secret=SECRET,
            authorize=authorize,
            process_before_response=True,
            client=AsyncWebClient(base_url=api_url, session=session),
        )

        @app.action(re.compile(""))
        async def press(ack: AsyncAck) -> None:
            await ack()

        @app.command("/mentor")
        async def command(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
            line = {"type": "section", "text": {"type": "plain_text", "text": "Nothing"}}
            title = {"type": "plain_text", "text": "Nothing"}
            view = {"type": "modal", "title": title, "blocks": [line]}
            await client.views_open(trigger_id=body["trigger_id"], view=view)
            await ack()

        async def events(request: web.Request) -> web.StreamResponse:
            return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

        async def quiet(request: web.Request) -> web.StreamResponse:
            return _cost()

        await _serve([web.post("/slack/events", events), web.get("/quiet", quiet)])


# --- ours ------------------------------------------------------------------------------------


class Shifted:
    """A clock that goes like the machine's, so many seconds away from it."""

    def __init__(self, seconds: float) -> None:
        self._apart = timedelta(seconds=seconds)

    def now(self) -> datetime:
        """Return the instant."""
        return datetime.now(UTC) + self._apart


async def _bot(api_url: str, url: str, apart: str) -> None:
    """Serve as `telemachy serve` does, but without a heart: what is due is looked at when it is asked for."""
    from bot.app import compose
    from bot.cli.founding import lived
    from bot.cli.slack_room import LIMITS, furnish, outward
    from bot.config import Config, Secret, Server, Slack
    from bot.garbage import look_seldom
    from bot.ports import Channel
    from storage.store import open_store

    slack = Slack(mode="http", api_url=api_url, bot_token=Secret(TOKEN), signing_secret=(Secret(SECRET),))
    config = Config(slack=slack, server=Server(public_url="http://127.0.0.1"))
    clock, store = Shifted(float(apart)), open_store(url)
    out = outward(config, store, clock, "bench")
    channels: dict[str, Channel] = {out.channel.name: out.channel, "mail": out.channel}
    app = compose(
        store=store,
        channels=channels,
        clock=clock,
        owner="bench",
        company="Ithaca",
        current=lived(),
        limits={out.channel.name: LIMITS},
    )
    room = furnish(out, app.receive, app.outbox)

    async def quiet(request: web.Request) -> web.StreamResponse:
        """Wait until all that follows the answers is done."""
        while running := set(room.app._tasks._running):
            await asyncio.wait(running)
        return _cost()

    async def claim(request: web.Request) -> web.StreamResponse:
        """Look at everything that is due, and tell for how long the loop stood still meanwhile, and before."""
        idle, _ = await watched(asyncio.sleep(_IDLE_SECONDS))
        began = time.perf_counter()
        lag, looked = await watched(app.ticker.tick())
        took = time.perf_counter() - began
        return web.json_response({"looked": looked, "seconds": took, "lag": lag, "idle": idle})

    look_seldom()
    await _serve([*room.routes(), web.get("/quiet", quiet), web.get("/claim", claim)])
    await room.stop(1)
    await out.close()
    await store.close()


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


# --- a process -------------------------------------------------------------------------------


def _cost() -> web.StreamResponse:
    return web.json_response({"cpu": time.process_time()})


async def _serve(routes: list[web.RouteDef]) -> None:
    application = web.Application()
    application.add_routes(routes)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    await _until_left(runner.addresses[0][1])
    await runner.cleanup()


async def _until_left(port: int) -> None:
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.buffer.read)


def pin(core: str) -> None:
    """Keep this process to one core, where that can be said."""
    if core and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core)})


_ROLES: Mapping[str, Callable[..., Coroutine[Any, Any, None]]] = {"api": _api, "noop": _noop, "bot": _bot}

if __name__ == "__main__":
    role, core, *rest = sys.argv[1:]
    pin(core)
    asyncio.run(_ROLES[role](*rest))
