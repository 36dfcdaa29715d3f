"""Whether the bot can live in Slack: tokens and what they may do, clocks, the way in, and a test message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.faults import TROUBLES, code_of
from adapters.slack.names import EVENTS
from adapters.slack.render import note
from adapters.slack.scopes import SCOPES
from adapters.slack.states import FIXES
from adapters.slack.wire import Wire
from bot.cli.address_checkup import Door, look_at_address
from bot.cli.findings import HELLO, Finding, ok, problem, warning
from bot.cli.manifest import SWITCHES, granted
from bot.cli.slack_kept import Token
from bot.config import Config, Slack
from bot.i18n import Reader
from bot.ports import Clock

_DOOR = Door("Slack", "slack", EVENTS, "/slack/")
# Slack's requests are signed with a time and refused when that is five minutes off (its own window).
_WINDOW, _NOTABLE = timedelta(seconds=300), timedelta(seconds=30)
_NETWORK = "Check this machine's network, proxy (HTTPS_PROXY) and firewall, and [slack] api_url."
_SOCKET_FIX = (
    "Make an app-level token with the scope connections:write under Basic Information, set "
    "TELEMACHY_SLACK_APP_TOKEN, and switch Socket Mode on."
)
_FIXES: Mapping[str, str] = MappingProxyType(
    {
        **{code: f"{fix[:1].upper()}{fix[1:]}." for code, fix in FIXES.items()},
        "missing_scope": "Compare the scopes under OAuth & Permissions with docs/slack.md, and install the app again.",
        "ratelimited": "Ask again in a minute.",
    }
)


async def look_at_slack(
    config: Config, tokens: Sequence[Token], clock: Clock, *, to: str = ""
) -> list[Finding]:
    """Return how the way to Slack and back does; `to` is the e-mail address that a test message goes to."""
    wire = Wire(api_url=config.slack.api_url)
    found: list[Finding] = []
    try:
        valid = []
        for token in tokens:
            told, sound = await _look_at_token(wire.client(token.text), token, config.slack, clock)
            found += told
            valid += [token] * sound
        if config.slack.mode == "socket":
            found.append(await _look_at_socket(wire.client(), config.slack))
        else:
            found += await look_at_address(wire.session, config.server, _DOOR)
        if to:
            found.append(await _write_to(wire, valid, to, config))
    finally:
        await wire.close()
    return found


def _failed(what: str, error: Exception, fixes: Mapping[str, str] = _FIXES, fix: str = "") -> Finding:
    """Return a call that went wrong: by Slack's code where it answered, else by what kept the answer away."""
    code = code_of(error)
    if not code:
        return problem("slack", f"{what}: Slack gave no answer to read ({type(error).__name__}).", _NETWORK)
    return problem("slack", f"{what} is refused ({code}).", fixes.get(code) or fix or _FIXES["missing_scope"])


# --- tokens ----------------------------------------------------------------------------------


async def _look_at_token(
    client: AsyncWebClient, token: Token, slack: Slack, clock: Clock
) -> tuple[list[Finding], bool]:
    """Return what there is to say of a token, and whether it can be used."""
    try:
        answer = await client.auth_test()
    except TROUBLES as error:
        return [_failed(token.name, error)], False
    headers = {name.lower(): value for name, value in answer.headers.items()}
    told = [
        ok("slack", f"{token.name} is valid: {answer.get('team')} ({answer.get('team_id')})."),
        *_allowed(answer, slack),
        *_scopes(token.name, headers, slack),
        *_skew(headers, clock.now()),
    ]
    return told, True


def _allowed(answer: AsyncSlackResponse, slack: Slack) -> Iterator[Finding]:
    ids = [str(answer.get(key) or "") for key in ("team_id", "enterprise_id")]
    if slack.workspaces and not set(ids) & set(slack.workspaces):
        text = f"{answer.get('team')} ({ids[0]}) is not among [slack] workspaces: nobody there is answered."
        yield problem("slack", text, f"Add {ids[0]} to [slack] workspaces.")


