"""What the bot does when a step is due: open it, remind, tell the partner, tell the coordinator, let it go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.calendar import instant, local_date
from bot.content import Card, PersonName, Say, Text, say
from bot.facts import Case, Person, StepState
from bot.outcome import Logged, Outcome, Put, Send, SendKind
from flows.case_cards import case_card
from flows.kinds import Due, Kind
from flows.programme import Step
from flows.scene import Scene
from flows.timeline import BEFORE_HOME, asked, end_of, nominal_at

# A one-off message that nobody could be given for this long is no longer worth sending.
STALE = timedelta(days=14)
_CASE_PATIENCE = 1  # working hours; signals judge by the hours of several people, mostly in the morning
COORDINATOR_HOURS = 16  # working hours in which a coordinator is expected to have looked at a case


def carry_out(scene: Scene, due: Due, kinds: Mapping[str, Kind]) -> Outcome:
    """Return what follows from one due thing."""
    match due.action:
        case "open":
            return open_step(scene, due, kinds)
        case "nudge":
            return _nudge(scene, due, kinds)
        case "partner":
            return _partner(scene, due, kinds)
        case "alert":
            return _alert(scene, due)
        case "expire":
            return _expire(scene, due)
        case "phase":
            return _phase(scene, due)
        case "wake":
            return Outcome()
        case action:
            return _own(scene, due, action, kinds)


def _own(scene: Scene, due: Due, action: str, kinds: Mapping[str, Kind]) -> Outcome:
    """Carry out a kind's own due; its action is `kind.what`."""
    kind = kinds[action.partition(".")[0]]
    if kind.act is None:
        raise LookupError(f"kind of step without an act for {action}")
    return kind.act(scene, due)


# --- opening ---------------------------------------------------------------------------------------


def open_step(scene: Scene, due: Due, kinds: Mapping[str, Kind]) -> Outcome:
    """Open a step for its person; one whose time is over for good is recorded as skipped, with the reason."""
    step = scene.step_named(due.step)
    state = scene.new_state(step, due.occurrence, due.person, due.at)
    if due.late:
        return Outcome(changes=(Put(replace(state, state="skipped", why="too late")),))
    kind = kinds[step.kind]
    if kind.opened is not None:
        outcome = kind.opened(scene, state)
        has_state = any(isinstance(c, Put) and c.record.id == state.id for c in outcome.changes)
        return outcome if has_state else replace(outcome, changes=(Put(state), *outcome.changes))
    card = kind.card(scene, state)
    if card is None:
        return Outcome(changes=(Put(replace(state, state="skipped", why="nothing to say")),))
    receiver = scene.pair.person(state.person)
    kept = replace(state, state="done", done_at=scene.now) if kind.tells else state
    message = invite(scene, state, receiver, card, kind="info" if kind.tells else "invite")
    return Outcome(changes=(Put(kept),), sends=(message,))


def invite(
    scene: Scene, state: StepState, to: Person, card: Card, *, kind: SendKind = "invite", again: str = ""
) -> Send:
    """Return the message that carries a step's card; dropped later if the step is no longer open by then."""
    step = scene.step_of(state)
    end = end_of(scene, step, state.occurrence, to.id)
    send = Send(
        to=to.id,
        content=card,
        key=f"{state.id}:{to.id}:{again or 'open'}",
        kind=kind,
        not_before=max(scene.at_work(to, state.due_at), scene.now),
        enrolment=scene.id,
        expires=end if end is not None else scene.now + STALE,
        about="" if kind == "info" else state.id,
    )
    return travelling(scene, send, to, step.patience)


def travelling(scene: Scene, send: Send, to: Person, hours: float) -> Send:
    """Return a message that may wait so many working hours to travel with another one."""
    if not hours:
        return send
    latest = scene.later(to, hours, send.not_before)
    if send.expires is not None and latest >= send.expires:
        return send
    return replace(send, along_from=send.not_before, not_before=scene.at_work(to, latest))


