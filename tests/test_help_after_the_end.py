"""Whoever asks for help after the programme's end still reaches a human (MISSION, what is watched)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.content import Role
from bot.facts import Case, Person
from bot.outcome import Change, Put
from bot.ports import Work
from tests.living import Life
from tests.scenes import ANA, IRENA, IVO, MATEJ
from tests.test_groups import HEAD

ENDED = datetime(2027, 3, 1, 9, tzinfo=UTC)  # a Monday
SEATS: dict[Role, tuple[Person, ...]] = {"mentee": (ANA,), "mentor": (MATEJ,), "coordinator": (IRENA, IVO)}
HELLO = """
[[phase.step]]
id = "hello"
kind = "note"
who = ["mentee"]
day = 1
title = "Hello"
text = "Hello."
"""


async def ended(db_url: str, state: str) -> Life:
    """Return a programme that is over and at rest."""
    life = Life(db_url, datetime(2027, 1, 4, 8, tzinfo=UTC))
    await life.enrol(HEAD % "mentee = 1, mentor = 1, coordinator = [1, 2]" + HELLO, SEATS, date(2027, 1, 11))
    await life.until(ENDED)
    over = replace((await life.pair()).enrolment, state=state)  # type: ignore[arg-type]
    await stored(life, Put(over))
    assert await life.read(lambda work: work.next_instant()) is None
    return life


async def stored(life: Life, *changes: Change) -> None:
    """Store what somebody else changed, and let the bot look."""

    def work(work: Work) -> None:
        work.apply(changes, life.clock.now())

    await life.store.write(work)
    await life.app.settle()


async def case(life: Life) -> Case:
    """Return the one case."""
    (found,) = (await life.pair()).cases
    return found


@pytest.mark.parametrize("state", ["closed", "stopped"])
def test_help_in_the_time_of_the_keepsake_climbs(db_url: str, state: str) -> None:
    """Nobody takes it up for sixteen working hours: the second coordinator has it, by a message; closed, all is quiet."""

    async def live() -> tuple[list[str], Case, object]:
        life = await ended(db_url, state)
        await life.submit("ana", "help.send", "help:e1", words="May I call somebody?")
        await life.until(ENDED + timedelta(days=1, hours=23))
        before = (await case(life)).owner
        await life.until(ENDED + timedelta(days=2, hours=1))
        climbed = await case(life)
        heard = [before, *(who for who in ("irena", "ivo") if life.got(who))]
        await life.submit("ivo", "case.closed", f"case:{climbed.id}", because="We spoke")
        await life.until(ENDED + timedelta(days=60))
        rest = await life.read(lambda work: work.next_instant())
        await life.close()
        return heard, climbed, rest

    heard, climbed, rest = asyncio.run(live())

    assert ["irena", "irena", "ivo"] == heard
    assert ("ivo", "open", 1) == (climbed.owner, climbed.state, climbed.climbed)
    assert None is rest


def test_a_case_taken_up_after_the_end_finds_a_new_owner(db_url: str) -> None:
    """Whoever looked at it leaves the organisation weeks later, and the second coordinator has it."""

    async def live() -> Case:
        life = await ended(db_url, "closed")
        await life.submit("ana", "help.send", "help:e1", words="May I call somebody?")
        await life.press("irena", "case.accept", f"case:{(await case(life)).id}")
        await life.until(ENDED + timedelta(days=30))
        await stored(life, Put(replace((await life.pair()).person("irena"), active=False)))
        found = await case(life)
        await life.close()
        return found

    found = asyncio.run(live())

    assert ("ivo", "open") == (found.owner, found.state)


def test_what_a_coordinator_notes_after_the_end_comes_back_as_well(db_url: str) -> None:
    """A case opened by hand and put aside for a week is on the table again after it."""

    async def live() -> tuple[int, int]:
        life = await ended(db_url, "closed")
        await life.submit("irena", "case.opened", "enrolment:e1", words="Ana looked tired.")
        await life.press("irena", "case.snooze", f"case:{(await case(life)).id}", "week")
        await life.until(ENDED + timedelta(days=6))
        before = len(life.got("irena"))
        await life.until(ENDED + timedelta(days=8))
        after = len(life.got("irena"))
        await life.close()
        return before, after

    before, after = asyncio.run(live())

    assert before + 1 == after


REVIEW = """
[[phase.step]]
id = "talk"
kind = "review"
people = ["mentee", "mentor", "coordinator"]
day = 10
title = "Review"
stages = ["opening", "mentee", "mentor", "plan"]
prepare_before = 2
"""


async def test_what_was_noted_for_a_review_that_was_never_held_goes_back_at_the_end(db_url: str) -> None:
    """The look that closes a programme gives sealed answers back, though it could not read them before."""
    life = Life(db_url, datetime(2027, 1, 4, 8, tzinfo=UTC))
    await life.enrol(HEAD % "mentee = 1, mentor = 1, coordinator = [1, 2]" + REVIEW, SEATS, date(2027, 1, 11))
    await life.until(datetime(2027, 1, 21, 9, tzinfo=UTC))
    await life.submit("ana", "review.tell", "review:e1/talk/once", **{"mentee:good": "SEALED"})
    await life.press("irena", "closing.finish", "enrolment:e1")
    await life.until(datetime(2027, 2, 15, 9, tzinfo=UTC))
    pair = await life.pair()
    assert "closed" == pair.enrolment.state
    assert () == pair.answers
    assert "SEALED" in repr([d.content for d in life.got("ana")])
    assert "SEALED" not in repr([d.content for who in ("matej", "irena", "ivo") for d in life.got(who)])
    await life.close()
