"""What tests of a running bot share: its configuration, its process, a mail server that counts."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from threading import Condition
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from bot.facts import Person
from bot.outcome import Put
from storage.inline import InlineStore
from storage.store import open_store, open_to_read
from tests.mailroom import send

SECONDS = 60.0  # after which a test gives up on a process
READY = "Health:"


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def configuration(folder: Path, *sections: str, port: int | None = None, url: str = "") -> Path:
    """Write a configuration and return its path."""
    database = f'[database]\nurl = "{url or "sqlite:///telemachy.db"}"'
    server = f"[server]\nport = {port or free_port()}"
    file = folder / "config.toml"
    file.write_text("\n".join([database, server, *sections]) + "\n", encoding="utf-8")
    return file


def telemachy(*arguments: str | Path, folder: Path, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "bot.cli.main", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env=_environment(),
        **settings,
    )


class Running:
    """A `telemachy serve` of its own."""

    def __init__(self, config: Path) -> None:
        self.said = ""
        self.log = config.parent / f"log-{time.monotonic_ns()}"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli.main", "serve", "--config", str(config)],
                cwd=config.parent,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(),
            )

    def ready(self) -> str:
        """Wait until it says that it runs, and return what it said."""
        assert self.process.stdout is not None
        told, until = b"", time.monotonic() + SECONDS
        while READY.encode() not in told:
            readable, _, _ = select.select([self.process.stdout], [], [], until - time.monotonic())
            read = os.read(self.process.stdout.fileno(), 65536) if readable else b""
            assert read, f"it did not begin: {told.decode()} {self.log.read_text()}"
            told += read
        self.said = told.decode()
        return self.said

    def stop(self) -> int:
        """Ask it to end, as a supervisor does, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        """Wait for its end and return its exit code."""
        try:
            return self.process.wait(SECONDS)
        finally:
            self.close()

    def close(self) -> None:
        """Leave nothing of it behind."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def lines(self) -> list[dict[str, object]]:
        """Return what it logged."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@contextmanager
def running(config: Path) -> Iterator[Running]:
    """Run a bot that is ready, and end it in any case."""
    server = Running(config)
    try:
        server.ready()
        yield server
    finally:
        server.close()


class Post:
    """A mail server that counts what each receiver got, and may do something at a certain letter."""

    def __init__(self) -> None:
        self.letters: Counter[str] = Counter()
        self.at: dict[int, Callable[[], object]] = {}
        self._changed = Condition()

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter."""
        with self._changed:
            self.letters.update(envelope.rcpt_tos)
            self._changed.notify_all()
        self.at.pop(self.letters.total(), lambda: None)()
        return "250 OK"

    def wait_for(self, letters: int) -> None:
        """Wait until so many letters came."""
        with self._changed:
            came = self._changed.wait_for(lambda: self.letters.total() >= letters, SECONDS)
        assert came, f"{self.letters.total()} of {letters} letters came"


@contextmanager
def post_office() -> Iterator[tuple[Post, str]]:
    """Run a mail server, and say what the configuration has to say of it."""
    post, port = Post(), free_port()
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        told = f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "mentoring@example.org"'
        yield post, f"[mail]\n{told}"
    finally:
        controller.stop()


def always(name: str) -> Person:
    """Return somebody who is at work at any hour of any day, so that real time does not matter."""
    me = Person(id=name, name=name, email=f"{name}@example.org", weekdays=tuple(range(7)))
    return replace(me, opens=time_of_day(0), closes=time_of_day(23, 59))


def letters_due(url: str, names: list[str]) -> None:
    """Write one letter that is due for each of them."""
    store = open_store(url, inline=True)
    now = datetime.now(UTC) - timedelta(minutes=1)
    letters = [send(name, "answer", to=name, at=now, mail=True, any_hour=True) for name in names]
    store.write_now(lambda work: work.apply([Put(always(name)) for name in names], now))
    store.write_now(lambda work: work.intend(letters, now))
    store.close_now()


def states(url: str, names: list[str]) -> dict[str, str]:
    """Return what became of each letter."""
    store: InlineStore = open_to_read(url)
    try:
        rows = {name: store.read_now(lambda work, key=name: work.row_by_key(key)) for name in names}  # type: ignore[misc]
        return {name: row.state for name, row in rows.items() if row is not None}
    finally:
        store.close_now()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("TELEMACHY_")}
