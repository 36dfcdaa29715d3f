"""Being left in peace: leave, snooze, and the language one reads in (FEATURES K1, K2, C6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from bot.calendar import Span
from bot.content import Say
from bot.events import Submitted
from bot.facts import Person
from bot.i18n import Reader, languages, own_name
from bot.outcome import CloseForm, FixForm, Note, Outcome, Put, ShowForm
from flows import care
from flows.scene import Desk
from tests.live import Live
from tests.scenes import ANA, at, pair, programme

NOW = at("2027-01-20", 9)  # a Wednesday


def desk(me: Person = ANA, now: datetime = NOW) -> Desk:
    """Return a person's desk with their pair."""
    return Desk(me=me, scenes=(Live(pair(me), programme(), now).scene(me),), now=now)


def kept(outcome: Outcome) -> Person:
    """Return the person as they are kept."""
    (found,) = [c.record for c in outcome.changes if isinstance(c, Put)]
    assert isinstance(found, Person)
    return found


def note(outcome: Outcome) -> str:
    """Return the answer to a word."""
    assert isinstance(outcome.reply, Note)
    return text(outcome.reply.words)


def text(words: Say | None) -> str:
    """Return words as Ana reads them."""
    assert words is not None
    return Reader(zone="Europe/Ljubljana").text(words)


def span(first: int, last: int) -> Span:
    """Return some days of January."""
    return Span(date(2027, 1, first), date(2027, 1, last))


def form(**values: str) -> Submitted:
    """Return the form of a leave, sent."""
    assert ANA.address is not None
    return Submitted(key="k", who=ANA.address, verb="care.leave", ref="me:leave", values=values)


# --- leave -----------------------------------------------------------------------------------------


def test_leave_is_taken_from_a_word_or_a_form() -> None:
    """Two days after the word; without days the form opens and takes the same."""
    said = care.leave(desk(), "2027-01-25 2027-01-29")
    filled = care.take_leave(desk(), form(first="2027-01-25", last="2027-01-29"))

    assert (span(25, 29),) == kept(said).leave == kept(filled).leave
    assert "Quiet from Monday 25 January to Friday 29 January: you are on leave." == note(said)
    assert isinstance(filled.reply, CloseForm)
    assert isinstance(care.leave(desk(), "").reply, ShowForm)
    assert (span(25, 25),) == kept(care.leave(desk(), "on 2027-01-25")).leave


@pytest.mark.parametrize(
    ("known", "added", "expected"),
    [
        ((span(25, 29),), "2027-01-25 2027-01-29", (span(25, 29),)),
        ((span(25, 27),), "2027-01-26 2027-01-29", (span(25, 29),)),
        ((span(25, 26),), "2027-01-27 2027-01-29", (span(25, 29),)),
        ((span(21, 31),), "2027-01-25 2027-01-26", (span(21, 31),)),
        ((span(28, 29),), "2027-01-21 2027-01-22", (span(21, 22), span(28, 29))),
        ((span(21, 22), span(28, 29)), "2027-01-22 2027-01-28", (span(21, 29),)),
    ],
)
def test_leaves_that_touch_are_one(known: tuple[Span, ...], added: str, expected: tuple[Span, ...]) -> None:
    """Entered twice, overlapping, one after the other, one inside the other."""
    assert expected == kept(care.leave(desk(replace(ANA, leave=known)), added)).leave


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("2027-01-29 2027-01-25", "The last day is before the first. Please swap them."),
        ("2027-01-11 2027-01-15", "Those days are over. Please pick coming ones."),
        ("2027-01-25 2029-01-25", "That is more than a year. Please ask HR about a longer absence."),
        ("2027-02-30", "I could not read those days. Please write them like 2027-02-01."),
    ],
)
def test_days_that_cannot_be_are_answered_with_the_fix(days: str, said: str) -> None:
    """Nothing is kept."""
    outcome = care.leave(desk(), days)

    assert (said, ()) == (note(outcome), outcome.changes)


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({}, ["first", "last"]),
        ({"first": "2027-01-25"}, ["last"]),
        ({"first": "2027-01-29", "last": "2027-01-25"}, ["last"]),
    ],
)
def test_the_form_asks_again_by_field(values: dict[str, str], wrong: list[str]) -> None:
    """What is missing, or the day that cannot be."""
    reply = care.take_leave(desk(), form(**values)).reply

    assert isinstance(reply, FixForm)
    assert wrong == list(reply.errors)


def test_leave_taken_back_leaves_what_is_over() -> None:
    """The days on which somebody truly was away stay known: nothing missed then is held against them."""
    away = replace(ANA, leave=(span(4, 8), span(18, 22), span(28, 29)))

    assert (span(4, 8), span(18, 19)) == kept(care.leave(desk(away), "none")).leave


# --- snooze ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "until"),
    [
        ("", "2027-01-21T08:00"),
        ("3", "2027-01-25T08:00"),
        ("3 days", "2027-01-25T08:00"),
        (" 5 ", "2027-01-25T08:00"),
    ],
)
def test_a_snooze_ends_as_work_begins(typed: str, until: str) -> None:
    """Tomorrow morning, or after some days; one that would end on a Saturday ends on Monday."""
    outcome = care.snooze(desk(), typed)

    found = kept(outcome).snoozed_until
    assert found is not None
    assert until == found.isoformat()[:16]
    assert "Answers, changed meetings and help still come." in note(outcome)


@pytest.mark.parametrize("typed", ["0", "15", "soon", "²"])
def test_what_is_no_number_of_days_is_answered_with_an_example(typed: str) -> None:
    """Nothing is kept."""
    outcome = care.snooze(desk(), typed)

    assert ("I can be quiet for 1 to 14 days" in note(outcome), outcome.changes) == (True, ())


def test_a_snooze_is_ended_by_a_word() -> None:
    """Somebody who is back earlier says so."""
    quiet = replace(ANA, snoozed_until=at("2027-01-25"))

    assert None is kept(care.snooze(desk(quiet), "off")).snoozed_until


def test_who_is_in_no_programme_may_be_quiet_too() -> None:
    """A snooze needs no pair."""
    outcome = care.snooze(Desk(me=ANA, scenes=(), now=NOW), "")

    assert at("2027-01-21", 8) == kept(outcome).snoozed_until


# --- language --------------------------------------------------------------------------------------


def test_a_language_is_chosen_by_its_code_or_its_own_name() -> None:
    """The answer names it, so that it reads right in whichever language it comes."""
    other = replace(ANA, language="qps")

    for typed in ("en", " EN ", "english"):
        outcome = care.language(desk(other), typed)
        assert "en" == kept(outcome).language
        assert "English" in note(outcome)


@pytest.mark.parametrize("typed", ["", "xx", "qps", "klingon"])
def test_a_language_that_is_not_offered_is_answered_with_those_that_are(typed: str) -> None:
    """By their own names and codes."""
    outcome = care.language(desk(), typed)

    assert () == outcome.changes
    assert all(f"{own_name(code)} ({code})" in note(outcome) for code in languages())
