"""A company in Slack on a Thursday afternoon: every mentee's check-in and every mentor's feedback is open."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from adapters.slack import names, render
from benchmarks.scene import SetClock
from bot.app import App, compose
from bot.cli.founding import lived
from bot.content import Role
from bot.events import Address, Pressed
from bot.facts import Person
from bot.i18n import Reader
from bot.outcome import Put, ReplaceCard
from bot.ports import Delivery, Work
from flows.enrol import enrol
from storage.store import open_store

TEAM = "T1"
_START = date(2027, 1, 11)
_FOUNDED = datetime(2027, 1, 11, 6, tzinfo=UTC)
_CHECKED_IN = datetime(2027, 1, 21, 13, 1, tzinfo=UTC)  # a minute after the check-in of week 2
_FEEDBACK = datetime(2027, 1, 21, 9, tzinfo=UTC)
_TAP = "checkin.tap"
TAPPED = ("process", "relationship")  # two questions of three, so that the check-in stays open

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One mentee, their check-in as it stands in Slack, and their mentor."""

    mentee: str
    mentor: str
    message: str
    blocks: tuple[Json, ...]
    step: str  # the ref of the check-in, without the question


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A database and what can be pressed in it."""

    url: str
    at: datetime
    targets: tuple[Target, ...]


class InSlack:
    """A channel that keeps what would stand in Slack."""

    name = names.CHANNEL

    def __init__(self) -> None:
        self.messages: list[tuple[str, Delivery]] = []

    async def deliver(self, delivery: Delivery) -> str:
        """Keep the message and return its id."""
        assert delivery.to.address is not None
        number = len(self.messages) + 1
        message = delivery.replaces or names.message_id(f"D{delivery.to.address.user[1:]}", f"1.{number:06}")
        self.messages.append((message, delivery))
        return message


def room(url: str, pairs: int) -> Room:
    """Fill an empty database with so many pairs, who live the onboarding programme until their second week."""
    store = open_store(url, inline=True, durable=False)
    try:
        store.write_now(partial(_begin, pairs=pairs))
        clock, channel = SetClock(_FOUNDED), InSlack()
        channels = {names.CHANNEL: channel, "mail": channel}
        app = compose(store=store, channels=channels, clock=clock, owner="bench", company="Ithaca")

        async def live() -> tuple[Target, ...]:
            for at in (
                _FOUNDED,
                _FEEDBACK,
                _CHECKED_IN,
            ):  # what was missed on the way is late, and is left out
                clock.at = at
                await app.settle()
            return tuple([await _tapped(app, target) for target in _targets(channel)])

        targets = asyncio.run(live())
    finally:
        store.close_now()
    if len(targets) != pairs:
        raise RuntimeError(f"{len(targets)} of {pairs} mentees have a check-in to press")
    return Room(url=url, at=_CHECKED_IN, targets=targets)


def _begin(work: Work, pairs: int) -> None:
    programme, text = lived()
    work.keep_programme(programme.id, programme.version, text)
    others: dict[Role, tuple[Person, ...]] = {
        "head": (_person("head", 0),),
        "coordinator": (replace(_person("coordinator", 0), is_coordinator=True),),
        "director": (replace(_person("director", 0), is_director=True),),
    }
    for number in range(1, pairs + 1):
        mentor = replace(_person("mentor", number), capacity=3)
        seats = {**others, "mentee": (_person("mentee", number),), "mentor": (mentor,)}
        work.apply([Put(one) for held in seats.values() for one in held], _FOUNDED)
        work.apply(enrol(programme, f"e{number}", seats, _START, _FOUNDED), _FOUNDED)


def _person(role: str, number: int) -> Person:
    return Person(
        id=f"{role}{number}",
        name=f"{role.capitalize()} Novak {number}",
        email=f"{role}{number}@company.example",
        zone="Europe/Ljubljana",
        country="SI",
        address=Address(names.CHANNEL, f"U{role.upper()}{number}", TEAM),
    )


async def _tapped(app: App, target: Target) -> Target:
    """Answer two questions of the three; return the check-in as it stands then."""
    for question in TAPPED:
        pressed = Pressed(
            key=f"{target.message}/{question}",
            who=Address(names.CHANNEL, target.mentee, TEAM),
            verb=_TAP,
            ref=f"{target.step}/{question}",
            value="3",
            message=target.message,
        )
        answered = await app.receive(pressed)
        if not isinstance(answered.reply, ReplaceCard) or answered.to is None:
            raise RuntimeError(f"a tap led to {answered}")
        blocks = render.message(answered.reply.card, Reader(answered.to.language, answered.to.zone)).blocks
        target = replace(target, blocks=blocks)
    return target


def _targets(channel: InSlack) -> Iterator[Target]:
    for message, delivery in channel.messages:
        drawn = render.message(delivery.content, Reader(delivery.to.language, delivery.to.zone))
        step = next(_steps(drawn.blocks), "")
        if step and delivery.to.address is not None:
            mentee = delivery.to.address.user
            yield Target(
                mentee=mentee,
                mentor=mentee.replace("MENTEE", "MENTOR"),
                message=message,
                blocks=drawn.blocks,
                step=step,
            )


def _steps(blocks: tuple[Json, ...]) -> Iterator[str]:
    """Return the check-in that a message asks about."""
    for block in blocks:
        for element in block.get("elements", ()) if block["type"] == "actions" else ():
            found = names.read_control(element.get("value") or " ") if element.get("value") else None
            if found is not None and found.verb == _TAP:
                yield found.ref.rpartition("/")[0]
