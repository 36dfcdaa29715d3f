"""Any content as plain text: the fallback everywhere, and the first part of an e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from bot.content import (
    Actions,
    Ask,
    Block,
    Button,
    Card,
    Checklist,
    Choice,
    Content,
    Facts,
    File,
    GroupIntro,
    Home,
    Image,
    Link,
    Progress,
    Rule,
    Say,
    Text,
    UserText,
    say,
)
from bot.i18n import Reader

_RULE = "\u2014" * 3


def as_text(content: Content, reader: Reader) -> str:
    """
    Return everything that a content says; nothing is left out or cut.

    What can be pressed stands in square brackets, an address behind its label.
    """
    match content:
        case Card():
            return card_text(content, reader)
        case File(name, _, _, card):
            return _paragraphs((card_text(card, reader), reader.text(file_line(name))))
        case GroupIntro(_, card):
            return card_text(card, reader)
        case Home(title, cards):
            return _paragraphs((reader.text(title), *(card_text(card, reader) for card in cards)))
    assert_never(content)


def card_text(card: Card, reader: Reader) -> str:
    """Return one card, a paragraph a block."""
    blocks = (block_text(block, reader) for block in card.blocks)
    return _paragraphs((reader.text(card.title), *blocks, actions_text(card.buttons, reader)))


def block_text(block: Block, reader: Reader) -> str:
    """Return one block, a line a row."""
    match block:
        case Text(words):
            return reader.text(words)
        case Facts(rows):
            return "\n".join(reader.text(row(label, value)) for label, value in rows)
        case Checklist(items):
            return "\n".join(f"[{'x' if item.done else ' '}] {reader.text(item.label)}" for item in items)
        case Progress():
            return reader.text(row(block.label, progress_words(block)))
        case Image(_, alt):
            return reader.text(alt)
        case Rule():
            return _RULE
        case Ask():
            seen_by = reader.audience(block.seen_by)
            return "\n".join(_said((reader.text(block.question), choices_text(block, reader), seen_by)))
        case Actions(buttons):
            return actions_text(buttons, reader)
    assert_never(block)


def choices_text(ask: Ask, reader: Reader) -> str:
    """Return the possible answers in a line, the one chosen marked."""
    return " \u00b7 ".join(_choice(choice, choice.value == ask.chosen, reader) for choice in ask.choices)


def actions_text(buttons: Sequence[Button | Link], reader: Reader) -> str:
    """Return buttons in a line and links in a line each."""
    pressed = " ".join(f"[{reader.text(one.label)}]" for one in buttons if isinstance(one, Button))
    links = (f"{reader.text(one.label)}: {one.url}" for one in buttons if isinstance(one, Link))
    return "\n".join(_said((pressed, *links)))


def progress_words(progress: Progress) -> Say:
    """Say how far something is."""
    if progress.unit:
        unit = UserText(progress.unit)
        return say(
            "{done} of {total} {unit}", done=_figure(progress.done), total=_figure(progress.total), unit=unit
        )
    return say("{done} of {total}", done=_figure(progress.done), total=_figure(progress.total))


def row(label: Say, value: Say) -> Say:
    """Say a label and its value."""
    return say("{label}: {value}", label=label, value=value)


def file_line(name: str) -> Say:
    """Say which file is handed over."""
    return say("File: {name}", name=UserText(name))


def _choice(choice: Choice, chosen: bool, reader: Reader) -> str:
    label = reader.text(choice.label)
    return f"\u2713 {label}" if chosen else label


def _figure(number: float) -> float:
    return int(number) if number == int(number) else number


def _paragraphs(texts: Iterable[str]) -> str:
    return "\n\n".join(_said(texts))


def _said(texts: Iterable[str]) -> Iterator[str]:
    return (text for text in texts if text.strip())
