"""
Words in the reader's language, moments in the reader's zone: the only place that translates and formats.

A renderer takes one Reader per delivery and asks it for every text: `rich(say)` where the platform has bold
and links, `text(say)` where it has not, `audience(seen_by)` for the line about who sees an answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from gettext import GNUTranslations
from typing import assert_never

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from bot.audience import who_sees
from bot.catalogues import SOURCE, languages, translations
from bot.content import Audience, Day, Moment, PersonName, Role, Say, UserText, Value, WebLink
from bot.markup import Hole, Rich, Span, joined, parse, plain
from bot.places import local
from bot.pseudo import PSEUDO, pseudo

__all__ = ["PSEUDO", "MissingValue", "Reader", "languages", "own_name", "plain_words", "who_sees", "words"]

_WEEKDAY = re.compile(r"E+|c+")
_MONTH = re.compile(r"M+")


class MissingValue(ValueError):
    """A sentence has a place for which it was given no value."""


@dataclass(frozen=True, slots=True)
class Reader:
    """
    Read sentences out for one person.

    A language that is not offered reads as English; "en-US" reads English with American dates and numbers.
    The language "qps" lengthens and accents every word of ours, for tests of layout and of untranslated text.
    """

    language: str = SOURCE
    zone: str = "UTC"

    def rich(self, sentence: Say) -> Rich:
        """Return a sentence as spans; a value it needs and lacks raises MissingValue."""
        return _read_out(self, sentence, _catalogue(self.language))

    def text(self, sentence: Say) -> str:
        """Return a sentence without markup; a link shows its address behind its label."""
        return _told(self, sentence, _catalogue(self.language))

    def audience(self, seen_by: Audience, own_roles: Collection[Role] = ()) -> str:
        """
        Say who will see an answer, to the person who is asked; "" where there is no audience.

        `own_roles` are roles that this person holds: "you" already says them.
        """
        return self.text(_who_sees(tuple(seen_by), frozenset(own_roles))) if seen_by else ""

    def moment(self, moment: Moment) -> str:
        """Return an instant as "Thu 5 Mar, 14:00", "14:00" or "Thursday 5 March", in the reader's zone."""
        wall = local(moment.at, self.zone)
        match moment.style:
            case "date":
                return self.day(Day(wall.date()))
            case "time":
                return self._time(wall)
        locale = locale_of(self.language)
        day = format_date(wall.date(), _pattern(locale, wide=False), locale=locale)
        return f"{day}, {self._time(wall)}" if locale.language == "en" else f"{day} {self._time(wall)}"

    def day(self, day: Day) -> str:
        """Return a day as "Thursday 5 March" or "5 Mar"."""
        locale = locale_of(self.language)
        pattern = _pattern(locale, wide=True) if day.style == "full" else _skeleton(locale, "MMMd")
        return format_date(day.day, pattern, locale=locale)

    def number(self, number: float) -> str:
        """Return a number with the reader's separators."""
        return format_decimal(number, locale=locale_of(self.language))

    def spans(self, sentence: Say) -> Iterator[Span]:
        """Read a sentence out piece by piece."""
        values = dict(sentence.values)
        pieces = parse(self._template(sentence))
        for piece in pseudo(pieces) if self.language == PSEUDO else pieces:
            if isinstance(piece, Span):
                yield piece
                continue
            if piece.name not in values:
                raise MissingValue(f"no value for {{{piece.name}}} in {sentence.msgid!r}: give it to say()")
            yield from self._value(values[piece.name], piece)

    def _template(self, sentence: Say) -> str:
        own = dict(sentence.texts)
        if own:
            return next((own[one] for one in _widening(self.language) if one in own), sentence.texts[0][1])
        if not sentence.msgid:  # which is a catalogue's header
            return ""
        catalogue = _catalogue(self.language)
        if sentence.n is None:
            return catalogue.gettext(sentence.msgid) if catalogue else sentence.msgid
        if catalogue:
            return catalogue.ngettext(sentence.msgid, sentence.plural, sentence.n)
        return sentence.msgid if abs(sentence.n) == 1 else sentence.plural

    def _value(self, value: Value, hole: Hole) -> Iterator[Span]:
        here = Span("", hole.bold, hole.italic, given=True)
        match value:
            case UserText(text) | str(text):
                yield replace(here, text=text)
            case PersonName(name, person):
                yield replace(here, text=name, person=person)
            case WebLink(label, url):
                yield replace(here, text=label or url, url=url)
            case Moment():
                yield replace(here, text=self.moment(value))
            case Day():
                yield replace(here, text=self.day(value))
            case Say():
                for span in self.spans(value):
                    yield replace(span, bold=span.bold or hole.bold, italic=span.italic or hole.italic)
            case int() | float():
                yield replace(here, text=self.number(value))
            case _:
                assert_never(value)

    def _time(self, wall: datetime) -> str:
        locale = locale_of(self.language)
        return format_time(wall.time(), "short", locale=locale)


