"""A person's home on the web: what they see there, and what they do there."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import assert_never

from aiohttp import web

from adapters.web import fields
from adapters.web.draw import Painter, Place
from adapters.web.html import Html
from adapters.web.page import answer, home_page, short_page, trouble_page
from adapters.web.parse import (
    BadRequest,
    Press,
    Sending,
    home_opened,
    looked,
    one,
    read_act,
    read_body,
    sealed,
)
from adapters.web.seals import Seals
from adapters.web.sessions import Sessions, Visitor
from bot.content import Card, Choice, Form, Home, PersonField, Say, say
from bot.i18n import Reader
from bot.outcome import (
    Choices,
    CloseForm,
    FixForm,
    Note,
    Nothing,
    ReplaceCard,
    Reply,
    ShowCard,
    ShowForm,
    ShowHome,
)
from bot.ports import Receive

log = logging.getLogger(__name__)

_BEARER = "Bearer "


@dataclass(frozen=True, slots=True, kw_only=True)
class _Next:
    """What the page shows after something was done on it."""

    note: Say | None = None
    card: Card | None = None  # in a dialog above the page
    form: Form | None = None
    shown: fields.Shown = field(default_factory=lambda: fields.Shown(errors={}))
    place: Place = "page"
    home: Home | None = None


class HomePages:
    """Show homes and take in what is done on them, each for the person who is signed in and nobody else."""

    def __init__(
        self,
        *,
        receive: Receive,
        sessions: Sessions,
        seals: Seals,
        cookie: str,
        secure: bool,
        language: str,
        pictures: frozenset[str],
    ) -> None:
        self._receive = receive
        self._sessions = sessions
        self._seals = seals
        self._cookie = cookie
        self._secure = secure
        self._nobody = Reader(language)
        self._pictures = pictures

    async def visitor(self, request: web.Request) -> Visitor | None:
        """Return who sends this request: by what the tab's page says, else by the browser's cookie."""
        said = request.headers.get("Authorization", "")
        if said:
            return await self._sessions.tab_visitor(said.removeprefix(_BEARER))
        return await self._sessions.visitor(request.cookies.get(self._cookie, ""))

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show the home."""
        me = await self.visitor(request)
        if me is None:
            return self._unknown()
        return await self._page(me, _Next())

    async def act(self, request: web.Request) -> web.StreamResponse:
        """Take in a press or a form, and show what came of it."""
        me = await self.visitor(request)
        if me is None:
            return self._unknown()
        if request.content_type != "application/x-www-form-urlencoded":
            return self._refused(me, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            sent = read_body(await request.read())
            if not self._sessions.is_marked(me, one(sent, "mark")):
                return self._refused(me, HTTPStatus.FORBIDDEN)
            did = read_act(sent, me.person, self._seals)
        except BadRequest as error:
            log.warning(
                "A page sent what is not understood: action=web.bad person=%s why=%s", me.person.id, error
            )
            return self._refused(me, HTTPStatus.BAD_REQUEST)
        if isinstance(did, Sending) and did.errors:
            return await self._page(me, _mending(did, did.errors))
        answered = await self._receive(did.event)
        return await self._page(me, _next(did, answered.reply))

    async def people(self, request: web.Request) -> web.StreamResponse:
        """Answer a picker with the names that begin as was typed."""
        me = await self.visitor(request)
        if me is None:
            return web.Response(status=HTTPStatus.UNAUTHORIZED)
        found = await self._looked(me, request.query.get("field", ""), request.query.get("typed", ""))
        listed = [{"value": choice.value, "label": me.reader.text(choice.label)} for choice in found]
        return web.Response(text=json.dumps(listed), content_type="application/json")

    async def leave(self, request: web.Request) -> web.StreamResponse:
        """Sign the browser out."""
        me = await self.visitor(request)
        carried = request.cookies.get(self._cookie, "")
        if me is not None and carried and "Authorization" not in request.headers:
            sent = read_body(await request.read())
            if not self._sessions.is_marked(me, one(sent, "mark")):
                return self._refused(me, HTTPStatus.FORBIDDEN)
            await self._sessions.end(carried)
        reader = me.reader if me is not None else self._nobody
        words = say("You can close this page.")
        left = answer(short_page(say("You are signed out"), words, reader, new_link=True))
        left.del_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="Lax")
        return left

    # --- the page

    async def _page(self, me: Visitor, following: _Next) -> web.StreamResponse:
        # The form or card is asked for first: a home that is drawn afterwards knows all that it changed.
        mark = self._sessions.mark(me)
        above = await self._above(me, mark, following)
        home = following.home or await self._home(me)
        if home is None:
            return self._unknown()
        painter = Painter(me.reader, mark, pictures=self._pictures)
        return answer(home_page(home, me, painter, note=following.note, above=above))

    async def _home(self, me: Visitor) -> Home | None:
        match (await self._receive(home_opened(me.person))).reply:
            case ShowHome(home):
                return home
            case Note(words):
                return Home(words, ())
        return None

    async def _above(self, me: Visitor, mark: str, following: _Next) -> Html | None:
        """Return the dialog above the page, if there is one."""
        if following.form is not None:
            painter = Painter(me.reader, mark, following.place, self._pictures, part="form")
            shown = await self._with_people(me, following.form, following.shown)
            kept = sealed(following.form, me.person, self._seals)
            return fields.dialog(following.form, painter, shown, kept=kept)
        if following.card is not None:
            return fields.pane(following.card, Painter(me.reader, mark, "pane", self._pictures, part="pane"))
        return None

    async def _with_people(self, me: Visitor, form: Form, shown: fields.Shown) -> fields.Shown:
        anyone = [field.key for field in form.fields if isinstance(field, PersonField) and not field.among]
        return replace(shown, people=await self._looked(me, anyone[0], "")) if anyone else shown

    async def _looked(self, me: Visitor, field: str, typed: str) -> tuple[Choice, ...]:
        reply = (await self._receive(looked(me.person, field, typed))).reply
        return reply.choices if isinstance(reply, Choices) else ()

    def _unknown(self) -> web.StreamResponse:
        return answer(trouble_page(HTTPStatus.UNAUTHORIZED, self._nobody), HTTPStatus.UNAUTHORIZED)

    def _refused(self, me: Visitor, status: HTTPStatus) -> web.StreamResponse:
        return answer(trouble_page(status, me.reader), status)


def _next(did: Press | Sending, reply: Reply) -> _Next:
    """Return what follows: a card shows in the dialog it was pressed in; on the page, the page itself shows it."""
    match reply:
        case ShowForm(form):
            return _Next(form=form, place=did.place)
        case FixForm(errors) if isinstance(did, Sending):
            return _mending(did, errors)
        case FixForm(errors):
            return _Next(note=next(iter(errors.values()), None))
        case CloseForm(note, card):
            return _Next(note=note, card=card if did.place == "pane" else None)
        case ReplaceCard(card):
            return _Next(card=card if did.place == "pane" else None)
        case ShowCard(card):
            return _Next(card=card)
        case Note(words):
            return _Next(note=words)
        case ShowHome(home):
            return _Next(home=home)
        case Choices() | Nothing():
            return _Next()
    assert_never(reply)


def _mending(did: Sending, errors: Mapping[str, Say]) -> _Next:
    shown = fields.Shown(errors=errors, values=did.event.values)
    return _Next(form=did.form, shown=shown, place=did.place)
