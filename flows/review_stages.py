"""What each stage of a review shows: MISSION's order, which works without any answer given beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from bot.content import Ask, Block, Day, Facts, PersonName, Say, Text, UserText, say, say_n, told
from bot.facts import Answer, Person, Review
from flows.lines import goal_bar, is_reached, open_goals, plan_lines, plan_list
from flows.review_answers import (
    MET,
    SEEN_BY,
    answers_in,
    goal_field,
    in_review,
    rated_goals,
    scale,
    stage_title,
    who_speaks,
)
from flows.scene import Scene
from flows.written import rows, texts

_MOST_ROWS = 10  # of a list of facts; a mentor of several looks at each of them every day
_APART = 2  # points between ratings from which on a difference is marked (MISSION, the order of a review)


def order(scene: Scene, review: Review) -> Facts:
    """Return the stages in their order, numbered."""
    return Facts(
        tuple((say("{n}", n=n), stage_title(scene, stage)) for n, stage in enumerate(review.stages, 1))
    )


def body(scene: Scene, review: Review, stage: str, person: Person) -> Iterable[Block]:
    """Return what one person reads at a stage; `scene` holds only what they may see."""
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
        yield Text(
            say("You say how the meeting goes, then press Next. Nobody needs to have prepared anything.")
        )
    else:
        yield Text(say("HR says how the meeting goes. Nothing needs to be prepared."))
    yield order(scene, review)
    still_open = [i for i in plan_lines(scene) if i.state == "open"]
    if still_open:
        yield Text(say("From the last plan, still open:"), "heading")
        yield from plan_list(scene, still_open, person, "review.tick")


def _turn(scene: Scene, review: Review, stage: str, person: Person) -> Iterable[Block]:
    yield Text(say("**{names}**: what went well, what could be better?", names=who_speaks(scene, stage)))
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
        for first in range(0, len(lines), _MOST_ROWS):
            yield Facts(tuple(lines[first : first + _MOST_ROWS]))


def _day_of(scene: Scene, look: Answer) -> Say:
    about = next((p for p in scene.pair.seated("mentee") if p.id == look.about), None)
    day = Day(date.fromisoformat(look.occurrence.partition(".")[0]), "short")
    return (
        say("{day}, {name}", day=day, name=PersonName(about.name, about.id))
        if about
        else say("{day}", day=day)
    )


def _look_words(scene: Scene, look: Answer, note: str) -> Say:
    labels = {row.id: told(dict(row.text)) for row in rows(scene.step_named(look.step), "choices")}
    label = labels.get(look.value, say("{value}", value=UserText(look.value)))
    return say("{look}: {note}", look=label, note=UserText(note)) if note else label


# --- rated jointly ---------------------------------------------------------------------------------


def _goals(scene: Scene, review: Review, person: Person) -> Iterable[Block]:
    goals = rated_goals(scene, review)
    if not goals:
        yield Text(say("No goal was set for this time."))
        return
    yield Text(say("Was each goal reached? Mentee and mentor both tap; then talk."))
    for goal in goals:
        yield goal_bar(goal)
        question = say("{goal}: reached?", goal=UserText(goal.title))
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
        "**{taps}**: {n} point apart. Worth a word.",
        "**{taps}**: {n} points apart. Worth a word.",
        apart,
        taps=taps,
    )


# --- together --------------------------------------------------------------------------------------


def _plan(scene: Scene, review: Review, person: Person) -> Iterable[Block]:
    step = scene.step_named(review.step)
    span = texts(step, "plan_for")
    if span:
        yield Text(
            say(
                "Together: a plan for {time}. What, who, by when? And at most three goals with a number.",
                time=scene.told(span),
            )
        )
    else:
        yield Text(say("Together: what, who, by when? And at most three goals with a number."))
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
    yield Text(say("🎉 This is what came of the time together. Say what you are proud of."))
    if goals:
        yield Text(say("Goals reached: {reached} of {all}", reached=reached, all=len(goals)))
    if plan:
        yield Text(say("Of the plan done: {done} of {all}", done=done, all=len(plan)))


def _going_on(scene: Scene, person: Person) -> Iterable[Block]:
    yield Text(
        say("How does it go on? A line or two for the time after the programme; from here on as colleagues.")
    )
    yield from plan_list(scene, [i for i in plan_lines(scene) if i.state == "open"], person, "review.tick")


def notes(scene: Scene, review: Review, stage: str) -> Iterable[Block]:
    """Return the notes that were added at a stage."""
    for author in in_review(scene, review):
        for answer in answers_in(scene, review, author):
            if answer.field.startswith(f"{stage}:note"):
                yield Text(_said_by(author, answer.value))


def _said_by(author: Person, words: str) -> Say:
    return say("{name}: {words}", name=PersonName(author.name, author.id), words=UserText(words))
