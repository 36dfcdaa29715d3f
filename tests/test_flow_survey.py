"""Satisfaction travels on a card that comes anyway; the evaluation is counted, and named only where it says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from adapters.text import as_text
from bot.content import Ask, Button, Card
from bot.events import Address, Pressed, Submitted
from bot.facts import Pair, Person, Review, StepChange, StepState, step_id
from bot.i18n import Reader
from bot.outcome import CloseForm, Note, Outcome, Put, ReplaceCard, ShowForm
from flows import evaluation, survey
from flows.kinds import Due
from flows.programme import Programme
from flows.programme_file import load_programme
from flows.register import KINDS, VERBS
from flows.scene import Desk
from flows.stepping import carry_out
from flows.visibility import seen_by
from tests.scenes import ANA, IRENA, MATEJ, PETER, at, pair, person, scene

SHIPPED = Path(__file__).parent.parent / "flows" / "programmes" / "onboarding.toml"
READER = Reader("en", "Europe/Ljubljana")
DAY = at("2027-01-18", 8)  # the Monday after the first week
THURSDAY = at("2027-01-21", 13)


@pytest.fixture(scope="module")
def onboarding() -> Programme:
    """The programme that ships."""
    return load_programme(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)


def state(step: str, who: Person = ANA, occurrence: str = "once", **more: object) -> StepState:
    """A step's state that opened on the Monday after the first week."""
    made = StepState(
        id=step_id("e1", step, occurrence, who.id), enrolment="e1", step=step, occurrence=occurrence,
        person=who.id, opened_at=DAY,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


SATISFIED = state("satisfaction_week1")
CHECKIN = state("checkin", occurrence="2027-W03", opened_at=THURSDAY)


def opened(step: str, whole: Pair, prog: Programme, now: datetime = DAY, who: Person = ANA) -> Outcome:
    """What happens when a step opens."""
    due = Due(at=now, action="open", step=step, occurrence="once", person=who.id)
    return carry_out(scene(whole, now, prog=prog), due, KINDS)


def pressed(verb: str, ref: str, whole: Pair, prog: Programme, value: str = "", me: Person = ANA) -> Outcome:
    """What a press does for somebody who sees what they may see."""
    run = VERBS[verb].run
    here = scene(seen_by(whole, me), THURSDAY, me=me, prog=prog)
    return run(here, Pressed(key="k", who=Address("test", me.id), verb=verb, ref=ref, value=value))  # type: ignore[arg-type]


def after(whole: Pair, outcome: Outcome) -> Pair:
    """The pair once the outcome is stored."""
    return scene(whole, THURSDAY).after(outcome.changes).pair


def asks(card: Card) -> list[Ask]:
    """The questions on a card."""
    return [b for b in card.blocks if isinstance(b, Ask)]


def replaced(outcome: Outcome) -> Card:
    """The card that takes the pressed one's place."""
    assert isinstance(outcome.reply, ReplaceCard)
    return outcome.reply.card


# --- satisfaction ----------------------------------------------------------------------------------


def test_satisfaction_is_no_message_of_its_own(onboarding: Programme) -> None:
    """Where the card that carries it is still to come, nothing is sent."""
    outcome = opened("satisfaction_week1", pair(), onboarding)

    assert () == outcome.sends
    assert ["open"] == [
        c.record.state for c in outcome.changes if isinstance(c, Put) and isinstance(c.record, StepState)
    ]


def test_satisfaction_asks_by_itself_where_no_card_comes(onboarding: Programme) -> None:
    """If the check-in is left out for this pair, the tap comes on a card of its own."""
    left_out = pair(changes=(StepChange(kind="skip", step="checkin"),))
    (message,) = opened("satisfaction_week1", left_out, onboarding).sends

    assert isinstance(message.content, Card)
    assert ["survey.tap"] == [a.verb for a in asks(message.content)]
    assert SATISFIED.id == message.about


def test_the_tap_travels_on_the_first_card_that_comes(onboarding: Programme) -> None:
    """It is on the first check-in after its day, and on none after that."""
    later = replace(CHECKIN, id="x", occurrence="2027-W05", opened_at=at("2027-02-04", 13))
    here = scene(pair(SATISFIED, CHECKIN, later), THURSDAY, prog=onboarding)
    (ask,) = survey.extra_blocks(here, CHECKIN)

    assert isinstance(ask, Ask)
    assert "I am content with how I was received" == READER.text(ask.question)
    assert ("author", "coordinator") == ask.seen_by
    assert () == survey.extra_blocks(here, later)
    assert () == survey.extra_blocks(here, state("feedback", MATEJ, "2027-W03"))
    assert () == survey.extra_blocks(scene(pair(CHECKIN), THURSDAY, prog=onboarding), CHECKIN)


def test_a_week_that_was_skipped_leaves_the_tap_to_the_next(onboarding: Programme) -> None:
    """Who skipped the check-in is asked on the next one."""
    skipped = replace(CHECKIN, state="skipped", why="person", done_at=THURSDAY)
    later = state("checkin", occurrence="2027-W04", opened_at=at("2027-01-28", 13))
    here = scene(pair(SATISFIED, skipped, later), at("2027-01-28", 13), prog=onboarding)

    assert 1 == len(survey.extra_blocks(here, later))


def test_a_tap_is_kept_and_stays_on_the_card(onboarding: Programme) -> None:
    """One press ends it; the answer can be changed, and only HR sees it besides its author."""
    whole = pair(SATISFIED, CHECKIN)
    outcome = pressed("survey.tap", "step:e1/satisfaction_week1/once/satisfied", whole, onboarding, "4")
    told = after(whole, outcome)
    (answer,) = told.answers
    (ask,) = survey.extra_blocks(scene(told, THURSDAY, prog=onboarding), CHECKIN)

    assert ("satisfaction", "4", ("author", "coordinator")) == (answer.kind, answer.value, answer.seen_by)
    assert "done" == next(s.state for s in told.steps if s.id == SATISFIED.id)
    assert isinstance(ask, Ask)
    assert "4" == ask.chosen
    assert "three taps" in as_text(replaced(outcome), READER)
    again = pressed("survey.tap", "step:e1/satisfaction_week1/once/satisfied", told, onboarding, "5")
    assert ["5"] == [a.value for a in after(told, again).answers]
    for other in (MATEJ, PETER):
        assert () == seen_by(told, other).answers


@pytest.mark.parametrize("value", ["0", "6", "", "yes"])
def test_a_forged_tap_is_not_kept(onboarding: Programme, value: str) -> None:
    """Only the five answers count."""
    whole = pair(SATISFIED, CHECKIN)
    outcome = pressed("survey.tap", "step:e1/satisfaction_week1/once/satisfied", whole, onboarding, value)

    assert isinstance(outcome.reply, Note)
    assert () == outcome.changes


def test_taps_that_nobody_gave_are_let_go_with_their_card(onboarding: Programme) -> None:
    """When the check-in's week is over, so is the tap; nobody is reminded of it."""
    here = scene(pair(SATISFIED, CHECKIN), THURSDAY, prog=onboarding)
    (due,) = survey.due(here)
    gone = here.after(survey.act(here, due).changes)

    assert (at("2027-01-25", 8), "satisfaction.over") == (due.at, due.action)
    assert [("skipped", "not answered")] == [
        (s.state, s.why) for s in gone.pair.steps if s.id == SATISFIED.id
    ]
    assert [] == list(survey.due(gone))


def test_the_tap_can_travel_on_the_offer_before_a_review(onboarding: Programme) -> None:
    """A card without a state of its own carries it too, and shows the review again after the tap."""
    month = state("satisfaction_month1")
    ahead = Review(
        id="e1/review_month1/once", enrolment="e1", step="review_month1", chair=IRENA.id,
        stages=("opening", "goals", "mentee", "mentor", "plan"),
    )  # fmt: skip
    whole = pair(month, ahead)
    found = survey.blocks_on(scene(whole, THURSDAY, prog=onboarding), "review_month1", ANA.id)
    outcome = pressed("survey.tap", "step:e1/satisfaction_month1/once/satisfied", whole, onboarding, "3")

    assert ["step:e1/satisfaction_month1/once/satisfied"] == [b.ref for b in found if isinstance(b, Ask)]
    assert "Month-1 review" in as_text(replaced(outcome), READER)


# --- the evaluation --------------------------------------------------------------------------------

OPEN = state("evaluation", opened_at=THURSDAY)
REF = "step:e1/evaluation/once"


def evaluated(whole: Pair, prog: Programme, *fields: str, me: Person = ANA) -> tuple[Outcome, Pair]:
    """The pair after taps on these questions."""
    outcome = Outcome()
    for field in fields:
        outcome = pressed("evaluation.tap", f"{REF}/{field}", whole, prog, "4", me)
        whole = after(whole, outcome)
    return outcome, whole


def test_who_sees_a_named_answer_is_said_before_it_is_given(onboarding: Programme) -> None:
    """The suitability of the mentor is by name and for HR alone, and says so; the other four are counted."""
    first = evaluation.card(scene(pair(OPEN), THURSDAY, prog=onboarding), OPEN)
    outcome, _ = evaluated(pair(OPEN), onboarding, "goals", "process", "progress", "relationship")
    card = replaced(outcome)
    text = as_text(card, READER)

    assert "HR sees how many answered what, never who" in as_text(first, READER)
    assert [("author",)] == [a.seen_by for a in asks(first)]
    assert "HR reads the next answer with your name; Matej does not." in text
    assert text.index("with your name") < text.index("the right one for this work")
    assert ("author", "coordinator") == asks(card)[-1].seen_by


def test_five_taps_end_it(onboarding: Programme) -> None:
    """After the last tap it is done; words may follow, by name."""
    outcome, whole = evaluated(
        pair(OPEN), onboarding, "goals", "process", "progress", "relationship", "mentor"
    )
    (button,) = replaced(outcome).buttons

    assert "done" == whole.steps[0].state
    assert isinstance(button, Button)
    assert "evaluation.write" == button.verb
    form = pressed("evaluation.write", REF, whole, onboarding).reply
    assert isinstance(form, ShowForm)
    assert ("author", "coordinator") == form.form.fields[0].seen_by
    here = scene(seen_by(whole, ANA), THURSDAY, me=ANA, prog=onboarding)
    kept = evaluation.keep(
        here,
        Submitted(
            key="k", who=Address("test", "ana"), verb="evaluation.keep", ref=REF, values={"words": "Less."}
        ),
    )
    assert isinstance(kept.reply, CloseForm)
    assert "Less." in [a.value for a in after(whole, kept).answers]


def test_nobody_sees_who_tapped_what(onboarding: Programme) -> None:
    """What is counted is visible to its author alone; the named answer also to HR, and never to the mentor."""
    _, whole = evaluated(pair(OPEN), onboarding, "goals", "process", "progress", "relationship", "mentor")

    assert ["mentor"] == [a.field for a in seen_by(whole, IRENA).answers]
    for other in (MATEJ, PETER):
        assert () == seen_by(whole, other).answers


def test_a_mentor_is_not_asked_about_the_mentor(onboarding: Programme) -> None:
    """Mentors evaluate the programme, not themselves: four taps and it is done."""
    mine = state("evaluation", MATEJ, opened_at=THURSDAY)
    _, whole = evaluated(pair(mine), onboarding, "goals", "process", "progress", "relationship", me=MATEJ)

    assert "done" == whole.steps[0].state
    assert isinstance(pressed("evaluation.tap", f"{REF}/mentor", whole, onboarding, "5", MATEJ).reply, Note)


def test_each_of_several_mentors_is_asked_about(onboarding: Programme) -> None:
    """With two mentors there is a named line for each; in a circle without a mentor there is none."""
    lea = person("Lea")
    two = pair(OPEN, seats={"mentee": (ANA,), "mentor": (MATEJ, lea), "coordinator": (IRENA,)})
    none = pair(OPEN, seats={"mentee": (ANA, lea), "coordinator": (IRENA,)})
    four = ("goals", "process", "progress", "relationship")
    _, asked = evaluated(two, onboarding, *four, "mentor.matej", "mentor.lea")
    _, circle = evaluated(none, onboarding, *four)

    assert {"matej", "lea"} == {a.about for a in asked.answers if a.about}
    assert "done" == asked.steps[0].state == circle.steps[0].state


def test_the_evaluation_can_be_left(onboarding: Programme) -> None:
    """“Not now” is one tap, and asks for nothing more; who changes their mind is counted all the same."""
    outcome = pressed("evaluation.skip", REF, pair(OPEN), onboarding)
    gone = after(pair(OPEN), outcome)
    _, late = evaluated(gone, onboarding, "goals", "process", "progress", "relationship", "mentor")

    assert ("skipped", "person") == (gone.steps[0].state, gone.steps[0].why)
    assert "done" == late.steps[0].state


def counted(prog: Programme, answers: int) -> str:
    """What the coordinator reads with so many evaluations done."""
    scenes = []
    for n in range(answers):
        done = replace(OPEN, state="done")
        whole = pair(done) if n % 2 else pair(done, state="closed")
        scenes.append(scene(seen_by(whole, IRENA), THURSDAY, me=IRENA, prog=prog))
    return as_text(evaluation.counts_card(Desk(me=IRENA, scenes=tuple(scenes), now=THURSDAY)), READER)


def test_the_coordinator_reads_counts_from_five_answers_on(onboarding: Programme) -> None:
    """Below the floor only how many are missing; closed pairs count too."""
    assert "needs 1 more answer" in counted(onboarding, 4)
    assert "7 answers" in counted(onboarding, 7)


def test_counts_are_for_coordinators(onboarding: Programme) -> None:
    """A person who coordinates nothing reads no count."""
    here = scene(seen_by(pair(replace(OPEN, state="done")), MATEJ), THURSDAY, me=MATEJ, prog=onboarding)
    desk = Desk(me=MATEJ, scenes=(here,), now=THURSDAY)

    assert "No programme of yours asks for one." in as_text(evaluation.counts_card(desk), READER)
    assert ("coordinator",) == evaluation.COMMANDS["evaluation"].roles


def test_satisfaction_travels_on_the_evaluation(onboarding: Programme) -> None:
    """The last tap on satisfaction stands on the evaluation's card."""
    last = state("satisfaction_quarter2", opened_at=THURSDAY)
    card = evaluation.card(scene(pair(OPEN, last), THURSDAY, prog=onboarding), OPEN)

    assert ["evaluation.tap", "survey.tap"] == [a.verb for a in asks(card)]


def test_the_very_first_card_of_the_evaluation_carries_satisfaction(onboarding: Programme) -> None:
    """Also before the evaluation's own state is stored: whoever taps nothing has read the question all the same."""
    last = state("satisfaction_quarter2", opened_at=THURSDAY)
    card = evaluation.card(scene(pair(last), THURSDAY, prog=onboarding), OPEN)

    assert ["evaluation.tap", "survey.tap"] == [a.verb for a in asks(card)]
