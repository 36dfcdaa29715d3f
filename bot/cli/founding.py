"""Found the demo: a small company of five, or the visitor's own people, with their programmes begun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from bot.calendar import instant
from bot.content import Role
from bot.events import Address
from bot.facts import Person
from bot.i18n import Reader
from bot.outcome import Put
from bot.people_pairs import PeopleFile, Wanted
from bot.ports import Work
from bot.shipped import shipped
from flows.enrol import Seats, enrol, objections
from flows.programme import Programme
from flows.programme_file import load_programme

CHANNEL = "playground"
PROGRAMME = "onboarding"
_HOME = "Europe/Ljubljana"
_BEGINS = time(8)  # before anybody works, so that the first press brings the first message
# Ten working days: the guide, the mentor's readiness and the times of day 1 come before the start.
_AHEAD = timedelta(weeks=2)


class NotFounded(Exception):
    """The programme refuses what was asked for."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Who is there, who begins with whom, and what the demo's clock shows first."""

    at: datetime
    people: PeopleFile


def small_company(day: date, language: str = "en") -> Beginning:
    """Return five people who read in one language, one of whom starts two weeks after this day."""
    five = tuple(replace(one, language=language) for one in _five())
    pair = Wanted(mentee="ana", mentor="matej", start=day + _AHEAD, head="peter")
    return Beginning(instant(day, _BEGINS, _HOME), PeopleFile(five, (pair,)))


def own_people(people: PeopleFile, day: date) -> Beginning:
    """Return a visitor's own people; the clock begins on this day, in the first mentee's zone."""
    first = people.pairs[0].mentee
    zone = next(person.zone for person in people.people if person.id == first)
    return Beginning(instant(day, _BEGINS, zone), people)


def lived() -> tuple[Programme, str]:
    """Return the programme that everybody in the demo lives, and its text."""
    text = shipped()[PROGRAMME]
    return load_programme(text, f"{PROGRAMME}.toml"), text


def found(work: Work, people: PeopleFile, now: datetime) -> None:
    """Store the people and the programme, and begin every pair's; raise NotFounded where it may not begin."""
    programme, text = lived()
    everybody = {one.id: replace(one, address=Address(CHANNEL, one.id)) for one in people.people}
    seats = [fill_seats(programme, pair, people, everybody) for pair in people.pairs]
    _refuse(programme, people.pairs, seats, now)
    work.keep_programme(programme.id, programme.version, text)
    work.apply([Put(person) for person in everybody.values()], now)
    for number, (pair, seated) in enumerate(zip(people.pairs, seats, strict=True), 1):
        work.apply(enrol(programme, f"e{number}", seated, pair.start, now), now)


def _refuse(programme: Programme, pairs: Sequence[Wanted], seats: Sequence[Seats], now: datetime) -> None:
    load: Counter[str] = Counter()
    reasons = []
    for pair, seated in zip(pairs, seats, strict=True):
        against = objections(programme, seated, pair.start, now.astimezone(UTC).date(), load)
        reasons += [f"{pair.mentee}: {Reader().text(one.words)}" for one in against]
        load[pair.mentor] += 1
    if reasons:
        raise NotFounded("\n".join(reasons))


def fill_seats(programme: Programme, pair: Wanted, people: PeopleFile, everybody: dict[str, Person]) -> Seats:
    """Fill the programme's seats; where more people have a role than there are seats, the first ones."""
    director = [one.id for one in people.with_role("director") if one.id != pair.mentee]
    wanted: dict[Role, list[str]] = {
        "mentee": [pair.mentee],
        "mentor": [pair.mentor],
        "head": [pair.head] if pair.head else [],
        "coordinator": [one.id for one in people.with_role("coordinator") if one.id != pair.mentee],
        "director": director,
    }
    return {role: tuple(everybody[one] for one in wanted[role][:most]) for role, (_, most) in programme.seats}


def _five() -> tuple[Person, ...]:
    ana = _person("ana", "Ana", "Data analyst", manager="peter", department="Analytics")
    matej = _person("matej", "Matej", "Senior analyst", manager="peter", department="Analytics", capacity=3)
    peter = _person("peter", "Peter", "Head of analytics", manager="breda", department="Analytics")
    breda = _person("breda", "Breda", "Managing director", is_director=True)
    # An hour ahead and later at her desk: her day begins when the others' does.
    breda = replace(breda, zone="Europe/Athens", country="GR", opens=time(10), closes=time(18))
    irena = _person("irena", "Irena", "People and development", is_coordinator=True)
    return (ana, matej, peter, breda, irena)


def _person(key: str, name: str, position: str, **more: object) -> Person:
    email = f"{key}@example.com"
    # With a video room from the start: a link that comes later is an invitation that comes twice.
    room = f"https://video.example/{key}"
    made = Person(id=key, name=name, email=email, position=position, zone=_HOME, country="SI", room=room)
    return replace(made, **more)  # type: ignore[arg-type]
