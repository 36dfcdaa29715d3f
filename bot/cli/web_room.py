"""The web pages of a running bot, put together from its configuration."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import ClientSession, web

from adapters.keys import Keys
from adapters.web.entra import Entra, keys_url
from adapters.web.files import Feed
from adapters.web.links import PageLinks
from adapters.web.seals import Seals
from adapters.web.site import Site
from bot.config import Config
from bot.ports import Clock, Links, Receive, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What makes links: needed before anything is received, because messages hold them."""

    seals: Seals
    links: PageLinks


@dataclass(slots=True, kw_only=True)
class WebRoom:
    """The web pages in a running bot."""

    site: Site
    links: Links
    keys: Keys | None  # Entra's; None where Teams does not sign anybody in
    _sessions: list[ClientSession] = field(default_factory=list)

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the addresses that browsers call."""
        return self.site.routes()

    async def close(self) -> None:
        """End what fetches keys."""
        if self.keys is not None:
            await self.keys.close()
        for session in self._sessions:
            await session.close()


def doors(config: Config, clock: Clock) -> Doors | None:
    """
    Return what makes links; None where no browser could follow one, or nothing signs them.

    A process that only this machine reaches signs with a key of its own, which ends with it.
    """
    server = config.server
    if not server.public_url or not is_signed(config):
        return None
    seals = Seals([key.reveal() for key in server.link_key] or [secrets.token_urlsafe(32)])
    return Doors(seals=seals, links=PageLinks(seals, server.public_url, clock))


def is_signed(config: Config) -> bool:
    """Tell whether links are signed: by a key that is set, or in development by one of the process's own."""
    return bool(config.server.link_key) or (config.server.only_here and config.teams.development)


def furnish(
    config: Config,
    store: Store,
    clock: Clock,
    receive: Receive,
    *,
    made: Doors,
    feed: Feed | None = None,
) -> WebRoom:
    """Return the pages; `receive` takes in what people do on them, `feed` writes a person's calendar."""
    sessions: list[ClientSession] = []
    keys = _entra_keys(config, clock, sessions)
    site = Site(
        public_url=config.server.public_url,
        seals=made.seals,
        links=made.links,
        store=store,
        clock=clock,
        receive=receive,
        language=config.organisation.language,
        feed=feed,
        entra=_entra(config, clock, keys) if keys is not None else None,
    )
    return WebRoom(site=site, links=made.links, keys=keys, _sessions=sessions)


def _entra_keys(config: Config, clock: Clock, sessions: list[ClientSession]) -> Keys | None:
    """Return the keys that Entra signs with, where the bot is in Teams and people can prove who they are there."""
    teams = config.teams
    if teams.mode == "off" or not (teams.app_id and teams.tenants):
        return None

    def session() -> ClientSession:
        if not sessions:
            sessions.append(ClientSession())
        return sessions[0]

    return Keys(session, openid_url=keys_url(teams.login_url, teams.tenants[0]), clock=clock)


def _entra(config: Config, clock: Clock, keys: Keys) -> Entra:
    return Entra(
        keys,
        client_id=config.teams.app_id,
        tenants=config.teams.tenants,
        public_url=config.server.public_url,
        clock=clock,
        login_url=config.teams.login_url,
    )
