"""One message on its way, and how the outbox records what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from bot.content import Content, GroupIntro
from bot.events import Address
from bot.facts import Person
from bot.finding import alone_with
from bot.lanes import Lanes, Route
from bot.outcome import Logged, Put
from bot.ports import Queued, Work
from bot.reach import no_longer_there

# Why a row waits whose message could not be changed in its place: it is sent as one of its own.
NOT_IN_PLACE = "the message it follows cannot be changed"

# What the composition root may want to do, in the same transaction, when a message will never arrive.
OnFailed = Callable[[Work, Queued, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """One message about to leave; the first row leads the others."""

    rows: tuple[Queued, ...]
    to: Person
    route: Route
    content: Content
    replaces: str = ""
    more: bool = False  # something else is due for this person

    @property
    def together(self) -> bool:
        """Tell whether it goes to a conversation of several people, each with a row of their own."""
        return any(row.send.to != self.to.id for row in self.rows)

    @property
    def lead(self) -> Queued:
        """Return the row that stands for the message."""
        return self.rows[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What became of a call."""

    state: Literal["sent", "pending", "failed", "doubtful"]
    why: str = ""
    message: str = ""
    wait: timedelta = timedelta()
    everybody: bool = False  # the whole workspace has to wait, not this conversation alone
    unreachable: bool = False
    trouble: str = ""


def depart(work: Work, flight: Flight, now: datetime, lease: timedelta, owner: str) -> Flight:
    """Record that the call is about to be made: whoever finds the rows so after a crash is in doubt."""
    first, *others = flight.rows
    rows = (_led_by(0, first), *(_led_by(first.id, row) for row in others))
    for lead, ids in _by_lead(rows):
        work.settle(
            ids,
            "sending",
            now,
            channel=flight.route.channel,
            lead=lead,
            lease_until=now + lease,
            owner=owner,
        )
    return flight if rows == flight.rows else replace(flight, rows=rows)


def _led_by(lead: int, row: Queued) -> Queued:
    return row if row.lead == lead else replace(row, lead=lead)


def land(
    work: Work, flight: Flight, ending: Ending, now: datetime, *, lanes: Lanes, on_failed: OnFailed
) -> None:
    """Record how the call ended."""
    match ending.state:
        case "sent":
            # A message renewed in its place stays the message of the row that first carried it.
            message = "" if flight.replaces else ending.message
            keep_sent(work, flight.rows, now, message, flight.route.channel)
        case "pending":
            until = now + ending.wait
            lanes.close(flight.route, now, until, everybody=ending.everybody, why=ending.why)
            ids = [row.id for row in flight.rows]
            work.settle(ids, "pending", now, why=ending.why, not_before=until)
        case "failed" if flight.replaces and not ending.unreachable:
            ids = [row.id for row in flight.rows]
            if flight.lead.send.kind == "update":
                # What it would have renewed is gone, or stays as it is: nobody misses a message.
                work.settle(ids, "dropped", now, why=ending.why)
            else:
                work.settle(ids, "pending", now, why=NOT_IN_PLACE, not_before=now)
        case "failed" if flight.together:
            part(work, flight, now, ending.why)
        case "failed":
            elsewhere = ending.unreachable and _is_reached_elsewhere(work, flight, now, ending.trouble)
            if elsewhere:
                ids = [row.id for row in flight.rows]
                work.settle(ids, "pending", now, why="another address", not_before=now)
            else:
                fail(work, flight.rows, ending.why, now, on_failed)
        case "doubtful":
            doubt(work, flight.rows, now, ending.why)


def keep_sent(work: Work, rows: Sequence[Queued], at: datetime, message: str, channel: str) -> None:
    """Record a message as delivered; its platform id is kept on the row that leads."""
    for lead, ids in _by_lead(rows):
        work.settle(ids, "sent", at, message="" if lead else message, channel=channel, lead=lead)


def doubt(work: Work, rows: Sequence[Queued], now: datetime, why: str) -> None:
    """Put messages in doubt; who carries whom is kept, so that a message is settled as a whole."""
    for lead, ids in _by_lead(rows):
        work.settle(ids, "doubtful", now, why=why, lead=lead)


def fail(work: Work, rows: Sequence[Queued], why: str, now: datetime, on_failed: OnFailed) -> None:
    """Record that messages will never arrive, where people can see it."""
    work.settle([row.id for row in rows], "failed", now, why=why)
    work.apply([Logged("undelivered", row.send.key) for row in rows], now)
    for row in rows:
        on_failed(work, row, why)


def part(work: Work, flight: Flight, now: datetime, why: str) -> None:
    """Let each get alone what could not be told to all in one conversation; who is unreachable shows then."""
    for row in flight.rows:
        if isinstance(row.send.content, GroupIntro):
            work.rewrite(row.id, row.send.content.card)
    work.settle([row.id for row in flight.rows], "pending", now, why=why, not_before=now)


def _by_lead(rows: Sequence[Queued]) -> list[tuple[int, list[int]]]:
    """Return the ids of the rows by the row that carries them: 0 for those that lead."""
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row.lead, []).append(row.id)
    return list(found.items())


def _is_reached_elsewhere(work: Work, flight: Flight, now: datetime, trouble: str) -> bool:
    """
    Remember that the person cannot be reached there, and tell whether they are at another address of theirs.

    A mail that comes back says nothing about their chat.
    """
    person = alone_with(work, flight.to.id)
    if person is None or (flight.route.channel == "mail" and person.address is not None):
        return False
    if person.address is None:
        work.apply([Put(replace(person, reachable=False, trouble=trouble))], now)
        return False
    route = flight.route
    after = no_longer_there(person, Address(route.channel, route.user, route.workspace), trouble)
    if after != person:
        work.apply([Put(after)], now)
    return after.reachable
