"""
The schema: one table a record of bot/facts.py, columns named like its fields, and what only storage knows.

A record of an enrolment is keyed by (enrolment, id): the key finds one record and all of an enrolment, so no
second index is needed, and SQLite stores the rows in the key itself (WITHOUT ROWID).
"""

# No `from __future__ import annotations` here: SQLModel reads the annotations while the classes are made.
from collections.abc import Mapping
from datetime import date, datetime, time
from types import MappingProxyType
from typing import get_type_hints

from sqlalchemy import CheckConstraint, Index, Table, text
from sqlmodel import SQLModel

from bot import facts
from bot.content import Role
from bot.outcome import FREE, SendKind
from bot.ports import QueuedState
from storage.columns import column, instant, number, one_of, plain

# In the order of the roles' names, so that seats are found in the order of either.
LETTERS_OF: Mapping[Role, str] = MappingProxyType(
    {"coordinator": "co", "director": "di", "head": "he", "mentee": "me", "mentor": "mo"}
)
ROLE_OF: Mapping[str, Role] = MappingProxyType({letters: role for role, letters in LETTERS_OF.items()})
_LETTERS = ", ".join(f"'{letters}'" for letters in ROLE_OF)
_ROWS_IN_KEY = {"sqlite_with_rowid": False}
_FREE = ", ".join(f"'{kind}'" for kind in sorted(FREE))


def _one_of(table: str, record: type, name: str = "state") -> CheckConstraint:
    return one_of(table, name, get_type_hints(record)[name])


def table_of(model: type[SQLModel]) -> Table:
    """Return the Core table of a model."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


# --- people and enrolments -------------------------------------------------------------------


class Person(SQLModel, table=True):
    """Somebody of the organisation."""

    __tablename__ = "person"
    __table_args__ = (_ROWS_IN_KEY,)

    id: str = plain("person", primary_key=True)
    name: str = plain("person")
    email: str = plain("person")
    language: str = plain("person")
    zone: str = plain("person")
    country: str = plain("person")
    weekdays: str = plain("person")
    opens: time = column("person")
    closes: time = column("person")
    leave: str = plain("person")
    department: str = plain("person")
    position: str = plain("person")
    manager: str = plain("person")
    is_coordinator: bool = column("person")
    is_director: bool = column("person")
    capacity: int = column("person")
    address: str | None = plain("person")
    also: str = plain("person")
    reachable: bool = column("person")
    trouble: str = plain("person")
    active: bool = column("person")
    at_ease: bool | None = column("person")
    snoozed_until: datetime | None = instant("person")
    room: str = plain("person")
    feed: int = column("person")


class PersonAddress(SQLModel, table=True):
    """
    Who is found at an address: all of a person's, kept in step with their row whenever it is stored.

    One address is one person: otherwise somebody could speak for somebody else.
    """

    __tablename__ = "person_address"
    __table_args__ = (Index("ix_person_address_person", "person"), _ROWS_IN_KEY)

    address: str = plain("person", primary_key=True)
    person: str = plain("person")


class Enrolment(SQLModel, table=True):
    """One run of a programme; `next_due_at` is an index that is never later than the truth."""

    __tablename__ = "enrolment"
    __table_args__ = (
        _one_of("enrolment", facts.Enrolment),
        _partial("ix_enrolment_due", "next_due_at", "id", where="next_due_at IS NOT NULL"),
        _partial("ix_enrolment_error", "id", where="error <> ''"),
        _ROWS_IN_KEY,
    )

    id: str = plain(primary_key=True)
    programme: str = plain()
    version: str = plain()
    start: date = column("person")
    created_at: datetime = instant()
    state: str = plain("person")
    phase: str = plain("person")
    moved: bool = column("person")
    pauses: str = plain("person")
    changes: str = plain("contents")
    closed_at: datetime | None = instant("person")
    looked_at: datetime | None = instant()
    options: str = plain("person")
    # only storage's
    next_due_at: datetime | None = instant()
    error: str = plain()
    failures: int = column()
    revision: int = number()  # another one after every write to a record of this enrolment


class Seat(SQLModel, table=True):
    """
    A person in a role; its id is made of the key (`e7/seat/mentor/p3`) and not stored.

    Half of what a pair takes at its beginning are seats and their index, so a role is two letters here.
    """

    __tablename__ = "seat"
    __table_args__ = (
        CheckConstraint(f"role IN ({_LETTERS})", name="ck_seat_role"),
        Index("ix_seat_person", "person"),
        _ROWS_IN_KEY,
    )

    enrolment: str = plain(primary_key=True, foreign_key="enrolment.id")
    role: str = plain("person", primary_key=True)
    person: str = plain("person", primary_key=True, foreign_key="person.id")
    rank: int = column()
    since: datetime | None = instant("person")
    until: datetime | None = instant("person")


# --- what happens in an enrolment ------------------------------------------------------------


class StepState(SQLModel, table=True):
    """One occurrence of a step, for one person or for all."""

    __tablename__ = "step_state"
    __table_args__ = (_one_of("step_state", facts.StepState), _ROWS_IN_KEY)

    enrolment: str = plain(primary_key=True, foreign_key="enrolment.id")
    id: str = plain("person", primary_key=True)
    step: str = plain()
    occurrence: str = plain()
    person: str = plain("person")
    state: str = plain("person")
    due_at: datetime | None = instant()
    opened_at: datetime | None = instant()
    delivered_at: datetime | None = instant()
    done_at: datetime | None = instant("person")
    done_by: str = plain("person")
    nudges: int = column("person")
    nudged_at: datetime | None = instant("person")
    alerted_at: datetime | None = instant("person")
    why: str = plain("person")


class Answer(SQLModel, table=True):
    """One thing a person said to the programme."""

    __tablename__ = "answer"
    __table_args__ = (_one_of("answer", facts.Answer, "kind"), _ROWS_IN_KEY)

    enrolment: str = plain(primary_key=True, foreign_key="enrolment.id")
    id: str = plain("person", primary_key=True)
    step: str = plain()
    occurrence: str = plain()
    person: str = plain("person")
    field: str = plain()
    kind: str = plain()
    value: str = plain("contents")
    seen_by: str = plain()
    at: datetime = instant("person")
    about: str = plain("person")
    sealed_in: str = plain()
    read_at: datetime | None = instant("person")


class Meeting(SQLModel, table=True):
    """A meeting of some of the pair's people."""

    __tablename__ = "meeting"
    __table_args__ = (
        _one_of("meeting", facts.Meeting),
        # What keeps a mentor of several pairs from being booked twice.
        _partial("ix_meeting_fixed", "starts_at", where="state = 'fixed'"),
        _ROWS_IN_KEY,
    )

    enrolment: str = plain(primary_key=True, foreign_key="enrolment.id")
    id: str = plain("person", primary_key=True)
    step: str = plain()
    occurrence: str = plain()
    people: str = plain("person")
    minutes: int = column()
    state: str = plain("person")
    slots: str = plain("person")
    chooser: str = plain("person")
    starts_at: datetime | None = instant("person")
    link: str = plain("contents")
    in_person: bool = column("person")
    sequence: int = column()
    reminded_at: datetime | None = instant()
    asked: str = plain("person")
    said: str = plain("person")


