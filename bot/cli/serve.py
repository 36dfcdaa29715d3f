"""`telemachy serve`: the bot as a process that lives by the clock."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path
from random import random
from typing import Annotated
from uuid import uuid4

import typer
from aiohttp import web

from bot.app import App, compose
from bot.cli import slack_room, web_room
from bot.cli.deployment import ConfigFile, configured, mail_channel, programme
from bot.cli.health import pages
from bot.cli.logs import log_lost_errors, log_to
from bot.cli.rooms import CannotServe, Room, Way
from bot.cli.web_room import doors
from bot.clock import SystemClock
from bot.config import Config, ConfigError
from bot.events import Event
from bot.garbage import look_seldom
from bot.heartbeat import Heartbeat
from bot.lineage import Living
from bot.ports import Answered, Clock, Links, Receive, Store
from flows.programme_read import ProgrammeError
from storage.errors import StorageTrouble
from storage.lineage import lineage_of
from storage.store import open_store

log = logging.getLogger(__name__)

_OWNER = "serve"
_DRAIN_SECONDS = 3.0
_SLACK = {
    "off": "off",
    "socket": "by Socket Mode",
    "http": "by HTTP, at /slack/events",
}
_TEAMS = {"off": "off", "on": "by HTTP, at /api/messages"}


def serve(
    config: ConfigFile = None,
    restored: Annotated[
        bool,
        typer.Option("--restored", help="The whole disk was put back: hold what is due until you decide."),
    ] = False,
) -> None:
    """
    Run the bot: database, Slack, Microsoft Teams, web pages, e-mail, heartbeat, and /healthz for whoever watches.

    Without [slack] and [teams] in the configuration messages leave by e-mail.
    """
    log_to(sys.stderr)
    try:
        asyncio.run(_serve(configured(config), restored=restored))
    except (ConfigError, CannotServe, StorageTrouble) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None


async def _serve(config: Config, *, restored: bool) -> None:
    asyncio.get_running_loop().set_exception_handler(log_lost_errors)
    stopped = _until_stopped()
    _check_programme(config)
    async with AsyncExitStack() as stack:
        heartbeat, rooms, routes = _furnish(config, stack)
        held = await heartbeat.hold(restored=restored)
        site = pages(heartbeat)
        site.add_routes(routes)
        runner = web.AppRunner(site, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        address = await _listen(runner, config)
        stack.push_async_callback(heartbeat.stop)
        look_seldom()
        heartbeat.start()
        for room in rooms:
            stack.push_async_callback(room.stop, _DRAIN_SECONDS)
            await room.begin(heartbeat.scheduler, stopped)
        _say_hello(config, address, held)
        await stopped.wait()
        log.info("The bot is stopping: action=serve.stop")
        print("Stopping. Messages on their way are waited for.", flush=True)
    trouble = next((room.trouble for room in rooms if room.trouble), "")
    if trouble:
        raise CannotServe(trouble)


def _furnish(config: Config, stack: AsyncExitStack) -> tuple[Heartbeat, list[Room], list[web.RouteDef]]:
    """Return what beats, the platforms that are on, and all addresses they answer at."""
    clock = SystemClock()
    try:
        mail = mail_channel(config, clock)
    except ValueError as error:
        raise CannotServe(f"[mail] sender: {error}") from None
    url = config.database.url.reveal()
    store = open_store(url)
    stack.push_async_callback(store.close)
    owner = _owner(url)
    made = doors(config, clock)
    links = made.links if made else None
    ways = [*_slack(config, store, clock, owner), *_teams(config, store, clock, links)]
    for way in ways:
        stack.push_async_callback(way.close)
    app = compose(
        store=store,
        channels={one.name: one for one in (mail, *(way.channel for way in ways))},
        clock=clock,
        owner=owner,
        holidays=config.organisation.holidays,
        company=config.organisation.name,
        current=programme(config),
        limits={way.channel.name: way.limits for way in ways},
        jitter=random,
        replicas=not url.startswith("sqlite"),
        links=links,
    )
    keep = config.database.keep_days
    heartbeat = Heartbeat(app, timedelta(days=keep) if keep else None, Living(store, clock, lineage_of(url)))
    receive = _waking(app, heartbeat)
    rooms = [way.furnish(receive, app.outbox) for way in ways]
    routes = [route for room in rooms for route in room.routes()]
    if made is not None:
        browsers = web_room.furnish(config, store, clock, receive, made=made, feed=app.calendar)
        stack.push_async_callback(browsers.close)
        routes += browsers.routes()
    return heartbeat, rooms, routes


def _slack(config: Config, store: Store, clock: Clock, owner: str) -> Iterator[Way]:
    if config.slack.mode == "off":
        return
    try:
        yield slack_room.way(config, store, clock, owner)
    except ValueError as error:
        raise CannotServe(f"[slack]: {error}") from None


def _teams(config: Config, store: Store, clock: Clock, links: Links | None) -> Iterator[Way]:
    if config.teams.mode == "off":
        return
    try:
        from bot.cli import teams_room  # 1.4 s and 23 MiB that a bot without Teams need not pay
    except ModuleNotFoundError as error:
        raise CannotServe(
            f"[teams] mode: needs the package {error.name}, which is not installed: run `make set-up-teams`, or "
            "install telemachy[teams]"
        ) from None
    try:
        yield teams_room.way(config, store, clock, links)
    except ValueError as error:
        raise CannotServe(f"[teams]: {error}") from None


def _waking(app: App, heartbeat: Heartbeat) -> Receive:
    """Return what takes in an event, and looks at once for what is to be sent because of it."""

    async def receive(event: Event) -> Answered:
        answered = await app.receive(event)
        heartbeat.wake()
        return answered

    return receive


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


async def _listen(runner: web.AppRunner, config: Config) -> str:
    host, port = config.server.host, config.server.port
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise CannotServe(
            f"{host}:{port} cannot be used ({error.strerror}): choose another port under [server]."
        ) from None
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _say_hello(config: Config, address: str, held: int) -> None:
    log.info("The bot is running: action=serve.start")
    mail = config.mail
    print("telemachy is running. Ctrl-C ends it.")
    if held:
        print(f"The database was put back. Messages that were due are held: {held}. Stop the bot, and let")
        print(
            "`telemachy messages` list them: `--held replay` sends them, `--held sent` counts them as sent before."
        )
    print(f"E-mail: {f'through {mail.host}' if mail.host else f'as files in {_shown(mail.folder)}'}")
    print(f"Slack: {_SLACK[config.slack.mode]}")
    print(f"Microsoft Teams: {_TEAMS[config.teams.mode]}")
    print(f"Web pages: {_web(config)}")
    print(f"Health: {address}/healthz", flush=True)


def _web(config: Config) -> str:
    server = config.server
    if not server.public_url:
        return "off: [server] public_url says where browsers find them"
    return server.public_url if web_room.is_signed(config) else "off: TELEMACHY_LINK_KEY signs their links"


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
