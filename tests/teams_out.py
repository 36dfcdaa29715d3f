"""The outbound half of the Teams adapter over a fake Teams and a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.teams.connector import Backoff, Connector
from adapters.teams.deliver import TeamsChannel
from adapters.teams.graph import Graph
from adapters.teams.origin import Origin
from adapters.teams.references import Reference, References
from adapters.teams.states import States
from adapters.teams.tokens import Tokens
from adapters.teams.wire import Wire
from bot.content import Card, Content, Text, UserText, say
from bot.events import Address
from bot.facts import Person
from bot.ports import Delivery
from storage.inline import InlineStore
from storage.store import open_store
from tests.teams_fake import APP, BOT, PACKAGE, SECRET, TENANT, FakeTeams, teams

MONDAY = datetime(2026, 9, 7, 7, 0, tzinfo=UTC)
SECRET_WORDS = "marker-4711"  # what nobody may find in a log or an error
ANA = Person(
    id="ana",
    name="Ana",
    email="ana@example.org",
    zone="Europe/Ljubljana",
    address=Address("teams", "u-ana", TENANT),
)
MATEJ = replace(
    ANA, id="matej", name="Matej", email="matej@example.org", address=Address("teams", "u-matej", TENANT)
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


class Pages:
    """Links to pages that nobody serves."""

    def to(self, page: str, person: Person) -> str:
        """Return where a person's page is."""
        return f"https://bot.example.org/{page}?for={person.id}"


def no_jitter() -> float:
    """Let every wait be what it is."""
    return 0.0


@dataclass
class Office:
    """Everything that sends, by name."""

    fake: FakeTeams
    clock: Clock
    store: InlineStore
    wire: Wire
    tokens: Tokens
    states: States
    references: References
    connector: Connector
    channel: TeamsChannel

    async def deliver(self, content: Content, *, to: Person = ANA, row: str = "7", replaces: str = "") -> str:
        """Hand a content to the channel, as the outbox does."""
        return await self.channel.deliver(Delivery(id=row, to=to, content=content, replaces=replaces))

    async def meets(self, user: str, email: str = "") -> Origin:
        """Let somebody have written to the bot."""
        conversation = self.fake.knows(user, email or f"{user}@example.org")
        came = self.came(user, conversation)
        await self.references.note(came)
        return came

    def came(self, user: str, conversation: str = "", **more: object) -> Origin:
        """Return where something that somebody did came from."""
        told = Origin(
            kind="said",
            activity="1",
            conversation=conversation or f"a:{user}",
            personal=True,
            user=user,
            tenant=TENANT,
            teams_user=f"29:{user}",
            bot=BOT,
            service_url=self.fake.service_url,
        )
        return replace(told, **more)

    def reference(self, user: str = "u-ana", **more: str) -> Reference:
        """Return where somebody is written to."""
        told = Reference(
            service_url=self.fake.service_url,
            conversation=f"a:{user}",
            user=f"29:{user}",
            bot=BOT,
            tenant=TENANT,
            entra=user,
        )
        return replace(told, **more)

    def graph(self, package: str = PACKAGE) -> Graph:
        """Return Graph, as one organisation grants it."""
        return Graph(
            wire=self.wire,
            tokens=self.tokens,
            states=self.states,
            backoff=Backoff(no_jitter),
            package_id=package,
            base_url=self.fake.graph_url,
        )

    def settings(self) -> dict[str, str]:
        """Return all that is stored under the adapter's keys."""
        return dict(self.store.read_now(lambda work: work.settings("teams/")))

    def why(self) -> dict[str, str]:
        """Return why tenants wait."""
        return {state.place: state.why for state in self.states.known()}


def card(words: str = SECRET_WORDS) -> Card:
    """Return a card with somebody's words on it."""
    return Card(say("A question"), (Text(say("{words}", words=UserText(words))),))


@asynccontextmanager
async def office(
    url: str = "sqlite://",
    *,
    secret: str = SECRET,
    certificate: Path | None = None,
    timeout_seconds: float = 10.0,
    wait_seconds: float = 8.0,
    links: Pages | None = None,
    limited: bool = False,
) -> AsyncIterator[Office]:
    """Open a store and a Teams in which nobody has met the bot yet; limits are kept where they are wanted."""
    clock = Clock()
    store = open_store(url, inline=True)
    async with teams(clock) as fake:
        fake.limited = limited
        wire = Wire(timeout_seconds=timeout_seconds)
        tokens = Tokens(
            app_id=APP,
            tenant_id=TENANT,
            clock=clock,
            secret=secret,
            certificate=certificate,
            login_url=fake.login_url,
            wait_seconds=wait_seconds,
        )
        states, references = States(store, clock), References(store, clock)
        connector = Connector(wire=wire, tokens=tokens, states=states, development=True, jitter=no_jitter)
        channel = TeamsChannel(connector, references, links=links)
        try:
            yield Office(fake, clock, store, wire, tokens, states, references, connector, channel)
        finally:
            await wire.close()
            store.close_now()
