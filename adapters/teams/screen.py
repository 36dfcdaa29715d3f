"""What can be done in one person's chat after an event was stored: say something, renew a card."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from adapters.replies import tried
from adapters.tasks import Latest, Tasks
from adapters.teams.names import CHANNEL
from adapters.teams.origin import Origin
from adapters.teams.references import Reference, reference_of
from adapters.teams.wording import Json
from bot.events import Address

log = logging.getLogger(__name__)

# Whoever pressed has the new card in the answer; other devices get it so much later, of several quick presses once.
RENEW_SECONDS = 3.0

Sleep = Callable[[float], Awaitable[None]]
Draw = Callable[[], Json]
Attempt = Callable[[], Awaitable[object]]


class Posts(Protocol):
    """Call Teams: adapters.teams.connector.Connector; both raise Refused, Throttled, Unreachable or Unsure."""

    async def post(self, reference: Reference, activity: Json) -> str:
        """Say something and return the message's id."""
        ...

    async def put(self, reference: Reference, message: str, activity: Json) -> None:
        """Show this in the place of a message."""
        ...


class Noting(Protocol):
    """Know where people are written to: adapters.teams.references.References."""

    async def note(self, came: Origin) -> None:
        """Take note of where somebody wrote from."""
        ...

    async def of(self, who: Address) -> Reference | None:
        """Return where a person is written to, None where that is unknown."""
        ...

    async def drop(self, who: Address) -> None:
        """Forget where a person is written to."""
        ...


class Screen:
    """
    Do what follows an event; what cannot be done is logged by Teams' code.

    Nothing here is a promise: what must arrive goes through the outbox. A card that could not be renewed still
    answers each press from the present state.
    """

    def __init__(
        self,
        *,
        connector: Posts,
        references: Noting,
        tasks: Tasks,
        sleep: Sleep = asyncio.sleep,
        renew_seconds: float = RENEW_SECONDS,
    ) -> None:
        self._connector = connector
        self._references = references
        self._tasks = tasks
        self._latest = Latest(tasks)
        self._renew_seconds = renew_seconds
        self._sleep = sleep

    def post(self, came: Origin, *draws: Draw) -> None:
        """Say something in this person's own chat, whatever conversation they are in, one after the other."""
        if draws:
            self._tasks.leave(self._post(came, draws), "post")

    def post_there(self, came: Origin, draw: Draw) -> None:
        """Say something in the conversation that they are in, where others may read it."""
        self._tasks.leave(self._post_to(reference_of(came), came, draw), "post")

    def renew(self, came: Origin, draw: Draw, *, seen: bool) -> None:
        """Show this in the place of the message it came from; with `seen` who pressed has it before their eyes."""

        async def now() -> None:
            drawn, place = draw(), reference_of(came)
            await self._attempt("put", came, lambda: self._connector.put(place, came.message, drawn))

        rest = self._renew_seconds if seen else 0.0
        self._latest.want(f"renew {came.message}", now, rest_seconds=rest)

    async def has_chat(self, came: Origin) -> bool:
        """Say whether this person's own chat is known."""
        return came.personal or await self._references.of(_address(came)) is not None

    async def _post(self, came: Origin, draws: tuple[Draw, ...]) -> None:
        place = reference_of(came) if came.personal else await self._references.of(_address(came))
        if place is None:
            _log_not_shown("post", came, "no chat")
            return
        for draw in draws:
            await self._post_to(place, came, draw)

    async def _post_to(self, place: Reference, came: Origin, draw: Draw) -> None:
        """Draw it now, which costs more than all the rest, and holds up no answer here."""
        drawn = draw()
        await self._attempt("post", came, lambda: self._connector.post(place, drawn))

    async def _attempt(self, what: str, came: Origin, attempt: Attempt) -> None:
        """Try; where Teams says "not now", try again after the time it asks for."""
        why = await tried(attempt, self._sleep)
        if why:
            _log_not_shown(what, came, why)


def _address(came: Origin) -> Address:
    return Address(CHANNEL, came.user, came.tenant)


def _log_not_shown(what: str, came: Origin, why: str) -> None:
    log.warning(
        "An answer could not be shown: action=teams.answer call=%s tenant=%s user=%s why=%s",
        what,
        came.tenant,
        came.user,
        why,
    )
