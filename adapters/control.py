"""What a pressed control asks for, and how that travels through a platform as one text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Control:
    """What a press asks for."""

    verb: str
    ref: str
    value: str = ""


def control(verb: str, ref: str, value: str = "") -> str:
    """Return what a control carries: verb and ref hold no space, so the first two end it."""
    return f"{verb} {ref} {value}"


def read_control(text: str) -> Control:
    """Return what a pressed control asks for; ValueError where it is none of ours."""
    verb, _, rest = text.partition(" ")
    ref, _, value = rest.partition(" ")
    if not verb:
        raise ValueError("a pressed control carries nothing")
    return Control(verb, ref, value)
