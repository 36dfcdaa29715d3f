"""What people did, as an adapter understood it. `key` makes a repeated delivery recognisable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person is reached: a channel ("slack", "teams", "mail", "playground"), its workspace, its user id."""

    channel: str
    user: str
    workspace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words typed to the bot."""

    key: str
    who: Address
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded:
    """
    A command with its words: `/mentor feedback @Ana` is name "feedback", text "@Ana".

    `mentions` are the addresses that pieces of the text stand for; whoever is known there is named in their place.
    """

    key: str
    who: Address
    name: str
    text: str = ""
    mentions: tuple[tuple[str, Address], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A button, tick or choice; `message` is the platform's id of the message it stood on."""

    key: str
    who: Address
    verb: str
    ref: str
    value: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A form sent; values by field key, several choices as a tuple."""

    key: str
    who: Address
    verb: str
    ref: str
    values: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    message: str = ""  # the platform's id of the message whose button opened the form


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOpened:
    """Somebody looks at their home."""

    key: str
    who: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Typing in a picker; answered from the current state, never stored."""

    who: Address
    field: str
    typed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A person became reachable on a channel; somebody not known there yet is found by `email`."""

    key: str
    who: Address
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A person can no longer be reached on a channel; `why` is one of facts.TROUBLES."""

    key: str
    who: Address
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfound:
    """Nobody on a channel has this person's e-mail address; `why` is one of facts.TROUBLES."""

    key: str
    channel: str
    person: str
    why: str = "unknown"


Event = Said | Commanded | Pressed | Submitted | HomeOpened | Looked | Arrived | Left | Unfound
