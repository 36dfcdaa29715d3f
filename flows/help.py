"""Help: from anyone, at any moment, in confidence; stored at once, never lost, outside every budget (FEATURES P12)."""

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
    Moment,
    PersonName,
    Say,
    TextField,
    say,
)
from bot.events import Submitted
from bot.facts import Person
from bot.outcome import CloseForm, FixForm, Note, Outcome, Reply, Send, ShowForm
from flows.kinds import EVERYONE, Act, Command, Verb
from flows.scene import Desk, Scene
from flows.stepping import open_case

SEEN_BY: Audience = ("author", "coordinator")
NEEDS = ("cases",)


def button(enrolment: str) -> Button:
    """Return the help button that every message and home carries."""
    return Button(say("Help"), "help.ask", f"help:{enrolment}", opens_form=True)


def with_help(card: Card, enrolment: str) -> Card:
    """Return the card with the help button last, once."""
    if not enrolment or any(isinstance(b, Button) and b.verb == "help.ask" for b in card.buttons):
        return card
    return replace(card, buttons=(*card.buttons, button(enrolment)))


def ask(scene: Scene, event: Act) -> Outcome:
    """Open the form; it says who will read it."""
    return Outcome(reply=_opened(scene))


def _opened(scene: Scene) -> Reply:
    reader = _reader(scene)
    if reader is None:
        return Note(say("There is no coordinator for this programme yet. Please turn to HR directly."))
    name = PersonName(reader.name, reader.id)
    others = scene.partners(scene.actor)
    intro = say("{name} from HR reads this, and nobody else.", name=name)
    if others:
        intro = say(
            "{name} from HR reads this; {other} does not see it.",
            name=name,
            other=PersonName(others[0].name, others[0].id),
        )
    words = TextField(
        key="words",
        label=say("What would help?"),
        seen_by=SEEN_BY,
        long=True,
        required=True,
        hint=say("About the tools, the programme, the two of you, or something personal."),
    )
    hurry = ChoiceField(
        key="hurry",
        label=say("Can it wait until working hours?"),
        seen_by=SEEN_BY,
        options=(Choice(say("Yes"), "no"), Choice(say("This cannot wait"), "yes")),
        initial=("no",),
    )
    tell = ChoiceField(
        key="tell",
        label=say("May the other one know that you asked?"),
        seen_by=SEEN_BY,
        options=(Choice(say("No"), "no"), Choice(say("Yes"), "yes")),
        initial=("no",),
    )
    fields = (words, hurry, *((tell,) if others else ()))
    return ShowForm(
        Form(
            title=say("Help"),
            verb="help.send",
            ref=f"help:{scene.id}",
            fields=fields,
            intro=intro,
            submit=say("Send"),
        )
    )


def _reader(scene: Scene) -> Person | None:
    """Return the coordinator who reads it: not the sender, and nobody who is part of the matter."""
    free = scene.coordinator()
    if free is not None and free.id != scene.actor.id:
        return free
    return next((c for c in scene.pair.seated("coordinator") if c.id != scene.actor.id), free)


def send(scene: Scene, event: Act) -> Outcome:
    """Store the case at once and say who looks at it and when."""
    assert isinstance(event, Submitted)
    words = str(event.values.get("words", "")).strip()
    if not words:
        return Outcome(reply=FixForm({"words": say("A word or two is enough.")}))
    me = scene.actor
    urgent = _chosen(event, "hurry") == "yes"
    name = PersonName(me.name, me.id)
    opened = open_case(
        scene,
        signal="help",
        occurrence=sha256(event.key.encode()).hexdigest()[:12],
        about=(me.id,),
        reason=say("{person} asks for help.", person=name),
        advice=say("You could write to {person} alone and ask what would help most.", person=name),
        urgent=urgent,
        words=words,
        by=me.id,
    )
    told = _told_partner(scene, event) if _chosen(event, "tell") == "yes" else ()
    return Outcome(
        reply=CloseForm(_receipt(scene, urgent)), changes=opened.changes, sends=(*opened.sends, *told)
    )


def _chosen(event: Submitted, key: str) -> str:
    value = event.values.get(key, "no")
    return value if isinstance(value, str) else next(iter(value), "no")


def _receipt(scene: Scene, urgent: bool) -> Say:
    reader = _reader(scene)
    if reader is None:
        return say("It is kept. There is no coordinator yet, so please turn to HR directly too.")
    name = PersonName(reader.name, reader.id)
    if urgent:
        return say("Thank you for saying so. {name} from HR gets this now.", name=name)
    at = scene.at_work(reader)
    if at <= scene.now:
        return say("Thank you for saying so. {name} from HR gets this now and answers today.", name=name)
    return say(
        "Thank you for saying so. {name} from HR reads this on {moment}.", name=name, moment=Moment(at)
    )


def _told_partner(scene: Scene, event: Submitted) -> tuple[Send, ...]:
    """Tell the partner that help was asked for, because the sender said so; never what about."""
    me = PersonName(scene.actor.name, scene.actor.id)
    card = Card(say("{name} asked HR for help and wanted you to know.", name=me))
    return tuple(
        Send(
            to=p.id,
            content=card,
            key=f"{scene.id}/help/{sha256(event.key.encode()).hexdigest()[:12]}:{p.id}",
            kind="info",
            not_before=scene.at_work(p),
            enrolment=scene.id,
        )
        for p in scene.partners(scene.actor)
    )


def command(desk: Desk, text: str) -> Outcome:
    """Open the help form for the person's pair; a coordinator's own goes to the second one."""
    running = [s for s in desk.scenes if s.pair.enrolment.state in ("running", "paused")] or list(desk.scenes)
    if not running:
        return Outcome(reply=Note(say("You are in no programme at the moment. Please turn to HR directly.")))
    return Outcome(reply=_opened(running[0]))


VERBS = {
    "help.ask": Verb(run=ask, roles=EVERYONE, needs=NEEDS),
    "help.send": Verb(run=send, roles=EVERYONE, needs=NEEDS),
}
COMMANDS = {"help": Command(run=command, help=say("a word to HR, in confidence"), needs=NEEDS)}
