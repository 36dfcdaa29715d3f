"""A key of a programme file: how it is written, what holds where it is not, and what it is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bot.content import Audience
from flows.programme import Option

# How a value is written in the file, and what it becomes:
#   text      a string, or a table of strings by language        -> Texts
#   texts     a list of those                                    -> tuple of Texts
#   role_text a text, or a table of texts by role                -> tuple of (role, Texts), "" for everybody
#   rows      a list of tables with the keys of `fields`         -> tuple of ((key, value), ...)
#   id        a name of small letters, digits and underscores    -> str
#   word      a plain string, never translated                   -> str
#   words     a list of them, or one                             -> tuple of str
#   whole     a whole number                                     -> int
#   yes_no    true or false                                      -> bool
#   role      mentee, mentor, head, coordinator or director      -> str
#   roles     a list of them, or one                             -> tuple of str
#   step      the id of a step                                   -> str
#   steps     a list of them, or one                             -> tuple of str
#   signal    the id of a signal                                 -> str
#   duration  "8 working hours", "1 working day"                 -> int, working hours
#   time      "09:00"                                            -> "09:00"
#   weekday   "thursday"                                         -> int, Monday 0
#   seats     a table: role = how many, or [fewest, most]        -> tuple of (role, (fewest, most))
Shape = Literal[
    "text", "texts", "role_text", "rows", "id", "word", "words", "whole", "yes_no", "role", "roles", "step",
    "steps", "signal", "duration", "time", "weekday", "seats",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A key that may be written; `least` and `most` bound a number, or how many a list may have."""

    key: str
    shape: Shape
    explain: str
    default: Option = ""
    required: bool = False
    one_of: tuple[str, ...] = ()  # for word and words: all that may be written
    kinds: tuple[str, ...] = ()  # for step, steps and signal: of which kind it must be
    least: int | None = None
    most: int | None = None
    fields: tuple[Setting, ...] = ()  # for rows


@dataclass(frozen=True, slots=True, kw_only=True)
class KindOptions:
    """What a kind of step or signal may be told besides the common keys."""

    name: str
    explain: str
    seen_by: Audience = ()  # who sees what is answered; empty where nothing is asked
    settings: tuple[Setting, ...] = ()
    shared: bool = False  # one state for all of `who`, unless the file says otherwise
    meets: bool = False  # people come together: `people` must be written
    fits: tuple[str, ...] = ()  # of a signal: the kinds of step its `step` may name; empty = none
    _by_key: dict[str, Setting] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the settings once: they are read at every look."""
        object.__setattr__(self, "_by_key", {s.key: s for s in self.settings})

    def setting(self, key: str) -> Setting | None:
        """Return what is known of one key."""
        return self._by_key.get(key)


# --- short ways to write the tables ------------------------------------------------------------


def text(key: str, explain: str, *, required: bool = False) -> Setting:
    """Describe a text."""
    return Setting(key=key, shape="text", explain=explain, default=(), required=required)


def texts(key: str, explain: str, *, required: bool = False, least: int = 0, most: int = 20) -> Setting:
    """Describe a list of texts."""
    return Setting(
        key=key, shape="texts", explain=explain, default=(), required=required, least=least, most=most
    )


def whole(key: str, explain: str, default: int, least: int = 0, most: int = 1000) -> Setting:
    """Describe a whole number."""
    return Setting(key=key, shape="whole", explain=explain, default=default, least=least, most=most)


def yes_no(key: str, explain: str, default: bool = False) -> Setting:
    """Describe a switch."""
    return Setting(key=key, shape="yes_no", explain=explain, default=default)


def word(
    key: str, explain: str, default: str = "", *, required: bool = False, one_of: tuple[str, ...] = ()
) -> Setting:
    """Describe a plain string."""
    return Setting(key=key, shape="word", explain=explain, default=default, required=required, one_of=one_of)


def role(key: str, explain: str, default: str = "") -> Setting:
    """Describe a role."""
    return Setting(key=key, shape="role", explain=explain, default=default)


def roles(key: str, explain: str) -> Setting:
    """Describe a list of roles."""
    return Setting(key=key, shape="roles", explain=explain, default=())


def step(key: str, explain: str, *, required: bool = False, kinds: tuple[str, ...] = ()) -> Setting:
    """Describe the id of a step."""
    return Setting(key=key, shape="step", explain=explain, required=required, kinds=kinds)


def steps(key: str, explain: str, *, required: bool = False, kinds: tuple[str, ...] = ()) -> Setting:
    """Describe a list of ids of steps."""
    least = 1 if required else None
    return Setting(
        key=key, shape="steps", explain=explain, default=(), required=required, kinds=kinds, least=least
    )


def duration(key: str, explain: str, default: int = 0) -> Setting:
    """Describe a stretch of working time, in working hours."""
    return Setting(key=key, shape="duration", explain=explain, default=default)


def rows(
    key: str, explain: str, *fields: Setting, required: bool = False, most: int = 12, least: int = 0
) -> Setting:
    """Describe a list of tables."""
    return Setting(
        key=key, shape="rows", explain=explain, default=(), required=required, fields=fields,
        least=max(least, int(required)), most=most,
    )  # fmt: skip


ID = Setting(key="id", shape="id", explain="A short name that never changes.", required=True)
WORDS = text("text", "What people read.", required=True)
TITLE = text("title", "The heading.", required=True)
