"""A form as text, sealed into the page that shows it: so it can be shown again with what is to be mended."""

from __future__ import annotations

from functools import cache

from cattrs.errors import BaseValidationError
from cattrs.preconf.json import JsonConverter, make_converter
from cattrs.strategies import configure_tagged_union

from bot.content import Day, Field, Form, Moment, PersonName, Say, UserText, Value, WebLink

_WORDS = {cls.__name__: cls for cls in (UserText, PersonName, Moment, Day, WebLink, Say)}


def pack(form: Form) -> str:
    """Return a form as JSON text."""
    return _converter().dumps(form, unstructure_as=Form)


def unpack(text: str) -> Form | None:
    """Return the form that was packed; None where another version of us packed it differently."""
    try:
        return _converter().loads(text, Form)
    except (BaseValidationError, ValueError, KeyError, TypeError):
        return None


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
            raise TypeError(f"a value is text, a number or an object, not {type(stored).__name__}")
        known: type[Value] = _WORDS[stored["_type"]]
        return converter.structure({k: v for k, v in stored.items() if k != "_type"}, known)

    converter.register_unstructure_hook_func(lambda cls: cls == Value, write)
    converter.register_structure_hook_func(lambda cls: cls == Value, read)
    configure_tagged_union(Field, converter)
    return converter
