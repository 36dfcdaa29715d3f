"""Every text that people met in a simulated programme: translatable, in our voice, short."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date

import pytest

from adapters.sim.channel import FakePlatform
from bot.cli.simulation import Wish, simulated
from bot.content import Card, Form, Home, Say, Text
from bot.engine import Answered, Engine
from bot.events import Event
from bot.i18n import Reader
from bot.ports import Delivery
from tests.pseudo import PSEUDO_READER, sentences, untranslated

READER = Reader("en", "Europe/Ljubljana")


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
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

    folder = tmp_path_factory.mktemp("texts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakePlatform, "deliver", delivering)
        patch.setattr(Engine, "receive", receiving)
        for seed, everyone in (("1", None), ("2", "struggles")):
            wish = Wish(pairs=1, seed=seed, start=date(2027, 1, 11), everyone=everyone)  # type: ignore[arg-type]
            asyncio.run(simulated(wish, f"sqlite:///{folder}/{seed}.db"))
    return found


def things(tree: object, wanted: type) -> Iterator[object]:
    """Walk the cards or forms inside a content or reply."""
    if isinstance(tree, wanted):
        yield tree
    if is_dataclass(tree) and not isinstance(tree, type | Say):
        for field in fields(tree):
            yield from things(getattr(tree, field.name), wanted)
    elif isinstance(tree, tuple | list):
        for one in tree:
            yield from things(one, wanted)


def test_every_text_goes_through_translation(met: list[object]) -> None:
    """No word of ours reaches a reader of the pseudo language as it was written."""
    assert [] == sorted({word for thing in met for word in untranslated(thing)})


def test_nobody_is_shouted_at(met: list[object]) -> None:
    """No text of ours has an exclamation mark, an Oops, or more than one emoji (VOICE 3)."""
    ours = {sentence.msgid for thing in met for sentence in sentences(thing)}
    ours |= {text for thing in met for s in sentences(thing) for _, text in s.texts}

    assert [] == sorted(
        t for t in ours if re.search(r"!|\b(oops|don't forget|assigned to)\b", t, re.IGNORECASE)
    )


def test_a_card_says_it_in_forty_words(met: list[object]) -> None:
    """Before details, a card has at most forty words of text; a guide that was opened to be read may have more."""
    long = set()
    for thing in met:
        for card in things(thing, Card):
            assert isinstance(card, Card)
            if isinstance(thing, Home) or any(
                isinstance(b, Text) and b.style == "heading" for b in card.blocks
            ):
                continue  # a home, a digest of several, or a guide opened to be read
            first = [b for b in card.blocks[:1] if isinstance(b, Text)]
            words = " ".join(READER.text(b.words) for b in first).split()
            if len(words) > 40:
                long.add((len(words), READER.text(card.title), " ".join(words)))
    assert [] == sorted(long)


def test_titles_fit_with_forty_percent_more(met: list[object]) -> None:
    """Titles of cards fit in 150 characters in a language with longer words, and titles of dialogs in 40 in ours."""
    cards = {PSEUDO_READER.text(c.title) for t in met for c in things(t, Card) if isinstance(c, Card)}
    assert [] == sorted(title for title in cards if len(title) > 150)
    forms = {READER.text(f.title) for t in met for f in things(t, Form) if isinstance(f, Form)}
    assert [] == sorted(title for title in forms if len(title) > 40)
