"""Servers that take turns at the same work, and the figures of each against one that does nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.figure import Figure, Size, middle
from benchmarks.load import Body, Sender, Sent

NOOP = "noop"
_GOAL_P50 = "< 5 ms, one at a time"
_GOAL_P99 = "≤ 4 × the no-op's, with many at once"


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
        return self.of(server, at_once, _rate) / self.of(NOOP, at_once, _rate)

    def by_cpu(self, server: str, at_once: int) -> float:
        """Return how many no-ops the processor could do in the time of one; what others do for it is left out."""
        return self.of(NOOP, at_once, _cpu) / self.of(server, at_once, _cpu)

    def told(self, server: str, at_once: int) -> str:
        """Return what a server reaches."""
        rate, p50, p99, cpu = (self.of(server, at_once, what) for what in (_rate, _p50, _p99, _cpu))
        return f"{rate:.0f}/s, p50 {p50 * 1e3:.3g} ms, p99 {p99 * 1e3:.3g} ms, {cpu * 1e6:.0f} µs of the processor"


async def measure(servers: Mapping[str, Sender], bodies: Sequence[Body], size: Size) -> Measured:
    """Let the servers take turns."""
    measured = Measured()
    for at_once in size.chat_at_once:
        for number in range(size.chat_rounds + 1):
            for name, sender in servers.items():
                sent = await sender.send(bodies, at_once, size.chat_seconds)
                if number:  # the first turn warms up
                    measured.rounds.setdefault((name, at_once), []).append(sent)
    return measured


def _rate(sent: Sent) -> float:
    return sent.rate


def _cpu(sent: Sent) -> float:
    return sent.cpu


def _p50(sent: Sent) -> float:
    return sent.wait(0.5)


def _p99(sent: Sent) -> float:
    return sent.wait(0.99)


# --- figures ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a server is to reach of the no-op, by what it is called."""

    name: str
    ratio: float
    how: str = ""  # what the no-op does

    def told(self, at_once: int) -> str:
        """Return the aim in words."""
        return f"≥ {self.ratio:g} of the no-op{self.how}, at {at_once} at once"


def figures(aim: Aim, server: str, measured: Measured, size: Size) -> Iterator[Figure]:
    """Return what a server reaches: throughput, the usual wait alone, the longest waits among many."""
    few, some, many = size.chat_at_once
    ratio = measured.ratio(server, some)
    rates = ", ".join(f"{measured.by_rate(server, n):.3g} at {n}" for n in size.chat_at_once)
    cpus = ", ".join(f"{measured.by_cpu(server, n):.3g} at {n}" for n in size.chat_at_once)
    yield Figure(
        name=aim.name,
        value=ratio,
        unit="ratio",
        goal=aim.told(some),
        ok=ratio >= aim.ratio,
        detail=f"at {some} at once {measured.told(server, some)}; the no-op {measured.told(NOOP, some)}; by "
        f"throughput {rates}; by the processor {cpus}; {size.chat_rounds} alternate rounds of "
        f"{size.chat_seconds:g} s, {size.chat_pairs} pairs",
    )
    p50 = measured.of(server, few, _p50) * 1000
    yield Figure(
        name=f"{aim.name}_p50",
        value=p50,
        unit="ms",
        goal=_GOAL_P50,
        ok=p50 < 5,
        detail=f"at {few} at once {measured.told(server, few)}; the no-op {measured.told(NOOP, few)}",
    )
    late = measured.of(server, many, _p99) / measured.of(NOOP, many, _p99)
    yield Figure(
        name=f"{aim.name}_p99",
        value=late,
        unit="ratio",
        goal=_GOAL_P99,
        ok=late <= 4,
        detail=f"at {many} at once {measured.told(server, many)}; the no-op {measured.told(NOOP, many)}",
    )


def absent(aim: Aim, why: str, size: Size) -> Iterator[Figure]:
    """Return the same figures without a value, and why."""
    yield Figure(name=aim.name, value=None, unit="ratio", goal=aim.told(size.chat_at_once[1]), detail=why)
    yield Figure(name=f"{aim.name}_p50", value=None, unit="ms", goal=_GOAL_P50, detail=why)
    yield Figure(name=f"{aim.name}_p99", value=None, unit="ratio", goal=_GOAL_P99, detail=why)
