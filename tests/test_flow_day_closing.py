"""The closing card of a day: ticks in place of a question after each meeting."""

from dataclasses import replace
from datetime import date, time

import pytest

from bot.calendar import Span
from bot.content import Actions, Checklist
from bot.facts import StepChange
from bot.outcome import Note
from flows.programme import Step, When
from tests.meetings import Meetings, card_in, got, meeting_step, read, verbs
from tests.scenes import ANA, BREDA, MATEJ, at, pair

FIRST = meeting_step(chooser="mentor", offer_before=8)
COFFEE = meeting_step(
    "coffee", "mentee", "director", at=time(11), minutes=20, meet="coffee", chooser="director", offer_before=8
)
LUNCH = meeting_step("lunch", at=time(12, 30), meet="lunch", offer_before=8)
CLOSING = Step(
    id="closing_card",
    phase="phase",
    kind="day_closing",
    who=("mentee",),
    when=When(day=1, at=time(16)),
    title=(("en", "Your first day"),),
    text=(("", (("en", "One tick for each one that took place."),)),),
    options=(("steps", ("first_meeting", "coffee", "lunch")),),
)
REF = "step:e1/closing_card/once"
BEFORE, EVENING = at("2027-01-11", 7), at("2027-01-11", 15)


def day_one(*steps):
    """Return a pair on the morning of day 1 with its three meetings fixed for that day."""
    life = Meetings(pair(), at("2026-12-21"), *(steps or (FIRST, COFFEE, LUNCH, CLOSING)))
    life.until(at("2026-12-30"))
    life.take(MATEJ)
    life.take(BREDA, "coffee", 1)
    life.take(MATEJ, "lunch", 1)
    life.until(BEFORE)
    return life


def tick(life, step, value="yes"):
    """Tick a meeting on the mentee's card."""
    reply = life.press(ANA, "day_closing.tick", f"{REF}/{step}", value)
    life.look()
    return reply


def lines(content):
    """Return the lines of a closing card: step and whether it is ticked."""
    return [
        (i.ref.rpartition("/")[2], i.done)
        for b in card_in(content).blocks
        if isinstance(b, Checklist)
        for i in b.items
    ]


def test_one_card_at_the_end_of_the_day_stands_for_all_its_questions():
    """The mentee gets three lines to tick in the order of the day, and nobody gets a question of their own."""
    life = day_one()
    sends = life.until(EVENING)

    assert [("ana", "invite")] == [pair for pair in got(sends) if pair[1] == "invite"]
    [card] = [s.content for s in sends if s.kind == "invite"]
    assert [("first_meeting", False), ("coffee", False), ("lunch", False)] == lines(card)
    assert "Those who met and HR see this." in read(card)


def test_three_ticks_are_three_meetings_held_and_end_the_card():
    """Nobody is asked anything afterwards."""
    life = day_one()
    life.until(EVENING)
    tick(life, "first_meeting")
    tick(life, "coffee")
    reply = tick(life, "lunch")

    assert [True, True, True] == [done for _, done in lines(reply)]
    assert [] == verbs(reply)
    assert {"held"} == {m.state for m in life.pair.meetings}
    assert ["done"] * 4 == [life.state(s) for s in ("first_meeting", "coffee", "lunch")] + [
        life.state("closing_card", "ana")
    ]
    assert [] == life.until(at("2027-01-20"))


def test_a_tick_can_be_taken_back():
    """The meeting is open again, and the step with it."""
    life = day_one()
    life.until(EVENING)
    tick(life, "coffee")
    reply = tick(life, "coffee", "no")

    assert ("coffee", False) in lines(reply)
    assert ("fixed", "open") == (life.meeting("coffee").state, life.state("coffee"))


def test_a_tick_that_somebody_else_gave_is_not_taken_back():
    """The director said yes on a card of their own."""
    life = day_one()
    life.until(EVENING)
    life.does(BREDA, "meeting.held", "coffee", "yes")
    tick(life, "coffee", "no")

    assert "held" == life.meeting("coffee").state


