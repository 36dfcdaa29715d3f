"""What upsets a meeting from outside: leave or a pause, another day in the plan, people who left, the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.calendar import local_date
from bot.content import Day, Moment, Say, say
from bot.facts import Meeting, Person
from bot.outcome import Outcome, Put
from flows.agenda import paused_on
from flows.meeting_cards import around
from flows.meeting_off import call_off, leave_out
from flows.meeting_slots import away_on, invited, is_busy, people_of, planned_of
from flows.meeting_time import for_calendars, offer, offer_anew, outdated
from flows.review_offer import moved
from flows.scene import Scene


def will_not_be(scene: Scene, meeting: Meeting) -> tuple[Say, str] | None:
    """Return why a meeting is off, for people and for its step; None for one that is still wanted."""
    if scene.pair.enrolment.state in ("closed", "stopped"):
        return say("The programme of this pair has ended, so this meeting is called off."), "ended"
    if any(c.kind == "skip" and c.step == meeting.step for c in scene.pair.enrolment.changes):
        return say("This step is left out, so this meeting is called off."), "coordinator"
    review = scene.pair.review(meeting.id)
    if review is not None and review.state == "cancelled":
        return say("HR called this review off."), "coordinator"
    return None


def collides(scene: Scene, meeting: Meeting) -> bool:
    """Tell whether somebody is on leave, or the pair rests, on the day of a fixed meeting."""
    if meeting.starts_at is None:
        return False
    pauses = scene.pair.enrolment.pauses
    resting = paused_on(local_date(meeting.starts_at, scene.leader().zone), pauses)
    return resting or any(away_on(p, meeting.starts_at) for p in invited(scene, meeting))


def collide(scene: Scene, meeting: Meeting) -> Outcome:
    """Look for another time, because somebody is away on that day; nobody is named. For HR a colleague steps in."""
    if (stand_in := _stand_in(scene, meeting)) is not None:
        return _with_stand_in(scene, meeting, stand_in)
    words = say(
        "{moment} no longer fits all calendars, so this needs another time.",
        moment=Moment(meeting.starts_at or scene.now),
    )
    return offer_anew(
        scene, meeting, plan_day(scene, meeting), to_chooser=words, to_others=words, keep_slots=True
    )


def _away(scene: Scene, meeting: Meeting) -> tuple[Person, ...]:
    at = meeting.starts_at or scene.now
    return tuple(p for p in invited(scene, meeting) if away_on(p, at))


def _stand_in(scene: Scene, meeting: Meeting) -> Person | None:
    """Return the coordinator who takes the place of one who is away, where nobody else is."""
    away = _away(scene, meeting)
    if not away or any(scene.pair.roles_of(p.id) != ("coordinator",) for p in away):
        return None
    free = [c for c in scene.pair.seated("coordinator") if c.active and c.id not in meeting.people]
    at = meeting.starts_at or scene.now
    here = [c for c in free if not away_on(c, at)]
    here = [c for c in here if not is_busy(scene, replace(meeting, people=(c.id,)), at)]
    return next((c for c in here if scene.pair.roles_of(c.id) == ("coordinator",)), None)


def _with_stand_in(scene: Scene, meeting: Meeting, stand_in: Person) -> Outcome:
    away = _away(scene, meeting)
    gone = {p.id for p in away}
    people = (*(p for p in meeting.people if p not in gone), stand_in.id)
    chooser = stand_in.id if meeting.chooser in gone else meeting.chooser
    led = replace(meeting, people=people, chooser=chooser, sequence=meeting.sequence + 1)
    sends = (*for_calendars(scene.with_(led), led), *leave_out(scene, meeting, away))
    return Outcome(changes=(Put(led), *outdated(meeting)), sends=sends)


def replan(scene: Scene, meeting: Meeting) -> Outcome:
    """Look for a time on the day that the plan has now."""
    day = plan_day(scene, meeting)
    words = around(Day(day))
    if meeting.state == "fixed":
        outcome = offer_anew(scene, meeting, day, to_chooser=words, to_others=words)
    else:
        outcome = offer(scene, replace(meeting, slots=()), day, intro=words, kind="change")
    ahead = moved(scene.after(outcome.changes), meeting, day)
    return Outcome(changes=(*outcome.changes, *ahead.changes), sends=(*outcome.sends, *ahead.sends))


def plan_day(scene: Scene, meeting: Meeting) -> date:
    """Return the day that the plan has for a meeting, today where it has none."""
    planned = planned_of(scene, meeting)
    return planned.day if planned is not None else scene.today(scene.leader())


def left_by(scene: Scene, meeting: Meeting) -> tuple[Person, ...]:
    """Return who was to come to a meeting and no longer has a seat, or has left the organisation."""
    known = [p for p in scene.pair.people if p.id in meeting.people]
    return tuple(p for p in known if not (p.active and scene.pair.roles_of(p.id)))


def without(scene: Scene, meeting: Meeting) -> Outcome:
    """Let the people who are seated now find a time; whoever left is told that their calendar can forget it."""
    step = scene.step_named(meeting.step)
    people = people_of(scene, step)
    if len(people) < 2:
        return call_off(
            scene,
            meeting,
            say("Nobody is left to meet, so this meeting is called off."),
            why="nobody to meet",
        )
    words = say("Who takes part has changed, so this needs another time.")
    theirs = replace(meeting, people=tuple(p.id for p in people))
    outcome = offer_anew(scene, theirs, plan_day(scene, meeting), to_chooser=words, to_others=words)
    return replace(outcome, sends=(*outcome.sends, *leave_out(scene, meeting, left_by(scene, meeting))))
