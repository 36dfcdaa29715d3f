"""Who may read what somebody typed: those whom its field named when it was asked, and nobody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.sim.player import Act
from adapters.sim.promises import Course
from adapters.sim.reading import markers

# A person's own video room goes to all whom they meet, in whichever run.
_EVERYWHERE = frozenset({"room"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who typed something, in which run ("" for all of theirs), and who was said to see it."""

    author: str
    run: str
    seen_by: frozenset[str]


class Readers:
    """Keep with every typed word who was said to see it."""

    def __init__(self, courses: Mapping[str, Course]) -> None:
        self._asked: dict[str, _Asked] = {}
        self._roles: dict[tuple[str, str], set[str]] = defaultdict(set)  # by run and person
        self._runs: dict[str, set[str]] = defaultdict(set)
        for course in courses.values():
            for role, people in course.seats.items():
                for person in people:
                    self._roles[course.id, person].add(role)
                    self._runs[person].add(course.id)

    def did(self, person: str, act: Act) -> None:
        """See what somebody typed; whoever they ticked beside it sees it as well."""
        if act.form is None:
            return
        run = act.ref.partition(":")[2].partition("/")[0]
        ticked = {one for _, value in act.values if isinstance(value, tuple) for one in value}
        seen_by = {field.key: frozenset(field.seen_by) | ticked for field in act.form.fields}
        for key, value in act.values:
            for word in markers(value) if isinstance(value, str) else ():
                where = "" if key in _EVERYWHERE else run
                self._asked[word] = _Asked(person, where, seen_by.get(key, frozenset()))

    def barred(self, viewer: str, word: str) -> str:
        """Return whose word it is if this person was not said to see it, else ""."""
        asked = self._asked.get(word)
        if asked is None or viewer == asked.author:
            return ""
        runs = (asked.run,) if asked.run in self._runs[asked.author] else self._runs[asked.author]
        roles = {role for run in runs for role in self._roles.get((run, viewer), ())}
        if roles & asked.seen_by:
            return ""
        return f"typed by {asked.author} for {', '.join(sorted(asked.seen_by)) or 'nobody'}"
