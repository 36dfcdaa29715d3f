"""A bot as `telemachy serve` puts it together, its Slack the independent stand-in, its clock one that tests move."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from adapters.slack import names
from bot.app import App, compose
from bot.cli.founding import lived
from bot.cli.slack_room import SlackRoom, furnish, outward
from bot.config import load_config
from bot.facts import Person
from bot.outcome import Put
from bot.ports import Channel
from storage.store import open_store
from tests.living import Letterbox, MovableClock, live_until
from tests.scenes import ANA, BREDA, IRENA, MATEJ, PETER
from tests.slack_life import SECRET, Json, signature, written
from tests.standin_slack import TOKEN, StandIn

# Nobody is known in Slack yet: they are found there by their e-mail address.
PEOPLE = tuple(replace(p, address=None) for p in (replace(ANA, manager="peter"), MATEJ, PETER, IRENA, BREDA))
_CONFIG = """
[slack]
mode = "http"
api_url = "{api}"
files = true
{more}

[server]
public_url = "http://127.0.0.1"
"""


class Bot:
    """A running bot, the people who use it, and what they see in Slack."""

    def __init__(
        self, app: App, room: SlackRoom, clock: MovableClock, slack: StandIn, mail: Letterbox
    ) -> None:
        self.app = app
        self.room = room
        self.clock = clock
        self.slack = slack
        self.mail = mail
        self.client: TestClient[web.Request, web.Application] | None = None

    async def post(self, body: Json) -> ClientResponse:
        """Send a payload as Slack does, from this workspace and signed now."""
        raw, kind = written(_from(body, self.slack.team))
        at = str(int(self.clock.now().timestamp()))
        told = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature(raw, at, SECRET)}
        assert self.client is not None
        return await self.client.post(names.EVENTS, data=BytesIO(raw), headers={"Content-Type": kind, **told})

    async def does(self, body: Json) -> Json:
        """Send a payload, wait for everything that follows, and return what was answered at once."""
        response = await self.post(body)
        text = await response.text()
        assert 200 == response.status, text
        await self.room.app._tasks.settle()
        await self.app.settle()
        found: Json = json.loads(text) if text else {}
        return found

    async def until(self, end: datetime) -> None:
        """Live on to an instant."""
        await live_until(self.app, self.clock, end)

    def conversation(self, who: str) -> str:
        """Return the direct conversation of the bot with a person."""
        channel = self.slack.call("conversations.open", users=self.slack.users[who])["channel"]
        assert isinstance(channel, dict)
        return str(channel["id"])

    def said_to(self, who: str) -> Sequence[Mapping[str, Any]]:
        """Return what stands in the bot's conversation with a person, oldest first."""
        return self.slack.messages(self.conversation(who))

    def control(self, who: str, verb: str, label: str = "") -> tuple[str, str]:
        """Return the newest message of a person with a control of this verb, and what pressing that sends."""
        channel = self.conversation(who)
        for message in reversed(self.said_to(who)):
            for element in elements(message.get("blocks", ())):
                told = str(element.get("value", ""))
                text = element.get("text", {})
                words = text.get("text", "") if isinstance(text, dict) else ""
                if told.startswith(f"{verb} ") and label in words:
                    return names.message_id(channel, str(message["ts"])), told
        raise AssertionError(f"{who} has no message with a button for {verb}")


def elements(blocks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return everything in these blocks that can be pressed."""
    found: list[Mapping[str, Any]] = []
    for block in blocks:
        found += block.get("elements", ()) if block["type"] == "actions" else ()
        found += [block["accessory"]] if "accessory" in block else []
    return found


def words_of(message: Mapping[str, Any]) -> str:
    """Return everything that a message, a dialog or a home says, as its JSON."""
    return json.dumps(message, ensure_ascii=False)


def _from(body: Json, team: str) -> Json:
    """Return the payload as it comes from this workspace."""
    for part in (body, body.get("user", {}), body.get("team", {}), body.get("view", {})):
        if isinstance(part, dict) and "team_id" in part:
            part["team_id"] = team
    if isinstance(body.get("team"), dict):
        body["team"]["id"] = team
    return body


@asynccontextmanager
async def slack_bot(
    url: str,
    slack: StandIn,
    folder: Path,
    begin: datetime,
    *,
    people: Sequence[Person] = PEOPLE,
    more: str = "",
    **secrets: str,
) -> AsyncIterator[Bot]:
    """Run a bot from a configuration file; `secrets` stand in for its environment."""
    file = folder / "config.toml"
    file.write_text(_CONFIG.format(api=slack.url, more=more))
    env = secrets or {"TELEMACHY_SLACK_BOT_TOKEN": TOKEN}
    config = load_config(file, {"TELEMACHY_SLACK_SIGNING_SECRET": SECRET, **env})
    clock = MovableClock(begin)
    mail = Letterbox(clock)
    store = open_store(url)
    out = outward(config, store, clock, "test")
    channels: dict[str, Channel] = {"mail": mail, out.channel.name: out.channel}
    app = compose(store=store, channels=channels, clock=clock, owner="test", company="Lipa", current=lived())
    room = furnish(out, app.receive, app.outbox)
    room.directory._apart = 0.0  # fifty a minute is for the real one
    await store.write(lambda work: work.apply([Put(p) for p in people], clock.now()))
    site = web.Application()
    site.add_routes(room.routes())
    server = TestServer(site, host="127.0.0.1")
    await server.start_server(access_log=None)
    bot = Bot(app, room, clock, slack, mail)
    try:
        async with TestClient(server) as bot.client:
            yield bot
    finally:
        await room.stop(5)
        await out.close()
        await store.close()
