"""Giving a task: one line, a day, and who is mainly responsible; whose it is sees it, with one tap a state."""

from __future__ import annotations

from dataclasses import replace

from bot.content import (
    Choice,
    ChoiceField,
    DateField,
    Field,
    Form,
    PersonName,
    Text,
    TextField,
    UserText,
    say,
)
from bot.events import Submitted
from bot.facts import Person, Task
from bot.outcome import Change, CloseForm, FixForm, Note, Outcome, Put, ReplaceCard, Send, ShowForm
from flows.goal_form import day_in
from flows.kinds import Act, Verb
from flows.lines import SEEN_BY, next_id
from flows.scene import Scene
from flows.stepping import finished, travelling
from flows.taken import ENDED, GOT_LATE, ended
from flows.task_cards import (
    NEEDS,
    PATIENCE,
    given_at,
    message_key,
    people_of,
    step_card,
    task_card,
    tasks_card,
)
from flows.written import flag


def write(scene: Scene, event: Act) -> Outcome:
    """Open the form for a new task; where the step has its task already, show that."""
    if ended(scene):
        return Outcome(reply=Note(ENDED))
    if event.ref.startswith("step:"):
        _, state = scene.mine(event.ref)
        if state is None:
            return Outcome(reply=Note(GOT_LATE))
        if state.state != "open" and given_at(scene, state) is not None:
            return Outcome(reply=ReplaceCard(step_card(scene, state)))
    return Outcome(reply=ShowForm(_form(event.ref, scene)))


def _form(ref: str, scene: Scene) -> Form:
    fields: list[Field] = [
        TextField(
            key="title",
            label=say("The task in one line"),
            seen_by=SEEN_BY,
            required=True,
            most=200,
            hint=say("For example: prepare the import of June's payments."),
        ),
        DateField(key="due", label=say("Done by"), seen_by=SEEN_BY),
    ]
    mentees, about = scene.pair.seated("mentee"), _about(scene, ref)
    if not about and len(mentees) > 1:
        options = tuple(Choice(say("{name}", name=PersonName(p.name, p.id)), p.id) for p in mentees)
        everybody = Choice(say("All of them"), "all")
        fields.append(
            ChoiceField(
                key="about", label=say("For whom?"), seen_by=SEEN_BY, options=(*options, everybody), required=True
            )
        )  # fmt: skip
    lead = (Choice(say("Whose task it is"), "yes"), Choice(say("We do it together"), "no"))
    alone = ref.startswith("step:") and flag(scene.mine(ref)[0], "independent")
    fields.append(
        ChoiceField(
            key="independent",
            label=say("Who is mainly responsible?"),
            seen_by=SEEN_BY,
            options=lead,
            initial=("yes",) if alone else ("no",),
        )
    )
    return Form(title=say("A task"), verb="task.keep", ref=ref, fields=tuple(fields), submit=say("Give"))


def _about(scene: Scene, ref: str) -> str:
    """Return the one mentee for whom a task is written here, "" where that is still to be said."""
    mentees = scene.pair.seated("mentee")
    asked = ref.partition(":")[2].split("/")[-1].partition(".")[2] if ref.startswith("step:") else ""
    return asked if any(p.id == asked for p in mentees) else mentees[0].id if len(mentees) == 1 else ""


def keep(scene: Scene, event: Act) -> Outcome:
    """Store a task and show it to its mentee; the same open task twice is one."""
    assert isinstance(event, Submitted)
    if ended(scene):
        return Outcome(reply=CloseForm(ENDED))
    typed = {k: (v if isinstance(v, str) else next(iter(v), "")).strip() for k, v in event.values.items()}
    due, wrong = day_in(scene, typed.get("due", ""))
    errors = {} if wrong is None else {"due": wrong}
    if not typed.get("title"):
        errors["title"] = say("One line is enough.")
    if errors:
        return Outcome(reply=FixForm(errors))
    picked = {p.id: p.id for p in scene.pair.seated("mentee")}.get(typed.get("about", ""), "")
    task = Task(
        id=next_id(scene, "task", scene.pair.tasks),
        enrolment=scene.id,
        title=typed["title"],
        due=due,
        independent=typed.get("independent") == "yes",
        about=_about(scene, event.ref) or picked,
        by=scene.actor.id,
        at=scene.now,
        changed_at=scene.now,
    )
    same = [t for t in scene.pair.tasks if _same(t, task)]
    if same:
        known = task_card(scene, same[0], scene.actor)
        return Outcome(reply=CloseForm(say("That task is on the list already."), card=known))
    return _given(scene, event, task)


def _same(one: Task, other: Task) -> bool:
    told = (one.title, one.due, one.about) == (other.title, other.due, other.about)
    return told and one.state in ("open", "doing")


def _given(scene: Scene, event: Submitted, task: Task) -> Outcome:
    changes: list[Change] = [Put(task)]
    after = scene.with_(task)
    card = tasks_card(after, scene.actor)
    if event.ref.startswith("step:"):
        _, state = scene.mine(event.ref)
        card = task_card(after, task, scene.actor)
        if state is not None and state.state == "open":
            changes.append(finished(scene, state))
    mentees = [p for p in people_of(scene, task) if p.id != scene.actor.id]
    note = say(
        "Given. It reaches {name} in working hours.", name=UserText(", ".join(p.name for p in mentees))
    )
    told = tuple(_tell(after, task, p) for p in mentees)
    return Outcome(reply=CloseForm(note, card=card), changes=tuple(changes), sends=told)


def _tell(scene: Scene, task: Task, to: Person) -> Send:
    card = task_card(scene, task, to)
    words = Text(say("From {name}:", name=PersonName(scene.actor.name, scene.actor.id)))
    send = Send(
        to=to.id,
        content=replace(card, blocks=(words, *card.blocks)),
        key=message_key(task, to),
        kind="info",
        not_before=scene.at_work(to),
        enrolment=scene.id,
    )
    return travelling(scene, send, to, PATIENCE)


VERBS = {
    "task.write": Verb(run=write, roles=("mentor",), needs=NEEDS),
    "task.keep": Verb(run=keep, roles=("mentor",), needs=NEEDS),
}
