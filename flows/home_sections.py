"""The sections of a home below what is next: one pair at a time, by what the person is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from operator import itemgetter

from bot.calendar import local_date
from bot.content import (
    Actions,
    Block,
    Button,
    Card,
    Checklist,
    Day,
    Facts,
    Item,
    Moment,
    PersonName,
    Say,
    Text,
    say,
)
from bot.facts import Answer
from flows import agreement, changes, checklist, feedback, head_notes, heads
from flows.agenda import Planned
from flows.goals import goals_card
from flows.home_next import coming, meeting_lines
from flows.lines import pair_name
from flows.plan import plan_card
from flows.scene import Scene, programme_week
from flows.taken import ended
from flows.task_cards import tasks_card
from flows.timeline import phase_days

_LAST_FEEDBACK = 3
_NEXT_STEPS = 3


def sections(scene: Scene, *, brief: bool) -> list[Card]:
    """Return what the actor sees of one pair; `brief` where they have several, and ask for the rest by name."""
    roles = set(scene.pair.roles_of(scene.actor.id))
    cards = list(_brief(scene) if brief and roles & {"mentee", "mentor", "head"} else _sections(scene))
    shown = [card for card in cards if card.blocks or card.buttons]
    return [resting(card) for card in shown] if ended(scene) else shown


def _brief(scene: Scene) -> Iterator[Card]:
    yield time_plan(scene, phases=False)
    yield goals_card(scene)


def _sections(scene: Scene) -> Iterator[Card]:
    roles = set(scene.pair.roles_of(scene.actor.id))
    if roles & {"mentee", "mentor", "head"}:
        yield time_plan(scene)
        yield goals_card(scene)
        yield plan_card(scene)
    if roles & {"mentee", "mentor"}:
        yield tasks_card(scene, scene.actor)
        yield _agreement(scene)
    if roles & {"mentee", "mentor", "head"}:
        yield documents(scene)
    if "mentee" in roles:
        yield feedback_received(scene)
        yield heads.for_home(scene) or Card(say("Passed on"))
    elif "head" in roles:
        yield _passed(scene)
    if "coordinator" in roles and not roles & {"mentee", "mentor", "head"}:
        yield changes.pair_card(scene)
    if roles == {"director"}:
        yield _visitor(scene)


def resting(card: Card) -> Card:
    """Return a card of a programme that is over: it can be read, and nothing on it can be pressed."""
    blocks: list[Block] = []
    for block in card.blocks:
        match block:
            case Checklist(items):
                blocks.append(Checklist(tuple(Item(item.label, item.done) for item in items)))
            case Actions():
                pass
            case _:
                blocks.append(block)
    readable = tuple(b for b in card.buttons if isinstance(b, Button) and b.verb in ("heads.what",))
    return replace(card, blocks=tuple(blocks), buttons=readable)


# --- the time plan ---------------------------------------------------------------------------------


def time_plan(scene: Scene, *, phases: bool = True) -> Card:
    """Return where the pair is, the phases with the present one marked, and what comes next."""
    today = scene.today(scene.leader())
    intro = say("Week {week} of the programme.", week=programme_week(scene.first_day(), today))
    if ended(scene):
        intro = say("The programme has ended.")
    elif today < scene.first_day():
        intro = say("It starts on {day}.", day=Day(scene.first_day()))
    next_steps = () if ended(scene) else tuple(_next_steps(scene))
    blocks: list[Block] = [Text(intro)]
    if phases:
        blocks.append(Checklist(tuple(_phases(scene))))
    if next_steps:
        blocks.append(Facts(next_steps))
    return Card(say("Time plan: {pair}", pair=pair_name(scene)), tuple(blocks))


def _next_steps(scene: Scene) -> Iterator[tuple[Say, Say]]:
    """Yield the day and the name of what comes next for whoever looks: what they take part in, and the reviews."""
    roles = set(scene.pair.roles_of(scene.actor.id))
    mine = (
        p for p in changes.ahead(scene) if roles & {*p.step.who, *p.step.people} or p.step.kind == "review"
    )
    days = sorted(((_day_of(scene, p), scene.title(p.step)) for p in mine), key=itemgetter(0))
    for day, title in days[:_NEXT_STEPS]:
        yield say("{day}", day=Day(day, "short")), title


def _day_of(scene: Scene, planned: Planned) -> date:
    """Return the day a step of the plan is on: that of its meeting, where one has a time."""
    meeting = scene.pair.meeting(f"{scene.id}/{planned.step.id}/{planned.occurrence}")
    if meeting is None or meeting.state != "fixed" or meeting.starts_at is None:
        return planned.day
    return local_date(meeting.starts_at, scene.actor.zone)


def _phases(scene: Scene) -> Iterator[Item]:
    today = scene.today(scene.leader())
    days = phase_days(scene)
    for place, (phase_id, first) in enumerate(days):
        phase = scene.programme.phase(phase_id)
        following = days[place + 1][1] if place + 1 < len(days) else None
        title = scene.told(phase.title) if phase else say("{id}", id=phase_id)
        if ended(scene) or (following is not None and following <= today):
            yield Item(say("{phase}", phase=title), True)
        elif today < first:
            yield Item(say("{phase}, from {day}", phase=title, day=Day(first, "short")), False)
        else:
            yield Item(say("**{phase}**, since {day}", phase=title, day=Day(first, "short")), False)


# --- what the pair has in common -------------------------------------------------------------------


def _agreement(scene: Scene) -> Card:
    begun = scene.pair.agreements or scene.today(scene.actor) >= scene.pair.enrolment.start
    has_one = any(s.kind == "agreement" for s in scene.programme.steps())
    if begun and has_one:
        return agreement.agreement_card(scene, scene.actor)
    return Card(say("How we work together"))


def documents(scene: Scene) -> Card:
    """Return the documents and lists with their ticks; ticking happens on their own cards."""
    blocks: list[Block] = []
    for step in scene.programme.steps():
        if step.kind != "checklist":
            continue
        # The head sees the ticks and not the mentor's step, so that a list shows by either.
        opened = {s.occurrence for s in scene.pair.steps if s.step == step.id and s.opened_at is not None}
        ticked = {t.id.split("/")[2] for t in scene.pair.ticks if t.step == step.id}
        for occurrence in sorted(opened | ticked):
            about = scene.about(scene.new_state(step, occurrence, ""))
            blocks.append(Text(scene.title(step, **about), "heading"))
            blocks.append(checklist.checklist(scene, step, occurrence))
    return Card(say("Documents and lists"), tuple(blocks))


def feedback_received(scene: Scene) -> Card:
    """Return the last feedback this mentee got, the newest first."""
    given: dict[tuple[str, str, str], list[Answer]] = {}
    for answer in sorted(scene.pair.answers, key=lambda a: (a.at, a.id)):
        if answer.kind == "feedback" and answer.about in ("", scene.actor.id):
            given.setdefault((answer.step, answer.occurrence, answer.person), []).append(answer)
    newest = sorted(given.items(), key=lambda item: (max(a.at for a in item[1]), item[0]), reverse=True)
    blocks: list[Block] = []
    for (_, _, author), answers in newest[:_LAST_FEEDBACK]:
        person = scene.pair.person(author)
        day = Moment(max(a.at for a in answers), "date")
        blocks.append(
            Text(say("{mentor}, {day}", mentor=PersonName(person.name, person.id), day=day), "heading")
        )
        blocks += feedback.lines_of(scene, {a.field: a.value for a in answers})
    return Card(say("Feedback you got"), tuple(blocks))


# --- head and director -----------------------------------------------------------------------------


def _passed(scene: Scene) -> Card:
    """Return to the head the way to what was passed on, and to a word back."""
    last = max(scene.pair.passed, key=lambda p: (p.at, p.id), default=None)
    write = head_notes.write_buttons(scene, "home/once")
    if last is None:
        return Card(say("Passed on"), (Text(say("Nothing has been passed on so far.")),), write)
    words = Text(say("The last came on {day}.", day=Moment(last.at, "date")))
    button = Button(say("Open it"), "heads.what", f"passed:{last.id}")
    return Card(say("Passed on"), (words,), (button, *write))


def _visitor(scene: Scene) -> Card:
    """Return what a director sees: who comes, when, and what it is about."""
    mentee = scene.leader()
    name = PersonName(mentee.name, mentee.id)
    title = say("{name}, {position}", name=name, position=mentee.position)
    if not mentee.position:
        title = say("{name}", name=name)
    start = Day(scene.first_day())
    begun = scene.today(mentee) > scene.first_day()
    blocks: list[Block] = [
        Text(say("Began on {day}.", day=start) if begun else say("Begins on {day}.", day=start))
    ]
    for meeting in coming(scene):
        blocks += (
            *meeting_lines(scene, meeting),
            Text(scene.words(scene.step_named(meeting.step), scene.actor)),
        )
    return Card(title, tuple(blocks))
