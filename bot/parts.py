"""The parts of a message merged from several intentions: each row of the outbox keeps its own card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.content import Card, Content, File, GroupIntro, Home
from bot.ports import Queued, Work
from flows import digest
from flows import help as helping


def part_of(row: Queued) -> digest.Part:
    """Return a row's card as a part; only cards are ever merged."""
    content = row.send.content
    if not isinstance(content, Card):
        raise TypeError(f"outbox row {row.id} holds a {type(content).__name__}: only cards are merged")
    return digest.Part(content, row.send.kind)


def parts_shown(rows: Sequence[Queued]) -> tuple[digest.Part, ...]:
    """Return the rows as parts, always in the same order, so that a message is made again as it was."""
    return tuple(part_of(row) for row in sorted(rows, key=lambda row: row.id))


def shown_now(rows: Sequence[Queued]) -> Content:
    """Return the content of the message that these rows made together."""
    return digest.merge(parts_shown(rows)) if len(rows) > 1 else rows[0].send.content


def renewed(work: Work, message: Sequence[Queued], verb: str, ref: str, card: Card) -> Content:
    """
    Keep `card` in the part of a sent message whose control was pressed; return what the message shows now.

    A control that is no longer there belongs to an older look of the message: then nothing is kept, and the
    present look comes back. A message of one part takes the card whatever was pressed.
    """
    rows = list(carried(message))
    if len(rows) == 1:
        return with_help(_taken(work, rows[0], card), rows[0].send.enrolment)
    for at, row in enumerate(rows):
        if digest.holds(row.send.content, verb, ref):
            rows[at] = replace(row, send=replace(row.send, content=_taken(work, row, card)))
    return with_help(shown_now(rows), rows[0].send.enrolment)


def _taken(work: Work, row: Queued, card: Card) -> Content:
    """Store the card in the place of a row's own, where it is another one, and return the row's content."""
    content = with_card(row.send.content, card)
    if content != row.send.content:
        work.rewrite(row.id, content)
    return content


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
