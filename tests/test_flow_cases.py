"""Cases: an owner, a clock, something to do, and nobody in it who is part of the matter (FEATURES P13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from bot.calendar import Span
from bot.content import Actions, Button, Card, Say, say
from bot.events import Address, Pressed
from bot.facts import Case, Pair, Person
from bot.i18n import plain_words
from bot.outcome import CloseForm, FixForm, Note, ReplaceCard, Send, ShowForm, Unsend
from flows import cases
from flows.case_cards import case_card, cases_card
from flows.scene import Desk
from flows.stepping import open_case
from flows.timeline import look
from tests.live import Live
from tests.meetings import read
from tests.scenes import ANA, BY_ROLE, IRENA, IVO, MATEJ, PETER, at, pair, person, programme

MONDAY = at("2027-01-18", 9)
CASE = "e1/case/silence.once"
REF = f"case:{CASE}"
REASON: Say = say("No contact for seven days.")
ADVICE: Say = say("You could ask each of the two.")


def opened(whole: Pair | None = None, **more: object) -> Live:
    """Return a pair with one case, just opened for Irena."""
    live = Live(whole or pair(), programme(), MONDAY)
    made = open_case(
        live.scene(),
        signal="silence",
        occurrence="once",
        about=("ana",),
        reason=REASON,
        advice=ADVICE,
        **more,  # type: ignore[arg-type]
    )
    live._kept(made)
    return live


def case(live: Live) -> Case:
    """Return the case."""
    (found,) = live.pair.cases
    return found


def card(reply: object) -> Card:
    """Return the card that took the place of the pressed one."""
    assert isinstance(reply, ReplaceCard)
    return reply.card


def values(shown: Card) -> list[str]:
    """Return what the buttons of a case do."""
    return [f"{b.verb}{':' + b.value if b.value else ''}" for b in shown.buttons if isinstance(b, Button)]


def since(live: Live, before: int) -> list[Send]:
    """Return what was sent after the first `before` messages, silent renewals left out."""
    return [s for s in list(live.sends.values())[before:] if s.kind != "update"]


# --- the card --------------------------------------------------------------------------------------


def test_a_case_says_the_fact_since_when_and_what_can_be_done() -> None:
    """With its owner, and never a diagnosis."""
    live = opened()

    shown = next(iter(live.sends.values())).content
    assert [
        "About Ana", "No contact for seven days.", "You could ask each of the two.",
        "Since Monday 18 January. With Irena, not taken up yet.",
    ] == read(shown).split("\n")  # fmt: skip
    assert ["case.accept", "case.assign:ivo", "case.snooze:week", "case.close"] == values(shown)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hour", "by", "goes"),
    [(9, "", at("2027-01-18", 10)), (15, "", at("2027-01-18", 15)), (9, "ana", at("2027-01-18", 9))],
)
def test_what_the_bot_found_waits_an_hour_for_more_of_it(hour: int, by: str, goes: datetime) -> None:
    """Never into the next day, and a call for help does not wait at all."""
    live = Live(pair(), programme(), at("2027-01-18", hour))
    made = open_case(live.scene(), signal="x", occurrence="once", about=("ana",), reason=REASON, by=by)

    assert [goes] == [s.not_before for s in made.sends]


def test_it_is_never_handed_to_somebody_who_is_part_of_the_matter() -> None:
    """A coordinator who mentors or leads the pair is not offered, and a forged button is refused."""
    seats = {**BY_ROLE, "mentor": (IVO,)}
    live = opened(pair(seats=seats))

    assert ["case.accept", "case.snooze:week", "case.close"] == values(
        case_card(live.scene(IRENA), case(live))
    )
    assert isinstance(live.press(IRENA, "case.assign", REF, "ivo"), Note)
    assert isinstance(live.press(IVO, "case.accept", REF), Note)
    assert "irena" == case(live).owner


# --- verbs -----------------------------------------------------------------------------------------


def test_taking_it_up_stops_the_clock() -> None:
    """It does not climb any more, and taking it up twice is once."""
    live = opened()

    assert "Irena is looking at it." in read(card(live.press(IRENA, "case.accept", REF)))
    before = live.pair
    live.press(IRENA, "case.accept", REF)
    live.look(at("2027-02-15"))

    assert (before.cases, "accepted") == (live.pair.cases, case(live).state)


def test_what_one_looks_at_another_does_not_take_away_by_an_old_card() -> None:
    """The second coordinator's press shows who has it; taking it over is a button of its own, and no news to them."""
    live = opened()
    live.press(IRENA, "case.accept", REF)

    assert "Irena is looking at it." in read(card(live.press(IVO, "case.accept", REF)))
    assert "irena" == case(live).owner
    before = len(live.sends)
    live.press(IVO, "case.assign", REF, "ivo")
    assert ("ivo", "accepted") == (case(live).owner, case(live).state)
    assert [] == since(live, before)


