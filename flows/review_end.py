"""The end of a review: what the head gets, what the phase still lacks, and whether to go on or to extend."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.calendar import add_working_days, instant, week_of
from bot.content import Block, Button, Card, Checklist, Item, PersonName, Say, Text, say, say_n
from bot.events import Pressed
from bot.facts import Enrolment, Passed, Person, PlanItem, Review, StepChange
from bot.outcome import Change, Logged, Note, Outcome, Put, ReplaceCard, Send, ShowCard
from flows.kinds import Act, Due, Verb
from flows.lines import goal_bar, goals_of, plan_lines, plan_list
from flows.programme import Phase
from flows.review_answers import answers_in, goal_field, rated_goals
from flows.review_room import closed_card, may_chair, may_decide, passed_id, review_of, stage_of, updates
from flows.review_words import OVER
from flows.scene import Scene
from flows.stepping import finished, open_case
from flows.visibility import heads_of

UNDECIDED_DAYS = 5  # working days, where the programme's signal says nothing else (MISSION, the programme)
WEEKS = (1, 2, 4)
WENT_ON = "went_on"  # nobody decided in time
GO_ON = "go_on"


# --- leaving a stage -------------------------------------------------------------------------------


def leaving(scene: Scene, review: Review, stage: str) -> tuple[Change, ...]:
    """Return what a stage leaves behind: after the goals, how each was rated."""
    if stage != "goals":
        return ()
    changes: list[Change] = []
    taps = [
        a
        for p in (*scene.pair.seated("mentee"), *scene.pair.seated("mentor"))
        for a in answers_in(scene, review, p)
    ]
    for goal in rated_goals(scene, review):
        ratings = tuple((a.person, int(a.value)) for a in taps if a.field == goal_field(goal))
        if ratings and goal.state in ("open", "reached"):
            later = goal.state == "open" and goal.due is not None and goal.due > scene.today(scene.leader())
            changes.append(Put(replace(goal, ratings=ratings, state="open" if later else "rated")))
    return tuple(changes)


# --- closing ---------------------------------------------------------------------------------------


def close(scene: Scene, event: Act) -> Outcome:
    """Close the meeting: carry the plan over, tell the head plan and goals, and ask whether to go on."""
    review = review_of(scene, event.ref)
    if review.state == "closed":
        return Outcome(reply=ReplaceCard(_chairs_card(scene, review)))
    if review.state != "running" or review.stage != len(review.stages) - 1 or not may_chair(scene, review):
        return Outcome(
            reply=Note(OVER if review.state == "cancelled" else say("The review is not at its end yet."))
        )
    closed = replace(review, state="closed", closed_at=scene.now, decide_by=decide_by(scene, review))
    changes: list[Change] = [*leaving(scene, review, stage_of(review)), Put(closed)]
    changes += [Put(i) for i in _carried_over(scene, closed)]
    state = scene.pair.step(review.step, review.id.rpartition("/")[2])
    if state is not None and state.state == "open":
        changes.append(finished(scene, state))
    told_head = _tell_head(scene.after(changes), closed)
    changes += [*told_head.changes, Logged("review closed", f"review:{review.id}", scene.actor.id)]
    after = scene.after(changes)
    sends = (*told_head.sends, *updates(after, closed, event, but=scene.actor.id))
    return Outcome(reply=ReplaceCard(_chairs_card(after, closed)), changes=tuple(changes), sends=sends)


def _carried_over(scene: Scene, review: Review) -> tuple[PlanItem, ...]:
    """Return what is still open of earlier plans: it belongs to the new one now."""
    return tuple(
        replace(i, period=review.id) for i in plan_lines(scene) if i.state == "open" and i.period != review.id
    )


def decide_by(scene: Scene, review: Review) -> datetime | None:
    """Return the end of the last working day on which a decision counts; None where nothing is to be decided."""
    if review.decision or _next_phase(scene, review) is None:
        return None
    days = next(
        (int(s.number("days", UNDECIDED_DAYS)) for s in scene.programme.signals if s.kind == "undecided"),
        UNDECIDED_DAYS,
    )
    chair = scene.coordinator() or scene.leader()
    last = add_working_days(scene.today(chair), days, scene.calendar(chair))
    return max(instant(last, chair.closes, chair.zone), scene.now)


# --- the head --------------------------------------------------------------------------------------


def _tell_head(scene: Scene, review: Review) -> Outcome:
    """Pass each mentee's plan and goals on to who leads them, and keep the very card so that the mentee can open it.

    Where nothing was agreed there is nothing to say.
    """
    changes: list[Change] = []
    sends: list[Send] = []
    for mentee in scene.pair.seated("mentee"):
        heads = heads_of(scene.pair, mentee)
        if not heads:
            continue
        what = _agreed(scene, mentee)
        if not what:
            continue
        card = _heads_card(scene, review, mentee, what)
        kept = Passed(
            id=passed_id(review, mentee),
            enrolment=scene.id,
            week=week_of(scene.today(heads[0])),
            card=card,
            at=scene.now,
        )
        changes.append(Put(kept))
        sends += [_to_head(scene, kept, head) for head in heads]
    return Outcome(changes=tuple(changes), sends=tuple(sends))


def _to_head(scene: Scene, passed: Passed, head: Person) -> Send:
    return Send(
        to=head.id,
        content=passed.card,
        key=f"{passed.id}:{head.id}",
        kind="info",
        not_before=scene.at_work(head),
        enrolment=scene.id,
    )


def _agreed(scene: Scene, mentee: Person) -> tuple[Block, ...]:
    """Return a mentee's plan and goals as a head reads them, () where there is neither."""
    others = {m.id for m in scene.pair.seated("mentee")} - {mentee.id}
    plan = [i for i in plan_lines(scene) if i.state == "open" and i.owner not in others]
    blocks = [*plan_list(scene, plan, None)]
    if goals := goals_of(scene, mentee):
        blocks += [Text(say("Goals"), "heading"), *(goal_bar(goal) for goal in goals)]
    return tuple(blocks)


