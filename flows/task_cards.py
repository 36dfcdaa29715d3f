"""How a task reads on a card, alone and in the list, and whose it is."""

from __future__ import annotations

from bot.content import (
    Block,
    Button,
    Card,
    Checklist,
    Day,
    Item,
    PersonName,
    Say,
    Text,
    UserText,
    say,
)
from bot.facts import Person, StepState, Task
from flows.lines import place_of
from flows.scene import Scene, ref_of
from flows.taken import ended

NEEDS = ("steps", "tasks")
PATIENCE = 8  # working hours that the news of a task may wait for another message
_MOST_LINES = 10
STATES = ("open", "doing", "done", "dropped")


def _state(task: Task) -> Say:
    words = (say("not begun"), say("in work"), say("done"), say("no longer needed"))
    return words[STATES.index(task.state)]


def people_of(scene: Scene, task: Task) -> tuple[Person, ...]:
    """Return whose task it is: one mentee's, or that of all."""
    return tuple(p for p in scene.pair.seated("mentee") if task.about in ("", p.id))


def is_mine(scene: Scene, task: Task, me: Person) -> bool:
    """Tell whether a person may move a task: whose it is, and the mentors."""
    return me.id in {p.id for p in people_of(scene, task)} or "mentor" in scene.pair.roles_of(me.id)


# --- cards -----------------------------------------------------------------------------------------


def task_card(scene: Scene, task: Task, me: Person) -> Card:
    """Return a task as both see it; its state changes in one tap."""
    blocks: list[Block] = [Text(say("**{title}**", title=UserText(task.title)))]
    if task.about and len(scene.pair.seated("mentee")) > 1:
        about = scene.pair.person(task.about)
        blocks.append(Text(say("For {name}", name=PersonName(about.name, about.id)), "quiet"))
    if task.due:
        blocks.append(Text(say("Due {day}", day=Day(task.due)), "quiet"))
    blocks.append(Text(say("Now: {state}", state=_state(task)), "quiet"))
    title = say("A task to lead yourself") if task.independent else say("A task")
    return Card(title, tuple(blocks), _ways(scene, task, me))


def _ways(scene: Scene, task: Task, me: Person) -> tuple[Button, ...]:
    if not is_mine(scene, task, me) or ended(scene):
        return ()
    ref = f"task:{task.id}"
    ways = {"open": ("doing", "done"), "doing": ("done", "open"), "done": ("doing",), "dropped": ("open",)}
    labels = {"open": say("Not begun"), "doing": say("In work"), "done": say("Done")}
    buttons = [Button(labels[to], "task.move", ref, value=to) for to in ways[task.state]]
    if task.state in ("open", "doing") and "mentor" in scene.pair.roles_of(me.id):
        sure = say("Take this task off the list?")
        buttons.append(Button(say("No longer needed"), "task.move", ref, value="dropped", confirm=sure))
    return tuple(buttons)


def step_card(scene: Scene, state: StepState) -> Card:
    """Ask the mentor for the task, or show the one that was given."""
    step, about, me = scene.step_of(state), scene.about(state), scene.pair.person(state.person)
    given = given_at(scene, state)
    if state.state != "open" and given is not None:
        return task_card(scene, given, me)
    give = Button(say("Write the task"), "task.write", ref_of(state), style="primary", opens_form=True)
    return Card(scene.title(step, **about), (Text(scene.words(step, me, **about)),), (give,))


def given_at(scene: Scene, state: StepState) -> Task | None:
    """Return the task that ended a step: the one its person wrote at that moment."""
    mine = [t for t in scene.pair.tasks if t.by == state.done_by and t.at == state.done_at]
    return mine[-1] if mine and state.done_at is not None else None


def message_key(task: Task, to: Person) -> str:
    """Return the key of the message that brought a task to its mentee."""
    return f"{task.id}:{to.id}:new"


# --- the list --------------------------------------------------------------------------------------


def tasks_card(scene: Scene, me: Person) -> Card:
    """Return the tasks of a pair, each ticked off in one tap, and for the mentor a way to add one."""
    mentors = "mentor" in scene.pair.roles_of(me.id)
    mine = [t for t in scene.pair.tasks if t.state != "dropped"]
    if "mentee" in scene.pair.roles_of(me.id) and not mentors:
        mine = [t for t in mine if is_mine(scene, t, me)]
    shown = sorted(mine, key=lambda t: (t.state == "done", place_of(t)))[:_MOST_LINES]
    lines = tuple(_line(scene, t, me) for t in shown)
    blocks: tuple[Block, ...] = (Checklist(lines),) if lines else (Text(say("No task at the moment.")),)
    add = Button(say("Add a task"), "task.write", f"enrolment:{scene.id}", opens_form=True)
    return Card(say("Tasks"), blocks, (add,) if mentors and not ended(scene) else ())


def _line(scene: Scene, task: Task, me: Person) -> Item:
    done = task.state == "done"
    words = say("{title}", title=UserText(task.title))
    if task.due:
        words = say("{title}, due {day}", title=UserText(task.title), day=Day(task.due, "short"))
    if not is_mine(scene, task, me) or ended(scene):
        return Item(words, done)
    return Item(words, done, "task.move", f"task:{task.id}", "list:open" if done else "list:done")
