"""The spine, end to end: a programme of one weekly check-in through engine, ticker, outbox and both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import pytest

from bot.content import Ask, Card
from bot.outcome import ReplaceCard
from tests.living import Life
from tests.scenes import ANA, BREDA, IRENA, MATEJ, PETER

PROGRAMME = """
[programme]
id = "small"
version = "1"
language = "en"
title = "A small programme"
months = 6
help_word = "help"

[programme.seats]
mentee = 1
mentor = 1
head = 1
coordinator = [1, 2]
director = 1

[[phase]]
id = "all"
title = "All of it"
frame = "Six months"
first_day = 1

[[phase.step]]
id = "checkin"
kind = "checkin"
who = "mentee"
title = "Check-in"
every = "week"
weekday = "thursday"
from_week = 2
time = "14:00"
nudge_after = "8 working hours"
nudges = 1

[[phase.step.questions]]
id = "next"
text = "I know what to work on next."
[[phase.step.questions]]
id = "openly"
text = "I can say openly what I think to my mentor."
[[phase.step.questions]]
id = "further"
text = "I got further this week."
"""


async def begin(url: str) -> Life:
    """Return a bot with one enrolled pair that starts on 11 January 2027."""
    life = Life(url, datetime.fromisoformat("2027-01-04T08:00:00+00:00"))
    seats = {
        "mentee": (ANA,),
        "mentor": (MATEJ,),
        "head": (PETER,),
        "coordinator": (IRENA,),
        "director": (BREDA,),
    }
    await life.enrol(PROGRAMME, seats, date(2027, 1, 11))
    return life


@pytest.fixture
async def life(db_url: str) -> AsyncIterator[Life]:
    """Yield the pair on each database."""
    life = await begin(db_url)
    yield life
    await life.close()


async def test_a_check_in_is_asked_answered_and_stored(life: Life) -> None:
    """Three taps on the card itself store three answers and end the step; the week after brings the next card."""
    await life.until(datetime.fromisoformat("2027-01-21T15:00:00+00:00"))

    assert ["2027-01-21T13:00:00+00:00"] == [at.isoformat() for at, _ in life.box.messages]
    card = life.box.messages[0][1].content
    assert isinstance(card, Card)
    for _ in range(3):
        ask = next(b for b in card.blocks if isinstance(b, Ask) and not b.chosen)
        answered = await life.press("ana", ask.verb, ask.ref, "4", message="m1")
        assert isinstance(answered.reply, ReplaceCard)
        card = answered.reply.card

    pair = await life.pair()
    assert ["4", "4", "4"] == [a.value for a in pair.answers]
    assert ["done"] == [s.state for s in pair.steps if s.occurrence == "2027-W03"]
    await life.until(life.clock.now() + timedelta(days=7))
    assert 2 == len(life.box.messages)


async def test_an_unanswered_check_in_is_asked_again_once_and_then_let_go(life: Life) -> None:
    """One nudge the next working day, no more; the week's end records the silence."""
    await life.until(datetime.fromisoformat("2027-01-27T15:00:00+00:00"))

    assert ["2027-01-21T13:00", "2027-01-22T13:00"] == [at.isoformat()[:16] for at, _ in life.box.messages]
    pair = await life.pair()
    assert [("2027-W03", "skipped", "not answered")] == [(s.occurrence, s.state, s.why) for s in pair.steps]


@pytest.mark.parametrize("value", ["9", "", "yes"])
async def test_a_tap_that_is_none_of_the_five_changes_nothing(life: Life, value: str) -> None:
    """A forged value is answered with a note, and nothing is stored."""
    await life.until(datetime.fromisoformat("2027-01-21T15:00:00+00:00"))

    await life.press("ana", "checkin.tap", "step:e1/checkin/2027-W03/next", value)

    assert () == (await life.pair()).answers
