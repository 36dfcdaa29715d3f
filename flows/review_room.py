"""The room of a review: one card a person that shows the stage the meeting is at, and never more than they may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.content import (
    Ask,
    Block,
    Button,
    Card,
    Choice,
    Facts,
    PersonName,
    Say,
    Text,
    Tone,
    UserText,
    Value,
    say,
    say_n,
    told,
)
from bot.facts import Answer, Goal, Person, Review
from bot.outcome import Send, SendKind
from flows.kinds import Act
from flows.lines import goal_bar, is_reached, open_goals, plan_lines, plan_list
from flows.review_answers import (
    MET,
    SEEN_BY,
    answers_in,
    goal_field,
    has_own_words,
    scale,
    stage_title,
    who_speaks,
)
from flows.scene import Scene, record_of
from flows.visibility import seen_by
from flows.written import rows, texts

_MOST_BLOCKS = 13  # with title and buttons a card of 15, a third of what Slack takes
_APART = 2  # points between ratings from which on a difference is marked (MISSION, the order of a review)


# --- who is in it ----------------------------------------------------------------------------------


def review_of(scene: Scene, ref: str) -> Review:
    """Return the review a ref names; raise LookupError where there is none."""
    found = scene.pair.review(record_of(ref))
    if found is None:
        raise LookupError(f"no review {record_of(ref)}")
    return found


def in_review(scene: Scene, review: Review) -> tuple[Person, ...]:
    """Return who takes part: mentees, mentors, and the chair."""
    everybody = (*scene.pair.seated("mentee"), *scene.pair.seated("mentor"), *_chair(scene, review))
    return tuple({p.id: p for p in everybody if p.active}.values())


def _chair(scene: Scene, review: Review) -> tuple[Person, ...]:
    return tuple(p for p in scene.pair.people if p.id == review.chair)


def stage_of(review: Review) -> str:
    """Return the stage a review is at; "" before it begins and after it is closed."""
    return review.stages[review.stage] if review.state == "running" else ""


# --- messages --------------------------------------------------------------------------------------


def room_key(review: Review, person: Person) -> str:
    """Return the key of the message that holds a person's card of this review."""
    return f"{review.id}:{person.id}:room"


def as_seen(scene: Scene, person: Person) -> Scene:
    """Return the scene as this person may see it."""
    return replace(scene, pair=seen_by(scene.pair, person), me=person)


def card_in(scene: Scene, review: Review, person: Person) -> Card:
    """Return a person's card of a review, made from nothing but what they may see."""
    from flows.review_end import closed_card  # the end knows the room, and the room its end

    seen = as_seen(scene, person)
    if review.state == "running":
        return _stage_card(seen, review, person)
    return closed_card(seen, review, person) if review.state == "closed" else start_card(seen, review, person)


def opened_room(scene: Scene, review: Review, but: str) -> tuple[Send, ...]:
    """Return the card with which the meeting begins, for everybody but the one who pressed Start."""
    others = [p for p in in_review(scene, review) if p.id not in (but, review.chair)]
    return tuple(_send(scene, review, p, room_key(review, p), "change") for p in others)


def renewed(scene: Scene, event: Act, but: str = "") -> tuple[Send, ...]:
    """Return the renewed cards of every review that is running, except for whoever gets theirs as the reply."""
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
        to=to.id, content=card, key=key, kind=kind, not_before=scene.now, enrolment=scene.id, replaces=replaces
    )


# --- before it begins ------------------------------------------------------------------------------


def start_card(scene: Scene, review: Review, person: Person) -> Card:
    """Return the card before the meeting: for the chair the script and Start."""
    step = scene.step_named(review.step)
    if review.state == "cancelled":
        return Card(say("{review}: called off", review=scene.title(step)))
    minutes = say_n("About {n} minute.", "About {n} minutes.", step.minutes)
    blocks: list[Block] = [Text(minutes), order(scene, review)]
    if person.id != review.chair:
        blocks.append(Text(say("HR opens it when you meet.")))
        return Card(scene.title(step), tuple(blocks))
    blocks.append(Text(say("Press Start when all are there. Everybody then sees the stage you are at."), "quiet"))
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


def order(scene: Scene, review: Review) -> Facts:
    """Return the stages in their order, numbered."""
    return Facts(
        tuple((say("{n}.", n=n), stage_title(scene, stage)) for n, stage in enumerate(review.stages, 1))
    )


# --- a stage ---------------------------------------------------------------------------------------