class Review(SQLModel, table=True):
    """A review meeting with HR in the chair."""

    __tablename__ = "review"
    __table_args__ = (_one_of("review", facts.Review), _ROWS_IN_KEY)

    enrolment: str = plain(primary_key=True, foreign_key="enrolment.id")
    id: str = plain(primary_key=True)
    step: str = plain()
    stages: str = plain()
    stage: int = column()
    state: str = plain()
    chair: str = plain("person")
    began_at: datetime | None = instant()
    closed_at: datetime | None = instant()
    decision: str = plain("contents")
    decide_by: datetime | None = instant()


class Goal(SQLModel, table=True):
    """A measurable goal."""

    __tablename__ = "goal"
    __table_args__ = (_one_of("goal", facts.Goal), _ROWS_IN_KEY)

    enrolment: str = plain(primary_key=True, foreign_key="enrolment.id")
    id: str = plain(primary_key=True)
    title: str = plain("contents")
    period: str = plain()
    baseline: float = column("contents")
    target: float = column("contents")
    value: float = column("contents")
    unit: str = plain("contents")
    due: date | None = column("person")
    state: str = plain("person")
    ratings: str = plain("contents")
    by: str = plain("person")
    at: datetime | None = instant("person")


class PlanItem(SQLModel, table=True):
    """A line of the plan for a period."""

    __tablename__ = "plan_item"
    __table_args__ = (_one_of("plan_item", facts.PlanItem), _ROWS_IN_KEY)

    enrolment: str = plain(primary_key=True, foreign_key="enrolment.id")
    id: str = plain(primary_key=True)
    period: str = plain()
    text: str = plain("contents")
    owner: str = plain("person")
    due: date | None = column("person")
    state: str = plain("person")
    at: datetime | None = instant("person")


class Task(SQLModel, table=True):
    """A task from the mentor."""

    __tablename__ = "task"
    __table_args__ = (_one_of("task", facts.Task), _ROWS_IN_KEY)

    enrolment: str = plain(primary_key=True, foreign_key="enrolment.id")
    id: str = plain(primary_key=True)
    title: str = plain("contents")
    due: date | None = column("person")
    independent: bool = column("person")
    about: str = plain("person")
    state: str = plain("person")
    by: str = plain("person")
    at: datetime | None = instant("person")
    changed_at: datetime | None = instant("person")


class Tick(SQLModel, table=True):
    """A line of a checklist."""

    __tablename__ = "tick"
    __table_args__ = (_ROWS_IN_KEY,)

    enrolment: str = plain(primary_key=True, foreign_key="enrolment.id")
    id: str = plain(primary_key=True)
    step: str = plain()
    item: str = plain()
    label: str = plain("contents")
    done_at: datetime | None = instant("person")
    done_by: str = plain("person")


