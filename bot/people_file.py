"""Read people and pairs from a CSV file; either all of it is sound, or every problem is named and nothing kept."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from io import StringIO
from typing import get_args

from bot.calendar import Unknown, check_country, check_zone
from bot.content import Role
from bot.facts import Person

COLUMNS = ("name", "email", "roles", "department", "manager", "zone", "country", "start", "mentor")
OPTIONAL = ("position", "capacity", "language")
CAPACITY = 3  # mentees at a time, for a mentor whose row does not say
_NEEDED = ("name", "email", "roles", "zone")
_ROLES: tuple[Role, ...] = get_args(Role)
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
_MOST_BYTES = 5_000_000
_MOST_CAPACITY = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the file that has to be mended; line 1 is the line of the columns' names."""

    line: int
    column: str
    words: str

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else "the file"
        return f"{where}, column {self.column}: {self.words}" if self.column else f"{where}: {self.words}"


class PeopleFileError(Exception):
    """Name every problem of a file, in the order of its lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda one: one.line))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody who is to begin a programme, and with whom."""

    mentee: str
    mentor: str
    start: date
    head: str = ""


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """What a sound file holds; heads are found by manager, else by department."""

    people: tuple[Person, ...]
    pairs: tuple[Wanted, ...]

    def with_role(self, role: Role) -> tuple[Person, ...]:
        """Return the coordinators or the directors, in the order of the file."""
        if role == "coordinator":
            return tuple(person for person in self.people if person.is_coordinator)
        return tuple(person for person in self.people if person.is_director)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: Mapping[str, str]
    roles: tuple[Role, ...]
    person: Person
    start: date | None

    def problem(self, column: str, words: str) -> Problem:
        return Problem(self.line, column, words)


def read_people(data: bytes, today: date) -> PeopleFile:
    """Return the people and pairs of a file's bytes, or raise PeopleFileError with all that is wrong."""
    problems: list[Problem] = []
    rows = [row for row in _rows(_text(data), today, problems) if row is not None]
    found = _Found(rows)
    # Who mentors whom is looked at only among sound rows: a broken one would be blamed twice.
    problems += found.problems() if not problems else found.doubles()
    if problems:
        raise PeopleFileError(problems)
    return found.file()


# --- the text and its columns ----------------------------------------------------------------


def _text(data: bytes) -> str:
    if len(data) > _MOST_BYTES:
        raise PeopleFileError([Problem(0, "", f"is larger than {_MOST_BYTES // 1_000_000} MB: split it")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        words = "is not UTF-8: save it again as “CSV UTF-8”"
        raise PeopleFileError([Problem(line, "", words)]) from None


def _rows(text: str, today: date, problems: list[Problem]) -> Iterator[_Row | None]:
    if "\0" in text:
        raise PeopleFileError([Problem(0, "", "is not a text file: save it as CSV")])
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = _header(next(reader, []))
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(reader.line_num, header, cells, today, problems)
    except csv.Error as error:
        raise PeopleFileError([Problem(reader.line_num, "", f"cannot be read: {error}")]) from None


def _delimiter(text: str) -> str:
    # Spreadsheets write semicolons where the comma is the decimal sign.
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _header(cells: Sequence[str]) -> tuple[str, ...]:
    names = tuple(cell.strip().casefold() for cell in cells)
    known = (*COLUMNS, *OPTIONAL)
    problems = [
        Problem(1, name, f"is not a column{_meant(name, known)}") for name in names if name not in known
    ]
    problems += [Problem(1, name, "stands there twice") for name, n in Counter(names).items() if n > 1]
    problems += [Problem(1, name, "is missing") for name in COLUMNS if name not in names]
    if problems:
        wanted = Problem(
            1, "", f"the columns are {', '.join(COLUMNS)}, and if you like {', '.join(OPTIONAL)}"
        )
        raise PeopleFileError([*problems, wanted])
    return names


# --- one row ---------------------------------------------------------------------------------


def _row(
    line: int, header: Sequence[str], cells: Sequence[str], today: date, problems: list[Problem]
) -> _Row | None:
    if len(cells) != len(header):
        problems.append(Problem(line, "", f"has {len(cells)} cells where the first line has {len(header)}"))
        return None
    found = _Cells(line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)})
    row = found.row(today)
    problems.extend(found.problems)
    return None if found.problems else row


class _Cells:
    """One line's cells, and what is wrong with them."""

    def __init__(self, line: int, cells: Mapping[str, str]) -> None:
        self.problems: list[Problem] = []
        self._line = line
        self._cells = cells

    def row(self, today: date) -> _Row:
        """Return the line as a row; only of use where there are no problems."""
        for column in _NEEDED:
            if not self._cells[column]:
                self._wrong(column, "is empty")
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
            language=self._cells.get("language", "") or "en",
            is_coordinator="coordinator" in roles,
            is_director="director" in roles,
            capacity=self._capacity() if "mentor" in roles else 0,
        )
        return _Row(self._line, self._cells, roles, person, self._start(roles, today))

    def _wrong(self, column: str, words: str) -> None:
        self.problems.append(Problem(self._line, column, words))

    def _roles(self) -> tuple[Role, ...]:
        words = re.split(r"[\s,;/|+]+", self._cells["roles"].casefold().strip())
        roles: list[Role] = []
        for word in filter(None, words):
            role = next((one for one in _ROLES if one == word), None)
            if role is None:
                self._wrong("roles", f"{word!r} is none of {', '.join(_ROLES)}{_meant(word, _ROLES)}")
            else:
                roles.append(role)
        return tuple(roles)

    def _email(self) -> str:
        email = self._cells["email"]
        if email and not _EMAIL.fullmatch(email):
            self._wrong("email", f"{email!r} is not an e-mail address")
        return email

    def _zone(self) -> str:
        try:
            return check_zone(self._cells["zone"]) if self._cells["zone"] else "UTC"
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
        if start < today:
            self._wrong("start", f"{start} is in the past: pick {today} or a later day")
        return start


