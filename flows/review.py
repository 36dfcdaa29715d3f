"""The review: HR in the chair, a prescribed order, and answers that stay sealed until it is their turn."""

from __future__ import annotations

from dataclasses import replace

from bot.content import Card, PersonName, Say, Text, say
from bot.events import Pressed
from bot.facts import Review, StepState
from bot.outcome import Logged, Note, Outcome, Put, ReplaceCard, ShowCard
from flows.kinds import Act, Command, Kind, Source, Verb
from flows.review_ahead import act, always, due, opened
from flows.review_answers import beforehand, cancelled, in_review
from flows.review_end import VERBS as END_VERBS
from flows.review_end import decide_by, leaving
from flows.review_offer import offer_card
from flows.review_room import card_in, may_chair, opened_room, review_of, updates
from flows.review_words import OVER
from flows.review_words import VERBS as WORD_VERBS
from flows.scene import Desk, Scene
from flows.visibility import called_off


def card(scene: Scene, state: StepState) -> Card | None:
    """Return the review's card for one person."""
    review = scene.pair.review(f"{scene.id}/{state.step}/{state.occurrence}")
    person = scene.pair.person(state.person) if state.person else scene.me
    return card_in(scene, review, person) if review is not None and person is not None else None


# --- the chair's verbs -----------------------------------------------------------------------------


def start(scene: Scene, event: Act) -> Outcome:
    """Begin the meeting: everybody gets the card of its first part."""
    review = review_of(scene, event.ref)
    if review.state != "ahead":
        return Outcome(reply=ReplaceCard(card_in(scene, review, scene.actor)))
    if called_off(scene.pair, review):
        return Outcome(reply=Note(OVER))
    if not may_chair(scene, review):
        return Outcome(reply=Note(_chaired_by(scene, review)))
    running = replace(review, state="running", stage=0, began_at=scene.now, chair=scene.actor.id)
    running = replace(running, decide_by=decide_by(scene, running))
    changes = (Put(running), Logged("review begun", f"review:{review.id}", scene.actor.id))
    after = scene.after(changes)
    has_card = review.chair == scene.actor.id
    sends = opened_room(after, running, but=scene.actor.id if has_card else "")
    return Outcome(reply=ReplaceCard(card_in(after, running, scene.actor)), changes=changes, sends=sends)


def _chaired_by(scene: Scene, review: Review) -> Say:
    chair = next((p for p in scene.pair.people if p.id == review.chair), None)
    if chair is None or chair.id == scene.actor.id:
        return say("Another coordinator leads this review: you are part of the pair.")
    return say("{name} leads this review.", name=PersonName(chair.name, chair.id))


def following(scene: Scene, event: Act) -> Outcome:
    """Go on to the part that the button names; pressing twice goes on once."""
    assert isinstance(event, Pressed)
    review = review_of(scene, event.ref)
    if (
        review.state != "running"
        or event.value != str(review.stage + 1)
        or review.stage + 1 >= len(review.stages)
    ):
        return Outcome(reply=ReplaceCard(card_in(scene, review, scene.actor)))
    if not may_chair(scene, review):
        return Outcome(reply=Note(_chaired_by(scene, review)))
    moved = replace(review, stage=review.stage + 1, chair=scene.actor.id)
    changes = (*leaving(scene, review, review.stages[review.stage]), Put(moved))
    after = scene.after(changes)
    reply = ReplaceCard(card_in(after, moved, scene.actor))
    return Outcome(reply=reply, changes=changes, sends=updates(after, moved, event, but=scene.actor.id))


def cancel(scene: Scene, event: Act) -> Outcome:
    """Call a review off before it begins; what was noted for it goes back to its authors at once."""
    review = review_of(scene, event.ref)
    if review.state == "ahead":
        if not may_chair(scene, review):
            return Outcome(reply=Note(_chaired_by(scene, review)))
        changes = (
            *cancelled(scene, review, scene.actor.id),
            Logged("review off", f"review:{review.id}", scene.actor.id),
        )
        off = card_in(scene.after(changes), replace(review, state="cancelled"), scene.actor)
        note = Text(say("What was noted for it goes back to its authors. The programme goes on as planned."))
        return Outcome(reply=ReplaceCard(replace(off, blocks=(note,))), changes=changes)
    return Outcome(reply=ReplaceCard(card_in(scene, review, scene.actor)))


def command(desk: Desk, text: str) -> Outcome:
    """Show the review that is running or ahead, for whoever lost its card."""
    for scene in (s for s in desk.scenes if s.pair.enrolment.state in ("running", "paused")):
        if shown := for_home(scene):
            return Outcome(reply=ShowCard(shown))
    return Outcome(reply=Note(say("There is no review at the moment.")))


def for_home(scene: Scene) -> Card | None:
    """Return the actor's card of the review that is running or in sight, None without one."""
    live = [
        r for r in scene.pair.reviews if r.state in ("ahead", "running") and not called_off(scene.pair, r)
    ]
    me = scene.actor
    for review in sorted(live, key=lambda r: (r.state != "running", r.id)):
        if me.id not in {p.id for p in in_review(scene, review)} and not may_chair(scene, review):
            continue
        if review.state == "ahead" and not may_chair(scene, review) and beforehand(scene, review, me):
            return offer_card(scene, review, me)
        return card_in(scene, review, me)
    return None


_READS = frozenset({"reviews", "meetings:review", "steps:review", "today"})
KINDS = {
    "review": Kind(
        card=card,
        opened=opened,
        due=Source("reviews", _READS, due),
        act=act,
        always=Source("reviews called off", frozenset({"reviews", "answers"}), always),
    )
}
VERBS = {
    "review.start": Verb(run=start, roles=("coordinator",), whole=True, opens=True),
    "review.next": Verb(run=following, roles=("coordinator",), whole=True, opens=True),
    "review.cancel": Verb(run=cancel, roles=("coordinator",)),
    **WORD_VERBS,
    **END_VERBS,
}
COMMANDS = {
    "review": Command(
        run=command, help=say("the review that is next"), roles=("mentee", "mentor", "coordinator")
    )
}
