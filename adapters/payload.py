"""Walking through what a platform sent, in which anything may be missing or of another kind."""

from __future__ import annotations

_NUL = "\x00"


def at(found: object, *path: str) -> object:
    """Return what is found by walking along keys; None where the way ends."""
    for key in path:
        if not isinstance(found, dict):  # JSON and forms make nothing else, and asking for a Mapping is slow
            return None
        found = found.get(key)
    return found


def text(found: object, *path: str) -> str:
    """Return the text that is found by walking along keys; "" where there is none."""
    value = at(found, *path)
    return without_nul(value) if isinstance(value, str) else ""


def without_nul(value: str) -> str:
    """Return a text that every database takes: no text of a person needs NUL, and PostgreSQL refuses it."""
    return value.replace(_NUL, "")
