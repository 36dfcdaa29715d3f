"""From contents to Slack's messages, for one reader. Nothing is dropped or cut: what does not fit raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.slack import limits
from adapters.slack.blocks import card_blocks
from adapters.slack.wording import NOBODY, Json, notification, plain_text, rich_text, spans, text
from adapters.text import as_text, file_line
from bot.content import Card, Content, File, GroupIntro, Home, Say
from bot.i18n import Reader


@dataclass(frozen=True, slots=True)
class Message:
    """
    Hold what chat.postMessage takes.

    `text` says everything once more, for notifications and for readers of a screen; `file` goes up beside it.
    """

    text: str
    blocks: tuple[Json, ...]
    file: File | None = None

    @property
    def update_text(self) -> str:
        """
        Return the text for chat.update, which refuses a long one: then its first paragraph, the title.

        The blocks say all of it, so that nothing is lost.
        """
        if len(self.text.encode()) <= limits.UPDATE_TEXT_BYTES:
            return self.text
        return self.text.partition("\n\n")[0]


def message(content: Content, reader: Reader, mentions: Mapping[str, str] = NOBODY) -> Message:
    """
    Return a card, a file with its card, or an introduction as a message; a home is none and raises TypeError.

    People in `mentions`, users of the reader's workspace by person, can be pressed where Slack has room for that.
    """
    match content:
        case Card():
            return _message(content, content, reader, mentions)
        case File(card=card):
            return _message(content, card, reader, mentions)
        case GroupIntro(card=card):
            return _message(content, card, reader, mentions)
        case Home():
            raise TypeError("a home is published, not sent: draw it with home.view")


def note(words: Say, reader: Reader, mentions: Mapping[str, str] = NOBODY) -> Message:
    """Return a sentence as a message."""
    line = spans(words, reader)
    blocks = (rich_text(line, mentions=mentions),) if line else ()
    whole = notification(reader.text(words))
    limits.check_message(whole, blocks)
    return Message(whole, blocks)


def _message(
    content: Card | File | GroupIntro, card: Card, reader: Reader, mentions: Mapping[str, str]
) -> Message:
    whole = notification(as_text(content, reader))
    file = content if isinstance(content, File) else None
    try:
        return _drawn(whole, card, file, reader, mentions, tight=False)
    except limits.TooLarge:
        return _drawn(whole, card, file, reader, mentions, tight=True)


def _drawn(
    whole: str, card: Card, file: File | None, reader: Reader, mentions: Mapping[str, str], *, tight: bool
) -> Message:
    blocks = card_blocks(card, reader, mentions, tight=tight)
    if file:
        line = plain_text(text(file_line(file.name), reader))
        blocks.append({"type": "context", "elements": [line]})
    limits.check_message(whole, blocks)
    return Message(whole, tuple(blocks), file)
