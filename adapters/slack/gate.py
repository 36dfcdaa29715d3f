"""The gate in front of everything that Slack sends over HTTP: who is not Slack learns nothing and reaches nothing."""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiohttp import web

from adapters.body import loaded, read_body
from adapters.slack.origin import Body
from bot.ports import Clock

log = logging.getLogger(__name__)

MOST_BYTES = 1024 * 1024  # of a body; the largest dialog is a quarter of it
WINDOW_SECONDS = (
    300  # Slack's own: how far its clock and ours may differ, and how long a captured request lives
)
_MOST_FIELDS = 100  # of a form; a command has about fifteen
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)

Inside = Callable[[Body], Awaitable[web.StreamResponse]]
Outside = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Gate:
    """
    Let in what one of the signing secrets signed within the last five minutes.

    slack_bolt has a check of its own, which is switched off: it answers a malformed timestamp with 500, and writes
    the whole body of a request with a wrong signature to the log.
    """

    def __init__(self, *, secrets: Sequence[str], clock: Clock) -> None:
        """Take the secrets: several while one takes the place of another."""
        if not secrets or not all(secret.strip() for secret in secrets):
            raise ValueError("Slack's signing secret is empty: without it anybody could speak as Slack")
        self._secrets = tuple(secret.strip().encode() for secret in secrets)
        self._clock = clock

    def in_front_of(self, inside: Inside) -> Outside:
        """Return a handler that hands on the body of what is let in."""

        async def outside(request: web.Request) -> web.StreamResponse:
            raw = await read_body(request, MOST_BYTES)
            self._check_signature(request.headers, raw, request.remote or "")
            body = _parse(raw)
            greeting = _greeting(body)
            return greeting if greeting is not None else await inside(body)

        return outside

    def _check_signature(self, headers: Mapping[str, str], raw: bytes, remote: str) -> None:
        told = headers.get("X-Slack-Request-Timestamp", "")
        if not _SECONDS.fullmatch(told):
            raise _refused(remote, "timestamp")
        if abs(self._clock.now().timestamp() - int(told)) > WINDOW_SECONDS:
            raise _refused(remote, "too old")
        # A header may hold any byte, and hmac compares text only where it is ASCII.
        given = headers.get("X-Slack-Signature", "").encode("utf-8", "surrogateescape")
        signed = b"v0:" + told.encode() + b":" + raw
        # All are compared, so that the time it takes does not tell which secret it was.
        good = [hmac.compare_digest(given, _signature(secret, signed)) for secret in self._secrets]
        if not any(good):
            raise _refused(remote, "signature")


def _signature(secret: bytes, signed: bytes) -> bytes:
    return b"v0=" + hmac.digest(secret, signed, "sha256").hex().encode()


def _refused(remote: str, why: str) -> web.HTTPUnauthorized:
    """Return the answer to a request that Slack did not sign; the log learns neither body nor headers."""
    log.warning("A request was not signed by Slack: action=slack.refused why=%s from=%s", why, remote)
    return web.HTTPUnauthorized(text="Not signed by Slack.")


def _parse(raw: bytes) -> Body:
    """Return what the body says: JSON, or a form, which may hold JSON in its field `payload`."""
    try:
        if raw.lstrip().startswith(b"{"):
            return loaded(raw.decode())
        form = _fields(raw)
        return loaded(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest(text="The body is neither JSON nor a form.") from None


def _fields(raw: bytes) -> dict[str, str]:
    """
    Return the fields of a form; ValueError where it is none.

    A press comes as a form around six kilobytes of JSON, every third byte of it written as %22: urllib takes eight
    times as long for it as this, and longer than all the rest of a request.
    """
    pieces = raw.split(b"&")
    if len(pieces) > _MOST_FIELDS:
        raise ValueError("too many fields")
    fields = {}
    for piece in pieces:
        key, equals, value = piece.partition(b"=")
        if not equals:
            raise ValueError("a field without a value")
        fields[_spelled_out(key)] = _spelled_out(value)
    return fields


def _spelled_out(written: bytes) -> str:
    # Python's own \x22 for %22, so that its decoder of string literals does the work.
    literal = written.replace(b"\\", b"\\x5c").replace(b"+", b" ").replace(b"%", b"\\x")
    return literal.decode("unicode_escape").encode("latin-1").decode()


def _greeting(body: Body) -> web.Response | None:
    """Return the answer to Slack's question whether somebody is here; None where it asks nothing of the kind."""
    if body.get("type") == "url_verification":
        return web.json_response({"challenge": str(body.get("challenge", ""))})
    return web.Response() if "ssl_check" in body else None
