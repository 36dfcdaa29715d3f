"""Who sees what: MISSION's table, row by row, for everybody in every role."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content import Ask, Audience, Card, ChoiceField, Form, Role, say
from bot.events import Pressed
from bot.facts import (
    FAMILIES,
    NOT_LOADED,
    Agreement,
    Answer,
    AnswerKind,
    Case,
    Goal,
    Meeting,
    NotAskedFor,
    Note,
    Pair,
    Passed,
    Person,
    PlanItem,
    Review,
    StepState,
    Task,
    Tick,
)
from bot.outcome import Outcome, Put, ReplaceCard, ShowForm
from flows import checkin, daily, fit, goals, ready
from flows.kinds import Kind, Verb
from flows.lines import SEEN_BY as WORK_SEEN_BY
from flows.programme import Option, Step, When
from flows.register import VERBS
from flows.review_answers import SEEN_BY as REVIEW_SEEN_BY
from flows.visibility import TABLE, for_the_bot, may_see, seen_by, without_words
from tests.scenes import ANA, BREDA, IRENA, IVO, MATEJ, PETER, at, pair, person, scene

NOW = at("2027-01-15", 13)
STAGES = ("opening", "expectations", "mentee", "mentor", "plan")
OTHER = person("Vid")  # has no seat here
EVERYBODY = (ANA, MATEJ, PETER, IRENA, IVO, BREDA, OTHER)
HR = frozenset({"irena", "ivo"})
ROOM = frozenset({"ana", "matej", "irena"})  # those in the review: Irena is its chair

# MISSION's table for answers, written out by person; the author is added. What the digest carries is not here.
MISSION: dict[str, frozenset[str]] = {
    "checkin_scale": HR,
    "checkin_words": HR | {"matej"},
    "daily_look": HR | {"ana"},
    "feedback": HR | {"ana"},
    "going": HR,
    "review": ROOM,
    "private": HR,
    "fit": HR,
    "evaluation": HR,
    "satisfaction": HR,
    "ease": HR,
    "competency": HR | {"ana", "matej"},
    "note": HR | {"ana", "matej"},
}
EVERY_ROLE: Audience = ("author", "mentee", "mentor", "head", "coordinator", "director")


def review(state: str = "ahead", stage: int = -1, **more: object) -> Review:
    """Return a week-1 review in which Irena has the chair."""
    made = Review(id="e1/week1/once", enrolment="e1", step="week1", stages=STAGES, chair="irena")
    return replace(made, state=state, stage=stage, **more)  # type: ignore[arg-type]


def answer(kind: AnswerKind, author: str, seen: Audience = EVERY_ROLE, **more: object) -> Answer:
    """Return an answer of a kind."""
    made = Answer(
        id=f"e1/x/{kind}/{author}", enrolment="e1", step="x", occurrence="once", person=author, field="mentor:good",
        kind=kind, value="secret", seen_by=seen, at=NOW,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


progress = st.one_of(
    st.just(("ahead", -1)),
    st.just(("cancelled", -1)),
    st.tuples(st.just("running"), st.integers(0, len(STAGES) - 1)),
    st.just(("closed", len(STAGES) - 1)),
)


@settings(deadline=None)
@given(
    kind=st.sampled_from(get_args(AnswerKind)),
    author=st.sampled_from(("ana", "matej")),
    promised=st.sets(st.sampled_from(EVERY_ROLE)),
    stage=st.sampled_from(STAGES),
    at_=progress,
)
def test_nobody_sees_more_than_the_table_the_promise_and_the_seal_allow(
    kind: AnswerKind, author: str, promised: set[str], stage: str, at_: tuple[str, int]
):
    """Over roles, kinds of answers and stages of a review: the author, and nobody whom table, promise or seal denies."""
    state, place = at_
    seal = "e1/week1/once" if kind == "review" else ""
    given_ = answer(kind, author, tuple(sorted(promised)), field=f"{stage}:good", sealed_in=seal)  # type: ignore[arg-type]
    whole = pair(given_, review(state, place))
    opened = state in ("running", "closed")
    for viewer in EVERYBODY:
        sees = given_ in seen_by(whole, viewer).answers
        roles = set(whole.roles_of(viewer.id))
        allowed = viewer.id in MISSION[kind] and bool(roles & promised)
        if kind == "review":
            allowed = allowed and opened and place >= STAGES.index(stage)
        if kind == "daily_look" and viewer is ANA:
            allowed = allowed and opened and place >= STAGES.index("mentor")
        assert (viewer.id == author or allowed) == sees, viewer.id


@settings(deadline=None)
@given(stage=st.sampled_from(STAGES), at_=progress, ended=st.sampled_from(("running", "stopped")))
def test_signals_and_reports_never_get_a_sealed_answer(stage: str, at_: tuple[str, int], ended: str):
    """What signals and reports are given holds no sealed answer, except one that only waits for its way back."""
    state, place = at_
    given_ = answer("review", "ana", field=f"{stage}:good", sealed_in="e1/week1/once")
    whole = pair(given_, review(state, place), state=ended)
    opened = state in ("running", "closed") and place >= STAGES.index(stage)
    goes_back = state == "cancelled" or (ended == "stopped" and state != "closed")
    assert (opened or goes_back) == (given_ in for_the_bot(whole).answers)


def test_every_kind_of_answer_is_in_the_table():
    """No kind of answer is outside the table, and an unknown one would be seen by its author alone."""
    assert set(get_args(AnswerKind)) == set(TABLE) == set(MISSION)
    odd = answer("unheard_of", "ana")  # type: ignore[arg-type]
    assert ["ana"] == [p.id for p in EVERYBODY if may_see(pair(odd), odd, p)]


# --- the other rows --------------------------------------------------------------------------------


CARD = Card(say("Digest"))
RECORDS = (
    StepState(id="e1/a/once/ana", enrolment="e1", step="a", occurrence="once", person="ana"),
    StepState(id="e1/coffee/once/all", enrolment="e1", step="coffee", occurrence="once", person=""),
    StepState(id="e1/week1/once/all", enrolment="e1", step="week1", occurrence="once", person=""),
    Meeting(id="e1/coffee/once", enrolment="e1", step="coffee", occurrence="once", people=("ana", "breda"), minutes=20),
    Meeting(id="e1/week1/once", enrolment="e1", step="week1", occurrence="once", people=("ana", "matej", "irena"), minutes=30),
    review(),
    Goal(id="e1/goal/1", enrolment="e1", title="g", period=""),
    PlanItem(id="e1/plan/1", enrolment="e1", period="", text="p", owner="ana"),
    Task(id="e1/task/1", enrolment="e1", title="t"),
    Tick(id="e1/docs/once/1", enrolment="e1", step="docs", item="1", label="Handbook"),
    Agreement(id="e1/agreement", enrolment="e1"),
    Case(
        id="e1/case/help.1", enrolment="e1", signal="help", about=("ana",), reason=say("r"), advice=None, opened_at=NOW,
        owner="irena", by="ana", words="help",
    ),
    Note(id="e1/note/1", enrolment="e1", by="peter", to="matej", text="n", at=NOW),
    Note(id="e1/note/2", enrolment="e1", by="peter", to="irena", text="n", at=NOW),
    Passed(id="e1/digest/1", enrolment="e1", week="2027-W02", card=CARD, at=NOW),
)  # fmt: skip
INSIDE = {"ana", "matej", "irena", "ivo"}
# By record: who may see it (MISSION, who sees what; meetings, cases and notes as its text says).
ROWS = {
    "e1/a/once/ana": INSIDE,
    "e1/coffee/once/all": INSIDE | {"breda"},
    "e1/week1/once/all": INSIDE,
    "e1/coffee/once": {"ana", "breda", "irena", "ivo"},
    "e1/week1/once": INSIDE,
    "e1/goal/1": INSIDE | {"peter"},
    "e1/plan/1": INSIDE | {"peter"},
    "e1/task/1": INSIDE | {"peter"},
    "e1/docs/once/1": INSIDE | {"peter"},
    "e1/agreement": INSIDE,
    "e1/case/help.1": {"ana", "irena", "ivo"},
    "e1/note/1": {"peter", "matej"},
    "e1/note/2": {"peter", "irena", "ivo"},
    "e1/digest/1": {"ana", "peter"},
}


def visible(whole: Pair, viewer: Person) -> set[str]:
    """Return the ids of all records that this person sees."""
    reduced = seen_by(whole, viewer)
    return {record.id for family in FAMILIES for record in getattr(reduced, family)}


@pytest.mark.parametrize("viewer", EVERYBODY, ids=lambda p: p.id)
def test_each_row_of_the_table(viewer: Person):
    """Each person sees exactly the records that the table gives to their role."""
    whole = pair(*RECORDS)
    assert {record for record, who in ROWS.items() if viewer.id in who} == visible(whole, viewer)


def test_the_head_sees_plan_goals_tasks_documents_and_not_the_agreement():
    """The head sees plan, goals, tasks, documents and the digest, and neither agreement nor review nor case."""
    seen = visible(pair(*RECORDS), PETER)
    assert {
        "e1/goal/1",
        "e1/plan/1",
        "e1/task/1",
        "e1/docs/once/1",
        "e1/digest/1",
        "e1/note/1",
        "e1/note/2",
    } == seen


def test_the_director_sees_of_the_newcomer_only_name_position_and_start():
    """The director gets the newcomer's name, position and start, and nothing that they said or belongs to their work."""
    newcomer = replace(ANA, at_ease=False, department="Loans", manager="peter", snoozed_until=NOW)
    whole = pair(*RECORDS, seats={"mentee": (newcomer,), "mentor": (MATEJ,), "director": (BREDA,)})
    reduced = seen_by(whole, BREDA)
    seen = reduced.person("ana")
    assert ("Ana", "Analyst", date(2027, 1, 11)) == (seen.name, seen.position, reduced.enrolment.start)
    assert (None, "", "", None) == (seen.at_ease, seen.department, seen.manager, seen.snoozed_until)
    assert {"e1/coffee/once/all", "e1/coffee/once"} == visible(whole, BREDA)


