"""How quickly six months pass, and how often they interrupt people."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from time import perf_counter, process_time

from adapters.sim.taste import Temperament
from benchmarks.figure import Figure, Size
from benchmarks.place import Place
from bot.cli.simulation import Wish, simulated
from bot.cli.simulation_report import Report

_START = date(2027, 1, 11)
_GOAL_SECONDS = 75.0  # 100 pairs, six months
_GOAL_PAIRS = 100
_GROWTH = 1.2  # so much more than their share may ten times as many pairs take


def simulate(size: Size, place: Place) -> Iterator[Figure]:
    """Measure whole programmes with engine, ticker, outbox, database, people and auditor."""
    yield _seconds(size, place, size.pairs)[0]
    fewer, more = size.scaling
    small, large = _run(size, place, fewer), _run(size, place, more)
    yield _growth("simulate_scaling", fewer, more, small, large)
    if size.many_pairs is None:
        return
    fewer, more = size.many_pairs
    figure, small = _seconds(size, place, fewer)
    yield figure
    yield _growth("simulate_scaling_full", fewer, more, small, _run(size, place, more))


def interruptions(size: Size, place: Place) -> Iterator[Figure]:
    """Count how often mentees and mentors of one to three mentees are written to, everybody answering."""
    report, _, _ = _run(size, place, size.pairs, everyone="well")
    weeks = report.figures["interruptions_per_person_week"]
    assert isinstance(weeks, dict)
    for name, most in (("p50", 2), ("p95", 3)):
        yield Figure(
            name=f"interruptions_{name}",
            value=weeks[name],
            unit="a person and week after week 1",
            goal=f"≤ {most}",
            ok=weeks[name] <= most,
            detail=f"{size.pairs} pairs, most in a week {weeks['max']}; {_audit(report)}",
        )


Measured = tuple[Report, float, float]


def _run(size: Size, place: Place, pairs: int, everyone: Temperament | None = None) -> Measured:
    """Return the report, and the seconds by the clock on the wall and of the processor."""
    wish = Wish(pairs=pairs, seed="1", start=_START, everyone=everyone, days=size.days)
    url = place.url("sqlite")
    wall, cpu = perf_counter(), process_time()
    report = asyncio.run(simulated(wish, url))
    return report, perf_counter() - wall, process_time() - cpu


def _seconds(size: Size, place: Place, pairs: int) -> tuple[Figure, Measured]:
    measured = _run(size, place, pairs)
    report, wall, cpu = measured
    goal = _GOAL_SECONDS * pairs / _GOAL_PAIRS
    share = "" if pairs == _GOAL_PAIRS else f", its share of {_GOAL_SECONDS:g} s for {_GOAL_PAIRS}"
    return Figure(
        name=f"simulate_{pairs}",
        value=wall,
        unit="s",
        goal=f"≤ {goal:g} s{share}",
        ok=wall <= goal,
        detail=f"SQLite, {report.figures['days']} days; {cpu:.1f} s of one processor, "
        f"{cpu / pairs:.2f} s a pair; {_audit(report)}",
    ), measured


def _growth(name: str, fewer: int, more: int, small: Measured, large: Measured) -> Figure:
    """Compare seconds of the processor: what else runs on the machine matters less to them."""
    ratio, most = large[2] / small[2], _GROWTH * more / fewer
    return Figure(
        name=name,
        value=ratio,
        unit="ratio",
        goal=f"{more:,} pairs ≤ {most:g} × {fewer:,} pairs",
        ok=ratio <= most,
        detail=f"processor seconds {small[2]:.1f} and {large[2]:.1f} (wall {small[1]:.1f} and {large[1]:.1f}); "
        f"{_audit(large[0])}",
    )


def _audit(report: Report) -> str:
    return "the auditor found nothing" if report.clean else f"the auditor found {len(report.findings)}"
