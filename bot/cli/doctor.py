"""`telemachy doctor`: is everything there that the bot needs, and what mends what is not."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.chats_checkup import look_at_chats
from bot.cli.deployment import ConfigFile, config_file, mail_channel, programme
from bot.cli.findings import Finding, ok, problem, warning
from bot.cli.mail_checkup import look_at_mail
from bot.clock import SystemClock
from bot.config import Config, ConfigError, load_config
from bot.ports import Clock
from flows.programme import Programme
from flows.programme_read import ProgrammeError
from storage.checkup import Checkup, look
from storage.errors import StorageTrouble
from storage.store import open_to_read

_MOST_SKEW = timedelta(seconds=10)
# A database that stops growing stops the bot: half a gigabyte is years of it, a tenth of that is soon gone.
_LITTLE_ROOM, _NO_ROOM = 500_000_000, 50_000_000
_MOST_TROUBLED = 5


def doctor(
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    to: Annotated[
        str, typer.Option(help="Send a test message, in Teams or Slack, to whoever has this address.")
    ] = "",
) -> None:
    """Look at configuration, programme, database, clock, mail and chats; exit with 1 where there is a problem."""
    findings = list(examine(config_file(config), SystemClock(), to=to))
    sick = any(one.state == "problem" for one in findings)
    if as_json:
        print(json.dumps({"ok": not sick, "findings": [one.as_json() for one in findings]}, indent=2))
    else:
        print("\n".join(one.as_text() for one in findings))
    if sick:
        raise typer.Exit(1)


def examine(file: Path | None, clock: Clock, *, to: str = "") -> Iterator[Finding]:
    """Return what there is to say, good and bad; without a sound configuration there is nothing else to look at."""
    try:
        config = load_config(file, os.environ)
    except ConfigError as error:
        for one in error.problems:
            yield problem("configuration", one)
        yield warning(
            "configuration", "Nothing else was looked at.", "Mend the configuration, then ask again."
        )
        return
    yield from _configuration(config, file)
    checkup = look(config.database.url.reveal())
    yield from _programme(config, checkup)
    yield from _database(checkup)
    yield from _work(checkup)
    yield from _clock(checkup, clock.now())
    try:
        mail = mail_channel(config, clock)
    except ValueError as error:
        yield problem("mail", f"[mail] sender: {error}")
    else:
        yield from asyncio.run(look_at_mail(mail, config.mail))
    yield from _chats(config, checkup, clock, to)


# --- configuration ---------------------------------------------------------------------------


def _configuration(config: Config, file: Path | None) -> Iterator[Finding]:
    if file is None:
        yield warning(
            "configuration",
            "There is no config.toml here: the defaults hold.",
            "Copy config.example.toml to config.toml, or name a file with --config.",
        )
    else:
        yield ok("configuration", f"{file} is sound.")
    organisation = config.organisation
    if not organisation.name:
        fix = "Set [organisation] name."
        yield warning("configuration", "The organisation has no name: messages do without one.", fix)
    for section in (config.mail, config.database, config.server, config.slack, config.teams):
        for key in fields(section):
            if key.metadata["env"] and getattr(section, key.name):
                yield from _secret(type(section).__name__.lower(), key.name, key.metadata["env"], file)


def _secret(name: str, key: str, variable: str, file: Path | None) -> Iterator[Finding]:
    """Say where a secret comes from, never what it is; warn of a file that others may read."""
    if variable in os.environ:
        yield ok("configuration", f"[{name}] {key} comes from {variable}.")
        return
    named = _named_file(file, name, f"{key}_file")
    if named is None:
        return
    yield ok("configuration", f"[{name}] {key} comes from {named}.")
    if os.name == "posix" and named.stat().st_mode & 0o077:
        fix = f"Make it yours alone: chmod 600 {named}"
        yield warning("configuration", f"{named} may be read by other users of this machine.", fix)


def _named_file(file: Path | None, section: str, key: str) -> Path | None:
    if file is None:
        return None
    import tomllib  # the file was read before, so it is sound

    table = tomllib.loads(file.read_text(encoding="utf-8-sig")).get(section, {})
    return file.parent / table[key] if key in table else None


# --- programme -------------------------------------------------------------------------------


def _programme(config: Config, checkup: Checkup) -> Iterator[Finding]:
    try:
        read, text = programme(config)
    except ProgrammeError as error:
        for one in error.problems:
            yield problem("programme", str(one))
        return
    kept = _kept(config, read) if _readable(checkup) else None
    if kept is not None and kept != text:
        yield warning(
            "programme",
            f"{read.id} {read.version} is in use with other contents: pairs live by the earlier ones.",
            "Give the changed file a new version; telemachy diff says whom a change reaches.",
        )
    else:
        source = config.programme.file or "part of telemachy"
        yield ok("programme", f"{read.id}, version {read.version} ({source}) is sound.")


def _kept(config: Config, read: Programme) -> str | None:
    """Return the text that pairs of this version live by."""
    try:
        store = open_to_read(config.database.url.reveal())
    except StorageTrouble:
        return None
    try:
        return store.read_now(lambda work: work.programme_text(read.id, read.version))
    finally:
        store.close_now()


# --- database --------------------------------------------------------------------------------


def _database(checkup: Checkup) -> Iterator[Finding]:
    if checkup.trouble:
        yield problem("database", checkup.trouble)
    if checkup.fault:
        fix = "Stop the bot, keep a copy of the file, and restore a backup."
        yield problem("database", f"{checkup.where} is damaged: {checkup.fault}.", fix)
    if not checkup.exists:
        if not checkup.trouble:
            yield ok("database", f"{checkup.where} is not there yet; the first start makes it.")
    elif checkup.schema is None and not checkup.trouble:
        yield ok("database", f"{checkup.where} is empty; the first start fills it.")
    elif checkup.schema is not None:
        yield from _schema(checkup)
    for name in checkup.risks:
        fix = f"Set {name} = on in postgresql.conf and reload the server."
        yield warning(
            "database", f"PostgreSQL runs with {name} = off: a power cut may lose what was kept.", fix
        )
    yield from _room(checkup)


def _schema(checkup: Checkup) -> Iterator[Finding]:
    if checkup.up_to_date and not (checkup.trouble or checkup.fault):
        yield ok("database", f"{checkup.where} can be read and written; its schema is up to date.")
    elif not checkup.up_to_date:
        yield warning(
            "database",
            f"{checkup.where} has schema {checkup.schema}, which is not this version's.",
            "Make a backup; the next start brings an older one up to date and refuses a newer one.",
        )
    if checkup.used_by:
        yield ok("database", checkup.used_by.partition(":")[0] + ".")


def _room(checkup: Checkup) -> Iterator[Finding]:
    free = checkup.free_bytes
    if free is None:
        return
    left = f"{free / 1_000_000:,.0f} MB are free where {checkup.where} lies."
    if free < _NO_ROOM:
        yield problem("database", left, "Free some space: once the disk is full, nothing more can be kept.")
    elif free < _LITTLE_ROOM:
        yield warning("database", left, "Free some space soon.")


def _work(checkup: Checkup) -> Iterator[Finding]:
    """Say what is stuck: messages in doubt or undelivered, and pairs that could not be looked at."""
    doubtful, failed = checkup.outbox.get("doubtful", 0), checkup.outbox.get("failed", 0)
    if doubtful:
        fix = "They are never sent again by themselves: ask the receiver, then `telemachy messages --settle`."
        yield warning("messages", f"In doubt, because nobody knows whether they arrived: {doubtful}.", fix)
    held = checkup.outbox.get("held", 0)
    if held:
        fix = "`telemachy messages` lists them; stop the bot, then `--held replay`, `sent` or `missed`."
        yield warning("messages", f"Held since the database was put back: {held}.", fix)
    if failed:
        fix = "`telemachy messages` lists them: look at the addresses of the people they were for."
        yield warning("messages", f"Refused or undeliverable: {failed}.", fix)
    for enrolment, error, times in checkup.troubled[:_MOST_TROUBLED]:
        text = f"Programme run {enrolment} could not be looked at, {times} times in a row: {error}"
        yield problem("programme", text, "The bot tries again by itself; the log has the place of the error.")
    if len(checkup.troubled) > _MOST_TROUBLED:
        yield problem("programme", f"And {len(checkup.troubled) - _MOST_TROUBLED} more runs like these.")


# --- chats -----------------------------------------------------------------------------------


def _chats(config: Config, checkup: Checkup, clock: Clock, to: str) -> Iterator[Finding]:
    try:
        store = open_to_read(config.database.url.reveal()) if _readable(checkup) else None
    except StorageTrouble:
        store = None
    try:
        yield from look_at_chats(config, store, clock, to)
    finally:
        if store is not None:
            store.close_now()


def _readable(checkup: Checkup) -> bool:
    return checkup.up_to_date and not checkup.trouble


# --- clock -----------------------------------------------------------------------------------


def _clock(checkup: Checkup, now: datetime) -> Iterator[Finding]:
    told = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    other = "The database server's clock" if checkup.kind == "postgresql" else "The file system's clock"
    skew = abs(checkup.clock - now) if checkup.clock else timedelta()
    if skew > _MOST_SKEW:
        fix = "Let both machines keep time by NTP."
        yield warning("clock", f"{other} is {_long(skew)} away from this machine's, which says {told}.", fix)
    if checkup.looked_at is not None and checkup.looked_at > now + _MOST_SKEW:
        ahead = _long(checkup.looked_at - now)
        text = f"The clock was set back: it says {told}, and the last look was {ahead} later."
        fix = "Set the clock. Until it has caught up, those pairs wait; nothing is repeated and nothing is lost."
        yield problem("clock", text, fix)
    elif skew <= _MOST_SKEW:
        yield ok("clock", f"It is {told}.")


def _long(span: timedelta) -> str:
    """Word a span by its largest unit."""
    seconds = int(span.total_seconds())
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
