"""What stands in a message, as a careful reader finds it: parts, questions, sentences, what it is about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from adapters.sim.filling import MARKER
from adapters.sim.transcript import canonical
from bot.content import Actions, Ask, Block, Button, Card, Content, File, GroupIntro, Home, Link, Rule, Text

# "step:e7/checkin/2027-W05/progress" is about e7/checkin/2027-W05 and, deeper, about its "progress".
_REF = re.compile(r'"[a-z_]+:((?:[^"/\\]+/){2}[^"/\\]+)(?:/[^"\\]*)?"')
_SAID = re.compile(r'\["Say",("[^"\\]*(?:\\.[^"\\]*)*")')
_MARKERS = re.compile(MARKER)
_FOLD = "\\r\\n "


@dataclass(frozen=True, slots=True)
class Part:
    """One thing of a message that may hold several; `line` is its canonical form."""

    title: str
    blocks: tuple[Block, ...]
    line: str
    buttons: tuple[Button | Link, ...] = ()

    def questions(self) -> Iterator[tuple[str, str]]:
        """Yield the verb and ref of each question that is still to be answered."""
        for block in self.blocks:
            if isinstance(block, Ask) and not block.chosen:
                yield block.verb, block.ref

    def wants(self) -> Iterator[tuple[str, str]]:
        """Yield the same, and the verb and ref of what stands out to be pressed."""
        yield from self.questions()
        yield from ((b.verb, b.ref) for b in self._pressable() if b.style == "primary")

    def controls(self) -> Iterator[tuple[str, str]]:
        """Yield the verb and ref of every button."""
        yield from ((button.verb, button.ref) for button in self._pressable())

    def _pressable(self) -> Iterator[Button]:
        rows = (self.buttons, *(block.buttons for block in self.blocks if isinstance(block, Actions)))
        yield from (button for row in rows for button in row if isinstance(button, Button))


def whole(card: Card) -> Part:
    """Return a card as one part."""
    return Part(card.title.msgid, card.blocks, "", card.buttons)


def cards(content: Content) -> tuple[Card, ...]:
    """Return the cards of a message."""
    match content:
        case Card():
            return (content,)
        case File(card=card) | GroupIntro(card=card):
            return (card,)
        case Home(cards=several):
            return several


def parts(content: Content) -> tuple[Part, ...]:
    """Take a message apart: one that was put together of several shows a heading and a line between them."""
    found = tuple(part for card in cards(content) for part in _parts(card))
    if isinstance(content, File):  # the same words with another file are another message
        return tuple(replace(part, line=part.line + canonical(content.data)) for part in found)
    return found


def _parts(card: Card) -> Iterator[Part]:
    if not card.blocks or not _heads(card.blocks[0]) or card.title.n is None:
        line = canonical([card.title, card.blocks, card.buttons])
        yield Part(card.title.msgid, card.blocks, line, card.buttons)
        return
    piece: list[Block] = []
    for number, block in enumerate(card.blocks):
        following = card.blocks[number + 1] if number + 1 < len(card.blocks) else None
        if isinstance(block, Rule) and (following is None or _heads(following) or _small(following)):
            yield _piece(piece)
            piece = []
        elif not (_small(block) and not piece):
            piece.append(block)
    if piece:
        yield _piece(piece)


def _piece(blocks: list[Block]) -> Part:
    head = blocks[0]
    assert isinstance(head, Text)
    return Part(head.words.msgid, tuple(blocks[1:]), canonical(blocks))


def _heads(block: Block) -> bool:
    return isinstance(block, Text) and block.style == "heading"


def _small(block: Block) -> bool:
    """Tell whether this is the small print after the last part, such as how much more waits."""
    return isinstance(block, Text) and block.style == "quiet" and block.words.n is not None


def abouts(line: str) -> frozenset[str]:
    """Return what a canonical line is about: the first three steps of every ref, `e7/checkin/2027-W05`."""
    return frozenset(_REF.findall(line))


def sentences(line: str) -> tuple[str, ...]:
    """Return the source texts of a canonical line, each as often as it stands there."""
    return tuple(json.loads(said) if "\\" in said else said[1:-1] for said in _SAID.findall(line))


def quoted(line: str) -> list[str]:
    """Return the source texts of a canonical line as they are written there, which `quote` does for others."""
    return _SAID.findall(line)


def quote(said: str) -> str:
    """Return a source text as a canonical line writes it."""
    return canonical(said)


def markers(line: str) -> frozenset[str]:
    """Return the unique words that players typed and that stand in a canonical line."""
    # A calendar file breaks its lines, also in the middle of a word.
    return frozenset(_MARKERS.findall(line.replace(_FOLD, "") if _FOLD in line else line))
