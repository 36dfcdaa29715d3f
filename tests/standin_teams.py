"""The independent stand-in for Microsoft Teams, a program of others: what people do in it, and what it then shows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

PATIENCE_SECONDS = 30.0
_CARD = "application/vnd.microsoft.card.adaptive"
TENANT = "7d3c0c9e-1c3e-4b7e-9c39-0d2a4c0b6a11"
BOT = "28:mentor"
GROUP = "19:group@thread.v2"
NEWS = "19:news@thread.tacv2"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """Who a person is in Teams: their id there, in Entra, and their own chat with the bot."""

    id: str
    entra: str
    name: str
    conversation: str


@dataclass(slots=True)
class Message:
    """What stands in a conversation: the activity as the bot sent or replaced it last."""

    id: str
    conversation: str
    activity: Json
    versions: int = 1

    @property
    def cards(self) -> list[Json]:
        """Return its Adaptive Cards."""
        return [one["content"] for one in self.activity.get("attachments", ()) if one["contentType"] == _CARD]

    @property
    def words(self) -> str:
        """Return everything it says, as its JSON."""
        return json.dumps(self.activity, ensure_ascii=False)


@dataclass(slots=True)
class Exchange:
    """One request between stand-in and bot, and what was answered."""

    came_from_bot: bool
    name: str
    request: Json
    status: int
    answer: Any


@dataclass(slots=True)
class StandIn:
    """A running stand-in: where it is, who is who in it, and what went to and fro."""

    url: str
    session: ClientSession
    accounts: dict[str, Account] = field(default_factory=dict)  # by our person's id
    exchanges: list[Exchange] = field(default_factory=list)
    standing: list[Message] = field(default_factory=list)
    told: asyncio.Condition = field(default_factory=asyncio.Condition)

    # --- what people do ---------------------------------------------------------------------

    async def install(self, who: str) -> None:
        """Install the app for a person: Teams says so, and that the bot joined their chat."""
        account = self.accounts[who]
        for kind in ("install", "botAdded"):
            template = await self._template(kind, account)
            await self._send(template | {"from": _as_sender(account)})

    async def uninstall(self, who: str) -> None:
        """Remove the app for a person."""
        account = self.accounts[who]
        await self._send(await self._template("uninstall", account) | {"from": _as_sender(account)})

    async def say(self, who: str, text: str, *, key: str = "") -> Exchange:
        """Type words in one's chat with the bot; with `key` as the activity of this id."""
        activity = {"type": "message", "text": text, "textFormat": "plain", **_keyed(key)}
        return await self._send(self._by(who) | activity)

    async def mention(self, who: str, text: str, place: str) -> str:
        """Mention the bot where several read it, as who sits before the page; return the conversation of that."""
        said = {
            "from": {"id": self.accounts[who].id},
            "text": f"<at>Mentor</at> {text}",
            "textFormat": "xml",
            "mentions": [{"mentioned": {"id": BOT}, "text": "<at>Mentor</at>"}],
        }
        before = len(self.exchanges)
        await self.call("POST", f"_conversation/v1/conversations/{place}/messages", said)
        done = await self.heard(
            before, lambda one: not one.came_from_bot and one.request.get("text") == said["text"]
        )
        return str(done.request["conversation"]["id"])

    async def press(
        self, who: str, message: Message, action: Json, inputs: Mapping[str, str] | None = None
    ) -> Any:
        """Press a button of a message as a client does, and return what the bot answered."""
        account = self.accounts[who]
        common = {
            "from": {"id": account.id},
            "conversation": {"id": message.conversation},
            "replyToId": message.id,
        }
        data: Json = {**action.get("data", {}), **(inputs or {})}
        if opens_dialog(action):
            return await self.fetch(who, data, message)
        if action["type"] == "Action.Submit":
            before = len(self.exchanges)
            await self.call("POST", "_conversation/v1/submit", {**common, "value": data})
            done = await self.heard(before, lambda one: one.request.get("value") == data)
            return done.answer
        shown = {key: action[key] for key in ("type", "id", "title", "verb") if key in action}
        value: Json = {"action": {**shown, "data": data}, "trigger": "manual"}
        answer = await self.call(
            "POST", "_conversation/v1/invoke", {**common, "name": "adaptiveCard/action", "value": value}
        )
        assert isinstance(answer, dict), answer
        if answer["type"] == _CARD:  # Teams shows it in the old one's place
            message.activity["attachments"][0] = {"contentType": _CARD, "content": answer["value"]}
            message.versions += 1
        return answer

    async def press_as(self, who: str, message: Message, action: Json, *, key: str) -> Any:
        """Press a button as the activity of this id, and return what the bot answered."""
        shown = {name: action[name] for name in ("type", "title", "verb", "data") if name in action}
        value = {"action": shown, "trigger": "manual"}
        told = {"type": "invoke", "name": "adaptiveCard/action", "value": value, "replyToId": message.id}
        return (await self._send(self._by(who) | told | {"id": key})).answer

    async def fetch(self, who: str, data: Json, message: Message | None = None) -> Json:
        """Press a button that opens a dialog, which the page of the stand-in cannot, and return the dialog."""
        value = {"data": data, "context": {"theme": "default"}}
        return await self._invoke(who, "task/fetch", value, message)

    async def submit(self, who: str, dialog: Json, values: Mapping[str, str]) -> Json:
        """Fill in a dialog and send it: what has a value stays, what is empty does not travel."""
        card = dialog["task"]["value"]["card"]["content"]
        given = {one["id"]: one["value"] for one in inputs_of(card) if one.get("value")}
        for key, text in values.items():
            (found,) = (one["id"] for one in inputs_of(card) if one["id"] in (f"i.{key}", f"i.*{key}"))
            given[found] = text
        (send,) = (
            one for one in actions_of(card) if one["type"] == "Action.Submit" and "f" in one.get("data", {})
        )
        filled = {key: text for key, text in given.items() if text}
        value = {"data": {**send["data"], **filled}, "context": {"theme": "default"}}
        return await self._invoke(who, "task/submit", value, None)

    async def search(self, who: str, typed: str, dataset: str) -> Json:
        """Type into a picker, and return the options."""
        value = {"queryText": typed, "queryOptions": {"skip": 0, "top": 15}, "dataset": dataset}
        return await self._invoke(who, "application/search", value, None)

    async def pick(self, who: str, dialog: Json, key: str, typed: str) -> str:
        """Type a name into a picker of a dialog, and return the value of the one person who is found."""
        card = dialog["task"]["value"]["card"]["content"]
        (picker,) = (one for one in inputs_of(card) if one["id"] == f"i.{key}")
        if "choices.data" not in picker:
            found = picker["choices"]
        else:
            found = (await self.search(who, typed, picker["choices.data"]["dataset"]))["value"]["results"]
        (value,) = (str(one["value"]) for one in found if one["title"].startswith(typed))
        return value

    # --- what stands there ------------------------------------------------------------------

    async def messages(self, who: str) -> Sequence[Message]:
        """Return what the bot wrote into somebody's own chat, oldest first."""
        return await self.messages_in(self.accounts[who].conversation)

    async def messages_in(self, conversation: str) -> Sequence[Message]:
        """Return what the bot wrote into a conversation, oldest first."""
        await self._caught_up()
        return [one for one in self.standing if one.conversation == conversation]

    # --- how ----------------------------------------------------------------------------------

    def _by(self, who: str) -> Json:
        account = self.accounts[who]
        conversation = {"id": account.conversation, "conversationType": "personal", "tenantId": TENANT}
        client = {"locale": "en-US", "country": "US", "platform": "Web", "type": "clientInfo"}
        return {
            "channelId": "msteams",
            "serviceUrl": f"{self.url}_connector",
            "recipient": {"id": BOT, "name": "Mentor"},
            "conversation": conversation,
            "from": _as_sender(account),
            "channelData": {"tenant": {"id": TENANT}},
            "entities": [client],
            "locale": "en-US",
        }

    async def _invoke(self, who: str, name: str, value: Json, message: Message | None) -> Json:
        on: Json = {} if message is None else {"replyToId": message.id}
        done = await self._send(self._by(who) | {"type": "invoke", "name": name, "value": value, **on})
        assert 200 == done.status, (done.status, done.answer)
        assert isinstance(done.answer, dict), done.answer
        return done.answer

    async def _template(self, kind: str, account: Account) -> Json:
        found = await self.call(
            "GET", f"_internal/v1/customActivities/template?type={kind}&conversationId={account.conversation}"
        )
        assert isinstance(found, dict)
        return found

    async def _send(self, activity: Json) -> Exchange:
        """Send an activity to the bot, and return it with the answer: the call itself does not say."""
        activity = {"id": str(uuid4()), **activity}
        before = len(self.exchanges)
        await self.call("POST", "_internal/v1/customActivities", activity)
        return await self.heard(before, lambda one: one.request.get("id") == activity["id"])

    async def _caught_up(self) -> None:
        """Wait until everything up to now was heard of: a look at a member is reported behind it."""
        me = next(iter(self.accounts.values()))
        before = len(self.exchanges)
        await self.call("GET", f"_connector/v3/conversations/{me.conversation}/members/{me.id}")
        await self.heard(before, lambda one: one.name == "getConversationMember")

    async def heard(self, before: int, wanted: Callable[[Exchange], bool]) -> Exchange:
        """Wait for an exchange, `before` being how many there were, and return it."""
        async with asyncio.timeout(PATIENCE_SECONDS), self.told:
            while True:
                for one in self.exchanges[before:]:
                    if wanted(one):
                        return one
                await self.told.wait()

    async def call(self, method: str, path: str, body: Json | None = None) -> Any:
        """Call the program by its own HTTP interface, and return what it answered."""
        async with self.session.request(method, f"{self.url}{path}", json=body) as answer:
            text = await answer.text()
            assert answer.status < 300, f"{path} answered {answer.status}: {text[:400]}"
            return json.loads(text) if text else None

    async def follow(self, stream: ClientWebSocketResponse) -> None:
        """Take down what goes to and fro, for as long as the stand-in tells."""
        async for line in stream:
            if line.type is not WSMsgType.TEXT:
                continue
            log = json.loads(line.data)["log"]
            if log["type"] != "bot":
                continue
            async with self.told:
                self._note(log)
                self.told.notify_all()

    def _note(self, log: Json) -> None:
        by_bot = log["from"] == "User Application"
        request = log["request"].get("body") or {}
        answered = log.get("response") or {}
        status = int(answered.get("statusCode", 0))
        self.exchanges.append(Exchange(by_bot, log["activityName"], request, status, answered.get("body")))
        if not by_bot or log["activityName"] != "message" or status >= 300:
            return
        message = str(log.get("messageId", ""))
        standing = next((one for one in self.standing if message and one.id == message), None)
        if standing is not None:
            standing.activity = request
            standing.versions += 1
        else:
            conversation = str(request.get("conversation", {}).get("id", ""))
            self.standing.append(Message(message, conversation, request))


def opens_dialog(action: Json) -> bool:
    """Tell whether pressing this opens a dialog."""
    data = action.get("data", {})
    return bool(action["type"] == "Action.Submit" and data.get("msteams", {}).get("type") == "task/fetch")


def actions_of(node: Any) -> Iterator[Json]:
    """Yield everything in a card that can be pressed, but not what only unfolds a part of it."""
    if isinstance(node, list):
        for one in node:
            yield from actions_of(one)
    elif isinstance(node, dict):
        if node.get("type") in ("Action.Execute", "Action.Submit", "Action.OpenUrl"):
            yield node
            return
        for key, one in node.items():
            if key != "fallback":
                yield from actions_of(one)


def inputs_of(node: Any) -> Iterator[Json]:
    """Yield the inputs of a card."""
    if isinstance(node, list):
        for one in node:
            yield from inputs_of(one)
    elif isinstance(node, dict):
        if str(node.get("type", "")).startswith("Input."):
            yield node
        for one in node.values():
            yield from inputs_of(one)


def _keyed(key: str) -> Json:
    return {"id": key} if key else {}


def _as_sender(account: Account) -> Json:
    return {"id": account.id, "name": account.name, "aadObjectId": account.entra}
