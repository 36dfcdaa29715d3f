"""Installing the app in a workspace or an organisation, from a browser."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import NoReturn
from urllib.parse import urlencode

from aiohttp import web
from slack_sdk.oauth.installation_store import Installation

from adapters.slack.faults import TROUBLES, code_of
from adapters.slack.install_page import Told, page
from adapters.slack.install_state import LIVES, InstallState
from adapters.slack.installations import Installations, Place, installed_at, place_of
from adapters.slack.names import INSTALL, INSTALLED
from adapters.slack.states import States
from adapters.slack.wire import Wire
from bot.i18n import Reader
from bot.ports import Clock, Store

log = logging.getLogger(__name__)

AUTHORIZE_URL = "https://slack.com/oauth/v2/authorize"
_COOKIE = "telemachy-slack-install"
_ID = re.compile(r"[A-Z0-9]{2,20}")

OnInstalled = Callable[[Place], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The app as Slack knows it, and the address at which browsers reach us."""

    client_id: str
    client_secret: str
    public_url: str
    scopes: Sequence[str]
    allowed: Collection[str] = ()  # ids of workspaces and organisations; empty: the first that installs it

    @property
    def redirect_uri(self) -> str:
        """Return where Slack sends the browser back to."""
        return self.public_url.rstrip("/") + INSTALLED


class _Refused(Exception):
    """The installation ends here; the page says so."""

    def __init__(self, told: Told, why: str) -> None:
        super().__init__(why)
        self.told = told


class Installing:
    """
    Let workspaces install the app.

    An installation begins and ends in one browser within ten minutes, and each of its states is good once.
    What is shown when it fails says nothing of why; the log does, by codes.
    """

    def __init__(
        self,
        app: App,
        *,
        installations: Installations,
        wire: Wire,
        store: Store,
        clock: Clock,
        states: States,
        language: str = "en",
        installed: OnInstalled | None = None,
        authorize_url: str = AUTHORIZE_URL,
    ) -> None:
        """Take the app; `installed` is told of each new place, to look for its people there."""
        self._app = app
        self._installations = installations
        self._wire = wire
        self._store = store
        self._clock = clock
        self._states = states
        self._reader = Reader(language)
        self._installed = installed
        self._authorize_url = authorize_url
        self._state = InstallState(app.client_secret)

    def routes(self) -> list[web.RouteDef]:
        """Return the two pages."""
        return [web.get(INSTALL, self.begin), web.get(INSTALLED, self.end)]

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Send the browser to Slack, where somebody agrees to what the app asks for."""
        state = self._state.new(self._clock.now())
        asked = {
            "client_id": self._app.client_id,
            "scope": ",".join(self._app.scopes),
            "redirect_uri": self._app.redirect_uri,
            "state": state,
        }
        answer = web.Response(
            status=HTTPStatus.FOUND, headers={"Location": f"{self._authorize_url}?{urlencode(asked)}"}
        )
        answer.headers["Cache-Control"] = "no-store"
        answer.set_cookie(
            _COOKIE,
            state,
            max_age=int(LIVES.total_seconds()),
            path="/slack",
            httponly=True,
            secure=self._app.redirect_uri.startswith("https:"),
            samesite="Lax",  # Slack's page sends the browser back, and the cookie must come along
        )
        return answer

    async def end(self, request: web.Request) -> web.StreamResponse:
        """Take what Slack sent the browser back with, and store the installation."""
        try:
            place = await self._end(request.query, request.cookies.get(_COOKIE, ""))
        except _Refused as error:
            log.warning("An installation ended without effect: action=slack.install why=%s", error)
            answer = page(error.told, self._reader)
        else:
            log.info("The app was installed: action=slack.install place=%s", place.label)
            answer = page("done", self._reader)
            if self._installed is not None:
                await self._installed(place)
        answer.del_cookie(_COOKIE, path="/slack")
        return answer

    # --- the steps

    async def _end(self, query: Mapping[str, str], cookie: str) -> Place:
        await self._check_state(query.get("state", ""), cookie)
        if query.get("error"):
            raise _Refused("cancelled", "cancelled in Slack")
        code = query.get("code", "")
        if not code:
            raise _Refused("expired", "no code")
        installation = await self._exchange(code)
        place = place_of(installation)
        if not _ID.fullmatch(place.label):
            raise _Refused("failed", "no id of a workspace")
        if not await self._is_allowed(place):
            await self._give_back(installation)
            raise _Refused("not allowed", f"not on the list: {place.label}")
        await self._installations.async_save(installation)
        await self._states.mended(place.label)
        return place

    async def _check_state(self, state: str, cookie: str) -> None:
        now = self._clock.now()
        why = self._state.trouble(state, cookie, now)
        if why:
            raise _Refused("expired", why)
        once = self._state.once(state)
        if not await self._store.write(lambda work: work.first_time(once, now)):
            raise _Refused("expired", "state used before")

    async def _exchange(self, code: str) -> Installation:
        try:
            response = await self._wire.access(
                self._app.client_id,
                self._app.client_secret,
                code=code,
                redirect_uri=self._app.redirect_uri,
            )
        except TROUBLES as error:
            _failed(code_of(error) or type(error).__name__)
        told = response.data
        if not isinstance(told, dict) or not _text(told, "access_token"):
            _failed("no token")
        return self._read(told)

    def _read(self, told: Mapping[str, object]) -> Installation:
        now = self._clock.now().timestamp()
        expires_in = told.get("expires_in")
        return Installation(
            app_id=_text(told, "app_id") or None,
            enterprise_id=_text(told, "enterprise", "id") or None,
            enterprise_name=_text(told, "enterprise", "name") or None,
            team_id=_text(told, "team", "id") or None,
            team_name=_text(told, "team", "name") or None,
            bot_token=_text(told, "access_token"),
            bot_id="",
            bot_user_id=_text(told, "bot_user_id"),
            bot_scopes=_text(told, "scope"),
            bot_refresh_token=_text(told, "refresh_token") or None,
            bot_token_expires_at=int(now) + expires_in if isinstance(expires_in, int) else None,
            user_id=_text(told, "authed_user", "id"),
            is_enterprise_install=told.get("is_enterprise_install") is True,
            installed_at=now,
        )

    async def _is_allowed(self, place: Place) -> bool:
        if self._app.allowed:
            return place.workspace in self._app.allowed or place.enterprise in self._app.allowed
        # Without a list the address is open to everyone who finds it, so whoever comes first is the only one.
        there = await self._store.read(installed_at)
        return all(one.label == place.label for one in there)

    async def _give_back(self, installation: Installation) -> None:
        """Keep no token of a workspace that may not use the bot."""
        try:
            await self._wire.client(installation.bot_token or "").auth_revoke()
        except TROUBLES as error:
            log.warning(
                "A token could not be given back: action=slack.install why=%s",
                code_of(error) or type(error).__name__,
            )


def _failed(why: str) -> NoReturn:
    raise _Refused("failed", why)


def _text(told: Mapping[str, object], *path: str) -> str:
    found: object = told
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return str(found) if isinstance(found, str) else ""
