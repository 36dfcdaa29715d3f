"""Which enrolments are due for a look, and what came of it."""

from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from bot.ports import Advance
from storage import tables
from storage.columns import Instant, Plain, aware
from storage.flavour import flavour_of, word
from storage.part import Part


class Ticking(Part):
    """The questions and writes of a tick."""

    def claim_due(self, now: datetime, most: int) -> tuple[str, ...]:
        """Lock and return enrolments due for a look, by (due, id); rows locked elsewhere are passed over."""
        sql = _sql(self._flavour.name)
        rows = self._connection.rows(sql.claim_due, now=self._flavour.at(now), most=most)
        ids = tuple(row[0] for row in rows)
        self._connection.kept.lock(ids)
        return ids

    def looked(self, enrolment_id: str, now: datetime, next_due_at: datetime | None) -> None:
        """Store when the next look is due (None = never again) and that one happened now."""
        at = self._flavour.at
        sql = _sql(self._flavour.name)
        self._connection.run(
            sql.looked, id=enrolment_id, looked_at=at(now), next_due_at=at(next_due_at), revision=None
        )
        self._remember_looked(enrolment_id, now)

    def _keep_looked(self, advances: Sequence[Advance], written: Set[str], revision: int) -> None:
        """Do what `looked` does for many; those of which records were written get a new revision too."""
        at, sql, kept = self._flavour.at, _sql(self._flavour.name), self._connection.kept
        rows = [
            (at(one.now), at(one.next_look), revision if one.enrolment in written else None, one.enrolment)
            for one in advances
        ]
        self._connection.run_many(sql.looked, rows)
        for one in advances:
            if one.enrolment in written:
                kept.renew(one.enrolment, revision)
            self._remember_looked(one.enrolment, one.now)

    def _remember_looked(self, enrolment_id: str, now: datetime) -> None:
        known = self._connection.kept.enrolment(enrolment_id)
        if known is not None:
            self._connection.kept.learn_enrolment(replace(known, looked_at=aware(now)))

    def push_back(self, enrolment_id: str, until: datetime, error: str) -> None:
        """Postpone an enrolment whose look raised, and remember why."""
        sql = _sql(self._flavour.name)
        error = error or "unknown error"  # an empty one would look like none
        self._connection.run(sql.push_back, id=enrolment_id, next_due_at=self._flavour.at(until), error=error)

    def failures_of(self, enrolment_id: str) -> int:
        """Return how often in a row an enrolment's look has raised."""
        row = self._connection.row(_sql(self._flavour.name).failures_of, id=enrolment_id)
        return 0 if row is None else int(row[0])

    def troubled(self) -> tuple[tuple[str, str, int], ...]:
        """Return the enrolments whose last look raised, by id, with the error and how often in a row."""
        rows = self._connection.rows(_sql(self._flavour.name).troubled)
        return tuple((enrolment, error, failures) for enrolment, error, failures in rows)

    def next_instant(self) -> datetime | None:
        """Return the earliest instant at which anything is due: a look or a pending row."""
        sql = _sql(self._flavour.name)
        found = [self._connection.row(query) for query in (sql.next_look, sql.next_message)]
        instants = [self._flavour.moment(row[0]) for row in found if row is not None]
        return min(instants, default=None)


class _Statements:
    def __init__(self, name: str) -> None:
        flavour = flavour_of(name)
        enrolment = tables.table_of(tables.Enrolment)
        outbox = tables.table_of(tables.Outbox)
        due = enrolment.c.next_due_at
        this = enrolment.c.id == sa.bindparam("id", type_=Plain())

        def given(column: str) -> sa.BindParameter[datetime]:
            return sa.bindparam(column, type_=Instant())

        claimed = (
            sa.select(enrolment.c.id)
            .where(due <= given("now"))
            .order_by(due, enrolment.c.id)
            .limit(sa.bindparam("most", type_=sa.Integer()))
            .offset(sa.literal_column("0"))  # otherwise SQLite's dialect adds a parameter for it
        )
        self.claim_due = flavour.compile(flavour.locked(claimed, skip=True))
        self.looked = flavour.updating(
            enrolment,
            lambda given: {
                "looked_at": given("looked_at"),
                "next_due_at": given("next_due_at"),
                "error": sa.literal_column("''"),
                "failures": sa.literal_column("0"),
                "revision": sa.func.coalesce(given("revision"), enrolment.c.revision),
            },
        )
        # The order of the values where many are stored at once.
        assert self.looked.names == ("looked_at", "next_due_at", "revision", "id"), self.looked.names
        self.push_back = flavour.compile(
            sa.update(enrolment)
            .where(this)
            .values(
                next_due_at=given("next_due_at"),
                error=sa.bindparam("error", type_=Plain()),
                failures=enrolment.c.failures + sa.literal_column("1"),
            )
        )
        self.failures_of = flavour.compile(sa.select(enrolment.c.failures).where(this))
        self.troubled = flavour.compile(
            sa.select(enrolment.c.id, enrolment.c.error, enrolment.c.failures)
            .where(enrolment.c.error != sa.literal_column("''"))
            .order_by(enrolment.c.id)
        )
        self.next_look = flavour.compile(_first(due, due.is_not(None)))
        self.next_message = flavour.compile(_first(outbox.c.not_before, outbox.c.state == word("pending")))


def _first(column: sa.Column[datetime], condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    # Not min(): this reads one entry of the partial index on both databases.
    query = sa.select(column).where(condition).order_by(column)
    return query.limit(sa.literal_column("1")).offset(sa.literal_column("0"))


@cache
def _sql(flavour: str) -> _Statements:
    return _Statements(flavour)
