"""A database put back from a backup: what is due is held until the operator says what becomes of it (DESIGN §5)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Literal, Protocol, assert_never

from bot.outcome import ASKING, Logged
from bot.ports import Clock, Queued, Store, Work

log = logging.getLogger(__name__)

Fate = Literal["replay", "sent", "missed"]

WHY = "due before the restore"
MISSED = "due before the restore, and left out by the operator"
COUNTED = "due before the restore, and sent before it, says the operator"
REPLAYED = "held after the restore, and sent by the operator"
_MARK = "house/mark"
_NEWEST = "house/restored_at_row"  # the newest message of the backup, while a hold is under way
_UNDER_WAY = ("running", "paused")


class Lineage(Protocol):
    """Tell a database that lived on from one that was put back; what tells them apart is kept outside of it."""

    def is_broken(self, mark: str | None) -> bool:
        """Tell whether a database with this mark is an earlier state of the one that was here last."""
        ...

    def next_mark(self, now: datetime) -> str:
        """Return what the database is to carry from now on."""
        ...

    def keep(self, mark: str) -> None:
        """Remember, outside the database, that it carries this mark."""
        ...


class Living:
    """Leave a mark as long as the bot lives, and hold what is due where the mark says that time was lost."""

    def __init__(self, store: Store, clock: Clock, lineage: Lineage) -> None:
        self._store = store
        self._clock = clock
        self._lineage = lineage
        self._last = ""

    async def mark(self) -> None:
        """Leave a mark; a backup made before it is known as older from then on."""
        mark = self._lineage.next_mark(self._clock.now())
        if mark == self._last:
            return
        await self._store.write(lambda work: work.keep_setting(_MARK, mark), "tick")
        self._lineage.keep(mark)
        self._last = mark

    async def hold(self, tick: Callable[[], Awaitable[int]], *, restored: bool = False) -> int:
        """
        Hold what is due if the database was put back, or the operator says so; return how many messages.

        `tick` looks at what is due and returns how much that was. What it finds was due before the restore and may
        have been told then: so it is looked for at once, and held with the rest. Nothing may be sent meanwhile.
        """
        mark, begun = await self._store.read(lambda work: (work.setting(_MARK), work.setting(_NEWEST)))
        if begun is None and not (restored or self._lineage.is_broken(mark)):
            return 0
        newest = await self._store.write(_begin, "tick")
        while await tick():
            pass
        return await self._end(newest)

    async def _end(self, newest: int) -> int:
        now = self._clock.now()
        mark = self._lineage.next_mark(now)

        def end(work: Work) -> int:
            held = work.hold(now, newest, WHY)
            work.drop_setting(_NEWEST)
            work.keep_setting(_MARK, mark)
            work.apply([Logged("held after a restore", f"messages:{held}")], now)
            return held

        held = await self._store.write(end, "tick")
        self._lineage.keep(mark)
        self._last = mark
        if held:
            log.warning("Messages are held after a restore: action=restore.held messages=%d", held)
        return held


def _begin(work: Work) -> int:
    """Remember where the backup ends; a process that died while it held goes on from there."""
    begun = work.setting(_NEWEST)
    newest = work.newest_row() if begun is None else int(begun)
    work.keep_setting(_NEWEST, str(newest))
    return newest


# --- what the operator says ------------------------------------------------------------------


def decide(work: Work, fate: Fate, now: datetime) -> int:
    """
    Send everything that is held, count it as sent, or leave it out; return how many messages that were.

    What is sent again waits for working hours and for its turn, and is dropped where nobody waits for it any more.
    Of what counts as sent, reminders and signals run on.
    """
    held = work.held()
    match fate:
        case "replay":
            over = {row.id for row in held if _is_over(work, row)}
            work.settle(sorted(over), "dropped", now, why="no longer open")
            going = [row.id for row in held if row.id not in over]
            work.settle(going, "pending", now, why=REPLAYED, not_before=now)
        case "sent":
            _count_as_sent(work, held, now)
        case "missed":
            work.settle([row.id for row in held], "dropped", now, why=MISSED)
        case _:
            assert_never(fate)
    work.apply([Logged(f"held after a restore: {fate}", f"messages:{len(held)}")], now)
    return len(held)


def _count_as_sent(work: Work, held: Sequence[Queued], now: datetime) -> None:
    """Let each person's be one message: several would use up the budget of a week."""
    by_person: dict[str, list[Queued]] = defaultdict(list)
    for row in held:
        by_person[row.send.to].append(row)
    for first, *others in by_person.values():
        at = min(now, max(row.send.not_before for row in (first, *others)))
        work.settle([first.id], "sent", at, why=COUNTED)
        work.settle([row.id for row in others], "sent", at, why=COUNTED, lead=first.id)


def _is_over(work: Work, row: Queued) -> bool:
    """Tell whether a message asks something of a programme that was ended while it was held."""
    if not row.send.enrolment or row.send.kind not in ASKING:
        return False
    return all(pair.enrolment.state not in _UNDER_WAY for pair in work.pairs((row.send.enrolment,), ()))
