"""Once a day, let go of what nobody asks for any more."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from bot.ports import Clock, Forgotten, Store, Work

log = logging.getLogger(__name__)

_AT_ONCE = 200  # rows of a kind a transaction: presses wait for no more than that


async def tidy(store: Store, clock: Clock, keep: timedelta) -> int:
    """Delete, some rows a transaction, what is older than `keep` and needed by nobody; return how many rows."""
    before = clock.now() - keep
    total, after, more = 0, 0, True
    while more:
        found = await store.write(partial(_forget, before=before, after=after), "tick")
        total, after, more = total + found.rows, found.after, found.more
    if total:
        log.info("Old rows were deleted: action=tidy rows=%s", total)
    return total


def _forget(work: Work, *, before: datetime, after: int) -> Forgotten:
    return work.forget(before, after, _AT_ONCE)
