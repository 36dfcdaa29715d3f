"""
Find text that did not go through translation: in content, and in what a renderer made of it.

Draw a thing for the language "qps": every letter of ours is then accented, so a plain one came past i18n.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from bot.content import File, Link, Progress, Say, WebLink
from bot.i18n import PSEUDO, Reader

PSEUDO_READER = Reader(PSEUDO, "Europe/Ljubljana")
_WORD = re.compile(r"[A-Za-z]{2,}")
_PROSE = re.compile(r"[A-Za-z]{2,}\s+[A-Za-z]{2,}")


def untranslated(content: object) -> list[str]:
    """
    Return the words of ours in a content or reply that reach the reader in the source language.

    A plain `str` value with several words counts too: what people typed travels as UserText.
    """
    found = []
    for sentence in sentences(content):
        ours = " ".join(span.text for span in PSEUDO_READER.rich(sentence) if not (span.given or span.url))
        found += _WORD.findall(ours)
        found += [value for _, value in sentence.values if isinstance(value, str) and _PROSE.search(value)]
    return found


def leaks(rendered: str, content: object) -> list[str]:
    """Return the plain words in a rendering for PSEUDO_READER that come from no value of the content."""
    values = [*_untouched(content)]
    for sentence in sentences(content):
        values += [span.text for span in PSEUDO_READER.rich(sentence) if span.given or span.url]
    for value in sorted(filter(None, values), key=len, reverse=True):
        rendered = rendered.replace(value, " ")
    return _WORD.findall(rendered)


def _untouched(thing: object) -> Iterator[str]:
    # Texts that nobody translates: addresses, names of files, units that people chose.
    if isinstance(thing, Link | WebLink):
        yield thing.url
    elif isinstance(thing, File | Progress):
        yield thing.name if isinstance(thing, File) else thing.unit
    if is_dataclass(thing) and not isinstance(thing, type):
        for field in fields(thing):
            yield from _untouched(getattr(thing, field.name))
    elif isinstance(thing, tuple):
        for one in thing:
            yield from _untouched(one)


def sentences(thing: object) -> Iterator[Say]:
    """Walk every Say of a content, form or reply, and those nested as values."""
    if isinstance(thing, Say):
        yield thing
        yield from sentences([value for _, value in thing.values])
    elif is_dataclass(thing) and not isinstance(thing, type):
        for field in fields(thing):
            yield from sentences(getattr(thing, field.name))
    elif isinstance(thing, dict):
        for one in thing.values():
            yield from sentences(one)
    elif isinstance(thing, tuple | list):
        for one in thing:
            yield from sentences(one)
