"""Help: stored at once, in confidence, and the sender reads who looks at it and when (FEATURES P12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.calendar import Span
from bot.content import Card, Form, Role, TextField
from bot.facts import Pair, Person
from bot.i18n import Reader
from bot.outcome import CloseForm, FixForm, Note, ShowForm
from flows import help as helping
from flows.scene import Desk
from flows.visibility import seen_by
from tests.live import Live
from tests.meetings import read
from tests.scenes import (
    ANA,
    BREDA,
    BY_ROLE,
    IRENA,
    IVO,
    MATEJ,
    PETER,
    START,
    at,
    pair,
    person,
    programme,
    second,
)

REF = "help:e1"
WORKING, EVENING = at("2027-01-12", 10), at("2027-01-12", 19)


def opened(whole: Pair | None = None, now: object = WORKING) -> Live:
    """Return a pair in its first week."""
    return Live(whole or pair(), programme(), now)  # type: ignore[arg-type]


def seats(**changed: tuple[Person, ...]) -> Pair:
    """Return a pair with other people in some seats."""
    return pair(seats={**BY_ROLE, **changed})  # type: ignore[dict-item]


def form(live: Live, who: Person) -> Form:
    """Return the form that opens for somebody."""
    reply = live.press(who, "help.ask", REF)
    assert isinstance(reply, ShowForm)
    return reply.form


def intro(live: Live, who: Person) -> str:
    """Return who reads it, as the form says before a word is typed."""
    words = form(live, who).intro
    assert words is not None
    return Reader().text(words)


def sent(live: Live, who: Person, **values: str) -> str:
    """Send a cry for help and return the receipt."""
    reply = live.submit(who, "help.send", REF, **{"words": "I am stuck", **values})
    assert isinstance(reply, CloseForm)
    assert reply.note is not None
    return Reader(zone="Europe/Ljubljana").text(reply.note)


def test_help_is_a_case_at_once_and_the_sender_reads_who_gets_it() -> None:
    """In working hours HR gets it now; the mentor is not in it anywhere."""
    live = opened()
    assert "Irena from HR reads this; Matej does not see it." == intro(live, ANA)

    receipt = sent(live, ANA)

    assert "Thank you for saying so. Irena from HR gets this now; Matej does not see it." == receipt
    (case,) = live.pair.cases
    assert ("help", "irena", "ana", ("ana",), "I am stuck", False) == (
        case.signal, case.owner, case.by, case.about, case.words, case.urgent,
    )  # fmt: skip
    (message,) = live.sends.values()
    assert ("irena", "help", WORKING, False) == (
        message.to,
        message.kind,
        message.not_before,
        message.any_hour,
    )
    assert "“I am stuck”" in read(message.content)
    assert () == seen_by(live.pair, MATEJ).cases
    assert () == seen_by(live.pair, PETER).cases


def test_in_the_evening_it_waits_for_work_and_says_so() -> None:
    """The moment is named, in the sender's own time."""
    live = opened(now=EVENING)

    receipt = sent(live, ANA)

    assert "reads this on Wed 13 Jan, 09:00; Matej does not see it." in receipt
    assert [at("2027-01-13", 8)] == [s.not_before for s in live.sends.values()]


def test_what_cannot_wait_does_not_wait() -> None:
    """It goes at any hour, to whoever in HR is at work then, else to the first."""
    live = opened(now=EVENING)
    assert "gets this now" in sent(live, ANA, hurry="yes")
    assert [("irena", EVENING, True)] == [(s.to, s.not_before, s.any_hour) for s in live.sends.values()]

    late = replace(IVO, opens=time(14), closes=time(22))
    live = opened(seats(coordinator=(IRENA, late)), now=EVENING)
    assert "Ivo from HR gets this now" in sent(live, ANA, hurry="yes")
    assert ["ivo"] == [c.owner for c in live.pair.cases]


@pytest.mark.parametrize("who", [ANA, MATEJ, PETER, BREDA, IRENA])
def test_anyone_may_ask(who: Person) -> None:
    """All five roles; a coordinator's own cry goes to the second one, and so does its receipt."""
    live = opened()
    reader = "Ivo" if who is IRENA else "Irena"

    assert f"{reader} from HR" in intro(live, who)
    assert f"{reader} from HR" in sent(live, who)
    assert [reader.lower()] == [c.owner for c in live.pair.cases]
    assert [reader.lower()] == [s.to for s in live.sends.values()]


def test_a_coordinator_who_is_part_of_the_pair_or_away_is_passed_over() -> None:
    """As mentor or head of the pair, or on leave, the second coordinator gets it."""
    away = replace(IRENA, leave=(Span(START, START.replace(day=29)),))
    for whole in (
        seats(mentor=(IRENA,)),
        seats(head=(IRENA,)),
        seats(coordinator=(away, IVO)),
    ):
        live = opened(whole)
        assert "Ivo from HR" in intro(live, ANA)
        sent(live, ANA)
        assert ["ivo"] == [s.to for s in live.sends.values()]


