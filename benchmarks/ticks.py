"""What ticking costs with very many enrolments: when nothing is due, and when much is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any, TypeVar, cast

from benchmarks.crowd import Crowd
from benchmarks.figure import Figure, Size, middle, spread
from benchmarks.place import KINDS, LeftOut, Place
from benchmarks.scene import Kept, SetClock, bot_on
from bot.app import App
from bot.garbage import look_seldom
from bot.ports import Work
from storage.store import open_store
from storage.threaded import ThreadedStore

T = TypeVar("T")
_GOAL_STEPS = 2_000


def idle(size: Size, place: Place) -> Iterator[Figure]:
    """Measure a look at a database where nothing is due."""
    for kind in KINDS:
        name, goal = f"idle_tick_{kind}", f"at {size.enrolments:,} enrolments ≤ 2 × {size.few:,}, or < 1 ms"
        try:
            crowds = _crowds(size, place, kind)
        except LeftOut as why:
            yield Figure(name=name, value=None, unit="ratio", goal=goal, detail=f"left out: {why}")
            continue
        few, many = asyncio.run(_idle(crowds, size))
        ratio, cost = middle(many) / middle(few), middle(many)
        yield Figure(
            name=name,
            value=ratio,
            unit="ratio",
            goal=goal,
            ok=ratio <= 2 or cost < 0.001,
            detail=f"a tick and a look at the outbox: {middle(few) * 1000:.2f} ms with {size.few:,} enrolments "
            f"({spread(few, 1000)}), {cost * 1000:.2f} ms with {size.enrolments:,} ({spread(many, 1000)}); "
            f"{size.idle_rounds} alternate rounds of {size.idle_ticks}",
        )


async def _idle(crowds: tuple[Crowd, Crowd], size: Size) -> tuple[list[float], list[float]]:
    stores = [open_store(crowd.url) for crowd in crowds]
    try:
        apps = [bot_on(s, SetClock(c.quiet_at), Kept()) for s, c in zip(stores, crowds, strict=True)]
        measured: tuple[list[float], list[float]] = ([], [])
        for number in range(size.idle_rounds + 1):
            for app, found in zip(apps, measured, strict=True):
                took = await _ticks(app, size.idle_ticks)
                if number:  # the first round warms up
                    found.append(took)
        return measured
    finally:
        for store in stores:
            await store.close()


async def _ticks(app: App, times: int) -> float:
    began = perf_counter()
    for _ in range(times):
        if await app.ticker.tick() or await app.outbox.deliver():
            raise RuntimeError("something was due where nothing should be")
    return (perf_counter() - began) / times


def steps(size: Size, place: Place) -> Iterator[Figure]:
    """Measure how quickly due steps are claimed, opened and stored."""
    for kind in KINDS:
        name, goal = f"steps_{kind}", f"≥ {_GOAL_STEPS:,} a second at {size.enrolments:,} enrolments"
        try:
            crowds = _crowds(size, place, kind)
        except LeftOut as why:
            yield Figure(name=name, value=None, unit="steps/s", goal=goal, detail=f"left out: {why}")
            continue
        few, many, stages = asyncio.run(_advance(crowds, size))
        rate = middle(many)
        yield Figure(
            name=name,
            value=rate,
            unit="steps/s",
            goal=goal,
            ok=rate >= _GOAL_STEPS,
            detail=f"{size.due:,} check-ins due in {size.enrolments:,} enrolments ({spread(many)} steps/s); with "
            f"{crowds[0].enrolments:,} enrolments {middle(few):.4g} steps/s, ratio {rate / middle(few):.2f}; "
            f"{size.due_rounds} alternate rounds; µs a step: {_told(stages)}",
        )


async def _advance(
    crowds: tuple[Crowd, Crowd], size: Size
) -> tuple[list[float], list[float], dict[str, float]]:
    stores = [open_store(crowd.url) for crowd in crowds]
    look_seldom()  # as a server does
    try:
        bots = [bot_on(s, SetClock(c.due_at), Kept()) for s, c in zip(stores, crowds, strict=True)]
        measured: tuple[list[float], list[float]] = ([], [])
        for number in range(size.due_rounds + 1):
            for crowd, app, found in zip(crowds, bots, measured, strict=True):
                took = await _round(crowd, app, size, number)
                if number:  # the first round warms up
                    found.append(size.due / took)
        # Watched apart from the others, because watching costs something too.
        timed = Timed(stores[1])
        app = bot_on(timed, SetClock(crowds[1].due_at), Kept())
        took = await _round(crowds[1], app, size, size.due_rounds + 1)
        return (*measured, timed.stages(took, size.due))
    finally:
        for store in stores:
            await store.close()


async def _round(crowd: Crowd, app: App, size: Size, number: int) -> float:
    before = crowd.opened()
    crowd.make_due(number * size.due + 1, (number + 1) * size.due)
    began = perf_counter()
    looked = await app.ticker.tick()
    took = perf_counter() - began
    if looked != size.due or crowd.opened() - before != size.due:
        raise RuntimeError(f"{looked} looks opened {crowd.opened() - before} steps, not {size.due}")
    return took


def _crowds(size: Size, place: Place, kind: str) -> tuple[Crowd, Crowd]:
    """Return a database with few enrolments and one with many; as many have people in both."""
    peopled = size.due * (size.due_rounds + 2)
    return place.crowd(kind, max(size.few, peopled), peopled), place.crowd(kind, size.enrolments, peopled)


def _told(stages: dict[str, float]) -> str:
    return ", ".join(f"{name} {took * 1e6:.0f}" for name, took in stages.items())


class Timed:
    """A store that notes how long a tick spends in which question and write."""

    _STAGES = (
        ("claim", ("claim_due",)),
        ("load", ("pairs", "people", "person", "programme_text", "busy", "failures_of")),
        ("write", ("advance", "savepoint", "push_back")),
    )

    def __init__(self, store: ThreadedStore) -> None:
        self._store = store
        self._spent: Counter[str] = Counter()
        self._inside = 0.0

    async def write(self, work: Callable[[Work], T], lane: Any = "inbound") -> T:
        """Run the work on a Work that is watched."""
        return await self._store.write(lambda real: self._unit(work, real), lane)

    async def read(self, work: Callable[[Work], T]) -> T:
        """Read as the store does."""
        return await self._store.read(work)

    async def close(self) -> None:
        """Leave the store open: it is another's."""

    def _unit(self, work: Callable[[Work], T], real: Work) -> T:
        began = perf_counter()
        try:
            return work(cast(Work, _Watched(real, self._spent)))
        finally:
            self._inside += perf_counter() - began

    def stages(self, took: float, steps: int) -> dict[str, float]:
        """
        Return the seconds a step by stage; `look` is the flows' part, `commit` all around the unit of work.

        Where batches are at work at the same time, the stages are longer together than the step took.
        """
        spent = {name: sum(self._spent[one] for one in calls) / steps for name, calls in self._STAGES}
        known = {one for _, calls in self._STAGES for one in calls}
        other = {one: took / steps for one, took in self._spent.items() if one not in known}
        return {
            **spent,
            **other,
            "look": (self._inside - sum(self._spent.values())) / steps,
            "commit": max(0.0, took - self._inside) / steps,
        }


class _Watched:
    """A Work that counts the time of each call, without what the call calls back."""

    def __init__(self, real: Work, spent: Counter[str]) -> None:
        self._real = real
        self._spent = cast("dict[str, float]", spent)

    def __getattr__(self, name: str) -> Any:
        called = getattr(self._real, name)
        if not callable(called):
            return called
        return self._savepoint if name == "savepoint" else self._timed(name, called)

    def _timed(self, name: str, called: Callable[..., T]) -> Callable[..., T]:
        def timed(*args: Any, **named: Any) -> T:
            began = perf_counter()
            try:
                return called(*args, **named)
            finally:
                self._spent[name] += perf_counter() - began

        return timed

    def _savepoint(self, work: Callable[[], T]) -> T:
        inner = 0.0

        def within() -> T:
            nonlocal inner
            began = perf_counter()
            try:
                return work()
            finally:
                inner = perf_counter() - began

        began = perf_counter()
        try:
            return self._real.savepoint(within)
        finally:
            self._spent["savepoint"] += perf_counter() - began - inner
