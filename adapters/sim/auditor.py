"""Judge a run by what people saw and did: five numbers that must be zero, each with its findings.

It knows the programme, the people and what was stated; never the database's mind. The numbers are defined
in `docs/simulation.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.sim.channel import Accepted, Denied
from adapters.sim.days import after_work, at_work, local
from adapters.sim.interruptions import beyond
from adapters.sim.kept import Kept, Stated
from adapters.sim.player import Act
from adapters.sim.promises import Course
from adapters.sim.reading import Part, abouts, markers, parts, sentences
from adapters.sim.seals import Seals
from adapters.sim.transcript import canonical
from bot.facts import Person
from bot.outcome import CloseForm, ReplaceCard, Reply
from flows.programme import Programme

NUMBERS = ("duplicates", "lost", "off_hours", "early_reveals", "over_budget")
# A message this soon after one's own act answers it.
_ANSWERS = timedelta(minutes=15)
# The same words without a question, to the same person, within this: told twice.
_TWICE = timedelta(days=2)
# Steps at which people meet, so that what one of them changes concerns the others at once.
_MEETS = frozenset({"meeting", "review", "day_closing", "closing"})
# What fixes the time of a meeting.
_FIXES = frozenset({"meeting.take", "meeting.agreed"})
# What changes every meeting ahead, and not only the one on whose card it was said.
_GIVES_A_ROOM = "meeting.kept_room"


def nothing_stated(about: str, person: str) -> str:
    """State nothing: everything promised must have arrived."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that must not have happened."""

    number: str
    at: datetime
    person: str
    what: str


@dataclass(frozen=True, slots=True)
class Touch:
    """That somebody acted upon something."""

    at: datetime
    by: str
    verb: str


