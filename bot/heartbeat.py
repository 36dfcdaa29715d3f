"""What makes the bot live by itself: a beat a minute, a look every few seconds, and one when something was written."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, timedelta

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.app import App
from bot.lineage import Living
from bot.tidying import tidy

log = logging.getLogger(__name__)

TICK, SWEEP, TIDY, MARK = "tick", "sweep", "tidy", "mark"
TIDY_HOUR = 3  # UTC; any hour is good, the work is done in small pieces behind everything else
TICK_SECONDS = 60
SWEEP_SECONDS = 5
WATCH_SECONDS = 60.0
DRAIN_SECONDS = 8.0  # for the calls in flight; with the second below, a stop takes less than ten
_LAST_SECOND = 1.0
# The clock of a machine is kept right by steps of milliseconds; more than this is somebody's doing.
_SET_BACK = timedelta(seconds=2)


@dataclass(slots=True)
class Pulse:
    """How the heart does: for the health page."""

    beats: int = 0
    delivered: int = 0
    failures: int = 0
    beaten_at: float | None = None  # by the loop's own time, which nobody can set back
    trouble: Exception | None = None  # why the last beat failed; None after one that went well


class Heartbeat:
    """
    Let an App live by the clock.

    APScheduler only says when to look; what is due stands in the database, so a beat that is missed, late or
    doubled changes nothing. Once a day it lets go of what is older than `keep` and needed by nobody; None: never.
    Once a minute, and at its end, it leaves the mark by which `living` knows a backup that was put back.
    """

    def __init__(self, app: App, keep: timedelta | None = None, living: Living | None = None) -> None:
        self.pulse = Pulse()
        self._app = app
        self._living = living
        self._beating = asyncio.Lock()
        self._tasks: set[asyncio.Task[object]] = set()  # a task that nobody holds may vanish while it runs
        self._woken = False
        self._stopping = False
        self._watch: asyncio.TimerHandle | None = None
        self._seen = app.clock.now()
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            # With APScheduler's own defaults, a beat that is a second late is left out.
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._scheduler.add_listener(self._job_failed, EVENT_JOB_ERROR)
        self._scheduler.add_job(self.tick, "interval", seconds=TICK_SECONDS, id=TICK)
        self._scheduler.add_job(self.sweep, "interval", seconds=SWEEP_SECONDS, id=SWEEP)
        if keep is not None:
            self._scheduler.add_job(tidy, "cron", (app.store, app.clock, keep), hour=TIDY_HOUR, id=TIDY)
        if living is not None:
            self._scheduler.add_job(living.mark, "interval", seconds=TICK_SECONDS, id=MARK)

    @property
    def scheduler(self) -> AsyncIOScheduler:
        """Return the scheduler, to look at."""
        return self._scheduler

    async def hold(self, *, restored: bool = False) -> int:
        """Hold what is due where the database was put back, before the first beat; return how many messages."""
        if self._living is None:
            return 0
        held = await self._living.hold(self._app.ticker.tick, restored=restored)
        await self._leave_mark()
        return held

    def start(self) -> None:
        """Begin to beat, at once; what was due while the process was down is made up for now."""
        self._scheduler.start()
        self._watch_clock()
        self.wake(TICK)

    def wake(self, beat: str = SWEEP) -> None:
        """Look at once, because something was written; many wishes while a look is under way are one look."""
        waiting = self._woken or self._beating.locked()  # whoever beats now looks once more at its end
        self._woken = True
        if not waiting and not self._stopping:
            task = asyncio.get_running_loop().create_task(self._woken_up(beat))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def stop(self, seconds: float = DRAIN_SECONDS) -> None:
        """Begin nothing more, wait for the messages on their way, and end; at most `seconds` and one more."""
        self._stopping = True
        if self._watch is not None:
            self._watch.cancel()
        if self._scheduler.running:
            self._scheduler.pause()
        try:
            await self._app.outbox.drain(seconds)
        finally:
            await self._end()

    # --- beats

    async def tick(self) -> None:
        """Do everything that is due, whatever the index says."""
        await self._kept(self._live)

    async def sweep(self) -> None:
        """Do what is due by the index of what comes next; asking it costs next to nothing."""
        await self._kept(self._live_if_due)

    async def _live_if_due(self) -> None:
        at = await self._app.next_instant()
        if at is not None and at <= self._app.clock.now():
            await self._live()
        else:
            self._well(0)

    async def _live(self) -> None:
        self._well(await self._app.settle())

    async def _kept(self, beat: Callable[[], Awaitable[None]]) -> None:
        """Beat, one at a time; as long as somebody wrote meanwhile, once more."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            async with self._beating:
                again = True
                while again and not self._stopping:
                    self._woken = False
                    await beat()
                    again = self._woken
        finally:
            self._tasks.discard(task)

    async def _woken_up(self, beat: str) -> None:
        try:
            await (self.tick() if beat == TICK else self.sweep())
        except Exception as error:  # noqa: BLE001 - the next beat tries again, as after a failed job
            self._failed(beat, error)

    async def _leave_mark(self) -> None:
        if self._living is None:
            return
        try:
            await self._living.mark()
        except Exception as error:  # noqa: BLE001 - an earlier mark is there, and the next minute leaves another
            self._failed(MARK, error)

    # --- how it went

    def _well(self, delivered: int) -> None:
        if self.pulse.trouble is not None:
            log.info("The heart beats again: action=heartbeat.recovered")
        self.pulse.beats += 1
        self.pulse.delivered += delivered
        self.pulse.beaten_at = asyncio.get_running_loop().time()
        self.pulse.trouble = None

    def _job_failed(self, event: JobExecutionEvent) -> None:
        # What ends a task while the process stops is no failure.
        if isinstance(event.exception, Exception):
            self._failed(event.job_id, event.exception)

    def _failed(self, beat: str, error: Exception) -> None:
        """Say it once, then once a minute: a log that grows every few seconds would fill a full disk."""
        self._woken = False
        known = self.pulse.trouble is not None
        self.pulse.failures += 1
        self.pulse.trouble = error
        if beat == TICK or not known:
            log.error(
                "A beat failed, the next one tries again: action=heartbeat.failed beat=%s",
                beat,
                exc_info=(type(error), error, error.__traceback__),
            )

    # --- a clock that is set back

    def _watch_clock(self) -> None:
        self.look_at_clock()
        self._watch = asyncio.get_running_loop().call_later(WATCH_SECONDS, self._watch_clock)

    def look_at_clock(self) -> None:
        """
        Begin the intervals anew where the clock was set back.

        APScheduler reckons by the wall clock: set back by an hour, it would be silent for that hour.
        """
        before, self._seen = self._seen, self._app.clock.now()
        if self._seen < before - _SET_BACK:
            back = (before - self._seen).total_seconds()
            log.warning("The clock was set back by %d s: action=clock.back", back)
            self._scheduler.reschedule_job(TICK, trigger="interval", seconds=TICK_SECONDS)
            self._scheduler.reschedule_job(SWEEP, trigger="interval", seconds=SWEEP_SECONDS)

    # --- the end

    async def _end(self) -> None:
        """Let what runs come to its end, and stop what does not: each transaction is committed whole or not at all."""
        running = set(self._tasks)
        if running:
            _, late = await asyncio.wait(running, timeout=_LAST_SECOND)
            for task in late:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        await self._leave_mark()
