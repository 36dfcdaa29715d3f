"""A bot in Slack as a process of its own, for tests that kill it: `python -m tests.slack_server DATABASE API INSTANT`."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from aiohttp import web

from adapters.slack.app import SlackApp
from adapters.slack.conversations import Conversations
from adapters.slack.wire import Wire
from bot.app import compose
from storage.store import open_store
from tests.living import Letterbox, MovableClock
from tests.slack_life import SECRET, PlainCalls


async def serve(url: str, api_url: str, at: str) -> None:
    """Say which port it listens on, and go on until somebody ends it."""
    clock = MovableClock(datetime.fromisoformat(at))
    box = Letterbox(clock)
    app = compose(store=open_store(url), channels={"slack": box, "mail": box}, clock=clock, owner="test")
    calls = PlainCalls(Wire(api_url=api_url))
    slack = SlackApp(
        receive=app.receive,
        calls=calls,
        conversations=Conversations(calls),  # type: ignore[arg-type]
        clock=clock,
        secrets=[SECRET],
    )
    application = web.Application()
    application.add_routes(slack.routes())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
