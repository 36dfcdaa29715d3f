"""What somebody decided for a pair: a change that nobody made, or an end that nobody asked for, excuses nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from adapters.sim.days import local
from adapters.sim.player import Act
from adapters.sim.promises import Course, ends_on
from bot.facts import Person, Span, StepChange
from bot.outcome import CloseForm, FixForm, Nothing, Reply
from flows.programme import Programme

_ENDS = frozenset({"closing.finish", "closing.stopped"})


class Decisions:
    """Remember what people changed for each pair, and hold against it how the pair is said to have ended."""

    def __init__(self, programme: Programme, people: Mapping[str, Person]) -> None:
        self._programme = programme
        self._people = people
        self._changes: dict[str, Counter[str]] = defaultdict(Counter)  # by run, how many of which kind
        self._pauses: dict[str, set[date]] = defaultdict(set)  # by run, the days on which one was to begin
        self._ended: dict[str, datetime] = {}

    def did(self, at: datetime, act: Act, reply: Reply) -> None:
        """See somebody act."""
        if isinstance(reply, FixForm | Nothing):
            return
        run = act.ref.partition(":")[2].partition("/")[0]
        if act.verb in _ENDS:
            self._ended.setdefault(run, at)
        elif act.verb == "pair.changed":
            self._changes[run][str(dict(act.values).get("what", ""))] += 1
        elif act.verb == "care.pause":
            self._pauses[run].add(date.fromisoformat(str(dict(act.values)["first"])))
        elif act.verb == "review.decide" and act.value.startswith("extend"):
            self._changes[run]["extend"] += 1

    def leave(self, act: Act, reply: Reply) -> Span | None:
        """Return the leave that somebody has just taken, if they have."""
        if act.verb != "care.leave" or not isinstance(reply, CloseForm):
            return None
        days = dict(act.values)
        return Span(date.fromisoformat(str(days["first"])), date.fromisoformat(str(days["last"])))

    def borne_out(self, before: Course, after: Course) -> Course:
        """Return a run as it ended, without what nobody decided."""
        made = self._changes[before.id]
        start = after.start if made["start"] else before.start
        seen: Counter[str] = Counter()
        changes: list[StepChange] = []
        for change in after.changes:
            seen[change.kind] += 1
            if seen[change.kind] <= made[change.kind]:
                changes.append(change)
        pauses = tuple(pause for pause in after.pauses if pause.first in self._pauses[before.id])
        course = replace(after, start=start, changes=tuple(changes), pauses=pauses)
        return course if self._may_end(course) else replace(course, over=None)

    def _may_end(self, course: Course) -> bool:
        """Tell whether a run ended on the day of its closing or later, or as somebody asked for it."""
        if course.over is None:
            return True
        asked = self._ended.get(course.id)
        mentee = self._people[course.seats["mentee"][0]]
        if asked is not None and course.over >= local(mentee, asked).date():
            return True
        return course.over >= ends_on(self._programme, course, mentee)
