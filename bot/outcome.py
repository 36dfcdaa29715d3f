"""What a flow answers: an immediate Reply, durable Sends, and Changes to what is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.content import Card, Choice, Content, Form, Home, Say
from bot.facts import Record

# --- immediate, not durable ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShowForm:
    """Open a dialog."""

    form: Form


@dataclass(frozen=True, slots=True)
class FixForm:
    """Keep the dialog open and show what to mend, by field key."""

    errors: Mapping[str, Say]


@dataclass(frozen=True, slots=True)
class CloseForm:
    """Close the dialog; `note` thanks or says what happens next. `card` refreshes the card it came from."""

    note: Say | None = None
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class ReplaceCard:
    """Show this card in the place of the pressed one (of its part, in a merged message)."""

    card: Card


@dataclass(frozen=True, slots=True)
class Note:
    """A short line that only the acting person sees."""

    words: Say


@dataclass(frozen=True, slots=True)
class ShowCard:
    """A card that only answers what was just asked, such as the words a command understands."""

    card: Card


@dataclass(frozen=True, slots=True)
class ShowHome:
    """Show this home."""

    home: Home


@dataclass(frozen=True, slots=True)
class Choices:
    """Answer a picker."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """Answer nothing that can be seen."""


Reply = ShowForm | FixForm | CloseForm | ReplaceCard | Note | ShowCard | ShowHome | Choices | Nothing

# --- durable ---------------------------------------------------------------------------------

# What a message is for. `invite` asks for something, `nudge` asks again, `info` tells, `reminder` precedes a meeting,
# `answer` follows the receiver's own act, `change` tells of a changed meeting, `case` tells a coordinator,
# `help` is a cry for help or its receipt, `update` silently renews a message that is already there.
SendKind = Literal["invite", "nudge", "info", "reminder", "answer", "change", "case", "help", "update"]

# Kinds that do not count as interruptions (DESIGN §4): answers to one's own act, changes of a meeting, help.
FREE: frozenset[SendKind] = frozenset({"answer", "change", "help", "update"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """An intention to tell one person something. `key` is unique: the same intention is stored once."""

    to: str
    content: Content
    key: str
    kind: SendKind
    not_before: datetime
    along_from: datetime | None = (
        None  # from here on it may travel with another message, before its own time comes
    )
    enrolment: str = ""
    expires: datetime | None = None
    replaces: str = ""  # the key of an earlier Send whose message this one takes the place of
    about: str = ""  # a StepState id: dropped at claim time once that is no longer open
    any_hour: bool = False  # may be delivered outside working hours: only "this cannot wait"
    mail: bool = False  # goes by e-mail whatever the person's address: the newcomer before day 1


# --- changes ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Put:
    """Store this record, in the place of the one with the same id if there is one."""

    record: Record


@dataclass(frozen=True, slots=True)
class Remove:
    """Delete a record, such as an unopened answer returned to its author."""

    record: Record


@dataclass(frozen=True, slots=True)
class Unsend:
    """Drop what is still waiting in the outbox under this key, with the reason."""

    key: str
    why: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Drop everything that still waits to ask something of an enrolment: it has ended."""

    enrolment: str
    why: str


# The kinds of message that ask something or remind of it: none goes out after the end (MISSION, phase 6).
ASKING: frozenset[SendKind] = frozenset({"invite", "nudge", "reminder"})


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of the audit log: who did or saw what; never contents."""

    action: str
    ref: str
    by: str = ""


Change = Put | Remove | Unsend | Silence | Logged


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that follows from one event or one look."""

    reply: Reply = field(default_factory=Nothing)
    changes: tuple[Change, ...] = ()
    sends: tuple[Send, ...] = ()
