"""What the playground asks of the machinery behind it: take events, tell what is due, show who is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from bot.content import Role, Say
from bot.events import Event
from bot.facts import Person
from bot.outcome import Reply

# From left to right, as the page shows them.
ROLES: tuple[Role, ...] = ("mentee", "mentor", "head", "director", "coordinator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One enrolment with who sits in it now: a pair, or one mentor with five mentees."""

    id: str
    title: Say
    start: date
    state: Literal["running", "paused", "closed", "stopped"]
    seats: tuple[tuple[Role, str], ...]  # role and person id, as often as there are people in the role

    def roles_of(self, person: str) -> tuple[Role, ...]:
        """Return the roles a person has in this enrolment."""
        return tuple(role for role, seated in self.seats if seated == person)


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, and the enrolments they take part in."""

    people: tuple[Person, ...]
    groups: tuple[Group, ...]

    def person(self, person_id: str) -> Person | None:
        """Return a person by id."""
        return next((one for one in self.people if one.id == person_id), None)

    def group(self, group_id: str) -> Group | None:
        """Return an enrolment by id."""
        return next((one for one in self.groups if one.id == group_id), None)

    def roles(self) -> Mapping[str, tuple[Role, ...]]:
        """Return every role that each person has in any enrolment, in the order of the page."""
        held = {(person, role) for group in self.groups for role, person in group.seats}
        return {one.id: tuple(role for role in ROLES if (one.id, role) in held) for one in self.people}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A step of the programme on the day when it happens, planned or past."""

    step: str
    title: Say
    day: date
    state: Literal["ahead", "open", "done", "skipped", "escalated"]
    who: tuple[Role, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Era:
    """A phase of the programme with its first and last day and its steps by date."""

    id: str
    title: Say
    first: date
    last: date
    frame: Say | None = None
    stops: tuple[Stop, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """A word that `/mentor` understands, what it is for, and for whom (nobody named = everybody)."""

    name: str
    words: Say
    roles: tuple[Role, ...] = ()


class Backstage(Protocol):
    """Carry the programme; the clock it goes by is the room's."""

    async def receive(self, event: Event) -> Reply:
        """Take what a person did and return the immediate answer."""
        ...

    async def next_instant(self) -> datetime | None:
        """Return the earliest instant at which anything is due, None when nothing ever will be."""
        ...

    async def settle(self) -> int:
        """Look and deliver until nothing is due now; return how many messages were delivered."""
        ...

    async def cast(self) -> Cast:
        """Return the people and the enrolments."""
        ...

    async def outlook(self, group_id: str) -> tuple[Era, ...]:
        """Return an enrolment's programme as a timeline."""
        ...

    def commands(self) -> tuple[Command, ...]:
        """Return the words that `/mentor` understands, as the flows register them."""
        ...