def _heads_card(scene: Scene, review: Review, mentee: Person, what: tuple[Block, ...]) -> Card:
    name = PersonName(mentee.name, mentee.id)
    intro = Text(say("The plan and goals of {mentee}, as agreed at the review.", mentee=name))
    can_open = Text(say("{mentee} can open exactly this.", mentee=name), "quiet")
    return Card(scene.title(scene.step_named(review.step)), (intro, *what, can_open))


def passed(scene: Scene, event: Act) -> Outcome:
    """Show the mentee exactly what the head received."""
    wanted = passed_id(review_of(scene, event.ref), scene.actor)
    got = next((p for p in scene.pair.passed if p.id == wanted), None)
    return Outcome(reply=ShowCard(got.card) if got else Note(say("Nothing was passed on.")))


# --- going on --------------------------------------------------------------------------------------


def _chairs_card(scene: Scene, review: Review) -> Card:
    """Return what the chair sees after closing: what the phase still lacks, and the decision."""
    if review.decision or _next_phase(scene, review) is None:
        card = closed_card(scene, review, scene.actor)
        return replace(card, blocks=(*_decided(scene, review), *card.blocks))
    phase = scene.programme.phase(scene.step_named(review.step).phase)
    lacking = _lacking(scene, phase) if phase else ()
    blocks: list[Block] = []
    if lacking:
        blocks.append(Text(say("Not yet seen in this phase:")))
        blocks.append(Checklist(tuple(Item(words, False) for words in lacking)))
    blocks.append(
        Text(say("Go on to the next phase, or extend this one? Without a word from you it goes on."))
    )
    ref = f"review:{review.id}"
    buttons = [Button(say("Go on"), "review.decide", ref, value=GO_ON, style="primary")]
    for weeks in WEEKS:
        label = say_n("Extend by {n} week", "Extend by {n} weeks", weeks)
        buttons.append(Button(label, "review.decide", ref, value=f"extend:{weeks}"))
    title = say("{review}: done. And now?", review=scene.title(scene.step_named(review.step)))
    return Card(title, tuple(blocks), tuple(buttons))


def _decided(scene: Scene, review: Review) -> tuple[Block, ...]:
    if not review.decision:
        return ()
    if review.decision.startswith("extend:"):
        weeks = int(review.decision.partition(":")[2])
        return (
            Text(say_n("This phase is extended by {n} week.", "This phase is extended by {n} weeks.", weeks)),
        )
    return (Text(say("The programme goes on.")),)


