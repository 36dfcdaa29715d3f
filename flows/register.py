"""Every conversation in one visible place: kinds of steps, verbs, commands."""

from __future__ import annotations

from collections.abc import Mapping

from flows import (
    agreement,
    care,
    cases,
    changes,
    checkin,
    checklist,
    daily,
    day_closing,
    feedback,
    fit,
    goals,
    guide,
    home,
    meeting,
    plan,
    ready,
    review,
    task,
)
from flows import help as asking
from flows.kinds import Command, DeskVerb, Kind, Verb

KINDS: Mapping[str, Kind] = {
    **agreement.KINDS,
    **cases.KINDS,
    **checkin.KINDS,
    **checklist.KINDS,
    **daily.KINDS,
    **day_closing.KINDS,
    **feedback.KINDS,
    **fit.KINDS,
    **goals.KINDS,
    **guide.KINDS,
    **meeting.KINDS,
    **ready.KINDS,
    **review.KINDS,
    **task.KINDS,
}
VERBS: Mapping[str, Verb | DeskVerb] = {
    **agreement.VERBS,
    **care.VERBS,
    **cases.VERBS,
    **changes.VERBS,
    **checkin.VERBS,
    **checklist.VERBS,
    **daily.VERBS,
    **day_closing.VERBS,
    **feedback.VERBS,
    **fit.VERBS,
    **goals.VERBS,
    **guide.VERBS,
    **asking.VERBS,
    **meeting.VERBS,
    **plan.VERBS,
    **ready.VERBS,
    **review.VERBS,
    **task.VERBS,
    "step.show": home.show_step(KINDS),
}
COMMANDS: Mapping[str, Command] = {
    **agreement.COMMANDS,
    **care.COMMANDS,
    **cases.COMMANDS,
    **changes.COMMANDS,
    **checkin.COMMANDS,
    **feedback.COMMANDS,
    **goals.COMMANDS,
    **asking.COMMANDS,
    **home.COMMANDS,
    **plan.COMMANDS,
    **review.COMMANDS,
    **task.COMMANDS,
}
