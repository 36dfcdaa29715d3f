"""What is due now for one enrolment, and when the bot has to look again: a pure function of facts and time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from bot.calendar import add_working_days, instant, is_working_day, local_date, week_span
from bot.facts import Person, StepState
from flows.agenda import Planned
from flows.kinds import Due, Kind, Source
from flows.programme import Programme, Step
from flows.quiet import HORIZON, LONGEST_WAIT, Asking, Quiet
from flows.scene import Scene, after_working_hours, first_working_time

# What recurs, and what waited all day, comes at the latest this long before its receiver goes home.
BEFORE_HOME = timedelta(minutes=30)
_WEEKLY_HORIZON = HORIZON + timedelta(days=6)  # what is weekly comes up to six days early
_ANYWHERE = timedelta(days=1)  # by so much a date may differ from place to place
# A step waits no longer than this for those that it follows: nothing waits for ever for a review that was not held.
MOST_WAIT_DAYS = 5


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an enrolment finds."""

    due: tuple[Due, ...]
    next_look: datetime | None  # None: nothing will ever be due again
    quiet: Quiet | None = None  # who need not be asked at the next look; None: everybody is


def look(scene: Scene, kinds: Mapping[str, Kind], before: Quiet | None = None) -> Look:
    """
    Return what is due at `scene.now`, in order, and the next instant at which something may be.

    Signals are found only where nothing else is due: they judge what is left once the rest is done. With what an
    earlier look came to, only those are asked whose answer may be another one now.
    """
    if scene.pair.enrolment.state in ("closed", "stopped"):
        return _after_the_end(scene, kinds)
    asking = Asking(scene, before)
    asking.ask(kind.always for kind in kinds.values() if kind.always is not None)
    rest = _resting_until(scene)
    if rest is not None:
        return Look(_in_order(asking.dues), min(asking.next_look, rest), asking.kept())
    if not scene.mentees_left():  # otherwise nothing until the coordinator, who has a case, ends it
        asking.ask(own_sources(scene.programme))
        asking.ask(kind.due for kind in kinds.values() if kind.due is not None)
    if not asking.dues:
        # What is done first may settle what a signal is about; whoever acts on a look looks again.
        asking.ask(source for kind in kinds.values() if kind.last for source in kind.last(scene.programme))
    return Look(_in_order(asking.dues), asking.next_look, asking.kept())


def _in_order(dues: Iterable[Due]) -> tuple[Due, ...]:
    return tuple(sorted(dues, key=lambda d: (d.at, d.step, d.occurrence, d.person, d.ref)))


@lru_cache(maxsize=64)
def own_sources(programme: Programme) -> tuple[Source, ...]:
    """Return what is due of the steps themselves and of the phases they stand in."""
    followed = {name for step in programme.steps() for name in step.after}
    earlier = (frozenset({f"steps:{name}", f"meetings:{name}"}) for name in followed)
    return (
        Source("steps", frozenset({"occurrences"}).union(*earlier), _steps),
        Source("reminders", frozenset({"steps"}), _follow_ups),
        Source("under way", frozenset({"steps", "now"}), _under_way),
        Source("phases", frozenset({"today", "phase"}), _phase),
    )


def _after_the_end(scene: Scene, kinds: Mapping[str, Kind]) -> Look:
    """Return what stays due once the programme is over, such as a case that climbs; at rest where nothing is."""
    dues = tuple(due for kind in kinds.values() if kind.always for due in kind.always.due(scene))
    ahead = (min(d.at, scene.now + LONGEST_WAIT) for d in dues if d.at > scene.now)
    return Look(tuple(d for d in dues if d.at <= scene.now), min(ahead, default=None))


def _resting_until(scene: Scene) -> datetime | None:
    leader = scene.leader()
    today = local_date(scene.now, leader.zone)
    for pause in scene.pair.enrolment.pauses:
        if today in pause:
            return instant(pause.last + timedelta(days=1), leader.opens, leader.zone)
    return None


# --- steps that have not been opened ---------------------------------------------------------------


def _steps(scene: Scene) -> Iterator[Due]:
    """Return which steps open now, and at least the one that opens next."""
    begun = local_date(scene.pair.enrolment.created_at, scene.leader().zone)
    following: date | None = None
    for first, planned, occurrence, person in sorted(_missing(scene, begun), key=_first_of):
        if following is not None and first > following:
            return  # later than what comes next, wherever its receiver is
        due = _opening(scene, planned, occurrence, person, begun)
        if due.at > scene.now:
            following = min(following or date.max, due.at.date() + _ANYWHERE)
        yield due


# The first day on which a step may come, where the plan has it, its occurrence for a person, and that person.
Missing = tuple[date, Planned, str, str]


def _first_of(missing: Missing) -> date:
    return missing[0]