def test_handing_it_over_begins_the_clock_anew() -> None:
    """The new owner has sixteen working hours of their own; it does not climb back at once."""
    live = opened()
    live.look(at("2027-01-19", 15))
    before = len(live.sends)
    live.press(IRENA, "case.assign", REF, "ivo")

    assert ["ivo"] == [s.to for s in since(live, before)]
    live.look(at("2027-01-20", 12))
    assert ("ivo", 0) == (case(live).owner, case(live).climbed)
    live.look(at("2027-01-22", 9))
    assert ("irena", 1) == (case(live).owner, case(live).climbed)


def test_it_is_handed_only_to_somebody_who_is_here() -> None:
    """A colleague on leave is not offered; an old card's button says until when they are away, and moves nothing."""
    ivo = replace(IVO, leave=(Span(date(2027, 1, 18), date(2027, 1, 22)),))
    live = opened(pair(seats={**BY_ROLE, "coordinator": (IRENA, ivo)}))

    assert "case.assign:ivo" not in values(case_card(live.scene(IRENA), case(live)))
    reply = live.press(IRENA, "case.assign", REF, "ivo")
    assert isinstance(reply, Note)
    assert "Ivo is on leave until 22 Jan. The case stays where it is." == plain_words(
        reply.words, "en", "UTC"
    )
    assert "irena" == case(live).owner


def test_a_case_that_nobody_takes_up_climbs_once() -> None:
    """After sixteen working hours the second coordinator has it, with a message; then it stays."""
    live = opened()
    before = len(live.sends)

    live.look(at("2027-01-20", 7))
    assert "irena" == case(live).owner
    live.look(at("2027-01-20", 9))

    assert [("ivo", "case")] == [(s.to, s.kind) for s in since(live, before)]
    live.look(at("2027-02-20"))
    assert ("ivo", 1) == (case(live).owner, case(live).climbed)


def test_leave_stops_the_clock_and_the_second_steps_in() -> None:
    """The case of somebody who is away is with the other one at once."""
    away = replace(IRENA, leave=(Span(date(2027, 1, 19), date(2027, 1, 29)),))
    live = opened()
    live.pair = replace(live.pair, people=tuple(away if p.id == "irena" else p for p in live.pair.people))

    live.look(at("2027-01-19", 9))

    assert "ivo" == case(live).owner


def test_a_case_of_somebody_who_left_finds_a_new_owner() -> None:
    """Also one that had been taken up, or put aside."""
    for state in ("open", "accepted", "snoozed"):
        live = opened()
        until = at("2027-03-01") if state == "snoozed" else None
        live.pair = replace(
            live.pair,
            cases=(replace(case(live), state=state, snoozed_until=until),),  # type: ignore[arg-type]
            people=tuple(replace(p, active=p.id != "irena") for p in live.pair.people),
        )
        live.look()
        assert ("ivo", "open") == (case(live).owner, case(live).state), state


def test_put_aside_it_comes_back_by_itself() -> None:
    """In a week, at work, to the one who put it aside; in between it neither climbs nor asks."""
    live = opened()
    live.press(IRENA, "case.snooze", REF, "week")
    assert at("2027-01-25", 8) == case(live).snoozed_until
    before = len(live.sends)
    live.look(at("2027-01-24"))
    assert [] == since(live, before)

    live.look(at("2027-01-25", 8))

    assert (["irena"], "accepted") == ([s.to for s in since(live, before)], case(live).state)
    live.look(at("2027-03-01"))
    assert 1 == len(since(live, before))


def test_while_its_owner_is_away_it_comes_back_to_the_other() -> None:
    """Leave that was entered after it had been put aside."""
    live = opened()
    live.press(IRENA, "case.snooze", REF, "week")
    away = replace(IRENA, leave=(Span(date(2027, 1, 25), date(2027, 1, 29)),))
    live.pair = replace(live.pair, people=tuple(away if p.id == "irena" else p for p in live.pair.people))

    live.look(at("2027-01-25", 12))

    assert ("ivo", "open") == (case(live).owner, case(live).state)


