"""A pair's programme rests, and what follows moves by as much; nothing that was sent is sent again (FEATURES P16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.calendar import Span
from bot.content import Button, Card
from bot.facts import Pair, Person
from bot.i18n import Reader
from bot.outcome import CloseForm, FixForm, Note, ReplaceCard, ShowCard, ShowForm
from flows import pause
from flows.agenda import agenda
from flows.programme import Step, When
from flows.scene import Desk
from tests.live import Live
from tests.meetings import read
from tests.scenes import ANA, BREDA, IRENA, IVO, MATEJ, PETER, at, pair, person, programme, second

REF = "enrolment:e1"
LATER = Step(
    id="later",
    phase="phase",
    kind="note",
    who=("mentee",),
    when=When(day=20),
    title=(("en", "Later"),),
    text=(("", (("en", "A word."),)),),
)
WEEKLY = replace(LATER, id="weekly", when=When(every="week", weekday=0, from_week=1))


def opened(whole: Pair | None = None, *steps: Step) -> Live:
    """Return a pair on Wednesday of its second week."""
    return Live(whole or pair(), programme(*(steps or (LATER,))), at("2027-01-20", 9))


def day_of(live: Live, step: str = "later") -> date:
    """Return the day that the plan has for a step now."""
    plan = agenda(live.programme, live.pair.enrolment, live.scene().plan_calendar())
    return next(p.day for p in plan if p.step.id == step)


def rest(live: Live, who: Person, first: str, last: str) -> object:
    """Let somebody send the form."""
    return live.submit(who, "care.pause", REF, first=first, last=last)


def wrong(reply: object) -> dict[str, str]:
    """Return what is to be mended, by field."""
    assert isinstance(reply, FixForm)
    return {key: Reader().text(words) for key, words in reply.errors.items()}


def test_what_follows_moves_by_as_much_and_the_others_hear_it() -> None:
    """A week's pause moves a step by a week; the partner and HR are told, who paused is not."""
    live = opened()
    before = day_of(live)

    reply = rest(live, ANA, "2027-01-25", "2027-01-31")

    assert isinstance(reply, CloseForm)
    assert 7 == (day_of(live) - before).days
    assert [("irena", "change"), ("matej", "change")] == sorted((s.to, s.kind) for s in live.sends.values())
    told = read(next(iter(live.sends.values())).content)
    assert "The programme rests from Monday 25 January to Sunday 31 January." in told
    assert "Ana and Matej" in told


def test_nothing_comes_while_it_rests_and_nothing_comes_twice() -> None:
    """The weekly word of a paused week is left out; the weeks before and after have theirs once."""
    live = opened(pair(), WEEKLY)
    live.look()
    rest(live, ANA, "2027-01-23", "2027-01-31")
    live.look(at("2027-02-10"))

    weeks = sorted(s.occurrence for s in live.pair.steps if s.state == "done")
    assert ["2027-W03", "2027-W05", "2027-W06"] == weeks


@pytest.mark.parametrize(
    ("first", "last", "field", "words"),
    [
        ("", "2027-01-31", "first", "Please pick a day."),
        ("2027-01-31", "2027-01-25", "last", "The last day is before the first. Please swap them."),
        (
            "2027-01-11",
            "2027-01-31",
            "first",
            "A pause begins today at the earliest; what is over stays as it was.",
        ),
        (
            "2027-01-25",
            "2027-02-22",
            "last",
            "That is more than four weeks. Please agree a longer pause with HR.",
        ),
    ],
)
def test_a_pause_that_cannot_be_is_asked_again(first: str, last: str, field: str, words: str) -> None:
    """By field, with the fix; nothing is stored."""
    live = opened()

    assert {field: words} == wrong(rest(live, ANA, first, last))
    assert ((), {}) == (live.pair.enrolment.pauses, live.sends)


def test_four_weeks_are_the_most_that_the_two_decide_alone() -> None:
    """Twenty-eight days go through; HR has no such limit, up to a year."""
    live = opened()
    assert isinstance(rest(live, ANA, "2027-01-25", "2027-02-21"), CloseForm)
    assert isinstance(rest(live, IRENA, "2027-03-01", "2027-08-31"), CloseForm)

    assert [28, 184] == [(p.last - p.first).days + 1 for p in live.pair.enrolment.pauses]
    assert {"last": "That is more than a year. Please ask HR about a longer absence."} == wrong(
        rest(live, IRENA, "2027-09-01", "2028-09-10")
    )


