"""What happens to a meeting's time: offered to one person, fixed for all, offered anew, called off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from bot.calendar import local_date
from bot.content import Card, Say, say
from bot.facts import Meeting, Person
from bot.outcome import Change, Outcome, Put, Send, SendKind, Unsend
from flows.calendar_file import calendar_file
from flows.meeting_cards import card_of, entry_card, fixed_card, host_of, no_time_card, offer_card, plain
from flows.meeting_slots import ANEW_DAYS, arrangement, before_start, chooser_of, ends_at, free_times, invited
from flows.programme import Step
from flows.review_offer import moved
from flows.scene import Scene
from flows.stepping import open_case, travelling

NO_ONE = ""  # in `Meeting.said`: an earlier time that did not come about, whoever said so


# --- offering --------------------------------------------------------------------------------------


def plan_meeting(
    scene: Scene, step: Step, occurrence: str, people: tuple[Person, ...], chooser: Person, day: date
) -> Outcome:
    """Make a meeting and offer its times to `chooser`, around the local `day`; a second call changes nothing."""
    meeting = Meeting(
        id=f"{scene.id}/{step.id}/{occurrence}",
        enrolment=scene.id,
        step=step.id,
        occurrence=occurrence,
        people=tuple(p.id for p in people),
        minutes=step.minutes,
        chooser=chooser.id,
        in_person=arrangement(step).in_person,
    )
    if scene.pair.meeting(meeting.id) is not None:
        return Outcome()
    return offer(scene, meeting, day)


def offer(
    scene: Scene,
    meeting: Meeting,
    day: date,
    *,
    intro: Say | None = None,
    kind: SendKind = "invite",
    anew: bool = False,
) -> Outcome:
    """Offer times around a day to the one who chooses; where none fits, HR has a case and all can still agree on one.

    Who acts gets the card as the reply, so nothing is sent to them.
    """
    step = scene.step_named(meeting.step)
    late = day <= scene.today(scene.leader())
    further = max(arrangement(step).may_move_days, ANEW_DAYS if anew or late else 0)
    times = free_times(scene, meeting, day, further)
    put = replace(
        meeting,
        state="offered" if times else "wanted",
        slots=(*meeting.slots, *times),
        asked=(meeting.chooser,),
        reminded_at=scene.now,
    )
    case = Outcome() if times else _no_time(scene, put, step)
    changes = (Put(put), *case.changes)
    return Outcome(changes=changes, sends=(*put_to(scene, put, intro, kind), *case.sends))


def put_to(scene: Scene, meeting: Meeting, intro: Say | None, kind: SendKind) -> tuple[Send, ...]:
    """Return the message that puts the choice before whoever has it now, unless it is they who act."""
    chooser = scene.pair.person(meeting.chooser)
    if scene.me is not None and scene.me.id == chooser.id:
        return ()
    offered = meeting.state == "offered"
    card = (
        offer_card(scene, meeting, chooser, intro)
        if offered
        else no_time_card(scene, meeting, chooser, intro)
    )
    message = Send(
        to=chooser.id,
        content=card,
        key=_offer_key(meeting, len(meeting.asked) - 1),
        kind=kind,
        not_before=scene.at_work(chooser),
        enrolment=scene.id,
        expires=max(meeting.slots) if offered else None,
    )
    # A change is awaited; the first choice of a time days ahead can come with something else.
    patience = scene.step_named(meeting.step).patience if kind == "invite" else 0
    return (travelling(scene, message, chooser, patience),)


def _offer_key(meeting: Meeting, turn: int) -> str:
    """Return the key of the offer in this round: a round begins with each change of the time or of what is offered."""
    before = meeting.starts_at.isoformat() if meeting.starts_at else "new"
    first = meeting.slots[0].isoformat() if meeting.slots else "none"
    missed = sum(1 for who, _ in meeting.said if who == NO_ONE)
    return f"{meeting.id}:{meeting.asked[turn]}:offer:{before}.{meeting.sequence}.{missed}.{first}.{turn}"


def _no_time(scene: Scene, meeting: Meeting, step: Step) -> Outcome:
    """Open the case of a meeting for which no time fits all calendars."""
    reason = say("No time around its day fits the calendars of all: {step}.", step=scene.title(step))
    advice = say("You could ask whether somebody can meet early or late, or move it for this pair.")
    return open_case(
        scene,
        signal="no_slot",
        occurrence=f"{step.id}.{meeting.occurrence}",
        about=meeting.people,
        reason=reason,
        advice=advice,
    )


def offer_anew(
    scene: Scene, meeting: Meeting, day: date, *, to_chooser: Say, to_others: Say, keep_slots: bool = False
) -> Outcome:
    """Take a meeting back to the choice of a time and tell everybody; calendars change once a new one is fixed."""
    step = scene.step_named(meeting.step)
    people = invited(scene, meeting)
    chooser = chooser_of(scene, step, people) or scene.pair.person(meeting.chooser)
    past = meeting.starts_at is not None and meeting.starts_at <= scene.now
    again = replace(
        meeting,
        chooser=chooser.id,
        slots=meeting.slots if keep_slots else (),
        said=((NO_ONE, "no"), *(s for s in meeting.said if s[0] == NO_ONE)) if past else meeting.said,
    )
    outcome = offer(scene, again, day, intro=to_chooser, kind="change", anew=True)
    others = [p for p in people if p.id != chooser.id and (scene.me is None or p.id != scene.me.id)]
    told = tuple(tell(scene, meeting, p, plain(scene, meeting, to_others), "anew") for p in others)
    changes = (*outcome.changes, *_reopened(scene, meeting), *unsent(meeting, "another time is looked for"))
    return replace(outcome, changes=changes, sends=(*outcome.sends, *told))


def tell(scene: Scene, meeting: Meeting, to: Person, card: Card, what: str) -> Send:
    """Return the message that a meeting changed; by e-mail to a newcomer who has no account yet."""
    return Send(
        to=to.id,
        content=card,
        key=_told_key(meeting, to.id, what),
        kind="change",
        not_before=scene.at_work(to),
        enrolment=scene.id,
        mail=before_start(scene, to),
    )


# --- fixing ----------------------------------------------------------------------------------------


def fix(scene: Scene, meeting: Meeting, start: datetime, *, in_person: bool | None = None) -> Outcome:
    """Fix a time and tell everybody, with the entry for their calendars; the reply is the caller's."""
    again = meeting.starts_at is not None
    kept = meeting.in_person if in_person is None else in_person
    fixed = replace(
        meeting,
        state="fixed",
        starts_at=start,
        in_person=kept,
        link="" if kept else meeting.link or room_for(scene, meeting),
        sequence=meeting.sequence + again,
        reminded_at=scene.now,
        asked=(),
        said=tuple(s for s in meeting.said if s[0] == NO_ONE),
    )
    after = scene.with_(fixed)
    changes: tuple[Change, ...] = (
        Put(fixed),
        *unsent(meeting, "a time is fixed"),
        *outdated(meeting),
        *_reopened(scene, meeting),
    )
    offered = moved(after, meeting, local_date(start, scene.leader().zone))
    sends = (*for_calendars(after, fixed), *renewed(after, meeting, fixed), *offered.sends)
    return Outcome(changes=(*changes, *offered.changes), sends=sends)


