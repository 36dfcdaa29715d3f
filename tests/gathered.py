"""Everything that people met in a simulated programme, and the worst that may stand in its places."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest

from adapters.sim.channel import FakePlatform
from adapters.sim.filling import MARKER
from bot.cli.simulation import Wish, simulated
from bot.content import PersonName, Say, UserText
from bot.engine import Engine
from bot.events import Event
from bot.ports import Answered, Delivery

T = TypeVar("T")

# Long, with signs of four bytes, right to left, and what other renderers would read as markup.
WORST_NAME = "Aleksandra-Konstantina Papadopoulou <@U1> 🦊 von und zu Hohenstein-Waldburg-Zeil עדי"
WORST_WORDS = "Went *well*, <!channel> & more 🦊 שלום: "


def lived(folder: Path) -> list[object]:
    """Return all contents and replies of two programmes lived by people who answer, forget and struggle."""
    found: list[object] = []
    deliver, receive = FakePlatform.deliver, Engine.receive

    async def delivering(platform: FakePlatform, delivery: Delivery) -> str:
        found.append(delivery.content)
        return await deliver(platform, delivery)

    async def receiving(engine: Engine, event: Event) -> Answered:
        answered = await receive(engine, event)
        found.append(answered.reply)
        return answered

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakePlatform, "deliver", delivering)
        patch.setattr(Engine, "receive", receiving)
        for seed, everyone in (("1", None), ("2", "struggles")):
            wish = Wish(pairs=1, seed=seed, start=date(2027, 1, 11), everyone=everyone)  # type: ignore[arg-type]
            asyncio.run(simulated(wish, f"sqlite:///{folder}/{seed}.db"))
    return found


def things(tree: object, wanted: type[T]) -> Iterator[T]:
    """Walk the cards, forms or the like inside a content or reply."""
    if isinstance(tree, wanted):
        yield tree
    if is_dataclass(tree) and not isinstance(tree, type | Say):
        for field in fields(tree):
            yield from things(getattr(tree, field.name), wanted)
    elif isinstance(tree, tuple | list):
        for one in tree:
            yield from things(one, wanted)


def worst(tree: T, most: int) -> T:
    """Return the same with a very long name for every person and `most` characters for all that was typed."""
    grown = _worst(tree, most)
    assert isinstance(grown, type(tree))
    return grown


def _worst(tree: object, most: int) -> object:
    match tree:
        case PersonName():
            return replace(tree, name=WORST_NAME)
        case UserText(text) if re.search(MARKER, text):
            return UserText((WORST_WORDS * (most // len(WORST_WORDS) + 1))[:most])
        case tuple():
            return tuple(_worst(one, most) for one in tree)
        case _ if is_dataclass(tree) and not isinstance(tree, type):
            return replace(tree, **{f.name: _worst(getattr(tree, f.name), most) for f in fields(tree)})
        case _:
            return tree
