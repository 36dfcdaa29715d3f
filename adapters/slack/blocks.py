"""A card as blocks. A card that is too large for its surface is drawn again more tightly, and only then refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import assert_never

from adapters.slack import controls, limits, names
from adapters.slack.wording import (
    NOBODY,
    Json,
    looks,
    mrkdwn,
    plain_text,
    rich_block,
    rich_elements,
    rich_text,
    small,
    spans,
    text,
)
from adapters.text import progress_words, row
from bot.content import (
    Actions,
    Ask,
    Block,
    Card,
    Checklist,
    Facts,
    Image,
    Item,
    Progress,
    Rule,
    Say,
    Text,
    say,
    told,
)
from bot.i18n import Reader
from bot.markup import Rich, Span, plain

DIVIDER: Json = {"type": "divider"}
DONE, OPEN = "\u2713 ", "\u2610 "
_FULL, _EMPTY = "\u2588", "\u2591"
_CELLS = 10


def card_blocks(
    card: Card,
    reader: Reader,
    mentions: Mapping[str, str] = NOBODY,
    *,
    inside: bool = False,
    tight: bool = False,
) -> list[Json]:
    """
    Return a card's blocks; `tight` says the same in fewer.

    Slack has one size of heading: `inside` a page, the card's title takes it, and its own headings are bold.

    Names of `mentions` can be pressed in sentences, rows and lists; titles, labels and small print have only words.

    The tone has no sign here: Slack colours nothing but old attachments, and words say it already.
    """
    made = heading(card.title, reader)
    for block in card.blocks:
        if inside and isinstance(block, Text) and block.style == "heading":
            made += _rich([spans(block.words, reader)], bold=True)
        else:
            made += _block(block, reader, mentions, tight)
    made += controls.buttons(card.buttons, reader)
    return joined(made) if tight else made


def heading(words: Say, reader: Reader) -> list[Json]:
    """Return a heading: large where Slack can, else bold."""
    line = spans(words, reader)
    whole = plain(line)
    if not whole.strip():
        return []
    if looks(line) or "\n" in whole or limits.length(whole) > limits.HEADER:
        return [rich_text(line, bold=True)]
    return [{"type": "header", "text": plain_text(whole)}]


def joined(blocks: Sequence[Json]) -> list[Json]:
    """Join neighbouring blocks of rich text, an empty line between them."""
    made: list[Json] = []
    for block in blocks:
        if made and block["type"] == made[-1]["type"] == "rich_text":
            gap: Json = {"type": "text", "text": "\n\n"}
            made[-1] = rich_block([*rich_elements(made[-1]), gap, *rich_elements(block)])
        else:
            made.append(block)
    return made


def _block(block: Block, reader: Reader, mentions: Mapping[str, str], tight: bool) -> list[Json]:
    match block:
        case Text():
            return _text(block, reader, mentions)
        case Facts(rows):
            return _rich((_fact(label, value, reader) for label, value in rows), mentions)
        case Checklist(items):
            return _checklist(items, reader, mentions, tight)
        case Progress():
            return _rich(_progress(block, reader), mentions)
        case Image(_, alt):
            return _small(spans(alt, reader))
        case Rule():
            return [DIVIDER]
        case Ask():
            return _ask(block, reader, mentions, tight)
        case Actions(buttons):
            return controls.buttons(buttons, reader)
    assert_never(block)


def _text(block: Text, reader: Reader, mentions: Mapping[str, str]) -> list[Json]:
    match block.style:
        case "heading":
            return heading(block.words, reader)
        case "quiet":
            return _small(spans(block.words, reader))
        case "plain":
            return _rich([spans(block.words, reader)], mentions)
    assert_never(block.style)


def _fact(label: Say, value: Say, reader: Reader) -> Rich:
    # In the reader's own order of label and value, the label bold.
    return spans(row(told({"": "**{label}**"}, label=label), value), reader)


def _progress(block: Progress, reader: Reader) -> list[Rich]:
    share = min(1.0, max(0.0, block.done / block.total)) if block.total else 0.0
    full = int(share * _CELLS + 0.5)
    return [
        _fact(block.label, progress_words(block), reader),
        (Span(_FULL * full + _EMPTY * (_CELLS - full)),),
    ]


def _ask(block: Ask, reader: Reader, mentions: Mapping[str, str], tight: bool) -> list[Json]:
    question = spans(block.question, reader)
    seen_by = (Span(reader.audience(block.seen_by)),) if block.seen_by else ()
    if tight:
        return [*_rich([question, seen_by], mentions), *controls.choices(block, reader)]
    return [*_rich([question], mentions), *controls.choices(block, reader), *_small(seen_by)]


def _checklist(items: Sequence[Item], reader: Reader, mentions: Mapping[str, str], tight: bool) -> list[Json]:
    """
    Return a list: what can only be read as lines, what can be ticked as a row with a button of its own.

    Not as boxes: Slack sends all boxes of a group with each tick, so that a tick on a card drawn a while ago would
    undo a partner's, and a box holds 75 characters. A button carries what its line asks for and nothing else.
    """
    if tight and any(item.verb for item in items):
        lines = [_line(item, reader, number) for number, item in enumerate(items, 1)]
        ticks = [_tick(item, reader, number) for number, item in enumerate(items, 1) if item.verb]
        return [*_rich(lines, mentions), *controls.rows(ticks)]
    made: list[Json] = []
    for ticked, some in groupby(items, key=lambda item: bool(item.verb)):
        if ticked:
            made += [_row(item, reader) for item in some]
        else:
            made += _rich((_line(item, reader) for item in some), mentions)
    return made


def _row(item: Item, reader: Reader) -> Json:
    # A row beside a button cannot be rich text: where mrkdwn would style what was typed, looks give way to words.
    line = _line(item, reader)
    written = (mrkdwn(line) if looks(line) else None) or plain_text(plain(line))
    return {"type": "section", "text": written, "accessory": _tick(item, reader)}


def _line(item: Item, reader: Reader, number: int = 0) -> Rich:
    mark = Span(DONE if item.done else OPEN)
    place = Span(f"{number}. " if number else "")
    return (mark, place, *spans(item.label, reader))


def _tick(item: Item, reader: Reader, number: int = 0) -> Json:
    mark = DONE if item.done else OPEN
    label = f"{mark}{number}" if number else text(say("Untick") if item.done else say("Tick"), reader)
    control = names.control(item.verb, item.ref, item.value)
    return controls.pressing(f"{names.TICK}{number}", label, control)


def _rich(lines: Iterable[Rich], mentions: Mapping[str, str] = NOBODY, *, bold: bool = False) -> list[Json]:
    said = [line for line in lines if plain(line).strip()]
    return [rich_text(*said, bold=bold, mentions=mentions)] if said else []


def _small(line: Rich) -> list[Json]:
    return [small(line)] if plain(line).strip() else []
