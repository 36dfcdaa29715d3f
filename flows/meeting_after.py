"""A meeting's own day and what follows: the reminder, and “did you meet?”, asked of one person first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.calendar import instant, local_date, next_morning, working_day
from bot.content import Role
from bot.events import Pressed
from bot.facts import Meeting, Person
from bot.outcome import Note, Outcome, Put, ReplaceCard, Send
from flows.agenda import Planned
from flows.kinds import EVERYONE, Act, Due, Verb
from flows.meeting_cards import card_of, held_card, reminder_card
from flows.meeting_slots import arrangement, before_start, ends_at, invited
from flows.meeting_time import NO_ONE, ended, reminder_key
from flows.scene import Scene, record_of
from flows.stepping import same_day
from flows.taken import GOT_LATE
from flows.timeline import nominal_at
from flows.written import names

# Who begins work less than this before a meeting is reminded the evening before.
_TIME_TO_READ = timedelta(minutes=15)
_BEFORE_CLOSING = timedelta(hours=1)
_BY_ROLE: tuple[Role, ...] = ("mentor", "mentee", "head", "coordinator", "director")
NEEDS = ("steps", "meetings", "reviews")


# --- reminding -------------------------------------------------------------------------------------


def remind_at(scene: Scene, meeting: Meeting, person: Person) -> datetime:
    """Return when a person is reminded: as their day begins, or the evening before where that would be too late."""
    starts = meeting.starts_at or scene.now
    day = local_date(starts, person.zone)
    opens = instant(day, person.opens, person.zone)
    if opens + _TIME_TO_READ <= starts:
        return opens
    return instant(working_day(day, -1, scene.calendar(person)), person.closes, person.zone) - _BEFORE_CLOSING


def reminder_due(scene: Scene, meeting: Meeting) -> Iterator[Due]:
    """Return the reminder, unless people heard of the meeting later than it would come."""
    people = _reminded(scene, meeting)
    if meeting.starts_at is None or not people:
        return
    at = min(remind_at(scene, meeting, p) for p in people)
    heard = meeting.reminded_at
    if (heard is None or heard < at) and max(at, scene.now) < meeting.starts_at:
        yield Due(at=at, action="meeting.remind", ref=meeting.id)


def _reminded(scene: Scene, meeting: Meeting) -> list[Person]:
    """Return who gets a reminder; the chair of a review has its own card shortly before."""
    review = scene.step_named(meeting.step).kind == "review"
    people = [p for p in invited(scene, meeting) if not _unknown_then(scene, meeting, p)]
    return [p for p in people if not (review and "coordinator" in scene.pair.roles_of(p.id))]


def _unknown_then(scene: Scene, meeting: Meeting, person: Person) -> bool:
    """Tell whether a person has no account yet when the reminder would come: the guide has told them."""
    early = local_date(remind_at(scene, meeting, person), person.zone) < scene.pair.enrolment.start
    return early and not scene.pair.enrolment.moved and "mentee" in scene.pair.roles_of(person.id)


def remind(scene: Scene, meeting: Meeting) -> Outcome:
    """Remind everybody once."""
    sends = []
    for person in _reminded(scene, meeting):
        at = max(remind_at(scene, meeting, person), scene.now)
        sends.append(
            Send(
                to=person.id,
                content=reminder_card(scene, meeting, person, at),
                key=reminder_key(meeting, person.id),
                kind="reminder",
                not_before=scene.at_work(person, at),
                enrolment=scene.id,
                expires=meeting.starts_at,
            )
        )
    return Outcome(changes=(Put(replace(meeting, reminded_at=scene.now)),), sends=tuple(sends))


# --- did you meet? ---------------------------------------------------------------------------------


def after_due(scene: Scene, meeting: Meeting) -> Iterator[Due]:
    """Return when somebody is asked, or nobody is left to ask; a review knows by itself whether it began."""
    if scene.step_named(meeting.step).kind == "review":
        yield from _review_missed(scene, meeting)
        return
    first, other = _askees(scene, meeting)
    closing = closing_of(scene, meeting)
    if meeting.asked:
        last = scene.pair.person(meeting.asked[-1])
        said = (last.id, "no") in meeting.said
        silent_until = next_morning(meeting.reminded_at or ends_at(meeting), scene.calendar(last))
        at = scene.now if said else silent_until
        nobody = other is None or other.id in meeting.asked
    elif closing is not None and first:
        at = max(_closing_over(scene, closing, meeting, first), ends_at(meeting))
        nobody = other is None
    elif first:
        at = scene.at_work(first[0], ends_at(meeting))
        nobody = False
    else:
        at, nobody = ends_at(meeting), other is None
    yield Due(at=at, action="meeting.missed" if nobody else "meeting.ask", ref=meeting.id)


def _review_missed(scene: Scene, meeting: Meeting) -> Iterator[Due]:
    review = scene.pair.review(meeting.id)
    if review is not None and review.state == "ahead":
        at = next_morning(ends_at(meeting), scene.calendar(scene.pair.person(meeting.chooser)))
        yield Due(at=at, action="meeting.missed", ref=meeting.id)


def _askees(scene: Scene, meeting: Meeting) -> tuple[tuple[Person, ...], Person | None]:
    """Return who is asked first (by the day's closing card or the question), and who is asked after a no or silence."""
    people = [p for p in invited(scene, meeting) if not before_start(scene, p)]
    closing = closing_of(scene, meeting)
    roles = closing.step.who if closing else (arrangement(scene.step_named(meeting.step)).ask_held,)
    first = tuple(p for p in people if set(roles) & set(scene.pair.roles_of(p.id)))
    first = first or tuple(people[:1])
    first = first if closing else first[:1]
    ranked = sorted(
        (p for p in people if p not in first),
        key=lambda p: min((_BY_ROLE.index(r) for r in scene.pair.roles_of(p.id)), default=len(_BY_ROLE)),
    )
    return first, next(iter(ranked), None)


def ask(scene: Scene, meeting: Meeting) -> Outcome:
    """Ask one person, and the other only after a no or silence."""
    first, other = _askees(scene, meeting)
    closing = closing_of(scene, meeting)
    fresh = not meeting.asked
    to = first[0] if fresh and closing is None and first else other
    if to is None:
        return missed(scene, meeting)
    before = tuple(p.id for p in first) if fresh and to is other else meeting.asked
    asked = replace(meeting, asked=(*before, to.id), reminded_at=scene.now)
    message = Send(
        to=to.id,
        content=held_card(scene, asked, to),
        key=_question_key(asked, to.id),
        kind="invite",
        not_before=scene.at_work(to),
        enrolment=scene.id,
    )
    return Outcome(changes=(Put(asked),), sends=(same_day(scene, message, to),))


def _question_key(meeting: Meeting, person: str) -> str:
    return f"{meeting.id}:{person}:met:{meeting.sequence}"


def missed(scene: Scene, meeting: Meeting) -> Outcome:
    """Note that a meeting did not come about; what follows is for the signals to say."""
    return Outcome(changes=ended(scene, meeting, replace(meeting, state="missed")))


def held(scene: Scene, event: Act) -> Outcome:
    """Take the answer: one yes is enough; after a second time that did not come about nobody is asked further."""
    assert isinstance(event, Pressed)
    meeting = scene.pair.meeting(record_of(event.ref))
    me = scene.actor
    if meeting is None or me.id not in meeting.people or event.value not in ("yes", "no"):
        return Outcome(reply=Note(GOT_LATE))
    over = meeting.starts_at is not None and ends_at(meeting) <= scene.now
    if meeting.state not in ("fixed", "missed") or not over:
        return Outcome(reply=ReplaceCard(card_of(scene, meeting, me)))
    outcome = said(scene, meeting, event.value == "yes")
    after = scene.after(outcome.changes).pair.meeting(meeting.id) or meeting
    return replace(outcome, reply=ReplaceCard(card_of(scene, after, me)))


def said(scene: Scene, meeting: Meeting, yes: bool) -> Outcome:
    """Return what follows from what the actor says of a meeting."""
    me = scene.actor.id
    kept = tuple(s for s in meeting.said if s[0] != me)
    told = replace(meeting, said=(*kept, (me, "yes" if yes else "no")))
    if yes:
        now_held = replace(told, state="held")
        return Outcome(changes=ended(scene, meeting, now_held), sends=_renewed(scene, meeting, now_held))
    if any(who == NO_ONE for who, _ in meeting.said) and meeting.state == "fixed":
        return Outcome(changes=ended(scene, meeting, replace(told, state="missed")))
    return Outcome(changes=(Put(told),))


def _renewed(scene: Scene, before: Meeting, now: Meeting) -> tuple[Send, ...]:
    """Return the silent renewal of the question that others still hold."""
    after = scene.with_(now)
    return tuple(
        Send(
            to=person,
            content=card_of(after, now, scene.pair.person(person)),
            key=f"{_question_key(before, person)}:known",
            kind="update",
            not_before=scene.now,
            enrolment=scene.id,
            replaces=_question_key(before, person),
        )
        for person in before.asked
        if person != scene.actor.id
    )


# --- where a day's closing card asks instead -------------------------------------------------------


def closing_of(scene: Scene, meeting: Meeting) -> Planned | None:
    """Return the closing card that has a tick for this meeting: one of the same day, whose receiver was in it."""
    if meeting.starts_at is None:
        return None
    day = local_date(meeting.starts_at, scene.leader().zone)
    roles = {r for p in meeting.people for r in scene.pair.roles_of(p)}
    for planned in scene.plan().of_kind.get("day_closing", ()):
        step = planned.step
        if planned.day != day or not roles & set(step.who):
            continue
        if meeting.step in names(step, "steps"):
            return planned
    return None


def _closing_over(scene: Scene, closing: Planned, meeting: Meeting, first: tuple[Person, ...]) -> datetime:
    """Return when the closing card has said its last of a meeting: a no, its end, or the morning after it."""
    mornings = []
    for person in first:
        state = scene.pair.step(closing.step.id, closing.occurrence, person.id)
        if (person.id, "no") in meeting.said or (state is not None and state.state != "open"):
            mornings.append(scene.now)
            continue
        shown = state.delivered_at if state is not None else None
        mornings.append(next_morning(shown or nominal_at(scene, closing, person.id), scene.calendar(person)))
    return max(mornings)


VERBS = {"meeting.held": Verb(run=held, roles=EVERYONE, needs=NEEDS, whole=True)}
