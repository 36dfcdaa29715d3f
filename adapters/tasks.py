"""Work that goes on after a platform has its answer: held, waited for at the end, and never silently failed."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


class Tasks:
    """Hold what runs, so that neither a collector of garbage nor the end of the process takes it away."""

    def __init__(self, channel: str) -> None:
        """Take the channel that is told where something fails."""
        self._channel = channel
        self._running: set[asyncio.Task[Any]] = set()
        self._hurry = asyncio.Event()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start work that somebody awaits, who hears of its failure."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def leave(self, work: Coroutine[Any, Any, None], what: str) -> None:
        """Start work that nobody awaits; its failure is logged, without what it was about."""
        self.start(self.watched(work, what))

    async def rest(self, seconds: float) -> None:
        """Wait so long, but no longer once somebody waits for everything to be done."""
        if seconds <= 0:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()

    async def settle(self) -> None:
        """Wait until nothing runs."""
        self._hurry.set()
        while self._running:
            await asyncio.wait(set(self._running))
        self._hurry.clear()

    async def drain(self, seconds: float) -> int:
        """Wait until nothing runs, at most so long; return how much was left undone."""
        self._hurry.set()
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._running and (left := until - loop.time()) > 0:
            await asyncio.wait(set(self._running), timeout=left)
        undone = len(self._running)
        for task in tuple(self._running):
            task.cancel()
        return undone

    async def watched(self, work: Awaitable[None], what: str) -> None:
        """Do work, and log its failure without what it was about."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - nobody awaits it: this is where it is told
            told = f"{self._channel}.{what}"
            log.error("What follows an answer failed: action=%s error=%s", told, where(error))


class Latest:
    """
    Do the newest that is wanted at each place, one after the other.

    Two presses on one card follow each other quickly: the card must end as the second left it, whichever of the two
    calls would have been the slower one.
    """

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._wanted: dict[str, tuple[Callable[[], Awaitable[None]], float]] = {}
        self._busy: set[str] = set()

    def want(self, place: str, do: Callable[[], Awaitable[None]], *, rest_seconds: float = 0.0) -> None:
        """
        Do this at a place as soon as nothing else is done there, unless something newer is wanted by then.

        With `rest_seconds` it waits so long first, so that several in a row lead to one.
        """
        self._wanted[place] = do, rest_seconds
        if place not in self._busy:
            self._busy.add(place)
            self._tasks.leave(self._work(place), place.partition(" ")[0])

    async def _work(self, place: str) -> None:
        try:
            while place in self._wanted:
                await self._tasks.rest(self._wanted[place][1])
                # Where it fails, something newer may be wanted already.
                await self._tasks.watched(self._wanted.pop(place)[0](), place.partition(" ")[0])
        finally:
            self._busy.discard(place)


def where(error: BaseException) -> str:
    """Return what went wrong and where, without its words: those may hold what people wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
