"""
The tiny markup of our own templates: **bold**, _italic_, "- " beginning a line, bare addresses, {values}.

A template is parsed before its values are filled in, so what a person typed never becomes markup anywhere.
Braces are doubled to be shown; stars and underscores that close nothing are shown as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache


class BadTemplate(ValueError):
    """A template has a brace that belongs to no value."""


@dataclass(frozen=True, slots=True)
class Span:
    """
    Hold a run of text in one look; line breaks are in the text.

    `given` marks what came from a value: it was translated nowhere and must be escaped everywhere.
    """

    text: str
    bold: bool = False
    italic: bool = False
    url: str = ""
    person: str = ""  # whose name this is, where an adapter may make a mention of it
    given: bool = False


Rich = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """Mark the place of a value."""

    name: str
    bold: bool = False
    italic: bool = False


Template = tuple[Span | Hole, ...]

_TOKEN = re.compile(
    r"""
      (?P<hole> \{[a-z_][a-z0-9_]*\} )
    | (?P<brace> \{\{ | \}\} )
    | (?P<stray> [{}] )
    | (?P<url> https?://[^\s<>{}"]*[^\s<>{}".,;:!?)\]'_*] )
    | (?P<bold> \*\* )
    | (?P<italic> (?<!\w)_(?=[^\s_]) | (?<=[^\s_])_(?!\w) )
    | (?P<item> ^-\ (?=\S) )
    """,
    re.VERBOSE | re.MULTILINE,
)
_BULLET = "\u2022 "


@lru_cache(maxsize=8192)
def parse(template: str) -> Template:
    """Split a template into its runs of text and the places of its values."""
    matches = list(_TOKEN.finditer(template))
    switches = _closed(matches)
    pieces: list[Span | Hole] = []
    bold = italic = False
    end = 0
    for match in matches:
        pieces.append(Span(template[end : match.start()], bold, italic))
        end = match.end()
        found = match.group()
        match match.lastgroup:
            case "hole":
                pieces.append(Hole(found[1:-1], bold, italic))
            case "brace":
                pieces.append(Span(found[0], bold, italic))
            case "url":
                pieces.append(Span(found, bold, italic, url=found))
            case "item":
                pieces.append(Span(_BULLET, bold, italic))
            case "bold" if match.start() in switches:
                bold = not bold
            case "italic" if match.start() in switches:
                italic = not italic
            case "stray":
                raise BadTemplate(
                    f"{template!r} has a lone {found!r} at character {match.start() + 1}: "
                    "write a value as {name}, in small letters, and double a brace that is to be shown"
                )
            case _:
                pieces.append(Span(found, bold, italic))
    pieces.append(Span(template[end:], bold, italic))
    return tuple(joined(pieces))


def placeholders(template: str) -> frozenset[str]:
    """Return the names of the values that a template needs."""
    return frozenset(piece.name for piece in parse(template) if isinstance(piece, Hole))


def plain(rich: Iterable[Span]) -> str:
    """Return the text alone; a link shows its address behind its label."""
    return "".join(_with_address(span) for span in rich)


def joined(pieces: Iterable[Span | Hole]) -> list[Span | Hole]:
    """Join neighbouring runs of the same look and leave out empty ones."""
    result: list[Span | Hole] = []
    for piece in pieces:
        if isinstance(piece, Span):
            if not piece.text:
                continue
            last = result[-1] if result else None
            if isinstance(last, Span) and not (piece.url or piece.person) and _look(last) == _look(piece):
                result[-1] = Span(last.text + piece.text, *_look(piece))
                continue
        result.append(piece)
    return result


def _closed(matches: list[re.Match[str]]) -> frozenset[int]:
    # Where bold and italic really begin and end: each opener with the next closer of its kind.
    places: set[int] = set()
    for kind in ("bold", "italic"):
        found = [match for match in matches if match.lastgroup == kind]
        opened: int | None = None
        for match in found:
            if opened is None:
                opened = match.start() if _may_open(match) else None
            elif _may_close(match):
                places |= {opened, match.start()}
                opened = None
    return frozenset(places)


def _may_open(match: re.Match[str]) -> bool:
    after = match.string[match.end() : match.end() + 1]
    before = match.string[match.start() - 1 : match.start()] if match.start() else ""
    return bool(after.strip()) and (match.group() != "_" or not re.match(r"\w", before))


def _may_close(match: re.Match[str]) -> bool:
    return bool(match.start() and match.string[match.start() - 1].strip())


def _look(span: Span) -> tuple[bool, bool, str, str, bool]:
    return (span.bold, span.italic, span.url, span.person, span.given)


def _with_address(span: Span) -> str:
    return f"{span.text} ({span.url})" if span.url and span.url != span.text else span.text