def test_where_only_a_part_of_the_pair_could_read_it_the_form_says_so_first() -> None:
    """Nobody writes about Irena to Irena without knowing; what is sent nevertheless is not lost."""
    live = opened(seats(mentor=(IRENA,), coordinator=(IRENA,)))

    assert (
        "Only Irena would read this, who is part of this pair. If it is about them, please turn to HR directly."
        == intro(live, ANA)
    )
    assert "does not see it" not in sent(live, ANA)
    assert ["irena"] == [c.owner for c in live.pair.cases]


def test_where_nobody_could_read_it_nothing_is_promised() -> None:
    """A coordinator alone in HR, or none at all."""
    assert isinstance(opened(seats(coordinator=(IRENA,))).press(IRENA, "help.ask", REF), Note)
    live = opened(seats(coordinator=()))
    reply = live.submit(ANA, "help.send", REF, words="I am stuck")

    assert isinstance(reply, CloseForm)
    assert helping.NOBODY == reply.note
    assert () == live.pair.cases


def test_the_partner_hears_of_it_only_where_the_sender_says_so() -> None:
    """That help was asked for, never what about; the receipt then does not say that they do not see it."""
    live = opened()
    receipt = sent(live, ANA, tell="yes")

    told = [s for s in live.sends.values() if s.to == "matej"]
    assert ["Ana asked HR for help on Tuesday 12 January and wanted you to know."] == [
        read(s.content) for s in told
    ]
    assert "I am stuck" not in live.shown(MATEJ)
    assert "does not see" not in receipt


def test_the_partner_hears_of_it_once_a_day() -> None:
    """Two requests of one day are two cases and one line for the partner; one of the next day has its own day in it."""
    live = opened()
    sent(live, ANA, tell="yes")
    sent(live, ANA, tell="yes", words="Another thing")
    live.now += timedelta(days=1)
    sent(live, ANA, tell="yes", words="A third thing")

    told = [read(s.content) for s in live.sends.values() if s.to == "matej"]
    assert (3, 2, 2) == (len(live.pair.cases), len(told), len(set(told)))


def test_the_head_is_not_asked_about_a_partner() -> None:
    """Only mentee and mentor have one; a group's are named together."""
    assert ["words", "hurry"] == [f.key for f in form(opened(), PETER).fields]
    group: dict[Role, tuple[Person, ...]] = {
        "mentee": (ANA, person("Bor")), "mentor": (MATEJ,), "coordinator": (IRENA,),
    }  # fmt: skip
    assert "Irena from HR reads this; Bor, Matej does not see it." == intro(opened(pair(seats=group)), ANA)


def test_no_words_are_asked_again() -> None:
    """Nothing is stored without any."""
    live = opened()

    assert isinstance(live.submit(ANA, "help.send", REF, words="  "), FixForm)
    assert () == live.pair.cases


def test_the_same_words_twice_are_one_case() -> None:
    """A form sent twice; but that it cannot wait after all is news."""
    live = opened()
    first = sent(live, ANA)

    assert first == sent(live, ANA)
    assert 1 == len(live.pair.cases)
    sent(live, ANA, hurry="yes")
    sent(live, ANA, hurry="yes")

    assert [False, True] == [c.urgent for c in live.pair.cases]
    assert 3 == len({c.id for c in live.pair.cases} | {"e1/case/other"})


def test_help_works_after_the_end() -> None:
    """Somebody who needs a word after the closing is heard."""
    live = opened(pair(state="closed"))

    sent(live, ANA)

    assert 1 == len(live.pair.cases)


def test_the_command_keeps_what_was_typed() -> None:
    """`help I am stuck` opens the form with these words in it."""
    live = opened()
    reply = helping.command(Desk(me=ANA, scenes=(live.scene(ANA),), now=live.now), " I am stuck ").reply

    assert isinstance(reply, ShowForm)
    words = reply.form.fields[0]
    assert isinstance(words, TextField)
    assert "I am stuck" == words.initial


def test_of_several_pairs_the_command_does_not_guess_which_partner() -> None:
    """A mentor of two reads that nobody else sees it, and nobody is told by mistake."""
    live = opened()
    scenes = (live.scene(MATEJ), second(live.scene(MATEJ)))
    reply = helping.command(Desk(me=MATEJ, scenes=scenes, now=live.now), "").reply

    assert isinstance(reply, ShowForm)
    assert reply.form.intro is not None
    assert "Irena from HR reads this, and nobody else." == Reader().text(reply.form.intro)
    assert "tell" not in [f.key for f in reply.form.fields]


def test_who_is_in_no_programme_is_sent_to_hr() -> None:
    """A word is answered, whoever writes it."""
    assert isinstance(helping.command(Desk(me=ANA, scenes=(), now=WORKING), "").reply, Note)


def test_the_help_button_stands_on_a_card_once() -> None:
    """However often it is added; nowhere without a pair."""
    card = helping.with_help(helping.with_help(Card(helping.NOBODY), "e1"), "e1")

    assert ["help:e1"] == [b.ref for b in card.buttons]  # type: ignore[union-attr]
    assert () == helping.with_help(Card(helping.NOBODY), "").buttons
