"""The spine, end to end: a programme of one weekly check-in through engine, ticker, outbox and both databases."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta

import pytest

from bot.app import App, compose
from bot.content import Ask, Card
from bot.events import Address, Pressed
from bot.facts import Answer
from bot.outcome import Put, ReplaceCard
from bot.ports import Delivery, Store
from flows.enrol import enrol
from flows.programme_file import load_programme
from storage.store import open_store
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


class MovableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self.at


class Seen:
    """A channel that keeps what it delivered."""

    name = "test"

    def __init__(self) -> None:
        self.messages: list[tuple[datetime, Delivery]] = []

    async def deliver(self, delivery: Delivery) -> str:
        """Keep the message."""
        self.messages.append((CLOCK.now(), delivery))
        return f"m{len(self.messages)}"


CLOCK = MovableClock(datetime.fromisoformat("2027-01-04T08:00:00+00:00"))


def begin(store: Store) -> tuple[App, Seen]:
    """Return a bot with one enrolled pair that starts on 11 January 2027."""
    CLOCK.at = datetime.fromisoformat("2027-01-04T08:00:00+00:00")
    seen = Seen()
    app = compose(store=store, channels={"test": seen}, clock=CLOCK, owner="test", company="Lipa")
    programme = load_programme(PROGRAMME, "small.toml")
    seats = {
        "mentee": (ANA,),
        "mentor": (MATEJ,),
        "head": (PETER,),
        "coordinator": (IRENA,),
        "director": (BREDA,),
    }

    def work(w):  # type: ignore[no-untyped-def]
        w.keep_programme("small", "1", PROGRAMME)
        w.apply([Put(p) for p in (ANA, MATEJ, PETER, IRENA, BREDA)], CLOCK.now())
        w.apply(enrol(programme, "e1", seats, date(2027, 1, 11), CLOCK.now()), CLOCK.now())

    asyncio.run(store.write(work))
    return app, seen


async def until(app: App, end: datetime) -> None:
    """Live from due instant to due instant."""
    await app.settle()
    while (at := await app.next_instant()) is not None and at <= end:
        CLOCK.at = max(at, CLOCK.at)
        await app.settle()
    CLOCK.at = end


def test_a_check_in_is_asked_answered_and_stored(db_url: str) -> None:
    """Three taps on the card itself store three answers and end the step; the week after brings the next card."""
    store = open_store(db_url, inline=True)
    app, seen = begin(store)

    asyncio.run(until(app, datetime.fromisoformat("2027-01-21T15:00:00+00:00")))

    assert ["2027-01-21T13:00:00+00:00"] == [at.isoformat() for at, _ in seen.messages]
    card = seen.messages[0][1].content
    assert isinstance(card, Card)
    for n in range(3):
        ask = next(b for b in card.blocks if isinstance(b, Ask) and not b.chosen)
        press = Pressed(
            key=f"k{n}", who=Address("test", "ana"), verb=ask.verb, ref=ask.ref, value="4", message="m1"
        )
        answered = asyncio.run(app.receive(press))
        assert isinstance(answered.reply, ReplaceCard)
        card = answered.reply.card

    def answers(w):  # type: ignore[no-untyped-def]
        return w.pairs(("e1",))[0]

    pair = asyncio.run(store.read(answers))
    assert ["4", "4", "4"] == [a.value for a in pair.answers if isinstance(a, Answer)]
    assert ["done"] == [s.state for s in pair.steps if s.occurrence == "2027-W03"]
    asyncio.run(until(app, CLOCK.now() + timedelta(days=7)))
    assert 2 == len(seen.messages)
    asyncio.run(store.close())


def test_an_unanswered_check_in_is_asked_again_once_and_then_let_go(db_url: str) -> None:
    """One nudge the next working day, no more; the week's end records the silence."""
    store = open_store(db_url, inline=True)
    app, seen = begin(store)

    asyncio.run(until(app, datetime.fromisoformat("2027-01-27T15:00:00+00:00")))

    assert ["2027-01-21T13:00", "2027-01-22T13:00"] == [at.isoformat()[:16] for at, _ in seen.messages]
    pair = asyncio.run(store.read(lambda w: w.pairs(("e1",))[0]))
    assert [("2027-W03", "skipped", "not answered")] == [(s.occurrence, s.state, s.why) for s in pair.steps]
    asyncio.run(store.close())


@pytest.mark.parametrize("value", ["9", "", "yes"])
def test_a_tap_that_is_none_of_the_five_changes_nothing(tmp_path, value: str) -> None:  # type: ignore[no-untyped-def]
    """A forged value is answered with a note, and nothing is stored."""
    store = open_store(f"sqlite:///{tmp_path}/t.db", inline=True)
    app, _ = begin(store)
    asyncio.run(until(app, datetime.fromisoformat("2027-01-21T15:00:00+00:00")))

    press = Pressed(
        key="k",
        who=Address("test", "ana"),
        verb="checkin.tap",
        ref="step:e1/checkin/2027-W03/next",
        value=value,
    )
    asyncio.run(app.receive(press))

    pair = asyncio.run(store.read(lambda w: w.pairs(("e1",))[0]))
    assert () == pair.answers
    asyncio.run(store.close())
