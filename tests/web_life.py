"""The web pages over a bot on a real store: five people who live the onboarding programme, and a clock to move."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from html import unescape
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit

from aiohttp import web

from adapters.web.entra import Entra
from adapters.web.links import PageLinks
from adapters.web.seals import Seals
from adapters.web.site import Site
from bot.app import App, compose
from bot.cli.founding import found, lived, small_company
from bot.events import Address
from bot.facts import Person
from bot.outcome import Put
from bot.ports import Store, Work
from storage.store import open_store
from tests.living import MovableClock, live_until
from tests.servers import free_port

T = TypeVar("T")
KEY = "a key that no one could guess, 0001"
DAY = date(2027, 1, 11)  # a Monday; Ana starts two weeks later
FAR = "https://mentoring.example.org"


class Box:
    """A channel that keeps what it delivered."""

    name = "playground"

    def __init__(self) -> None:
        self.given: list[Any] = []

    async def deliver(self, delivery: Any) -> str:
        """Keep the message and return its place as its id."""
        self.given.append(delivery)
        return str(len(self.given))


@dataclass
class House:
    """A bot and its pages, by name."""

    clock: MovableClock
    store: Store
    box: Box
    app: App
    seals: Seals
    links: PageLinks
    site: Site
    public_url: str

    async def person(self, person_id: str) -> Person:
        """Return one of the five as the store knows them."""
        found = await self.store.read(lambda work: work.person(person_id))
        assert found is not None
        return found

    async def change(self, person_id: str, **more: Any) -> None:
        """Change one of the five."""
        changed = replace(await self.person(person_id), **more)
        await self.store.write(lambda work: work.apply([Put(changed)], self.clock.now()))

    async def link(self, page: str = "home", person_id: str = "ana") -> str:
        """Return the path of a link to a page."""
        return urlsplit(self.links.to(page, await self.person(person_id))).path

    async def until(self, instant: datetime) -> None:
        """Live on to an instant."""
        await live_until(self.app, self.clock, instant)

    async def settings(self, prefix: str) -> dict[str, str]:
        """Return what the pages stored."""
        return dict(await self.store.read(lambda work: work.settings(prefix)))


@asynccontextmanager
async def house(
    url: str,
    *,
    public_url: str = FAR,
    keys: tuple[str, ...] = (KEY,),
    entra: Entra | None = None,
    clock: MovableClock | None = None,
) -> AsyncIterator[House]:
    """Put a bot with pages together; nobody has begun to live."""
    beginning = small_company(DAY)
    clock = clock or MovableClock(beginning.at)
    store, box = open_store(url), Box()
    seals = Seals(keys)
    links = PageLinks(seals, public_url, clock)
    app = compose(
        store=store,
        channels={box.name: box, "mail": box},
        clock=clock,
        owner="test",
        company="Ithaca",
        current=lived(),
        links=links,
    )

    def begin(work: Work) -> None:
        found(work, beginning.people, clock.now())
        for person in work.people():
            there = Address("teams", f"oid-{person.id}", "tenant")
            work.apply([Put(replace(person, also=(there,)))], clock.now())

    await store.write(begin)
    site = Site(
        public_url=public_url,
        seals=seals,
        links=links,
        store=store,
        clock=clock,
        receive=app.receive,
        language="en",
        feed=app.calendar,
        entra=entra,
    )
    try:
        yield House(
            clock=clock,
            store=store,
            box=box,
            app=app,
            seals=seals,
            links=links,
            site=site,
            public_url=public_url,
        )
    finally:
        await store.close()


def hidden(page: str, name: str) -> str:
    """Return the first hidden value of a name on a page."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', page)
    assert found is not None, f"no hidden {name}"
    return unescape(found.group(1))


async def _elsewhere(request: web.Request) -> web.Response:
    """Show a page of ours inside a page that is none of ours: open it by another name of this machine."""
    frame = f'<!doctype html><title>Elsewhere</title><iframe src="{request.query["frame"]}"></iframe>'
    return web.Response(text=frame, content_type="text/html")


# --- for a real browser -----------------------------------------------------------------------


class Served:
    """A house whose pages are served from a thread of its own, because the browser's driver keeps this one."""

    def __init__(self, url: str, **more: Any) -> None:
        self.address = f"http://127.0.0.1:{free_port()}"
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._url, self._more = url, more
        self._ended = asyncio.Event()
        self.house: House = self.do(self._begin())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something where the house lives, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    def link(self, person_id: str = "ana", page: str = "home") -> str:
        """Return a link to a page, whole."""
        return self.address + self.do(self.house.link(page, person_id))

    def pass_days(self, days: float) -> None:
        """Live on for some days."""
        self.do(self.house.until(self.house.clock.now() + timedelta(days=days)))

    async def _begin(self) -> House:
        self._open = house(self._url, public_url=self.address, **self._more)
        made = await self._open.__aenter__()
        app = web.Application()
        app.add_routes([*made.site.routes(), web.get("/elsewhere", _elsewhere)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", urlsplit(self.address).port).start()
        return made

    async def _end(self) -> None:
        await self._runner.cleanup()
        await self._open.__aexit__(None, None, None)

    def end(self) -> None:
        """Stop serving and close the store."""
        self.do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()


@contextmanager
def served(url: str, **more: Any) -> Iterator[Served]:
    """Serve a house to a browser."""
    there = Served(url, **more)
    try:
        yield there
    finally:
        there.end()
