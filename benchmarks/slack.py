"""How quickly a press and a command from Slack are answered, next to bolt alone that does nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from benchmarks.compared import NOOP, Aim, absent, figures, measure
from benchmarks.crowd import crowd
from benchmarks.figure import Figure, Size
from benchmarks.load import Body, Sender
from benchmarks.place import KINDS, LeftOut, Place
from benchmarks.processes import cores, kept_to, process
from benchmarks.slack_load import commands, presses, signed
from benchmarks.slack_scene import Room, Target, room

_process = partial(process, "benchmarks.slack_server")
_MOST_LAG_MS = 50.0
# What people do, and how much of the no-op's throughput is to be reached at the middle number at once.
_ACTS: Mapping[str, Callable[[Sequence[Target]], tuple[Body, ...]]] = {"press": presses, "command": commands}
_GOALS: Mapping[tuple[str, str], float] = {
    ("press", "sqlite"): 0.25,
    ("press", "postgresql"): 0.12,
    ("command", "sqlite"): 0.45,
    ("command", "postgresql"): 0.45,
}


def slack(size: Size, place: Place) -> Iterator[Figure]:
    """Press and command by signed HTTP, through gate, bolt, engine and database, and back through Slack's API."""
    rooms: dict[str, Room] = {}
    left_out: dict[str, str] = {}
    for kind in KINDS:
        try:
            rooms[kind] = room(place.url(kind), size.chat_pairs)
        except LeftOut as why:
            left_out[kind] = f"left out: {why}"
    with ExitStack() as stack:
        servers = _open(rooms, stack)
        for act, bodies_of in _ACTS.items():
            measured = asyncio.run(measure(servers, bodies_of(next(iter(rooms.values())).targets), size))
            for kind in rooms:
                yield from figures(_aim(act, kind), kind, measured, size)
            for kind, reason in left_out.items():
                yield from absent(_aim(act, kind), reason, size)
    for kind in KINDS:
        yield _lag(kind, size, place)


# --- throughput and waits --------------------------------------------------------------------


def _open(rooms: Mapping[str, Room], stack: ExitStack) -> dict[str, Sender]:
    """Start Slack's API, the no-op and a bot a database: servers on one core, all else on another."""
    one, other = cores()
    api = f"http://127.0.0.1:{stack.enter_context(_process('api', other))}/api/"
    servers = {NOOP: Sender(stack.enter_context(_process("noop", one, api)), signed)}
    for kind, it in rooms.items():
        apart = it.at.timestamp() - time.time()
        port = stack.enter_context(_process("bot", one, api, it.url, str(apart)))
        servers[kind] = Sender(port, partial(signed, apart=apart))
    stack.enter_context(kept_to(other))
    return servers


def _aim(act: str, kind: str) -> Aim:
    opens = ", which calls views.open too" if act == "command" else ""
    return Aim(name=f"slack_{act}_{kind}", ratio=_GOALS[act, kind], how=opens)


# --- the loop --------------------------------------------------------------------------------


def _lag(kind: str, size: Size, place: Place) -> Figure:
    """Let very many steps be due in a server, and watch for how long its loop stands still meanwhile."""
    name, goal = f"slack_lag_{kind}", f"≤ {_MOST_LAG_MS:g} ms while {size.lag_due:,} due steps are claimed"
    try:
        many = crowd(place.url(kind), size.lag_due, size.lag_due)
    except LeftOut as why:
        return Figure(name=name, value=None, unit="ms", goal=goal, detail=f"left out: {why}")
    many.make_due(1, size.lag_due)
    one, other = cores()
    apart = many.due_at.timestamp() - time.time()
    nowhere = "http://127.0.0.1:9/api/"  # nothing is sent
    with _process("bot", one, nowhere, many.url, str(apart)) as port, kept_to(other):
        told = asyncio.run(Sender(port, signed).ask("/claim"))
    if told["looked"] != size.lag_due:
        raise RuntimeError(f"{told['looked']} of {size.lag_due} due steps were claimed")
    lag, idle = told["lag"], told["idle"]
    most = lag["most"] * 1000
    return Figure(
        name=name,
        value=most,
        unit="ms",
        goal=goal,
        ok=most <= _MOST_LAG_MS,
        detail=f"the most that a task that sleeps a millisecond is late while the process itself is at work, of "
        f"{lag['times']:,} times in {told['seconds']:.3g} s; p99 {lag['p99'] * 1000:.3g} ms; with what else the "
        f"machine does {lag['wall'] * 1000:.3g} ms, and {idle['wall'] * 1000:.3g} ms with nothing to do",
    )
