"""
What tests of the storage share: a store with a pair in it, and one full record of every kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from sqlmodel import SQLModel

from bot.calendar import Span
from bot.content import Card, Content, Say, Text, UserText, say
from bot.events import Address
from bot.facts import (
    Agreement,
    Answer,
    Case,
    Enrolment,
    Goal,
    Meeting,
    Note,
    Passed,
    Person,
    PlanItem,
    Record,
    Review,
    Seat,
    StepChange,
    StepState,
    Task,
    Tick,
)
from bot.outcome import Put, Send, SendKind
from bot.ports import Work
from storage.flavour import Statement
from storage.inline import InlineStore
from storage.store import open_store
from storage.work import SqlWork

T = TypeVar("T")
MONDAY = datetime(2027, 1, 11, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)

ANA = Person(id="ana", name="Ana", address=Address("chat", "u-ana", "w1"))
PETER = Person(id="peter", name="Peter")
PAIR = Enrolment(id="e1", programme="onboarding", version="v1", start=date(2027, 1, 11), created_at=MONDAY)
SEATS = (
    Seat(id="e1/seat/mentee/ana", enrolment="e1", role="mentee", person="ana", since=MONDAY),
    Seat(id="e1/seat/mentor/peter", enrolment="e1", role="mentor", person="peter", since=MONDAY),
)
STEP = StepState(
    id="e1/checkin/2027-W02/ana", enrolment="e1", step="checkin", occurrence="2027-W02", person="ana"
)

# One record of every kind, no field at its default.
FULL: tuple[Record, ...] = (
    Person(
        id="ana",
        name="Ana Žižek 🌱",
        email="ana@example.org",
        language="sl",
        zone="Europe/Ljubljana",
        country="SI",
        weekdays=(0, 1, 2),
        opens=time(8, 30),
        closes=time(16),
        leave=(Span(date(2027, 2, 1), date(2027, 2, 5)), Span(date(2027, 7, 1), date(2027, 7, 1))),
        department="Finance",
        position="Analyst",
        manager="breda",
        is_coordinator=True,
        is_director=True,
        capacity=2,
        address=Address("slack", "U1", "T1"),
        reachable=False,
        active=False,
        at_ease=False,
        snoozed_until=MONDAY + HOUR,
        room="https://rooms.example.org/ana",
        trouble="blocked",
        also=(Address("teams", "u-1", "tenant-1"), Address("slack", "U2", "T2")),
        feed=3,
    ),
    Enrolment(
        id="e1",
        programme="onboarding",
        version="v1",
        start=date(2027, 1, 11),
        created_at=MONDAY.replace(microsecond=123456),
        state="paused",
        phase="belong",
        moved=True,
        pauses=(Span(date(2027, 3, 1), date(2027, 3, 7)),),
        changes=(
            StepChange(kind="move", step="tour", day=date(2027, 1, 12), by="peter", at=MONDAY),
            StepChange(kind="extend", step="belong", weeks=2, title="More time"),
        ),
        closed_at=MONDAY + 2 * HOUR,
        looked_at=MONDAY + HOUR,
        options=(("room", "https://rooms.example.org/7"), ("b", "")),
    ),
    Seat(
        id="e1/seat/mentee/ana",
        enrolment="e1",
        role="mentee",
        person="ana",
        rank=2,
        since=MONDAY,
        until=MONDAY + HOUR,
    ),
    StepState(
        id="e1/checkin/2027-W02/ana",
        enrolment="e1",
        step="checkin",
        occurrence="2027-W02",
        person="ana",
        state="escalated",
        due_at=MONDAY,
        opened_at=MONDAY,
        delivered_at=MONDAY + HOUR,
        done_at=MONDAY + 2 * HOUR,
        done_by="ana",
        nudges=2,
        nudged_at=MONDAY + HOUR,
        alerted_at=MONDAY + HOUR,
        why="leave",
    ),
    Answer(
        id="e1/checkin/2027-W02/ana/words",
        enrolment="e1",
        step="checkin",
        occurrence="2027-W02",
        person="ana",
        field="words",
        kind="checkin_words",
        value="It goes *well*, <thanks> \\ “so far” 🌱\n\n'; DROP TABLE answer; -- %s ? :x",
        seen_by=("author", "mentor"),
        at=MONDAY,
        about="peter",
        sealed_in="e1/review_week1/once",
        read_at=MONDAY + HOUR,
    ),
    Meeting(
        id="e1/first_meeting/once",
        enrolment="e1",
        step="first_meeting",
        occurrence="once",
        people=("ana", "peter"),
        minutes=30,
        state="fixed",
        slots=(MONDAY, MONDAY + HOUR),
        chooser="ana",
        starts_at=MONDAY,
        link="https://rooms.example.org/7",
        in_person=True,
        sequence=3,
        reminded_at=MONDAY - HOUR,
        asked=("ana",),
        said=(("ana", "yes"), ("peter", "no")),
    ),
    Review(
        id="e1/review_week1/once",
        enrolment="e1",
        step="review_week1",
        stages=("opening", "mentee"),
        stage=1,
        state="closed",
        chair="irena",
        began_at=MONDAY,
        closed_at=MONDAY + HOUR,
        decision="extend:2",
        decide_by=MONDAY + 2 * HOUR,
    ),
    Goal(
        id="e1/goal/1",
        enrolment="e1",
        title="Close a month alone",
        period="review_week1",
        baseline=0.5,
        target=2.25,
        value=1.1,
        unit="months",
        due=date(2027, 3, 1),
        state="rated",
        ratings=(("ana", 4), ("peter", 5)),
        by="ana",
        at=MONDAY,
    ),
    PlanItem(
        id="e1/plan/4",
        enrolment="e1",
        period="review_week1",
        text="Meet the team",
        owner="peter",
        due=date(2027, 2, 1),
        state="done",
        at=MONDAY,
    ),
    Task(
        id="e1/task/2",
        enrolment="e1",
        title="Read the guide",
        due=date(2027, 2, 1),
        independent=True,
        about="ana",
        state="doing",
        by="peter",
        at=MONDAY,
        changed_at=MONDAY + HOUR,
    ),
    Tick(
        id="e1/documents/once/3",
        enrolment="e1",
        step="documents",
        item="3",
        label="Contract",
        done_at=MONDAY,
        done_by="ana",
    ),
    Agreement(
        id="e1/agreement",
        enrolment="e1",
        purpose="Learn",
        rhythm="weekly",
        channels="chat",
        reply_hours=8,
        confidential="all of it",
        agreed=("ana", "peter"),
        changed_at=MONDAY,
    ),
    Case(
        id="e1/case/silence.2027-W03",
        enrolment="e1",
        signal="silence",
        about=("ana", "peter"),
        reason=say("{who} has not answered.", who=UserText("Ana")),
        advice=say("Call."),
        opened_at=MONDAY,
        owner="irena",
        state="snoozed",
        urgent=True,
        reply_by=MONDAY + HOUR,
        snoozed_until=MONDAY + HOUR,
        closed_at=MONDAY + 2 * HOUR,
        closed_because="spoke with her",
        words="help",
        by="ana",
        climbed=1,
        told=("irena:open", "ivo:climbed1"),
    ),
    Note(
        id="e1/note/1",
        enrolment="e1",
        by="breda",
        to="peter",
        text="How is it going?",
        at=MONDAY,
        answered_at=MONDAY + HOUR,
        answer="Well.",
    ),
    Passed(
        id="e1/digest/2027-W02",
        enrolment="e1",
        week="2027-W02",
        card=Card(say("Week {n}", n=2), (Text(say("All is well.")),)),
        at=MONDAY,
    ),
)


@contextmanager
def opened(url: str, **options: Any) -> Iterator[InlineStore]:
    """
    Open a store without threads, and close it.
    """
    store = open_store(url, inline=True, durable=False, **options)
    try:
        yield store
    finally:
        store.close_now()


def emptied(store: InlineStore) -> InlineStore:
    """
    Delete everything, so that tests can share a database: making one takes longer than most of them.
    """

    def delete(work: Work) -> None:
        assert isinstance(work, SqlWork)
        for table in reversed(SQLModel.metadata.sorted_tables):
            work._connection.run(Statement(f'DELETE FROM "{table.name}"', ()))

    store.write_now(delete)
    return store


def keep(store: InlineStore, *records: Record, now: datetime = MONDAY) -> None:
    """
    Store records.
    """
    store.write_now(lambda work: work.apply([Put(record) for record in records], now))


def keep_pair(store: InlineStore) -> None:
    """
    Store Ana, Peter, and their enrolment; nothing is due in it.
    """
    keep(store, ANA, PETER, PAIR, *SEATS)
    store.write_now(lambda work: work.looked("e1", MONDAY, None))


def due(store: InlineStore, now: datetime = MONDAY) -> tuple[str, ...]:
    """
    Return the enrolments that are due for a look.
    """
    return store.write_now(lambda work: work.claim_due(now, 100))


def asked(store: InlineStore, question: Callable[[Work], T]) -> T:
    """
    Ask on a read-only connection.
    """
    return store.read_now(question)


def card(words: Say | str = "How was your week?") -> Card:
    """
    Make a small card.
    """
    return Card(words if isinstance(words, Say) else say(words))


def send(key: str, to: str = "ana", at: datetime = MONDAY, **more: Any) -> Send:
    """
    Make an intention.
    """
    kind: SendKind = more.pop("kind", "invite")
    content: Content = more.pop("content", card())
    return Send(to=to, content=content, key=key, kind=kind, not_before=at, **more)


def intend(store: InlineStore, *sends: Send) -> None:
    """
    Put intentions into the outbox.
    """
    store.write_now(lambda work: work.intend(sends, MONDAY))


def row_of(store: InlineStore, key: str) -> Any:
    """
    Return an outbox row, which must be there.
    """
    found = store.read_now(lambda work: work.row_by_key(key))
    assert found is not None
    return found
