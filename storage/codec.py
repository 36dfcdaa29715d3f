"""
Contents and nested values as compact JSON text, and back.

A class of a union is named by a short tag that never changes: what is stored outlives a renamed class.
Fields that have their default are left out; unknown ones are ignored, so an older version reads a newer row.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, get_args

from cattrs.preconf.json import JsonConverter, make_converter

from bot import content as c
from storage.columns import aware

_TAG = "_"

# One short name a class, for ever.
_TAGS: Mapping[type, str] = {
    c.UserText: "user",
    c.PersonName: "person",
    c.Moment: "moment",
    c.Day: "day",
    c.WebLink: "weblink",
    c.Say: "say",
    c.Text: "text",
    c.Facts: "facts",
    c.Checklist: "checklist",
    c.Progress: "progress",
    c.Image: "image",
    c.Rule: "rule",
    c.Ask: "ask",
    c.Actions: "actions",
    c.Button: "button",
    c.Link: "link",
    c.TextField: "textfield",
    c.ChoiceField: "choicefield",
    c.ScaleField: "scalefield",
    c.DateField: "datefield",
    c.TimeField: "timefield",
    c.PersonField: "personfield",
    c.Card: "card",
    c.Home: "home",
    c.File: "file",
    c.GroupIntro: "intro",
}
_UNIONS: tuple[Any, ...] = (c.Block, c.Button | c.Link, c.Field, c.Content)


class Codec:
    """Turn values of a given type into JSON text and back; made once a store."""

    def __init__(self) -> None:
        self._converter = _converter()

    def writer(self, kind: Any) -> Callable[[Any], str]:
        """Return a function that writes values of this type."""
        unstructure = self._converter.get_unstructure_hook(kind)
        return lambda value: _dump(unstructure(value))

    def reader(self, kind: Any) -> Callable[[str], Any]:
        """Return a function that reads values of this type; they are immutable, so they may be shared."""
        structure = self._converter.get_structure_hook(kind)
        return lambda text: structure(json.loads(text), kind)


def _dump(value: object) -> str:
    return _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def _converter() -> JsonConverter:
    converter = make_converter(omit_if_default=True, detailed_validation=False)
    converter.register_unstructure_hook(datetime, lambda at: aware(at).isoformat())
    converter.register_structure_hook(datetime, lambda text, _: aware(datetime.fromisoformat(text)))
    for union in _UNIONS:
        _register_union(converter, union)
    _register_value(converter)
    return converter


def _register_union(converter: JsonConverter, union: UnionType) -> None:
    write, read = _tagged(converter, get_args(union))
    converter.register_unstructure_hook(union, write)
    converter.register_structure_hook(union, lambda value, _: read(value))


def _register_value(converter: JsonConverter) -> None:
    plain = (str, int, float)
    write, read = _tagged(converter, tuple(kind for kind in get_args(c.Value) if kind not in plain))
    # By a predicate: the library's own treatment of unions with plain types comes before a hook for the union.
    converter.register_unstructure_hook(
        c.Value, lambda value: value if isinstance(value, plain) else write(value)
    )
    converter.register_structure_hook_func(
        lambda kind: kind == c.Value, lambda value, _: value if isinstance(value, plain) else read(value)
    )


def _tagged(
    converter: JsonConverter, kinds: tuple[type, ...]
) -> tuple[Callable[[Any], dict[str, Any]], Callable[[Any], Any]]:
    """Return how to write and read one of several classes, told apart by a tag."""
    of_tag = {_TAGS[kind]: kind for kind in kinds}
    hook = cache(converter.get_structure_hook)
    out = cache(converter.get_unstructure_hook)

    def write(value: Any) -> dict[str, Any]:
        kind: Any = type(value)
        return {_TAG: _TAGS[kind], **out(kind)(value)}

    def read(value: Any) -> Any:
        kind = of_tag.get(value[_TAG])
        if kind is None:
            raise ValueError(
                f"stored content of kind {value[_TAG]!r} is unknown here: it may be of a newer version"
            )
        return hook(kind)(value, kind)

    return write, read
