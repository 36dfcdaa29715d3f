"""What keeps a whole workspace or tenant from being served, where an operator can see it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.ports import Clock, Store, Work

log = logging.getLogger(__name__)

NOWHERE = "-"  # stands for the workspace while nobody knows which it is


@dataclass(frozen=True, slots=True)
class State:
    """Why a workspace waits, since when, and what an operator does about it."""

    place: str
    why: str
    since: datetime
    fix: str


@dataclass(frozen=True, slots=True)
class Kinds:
    """How a platform's states are stored, and what is done about each."""

    channel: str
    fix: Callable[[str], str]  # by the platform's code or ours

    @property
    def prefix(self) -> str:
        """Return how the keys of its settings begin."""
        return f"{self.channel}/state/"

    def stored(self, work: Work) -> tuple[State, ...]:
        """Return what keeps workspaces waiting, as any process has stored it."""
        found = []
        for key, text in work.settings(self.prefix):
            read = json.loads(text)
            since = datetime.fromisoformat(read["since"])
            found.append(State(key.removeprefix(self.prefix), read["why"], since, self.fix(read["why"])))
        return tuple(found)


class States:
    """Remember what keeps workspaces waiting: in the database, so that another process can tell it too."""

    def __init__(self, store: Store, clock: Clock, kinds: Kinds) -> None:
        self._store = store
        self._clock = clock
        self._kinds = kinds
        self._known: dict[str, State] | None = None

    def known(self) -> tuple[State, ...]:
        """Return what keeps workspaces waiting, as far as this process has seen it."""
        return tuple((self._known or {}).values())

    async def note(self, place: str, why: str) -> None:
        """Remember why a workspace waits; it is logged when it begins."""
        known = await self._loaded()
        if place in known and known[place].why == why:
            return
        known[place] = state = State(place, why, self._clock.now(), self._kinds.fix(why))
        log.error(
            "A workspace waits, and nothing is lost: action=%s.waits workspace=%s why=%s fix=%s",
            self._kinds.channel,
            place,
            why,
            state.fix,
        )
        text = json.dumps({"why": why, "since": state.since.isoformat()})
        await self._store.write(lambda work: work.keep_setting(self._kinds.prefix + place, text), "outbox")

    async def served(self, place: str, *, but: tuple[str, ...] = ()) -> None:
        """
        Take note that a call went well; costs nothing where all was well.

        It disproves any reason but those that begin so.
        """
        for one in (place, NOWHERE):
            await self.mended(one, but=but)

    async def mended(self, place: str, why: str = "", *, but: tuple[str, ...] = ()) -> None:
        """Forget why a workspace waited: for this reason, or for any but those that begin so."""
        known = await self._loaded()
        state = known.get(place)
        if state is None or (why and state.why != why) or (but and state.why.startswith(but)):
            return
        del known[place]
        log.info("A workspace is served again: action=%s.served workspace=%s", self._kinds.channel, place)
        await self._store.write(lambda work: work.drop_setting(self._kinds.prefix + place), "outbox")

    async def _loaded(self) -> dict[str, State]:
        if self._known is None:
            stored = await self._store.read(self._kinds.stored)
            # Another call may have been here meanwhile.
            if self._known is None:
                self._known = {state.place: state for state in stored}
        return self._known
