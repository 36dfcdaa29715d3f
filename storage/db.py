"""Databases by their URL: connecting, and bringing the schema up to date."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from storage import sqlite, tables
from storage.connection import Connection
from storage.errors import StorageTrouble
from storage.flavour import Statement, flavour_of

# The newest revision in migrations/: a database that is there already is opened without importing Alembic.
HEAD = "0004"
MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = Statement("SELECT version_num FROM alembic_version", ())
_MEMORY = ":memory:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Where everything is kept, and how carefully."""

    url: sa.URL
    durable: bool = True
    busy_seconds: float = sqlite.BUSY_SECONDS

    @property
    def kind(self) -> str:
        """Return "sqlite" or "postgresql"."""
        return self.url.get_backend_name()

    @property
    def file(self) -> str:
        """Return the SQLite file."""
        return self.url.database or _MEMORY

    @property
    def in_memory(self) -> bool:
        """Say whether everything is gone once the connection is closed."""
        return self.kind == "sqlite" and self.file == _MEMORY

    @property
    def where(self) -> str:
        """Return the address for messages: without the password."""
        return (
            self.file
            if self.kind == "sqlite"
            else self.url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        )

    @property
    def libpq(self) -> str:
        """Return the address as PostgreSQL's own library wants it."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def connect(self, *, read_only: bool = False) -> Connection:
        """Open a connection; one that only reads cannot write by mistake."""
        if self.kind == "sqlite":
            return sqlite.connect(
                self.file, read_only=read_only, durable=self.durable, busy_seconds=self.busy_seconds
            )
        from storage import postgres

        return postgres.connect(self.libpq, self.where, read_only=read_only, durable=self.durable)


def database(url: str, *, durable: bool = True, busy_seconds: float = sqlite.BUSY_SECONDS) -> Database:
    """Read a database's URL: `sqlite:///mentoring.db` or `postgresql://user@host/name`."""
    try:
        parsed = sa.make_url(url)
        flavour_of(parsed.get_backend_name())
    except (sa.exc.ArgumentError, ValueError) as error:
        # Not the URL itself: it may hold a password.
        raise StorageTrouble(
            "The database's URL cannot be read: write sqlite:///path/to/file.db or postgresql://user@host/name."
        ) from error
    return Database(url=parsed, durable=durable, busy_seconds=busy_seconds)


def migrate(url: str) -> None:
    """
    Bring a database's schema up to date; an empty one gets all of it.

    Raises StorageTrouble where the database is newer than this program.
    """
    upgrade(database(url))


def upgrade(where: Database) -> None:
    """Do what `migrate` does, for a database that is known already."""
    connection = where.connect()
    try:
        if _version(connection) != HEAD:
            _upgrade_with_alembic(where)
    except sa.exc.DBAPIError as error:
        raise _explained(error, where) from error
    finally:
        connection.close()


def check_version(where: Database) -> None:
    """Raise StorageTrouble where the schema is not this version's."""
    connection = where.connect(read_only=True)
    try:
        found = _version(connection)
    finally:
        connection.close()
    if found != HEAD:
        raise StorageTrouble(
            f"The database {where.where} has schema {found or 'none'}, this version needs {HEAD}: "
            "start the bot on it once, that brings it up to date."
        )


def create_in_memory(connection: sqlite.SqliteConnection) -> None:
    """Give an in-memory database its schema; there never is an older one."""
    engine = sa.create_engine("sqlite://", creator=lambda: connection.raw, poolclass=sa.StaticPool)
    tables.Person.metadata.create_all(engine)


def _version(connection: Connection) -> str | None:
    """Return the schema's revision, None where there is no schema yet."""
    connection.begin()
    try:
        row = connection.row(_VERSION)
    except Exception as error:
        if "alembic_version" in str(error):  # "no such table" in either database's words
            return None
        raise
    finally:
        connection.rollback()
    return None if row is None else row[0]


def _upgrade_with_alembic(where: Database) -> None:
    # Imported here: a start with an up-to-date database has no use for it.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with _engine(where) as engine, engine.begin() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StorageTrouble(
                f"The database {where.where} has a schema that this version does not know: "
                "it was used by a newer one. Install that, or restore a backup of before."
            ) from error


def _explained(error: sa.exc.DBAPIError, where: Database) -> StorageTrouble:
    """Return what to tell the operator where the schema could not be made: all of it is undone."""
    known = sqlite.explain(error.orig, where.where) if isinstance(error.orig, sqlite3.Error) else None
    # The first line only: what follows it may quote a row.
    first = str(error.orig).partition("\n")[0]
    return known or StorageTrouble(
        f"The schema of {where.where} could not be brought up to date: {first}. Nothing of this was stored."
    )


@contextmanager
def _engine(where: Database) -> Iterator[sa.Engine]:
    """Make an engine for SQLAlchemy's own use, with the same care about transactions."""
    if where.kind == "sqlite":
        engine = sa.create_engine(
            where.url.set(drivername="sqlite"), connect_args={"timeout": where.busy_seconds}
        )

        @sa.event.listens_for(engine, "connect")
        def _no_hidden_transactions(raw: Any, _: object) -> None:
            raw.isolation_level = None

        @sa.event.listens_for(engine, "begin")
        def _lock_at_once(connection: sa.Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        engine = sa.create_engine(where.url.set(drivername="postgresql+psycopg"))
    try:
        yield engine
    finally:
        engine.dispose()
