"""The playground's pages: one page, its state, live updates, and what people do on it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from aiohttp import web
from aiohttp_sse import EventSourceResponse

from adapters.playground.backstage import Backstage, Cast, Group
from adapters.playground.chrome import words
from adapters.playground.guard import guard, protect
from adapters.playground.hub import Hub, Update
from adapters.playground.parse import (
    BadRequest,
    read_act,
    read_json,
    read_mark,
    read_stride,
    read_temperament,
)
from adapters.playground.render import Json, Painter
from adapters.playground.room import Room
from adapters.playground.stage import NobodyThere, Stage, StillWalking
from bot.content import File
from bot.i18n import Reader

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
_LARGEST_BODY = 256 * 1024
# How often a page that hears nothing is looked at: whether it is still there.
_LOOK_SECONDS = 15.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Pages:
    """Answer the page's requests."""

    def __init__(self, *, backstage: Backstage, room: Room, stage: Stage, hub: Hub) -> None:
        self._backstage = backstage
        self._room = room
        self._stage = stage
        self._hub = hub

    def app(self, host: str) -> web.Application:
        """Return the application, for a server that listens on this address."""
        app = web.Application(middlewares=[guard(host), _clear_errors], client_max_size=_LARGEST_BODY)
        app.router.add_get("/", self._page)
        app.router.add_get("/state", self._state)
        app.router.add_get("/programme", self._programme)
        app.router.add_get("/groups", self._groups)
        app.router.add_get("/earlier", self._earlier)
        app.router.add_get("/events", self._events)
        app.router.add_get("/file/{message}", self._file)
        app.router.add_post("/act", self._act)
        app.router.add_post("/clock", self._clock)
        app.router.add_post("/temperament", self._temperament)
        app.router.add_post("/read", self._read)
        app.router.add_static("/static/", STATIC)
        app.on_response_prepare.append(protect)
        app.on_startup.append(self._begin)
        app.on_shutdown.append(self._end)
        return app

    async def _begin(self, _: web.Application) -> None:
        await self._stage.begin()

    async def _end(self, _: web.Application) -> None:
        await self._stage.stop_walk()
        self._hub.tell("bye", {})

    # --- reading -----------------------------------------------------------------------------

    async def _page(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    async def _state(self, request: web.Request) -> web.StreamResponse:
        view = await self._stage.view()
        group = _group(view.cast, request)
        eras = await self._backstage.outlook(group.id) if group else ()
        reader = Reader(view.language)
        return _json(
            {
                "language": view.language,
                "words": {name: Painter(reader).rich(one) for name, one in words().items()},
                "clock": view.clock(self._stage.walk),
                "groups": view.groups(),
                "group": group.id if group else "",
                "columns": view.columns(group, self._backstage.commands()),
                "names": view.names(),
                "eras": view.eras(eras),
            }
        )

    async def _programme(self, request: web.Request) -> web.StreamResponse:
        view = await self._stage.view()
        group = _group(view.cast, request)
        return _json({"eras": view.eras(await self._backstage.outlook(group.id) if group else ())})

    async def _groups(self, _: web.Request) -> web.StreamResponse:
        return _json({"groups": (await self._stage.view()).groups()})

    async def _earlier(self, request: web.Request) -> web.StreamResponse:
        view = await self._stage.view()
        before = _whole(request.query.get("before", ""), "before")
        return _json(view.earlier(request.query.get("person", ""), before))

    async def _file(self, request: web.Request) -> web.StreamResponse:
        message = self._room.message(_whole(request.match_info["message"], "message"))
        if message is None or not isinstance(message.content, File):
            raise web.HTTPNotFound(text="there is no such file")
        file = message.content
        response = web.Response(body=file.data, headers={"Content-Type": file.mime})
        # Always saved, never shown: a file must not run as a page of the playground.
        response.headers["Content-Disposition"] = f"attachment; {_file_name(file.name)}"
        return response

    async def _events(self, request: web.Request) -> web.StreamResponse:
        group = _group((await self._stage.view()).cast, request)
        shown = frozenset(person for _, person in group.seats) if group else None
        stream = EventSourceResponse()
        await stream.prepare(request)
        with self._hub.listening(shown) as waiting:
            async with stream:
                with suppress(ConnectionResetError):  # the page was closed
                    await _tell(stream, waiting)
        return stream

    # --- acting ------------------------------------------------------------------------------

    async def _act(self, request: web.Request) -> web.StreamResponse:
        return _json(await self._stage.act(read_act(read_json(await request.read()))))

    async def _clock(self, request: web.Request) -> web.StreamResponse:
        await self._stage.start_walk(*read_stride(read_json(await request.read())))
        return _json({}, status=202)

    async def _temperament(self, request: web.Request) -> web.StreamResponse:
        await self._stage.play_as(*read_temperament(read_json(await request.read())))
        return _json({})

    async def _read(self, request: web.Request) -> web.StreamResponse:
        self._room.read_until(*read_mark(read_json(await request.read())))
        return _json({})


@web.middleware
async def _clear_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what cannot be done with the reason, as JSON for the page."""
    try:
        return await handler(request)
    except BadRequest as error:
        return _json({"error": str(error)}, status=400)
    except NobodyThere as error:
        return _json({"error": str(error)}, status=404)
    except StillWalking as error:
        return _json({"error": str(error)}, status=409)
    except web.HTTPException:
        raise
    except Exception:
        log.exception("A request could not be answered: action=request path=%s", request.path)
        return _json({"error": "a fault in the demo; the terminal shows it"}, status=500)


async def _tell(stream: EventSourceResponse, waiting: asyncio.Queue[Update]) -> None:
    # The page loads its state on hearing this, so that nothing falls between the two.
    await stream.send("{}", event="hello")
    while stream.is_connected():
        update = await _within(waiting, _LOOK_SECONDS)
        if update is not None and update.kind == "bye":
            return
        if update is not None:
            await stream.send(json.dumps(update.data), event=update.kind)


async def _within(waiting: asyncio.Queue[Update], seconds: float) -> Update | None:
    try:
        return await asyncio.wait_for(waiting.get(), seconds)
    except TimeoutError:
        return None


def _group(cast: Cast, request: web.Request) -> Group | None:
    return cast.group(request.query.get("group", "")) or next(iter(cast.groups), None)


def _json(data: Json, status: int = 200) -> web.Response:
    return web.json_response(data, status=status, headers={"Cache-Control": "no-store"})


def _whole(text: str, place: str) -> int:
    if not text.isdecimal() or len(text) > 15:
        raise BadRequest(f"{place}: must be the number of a message, not {text!r}")
    return int(text)


def _file_name(name: str) -> str:
    return f"filename*=UTF-8''{quote(name, safe='')}"
