"""What people say in a review: the offer to answer beforehand, the sealed answers, and how they come back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from bot.calendar import local_date
from bot.content import (
    Audience,
    Card,
    Field,
    Form,
    Say,
    ScaleField,
    Text,
    TextField,
    UserText,
    Value,
    say,
)
from bot.facts import Answer, Goal, Meeting, Person, Review
from bot.outcome import Change, Outcome, Put, Remove, Send, Unsend
from flows.checkin import scale as scale
from flows.lines import open_goals
from flows.scene import Scene

# Their author until opened, then those in the review (MISSION, who sees what).
SEEN_BY: Audience = ("author", "mentee", "mentor", "coordinator")
# A field begins with the stage that opens it (flows.visibility.sealed).
MET = "expectations:met"
_MOST_LETTERS = 800  # of one answer, so that all of a review fits one message (Slack: 13,000 characters)


# --- who and where ---------------------------------------------------------------------------------


def in_review(scene: Scene, review: Review) -> tuple[Person, ...]:
    """Return who takes part: mentees, mentors, and the chair."""
    chair = (p for p in scene.pair.people if p.id == review.chair)
    everybody = (*scene.pair.seated("mentee"), *scene.pair.seated("mentor"), *chair)
    return tuple({p.id: p for p in everybody if p.active}.values())


def stage_title(scene: Scene, stage: str) -> Say:
    """Return the name of a stage."""
    match stage:
        case "opening":
            return say("How the meeting goes")
        case "expectations":
            return say("Expectations")
        case "goals":
            return say("Goals so far")
        case "mentee" | "mentor":
            return say("Speaking: {names}", names=who_speaks(scene, stage))
        case "plan":
            return say("Plan and goals")
        case "evaluation":
            return say("The programme itself")
        case "celebration":
            return say("What was reached")
        case _:
            return say("Going on")


def who_speaks(scene: Scene, stage: str) -> Value:
    """Return whose turn a stage is."""
    return scene.named("mentee" if stage == "mentee" else "mentor")


def answers_in(scene: Scene, review: Review, author: Person) -> tuple[Answer, ...]:
    """Return what one person said in a review, as far as it is in the scene."""
    return tuple(a for a in scene.pair.answers if a.sealed_in == review.id and a.person == author.id)


def has_own_words(scene: Scene, stage: str, person: Person) -> bool:
    """Tell whether a stage asks this person for words of their own, and not only for a note."""
    return bool(_words(scene, stage, person))


# --- goals rated -----------------------------------------------------------------------------------


def goal_field(goal: Goal) -> str:
    """Return the field of a goal's rating."""
    return f"goals:{goal.id.rpartition('/')[2]}"


def rated_goals(scene: Scene, review: Review) -> tuple[Goal, ...]:
    """Return the goals a review looks at: those open and those it rated itself, none that it has just set."""
    own = {a.field for a in scene.pair.answers if a.sealed_in == review.id}
    kept = [g for g in scene.pair.goals if g.state == "rated" and goal_field(g) in own]
    return tuple(g for g in (*open_goals(scene), *kept) if g.period != review.id)


# --- what is asked ---------------------------------------------------------------------------------


def beforehand(scene: Scene, review: Review, person: Person) -> tuple[Field, ...]:
    """Return everything a mentee or mentor may answer before a review."""
    given = {a.field: a.value for a in answers_in(scene, review, person)}
    asked: list[Field] = []
    for stage in review.stages:
        if stage == "goals":
            asked += [_goal_scale(goal, given) for goal in rated_goals(scene, review)]
        if stage == "expectations":
            asked.append(_scale(MET, say("So far it is as I expected"), given))
        asked += _fields(_words(scene, stage, person), given)
    return tuple(asked)


def at_stage(scene: Scene, review: Review, person: Person, stage: str) -> tuple[Field, ...]:
    """Return what a person may write while the review is at a stage: their own words there, else a note."""
    given = {a.field: a.value for a in answers_in(scene, review, person)}
    words = _words(scene, stage, person) or ((f"{stage}:note", say("A note for all of you")),)
    return tuple(_fields(words, given))


def _words(scene: Scene, stage: str, person: Person) -> tuple[tuple[str, Say], ...]:
    roles = scene.pair.roles_of(person.id)
    if not {"mentee", "mentor"} & set(roles):
        return ()
    match stage:
        case "expectations":
            return ((f"{stage}:words", say("What do you expect of the coming weeks?")),)
        case "mentee" | "mentor" if stage in roles:
            return (
                (f"{stage}:good", say("What went well?")),
                (f"{stage}:better", say("What could be better?")),
            )
        case "evaluation":
            return (
                (f"{stage}:helped", say("What helped most in this programme?")),
                (f"{stage}:change", say("What should change in it for those who come next?")),
            )
        case _:
            return ()


