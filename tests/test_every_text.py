"""Every text that people met in a simulated programme: translatable, in our voice, short."""

from __future__ import annotations

import re

from bot.content import Card, Form, Home, Text
from bot.i18n import Reader
from tests.gathered import things
from tests.pseudo import PSEUDO_READER, sentences, untranslated

READER = Reader("en", "Europe/Ljubljana")


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
    cards = {PSEUDO_READER.text(c.title) for t in met for c in things(t, Card)}
    assert [] == sorted(title for title in cards if len(title) > 150)
    forms = {READER.text(f.title) for t in met for f in things(t, Form)}
    assert [] == sorted(title for title in forms if len(title) > 40)
