"""One line of a file of people: its cells as a person, or what is wrong with them, each with its column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import get_args

from bot.calendar import Unknown, check_country, check_zone
from bot.content import Role
from bot.facts import Person

CAPACITY = 3  # mentees at a time, for a mentor whose row does not say
_NEEDED = ("name", "email", "roles")
_ROLES: tuple[Role, ...] = get_args(Role)
EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
_MOST_CAPACITY = 20
_LANGUAGE = re.compile(r"[a-z]{2,3}([_-][A-Za-z]{2,4})?")
# What the longest message leaves room for on every platform.
_LONGEST = {"name": 80, "department": 100, "position": 100}
# Controls, and what turns the direction of the writing around it: a name would break the letter's first lines.
_UNSEEN = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the file that has to be mended; line 1 is the line of the columns' names."""

    line: int
    column: str
    words: str

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else "the file"
        return f"{where}, column {self.column}: {self.words}" if self.column else f"{where}: {self.words}"


def _nobody(mentee: str, start: date) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What a file may rely on: what holds for who says nothing else, and who is there already."""

    zone: str = ""  # "": everybody's own has to stand in the file
    language: str = "en"
    people: Mapping[str, Person] = field(default_factory=dict)  # by id, which is the e-mail in small letters
    # Whether somebody has begun a programme on that day: such a row may stay, though the day is past.
    began: Callable[[str, date], bool] = _nobody


NOBODY = House()


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    cells: Mapping[str, str]
    roles: tuple[Role, ...]
    person: Person
    start: date | None

    def problem(self, column: str, words: str) -> Problem:
        return Problem(self.line, column, words)


def read_row(
    line: int,
    header: Sequence[str],
    cells: Sequence[str],
    today: date,
    house: House,
    problems: list[Problem],
) -> Row | None:
    if len(cells) != len(header):
        problems.append(Problem(line, "", f"has {len(cells)} cells where the first line has {len(header)}"))
        return None
    found = _Cells(line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}, house)
    row = found.row(today)
    problems.extend(found.problems)
    return None if found.problems else row


class _Cells:
    """One line's cells, and what is wrong with them."""

    def __init__(self, line: int, cells: Mapping[str, str], house: House) -> None:
        self.problems: list[Problem] = []
        self._line = line
        self._cells = cells
        self._house = house
        self._known = house.people.get(cells["email"].casefold())

    def row(self, today: date) -> Row:
        """Return the line as a row; only of use where there are no problems."""
        for column in _NEEDED:
            if not self._cells[column]:
                self._wrong(column, "is empty")
        for column, cell in self._cells.items():
            self._readable(column, cell)
        roles = self._roles()
        person = Person(
            id=self._cells["email"].casefold(),
            name=self._cells["name"],
            email=self._email(),
            zone=self._zone(),
            country=self._country(),
            department=self._cells["department"],
            position=self._cells.get("position", ""),
            manager=self._cells["manager"].casefold(),
            language=self._language(),
            is_coordinator="coordinator" in roles,
            is_director="director" in roles,
            capacity=self._capacity() if "mentor" in roles else 0,
        )
        return Row(self._line, self._cells, roles, person, self._start(roles, today))

    def _wrong(self, column: str, words: str) -> None:
        self.problems.append(Problem(self._line, column, words))

    def _roles(self) -> tuple[Role, ...]:
        words = re.split(r"[\s,;/|+]+", self._cells["roles"].casefold().strip())
        roles: list[Role] = []
        for word in filter(None, words):
            role = next((one for one in _ROLES if one == word), None)
            if role is None:
                self._wrong("roles", f"{word!r} is none of {', '.join(_ROLES)}{meant(word, _ROLES)}")
            else:
                roles.append(role)
        return tuple(roles)

    def _email(self) -> str:
        email = self._cells["email"]
        if email and not EMAIL.fullmatch(email):
            self._wrong("email", f"{email!r} is not an e-mail address")
        return email

    def _readable(self, column: str, cell: str) -> None:
        most = _LONGEST.get(column)
        if most is not None and len(cell) > most:
            self._wrong(column, f"is longer than {most} characters")
        if any(unicodedata.category(one) == "Cc" or one in _UNSEEN for one in cell):
            self._wrong(column, "has a character that nobody sees, such as a line break: write it anew")

    def _language(self) -> str:
        code = self._cells.get("language", "")
        if code and not _LANGUAGE.fullmatch(code):
            self._wrong("language", f"{code!r} is not a language code: write one such as en or sl")
        return code or (self._known.language if self._known else self._house.language)

    def _zone(self) -> str:
        zone = self._cells["zone"] or (self._known.zone if self._known else self._house.zone)
        if not zone:
            self._wrong("zone", "is empty: write an IANA name such as Europe/Ljubljana")
            return "UTC"
        try:
            return check_zone(zone)
        except Unknown as error:
            self._wrong("zone", str(error))
            return "UTC"

    def _country(self) -> str:
        try:
            return check_country(self._cells["country"])
        except Unknown as error:
            self._wrong("country", str(error))
            return ""

    def _capacity(self) -> int:
        text = self._cells.get("capacity", "")
        if not text:
            return CAPACITY
        if not text.isdecimal() or not 1 <= int(text) <= _MOST_CAPACITY:
            self._wrong("capacity", f"{text!r} is not a whole number from 1 to {_MOST_CAPACITY}")
            return CAPACITY
        return int(text)

    def _start(self, roles: Sequence[Role], today: date) -> date | None:
        text = self._cells["start"]
        if "mentee" not in roles:
            for column in ("start", "mentor"):
                if self._cells[column]:
                    self._wrong(column, "is only for a mentee: add the role, or empty this cell")
            return None
        if not self._cells["mentor"]:
            self._wrong("mentor", "is empty: write the mentor's name or e-mail")
        try:
            start = date.fromisoformat(text)
        except ValueError:
            self._wrong("start", f"{text!r} is not a day: write it like 2027-01-11")
            return None
        if start < today and not self._house.began(self._cells["email"].casefold(), start):
            self._wrong("start", f"{start} is in the past: pick {today} or a later day")
        return start


def meant(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""
