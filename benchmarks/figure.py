"""One measured figure, and the line it prints."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured; `value` None was left out, `ok` None has no goal, and `detail` says how."""

    name: str
    value: float | None
    unit: str
    goal: str = ""
    ok: bool | None = None
    detail: str = ""

    def line(self) -> str:
        """Return the figure as one line of JSON, with the load of the machine at this moment."""
        return json.dumps(
            {
                "name": self.name,
                "value": None if self.value is None else float(f"{self.value:.4g}"),
                "unit": self.unit,
                "goal": self.goal,
                "ok": self.ok,
                "detail": "; ".join(filter(None, (self.detail, load()))),
            },
            ensure_ascii=False,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is measured."""

    pairs: int = 10
    scaling: tuple[int, int] = (5, 20)
    many_pairs: tuple[int, int] | None = None  # only asked for: it takes many minutes
    days: int | None = None  # a simulation stops so many days after its first start
    few: int = 1_000
    enrolments: int = 1_000_000
    idle_rounds: int = 9
    idle_ticks: int = 100
    due: int = 2_000
    due_rounds: int = 3
    new_pairs: int = 2_000
    starts: int = 9
    demo_starts: int = 5
    chat_pairs: int = 200
    chat_at_once: tuple[int, int, int] = (1, 32, 256)
    chat_rounds: int = 3
    chat_seconds: float = 1.5
    lag_due: int = 10_000
    told: int = 1_000


QUICK = Size()
FULL = Size(
    many_pairs=(100, 1_000),
    idle_rounds=25,
    due_rounds=9,
    new_pairs=20_000,
    starts=31,
    demo_starts=11,
    chat_rounds=9,
    chat_seconds=3.0,
)


def load() -> str:
    """Return how busy the machine is."""
    if not hasattr(os, "getloadavg"):
        return "load unknown"
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def seconds(work: Callable[[], object]) -> float:
    """Return how long this takes."""
    began = perf_counter()
    work()
    return perf_counter() - began


def middle(measured: Sequence[float]) -> float:
    """Return the median."""
    return median(measured)


def spread(measured: Sequence[float], factor: float = 1.0, unit: str = "") -> str:
    """Return the least and the most, for the detail."""
    return f"{min(measured) * factor:.3g}–{max(measured) * factor:.3g}{unit}"
