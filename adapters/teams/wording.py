"""
Sentences as Teams' two kinds of text: blocks that read Markdown, and runs that read nothing.

The only place that writes either. What holds a sign of Markdown, whoever typed it, stands in runs, so that nothing
has to be escaped: the clients of Teams do not agree on escapes. Our own looks stand in runs too. A block is for
words alone, and for a link of ours, which runs of some clients do not open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from adapters.characters import clean as clean
from adapters.teams import limits
from bot.content import Say
from bot.i18n import Reader
from bot.markup import Rich, Span, plain

Json = limits.Json

# What a text looks like, for blocks and runs alike.
PLAIN: Json = {}
QUIET: Json = {"size": "small", "isSubtle": True}
BOLD: Json = {"weight": "bolder"}
SMALL_TITLE: Json = {"size": "medium", "weight": "bolder"}
TITLE: Json = {"size": "large", "weight": "bolder"}
PAGE_TITLE: Json = {"size": "extraLarge", "weight": "bolder"}
RED: Json = {"size": "small", "color": "attention", "weight": "bolder"}
_HEADINGS = (PAGE_TITLE, TITLE, SMALL_TITLE)

# Teams writes a date or a time in the place of these, wherever they stand: an unseen sign parts the braces.
_FORMULA = re.compile(r"\{(?=\{(?:DATE|TIME)\()", re.IGNORECASE)
_UNSEEN = "\u2060"
# What Markdown, of this client or that, may read: signs of style, links, entities, and what begins a list, a
# heading or code at a line's start. Bare addresses are made links by some clients.
_ACTIVE = re.compile(
    r"[*_~`\[\]<>\\|=^$]|&(?:#|\w+;)|://|\bwww\.|\S@\S|\b(?:mailto|tel):|\{\{|\t"
    r"|^\s|^#|^[-+](?:\s|$)|^\d+[.)](?:\s|$)|^-{2,}",
    re.IGNORECASE | re.MULTILINE,
)
_PARENTHESES = str.maketrans({"(": "%28", ")": "%29", "*": "%2A"})


def spans(words: Say, reader: Reader) -> Rich:
    """Return a sentence as runs that Teams can show; what looks alike is one, whoever wrote it."""
    return _carried(reader.rich(words))


def text(words: Say, reader: Reader) -> str:
    """Return a sentence without looks; a link shows its address behind its label."""
    return plain(spans(words, reader))


def label(words: Say, reader: Reader) -> str:
    """Return a sentence in one line, for what can be pressed or picked."""
    return " ".join(text(words, reader).split())


def inert(words: str) -> bool:
    """Say whether words are words alone to every reader of Markdown."""
    return _ACTIVE.search(words) is None


def written(line: Rich, look: Json = PLAIN) -> list[Json]:
    """
    Write words, an element a line, since some clients lose line ends within one.

    Of blank words nothing is written.
    """
    made: list[Json] = []
    gap = False
    for one in _lines(line):
        if not plain(one).strip():
            gap = bool(made)
            continue
        element = _element(one, look)
        made.append({**element, "spacing": "default" if gap else "none"} if made else element)
        gap = False
    return made


def runs(line: Iterable[Span], look: Json = PLAIN) -> Json:
    """Write one line as runs."""
    return {"type": "RichTextBlock", "inlines": [_run(span, look) for span in line if span.text]}


def _element(line: Rich, look: Json) -> Json:
    block: Json = {"type": "TextBlock", "wrap": True, **look}
    if look in _HEADINGS:
        block["style"] = "heading"
    styled = any(span.bold or span.italic for span in line)
    if not styled:
        if (whole := plain(line)) and inert(whole):
            return {**block, "text": whole}
        if (linked := _markdown(line)) is not None:
            return {**block, "text": linked}
    return runs(line, look)


def _markdown(line: Rich) -> str | None:
    # A line with links of ours in it, where there is nothing else that Markdown would read.
    if not any(span.url and limits.safe(span.url) for span in line):
        return None
    if not inert("".join("x" if span.url else span.text for span in line)):
        return None
    parts = []
    for span in line:
        if not span.url:
            parts.append(span.text)
        elif limits.safe(span.url) and inert(span.text.removeprefix("https://")) and span.text.strip():
            parts.append(f"[{span.text}]({span.url.translate(_PARENTHESES)})")
        else:
            return None
    return "".join(parts)


def _run(span: Span, look: Json) -> Json:
    run: Json = {"type": "TextRun", "text": span.text, **look}
    if span.url:
        run["text"] = plain((span,))
        if limits.safe(span.url):
            run |= {
                "text": span.text,
                "selectAction": {"type": "Action.OpenUrl", "title": span.text, "url": span.url},
            }
    if span.bold:
        run["weight"] = "bolder"
    if span.italic:
        run["italic"] = True
    return run


def _lines(line: Rich) -> Sequence[Rich]:
    if not any("\n" in span.text for span in line):
        return (line,)
    rows: list[list[Span]] = [[]]
    for span in line:
        first, *others = span.text.split("\n")
        rows[-1].append(replace(span, text=first))
        rows += [[replace(span, text=other)] for other in others]
    return [tuple(span for span in row if span.text) for row in rows]


# A company's cards differ in little but names: most of their sentences were carried a moment ago.
@lru_cache(maxsize=4096)
def _carried(rich: Rich) -> Rich:
    made: list[Span] = []
    for span in rich:
        one = Span(_shown(span.text), span.bold, span.italic, clean(span.url))
        last = made[-1] if made else None
        if last and not (last.url or one.url) and (last.bold, last.italic) == (one.bold, one.italic):
            made[-1] = replace(last, text=last.text + one.text)
        else:
            made.append(one)
    return tuple(made)


def _shown(words: str) -> str:
    return _FORMULA.sub("{" + _UNSEEN, clean(words))
