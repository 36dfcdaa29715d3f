"""Meetings that will not be: called off by somebody, left out, or over with the pair; calendars are told."""

from __future__ import annotations

from dataclasses import replace

from bot.content import Moment, Say, Text, say
from bot.facts import Meeting, Person
from bot.outcome import Change, Logged, Outcome, Put, Send
from flows.calendar_file import calendar_file
from flows.meeting_cards import plain
from flows.meeting_slots import invited
from flows.meeting_time import by, outdated, renewed, tell, unsent
from flows.scene import Scene


def call_off(scene: Scene, meeting: Meeting, words: Say, *, why: str, to_me: Say | None = None) -> Outcome:
    """Cancel a meeting: calendars drop it, its step is left out with the reason. One that is over stays as it is.

    `to_me` is what whoever acts reads in the place of `words`.
    """
    if meeting.state not in ("wanted", "offered", "fixed") or _began(scene, meeting):
        return Outcome()
    in_calendars = meeting.starts_at is not None and meeting.starts_at > scene.now
    off = replace(meeting, state="cancelled", sequence=meeting.sequence + in_calendars)
    after = scene.with_(off)
    changes: list[Change] = [Put(off), Logged("meeting off", f"meeting:{meeting.id}", by(scene))]
    changes += (*unsent(meeting, "called off"), *outdated(meeting))
    state = scene.pair.step(meeting.step, meeting.occurrence)
    if state is not None and state.state == "open" and scene.step_of(state).kind == "meeting":
        changes.append(Put(replace(state, state="skipped", why=why, done_at=scene.now, done_by=by(scene))))
    sends = _off_calendars(after, off, words, to_me or words) if in_calendars else ()
    return Outcome(changes=tuple(changes), sends=(*sends, *renewed(after, meeting, off)))


def _off_calendars(scene: Scene, meeting: Meeting, words: Say, to_me: Say) -> tuple[Send, ...]:
    found = []
    for person in invited(scene, meeting):
        mine = scene.me is not None and scene.me.id == person.id
        when = Text(say("It was on {moment}.", moment=Moment(meeting.starts_at or scene.now)), "quiet")
        card = plain(scene, meeting, to_me if mine else words)
        card = replace(card, blocks=(*card.blocks, when))
        content = calendar_file(scene, meeting, person, card, "CANCEL")
        message = tell(scene, meeting, person, card, "off")
        found.append(replace(message, content=content, kind="answer" if mine else "change"))
    return tuple(found)


def cancel_all(scene: Scene, why: Say) -> Outcome:
    """Cancel every meeting that is still ahead, with a word why; for the end of a pair, whatever ended it."""
    changes: list[Change] = []
    sends: list[Send] = []
    for meeting in scene.pair.meetings:
        outcome = call_off(scene, meeting, why, why="ended")
        changes += outcome.changes
        sends += outcome.sends
    return Outcome(changes=tuple(changes), sends=tuple(sends))


def _began(scene: Scene, meeting: Meeting) -> bool:
    return meeting.state == "fixed" and meeting.starts_at is not None and meeting.starts_at <= scene.now


def leave_out(scene: Scene, meeting: Meeting, people: tuple[Person, ...]) -> tuple[Send, ...]:
    """Return the cancellation for people who are no longer in a meeting that goes on without them."""
    if meeting.starts_at is None or meeting.starts_at <= scene.now:
        return ()
    theirs = replace(meeting, sequence=meeting.sequence + 1)
    words = say("This meeting goes on without you; your calendar can forget it.")
    found = []
    for person in people:
        card = plain(scene, meeting, words)
        content = calendar_file(scene, theirs, person, card, "CANCEL")
        found.append(replace(tell(scene, meeting, person, card, "out"), content=content))
    return tuple(found)
