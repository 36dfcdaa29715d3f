"""The relationship: are the two in touch, do they see it alike, and what they ticked in the private lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from bot.calendar import add_months, programme_month
from bot.content import Moment, say, say_n, told
from bot.facts import Answer, Person
from flows.programme import Signal
from flows.signals_known import CONTACTS, TAPS, Finding, Known, Watch, name, names, renamed, two
from flows.written import texts, whole, word

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


# --- silence ---------------------------------------------------------------------------------------


def no_contact(known: Known, signal: Signal) -> Iterator[Finding]:
    """
    Nothing passed between mentee and mentor for so many days.

    Contact is what one did with or for the other: a meeting or review held, feedback given or read, a daily look, a
    task, a list ticked off, an agreement. A check-in is not: it tells HR how it goes, and the partner nothing.
    """
    scene = known.scene
    mentors = scene.pair.seated("mentor")
    mentees = scene.pair.seated("mentee")
    groups = [(mentee, *mentors) for mentee in mentees] if mentors else [mentees]
    begun = max(known.opening(scene.pair.enrolment.start), scene.pair.enrolment.created_at)
    for people in groups:
        if len(people) < 2 or not all(p.active for p in people):
            continue
        key = people[0].id if mentors else "all"
        seen = _last_contact(known, people, bool(mentors))
        since = max(filter(None, (begun, seen, known.settled(signal, key))))
        at, days = _silent_at(known, signal, since, people)
        if at < _end(known):
            yield _silence(known, key, people, at, days, since, seen)


def _silent_at(
    known: Known, signal: Signal, since: datetime, people: tuple[Person, ...]
) -> tuple[datetime, int]:
    """Return when silence has lasted too long, which in the first month is sooner."""
    days = whole(signal, "days")
    first_month = programme_month(known.scene.pair.enrolment.start, 1).last
    if known.local(since) < first_month:
        at = known.after_days(since, days, people)
        if known.local(at) <= first_month:
            return at, days
    days = whole(signal, "days_later")
    return known.after_days(since, days, people), days


def _silence(
    known: Known,
    key: str,
    people: tuple[Person, ...],
    at: datetime,
    days: int,
    since: datetime,
    seen: datetime | None,
) -> Finding:
    others = names(people[1:])
    if seen is None:
        reason = say_n(
            "I know of no contact between {mentee} and {others} for {n} day or more, none so far.",
            "I know of no contact between {mentee} and {others} for {n} days or more, none so far.",
            days,
            mentee=name(people[0]),
            others=others,
        )
    else:
        reason = say_n(
            "I know of no contact between {mentee} and {others} for {n} day or more. The last was on {last}.",
            "I know of no contact between {mentee} and {others} for {n} days or more. The last was on {last}.",
            days,
            mentee=name(people[0]),
            others=others,
            last=Moment(seen, "date"),
        )
    return Finding(
        at=at,
        key=key,
        when=known.local(since).isoformat(),
        about=tuple(p.id for p in people),
        reason=reason,
        advice=say("You could ask each of them how they are in touch; it may happen where I do not see it."),
        names=(("mentee", name(people[0])), ("mentor", others)),
    )


def _end(known: Known) -> datetime:
    """Return when nobody expects contact any more: the closing's day."""
    programme, enrolment = known.scene.programme, known.scene.pair.enrolment
    for step in programme.steps_of("closing"):
        if (day := known.day(step.id)) is not None:
            return known.opening(day)
    return known.opening(add_months(enrolment.start, programme.months))


def _last_contact(known: Known, people: tuple[Person, ...], mentored: bool) -> datetime | None:
    """Return when the first of these people and one of the others, or in a circle any two, last had contact."""
    scene = known.scene
    first, others = people[0].id, {p.id for p in people[1:]}
    found = [
        at
        for (giver, to), at in known.contacts.items()
        if not to or (giver == first and to in others) or (to == first and giver in others)
    ]
    for meeting in scene.pair.meetings:
        if meeting.state == "held" and meeting.starts_at is not None:
            who = set(meeting.people)
            if (first in who and who & others) if mentored else len(who & {first, *others}) > 1:
                found.append(meeting.starts_at)
    found += [r.began_at for r in scene.pair.reviews if r.began_at is not None]
    found += [t.changed_at or t.at or _LONG_AGO for t in scene.pair.tasks]
    found += [t.done_at for t in scene.pair.ticks if t.done_at is not None]
    found += [a.changed_at for a in scene.pair.agreements if a.changed_at is not None]
    return max((at for at in found if _LONG_AGO < at <= scene.now), default=None)


