"""Notes and questions of the head to the mentor or to HR, and what comes back; read by the two of them alone."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from bot.content import (
    Audience,
    Button,
    Card,
    Choice,
    ChoiceField,
    Form,
    PersonName,
    Role,
    Text,
    TextField,
    UserText,
    say,
)
from bot.events import Submitted
from bot.facts import Note as HeadNote
from bot.facts import Person
from bot.outcome import CloseForm, FixForm, Note, Outcome, Put, ReplaceCard, Send, ShowForm
from flows.kinds import Act, Verb
from flows.scene import Scene, record_of
from flows.stepping import travelling

NEEDS = ("notes",)
_PATIENCE = 32  # working hours that a note may wait: until the mentor is asked for the next two lines
_ASKS_PATIENCE = 8  # a question is waited for, and HR is not asked for anything each week
QUESTION = "question"
_MOST_MENTORS = 3  # buttons on one card


def write_buttons(scene: Scene, about: str) -> tuple[Button, ...]:
    """Return a button for each person whom the head may write to; who reads it is clear before a word is typed.

    `about` is what was passed on, as step and occurrence: `digest/2026-W05`.
    """
    return tuple(
        Button(
            say("Write to {person}", person=PersonName(p.name, p.id)),
            "heads.write",
            f"note:{scene.id}/{about}/{p.id}",
            opens_form=True,
        )
        for p in _readers(scene)
    )


def _readers(scene: Scene) -> tuple[Person, ...]:
    coordinator = scene.coordinator()
    mentors = scene.pair.seated("mentor")[:_MOST_MENTORS]
    return tuple(dict.fromkeys((*mentors, *((coordinator,) if coordinator else ()))))


def write(scene: Scene, event: Act) -> Outcome:
    """Open the form for a note or a question."""
    to = _reader(scene, event.ref)
    if to is None:
        return Outcome(reply=Note(say("They are no longer part of this pair. Please write to HR.")))
    text = TextField(
        key="text",
        label=say("Your words to {person}", person=PersonName(to.name, to.id)),
        seen_by=_seen_by(scene, to),
        long=True,
        required=True,
        most=1500,
    )
    what = ChoiceField(
        key="what",
        label=say("Is it a question?"),
        seen_by=_seen_by(scene, to),
        options=(Choice(say("A note, no answer needed"), "note"), Choice(say("A question"), QUESTION)),
        initial=("note",),
    )
    title = say("To {person}", person=PersonName(to.name, to.id))
    return Outcome(reply=ShowForm(Form(title=title, verb="heads.send", ref=event.ref, fields=(text, what))))


def _reader(scene: Scene, ref: str) -> Person | None:
    wanted = record_of(ref).rpartition("/")[2]
    reads: tuple[Role, ...] = ("mentor", "coordinator")
    return next((p for role in reads for p in scene.pair.seated(role) if p.id == wanted), None)


def _seen_by(scene: Scene, to: Person) -> Audience:
    return ("author", "mentor" if "mentor" in scene.pair.roles_of(to.id) else "coordinator")


def send(scene: Scene, event: Act) -> Outcome:
    """Keep what the head wrote and bring it to its reader."""
    assert isinstance(event, Submitted)
    to = _reader(scene, event.ref)
    text = str(event.values.get("text", "")).strip()
    if not text:
        return Outcome(reply=FixForm({"text": say("A few words are enough.")}))
    if to is None:
        return Outcome(reply=CloseForm(say("They are no longer part of this pair. Please write to HR.")))
    chosen = event.values.get("what", "note")
    asks = QUESTION in ((chosen,) if isinstance(chosen, str) else chosen)
    note = HeadNote(
        id=f"{scene.id}/note/{sha256(event.key.encode()).hexdigest()[:12]}",
        enrolment=scene.id,
        by=scene.actor.id,
        to=to.id,
        text=text,
        at=scene.now,
        answered_at=None if asks else scene.now,  # a note waits for nothing
    )
    name = PersonName(to.name, to.id)
    thanks = say("Sent. {person} reads it, and nobody else.", person=name)
    message = Send(
        to=to.id,
        content=note_card(scene, note),
        key=f"{note.id}:{to.id}",
        kind="invite" if asks else "info",
        not_before=scene.at_work(to),
        enrolment=scene.id,
    )
    mentors = "mentor" in scene.pair.roles_of(to.id)
    sent = travelling(scene, message, to, _PATIENCE if mentors and not asks else _ASKS_PATIENCE)
    return Outcome(reply=CloseForm(thanks), changes=(Put(note),), sends=(sent,))


def note_card(scene: Scene, note: HeadNote) -> Card:
    """Return what the reader sees, with the answer once there is one."""
    by, about = scene.pair.person(note.by), scene.named("mentee")
    head = PersonName(by.name, by.id)
    title = say("{head} asks about the work of {mentee}", head=head, mentee=about)
    if note.answered_at is not None and not note.answer:
        title = say("{head} on the work of {mentee}", head=head, mentee=about)
    words = Text(say("“{text}”", text=UserText(note.text)))
    if note.answer:
        answer = Text(say("Your answer: “{text}”", text=UserText(note.answer)))
        return Card(title, (words, answer))
    return Card(title, (words,), (Button(say("Answer"), "heads.answer", f"note:{note.id}", opens_form=True),))


def _note(scene: Scene, ref: str) -> HeadNote | None:
    found = next((n for n in scene.pair.notes if n.id == record_of(ref)), None)
    if found is None or scene.actor.id == found.by:
        return None
    mine = found.to == scene.actor.id
    steps_in = "coordinator" in scene.pair.roles_of(found.to) and "coordinator" in scene.pair.roles_of(
        scene.actor.id
    )
    return found if mine or steps_in else None


GONE = say("That note is for somebody else.")


def answer(scene: Scene, event: Act) -> Outcome:
    """Open the form for an answer."""
    note = _note(scene, event.ref)
    if note is None:
        return Outcome(reply=Note(GONE))
    if note.answer:
        return Outcome(reply=ReplaceCard(note_card(scene, note)))
    head = scene.pair.person(note.by)
    field = TextField(
        key="text",
        label=say("Your answer to {head}", head=PersonName(head.name, head.id)),
        seen_by=("author", "head"),
        long=True,
        required=True,
        most=1500,
    )
    form = Form(title=say("Answer"), verb="heads.answered", ref=event.ref, fields=(field,))
    return Outcome(reply=ShowForm(form))


def answered(scene: Scene, event: Act) -> Outcome:
    """Keep the answer and bring it to the head; the first one counts."""
    assert isinstance(event, Submitted)
    note = _note(scene, event.ref)
    if note is None:
        return Outcome(reply=CloseForm(GONE))
    text = str(event.values.get("text", "")).strip()
    if not text:
        return Outcome(reply=FixForm({"text": say("A few words are enough.")}))
    if note.answer:
        return Outcome(reply=CloseForm(say("It was answered already."), card=note_card(scene, note)))
    kept = replace(note, answer=text, answered_at=scene.now)
    head = scene.pair.person(note.by)
    me = PersonName(scene.actor.name, scene.actor.id)
    card = Card(
        say("{person} answers you", person=me),
        (
            Text(say("You wrote: “{text}”", text=UserText(note.text)), "quiet"),
            Text(say("“{text}”", text=UserText(text))),
        ),
    )
    message = Send(
        to=head.id,
        content=card,
        key=f"{note.id}:{head.id}:answer",
        kind="answer",
        not_before=scene.at_work(head),
        enrolment=scene.id,
    )
    thanks = say("Sent to {head}.", head=PersonName(head.name, head.id))
    return Outcome(
        reply=CloseForm(thanks, card=note_card(scene, kept)), changes=(Put(kept),), sends=(message,)
    )


VERBS = {
    "heads.write": Verb(run=write, roles=("head",), needs=NEEDS),
    "heads.send": Verb(run=send, roles=("head",), needs=NEEDS),
    "heads.answer": Verb(run=answer, roles=("mentor", "coordinator"), needs=NEEDS),
    "heads.answered": Verb(run=answered, roles=("mentor", "coordinator"), needs=NEEDS),
}
