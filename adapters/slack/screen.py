"""What can be done on one person's screen: open a dialog, say something, renew a card, draw the home."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol, TypeVar

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.replies import tried
from adapters.slack import names
from adapters.slack.calls import Answer, Call
from adapters.slack.conversations import Conversations
from adapters.slack.faults import TROUBLES
from adapters.slack.origin import Origin
from adapters.slack.render import Message
from adapters.slack.wording import Json
from adapters.tasks import Latest, Tasks
from bot.events import Address
from bot.ports import Refused, Throttled, Unreachable, Unsure

log = logging.getLogger(__name__)

# A trigger id lives three seconds from the press on, the way to us and back included.
OPEN_SECONDS = 2.0

Opened = Literal["opened", "before", "late", "refused"]
Sleep = Callable[[float], Awaitable[None]]
Draw = Callable[[], Message]
Attempt = Callable[[], Awaitable[None]]
T = TypeVar("T")


class Caller(Protocol):
    """Call Slack for a workspace: adapters.slack.calls.Calls."""

    async def ask(self, workspace: str, method: str, call: Call, *, enterprise: str = "") -> Answer:
        """Make one call; raise Refused, Throttled, Unreachable or Unsure."""
        ...

    async def client_for(self, workspace: str, enterprise: str = "") -> AsyncWebClient:
        """Return a client with this workspace's token and no retries of its own."""
        ...


