"""`telemachy demo`: a whole programme in a browser, without an account."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import sqlite3
import sys
import webbrowser
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from aiohttp import web

from adapters.playground.channel import MailChannel, PlaygroundChannel
from adapters.playground.guard import NotLoopback, check_address
from adapters.playground.hub import Hub
from adapters.playground.room import Room, RoomClock
from adapters.playground.server import Pages
from adapters.playground.stage import Stage
from bot.app import App, compose
from bot.cli.backstage import AppBackstage
from bot.cli.founding import Beginning, NotFounded, found, lived, own_people, small_company
from bot.config_values import database_url
from bot.i18n import PSEUDO, languages
from bot.people_file import PeopleFileError, read_people
from bot.ports import Channel, Store, Work
from storage.errors import AlreadyRunning, StorageTrouble
from storage.store import open_store
from storage.threaded import ThreadedStore

log = logging.getLogger(__name__)

FOLDER = Path(".telemachy-demo")
PORT = 8765
_OWNER = "demo"
_ROOM = "demo.room"  # the setting that ties a database to its room
_ADDRESS = "address"  # where the demo of a folder is open
_COMPANY = "Ithaca"  # where Telemachus lived


class CannotOpen(Exception):
    """The demo cannot begin; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the visitor asked for."""

    host: str
    port: int
    db: str
    people: Path | None
    browser: bool
    fresh: bool
    begin: date | None = None
    language: str = ""
    folder: Path = FOLDER


def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any that is free.")] = PORT,
    db: Annotated[str, typer.Option(help="A database's URL; else a file in .telemachy-demo/.")] = "",
    people: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, readable=True, help="A CSV file of your own people and pairs."
        ),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the last demo and begin anew.")] = False,
    begin: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The demo's first day; else this week's Monday."),
    ] = None,
    language: Annotated[
        str, typer.Option(help="What the page and the small company speak, such as en.")
    ] = "",
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    open_to_others: Annotated[
        bool, typer.Option("--open-to-others", help="Let other machines in: whoever comes acts as anyone.")
    ] = False,
) -> None:
    """Open the playground: live a whole programme in a browser. What you do is kept in .telemachy-demo/."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    wish = Wish(
        host=host,
        port=port,
        db=db,
        people=people,
        browser=not no_browser,
        fresh=fresh,
        begin=begin.date() if begin else None,
        language=language,
    )
    try:
        check_address(host, open_to_others=open_to_others)
        _check_language(language)
        asyncio.run(_run(wish))
    except (CannotOpen, NotLoopback, NotFounded, StorageTrouble) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    except PeopleFileError as error:
        print(f"{people} was not read, and nothing was kept. Please mend:\n{error}", file=sys.stderr)
        if any(problem.column == "start" for problem in error.problems):
            print("A demo may begin on an earlier day: --begin YYYY-MM-DD.", file=sys.stderr)
        raise typer.Exit(1) from None


def _check_language(language: str) -> None:
    if language and language not in (*languages(), PSEUDO):
        raise CannotOpen(f"--language {language} is none of {', '.join(languages())}.")


async def _run(wish: Wish) -> None:
    async with AsyncExitStack() as stack:
        runner = await _open(wish, datetime.now(UTC).date(), stack)
        address = await _listen(runner, wish)
        (wish.folder / _ADDRESS).write_text(address)
        stack.callback((wish.folder / _ADDRESS).unlink, missing_ok=True)
        print(f"The playground is open at {address}")
        print("Ctrl-C closes it; the next `telemachy demo` goes on from there.", flush=True)
        if wish.browser:
            await asyncio.to_thread(webbrowser.open, address)
        await _until_stopped()