def same_day(scene: Scene, send: Send, to: Person) -> Send:
    """Return a message that may wait for another one of its day; where none comes, it goes before that day is over."""
    day = local_date(send.not_before, to.zone)
    latest = instant(day, to.closes, to.zone) - BEFORE_HOME
    if latest <= send.not_before:
        return send
    return replace(send, along_from=send.not_before, not_before=latest)


# --- reminding -------------------------------------------------------------------------------------


def _state(scene: Scene, due: Due) -> StepState:
    state = scene.pair.step(due.step, due.occurrence, due.person)
    if state is None:
        raise LookupError(f"no state of {due.step} {due.occurrence} for {due.person or 'all'}")
    return state


def _asked(scene: Scene, step: Step, state: StepState) -> tuple[Person, ...]:
    if state.person:
        return (scene.pair.person(state.person),)
    return tuple(p for role in step.who for p in scene.pair.seated(role))


def _nudge(scene: Scene, due: Due, kinds: Mapping[str, Kind]) -> Outcome:
    state = _state(scene, due)
    step = scene.step_of(state)
    kind = kinds[step.kind]
    nudged = replace(state, nudges=state.nudges + 1, nudged_at=scene.now)
    sends = []
    for person in _asked(scene, step, state):
        card = kind.card(scene, replace(state, person=person.id) if step.shared else state)
        if card is None:
            continue
        if kind.nudge is not None:
            card = replace(card, blocks=(Text(kind.nudge(scene, state)), *card.blocks))
        nudge = invite(scene, nudged, person, card, kind="nudge", again=f"nudge{nudged.nudges}")
        sends.append(_with_the_day(scene, nudge, person))
    return Outcome(changes=(Put(nudged),), sends=tuple(sends))


def _with_the_day(scene: Scene, nudge: Send, person: Person) -> Send:
    """
    Return a nudge that travels with what is asked every day, where that still comes on the nudge's day.

    On its own it would take the day's place for a message, and what is of that day only could not come at all.
    """
    day = local_date(nudge.not_before, person.zone)
    of_the_day = (p for p in scene.plan().every if p.step.when.every == "day" and p.day == day)
    for planned in of_the_day:
        if person.id in {one for one, _ in asked(scene, planned)}:
            comes = nominal_at(scene, planned, person.id)
            if nudge.not_before < comes and local_date(comes, person.zone) == day:
                return replace(nudge, along_from=nudge.not_before, not_before=comes)
    return nudge


def _partner(scene: Scene, due: Due, kinds: Mapping[str, Kind]) -> Outcome:
    """Tell the partner that a step is still open, and nothing more (MISSION, what is watched)."""
    state = _state(scene, due)
    step = scene.step_of(state)
    told = replace(state, nudges=state.nudges + 1, nudged_at=scene.now)
    asked = _asked(scene, step, state)
    if kinds[step.kind].private or not asked:
        return Outcome(changes=(Put(told),))
    person = asked[0]
    card = Card(
        title=scene.title(step, **scene.about(state)),
        blocks=(
            Text(
                say(
                    "This is still open on {person}'s side. A word from you may help; nothing else is needed.",
                    person=PersonName(person.name, person.id),
                )
            ),
        ),
    )
    sends = tuple(invite(scene, told, p, card, kind="info", again="partner") for p in scene.partners(person))
    return Outcome(changes=(Put(told),), sends=sends)


def _alert(scene: Scene, due: Due) -> Outcome:
    """Open a case for a step that nobody moved: the fact, since when, and what can be done."""
    state = _state(scene, due)
    step = scene.step_of(state)
    asked = _asked(scene, step, state)
    who = asked[0] if asked else scene.leader()
    reason = say(
        "\u201c{step}\u201d is still open for {person}.",
        step=scene.title(step, **scene.about(state)),
        person=PersonName(who.name, who.id),
    )
    opened = open_case(
        scene,
        signal="missed_step",
        occurrence=f"{state.step}.{state.occurrence}.{state.person or 'all'}",
        about=tuple(p.id for p in asked),
        reason=reason,
        advice=say("You could ask whether it is still wanted, or skip it for this pair."),
    )
    escalated = replace(state, alerted_at=scene.now)
    return Outcome(changes=(Put(escalated), *opened.changes), sends=opened.sends)


