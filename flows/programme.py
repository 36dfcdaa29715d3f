"""A programme as data: phases, steps and signals, as an HR person writes them in a TOML file.

Only the types live here; `flows.programme_file` reads and checks the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from typing import Literal

from bot.content import Role

# A text by language; the first entry is the programme's own language.
Texts = tuple[tuple[str, str], ...]
# What a kind of step may carry besides the common keys: whatever TOML can hold, frozen.
Option = str | int | float | bool | tuple["Option", ...] | tuple[tuple[str, "Option"], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """When a step happens, by the mentee's calendar.

    `day` alone counts working days from the start (1 = the first day, -1 = the working day before it).
    With `month`, it counts within that programme month (1 = its first working day, -1 = its last).
    `every` makes it recur: each week on `weekday`, or each working day, from `from_day`/`from_week` to
    `until_day`/the step named by `until`.
    """

    day: int = 0
    month: int = 0
    every: Literal["", "week", "day"] = ""
    weekday: int = 3  # Monday 0
    from_week: int = 1  # the programme's nth week; week 1 holds the start
    from_day: int = 1
    until_day: int = 0
    until: str = ""  # a step id: the recurrence ends before that step's day
    at: time = time(9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happens, once or every week. `kind` says which conversation carries it."""

    id: str
    phase: str
    kind: str
    who: tuple[Role, ...]  # who is asked; each person has a state of their own unless `shared`
    when: When
    title: Texts
    text: tuple[tuple[str, Texts], ...] = ()  # by role, "" for everybody
    shared: bool = False  # one state for all of `who`: a meeting, a review
    people: tuple[Role, ...] = ()  # who takes part, for meetings and reviews
    about: Role | Literal[""] = ""  # asked once for each person in this role
    minutes: int = 30
    done_when: Literal["anyone", "everyone"] = "everyone"
    nudge_after: int = 0  # working hours of the receiver after delivery; 0 = never
    nudges: int = 2
    patience: int = 0  # working hours it may wait to travel with another message
    tell_partner: bool = False  # after the nudges the partner hears that it is still open
    alert_after: int = 0  # working hours after delivery until the coordinator has a case; 0 = never
    after: tuple[str, ...] = ()  # steps that must be done or skipped first
    only: Literal["", "new", "moved"] = ""  # for newcomers only, or only for people who moved
    optional: bool = False
    options: tuple[tuple[str, Option], ...] = ()
    _by_key: dict[str, Option] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the options once: they are read at every look."""
        object.__setattr__(self, "_by_key", dict(self.options))

    def option(self, key: str, default: Option = "") -> Option:
        """Return a kind-specific setting."""
        return self._by_key.get(key, default)

    def text_for(self, role: str = "") -> Texts:
        """Return the step's text for a role, else the one for everybody."""
        by_role = dict(self.text)
        return by_role.get(role) or by_role.get("") or self.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stretch of the programme with what the method wants said about it (MISSION, six phases)."""

    id: str
    title: Texts
    frame: Texts  # the time frame in words
    objectives: tuple[Texts, ...] = ()
    activities: tuple[Texts, ...] = ()
    resources: tuple[Texts, ...] = ()
    responsible: tuple[Role, ...] = ()
    criteria: tuple[tuple[str, Texts], ...] = ()  # (step id that shows it, words)
    first_day: int = 0  # working day relative to the start on which it begins; with `month` within that month
    month: int = 0
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something watched, with its thresholds; what it finds becomes a case."""

    id: str
    kind: str
    step: str = ""
    advice: Texts = ()
    options: tuple[tuple[str, Option], ...] = ()
    _by_key: dict[str, Option] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the options once: they are read at every look."""
        object.__setattr__(self, "_by_key", dict(self.options))

    def option(self, key: str, default: Option = "") -> Option:
        """Return what was written for this key."""
        return self._by_key.get(key, default)

    def number(self, key: str, default: float) -> float:
        """Return a threshold."""
        value = self._by_key.get(key, default)
        return float(value) if isinstance(value, int | float) else default


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Programme:
    """A whole programme, as pinned by an enrolment; equal only to itself, so that caches may key on it."""

    id: str
    version: str
    language: str
    title: Texts
    months: int
    help_word: str
    phases: tuple[Phase, ...]
    signals: tuple[Signal, ...] = ()
    seats: tuple[tuple[Role, tuple[int, int]], ...] = ()  # how many people a role may have: (fewest, most)
    _by_id: dict[str, Step] = field(init=False, repr=False)
    _by_kind: dict[str, tuple[Step, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the steps once: they are looked up at every press."""
        steps = {s.id: s for phase in self.phases for s in phase.steps}
        kinds = dict.fromkeys(s.kind for s in steps.values())
        by_kind = {kind: tuple(s for s in steps.values() if s.kind == kind) for kind in kinds}
        object.__setattr__(self, "_by_id", steps)
        object.__setattr__(self, "_by_kind", by_kind)

    def steps(self) -> tuple[Step, ...]:
        """Return all steps in the order of the file."""
        return tuple(self._by_id.values())

    def steps_of(self, kind: str) -> tuple[Step, ...]:
        """Return the steps of one kind in the order of the file."""
        return self._by_kind.get(kind, ())

    def step(self, step_id: str) -> Step | None:
        """Return a step by its id."""
        return self._by_id.get(step_id)

    def phase(self, phase_id: str) -> Phase | None:
        """Return a phase by its id."""
        return next((p for p in self.phases if p.id == phase_id), None)
