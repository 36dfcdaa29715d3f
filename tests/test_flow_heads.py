"""What the mentor passes on reaches the head, the mentee opens exactly that, and the head may write back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from adapters.text import as_text
from bot.content import Card, Form
from bot.events import Address, Pressed, Submitted
from bot.facts import Answer, Case, Goal, Pair, Passed, Person, PlanItem, Record, StepState, Task, Tick, step_id
from bot.facts import Note as HeadNote
from bot.outcome import CloseForm, FixForm, Note, Outcome, Put, ReplaceCard, Send, ShowCard, ShowForm
from flows import heads
from flows.kinds import Act
from flows.programme import Programme, Step, When
from flows.scene import Desk, Scene
from flows.visibility import seen_by
from tests.scenes import ANA, IRENA, IVO, MATEJ, PETER, at, pair, person, programme, scene

DIGEST = Step(
    id="digest", phase="phase", kind="digest", who=("head",), title=(("en", "{mentee}, this week"),),
    when=When(every="week", weekday=4, from_week=2),
)  # fmt: skip
PROG: Programme = programme(DIGEST)
WEEK = "2027-W05"


def words(card: Card) -> str:
    """A card as its reader sees it, without what can be pressed."""
    return as_text(card, "en", "Europe/Ljubljana")
