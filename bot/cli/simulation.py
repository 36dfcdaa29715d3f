"""Wire a simulation: the real bot on a real database, a fake platform, synthetic people, the auditor."""

from __future__ import annotations

import time as stopwatch
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

from adapters.sim.auditor import Auditor
from adapters.sim.channel import Accepted, FakePlatform, Faults, nothing_at
from adapters.sim.crash import CrashAt, CrashNowAndThen
from adapters.sim.days import local
from adapters.sim.interruptions import weekly
from adapters.sim.people import Pairing, company
from adapters.sim.player import Act, Player
from adapters.sim.promises import Course
from adapters.sim.taste import Temperament
from adapters.sim.transcript import Transcript
from adapters.sim.world import Clockwork, World
from bot.app import compose
from bot.cli.simulation_life import Life
from bot.cli.simulation_report import Counts, Errors, Report, of_faults, of_messages, of_pairs, roles
from bot.content import Role
from bot.facts import Pair, Person
from bot.outcome import Put
from bot.ports import Queued, Work
from bot.shipped import read_programme, shipped
from flows import register
from flows.enrol import enrol, objections
from flows.programme import Programme
from flows.programme_file import load_programme
from storage.inline import InlineStore
from storage.store import open_store

# Three weeks before the first start: time for the guide, the mentor's readiness and the first day's slots.
_AHEAD = timedelta(days=21)
# After the last start and the programme's months: time for a late closing and its case.
_AFTER = timedelta(weeks=10)
_OWNER = "simulation"
_AT_ONCE = 100  # pairs read together
_ONCE_IN = 300  # with faults the process dies at about one in so many commits and sends
# Records kept in memory: of a thousand pairs, so that none is read twice.
_AT_HAND = 600_000


class NotSimulated(Exception):
    """Say why a simulation cannot run, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to simulate; `crash` says where the process dies, else faults say now and then."""

    pairs: int
    seed: str
    start: date
    programme: Path | None = None
    faults: bool = False
    everyone: Temperament | None = None
    transcript: Path | None = None
    days: int | None = None  # stop so many days after the first start
    crash: CrashAt | None = None
    watch: Callable[[Accepted], None] | None = None  # called with every message that somebody got
    acts: Callable[[Sequence[Course]], Iterable[tuple[str, Act]]] | None = (
        None  # what people do beside all else
    )


async def simulated(wish: Wish, url: str) -> Report:
    """Run a simulation on the database at `url`, which must be new."""
    text, name = programme_text(wish.programme)
    with Errors() as errors:
        return await Simulation(wish, url, text, load_programme(text, name)).run(errors)


def programme_text(file: Path | None) -> tuple[str, str]:
    """Return a programme file's text and name; without a file, the onboarding programme's."""
    if file is not None:
        return read_programme(file), file.name
    return shipped()["onboarding"], "onboarding.toml"


