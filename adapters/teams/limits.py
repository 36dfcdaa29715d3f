"""What Teams takes and what it refuses, of messages, cards and dialogs, and the checks before anything is sent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adapters.unfit import Blank as Blank
from adapters.unfit import TooLarge as TooLarge
from adapters.unfit import Twice as Twice
from adapters.unfit import Unfit as Unfit
from adapters.unfit import length as length

Json = dict[str, object]

VERSION = "1.5"  # the newest cards that Teams takes from a bot
# Teams refuses a message beyond 100 KB, and asks to stay below 80. It counts UTF-16: two bytes a character.
MESSAGE_BYTES = 80_000
ACTIONS = 6  # of a set of buttons; on a screen the seventh is not drawn, and nobody is told
ATTACHMENTS = 10  # cards of a message
DEPTH = 16  # parts inside each other; Teams names no number, and this is more than any card of ours needs
# Teams names no length for what follows: it ends what does not fit with dots. These fit in a narrow window.
BUTTON_LABEL = 50
ROW_WIDTH = 60  # characters of the labels of a row of buttons
BUTTON_WIDTH = 5  # what stands around each, in characters
DIALOG_TITLE = 60
OPTION_LABEL = 60  # in a menu; beside a button for each there is a second line
OPTIONS = 100  # in a menu
BOXES = 10  # options that are all shown at once

# What has a name must have it once; what asks must say what for.
_FILLED: Mapping[str, tuple[str, ...]] = {
    "TextBlock": ("text",),
    "TextRun": ("text",),
    "RichTextBlock": ("inlines",),
    "ActionSet": ("actions",),
    "FactSet": ("facts",),
    "ColumnSet": ("columns",),
    "Container": ("items",),
    "Image": ("url", "altText"),
    "Input.Text": ("id", "label"),
    "Input.Date": ("id", "label"),
    "Input.Time": ("id", "label"),
    "Input.ChoiceSet": ("id", "label"),
    "Action.OpenUrl": ("title", "url"),
    "Action.Execute": ("title", "verb", "data"),
    "Action.Submit": ("title", "data"),
    "Action.ShowCard": ("title", "card"),
}
_WRITTEN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_SIZES = ("small", "medium", "large")
_SAFE = re.compile(r"(?:https://|mailto:)[^\s<>\"|\\^`{}]+", re.IGNORECASE)
_OURS = re.compile(r"https?://[^\s<>\"|\\^`{}]+", re.IGNORECASE)


def safe(address: str) -> bool:
    """Say whether an address may be opened, whoever wrote it: of the web, encrypted, or of mail, and whole."""
    return _SAFE.fullmatch(address) is not None


def ours(address: str) -> bool:
    """Say whether an address of our own pages may be opened: while developing they are not encrypted."""
    return _OURS.fullmatch(address) is not None


def size(payload: object) -> int:
    """Return how many bytes of UTF-16 Teams counts."""
    return 2 * length(_WRITTEN.encode(payload))


def check(payload: Json) -> None:
    """Raise Unfit where Teams would refuse a message, a card or a dialog, or not draw a part of it."""
    if "attachments" in payload:
        _message(payload)
    elif payload.get("type") == "AdaptiveCard":
        _card(payload)
    else:
        _dialog(payload)
    if (found := size(payload)) > MESSAGE_BYTES:
        raise TooLarge("", MESSAGE_BYTES, found, "bytes")


def _message(payload: Json) -> None:
    attachments = payload["attachments"]
    assert isinstance(attachments, list)
    if not attachments:
        raise Blank("/attachments")
    _most(attachments, "attachments", ATTACHMENTS)
    for place, one in enumerate(attachments):
        try:
            _card(one["content"])
        except Unfit as error:
            error.below(f"attachments/{place}/content")
            raise


def _dialog(payload: Json) -> None:
    title, attachment = payload.get("title"), payload.get("card")
    if not isinstance(title, str) or not title.strip():
        raise Blank("/title")
    _long(title, "title", DIALOG_TITLE)
    for key in ("width", "height"):
        if payload.get(key) not in _SIZES:
            raise Unfit(f"/{key}", f"{payload.get(key)!r} is none of {', '.join(_SIZES)}")
    if not isinstance(attachment, dict):
        raise Blank("/card")
    try:
        _card(attachment["content"])
    except Unfit as error:
        error.below("card/content")
        raise


def _card(card: Json) -> None:
    if card.get("version") != VERSION:
        raise Unfit("/version", f"{card.get('version')!r}, and Teams takes {VERSION!r} from a bot")
    if not (card.get("body") or card.get("actions")):
        raise Blank("/body")
    _part(card, _Seen(set()))


# What follows walks each part of each card that is sent, and writes down no path before something is wrong there.


@dataclass(frozen=True, slots=True)
class _Seen:
    """Hold what a part must know of the card around it."""

    ids: set[str]
    depth: int = 0
    opened: bool = False  # inside a card that a button opens
    line: bool = False  # what is done where a whole line is pressed: nobody sees its title


def _part(part: Json, seen: _Seen) -> None:
    kind = str(part.get("type", ""))
    if seen.depth > DEPTH:
        raise TooLarge("", DEPTH, seen.depth, "parts inside each other")
    for key in _FILLED.get(kind, ()):
        value = part.get(key)
        if not value or (isinstance(value, str) and not value.strip() and kind != "TextRun"):
            raise Blank(f"/{key}")
    if kind in _CHECKS:
        _CHECKS[kind](part)
    if kind.startswith("Action.") and not seen.line:
        _long(str(part["title"]), "title", BUTTON_LABEL)
    if isinstance(name := part.get("id"), str):
        if name in seen.ids:
            raise Twice("/id", name)
        seen.ids.add(name)
    for key, value in part.items():
        if isinstance(value, dict | list) and key not in _CARRIED:
            _inside(key, value, seen)


def _inside(key: str, value: Json | list[object], seen: _Seen) -> None:
    if key == "card" and seen.opened:
        raise Unfit("/card", "opens inside one that opens, and Teams draws only the first")
    inner = _Seen(seen.ids, seen.depth + 1, seen.opened or key == "card", key == "selectAction")
    if isinstance(value, list):
        if key == "actions":
            _most(value, key, ACTIONS)
        for place, one in enumerate(value):
            if isinstance(one, dict):
                try:
                    _part(one, inner)
                except Unfit as error:
                    error.below(f"{key}/{place}")
                    raise
    else:
        try:
            _part(value, inner)
        except Unfit as error:
            error.below(key)
            raise


def _address(part: Json) -> None:
    url = str(part["url"])
    if not (safe(url) or ours(url)):
        raise Unfit("/url", "an address that may not be opened")


def _choices(part: Json) -> None:
    choices = part.get("choices")
    assert isinstance(choices, list)
    if not choices and "choices.data" not in part:
        raise Blank("/choices")
    seen: set[str] = set()
    for place, one in enumerate(choices):
        if not str(one["title"]).strip():
            raise Blank(f"/choices/{place}/title")
        if one["value"] in seen:
            raise Twice(f"/choices/{place}/value", str(one["value"]))
        if part.get("isMultiSelect") and "," in one["value"]:
            raise Unfit(f"/choices/{place}/value", "a comma, which Teams puts between several answers")
        seen.add(one["value"])


def _text(part: Json) -> None:
    most, value = part.get("maxLength"), part.get("value")
    if isinstance(most, int) and isinstance(value, str):
        _long(value, "value", most)


_CHECKS: Mapping[str, Callable[[Json], None]] = {
    "Action.OpenUrl": _address,
    "Image": _address,
    "Input.ChoiceSet": _choices,
    "Input.Text": _text,
}
# What a part holds that is no part itself; what a fallback says is said by the part it stands in for already.
_CARRIED = ("data", "fallback", "msteams", "choices", "choices.data", "facts")


def _long(words: str, key: str, most: int) -> None:
    if 2 * len(words) > most and (found := length(words)) > most:
        raise TooLarge(f"/{key}", most, found)


def _most(parts: Sequence[object], key: str, most: int) -> None:
    if len(parts) > most:
        raise TooLarge(f"/{key}", most, len(parts), "parts")