class Screen:
    """
    Do what follows an event, after it was stored; what cannot be done is logged by Slack's code.

    Nothing here is a promise: what must arrive goes through the outbox. A card that could not be renewed still
    answers each press from the present state.
    """

    def __init__(
        self, *, calls: Caller, conversations: Conversations, tasks: Tasks, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._calls = calls
        self._conversations = conversations
        self._tasks = tasks
        self._latest = Latest(tasks)
        self._sleep = sleep

    async def open(self, came: Origin, view: Json, seconds: float = OPEN_SECONDS) -> Opened:
        """Open a dialog before Slack has its answer; "before" means that this trigger has opened one already."""
        try:
            async with asyncio.timeout(seconds):
                await self._open(came, view)
        except TimeoutError:
            why = "no answer in time"
        except (Refused, Throttled, Unreachable, Unsure) as error:
            why = str(error)
        else:
            return "opened"
        if why == "exchanged_trigger_id":  # a repeated delivery: the dialog is open
            return "before"
        _log_not_shown("views.push" if came.pane else "views.open", came, why)
        late = ("no answer in time", "expired_trigger_id", "invalid_trigger_id")
        return "late" if why in late else "refused"

    def whisper(self, came: Origin, draw: Draw) -> None:
        """Say something that only this person sees, where they are."""
        if came.hidden and came.respond:
            self._beside(came, draw)
        else:
            self._leave("chat.postEphemeral", came, draw, self._whisper)

    def post(self, came: Origin, draw: Draw) -> None:
        """Say something in this person's direct message, or beside what only they see, wherever that is."""
        if came.hidden and came.respond:
            self._beside(came, draw)
        else:
            self._leave("chat.postMessage", came, draw, self._post)

    def respond(self, came: Origin, answer: Json) -> None:
        """Answer through the address that came along, as when the answer took longer than Slack waits."""
        if came.respond:
            self._leave("response_url", came, lambda: answer, self._respond)

    def renew(self, came: Origin, draw: Draw) -> None:
        """Show this in the place of the message it came from."""
        if came.hidden:
            self.respond_with(came, draw, replace_original=True)
        else:
            self._newest(f"renew {came.message}", "chat.update", came, draw, self._renew)

    def redraw(self, came: Origin, draw: Callable[[], Json]) -> None:
        """Show this in the dialog that was pressed."""
        self._newest(f"redraw {came.pane}", "views.update", came, draw, self._redraw)

    def publish(self, came: Origin, draw: Callable[[], Awaitable[Json | None]]) -> None:
        """Draw this person's home, as it is when its turn comes."""

        async def now() -> None:
            view = await draw()
            if view is not None:
                await self._attempt("views.publish", came, lambda: self._publish(came, view))

        self._latest.want(f"publish {came.workspace} {came.user}", now)

    def respond_with(self, came: Origin, draw: Draw, *, replace_original: bool) -> None:
        """Show this in the place of what only this person sees, or beside it."""
        if came.respond:
            how: Json = {"response_type": "ephemeral", "replace_original": replace_original}
            self._leave("response_url", came, lambda: {**_shown(draw()), **how}, self._respond)

    def _beside(self, came: Origin, draw: Draw) -> None:
        self.respond_with(came, draw, replace_original=False)

    # --- one call after the other

    async def _open(self, came: Origin, view: Json) -> None:
        if came.pane:  # above the dialog that is open
            await self._ask(came, "views.push", lambda to: to.views_push(trigger_id=came.trigger, view=view))
        else:
            await self._ask(came, "views.open", lambda to: to.views_open(trigger_id=came.trigger, view=view))

    async def _whisper(self, came: Origin, message: Message) -> None:
        room = came.channel or await self._room(came)
        shown = _shown(message)
        try:
            await self._ask(
                came,
                "chat.postEphemeral",
                lambda to: to.chat_postEphemeral(channel=room, user=came.user, **shown),
            )
        except (Refused, Unreachable):  # the bot is not in that conversation
            await self._post(came, message)

    async def _post(self, came: Origin, message: Message) -> None:
        room = came.channel if came.channel.startswith("D") else await self._room(came)
        shown = _shown(message)
        await self._ask(
            came,
            "chat.postMessage",
            lambda to: to.chat_postMessage(channel=room, unfurl_links=False, unfurl_media=False, **shown),
        )

    async def _renew(self, came: Origin, message: Message) -> None:
        channel, ts = names.split_message(came.message)
        told = {"channel": channel, "ts": ts, "text": message.update_text, "blocks": list(message.blocks)}
        # Not the SDK's own method, which looks through all blocks once more for objects of its own classes.
        await self._ask(came, "chat.update", lambda to: to.api_call("chat.update", json=told))

    async def _redraw(self, came: Origin, view: Json) -> None:
        await self._ask(came, "views.update", lambda to: to.views_update(view_id=came.pane, view=view))

    async def _publish(self, came: Origin, view: Json) -> None:
        await self._ask(came, "views.publish", lambda to: to.views_publish(user_id=came.user, view=view))

    async def _respond(self, came: Origin, answer: Json) -> None:
        client = await self._calls.client_for(came.workspace, came.enterprise)
        hook = AsyncWebhookClient(
            came.respond,
            timeout=client.timeout,
            session=client.session,
            logger=client.logger,  # which is silent about what is sent
            retry_handlers=[],
        )
        hook.proxy = client.proxy
        try:
            answered = await hook.send_dict(answer)
        except TROUBLES as error:
            raise Unsure(type(error).__name__) from None
        if answered.status_code != 200:
            raise Refused(f"http {answered.status_code}")

    async def _room(self, came: Origin) -> str:
        """Return this person's direct message with the bot."""
        who = Address(names.CHANNEL, came.user, came.workspace)
        return await self._conversations.with_person(who, came.enterprise)

    async def _ask(self, came: Origin, method: str, call: Call) -> Answer:
        return await self._calls.ask(came.workspace, method, call, enterprise=came.enterprise)

    # --- trying

    def _leave(
        self, what: str, came: Origin, draw: Callable[[], T], show: Callable[[Origin, T], Awaitable[None]]
    ) -> None:
        self._tasks.leave(self._drawn(what, came, draw, show), what)

    def _newest(
        self,
        place: str,
        what: str,
        came: Origin,
        draw: Callable[[], T],
        show: Callable[[Origin, T], Awaitable[None]],
    ) -> None:
        self._latest.want(place, lambda: self._drawn(what, came, draw, show))

    async def _drawn(
        self, what: str, came: Origin, draw: Callable[[], T], show: Callable[[Origin, T], Awaitable[None]]
    ) -> None:
        """Draw it now, which costs more than all the rest, and holds up no answer here."""
        drawn = draw()
        await self._attempt(what, came, lambda: show(came, drawn))

    async def _attempt(self, what: str, came: Origin, attempt: Attempt) -> None:
        """Try; where Slack says "not now", try again after the time it asks for."""
        why = await tried(attempt, self._sleep)
        if why:
            _log_not_shown(what, came, why)


def _shown(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": list(message.blocks)}


def _log_not_shown(what: str, came: Origin, why: str) -> None:
    log.warning(
        "An answer could not be shown: action=slack.answer call=%s workspace=%s user=%s why=%s",
        what,
        came.workspace,
        came.user,
        why,
    )
