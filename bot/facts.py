"""What the programme knows: people, enrolments, seats and everything that happened in them.

Every record that belongs to an enrolment has an id that begins with the enrolment's id and a slash
(`e7/checkin/2026-W05`), so a ref alone tells which enrolment to lock and to load.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any, Literal, NoReturn

from bot.calendar import Span as Span
from bot.calendar import WorkingTime, working_time
from bot.content import Audience, Card, Role, Say
from bot.events import Address

# --- people ----------------------------------------------------------------------------------

# Why somebody cannot be reached in the chat: nobody there has their address, they are there and the app is not
# installed for them, the account is switched off or hidden from the app, the app was removed, the person blocks it.
TROUBLES = ("unknown", "no_email", "not_installed", "switched_off", "app_removed", "blocked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the organisation; what they do in a pair is said by seats, never here."""

    id: str
    name: str
    email: str = ""
    language: str = "en"
    zone: str = "UTC"
    country: str = ""
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    opens: time = time(9)
    closes: time = time(17)
    leave: tuple[Span, ...] = ()
    department: str = ""
    position: str = ""
    manager: str = ""
    is_coordinator: bool = False
    is_director: bool = False
    capacity: int = 0  # how many mentees this person offers to mentor at the same time
    address: Address | None = None  # where the bot writes to
    also: tuple[Address, ...] = ()  # where else the person is reached, and may act or choose to be written to
    reachable: bool = True  # at `address`; where it is no longer, one of `also` takes its place
    trouble: str = ""  # why the chat does not know or reach this person, one of TROUBLES; "" where it does
    active: bool = True  # False once the person has left the organisation
    at_ease: bool | None = None  # "At ease with chat and video?", None while unasked
    snoozed_until: datetime | None = None
    room: str = ""  # link to the person's own video room
    feed: int = 0  # how often the person asked for another address of their calendar's feed

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Return everywhere this person is known, first where the bot writes to."""
        return self.also if self.address is None else (self.address, *self.also)

    def working_time(self, holidays: tuple[date, ...] = ()) -> WorkingTime:
        """Return the calendar this person lives by."""
        return working_time(
            self.zone, self.country, self.weekdays, self.opens, self.closes, self.leave, holidays
        )


# --- enrolments ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChange:
    """A per-pair change to the programme: one step moved, skipped or added, or a phase extended."""

    kind: Literal["move", "skip", "add", "extend"]
    step: str  # a step id; for `extend` a phase id
    day: date | None = None  # the new day of `move` and `add`
    weeks: int = 0  # of `extend`
    title: str = ""  # of `add`: what the step is about
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One run of a programme for the people in its seats, pinned to the version it started with."""

    id: str
    programme: str
    version: str
    start: date
    created_at: datetime
    state: Literal["running", "paused", "closed", "stopped"] = "running"
    phase: str = ""
    moved: bool = False  # the mentee changed position inside the company
    pauses: tuple[Span, ...] = ()
    changes: tuple[StepChange, ...] = ()
    closed_at: datetime | None = None
    looked_at: datetime | None = None  # the last tick that looked; now = max(clock, this)
    options: tuple[tuple[str, str], ...] = ()  # per-pair settings such as ("room", "https://…")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A person in a role of one enrolment; `rank` orders several coordinators."""

    id: str  # e7/seat/mentor/p3
    enrolment: str
    role: Role
    person: str
    rank: int = 1
    since: datetime | None = None
    until: datetime | None = None


