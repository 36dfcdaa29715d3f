"""Who may speak to the playground: this machine, from the playground's own page; they may act as anyone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class NotLoopback(ValueError):
    """The address to listen on can be reached from other machines."""


def check_address(host: str, *, open_to_others: bool = False) -> str:
    """Return the address to listen on; one that other machines reach must be asked for in so many words."""
    if not open_to_others and not _is_loopback(host):
        raise NotLoopback(
            f"{host} can be reached from other machines, and whoever opens the playground acts as anyone "
            "in it: use 127.0.0.1, or allow it with --open-to-others"
        )
    return host


def guard(host: str) -> Middleware:
    """
    Refuse what did not come from the playground's own page.

    A page elsewhere can make a browser send requests here, under a name that it made to point here: so both
    the name that was asked for and the page that asked are looked at.
    """
    allowed = _LOCAL_NAMES | {host.strip("[]").lower()}

    @web.middleware
    async def guarded(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        _check_host(request, allowed)
        if request.method not in ("GET", "HEAD"):
            _check_origin(request)
        return await handler(request)

    return guarded


async def protect(_: web.Request, response: web.StreamResponse) -> None:
    """Send every answer, also errors and files, with what keeps a page from running anything foreign."""
    response.headers.update(_HEADERS)
    # Asked for anew each time: after an update the page and its scripts fit each other.
    response.headers.setdefault("Cache-Control", "no-cache")


def _check_host(request: web.Request, allowed: frozenset[str]) -> None:
    asked = urlsplit(f"//{request.host}").hostname or ""
    # Where it is open to others on purpose, they reach it by any address, but still by no foreign name.
    if asked.lower() not in allowed and not (_is_everywhere(allowed) and _is_address(asked)):
        raise web.HTTPMisdirectedRequest(text=f"{asked} is not this playground: use the address it printed")


def _check_origin(request: web.Request) -> None:
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site != "same-origin" or (origin is not None and urlsplit(origin).netloc != request.host):
        raise web.HTTPForbidden(text="only the playground's own page may do this")
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="send JSON, with the content type application/json")


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    return _is_address(host) and ip_address(host.strip("[]")).is_loopback


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _is_everywhere(allowed: frozenset[str]) -> bool:
    return any(_is_address(one) and ip_address(one).is_unspecified for one in allowed)
