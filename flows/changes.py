"""What a coordinator may change for one pair: move, skip, add, another start date; history kept (FEATURES P16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from bot.content import (
    Audience,
    Block,
    Button,
    Card,
    Choice,
    ChoiceField,
    DateField,
    Day,
    Facts,
    Form,
    PersonName,
    Say,
    Text,
    TextField,
    UserText,
    say,
    told,
)
from bot.events import Submitted
from bot.facts import StepChange
from bot.outcome import CloseForm, FixForm, Logged, Note, Outcome, Put, ShowCard, ShowForm
from flows.agenda import Planned, agenda
from flows.kinds import Act, Command, Verb
from flows.scene import Desk, Scene

SEEN_BY: Audience = ("author", "coordinator")
NEEDS = ("steps", "meetings", "reviews", "cases")
_AHEAD = timedelta(days=400)


def ahead(scene: Scene, most: int = 25) -> tuple[Planned, ...]:
    """Return the one-off steps that are still to come for this pair, in order."""
    begun = {s.step for s in scene.pair.steps}
    today = scene.today(scene.leader())
    plan = agenda(scene.programme, scene.pair.enrolment, scene.plan_calendar())
    return tuple(p for p in plan if not p.step.when.every and p.step.id not in begun and p.day >= today)[
        :most
    ]


def pair_card(scene: Scene) -> Card:
    """Return a pair as its coordinator sees it: who, where they are, what comes next, and what can be changed."""
    enrolment = scene.pair.enrolment
    phase = scene.programme.phase(enrolment.phase)
    rows: list[tuple[Say, Say]] = [
        (say("Start"), say("{day}", day=Day(enrolment.start))),
        (say("Phase"), phase_name(scene) if phase else say("not begun")),
    ]
    rows += [(say("{day}", day=Day(p.day, "short")), scene.title(p.step)) for p in ahead(scene, 5)]
    blocks: list[Block] = [Facts(tuple(rows))]
    if enrolment.changes:
        blocks.append(Text(say("Changed for this pair:"), "quiet"))
        blocks += [Text(_told(scene, c), "quiet") for c in enrolment.changes[-5:]]
    change = Button(say("Change the plan"), "pair.change", f"enrolment:{scene.id}", opens_form=True)
    return Card(pair_name(scene), tuple(blocks), (change,))


def pair_name(scene: Scene) -> Say:
    """Return how a pair is called: by its people."""
    mentees, mentors = scene.pair.seated("mentee"), scene.pair.seated("mentor")
    if len(mentees) == 1 and len(mentors) == 1:
        first, second = (PersonName(p.name, p.id) for p in (mentees[0], mentors[0]))
        return say("{mentee} and {mentor}", mentee=first, mentor=second)
    return say("{people}", people=UserText(", ".join(p.name for p in (*mentors, *mentees))))


def phase_name(scene: Scene) -> Say:
    """Return the title of the phase that the pair is in."""
    phase = scene.programme.phase(scene.pair.enrolment.phase)
    return told(dict(phase.title), **scene.names()) if phase else say("not begun")


def _told(scene: Scene, change: StepChange) -> Say:
    if change.kind == "extend":
        phase = scene.programme.phase(change.step)
        return say(
            "{phase}: {weeks} weeks longer",
            phase=UserText(phase.title[0][1] if phase else change.step),
            weeks=change.weeks,
        )
    title = (
        scene.title(scene.step_named(change.step))
        if change.kind != "add"
        else say("{t}", t=UserText(change.title))
    )
    if change.kind == "skip":
        return say("{step}: left out", step=title)
    return say("{step}: on {day}", step=title, day=Day(change.day or scene.pair.enrolment.start))


# --- the form --------------------------------------------------------------------------------------


def change(scene: Scene, event: Act) -> Outcome:
    """Open the form of per-pair changes."""
    return Outcome(reply=ShowForm(_form(scene)))


def _form(scene: Scene) -> Form:
    steps = tuple(
        Choice(say("{day}: {step}", day=Day(p.day, "short"), step=scene.title(p.step)), p.step.id)
        for p in ahead(scene)
    )
    what = ChoiceField(
        key="what",
        label=say("What should change?"),
        seen_by=SEEN_BY,
        required=True,
        options=(
            Choice(say("Move a step"), "move"),
            Choice(say("Leave a step out"), "skip"),
            Choice(say("Add a step"), "add"),
            Choice(say("Another start date"), "start"),
        ),
    )
    fields = (
        what,
        *(
            (ChoiceField(key="step", label=say("Which step?"), seen_by=SEEN_BY, options=steps),)
            if steps
            else ()
        ),
        DateField(key="day", label=say("On which day?"), seen_by=SEEN_BY),
        TextField(
            key="title",
            label=say("What the added step is about"),
            seen_by=("author", "mentee", "mentor", "coordinator"),
            most=150,
        ),
    )
    intro = say("Only this pair changes. Nothing that was sent is sent again.")
    return Form(
        title=say("Change the plan"),
        verb="pair.changed",
        ref=f"enrolment:{scene.id}",
        fields=fields,
        intro=intro,
    )


def changed(scene: Scene, event: Act) -> Outcome:
    """Store one change; the plan follows from it."""
    assert isinstance(event, Submitted)
    values = {k: (v if isinstance(v, str) else next(iter(v), "")).strip() for k, v in event.values.items()}
    what = values.get("what", "")
    day, errors = _checked(scene, what, values)
    if errors:
        return Outcome(reply=FixForm(errors))
    enrolment = scene.pair.enrolment
    if what == "start" and day is not None:
        kept = replace(enrolment, start=day)
    else:
        kept = replace(enrolment, changes=(*enrolment.changes, _change(scene, what, day, values)))
    after = scene.after((Put(kept),))
    return Outcome(
        reply=CloseForm(say("Changed for this pair only."), card=pair_card(after)),
        changes=(Put(kept), Logged(f"plan {what}", f"enrolment:{scene.id}", scene.actor.id)),
    )


def _change(scene: Scene, what: str, day: date | None, values: dict[str, str]) -> StepChange:
    if what == "add":
        number = 1 + sum(1 for c in scene.pair.enrolment.changes if c.kind == "add")
        step, title = f"added{number}", values["title"]
        return StepChange(kind="add", step=step, day=day, title=title, by=scene.actor.id, at=scene.now)
    if what == "skip":
        return StepChange(kind="skip", step=values["step"], by=scene.actor.id, at=scene.now)
    return StepChange(kind="move", step=values["step"], day=day, by=scene.actor.id, at=scene.now)


def _checked(scene: Scene, what: str, values: dict[str, str]) -> tuple[date | None, dict[str, Say]]:
    errors: dict[str, Say] = {}
    day: date | None = None
    if what not in ("move", "skip", "add", "start"):
        errors["what"] = say("Please choose one.")
    if what in ("move", "skip") and values.get("step") not in {p.step.id for p in ahead(scene)}:
        errors["step"] = say("Please choose a step that is still to come.")
    if what == "add" and not values.get("title"):
        errors["title"] = say("A few words are enough.")
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
    if day < today:
        return None, say("That day is over. Pick today or a later one; the rest is kept.")
    if what != "start" and day < start:
        return None, say(
            "That date is before the programme starts ({start}). Pick a later one; the rest is kept.",
            start=Day(start),
        )
    if day > today + _AHEAD:
        return None, say("That is more than a year away. Pick an earlier day; the rest is kept.")
    if what == "start" and start <= today:
        return None, say("The programme has begun, so its start stays. Use a pause or move single steps.")
    return day, None


def command(desk: Desk, text: str) -> Outcome:
    """Show a coordinator's pairs, or the one named."""
    scenes = desk.as_("coordinator")
    wanted = text.strip().lower()
    found = [s for s in scenes if wanted and any(wanted in p.name.lower() for p in s.pair.people)]
    if len(found) == 1 or (found and wanted):
        return Outcome(reply=ShowCard(pair_card(found[0])))
    if not scenes:
        return Outcome(reply=Note(say("No running pairs at the moment.")))
    if len(scenes) == 1:
        return Outcome(reply=ShowCard(pair_card(scenes[0])))
    lines = tuple(Text(say("{pair}: {phase}", pair=pair_name(s), phase=phase_name(s))) for s in scenes[:20])
    hint = Text(say("Write “{word}” and a name to see one pair.", word="pairs"), "quiet")
    return Outcome(reply=ShowCard(Card(say("Your pairs"), (*lines, hint))))


VERBS = {
    "pair.change": Verb(run=change, roles=("coordinator",), needs=NEEDS),
    "pair.changed": Verb(run=changed, roles=("coordinator",), needs=NEEDS),
}
COMMANDS = {
    "pairs": Command(
        run=command,
        help=say("your pairs and their plans"),
        usage="[name]",
        roles=("coordinator",),
        needs=NEEDS,
    )
}