def _missing(scene: Scene, begun: date) -> Iterator[Missing]:
    """Return what was not opened yet and may be before long."""
    today = local_date(scene.now, scene.leader().zone)
    known = {(s.step, s.occurrence, s.person) for s in scene.pair.steps}
    for planned_for in scene.plan().of_asked.values():
        ahead = planned_for[: bisect_right(planned_for, today + _WEEKLY_HORIZON, key=_day_of)]
        if not ahead:
            continue
        for person, ending in _receivers(scene, ahead[0].step):
            # Most were opened long ago: this line runs over the whole past of a pair.
            missing = [p for p in ahead if (p.step.id, p.occurrence + ending, person) not in known]
            for planned in missing:
                every = planned.step.when.every
                if every and planned.day < begun:
                    continue
                if every == "week":
                    yield week_span(planned.occurrence).first, planned, planned.occurrence + ending, person
                elif planned.day <= today + HORIZON:
                    yield planned.day, planned, planned.occurrence + ending, person


def _day_of(planned: Planned) -> date:
    return planned.day


def _opening(scene: Scene, planned: Planned, occurrence: str, person: str, begun: date) -> Due:
    at = nominal_at(scene, planned, person)
    end = end_of(scene, planned.step, planned.occurrence, person)
    late = (end is not None and scene.now >= end) or _before_enrolment(scene, planned, begun)
    if not all(_is_finished(scene, earlier) for earlier in planned.step.after):
        at = max(at, _waits_until(scene, planned))
    return Due(at=at, action="open", step=planned.step.id, occurrence=occurrence, person=person, late=late)


def _waits_until(scene: Scene, planned: Planned) -> datetime:
    """Return when a step comes although one that it follows is still open: so many working days after the last."""
    earlier, zone = planned.step.after, scene.leader().zone
    plan = scene.plan().of_step
    planned_for = (p.day for step in earlier for p in plan.get(step, ()) if not p.step.when.every)
    fixed = (m for m in scene.pair.meetings if m.step in earlier and m.state == "fixed")
    fixed_for = (local_date(m.starts_at, zone) for m in fixed if m.starts_at)
    last = max((planned.day, *planned_for, *fixed_for))
    day = add_working_days(last, MOST_WAIT_DAYS, scene.plan_calendar(), leave=False)
    return instant(day, planned.step.when.at, zone)


def _before_enrolment(scene: Scene, planned: Planned, begun: date) -> bool:
    """Tell whether a one-off step belongs to a time before this enrolment was made.

    Someone enrolled three days before the start still gets the guide; someone enrolled in month two does not get day 1.
    """
    return planned.day < begun and begun > scene.pair.enrolment.start and not planned.step.when.every


def asked(scene: Scene, planned: Planned) -> Iterator[tuple[str, str]]:
    """Return (person id, occurrence) for everyone this step asks; person "" for a shared step."""
    for person, ending in _receivers(scene, planned.step):
        yield person, planned.occurrence + ending


def _receivers(scene: Scene, step: Step) -> Iterator[tuple[str, str]]:
    """Return who is asked, and what their occurrences end with where they are asked about several people."""
    if step.shared:
        yield "", ""
        return
    for role in step.who:
        for person in scene.pair.seated(role):
            if not person.active:
                continue
            if not step.about:
                yield person.id, ""
                continue
            people = scene.pair.seated(step.about)
            for other in people:
                if other.active:
                    yield person.id, "" if len(people) == 1 else f".{other.id}"


def nominal_at(scene: Scene, planned: Planned, person: str) -> datetime:
    """Return when the step opens: its time of day where its receiver is, then their next working time."""
    receiver = scene.pair.person(person) if person else scene.leader()
    at = instant(planned.day, _time_of_day(planned.step, receiver), receiver.zone)
    if planned.step.shared:
        return at
    comes = first_working_time(at, scene.calendar(receiver))
    if comes == at or planned.step.when.every != "week":
        return comes
    end = end_of(scene, planned.step, planned.occurrence, person)
    over = end is not None and comes >= end
    return (_earlier_in_week(scene, planned, receiver) if over else None) or comes


def _earlier_in_week(scene: Scene, planned: Planned, receiver: Person) -> datetime | None:
    """Return when a weekly step comes to somebody who is off from its day on: on their last working day before."""
    first = max(week_span(planned.occurrence).first, scene.pair.enrolment.start)
    days = (planned.day - timedelta(days=n) for n in range(1, (planned.day - first).days + 1))
    day = next((d for d in days if is_working_day(d, scene.calendar(receiver))), None)
    return None if day is None else instant(day, _time_of_day(planned.step, receiver), receiver.zone)


def _time_of_day(step: Step, receiver: Person) -> time:
    """Return when on its day a step comes: what recurs comes before its receiver goes home, or it would be over."""
    if not step.when.every or step.when.at < receiver.closes:
        return step.when.at
    earlier = datetime.combine(date.min, receiver.closes) - BEFORE_HOME
    return max(earlier.time(), receiver.opens)


