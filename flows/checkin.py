"""The weekly check-in: three taps on the card itself; the rest behind one optional button (MISSION, weekly rhythm)."""

from __future__ import annotations

from dataclasses import replace

from bot.calendar import week_span
from bot.content import (
    Ask,
    Audience,
    Button,
    Card,
    Choice,
    ChoiceField,
    Form,
    PersonName,
    Say,
    TextField,
    UserText,
    say,
    told,
)
from bot.events import Pressed, Submitted
from bot.facts import Answer, AnswerKind, Goal, StepState
from bot.outcome import Change, CloseForm, FixForm, Note, Outcome, Put, ReplaceCard, ShowCard, ShowForm
from flows import survey
from flows.kinds import Act, Command, Kind, Verb
from flows.programme import Step
from flows.scene import Desk, Scene, programme_week, ref_of
from flows.stepping import finished
from flows.taken import GOT_LATE, answer_id, answers_to, late
from flows.written import rows

SEEN_BY: Audience = ("author", "coordinator")


def scale() -> tuple[Choice, ...]:
    """Return the five answers from no (1) to yes (5)."""
    return (
        Choice(say("no"), "1"),
        Choice(say("rather not"), "2"),
        Choice(say("partly"), "3"),
        Choice(say("mostly"), "4"),
        Choice(say("yes"), "5"),
    )


def questions(step: Step) -> tuple[tuple[str, Say], ...]:
    """Return the taps of a check-in as (id, words)."""
    return _listed(step, "questions")


def ticks(step: Step) -> tuple[tuple[str, Say], ...]:
    """Return the private list as (id, words)."""
    return _listed(step, "ticks")


def _listed(step: Step, option: str) -> tuple[tuple[str, Say], ...]:
    return tuple((row.id, told(dict(row.text))) for row in rows(step, option))


def week_number(scene: Scene, occurrence: str) -> int:
    """Return the programme's week, counted from the one that holds the start."""
    return programme_week(scene.pair.enrolment.start, week_span(occurrence.partition(".")[0]).first)


# --- the card --------------------------------------------------------------------------------------


