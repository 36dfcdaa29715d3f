"""Begin a programme for the people in its seats; refuse what the method forbids, naming the person and the fix."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from bot.content import PersonName, Role, Say, say
from bot.facts import Enrolment, Person, Seat
from bot.outcome import Change, Logged, Put
from flows.programme import Programme

Seats = Mapping[Role, tuple[Person, ...]]


@dataclass(frozen=True, slots=True)
class Objection:
    """Why an enrolment cannot begin as it was asked for."""

    role: str
    words: Say


def objections(
    programme: Programme, seats: Seats, start: date, today: date, load: Mapping[str, int] | None = None
) -> tuple[Objection, ...]:
    """Return all that speaks against this enrolment; `load` is how many mentees each mentor already has."""
    found = [*_seats_filled(programme, seats), *_mentors_allowed(seats, load or {})]
    if start < today:
        found.append(
            Objection(
                "start",
                say("The start {start} is in the past. Pick today or a later day.", start=start.isoformat()),
            )
        )
    return tuple(found)


def _seats_filled(programme: Programme, seats: Seats) -> list[Objection]:
    found = []
    for role, (fewest, most) in programme.seats:
        here = len(seats.get(role, ()))
        if not fewest <= here <= most:
            words = say(
                "This programme wants {fewest} to {most} in the seat “{role}”; there are {here}.",
                fewest=fewest,
                most=most,
                role=role,
                here=here,
            )
            found.append(Objection(role, words))
    return found


def _mentors_allowed(seats: Seats, load: Mapping[str, int]) -> list[Objection]:
    """Nobody mentors a person whom they lead, themselves, or more people than they offered (MISSION, People)."""
    found = []
    mentees = seats.get("mentee", ())
    heads = {p.id for p in seats.get("head", ())}
    for mentor in seats.get("mentor", ()):
        name = PersonName(mentor.name, mentor.id)
        if any(m.manager == mentor.id for m in mentees) or mentor.id in heads:
            words = say(
                "{mentor} leads the mentee and cannot be the mentor too. Choose another mentor.", mentor=name
            )
            found.append(Objection("mentor", words))
        if any(m.id == mentor.id for m in mentees):
            found.append(
                Objection(
                    "mentor", say("{mentor} cannot mentor themselves. Choose another mentor.", mentor=name)
                )
            )
        if load.get(mentor.id, 0) + len(mentees) > mentor.capacity:
            words = say(
                "{mentor} offered to mentor {capacity} and has {load} already. Choose another mentor or ask for room.",
                mentor=name,
                capacity=mentor.capacity,
                load=load.get(mentor.id, 0),
            )
            found.append(Objection("mentor", words))
    return found


def run_id(programme: Programme, mentee: str, mentor: str, start: date) -> str:
    """
    Return the id of a pair's run: the same pair and start give the same, so that nothing begins twice.

    It stands in every record of the run, so it is as short as 50 bits can be in letters and digits.
    """
    told = sha256(f"{programme.id}\0{mentee}\0{mentor}\0{start}".encode()).digest()
    return b32encode(told).decode()[:10].lower()


def enrol(
    programme: Programme,
    enrolment_id: str,
    seats: Seats,
    start: date,
    now: datetime,
    *,
    moved: bool = False,
    by: str = "",
    options: tuple[tuple[str, str], ...] = (),
) -> tuple[Change, ...]:
    """Return the changes that begin a programme; the first look follows from storing them."""
    enrolment = Enrolment(
        id=enrolment_id,
        programme=programme.id,
        version=programme.version,
        start=start,
        created_at=now,
        moved=moved,
        options=options,
    )
    chairs: list[Change] = [
        Put(
            Seat(
                id=f"{enrolment_id}/seat/{role}/{person.id}",
                enrolment=enrolment_id,
                role=role,
                person=person.id,
                rank=rank,
                since=now,
            )
        )
        for role, people in seats.items()
        for rank, person in enumerate(people, 1)
    ]
    return (Put(enrolment), *chairs, Logged("enrolled", f"enrolment:{enrolment_id}", by))
