"""The process dies at every commit and every send of a first week, a review and a call for help: nobody can tell."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.sim.crash import CrashAt
from bot.cli.simulation import Wish, simulated
from bot.cli.simulation_report import Report
from bot.ports import QueuedState
from storage.outbox import Outbox

BRISK = Path(__file__).with_name("brisk.toml")
# Whoever has trouble asks for help: with this seed within the first week of the one pair.
SEED = "5"
DAYS = 16
STRIDE = 37  # the short sweep tries one point in so many, the long one all of them


def live(folder: Path, *points: int, crash: CrashAt | None = None) -> tuple[Report, CrashAt]:
    """Let one pair live through its first weeks, on a database of its own, with a process that dies at these points."""
    folder.mkdir(parents=True)
    crash = crash or CrashAt(points)
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


class Recorded(CrashAt):
    """Die nowhere, and remember what each point was."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __call__(self, point: str) -> None:
        """Note a point and pass it."""
        self.names.append(point)
        super().__call__(point)


@pytest.mark.parametrize(
    ("point", "believed"),
    [("after sending", "pending"), ("before sending", "sent")],
    ids=["sent-again", "taken-for-sent"],
)
def test_a_doubt_that_is_settled_without_looking_is_seen(
    tmp_path: Path, whole: tuple[str, int], monkeypatch: pytest.MonkeyPatch, point: str, believed: QueuedState
) -> None:
    """Planted: what was on its way when the process died is sent again, or taken for sent, whatever the platform did."""
    names = Recorded()
    live(tmp_path / "recorded", crash=names)
    sends = [number for number, name in enumerate(names.names, 1) if name == point]
    chosen = [(number,) for number in sends[5:7]]
    assert {} == differing(tmp_path / "right", whole[0], chosen)

    settle = Outbox.settle

    def rashly(self: Outbox, ids: Sequence[int], state: QueuedState, now: datetime, **more: Any) -> None:
        settle(self, ids, believed if state == "doubtful" else state, now, **more)

    monkeypatch.setattr(Outbox, "settle", rashly)
    assert set(chosen) == set(differing(tmp_path / "wrong", whole[0], chosen))


@pytest.mark.slow
def test_a_crash_at_any_point_changes_nothing(tmp_path: Path, whole: tuple[str, int]) -> None:
    """Whichever commit or send the process dies at, the transcript is that of a process that never died."""
    signature, passed = whole
    assert {} == differing(tmp_path, signature, [(point,) for point in range(1, passed + 1)])
