"""What Slack takes and what it refuses: every number of Block Kit, and the checks before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from adapters.unfit import Blank as Blank
from adapters.unfit import TooLarge as TooLarge
from adapters.unfit import Twice as Twice
from adapters.unfit import Unfit as Unfit
from adapters.unfit import length as length

Json = dict[str, object]

# Lengths are in characters as a browser counts them (UTF-16): an emoji is two, so that neither way of counting
# finds more than we did.
HEADER = 150
SECTION = 3000
TEXT_OBJECT = 3000  # any text that has no limit of its own
BUTTON_LABEL = 75
BUTTON_VALUE = 2000
ADDRESS = 3000
OPTION_LABEL = 75
OPTION_DESCRIPTION = 75
OPTION_VALUE = 150
INPUT_LABEL = 2000
INPUT_HINT = 2000
INPUT_TEXT = 3000
PLACEHOLDER = 150
ALT_TEXT = 2000
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_LABEL = 30
VIEW_TITLE = 24
VIEW_METADATA = 3000
IDENTIFIER = 255

ROW = 25  # buttons of an actions block
CONTEXT = 10
SECTION_FIELDS = 10
BOXES = 10  # radio buttons and checkboxes
OPTIONS = 100
GROUPS = 100
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100

MESSAGE_TEXT = 40_000  # Slack cuts what is longer
UPDATE_TEXT_BYTES = 4_000  # chat.update refuses a longer text, and counts bytes
VIEW_BYTES = 250_000
# Slack documents no size of a whole message. It was seen to refuse 13,200 characters over all blocks, and fewer
# where there are many blocks: each weighs about a hundred.
MESSAGE_WEIGHT = 13_000
BLOCK_WEIGHT = 100
MENTION = 20  # characters of a person, whom Slack shows by a name of its own

_LENGTHS: Mapping[str, Mapping[str, int]] = {
    "header": {"text": HEADER},
    "section": {"text": SECTION},
    "input": {"label": INPUT_LABEL, "hint": INPUT_HINT},
    "image": {"alt_text": ALT_TEXT, "image_url": ADDRESS},
    "button": {"text": BUTTON_LABEL, "value": BUTTON_VALUE, "url": ADDRESS},
    "link": {"url": ADDRESS},
    "plain_text_input": {"initial_value": INPUT_TEXT},
    "option": {"text": OPTION_LABEL, "description": OPTION_DESCRIPTION, "value": OPTION_VALUE},
    "option group": {"label": OPTION_LABEL},
    "confirm": {
        "title": CONFIRM_TITLE,
        "text": CONFIRM_TEXT,
        "confirm": CONFIRM_LABEL,
        "deny": CONFIRM_LABEL,
    },
    "modal": {
        "title": VIEW_TITLE,
        "submit": VIEW_TITLE,
        "close": VIEW_TITLE,
        "private_metadata": VIEW_METADATA,
    },
    "home": {"private_metadata": VIEW_METADATA},
    "plain_text": {"text": TEXT_OBJECT},
    "mrkdwn": {"text": TEXT_OBJECT},
}
# Wherever they stand.
_ANY: Mapping[str, int] = {
    "action_id": IDENTIFIER,
    "block_id": IDENTIFIER,
    "callback_id": IDENTIFIER,
    "placeholder": PLACEHOLDER,
}
_NONE: Mapping[str, int] = {}
_COUNTS: Mapping[str, Mapping[str, int]] = {
    "actions": {"elements": ROW},
    "context": {"elements": CONTEXT},
    "section": {"fields": SECTION_FIELDS},
    "radio_buttons": {"options": BOXES},
    "checkboxes": {"options": BOXES},
    "static_select": {"options": OPTIONS, "option_groups": GROUPS},
    "multi_static_select": {"options": OPTIONS, "option_groups": GROUPS},
    "option group": {"options": OPTIONS},
    "modal": {"blocks": VIEW_BLOCKS},
    "home": {"blocks": VIEW_BLOCKS},
    "message": {"blocks": MESSAGE_BLOCKS},
    "picker": {"options": OPTIONS},
}
# Parts that carry no type of their own are known by where they stand.
_KINDS: Mapping[str, str] = {
    "options": "option",
    "initial_option": "option",
    "initial_options": "option",
    "option_groups": "option group",
    "confirm": "confirm",
}
# What must not be empty, and what must not be there twice beside its like.
_FILLED: Mapping[str, tuple[str, ...]] = {
    "plain_text": ("text",),
    "mrkdwn": ("text",),
    "text": ("text",),
    "link": ("url",),
    "user": ("user_id",),
    "rich_text": ("elements",),
    "rich_text_section": ("elements",),
    "actions": ("elements",),
    "context": ("elements",),
    "radio_buttons": ("options",),
    "checkboxes": ("options",),
    "option group": ("options",),
}
_READ = ("text", "alt_text")
_UNIQUE: Mapping[str, str] = {"elements": "action_id", "options": "value", "blocks": "block_id"}


def check_message(text: str, blocks: Sequence[Json]) -> None:
    """Raise Unfit where Slack would refuse or cut a message."""
    if 2 * len(text) > MESSAGE_TEXT:
        _long(text, "text", MESSAGE_TEXT)
    found = _check({"blocks": blocks}, "message") + BLOCK_WEIGHT * len(blocks)
    if found > MESSAGE_WEIGHT:
        raise TooLarge("/blocks", MESSAGE_WEIGHT, found, "characters over all blocks")


def check_view(view: Json) -> None:
    """Raise Unfit where Slack would refuse a modal or a home."""
    kind, blocks = str(view["type"]), view.get("blocks")
    _check(view, kind)
    if kind == "modal" and "submit" not in view and isinstance(blocks, list):
        inputs = [at for at, block in enumerate(blocks) if block.get("type") == "input"]
        if inputs:
            raise Unfit("/submit", f"missing, and the input at /blocks/{inputs[0]} needs it")
    found = len(json.dumps(view))
    if found > VIEW_BYTES:
        raise TooLarge("", VIEW_BYTES, found, "bytes")


def check_options(options: Sequence[Json]) -> None:
    """Raise Unfit where Slack would refuse the options of a picker that loads them."""
    _check({"options": options}, "picker")


# What follows walks each part of each message that is sent: it takes dicts and lists as they are built here, asks
# for the kind of nothing twice, and writes down no path before something is wrong there.

_Rule = tuple[tuple[str, ...], Mapping[str, int], Mapping[str, int]]
_PLAIN: _Rule = ((), _ANY, _NONE)
_RULES: Mapping[str, _Rule] = {
    kind: (_FILLED.get(kind, ()), {**_ANY, **_LENGTHS.get(kind, _NONE)}, _COUNTS.get(kind, _NONE))
    for kind in {*_FILLED, *_LENGTHS, *_COUNTS}
}


def _check(part: Json, kind: str) -> int:
    """Raise Unfit where Slack would refuse this part; return how many characters people read in it."""
    filled, lengths, counts = _RULES.get(kind, _PLAIN)
    for key in filled:
        if not part.get(key):
            raise Blank(f"/{key}")
    found = MENTION if kind == "user" else 0
    for key, value in part.items():
        most = lengths.get(key)
        if isinstance(value, str):
            if most is not None and 2 * len(value) > most:  # no text is longer than twice its signs
                _long(value, key, most)
            if key in _READ:
                found += length(value)
            continue
        if not isinstance(value, dict | list | tuple):
            continue
        try:
            if isinstance(value, dict):
                if most is not None:
                    _long(value.get("text"), "text", most)
                its_kind = _KINDS.get(key) or value.get("type", "")
                words = value.get("text") if its_kind == "plain_text" else None
                # Half of all parts are such texts: where one is short, there is nothing more to see.
                if isinstance(words, str) and 0 < 2 * len(words) <= TEXT_OBJECT:
                    found += length(words)
                else:
                    found += _check(value, its_kind)
            else:
                found += _several(value, key, counts.get(key))
        except Unfit as error:
            error.below(key)
            raise
    if kind == "plain_text_input":
        _input(part)
    return found


def _several(parts: Sequence[object], key: str, most: int | None) -> int:
    if most is not None and len(parts) > most:
        raise TooLarge("", most, len(parts), "parts")
    if key in _UNIQUE:
        _once(parts, _UNIQUE[key])
    kind = _KINDS.get(key)
    found = 0
    for place, one in enumerate(parts):
        if isinstance(one, dict):
            try:
                found += _check(one, kind or one.get("type", ""))
            except Unfit as error:
                error.below(place)
                raise
    return found


def _input(part: Json) -> None:
    most = part.get("max_length")
    if isinstance(most, int):
        if most > INPUT_TEXT:
            raise TooLarge("/max_length", INPUT_TEXT, most)
        _long(part.get("initial_value"), "initial_value", most)


def _long(text: object, key: str, most: int) -> None:
    if isinstance(text, str) and (found := length(text)) > most:
        raise TooLarge(f"/{key}", most, found)


def _once(several: Sequence[object], key: str) -> None:
    seen: set[object] = set()
    for place, one in enumerate(several):
        name = one.get(key) if isinstance(one, dict) else None
        if name is not None and name in seen:
            raise Twice(f"/{place}/{key}", str(name))
        seen.add(name)