def for_calendars(scene: Scene, meeting: Meeting) -> tuple[Send, ...]:
    """Return a fixed meeting's card with its .ics for everybody; nobody needs it after the end."""
    found = []
    for person in invited(scene, meeting):
        mine = scene.me is not None and scene.me.id == person.id
        card = (entry_card if mine else fixed_card)(scene, meeting, person)
        message = tell(scene, meeting, person, card, "time")
        content = calendar_file(scene, meeting, person, card)
        kind: SendKind = "answer" if mine else "change"
        found.append(replace(message, content=content, kind=kind, expires=ends_at(meeting)))
    return tuple(found)


def room_for(scene: Scene, meeting: Meeting) -> str:
    """
    Return the link of a video room: its host's, else anybody's in the meeting, else the pair's.

    Else a call of all of them in an app that they share; "" where there is none.
    """
    host, people = host_of(scene, meeting), invited(scene, meeting)
    rooms = (p.room for p in (*((host,) if host else ()), *people) if p.room)
    pairs = dict(scene.pair.enrolment.options).get("room", "")
    return next(rooms, "") or pairs or scene.call_link(people)


def renewed(scene: Scene, before: Meeting, now: Meeting) -> tuple[Send, ...]:
    """Return the silent renewal of every offer that others still hold."""
    found = []
    for turn, holder in enumerate(before.asked if before.state in ("offered", "wanted") else ()):
        if scene.me is not None and scene.me.id == holder:
            continue
        person = scene.pair.person(holder)
        key = _offer_key(before, turn)
        found.append(
            Send(
                to=holder,
                content=card_of(scene, now, person),
                key=f"{key}:{now.state}:{now.sequence}",
                kind="update",
                not_before=scene.now,
                enrolment=scene.id,
                replaces=key,
            )
        )
    return tuple(found)


