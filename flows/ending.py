"""The coordinator ends a programme by hand: closes it where the closing does not come, or stops a pair early."""

from __future__ import annotations

from dataclasses import replace

from bot.content import Audience, Button, Card, Form, PersonName, Say, Text, TextField, say
from bot.events import Submitted
from bot.facts import Case, Person
from bot.outcome import CloseForm, FixForm, Logged, Note, Outcome, Put, ReplaceCard, Send, ShowCard, ShowForm
from flows.closing import CLOSE_NOW, ENDED, asked_by, end
from flows.kinds import Act, Command, Verb
from flows.scene import Desk, Scene

SEEN_BY: Audience = ("author", "coordinator")
OVER = say("The programme of this pair has ended already.")
NOT_YOURS = say("Another coordinator does that: you are part of the pair.")


def ending_card(scene: Scene) -> Card:
    """Return the two ways to end a programme, with what each means."""
    pair = _pair(scene)
    if scene.pair.enrolment.state in ENDED:
        return Card(pair, (Text(OVER),))
    if asked_by(scene):
        return Card(pair, (Text(say("The closing cards go out now.")),))
    ref = f"enrolment:{scene.id}"
    finish = Button(
        say("Close it now"),
        "closing.finish",
        ref,
        confirm=say(
            "Close the programme now? Both get the closing card, the mentee a keepsake. It cannot be undone."
        ),
    )
    stop = Button(
        say("Stop early"),
        "closing.stop",
        ref,
        style="danger",
        confirm=say("Stop here? Both hear one friendly sentence, and no reason. It cannot be undone."),
        opens_form=True,
    )
    words = say(
        "To close is to celebrate what there is. To stop is to end without a closing; nobody is blamed."
    )
    return Card(pair, (Text(words),), (finish, stop))


def _pair(scene: Scene) -> Say:
    names = scene.names()
    if scene.pair.seated("mentor"):
        return say("{mentee} and {mentor}", mentee=names["mentee"], mentor=names["mentor"])
    return say("{mentee}", mentee=names["mentee"])


def _takes_part(scene: Scene) -> bool:
    return bool({"mentee", "mentor", "head"} & set(scene.pair.roles_of(scene.actor.id)))


def finish(scene: Scene, event: Act) -> Outcome:
    """Ask for the closing now, whether or not the last review was held; the bot holds it at its next look."""
    enrolment = scene.pair.enrolment
    if _takes_part(scene):
        return Outcome(reply=Note(NOT_YOURS))
    if enrolment.state in ENDED or asked_by(scene):
        return Outcome(reply=ReplaceCard(ending_card(scene)))
    asked = replace(enrolment, options=(*enrolment.options, (CLOSE_NOW, scene.actor.id)))
    return Outcome(reply=ReplaceCard(ending_card(scene.with_(asked))), changes=(Put(asked),))


def stop(scene: Scene, event: Act) -> Outcome:
    """Ask why, for HR's own eyes."""
    if _takes_part(scene):
        return Outcome(reply=Note(NOT_YOURS))
    if scene.pair.enrolment.state in ENDED:
        return Outcome(reply=Note(OVER))
    why = TextField(
        key="why",
        label=say("Why does it end here?"),
        seen_by=SEEN_BY,
        hint=say("Kept for HR; the pair hears no reason."),
        long=True,
        required=True,
    )
    form = Form(
        title=say("Stop early"), verb="closing.stopped", ref=event.ref, fields=(why,), submit=say("Stop")
    )
    return Outcome(reply=ShowForm(form))


def stopped(scene: Scene, event: Act) -> Outcome:
    """End the programme early: one kind sentence to those in it, the reason to HR alone."""
    assert isinstance(event, Submitted)
    if _takes_part(scene):
        return Outcome(reply=CloseForm(NOT_YOURS))
    if scene.pair.enrolment.state in ENDED:
        return Outcome(reply=CloseForm(OVER))
    why = str(event.values.get("why", "")).strip()
    if not why:
        return Outcome(reply=FixForm({"why": say("A few words are enough, such as “changed department”.")}))
    ended = end(scene, "stopped", say("The programme of this pair has ended, so this meeting is off."))
    line = Logged("stopped", f"enrolment:{scene.id}", scene.actor.id)
    return Outcome(
        reply=CloseForm(
            say("Stopped. Both hear that it ends, and no reason."),
            card=ending_card(scene.after(ended.changes)),
        ),
        changes=(*ended.changes, Put(_kept(scene, why)), line),
        sends=(*_told(scene), *ended.sends),
    )


def _kept(scene: Scene, why: str) -> Case:
    """Return the reason as a closed case: where HR looks when somebody asks later."""
    me = scene.actor
    return Case(
        id=f"{scene.id}/case/stopped.once",
        enrolment=scene.id,
        signal="stopped",
        about=tuple(p.id for p in (*scene.pair.seated("mentee"), *scene.pair.seated("mentor"))),
        reason=say("{person} ended the programme of this pair early.", person=PersonName(me.name, me.id)),
        advice=None,
        opened_at=scene.now,
        owner=me.id,
        state="closed",
        closed_at=scene.now,
        closed_because=why,
    )


def _told(scene: Scene) -> tuple[Send, ...]:
    me = PersonName(scene.actor.name, scene.actor.id)
    kind = say(
        "The programme ends here. Thank you for the time you gave each other. Any question: {person} from HR.",
        person=me,
    )
    plain = say(
        "The mentoring ends here. Thank you for the room it had; questions to {person} from HR.", person=me
    )
    pair = (*scene.pair.seated("mentee"), *scene.pair.seated("mentor"))
    heads = [h for h in scene.pair.seated("head") if h not in pair]
    return (*(_one(scene, p, kind) for p in pair), *(_one(scene, h, plain) for h in heads))


def _one(scene: Scene, to: Person, words: Say) -> Send:
    return Send(
        to=to.id,
        content=Card(_pair(scene), (Text(words),)),
        key=f"{scene.id}/stopped:{to.id}",
        kind="info",
        not_before=scene.at_work(to),
        enrolment=scene.id,
    )


def command(desk: Desk, text: str) -> Outcome:
    """Show the ways to end the programme of the pair named."""
    wanted = text.strip().lstrip("@").lower()
    mine = desk.as_("coordinator")
    pair = [
        s
        for s in mine
        if not wanted
        or any(wanted in p.name.lower() for p in (*s.pair.seated("mentee"), *s.pair.seated("mentor")))
    ]
    if len(pair) == 1:
        return Outcome(reply=ShowCard(ending_card(pair[0])))
    if not mine:
        return Outcome(reply=Note(say("No programme of yours is running.")))
    return Outcome(
        reply=Note(
            say("Which pair? Add a name after the word, such as “close {name}”.", name=mine[0].leader().name)
        )
    )


VERBS = {
    "closing.finish": Verb(run=finish, roles=("coordinator",), needs=()),
    "closing.stop": Verb(run=stop, roles=("coordinator",), needs=()),
    "closing.stopped": Verb(run=stopped, roles=("coordinator",)),
}
COMMANDS = {
    "close": Command(
        run=command, help=say("end the programme of a pair"), usage="name", roles=("coordinator",), needs=()
    ),
}
