"""One transaction, as the core knows it."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TypeVar

import sqlalchemy as sa

from bot.events import Address
from bot.facts import Person
from storage import tables
from storage.advancing import Advancing
from storage.columns import Plain
from storage.flavour import Flavour, Statement, flavour_of
from storage.forgetting import Forgetting
from storage.loading import Loading
from storage.records import shape_of

T = TypeVar("T")


class SqlWork(Loading, Advancing, Forgetting):
    """`bot.ports.Work` on a connection whose transaction somebody else begins and ends."""

    def first_time(self, key: str, now: datetime) -> bool:
        """Remember an event's key; return False where it was seen before."""
        return (
            self._connection.run(_sql(self._flavour.name).first_time, key=key, at=self._flavour.at(now)) == 1
        )

    def met(self, address: Address, key: str, now: datetime) -> tuple[Person | None, bool]:
        """Return who is known at an address, and whether it is the first time that they come with this event."""
        together = _sql(self._flavour.name).met
        if together is None:
            person = self.person_at(address)
            return person, person is not None and self.first_time(key, now)
        shape = self._shape(Person)
        found = self._connection.row(
            together, address=shape.convert("address", address), key=key, at=self._flavour.at(now)
        )
        return (None, False) if found is None else (shape.read(found[:-1]), bool(found[-1]))

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

    def lock_setting(self, key: str) -> str | None:
        """
        Return a stored setting, alone with it until the transaction ends, also where it is not stored yet.

        An empty value stands for none: a row is needed to be locked.
        """
        self._connection.run(_sql(self._flavour.name).begin_setting, key=key, value="")
        row = self._connection.row(_sql(self._flavour.name).lock_setting, key=key)
        return (row[0] or None) if row else None

    def settings(self, prefix: str) -> tuple[tuple[str, str], ...]:
        """Return the stored settings whose key begins so, by key."""
        rows = self._connection.rows(
            _sql(self._flavour.name).settings, prefix=prefix, after=f"{prefix}{_LAST}"
        )
        return tuple((key, value) for key, value in rows if value)

    def drop_setting(self, key: str) -> None:
        """Forget a setting, if it is there."""
        self._connection.run(_sql(self._flavour.name).drop_setting, key=key)


_LAST = "\U0010ffff"  # sorts behind whatever may follow


class _Statements:
    def __init__(self, name: str) -> None:
        flavour = flavour_of(name)
        programme, setting = tables.table_of(tables.Programme), tables.table_of(tables.Setting)
        self.first_time = _once(flavour, tables.table_of(tables.Inbox))
        # Where each statement is a way there and back, and where a statement may write while it reads.
        self.met = _met(flavour) if name == "postgresql" else None
        self.keep_programme = _once(flavour, programme)
        self.programme_text = flavour.compile(
            sa.select(programme.c.text).where(*_equal(programme.c.id, programme.c.version))
        )
        self.setting = flavour.compile(sa.select(setting.c.value).where(*_equal(setting.c.key)))
        self.begin_setting = _once(flavour, setting)
        self.lock_setting = flavour.compile(
            flavour.locked(sa.select(setting.c.value).where(*_equal(setting.c.key)))
        )
        self.settings = flavour.compile(
            sa.select(setting.c.key, setting.c.value)
            .where(
                setting.c.key >= sa.bindparam("prefix", type_=Plain()),
                setting.c.key < sa.bindparam("after", type_=Plain()),
            )
            .order_by(setting.c.key)
        )
        self.drop_setting = flavour.compile(sa.delete(setting).where(*_equal(setting.c.key)))
        insert = flavour.insert(setting).values(_given(setting))
        self.keep_setting = flavour.compile(
            insert.on_conflict_do_update(index_elements=["key"], set_={"value": insert.excluded.value})
        )


@cache
def _sql(flavour: str) -> _Statements:
    return _Statements(flavour)


def _once(flavour: Flavour, table: sa.Table) -> Statement:
    return flavour.compile(flavour.insert(table).values(_given(table)).on_conflict_do_nothing())


def _met(flavour: Flavour) -> Statement:
    """Find who is known at an address and remember an event's key, in one statement."""
    inbox, there = tables.table_of(tables.Inbox), tables.table_of(tables.PersonAddress)
    person = shape_of(Person, flavour.name)
    known = there.c.address == sa.bindparam("address", type_=Plain())
    given = _given(inbox)
    insert = flavour.insert(inbox).from_select(
        list(given), sa.select(*given.values()).where(sa.exists().where(known))
    )
    first = insert.on_conflict_do_nothing().returning(inbox.c.key).cte("first")
    query = sa.select(*person.columns, sa.exists(sa.select(first.c.key)))
    return flavour.compile(query.join(there, there.c.person == person.table.c.id).where(known))


def _given(table: sa.Table) -> dict[str, sa.BindParameter[object]]:
    return {column.name: sa.bindparam(column.name, type_=column.type) for column in table.c}


def _equal(*columns: sa.Column[str]) -> list[sa.ColumnElement[bool]]:
    return [column == sa.bindparam(column.name, type_=column.type) for column in columns]
