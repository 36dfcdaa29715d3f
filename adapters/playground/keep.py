"""Contents and planned acts as JSON text, for the room's file: everything comes back as the value it was."""

from __future__ import annotations

from functools import cache

from cattrs.preconf.json import JsonConverter, make_converter
from cattrs.strategies import configure_tagged_union

from adapters.sim.player import Act
from bot.content import (
    Block,
    Button,
    Card,
    Content,
    Day,
    Field,
    File,
    GroupIntro,
    Home,
    Link,
    Moment,
    PersonName,
    Say,
    UserText,
    Value,
    WebLink,
)

_WORDS = {cls.__name__: cls for cls in (UserText, PersonName, Moment, Day, WebLink, Say)}


def pack_content(content: Content) -> str:
    """Return a content as JSON text."""
    return _converter().dumps(content, unstructure_as=Content)


def unpack_content(text: str) -> Content:
    """Return the content that was packed."""
    return _converter().loads(text, Content)  # type: ignore[arg-type]


def pack_act(act: Act) -> str:
    """Return what a player is going to do as JSON text."""
    return _converter().dumps(act, unstructure_as=Act)


def unpack_act(text: str) -> Act:
    """Return the act that was packed."""
    return _converter().loads(text, Act)


@cache
def _converter() -> JsonConverter:
    converter = make_converter(forbid_extra_keys=True, omit_if_default=True)

    # Values are mostly plain words and figures, which a tagged union cannot hold.
    def write(value: Value) -> object:
        if isinstance(value, str | int | float):
            return value
        return {"_type": type(value).__name__, **converter.unstructure(value)}

    def read(stored: object, _: object) -> Value:
        if isinstance(stored, str | int | float):
            return stored
        if not isinstance(stored, dict):
            raise TypeError(f"a value is text, a number or an object, not {stored!r}")
        rest = {key: value for key, value in stored.items() if key != "_type"}
        known: type[Value] = _WORDS[stored["_type"]]
        return converter.structure(rest, known)

    converter.register_unstructure_hook_func(lambda cls: cls == Value, write)
    converter.register_structure_hook_func(lambda cls: cls == Value, read)
    for union in (Button | Link, Block, Field, Card | File | Home | GroupIntro):
        configure_tagged_union(union, converter)
    return converter
