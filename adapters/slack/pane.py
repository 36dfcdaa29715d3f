"""
A card or a line in a dialog of its own: the answer to a press in the home.

Whoever looks at their home sees neither a message nor a line in the conversation. Its buttons work as on a card.
"""

from __future__ import annotations

from collections.abc import Iterable

from adapters.slack import limits
from adapters.slack.origin import PANE
from adapters.slack.render import Message
from adapters.slack.wording import Json, plain_text, text
from bot.content import say
from bot.i18n import Reader


def view(messages: Iterable[Message], reader: Reader) -> Json:
    """Return the dialog; it has nothing to send."""
    drawn: Json = {
        "type": "modal",
        "callback_id": PANE,
        "title": plain_text(text(say("Mentoring"), reader)),
        "close": plain_text(text(say("Close"), reader)),
        "blocks": [block for message in messages for block in message.blocks],
    }
    limits.check_view(drawn)
    return drawn
