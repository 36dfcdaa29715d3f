"""
What the mentor passes on to the head, at most once a week, and what the head writes back (FEATURES P11).

The mentee can open exactly the card that the head received. Check-ins, help and answers about the two of them are
never in it: it is made from feedback, plan, goals, tasks and documents alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.calendar import week_of
from bot.content import (
    Block,
    Button,
    Card,
    Checklist,
    Item,
    Moment,
    PersonName,
    Progress,
    Say,
    Text,
    UserText,
    say,
    say_n,
)
from bot.facts import Answer, Passed, Person, StepState
from bot.outcome import Change, Note, Outcome, Put, Send, ShowCard
from flows.head_notes import VERBS as NOTE_VERBS
from flows.head_notes import write_buttons
from flows.kinds import Act, Command, Kind, Verb
from flows.lines import goal_bar, place_of, plan_line, plan_lines
from flows.scene import Desk, Scene, record_of
from flows.visibility import about_in, led_by, named_in

NEEDS = ("passed",)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_MOST_LINES = 10  # of finished tasks or documents on one card; the rest is counted


# --- the digest ------------------------------------------------------------------------------------


def opened(scene: Scene, state: StepState) -> Outcome:
    """Pass on what is new about each mentee this head leads; with nothing new there is no message."""
    head = scene.pair.person(state.person)
    changes: list[Change] = []
    sends: list[Send] = []
    for mentee in _led_by(scene, head, state):
        made = _pass_on(scene, state, head, mentee)
        changes += made.changes
        sends += made.sends
    ended = replace(state, state="done", done_at=scene.now)
    if not sends:
        ended = replace(ended, state="skipped", why="nothing to say")
    return Outcome(changes=(Put(ended), *changes), sends=tuple(sends))


def _led_by(scene: Scene, head: Person, state: StepState) -> tuple[Person, ...]:
    """Return whom a head reads about: the one the step names, else those whose manager they are, else all."""
    about = about_in(state.occurrence)
    if about:
        return tuple(m for m in scene.pair.seated("mentee") if m.id == about)
    return led_by(scene.pair, head)


def _pass_on(scene: Scene, state: StepState, head: Person, mentee: Person) -> Outcome:
    passed_id = _passed_id(scene, state.occurrence.partition(".")[0], mentee)
    known = next((p for p in scene.pair.passed if p.id == passed_id), None)
    if known is None:
        news = tuple(_news(scene, mentee))
        if not news:
            return Outcome()
        title = scene.title(scene.step_of(state), mentee=PersonName(mentee.name, mentee.id))
        known = Passed(
            id=passed_id,
            enrolment=scene.id,
            week=state.occurrence.partition(".")[0],
            card=_card(scene, mentee, Card(title, news), f"{state.step}/{state.occurrence}"),
            at=scene.now,
        )
    return Outcome(changes=(Put(known),), sends=(_send(scene, known, head),))


def _passed_id(scene: Scene, occurrence: str, mentee: Person) -> str:
    """Return the id of what was passed on; it names the mentee, so that each opens their own alone."""
    return f"{scene.id}/digest/{occurrence}.{mentee.id}"


def _card(scene: Scene, mentee: Person, card: Card, about: str) -> Card:
    line = Text(say("{mentee} can open exactly this.", mentee=PersonName(mentee.name, mentee.id)), "quiet")
    return replace(card, blocks=(*card.blocks, line), buttons=write_buttons(scene, about))


def _send(scene: Scene, passed: Passed, head: Person) -> Send:
    return Send(
        to=head.id,
        content=passed.card,
        key=f"{passed.id}:{head.id}",
        kind="info",
        not_before=scene.at_work(head),
        enrolment=scene.id,
    )


def last_words(scene: Scene) -> Outcome:
    """Pass on how it ended, with what is new since the last digest: what the closing calls, once for each mentee."""
    changes: list[Change] = []
    sends: list[Send] = []
    for mentee in scene.pair.seated("mentee"):
        passed_id = _passed_id(scene, "closing", mentee)
        heads = [h for h in scene.pair.seated("head") if h.active and mentee in _led_by(scene, h, _NO_STATE)]
        if not heads or any(p.id == passed_id for p in scene.pair.passed):
            continue
        name = PersonName(mentee.name, mentee.id)
        intro = Text(
            say("The months with a mentor are over. Thank you for the room that {mentee} had.", mentee=name)
        )
        card = Card(say("{mentee}: the programme is closed", mentee=name), (intro, *_news(scene, mentee)))
        passed = Passed(
            id=passed_id,
            enrolment=scene.id,
            week=week_of(scene.today(mentee)),
            card=_card(scene, mentee, card, "closing/once"),
            at=scene.now,
        )
        changes.append(Put(passed))
        sends += [_send(scene, passed, head) for head in heads]
    return Outcome(changes=tuple(changes), sends=tuple(sends))


_NO_STATE = StepState(id="", enrolment="", step="", occurrence="", person="")


# --- what is new -----------------------------------------------------------------------------------


def _news(scene: Scene, mentee: Person) -> Iterator[Block]:
    """Return what has come since the head last received something about this mentee."""
    before = sorted((p for p in scene.pair.passed if concerns(scene, p, mentee)), key=lambda p: (p.at, p.id))
    yield from _feedback(scene, mentee, max((p.at for p in before), default=_LONG_AGO))
    yield from _goals(scene, mentee, before)
    shown = _lines_shown(before)
    plan = [Item(plan_line(scene, i), i.state == "done") for i in plan_lines(scene)]
    yield from _lines(say("Plan"), [i for i in plan if shown.get(i.label) != i.done])
    tasks = [Item(say("{task}", task=UserText(t.title)), True) for t in scene.pair.tasks if t.state == "done"]
    yield from _lines(say("Tasks done"), [i for i in tasks if not shown.get(i.label)])
    ticks = sorted((t for t in scene.pair.ticks if t.done_at is not None), key=lambda t: (t.step, t.id))
    documents = [Item(say("{line}", line=UserText(t.label)), True) for t in ticks]
    yield from _lines(say("Documents and lists"), [i for i in documents if not shown.get(i.label)])


def concerns(scene: Scene, passed: Passed, mentee: Person) -> bool:
    """Tell whether something passed on is about this mentee: it names them, or none of several."""
    named = named_in(passed)
    mentees = {s.person for s in scene.pair.seats if s.role == "mentee"}
    return named == mentee.id or named not in mentees


def _feedback(scene: Scene, mentee: Person, since: datetime) -> Iterator[Block]:
    """Return what the mentor wrote, as it was written."""
    fresh = [a for a in scene.pair.answers if a.kind == "feedback" and a.at > since and a.value]
    fresh = [a for a in fresh if a.about in ("", mentee.id) and not a.sealed_in]
    by_time: dict[tuple[str, str], dict[str, Answer]] = {}
    for answer in sorted(fresh, key=lambda a: (a.occurrence, a.person, a.field)):
        by_time.setdefault((answer.occurrence, answer.person), {})[answer.field] = answer
    for (_, author), given in by_time.items():
        mentor = scene.pair.person(author)
        words = {field: UserText(answer.value) for field, answer in given.items()}
        name = PersonName(mentor.name, mentor.id)
        if "good" in words:
            yield Text(say("**{mentor}, went well:** {text}", mentor=name, text=words["good"]))
        if "good" in words and "better" in words:
            yield Text(say("**Could go further:** {text}", text=words["better"]))
        elif "better" in words:
            yield Text(say("**{mentor}, could go further:** {text}", mentor=name, text=words["better"]))


def _goals(scene: Scene, mentee: Person, before: Sequence[Passed]) -> Iterator[Block]:
    """Return the goals with their bars, if any stands otherwise than when the head last saw them."""
    mentees = {m.id for m in scene.pair.seated("mentee")}
    goals = [g for g in scene.pair.goals if g.state in ("open", "reached")]
    bars = [goal_bar(g) for g in sorted(goals, key=place_of) if g.by == mentee.id or g.by not in mentees]
    shown = [[b for b in p.card.blocks if isinstance(b, Progress)] for p in before]
    last = next((blocks for blocks in reversed(shown) if blocks), [])
    if any(bar not in last for bar in bars):
        yield Text(say("Goals"), "heading")
        yield from bars


def _lines_shown(before: Sequence[Passed]) -> dict[Say, bool]:
    """Return each line of a list as the head last saw it."""
    lists = [block for p in before for block in p.card.blocks if isinstance(block, Checklist)]
    return {item.label: item.done for block in lists for item in block.items}


def _lines(title: Say, items: Sequence[Item]) -> Iterator[Block]:
    if items:
        yield Text(title, "heading")
        yield Checklist(tuple(items[:_MOST_LINES]))
    if len(items) > _MOST_LINES:
        yield Text(say_n("and {n} more", "and {n} more", len(items) - _MOST_LINES), "quiet")


# --- what the mentee can open ----------------------------------------------------------------------


def what(scene: Scene, event: Act) -> Outcome:
    """Show exactly what the head received: the one that the ref names, else the last."""
    mine = _mine(scene)
    wanted = record_of(event.ref)
    place = next((n for n, p in enumerate(mine) if p.id == wanted), len(mine) - 1)
    return Outcome(reply=ShowCard(_shown(scene, mine, place)) if mine else Note(NOTHING))


NOTHING = say("Nothing has been passed on so far.")


def _mine(scene: Scene) -> list[Passed]:
    """Return what was passed on about the actor, or to them, oldest first."""
    me = scene.actor
    about = (me,) if "mentee" in scene.pair.roles_of(me.id) else _led_by(scene, me, _NO_STATE)
    mine = [p for p in scene.pair.passed if any(concerns(scene, p, mentee) for mentee in about)]
    return sorted(mine, key=lambda p: (p.at, p.id))


def _shown(scene: Scene, mine: list[Passed], place: int) -> Card:
    passed = mine[place]
    heads = scene.pair.seated("head")
    line = say("Passed on on {day}.", day=Moment(passed.at, "date"))
    if heads:
        names = UserText(", ".join(h.name for h in heads))
        line = say("{head} got this on {day}.", head=names, day=Moment(passed.at, "date"))
    earlier = Button(say("The one before"), "heads.what", f"passed:{mine[place - 1].id}") if place else None
    buttons = (earlier,) if earlier else ()
    return replace(passed.card, blocks=(*passed.card.blocks, Text(line, "quiet")), buttons=buttons)


def for_home(scene: Scene) -> Card | None:
    """Return the line on the mentee's home that tells what was passed on last, None where nothing was."""
    mine = _mine(scene)
    head = scene.pair.first("head")
    if not mine or head is None:
        return None
    last = mine[-1]
    name = PersonName(head.name, head.id)
    words = say("{head} got something about your work on {day}.", head=name, day=Moment(last.at, "date"))
    button = Button(say("Open exactly that"), "heads.what", f"passed:{last.id}")
    return Card(say("Passed on"), (Text(words),), (button,))


def command(desk: Desk, text: str) -> Outcome:
    """Show what was passed on last: to the mentee what the head received, to the head the same."""
    for scene in desk.scenes:
        roles = scene.pair.roles_of(desk.me.id)
        if {"mentee", "head"} & set(roles) and _matches(scene, text) and (mine := _mine(scene)):
            return Outcome(reply=ShowCard(_shown(scene, mine, len(mine) - 1)))
    return Outcome(reply=Note(NOTHING))


def _matches(scene: Scene, text: str) -> bool:
    wanted = text.strip().lstrip("@").lower()
    return not wanted or any(wanted in p.name.lower() for p in scene.pair.seated("mentee"))


def _no_card(scene: Scene, state: StepState) -> None:
    return None


KINDS = {"digest": Kind(card=_no_card, opened=opened, private=True)}
VERBS = {"heads.what": Verb(run=what, roles=("mentee", "head"), needs=NEEDS), **NOTE_VERBS}
COMMANDS = {
    "passed": Command(run=command, help=say("what the head received, word for word"), needs=NEEDS),
}
