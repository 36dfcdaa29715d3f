"""The outbox's statements."""

from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa

from bot.outcome import FREE, Send
from bot.ports import Queued
from storage import tables
from storage.columns import Instant, Plain
from storage.flavour import Flavour, Statement, flavour_of, word
from storage.records import Columns
from storage.writing import alive

R = TypeVar("R", bound=tuple[Any, ...])


class OutboxStatements:
    """What is asked of the outbox, compiled for one database."""

    def __init__(self, name: str) -> None:
        flavour = flavour_of(name)
        self._flavour = flavour
        self._table = table = tables.table_of(tables.Outbox)
        self.send = Columns(Send, table, flavour)
        self.queued = Columns(Queued, table, flavour)
        pending = table.c.state == word("pending")
        now = _at("now")
        by_due = (table.c.not_before, table.c.id)
        self.intend = self._intend()
        self.row = self._rows(table.c.id == sa.bindparam("id", type_=sa.Integer()))
        self.row_by_key = self._rows(table.c.key == _text("key"))
        self.due_rows = self._rows(
            pending,
            table.c.to == _text("to"),
            sa.or_(table.c.not_before <= now, table.c.along_from <= now),
            order=by_due,
        )
        self.parts_of = self._parts_of()
        self.unsettled = self._rows(
            table.c.state.in_([word("doubtful"), word("failed")]), _leads(table), order=(table.c.id,)
        )
        self.held = self._rows(table.c.state == word("held"))
        self.newest_row = flavour.compile(sa.select(sa.func.max(table.c.id)))
        due = sa.or_(table.c.not_before <= now, table.c.along_from <= now)
        self.hold = flavour.compile(
            sa.update(table)
            .where(pending, sa.or_(table.c.id > _number("newest"), due))
            .values(state=word("held"), why=_text("why"))
        )
        self.row_of_message = self._row_of_message()
        self.parts_with = self._parts_with()
        self.parts_of_message = self._parts_of_message()
        self.expired_leases = self._rows(
            table.c.state == word("sending"),
            sa.or_(
                table.c.lease_until <= now,
                sa.and_(table.c.owner == _text("owner"), table.c.owner != sa.literal_column("''")),
            ),
        )
        self.receivers_due = flavour.compile(
            sa.select(table.c.to, *by_due)
            .where(
                pending, table.c.not_before <= now, sa.tuple_(*by_due) > sa.tuple_(_at("due"), _number("id"))
            )
            .order_by(*by_due)
            .limit(_number("most"))
            .offset(sa.literal_column("0"))  # otherwise SQLite's dialect adds a parameter for it
        )
        self.interruptions = self._interruptions()
        self._settling: dict[tuple[frozenset[str], bool, bool], Statement] = {}
        self.rewrite = flavour.compile(
            sa.update(table).where(table.c.id == _number("id")).values(content=_text("content"))
        )
        self.lock_person = self._lock_person()
        self.about = self._about()
        self.delivered = _delivered(flavour)
        self.arrived = _arrived(flavour)
        enrolment = tables.table_of(tables.Enrolment)
        self.revisions = flavour.compile(
            flavour.locked(
                sa.select(enrolment.c.id, enrolment.c.revision)
                .where(flavour.among(enrolment.c.id, "ids"))
                .order_by(enrolment.c.id)
            )
        )

    def _rows(
        self, *conditions: sa.ColumnElement[bool], order: tuple[sa.ColumnElement[Any], ...] = ()
    ) -> Statement:
        query = sa.select(*self.send.columns, *self.queued.columns).where(*conditions)
        return self._flavour.compile(query.order_by(*(order or (self._table.c.id,))))

    def _intend(self) -> Statement:
        table = self._table
        empty: sa.ColumnElement[str] = sa.literal_column("''")
        zero: sa.ColumnElement[int] = sa.literal_column("0")
        given = {name: sa.bindparam(name, type_=table.c[name].type) for name in self.send.names}
        fresh: dict[str, sa.ColumnElement[Any]] = {
            "state": word("pending"),
            **dict.fromkeys(("why", "message", "channel", "owner"), empty),
            **dict.fromkeys(("attempts", "lead"), zero),
        }
        return self._flavour.inserting(
            table, {**given, **fresh}, lambda insert: insert.on_conflict_do_nothing(index_elements=["key"])
        )

    def _parts_of(self) -> Statement:
        lead, row_id = self._table.c.lead, self._table.c.id
        mine = sa.and_(lead == _number("lead"), lead != sa.literal_column("0"))
        return self._rows(sa.or_(row_id == _number("lead"), mine), order=(row_id != _number("lead"), row_id))

    def _parts_with(self) -> Statement:
        mine = self._table.alias("mine")
        lead = sa.case((mine.c.lead == sa.literal_column("0"), mine.c.id), else_=mine.c.lead)
        return self._parts_led_by(sa.select(lead).where(mine.c.key == _text("key")))

    def _parts_of_message(self) -> Statement:
        mine = self._table.alias("mine")
        return self._parts_led_by(_first_of_message(mine, sa.select(mine.c.id)))

    def _parts_led_by(self, one: sa.Select[tuple[int]]) -> Statement:
        found, lead = one.scalar_subquery(), self._table.c.lead
        carried = sa.and_(lead == found, lead != sa.literal_column("0"))
        return self._rows(sa.or_(self._table.c.id == found, carried))

    def _row_of_message(self) -> Statement:
        query = sa.select(*self.send.columns, *self.queued.columns)
        return self._flavour.compile(_first_of_message(self._table, query))

    def _interruptions(self) -> Statement:
        table = self._table
        return self._flavour.compile(
            sa.select(table.c.sent_at)
            .where(
                table.c.to == _text("to"),
                table.c.sent_at >= _at("since"),
                table.c.sent_at.is_not(None),  # in doubt too: it may have arrived
                table.c.kind.not_in([word(kind) for kind in sorted(FREE)]),
                sa.or_(_leads(table), _led_by_others(table)),
            )
            .order_by(table.c.sent_at, table.c.id)
        )

    def settle(self, given: frozenset[str], *, attempt: bool, alone: bool) -> Statement:
        """
        Return how the columns named in `given` are set, of one row or of several.

        Only what changes is named: each index over a column that is set costs as much as the row itself.
        """
        kind = (given, attempt, alone)
        if kind not in self._settling:
            self._settling[kind] = self._settle(given, attempt, alone)
        return self._settling[kind]

    def _settle(self, given: frozenset[str], attempt: bool, alone: bool) -> Statement:
        table = self._table
        values: dict[str, sa.ColumnElement[Any]] = {
            name: sa.bindparam(name, type_=table.c[name].type) for name in sorted(given)
        }
        if attempt:
            values["attempts"] = table.c.attempts + sa.literal_column("1")
        which = table.c.id == _number("id") if alone else self._flavour.among(table.c.id, "ids")
        return self._flavour.compile(sa.update(table).where(which).values(values))

    def _lock_person(self) -> Statement:
        person = tables.table_of(tables.Person)
        query = sa.select(person.c.id).where(person.c.id == _text("id"))
        return self._flavour.compile(self._flavour.locked(query, skip=True))

    def _about(self) -> Statement:
        table = self._table
        return self._flavour.compile(
            sa.select(table.c.about).where(
                self._flavour.among(table.c.id, "ids"), table.c.about != sa.literal_column("''")
            )
        )


