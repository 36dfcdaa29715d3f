"""Faults planted in the product itself, one at a time, while a company lives through a brisk month: all are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import bot.claim
import bot.cli.simulation
import bot.wanted
import storage.outbox
from bot.calendar import WorkingTime
from bot.content import Card, say
from bot.facts import Enrolment, Person, StepChange
from bot.outcome import FREE, Outcome, Put, Send
from bot.ports import QueuedState
from storage.outbox import Outbox
from tests.test_simulate import found, run

Plant = Callable[[pytest.MonkeyPatch], None]


def instead(change: Callable[[Send], Iterable[Send]]) -> Plant:
    """Store something else in the place of each message, or nothing."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        intend = Outbox.intend

        def other(self: Outbox, sends: Iterable[Send], now: datetime) -> None:
            intend(self, [one for send in sends for one in change(send)], now)

        patch.setattr(Outbox, "intend", other)

    return plant


def later(send: Send, days: float, **more: Any) -> Send:
    """Return the same message some days on, under a key of its own."""
    return replace(send, key=f"{send.key}#again", not_before=send.not_before + timedelta(days=days), **more)


def asks_again(send: Send) -> Iterable[Send]:
    """Ask for the check-in once more the next day, whether or not it was answered."""
    yield send
    if send.kind == "invite" and "/checkin/" in send.key:
        yield later(send, 1, about="", expires=None)


def tells_a_case_again(send: Send) -> Iterable[Send]:
    """Tell of each case once more in other words."""
    yield send
    if "/case/" in send.key and send.key.endswith(":open") and isinstance(send.content, Card):
        yield later(send, 2, content=replace(send.content, title=say("Still like this")))


def welcomes_again(send: Send) -> Iterable[Send]:
    """Welcome everybody once more a week later."""
    yield send
    if "/welcome/" in send.key:
        yield later(send, 7, expires=None)


def forgets_one(send: Send) -> Iterable[Send]:
    """Lose every check-in of the second pair."""
    if not send.key.startswith("e2/checkin/"):
        yield send


def forgets_help(send: Send) -> Iterable[Send]:
    """Lose every call for help."""
    if send.kind != "help":
        yield send


def tells_the_director(send: Send) -> Iterable[Send]:
    """Let the director read what somebody wrote to HR alone."""
    yield send
    if send.kind == "help":
        yield replace(send, to="p1", key=f"{send.key}#copy")


def claims(key: str, why: str) -> Plant:
    """Drop what has this in its key, with a reason."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        judge = bot.wanted._unwanted

        def unwanted(work: Any, person: Any, row: Any, now: datetime) -> str:
            return why if key in row.send.key and not row.send.replaces else judge(work, person, row, now)

        patch.setattr(bot.wanted, "_unwanted", unwanted)

    return plant


def works(**more: Any) -> Plant:
    """Believe something else of when people work."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        whole = Person.working_time

        def wrong(self: Person, holidays: tuple[date, ...] = ()) -> WorkingTime:
            return replace(whole(self, holidays), **more)

        patch.setattr(Person, "working_time", wrong)

    return plant


def leaves_out(patch: pytest.MonkeyPatch) -> None:
    """Leave a step out for everybody, though nobody asked for that."""
    enrol = bot.cli.simulation.enrol

    def lazy(*all_of: Any) -> Outcome:
        outcome = enrol(*all_of)
        skip = StepChange(kind="skip", step="checkin")
        changes = tuple(
            Put(replace(c.record, changes=(skip,))) if isinstance(c, Put) and isinstance(c.record, Enrolment) else c
            for c in outcome
        )  # fmt: skip
        return changes  # type: ignore[return-value]

    patch.setattr(bot.cli.simulation, "enrol", lazy)


def takes_doubt_for_sent(patch: pytest.MonkeyPatch) -> None:
    """Believe that whatever was on its way when the process died has arrived."""
    settle = storage.outbox.Outbox.settle

    def trusting(self: Outbox, ids: Sequence[int], state: QueuedState, now: datetime, **more: Any) -> None:
        settle(self, ids, "sent" if state == "doubtful" else state, now, **more)

    patch.setattr(Outbox, "settle", trusting)


def counts_no_invitations(patch: pytest.MonkeyPatch) -> None:
    """Take messages that ask for something for free."""
    patch.setattr(bot.claim, "FREE", FREE | {"invite", "info"})


AUTUMN = date(2027, 10, 18)  # the clocks change in the second week, and two hours from Greenwich are wrong
STRUGGLING = {"everyone": "struggles"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plant", "number", "more"),
    [
        (instead(asks_again), "duplicates", {}),
        (instead(tells_a_case_again), "duplicates", STRUGGLING),
        (instead(welcomes_again), "duplicates", {}),
        (works(zone="Asia/Tokyo"), "off_hours", {}),
        (works(country=""), "off_hours", {"pairs": 8}),
        (works(zone="Etc/GMT-2"), "off_hours", {"start": AUTUMN}),
        (instead(tells_the_director), "early_reveals", STRUGGLING),
        (counts_no_invitations, "over_budget", {}),
        (instead(forgets_one), "lost", {}),
        (instead(forgets_help), "lost", STRUGGLING),
        (claims("/tip_2/", "not wanted"), "lost", {}),
        (claims("/tip_2/", "leave"), "lost", {}),
        (claims("/tip_2/", "over budget"), "lost", {}),
        (leaves_out, "lost", {}),
        (takes_doubt_for_sent, "lost", {"faults": True, "seed": "5", "pairs": 6}),
    ],
    ids=[
        "asked-again", "case-again", "welcome-again", "one-zone", "no-holidays", "for-ever-summer", "help-shown",
        "free-invitations", "one-pair-forgotten", "help-forgotten", "not-wanted", "false-leave", "false-budget",
        "left-out", "doubt-is-sent",
    ],
)  # fmt: skip
def test_a_planted_bug_is_found(
    plant: Plant, number: str, more: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The auditor finds it, and calls it what it is."""
    plant(monkeypatch)
    assert found(run(tmp_path, **more))[number] > 0
