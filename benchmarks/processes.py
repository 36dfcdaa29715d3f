"""The processes of a benchmark: servers on one core, all else on another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_END_SECONDS = 20.0


@contextmanager
def process(module: str, role: str, core: str, *more: str) -> Iterator[int]:
    """Start a server and give its port; it ends by itself when its input does, whoever closes that."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, role, core, *more],
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


def cores() -> tuple[str, str]:
    """Return a core for servers and one for all else; "" where there is no choice."""
    found = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (str(found[0]), str(found[1])) if len(found) > 1 else ("", "")


@contextmanager
def kept_to(core: str) -> Iterator[None]:
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
