"""Nobody is booked twice: whoever has several pairs is offered, and given, hours that none of them has taken."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.app import compose
from bot.content import Ask, Card, Role
from bot.events import Address, Pressed
from bot.facts import Meeting, Person, Seat
from bot.outcome import FixForm, Put, ReplaceCard
from bot.ports import Taken, Work
from storage.store import open_store
from storage.work import SqlWork
from tests.living import Letterbox, Life, MovableClock
from tests.meetings import choices, read
from tests.scenes import ANA, BREDA, IRENA, MATEJ, person
from tests.shelf import MONDAY, PAIR, keep, opened

START = date(2027, 1, 11)
BOR = person("Bor")
CENE = person("Cene", capacity=3)
NINE = datetime(2027, 1, 11, 8, tzinfo=UTC)  # 09:00 in Ljubljana

PROGRAMME = """
[programme]
id = "meets"
version = "1"
language = "en"
title = "They meet"
months = 1
help_word = "help"
seats = { mentee = 1, mentor = 1, coordinator = [1, 2], director = [0, 1] }

[[phase]]
id = "all"
title = "All of it"
frame = "A month"
first_day = 1

[[phase.step]]
id = "talk"
kind = "meeting"
people = ["mentee", "mentor"]
day = 1
time = "10:00"
minutes = 60
chooser = "mentor"
offer_before = 3
may_move_days = 1
title = "A talk"

[[phase.step]]
id = "coffee"
kind = "meeting"
people = ["mentee", "director"]
day = 1
time = "14:00"
minutes = 30
chooser = "director"
offer_before = 3
may_move_days = 1
title = "A coffee"
"""


async def enrol(life: Life, enrolment: str, mentee: Person, mentor: Person = MATEJ) -> None:
    """Begin the programme for a newcomer; the director and HR are the same for all."""
    seats: dict[Role, tuple[Person, ...]] = {
        "mentee": (mentee,), "mentor": (mentor,), "coordinator": (IRENA,), "director": (BREDA,),
    }  # fmt: skip
    await life.enrol(PROGRAMME, seats, START, enrolment)


async def lived(url: str, *, second_mentor: Person = MATEJ) -> Life:
    """Return two newcomers who begin on the same day, on the day after their times were offered."""
    life = Life(url, datetime(2027, 1, 4, 8, tzinfo=UTC))
    await enrol(life, "e1", ANA)
    await enrol(life, "e2", BOR, second_mentor)
    await life.until(datetime(2027, 1, 7, 12, tzinfo=UTC))
    return life


def meeting_of(life: Life, enrolment: str, step: str = "talk") -> Meeting:
    """Return a meeting of one of the pairs."""
    found = asyncio.run(life.pair(enrolment)).meeting(f"{enrolment}/{step}/once")
    assert found is not None
    return found


async def take(life: Life, who: str, enrolment: str, start: datetime, step: str = "talk") -> Card:
    """Tap a time and return the card that answers."""
    answered = await life.press(who, "meeting.take", f"meeting:{enrolment}/{step}/once", start.isoformat())
    assert isinstance(answered.reply, ReplaceCard)
    return answered.reply.card


# --- what the storage knows ----------------------------------------------------------------------


def test_a_person_is_busy_with_the_fixed_meetings_of_all_their_pairs(db_url: str) -> None:
    """Only what is fixed counts, only within the time asked for, and only for the people asked about."""
    with opened(db_url) as store:
        people = [Person(id=name, name=name) for name in ("ana", "bor", "matej", "peter")]
        pairs = [replace(PAIR, id="e1"), replace(PAIR, id="e2")]
        seats = [
            Seat(id=f"{e}/seat/{role}/{who}", enrolment=e, role=role, person=who)
            for e, role, who in (
                ("e1", "mentee", "ana"), ("e1", "mentor", "matej"), ("e2", "mentee", "bor"), ("e2", "mentor", "matej"),
            )
        ]  # fmt: skip

        def talk(n: int, enrolment: str, mentee: str, **more: object) -> Meeting:
            made = Meeting(
                id=f"{enrolment}/talk{n}/once", enrolment=enrolment, step=f"talk{n}", occurrence="once",
                people=(mentee, "matej"), minutes=45, state="fixed", starts_at=MONDAY + timedelta(days=n),
            )  # fmt: skip
            return replace(made, **more)  # type: ignore[arg-type]

        keep(
            store, *people, *pairs, *seats,
            talk(1, "e1", "ana"), talk(2, "e2", "bor"), talk(3, "e2", "bor", state="offered", starts_at=None),
            talk(4, "e2", "bor", state="held"), talk(60, "e1", "ana"),
        )  # fmt: skip
        before, after = MONDAY, MONDAY + timedelta(days=30)
        found = {
            who: store.read_now(lambda work, who=who: work.busy((who,), before, after))
            for who in ("ana", "matej", "peter")
        }

    first = Taken(enrolment="e1", people=("ana", "matej"), starts_at=MONDAY + timedelta(days=1), minutes=45)
    second = Taken(enrolment="e2", people=("bor", "matej"), starts_at=MONDAY + timedelta(days=2), minutes=45)
    assert {"ana": (first,), "matej": (first, second), "peter": ()} == found
    assert first.ends_at == MONDAY + timedelta(days=1, minutes=45)


# --- offering ------------------------------------------------------------------------------------


def test_a_time_that_is_fixed_with_one_newcomer_is_not_offered_to_the_next(db_url: str) -> None:
    """The second newcomer comes when ten o'clock is fixed with the first one's mentor, and is offered other hours."""
    ten = NINE + timedelta(hours=1)

    async def live() -> Life:
        life = Life(db_url, datetime(2027, 1, 4, 8, tzinfo=UTC))
        await enrol(life, "e1", ANA)
        await life.until(datetime(2027, 1, 6, 12, tzinfo=UTC))
        await take(life, "matej", "e1", ten)
        await enrol(life, "e2", BOR)
        await enrol(life, "e3", person("Dora"), CENE)
        await life.until(datetime(2027, 1, 7, 12, tzinfo=UTC))
        return life

    life = asyncio.run(live())

    assert ten in meeting_of(life, "e3").slots
    assert [] == [s for s in meeting_of(life, "e2").slots if abs(s - ten) < timedelta(hours=1)]
    assert meeting_of(life, "e2").slots
    asyncio.run(life.close())


def test_two_pairs_of_one_mentor_get_two_hours(db_url: str) -> None:
    """Both were offered ten o'clock; the second one to choose it is shown other times, and the first keeps it."""
    life = asyncio.run(lived(db_url))
    ten = NINE + timedelta(hours=1)
    assert ten in meeting_of(life, "e1").slots
    assert ten in meeting_of(life, "e2").slots

    first = asyncio.run(take(life, "matej", "e1", ten))
    second = asyncio.run(take(life, "matej", "e2", ten))

    assert "10:00" in read(first)
    assert "That time is taken by now, or over. Here are others." in read(second)
    assert ("fixed", "offered") == (meeting_of(life, "e1").state, meeting_of(life, "e2").state)
    others = [datetime.fromisoformat(value) for value in choices(second)]
    assert others
    assert not [s for s in others if ten - timedelta(hours=1) < s < ten + timedelta(hours=1)]
    assert [Ask] == [type(b) for b in second.blocks if isinstance(b, Ask)]

    asyncio.run(take(life, "matej", "e2", others[0]))

    assert ("fixed", others[0]) == (meeting_of(life, "e2").state, meeting_of(life, "e2").starts_at)
    asyncio.run(life.close())


