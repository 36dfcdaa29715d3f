"""How quickly a press and a command from Slack are answered, next to bolt alone that does nothing."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from benchmarks.crowd import crowd
from benchmarks.figure import Figure, Size, middle
from benchmarks.place import KINDS, LeftOut, Place
from benchmarks.slack_load import Body, Sender, Sent, commands, presses
from benchmarks.slack_scene import Room, Target, room

_NOOP = "noop"
_MOST_LAG_MS = 50.0
_END_SECONDS = 20.0
# What people do, and how much of the no-op's throughput is to be reached at the middle number at once.
_ACTS: Mapping[str, Callable[[Sequence[Target]], tuple[Body, ...]]] = {"press": presses, "command": commands}
_GOALS: Mapping[tuple[str, str], float] = {
    ("press", "sqlite"): 0.25,
    ("press", "postgresql"): 0.12,
    ("command", "sqlite"): 0.45,
    ("command", "postgresql"): 0.45,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """All rounds of one thing that people do, by server and by how many did it at once."""

    rounds: dict[tuple[str, int], list[Sent]] = field(default_factory=dict)

    def of(self, server: str, at_once: int, what: Callable[[Sent], float]) -> float:
        """Return the median of something over the rounds."""
        return middle([what(sent) for sent in self.rounds[server, at_once]])

    def ratio(self, server: str, at_once: int) -> float:
        """Return how much of the no-op a server reaches, by throughput or by the processor, whichever is less."""
        return min(self.by_rate(server, at_once), self.by_cpu(server, at_once))

    def by_rate(self, server: str, at_once: int) -> float:
        """Return how much of the no-op's throughput a server reaches; too much where the machine is busy elsewhere."""
        return self.of(server, at_once, _rate) / self.of(_NOOP, at_once, _rate)

    def by_cpu(self, server: str, at_once: int) -> float:
        """Return how many no-ops the processor could do in the time of one; what others do for it is left out."""
        return self.of(_NOOP, at_once, _cpu) / self.of(server, at_once, _cpu)

    def told(self, server: str, at_once: int) -> str:
        """Return what a server reaches."""
        rate, p50, p99, cpu = (self.of(server, at_once, what) for what in (_rate, _p50, _p99, _cpu))
        return f"{rate:.0f}/s, p50 {p50 * 1e3:.3g} ms, p99 {p99 * 1e3:.3g} ms, {cpu * 1e6:.0f} µs of the processor"


def slack(size: Size, place: Place) -> Iterator[Figure]:
    """Press and command by signed HTTP, through gate, bolt, engine and database, and back through Slack's API."""
    rooms: dict[str, Room] = {}
    left_out: dict[str, str] = {}
    for kind in KINDS:
        try:
            rooms[kind] = room(place.url(kind), size.slack_pairs)
        except LeftOut as why:
            left_out[kind] = f"left out: {why}"
    with ExitStack() as stack:
        servers = _open(rooms, stack)
        for act, bodies_of in _ACTS.items():
            measured = asyncio.run(_measure(servers, bodies_of(next(iter(rooms.values())).targets), size))
            for kind in rooms:
                yield from _figures(act, kind, measured, size)
            for kind, reason in left_out.items():
                yield from _absent(act, kind, reason)
    for kind in KINDS:
        yield _lag(kind, size, place)


# --- throughput and waits --------------------------------------------------------------------


def _open(rooms: Mapping[str, Room], stack: ExitStack) -> dict[str, Sender]:
    """Start Slack's API, the no-op and a bot a database: servers on one core, all else on another."""
    one, other = _cores()
    api = f"http://127.0.0.1:{stack.enter_context(_process('api', other))}/api/"
    servers = {_NOOP: Sender(stack.enter_context(_process("noop", one, api)))}
    for kind, it in rooms.items():
        apart = it.at.timestamp() - time.time()
        port = stack.enter_context(_process("bot", one, api, it.url, str(apart)))
        servers[kind] = Sender(port, apart)
    stack.enter_context(_kept_to(other))
    return servers


async def _measure(servers: Mapping[str, Sender], bodies: Sequence[Body], size: Size) -> Measured:
    """Let the servers take turns."""
    measured = Measured()
    for at_once in size.slack_at_once:
        for number in range(size.slack_rounds + 1):
            for name, sender in servers.items():
                sent = await sender.send(bodies, at_once, size.slack_seconds)
                if number:  # the first turn warms up
                    measured.rounds.setdefault((name, at_once), []).append(sent)
    return measured


