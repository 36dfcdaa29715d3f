"""Answers that were taken: how they are named, found, and when it is too late for one."""

from __future__ import annotations

from bot.content import say
from bot.facts import Answer, AnswerKind, StepState
from flows.scene import Scene
from flows.timeline import end_of

GOT_LATE = say("That one is over. Nothing is missing; the next one comes by itself.")


def answer_id(state: StepState, person: str, field: str) -> str:
    """Return the id of an answer: one per step occurrence, person and field."""
    return f"{state.enrolment}/{state.step}/{state.occurrence}/{person}/{field}"


def answers_to(scene: Scene, state: StepState, person: str = "") -> tuple[Answer, ...]:
    """Return what a person (the state's own) has answered to this occurrence."""
    who = person or state.person or (scene.me.id if scene.me else "")
    return tuple(
        a
        for a in scene.pair.answers
        if a.step == state.step and a.occurrence == state.occurrence and a.person == who
    )


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
