"""Microsoft Teams in a running bot, put together from its configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import random

from aiohttp import web
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from adapters.keys import Keys
from adapters.tasks import Tasks
from adapters.teams.app import TeamsApp
from adapters.teams.connector import Backoff, Connector
from adapters.teams.deliver import TeamsChannel
from adapters.teams.directory import Directory
from adapters.teams.gate import Gate
from adapters.teams.graph import Graph
from adapters.teams.names import CHANNEL
from adapters.teams.references import References
from adapters.teams.states import States
from adapters.teams.tokens import Tokens
from adapters.teams.wire import Wire
from bot.cli.rooms import Way
from bot.cli.teams_tokens import tokens_of
from bot.config import Config
from bot.lanes import Limits, Rate
from bot.ports import Clock, Links, Receive, Store

# What Microsoft documents for one bot in one conversation; of all bots in a tenant it says 30 or 50 a second.
LIMITS = Limits(
    conversation=(Rate(7, 1.0), Rate(60, 30.0), Rate(1800, 3600.0)),
    workspace=(Rate(25, 1.0),),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outward:
    """What calls Teams: needed before anything is received, because the outbox has it as a channel."""

    config: Config
    store: Store
    clock: Clock
    wire: Wire
    tokens: Tokens | None  # None in development, where a stand-in wants none
    states: States
    connector: Connector
    references: References
    links: Links | None
    channel: TeamsChannel

    async def close(self) -> None:
        """End the connections, once nothing is on its way any more."""
        await self.wire.close()


@dataclass(slots=True, kw_only=True)
class TeamsRoom:
    """Teams in a running bot."""

    outward: Outward
    app: TeamsApp
    directory: Directory
    keys: Keys | None
    tasks: Tasks
    trouble: str = ""  # Teams calls us: there is no connection that could be lost

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the address that Teams calls."""
        return self.app.routes()

    async def begin(self, scheduler: AsyncIOScheduler, stopped: asyncio.Event) -> None:
        """Fetch what Teams signs with before the first message comes, and look for people now and every hour."""
        if self.keys is not None:
            self.tasks.leave(self._fetch(self.keys), "keys")
        scheduler.add_job(self.directory.look, "interval", hours=1, id="teams.people")
        self.tasks.leave(self._look(), "people")

    async def stop(self, seconds: float) -> None:
        """Take in nothing more and wait for the answers on their way."""
        await self.app.drain(seconds)
        await self.tasks.drain(0)
        if self.keys is not None:
            await self.keys.close()

    async def _fetch(self, keys: Keys) -> None:
        await keys.fetch()

    async def _look(self) -> None:
        await self.directory.look()


def outward(config: Config, store: Store, clock: Clock, links: Links | None) -> Outward:
    """Return what calls Teams; ValueError says what is missing in the configuration."""
    teams = config.teams
    wire, states = Wire(), States(store, clock)
    tokens = _tokens(config, clock)
    connector = Connector(wire=wire, tokens=tokens, states=states, development=teams.development)
    references = References(store, clock)
    return Outward(
        config=config,
        store=store,
        clock=clock,
        wire=wire,
        tokens=tokens,
        states=states,
        connector=connector,
        references=references,
        links=links,
        channel=TeamsChannel(
            connector,
            references,
            links=links,
            pictures=pictures(config),
            app_id="" if teams.development else teams.app_id,
        ),
    )


def _tokens(config: Config, clock: Clock) -> Tokens | None:
    teams = config.teams
    if teams.development and not (teams.client_secret or teams.certificate):
        return None
    return tokens_of(config, clock)


def way(config: Config, store: Store, clock: Clock, links: Links | None) -> Way:
    """Return Teams for a bot that is being put together; ValueError says what is missing in the configuration."""
    out = outward(config, store, clock, links)
    return Way(
        channel=out.channel,
        limits=LIMITS,
        close=out.close,
        furnish=lambda receive, outbox: furnish(out, receive),
    )


def furnish(out: Outward, receive: Receive) -> TeamsRoom:
    """Return Teams in a running bot; `receive` takes in what people do there."""
    config, teams = out.config, out.config.teams
    # Unsigned activities are taken only where nobody could sign: from a stand-in, on this machine.
    unsigned = teams.development and not teams.app_id
    keys = None if unsigned else Keys(lambda: out.wire.session, openid_url=teams.openid_url, clock=out.clock)
    directory = Directory(
        out.connector,
        out.store,
        receive,
        out.clock,
        tenant=teams.tenant_id,
        graph=_graph(out),
        alone=config.slack.mode == "off",
    )
    app = TeamsApp(
        gate=Gate(
            app_id=teams.app_id,
            tenants=teams.tenants,
            keys=keys,
            clock=out.clock,
            development=teams.development,
        ),
        receive=receive,
        connector=out.connector,
        references=out.references,
        clock=out.clock,
        language=config.organisation.language,
        introduce=directory.introduce,
        links=out.links,
        pictures=pictures(config),
    )
    return TeamsRoom(outward=out, app=app, directory=directory, keys=keys, tasks=Tasks(CHANNEL))


def _graph(out: Outward) -> Graph | None:
    """Return Microsoft Graph, where the configuration says that the organisation grants it."""
    teams = out.config.teams
    if not teams.graph or out.tokens is None:
        return None
    return Graph(
        wire=out.wire,
        tokens=out.tokens,
        states=out.states,
        backoff=Backoff(random),
        package_id=teams.app_id,
        base_url=teams.graph_url,
    )


def pictures(config: Config) -> str:
    """Return the address before a picture's file name, "" where nothing outside reaches us."""
    return f"{config.server.public_url}/web/pictures/" if config.server.public_url else ""
