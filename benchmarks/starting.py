"""How quickly commands start, and what the demo holds in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from urllib.request import Request, urlopen

from benchmarks.figure import Figure, Size, middle, seconds, spread
from benchmarks.place import Place

_BARE = """
import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command()
def one() -> None:
    "Do one thing."


@app.command()
def other() -> None:
    "Do another."


app()
"""
_TELEMACHY = [sys.executable, "-c", "from bot.cli.main import main; main()"]
_ROOT = Path(__file__).parent.parent
_MOST_MEMORY = 150.0  # MB of 1,000,000 bytes
_WALK_SECONDS = 60


def help_line(size: Size, place: Place) -> Iterator[Figure]:
    """Compare `telemachy --help` with a program of Typer that does nothing, rich being off in both."""
    bare = place.new_folder() / "bare.py"
    bare.write_text(_BARE, encoding="utf-8")
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(size.starts + 1):
        pair = (_quietly([sys.executable, str(bare), "--help"]), _quietly([*_TELEMACHY, "--help"]))
        if number:  # the first compiles
            theirs.append(pair[0])
            ours.append(pair[1])
    ratio = middle(ours) / middle(theirs)
    yield Figure(
        name="help_ratio",
        value=ratio,
        unit="ratio",
        goal="≤ 2",
        ok=ratio <= 2,
        detail=f"telemachy --help {middle(ours) * 1000:.0f} ms ({spread(ours, 1000)}), bare Typer "
        f"{middle(theirs) * 1000:.0f} ms ({spread(theirs, 1000)}); {size.starts} alternate starts",
    )


def demo(size: Size, place: Place) -> Iterator[Figure]:
    """Compare the demo's start with the import of its modules, and read its memory."""
    imports: list[float] = []
    first: list[float] = []
    again: list[float] = []
    modules = [sys.executable, "-c", "import bot.cli.main, bot.cli.demo"]
    _quietly(modules)  # the first compiles
    for _ in range(size.demo_starts):
        folder = place.new_folder()
        imports.append(_quietly(modules, folder))
        for found in (first, again):
            with _open_demo(folder) as (took, _, _):
                found.append(took)
    for name, found in (("demo_start", again), ("demo_first_start", first)):
        ratio = middle(found) / middle(imports)
        yield Figure(
            name=f"{name}_ratio",
            value=ratio,
            unit="ratio",
            goal="≤ 1.6",
            ok=ratio <= 1.6,
            detail=f"{'a folder with a demo in it' if found is again else 'an empty folder, schema included'}: "
            f"{middle(found) * 1000:.0f} ms ({spread(found, 1000)}), import of its modules "
            f"{middle(imports) * 1000:.0f} ms ({spread(imports, 1000)}); {size.demo_starts} alternate starts",
        )
    yield _memory(place)


def _memory(place: Place) -> Figure:
    name, goal = "demo_memory", f"< {_MOST_MEMORY:g} MB"
    if not Path("/proc/self/status").exists():
        return Figure(name=name, value=None, unit="MB", goal=goal, detail="left out: no /proc on this system")
    with _open_demo(place.new_folder()) as (_, pid, address):
        opened = _resident(pid, "VmRSS")
        _state(address)
        _walk_a_week(address)
        most = _resident(pid, "VmHWM")
    return Figure(
        name=name,
        value=most,
        unit="MB",
        goal=goal,
        ok=most < _MOST_MEMORY,
        detail=f"the most it held while a week passed and the page was read; {opened:.0f} MB once it was open",
    )


def _quietly(command: list[str], folder: Path = _ROOT) -> float:
    return seconds(lambda: subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL))


@contextmanager
def _open_demo(folder: Path) -> Iterator[tuple[float, int, str]]:
    """Open a demo and give the seconds until it said so, its process and its address; close it afterwards."""
    began = perf_counter()
    process = subprocess.Popen(
        [*_TELEMACHY, "demo", "--port", "0", "--no-browser"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        took = perf_counter() - began
        if "http://" not in said:
            raise RuntimeError(f"the demo did not open: {said!r}")
        yield took, process.pid, "http://" + said.strip().split("http://", 1)[1]
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def _resident(pid: int, name: str) -> float:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in text.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024 / 1_000_000


def _state(address: str) -> dict[str, dict[str, object]]:
    with urlopen(f"{address}state", timeout=30) as answer:
        state: dict[str, dict[str, object]] = json.loads(answer.read())
    return state


def _walk_a_week(address: str) -> None:
    """Press “+1 week” and wait until the clock has come to rest."""
    asked = Request(f"{address}clock", json.dumps({"go": "week"}).encode(), method="POST")
    asked.add_header("Content-Type", "application/json")
    with urlopen(asked, timeout=30):
        pass
    until = perf_counter() + _WALK_SECONDS
    while _state(address)["clock"].get("walking") and perf_counter() < until:
        sleep(0.2)