def card(scene: Scene, state: StepState) -> Card:
    """Return the check-in as it stands: what was tapped, and the next question."""
    step = scene.step_of(state)
    given = {a.field: a.value for a in answers_to(scene, state) if a.kind == "checkin_scale"}
    ref = ref_of(state)
    asks = []
    for field, words in questions(step):
        asks.append(
            Ask(words, "checkin.tap", f"{ref}/{field}", scale(), SEEN_BY, chosen=given.get(field, ""))
        )
        if field not in given:
            break
    more = Button(say("Add something"), "checkin.more", ref, opens_form=True)
    week = week_number(scene, state.occurrence)
    if len(given) == len(questions(step)):
        folded = survey.extra_blocks(scene, state)
        return Card(say("Week {week}: thank you.", week=week), (*asks, *folded), (more,))
    skip = Button(say("Skip this week"), "checkin.skip", ref)
    return Card(say("Week {week}, three taps.", week=week), tuple(asks), (more, skip) if given else (skip,))


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above a check-in that is shown again."""
    week = week_number(scene, state.occurrence)
    return say(
        "Your three taps for week {week} are still open. Skip this week if it was a quiet one.", week=week
    )


# --- verbs -----------------------------------------------------------------------------------------


def tap(scene: Scene, event: Act) -> Outcome:
    """Store one tap and show the next question; a later tap on the same question changes it until the week is over."""
    assert isinstance(event, Pressed)
    ref, _, field = event.ref.rpartition("/")
    step, state = scene.mine(ref)
    if state is None or late(scene, state):
        return Outcome(reply=Note(GOT_LATE))
    if event.value not in {"1", "2", "3", "4", "5"} or field not in dict(questions(step)):
        return Outcome(reply=Note(say("That answer is not one of the five. Please tap again.")))
    answer = Answer(
        id=answer_id(state, scene.actor.id, field),
        enrolment=scene.id,
        step=state.step,
        occurrence=state.occurrence,
        person=scene.actor.id,
        field=field,
        kind="checkin_scale",
        value=event.value,
        seen_by=SEEN_BY,
        at=scene.now,
    )
    after = scene.with_(answer)
    changes: list[Change] = [Put(answer)]
    given = {a.field for a in answers_to(after, state) if a.kind == "checkin_scale"}
    if state.state == "open" and given >= set(dict(questions(step))):
        changes.append(finished(scene, state))
    return Outcome(reply=ReplaceCard(card(after, state)), changes=tuple(changes))


def skip(scene: Scene, event: Act) -> Outcome:
    """Let this week go, without a reason."""
    _, state = scene.mine(event.ref)
    if state is None or late(scene, state):
        return Outcome(reply=Note(GOT_LATE))
    done = Card(say("Week {week}: skipped. See you next week.", week=week_number(scene, state.occurrence)))
    if state.state != "open":
        return Outcome(reply=ReplaceCard(card(scene, state) if state.state == "done" else done))
    return Outcome(reply=ReplaceCard(done), changes=(finished(scene, state, why="person"),))


def more(scene: Scene, event: Act) -> Outcome:
    """Open the optional rest: goal progress, words, the private list."""
    step, state = scene.mine(event.ref)
    if state is None:
        return Outcome(reply=Note(GOT_LATE))
    given = {a.field: a.value for a in answers_to(scene, state)}
    fields = [_goal_field(goal) for goal in open_goals(scene)]
    fields.append(
        TextField(
            key="words",
            label=say("Anything you want to say"),
            seen_by=("author",),
            hint=say("Seen only by those you tick below."),
            long=True,
            initial=given.get("words", ""),
        )
    )
    readers = [Choice(say("HR"), "coordinator")]
    readers += [
        Choice(say("{name}", name=PersonName(p.name, p.id)), "mentor")
        for p in scene.pair.seated("mentor")[:1]
    ]
    choices = ChoiceField(
        key="readers",
        label=say("Who may read these words"),
        seen_by=("author",),
        options=tuple(readers),
        several=True,
    )
    private = tuple(Choice(words, key) for key, words in ticks(step))
    ticked = tuple(v for v in given.get("ticks", "").split(",") if v)
    listed = ChoiceField(
        key="ticks",
        label=say("Is any of this getting in the way?"),
        seen_by=("author", "coordinator"),
        options=private,
        several=True,
        initial=ticked,
    )
    form = Form(
        title=say("Week {week}", week=week_number(scene, state.occurrence)),
        verb="checkin.tell",
        ref=event.ref,
        fields=(*fields, choices, *((listed,) if private else ())),
    )
    return Outcome(reply=ShowForm(form))


def open_goals(scene: Scene) -> tuple[Goal, ...]:
    """Return the goals that are being worked on."""
    return tuple(sorted((g for g in scene.pair.goals if g.state == "open"), key=lambda g: g.id))


def _goal_field(goal: Goal) -> TextField:
    return TextField(
        key=f"goal:{goal.id}",
        label=say("{goal}: so far", goal=UserText(goal.title)),
        seen_by=("author", "mentor", "coordinator", "head"),
        hint=say(
            "{value} of {target} {unit}", value=goal.value, target=goal.target, unit=UserText(goal.unit)
        ),
        most=12,
        initial=f"{goal.value:g}",
    )


def tell(scene: Scene, event: Act) -> Outcome:
    """Store what was added; numbers that are none are asked again, and nothing is lost."""
    assert isinstance(event, Submitted)
    _, state = scene.mine(event.ref)
    if state is None:
        return Outcome(reply=CloseForm(GOT_LATE))
    errors: dict[str, Say] = {}
    changes: list[Change] = []
    for goal in open_goals(scene):
        typed = str(event.values.get(f"goal:{goal.id}", "")).strip().replace(",", ".")
        try:
            value = float(typed) if typed else goal.value
        except ValueError:
            errors[f"goal:{goal.id}"] = say(
                "Please give a number, such as {example}.", example=f"{goal.target:g}"
            )
            continue
        if value != goal.value:
            changes.append(Put(replace(goal, value=value)))
    if errors:
        return Outcome(reply=FixForm(errors))
    changes.extend(_words(scene, state, event))
    return Outcome(
        reply=CloseForm(say("Thank you. It is kept."), card=card(scene, state)), changes=tuple(changes)
    )


def _words(scene: Scene, state: StepState, event: Submitted) -> list[Change]:
    words = str(event.values.get("words", "")).strip()
    picked = event.values.get("ticks", ())
    ticked = (picked,) if isinstance(picked, str) else tuple(picked)
    chosen = event.values.get("readers", ())
    readers = (chosen,) if isinstance(chosen, str) else tuple(chosen)
    audience: Audience = ("author", *(r for r in ("mentor", "coordinator") if r in readers))
    changes: list[Change] = []
    known = {a.field: a for a in answers_to(scene, state)}
    kept: tuple[tuple[str, AnswerKind, str, Audience], ...] = (
        ("words", "checkin_words", words, audience),
        ("ticks", "private", ",".join(t for t in ticked if t), SEEN_BY),
    )
    for field, kind, value, seen in kept:
        if not value and field not in known:
            continue
        changes.append(
            Put(
                Answer(
                    id=answer_id(state, scene.actor.id, field),
                    enrolment=scene.id,
                    step=state.step,
                    occurrence=state.occurrence,
                    person=scene.actor.id,
                    field=field,
                    kind=kind,
                    value=value,
                    seen_by=seen,
                    at=scene.now,
                )
            )
        )
    return changes


KIND = Kind(card=card, nudge=nudge, yields_to_review=True)
KINDS = {"checkin": KIND}
NEEDS = ("steps", "answers", "goals")
VERBS = {
    "checkin.tap": Verb(run=tap, roles=("mentee",), needs=NEEDS),
    "checkin.skip": Verb(run=skip, roles=("mentee",), needs=NEEDS),
    "checkin.more": Verb(run=more, roles=("mentee",), needs=NEEDS),
    "checkin.tell": Verb(run=tell, roles=("mentee",), needs=NEEDS),
}


def command(desk: Desk, text: str) -> Outcome:
    """Show this week's check-in, if it is there."""
    for scene in desk.as_("mentee"):
        for state in scene.pair.steps:
            mine = state.person == desk.me.id and scene.step_of(state).kind == "checkin"
            if mine and not late(scene, state):
                return Outcome(reply=ShowCard(card(scene, state)))
    return Outcome(reply=Note(say("No check-in is open. It comes by itself, once a week.")))


COMMANDS = {
    "checkin": Command(run=command, help=say("this week's three taps"), roles=("mentee",), needs=NEEDS)
}
