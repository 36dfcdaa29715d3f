"""The process: are the steps happening? Only what was surely delivered counts as missed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.calendar import next_working_time, working_day
from bot.content import Day, Moment, Say, UserText, say, say_n
from bot.facts import Agreement, Note, Person, StepState
from flows.programme import Signal, Step
from flows.quiet import HORIZON
from flows.scene import Scene
from flows.signals_known import A_WORKING_DAY, AGAIN, Finding, Known, Watch, family, name, names
from flows.written import whole

_TIME_TO_OPEN = 8  # working hours
_DAILY_IS_NEWS = timedelta(weeks=1)  # what is asked daily ends within days: weeks later it helps nobody
CHECK_THE_ACCOUNT = say(
    "You could check the account with whoever looks after accounts, or write by e-mail meanwhile."
)


# --- before the start ------------------------------------------------------------------------------


def not_ready(known: Known, signal: Signal) -> Iterator[Finding]:
    """Somebody has not said that they are ready, so many days before the start."""
    scene = known.scene
    start = scene.pair.enrolment.start
    eve = start.fromordinal(start.toordinal() - whole(signal, "days_before"))
    deadline = next_working_time(known.opening(eve), known.calendar)
    for step in known.watched(signal):
        for state in known.scene.pair.states_of(step.id):
            if state.state != "open" or not state.person:
                continue
            person = scene.pair.person(state.person)
            asked = state.delivered_at
            if asked is not None:
                at = max(deadline, scene.later(person, A_WORKING_DAY, asked))
                reason = say(
                    "{person} was asked on {asked} and has not yet said “ready”. The start is {start}.",
                    person=name(person),
                    asked=Moment(asked, "date"),
                    start=Day(scene.first_day()),
                )
            else:
                at = max(deadline, state.opened_at or deadline)
                reason = say(
                    "The question whether all is ready has not reached {person} yet. The start is {start}.",
                    person=name(person),
                    start=Day(scene.first_day()),
                )
            advice = say("You could ask {person} what is in the way.", person=name(person))
            yield Finding(
                at=at,
                key=f"{step.id}.{person.id}",
                when="once",
                about=(person.id,),
                reason=reason,
                advice=advice,
            )


# --- questions that recur --------------------------------------------------------------------------


def missed(known: Known, signal: Signal) -> Iterator[Finding]:
    """Somebody let the same question go unanswered so many times running."""
    times = whole(signal, "times")
    for step in known.watched(signal):
        states_of_step = known.scene.pair.states_of(step.id)
        if sum(s.why == "not answered" for s in states_of_step) < times:
            continue
        by_person: dict[tuple[str, str], list[StepState]] = defaultdict(list)
        for state in states_of_step:
            by_person[state.person, state.occurrence.partition(".")[2]].append(state)
        for (person, about), states in by_person.items():
            key = ".".join(filter(None, (step.id, person, about)))
            if not known.seated(person) or not known.scene.pair.person(person).active:
                continue
            run = _run(known, states, known.settled(signal, key))
            if len(run) >= times and not (step.kind == "feedback" and _silence_is_known(known, person)):
                yield _missed(known, step, key, about, run)


def _silence_is_known(known: Known, person: str) -> bool:
    """Tell whether HR looks, or has just looked, at a pair that is silent: feedback that is missing is part of that."""
    silent = {s.id for s in known.scene.programme.signals if s.kind == "no_contact"}
    cases = (c for c in known.scene.pair.cases if c.signal in silent and person in c.about)
    lately = AGAIN + timedelta(days=1)  # both come back after the same time: then silence is told alone
    return any(c.state != "closed" or c.opened_at + lately > known.scene.now for c in cases)


def _run(known: Known, states: list[StepState], since: datetime) -> list[StepState]:
    """Return what was missed last, the newest first: an answer or a “skip” ends it, what never arrived does not."""
    run: list[StepState] = []
    for state in sorted(states, key=lambda s: s.occurrence, reverse=True):
        if state.state == "done" or (state.state == "skipped" and state.why == "person"):
            break
        reached = state.delivered_at is not None and state.why == "not answered"
        if state.state != "skipped" or not reached or _was_away(known, state):
            continue
        if (state.done_at or known.scene.now) <= since:
            break
        run.append(state)
    return run


def _was_away(known: Known, state: StepState) -> bool:
    """Tell whether the person went on leave between being asked and the end of it."""
    if state.delivered_at is None or state.done_at is None:
        return False
    first, last = known.local(state.delivered_at), known.local(state.done_at)
    spans = known.scene.pair.person(state.person).leave
    return any(span.first <= last and first <= span.last for span in spans)


def _missed(known: Known, step: Step, key: str, about: str, run: list[StepState]) -> Finding:
    person = known.scene.pair.person(run[0].person)
    other = known.people((about,)) or known.scene.pair.seated("mentee")
    title = known.scene.title(step, mentee=names(other))
    first, at = run[-1].delivered_at or known.scene.now, run[0].done_at or known.scene.now
    reason = say_n(
        "“{step}” reached {person} and stayed open {n} time, on {first}.",
        "“{step}” reached {person} and stayed open {n} times running, first on {first}.",
        len(run),
        step=title,
        person=name(person),
        first=Moment(first, "date"),
    )
    return Finding(
        at=at,
        key=key,
        when=run[0].occurrence.partition(".")[0],
        about=(person.id,),
        reason=reason,
        advice=say("You could write to {person} alone and ask how it goes.", person=name(person)),
        names=(("mentee", names(other)),) if step.about else (),
        lapses=at + _DAILY_IS_NEWS if step.when.every == "day" else None,
    )


# --- requests --------------------------------------------------------------------------------------


def unanswered(known: Known, signal: Signal) -> Iterator[Finding]:
    """A question of the head, or a changed agreement, has waited so many working hours of whoever was asked."""
    hours = whole(signal, "after")
    for note in known.scene.pair.notes:
        if note.answered_at is None and (found := _note(known, note, hours)) is not None:
            yield found
    for agreement in known.scene.pair.agreements:
        yield from _agreement(known, agreement, hours)


def _note(known: Known, note: Note, hours: int) -> Finding | None:
    asked, by = next(iter(known.people((note.to,))), None), next(iter(known.people((note.by,))), None)
    if asked is None or by is None or not asked.active or not asked.reachable:
        return None
    if not known.scene.pair.roles_of(asked.id):
        return None
    reason = say(
        "A question from {by} to {person}, of {day}, has no answer yet.",
        by=name(by),
        person=name(asked),
        day=Moment(note.at, "date"),
    )
    return Finding(
        at=known.scene.later(asked, hours, note.at),
        key=note.id.rpartition("/")[2],
        when="once",
        about=(asked.id,),
        reason=reason,
        advice=say("You could remind them in person, or answer for the time being."),
    )


def _agreement(known: Known, agreement: Agreement, hours: int) -> Iterator[Finding]:
    """Find who has not agreed to a change; the first agreement is a step with nudges of its own."""
    changed = agreement.changed_at
    pair = (*known.scene.pair.seated("mentee"), *known.scene.pair.seated("mentor"))
    if changed is None or {p.id for p in pair} <= set(agreement.agreed):
        return
    asked_by_step = {
        s.person for s in known.scene.pair.steps if s.state == "open" and _is_agreement(known, s)
    }
    for person in pair:
        if (
            person.id in agreement.agreed
            or person.id in asked_by_step
            or not person.active
            or not person.reachable
        ):
            continue
        reason = say(
            "How the two work together was changed on {day}; {person} has not agreed yet.",
            day=Moment(changed, "date"),
            person=name(person),
        )
        yield Finding(
            at=known.scene.later(person, hours, changed),
            key=f"agreement.{person.id}",
            when=known.local(changed).isoformat(),
            about=(person.id,),
            reason=reason,
            advice=say("You could ask {person} whether something in it does not suit.", person=name(person)),
        )


def _is_agreement(known: Known, state: StepState) -> bool:
    step = known.scene.programme.step(state.step)
    return step is not None and step.kind == "agreement"


# --- the end, and the way to people ----------------------------------------------------------------


def closing_not_held(known: Known, signal: Signal) -> Iterator[Finding]:
    """The closing's day is long over and the programme still runs; told again as long as it does."""
    scene = known.scene
    for step in known.watched(signal):
        day = known.day(step.id)
        if day is None or day > known.local(scene.now) + HORIZON:
            continue
        if any(s.state in ("done", "skipped") for s in scene.pair.states_of(step.id)):
            continue
        last = working_day(day, whole(signal, "days") + 1, scene.calendar(known.leader))
        earlier = known.cases.get((family(signal), step.id), ())
        pair = names((*scene.pair.seated("mentee"), *scene.pair.seated("mentor")))
        reason = say(
            "The closing of {pair} was planned for {day} and has not taken place: the last review is open.",
            pair=pair,
            day=Day(day),
        )
        yield Finding(
            at=known.closing(last),
            key=step.id,
            when=f"again{len(earlier)}" if earlier else "once",
            about=tuple(p.id for p in scene.pair.seated("mentee")),
            reason=reason,
            advice=say("You could fix a time for it, or close the programme for this pair."),
        )


