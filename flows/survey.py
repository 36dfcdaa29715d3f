"""
One tap now and then on how it is so far, inside a card that comes anyway (FEATURES P18, satisfaction).

It is a message of its own only where the card that was to carry it does not come any more for this pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bot.content import Ask, Audience, Block, Card, Choice, Text, say
from bot.events import Pressed
from bot.facts import StepState
from bot.outcome import Change, Note, Outcome, Put, ReplaceCard
from flows.evaluation import COMMANDS as EVALUATION_COMMANDS
from flows.evaluation import KINDS as EVALUATION_KINDS
from flows.evaluation import VERBS as EVALUATION_VERBS
from flows.kinds import EVERYONE, Act, Due, Kind, Source, Verb
from flows.programme import Step
from flows.scene import Scene, ref_of
from flows.stepping import STALE, finished, invite
from flows.taken import GOT_LATE, answered, answers_to
from flows.timeline import end_of
from flows.written import rows, word

SEEN_BY: Audience = ("author", "coordinator")


def scale() -> tuple[Choice, ...]:
    """Return the five answers from no (1) to yes (5)."""
    labels = (say("no"), say("rather not"), say("partly"), say("mostly"), say("yes"))
    return tuple(Choice(label, str(n)) for n, label in enumerate(labels, 1))


# --- folded into another card ----------------------------------------------------------------------


def extra_blocks(scene: Scene, state: StepState, person: str = "") -> tuple[Block, ...]:
    """
    Return the taps that travel on this step's card for its person, () where there are none.

    `state` is that of the card that is being drawn; `person` says for whom, where the step is shared. What was
    tapped stays on the card.
    """
    who = person or state.person or (scene.me.id if scene.me else "")
    if not who:
        return ()
    if all(known.id != state.id for known in scene.pair.states_of(state.step)):
        scene = scene.with_(state)  # the card with which its step opens
    found: list[Block] = []
    for own in scene.pair.steps:
        if own.person == who and (step := _folded(scene, own, state.step)) is not None:
            carrier = _carrier(scene, own, step)
            if carrier is not None and carrier.id == state.id:
                found += _asks(scene, step, own)
    return tuple(found)


def blocks_on(scene: Scene, step_id: str, person: str) -> tuple[Block, ...]:
    """Return the taps for a card that no state carries, such as the offer to answer before a review."""
    found: list[Block] = []
    for own in scene.pair.steps:
        if own.person == person and (step := _folded(scene, own, step_id)) is not None:
            found += _asks(scene, step, own)
    return tuple(found)


def _folded(scene: Scene, own: StepState, into: str) -> Step | None:
    """Return the satisfaction step of a state, if it is folded into this step and was not let go."""
    step = scene.programme.step(own.step)
    if step is None or step.kind != "satisfaction" or own.state not in ("open", "done"):
        return None
    return step if word(step, "fold_into") == into else None


def _carrier(scene: Scene, own: StepState, step: Step) -> StepState | None:
    """Return the first card that carries the taps: one that was open then already, else the next that opened."""
    begun = own.opened_at or scene.now
    carriers = scene.pair.states_of(word(step, "fold_into"))
    cards = [s for s in carriers if s.person in ("", own.person)]
    open_then = [s for s in cards if s.opened_at is not None and (s.done_at is None or s.done_at >= begun)]
    kept = [s for s in open_then if s.state in ("open", "done")]
    return min(kept, key=lambda s: (s.opened_at or scene.now, s.id), default=None)


def _asks(scene: Scene, step: Step, own: StepState) -> Iterator[Ask]:
    """Return the questions, each after the one before it was answered."""
    given = {a.field: a.value for a in answers_to(scene, own, own.person)}
    for row in rows(step, "questions"):
        words = scene.told(row.text)
        chosen = given.get(row.id, "")
        yield Ask(words, "survey.tap", f"{ref_of(own)}/{row.id}", scale(), SEEN_BY, chosen)
        if not chosen:
            return


# --- where no card comes ---------------------------------------------------------------------------


def opened(scene: Scene, state: StepState) -> Outcome:
    """Wait for the card that carries it, in silence; where none comes any more, ask on a card of its own."""
    if _comes(scene.with_(state), state):
        return Outcome(changes=(Put(state),))
    person = scene.pair.person(state.person)
    message = invite(scene, state, person, card(scene, state))
    return Outcome(changes=(Put(state),), sends=(message,))


def _comes(scene: Scene, state: StepState) -> bool:
    step = scene.step_of(state)
    if _carrier(scene, state, step) is not None:
        return True
    today = scene.today(scene.leader())
    into = word(step, "fold_into")
    known = {s.occurrence for s in scene.pair.states_of(into)}
    return any(p.day >= today and p.occurrence not in known for p in scene.plan().of_step.get(into, ()))


def card(scene: Scene, state: StepState) -> Card:
    """Return the taps as a card of their own."""
    step = scene.step_of(state)
    words = Text(scene.words(step, scene.pair.person(state.person)))
    return Card(scene.title(step), (words, *_asks(scene, step, state)))


def due(scene: Scene) -> Iterator[Due]:
    """Return when taps that nobody gave are let go: with the card that carried them."""
    for step in scene.programme.steps_of("satisfaction"):
        for own in scene.pair.states_of(step.id):
            if own.state == "open" and (at := _over(scene, own, step)) is not None:
                yield Due(at=at, action="satisfaction.over", ref=own.id)


def _over(scene: Scene, own: StepState, step: Step) -> datetime | None:
    carrier = _carrier(scene, own, step)
    if carrier is None:
        return own.delivered_at + STALE if own.delivered_at else None
    end = end_of(scene, scene.step_of(carrier), carrier.occurrence, own.person)
    return end or (carrier.opened_at or scene.now) + STALE


def act(scene: Scene, due: Due) -> Outcome:
    """Let the taps go."""
    own = next(s for s in scene.pair.steps if s.id == due.ref)
    return Outcome(changes=(finished(scene, own, why="not answered"),))


# --- the tap ---------------------------------------------------------------------------------------


def tap(scene: Scene, event: Act) -> Outcome:
    """Keep one tap and show the card it stood on."""
    assert isinstance(event, Pressed)
    ref, _, field = event.ref.rpartition("/")
    step, own = scene.mine(ref)
    if own is None or own.state not in ("open", "done"):
        return Outcome(reply=Note(GOT_LATE))
    questions = {row.id for row in rows(step, "questions")}
    if field not in questions or event.value not in {c.value for c in scale()}:
        return Outcome(reply=Note(say("That answer is not one of the five. Please tap again.")))
    answer = answered(scene, own, field, "satisfaction", event.value, SEEN_BY)
    after = scene.with_(answer)
    changes: list[Change] = [Put(answer)]
    given = {a.field for a in answers_to(after, own, own.person)}
    if own.state == "open" and given >= questions:
        changes.append(finished(scene, own))
        after = after.after(changes)
    return Outcome(reply=ReplaceCard(_holder(after, step, own)), changes=tuple(changes))


def _holder(scene: Scene, step: Step, own: StepState) -> Card:
    """Return the card on which the tap stood, as it looks now."""
    from flows import review  # its cards may carry these taps
    from flows.register import KINDS as ALL_KINDS  # the register lists this module too

    into = scene.programme.step(word(step, "fold_into"))
    if into is not None and into.kind == "review":
        return review.for_home(scene) or card(scene, own)
    carrier = _carrier(scene, own, step)
    if carrier is not None:
        state = replace(carrier, person=own.person) if not carrier.person else carrier
        shown = ALL_KINDS[scene.step_of(carrier).kind].card(scene, state)
        if shown is not None:
            return shown
    return card(scene, own)


KINDS = {
    "satisfaction": Kind(
        card=card,
        opened=opened,
        due=Source("satisfaction", frozenset({"steps"}), due),
        act=act,
        yields_to_review=True,
        private=True,
    ),
    **EVALUATION_KINDS,
}
VERBS = {"survey.tap": Verb(run=tap, roles=EVERYONE), **EVALUATION_VERBS}
COMMANDS = EVALUATION_COMMANDS
