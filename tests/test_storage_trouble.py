"""
A full disk, a locked file, a second server, a wrong address: a clear message each, and nothing is lost.
"""

import asyncio
import logging
import sqlite3
import subprocess
import sys
import threading

import pytest

from storage import db, sqlite
from storage.errors import AlreadyRunning, StorageTrouble
from storage.store import open_store, open_to_read
from storage.transactions import Transactions
from tests.shelf import ANA, STEP, asked, keep_pair, opened, row_of


def _file(url):
    return url.removeprefix("sqlite:///")


def _fill_the_disk(store):
    """
    Let the file grow no more.
    """
    _let_nothing_grow(store._writer._connection.raw)


def _let_nothing_grow(raw):
    (pages,) = raw.execute("PRAGMA page_count").fetchone()
    raw.execute(f"PRAGMA max_page_count = {pages}")


def _write_much(work):
    work.keep_setting("small", "x")
    work.keep_setting("large", "x" * 1_000_000)


# --- the disk --------------------------------------------------------------------------------


def test_a_full_disk_is_told_and_loses_nothing(new_db):
    """The error names the file and the fix; what was stored before is there, and later work goes on."""
    url = new_db("sqlite")
    with opened(url) as store:
        keep_pair(store)
        _fill_the_disk(store)
        with pytest.raises(StorageTrouble, match=r"telemachy-.*no room left: free some space"):
            store.write_now(_write_much)
        store._writer._connection.raw.execute("PRAGMA max_page_count = 1000000")
        store.write_now(lambda work: work.keep_setting("later", "x"))

    with opened(url) as again:
        found = asked(again, lambda work: [work.setting(key) for key in ("small", "large", "later")])
        assert ([None, None, "x"], ANA) == (found, asked(again, lambda work: work.person("ana")))


def test_trouble_that_somebody_swallowed_stores_nothing(new_db):
    """A tick that passes over the one that raised cannot commit half of it once the disk was full."""
    with opened(new_db("sqlite")) as store:
        _fill_the_disk(store)

        def swallow(work):
            work.keep_setting("before", "x")
            with pytest.raises(StorageTrouble, match="no room left"):
                work.savepoint(lambda: _write_much(work))
            with pytest.raises(StorageTrouble, match="no room left"):
                work.keep_setting("after", "x")

        with pytest.raises(StorageTrouble, match="no room left"):
            store.write_now(swallow)

        assert [None, None] == asked(store, lambda work: [work.setting("before"), work.setting("after")])


async def test_all_that_share_a_commit_hear_of_a_full_disk(new_db):
    """Nobody is told that their work is stored when the commit they shared failed."""
    store = open_store(new_db("sqlite"), durable=False)
    await store.write(lambda work: work.keep_setting("n", "0"))
    begun, gate = threading.Event(), threading.Event()

    def hold(work):
        _let_nothing_grow(work._connection.raw)
        begun.set()
        gate.wait(10)

    held = store.write(hold)
    await asyncio.to_thread(begun.wait, 10)
    together = [store.write(unit) for unit in (lambda work: work.keep_setting("n", "1"), _write_much, _ask)]
    gate.set()
    await held

    found = await asyncio.gather(*together, return_exceptions=True)

    assert [StorageTrouble] * 3 == [type(one) for one in found]
    assert "0" == await store.read(_ask)
    await store.close()


def _ask(work):
    return work.setting("n")


# --- somebody else ---------------------------------------------------------------------------


def test_a_locked_database_is_told_and_loses_nothing(new_db):
    """While another program holds the file the error says so; afterwards the same work is done."""
    url = new_db("sqlite")
    with opened(url, busy_seconds=0.01) as store:
        other = sqlite3.connect(_file(url), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageTrouble, match="locked by another program"):
            keep_pair(store)
        other.execute("ROLLBACK")
        other.close()
        keep_pair(store)

        assert ANA == asked(store, lambda work: work.person("ana"))


def test_a_second_server_is_refused(new_db):
    """The second one hears which process has the file; once that ends, the file is free."""
    url = new_db("sqlite")
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"""
import sys
from storage.store import open_store, open_to_read
store = open_store({url!r}, inline=True)
print("open", flush=True)
sys.stdin.read()
""",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "open\n"
    for inline in (True, False):
        with pytest.raises(AlreadyRunning, match=rf"process {holder.pid}\).*stop that one"):
            open_store(url, inline=inline)
    holder.kill()
    holder.communicate()

    with opened(url) as store:
        keep_pair(store)


def test_a_second_store_in_the_same_process_is_refused(new_db):
    """Also one process opens a file once at a time, and may read it beside that."""
    url = new_db("sqlite")
    with opened(url) as store:
        keep_pair(store)
        with pytest.raises(AlreadyRunning):
            open_store(url, inline=True)
        beside = open_to_read(url)

        assert ANA == beside.read_now(lambda work: work.person("ana"))
        with pytest.raises(StorageTrouble, match="only to read"):
            beside.write_now(lambda work: None)
        beside.close_now()

    with opened(url):
        pass


