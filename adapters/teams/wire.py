"""The one HTTP session to Microsoft, which tries nothing again by itself and follows nobody elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from adapters.proxy import proxy_for

Json = Mapping[str, object]

TIMEOUT_SECONDS = 10.0
# Its own limit, so that a call that waited in vain for a connection is known not to have left.
_CONNECT_SECONDS = 5.0
_MOST_BYTES = 1_000_000  # of an answer; what is longer is none of Microsoft's


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `body` is empty where it was no JSON object, `headers` by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: Json


class Wire:
    """
    Hold the session that all calls share: one TLS handshake for many calls instead of one each.

    It is opened by the first call, because it belongs to the loop that runs then.
    """

    def __init__(self, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout = timeout_seconds
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    @property
    def session(self) -> aiohttp.ClientSession:
        """Return the session, opened where it is not."""
        if self._closed:
            raise aiohttp.ConnectionTimeoutError("the connections to Microsoft are closed")
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),  # a token says who we are
                timeout=aiohttp.ClientTimeout(
                    total=self._timeout, connect=min(_CONNECT_SECONDS, self._timeout / 2)
                ),
            )
        return self._session

    async def call(self, method: str, url: str, *, token: str = "", body: Json | None = None) -> Answer:
        """
        Make one call to an address that is quoted already; a redirect is an answer like any other.

        Raise aiohttp.ClientError, TimeoutError or OSError where none came.
        """
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
            headers["Content-Type"] = "application/json; charset=utf-8"
        async with self.session.request(
            method,
            URL(url, encoded=True),
            data=data,
            headers=headers,
            allow_redirects=False,  # a token goes where it was meant to go and nowhere else
            proxy=proxy_for(url),
        ) as answer:
            told = await _all(answer)
            named = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, named, _read(told))

    async def close(self) -> None:
        """Close the session; no other is opened."""
        self._closed = True
        if self._session is not None:
            await self._session.close()


async def _all(answer: aiohttp.ClientResponse) -> bytes:
    """Return what an answer says, nothing of one that is too long to be read."""
    told = bytearray()
    async for piece in answer.content.iter_any():
        told += piece
        if len(told) > _MOST_BYTES:
            return b""
    return bytes(told)


def _read(told: bytes) -> Json:
    try:
        said = json.loads(told)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
