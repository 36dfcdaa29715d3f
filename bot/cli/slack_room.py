"""Everything that Slack needs in a running bot, put together from its configuration."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import ClientError, web
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from adapters.slack import oauth
from adapters.slack.app import SlackApp
from adapters.slack.calls import Bots, Calls
from adapters.slack.conversations import Conversations
from adapters.slack.deliver import SlackChannel
from adapters.slack.directory import Directory
from adapters.slack.doubt import ReadBack
from adapters.slack.installations import Installations, Place
from adapters.slack.mentions import Mentions
from adapters.slack.names import CHANNEL
from adapters.slack.oauth import Installing
from adapters.slack.parse import Revoked
from adapters.slack.rotation import Rotation
from adapters.slack.scopes import wanted
from adapters.slack.settling import Settling
from adapters.slack.socket import CannotConnect, Socket
from adapters.slack.states import States
from adapters.slack.vault import Vault
from adapters.slack.wire import Wire
from adapters.tasks import Tasks
from bot.cli.manifest import granted
from bot.cli.rooms import CannotServe, Way
from bot.config import Config
from bot.lanes import Limits, Rate
from bot.outbox import Outbox
from bot.ports import Clock, Receive, Store

log = logging.getLogger(__name__)

# One message a second in a conversation; of a whole workspace Slack says no number, so that bursts stay small.
# 500 people who begin on one morning are served in a little more than eight minutes.
LIMITS = Limits(conversation=(Rate(1, 1.0),), workspace=(Rate(10, 10.0),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outward:
    """What calls Slack: needed before anything is received, because the outbox has it as a channel."""

    config: Config
    store: Store
    clock: Clock
    wire: Wire
    states: States
    installations: Installations
    rotation: Rotation | None
    calls: Calls
    conversations: Conversations
    mentions: Mentions
    channel: SlackChannel

    async def close(self) -> None:
        """End the connections, once nothing is on its way any more."""
        if self.rotation is not None:
            await self.rotation.drain()
        await self.wire.close()


@dataclass(slots=True, kw_only=True)
class SlackRoom:
    """Slack in a running bot."""

    outward: Outward
    app: SlackApp
    directory: Directory
    settling: Settling | None  # None where conversations may not be read
    installing: Installing | None
    socket: Socket | None
    tasks: Tasks
    trouble: str = ""

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the addresses that Slack and browsers call."""
        return (*self.app.routes(), *(self.installing.routes() if self.installing else ()))

    async def begin(self, scheduler: AsyncIOScheduler, stopped: asyncio.Event) -> None:
        """Open the way in; look for people now and every hour, and for what became of messages in doubt."""
        if self.socket is not None:
            await self._connect(self.socket, stopped)
        scheduler.add_job(self.look, "interval", hours=1, id="slack.people")
        self.tasks.leave(self.look(), "people")
        if self.settling is not None:
            scheduler.add_job(self.settling.look, "interval", minutes=3, id="slack.doubt")

    async def _connect(self, socket: Socket, stopped: asyncio.Event) -> None:
        try:
            await socket.start()
        except CannotConnect as error:
            raise CannotServe(str(error)) from None
        except (OSError, TimeoutError, ClientError) as error:
            raise CannotServe(
                f"Slack cannot be reached ({type(error).__name__}): look at the network."
            ) from None

        async def listen() -> None:
            await socket.wait_deaf()
            self.trouble = "Slack was not heard for two minutes: start the bot again, as a supervisor does."
            stopped.set()

        self.tasks.leave(listen(), "socket")

    async def look(self) -> None:
        """Look in Slack for people who are not known there yet; what goes wrong is tried again the next time."""
        await self.directory.look()
        await self.outward.mentions.look()

    async def stop(self, seconds: float) -> None:
        """Take in nothing more and wait for the answers on their way."""
        if self.socket is not None:
            await self.socket.stop(seconds)
        await self.app.drain(seconds)
        await self.tasks.drain(0)


