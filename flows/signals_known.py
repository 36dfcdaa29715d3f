"""What signals are told of a pair: the facts in one pass, and what one of them found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from bot.calendar import Span, WorkingTime, instant, is_working_day, local_date, working_day
from bot.content import PersonName, Say, UserText, Value
from bot.facts import Answer, Case, Person
from flows.agenda import Plan, paused_on
from flows.programme import Programme, Signal, Step
from flows.scene import Scene
from flows.signal_options import SIGNAL_KINDS
from flows.written import rows

# A matter that a coordinator has just looked at is left alone for this long, unless somebody speaks of it again.
AGAIN = timedelta(weeks=3)
A_WORKING_DAY = 8  # working hours: what anybody is given who was asked late
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_LONGEST = 400  # days; no leave and no pause lasts longer

# A daily look that says there was no time to look is no contact; the id is the one of the shipped programmes.
NOT_SEEN = "not_seen"
_CONTACTS = frozenset({"feedback", "daily_look"})
_TAPPED = frozenset({"checkin_scale", "going"})
_TAPS = frozenset({"1", "2", "3", "4", "5"})
TAPS = frozenset(f"answers:{kind}" for kind in _TAPPED)
CONTACTS = frozenset(f"answers:{kind}" for kind in _CONTACTS)

# (step, who answered, the question, about whom where there are several)
Line = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    Something that holds from `at` on, unless somebody does something before.

    `key` says what it is about within its signal and `when` which time it is; neither `when` has dots, nor does
    it change while the same evidence stands, so that one evidence makes one case.
    """

    at: datetime
    key: str
    when: str
    about: tuple[str, ...]
    reason: Say
    advice: Say  # where the programme says nothing better
    names: tuple[
        tuple[str, Value], ...
    ] = ()  # for the programme's own texts, where there are several mentees

    lapses: datetime | None = None  # from here on it is no news for somebody who looked at the matter before
    own_advice: bool = False  # what the programme says of its signal does not fit here
    told: bool = False  # somebody said it: after a case about it was closed, it is heard at once

    @property
    def occurrence(self) -> str:
        """Return what makes the case's id unique."""
        return f"{self.key}.{self.when}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The facts of one pair, sorted for the signals; each kind when it is first asked for."""

    scene: Scene
    leader: Person
    calendar: WorkingTime  # of the plan: without anybody's leave

    @property
    def plan(self) -> Plan:
        """Return the pair's plan."""
        return self.scene.plan()

    @property
    def taps(self) -> Mapping[Line, list[Answer]]:
        """Return what was tapped from 1 to 5, oldest first."""
        return self.scene.once(_taps)

    @property
    def ticked(self) -> Mapping[str, list[Answer]]:
        """Return the private ticks by the signal that they name."""
        return self.scene.once(_ticked)

    @property
    def contacts(self) -> Mapping[tuple[str, str], datetime]:
        """Return when somebody last gave something to somebody ("": to all), by who and to whom."""
        return self.scene.once(_contacts)

    @property
    def cases(self) -> Mapping[tuple[str, str], list[Case]]:
        """Return the cases by family and key."""
        return self.scene.once(_cases)

    # --- days

    def day(self, step: str) -> date | None:
        """Return the day of a one-off step, None where this pair does not have it."""
        planned = self.plan.find(step)
        return planned.day if planned else None

    def opening(self, day: date) -> datetime:
        """Return when work begins on that day."""
        return instant(day, self.leader.opens, self.leader.zone)

    def closing(self, day: date) -> datetime:
        """Return when work ends on that day."""
        return instant(day, self.leader.closes, self.leader.zone)

    def local(self, moment: datetime) -> date:
        """Return the local date by which the pair's days are counted."""
        return local_date(moment, self.leader.zone)

    def rests(self, day: date, people: Iterable[Person]) -> bool:
        """Tell whether a day does not count: the pair pauses, the house is closed, or one of them is on leave."""
        if paused_on(day, self.scene.pair.enrolment.pauses) or day in self.scene.holidays:
            return True
        return any(day in span for person in people for span in person.leave)

    def after_days(self, since: datetime, days: int, people: tuple[Person, ...]) -> datetime:
        """Return the morning after so many whole days that count."""
        off = (*self.scene.pair.enrolment.pauses, *(span for person in people for span in person.leave))
        return self.opening(_after_days(self.local(since), days, self.calendar, off))

    def working_day(self, day: date, people: tuple[Person, ...]) -> date:
        """Return the day, or the next one on which all of them work."""
        for _ in range(_LONGEST):
            if is_working_day(day, self.calendar, leave=False) and not self.rests(day, people):
                break
            day += timedelta(days=1)
        return day

    # --- steps

    def watched(self, signal: Signal) -> tuple[Step, ...]:
        """Return the step a signal names, else all of the kinds that it fits and that a pair cannot leave out."""
        return _watched(self.scene.programme)[signal.id]

    # --- people

    def people(self, ids: Iterable[str]) -> tuple[Person, ...]:
        """Return the people of these ids."""
        wanted = set(ids)
        return tuple(p for p in self.scene.pair.people if p.id in wanted)

    def seated(self, person: str) -> bool:
        """Tell whether somebody still sits in this pair as mentee or mentor."""
        return bool({"mentee", "mentor"} & set(self.scene.pair.roles_of(person)))

    # --- cases

    def settled(self, signal: Signal, key: str) -> datetime:
        """Return when the last case about this was closed: what happened before is done with."""
        about = self.cases.get((family(signal), key))
        return max((c.closed_at for c in about or () if c.closed_at is not None), default=_LONG_AGO)


