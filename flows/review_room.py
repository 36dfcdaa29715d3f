"""The room of a review: one card a person, which shows where the meeting is and no more than they may see."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.content import Block, Button, Card, PersonName, Text, Tone, say, say_n
from bot.facts import Person, Review
from bot.outcome import Send, SendKind
from flows.kinds import Act
from flows.lines import goal_bar, open_goals, plan_lines, plan_list
from flows.review_answers import has_own_words, in_review, stage_title
from flows.review_stages import body, notes, order
from flows.scene import Scene, record_of
from flows.taken import seen_once
from flows.visibility import heads_of, view_of

_IN_THE_ROOM = timedelta(hours=2)  # longer than any review takes
_MOST_BLOCKS = 20  # three goals, of three blocks each, and a note of everybody; half of what Slack takes


# --- who is in it ----------------------------------------------------------------------------------


def review_of(scene: Scene, ref: str) -> Review:
    """Return the review a ref names; raise LookupError where there is none."""
    found = scene.pair.review(record_of(ref))
    if found is None:
        raise LookupError(f"no review {record_of(ref)}")
    return found


def may_chair(scene: Scene, review: Review) -> bool:
    """Tell whether the actor may lead this review: its chair, or another coordinator if that one is away."""
    me = scene.actor
    if not may_decide(scene):
        return False
    chair = next((p for p in scene.pair.seated("coordinator") if p.id == review.chair), None)
    away = chair is None or not chair.active or any(scene.today(chair) in span for span in chair.leave)
    return me.id == review.chair or away or review.state == "ahead"


def may_decide(scene: Scene) -> bool:
    """Tell whether the actor is a coordinator who is not part of the pair, or the only one there is."""
    coordinators = scene.pair.seated("coordinator")
    free = [p for p in coordinators if "coordinator" in view_of(scene.pair, p)]
    return scene.actor.id in {p.id for p in free or coordinators}


def stage_of(review: Review) -> str:
    """Return the stage a review is at; "" before it begins and after it is closed."""
    return review.stages[review.stage] if review.state == "running" else ""


# --- messages --------------------------------------------------------------------------------------


def room_key(review: Review, person: Person) -> str:
    """Return the key of the message that holds a person's card of this review."""
    return f"{review.id}:{person.id}:room"


def card_in(scene: Scene, review: Review, person: Person) -> Card:
    """Return a person's card of a review, made from nothing but what they may see."""
    seen = scene.as_seen(person)
    if review.state == "running":
        return _stage_card(seen, review, person)
    return closed_card(seen, review, person) if review.state == "closed" else start_card(seen, review, person)


def opened_room(scene: Scene, review: Review, but: str) -> tuple[Send, ...]:
    """Return the card with which the meeting begins, for everybody but the one who has theirs already.

    Whoever it cannot reach in time, as the others meet outside their hours, gets none: the meeting is over by then.
    """
    others = [p for p in in_review(scene, review) if p.id != but]
    sends = (_send(scene, review, p, room_key(review, p), "change") for p in others)
    return tuple(replace(send, expires=scene.now + _IN_THE_ROOM) for send in sends)


def renewed(scene: Scene, event: Act, but: str = "") -> tuple[Send, ...]:
    """Return the renewed cards of every running review, except for whoever gets theirs as the reply."""
    running = [r for r in scene.pair.reviews if r.state == "running"]
    return tuple(send for review in running for send in updates(scene, review, event, but))


def updates(scene: Scene, review: Review, event: Act, but: str = "") -> tuple[Send, ...]:
    """Return the renewed cards of one review."""
    return tuple(
        _send(scene, review, p, f"{room_key(review, p)}:{event.key}", "update", replaces=room_key(review, p))
        for p in in_review(scene, review)
        if p.id != but
    )


def _send(scene: Scene, review: Review, to: Person, key: str, kind: SendKind, replaces: str = "") -> Send:
    card = card_in(scene, review, to)
    return Send(
        to=to.id,
        content=card,
        key=key,
        kind=kind,
        not_before=scene.now,
        enrolment=scene.id,
        replaces=replaces,
    )


# --- before it begins ------------------------------------------------------------------------------


