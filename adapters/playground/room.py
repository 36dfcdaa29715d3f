"""The room that plays a messenger's part: messages, the movable clock, who plays whom. One small file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Literal

from adapters.playground.keep import pack_act, pack_content, unpack_act, unpack_content
from adapters.sim.player import Act
from bot.content import Card, Content, UserText, say

# `bot` and `mail` came through a channel; `answer` and `note` answer the actor alone; `said`: own words.
Kind = Literal["bot", "mail", "answer", "note", "said"]
# How a person is played: "you" only by who sits at the page, else automatically until they take over.
Temperament = Literal["you", "well", "forgets", "struggles", "silent"]
TEMPERAMENTS: tuple[Temperament, ...] = ("you", "well", "forgets", "struggles", "silent")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, person TEXT NOT NULL, kind TEXT NOT NULL, content TEXT NOT NULL,
    delivery TEXT UNIQUE, at TEXT NOT NULL, updated TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS message_of_person ON message (person, id);
CREATE TABLE IF NOT EXISTS plan (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- an id becomes an event's key: never used twice
    person TEXT NOT NULL, message INTEGER NOT NULL, at TEXT NOT NULL, act TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS plan_by_time ON plan (at, id);
CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = "id, person, kind, content, at, updated"


@dataclass(frozen=True, slots=True)
class Message:
    """Something in one person's chat."""

    id: int
    person: str
    kind: Kind
    content: Content
    at: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """What an automatic player is going to do, and the message that made them (0 = none)."""

    id: int
    person: str
    message: int
    act: Act


class Room:
    """Keep the room in one SQLite file; used from one thread only, except for `now`."""

    def __init__(self, file: Path, begins: datetime) -> None:
        self._db = sqlite3.connect(file, isolation_level=None)
        # A killed demo loses nothing; only a power cut may. To wait for the disk would be half of all waiting.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=2000"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_SCHEMA)
        # Kept as a value too, because the store's thread asks for the time.
        self._now = datetime.fromisoformat(self.kept("now") or self.keep("now", _written(begins)))
        self.name = self.kept("name") or self.keep("name", token_hex(8))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # --- clock -------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the room's present instant."""
        return self._now

    def move_clock(self, to: datetime) -> None:
        """Move the clock; it never goes back."""
        if to < self._now:
            raise ValueError(f"the clock shows {self._now} and cannot go back to {to}")
        self.keep("now", _written(to))
        self._now = to

    # --- messages ----------------------------------------------------------------------------

    def add(self, person: str, content: Content, kind: Kind = "bot", delivery: str | None = None) -> Message:
        """Add a message now; a delivery that is there already is not added again."""
        now = _written(self._now)
        self._db.execute(
            "INSERT INTO message (person, kind, content, delivery, at, updated) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (delivery) DO NOTHING",
            (person, kind, pack_content(content), delivery, now, now),
        )
        if delivery is None:
            return self._messages("WHERE id = last_insert_rowid()")[0]
        return self._messages("WHERE delivery = ?", (delivery,))[0]

    def add_words(self, person: str, words: str) -> Message:
        """Add what the person typed, as their own words."""
        return self.add(person, Card(say("{words}", words=UserText(words))), "said")

    def update(self, message: Message, content: Content) -> Message:
        """Put another content in the place of a message's."""
        self._db.execute(
            "UPDATE message SET content = ?, updated = ? WHERE id = ?",
            (pack_content(content), _written(self._now), message.id),
        )
        return replace(message, content=content, updated=self._now)

    def message(self, message_id: int) -> Message | None:
        """Return a message by id."""
        return next(iter(self._messages("WHERE id = ?", (message_id,))), None)

    def delivered(self, delivery: str) -> Message | None:
        """Return what arrived with this delivery."""
        return next(iter(self._messages("WHERE delivery = ?", (delivery,))), None)

    def last_messages(self, person: str, most: int, before: int = 0) -> tuple[Message, ...]:
        """Return a person's last messages, oldest first; with `before`, the last ones older than that id."""
        older, values = (" AND id < ?", (person, before, most)) if before else ("", (person, most))
        found = self._messages(f"WHERE person = ?{older} ORDER BY id DESC LIMIT ?", values)
        return found[::-1]

    def all_messages(self) -> tuple[Message, ...]:
        """Return every message in order."""
        return self._messages("ORDER BY id")

    def _messages(self, rest: str, values: Sequence[object] = ()) -> tuple[Message, ...]:
        with closing(self._db.execute(f"SELECT {_COLUMNS} FROM message {rest}", values)) as rows:  # noqa: S608
            return tuple(
                Message(i, person, kind, unpack_content(content), _read(at), _read(updated))
                for i, person, kind, content, at, updated in rows
            )

    # --- what the automatic players are going to do -------------------------------------------

    def plan(self, person: str, message: int, acts: Iterable[Act]) -> None:
        """Note what a player is going to do because of a message."""
        self._db.executemany(
            "INSERT INTO plan (person, message, at, act) VALUES (?, ?, ?, ?)",
            [(person, message, _written(act.at), pack_act(act)) for act in acts],
        )

    def planned(self, until: datetime) -> tuple[Planned, ...]:
        """Return what is planned until an instant, by time."""
        rows = self._db.execute(
            "SELECT id, person, message, act FROM plan WHERE at <= ? ORDER BY at, id", (_written(until),)
        )
        return tuple(Planned(i, person, message, unpack_act(act)) for i, person, message, act in rows)

    def next_planned(self) -> datetime | None:
        """Return when the next planned act is due."""
        (at,) = self._db.execute("SELECT min(at) FROM plan").fetchone()
        return _read(at) if at else None

    def drop_plan(self, *, person: str = "", message: int = 0, act: int = 0) -> None:
        """Forget one planned act, those of a message, or all of a person."""
        where, value = ("id", act) if act else ("message", message) if message else ("person", person)
        self._db.execute(f"DELETE FROM plan WHERE {where} = ?", (value,))  # noqa: S608

    # --- small things -------------------------------------------------------------------------

    def temperament(self, person: str) -> Temperament:
        """Return how a person is played; somebody who was never set answers well."""
        found = self.kept(f"temperament/{person}")
        return next((one for one in TEMPERAMENTS if one == found), "well")

    def set_temperament(self, person: str, temperament: Temperament) -> None:
        """Choose how a person is played."""
        self.keep(f"temperament/{person}", temperament)

    def last_read(self, person: str) -> int:
        """Return the id of the last message that somebody looked at in this person's chat."""
        return int(self.kept(f"read/{person}") or 0)

    def unread(self, person: str) -> int:
        """Return how many messages in this person's chat nobody has looked at."""
        (count,) = self._db.execute(
            "SELECT count(*) FROM message WHERE person = ? AND id > ? AND kind IN ('bot', 'mail', 'answer')",
            (person, self.last_read(person)),
        ).fetchone()
        return int(count)

    def read_until(self, person: str, message: int) -> None:
        """Note that the chat was looked at up to a message."""
        self.keep(f"read/{person}", str(max(message, self.last_read(person))))

    def kept(self, key: str) -> str | None:
        """Return a kept value."""
        row = self._db.execute("SELECT value FROM kept WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def keep(self, key: str, value: str) -> str:
        """Keep a value, and return it."""
        self._db.execute(
            "INSERT INTO kept (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )
        return value


class RoomClock:
    """Tell the room's time to everything that asks for it."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def now(self) -> datetime:
        """Return the present instant."""
        return self._room.now()


def _written(at: datetime) -> str:
    # One width, so that text sorts as time does.
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _read(at: str) -> datetime:
    return datetime.fromisoformat(at)
