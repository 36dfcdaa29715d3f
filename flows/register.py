"""Every conversation in one visible place: kinds of steps, verbs, commands."""

from __future__ import annotations

from collections.abc import Mapping

from flows import agreement, cases, checkin, checklist, daily, feedback, fit, guide, help, ready, task
from flows.kinds import Command, DeskVerb, Kind, Verb

KINDS: Mapping[str, Kind] = {
    **agreement.KINDS,
    **cases.KINDS,
    **checkin.KINDS,
    **checklist.KINDS,
    **daily.KINDS,
    **feedback.KINDS,
    **fit.KINDS,
    **guide.KINDS,
    **ready.KINDS,
    **task.KINDS,
}
VERBS: Mapping[str, Verb | DeskVerb] = {
    **agreement.VERBS,
    **cases.VERBS,
    **checkin.VERBS,
    **checklist.VERBS,
    **daily.VERBS,
    **feedback.VERBS,
    **fit.VERBS,
    **guide.VERBS,
    **help.VERBS,
    **ready.VERBS,
    **task.VERBS,
}
COMMANDS: Mapping[str, Command] = {
    **agreement.COMMANDS,
    **cases.COMMANDS,
    **feedback.COMMANDS,
    **help.COMMANDS,
    **task.COMMANDS,
}
