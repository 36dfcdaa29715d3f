"""A person's own page, the answer to `/mentor` alone, and to a word the bot does not know: the next thing first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches

from bot.calendar import local_date
from bot.content import (
    Block,
    Button,
    Card,
    Checklist,
    Day,
    Facts,
    Home,
    Item,
    Moment,
    PersonName,
    Say,
    Text,
    say,
    told,
)
from bot.facts import Meeting
from bot.outcome import Note, Outcome, Reply, ShowCard, ShowHome
from flows import agreement, case_cards, changes, checklist, review, task_cards
from flows.goals import goals_card
from flows.help import with_help
from flows.kinds import EVERYONE, Act, Command, Kind, Verb
from flows.plan import plan_card
from flows.scene import Desk, Scene, programme_week, ref_of
from flows.taken import GOT_LATE
from flows.timeline import phase_days

_MOST_PAIRS = 6  # a home shows so many pairs in full; `/mentor pairs NAME` shows any other


# --- home ------------------------------------------------------------------------------------------


def home(desk: Desk) -> Reply:
    """Return the person's home: what is next, then a section a thing."""
    cards: list[Card] = [next_card(desk)]
    for scene in _running(desk)[:_MOST_PAIRS]:
        if (meeting := review.for_home(scene)) is not None:
            cards.append(meeting)
    if any("coordinator" in s.pair.roles_of(desk.me.id) for s in desk.scenes):
        cards.append(case_cards.cases_card(desk))
    for scene in _running(desk)[:_MOST_PAIRS]:
        cards += _pair_cards(scene, desk)
    if running := _running(desk):
        last = cards[-1]
        cards[-1] = with_help(last, running[0].id)
    return ShowHome(Home(say("Your programme"), tuple(c for c in cards if c.blocks or c.buttons)))


def _running(desk: Desk) -> tuple[Scene, ...]:
    running = [s for s in desk.scenes if s.pair.enrolment.state in ("running", "paused")]
    return tuple(running or desk.scenes[:1])


def _pair_cards(scene: Scene, desk: Desk) -> list[Card]:
    """Return what this person sees of one pair, by their role."""
    me = desk.me
    roles = set(scene.pair.roles_of(me.id))
    if roles & {"mentee", "mentor"}:
        own = [time_plan(scene), goals_card(scene), plan_card(scene), task_cards.tasks_card(scene, me)]
        return [*own, _agreement(scene, desk), _documents(scene)]
    if "coordinator" in roles:
        return [changes.pair_card(scene)]
    if "head" in roles:
        return [time_plan(scene), goals_card(scene), plan_card(scene), _documents(scene)]
    return [_meetings(scene, desk)]


def _agreement(scene: Scene, desk: Desk) -> Card:
    begun = scene.pair.agreements or scene.today(desk.me) >= scene.pair.enrolment.start
    has_one = any(s.kind == "agreement" for s in scene.programme.steps())
    return (
        agreement.agreement_card(scene, desk.me) if begun and has_one else Card(say("How we work together"))
    )


# --- what is next ----------------------------------------------------------------------------------


def next_card(desk: Desk) -> Card:
    """Return what is open for this person now, their next meeting, or why it is quiet."""
    blocks: list[Block] = []
    buttons: list[Button] = []
    for scene in _running(desk):
        for state in sorted(scene.pair.steps, key=lambda s: (s.due_at or scene.now, s.id)):
            if state.state != "open" or state.person != desk.me.id or len(buttons) >= 5:
                continue
            title = scene.title(scene.step_of(state))
            blocks.append(Text(say("Open: {step}", step=title)))
            buttons.append(Button(title, "step.show", ref_of(state), style="plain" if buttons else "primary"))
        blocks += [_line(scene, m.step, m.starts_at) for m in _coming(scene, desk)]
    quiet = _quiet(desk)
    if quiet is not None:
        blocks.append(Text(quiet, "quiet"))
    if not blocks:
        blocks.append(Text(say("Nothing is waiting for you.")))
    return Card(say("Next"), tuple(blocks[:10]), tuple(buttons))


def _coming(scene: Scene, desk: Desk) -> list[Meeting]:
    mine = [m for m in scene.pair.meetings if m.state == "fixed" and m.starts_at and m.starts_at > scene.now]
    mine = [m for m in mine if desk.me.id in m.people]
    return sorted(mine, key=lambda m: (m.starts_at or scene.now, m.id))[:2]


def _line(scene: Scene, step: str, at: datetime | None) -> Text:
    return Text(
        say("{moment}: {what}", moment=Moment(at or scene.now), what=scene.title(scene.step_named(step)))
    )


