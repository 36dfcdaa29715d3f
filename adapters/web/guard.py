"""What every answer of the pages carries, and which requests come from pages of ours."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from adapters.tasks import where

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Say = Callable[[HTTPStatus], web.StreamResponse]

# Where Teams shows a tab: its older address, that of 2024 and later, and that of governments.
TEAMS_HOSTS: Final = (
    "https://teams.microsoft.com",
    "https://*.teams.microsoft.com",
    "https://teams.cloud.microsoft",
    "https://*.teams.microsoft.us",
)
# Microsoft's library for pages in Teams; the digest is that of dist/umd/MicrosoftTeams.min.js in the npm package
# @microsoft/teams-js of the same version.
TEAMS_VERSION: Final = "2.58.0"
TEAMS_CDN: Final = "https://res.cdn.office.net"
TEAMS_SCRIPT: Final = f"{TEAMS_CDN}/teams-js/{TEAMS_VERSION}/js/MicrosoftTeams.min.js"
TEAMS_DIGEST: Final = "sha384-sMo/EOqQPa1OCup2/VBRum7oFeOS22kvs8WGDc45xK53tUVZzFR5WwFYDUYN1LO4"

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Stand around every page: refuse what others' pages send, say nothing of what failed, add the headers."""

    def __init__(self, public_url: str, trouble: Say) -> None:
        """Take the address at which browsers reach us, and the page for what cannot be shown."""
        self._origin = _origin(public_url)
        self._trouble = trouble

    def around(self, handler: Handler, *, in_teams: bool = False) -> Handler:
        """Return the handler with all this; only a page for the tab may be shown inside another."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            response = await self._answered(request, handler)
            response.headers.update(_HEADERS)
            response.headers["Content-Security-Policy"] = policy(in_teams=in_teams)
            if not in_teams:
                response.headers["X-Frame-Options"] = "DENY"
                response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return guarded

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD") and not self.is_ours(request):
            log.warning("A request of another page was refused: action=web.foreign path=%s", _place(request))
            return self._trouble(HTTPStatus.FORBIDDEN)
        try:
            return await handler(request)
        except web.HTTPException as error:
            return self._trouble(HTTPStatus(error.status))
        except Exception as error:  # noqa: BLE001 - nobody outside learns what it was, and the log not whose words
            log.error("A page failed: action=web.failed path=%s error=%s", _place(request), where(error))
            return self._trouble(HTTPStatus.INTERNAL_SERVER_ERROR)

    def is_ours(self, request: web.Request) -> bool:
        """
        Tell whether a page of ours sent this.

        A form that is sent without a script says "null" for its origin, because our pages name themselves to nobody;
        then the browser must say that it came from here.
        """
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None and site != "same-origin":
            return False
        origin = request.headers.get("Origin", "null").lower()
        return origin == self._origin or (origin == "null" and site == "same-origin")


def policy(*, in_teams: bool) -> str:
    """Return what a page may load, send, and be shown in."""
    script = f"'self' {TEAMS_SCRIPT}" if in_teams else "'self'"
    # The library asks there which hosts it may trust.
    connect = f"'self' {TEAMS_CDN}" if in_teams else "'self'"
    framed = " ".join(TEAMS_HOSTS) if in_teams else "'none'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {script}",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src {connect}",
            "form-action 'self'",
            "base-uri 'none'",
            f"frame-ancestors {framed}",
        )
    )


def _origin(url: str) -> str:
    """Return an address's origin as browsers write it: without the port that goes without saying."""
    parts = urlsplit(url.lower())
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return f"{parts.scheme}://{parts.netloc.removesuffix(usual)}"


def _place(request: web.Request) -> str:
    # The address itself may hold a token.
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ""
