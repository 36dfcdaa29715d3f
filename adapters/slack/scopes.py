"""What the app may do in a workspace, and why: as little as the conversations need."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """A permission of the bot. Without an optional one everything works, and `why` says what is missing."""

    name: str
    why: str
    optional: bool = False


SCOPES: tuple[Scope, ...] = (
    Scope(
        "chat:write", "Sends people their messages, and changes a message of its own once it was answered."
    ),
    Scope("commands", "Offers the slash command and the shortcut that asks for help."),
    Scope("im:write", "Opens the direct conversation with each person of a programme."),
    Scope("users:read", "Sees who joined, who left, and that an account is a person's and no other app's."),
    Scope(
        "users:read.email", "Finds a programme's people by their e-mail address, so that nobody types ids."
    ),
    Scope(
        "files:write",
        "Hands over calendar invitations and keepsakes as files. Without it the message says that a file "
        "could not be attached.",
        optional=True,
    ),
    Scope(
        "im:history",
        "Reads what people type to the bot, and checks in its own conversations whether a message arrived. "
        "Without it people use buttons and the slash command, and a person settles what is in doubt.",
        optional=True,
    ),
    Scope(
        "mpim:write",
        "Introduces a pair in one conversation of all. Without it each gets the introduction alone.",
        optional=True,
    ),
)


def wanted(granted: Collection[str] = ()) -> tuple[str, ...]:
    """Return the scopes to ask for: all that are needed, and these optional ones; ValueError for any other."""
    offered = [scope.name for scope in SCOPES if scope.optional]
    for name in granted:
        if name not in offered:
            raise ValueError(f"{name!r} is no optional scope: choose among {', '.join(offered)}")
    return tuple(scope.name for scope in SCOPES if not scope.optional or scope.name in granted)
