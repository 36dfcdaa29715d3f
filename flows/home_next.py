"""What stands first on a home: what is open, which times to choose, the next meetings, and why it is quiet."""

from __future__ import annotations

from collections.abc import Iterator

from bot.calendar import local_date
from bot.content import Actions, Block, Button, Card, Day, Link, Moment, Say, Text, say
from bot.facts import Meeting, StepState
from flows.meeting_cards import card_of
from flows.scene import Desk, Scene, ref_of
from flows.taken import ended

_MOST_OPEN = 4  # with the help button a row of five
_MOST_MEETINGS = 3


def here(desk: Desk) -> tuple[Scene, ...]:
    """Return the pairs a home is about: those that run, else the one that ended last."""
    running = tuple(s for s in desk.scenes if not ended(s))
    over = sorted(desk.scenes, key=lambda s: (s.pair.enrolment.closed_at or s.now, s.id))
    return running or tuple(over[-1:])


def next_card(desk: Desk) -> Card:
    """Return what is open for this person now, their next meetings, or why it is quiet."""
    blocks: list[Block] = []
    buttons: list[Button] = []
    for scene, state in _open(desk)[:_MOST_OPEN]:
        title = scene.title(scene.step_of(state), **scene.about(state))
        blocks.append(Text(say("Open: {step}", step=title)))
        buttons.append(Button(title, "step.show", ref_of(state), style="plain" if buttons else "primary"))
    for scene, meeting in _coming(desk)[:_MOST_MEETINGS]:
        blocks += meeting_lines(scene, meeting)
    if (quiet := _quiet(desk)) is not None:
        blocks.append(Text(quiet, "quiet"))
    if not blocks:
        blocks.append(Text(_nothing(desk)))
    return Card(say("Next"), tuple(blocks), tuple(buttons))


def _open(desk: Desk) -> list[tuple[Scene, StepState]]:
    """Return the steps that wait for this person, the oldest first."""
    found = [
        (scene, state)
        for scene in here(desk)
        for state in scene.pair.steps
        if state.state == "open" and state.person == desk.me.id and not ended(scene)
    ]
    return sorted(found, key=lambda f: (f[1].due_at or f[0].now, f[1].id))


def _coming(desk: Desk) -> list[tuple[Scene, Meeting]]:
    found = [(scene, meeting) for scene in here(desk) for meeting in coming(scene)]
    return sorted(found, key=lambda f: (f[1].starts_at or f[0].now, f[1].id))


def coming(scene: Scene) -> list[Meeting]:
    """Return the fixed meetings of this person that are ahead or under way, in order."""
    mine = [m for m in scene.pair.meetings if m.state == "fixed" and scene.actor.id in m.people]
    ahead = [m for m in mine if m.starts_at is not None and m.starts_at > scene.now]
    return sorted(ahead, key=lambda m: (m.starts_at or scene.now, m.id))


def meeting_lines(scene: Scene, meeting: Meeting) -> Iterator[Block]:
    """Return when and what a meeting is, with the link to its video room."""
    moment, what = Moment(meeting.starts_at or scene.now), scene.title(scene.step_named(meeting.step))
    yield Text(say("{moment}: {what}", moment=moment, what=what))
    if meeting.link and not meeting.in_person:
        yield Actions((Link(say("Join on video"), meeting.link),))


def choices_of_time(desk: Desk) -> list[Card]:
    """Return the meetings whose time this person is asked to choose."""
    return [
        card_of(scene, meeting, desk.me)
        for scene in here(desk)
        for meeting in sorted(scene.pair.meetings, key=lambda m: m.id)
        if meeting.state in ("offered", "wanted") and meeting.chooser == desk.me.id and not ended(scene)
    ]


def _quiet(desk: Desk) -> Say | None:
    """Say why nothing comes, where that is odd (VOICE 5)."""
    today = local_date(desk.now, desk.me.zone)
    for span in desk.me.leave:
        if today in span:
            return say("Quiet until {day} is over: you are on leave.", day=Day(span.last))
    if desk.me.snoozed_until is not None and desk.me.snoozed_until > desk.now:
        return say("Quiet until {moment}, as you asked.", moment=Moment(desk.me.snoozed_until))
    for scene in here(desk):
        for span in scene.pair.enrolment.pauses:
            if scene.today(scene.leader()) in span and not ended(scene):
                return say("The programme rests until {day} is over.", day=Day(span.last))
    return None


def _nothing(desk: Desk) -> Say:
    if not desk.scenes:
        return say("You are in no programme at the moment.")
    if all(ended(scene) for scene in desk.scenes):
        return say("The programme is over. What came of it stays here.")
    return say("Nothing is waiting for you.")
