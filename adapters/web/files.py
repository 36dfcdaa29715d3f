"""What is handed over by link: a file of a message, a calendar to subscribe to, and what the pages are made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from adapters.web.links import FilePass, PageLinks
from adapters.web.page import answer, trouble_page
from bot.content import File
from bot.facts import Person
from bot.i18n import Reader
from bot.ports import Clock, Store, Work

# Writes the calendar of everything fixed in this person's pairs.
Feed = Callable[[Work, Person], bytes]

STATIC = Path(__file__).parent / "static"
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
_FEED_SECONDS = 900
# When a calendar was written is no change of what is in it.
_WRITTEN = re.compile(rb"^DTSTAMP[^\r\n]*\r?\n", re.MULTILINE)


def pictures() -> frozenset[str]:
    """Return the names of the product's own pictures."""
    return frozenset(file.name for file in (STATIC / "pictures").glob("*") if file.suffix in _KINDS)


class FilePages:
    """Hand out what is asked for, where the address says that it may be had."""

    def __init__(
        self, *, links: PageLinks, store: Store, clock: Clock, feed: Feed | None, language: str
    ) -> None:
        self._links = links
        self._store = store
        self._clock = clock
        self._feed = feed
        self._nobody = Reader(language)
        self._ours = {file.name: file for file in STATIC.iterdir() if file.suffix in _KINDS}
        self._pictures = {name: STATIC / "pictures" / name for name in pictures()}

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Hand over the file of a message, always to be saved and never to be shown."""
        found = self._links.file_pass(request.match_info["token"])
        if found is None:
            return self._trouble(HTTPStatus.NOT_FOUND)
        file = await self._store.read(lambda work: _file(work, found))
        if file is None or found.until <= self._clock.now():
            return self._trouble(HTTPStatus.GONE)
        response = web.Response(body=file.data, headers={"Content-Type": file.mime})
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        response.headers["Cache-Control"] = "private, no-store"
        return response

    async def feed(self, request: web.Request) -> web.StreamResponse:
        """Hand over a person's calendar; one that did not change since is not sent again."""
        found, write = self._links.feed_pass(request.match_info["token"]), self._feed
        if found is None or write is None:
            return self._trouble(HTTPStatus.NOT_FOUND)

        def written(work: Work) -> bytes | None:
            person = work.person(found.person)
            good = person is not None and person.active and person.feed == found.feed
            return write(work, person) if person is not None and good else None

        body = await self._store.read(written)
        if body is None:
            return self._trouble(HTTPStatus.GONE)
        etag = sha256(_WRITTEN.sub(b"", body)).hexdigest()[:32]
        asked = request.if_none_match or ()
        same = any(one.value == etag for one in asked)
        response = web.Response(status=HTTPStatus.NOT_MODIFIED) if same else web.Response(body=body)
        response.headers["Content-Type"] = "text/calendar; charset=utf-8"
        response.headers["Cache-Control"] = f"private, max-age={_FEED_SECONDS}"
        response.etag = etag
        return response

    async def static(self, request: web.Request) -> web.StreamResponse:
        """Hand over what pages are made of."""
        return self._own(self._ours.get(request.match_info["name"]))

    async def picture(self, request: web.Request) -> web.StreamResponse:
        """Hand over one of the product's pictures."""
        return self._own(self._pictures.get(request.match_info["name"]))

    def _own(self, file: Path | None) -> web.StreamResponse:
        if file is None:
            return self._trouble(HTTPStatus.NOT_FOUND)
        # Asked for anew each time: after an update the page and its script fit each other.
        headers = {"Content-Type": _KINDS[file.suffix], "Cache-Control": "no-cache"}
        return web.FileResponse(file, headers=headers)

    def _trouble(self, status: HTTPStatus) -> web.StreamResponse:
        return answer(trouble_page(status, self._nobody), status)


def _file(work: Work, found: FilePass) -> File | None:
    person, row = work.person(found.person), work.row(found.row)
    if person is None or not person.active or row is None or row.send.to != person.id:
        return None
    return row.send.content if isinstance(row.send.content, File) else None