class Simulation:
    """One company, one database, one run."""

    def __init__(self, wish: Wish, url: str, text: str, programme: Programme) -> None:
        self._wish = wish
        self._url = url
        self._text = text
        self._programme = programme
        self._company = company(wish.pairs, wish.seed, wish.start, wish.everyone)
        self._people = {p.id: p for p in self._company.people}
        room = {role: most for role, (_, most) in programme.seats}
        self._courses = tuple(_course(f"e{n}", p, room) for n, p in enumerate(self._company.pairings, 1))
        self._clock = Clockwork(datetime.combine(wish.start, time(6), UTC) - _AHEAD)
        self._crash = wish.crash or (CrashNowAndThen(wish.seed, _ONCE_IN) if wish.faults else None)
        self._platform = FakePlatform(
            self._clock,
            faults=Faults(seed=wish.seed) if wish.faults else None,
            on_point=self._crash or nothing_at,
            on_taken=wish.watch,
        )
        self._doubts: set[int] = set()

    async def run(self, errors: Errors) -> Report:
        """Enrol everybody, let them live, and judge."""
        began = stopwatch.perf_counter()
        self._found()
        auditor = Auditor(self._programme, self._courses, self._people.values())
        counts = Counts(roles(self._courses))
        file = self._wish.transcript
        with file.open("w", encoding="utf-8") if file else nullcontext() as out:
            transcript = Transcript(out)
            world = World(
                start=self.begin,
                platform=self._platform,
                clock=self._clock,
                players=self._players(),
                transcript=transcript,
                witnesses=(auditor, counts),
                certain=self._crash is None,
            )
            for person, act in self._wish.acts(self._courses) if self._wish.acts else ():
                world.plan(act, person)
            tally = await world.run(self._end())
            signature = transcript.signature()
        store = open_store(self._url, inline=True, durable=False)
        pairs = self._pairs(store)
        ended = tuple(_as_it_ended(c, pair) for c, pair in zip(self._courses, pairs, strict=True))
        findings = auditor.judge(self._clock.now(), self._platform.denied, ended, _stated(store, pairs))
        store.close_now()
        weeks = tuple(weekly(auditor.interruptions(), ended, self._people))
        figures = {
            "programme": f"{self._programme.id} {self._programme.version}",
            "pairs": self._wish.pairs,
            "people": len(self._people),
            "seed": self._wish.seed,
            "days": (self._clock.now().date() - self._wish.start + _AHEAD).days,
            **of_messages(counts, weeks),
            **of_pairs(tally, pairs),
            **of_faults(findings, auditor.let_go, tally, counts, errors),
            "seconds": round(stopwatch.perf_counter() - began, 1),
            "transcript_sha256": signature,
        }
        return Report(figures=figures, findings=findings, errors=tuple(errors.texts))

    async def begin(self) -> Life:
        """Start a process on the database as it is."""
        crash = self._crash
        if crash is not None:
            crash.revive()
        at_commit = None if crash is None else lambda number, moment: crash(f"{moment} commit")
        store = open_store(self._url, inline=True, durable=False, at_commit=at_commit, at_hand=_AT_HAND)
        left = store.read_now(partial(_left_behind, now=self._clock.now()))
        self._doubts |= {row.id for row in left}
        channels = {"sim": self._platform, "mail": self._platform}
        app = compose(store=store, channels=channels, clock=self._clock, owner=_OWNER)
        return Life(app, store, self._platform, self._doubts)

    def _end(self) -> datetime:
        if self._wish.days is not None:
            return datetime.combine(self._wish.start, time(6), UTC) + timedelta(days=self._wish.days)
        last = max(c.start for c in self._courses)
        return datetime.combine(last, time(6), UTC) + timedelta(days=31 * self._programme.months) + _AFTER

    def _players(self) -> dict[str, Player]:
        looks = tuple(sorted(c for c in register.COMMANDS if c != "help"))
        return {
            person: Player(self._people[person], temperament, self._wish.seed, looks=looks)
            for person, temperament in self._company.temperaments
        }

    # --- the beginning

    def _found(self) -> None:
        """Store the people, the programme and the enrolments."""
        store = open_store(self._url, inline=True, durable=False)
        try:
            store.write_now(self._keep_people)
            load: Counter[str] = Counter()
            for course in self._courses:
                store.write_now(partial(self._enrol, course=course, load=load))
        finally:
            store.close_now()

    def _keep_people(self, work: Work) -> None:
        if work.people():
            raise NotSimulated("The database holds people already: name a new one with --db, or none.")
        work.keep_programme(self._programme.id, self._programme.version, self._text)
        work.apply([Put(person) for person in self._people.values()], self._clock.now())

    def _enrol(self, work: Work, course: Course, load: Counter[str]) -> None:
        now = self._clock.now()
        seats: dict[Role, tuple[Person, ...]] = {
            role: tuple(self._people[p] for p in people) for role, people in course.seats.items()
        }
        against = objections(self._programme, seats, course.start, now.date(), load)
        if against:
            why = "; ".join(f"{objection.role}: {objection.words.msgid}" for objection in against)
            raise NotSimulated(f"The made-up pairs do not fit the programme {self._programme.id}: {why}")
        load.update(p.id for p in seats.get("mentor", ()))
        work.apply(enrol(self._programme, course.id, seats, course.start, now), now)

    # --- the end

    def _pairs(self, store: InlineStore) -> tuple[Pair, ...]:
        ids = [course.id for course in self._courses]
        some = (ids[n : n + _AT_ONCE] for n in range(0, len(ids), _AT_ONCE))
        return tuple(pair for part in some for pair in store.read_now(partial(_load, ids=part)))


def _stated(store: InlineStore, pairs: Sequence[Pair]) -> Callable[[str, str], str]:
    """Return what the product recorded about steps that it let go, and about messages it dropped."""
    states = {s.id: s for pair in pairs for s in pair.steps}
    cases = {pair.enrolment.id: pair.cases for pair in pairs}

    def why(about: str, person: str) -> str:
        run, step, occurrence = about.split("/")
        for state_id in (f"{about}/{person}", f"{about}/all"):
            # Why a message never left says more than that its step was not delivered.
            row = store.read_now(partial(_row_by_key, key=f"{state_id}:{person}:open"))
            if row is not None and row.state in ("dropped", "failed") and row.why:
                return row.why
            state = states.get(state_id)
            if state is not None and state.state == "skipped" and state.why:
                return state.why
        told = (case.signal for case in cases[run] if f".{step}.{occurrence}" in case.id)
        return next((f"case {signal}" for signal in told), "")

    return why


def _row_by_key(work: Work, *, key: str) -> Queued | None:
    return work.row_by_key(key)


def _left_behind(work: Work, *, now: datetime) -> tuple[Queued, ...]:
    return work.expired_leases(now, _OWNER)


def _load(work: Work, *, ids: Sequence[str]) -> tuple[Pair, ...]:
    return work.pairs(ids)


def _course(enrolment: str, pairing: Pairing, room: Mapping[Role, int]) -> Course:
    """Return a pairing's run, with as many people in its seats as the programme has room for."""
    seats: dict[Role, tuple[str, ...]] = {
        "mentee": (pairing.mentee,),
        "mentor": (pairing.mentor,),
        "head": (pairing.head,),
        "coordinator": pairing.coordinators,
        "director": (pairing.director,),
    }
    taken = (
        {role: people[: room[role]] for role, people in seats.items() if room.get(role)} if room else seats
    )
    return Course(id=enrolment, start=pairing.start, seats=taken)


def _as_it_ended(course: Course, pair: Pair) -> Course:
    enrolment = pair.enrolment
    over = local(pair.seated("mentee")[0], enrolment.closed_at).date() if enrolment.closed_at else None
    return Course(
        id=course.id,
        start=enrolment.start,
        seats=course.seats,
        changes=enrolment.changes,
        pauses=enrolment.pauses,
        over=over,
    )
