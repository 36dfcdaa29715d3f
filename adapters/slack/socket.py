"""Socket Mode: the same payloads over a connection that we open, for a bot behind a firewall."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable

from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from adapters.slack import names
from adapters.slack.faults import code_of
from adapters.slack.origin import Body
from adapters.slack.wire import Wire
from adapters.tasks import Tasks, where

log = logging.getLogger(__name__)

PING_SECONDS = 10.0
# The SDK connects anew after four pings without an answer. It was seen to stay connected and deaf, or to go round in
# circles over a closed session: what hears nothing for so long is better begun anew as a process.
DEAF_SECONDS = 120.0
_LOOKS = 10  # at whether it is deaf, in that time
_TICKET = re.compile(r"ticket=[^&\s'\"]+")

Dispatch = Callable[[Body], Awaitable[BoltResponse]]


class CannotConnect(Exception):
    """Slack does not let this app connect; the text says why and what to do."""


class Socket:
    """
    Hold the connection: hand in what comes, and confirm it once it is stored.

    What was not stored is not confirmed, so that Slack delivers it again, to this connection or to the next.
    """

    def __init__(
        self,
        *,
        dispatch: Dispatch,
        app_token: str,
        wire: Wire,
        ping_seconds: float = PING_SECONDS,
        deaf_seconds: float = DEAF_SECONDS,
    ) -> None:
        """Take what receives payloads; an empty app token raises ValueError."""
        if not app_token.strip():
            raise ValueError(
                "Slack's app token is empty: Socket Mode connects with TELEMACHY_SLACK_APP_TOKEN"
            )
        self._dispatch = dispatch
        self._token = app_token.strip()
        self._wire = wire
        self._ping_seconds = ping_seconds
        self._deaf_seconds = deaf_seconds
        self._tasks = Tasks(names.CHANNEL)
        self._client: SocketModeClient | None = None
        self._stopping = False
        self._heard = 0.0  # the loop's time when anything came last
        self._pong: float | None = None

    async def start(self) -> None:
        """Connect; CannotConnect where Slack refuses the token, TimeoutError where nobody answers."""
        async with asyncio.timeout(self._deaf_seconds):
            url = await self._address()
            client = self._client = self._made()
            client.wss_uri = url
            await client.connect()  # type: ignore[no-untyped-call]
        self._heard = asyncio.get_running_loop().time()

    async def wait_deaf(self) -> None:
        """Return when nothing was heard for so long that only a new process helps."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._deaf_seconds / _LOOKS)
            self._look_for_pong(loop.time())
            if loop.time() - self._heard > self._deaf_seconds:
                log.error(
                    "Slack was not heard for %.0f s, ending for a new start: action=slack.deaf",
                    self._deaf_seconds,
                )
                return

    async def stop(self, seconds: float) -> None:
        """Take in nothing more, let what is under way be confirmed, and disconnect."""
        self._stopping = True
        await self._tasks.drain(seconds)
        client = self._client
        if client is None:
            return
        await client.close()  # type: ignore[no-untyped-call]
        held = (client.message_processor, client.current_session_monitor, client.message_receiver)
        await asyncio.gather(*filter(None, held), return_exceptions=True)

    # --- what comes

    async def _hear(self, client: AsyncBaseSocketModeClient, message: object, raw: str | None) -> None:
        self._heard = asyncio.get_running_loop().time()

    async def _take(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        if not self._stopping:
            await self._tasks.start(self._answer(client, request))

    async def _answer(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        try:
            response = await self._dispatch(request.payload)
            if response.status >= 500:
                return
            payload = json.loads(response.body) if response.status == 200 and response.body else None
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))
        except Exception as error:  # noqa: BLE001 - the SDK would log its words, which may be what people wrote
            log.error("A payload was not confirmed: action=slack.socket error=%s", where(error))

    def _look_for_pong(self, now: float) -> None:
        """
        Take an answered ping as heard.

        The SDK notes the time of the first ping of a connection before that is answered, so that only a later
        one says that somebody is there.
        """
        pong = self._client.last_ping_pong_time if self._client else None
        if pong is not None and self._pong is not None and pong > self._pong:
            self._heard = now
        self._pong = pong

    # --- connecting

    async def _address(self) -> str:
        """Return where to connect, asked before the SDK does, which would ask forever."""
        try:
            opened = await self._wire.client().apps_connections_open(app_token=self._token)
        except SlackApiError as error:
            why = code_of(error) or "no answer"
            raise CannotConnect(
                f"Slack refuses the app token ({why}): it begins with xapp-, has the scope connections:write, and "
                "Socket Mode is switched on in the app's settings"
            ) from None
        return str(opened["url"])

    def _made(self) -> SocketModeClient:
        web = self._wire.client()
        client = SocketModeClient(
            app_token=self._token, logger=_quiet(), web_client=web, ping_interval=self._ping_seconds
        )
        client.proxy = web.proxy
        client.message_listeners.append(self._hear)
        client.socket_mode_request_listeners.append(self._take)
        return client


class _Unsaid(logging.Filter):
    """Take from the SDK's lines what nobody may read: the ticket of a connection, and tracebacks, which quote."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _TICKET.sub("ticket=…", record.getMessage()), ()
        record.exc_info = record.exc_text = None
        return True


def _quiet() -> logging.Logger:
    """Return the SDK's logger: at DEBUG it would write each message, with what people wrote."""
    quiet = logging.getLogger(f"{__name__}.sdk")
    quiet.setLevel(logging.INFO)
    if not any(isinstance(one, _Unsaid) for one in quiet.filters):
        quiet.addFilter(_Unsaid())
    return quiet
