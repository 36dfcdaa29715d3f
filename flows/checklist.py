"""Lists to tick together: documents handed over, colleagues met. A tick survives everything."""

from __future__ import annotations

from bot.content import Card, Checklist, Item, Say, Text, say
from bot.events import Pressed
from bot.facts import StepState, Tick
from bot.i18n import who_sees
from bot.outcome import Change, Note, Outcome, Put, ReplaceCard, Send
from flows.kinds import Act, Kind, Verb
from flows.lines import SEEN_BY
from flows.programme import Step, Texts
from flows.scene import Scene, ref_of
from flows.stepping import finished
from flows.taken import GOT_LATE, copies_of, plain_names
from flows.written import items


def card(scene: Scene, state: StepState) -> Card:
    """Return the list with what is ticked."""
    step, about = scene.step_of(state), scene.about(state)
    me = scene.pair.person(state.person) if state.person else scene.leader()
    lines = checklist(scene, step, state.occurrence, ref_of(state))
    done = sum(1 for item in lines.items if item.done)
    count = Text(say("{done} of {all}", done=done, all=len(lines.items)), "quiet")
    seen = Text(who_sees(SEEN_BY, scene.pair.roles_of(me.id)), "quiet")
    return Card(scene.title(step, **about), (Text(scene.words(step, me, **about)), lines, count, seen))


def checklist(scene: Scene, step: Step, occurrence: str, ref: str = "") -> Checklist:
    """Return the lines of one occurrence; with a ref each can be ticked and unticked by whoever holds the card."""
    about = scene.about(scene.new_state(step, occurrence, ""))
    ticked = {t.item for t in ticks_of(scene, step, occurrence) if t.done_at is not None}
    lines = []
    for place, text in enumerate(items(step, "items"), 1):
        key, words = str(place), scene.told(text, **about)
        # The button says what it does, so that one pressed on an older look never undoes a partner's tick.
        turn = f"{key}:{'open' if key in ticked else 'done'}"
        lines.append(Item(words, key in ticked, "checklist.tick" if ref else "", ref, turn if ref else ""))
    return Checklist(tuple(lines))


def ticks_of(scene: Scene, step: Step, occurrence: str) -> tuple[Tick, ...]:
    """Return the ticks of one occurrence of a list."""
    prefix = f"{scene.id}/{step.id}/{occurrence}/"
    return tuple(t for t in scene.pair.ticks if t.step == step.id and t.id.startswith(prefix))


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above a list that is shown again."""
    return say("A few lines are open. Tick what is done; leave the rest for later.")


def tick(scene: Scene, event: Act) -> Outcome:
    """Tick or untick a line, whichever the button said; with the last one the step is done."""
    assert isinstance(event, Pressed)
    step, state = scene.mine(event.ref)
    key, _, turn = event.value.partition(":")
    lines = items(step, "items")
    if state is None or key not in {str(n) for n in range(1, len(lines) + 1)} or turn not in ("done", "open"):
        return Outcome(reply=Note(GOT_LATE))
    known = next((t for t in ticks_of(scene, step, state.occurrence) if t.item == key), None)
    if (turn == "done") == (known is not None and known.done_at is not None):
        return Outcome(reply=ReplaceCard(card(scene, state)))
    fresh = Tick(
        id=f"{scene.id}/{step.id}/{state.occurrence}/{key}",
        enrolment=scene.id,
        step=step.id,
        item=key,
        label=_label(scene, state, lines[int(key) - 1]),
        done_at=scene.now if turn == "done" else None,
        done_by=scene.actor.id if turn == "done" else "",
    )
    after = scene.with_(fresh)
    changes: list[Change] = [Put(fresh)]
    if all(item.done for item in checklist(after, step, state.occurrence).items):
        changes += [finished(after, held) for held in _held(scene, state) if held.state == "open"]
    return Outcome(
        reply=ReplaceCard(card(after, state)), changes=tuple(changes), sends=_renewed(after, state, event)
    )


def _label(scene: Scene, state: StepState, text: Texts) -> str:
    """Return a line as it is kept, in the programme's own language and with the names in it."""
    return plain_names(scene, dict(text).get(scene.programme.language, text[0][1]), scene.about(state))


def _held(scene: Scene, mine: StepState) -> list[StepState]:
    """Return the states of everybody who holds this list: it is one list."""
    return [s for s in scene.pair.steps if s.step == mine.step and s.occurrence == mine.occurrence]


def _renewed(scene: Scene, mine: StepState, event: Act) -> tuple[Send, ...]:
    """Return the list as it stands for the others who hold it."""
    others = (s for s in _held(scene, mine) if s.person not in ("", scene.actor.id))
    return tuple(copy for s in others for copy in copies_of(scene, s, card(scene, s), event))


KINDS = {"checklist": Kind(card=card, nudge=nudge)}
VERBS = {"checklist.tick": Verb(run=tick, roles=("mentee", "mentor"), needs=("steps", "ticks"))}
