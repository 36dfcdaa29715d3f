"""Signing in by a link: the page it opens, and the one press that uses it up."""

from __future__ import annotations

import logging
from http import HTTPStatus

from aiohttp import web

from adapters.web import names
from adapters.web.attempts import Attempts
from adapters.web.home import HomePages
from adapters.web.html import tag
from adapters.web.links import HomePass, PageLinks
from adapters.web.page import answer, short_page, trouble_page
from adapters.web.sessions import LIVES, Sessions
from bot.content import PersonName, say
from bot.i18n import Reader
from bot.ports import Clock

log = logging.getLogger(__name__)

_MOST_FAILED = (
    30  # a minute, from one peer; behind a proxy that is all the world, so that it blocks no good link
)
_MOST_OF_ONE = 10  # a minute, by one person


class EnterPages:
    """
    Let people in by a link.

    Chat programs open links to show a preview: so opening one uses nothing up, and pressing the button does.
    """

    def __init__(
        self,
        *,
        links: PageLinks,
        sessions: Sessions,
        home: HomePages,
        clock: Clock,
        cookie: str,
        secure: bool,
        language: str,
    ) -> None:
        self._links = links
        self._sessions = sessions
        self._home = home
        self._cookie = cookie
        self._secure = secure
        self._nobody = Reader(language)
        self._failed = Attempts(clock, _MOST_FAILED)
        self._of_one = Attempts(clock, _MOST_OF_ONE)

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """Show the button that signs in, or how to get a link that still does."""
        found = self._links.home_pass(request.match_info["token"])
        if found is None:
            return self._not_ours(request)
        me = await self._home.visitor(request)
        if me is not None and me.person.id == found.person:
            return _to_home()
        person = await self._sessions.expected(found)
        if person is None:
            return self._over()
        reader = Reader(person.language, person.zone)
        # Whoever was sent somebody else's link sees whose page it would be.
        name = PersonName(person.name, person.id)
        words = say(
            "This link opens the page of {name}, once, in this browser. It is for {name} alone.", name=name
        )
        form = tag(
            "form",
            tag("button", reader.text(say("Open my page")), class_="button primary"),
            method="post",
            action=request.path,
        )
        return answer(short_page(say("Your mentoring page"), words, reader, more=form))

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """Use the link up and sign in."""
        found = self._links.home_pass(request.match_info["token"])
        if found is None:
            return self._not_ours(request)
        if not self._of_one.one_more(found.person):
            return self._too_many()
        carried = await self._begun(found)
        if carried is None:
            return self._over()
        if before := request.cookies.get(self._cookie):
            await self._sessions.end(before)
        there = _to_home()
        there.set_cookie(
            self._cookie,
            carried,
            max_age=int(LIVES.total_seconds()),
            path="/",
            httponly=True,
            secure=self._secure,
            samesite="Lax",
        )
        return there

    async def _begun(self, found: HomePass) -> str | None:
        carried = await self._sessions.begin(found)
        if carried is not None:
            log.info("Somebody signed in: action=web.enter person=%s", found.person)
        return carried

    def _not_ours(self, request: web.Request) -> web.StreamResponse:
        if not self._failed.one_more(request.remote or ""):
            return self._too_many()
        log.warning("A link that is not ours was opened: action=web.refused from=%s", request.remote)
        return self._over(HTTPStatus.NOT_FOUND)

    def _over(self, status: HTTPStatus = HTTPStatus.GONE) -> web.StreamResponse:
        words = say("Each link works once, and for a quarter of an hour.")
        page = short_page(say("This link is no longer good"), words, self._nobody, new_link=True)
        return answer(page, status)

    def _too_many(self) -> web.StreamResponse:
        status = HTTPStatus.TOO_MANY_REQUESTS
        return answer(trouble_page(status, self._nobody), status)


def _to_home() -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": names.HOME})