def _figures(act: str, kind: str, measured: Measured, size: Size) -> Iterator[Figure]:
    few, some, many = size.slack_at_once
    name, goal = f"slack_{act}_{kind}", _GOALS[act, kind]
    ratio = measured.ratio(kind, some)
    rates = ", ".join(f"{measured.by_rate(kind, n):.3g} at {n}" for n in size.slack_at_once)
    cpus = ", ".join(f"{measured.by_cpu(kind, n):.3g} at {n}" for n in size.slack_at_once)
    yield Figure(
        name=name,
        value=ratio,
        unit="ratio",
        goal=_goal_of_ratio(act, kind, some),
        ok=ratio >= goal,
        detail=f"at {some} at once {measured.told(kind, some)}; the no-op {measured.told(_NOOP, some)}; by "
        f"throughput {rates}; by the processor {cpus}; {size.slack_rounds} alternate rounds of "
        f"{size.slack_seconds:g} s, {size.slack_pairs} pairs",
    )
    p50 = measured.of(kind, few, _p50) * 1000
    yield Figure(
        name=f"{name}_p50",
        value=p50,
        unit="ms",
        goal=_GOAL_P50,
        ok=p50 < 5,
        detail=f"at {few} at once {measured.told(kind, few)}; the no-op {measured.told(_NOOP, few)}",
    )
    late = measured.of(kind, many, _p99) / measured.of(_NOOP, many, _p99)
    yield Figure(
        name=f"{name}_p99",
        value=late,
        unit="ratio",
        goal=_GOAL_P99,
        ok=late <= 4,
        detail=f"at {many} at once {measured.told(kind, many)}; the no-op {measured.told(_NOOP, many)}",
    )


def _absent(act: str, kind: str, why: str) -> Iterator[Figure]:
    name = f"slack_{act}_{kind}"
    goal = f"≥ {_GOALS[act, kind]:g} of the no-op"
    yield Figure(name=name, value=None, unit="ratio", goal=goal, detail=why)
    yield Figure(name=f"{name}_p50", value=None, unit="ms", goal=_GOAL_P50, detail=why)
    yield Figure(name=f"{name}_p99", value=None, unit="ratio", goal=_GOAL_P99, detail=why)


_GOAL_P50 = "< 5 ms, one at a time"
_GOAL_P99 = "≤ 4 × the no-op's, with many at once"


def _goal_of_ratio(act: str, kind: str, at_once: int) -> str:
    opens = ", which calls views.open too" if act == "command" else ""
    return f"≥ {_GOALS[act, kind]:g} of the no-op{opens}, at {at_once} at once"


def _rate(sent: Sent) -> float:
    return sent.rate


def _cpu(sent: Sent) -> float:
    return sent.cpu


def _p50(sent: Sent) -> float:
    return sent.wait(0.5)


def _p99(sent: Sent) -> float:
    return sent.wait(0.99)


# --- the loop --------------------------------------------------------------------------------


def _lag(kind: str, size: Size, place: Place) -> Figure:
    """Let very many steps be due in a server, and watch for how long its loop stands still meanwhile."""
    name, goal = f"slack_lag_{kind}", f"≤ {_MOST_LAG_MS:g} ms while {size.lag_due:,} due steps are claimed"
    try:
        many = crowd(place.url(kind), size.lag_due, size.lag_due)
    except LeftOut as why:
        return Figure(name=name, value=None, unit="ms", goal=goal, detail=f"left out: {why}")
    many.make_due(1, size.lag_due)
    one, other = _cores()
    apart = many.due_at.timestamp() - time.time()
    nowhere = "http://127.0.0.1:9/api/"  # nothing is sent
    with _process("bot", one, nowhere, many.url, str(apart)) as port, _kept_to(other):
        told = asyncio.run(Sender(port).ask("/claim"))
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


# --- processes -------------------------------------------------------------------------------


@contextmanager
def _process(role: str, core: str, *more: str) -> Iterator[int]:
    """Start a server and give its port; it ends by itself when its input does, whoever closes that."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.slack_server", role, core, *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        if not said.strip().isdigit():
            raise RuntimeError(f"the server {role!r} did not start: {said!r}")
        yield int(said)
    finally:
        process.stdin.close()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _cores() -> tuple[str, str]:
    """Return a core for servers and one for all else; "" where there is no choice."""
    found = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (str(found[0]), str(found[1])) if len(found) > 1 else ("", "")


@contextmanager
def _kept_to(core: str) -> Iterator[None]:
    """Keep this process to a core for a while."""
    if not core:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(core)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
