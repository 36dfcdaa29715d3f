"""Teams as a channel: a personal chat with each person, where messages can be changed later."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from adapters.teams.connector import Connector
from adapters.teams.limits import Unfit
from adapters.teams.names import CHANNEL, split_message
from adapters.teams.references import Reference, References
from adapters.teams.render import message
from adapters.teams.tokens import SOON_SECONDS
from bot.content import Card, File, GroupIntro, Home, Text, UserText, say
from bot.events import Address
from bot.facts import Person
from bot.i18n import Reader
from bot.ports import Delivery, Links, Refused, Throttled, Unreachable

CHAT = "https://teams.microsoft.com/l/chat/0/0"
CALL = "https://teams.microsoft.com/l/call/0/0"
# Where the Bot Connector takes the first message to a tenant that it never told us the address of.
ANYWHERE = "https://smba.trafficmanager.net/teams/"
# With the ten seconds of the message itself it stays below what the outbox waits, so that one that never
# left is no doubt.
_OPEN_SECONDS = 9.0


class TeamsChannel:
    """
    Deliver cards, files, introductions and homes; see ports.Channel and ports.Calling.

    A file is fetched from our own pages by a link that only its reader can open: Teams takes none from a bot
    without being asked for each. A home is a tab, drawn whenever it is looked at: nothing is sent.
    """

    name = CHANNEL

    def __init__(
        self,
        connector: Connector,
        references: References,
        *,
        links: Links | None = None,
        pictures: str = "",
        app_id: str = "",
    ) -> None:
        """
        Take who makes links to our own pages, and the address before a picture's file name.

        Without links a file's card says that it could not be attached. Without `app_id` nobody is written to in a
        tenant where nobody ever wrote.
        """
        self._pictures = pictures
        self._app_id = app_id
        self._connector = connector
        self._references = references
        self._links = links

    async def deliver(self, delivery: Delivery) -> str:
        """Send or change, and return the message's id; a home has none."""
        who = address_of(delivery.to)
        if isinstance(delivery.content, Home):
            return ""
        drawn = self._drawn(delivery.id, delivery.to, delivery.content)
        if delivery.replaces:
            return await self._change(who, delivery.replaces, drawn)
        return await self._send(who, drawn)

    def chat_link(self, people: Sequence[Person]) -> str:
        """Return the address that opens a chat of these people; "" unless Teams knows them all in one tenant."""
        users = _users(people)
        return f"{CHAT}?users={users}" if users else ""

    def call_link(self, people: Sequence[Person]) -> str:
        """Return the address that begins a video call of these people; "" unless Teams knows them all in one tenant."""
        users = _users(people)
        return f"{CALL}?users={users}&withVideo=true" if users else ""

    # --- drawing

    def _drawn(self, row: str, to: Person, content: Card | File | GroupIntro) -> dict[str, object]:
        reader = Reader(to.language, to.zone)
        link = ""
        if isinstance(content, File):
            if self._links is None:
                content = without_file(content)
            else:
                link = self._links.to(f"file/{row}", to)
        try:
            return message(content, reader, file_link=link, pictures=self._pictures)
        except Unfit as error:
            raise Refused(f"not for Teams: {error}") from None

    # --- calling

    async def _send(self, who: Address, drawn: dict[str, object]) -> str:
        """Send to the person alone; a conversation that Teams no longer knows is opened anew, once."""
        known = await self._references.of(who)
        if known is not None:
            try:
                return await self._connector.post(known, drawn)
            except Refused as error:
                if str(error) != "ConversationNotFound":
                    raise
        return await self._connector.post(await self._opened(who, known), drawn)

    async def _opened(self, who: Address, known: Reference | None) -> Reference:
        """Open the conversation with a person who never wrote; as a rule Teams has said where before."""
        there = known or await self._tenants(who.workspace)
        user = known.user if known is not None else who.user
        try:
            async with asyncio.timeout(_OPEN_SECONDS):
                conversation = await self._connector.open(replace(there, conversation=""), user)
        except TimeoutError:
            raise Throttled(SOON_SECONDS, why="opening the chat took too long") from None
        found = replace(there, conversation=conversation, user=user, entra=who.user)
        await self._references.keep(who, found)
        return found

    async def _tenants(self, tenant: str) -> Reference:
        """Return where a tenant is served: as Teams last said, or before it ever did, by the address for all."""
        told = await self._references.of_tenant(tenant)
        if told is not None:
            return told
        if not self._app_id:
            raise Unreachable("nobody of the tenant has opened the app yet", "not_installed")
        return Reference(
            service_url=ANYWHERE, conversation="", user="", bot=f"28:{self._app_id}", tenant=tenant
        )

    async def _change(self, who: Address, replaces: str, drawn: dict[str, object]) -> str:
        try:
            split_message(replaces)
        except ValueError:
            raise Refused("the message to change was not sent by Teams") from None
        there = await self._references.of(who) or await self._tenants(who.workspace)
        await self._connector.put(there, replaces, drawn)
        return replaces


def address_of(person: Person) -> Address:
    """Return where the person is in Teams; Unreachable where they are not."""
    if person.address is None or person.address.channel != CHANNEL:
        raise Unreachable("not known in Teams", "unknown")
    return person.address


def without_file(file: File) -> Card:
    """Return the card of a file that cannot be handed over, and say so."""
    words = say("The file {name} could not be attached here.", name=UserText(file.name))
    return replace(file.card, blocks=(*file.card.blocks, Text(words, "quiet")))


def _users(people: Sequence[Person]) -> str:
    """Return people as a link names them, by their e-mail addresses; "" where Teams would not know all of them."""
    tenants = [_tenants(person) for person in people]
    if not people or not all(one.email for one in people) or not set.intersection(*tenants):
        return ""
    return ",".join(dict.fromkeys(quote(one.email, safe="") for one in people))


def _tenants(person: Person) -> set[str]:
    there = (person.address, *person.also)
    return {one.workspace for one in there if one is not None and one.channel == CHANNEL}
