"""Every benchmark measures at a small size, and prints lines that a program can read."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator

import pytest

from benchmarks import __main__ as command
from benchmarks import load, slack, slack_load, teams, ticks
from benchmarks.__main__ import BENCHMARKS
from benchmarks.figure import Figure, Size
from benchmarks.place import Place, place
from benchmarks.scene import Kept, SetClock, bot_on
from storage.store import open_store

TINY = Size(
    pairs=1,
    scaling=(1, 1),
    days=-18,
    few=10,
    enrolments=40,
    idle_rounds=1,
    idle_ticks=2,
    due=4,
    due_rounds=1,
    new_pairs=60,
    starts=1,
    demo_starts=1,
    chat_pairs=2,
    chat_at_once=(1, 2, 3),
    chat_rounds=1,
    chat_seconds=0.05,
    lag_due=5,
    told=3,
)
KEYS = ["name", "value", "unit", "goal", "ok", "detail"]
FIGURES = {
    "help": ["help_ratio"],
    "taps": ["checkin_taps"],
    "enrolment": ["enrolment_ms", "enrolment_bytes"],
    "idle": ["idle_tick_sqlite"],
    "steps": ["steps_sqlite"],
    "simulate": ["simulate_1", "simulate_scaling"],
    "interruptions": ["interruptions_p50", "interruptions_p95"],
    "demo": ["demo_start_ratio", "demo_first_start_ratio", "demo_memory"],
    "slack": [
        "slack_press_sqlite",
        "slack_press_sqlite_p50",
        "slack_press_sqlite_p99",
        "slack_command_sqlite",
        "slack_command_sqlite_p50",
        "slack_command_sqlite_p99",
        "slack_lag_sqlite",
    ],
    "teams": [
        "teams_press_sqlite",
        "teams_press_sqlite_p50",
        "teams_press_sqlite_p99",
        "teams_press_turns",
        "teams_command_sqlite",
        "teams_command_sqlite_p50",
        "teams_command_sqlite_p99",
        "teams_command_turns",
        "teams_tokens",
    ],
}


@pytest.fixture
def here() -> Iterator[Place]:
    """Return a place to measure in, gone when the test ends."""
    with place() as made:
        yield made


def measured(name: str, here: Place, size: Size = TINY) -> list[dict[str, object]]:
    """Return the lines of a benchmark as a program reads them."""
    return [json.loads(figure.line()) for figure in BENCHMARKS[name](size, here)]


def test_every_benchmark_is_tested() -> None:
    """No benchmark is without the names of its figures here."""
    assert sorted(FIGURES) == sorted(BENCHMARKS)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow) if n in ("demo", "slack", "teams") else n for n in FIGURES],
)
def test_a_benchmark_prints_its_lines(name: str, here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each figure of a benchmark is a line with a number above zero, a goal and the load of the machine."""
    for module in (ticks, slack, teams):
        monkeypatch.setattr(module, "KINDS", ("sqlite",))

    lines = measured(name, here)

    assert FIGURES[name] == [line["name"] for line in lines]
    for line in lines:
        assert KEYS == list(line)
        assert isinstance(line["value"], float)
        assert line["value"] > 0 or name == "interruptions"  # before the first day nobody is written to
        assert isinstance(line["ok"], bool)
        assert line["goal"]
        assert "load " in str(line["detail"])


