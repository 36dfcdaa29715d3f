"""SQLite: connections that are safe, and a lock that keeps a second server away from the file."""

import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from storage.connection import Connection, Cursor, Row
from storage.errors import AlreadyRunning, StorageTrouble
from storage.flavour import Statement, flavour_of

# What the primary result codes of SQLite mean to the person who runs the bot.
_TROUBLE = {
    sqlite3.SQLITE_BUSY: "is locked by another program: close whatever has it open",
    sqlite3.SQLITE_LOCKED: "is locked by another program: close whatever has it open",
    sqlite3.SQLITE_NOMEM: "could not be used for want of memory",
    sqlite3.SQLITE_READONLY: "may not be written: check the permissions of the file and of its folder",
    sqlite3.SQLITE_IOERR: "could not be read or written: check the disk",
    sqlite3.SQLITE_CORRUPT: "is damaged: stop, keep a copy of it, and restore a backup",
    sqlite3.SQLITE_FULL: "has no room left: free some space on its disk",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: check that its folder exists and may be written",
    sqlite3.SQLITE_NOTADB: "is not a SQLite database: choose another file",
}
# In WAL a reader never waits for the writer; this is for the other program, such as a backup.
BUSY_SECONDS = 10.0


class SqliteConnection(Connection):
    """A connection to a SQLite file."""

    def __init__(self, raw: sqlite3.Connection, where: str, *, read_only: bool = False) -> None:
        super().__init__(flavour_of("sqlite"), where)
        self.raw = raw
        # IMMEDIATE: two that both read before they write would lose an update, or fail at once as "locked".
        self._begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"

    def rollback(self) -> None:
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")

    def in_transaction(self) -> bool:
        return (
            self.raw.in_transaction
        )  # False also where SQLite gave up the transaction by itself: a full disk

    def usable(self) -> bool:
        return True

    def close(self) -> None:
        self.raw.close()

    def _execute(self, sql: str, values: Row = ()) -> Cursor:
        # The way of every statement, as short as it can be: the calls in between cost as much as the database.
        if self._doom is not None or not self.raw.in_transaction:
            self._check()
        try:
            return self.raw.execute(sql, values)
        except sqlite3.Error as error:
            self._doom = explain(error, self.where)
            if self._doom is None:
                raise
            raise self._doom from error

    def _drive_many(self, statement: Statement, rows: Sequence[Row]) -> None:
        self._told(self.raw.executemany, statement.sql, rows)

    def _drive_begin(self) -> None:
        self._told(self.raw.execute, self._begin)

    def _drive_commit(self) -> None:
        self._told(self.raw.execute, "COMMIT")

    def _version(self) -> int | None:
        # Asked inside the transaction: nobody can write between this and what is read after it.
        version: int = self._told(self.raw.execute, "PRAGMA data_version").fetchone()[0]
        return version

    def _told(self, call: Callable[..., Cursor], *args: Any) -> Cursor:
        try:
            return call(*args)
        except sqlite3.Error as error:
            trouble = explain(error, self.where)
            if trouble is None:
                raise
            raise trouble from error


def explain(error: sqlite3.Error, where: str) -> StorageTrouble | None:
    """Return what to tell the operator, None where the error is a mistake of the program."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    meaning = _TROUBLE.get(code & 0xFF)
    return StorageTrouble(f"The database {where} {meaning}. Nothing of this was stored.") if meaning else None


def connect(
    file: str, *, read_only: bool = False, durable: bool = True, busy_seconds: float = BUSY_SECONDS
) -> SqliteConnection:
    """
    Open a file, or `:memory:`, and make sure that it is as safe as it says.

    `durable=False` gives up surviving a power cut, not a killed process: for simulations.
    """
    where = "in memory" if file == ":memory:" else file
    if Path(file).is_dir():
        raise StorageTrouble(
            f"The database {file} is a folder: name a file in it, such as {file}/telemachy.db."
        )
    if read_only and not Path(file).exists():
        raise StorageTrouble(
            f"The database {file} is not there: look at its path, or start the bot once, which makes it."
        )
    raw: sqlite3.Connection | None = None
    try:
        raw = sqlite3.connect(
            f"{Path(file).absolute().as_uri()}?mode=ro" if read_only else file,
            timeout=busy_seconds,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            uri=read_only,
        )
        _set_pragmas(raw, file, read_only=read_only, durable=durable)
    except (sqlite3.Error, StorageTrouble) as error:
        if raw is not None:
            raw.close()
        trouble = explain(error, where) if isinstance(error, sqlite3.Error) else None
        if trouble is None:
            raise
        raise trouble from error
    return SqliteConnection(raw, where, read_only=read_only)


def _set_pragmas(raw: sqlite3.Connection, file: str, *, read_only: bool, durable: bool) -> None:
    wanted = {"foreign_keys": ("ON", 1), "synchronous": ("FULL", 2) if durable else ("OFF", 0)}
    if not read_only and file != ":memory:":
        wanted["journal_mode"] = ("WAL", "wal")  # type: ignore[assignment]
    for name, (value, expected) in wanted.items():
        raw.execute(f"PRAGMA {name} = {value}")
        found = raw.execute(f"PRAGMA {name}").fetchone()[0]
        if found != expected:
            raise StorageTrouble(
                f"SQLite refuses {name} = {value} for {file} (it stays {found}): "
                "use a file on a local disk, or PostgreSQL."
            )


class FileLock:
    """
    Say that this process is the one that writes to a SQLite file.

    The lock ends with the process, however that ends; the small file that carries it stays.
    """

    def __init__(self, file: str) -> None:
        self._path = Path(f"{file}.lock")
        try:
            self._stream: IO[str] | None = self._path.open("a+", encoding="ascii")
        except OSError as error:
            raise StorageTrouble(
                f"The database {file} cannot be opened ({error.strerror}): "
                "check that its folder exists and may be written."
            ) from error
        if not _locked(self._stream):
            self._stream.seek(0)
            other = self._stream.read().strip() or "unknown"
            self._stream.close()
            raise AlreadyRunning(
                f"The database {file} is in use by another telemachy (process {other}): "
                "stop that one first, or choose another file."
            )
        self._write_pid()

    def release(self) -> None:
        """Let another process take the file; does nothing the second time."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _write_pid(self) -> None:
        from os import getpid

        assert self._stream is not None
        self._stream.truncate(0)
        self._stream.write(str(getpid()))
        self._stream.flush()


if sys.platform == "win32":

    def _locked(stream: IO[str]) -> bool:
        import msvcrt

        stream.seek(1 << 30)  # far behind the number, so that others may read that
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _locked(stream: IO[str]) -> bool:
        import fcntl

        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
