"""What Slack sends, by HTTP or Socket Mode: through bolt to a listener, and back with an answer."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names, parse
from adapters.slack.answer import Answers, Introduce
from adapters.slack.conversations import Conversations
from adapters.slack.gate import Gate
from adapters.slack.mentions import Mentions
from adapters.slack.origin import Body, Origin, origin
from adapters.slack.parse import Revoked
from adapters.slack.screen import OPEN_SECONDS, Caller, Screen, Sleep
from adapters.tasks import Tasks, where
from bot.events import Event
from bot.ports import Answered, Clock, Receive

log = logging.getLogger(__name__)

# Slack waits three seconds; what is not stored by then is answered by what nobody can take for "done".
STORE_SECONDS = 2.5
_WHOLE_SECONDS = 2.8
_CAME = "came"  # where bolt carries what was read already
DRAIN_SECONDS = 8.0  # after which a supervisor's ten are nearly over

OnRevoked = Callable[[Revoked], Awaitable[None]]


class SlackApp:
    """
    Take in what people do in Slack.

    Each listener stores one event in one local transaction, and answers then: a crash before leads to an error
    that Slack or the person repeats, a crash after to nothing at all. Answers that need a call to Slack follow in
    tasks, which `drain` waits for; only a dialog is opened before, because its trigger lives three seconds.

    Where storing takes longer than Slack waits, it goes on, and its answer follows when it is done. Meanwhile Slack
    gets an error, which makes it repeat an event, and a person sees that nothing is confirmed yet.
    """

    def __init__(
        self,
        *,
        receive: Receive,
        calls: Caller,
        conversations: Conversations,
        clock: Clock,
        secrets: Sequence[str] = (),
        socket: bool = False,
        workspaces: Collection[str] = (),
        language: str = "en",
        introduce: Introduce | None = None,
        mentions: Mentions | None = None,
        on_revoked: OnRevoked | None = None,
        store_seconds: float = STORE_SECONDS,
        open_seconds: float = OPEN_SECONDS,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """
        Take what receives and what calls; without `socket` an empty signing secret raises ValueError.

        `workspaces` are ids of workspaces or organisations that may use the app, none meaning all that installed it.
        """
        self._gate = None if socket else Gate(secrets=secrets, clock=clock)
        self._allowed = frozenset(workspaces)
        self._receive = receive
        self._on_revoked = on_revoked
        self._store_seconds = store_seconds
        self._open_seconds = open_seconds
        self._tasks = Tasks(names.CHANNEL)
        self._stopping = False
        self._counts: Counter[str] = Counter()
        screen = Screen(calls=calls, conversations=conversations, tasks=self._tasks, sleep=sleep)
        self._answers = Answers(
            screen=screen,
            receive=receive,
            tasks=self._tasks,
            introduce=introduce,
            language=language,
            mentions=mentions,
        )
        self._bolt = _bolt(self._listen)

    @property
    def counts(self) -> Mapping[str, int]:
        """Return how often what was sent, by Slack's own words; what is none of ours begins with "unknown "."""
        return self._counts

    def routes(self) -> list[web.RouteDef]:
        """Return the one address that Slack calls for everything; none in Socket Mode."""
        if self._gate is None:
            return []
        return [web.post(names.EVENTS, self._gate.in_front_of(self._answer_http))]

    async def dispatch(self, body: Body) -> BoltResponse:
        """Take in an authentic payload and return its answer, whichever way it came."""
        came = origin(body)
        if self._stopping:
            return BoltResponse(status=503)
        if self._allowed and not self._allowed & {came.workspace, came.enterprise}:
            log.warning("A workspace is not on the list: action=slack.refused workspace=%s", came.workspace)
            self._counts["refused workspace"] += 1
            return BoltResponse(status=403)
        if came.kind == "other":  # bolt would answer 404, and Slack would send it again
            self._counts[f"unknown {came.name}"] += 1
            return BoltResponse(status=200)
        try:
            # Parsed and authentic already, which is what bolt calls "socket_mode".
            request = AsyncBoltRequest(body=dict(body), mode="socket_mode", context={_CAME: came})
        except (TypeError, AttributeError, ValueError, LookupError):
            self._counts[f"malformed {came.name}"] += 1
            return BoltResponse(status=400)
        return await self._bolt.async_dispatch(request)

    async def drain(self, seconds: float = DRAIN_SECONDS) -> int:
        """Take in nothing more, and wait for what follows; return how much was left undone."""
        self._stopping = True
        undone = await self._tasks.drain(seconds)
        if undone:
            log.warning("Answers were left unsaid at the end: action=slack.drain undone=%d", undone)
        return undone

    async def _answer_http(self, body: Body) -> web.StreamResponse:
        return await to_aiohttp_response(await self.dispatch(body))

    async def _listen(self, body: Body, came: Origin) -> BoltResponse:
        """Store one event, and answer it."""
        event = parse.event(body, came)
        self._counts[came.name if event is not None else f"unknown {came.name}"] += 1
        if event is None:
            return BoltResponse(status=200)
        if isinstance(event, Revoked):
            if self._on_revoked is not None:
                await self._on_revoked(event)
            return BoltResponse(status=200)
        return await self._take(came, event)

    async def _take(self, came: Origin, event: Event) -> BoltResponse:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        receiving = self._tasks.start(self._received(event))
        done, _ = await asyncio.wait({receiving}, timeout=self._store_seconds)
        if not done:
            return self._too_late(came, event, receiving)
        seconds = min(self._open_seconds, _WHOLE_SECONDS - (loop.time() - begun))
        body = await self._answers.answer(came, event, receiving.result(), seconds)
        return BoltResponse(status=200, body=body or "")

    async def _received(self, event: Event) -> Answered:
        return await self._receive(event)

    def _too_late(self, came: Origin, event: Event, receiving: asyncio.Task[Answered]) -> BoltResponse:
        log.warning("Storing takes too long: action=slack.slow kind=%s", came.name)
        self._counts[f"slow {came.name}"] += 1

        async def go_on() -> None:
            await self._answers.show_late(came, event, await receiving)

        self._tasks.leave(go_on(), "late")
        body = self._answers.too_late(came)
        return BoltResponse(status=503) if body is None else BoltResponse(status=200, body=body)


