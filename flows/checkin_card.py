"""The weekly check-in's card: three taps, each shown after the one before it; what was tapped stays."""

from __future__ import annotations

from functools import cache

from bot.calendar import week_span
from bot.content import Ask, Audience, Button, Card, Choice, Say, say, told
from bot.facts import StepState
from flows import survey
from flows.programme import Step
from flows.scene import Scene, programme_week, ref_of
from flows.taken import answers_to, seen_once
from flows.written import rows

NEEDS = ("steps", "answers", "goals")
SEEN_BY: Audience = ("author", "coordinator")


@cache
def scale() -> tuple[Choice, ...]:
    """Return the five answers from no (1) to yes (5)."""
    return (
        Choice(say("no"), "1"),
        Choice(say("rather not"), "2"),
        Choice(say("partly"), "3"),
        Choice(say("mostly"), "4"),
        Choice(say("yes"), "5"),
    )


def questions(step: Step) -> tuple[tuple[str, Say], ...]:
    """Return the taps of a check-in as (id, words)."""
    return _listed(step, "questions")


def ticks(step: Step) -> tuple[tuple[str, Say], ...]:
    """Return the private list as (id, words)."""
    return _listed(step, "ticks")


def _listed(step: Step, option: str) -> tuple[tuple[str, Say], ...]:
    return tuple((row.id, told(dict(row.text))) for row in rows(step, option))


def week_number(scene: Scene, occurrence: str) -> int:
    """Return the programme's week, counted from the one that holds the start."""
    return programme_week(scene.first_day(), week_span(occurrence.partition(".")[0]).first)


# --- the card --------------------------------------------------------------------------------------


def card(scene: Scene, state: StepState) -> Card:
    """Return the check-in as it stands: what was tapped, and the next question."""
    step = scene.step_of(state)
    given = {a.field: a.value for a in answers_to(scene, state) if a.kind == "checkin_scale"}
    ref = ref_of(state)
    asks = []
    asked = questions(step)
    for field, words in asked:
        asks.append(
            Ask(words, "checkin.tap", f"{ref}/{field}", scale(), SEEN_BY, chosen=given.get(field, ""))
        )
        if field not in given:
            break
    more = Button(say("Add something"), "checkin.more", ref, opens_form=True)
    week = week_number(scene, state.occurrence)
    if len(given) == len(asked):
        folded = survey.extra_blocks(scene, state)
        return Card(say("Week {week}: thank you.", week=week), seen_once((*asks, *folded)), (more,))
    skip = Button(say("Skip this week"), "checkin.skip", ref)
    buttons = (more, skip) if given else (skip,)
    return Card(say("Week {week}, three taps.", week=week), seen_once(asks), buttons)


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above a check-in that is shown again."""
    week = week_number(scene, state.occurrence)
    return say(
        "Your three taps for week {week} are still open. Skip this week if it was a quiet one.", week=week
    )
