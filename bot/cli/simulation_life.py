"""The bot in a simulation, as one life of a process that may die."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from adapters.sim.channel import FakePlatform
from bot.app import App
from bot.events import Event
from bot.outcome import Reply
from bot.ports import Queued, Work
from storage.inline import InlineStore


class Life:
    """The bot as one life of a process: what it holds in memory dies with it."""

    def __init__(self, app: App, store: InlineStore, platform: FakePlatform, doubts: set[int]) -> None:
        self._app = app
        self._store = store
        self._platform = platform
        self._doubts = doubts  # rows that may be in doubt; known to whoever looks from outside

    async def receive(self, event: Event) -> Reply:
        """Take in what somebody did."""
        return (await self._app.receive(event)).reply

    async def tick(self) -> int:
        """Look at what is due."""
        return await self._app.ticker.tick()

    async def deliver(self) -> int:
        """Send what is due."""
        return await self._app.outbox.deliver()

    async def next_instant(self) -> datetime | None:
        """Return when anything is due next."""
        return await self._app.next_instant()

    async def resolve(self) -> int:
        """Settle every row in doubt by what the platform truly did."""
        self._doubts |= {int(row) for row in self._platform.take_begun()}
        settled = 0
        for row_id in sorted(self._doubts):
            row = self._store.read_now(partial(_row, row_id=row_id))
            if row is not None and row.state == "doubtful":
                message = self._platform.taken_as(str(row.lead or row_id))
                await self._app.outbox.resolve(row_id, message is not None, message or "")
                settled += 1
            if row is None or row.state != "sending":
                self._doubts.discard(row_id)
        return settled

    def close(self) -> None:
        """Let go of the database."""
        self._store.close_now()


def _row(work: Work, *, row_id: int) -> Queued | None:
    return work.row(row_id)
