"""Two taps before it starts: the mentor is ready; the newcomer is, or is not, at ease with chat and video."""

from __future__ import annotations

from dataclasses import replace

from bot.content import Ask, Audience, Block, Button, Card, Choice, PersonName, Say, Text, say
from bot.events import Pressed
from bot.facts import StepState
from bot.outcome import Change, Note, Outcome, Put, ReplaceCard, Send
from flows.guide import tour_button, tour_of
from flows.kinds import EVERYONE, Act, Kind, Verb
from flows.programme import Step
from flows.scene import Scene, ref_of
from flows.stepping import finished
from flows.taken import GOT_LATE, answered, answers_to
from flows.written import texts

SEEN_BY: Audience = ("author", "coordinator")
NEEDS = ("steps", "answers")


def ready_card(scene: Scene, state: StepState) -> Card:
    """Return the card on which somebody says that they are ready."""
    step, about = scene.step_of(state), scene.about(state)
    me = scene.pair.person(state.person)
    own = texts(step, "button")
    label = scene.told(own, **about) if own else say("I am ready")
    title = scene.title(step, **about)
    if state.state == "done":
        return Card(title, (Text(say("You are ready. Thank you.")),), tone="warm")
    words = Text(scene.words(step, me, **about))
    return Card(title, (words,), (Button(label, "ready.yes", ref_of(state), style="primary"),))


def ready_nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above a readiness card that is shown again; the card itself says whom to turn to."""
    return say("One tap is still open.")


def ready(scene: Scene, event: Act) -> Outcome:
    """Take the tap."""
    _, state = scene.mine(event.ref)
    if state is None:
        return Outcome(reply=Note(GOT_LATE))
    done = replace(state, state="done")
    changes: tuple[Change, ...] = (finished(scene, state),) if state.state == "open" else ()
    return Outcome(reply=ReplaceCard(ready_card(scene, done)), changes=changes)


# --- at ease? --------------------------------------------------------------------------------------


def ease_card(scene: Scene, state: StepState) -> Card:
    """Return the question whether somebody is at ease with chat and video."""
    step = scene.step_of(state)
    own = texts(step, "question")
    question = scene.told(own) if own else say("At ease with chat and video?")
    given = {a.field: a.value for a in answers_to(scene, state)}
    choices = (Choice(say("Yes"), "yes"), Choice(say("Not yet"), "no"))
    ask = Ask(question, "ease.tap", ref_of(state), choices, SEEN_BY, chosen=given.get("ease", ""))
    blocks: list[Block] = [Text(scene.words(step, scene.pair.person(state.person))), ask]
    if given.get("ease") != "no":
        return Card(scene.title(step), tuple(blocks))
    tour = tour_of(scene)
    if tour is None:
        blocks.append(Text(say("Good to know. Nobody minds questions, and HR gladly shows you.")))
    elif _comes(scene, tour, state.person):
        blocks.append(
            Text(say("Good to know. A short tour comes on your first morning, and nobody minds questions."))
        )
    else:
        blocks.append(Text(say("Good to know. Here is a short tour, and nobody minds questions.")))
        return Card(scene.title(step), tuple(blocks), (tour_button(scene, tour),))
    return Card(scene.title(step), tuple(blocks))


def _comes(scene: Scene, tour: Step, person: str) -> bool:
    """Tell whether the tour is still to come by itself for this person."""
    ahead = scene.plan().of_step.get(tour.id, ())
    known = scene.pair.step(tour.id, "once", person)
    return known is None and any(p.day >= scene.today(scene.leader()) for p in ahead)


def ease_tap(scene: Scene, event: Act) -> Outcome:
    """Keep the answer; a no tells the coordinator, and brings the tour."""
    assert isinstance(event, Pressed)
    _, state = scene.mine(event.ref)
    if state is None or event.value not in ("yes", "no"):
        return Outcome(reply=Note(GOT_LATE))
    me = scene.actor
    answer = answered(scene, state, "ease", "ease", event.value, SEEN_BY)
    changes: list[Change] = [Put(answer), Put(replace(me, at_ease=event.value == "yes"))]
    if state.state == "open":
        changes.append(finished(scene, state))
    card = ease_card(scene.with_(answer), state)
    return Outcome(reply=ReplaceCard(card), changes=tuple(changes), sends=_tell(scene, event.value, state))


def _tell(scene: Scene, value: str, state: StepState) -> tuple[Send, ...]:
    coordinator = scene.coordinator()
    if value != "no" or coordinator is None:
        return ()
    me = PersonName(scene.actor.name, scene.actor.id)
    card = Card(
        say("About {name}", name=me),
        (
            Text(
                say(
                    "{name} is not yet at ease with chat and video. There is a tour; a call from you may help too.",
                    name=me,
                )
            ),
        ),
    )
    return (
        Send(
            to=coordinator.id,
            content=card,
            key=f"{state.id}:{coordinator.id}:uneasy",
            kind="info",
            not_before=scene.at_work(coordinator),
            enrolment=scene.id,
        ),
    )


KINDS = {
    "ready": Kind(card=ready_card, nudge=ready_nudge),
    "ease": Kind(card=ease_card, private=True),
}
VERBS = {
    "ready.yes": Verb(run=ready, roles=EVERYONE, needs=("steps",)),
    "ease.tap": Verb(run=ease_tap, roles=EVERYONE, needs=NEEDS),
}