# --- who with whom ---------------------------------------------------------------------------


class _Found:
    """The sound rows together: who is meant by a name, and what the method forbids."""

    def __init__(self, rows: Sequence[_Row]) -> None:
        self._rows = rows
        self._by_email = {row.person.id: row for row in rows}
        self._names = Counter(row.person.name.casefold() for row in rows)
        self._by_name = {row.person.name.casefold(): row for row in rows}

    def problems(self) -> list[Problem]:
        """Return all that is wrong between rows."""
        found = [*self.doubles(), *self._organisation()]
        for row in self._rows:
            found += self._manager_wrong(row)
            if "mentee" in row.roles:
                found += self._pair_wrong(row)
        return [*found, *self._overloaded()]

    def doubles(self) -> list[Problem]:
        """Return who stands there twice."""
        lines: dict[str, int] = {}
        found = []
        for row in self._rows:
            first = lines.setdefault(row.person.id, row.line)
            if first != row.line:
                found.append(row.problem("email", f"{row.person.email} stands in line {first} already"))
        return found

    def file(self) -> PeopleFile:
        """Return the people, with managers as ids, and the pairs."""
        people = tuple(replace(row.person, manager=self._manager(row)) for row in self._rows)
        pairs = []
        for row in self._rows:
            mentor = self._one(row.cells["mentor"])
            if row.start is not None and mentor is not None:
                pairs.append(Wanted(row.person.id, mentor.person.id, row.start, self._head(row)))
        return PeopleFile(people, tuple(pairs))

    def _one(self, text: str) -> _Row | None:
        """Return who is meant by an e-mail or by a name that one person has."""
        key = text.casefold()
        return self._by_email.get(key) or (self._by_name.get(key) if self._names[key] == 1 else None)

    def _unknown(self, text: str) -> str:
        if self._names[text.casefold()] > 1:
            return f"several people are called {text}: write the e-mail instead"
        known = {row.person.name.casefold(): row.person.name for row in self._rows}
        near = get_close_matches(text.casefold(), known, n=1, cutoff=0.7)
        return f"there is nobody called {text!r} in the file" + (
            f"; did you mean {known[near[0]]}?" if near else ""
        )

    def _organisation(self) -> list[Problem]:
        if not any("mentee" in row.roles for row in self._rows):
            return [
                Problem(
                    0, "roles", "nobody is a mentee: at least one row needs the role, a start and a mentor"
                )
            ]
        if not any(row.person.is_coordinator for row in self._rows):
            return [
                Problem(
                    0, "roles", "nobody is a coordinator: somebody from HR has to answer for the programme"
                )
            ]
        return []

    def _manager_wrong(self, row: _Row) -> list[Problem]:
        text = row.cells["manager"]
        if not text:
            return []
        manager = self._one(text)
        if manager is None:
            return [row.problem("manager", self._unknown(text))]
        return [row.problem("manager", "is this person's own name")] if manager is row else []

    def _pair_wrong(self, row: _Row) -> list[Problem]:
        text = row.cells["mentor"]
        mentor = self._one(text)
        if mentor is None:
            return [row.problem("mentor", self._unknown(text))]
        if mentor is row:
            return [row.problem("mentor", "nobody can mentor themselves: choose somebody else")]
        if "mentor" not in mentor.roles:
            name = mentor.person.name
            return [row.problem("mentor", f"{name} is not a mentor: add the role in line {mentor.line}")]
        if mentor.person.id in (self._manager(row), self._head(row)):
            name = mentor.person.name
            return [row.problem("mentor", f"{name} leads {row.person.name} and cannot be the mentor too")]
        return []

    def _overloaded(self) -> list[Problem]:
        """Return mentors with more mentees than they have room for, at the first mentee too many."""
        load: Counter[str] = Counter()
        found = []
        for row in self._rows:
            mentor = self._one(row.cells["mentor"]) if "mentee" in row.roles else None
            if mentor is None:
                continue
            load[mentor.person.id] += 1
            if "mentor" in mentor.roles and load[mentor.person.id] == mentor.person.capacity + 1:
                name, room = mentor.person.name, mentor.person.capacity
                words = f"{name} has room for {room}: choose another mentor, or raise the capacity in line {mentor.line}"
                found.append(row.problem("mentor", words))
        return found

    def _manager(self, row: _Row) -> str:
        manager = self._one(row.cells["manager"]) if row.cells["manager"] else None
        return manager.person.id if manager else ""

    def _head(self, row: _Row) -> str:
        """Return the head of the mentee's department, else their manager."""
        department = row.person.department.casefold()
        heads = [
            one.person.id
            for one in self._rows
            if "head" in one.roles
            and one is not row
            and department
            and one.person.department.casefold() == department
        ]
        manager = self._manager(row)
        return manager if manager in heads or not heads else heads[0]


def _meant(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""
