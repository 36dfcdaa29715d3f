"""What doctor looks at of the chats that are switched on, each with its own libraries."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from importlib.util import find_spec

from bot.cli.findings import Finding, problem
from bot.config import Config
from bot.ports import Clock
from storage.inline import InlineStore


def look_at_chats(config: Config, store: InlineStore | None, clock: Clock, to: str) -> Iterator[Finding]:
    """Yield how Slack and Teams do; a test message goes through Teams to whoever is there, else through Slack."""
    in_teams = False
    if config.teams.mode != "off":
        in_teams = yield from _teams(config, store, clock, to)
    if config.slack.mode != "off":
        yield from _slack(config, store, clock, "" if in_teams else to)
    elif to and not in_teams:
        yield _unsent(config, to)


def _unsent(config: Config, to: str) -> Finding:
    if config.teams.mode == "off":
        fix = "Set [slack] mode, or [teams] mode."
        return problem("chat", "There is no chat to send a test message through.", fix)
    fix = "The people file must have the address, and they open the app in Teams once."
    return problem("teams", f"Nobody whom the bot reaches in Teams has the address {to}.", fix)


def _teams(
    config: Config, store: InlineStore | None, clock: Clock, to: str
) -> Generator[Finding, None, bool]:
    """Look at Teams, and return whether a test message was for somebody there."""
    if any(find_spec(name) is None for name in ("botbuilder", "msal")):
        fix = "Run `make set-up-teams`, or install requirements/teams.txt in place of requirements/run.txt."
        yield problem("teams", "The packages for Microsoft Teams are not installed.", fix)
        return False
    # Microsoft's libraries take a second to load, and most of what is looked at does without.
    from bot.cli.teams_checkup import look_at_teams
    from bot.cli.teams_kept import address_in_teams, look_at_people, write_to

    yield from asyncio.run(look_at_teams(config, clock))
    if store is None:
        return False
    yield from look_at_people(config, store)
    who = address_in_teams(store, to) if to else None
    if who is not None:
        yield asyncio.run(write_to(config, store, who, to, clock))
    return who is not None


def _slack(config: Config, store: InlineStore | None, clock: Clock, to: str) -> Iterator[Finding]:
    # Slack's own library takes half a second to load, and most of what is looked at does without.
    from bot.cli.slack_checkup import look_at_slack
    from bot.cli.slack_kept import look_at_kept

    kept = look_at_kept(config, store, clock)
    yield from kept.findings
    yield from asyncio.run(look_at_slack(config, kept.tokens, clock, to=to))