# --- shared ----------------------------------------------------------------------------------------


def reminder_key(meeting: Meeting, person: str) -> str:
    """Return the key of a person's reminder of the time that is fixed."""
    return f"{meeting.id}:{person}:remind:{meeting.sequence}"


def unsent(meeting: Meeting, why: str) -> Iterable[Change]:
    """Return what drops the offers or reminders of a meeting that still wait."""
    keys = [reminder_key(meeting, p) for p in meeting.people]
    if meeting.state in ("offered", "wanted"):
        keys = [_offer_key(meeting, turn) for turn in range(len(meeting.asked))]
    return [Unsend(key, why) for key in keys]


def outdated(meeting: Meeting) -> Iterable[Change]:
    """Return what drops the news of a time that still wait when there is newer news."""
    if meeting.starts_at is None:
        return []
    return [
        Unsend(_told_key(meeting, p, what), "changed again")
        for p in meeting.people
        for what in ("time", "anew")
    ]


def _told_key(meeting: Meeting, person: str, what: str) -> str:
    starts = meeting.starts_at.isoformat() if meeting.starts_at else "none"
    return f"{meeting.id}:{person}:{what}:{meeting.sequence}.{starts}"


def _reopened(scene: Scene, meeting: Meeting) -> tuple[Change, ...]:
    """Return the step's state as open again, where the meeting had been given up."""
    state = scene.pair.step(meeting.step, meeting.occurrence)
    if meeting.state != "missed" or state is None or state.state != "escalated":
        return ()
    return (Put(replace(state, state="open", done_at=None)),)


def ended(scene: Scene, meeting: Meeting, to: Meeting) -> tuple[Change, ...]:
    """Return a meeting that was held or missed, with its step done or escalated; a review ends its own step."""
    changes: list[Change] = [Put(to)]
    step = scene.step_named(meeting.step)
    if step.kind != "meeting" or to.state not in ("held", "missed"):
        return tuple(changes)
    known = scene.pair.step(meeting.step, meeting.occurrence)
    state = known or scene.new_state(step, meeting.occurrence, "")
    if to.state == "held":
        changes.append(Put(replace(state, state="done", done_at=scene.now, done_by=by(scene), why="")))
    elif state.state in ("open", "planned"):
        changes.append(Put(replace(state, state="escalated")))
    return tuple(changes)


def by(scene: Scene) -> str:
    """Return the id of whoever acts, "" where it is the bot."""
    return scene.me.id if scene.me is not None else ""
