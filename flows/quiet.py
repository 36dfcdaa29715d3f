"""What a look need not ask again: whoever had nothing to do, and finds the same facts on the same day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, time, timedelta
from operator import attrgetter

from bot.calendar import instant, local_date
from bot.facts import FAMILIES, Answer, Case, Enrolment, Meeting, Record, Review, StepState
from flows.kinds import Due, Source
from flows.scene import Scene

# Families of which some read only a part.
_IN_PARTS = frozenset({"steps", "meetings", "reviews", "answers", "cases"})
# No look is further away than this (DESIGN §4): a wrong index heals by itself within a week.
LONGEST_WAIT = timedelta(days=7)
# Everybody is asked again after this: a look that comes later than LONGEST_WAIT from then would be too late for what
# lay beyond their horizon.
REMEMBERED = timedelta(days=4)
# How far ahead whoever is asked has to see at least; a day more, as days are not the same everywhere.
HORIZON = LONGEST_WAIT + REMEMBERED + timedelta(days=1)
_NEVER = datetime.max.replace(tzinfo=UTC)
# When the bot looked last says nothing of the enrolment, and its phase is told apart.
_enrolment = attrgetter(*(f.name for f in fields(Enrolment) if f.name not in ("looked_at", "phase")))
_surroundings = attrgetter("pair.people", "pair.seats", "programme", "holidays")


@dataclass(frozen=True, slots=True)
class Quiet:
    """
    Who had nothing due at the last look, and until when each has not.

    The facts they were asked about are here themselves, to be compared with what there is at the next look: so
    nobody has to say that something changed.
    """

    scene: Scene
    until: Mapping[Source, datetime]
    since: datetime  # when everybody was asked
    midnight: datetime  # the first one where any of these people is


class Asking:
    """One round of questions: what is due, what comes next, and who need not be asked again."""

    def __init__(self, scene: Scene, before: Quiet | None) -> None:
        self.dues: list[Due] = []
        self.next_look = scene.now + LONGEST_WAIT
        self._scene = scene
        self._before = before if before is not None and _comparable(before, scene) else None
        self._quiet: dict[Source, datetime] = {}
        if self._before is not None:
            changed, now = _changes(self._before, scene), scene.now
            self._quiet = {
                source: until
                for source, until in self._before.until.items()
                if until > now and changed.isdisjoint(source.reads)
            }

    def ask(self, sources: Iterable[Source]) -> None:
        """Hear what is due of everybody who may have something."""
        now = self._scene.now
        for source in sources:
            until = self._quiet.get(source)
            if until is None:
                has_some, until = False, _NEVER
                for due in source.due(self._scene):
                    if due.at <= now:
                        self.dues.append(due)
                        has_some = True
                    elif due.at < until:
                        until = due.at
                if not has_some:
                    self._quiet[source] = until
            if until < self.next_look:
                self.next_look = until

    def kept(self) -> Quiet:
        """Return what the next look may build on."""
        before, scene = self._before, self._scene
        if before is None:
            return Quiet(scene, self._quiet, scene.now, midnight_of(scene))
        midnight = before.midnight if scene.now < before.midnight else midnight_of(scene)
        return Quiet(scene, self._quiet, before.since, midnight)


def _comparable(before: Quiet, scene: Scene) -> bool:
    """Tell whether it is not long ago, and still the same people in the same programme."""
    then = before.scene
    return (
        then.now <= scene.now < before.since + REMEMBERED
        and _surroundings(then) == _surroundings(scene)
        and _enrolment(then.pair.enrolment) == _enrolment(scene.pair.enrolment)
    )


def midnight_of(scene: Scene) -> datetime:
    """Return the first midnight that any of these people comes to."""
    zones = {person.zone for person in scene.pair.people}
    tomorrow = ((local_date(scene.now, zone) + timedelta(days=1), zone) for zone in zones)
    return min(instant(day, time.min, zone) for day, zone in tomorrow)


# --- what is another fact now ------------------------------------------------------------------------


def _changes(before: Quiet, scene: Scene) -> frozenset[str]:
    """Return what is not as it was, in the words of `Source.reads`."""
    found = {"now"}
    for family in FAMILIES:
        then, here = getattr(before.scene.pair, family), getattr(scene.pair, family)
        if then is here or then == here:
            continue
        found.add(family)
        for record in _differing(then, here) if family in _IN_PARTS else ():
            found.update(parts(scene, family, record))
        if family == "steps" and {s.id for s in then} != {s.id for s in here}:
            found.add("occurrences")
    if before.scene.busy != scene.busy:
        found.add("busy")
    if before.scene.pair.enrolment.phase != scene.pair.enrolment.phase:
        found.add("phase")
    if any(m.starts_at and before.scene.now < m.starts_at <= scene.now for m in scene.pair.meetings):
        found.add("begun")
    if before.midnight <= scene.now:
        found.add("today")
    return frozenset(found)


def parts(scene: Scene, family: str, record: Record) -> tuple[str, ...]:
    """Return the parts of its family that a record belongs to, () where nobody reads less than all of it."""
    match record:
        case StepState() | Meeting() | Review():
            step = scene.programme.step(record.step)  # None: it was added for this pair
            own = f"{family}:{record.step}"
            return (own,) if step is None else (own, f"{family}:{step.kind}")
        case Answer():
            return (f"{family}:{record.kind}",)
        case Case():
            return (f"{family}:{record.signal}",)
        case _:
            return ()


def _differing(then: tuple[Record, ...], here: tuple[Record, ...]) -> Iterator[Record]:
    """Return the records that came, went, or are not what they were."""
    left = {record.id: record for record in then}
    for record in here:
        known = left.pop(record.id, None)
        if known is not record and known != record:
            yield record
    yield from left.values()
