"""A made-up company: people of several countries, working weeks and leaves, and who is paired with whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from random import Random

from adapters.sim.days import works_on
from adapters.sim.taste import TEMPERAMENTS, Temperament
from bot.events import Address
from bot.facts import Person, Span

_FIRST = (
    "Ana", "Matej", "Irena", "Breda", "Luka", "Maja", "Eleni", "Nikos", "Aino", "Eero", "Liga", "Janis",
    "Greta", "Jonas", "Emma", "Noah", "Yuki", "Haru", "Zoja", "Tine", "Sofia", "Petros", "Ilse",
    "Karlis", "Venla", "Oskari", "Mia", "Ben", "Aoi", "Ren", "Neža", "Žan", "Katerina", "Giorgos",
    "Anu", "Tapio", "Inese", "Edgars",
)  # fmt: skip
_LAST = (
    "Novak", "Kranjc", "Horvat", "Zupan", "Papadaki", "Georgiou", "Virtanen", "Korhonen", "Ozols",
    "Kalnina", "Huber", "Maier", "Smith", "Jones", "Sato", "Tanaka", "Vidmar", "Golob", "Nikolaou",
    "Lehtonen", "Berzina", "Weber", "Brown", "Mori", "Potočnik", "Žagar", "Dimou", "Laine", "Liepa",
    "Bauer", "Davis", "Kimura",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where people work, and the hours usual there."""

    country: str
    zone: str
    share: int  # of a hundred people
    opens: time = time(9)
    closes: time = time(17)


# Far places keep hours that meet the others' for a while each day; half-hour and southern zones too.
_PLACES = (
    Place("SI", "Europe/Ljubljana", 34, time(8), time(16)),
    Place("GR", "Europe/Athens", 14),
    Place("FI", "Europe/Helsinki", 14, time(8), time(16)),
    Place("LV", "Europe/Riga", 10),
    Place("DE-BY", "Europe/Berlin", 14),
    Place("US", "America/New_York", 7, time(8), time(17)),
    Place("JP", "Asia/Tokyo", 3, time(10), time(19)),
    Place("IN", "Asia/Kolkata", 2, time(10), time(18, 30)),
    Place("AU-NSW", "Australia/Sydney", 2, time(10), time(19)),
)
_DEPARTMENTS = ("Payments", "Risk", "Support", "Data", "Platform", "Sales")
_POSITIONS = ("Analyst", "Engineer", "Advisor", "Designer", "Clerk")
_PAIRS_A_COORDINATOR = 40
# A director has coffee with every newcomer: more of them in one month belong to another house.
_PAIRS_A_HOUSE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Who goes through a programme together, by person id; the first coordinator answers."""

    mentee: str
    mentor: str
    head: str
    director: str
    coordinators: tuple[str, ...]
    start: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Everybody, the pairs, and what each person is like."""

    people: tuple[Person, ...]
    pairings: tuple[Pairing, ...]
    temperaments: tuple[tuple[str, Temperament], ...]

    def person(self, person_id: str) -> Person:
        """Return the person with this id."""
        return next(p for p in self.people if p.id == person_id)


def company(pairs: int, seed: str, start: date, everyone: Temperament | None = None) -> Company:
    """Make up a company with so many pairs, the first of which start on `start`, the last four weeks later.

    A mentor has one to three mentees and never leads one of them; `everyone` gives mentees and mentors one
    temperament. Coordinators, heads and directors do their part; of each there are more in a larger company.
    """
    if pairs < 1:
        raise ValueError(f"a company needs at least one pair, not {pairs}")
    return _Company(Random(f"company {seed}"), start).found(pairs, everyone)


@dataclass(frozen=True, slots=True)
class _House:
    """A part of the company: its director, and the heads of its departments."""

    director: Person
    heads: dict[str, Person]

    def other(self, than: Person) -> list[str]:
        """Return the departments that somebody else leads."""
        return [name for name, head in self.heads.items() if head.id != than.id]


