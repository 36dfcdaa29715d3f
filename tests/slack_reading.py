"""Read blocks as Slack would show them, knowing nothing of how they were written."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping

from adapters.slack.wording import Json

_ANGLED = re.compile(r"<([^<>]*)>")


def shown(part: object) -> str:
    """Return all words that somebody sees, opens or presses in blocks or a view, in their order."""
    return "\n".join(_shown(part))


def marks(part: object) -> set[str]:
    """
    Return what is more than letters: mentions, links with their address, styles, emoji.

    Of mrkdwn the raw signs are judged, since those alone decide what Slack makes of it.
    """
    return set(_marks(part))


def texts(part: object) -> Iterator[Mapping[str, object]]:
    """Walk the text objects and elements of rich text."""
    for one in _walk(part):
        if isinstance(one.get("text"), str):
            yield one


def _shown(part: object) -> Iterator[str]:
    if isinstance(part, Mapping):
        kind = part.get("type")
        if kind == "rich_text_section":
            yield "".join(_inline(one) for one in part["elements"])
            return
        if kind in ("plain_text", "mrkdwn"):
            yield _decoded(part["text"]) if kind == "mrkdwn" else part["text"]
            return
        for key, value in part.items():
            if key in ("url", "alt_text", "initial_value"):
                yield value
            yield from _shown(value)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _shown(one)


def _inline(element: Json) -> str:
    if element["type"] == "user":
        return f"@{element['user_id']}"
    address = f" ({element['url']})" if "url" in element else ""
    return f"{element['text']}{address}"


def _decoded(text: str) -> str:
    def link(found: re.Match[str]) -> str:
        address, _, label = found[1].partition("|")
        return f"{label} ({address})" if label else address

    return html.unescape(_ANGLED.sub(link, text))


def _marks(part: object) -> Iterator[str]:
    for one in _walk(part):
        match one.get("type"):
            case "plain_text" if one.get("emoji") is not False:
                yield "emoji"
            case "mrkdwn":
                yield from _raw_marks(str(one["text"]))
                if one.get("verbatim") is not True:
                    yield "names and addresses made links"
            case "link":
                yield f"link {one['url']}"
            case "user" | "usergroup" | "channel" | "broadcast" | "emoji" | "date" | "markdown" as kind:
                yield str(kind)
        style = one.get("style")
        if isinstance(style, Mapping):
            yield from style


def _raw_marks(text: str) -> Iterator[str]:
    yield from (f"link {inside.partition('|')[0]}" for inside in _ANGLED.findall(text))
    rest = _ANGLED.sub("x", text)
    if "<" in rest or ">" in rest or re.search(r"&(?!amp;|lt;|gt;)", rest):
        yield "unescaped"
    for sign, name in (("*", "bold"), ("_", "italic"), ("~", "strike"), ("`", "code")):
        if sign in rest:
            yield name
    if re.search(r":[\w+-]+:", rest):
        yield "emoji"
    if re.search(r"^\s*&gt;", rest, re.MULTILINE):
        yield "quote"


def _walk(part: object) -> Iterator[Mapping[str, object]]:
    if isinstance(part, Mapping):
        yield part
        for value in part.values():
            yield from _walk(value)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _walk(one)
