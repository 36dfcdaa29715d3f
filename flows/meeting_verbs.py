"""What people do about the time of a meeting: take one, see others, write one down, ask for another, call it off."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, time

from bot.calendar import instant
from bot.content import (
    Card,
    Choice,
    ChoiceField,
    DateField,
    Day,
    Form,
    Moment,
    Say,
    Text,
    TextField,
    TimeField,
    UserText,
    say,
)
from bot.events import Pressed, Submitted
from bot.facts import Meeting
from bot.outcome import Change, CloseForm, FixForm, Note, Outcome, Put, ReplaceCard, Send, ShowForm
from flows.kinds import EVERYONE, Act, Verb
from flows.meeting_cards import (
    agreed_button,
    card_of,
    fixed_card,
    name_of,
    no_time_card,
    offer_card,
    ref_to,
    waiting_for,
    who_sees,
)
from flows.meeting_changes import plan_day
from flows.meeting_off import call_off
from flows.meeting_slots import (
    ANEW_DAYS,
    arrangement,
    away_on,
    begins_on,
    free_times,
    invited,
    is_busy,
    still_free,
)
from flows.meeting_time import fix, for_calendars, offer_anew, outdated
from flows.scene import Scene, record_of
from flows.stepping import open_case

# Another time renews the offer to answer before a review, which looks at its answers and goals.
NEEDS = ("steps", "meetings", "reviews", "cases", "answers", "goals")
NO_OTHERS = say("There are no other times in these days. If you agree on one, write it down here.")
NOT_YOURS = say("That meeting is not one of yours, or it is gone.")
_LINK = re.compile(r"https://[^\s<>|]{4,300}")


def _mine(scene: Scene, event: Act) -> Meeting | None:
    """Return the meeting a ref names, for those who are in it and for HR."""
    meeting = scene.pair.meeting(record_of(event.ref))
    me = scene.actor.id
    if meeting is None or not (me in meeting.people or "coordinator" in scene.pair.roles_of(me)):
        return None
    return meeting


# --- choosing --------------------------------------------------------------------------------------


def take(scene: Scene, event: Act) -> Outcome:
    """Fix one of the times on offer; a press that comes late is answered with how things stand."""
    assert isinstance(event, Pressed)
    meeting = _mine(scene, event)
    if meeting is None:
        return Outcome(reply=Note(NOT_YOURS))
    me = scene.actor
    if meeting.state != "offered":
        return Outcome(reply=ReplaceCard(card_of(scene, meeting, me)))
    if not _may_choose(scene, meeting):
        return Outcome(reply=Note(waiting_for(scene, meeting)))
    start = next((s for s in meeting.slots if s.isoformat() == event.value), None)
    if start is None:
        return Outcome(reply=ReplaceCard(offer_card(scene, meeting, me)))
    if not still_free(scene, meeting, start):
        return _others(scene, meeting, say("That time is taken by now, or over. Here are others."))
    outcome = fix(scene, meeting, start)
    return replace(outcome, reply=ReplaceCard(_fixed(scene, outcome, meeting)))


def _may_choose(scene: Scene, meeting: Meeting) -> bool:
    me = scene.actor.id
    return me == meeting.chooser or "coordinator" in scene.pair.roles_of(me)


def _fixed(scene: Scene, outcome: Outcome, meeting: Meeting) -> Card:
    after = scene.after(outcome.changes)
    return fixed_card(after, after.pair.meeting(meeting.id) or meeting, scene.actor)


def others(scene: Scene, event: Act) -> Outcome:
    """Show the next three times; the button says how many were shown, so that a second press shows no more."""
    assert isinstance(event, Pressed)
    meeting = _mine(scene, event)
    if meeting is None:
        return Outcome(reply=Note(NOT_YOURS))
    if meeting.state not in ("offered", "wanted") or event.value != str(len(meeting.slots)):
        return Outcome(reply=ReplaceCard(card_of(scene, meeting, scene.actor)))
    if not _may_choose(scene, meeting):
        return Outcome(reply=Note(waiting_for(scene, meeting)))
    return _others(scene, meeting, None)


def _others(scene: Scene, meeting: Meeting, intro: Say | None) -> Outcome:
    times = _more_times(scene, meeting)
    if not times:
        me = scene.actor
        if meeting.state == "offered":
            return Outcome(reply=ReplaceCard(offer_card(scene, meeting, me, NO_OTHERS)))
        return Outcome(reply=ReplaceCard(no_time_card(scene, meeting, me)))
    more = replace(meeting, state="offered", slots=(*meeting.slots, *times), reminded_at=scene.now)
    return Outcome(
        reply=ReplaceCard(offer_card(scene.with_(more), more, scene.actor, intro)), changes=(Put(more),)
    )


def _more_times(scene: Scene, meeting: Meeting) -> tuple[datetime, ...]:
    """Return times that were not offered yet, on the plan's day and in the week after it."""
    further = max(ANEW_DAYS, arrangement(scene.step_named(meeting.step)).may_move_days)
    return free_times(scene, meeting, plan_day(scene, meeting), further)


