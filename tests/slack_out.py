"""The outbound half of the Slack adapter over a fake Slack and a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from slack_sdk.oauth.installation_store import Installation

from adapters.slack.calls import Calls
from adapters.slack.conversations import Conversations
from adapters.slack.deliver import SlackChannel
from adapters.slack.installations import Installations
from adapters.slack.mentions import Mentions
from adapters.slack.states import States
from adapters.slack.vault import Vault, new_key
from adapters.slack.wire import Wire
from bot.content import Card, Content, Text, UserText, say
from bot.events import Address
from bot.facts import Person
from bot.ports import Delivery
from storage.inline import InlineStore
from storage.store import open_store
from tests.slack_fake import FakeSlack, slack

MONDAY = datetime(2026, 9, 7, 7, 0, tzinfo=UTC)
TOKEN = "xoxb-lipa-1"
SECRET_WORDS = "marker-4711"  # what nobody may find in a log or an error
ANA = Person(
    id="ana",
    name="Ana",
    email="ana@example.org",
    zone="Europe/Ljubljana",
    address=Address("slack", "UANA", "T1"),
)
MATEJ = replace(
    ANA, id="matej", name="Matej", email="matej@example.org", address=Address("slack", "UMATEJ", "T1")
)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = MONDAY) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self.at

    def move(self, **by: float) -> None:
        """Let time pass."""
        self.at += timedelta(**by)


@dataclass
class Office:
    """Everything that sends, by name."""

    fake: FakeSlack
    clock: Clock
    store: InlineStore
    vault: Vault
    wire: Wire
    installations: Installations
    states: States
    calls: Calls
    conversations: Conversations
    channel: SlackChannel

    async def deliver(self, content: Content, *, to: Person = ANA, row: str = "7", replaces: str = "") -> str:
        """Hand a content to the channel, as the outbox does."""
        return await self.channel.deliver(Delivery(id=row, to=to, content=content, replaces=replaces))

    def settings(self) -> dict[str, str]:
        """Return all that is stored under the adapter's keys."""
        return dict(self.store.read_now(lambda work: work.settings("slack/")))


def card(words: str = SECRET_WORDS) -> Card:
    """Return a card with somebody's words on it."""
    return Card(say("A question"), (Text(say("{words}", words=UserText(words))),))


def installation(
    team: str = "T1", token: str = TOKEN, *, enterprise: str = "", **more: object
) -> Installation:
    """Return an installation as an installed workspace leaves it, or with no team an organisation."""
    found = Installation(
        app_id="A1",
        team_id=team or None,
        enterprise_id=enterprise or None,
        bot_token=token,
        bot_id="BBOT",
        bot_user_id="UBOT",
        bot_scopes="chat:write,commands",
        user_id="UADMIN",
        is_enterprise_install=not team,
        installed_at=MONDAY.timestamp(),
    )
    for name, value in more.items():
        setattr(found, name, value)
    return found


@asynccontextmanager
async def office(
    url: str = "sqlite://", *, bot_token: str = "", timeout_seconds: float = 10.0, **granted: bool
) -> AsyncIterator[Office]:
    """Open a store and a Slack where the app is installed in T1, unless the token is a configured one."""
    clock = Clock()
    store = open_store(url, inline=True)
    async with slack(clock) as fake:
        wire = Wire(api_url=fake.api_url, timeout_seconds=timeout_seconds)
        vault = Vault([new_key()])
        installations = Installations(store, clock, vault=vault, bot_token=bot_token)
        if not bot_token:
            await installations.async_save(installation())
        states = States(store, clock)
        calls = Calls(wire=wire, bots=installations, states=states)
        conversations = Conversations(calls)
        channel = SlackChannel(calls, store, conversations, mentions=Mentions(store, clock), **granted)
        try:
            yield Office(
                fake, clock, store, vault, wire, installations, states, calls, conversations, channel
            )
        finally:
            await wire.close()
            store.close_now()
