"""How a meeting reads on a card: times to choose from, the time that is fixed, what is asked afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from bot.calendar import local_date
from bot.content import (
    Ask,
    Audience,
    Block,
    Button,
    Card,
    Choice,
    Day,
    Link,
    Moment,
    PersonName,
    Say,
    Text,
    UserText,
    Value,
    say,
    say_n,
)
from bot.facts import Meeting, Person
from flows.meeting_slots import MOST_SLOTS, arrangement, invited, still_free
from flows.programme import Step
from flows.scene import Scene


def ref_to(meeting: Meeting) -> str:
    """Return the ref of a meeting."""
    return f"meeting:{meeting.id}"


def who_sees(scene: Scene, step: Step, person: Person) -> Audience:
    """Return who sees what this person says of a meeting: they themselves, the others who meet, and HR."""
    mine = scene.pair.roles_of(person.id)
    others = dict.fromkeys((*step.people, *step.who, "coordinator"))
    return ("author", *(role for role in others if role not in mine))


def card_of(scene: Scene, meeting: Meeting, person: Person) -> Card:
    """Return a meeting as it stands for one person, however old the card that was pressed."""
    match meeting.state:
        case "offered" if person.id == meeting.chooser:
            return offer_card(scene, meeting, person)
        case "wanted" if person.id == meeting.chooser:
            return no_time_card(scene, meeting, person)
        case "wanted" | "offered":
            return plain(scene, meeting, waiting_for(scene, meeting))
        case "fixed" if meeting.starts_at is not None and meeting.starts_at > scene.now:
            return fixed_card(scene, meeting, person)
        case "fixed":
            return held_card(scene, meeting, person)
        case "held":
            return plain(scene, meeting, _held(scene, meeting, person))
        case "missed":
            return again_card(scene, meeting)
        case "cancelled":
            return plain(scene, meeting, say("This meeting is called off."))


def plain(scene: Scene, meeting: Meeting, words: Say) -> Card:
    """Return one sentence about a meeting."""
    return Card(scene.title(scene.step_named(meeting.step)), (Text(words),))


def _held(scene: Scene, meeting: Meeting, person: Person) -> Say:
    """Say with whom a meeting took place: a director has many that are called the same."""
    terms = _terms(scene, meeting, person)
    if terms["names"] == UserText(""):
        return say("Noted: it took place.")
    return say("Noted: it took place, with {names}.", names=terms["names"])


def waiting_for(scene: Scene, meeting: Meeting) -> Say:
    """Say with whom the choice of a time is."""
    return say(
        "No time is fixed yet. The choice is with {person}.",
        person=name_of(scene.pair.person(meeting.chooser)),
    )


# --- choosing --------------------------------------------------------------------------------------


def offer_card(scene: Scene, meeting: Meeting, person: Person, intro: Say | None = None) -> Card:
    """Return at most three times to choose from, those still free; one tap fixes one for everybody."""
    step = scene.step_named(meeting.step)
    words = say("With {names}, {length}. All of you are at work then.", **_terms(scene, meeting, person))
    lines = (*((Text(intro),) if intro else ()), Text(words))
    free = [s for s in meeting.slots if still_free(scene, meeting, s)]
    shown = sorted((free or meeting.slots)[-MOST_SLOTS:])
    choices = tuple(Choice(say("{moment}", moment=Moment(s)), s.isoformat()) for s in shown)
    ask = Ask(
        say("Which time suits you?"), "meeting.take", ref_to(meeting), choices, who_sees(scene, step, person)
    )
    others = Button(say("Other times"), "meeting.others", ref_to(meeting), value=str(len(meeting.slots)))
    return Card(scene.title(step), (*lines, ask), (others, agreed_button(meeting)))


def no_time_card(scene: Scene, meeting: Meeting, person: Person, intro: Say | None = None) -> Card:
    """Say that no time fits, and how to write one down."""
    names = with_whom(invited(scene, meeting), person)
    words = say(
        "With {names}. No time around that day fits all calendars; HR knows. If you agree on one, write it down here.",
        names=names,
    )
    if "coordinator" in scene.pair.roles_of(person.id):
        words = say(
            "With {names}. No time around that day fits all calendars. If you agree on one, write it down here.",
            names=names,
        )
    look = Button(say("Look again"), "meeting.others", ref_to(meeting), value=str(len(meeting.slots)))
    blocks = (*((Text(intro),) if intro else ()), Text(words))
    return Card(scene.title(scene.step_named(meeting.step)), blocks, (agreed_button(meeting), look))


def agreed_button(meeting: Meeting) -> Button:
    """Return the button that opens the form for a time agreed on elsewhere."""
    return Button(say("We agreed on a time"), "meeting.propose", ref_to(meeting), opens_form=True)


# --- fixed -----------------------------------------------------------------------------------------


def fixed_card(scene: Scene, meeting: Meeting, person: Person) -> Card:
    """Return the time that is fixed, what it is about, and a way to ask for another."""
    step = scene.step_named(meeting.step)
    moment = Moment(meeting.starts_at or scene.now)
    when = say("**{moment}**, {length}, with {names}.", moment=moment, **_terms(scene, meeting, person))
    blocks: list[Block] = [Text(when), Text(scene.words(step, person))]
    if meeting.in_person:
        blocks.append(Text(say("In person."), "quiet"))
    return Card(scene.title(step), tuple(blocks), _on_fixed(scene, meeting, person))


def entry_card(scene: Scene, meeting: Meeting, person: Person) -> Card:
    """Return the line that goes with the calendar entry of whoever has just fixed the time."""
    moment, names = Moment(meeting.starts_at or scene.now), _terms(scene, meeting, person)["names"]
    return plain(
        scene, meeting, say("{moment}, with {names}: for your calendar.", moment=moment, names=names)
    )


def _on_fixed(scene: Scene, meeting: Meeting, person: Person) -> tuple[Button | Link, ...]:
    ref = ref_to(meeting)
    buttons: list[Button | Link] = list(_join(meeting))
    if wants_room(scene, meeting, person):
        buttons.append(
            Button(say("Add your video room"), "meeting.room", ref, style="primary", opens_form=True)
        )
    stays = say("Ask for another time? This one stays until a new one is fixed.")
    buttons.append(Button(say("Another time"), "meeting.move", ref, confirm=stays))
    if (
        scene.step_named(meeting.step).kind != "review"
    ):  # a review is called off by its chair, with what was noted
        sure = say("Call this meeting off? Everybody in it is told.")
        if not scene.step_named(meeting.step).optional:
            sure = say("Call this meeting off? Everybody in it is told, and HR.")
        buttons.append(Button(say("Call it off"), "meeting.cancel", ref, style="danger", confirm=sure))
    return tuple(buttons)


def _join(meeting: Meeting) -> tuple[Link, ...]:
    return (Link(say("Join on video"), meeting.link),) if meeting.link and not meeting.in_person else ()


def wants_room(scene: Scene, meeting: Meeting, person: Person) -> bool:
    """Tell whether a meeting still needs a video room and this person is the one to give theirs."""
    if meeting.link or meeting.in_person:
        return False
    host = host_of(scene, meeting)
    return host is not None and host.id == person.id


def host_of(scene: Scene, meeting: Meeting) -> Person | None:
    """Return whose video room is used: a mentor's, else that of whoever chooses the time."""
    people = invited(scene, meeting)
    mentors = [p for p in people if "mentor" in scene.pair.roles_of(p.id)]
    choosing = [p for p in people if p.id == meeting.chooser]
    return next(iter((*mentors, *choosing, *people)), None)


