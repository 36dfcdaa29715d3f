"""Meetings: times are offered to one person, one tap fixes a time for all, and any of them may ask for another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.calendar import add_working_days, instant, local_date, next_morning
from bot.content import Card, say
from bot.facts import Meeting, Person, StepState
from bot.outcome import Outcome, Put
from flows.agenda import Planned
from flows.kinds import Due, Kind, Source
from flows.meeting_after import VERBS as AFTER_VERBS
from flows.meeting_after import after_due, ask, missed, remind, reminder_due
from flows.meeting_cards import card_of, name_of
from flows.meeting_changes import collide, collides, left_by, replan, will_not_be, without
from flows.meeting_off import call_off
from flows.meeting_slots import (
    ANEW_DAYS,
    arrangement,
    before_start,
    chooser_of,
    ends_at,
    free_times,
    off_plan,
    people_of,
    planned_of,
)
from flows.meeting_time import offer, plan_meeting, put_to
from flows.meeting_verbs import VERBS as CHOOSING_VERBS
from flows.programme import Step
from flows.quiet import HORIZON
from flows.scene import Scene

_LIVE = ("wanted", "offered", "fixed")
# No meeting is offered further ahead: offer_before is at most 30 working days, and a look sees far enough (HORIZON).
_HORIZON = timedelta(days=70)


# --- what meetings wait for ------------------------------------------------------------------------


def due(scene: Scene) -> Iterator[Due]:
    """Return when times are offered, and what the meetings of this pair, reviews among them, wait for."""
    known = {m.id for m in scene.pair.meetings}
    today = scene.today(scene.leader())
    for planned in scene.plan().of_kind.get("meeting", ()):
        step = planned.step
        if planned.day > today + _HORIZON:
            break
        if planned.day < today or f"{scene.id}/{step.id}/{planned.occurrence}" in known:
            continue
        if all(s.occurrence != planned.occurrence for s in scene.pair.states_of(step.id)):
            yield from _first_offer(scene, planned)
    for meeting in scene.pair.meetings:
        yield from _of_meeting(scene, meeting)


def _first_offer(scene: Scene, planned: Planned) -> Iterator[Due]:
    step = planned.step
    days = arrangement(step).offer_before
    day = add_working_days(planned.day, -days, scene.plan_calendar(), leave=False)
    if day > scene.today(scene.leader()) + HORIZON:
        return
    people = people_of(scene, step)
    if len(people) < 2:
        return
    chooser = chooser_of(scene, step, people)
    if chooser is None:  # nobody of them has an account before day 1
        day, chooser = max(day, scene.pair.enrolment.start), people[0]
    at = instant(day, chooser.opens, chooser.zone)
    yield Due(at=at, action="meeting.offer", step=step.id, occurrence=planned.occurrence)


def _of_meeting(scene: Scene, meeting: Meeting) -> Iterator[Due]:
    if meeting.state in ("held", "cancelled"):
        return
    if _begun_as_review(scene, meeting):
        yield Due(at=scene.now, action="meeting.begun", ref=meeting.id)
        return
    planned = planned_of(scene, meeting)
    if meeting.state == "missed" or planned is None:
        return
    if off_plan(scene, meeting, planned):
        yield Due(at=scene.now, action="meeting.replan", ref=meeting.id)
        return
    match meeting.state:
        case "wanted":
            yield from _wanted(scene, meeting, planned)
        case "offered":
            yield from _offered(scene, meeting)
        case "fixed" if meeting.starts_at is not None and meeting.starts_at > scene.now:
            yield from reminder_due(scene, meeting)
            yield Due(at=ends_at(meeting), action="wake")
        case "fixed":
            yield from after_due(scene, meeting)


def _begun_as_review(scene: Scene, meeting: Meeting) -> bool:
    review = scene.pair.review(meeting.id)
    return review is not None and review.state in ("running", "closed")


def _wanted(scene: Scene, meeting: Meeting, planned: Planned) -> Iterator[Due]:
    """A meeting without any common time is offered as soon as there is one, and given up after the last day for it."""
    further = _further(scene, planned)
    if meeting.reminded_at is None or free_times(scene, meeting, planned.day, further, most=1):
        yield Due(at=scene.now, action="meeting.offer", step=meeting.step, occurrence=meeting.occurrence)
        return
    leader = scene.leader()
    last = max(planned.day, local_date(meeting.reminded_at, leader.zone))
    day = add_working_days(last, further + 1, scene.plan_calendar(), leave=False)
    yield Due(at=instant(day, leader.opens, leader.zone), action="meeting.missed", ref=meeting.id)
    # A time may become free in another pair of these people, which nobody tells this one.
    yield Due(at=next_morning(scene.now, scene.plan_calendar()), action="wake")


def _further(scene: Scene, planned: Planned) -> int:
    late = planned.day <= scene.today(scene.leader())
    return max(arrangement(planned.step).may_move_days, ANEW_DAYS if late else 0)


def _offered(scene: Scene, meeting: Meeting) -> Iterator[Due]:
    """An offer is repeated as the step says; then the partner may choose; when its last time has passed it lapses."""
    lapses = max(meeting.slots)
    at = _nudge_at(scene, meeting)
    if at is not None and at < lapses:
        yield Due(at=at, action="meeting.nudge", ref=meeting.id)
    else:
        yield Due(at=lapses, action="meeting.missed", ref=meeting.id)


def _nudge_at(scene: Scene, meeting: Meeting) -> datetime | None:
    step = scene.step_named(meeting.step)
    chooser = scene.pair.person(meeting.chooser)
    handed_over = meeting.chooser != meeting.asked[0] if meeting.asked else False
    if not step.nudge_after or meeting.reminded_at is None or handed_over or not chooser.reachable:
        return None
    if len(meeting.asked) > step.nudges and not (step.tell_partner and _partner(scene, meeting)):
        return None
    waits = step.patience if len(meeting.asked) == 1 else 0  # the first offer may come so much later
    return scene.later(chooser, step.nudge_after + waits, meeting.reminded_at)


def _partner(scene: Scene, meeting: Meeting) -> Person | None:
    pair = [p for p in scene.partners(scene.pair.person(meeting.chooser)) if p.id in meeting.people]
    return next((p for p in pair if p.active and not before_start(scene, p)), None)


def always(scene: Scene) -> Iterator[Due]:
    """Return the meetings that will not be, also after the pair's end, and those that leave or a pause now covers."""
    for meeting in scene.pair.meetings:
        ahead = meeting.starts_at is None or meeting.starts_at > scene.now
        if meeting.state in _LIVE and ahead and will_not_be(scene, meeting) is not None:
            yield Due(at=scene.now, action="meeting.off", ref=meeting.id)
        elif meeting.state in _LIVE and ahead and left_by(scene, meeting):
            yield Due(at=scene.now, action="meeting.people", ref=meeting.id)
        elif meeting.state == "fixed" and ahead and collides(scene, meeting):
            yield Due(at=scene.now, action="meeting.collide", ref=meeting.id)


