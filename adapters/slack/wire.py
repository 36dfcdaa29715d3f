"""The one HTTP session to Slack, and clients on it that never try a call again by themselves."""

from __future__ import annotations

import json
import logging
from base64 import b64encode

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.proxy import proxy_for

API_URL = "https://slack.com/api/"
TIMEOUT_SECONDS = 10.0
# Its own limit, so that a call that waited in vain for a connection is known not to have left.
_CONNECT_SECONDS = 5.0


class Wire:
    """
    Hold the session that all calls share: one TLS handshake for many calls instead of one each.

    It is opened by the first call, because it belongs to the loop that runs then.
    """

    def __init__(self, *, api_url: str = API_URL, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._api_url = api_url
        self._timeout = timeout_seconds
        self._proxy = proxy_for(api_url)
        self._session: aiohttp.ClientSession | None = None
        # At DEBUG the SDK writes what it sends and receives: what people wrote, and their names.
        self._log = logging.getLogger(f"{__name__}.sdk")
        self._log.setLevel(logging.INFO)

    @property
    def session(self) -> aiohttp.ClientSession:
        """Return the session, opened where it is not."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),  # a token says who we are
                timeout=aiohttp.ClientTimeout(
                    total=self._timeout, connect=min(_CONNECT_SECONDS, self._timeout / 2)
                ),
            )
        return self._session

    def client(self, token: str = "") -> AsyncWebClient:
        """Return a client for this token; without one, for the calls that need none."""
        client = _Client(
            token=token or None,
            base_url=self._api_url,
            timeout=max(1, round(self._timeout)),
            session=self.session,
            logger=self._log,
            retry_handlers=[],  # the default makes a second message of a dropped connection
        )
        client.proxy = self._proxy  # the SDK's own choice does not heed NO_PROXY
        return client

    async def access(self, client_id: str, client_secret: str, **told: str) -> AsyncSlackResponse:
        """Exchange a code or a refresh token for tokens."""
        # Not the SDK's own method: it uses a class that aiohttp gives up.
        key = b64encode(f"{client_id}:{client_secret}".encode()).decode("ascii")
        return await self.client().api_call(
            "oauth.v2.access", data=told, headers={"Authorization": f"Basic {key}"}
        )

    async def upload(self, url: str, data: bytes) -> int:
        """Send a file's bytes to the address that Slack named for it and return the status."""
        async with self.session.post(url, data=data, proxy=proxy_for(url)) as answer:
            await answer.read()
            return answer.status

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()


class _Client(AsyncWebClient):
    """
    The SDK's client, mended in two places, and without what it does at each call for retries that are off.

    It stumbles over an answer in plain text, and puts what some methods are given into the address, where proxies
    write it down: e-mail addresses among it. Every method of Slack's takes them from the body.
    """

    async def _request(
        self, *, http_verb: str, api_url: str, req_args: dict[str, object]
    ) -> dict[str, object]:
        if req_args.get("params") and not req_args.get("data") and not req_args.get("json"):
            http_verb, req_args = "POST", {**req_args, "params": None, "data": req_args["params"]}
        if self.session is None or self.session.closed:
            raise aiohttp.ConnectionTimeoutError("the connections to Slack are closed")
        async with self.session.request(http_verb, api_url, **req_args) as answer:  # type: ignore[arg-type]
            data = _read(await answer.read())
        return {"data": data, "headers": answer.headers, "status_code": answer.status}


def _read(answer: bytes) -> dict[str, object]:
    """Return what Slack's API says; without anything said, the SDK sees by itself that it was somebody else."""
    try:
        said = json.loads(answer)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
