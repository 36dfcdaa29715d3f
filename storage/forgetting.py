"""Deleting what nobody asks for any more, some rows a transaction."""

from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from bot.ports import Forgotten
from storage import tables
from storage.columns import Instant
from storage.flavour import Flavour, flavour_of, word
from storage.part import Part


class Forgetting(Part):
    """The deletions of the daily tidying."""

    def forget(self, before: datetime, after: int, most: int) -> Forgotten:
        """Delete old keys of events, old audit lines, and old messages of programmes that ended; some at a time."""
        sql, at = _sql(self._flavour.name), self._flavour.at(before)
        events = self._connection.run(sql.events, before=at, most=most)
        lines = self._connection.run(sql.lines, before=at, most=most)
        page = self._connection.rows(sql.page, after=after, most=most)
        until = page[-1][0] if page else after
        messages = self._connection.run(sql.messages, before=at, after=after, until=until) if page else 0
        # Rows are numbered about as they were intended, so where none of a page is old, none after it is.
        ahead = len(page) == most and any(self._flavour.moment(row[1]) < before for row in page)
        return Forgotten(
            rows=events + lines + messages, after=until, more=ahead or events == most or lines == most
        )


class _Statements:
    def __init__(self, name: str) -> None:
        flavour = flavour_of(name)
        outbox = tables.table_of(tables.Outbox)
        self.events = _some(flavour, tables.table_of(tables.Inbox), "key")
        self.lines = _some(flavour, tables.table_of(tables.AuditLog), "id")
        self.page = flavour.compile(
            sa.select(outbox.c.id, outbox.c.not_before)
            .where(outbox.c.id > _number("after"))
            .order_by(outbox.c.id)
            .limit(_number("most"))
            .offset(sa.literal_column("0"))
        )
        row, other = outbox.alias("one"), outbox.alias("other")
        # A message stays whole: as long as one of its parts is needed, so is the row that knows where it is.
        # Said so that the index on what was carried is used, which has no rows without a lead.
        carried = other.c.lead != sa.literal_column("0")
        together = sa.or_(
            sa.and_(carried, other.c.lead == row.c.id),
            sa.and_(carried, other.c.lead == row.c.lead),
            other.c.id == row.c.lead,
        )
        needed = sa.exists().where(together, other.c.id != row.c.id, sa.not_(_done_with(other)))
        found = sa.select(row.c.id).where(
            row.c.id > _number("after"), row.c.id <= _number("until"), _done_with(row), sa.not_(needed)
        )
        self.messages = flavour.compile(
            sa.delete(outbox).where(outbox.c.id.in_(flavour.locked(found, skip=True, of=row)))
        )


def _some(flavour: Flavour, table: sa.Table, key: str) -> Any:
    found = (
        sa.select(table.c[key])
        .where(table.c.at < sa.bindparam("before", type_=Instant()))
        .order_by(table.c[key])
        .limit(_number("most"))
        .offset(sa.literal_column("0"))
    )
    return flavour.compile(sa.delete(table).where(table.c[key].in_(flavour.locked(found, skip=True))))


def _done_with(row: sa.FromClause) -> sa.ColumnElement[bool]:
    """
    Tell whether a message will never be asked for again.

    While a programme lives, the key of a message is what keeps it from being sent twice, and its row is where a
    pressed card is found. So it has to have ended, with nothing due in it and no case open.
    """
    enrolment, case = tables.table_of(tables.Enrolment), tables.table_of(tables.Case)
    before = sa.bindparam("before", type_=Instant())
    ended = sa.exists().where(
        enrolment.c.id == row.c.enrolment,
        enrolment.c.state.in_([word("closed"), word("stopped")]),
        enrolment.c.closed_at < before,
        enrolment.c.next_due_at.is_(None),
    )
    open_case = sa.exists().where(case.c.enrolment == row.c.enrolment, case.c.state != word("closed"))
    return sa.and_(
        row.c.state.in_([word("sent"), word("dropped"), word("failed")]),
        row.c.not_before < before,
        sa.or_(row.c.sent_at.is_(None), row.c.sent_at < before),
        ended,
        sa.not_(open_case),
    )


def _number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.Integer())


@cache
def _sql(flavour: str) -> _Statements:
    return _Statements(flavour)
