"""What is due, turned into facts and intentions. It knows no budget: that is the outbox's (DESIGN §4)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.facts import Meeting, Pair
from bot.outcome import Change, Put, Send
from bot.ports import Clock, Store, Work
from bot.world import Calendars, World
from flows.kinds import Kind
from flows.scene import Stretch
from flows.stepping import carry_out
from flows.timeline import look
from flows.visibility import for_the_bot

log = logging.getLogger(__name__)

BATCH = 100  # enrolments a transaction: keeps SQLite's write lock under 25 ms (MEASURES §3)
_MOST_ROUNDS = 20  # one due thing may make the next one due; more rounds than this is a fault in a programme
_FIRST_BACK_OFF = timedelta(minutes=5)


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
        pairs = work.pairs(ids) if ids else ()
        calendars = Calendars(work, pairs, now) if pairs else None
        for pair in pairs:
            assert calendars is not None
            if self._look_safely(work, pair, now, calendars.outside(pair)):
                calendars = Calendars(work, pairs, now)
        return len(ids)

    def _look_safely(self, work: Work, pair: Pair, now: datetime, busy: tuple[Stretch, ...]) -> bool:
        """Look at one enrolment; one that raises is put back with a pause and never stops its neighbours.

        Return whether a time was fixed, which the next ones have to know of.
        """
        try:
            return work.savepoint(lambda: self._look(work, pair, now, busy))
        except Exception as error:  # anything a programme or a flow got wrong concerns this enrolment alone
            log.exception(
                "An enrolment could not be looked at: action=push_back enrolment=%s", pair.enrolment.id
            )
            work.push_back(pair.enrolment.id, now + _FIRST_BACK_OFF, f"{type(error).__name__}: {error}")
            return False

    def _look(self, work: Work, pair: Pair, clock: datetime, busy: tuple[Stretch, ...]) -> bool:
        now = max(filter(None, (clock, pair.enrolment.looked_at)))
        scene = self._world.scene(work, for_the_bot(pair), now, busy=busy)
        changes: list[Change] = []
        sends: list[Send] = []
        found = look(scene, self._kinds)
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
            found = look(scene, self._kinds)
        work.apply(changes, now)
        work.intend(sends, now)
        work.looked(pair.enrolment.id, now, found.next_look)
        return any(_fixes(change) for change in changes)


def _fixes(change: Change) -> bool:
    return (
        isinstance(change, Put) and isinstance(change.record, Meeting) and change.record.state == "fixed"
    )
