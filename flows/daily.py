"""The mentor's daily look in week 1: one tap a day, a note if wanted (MISSION, phase 3)."""

from __future__ import annotations

from datetime import date

from bot.calendar import instant, local_date
from bot.content import Ask, Audience, Button, Card, Choice, Day, Form, Say, Text, TextField, say, told
from bot.events import Pressed, Submitted
from bot.facts import Answer, StepState
from bot.outcome import Change, CloseForm, Note, Outcome, Put, ReplaceCard, ShowForm
from flows.kinds import Act, Kind, Verb
from flows.scene import Scene, ref_of
from flows.stepping import finished
from flows.taken import GOT_LATE, answered, answers_to, late
from flows.timeline import end_of
from flows.written import rows, texts

# The mentee hears of the looks in the mentor's turn of the week-1 review, and is said so here (MISSION, who sees what).
SEEN_BY: Audience = ("author", "coordinator", "mentee")
NEEDS = ("steps", "answers")


def card(scene: Scene, state: StepState) -> Card:
    """Return the question of the day with what was tapped."""
    step, about = scene.step_of(state), scene.about(state)
    given = {a.field: a.value for a in answers_to(scene, state)}
    choices = tuple(Choice(told(dict(row.text)), row.id) for row in rows(step, "choices"))
    question = scene.told(texts(step, "question"), **about)
    ref = ref_of(state)
    ask = Ask(question, "daily.tap", ref, choices, SEEN_BY, chosen=given.get("look", ""))
    note = Button(
        say("Change the note") if given.get("note") else say("Add a note"),
        "daily.write",
        ref,
        opens_form=True,
    )
    title = scene.title(step, **about)
    if given.get("look"):
        return Card(title, (ask,), (note,))
    words = scene.words(step, scene.pair.person(state.person), **about)
    return Card(title, (Text(words, "quiet"), ask))


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above a daily look that is shown again."""
    if scene.step_of(state).when.every != "day":
        return say("The look is still open. One tap is enough.")
    day = Day(date.fromisoformat(state.occurrence.partition(".")[0]), "short")
    return say("The look at {day} is still open. One tap is enough.", day=day)


def tap(scene: Scene, event: Act) -> Outcome:
    """Keep the tap; whoever went home without one gives it on the next working day."""
    assert isinstance(event, Pressed)
    step, state = scene.mine(event.ref)
    if (
        state is None
        or _too_late(scene, state)
        or event.value not in {row.id for row in rows(step, "choices")}
    ):
        return Outcome(reply=Note(GOT_LATE))
    answer = _answer(scene, state, "look", event.value)
    changes: list[Change] = [Put(answer)]
    if state.state in ("open", "skipped"):
        changes.append(finished(scene, state))
    return Outcome(reply=ReplaceCard(card(scene.with_(answer), state)), changes=tuple(changes))


def _too_late(scene: Scene, state: StepState) -> bool:
    """Tell whether the next working day is over, too: by then nobody remembers what they saw."""
    person = scene.pair.person(state.person)
    end = end_of(scene, scene.step_of(state), state.occurrence, state.person)
    if end is None or scene.step_of(state).when.every != "day":
        return late(scene, state)
    return scene.now >= instant(local_date(end, person.zone), person.closes, person.zone)


def write(scene: Scene, event: Act) -> Outcome:
    """Open the note."""
    _, state = scene.mine(event.ref)
    if state is None or _too_late(scene, state):
        return Outcome(reply=Note(GOT_LATE))
    given = {a.field: a.value for a in answers_to(scene, state)}
    field = TextField(
        key="note",
        label=say("A word about today"),
        seen_by=SEEN_BY,
        long=True,
        most=500,
        initial=given.get("note", ""),
    )
    return Outcome(
        reply=ShowForm(Form(title=say("Today"), verb="daily.keep", ref=event.ref, fields=(field,)))
    )


def keep(scene: Scene, event: Act) -> Outcome:
    """Keep the note."""
    assert isinstance(event, Submitted)
    _, state = scene.mine(event.ref)
    if state is None or _too_late(scene, state):
        return Outcome(reply=CloseForm(GOT_LATE))
    note = str(event.values.get("note", "")).strip()
    if not note and not any(a.field == "note" for a in answers_to(scene, state)):
        return Outcome(reply=CloseForm(card=card(scene, state)))
    answer = _answer(scene, state, "note", note)
    return Outcome(
        reply=CloseForm(
            say("Kept for the review at the end of the week."), card=card(scene.with_(answer), state)
        ),
        changes=(Put(answer),),
    )


def _answer(scene: Scene, state: StepState, field: str, value: str) -> Answer:
    return answered(scene, state, field, "daily_look", value, SEEN_BY, state.occurrence.partition(".")[2])


KINDS = {"daily": Kind(card=card, nudge=nudge)}
VERBS = {
    "daily.tap": Verb(run=tap, roles=("mentor",), needs=NEEDS),
    "daily.write": Verb(run=write, roles=("mentor",), needs=NEEDS),
    "daily.keep": Verb(run=keep, roles=("mentor",), needs=NEEDS),
}