def _quiet(desk: Desk) -> Say | None:
    """Say why nothing comes, where that is odd (VOICE 5)."""
    today = local_date(desk.now, desk.me.zone)
    for span in desk.me.leave:
        if today in span:
            return say("Quiet until {day} is over: you are on leave.", day=Day(span.last))
    if desk.me.snoozed_until is not None and desk.me.snoozed_until > desk.now:
        return say("Quiet until {moment}, as you asked.", moment=Moment(desk.me.snoozed_until))
    for scene in _running(desk):
        for span in scene.pair.enrolment.pauses:
            if scene.today(desk.me) in span:
                return say("The programme rests until {day} is over.", day=Day(span.last))
    return None


# --- sections --------------------------------------------------------------------------------------


def time_plan(scene: Scene) -> Card:
    """Return the phases with the present one marked, and what comes next."""
    today = scene.today(scene.leader())
    days = phase_days(scene)
    lines = []
    for place, (phase_id, first) in enumerate(days):
        phase = scene.programme.phase(phase_id)
        following = days[place + 1][1] if place + 1 < len(days) else None
        over = following is not None and following <= today
        title = told(dict(phase.title), **scene.names()) if phase else say("{id}", id=phase_id)
        words = say("**{phase}**, since {day}", phase=title, day=Day(first, "short"))
        if today < first:
            words = say("{phase}, from {day}", phase=title, day=Day(first, "short"))
        elif over:
            words = say("{phase}", phase=title)
        lines.append(Item(words, over))
    week = programme_week(scene.pair.enrolment.start, today)
    intro = say("Week {week} of the programme.", week=week)
    if today < scene.pair.enrolment.start:
        intro = say("It starts on {day}.", day=Day(scene.pair.enrolment.start))
    coming = tuple(
        (say("{day}", day=Day(p.day, "short")), scene.title(p.step)) for p in changes.ahead(scene, 3)
    )
    blocks: tuple[Block, ...] = (Text(intro), Checklist(tuple(lines)), *((Facts(coming),) if coming else ()))
    return Card(say("Time plan: {pair}", pair=changes.pair_name(scene)), blocks)


def _documents(scene: Scene) -> Card:
    """Return the documents and lists with their ticks; ticking happens on their own cards."""
    blocks: list[Block] = []
    for step in scene.programme.steps():
        if step.kind != "checklist" or not any(s.step == step.id for s in scene.pair.steps):
            continue
        shown = checklist.checklist(scene, step, "")
        blocks.append(Text(scene.title(step), "heading"))
        blocks.append(Checklist(tuple(replace(item, verb="") for item in shown.items)))
    return Card(say("Documents and lists"), tuple(blocks))


def _meetings(scene: Scene, desk: Desk) -> Card:
    """Return what a director sees: who comes, and when."""
    mentee = scene.leader()
    lines = [_line(scene, m.step, m.starts_at) for m in _coming(scene, desk)]
    return Card(
        say("{name}, {position}", name=PersonName(mentee.name, mentee.id), position=mentee.position),
        tuple(lines),
    )


# --- opening what is open --------------------------------------------------------------------------


def show_step(kinds: Mapping[str, Kind]) -> Verb:
    """Return the verb that shows an open step's card again."""

    def run(scene: Scene, event: Act) -> Outcome:
        step, state = scene.mine(event.ref)
        card = kinds[step.kind].card(scene, state) if state is not None else None
        return Outcome(reply=ShowCard(card) if card is not None else Note(GOT_LATE))

    return Verb(run=run, roles=EVERYONE)


# --- words -----------------------------------------------------------------------------------------


def show(desk: Desk, text: str) -> Outcome:
    """Show the person's home."""
    return Outcome(reply=home(desk))


def nearest(desk: Desk, word: str, commands: Mapping[str, Command]) -> Card:
    """Return what is next for a bare command, else the words this person can use, nearest to what they typed first."""
    known = {w: c for w, c in commands.items() if not c.roles or any(desk.as_(r) for r in c.roles)}
    close = get_close_matches(word, known, n=3, cutoff=0.5) if word else []
    order = [*close, *(w for w in sorted(known) if w not in close)]
    lines = tuple((say("{word}", word=w), known[w].help) for w in order[:10])
    rest = Text(say("And: {words}", words=", ".join(order[10:])), "quiet")
    blocks: tuple[Block, ...] = (Facts(lines), *((rest,) if order[10:] else ()))
    if not word:
        following = next_card(desk)
        return replace(following, blocks=(*following.blocks, *blocks))
    return Card(say("Did you mean “{word}”?", word=close[0]) if close else say("I know these words"), blocks)


COMMANDS = {"home": Command(run=show, help=say("your page: what is next, plan, goals"))}