def test_a_time_agreed_on_elsewhere_is_not_one_that_is_taken(db_url: str) -> None:
    """Who writes down an hour at which the mentor meets the other mentee is asked for another; the rest is kept."""
    life = asyncio.run(lived(db_url))
    asyncio.run(take(life, "matej", "e1", NINE + timedelta(hours=1)))

    answered = asyncio.run(
        life.submit("matej", "meeting.agreed", "meeting:e2/talk/once", day="2027-01-11", time="10:30")
    )

    assert isinstance(answered.reply, FixForm)
    assert ["time"] == list(answered.reply.errors)
    assert "offered" == meeting_of(life, "e2").state
    asyncio.run(life.close())


def test_people_of_other_pairs_do_not_stand_in_each_others_way(db_url: str) -> None:
    """Two mentors fix the same hour, each with their own mentee."""
    life = asyncio.run(lived(db_url, second_mentor=CENE))
    ten = NINE + timedelta(hours=1)

    asyncio.run(take(life, "matej", "e1", ten))
    asyncio.run(take(life, "cene", "e2", ten))

    assert [ten, ten] == [meeting_of(life, e).starts_at for e in ("e1", "e2")]
    asyncio.run(life.close())


# --- at the same moment --------------------------------------------------------------------------


@pytest.mark.postgres
def test_two_taps_at_the_same_moment_fix_one_meeting(new_db, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Whoever comes second waits for the first, and then sees that the hour is taken."""
    url = new_db("postgresql")
    life = asyncio.run(lived(url))
    ten = NINE + timedelta(hours=1)
    both, asked = threading.Barrier(2), SqlWork.busy

    def busy(work: SqlWork, *args: object) -> tuple[Taken, ...]:
        found = asked(work, *args)  # type: ignore[arg-type]
        with suppress(threading.BrokenBarrierError):
            both.wait(0.3)  # were they not kept apart, both would now believe that the hour is free
        return found

    monkeypatch.setattr(SqlWork, "busy", busy)
    asyncio.run(_tap_together(url, life.clock.at, ten))

    monkeypatch.undo()
    assert ["fixed", "offered"] == sorted(meeting_of(life, e).state for e in ("e1", "e2"))
    asyncio.run(life.close())


async def _tap_together(url: str, now: datetime, start: datetime) -> None:
    clock = MovableClock(now)
    stores = [open_store(url, durable=False) for _ in range(2)]
    bots = [
        compose(store=s, channels={"test": Letterbox(clock)}, clock=clock, owner=f"bot{n}")
        for n, s in enumerate(stores)
    ]
    taps = [
        Pressed(
            key=f"together{n}",
            who=Address("test", "matej"),
            verb="meeting.take",
            ref=f"meeting:e{n}/talk/once",
            value=start.isoformat(),
        )
        for n in (1, 2)
    ]
    await asyncio.gather(*(bot.receive(tap) for bot, tap in zip(bots, taps, strict=True)))
    for store in stores:
        await store.close()


def test_people_are_locked_without_being_changed(db_url: str) -> None:
    """Locking the people of a pair writes nothing, and naming somebody twice or nobody is no trouble."""

    def work(work: Work) -> tuple[Person | None, Person | None]:
        before = work.person("ana")
        work.lock_people(["matej", "ana", "ana", "nobody"])
        work.lock_people([])
        return before, work.person("ana")

    with opened(db_url) as store:
        store.write_now(lambda w: w.apply([Put(ANA), Put(MATEJ)], MONDAY))
        before, after = store.write_now(work)

    assert before == after == ANA
