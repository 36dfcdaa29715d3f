"""A form as text, sealed into the page that shows it: so it can be shown again with what is to be mended."""

from __future__ import annotations

from functools import cache

from cattrs.errors import BaseValidationError
from cattrs.preconf.json import JsonConverter

from adapters.packed import converter_of
from bot.content import Field, Form


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
    return converter_of(Field)
