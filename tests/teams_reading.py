"""Read cards as Teams would show them, knowing nothing of how they were written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# What is shown where nothing reads Markdown, and what it is shown by.
_WORDS = ("title", "label", "value", "altText", "url", "text", "placeholder", "errorMessage")
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^\s()]*)\)")
_SIGNS = re.compile(r"[*_~`\[\]<>\\]|^\s*#|^\s*(?:[-+]|\d+[.)])\s|://|www\.|&#?\w+;|\{\{", re.MULTILINE)


def shown(payload: object) -> str:
    """Return all words that somebody sees, opens or presses in a message, a dialog or a card, in their order."""
    return "\n".join(_shown(payload))


def marks(payload: object) -> set[str]:
    """
    Return what is more than letters: links with their address, bold, italic, and signs of Markdown where it is read.

    The title of what can be pressed, and what stands in an input, is read by nothing.
    """
    return set(_marks(payload))


def parts(payload: object, kind: str = "") -> Iterator[Mapping[str, object]]:
    """Walk the elements, inputs and actions, or those of a kind, that a client of today draws."""
    if isinstance(payload, Mapping):
        if str(payload.get("type", "")).startswith(kind) and "type" in payload:
            yield payload
        for key, value in payload.items():
            if key not in ("fallback", "data", "msteams"):
                yield from parts(value, kind)
    elif isinstance(payload, list | tuple):
        for one in payload:
            yield from parts(one, kind)


def _shown(part: object) -> Iterator[str]:
    if isinstance(part, Mapping):
        kind = part.get("type")
        if kind == "RichTextBlock":
            yield "".join(_run(one) for one in part["inlines"])
            return
        for key, value in part.items():
            if key in _WORDS and isinstance(value, str):
                yield _LINK.sub(r"\1 (\2)", value) if (kind, key) == ("TextBlock", "text") else value
            elif key == "selectAction" and kind != "TextRun":
                continue  # it is read out: the words it is about stand in the line
            elif key not in ("fallback", "data", "msteams", "choices.data"):
                yield from _shown(value)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _shown(one)


def _run(run: Mapping[str, object]) -> str:
    action = run.get("selectAction")
    return f"{run['text']} ({action['url']})" if isinstance(action, Mapping) else str(run["text"])


def _marks(payload: object) -> Iterator[str]:
    for part in parts(payload):
        match part["type"]:
            case "TextBlock":
                yield from _read(str(part["text"]))
            case "FactSet":
                facts = part["facts"]
                assert isinstance(facts, list)
                for fact in facts:
                    yield from _read(str(fact["title"]))
                    yield from _read(str(fact["value"]))
            case "Input.ChoiceSet" if part["style"] == "expanded":
                choices = part["choices"]
                assert isinstance(choices, list)
                for choice in choices:
                    yield from _read(str(choice["title"]))
            case "RichTextBlock":
                inlines = part["inlines"]
                assert isinstance(inlines, list)
                for run in inlines:
                    yield from _looks(run)


def _read(text: str) -> Iterator[str]:
    yield from (f"link {address}" for _, address in _LINK.findall(text))
    yield from (f"sign {sign}" for sign in _SIGNS.findall(_LINK.sub("x", text)))


def _looks(run: Mapping[str, object]) -> Iterator[str]:
    action = run.get("selectAction")
    if isinstance(action, Mapping):
        yield f"link {action['url']}"
    if run.get("weight") == "bolder" and run.get("color") is None:
        yield "bold"
    if run.get("italic"):
        yield "italic"
    if re.search(r"\{\{(?:DATE|TIME)", str(run["text"]), re.IGNORECASE):
        yield "formula"
