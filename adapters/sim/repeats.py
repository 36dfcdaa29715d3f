"""What a person is asked or told once too often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.sim.answered import Answered
from adapters.sim.days import local
from adapters.sim.player import Act
from adapters.sim.reading import Part, abouts, sentences
from bot.facts import Person
from bot.outcome import Reply
from flows.programme import Programme, Step

# The same words without a question, to the same person, within this: told twice.
_TWICE = timedelta(days=2)
# Steps that only tell: their words come once, whenever.
_TELL = frozenset({"note", "guide"})


@dataclass(frozen=True, slots=True)
class Touch:
    """That somebody acted upon something."""

    at: datetime
    by: str
    verb: str


class Repeats:
    """Remember what everybody was asked and told in new messages; `touched` is what was last acted upon."""

    def __init__(
        self, programme: Programme, touched: Mapping[str, Touch], runs: Mapping[str, Collection[str]]
    ) -> None:
        self._touched = touched
        self._runs = runs  # of each person
        self._steps = {s.id: s for s in programme.steps()}
        self._by_words = {
            texts[0][1]: step.nudges
            for step in programme.steps()
            for texts in (step.title, *(t for _, t in step.text))
            if texts and step.nudge_after
        }
        self._once = frozenset(
            texts[0][1]
            for step in programme.steps()
            if step.kind in _TELL and not step.when.every
            for _, texts in step.text
            if texts
        )
        self._answered = Answered()
        self._asked: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
        self._told: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        self._cases: dict[str, dict[str, datetime]] = defaultdict(dict)  # when whom was told of a case
        self._recurring: dict[tuple[str, ...], set[str]] = defaultdict(set)
        self._first_asked: dict[tuple[str, str], datetime] = {}

    def did(self, at: datetime, person: str, act: Act, reply: Reply) -> None:
        """See somebody act, which may answer what they were asked."""
        self._answered.did(at, person, act, reply)

    def took(self, to: Person, at: datetime, found: Collection[Part]) -> Iterator[str]:
        """See a new message arrive, and yield what is in it once too often."""
        for part in found:
            questions = tuple(part.questions())
            for verb, ref in questions:
                yield from self._asked_again(to.id, at, verb, ref)
                yield from self._asked_beside(to, at, ref)
            if not questions:
                yield from self._told_twice(to.id, at, part)
            yield from self._answered_already(to.id, part)
            yield from self._case_again(to.id, at, part)

    def unpromised(
        self, promised: Collection[tuple[str, str]], runs: Collection[str]
    ) -> Iterator[tuple[str, str, datetime]]:
        """Yield (person, what, when) for recurring questions that the programme does not have; of these runs only."""
        for (person, about), at in self._first_asked.items():
            if about.partition("/")[0] in runs and (person, about) not in promised:
                yield person, about, at

    # --- asked

    def _asked_again(self, person: str, at: datetime, verb: str, ref: str) -> Iterator[str]:
        """Find a question asked more often than nudges may; a slot to choose is a new one once somebody moved it."""
        before = self._asked[person, verb, ref]
        touched = self._touch(ref)
        if before and touched and touched.at >= before[-1] and (touched.by, touched.verb) != (person, verb):
            before = []
        if len(before) > self._nudges(ref):
            yield f"asked again: {verb} {ref}"
        self._asked[person, verb, ref] = [*before, at]

    def _asked_beside(self, to: Person, at: datetime, ref: str) -> Iterator[str]:
        """Find what recurs asked for two of its times on one day or in one week of the receiver's."""
        pieces = ref.partition(":")[2].split("/")
        step = self._step(pieces)
        if step is None or not step.when.every or step.shared:
            return
        self._first_asked.setdefault((to.id, "/".join(pieces[:3])), at)
        day = local(to, at).date()
        period = day.isoformat() if step.when.every == "day" else "{}-{}".format(*day.isocalendar()[:2])
        occurrence, _, other = pieces[2].partition(".")
        seen = self._recurring[to.id, *pieces[:2], other, period]
        seen.add(occurrence)
        if len(seen) > 1:
            yield f"asked for {' and '.join(sorted(seen))} at once: {ref}"

    def _answered_already(self, person: str, part: Part) -> Iterator[str]:
        for (verb, ref), answered in self._answered.again(person, part):
            touched = self._touch(ref)
            # Somebody else has acted upon it since, or anybody has moved the meeting: then it is asked anew.
            anew = touched is not None and (touched.by != person or touched.verb.startswith("meeting."))
            if not (touched and anew and touched.at >= answered):
                yield f"asked although answered: {verb} {ref}"

    # --- told

    def _told_twice(self, person: str, at: datetime, part: Part) -> Iterator[str]:
        """Find the same words to the same person once more: within days, or ever where a step only tells them."""
        lasts = any(said in self._once for said in sentences(part.line))
        before = [t for t in self._told[person, part.line] if lasts or at - t < _TWICE]
        # Words that name nobody are the same for each of a person's pairs.
        pairs = len(self._runs.get(person, ())) if lasts and '"PersonName"' not in part.line else 1
        if len(before) >= pairs + self._repeats(part) and not self._touched_since(person, before[-1], part):
            yield f"told twice: {part.title!r}, before at {before[-1]:%d %b %H:%M}"
        self._told[person, part.line] = [*before, at]

    def _case_again(self, person: str, at: datetime, part: Part) -> Iterator[str]:
        """Find a case told twice, whatever the words; it may come back from a colleague, or as it was put aside."""
        for about in {ref.partition(":")[2] for verb, ref in part.controls() if verb.startswith("case.")}:
            told = self._cases[about]
            before, touched = told.get(person), self._touched.get("/".join(about.split("/")[:3]))
            if before is not None and max(told.values()) == before:
                anew = touched is not None and touched.at >= before
                if not (touched and anew and (touched.by != person or "snooze" in touched.verb)):
                    yield f"told twice of {about}, before at {before:%d %b %H:%M}"
            told[person] = at

    # --- what may be repeated

    def _repeats(self, part: Part) -> int:
        """Return how often nudges may show this again: of the step it names by a ref or by its own words."""
        named = [self._nudges(f":{about}") for about in abouts(part.line)]
        worded = [self._by_words.get(said, 0) for said in sentences(part.line)]
        return max((*named, *worded), default=0)

    def _touched_since(self, person: str, before: datetime, part: Part) -> bool:
        """Tell whether somebody else has meanwhile done something about this, such as handing it back."""
        acted = (self._touched.get(about) for about in abouts(part.line))
        return any(touched is not None and touched.at >= before and touched.by != person for touched in acted)

    def _touch(self, ref: str) -> Touch | None:
        return self._touched.get("/".join(ref.partition(":")[2].split("/")[:3]))

    def _nudges(self, ref: str) -> int:
        """Return how often the programme says that this may be asked again."""
        step = self._step(ref.partition(":")[2].split("/"))
        if step is not None and step.option("fold_into", ""):
            step = self._steps.get(str(step.option("fold_into", "")))  # it comes along whenever that one does
        return step.nudges if step is not None and step.nudge_after else 0

    def _step(self, pieces: list[str]) -> Step | None:
        return self._steps.get(pieces[1]) if len(pieces) > 2 else None
