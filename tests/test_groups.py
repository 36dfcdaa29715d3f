"""Nothing assumes two people: one mentor with five mentees, and a circle without a mentor, on both databases."""

from __future__ import annotations

from datetime import date, datetime

from bot.content import Ask, Card, Role
from bot.facts import Person
from tests.living import Life
from tests.scenes import IRENA, MATEJ, person

START = date(2027, 1, 11)
FIVE = tuple(person(name) for name in ("Ana", "Bor", "Cene", "Dora", "Eva"))

HEAD = """
[programme]
id = "group"
version = "1"
language = "en"
title = "Learning together"
months = 3
help_word = "help"
seats = { %s }

[[phase]]
id = "all"
title = "All of it"
frame = "Three months"
first_day = 1
"""

CHECKIN = """
[[phase.step]]
id = "checkin"
kind = "checkin"
who = ["mentee"]
title = "Check-in"
every = "week"
weekday = "thursday"
from_week = 2
time = "14:00"
questions = [{ id = "next", text = "I know what to work on next" }]
"""

FEEDBACK = """
[[phase.step]]
id = "feedback"
kind = "feedback"
who = ["mentor"]
about = "mentee"
title = "Feedback"
every = "week"
weekday = "friday"
from_week = 2
time = "10:00"
going = "How is it going between you and {mentee}?"
"""


async def test_one_mentor_with_five_mentees(db_url: str) -> None:
    """Each mentee has a check-in of their own; the mentor has one message with a feedback for each of the five."""
    life = Life(db_url)
    seats: dict[Role, tuple[Person, ...]] = {"mentee": FIVE, "mentor": (MATEJ,), "coordinator": (IRENA,)}
    await life.enrol(HEAD % "mentee = [1, 6], mentor = 1, coordinator = 1" + CHECKIN + FEEDBACK, seats, START)

    await life.until(datetime.fromisoformat("2027-01-22T16:00:00+00:00"))

    assert [1, 1, 1, 1, 1] == [len(life.got(p.id)) for p in FIVE]
    assert 1 == len(life.got("matej"))
    written = [s.occurrence for s in (await life.pair()).steps if s.step == "feedback"]
    assert sorted(f"2027-W03.{p.id}" for p in FIVE) == sorted(written)
    answered = await life.submit(
        "matej", "feedback.keep", "step:e1/feedback/2027-W03.cene", good="The import script", going="4"
    )
    assert answered.to is not None
    await life.until(datetime.fromisoformat("2027-01-22T16:30:00+00:00"))
    assert [1, 1, 1, 1, 1] == [len(life.got(p.id)) for p in FIVE], "it is after hours"
    await life.until(datetime.fromisoformat("2027-01-25T16:00:00+00:00"))
    assert ["cene"] == [p.id for p in FIVE if any("From" in _title(d.content) for d in life.got(p.id))]
    await life.close()


def _title(content: object) -> str:
    return content.title.msgid if isinstance(content, Card) else ""


async def test_a_circle_without_a_mentor(db_url: str) -> None:
    """Equals check in, each for themselves; nobody is missing, and no seat of a mentor is needed."""
    life = Life(db_url)
    seats: dict[Role, tuple[Person, ...]] = {"mentee": FIVE[:3], "coordinator": (IRENA,)}
    await life.enrol(HEAD % "mentee = [3, 6], coordinator = 1" + CHECKIN, seats, START)
    await life.until(datetime.fromisoformat("2027-01-21T14:00:00+00:00"))

    for member in FIVE[:3]:
        [delivery] = life.got(member.id)
        assert isinstance(delivery.content, Card)
        [ask] = [b for b in delivery.content.blocks if isinstance(b, Ask)]
        await life.press(member.id, ask.verb, ask.ref, "5")

    pair = await life.pair()
    assert ["ana", "bor", "cene"] == sorted(a.person for a in pair.answers)
    assert ["done"] * 3 == [s.state for s in pair.steps]
    await life.close()
