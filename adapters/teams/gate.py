"""The gate in front of everything that Teams sends: who is not the Bot Connector learns nothing and reaches nothing."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from urllib.parse import urlsplit

from aiohttp import web

from adapters.body import loaded, read_body
from adapters.keys import Claims, Keys, NotGenuine, verified
from adapters.loopback import is_loopback
from adapters.teams.service import SERVICE_HOSTS, Untrusted, trusted
from bot.ports import Clock

log = logging.getLogger(__name__)

OPENID_URL = "https://login.botframework.com/v1/.well-known/openidconfiguration"
ISSUER = "https://api.botframework.com"
MSTEAMS = "msteams"  # what Teams calls itself
MOST_BYTES = 512 * 1024  # of a body; a message may hold 100 KB
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via", "Origin")

Body = Mapping[str, object]
Inside = Callable[[Body], Awaitable[web.StreamResponse]]
Outside = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Gate:
    """
    Let in what the Bot Connector signed for our app, from Teams, about one of our tenants.

    botbuilder has a check of its own, which is not used: it fetches keys with the whole process waiting, never finds
    a new one, answers a bad token with 500, and takes an activity that names no service address.
    """

    def __init__(
        self,
        *,
        app_id: str,
        tenants: Collection[str],
        keys: Keys | None,
        clock: Clock,
        hosts: Collection[str] = SERVICE_HOSTS,
        issuers: Collection[str] = (ISSUER,),
        development: bool = False,
    ) -> None:
        """
        Take the app's id, and the tenants whose people may speak to it.

        With `development` stand-ins on this machine are spoken to without TLS; only then `keys` may be None, and what
        this machine sends needs no signature.
        """
        self._tenants = frozenset(told.strip().lower() for told in tenants if told.strip())
        if keys is None and not development:
            raise ValueError("without signing keys anybody could speak as Teams")
        if keys is not None and not (app_id.strip() and issuers):
            raise ValueError("Teams' app id is empty: without it the tokens of any other bot would count")
        if not self._tenants and not development:
            raise ValueError("no tenant is named: without one any organisation could install the app")
        self._app_id = app_id.strip()
        self._keys = keys
        self._clock = clock
        self._hosts = tuple(host.lower() for host in hosts)
        self._issuers = tuple(issuers)
        self._development = development

    def in_front_of(self, inside: Inside) -> Outside:
        """Return a handler that hands on the body of what is let in."""

        async def outside(request: web.Request) -> web.StreamResponse:
            # Before the body is read, so that who has no token cannot make us read anything.
            claims = await self._claims(request)
            body = _parse(await read_body(request, MOST_BYTES))
            try:
                self._check_origin(body, claims)
            except Untrusted as why:
                raise _forbidden(request, str(why)) from None
            return await inside(body)

        return outside

    async def _claims(self, request: web.Request) -> Claims | None:
        """Return what the request's token says; None where this machine needs none."""
        if self._keys is None:
            if not _from_this_machine(request):
                raise _unauthorized(request, "no signature, and not from this machine")
            return None
        try:
            return await verified(
                _bearer(request),
                self._keys,
                audience=self._app_id,
                issuers=self._issuers,
                clock=self._clock,
                endorsement=MSTEAMS,
            )
        except NotGenuine as why:
            raise _unauthorized(request, str(why)) from None

    def _check_origin(self, body: Body, claims: Claims | None) -> None:
        # The Bot Connector signs for its web chats too, where whoever writes may give any name and any tenant.
        if body.get("channelId") != MSTEAMS:
            raise Untrusted("not Teams")
        service = body.get("serviceUrl")
        trusted(service if isinstance(service, str) else "", self._hosts, development=self._development)
        if claims is not None and claims.get("serviceurl", claims.get("serviceUrl")) != service:
            raise Untrusted("service address not the signed one")
        told = _tenants(body)
        if self._tenants and not (told and told <= self._tenants):
            raise Untrusted("tenant")


def _bearer(request: web.Request) -> str:
    told = request.headers.getall("Authorization", [])
    scheme, _, token = told[0].partition(" ") if len(told) == 1 else ("", "", "")
    if scheme.lower() != "bearer":
        raise NotGenuine("no bearer token")
    return token.strip()


def _from_this_machine(request: web.Request) -> bool:
    """Tell whether a program here asks for itself: no proxy, tunnel or web page brings what comes from elsewhere."""
    if any(header in request.headers for header in _FORWARDED):
        return False
    here = request.transport.get_extra_info("sockname") if request.transport is not None else None
    address = here[0] if isinstance(here, tuple) and here else ""
    asked = urlsplit(f"//{request.host}").hostname or ""
    return all(is_loopback(one) for one in (request.remote or "", str(address), asked))


def _tenants(body: Body) -> frozenset[str]:
    """Return every tenant that an activity names."""
    data, conversation = body.get("channelData"), body.get("conversation")
    named = data.get("tenant") if isinstance(data, dict) else None
    told = (
        named.get("id") if isinstance(named, dict) else None,
        conversation.get("tenantId") if isinstance(conversation, dict) else None,
    )
    return frozenset(one.lower() for one in told if isinstance(one, str) and one)


def _unauthorized(request: web.Request, why: str) -> web.HTTPUnauthorized:
    """Return the answer to a request without a good token; the log learns neither body nor headers."""
    _note(request, why)
    return web.HTTPUnauthorized(text="Not signed by Teams.", headers={"WWW-Authenticate": "Bearer"})


def _forbidden(request: web.Request, why: str) -> web.HTTPForbidden:
    _note(request, why)
    return web.HTTPForbidden(text="Not taken from there.")


def _note(request: web.Request, why: str) -> None:
    log.warning("A request was not let in: action=teams.refused why=%s from=%s", why, request.remote or "")


def _parse(raw: bytes) -> Body:
    try:
        return loaded(raw.decode())
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest(text="The body is no JSON object.") from None