def reminder_card(scene: Scene, meeting: Meeting, person: Person, at: datetime) -> Card:
    """Return the reminder of a meeting as it reads at an instant: on its day, or the evening before an early one."""
    step = scene.step_named(meeting.step)
    starts = meeting.starts_at or scene.now
    terms = _terms(scene, meeting, person)
    if local_date(at, person.zone) == local_date(starts, person.zone):
        when = say("Today at {time}, {length}, with {names}.", time=Moment(starts, "time"), **terms)
    else:
        when = say("{moment}, {length}, with {names}.", moment=Moment(starts), **terms)
    blocks: list[Block] = [Text(when)]
    if "director" in scene.pair.roles_of(person.id):
        blocks.append(Text(scene.words(step, person)))
    if arrangement(step).meet == "video" and not meeting.in_person:
        blocks.append(Text(say("Cameras on, if you both like: seeing each other makes it easier."), "quiet"))
    return Card(scene.title(step), tuple(blocks), _join(meeting))


# --- afterwards ------------------------------------------------------------------------------------


def held_card(scene: Scene, meeting: Meeting, person: Person) -> Card:
    """Ask whether a meeting took place."""
    step = scene.step_named(meeting.step)
    said = dict(meeting.said).get(person.id, "")
    when = Text(say("{moment}", moment=Moment(meeting.starts_at or scene.now)), "quiet")
    question = say("Did you meet with {names}?", names=_terms(scene, meeting, person)["names"])
    choices = (Choice(say("yes"), "yes"), Choice(say("no"), "no"))
    ask = Ask(question, "meeting.held", ref_to(meeting), choices, who_sees(scene, step, person), chosen=said)
    return Card(scene.title(step), (when, ask), (another_time(meeting),) if said == "no" else ())


def again_card(scene: Scene, meeting: Meeting) -> Card:
    """Offer another time for a meeting that did not take place; nobody is at fault."""
    words = say("This one did not come about. It can simply be arranged anew.")
    return replace(plain(scene, meeting, words), buttons=(another_time(meeting),))


def another_time(meeting: Meeting) -> Button:
    """Return the button that brings new times."""
    return Button(say("Find another time"), "meeting.move", ref_to(meeting), style="primary")


# --- words -----------------------------------------------------------------------------------------


def name_of(person: Person) -> PersonName:
    """Return a person's name for a sentence."""
    return PersonName(person.name, person.id)


def with_whom(people: Iterable[Person], person: Person) -> Value:
    """Return the names of the others, for a sentence to this person."""
    others = [p for p in people if p.id != person.id]
    return name_of(others[0]) if len(others) == 1 else UserText(", ".join(p.name for p in others))


def around(day: Day) -> Say:
    """Say where in the plan a moved meeting is now."""
    return say("In the plan this is now on {day}, so it needs another time.", day=day)


def _terms(scene: Scene, meeting: Meeting, person: Person) -> dict[str, Value]:
    """Return with whom and how long."""
    names = with_whom(invited(scene, meeting), person)
    return {"names": names, "length": say_n("{n} minute", "{n} minutes", meeting.minutes)}
