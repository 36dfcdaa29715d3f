"""A person's own page, as a message with a card a section."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.teams import controls, limits
from adapters.teams.blocks import activity, adaptive, card_body, fitting
from adapters.teams.wording import PAGE_TITLE, Json, label, spans, written
from bot.content import Home, say
from bot.i18n import Reader


def message(home: Home, reader: Reader, *, page: str = "", pictures: str = "") -> Json:
    """
    Return a home as an activity; `page` is the address of the same as a web page, opened by a button at its end.

    Where a message has no room for all sections, those that fit are shown, and the rest is on the page; without a
    page it raises.
    """
    for shown in range(len(home.cards), 0, -1):
        try:
            return _fitted(home, shown, reader, page, pictures)
        except limits.TooLarge:
            if not limits.ours(page):
                raise
    return _fitted(home, 0, reader, page, pictures)


def _fitted(home: Home, shown: int, reader: Reader, page: str, pictures: str) -> Json:
    return fitting(lambda tight: _drawn(home, shown, reader, page, pictures, tight=tight))


def _drawn(home: Home, shown: int, reader: Reader, page: str, pictures: str, *, tight: bool) -> Json:
    sections = [card_body(card, reader, pictures=pictures, tight=tight) for card in home.cards[:shown]]
    sections = _together([one for one in sections if one]) or [[]]
    sections[0] = [*written(spans(home.title, reader), PAGE_TITLE), *sections[0]]
    if limits.ours(page):
        rest = written(spans(say("The rest is on your page."), reader)) if shown < len(home.cards) else []
        button = controls.opening(label(say("Open as a page"), reader), page)
        sections[-1] = [*sections[-1], *rest, *controls.rows([button])]
    return activity([adaptive(one, home.title, reader) for one in sections], home.title, reader)


def _together(sections: list[list[Json]]) -> list[list[Json]]:
    # Teams takes ten cards in a message: what is beyond stands in the last, a line between each.
    kept, beyond = sections[: limits.ATTACHMENTS - 1], sections[limits.ATTACHMENTS - 1 :]
    return [*kept, _joined(beyond)] if beyond else kept


def _joined(sections: Sequence[Sequence[Json]]) -> list[Json]:
    made: list[Json] = []
    for section in sections:
        first, *others = section
        made += [{**first, "separator": True, "spacing": "extraLarge"} if made else first, *others]
    return made
