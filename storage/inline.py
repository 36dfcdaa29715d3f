"""A store without threads: what is asked of it is done at once."""

from collections.abc import Callable
from typing import Literal, TypeVar

from bot.ports import Work
from storage.connection import Connection
from storage.errors import StorageTrouble
from storage.sqlite import FileLock
from storage.transactions import AtCommit, Transactions

T = TypeVar("T")
Lane = Literal["inbound", "outbox", "tick"]


class InlineStore:
    """
    A store that does its work at once, in the caller's thread: for simulations, commands and tests.

    `at_commit(n, "before" | "after")` is called around the n-th commit. Where it raises, the store dies as a
    process would: what is not committed is undone, everything is closed, and nothing more is done.
    """

    def __init__(
        self,
        connect: Callable[[], Connection] | None,
        connect_to_read: Callable[[], Connection] | None,
        *,
        lock: FileLock | None = None,
        at_commit: AtCommit | None = None,
    ) -> None:
        self._lock = lock
        self._at_commit = at_commit
        self._closed = False
        self._died = False
        self._writer = connect and Transactions(connect, at_commit and self._commit_reached)
        # In memory there is nothing that a second connection could see.
        self._reader = Transactions(connect_to_read) if connect_to_read else self._writer

    async def write(self, work: Callable[[Work], T], lane: Lane = "inbound") -> T:
        """Run `work` in a transaction, commit, and return what it returned."""
        return self.write_now(work)

    async def read(self, work: Callable[[Work], T]) -> T:
        """Run `work` on a read-only connection."""
        return self.read_now(work)

    def write_now(self, work: Callable[[Work], T]) -> T:
        """Do what `write` does, without a loop."""
        try:
            return self._open(self._writer).run(work)
        finally:
            if self._died:
                self.close_now()

    def read_now(self, work: Callable[[Work], T]) -> T:
        """Do what `read` does, without a loop."""
        return self._open(self._reader).run(work)

    async def close(self) -> None:
        """Close all connections and let another process take the file."""
        self.close_now()

    def close_now(self) -> None:
        """Do what `close` does, without a loop; does nothing the second time."""
        self._closed = True
        for transactions in (self._reader, self._writer):
            if transactions is not None:
                transactions.close()
        if self._lock is not None:
            self._lock.release()

    def _commit_reached(self, number: int, moment: Literal["before", "after"]) -> None:
        assert self._at_commit is not None
        try:
            self._at_commit(number, moment)
        except BaseException:
            self._died = True
            raise

    def _open(self, transactions: Transactions | None) -> Transactions:
        if self._closed:
            raise StorageTrouble("The store is closed. Nothing of this was stored.")
        if transactions is None:
            raise StorageTrouble("The store was opened only to read. Nothing of this was stored.")
        return transactions