def test_what_was_not_ticked_when_the_day_is_closed_is_asked_of_the_other_one():
    """Two ticks and “That was all”: only the director is asked, about the coffee alone, and a way to arrange it stays."""
    life = day_one()
    life.until(EVENING)
    tick(life, "first_meeting")
    tick(life, "lunch")
    before = len(life.sends)
    reply = life.press(ANA, "day_closing.done", REF)
    life.look()

    assert ["meeting:e1/coffee/once"] == [
        b.ref for block in card_in(reply).blocks if isinstance(block, Actions) for b in block.buttons
    ]
    assert [("breda", "invite")] == got(list(life.sends.values())[before:])
    life.does(BREDA, "meeting.held", "coffee", "no")
    assert ("missed", "escalated") == (life.meeting("coffee").state, life.state("coffee"))
    assert "done" == life.state("closing_card", "ana")


def test_closing_the_day_twice_says_no_once():
    """The second press shows the card as it stands."""
    life = day_one()
    life.until(EVENING)
    life.press(ANA, "day_closing.done", REF)
    life.look()
    meetings, sends = life.pair.meetings, dict(life.sends)
    life.press(ANA, "day_closing.done", REF)
    life.look()

    assert (meetings, sends) == (life.pair.meetings, life.sends)


def test_a_card_that_nobody_ticks_asks_the_others_on_the_next_morning():
    """Silence about three meetings asks the mentor about two and the director about one; a late tick still counts."""
    life = day_one()
    life.until(at("2027-01-11", 23))
    asked = life.until(at("2027-01-12", 8))

    assert [("breda", "invite"), ("matej", "invite"), ("matej", "invite")] == got(asked)
    tick(life, "lunch")
    assert "held" == life.meeting("lunch").state
    life.until(at("2027-01-13", 12))
    assert {"first_meeting": "missed", "coffee": "missed", "lunch": "held"} == {
        m.step: m.state for m in life.pair.meetings
    }
    tick(life, "coffee")
    assert ("held", "done") == (life.meeting("coffee").state, life.state("coffee"))


def test_a_meeting_on_another_day_is_asked_about_by_itself():
    """The coffee moved to the second day: it is not on the card, and its own question comes after it."""
    life = day_one()
    life.says(BREDA, "meeting.agreed", "coffee", day="2027-01-12", time="11:00")
    [card] = [s.content for s in life.until(EVENING) if s.kind == "invite"]
    assert ["first_meeting", "lunch"] == [step for step, _ in lines(card)]
    tick(life, "first_meeting")
    tick(life, "lunch")

    assert [("ana", "invite")] == got([s for s in life.until(at("2027-01-12", 12)) if ":met:" in s.key])


def test_a_day_without_meetings_has_no_closing_card():
    """All three were called off."""
    life = day_one()
    for step, who in (("first_meeting", MATEJ), ("coffee", BREDA), ("lunch", MATEJ)):
        life.does(who, "meeting.cancel", step)

    assert [] == [s for s in life.until(EVENING) if s.kind == "invite"]
    assert "skipped" == life.state("closing_card", "ana")


def test_without_the_closing_card_each_meeting_is_asked_about():
    """The coordinator left the card out for this pair."""
    life = day_one()
    life.change(changes=(StepChange(kind="skip", step="closing_card"),))
    asked = [s for s in life.until(EVENING) if ":met:" in s.key]

    assert [("ana", "invite")] * 3 == got(asked)


def test_leave_on_day_one_takes_its_meetings_off_the_card():
    """What is looked for anew was not held that day."""
    life = day_one(FIRST, replace(COFFEE, options=(*COFFEE.options, ("may_move_days", 4))), LUNCH, CLOSING)
    life.leave(BREDA, Span(date(2027, 1, 11), date(2027, 1, 11)))
    [card] = [s.content for s in life.until(EVENING) if s.kind == "invite"]

    assert ["first_meeting", "lunch"] == [step for step, _ in lines(card)]


@pytest.mark.parametrize("ref", [f"{REF}/nothing", "step:e1/closing_card/twice/lunch"])
def test_a_tick_that_is_on_no_card_changes_nothing(ref):
    """A line that does not exist is answered and ignored."""
    life = day_one()
    life.until(EVENING)
    meetings = life.pair.meetings

    assert isinstance(life.press(ANA, "day_closing.tick", ref, "yes"), Note)
    assert meetings == life.pair.meetings


def test_the_card_is_its_receivers_own():
    """The mentor holds no such card, so a press under that name changes nothing."""
    life = day_one()
    life.until(EVENING)

    assert isinstance(life.press(MATEJ, "day_closing.tick", f"{REF}/lunch", "yes"), Note)
    assert "fixed" == life.meeting("lunch").state
