"""What every way in to a running bot has in common: Slack, Microsoft Teams."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.lanes import Limits
from bot.outbox import Outbox
from bot.ports import Channel, Receive


class CannotServe(Exception):
    """The bot cannot begin, or go on; the text says why and what to do."""


class Room(Protocol):
    """A platform in a running bot."""

    trouble: str  # why the process had to end for its sake, "" where it had not

    def routes(self) -> Sequence[web.RouteDef]:
        """Return the addresses that the platform and browsers call."""
        ...

    async def begin(self, scheduler: AsyncIOScheduler, stopped: asyncio.Event) -> None:
        """
        Open the way in and look for people there, now and then; raise CannotServe where that cannot be.

        `stopped` is set when only a new process would hear the platform again.
        """
        ...

    async def stop(self, seconds: float) -> None:
        """Take in nothing more and wait for the answers on their way."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A platform that is on: its way out, which the outbox needs first, and what makes the room around it."""

    channel: Channel
    limits: Limits
    close: Callable[[], Awaitable[None]]
    furnish: Callable[[Receive, Outbox], Room]
