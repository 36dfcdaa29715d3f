"""A small company, a programme of one weekly check-in, a clock that is set, and a channel that keeps messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from bot.app import App, compose
from bot.content import Role
from bot.events import Address
from bot.facts import Person
from bot.outcome import Put
from bot.ports import Delivery, Store, Work
from flows.enrol import enrol
from flows.programme_file import load_programme

BEGIN = datetime(2026, 12, 21, 8, tzinfo=UTC)
START = date(2027, 1, 11)
FIRST_CHECK_IN = datetime(2027, 1, 21, 13, tzinfo=UTC)  # the Thursday of week 2, 14:00 in Ljubljana
SMALL = """
[programme]
id = "small"
version = "1"
language = "en"
title = "One weekly check-in"
months = 6
help_word = "help"

[programme.seats]
mentee = 1
mentor = 1
head = 1
coordinator = 1
director = 1

[[phase]]
id = "all"
title = "All of it"
frame = "Six months"
first_day = 1

[[phase.step]]
id = "checkin"
kind = "checkin"
who = ["mentee"]
every = "week"
weekday = "thursday"
from_week = 2
time = "14:00"
title = "Check-in"
nudge_after = "8 working hours"
nudges = 1
questions = [
  { id = "process", text = "I know what to work on next" },
  { id = "relationship", text = "I can say openly what I think" },
  { id = "progress", text = "I got further this week" },
]
"""


def _person(person_id: str, name: str) -> Person:
    return Person(
        id=person_id,
        name=name,
        email=f"{person_id}@company.example",
        zone="Europe/Ljubljana",
        country="SI",
        address=Address("bench", person_id),
    )


SEATS: dict[Role, tuple[Person, ...]] = {
    "mentee": (_person("mentee", "Zala Kos"),),
    "mentor": (replace(_person("mentor", "Rok Hribar"), capacity=3),),
    "head": (_person("head", "Tina Oblak"),),
    "coordinator": (replace(_person("coordinator", "Sara Vovk"), is_coordinator=True),),
    "director": (replace(_person("director", "Miha Jereb"), is_director=True),),
}


class SetClock:
    """A clock that stands where it was set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self.at


class Kept:
    """A channel that keeps what it delivered."""

    name = "bench"

    def __init__(self) -> None:
        self.messages: list[Delivery] = []

    async def deliver(self, delivery: Delivery) -> str:
        """Keep the message and return its place as its id."""
        self.messages.append(delivery)
        return f"m{len(self.messages)}"


def bot_on(store: Store, clock: SetClock, channel: Kept) -> App:
    """Return the real bot."""
    channels = {"bench": channel, "mail": channel}
    return compose(store=store, channels=channels, clock=clock, owner="bench", company="Ithaca")


def begin_one(work: Work, text: str, enrolment: str) -> None:
    """Store the five people and one enrolment of theirs."""
    programme = load_programme(text, "bench.toml")
    work.keep_programme(programme.id, programme.version, text)
    work.apply([Put(person) for held in SEATS.values() for person in held], BEGIN)
    work.apply(enrol(programme, enrolment, SEATS, START, BEGIN), BEGIN)
