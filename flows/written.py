"""Read what a programme file says of a step or signal, with the kind's defaults, by type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from flows.programme import Option, Signal, Step, Texts
from flows.signal_options import SIGNAL_KINDS
from flows.step_options import STEP_KINDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a list: a question, a private tick, a choice, a section of a guide."""

    id: str
    text: Texts
    title: Texts = ()
    signal: str = ""
    named: bool = False


def option(thing: Step | Signal, key: str) -> Option:
    """Return what was written for this key, else the kind's default; KeyError where it has no such key."""
    kind = (STEP_KINDS if isinstance(thing, Step) else SIGNAL_KINDS)[thing.kind]
    setting = kind.setting(key)
    if setting is None:
        raise KeyError(f"{thing.kind} has no {key!r}")
    return thing.option(key, setting.default)


def whole(thing: Step | Signal, key: str) -> int:
    """Return a whole number, or a duration in working hours."""
    return cast(int, option(thing, key))


def flag(thing: Step | Signal, key: str) -> bool:
    """Return a yes or no."""
    return cast(bool, option(thing, key))


def word(thing: Step | Signal, key: str) -> str:
    """Return a plain word: a role, the id of a step, a kind of meeting; "" where nothing was written."""
    return cast(str, option(thing, key))


def names(thing: Step | Signal, key: str) -> tuple[str, ...]:
    """Return a list of plain words, such as the stages of a review."""
    return cast("tuple[str, ...]", option(thing, key))


def texts(thing: Step | Signal, key: str) -> Texts:
    """Return a text for `told(dict(...))`; () where nothing was written and the flow's own words hold."""
    return cast(Texts, option(thing, key))


def items(thing: Step | Signal, key: str) -> tuple[Texts, ...]:
    """Return a list of texts, such as the lines of a checklist."""
    return cast("tuple[Texts, ...]", option(thing, key))


def rows(thing: Step | Signal, key: str) -> tuple[Row, ...]:
    """Return the lines of a list of tables; a line without an id of its own is known by its place, from 1."""
    found = cast("tuple[tuple[tuple[str, Option], ...], ...]", option(thing, key))
    return tuple(_row(dict(values), place) for place, values in enumerate(found, start=1))


def _row(values: Mapping[str, Option], place: int) -> Row:
    return Row(
        id=cast(str, values.get("id") or str(place)),
        text=cast(Texts, values.get("text", ())),
        title=cast(Texts, values.get("title", ())),
        signal=cast(str, values.get("signal", "")),
        named=cast(bool, values.get("named", False)),
    )
