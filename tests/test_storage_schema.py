"""
The schema: migrations and tables agree, every column has a privacy class, and an enrolment takes little room.
"""

import re
import sqlite3
import subprocess
import sys
from dataclasses import replace

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from bot.facts import Seat
from bot.outcome import Put
from storage import db, tables
from storage.errors import StorageTrouble
from storage.flavour import Statement
from storage.records import TABLES, Shape, shape_of
from storage.store import open_store, open_to_read
from tests.shelf import ANA, MONDAY, PAIR, PETER, keep, opened

# What PostgreSQL itself says of tables, types, rules and indexes.
_CATALOGUE = """
    SELECT table_name || '.' || column_name, data_type || ' ' || coalesce(collation_name, '') || ' ' || is_nullable
      || ' ' || coalesce(column_default, '')
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


def _schema(url: str) -> set[tuple[str, str]]:
    """
    Describe every table, rule and index of a database, in its own words.
    """
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        connection.close()
        # One line of a definition is one fact; their order, white space and quotes are nobody's concern.
        found = {
            (name, re.sub(r"\s+", " ", line.replace('"', "")).strip(" ,"))
            for name, sql in rows
            for line in sql.splitlines()
        }
    else:
        with psycopg.connect(url.replace("+psycopg", "")) as server:
            found = {(name, rule) for name, rule in server.execute(_CATALOGUE).fetchall()}
    return {(name, rule) for name, rule in found if not name.startswith("alembic_version") and rule}


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(url, poolclass=sa.NullPool)


def test_all_migrations_from_empty_make_the_tables(empty_db_url, new_empty_db):
    """Migrated and made from the tables, a database is the same to the last rule and index."""
    from_tables = new_empty_db(sa.make_url(empty_db_url).get_backend_name())
    SQLModel.metadata.create_all(_engine(from_tables))
    db.migrate(empty_db_url)

    assert _schema(from_tables) == _schema(empty_db_url)
    assert len(_schema(empty_db_url)) > 200


def test_alembic_sees_no_difference_either(db_url):
    """A new revision drafted now would be empty."""
    with _engine(db_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        found = compare_metadata(context, SQLModel.metadata)

    assert [] == found


def test_migrating_again_changes_nothing(db_url):
    """A database that is up to date stays as it is."""
    before = _schema(db_url)
    db.migrate(db_url)

    assert before == _schema(db_url)


def test_addresses_are_moved_over(empty_db_url):
    """People of a database of the first version are found where they were, and all else of them is as it was."""
    config = Config()
    config.set_main_option("script_location", str(db.MIGRATIONS))
    with _engine(empty_db_url).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        person = sa.Table("person", sa.MetaData(), autoload_with=connection)
        shape = shape_of(type(ANA), connection.dialect.name)
        both = [dict(zip(shape.names, shape.write(one), strict=True)) for one in (ANA, PETER)]
        for row in both:
            if connection.dialect.name == "sqlite":
                row |= {"opens": ANA.opens, "closes": ANA.closes}
            connection.execute(person.insert(), {name: row[name] for name in row if name in person.c})

    db.migrate(empty_db_url)

    with opened(empty_db_url) as store:
        assert (ANA, PETER) == store.read_now(lambda work: work.people())
        assert ANA == store.read_now(lambda work: work.person_at(ANA.address))


def test_the_known_head_is_the_newest_revision():
    """The constant by which Alembic is spared follows the migrations."""
    config = Config()
    config.set_main_option("script_location", str(db.MIGRATIONS))

    assert [db.HEAD] == ScriptDirectory.from_config(config).get_heads()


def test_an_up_to_date_database_is_opened_without_alembic(new_db):
    """A second start does not pay for what it does not use, nor for the other database's driver."""
    script = (
        "import sys; from storage.store import open_store\n"
        f"open_store({new_db('sqlite')!r}, inline=True).close_now()\n"
        "print([name for name in ('alembic', 'psycopg', 'mako') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "[]\n" == done.stdout


def test_a_newer_schema_is_refused(new_db):
    """A database that a newer version has changed is left alone, and the error says what to do."""
    url = new_db("sqlite")
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()

    for opening in (open_store, open_to_read):
        with pytest.raises(StorageTrouble, match=r"newer one|has schema 9999"):
            opening(url)


def test_reading_waits_for_nobody_to_migrate(new_empty_db):
    """A database without a schema cannot be read, and reading does not make one."""
    url = new_empty_db("sqlite")
    sqlite3.connect(url.removeprefix("sqlite:///")).close()

    with pytest.raises(StorageTrouble, match="has schema none"):
        open_to_read(url)


def test_every_column_has_a_privacy_class():
    """Export and erasure know of every column whose it is."""
    classes = {"none", "person", "contents"}
    without = [
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if column.info.get("privacy") not in classes
    ]

    assert [] == without


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_every_field_of_a_record_has_its_column(kind):
    """Nothing that the programme knows is left out; only a seat's id is made of its key."""
    shape: Shape = shape_of(kind, "sqlite")
    left_out = {name for name in kind.__dataclass_fields__ if name not in shape.names}

    assert ({"id"} if kind is Seat else set()) == left_out


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_values_are_stored_in_the_order_in_which_they_are_made(kind, database):
    """The parameters of storing a record are its columns, in their order."""
    shape: Shape = shape_of(kind, database)

    assert shape.names == shape.upsert.names[: len(shape.names)]


def test_an_enrolment_with_its_seats_takes_little_room(new_db):
    """An enrolment with all five seats takes at most 500 bytes before anything was sent."""
    url = new_db("sqlite")
    file = url.removeprefix("sqlite:///")
    roles = {"mentee": 1, "mentor": 2, "head": 20, "coordinator": 500, "director": 2000}
    many = 1000
    with opened(url) as store:
        people = [replace(PETER, id=f"p{n}") for n in range(many * 2)]
        keep(store, *people)
        before = _used(file)
        for first in range(0, many, 100):
            store.write_now(
                lambda work, first=first: work.apply(
                    [
                        Put(record)
                        for n in range(first, first + 100)
                        for record in (
                            replace(PAIR, id=f"e{n}", version="0123456789ab"),
                            *(
                                Seat(
                                    id=f"e{n}/seat/{role}/p{many + n // shared if shared > 1 else n}",
                                    enrolment=f"e{n}",
                                    role=role,
                                    person=f"p{many + n // shared if shared > 1 else n}",
                                    since=MONDAY,
                                )
                                for role, shared in roles.items()
                            ),
                        )
                    ],
                    MONDAY,
                )
            )
        after = _used(file)

    assert (after - before) / many <= 500


def _used(file: str) -> int:
    connection = sqlite3.connect(file)
    (pages,), (free,), (size,) = (
        connection.execute(f"PRAGMA {name}").fetchone()
        for name in ("page_count", "freelist_count", "page_size")
    )
    connection.close()
    return (pages - free) * size


# The questions that are asked again and again, by module.
_QUESTIONS = ("loading", "writing", "ticking", "work", "outbox_sql")
_INSTANTS = (
    "now", "at", "due", "since", "after", "before", "looked_at", "next_due_at", "not_before", "sent_at", "lease_until",
)  # fmt: skip


def _statements(database: str) -> dict[str, Statement]:
    found: dict[str, Statement] = {}
    for name in _QUESTIONS:
        module = __import__(f"storage.{name}", fromlist=["x"])
        made = module.outbox_sql(database) if name == "outbox_sql" else module._sql(database)
        found |= {key: value for key, value in vars(made).items() if _searches(value)}
    del found["people"]  # listing everybody is no search
    del found["people_with_email"]  # asked once for each person, when they are first seen on a platform
    return found


def _searches(value: object) -> bool:
    return isinstance(value, Statement) and not value.sql.startswith("INSERT")


def test_no_question_to_sqlite_reads_a_whole_table(new_db):
    """However large the tables are, each statement finds its rows by an index."""
    connection = sqlite3.connect(new_db("sqlite").removeprefix("sqlite:///"))
    scans = [
        (name, plan)
        for name, statement in _statements("sqlite").items()
        for *_, plan in connection.execute(
            f"EXPLAIN QUERY PLAN {statement.sql}", ["1"] * len(statement.names)
        )
        if re.match(r"SCAN (?!anon_)", plan) and "USING" not in plan
    ]
    connection.close()

    assert [] == scans


@pytest.mark.postgres
def test_no_question_to_postgresql_reads_a_whole_table(new_db):
    """However large the tables are, each statement can find its rows by an index."""
    plans = {}
    with psycopg.connect(
        new_db("postgresql").replace("+psycopg", ""), cursor_factory=psycopg.ClientCursor
    ) as server:
        server.execute("SET enable_seqscan = off")
        for name, statement in _statements("postgresql").items():
            values = [
                "2027-01-11" if name in _INSTANTS else "{1}" if name in ("ids", "people", "steps") else "1"
                for name in statement.names
            ]
            rows = server.execute(f"EXPLAIN {statement.sql}", values).fetchall()
            plans[name] = "\n".join(line for (line,) in rows)
            if statement.bulk:
                rows = server.execute(f"EXPLAIN {statement.bulk}", ["[]"]).fetchall()
                plans[f"{name} of many"] = "\n".join(line for (line,) in rows)

    assert {} == {name: plan for name, plan in plans.items() if "Seq Scan" in plan}
    assert "ix_enrolment_due" in plans["claim_due"]
    assert "ix_outbox_budget" in plans["interruptions"]
    assert "ix_meeting_fixed" in plans["busy"]


def test_the_tables_are_those_of_the_records_and_the_house():
    """Whoever adds a table thinks of migrations, privacy and this list."""
    records = {tables.table_of(model).name for model in TABLES.values()}
    house = {"outbox", "inbox", "programme", "setting", "audit_log", "person_address"}

    assert records | house == set(SQLModel.metadata.tables)
