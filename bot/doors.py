"""Doors to our own pages: a link to "page:home" in a card becomes the reader's own address when it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from bot.content import (
    Actions,
    Block,
    Button,
    Card,
    Content,
    Facts,
    File,
    GroupIntro,
    Home,
    Link,
    Say,
    Text,
    UserText,
    Value,
    WebLink,
)
from bot.facts import Person
from bot.outcome import CloseForm, ReplaceCard, Reply, ShowCard, ShowHome
from bot.ports import Links

# What a link begins with that leads to a page of ours; what is stored is never an address, which would soon end.
PAGE = "page:"

# Returns where a page is for the reader, "" where nothing leads there.
Where = Callable[[str], str]


def opened(content: Content, links: Links | None, reader: Person | None) -> Content:
    """
    Return the content with every door open for this reader.

    Where there are no pages, or several people read it together (`reader` None), a door is left out: what is behind
    it is one person's.
    """
    return _opened(content, _where(links, reader))


def opened_reply(reply: Reply, links: Links | None, reader: Person) -> Reply:
    """Return the reply with every door open for whoever acted."""
    where = _where(links, reader)
    match reply:
        case ReplaceCard() | ShowCard():
            card = _card(reply.card, where)
            return reply if card is reply.card else replace(reply, card=card)
        case CloseForm(card=Card() as card):
            return replace(reply, card=_card(card, where))
        case ShowHome():
            return ShowHome(_home(reply.home, where))
        case _:
            return reply


def _where(links: Links | None, reader: Person | None) -> Where:
    if links is None or reader is None:
        return lambda page: ""
    return lambda page: links.to(page, reader)


def _opened(content: Content, where: Where) -> Content:
    match content:
        case Card():
            return _card(content, where)
        case File() | GroupIntro():
            return replace(content, card=_card(content.card, where))
        case Home():
            return _home(content, where)


def _home(home: Home, where: Where) -> Home:
    return replace(home, cards=tuple(_card(card, where) for card in home.cards))


def _card(card: Card, where: Where) -> Card:
    """Return the card itself where it has no door: nearly none has."""
    if not _has_door(card):
        return card
    blocks = tuple(made for block in card.blocks if (made := _block(block, where)) is not None)
    return replace(card, blocks=blocks, buttons=_buttons(card.buttons, where))


def _block(block: Block, where: Where) -> Block | None:
    match block:
        case Text():
            return replace(block, words=_words(block.words, where))
        case Facts():
            return Facts(tuple((label, _words(value, where)) for label, value in block.rows))
        case Actions():
            buttons = _buttons(block.buttons, where)
            return Actions(buttons) if buttons else None
        case _:
            return block


def _buttons(buttons: Iterable[Button | Link], where: Where) -> tuple[Button | Link, ...]:
    found: list[Button | Link] = []
    for button in buttons:
        if not isinstance(button, Link) or not button.url.startswith(PAGE):
            found.append(button)
        elif url := where(button.url.removeprefix(PAGE)):
            found.append(replace(button, url=url))
    return tuple(found)


def _words(words: Say, where: Where) -> Say:
    if not any(isinstance(value, WebLink) for _, value in words.values):
        return words
    return replace(words, values=tuple((name, _value(value, where)) for name, value in words.values))


def _value(value: Value, where: Where) -> Value:
    """Return a link's address; a label that is the address itself follows it."""
    if not isinstance(value, WebLink) or not value.url.startswith(PAGE):
        return value
    url = where(value.url.removeprefix(PAGE))
    label = url if value.label == value.url else value.label
    return WebLink(label, url) if url else UserText(label)


# --- is there one ----------------------------------------------------------------------------------


def _has_door(card: Card) -> bool:
    return any(map(_leads, card.buttons)) or any(map(_has_one, card.blocks))


def _has_one(block: Block) -> bool:
    match block:
        case Text():
            return _names_one(block.words)
        case Facts():
            return any(_names_one(value) for _, value in block.rows)
        case Actions():
            return any(map(_leads, block.buttons))
        case _:
            return False


def _names_one(words: Say) -> bool:
    # Most sentences have no values, and each of every message is asked.
    return bool(words.values) and any(
        isinstance(value, WebLink) and value.url.startswith(PAGE) for _, value in words.values
    )


def _leads(button: Button | Link) -> bool:
    return isinstance(button, Link) and button.url.startswith(PAGE)