# --- a time that people agreed on ------------------------------------------------------------------


def propose(scene: Scene, event: Act) -> Outcome:
    """Open the form for a time that was agreed on elsewhere."""
    meeting = _mine(scene, event)
    if meeting is None:
        return Outcome(reply=Note(NOT_YOURS))
    if meeting.state in ("held", "cancelled"):
        return Outcome(reply=ReplaceCard(card_of(scene, meeting, scene.actor)))
    step = scene.step_named(meeting.step)
    seen = who_sees(scene, step, scene.actor)
    where = (Choice(say("On video"), "video"), Choice(say("In person"), "person"))
    fields = (
        DateField(key="day", label=say("Day"), seen_by=seen, required=True),
        TimeField(key="time", label=say("Time (yours)"), seen_by=seen, required=True),
        ChoiceField(
            key="where",
            label=say("Where"),
            seen_by=seen,
            options=where,
            initial=("person" if meeting.in_person else "video",),
        ),
    )
    form = Form(
        title=say("We agreed on a time"),
        verb="meeting.agreed",
        ref=event.ref,
        fields=fields,
        submit=say("Fix it"),
    )
    return Outcome(reply=ShowForm(form))


def agreed(scene: Scene, event: Act) -> Outcome:
    """Fix a time that was agreed on; what cannot be is asked again, and what was typed is kept."""
    assert isinstance(event, Submitted)
    meeting = _mine(scene, event)
    if meeting is None or meeting.state in ("held", "cancelled"):
        return Outcome(reply=CloseForm(NOT_YOURS))
    start, errors = _typed(scene, meeting, event)
    if start is None:
        return Outcome(reply=FixForm(errors))
    in_person = event.values.get("where") in ("person", ("person",))
    if meeting.state == "fixed" and (meeting.starts_at, meeting.in_person) == (start, in_person):
        return Outcome(reply=CloseForm(say("It is fixed."), card=card_of(scene, meeting, scene.actor)))
    outcome = fix(scene, meeting, start, in_person=in_person)
    note = say("Fixed. Everybody in it is told.")
    return replace(outcome, reply=CloseForm(note, card=_fixed(scene, outcome, meeting)))


def _typed(scene: Scene, meeting: Meeting, event: Submitted) -> tuple[datetime | None, dict[str, Say]]:
    errors: dict[str, Say] = {}
    try:
        day = date.fromisoformat(str(event.values.get("day", "")).strip())
    except ValueError:
        day = None
        errors["day"] = say("Please give a day such as {example}.", example="2027-02-15")
    try:
        at = time.fromisoformat(str(event.values.get("time", "")).strip())
    except ValueError:
        at = None
        errors["time"] = say("Please give a time such as {example}.", example="14:30")
    if day is None or at is None:
        return None, errors
    start = instant(day, at.replace(tzinfo=None), scene.actor.zone)
    if start <= scene.now:
        return None, {"time": say("That time is over. Pick a later one; the rest is kept.")}
    begins = begins_on(scene, meeting)
    if begins is not None and day < begins:
        words = say(
            "That is before the start on {day}. Pick that day or a later one; the rest is kept.",
            day=Day(begins),
        )
        return None, {"day": words}
    if any(away_on(p, start) for p in invited(scene, meeting)):
        return None, {"day": say("Not everybody is there on that day. Pick another; the rest is kept.")}
    if is_busy(scene, meeting, start):
        return None, {
            "time": say("One of you has another meeting then. Pick another time; the rest is kept.")
        }
    return start, {}


# --- another time, or none -------------------------------------------------------------------------


def move(scene: Scene, event: Act) -> Outcome:
    """Look for another time; the one that is fixed stays in calendars until then."""
    meeting = _mine(scene, event)
    if meeting is None:
        return Outcome(reply=Note(NOT_YOURS))
    me = scene.actor
    if meeting.state not in ("fixed", "missed"):
        return Outcome(reply=ReplaceCard(card_of(scene, meeting, me)))
    ahead = meeting.starts_at is not None and meeting.starts_at > scene.now
    if ahead and not _more_times(scene, meeting):
        shown = fixed_card(scene, meeting, me)
        card = replace(
            shown, blocks=(Text(NO_OTHERS), *shown.blocks), buttons=(*shown.buttons, agreed_button(meeting))
        )
        return Outcome(reply=ReplaceCard(card))
    words = say("{person} asks for another time.", person=name_of(me))
    if ahead:
        words = say(
            "{person} asks for another time. {moment} stays until a new one is fixed.",
            person=name_of(me),
            moment=Moment(meeting.starts_at or scene.now),
        )
    day = plan_day(scene, meeting)
    outcome = offer_anew(scene, meeting, day, to_chooser=words, to_others=words, keep_slots=True)
    after = scene.after(outcome.changes)
    now = after.pair.meeting(meeting.id) or meeting
    return replace(outcome, reply=ReplaceCard(card_of(after, now, me)))


