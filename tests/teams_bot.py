"""A bot as `telemachy serve` puts it together, its Teams the independent stand-in, its clock one that tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.teams.names import MESSAGES
from bot.app import App, compose
from bot.cli import web_room
from bot.cli.founding import lived
from bot.cli.teams_room import TeamsRoom, furnish, outward
from bot.config import load_config
from bot.facts import Person
from bot.outcome import Put
from bot.ports import Channel
from storage.store import open_store
from tests.living import Letterbox, MovableClock, live_until
from tests.scenes import ANA, BREDA, IRENA, MATEJ, PETER
from tests.servers import free_port
from tests.standin_teams import (
    TENANT,
    Json,
    Message,
    StandIn,
    actions_of,
    opens_dialog,
)
from tests.standin_teams_start import standing_in

# Nobody is known in Teams yet: they are found by the e-mail address that Teams has of who opens the app.
PEOPLE = tuple(replace(p, address=None) for p in (replace(ANA, manager="peter"), MATEJ, PETER, IRENA, BREDA))
CONFIG = """
[teams]
mode = "on"
development = true
tenants = ["{tenant}"]

[server]
host = "127.0.0.1"
public_url = "{address}"
"""


class Bot:
    """A running bot, the people who use it, and what they see in Teams."""

    def __init__(
        self, app: App, room: TeamsRoom, clock: MovableClock, teams: StandIn, mail: Letterbox
    ) -> None:
        self.app = app
        self.room = room
        self.clock = clock
        self.teams = teams
        self.mail = mail

    # --- what people do

    async def installs(self, *people: str) -> None:
        """Let these people install the app."""
        for who in people:
            await self.teams.install(who)
            await self.settled()

    async def types(self, who: str, text: str) -> None:
        """Type words to the bot, and wait for everything that follows."""
        await self.teams.say(who, text)
        await self.settled()

    async def presses(self, who: str, verb: str, label: str = "") -> Any:
        """Press the newest button for this in somebody's chat, and return what Teams was answered."""
        message, action = await self.button(who, verb, label)
        assert not opens_dialog(action), f"{verb} opens a dialog"
        answer = await self.teams.press(who, message, action)
        await self.settled()
        return answer

    async def opens(self, who: str, verb: str, label: str = "") -> Json:
        """Press the newest button in somebody's chat that opens a dialog for this, and return the dialog."""
        message, action = await self.button(who, verb, label)
        assert opens_dialog(action), f"{verb} opens no dialog"
        dialog: Json = await self.teams.press(who, message, action)
        await self.settled()
        return dialog

    async def opens_by_words(self, who: str, text: str) -> Json:
        """Type words that ask for a form, press the button that comes, and return the dialog."""
        await self.types(who, text)
        newest = (await self.teams.messages(who))[-1]
        (action,) = (one for card in newest.cards for one in actions_of(card) if opens_dialog(one))
        dialog: Json = await self.teams.press(who, newest, action)
        await self.settled()
        return dialog

    async def sends(self, who: str, dialog: Json, **values: str) -> Json:
        """Fill in a dialog and send it; return what Teams was answered."""
        answer = await self.teams.submit(who, dialog, values)
        await self.settled()
        return answer

    # --- what follows

    async def settled(self) -> None:
        """Wait for everything that follows what somebody did."""
        await self.room.app.settle()
        await self.app.settle()

    async def until(self, end: datetime) -> None:
        """Live on to an instant."""
        await live_until(self.app, self.clock, end)

    # --- what they see

    async def said_to(self, who: str) -> Sequence[Message]:
        """Return what stands in the bot's chat with a person, oldest first."""
        return await self.teams.messages(who)

    async def has_read(self, who: str, words: str) -> int:
        """Return how many messages of a person hold these words."""
        return sum(words in one.words for one in await self.said_to(who))

    async def link(self, who: str, label: str) -> str:
        """Return where the newest link of this name in somebody's chat leads."""
        for message in reversed(await self.said_to(who)):
            for action in (one for card in message.cards for one in actions_of(card)):
                if action["type"] == "Action.OpenUrl" and label == action["title"]:
                    return str(action["url"])
        raise AssertionError(f"{who} has no link {label!r}")

    async def button(self, who: str, verb: str, label: str = "") -> tuple[Message, Json]:
        """Return the newest message of a person with a button of this verb, and the button."""
        for message in reversed(await self.said_to(who)):
            for action in (one for card in message.cards for one in actions_of(card)):
                told = str(action.get("data", {}).get("c", ""))
                if told.startswith(f"{verb} ") and label in action.get("title", ""):
                    return message, action
        raise AssertionError(f"{who} has no message with a button for {verb}")


@asynccontextmanager
async def teams_bot(
    url: str,
    folder: Path,
    begin: datetime,
    *,
    people: Sequence[Person] = PEOPLE,
    others: Sequence[Person] = (),
) -> AsyncIterator[Bot]:
    """Run a bot from a configuration file, and the stand-in that speaks to it; it knows nothing of the `others`."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    file = folder / "config.toml"
    file.write_text(CONFIG.format(tenant=TENANT, address=address))
    config = load_config(file, {})
    clock = MovableClock(begin)
    mail = Letterbox(clock)
    store = open_store(url)
    doors = web_room.doors(config, clock)
    assert doors is not None
    out = outward(config, store, clock, doors.links)
    channels: dict[str, Channel] = {"mail": mail, out.channel.name: out.channel}
    app = compose(
        store=store,
        channels=channels,
        clock=clock,
        owner="test",
        company="Lipa",
        current=lived(),
        links=doors.links,
    )
    room = furnish(out, app.receive)
    pages = web_room.furnish(config, store, clock, app.receive, made=doors, feed=app.calendar)
    await store.write(lambda work: work.apply([Put(p) for p in people], clock.now()))
    site = web.Application()
    site.add_routes([*room.routes(), *pages.routes()])
    server = TestServer(site, host="127.0.0.1", port=port)
    await server.start_server(access_log=None)
    try:
        async with standing_in((*people, *others), folder / "teams", f"{address}{MESSAGES}") as teams:
            yield Bot(app, room, clock, teams, mail)
    finally:
        await room.stop(5)
        await pages.close()
        await out.close()
        await server.close()
        await store.close()
