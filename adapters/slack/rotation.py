"""Tokens that expire, renewed in time: by one process at a time, and never inside a transaction."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from slack_sdk.oauth.installation_store import Bot
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.faults import LATER_SECONDS, TROUBLES, code_of
from adapters.slack.installations import Installations, Place, place_of
from adapters.slack.states import States
from adapters.slack.wire import Wire
from bot.ports import Clock, Store, Throttled, Work

MARGIN = timedelta(hours=2)  # before a token of twelve hours expires
# Longer than a call may take, so that nobody renews while another still does.
_LEASE = timedelta(seconds=60)
_AFTER_REFUSAL = timedelta(seconds=LATER_SECONDS)
_TRIES, _PAUSE_SECONDS = 20, 0.5  # while somebody else renews and the token at hand is no longer valid
_ALMOST = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a look at an installation found: the bot as stored now, and whether renewing it is up to us."""

    bot: Bot | None
    mine: bool
    until: datetime  # nobody else begins before


class Rotation:
    """
    Serve bots whose tokens are valid, for what arrives and for what is sent alike.

    Slack revokes a refresh token once it was used. A process that dies between Slack's answer and storing it
    loses the new one: then Slack refuses the old one, which is a visible state, and the app must be installed
    again before the access token expires (hours later). Nothing waits for that until then.
    """

    def __init__(
        self,
        installations: Installations,
        *,
        wire: Wire,
        store: Store,
        clock: Clock,
        states: States,
        client_id: str,
        client_secret: str,
        owner: str,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take the installations, and `owner`, which names this process among those that share the database."""
        self._installations = installations
        self._wire = wire
        self._store = store
        self._clock = clock
        self._states = states
        self._client_id = client_id
        self._client_secret = client_secret
        self._owner = owner
        self._pause = pause
        self._renewing: dict[str, asyncio.Task[Bot | None]] = {}
        self._not_before: dict[str, datetime] = {}  # by installation: somebody renews it, or Slack refused

    async def bot_for(self, workspace: str, enterprise: str = "") -> Bot | None:
        """Return the bot that serves a workspace, its token renewed where it expires soon."""
        bot = await self._installations.bot_for(workspace, enterprise)
        if bot is None or not self._due(bot):
            return bot
        key = place_of(bot).key
        if self._not_before.get(key, self._clock.now()) > self._clock.now() and not self._expired(bot):
            return bot
        task = self._renewing.get(key)
        if task is None:
            task = self._renewing[key] = asyncio.create_task(self._renewed(key))
            task.add_done_callback(lambda done: self._done(key, done))
        # Whoever gave up waiting must not end a renewal that Slack may have done already.
        return await asyncio.shield(task)

    def forget(self) -> None:
        """Look again at the next call."""
        self._installations.forget()

    async def places(self) -> tuple[Place, ...]:
        """Return where the app is installed."""
        return await self._installations.places()

    async def drain(self) -> None:
        """Wait for the renewals under way."""
        await asyncio.gather(*self._renewing.values(), return_exceptions=True)

    def _done(self, key: str, task: asyncio.Task[Bot | None]) -> None:
        self._renewing.pop(key, None)
        if not task.cancelled():
            task.exception()  # taken note of, also where nobody waits for it any more

    # --- one renewal

    async def _renewed(self, key: str) -> Bot | None:
        for _ in range(_TRIES):
            turn = await self._store.write(lambda work: self._take_turn(work, key))
            if turn.bot is None or not self._due(turn.bot):
                self._installations.forget()
                return turn.bot
            if turn.mine:
                return await self._renew(key, turn.bot)
            self._not_before[key] = turn.until
            if not self._expired(turn.bot):
                return turn.bot
            await self._pause(_PAUSE_SECONDS)
        raise Throttled(LATER_SECONDS, everybody=True, why="token_expired")

    def _take_turn(self, work: Work, key: str) -> _Turn:
        """Take the lease, unless somebody has it; the token may have been renewed while we waited for it."""
        now = self._clock.now()
        held = work.lock_setting(_lease(key))
        bot = self._installations.stored(work, key)
        until = _until(held) if held else now
        if until > now:
            return _Turn(bot, mine=False, until=until)
        mine = bot is not None and self._due(bot)
        if mine:
            self._hold(work, key, now + _LEASE)
        else:
            work.drop_setting(_lease(key))
        return _Turn(bot, mine=mine, until=now)

    async def _renew(self, key: str, bot: Bot) -> Bot:
        try:
            response = await self._ask(bot)
        except TROUBLES as error:
            refused = code_of(error).startswith(("invalid_refresh", "invalid_grant", "token_", "bad_"))
            until = self._clock.now() + (_AFTER_REFUSAL if refused else _LEASE)
            self._not_before[key] = until
            await self._store.write(lambda work: self._hold(work, key, until))
            if refused:
                await self._states.note(place_of(bot).label, "refresh_refused")
            return self._while_valid(bot)
        renewed = self._read(bot, response)

        def keep(work: Work) -> None:
            self._installations.keep(work, key, renewed)
            work.drop_setting(_lease(key))

        await self._store.write(keep)
        self._installations.forget()
        await self._states.mended(place_of(bot).label)
        return renewed

    async def _ask(self, bot: Bot) -> AsyncSlackResponse:
        return await self._wire.access(
            self._client_id,
            self._client_secret,
            grant_type="refresh_token",
            refresh_token=bot.bot_refresh_token or "",
        )

    def _read(self, bot: Bot, response: AsyncSlackResponse) -> Bot:
        renewed = Bot(**bot.to_dict_for_copying())
        renewed.bot_token = str(response["access_token"])
        renewed.bot_refresh_token = str(response["refresh_token"])
        renewed.bot_token_expires_at = int(self._clock.now().timestamp()) + int(response["expires_in"])
        return renewed

    def _while_valid(self, bot: Bot) -> Bot:
        """Return the bot with the token it has, as long as that is good for anything."""
        if self._expired(bot):
            raise Throttled(LATER_SECONDS, everybody=True, why="token_expired")
        return bot

    def _hold(self, work: Work, key: str, until: datetime) -> None:
        work.keep_setting(_lease(key), json.dumps({"owner": self._owner, "until": until.isoformat()}))

    def _due(self, bot: Bot) -> bool:
        return self._expires_within(bot, MARGIN)

    def _expired(self, bot: Bot) -> bool:
        return self._expires_within(bot, _ALMOST)

    def _expires_within(self, bot: Bot, span: timedelta) -> bool:
        expires = bot.bot_token_expires_at
        return expires is not None and expires <= (self._clock.now() + span).timestamp()


def _lease(key: str) -> str:
    return key.replace("slack/installation/", "slack/renewing/", 1)


def _until(held: str) -> datetime:
    return datetime.fromisoformat(json.loads(held)["until"])