async def _open(wish: Wish, today: date, stack: AsyncExitStack) -> web.AppRunner:
    # Read before anything is thrown away: a bad file leaves the last demo as it was.
    beginning = _beginning(wish, today)
    url = _url(wish)
    store = await _store(wish, url, stack)
    room, app, channel = await _furnish(wish, store, beginning, stack)
    hub = Hub()
    backstage = AppBackstage(app)
    stage = Stage(backstage=backstage, room=room, channel=channel, hub=hub)
    await _clear_doubt(app, room)
    pages = Pages(backstage=backstage, room=room, stage=stage, hub=hub)
    runner = web.AppRunner(pages.app(wish.host), access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    return runner


def _beginning(wish: Wish, today: date) -> Beginning:
    day = wish.begin or today - timedelta(days=today.weekday())
    if wish.people is None:
        return small_company(day, wish.language or "en")
    return own_people(read_people(wish.people.read_bytes(), day), day)


def _url(wish: Wish) -> str:
    if not wish.db:
        return f"sqlite:///{wish.folder / 'telemachy.db'}"
    try:
        return database_url(wish.db).reveal()
    except ValueError as error:
        raise CannotOpen(f"--db {error}") from None


async def _store(wish: Wish, url: str, stack: AsyncExitStack) -> Store:
    try:
        wish.folder.mkdir(exist_ok=True)
    except OSError as error:
        raise CannotOpen(
            f"{wish.folder} cannot be made here ({error.strerror}): go to a folder of your own"
        ) from None
    if wish.fresh and not wish.db:
        await _forget(wish, url)
    elif wish.fresh:
        _forget_room(wish.folder)
    store = _opened(wish, url)
    stack.push_async_callback(store.close)
    return store


def _opened(wish: Wish, url: str) -> ThreadedStore:
    """Open the database. It does not wait for the disk: a kill loses nothing, and half of all waiting is gone."""
    try:
        return open_store(url, durable=False)
    except AlreadyRunning:
        address = wish.folder / _ADDRESS
        if wish.db or not address.exists():
            raise
        raise AlreadyRunning(
            f"A demo is in use here already, at {address.read_text()} Close it with Ctrl-C in its terminal, "
            "or start another one in another folder."
        ) from None


async def _forget(wish: Wish, url: str) -> None:
    """Throw the folder's demo away, also a broken one, but never one that is in use."""
    try:
        await _opened(wish, url).close()
    except AlreadyRunning:
        raise
    except StorageTrouble as error:
        log.warning("What is thrown away could not be read: action=fresh error=%s", error)
    shutil.rmtree(wish.folder)
    wish.folder.mkdir()


def _forget_room(folder: Path) -> None:
    for name in ("room.db", "room.db-wal", "room.db-shm"):
        (folder / name).unlink(missing_ok=True)


async def _furnish(
    wish: Wish, store: Store, beginning: Beginning, stack: AsyncExitStack
) -> tuple[Room, App, PlaygroundChannel]:
    room = _room(wish, beginning)
    stack.callback(room.close)
    if wish.language:
        room.keep("language", wish.language)
    channel = PlaygroundChannel(room)
    channels: dict[str, Channel] = {channel.name: channel, MailChannel.name: MailChannel(channel)}
    app = compose(
        store=store,
        channels=channels,
        clock=RoomClock(room),
        owner=_OWNER,
        company=_COMPANY,
        current=lived(),
    )
    await store.write(lambda work: _found_once(work, room, beginning, wish))
    return room, app, channel


def _room(wish: Wish, beginning: Beginning) -> Room:
    file = wish.folder / "room.db"
    try:
        return Room(file, beginning.at)
    except sqlite3.Error as error:
        raise CannotOpen(f"{file} cannot be used ({error}). Begin anew with --fresh.") from None


def _found_once(work: Work, room: Room, beginning: Beginning, wish: Wish) -> None:
    """Found the company in an empty database; a database that is in use must be this room's."""
    owner = work.setting(_ROOM)
    if owner is None and not work.people():
        found(work, beginning.people, room.now())
        work.keep_setting(_ROOM, room.name)
    elif owner != room.name:
        raise CannotOpen(
            "The database has people already, who are not of this demo. Choose an empty one with --db, "
            f"or go on without --db in {wish.folder}/."
        )
    elif wish.people is not None:
        raise CannotOpen(
            "A demo is under way here, with its own people. Add --fresh to begin anew with these."
        )


async def _clear_doubt(app: App, room: Room) -> None:
    """Settle what was being sent when the last demo ended: the room knows what arrived."""
    now = app.clock.now()
    left = await app.store.read(lambda work: work.expired_leases(now, _OWNER))
    await app.outbox.deliver()
    for row_id in [row.id for row in left]:
        row = await app.store.read(lambda work, row_id=row_id: work.row(row_id))  # type: ignore[misc]
        if row is not None and row.state == "doubtful":
            message = room.delivered(str(row_id))
            await app.outbox.resolve(row_id, message is not None, str(message.id) if message else "")


async def _listen(runner: web.AppRunner, wish: Wish) -> str:
    site = web.TCPSite(runner, wish.host, wish.port)
    try:
        await site.start()
    except OSError as error:
        raise CannotOpen(
            f"Port {wish.port} cannot be used ({os.strerror(error.errno or 0)}). Choose another with --port."
        ) from None
    host, port = runner.addresses[0][:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl-C raises KeyboardInterrupt
            loop.add_signal_handler(name, stopped.set)
    await stopped.wait()
