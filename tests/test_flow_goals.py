"""Goals that move in one tap, and the plan that is ticked off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.content import Actions, Button, Card, Checklist, DateField, Progress, Text
from bot.facts import Goal, PlanItem, StepState
from bot.i18n import Reader, plain_words
from bot.outcome import CloseForm, FixForm, Note, ReplaceCard, Reply, ShowCard, ShowForm
from flows.lines import goal_bar
from flows.programme import Step, When
from tests.live import Live
from tests.scenes import ANA, BREDA, IRENA, MATEJ, PETER, at, pair, person, programme

NOW = at("2027-02-02", 9)
HERE = "enrolment:e1"
CALLS = Goal(
    id="e1/goal/1", enrolment="e1", title="Calls", period="", target=5, value=2, unit="customer calls"
)
BOOK = PlanItem(id="e1/plan/1", enrolment="e1", period="", text="Read the handbook", owner="ana")
REVIEW = Step(
    id="review", phase="phase", kind="review", who=("coordinator",), when=When(month=3, day=-1), title=(("en", "Review"),),
    shared=True,
)  # fmt: skip
GOALS = Step(
    id="goals", phase="phase", kind="goals", who=("mentee",), when=When(month=2, day=2), title=(("en", "Your goals"),),
    text=(("", (("en", "At most three."),)),), options=(("goals_due", "review"),),
)  # fmt: skip


def live(*records: object, **more: object) -> Live:
    """Return a living pair with a step that asks for goals."""
    return Live(pair(*records, **more), programme(GOALS, REVIEW), NOW)  # type: ignore[arg-type]


def card_of(reply: Reply) -> Card:
    """Return the card in a reply."""
    assert isinstance(reply, ReplaceCard | ShowCard | CloseForm)
    assert reply.card is not None
    return reply.card


def bars(card: Card) -> list[tuple[str, float, float, str]]:
    """Return a card's bars as (label, done, total, unit)."""
    return [
        (plain_words(b.label, "en", "UTC"), b.done, b.total, b.unit)
        for b in card.blocks
        if isinstance(b, Progress)
    ]


def moves(card: Card) -> list[Button]:
    """Return the buttons under the bars."""
    return [
        b
        for block in card.blocks
        if isinstance(block, Actions)
        for b in block.buttons
        if isinstance(b, Button)
    ]


def note_of(reply: Reply) -> str:
    """Return the line a form ends with."""
    assert isinstance(reply, CloseForm | Note)
    words = reply.note if isinstance(reply, CloseForm) else reply.words
    assert words is not None
    return plain_words(words, "en", "UTC")


# --- setting ---------------------------------------------------------------------------------------


def test_a_goal_is_set_with_baseline_target_unit_and_date():
    """A goal keeps its number, unit and day, and is shown as a bar."""
    room = live()
    reply = room.submit(
        ANA, "goal.add", HERE, title="Lead calls", baseline="1", target="5", unit="calls", due="2027-03-31"
    )
    goal = room.pair.goals[0]
    assert ("e1/goal/1", 1.0, 5.0, 1.0, "calls", date(2027, 3, 31), "ana") == (
        goal.id, goal.baseline, goal.target, goal.value, goal.unit, goal.due, goal.by,
    )  # fmt: skip
    assert 1 == len(bars(card_of(reply)))


def test_a_vague_goal_is_kept_with_a_hint():
    """A goal without number and unit is not refused; a friendly line says what would help."""
    room = live()
    reply = room.submit(ANA, "goal.add", HERE, title="More confidence")
    assert ["More confidence"] == [g.title for g in room.pair.goals]
    assert "A number would show how far it is" in note_of(reply)
    assert "Kept." == note_of(room.submit(ANA, "goal.add", HERE, title="Calls", target="5", unit="calls"))


