"""What an act costs the database: on PostgreSQL each statement is a way there and back, while somebody waits."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from bot.content import Ask, Card
from bot.outcome import ReplaceCard
from storage.connection import Connection
from storage.postgres import PostgresConnection
from storage.sqlite import SqliteConnection
from tests.living import Life
from tests.test_skeleton import begin


class Listening:
    """What every connection was asked, as "verb table"."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.heard: list[str] = []
        for kind in (SqliteConnection, PostgresConnection):
            self._listen(monkeypatch, kind)

    def _listen(self, monkeypatch: pytest.MonkeyPatch, kind: type[Connection]) -> None:
        execute, drive_many = kind._execute, kind._drive_many

        def one(connection, sql, values=()):  # type: ignore[no-untyped-def]
            self.heard.append(_short(sql))
            return execute(connection, sql, values)

        def many(connection, statement, rows):  # type: ignore[no-untyped-def]
            self.heard.append(_short(statement.sql))
            drive_many(connection, statement, rows)

        monkeypatch.setattr(kind, "_execute", one)
        monkeypatch.setattr(kind, "_drive_many", many)

    def take(self) -> list[str]:
        """Return what was heard since the last time."""
        heard, self.heard = self.heard, []
        return heard


def _short(sql: str) -> str:
    verb = sql.split()[0].lower()
    table = re.search(r'(?:INTO|UPDATE|FROM|JOIN)\s+"?(\w+)', sql)
    return f"{verb} {table.group(1)}" if table else verb


@pytest.fixture
async def life(db_url: str) -> AsyncIterator[Life]:
    """Yield a pair whose mentee has a check-in before them, on each database."""
    life = await begin(db_url)
    await life.until(datetime.fromisoformat("2027-01-21T15:00:00+00:00"))
    yield life
    await life.close()


# A connection of PostgreSQL has others beside it: who the people are, and what is in the pair's row, is asked each time.
ALONE = {"sqlite": [], "postgresql": ["select enrolment", "select person"]}


async def test_a_press_asks_the_database_nothing_twice(
    life: Life, db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A tap stores the event's key, the answer and that the pair is due, and renews the message it was on.

    Who it is, the pair's row, locked as it is read, and its people are asked where others may have written; the parts
    of the message in one question; and a message that looks as before is not written again.
    """
    card = life.box.messages[0][1].content
    assert isinstance(card, Card)
    listening = Listening(monkeypatch)
    for _ in range(2):  # the first one loads the pair
        ask = next(b for b in card.blocks if isinstance(b, Ask) and not b.chosen)
        listening.take()
        reply = (await life.press("ana", ask.verb, ask.ref, "4", message="m1")).reply
        assert isinstance(reply, ReplaceCard)
        card = reply.card
    kind = db_url.partition(":")[0].partition("+")[0]
    known = {"sqlite": "insert inbox", "postgresql": "with inbox"}[kind]  # there, with who it is
    stored = [known, "insert answer", "update enrolment", "select outbox"]

    assert sorted([*ALONE[kind], *stored, "update outbox"]) == sorted(listening.take())
    await life.press("ana", ask.verb, ask.ref, "4", message="m1")
    assert sorted([*ALONE[kind], *stored]) == sorted(listening.take())
