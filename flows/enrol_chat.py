"""Enrolling a pair in the chat: a coordinator names who starts, with whom, and when."""

from __future__ import annotations

from datetime import date

from bot.calendar import local_date
from bot.content import (
    Audience,
    Choice,
    ChoiceField,
    DateField,
    Day,
    Form,
    PersonField,
    PersonName,
    Say,
    say,
)
from bot.events import Submitted
from bot.facts import Person
from bot.outcome import CloseForm, FixForm, Note, Outcome, ShowForm
from flows.enrol import Objection, Seats, enrol, objections, run_id
from flows.kinds import Act, Command, DeskVerb
from flows.scene import Desk, House

SEEN_BY: Audience = ("mentee", "mentor", "head", "coordinator")
NOT_YOURS = say("Only an HR coordinator brings people together. Please ask yours.")
NOBODY_SUCH = say("Pick somebody from the list. Who is missing there has to be in the people file first.")


def command(desk: Desk, text: str) -> Outcome:
    """Open the form; a name that was typed and fits one person is filled in."""
    house = desk.house
    if house is None:
        return Outcome(reply=Note(NOT_YOURS))
    typed = text.strip().casefold()
    fits = [p for p in house.people if typed and p.active and typed in p.name.casefold()]
    return Outcome(reply=ShowForm(_form(fits[0] if len(fits) == 1 else None)))


def _form(mentee: Person | None) -> Form:
    fields = (
        PersonField(
            key="mentee",
            label=say("Who starts?"),
            seen_by=SEEN_BY,
            required=True,
            initial=mentee.id if mentee else "",
            initial_name=mentee.name if mentee else "",
        ),
        PersonField(key="mentor", label=say("Who is the mentor?"), seen_by=SEEN_BY, required=True),
        DateField(key="start", label=say("First day"), seen_by=SEEN_BY, required=True),
        ChoiceField(
            key="moved",
            label=say("Is this a new colleague?"),
            seen_by=SEEN_BY,
            options=(Choice(say("Yes"), "no"), Choice(say("No, a new position here"), "yes")),
            initial=("no",),
        ),
    )
    return Form(
        title=say("A new pair"),
        verb="enrol.begin",
        ref="enrol:new",
        fields=fields,
        submit=say("Begin"),
        intro=say(
            "The two hear from me when it is time for the first step. The head is whoever leads the mentee."
        ),
    )


def begin(desk: Desk, event: Act) -> Outcome:
    """Begin the programme of a pair; what speaks against it is said at the field it is about."""
    assert isinstance(event, Submitted)
    house = desk.house
    if house is None:
        return Outcome(reply=CloseForm(NOT_YOURS))
    mentee, mentor = (house.person(_one(event, key)) for key in ("mentee", "mentor"))
    start = _day(_one(event, "start"))
    missing: dict[str, Say] = {
        key: NOBODY_SUCH for key, who in (("mentee", mentee), ("mentor", mentor)) if who is None
    }
    if start is None:
        missing["start"] = say("Pick a day.")
    if mentee is None or mentor is None or start is None:
        return Outcome(reply=FixForm(missing))
    run = run_id(house.programme, mentee.id, mentor.id, start)
    name, with_ = PersonName(mentee.name, mentee.id), PersonName(mentor.name, mentor.id)
    if mentee.id in house.under_way:
        words = say("{mentee} has a programme under way; it has to end before another begins.", mentee=name)
        if any(scene.id == run for scene in desk.scenes):
            return Outcome(reply=CloseForm(_begun(name, with_, start)))
        return Outcome(reply=FixForm({"mentee": words}))
    seats = seats_for(house, mentee, mentor, desk.me)
    today = local_date(desk.now, desk.me.zone)
    against = objections(house.programme, seats, start, today, house.load)
    if against:
        return Outcome(reply=FixForm(_at_fields(against)))
    changes = enrol(
        house.programme, run, seats, start, desk.now, moved=_one(event, "moved") == "yes", by=desk.me.id
    )
    return Outcome(reply=CloseForm(_begun(name, with_, start)), changes=changes)


def _begun(mentee: PersonName, mentor: PersonName, start: date) -> Say:
    return say(
        "{mentee} and {mentor} are a pair, from {start} on. `/mentor pairs` shows their plan.",
        mentee=mentee,
        mentor=mentor,
        start=Day(start),
    )


def seats_for(house: House, mentee: Person, mentor: Person, me: Person) -> Seats:
    """Fill the seats: the mentee's own head, who asks and the other coordinators, the director."""
    head = house.person(mentee.manager) if mentee.manager else None
    others = [p for p in house.people if p.active and p.id != mentee.id]
    coordinators = [me, *(p for p in others if p.is_coordinator and p.id != me.id)]
    wanted: dict[str, list[Person]] = {
        "mentee": [mentee],
        "mentor": [mentor],
        "head": [head] if head else [],
        "coordinator": coordinators,
        "director": [p for p in others if p.is_director],
    }
    return {role: tuple(wanted[role][:most]) for role, (_, most) in house.programme.seats}


def _at_fields(against: tuple[Objection, ...]) -> dict[str, Say]:
    """Say each objection at a field of the form; what no field can mend is said at the first."""
    found: dict[str, Say] = {}
    for one in against:
        key = one.role if one.role in ("mentor", "start") else "mentee"
        found.setdefault(key, one.words)
    return found


def _one(event: Submitted, key: str) -> str:
    value = event.values.get(key, "")
    return value if isinstance(value, str) else next(iter(value), "")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


VERBS = {"enrol.begin": DeskVerb(run=begin, needs=(), house=True)}
COMMANDS = {
    "enrol": Command(
        run=command,
        help=say("bring a newcomer and a mentor together"),
        usage="[name]",
        roles=("coordinator",),
        needs=(),
        house=True,
    )
}
