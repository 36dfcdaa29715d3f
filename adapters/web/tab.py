"""The personal tab in Teams: a page that holds nothing, and the sign-in that its script asks for."""

from __future__ import annotations

import logging
from http import HTTPStatus

from aiohttp import web

from adapters.keys import NotGenuine
from adapters.web.attempts import Attempts
from adapters.web.entra import Entra
from adapters.web.page import answer, tab_page
from adapters.web.sessions import TAB_LIVES, Sessions
from bot.i18n import Reader
from bot.ports import Clock, Store

log = logging.getLogger(__name__)

_BEARER = "Bearer "
_MOST_FAILED = 30  # a minute, from one peer; a token that counts is not held up by others' failures
_MOST_OF_ONE = 20  # a minute, by one person
_LONGEST = 16 * 1024


class TabPages:
    """Show the tab, and sign in who Entra says is looking at it."""

    def __init__(
        self, *, entra: Entra | None, sessions: Sessions, store: Store, clock: Clock, language: str
    ) -> None:
        """Without `entra` the tab says how to get a link instead."""
        self._entra = entra
        self._sessions = sessions
        self._store = store
        self._nobody = Reader(language)
        self._failed = Attempts(clock, _MOST_FAILED)
        self._of_one = Attempts(clock, _MOST_OF_ONE)

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show the tab, the same to everybody."""
        return answer(tab_page(self._nobody, entra=self._entra is not None))

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """Give the page in the tab what it carries from now on, for as long as it is open."""
        said = request.headers.get("Authorization", "")
        if self._entra is None or not said.startswith(_BEARER) or len(said) > _LONGEST:
            return self._refused(request, "no token")
        try:
            address = await self._entra.address(said.removeprefix(_BEARER))
        except NotGenuine as error:
            return self._refused(request, str(error))
        person = await self._store.read(lambda work: work.person_at(address))
        if person is None or not person.active:
            log.info("Nobody of ours looked at the tab: action=web.tab user=%s", address.user)
            return web.json_response({}, status=HTTPStatus.FORBIDDEN)
        if not self._of_one.one_more(person.id):
            return web.json_response({}, status=HTTPStatus.TOO_MANY_REQUESTS)
        told = {"carry": self._sessions.begin_tab(person), "seconds": int(TAB_LIVES.total_seconds())}
        return web.json_response(told)

    def _refused(self, request: web.Request, why: str) -> web.StreamResponse:
        if not self._failed.one_more(request.remote or ""):
            return web.json_response({}, status=HTTPStatus.TOO_MANY_REQUESTS)
        log.warning("A sign-in of the tab was refused: action=web.tab why=%s from=%s", why, request.remote)
        return web.json_response({}, status=HTTPStatus.UNAUTHORIZED)
