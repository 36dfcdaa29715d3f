"""From the page's JSON to events. What does not fit is refused, with its place; nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar, cast

from adapters.playground.room import TEMPERAMENTS, Temperament
from bot.events import Address, Commanded, Event, HomeOpened, Pressed, Said, Submitted

CHANNEL = "playground"
COMMAND = "/mentor"
_MOST = 4000  # characters of one value: twice what the longest field takes
_MOST_VALUES = 60

Stride = Literal["next", "day", "week", "end", "until", "stop"]
_STRIDES: tuple[Stride, ...] = ("next", "day", "week", "end", "until", "stop")
C = TypeVar("C", bound=str)


class BadRequest(ValueError):
    """What the page sent is not understood; the text names the place."""


@dataclass(frozen=True, slots=True)
class Act:
    """An event, and the message on the page that it came from (0 = the home, or the line at the bottom)."""

    event: Event
    person: str
    message: int = 0
    words: str = ""  # what to show as the person's own words


def read_json(body: bytes) -> Mapping[str, object]:
    """Return the object that a request's body holds."""
    try:
        found = json.loads(body)
    except ValueError as error:
        raise BadRequest(f"the body is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadRequest("the body must be a JSON object")
    return cast(Mapping[str, object], found)


def read_act(body: Mapping[str, object]) -> Act:
    """Return what somebody did: `kind` is press, submit, say or home."""
    kind, key, person = (_text(body, name, filled=True) for name in ("kind", "key", "who"))
    who = Address(CHANNEL, person)
    match kind:
        case "press":
            _only(body, "verb", "ref", "value", "message")
            verb, ref, value = _text(body, "verb", filled=True), _text(body, "ref"), _text(body, "value")
            message = _number(body, "message")
            sent = str(message) if message else ""
            pressed = Pressed(key=key, who=who, verb=verb, ref=ref, value=value, message=sent)
            return Act(pressed, person, message)
        case "submit":
            _only(body, "verb", "ref", "values", "message")
            verb, ref = _text(body, "verb", filled=True), _text(body, "ref")
            event = Submitted(key=key, who=who, verb=verb, ref=ref, values=_values(body))
            return Act(event, person, _number(body, "message"))
        case "say":
            _only(body, "text")
            text = _text(body, "text", filled=True)
            return Act(_spoken(key, who, text), person, words=text)
        case "home":
            _only(body)
            return Act(HomeOpened(key=key, who=who), person)
    raise BadRequest(f"kind: {kind!r} is none of press, submit, say, home")


def read_stride(body: Mapping[str, object]) -> tuple[Stride, date | None]:
    """Return how far the clock shall go, and of "until" the day."""
    stride = _one_of(body, "go", _STRIDES)
    return stride, _day(body, "day") if stride == "until" else None


def read_temperament(body: Mapping[str, object]) -> tuple[str, Temperament]:
    """Return who shall be played how."""
    return _text(body, "person", filled=True), _one_of(body, "temperament", TEMPERAMENTS)


def read_mark(body: Mapping[str, object]) -> tuple[str, int]:
    """Return whose chat was looked at, up to which message."""
    return _text(body, "person", filled=True), _number(body, "message")


def _spoken(key: str, who: Address, text: str) -> Event:
    """Take `/mentor feedback Ana` as a command, anything else as words."""
    first, _, rest = text.strip().partition(" ")
    if first.casefold() != COMMAND:
        return Said(key=key, who=who, text=text)
    name, _, words = rest.strip().partition(" ")
    return Commanded(key=key, who=who, name=name.casefold(), text=words.strip())


def _values(body: Mapping[str, object]) -> Mapping[str, str | tuple[str, ...]]:
    values = body.get("values", {})
    if not isinstance(values, dict) or len(values) > _MOST_VALUES:
        raise BadRequest(f"values: must be an object of at most {_MOST_VALUES} fields")
    return {str(key): _value(f"values.{key}", value) for key, value in values.items()}


def _value(place: str, value: object) -> str | tuple[str, ...]:
    if isinstance(value, list):
        if len(value) > _MOST_VALUES:
            raise BadRequest(f"{place}: at most {_MOST_VALUES} choices")
        return tuple(_checked(f"{place}[{i}]", one) for i, one in enumerate(value))
    return _checked(place, value)


def _text(body: Mapping[str, object], key: str, *, filled: bool = False) -> str:
    text = _checked(key, body.get(key, ""))
    if filled and not text.strip():
        raise BadRequest(f"{key}: is missing")
    return text


def _checked(place: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadRequest(f"{place}: must be text, not {type(value).__name__}")
    if len(value) > _MOST:
        raise BadRequest(f"{place}: {len(value)} characters, at most {_MOST} are taken")
    return value


def _number(body: Mapping[str, object], key: str) -> int:
    value = body.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise BadRequest(f"{key}: must be the number of a message, not {value!r}")
    return value


def _day(body: Mapping[str, object], key: str) -> date:
    text = _text(body, key, filled=True)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{key}: {text!r} is not a day such as 2027-01-25") from None


def _one_of(body: Mapping[str, object], key: str, allowed: tuple[C, ...]) -> C:
    value = _text(body, key)
    for one in allowed:
        if one == value:
            return one
    raise BadRequest(f"{key}: {value!r} is none of {', '.join(allowed)}")


def _only(body: Mapping[str, object], *keys: str) -> None:
    unknown = sorted(set(body) - {"kind", "key", "who", *keys})
    if unknown:
        raise BadRequest(f"{unknown[0]}: does not belong to kind {body['kind']!r}")
