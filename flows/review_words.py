"""What people do in a review: answer beforehand, add words, rate, tick the plan."""

from __future__ import annotations

from dataclasses import replace

from bot.content import Role, Say, say
from bot.events import Pressed, Submitted
from bot.facts import Answer, Review
from bot.outcome import Change, CloseForm, Note, Outcome, Put, Remove, ReplaceCard, ShowForm
from flows.kinds import Act, Verb
from flows.review_answers import (
    MET,
    SEALED,
    SEEN_BY,
    answers_in,
    at_stage,
    beforehand,
    form,
    goal_field,
    in_review,
    rated_goals,
)
from flows.review_offer import offer_card
from flows.review_room import card_in, review_of, stage_of, updates
from flows.scene import Scene, record_of
from flows.visibility import reached

OVER = say("That review is over. Nothing is missing.")
GONE_ON = say("The review has gone on to the next part.")
_TAPS = frozenset("12345")


# --- words -----------------------------------------------------------------------------------------


def prepare(scene: Scene, event: Act) -> Outcome:
    """Open the one form of a review, with what was already noted."""
    review = review_of(scene, event.ref)
    if review.state not in ("ahead", "running"):
        return Outcome(reply=Note(OVER))
    fields = beforehand(scene, review, scene.actor)
    if not fields:
        return Outcome(reply=Note(say("There is nothing to prepare for this one.")))
    return Outcome(reply=ShowForm(form(scene, review, fields, SEALED)))


def words(scene: Scene, event: Act) -> Outcome:
    """Open what a person may write while the review is at this stage."""
    assert isinstance(event, Pressed)
    review = review_of(scene, event.ref)
    if review.state != "running":
        return Outcome(reply=Note(OVER))
    stage = event.value if event.value in review.stages and reached(review, event.value) else stage_of(review)
    return Outcome(reply=ShowForm(form(scene, review, at_stage(scene, review, scene.actor, stage))))


def tell(scene: Scene, event: Act) -> Outcome:
    """Keep what was noted: sealed until the review comes to it, shown at once where it already has."""
    assert isinstance(event, Submitted)
    review = review_of(scene, event.ref)
    me = scene.actor
    if review.state not in ("ahead", "running") or me.id not in {p.id for p in in_review(scene, review)}:
        return Outcome(reply=CloseForm(OVER))
    allowed = _allowed(scene, review)
    changes: list[Change] = []
    for asked, given in event.values.items():
        value = given.strip() if isinstance(given, str) else ""
        field = _where_it_is_read(scene, review, asked)
        if field in allowed and (value in _TAPS or not value or not _is_tap(field)):
            changes += _change(scene, review, field, value)
    after = scene.after(changes)
    if review.state == "ahead":
        kept = CloseForm(say("Kept, and sealed. Thank you."), card=offer_card(after, review, me))
        return Outcome(reply=kept, changes=tuple(changes))
    card = card_in(after, review, me)
    return Outcome(
        reply=CloseForm(say("Kept."), card=card),
        changes=tuple(changes),
        sends=updates(after, review, event, me.id),
    )


def _where_it_is_read(scene: Scene, review: Review, field: str) -> str:
    """Return where words go: a note of a part that is over to the part that all have before them, as one of its own."""
    stage, _, what = field.partition(":")
    now = stage_of(review)
    late = what == "note" and bool(now) and stage != now and reached(review, stage)
    known = any(a.field == field for a in answers_in(scene, review, scene.actor))
    return f"{now}:note.{stage}" if late and not known else field


def _allowed(scene: Scene, review: Review) -> set[str]:
    """Return the fields this person may fill in now."""
    fields = {f.key for f in beforehand(scene, review, scene.actor)}
    if review.state == "running":
        over = [stage for stage in review.stages if reached(review, stage)]
        fields |= {f"{stage}:note" for stage in over} | {f"{stage_of(review)}:note.{stage}" for stage in over}
    return fields


def _is_tap(field: str) -> bool:
    return field == MET or (field.startswith("goals:") and not field.startswith("goals:note"))


def _change(scene: Scene, review: Review, field: str, value: str) -> list[Change]:
    """Return what keeps, changes or takes back one answer."""
    known = next((a for a in answers_in(scene, review, scene.actor) if a.field == field), None)
    if not value:
        return [Remove(known)] if known else []
    if known is not None and known.value == value:
        return []
    return [Put(_answer(scene, review, field, value))]


def _answer(scene: Scene, review: Review, field: str, value: str) -> Answer:
    return Answer(
        id=f"{review.id}/{scene.actor.id}/{field}",
        enrolment=scene.id,
        step=review.step,
        occurrence=review.id.rpartition("/")[2],
        person=scene.actor.id,
        field=field,
        kind="review",
        value=value,
        seen_by=SEEN_BY,
        at=scene.now,
        sealed_in=review.id,
    )


# --- taps ------------------------------------------------------------------------------------------


def rate(scene: Scene, event: Act) -> Outcome:
    """Keep a tap on a goal, or on the expectations, while the review is at that part."""
    assert isinstance(event, Pressed)
    review_id, _, field = record_of(event.ref).rpartition("/")
    review = review_of(scene, f"review:{review_id}")
    stage = field.partition(":")[0]
    if stage_of(review) != stage:
        return _stale(scene, review)
    known = {MET, *(goal_field(g) for g in rated_goals(scene, review))}
    if event.value not in _TAPS or field not in known:
        return Outcome(reply=Note(say("That answer is not one of the five. Please tap again.")))
    changes = _change(scene, review, field, event.value)
    after = scene.after(changes)
    return Outcome(
        reply=ReplaceCard(card_in(after, review, scene.actor)),
        changes=tuple(changes),
        sends=updates(after, review, event, scene.actor.id) if changes else (),
    )


def _stale(scene: Scene, review: Review, note: Say = GONE_ON) -> Outcome:
    if review.state == "ahead":
        return Outcome(reply=Note(say("The review has not begun.")))
    return Outcome(reply=Note(note if review.state == "running" else OVER))


def tick(scene: Scene, event: Act) -> Outcome:
    """Tick a line of the plan off inside the meeting; the button carries the state."""
    assert isinstance(event, Pressed)
    item = next((i for i in scene.pair.plan if i.id == record_of(event.ref)), None)
    review = next((r for r in sorted(scene.pair.reviews, key=lambda r: r.id) if r.state == "running"), None)
    if item is None or review is None or item.state == "dropped" or event.value not in ("open", "done"):
        return Outcome(reply=Note(OVER))
    ticked = replace(item, state="done" if event.value == "done" else "open")
    after = scene.with_(ticked)
    return Outcome(
        reply=ReplaceCard(card_in(after, review, scene.actor)),
        changes=(Put(ticked),),
        sends=updates(after, review, event, scene.actor.id),
    )


_ALL: tuple[Role, ...] = ("mentee", "mentor", "coordinator")
VERBS = {
    "review.prepare": Verb(run=prepare, roles=("mentee", "mentor")),
    "review.words": Verb(run=words, roles=_ALL),
    "review.tell": Verb(run=tell, roles=_ALL),
    "review.rate": Verb(run=rate, roles=("mentee", "mentor")),
    "review.tick": Verb(run=tick, roles=("mentee", "mentor")),
}
