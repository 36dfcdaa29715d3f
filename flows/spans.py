"""Days from and to, as people give them: for a leave and for a pause."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from bot.calendar import Span
from bot.content import Say, say
from bot.events import Submitted

_MOST_DAYS = 366


def dates_in(event: Submitted) -> tuple[date | None, date | None]:
    """Return the days of the fields `first` and `last`, None for one that is none."""
    found: list[date | None] = []
    for key in ("first", "last"):
        try:
            found.append(date.fromisoformat(str(event.values.get(key, "")).strip()))
        except ValueError:
            found.append(None)
    return found[0], found[1]


def missing(first: date | None, last: date | None) -> dict[str, Say]:
    """Return by field which days are still to be picked."""
    return {key: say("Please pick a day.") for key, day in (("first", first), ("last", last)) if day is None}


def wrong_span(first: date, last: date, today: date) -> Say | None:
    """Return what is wrong with days from and to, None where they can be kept."""
    if last < first:
        return say("The last day is before the first. Please swap them.")
    if last < today:
        return say("Those days are over. Please pick coming ones.")
    if last - first >= timedelta(days=_MOST_DAYS):
        return say("That is more than a year. Please ask HR about a longer absence.")
    return None


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans in order, those that touch or overlap as one."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.first, s.last)):
        if found and span.first <= found[-1].last + timedelta(days=1):
            found[-1] = Span(found[-1].first, max(found[-1].last, span.last))
        else:
            found.append(span)
    return tuple(found)


def until_yesterday(span: Span, today: date) -> Span | None:
    """Return what of a span is over, None where nothing is."""
    if span.first >= today:
        return None
    return Span(span.first, min(span.last, today - timedelta(days=1)))
