"""The process dies at every commit and every send of a first week, a review and a call for help: nobody can tell."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest

from adapters.sim.crash import CrashAt
from bot.cli.simulation import Wish, simulated
from bot.cli.simulation_report import Report

BRISK = Path(__file__).with_name("brisk.toml")
# Whoever has trouble asks for help: with this seed within the first week of the one pair.
SEED = "5"
DAYS = 16
STRIDE = 37  # the short sweep tries one point in so many, the long one all of them


def live(folder: Path, *points: int) -> tuple[Report, CrashAt]:
    """Let one pair live through its first weeks, on a database of its own, with a process that dies at these points."""
    folder.mkdir()
    crash = CrashAt(points)
    wish = Wish(
        pairs=1,
        seed=SEED,
        start=date(2027, 1, 11),
        programme=BRISK,
        everyone="struggles",
        days=DAYS,
        crash=crash,
    )
    return asyncio.run(simulated(wish, f"sqlite:///{folder / 'life.db'}")), crash


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, int]:
    """Return the signature of the life without a crash, and how many points it passed."""
    report, crash = live(tmp_path_factory.mktemp("whole") / "life")
    assert () == report.findings
    assert 1 == report.figures["reviews_held"]
    assert "help" in report.figures["cases_opened"]  # type: ignore[operator]
    return str(report.figures["transcript_sha256"]), crash.passed


def differing(folder: Path, signature: str, points: list[tuple[int, ...]]) -> dict[tuple[int, ...], str]:
    """Return after which crashes the life was another one, or something was found."""
    wrong = {}
    for number, dies in enumerate(points):
        report, crash = live(folder / str(number), *dies)
        assert len(dies) == crash.died
        if report.figures["transcript_sha256"] != signature or not report.clean:
            wrong[dies] = f"{[f.what for f in report.findings]} {report.errors}"
    return wrong


def test_a_crash_changes_nothing(tmp_path: Path, whole: tuple[str, int]) -> None:
    """After a crash at some of the commits and sends, and one more while starting again, the transcript is the same."""
    signature, passed = whole
    points = [(point, point + 2) if point % 2 else (point,) for point in range(1, passed - 2, STRIDE)]
    assert len(points) > 10
    assert {} == differing(tmp_path, signature, list(points))


@pytest.mark.slow
def test_a_crash_at_any_point_changes_nothing(tmp_path: Path, whole: tuple[str, int]) -> None:
    """Whichever commit or send the process dies at, the transcript is that of a process that never died."""
    signature, passed = whole
    assert {} == differing(tmp_path, signature, [(point,) for point in range(1, passed + 1)])
