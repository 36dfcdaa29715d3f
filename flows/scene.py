"""What a conversation is given: the programme, the pair as the actor may see it, who acts, and the instant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

from bot.calendar import (
    WorkingTime,
    add_working_hours,
    local_date,
    next_working_time,
    working_day,
    working_time,
)
from bot.content import Day, PersonName, Role, Say, UserText, Value, told
from bot.events import Address
from bot.facts import Case, Pair, Person, Record, StepState, step_id, with_record, without_record
from bot.outcome import Change, Put, Remove
from flows.agenda import Plan, added_step, plan_of
from flows.programme import Programme, Step, Texts
from flows.visibility import seen_by

# Every look asks again for the same few instants: when a step opens, when a reminder is due.
first_working_time = lru_cache(maxsize=4096)(next_working_time)
after_working_hours = lru_cache(maxsize=4096)(add_working_hours)

T = TypeVar("T")
_LEADING: tuple[Role, ...] = ("mentee", "mentor", "coordinator")
# Somebody's id, from when, to when.
Stretch = tuple[str, datetime, datetime]
# Returns a pair with only what somebody may see; last, through whose eyes it is seen already.
Sees = Callable[[Pair, Person, Person | None], Pair]


def _sees(pair: Pair, person: Person, through: Person | None) -> Pair:
    return seen_by(pair, person)


# Returns the address that begins a video call of these people, "" where there is none.
Call = Callable[[Sequence[Person]], str]


class _NotYet:
    """Stand for what was not worked out yet."""


_NOT_YET = _NotYet()


def no_call(people: Sequence[Person]) -> str:
    """Know of no app in which all these people could begin a video call."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One enrolment at one instant; `me` acts, or is None when the bot looks by itself."""

    programme: Programme
    pair: Pair
    now: datetime
    me: Person | None = None
    holidays: tuple[date, ...] = ()
    company: str = ""
    busy: tuple[Stretch, ...] = ()  # when people of this pair meet others, in another pair of theirs
    elsewhere: tuple[Scene, ...] = ()  # the actor's other running pairs, where a verb asks for them
    pages: bool = False  # there are web pages of ours that a link can lead to
    call_link: Call = field(default=no_call, compare=False)  # begins a video call
    sees: Sees = field(default=_sees, compare=False)
    # Worked out once a scene, which never changes.
    _calendars: dict[str, tuple[Person, WorkingTime]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _names: dict[str, Value] = field(default_factory=dict, init=False, repr=False, compare=False)
    _found: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, what: Callable[[Scene], T]) -> T:
        """Return what a function makes of this scene, worked out when it is first asked for."""
        found: T | _NotYet = self._found.get(what, _NOT_YET)
        if isinstance(found, _NotYet):
            found = self._found[what] = what(self)
        return found

    def as_seen(self, person: Person) -> Scene:
        """Return the scene as this person may see it, and acts in it."""
        return replace(self, pair=self.sees(self.pair, person, self.me), me=person)

    # --- people

    @property
    def actor(self) -> Person:
        """Return who acts; only called where somebody does."""
        if self.me is None:
            raise LookupError("nobody acts in this scene: the bot looks by itself")
        return self.me

    @property
    def id(self) -> str:
        """Return the enrolment's id."""
        return self.pair.enrolment.id

    def calendar(self, person: Person) -> WorkingTime:
        """Return a person's working time with the organisation's days off."""
        known = self._calendars.get(person.id)
        if known is None or known[0] is not person:  # the same person may be asked about with another leave
            known = self._calendars[person.id] = (person, person.working_time(self.holidays))
        return known[1]

    def leader(self) -> Person:
        """Return the person by whose calendar days are counted: the mentee, else whoever is first in the circle."""
        return self.once(_leader)

    def plan_calendar(self) -> WorkingTime:
        """Return the calendar that days are counted by; leave does not move the plan, only messages."""
        return self.once(_plan_calendar)

    def plan(self) -> Plan:
        """Return on which day each step of this pair falls."""
        return self.once(_plan)

    def first_day(self) -> date:
        """Return the first day of work: the start, or the working day after it where contracts begin on a day off."""
        return working_day(self.pair.enrolment.start, 1, self.plan_calendar(), leave=False)

    def today(self, person: Person) -> date:
        """Return the local date where the person is."""
        return local_date(self.now, person.zone)

    def at_work(self, person: Person, moment: datetime | None = None) -> datetime:
        """Return the person's first working instant at or after `moment` (now)."""
        return first_working_time(moment or self.now, self.calendar(person))

    def later(self, person: Person, hours: float, moment: datetime | None = None) -> datetime:
        """Return the instant after `hours` working hours of this person."""
        return after_working_hours(moment or self.now, hours, self.calendar(person))

    def mentees_left(self) -> bool:
        """Tell whether everybody who was mentored has left, so that there is nothing to ask any more."""
        mentees = self.pair.seated("mentee")
        return bool(mentees) and not any(one.active for one in mentees)

    def coordinator(self) -> Person | None:
        """Return the coordinator who answers now: the first who is not part of the pair and not away."""
        return self.once(_coordinator)

    def free_coordinators(self) -> tuple[Person, ...]:
        """Return the coordinators who may hear what was said in confidence: those who are not part of the pair."""
        part_of_it = {"mentor", "head", "mentee"}
        coordinators = (c for c in self.pair.seated("coordinator") if c.active)
        return tuple(c for c in coordinators if not set(self.pair.roles_of(c.id)) & part_of_it)

    def away(self, person: Person) -> bool:
        """Tell whether somebody has left, or is on leave today."""
        return not person.active or any(self.today(person) in span for span in person.leave)

    def confidant(self, person: Person) -> Person | None:
        """Return who in HR hears what a person says in confidence: nobody who is part of the pair."""
        free = [c for c in self.free_coordinators() if c.id != person.id]
        here = [c for c in free if not any(self.today(c) in span for span in c.leave)]
        return next(iter((*here, *free)), None)

    def partners(self, person: Person) -> tuple[Person, ...]:
        """Return the others among mentees and mentors."""
        both = (*self.pair.seated("mentee"), *self.pair.seated("mentor"))
        return tuple(p for p in both if p.id != person.id)

    # --- words

    def names(self) -> dict[str, Value]:
        """Return the values that programme texts may name."""
        return {name: self.named(name) for name in _NAMED}

    def named(self, name: str) -> Value:
        """Return one of the values that programme texts may name."""
        known = self._names.get(name)
        if known is None:
            known = self._names[name] = _NAMED[name](self)
        return known

    def told(self, texts: Texts, **values: Value) -> Say:
        """Make a sentence from the programme's own texts; what they name and `values` do not have is looked up."""
        return told(
            dict(texts), **{name: self.named(name) for name in _holes(texts) if name not in values}, **values
        )

    def names_of(self, role: Role) -> Value:
        """Return who sits in `role`, as a value for texts."""
        people = self.pair.seated(role)
        if len(people) == 1:
            return PersonName(people[0].name, people[0].id)
        return UserText(", ".join(p.name for p in people))

    def words(self, step: Step, person: Person | None = None, **values: Value) -> Say:
        """Return the step's text for a person by their role here."""
        return self.told(step.text_for(self.role_in(step, person) if person else ""), **values)

    def title(self, step: Step, **values: Value) -> Say:
        """Return the step's title."""
        return self.told(step.title, **values)

    def about(self, state: StepState) -> dict[str, Value]:
        """Return the one person a state is about as a value for texts, where its step asks about each of several."""
        step, wanted = self.step_of(state), state.occurrence.partition(".")[2]
        known = next((p for p in self.pair.people if p.id == wanted), None)
        return {step.about: PersonName(known.name, known.id)} if step.about and known else {}

    def role_in(self, step: Step, person: Person) -> Role | str:
        """Return the role in which a step speaks to this person."""
        roles = self.pair.roles_of(person.id)
        for role in (*step.who, *step.people):
            if role in roles:
                return role
        return roles[0] if roles else ""

    # --- steps

    def step_of(self, state: StepState) -> Step:
        """Return the programme's step of a state, or the one that a per-pair change added."""
        return self.step_named(state.step)

    def step_named(self, step_name: str) -> Step:
        """Return a step by its id; raise LookupError where neither the programme nor the pair has it."""
        step = self.programme.step(step_name)
        if step is not None:
            return step
        for change in self.pair.enrolment.changes:
            if change.kind == "add" and change.step == step_name:
                return added_step(change)
        raise LookupError(f"programme {self.programme.id} {self.programme.version} has no step {step_name}")

    def mine(self, ref: str) -> tuple[Step, StepState | None]:
        """Return the step a ref names and the actor's state of it, or the shared one."""
        _, step_name, occurrence = ref.partition(":")[2].split("/", 2)
        step = self.step_named(step_name)
        person = "" if step.shared else self.actor.id
        return step, self.pair.step(step_name, occurrence, person)

    def new_state(
        self, step: Step, occurrence: str, person: str, due_at: datetime | None = None
    ) -> StepState:
        """Return the state of a step that opens now."""
        return StepState(
            id=step_id(self.id, step.id, occurrence, person),
            enrolment=self.id,
            step=step.id,
            occurrence=occurrence,
            person=person,
            due_at=due_at or self.now,
            opened_at=self.now,
        )

    def with_(self, *records: Record) -> Scene:
        """Return the scene as it will be once these records are stored."""
        pair = self.pair
        for record in records:
            pair = with_record(pair, record)
        return replace(self, pair=pair)

    def after(self, changes: Iterable[Change]) -> Scene:
        """Return the scene as it will be once these changes are stored."""
        pair = self.pair
        for change in changes:
            if isinstance(change, Put):
                pair = with_record(pair, change.record)
            elif isinstance(change, Remove):
                pair = without_record(pair, change.record)
        return replace(self, pair=pair)