StateName = Literal["planned", "open", "done", "skipped", "escalated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """One occurrence of a step, for one person (`person` "" = for everybody in it together)."""

    id: str  # e7/checkin/2026-W05/p1 ; the last part is "all" for a shared step
    enrolment: str
    step: str
    occurrence: (
        str  # "once", an ISO week, or a date; ".p9" added where the step is about each of several people
    )
    person: str
    state: StateName = "open"
    due_at: datetime | None = None  # the nominal instant
    opened_at: datetime | None = None  # when the tick opened it
    delivered_at: datetime | None = (
        None  # when its message was surely delivered: the clocks of signals run from here
    )
    done_at: datetime | None = None
    done_by: str = ""
    nudges: int = 0
    nudged_at: datetime | None = None
    alerted_at: datetime | None = None
    why: str = ""  # a skip's reason: "leave", "person", "coordinator", "expired", "review week"


AnswerKind = Literal[
    "checkin_scale", "checkin_words", "daily_look", "feedback", "going", "review", "private", "fit",
    "evaluation", "satisfaction", "ease", "competency", "note",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One thing a person said to the programme, with who may see it as it was told when it was asked."""

    id: str  # e7/checkin/2026-W05/p1/progress
    enrolment: str
    step: str
    occurrence: str
    person: str
    field: str
    kind: AnswerKind
    value: str
    seen_by: Audience
    at: datetime
    about: str = ""  # the person it is about, where there are several
    sealed_in: str = ""  # a review's id while it is sealed: opened only in the review's order
    read_at: datetime | None = None


# --- what happens in a pair ------------------------------------------------------------------

MeetingState = Literal["wanted", "offered", "fixed", "held", "missed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A meeting of some of the pair's people: slots offered, one fixed, then held or not."""

    id: str  # e7/first_meeting/once
    enrolment: str
    step: str
    occurrence: str
    people: tuple[str, ...]
    minutes: int
    state: MeetingState = "wanted"
    slots: tuple[datetime, ...] = ()
    chooser: str = ""  # whose tap fixes the time
    starts_at: datetime | None = None
    link: str = ""
    in_person: bool = False
    sequence: int = 0  # of the .ics; grows with each change
    reminded_at: datetime | None = None
    asked: tuple[str, ...] = ()  # who was asked "did you meet?"
    said: tuple[tuple[str, str], ...] = ()  # (person, "yes" | "no")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review meeting with HR in the chair; `stage` is the index into its stages, -1 before it begins."""

    id: str  # e7/review_week1/once
    enrolment: str
    step: str
    stages: tuple[str, ...]  # "opening", "goals" | "expectations", "mentee", "mentor", "plan", ...
    stage: int = -1
    state: Literal["ahead", "running", "closed", "cancelled"] = "ahead"
    chair: str = ""
    began_at: datetime | None = None
    closed_at: datetime | None = None
    decision: str = ""  # "go_on", "extend:2"
    decide_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A measurable goal; at most three are open at a time. `ratings` are (person, 1-5) at the review."""

    id: str  # e7/goal/1
    enrolment: str
    title: str
    period: str  # the review that set it
    baseline: float = 0.0
    target: float = 1.0
    value: float = 0.0
    unit: str = ""
    due: date | None = None
    state: Literal["open", "reached", "rated", "dropped"] = "open"
    ratings: tuple[tuple[str, int], ...] = ()
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """A line of the plan for a period: what, who, by when."""

    id: str  # e7/plan/4
    enrolment: str
    period: str
    text: str
    owner: str
    due: date | None = None
    state: Literal["open", "done", "dropped"] = "open"
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task from the mentor; `independent` marks those for which the mentee is mainly responsible."""

    id: str  # e7/task/2
    enrolment: str
    title: str
    due: date | None = None
    independent: bool = False
    about: str = ""  # whose task it is, where there are several mentees; "" = the whole pair's
    state: Literal["open", "doing", "done", "dropped"] = "open"
    by: str = ""
    at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line of a checklist: a document handed over, a colleague met."""

    id: str  # e7/documents/once/3
    enrolment: str
    step: str
    item: str
    label: str
    done_at: datetime | None = None
    done_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How the two work together; a change asks both again."""

    id: str  # e7/agreement
    enrolment: str
    purpose: str = ""
    rhythm: str = ""
    channels: str = ""
    reply_hours: int = 24
    confidential: str = ""
    agreed: tuple[str, ...] = ()
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something a coordinator should look at, with the reason in plain words."""

    id: str  # e7/case/silence.2026-W07
    enrolment: str  # "" for a person without a pair
    signal: str  # "silence", "help", "low_answers", ...
    about: tuple[str, ...]
    reason: Say
    advice: Say | None
    opened_at: datetime
    owner: str
    state: Literal["open", "accepted", "snoozed", "closed"] = "open"
    urgent: bool = False
    reply_by: datetime | None = None  # the clock
    snoozed_until: datetime | None = None
    closed_at: datetime | None = None
    closed_because: str = ""
    words: str = ""  # what the sender wrote
    by: str = ""  # who asked for help, "" for a signal
    climbed: int = 0
    told: tuple[str, ...] = ()  # the messages about it, in order: "irena:open", "ivo:climbed1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note or question from the head to the mentor or coordinator, and its answer."""

    id: str  # e7/note/1
    enrolment: str
    by: str
    to: str
    text: str
    at: datetime
    answered_at: datetime | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What the head received: the mentee can open exactly this."""

    id: str  # e7/digest/2026-W05
    enrolment: str
    week: str
    card: Card
    at: datetime


# --- the three sizes of facts ----------------------------------------------------------------

Record = (
    Person | Enrolment | Seat | StepState | Answer | Meeting | Review | Goal | PlanItem | Task | Tick | Agreement
    | Case | Note | Passed
)  # fmt: skip

# The families of records a verb may ask for, by attribute of Pair.
FAMILIES = (
    "steps", "answers", "meetings", "reviews", "goals", "plan", "tasks", "ticks", "agreements", "cases", "notes",
    "passed",
)  # fmt: skip


class NotAskedFor(RuntimeError):
    """Say that a flow read what its verb does not load: a fault of ours, never a press of something that is gone."""


class NotLoaded(tuple[()]):
    """Stand for a family that the verb did not ask for; reading it raises."""

    def __iter__(self) -> NoReturn:
        """Refuse to be read."""
        raise NotAskedFor("this family of records was not loaded: declare it in the verb's needs")


NOT_LOADED = NotLoaded()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Everything loaded of one enrolment: a pair, a mentor with five mentees, or a circle without a mentor.

    A family that was not loaded is `NOT_LOADED`, so that reading it by mistake fails instead of seeming empty.
    """

    enrolment: Enrolment
    seats: tuple[Seat, ...]
    people: tuple[Person, ...]
    steps: tuple[StepState, ...] = field(default=())
    answers: tuple[Answer, ...] = field(default=())
    meetings: tuple[Meeting, ...] = field(default=())
    reviews: tuple[Review, ...] = field(default=())
    goals: tuple[Goal, ...] = field(default=())
    plan: tuple[PlanItem, ...] = field(default=())
    tasks: tuple[Task, ...] = field(default=())
    ticks: tuple[Tick, ...] = field(default=())
    agreements: tuple[Agreement, ...] = field(default=())
    cases: tuple[Case, ...] = field(default=())
    notes: tuple[Note, ...] = field(default=())
    passed: tuple[Passed, ...] = field(default=())
    # Found once a pair, which never changes: one look asks hundreds of times who sits where and what is open.
    _seated: dict[Role, tuple[Person, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _roles: dict[str, tuple[Role, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _states: dict[str, list[StepState]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def person(self, person_id: str) -> Person:
        """Return the person with this id, also one who has left their seat."""
        for person in self.people:
            if person.id == person_id:
                return person
        raise LookupError(f"enrolment {self.enrolment.id} has nobody with the id {person_id}")

    def seated(self, role: Role) -> tuple[Person, ...]:
        """Return who sits in `role` now, coordinators by rank."""
        if not self._seated:
            found: dict[Role, tuple[Person, ...]] = {}
            held = (s for s in self.seats if s.until is None)
            for seat in sorted(held, key=lambda s: (s.rank, s.id)):
                found[seat.role] = (*found.get(seat.role, ()), self.person(seat.person))
            self._seated.update(found)
        return self._seated.get(role, ())

    def first(self, role: Role) -> Person | None:
        """Return the first person in `role`, or None where the seat is empty."""
        return next(iter(self.seated(role)), None)

    def roles_of(self, person_id: str) -> tuple[Role, ...]:
        """Return the roles this person has here now."""
        known = self._roles.get(person_id)
        if known is None:
            known = tuple(s.role for s in self.seats if s.person == person_id and s.until is None)
            self._roles[person_id] = known
        return known

    def states_of(self, step: str) -> Sequence[StepState]:
        """Return every state of a step, in the order in which they are stored."""
        if not self._states:
            found: dict[str, list[StepState]] = {}
            for state in self.steps:
                known = found.get(state.step)
                if known is None:
                    found[state.step] = [state]
                else:
                    known.append(state)
            self._states.update(found)
        return self._states.get(step, ())

    def know_what(self, earlier: Pair) -> None:
        """Take over what was found out about an earlier state of this pair, as far as it still holds."""
        if self.seats is earlier.seats and self.people is earlier.people:
            object.__setattr__(self, "_seated", earlier._seated)
            object.__setattr__(self, "_roles", earlier._roles)
        if self.steps is earlier.steps:
            object.__setattr__(self, "_states", earlier._states)

    def step(self, step: str, occurrence: str, person: str = "") -> StepState | None:
        """Return the state of one occurrence of a step for a person, or of the shared one."""
        return next(
            (s for s in self.states_of(step) if s.occurrence == occurrence and s.person == person),
            None,
        )

    def review(self, review_id: str) -> Review | None:
        """Return a review by its id."""
        for review in self.reviews:
            if review.id == review_id:
                return review
        return None

    def meeting(self, meeting_id: str) -> Meeting | None:
        """Return a meeting by its id."""
        for meeting in self.meetings:
            if meeting.id == meeting_id:
                return meeting
        return None


def step_id(enrolment: str, step: str, occurrence: str, person: str = "") -> str:
    """Return the id of a step's state: unique by enrolment, step, occurrence and person (DESIGN §4)."""
    return f"{enrolment}/{step}/{occurrence}/{person or 'all'}"


def with_record(pair: Pair, record: Record) -> Pair:
    """Return the pair as it will be once `record` is stored, so that one step can build on another's result."""
    if isinstance(record, Enrolment):
        return replace(pair, enrolment=record)
    family = FAMILY_OF[type(record)]
    kept = [r for r in getattr(pair, family) if r.id != record.id]
    return _with_family(pair, family, (*kept, record))


def without_record(pair: Pair, record: Record) -> Pair:
    """Return the pair as it will be once `record` is deleted."""
    family = FAMILY_OF[type(record)]
    return _with_family(pair, family, tuple([r for r in getattr(pair, family) if r.id != record.id]))


def _with_family(pair: Pair, family: str, records: tuple[Record, ...]) -> Pair:
    changed: dict[str, Any] = {family: records}  # the family's own type is kept by FAMILY_OF
    made = replace(pair, **changed)
    made.know_what(pair)
    return made


FAMILY_OF: dict[type, str] = {
    Person: "people",
    Seat: "seats",
    StepState: "steps",
    Answer: "answers",
    Meeting: "meetings",
    Review: "reviews",
    Goal: "goals",
    PlanItem: "plan",
    Task: "tasks",
    Tick: "ticks",
    Agreement: "agreements",
    Case: "cases",
    Note: "notes",
    Passed: "passed",
}
