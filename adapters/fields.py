"""Fields of a form as every platform reads them: the steps of a scale, and what is a day or a time."""

from __future__ import annotations

from datetime import date, time

from bot.content import Say, ScaleField, told

_STEPS = 5


def steps(field: ScaleField) -> tuple[tuple[str, Say], ...]:
    """Return each of the five steps as its value and the words beside it; the ends are named."""
    ends = {1: field.low, _STEPS: field.high}
    return tuple((str(step), _words(step, ends.get(step))) for step in range(1, _STEPS + 1))


def is_date(value: str) -> bool:
    """Say whether this is a day as fields hold it: 2027-01-31."""
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def is_time(value: str) -> bool:
    """Say whether this is a time as fields hold it: 14:05."""
    try:
        return time.fromisoformat(value).isoformat("minutes") == value
    except ValueError:
        return False


def _words(step: int, end: Say | None) -> Say:
    if end is None:
        return told({"": "{step}"}, step=step)
    return told({"": "{step} \u2013 {end}"}, step=step, end=end)