def _stage_card(scene: Scene, review: Review, person: Person) -> Card:
    stage = stage_of(review)
    step = scene.step_named(review.step)
    place = say("Part {n} of {all}", n=review.stage + 1, all=len(review.stages))
    blocks: list[Block] = [Text(place, "quiet"), *_body(scene, review, stage, person), *_notes(scene, review, stage)]
    if len(blocks) > _MOST_BLOCKS:
        blocks = [*blocks[:_MOST_BLOCKS], Text(say("There is more than fits here; please say it aloud."), "quiet")]
    title = say("{review}: {part}", review=scene.title(step), part=stage_title(scene, stage))
    tone: Tone = "celebrate" if stage == "celebration" else "plain"
    return Card(title, tuple(blocks), _buttons(scene, review, stage, person), tone=tone)


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


def _body(scene: Scene, review: Review, stage: str, person: Person) -> Iterable[Block]:
    match stage:
        case "opening":
            return _opening(scene, review, person)
        case "expectations":
            return _expectations(scene, review, person)
        case "goals":
            return _goals(scene, review, person)
        case "mentee" | "mentor":
            return _turn(scene, review, stage, person)
        case "plan":
            return _plan(scene, review, person)
        case "evaluation":
            return _evaluation(scene, review)
        case "celebration":
            return _celebration(scene)
        case _:
            return _going_on(scene, person)


def _opening(scene: Scene, review: Review, person: Person) -> Iterable[Block]:
    if person.id == review.chair:
        yield Text(say("You say how the meeting goes, then press Next. Nobody needs to have prepared anything."))
    else:
        yield Text(say("HR says how the meeting goes. Nothing needs to be prepared."))
    yield order(scene, review)
    still_open = [i for i in plan_lines(scene) if i.state == "open"]
    if still_open:
        yield Text(say("From the last plan, still open:"), "heading")
        yield from plan_list(scene, still_open, person, "review.tick")


def _turn(scene: Scene, review: Review, stage: str, person: Person) -> Iterable[Block]:
    names: Value = who_speaks(scene, stage)
    yield Text(say("**{names}**: what went well, what could be better?", names=names))
    for speaker in scene.pair.seated("mentee" if stage == "mentee" else "mentor"):
        given = {a.field: a.value for a in answers_in(scene, review, speaker)}
        good, better = given.get(f"{stage}:good", ""), given.get(f"{stage}:better", "")
        name = PersonName(speaker.name, speaker.id)
        if good:
            yield Text(say("Went well, {name}: {words}", name=name, words=UserText(good)))
        if better:
            yield Text(say("Could be better, {name}: {words}", name=name, words=UserText(better)))
    if stage == "mentor" and "expectations" in review.stages:
        yield from _daily_looks(scene)


def _daily_looks(scene: Scene) -> Iterable[Block]:
    """Return the looks of the first week, a row a day; they are shown here and not before."""
    looks = [a for a in scene.pair.answers if a.kind == "daily_look"]
    days = sorted({(a.occurrence, a.person) for a in looks})
    lines: list[tuple[Say, Say]] = []
    for occurrence, person in days:
        given = {a.field: a for a in looks if (a.occurrence, a.person) == (occurrence, person)}
        if look := given.get("look"):
            note = given.get("note")
            lines.append((_day_of(scene, look), _look_words(scene, look, note.value if note else "")))
    if lines:
        yield Text(say("The daily looks of the week"), "heading")
        yield Facts(tuple(lines[:10]))


def _day_of(scene: Scene, look: Answer) -> Say:
    about = next((p for p in scene.pair.seated("mentee") if p.id == look.about), None)
    day = UserText(look.occurrence.partition(".")[0])
    return say("{day}, {name}", day=day, name=PersonName(about.name, about.id)) if about else say("{day}", day=day)


def _look_words(scene: Scene, look: Answer, note: str) -> Say:
    labels = {row.id: told(dict(row.text)) for row in rows(scene.step_named(look.step), "choices")}
    label = labels.get(look.value, say("{value}", value=UserText(look.value)))
    return say("{look}: {note}", look=label, note=UserText(note)) if note else label


# --- rated jointly ---------------------------------------------------------------------------------


def rated_goals(scene: Scene, review: Review) -> tuple[Goal, ...]:
    """Return the goals a review looks at: those open, and those it rated itself; not those it has just set."""
    own = {a.field for a in scene.pair.answers if a.sealed_in == review.id}
    kept = [g for g in scene.pair.goals if g.state == "rated" and goal_field(g) in own]
    return tuple(g for g in (*open_goals(scene), *kept) if g.period != review.id)


def _goals(scene: Scene, review: Review, person: Person) -> Iterable[Block]:
    goals = rated_goals(scene, review)
    if not goals:
        yield Text(say("No goal was set for this time."))
        return
    yield Text(say("How far did each goal come? Mentee and mentor both tap; then talk."))
    for goal in goals:
        yield goal_bar(goal)
        question = say("{goal}: how far?", goal=UserText(goal.title))
        yield from _rating(scene, review, person, goal_field(goal), question)


