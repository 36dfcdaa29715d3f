"""Cases: what reaches a coordinator, with the reason in plain words, an owner, a clock, and something to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from bot.calendar import add_working_hours, instant
from bot.content import (
    Audience,
    Block,
    Button,
    Card,
    Form,
    Moment,
    PersonName,
    Say,
    Text,
    TextField,
    UserText,
    say,
    say_n,
)
from bot.events import Pressed, Submitted
from bot.facts import Case, Person, StepState
from bot.outcome import (
    Change,
    CloseForm,
    FixForm,
    Logged,
    Note,
    Outcome,
    Put,
    ReplaceCard,
    Send,
    ShowCard,
    ShowForm,
)
from flows.kinds import Act, Command, Due, Kind, Verb
from flows.scene import Desk, Scene, record_of

SEEN_BY: Audience = ("author", "coordinator")
NEEDS = ("cases",)
CLIMB_HOURS = 16  # working hours of the owner until a case that nobody took reaches the second coordinator
_SNOOZE_DAYS = {"day": 1, "week": 7}


# --- the card --------------------------------------------------------------------------------------


def case_card(scene: Scene, case: Case) -> Card:
    """Return a case as its coordinator sees it: the fact, since when, what can be done."""
    people = [scene.pair.person(p) for p in case.about]
    title = (
        say("About {person}", person=PersonName(people[0].name, people[0].id))
        if people
        else say("For you to look at")
    )
    blocks: list[Block] = [Text(case.reason)]
    if case.words:
        blocks.append(Text(say("“{words}”", words=UserText(case.words))))
    if case.advice is not None and case.state != "closed":
        blocks.append(Text(case.advice))
    blocks.append(Text(_standing(scene, case), "quiet"))
    return Card(title, tuple(blocks), _buttons(scene, case), tone="attention")


def _standing(scene: Scene, case: Case) -> Say:
    owner = scene.pair.person(case.owner)
    since, name = Moment(case.opened_at, "date"), PersonName(owner.name, owner.id)
    match case.state:
        case "open":
            return say("Since {since}. With {owner}, not taken up yet.", since=since, owner=name)
        case "accepted":
            return say("Since {since}. {owner} is looking at it.", since=since, owner=name)
        case "snoozed":
            until = Moment(case.snoozed_until or scene.now, "date")
            return say(
                "Since {since}. {owner} comes back to it on {until}.", since=since, owner=name, until=until
            )
        case "closed":
            return say("Closed: {because}", because=UserText(case.closed_because))


def _buttons(scene: Scene, case: Case) -> tuple[Button, ...]:
    if case.state == "closed":
        return ()
    ref = f"case:{case.id}"
    take = Button(say("I look at it"), "case.accept", ref, style="primary")
    others = [c for c in scene.pair.seated("coordinator") if c.id != case.owner]
    hand = tuple(
        Button(say("Hand to {name}", name=PersonName(c.name, c.id)), "case.assign", ref, value=c.id)
        for c in others[:2]
    )
    later = Button(say("In a week"), "case.snooze", ref, value="week")
    close = Button(say("Close"), "case.close", ref, opens_form=True)
    return (*((take,) if case.state != "accepted" else ()), *hand, later, close)


# --- verbs -----------------------------------------------------------------------------------------


def _case(scene: Scene, ref: str) -> Case | None:
    return next((c for c in scene.pair.cases if c.id == record_of(ref)), None)


GONE = say("That case is not yours to see, or it is gone.")


def accept(scene: Scene, event: Act) -> Outcome:
    """Take a case up: the clock stops."""
    case = _case(scene, event.ref)
    if case is None:
        return Outcome(reply=Note(GONE))
    if case.state == "closed":
        return Outcome(reply=ReplaceCard(case_card(scene, case)))
    return _kept(scene, replace(case, state="accepted", owner=scene.actor.id, snoozed_until=None), "accepted")


def assign(scene: Scene, event: Act) -> Outcome:
    """Hand a case to another coordinator of this pair."""
    assert isinstance(event, Pressed)
    case = _case(scene, event.ref)
    to = next((c for c in scene.pair.seated("coordinator") if c.id == event.value), None)
    if case is None or to is None:
        return Outcome(reply=Note(GONE))
    if case.owner == to.id or case.state == "closed":
        return Outcome(reply=ReplaceCard(case_card(scene, case)))
    handed = replace(case, owner=to.id, state="open", snoozed_until=None)
    outcome = _kept(scene, handed, "assigned")
    return replace(outcome, sends=(_brought(scene, handed, to, f"assigned:{scene.now.isoformat()}"),))


def snooze(scene: Scene, event: Act) -> Outcome:
    """Put a case aside until a day; it comes back by itself."""
    assert isinstance(event, Pressed)
    case = _case(scene, event.ref)
    if case is None or event.value not in _SNOOZE_DAYS:
        return Outcome(reply=Note(GONE))
    if case.state == "closed":
        return Outcome(reply=ReplaceCard(case_card(scene, case)))
    me = scene.actor
    day = scene.today(me) + timedelta(days=_SNOOZE_DAYS[event.value])
    until = scene.at_work(me, instant(day, me.opens, me.zone))
    return _kept(scene, replace(case, state="snoozed", owner=me.id, snoozed_until=until), "snoozed")


def close(scene: Scene, event: Act) -> Outcome:
    """Ask for the reason of closing: it is what the next one to look can build on."""
    field = TextField(
        key="because",
        label=say("What was it, and what was done?"),
        seen_by=SEEN_BY,
        long=True,
        required=True,
        hint=say("A few words for whoever looks at it next."),
    )
    return Outcome(
        reply=ShowForm(Form(title=say("Close"), verb="case.closed", ref=event.ref, fields=(field,)))
    )


def closed(scene: Scene, event: Act) -> Outcome:
    """Close a case with its reason."""
    assert isinstance(event, Submitted)
    case = _case(scene, event.ref)
    if case is None:
        return Outcome(reply=CloseForm(GONE))
    because = str(event.values.get("because", "")).strip()
    if not because:
        return Outcome(
            reply=FixForm({"because": say("A few words are enough, such as “we spoke, all is well”.")})
        )
    if case.state == "closed":
        return Outcome(reply=CloseForm(say("It was closed already."), card=case_card(scene, case)))
    done = replace(case, state="closed", closed_at=scene.now, closed_because=because)
    return Outcome(
        reply=CloseForm(say("Closed."), card=case_card(scene, done)),
        changes=(Put(done), Logged("case closed", f"case:{case.id}", scene.actor.id)),
    )


def _kept(scene: Scene, case: Case, what: str) -> Outcome:
    changes: tuple[Change, ...] = (Put(case), Logged(f"case {what}", f"case:{case.id}", scene.actor.id))
    return Outcome(reply=ReplaceCard(case_card(scene, case)), changes=changes)


def _brought(scene: Scene, case: Case, to: Person, again: str) -> Send:
    return Send(
        to=to.id,
        content=case_card(scene, case),
        key=f"{case.id}:{to.id}:{again}",
        kind="help" if case.by else "case",
        not_before=scene.now if case.urgent else scene.at_work(to),
        enrolment=scene.id,
        any_hour=case.urgent,
    )


# --- what cases wait for ---------------------------------------------------------------------------


def due(scene: Scene) -> Iterator[Due]:
    """Return when a case comes back, changes hands because its owner is away, or climbs to the second coordinator."""
    for case in scene.pair.cases:
        if case.state == "snoozed" and case.snoozed_until is not None:
            yield Due(at=case.snoozed_until, action="cases.back", ref=case.id)
        if case.state != "open":
            continue
        owner = scene.pair.person(case.owner)
        other = _other(scene, owner)
        if other is None or case.climbed:
            continue
        at = (
            scene.now
            if _away(scene, owner)
            else add_working_hours(case.opened_at, CLIMB_HOURS, scene.calendar(owner))
        )
        yield Due(at=at, action="cases.climb", ref=case.id)


def _away(scene: Scene, person: Person) -> bool:
    return not person.active or any(scene.today(person) in span for span in person.leave)


def _other(scene: Scene, owner: Person) -> Person | None:
    """Return the coordinator who steps in: not part of the matter, not away."""
    free = [
        c
        for c in scene.pair.seated("coordinator")
        if c.id != owner.id
        and not _away(scene, c)
        and not set(scene.pair.roles_of(c.id)) & {"mentee", "mentor", "head"}
    ]
    return free[0] if free else None


def act(scene: Scene, due: Due) -> Outcome:
    """Bring a case back, or to the second coordinator."""
    case = next(c for c in scene.pair.cases if c.id == due.ref)
    owner = scene.pair.person(case.owner)
    if due.action == "cases.back":
        back = replace(case, state="accepted", snoozed_until=None)
        return Outcome(
            changes=(Put(back),), sends=(_brought(scene, back, owner, f"back:{due.at.isoformat()}"),)
        )
    other = _other(scene, owner)
    if other is None:
        return Outcome()
    climbed = replace(case, owner=other.id, climbed=case.climbed + 1)
    return Outcome(
        changes=(Put(climbed), Logged("case climbed", f"case:{case.id}")),
        sends=(_brought(scene, climbed, other, "climbed"),),
    )


# --- the list --------------------------------------------------------------------------------------


def cases_card(desk: Desk) -> Card:
    """Return a coordinator's open cases, the oldest first."""
    scenes = {s.id: s for s in desk.scenes}
    mine = [c for c in desk.cases if c.state != "closed" and c.enrolment in scenes]
    if not mine:
        return Card(say("No open cases."), (Text(say("Nobody is waiting for you.")),))
    blocks: list[Block] = []
    for case in mine[:8]:
        people = [scenes[case.enrolment].pair.person(p) for p in case.about]
        if people:
            blocks.append(Text(say("**{name}**", name=PersonName(people[0].name, people[0].id))))
        blocks.append(Text(case.reason))
        blocks.append(Text(_standing(scenes[case.enrolment], case), "quiet"))
    if len(mine) > 8:
        blocks.append(Text(say_n("and one more", "and {n} more", len(mine) - 8), "quiet"))
    buttons = tuple(
        Button(say("Open the first"), "case.show", f"case:{case.id}", style="primary") for case in mine[:1]
    )
    return Card(say_n("One open case", "{n} open cases", len(mine)), tuple(blocks), buttons, tone="attention")


def show(scene: Scene, event: Act) -> Outcome:
    """Show one case."""
    case = _case(scene, event.ref)
    return Outcome(reply=Note(GONE) if case is None else ShowCard(case_card(scene, case)))


def command(desk: Desk, text: str) -> Outcome:
    """Show the coordinator's open cases."""
    return Outcome(reply=ShowCard(cases_card(desk)))


def _no_card(scene: Scene, state: StepState) -> None:
    return None


KINDS = {"cases": Kind(card=_no_card, due=due, act=act)}
VERBS = {
    "case.show": Verb(run=show, roles=("coordinator",), needs=NEEDS),
    "case.accept": Verb(run=accept, roles=("coordinator",), needs=NEEDS),
    "case.assign": Verb(run=assign, roles=("coordinator",), needs=NEEDS),
    "case.snooze": Verb(run=snooze, roles=("coordinator",), needs=NEEDS),
    "case.close": Verb(run=close, roles=("coordinator",), needs=NEEDS),
    "case.closed": Verb(run=closed, roles=("coordinator",), needs=NEEDS),
}
COMMANDS = {
    "cases": Command(run=command, help=say("what is waiting for you"), roles=("coordinator",), needs=NEEDS)
}
