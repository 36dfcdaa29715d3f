"""Who sees what: MISSION's table, enforced here and nowhere else. Deny by default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import compress
from operator import is_
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from bot.content import Audience, Role
from bot.facts import (
    NOT_LOADED,
    Answer,
    AnswerKind,
    Case,
    Note,
    Pair,
    Passed,
    Person,
    Review,
    StepState,
)

T = TypeVar("T")
Roles = frozenset[Role]

# Who may see an answer of a kind at all; what was said when it was asked (`Answer.seen_by`) narrows it:
# check-in words are opened by the mentee's ticks and stay closed without.
TABLE: Mapping[AnswerKind, Audience] = MappingProxyType(
    {
        "checkin_scale": ("author", "coordinator"),
        "checkin_words": ("author", "mentor", "coordinator"),
        "daily_look": ("author", "coordinator", "mentee"),  # the mentee from the mentor's turn on
        "feedback": ("author", "mentee", "coordinator"),  # the head reads it in the digest
        "going": ("author", "coordinator"),
        "review": ("author", "mentee", "mentor", "coordinator"),  # opened, and who was in it
        "private": ("author", "coordinator"),
        "fit": ("author", "coordinator"),
        "evaluation": ("author", "coordinator"),
        "satisfaction": ("author", "coordinator"),
        "ease": ("author", "coordinator"),
        "competency": ("author", "mentee", "mentor", "coordinator"),
        "note": ("author", "mentee", "mentor", "coordinator"),
    }
)

# What a review opens though it is not sealed in one.
_OPENED_IN_REVIEWS: frozenset[AnswerKind] = frozenset({"daily_look"})
_INSIDE: Roles = frozenset({"mentee", "mentor", "coordinator"})
_PART_OF_THE_PAIR: Roles = frozenset({"mentee", "mentor", "head"})


def seen_by(pair: Pair, viewer: Person) -> Pair:
    """Return the pair with only what this person may see."""
    return View(pair, viewer).of(pair)


class Seen(NamedTuple):
    """What was decided of one family of records; it holds for these very records, which never change."""

    records: tuple[Any, ...]
    rests_on: tuple[Any, ...]  # another family that the decisions rest on, empty where there is none
    decisions: bytes  # 1 where a record is seen
    kept: tuple[Any, ...]


class View:
    """
    How one person looks at a pair, for as long as the same people sit in the same seats.

    What was decided of a record holds as long as the family on which the decision rests is the same: of the next
    look at the pair only what is new is decided.
    """

    def __init__(self, pair: Pair, viewer: Person) -> None:
        self._seats = pair.seats
        self._everybody = pair.people
        self._viewer = viewer.id
        self._roles = roles = view_of(pair, viewer)
        self._inside = bool(roles & _INSIDE)
        self._work = self._inside or "head" in roles  # plan, goals, tasks and documents
        self._others = _others(pair, viewer, roles)
        self._people = tuple(_person(p, viewer, roles) for p in pair.people)
        self._seen: dict[str, Seen] = {}
        self._known: dict[tuple[object, ...], bool] = {}  # of answers that no review opens
        self._last: Pair | None = None

    def holds_for(self, pair: Pair) -> bool:
        """Tell whether the same people sit in the same seats of this pair."""
        return pair.seats is self._seats and pair.people == self._everybody

    def of(self, pair: Pair) -> Pair:
        """Return the pair with only what the viewer may see."""
        viewer, roles, others, inside, work = (
            self._viewer, self._roles, self._others, self._inside, self._work,
        )  # fmt: skip
        # Goals and plan of a group are made together, so that its mentees see each other's; a head sees whom they lead.
        led = frozenset() if inside else others
        kept = self._kept
        reduced = Pair(
            enrolment=pair.enrolment,
            seats=pair.seats,
            people=self._people,
            steps=self._steps(pair),
            answers=self._answers(pair),
            meetings=kept("meetings", pair.meetings, lambda m: viewer in m.people or "coordinator" in roles),
            reviews=_all_or_none(pair.reviews, inside),
            goals=kept("goals", pair.goals, lambda g: work and g.by not in led),
            plan=kept("plan", pair.plan, lambda i: work and i.owner not in led),
            tasks=kept("tasks", pair.tasks, lambda t: work and t.about not in others),
            ticks=kept(
                "ticks",
                pair.ticks,
                lambda t: work and (not others or about_in(t.id.split("/")[2]) not in others),
            ),
            agreements=_all_or_none(pair.agreements, inside),
            cases=kept("cases", pair.cases, lambda c: _case(pair, c, viewer, roles)),
            notes=kept("notes", pair.notes, lambda n: _note(pair, n, viewer, roles)),
            passed=kept(
                "passed",
                pair.passed,
                lambda p: bool(roles & {"head", "mentee"}) and named_in(p) not in others,
            ),
        )
        if self._last is not None:
            reduced.know_what(self._last)
        self._last = reduced
        return reduced

    def _steps(self, pair: Pair) -> tuple[StepState, ...]:
        viewer, others = self._viewer, self._others
        if self._inside and not others:
            return pair.steps
        if self._inside:
            return self._kept(
                "steps", pair.steps, lambda s: s.person == viewer or about_in(s.occurrence) not in others
            )
        return self._kept(
            "steps", pair.steps, lambda s: s.person == viewer or _takes_part(pair, s, viewer), pair.meetings
        )

    def _answers(self, pair: Pair) -> tuple[Answer, ...]:
        """Return the answers the viewer may see; what the decision rests on is the same for very many of them."""
        by_reviews: dict[tuple[object, ...], bool] = {}

        def seen(answer: Answer) -> bool:
            if answer.person == self._viewer:
                return True
            waits = answer.sealed_in or answer.kind in _OPENED_IN_REVIEWS
            known = by_reviews if waits else self._known
            stage = _stage(answer) if answer.sealed_in else ""
            rests_on = (answer.kind, answer.seen_by, answer.about, answer.sealed_in, stage)
            may = known.get(rests_on)
            if may is None:
                may = known[rests_on] = _may_see(pair, answer, self._viewer, self._roles)
            return may

        def again(decisions: bytes, before: tuple[Review, ...]) -> bytes:
            moved, made = _moved(before, pair.reviews), bytearray(decisions)
            for at, answer in enumerate(pair.answers):
                if answer.sealed_in in moved or answer.kind in _OPENED_IN_REVIEWS:
                    made[at] = seen(answer)
            return bytes(made)

        return self._kept("answers", pair.answers, seen, pair.reviews, again)

    def _kept(
        self,
        family: str,
        records: tuple[T, ...],
        wanted: Callable[[T], bool],
        rests_on: tuple[Any, ...] = (),
        again: Callable[[bytes, tuple[Any, ...]], bytes] | None = None,
    ) -> tuple[T, ...]:
        """
        Return the wanted records; a family that was not loaded stays so.

        `again` decides once more what may have changed with what it rests on; without it, everything is.
        """
        if not records:
            return records
        known = self._seen.get(family)
        alike = known is not None and _alike(known.rests_on, rests_on)
        if known is None or not (alike or again):
            decisions = bytes(map(wanted, records))
        elif alike and known.records is records:
            return known.kept
        else:
            decisions = _decided(records, known, wanted)
            if again is not None and not alike:
                decisions = again(decisions, known.rests_on)
        kept = records if all(decisions) else tuple(compress(records, decisions))
        # In one go: of two threads that look at once each has what fits together.
        self._seen[family] = Seen(records, rests_on, decisions, kept)
        return kept


def _decided(records: tuple[T, ...], known: Seen, wanted: Callable[[T], bool]) -> bytes:
    """Decide what is new between the first records and the last ones, which are the same ones as before."""
    first = _same(records, known.records)
    rest, before = records[first:], known.records[first:]
    last = _same(rest[::-1], before[::-1])
    new = bytes(map(wanted, rest[: len(rest) - last]))
    return known.decisions[:first] + new + known.decisions[len(known.records) - last :]


def _alike(these: tuple[object, ...], those: tuple[object, ...]) -> bool:
    """Tell whether a family is the same; one that was not loaded is never like one that is empty."""
    return these is those or (type(these) is type(those) and these == those)


def _moved(before: tuple[Review, ...], now: tuple[Review, ...]) -> set[str]:
    """Return which reviews stand elsewhere than before, came or went; of some not loaded, all that are known."""
    was, are = ({r.id: r for r in found} if found else {} for found in (before, now))
    return {one for one in was.keys() | are.keys() if was.get(one) != are.get(one)}


def _same(these: tuple[object, ...], those: tuple[object, ...]) -> int:
    """Return how many records are the same ones, from the first on."""
    same = list(map(is_, these, those))
    return same.index(False) if False in same else len(same)


# --- one of several mentees ------------------------------------------------------------------------


def _others(pair: Pair, viewer: Person, roles: Roles) -> frozenset[str]:
    """Return the mentees whose own things this person does not see, where there are several."""
    if roles & {"mentor", "coordinator"}:
        return frozenset()
    theirs = {p.id for p in led_by(pair, viewer)} if "head" in roles else set()
    mentees = {s.person for s in pair.seats if s.role == "mentee"}
    return frozenset(mentees - theirs - {viewer.id})


def led_by(pair: Pair, head: Person) -> tuple[Person, ...]:
    """Return the mentees a head leads: those whose manager they are, or all where no manager is one of the heads."""
    mentees = pair.seated("mentee")
    heads = {h.id for h in pair.seated("head")}
    if any(m.manager in heads for m in mentees):
        return tuple(m for m in mentees if m.manager == head.id)
    return mentees


def heads_of(pair: Pair, mentee: Person) -> tuple[Person, ...]:
    """Return the heads who lead a mentee and are here."""
    return tuple(h for h in pair.seated("head") if h.active and mentee.id in {m.id for m in led_by(pair, h)})


def about_in(occurrence: str) -> str:
    """Return the person whom an occurrence is about, "" where it is about nobody in particular."""
    return occurrence.partition(".")[2]


def named_in(passed: Passed) -> str:
    """Return the mentee whom something passed on names, or a word that is nobody's id where it is about all."""
    return about_in(passed.id.rpartition("/")[2])