def outward(config: Config, store: Store, clock: Clock, owner: str) -> Outward:
    """Return what calls Slack; ValueError names a key that is none."""
    slack = config.slack
    keys = [key.reveal() for key in slack.token_keys]
    wire, states = Wire(api_url=slack.api_url), States(store, clock)
    installations = Installations(
        store, clock, vault=Vault(keys) if keys else None, bot_token=slack.bot_token.reveal()
    )
    rotation = _rotation(config, installations, wire, store, clock, states, owner)
    bots: Bots = rotation or installations
    calls = Calls(wire=wire, bots=bots, states=states)
    conversations, mentions = Conversations(calls), Mentions(store, clock)
    channel = SlackChannel(
        calls,
        store,
        conversations,
        mentions=mentions,
        files=slack.files,
        group_messages=slack.group_messages,
    )
    return Outward(
        config=config,
        store=store,
        clock=clock,
        wire=wire,
        states=states,
        installations=installations,
        rotation=rotation,
        calls=calls,
        conversations=conversations,
        mentions=mentions,
        channel=channel,
    )


def _rotation(
    config: Config,
    installations: Installations,
    wire: Wire,
    store: Store,
    clock: Clock,
    states: States,
    owner: str,
) -> Rotation | None:
    """Return what renews tokens that expire; only tokens that were got by OAuth do."""
    if not config.slack.by_oauth:
        return None
    return Rotation(
        installations,
        wire=wire,
        store=store,
        clock=clock,
        states=states,
        client_id=config.slack.client_id,
        client_secret=config.slack.client_secret.reveal(),
        owner=owner,
    )


def way(config: Config, store: Store, clock: Clock, owner: str) -> Way:
    """Return Slack for a bot that is being put together; ValueError names a key that is none."""
    out = outward(config, store, clock, owner)
    return Way(
        channel=out.channel,
        limits=LIMITS,
        close=out.close,
        furnish=lambda receive, outbox: furnish(out, receive, outbox),
    )


def furnish(out: Outward, receive: Receive, outbox: Outbox) -> SlackRoom:
    """Return Slack in a running bot; `receive` takes in what people do there, `outbox` sends."""
    config = out.config
    tasks = Tasks(CHANNEL)
    directory = Directory(out.calls, out.store, receive, out.clock)

    async def revoked(told: Revoked) -> None:
        place = Place(told.workspace, told.enterprise, whole=not told.workspace)
        await out.installations.async_delete_all(
            enterprise_id=told.enterprise or None, team_id=told.workspace or None
        )
        await out.states.note(place.label, "app_uninstalled")

    async def installed(place: Place) -> None:
        # A second a person: the browser that waits for its page is not made to wait for that.
        tasks.leave(_served(place, outbox, directory), "installed")

    app = SlackApp(
        receive=receive,
        calls=out.calls,
        conversations=out.conversations,
        clock=out.clock,
        secrets=[secret.reveal() for secret in config.slack.signing_secret],
        socket=config.slack.mode == "socket",
        workspaces=config.slack.workspaces,
        language=config.organisation.language,
        introduce=directory.introduce,
        mentions=out.mentions,
        on_revoked=revoked,
    )
    installing = None
    if config.slack.by_oauth:
        installing = Installing(
            oauth.App(
                client_id=config.slack.client_id,
                client_secret=config.slack.client_secret.reveal(),
                public_url=config.server.public_url,
                scopes=wanted(granted(config.slack)),
                allowed=config.slack.workspaces,
            ),
            installations=out.installations,
            wire=out.wire,
            store=out.store,
            clock=out.clock,
            states=out.states,
            language=config.organisation.language,
            installed=installed,
        )
    return SlackRoom(
        outward=out,
        app=app,
        directory=directory,
        settling=_settling(out, outbox),
        installing=installing,
        socket=_socket(out, app),
        tasks=tasks,
    )


def _settling(out: Outward, outbox: Outbox) -> Settling | None:
    """Return what settles messages in doubt; without the scope to read conversations, people do."""
    if not out.config.slack.history:
        return None
    read_back = ReadBack(out.conversations, out.store, history=True)
    return Settling(read_back, out.store, out.clock, outbox.resolve)


def _socket(out: Outward, app: SlackApp) -> Socket | None:
    if out.config.slack.mode != "socket":
        return None
    return Socket(dispatch=app.dispatch, app_token=out.config.slack.app_token.reveal(), wire=out.wire)


async def _served(place: Place, outbox: Outbox, directory: Directory) -> None:
    """Send what waited for this installation, and look for people there."""
    await outbox.open(CHANNEL, place.workspace)
    await directory.look()