def unreachable(known: Known, signal: Signal) -> Iterator[Finding]:
    """Messages to somebody cannot be delivered."""
    scene = known.scene
    today = known.local(scene.now).isoformat()
    watched = ("mentee", "mentor", "head", "director")
    yield from _left(scene)
    for person in scene.pair.people:
        known_there = person.reachable and not person.trouble
        if known_there or not person.active or not set(watched) & set(scene.pair.roles_of(person.id)):
            continue
        yield Finding(
            at=_account_due(known, person),
            key=person.id,
            when=today,
            about=(person.id,),
            reason=_why_not_reached(person),
            advice=CHECK_THE_ACCOUNT,
        )


def _left(scene: Scene) -> Iterator[Finding]:
    """Somebody of the two has left the company; whoever stays is not left alone with it."""
    for person in (*scene.pair.seated("mentee"), *scene.pair.seated("mentor")):
        if person.active:
            continue
        reason = say("{person} has left the company.", person=name(person))
        if scene.mentees_left():
            reason = say(
                "{person} has left the company. The programme of this pair rests, and nobody is asked about it.",
                person=name(person),
            )
        yield Finding(
            at=scene.pair.enrolment.created_at,
            key=f"{person.id}~left",
            when="once",
            about=(person.id,),
            reason=reason,
            advice=say(
                "You could talk with whoever stays about how it goes on, "
                "or end the programme for this pair with `close`."
            ),
            own_advice=True,
        )


