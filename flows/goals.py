"""Goals: at most three, measurable, moved along in one tap (FEATURES P9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.content import (
    Actions,
    Block,
    Button,
    Card,
    PersonName,
    Role,
    Say,
    Text,
    UserText,
    say,
)
from bot.events import Pressed, Submitted
from bot.facts import Goal, StepState
from bot.outcome import CloseForm, FixForm, Note, Outcome, Put, ReplaceCard, ShowCard, ShowForm
from flows.goal_form import goal_form, number_in, read
from flows.kinds import Act, Command, Kind, Verb
from flows.lines import MOST_GOALS, goal_bar, goals_of, is_reached, is_vague, next_id, of_pairs, open_goals
from flows.review_room import card_in, renewed, review_of
from flows.scene import Desk, Scene, record_of, ref_of
from flows.stepping import finished
from flows.taken import GOT_LATE
from flows.written import word

_MAY_SET: tuple[Role, ...] = ("mentee", "mentor", "coordinator")
FULL = say("Three goals are open already. Reach or drop one first; nothing was lost.")


# --- cards -----------------------------------------------------------------------------------------


def goals_card(scene: Scene, ref: str = "") -> Card:
    """Return the goals with their bars; one tap moves each, another opens it."""
    goals = goals_of(scene, scene.me) if scene.me is not None else open_goals(scene)
    may_set = scene.me is not None and bool(set(_MAY_SET) & set(scene.pair.roles_of(scene.me.id)))
    blocks: list[Block] = []
    of_several = {m.id: m for m in scene.pair.seated("mentee") if scene.me not in scene.pair.seated("mentee")}
    for goal in goals:
        if len(of_several) > 1 and goal.by in of_several:
            owner = of_several[goal.by]
            blocks.append(Text(say("{person}:", person=PersonName(owner.name, owner.id)), "quiet"))
        blocks.append(goal_bar(goal))
        if may_set:
            blocks.append(Actions(_moves(goal)))
    if not goals:
        blocks.append(
            Text(say("No goal yet. A good one has a number and a day: 5 customer calls by the end of March."))
        )
    if not may_set or _is_full(scene):
        return Card(say("Goals"), tuple(blocks))
    new = Button(say("Set a goal"), "goal.new", ref or f"enrolment:{scene.id}", opens_form=True)
    return Card(say("Goals"), tuple(blocks), (new,))


def _is_full(scene: Scene) -> bool:
    """Tell whether there is no room for one more: at most three for each mentee, and one set for all is everybody's."""
    mentees = scene.pair.seated("mentee")
    concerned = (scene.actor,) if scene.actor in mentees or not mentees else mentees
    return max(len(goals_of(scene, p)) for p in concerned) >= MOST_GOALS


def _moves(goal: Goal) -> tuple[Button, ...]:
    ref = f"goal:{goal.id}"
    step = 1 if goal.target >= goal.baseline else -1
    value = goal.value + step
    change = Button(say("Change"), "goal.edit", ref, opens_form=True)
    if is_reached(goal) or is_vague(goal):
        done = Button(say("Reached"), "goal.progress", ref, value=f"{goal.target:g}")
        return (change,) if is_reached(goal) else (done, change)
    up = Button(say("Now {value}", value=value), "goal.progress", ref, value=f"{value:g}")
    return (up, change)