def test_at_most_three_goals_are_open():
    """A fourth goal is not stored; one that was dropped makes room again."""
    room = live()
    for n in range(4):
        reply = room.submit(ANA, "goal.add", HERE, title=f"Goal {n}", target="5")
    assert 3 == len(room.pair.goals)
    assert "Three goals are open already" in note_of(reply)
    assert isinstance(room.press(ANA, "goal.new", HERE), Note)
    room.press(ANA, "goal.drop", "goal:e1/goal/2")
    room.submit(ANA, "goal.add", HERE, title="Goal 4", target="5")
    assert ["e1/goal/1", "e1/goal/2", "e1/goal/3", "e1/goal/4"] == sorted(g.id for g in room.pair.goals)


def test_the_same_goal_sent_twice_is_one():
    """Sending the form twice makes one goal."""
    room = live()
    for _ in range(2):
        room.submit(ANA, "goal.add", HERE, title="Calls", target="5", unit="calls")
    assert 1 == len(room.pair.goals)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target", "many"), ("target", "nan"), ("target", "1e400"), ("baseline", "x"), ("due", "soon"), ("due", "2026-01-01"),
        ("title", "  "), ("target", "0"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_asked_again_by_field(field: str, value: str):
    """A wrong number or day, or no title, is named at its field and nothing is stored."""
    room = live()
    values = {"title": "Calls", "target": "5", "baseline": "0", "due": "2027-03-31", field: value}
    reply = room.submit(ANA, "goal.add", HERE, **values)
    assert isinstance(reply, FixForm)
    assert [field] == list(reply.errors)
    assert () == room.pair.goals


def test_a_comma_is_a_decimal_point():
    """A number may be written with a comma."""
    room = live()
    room.submit(ANA, "goal.add", HERE, title="Hours", target="2,5")
    assert 2.5 == room.pair.goals[0].target


def test_a_goal_can_be_changed():
    """The form shows what is known, and what is sent takes its place."""
    room = live(CALLS)
    form = room.press(MATEJ, "goal.edit", "goal:e1/goal/1")
    assert isinstance(form, ShowForm)
    assert ["Calls", "5", "customer calls", "0", "2", ""] == [f.initial for f in form.form.fields]
    room.submit(
        MATEJ,
        "goal.change",
        "goal:e1/goal/1",
        title="Calls",
        target="6",
        unit="calls",
        baseline="0",
        value="4",
    )
    goal = room.pair.goals[0]
    assert (6.0, 4.0, "calls") == (goal.target, goal.value, goal.unit)


@pytest.mark.parametrize("who", [PETER, BREDA, person("Vid")])
def test_head_and_director_set_no_goals(who: object):
    """Nobody but mentee, mentor and HR sets or moves a goal."""
    room = live(CALLS)
    room.submit(who, "goal.add", HERE, title="Mine")  # type: ignore[arg-type]
    room.press(who, "goal.progress", "goal:e1/goal/1", "5")  # type: ignore[arg-type]
    assert (CALLS,) == room.pair.goals


# --- moving ----------------------------------------------------------------------------------------


def test_one_tap_moves_the_bar():
    """“3 of 5 customer calls”: one tap under the bar moves it by one, and pressing it twice moves it once."""
    room = live(CALLS)
    card = card_of(room.command(ANA, "goals"))
    up = moves(card)[0]
    for _ in range(2):
        card = card_of(room.press(ANA, up.verb, up.ref, up.value))
    assert [("Calls", 3.0, 5.0, "customer calls")] == bars(card)


def test_a_goal_at_its_target_is_reached_and_can_fall_back():
    """Reaching the number marks the goal reached; correcting it opens the goal again."""
    room = live(CALLS)
    room.press(ANA, "goal.progress", "goal:e1/goal/1", "5")
    assert "reached" == room.pair.goals[0].state
    room.press(ANA, "goal.progress", "goal:e1/goal/1", "4")
    assert "open" == room.pair.goals[0].state


def test_a_goal_may_go_down():
    """A goal from 10 errors to 4 moves downwards and is reached at 4."""
    room = live(replace(CALLS, title="Errors", baseline=10, target=4, value=10, unit="errors"))
    up = moves(card_of(room.command(ANA, "goals")))[0]
    assert "9" == up.value
    card = card_of(room.press(ANA, up.verb, up.ref, "7"))
    assert [("Errors: now 7 errors, from 10 to 4", 3.0, 6.0, "")] == bars(card)
    room.press(ANA, up.verb, up.ref, "4")
    assert "reached" == room.pair.goals[0].state


def test_a_closed_goal_does_not_move():
    """A goal that was rated at a review stays as it is."""
    rated = replace(CALLS, state="rated")
    room = live(rated)
    room.press(ANA, "goal.progress", "goal:e1/goal/1", "5")
    room.press(ANA, "goal.drop", "goal:e1/goal/1")
    assert (rated,) == room.pair.goals


# --- the step that asks ----------------------------------------------------------------------------


def test_the_step_asks_the_mentee_and_the_first_goal_ends_it():
    """The step sends its card to the mentee, offers the review's day as the goal's, and is done with the first goal."""
    room = live(
        StepState(
            id="e1/review/once/all", enrolment="e1", step="review", occurrence="once", person="", state="done"
        )
    )
    room.look(at("2027-02-12", 9))
    assert ["ana"] == [s.to for s in room.sends.values() if s.key == "e1/goals/once/ana:ana:open"]
    ref = "step:e1/goals/once"
    form = room.press(ANA, "goal.new", ref)
    assert isinstance(form, ShowForm)
    assert ["2027-04-09"] == [f.initial for f in form.form.fields if isinstance(f, DateField)]
    card = card_of(room.submit(ANA, "goal.add", ref, title="Calls", target="5", unit="calls"))
    assert "Your goals" == plain_words(card.title, "en", "UTC")
    assert ["done"] == [s.state for s in room.pair.steps if s.step == "goals"]


def test_the_step_can_be_left_without_a_goal():
    """“That is all” ends the step without a goal, and says so in its state."""
    room = live()
    room.look(at("2027-02-12", 9))
    room.press(ANA, "goal.enough", "step:e1/goals/once")
    assert [("skipped", "person")] == [(s.state, s.why) for s in room.pair.steps if s.step == "goals"]


# --- the plan --------------------------------------------------------------------------------------


def test_the_plan_is_ticked_off_by_mentee_and_mentor():
    """A line is ticked and opened again; the button says which, so that a second press changes nothing."""
    room = live(BOOK)
    card = card_of(room.command(MATEJ, "plan"))
    item = next(b for b in card.blocks if isinstance(b, Checklist)).items[0]
    assert ("plan.tick", "plan:e1/plan/1", "done") == (item.verb, item.ref, item.value)
    for _ in range(2):
        room.press(MATEJ, item.verb, item.ref, item.value)
    assert "done" == room.pair.plan[0].state
    room.press(ANA, item.verb, item.ref, "open")
    assert "open" == room.pair.plan[0].state


@pytest.mark.parametrize("who", [PETER, IRENA])
def test_others_see_the_plan_without_ticking(who: object):
    """The head reads the plan; neither head nor HR ticks it for the two."""
    room = live(BOOK)
    room.press(who, "plan.tick", "plan:e1/plan/1", "done")  # type: ignore[arg-type]
    assert "open" == room.pair.plan[0].state
    card = card_of(room.command(PETER, "plan"))
    assert [""] == [i.verb for b in card.blocks if isinstance(b, Checklist) for i in b.items]
    assert () == card.buttons


def test_a_line_has_what_who_and_when():
    """A new line keeps text, owner and day; the same open line twice is one."""
    room = live()
    for _ in range(2):
        card = card_of(room.submit(ANA, "plan.add", HERE, text="Meet sales", owner="matej", due="2027-02-05"))
    made = [(i.text, i.owner, i.due) for i in room.pair.plan]
    assert [("Meet sales", "matej", date(2027, 2, 5))] == made
    line = next(b for b in card.blocks if isinstance(b, Checklist)).items[0].label
    assert "Meet sales (Matej, by 5 Feb)" == plain_words(line, "en", "UTC")


def test_somebody_outside_the_pair_owns_no_line():
    """An owner who is not of the pair is replaced by the mentee."""
    room = live()
    room.submit(ANA, "plan.add", HERE, text="Meet sales", owner="breda")
    assert ["ana"] == [i.owner for i in room.pair.plan]


def test_a_long_plan_is_counted_not_cut_silently():
    """Of a plan with twelve lines eight are shown, and the card says that there are four more."""
    room = live(*(replace(BOOK, id=f"e1/plan/{n}", text=f"line {n}") for n in range(1, 13)))
    card = card_of(room.command(ANA, "plan"))
    assert 8 == sum(len(b.items) for b in card.blocks if isinstance(b, Checklist))
    assert ["and 4 more"] == [plain_words(b.words, "en", "UTC") for b in card.blocks if isinstance(b, Text)]


# --- several mentees -------------------------------------------------------------------------------

BOR = person("Bor")
GROUP = {"mentee": (ANA, BOR), "mentor": (MATEJ,), "head": (PETER,), "coordinator": (IRENA,)}


def test_in_a_group_each_mentee_has_three_goals_of_their_own():
    """What one set takes no room of another; one that the mentor set for all counts for everybody."""
    room = live(seats=GROUP)
    for n in (1, 2, 3):
        room.submit(ANA, "goal.add", HERE, title=f"Ana {n}", target="5")
    assert "Three goals are open already" in note_of(room.submit(ANA, "goal.add", HERE, title="Ana 4"))
    room.submit(BOR, "goal.add", HERE, title="Ana 1", target="2")
    room.submit(BOR, "goal.add", HERE, title="Bor 2", target="2")
    assert "Three goals are open already" in note_of(room.submit(MATEJ, "goal.add", HERE, title="For all"))
    room.press(ANA, "goal.drop", "goal:e1/goal/3")
    room.submit(MATEJ, "goal.add", HERE, title="For all", target="2")
    assert "Three goals are open already" in note_of(room.submit(BOR, "goal.add", HERE, title="Bor 3"))

    assert ["ana", "ana", "ana", "bor", "bor", "matej"] == sorted(g.by for g in room.pair.goals)


def test_in_a_group_a_card_shows_ones_own_and_the_mentor_reads_whose_each_is():
    """A mentee moves and changes no goal of another one."""
    mine, theirs = replace(CALLS, by="ana"), replace(CALLS, id="e1/goal/2", title="Reports", by="bor")
    room = live(mine, theirs, replace(CALLS, id="e1/goal/3", title="Together", by="matej"), seats=GROUP)
    shown = {who: card_of(room.command(who, "goals")) for who in (ANA, BOR, MATEJ)}

    assert {"ana": 2, "bor": 2, "matej": 3} == {who.id: len(bars(card)) for who, card in shown.items()}
    owners = [plain_words(b.words, "en", "UTC") for b in shown[MATEJ].blocks if isinstance(b, Text)]
    assert ["Ana:", "Bor:"] == owners
    before = room.pair
    for verb in ("goal.progress", "goal.drop", "goal.edit"):
        assert isinstance(room.press(BOR, verb, "goal:e1/goal/1", "3"), Note)
    assert before == room.pair


def test_a_goal_that_does_not_begin_at_nothing_says_from_where_to_where() -> None:
    """With its unit where it has one, and without a gap where it has none."""
    down = replace(CALLS, baseline=5, target=1, value=3, unit="days")

    reader = Reader("en", "UTC")

    assert "Calls: now 3 days, from 5 to 1" == reader.text(goal_bar(down).label)
    assert "Calls: now 3, from 5 to 1" == reader.text(goal_bar(replace(down, unit="")).label)