def for_the_bot(pair: Pair) -> Pair:
    """Return what signals and reports may use: no sealed answer, except those that only go back."""
    if pair.answers is NOT_LOADED:
        return pair
    closed = {a.id for a in pair.answers if a.sealed_in and sealed(pair, a) and not _goes_back(pair, a)}
    return replace(pair, answers=tuple(a for a in pair.answers if a.id not in closed)) if closed else pair


def without_words(pair: Pair, viewer: Person) -> Pair:
    """Return the pair with all that was answered, and of what this person may not see only that it was."""
    if pair.answers is NOT_LOADED:
        return pair
    roles = view_of(pair, viewer)
    answers = tuple(
        a if _may_see(pair, a, viewer.id, roles) else replace(a, value="") for a in pair.answers
    )  # fmt: skip
    return replace(pair, answers=answers)


def view_of(pair: Pair, viewer: Person) -> Roles:
    """Return the roles in which a person looks at a pair; a coordinator who is part of it is none here."""
    roles = frozenset(pair.roles_of(viewer.id))
    return roles - {"coordinator"} if roles & _PART_OF_THE_PAIR else roles


# --- answers ---------------------------------------------------------------------------------------


def may_see(pair: Pair, answer: Answer, viewer: Person) -> bool:
    """Tell whether a person may see an answer: its author always; others by seal, table and promise."""
    return _may_see(pair, answer, viewer.id, view_of(pair, viewer))


