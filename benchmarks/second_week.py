"""A company on a Thursday afternoon: every mentee's check-in and every mentor's feedback is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial

from benchmarks.scene import SetClock
from bot.app import App, compose
from bot.cli.founding import lived
from bot.content import Ask, Card, Role
from bot.events import Address, Pressed
from bot.facts import Person
from bot.outcome import Put, ReplaceCard
from bot.ports import Delivery, Work
from flows.enrol import enrol
from storage.store import open_store

_START = date(2027, 1, 11)
_FOUNDED = datetime(2027, 1, 11, 6, tzinfo=UTC)
_CHECKED_IN = datetime(2027, 1, 21, 13, 1, tzinfo=UTC)  # a minute after the check-in of week 2
_FEEDBACK = datetime(2027, 1, 21, 9, tzinfo=UTC)
_TAP = "checkin.tap"
TAPPED = ("process", "relationship")  # two questions of three, so that the check-in stays open


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """One mentee, their check-in as it stands in the chat, and their mentor."""

    mentee: Person
    mentor: str  # the user's id
    message: str
    card: Card
    step: str  # the ref of the check-in, without the question


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A database and what is open in it."""

    at: datetime
    checkins: tuple[Open, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A platform: what it is called, who a person is there, and which id the n-th message to a user has."""

    channel: str
    workspace: str
    user: Callable[[str], str]
    message: Callable[[str, int], str]


class _InChat:
    """A channel that keeps what would stand there."""

    def __init__(self, chat: Chat) -> None:
        self.name = chat.channel
        self._chat = chat
        self.messages: list[tuple[str, Delivery]] = []

    async def deliver(self, delivery: Delivery) -> str:
        """Keep the message and return its id."""
        assert delivery.to.address is not None
        number = len(self.messages) + 1
        message = delivery.replaces or self._chat.message(delivery.to.address.user, number)
        self.messages.append((message, delivery))
        return message


def second_week(url: str, pairs: int, chat: Chat) -> Week:
    """Fill an empty database with so many pairs, who live the onboarding programme until their second week."""
    store = open_store(url, inline=True, durable=False)
    try:
        store.write_now(partial(_begin, pairs=pairs, chat=chat))
        clock, channel = SetClock(_FOUNDED), _InChat(chat)
        channels = {chat.channel: channel, "mail": channel}
        app = compose(store=store, channels=channels, clock=clock, owner="bench", company="Ithaca")

        async def live() -> tuple[Open, ...]:
            # What was missed on the way is late, and is left out.
            for at in (_FOUNDED, _FEEDBACK, _CHECKED_IN):
                clock.at = at
                await app.settle()
            return tuple([await _tapped(app, one) for one in _open(channel, chat)])

        checkins = asyncio.run(live())
    finally:
        store.close_now()
    if len(checkins) != pairs:
        raise RuntimeError(f"{len(checkins)} of {pairs} mentees have a check-in to press")
    return Week(at=_CHECKED_IN, checkins=checkins)


def _begin(work: Work, pairs: int, chat: Chat) -> None:
    programme, text = lived()
    work.keep_programme(programme.id, programme.version, text)
    others: dict[Role, tuple[Person, ...]] = {
        "head": (_person(chat, "head", 0),),
        "coordinator": (replace(_person(chat, "coordinator", 0), is_coordinator=True),),
        "director": (replace(_person(chat, "director", 0), is_director=True),),
    }
    for number in range(1, pairs + 1):
        mentor = replace(_person(chat, "mentor", number), capacity=3)
        seats = {**others, "mentee": (_person(chat, "mentee", number),), "mentor": (mentor,)}
        work.apply([Put(one) for held in seats.values() for one in held], _FOUNDED)
        work.apply(enrol(programme, f"e{number}", seats, _START, _FOUNDED), _FOUNDED)


def _person(chat: Chat, role: str, number: int) -> Person:
    return Person(
        id=f"{role}{number}",
        name=f"{role.capitalize()} Novak {number}",
        email=f"{role}{number}@company.example",
        zone="Europe/Ljubljana",
        country="SI",
        address=Address(chat.channel, chat.user(f"{role}{number}"), chat.workspace),
    )


async def _tapped(app: App, checkin: Open) -> Open:
    """Answer two questions of the three; return the check-in as it stands then."""
    assert checkin.mentee.address is not None
    for question in TAPPED:
        pressed = Pressed(
            key=f"{checkin.message}/{question}",
            who=checkin.mentee.address,
            verb=_TAP,
            ref=f"{checkin.step}/{question}",
            value="3",
            message=checkin.message,
        )
        answered = await app.receive(pressed)
        if not isinstance(answered.reply, ReplaceCard):
            raise RuntimeError(f"a tap led to {answered}")
        checkin = replace(checkin, card=answered.reply.card)
    return checkin


def _open(channel: _InChat, chat: Chat) -> Iterator[Open]:
    for message, delivery in channel.messages:
        card = delivery.content
        step = next(_steps(card), "") if isinstance(card, Card) else ""
        if step and isinstance(card, Card):
            mentor = chat.user(delivery.to.id.replace("mentee", "mentor"))
            yield Open(mentee=delivery.to, mentor=mentor, message=message, card=card, step=step)


def _steps(card: Card) -> Iterator[str]:
    """Return the check-in that a card asks about."""
    for block in card.blocks:
        if isinstance(block, Ask) and block.verb == _TAP:
            yield block.ref.rpartition("/")[0]
