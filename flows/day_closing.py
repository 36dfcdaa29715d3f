"""The closing card of a day: one tick for each meeting that took place, in place of a question after each."""

from __future__ import annotations

from dataclasses import replace

from bot.calendar import local_date
from bot.content import Actions, Block, Button, Card, Checklist, Item, Say, Text, say
from bot.events import Pressed
from bot.facts import Meeting, StepState
from bot.outcome import Change, Note, Outcome, Put, ReplaceCard, Send
from flows.kinds import EVERYONE, Act, Kind, Verb
from flows.meeting_after import NEEDS, said
from flows.meeting_cards import another_time
from flows.meeting_slots import ends_at
from flows.scene import Scene, ref_of
from flows.stepping import finished
from flows.taken import GOT_LATE
from flows.written import names


def _ticked(scene: Scene, state: StepState) -> list[Meeting]:
    """Return the meetings of a closing card that this person was to have that day, in order of time."""
    step = scene.step_of(state)
    day = local_date(state.due_at or scene.now, scene.leader().zone)
    found = [
        m
        for m in scene.pair.meetings
        if m.step in names(step, "steps")
        and state.person in m.people
        and m.state in ("fixed", "held", "missed")
        and m.starts_at is not None
        and local_date(m.starts_at, scene.leader().zone) == day
    ]
    return sorted(found, key=lambda m: (m.starts_at or scene.now, m.id))


def closing_card(scene: Scene, state: StepState) -> Card | None:
    """Return a day's meetings to tick; None where there was none."""
    meetings = _ticked(scene, state)
    if not meetings:
        return None
    step = scene.step_of(state)
    over = state.state != "open"
    lines = tuple(_line(scene, m, ref_of(state)) for m in meetings)
    blocks: list[Block] = [Text(scene.words(step, scene.pair.person(state.person))), Checklist(lines)]
    if over and (anew := tuple(_anew(scene, m) for m in meetings if m.state != "held")):
        blocks.append(Actions(anew))
    blocks.append(Text(say("Those who met and HR see this."), "quiet"))
    done = Button(say("That was all"), "day_closing.done", ref_of(state), style="primary")
    return Card(scene.title(step), tuple(blocks), () if over else (done,))


def _line(scene: Scene, meeting: Meeting, ref: str) -> Item:
    held = meeting.state == "held"
    title = scene.title(scene.step_named(meeting.step))
    return Item(title, held, "day_closing.tick", f"{ref}/{meeting.step}", "no" if held else "yes")


def _anew(scene: Scene, meeting: Meeting) -> Button:
    title = scene.title(scene.step_named(meeting.step))
    return replace(another_time(meeting), label=say("Another time: {meeting}", meeting=title), style="plain")


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above a closing card that is shown again."""
    return say("The ticks of your day are still open. Tick what took place; the rest is arranged anew.")


def tick(scene: Scene, event: Act) -> Outcome:
    """Tick or untick a meeting; with the last one the card is done."""
    assert isinstance(event, Pressed)
    ref, _, step_name = event.ref.rpartition("/")
    _, state = scene.mine(ref)
    meeting = next((m for m in _ticked(scene, state) if m.step == step_name), None) if state else None
    if state is None or meeting is None or event.value not in ("yes", "no"):
        return Outcome(reply=Note(GOT_LATE))
    changes: list[Change] = []
    sends: tuple[Send, ...] = ()
    if event.value == "yes" and meeting.state != "held":
        outcome = said(scene, meeting, yes=True)
        changes, sends = [*outcome.changes], outcome.sends
    elif event.value == "no" and meeting.state == "held" and (scene.actor.id, "yes") in meeting.said:
        changes = _unticked(scene, meeting)
    after = scene.after(changes)
    if state.state == "open" and all(m.state == "held" for m in _ticked(after, state)):
        changes.append(finished(scene, state))
        after = scene.after(changes)
    _, now_state = after.mine(ref)
    return Outcome(reply=_shown(after, now_state or state), changes=tuple(changes), sends=sends)


def _unticked(scene: Scene, meeting: Meeting) -> list[Change]:
    back = replace(meeting, state="fixed", said=tuple(s for s in meeting.said if s[0] != scene.actor.id))
    changes: list[Change] = [Put(back)]
    state = scene.pair.step(meeting.step, meeting.occurrence)
    if state is not None and state.state == "done":
        changes.append(Put(replace(state, state="open", done_at=None, done_by="")))
    return changes


def _shown(scene: Scene, state: StepState) -> ReplaceCard | Note:
    card = closing_card(scene, state)
    return Note(GOT_LATE) if card is None else ReplaceCard(card)


def done(scene: Scene, event: Act) -> Outcome:
    """Close the day: what was not ticked did not take place, as far as this person knows."""
    _, state = scene.mine(event.ref)
    if state is None:
        return Outcome(reply=Note(GOT_LATE))
    if state.state != "open":
        return Outcome(reply=_shown(scene, state))
    changes: list[Change] = []
    for meeting in _ticked(scene, state):
        if meeting.state == "fixed" and ends_at(meeting) <= scene.now:
            changes += said(scene, meeting, yes=False).changes
    changes.append(finished(scene, state))
    after = scene.after(changes)
    return Outcome(reply=_shown(after, replace(state, state="done")), changes=tuple(changes))


KINDS = {"day_closing": Kind(card=closing_card, nudge=nudge)}
VERBS = {
    "day_closing.tick": Verb(run=tick, roles=EVERYONE, needs=NEEDS, whole=True),
    "day_closing.done": Verb(run=done, roles=EVERYONE, needs=NEEDS, whole=True),
}
