"""`telemachy slack`: the keys that keep stored tokens secret."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated, Literal

import typer

from adapters.slack.installations import rotate_keys
from adapters.slack.vault import CannotOpen, Vault, new_key
from bot.cli.deployment import ConfigFile, configured
from bot.config import Config, ConfigError
from storage.errors import StorageTrouble
from storage.store import open_store


class NothingToSeal(Exception):
    """The configuration has no key; the text says what to do."""


def slack(
    what: Annotated[Literal["new-key", "rekey"], typer.Argument(help="new-key or rekey")],
    config: ConfigFile = None,
) -> None:
    """
    Print a new key (new-key), or seal all stored tokens anew with the newest key (rekey).

    To change the key: make one, put it in front of TELEMACHY_SLACK_TOKEN_KEYS, rekey, and take the old one away.
    """
    if what == "new-key":
        print(new_key())
        return
    try:
        sealed = asyncio.run(_rekey(configured(config)))
    except (ConfigError, NothingToSeal, CannotOpen, ValueError, StorageTrouble) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    print(
        f"Sealed with the newest key: {sealed}. Older keys may be taken away, once every process has the new one."
    )


async def _rekey(config: Config) -> int:
    keys = [key.reveal() for key in config.slack.token_keys]
    if not keys:
        raise NothingToSeal(
            "There are no keys: set TELEMACHY_SLACK_TOKEN_KEYS, the newest first, with commas between them."
        )
    store = open_store(config.database.url.reveal(), inline=True)
    try:
        return await rotate_keys(store, Vault(keys))
    finally:
        await store.close()
