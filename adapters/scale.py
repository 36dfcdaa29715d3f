"""The five steps of a scale, its ends named."""

from __future__ import annotations

from bot.content import Say, ScaleField, told

_STEPS = 5


def steps(field: ScaleField) -> tuple[tuple[str, Say], ...]:
    """Return each step as its value and the words beside it."""
    ends = {1: field.low, _STEPS: field.high}
    return tuple((str(step), _words(step, ends.get(step))) for step in range(1, _STEPS + 1))


def _words(step: int, end: Say | None) -> Say:
    if end is None:
        return told({"": "{step}"}, step=step)
    return told({"": "{step} \u2013 {end}"}, step=step, end=end)
