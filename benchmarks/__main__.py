"""Measure and print one JSON line a figure: `python -m benchmarks [NAME…] [--full]`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from benchmarks.enrolment import enrolment
from benchmarks.figure import FULL, QUICK, Figure, Size
from benchmarks.place import Place, place
from benchmarks.simulating import interruptions, simulate
from benchmarks.slack import slack
from benchmarks.starting import demo, help_line
from benchmarks.taps import taps
from benchmarks.teams import teams
from benchmarks.ticks import idle, steps

BENCHMARKS: Mapping[str, Callable[[Size, Place], Iterator[Figure]]] = MappingProxyType(
    {
        "help": help_line,
        "demo": demo,
        "taps": taps,
        "enrolment": enrolment,
        "idle": idle,
        "steps": steps,
        "simulate": simulate,
        "interruptions": interruptions,
        "slack": slack,
        "teams": teams,
    }
)


def main(arguments: Sequence[str]) -> int:
    """Run the benchmarks that are named, or all; return 1 where one could not be run. A missed goal is no failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"{', '.join(BENCHMARKS)}; all without a name")
    parser.add_argument(
        "--full", action="store_true", help="the long ones too: 100 and 1,000 pairs, more rounds"
    )
    given = parser.parse_args(arguments)
    unknown = [name for name in given.name if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}. There are {', '.join(BENCHMARKS)}.")
    broken = 0
    with place() as here:
        for name in given.name or BENCHMARKS:
            try:
                for figure in BENCHMARKS[name](FULL if given.full else QUICK, here):
                    print(figure.line(), flush=True)
            except Exception as error:  # noqa: BLE001  # the others are still worth measuring
                broken += 1
                why = f"could not be measured: {type(error).__name__}: {error}"
                print(Figure(name=name, value=None, unit="", ok=False, detail=why).line(), flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    # Otherwise a run that is ended leaves a demo, a server and its databases behind.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.exit(main(sys.argv[1:]))