# --- seen differently ------------------------------------------------------------------------------


def seen_differently(known: Known, signal: Signal) -> Iterator[Finding]:
    """In the same weeks mentee and mentor tapped far apart on the same scale."""
    apart, times, question = whole(signal, "apart"), whole(signal, "times"), word(signal, "question")
    steps = {s.id for s in known.watched(signal)}
    for (step, mentee, asked, _), own in known.taps.items():
        if step not in steps or asked != question or not known.seated(mentee):
            continue
        by_week = {_week(a): a for a in own}
        for (_, mentor, other, about), theirs in known.taps.items():
            if other != "going" or about not in ("", mentee) or not known.seated(mentor):
                continue
            key = f"{mentee}.{mentor}"
            since = known.settled(signal, key)
            both = [(by_week[_week(a)], a) for a in theirs if _week(a) in by_week]
            last = [(a, b) for a, b in both if min(a.at, b.at) > since][-times:]
            if len(last) == times and all(abs(int(a.value) - int(b.value)) >= apart for a, b in last):
                yield _differing(known, key, last)


def _week(answer: Answer) -> str:
    return answer.occurrence.partition(".")[0]


def _differing(known: Known, key: str, last: list[tuple[Answer, Answer]]) -> Finding:
    one, other = last[-1]
    mentee, mentor = known.scene.pair.person(one.person), known.scene.pair.person(other.person)
    reason = say_n(
        "{mentee} and {mentor} see it differently: of 5, {mentee} tapped {one} and {mentor} {other}, {n} week.",
        "{mentee} and {mentor} see it differently: of 5, {mentee} last tapped {one} and {mentor} {other}. "
        "So for {n} weeks running, since {since}.",
        len(last),
        mentee=name(mentee),
        mentor=name(mentor),
        one=int(one.value),
        other=int(other.value),
        since=Moment(min(last[0][0].at, last[0][1].at), "date"),
    )
    return Finding(
        at=max(one.at, other.at),
        key=key,
        when=_week(one),
        about=(mentee.id, mentor.id),
        reason=reason,
        advice=say("You could talk to each of them alone first, and offer a talk of three if both want it."),
        names=(("mentee", name(mentee)), ("mentor", name(mentor))),
    )


# --- private ticks ---------------------------------------------------------------------------------


def ticks(known: Known, signal: Signal) -> Iterable[Finding]:
    """Somebody ticked a line of the private list that names this signal."""
    ticked = known.ticked.get(signal.id)
    return _ticks(known, signal, ticked) if ticked else ()


def _ticks(known: Known, signal: Signal, ticked: list[Answer]) -> Iterator[Finding]:
    times = whole(signal, "times")
    by_author: dict[str, list[Answer]] = defaultdict(list)
    for answer in ticked:
        by_author[answer.person].append(answer)
    for author, answers in by_author.items():
        fresh = [a for a in answers if a.at > known.settled(signal, author)]
        if len({_week(a) for a in fresh}) < times:
            continue
        last = fresh[-1]
        own = two(known, author, last.about)
        words = renamed(known, told(dict(texts(signal, "reason"))), own)
        day = Moment(last.at, "date")
        yield Finding(
            at=last.at,
            key=author,
            when=_week(last),
            about=(author,),
            reason=say("{reason} That was on {day}; the others do not know of it.", reason=words, day=day),
            advice=say("You could write to them alone and ask what would help."),
            names=own,
            told=True,
        )


_IN_TOUCH = CONTACTS | {"meetings", "reviews", "tasks", "ticks", "agreements"}
WATCHES: Mapping[str, Watch] = MappingProxyType(
    {
        "no_contact": Watch(no_contact, _IN_TOUCH),
        "seen_differently": Watch(seen_differently, TAPS, private=True),
        "ticks": Watch(ticks, frozenset({"answers:private"}), private=True),
    }
)