def _expectations(scene: Scene, review: Review, person: Person) -> Iterable[Block]:
    yield Text(say("What did you expect, and what do you expect of the coming weeks?"))
    yield from _rating(scene, review, person, MET, say("So far it is as I expected."))
    for author in in_review(scene, review):
        for answer in answers_in(scene, review, author):
            if answer.field == "expectations:words":
                yield Text(_said_by(author, answer.value))


def _rating(scene: Scene, review: Review, person: Person, field: str, question: Say) -> Iterable[Block]:
    """Return the taps of one line: your own to give, the others' once all have given theirs."""
    raters = [*scene.pair.seated("mentee"), *scene.pair.seated("mentor")]
    given = {
        rater.id: int(answer.value)
        for rater in raters
        for answer in answers_in(scene, review, rater)
        if answer.field == field
    }
    if any(rater.id == person.id for rater in raters):
        chosen = str(given[person.id]) if person.id in given else ""
        yield Ask(question, "review.rate", f"review:{review.id}/{field}", scale(), SEEN_BY, chosen)
    elif field == MET:
        yield Text(question)
    yield Text(_compared(raters, given), "quiet")


def _compared(raters: list[Person], given: dict[str, int]) -> Say:
    waiting = [r.name for r in raters if r.id not in given]
    if waiting:
        return say("Still to tap: {names}", names=UserText(", ".join(waiting)))
    taps = UserText(", ".join(f"{r.name} {given[r.id]}" for r in raters))
    apart = max(given.values()) - min(given.values()) if given else 0
    if apart < _APART:
        return say("{taps}", taps=taps)
    return say_n(
        "**{taps}**: {n} point apart. Worth a word.", "**{taps}**: {n} points apart. Worth a word.", apart, taps=taps
    )


# --- together --------------------------------------------------------------------------------------


def _plan(scene: Scene, review: Review, person: Person) -> Iterable[Block]:
    step = scene.step_named(review.step)
    span = texts(step, "plan_for")
    if span:
        yield Text(say("Together: a plan for {time}. What, who, by when?", time=told(dict(span), **scene.names())))
    else:
        yield Text(say("Together: what, who, by when?"))
    yield from plan_list(scene, plan_lines(scene), person, "review.tick")
    goals = open_goals(scene)
    if goals:
        yield Text(say("Goals"), "heading")
    for goal in goals:
        yield goal_bar(goal)
    tasks = [t.title for t in scene.pair.tasks if t.state in ("open", "doing")]
    if tasks:
        yield Text(say("Tasks in hand: {tasks}", tasks=UserText("; ".join(tasks[:5]))), "quiet")


def _evaluation(scene: Scene, review: Review) -> Iterable[Block]:
    yield Text(say("The programme itself: what helped, and what should change for those who come next?"))
    for author in in_review(scene, review):
        given = {a.field: a.value for a in answers_in(scene, review, author)}
        name = PersonName(author.name, author.id)
        if words := given.get("evaluation:helped"):
            yield Text(say("Helped, {name}: {words}", name=name, words=UserText(words)))
        if words := given.get("evaluation:change"):
            yield Text(say("Should change, {name}: {words}", name=name, words=UserText(words)))


def _celebration(scene: Scene) -> Iterable[Block]:
    goals = [g for g in scene.pair.goals if g.state != "dropped"]
    plan = [i for i in scene.pair.plan if i.state != "dropped"]
    reached = sum(is_reached(g) for g in goals)
    done = sum(i.state == "done" for i in plan)
    yield Text(say("🎉 Six months, and this is what came of them. Say what you are proud of."))
    if goals:
        yield Text(say("Goals reached: {reached} of {all}", reached=reached, all=len(goals)))
    if plan:
        yield Text(say("Of the plan done: {done} of {all}", done=done, all=len(plan)))


def _going_on(scene: Scene, person: Person) -> Iterable[Block]:
    yield Text(say("How does it go on? A line or two for the time after the programme; from here on as colleagues."))
    yield from plan_list(scene, [i for i in plan_lines(scene) if i.state == "open"], person, "review.tick")


def _notes(scene: Scene, review: Review, stage: str) -> Iterable[Block]:
    for author in in_review(scene, review):
        for answer in answers_in(scene, review, author):
            if answer.field == f"{stage}:note":
                yield Text(_said_by(author, answer.value))


def _said_by(author: Person, words: str) -> Say:
    return say("{name}: {words}", name=PersonName(author.name, author.id), words=UserText(words))
