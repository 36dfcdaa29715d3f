"""Several mentees in one enrolment: each sees their own, a head sees whom they lead, and no path leads further."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content import Card, Role, Text, UserText, say
from bot.facts import (
    Answer,
    AnswerKind,
    Goal,
    Pair,
    Passed,
    Person,
    PlanItem,
    Record,
    Review,
    StepState,
    Task,
    Tick,
)
from flows.home import home
from flows.programme import Programme, Step, When
from flows.register import COMMANDS
from flows.scene import Desk
from flows.visibility import for_the_bot, led_by, seen_by
from tests.live import Live
from tests.scenes import ANA, BREDA, IRENA, MATEJ, PETER, at, pair, person, programme

NOW = at("2027-03-15", 9)
PETRA = person("Petra")
AMY = replace(ANA, manager="peter")
BOR, CENE = person("Bor", manager="petra"), person("Cene")  # nobody here leads Cene
MENTEES = (AMY, BOR, CENE)
SEATS: dict[Role, tuple[Person, ...]] = {
    "mentee": MENTEES, "mentor": (MATEJ,), "head": (PETER, PETRA), "coordinator": (IRENA,), "director": (BREDA,),
}  # fmt: skip
OTHER = person("Vid")
EVERYBODY = (*MENTEES, MATEJ, PETER, PETRA, IRENA, BREDA, OTHER)
LEADS = {"peter": "ana", "petra": "bor"}
STAGES = ("opening", "goals", "mentee", "mentor", "plan")

mentees = st.sampled_from([m.id for m in MENTEES])
progress = st.sampled_from(
    [("ahead", -1), ("running", 0), ("running", 2), ("running", 3), ("closed", 4), ("cancelled", -1)]
)


def review(state: str, stage: int) -> Review:
    """Return the group's first review, with Irena in the chair."""
    made = Review(id="e1/month1/once", enrolment="e1", step="month1", stages=STAGES, chair="irena")
    return replace(made, state=state, stage=stage)  # type: ignore[arg-type]


def records(about: str, mark: str = "x") -> dict[str, Record]:
    """Return one of each kind of record that is about one mentee."""
    card = Card(say("Digest"), (Text(say("{text}", text=UserText(mark))),))
    return {
        "task": Task(id=f"e1/task/{about}", enrolment="e1", title=mark, about=about),
        "tick": Tick(
            id=f"e1/docs/once.{about}/1", enrolment="e1", step="docs", item="1", label=mark, done_at=NOW
        ),
        "step": StepState(
            id=f"e1/docs/once.{about}/matej", enrolment="e1", step="docs", occurrence=f"once.{about}",
            person="matej", opened_at=NOW,
        ),
        "digest": Passed(id=f"e1/digest/2027-W10.{about}", enrolment="e1", week="2027-W10", card=card, at=NOW),
        "closing": Passed(id=f"e1/digest/closing.{about}", enrolment="e1", week="2027-W10", card=card, at=NOW),
        "review": Passed(id=f"e1/digest/month1-once.{about}", enrolment="e1", week="2027-W06", card=card, at=NOW),
        "goal": Goal(id=f"e1/goal/{about}", enrolment="e1", title=mark, period="", by=about),
        "plan": PlanItem(id=f"e1/plan/{about}", enrolment="e1", period="", text=f"plan of {about}", owner=about),
    }  # fmt: skip


def may_see(kind: str, about: str) -> set[str]:
    """Return by id who sees a record that is about one mentee, written out."""
    heads = {head for head, led in LEADS.items() if led == about}
    inside = {"matej", "irena"}
    match kind:
        case "task" | "tick":
            return {about} | inside | heads
        case "step":
            return {about} | inside
        case "digest" | "closing" | "review":
            return {about} | heads
        case _:  # a group makes its goals and its plan together
            return {m.id for m in MENTEES} | inside | heads


def shows(whole: Pair, viewer: Person, record: Record) -> bool:
    """Tell whether somebody's facts hold a record."""
    reduced = seen_by(whole, viewer)
    families = (
        reduced.steps, reduced.answers, reduced.goals, reduced.plan, reduced.tasks, reduced.ticks, reduced.passed,
    )  # fmt: skip
    return any(record in family for family in families)


@settings(deadline=None)
@given(kind=st.sampled_from(sorted(records("ana"))), about=mentees, at_=progress)
def test_what_is_about_one_mentee_is_seen_by_them_and_by_who_stands_by_them(
    kind: str, about: str, at_: tuple[str, int]
) -> None:
    """Over kinds of records, mentees and states of a review: no other mentee, no head of another one."""
    record = records(about)[kind]
    whole = pair(record, review(*at_), seats=SEATS)

    assert may_see(kind, about) == {p.id for p in EVERYBODY if shows(whole, p, record)}


@settings(deadline=None)
@given(
    kind=st.sampled_from(get_args(AnswerKind)),
    author=st.sampled_from(["ana", "bor", "matej"]),
    about=st.one_of(st.just(""), mentees, st.just("matej")),
    stage=st.sampled_from(STAGES),
    at_=progress,
)
def test_an_answer_about_one_mentee_is_not_shown_to_another(
    kind: AnswerKind, author: str, about: str, stage: str, at_: tuple[str, int]
) -> None:
    """Even where everybody was promised: over kinds, authors, whom it is about, and the stages of a review."""
    answer = Answer(
        id="e1/x/once/a", enrolment="e1", step="x", occurrence="once", person=author, field=f"{stage}:good",
        kind=kind, value="secret", at=NOW, about=about, sealed_in="e1/month1/once" if kind == "review" else "",
        seen_by=("author", "mentee", "mentor", "head", "coordinator", "director"),
    )  # fmt: skip
    whole = pair(answer, review(*at_), seats=SEATS)
    seen = {p.id for p in EVERYBODY if shows(whole, p, answer)} - {author}

    everybody = {m.id for m in MENTEES}
    opened = at_[0] in ("running", "closed") and at_[1] >= STAGES.index(stage)
    match kind:
        case "review":
            allowed = everybody | {"matej", "irena"} if opened else set()
        case "feedback":
            allowed = ({about} & everybody if about else everybody) | {"irena"}
        case "competency":
            allowed = {about} & everybody | {"matej", "irena"}
        case "note":
            allowed = ({about} if about else everybody | {"matej"}) | {"irena"}
        case "checkin_words":
            allowed = {"matej", "irena"}
        case "daily_look":  # this programme has no first week, so that the mentor's turn never comes
            allowed = {"irena"}
        case _:
            allowed = {"irena"}
    assert allowed - {author} == seen


