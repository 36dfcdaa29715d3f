"""Which times suit everybody: on the day of the plan and near its hour first, then on the days it may move to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import count, islice
from typing import cast

from bot.calendar import WorkingTime, add_working_days, common_slots, instant, is_working_day, local_date
from bot.content import Role
from bot.facts import Meeting, Person
from flows.agenda import Planned, paused_on
from flows.kinds import Due
from flows.programme import Step
from flows.scene import Scene
from flows.written import flag, whole, word

MEETS_KINDS = ("meeting", "review")
MOST_SLOTS = 3
# A time that is asked for anew may lie on any of so many further working days.
ANEW_DAYS = 5
# Nobody is surprised by a meeting that begins sooner than this.
_NOTICE = timedelta(minutes=30)
_REVIEW_MAY_MOVE_DAYS = 2
_HALF_HOUR, _QUARTER = 30, 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """How a step's meeting is arranged: what its kind and the programme file say."""

    meet: str
    chooser: Role
    ask_held: Role
    offer_before: int
    in_person: bool
    may_move_days: int


def arrangement(step: Step) -> Arrangement:
    """Return how a step's people find together; in a review HR chooses the time and knows whether it was held."""
    if step.kind == "review":
        return Arrangement(
            meet="review",
            chooser="coordinator",
            ask_held="coordinator",
            offer_before=0,  # the review itself comes into sight in time and asks for its meeting
            in_person=False,
            may_move_days=_REVIEW_MAY_MOVE_DAYS,
        )
    return Arrangement(
        meet=word(step, "meet"),
        chooser=cast(Role, word(step, "chooser")),
        ask_held=cast(Role, word(step, "ask_held")),
        offer_before=whole(step, "offer_before"),
        in_person=flag(step, "in_person"),
        may_move_days=whole(step, "may_move_days"),
    )


# --- who -------------------------------------------------------------------------------------------


def people_of(scene: Scene, step: Step) -> tuple[Person, ...]:
    """Return everybody who meets: all in the step's roles, and of several coordinators the one who answers now."""
    found: dict[str, Person] = {}
    for role in step.people or step.who:
        seated = scene.pair.seated(role)
        if role == "coordinator":
            here = scene.coordinator()
            seated = (here,) if here else ()
        found.update((p.id, p) for p in seated if p.active)
    return tuple(found.values())


def invited(scene: Scene, meeting: Meeting) -> tuple[Person, ...]:
    """Return the people of a meeting who are still there."""
    known = {p.id: p for p in scene.pair.people}
    return tuple(known[p] for p in meeting.people if p in known and known[p].active)


def chooser_of(scene: Scene, step: Step, people: Iterable[Person]) -> Person | None:
    """Return whose tap fixes the time: the step's chooser, or while they are away somebody who is here."""
    here = [p for p in people if not before_start(scene, p)]
    wanted = arrangement(step).chooser
    order: tuple[Role, ...] = (wanted, "mentor", "mentee", "coordinator")
    ranked = [p for role in order for p in here if role in scene.pair.roles_of(p.id)]
    at_work = [p for p in ranked if not any(scene.today(p) in span for span in p.leave)]
    return next(iter(at_work or ranked or here), None)


def before_start(scene: Scene, person: Person) -> bool:
    """Tell whether this is a newcomer before day 1: without an account, reached by e-mail only."""
    enrolment = scene.pair.enrolment
    newcomer = not enrolment.moved and "mentee" in scene.pair.roles_of(person.id)
    return newcomer and scene.today(person) < enrolment.start


def begins_on(scene: Scene, meeting: Meeting) -> date | None:
    """Return the day before which a meeting cannot be, as its newcomer is not here yet; None where there is none."""
    enrolment = scene.pair.enrolment
    newcomer = any("mentee" in scene.pair.roles_of(p.id) for p in invited(scene, meeting))
    return enrolment.start if newcomer and not enrolment.moved else None


# --- when ------------------------------------------------------------------------------------------


def planned_of(scene: Scene, meeting: Meeting) -> Planned | None:
    """Return where the plan has a meeting now; None where its step was left out."""
    return scene.plan().find(meeting.step, meeting.occurrence)


