"""Words that somebody wrote for others, and whether any of them ever read these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.sim.player import Act
from adapters.sim.promises import Course
from adapters.sim.reading import markers
from adapters.sim.seals import Seals
from bot.outcome import CloseForm, Reply

# What is written to be read by somebody: a call for help, a word between head, mentor and HR, feedback, what is
# said in a review, what one learned. All else is kept for whoever looks at it.
_WRITTEN_FOR_OTHERS = frozenset(
    {
        "help.send", "heads.send", "heads.answered", "feedback.keep", "feedback.keep_on", "review.tell",
        "closing.tell",
    }
)  # fmt: skip
# Whoever they are for may be on leave.
_PATIENCE = timedelta(weeks=3)
_TO_HR = "help.send"


@dataclass(frozen=True, slots=True)
class _Words:
    """One text as it was handed in, and for whom."""

    at: datetime
    author: str
    verb: str
    ref: str
    key: str
    readers: frozenset[str]


class Handed:
    """Remember what was written for others, and who read it."""

    def __init__(self, courses: Mapping[str, Course], seals: Seals) -> None:
        self._courses = courses
        self._seals = seals
        self._words: dict[str, _Words] = {}  # by their marker
        self._present: dict[tuple[str, str, str], frozenset[str]] = {}  # by author, ref and field
        self._read: set[str] = set()

    def did(self, at: datetime, person: str, act: Act, reply: Reply) -> None:
        """See somebody hand in a form; what it says anew takes the place of what they said there before."""
        if act.verb not in _WRITTEN_FOR_OTHERS or act.form is None or not isinstance(reply, CloseForm):
            return
        values = dict(act.values)
        run = act.ref.partition(":")[2].partition("/")[0]
        for field in act.form.fields:
            value = values.get(field.key, "")
            before = self._present.get((person, act.ref, field.key), frozenset())
            now = markers(value) if isinstance(value, str) else frozenset()
            for word in before - now:
                del self._words[word]
            readers = self._readers(run, person, act, frozenset(field.seen_by), values)
            if readers and not self._seals.is_over(act.ref, field.key):
                self._present[person, act.ref, field.key] = now
                for word in now - before:
                    self._words[word] = _Words(at, person, act.verb, act.ref, field.key, readers)

    def _readers(
        self, run: str, author: str, act: Act, seen_by: frozenset[str], values: Mapping[str, object]
    ) -> frozenset[str]:
        """Return who else was said to see it, and is there."""
        course = self._courses.get(run)
        if course is None:
            return frozenset()
        ticked = {one for value in values.values() if isinstance(value, tuple) for one in value}
        roles = {"coordinator"} if act.verb == _TO_HR else seen_by | ticked
        seated = {p for role, people in course.seats.items() if role in roles for p in people}
        return frozenset(seated - {author})

    def shown(self, person: str, line_markers: frozenset[str]) -> None:
        """See what somebody read."""
        for word in line_markers:
            words = self._words.get(word)
            if words is not None and person in words.readers:
                self._read.add(word)

    def given_back(self, person: str, line_markers: frozenset[str]) -> None:
        """See a new message: what its receiver wrote has come back, as after a review that was called off."""
        for word in line_markers:
            words = self._words.get(word)
            if words is not None and person == words.author:
                self._read.add(word)

    def unread(self, until: datetime, excused: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Yield (author, what) for words that reached nobody they were for; `excused` are words with a reason."""
        for word, words in self._words.items():
            late = until - words.at > _PATIENCE and not self._waits(words)
            if late and word not in self._read and word not in excused:
                yield words.author, f"{words.verb} of {words.ref}: {word}, read by nobody it was for"

    def _waits(self, words: _Words) -> bool:
        """Tell whether words are sealed still: as long as the programme runs, their review may come to them."""
        course = self._courses[words.ref.partition(":")[2].partition("/")[0]]
        return course.over is None and self._seals.is_closed(words.ref, words.key)
