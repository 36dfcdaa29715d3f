"""Live updates: what happens is told to every open page."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from adapters.playground.render import Json

# Updates that may wait for one page; a page that falls further behind is told to load everything anew.
_MOST_WAITING = 500


@dataclass(frozen=True, slots=True)
class Update:
    """Something to tell the pages; with `person`, only those that show this person."""

    kind: str
    data: Json
    person: str = ""


class Hub:
    """Hand updates to whoever listens."""

    def __init__(self) -> None:
        self._listeners: list[tuple[frozenset[str] | None, asyncio.Queue[Update]]] = []

    def tell(self, kind: str, data: Json, person: str = "") -> None:
        """Tell every page that shows the person, or every page."""
        for shown, waiting in self._listeners:
            if person and shown is not None and person not in shown:
                continue
            if waiting.full():
                _empty(waiting)
                waiting.put_nowait(Update("reload", {}))
            waiting.put_nowait(Update(kind, data, person))

    @contextmanager
    def listening(self, shown: frozenset[str] | None) -> Iterator[asyncio.Queue[Update]]:
        """Collect what a page that shows these people (None = all) is told, as long as it listens."""
        entry = (shown, asyncio.Queue[Update](_MOST_WAITING))
        self._listeners.append(entry)
        try:
            yield entry[1]
        finally:
            self._listeners.remove(entry)


def _empty(waiting: asyncio.Queue[Update]) -> None:
    while not waiting.empty():
        waiting.get_nowait()
