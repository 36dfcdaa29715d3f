"""
Sentences in Slack's three ways of writing: rich text, plain text and mrkdwn. The only place that writes any of them.

Rich text and plain text are never read as markup, so they are the rule and what people typed stands in them as it
is. Only mrkdwn needs escapes, and it cannot escape everything: what it would style is written as rich text instead.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from adapters.characters import clean as clean
from adapters.characters import is_clean
from adapters.slack import limits
from bot.content import Say
from bot.i18n import Reader
from bot.markup import Rich, Span, plain

Json = limits.Json
NOBODY: Mapping[str, str] = MappingProxyType({})  # whose name can be pressed: person of ours -> user of Slack

_SAFE = re.compile(r"(?:https?://|mailto:)[^\s<>\"|\\^`{}]+", re.IGNORECASE)
# What mrkdwn would style and offers no escape for: stars and the like, :names: of emoji, a quote at a line's start.
_STYLED = re.compile(r"[*_~`]|:[\w+'-]+:|^\s*>", re.MULTILINE)
_WORD = re.compile(r"\w")
_SEPARATOR: Json = {"type": "text", "text": "\n"}


def spans(words: Say, reader: Reader) -> Rich:
    """Return a sentence as runs that Slack can show."""
    rich = reader.rich(words)
    if all(is_clean(span.text) and is_clean(span.url) for span in rich):
        return rich
    return tuple(replace(span, text=clean(span.text), url=clean(span.url)) for span in rich)


def text(words: Say, reader: Reader) -> str:
    """Return a sentence without looks; a link shows its address behind its label."""
    return plain(spans(words, reader))


def opens(address: str) -> bool:
    """Say whether an address may be made a link: of the web or of mail, and whole."""
    return _SAFE.fullmatch(address) is not None


def plain_text(words: str) -> Json:
    """Write as plain text, in which a :name: makes no emoji."""
    return {"type": "plain_text", "text": words, "emoji": False}


def rich_text(*lines: Iterable[Span], bold: bool = False, mentions: Mapping[str, str] = NOBODY) -> Json:
    """Write lines as one block of rich text; whoever is in `mentions` stands there as a user of Slack."""
    written = (element for line in lines for element in (_SEPARATOR, *_elements(line, bold, mentions)))
    return rich_block(list(written)[1:])


def rich_block(elements: Sequence[Json]) -> Json:
    """Put elements of rich text into a block."""
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": list(elements)}],
    }


def rich_elements(block: Json) -> list[Json]:
    """Return the elements of a block that `rich_text` wrote."""
    sections = block["elements"]
    assert isinstance(sections, list)
    return [element for section in sections for element in section["elements"]]


def small(line: Rich) -> Json:
    """Write small print: plain where it has no looks, mrkdwn where that can say it, else rich text."""
    whole = plain(line)
    if limits.length(whole) <= limits.TEXT_OBJECT:
        shown = plain_text(whole) if not looks(line) else mrkdwn(line)
        if shown is not None:
            return {"type": "context", "elements": [shown]}
    return rich_text(line)


def looks(line: Rich) -> bool:
    """Say whether anything in a line is bold, italic or a link."""
    return any(span.bold or span.italic or span.url for span in line)


def mrkdwn(line: Rich) -> Json | None:
    """
    Write a line as mrkdwn; None where that would style what is to be shown as it is.

    `verbatim` keeps Slack from making links and names out of words.
    """
    written = []
    for place, span in enumerate(line):
        edges = plain(line[:place])[-1:] + plain(line[place + 1 :])[:1]
        one = _mrkdwn(span, edges)
        if one is None:
            return None
        written.append(one)
    whole = "".join(written)
    if limits.length(whole) > limits.TEXT_OBJECT:
        return None
    return {"type": "mrkdwn", "text": whole, "verbatim": True}


def notification(whole: str) -> str:
    """Write a text for where a message's blocks cannot be shown; Slack reads entities there, and mentions."""
    return _escaped(clean(whole))


def _elements(line: Iterable[Span], bold: bool, mentions: Mapping[str, str]) -> list[Json]:
    return [_element(span, span.bold or bold, mentions) for span in line if span.text]


def _element(span: Span, bold: bool, mentions: Mapping[str, str]) -> Json:
    style = {look: True for look, on in (("bold", bold), ("italic", span.italic)) if on}
    shown: Json = {"type": "text", "text": span.text}
    if span.url:
        shown = {"type": "text", "text": plain((span,))}
        if opens(span.url):
            shown = {"type": "link", "url": span.url, "text": span.text}
    elif span.person in mentions:
        shown = {"type": "user", "user_id": mentions[span.person]}
    return {**shown, "style": style} if style else shown


def _mrkdwn(span: Span, edges: str) -> str | None:
    if span.url and opens(span.url):
        shown = span.text if span.text != span.url else ""
        if _STYLED.search(shown) or "\n" in shown:
            return None
        written = f"<{_escaped(span.url)}|{_escaped(shown)}>" if shown else f"<{_escaped(span.url)}>"
    else:
        shown = plain((span,))
        if _STYLED.search(shown):
            return None
        written = _escaped(shown)
    if not (span.bold or span.italic):
        return written
    # A star means bold only between a word and a gap, and only within a line.
    if shown != shown.strip() or not shown or "\n" in shown or _WORD.search(edges):
        return None
    mark = "*" * span.bold
    return f"{mark}_{written}_{mark}" if span.italic else f"{mark}{written}{mark}"


def _escaped(words: str) -> str:
    return html.escape(words, quote=False)
