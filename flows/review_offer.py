"""The offer to answer beforehand: it names the day the review has, and moves along with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from bot.calendar import add_working_days, instant
from bot.content import Block, Button, Card, Day, Moment, Say, Text, say
from bot.facts import Meeting, Person, Review
from bot.outcome import Outcome, Send, Unsend
from flows import survey
from flows.meeting_cards import with_whom
from flows.review_answers import answers_in, beforehand, day_of, in_review, moved_offer_key, offer_key
from flows.scene import Scene
from flows.stepping import same_day, travelling
from flows.written import whole

_PATIENCE = 8  # working hours that the offer may wait for another message


# --- the card --------------------------------------------------------------------------------------


def offer_card(scene: Scene, review: Review, person: Person) -> Card:
    """Offer to answer beforehand: one message, one form, and the meeting runs without it."""
    step = scene.step_named(review.step)
    blocks: list[Block] = [Text(when(scene, review, person))]
    given = any(a.field.partition(":")[2] != "note" for a in answers_in(scene, review, person))
    if given:
        blocks.append(Text(say("Your answers are kept, sealed. You can change them until it is their turn.")))
    else:
        blocks.append(Text(say("If you like, note a few words beforehand. The meeting runs without it.")))
    blocks.append(Text(say("Sealed: nobody reads it before the review comes to it."), "quiet"))
    blocks += survey.blocks_on(scene, review.step, person.id)
    label = say("Change my answers") if given else say("Answer beforehand")
    button = Button(label, "review.prepare", f"review:{review.id}", opens_form=True)
    return Card(scene.title(step), tuple(blocks), (button,))


def when(scene: Scene, review: Review, person: Person) -> Say:
    """Say when the review is and with whom, for who mentors several: its fixed time, else its day."""
    names = with_whom(in_review(scene, review), person)
    starts = _fixed(scene.pair.meeting(review.id))
    if starts is not None:
        return say("{moment} (your time), with {names}.", moment=Moment(starts), names=names)
    day = _planned(scene, review)
    if day is None:
        return say("With {names}. The day follows.", names=names)
    if day < scene.today(scene.leader()):
        return say("It was planned for {day}, with {names}.", day=Day(day), names=names)
    return say("Planned for {day}, with {names}.", day=Day(day), names=names)


def _fixed(meeting: Meeting | None) -> datetime | None:
    return meeting.starts_at if meeting is not None and meeting.state == "fixed" else None


def _planned(scene: Scene, review: Review) -> date | None:
    plan = scene.plan().of_step.get(review.step, ())
    return next((p.day for p in plan if f"{scene.id}/{p.step.id}/{p.occurrence}" == review.id), None)


# --- the message -----------------------------------------------------------------------------------


def offers(scene: Scene, review: Review, day: date, *, moved: bool = False) -> Iterator[Send]:
    """Return the offers for a review on this day, each so many working days before as the step says."""
    if not whole(scene.step_named(review.step), "prepare_before"):
        return
    zone, opens = scene.leader().zone, scene.leader().opens
    for person in _asked(scene, review):
        send = Send(
            to=person.id,
            content=offer_card(scene, review, person),
            key=moved_offer_key(review, person, day) if moved else offer_key(review, person),
            kind="invite",
            not_before=scene.at_work(person, max(_offered_at(scene, review, day), scene.now)),
            enrolment=scene.id,
            expires=instant(day + timedelta(days=1), opens, zone),
        )
        # The day itself has its reminder: who is asked the day before reads both at once otherwise.
        eve = whole(scene.step_named(review.step), "prepare_before") == 1
        yield same_day(scene, send, person) if eve else travelling(scene, send, person, _PATIENCE)


def moved(scene: Scene, before: Meeting | None, day: date) -> Outcome:
    """Let the offers of a review tell its new time; those that nobody has yet wait for its new day.

    `before` is its meeting as it was, `scene` how things stand now.
    """
    review = scene.pair.review(before.id) if before is not None else None
    if before is None or review is None or review.state != "ahead":
        return Outcome()
    old = day_of(scene, before) or day
    asked = _asked(scene, review)
    keys = {p.id: (offer_key(review, p), moved_offer_key(review, p, old)) for p in asked}
    if day != old and scene.now < _offered_at(scene, review, old):
        changes = tuple(Unsend(key, "the review has moved") for p in asked for key in keys[p.id])
        return Outcome(changes=changes, sends=tuple(offers(scene, review, day, moved=True)))
    several = (
        1 if old == _planned(scene, review) else 2
    )  # where it stayed on its day there was only ever one key
    sends = tuple(_renewed(scene, review, p, key) for p in asked for key in keys[p.id][:several])
    return Outcome(sends=sends)


def _asked(scene: Scene, review: Review) -> tuple[Person, ...]:
    pair = (*scene.pair.seated("mentee"), *scene.pair.seated("mentor"))
    return tuple(p for p in pair if p.active and beforehand(scene, review, p))


def _offered_at(scene: Scene, review: Review, day: date) -> datetime:
    days = whole(scene.step_named(review.step), "prepare_before")
    leader = scene.leader()
    first = add_working_days(day, -days, scene.plan_calendar(), leave=False)
    return instant(first, leader.opens, leader.zone)


def _renewed(scene: Scene, review: Review, to: Person, key: str) -> Send:
    """Return the silent renewal of an offer that somebody holds, or that is about to go."""
    meeting = scene.pair.meeting(review.id)
    return Send(
        to=to.id,
        content=offer_card(scene, review, to),
        key=f"{key}:{meeting.state}.{meeting.sequence}" if meeting else f"{key}:none",
        kind="update",
        not_before=scene.now,
        enrolment=scene.id,
        replaces=key,
    )
