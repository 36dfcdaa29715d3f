"""A company in Slack on a Thursday afternoon: every mentee's check-in and every mentor's feedback is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.slack import names, render
from benchmarks.second_week import Chat, second_week
from bot.i18n import Reader

TEAM = "T1"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One mentee, their check-in as it stands in Slack, and their mentor."""

    mentee: str
    mentor: str
    message: str
    blocks: tuple[Json, ...]
    step: str  # the ref of the check-in, without the question


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A database and what can be pressed in it."""

    url: str
    at: datetime
    targets: tuple[Target, ...]


def room(url: str, pairs: int) -> Room:
    """Fill an empty database with so many pairs, who live the onboarding programme until their second week."""
    week = second_week(url, pairs, _SLACK)
    targets = tuple(
        Target(
            mentee=_SLACK.user(one.mentee.id),
            mentor=one.mentor,
            message=one.message,
            blocks=render.message(one.card, Reader(one.mentee.language, one.mentee.zone)).blocks,
            step=one.step,
        )
        for one in week.checkins
    )
    return Room(url=url, at=week.at, targets=targets)


_SLACK = Chat(
    channel=names.CHANNEL,
    workspace=TEAM,
    user=lambda person: f"U{person.upper()}",
    message=lambda user, number: names.message_id(f"D{user[1:]}", f"1.{number:06}"),
)