def end_of(scene: Scene, step: Step, occurrence: str, person: str) -> datetime | None:
    """Return when a recurring occurrence is over: its week's end, or the noon after its day; None for one-off steps."""
    receiver = scene.pair.person(person) if person else scene.leader()
    plain = occurrence.partition(".")[0]
    if step.when.every == "week":
        return instant(week_span(plain).last + timedelta(days=1), receiver.opens, receiver.zone)
    if step.when.every == "day":
        day = date.fromisoformat(plain)
        following = first_working_time(
            instant(day + timedelta(days=1), receiver.opens, receiver.zone), scene.calendar(receiver)
        )
        return following
    return None


def _is_finished(scene: Scene, step_id: str) -> bool:
    """Tell whether every state of a step is over; a step that the pair skips counts as finished."""
    states = scene.pair.states_of(step_id)
    if states and all(s.state in ("done", "skipped", "escalated") for s in states):
        return True
    enrolment, step = scene.pair.enrolment, scene.programme.step(step_id)
    if any(c.kind == "skip" and c.step == step_id for c in enrolment.changes):
        return True
    return step is not None and step.only not in ("", "moved" if enrolment.moved else "new")


# --- steps that are open ---------------------------------------------------------------------------


def _follow_ups(scene: Scene) -> Iterator[Due]:
    for state in scene.pair.steps:
        if state.state != "open":
            continue
        step = scene.programme.step(state.step)
        if step is None:
            continue
        end = end_of(scene, step, state.occurrence, state.person)
        if end is not None:
            yield _due(state, "expire", end)
        if (receiver := _receiver(scene, step, state)) is not None:
            yield from _reminders(scene, step, state, receiver, end)


def _receiver(scene: Scene, step: Step, state: StepState) -> Person | None:
    if state.person:
        return scene.pair.person(state.person)
    return next((p for role in step.who for p in scene.pair.seated(role)), None)


def _reminders(
    scene: Scene, step: Step, state: StepState, receiver: Person, end: datetime | None
) -> Iterator[Due]:
    """Return the next rung of: nudge, nudge, partner, coordinator. Its clock runs from what was surely delivered."""
    calendar = scene.calendar(receiver)
    if state.delivered_at is None:
        return
    since = max(state.delivered_at, state.nudged_at or state.delivered_at)
    if step.nudge_after:
        at = after_working_hours(since, step.nudge_after, calendar)
        if end is not None and at >= end:
            pass
        elif state.nudges < step.nudges:
            if not _tired(scene, receiver):
                yield _due(state, "nudge", at)
        elif state.nudges == step.nudges and step.tell_partner:
            yield _due(state, "partner", at)
    if step.alert_after and state.alerted_at is None:
        yield _due(state, "alert", after_working_hours(state.delivered_at, step.alert_after, calendar))


def _under_way(scene: Scene) -> Iterator[Due]:
    """Return a look before the first reminder of what may be delivered any time.

    The delivery makes nothing due before this, so that whoever writes it down need not ask for a look.
    """
    for state in scene.pair.steps:
        if state.state != "open" or state.delivered_at is not None:
            continue
        step = scene.programme.step(state.step)
        hours = min(filter(None, (step.nudge_after, step.alert_after)), default=0) if step else 0
        if step and hours and (receiver := _receiver(scene, step, state)) is not None:
            yield Due(at=after_working_hours(scene.now, hours, scene.calendar(receiver)), action="wake")


def _tired(scene: Scene, receiver: Person) -> bool:
    """Tell whether the person's last two reminded steps both stayed unanswered: then the bot reminds no more (K2).

    Anything they do afterwards ends it. The coordinator hears of it by the signals of missed steps.
    """
    reminded = sorted(
        (s for s in scene.pair.steps if s.person == receiver.id and s.nudged_at), key=_nudged_at
    )[-2:]
    last_act = max(
        (s.done_at for s in scene.pair.steps if s.done_by == receiver.id and s.done_at), default=None
    )
    ignored = [s for s in reminded if s.state == "skipped" and s.why == "not answered"]
    return len(ignored) == 2 and (last_act is None or last_act < _nudged_at(reminded[-1]))


def _nudged_at(state: StepState) -> datetime:
    assert state.nudged_at is not None
    return state.nudged_at


def _due(state: StepState, action: str, at: datetime) -> Due:
    return Due(at=at, action=action, step=state.step, occurrence=state.occurrence, person=state.person)


# --- phases ----------------------------------------------------------------------------------------


def _phase(scene: Scene) -> Iterator[Due]:
    """Return the next change of phase by date."""
    days = phase_days(scene)
    leader = scene.leader()
    today = local_date(scene.now, leader.zone)
    current = [p for p, first in days if first <= today]
    if current and current[-1] != scene.pair.enrolment.phase:
        yield Due(at=scene.now, action="phase", ref=current[-1])
    ahead = [first for _, first in days if first > today]
    if ahead:
        yield Due(at=instant(ahead[0], leader.opens, leader.zone), action="phase", ref=days[len(current)][0])


def phase_days(scene: Scene) -> tuple[tuple[str, date], ...]:
    """Return each phase with its first day, by which phases advance."""
    return scene.plan().begins
