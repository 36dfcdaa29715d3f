"""What synthetic people are like: how fast, how content, and what they would rather not press."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Temperament = Literal["well", "forgets", "struggles", "silent"]
TEMPERAMENTS: tuple[Temperament, ...] = ("well", "forgets", "struggles", "silent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nature:
    """The figures behind a temperament: chances between 0 and 1, hours of the person's own working time."""

    overlooks: float  # the chance that a message is not acted upon; the next one is a new chance
    soonest: float
    latest: float
    mood: float  # the middle of a person's answers from 1 to 5
    writes: float  # the chance to fill in what is optional
    troubled: float  # the chance to tick a private trouble where a list of them is shown
    asks_help: float  # the chance, per message, to ask for help
    evening: float  # the chance to act after hours


NATURES: dict[Temperament, Nature] = {
    "well": Nature(
        overlooks=0, soonest=0.1, latest=4, mood=4.3, writes=0.7, troubled=0.01, asks_help=0.002, evening=0.05
    ),
    "forgets": Nature(
        overlooks=0.5, soonest=4, latest=30, mood=3.8, writes=0.3, troubled=0.05, asks_help=0.002, evening=0.1
    ),
    "struggles": Nature(
        overlooks=0.1, soonest=0.5, latest=10, mood=2.1, writes=0.6, troubled=0.15, asks_help=0.02, evening=0.1
    ),
    "silent": Nature(
        overlooks=1, soonest=0, latest=0, mood=3, writes=0, troubled=0, asks_help=0, evening=0
    ),
}  # fmt: skip

# Parts of verbs and values that lead away from what is asked: pressed now and then, so that they are tried.
RELUCTANT = frozenset(
    {
        "skip", "decline", "snooze", "cancel", "undo", "later", "remind", "stop", "leave", "pause", "no",
        "none", "not", "refuse", "missed", "move", "mute", "drop", "reopen", "assign",
        "propose", "others", "change", "edit",
    }
)  # fmt: skip
HELP = frozenset(("help", "trouble"))
# Not what a card asks for first, and yet what its reader is there for.
FAVOURED = frozenset({"case.close"})
# Said in a meeting, while the others wait: done at once, and not when one gets round to it.
LIVE = frozenset(
    {"review.start", "review.next", "review.rate", "review.words", "review.close", "review.decide"}
)
# How long a meeting stays with one thing before whoever leads it goes on; its card comes well before it begins.
TALKS_MINUTES = {"review.start": 40, "review.next": 10, "review.close": 10}


@lru_cache(maxsize=4096)
def words_of(code: str) -> frozenset[str]:
    """Split a verb or a value into its words: "checkin.skip_week" is checkin, skip, week."""
    return frozenset(re.split(r"[^a-z]+", code.lower()))


def reluctant(verb: str, value: str = "") -> bool:
    """Tell whether pressing this leads away from what is asked."""
    return bool((words_of(verb) | words_of(value)) & RELUCTANT)


def about_help(verb: str) -> bool:
    """Tell whether this asks for help."""
    return bool(words_of(verb) & HELP)
