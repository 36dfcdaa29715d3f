"""A bot on a real store behind the real Teams translator: activities come in by HTTP, what it says is kept."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse

from adapters.teams import names
from adapters.teams.app import TeamsApp
from adapters.teams.gate import Gate
from adapters.teams.references import Reference, References
from bot.events import Address
from bot.facts import Person
from bot.ports import Store
from storage.store import open_store
from tests.chat_life import BEGIN, ChatLife, Json
from tests.living import MovableClock, enrol_pair
from tests.test_skeleton import PROGRAMME

TENANT = "7d3c0c9e-1c3e-4b7e-9c39-0d2a4c0b6a11"
BOT = "28:1f0e-mentor"
SERVICE = "https://smba.trafficmanager.net/emea/"
GROUP = "19:group@thread.v2"
_PAYLOADS = Path(__file__).parent / "teams_payloads"
_numbers = itertools.count(1)


# --- what Teams sends ------------------------------------------------------------------------


def recorded(name: str) -> Json:
    """Return an activity of the shape that Teams sends."""
    found: Json = json.loads((_PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def kinds() -> tuple[str, ...]:
    """Return the names of all recorded activities."""
    return tuple(sorted(file.stem for file in _PAYLOADS.glob("*.json")))


def activity(name: str, user: str, /, **more: object) -> Json:
    """Return a recorded activity as this person's, who is "ana" or so, with an id that nothing else has."""
    told = recorded(name)
    told["id"] = f"f:{next(_numbers)}"
    told["serviceUrl"] = SERVICE
    told["from"] |= {"id": f"29:{user}", "aadObjectId": f"ENTRA-{user.upper()}"}
    told["recipient"] |= {"id": BOT}
    told["conversation"] |= {"tenantId": TENANT}
    told["channelData"]["tenant"] = {"id": TENANT}
    if told["conversation"]["conversationType"] == "personal":
        told["conversation"]["id"] = chat_of(user)
    return {**told, **more}


def chat_of(user: str) -> str:
    """Return a person's own conversation with the bot."""
    return f"a:1-{user}"


def said(user: str, text: str, /, **more: object) -> Json:
    """Return words typed to the bot."""
    return activity("message", user, **{"text": text, **more})


def said_in_group(user: str, text: str, **more: object) -> Json:
    """Return words typed to the bot in a chat of several."""
    told = activity("message_group", user, text=f"<at>Mentor</at> {text}", **more)
    told["conversation"]["id"] = GROUP
    return told


def press(user: str, control: str, *, message: str = "m1", **more: object) -> Json:
    """Return the press of a button on a message."""
    told = activity("execute", user, replyToId=message, **more)
    told["value"]["action"]["data"] = {names.PRESS: control}
    return told


def press_by_message(user: str, control: str, *, message: str = "m1", **more: object) -> Json:
    """Return the press of a button in a client that knows no answer but a message."""
    return activity("submit", user, replyToId=message, value={names.PRESS: control}, **more)


def opens(user: str, *, message: str = "m1", **data: str) -> Json:
    """Return the press of a button that opens a dialog; `c` is its control, `w` its words."""
    told = activity("task_fetch", user, replyToId=message)
    told["value"]["data"] = {**data, "msteams": {"type": "task/fetch"}}
    return told


def sent(user: str, dialog: Mapping[str, Any], values: Mapping[str, str], **more: object) -> Json:
    """Return a dialog sent: as it was answered, with values by field; a field of several choices begins with a star."""
    told = activity("task_submit", user, **more)
    told["value"]["data"] = {**button_of(dialog)["data"], **{names.INPUT + k: v for k, v in values.items()}}
    return told


def installed(user: str, name: str = "install") -> Json:
    """Return what Teams says when somebody adds the app."""
    told = activity(name, user)
    if "membersAdded" in told:
        told["membersAdded"] = [{"id": BOT}]
    return told


def searched(user: str, text: str) -> Json:
    """Return what is typed in a picker."""
    told = activity("search", user)
    told["value"]["queryText"] = text
    return told


# --- what it says ----------------------------------------------------------------------------


def card_of(message: Mapping[str, Any], number: int = 0) -> Json:
    """Return a card of an activity, or of an answer, or of a dialog."""
    if "task" in message:
        found: Json = message["task"]["value"]["card"]["content"]
    elif "attachments" in message:
        found = message["attachments"][number]["content"]
    else:
        found = message["value"]
    return found