def test_a_digest_of_all_is_for_all() -> None:
    """What a review of the group passes on names nobody, and each of them and each head can open it."""
    card = Card(say("Month 1"))
    passed = Passed(id="e1/digest/month1.once", enrolment="e1", week="2027-W06", card=card, at=NOW)
    whole = pair(passed, seats=SEATS)

    assert {"ana", "bor", "cene", "peter", "petra"} == {p.id for p in EVERYBODY if shows(whole, p, passed)}


def test_without_managers_every_head_reads_about_all() -> None:
    """Where nobody's manager sits here as a head, the heads stand for the whole group."""
    plain = tuple(replace(m, manager="") for m in MENTEES)
    whole = pair(seats={**SEATS, "mentee": plain})

    assert plain == led_by(whole, PETER) == led_by(whole, PETRA)


# --- by any path -----------------------------------------------------------------------------------


def lists() -> Programme:
    """Return a programme with a list of documents for each mentee."""
    docs = Step(
        id="docs", phase="phase", kind="checklist", who=("mentor",), about="mentee", when=When(day=1),
        title=(("en", "Documents for {mentee}"),), text=(("", (("en", "Hand them over."),)),),
        options=(("items", ((("en", "Handbook"),),)),),
    )  # fmt: skip
    return programme(docs)


def _answer(kind: AnswerKind, about: Person) -> Answer:
    return Answer(
        id=f"e1/{kind}/2027-W10.{about.id}/matej/good",
        enrolment="e1",
        step=kind,
        occurrence=f"2027-W10.{about.id}",
        person="matej",
        field="good",
        kind=kind,
        value=f"MARK-{about.id}",
        seen_by=("author", "mentee", "coordinator"),
        at=NOW,
        about=about.id,
    )


def filled() -> Pair:
    """Return a group in which everything that is about a mentee carries their mark."""
    marked = [r for m in MENTEES for r in records(m.id, f"MARK-{m.id}").values()]
    kinds: tuple[AnswerKind, ...] = ("feedback", "daily_look", "note")
    marked += [_answer(kind, m) for m in MENTEES for kind in kinds]
    return pair(*marked, seats=SEATS)


@pytest.mark.parametrize("viewer", [*MENTEES, PETER, PETRA, BREDA], ids=lambda p: p.id)
def test_no_word_and_no_home_shows_another_ones(viewer: Person) -> None:
    """Every command, with and without a name, and the home: one's own, and that of those one leads; the plan is shared."""
    whole = filled()
    live = Live(whole, lists(), NOW)
    desk = Desk(me=viewer, scenes=(live.scene(viewer),), now=NOW)
    shown = [home(desk)] if viewer is not BREDA else []
    for command in COMMANDS.values():
        shown += [command.run(desk, text) for text in ("", "Ana", "Bor", "Cene")]
    own = {m.id for m in MENTEES if m.id in (viewer.id, LEADS.get(viewer.id))}
    marks = {f"MARK-{m.id}" for m in MENTEES if f"MARK-{m.id}" in repr(shown)}

    assert {f"MARK-{o}" for o in own} == marks
    lists_shown = {m.name for m in MENTEES if f"PersonName(name='{m.name}'" in repr(_documents(live, viewer))}
    assert lists_shown <= {m.name for m in MENTEES if m.id in own}


def _documents(live: Live, viewer: Person) -> Card:
    from flows.home_sections import documents

    return documents(live.scene(viewer))


@pytest.mark.parametrize("viewer", [*MENTEES, PETER, PETRA], ids=lambda p: p.id)
def test_no_press_with_anothers_ref_opens_what_is_theirs(viewer: Person) -> None:
    """A ref that names another one's digest, feedback, task or goal leads to one's own, or to nothing."""
    own = {m.id for m in MENTEES if m.id in (viewer.id, LEADS.get(viewer.id))}
    for other in (m for m in MENTEES if m.id not in own):
        live = Live(filled(), lists(), NOW)
        before = live.pair
        replies = [
            live.press(viewer, verb, ref, value)
            for verb, ref, value in (
                ("heads.what", f"passed:e1/digest/2027-W10.{other.id}", ""),
                ("heads.what", f"passed:e1/digest/closing.{other.id}", ""),
                ("feedback.read", f"step:e1/feedback/2027-W10.{other.id}/matej", ""),
                ("task.move", f"task:e1/task/{other.id}", "done"),
                ("goal.edit", f"goal:e1/goal/{other.id}", ""),
                ("goal.drop", f"goal:e1/goal/{other.id}", ""),
                ("goal.progress", f"goal:e1/goal/{other.id}", "1"),
            )
        ]

        assert f"MARK-{other.id}" not in repr(replies)
        assert before == live.pair


def test_the_bot_itself_sees_all_that_is_open() -> None:
    """Signals and digests are made of the whole group."""
    assert filled().passed == for_the_bot(filled()).passed
