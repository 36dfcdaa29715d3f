"""What is due, turned into facts and intentions. It knows no budget: that is the outbox's (DESIGN §4)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.facts import Pair
from bot.outcome import Change, Send
from bot.ports import Clock, Store, Work
from bot.world import World
from flows.kinds import Kind
from flows.meeting_slots import wants_time
from flows.scene import Scene
from flows.stepping import carry_out
from flows.timeline import Look, look
from flows.visibility import for_the_bot

log = logging.getLogger(__name__)

BATCH = 100  # enrolments a transaction: keeps SQLite's write lock under 25 ms (MEASURES §3)
_MOST_ROUNDS = 20  # one due thing may make the next one due; more rounds than this is a fault in a programme
_FIRST_BACK_OFF = timedelta(minutes=5)
_MOST_DOUBLINGS = 8  # no more than a day between two tries


class Ticker:
    """Look at every enrolment that is due."""

    def __init__(self, *, store: Store, clock: Clock, world: World, kinds: Mapping[str, Kind]) -> None:
        self._store = store
        self._clock = clock
        self._world = world
        self._kinds = kinds

    async def tick(self) -> int:
        """Look at all enrolments due now, in batches, and return how many were looked at."""
        total = 0
        while True:
            looked = await self._store.write(self._batch, "tick")
            total += looked
            if looked < BATCH:
                return total

    def _batch(self, work: Work) -> int:
        now = self._clock.now()
        ids = work.claim_due(now, BATCH)
        for pair in work.pairs(ids) if ids else ():
            self._look_safely(work, pair, now)
        return len(ids)

    def _look_safely(self, work: Work, pair: Pair, now: datetime) -> None:
        """Look at one enrolment; one that raises is put back with a pause and never stops its neighbours."""
        try:
            work.savepoint(lambda: self._look(work, pair, now))
        except Exception as error:  # anything a programme or a flow got wrong concerns this enrolment alone
            log.exception(
                "An enrolment could not be looked at: action=push_back enrolment=%s", pair.enrolment.id
            )
            pause = _FIRST_BACK_OFF * 2 ** min(work.failures_of(pair.enrolment.id), _MOST_DOUBLINGS)
            work.push_back(pair.enrolment.id, now + pause, f"{type(error).__name__}: {error}")

    def _look(self, work: Work, pair: Pair, clock: datetime) -> None:
        now = max(filter(None, (clock, pair.enrolment.looked_at)))
        scene = self._world.scene(work, for_the_bot(pair), now)
        changes: list[Change] = []
        sends: list[Send] = []
        scene, found = self._found(work, scene)
        rounds = 0
        while found.due:
            rounds += 1
            if rounds > _MOST_ROUNDS:
                raise RuntimeError(f"due again and again: {found.due[0].action} {found.due[0].step}")
            for due in found.due:
                outcome = carry_out(scene, due, self._kinds)
                changes.extend(outcome.changes)
                sends.extend(outcome.sends)
                scene = scene.after(outcome.changes)
            scene, found = self._found(work, scene)
        work.apply(changes, now)
        work.intend(sends, now)
        work.looked(pair.enrolment.id, now, found.next_look)

    def _found(self, work: Work, scene: Scene) -> tuple[Scene, Look]:
        """Return what is due; where a meeting wants a time, with the calendars of the other pairs of its people."""
        found = look(scene, self._kinds)
        if scene.busy or not any(wants_time(scene, due) for due in found.due):
            return scene, found
        scene = replace(scene, busy=self._world.busy(work, scene.pair, scene.now))
        return scene, look(scene, self._kinds) if scene.busy else found