def _expire(scene: Scene, due: Due) -> Outcome:
    """Let a recurring step go: its week or day is over."""
    state = _state(scene, due)
    why = "not delivered" if state.delivered_at is None else "not answered"
    return Outcome(changes=(Put(replace(state, state="skipped", why=why, done_at=scene.now)),))


def _phase(scene: Scene, due: Due) -> Outcome:
    enrolment = replace(scene.pair.enrolment, phase=due.ref)
    return Outcome(changes=(Put(enrolment), Logged("phase", f"enrolment:{scene.id}")))


# --- finishing -------------------------------------------------------------------------------------


def finished(scene: Scene, state: StepState, *, by: str = "", why: str = "") -> Put:
    """Return the change that ends a step, done or (with a reason) skipped; the outbox drops what still waits for it."""
    ended = replace(
        state,
        state="skipped" if why else "done",
        done_at=scene.now,
        done_by=by or (scene.me.id if scene.me else ""),
        why=why,
    )
    return Put(ended)


# --- cases -----------------------------------------------------------------------------------------


def open_case(
    scene: Scene,
    *,
    signal: str,
    occurrence: str,
    about: tuple[str, ...],
    reason: Say,
    advice: Say | None = None,
    urgent: bool = False,
    words: str = "",
    by: str = "",
    owner: Person | None = None,
) -> Outcome:
    """Open a case once per occurrence and tell its owner: the coordinator who answers now, where none is named."""
    case_id = f"{scene.id}/case/{signal}.{occurrence}"
    owner = owner or scene.coordinator()
    if owner is None or any(c.id == case_id for c in scene.pair.cases):
        return Outcome()
    case = Case(
        id=case_id,
        enrolment=scene.id,
        signal=signal,
        about=about,
        reason=reason,
        advice=advice,
        opened_at=scene.now,
        owner=owner.id,
        urgent=urgent,
        reply_by=scene.later(owner, COORDINATOR_HOURS),
        words=words,
        by=by,
    )
    case, message = told_of(scene, case, owner, "open")
    return Outcome(
        changes=(Put(case), *woken(scene), Logged("case opened", f"case:{case_id}", by)),
        sends=(message,),
    )


def woken(scene: Scene) -> tuple[Put, ...]:
    """Return what makes a programme that is over be looked at again: it is at rest until it is stored anew."""
    over = scene.pair.enrolment.state in ("closed", "stopped")
    return (Put(scene.pair.enrolment),) if over else ()


def told_of(scene: Scene, case: Case, to: Person, what: str) -> tuple[Case, Send]:
    """
    Return a case that remembers one more message about it, and that message.

    It says to a coordinator what happened to the case: it opened, climbed, was handed over or came back.
    """
    mark = f"{to.id}:{what}{len(case.told) or ''}"
    known = replace(case, told=(*case.told, mark))
    return known, _message(scene, known, to, mark)


def _message(scene: Scene, case: Case, to: Person, mark: str) -> Send:
    """Return the message that brings a case to a coordinator; what the bot found waits an hour for more of it."""
    send = Send(
        to=to.id,
        content=case_card(scene, case),
        key=f"{case.id}:{mark}",
        kind="help" if case.by else "case",
        not_before=scene.now if case.urgent else scene.at_work(to),
        enrolment=scene.id,
        any_hour=case.urgent,
    )
    if case.by or case.urgent:
        return send
    waiting = travelling(scene, send, to, _CASE_PATIENCE)
    today = local_date(waiting.not_before, to.zone) == local_date(send.not_before, to.zone)
    return waiting if today else send
