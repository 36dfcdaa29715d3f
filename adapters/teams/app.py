"""What Teams sends: through the gate and a turn of botbuilder to a listener, and back with an answer."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from aiohttp import web

from adapters.tasks import Tasks, where
from adapters.teams import names, parse
from adapters.teams.answer import FAILED, NOTHING_THERE, Answers
from adapters.teams.origin import Body, Origin, origin
from adapters.teams.screen import RENEW_SECONDS, Noting, Posts, Screen, Sleep
from adapters.teams.turns import Turns
from adapters.teams.wording import Json
from bot.events import Arrived, Event, Left
from bot.ports import Answered, Clock, Links, Receive

log = logging.getLogger(__name__)

# Teams shows an error where an invoke is not answered in five seconds; what is not stored by then goes on.
STORE_SECONDS = 4.0
DRAIN_SECONDS = 8.0  # after which a supervisor's ten are nearly over

_JSON = json.JSONEncoder(separators=(",", ":"))  # made once, and pure ASCII: that is quicker

Inside = Callable[[Body], Awaitable[web.StreamResponse]]
Outside = Callable[[web.Request], Awaitable[web.StreamResponse]]
# Finds a person of ours by where they wrote from; True where somebody was found, who is known from then on.
Introduce = Callable[[Origin], Awaitable[bool]]


class Gatekeeper(Protocol):
    """Let in what is authentic: adapters.teams.gate.Gate."""

    def in_front_of(self, inside: Inside) -> Outside:
        """Return a handler that hands on the body of what is let in."""
        ...


class TeamsApp:
    """
    Take in what people do in Teams.

    Each listener stores one event in one local transaction, and answers then: a crash before leads to an error, a
    crash after to nothing at all. What follows typed words is said by tasks, which `drain` waits for; a press or a
    dialog is answered in the response, always, and with a card or words whatever goes wrong.

    Where storing takes longer than Teams waits, it goes on, and its answer follows when it is done. Meanwhile a
    person sees that nothing is confirmed yet.
    """

    def __init__(
        self,
        *,
        gate: Gatekeeper,
        receive: Receive,
        connector: Posts,
        references: Noting,
        clock: Clock,
        language: str = "en",
        introduce: Introduce | None = None,
        links: Links | None = None,
        pictures: str = "",
        store_seconds: float = STORE_SECONDS,
        renew_seconds: float = RENEW_SECONDS,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Take what lets in, what receives, and what says something; `pictures` is where pictures are fetched."""
        self._gate = gate
        self._receive = receive
        self._references = references
        self._introduce = introduce
        self._store_seconds = store_seconds
        self._tasks = Tasks(names.CHANNEL)
        self._stopping = False
        self._counts: Counter[str] = Counter()
        self._turns = Turns()
        self._answers = Answers(
            screen=Screen(
                connector=connector,
                references=references,
                tasks=self._tasks,
                sleep=sleep,
                renew_seconds=renew_seconds,
            ),
            receive=receive,
            clock=clock,
            links=links,
            language=language,
            pictures=pictures,
        )

    @property
    def counts(self) -> Mapping[str, int]:
        """Return how often what was sent, by Teams' own words; what is none of ours begins with "unknown "."""
        return self._counts

    def routes(self) -> list[web.RouteDef]:
        """Return the one address that Teams calls for everything."""
        return [web.post(names.MESSAGES, self._gate.in_front_of(self.answer))]

    async def answer(self, activity: Body) -> web.StreamResponse:
        """Take in an authentic activity and return the response."""
        if self._stopping:
            return web.Response(status=503)
        came = origin(activity)
        if came.kind == "other":
            self._counts[f"unknown {came.sort}"] += 1
            return web.Response(status=200)
        try:
            answer = await self._turns.process(activity, lambda body: self._listen(body, came))
        except _Unconfirmed:
            return web.Response(status=503)
        except Exception as error:  # noqa: BLE001 - whatever it was, a person waits for an answer
            return self._failed(came, error)
        return _response(answer)

    async def settle(self) -> None:
        """Wait for everything that follows."""
        await self._tasks.settle()

    async def drain(self, seconds: float = DRAIN_SECONDS) -> int:
        """Take in nothing more, and wait for what follows; return how much was left undone."""
        self._stopping = True
        undone = await self._tasks.drain(seconds)
        if undone:
            log.warning("Answers were left unsaid at the end: action=teams.drain undone=%d", undone)
        return undone

    # --- one activity

    async def _listen(self, activity: Body, came: Origin) -> Json | None:
        """Store one event, and answer it."""
        event = parse.event(activity, came)
        self._counts[came.sort if event is not None else f"unknown {came.sort}"] += 1
        if event is None:
            return self._answers.words_only(came, NOTHING_THERE) if came.invoke else None
        if isinstance(event, Left):
            self._answers.part(came)
        elif came.kind == "said" and not await self._answers.has_chat(came):
            self._answers.elsewhere(came, event)
            return None
        return await self._take(activity, came, event)

    async def _take(self, activity: Body, came: Origin, event: Event) -> Json | None:
        receiving = self._tasks.start(self._received(came, event))
        done, _ = await asyncio.wait({receiving}, timeout=self._store_seconds)
        if not done:
            return self._too_late(activity, came, event, receiving)
        answered = receiving.result()
        if not came.invoke:
            self._follow(came, event, answered)
            return None
        try:
            return await self._answers.in_answer(activity, came, event, answered)
        except Exception as error:  # noqa: BLE001 - it is stored: whoever waits must not think otherwise
            self._log_failed("unshown", came, error)
            return self._answers.unshown(came, answered)

    async def _received(self, came: Origin, event: Event) -> Answered:
        """Store one event; somebody who waits for the answer is first made known, where that is still to do."""
        await self._note(came)
        answered = await self._receive(event)
        if (
            came.invoke
            and answered.to is None
            and self._introduce is not None
            and await self._introduce(came)
        ):
            return await self._receive(event)
        return answered

    async def _note(self, came: Origin) -> None:
        """Keep where this person is written to: no event may fail for want of it."""
        if not came.personal:
            return
        try:
            if came.kind == "removed":
                await self._references.drop(parse.address(came))
            else:
                await self._references.note(came)
        except Exception as error:  # noqa: BLE001
            self._log_failed("reference", came, error)

    def _follow(self, came: Origin, event: Event, answered: Answered) -> None:
        """Say what follows a message, after its response."""
        if isinstance(event, Left):
            return
        if answered.to is None and self._introduce is not None:
            self._tasks.leave(self._make_known(came, event, answered, self._introduce), "introduce")
        else:
            self._show(came, event, answered)

    async def _make_known(self, came: Origin, event: Event, answered: Answered, introduce: Introduce) -> None:
        """Find out who that was, and if it is one of ours, take in again what they did."""
        if await introduce(came):
            answered = await self._receive(event)
        self._show(came, event, answered)

    def _show(self, came: Origin, event: Event, answered: Answered) -> None:
        if isinstance(event, Arrived):
            self._answers.greet(came, answered)
        else:
            self._answers.afterwards(came, event, answered)

    # --- what goes wrong

    def _too_late(
        self, activity: Body, came: Origin, event: Event, receiving: asyncio.Task[Answered]
    ) -> Json:
        log.warning("Storing takes too long: action=teams.slow kind=%s", came.sort)
        self._counts[f"slow {came.sort}"] += 1

        async def go_on() -> None:
            try:
                answered = await receiving
            except Exception as error:  # noqa: BLE001 - whoever was told to wait hears that it came to nothing
                self._lost(came, error)
                return
            if came.invoke:
                self._answers.late(came, event, answered)
            else:
                self._follow(came, event, answered)

        self._tasks.leave(go_on(), "late")
        if not came.invoke:
            raise _Unconfirmed
        return self._answers.too_late(activity, came, event)

    def _failed(self, came: Origin, error: Exception) -> web.StreamResponse:
        if came.invoke:
            self._count_failed(came, error)
            return _response(self._answers.words_only(came, FAILED))
        self._lost(came, error)
        return web.Response(status=500)

    def _lost(self, came: Origin, error: Exception) -> None:
        """Tell a person in the chat that what they did was not taken in."""
        self._count_failed(came, error)
        if came.kind not in ("look", "installed", "removed"):
            self._answers.sorry(came)

    def _count_failed(self, came: Origin, error: Exception) -> None:
        self._counts[f"failed {came.sort}"] += 1
        self._log_failed("failed", came, error)

    def _log_failed(self, what: str, came: Origin, error: Exception) -> None:
        # Neither the error's words nor a traceback: a database says in both what it could not store.
        log.error("An event failed: action=teams.%s kind=%s error=%s", what, came.sort, where(error))


class _Unconfirmed(Exception):
    """Nothing is stored yet, and nobody waits for words in the response."""


def _response(answer: Json | None) -> web.Response:
    if not answer:
        return web.Response(status=200)
    # Written here: what botbuilder would make of it fails in its own serialiser.
    body = _JSON.encode(answer).encode("ascii")
    return web.Response(body=body, content_type="application/json", charset="utf-8")
