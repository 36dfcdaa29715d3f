"""A pair's programme rests for a while, and everything after it moves by as much (FEATURES P16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.calendar import Span
from bot.content import Audience, Button, Card, DateField, Day, Form, Role, Say, Text, UserText, say
from bot.events import Submitted
from bot.facts import Enrolment, Person
from bot.outcome import CloseForm, FixForm, Logged, Note, Outcome, Put, ReplaceCard, Send, ShowCard, ShowForm
from flows.kinds import Act, Command, Verb
from flows.lines import is_named, pair_name
from flows.scene import Desk, Scene
from flows.spans import dates_in, missing, until_yesterday, wrong_span
from flows.taken import ENDED, ended

SEEN_BY: Audience = ("author", "mentee", "mentor", "coordinator")
ROLES: tuple[Role, ...] = ("mentee", "mentor", "coordinator")
LONGEST_OWN_PAUSE_DAYS = 28  # a longer one is agreed with the coordinator, who has no such limit


def command(desk: Desk, text: str) -> Outcome:
    """Open the form for the person's pair, or for the one named; with a pause ahead, show it and how to end it."""
    mine = {s.id: s for role in ROLES for s in desk.as_(role)}
    wanted = text.strip()
    named = [s for s in mine.values() if wanted and is_named(s, wanted)]
    chosen = named if wanted else list(mine.values())
    if not mine:
        return Outcome(reply=Note(say("You have no pair at the moment, so there is nothing to pause.")))
    if len(chosen) != 1:
        words = say(
            "Which pair? Add a name after the word, such as “{example}”.", example=_example(desk, mine)
        )
        return Outcome(reply=Note(words))
    scene = chosen[0]
    if ahead(scene) is not None:
        return Outcome(reply=ShowCard(pause_card(scene)))
    return Outcome(reply=ShowForm(_form(scene)))


def _example(desk: Desk, mine: dict[str, Scene]) -> UserText:
    others = next(iter(mine.values())).partners(desk.me)
    return UserText(f"pause {others[0].name.split()[0]}" if others else "pause")


def ahead(scene: Scene) -> Span | None:
    """Return the pause that is running or comes next."""
    today = scene.today(scene.leader())
    coming = [p for p in scene.pair.enrolment.pauses if p.last >= today]
    return min(coming, key=lambda p: p.first, default=None)


def pause_card(scene: Scene) -> Card:
    """Return the pause that is running or ahead, with the ways to end it or to add another."""
    pause, ref = ahead(scene), f"enrolment:{scene.id}"
    another = Button(say("Another pause"), "care.ask_pause", ref, opens_form=True)
    if pause is None:
        return Card(pair_name(scene), (Text(say("The programme runs.")),), (another,))
    words = say("The programme rests from {first} to {last}.", first=Day(pause.first), last=Day(pause.last))
    sure = say("End this pause? What follows moves back by as much.")
    label = (
        say("Go on from today") if pause.first < scene.today(scene.leader()) else say("No pause after all")
    )
    end = Button(label, "care.resume", ref, value=pause.first.isoformat(), confirm=sure)
    return Card(pair_name(scene), (Text(words),), (end, another))


def ask(scene: Scene, event: Act) -> Outcome:
    """Open the form for this pair."""
    return Outcome(reply=Note(ENDED) if ended(scene) else ShowForm(_form(scene)))


def _form(scene: Scene) -> Form:
    fields = (
        DateField(key="first", label=say("From"), seen_by=SEEN_BY, required=True),
        DateField(key="last", label=say("To"), seen_by=SEEN_BY, required=True),
    )
    intro = say(
        "{pair}: the programme rests and everything after it moves by as much. HR is told.",
        pair=pair_name(scene),
    )
    return Form(
        title=say("Pause"), verb="care.pause", ref=f"enrolment:{scene.id}", fields=fields, intro=intro
    )


