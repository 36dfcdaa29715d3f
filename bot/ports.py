"""What the core needs from the outside: a channel, a store, a clock; and the errors a channel may raise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeVar, runtime_checkable

from bot.content import Content
from bot.events import Address, Event
from bot.facts import Case, Pair, Person
from bot.outcome import Change, Reply, Send

T = TypeVar("T")

# --- channel ---------------------------------------------------------------------------------


class Refused(Exception):
    """The platform will never take this message (blocked, too large, gone): do not try again."""


class Throttled(Exception):
    """
    The platform asks to wait: surely not delivered. `seconds` is how long.

    With `everybody` the whole workspace waits, as while its token is not valid.
    """

    def __init__(self, seconds: float, *, everybody: bool = False, why: str = "throttled") -> None:
        super().__init__(f"try again in {seconds:g} s")
        self.seconds = seconds
        self.everybody = everybody
        self.why = why


class Unreachable(Exception):
    """
    The person cannot be reached here (left, app removed): a visible state, never a loop.

    `trouble` is one of facts.TROUBLES, so that the coordinator reads what to do.
    """

    def __init__(self, why: str = "", trouble: str = "") -> None:
        super().__init__(why)
        self.trouble = trouble


class Unsure(Exception):
    """The request left and no answer came: it may or may not have been delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to hand to a channel: content not yet localised, and whom it is for."""

    id: str  # the outbox row that leads; for logs and, where the platform can, message metadata
    to: Person
    content: Content
    replaces: str = ""  # the platform's id of the message to update in place, "" for a new one


class Channel(Protocol):
    """Deliver one message; raise Refused, Throttled, Unreachable or Unsure; any other error counts as Unsure."""

    name: str

    async def deliver(self, delivery: Delivery) -> str:
        """Send or update a message and return the platform's id of it."""
        ...


@runtime_checkable
class Gathering(Channel, Protocol):
    """A channel that may know conversations of several people: whether it does is said by `groups`."""

    groups: bool


@runtime_checkable
class Calling(Channel, Protocol):
    """A channel whose own app opens a chat, or a video call, of people by a link."""

    def chat_link(self, people: Sequence[Person]) -> str:
        """Return the address that opens a chat with these people, for whoever opens it; "" where there is none."""
        ...

    def call_link(self, people: Sequence[Person]) -> str:
        """Return the address that begins a video call of these people; "" where there is none."""
        ...


# --- pages -----------------------------------------------------------------------------------


class Links(Protocol):
    """Make addresses of our own web pages, each for one person and signed, so that no other opens what is theirs."""

    def to(self, page: str, person: Person) -> str:
        """
        Return the address of a page: "home", "calendar" (a feed to subscribe to) or "file/ROW" (of the outbox).

        "" where there is none. A link to the home signs in once and soon ends; a feed's holds as long as
        `person.feed` stays as it is.
        """
        ...


# --- clock -----------------------------------------------------------------------------------


class Clock(Protocol):
    """Tell the time, as aware UTC."""

    def now(self) -> datetime:
        """Return the present instant."""
        ...


# --- what receives ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answered:
    """The reply to an event and who gets it, so that an adapter knows language and zone; None: nobody known."""

    reply: Reply
    to: Person | None


Receive = Callable[[Event], Awaitable[Answered]]

# --- store -----------------------------------------------------------------------------------

