"""Being left in peace: leave, snooze, pause; and the language one reads in (FEATURES K1, K2, C6)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

from bot.calendar import Span, instant, local_date
from bot.content import (
    Audience,
    Card,
    DateField,
    Day,
    Form,
    Moment,
    PersonName,
    Say,
    Text,
    say,
)
from bot.events import Submitted
from bot.facts import Person
from bot.i18n import languages
from bot.outcome import CloseForm, FixForm, Logged, Note, Outcome, Put, Send, ShowForm
from flows.kinds import Act, Command, DeskVerb, Verb
from flows.scene import Desk, Scene

SEEN_BY: Audience = ("author", "mentee", "mentor", "coordinator")
LONGEST_OWN_PAUSE_DAYS = 28  # a longer one is agreed with the coordinator, who has no such limit
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


# --- leave -----------------------------------------------------------------------------------------


def leave(desk: Desk, text: str) -> Outcome:
    """Enter a leave: `leave 2027-02-01 2027-02-05`; without days a form opens; `leave none` takes coming leave back."""
    if text.strip().lower() in ("none", "no"):
        kept = tuple(span for span in desk.me.leave if span.last < _today(desk))
        words = say("Your coming leave is taken back. Messages come as usual.")
        return Outcome(reply=Note(words), changes=(Put(replace(desk.me, leave=kept)),))
    days = _ISO.findall(text)
    if not days:
        return Outcome(reply=ShowForm(_leave_form()))
    try:
        first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    except ValueError:
        return Outcome(
            reply=Note(
                say("I could not read those days. Please write them like {example}.", example="2027-02-01")
            )
        )
    wrong = _wrong_span(first, last, _today(desk))
    return Outcome(reply=Note(wrong)) if wrong else _away(desk.me, Span(first, last), form=False)


def _leave_form() -> Form:
    fields = (
        DateField(key="first", label=say("First day away"), seen_by=SEEN_BY, required=True),
        DateField(key="last", label=say("Last day away"), seen_by=SEEN_BY, required=True),
    )
    return Form(title=say("Leave"), verb="care.leave", ref="me:leave", fields=fields, submit=say("Keep"))


def take_leave(desk: Desk, event: Act) -> Outcome:
    """Store a leave from the form."""
    assert isinstance(event, Submitted)
    first, last = _dates(event)
    errors = {
        key: say("Please pick a day.") for key, day in (("first", first), ("last", last)) if day is None
    }
    if first is None or last is None:
        return Outcome(reply=FixForm(errors))
    wrong = _wrong_span(first, last, _today(desk))
    return Outcome(reply=FixForm({"last": wrong})) if wrong else _away(desk.me, Span(first, last), form=True)


def _dates(event: Submitted) -> tuple[date | None, date | None]:
    found: list[date | None] = []
    for key in ("first", "last"):
        try:
            found.append(date.fromisoformat(str(event.values.get(key, ""))))
        except ValueError:
            found.append(None)
    return found[0], found[1]


def _wrong_span(first: date, last: date, today: date) -> Say | None:
    if last < first:
        return say("The last day is before the first. Please swap them.")
    if last < today:
        return say("Those days are over. Please pick coming ones.")
    if last - first > timedelta(days=366):
        return say("That is more than a year. Please ask HR about a longer absence.")
    return None


def _away(me: Person, span: Span, *, form: bool) -> Outcome:
    """Store the leave; every pair this person is in is looked at again, because they are."""
    known = me.leave if span in me.leave else (*me.leave, span)
    words = say("Quiet from {first} to {last}: you are on leave.", first=Day(span.first), last=Day(span.last))
    reply = CloseForm(words) if form else Note(words)
    return Outcome(
        reply=reply, changes=(Put(replace(me, leave=known)), Logged("leave", f"person:{me.id}", me.id))
    )


def _today(desk: Desk) -> date:
    return local_date(desk.now, desk.me.zone)


# --- snooze ----------------------------------------------------------------------------------------


def snooze(desk: Desk, text: str) -> Outcome:
    """Be left alone until tomorrow morning, or for the days named; help and what cannot wait still come."""
    days = int(text) if text.strip().isdigit() else 1
    if not 1 <= days <= 14:
        return Outcome(
            reply=Note(say("I can be quiet for 1 to 14 days. For longer there is “{word}”.", word="pause"))
        )
    me = desk.me
    until = instant(_today(desk) + timedelta(days=days), me.opens, me.zone)
    words = say("Quiet until {moment}.", moment=Moment(until))
    return Outcome(reply=Note(words), changes=(Put(replace(me, snoozed_until=until)),))


# --- pause -----------------------------------------------------------------------------------------


def pause(desk: Desk, text: str) -> Outcome:
    """Open the form that lets a pair's programme rest; what follows shifts by as much."""
    scenes = _mine(desk)
    if not scenes:
        return Outcome(reply=Note(say("You have no pair at the moment, so there is nothing to pause.")))
    wanted = [s for s in scenes if text and any(text.lower() in p.name.lower() for p in s.partners(desk.me))]
    scene = (wanted or scenes)[0]
    others = scene.partners(desk.me)
    intro = say("The programme rests and everything after it moves by as much. HR is told.")
    if others:
        name = PersonName(others[0].name, others[0].id)
        intro = say(
            "With {name}: the programme rests and everything after it moves by as much. HR is told.",
            name=name,
        )
    fields = (
        DateField(key="first", label=say("From"), seen_by=SEEN_BY, required=True),
        DateField(key="last", label=say("To"), seen_by=SEEN_BY, required=True),
    )
    form = Form(
        title=say("Pause"), verb="care.pause", ref=f"enrolment:{scene.id}", fields=fields, intro=intro
    )
    return Outcome(reply=ShowForm(form))


