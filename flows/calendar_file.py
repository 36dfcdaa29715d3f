"""Meetings for people's own calendars: an invitation, its update, its cancellation, each in the reader's language."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from bot.content import Card, File
from bot.facts import Meeting, Person
from bot.i18n import Reader
from bot.invitation import MIME, invitation
from flows.meeting_slots import invited
from flows.scene import Scene

# Of those who are invited together most read the same words, and so get the same file.
_invitation = lru_cache(maxsize=16)(invitation)


def calendar_file(
    scene: Scene,
    meeting: Meeting,
    reader: Person,
    card: Card,
    method: Literal["REQUEST", "CANCEL"] = "REQUEST",
) -> File:
    """Return a meeting's .ics with the card that explains it; the coordinator is its organiser."""
    step = scene.step_named(meeting.step)
    read = Reader(language=reader.language, zone=reader.zone)
    people = invited(scene, meeting)
    organiser = scene.coordinator() or next((p for p in people if p.id == meeting.chooser), reader)
    data = _invitation(
        meeting,
        title=read.text(scene.title(step)),
        description=read.text(scene.words(step, reader)),
        people=people,
        organiser=organiser,
        method=method,
        now=scene.now,
    )
    return File(name=f"{step.id}.ics", mime=MIME, data=data, card=card)
