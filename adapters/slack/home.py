"""A person's own page, as Slack's App Home."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.slack import limits
from adapters.slack.blocks import DIVIDER, card_blocks, heading, joined
from adapters.slack.wording import NOBODY, Json
from bot.content import Home
from bot.i18n import Reader


def view(home: Home, reader: Reader, mentions: Mapping[str, str] = NOBODY) -> Json:
    """
    Return the page for views.publish; one that does not fit with room is drawn more tightly, or raises.

    People in `mentions`, users of the reader's workspace by person, can be pressed where Slack has room for that.
    """
    try:
        return _drawn(home, reader, mentions, tight=False)
    except limits.TooLarge:
        return _drawn(home, reader, mentions, tight=True)


def _drawn(home: Home, reader: Reader, mentions: Mapping[str, str], *, tight: bool) -> Json:
    blocks = heading(home.title, reader)
    for card in home.cards:
        blocks += [] if tight or not blocks else [DIVIDER]
        blocks += card_blocks(card, reader, mentions, inside=True, tight=tight)
    drawn: Json = {"type": "home", "blocks": joined(blocks) if tight else blocks}
    limits.check_view(drawn)
    return drawn