def _fields(words: Iterable[tuple[str, Say]], given: dict[str, str]) -> Iterator[Field]:
    for key, label in words:
        initial = given.get(key, "")
        yield TextField(key=key, label=label, seen_by=SEEN_BY, long=True, most=_MOST_LETTERS, initial=initial)


def _goal_scale(goal: Goal, given: dict[str, str]) -> ScaleField:
    return _scale(goal_field(goal), say("{goal}: reached?", goal=UserText(goal.title)), given)


def _scale(key: str, label: Say, given: dict[str, str]) -> ScaleField:
    return ScaleField(
        key=key, label=label, seen_by=SEEN_BY, low=say("no"), high=say("yes"), initial=given.get(key, "")
    )


def form(scene: Scene, review: Review, fields: tuple[Field, ...], intro: Say | None = None) -> Form:
    """Return the dialog with these questions."""
    title = scene.title(scene.step_named(review.step))
    return Form(title=title, verb="review.tell", ref=f"review:{review.id}", fields=fields, intro=intro)


SEALED = say(
    "All of it is optional. Nobody reads it before the review comes to it. "
    "If the review is called off, it comes back to you."
)


# --- the offer to answer beforehand ----------------------------------------------------------------


def offer_key(review: Review, person: Person) -> str:
    """Return the key of the offer to answer beforehand."""
    return f"{review.id}:{person.id}:offer"


def moved_offer_key(review: Review, person: Person, day: date) -> str:
    """Return the key of the offer for a review that was moved to another day before anybody had one."""
    return f"{offer_key(review, person)}:{day.isoformat()}"


def day_of(scene: Scene, meeting: Meeting) -> date | None:
    """Return the day for which a review's offers were meant last: that of its time, else of the times on offer."""
    at = meeting.starts_at or min(meeting.slots, default=None)
    return local_date(at, scene.leader().zone) if at is not None else None


# --- called off ------------------------------------------------------------------------------------


def returned(scene: Scene, review: Review) -> Outcome:
    """Give everybody their own answers back and forget them; `scene` must hold the pair unreduced."""
    changes: list[Change] = []
    sends: list[Send] = []
    for person in scene.pair.people:
        changes += [Unsend(key, "review called off") for key in _offer_keys(scene, review, person)]
        own = sorted(answers_in(scene, review, person), key=lambda a: a.field)
        if own:
            changes += [Remove(a) for a in own]
            sends.append(_give_back(scene, review, person, own))
    return Outcome(changes=tuple(changes), sends=tuple(sends))


def _offer_keys(scene: Scene, review: Review, person: Person) -> Iterator[str]:
    yield offer_key(review, person)
    meeting = scene.pair.meeting(review.id)
    if meeting is not None and (day := day_of(scene, meeting)) is not None:
        yield moved_offer_key(review, person, day)


def _give_back(scene: Scene, review: Review, person: Person, own: list[Answer]) -> Send:
    step = scene.step_named(review.step)
    unread = say(
        "The review was called off. Nobody has read what you noted for it; here it is, and kept nowhere else."
    )
    read = say("The review was called off. Here is what you noted for it; it is kept nowhere else.")
    blocks = [Text(unread if review.stage < 0 else read)]
    for answer in own:
        label = _label(scene, answer)
        blocks.append(Text(say("**{question}** {words}", question=label, words=UserText(answer.value))))
    return Send(
        to=person.id,
        content=Card(scene.title(step), tuple(blocks)),
        key=f"{review.id}:{person.id}:returned",
        kind="answer",
        not_before=scene.at_work(person),
        enrolment=scene.id,
    )


def _label(scene: Scene, answer: Answer) -> Say:
    """Return the question an answer belongs to."""
    stage = answer.field.partition(":")[0]
    author = next(p for p in scene.pair.people if p.id == answer.person)
    asked = dict(_words(scene, stage, author))
    if answer.field in asked:
        return asked[answer.field]
    if answer.field == MET:
        return say("So far it is as I expected")
    goal = next((g for g in scene.pair.goals if goal_field(g) == answer.field), None)
    return say("{goal}: reached?", goal=UserText(goal.title)) if goal else say("A note for all of you")


def cancelled(scene: Scene, review: Review, by: str) -> tuple[Change, ...]:
    """Return what ends a review that will not be held."""
    state = scene.pair.step(review.step, review.id.rpartition("/")[2])
    ended = replace(review, state="cancelled", closed_at=scene.now)
    changes: list[Change] = [Put(ended)]
    if state is not None and state.state == "open":
        over = replace(state, state="skipped", why="coordinator", done_at=scene.now, done_by=by)
        changes.append(Put(over))
    return tuple(changes)