Find = Callable[[Known, Signal], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Watch:
    """How one kind of signal is found, and in which facts besides its own cases: as of `Source`."""

    find: Find
    reads: frozenset[str]
    of_steps: tuple[
        str, ...
    ] = ()  # families of which it reads only what belongs to the steps that it watches
    private: bool = False  # it rests on answers that people gave in confidence


@lru_cache(maxsize=4096)  # silence is asked for at every look, and mostly since the same day
def _after_days(day: date, days: int, calendar: WorkingTime, off: tuple[Span, ...]) -> date:
    """Return the working day after so many whole days that are neither in `off` nor the house's own days off."""
    if not (off or calendar.holidays):
        return working_day(day + timedelta(days=days + 1), 1, calendar, leave=False)

    def rests(day: date) -> bool:
        return day in calendar.holidays or any(day in span for span in off)

    left = days
    for _ in range(_LONGEST):
        day += timedelta(days=1)
        if rests(day):
            continue
        if not left:
            break
        left -= 1
    while not is_working_day(day, calendar, leave=False) or rests(day):
        day += timedelta(days=1)
    return day


def reads_of(programme: Programme, signal: Signal, watch: Watch) -> frozenset[str]:
    """Return the facts that decide what a signal finds, and whether that is heard of."""
    cases = {f"cases:{other.id}" for other in programme.signals if family(other) == family(signal)}
    steps = {f"{records}:{step.id}" for records in watch.of_steps for step in _watched(programme)[signal.id]}
    return watch.reads | cases | steps


@lru_cache(maxsize=64)
def _watched(programme: Programme) -> Mapping[str, tuple[Step, ...]]:
    """Return by signal the step it names, else all of the kinds that it fits and that a pair cannot leave out."""
    found: dict[str, tuple[Step, ...]] = {}
    for signal in programme.signals:
        fits = SIGNAL_KINDS[signal.kind].fits
        fitting = tuple(s for s in programme.steps() if s.kind in fits and not s.optional)
        named = programme.step(signal.step) if signal.step else None
        found[signal.id] = (named,) if named is not None else () if signal.step else fitting
    return found


def family(signal: Signal) -> str:
    """Return what shares its cases: answers that fall and answers that stay low are one matter to whoever looks."""
    return "answers" if signal.kind in ("low_answers", "falling") else signal.id


def known_of(scene: Scene) -> Known:
    """Return a pair's facts for the signals."""
    return Known(scene=scene, leader=scene.leader(), calendar=scene.plan_calendar())


def _taps(scene: Scene) -> Mapping[Line, list[Answer]]:
    found: dict[Line, list[Answer]] = {}
    for answer in scene.pair.answers:
        if answer.kind in _TAPPED and answer.value in _TAPS and not answer.sealed_in:
            line = (answer.step, answer.person, answer.field, answer.about)
            found.setdefault(line, []).append(answer)
    for answers in found.values():
        answers.sort(key=_occurrence)
    return found


def _contacts(scene: Scene) -> Mapping[tuple[str, str], datetime]:
    found: dict[tuple[str, str], datetime] = {}
    for answer in scene.pair.answers:
        if answer.kind not in _CONTACTS or answer.sealed_in or answer.value in ("", NOT_SEEN):
            continue
        who, at = (answer.person, answer.about), answer.read_at or answer.at
        if who not in found or found[who] < at:
            found[who] = at
    return found


def _occurrence(answer: Answer) -> str:
    return answer.occurrence


def _ticked(scene: Scene) -> Mapping[str, list[Answer]]:
    found: dict[str, list[Answer]] = defaultdict(list)
    lists: dict[str, dict[str, str]] = {}  # by step: which signal each line names
    for answer in scene.pair.answers:
        if answer.kind != "private" or answer.sealed_in or not answer.value:
            continue
        if answer.step not in lists:
            step = scene.programme.step(answer.step)
            lines = rows(step, "ticks") if step is not None and step.kind in ("checkin", "feedback") else ()
            lists[answer.step] = {row.id: row.signal for row in lines}
        names = lists[answer.step]
        for signal in dict.fromkeys(names.get(tick, "") for tick in answer.value.split(",")):
            if signal:
                found[signal].append(answer)
    for answers in found.values():
        answers.sort(key=lambda a: (a.at, a.id))
    return found


@lru_cache(maxsize=64)
def _families(programme: Programme) -> Mapping[str, str]:
    return {signal.id: family(signal) for signal in programme.signals}


def _cases(scene: Scene) -> Mapping[tuple[str, str], list[Case]]:
    found: dict[tuple[str, str], list[Case]] = defaultdict(list)
    families = _families(scene.programme)
    for case in scene.pair.cases:
        named = case.id.removeprefix(f"{scene.id}/case/{case.signal}.")
        found[families.get(case.signal, case.signal), named.rpartition(".")[0]].append(case)
    return found


# --- words -----------------------------------------------------------------------------------------


def name(person: Person) -> PersonName:
    """Return a person's name as a value."""
    return PersonName(person.name, person.id)


def names(people: Iterable[Person]) -> Value:
    """Return the names of several people as one value."""
    found = tuple(people)
    return name(found[0]) if len(found) == 1 else UserText(", ".join(p.name for p in found))


def two(known: Known, author: str, about: str = "") -> tuple[tuple[str, Value], ...]:
    """Return who is meant by “mentee” and “mentor” where one of several said something."""
    pair = known.scene.pair
    said: dict[str, Value] = {}
    for person_id in (author, about):
        for role in pair.roles_of(person_id) if person_id else ():
            if role in ("mentee", "mentor"):
                said[role] = name(pair.person(person_id))
    return tuple(sorted(said.items()))


def renamed(known: Known, words: Say, own: tuple[tuple[str, Value], ...]) -> Say:
    """Return a programme's text with the pair's names, and these instead where they are given."""
    return known.scene.told(words.texts, **dict(own))