def ends_at(meeting: Meeting) -> datetime:
    """Return when a meeting with a time is over."""
    if meeting.starts_at is None:
        raise LookupError(f"meeting {meeting.id} has no time")
    return meeting.starts_at + timedelta(minutes=meeting.minutes)


def free_times(
    scene: Scene, meeting: Meeting, day: date, further_days: int, most: int = MOST_SLOTS
) -> tuple[datetime, ...]:
    """Return times at which all can meet and that were not offered yet, on `day` or working days after it.

    On each day those nearest to the step's own hour; no two of them overlap.
    """
    people = invited(scene, meeting)
    if not people:
        return ()
    chosen: list[datetime] = []
    apart = max(timedelta(minutes=meeting.minutes), timedelta(minutes=_HALF_HOUR))
    begins = begins_on(scene, meeting)
    for candidate in _days(scene, max(day, begins) if begins else day, further_days):
        for start in _on_day(scene, meeting, people, candidate):
            if len(chosen) == most:
                return tuple(sorted(chosen))
            if start not in meeting.slots and all(abs(start - other) >= apart for other in chosen):
                chosen.append(start)
    return tuple(sorted(chosen))


def _days(scene: Scene, day: date, further: int) -> Iterator[date]:
    """Yield a day and so many working days after it, none of them one on which the pair rests."""
    calendar, pauses = scene.plan_calendar(), scene.pair.enrolment.pauses
    first = max(day, scene.today(scene.leader()))
    if is_working_day(first, calendar, leave=False) and not paused_on(first, pauses):
        yield first
    later = (add_working_days(first, n, calendar, leave=False) for n in count(1))
    yield from islice((one for one in later if not paused_on(one, pauses)), further)


def _on_day(scene: Scene, meeting: Meeting, people: tuple[Person, ...], day: date) -> list[datetime]:
    """Return all times of a day at which all can meet: first those that no other meeting wants, then by nearness."""
    leader = scene.leader()
    step = scene.step_named(meeting.step)
    wanted_at = instant(day, step.when.at, leader.zone)
    grid = _HALF_HOUR if step.when.at.minute % _HALF_HOUR == 0 else _QUARTER
    host = next((p for p in people if p.id == leader.id), people[0])
    starts = {instant(day, at, host.zone) for at in _wall_times(host.opens, host.closes, grid)}
    calendars = tuple(scene.calendar(p) for p in people)
    soonest, length, taken = scene.now + _NOTICE, timedelta(minutes=meeting.minutes), busy(scene, meeting)
    free = [
        s
        for s in starts
        if s >= soonest
        and _all_at_work(calendars, s, meeting.minutes, grid)
        and not _overlaps(s, s + length, taken)
    ]
    if not free:
        return []
    others = tuple(_wanted_by_others(scene, meeting, day))
    return sorted(free, key=lambda s: (_overlaps(s, s + length, others), abs(s - wanted_at), s))


