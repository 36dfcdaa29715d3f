"""People, pairs and scenes for tests of conversations."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from bot.content import Role
from bot.events import Address
from bot.facts import Enrolment, Pair, Person, Record, Seat, with_record
from flows.programme import Phase, Programme, Step
from flows.scene import Scene

START = date(2027, 1, 11)  # a Monday


def at(day: str, hour: int = 9, minute: int = 0) -> datetime:
    """Return an instant given as a date and an hour in UTC."""
    return datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=UTC)


def person(name: str, **more: object) -> Person:
    """Return a person in Ljubljana whose id is their name in small letters."""
    made = Person(
        id=name.lower(),
        name=name,
        email=f"{name.lower()}@example.org",
        zone="Europe/Ljubljana",
        country="SI",
        address=Address("test", name.lower()),
    )
    return replace(made, **more)  # type: ignore[arg-type]


ANA = person("Ana", position="Analyst")
MATEJ = person("Matej", capacity=3)
PETER = person("Peter")
IRENA = person("Irena", is_coordinator=True)
IVO = person("Ivo", is_coordinator=True)
BREDA = person("Breda", is_director=True)
BY_ROLE: dict[Role, tuple[Person, ...]] = {
    "mentee": (ANA,),
    "mentor": (MATEJ,),
    "head": (PETER,),
    "coordinator": (IRENA, IVO),
    "director": (BREDA,),
}


def pair(
    *records: Record, seats: dict[Role, tuple[Person, ...]] | None = None, start: date = START, **more: object
) -> Pair:
    """Return an enrolment `e1` with these people in its seats and these records."""
    people_by_role = BY_ROLE if seats is None else seats
    enrolment = Enrolment(
        id="e1", programme="test", version="1", start=start, created_at=datetime(2026, 12, 20, 9, tzinfo=UTC)
    )
    enrolment = replace(enrolment, **more)  # type: ignore[arg-type]
    made = tuple(
        Seat(id=f"e1/seat/{role}/{p.id}", enrolment="e1", role=role, person=p.id, rank=rank)
        for role, people in people_by_role.items()
        for rank, p in enumerate(people, 1)
    )
    everybody = {p.id: p for people in people_by_role.values() for p in people}
    whole = Pair(enrolment=enrolment, seats=made, people=tuple(everybody.values()))
    for record in records:
        whole = with_record(whole, record)
    return whole


def second(scene: Scene, enrolment: str = "e2") -> Scene:
    """Return a scene as that of another enrolment, for tests of whoever has several pairs."""
    renamed = replace(scene.pair.enrolment, id=enrolment)
    return replace(scene, pair=replace(scene.pair, enrolment=renamed))


def programme(*steps: Step, **more: object) -> Programme:
    """Return a programme of one phase with these steps."""
    words = (("en", "A phase"),)
    ids = tuple(dict.fromkeys(s.phase for s in steps)) or ("phase",)
    phases = tuple(
        Phase(id=i, title=words, frame=words, steps=tuple(s for s in steps if s.phase == i)) for i in ids
    )
    made = Programme(
        id="test", version="1", language="en", title=words, months=6, help_word="help", phases=phases
    )
    return replace(made, **more)  # type: ignore[arg-type]


def scene(
    whole: Pair, now: datetime, *steps: Step, me: Person | None = None, prog: Programme | None = None
) -> Scene:
    """Return a scene of the pair at an instant, with a programme of these steps."""
    return Scene(programme=prog or programme(*steps), pair=whole, now=now, me=me, company="Lipa")