def _bolt(listen: Callable[[Body, Origin], Awaitable[BoltResponse]]) -> AsyncApp:
    """
    Return bolt with one listener a family of payloads: each further one costs a twentieth of a millisecond.

    What bolt would check by itself our gate has checked. It calls Slack for nothing, so that its client needs no
    token: answers go through `Screen`.
    """
    quiet = logging.getLogger(f"{__name__}.bolt")
    quiet.setLevel(logging.WARNING)  # at DEBUG bolt writes what people sent
    app = AsyncApp(
        name="slack",
        logger=quiet,
        client=AsyncWebClient(logger=quiet, retry_handlers=[]),
        authorize=_authorize,
        process_before_response=True,
        request_verification_enabled=False,
        ignoring_self_events_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )

    async def listener(body: dict[str, object], context: AsyncBoltContext) -> BoltResponse:
        return await listen(body, context[_CAME])

    async def failed(error: Exception, context: AsyncBoltContext) -> BoltResponse:
        # Neither the error's words nor a traceback: a database says in both what it could not store.
        log.error("An event failed: action=slack.failed kind=%s error=%s", context[_CAME].name, where(error))
        return BoltResponse(status=500)

    everything = re.compile("")
    for family in (app.action, app.command, app.event, app.view, app.options, app.shortcut):
        family(everything)(listener)
    app.error(failed)
    return app


async def _authorize(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
    """Let in what the gate let in; a token is looked for once something has to be called, after the commit."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id)
