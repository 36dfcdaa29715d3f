"""
The two databases and how they differ.

Statements are built with SQLAlchemy Core once and run by the driver as text: a call of the driver costs a
tenth of `Connection.execute`, and Core still gives both databases their statements from one source.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from storage.columns import Plain, aware, from_microseconds, to_microseconds

Insert = sqlite.Insert | postgresql.Insert
Given = Callable[[str], sa.ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text for one driver, with its parameters' names in order."""

    sql: str
    names: tuple[str, ...]
    bulk: str = ""  # the same for many rows at once, given as one JSON text; "" where that saves nothing


def word(value: str) -> sa.ColumnElement[str]:
    """Write a fixed word into the SQL text, so that a partial index is recognised."""
    return sa.literal_column(f"'{value}'", Plain)


class Flavour:
    """What is written differently for one database."""

    name: str
    dialect: sa.Dialect

    def compile(self, construct: sa.Executable) -> Statement:
        """Turn a Core construct into text for the driver; every parameter must be a named bindparam."""
        compiled = construct.compile(dialect=self.dialect)  # type: ignore[attr-defined]
        names = tuple(compiled.positiontup or ())
        given = [name for name in names if compiled.params.get(name) is not None]
        assert not given, f"values inside a statement: use word() or bindparam() for {given}"
        return Statement(str(compiled), names)

    def insert(self, table: sa.Table) -> Insert:
        """Begin an INSERT that can say ON CONFLICT; it returns no key."""
        raise NotImplementedError

    def inserting(
        self,
        table: sa.Table,
        values: Mapping[str, sa.ColumnElement[Any]],
        on_conflict: Callable[[Insert], Insert],
    ) -> Statement:
        """Compile an INSERT of `values`, by column; parameters are named like their columns."""
        return self.compile(on_conflict(self.insert(table).values(dict(values))))

    def updating(self, table: sa.Table, values: Callable[[Given], dict[str, Any]]) -> Statement:
        """
        Compile an UPDATE of the row with the `id`; `values` are made of what is given by name.

        The names are those of columns, and each is given in the type of its column.
        """
        given = _parameter_of(table)
        return self.compile(sa.update(table).where(table.c.id == given("id")).values(values(given)))

    def among(self, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
        """Compare with a parameter made by `many`."""
        raise NotImplementedError

    def many(self, values: Iterable[str | int]) -> object:
        """Return the parameter for `among`."""
        raise NotImplementedError

    def at(self, moment: datetime | None) -> object:
        """Return the parameter for an instant; naive ones are refused."""
        raise NotImplementedError

    def moment(self, stored: Any) -> datetime:
        """Return the instant that was stored."""
        raise NotImplementedError

    def locked(
        self, query: sa.Select[Any], *, skip: bool = False, of: sa.FromClause | None = None
    ) -> sa.Select[Any]:
        """Lock the rows a query finds (`of` one table) until the transaction ends; `skip` passes over locked ones."""
        raise NotImplementedError

    def in_turn(self, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        """Choose rows to change so that two who change some of the same never wait for each other in a circle."""
        raise NotImplementedError


class Sqlite(Flavour):
    """One writer at a time: whoever writes has locked everything."""

    name = "sqlite"

    def __init__(self) -> None:
        self.dialect = SQLiteDialect_pysqlite(paramstyle="qmark")

    def insert(self, table: sa.Table) -> Insert:
        return sqlite.insert(table).inline()

    def among(self, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
        values = sa.func.json_each(sa.bindparam(name, type_=sa.String())).table_valued("value")
        return column.in_(sa.select(values.c.value))

    def many(self, values: Iterable[str | int]) -> object:
        # One by one: for a plain text the library needs no encoder of its own, which costs more than the text.
        return f"[{','.join(json.dumps(v) if isinstance(v, str) else str(v) for v in values)}]"

    def at(self, moment: datetime | None) -> object:
        return None if moment is None else to_microseconds(moment)

    def moment(self, stored: Any) -> datetime:
        return from_microseconds(stored)

    def locked(
        self, query: sa.Select[Any], *, skip: bool = False, of: sa.FromClause | None = None
    ) -> sa.Select[Any]:
        return query

    def in_turn(self, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        return sa.and_(*conditions)


class Postgres(Flavour):
    """Several writers, kept apart by row locks."""

    name = "postgresql"

    def __init__(self) -> None:
        self.dialect = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]

    def insert(self, table: sa.Table) -> Insert:
        return postgresql.insert(table).inline()

    def inserting(
        self,
        table: sa.Table,
        values: Mapping[str, sa.ColumnElement[Any]],
        on_conflict: Callable[[Insert], Insert],
    ) -> Statement:
        one = super().inserting(table, values, on_conflict)
        given = _rows_of(table, one.names)
        columns = [
            given.c[value.key] if isinstance(value, sa.BindParameter) else value for value in values.values()
        ]
        many = self.insert(table).from_select(list(values), sa.select(*columns))
        return replace(one, bulk=self.compile(on_conflict(many)).sql)

    def updating(self, table: sa.Table, values: Callable[[Given], dict[str, Any]]) -> Statement:
        one = super().updating(table, values)
        rows = _rows_of(table, one.names)
        many = sa.update(table).where(table.c.id == rows.c.id).values(values(lambda name: rows.c[name]))
        return replace(one, bulk=self.compile(many).sql)

    def among(self, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
        kind = sa.Integer() if isinstance(column.type, sa.Integer) else sa.Text()
        return column == sa.any_(sa.bindparam(name, type_=postgresql.ARRAY(kind)))

    def many(self, values: Iterable[str | int]) -> object:
        return list(values)

    def at(self, moment: datetime | None) -> object:
        return None if moment is None else aware(moment)

    def moment(self, stored: Any) -> datetime:
        at: datetime = stored.astimezone(UTC)
        return at

    def locked(
        self, query: sa.Select[Any], *, skip: bool = False, of: sa.FromClause | None = None
    ) -> sa.Select[Any]:
        # Not FOR UPDATE: that would also block whoever only refers to the row by a foreign key.
        return query.with_for_update(key_share=True, skip_locked=skip, of=of)

    def in_turn(self, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        found = sa.select(table.c.id).where(*conditions).order_by(table.c.id)
        return table.c.id.in_(self.locked(found))


def _parameter_of(table: sa.Table) -> Given:
    return lambda name: sa.bindparam(name, type_=table.c[name].type)


def _rows_of(table: sa.Table, names: Iterable[str]) -> sa.TableValuedAlias:
    """Return many rows given as one text: one by one they cost the server a message each, four times the storing."""
    rows = sa.func.json_to_recordset(sa.bindparam("rows", type_=postgresql.JSON()))
    given = rows.table_valued(*(sa.column(name, table.c[name].type) for name in names))
    return given.render_derived("given", with_types=True)


@cache
def flavour_of(name: str) -> Flavour:
    """Return the flavour by SQLAlchemy's name of the database."""
    match name:
        case "sqlite":
            return Sqlite()
        case "postgresql":
            return Postgres()
    raise ValueError(f"no such database: {name!r}; use a URL that begins with sqlite:/// or postgresql://")