def _may_see(pair: Pair, answer: Answer, viewer: str, roles: Roles) -> bool:
    if answer.person == viewer:
        return True
    allowed = [role for role in roles if role in answer.seen_by and role in TABLE.get(answer.kind, ())]
    if not allowed or sealed(pair, answer):
        return False
    return any(_may_as(pair, answer, viewer, role) for role in allowed)


def _may_as(pair: Pair, answer: Answer, viewer: str, role: Role) -> bool:
    """Tell whether a person may see an answer in one of the roles that the table allows."""
    match answer.kind:
        case "daily_look" if role == "mentee":
            return answer.about in ("", viewer) and _mentors_turn_reached(pair)
        case "feedback" if role == "mentee":
            return answer.about in ("", viewer)
        case "competency" if role == "mentee":
            return answer.about == viewer or (not answer.about and len(pair.seated("mentee")) == 1)
        case "note" if role in ("mentee", "mentor"):
            return answer.about in ("", viewer)  # one thing learned is for the one it was written to
        case "review":
            return _was_in_review(pair, answer, viewer, role)
        case _:
            return True


def sealed(pair: Pair, answer: Answer) -> bool:
    """Tell whether an answer for a review is still closed: until the review comes to the answer's stage.

    The stage is the part of the field before the colon: `mentor:good` opens in the mentor's turn.
    """
    if not answer.sealed_in:
        return False
    review = None if pair.reviews is NOT_LOADED else pair.review(answer.sealed_in)
    return review is None or not reached(review, _stage(answer))


