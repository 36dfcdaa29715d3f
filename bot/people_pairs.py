"""The lines of a file of people together: who is meant by a name, and what the method forbids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

from bot.content import Role
from bot.facts import Person
from bot.people_rows import Problem, Row


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
    house: tuple[Person, ...] = ()  # who is there already and not in the file

    def with_role(self, role: Role) -> tuple[Person, ...]:
        """Return the coordinators or the directors: those of the file in its order, then those of the house."""
        everybody = (*self.people, *self.house)
        if role == "coordinator":
            return tuple(person for person in everybody if person.is_coordinator)
        return tuple(person for person in everybody if person.is_director)


def _there(house: Iterable[Person]) -> tuple[Row, ...]:
    """Return people who are known already like rows; a head is somebody whom others name as their manager."""
    people = tuple(house)
    leading = {one.manager for one in people}
    rows = []
    for one in people:
        told: dict[Role, object] = {
            "mentor": one.capacity,
            "head": one.id in leading,
            "coordinator": one.is_coordinator,
            "director": one.is_director,
        }
        roles = tuple(role for role, has in told.items() if has)
        rows.append(Row(0, {"manager": one.manager, "mentor": ""}, roles, one, None))
    return tuple(rows)


class Found:
    """The sound rows together: who is meant by a name, and what the method forbids."""

    def __init__(self, rows: Sequence[Row], house: Sequence[Person] = ()) -> None:
        self._rows = rows
        named = {row.person.id for row in rows}
        self._others = _there(one for one in house if one.active and one.id not in named)
        everybody = (*self._others, *rows)
        self._by_email = {row.person.email.casefold(): row for row in everybody}
        self._names = Counter(row.person.name.casefold() for row in everybody)
        self._by_name = {row.person.name.casefold(): row for row in everybody}

    def problems(self, *, pairs_follow: bool) -> list[Problem]:
        """Return all that is wrong between rows; where pairs follow later, nobody needs to be a mentee."""
        found = [*self.doubles(), *self._organisation(pairs_follow)]
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
        return PeopleFile(people, tuple(pairs), tuple(row.person for row in self._others))

    def _one(self, text: str) -> Row | None:
        """Return who is meant by an e-mail or by a name that one person has."""
        key = text.casefold()
        return self._by_email.get(key) or (self._by_name.get(key) if self._names[key] == 1 else None)

    def _unknown(self, text: str) -> str:
        if self._names[text.casefold()] > 1:
            return f"several people are called {text}: write the e-mail instead"
        known = {row.person.name.casefold(): row.person.name for row in (*self._others, *self._rows)}
        near = get_close_matches(text.casefold(), known, n=1, cutoff=0.7)
        where = " or here before" if self._others else ""
        return f"there is nobody called {text!r} in the file{where}" + (
            f"; did you mean {known[near[0]]}?" if near else ""
        )

    def _organisation(self, pairs_follow: bool) -> list[Problem]:
        if not pairs_follow and not any("mentee" in row.roles for row in self._rows):
            return [
                Problem(
                    0, "roles", "nobody is a mentee: at least one row needs the role, a start and a mentor"
                )
            ]
        if not any(row.person.is_coordinator for row in (*self._others, *self._rows)):
            return [
                Problem(
                    0, "roles", "nobody is a coordinator: somebody from HR has to answer for the programme"
                )
            ]
        return []

    def _manager_wrong(self, row: Row) -> list[Problem]:
        text = row.cells["manager"]
        if not text:
            return []
        manager = self._one(text)
        if manager is None:
            return [row.problem("manager", self._unknown(text))]
        return [row.problem("manager", "is this person's own name")] if manager is row else []

    def _pair_wrong(self, row: Row) -> list[Problem]:
        text = row.cells["mentor"]
        mentor = self._one(text)
        if mentor is None:
            return [row.problem("mentor", self._unknown(text))]
        if mentor is row:
            return [row.problem("mentor", "nobody can mentor themselves: choose somebody else")]
        if "mentor" not in mentor.roles:
            where = f"in line {mentor.line}" if mentor.line else "in a row of theirs"
            name = mentor.person.name
            return [row.problem("mentor", f"{name} is not a mentor: add the role {where}")]
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
            if (
                "mentor" in mentor.roles
                and mentor.line
                and load[mentor.person.id] == mentor.person.capacity + 1
            ):
                name, room, at = mentor.person.name, mentor.person.capacity, mentor.line
                words = (
                    f"{name} has room for {room}: choose another mentor, or raise the capacity in line {at}"
                )
                found.append(row.problem("mentor", words))
        return found

    def _manager(self, row: Row) -> str:
        manager = self._one(row.cells["manager"]) if row.cells["manager"] else None
        return manager.person.id if manager else ""

    def _head(self, row: Row) -> str:
        """Return the head of the mentee's department, else their manager."""
        department = row.person.department.casefold()
        heads = [
            one.person.id
            for one in (*self._rows, *self._others)
            if "head" in one.roles
            and one is not row
            and department
            and one.person.department.casefold() == department
        ]
        manager = self._manager(row)
        return manager if manager in heads or not heads else heads[0]
