"""Whether a message in doubt arrived: read back from the conversation, where the workspace allows that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from adapters.slack.conversations import Conversations
from adapters.slack.deliver import EVENT, address_of, keep_half
from adapters.slack.names import message_id
from bot.facts import Person
from bot.ports import Refused, Store

_SKEW = timedelta(minutes=2)  # between Slack's clock and ours


class ReadBack:
    """Find messages again by the row that they carry in their metadata."""

    def __init__(self, conversations: Conversations, store: Store, *, history: bool) -> None:
        """Take whether the scope im:history is granted; without it nothing can be said."""
        self._conversations = conversations
        self._store = store
        self._history = history

    async def arrived(self, to: Person, row: str, since: datetime) -> str | None:
        """
        Return the id of the message that carried a row, None where it did not arrive.

        None means that it may be sent again: of a file whose card did arrive, only the file is then. Refused
        where the conversations may not be read; then nothing is known. Not for an introduction of several
        people: it stands in a conversation that the bot cannot read.
        """
        if not self._history:
            raise Refused("missing_scope: im:history")
        who = address_of(to)
        channel = await self._conversations.with_person(who)
        said = await self._conversations.since(who.workspace, channel, (since - _SKEW).timestamp())
        for place, one in enumerate(said):
            payload = _ours(one)
            if str(payload.get("row", "")) != row:
                continue
            card = message_id(channel, str(one.get("ts")))
            if payload.get("parts") == 2 and not _followed_by_file(said[place + 1 :]):
                await keep_half(self._store, row, card)
                return None
            return card
        return None


def _ours(one: Mapping[str, object]) -> Mapping[str, object]:
    """Return what the bot wrote into a message's metadata; nothing for a message of others."""
    metadata = one.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("event_type") != EVENT:
        return {}
    payload = metadata.get("event_payload")
    return payload if isinstance(payload, Mapping) else {}


def _followed_by_file(later: Sequence[Mapping[str, object]]) -> bool:
    """Tell whether a file was shared before the bot's next message."""
    for one in later:
        if one.get("files"):
            return True
        if _ours(one):
            return False
    return False
