"""What `telemachy doctor` asks of a database; nothing is changed by asking."""

import errno
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import disk_usage

from storage import db
from storage.connection import Connection, Row
from storage.db import Database
from storage.errors import AlreadyRunning, StorageTrouble
from storage.flavour import Statement
from storage.sqlite import FileLock
from storage.work import SqlWork

# Whoever looks wants an answer soon; a server waits longer.
_BUSY_SECONDS = 1.0
_LAST_LOOK = Statement("SELECT max(looked_at) FROM enrolment", ())
_OUTBOX = Statement("SELECT state, count(*) FROM outbox GROUP BY state ORDER BY state", ())
_SOUND = Statement("PRAGMA quick_check(1)", ())
_CLOCK = Statement("SELECT clock_timestamp()", ())
_RISKS = Statement(
    "SELECT name FROM pg_settings WHERE setting = 'off'"
    " AND name IN ('fsync', 'synchronous_commit', 'full_page_writes') ORDER BY name",
    (),
)


@dataclass(slots=True, kw_only=True)
class Checkup:
    """How a database does; `trouble` is what kept the look from its end."""

    kind: str
    where: str
    exists: bool = True
    schema: str | None = None  # None: it has none yet
    up_to_date: bool = False
    used_by: str = ""  # the running server's sentence, where there is one
    trouble: str = ""
    fault: str = ""  # what SQLite found damaged
    risks: tuple[str, ...] = ()  # settings of PostgreSQL that lose data in a power cut
    free_bytes: int | None = None
    clock: datetime | None = None  # the server's own, or the file system's
    looked_at: datetime | None = None  # the newest look at any enrolment
    outbox: dict[str, int] = field(default_factory=dict)
    troubled: tuple[tuple[str, str, int], ...] = ()  # enrolment, error, how often in a row


def look(url: str) -> Checkup:
    """Look at a database, also beside a running server; whatever is wrong stands in the answer."""
    try:
        where = db.database(url, busy_seconds=_BUSY_SECONDS)
    except StorageTrouble as trouble:
        return Checkup(kind="", where="", exists=False, trouble=str(trouble))
    found = Checkup(kind=where.kind, where=where.where)
    try:
        if where.kind == "sqlite":
            _look_at_file(where, found)
        else:
            _read(where, found, _ask_postgres)
            _try_to_write(where, found)
    except StorageTrouble as trouble:
        found.trouble = str(trouble)
    return found


# --- SQLite ----------------------------------------------------------------------------------


def _look_at_file(where: Database, found: Checkup) -> None:
    file = Path(where.file)
    found.exists = file.exists()
    _look_at_folder(file, found)
    if not found.exists:
        return
    _read(where, found, _ask_sqlite)
    try:
        lock = FileLock(where.file)
    except AlreadyRunning as running:
        found.used_by = str(running)
        return
    try:
        _try_to_write(where, found)
    finally:
        lock.release()


def _look_at_folder(file: Path, found: Checkup) -> None:
    """Write beside the file, as SQLite does, and see what time the file system keeps."""
    try:
        found.free_bytes = disk_usage(file.absolute().parent).free
        with tempfile.TemporaryFile(dir=file.absolute().parent) as written:
            written.write(b"telemachy")
            written.flush()
            found.clock = datetime.fromtimestamp(os.fstat(written.fileno()).st_mtime, UTC)
    except OSError as error:
        fix = "make it, or choose another place for the database."
        if error.errno == errno.ENOSPC:
            fix = "free some space on its disk."
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            fix = "let the bot's user write there, or choose another place for the database."
        raise StorageTrouble(f"The folder of {file} cannot be written ({error.strerror}): {fix}") from error


def _ask_sqlite(connection: Connection, found: Checkup) -> None:
    row = connection.row(_SOUND)
    found.fault = "" if row is None or row[0] == "ok" else str(row[0])


# --- both ------------------------------------------------------------------------------------


def _ask_postgres(connection: Connection, found: Checkup) -> None:
    found.clock = _instant(connection, _first(connection, _CLOCK))
    found.risks = tuple(row[0] for row in connection.rows(_RISKS))


def _read(where: Database, found: Checkup, ask: Callable[[Connection, Checkup], None]) -> None:
    connection = where.connect(read_only=True)
    try:
        found.schema = db._version(connection)
        found.up_to_date = found.schema == db.HEAD
        connection.begin()
        ask(connection, found)
        if found.up_to_date:
            _ask_about_work(connection, found)
        connection.rollback()
    finally:
        connection.close()


def _ask_about_work(connection: Connection, found: Checkup) -> None:
    found.looked_at = _instant(connection, _first(connection, _LAST_LOOK))
    found.outbox = {row[0]: row[1] for row in connection.rows(_OUTBOX)}
    found.troubled = SqlWork(connection).troubled()


def _try_to_write(where: Database, found: Checkup) -> None:
    """Write something, and take it back."""
    connection = where.connect()
    try:
        connection.begin()
        if found.up_to_date:
            SqlWork(connection).keep_setting("doctor", "was here")
        connection.rollback()
    finally:
        connection.close()


def _first(connection: Connection, statement: Statement) -> Row:
    return connection.row(statement) or (None,)


def _instant(connection: Connection, row: Row) -> datetime | None:
    return None if row[0] is None else connection.flavour.moment(row[0])
