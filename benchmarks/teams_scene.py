"""A company in Teams on a Thursday afternoon: every mentee's check-in and every mentor's feedback is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapters.teams import names
from benchmarks.second_week import Chat, Open, second_week
from benchmarks.teams_server import TENANT


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A database and what can be pressed in it."""

    url: str
    at: datetime
    checkins: tuple[Open, ...]


def room(url: str, pairs: int) -> Room:
    """Fill an empty database with so many pairs, who live the onboarding programme until their second week."""
    week = second_week(url, pairs, _TEAMS)
    return Room(url=url, at=week.at, checkins=week.checkins)


def chat_of(user: str) -> str:
    """Return somebody's own conversation with the bot."""
    return f"a:1{user}"


_TEAMS = Chat(
    channel=names.CHANNEL,
    workspace=TENANT,
    user=lambda person: f"0f8b2a54-6a0d-4a52-9f43-{person}",
    message=lambda user, number: names.message_id(chat_of(user), f"{1_700_000_000_000 + number}"),
)