def button_of(dialog: Mapping[str, Any]) -> Json:
    """Return the button that sends a dialog."""
    found: Json = card_of(dialog)["actions"][-1]
    return found


def fields_of(dialog: Mapping[str, Any]) -> dict[str, Json]:
    """Return the inputs of a dialog by their ids."""
    return {one["id"]: one for one in card_of(dialog)["body"] if str(one.get("type")).startswith("Input.")}


def words_of(part: object) -> str:
    """Return all that can be read in an activity, a card or an answer."""
    if isinstance(part, dict):
        here = [part[key] for key in ("text", "title", "value", "label") if isinstance(part.get(key), str)]
        return " ".join((*here, *(words_of(inner) for inner in part.values())))
    return " ".join(map(words_of, part)) if isinstance(part, list) else ""


@dataclass(slots=True)
class Said:
    """A call to Teams: a message said, or put in the place of `message`."""

    place: Reference
    activity: Json
    message: str = ""


@dataclass
class FakeConnector:
    """Keep what is said; what is in `faults` is raised first, one a call."""

    said: list[Said] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)  # something was said

    async def post(self, reference: Reference, activity: Mapping[str, object]) -> str:
        """Say something."""
        self._keep(Said(reference, dict(activity)))
        return names.message_id(reference.conversation, f"said{len(self.said)}")

    async def put(self, reference: Reference, message: str, activity: Mapping[str, object]) -> None:
        """Show something in the place of a message."""
        self._keep(Said(reference, dict(activity), message))

    def _keep(self, call: Said) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.said.append(call)
        self.came.set()

    @property
    def posted(self) -> list[Said]:
        """Return what was said anew."""
        return [one for one in self.said if not one.message]

    @property
    def renewed(self) -> list[Said]:
        """Return what was put in the place of something."""
        return [one for one in self.said if one.message]


class AtHome:
    """Make addresses that name page and person."""

    def to(self, page: str, person: Person) -> str:
        """Return an address."""
        return f"https://mentor.example/{page}/{person.id}"


# --- the bot ---------------------------------------------------------------------------------


class TeamsLife(ChatLife):
    """One enrolled pair and their bot."""

    def __init__(self, store: Store, clock: MovableClock, **more: Any) -> None:
        super().__init__(store, clock, names.CHANNEL)
        self.connector = FakeConnector()
        self.references = References(store, clock)
        given: dict[str, Any] = {
            "gate": Gate(app_id="app", tenants=[TENANT], keys=None, clock=clock, development=True),
            "receive": self.app.receive,
            "connector": self.connector,
            "references": self.references,
            "clock": clock,
        }
        self.teams = TeamsApp(sleep=self.sleep, **{**given, **more})

    async def post(self, body: Json | bytes) -> ClientResponse:
        """Send an activity as Teams does."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        assert self.client is not None
        return await self.client.post(
            names.MESSAGES, data=raw, headers={"Content-Type": "application/json; charset=utf-8"}
        )

    async def hears(self, body: Json) -> list[Json]:
        """Send an activity, wait for what follows, and return what was said anew."""
        before = len(self.connector.posted)
        assert {} == await self.answer(body)
        await self.quiet()
        return [one.activity for one in self.connector.posted[before:]]

    async def quiet(self) -> None:
        """Wait for what follows the answers."""
        await self.teams.settle()

    async def person(self, name: str) -> Person:
        """Return somebody as they are known now."""
        found = await self.store.read(lambda work: work.person(name))
        assert found is not None
        return found


def in_teams(person: Person) -> Person:
    """Return somebody who is reached in Teams: Ana is entra-ana."""
    return replace(person, address=Address(names.CHANNEL, f"entra-{person.id}", TENANT))


@asynccontextmanager
async def teams_life(url: str, *, inline: bool = True, **more: Any) -> AsyncIterator[TeamsLife]:
    """Run a bot in Teams for a while."""
    clock = MovableClock(BEGIN)
    store = open_store(url, inline=inline)
    await enrol_pair(store, clock, PROGRAMME, in_teams)
    life = TeamsLife(store, clock, **more)
    async with life.listening(life.teams.routes()):
        yield life
        await life.teams.drain(5)
    await store.close()
