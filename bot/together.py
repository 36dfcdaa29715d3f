"""An introduction in one conversation of all, where every one of them could be written to now."""

from __future__ import annotations

from datetime import date, datetime

from bot.budget import has_room_now
from bot.calendar import next_working_time
from bot.content import GroupIntro
from bot.facts import Person
from bot.ports import Queued, Work
from bot.wanted import is_over


def others_rows(
    work: Work, row: Queued, intro: GroupIntro, person: Person, now: datetime, holidays: tuple[date, ...]
) -> tuple[Queued, ...] | None:
    """
    Return the rows that one message of all would deliver with this one; () where each gets the card alone.

    None where nobody can tell yet: another transaction is choosing what one of them gets, and is not waited for.
    Everybody else in the introduction is locked until the transaction ends.
    """
    others = sorted(set(intro.people) - {person.id})
    if not all(work.lock_person(other_id) for other_id in others):
        return None
    found = []
    for other_id in others:
        other, theirs = work.person(other_id), _row_of(work, row, person.id, other_id)
        if theirs is None or other is None or not _is_like(theirs, intro, now):
            return ()
        if not (_reads_there(person, other) and _may_be_told(work, other, now, holidays)):
            return ()
        found.append(theirs)
    return tuple(found)


def _row_of(work: Work, row: Queued, mine: str, other: str) -> Queued | None:
    """Return the other's row: what a step tells each of its people differs in its key by the person alone."""
    return work.row_by_key(row.send.key.replace(f"/{mine}:{mine}:", f"/{other}:{other}:"))


def _is_like(row: Queued, intro: GroupIntro, now: datetime) -> bool:
    due = row.state == "pending" and row.send.not_before <= now and not is_over(row, now)
    return due and row.send.content == intro


def _reads_there(person: Person, other: Person) -> bool:
    """Tell whether both are reached in one workspace and read one language."""
    here, there = person.address, other.address
    if here is None or there is None or not (other.active and other.reachable):
        return False
    same = (here.channel, here.workspace) == (there.channel, there.workspace)
    return same and person.language == other.language


def _may_be_told(work: Work, other: Person, now: datetime, holidays: tuple[date, ...]) -> bool:
    """Tell whether the other works now and has room for one more interruption."""
    start = max(now, other.snoozed_until or now)
    at_work = next_working_time(start, other.working_time(holidays)) <= now
    return at_work and has_room_now(work, other, now)
