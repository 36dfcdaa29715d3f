"""Lists to tick together: documents handed over, colleagues met. A tick survives everything."""

from __future__ import annotations

from dataclasses import replace

from bot.content import Card, Checklist, Item, Say, Text, say, told
from bot.events import Pressed
from bot.facts import StepState, Tick
from bot.outcome import Change, Note, Outcome, Put, ReplaceCard
from flows.kinds import Act, Kind, Verb
from flows.programme import Step
from flows.scene import Scene, ref_of
from flows.stepping import finished
from flows.taken import GOT_LATE
from flows.written import items

SEEN_BY = ("mentee", "mentor", "coordinator", "head")


def card(scene: Scene, state: StepState) -> Card:
    """Return the list with what is ticked."""
    step = scene.step_of(state)
    me = scene.pair.person(state.person) if state.person else scene.leader()
    lines = checklist(scene, step, ref_of(state))
    done = sum(1 for item in lines.items if item.done)
    count = Text(say("{done} of {all}", done=done, all=len(lines.items)), "quiet")
    return Card(scene.title(step), (Text(scene.words(step, me)), lines, count))


def checklist(scene: Scene, step: Step, ref: str) -> Checklist:
    """Return the lines; each can be ticked and unticked by anyone who holds the card."""
    ticked = {t.item for t in scene.pair.ticks if t.step == step.id and t.done_at is not None}
    lines = []
    for place, text in enumerate(items(step, "items"), 1):
        key = str(place)
        lines.append(Item(told(dict(text), **scene.names()), key in ticked, "checklist.tick", ref, key))
    return Checklist(tuple(lines))


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above a list that is shown again."""
    return say("A few lines are open. Tick what is done; leave the rest for later.")


def tick(scene: Scene, event: Act) -> Outcome:
    """Tick or untick a line; with the last one the step is done."""
    assert isinstance(event, Pressed)
    step, state = scene.mine(event.ref)
    lines = items(step, "items")
    if state is None or not event.value.isdigit() or not 1 <= int(event.value) <= len(lines):
        return Outcome(reply=Note(GOT_LATE))
    known = next((t for t in scene.pair.ticks if t.step == step.id and t.item == event.value), None)
    turned = not (known is not None and known.done_at is not None)
    fresh = Tick(
        id=f"{scene.id}/{step.id}/{event.value}",
        enrolment=scene.id,
        step=step.id,
        item=event.value,
        label=dict(lines[int(event.value) - 1]).get("en", lines[int(event.value) - 1][0][1]),
        done_at=scene.now if turned else None,
        done_by=scene.actor.id if turned else "",
    )
    after = scene.with_(fresh)
    changes: list[Change] = [Put(fresh)]
    shown = card(after, state)
    if all(item.done for block in shown.blocks if isinstance(block, Checklist) for item in block.items):
        changes += _finish_for_all(after, step, state)
    return Outcome(reply=ReplaceCard(shown), changes=tuple(changes))


def _finish_for_all(scene: Scene, step: Step, mine: StepState) -> list[Change]:
    """End the step for everybody who holds the list: it is one list."""
    same = [
        s
        for s in scene.pair.steps
        if s.step == step.id and s.occurrence == mine.occurrence and s.state == "open"
    ]
    return [finished(scene, replace(s)) for s in same]


KINDS = {"checklist": Kind(card=card, nudge=nudge)}
VERBS = {"checklist.tick": Verb(run=tick, roles=("mentee", "mentor"), needs=("steps", "ticks"))}