def _mine(desk: Desk) -> tuple[Scene, ...]:
    return (*desk.as_("mentee"), *desk.as_("mentor"), *desk.as_("coordinator"))


def take_pause(scene: Scene, event: Act) -> Outcome:
    """Store a pause and tell the others."""
    assert isinstance(event, Submitted)
    first, last = _dates(event)
    if first is None or last is None:
        return Outcome(reply=FixForm({"first" if first is None else "last": say("Please pick a day.")}))
    wrong = _wrong_span(first, last, scene.today(scene.actor))
    longest = timedelta(days=LONGEST_OWN_PAUSE_DAYS)
    if wrong is None and last - first >= longest and "coordinator" not in scene.pair.roles_of(scene.actor.id):
        wrong = say("That is more than four weeks. Please agree a longer pause with HR.")
    if wrong is not None:
        return Outcome(reply=FixForm({"last": wrong}))
    span = Span(first, last)
    pauses = scene.pair.enrolment.pauses
    if any(span.first <= p.last and p.first <= span.last for p in pauses):
        return Outcome(reply=FixForm({"first": say("There is a pause in those days already.")}))
    changed = replace(scene.pair.enrolment, pauses=(*pauses, span))
    return Outcome(
        reply=CloseForm(say("The programme rests from {first} to {last}.", first=Day(first), last=Day(last))),
        changes=(Put(changed), Logged("paused", f"enrolment:{scene.id}", scene.actor.id)),
        sends=tuple(_told(scene, span, p) for p in _others(scene)),
    )


def _others(scene: Scene) -> tuple[Person, ...]:
    coordinator = scene.coordinator()
    everybody = (*scene.partners(scene.actor), *((coordinator,) if coordinator else ()))
    return tuple(p for p in dict.fromkeys(everybody) if p.id != scene.actor.id)


def _told(scene: Scene, span: Span, to: Person) -> Send:
    who = scene.leader()
    card = Card(
        say("{name}: a pause", name=PersonName(who.name, who.id)),
        (
            Text(
                say(
                    "The programme rests from {first} to {last}. Everything after it moves by as much.",
                    first=Day(span.first),
                    last=Day(span.last),
                )
            ),
        ),
    )
    return Send(
        to=to.id,
        content=card,
        key=f"{scene.id}/pause/{span.first.isoformat()}:{to.id}",
        kind="change",
        not_before=scene.at_work(to),
        enrolment=scene.id,
    )


# --- language --------------------------------------------------------------------------------------


def language(desk: Desk, text: str) -> Outcome:
    """Choose the language one reads in; only complete catalogues are offered."""
    wanted = text.strip().lower()
    offered = languages()
    if wanted not in offered:
        words = say(
            "I speak: {languages}. Write “language {example}”.",
            languages=", ".join(offered),
            example=offered[0],
        )
        return Outcome(reply=Note(words))
    return Outcome(
        reply=Note(say("From now on in this language.")), changes=(Put(replace(desk.me, language=wanted)),)
    )


VERBS: dict[str, Verb | DeskVerb] = {
    "care.leave": DeskVerb(run=take_leave, needs=()),
    "care.pause": Verb(run=take_pause, roles=("mentee", "mentor", "coordinator"), needs=()),
}
COMMANDS = {
    "leave": Command(
        run=leave, help=say("days on which I leave you in peace"), usage="2027-02-01 2027-02-05", needs=()
    ),
    "snooze": Command(
        run=snooze, help=say("quiet until tomorrow, or for some days"), usage="[days]", needs=()
    ),
    "pause": Command(
        run=pause,
        help=say("let the programme rest for a while"),
        roles=("mentee", "mentor", "coordinator"),
        needs=(),
    ),
    "language": Command(run=language, help=say("the language you read in"), usage="en", needs=()),
}
