"""Many intentions for one person become one message, made again from its parts whenever one changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.content import (
    Actions,
    Ask,
    Block,
    Button,
    Card,
    Checklist,
    Content,
    File,
    GroupIntro,
    Home,
    Link,
    Moment,
    Rule,
    Text,
    Tone,
    UserText,
    say_n,
)
from bot.outcome import SendKind

# So many parts that ask for something are read as one message; what is only told may stand below them.
MOST_ASKED = 5
MOST_PARTS = 10
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
# Slack takes 50 blocks in a message; a few are left for what an adapter adds.
_MOST_WEIGHT = 42
# Slack takes 13,000 characters over all blocks of a message; names, titles and what an adapter adds take the rest.
_MOST_TYPED = 8_000
# What cannot wait, then what somebody else waits for, then what is asked, then what is only told.
_ORDER: tuple[SendKind, ...] = (
    "help", "case", "change", "reminder", "answer", "invite", "nudge", "info", "update",
)  # fmt: skip
_ONLY_TOLD: frozenset[SendKind] = frozenset({"info", "update"})


@dataclass(frozen=True, slots=True)
class Part:
    """One intention's card, and what it is for."""

    card: Card
    kind: SendKind


def choose(parts: Sequence[Part], late: Sequence[int] = ()) -> tuple[int, ...]:
    """
    Return which parts go into the next message, by their index and in the order they are chosen.

    At least one does; the others wait for the message after it. `late` are those that waited long, the longest first:
    only what cannot wait comes before them, or where every day brings something weightier they would never come.
    """

    def turn(index: int) -> tuple[int, tuple[int, datetime]]:
        if parts[index].kind == "help":
            return 0, _place(parts[index])
        if index in late:
            return 1, (late.index(index), _LONG_AGO)
        return 2, _place(parts[index])

    chosen: list[int] = []
    asked = weight = typed = 0
    for index in sorted(range(len(parts)), key=turn):
        part = parts[index]
        if asked == MOST_ASKED and part.kind not in _ONLY_TOLD:
            continue
        asked += part.kind not in _ONLY_TOLD
        weight += _weight(part.card)
        typed += _typed(part.card)
        if chosen and (len(chosen) == MOST_PARTS or weight >= _MOST_WEIGHT or typed > _MOST_TYPED):
            break
        chosen.append(index)
    return tuple(chosen)


def merge(parts: Sequence[Part], more: int = 0) -> Card:
    """Return one card for all parts; a single one stays as it is. `more` is how many wait for later."""
    if len(parts) == 1:
        card = parts[0].card
        return replace(card, blocks=(*card.blocks, _more(more))) if more else card
    blocks: list[Block] = []
    ordered = sorted(parts, key=_place)
    for part in ordered:
        if blocks:
            blocks.append(Rule())
        blocks += (Text(part.card.title, "heading"), *part.card.blocks)
        if part.card.buttons:
            blocks.append(Actions(part.card.buttons))
    if more:
        blocks += (Rule(), _more(more))
    title = say_n("One thing for you", "{n} things for you", len(parts))
    return Card(title=title, blocks=tuple(blocks), tone=_tone(ordered))


def _place(part: Part) -> tuple[int, datetime]:
    """Return where a part is read: by what it is for, and of a day's meetings the first one first."""
    first = _LONG_AGO if part.kind != "reminder" else min(_moments(part.card), default=_LONG_AGO)
    return _ORDER.index(part.kind), first


def _moments(card: Card) -> Iterator[datetime]:
    """Yield the instants that the paragraphs of a card name."""
    for block in card.blocks:
        if isinstance(block, Text):
            yield from (value.at for _, value in block.words.values if isinstance(value, Moment))


def rebuilt(parts: Sequence[Part], verb: str, ref: str, card: Card) -> Card:
    """Return the message with `card` in the place of the part that has the control of this verb and ref."""
    return merge([replace(part, card=card) if holds(part.card, verb, ref) else part for part in parts])


def holds(content: Content, verb: str, ref: str) -> bool:
    """Tell whether something in this content sends this verb (any, if "") and ref when it is pressed."""
    return any(verb in ("", own) and ref == at for card in _cards(content) for own, at in _controls(card))


# --- looking into cards ----------------------------------------------------------------------


def _cards(content: Content) -> tuple[Card, ...]:
    match content:
        case Card():
            return (content,)
        case File(card=card) | GroupIntro(card=card):
            return (card,)
        case Home(cards=cards):
            return cards


def _controls(card: Card) -> list[tuple[str, str]]:
    """List the verb and ref of all that can be pressed on a card."""
    found = _pressable(card.buttons)
    for block in card.blocks:
        match block:
            case Ask():
                found.append((block.verb, block.ref))
            case Checklist():
                found += ((item.verb, item.ref) for item in block.items if item.verb)
            case Actions():
                found += _pressable(block.buttons)
    return found


def _pressable(buttons: Sequence[Button | Link]) -> list[tuple[str, str]]:
    return [(button.verb, button.ref) for button in buttons if isinstance(button, Button)]


def _weight(card: Card) -> int:
    """Estimate the platform's blocks: a heading and a rule, what is between them, the buttons."""
    return 2 + sum(_blocks(block) for block in card.blocks) + bool(card.buttons)


def _typed(card: Card) -> int:
    """Return how many characters of a card's paragraphs people typed: the one thing in it that may be long."""
    paragraphs = (block.words.values for block in card.blocks if isinstance(block, Text))
    return sum(len(v.text) for values in paragraphs for _, v in values if isinstance(v, UserText))


def _blocks(block: Block) -> int:
    match block:
        case Ask():
            return 3  # the question, the choices, who sees the answer
        case Checklist():
            return 1 + -(-len(block.items) // 10)  # ten boxes to a block
        case _:
            return 1


def _tone(parts: Sequence[Part]) -> Tone:
    """Return the one tone all parts share, attention where any part asks for it, else plain."""
    tones = [part.card.tone for part in parts]
    if "attention" in tones:
        return "attention"
    return tones[0] if tones.count(tones[0]) == len(tones) else "plain"


def _more(n: int) -> Text:
    return Text(say_n("and one more on your home", "and {n} more on your home", n), "quiet")
