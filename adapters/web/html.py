"""HTML as a value: what goes in as text is escaped, once, and nothing else makes markup."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


class Html(str):
    """Markup that may be sent as it is."""

    __slots__ = ()


NOTHING = Html()
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})

Child = Html | str | None
Attribute = str | int | float | bool | None


def tag(element: str, /, *children: Child | Iterable[Child], **attributes: Attribute) -> Html:
    """
    Return an element. `class_` and `for_` are written without the underscore at the end, others become dashes.

    An attribute that is None or False is left out, one that is True stands alone.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if element in _VOID:
        return Html(f"<{element}{written}>")
    return Html(f"<{element}{written}>{together(*children)}</{element}>")


def together(*children: Child | Iterable[Child]) -> Html:
    """Return what stands one after the other, each text escaped."""
    return Html("".join(_written(child) for child in children))


def _written(child: Child | Iterable[Child]) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return escape(child, quote=False)
    return "".join(_written(one) for one in child)


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    key = name.rstrip("_").replace("_", "-")
    return f" {key}" if value is True else f' {key}="{escape(str(value))}"'
