"""What is due, turned into facts and intentions. It knows no budget: that is the outbox's (DESIGN §4)."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.facts import Pair
from bot.outcome import Change, Send
from bot.ports import Advance, Clock, Store, Work
from bot.world import World
from flows.kinds import Kind
from flows.meeting_slots import wants_time
from flows.quiet import Quiet
from flows.scene import Scene
from flows.stepping import carry_out
from flows.timeline import Look, look
from flows.visibility import for_the_bot

log = logging.getLogger(__name__)

BATCH = 100  # enrolments a transaction: keeps SQLite's write lock under 25 ms (MEASURES §3)
_MOST_REMEMBERED = 2_000  # enrolments of which what the last look found is kept, some kilobytes each
_TOGETHER = 2  # batches at work, half of PostgreSQL's writers, so that a press finds one free
_MOST_ROUNDS = 20  # one due thing may make the next one due; more rounds than this is a fault in a programme
_FIRST_BACK_OFF = timedelta(minutes=5)
_MOST_DOUBLINGS = 8  # no more than a day between two tries


class Batch:
    """The looks of one transaction: one after the other, and stored together."""

    def __init__(self, work: Work, now: datetime) -> None:
        self.work = work
        self._now = now
        self._waiting: list[Advance] = []

    def add(self, advance: Advance) -> None:
        """Let what a look came to wait for being stored."""
        self._waiting.append(advance)

    def store(self) -> None:
        """Store what waits. Where that fails each is stored alone: one never stops its neighbours."""
        waiting, self._waiting = self._waiting, []
        if len(waiting) > 1 and self._stored(waiting) is None:
            return
        for advance in waiting:
            error = self._stored([advance])
            if error is not None:
                self.push_back(advance.enrolment, error)

    def push_back(self, enrolment: str, error: Exception) -> None:
        """Put an enrolment back with a pause, longer each time in a row."""
        log.error(
            "An enrolment could not be looked at: action=push_back enrolment=%s", enrolment, exc_info=error
        )
        pause = _FIRST_BACK_OFF * 2 ** min(self.work.failures_of(enrolment), _MOST_DOUBLINGS)
        self.work.push_back(enrolment, self._now + pause, f"{type(error).__name__}: {error}")

    def _stored(self, advances: Sequence[Advance]) -> Exception | None:
        """Store these and return None, or why nothing of them could be stored."""
        try:
            self.work.savepoint(lambda: self.work.advance(advances))
        except Exception as error:  # noqa: BLE001 - whatever it is, it goes to whoever asked
            return error
        return None


class Ticker:
    """Look at every enrolment that is due."""

    def __init__(self, *, store: Store, clock: Clock, world: World, kinds: Mapping[str, Kind]) -> None:
        self._store = store
        self._clock = clock
        self._world = world
        self._kinds = kinds
        self._quiet: OrderedDict[str, Quiet] = OrderedDict()  # by enrolment, as its last look left it

    async def tick(self) -> int:
        """Look at all enrolments due now, in batches, and return how many were looked at."""
        looked = await self._store.write(self._batch, "tick")
        if looked < BATCH:
            return looked
        # Where much is due, one batch is thought through while the database works on the other.
        counts = await asyncio.gather(*(self._batches() for _ in range(_TOGETHER)), return_exceptions=True)
        for count in counts:
            if isinstance(count, BaseException):
                raise count
            looked += count
        return looked

    async def _batches(self) -> int:
        total = 0
        while True:
            looked = await self._store.write(self._batch, "tick")
            total += looked
            if looked < BATCH:
                return total

    def _batch(self, work: Work) -> int:
        now = self._clock.now()
        ids = work.claim_due(now, BATCH)
        batch = Batch(work, now)
        for pair in work.pairs(ids) if ids else ():
            try:
                batch.add(self._look(batch, pair, now))
            except Exception as error:  # noqa: BLE001 - a fault in a flow is this enrolment's alone
                batch.push_back(pair.enrolment.id, error)
        batch.store()
        return len(ids)

    def _look(self, batch: Batch, pair: Pair, clock: datetime) -> Advance:
        now = max(filter(None, (clock, pair.enrolment.looked_at)))
        scene = self._world.scene(batch.work, for_the_bot(pair), now)
        changes: list[Change] = []
        sends: list[Send] = []
        scene, found = self._found(batch, scene, self._quiet.pop(pair.enrolment.id, None))
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
            if scene.pair.enrolment.state != pair.enrolment.state:
                scene = self._as_it_ended(scene, pair, changes)
            scene, found = self._found(batch, scene, found.quiet)
        self._remember(pair.enrolment.id, found.quiet)
        return Advance(
            enrolment=pair.enrolment.id,
            now=now,
            changes=tuple(changes),
            sends=tuple(sends),
            next_look=found.next_look,
        )

    def _as_it_ended(self, scene: Scene, pair: Pair, changes: Sequence[Change]) -> Scene:
        """Return the scene with what was sealed as long as the pair ran, and now goes back to its authors."""
        whole = replace(scene, pair=pair).after(changes)
        return replace(scene, pair=for_the_bot(whole.pair))

    def _remember(self, enrolment: str, quiet: Quiet | None) -> None:
        if quiet is not None:
            self._quiet[enrolment] = quiet
        if len(self._quiet) > _MOST_REMEMBERED:
            self._quiet.popitem(last=False)

    def _found(self, batch: Batch, scene: Scene, before: Quiet | None) -> tuple[Scene, Look]:
        """Return what is due; where a meeting wants a time, with the calendars of the other pairs of its people."""
        found = look(scene, self._kinds, before)
        if scene.busy or not any(wants_time(scene, due) for due in found.due):
            return scene, found
        batch.store()  # a neighbour may have just fixed a time
        scene = replace(scene, busy=self._world.busy(batch.work, scene.pair, scene.now))
        return scene, look(scene, self._kinds, found.quiet) if scene.busy else found