class _Company:
    """A company while it is being made up."""

    def __init__(self, rng: Random, start: date) -> None:
        self._rng = rng
        self._start = start
        self._people: list[Person] = []
        self._names: set[str] = set()

    def found(self, pairs: int, everyone: Temperament | None) -> Company:
        directors = [
            self._hire("Director", _PLACES[0], is_director=True) for _ in range(-(-pairs // _PAIRS_A_HOUSE))
        ]
        coordinators = [
            self._hire("HR advisor", _PLACES[0], is_coordinator=True)
            for _ in range(max(2, -(-pairs // _PAIRS_A_COORDINATOR)))
        ]
        houses = [self._house(director, number) for number, director in enumerate(directors)]
        pairings: list[Pairing] = []
        while len(pairs_of_mentor := self._mentees_of_next(pairs - len(pairings))) > 0:
            house = houses[len(pairings) // _PAIRS_A_HOUSE]
            place, department = self._place(), self._rng.choice(list(house.heads))
            mentor = self._mentor(house, place, department, len(pairs_of_mentor))
            for _ in pairs_of_mentor:
                pairings.append(self._pairing(mentor, house, coordinators, place, len(pairings)))
        asked = sorted({p.mentee for p in pairings} | {p.mentor for p in pairings})
        others = (p.id for p in self._people if p.id not in set(asked))
        moods = {person: everyone or self._temperament() for person in asked}
        natures: list[tuple[str, Temperament]] = [*moods.items(), *((person, "well") for person in others)]
        return Company(
            people=tuple(self._people), pairings=tuple(pairings), temperaments=tuple(sorted(natures))
        )

    def _house(self, director: Person, number: int) -> _House:
        names = [f"{department} {number + 1}" if number else department for department in _DEPARTMENTS]
        return _House(
            director,
            {d: self._hire("Head", self._place(), department=d, manager=director.id) for d in names},
        )

    def _mentees_of_next(self, left: int) -> range:
        return range(min(left, self._rng.choice((1, 1, 2, 2, 3))))

    def _mentor(self, house: _House, place: Place, department: str, mentees: int) -> Person:
        """Return a mentor of a department; now and then the head of another one."""
        heads = house.heads
        if self._rng.random() < 0.05:
            elsewhere = self._rng.choice(house.other(heads[department]))
            if heads[elsewhere].capacity == 0:
                heads[elsewhere] = self._renew(replace(heads[elsewhere], capacity=mentees))
                return heads[elsewhere]
        return self._hire(
            "Senior", place, department=department, manager=heads[department].id, capacity=mentees
        )

    def _pairing(
        self,
        mentor: Person,
        house: _House,
        coordinators: list[Person],
        place: Place,
        number: int,
    ) -> Pairing:
        heads, departments = house.heads, house.other(mentor)
        department = mentor.department if mentor.department in departments else self._rng.choice(departments)
        # Some pairs are far apart, where common hours are few.
        where = place if self._rng.random() < 0.85 else self._place()
        mentee = self._hire(
            self._rng.choice(_POSITIONS), where, department=department, manager=heads[department].id
        )
        first = number % len(coordinators)
        return Pairing(
            mentee=mentee.id,
            mentor=mentor.id,
            head=heads[department].id,
            director=house.director.id,
            coordinators=(coordinators[first].id, coordinators[(first + 1) % len(coordinators)].id),
            start=self._first_day(mentee),
        )

    def _first_day(self, mentee: Person) -> date:
        day = self._start + timedelta(days=self._rng.randrange(4) * 7 + self._rng.choice((0, 0, 0, 1, 2)))
        while not works_on(replace(mentee, leave=()), day):
            day += timedelta(days=1)
        return day

    def _hire(self, position: str, place: Place, **more: object) -> Person:
        number = len(self._people) + 1
        person = Person(
            id=f"p{number}",
            name=self._name(),
            email=f"p{number}@company.example",
            zone=place.zone,
            country=place.country,
            weekdays=self._rng.choices(((0, 1, 2, 3, 4), (0, 1, 2, 3), (1, 2, 3, 4)), (90, 6, 4))[0],
            opens=place.opens,
            closes=place.closes,
            leave=self._leave(),
            position=position,
            address=Address("sim", f"p{number}"),
            at_ease=None,
        )
        self._people.append(replace(person, **more))  # type: ignore[arg-type]
        return self._people[-1]

    def _name(self) -> str:
        """Return a name that nobody else has: the auditor knows by words alone whether something was told twice."""
        first, last = self._rng.choice(_FIRST), self._rng.choice(_LAST)
        name = f"{first} {last}"
        while name in self._names:
            first = f"{first} {self._rng.choice(_FIRST)}"
            name = f"{first} {last}"
        self._names.add(name)
        return name

    def _renew(self, person: Person) -> Person:
        self._people[self._people.index(next(p for p in self._people if p.id == person.id))] = person
        return person

    def _leave(self) -> tuple[Span, ...]:
        """Return no leave, a week or two, or two short ones, somewhere after the first weeks."""
        spans: list[Span] = []
        day = self._start + timedelta(days=self._rng.randrange(10, 70))
        for _ in range(self._rng.choice((0, 1, 1, 2))):
            last = day + timedelta(days=self._rng.choice((0, 2, 6, 11)))
            spans.append(Span(day, last))
            day = last + timedelta(days=self._rng.randrange(20, 70))
        return tuple(spans)

    def _place(self) -> Place:
        return self._rng.choices(_PLACES, [p.share for p in _PLACES])[0]

    def _temperament(self) -> Temperament:
        return self._rng.choices(TEMPERAMENTS, (62, 22, 12, 4))[0]
