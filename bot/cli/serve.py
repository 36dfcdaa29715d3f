"""`telemachy serve`: the bot as a process that lives by the clock."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from uuid import uuid4

import typer
from aiohttp import web

from bot.app import compose
from bot.cli.deployment import ConfigFile, configured, mail_channel, programme
from bot.cli.health import pages
from bot.cli.logs import log_lost_errors, log_to
from bot.clock import SystemClock
from bot.config import Config, ConfigError
from bot.heartbeat import Heartbeat
from flows.programme_read import ProgrammeError
from storage.errors import StorageTrouble
from storage.store import open_store

log = logging.getLogger(__name__)

_OWNER = "serve"


class CannotServe(Exception):
    """The bot cannot begin; the text says why and what to do."""


def serve(config: ConfigFile = None) -> None:
    """
    Run the bot: database, e-mail, heartbeat, and /healthz for whoever watches over it.

    Slack and Teams are not part of this version: until they are, messages leave by e-mail.
    """
    log_to(sys.stderr)
    try:
        asyncio.run(_serve(configured(config)))
    except (ConfigError, CannotServe, StorageTrouble) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None


async def _serve(config: Config) -> None:
    asyncio.get_running_loop().set_exception_handler(log_lost_errors)
    stopped = _until_stopped()
    _check_programme(config)
    async with AsyncExitStack() as stack:
        heartbeat = _furnish(config, stack)
        runner = web.AppRunner(pages(heartbeat), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        address = await _listen(runner, config)
        stack.push_async_callback(heartbeat.stop)
        heartbeat.start()
        _say_hello(config, address)
        await stopped.wait()
        log.info("The bot is stopping: action=serve.stop")
        print("Stopping. Messages on their way are waited for.", flush=True)


def _furnish(config: Config, stack: AsyncExitStack) -> Heartbeat:
    clock = SystemClock()
    try:
        mail = mail_channel(config, clock)
    except ValueError as error:
        raise CannotServe(f"[mail] sender: {error}") from None
    url = config.database.url.reveal()
    store = open_store(url)
    stack.push_async_callback(store.close)
    app = compose(
        store=store,
        channels={mail.name: mail},
        clock=clock,
        owner=_owner(url),
        holidays=config.organisation.holidays,
        company=config.organisation.name,
    )
    return Heartbeat(app)


def _owner(url: str) -> str:
    """
    Name this process to the outbox.

    A SQLite file has one server at a time, so what a server of this name left behind is in doubt at once. On
    PostgreSQL there may be others that are sending right now: what one left is in doubt when its lease ends.
    """
    return _OWNER if url.startswith("sqlite") else f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:8]}"


def _check_programme(config: Config) -> None:
    """Refuse to begin with a programme nobody could live by."""
    try:
        programme(config)
    except ProgrammeError as error:
        raise CannotServe("\n".join(map(str, error.problems))) from None
    except UnicodeDecodeError as error:
        raise CannotServe(f"[programme] file: save it again as UTF-8 (byte {error.start + 1})") from None
    except OSError as error:
        raise CannotServe(f"[programme] file: cannot be read ({error.strerror})") from None


async def _listen(runner: web.AppRunner, config: Config) -> str:
    host, port = config.server.host, config.server.port
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise CannotServe(
            f"{host}:{port} cannot be used ({error.strerror}): choose another port under [server]."
        ) from None
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _say_hello(config: Config, address: str) -> None:
    log.info("The bot is running: action=serve.start")
    mail = config.mail
    print("telemachy is running. Ctrl-C ends it.")
    print(f"E-mail: {f'through {mail.host}' if mail.host else f'as files in {_shown(mail.folder)}'}")
    print("Slack and Teams: not in this version. Messages leave by e-mail; `telemachy demo` shows the whole.")
    print(f"Health: {address}/healthz", flush=True)


def _shown(folder: Path) -> str:
    return f"{folder}{os.sep}"


def _until_stopped() -> asyncio.Event:
    """Return what is set when somebody wants the process to end."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt
            loop.add_signal_handler(name, stopped.set)
    return stopped