def _next_phase(scene: Scene, review: Review) -> Phase | None:
    """Return the phase after the review's own; None at the last review, where nothing is decided."""
    phases = scene.programme.phases
    own = scene.step_named(review.step).phase
    place = next((n for n, p in enumerate(phases) if p.id == own), len(phases))
    return next((p for p in phases[place + 1 :] if p.steps), None)


def _lacking(scene: Scene, phase: Phase) -> tuple[Say, ...]:
    """Return the criteria of a phase that no finished step shows yet."""
    done = {s.step for s in scene.pair.steps if s.state == "done"}
    return tuple(scene.told(words) for step, words in phase.criteria if step not in done)


def decide(scene: Scene, event: Act) -> Outcome:
    """Go on, or extend the phase; the first decision counts, except where only time had decided."""
    assert isinstance(event, Pressed)
    review = review_of(scene, event.ref)
    if (
        not may_decide(scene)
        or review.state != "closed"
        or event.value not in (GO_ON, *(f"extend:{w}" for w in WEEKS))
    ):
        return Outcome(reply=Note(say("There is nothing to decide yet.")))
    if review.decision not in ("", WENT_ON):
        return Outcome(reply=ReplaceCard(_chairs_card(scene, review)))
    decided = replace(review, decision=event.value)
    changes: list[Change] = [Put(decided), Logged("review decided", f"review:{review.id}", scene.actor.id)]
    sends: tuple[Send, ...] = ()
    if event.value != GO_ON:
        weeks = int(event.value.partition(":")[2])
        changes.append(Put(_extended(scene, review, weeks)))
        sends = tuple(_tell_extended(scene, review, weeks, p) for p in _pair_of(scene))
    after = scene.after(changes)
    return Outcome(reply=ReplaceCard(_chairs_card(after, decided)), changes=tuple(changes), sends=sends)


def _extended(scene: Scene, review: Review, weeks: int) -> Enrolment:
    phase = scene.step_named(review.step).phase
    change = StepChange(kind="extend", step=phase, weeks=weeks, by=scene.actor.id, at=scene.now)
    return replace(scene.pair.enrolment, changes=(*scene.pair.enrolment.changes, change))


def _pair_of(scene: Scene) -> tuple[Person, ...]:
    return (*scene.pair.seated("mentee"), *scene.pair.seated("mentor"))


def _tell_extended(scene: Scene, review: Review, weeks: int, to: Person) -> Send:
    words = say_n(
        "There is {n} week more for this part of the programme. Everything after it moves along.",
        "There are {n} weeks more for this part of the programme. Everything after it moves along.",
        weeks,
    )
    return Send(
        to=to.id,
        content=Card(scene.title(scene.step_named(review.step)), (Text(words),)),
        key=f"{review.id}:{to.id}:extended",
        kind="info",
        not_before=scene.at_work(to),
        enrolment=scene.id,
    )


def undecided(scene: Scene, due: Due) -> Outcome:
    """Go on without a decision, and tell the coordinator so (MISSION: it goes on, with a case)."""
    review = scene.pair.review(due.ref)
    if review is None or review.decision:
        return Outcome()
    title = scene.title(scene.step_named(review.step))
    if review.state == "closed":
        reason = say(
            "“{review}” was held and nobody has said whether to go on. The programme goes on.", review=title
        )
    else:
        reason = say("“{review}” was begun and not closed. The programme goes on.", review=title)
    opened = open_case(
        scene,
        signal="undecided",
        occurrence=f"{review.step}.{review.id.rpartition('/')[2]}",
        about=tuple(p.id for p in scene.pair.seated("mentee")),
        reason=reason,
        advice=say("You can still extend the phase on the review's card."),
    )
    changes = (Put(replace(review, decision=WENT_ON)), *opened.changes)
    return Outcome(changes=changes, sends=opened.sends)


VERBS = {
    "review.close": Verb(run=close, roles=("coordinator",)),
    "review.decide": Verb(run=decide, roles=("coordinator",)),
    "review.passed": Verb(run=passed, roles=("mentee",), needs=("reviews", "passed")),
}