def test_closing_wants_a_reason_and_is_for_good() -> None:
    """The reason is kept; an old card shows it, and nothing comes back."""
    live = opened()
    assert isinstance(live.press(IRENA, "case.close", REF), ShowForm)
    assert isinstance(live.submit(IRENA, "case.closed", REF, because=" "), FixForm)

    live.submit(IRENA, "case.closed", REF, because="We spoke")
    live.submit(IRENA, "case.closed", REF, because="Another reason")
    for verb, value in (
        ("case.accept", ""),
        ("case.snooze", "week"),
        ("case.assign", "ivo"),
        ("case.close", ""),
    ):
        assert "Closed: We spoke" in read(card(live.press(IRENA, verb, REF, value)))

    assert ("closed", "We spoke", MONDAY) == (
        case(live).state,
        case(live).closed_because,
        case(live).closed_at,
    )


def test_the_other_coordinators_card_follows() -> None:
    """Whoever holds a message about it sees what became of it, without a sound; nobody else gets one."""
    live = opened()
    live.press(IRENA, "case.accept", REF)
    assert [] == [s for s in live.sends.values() if s.kind == "update"]

    live = opened()
    live.look(at("2027-01-20", 9))  # it climbed: Ivo has it
    live.press(IVO, "case.accept", REF)

    updates = [s for s in live.sends.values() if s.kind == "update"]
    assert [("irena", f"{CASE}:irena:open")] * 2 == [(s.to, s.replaces) for s in updates]
    newest = updates[-1].content
    assert isinstance(newest, Card)
    assert "Ivo is looking at it." in read(newest)


@pytest.mark.parametrize(("verb", "value"), [("accept", ""), ("snooze", "week"), ("assign", "irena")])
def test_whoever_works_on_a_case_is_not_told_of_it_any_more(verb: str, value: str) -> None:
    """A message that still waits, because the day was full, would come late and say what is no longer so."""
    live = opened()
    live.look(at("2027-01-20", 9))  # it climbed: Ivo has it

    assert f"{CASE}:ivo:climbed1" in unsent(live, IVO, verb, value)


def test_who_is_handed_a_case_is_told_once() -> None:
    """What still waited to tell them of it says less than the message that hands it over."""
    live = opened()
    live.look(at("2027-01-20", 9))  # it climbed: Ivo has it
    live.press(IVO, "case.assign", REF, "irena")

    assert ("irena:open", "ivo:climbed1", "irena:assigned2") == case(live).told
    assert {f"{CASE}:irena:open", f"{CASE}:irena:assigned2", f"{CASE}:ivo:climbed1"} == {
        *unsent(live, IRENA, "assign", "ivo")
    }


def unsent(live: Live, who: Person, verb: str, value: str) -> list[str]:
    """Press a button of the case, and return the keys of the messages that are not sent any more."""
    press = Pressed(key="k", who=Address("test", who.id), verb=f"case.{verb}", ref=REF, value=value)
    outcome = cases.VERBS[f"case.{verb}"].run(live.scene(who), press)
    return [change.key for change in outcome.changes if isinstance(change, Unsend)]


@pytest.mark.parametrize("who", [ANA, MATEJ, PETER])
def test_nobody_else_sees_or_moves_a_case(who: Person) -> None:
    """Neither the one it is about, nor the partner, nor the head."""
    live = opened()
    before = live.pair

    for verb in ("case.show", "case.accept", "case.snooze", "case.close"):
        assert isinstance(live.press(who, verb, REF, "week"), Note)
    assert (before, ()) == (live.pair, live.scene(who).pair.cases)


def test_a_coordinator_does_not_answer_their_own_cry_for_help() -> None:
    """They see it, and the other one works on it."""
    live = opened(by="irena", owner=IVO)

    assert isinstance(live.press(IRENA, "case.accept", REF), Note)
    assert isinstance(live.press(IVO, "case.assign", REF, "irena"), Note)
    live.look(at("2027-02-15"))
    assert "ivo" == case(live).owner