@pytest.mark.postgres
@pytest.mark.parametrize(
    "name", ["idle", "steps", *(pytest.param(name, marks=pytest.mark.slow) for name in ("slack", "teams"))]
)
def test_both_databases_are_measured(
    name: str, here: Place, pg_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server's URL in TELEMACHY_TEST_PG is measured like SQLite."""
    monkeypatch.setenv("TELEMACHY_TEST_PG", pg_url)
    for module in (ticks, slack, teams):
        monkeypatch.setattr(module, "KINDS", ("postgresql",))

    line = measured(name, here)[0]

    assert str(line["name"]).endswith("_postgresql")
    assert isinstance(line["value"], float)


def test_what_cannot_be_measured_here_says_so(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a server, and as root, the line of PostgreSQL has no value and names the way out."""
    monkeypatch.delenv("TELEMACHY_TEST_PG", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(ticks, "KINDS", ("postgresql",))

    line = measured("idle", here)[0]

    assert line["value"] is None
    assert line["ok"] is None
    assert "left out: " in str(line["detail"])
    assert "TELEMACHY_TEST_PG" in str(line["detail"])


async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: bytes) -> None:
    """Answer every request with this status, and the question for the cost with a number."""
    while head := await reader.readline():
        size = 0
        while (line := await reader.readline()).strip():
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        await reader.readexactly(size)
        said = b'{"cpu": 1.5}' if head.startswith(b"GET") else b""
        told = b"200 OK" if head.startswith(b"GET") else status
        writer.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (told, len(said), said))
    writer.close()
    await writer.wait_closed()


def sent_to(status: bytes) -> load.Sent:
    """Send one command again and again, three at once, to a server that answers all with this status."""

    async def send() -> load.Sent:
        server = await asyncio.start_server(lambda r, w: served(r, w, status), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await load.Sender(port, slack_load.signed).send(
                (b"trigger_id=trigger-000000000000",), 3, 0.05
            )

    return asyncio.run(send())


def test_each_answer_to_slack_is_counted_with_its_wait() -> None:
    """As many waits are kept as requests were answered, none longer than the round."""
    sent = sent_to(b"200 OK")

    assert len(sent.waits) == sent.answered
    assert sent.answered >= 3
    assert 0 < sent.wait(0.5) <= sent.wait(0.99) <= sent.seconds


def test_a_server_that_refuses_is_not_measured() -> None:
    """Any answer but 200 ends a measurement: a quick refusal would be a splendid figure."""
    with pytest.raises(RuntimeError, match="401 Unauthorized"):
        sent_to(b"401 Unauthorized")


def test_a_crowd_is_due_when_it_is_told(here: Place) -> None:
    """Of the copied enrolments exactly those are looked at that were made due, and each opens its check-in."""
    crowd = here.crowd("sqlite", 40, 12)

    async def tick() -> int:
        store = open_store(crowd.url)
        try:
            return await bot_on(store, SetClock(crowd.due_at), Kept()).ticker.tick()
        finally:
            await store.close()

    assert 0 == asyncio.run(tick())
    crowd.make_due(3, 9)
    assert 7 == asyncio.run(tick())
    assert 7 == crowd.opened()
    assert 41 == crowd.count("SELECT count(*) FROM enrolment")
    assert 7 == crowd.count("SELECT count(DISTINCT \"to\") FROM outbox WHERE state = 'pending'")


def test_an_idle_tick_that_finds_something_is_no_figure(here: Place) -> None:
    """A measurement of nothing fails where something was due after all."""
    crowd = here.crowd("sqlite", 40, 12)
    crowd.make_due(1, 1)

    async def tick() -> float:
        store = open_store(crowd.url)
        try:
            return await ticks._ticks(bot_on(store, SetClock(crowd.due_at), Kept()), 1)
        finally:
            await store.close()

    with pytest.raises(RuntimeError, match="something was due"):
        asyncio.run(tick())


def test_a_broken_benchmark_is_a_line_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What raises is told in its line and by the exit status; what comes after it is still measured."""

    def broken(size: Size, here: Place) -> Iterator[Figure]:
        raise OSError("no room")

    def sound(size: Size, here: Place) -> Iterator[Figure]:
        yield Figure(name="sound", value=1, unit="ratio", goal="≤ 2", ok=True)

    monkeypatch.setattr(command, "BENCHMARKS", {"broken": broken, "sound": sound})

    assert 1 == command.main([])

    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert ("broken", None, False) == (first["name"], first["value"], first["ok"])
    assert "OSError: no room" in first["detail"]
    assert ("sound", 1, True) == (second["name"], second["value"], second["ok"])


def test_a_misspelt_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown name ends the command with the names there are."""
    with pytest.raises(SystemExit):
        command.main(["enrollment"])

    assert "enrolment" in capsys.readouterr().err.rpartition("There are")[2]
