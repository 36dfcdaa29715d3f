"""From contents to Teams' messages and cards, for one reader. Nothing is dropped or cut: what does not fit raises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from adapters.teams import controls, limits, names
from adapters.teams import home as page_of
from adapters.teams.blocks import activity, adaptive, card_body, fitting
from adapters.teams.wording import QUIET, TITLE, Json, label, spans, text, written
from adapters.text import file_line
from bot.content import Card, Content, File, GroupIntro, Home, Say, say
from bot.i18n import Reader


def message(content: Content, reader: Reader, *, file_link: str = "", pictures: str = "") -> Json:
    """
    Return anything that is sent as an activity that is addressed to nobody yet.

    `file_link` is where a file can be fetched; `pictures` is the address before a picture's file name.
    """
    match content:
        case Card():
            return _message(content, reader, pictures)
        case File(card=shown):
            return _message(shown, reader, pictures, _file(content, reader, file_link))
        case GroupIntro(card=shown):
            return _message(shown, reader, pictures)
        case Home():
            return home(content, reader, pictures=pictures)
    assert_never(content)


def card(card: Card, reader: Reader, *, pictures: str = "") -> Json:
    """Return a card alone: what takes the place of the one that was pressed."""
    return fitting(lambda tight: _card(card, reader, pictures, (), tight=tight))


def note(words: Say, reader: Reader) -> str:
    """Return a sentence as plain text; in an activity it needs textFormat "plain" beside it."""
    return text(words, reader)


def home(home: Home, reader: Reader, *, page: str = "", pictures: str = "") -> Json:
    """Return a person's own page as an activity; `page` is the address of the same in a browser."""
    return page_of.message(home, reader, page=page, pictures=pictures)


def opener(words: str, reader: Reader, title: Say) -> Json:
    """Return a message with one button that opens a dialog: what a typed command that wants one gets."""
    button = controls.dialog_opening(label(say("Open"), reader), {names.WORDS: words}, "primary")
    body = [*written(spans(title, reader), TITLE), *controls.rows([button])]
    made = activity([adaptive(body, title, reader, wide=False)], title, reader)
    limits.check(made)
    return made


def _message(card: Card, reader: Reader, pictures: str, extra: Sequence[Json] = ()) -> Json:
    return fitting(
        lambda tight: activity([_card(card, reader, pictures, extra, tight=tight)], card.title, reader)
    )


def _card(card: Card, reader: Reader, pictures: str, extra: Sequence[Json], *, tight: bool) -> Json:
    body = [*card_body(card, reader, pictures=pictures, tight=tight), *extra]
    return adaptive(body, card.title, reader)


def _file(file: File, reader: Reader, link: str) -> list[Json]:
    # The name may be long: it stands above the button, whole.
    line = written(spans(file_line(file.name), reader), QUIET)
    if not limits.ours(link):
        return line
    return [*line, *controls.rows([controls.opening(label(say("Open the file"), reader), link)])]
