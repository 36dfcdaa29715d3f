"""What a kind of step, a verb and a command are. Each conversation module lists its own in plain dicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.content import Card, Role, Say
from bot.events import Pressed, Submitted
from bot.facts import StepState
from bot.outcome import Outcome
from flows.programme import Programme
from flows.scene import Desk, Scene

Act = Pressed | Submitted


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something the bot does by itself at an instant."""

    at: datetime
    action: str  # "open", "nudge", "partner", "alert", "expire", "phase", or a kind's own
    step: str = ""
    occurrence: str = ""
    person: str = ""
    ref: str = ""  # what a kind's own action is about, such as a meeting's id
    late: bool = False  # its time has passed for good: recorded as skipped, never sent


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """
    Somebody who says what is due, from the facts in `reads` and the hour; nobody else is told that these changed.

    `reads` names families of records, or parts of one: `steps:checkin` and `meetings:review` by step or its kind,
    `answers:private` by kind, `cases:silence` by signal. Besides there are `occurrences` (which steps were opened,
    not how they stand), `phase`, `busy` (the other meetings of these people), `today` (anybody's local day), `begun`
    (a meeting has), and `now`, for a due that moves on with the hour. Enrolment, seats and people are read by all.
    """

    name: str
    reads: frozenset[str]
    due: Callable[[Scene], Iterable[Due]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of step: how its card looks, and what else happens when it opens."""

    card: Callable[[Scene, StepState], Card | None]  # for the state's person; None: there is nothing to show
    nudge: Callable[[Scene, StepState], Say] | None = None  # one line above the card that is shown again
    opened: Callable[[Scene, StepState], Outcome] | None = None  # in place of sending the card
    due: Source | None = None  # what the kind's own records wait for
    act: Callable[[Scene, Due], Outcome] | None = None  # carries out the kind's own dues
    always: Source | None = None  # what may not wait for a pause's end, nor stop at the end
    last: Callable[[Programme], tuple[Source, ...]] | None = None  # asked only where nothing else is due
    tells: bool = False  # only tells something: done as soon as it is sent
    yields_to_review: bool = False  # not asked in a week with a review (MISSION, weekly rhythm)
    private: bool = False  # whether it is open is nobody else's business: never told to the partner


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """What a button or form does in one enrolment; idempotent. Nobody outside `roles` may."""

    run: Callable[[Scene, Act], Outcome]
    roles: tuple[Role, ...]
    needs: tuple[str, ...] | None = None  # families of records, None = all
    whole: bool = False  # gets the pair unreduced, but for others' words, and shows each person their view
    opens: bool = False  # and gets those, too: what opens seals
    busy: bool = (
        False  # knows when these people meet others, and is alone with their calendars until it is stored
    )
    elsewhere: bool = False  # also gets the actor's other running pairs, to lead on from one to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskVerb:
    """What a button or form does for a person across their enrolments."""

    run: Callable[[Desk, Act], Outcome]
    needs: tuple[str, ...] | None = None
    house: bool = False  # knows everybody and how busy mentors are; for coordinators alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A word after `/mentor`; `roles` empty means everyone."""

    run: Callable[[Desk, str], Outcome]
    help: Say
    usage: str = ""
    roles: tuple[Role, ...] = ()
    needs: tuple[str, ...] | None = None
    house: bool = False  # as of DeskVerb


EVERYONE: tuple[Role, ...] = ("mentee", "mentor", "head", "coordinator", "director")