@cache
def outbox_sql(flavour: str) -> OutboxStatements:
    """Return the statements for the database of this name."""
    return OutboxStatements(flavour)


def _first_of_message(table: sa.FromClause, query: sa.Select[R]) -> sa.Select[R]:
    """Find the row that was delivered as a message: the first, where others updated it."""
    mine = (
        table.c.channel == _text("channel"),
        table.c.message == _text("message"),
        table.c.message != sa.literal_column("''"),
    )
    first = query.where(*mine, _leads(table)).order_by(table.c.id)
    return first.limit(sa.literal_column("1")).offset(sa.literal_column("0"))


def _leads(table: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.or_(table.c.lead == sa.literal_column("0"), table.c.lead == table.c.id)


def _led_by_others(table: sa.Table) -> sa.ColumnElement[bool]:
    """Find rows that another person's row carried: one message to several people interrupts each of them."""
    lead = table.alias("lead_row")
    return sa.exists().where(lead.c.id == table.c.lead, lead.c.to != table.c.to)


def _delivered(flavour: Flavour) -> Statement:
    step = tables.table_of(tables.StepState)
    # The clocks of signals run from the first delivery: a nudge later does not restart them.
    return flavour.compile(
        sa.update(step)
        .where(
            step.c.enrolment == _text("enrolment_"), step.c.id == _text("id_"), step.c.delivered_at.is_(None)
        )
        .values(delivered_at=_at("now"))
    )


def _arrived(flavour: Flavour) -> Statement:
    """
    Give enrolments a new revision because steps of theirs arrived.

    A look at an open step under way asks for the next one before anything that its delivery can make due
    (flows/timeline.py). It cannot know of a delivery that was earlier than the look itself, as where doubt is
    settled later, nor of one whose step was closed meanwhile.
    """
    enrolment, step = tables.table_of(tables.Enrolment), tables.table_of(tables.StepState)
    closed = sa.exists().where(
        step.c.enrolment == enrolment.c.id,
        flavour.among(step.c.id, "steps"),
        step.c.delivered_at.is_(None),
        step.c.state != word("open"),
    )
    unexpected = sa.and_(alive(enrolment), sa.or_(enrolment.c.looked_at > _at("now"), closed))
    return flavour.compile(
        sa.update(enrolment)
        .where(flavour.in_turn(enrolment, flavour.among(enrolment.c.id, "ids")))
        .values(
            next_due_at=sa.case((unexpected, _at("now")), else_=enrolment.c.next_due_at),
            revision=sa.bindparam("revision", type_=enrolment.c.revision.type),
        )
    )


def _text(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=Plain())


def _number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.Integer())


def _at(name: str) -> sa.BindParameter[datetime]:
    return sa.bindparam(name, type_=Instant())
