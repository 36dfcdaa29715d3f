"""What is still wanted of all that was once intended for a person; the rest is dropped, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.content import Card, Home
from bot.facts import Person
from bot.ports import Queued, Work


def wanted(work: Work, person: Person, due: Sequence[Queued], now: datetime) -> list[Queued]:
    """Drop what nobody waits for any more and return the others, in their order."""
    whys = {row.id: _unwanted(work, person, row, now) for row in due}
    kept = [row for row in due if not whys[row.id]]
    whys.update(_overtaken(work, kept))
    for row_id, why in whys.items():
        if why:
            work.settle([row_id], "dropped", now, why=why)
    return [row for row in kept if not whys[row.id]]


def is_over(row: Queued, at: datetime) -> bool:
    """Tell whether a message is no longer worth anything at an instant."""
    return row.send.expires is not None and row.send.expires <= at


def is_silent(row: Queued) -> bool:
    """Tell whether nobody's device makes a sound: a message renewed in its place, or a home."""
    return row.send.kind == "update" and (bool(row.send.replaces) or isinstance(row.send.content, Home))


def _unwanted(work: Work, person: Person, row: Queued, now: datetime) -> str:
    if not person.active:
        return "has left"
    if is_over(row, now):
        return "expired"
    if row.send.about and work.state_of(row.send.about) not in (None, "planned", "open"):
        return "no longer open"
    return ""


def _overtaken(work: Work, due: Sequence[Queued]) -> dict[int, str]:
    """Find rows that a later one speaks for: an older update, a message that is replaced or asked again."""
    found: dict[int, str] = {}
    renewals: dict[str, int] = {}
    # By age, and not by when they are due: an older one may have been asked to wait.
    for row in sorted(due, key=lambda row: row.id):
        if is_silent(row):
            before = renewals.get(row.send.replaces)
            if before is not None:
                found[before] = "replaced"
            renewals[row.send.replaces] = row.id
        elif row.send.replaces:
            earlier = work.row_by_key(row.send.replaces)
            if earlier is not None and earlier.state in ("pending", "held"):
                found[earlier.id] = "replaced"
        if row.send.kind == "nudge" and row.send.about:
            found.update((other.id, "asked again") for other in due if _asks_the_same(row, other))
    return found


def _asks_the_same(nudge: Queued, other: Queued) -> bool:
    """Tell whether the other one asks for the same step and is older."""
    return (
        other.id < nudge.id
        and other.send.about == nudge.send.about
        and other.send.kind in ("invite", "nudge")
        and isinstance(other.send.content, Card)
    )
