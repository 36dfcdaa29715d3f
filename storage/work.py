"""One transaction, as the core knows it."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TypeVar

import sqlalchemy as sa

from storage import tables
from storage.flavour import Flavour, Statement, flavour_of
from storage.loading import Loading
from storage.outbox import Outbox
from storage.ticking import Ticking

T = TypeVar("T")


class SqlWork(Loading, Ticking, Outbox):
    """`bot.ports.Work` on a connection whose transaction somebody else begins and ends."""

    def first_time(self, key: str, now: datetime) -> bool:
        """Remember an event's key; return False where it was seen before."""
        return (
            self._connection.run(_sql(self._flavour.name).first_time, key=key, at=self._flavour.at(now)) == 1
        )

    def savepoint(self, work: Callable[[], T]) -> T:
        """Run `work` so that its writes are undone if it raises, and only its."""
        return self._connection.savepoint(work)

    def programme_text(self, programme: str, version: str) -> str | None:
        """Return the pinned programme file's text."""
        row = self._connection.row(_sql(self._flavour.name).programme_text, id=programme, version=version)
        return None if row is None else row[0]

    def keep_programme(self, programme: str, version: str, text: str) -> None:
        """Store a programme file under its id and version, once."""
        self._connection.run(
            _sql(self._flavour.name).keep_programme, id=programme, version=version, text=text
        )

    def setting(self, key: str) -> str | None:
        """Return a stored setting."""
        row = self._connection.row(_sql(self._flavour.name).setting, key=key)
        return None if row is None else row[0]

    def keep_setting(self, key: str, value: str) -> None:
        """Store a setting."""
        self._connection.run(_sql(self._flavour.name).keep_setting, key=key, value=value)


class _Statements:
    def __init__(self, name: str) -> None:
        flavour = flavour_of(name)
        programme, setting = tables.table_of(tables.Programme), tables.table_of(tables.Setting)
        self.first_time = _once(flavour, tables.table_of(tables.Inbox))
        self.keep_programme = _once(flavour, programme)
        self.programme_text = flavour.compile(
            sa.select(programme.c.text).where(*_equal(programme.c.id, programme.c.version))
        )
        self.setting = flavour.compile(sa.select(setting.c.value).where(*_equal(setting.c.key)))
        insert = flavour.insert(setting).values(_given(setting))
        self.keep_setting = flavour.compile(
            insert.on_conflict_do_update(index_elements=["key"], set_={"value": insert.excluded.value})
        )


@cache
def _sql(flavour: str) -> _Statements:
    return _Statements(flavour)


def _once(flavour: Flavour, table: sa.Table) -> Statement:
    return flavour.compile(flavour.insert(table).values(_given(table)).on_conflict_do_nothing())


def _given(table: sa.Table) -> dict[str, sa.BindParameter[object]]:
    return {column.name: sa.bindparam(column.name, type_=column.type) for column in table.c}


def _equal(*columns: sa.Column[str]) -> list[sa.ColumnElement[bool]]:
    return [column == sa.bindparam(column.name, type_=column.type) for column in columns]
