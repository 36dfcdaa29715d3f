"""What a coordinator may change for one pair: move, skip, add, extend, another start date (FEATURES P16)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from bot.calendar import is_working_day
from bot.content import (
    Audience,
    Card,
    Choice,
    ChoiceField,
    DateField,
    Day,
    Field,
    Form,
    Say,
    Text,
    TextField,
    say,
    say_n,
)
from bot.events import Submitted
from bot.facts import Person, StepChange
from bot.outcome import CloseForm, FixForm, Logged, Note, Outcome, Put, Send, ShowForm
from flows.agenda import Planned
from flows.kinds import Act, Verb
from flows.lines import pair_name
from flows.meeting_slots import before_start
from flows.scene import Scene
from flows.taken import ENDED, ended

SEEN_BY: Audience = ("author", "coordinator")
NEEDS = ("steps", "meetings", "reviews", "cases")
WEEKS = ("1", "2", "3", "4")
_AHEAD = timedelta(days=400)
_SENT_TWICE = timedelta(minutes=10)
_ALREADY = say("That is in the plan already.")
_WAYS = ("move", "skip", "add", "extend", "start")


def ahead(scene: Scene, most: int = 25) -> tuple[Planned, ...]:
    """Return the one-off steps that are still to come for this pair, in order."""
    begun = {s.step for s in scene.pair.steps}
    today = scene.today(scene.leader())
    plan = scene.plan().every
    coming = (p for p in plan if not p.step.when.every and p.step.id not in begun and p.day >= today)
    return tuple(coming)[:most]


# --- the form --------------------------------------------------------------------------------------


def change(scene: Scene, event: Act) -> Outcome:
    """Open the form of per-pair changes."""
    return Outcome(reply=Note(ENDED) if ended(scene) else ShowForm(_form(scene)))


def _form(scene: Scene) -> Form:
    steps = tuple(
        Choice(say("{day}: {step}", day=Day(p.day, "short"), step=scene.title(p.step)), p.step.id)
        for p in ahead(scene)
    )
    ways = [Choice(say("Move a step"), "move"), Choice(say("Leave a step out"), "skip")] if steps else []
    ways.append(Choice(say("Add a step"), "add"))
    phase = _phase(scene)
    if phase:
        ways.append(Choice(say("Extend this phase"), "extend"))
    if scene.pair.enrolment.start > scene.today(scene.leader()):
        ways.append(Choice(say("Another start date"), "start"))
    fields: list[Field] = [_choice("what", say("What should change?"), tuple(ways), required=True)]
    if steps:
        fields.append(_choice("step", say("Which step?"), steps))
    fields.append(DateField(key="day", label=say("On which day?"), seen_by=SEEN_BY))
    if phase:
        weeks = tuple(Choice(say_n("{n} week", "{n} weeks", int(w)), w) for w in WEEKS)
        fields.append(_choice("weeks", say("By how much longer?"), weeks))
    fields.append(
        TextField(
            key="title",
            label=say("What the added step is about"),
            seen_by=("author", "mentee", "mentor", "coordinator"),
            most=150,
        )
    )
    intro = say("Only this pair changes. Nothing that was sent is sent again.")
    return Form(
        title=say("Change the plan"),
        verb="pair.changed",
        ref=f"enrolment:{scene.id}",
        fields=tuple(fields),
        intro=intro,
    )


def _choice(key: str, label: Say, options: tuple[Choice, ...], *, required: bool = False) -> ChoiceField:
    return ChoiceField(key=key, label=label, seen_by=SEEN_BY, options=options, required=required)


def _phase(scene: Scene) -> str:
    """Return the phase that can be extended: the present one, once the programme runs and another phase follows."""
    if scene.today(scene.leader()) < scene.pair.enrolment.start:
        return ""
    ids = [p.id for p in scene.programme.phases]
    now = scene.pair.enrolment.phase
    return now if now in ids[:-1] else ""


# --- keeping ---------------------------------------------------------------------------------------


def changed(scene: Scene, event: Act) -> Outcome:
    """Store one change; the plan follows from it. The same change twice is one."""
    assert isinstance(event, Submitted)
    if ended(scene):
        return Outcome(reply=CloseForm(ENDED))
    values = {k: (v if isinstance(v, str) else next(iter(v), "")).strip() for k, v in event.values.items()}
    what, enrolment = values.get("what", ""), scene.pair.enrolment
    if what == "skip" and any(c.kind == "skip" and c.step == values.get("step") for c in enrolment.changes):
        return Outcome(reply=CloseForm(_ALREADY, card=_card(scene)))
    day, errors = _checked(scene, what, values)
    if errors:
        return Outcome(reply=FixForm(errors))
    if what == "start" and day is not None:
        kept, told = replace(enrolment, start=day), _tell_start(scene, day)
    else:
        made = _change(scene, what, day, values)
        if _known(scene, made):
            return Outcome(reply=CloseForm(_ALREADY, card=_card(scene)))
        kept = replace(enrolment, changes=(*enrolment.changes, made))
        told = _tell_extended(scene, made) if made.kind == "extend" else ()
    return Outcome(
        reply=CloseForm(say("Changed for this pair only."), card=_card(scene.after((Put(kept),)))),
        changes=(Put(kept), Logged(f"plan {what}", f"enrolment:{scene.id}", scene.actor.id)),
        sends=told,
    )


def _known(scene: Scene, made: StepChange) -> bool:
    """Tell whether a change stands already; two extensions add up, unless they come from one form sent twice."""
    same = [c for c in scene.pair.enrolment.changes if c.kind == made.kind]
    match made.kind:
        case "add":
            return any((c.title, c.day) == (made.title, made.day) for c in same)
        case "extend":
            alike = [c for c in same if (c.step, c.weeks) == (made.step, made.weeks) and c.at is not None]
            return any(c.at and scene.now - c.at < _SENT_TWICE for c in alike)
        case _:
            days = [c.day for c in same if c.step == made.step]
            return bool(days) and days[-1] == made.day


def _card(scene: Scene) -> Card:
    from flows.changes import pair_card  # the card has the button that leads here

    return pair_card(scene)


def _change(scene: Scene, what: str, day: date | None, values: Mapping[str, str]) -> StepChange:
    kind: Literal["move", "skip", "add", "extend"] = "move"
    step, title, weeks = values.get("step", ""), "", 0
    match what:
        case "add":
            number = 1 + sum(1 for c in scene.pair.enrolment.changes if c.kind == "add")
            kind, step, title = "add", f"added{number}", values["title"]
        case "skip":
            kind = "skip"
        case "extend":
            kind, step, weeks = "extend", _phase(scene), int(values["weeks"])
    return StepChange(
        kind=kind, step=step, day=day, weeks=weeks, title=title, by=scene.actor.id, at=scene.now
    )


def _checked(scene: Scene, what: str, values: Mapping[str, str]) -> tuple[date | None, dict[str, Say]]:
    errors: dict[str, Say] = {}
    day: date | None = None
    if what not in _WAYS or (what == "extend" and not _phase(scene)):
        errors["what"] = say("Please choose one.")
    if what in ("move", "skip") and values.get("step") not in {p.step.id for p in ahead(scene)}:
        errors["step"] = say("Please choose a step that is still to come.")
    if what == "add" and not values.get("title"):
        errors["title"] = say("A few words are enough.")
    if what == "extend" and values.get("weeks") not in WEEKS:
        errors["weeks"] = say("Please choose how many weeks.")
    if what in ("move", "add", "start"):
        day, wrong = _day(scene, what, values.get("day", ""))
        if wrong is not None:
            errors["day"] = wrong
    return day, errors


def _day(scene: Scene, what: str, typed: str) -> tuple[date | None, Say | None]:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None, say("Please pick a day.")
    today = scene.today(scene.leader())
    start = scene.pair.enrolment.start
    if what == "start" and start <= today:
        return None, say("The programme has begun, so its start stays. Use a pause or move single steps.")
    if day < today:
        return None, say("That day is over. Pick today or a later one; the rest is kept.")
    if what != "start" and day < start:
        return None, say(
            "That date is before the programme starts ({start}). Pick a later one; the rest is kept.",
            start=Day(start),
        )
    if day > today + _AHEAD:
        return None, say("That is more than a year away. Pick an earlier day; the rest is kept.")
    if not is_working_day(day, scene.plan_calendar(), leave=False):
        return None, say("Nobody works on {day}. Pick another day; the rest is kept.", day=Day(day))
    return day, None


# --- who hears of it -------------------------------------------------------------------------------


def _tell_start(scene: Scene, day: date) -> tuple[Send, ...]:
    """Tell everybody who was told the old date; who has no account yet hears by e-mail."""
    if day == scene.pair.enrolment.start:
        return ()
    people = {s.person for s in scene.pair.steps if s.person}
    words = say(
        "The start moves from {old} to {new}, and everything with it. Fixed times that no longer fit are asked anew.",
        old=Day(scene.pair.enrolment.start),
        new=Day(day),
    )
    mark = f"start/{scene.pair.enrolment.start.isoformat()}.{day.isoformat()}"
    told = [p for p in scene.pair.people if p.id in people and p.id != scene.actor.id]
    return tuple(_send(scene, p, words, mark) for p in told if scene.pair.roles_of(p.id))


def _tell_extended(scene: Scene, made: StepChange) -> tuple[Send, ...]:
    phase = scene.programme.phase(made.step)
    title = scene.told(phase.title) if phase else say("{id}", id=made.step)
    words = say_n(
        "“{phase}” takes {n} week longer. Everything after it moves along.",
        "“{phase}” takes {n} weeks longer. Everything after it moves along.",
        made.weeks,
        phase=title,
    )
    pair = {p.id: p for p in (*scene.pair.seated("mentee"), *scene.pair.seated("mentor"))}
    mark = f"extend/{made.step}.{scene.now.isoformat()}"
    return tuple(_send(scene, p, words, mark) for p in pair.values() if p.id != scene.actor.id)


def _send(scene: Scene, to: Person, words: Say, mark: str) -> Send:
    return Send(
        to=to.id,
        content=Card(pair_name(scene), (Text(words),)),
        key=f"{scene.id}/{mark}:{to.id}",
        kind="change",
        not_before=scene.at_work(to),
        enrolment=scene.id,
        mail=before_start(scene, to),
    )


VERBS = {
    "pair.change": Verb(run=change, roles=("coordinator",), needs=NEEDS),
    "pair.changed": Verb(run=changed, roles=("coordinator",), needs=NEEDS),
}