def take(scene: Scene, event: Act) -> Outcome:
    """Store a pause and tell the others."""
    assert isinstance(event, Submitted)
    if ended(scene):
        return Outcome(reply=CloseForm(ENDED))
    first, last = dates_in(event)
    if first is None or last is None:
        return Outcome(reply=FixForm(missing(first, last)))
    span = (first, last)
    if any(span == (p.first, p.last) for p in scene.pair.enrolment.pauses):
        return Outcome(reply=CloseForm(_rests(Span(*span))))
    errors = _errors(scene, first, last)
    if errors:
        return Outcome(reply=FixForm(errors))
    pause = Span(first, last)
    changed = replace(scene.pair.enrolment, pauses=(*scene.pair.enrolment.pauses, pause))
    words = say(
        "The programme rests from {first} to {last}. Everything after it moves by as much.",
        first=Day(first),
        last=Day(last),
    )
    return Outcome(
        reply=CloseForm(_rests(pause)),
        changes=(Put(changed), Logged("paused", f"enrolment:{scene.id}", scene.actor.id)),
        sends=_tell(scene, say("A pause"), words, f"pause/{first.isoformat()}.{last.isoformat()}"),
    )


def _rests(span: Span) -> Say:
    return say("The programme rests from {first} to {last}.", first=Day(span.first), last=Day(span.last))


def _errors(scene: Scene, first: date, last: date) -> dict[str, Say]:
    today = scene.today(scene.leader())
    wrong = wrong_span(first, last, today)
    if wrong is not None:
        return {"last": wrong}
    if first < today:
        return {"first": say("A pause begins today at the earliest; what is over stays as it was.")}
    alone = "coordinator" not in scene.pair.roles_of(scene.actor.id)
    if alone and last - first >= timedelta(days=LONGEST_OWN_PAUSE_DAYS):
        return {"last": say("That is more than four weeks. Please agree a longer pause with HR.")}
    if any(first <= p.last and p.first <= last for p in scene.pair.enrolment.pauses):
        return {"first": say("There is a pause in those days already.")}
    return {}


def resume(scene: Scene, event: Act) -> Outcome:
    """End a pause: from today on where it has begun, altogether where it has not."""
    pause = ahead(scene)
    if ended(scene) or pause is None or getattr(event, "value", "") != pause.first.isoformat():
        return Outcome(reply=ReplaceCard(pause_card(scene)))
    over = until_yesterday(pause, scene.today(scene.leader()))
    kept = tuple(p for p in (*(p for p in scene.pair.enrolment.pauses if p != pause), over) if p is not None)
    changed: Enrolment = replace(scene.pair.enrolment, pauses=kept)
    words = say("The programme goes on without that pause. What follows moves back by as much.")
    mark = f"resumed/{pause.first.isoformat()}.{scene.today(scene.leader()).isoformat()}"
    return Outcome(
        reply=ReplaceCard(pause_card(scene.with_(changed))),
        changes=(Put(changed), Logged("resumed", f"enrolment:{scene.id}", scene.actor.id)),
        sends=_tell(scene, say("No pause"), words, mark),
    )


def _tell(scene: Scene, title: Say, words: Say, mark: str) -> tuple[Send, ...]:
    """Return the news for the others of the pair and for HR."""
    coordinator = scene.coordinator()
    everybody = (*scene.partners(scene.actor), *((coordinator,) if coordinator else ()))
    others: dict[str, Person] = {p.id: p for p in everybody if p.id != scene.actor.id}
    return tuple(
        Send(
            to=p.id,
            content=Card(title, (Text(say("{pair}", pair=pair_name(scene)), "quiet"), Text(words))),
            key=f"{scene.id}/{mark}:{p.id}",
            kind="change",
            not_before=scene.at_work(p),
            enrolment=scene.id,
        )
        for p in others.values()
    )


VERBS = {
    "care.ask_pause": Verb(run=ask, roles=ROLES, needs=()),
    "care.pause": Verb(run=take, roles=ROLES, needs=()),
    "care.resume": Verb(run=resume, roles=ROLES, needs=()),
}
COMMANDS = {
    "pause": Command(
        run=command, help=say("let the programme rest for a while"), usage="[name]", roles=ROLES, needs=()
    ),
}
