"""Help: from anyone, at any moment, in confidence; stored at once, never lost, outside every budget (FEATURES P12)."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from bot.calendar import is_working_time
from bot.content import (
    Audience,
    Button,
    Card,
    Choice,
    ChoiceField,
    Day,
    Form,
    Moment,
    PersonName,
    Say,
    TextField,
    UserText,
    Value,
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
NOBODY = say("Nobody else from HR is in this programme. Please turn to HR directly.")
_HELP = say("Help")


def button(enrolment: str) -> Button:
    """Return the help button that every message and home carries."""
    return Button(_HELP, "help.ask", f"help:{enrolment}", opens_form=True)


def with_help(card: Card, enrolment: str) -> Card:
    """Return the card with the help button last, once."""
    if not enrolment or any(isinstance(b, Button) and b.verb == "help.ask" for b in card.buttons):
        return card
    return replace(card, buttons=(*card.buttons, button(enrolment)))


# --- who reads it ----------------------------------------------------------------------------------


def reader_of(scene: Scene, *, urgent: bool = False) -> Person | None:
    """Return who reads it: nobody who asks, or is part of the matter, as long as there is somebody else.

    What cannot wait goes to whoever of them is at work now.
    """
    reader = scene.confidant(scene.actor)
    if reader is None:
        return next(
            (c for c in scene.pair.seated("coordinator") if c.active and c.id != scene.actor.id), None
        )
    free = [c for c in scene.free_coordinators() if c.id != scene.actor.id]
    at_work = [c for c in free if is_working_time(scene.now, scene.calendar(c))]
    return at_work[0] if urgent and at_work and reader not in at_work else reader


def _others(scene: Scene) -> tuple[Person, ...]:
    """Return the partners of somebody who is of the pair; nobody else has any."""
    mine = {"mentee", "mentor"} & set(scene.pair.roles_of(scene.actor.id))
    return scene.partners(scene.actor) if mine else ()


def _names(people: tuple[Person, ...]) -> Value:
    if len(people) == 1:
        return PersonName(people[0].name, people[0].id)
    return UserText(", ".join(p.name for p in people))


# --- asking ----------------------------------------------------------------------------------------


def ask(scene: Scene, event: Act) -> Outcome:
    """Open the form; it says who will read it."""
    return Outcome(reply=_opened(scene, "", about_pair=True))


def _opened(scene: Scene, typed: str, *, about_pair: bool) -> Reply:
    """Return the form; where it is not known about which pair it is, nothing is said of a partner."""
    reader = reader_of(scene)
    if reader is None:
        return Note(NOBODY)
    others = _others(scene) if about_pair else ()
    words = TextField(
        key="words",
        label=say("What would help?"),
        seen_by=SEEN_BY,
        long=True,
        required=True,
        hint=say("About the tools, the programme, the two of you, or something personal."),
        initial=typed,
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
        label=say("May {other} know that you asked?", other=_names(others)),
        seen_by=SEEN_BY,
        options=(Choice(say("No"), "no"), Choice(say("Yes"), "yes")),
        initial=("no",),
    )
    return ShowForm(
        Form(
            title=say("Help"),
            verb="help.send",
            ref=f"help:{scene.id}",
            fields=(words, hurry, *((tell,) if others else ())),
            intro=_who_reads(scene, reader, others),
            submit=say("Send"),
        )
    )


def _who_reads(scene: Scene, reader: Person, others: tuple[Person, ...]) -> Say:
    name = PersonName(reader.name, reader.id)
    if reader not in scene.free_coordinators():
        return say(
            "Only {name} would read this, who is part of this pair. If it is about them, please turn to HR directly.",
            name=name,
        )
    if others:
        return say("{name} from HR reads this; {other} does not see it.", name=name, other=_names(others))
    return say("{name} from HR reads this, and nobody else.", name=name)


# --- sending ---------------------------------------------------------------------------------------


def send(scene: Scene, event: Act) -> Outcome:
    """Store the case at once and say who looks at it and when; the same words twice are one case."""
    assert isinstance(event, Submitted)
    words = str(event.values.get("words", "")).strip()
    if not words:
        return Outcome(reply=FixForm({"words": say("A word or two is enough.")}))
    me, urgent = scene.actor, _chosen(event, "hurry") == "yes"
    reader = reader_of(scene, urgent=urgent)
    if reader is None:
        return Outcome(reply=CloseForm(NOBODY))
    told = _chosen(event, "tell") == "yes"
    receipt = CloseForm(_receipt(scene, reader, urgent=urgent, told=told))
    known = (c for c in scene.pair.cases if c.by == me.id and c.state != "closed" and c.words == words)
    if any(c.urgent or not urgent for c in known):
        return Outcome(reply=receipt)
    name = PersonName(me.name, me.id)
    opened = open_case(
        scene,
        signal="help",
        occurrence=_mark(event),
        about=(me.id,),
        reason=say("{person} asks for help.", person=name),
        advice=say("You could write to {person} alone and ask what would help most.", person=name),
        urgent=urgent,
        words=words,
        by=me.id,
        owner=reader,
    )
    others = _told_partner(scene, event) if told else ()
    return Outcome(reply=receipt, changes=opened.changes, sends=(*opened.sends, *others))


def _mark(event: Submitted) -> str:
    return sha256(event.key.encode()).hexdigest()[:12]


def _chosen(event: Submitted, key: str) -> str:
    value = event.values.get(key, "no")
    return value if isinstance(value, str) else next(iter(value), "no")


def _receipt(scene: Scene, reader: Person, *, urgent: bool, told: bool) -> Say:
    """Say who reads it and when, and who does not see it."""
    name, at = PersonName(reader.name, reader.id), scene.at_work(reader)
    others = () if told or reader not in scene.free_coordinators() else _others(scene)
    if urgent or at <= scene.now:
        words = say("Thank you for saying so. {name} from HR gets this now.", name=name)
        if others:
            words = say(
                "Thank you for saying so. {name} from HR gets this now; {other} does not see it.",
                name=name,
                other=_names(others),
            )
        return words
    moment = Moment(at)
    if others:
        return say(
            "Thank you for saying so. {name} from HR reads this on {moment}; {other} does not see it.",
            name=name,
            moment=moment,
            other=_names(others),
        )
    return say("Thank you for saying so. {name} from HR reads this on {moment}.", name=name, moment=moment)


def _told_partner(scene: Scene, event: Submitted) -> tuple[Send, ...]:
    """Tell the partner that help was asked for, because the sender said so, once a day; never what about."""
    me, today = PersonName(scene.actor.name, scene.actor.id), scene.today(scene.actor)
    card = Card(say("{name} asked HR for help on {day} and wanted you to know.", name=me, day=Day(today)))
    return tuple(
        Send(
            to=p.id,
            content=card,
            key=f"{scene.id}/help/{scene.actor.id}.{today.isoformat()}:{p.id}",
            kind="info",
            not_before=scene.at_work(p),
            enrolment=scene.id,
        )
        for p in _others(scene)
    )


def command(desk: Desk, text: str) -> Outcome:
    """Open the help form with the words that were typed; it is about a pair only where there is just one."""
    running = [s for s in desk.scenes if s.pair.enrolment.state in ("running", "paused")] or list(desk.scenes)
    served = [s for s in running if reader_of(s) is not None] or running
    if not served:
        return Outcome(reply=Note(say("You are in no programme at the moment. Please turn to HR directly.")))
    return Outcome(reply=_opened(served[0], text.strip(), about_pair=len(running) == 1))


VERBS = {
    "help.ask": Verb(run=ask, roles=EVERYONE, needs=NEEDS),
    "help.send": Verb(run=send, roles=EVERYONE, needs=NEEDS),
}
COMMANDS = {
    "help": Command(run=command, help=say("a word to HR, in confidence"), usage="[words]", needs=NEEDS)
}