def start_card(scene: Scene, review: Review, person: Person) -> Card:
    """Return the card before the meeting: for the chair the script and Start."""
    step = scene.step_named(review.step)
    if review.state == "cancelled":
        return Card(say("{review}: called off", review=scene.title(step)))
    words = say_n("About {n} minute.", "About {n} minutes.", step.minutes)
    blocks: list[Block] = [Text(scene.words(step, person) if step.text else words), order(scene, review)]
    if not may_chair(scene, review):
        blocks.append(Text(say("HR opens it when you meet.")))
        return Card(scene.title(step), tuple(blocks))
    blocks.append(
        Text(say("Press Start when all are there. Everybody then sees the stage you are at."), "quiet")
    )
    ref = f"review:{review.id}"
    sure = say("Call this review off? What was written beforehand goes back to its authors, unread.")
    return Card(
        scene.title(step),
        tuple(blocks),
        (
            Button(say("Start"), "review.start", ref, style="primary"),
            Button(say("Call it off"), "review.cancel", ref, confirm=sure),
        ),
    )


# --- a stage ---------------------------------------------------------------------------------------


def _stage_card(scene: Scene, review: Review, person: Person) -> Card:
    stage = stage_of(review)
    step = scene.step_named(review.step)
    place = say("Part {n} of {all}", n=review.stage + 1, all=len(review.stages))
    blocks: list[Block] = [
        Text(place, "quiet"),
        *body(scene, review, stage, person),
        *notes(scene, review, stage),
    ]
    if len(blocks) > _MOST_BLOCKS:
        blocks = [
            *blocks[:_MOST_BLOCKS],
            Text(say("There is more than fits here; please say it aloud."), "quiet"),
        ]
    title = say("{review}: {part}", review=scene.title(step), part=stage_title(scene, stage))
    tone: Tone = "celebrate" if stage == "celebration" else "plain"
    return Card(title, seen_once(blocks), _buttons(scene, review, stage, person), tone=tone)


def _buttons(scene: Scene, review: Review, stage: str, person: Person) -> tuple[Button, ...]:
    ref = f"review:{review.id}"
    buttons: list[Button] = []
    if person.id == review.chair:
        following = review.stage + 1
        if following < len(review.stages):
            label = say("Next: {part}", part=stage_title(scene, review.stages[following]))
            buttons.append(Button(label, "review.next", ref, value=str(following), style="primary"))
        else:
            buttons.append(Button(say("Close the review"), "review.close", ref, style="primary"))
    if stage in ("plan", "going_on"):
        buttons.append(Button(say("Add to the plan"), "plan.new", ref, opens_form=True))
    if stage == "plan":
        buttons.append(Button(say("Set a goal"), "goal.new", ref, opens_form=True))
    own = has_own_words(scene, stage, person)
    label = say("Add my words") if own else say("Add a note")
    buttons.append(Button(label, "review.words", ref, value=stage, opens_form=True))
    return tuple(buttons)


# --- after it --------------------------------------------------------------------------------------


def closed_card(scene: Scene, review: Review, person: Person) -> Card:
    """Return what a review leaves behind: the plan, the goals, and what the head was told."""
    step = scene.step_named(review.step)
    blocks: list[Block] = [*plan_list(scene, [i for i in plan_lines(scene) if i.state == "open"], person)]
    goals = open_goals(scene)
    if goals:
        blocks.append(Text(say("Goals"), "heading"))
    blocks += [goal_bar(goal) for goal in goals]
    is_mentee = "mentee" in scene.pair.roles_of(person.id)
    heads = heads_of(scene.pair, person) if is_mentee else scene.pair.seated("head")
    got = next((p for p in scene.pair.passed if p.id == passed_id(review, person)), None)
    buttons: tuple[Button, ...] = ()
    if heads:
        name = PersonName(heads[0].name, heads[0].id)
        blocks.append(
            Text(say("{name} gets the plan and the goals, and nothing else of this.", name=name), "quiet")
        )
        if got is not None:
            buttons = (Button(say("What {name} got", name=name), "review.passed", f"review:{review.id}"),)
    return Card(say("{review}: done. Thank you.", review=scene.title(step)), tuple(blocks), buttons)


def passed_id(review: Review, mentee: Person) -> str:
    """Return the id of what the head received of a review; it names the mentee, so that each opens their own alone."""
    enrolment, _, rest = review.id.partition("/")
    return f"{enrolment}/digest/{rest.replace('/', '-')}.{mentee.id}"
