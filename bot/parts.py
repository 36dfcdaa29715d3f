"""The parts of a message merged from several intentions: each row of the outbox keeps its own card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bot.content import Card, Content, File, GroupIntro, Home
from bot.ports import Queued, Work
from flows import digest
from flows import help as helping

Parts = tuple[digest.Part, ...]
_AS_THEY_ARE: Mapping[int, Content] = MappingProxyType({})


def part_of(row: Queued) -> digest.Part:
    """Return a row's card as a part; only cards are ever merged."""
    return _part(row, row.send.content)


def _part(row: Queued, content: Content) -> digest.Part:
    if not isinstance(content, Card):
        raise TypeError(f"outbox row {row.id} holds a {type(content).__name__}: only cards are merged")
    return digest.Part(content, row.send.kind)


def parts_shown(rows: Sequence[Queued], changed: Mapping[int, Content] = _AS_THEY_ARE) -> Parts:
    """
    Return the rows as parts, always in the same order, so that a message is made again as it was.

    `changed` are contents by row that are not the rows' own any more.
    """
    ordered = sorted(rows, key=lambda row: row.id)
    return tuple(_part(row, changed.get(row.id, row.send.content)) for row in ordered)


def shown_now(rows: Sequence[Queued], changed: Mapping[int, Content]) -> Content:
    """Return the content of the message that these rows made together, with what has changed in it."""
    if len(rows) == 1:
        return changed.get(rows[0].id, rows[0].send.content)
    return digest.merge(parts_shown(rows, changed))


def renewed(work: Work, message: Sequence[Queued], verb: str, ref: str, card: Card) -> Content:
    """
    Keep `card` in the part of a sent message whose control was pressed; return what the message shows now.

    A control that is no longer there belongs to an older look of the message: then nothing is kept, and the
    present look comes back. A message of one part takes the card whatever was pressed.
    """
    rows = carried(message)
    changed = {
        row.id: with_card(row.send.content, card)
        for row in rows
        if len(rows) == 1 or digest.holds(row.send.content, verb, ref)
    }
    for row in rows:
        if changed.get(row.id, row.send.content) != row.send.content:
            work.rewrite(row.id, changed[row.id])
    return with_help(shown_now(rows, changed), rows[0].send.enrolment)


def with_help(content: Content, enrolment: str) -> Content:
    """Return the content with the help button that every message carries (FEATURES P12)."""
    match content:
        case Card():
            return helping.with_help(content, enrolment)
        case File() | GroupIntro():
            return replace(content, card=helping.with_help(content.card, enrolment))
        case Home():
            return content


def carried(rows: Sequence[Queued]) -> tuple[Queued, ...]:
    """Return those of a message's rows that show in it; of one to several people only the lead."""
    lead = rows[0]
    return tuple(row for row in rows if (row.state, row.send.to) == (lead.state, lead.send.to))


def with_card(content: Content, card: Card) -> Content:
    """Return the content with this card in the place of its own; a file stays attached."""
    match content:
        case File() | GroupIntro():
            return replace(content, card=card)
        case Card() | Home():
            return card
