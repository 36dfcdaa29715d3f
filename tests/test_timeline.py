"""When a step reaches its receiver."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

from flows.agenda import Planned
from flows.programme import Step, When
from flows.timeline import end_of, nominal_at
from tests.scenes import BY_ROLE, MATEJ, START, at, pair, scene

WORDS = (("en", "Words"),)


def test_what_recurs_comes_before_its_receiver_goes_home() -> None:
    """A daily look at 16:00 reaches somebody who works until 16:00 half an hour earlier, not after it is over."""
    early = replace(MATEJ, closes=time(16))
    when = When(every="day", until_day=5, at=time(16))
    look = Step(id="look", phase="phase", kind="daily", who=("mentor",), when=when, title=WORDS)
    whole = pair(seats={**BY_ROLE, "mentor": (early,)})
    here = scene(whole, at("2027-01-11"), look)
    planned = Planned(look, "2027-01-11", START)

    opens = nominal_at(here, planned, "matej")

    assert at("2027-01-11", 14, 30) == opens
    over = end_of(here, look, "2027-01-11", "matej")
    assert over is not None
    assert opens < over
