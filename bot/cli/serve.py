"""`telemachy serve`: the bot as a process that lives by the clock."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from random import random
from uuid import uuid4

import typer
from aiohttp import ClientError, web

from adapters.slack.names import CHANNEL
from adapters.slack.socket import CannotConnect
from bot.app import App, compose
from bot.cli.deployment import ConfigFile, configured, mail_channel, programme
from bot.cli.health import pages
from bot.cli.logs import log_lost_errors, log_to
from bot.cli.slack_room import LIMITS, SlackRoom, furnish, outward
from bot.clock import SystemClock
from bot.config import Config, ConfigError
from bot.events import Event
from bot.garbage import look_seldom
from bot.heartbeat import Heartbeat
from bot.ports import Answered, Channel, Receive
from flows.programme_read import ProgrammeError
from storage.errors import StorageTrouble
from storage.store import open_store

log = logging.getLogger(__name__)

_OWNER = "serve"
_SLACK_DRAIN_SECONDS = 3.0
_SLACK = {
    "off": "off; messages leave by e-mail, and `telemachy demo` shows the whole",
    "socket": "by Socket Mode",
    "http": "by HTTP, at /slack/events",
}


class CannotServe(Exception):
    """The bot cannot begin; the text says why and what to do."""


def serve(config: ConfigFile = None) -> None:
    """
    Run the bot: database, Slack, e-mail, heartbeat, and /healthz for whoever watches over it.

    Without [slack] in the configuration messages leave by e-mail. Teams is not part of this version.
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
        heartbeat, slack = _furnish(config, stack)
        site = pages(heartbeat)
        site.add_routes(slack.routes() if slack else ())
        runner = web.AppRunner(site, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        address = await _listen(runner, config)
        stack.push_async_callback(heartbeat.stop)
        look_seldom()
        heartbeat.start()
        if slack:
            await _begin(slack, heartbeat, stack, stopped)
        _say_hello(config, address)
        await stopped.wait()
        deaf = slack is not None and slack.is_deaf
        log.info("The bot is stopping: action=serve.stop")
        print("Stopping. Messages on their way are waited for.", flush=True)
    if deaf:
        raise CannotServe("Slack was not heard for two minutes: start the bot again, as a supervisor does.")


def _furnish(config: Config, stack: AsyncExitStack) -> tuple[Heartbeat, SlackRoom | None]:
    clock = SystemClock()
    try:
        mail = mail_channel(config, clock)
    except ValueError as error:
        raise CannotServe(f"[mail] sender: {error}") from None
    url = config.database.url.reveal()
    store = open_store(url)
    stack.push_async_callback(store.close)
    owner = _owner(url)
    channels: dict[str, Channel] = {mail.name: mail}
    out = None
    if config.slack.mode != "off":
        try:
            out = outward(config, store, clock, owner)
        except ValueError as error:
            raise CannotServe(f"[slack]: {error}") from None
        stack.push_async_callback(out.close)
        channels[out.channel.name] = out.channel
    app = compose(
        store=store,
        channels=channels,
        clock=clock,
        owner=owner,
        holidays=config.organisation.holidays,
        company=config.organisation.name,
        current=programme(config),
        limits={CHANNEL: LIMITS},
        jitter=random,
        replicas=not url.startswith("sqlite"),
    )
    keep = config.database.keep_days
    heartbeat = Heartbeat(app, timedelta(days=keep) if keep else None)
    return heartbeat, None if out is None else furnish(out, _waking(app, heartbeat), app.outbox)


def _waking(app: App, heartbeat: Heartbeat) -> Receive:
    """Return what takes in an event, and looks at once for what is to be sent because of it."""

    async def receive(event: Event) -> Answered:
        answered = await app.receive(event)
        heartbeat.wake()
        return answered

    return receive


async def _begin(
    slack: SlackRoom, heartbeat: Heartbeat, stack: AsyncExitStack, stopped: asyncio.Event
) -> None:
    """Open the way in from Slack; look there for people now and then, and for what became of messages."""
    stack.push_async_callback(slack.stop, _SLACK_DRAIN_SECONDS)
    try:
        await slack.connect(stopped.set)
    except CannotConnect as error:
        raise CannotServe(str(error)) from None
    except (OSError, TimeoutError, ClientError) as error:
        raise CannotServe(f"Slack cannot be reached ({type(error).__name__}): look at the network.") from None
    heartbeat.scheduler.add_job(slack.look, "interval", hours=1, id="slack.people")
    slack.tasks.leave(slack.look(), "people")
    if slack.settling is not None:
        heartbeat.scheduler.add_job(slack.settling.look, "interval", minutes=3, id="slack.doubt")


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
    print(f"Slack: {_SLACK[config.slack.mode]}")
    print("Teams: not in this version.")
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
