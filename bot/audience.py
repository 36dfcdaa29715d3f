"""The line that says who will see an answer, where something is asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bot.content import Audience, Role, Say, say

_ORDER: tuple[Role, ...] = ("mentee", "mentor", "head", "coordinator", "director")


def who_sees(seen_by: Audience, own_roles: Collection[Role] = ()) -> Say:
    """
    Say who will see an answer, to the person who is asked.

    `own_roles` are roles that this person holds: where the author is among the viewers, "you" says them.
    """
    if not seen_by:
        raise ValueError("nobody would see this answer: name its audience where it is asked")
    yours = "author" in seen_by
    others = [role for role in _ORDER if role in seen_by and not (yours and role in own_roles)]
    if yours and others == ["coordinator"]:
        return say("Only you and HR see this.")
    sentence = _with_you()[len(others)] if yours else _without_you()[len(others) - 1]
    return replace(sentence, values=tuple(zip("abcde", map(_name, others), strict=False)))


def _with_you() -> tuple[Say, ...]:
    return (
        say("Only you see this."),
        # Translators: {a} to {e} are nominatives; write around their cases: "Who sees this: you, {a}."
        say("You and {a} see this.", a=""),
        say("You, {a} and {b} see this.", a="", b=""),
        say("You, {a}, {b} and {c} see this.", a="", b="", c=""),
        say("You, {a}, {b}, {c} and {d} see this.", a="", b="", c="", d=""),
        say("You, {a}, {b}, {c}, {d} and {e} see this.", a="", b="", c="", d="", e=""),
    )


def _without_you() -> tuple[Say, ...]:
    return (
        say("Only {a} sees this.", a=""),
        say("Only {a} and {b} see this.", a="", b=""),
        say("Only {a}, {b} and {c} see this.", a="", b="", c=""),
        say("Only {a}, {b}, {c} and {d} see this.", a="", b="", c="", d=""),
        say("Only {a}, {b}, {c}, {d} and {e} see this.", a="", b="", c="", d="", e=""),
    )


def _name(role: Role) -> Say:
    match role:
        case "mentee":
            return say("the mentee")
        case "mentor":
            return say("the mentor")
        case "head":
            return say("the department head")
        case "coordinator":
            return say("HR")
        case "director":
            return say("the director")
