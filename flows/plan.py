"""The plan of the time to come: what, who, by when; ticked off by mentee and mentor (MISSION, reviews)."""

from __future__ import annotations

from dataclasses import replace

from bot.content import (
    Block,
    Button,
    Card,
    Choice,
    ChoiceField,
    DateField,
    Form,
    PersonName,
    Role,
    Text,
    TextField,
    say,
)
from bot.events import Pressed, Submitted
from bot.facts import PlanItem
from bot.outcome import CloseForm, FixForm, Note, Outcome, Put, ReplaceCard, ShowCard, ShowForm
from flows.goal_form import day_in
from flows.kinds import Act, Command, Verb
from flows.lines import SEEN_BY, next_id, of_pairs, plan_lines, plan_list
from flows.review_room import card_in, renewed, review_of
from flows.scene import Desk, Scene, record_of

_MAY_ADD: tuple[Role, ...] = ("mentee", "mentor", "coordinator")


def plan_card(scene: Scene) -> Card:
    """Return the whole plan, open lines first."""
    items = plan_lines(scene)
    blocks: tuple[Block, ...] = plan_list(scene, items, scene.me)
    if not items:
        blocks = (Text(say("The plan is empty. It is made together at the review; you can also begin now.")),)
    if scene.me is None or not set(_MAY_ADD) & set(scene.pair.roles_of(scene.me.id)):
        return Card(say("Plan"), blocks)
    return Card(
        say("Plan"),
        blocks,
        (Button(say("Add to the plan"), "plan.new", f"enrolment:{scene.id}", opens_form=True),),
    )


def new(scene: Scene, event: Act) -> Outcome:
    """Open the form for a line of the plan."""
    owners = tuple(
        Choice(say("{name}", name=PersonName(p.name, p.id)), p.id)
        for p in (
            *scene.pair.seated("mentee"),
            *scene.pair.seated("mentor"),
            *scene.pair.seated("coordinator"),
        )
    )
    first = scene.pair.first("mentee")
    fields = (
        TextField(key="text", label=say("What"), seen_by=SEEN_BY, required=True, most=300),
        ChoiceField(
            key="owner",
            label=say("Who"),
            seen_by=SEEN_BY,
            options=owners,
            initial=(first.id,) if first else (),
        ),
        DateField(key="due", label=say("By"), seen_by=SEEN_BY),
    )
    form = Form(title=say("Plan"), verb="plan.add", ref=event.ref, fields=fields, submit=say("Keep"))
    return Outcome(reply=ShowForm(form))


def add(scene: Scene, event: Act) -> Outcome:
    """Keep a line of the plan; the same open line twice is one."""
    assert isinstance(event, Submitted)
    typed = {key: value if isinstance(value, str) else ",".join(value) for key, value in event.values.items()}
    text = typed.get("text", "").strip()
    due, wrong_day = day_in(scene, typed.get("due", ""))
    errors = {} if wrong_day is None else {"due": wrong_day}
    if not text:
        errors["text"] = say("Please say in a few words what is to be done.")
    if errors:
        return Outcome(reply=FixForm(errors))
    same = [i for i in scene.pair.plan if i.state == "open" and i.text == text]
    item = PlanItem(
        id=same[0].id if same else next_id(scene, "plan", scene.pair.plan),
        enrolment=scene.id,
        period=record_of(event.ref) if event.ref.startswith("review:") else "",
        text=text,
        owner=_owner(scene, typed.get("owner", "")),
        due=due,
        at=scene.now,
    )
    after = scene.with_(item)
    card = card_in(after, review_of(after, event.ref), after.actor) if item.period else plan_card(after)
    sends = renewed(after, event, but=scene.actor.id)
    return Outcome(reply=CloseForm(say("It is in the plan."), card=card), changes=(Put(item),), sends=sends)


def _owner(scene: Scene, picked: str) -> str:
    """Return who was picked among the pair's own people, else the mentee."""
    people = (*scene.pair.seated("mentee"), *scene.pair.seated("mentor"), *scene.pair.seated("coordinator"))
    return next((p.id for p in people if p.id == picked), scene.leader().id)


def tick(scene: Scene, event: Act) -> Outcome:
    """Tick a line off, or open it again; the button carries the state, so a second press changes nothing."""
    assert isinstance(event, Pressed)
    item = _item(scene, event.ref)
    if item.state == "dropped" or event.value not in ("open", "done"):
        return Outcome(reply=Note(say("That line is no longer in the plan.")))
    ticked = replace(item, state="done" if event.value == "done" else "open")
    return _changed(scene, event, ticked)


def drop(scene: Scene, event: Act) -> Outcome:
    """Take a line out of the plan."""
    return _changed(scene, event, replace(_item(scene, event.ref), state="dropped"))


def _changed(scene: Scene, event: Act, item: PlanItem) -> Outcome:
    after = scene.with_(item)
    return Outcome(reply=ReplaceCard(plan_card(after)), changes=(Put(item),), sends=renewed(after, event))


def _item(scene: Scene, ref: str) -> PlanItem:
    found = next((i for i in scene.pair.plan if i.id == record_of(ref)), None)
    if found is None:
        raise LookupError(f"no line {record_of(ref)} in the plan")
    return found


def command(desk: Desk, text: str) -> Outcome:
    """Show the plan of each pair this person has, or of the one named."""
    card = of_pairs(desk, text, say("Plan"), plan_card)
    if card is None:
        return Outcome(reply=Note(say("You have no pair at the moment, so there is no plan.")))
    return Outcome(reply=ShowCard(card))


VERBS = {
    "plan.new": Verb(run=new, roles=_MAY_ADD, needs=()),
    "plan.add": Verb(run=add, roles=_MAY_ADD),
    "plan.tick": Verb(run=tick, roles=("mentee", "mentor")),
    "plan.drop": Verb(run=drop, roles=_MAY_ADD),
}
COMMANDS = {
    "plan": Command(
        run=command,
        help=say("the plan, with what is done"),
        roles=("mentee", "mentor", "head"),
        needs=("plan",),
    )
}
