"""PostgreSQL through psycopg 3: connections in UTC, and errors that say whether to try again."""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from storage.connection import Connection, Cursor, Row
from storage.errors import Again, StorageTrouble, Uncertain
from storage.flavour import Statement, flavour_of

log = logging.getLogger("telemachy.storage")

_IN_TRANSACTION = (TransactionStatus.INTRANS, TransactionStatus.INERROR)
# Two transactions met: the server undid one of them.
_MET = (errors.SerializationFailure, errors.DeadlockDetected)
_TROUBLE: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.DiskFull, "has no room left: free some space on its disk"),
    (errors.OutOfMemory, "has no memory left"),
    (errors.TooManyConnections, "accepts no more connections: raise max_connections or run fewer replicas"),
    (errors.ReadOnlySqlTransaction, "may only be read here: connect to the primary server"),
    (errors.InsufficientPrivilege, "does not allow this user to do that: grant it the rights on its tables"),
    (errors.LockNotAvailable, "is locked by another program"),
)


class PostgresConnection(Connection):
    """A connection to a PostgreSQL database."""

    def __init__(self, raw: psycopg.Connection[Row], where: str, *, read_only: bool = False) -> None:
        super().__init__(flavour_of("postgresql"), where)
        self._raw = raw
        self._cursor = raw.cursor()
        # A read sees one moment of all tables; a write sees what was committed before it took its locks.
        self._begin = (
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            if read_only
            else "BEGIN ISOLATION LEVEL READ COMMITTED"
        )

    def rows_of_each(self, questions: Sequence[tuple[Statement, Row]]) -> list[list[Row]]:
        """Run several queries without waiting for one answer before the next is asked."""
        if len(questions) < 2:
            return super().rows_of_each(questions)
        self._check()
        try:
            found: list[list[Row]] = self._told(self._ask_all, questions)
        except StorageTrouble as trouble:
            self._doom = trouble
            raise
        return found

    def _ask_all(self, questions: Sequence[tuple[Statement, Row]]) -> list[list[Row]]:
        with self._raw.pipeline():
            cursors = [self._raw.cursor().execute(statement.sql, values) for statement, values in questions]
        return [cursor.fetchall() for cursor in cursors]

    def rollback(self) -> None:
        if self.in_transaction():
            try:
                self._raw.execute("ROLLBACK")
            except psycopg.Error:
                self._raw.close()  # the server undoes what a lost connection left

    def in_transaction(self) -> bool:
        return self._raw.info.transaction_status in _IN_TRANSACTION

    def usable(self) -> bool:
        return not self._raw.closed

    def close(self) -> None:
        self._raw.close()

    def _drive(self, sql: str, values: Row) -> Cursor:
        cursor: Cursor = self._told(self._cursor.execute, sql, values or None)
        return cursor

    def _drive_many(self, statement: Statement, rows: Sequence[Row]) -> None:
        if len(rows) == 1:  # executemany opens a pipeline, which one row does not repay
            self._told(self._cursor.execute, statement.sql, rows[0])
        elif statement.bulk:
            named = [dict(zip(statement.names, row, strict=True)) for row in rows]
            self._told(self._cursor.execute, statement.bulk, (json.dumps(named, default=_in_words),))
        else:
            self._told(self._cursor.executemany, statement.sql, rows)

    def _drive_begin(self) -> None:
        self._told(self._cursor.execute, self._begin)

    def _drive_commit(self) -> None:
        if self._raw.info.transaction_status == TransactionStatus.INERROR:
            # PostgreSQL would answer COMMIT with a rollback, and no error.
            raise StorageTrouble(f"A statement on {self.where} had failed. Nothing of this was stored.")
        try:
            self._told(self._cursor.execute, "COMMIT")
        except Again as error:
            if self._raw.closed:
                raise Uncertain(
                    f"The connection to {self.where} broke during a commit: look whether this was stored."
                ) from error
            raise

    def _told(self, call: Callable[..., Any], *args: object) -> Any:
        try:
            return call(*args)
        except psycopg.Error as error:
            trouble = self._explain(error)
            if trouble is None:
                raise
            raise trouble from error

    def _explain(self, error: psycopg.Error) -> StorageTrouble | None:
        if isinstance(error, _MET):
            return Again(f"Two transactions on {self.where} met. Nothing of this was stored.")
        if self._raw.closed:
            return Again(f"The connection to {self.where} was lost. Nothing of this was stored.")
        meaning = next((meaning for kind, meaning in _TROUBLE if isinstance(error, kind)), None)
        return (
            StorageTrouble(f"The database {self.where} {meaning}. Nothing of this was stored.")
            if meaning
            else None
        )


def _in_words(value: object) -> str:
    """Write what JSON has no word for as PostgreSQL reads it."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    raise TypeError(f"no column holds a {type(value).__name__}")


def connect(url: str, where: str, *, read_only: bool = False, durable: bool = True) -> PostgresConnection:
    """
    Connect, with instants in UTC.

    `where` is the address without its password, for messages. `durable=False` lets commits return before they
    are on the disk: for simulations.
    """
    try:
        raw = psycopg.connect(url, autocommit=True, application_name="telemachy")
        raw.execute("SET TIME ZONE 'UTC'")
        # Every question has its index. Without this one asked while a table was small reads all of it for ever.
        raw.execute("SET enable_seqscan = off")
        if not durable:
            raw.execute("SET synchronous_commit = off")
    except psycopg.OperationalError as error:
        told = "; ".join(line.strip() for line in str(error).splitlines() if line.strip())
        raise StorageTrouble(
            f"PostgreSQL at {where} cannot be reached: check that it runs, and host, port, name, user and password "
            f"in the database's URL. It says: {told}"
        ) from error
    return PostgresConnection(raw, where, read_only=read_only)


def warn_of_risks(url: str, where: str) -> None:
    """Log what the server's settings would lose in a power cut."""
    with psycopg.connect(url, autocommit=True) as raw:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            found = raw.execute("SELECT current_setting(%s)", (name,)).fetchone()
            if found and found[0] == "off":
                log.warning(
                    "PostgreSQL at %s runs with %s = off: a power cut may lose what was promised",
                    where,
                    name,
                    extra={"action": "storage.unsafe"},
                )
