"""Units of work as transactions on one connection: alone or in a group, tried again where that is safe."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from bot.ports import Work
from storage.connection import Connection
from storage.errors import Again
from storage.work import SqlWork

T = TypeVar("T")
Unit = Callable[[Work], Any]
# Called with a growing number around each commit; what it raises is as if the process had died there.
AtCommit = Callable[[int, Literal["before", "after"]], None]

_MOST_TRIES = 5
_FIRST_PAUSE_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What a unit of work returned."""

    value: T


@dataclass(frozen=True, slots=True)
class Failed:
    """What a unit of work raised; nothing of it is stored."""

    error: Exception


class Transactions:
    """
    One connection that units of work take turns on.

    A unit may run more than once: where two transactions met on PostgreSQL, or the connection was lost before
    the commit. So it must do nothing but ask and write.
    """

    def __init__(self, connect: Callable[[], Connection], at_commit: AtCommit | None = None) -> None:
        self._connect = connect
        self._at_commit = at_commit
        self._commits = 0
        self._connection: Connection | None = connect()

    def run(self, unit: Callable[[Work], T]) -> T:
        """Run one unit as a transaction."""
        for tried in range(1, _MOST_TRIES + 1):
            try:
                return self._once(unit)
            except Again:
                if tried == _MOST_TRIES:
                    raise
                time.sleep(_FIRST_PAUSE_SECONDS * 2**tried)
        raise AssertionError("the last try returns or raises")

    def run_group(self, units: Sequence[Unit]) -> list[Done[Any] | Failed]:
        """
        Run several units as one transaction with one commit, each undone alone where it raises.

        Where the commit fails, all have failed.
        """
        if len(units) == 1:
            return [_outcome(lambda: self.run(units[0]))]

        def group(work: Work) -> list[Done[Any] | Failed]:
            return [_outcome(lambda unit=unit: work.savepoint(lambda: unit(work))) for unit in units]  # type: ignore[misc]

        together = _outcome(lambda: self.run(group))
        return together.value if isinstance(together, Done) else [together] * len(units)

    def close(self) -> None:
        """Close the connection; what is not committed is undone."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _once(self, unit: Callable[[Work], T]) -> T:
        connection = self._usable()
        connection.begin()
        try:
            value = unit(SqlWork(connection))
            self._reached("before")
            connection.commit()
        except BaseException:
            connection.kept.forget()
            connection.rollback()
            raise
        self._reached("after")
        return value

    def _usable(self) -> Connection:
        if self._connection is None or not self._connection.usable():
            self._connection = self._connect()
        return self._connection

    def _reached(self, moment: Literal["before", "after"]) -> None:
        if self._at_commit is not None:
            self._commits += moment == "before"
            self._at_commit(self._commits, moment)


def _outcome(call: Callable[[], T]) -> Done[T] | Failed:
    try:
        return Done(call())
    except Exception as error:  # noqa: BLE001 -- whatever a unit raises goes to whoever asked for it
        return Failed(error)
