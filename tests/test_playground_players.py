"""
The playground's automatic people: what they do has to make sense to whoever looks on for a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from adapters.playground.lines import in_own_words
from adapters.playground.players import Players
from adapters.playground.room import Message, Planned, Room
from adapters.sim.player import Act
from bot.content import Ask, Button, Card, Checklist, Choice, Form, Item, TextField, UserText, say
from bot.outcome import ShowCard
from tests.playground_fake import BEGINS, PEOPLE

ANA = PEOPLE[0]
FAR = BEGINS + timedelta(days=99)
START = Act(at=BEGINS, kind="press", verb="review.next", ref="review:e1/review_week1/once")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """
    A room of this test's own.
    """
    made = Room(tmp_path / "room.db", BEGINS)
    yield made
    made.close()


def planned(room: Room, card: Card) -> tuple[Planned, ...]:
    """
    Return what Ana plans when an act of hers led to a card.
    """
    Players(room).go_on(ANA, 1, START, ShowCard(card))
    return room.planned(FAR)


def button(verb: str, ref: str) -> Card:
    """
    Return a card on which one thing stands out.
    """
    return Card(say("Card"), buttons=(Button(say("Do"), verb, ref, style="primary"),))


@pytest.mark.parametrize("verb", ["review.tick", "plan.tick"])
def test_what_was_planned_in_a_review_is_done_in_the_days_after_it(room: Room, verb: str) -> None:
    """
    Each item has a day of its own, at work, and is ticked where the plan stands and not in the review.
    """
    items = tuple(Item(say("Item"), False, verb, f"plan:e1/plan/{n}", "done") for n in range(3))
    done = planned(room, Card(say("Plan"), (Checklist(items),)))
    assert ["plan.tick"] * 3 == [one.act.verb for one in done]
    assert [0] * 3 == [one.message for one in done]
    days = [one.act.at.date() for one in done]
    assert date(2026, 1, 5) < days[0] < days[1] < days[2]
    assert all(day.weekday() < 5 for day in days)


def test_goals_come_with_the_second_review(room: Room) -> None:
    """
    The first one is about expectations; a goal is set in it by no player.
    """
    first, second = "review:e1/review_week1/once", "review:e1/review_month1/once"
    assert () == planned(room, button("goal.new", first))
    assert ["goal.new"] == [one.act.verb for one in planned(room, button("goal.new", second))]


def test_a_head_asks_once_in_a_while(room: Room) -> None:
    """
    Of eight weekly cards two are answered with a question.
    """
    for week in range(8):
        planned(room, button("heads.write", f"note:{week}"))
    assert ["note:0", "note:4"] == [one.act.ref for one in room.planned(FAR)]


@pytest.mark.parametrize("verb", ["help.ask", "meeting.cancel"])
def test_whoever_is_content_tries_nothing_out(room: Room, verb: str) -> None:
    """
    Neither is HR asked for help in jest, nor a meeting called off.
    """
    assert () == planned(room, button(verb, "x:1"))


def test_whoever_answers_well_misses_nothing_that_stands_out(room: Room) -> None:
    """
    Of two hundred cards every one is acted upon: a review that nobody starts would spoil the rest.
    """
    players = Players(room)
    for number in range(200):
        card = button("review.start", f"review:{number}")
        players.react(ANA, Message(number + 1, "ana", "bot", card, BEGINS, BEGINS))
    assert 200 == len([one for one in room.planned(FAR) if one.act.verb == "review.start"])


def test_whoever_answers_well_takes_the_first_time(room: Room) -> None:
    """
    The first meeting is then in the morning, and lunch after it.
    """
    players = Players(room)
    times = tuple(Choice(say(f"{hour}:00"), f"2026-01-19T{hour}:00") for hour in (10, 11, 12))
    for number in range(60):
        card = Card(say("When?"), (Ask(say("When?"), "meeting.take", f"meeting:{number}", times, ()),))
        players.react(ANA, Message(number + 1, "ana", "bot", card, BEGINS, BEGINS))
    taken = [one.act.value for one in room.planned(FAR) if one.act.verb == "meeting.take"]
    assert ["2026-01-19T10:00"] * 60 == taken


def form(verb: str, field: TextField) -> Form:
    """
    Return a form with one field.
    """
    return Form(title=say("F"), verb=verb, ref="r", fields=(field,))


def test_a_question_of_the_head_and_its_answer_are_told_apart() -> None:
    """
    What is asked is a question, and what is answered is none.
    """
    field = TextField(key="text", label=say("Words"), seen_by=("author",))
    asked, answered = (
        in_own_words(form(verb, field), (("text", "Nice zq0123456789"),), "well", lambda _: 0)[0][1]
        for verb in ("heads.send", "heads.answered")
    )
    assert ("?" in asked, "?" in answered) == (True, False)


def test_words_that_were_mended_are_worth_reading_too() -> None:
    """
    What a player writes after a form was refused carries no mark, and is replaced all the same.
    """
    field = TextField(key="good", label=say("Went well"), seen_by=("author",))
    filled = in_own_words(
        form("feedback.keep", field), (("good", "The import script works now"),), "well", lambda _: 0
    )
    assert (("good", "You asked early, and the import script was right the first time."),) == filled


@pytest.mark.parametrize(
    ("value", "target", "expected"), [(0.0, 12.0, "2"), (11.0, 12.0, "12"), (5.0, 5.0, "5"), (1.0, 5.0, "2")]
)
def test_goals_are_reached_and_not_passed(value: float, target: float, expected: str) -> None:
    """
    A player's weekly figure goes on by a sixth, and ends at what was wanted.
    """
    hint = say("{value} of {target} {unit}", value=value, target=target, unit=UserText("calls"))
    field = TextField(key="goal:1", label=say("G"), seen_by=("author",), hint=hint, initial=f"{value:g}")
    filled = in_own_words(form("checkin.tell", field), (("goal:1", "99"),), "well", lambda _: 0)
    assert (("goal:1", expected),) == filled
