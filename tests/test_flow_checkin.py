"""The weekly check-in: three taps, and behind one button what the mentee wants to add, for whom they want (P8)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.content import Ask, Card, ChoiceField, Form, Role, TextField
from bot.facts import Goal, Pair, Person
from bot.outcome import CloseForm, FixForm, Note, ReplaceCard, ShowCard, ShowForm
from flows import checkin
from flows.programme import Step, When
from flows.scene import Desk
from flows.visibility import may_see
from tests.live import Live
from tests.meetings import read
from tests.scenes import ANA, BY_ROLE, IRENA, IVO, MATEJ, PETER, at, pair, person, programme

BOR = person("Bor")
STEP = Step(
    id="checkin",
    phase="phase",
    kind="checkin",
    who=("mentee",),
    when=When(every="week", weekday=3, from_week=2),
    title=(("en", "Check-in"),),
    options=(
        ("questions", tuple((("id", i), ("text", (("en", i),))) for i in ("next", "openly", "further"))),
        ("ticks", tuple((("id", i), ("text", (("en", i),)), ("signal", i)) for i in ("no_time", "controls"))),
    ),
)
REF = "step:e1/checkin/2027-W03"
GOAL = Goal(id="e1/goal/1", enrolment="e1", title="Calls alone", period="", target=5, value=1, by="ana")


def opened(whole: Pair | None = None) -> Live:
    """Return a pair on Thursday of week 2, with the check-in open."""
    live = Live(whole or pair(GOAL), programme(STEP), at("2027-01-21", 9))
    live.look()
    return live


def tap(live: Live, question: str, value: str = "4", who: Person = ANA) -> object:
    """Tap one answer."""
    return live.press(who, "checkin.tap", f"{REF}/{question}", value)


def tell(live: Live, **values: object) -> object:
    """Send what is added."""
    return live.submit(ANA, "checkin.tell", REF, **values)  # type: ignore[arg-type]


def more(live: Live) -> Form:
    """Return the form behind the button."""
    reply = live.press(ANA, "checkin.more", REF)
    assert isinstance(reply, ShowForm)
    return reply.form


def asked(reply: object) -> list[tuple[str, str]]:
    """Return the questions of a card with what was tapped."""
    card = reply.card if isinstance(reply, ReplaceCard) else reply
    assert isinstance(card, Card)
    return [(b.ref.rpartition("/")[2], b.chosen) for b in card.blocks if isinstance(b, Ask)]


def answers(live: Live) -> dict[str, str]:
    """Return what is kept, by field."""
    return {a.field: a.value for a in live.pair.answers}


# --- the taps --------------------------------------------------------------------------------------


def test_one_question_after_the_other() -> None:
    """The third tap ends it; each may be changed until the week is over."""
    live = opened()

    assert [("next", "4"), ("openly", "")] == asked(tap(live, "next"))
    tap(live, "openly", "2")
    assert [("next", "4"), ("openly", "2"), ("further", "5")] == asked(tap(live, "further", "5"))
    assert ["done"] == [s.state for s in live.pair.steps]
    tap(live, "openly", "3")
    assert {"next": "4", "openly": "3", "further": "5"} == answers(live)

    live.now = at("2027-01-25", 9)
    assert isinstance(tap(live, "openly", "1"), Note)
    assert "3" == answers(live)["openly"]


@pytest.mark.parametrize(("question", "value"), [("next", "6"), ("next", ""), ("mood", "3"), ("next", "٣")])
def test_a_forged_tap_changes_nothing(question: str, value: str) -> None:
    """Only the five, and only what is asked."""
    live = opened()

    assert isinstance(tap(live, question, value), Note)
    assert {} == answers(live)


def test_a_quiet_week_is_skipped_and_a_mind_can_be_changed() -> None:
    """Three taps after a skip count as three taps."""
    live = opened()
    live.press(ANA, "checkin.skip", REF)
    assert [("skipped", "person")] == [(s.state, s.why) for s in live.pair.steps]

    for question in ("next", "openly", "further"):
        tap(live, question)

    assert ["done"] == [s.state for s in live.pair.steps]


def test_who_sees_the_taps_is_the_mentee_and_hr() -> None:
    """The mentor does not, nor the head."""
    live = opened()
    tap(live, "openly", "1")
    (answer,) = live.pair.answers

    assert [True, True, False, False] == [may_see(live.pair, answer, p) for p in (ANA, IRENA, MATEJ, PETER)]
    assert [Note, Note] == [type(tap(live, "next", who=p)) for p in (MATEJ, PETER)]


# --- what is added ---------------------------------------------------------------------------------


def test_words_go_to_whom_the_mentee_ticks_and_to_nobody_else() -> None:
    """Unticked they stay with their author; ticked the reader gets them."""
    live = opened()
    tell(live, words="Too many meetings")
    assert ("author",) == next(a.seen_by for a in live.pair.answers if a.field == "words")
    assert not [s for s in live.sends.values() if "Too many meetings" in repr(s)]

    tell(live, words="Too many meetings", readers=("mentor",))

    told = [s for s in live.sends.values() if "Too many meetings" in repr(s) and s.kind == "info"]
    assert ["matej"] == [s.to for s in told]
    assert ["From Ana, week 2", "“Too many meetings”"] == read(told[0].content).split("\n")
    (words,) = [a for a in live.pair.answers if a.field == "words"]
    assert [True, True, False, False] == [may_see(live.pair, words, p) for p in (ANA, MATEJ, IRENA, PETER)]


def test_words_can_be_changed_and_taken_back() -> None:
    """Whoever got them sees the new ones in their place, or that they were taken back."""
    live = opened()
    tell(live, words="Too many meetings", readers=("mentor", "coordinator"))
    before = len(live.sends)

    tell(live, words="Many meetings", readers=("coordinator",))

    updates = {s.to: s for s in list(live.sends.values())[before:] if s.kind == "update"}
    assert {"matej": "These words were taken back.", "irena": "“Many meetings”"} == {
        to: read(s.content).split("\n")[1] for to, s in updates.items()
    }
    assert all(f":{to}:words" in s.replaces for to, s in updates.items())
    (words,) = [a for a in live.pair.answers if a.field == "words"]
    assert [False, True] == [may_see(live.pair, words, p) for p in (MATEJ, IRENA)]


def test_the_form_is_as_it_was_left() -> None:
    """Words, readers and ticks are there again, so that sending it anew takes nothing away."""
    live = opened()
    tell(live, words="Too many meetings", readers=("mentor",), ticks=("no_time",))
    form = more(live)
    initial = {f.key: f.initial for f in form.fields if not isinstance(f, TextField) or f.key == "words"}

    assert {"words": "Too many meetings", "readers": ("mentor",), "ticks": ("no_time",)} == initial
    before, sends = live.pair, len(live.sends)
    live.now = at("2027-01-21", 10)
    tell(live, **initial)
    assert {a.field: (a.value, a.seen_by) for a in before.answers} == {
        a.field: (a.value, a.seen_by) for a in live.pair.answers
    }
    assert sends == len(live.sends)


def test_the_private_list_is_for_hr_alone() -> None:
    """What is not on it is not kept."""
    live = opened()
    tell(live, ticks=("no_time", "bosses"))
    (answer,) = live.pair.answers

    assert ("private", "no_time") == (answer.kind, answer.value)
    assert [True, True, False] == [may_see(live.pair, answer, p) for p in (ANA, IRENA, MATEJ)]


def test_hr_that_is_part_of_the_pair_is_no_reader() -> None:
    """A coordinator who mentors her gets no words that were meant for HR."""
    live = opened(pair(seats={**BY_ROLE, "mentor": (IRENA,), "coordinator": (IRENA, IVO)}))
    tell(live, words="She is never there", readers=("coordinator",))

    assert ["ivo"] == [s.to for s in live.sends.values() if "never there" in repr(s)]
    alone = opened(pair(seats={**BY_ROLE, "mentor": (IRENA,), "coordinator": (IRENA,)}))
    readers = next(f for f in more(alone).fields if f.key == "readers")
    assert isinstance(readers, ChoiceField)
    assert ["mentor"] == [o.value for o in readers.options]


def test_of_two_mentors_both_are_named_where_both_would_read() -> None:
    """Nobody ticks one name and reaches two people."""
    nika = person("Nika")
    live = opened(pair(seats={**BY_ROLE, "mentor": (MATEJ, nika)}))
    readers = next(f for f in more(live).fields if f.key == "readers")

    assert isinstance(readers, ChoiceField)
    assert "Matej, Nika" in read(Card(readers.options[-1].label))


# --- goals -----------------------------------------------------------------------------------------


def test_a_goal_moves_and_is_reached() -> None:
    """A number with comma or point; at its target it is reached."""
    live = opened()

    tell(live, **{"goal__e1/goal/1": "2,5"})
    assert [(2.5, "open")] == [(g.value, g.state) for g in live.pair.goals]
    tell(live, **{"goal__e1/goal/1": "5"})

    assert [(5.0, "reached")] == [(g.value, g.state) for g in live.pair.goals]


@pytest.mark.parametrize("typed", ["many", "nan", "inf", "1e999", "--1"])
def test_what_is_no_number_is_asked_again_and_the_words_are_not_lost(typed: str) -> None:
    """The whole form stays open."""
    live = opened()

    reply = tell(live, words="Hm", **{"goal__e1/goal/1": typed})

    assert isinstance(reply, FixForm)
    assert ["goal:e1/goal/1"] == list(reply.errors)
    assert ({}, [1]) == (answers(live), [g.value for g in live.pair.goals])


def test_in_a_group_nobody_moves_anothers_goal() -> None:
    """The form of Ana shows Ana's goals."""
    group: dict[Role, tuple[Person, ...]] = {
        "mentee": (ANA, BOR),
        "mentor": (MATEJ,),
        "coordinator": (IRENA,),
    }
    other = replace(GOAL, id="e1/goal/2", title="Bor's own", by="bor")
    live = opened(pair(GOAL, other, seats=group))

    assert ["goal:e1/goal/1"] == [f.key for f in more(live).fields if f.key.startswith("goal:")]
    tell(live, **{"goal__e1/goal/2": "4"})
    assert {"e1/goal/1": 1, "e1/goal/2": 1} == {g.id: g.value for g in live.pair.goals}


