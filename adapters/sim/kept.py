"""Which promises were kept: what a programme owes people, held against what they were shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from adapters.sim.channel import Denied
from adapters.sim.days import local, working_days
from adapters.sim.promises import Course, Promise, promises
from adapters.sim.reading import abouts, quote, quoted, sentences
from adapters.sim.reasons import Reasons, Seen
from bot.facts import Person
from flows.programme import Programme, Step

# Says why something (`e7/checkin/2027-W05`) never reached a person, as the product recorded it, or "".
Stated = Callable[[str, str], str]

# What the platform itself said it would not take needs nobody's word.
_REFUSED = "refused by the platform"


class Kept:
    """Remember what people were shown, then tell what is missing."""

    def __init__(self, programme: Programme, people: Mapping[str, Person]) -> None:
        self.let_go: Counter[str] = Counter()  # why promises were let go, as stated
        self._programme = programme
        self._people = people
        self._seen = Seen()
        self._reasons = Reasons(people, self._seen)
        # Of all that people are told, when it was what a step can be recognised by.
        self._said: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        self._tell = {quote(text): text for step in programme.steps() for text in _texts(step)}
        self._asked_by_ref: set[tuple[str, str]] = set()  # (run, step): told by refs, and so not by words
        self._timed: set[str] = set()  # meetings for which somebody fixed a time

    def shown(self, person: str, at: datetime, found: Iterable[str], line: str) -> None:
        """Note what a person was shown; `found` is what it is about."""
        for about in found:
            self._seen.shown.add((person, about))
            run, step, _ = about.split("/")
            self._asked_by_ref.add((run, step))
        words = quoted(line)
        if self._tell.keys().isdisjoint(words):
            return
        for said in words:
            if said in self._tell:
                self._said[person, self._tell[said]].append(at)

    def touched(self, about: str) -> None:
        """Note that somebody has acted upon something."""
        self._seen.touched.add(about)

    def snoozed(self, person: str, day: date) -> None:
        """Note that somebody asked to be left alone for a while."""
        self._seen.snoozed.setdefault(person, day)

    def timed(self, about: str) -> None:
        """Note that a meeting has a time, from which on it is owed to everybody in it."""
        self._timed.add(about)

    def called_off(self, about: str) -> None:
        """Note that a meeting will not be: who heard neither of it nor of its end misses nothing."""
        self._timed.discard(about)

    def missing(
        self,
        courses: Iterable[Course],
        until: datetime,
        denied: Iterable[Denied],
        stated: Stated,
        messages: Mapping[str, Sequence[datetime]],
    ) -> Iterator[Promise]:
        """Yield what neither reached its person nor has a reason that holds."""
        self._seen.messages = messages
        refused: set[tuple[str, str]] = set()
        for denial in denied:
            refused |= {(denial.to.id, what) for what in (*abouts(denial.line), *sentences(denial.line))}
        for course in courses:
            for promise in promises(self._programme, course, self._people):
                if self._is_not_owed(promise, course, until) or self._reached(promise, course):
                    continue
                if {(promise.person, said) for said in (promise.about, *_texts(promise.step))} & refused:
                    self.let_go[_REFUSED] += 1
                    continue
                why = stated(promise.about, promise.person)
                if self._reasons.holds(why, promise, course):
                    self.let_go[why] += 1
                else:
                    yield promise

    def _is_not_owed(self, promise: Promise, course: Course, until: datetime) -> bool:
        """Tell whether the run, or the simulation, ended before this could be had."""
        end = until.date() - timedelta(days=1)
        if promise.last > end or course.over is None:
            return promise.last > end
        # A whole working day before the end is time enough for what falls on it.
        before = min(promise.last, course.over - timedelta(days=1))
        return not any(True for _ in working_days(self._people[promise.person], promise.day, before))

    def _reached(self, promise: Promise, course: Course) -> bool:
        shown = self._seen.shown
        if any((person, promise.about) in shown for person in (promise.person, *promise.stand_ins)):
            return True
        if promise.step.kind == "meeting" and promise.about not in self._timed:
            # Until it has a time, only whoever chooses one is asked.
            return any((p, promise.about) in shown for seated in course.seats.values() for p in seated)
        if promise.step.when.every and (promise.run, promise.step.id) in self._asked_by_ref:
            return False  # the words of another week or day are those of this one, too
        person = self._people[promise.person]
        for said in _texts(promise.step):
            heard = self._said.get((promise.person, said), [])
            for at in heard:
                if local(person, at).date() >= promise.day:
                    heard.remove(at)  # one telling keeps one promise
                    return True
        return False


def _texts(step: Step) -> tuple[str, ...]:
    """Return the source texts by which a step can be recognised that asks nothing."""
    own = [texts for _, texts in step.text]
    return tuple(texts[0][1] for texts in (*own, step.title) if texts)
