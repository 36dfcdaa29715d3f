"""Whether a stated reason for something that never arrived is one, by what was seen from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from adapters.sim.days import local, working_days
from adapters.sim.interruptions import A_DAY, A_WEEK
from adapters.sim.promises import Course, Promise
from bot.facts import Person

# What the product states where the time for something was over before it could be sent.
_NO_TIME = frozenset({"too late", "expired", "leave", "quiet hours"})
_FULL = frozenset({"over budget", "the message was full"})
# What the product states where something was settled before its message left.
_SETTLED = frozenset({"no longer open", "dealt with", "changed again", "review called off"})
# Steps that come only where there is something to say: a tour for who wants one, a first day that is not over,
# what there is to pass on in a week.
_MAY_BE_EMPTY = frozenset({"tour", "day_closing", "digest"})
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Seen:
    """What was seen from outside, as far as reasons are judged by it."""

    shown: set[tuple[str, str]] = field(default_factory=set)  # (person, what a ref they were shown is about)
    touched: set[str] = field(default_factory=set)  # what somebody acted upon
    snoozed: dict[str, date] = field(default_factory=dict)  # when each asked first to be left alone
    # When each person got a new message, whatever for: what was free of a budget only the product knows for certain.
    messages: Mapping[str, Sequence[datetime]] = field(default_factory=dict)


class Reasons:
    """Hold stated reasons against what was seen: one that nobody can confirm excuses nothing."""

    def __init__(self, people: Mapping[str, Person], seen: Seen) -> None:
        self._people = people
        self._seen = seen

    def holds(self, why: str, promise: Promise, course: Course) -> bool:
        """Tell whether this reason excuses that a promise was not kept."""
        if why in _NO_TIME:
            return not self._had_time(promise)
        if why in _FULL:
            return self._was_full(promise)
        if why in _SETTLED:
            return promise.about in self._seen.touched
        if why.startswith("case "):
            return self._was_told_of_a_case(promise, course)
        match why:
            case "nothing to say":
                return promise.step.kind in _MAY_BE_EMPTY or bool(promise.step.option("needs_times", False))
            case "not answered" | "ended":  # what travels on the card of another step comes only with it
                return bool(promise.step.option("fold_into", ""))
            case "snoozed":
                asked = self._seen.snoozed.get(promise.person)
                return not self._had_time(promise) or (asked is not None and asked <= promise.last)
            case "nobody to meet":
                return any(not course.seats.get(role) for role in (*promise.step.people, *promise.step.who))
            case _:
                return False

    def _had_time(self, promise: Promise) -> bool:
        """Tell whether the person worked on any day on which this would have been in time."""
        person = self._people[promise.person]
        return any(True for _ in working_days(person, promise.day, promise.last))

    def _was_full(self, promise: Promise) -> bool:
        """Tell whether the person had as many messages as may interrupt, on every day on which they worked."""
        person = self._people[promise.person]
        days = [local(person, at).date() for at in self._seen.messages.get(promise.person, ())]
        asked_on = working_days(person, promise.day, min(promise.last, promise.day + 6 * _DAY))
        return all(days.count(day) >= A_DAY or _in_week(days, day) >= A_WEEK for day in asked_on)

    def _was_told_of_a_case(self, promise: Promise, course: Course) -> bool:
        """Tell whether a coordinator was shown a case about this very thing."""
        mark, run = f".{promise.step.id}.{promise.occurrence}", f"{course.id}/case/"
        hr = course.seats.get("coordinator", ())
        return any(p in hr and about.startswith(run) and mark in about for p, about in self._seen.shown)


def _in_week(days: Sequence[date], day: date) -> int:
    week = day.isocalendar()[:2]
    return sum(1 for one in days if one.isocalendar()[:2] == week)