# A company's cards and forms differ in little but names: most of their sentences were read out a moment ago.
@lru_cache(maxsize=4096)
def _read_out(reader: Reader, sentence: Say, _in: GNUTranslations | None) -> Rich:
    return tuple(span for span in joined(reader.spans(sentence)) if isinstance(span, Span))


@lru_cache(maxsize=4096)
def _told(reader: Reader, sentence: Say, _in: GNUTranslations | None) -> str:
    return plain(reader.rich(sentence))


@cache
def _who_sees(seen_by: Audience, own_roles: frozenset[Role]) -> Say:
    return who_sees(seen_by, own_roles)


def words(sentence: Say, language: str, zone: str) -> Rich:
    """Return one sentence as spans."""
    return Reader(language, zone).rich(sentence)


def plain_words(sentence: Say, language: str, zone: str) -> str:
    """Return one sentence without markup."""
    return Reader(language, zone).text(sentence)


def own_name(language: str) -> str:
    """Return what a language calls itself, as in "slovenščina"."""
    return locale_of(language).get_language_name() or language


def locale_of(language: str) -> Locale:
    """Return the locale of dates and numbers for a reader's language; English ones are British by default."""
    offered = _offered(language)
    narrow = language != offered and _widening(language)[-1] == offered
    return _locale(language.replace("-", "_") if narrow else offered, offered)


@lru_cache(maxsize=64)
def _locale(narrow: str, offered: str) -> Locale:
    try:
        return Locale.parse("en_GB" if narrow == SOURCE else narrow)
    except (UnknownLocaleError, ValueError):  # a region nobody knows: the language alone decides
        return Locale.parse("en_GB" if offered == SOURCE else offered)


def _catalogue(language: str) -> GNUTranslations | None:
    offered = _offered(language)
    return None if offered == SOURCE else translations(offered)


def _offered(language: str) -> str:
    # English needs no catalogue read: the common case starts quickly.
    if language in (SOURCE, PSEUDO):
        return SOURCE
    return next((one for one in _widening(language) if one in languages()), SOURCE)


def _widening(language: str) -> tuple[str, ...]:
    # "sl-SI" reads sl-SI, else sl.
    narrow = language.replace("_", "-")
    wide = narrow.split("-")[0]
    return (narrow, wide) if narrow != wide else (narrow,)


def _skeleton(locale: Locale, name: str) -> str:
    return str(locale.datetime_skeletons[name].pattern)


@cache
def _pattern(locale: Locale, *, wide: bool) -> str:
    # Day and month in the language's own order; only a few languages name the wide form themselves.
    if not wide:
        return _skeleton(locale, "MMMEd")
    found = _skeleton(locale, "MMMMEd" if "MMMMEd" in locale.datetime_skeletons else "MMMEd")
    return _WEEKDAY.sub(lambda run: run.group()[0] * 4, _MONTH.sub("MMMM", found))