def step_card(scene: Scene, state: StepState) -> Card:
    """Ask for the goals of the time to come."""
    step = scene.step_of(state)
    shown = goals_card(replace(scene, me=scene.me or scene.pair.person(state.person)), ref_of(state))
    words = scene.words(step, scene.pair.person(state.person)) if state.person else scene.words(step)
    enough = (Button(say("That is all"), "goal.enough", ref_of(state)),) if state.state == "open" else ()
    return Card(scene.title(step), (Text(words), *shown.blocks), (*shown.buttons, *enough))


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above a request for goals that is shown again."""
    return say("The goals are still open. One is enough, and it can be changed later.")


# --- the form --------------------------------------------------------------------------------------


def new(scene: Scene, event: Act) -> Outcome:
    """Open the form for a goal."""
    if _is_full(scene):
        return Outcome(reply=Note(FULL))
    due = _usual_due(scene, event.ref)
    blank = Goal(id="", enrolment=scene.id, title="", period="", due=due)
    return Outcome(reply=ShowForm(goal_form(blank, "goal.add", event.ref)))


def edit(scene: Scene, event: Act) -> Outcome:
    """Open the form with what a goal says now."""
    goal = _goal(scene, event.ref)
    if goal.state not in ("open", "reached"):
        return Outcome(reply=Note(say("That goal is closed: “{goal}”.", goal=UserText(goal.title))))
    return Outcome(reply=ShowForm(goal_form(goal, "goal.change", event.ref)))


def _usual_due(scene: Scene, ref: str) -> date | None:
    """Return the day of the review at which goals set now are rated, where the programme names it."""
    try:
        step = scene.step_named(ref.partition(":")[2].split("/", 2)[1])
        rated_at = word(step, "goals_due")
    except (LookupError, IndexError):
        return None
    return next((p.day for p in scene.plan().of_step.get(rated_at, ())), None)


def _goal(scene: Scene, ref: str) -> Goal:
    mentees = {m.id for m in scene.pair.seated("mentee")}
    others = mentees - {scene.actor.id} if scene.actor.id in mentees else frozenset()
    found = next((g for g in scene.pair.goals if g.id == record_of(ref) and g.by not in others), None)
    if found is None:
        raise LookupError(f"no goal {record_of(ref)}")
    return found


# --- keeping ---------------------------------------------------------------------------------------


def add(scene: Scene, event: Act) -> Outcome:
    """Keep a new goal; a vague one is kept too, with a hint."""
    assert isinstance(event, Submitted)
    blank = Goal(
        id="", enrolment=scene.id, title="", period=_period(event.ref), by=scene.actor.id, at=scene.now
    )
    goal, errors = read(scene, event, blank)
    if errors:
        return Outcome(reply=FixForm(errors))
    same = [g for g in goals_of(scene, scene.actor) if g.title == goal.title]
    if not same and _is_full(scene):
        return Outcome(reply=CloseForm(FULL))
    goal = replace(goal, id=same[0].id if same else next_id(scene, "goal", scene.pair.goals))
    return _kept(
        scene, event, goal if not same else replace(goal, value=same[0].value, ratings=same[0].ratings)
    )


def change(scene: Scene, event: Act) -> Outcome:
    """Keep what was changed; an empty title drops nothing and is asked again."""
    assert isinstance(event, Submitted)
    goal = _goal(scene, event.ref)
    if goal.state not in ("open", "reached"):
        return Outcome(reply=CloseForm(GOT_LATE))
    goal, errors = read(scene, event, goal)
    return Outcome(reply=FixForm(errors)) if errors else _kept(scene, event, goal)


def _period(ref: str) -> str:
    """Return the review or step in which a goal is set; "" where it came up in between."""
    return record_of(ref) if not ref.startswith("enrolment:") else ""


def _kept(scene: Scene, event: Submitted, goal: Goal) -> Outcome:
    changes = [Put(goal)]
    after = scene.with_(goal)
    if event.ref.startswith("step:"):
        _, state = scene.mine(event.ref)
        if state is not None and state.state == "open":
            changes.append(finished(scene, state))
            after = after.after(changes)
    note = say("Kept.")
    if is_vague(goal):
        note = say("Kept. A number would show how far it is: for example 5 customer calls by 31 March.")
    sends = renewed(after, event, but=scene.actor.id)
    return Outcome(reply=CloseForm(note, card=_shown(after, event.ref)), changes=tuple(changes), sends=sends)


def _shown(scene: Scene, ref: str) -> Card:
    """Return the card from which a goal was set, as it stands now."""
    if ref.startswith("review:"):
        return card_in(scene, review_of(scene, ref), scene.actor)
    if ref.startswith("step:"):
        _, state = scene.mine(ref)
        if state is not None:
            return step_card(scene, state)
    return goals_card(scene)


# --- moving ----------------------------------------------------------------------------------------


def progress(scene: Scene, event: Act) -> Outcome:
    """Set how far a goal is; the button carries the number, so pressing it twice changes nothing twice."""
    assert isinstance(event, Pressed)
    goal = _goal(scene, event.ref)
    value = number_in(event.value)
    if goal.state not in ("open", "reached") or value is None:
        return Outcome(reply=Note(say("That goal is closed: “{goal}”.", goal=UserText(goal.title))))
    moved = replace(goal, value=value)
    moved = replace(moved, state="reached" if is_reached(moved) else "open")
    return _moved(scene, event, moved)


def drop(scene: Scene, event: Act) -> Outcome:
    """Let a goal go; what was reached of it stays in the history."""
    goal = _goal(scene, event.ref)
    if goal.state not in ("open", "reached"):
        return Outcome(reply=ReplaceCard(goals_card(scene)))
    return _moved(scene, event, replace(goal, state="dropped"))


def _moved(scene: Scene, event: Act, goal: Goal) -> Outcome:
    after = scene.with_(goal)
    return Outcome(reply=ReplaceCard(goals_card(after)), changes=(Put(goal),), sends=renewed(after, event))


def enough(scene: Scene, event: Act) -> Outcome:
    """End the request for goals, with or without any."""
    _, state = scene.mine(event.ref)
    if state is None:
        return Outcome(reply=Note(GOT_LATE))
    done = finished(scene, state, why="" if goals_of(scene, scene.actor) else "person")
    changes = (done,) if state.state == "open" else ()
    return Outcome(reply=ReplaceCard(goals_card(scene)), changes=changes)


def command(desk: Desk, text: str) -> Outcome:
    """Show the goals of each pair this person has, or of the one named."""
    card = of_pairs(desk, text, say("Goals"), goals_card)
    if card is None:
        return Outcome(reply=Note(say("You have no pair at the moment, so there are no goals.")))
    return Outcome(reply=ShowCard(card))


KINDS = {"goals": Kind(card=step_card, nudge=nudge)}
VERBS = {
    "goal.new": Verb(run=new, roles=_MAY_SET),
    "goal.add": Verb(run=add, roles=_MAY_SET),
    "goal.edit": Verb(run=edit, roles=_MAY_SET),
    "goal.change": Verb(run=change, roles=_MAY_SET),
    "goal.progress": Verb(run=progress, roles=_MAY_SET),
    "goal.drop": Verb(run=drop, roles=_MAY_SET),
    "goal.enough": Verb(run=enough, roles=_MAY_SET),
}
COMMANDS = {
    "goals": Command(
        run=command,
        help=say("your goals, and how far they are"),
        roles=("mentee", "mentor", "head"),
        needs=("goals",),
    )
}
