"""Which promises were kept: what a programme owes people, held against what they were shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from adapters.sim.channel import Denied
from adapters.sim.days import local, working_days
from adapters.sim.promises import Course, Promise, promises
from adapters.sim.reading import abouts, sentences
from bot.facts import Person
from flows.programme import Programme

# Says why something (`e7/checkin/2027-W05`) never reached a person, as the product recorded it, or "".
Stated = Callable[[str, str], str]

# What the product states where the time for something was over; no reason for somebody who was there.
_TOO_LATE = "too late"


class Kept:
    """Remember what people were shown, then tell what is missing."""

    def __init__(self, programme: Programme, people: Mapping[str, Person]) -> None:
        self.let_go: Counter[str] = Counter()  # why promises were let go, as stated
        self._programme = programme
        self._people = people
        self._about: set[tuple[str, str]] = set()  # (person, what a ref they were shown is about)
        self._said: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        self._timed: set[str] = set()  # meetings for which somebody fixed a time

    def shown(self, person: str, at: datetime, line: str) -> None:
        """Note what a person was shown."""
        self._about.update((person, about) for about in abouts(line))
        for said in sentences(line):
            self._said[person, said].append(at)

    def timed(self, about: str) -> None:
        """Note that a meeting has a time, from which on it is owed to everybody in it."""
        self._timed.add(about)

    def missing(
        self, courses: Iterable[Course], until: datetime, denied: Iterable[Denied], stated: Stated
    ) -> Iterator[Promise]:
        """Yield what neither reached its person nor has a stated reason."""
        refused: set[tuple[str, str]] = set()
        for denial in denied:
            refused |= {(denial.to.id, what) for what in (*abouts(denial.line), *sentences(denial.line))}
        for course in courses:
            for promise in promises(self._programme, course, self._people):
                if _not_owed(promise, course, until) or self._reached(promise, course):
                    continue
                why = stated(promise.about, promise.person)
                if {(promise.person, said) for said in (promise.about, *_texts(promise))} & refused:
                    why = "refused by the platform"
                if why and not (why == _TOO_LATE and self._had_time(promise)):
                    self.let_go[why] += 1
                else:
                    yield promise

    def _had_time(self, promise: Promise) -> bool:
        """Tell whether the person worked on any day on which this would have been in time."""
        person = self._people[promise.person]
        return any(True for _ in working_days(person, promise.day, promise.last))

    def _reached(self, promise: Promise, course: Course) -> bool:
        if any((person, promise.about) in self._about for person in (promise.person, *promise.stand_ins)):
            return True
        if promise.step.kind == "meeting" and promise.about not in self._timed:
            # Until it has a time, only whoever chooses one is asked.
            return any((p, promise.about) in self._about for seated in course.seats.values() for p in seated)
        person = self._people[promise.person]
        for said in _texts(promise):
            heard = self._said.get((promise.person, said), [])
            for at in heard:
                if local(person, at).date() >= promise.day:
                    heard.remove(at)  # one telling keeps one promise
                    return True
        return False


def _not_owed(promise: Promise, course: Course, until: datetime) -> bool:
    """Tell whether the run, or the simulation, ended before this was due for good."""
    end = until.date() - timedelta(days=1)
    return promise.last > end or (course.over is not None and promise.last >= course.over)


def _texts(promise: Promise) -> tuple[str, ...]:
    """Return the source texts by which a step can be recognised that asks nothing."""
    own = [texts for _, texts in promise.step.text]
    return tuple(texts[0][1] for texts in (*own, promise.step.title) if texts)
