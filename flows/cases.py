"""Cases: what reaches a coordinator, with the reason in plain words, an owner, a clock, and something to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.calendar import instant
from bot.content import Audience, Day, Form, PersonName, Say, TextField, say
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
    Unsend,
)
from flows.case_by_hand import VERBS as HAND_VERBS
from flows.case_cards import case_card, cases_card
from flows.kinds import Act, Command, Due, Kind, Source, Verb
from flows.quiet import LONGEST_WAIT
from flows.scene import Desk, Scene, record_of
from flows.stepping import COORDINATOR_HOURS, told_of

SEEN_BY: Audience = ("author", "coordinator")
NEEDS = ("cases",)
_SNOOZE_DAYS = {"day": 1, "week": 7}
GONE = say("That case is not yours to see, or it is gone.")


# --- verbs -----------------------------------------------------------------------------------------


def _case(scene: Scene, ref: str) -> Case | None:
    """Return a case that the actor may work on: they see their own cry for help, but HR answers it."""
    found = next((c for c in scene.pair.cases if c.id == record_of(ref)), None)
    return None if found is not None and found.by == scene.actor.id else found


def accept(scene: Scene, event: Act) -> Outcome:
    """Take a case up: the clock stops. One that somebody else is looking at stays with them."""
    case = _case(scene, event.ref)
    if case is None:
        return Outcome(reply=Note(GONE))
    if case.state in ("closed", "accepted"):
        return Outcome(reply=ReplaceCard(case_card(scene, case)))
    return _kept(scene, _taken(case, scene.actor), "accepted", event)


def assign(scene: Scene, event: Act) -> Outcome:
    """Hand a case to another coordinator who is not part of the matter; their clock begins anew."""
    assert isinstance(event, Pressed)
    case = _case(scene, event.ref)
    to = next((c for c in scene.free_coordinators() if c.id == event.value), None)
    if case is None or to is None or to.id == case.by:
        return Outcome(reply=Note(GONE))
    if case.owner == to.id or case.state == "closed":
        return Outcome(reply=ReplaceCard(case_card(scene, case)))
    if to.id == scene.actor.id:  # who takes a case from a colleague looks at it, and needs no message
        return _kept(scene, _taken(case, to), "accepted", event)
    if scene.away(to):
        return Outcome(reply=Note(_who_is_away(scene, to)))
    handed, message = told_of(scene, given_to(scene, case, to), to, "assigned")
    outcome = _kept(scene, handed, "assigned", event, before=case)
    changes = (*outcome.changes, *_unsent(case, to.id, "told anew"))
    return replace(outcome, changes=changes, sends=(*outcome.sends, message))


def _who_is_away(scene: Scene, to: Person) -> Say:
    """Say until when somebody is on leave: a case handed to them would only come back."""
    until = max(span.last for span in to.leave if scene.today(to) in span)
    return say(
        "{name} is on leave until {day}. The case stays where it is.",
        name=PersonName(to.name, to.id),
        day=Day(until, "short"),
    )


def _taken(case: Case, by: Person) -> Case:
    return replace(case, state="accepted", owner=by.id, snoozed_until=None)


def given_to(scene: Scene, case: Case, to: Person) -> Case:
    """Return a case as it is with another coordinator: not taken up yet, with a clock of its own."""
    by = scene.later(to, COORDINATOR_HOURS)
    return replace(case, owner=to.id, state="open", snoozed_until=None, reply_by=by)


def snooze(scene: Scene, event: Act) -> Outcome:
    """Put a case aside until a day; it comes back by itself."""
    assert isinstance(event, Pressed)
    case = _case(scene, event.ref)
    if case is None or event.value not in _SNOOZE_DAYS:
        return Outcome(reply=Note(GONE))
    if case.state in ("closed", "snoozed"):
        return Outcome(reply=ReplaceCard(case_card(scene, case)))
    me = scene.actor
    day = scene.today(me) + timedelta(days=_SNOOZE_DAYS[event.value])
    until = scene.at_work(me, instant(day, me.opens, me.zone))
    return _kept(scene, replace(case, state="snoozed", owner=me.id, snoozed_until=until), "snoozed", event)


def close(scene: Scene, event: Act) -> Outcome:
    """Ask for the reason of closing: it is what the next one to look can build on."""
    case = _case(scene, event.ref)
    if case is None:
        return Outcome(reply=Note(GONE))
    if case.state == "closed":
        return Outcome(reply=ReplaceCard(case_card(scene, case)))
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
    done = replace(case, state="closed", closed_at=scene.now, closed_because=because, snoozed_until=None)
    outcome = _kept(scene, done, "closed", event)
    return replace(outcome, reply=CloseForm(say("Closed."), card=case_card(scene, done)))


def _kept(scene: Scene, case: Case, what: str, event: Act, before: Case | None = None) -> Outcome:
    """Store a case that was worked on; `before` is as it was when the messages about it so far were sent."""
    me = scene.actor
    so_far = before or case
    # Whoever works on a case needs no message any more that tells them of it.
    waiting = _unsent(so_far, me.id, "dealt with")
    changes: tuple[Change, ...] = (Put(case), Logged(f"case {what}", f"case:{case.id}", me.id), *waiting)
    others = [mark for mark in so_far.told if _got_by(mark) != me.id]
    return Outcome(
        reply=ReplaceCard(case_card(scene, case)),
        changes=changes,
        sends=_renewals(scene, case, others, event.key),
    )


def _renewals(scene: Scene, case: Case, marks: Iterable[str], why: str) -> tuple[Send, ...]:
    """Return the silent renewal of the messages that coordinators hold of a case, or are about to get."""
    seated = {c.id for c in scene.pair.seated("coordinator")}
    return tuple(
        Send(
            to=_got_by(mark),
            content=case_card(scene, case),
            key=f"{case.id}:{mark}:{why}",
            kind="update",
            not_before=scene.now,
            enrolment=scene.id,
            replaces=f"{case.id}:{mark}",
        )
        for mark in marks
        if _got_by(mark) in seated
    )


def _unsent(case: Case, person: str, why: str) -> tuple[Unsend, ...]:
    """Drop what still waits to tell somebody of a case."""
    return tuple(Unsend(f"{case.id}:{mark}", why) for mark in case.told if _got_by(mark) == person)


def _got_by(mark: str) -> str:
    """Return who got a message about a case."""
    return mark.rpartition(":")[0]


# --- what cases wait for ---------------------------------------------------------------------------


def due(scene: Scene) -> Iterator[Due]:
    """Return when a case comes back, changes hands because its owner is away, or climbs to the second coordinator."""
    over = scene.pair.enrolment.state in ("closed", "stopped")
    for case in scene.pair.cases:
        if case.state == "closed":
            continue
        if over and _colleagues(scene, case):
            # Nothing else looks at a programme that is over: somebody may go on leave, come back, or leave for good.
            yield Due(at=scene.now + LONGEST_WAIT, action="wake")
        owner = scene.pair.person(case.owner)
        other = _other(scene, case)
        if other is not None and not (owner.active and _seated(scene, owner)):
            yield Due(at=scene.now, action="cases.climb", ref=case.id)  # whoever had it is gone
        elif case.state == "snoozed" and case.snoozed_until is not None:
            yield Due(at=case.snoozed_until, action="cases.back", ref=case.id)
        elif case.state == "open" and other is not None and not case.climbed:
            yield Due(at=_climbs_at(scene, case, owner), action="cases.climb", ref=case.id)


def _climbs_at(scene: Scene, case: Case, owner: Person) -> datetime:
    """Return when the second coordinator steps in: after the owner's working hours, or as soon as they are away."""
    by = case.reply_by or scene.later(owner, COORDINATOR_HOURS, case.opened_at)
    if scene.away(owner):
        return scene.now
    leaves = (instant(span.first, owner.opens, owner.zone) for span in owner.leave)
    return min([by, *(begins for begins in leaves if scene.now < begins)])


