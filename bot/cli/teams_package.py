"""The app package of Teams for a deployment: which words its menu offers, and what it says of the company."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from adapters.teams.manifest import PAGES, Command, Json
from adapters.teams.manifest import manifest as teams_manifest
from bot.config import Config, ConfigError
from bot.i18n import Reader
from flows.register import COMMANDS

# A menu of Teams has ten lines and is the same for everybody: what each role needs most. All else may be typed.
OFFERED = ("home", "checkin", "feedback", "review", "goals", "plan", "tasks", "help", "snooze", "cases")
# Where others read along, only what says nothing about anybody; the answer comes in one's own chat.
OFFERED_TO_MANY = ("home", "plan", "goals", "tasks", "review")


def for_teams(config: Config, numbered: str = "") -> Mapping[str, Json]:
    """
    Return the manifest of a deployment; ConfigError or ValueError says what is missing.

    Teams takes a changed package only under a higher number: where that is not this version's, it is `numbered`.
    """
    if numbered and number(numbered) < number(package_version()):
        raise ValueError(f"--numbered must be {package_version()} or higher, not {numbered}")
    if config.teams.development:
        raise ConfigError(
            ["[teams] development: a stand-in needs no app package; take it away for the one of Teams"]
        )
    organisation = config.organisation
    return teams_manifest(
        app_id=config.teams.app_id,
        public_url=config.server.public_url,
        version=numbered or package_version(),
        pages={key: getattr(organisation, key) for key in PAGES},
        personal=offered(OFFERED, organisation.language),
        shared=offered(OFFERED_TO_MANY, organisation.language),
        company=organisation.name,
    )


def package_version() -> str:
    """Return the version of the app package, unless whoever makes it wants a higher one."""
    return version("telemachy")


def number(version: str) -> tuple[int, int, int]:
    """Return a version by which another is higher; ValueError where Teams would not take it."""
    found = re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", version)
    if found is None:
        raise ValueError(f"{version} is no number of an app package: write three figures, such as 1.0.1")
    return int(found[1]), int(found[2]), int(found[3])


def offered(words: Sequence[str], language: str) -> Sequence[Command]:
    """Return the lines of a menu: what is typed by picking one, and what it is for."""
    reader = Reader(language)
    return [(word, reader.text(COMMANDS[word].help)) for word in words]
