"""“Do we fit?” in week 3: one private tap from each, seen by the coordinator alone (MISSION, weekly rhythm)."""

from __future__ import annotations

from hashlib import sha256

from bot.content import Ask, Audience, Block, Card, Choice, PersonName, Say, Text, say
from bot.events import Pressed
from bot.facts import Person, StepState
from bot.outcome import Note, Outcome, Put, ReplaceCard
from flows.kinds import Act, Kind, Verb
from flows.scene import Scene, ref_of
from flows.stepping import finished, open_case
from flows.taken import GOT_LATE, answered, answers_to, ended
from flows.written import texts

SEEN_BY: Audience = ("author", "coordinator")


def choices() -> tuple[Choice, ...]:
    """Return the three answers."""
    return (
        Choice(say("We fit"), "fit"),
        Choice(say("Not sure"), "unsure"),
        Choice(say("I'd like to talk"), "talk"),
    )


def card(scene: Scene, state: StepState) -> Card:
    """Return the private question."""
    step = scene.step_of(state)
    own = texts(step, "question")
    question = scene.told(own) if own else say("Do the two of you fit?")
    given = {a.field: a.value for a in answers_to(scene, state)}
    blocks: list[Block] = [
        Text(scene.words(step, scene.pair.person(state.person))),
        Ask(question, "fit.tap", ref_of(state), choices(), SEEN_BY, chosen=given.get("fit", "")),
    ]
    if given.get("fit") in ("unsure", "talk"):
        blocks.append(Text(_thanks(scene, scene.pair.person(state.person))))
    return Card(scene.title(step), tuple(blocks))


def _thanks(scene: Scene, person: Person) -> Say:
    reader = scene.confidant(person)
    if reader is None:
        return say(
            "Thank you for saying so. Your HR colleague is part of this pair and does not see it. "
            "To talk, please turn to somebody else in HR."
        )
    name = PersonName(reader.name, reader.id)
    return say("Thank you for saying so. {name} will write to you alone. Nobody else hears of it.", name=name)


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above the question when it is shown again."""
    return say("One private tap is still open. “Not sure” is a good answer too.")


def tap(scene: Scene, event: Act) -> Outcome:
    """Keep the tap; anything but “we fit” reaches the coordinator, and nobody else."""
    assert isinstance(event, Pressed)
    _, state = scene.mine(event.ref)
    if state is None or ended(scene) or event.value not in {c.value for c in choices()}:
        return Outcome(reply=Note(GOT_LATE))
    answer = answered(scene, state, "fit", "fit", event.value, SEEN_BY)
    known = {a.field: a.value for a in answers_to(scene, state)}
    again = known.get("fit") == event.value
    case = Outcome() if again or event.value == "fit" else _case(scene, event)
    over = (finished(scene, state),) if state.state == "open" else ()
    reply = ReplaceCard(card(scene.with_(answer), state))
    return Outcome(reply=reply, changes=(Put(answer), *over, *case.changes), sends=case.sends)


def _case(scene: Scene, event: Pressed) -> Outcome:
    reader = scene.confidant(scene.actor)
    if reader is None:
        return Outcome()
    me = PersonName(scene.actor.name, scene.actor.id)
    words: dict[str, Say] = {
        "unsure": say("{person} answered “not sure” to “Do the two of you fit?”.", person=me),
        "talk": say("{person} would like to talk about whether the two of them fit.", person=me),
    }
    return open_case(
        scene,
        signal="fit",
        occurrence=f"{scene.actor.id}.{sha256(event.key.encode()).hexdigest()[:12]}",  # each change of mind is one
        about=(scene.actor.id,),
        reason=words[event.value],
        advice=say("You could write to them alone and ask what would help. A new mentor needs no reason."),
        owner=reader,
    )


KINDS = {"fit": Kind(card=card, nudge=nudge, private=True)}
VERBS = {"fit.tap": Verb(run=tap, roles=("mentee", "mentor"), needs=("steps", "answers", "cases"))}
