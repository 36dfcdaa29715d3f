"""What may be added to a check-in: goal progress, words for whom one likes, and the private list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.content import (
    Audience,
    Card,
    Choice,
    ChoiceField,
    Form,
    PersonName,
    Role,
    Say,
    Text,
    TextField,
    UserText,
    say,
)
from bot.events import Submitted
from bot.facts import AnswerKind, Goal, Person, StepState
from bot.outcome import Change, CloseForm, FixForm, Note, Outcome, Put, Send, ShowForm
from flows.checkin_card import NEEDS, SEEN_BY, card, ticks, week_number
from flows.goal_form import number_in
from flows.kinds import Act, Verb
from flows.lines import is_reached, open_goals
from flows.programme import Step
from flows.scene import Scene
from flows.stepping import travelling
from flows.taken import GOT_LATE, answered, answers_to, late

_READERS: tuple[Role, ...] = ("coordinator", "mentor")
_PATIENCE = 8  # working hours that words may wait for another message


def more(scene: Scene, event: Act) -> Outcome:
    """Open the optional rest, as it was left."""
    step, state = scene.mine(event.ref)
    if state is None or late(scene, state):
        return Outcome(reply=Note(GOT_LATE))
    known = {a.field: a for a in answers_to(scene, state)}
    words = TextField(
        key="words",
        label=say("Anything you want to say"),
        seen_by=("author",),
        hint=say("Sent to those you tick below, and seen by nobody else."),
        long=True,
        initial=known["words"].value if "words" in known else "",
    )
    readers = tuple(Choice(_who(scene, role), role) for role in _READERS if _people(scene, role))
    before = known["words"].seen_by if "words" in known else ()
    chosen = ChoiceField(
        key="readers",
        label=say("Who may read these words"),
        seen_by=("author",),
        options=readers,
        several=True,
        initial=tuple(r.value for r in readers if r.value in before),
    )
    ticked = known["ticks"].value.split(",") if "ticks" in known else []
    listed = ChoiceField(
        key="ticks",
        label=say("Is any of this getting in the way?"),
        seen_by=SEEN_BY,
        options=tuple(Choice(label, key) for key, label in ticks(step)),
        several=True,
        initial=tuple(v for v in ticked if v),
    )
    goals = (_goal_field(goal) for goal in own_goals(scene))
    form = Form(
        title=say("Week {week}", week=week_number(scene, state.occurrence)),
        verb="checkin.tell",
        ref=event.ref,
        fields=(*goals, words, chosen, *((listed,) if listed.options else ())),
    )
    return Outcome(reply=ShowForm(form))


def _people(scene: Scene, role: Role) -> tuple[Person, ...]:
    """Return who reads words that are meant for a role: for HR the one who answers now, if not of the pair."""
    if role != "coordinator":
        return scene.pair.seated(role)
    reader = scene.confidant(scene.actor)
    return (reader,) if reader is not None else ()


def _who(scene: Scene, role: Role) -> Say:
    people = _people(scene, role)
    if role == "coordinator":
        return say("HR: {name}", name=PersonName(people[0].name, people[0].id))
    return say("{name}", name=UserText(", ".join(p.name for p in people)))


def own_goals(scene: Scene) -> tuple[Goal, ...]:
    """Return the goals the actor works on: where there are several mentees, none of another one."""
    others = {p.id for p in scene.pair.seated("mentee")} - {scene.actor.id}
    return tuple(goal for goal in open_goals(scene) if goal.by not in others)


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


# --- keeping ---------------------------------------------------------------------------------------


def tell(scene: Scene, event: Act) -> Outcome:
    """Store what was added; numbers that are none are asked again, and nothing is lost."""
    assert isinstance(event, Submitted)
    step, state = scene.mine(event.ref)
    if state is None or late(scene, state):
        return Outcome(reply=CloseForm(GOT_LATE))
    errors: dict[str, Say] = {}
    changes: list[Change] = []
    for goal in own_goals(scene):
        typed = str(event.values.get(f"goal:{goal.id}", "")).strip()
        value = number_in(typed) if typed else goal.value
        if value is None:
            errors[f"goal:{goal.id}"] = say(
                "Please give a number, such as {example}.", example=f"{goal.target:g}"
            )
        elif value != goal.value:
            moved = replace(goal, value=value)
            changes.append(Put(replace(moved, state="reached" if is_reached(moved) else "open")))
    if errors:
        return Outcome(reply=FixForm(errors))
    told, sends = _told(scene, step, state, event)
    after = scene.after((*changes, *told))
    return Outcome(
        reply=CloseForm(say("Thank you. It is kept."), card=card(after, state)),
        changes=(*changes, *told),
        sends=sends,
    )


def _told(
    scene: Scene, step: Step, state: StepState, event: Submitted
) -> tuple[tuple[Change, ...], tuple[Send, ...]]:
    """Return the words and the private ticks, and who gets the words; what was never given stays so."""
    known = {a.field: a for a in answers_to(scene, state)}
    words = str(event.values.get("words", "")).strip()
    readers = tuple(r for r in _READERS if words and r in _several(event, "readers"))
    ticked = ",".join(key for key, _ in ticks(step) if key in _several(event, "ticks"))
    kept: tuple[tuple[str, AnswerKind, str, Audience], ...] = (
        ("words", "checkin_words", words, ("author", *readers)),
        ("ticks", "private", ticked, SEEN_BY),
    )
    changes = tuple(
        Put(answered(scene, state, field, kind, value, seen))
        for field, kind, value, seen in kept
        if value or field in known
    )
    before = known.get("words")
    if before is None:
        return changes, tuple(s for r in readers for s in _passed_on(scene, state, r, words))
    if (before.value, before.seen_by) == (words, ("author", *readers)):
        return changes, ()
    sends = [s for r in readers for s in _passed_on(scene, state, r, words, event.key)]
    taken_back = [r for r in _READERS if r in before.seen_by and r not in readers]
    sends += [s for r in taken_back for s in _passed_on(scene, state, r, "", event.key)]
    return changes, tuple(sends)


def _passed_on(scene: Scene, state: StepState, role: Role, words: str, changed: str = "") -> Iterator[Send]:
    """Return the message that brings the words to their readers; words that were changed take its place."""
    me, week = scene.actor, week_number(scene, state.occurrence)
    title = say("From {person}, week {week}", person=PersonName(me.name, me.id), week=week)
    text = say("“{words}”", words=UserText(words)) if words else say("These words were taken back.")
    for reader in _people(scene, role):
        first = Send(
            to=reader.id,
            content=Card(title, (Text(text),)),
            key=f"{state.id}:{reader.id}:words",
            kind="info",
            not_before=scene.at_work(reader),
            enrolment=scene.id,
        )
        if words:
            yield travelling(scene, first, reader, _PATIENCE)
        if changed:
            renewed = replace(first, key=f"{first.key}:{changed}", kind="update", replaces=first.key)
            yield replace(renewed, not_before=scene.now)


def _several(event: Submitted, key: str) -> tuple[str, ...]:
    picked = event.values.get(key, ())
    return (picked,) if isinstance(picked, str) else tuple(picked)


VERBS = {
    "checkin.more": Verb(run=more, roles=("mentee",), needs=NEEDS),
    "checkin.tell": Verb(run=tell, roles=("mentee",), needs=NEEDS),
}