def test_whether_somebody_is_at_ease_is_for_them_and_hr():
    """The answer about chat and video that is kept with the person is seen by them and HR alone."""
    shy = replace(ANA, at_ease=False)
    whole = pair(seats={"mentee": (shy,), "mentor": (MATEJ,), "head": (PETER,), "coordinator": (IRENA,)})
    told = {p.id: seen_by(whole, p).person("ana").at_ease for p in (shy, MATEJ, PETER, IRENA)}
    assert {"ana": False, "matej": None, "peter": None, "irena": False} == told


@pytest.mark.parametrize("role", ["mentor", "head"])
def test_a_coordinator_in_their_own_matter_loses_the_coordinators_view(role: Role):
    """A coordinator who is also mentor or head of the pair sees as that; the second coordinator sees as HR."""
    seats: dict[Role, tuple[Person, ...]] = {
        "mentee": (ANA,),
        "mentor": (MATEJ,),
        "coordinator": (IRENA, IVO),
    }
    seats[role] = (IRENA,)
    tick = answer("private", "ana", ("author", "coordinator"))
    scale = answer("checkin_scale", "ana", ("author", "coordinator"))
    whole = pair(tick, scale, *RECORDS, seats=seats)
    assert () == seen_by(whole, IRENA).answers
    assert {tick, scale} == set(seen_by(whole, IVO).answers)
    assert "e1/case/help.1" not in visible(whole, IRENA)
    assert "e1/case/help.1" in visible(whole, IVO)
    assert ("e1/agreement" in visible(whole, IRENA)) == (role == "mentor")


