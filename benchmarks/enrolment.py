"""What the beginning of a programme costs, in time and on the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

from adapters.sim.people import Company, Pairing, company
from benchmarks.figure import Figure, Size, middle, spread
from benchmarks.place import Place
from bot.cli.simulation import programme_text
from bot.content import Role
from bot.facts import Person
from bot.outcome import Put
from bot.ports import Work
from flows.enrol import enrol, objections, run_id
from flows.programme import Programme
from flows.programme_file import load_programme
from storage.store import open_store

_TOGETHER = 100
_START = date(2027, 1, 11)
_NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)


def enrolment(size: Size, place: Place) -> Iterator[Figure]:
    """Measure the enrolment of pairs whose people are known already, before anything is sent."""
    file = place.new_folder() / "enrolment.db"
    text, name = programme_text(None)
    programme = load_programme(text, name)
    made = company(size.new_pairs, "1", _START)
    asyncio.run(_keep_people(file, made, programme, text))
    before = _bytes(file)
    together, alone = asyncio.run(_enrol_all(file, made, programme))
    grown = (_bytes(file) - before) / len(made.pairings)
    cost = middle(together) * 1000
    yield Figure(
        name="enrolment_ms",
        value=cost,
        unit="ms a pair",
        goal="≤ 1 ms",
        ok=cost <= 1,
        detail=f"SQLite, {_TOGETHER} pairs a transaction as a CSV file brings them ({spread(together, 1000)}); "
        f"in a durable transaction each {middle(alone) * 1000:.3g} ms ({spread(alone, 1000)}); "
        f"{len(made.pairings):,} pairs with six people each, rules of seats included",
    )
    yield Figure(
        name="enrolment_bytes",
        value=grown,
        unit="bytes a pair",
        goal="≤ 500 bytes",
        ok=grown <= 500,
        detail=f"SQLite, growth of the compacted file by {len(made.pairings):,} enrolments: enrolment, seats, "
        "their indexes and the line in the audit log, without people",
    )


async def _keep_people(file: Path, made: Company, programme: Programme, text: str) -> None:
    def work(work: Work) -> None:
        work.keep_programme(programme.id, programme.version, text)
        work.apply([Put(person) for person in made.people], _NOW)

    store = open_store(f"sqlite:///{file}")
    try:
        await store.write(work)
    finally:
        await store.close()


async def _enrol_all(file: Path, made: Company, programme: Programme) -> tuple[list[float], list[float]]:
    """Return the seconds a pair, of pairs that begin together and of pairs that begin alone."""
    people = {person.id: person for person in made.people}
    load: Counter[str] = Counter()
    together: list[float] = []
    alone: list[float] = []
    store = open_store(f"sqlite:///{file}")
    try:
        for first in range(0, len(made.pairings), _TOGETHER):
            some = made.pairings[first : first + _TOGETHER]
            single, rest = some[:5], some[5:]
            for group, found in ((single[:1], alone), (single[1:], alone), (rest, together)):
                parts = [[one] for one in group] if found is alone else [list(group)]
                for part in filter(None, parts):
                    began = perf_counter()
                    await store.write(
                        partial(_enrol, pairings=part, people=people, programme=programme, load=load)
                    )
                    found.append((perf_counter() - began) / len(part))
    finally:
        await store.close()
    return together, alone


def _enrol(
    work: Work, pairings: list[Pairing], people: dict[str, Person], programme: Programme, load: Counter[str]
) -> None:
    for pairing in pairings:
        seats: dict[Role, tuple[Person, ...]] = {
            "mentee": (people[pairing.mentee],),
            "mentor": (people[pairing.mentor],),
            "head": (people[pairing.head],),
            "coordinator": tuple(people[one] for one in pairing.coordinators),
            "director": (people[pairing.director],),
        }
        against = objections(programme, seats, pairing.start, _NOW.date(), load)
        if against:
            raise RuntimeError(f"{pairing.mentee} cannot begin: {against[0].words}")
        load[pairing.mentor] += 1
        run = run_id(programme, pairing.mentee, pairing.mentor, pairing.start)
        work.apply(enrol(programme, run, seats, pairing.start, _NOW), _NOW)


def _bytes(file: Path) -> int:
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        connection.execute("VACUUM")
        pages, each = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
        )
        return int(pages) * int(each)
    finally:
        connection.close()
