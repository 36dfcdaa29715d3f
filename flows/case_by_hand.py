"""A case that a coordinator opens by hand: what they noticed, as a matter with an owner and a clock."""

from __future__ import annotations

from hashlib import sha256

from bot.content import Audience, Button, Choice, ChoiceField, Form, PersonName, TextField, say
from bot.events import Submitted
from bot.facts import Case
from bot.outcome import CloseForm, FixForm, Logged, Note, Outcome, Put, ShowForm
from flows.case_cards import case_card
from flows.kinds import Act, Verb
from flows.scene import Scene
from flows.stepping import woken

SEEN_BY: Audience = ("author", "coordinator")
PART_OF_IT = say("You are part of this pair, so another coordinator looks after it.")


def new_button(scene: Scene) -> Button:
    """Return the button that opens a case about this pair."""
    return Button(say("Open a case"), "case.new", f"enrolment:{scene.id}", opens_form=True)


def new(scene: Scene, event: Act) -> Outcome:
    """Ask what was noticed, and about whom."""
    if not _free(scene):
        return Outcome(reply=Note(PART_OF_IT))
    pair = (*scene.pair.seated("mentee"), *scene.pair.seated("mentor"), *scene.pair.seated("head"))
    people = {p.id: Choice(say("{name}", name=PersonName(p.name, p.id)), p.id) for p in pair}
    words = TextField(
        key="words", label=say("What did you notice?"), seen_by=SEEN_BY, long=True, required=True
    )
    about = ChoiceField(
        key="about", label=say("About whom?"), seen_by=SEEN_BY, options=tuple(people.values()), several=True
    )
    form = Form(
        title=say("A case"), verb="case.opened", ref=event.ref, fields=(words, about), submit=say("Keep")
    )
    return Outcome(reply=ShowForm(form))


def _free(scene: Scene) -> bool:
    return scene.actor.id in {c.id for c in scene.free_coordinators()}


def opened(scene: Scene, event: Act) -> Outcome:
    """Keep it as a case of the actor's own, taken up already; the same words twice are one."""
    assert isinstance(event, Submitted)
    if not _free(scene):
        return Outcome(reply=CloseForm(PART_OF_IT))
    words = str(event.values.get("words", "")).strip()
    if not words:
        return Outcome(reply=FixForm({"words": say("A few words are enough.")}))
    known = next((c for c in scene.pair.cases if c.words == words and c.state != "closed"), None)
    if known is not None:
        return Outcome(reply=CloseForm(say("That is a case already."), card=case_card(scene, known)))
    picked = event.values.get("about", ())
    chosen = (picked,) if isinstance(picked, str) else tuple(picked)
    me = scene.actor
    mark = sha256(event.key.encode()).hexdigest()[:12]
    case = Case(
        id=f"{scene.id}/case/by_hand.{mark}",
        enrolment=scene.id,
        signal="by_hand",
        about=tuple(p.id for p in scene.pair.people if p.id in chosen),
        reason=say("{person} noticed something.", person=PersonName(me.name, me.id)),
        advice=None,
        opened_at=scene.now,
        owner=me.id,
        state="accepted",
        words=words,
    )
    line = Logged("case opened", f"case:{case.id}", me.id)
    return Outcome(
        reply=CloseForm(say("Kept. You find it with your cases.")), changes=(Put(case), *woken(scene), line)
    )


VERBS = {
    "case.new": Verb(run=new, roles=("coordinator",), needs=("cases",)),
    "case.opened": Verb(run=opened, roles=("coordinator",), needs=("cases",)),
}
