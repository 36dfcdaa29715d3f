"""Values of content as JSON text and back, for what an adapter keeps outside the database."""

from __future__ import annotations

from cattrs.preconf.json import JsonConverter, make_converter
from cattrs.strategies import configure_tagged_union

from bot.content import Day, Moment, PersonName, Say, UserText, Value, WebLink

_WORDS = {cls.__name__: cls for cls in (UserText, PersonName, Moment, Day, WebLink, Say)}


def converter_of(*unions: object) -> JsonConverter:
    """Return what writes and reads contents; of the unions each value says which member it is."""
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
    for union in unions:
        configure_tagged_union(union, converter)
    return converter