def test_in_a_group_looks_and_feedback_are_for_the_mentee_they_are_about():
    """One mentor with several mentees: what is about Eva is not shown to Ana."""
    eva = person("Eva")
    about = tuple(answer(kind, "matej", about="eva", id=f"e1/{kind}") for kind in ("daily_look", "feedback"))
    whole = pair(
        *about, review("closed", 4), seats={"mentee": (ANA, eva), "mentor": (MATEJ,), "coordinator": (IRENA,)}
    )
    assert () == seen_by(whole, ANA).answers
    assert set(about) == set(seen_by(whole, eva).answers)


def test_a_new_mentor_does_not_read_what_was_said_in_a_review_before_them():
    """Review answers are for those who were in it: not for a mentor who came after it was closed."""
    eva = person("Eva")
    said = answer("review", "ana", REVIEW_SEEN_BY, field="mentee:better", sealed_in="e1/week1/once")
    whole = pair(
        said,
        review("closed", 4, closed_at=NOW),
        seats={"mentee": (ANA,), "mentor": (MATEJ, eva), "coordinator": (IRENA,)},
    )
    seats = tuple(replace(s, since=NOW + timedelta(days=30)) if s.person == "eva" else s for s in whole.seats)
    whole = replace(whole, seats=seats)
    assert (said,) == seen_by(whole, MATEJ).answers
    assert () == seen_by(whole, eva).answers


