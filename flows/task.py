"""Tasks from the mentor: title, due date, state; the first independent one is a step of its own (FEATURES P10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.content import (
    Audience,
    Block,
    Button,
    Card,
    Checklist,
    Choice,
    ChoiceField,
    DateField,
    Day,
    Form,
    Item,
    PersonName,
    Say,
    Text,
    TextField,
    UserText,
    say,
)
from bot.events import Pressed, Submitted
from bot.facts import Person, StepState, Task
from bot.outcome import Change, CloseForm, FixForm, Note, Outcome, Put, ReplaceCard, Send, ShowCard, ShowForm
from flows.kinds import Act, Command, Kind, Verb
from flows.scene import Desk, Scene, record_of, ref_of
from flows.stepping import finished, travelling
from flows.taken import GOT_LATE

SEEN_BY: Audience = ("mentee", "mentor", "coordinator", "head")
NEEDS = ("steps", "tasks")
_PATIENCE = 8  # working hours that news of a task may wait for another message
_WORDS: dict[str, Say] = {
    "open": say("not begun"),
    "doing": say("in work"),
    "done": say("done"),
    "dropped": say("dropped"),
}


def task_card(scene: Scene, task: Task) -> Card:
    """Return a task as both see it; its state changes in one tap."""
    blocks: list[Block] = [Text(say("{title}", title=UserText(task.title)))]
    if task.due:
        blocks.append(Text(say("Due {day}", day=Day(task.due)), "quiet"))
    blocks.append(Text(say("Now: {state}", state=_WORDS[task.state]), "quiet"))
    ref = f"task:{task.id}"
    ways = {"open": ("doing", "done"), "doing": ("done", "open"), "done": ("doing",), "dropped": ("open",)}
    labels = {"open": say("Not begun"), "doing": say("In work"), "done": say("Done")}
    buttons = tuple(Button(labels[to], "task.move", ref, value=to) for to in ways[task.state])
    title = say("A task to lead yourself") if task.independent else say("A task")
    return Card(title, tuple(blocks), buttons)


def step_card(scene: Scene, state: StepState) -> Card:
    """Ask the mentor for the task, or show the one there is."""
    step = scene.step_of(state)
    made = [t for t in scene.pair.tasks if t.independent]
    if made and state.state != "open":
        return task_card(scene, made[-1])
    ref = ref_of(state)
    give = Button(say("Write the task"), "task.write", ref, style="primary", opens_form=True)
    return Card(scene.title(step), (Text(scene.words(step, scene.pair.person(state.person))),), (give,))


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above a request for a task that is shown again."""
    return say("One line is enough: something small that is theirs from beginning to end.")


def write(scene: Scene, event: Act) -> Outcome:
    """Open the form for a new task."""
    return Outcome(reply=ShowForm(_form(event.ref, scene)))


def _form(ref: str, scene: Scene) -> Form:
    fields = (
        TextField(
            key="title",
            label=say("The task in one line"),
            seen_by=SEEN_BY,
            required=True,
            most=200,
            hint=say("For example: prepare the import of June's payments."),
        ),
        DateField(key="due", label=say("Done by"), seen_by=SEEN_BY),
        ChoiceField(
            key="independent",
            label=say("Who is mainly responsible?"),
            seen_by=SEEN_BY,
            options=(Choice(say("The mentee"), "yes"), Choice(say("We do it together"), "no")),
            initial=("yes",) if ref.startswith("step:") else ("no",),
        ),
    )
    return Form(title=say("A task"), verb="task.keep", ref=ref, fields=fields, submit=say("Give"))


def keep(scene: Scene, event: Act) -> Outcome:
    """Store a task and show it to the mentee."""
    assert isinstance(event, Submitted)
    title = str(event.values.get("title", "")).strip()
    due, wrong = _day(scene, str(event.values.get("due", "")).strip())
    errors: dict[str, Say] = {}
    if not title:
        errors["title"] = say("One line is enough.")
    if wrong is not None:
        errors["due"] = wrong
    if errors:
        return Outcome(reply=FixForm(errors))
    number = 1 + len(scene.pair.tasks)
    task = Task(
        id=f"{scene.id}/task/{number}",
        enrolment=scene.id,
        title=title,
        due=due,
        independent=event.values.get("independent") in ("yes", ("yes",)),
        by=scene.actor.id,
        at=scene.now,
        changed_at=scene.now,
    )
    changes: list[Change] = [Put(task)]
    card: Card | None = None
    if event.ref.startswith("step:"):
        _, state = scene.mine(event.ref)
        if state is not None:
            if state.state == "open":
                changes.append(finished(scene, state))
            card = task_card(scene, task)
    told = tuple(_tell(scene, task, p, "new") for p in scene.pair.seated("mentee") if p.id != scene.actor.id)
    return Outcome(
        reply=CloseForm(say("Given. They see it now."), card=card), changes=tuple(changes), sends=told
    )


