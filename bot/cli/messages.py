"""`telemachy messages`: what is in doubt, refused or held; the operator says what becomes of it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal, cast, get_args

import typer

from bot.cli.deployment import ConfigFile, configured
from bot.clock import SystemClock
from bot.config import ConfigError
from bot.flight import keep_sent
from bot.lineage import Fate as HeldFate
from bot.lineage import decide
from bot.outcome import Logged
from bot.ports import Queued, Work
from storage.errors import StorageTrouble
from storage.store import open_store, open_to_read

Fate = Literal["sent", "again"]
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_AGAIN = "sent again by the operator"
_ORDER = ("doubtful", "held", "failed")
_STATES = {"doubtful": "in doubt", "held": "held", "failed": "refused"}


class NotSettled(Exception):
    """A message cannot be settled like this; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """A message whose fate is unknown, that is held, or that was refused; never what it says."""

    id: int
    state: str
    person: str
    email: str
    step: str
    kind: str
    parts: int
    since: datetime
    why: str


def messages(
    settle: Annotated[
        tuple[int, str] | None,
        typer.Option(metavar="ID sent|again", help="Say that a message arrived, or have it sent again."),
    ] = None,
    held: Annotated[
        str | None,
        typer.Option(metavar="replay|sent|missed", help="Say what becomes of all that a restore holds."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list for a program.")] = False,
    config: ConfigFile = None,
) -> None:
    """
    List messages in doubt, undelivered or held after a restore, with person, step and age; or settle them.

    `sent`: it is there, and its clocks run from when it left. `again`: it is not there, and goes out once more.

    After a restore, `--held replay` sends all that is held; `--held sent` counts it as sent before, so that reminders
    go on; `--held missed` leaves it out.
    """
    now = SystemClock().now()
    try:
        url = configured(config).database.url.reveal()
        if settle is not None:
            print(asyncio.run(_settle(url, settle[0], _fate(settle[1]), now)))
            return
        if held is not None:
            print(asyncio.run(_decide(url, _held_fate(held), now)))
            return
        found = asyncio.run(_list(url))
    except (ConfigError, NotSettled, StorageTrouble) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    print(_as_json(found) if as_json else _as_text(found, now))


def _fate(typed: str) -> Fate:
    if typed not in get_args(Fate):
        raise NotSettled(
            f"--settle takes a number and “sent” or “again”, not “{typed}”. Nothing was changed."
        )
    return cast(Fate, typed)


def _held_fate(typed: str) -> HeldFate:
    if typed not in get_args(HeldFate):
        raise NotSettled(f"--held takes “replay”, “sent” or “missed”, not “{typed}”. Nothing was changed.")
    return cast(HeldFate, typed)


# --- the list ----------------------------------------------------------------------------------------


async def _list(url: str) -> tuple[Unsettled, ...]:
    store = open_to_read(url)
    try:
        return await store.read(unsettled)
    finally:
        await store.close()


def unsettled(work: Work) -> tuple[Unsettled, ...]:
    """Return the messages in doubt, then those that are held, then those that were refused, the oldest first."""
    found = [_told(work, row) for row in (*work.unsettled(), *work.held())]
    return tuple(sorted(found, key=lambda one: (_ORDER.index(one.state), one.since, one.id)))


def _told(work: Work, row: Queued) -> Unsettled:
    person = work.person(row.send.to)
    return Unsettled(
        id=row.id,
        state=row.state,
        person=person.name if person else row.send.to,
        email=person.email if person else "",
        step=_step(row),
        kind=row.send.kind,
        parts=len(work.parts_of(row.id)),
        since=row.sent_at or row.send.not_before,
        why=row.why,
    )


def _step(row: Queued) -> str:
    """Return what a message is about, as enrolment, step and occurrence, as far as it says."""
    named = row.send.about or row.send.key.partition(":")[0]
    return "/".join(named.split("/")[:3])


def _as_json(found: Sequence[Unsettled]) -> str:
    return json.dumps([asdict(one) | {"since": one.since.isoformat()} for one in found], indent=2)


def _as_text(found: Sequence[Unsettled], now: datetime) -> str:
    if not found:
        return "No message is in doubt, none is held, and none was refused."
    lines = [_line(one, now) for one in found]
    if any(one.state == "doubtful" for one in found):
        lines.append("")
        lines.append("Ask the receiver, then: telemachy messages --settle ID sent, or again.")
    if any(one.state == "held" for one in found):
        lines.append("")
        lines.append(
            "Held after a restore. telemachy messages --held replay sends them; with sent they count "
            "as sent before; with missed they are left out."
        )
    return "\n".join(lines)


def _line(one: Unsettled, now: datetime) -> str:
    state = _STATES[one.state]
    more = f" and {one.parts - 1} more" if one.parts > 1 else ""
    who = f"{one.person} <{one.email}>" if one.email else one.person
    why = f": {one.why}" if one.why else ""
    return f"{one.id:>6}  {state}, {_age(now - one.since)}  {who}  {one.kind} {one.step}{more}{why}"


def _age(age: timedelta) -> str:
    if age >= 2 * _DAY:
        return f"{age // _DAY} days"
    if age >= 2 * _HOUR:
        return f"{age // _HOUR} hours"
    return f"{max(age // timedelta(minutes=1), 0)} minutes"


# --- settling ----------------------------------------------------------------------------------------


async def _decide(url: str, fate: HeldFate, now: datetime) -> str:
    store = open_store(url, inline=True)
    try:
        number = await store.write(lambda work: decide(work, fate, now))
    finally:
        await store.close()
    if not number:
        return "No message is held."
    if fate == "missed":
        return f"Held messages left out: {number}."
    if fate == "sent":
        return f"Held messages that count as sent: {number}."
    return f"Held messages on their way, in working hours and within the usual limits: {number}."


async def _settle(url: str, row_id: int, fate: Fate, now: datetime) -> str:
    store = open_store(url, inline=True)
    try:
        return await store.write(lambda work: settled(work, row_id, fate, now))
    finally:
        await store.close()


def settled(work: Work, row_id: int, fate: Fate, now: datetime) -> str:
    """Settle a message with all that it carried and return what follows; raise NotSettled where that cannot be."""
    row = work.row(row_id)
    if row is None or row.state not in _ORDER:
        raise NotSettled(
            f"No message {row_id} is in doubt, held or refused: `telemachy messages` lists them. "
            "Nothing was changed."
        )
    if row.lead not in (0, row_id):
        raise NotSettled(f"Message {row_id} travelled with {row.lead}: settle that one. Nothing was changed.")
    if fate == "sent" and row.state == "failed":
        raise NotSettled(f"Message {row_id} was refused, so it did not arrive. It can only be sent again.")
    parts = [part for part in work.parts_of(row_id) if part.state == row.state]
    if fate == "sent":
        left = row.send.not_before if row.state == "held" else now
        keep_sent(work, parts, row.sent_at or min(left, now), row.message, row.channel)
    else:
        work.settle([part.id for part in parts], "pending", now, why=_AGAIN, not_before=now)
    work.apply([Logged(f"message settled: {fate}", f"message:{row_id}")], now)
    if fate == "sent":
        return f"Message {row_id} counts as sent, from when it left."
    if row.send.expires is not None and row.send.expires <= now:
        return f"Message {row_id} is over by now: it is dropped instead of sent."
    return f"Message {row_id} goes out again, in the receiver's working hours."
