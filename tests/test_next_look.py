"""The stored instant of the next look is only an index, and never later than the truth (DESIGN §4)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.calendar import Span
from bot.facts import Record, StepChange, StepState
from bot.outcome import Put
from bot.ports import Work
from flows import register
from flows.programme import Step, When
from flows.timeline import Look, look
from flows.visibility import for_the_bot
from tests.living import BEGIN, Life
from tests.scenes import ANA, BREDA, IRENA, IVO, MATEJ, PETER, at, pair, scene
from tests.test_skeleton import PROGRAMME

START = date(2027, 1, 11)
PEOPLE = (ANA, MATEJ, PETER, IRENA, BREDA)
days = st.dates(min_value=date(2027, 1, 4), max_value=date(2027, 6, 30))
spans = st.builds(lambda first, n: Span(first, first + timedelta(days=n)), days, st.integers(0, 20))


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Return a fact that the timeline reads, changed at random."""
    enrolment = draw(st.sampled_from(["pause", "move", "start", "person", "hours", "state"]))
    if enrolment == "person":
        weekdays = draw(st.sampled_from([(0, 1, 2, 3, 4), (0, 1, 2, 3), (0,), (2, 4), (3, 4, 5)]))
        leave = tuple(draw(st.lists(spans, max_size=2)))
        return replace(draw(st.sampled_from(PEOPLE)), leave=leave, weekdays=weekdays)
    if enrolment == "hours":
        zone = draw(st.sampled_from(["Europe/Ljubljana", "Asia/Tokyo", "America/New_York", "UTC"]))
        return replace(draw(st.sampled_from(PEOPLE)), zone=zone, opens=time(draw(st.integers(5, 11))))
    return draw(st.builds(_changed, st.just(enrolment), days, spans))


def _changed(what: str, day: date, span: Span) -> Record:
    from bot.facts import Enrolment

    plain = Enrolment(id="e1", programme="small", version="1", start=START, created_at=BEGIN)
    match what:
        case "pause":
            return replace(plain, pauses=(span,))
        case "start":
            return replace(plain, start=day)
        case "move":
            return replace(plain, changes=(StepChange(kind="add", step="added1", day=day, title="A word"),))
        case _:
            return replace(plain, phase="all")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(records(), min_size=1, max_size=4), wait=st.integers(0, 60 * 24 * 40))
def test_the_index_is_never_later_than_what_the_facts_say(changes: list[Record], wait: int) -> None:
    """Whatever fact changes, at whatever time, the next look is stored no later than the recomputed instant."""
    asyncio.run(_live(changes, wait))


async def _live(changes: list[Record], wait: int) -> None:
    life = Life("sqlite://")
    seats = {
        "mentee": (ANA,),
        "mentor": (MATEJ,),
        "head": (PETER,),
        "coordinator": (IRENA, IVO),
        "director": (BREDA,),
    }
    await life.enrol(PROGRAMME, seats, START)  # type: ignore[arg-type]
    await life.until(BEGIN + timedelta(minutes=wait))
    for change in changes:
        await life.store.write(lambda work, change=change: work.apply((Put(change),), life.clock.at))  # type: ignore[misc]
        assert await life.read(lambda work: _index(work)) <= await life.read(lambda work: _truth(life, work))
        await life.app.settle()
        assert await life.read(lambda work: _index(work)) <= await life.read(lambda work: _truth(life, work))
    await life.close()


def _index(work: Work) -> datetime:
    """Return the stored instant; pending messages only make it earlier."""
    return work.next_instant() or datetime.max.replace(tzinfo=BEGIN.tzinfo)


def _truth(life: Life, work: Work) -> datetime:
    """Return the instant that the facts themselves give."""
    pair = for_the_bot(work.pairs(("e1",))[0])
    found = look(life.app.world.scene(work, pair, life.clock.at), register.KINDS)
    if found.due:
        return life.clock.at
    return found.next_look or datetime.max.replace(tzinfo=BEGIN.tzinfo)


hours = st.integers(0, 40)


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(["task", "checkin"]),
    weekly=st.booleans(),
    nudge_after=hours,
    alert_after=hours,
    nudges=st.integers(0, 2),
    zone=st.sampled_from(["Europe/Ljubljana", "Asia/Tokyo", "America/New_York"]),
    weekdays=st.sampled_from([(0, 1, 2, 3, 4), (0, 2), (3, 4, 5)]),
    leave=st.lists(spans, max_size=2),
    looks_later=st.integers(0, 60 * 24 * 20),
    shown_later=st.integers(0, 60 * 24 * 8),
)
def test_no_delivery_makes_anything_due_before_the_look_that_was_asked_for(
    kind: str, weekly: bool, nudge_after: int, alert_after: int, nudges: int, zone: str,
    weekdays: tuple[int, ...], leave: list[Span], looks_later: int, shown_later: int,
) -> None:  # fmt: skip
    """Whatever the step, the calendar and the delay: what is due after a delivery is not earlier than that look."""
    step = Step(
        id="read", phase="all", kind=kind, who=("mentee",), title=(("en", "Read"),),
        when=When(every="week", weekday=0) if weekly else When(day=1),
        nudge_after=nudge_after, alert_after=alert_after, nudges=nudges,
    )  # fmt: skip
    opened = at("2027-01-12", 8)
    occurrence = "2027-W02" if weekly else "once"
    under_way = StepState(
        id=f"e1/read/{occurrence}/ana", enrolment="e1", step="read", occurrence=occurrence, person="ana",
        opened_at=opened,
    )  # fmt: skip
    ana = replace(ANA, zone=zone, weekdays=weekdays, leave=tuple(leave))

    def found(state: StepState, now: datetime) -> Look:
        known = pair(state, phase="all")
        people = tuple(ana if one.id == "ana" else one for one in known.people)
        return look(scene(replace(known, people=people), now, step), register.KINDS)

    looked = opened + timedelta(minutes=looks_later)
    before = found(under_way, looked)
    shown = looked + timedelta(minutes=shown_later)
    after = found(replace(under_way, delivered_at=shown), shown)
    asked_for = looked if before.due else before.next_look
    truth = shown if after.due else after.next_look
    assert asked_for is not None
    assert truth is not None
    # Where that look came first it is asked about the delivery as about anything else.
    assert asked_for <= max(shown, truth)


@pytest.mark.parametrize("hours_later", [0, 1, 3])
@pytest.mark.parametrize(("nudge_after", "alert_after"), [(4, 0), (0, 4), (4, 12), (12, 4)])
def test_a_delivery_makes_nothing_due_before_the_next_look(
    nudge_after: int, alert_after: int, hours_later: int
) -> None:
    """A look at a step whose message is still under way asks for the next one early enough for its first reminder."""
    step = Step(
        id="read", phase="all", kind="task", who=("mentee",), when=When(day=1), title=(("en", "Read"),),
        nudge_after=nudge_after, alert_after=alert_after,
    )  # fmt: skip
    opened = at("2027-01-12", 8)
    under_way = StepState(
        id="e1/read/once/ana", enrolment="e1", step="read", occurrence="once", person="ana", opened_at=opened
    )
    asked_for = look(scene(pair(under_way, phase="all"), opened, step), register.KINDS).next_look
    shown = opened + timedelta(hours=hours_later)
    known = pair(replace(under_way, delivered_at=shown), phase="all")
    found = look(scene(known, shown, step), register.KINDS)
    assert () == found.due
    assert asked_for is not None
    assert found.next_look is not None
    assert opened + timedelta(hours=4) == asked_for <= found.next_look