# --- carrying it out -------------------------------------------------------------------------------


def act(scene: Scene, due: Due) -> Outcome:
    """Carry out what a meeting waited for."""
    if due.action == "meeting.offer":
        return _offer(scene, scene.step_named(due.step), due.occurrence)
    meeting = scene.pair.meeting(due.ref)
    if meeting is None:
        return Outcome()
    match due.action:
        case "meeting.remind":
            return remind(scene, meeting)
        case "meeting.ask":
            return ask(scene, meeting)
        case "meeting.missed":
            return missed(scene, meeting)
        case "meeting.nudge":
            return _nudge(scene, meeting)
        case "meeting.begun":
            return Outcome(changes=(Put(replace(meeting, state="held")),))
        case "meeting.off":
            off = will_not_be(scene, meeting)
            return call_off(scene, meeting, off[0], why=off[1]) if off else Outcome()
        case "meeting.people":
            return without(scene, meeting)
        case "meeting.collide":
            return collide(scene, meeting)
        case "meeting.replan":
            return replan(scene, meeting)
        case action:
            raise LookupError(f"meetings have no {action}")


def _offer(scene: Scene, step: Step, occurrence: str) -> Outcome:
    """Offer a meeting's times for the first time, or one for which none fitted until now."""
    meeting = scene.pair.meeting(f"{scene.id}/{step.id}/{occurrence}")
    if meeting is not None:
        planned = planned_of(scene, meeting)
        return offer(scene, meeting, planned.day if planned else scene.today(scene.leader()))
    people = people_of(scene, step)
    chooser = chooser_of(scene, step, people)
    if len(people) < 2 or chooser is None:
        return Outcome()
    planned = scene.plan().find(step.id, occurrence)
    day = planned.day if planned else scene.today(scene.leader())
    return plan_meeting(scene, step, occurrence, people, chooser, day)


