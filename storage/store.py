"""Opening the store of a URL."""

from typing import Literal, overload

from storage import db, sqlite
from storage.connection import Connection
from storage.db import Database
from storage.errors import StorageTrouble
from storage.inline import InlineStore
from storage.sqlite import FileLock
from storage.threaded import ThreadedStore
from storage.transactions import AtCommit

# Units that share one commit: with 32 a press costs a third of one commit each, more gains little.
_GROUP = 32
_READERS = 2
_POSTGRES_WRITERS = 4


@overload
def open_store(
    url: str,
    *,
    inline: Literal[True],
    durable: bool = True,
    busy_seconds: float = sqlite.BUSY_SECONDS,
    at_commit: AtCommit | None = None,
    at_hand: int | None = None,
) -> InlineStore: ...


@overload
def open_store(
    url: str,
    *,
    inline: Literal[False] = False,
    durable: bool = True,
    busy_seconds: float = sqlite.BUSY_SECONDS,
) -> ThreadedStore: ...


def open_store(
    url: str,
    *,
    inline: bool = False,
    durable: bool = True,
    busy_seconds: float = sqlite.BUSY_SECONDS,
    at_commit: AtCommit | None = None,
    at_hand: int | None = None,
) -> InlineStore | ThreadedStore:
    """
    Open a database for reading and writing, and bring its schema up to date first.

    A SQLite file has one such store at a time: AlreadyRunning otherwise. `durable=False` gives up surviving a
    power cut, not a killed process. `inline` makes a store without threads, and only that may be in memory
    (`sqlite://`) or have `at_commit`, see InlineStore. `at_hand` is how many records it keeps in memory, a kilobyte
    each at the most, where that shall be another number than a server's.
    """
    where = db.database(url, durable=durable, busy_seconds=busy_seconds)
    if where.in_memory:
        if not inline:
            raise StorageTrouble(
                "A database in memory has one connection: open it with inline=True, or name a file."
            )
        return InlineStore(lambda: _connect_in_memory(where), None, at_commit=at_commit)
    lock = FileLock(where.file) if where.kind == "sqlite" else None
    try:
        db.upgrade(where)
        _warn_of_risks(where)
        if inline:
            return InlineStore(
                lambda: _with_room(where.connect(), at_hand),
                lambda: where.connect(read_only=True),
                lock=lock,
                at_commit=at_commit,
            )
        return _threaded(where, lock)
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def open_to_read(url: str) -> InlineStore:
    """Open a database beside a running server, only to read; its schema must be up to date."""
    where = db.database(url)
    db.check_version(where)
    return InlineStore(None, lambda: where.connect(read_only=True))


def _threaded(where: Database, lock: FileLock | None) -> ThreadedStore:
    sqlite_file = where.kind == "sqlite"
    return ThreadedStore(
        where.connect,
        lambda: where.connect(read_only=True),
        writers=1 if sqlite_file else _POSTGRES_WRITERS,
        readers=_READERS,
        group=_GROUP if sqlite_file else 1,
        lock=lock,
    )


def _connect_in_memory(where: Database) -> Connection:
    connection = sqlite.connect(where.file, durable=where.durable)
    db.create_in_memory(connection)
    return connection


def _with_room(connection: Connection, at_hand: int | None) -> Connection:
    if at_hand is not None:
        connection.kept.most = at_hand
    return connection


def _warn_of_risks(where: Database) -> None:
    if where.kind == "postgresql":
        from storage import postgres

        postgres.warn_of_risks(where.libpq, where.where)
