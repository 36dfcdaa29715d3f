"""Being left in peace: leave, snooze, pause; and the language one reads in (FEATURES K1, K2, C6)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

from bot.calendar import Span, instant, local_date, next_working_time
from bot.content import Audience, DateField, Day, Form, Moment, UserText, say
from bot.events import Submitted
from bot.facts import Person
from bot.i18n import languages, own_name
from bot.outcome import CloseForm, FixForm, Logged, Note, Outcome, Put, ShowForm
from flows.kinds import Act, Command, DeskVerb, Verb
from flows.pause import COMMANDS as PAUSE_COMMANDS
from flows.pause import VERBS as PAUSE_VERBS
from flows.scene import Desk
from flows.spans import dates_in, joined, missing, until_yesterday, wrong_span

SEEN_BY: Audience = ("author", "mentee", "mentor", "coordinator")
_LONGEST_SNOOZE_DAYS = 14
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[0-9]{1,4}")
_NONE = ("none", "no", "off")


# --- leave -----------------------------------------------------------------------------------------


def leave(desk: Desk, text: str) -> Outcome:
    """Enter a leave: `leave 2027-02-01 2027-02-05`; without days a form opens; `leave none` takes coming leave back."""
    if text.strip().lower() in _NONE:
        kept = tuple(before for span in desk.me.leave if (before := until_yesterday(span, _today(desk))))
        words = say("Your leave from today on is taken back. Messages come as usual.")
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
    wrong = wrong_span(first, last, _today(desk))
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
    first, last = dates_in(event)
    if first is None or last is None:
        return Outcome(reply=FixForm(missing(first, last)))
    wrong = wrong_span(first, last, _today(desk))
    return Outcome(reply=FixForm({"last": wrong})) if wrong else _away(desk.me, Span(first, last), form=True)


def _away(me: Person, span: Span, *, form: bool) -> Outcome:
    """Store the leave; every pair this person is in is looked at again, because they are."""
    words = say("Quiet from {first} to {last}: you are on leave.", first=Day(span.first), last=Day(span.last))
    reply = CloseForm(words) if form else Note(words)
    kept = joined((*me.leave, span))
    return Outcome(
        reply=reply, changes=(Put(replace(me, leave=kept)), Logged("leave", f"person:{me.id}", me.id))
    )


def _today(desk: Desk) -> date:
    return local_date(desk.now, desk.me.zone)


# --- snooze ----------------------------------------------------------------------------------------


def snooze(desk: Desk, text: str) -> Outcome:
    """Be left alone until tomorrow morning, or for the days named; help and what cannot wait still come."""
    typed, me = text.strip().lower(), desk.me
    if typed in _NONE:
        words = say("You hear from me as usual.")
        return Outcome(reply=Note(words), changes=(Put(replace(me, snoozed_until=None)),))
    number = _NUMBER.search(typed)
    days = int(number.group()) if number else 0 if typed else 1
    if not 1 <= days <= _LONGEST_SNOOZE_DAYS:
        return Outcome(
            reply=Note(
                say(
                    "I can be quiet for 1 to {most} days: write “{example}”. For longer there is “{word}”.",
                    most=_LONGEST_SNOOZE_DAYS,
                    example=UserText("snooze 3"),
                    word=UserText("leave"),
                )
            )
        )
    day = instant(_today(desk) + timedelta(days=days), me.opens, me.zone)
    until = desk.scenes[0].at_work(me, day) if desk.scenes else next_working_time(day, me.working_time())
    words = say("Quiet until {moment}. Answers, changed meetings and help still come.", moment=Moment(until))
    return Outcome(reply=Note(words), changes=(Put(replace(me, snoozed_until=until)),))


# --- language --------------------------------------------------------------------------------------


def language(desk: Desk, text: str) -> Outcome:
    """Choose the language one reads in, by its code or its own name; only complete catalogues are offered."""
    wanted = text.strip().lower()
    offered = {code: own_name(code) for code in languages()}
    chosen = next((code for code, name in offered.items() if wanted in (code, name.lower())), None)
    if chosen is None:
        words = say(
            "I speak {languages}. Write “{example}”.",
            languages=UserText(", ".join(f"{name} ({code})" for code, name in offered.items())),
            example=UserText(f"language {next(iter(offered))}"),
        )
        return Outcome(reply=Note(words))
    words = say(
        "From now on I write to you in this language: {language}.", language=UserText(offered[chosen])
    )
    return Outcome(reply=Note(words), changes=(Put(replace(desk.me, language=chosen)),))


VERBS: dict[str, Verb | DeskVerb] = {
    "care.leave": DeskVerb(run=take_leave, needs=()),
    **PAUSE_VERBS,
}
COMMANDS = {
    "leave": Command(
        run=leave, help=say("days on which I leave you in peace"), usage="2027-02-01 2027-02-05", needs=()
    ),
    "snooze": Command(
        run=snooze, help=say("quiet until tomorrow, or for some days"), usage="[days]", needs=()
    ),
    **PAUSE_COMMANDS,
    "language": Command(run=language, help=say("the language you read in"), usage="en", needs=()),
}