def test_who_has_left_their_seat_sees_nothing_but_their_own():
    """A former mentor sees their own answers and no record of the pair."""
    own, others = answer("feedback", "matej"), answer("checkin_words", "ana", ("author", "mentor"))
    whole = pair(own, others, *RECORDS[:-3])
    seats = tuple(replace(s, until=NOW) if s.person == "matej" else s for s in whole.seats)
    reduced = seen_by(replace(whole, seats=seats), MATEJ)
    assert (own,) == reduced.answers
    assert () == reduced.goals + reduced.plan + reduced.agreements


def test_reading_what_was_not_asked_for_is_a_fault_and_no_stale_press():
    """The engine answers a LookupError as a press of something that is gone, which would hide that nothing works."""
    with pytest.raises(NotAskedFor):
        tuple(NOT_LOADED)
    assert not issubclass(NotAskedFor, LookupError)


def test_a_family_that_was_not_loaded_stays_so():
    """Reducing what was not loaded does not make it seem empty."""
    whole = pair()
    missing = replace(whole, **dict.fromkeys(FAMILIES, NOT_LOADED))
    for viewer in EVERYBODY:
        reduced = seen_by(missing, viewer)
        assert all(getattr(reduced, family) is NOT_LOADED for family in FAMILIES)
    assert {f.name for f in fields(Pair) if f.init} == {"enrolment", "seats", "people", *FAMILIES}


def test_without_its_review_an_answer_stays_sealed():
    """Where the reviews were not loaded, or the review is gone, an answer given beforehand stays closed."""
    said = answer("review", "ana", sealed_in="e1/week1/once", field="opening:good")
    assert () == seen_by(pair(said), IRENA).answers
    unloaded = replace(pair(said, review("closed", 4)), reviews=NOT_LOADED)
    assert () == seen_by(unloaded, IRENA).answers


def test_only_the_chairs_two_verbs_are_given_the_words_of_others():
    """No verb but Start and Next of a review, which open seals, gets answers that its actor may not see."""
    verbs = {name: verb for name, verb in VERBS.items() if isinstance(verb, Verb)}
    assert {"review.start", "review.next"} == {name for name, verb in verbs.items() if verb.opens}


def test_a_verb_for_several_people_knows_that_others_answered_and_not_what():
    """Whoever fixes the time of a review renews the others' offers, and reads none of their words."""
    own, others = (
        answer("review", "ana", sealed_in="e1/week1/once"),
        answer("review", "matej", sealed_in="e1/week1/once"),
    )
    known = without_words(pair(own, others, review()), ANA)
    assert [("ana", own.value), ("matej", "")] == [(a.person, a.value) for a in known.answers]


# --- what is said where it is asked ----------------------------------------------------------------


def _step(kind: str, who: tuple[Role, ...], *options: tuple[str, Option], **more: object) -> Step:
    made = Step(
        id=kind, phase="phase", kind=kind, who=who, when=When(day=1), title=(("en", kind),), options=options
    )
    return replace(made, **more)  # type: ignore[arg-type]


def _row(name: str) -> tuple[tuple[str, Option], ...]:
    return (("id", name), ("text", (("en", name),)))


ASKED: tuple[tuple[Person, Step, str, dict[str, Kind], dict[str, Verb]], ...] = (
    (
        ANA,
        _step("checkin", ("mentee",), ("questions", (_row("next"),)), when=When(every="week")),
        "2027-W02",
        checkin.KINDS,
        checkin.VERBS,
    ),
    (
        MATEJ,
        _step(
            "daily",
            ("mentor",),
            ("question", (("en", "?"),)),
            ("choices", (_row("well"),)),
            when=When(every="day", until_day=5),
        ),
        "2027-01-15",
        daily.KINDS,
        daily.VERBS,
    ),
    (ANA, _step("ease", ("mentee",)), "once", ready.KINDS, ready.VERBS),
    (MATEJ, _step("fit", ("mentor",)), "once", fit.KINDS, fit.VERBS),
)


