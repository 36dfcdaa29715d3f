"""Somebody leaves the company in the middle of a programme."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.facts import Person
from bot.outcome import Put
from bot.shipped import shipped
from tests.living import Life
from tests.scenes import ANA, BY_ROLE, MATEJ, START

FEBRUARY = datetime(2027, 2, 10, 12, tzinfo=UTC)
MARCH = datetime(2027, 3, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(("who", "stays"), [(ANA, MATEJ), (MATEJ, ANA)])
async def test_hr_hears_of_somebody_who_left_and_whoever_stays_is_not_asked_about_them(
    db_url: str, who: Person, stays: Person
) -> None:
    """The one who left gets nothing more; a mentor has nothing to say of a mentee who is gone; meetings are off."""
    life = Life(db_url)
    await life.enrol(shipped()["onboarding"], dict(BY_ROLE), START)
    await life.until(FEBRUARY)
    before = len(life.box.messages)
    gone = await life.read(lambda work: work.person(who.id))
    assert gone is not None
    await life.store.write(lambda work: work.apply([Put(replace(gone, active=False))], FEBRUARY))
    await life.until(MARCH)
    later = [delivery for _, delivery in life.box.messages[before:]]
    pair = await life.pair()
    await life.close()

    told = [case for case in pair.cases if case.signal == "cannot_be_reached"]
    assert [(who.id,)] == [case.about for case in told]
    assert FEBRUARY == told[0].opened_at
    assert not [one for one in later if one.to.id == who.id]
    assert "irena" in {one.to.id for one in later}
    assert (who is MATEJ) == (stays.id in {one.to.id for one in later})
    assert not [m for m in pair.meetings if m.state in ("offered", "fixed") and who.id in m.people]
