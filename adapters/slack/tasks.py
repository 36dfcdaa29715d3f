"""Work that goes on after Slack has its answer: held, waited for at the end, and never silently failed."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


class Tasks:
    """Hold what runs, so that neither a collector of garbage nor the end of the process takes it away."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start work that somebody awaits, who hears of its failure."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def leave(self, work: Coroutine[Any, Any, None], what: str) -> None:
        """Start work that nobody awaits; its failure is logged, without what it was about."""
        self.start(_watched(work, what))

    async def drain(self, seconds: float) -> int:
        """Wait until nothing runs, at most so long; return how much was left undone."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._running and (left := until - loop.time()) > 0:
            await asyncio.wait(set(self._running), timeout=left)
        undone = len(self._running)
        for task in tuple(self._running):
            task.cancel()
        return undone


class Latest:
    """
    Do the newest that is wanted at each place, one after the other.

    Two presses on one card follow each other quickly: the card must end as the second left it, whichever of the two
    calls to Slack would have been the slower one.
    """

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._wanted: dict[str, Callable[[], Awaitable[None]]] = {}
        self._busy: set[str] = set()

    def want(self, place: str, do: Callable[[], Awaitable[None]]) -> None:
        """Do this at a place as soon as nothing else is done there, unless something newer is wanted by then."""
        self._wanted[place] = do
        if place not in self._busy:
            self._busy.add(place)
            self._tasks.leave(self._work(place), place.partition(" ")[0])

    async def _work(self, place: str) -> None:
        try:
            while (do := self._wanted.pop(place, None)) is not None:
                await do()
        finally:
            self._busy.discard(place)


def where(error: BaseException) -> str:
    """Return what went wrong and where, without its words: those may hold what people wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


async def _watched(work: Coroutine[Any, Any, None], what: str) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - nobody awaits it: this is where it is told
        log.error("What follows an answer failed: action=slack.%s error=%s", what, where(error))
