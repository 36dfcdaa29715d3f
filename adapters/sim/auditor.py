"""Judge a run by what people saw and did: five numbers that must be zero, each with its findings.

It knows the programme, the people and what was stated; never the database's mind. The numbers are defined
in `docs/simulation.md`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.sim.channel import Accepted, Denied
from adapters.sim.days import after_work, at_work, local
from adapters.sim.decisions import Decisions
from adapters.sim.handed import Handed
from adapters.sim.interruptions import beyond
from adapters.sim.kept import Kept, Stated
from adapters.sim.player import Act
from adapters.sim.promises import Course, promises
from adapters.sim.readers import Readers
from adapters.sim.reading import Part, abouts, markers, parts, sentences
from adapters.sim.repeats import Repeats, Touch
from adapters.sim.seals import Seals
from adapters.sim.transcript import canonical
from bot.facts import Person
from bot.outcome import CloseForm, ReplaceCard, Reply
from flows.programme import Programme

NUMBERS = ("duplicates", "lost", "off_hours", "early_reveals", "over_budget")
# A message this soon after one's own act answers it.
_ANSWERS = timedelta(minutes=15)
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


class Auditor:
    """Watch a run as a witness, then `judge` it."""

    def __init__(self, programme: Programme, courses: Iterable[Course], people: Iterable[Person]) -> None:
        self._programme = programme
        self._courses = {c.id: c for c in courses}
        self._began = {c.id: c.start for c in self._courses.values()}
        self._people = {p.id: p for p in people}
        self._steps = {s.id: s for s in programme.steps()}
        self._findings: list[Finding] = []
        self._decisions = Decisions(programme, self._people)
        self._kept = Kept(programme, self._people)
        self._acted: dict[str, datetime] = {}
        self._touched: dict[str, Touch] = {}  # what was last acted upon
        self._moved: dict[tuple[str, str], Touch] = {}  # the same for meetings, by run and step
        self._meetings = frozenset(s.id for s in programme.steps() if s.kind in _MEETS)
        self._meetings_by_title: dict[str, set[str]] = defaultdict(set)
        for step in self._meetings:
            self._meetings_by_title[self._steps[step].title[0][1]].add(step)
        self._runs: dict[str, set[str]] = defaultdict(set)
        self._repeats = Repeats(programme, self._touched, self._runs)
        for course in self._courses.values():
            for person in (p for people in course.seats.values() for p in people):
                self._runs[person].add(course.id)
        self._readers = Readers(self._courses)
        self._typed: dict[str, str] = {}  # markers by who typed them
        self._urgent: set[str] = set()  # markers of what could not wait
        self._messages: dict[str, list[datetime]] = defaultdict(list)
        self._interruptions: dict[str, list[datetime]] = defaultdict(list)
        self._seals = Seals(programme, self._courses)
        self._handed = Handed(self._courses, self._seals)

    # --- what it sees

    def took(self, accepted: Accepted) -> None:
        """See a message arrive."""
        to, at, line = self._people[accepted.to.id], accepted.at, accepted.line
        self._sees(to.id, at, line)
        if accepted.replaces:
            return  # renewed in its place: nobody's device made a sound
        self._messages[to.id].append(at)
        self._handed.given_back(to.id, markers(line))
        found = parts(accepted.content)
        for what in self._repeats.took(to, at, found):
            self._find("duplicates", at, to.id, what)
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
        self._repeats.did(at, person.id, act, reply)
        self._decisions.did(at, act, reply)
        if (act.kind, act.verb) == ("command", "snooze"):
            self._kept.snoozed(person.id, local(person, at).date())
        leave = self._decisions.leave(act, reply)
        if leave is not None:
            known = self._people[person.id]
            self._people[person.id] = replace(known, leave=(*known.leave, leave))
        self._readers.did(person.id, act)
        self._handed.did(at, person.id, act, reply)
        typed = markers("\0".join(str(value) for _, value in act.values))
        self._typed.update(dict.fromkeys(typed, person.id))
        if _cannot_wait(act):
            self._urgent |= typed
        self._sees(person.id, at, shown)

    def _touch(self, at: datetime, person: str, act: Act, reply: Reply) -> None:
        pieces = act.ref.partition(":")[2].split("/")
        if len(pieces) > 1:
            touch, about = Touch(at, person, act.verb), "/".join(pieces[:3])
            self._touched[about] = touch
            self._kept.touched(about)
            if act.verb in _FIXES and _is_fixed(act, reply):
                self._kept.timed(about)
            if act.verb.startswith("meeting.") or "cancel" in act.verb:
                self._moved[pieces[0], pieces[1]] = touch
            if act.verb == "meeting.cancel":
                self._kept.called_off(about)
            if act.verb == _GIVES_A_ROOM:
                self._moved.update({(pieces[0], step): touch for step in self._meetings})

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
        titles = self._meetings_by_title.keys() & sentences(part.line)
        named = {step for title in titles for step in self._meetings_by_title[title]}
        changed += [self._moved.get((run, step)) for step in named for run in self._runs[to.id]]
        return any(
            touched is not None and touched.by != to.id and at <= after_work(to, touched.at, 0) + _ANSWERS
            for touched in changed
        )

    def _over_budget(self) -> None:
        for person, moments in sorted(self._interruptions.items()):
            starts = {self._courses[run].start for run in self._runs[person]}
            for at, what in beyond(moments, self._people[person], starts):
                self._find("over_budget", at, person, what)

    # --- early reveals

    def _sees(self, viewer: str, at: datetime, line: str) -> None:
        """Note what somebody reads, and find what is not for them, or not yet."""
        words, found = markers(line), abouts(line)
        self._kept.shown(viewer, at, found, line)
        self._handed.shown(viewer, words)
        for word in words:
            about = self._seals.broken_by(viewer, word) or self._readers.barred(viewer, word)
            if about:
                self._find("early_reveals", at, viewer, about)
        for run in {about.partition("/")[0] for about in found}:
            if run in self._courses and run not in self._runs[viewer]:
                self._find("early_reveals", at, viewer, f"something of {run}, where they have no seat")

    # --- the verdict

    def judge(
        self,
        until: datetime,
        denied: Iterable[Denied] = (),
        courses: Iterable[Course] = (),
        stated: Stated = nothing_stated,
    ) -> tuple[Finding, ...]:
        """Return all findings; `courses` are the runs as they ended, with what was changed for each pair."""
        ended = (self._decisions.borne_out(self._courses[c.id], c) for c in courses)
        self._courses.update({c.id: c for c in ended})
        self._over_budget()
        denied = tuple(denied)
        runs = self._courses.values()
        for promise in self._kept.missing(runs, until, denied, stated, self._messages):
            self._find("lost", until, promise.person, f"{promise.about}, promised for {promise.day}")
        refused = frozenset(word for denial in denied for word in markers(denial.line))
        for author, what in self._handed.unread(until, refused):
            self._find("lost", until, author, what)
        self._beside_the_programme(tuple(runs))
        return tuple(self._findings)

    def _beside_the_programme(self, runs: Collection[Course]) -> None:
        """Find questions that recur and that the programme does not have; where it was changed nobody knows when."""
        plain = {c.id for c in runs if not (c.changes or c.pauses or c.start != self._began[c.id])}
        promised = {
            (promise.person, promise.about)
            for course in runs
            if course.id in plain
            for promise in promises(self._programme, course, self._people)
        }
        for person, about, at in self._repeats.unpromised(promised, plain):
            self._find("duplicates", at, person, f"asked beside the programme: {about}")

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
