"""One thing learned from each other, at the end: optional, one form each, delivered to whoever it is about."""

from __future__ import annotations

from bot.content import Audience, Card, Form, PersonName, Text, TextField, UserText, say
from bot.events import Submitted
from bot.facts import Answer, Person
from bot.outcome import CloseForm, FixForm, Note, Outcome, Put, Send, ShowForm
from flows.kinds import Act, Verb
from flows.programme import Step
from flows.scene import Scene
from flows.written import texts


def closing_step(scene: Scene) -> Step | None:
    """Return the programme's closing step, None where it has none."""
    return next((s for s in scene.programme.steps() if s.kind == "closing"), None)


def others(scene: Scene, me: Person) -> tuple[Person, ...]:
    """Return who may hear it: the mentors from a mentee, the mentees from a mentor, in a circle all others."""
    mentors, mentees = scene.pair.seated("mentor"), scene.pair.seated("mentee")
    others = mentees if "mentor" in scene.pair.roles_of(me.id) or not mentors else mentors
    return tuple(p for p in others if p.id != me.id)


def learned(scene: Scene, event: Act) -> Outcome:
    """Open the form for one thing learned from each other."""
    to = _unheard(scene)
    if not to:
        return Outcome(reply=Note(SENT_ALREADY))
    step = closing_step(scene)
    own = texts(step, "learned") if step else ()
    fields = tuple(
        TextField(
            key=p.id,
            label=scene.told(own)
            if own
            else say("One thing I learned from you, {person}", person=PersonName(p.name, p.id)),
            seen_by=_seen_by(scene, p),
            hint=say("To {person}; optional, and sent once.", person=PersonName(p.name, p.id)),
            long=True,
            most=500,
        )
        for p in to
    )
    return Outcome(
        reply=ShowForm(
            Form(title=say("One thing I learned"), verb="closing.tell", ref=event.ref, fields=fields)
        )
    )


SENT_ALREADY = say("It is sent already. Thank you.")


def _seen_by(scene: Scene, to: Person) -> Audience:
    return ("author", "mentor" if "mentor" in scene.pair.roles_of(to.id) else "mentee")


def _unheard(scene: Scene) -> tuple[Person, ...]:
    """Return who has not heard from the actor yet."""
    told_already = {a.about for a in scene.pair.answers if a.person == scene.actor.id and _is_learned(a)}
    return tuple(p for p in others(scene, scene.actor) if p.id not in told_already)


def _is_learned(answer: Answer) -> bool:
    return answer.kind == "note" and answer.field.startswith("learned:")


def tell(scene: Scene, event: Act) -> Outcome:
    """Bring each their one thing; what is left empty is not sent."""
    assert isinstance(event, Submitted)
    to = _unheard(scene)
    if not to:
        return Outcome(reply=CloseForm(SENT_ALREADY))
    typed = {p: str(event.values.get(p.id, "")).strip() for p in to}
    if not any(typed.values()):
        return Outcome(reply=FixForm({to[0].id: say("One line is enough; or simply close this.")}))
    answers = [_answer(scene, p, text) for p, text in typed.items() if text]
    names = UserText(", ".join(p.name for p, text in typed.items() if text))
    return Outcome(
        reply=CloseForm(say("Sent to {names}.", names=names)),
        changes=tuple(Put(a) for a in answers),
        sends=tuple(_bring(scene, a) for a in answers),
    )


def _answer(scene: Scene, to: Person, text: str) -> Answer:
    step = closing_step(scene)
    named = step.id if step else "closing"
    return Answer(
        id=f"{scene.id}/{named}/once/{scene.actor.id}/learned:{to.id}",
        enrolment=scene.id,
        step=named,
        occurrence="once",
        person=scene.actor.id,
        field=f"learned:{to.id}",
        kind="note",
        value=text,
        seen_by=_seen_by(scene, to),
        at=scene.now,
        about=to.id,
    )


def _bring(scene: Scene, answer: Answer) -> Send:
    to, me = scene.pair.person(answer.about), PersonName(scene.actor.name, scene.actor.id)
    words = Text(say("“{text}”", text=UserText(answer.value)))
    return Send(
        to=to.id,
        content=Card(say("One thing {person} learned from you", person=me), (words,), tone="warm"),
        key=answer.id,
        kind="info",
        not_before=scene.at_work(to),
        enrolment=scene.id,
    )


VERBS = {
    "closing.learned": Verb(run=learned, roles=("mentee", "mentor"), needs=("answers",)),
    "closing.tell": Verb(run=tell, roles=("mentee", "mentor"), needs=("answers",)),
}
