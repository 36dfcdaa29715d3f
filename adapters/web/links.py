"""Addresses of our own pages, each sealed and for one person."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapters.web import names
from adapters.web.seals import Seals
from bot.facts import Person
from bot.ports import Clock

HOME_LIVES = timedelta(minutes=15)
FILE_LIVES = timedelta(days=60)
_FILE = "file/"


@dataclass(frozen=True, slots=True)
class HomePass:
    """Let one person in, once; `once` tells this pass from all others."""

    person: str
    until: datetime
    once: str


@dataclass(frozen=True, slots=True)
class FilePass:
    """Let one person have the file of one outbox row."""

    row: int
    person: str
    until: datetime


@dataclass(frozen=True, slots=True)
class FeedPass:
    """Let a calendar follow one person's meetings, until the person asks for another address."""

    person: str
    feed: int  # good while it is the person's own (Person.feed)


class PageLinks:
    """Make addresses of pages (bot.ports.Links), and read what came back in one."""

    def __init__(self, seals: Seals, public_url: str, clock: Clock) -> None:
        """Take the address at which browsers reach us, such as https://mentoring.example.org."""
        self._seals = seals
        self._at = public_url.rstrip("/")
        self._clock = clock

    def to(self, page: str, person: Person) -> str:
        """Return the address of "home", "calendar" or "file/ROW" for this person; ValueError for other pages."""
        now = self._clock.now()
        if page == "home":
            token = self._seals.seal("home", person.id, _written(now + HOME_LIVES), secrets.token_urlsafe(12))
            return self._at + names.ENTER.format(token=token)
        if page == "calendar":
            return self._at + names.FEED.format(token=self._seals.seal("feed", person.id, str(person.feed)))
        row = page.removeprefix(_FILE)
        if not page.startswith(_FILE) or not row.isdecimal():
            raise ValueError(f"there is no page {page!r}: home, calendar and file/ROW are the ones there are")
        token = self._seals.seal("file", row, person.id, _written(now + FILE_LIVES))
        return self._at + names.FILE.format(token=token)

    def home_pass(self, token: str) -> HomePass | None:
        """Return the pass of a link to the home, however old; None where it is not ours."""
        match self._seals.read("home", token):
            case (person, until, once):
                return HomePass(person, _read(until), once)
        return None

    def file_pass(self, token: str) -> FilePass | None:
        """Return the pass of a link to a file, however old; None where it is not ours."""
        match self._seals.read("file", token):
            case (row, person, until):
                return FilePass(int(row), person, _read(until))
        return None

    def feed_pass(self, token: str) -> FeedPass | None:
        """Return the pass of a feed, revoked or not; None where it is not ours."""
        match self._seals.read("feed", token):
            case (person, number):
                return FeedPass(person, int(number))
        return None


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _read(at: str) -> datetime:
    return datetime.fromisoformat(at)
