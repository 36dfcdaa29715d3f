"""Whose words are still closed: typed before a review, until the chair comes to their author's turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.sim.player import Act
from adapters.sim.promises import Course
from adapters.sim.reading import markers
from bot.outcome import ReplaceCard, Reply
from flows.programme import Programme, Step

_AHEAD = -1


@dataclass(frozen=True, slots=True)
class _Seal:
    """Who typed something, and which stage of which review opens it, for whom it is sealed."""

    author: str
    review: str
    stage: str
    role: str = ""  # sealed for this role only, "" for everybody


class Seals:
    """Keep every sealed word with its author, and open it when its turn comes.

    What is typed in a review's form opens with the stage that its question names. The daily looks of the
    first week open for the mentee in the mentor's turn of the review that asks for expectations.
    """

    def __init__(self, programme: Programme, courses: Mapping[str, Course]) -> None:
        self._stages = {s.id: _stages(s) for s in programme.steps() if s.kind == "review"}
        self._daily = frozenset(s.id for s in programme.steps() if s.kind == "daily")
        self._first = next(
            (s for s, stages in self._stages.items() if {"expectations", "mentor"} <= set(stages)), ""
        )
        self._courses = courses
        self._at: dict[str, int] = {}
        self._sealed: dict[str, _Seal] = {}

    def did(self, person: str, act: Act, reply: Reply) -> None:
        """See what somebody typed or pressed, and whether it was taken."""
        about = act.ref.partition(":")[2].split("/")
        if act.kind == "submit" and len(about) > 2:
            self._typed(person, act, about)
        elif act.verb in ("review.start", "review.next", "review.close") and isinstance(reply, ReplaceCard):
            review = "/".join(about[:3])
            reached = int(act.value) if act.verb == "review.next" and act.value.isdigit() else 0
            if act.verb == "review.close":
                reached = len(self._stages.get(about[1], ()))
            self._at[review] = max(reached, self._at.get(review, _AHEAD))

    def _typed(self, person: str, act: Act, about: list[str]) -> None:
        course, step, occurrence = about[:3]
        for key, value in act.values:
            if not isinstance(value, str):
                continue
            for word in markers(value):
                if act.verb == "review.tell":
                    self._sealed[word] = _Seal(person, f"{course}/{step}/{occurrence}", key.partition(":")[0])
                elif step in self._daily and self._first:
                    self._sealed[word] = _Seal(person, f"{course}/{self._first}/once", "mentor", "mentee")

    def is_over(self, ref: str, key: str) -> bool:
        """Tell whether a review is past the stage of a question: what is said there now is for the record."""
        about = ref.partition(":")[2].split("/")[:3]
        stages = self._stages.get(about[1], ()) if len(about) > 2 else ()
        stage = key.partition(":")[0]
        return stage in stages and self._at.get("/".join(about), _AHEAD) > stages.index(stage)

    def is_closed(self, ref: str, key: str) -> bool:
        """Tell whether a question belongs to a stage of a review that has not come yet."""
        about = ref.partition(":")[2].split("/")[:3]
        stages = self._stages.get(about[1], ()) if len(about) > 2 else ()
        stage = key.partition(":")[0]
        return stage in stages and self._at.get("/".join(about), _AHEAD) < stages.index(stage)

    def broken_by(self, viewer: str, word: str) -> str:
        """Return what was revealed too early if this person may not read this word yet, else ""."""
        seal = self._sealed.get(word)
        if seal is None or viewer == seal.author:
            return ""
        course, step, _ = seal.review.split("/")
        if seal.role and viewer not in self._courses[course].seats.get(seal.role, ()):  # type: ignore[call-overload]
            return ""
        stages = self._stages.get(step, ())
        opens = stages.index(seal.stage) if seal.stage in stages else len(stages)
        if self._at.get(seal.review, _AHEAD) >= opens:
            return ""
        return f"{seal.stage} of {seal.review}, typed by {seal.author}"


def _stages(step: Step) -> tuple[str, ...]:
    stages = step.option("stages", ())
    return tuple(str(stage) for stage in stages) if isinstance(stages, tuple) else ()
