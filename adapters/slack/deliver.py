"""Slack as a channel: a direct conversation with each person, where messages can be changed later."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from adapters.slack import home
from adapters.slack.calls import Calls
from adapters.slack.conversations import Conversations
from adapters.slack.faults import SOON_SECONDS
from adapters.slack.limits import TooLarge
from adapters.slack.mentions import Mentions
from adapters.slack.names import CHANNEL, message_id, split_message
from adapters.slack.render import Message, message
from adapters.slack.wording import NOBODY, Json
from bot.content import Card, File, GroupIntro, Home, Text, UserText, say
from bot.events import Address
from bot.facts import Person
from bot.i18n import Reader
from bot.ports import Delivery, Refused, Store, Throttled, Unreachable, Unsure

log = logging.getLogger(__name__)

EVENT = "telemachy"  # the type of a message's metadata, by which it is found again
# Less than the outbox waits for a message: what nobody has seen yet is no doubt.
_UPLOAD_SECONDS = 9.0
_HALF = "slack/half/"  # by row: the card of a file that arrived before its file


class SlackChannel:
    """
    Deliver cards, files, introductions and homes; see ports.Channel.

    A file takes four calls. Its bytes go up first, where nobody sees them; then the card is sent, and that it
    arrived is stored before the file is shared. So whatever fails, the next try never sends a card again.
    Where files are not allowed, the card says that the file could not be attached.
    """

    name = CHANNEL

    def __init__(
        self,
        calls: Calls,
        store: Store,
        conversations: Conversations,
        *,
        mentions: Mentions | None = None,
        files: bool = True,
        group_messages: bool = False,
    ) -> None:
        """
        Take what the workspace granted: files (files:write) and conversations of several (mpim:write).

        Without `mentions` people are only named.
        """
        self._calls = calls
        self._store = store
        self._conversations = conversations
        self._mentions = mentions
        self._files = files
        self.groups = group_messages

    async def deliver(self, delivery: Delivery) -> str:
        """Send, change or publish, and return the message's id; a home has none."""
        who = address_of(delivery.to)
        reader = Reader(delivery.to.language, delivery.to.zone)
        try:
            return await self._deliver(delivery, who, reader)
        except TooLarge as error:
            raise Refused(f"too large for Slack: {error}") from None

    async def _deliver(self, delivery: Delivery, who: Address, reader: Reader) -> str:
        users = await self._mentions.within(who.workspace) if self._mentions is not None else NOBODY
        match delivery.content:
            case Home() as page:
                await self._publish(who, home.view(page, reader, users))
                return ""
            case drawn if delivery.replaces:
                return await self._change(delivery.replaces, who, message(drawn, reader, users))
            case Card() as card:
                return await self._send(delivery.id, who, message(card, reader, users))
            case File() as file:
                return await self._send_file(delivery.id, who, file, reader, users)
            case GroupIntro() as intro:
                return await self._introduce(delivery.id, who, intro, message(intro, reader, users))
        assert_never(delivery.content)

    # --- one call each

    async def _publish(self, who: Address, drawn: Json) -> None:
        told = {"user_id": who.user, "view": drawn}
        await self._calls.post(who.workspace, "views.publish", told)

    async def _change(self, replaces: str, who: Address, drawn: Message) -> str:
        try:
            channel, ts = split_message(replaces)
        except ValueError:
            raise Refused("the message to change was not sent by Slack") from None

        told = {"channel": channel, "ts": ts, "text": drawn.update_text, "blocks": drawn.blocks}
        await self._calls.post(who.workspace, "chat.update", told)
        return replaces

    async def _send(self, row: str, who: Address, drawn: Message, *, parts: int = 1) -> str:
        """Send to the person alone; a conversation that Slack no longer knows is opened anew, once."""
        known = self._conversations.known(who)
        channel = known or await self._conversations.with_person(who)
        try:
            return await self._post(row, who, channel, drawn, parts)
        except Unreachable:
            self._conversations.forget(who)
            if not known:
                raise
        return await self._post(row, who, await self._conversations.with_person(who), drawn, parts)

    async def _post(self, row: str, who: Address, channel: str, drawn: Message, parts: int) -> str:
        told = {
            "channel": channel,
            "text": drawn.text,
            "blocks": drawn.blocks,
            "metadata": {"event_type": EVENT, "event_payload": {"row": row, "parts": parts}},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        answer = await self._calls.post(who.workspace, "chat.postMessage", told)
        ts = _text(answer, "ts")
        if not ts:
            raise Unsure("Slack took the message and did not say which it is")
        return message_id(_text(answer, "channel") or channel, ts)

    # --- several calls

    async def _send_file(
        self, row: str, who: Address, file: File, reader: Reader, users: Mapping[str, str]
    ) -> str:
        drawn = message(file, reader, users)
        card = await self._store.read(lambda work: work.setting(_HALF + row))
        try:
            if not self._files:
                raise Refused("files are not switched on")
            async with asyncio.timeout(_UPLOAD_SECONDS):
                uploaded = await self._upload(who, file)
        except TimeoutError:
            raise Throttled(SOON_SECONDS, why="the file took too long") from None
        except Refused as error:
            if card:
                raise
            log.warning("A file could not be attached: action=slack.no_file row=%s why=%s", row, error)
            return await self._send(row, who, message(without_file(file), reader, users))
        if not card:
            card = await self._send(row, who, drawn, parts=2)
            await keep_half(self._store, row, card)
        try:
            await self._share(who, card, uploaded, file.name)
        except Refused:
            await self._forget_half(row)
            raise
        await self._forget_half(row)
        return card

    async def _forget_half(self, row: str) -> None:
        await self._store.write(lambda work: work.drop_setting(_HALF + row), "outbox")

    async def _upload(self, who: Address, file: File) -> str:
        """Bring a file's bytes to Slack, where nobody sees them yet, and return the file's id."""
        told = {"filename": file.name, "length": len(file.data)}
        place = await self._calls.post(who.workspace, "files.getUploadURLExternal", told)
        await self._calls.upload(_text(place, "upload_url"), file.data)
        return _text(place, "file_id")

    async def _share(self, who: Address, card: str, uploaded: str, title: str) -> None:
        channel, _ = split_message(card)
        told = {"files": [{"id": uploaded, "title": title}], "channel_id": channel}
        await self._calls.post(who.workspace, "files.completeUploadExternal", told)

    async def _introduce(self, row: str, who: Address, intro: GroupIntro, drawn: Message) -> str:
        """Send to all in one conversation; Refused where that cannot be, so that each is written to alone."""
        if not self.groups:
            raise Refused("conversations of several are not switched on")
        people = await self._store.read(lambda work: [work.person(one) for one in intro.people])
        try:
            channel = await self._conversations.with_all(who, [one for one in people if one is not None])
            if not channel:
                raise Refused("they have no conversation in common")
            return await self._post(row, who, channel, drawn, 1)
        except (Refused, Unreachable) as error:
            log.warning(
                "People could not be written to together: action=slack.alone row=%s why=%s", row, error
            )
            raise Refused(f"not together: {error}") from None


async def keep_half(store: Store, row: str, card: str) -> None:
    """Remember that a file's card arrived and its file did not: sent again, only the file is."""
    await store.write(lambda work: work.keep_setting(_HALF + row, card), "outbox")


def address_of(person: Person) -> Address:
    """Return where the person is in Slack; Unreachable where they are not."""
    if person.address is None or person.address.channel != CHANNEL:
        raise Unreachable("not known in Slack", "unknown")
    return person.address


def without_file(file: File) -> Card:
    """Return the card of a file that cannot be handed over, and say so."""
    words = say("The file {name} could not be attached here.", name=UserText(file.name))
    return replace(file.card, blocks=(*file.card.blocks, Text(words, "quiet")))


def _text(answer: Mapping[str, object], name: str) -> str:
    return str(answer.get(name) or "")