def _day(scene: Scene, typed: str) -> tuple[date | None, Say | None]:
    if not typed:
        return None, None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None, say("Please give a day such as {example}.", example="2027-02-15")
    if day < scene.today(scene.actor):
        return None, say("That day is over. Pick today or a later one.")
    return day, None


def _tell(scene: Scene, task: Task, to: Person, what: str) -> Send:
    card = task_card(scene, task)
    if what == "new":
        words = say("From {name}:", name=PersonName(scene.actor.name, scene.actor.id))
        card = replace(card, blocks=(Text(words), *card.blocks))
    send = Send(
        to=to.id,
        content=card,
        key=f"{task.id}:{to.id}:{what}",
        kind="info",
        not_before=scene.at_work(to),
        enrolment=scene.id,
    )
    return travelling(scene, send, to, _PATIENCE)


def move(scene: Scene, event: Act) -> Outcome:
    """Change a task's state; the other one finds it on their home and hears only of “done”."""
    assert isinstance(event, Pressed)
    task = next((t for t in scene.pair.tasks if t.id == record_of(event.ref)), None)
    if task is None or event.value not in ("open", "doing", "done"):
        return Outcome(reply=Note(GOT_LATE))
    if task.state == event.value:
        return Outcome(reply=ReplaceCard(task_card(scene, task)))
    moved = replace(task, state=event.value, changed_at=scene.now)  # type: ignore[arg-type]
    sends: tuple[Send, ...] = ()
    if event.value == "done":
        sends = tuple(_done(scene, moved, p) for p in scene.partners(scene.actor) if p.id in _mentors(scene))
    return Outcome(reply=ReplaceCard(task_card(scene, moved)), changes=(Put(moved),), sends=sends)


def _mentors(scene: Scene) -> tuple[str, ...]:
    return tuple(p.id for p in scene.pair.seated("mentor"))


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
    return travelling(scene, send, to, _PATIENCE)


def tasks_card(scene: Scene, me: Person) -> Card:
    """Return all tasks of a pair, each ticked off in one tap, and for the mentor a way to add one."""
    shown = sorted(
        (t for t in scene.pair.tasks if t.state != "dropped"), key=lambda t: (t.state == "done", t.id)
    )
    lines = tuple(
        Item(
            _line(t), t.state == "done", "task.move", f"task:{t.id}", "open" if t.state == "done" else "done"
        )
        for t in shown[:10]
    )
    blocks: tuple[Block, ...] = (Checklist(lines),) if lines else (Text(say("No task at the moment.")),)
    add = Button(say("Add a task"), "task.write", f"enrolment:{scene.id}", opens_form=True)
    return Card(say("Tasks"), blocks, (add,) if "mentor" in scene.pair.roles_of(me.id) else ())


def _line(task: Task) -> Say:
    if task.due:
        return say("{title}, due {day}", title=UserText(task.title), day=Day(task.due, "short"))
    return say("{title}", title=UserText(task.title))


def command(desk: Desk, text: str) -> Outcome:
    """Show the tasks of the pair, or of the one named."""
    scenes = (*desk.as_("mentee"), *desk.as_("mentor"))
    if not scenes:
        return Outcome(reply=Note(say("You have no pair at the moment, so there are no tasks.")))
    wanted = next(
        (s for s in scenes if text and any(text.lower() in p.name.lower() for p in s.partners(desk.me))),
        scenes[0],
    )
    return Outcome(reply=ShowCard(tasks_card(wanted, desk.me)))


KINDS = {"task": Kind(card=step_card, nudge=nudge)}
VERBS = {
    "task.write": Verb(run=write, roles=("mentor",), needs=NEEDS),
    "task.keep": Verb(run=keep, roles=("mentor",), needs=NEEDS),
    "task.move": Verb(run=move, roles=("mentee", "mentor"), needs=NEEDS),
}
COMMANDS = {
    "tasks": Command(run=command, help=say("the tasks between you"), roles=("mentee", "mentor"), needs=NEEDS)
}
