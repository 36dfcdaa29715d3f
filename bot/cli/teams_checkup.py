"""Whether the bot can live in Teams: its secret, Microsoft's keys, the way in, what Graph grants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import aiohttp
import jwt
from cryptography import x509

from adapters.keys import Keys
from adapters.teams import tokens as scopes
from adapters.teams.graph import CATALOGUE, FIND, INSTALL, PERMISSIONS
from adapters.teams.names import MESSAGES
from adapters.teams.states import FIXES
from adapters.teams.tokens import Tokens
from adapters.teams.wire import Wire
from adapters.web.names import TAB
from bot.cli.address_checkup import Door, look_at_address
from bot.cli.findings import Finding, ok, problem, warning
from bot.cli.teams_package import number, package_version
from bot.cli.teams_tokens import tokens_of
from bot.config import Config, Server, Teams
from bot.ports import Clock, Throttled

_DOOR = Door("Teams", "teams", MESSAGES, MESSAGES)
_SECONDS = aiohttp.ClientTimeout(total=10)
_SOON = timedelta(days=30)
_VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}")
_UPLOAD = (
    "Make the app package with telemachy manifest teams, and upload it in the Teams admin center "
    "(Teams apps, Manage apps)."
)
# What each permission of Graph is for.
WHY: Mapping[str, str] = MappingProxyType(
    {
        FIND: "Finds a programme's people by their e-mail address.",
        CATALOGUE: "Finds the app in the organisation's catalogue.",
        INSTALL: "Installs the app for people of a programme, and for nobody else.",
    }
)


async def look_at_teams(config: Config, clock: Clock) -> list[Finding]:
    """Return how the way to Teams and back does."""
    teams, wire = config.teams, Wire()
    found = [*_development(teams), *_certificate(teams.certificate, clock.now())]
    try:
        if teams.app_id and teams.tenant_id and (teams.client_secret or teams.certificate):
            tokens = tokens_of(config, clock)
            found.append(await _look_at_secret(tokens, teams))
            if teams.graph and found[-1].state == "ok":
                found += await _look_at_graph(wire, tokens, config)
        if not teams.development:
            found.append(await _look_at_keys(wire, teams, clock))
            found += await look_at_address(wire.session, config.server, _DOOR)
            if found[-1].state == "ok":
                found.append(await _look_at_tab(wire.session, config.server))
    finally:
        await wire.close()
    return found


def _development(teams: Teams) -> Iterator[Finding]:
    if teams.development:
        yield warning(
            "teams",
            "Messages that nobody signed are taken, from this machine alone: that is for a stand-in.",
            "Take [teams] development away before people use it.",
        )


# --- who the bot is --------------------------------------------------------------------------


async def _look_at_secret(tokens: Tokens, teams: Teams) -> Finding:
    what = "The certificate" if teams.certificate else "The client secret"
    try:
        await tokens.bearer()
    except Throttled as error:
        return _refused(f"{what} gets no token from Microsoft Entra", error)
    return ok("teams", f"{what} is valid for {teams.app_id} in the tenant {teams.tenant_id}.")


def _refused(what: str, error: Throttled) -> Finding:
    fix = FIXES.get(
        error.why, f"Microsoft says {error.why}: look it up at https://login.microsoftonline.com/error"
    )
    return problem("teams", f"{what} ({error.why}).", f"{fix[:1].upper()}{fix[1:]}.")


def _certificate(file: Path | None, now: datetime) -> Iterator[Finding]:
    """Say when the certificate ends; whether it can be used at all is found by using it."""
    if file is None:
        return
    try:
        ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        fix = FIXES["no_certificate"]
        yield problem("teams", f"{file} cannot be read.", f"{fix[:1].upper()}{fix[1:]}.")
        return
    fix = "Make a new one, upload its public half (App registrations, Certificates & secrets), then put it here."
    if ends <= now:
        yield problem("teams", f"The certificate ended on {ends:%Y-%m-%d}.", fix)
    elif ends - now < _SOON:
        yield warning("teams", f"The certificate ends on {ends:%Y-%m-%d}.", fix)
    else:
        yield ok("teams", f"The certificate is good until {ends:%Y-%m-%d}.")


# --- the way in ------------------------------------------------------------------------------


async def _look_at_keys(wire: Wire, teams: Teams, clock: Clock) -> Finding:
    keys = Keys(lambda: wire.session, openid_url=teams.openid_url, clock=clock)
    try:
        fetched = await keys.fetch()
    finally:
        await keys.close()
    if fetched:
        return ok("teams", f"Microsoft's keys, by which a message is known to be Teams': {keys.count}.")
    fix = "Check this machine's network, proxy (HTTPS_PROXY) and firewall, and [teams] openid_url."
    return problem("teams", f"Microsoft's keys cannot be fetched from {teams.openid_url}.", fix)


async def _look_at_tab(session: aiohttp.ClientSession, server: Server) -> Finding:
    """Look whether Teams may show the page of the tab."""
    address = server.public_url + TAB
    fix = f"Let the reverse proxy hand every path on to {server.host}:{server.port}, and leave the headers as they are."
    try:
        async with session.get(address, allow_redirects=False, timeout=_SECONDS) as answer:
            status, policy = answer.status, answer.headers.get("Content-Security-Policy", "")
            framed = answer.headers.get("X-Frame-Options", "")
    except (aiohttp.ClientError, OSError) as error:
        return problem("teams", f"{address} cannot be reached from here ({type(error).__name__}).", fix)
    if status != 200:
        return problem("teams", f"{address}, the Home tab, answers {status}; the bot would answer 200.", fix)
    if framed or "teams.microsoft.com" not in policy.partition("frame-ancestors")[2]:
        return problem(
            "teams", f"{address}, the Home tab, may not be shown by Teams: a header is changed.", fix
        )
    return ok("teams", f"{address}, the Home tab, may be shown by Teams.")


# --- Microsoft Graph -------------------------------------------------------------------------


async def _look_at_graph(wire: Wire, tokens: Tokens, config: Config) -> list[Finding]:
    try:
        token = await tokens.bearer(scopes.GRAPH)
    except Throttled as error:
        return [_refused("Microsoft Graph gives no token", error)]
    granted = _roles(token)
    found = list(_granted(granted))
    if granted is None or CATALOGUE in granted:
        found.append(await _look_at_package(wire, token, config))
    return found


def _granted(granted: set[str] | None) -> Iterator[Finding]:
    """Hold what Graph grants against what the bot asks it for."""
    if granted is None:
        fix = "Compare API permissions with docs/teams.md."
        yield warning("teams", "Microsoft Graph did not say what it grants.", fix)
        return
    for name in PERMISSIONS:
        if name not in granted:
            fix = (
                "Add it under App registrations, API permissions, Microsoft Graph, Application permissions, and "
                "press Grant admin consent. Or set [teams] graph = false."
            )
            yield problem("teams", f"Microsoft Graph does not grant {name}. {WHY[name]}", fix)
    others = sorted(granted - set(PERMISSIONS))
    if others:
        fix = "Take them away under API permissions: what it may not do, nobody can misuse."
        yield warning("teams", f"The app may do more than the bot needs: {', '.join(others)}.", fix)
    if set(PERMISSIONS) <= granted:
        yield ok("teams", "Microsoft Graph grants all that the bot asks for.")


def _roles(token: str) -> set[str] | None:
    """Return what a token of ours may do; who made it is known, so that its signature is not looked at."""
    try:
        told = jwt.decode(token, options={"verify_signature": False}).get("roles", [])
    except jwt.PyJWTError:
        return None
    return {str(one) for one in told} if isinstance(told, list) else None


async def _look_at_package(wire: Wire, token: str, config: Config) -> Finding:
    """Hold the app package in the organisation's catalogue against the one of this version."""
    told = quote(f"externalId eq '{config.teams.app_id}'", safe="")
    address = f"{config.teams.graph_url}appCatalogs/teamsApps?$filter={told}&$expand=appDefinitions"
    try:
        answer = await wire.call("GET", address, token=token)
    except (aiohttp.ClientError, OSError) as error:
        fix = "Check this machine's network, proxy (HTTPS_PROXY) and firewall, and [teams] graph_url."
        return problem("teams", f"Microsoft Graph gave no answer ({type(error).__name__}).", fix)
    if answer.status != 200:
        return problem(
            "teams",
            f"Microsoft Graph answers {answer.status} to who looks for the app.",
            "Ask again in a minute.",
        )
    there = _versions(answer.body.get("value"))
    if not there:
        return problem("teams", "The organisation's catalogue lacks the app.", _UPLOAD)
    ours, newest = package_version(), there[-1]
    if number(newest) < number(ours):
        text = f"The catalogue has version {newest} of the app package, and this is {ours}."
        return warning("teams", text, _UPLOAD)
    return ok("teams", f"The catalogue has the app package of this version ({newest}).")


def _versions(listed: object) -> list[str]:
    """Return the versions in the catalogue, the newest last; what is no version of ours is left out."""
    apps = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    made = [one.get("appDefinitions") for one in apps]
    definitions = [one for each in made if isinstance(each, list) for one in each if isinstance(one, Mapping)]
    told = {str(one.get("version")) for one in definitions}
    return sorted((one for one in told if _VERSION.fullmatch(one)), key=number)
