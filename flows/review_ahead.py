"""A review before it begins: its time, the offer to answer beforehand, the chair's card, what undoes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.calendar import add_working_days, instant, is_working_day, local_date, working_day
from bot.content import Role
from bot.facts import Meeting, Person, Review, StepState
from bot.outcome import Outcome, Put, Send
from flows.agenda import Planned
from flows.kinds import Due
from flows.meeting_time import plan_meeting
from flows.programme import Step
from flows.review_answers import cancelled, in_review, returned
from flows.review_end import undecided
from flows.review_offer import offers
from flows.review_room import card_in, review_of, room_key
from flows.scene import Scene
from flows.visibility import called_off
from flows.written import names, whole

SLOTS_BEFORE = 3  # working days before its day on which times are offered; MISSION fixes only the day itself
_BEFORE_HOME = timedelta(hours=1)
BEFORE_IT_BEGINS = timedelta(minutes=30)  # the chair's card comes so long before a fixed time
# No review is looked for further ahead: prepare_before is at most 20 working days.
_HORIZON = timedelta(days=45)


# --- what it waits for -----------------------------------------------------------------------------


def due(scene: Scene) -> Iterator[Due]:
    """Return when reviews come into sight, when a chair gets the card early, and when no decision is one."""
    known = {r.id: r for r in scene.pair.reviews}
    for planned in _planned_reviews(scene):
        if any(s.occurrence == planned.occurrence for s in scene.pair.states_of(planned.step.id)):
            continue
        review = known.get(_id(scene, planned.step, planned.occurrence))
        if review is None:
            at = _in_sight(scene, planned)
            yield Due(at=at, action="review.ahead", step=planned.step.id, occurrence=planned.occurrence)
        elif review.state == "ahead" and (begins := _fixed(scene.pair.meeting(review.id))):
            at = _card_comes(scene, scene.coordinator(), begins)
            yield Due(at=at, action="open", step=planned.step.id, occurrence=planned.occurrence)
    for review in scene.pair.reviews:
        if review.decide_by and not review.decision and review.state in ("running", "closed"):
            yield Due(at=review.decide_by, action="review.undecided", ref=review.id)


def always(scene: Scene) -> Iterator[Due]:
    """Return the reviews that will not be held and still have answers: those go back at once."""
    for review in scene.pair.reviews:
        if called_off(scene.pair, review):
            left = any(a.sealed_in == review.id for a in scene.pair.answers)
            if left or review.state != "cancelled":
                yield Due(at=scene.now, action="review.return", ref=review.id)


def act(scene: Scene, due: Due) -> Outcome:
    """Carry out what a review waited for."""
    if due.action == "review.ahead":
        return _ahead(scene, due)
    review = scene.pair.review(due.ref)
    if review is None:
        return Outcome()
    if due.action == "review.return":
        back = returned(scene, review)
        return replace(back, changes=(*cancelled(scene, review, ""), *back.changes))
    return undecided(scene, due)


def _planned_reviews(scene: Scene) -> Iterator[Planned]:
    leader = scene.leader()
    begun = local_date(scene.pair.enrolment.created_at, leader.zone)
    last = scene.today(leader) + _HORIZON
    for planned in scene.plan().of_kind.get("review", ()):
        if planned.day > last:
            return
        if planned.day >= min(begun, scene.today(leader)):
            yield planned


def _in_sight(scene: Scene, planned: Planned) -> datetime:
    """Return when a review is first thought of: early enough to fix its time and to answer beforehand."""
    days = max(SLOTS_BEFORE, whole(planned.step, "prepare_before"))
    return _morning(scene, planned.day, days)


def _morning(scene: Scene, day: date, days_before: int) -> datetime:
    leader = scene.leader()
    return instant(
        add_working_days(day, -days_before, scene.plan_calendar(), leave=False), leader.opens, leader.zone
    )


def _fixed(meeting: Meeting | None) -> datetime | None:
    return meeting.starts_at if meeting is not None and meeting.state == "fixed" else None


def _id(scene: Scene, step: Step, occurrence: str) -> str:
    return f"{scene.id}/{step.id}/{occurrence}"


# --- coming into sight -----------------------------------------------------------------------------


def _ahead(scene: Scene, due: Due) -> Outcome:
    """Make the review, propose its time, and offer mentee and mentor to answer beforehand."""
    step = scene.step_named(due.step)
    review = _new(scene, step, due.occurrence)
    after = scene.with_(review)
    planned = next(
        (p for p in _planned_reviews(scene) if _id(scene, p.step, p.occurrence) == review.id), None
    )
    day = planned.day if planned else scene.today(scene.leader())
    chair = next((p for p in scene.pair.people if p.id == review.chair), None)
    people = in_review(after, review)
    meeting = plan_meeting(after, step, due.occurrence, people, chair or people[0], day)
    after = after.after(meeting.changes)
    sends = (*meeting.sends, *offers(after, review, day))
    return Outcome(changes=(Put(review), *meeting.changes), sends=sends)


def _new(scene: Scene, step: Step, occurrence: str) -> Review:
    """Return a review with the stages that have somebody to speak."""
    speakers: tuple[Role, ...] = ("mentee", "mentor")
    silent = {role for role in speakers if not scene.pair.seated(role)}
    chair = scene.coordinator()
    return Review(
        id=_id(scene, step, occurrence),
        enrolment=scene.id,
        step=step.id,
        stages=tuple(stage for stage in names(step, "stages") if stage not in silent),
        chair=chair.id if chair else "",
    )


def opened(scene: Scene, state: StepState) -> Outcome:
    """Give the chair the card with Start: on the review's day, or shortly before its fixed time."""
    known = scene.pair.step(state.step, state.occurrence)
    if known is not None:
        return Outcome(changes=(Put(known),))
    step = scene.step_of(state)
    review = scene.pair.review(_id(scene, step, state.occurrence))
    begun = Outcome()
    if review is None:
        begun = _ahead(
            scene, Due(at=scene.now, action="review.ahead", step=step.id, occurrence=state.occurrence)
        )
        scene = scene.after(begun.changes)
        review = review_of(scene, f"review:{_id(scene, step, state.occurrence)}")
    if review.state == "cancelled":
        return Outcome(changes=(Put(replace(state, state="skipped", why="coordinator")),))
    chair = scene.coordinator()
    if chair is None:
        return replace(begun, changes=(*begun.changes, Put(state)))
    review = replace(review, chair=chair.id)
    send = _start_send(scene.with_(review), review, chair)
    return Outcome(changes=(*begun.changes, Put(review), Put(state)), sends=(*begun.sends, send))


def _card_comes(scene: Scene, chair: Person | None, begins: datetime) -> datetime:
    """Return when the chair's card comes: shortly before the review, or before they go home where it is later."""
    at = begins - BEFORE_IT_BEGINS
    if chair is None or scene.at_work(chair, at) <= begins:
        return at
    calendar, day = scene.calendar(chair), local_date(begins, chair.zone)
    if not is_working_day(day, calendar) or begins <= instant(day, chair.opens, chair.zone):
        day = working_day(day, -1, calendar)
    return min(at, instant(day, chair.closes, chair.zone) - _BEFORE_HOME)


def _start_send(scene: Scene, review: Review, chair: Person) -> Send:
    begins = _fixed(scene.pair.meeting(review.id))
    at = scene.now if begins is None else max(scene.now, _card_comes(scene, chair, begins))
    return Send(
        to=chair.id,
        content=card_in(scene, review, chair),
        key=room_key(review, chair),
        kind="change",  # part of a meeting that has its time: no budget may keep it back
        not_before=scene.at_work(chair, at),
        enrolment=scene.id,
    )
