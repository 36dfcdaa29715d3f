"""Deliver what is intended: by person, one message at a time, never twice in doubt (DESIGN §4, §5)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta

from bot.claim import WAITS, Round, Rules
from bot.doors import opened
from bot.flight import Ending, Flight, OnFailed, depart, doubt, keep_sent, land
from bot.lanes import Lanes, Limits
from bot.parts import with_help
from bot.ports import (
    Calling,
    Channel,
    Clock,
    Delivery,
    Gathering,
    Links,
    Queued,
    Refused,
    Store,
    Throttled,
    Unreachable,
    Work,
)

log = logging.getLogger(__name__)

BATCH = 100  # people asked for at once
DRAIN_SECONDS = 10.0  # what a platform gives a process between SIGTERM and SIGKILL, with room to spare
_MOST_JITTER = 0.1  # of the time that a platform asked to wait
_PAUSE = timedelta(hours=2)  # longer than any platform, with jitter, asks a workspace to wait
_MOST_FORWARD = 1000  # people whose messages are brought forward at once; those of others come in their time
_PUT_OFF = timedelta(minutes=15)  # for a person whose messages cannot even be chosen
_UNCHOOSABLE = (LookupError, TypeError, ValueError)  # what a fault in the choosing raises


def nothing_more(work: Work, row: Queued, why: str) -> None:
    """Do nothing more about a failed message: its row and the audit log say it."""


def no_jitter() -> float:
    """Return the same instant for everybody."""
    return 0.0


class Outbox:
    """
    Hand the outbox's rows to the channels.

    `owner` names this process: what an earlier run under the same name left behind is in doubt at once, what
    others left when their lease runs out. `limits` are by channel, and a channel without has none; with
    `replicas`, other processes send from the same database, and all keep within them together. `jitter` returns 0
    to 1, so that those who were asked to wait do not come back together. `on_failed` runs in the
    transaction that records a message as failed. `links` make the addresses of our own pages, where there are any.
    """

    def __init__(
        self,
        *,
        store: Store,
        channels: Mapping[str, Channel],
        clock: Clock,
        owner: str,
        holidays: tuple[date, ...] = (),
        concurrency: int = 8,
        limits: Mapping[str, Limits] | None = None,
        replicas: bool = False,
        timeout_seconds: float = 20.0,
        lease_seconds: float = 60.0,
        jitter: Callable[[], float] = no_jitter,
        on_failed: OnFailed = nothing_more,
        links: Links | None = None,
    ) -> None:
        if concurrency < 1:
            raise ValueError(f"the outbox needs at least one call at a time, not {concurrency}")
        if lease_seconds <= timeout_seconds:
            raise ValueError(
                f"a lease of {lease_seconds:g} s must outlive a call, which may take {timeout_seconds:g} s"
            )
        self._store = store
        self._links = links
        self._channels = channels
        self._clock = clock
        self._owner = owner
        self._concurrency = concurrency
        self._timeout = timeout_seconds
        self._lease = timedelta(seconds=lease_seconds)
        self._jitter = jitter
        self._lanes = Lanes(limits or {}, shared=replicas)
        self._rules = Rules(
            holidays=holidays,
            channels=channels,
            gathering=[name for name, one in channels.items() if isinstance(one, Gathering) and one.groups],
            calling={name: one for name, one in channels.items() if isinstance(one, Calling)},
            lanes=self._lanes,
            on_failed=on_failed,
        )
        self._sweeping = asyncio.Lock()
        self._flying: dict[int, tuple[int, ...]] = {}  # rows of calls in flight, by lead
        self._landed = asyncio.Event()
        self._landed.set()
        self._stopping = False

    # --- a sweep

    async def deliver(self) -> int:
        """Send everything that is due, each person once, and return how many messages went out."""
        async with self._sweeping:
            due = await self._doubt_left_behind()
            total = 0
            served: set[str] = set()
            while not self._stopping:
                people = [person for person in due if person not in served]
                if not people:
                    break
                served.update(people)
                total += await self._serve_all(people)
                due = await self._receivers_due(BATCH + len(served))
            return total

    async def _receivers_due(self, most: int) -> tuple[str, ...]:
        now = self._clock.now()
        return await self._store.read(lambda work: work.receivers_due(now, most))

    async def _serve_all(self, people: list[str]) -> int:
        queue = iter(people)
        if self._concurrency == 1 or len(people) == 1:
            return await self._serve(queue)
        workers = min(self._concurrency, len(people))
        # A call in flight is never cancelled because another person's transaction failed.
        counts = await asyncio.gather(*(self._serve(queue) for _ in range(workers)), return_exceptions=True)
        total = 0
        for count in counts:
            if isinstance(count, BaseException):
                raise count
            total += count
        return total

    async def _serve(self, queue: Iterator[str]) -> int:
        """Give person after person what is due for them."""
        sent = 0
        flight: Flight | None = None
        while True:
            if flight is None:
                person_id = None if self._stopping else next(queue, None)
                if person_id is None:
                    return sent
                flight = await self._claim_safely(person_id)
                continue
            ending, flight = await self._fly(flight, queue)
            sent += ending.state == "sent"

    # --- claiming

    async def _claim_safely(self, person_id: str) -> Flight | None:
        """Claim a person's next message; one whose messages cannot be chosen never stops the others."""
        try:
            return await self._store.write(lambda work: self._claim(work, person_id), "outbox")
        except _UNCHOOSABLE as error:
            log.exception("A person's messages could not be chosen: action=put_off person=%s", person_id)
            why = f"could not be chosen: {type(error).__name__}"
            await self._store.write(lambda work: self._put_off(work, person_id, why), "outbox")
            return None

    def _claim(self, work: Work, person_id: str) -> Flight | None:
        if not work.lock_person(person_id):
            return None
        now = self._clock.now()
        due, person = work.due_rows(person_id, now), work.person(person_id)
        if not due or person is None:
            return None
        flight = Round(work, person, now, self._rules).pick(due)
        return None if flight is None else depart(work, flight, now, self._lease, self._owner)

    def _put_off(self, work: Work, person_id: str, why: str) -> None:
        now = self._clock.now()
        rows = [row.id for row in work.due_rows(person_id, now)]
        if rows:
            work.settle(rows, "pending", now, why=why, not_before=now + _PUT_OFF)

    # --- the call

    async def _fly(self, flight: Flight, queue: Iterator[str]) -> tuple[Ending, Flight | None]:
        """
        Make the call and record how it ended.

        The next message, of the same person or else of the next in the queue, is claimed with that: one commit
        instead of two. Return it too; where there is none, somebody further on in the queue may have one.
        """
        self._flying[flight.lead.id] = tuple(row.id for row in flight.rows)
        self._landed.clear()
        try:
            ending = await self._call(flight)
            following = flight.to.id if flight.more else next(queue, None)
            return ending, await self._land_and_claim(flight, ending, following)
        finally:
            del self._flying[flight.lead.id]
            if not self._flying:
                self._landed.set()

    async def _land_and_claim(self, flight: Flight, ending: Ending, person_id: str | None) -> Flight | None:
        if person_id is None or self._stopping:
            await self._store.write(lambda work: self._land(work, flight, ending), "outbox")
            return None

        def land_and_claim(work: Work) -> Flight | None:
            self._land(work, flight, ending)
            return self._claim(work, person_id)

        try:
            return await self._store.write(land_and_claim, "outbox")
        except _UNCHOOSABLE:
            # Undone as a whole: each of the two alone, so that it shows which of them it was.
            await self._store.write(lambda work: self._land(work, flight, ending), "outbox")
            return await self._claim_safely(person_id)

    async def _call(self, flight: Flight) -> Ending:
        channel = self._channels[flight.route.channel]
        content = with_help(flight.content, flight.lead.send.enrolment)
        content = opened(content, self._links, None if flight.together else flight.to)
        delivery = Delivery(id=str(flight.lead.id), to=flight.to, content=content, replaces=flight.replaces)
        try:
            async with asyncio.timeout(self._timeout):
                return Ending(state="sent", message=await channel.deliver(delivery))
        except Throttled as error:
            wait = error.seconds * (1 + _MOST_JITTER * self._jitter())
            return Ending(
                state="pending", why=error.why, wait=timedelta(seconds=wait), everybody=error.everybody
            )
        except Refused as error:
            return Ending(state="failed", why=str(error) or "refused")
        except Unreachable as error:
            return Ending(
                state="failed", why=str(error) or "not reachable", unreachable=True, trouble=error.trouble
            )
        except Exception as error:  # noqa: BLE001 - whatever else happens, the message may have arrived
            # The name only: an SDK's error may quote the message.
            why = type(error).__name__
            log.warning("A message is in doubt: action=doubt row=%s error=%s", flight.lead.id, why)
            return Ending(state="doubtful", why=why)

    def _land(self, work: Work, flight: Flight, ending: Ending) -> None:
        now = self._clock.now()
        land(work, flight, ending, now, lanes=self._lanes, on_failed=self._rules.on_failed)

    # --- a workspace that was mended

    async def open(self, channel: str, workspace: str = "") -> None:
        """
        Let messages into a workspace again that had to wait as a whole, and let none of them wait longer.

        "" stands for all of the channel's. Other processes on the database learn of it when they try again.
        """
        opened = self._lanes.open(channel, workspace, self._clock.now())
        if opened:
            await self._store.write(lambda work: self._bring_forward(work, channel, opened), "outbox")

    def _bring_forward(self, work: Work, channel: str, opened: Mapping[str, str]) -> None:
        now = self._clock.now()
        for person_id in work.receivers_due(now + _PAUSE, _MOST_FORWARD):
            person = work.person(person_id)
            address = person.address if person else None
            why = opened.get(address.workspace) if address and address.channel == channel else None
            if why is not None and work.lock_person(person_id):
                rows = work.due_rows(person_id, now + _PAUSE)
                ids = [row.id for row in rows if row.why in (why, WAITS) and row.send.not_before > now]
                work.settle(ids, "pending", now, not_before=now)

    # --- doubt

    async def _doubt_left_behind(self) -> tuple[str, ...]:
        """
        Put in doubt what a process that died was sending: nobody knows whether it arrived.

        Return who has messages due, read in the same transaction.
        """
        now = self._clock.now()
        left, due = await self._store.read(
            lambda work: (work.expired_leases(now, self._owner), work.receivers_due(now, BATCH))
        )
        if left:
            await self._store.write(lambda work: self._doubt_expired(work, now), "outbox")
        return due

    def _doubt_expired(self, work: Work, now: datetime) -> None:
        mine = {row_id for rows in self._flying.values() for row_id in rows}
        rows = [row for row in work.expired_leases(now, self._owner) if row.id not in mine]
        if rows:
            doubt(work, rows, now, "the process ended while it was sending")

    async def resolve(self, row_id: int, delivered: bool, message: str = "", *, attempts: int = 0) -> None:
        """
        Settle a message in doubt: it did arrive (as `message`), or it is to be sent again.

        `attempts` is how often it had been tried when somebody looked. Raise LookupError for an unknown row, and
        ValueError for one that is not in doubt, or was tried again since.
        """
        await self._store.write(
            lambda work: self._resolve(work, row_id, delivered, message, attempts), "outbox"
        )

    def _resolve(self, work: Work, row_id: int, delivered: bool, message: str, attempts: int) -> None:
        row = work.row(row_id)
        if row is None:
            raise LookupError(f"there is no message {row_id} in the outbox")
        if row.state != "doubtful":
            raise ValueError(f"message {row_id} is {row.state}, not in doubt: there is nothing to settle")
        if attempts and row.attempts != attempts:
            raise ValueError(f"message {row_id} was tried again since somebody looked for it")
        lead = row.lead or row.id
        rows = [part for part in work.parts_of(lead) if part.state == "doubtful"]
        now = self._clock.now()
        if not delivered:
            work.settle([part.id for part in rows], "pending", now, not_before=now)
            return
        if message and work.row_of_message(row.channel, message) is not None:
            message = ""  # it renewed that message in its place
        keep_sent(work, rows, row.sent_at or now, message, row.channel)

    # --- the end

    async def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Claim nothing more and wait for the calls in flight; what takes longer is in doubt."""
        self._stopping = True
        try:
            async with asyncio.timeout(seconds):
                await self._landed.wait()
        except TimeoutError:
            late = [row_id for rows in self._flying.values() for row_id in rows]
            await self._store.write(lambda work: self._doubt_late(work, late), "outbox")

    def _doubt_late(self, work: Work, late: list[int]) -> None:
        rows = [row for row in map(work.row, late) if row is not None and row.state == "sending"]
        if rows:
            doubt(work, rows, self._clock.now(), "the process was stopped while it was sending")