def _stage(answer: Answer) -> str:
    return answer.field.partition(":")[0]


def reached(review: Review, stage: str) -> bool:
    """Tell whether a review has come to a stage; one that does not begin, or lacks the stage, never does."""
    if review.state not in ("running", "closed") or stage not in review.stages:
        return False
    return review.stage >= review.stages.index(stage)


def called_off(pair: Pair, review: Review) -> bool:
    """Tell whether a review will not be held: cancelled, left out for this pair, or the pair has ended."""
    if review.state in ("closed", "cancelled"):
        return review.state == "cancelled"
    left_out = any(c.kind == "skip" and c.step == review.step for c in pair.enrolment.changes)
    return left_out or pair.enrolment.state in ("closed", "stopped")


def _goes_back(pair: Pair, answer: Answer) -> bool:
    """Tell whether an answer waits for nothing but its way back to its author."""
    review = None if pair.reviews is NOT_LOADED else pair.review(answer.sealed_in)
    return review is not None and called_off(pair, review)


def _mentors_turn_reached(pair: Pair) -> bool:
    """Tell whether the first week's review, which asks for expectations, has come to the mentor's turn."""
    if pair.reviews is NOT_LOADED:
        return False
    return any("expectations" in review.stages and reached(review, "mentor") for review in pair.reviews)


def _was_in_review(pair: Pair, answer: Answer, viewer: str, role: Role) -> bool:
    """Tell whether a person was in the review of an answer: its chair, or mentee or mentor at the time."""
    review = pair.review(answer.sealed_in) if answer.sealed_in else None
    if review is None:
        return not answer.sealed_in
    if role == "coordinator":
        return review.chair in ("", viewer)
    since = [s.since for s in pair.seats if s.person == viewer and s.role == role and s.until is None]
    return any(s is None or review.closed_at is None or s <= review.closed_at for s in since)


# --- the other records -----------------------------------------------------------------------------


def _all_or_none(records: tuple[T, ...], wanted: bool) -> tuple[T, ...]:
    return records if wanted or records is NOT_LOADED else ()


def _person(person: Person, viewer: Person, roles: Roles) -> Person:
    """Hide what a person said or set for themselves; to the director also where they stand in the house."""
    if person.id == viewer.id or "coordinator" in roles:
        return person
    said = person.at_ease is not None or person.snoozed_until is not None
    shown = replace(person, at_ease=None, snoozed_until=None) if said else person
    return replace(shown, department="", manager="") if roles <= {"director"} else shown


def _takes_part(pair: Pair, state: StepState, viewer: str) -> bool:
    """Tell whether a shared step is about a meeting to which the viewer is invited."""
    if state.person or pair.meetings is NOT_LOADED:
        return False
    meeting = pair.meeting(f"{state.enrolment}/{state.step}/{state.occurrence}")
    return meeting is not None and viewer in meeting.people


def _case(pair: Pair, case: Case, viewer: str, roles: Roles) -> bool:
    """A case is for who asked for help, and for coordinators who are not part of the matter."""
    if case.by and case.by == viewer:
        return True
    if set(pair.roles_of(viewer)) & _PART_OF_THE_PAIR:
        return False
    return "coordinator" in roles or case.owner == viewer


def _note(pair: Pair, note: Note, viewer: str, roles: Roles) -> bool:
    """A note is for its two people; one to a coordinator also for the coordinator who steps in."""
    if viewer in (note.by, note.to):
        return True
    return "coordinator" in roles and any(s.person == note.to and s.role == "coordinator" for s in pair.seats)