def _why_not_reached(person: Person) -> Say:
    """Say what is so, and what mends it."""
    who = name(person)
    match person.trouble:
        case "unknown":
            return say(
                "Nobody in the chat has the address {email}, so I cannot write to {person} there. "
                "The address in your people file and the one of the account have to be the same.",
                email=UserText(person.email),
                person=who,
            )
        case "no_email":
            return say(
                "{person} has no e-mail address in your people file, so I cannot find them in the chat.",
                person=who,
            )
        case "not_installed":
            return say(
                "The app is not there for {person} in Microsoft Teams yet, so I cannot write to them. "
                "Whoever looks after Teams can install it for everybody; docs/teams.md says how.",
                person=who,
            )
        case "switched_off":
            return say(
                "The chat account of {person} is switched off; what I send does not arrive.", person=who
            )
        case "app_removed":
            return say(
                "The app is not installed for {person} any more; what I send does not arrive until it is.",
                person=who,
            )
        case "blocked":
            return say(
                "{person} does not take messages from this app; what I send does not arrive.", person=who
            )
    return say("{person} cannot be reached in the chat; what I send does not arrive.", person=who)


def _account_due(known: Known, person: Person) -> datetime:
    """Return when it is worth telling: a newcomer has no account before their first day is over."""
    scene, enrolment = known.scene, known.scene.pair.enrolment
    newcomer = not enrolment.moved and person in scene.pair.seated("mentee")
    if newcomer and person.reachable and person.trouble in ("unknown", "not_installed"):
        return max(scene.now, known.closing(enrolment.start))
    if person.address is None and person.trouble == "not_installed":
        # On the day the bot comes to Teams it is there for nobody: people have a day to open it.
        return max(scene.now, scene.later(person, _TIME_TO_OPEN, enrolment.created_at))
    return scene.now


WATCHES: Mapping[str, Watch] = MappingProxyType(
    {
        "not_ready": Watch(not_ready, frozenset(), of_steps=("steps",)),
        "daily_missed": Watch(missed, frozenset(), of_steps=("steps",)),
        # While HR looks at a silent pair missing feedback is none of its own, and no instant ends that.
        "checkin_missed": Watch(missed, frozenset({"cases", "now"}), of_steps=("steps",)),
        "unanswered": Watch(unanswered, frozenset({"notes", "agreements", "steps:agreement"})),
        "closing_not_held": Watch(closing_not_held, frozenset(), of_steps=("steps",)),
        "unreachable": Watch(unreachable, frozenset({"today"})),
    }
)
