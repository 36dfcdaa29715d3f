"""
Check what the keys of Microsoft Teams can only get wrong together: without proof of who is who, it does not start.

Each function yields the place and what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

if TYPE_CHECKING:
    from bot.config import Config, Server, Teams

_Problem = tuple[str, str]


def teams_together(config: Config, folder: Path, whole: bool) -> Iterator[_Problem]:
    """Yield what keeps the bot from being in Teams safely; no secret is missed unless it is the `whole`."""
    teams, server = config.teams, config.server
    if teams.development:
        yield from _development(server)
    else:
        yield from _identity(teams)
        yield from _encrypted(teams)
        yield from _public(server)
    if whole:
        yield from _proof(teams, folder)
        yield from _links(server, teams)


def _development(server: Server) -> Iterator[_Problem]:
    if not server.only_here:
        yield (
            "[teams] development",
            (
                "takes unsigned messages, so whoever reaches the port could speak for anybody: "
                'set [server] host = "127.0.0.1", or take development away'
            ),
        )


def _identity(teams: Teams) -> Iterator[_Problem]:
    told = {
        "app_id": "the Application (client) ID",
        "tenant_id": "the Directory (tenant) ID",
    }
    for key, name in told.items():
        value = getattr(teams, key)
        where = "of the app's page in the Microsoft Entra admin center (App registrations, Overview)"
        if not value:
            yield f"[teams] {key}", f"is missing: set it to {name} {where}"
        elif not _is_uuid(value):
            yield f"[teams] {key}", f'must be {name} {where}, and "{value}" is not'
    for tenant in teams.tenants:
        if not _is_uuid(tenant):
            yield "[teams] tenants", f'must hold ids of tenants, and "{tenant}" is not one'
    if teams.tenants and teams.tenant_id and teams.tenant_id not in teams.tenants:
        yield "[teams] tenants", f"leaves out the bot's own tenant: add {teams.tenant_id}"


def _encrypted(teams: Teams) -> Iterator[_Problem]:
    for key in ("login_url", "openid_url", "graph_url"):
        if urlsplit(getattr(teams, key)).scheme != "https":
            yield f"[teams] {key}", "must begin with https:// except with development = true"


def _public(server: Server) -> Iterator[_Problem]:
    if not server.public_url:
        yield (
            "[server] public_url",
            'is missing: [teams] mode = "on" needs the address at which Teams and browsers reach the bot',
        )
    elif urlsplit(server.public_url).scheme != "https":
        yield "[server] public_url", "must begin with https:// because Teams takes no other address"


def _proof(teams: Teams, folder: Path) -> Iterator[_Problem]:
    """Yield what keeps the bot from proving who it is."""
    if teams.certificate and not (folder / teams.certificate).is_file():
        yield "[teams] certificate", f"there is no file {str(folder / teams.certificate)!r}"
    if teams.certificate and teams.client_secret:
        yield "[teams] certificate", "is there and a client secret too: leave one out"
    if not (teams.certificate or teams.client_secret or teams.development):
        yield (
            "[teams] mode",
            (
                '"on" needs a proof of who the bot is: set TELEMACHY_TEAMS_CLIENT_SECRET, or client_secret_file, '
                "or certificate"
            ),
        )


def _links(server: Server, teams: Teams) -> Iterator[_Problem]:
    if not server.link_key and not teams.development:
        yield (
            "[server] link_key",
            (
                '[teams] mode = "on" needs a key that signs links and sessions: make one with `telemachy new-key` '
                "and set TELEMACHY_LINK_KEY, or link_key_file"
            ),
        )


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False