def _scopes(name: str, headers: Mapping[str, str], slack: Slack) -> Iterator[Finding]:
    """Hold what a token may do against what the manifest asks for."""
    may = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",") if scope.strip()}
    if not may:
        fix = "Compare the scopes under OAuth & Permissions with docs/slack.md."
        yield warning("slack", f"Slack did not say what {name} may do.", fix)
        return
    used = {one.name for one in SCOPES if not one.optional} | set(granted(slack))
    for one in SCOPES:
        switch = f"[slack] {SWITCHES.get(one.name, '')}"
        if one.name in used - may:
            other = f" Or set {switch} = false." if one.optional else ""
            fix = f"Add {one.name} under OAuth & Permissions, Bot Token Scopes, and install the app again.{other}"
            yield problem("slack", f"{name} lacks the scope {one.name}. {one.why}", fix)
        elif one.name in may - used:
            text = f"{name} has the scope {one.name}, which the bot does not use."
            yield warning("slack", text, f"Set {switch} = true, or take the scope away.")
    others = sorted(may - {one.name for one in SCOPES})
    if others:
        fix = "Take them away under OAuth & Permissions: what it may not do, nobody can misuse."
        yield warning("slack", f"{name} may do more than the bot needs: {', '.join(others)}.", fix)
    if used <= may:
        yield ok("slack", f"{name} has every scope that the bot needs.")


def _skew(headers: Mapping[str, str], now: datetime) -> Iterator[Finding]:
    try:
        skew = abs(parsedate_to_datetime(headers.get("date", "")) - now)
    except ValueError:
        return
    text = f"Slack's clock and this machine's are {skew.total_seconds():.0f} seconds apart."
    fix = (
        "Let this machine keep time by NTP: from 300 seconds on, the bot takes Slack's requests for old ones."
    )
    if skew >= _WINDOW:
        yield problem("clock", text, fix)
    elif skew >= _NOTABLE:
        yield warning("clock", text, fix)


# --- the way in ------------------------------------------------------------------------------


async def _look_at_socket(client: AsyncWebClient, slack: Slack) -> Finding:
    """Ask for the address of a connection, without opening it: a running bot keeps its own."""
    what = "The token for Socket Mode"
    try:
        await client.apps_connections_open(app_token=slack.app_token.reveal())
    except TROUBLES as error:
        missing = "Make the app-level token anew with the scope connections:write."
        return _failed(
            what, error, {"missing_scope": missing, "ratelimited": _FIXES["ratelimited"]}, _SOCKET_FIX
        )
    return ok("slack", f"{what} is valid: Slack offers a connection.")


# --- a test message --------------------------------------------------------------------------


async def _write_to(wire: Wire, tokens: Sequence[Token], email: str, config: Config) -> Finding:
    """Write a test message to whoever has this e-mail address, in the first workspace that knows it."""
    for token in tokens:
        client = wire.client(token.text)
        try:
            known = await client.users_lookupByEmail(email=email)
        except TROUBLES as error:
            if code_of(error) == "users_not_found":
                continue
            return _failed(f"The address {email}", error)
        return await _hello(client, str(known["user"]["id"]), email, config)
    if not tokens:
        text = f"No test message was sent to {email}: there is no token to send it with."
        return problem("slack", text, "Mend the token first.")
    fix = "Use the address that the person's Slack profile has."
    return problem("slack", f"Nobody in Slack has the address {email}: no test message was sent.", fix)


async def _hello(client: AsyncWebClient, user: str, email: str, config: Config) -> Finding:
    message = note(HELLO, Reader(config.organisation.language, config.organisation.time_zone))
    try:
        opened = await client.conversations_open(users=user)
        channel = str(opened["channel"]["id"])
        await client.chat_postMessage(
            channel=channel, text=message.text, blocks=message.blocks, unfurl_links=False
        )
    except TROUBLES as error:
        failed = _failed(f"The test message to {email}", error)
        # Nobody knows whether it arrived; whoever asked can look.
        return failed if code_of(error) else replace(failed, fix=f"Look whether it arrived. {failed.fix}")
    return ok("slack", f"A test message was sent to {email}.")
