"""The playground as a channel like any other: a message appears in the room, an update in its place."""

from __future__ import annotations

from collections.abc import Callable

from adapters.playground.parse import CHANNEL
from adapters.playground.render import Painter, TooMuch
from adapters.playground.room import Message, Room
from bot.i18n import Reader
from bot.ports import Delivery, Refused

Watcher = Callable[[Message, bool], None]


class PlaygroundChannel:
    """Deliver into the room, and tell whoever watches."""

    name = CHANNEL

    def __init__(self, room: Room) -> None:
        self._room = room
        self._watchers: list[Watcher] = []

    def watch(self, seen: Watcher) -> None:
        """Call `seen` with every message delivered from now on, and whether it is new rather than updated."""
        self._watchers.append(seen)

    async def deliver(self, delivery: Delivery) -> str:
        """Store the message and return its id; the same delivery twice is one message."""
        try:
            Painter(Reader(delivery.to.language, delivery.to.zone)).content(delivery.content)
        except TooMuch as error:
            raise Refused(str(error)) from error
        message = self._place(delivery)
        for seen in self._watchers:
            seen(message, not delivery.replaces)
        return str(message.id)

    def _place(self, delivery: Delivery) -> Message:
        if not delivery.replaces:
            return self._room.add(delivery.to.id, delivery.content, delivery=delivery.id)
        earlier = self._room.message(int(delivery.replaces)) if delivery.replaces.isdecimal() else None
        if earlier is None or earlier.person != delivery.to.id:
            raise Refused(f"there is no message {delivery.replaces!r} of {delivery.to.id} to update")
        return self._room.update(earlier, delivery.content)