def test_a_killed_process_loses_nothing_that_was_committed(new_db):
    """What was committed before a kill is there, what was not is not, and the messages still wait."""
    url = new_db("sqlite")
    with opened(url) as store:
        keep_pair(store)
    script = (
        "import os, signal; from storage.store import open_store; from tests.shelf import *\n"
        f"store = open_store({url!r}, inline=True)\n"
        "keep(store, STEP); intend(store, send('k1', about=STEP.id))\n"
        "def half(work):\n"
        "    work.keep_setting('half', 'x'); work.intend([send('k2')], MONDAY)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "store.write_now(half)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)

    assert -9 == done.returncode, done.stderr
    with opened(url) as store:
        assert (STEP,) == asked(store, lambda work: work.pairs(["e1"]))[0].steps
        assert "pending" == row_of(store, "k1").state
        assert (None, None) == asked(store, lambda work: (work.setting("half"), work.row_by_key("k2")))


# --- how it is opened ------------------------------------------------------------------------


def test_sqlite_is_as_safe_as_it_can_be(new_db):
    """Every connection writes ahead, waits for the disk, keeps references whole, and waits for others."""
    connection = sqlite.connect(_file(new_db("sqlite")))
    found = {
        name: connection.raw.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }
    connection.close()

    assert {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000} == found


def test_sqlite_that_refuses_to_be_safe_is_refused():
    """Where write-ahead logging cannot be had, as on some network disks, the error says what to use."""
    raw = sqlite3.connect(":memory:", isolation_level=None)

    with pytest.raises(
        StorageTrouble, match=r"journal_mode = WAL for share/x\.db.*local disk, or PostgreSQL"
    ):
        sqlite._set_pragmas(raw, "share/x.db", read_only=False, durable=True)
    raw.close()


def test_a_file_that_is_no_database_is_told(tmp_path):
    """A text file is left alone."""
    file = tmp_path / "notes.db"
    file.write_text("Dear diary, " * 200)

    with pytest.raises(StorageTrouble, match=r"notes\.db is not a SQLite database"):
        open_store(f"sqlite:///{file}", inline=True)
    assert file.read_text().startswith("Dear diary")


def test_a_folder_in_place_of_a_file_is_told(tmp_path):
    """The error says that it is one, and what to write instead."""
    with pytest.raises(StorageTrouble, match=r"is a folder: name a file in it, such as .*/telemachy\.db"):
        open_store(f"sqlite:///{tmp_path}", inline=True)


def test_a_database_that_is_not_there_cannot_be_read(tmp_path):
    """Whoever only looks makes none, and learns what does."""
    with pytest.raises(StorageTrouble, match=r"x\.db is not there: look at its path, or start the bot once"):
        open_to_read(f"sqlite:///{tmp_path}/x.db")
    assert [] == list(tmp_path.iterdir())


def test_a_missing_folder_is_told(tmp_path):
    """The error names the file and what to check."""
    with pytest.raises(StorageTrouble, match=r"none/x\.db cannot be opened.*folder exists"):
        open_store(f"sqlite:///{tmp_path}/none/x.db", inline=True)


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "nonsense secret", "oracle:secret"])
def test_a_wrong_address_is_told_without_its_password(url):
    """The error shows what an address looks like, never what was given."""
    with pytest.raises(StorageTrouble, match="sqlite:///path") as caught:
        open_store(url)

    assert "secret" not in str(caught.value)


def test_a_server_that_cannot_be_reached_is_told_without_its_password(unused_port):
    """The error names the server, never its password."""
    with pytest.raises(
        StorageTrouble,
        match=r"PostgreSQL at postgresql://bot:.*@127\.0\.0\.1.* cannot be reached: check that it runs",
    ) as caught:
        open_store(f"postgresql://bot:secret@127.0.0.1:{unused_port}/mentoring", inline=True)

    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture
def unused_port():
    """
    A port on which nobody listens.
    """
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.mark.postgres
def test_a_server_that_may_forget_is_warned_of(new_db, caplog):
    """With fsync or synchronous_commit off, a power cut loses what was promised: the log says so once."""
    url = new_db("postgresql")
    with caplog.at_level(logging.WARNING, "telemachy.storage"):
        open_store(f"{url}&options=-csynchronous_commit%3Doff", inline=True).close_now()

    assert any("synchronous_commit = off" in record.getMessage() for record in caplog.records)


@pytest.mark.postgres
def test_a_server_that_may_only_be_read_is_told(new_db):
    """Whoever connects to a standby hears where to connect instead."""
    standby = db.database(f"{new_db('postgresql')}&options=-cdefault_transaction_read_only%3Don")
    transactions = Transactions(standby.connect)

    with pytest.raises(StorageTrouble, match="connect to the primary"):
        transactions.run(lambda work: work.keep_setting("a", "b"))
    transactions.close()
