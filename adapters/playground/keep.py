"""Contents and planned acts as JSON text, for the room's file: everything comes back as the value it was."""

from __future__ import annotations

from functools import cache

from cattrs.preconf.json import JsonConverter

from adapters.packed import converter_of
from adapters.sim.player import Act
from bot.content import Block, Button, Card, Content, Field, File, GroupIntro, Home, Link


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
    return converter_of(Button | Link, Block, Field, Card | File | Home | GroupIntro)