def _nudge(scene: Scene, meeting: Meeting) -> Outcome:
    """Put the choice again; after the last time the partner may choose just as well."""
    step = scene.step_named(meeting.step)
    chooser = scene.pair.person(meeting.chooser)
    partner = _partner(scene, meeting)
    handed_over = len(meeting.asked) > step.nudges and partner is not None
    meeting = _with_time_to_choose(scene, meeting, partner if partner and handed_over else chooser)
    if handed_over and partner is not None:
        words = say(
            "The choice of a time is still open with {person}. You may pick one just as well.",
            person=name_of(chooser),
        )
        handed = replace(
            meeting, chooser=partner.id, asked=(*meeting.asked, partner.id), reminded_at=scene.now
        )
        return Outcome(changes=(Put(handed),), sends=put_to(scene, handed, words, "invite"))
    again = replace(meeting, asked=(*meeting.asked, chooser.id), reminded_at=scene.now)
    words = say("No time is fixed yet. If none of these suits you, there are others.")
    return Outcome(changes=(Put(again),), sends=put_to(scene, again, words, "nudge"))


def _with_time_to_choose(scene: Scene, meeting: Meeting, to: Person) -> Meeting:
    """Return a meeting with later times too, if it may move and none on offer lies after the day it is read."""
    morning = next_morning(scene.at_work(to), scene.plan_calendar())
    planned = planned_of(scene, meeting)
    if planned is None or any(slot >= morning for slot in meeting.slots):
        return meeting
    day = local_date(morning, scene.leader().zone)
    last = add_working_days(
        planned.day, arrangement(planned.step).may_move_days, scene.plan_calendar(), leave=False
    )
    while day <= last:
        if times := free_times(scene, meeting, day, 0):
            return replace(meeting, slots=(*meeting.slots, *times))
        day = add_working_days(day, 1, scene.plan_calendar(), leave=False)
    return meeting


# --- the step --------------------------------------------------------------------------------------


def opened(scene: Scene, state: StepState) -> Outcome:
    """Begin the step on its day: its meeting has mostly been arranged by then; whoever came late gets times now."""
    step = scene.step_of(state)
    meeting = scene.pair.meeting(f"{scene.id}/{step.id}/{state.occurrence}")
    if meeting is not None:
        return Outcome(changes=(Put(_as_it_stands(scene, state, meeting)),))
    if len(people_of(scene, step)) < 2:
        return Outcome(changes=(Put(replace(state, state="skipped", why="nobody to meet")),))
    outcome = _offer(scene, step, state.occurrence)
    return replace(outcome, changes=(Put(state), *outcome.changes))


def _as_it_stands(scene: Scene, state: StepState, meeting: Meeting) -> StepState:
    match meeting.state:
        case "held":
            return replace(state, state="done", done_at=scene.now)
        case "missed":
            return replace(state, state="escalated")
        case "cancelled":
            return replace(state, state="skipped", why="coordinator")
        case _:
            return state


def card(scene: Scene, state: StepState) -> Card | None:
    """Return the meeting as it stands for whoever looks."""
    meeting = scene.pair.meeting(f"{scene.id}/{state.step}/{state.occurrence}")
    person = scene.pair.person(state.person) if state.person else scene.me
    if meeting is None or person is None or person.id not in meeting.people:
        return None
    return card_of(scene, meeting, person)


_READS = frozenset({"meetings", "reviews", "busy", "today", "begun", "steps:meeting", "steps:day_closing"})
KINDS = {
    "meeting": Kind(
        card=card,
        opened=opened,
        due=Source("meetings", _READS, due),
        act=act,
        always=Source("meetings upset", frozenset({"meetings", "reviews"}), always),
    )
}
VERBS = {**CHOOSING_VERBS, **AFTER_VERBS}