def cancel(scene: Scene, event: Act) -> Outcome:
    """Call a meeting off, for good."""
    meeting = _mine(scene, event)
    if meeting is None:
        return Outcome(reply=Note(NOT_YOURS))
    step = scene.step_named(meeting.step)
    if step.kind == "review":
        return Outcome(reply=Note(say("A review is called off by HR, on its own card.")))
    me = scene.actor
    words = say("{person} called this meeting off.", person=name_of(me))
    by = "person" if me.id in meeting.people else "coordinator"
    off = call_off(scene, meeting, words, why=by, to_me=say("Called off. Everybody in it is told."))
    outcome = _heard(scene, meeting, off)
    after = scene.after(outcome.changes)
    return replace(outcome, reply=ReplaceCard(card_of(after, after.pair.meeting(meeting.id) or meeting, me)))


def _heard(scene: Scene, meeting: Meeting, off: Outcome) -> Outcome:
    """Let HR know that a meeting the programme does not leave out was called off by somebody in it."""
    step, me = scene.step_named(meeting.step), scene.actor
    if step.optional or not off.changes or "coordinator" in scene.pair.roles_of(me.id):
        return off
    case = open_case(
        scene,
        signal="called_off",
        occurrence=f"{meeting.step}.{meeting.occurrence}",
        about=tuple(dict.fromkeys((me.id, *meeting.people))),
        reason=say(
            "{person} called “{meeting}” off ({people}).",
            person=name_of(me),
            meeting=scene.title(step),
            people=UserText(", ".join(p.name for p in invited(scene, meeting))),
        ),
        advice=say("You could ask what would suit, and help them to another time."),
    )
    return Outcome(changes=(*off.changes, *case.changes), sends=(*off.sends, *case.sends))


# --- the video room --------------------------------------------------------------------------------


def room(scene: Scene, event: Act) -> Outcome:
    """Ask for a person's own video room, once for all meetings."""
    meeting = _mine(scene, event)
    if meeting is None:
        return Outcome(reply=Note(NOT_YOURS))
    field = TextField(
        key="room",
        label=say("Link to your video room"),
        seen_by=EVERYONE,  # it goes into every meeting of this person, whoever comes
        required=True,
        most=300,
        hint=say("Kept for your later meetings too; you can change it any time."),
        initial=scene.actor.room,
    )
    form = Form(title=say("Your video room"), verb="meeting.kept_room", ref=ref_to(meeting), fields=(field,))
    return Outcome(reply=ShowForm(form))


def kept_room(scene: Scene, event: Act) -> Outcome:
    """Keep the room with the person, and give it to every meeting ahead that has none."""
    assert isinstance(event, Submitted)
    meeting = _mine(scene, event)
    if meeting is None:
        return Outcome(reply=CloseForm(NOT_YOURS))
    link = str(event.values.get("room", "")).strip()
    if not _LINK.fullmatch(link):
        error = say("Please paste the whole link; it begins with https://")
        return Outcome(reply=FixForm({"room": error}))
    changes: list[Change] = [Put(replace(scene.actor, room=link))]
    sends: list[Send] = []
    after = scene.after(changes)
    for other in scene.pair.meetings:
        if _lacks_link(scene, other):
            linked = replace(other, link=link, sequence=other.sequence + 1)
            changes += (Put(linked), *outdated(other))
            after = after.with_(linked)
            sends += for_calendars(after, linked)
    card = card_of(after, after.pair.meeting(meeting.id) or meeting, scene.actor)
    return Outcome(reply=CloseForm(say("Kept."), card=card), changes=tuple(changes), sends=tuple(sends))


def _lacks_link(scene: Scene, meeting: Meeting) -> bool:
    ahead = meeting.state == "fixed" and meeting.starts_at is not None and meeting.starts_at > scene.now
    return ahead and not meeting.link and not meeting.in_person and scene.actor.id in meeting.people


VERBS = {
    "meeting.take": Verb(run=take, roles=EVERYONE, needs=NEEDS, whole=True, busy=True),
    "meeting.others": Verb(run=others, roles=EVERYONE, needs=NEEDS, whole=True, busy=True),
    "meeting.propose": Verb(run=propose, roles=EVERYONE, needs=NEEDS, whole=True),
    "meeting.agreed": Verb(run=agreed, roles=EVERYONE, needs=NEEDS, whole=True, busy=True),
    "meeting.move": Verb(run=move, roles=EVERYONE, needs=NEEDS, whole=True, busy=True),
    "meeting.cancel": Verb(run=cancel, roles=EVERYONE, needs=NEEDS, whole=True),
    "meeting.room": Verb(run=room, roles=EVERYONE, needs=NEEDS, whole=True),
    "meeting.kept_room": Verb(run=kept_room, roles=EVERYONE, needs=NEEDS, whole=True),
}
