"""
The processes that are measured, and the Slack they call: `python -m benchmarks.slack_server api|noop|bot …`.

Each says which port it listens on, and ends when its standard input does, so that none outlives who started it.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from aiohttp import web

from benchmarks.serving import Shifted, cost, pin, serve, serve_api, watched

_IDLE_SECONDS = 1.0
SECRET = "not-a-real-signing-secret"
TOKEN = "xoxb-not-a-real-token"
_ANSWER = json.dumps({"ok": True, "channel": "D1", "ts": "1.1", "view": {"id": "V1"}, "team_id": "T1"})


# --- Slack's Web API -------------------------------------------------------------------------


async def _api() -> None:
    counts: Counter[str] = Counter()

    def answer(_: str, path: str) -> str:
        method = path.rpartition("/")[2]
        if method == "counts":
            return json.dumps(counts)
        counts[method] += 1
        return _ANSWER

    await serve_api(lambda _: answer)


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
            return cost()

        await serve([web.post("/slack/events", events), web.get("/quiet", quiet)])


# --- ours ------------------------------------------------------------------------------------


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
        return cost()

    async def claim(request: web.Request) -> web.StreamResponse:
        """Look at everything that is due, and tell for how long the loop stood still meanwhile, and before."""
        idle, _ = await watched(asyncio.sleep(_IDLE_SECONDS))
        began = time.perf_counter()
        lag, looked = await watched(app.ticker.tick())
        took = time.perf_counter() - began
        return web.json_response({"looked": looked, "seconds": took, "lag": lag, "idle": idle})

    look_seldom()
    await serve([*room.routes(), web.get("/quiet", quiet), web.get("/claim", claim)])
    await room.stop(1)
    await out.close()
    await store.close()


_ROLES: Mapping[str, Callable[..., Coroutine[Any, Any, None]]] = {"api": _api, "noop": _noop, "bot": _bot}

if __name__ == "__main__":
    role, core, *rest = sys.argv[1:]
    pin(core)
    asyncio.run(_ROLES[role](*rest))
