"""The conversations of the bot: which one is whose, and what stands in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.slack.calls import Calls
from adapters.slack.faults import in_doubt
from adapters.slack.names import CHANNEL
from bot.events import Address
from bot.facts import Person
from bot.ports import Unsure

_MOST_PEOPLE = 8  # of one conversation, without the bot
_MANY = 20_000  # conversations remembered before all are asked for anew
_PAGE, _MOST_PAGES = 100, 5

Json = Mapping[str, object]


class Conversations:
    """
    Open conversations and read them.

    People are written to in the conversation that Slack opens for them (im:write), not by their id in its
    place: opening says clearly that somebody cannot be reached before anything was sent, and files and
    history want the conversation's own id. One call a person, for as long as the process runs.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._direct: dict[tuple[str, str], str] = {}

    def known(self, who: Address) -> str:
        """Return the person's conversation, "" where it was not asked for yet."""
        return self._direct.get((who.workspace, who.user), "")

    def forget(self, who: Address) -> None:
        """Ask for the person's conversation again."""
        self._direct.pop((who.workspace, who.user), None)

    async def with_person(self, who: Address, enterprise: str = "") -> str:
        """Return the conversation with one person; the organisation helps to find its installation."""
        channel = self.known(who)
        if not channel:
            channel = await self._open(who.workspace, [who.user], enterprise)
            if len(self._direct) >= _MANY:
                self._direct.clear()
            self._direct[who.workspace, who.user] = channel
        return channel

    async def with_all(self, who: Address, people: Sequence[Person]) -> str:
        """Return the one conversation with `who` and all these people; "" where that cannot be."""
        users = {who.user}
        for person in people:
            there = person.address
            if there is None or (there.channel, there.workspace) != (CHANNEL, who.workspace):
                return ""
            users.add(there.user)
        return await self._open(who.workspace, sorted(users)) if 2 <= len(users) <= _MOST_PEOPLE else ""

    async def since(self, workspace: str, channel: str, oldest: float) -> list[Json]:
        """Return what was said in a conversation, oldest first; needs the scope im:history."""
        found: list[Json] = []
        cursor = ""
        for _ in range(_MOST_PAGES):
            answer = await self._page(workspace, channel, oldest, cursor)
            told = answer.get("messages")
            found += [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
            more = answer.get("response_metadata")
            cursor = str(more.get("next_cursor") or "") if isinstance(more, dict) else ""
            if not cursor:
                return sorted(found, key=lambda one: str(one.get("ts")))
        raise Unsure("too much was said since to look for one message")

    async def _open(self, workspace: str, users: list[str], enterprise: str = "") -> str:
        told = {"users": ",".join(users)}
        answer = await self._calls.post(workspace, "conversations.open", told, enterprise=enterprise)
        channel = answer.get("channel")
        if not isinstance(channel, dict) or not channel.get("id"):
            raise in_doubt("conversations.open", "no conversation")
        return str(channel["id"])

    async def _page(self, workspace: str, channel: str, oldest: float, cursor: str) -> Json:
        told = {
            "channel": channel,
            "oldest": f"{oldest:.6f}",
            "inclusive": True,
            "include_all_metadata": True,
            "limit": _PAGE,
            "cursor": cursor or None,
        }
        return await self._calls.post(workspace, "conversations.history", told)
