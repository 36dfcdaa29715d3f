"""A card as the body of an Adaptive Card."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import assert_never

from adapters.teams import controls, limits, names
from adapters.teams.wording import (
    BOLD,
    QUIET,
    SMALL_TITLE,
    TITLE,
    Json,
    inert,
    label,
    spans,
    text,
    written,
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
)
from bot.i18n import Reader
from bot.markup import Span, plain

CARD = "application/vnd.microsoft.card.adaptive"
DONE, OPEN = "\u2611", "\u2610"
_FULL, _EMPTY = "\u2501", "\u2500"
_CELLS = 20


def card_body(card: Card, reader: Reader, *, pictures: str = "", tight: bool = False) -> list[Json]:
    """
    Return a card's elements; `tight` leaves out what only very old clients need.

    `pictures` is the address that the file name of a picture is put behind; without it its description is shown.
    The tone has no sign here: words say it already.
    """
    made = written(spans(card.title, reader), TITLE)
    line = False
    for block in card.blocks:
        if isinstance(block, Rule):
            line = bool(made)
            continue
        drawn = _block(block, reader, pictures, tight=tight)
        if line and drawn:
            drawn[0] = {**drawn[0], "separator": True, "spacing": "large"}
            line = False
        made += drawn
    return made + controls.buttons(card.buttons, reader, tight=tight)


def adaptive(body: Sequence[Json], title: Say, reader: Reader, *, wide: bool = True) -> Json:
    """Put elements into a card; a client that is too old for it shows the title."""
    whole = label(title, reader)
    # Some of those clients read Markdown in it.
    instead = whole if inert(whole) and whole else label(say("Mentoring"), reader)
    drawn: Json = {
        "type": "AdaptiveCard",
        "version": limits.VERSION,
        "body": list(body),
        "fallbackText": instead,
    }
    return {**drawn, "msteams": {"width": "Full"}} if wide else drawn


def attached(drawn: Json) -> Json:
    """Return a card as what a message or a dialog carries."""
    return {"contentType": CARD, "content": drawn}


def activity(cards: Sequence[Json], title: Say, reader: Reader) -> Json:
    """Return a message with these cards, addressed to nobody yet; a notification says its title."""
    made: Json = {"type": "message", "attachments": [attached(one) for one in cards]}
    if len(cards) > 1:
        made["attachmentLayout"] = "list"
    summary = label(title, reader)
    return {**made, "summary": summary} if summary else made


def fitting(draw: Callable[[bool], Json]) -> Json:
    """Return what is drawn with room, or where that is too large, tightly; what is larger still raises."""
    drawn = draw(False)
    try:
        limits.check(drawn)
    except limits.TooLarge:
        drawn = draw(True)
        limits.check(drawn)
    return drawn


def _block(block: Block, reader: Reader, pictures: str, *, tight: bool) -> list[Json]:
    match block:
        case Text():
            return _text(block, reader)
        case Facts(rows):
            return _facts(rows, reader)
        case Checklist(items):
            return _checklist(items, reader, tight=tight)
        case Progress():
            return _progress(block, reader)
        case Image():
            return _image(block, reader, pictures)
        case Rule():
            return []
        case Ask():
            return _ask(block, reader, tight=tight)
        case Actions(buttons):
            return controls.buttons(buttons, reader, tight=tight)
    assert_never(block)


def _text(block: Text, reader: Reader) -> list[Json]:
    line = spans(block.words, reader)
    match block.style:
        case "heading":
            made = written(line, SMALL_TITLE)
            return [{**one, "spacing": "large"} if one is made[0] else one for one in made]
        case "quiet":
            return written(line, QUIET)
        case "plain":
            return written(line)
    assert_never(block.style)


def _facts(rows: Sequence[tuple[Say, Say]], reader: Reader) -> list[Json]:
    """Return label and value side by side: as Teams' own table, which reads Markdown, or as columns."""
    told = [(text(one, reader), text(value, reader)) for one, value in rows]
    looked = any(
        span.bold or span.italic or span.url for row in rows for one in row for span in spans(one, reader)
    )
    if (
        told
        and not looked
        and all(one and value and inert(one + value) and "\n" not in value for one, value in told)
    ):
        return [{"type": "FactSet", "facts": [{"title": one, "value": value} for one, value in told]}]
    return [_fact(one, value, reader, first=one is rows[0][0]) for one, value in rows]


def _fact(one: Say, value: Say, reader: Reader, *, first: bool) -> Json:
    columns = [
        {"type": "Column", "width": width, "items": items}
        for width, items in ((1, written(spans(one, reader), BOLD)), (3, written(spans(value, reader))))
    ]
    return {"type": "ColumnSet", "spacing": "default" if first else "small", "columns": columns}


def _progress(block: Progress, reader: Reader) -> list[Json]:
    share = min(1.0, max(0.0, block.done / block.total)) if block.total else 0.0
    full = int(share * _CELLS + 0.5)
    words = written(spans(row(block.label, progress_words(block)), reader))
    bar: list[Json] = []
    if full:
        bar.append({"type": "TextRun", "text": _FULL * full, "color": "accent", "weight": "bolder"})
    if full < _CELLS:
        bar.append({"type": "TextRun", "text": _EMPTY * (_CELLS - full), "isSubtle": True})
    return [*words, {"type": "RichTextBlock", "spacing": "none", "inlines": bar}]


def _image(block: Image, reader: Reader, pictures: str) -> list[Json]:
    described = spans(block.alt, reader)
    address = f"{pictures.rstrip('/')}/{block.name}"
    if not (pictures and limits.ours(address)):
        return written(described, QUIET)
    return [{"type": "Image", "url": address, "altText": plain(described), "size": "stretch"}]


def _ask(block: Ask, reader: Reader, *, tight: bool) -> list[Json]:
    seen_by = (Span(reader.audience(block.seen_by)),) if block.seen_by else ()
    question = written(spans(block.question, reader))
    answers = controls.choices(block, reader, tight=tight)
    small = written(seen_by, QUIET)
    return [*question, *_close(answers), *_close(small)]


def _checklist(items: Sequence[Item], reader: Reader, *, tight: bool) -> list[Json]:
    return [_item(item, reader, first=not place, tight=tight) for place, item in enumerate(items)]


def _item(item: Item, reader: Reader, *, first: bool, tight: bool) -> Json:
    words = written(spans(item.label, reader))
    mark: Json = {"text": DONE if item.done else OPEN, **({"color": "good"} if item.done else {})}
    # Of the kind of its words, so that they stand on one line.
    box: Json = {"type": "TextBlock", **mark}
    if words and words[0]["type"] == "RichTextBlock":
        box = {"type": "RichTextBlock", "inlines": [{"type": "TextRun", **mark}]}
    line: Json = {
        "type": "ColumnSet",
        "spacing": "default" if first else "small",
        "columns": [
            {"type": "Column", "width": "auto", "items": [box]},
            {
                "type": "Column",
                "width": "stretch",
                "spacing": "small",
                "items": words,
            },
        ],
    }
    if not item.verb:
        return line
    # The whole line can be pressed. What is read out for it is what pressing does, and the line where that is short.
    tick = say("Untick") if item.done else say("Tick")
    does = label(row(tick, item.label), reader)
    if tight or limits.length(does) > limits.OPTION_LABEL:
        does = label(tick, reader)
    pressed = controls.pressing(does, names.control(item.verb, item.ref, item.value), tight=tight)
    return {**line, "selectAction": pressed}


def _close(elements: Iterable[Json]) -> list[Json]:
    made = list(elements)
    return [{**one, "spacing": "small"} if not place else one for place, one in enumerate(made)]