def test_after_the_end_a_case_put_aside_comes_back_too() -> None:
    """A case is looked at for as long as it is open, whatever became of the programme; then nothing is left to do."""
    live = opened()
    live.pair = replace(live.pair, enrolment=replace(live.pair.enrolment, state="closed"))
    live.press(IRENA, "case.snooze", REF, "week")
    before = len(live.sends)

    live.look(at("2027-01-25", 8))

    assert (["irena"], "accepted") == ([s.to for s in since(live, before)], case(live).state)
    assert at("2027-02-01", 8) == look(live.scene(), live.kinds).next_look
    live.submit(IRENA, "case.closed", REF, because="Done")
    assert ((), None) == ((found := look(live.scene(), live.kinds)).due, found.next_look)


def test_in_a_pause_a_case_climbs_as_ever() -> None:
    """The two rest, and HR does not."""
    live = opened()
    live.pair = replace(
        live.pair,
        enrolment=replace(live.pair.enrolment, pauses=(Span(date(2027, 1, 18), date(2027, 2, 14)),)),
    )

    live.look(at("2027-01-21", 9))

    assert ("ivo", 1) == (case(live).owner, case(live).climbed)


# --- by hand ---------------------------------------------------------------------------------------


def test_a_coordinator_opens_a_case_by_hand() -> None:
    """With what they noticed, taken up already; the same words twice are one."""
    live = Live(pair(), programme(), MONDAY)
    assert isinstance(live.press(IRENA, "case.new", "enrolment:e1"), ShowForm)

    for _ in range(2):
        reply = live.submit(IRENA, "case.opened", "enrolment:e1", words="Ana looked tired", about=("ana",))  # type: ignore[arg-type]
        assert isinstance(reply, CloseForm)

    assert ("accepted", "irena", ("ana",), "Ana looked tired") == (
        case(live).state, case(live).owner, case(live).about, case(live).words,
    )  # fmt: skip
    assert {} == live.sends


def test_who_is_part_of_the_pair_opens_none() -> None:
    """Another coordinator looks after it; and without words there is nothing to keep."""
    live = Live(pair(seats={**BY_ROLE, "mentor": (IVO,)}), programme(), MONDAY)

    assert isinstance(live.press(IVO, "case.new", "enrolment:e1"), Note)
    assert isinstance(live.submit(IVO, "case.opened", "enrolment:e1", words="x"), CloseForm)
    assert isinstance(live.submit(IRENA, "case.opened", "enrolment:e1", words=""), FixForm)
    assert () == live.pair.cases


# --- the list --------------------------------------------------------------------------------------


def listed(*cases: Case, who: Person = IRENA, now: datetime = MONDAY) -> Card:
    """Return a coordinator's list."""
    live = Live(pair(*cases), programme(), now)
    return cases_card(Desk(me=who, scenes=(live.scene(who),), now=now, cases=cases))


def made(n: int, **more: object) -> Case:
    """Return a case about a person of its own."""
    one = Case(
        id=f"e1/case/c{n}", enrolment="e1", signal="silence", about=("ana",), reason=say("Reason {n}.", n=n),
        advice=None, opened_at=at(f"2027-01-{n + 1:02}"), owner="irena",
    )  # fmt: skip
    return replace(one, **more)  # type: ignore[arg-type]


def test_the_list_begins_with_what_cannot_wait_and_ends_with_what_was_put_aside() -> None:
    """Each case can be opened from it; closed ones are not in it."""
    shown = listed(made(1), made(2, state="snoozed"), made(3, urgent=True), made(4, state="closed"), made(5))

    refs = [
        b.ref
        for block in shown.blocks
        if isinstance(block, Actions)
        for b in block.buttons
        if isinstance(b, Button)
    ]
    assert ["case:e1/case/c3", "case:e1/case/c1", "case:e1/case/c5", "case:e1/case/c2"] == refs
    assert "4 open cases" in read(shown)


def test_a_long_list_is_cut_with_the_number_of_the_others() -> None:
    """Eight are shown."""
    shown = listed(*(made(n) for n in range(1, 12)))

    assert 8 == sum(isinstance(b, Actions) for b in shown.blocks)
    assert "and 3 more" in read(shown)


def test_without_cases_nobody_waits() -> None:
    """And a case of a pair that is no longer theirs is not shown."""
    assert "Nobody is waiting for you." in read(listed())
    live = Live(pair(), programme(), MONDAY)
    stranger = person("Zala")
    desk = Desk(me=stranger, scenes=(live.scene(IRENA),), now=MONDAY, cases=(made(1, enrolment="e9"),))
    assert "Nobody is waiting for you." in read(cases_card(desk))