def _leader(scene: Scene) -> Person:
    for role in _LEADING:
        if people := scene.pair.seated(role):
            return people[0]
    raise LookupError(f"enrolment {scene.id} has nobody in it")


def _plan_calendar(scene: Scene) -> WorkingTime:
    own = scene.calendar(scene.leader())
    return working_time(own.zone, own.country, own.weekdays, own.opens, own.closes, (), own.holidays)


def _plan(scene: Scene) -> Plan:
    return plan_of(scene.programme, scene.pair.enrolment, scene.plan_calendar())


def _coordinator(scene: Scene) -> Person | None:
    coordinators = [c for c in scene.pair.seated("coordinator") if c.active]
    free = scene.free_coordinators()
    here = [c for c in free if not any(scene.today(c) in span for span in c.leave)]
    return next(iter((*here, *free, *coordinators)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The whole organisation, for who brings people together: the programme that new pairs live, and everybody."""

    programme: Programme
    people: tuple[Person, ...]
    load: Mapping[str, int]  # how many mentees each mentor has now, by the mentor's id
    under_way: Collection[str]  # the mentees who have a programme now

    def person(self, person_id: str) -> Person | None:
        """Return somebody who is still here."""
        return next((p for p in self.people if p.id == person_id and p.active), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One person and every enrolment they have a seat in: what a command or a home is about."""

    me: Person
    scenes: tuple[Scene, ...]
    now: datetime
    cases: tuple[Case, ...] = ()  # of a coordinator, over all pairs
    house: House | None = None  # where a command or verb asks for it
    here: Address | None = None  # which of the person's addresses they act from; None on our own pages
    pages: bool = False  # there are web pages of ours that a link can lead to

    def may(self, roles: Collection[Role]) -> bool:
        """Tell whether this person acts in one of the roles; a coordinator is one also before the first pair."""
        mine = any(self.as_(role) for role in roles)
        return not roles or mine or ("coordinator" in roles and self.me.is_coordinator)

    def as_(self, role: Role) -> tuple[Scene, ...]:
        """Return the running enrolments in which this person has that role."""
        return tuple(
            s
            for s in self.scenes
            if role in s.pair.roles_of(self.me.id) and s.pair.enrolment.state in ("running", "paused")
        )


def programme_week(start: date, day: date) -> int:
    """Return the programme's week a day lies in, counted from the one that holds the start."""
    return ((day - timedelta(days=day.weekday())) - (start - timedelta(days=start.weekday()))).days // 7 + 1


def ref_of(state: StepState) -> str:
    """Return the ref of a step's occurrence: the person is always whoever presses."""
    return f"step:{state.enrolment}/{state.step}/{state.occurrence}"


def enrolment_of(ref: str) -> str:
    """Return the enrolment a ref belongs to."""
    return ref.partition(":")[2].partition("/")[0]


def record_of(ref: str) -> str:
    """Return the record id in a ref such as `goal:e7/goal/1`."""
    return ref.partition(":")[2]


def _coordinators_name(scene: Scene) -> Value:
    coordinator = scene.coordinator()
    return PersonName(coordinator.name, coordinator.id) if coordinator else UserText("HR")


# What programme texts may name. Most name one of these or none, and some take working out.
_NAMED: Mapping[str, Callable[[Scene], Value]] = MappingProxyType(
    {
        "mentee": lambda scene: scene.names_of("mentee"),
        "mentor": lambda scene: scene.names_of("mentor"),
        "head": lambda scene: scene.names_of("head"),
        "director": lambda scene: scene.names_of("director"),
        "coordinator": _coordinators_name,
        "company": lambda scene: UserText(scene.company),
        "start": lambda scene: Day(scene.first_day()),
        "help_word": lambda scene: scene.programme.help_word,
        "programme": lambda scene: told(dict(scene.programme.title)),
        "months": lambda scene: scene.programme.months,
        "week": lambda scene: programme_week(scene.first_day(), scene.today(scene.leader())),
        "position": lambda scene: UserText(scene.leader().position or scene.leader().department or "–"),
    }
)


@lru_cache(maxsize=4096)
def _holes(texts: Texts) -> tuple[str, ...]:
    """Return what texts may name of these."""
    holes = " ".join(text for _, text in texts)
    return tuple(name for name in _NAMED if f"{{{name}" in holes)
