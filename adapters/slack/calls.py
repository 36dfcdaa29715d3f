"""Calling Slack: the right token, one session, and errors in the words of those who deliver."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from slack_sdk.oauth.installation_store import Bot
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.faults import LATER_SECONDS, TROUBLES, code_of, in_doubt, ported
from adapters.slack.installations import Place
from adapters.slack.states import LASTING, NOWHERE, States
from adapters.slack.vault import CannotOpen
from adapters.slack.wire import Wire
from bot.ports import Throttled, Unreachable

Answer = Mapping[str, object]
Call = Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]


class Bots(Protocol):
    """Know the bot of each workspace: Installations, or Renewal where tokens expire."""

    async def bot_for(self, workspace: str, enterprise: str = "") -> Bot | None:
        """Return the bot that serves a workspace, with a token that is valid."""
        ...

    def forget(self) -> None:
        """Look again at the next call."""
        ...

    async def places(self) -> tuple[Place, ...]:
        """Return where the app is installed."""
        ...


@dataclass(frozen=True, slots=True)
class Greeting:
    """What Slack says of a token."""

    workspace: str
    enterprise: str
    bot_id: str
    bot_user: str
    scopes: tuple[str, ...]


class Calls:
    """
    Make calls for a workspace.

    What keeps a whole workspace from being served is noted in `states`, and forgotten by the first call that
    goes well.
    """

    def __init__(self, *, wire: Wire, bots: Bots, states: States) -> None:
        self._wire = wire
        self._bots = bots
        self._states = states
        self._clients: dict[str, AsyncWebClient] = {}
        self._greeted: dict[str, Greeting] = {}

    async def client_for(self, workspace: str, enterprise: str = "") -> AsyncWebClient:
        """Return a client with the workspace's token; Throttled where there is none, for everybody there."""
        bot = await self.bot_for(workspace, enterprise)
        client = self._clients.get(bot.bot_token)
        if client is None or client.session is not self._wire.session:
            if len(self._clients) > 1000:
                self._clients.clear()  # tokens that were renewed since
            client = self._clients[bot.bot_token] = self._wire.client(bot.bot_token)
        return client

    async def bot_for(self, workspace: str, enterprise: str = "") -> Bot:
        """Return the bot that serves a workspace; Throttled where there is none, for everybody there."""
        place = workspace or enterprise or NOWHERE
        try:
            bot = await self._bots.bot_for(workspace, enterprise)
        except CannotOpen:
            raise await self._waits(place, "sealed") from None
        except Throttled as error:
            raise await self._waits(place, error.why) from None
        if bot is None:
            raise await self._waits(place, "not_installed")
        return bot

    async def ask(self, workspace: str, method: str, call: Call, *, enterprise: str = "") -> Answer:
        """
        Make one call of this method and return its answer.

        Raise Refused, Throttled, Unreachable or Unsure, without anything of what was sent.
        """
        client = await self.client_for(workspace, enterprise)
        try:
            response = await call(client)
        except TROUBLES as error:
            trouble = ported(error, method)
            if code_of(error) == "account_inactive" and await self._is_valid(client):
                trouble = Unreachable("account_inactive", "switched_off")
            if isinstance(trouble, Throttled) and trouble.everybody:
                self._bots.forget()
                await self._states.note(workspace or enterprise or NOWHERE, trouble.why)
            raise trouble from None
        await self._states.served(workspace or enterprise or NOWHERE, but=LASTING)
        data = response.data
        return data if isinstance(data, dict) else {}

    async def post(
        self, workspace: str, method: str, told: Mapping[str, object], *, enterprise: str = ""
    ) -> Answer:
        """
        Make one call with these arguments, where `ask` has the SDK make it; None is left out.

        All goes in the body: addresses, which proxies write down, hold no names and no e-mail addresses.
        """
        data = {name: _formed(value) for name, value in told.items() if value is not None}
        return await self.ask(
            workspace, method, lambda client: client.api_call(method, data=data), enterprise=enterprise
        )

    async def upload(self, url: str, data: bytes) -> None:
        """Send a file's bytes to where Slack wants them; nobody sees them before the file is shared."""
        try:
            status = await self._wire.upload(url, data)
        except TROUBLES as error:
            raise ported(error, "files.upload") from None
        if status != 200:
            raise in_doubt("files.upload", f"http {status}")

    async def greet(self, workspace: str = "", enterprise: str = "") -> Greeting:
        """Ask Slack whose token it is that serves a workspace; asked once a token."""
        token = (await self.bot_for(workspace, enterprise)).bot_token
        if token not in self._greeted:
            scopes: list[str] = []

            async def greet(client: AsyncWebClient) -> AsyncSlackResponse:
                response = await client.auth_test()
                told = {key.lower(): value for key, value in response.headers.items()}
                scopes.extend(
                    filter(None, (one.strip() for one in told.get("x-oauth-scopes", "").split(",")))
                )
                return response

            told = await self.ask(workspace, "auth.test", greet, enterprise=enterprise)
            self._greeted[token] = Greeting(
                workspace=str(told.get("team_id") or ""),
                enterprise=str(told.get("enterprise_id") or ""),
                bot_id=str(told.get("bot_id") or ""),
                bot_user=str(told.get("user_id") or ""),
                scopes=tuple(scopes),
            )
        return self._greeted[token]

    async def places(self) -> tuple[Place, ...]:
        """Return where the app is installed; of a token of the configuration Slack says where."""
        places = await self._bots.places()
        if places:
            return places
        greeting = await self.greet()
        return (Place(greeting.workspace, greeting.enterprise),)

    async def _is_valid(self, client: AsyncWebClient) -> bool:
        try:
            await client.auth_test()
        except TROUBLES:
            return False
        return True

    async def _waits(self, place: str, why: str) -> Throttled:
        await self._states.note(place, why)
        return Throttled(LATER_SECONDS, everybody=True, why=why)


def _formed(value: object) -> str:
    """Return an argument as a form holds it."""
    return value if isinstance(value, str) else json.dumps(value)
