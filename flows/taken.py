"""Answers that were taken: how they are named, found, when it is too late for one, and who else sees the card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.content import Ask, Audience, Block, Card, PersonName, Value, say
from bot.facts import Answer, AnswerKind, StepState
from bot.outcome import Send
from flows.kinds import Act
from flows.scene import Scene
from flows.timeline import end_of

GOT_LATE = say("That one is over. Nothing is missing; the next one comes by itself.")
ENDED = say("The programme of this pair has ended, so this stays as it is.")


def answer_id(state: StepState, person: str, field: str) -> str:
    """Return the id of an answer: one per step occurrence, person and field."""
    return f"{state.enrolment}/{state.step}/{state.occurrence}/{person}/{field}"


def answered(
    scene: Scene,
    state: StepState,
    field: str,
    kind: AnswerKind,
    value: str,
    seen_by: Audience,
    about: str = "",
) -> Answer:
    """Return what the actor said to an occurrence of a step, in the place of what they said to it before."""
    return Answer(
        id=answer_id(state, scene.actor.id, field),
        enrolment=scene.id,
        step=state.step,
        occurrence=state.occurrence,
        person=scene.actor.id,
        field=field,
        kind=kind,
        value=value,
        seen_by=seen_by,
        at=scene.now,
        about=about,
    )


def answers_to(scene: Scene, state: StepState, person: str = "") -> tuple[Answer, ...]:
    """Return what a person (the state's own) has answered to this occurrence."""
    who = person or state.person or (scene.me.id if scene.me else "")
    return tuple(
        a
        for a in scene.pair.answers
        if a.step == state.step and a.occurrence == state.occurrence and a.person == who
    )


def seen_once(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return blocks with who sees the answers said once: no more at an answered question, if a later one says it."""
    kept, said = list(blocks), set[Audience]()
    for place in reversed(range(len(kept))):
        block = kept[place]
        if not isinstance(block, Ask):
            continue
        if block.chosen and block.seen_by in said:
            kept[place] = replace(block, seen_by=())
        said.add(block.seen_by)
    return tuple(kept)


def late(scene: Scene, state: StepState) -> bool:
    """Tell whether a recurring occurrence is over, so that nothing about it can be changed any more."""
    end = end_of(scene, scene.step_of(state), state.occurrence, state.person)
    return end is not None and scene.now >= end


def answers_of_kind(scene: Scene, kind: AnswerKind, person: str) -> tuple[Answer, ...]:
    """Return everything a person has answered of one kind, oldest first."""
    return tuple(
        sorted(
            (a for a in scene.pair.answers if a.kind == kind and a.person == person),
            key=lambda a: (a.at, a.id),
        )
    )


def ended(scene: Scene) -> bool:
    """Tell whether the pair's programme is over: then nobody is asked for anything any more."""
    return scene.pair.enrolment.state in ("closed", "stopped")


def copies_of(scene: Scene, state: StepState, card: Card, event: Act) -> tuple[Send, ...]:
    """Return the silent renewal of every message that holds the card of a state for its person."""
    sent = ("open", *(f"nudge{n}" for n in range(1, state.nudges + 1)))
    return tuple(
        Send(
            to=state.person,
            content=card,
            key=f"{state.id}:{state.person}:{which}:{event.key}",
            kind="update",
            not_before=scene.now,
            enrolment=scene.id,
            replaces=f"{state.id}:{state.person}:{which}",
        )
        for which in sent
    )


def plain_names(scene: Scene, text: str, about: Mapping[str, Value]) -> str:
    """Fill the names into a text that is kept as the pair's own, outside any catalogue."""
    for role, value in {**scene.names(), **about}.items():
        name = value.name if isinstance(value, PersonName) else getattr(value, "text", value)
        text = text.replace(f"{{{role}}}", name) if isinstance(name, str) else text
    return text
