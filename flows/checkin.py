"""The weekly check-in: three taps on the card itself; the rest behind one optional button (MISSION, weekly rhythm)."""

from __future__ import annotations

from bot.content import Card, say
from bot.events import Pressed
from bot.outcome import Change, Note, Outcome, Put, ReplaceCard, ShowCard
from flows.checkin_card import NEEDS, SEEN_BY, card, nudge, questions, week_number
from flows.checkin_card import scale as scale
from flows.checkin_more import VERBS as MORE_VERBS
from flows.kinds import Act, Command, Kind, Verb
from flows.scene import Desk, Scene
from flows.stepping import finished
from flows.taken import GOT_LATE, answered, answers_to, late

# --- verbs -----------------------------------------------------------------------------------------


def tap(scene: Scene, event: Act) -> Outcome:
    """Store one tap and show the next question; a later tap on the same question changes it until the week is over."""
    assert isinstance(event, Pressed)
    ref, _, field = event.ref.rpartition("/")
    step, state = scene.mine(ref)
    if state is None or late(scene, state):
        return Outcome(reply=Note(GOT_LATE))
    asked = dict(questions(step))
    if event.value not in {"1", "2", "3", "4", "5"} or field not in asked:
        return Outcome(reply=Note(say("That answer is not one of the five. Please tap again.")))
    tapped = answered(scene, state, field, "checkin_scale", event.value, SEEN_BY)
    after = scene.with_(tapped)
    changes: list[Change] = [Put(tapped)]
    given = {a.field for a in answers_to(after, state) if a.kind == "checkin_scale"}
    if state.state != "done" and given >= set(asked):
        changes.append(finished(scene, state))
    return Outcome(reply=ReplaceCard(card(after, state)), changes=tuple(changes))


def skip(scene: Scene, event: Act) -> Outcome:
    """Let this week go, without a reason."""
    _, state = scene.mine(event.ref)
    if state is None or late(scene, state):
        return Outcome(reply=Note(GOT_LATE))
    done = Card(say("Week {week}: skipped. See you next week.", week=week_number(scene, state.occurrence)))
    if state.state != "open":
        return Outcome(reply=ReplaceCard(card(scene, state) if state.state == "done" else done))
    return Outcome(reply=ReplaceCard(done), changes=(finished(scene, state, why="person"),))


KIND = Kind(card=card, nudge=nudge, yields_to_review=True)
KINDS = {"checkin": KIND}
VERBS = {
    **MORE_VERBS,
    "checkin.tap": Verb(run=tap, roles=("mentee",), needs=NEEDS),
    "checkin.skip": Verb(run=skip, roles=("mentee",), needs=NEEDS),
}


def command(desk: Desk, text: str) -> Outcome:
    """Show this week's check-in, if it is there."""
    for scene in desk.as_("mentee"):
        for state in scene.pair.steps:
            mine = state.person == desk.me.id and scene.step_of(state).kind == "checkin"
            if mine and not late(scene, state):
                return Outcome(reply=ShowCard(card(scene, state)))
    return Outcome(reply=Note(say("No check-in is open. It comes by itself, once a week.")))


COMMANDS = {
    "checkin": Command(run=command, help=say("this week's three taps"), roles=("mentee",), needs=NEEDS)
}
