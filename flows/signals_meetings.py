"""The process, its meetings: one without a time when its day is near, one that did not take place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType

from bot.calendar import add_working_days
from bot.content import Day, Moment, Say, Value, say, say_n
from bot.facts import Meeting
from flows.programme import Signal, Step
from flows.signals_known import A_WORKING_DAY, Finding, Known, Watch, name, names
from flows.written import whole


def no_slot(known: Known, signal: Signal) -> Iterator[Finding]:
    """A meeting's day is near and nobody has fixed a time; where no time fits all, its own flow has said so."""
    scene = known.scene
    for step in known.watched(signal):
        meeting = _meeting(known, step)
        if meeting is None or meeting.state not in ("wanted", "offered"):
            continue
        day = known.day(step.id)
        if day is None:
            continue
        if any(c.id == f"{scene.id}/case/no_slot.{step.id}.once" for c in scene.pair.cases):
            continue
        eve = add_working_days(day, -whole(signal, "days_before"), known.calendar, leave=False)
        at = known.opening(eve)
        values = _told_of(known, step, meeting, day)
        reason = say("“{meeting}” on {day} has no time yet ({people}).", **values)
        chooser = next(iter(known.people((meeting.chooser,))), None)
        if chooser is not None:
            # Whoever was enrolled late was asked late.
            at = max(at, scene.later(chooser, A_WORKING_DAY, scene.pair.enrolment.created_at))
        if chooser is not None and meeting.reminded_at is not None:
            reason = say(
                "“{meeting}” on {day} has no time yet ({people}). {chooser} was last asked for one on {since}.",
                chooser=name(chooser),
                since=Moment(meeting.reminded_at, "date"),
                **values,
            )
        yield _finding(known, step, meeting, at=at, reason=reason, advice=_may_move(step))


def _may_move(step: Step) -> Say:
    if days := whole(step, "may_move_days"):
        return say_n(
            "You could ask for a time; it may be {n} working day later.",
            "You could ask for a time; it may be up to {n} working days later.",
            days,
        )
    return say("You could call them and fix a time.")


def not_held(known: Known, signal: Signal) -> Iterator[Finding]:
    """A meeting's day is over and it did not take place, or a review was not begun."""
    for step in known.watched(signal):
        meeting = _meeting(known, step)
        if meeting is None or meeting.state in ("held", "cancelled") or known.day(step.id) is None:
            continue
        if any(s.state == "skipped" for s in known.scene.pair.states_of(step.id)):
            continue
        review = known.scene.pair.review(meeting.id)
        if review is not None and review.state != "ahead":
            continue
        if meeting.state != "fixed" or _noes(meeting):
            yield _not_held(known, step, meeting, whole(signal, "days_after"))


def _not_held(known: Known, step: Step, meeting: Meeting, days: int) -> Finding:
    fell_through = meeting.starts_at is not None and (
        meeting.state in ("fixed", "missed") or _earlier(meeting)
    )
    day = _last_day(known, step, meeting, fell_through)
    last = known.working_day(
        add_working_days(day, days, known.calendar, leave=False), known.people(meeting.people)
    )
    values = _told_of(known, step, meeting, day)
    if not fell_through:
        values["day"] = Day(known.day(step.id) or day)
        reason = say("“{meeting}” was planned for {day} and got no time ({people}).", **values)
    elif noes := _noes(meeting):
        who = name(known.scene.pair.person(noes[-1]))
        reason = say("{who} said that “{meeting}” on {day} did not take place ({people}).", who=who, **values)
    elif _earlier(meeting) and meeting.state != "missed":
        reason = say(
            "“{meeting}” on {day} did not take place; another time is being looked for ({people}).", **values
        )
    elif known.scene.pair.review(meeting.id) is not None:
        reason = say("“{meeting}” on {day} was not begun ({people}).", **values)
    else:
        reason = say("Nobody has said that “{meeting}” on {day} took place ({people}).", **values)
    advice = say("You could ask them, and find another time together.")
    return _finding(known, step, meeting, at=known.closing(last), reason=reason, advice=advice)


def _last_day(known: Known, step: Step, meeting: Meeting, fell_through: bool) -> date:
    """Return the day by which it was to take place: fixed, else the last one that is offered, else the plan's."""
    planned = known.day(step.id) or known.local(known.scene.now)
    if fell_through and meeting.starts_at is not None:
        return known.local(meeting.starts_at)
    if meeting.state == "offered" and meeting.slots:
        return max(planned, known.local(max(meeting.slots)))
    further = whole(step, "may_move_days") if step.kind == "meeting" else 0
    return add_working_days(planned, further, known.calendar, leave=False)


def _noes(meeting: Meeting) -> list[str]:
    """Return who said that it did not take place; "" stands for an earlier time."""
    if any(word == "yes" for _, word in meeting.said):
        return []
    return [person for person, word in meeting.said if person and word == "no"]


def _earlier(meeting: Meeting) -> bool:
    return any(not person for person, _ in meeting.said)


def _told_of(known: Known, step: Step, meeting: Meeting, day: date) -> dict[str, Value]:
    people = names(known.people(meeting.people))
    return {"meeting": known.scene.title(step), "people": people, "day": Day(day)}


def _meeting(known: Known, step: Step) -> Meeting | None:
    return known.scene.pair.meeting(f"{known.scene.id}/{step.id}/once")


def _finding(
    known: Known, step: Step, meeting: Meeting, *, at: datetime, reason: Say, advice: Say
) -> Finding:
    """Return the finding about a meeting's people, the mentees first: they are waiting."""
    mentees = {p.id for p in known.scene.pair.seated("mentee")}
    about = tuple(sorted(meeting.people, key=lambda p: (p not in mentees, meeting.people.index(p))))
    return Finding(key=step.id, when="once", about=about, at=at, reason=reason, advice=advice)


WATCHES: Mapping[str, Watch] = MappingProxyType(
    {
        "no_slot": Watch(no_slot, frozenset({"cases:no_slot"}), of_steps=("meetings",)),
        "not_held": Watch(not_held, frozenset(), of_steps=("meetings", "reviews", "steps")),
    }
)