@lru_cache(maxsize=256)
def _wall_times(opens: time, closes: time, grid: int) -> tuple[time, ...]:
    times = (time(minute // 60, minute % 60) for minute in range(0, 24 * 60, grid))
    return tuple(at for at in times if opens <= at < closes)


@lru_cache(maxsize=16384)  # who waits for a time asks at every look again for the same days
def _all_at_work(calendars: tuple[WorkingTime, ...], start: datetime, minutes: int, grid: int) -> bool:
    end = start + timedelta(minutes=minutes)
    return [start] == common_slots(calendars, start, end, minutes, step_minutes=grid, most=1)


Stretch = tuple[datetime, datetime]
_LOOKS_FOR_A_TIME = frozenset({"offer", "people", "collide", "replan", "ahead"})


def wants_time(scene: Scene, due: Due) -> bool:
    """Tell whether a due thing looks for a time, so that the other meetings of these people have to be known."""
    kind, _, what = due.action.partition(".")
    if due.action == "open":
        return scene.step_named(due.step).kind in MEETS_KINDS
    return kind in MEETS_KINDS and what in _LOOKS_FOR_A_TIME


def busy(scene: Scene, meeting: Meeting) -> tuple[Stretch, ...]:
    """Return when people of a meeting already have another one, in this pair or in another of theirs."""
    here = tuple(
        (m.starts_at, ends_at(m))
        for m in scene.pair.meetings
        if m.id != meeting.id and m.state == "fixed" and m.starts_at and set(m.people) & set(meeting.people)
    )
    outside = dict.fromkeys((begins, ends) for who, begins, ends in scene.busy if who in meeting.people)
    return (*here, *outside)


def is_busy(scene: Scene, meeting: Meeting, start: datetime) -> bool:
    """Tell whether somebody in a meeting has another one at that time."""
    return _overlaps(start, start + timedelta(minutes=meeting.minutes), busy(scene, meeting))


def still_free(scene: Scene, meeting: Meeting, start: datetime) -> bool:
    """Tell whether a time that was offered is still ahead and free, for everybody and on all calendars."""
    on_leave = any(away_on(p, start) for p in invited(scene, meeting))
    return start > scene.now and not on_leave and not is_busy(scene, meeting, start)


def away_on(person: Person, moment: datetime) -> bool:
    """Tell whether a person is on leave on the day of an instant."""
    day = local_date(moment, person.zone)
    return any(day in span for span in person.leave)


def _wanted_by_others(scene: Scene, meeting: Meeting, day: date) -> Iterator[Stretch]:
    """Return the hours that other meetings of these people have in mind that day and that nobody has fixed yet."""
    leader = scene.leader()
    settled = {m.id for m in scene.pair.meetings if m.state not in ("wanted", "offered")}
    plan = scene.plan().of_kind
    for planned in (p for kind in MEETS_KINDS for p in plan.get(kind, ()) if p.day == day):
        step = planned.step
        its_id = f"{scene.id}/{step.id}/{planned.occurrence}"
        if its_id == meeting.id or its_id in settled:
            continue
        if {p.id for p in people_of(scene, step)} & set(meeting.people):
            start = instant(day, step.when.at, leader.zone)
            yield start, start + timedelta(minutes=step.minutes)


def _overlaps(start: datetime, end: datetime, stretches: Iterable[Stretch]) -> bool:
    return any(begins < end and start < ends for begins, ends in stretches)


# --- the plan against what was offered -------------------------------------------------------------


def off_plan(scene: Scene, meeting: Meeting, planned: Planned) -> bool:
    """Tell whether a meeting has to be offered anew because its day in the plan is another one now.

    A fixed time stays where only the start moved, unless the newcomer is not there yet; one whose step the
    coordinator moved by hand does not. Times that are only offered are offered anew as soon as the plan's day has
    better ones.
    """
    leader = scene.leader()
    on_the_day = [s for s in meeting.slots if local_date(s, leader.zone) == planned.day]
    if meeting.state == "fixed" and _before_they_begin(scene, meeting):
        return True
    if meeting.state == "fixed":
        stands = meeting.starts_at is not None and local_date(meeting.starts_at, leader.zone) == planned.day
        return not stands and _moved_by_hand(scene, meeting, handled=bool(on_the_day))
    if meeting.state != "offered" or on_the_day or planned.day < scene.today(leader):
        return False
    return bool(free_times(scene, replace(meeting, slots=()), planned.day, 0, most=1))


def _before_they_begin(scene: Scene, meeting: Meeting) -> bool:
    """Tell whether a meeting ahead is fixed for a day on which its newcomer does not work here yet."""
    if meeting.starts_at is None or meeting.starts_at <= scene.now:
        return False
    begins = begins_on(scene, meeting)
    return begins is not None and local_date(meeting.starts_at, scene.leader().zone) < begins


def _moved_by_hand(scene: Scene, meeting: Meeting, *, handled: bool) -> bool:
    moves = [c for c in scene.pair.enrolment.changes if c.kind == "move" and c.step == meeting.step]
    if not moves or moves[-1].at is None or meeting.reminded_at is None:
        return False
    # At the very same instant only the times on offer tell which came first.
    return moves[-1].at > meeting.reminded_at or (moves[-1].at == meeting.reminded_at and not handled)
