"""The mentee's progress: goals past their day, answers that stay low or fall."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from bot.calendar import add_working_days
from bot.content import Day, Moment, Say, UserText, say, say_n, told
from bot.facts import Answer, Goal
from flows.programme import Signal
from flows.quiet import HORIZON
from flows.signals_known import TAPS, Finding, Known, Line, Watch, name, renamed, two
from flows.written import rows, texts, whole, word

_REVIEW_NEAR = timedelta(days=7)  # a goal waits for a review that comes so soon after its day


# --- goals -----------------------------------------------------------------------------------------


def goal_overdue(known: Known, signal: Signal) -> Iterator[Finding]:
    """A goal is past its day and still open; one that a review is about to rate waits for it."""
    today = known.local(known.scene.now)
    for goal in known.scene.pair.goals:
        if goal.state != "open" or goal.due is None or goal.due > today + HORIZON:
            continue
        last = _waits_until(known, _shifted(known, goal, goal.due))
        day = add_working_days(last, whole(signal, "days") + 1, known.scene.calendar(known.leader))
        yield Finding(
            at=known.opening(day),
            key=goal.id.rpartition("/")[2],
            when="once",
            about=_whose(known, goal),
            reason=_overdue(goal, goal.due),
            advice=say("You could ask whether it is still the right goal, and put it on the next review."),
        )


def _overdue(goal: Goal, due: date) -> Say:
    if goal.unit:
        return say(
            "The goal “{goal}” was for {day} and is open: {value} of {target} {unit}.",
            goal=UserText(goal.title),
            day=Day(due),
            value=goal.value,
            target=goal.target,
            unit=UserText(goal.unit),
        )
    return say("The goal “{goal}” was for {day} and is open.", goal=UserText(goal.title), day=Day(due))


def _whose(known: Known, goal: Goal) -> tuple[str, ...]:
    mentees = tuple(p.id for p in known.scene.pair.seated("mentee"))
    return (goal.by,) if goal.by in mentees else mentees


def _shifted(known: Known, goal: Goal, due: date) -> date:
    """Return a goal's day after the pauses that came since it was set."""
    for pause in sorted(known.scene.pair.enrolment.pauses, key=lambda p: p.first):
        if goal.at is not None and known.local(goal.at) < pause.first <= due:
            due += pause.last - pause.first + timedelta(days=1)
    return due


def _waits_until(known: Known, due: date) -> date:
    """Return the goal's day, or that of a review soon after it which is still to come."""
    held = {r.step for r in known.scene.pair.reviews if r.state in ("closed", "cancelled")}
    soon = [
        _review_day(known, p.step.id, p.day)
        for p in known.plan.of_kind.get("review", ())
        if p.step.id not in held and p.day >= due - _REVIEW_NEAR
    ]
    return max([due, *(day for day in soon if due <= day <= due + _REVIEW_NEAR)])


def _review_day(known: Known, step: str, planned: date) -> date:
    meeting = known.scene.pair.meeting(f"{known.scene.id}/{step}/once")
    return known.local(meeting.starts_at) if meeting is not None and meeting.starts_at else planned


# --- answers ---------------------------------------------------------------------------------------


def low_answers(known: Known, signal: Signal) -> Iterator[Finding]:
    """The same person's last answers to the same question were all low."""
    most, times = whole(signal, "at_most"), whole(signal, "times")
    for line, key, last in _rows(known, signal, times):
        if all(int(a.value) <= most for a in last):
            person = known.scene.pair.person(line[1])
            reason = say_n(
                "{person} answered {most} or less of 5 to “{question}”, on {since}.",
                "{person} answered {most} or less of 5 to “{question}” {n} times running, since {since}.",
                times,
                person=name(person),
                most=most,
                question=_question(known, line),
                since=Moment(last[0].at, "date"),
            )
            yield _about_answers(known, line, key, last, reason)


def falling(known: Known, signal: Signal) -> Iterator[Finding]:
    """The same person's answers to the same question went down, without rising in between."""
    drop, times = whole(signal, "drop"), whole(signal, "times")
    for line, key, last in _rows(known, signal, times):
        values = [int(a.value) for a in last]
        if values[0] - values[-1] >= drop and values == sorted(values, reverse=True):
            person = known.scene.pair.person(line[1])
            reason = say(
                "{person} answered “{question}” with {first} of 5 on {since}, and with {last} on {day}.",
                person=name(person),
                question=_question(known, line),
                first=values[0],
                last=values[-1],
                since=Moment(last[0].at, "date"),
                day=Moment(last[-1].at, "date"),
            )
            yield _about_answers(known, line, key, last, reason)


def _rows(known: Known, signal: Signal, times: int) -> Iterator[tuple[Line, str, list[Answer]]]:
    """Return who answered what so many times since the last case about it, with those answers."""
    question = word(signal, "question")
    steps = {s.id for s in known.watched(signal)}
    for line, answers in known.taps.items():
        step, person, asked, about = line
        if (
            len(answers) < times
            or step not in steps
            or question not in ("", asked)
            or not known.seated(person)
        ):
            continue
        key = ".".join(filter(None, (person, about, asked)))
        since = known.settled(signal, key)
        last = [a for a in answers[-times:] if a.at > since]
        if len(last) == times:
            yield line, key, last


def _about_answers(known: Known, line: Line, key: str, last: list[Answer], reason: Say) -> Finding:
    _, person, _, about = line
    return Finding(
        at=last[-1].at,
        key=key,
        when=last[-1].occurrence.partition(".")[0],
        about=(person,),
        reason=reason,
        advice=say(
            "You could write to {person} alone and ask what would help.",
            person=name(known.scene.pair.person(person)),
        ),
        names=two(known, person, about),
    )


def _question(known: Known, line: Line) -> Say:
    step_id, person, asked, about = line
    step = known.scene.step_named(step_id)
    found = dict(texts(step, "going")) if step.kind == "feedback" else {}
    if step.kind == "checkin":
        found = next((dict(row.text) for row in rows(step, "questions") if row.id == asked), {})
    words = told(found) if found else say("{question}", question=UserText(asked))
    return renamed(known, words, two(known, person, about)) if found else words


WATCHES: Mapping[str, Watch] = MappingProxyType(
    {
        "goal_overdue": Watch(goal_overdue, frozenset({"goals", "reviews", "meetings:review"})),
        "low_answers": Watch(low_answers, TAPS, private=True),
        "falling": Watch(falling, TAPS, private=True),
    }
)
