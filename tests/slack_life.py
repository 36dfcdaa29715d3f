"""A bot on a real store behind the real Slack translator: signed HTTP comes in, a Slack on loopback is called."""

from __future__ import annotations

import hmac
import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack import names
from adapters.slack.app import SlackApp
from adapters.slack.calls import Answer, Call
from adapters.slack.conversations import Conversations
from adapters.slack.faults import TROUBLES, ported
from adapters.slack.mentions import Mentions
from adapters.slack.wire import Wire
from bot.events import Address
from bot.facts import Person
from bot.ports import Store
from storage.store import open_store
from tests.chat_life import BEGIN, ChatLife, Json
from tests.living import MovableClock, enrol_pair
from tests.slack_fake import FakeSlack, slack
from tests.test_skeleton import PROGRAMME

SECRET = "fake-signing-secret"
TEAM = "T1"
_PAYLOADS = Path(__file__).parent / "slack_payloads"
_numbers = itertools.count(1)


# --- what Slack sends ------------------------------------------------------------------------


def recorded(name: str) -> Json:
    """Return a payload of the shape that Slack sends."""
    found: Json = json.loads((_PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def fresh(word: str) -> str:
    """Return an id that nothing else has."""
    return f"{word}{next(_numbers)}"


def command(user: str, text: str, **more: object) -> Json:
    """Return `/mentor text` as this person types it."""
    told = {"user_id": user, "team_id": TEAM, "command": "/mentor", "text": text, "channel_id": "C1"}
    return {**recorded("slash_command"), **told, "trigger_id": fresh("trigger"), **more}


def press(
    user: str, control: str, *, message: str = "D1:1.1", action: str = "press:0", **more: object
) -> Json:
    """Return the press of a button on a message."""
    channel, ts = names.split_message(message)
    told = recorded("block_actions")
    told["actions"][0] |= {"action_id": action, "value": control}
    told["user"] |= {"id": user, "team_id": TEAM}
    told["team"] |= {"id": TEAM}
    told["channel"] = {"id": channel}
    told["container"] = {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False}
    return {**told, "trigger_id": fresh("trigger"), **more}


def press_at_home(user: str, control: str, **more: object) -> Json:
    """Return the press of a button in the home."""
    told = press(user, control, **more)
    del told["channel"]
    told["container"] = {"type": "view", "view_id": "V1"}
    told["view"] = {"id": "V1", "type": "home", "team_id": TEAM, "private_metadata": "", "callback_id": ""}
    return told


def press_in(view: Mapping[str, Any], user: str, control: str, **more: object) -> Json:
    """Return the press of a button in a dialog that shows a card."""
    told = press_at_home(user, control, **more)
    told["view"] = {**view, "team_id": TEAM}
    return told


def sent(user: str, view: Mapping[str, Any], values: Mapping[str, Any], **more: object) -> Json:
    """Return a dialog sent: `view` as it was opened, `values` as Slack's state by block id."""
    told = recorded("view_submission")
    told["user"] |= {"id": user, "team_id": TEAM}
    told["team"] |= {"id": TEAM}
    told["view"] |= {key: view[key] for key in ("private_metadata", "callback_id", "blocks")}
    told["view"]["state"] = {"values": {key: {"field": value} for key, value in values.items()}}
    return {**told, "trigger_id": fresh("trigger"), **more}


def typed(value: str) -> Json:
    """Return the state of a text input."""
    return {"type": "plain_text_input", "value": value}


def picked(value: str) -> Json:
    """Return the state of radio buttons."""
    option = {"text": {"type": "plain_text", "text": "Words"}, "value": value}
    return {"type": "radio_buttons", "selected_option": option}


def happened(user: str, kind: str, event_id: str = "", **more: object) -> Json:
    """Return an event."""
    told = recorded("message")
    told["event"] = {"type": kind, "user": user, "event_ts": "1.1", **more}
    return {**told, "team_id": TEAM, "event_id": event_id or fresh("Ev")}


def opened_home(user: str, event_id: str = "") -> Json:
    """Return the event of somebody who looks at their home."""
    return happened(user, "app_home_opened", event_id, tab="home", channel="D1")


def said(user: str, text: str, event_id: str = "") -> Json:
    """Return the event of words typed to the bot."""
    return happened(user, "message", event_id, text=text, channel="D1", channel_type="im", ts="1.1")


def written(body: Json) -> tuple[bytes, str]:
    """Return a payload as bytes and content type, as Slack sends its kind."""
    if "command" in body and "type" not in body:
        return urlencode(body).encode(), "application/x-www-form-urlencoded"
    if body.get("type") in ("event_callback", "url_verification"):
        return json.dumps(body).encode(), "application/json"
    return urlencode({"payload": json.dumps(body)}).encode(), "application/x-www-form-urlencoded"


def signature(raw: bytes, at: str, secret: str = SECRET) -> str:
    """Return Slack's signature of a body."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + raw, sha256).hexdigest()


# --- the bot ---------------------------------------------------------------------------------


class PlainCalls:
    """Call Slack with one token, as adapters.slack.calls.Calls does with the token of each workspace."""

    def __init__(self, wire: Wire, token: str = "xoxb-fake") -> None:
        self._wire = wire
        self._token = token

    async def client_for(self, workspace: str, enterprise: str = "") -> AsyncWebClient:
        """Return a client."""
        return self._wire.client(self._token)

    async def ask(self, workspace: str, method: str, call: Call, *, enterprise: str = "") -> Answer:
        """Make one call."""
        try:
            response: AsyncSlackResponse = await call(await self.client_for(workspace, enterprise))
        except TROUBLES as error:
            raise ported(error, method) from None
        return response.data  # type: ignore[return-value]

    async def post(
        self, workspace: str, method: str, told: Mapping[str, object], *, enterprise: str = ""
    ) -> Answer:
        """Make one call with these arguments."""
        return await self.ask(workspace, method, lambda to: to.api_call(method, data=dict(told)))


class SlackLife(ChatLife):
    """One enrolled pair and their bot."""

    def __init__(self, store: Store, fake: FakeSlack, clock: MovableClock, **more: Any) -> None:
        super().__init__(store, clock, names.CHANNEL)
        self.fake = fake
        self.wire = Wire(api_url=fake.api_url)
        calls = more.get("calls") or PlainCalls(self.wire)
        given: dict[str, Any] = {
            "calls": calls,
            "conversations": Conversations(calls),
            "secrets": [SECRET],
            "receive": self.app.receive,
            "mentions": Mentions(store, clock),
        }
        self.slack = SlackApp(clock=clock, sleep=self.sleep, **{**given, **more})

    async def post(
        self,
        body: Json | bytes,
        *,
        secret: str = SECRET,
        at: str = "",
        headers: Mapping[str, str] | None = None,
        content: str = "application/json",
    ) -> ClientResponse:
        """Send a payload as Slack does."""
        raw, kind = (body, content) if isinstance(body, bytes) else written(body)
        at = at or str(int(self.clock.now().timestamp()))
        told = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature(raw, at, secret)}
        assert self.client is not None
        return await self.client.post(
            names.EVENTS, data=BytesIO(raw), headers={"Content-Type": kind, **told, **(headers or {})}
        )

    async def quiet(self) -> None:
        """Wait for what follows the answers."""
        await self.slack._tasks.settle()


def in_slack(person: Person) -> Person:
    """Return somebody who is reached in Slack: Ana is UANA."""
    return replace(person, address=Address(names.CHANNEL, f"U{person.id.upper()}", TEAM))


@asynccontextmanager
async def slack_life(url: str, *, inline: bool = True, **more: Any) -> AsyncIterator[SlackLife]:
    """Run a bot and its Slack for a while."""
    clock = MovableClock(BEGIN)
    async with slack(clock) as fake:
        store = open_store(url, inline=inline)
        await enrol_pair(store, clock, PROGRAMME, in_slack)
        life = SlackLife(store, fake, clock, **more)
        async with life.listening(life.slack.routes()):
            yield life
            await life.slack.drain(5)
        await life.wire.close()
        await store.close()