def test_when_the_week_is_over_nothing_is_added() -> None:
    """Neither by an old button nor by a form that stood open."""
    live = opened()
    live.now = at("2027-01-25", 9)

    assert isinstance(live.press(ANA, "checkin.more", REF), Note)
    assert isinstance(tell(live, words="Late", readers=("mentor",)), CloseForm)
    assert {} == answers(live)


def test_the_word_shows_this_weeks_taps() -> None:
    """Or says that they come by themselves."""
    live = opened()

    shown = checkin.command(Desk(me=ANA, scenes=(live.scene(ANA),), now=live.now), "").reply
    assert isinstance(shown, ShowCard)
    assert [("next", "")] == asked(shown.card)
    live.now = at("2027-01-25", 9)
    late = checkin.command(Desk(me=ANA, scenes=(live.scene(ANA),), now=live.now), "").reply
    assert isinstance(late, Note)


def test_who_sees_the_taps_is_said_once() -> None:
    """At the question that is asked now, and below the last one once all are answered."""
    live = opened()
    seen = []
    for question in ("next", "openly", "further"):
        reply = tap(live, question)
        assert isinstance(reply, ReplaceCard)
        seen.append([bool(b.seen_by) for b in reply.card.blocks if isinstance(b, Ask)])
    assert [[False, True], [False, False, True], [False, False, True]] == seen