def _seated(scene: Scene, person: Person) -> bool:
    return any(c.id == person.id for c in scene.pair.seated("coordinator"))


def _other(scene: Scene, case: Case) -> Person | None:
    """Return the coordinator who steps in: not part of the matter, not away, and not who asked for help."""
    return next((c for c in _colleagues(scene, case) if not scene.away(c)), None)


def _colleagues(scene: Scene, case: Case) -> tuple[Person, ...]:
    """Return the coordinators who could take a case over, whether or not they are here today."""
    return tuple(c for c in scene.free_coordinators() if c.id not in (case.owner, case.by))


def act(scene: Scene, due: Due) -> Outcome:
    """Bring a case back, or to the coordinator who steps in."""
    case = next(c for c in scene.pair.cases if c.id == due.ref)
    owner = scene.pair.person(case.owner)
    other = _other(scene, case)
    if due.action == "cases.back" and (other is None or not scene.away(owner)):
        back, message = told_of(scene, replace(case, state="accepted", snoozed_until=None), owner, "back")
        return _moved(scene, case, back, message)
    if other is None:
        return Outcome()
    given = replace(given_to(scene, case, other), climbed=case.climbed + 1)
    climbed, message = told_of(scene, given, other, "climbed")
    return _moved(scene, case, climbed, message, Logged("case climbed", f"case:{case.id}"))


def _moved(scene: Scene, before: Case, after: Case, message: Send, *lines: Logged) -> Outcome:
    """Store a case that moved by itself: one message tells of it, those that were sent so far follow."""
    renewals = _renewals(scene, after, before.told, after.told[-1])
    waiting = _unsent(before, message.to, "told anew")
    return Outcome(changes=(Put(after), *lines, *waiting), sends=(message, *renewals))


# --- the list --------------------------------------------------------------------------------------


def show(scene: Scene, event: Act) -> Outcome:
    """Show one case."""
    case = _case(scene, event.ref)
    return Outcome(reply=Note(GONE) if case is None else ShowCard(case_card(scene, case)))


def command(desk: Desk, text: str) -> Outcome:
    """Show the coordinator's open cases."""
    return Outcome(reply=ShowCard(cases_card(desk)))


def _no_card(scene: Scene, state: StepState) -> None:
    return None


# Whoever asks for help is heard in a pause and after the end as well.
KINDS = {
    "cases": Kind(card=_no_card, always=Source("cases", frozenset({"cases", "today"}), due), act=act),
}
VERBS = {
    **HAND_VERBS,
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
