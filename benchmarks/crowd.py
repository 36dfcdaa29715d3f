"""Databases with a million enrolments: one pair begins through the bot, SQL copies its rows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import SQLModel

from benchmarks.scene import BEGIN, FIRST_CHECK_IN, SMALL, Kept, SetClock, begin_one, bot_on
from storage.connection import Connection
from storage.db import database
from storage.flavour import Statement
from storage.store import open_store
from storage.tables import LETTERS_OF

_FIRST = "e0"
_BASE = 10_000_000  # ids of one length, so that they are in the order of their numbers
_PARKED = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """A database with many enrolments, none of which is due before `due_at`; the first ones have people."""

    url: str
    enrolments: int
    peopled: int
    due_at: datetime

    @property
    def quiet_at(self) -> datetime:
        """Return an instant at which nothing is due."""
        return self.due_at - timedelta(hours=1)

    def make_due(self, first: int, last: int) -> None:
        """Let the enrolments with these numbers be due; they have not been looked at since they began."""
        with_numbers = f"id BETWEEN 'e{_BASE + first}' AND 'e{_BASE + last}'"
        self._write("UPDATE enrolment SET next_due_at = {at} WHERE " + with_numbers, at=self.due_at)

    def opened(self) -> int:
        """Return how many steps were opened so far."""
        return self.count("SELECT count(*) FROM step_state WHERE opened_at IS NOT NULL")

    def count(self, sql: str) -> int:
        """Return the number that a query finds."""
        connection = database(self.url).connect(read_only=True)
        try:
            connection.begin()
            row = connection.row(Statement(sql, ()))
            assert row is not None
            return int(row[0])
        finally:
            connection.rollback()
            connection.close()

    def _write(self, sql: str, at: datetime) -> None:
        connection = database(self.url).connect()
        try:
            connection.begin()
            connection.run(Statement(sql.format(at=_literal(connection, at)), ()))
            connection.commit()
        finally:
            connection.close()


def crowd(url: str, enrolments: int, peopled: int) -> Crowd:
    """Fill an empty database; the first `peopled` enrolments have five people in their seats."""
    due_at = _begin_one(url)
    connection = database(url, durable=False).connect()
    try:
        new = {"id": _id(), "next_due_at": _parked(connection, due_at)}
        _copy(connection, "enrolment", enrolments, new, where=f"one.id = '{_FIRST}'")
        # A mentor has two mentees; head, coordinator and director are the same for all.
        for role, number in (("mentee", "n"), ("mentor", "n / 2")):
            new = {"id": f"'{role}' || ({_BASE} + {number})", "address": _address(role, number)}
            _copy(connection, "person", peopled, new, where=f"one.id = '{role}'", once_in=number)
        own = (
            f"CASE one.role WHEN '{LETTERS_OF['mentee']}' THEN 'mentee' || ({_BASE} + n) "
            f"WHEN '{LETTERS_OF['mentor']}' THEN 'mentor' || ({_BASE} + n / 2) ELSE one.person END"
        )
        where = f"one.enrolment = '{_FIRST}'"
        _copy(connection, "seat", peopled, {"enrolment": _id(), "person": own}, where=where)
        connection.begin()
        connection.run(Statement(f"UPDATE enrolment SET next_due_at = NULL WHERE id = '{_FIRST}'", ()))
        connection.run(Statement("ANALYZE", ()))
        connection.commit()
    finally:
        connection.close()
    return Crowd(url=url, enrolments=enrolments, peopled=peopled, due_at=due_at)


def _begin_one(url: str) -> datetime:
    """Begin one pair and let it live until only its first check-in is ahead; return when that is due."""
    store = open_store(url, inline=True, durable=False)
    try:
        store.write_now(partial(begin_one, text=SMALL, enrolment=_FIRST))
        clock = SetClock(BEGIN)
        app = bot_on(store, clock, Kept())
        asyncio.run(app.settle())
        while (due_at := asyncio.run(app.next_instant())) is not None and due_at < FIRST_CHECK_IN:
            clock.at = due_at
            asyncio.run(app.settle())
    finally:
        store.close_now()
    if due_at != FIRST_CHECK_IN:
        raise RuntimeError(f"the first check-in should be due at {FIRST_CHECK_IN}, not at {due_at}")
    return FIRST_CHECK_IN


def _copy(
    connection: Connection, table: str, times: int, new: dict[str, str], where: str, once_in: str = "n"
) -> None:
    names = [column.name for column in SQLModel.metadata.tables[table].columns]
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(new.get(name, f'one."{name}"') for name in names)
    # Where several numbers make one row, the first of them does.
    only = "" if once_in == "n" else f" AND (n = 1 OR n % {int(once_in.split('/')[1])} = 0)"
    series = f"WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {times})"
    connection.begin()
    connection.run(
        Statement(
            f"INSERT INTO {table} ({columns}) {series} SELECT {values} FROM series CROSS JOIN {table} AS one "
            f"WHERE {where}{only}",
            (),
        )
    )
    connection.commit()


def _id() -> str:
    return f"'e' || ({_BASE} + n)"


def _address(role: str, number: str) -> str:
    return f"replace(one.address, '{role}', '{role}' || ({_BASE} + {number}))"


def _parked(connection: Connection, at: datetime) -> str:
    """Spread the instants over time, as a company's would be; one a second from a year ahead on."""
    first = _literal(connection, at + _PARKED)
    if connection.flavour.name == "sqlite":
        return f"{first} + n * 1000000"
    return f"{first} + n * interval '1 second'"


def _literal(connection: Connection, at: datetime) -> str:
    stored = connection.flavour.at(at)
    return str(stored) if isinstance(stored, int) else f"TIMESTAMPTZ '{at.isoformat()}'"
