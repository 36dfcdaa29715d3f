"""A pair as its coordinator sees it, and the ways to change its plan; history kept (FEATURES P16)."""

from __future__ import annotations

from bot.content import Block, Button, Card, Day, Facts, Say, Text, UserText, say, say_n
from bot.facts import StepChange
from bot.outcome import Note, Outcome, ShowCard
from flows.case_by_hand import new_button
from flows.kinds import Command
from flows.lines import is_named, pair_name
from flows.plan_change import NEEDS, VERBS, ahead
from flows.scene import Desk, Scene
from flows.taken import ended

_MOST_LISTED = 20
_MOST_CHANGES = 5
__all__ = ["COMMANDS", "VERBS", "ahead", "pair_card", "phase_name"]


def pair_card(scene: Scene) -> Card:
    """Return a pair as its coordinator sees it: who, where they are, what comes next, and what can be changed."""
    enrolment = scene.pair.enrolment
    rows: list[tuple[Say, Say]] = [
        (say("Start"), say("{day}", day=Day(scene.first_day()))),
        (say("Phase"), phase_name(scene)),
    ]
    rows += [(say("{day}", day=Day(p.day, "short")), scene.title(p.step)) for p in ahead(scene, 5)]
    blocks: list[Block] = [Facts(tuple(rows))]
    if enrolment.changes:
        blocks.append(Text(say("Changed for this pair:"), "quiet"))
        blocks += [Text(_told(scene, c), "quiet") for c in enrolment.changes[-_MOST_CHANGES:]]
    ref = f"enrolment:{scene.id}"
    change = Button(say("Change the plan"), "pair.change", ref, opens_form=True)
    pause = Button(say("Pause"), "care.ask_pause", ref, opens_form=True)
    return Card(pair_name(scene), tuple(blocks), () if ended(scene) else (change, pause, new_button(scene)))


def phase_name(scene: Scene) -> Say:
    """Return the title of the phase that the pair is in."""
    if ended(scene):
        return say("ended")
    phase = scene.programme.phase(scene.pair.enrolment.phase)
    return scene.told(phase.title) if phase else say("not begun")


def _told(scene: Scene, change: StepChange) -> Say:
    if change.kind == "extend":
        phase = scene.programme.phase(change.step)
        title = scene.told(phase.title) if phase else say("{t}", t=UserText(change.step))
        return say_n("{phase}: {n} week longer", "{phase}: {n} weeks longer", change.weeks, phase=title)
    try:
        title = scene.title(scene.step_named(change.step))
    except LookupError:  # a change from before another version of the programme
        title = say("{t}", t=UserText(change.step))
    if change.kind == "skip":
        return say("{step}: left out", step=title)
    return say("{step}: on {day}", step=title, day=Day(change.day or scene.pair.enrolment.start))


def command(desk: Desk, text: str) -> Outcome:
    """Show a coordinator's pairs, or the one named."""
    scenes = desk.as_("coordinator")
    found = [s for s in scenes if is_named(s, text)] if text.strip() else list(scenes)
    if not scenes:
        return Outcome(reply=Note(say("No running pairs at the moment.")))
    if not found:
        return Outcome(reply=Note(say("Nobody of that name is in a running pair of yours.")))
    if len(found) == 1:
        return Outcome(reply=ShowCard(pair_card(found[0])))
    lines: list[Block] = [
        Text(say("{pair}: {phase}", pair=pair_name(s), phase=phase_name(s))) for s in found[:_MOST_LISTED]
    ]
    if len(found) > _MOST_LISTED:
        lines.append(Text(say_n("and one more", "and {n} more", len(found) - _MOST_LISTED), "quiet"))
    lines.append(Text(say("Write “{word}” and a name to see one pair.", word="pairs"), "quiet"))
    return Outcome(reply=ShowCard(Card(say("Your pairs"), tuple(lines))))


COMMANDS = {
    "pairs": Command(
        run=command,
        help=say("your pairs and their plans"),
        usage="[name]",
        roles=("coordinator",),
        needs=NEEDS,
    )
}