QueuedState = Literal["pending", "sending", "sent", "failed", "dropped", "doubtful", "held"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A row of the outbox."""

    id: int
    send: Send
    state: QueuedState
    attempts: int = 0
    why: str = ""  # the reason of dropped, failed, doubtful, held
    sent_at: datetime | None = None
    message: str = ""  # the platform's id once sent
    channel: str = ""
    lead: int = 0  # the row that carried this one in a merged message; 0 = itself
    lease_until: datetime | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A fixed meeting as other pairs may know of it: who is busy, from when to when, and never with whom."""

    enrolment: str
    people: tuple[str, ...]
    starts_at: datetime
    minutes: int

    @property
    def ends_at(self) -> datetime:
        """Return when these people are free again."""
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """What a look at one enrolment came to; `next_look` None = never again."""

    enrolment: str
    now: datetime
    changes: tuple[Change, ...]
    sends: tuple[Send, ...]
    next_look: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How many rows one deletion took; where there is `more`, the next begins behind row `after` of the outbox."""

    rows: int
    after: int
    more: bool


class Work(Protocol):
    """One transaction: the questions flows and the outbox need answered, and the ways to write."""

    # inbox
    def first_time(self, key: str, now: datetime) -> bool:
        """Remember an event's key; return False where it was seen before."""
        ...

    def met(self, address: Address, key: str, now: datetime) -> tuple[Person | None, bool]:
        """
        Return who is known at an address, and whether it is the first time that they come with this event.

        Its key is remembered, as by `first_time`, where somebody is known there.
        """
        ...

    # people and pairs
    def person(self, person_id: str) -> Person | None:
        """Return one person."""
        ...

    def person_at(self, address: Address) -> Person | None:
        """Return who is known at this address, be it the one they chose or another."""
        ...

    def people(self) -> tuple[Person, ...]:
        """Return everybody, by id."""
        ...

    def person_with_email(self, email: str) -> Person | None:
        """Return the one active person with this e-mail address, in whatever case it is written."""
        ...

    def enrolments_of(self, person_id: str) -> tuple[str, ...]:
        """Return the ids of all enrolments, of any state, where the person has a seat now, by id."""
        ...

    def lock_enrolment(self, enrolment_id: str) -> bool:
        """Lock the enrolment's row for this transaction; return False where there is none."""
        ...

    def pairs(self, ids: Sequence[str], needs: Sequence[str] | None = None) -> tuple[Pair, ...]:
        """Load enrolments with the families in `needs` (None = all), in the order of `ids`; one query a family."""
        ...

    def busy(self, people: Sequence[str], after: datetime, before: datetime) -> tuple[Taken, ...]:
        """Return the fixed meetings of any enrolment that these people have between two instants, by (start, id)."""
        ...

    def lock_people(self, people: Sequence[str]) -> None:
        """Lock people's rows, waiting for whoever holds one; taken after enrolments, by id."""
        ...

    def cases_of(self, owner: str) -> tuple[Case, ...]:
        """Return the cases this coordinator owns that are not closed, oldest first."""
        ...

    # programmes
    def programme_text(self, programme: str, version: str) -> str | None:
        """Return the pinned programme file's text."""
        ...

    def keep_programme(self, programme: str, version: str, text: str) -> None:
        """Store a programme file under its id and version, once."""
        ...

    # writing
    def apply(self, changes: Iterable[Change], now: datetime) -> None:
        """Write changes. Every enrolment touched, and for a person every one they sit in, is due for a look at once."""
        ...

    def intend(self, sends: Iterable[Send], now: datetime) -> None:
        """Write outbox rows; a key that is there already is left as it is."""
        ...

    # ticking
    def claim_due(self, now: datetime, most: int) -> tuple[str, ...]:
        """Lock and return enrolments due for a look, by (due, id); rows locked elsewhere are passed over."""
        ...

    def looked(self, enrolment_id: str, now: datetime, next_due_at: datetime | None) -> None:
        """Store when the next look is due (None = never again) and that one happened now."""
        ...

    def advance(self, advances: Sequence[Advance]) -> None:
        """Store what looks came to, as `apply`, `intend` and `looked` would for one after the other."""
        ...

    def push_back(self, enrolment_id: str, until: datetime, error: str) -> None:
        """Postpone an enrolment whose look raised, and remember why."""
        ...

    def failures_of(self, enrolment_id: str) -> int:
        """Return how often in a row an enrolment's look has raised."""
        ...

    def savepoint(self, work: Callable[[], T]) -> T:
        """Run `work` so that its writes are undone if it raises, and only its."""
        ...

    # outbox
    def receivers_due(self, now: datetime, most: int) -> tuple[str, ...]:
        """Return people with pending rows due at `now`, by (due, id)."""
        ...

    def lock_person(self, person_id: str) -> bool:
        """Lock the person's row; return False where another transaction holds it."""
        ...

    def due_rows(self, person_id: str, now: datetime) -> tuple[Queued, ...]:
        """Return the person's pending rows that are due, or may travel with one that is, by (not_before, id)."""
        ...

    def row(self, row_id: int) -> Queued | None:
        """Return one outbox row."""
        ...

    def row_by_key(self, key: str) -> Queued | None:
        """Return the outbox row stored under a Send's key."""
        ...

    def parts_of(self, lead: int) -> tuple[Queued, ...]:
        """Return the rows that one sent message carried, the lead first."""
        ...

    def parts_with(self, key: str) -> tuple[Queued, ...]:
        """Return the rows of the message that carried the row stored under this key, the lead first."""
        ...

    def parts_of_message(self, channel: str, message: str) -> tuple[Queued, ...]:
        """Return the rows that were delivered as this message, the lead first."""
        ...

    def unsettled(self) -> tuple[Queued, ...]:
        """Return the lead rows whose fate is unknown, and those that failed, by id."""
        ...

    def newest_row(self) -> int:
        """Return the number of the newest row, 0 where there is none."""
        ...

    def hold(self, now: datetime, newest: int, why: str) -> int:
        """Hold back the pending rows that are due at `now`, and all after row `newest`; return how many."""
        ...

    def held(self) -> tuple[Queued, ...]:
        """Return the rows that are held back, by id."""
        ...

    def row_of_message(self, channel: str, message: str) -> Queued | None:
        """Return the lead row that was delivered as this platform message."""
        ...

    def rewrite(self, row_id: int, content: Content) -> None:
        """Replace the stored content of a row, after its card was answered."""
        ...

    def settle(
        self,
        row_ids: Sequence[int],
        state: QueuedState,
        now: datetime,
        *,
        why: str = "",
        not_before: datetime | None = None,
        message: str = "",
        channel: str = "",
        lead: int = 0,
        lease_until: datetime | None = None,
        owner: str = "",
    ) -> None:
        """Move rows to a state. `sent` sets sent_at and the delivered_at of the step states they are about."""
        ...

    def expired_leases(self, now: datetime, owner: str) -> tuple[Queued, ...]:
        """Return rows left in `sending` whose lease ran out, or that an earlier run of `owner` left behind."""
        ...

    def interruptions(self, person_id: str, since: datetime) -> tuple[datetime, ...]:
        """Return when the person was interrupted since then: sent lead rows of a kind that is not free."""
        ...

    def state_of(self, step_state_id: str) -> str | None:
        """Return the state of a step's occurrence, None where it is unknown."""
        ...

    def next_instant(self) -> datetime | None:
        """Return the earliest instant at which anything is due: a look or a pending row."""
        ...

    # tidying
    def forget(self, before: datetime, after: int, most: int) -> Forgotten:
        """
        Delete what is older than `before` and needed by nobody, at most so many rows of a kind.

        Keys of events, lines of the audit log, and messages of programmes that ended before then, in which
        nothing is due and no case is open. What is in doubt stays until somebody settles it.
        """
        ...

    # settings
    def setting(self, key: str) -> str | None:
        """Return a stored setting."""
        ...

    def keep_setting(self, key: str, value: str) -> None:
        """Store a setting."""
        ...

    def lock_setting(self, key: str) -> str | None:
        """Return a stored setting, alone with it until the transaction ends, also where it is not stored yet."""
        ...

    def settings(self, prefix: str) -> tuple[tuple[str, str], ...]:
        """Return the stored settings whose key begins so, by key."""
        ...

    def drop_setting(self, key: str) -> None:
        """Forget a setting, if it is there."""
        ...


class Store(Protocol):
    """Where everything is kept. Work runs in one thread, as one transaction; see DESIGN §6."""

    def write(
        self, work: Callable[[Work], T], lane: Literal["inbound", "outbox", "tick"] = "inbound"
    ) -> Awaitable[T]:
        """Run `work` in a transaction, commit, and return what it returned."""
        ...

    def read(self, work: Callable[[Work], T]) -> Awaitable[T]:
        """Run `work` on a read-only connection."""
        ...