def test_a_long_pause_ends_by_itself() -> None:
    """Ten weeks of silence, then the programme goes on where it was."""
    live = opened(pair(), LATER)
    rest(live, IRENA, "2027-01-21", "2027-03-31")
    sends = len(live.sends)

    live.look(at("2027-03-31", 20))
    assert sends == len(live.sends)
    live.look(at("2027-04-30"))

    assert ["ana"] == [s.to for s in list(live.sends.values())[sends:]]
    assert date(2027, 4, 15) < day_of(live) < date(2027, 4, 30)


def test_pauses_do_not_overlap_and_the_same_one_twice_is_one() -> None:
    """A form sent twice is answered as the first time, and nobody is told again."""
    live = opened()
    rest(live, ANA, "2027-01-25", "2027-01-31")
    sends = len(live.sends)

    assert isinstance(rest(live, MATEJ, "2027-01-25", "2027-01-31"), CloseForm)
    assert {"first": "There is a pause in those days already."} == wrong(
        rest(live, MATEJ, "2027-01-31", "2027-02-05")
    )
    assert (1, sends) == (len(live.pair.enrolment.pauses), len(live.sends))


@pytest.mark.parametrize("who", [PETER, BREDA])
def test_head_and_director_pause_nothing(who: Person) -> None:
    """It is for the two and for HR."""
    live = opened()

    assert isinstance(rest(live, who, "2027-01-25", "2027-01-31"), Note)
    assert () == live.pair.enrolment.pauses


# --- ending it -------------------------------------------------------------------------------------


def shown(live: Live, who: Person) -> Card:
    """Return what the word shows to somebody."""
    reply = pause.command(Desk(me=who, scenes=(live.scene(who),), now=live.now), "").reply
    assert isinstance(reply, ShowCard)
    return reply.card


def test_a_pause_can_be_ended_early() -> None:
    """From today on: what was rest so far stays, the rest of it is given back; the others hear it."""
    live = opened()
    planned = day_of(live)
    rest(live, ANA, "2027-01-21", "2027-02-10")
    live.now = at("2027-01-28", 9)
    end = next(b for b in shown(live, MATEJ).buttons if isinstance(b, Button) and b.verb == "care.resume")
    sends = len(live.sends)

    reply = live.press(MATEJ, end.verb, end.ref, end.value)
    live.press(MATEJ, end.verb, end.ref, end.value)

    assert isinstance(reply, ReplaceCard)
    assert (Span(date(2027, 1, 21), date(2027, 1, 27)),) == live.pair.enrolment.pauses
    assert 7 == (day_of(live) - planned).days
    assert ["ana", "irena"] == sorted(s.to for s in list(live.sends.values())[sends:])


def test_a_pause_that_has_not_begun_is_taken_back_whole() -> None:
    """The plan is as it was."""
    live = opened()
    planned = day_of(live)
    rest(live, ANA, "2027-01-25", "2027-01-31")
    end = next(b for b in shown(live, ANA).buttons if isinstance(b, Button) and b.verb == "care.resume")

    live.press(ANA, end.verb, end.ref, end.value)

    assert ((), planned) == (live.pair.enrolment.pauses, day_of(live))


# --- the word --------------------------------------------------------------------------------------


def command(text: str, *scenes: object, me: Person = MATEJ) -> object:
    """Return the answer to the word."""
    return pause.command(Desk(me=me, scenes=tuple(scenes), now=at("2027-01-20", 9)), text).reply  # type: ignore[arg-type]


def test_the_word_opens_the_form_of_the_pair_that_is_meant() -> None:
    """One pair needs no name, of several one is wanted: nobody pauses the wrong one."""
    bor = person("Bor")
    one = opened().scene(MATEJ)
    other = second(
        opened(pair(seats={"mentee": (bor,), "mentor": (MATEJ,), "coordinator": (IRENA,)})).scene(MATEJ)
    )

    alone, unnamed = command("", one), command("", one, other)
    named, strange = command("bor", one, other), command("Zoran", one, other)

    assert isinstance(alone, ShowForm)
    assert isinstance(named, ShowForm)
    assert ("enrolment:e1", "enrolment:e2") == (alone.form.ref, named.form.ref)
    assert isinstance(unnamed, Note)
    assert "pause Ana" in Reader().text(unnamed.words)
    assert isinstance(strange, Note)
    assert isinstance(command("", me=IVO), Note)


def test_after_the_end_there_is_nothing_to_pause() -> None:
    """An open form changes nothing."""
    live = opened()
    live.pair = replace(live.pair, enrolment=replace(live.pair.enrolment, state="closed"))

    assert isinstance(rest(live, ANA, "2027-01-25", "2027-01-31"), CloseForm)
    assert isinstance(live.press(IRENA, "care.ask_pause", REF), Note)
    assert ((), {}) == (live.pair.enrolment.pauses, live.sends)
