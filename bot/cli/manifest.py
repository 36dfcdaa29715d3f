"""`telemachy manifest`: what a platform is told of the app when an operator creates it there."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

import typer

from adapters.slack.manifest import Json
from adapters.slack.manifest import manifest as slack_manifest
from adapters.teams.manifest import PACKAGE, package
from bot.cli.deployment import ConfigFile, config_file
from bot.cli.teams_package import for_teams
from bot.config import Config, ConfigError, Slack, load_config
from flows.register import COMMANDS

# The key of [slack] that says whether an optional scope is counted on.
SWITCHES: Mapping[str, str] = MappingProxyType(
    {"im:history": "history", "mpim:write": "group_messages", "files:write": "files"}
)
_HR = {"coordinator", "director"}


def manifest(
    platform: Annotated[Literal["slack", "teams"], typer.Argument(help="slack or teams")],
    config: ConfigFile = None,
    out: Annotated[
        Path | None, typer.Option(help="Write it to this file instead; for Teams, into this folder.")
    ] = None,
    several: Annotated[
        bool,
        typer.Option("--several", help="For several Slack workspaces, which install the app by themselves."),
    ] = False,
    numbered: Annotated[
        str,
        typer.Option(
            "--numbered",
            help="The number of the Teams app package, such as 1.0.1, if it is to be a higher one.",
        ),
    ] = "",
) -> None:
    """
    Print the manifest of the app, or write it where --out says: for Teams, the whole app package.

    It follows [slack] or [teams], and [server] public_url. No secret is needed: there are none before the app.
    """
    try:
        settings = load_config(config_file(config), os.environ, whole=False)
        told = for_slack(settings, several=several) if platform == "slack" else for_teams(settings, numbered)
    except (ConfigError, ValueError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    if out is None:
        print(_written(told))
        return
    try:
        print(_keep(told, out) if platform == "slack" else _pack(told, out))
    except OSError as error:
        print(f"{out} cannot be written ({error.strerror}).", file=sys.stderr)
        raise typer.Exit(1) from None


def _keep(told: Mapping[str, Json], file: Path) -> str:
    file.write_text(f"{_written(told)}\n", encoding="utf-8")
    return f"The manifest is in {file}. Create the app with it: https://api.slack.com/apps?new_app=1"


def _pack(told: Mapping[str, Json], folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in package(told).items():
        (folder / name).write_bytes(data)
    return (
        f"The app package is {folder / PACKAGE}. An administrator uploads it in the Teams admin center: "
        "https://admin.teams.microsoft.com/policies/manage-apps"
    )


def _written(told: Mapping[str, Json]) -> str:
    return json.dumps(told, indent=2, ensure_ascii=False)


def for_slack(config: Config, *, several: bool = False) -> Mapping[str, Json]:
    """Return the Slack manifest of a deployment; without a mode it is the one that needs no address."""
    slack = config.slack
    by_oauth = several or slack.by_oauth
    return slack_manifest(
        mode="http" if slack.mode == "http" else "socket",
        public_url=config.server.public_url,
        words=words(),
        granted=granted(slack),
        by_oauth=by_oauth,
        across=by_oauth and _many(slack.workspaces),
    )


def granted(slack: Slack) -> tuple[str, ...]:
    """Return the optional scopes that the configuration counts on."""
    return tuple(scope for scope, key in SWITCHES.items() if getattr(slack, key))


def words() -> tuple[str, ...]:
    """Return what may follow the command: first what everybody may type, last what only HR may."""
    of_hr = {word for word, command in COMMANDS.items() if command.roles and set(command.roles) <= _HR}
    ordered = sorted(COMMANDS, key=lambda word: (word in of_hr, word))
    return tuple(f"{word} {COMMANDS[word].usage}".strip() for word in ordered)


def _many(workspaces: Sequence[str]) -> bool:
    """Tell whether an organisation may install the app for all its workspaces: any may, one does, or several."""
    return len(workspaces) != 1 or workspaces[0].startswith("E")
