"""What tests of the outbox share: a clock, a channel that does as it is told, a store with people in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from bot.content import Button, Card, Content, Text, UserText, say
from bot.events import Address
from bot.facts import Enrolment, Person, Record, Seat, StepState
from bot.outbox import Outbox
from bot.outcome import Put, Send, SendKind
from bot.ports import Delivery, Queued
from storage.store import open_store
from storage.transactions import AtCommit

MONDAY = datetime(2027, 1, 11, 9, tzinfo=UTC)
ANA = Person(
    id="ana", name="Ana", email="ana@example.org", zone="UTC", address=Address("chat", "u-ana", "w1")
)


class Clock:
    """A clock that the test moves."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.at = now

    def now(self) -> datetime:
        """Return the present instant."""
        return self.at

    def move(self, **by: float) -> None:
        """Move on by so many hours, days or seconds."""
        self.at += timedelta(**by)


@dataclass
class FakeChannel:
    """A channel that takes every message, or does what `next` says instead, once each."""

    name: str = "chat"
    taken: list[Delivery] = field(default_factory=list)
    calls: int = 0
    next: list[Callable[[Delivery], Awaitable[str]] | BaseException] = field(default_factory=list)

    async def deliver(self, delivery: Delivery) -> str:
        """Take a message."""
        self.calls += 1
        if self.next:
            told = self.next.pop(0)
            if isinstance(told, BaseException):
                raise told
            return await told(delivery)
        return self.take(delivery)

    def take(self, delivery: Delivery) -> str:
        """Remember a message and return its id."""
        self.taken.append(delivery)
        return delivery.replaces or f"m{len(self.taken)}"

    async def take_and_hang(self, delivery: Delivery) -> str:
        """Take the message and never say so."""
        self.take(delivery)
        return await asyncio.Event().wait() or ""


class Mailroom:
    """A store, a clock, two channels and the outbox between them."""

    def __init__(self, url: str = "sqlite://", *, now: datetime = MONDAY, **settings: object) -> None:
        self.url = url
        self.store = open_store(url, inline=True, durable=False)
        self.clock = Clock(now)
        self.chat = FakeChannel()
        self.mail = FakeChannel("mail")
        self.settings = settings
        self.outbox = self.restarted()

    def reopen(self, at_commit: AtCommit | None = None) -> Outbox:
        """Do what a new process does after the old one died: open the database and begin anew."""
        self.store.close_now()
        self.store = open_store(self.url, inline=True, durable=False, at_commit=at_commit)
        return self.restarted()

    def restarted(self, owner: str = "house") -> Outbox:
        """Return an outbox as a new process would make it."""
        given: dict[str, object] = {"concurrency": 1, "timeout_seconds": 0.02, "lease_seconds": 60.0}
        given.update(self.settings)
        self.outbox = Outbox(
            store=self.store,
            channels={"chat": self.chat, "mail": self.mail},
            clock=self.clock,
            owner=owner,
            **given,  # type: ignore[arg-type]
        )
        return self.outbox

    def put(self, *records: Record) -> None:
        """Store records."""
        now = self.clock.now()
        self.store.write_now(lambda work: work.apply([Put(record) for record in records], now))

    def seat(self, person: Person, start: date, enrolment: str = "e1") -> None:
        """Give somebody a seat in a programme that starts on this day."""
        self.put(
            person,
            Enrolment(id=enrolment, programme="p", version="1", start=start, created_at=MONDAY),
            Seat(
                id=f"{enrolment}/seat/mentee/{person.id}",
                enrolment=enrolment,
                role="mentee",
                person=person.id,
            ),
        )

    def step(self, name: str, state: str = "open", enrolment: str = "e1") -> StepState:
        """Store the state of a step of Ana's and return it."""
        made = StepState(
            id=f"{enrolment}/{name}/once/ana",
            enrolment=enrolment,
            step=name,
            occurrence="once",
            person="ana",
            state=state,  # type: ignore[arg-type]
        )
        self.put(made)
        return made

    def intend(self, *sends: Send) -> None:
        """Write intentions."""
        now = self.clock.now()
        self.store.write_now(lambda work: work.intend(sends, now))

    def row(self, key: str) -> Queued:
        """Return the row of an intention."""
        found = self.store.read_now(lambda work: work.row_by_key(key))
        assert found is not None, key
        return found

    def states(self, *keys: str) -> list[str]:
        """Return the states of the rows with these keys."""
        return [self.row(key).state for key in keys]

    def person(self, person_id: str = "ana") -> Person:
        """Return a person as stored."""
        found = self.store.read_now(lambda work: work.person(person_id))
        assert found is not None, person_id
        return found


def card(title: str, ref: str = "") -> Card:
    """Return a card with one button, about `ref`."""
    return Card(
        title=say("{words}", words=UserText(title)),
        blocks=(Text(say("{words}", words=UserText(f"about {title}"))),),
        buttons=(Button(say("Yes"), "yes", ref or title),),
    )


def send(
    key: str,
    kind: SendKind = "invite",
    *,
    to: str = "ana",
    content: Content | None = None,
    at: datetime = MONDAY,
    **more: object,
) -> Send:
    """Return an intention whose card has the key as its title."""
    made = Send(to=to, content=content or card(key), key=key, kind=kind, not_before=at)
    return replace(made, **more)  # type: ignore[arg-type]


def words(content: Content) -> list[str]:
    """Return what people typed, as it stands in a card: here, every text."""
    assert isinstance(content, Card)
    texts = [content.title, *(block.words for block in content.blocks if isinstance(block, Text))]
    return [str(value.text) for text in texts for _, value in text.values if isinstance(value, UserText)]


def titles(deliveries: Sequence[Delivery]) -> list[list[str]]:
    """Return what each delivery tells, without the paragraphs."""
    return [[word for word in words(d.content) if not word.startswith("about ")] for d in deliveries]