class Agreement(SQLModel, table=True):
    """How the two work together."""

    __tablename__ = "agreement"
    __table_args__ = (_ROWS_IN_KEY,)

    enrolment: str = plain(primary_key=True, foreign_key="enrolment.id")
    id: str = plain(primary_key=True)
    purpose: str = plain("contents")
    rhythm: str = plain("contents")
    channels: str = plain("contents")
    reply_hours: int = column("contents")
    confidential: str = plain("contents")
    agreed: str = plain("person")
    changed_at: datetime | None = instant("person")


class Case(SQLModel, table=True):
    """Something a coordinator should look at; `enrolment` is empty for a person without a pair."""

    __tablename__ = "case"
    __table_args__ = (
        _one_of("case", facts.Case),
        _partial("ix_case_owner", "owner", "opened_at", where="state <> 'closed'"),
        _ROWS_IN_KEY,
    )

    enrolment: str = plain(primary_key=True)
    id: str = plain("person", primary_key=True)
    signal: str = plain("person")
    about: str = plain("person")
    reason: str = plain("contents")
    advice: str | None = plain("contents")
    opened_at: datetime = instant("person")
    owner: str = plain("person")
    state: str = plain("person")
    urgent: bool = column("person")
    reply_by: datetime | None = instant()
    snoozed_until: datetime | None = instant()
    closed_at: datetime | None = instant()
    closed_because: str = plain("contents")
    words: str = plain("contents")
    by: str = plain("person")
    climbed: int = column()
    told: str = plain("person")


class Note(SQLModel, table=True):
    """A note or question from the head, and its answer."""

    __tablename__ = "note"
    __table_args__ = (_ROWS_IN_KEY,)

    enrolment: str = plain(primary_key=True, foreign_key="enrolment.id")
    id: str = plain(primary_key=True)
    by: str = plain("person")
    to: str = plain("person")
    text: str = plain("contents")
    at: datetime = instant("person")
    answered_at: datetime | None = instant("person")
    answer: str = plain("contents")


class Passed(SQLModel, table=True):
    """What the head received."""

    __tablename__ = "passed"
    __table_args__ = (_ROWS_IN_KEY,)

    enrolment: str = plain(primary_key=True, foreign_key="enrolment.id")
    id: str = plain(primary_key=True)
    week: str = plain()
    card: str = plain("contents")
    at: datetime = instant()


# --- messages --------------------------------------------------------------------------------


class Outbox(SQLModel, table=True):
    """Every intention to tell somebody something, and what became of it."""

    __tablename__ = "outbox"
    __table_args__ = (
        one_of("outbox", "kind", SendKind),
        one_of("outbox", "state", QueuedState),
        Index("uq_outbox_key", "key", unique=True),
        _partial("ix_outbox_due", "not_before", "id", where="state = 'pending'"),
        _partial("ix_outbox_to", "to", "not_before", where="state = 'pending'"),
        _partial("ix_outbox_sending", "id", where="state = 'sending'"),
        _partial("ix_outbox_unsettled", "id", where="state IN ('doubtful', 'failed')"),
        _partial("ix_outbox_held", "id", where="state = 'held'"),
        _partial("ix_outbox_lead", "lead", where="lead <> 0"),
        _partial("ix_outbox_message", "channel", "message", where="message <> ''"),
        # The messages that interrupted somebody: what the budget counts.
        _partial("ix_outbox_budget", "to", "sent_at", where=f"sent_at IS NOT NULL AND kind NOT IN ({_FREE})"),
        {"sqlite_autoincrement": True},  # an id travels in message metadata: it never names another row later
    )

    id: int | None = column(primary_key=True)
    to: str = plain("person", foreign_key="person.id")
    content: str = plain("contents")
    key: str = plain("person")
    kind: str = plain()
    not_before: datetime = instant()
    along_from: datetime | None = instant()
    enrolment: str = plain()
    expires: datetime | None = instant()
    replaces: str = plain("person")
    about: str = plain("person")
    any_hour: bool = column()
    mail: bool = column()
    state: str = plain()
    attempts: int = column()
    why: str = plain("person")
    sent_at: datetime | None = instant("person")
    message: str = plain("person")
    channel: str = plain("person")
    lead: int = column()
    lease_until: datetime | None = instant()
    owner: str = plain()


class Inbox(SQLModel, table=True):
    """The keys of events that were worked on: nothing of what they said."""

    __tablename__ = "inbox"
    __table_args__ = (_ROWS_IN_KEY,)

    key: str = plain("person", primary_key=True)
    at: datetime = instant()


# --- the house -------------------------------------------------------------------------------


class Programme(SQLModel, table=True):
    """A programme file as it was when an enrolment was pinned to it."""

    __tablename__ = "programme"

    id: str = plain(primary_key=True)
    version: str = plain(primary_key=True)
    text: str = plain()


class Setting(SQLModel, table=True):
    """What the installation remembers about itself."""

    __tablename__ = "setting"
    __table_args__ = (_ROWS_IN_KEY,)

    key: str = plain(primary_key=True)
    value: str = plain()


class AuditLog(SQLModel, table=True):
    """Who did or saw what; never contents."""

    __tablename__ = "audit_log"

    id: int | None = column(primary_key=True)
    at: datetime = instant("person")
    action: str = plain("person")
    ref: str = plain("person")
    by: str = plain("person")
