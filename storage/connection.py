"""One connection to either database: transactions, savepoints, statements, and errors that name the fix."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from storage.errors import StorageTrouble
from storage.flavour import Flavour, Statement
from storage.kept import Kept

T = TypeVar("T")
Row = tuple[Any, ...]


class Cursor(Protocol):
    """What a driver answers a statement with."""

    @property
    def rowcount(self) -> int: ...
    def fetchall(self) -> list[Any]: ...
    def fetchone(self) -> Any: ...


class Connection:
    """
    What the queries need of a driver's connection, used by one thread at a time.

    A transaction in which the database was in trouble is doomed: nothing more is done in it, and its commit
    raises, also where somebody in between swallowed the error.
    """

    def __init__(self, flavour: Flavour, where: str) -> None:
        self.flavour = flavour
        self.where = where
        self._depth = 0
        self._doom: StorageTrouble | None = None
        self.kept = Kept(alone=flavour.name == "sqlite")

    def rows(self, statement: Statement, /, **values: object) -> list[Row]:
        """Run a query and return all rows."""
        return self._execute(statement.sql, tuple(map(values.__getitem__, statement.names))).fetchall()

    def rows_of_each(self, questions: Sequence[tuple[Statement, Row]]) -> list[list[Row]]:
        """Run several queries, their values in each one's own order, and return the rows of each."""
        return [self._execute(statement.sql, values).fetchall() for statement, values in questions]

    def row(self, statement: Statement, /, **values: object) -> Row | None:
        """Run a query and return its first row."""
        cursor = self._execute(statement.sql, tuple(map(values.__getitem__, statement.names)))
        found: Row | None = cursor.fetchone()
        return found

    def run(self, statement: Statement, /, **values: object) -> int:
        """Run a statement and return how many rows it changed."""
        return self._execute(statement.sql, tuple(map(values.__getitem__, statement.names))).rowcount

    def run_many(self, statement: Statement, rows: Sequence[Row]) -> None:
        """Run a statement once a row; values are in the statement's own order."""
        self._check()
        try:
            self._drive_many(statement, rows)
        except StorageTrouble as trouble:
            self._doom = trouble
            raise

    def savepoint(self, work: Callable[[], T]) -> T:
        """Run `work`; undo its writes, and only its, where it raises."""
        name = f"s{self._depth}"
        self._execute(f"SAVEPOINT {name}")
        self._depth += 1
        try:
            result = work()
        except BaseException:
            self.kept.forget()
            if self._doom is None and self.in_transaction():
                self._execute(f"ROLLBACK TO SAVEPOINT {name}")
                self._execute(f"RELEASE SAVEPOINT {name}")
            raise
        finally:
            self._depth -= 1
        self._execute(f"RELEASE SAVEPOINT {name}")
        return result

    def begin(self) -> None:
        """Begin a transaction; on SQLite one that may write holds the write lock from here on."""
        if self.in_transaction():
            raise RuntimeError(
                "a unit of work asks its own Work; it begins no other transaction on the store"
            )
        self._depth = 0
        self._doom = None
        self._drive_begin()
        self.kept.begin(self._version())

    def commit(self) -> None:
        """Commit; raise `Uncertain` where it cannot be known whether it was."""
        self._check()
        self._drive_commit()

    def _execute(self, sql: str, values: Row = ()) -> Cursor:
        self._check()
        try:
            return self._drive(sql, values)
        except StorageTrouble as trouble:
            self._doom = trouble
            raise

    def _check(self) -> None:
        if self._doom is not None:
            raise self._doom
        # Otherwise a statement after the end of the transaction would be stored on its own.
        if not self.in_transaction():
            raise StorageTrouble(
                f"The transaction on {self.where} is over already. Nothing of this was stored."
            )

    # what a driver does

    def rollback(self) -> None:
        """Undo the transaction, if there is one; never raises for a connection that is gone."""
        raise NotImplementedError

    def in_transaction(self) -> bool:
        """Say whether a transaction is open."""
        raise NotImplementedError

    def usable(self) -> bool:
        """Say whether another transaction can be tried on this connection."""
        raise NotImplementedError

    def close(self) -> None:
        """Close; what is not committed is undone."""
        raise NotImplementedError

    def _drive(self, sql: str, values: Row) -> Cursor:
        raise NotImplementedError

    def _drive_many(self, statement: Statement, rows: Sequence[Row]) -> None:
        raise NotImplementedError

    def _drive_begin(self) -> None:
        raise NotImplementedError

    def _drive_commit(self) -> None:
        raise NotImplementedError

    def _version(self) -> int | None:
        """Return a number that changes when somebody else writes; None where there is no such thing."""
        return None
