"""The playground as a channel like any other: a message appears in the room, an update in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from adapters.playground.parse import CHANNEL
from adapters.playground.render import Painter, TooMuch
from adapters.playground.room import Kind, Message, Room
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
        return self._deliver(delivery, "bot")

    def post(self, delivery: Delivery) -> str:
        """Put an e-mail into the person's chat, marked as one; an e-mail is never renewed in its place."""
        return self._deliver(replace(delivery, replaces=""), "mail")

    def _deliver(self, delivery: Delivery, kind: Kind) -> str:
        try:
            Painter(Reader(delivery.to.language, delivery.to.zone)).content(delivery.content)
        except TooMuch as error:
            raise Refused(str(error)) from error
        message = self._place(delivery, kind)
        for seen in self._watchers:
            seen(message, not delivery.replaces)
        return str(message.id)

    def _place(self, delivery: Delivery, kind: Kind) -> Message:
        if not delivery.replaces:
            return self._room.add(delivery.to.id, delivery.content, kind, delivery.id)
        earlier = self._room.message(int(delivery.replaces)) if delivery.replaces.isdecimal() else None
        if earlier is None or earlier.person != delivery.to.id:
            raise Refused(f"there is no message {delivery.replaces!r} of {delivery.to.id} to update")
        return self._room.update(earlier, delivery.content)


class MailChannel:
    """E-mail as the playground shows it: in the receiver's chat, and nothing on it can be pressed."""

    name = "mail"

    def __init__(self, playground: PlaygroundChannel) -> None:
        self._playground = playground

    async def deliver(self, delivery: Delivery) -> str:
        """Show the e-mail."""
        return self._playground.post(delivery)
