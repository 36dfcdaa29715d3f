"""How many taps the weekly check-in of the onboarding programme takes, counted by doing it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from benchmarks.figure import Figure, Size
from benchmarks.place import Place
from benchmarks.scene import BEGIN, SEATS, START, Kept, SetClock, begin_one, bot_on
from bot.app import App
from bot.cli.simulation import programme_text
from bot.content import Ask, Card
from bot.events import Address, Pressed
from bot.outcome import ReplaceCard
from bot.ports import Delivery
from storage.store import open_store

_VERB = "checkin.tap"
_MENTEE = SEATS["mentee"][0].id
_MOST = 20


def taps(size: Size, place: Place) -> Iterator[Figure]:
    """Live to the first check-in and answer it."""
    counted = asyncio.run(_count(place.url("sqlite")))
    yield Figure(
        name="checkin_taps",
        value=counted,
        unit="taps",
        goal="3",
        ok=counted == 3,
        detail="the first check-in of the onboarding programme, tapped until it is done",
    )


async def _count(url: str) -> int:
    clock, channel = SetClock(BEGIN), Kept()
    store = open_store(url, inline=True, durable=False)
    try:
        await store.write(partial(begin_one, text=programme_text(None)[0], enrolment="e1"))
        app = bot_on(store, clock, channel)
        message, card = await _first_check_in(app, clock, channel)
        count = 0
        while (ask := _open(card)) is not None and count < _MOST:
            value = ask.choices[-1].value
            press = Pressed(
                key=f"tap{count}",
                who=Address("bench", _MENTEE),
                verb=ask.verb,
                ref=ask.ref,
                value=value,
                message=message,
            )
            reply = (await app.receive(press)).reply
            if not isinstance(reply, ReplaceCard):
                raise RuntimeError(f"a tap led to {reply}")
            card, count = reply.card, count + 1
        pair = await store.read(lambda work: work.pairs(("e1",))[0])
        if not any(s.step == "checkin" and s.state == "done" for s in pair.steps):
            raise RuntimeError(f"the check-in is not done after {count} taps")
        return count
    finally:
        store.close_now()


async def _first_check_in(app: App, clock: SetClock, channel: Kept) -> tuple[str, Card]:
    await app.settle()
    while clock.at < BEGIN + timedelta(weeks=8):
        for number, delivery in enumerate(channel.messages, 1):
            card = _asking(delivery)
            if card is not None:
                return f"m{number}", card
        at = await app.next_instant()
        if at is None:
            break
        clock.at = max(at, clock.at)
        await app.settle()
    raise RuntimeError(f"no check-in came until {clock.at}; the programme starts on {START}")


def _asking(delivery: Delivery) -> Card | None:
    content = delivery.content
    return content if isinstance(content, Card) and _open(content) is not None else None


def _open(card: Card) -> Ask | None:
    """Return the question of the check-in that waits for a tap."""
    asks = (block for block in card.blocks if isinstance(block, Ask) and block.verb == _VERB)
    return next((ask for ask in asks if not ask.chosen), None)
