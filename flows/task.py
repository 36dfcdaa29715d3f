"""Tasks from the mentor: title, due date, state; the first independent one is a step of its own (FEATURES P10)."""

from __future__ import annotations

from dataclasses import replace

from bot.content import Card, PersonName, Role, Say, Text, UserText, say
from bot.events import Pressed
from bot.facts import Person, StepState, Task
from bot.outcome import Note, Outcome, Put, ReplaceCard, Send, ShowCard
from flows.kinds import Act, Command, Kind, Verb
from flows.lines import of_pairs
from flows.scene import Desk, Scene, record_of
from flows.stepping import travelling
from flows.taken import ENDED, GOT_LATE, ended
from flows.task_cards import (
    NEEDS,
    PATIENCE,
    STATES,
    is_mine,
    message_key,
    people_of,
    step_card,
    task_card,
    tasks_card,
)
from flows.task_give import VERBS as GIVE_VERBS

PAIR: tuple[Role, ...] = ("mentee", "mentor")


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above a request for a task that is shown again."""
    return say("One line is enough: something small that is theirs from beginning to end.")


def move(scene: Scene, event: Act) -> Outcome:
    """Change a task's state; the other one's card follows, and the mentor hears of “done”."""
    assert isinstance(event, Pressed)
    task = next((t for t in scene.pair.tasks if t.id == record_of(event.ref)), None)
    on_list, to = event.value.startswith("list:"), event.value.removeprefix("list:")
    me = scene.actor
    if task is None or to not in STATES or not is_mine(scene, task, me):
        return Outcome(reply=Note(GOT_LATE))
    if ended(scene):
        return Outcome(reply=Note(ENDED))
    if to == "dropped" and "mentor" not in scene.pair.roles_of(me.id):
        return Outcome(reply=Note(say("The mentor takes tasks off the list. A word to them is enough.")))
    moved = replace(task, state=to, changed_at=scene.now)  # type: ignore[arg-type]
    after = scene.with_(moved)
    reply = ReplaceCard(tasks_card(after, me) if on_list else task_card(after, moved, me))
    if task.state == to:
        return Outcome(reply=reply)
    sends = [_renewed(after, moved, p, event) for p in people_of(scene, task) if p.id != me.id]
    if to == "done":
        sends += [_done(scene, moved, p) for p in scene.pair.seated("mentor") if p.id != me.id]
    return Outcome(reply=reply, changes=(Put(moved),), sends=tuple(sends))


def _renewed(scene: Scene, task: Task, to: Person, event: Act) -> Send:
    return Send(
        to=to.id,
        content=task_card(scene, task, to),
        key=f"{message_key(task, to)}:{event.key}",
        kind="update",
        not_before=scene.now,
        enrolment=scene.id,
        replaces=message_key(task, to),
    )


def _done(scene: Scene, task: Task, to: Person) -> Send:
    words = say(
        "{name} finished “{title}”.",
        name=PersonName(scene.actor.name, scene.actor.id),
        title=UserText(task.title),
    )
    send = Send(
        to=to.id,
        content=Card(say("A task is done"), (Text(words),)),
        key=f"{task.id}:{to.id}:done",
        kind="info",
        not_before=scene.at_work(to),
        enrolment=scene.id,
    )
    return travelling(scene, send, to, PATIENCE)


def command(desk: Desk, text: str) -> Outcome:
    """Show the tasks of each pair this person is in, or of the one named."""
    card = of_pairs(desk, text, say("Tasks"), lambda s: tasks_card(s, desk.me), PAIR)
    if card is None:
        return Outcome(reply=Note(say("You have no pair at the moment, so there are no tasks.")))
    return Outcome(reply=ShowCard(card))


KINDS = {"task": Kind(card=step_card, nudge=nudge)}
VERBS = {
    "task.move": Verb(run=move, roles=PAIR, needs=NEEDS),
    **GIVE_VERBS,
}
COMMANDS = {"tasks": Command(run=command, help=say("the tasks between you"), roles=PAIR, needs=NEEDS)}
