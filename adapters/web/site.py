"""All pages together, each behind its guard."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import web

from adapters.web import names
from adapters.web.enter import EnterPages
from adapters.web.entra import Entra
from adapters.web.files import Feed, FilePages, pictures
from adapters.web.guard import Guard
from adapters.web.home import HomePages
from adapters.web.links import PageLinks
from adapters.web.page import answer, trouble_page
from adapters.web.seals import Seals
from adapters.web.sessions import Sessions
from adapters.web.tab import TabPages
from bot.i18n import Reader
from bot.ports import Clock, Receive, Store


class Site:
    """The web pages of a signed-in person."""

    def __init__(
        self,
        *,
        public_url: str,
        seals: Seals,
        links: PageLinks,
        store: Store,
        clock: Clock,
        receive: Receive,
        language: str,
        feed: Feed | None = None,
        entra: Entra | None = None,
    ) -> None:
        """Take what people do in by `receive`; behind https the cookie is bound to it and to this very host."""
        secure = urlsplit(public_url).scheme == "https"
        cookie = "__Host-telemachy" if secure else "telemachy-page"
        nobody = Reader(language)

        def trouble(status: HTTPStatus) -> web.StreamResponse:
            return answer(trouble_page(status, nobody), status)

        self._guard = Guard(public_url, trouble)
        self.sessions = Sessions(store, clock, seals)
        self._home = HomePages(
            receive=receive,
            sessions=self.sessions,
            seals=seals,
            cookie=cookie,
            secure=secure,
            language=language,
            pictures=pictures(),
        )
        self._enter = EnterPages(
            links=links,
            sessions=self.sessions,
            home=self._home,
            clock=clock,
            cookie=cookie,
            secure=secure,
            language=language,
        )
        self._files = FilePages(links=links, store=store, clock=clock, feed=feed, language=language)
        self._tab = TabPages(entra=entra, sessions=self.sessions, store=store, clock=clock, language=language)

    def routes(self) -> list[web.RouteDef]:
        """Return the addresses of all pages."""
        home, enter, files, tab, around = self._home, self._enter, self._files, self._tab, self._guard.around
        return [
            web.get(names.ENTER, around(enter.ask)),
            web.post(names.ENTER, around(enter.enter)),
            web.get(names.HOME, around(home.show)),
            web.post(names.ACT, around(home.act)),
            web.get(names.PEOPLE, around(home.people)),
            web.post(names.OUT, around(home.leave)),
            web.get(names.FILE, around(files.file)),
            web.get(names.FEED, around(files.feed)),
            web.get(names.TAB, around(tab.show, in_teams=True)),
            web.post(names.TAB_SESSION, around(tab.enter)),
            web.get(names.PICTURES, around(files.picture)),
            web.get(names.STATIC, around(files.static)),
        ]