class Auditor:
    """Watch a run as a witness, then `judge` it."""

    def __init__(self, programme: Programme, courses: Iterable[Course], people: Iterable[Person]) -> None:
        self._programme = programme
        self._courses = {c.id: c for c in courses}
        self._people = {p.id: p for p in people}
        self._steps = {s.id: s for s in programme.steps()}
        self._findings: list[Finding] = []
        self._asked: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
        self._told: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        self._by_words = {
            texts[0][1]: step.nudges
            for step in programme.steps()
            for texts in (step.title, *(t for _, t in step.text))
            if texts and step.nudge_after
        }
        self._kept = Kept(programme, self._people)
        self._acted: dict[str, datetime] = {}
        self._touched: dict[str, Touch] = {}  # what was last acted upon
        self._moved: dict[tuple[str, str], Touch] = {}  # the same for meetings, by run and step
        self._meetings = frozenset(s.id for s in programme.steps() if s.kind in _MEETS)
        self._runs: dict[str, set[str]] = defaultdict(set)
        for course in self._courses.values():
            for person in (p for people in course.seats.values() for p in people):
                self._runs[person].add(course.id)
        self._typed: dict[str, str] = {}  # markers by who typed them
        self._urgent: set[str] = set()  # markers of what could not wait
        self._interruptions: dict[str, list[datetime]] = defaultdict(list)
        self._seals = Seals(programme, self._courses)

    # --- what it sees

    def took(self, accepted: Accepted) -> None:
        """See a message arrive."""
        to, at, line = self._people[accepted.to.id], accepted.at, accepted.line
        self._reveals(to.id, at, line)
        self._kept.shown(to.id, at, line)
        if accepted.replaces:
            return  # renewed in its place: nobody's device made a sound
        found = parts(accepted.content)
        self._twice(to.id, at, found)
        if not at_work(to, at) and not self._may_come_late(to, at, found):
            wall = local(to, at)
            self._find("off_hours", at, to.id, f"{found[0].title!r} at {wall:%a %d %b %H:%M} local time")
        if not self._answers(to, at) and not all(self._is_free(to, at, part) for part in found):
            self._interruptions[to.id].append(at)

    def did(self, at: datetime, person: Person, act: Act, reply: Reply, shown: str) -> None:
        """See somebody act, and what they were shown at once."""
        self._acted[person.id] = at
        self._touch(at, person.id, act, reply)
        self._seals.did(person.id, act, reply)
        typed = markers("\0".join(str(value) for _, value in act.values))
        self._typed.update(dict.fromkeys(typed, person.id))
        if _cannot_wait(act):
            self._urgent |= typed
        self._reveals(person.id, at, shown)
        self._kept.shown(person.id, at, shown)

    def _touch(self, at: datetime, person: str, act: Act, reply: Reply) -> None:
        pieces = act.ref.partition(":")[2].split("/")
        if len(pieces) > 2:
            touch, about = Touch(at, person, act.verb), "/".join(pieces[:3])
            self._touched[about] = touch
            if act.verb in _FIXES and _is_fixed(act, reply):
                self._kept.timed(about)
            if act.verb.startswith("meeting.") or "cancel" in act.verb:
                self._moved[pieces[0], pieces[1]] = touch
            if act.verb == _GIVES_A_ROOM:
                self._moved.update({(pieces[0], step): touch for step in self._meetings})

    # --- duplicates

    def _twice(self, person: str, at: datetime, found: Collection[Part]) -> None:
        for part in found:
            questions = tuple(part.questions())
            for verb, ref in questions:
                self._asked_again(person, at, verb, ref)
            if not questions:
                self._told_twice(person, at, part)

    def _asked_again(self, person: str, at: datetime, verb: str, ref: str) -> None:
        """Find a question asked more often than nudges may; a slot to choose is a new one once somebody moved it."""
        before = self._asked[person, verb, ref]
        touched = self._touched.get("/".join(ref.partition(":")[2].split("/")[:3]))
        if before and touched and touched.at >= before[-1] and (touched.by, touched.verb) != (person, verb):
            before = []
        if len(before) > self._nudges(ref):
            self._find("duplicates", at, person, f"asked again: {verb} {ref}")
        self._asked[person, verb, ref] = [*before, at]

    def _told_twice(self, person: str, at: datetime, part: Part) -> None:
        """Find the same words to the same person within days, more often than nudges may repeat them."""
        before = [t for t in self._told[person, part.line] if at - t < _TWICE]
        if len(before) > self._repeats(part) and not self._touched_since(person, before[-1], part):
            self._find(
                "duplicates", at, person, f"told twice: {part.title!r}, before at {before[-1]:%d %b %H:%M}"
            )
        self._told[person, part.line] = [*before, at]

    def _repeats(self, part: Part) -> int:
        """Return how often nudges may show this again: of the step it names by a ref or by its own words."""
        named = [self._nudges(f":{about}") for about in abouts(part.line)]
        worded = [self._by_words.get(said, 0) for said in sentences(part.line)]
        return max((*named, *worded), default=0)

    def _touched_since(self, person: str, before: datetime, part: Part) -> bool:
        """Tell whether somebody else has meanwhile done something about this, such as handing it back."""
        acted = (self._touched.get(about) for about in abouts(part.line))
        return any(touched is not None and touched.at >= before and touched.by != person for touched in acted)

    def _nudges(self, ref: str) -> int:
        """Return how often the programme says that this may be asked again."""
        pieces = ref.partition(":")[2].split("/")
        step = self._steps.get(pieces[1]) if len(pieces) > 1 else None
        return step.nudges if step is not None and step.nudge_after else 0

    # --- working hours

    def _may_come_late(self, to: Person, at: datetime, found: Collection[Part]) -> bool:
        """Tell whether a message may come outside working hours: an answer, or help that cannot wait."""
        return self._answers(to, at) or all(markers(part.line) & self._urgent for part in found)

    def _answers(self, to: Person, at: datetime) -> bool:
        """Tell whether a message answers the receiver's own act: at once, or at the next start of work."""
        acted = self._acted.get(to.id)
        if acted is None:
            return False
        return at - acted <= _ANSWERS or timedelta() <= at - after_work(to, acted, 0) <= _ANSWERS

    # --- budget

    def _is_free(self, to: Person, at: datetime, part: Part) -> bool:
        """Tell whether a part is outside the budget: help, an answer, or a meeting that somebody changed."""
        found = abouts(part.line)
        if any("/case/help" in f"/{about}" for about in found):
            return True
        if '"review.start"' in part.line:
            return True  # without this card the chair cannot begin a meeting that has its time
        if any(self._typed.get(word) == to.id for word in markers(part.line)):
            return True  # what quotes the receiver's own words answers them
        changed = [self._touched.get(about) for about in found if about.split("/")[1] in self._meetings]
        # What is told of a meeting that was moved or called off names it by its title alone.
        titles = {
            step for said in sentences(part.line) for step in self._meetings if self._title(step) == said
        }
        changed += [self._moved.get((run, step)) for step in titles for run in self._runs[to.id]]
        return any(
            touched is not None and touched.by != to.id and at <= after_work(to, touched.at, 0) + _ANSWERS
            for touched in changed
        )

    def _title(self, step: str) -> str:
        return self._steps[step].title[0][1]

    def _over_budget(self) -> None:
        for person, moments in sorted(self._interruptions.items()):
            starts = {self._courses[run].start for run in self._runs[person]}
            for at, what in beyond(moments, self._people[person], starts):
                self._find("over_budget", at, person, what)

    # --- early reveals

    def _reveals(self, viewer: str, at: datetime, line: str) -> None:
        for word in markers(line):
            about = self._seals.broken_by(viewer, word)
            if about:
                self._find("early_reveals", at, viewer, about)

    # --- the verdict

    def judge(
        self,
        until: datetime,
        denied: Iterable[Denied] = (),
        courses: Iterable[Course] = (),
        stated: Stated = nothing_stated,
    ) -> tuple[Finding, ...]:
        """Return all findings; `courses` are the runs as they ended, with what was changed for each pair."""
        self._courses.update({c.id: c for c in courses})
        self._over_budget()
        for promise in self._kept.missing(self._courses.values(), until, denied, stated):
            self._find("lost", until, promise.person, f"{promise.about}, promised for {promise.day}")
        return tuple(self._findings)

    @property
    def let_go(self) -> Mapping[str, int]:
        """Return why promises were let go, as stated, and how often."""
        return self._kept.let_go

    def interruptions(self) -> Mapping[str, tuple[datetime, ...]]:
        """Return when each person was interrupted."""
        return {person: tuple(moments) for person, moments in self._interruptions.items()}

    def _find(self, number: str, at: datetime, person: str, what: str) -> None:
        self._findings.append(Finding(number=number, at=at, person=person, what=what))


def _is_fixed(act: Act, reply: Reply) -> bool:
    """Tell whether a meeting has its time now: the reply says so, and offers no others instead."""
    if not isinstance(reply, ReplaceCard | CloseForm):
        return False
    line = canonical(reply)
    return '"meeting.take"' not in line and (not act.value or f'["Moment","{act.value}"' in line)


def _cannot_wait(act: Act) -> bool:
    """Tell whether somebody has just said that it cannot wait."""
    return act.kind == "submit" and act.verb == "help.send" and ("hurry", "yes") in act.values