@pytest.mark.parametrize("asked", ASKED, ids=lambda a: a[1].kind)
def test_what_a_card_promises_is_what_is_enforced(
    asked: tuple[Person, Step, str, dict[str, Kind], dict[str, Verb]],
):
    """Who a question says will see the answer is who then sees it, once every seal is open; nobody else does."""
    who, step, occurrence, kinds, verbs = asked
    state = StepState(
        id=f"e1/{step.id}/{occurrence}/{who.id}",
        enrolment="e1",
        step=step.id,
        occurrence=occurrence,
        person=who.id,
    )
    now = at("2027-01-15", 9)
    here = scene(pair(state, review("closed", 4)), now, step, me=who)
    card = kinds[step.kind].card(here, state)
    assert card is not None
    ask = next(b for b in card.blocks if isinstance(b, Ask))
    event = Pressed(key="k", who=who.address, verb=ask.verb, ref=ask.ref, value=ask.choices[0].value)  # type: ignore[arg-type]
    outcome: Outcome = verbs[ask.verb].run(here, event)
    given_ = next(c.record for c in outcome.changes if isinstance(c, Put) and isinstance(c.record, Answer))
    assert ask.seen_by == given_.seen_by
    whole = pair(given_, review("closed", 4))
    for viewer in EVERYBODY:
        promised = viewer is who or bool(set(whole.roles_of(viewer.id)) & set(ask.seen_by))
        assert promised == may_see(whole, given_, viewer), viewer.id
    assert isinstance(outcome.reply, ReplaceCard)


def test_whom_a_mentee_may_tick_for_their_words_is_who_can_read_them():
    """Each reader whom the check-in offers for the words can read them once ticked; the head is never offered."""
    step = ASKED[0][1]
    state = StepState(
        id="e1/checkin/2027-W02/ana", enrolment="e1", step="checkin", occurrence="2027-W02", person="ana"
    )
    here = scene(pair(state), at("2027-01-14", 14), step, me=ANA)
    event = Pressed(key="k", who=ANA.address, verb="checkin.more", ref="step:e1/checkin/2027-W02")  # type: ignore[arg-type]
    reply = checkin.VERBS["checkin.more"].run(here, event).reply
    assert isinstance(reply, ShowForm)
    readers = next(f for f in reply.form.fields if isinstance(f, ChoiceField) and f.key == "readers")
    offered = {option.value for option in readers.options}
    assert {"mentor", "coordinator"} == offered
    for role in offered:
        words = answer("checkin_words", "ana", ("author", role))  # type: ignore[arg-type]
        reader = pair().seated(role)[0]  # type: ignore[arg-type]
        assert may_see(pair(words), words, reader)


def test_goals_and_plan_promise_the_four_who_see_them():
    """The forms of goals and plan name mentee, mentor, HR and head, who are the ones that see them."""
    event = Pressed(key="k", who=ANA.address, verb="goal.new", ref="enrolment:e1")  # type: ignore[arg-type]
    reply = goals.VERBS["goal.new"].run(scene(pair(), NOW, me=ANA), event).reply
    assert isinstance(reply, ShowForm)
    form: Form = reply.form
    assert {WORK_SEEN_BY} == {f.seen_by for f in form.fields}
    whole = pair(*RECORDS)
    for viewer in EVERYBODY:
        promised = bool(set(whole.roles_of(viewer.id)) & set(WORK_SEEN_BY))
        assert promised == ("e1/goal/1" in visible(whole, viewer)), viewer.id


def test_review_answers_promise_those_in_the_review():
    """The promise of a review names mentee, mentor and HR, and an opened answer is seen by exactly those in it."""
    said = answer("review", "ana", REVIEW_SEEN_BY, field="mentee:good", sealed_in="e1/week1/once")
    whole = pair(said, review("closed", 4))
    assert ROOM == {p.id for p in EVERYBODY if may_see(whole, said, p)}
    assert {"mentee", "mentor", "coordinator", "author"} == set(REVIEW_SEEN_BY)
