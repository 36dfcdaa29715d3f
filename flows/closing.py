"""
The end: what came of it, a keepsake, one thing learned for the other; then silence (MISSION, second quarter).

The closing comes on its day once the last review is closed. What still waits for that review waits quietly, and
reaches the coordinator by a signal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.content import (
    Block,
    Button,
    Card,
    Checklist,
    Facts,
    Item,
    Say,
    Text,
    UserText,
    say,
    say_n,
)
from bot.facts import Enrolment, Person, StepState
from bot.outcome import Change, Logged, Outcome, Put, Send, Silence
from flows import heads
from flows.keepsake import keepsake
from flows.kinds import Due, Kind, Source
from flows.learned import VERBS as LEARNED_VERBS
from flows.learned import closing_step, others
from flows.lines import is_reached
from flows.meeting_off import cancel_all
from flows.programme import Step
from flows.scene import Scene
from flows.written import flag

ENDED = ("closed", "stopped")
CLOSE_NOW = (
    "close_now"  # the option that asks for the closing; the bot holds it, which sees what each may see
)
_MOST_GOALS = 9


# --- when it comes ---------------------------------------------------------------------------------


def opened(scene: Scene, state: StepState) -> Outcome:
    """Close the programme on its day, or wait without a word for the last review."""
    known = scene.pair.step(state.step, state.occurrence, state.person)
    if known is not None:  # somebody else's closing ended it for all
        return Outcome(changes=(Put(known),))
    if waits(scene):
        return Outcome(changes=(Put(replace(state, state="planned")),))
    return close_pair(scene.with_(state))


def waits(scene: Scene) -> bool:
    """Tell whether the last review of this pair is still to be closed."""
    reviews = scene.plan().of_kind.get("review")
    if not reviews:
        return False
    last = reviews[-1]
    review = scene.pair.review(f"{scene.id}/{last.step.id}/{last.occurrence}")
    return review is None or review.state in ("ahead", "running")


def due(scene: Scene) -> Iterator[Due]:
    """Return that a closing which waited for the last review can be held now."""
    closings = scene.programme.steps_of("closing")
    waiting = any(s.state == "planned" for step in closings for s in scene.pair.states_of(step.id))
    if waiting and not waits(scene):
        yield Due(at=scene.now, action="closing.hold")


def always(scene: Scene) -> Iterator[Due]:
    """Return that the coordinator asked for the closing, which waits for no review and no pause."""
    if scene.pair.enrolment.state not in ENDED and asked_by(scene):
        yield Due(at=scene.now, action="closing.hold")


def asked_by(scene: Scene) -> str:
    """Return the coordinator who asked for the closing whether or not the last review is held, "" where nobody did."""
    return dict(scene.pair.enrolment.options).get(CLOSE_NOW, "")


def act(scene: Scene, due: Due) -> Outcome:
    """Hold the closing."""
    return close_pair(scene, by=asked_by(scene))


# --- the end ---------------------------------------------------------------------------------------


def close_pair(scene: Scene, by: str = "") -> Outcome:
    """Close the programme for everybody in it: once, whoever asks for it and however often."""
    enrolment = scene.pair.enrolment
    if enrolment.state in ENDED:
        return Outcome()
    step = closing_step(scene)
    people = _people(scene, step)
    held = tuple(Put(_held(scene, step, p)) for p in people) if step else ()
    ended = end(
        scene.after(held), "closed", say("The programme of this pair is closed, so this meeting is off.")
    )
    passed = heads.last_words(scene)
    sends = [_last(scene, step, p) for p in people]
    sends += [*_tell_coordinator(scene), *passed.sends, *ended.sends]
    line = Logged("closed", f"enrolment:{scene.id}", by)
    return Outcome(changes=(*held, *ended.changes, *passed.changes, line), sends=tuple(sends))


def _people(scene: Scene, step: Step | None) -> tuple[Person, ...]:
    roles = step.who if step else ("mentee", "mentor")
    found = dict.fromkeys(p for role in roles for p in scene.pair.seated(role))
    return tuple(p for p in found if p.active)


def _held(scene: Scene, step: Step, person: Person) -> StepState:
    known = scene.pair.step(step.id, "once", person.id)
    return replace(known or scene.new_state(step, "once", person.id), state="done", done_at=scene.now)


def end(scene: Scene, state: str, why: Say) -> Outcome:
    """Let everything rest but the cases: open steps are skipped, meetings called off."""
    off = cancel_all(scene, why)
    after = scene.after(off.changes)
    changes: list[Change] = list(off.changes)
    changes += [
        Put(replace(step, state="skipped", why="ended", done_at=scene.now))
        for step in after.pair.steps
        if step.state in ("open", "planned")
    ]
    ended: Enrolment = replace(scene.pair.enrolment, state=state, closed_at=scene.now)  # type: ignore[arg-type]
    return Outcome(changes=(*changes, Put(ended), Silence(scene.id, "ended")), sends=off.sends)


# --- what everybody gets ---------------------------------------------------------------------------


def _last(scene: Scene, step: Step | None, person: Person) -> Send:
    card = last_card(scene, step, person)
    is_mentee = "mentee" in scene.pair.roles_of(person.id)
    keeps = is_mentee and (step is None or flag(step, "keepsake"))
    return Send(
        to=person.id,
        content=keepsake(scene, person, card) if keeps else card,
        key=f"{scene.id}/closing:{person.id}",
        kind="info",
        not_before=scene.at_work(person),
        enrolment=scene.id,
    )


def last_card(scene: Scene, step: Step | None, person: Person) -> Card:
    """Return the card of the end: what came of it, and a way to say one thing learned."""
    title = scene.title(step) if step else say("The programme is closed")
    words = scene.words(step, person) if step else say("From now on you are colleagues like others.")
    blocks: list[Block] = [Text(words), *results(scene)]
    if not others(scene, person):
        return Card(title, tuple(blocks), tone="celebrate")
    learned = Button(say("One thing I learned"), "closing.learned", f"closing:{scene.id}", opens_form=True)
    return Card(title, tuple(blocks), (learned,), tone="celebrate")


def results(scene: Scene) -> Iterator[Block]:
    """Return what came of the programme, as counts and the goals that were reached."""
    goals = [g for g in scene.pair.goals if g.state != "dropped"]
    reached = [g for g in goals if is_reached(g)]
    plan = [i for i in scene.pair.plan if i.state != "dropped"]
    tasks = sum(t.state == "done" for t in scene.pair.tasks)
    reviews = sum(r.state == "closed" for r in scene.pair.reviews)
    met = sum(m.state == "held" for m in scene.pair.meetings if not scene.pair.review(m.id))
    rows: list[tuple[Say, Say]] = []
    if goals:
        rows.append((say("Goals reached"), _of(len(reached), len(goals))))
    if plan:
        rows.append((say("Plan done"), _of(sum(i.state == "done" for i in plan), len(plan))))
    counts = ((say("Tasks done"), tasks), (say("Reviews held"), reviews), (say("Other meetings held"), met))
    rows += [(label, say("{n}", n=n)) for label, n in counts if n]
    if rows:
        yield Facts(tuple(rows))
    if reached:
        yield Checklist(
            tuple(Item(say("{goal}", goal=UserText(g.title)), True) for g in reached[:_MOST_GOALS])
        )


def _of(done: int, total: int) -> Say:
    return say("{done} of {all}", done=done, all=total)


def _tell_coordinator(scene: Scene) -> Iterator[Send]:
    coordinator = scene.coordinator()
    if coordinator is None:
        return
    names = scene.names()
    blocks: list[Block] = [*results(scene)]
    open_cases = sum(c.state != "closed" for c in scene.pair.cases)
    if open_cases:
        blocks.append(Text(say_n("{n} case is still open.", "{n} cases are still open.", open_cases)))
    title = say("{mentee}: the programme is closed", mentee=names["mentee"])
    yield Send(
        to=coordinator.id,
        content=Card(title, (Text(say("Everybody in it has heard. No further prompts go out.")), *blocks)),
        key=f"{scene.id}/closing:{coordinator.id}:told",
        kind="info",
        not_before=scene.at_work(coordinator),
        enrolment=scene.id,
    )


def card(scene: Scene, state: StepState) -> Card | None:
    """Return the card of the end once it has come; while it waits there is none."""
    if state.state != "done" or not state.person:
        return None
    return last_card(scene, scene.step_of(state), scene.pair.person(state.person))


KINDS = {
    "closing": Kind(
        card=card,
        opened=opened,
        due=Source("closing", frozenset({"steps:closing", "reviews"}), due),
        act=act,
        always=Source("closing asked for", frozenset(), always),
        private=True,
    )
}
VERBS = LEARNED_VERBS
