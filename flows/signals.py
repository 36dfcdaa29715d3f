"""
What is watched: three areas of facts that become cases, with the reason in plain words (MISSION, what is watched).

A finding that time alone will make true is due at that instant, so nothing here sets a timer. What was skipped
by a person, on leave, for a review or without delivery is never held against anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache, partial
from types import MappingProxyType

from bot.calendar import week_of
from bot.content import Say, UserText, say, told
from bot.facts import Person, StepState
from bot.outcome import Outcome
from flows import signals_meetings, signals_process, signals_progress, signals_relation
from flows.kinds import Due, Kind, Source
from flows.programme import Programme, Signal
from flows.scene import Scene
from flows.signals_known import AGAIN, Finding, Known, Watch, family, known_of, name, reads_of, renamed
from flows.stepping import open_case

# “undecided” is not here: the review's own conversation knows it.
WATCHES: Mapping[str, Watch] = MappingProxyType(
    {
        **signals_process.WATCHES,
        **signals_meetings.WATCHES,
        **signals_relation.WATCHES,
        **signals_progress.WATCHES,
    }
)


def due(scene: Scene) -> Iterator[Due]:
    """Return what the coordinator is to hear, and when; nothing where there is nobody to hear it."""
    for source in sources(scene.programme):
        yield from source.due(scene)


@lru_cache(maxsize=64)
def sources(programme: Programme) -> tuple[Source, ...]:
    """Return the signals of a programme, each with the facts that it reads."""
    watched = ((s, WATCHES[s.kind]) for s in programme.signals if s.kind in WATCHES)
    return tuple(
        Source(f"signal {s.id}", reads_of(programme, s, watch), partial(_due, signal=s))
        for s, watch in watched
    )


def _due(scene: Scene, signal: Signal) -> Iterator[Due]:
    if scene.mentees_left() and signal.kind != "unreachable":
        return
    known = known_of(scene)
    for finding in _found(known, signal):
        at = _heard_at(known, signal, finding)
        if at is not None:
            yield Due(at=at, action="signals.raise", ref=f"{signal.id}|{finding.occurrence}")


def _found(known: Known, signal: Signal) -> Iterable[Finding]:
    """Return what one signal finds; what was said in confidence only for a reader who is no part of the pair."""
    watch, reader = WATCHES.get(signal.kind), known.scene.coordinator()
    if watch is None or reader is None or (watch.private and _takes_part(known.scene, reader)):
        return ()
    return watch.find(known, signal)


def _takes_part(scene: Scene, reader: Person) -> bool:
    """Tell whether the only coordinator left is part of the pair."""
    return bool({"mentee", "mentor", "head"} & set(scene.pair.roles_of(reader.id)))


def _heard_at(known: Known, signal: Signal, finding: Finding) -> datetime | None:
    """Return when a finding becomes a case: once for each time it happens, and not while one is being looked at."""
    earlier = known.cases.get((family(signal), finding.key), ())
    if not earlier:
        return finding.at
    own = f"{known.scene.id}/case/{signal.id}.{finding.occurrence}"
    if any(c.id == own or c.state != "closed" for c in earlier):
        return None
    if finding.told:
        return finding.at
    at = max([finding.at, *(c.opened_at + AGAIN for c in earlier)])
    return None if finding.lapses is not None and finding.lapses <= at else at


def act(scene: Scene, due: Due) -> Outcome:
    """Open the case, if what was found still holds."""
    signal_id, _, occurrence = due.ref.partition("|")
    signal = next((s for s in scene.programme.signals if s.id == signal_id), None)
    if signal is None:
        return Outcome()
    known = known_of(scene)
    found = next((f for f in _found(known, signal) if f.occurrence == occurrence), None)
    if found is None or _heard_at(known, signal, found) is None:
        return Outcome()
    return open_case(
        scene,
        signal=signal.id,
        occurrence=found.occurrence,
        about=found.about,
        reason=found.reason,
        advice=_advice(known, signal, found),
    )


def _advice(known: Known, signal: Signal, found: Finding) -> Say:
    if not signal.advice or found.own_advice:
        return found.advice
    return renamed(known, told(dict(signal.advice)), found.names)


def undelivered(scene: Scene, to: str, why: str) -> Outcome:
    """Open a case because a message was refused for good: what the outbox calls when a row fails."""
    person = next((p for p in scene.pair.people if p.id == to), None)
    if person is None or not scene.pair.roles_of(to) or person == scene.coordinator():
        return Outcome()
    signal = next((s for s in scene.programme.signals if s.kind == "unreachable"), None)
    if signal is None:
        return Outcome()
    reason = say(
        "A message to {person} could not be delivered: {why}.", person=name(person), why=UserText(why)
    )
    found = Finding(
        at=scene.now,
        key=person.id,
        when=week_of(scene.today(person)),
        about=(person.id,),
        reason=reason,
        advice=signals_process.CHECK_THE_ACCOUNT,
    )
    known = known_of(scene)
    at = _heard_at(known, signal, found)
    if at is None or at > scene.now:
        return Outcome()
    advice = _advice(known, signal, found)
    return open_case(
        scene, signal=signal.id, occurrence=found.occurrence, about=found.about, reason=reason, advice=advice
    )


def _no_card(scene: Scene, state: StepState) -> None:
    return None


KINDS = {"signals": Kind(card=_no_card, last=sources, act=act)}
