"""What tells a database that lived on from one put back from a backup: see bot/lineage.py."""

import os
from datetime import datetime
from pathlib import Path

from storage import db
from storage.connection import Connection
from storage.errors import StorageTrouble
from storage.flavour import Statement

# A dump that is read back makes its tables anew, a copy is another database, and recovery from a base backup
# begins a new time line, which is the first part of a log file's name.
_PARTS = (
    ("pg_control_system()", "(SELECT system_identifier FROM pg_control_system())"),
    ("pg_walfile_name(pg_lsn)", "left(pg_walfile_name(pg_current_wal_lsn()), 8)"),
)
_DATABASE = "(SELECT oid FROM pg_database WHERE datname = current_database()), 'outbox'::regclass::oid"


class FileLineage:
    """
    Of a SQLite file: a small file beside it says what mark the database carried last.

    The database is written first, so a process that dies in between leaves a newer database, never an older one.
    """

    def __init__(self, file: str) -> None:
        self._beside = Path(f"{file}.seen")

    def is_broken(self, mark: str | None) -> bool:
        """Tell whether an older file lies there, or one that lived elsewhere."""
        try:
            last = self._beside.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return mark is not None
        except (OSError, UnicodeDecodeError):
            return True
        return mark is None or last > mark

    def next_mark(self, now: datetime) -> str:
        """Return the instant, so that a later mark is greater."""
        return now.isoformat(timespec="microseconds")

    def keep(self, mark: str) -> None:
        """Write the mark, so that a power cut leaves it or the one before."""
        new = self._beside.with_name(f"{self._beside.name}-new")
        try:
            with new.open("w", encoding="ascii") as file:
                file.write(mark)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._beside)
        except OSError as error:
            raise StorageTrouble(
                f"{self._beside} cannot be written ({error.strerror}): check the disk and the permissions."
            ) from error


class ServerLineage:
    """Of a database on a PostgreSQL server: it is another one once a backup was read back."""

    def __init__(self, identity: str) -> None:
        self._identity = identity

    def is_broken(self, mark: str | None) -> bool:
        """Tell whether the mark was made by another database than this."""
        return mark is not None and mark != self._identity

    def next_mark(self, now: datetime) -> str:
        """Return what the server says of the database, which stays the same as long as that lives."""
        return self._identity

    def keep(self, mark: str) -> None:
        """Do nothing: the server knows it by itself."""


def lineage_of(url: str) -> FileLineage | ServerLineage:
    """Return what knows the past of a database that is up to date."""
    where = db.database(url)
    if where.kind == "sqlite":
        return FileLineage(where.file)
    connection = where.connect(read_only=True)
    try:
        connection.begin()
        # A server may keep what it says of itself from those who only use it.
        parts = [part for name, part in _PARTS if _first(connection, _may_ask(name))]
        identity = _first(connection, f"SELECT concat_ws('/', {', '.join((*parts, _DATABASE))})")
        connection.rollback()
    finally:
        connection.close()
    return ServerLineage(str(identity))


def _may_ask(function: str) -> str:
    return f"SELECT has_function_privilege('{function}', 'execute')"


def _first(connection: Connection, sql: str) -> object:
    row = connection.row(Statement(sql, ()))
    assert row is not None
    return row[0]
