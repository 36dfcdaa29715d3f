"""
What tests are given: databases of their own, and nothing beyond this machine.
"""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from pytest_socket import SocketConnectBlockedError


@pytest.mark.postgres
def test_each_postgresql_database_is_its_own(new_empty_db):
    """What one test's database holds, the next one does not see."""
    first, second = (new_empty_db("postgresql").replace("+psycopg", "") for _ in range(2))
    with psycopg.connect(first, autocommit=True) as connection:
        connection.execute("CREATE TABLE pair (id int)")

    with psycopg.connect(second) as connection:
        found = connection.execute("SELECT to_regclass('pair')").fetchone()

    assert (None,) == found


def test_a_copied_sqlite_database_holds_every_table(sqlite_template, new_db):
    """A copy of the migrated file has the tables of the migrated file, and at least one."""
    names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    tables = []
    for file in (str(sqlite_template), new_db("sqlite").removeprefix("sqlite:///")):
        connection = sqlite3.connect(file)
        tables.append(connection.execute(names).fetchall())
        connection.close()

    assert tables[0] == tables[1]
    assert tables[0]


def test_an_unknown_kind_of_database_is_an_error(new_empty_db):
    """A test that asks for a database nobody knows hears which kinds there are."""
    with pytest.raises(ValueError, match="sqlite or postgresql"):
        new_empty_db("oracle")


def test_tests_reach_this_machine_only():
    """A test that calls a server out there fails at once, and cannot come to depend on one."""
    # 192.0.2.1 is set aside for documents: nobody has it, should the block ever be gone.
    # The block warns before it raises, and a warning is an error here.
    with pytest.raises((SocketConnectBlockedError, UserWarning), match=r'host "192\.0\.2\.1"'):
        socket.create_connection(("192.0.2.1", 80), timeout=0.01)


@pytest.mark.parametrize(("ci", "outcome"), [("", "1 skipped"), ("true", "1 error")])
def test_what_is_missing_skips_here_and_fails_in_ci(tmp_path, ci, outcome):
    """Somebody without Chromium may test the rest; where everything is installed, nothing goes untested."""
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_one.py").write_text("def test_page(chromium):\n    pass\n")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", tmp_path],
        cwd=tmp_path,
        env={**os.environ, "CI": ci, "TELEMACHY_CHROMIUM": "/nowhere/chromium"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome in ran.stdout
    assert "no Chromium at /nowhere/chromium" in ran.stdout
