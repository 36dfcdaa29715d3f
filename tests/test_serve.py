"""`telemachy serve` as a process: how it begins, what it says, and that nothing is lost however it ends."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import resource
import signal
import socket
import sqlite3
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from bot.cli import serve as serve_module
from bot.cli.health import trouble
from bot.cli.logs import JsonLines, log_lost_errors
from bot.cli.main import build
from bot.heartbeat import Pulse
from storage.errors import StorageTrouble
from storage.store import open_store
from tests.servers import (
    configuration,
    free_port,
    letters_due,
    post_office,
    running,
    states,
    telemachy,
)


def serve(config: Path, monkeypatch: pytest.MonkeyPatch, **opening: float) -> str:
    """Try to serve in this process what cannot be served, and return what the operator reads."""
    monkeypatch.setattr(serve_module, "log_to", lambda stream: None)
    monkeypatch.setattr(serve_module, "open_store", partial(open_store, **opening))
    tried = CliRunner().invoke(build(["serve"]), ["serve", "--config", str(config)])
    assert 1 == tried.exit_code, tried.output
    return tried.output


def health_until(port: int, wanted: int) -> int:
    """Ask until the answer is the wanted one: the next beat is at most five seconds away."""
    status = 0
    for _ in range(2000):
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                status = answer.status
        except HTTPError as error:
            status = error.code
            error.close()
        if status == wanted:
            break
        signal.sigtimedwait([], 0.01)
    return status


# --- a life ----------------------------------------------------------------------------------


def test_a_bot_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    """It says that it runs, answers its supervisor, writes one JSON object a line, and ends with 0."""
    port = free_port()
    with running(configuration(tmp_path, port=port)) as bot:
        health = health_until(port, 200)
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            figures = answer.read().decode()
        code = bot.stop()

    assert 200 == health
    assert "telemachy_messages_delivered_total 0\n" in figures
    assert 0 == code
    assert ["serve.start", "serve.stop"] == [line["action"] for line in bot.lines()]


# --- what keeps it from beginning --------------------------------------------------------------


def test_a_second_server_on_the_same_file_is_refused(tmp_path: Path) -> None:
    """It names the process that has the file, and that one goes on undisturbed."""
    config = configuration(tmp_path)
    with running(config) as first:
        second = telemachy("serve", "--config", configuration(tmp_path), folder=tmp_path)
        still_there = first.process.poll() is None
        code = first.stop()

    assert 1 == second.returncode
    assert f"in use by another telemachy (process {first.process.pid})" in second.stderr
    assert "Traceback" not in second.stderr
    assert (True, 0) == (still_there, code)


def test_every_problem_of_a_configuration_is_named_and_nothing_is_made(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """A slip in two keys is answered with two lines, each with its place; no database appears."""
    config = tmp_path / "config.toml"
    config.write_text('[organisation]\ntime_zone = "Europe/Lublana"\n[sever]\nport = 1\n')
    told = serve(config, monkeypatch)

    assert "[sever]: is not known (did you mean server?)" in told
    assert "[organisation] time_zone" in told
    assert ["config.toml"] == [file.name for file in tmp_path.iterdir()]


def test_a_configuration_that_is_not_there_is_named(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Whoever mistypes the path learns what to copy."""
    assert "there is no such file; copy config.example.toml" in serve(tmp_path / "conf.toml", monkeypatch)


def test_a_programme_that_is_not_sound_is_named(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Nobody is taken through a broken programme: file and key are named, and no database appears."""
    (tmp_path / "mine.toml").write_text('[programme]\nid = "mine"\ntitel = "Mine"\n')
    told = serve(configuration(tmp_path, '[programme]\nfile = "mine.toml"'), monkeypatch)

    assert "mine.toml" in told
    assert "titel" in told
    assert not (tmp_path / "telemachy.db").exists()


def test_a_port_in_use_is_named(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """The operator reads which port, why, and where to change it; the database is free again afterwards."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = serve(configuration(tmp_path, port=port), monkeypatch)
    open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True).close_now()

    assert f"127.0.0.1:{port} cannot be used" in told
    assert "[server]" in told


def test_a_database_that_another_program_holds_is_named(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """A backup program or a shell that locked the file is the operator's to close."""
    config = configuration(tmp_path)
    open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True).close_now()
    other = sqlite3.connect(tmp_path / "telemachy.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    told = serve(config, monkeypatch, busy_seconds=0.01)
    other.close()

    assert "is locked by another program: close whatever has it open" in told


def test_a_file_that_is_no_database_is_named(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Some other file, named by mistake, stays as it is."""
    (tmp_path / "telemachy.db").write_text("Dear diary, " * 100)
    told = serve(configuration(tmp_path), monkeypatch)

    assert "is not a SQLite database: choose another file" in told
    assert "Dear diary, " * 100 == (tmp_path / "telemachy.db").read_text()


def test_a_folder_that_is_not_there_is_named(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """A database in a folder that nobody made is not a traceback."""
    told = serve(configuration(tmp_path, url="sqlite:///not/there/telemachy.db"), monkeypatch)

    assert "check that its folder exists and may be written" in told


@pytest.mark.slow
def test_a_disk_without_room_is_named_at_the_start(tmp_path: Path) -> None:
    """The process may write 64 kB only, as on a full disk: it says so and ends, and what it began can be made later."""

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

    config = configuration(tmp_path)
    tried = telemachy("serve", "--config", config, folder=tmp_path, preexec_fn=little_room)
    with running(config) as bot:
        code = bot.stop()

    assert 1 == tried.returncode
    assert "check the disk" in tried.stderr or "free some space" in tried.stderr
    assert "Traceback" not in tried.stderr
    assert 0 == code


# --- killed ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("at", [1, 9, 23])
def test_a_killed_process_loses_nothing_and_repeats_nothing(tmp_path: Path, at: int) -> None:
    """Killed while a letter is being taken, it starts again: each letter came once, or is shown as doubtful."""
    names = [f"p{n:02}" for n in range(40)]
    url = f"sqlite:///{tmp_path}/telemachy.db"
    with post_office() as (post, mail):
        config = configuration(tmp_path, mail)
        letters_due(url, names)
        with running(config) as first:
            post.at[at] = first.process.kill
            killed = first.ended()
        before = states(url, names)
        with running(config) as second:
            post.wait_for(post.letters.total() + Counter(before.values())["pending"])
            code = second.stop()
    after = states(url, names)
    doubtful = {name for name, state in after.items() if state == "doubtful"}

    assert (-signal.SIGKILL, 0) == (killed, code)
    assert set(names) == set(after)
    assert {"sent", "doubtful"} >= set(after.values())
    assert {name for name, state in before.items() if state == "sending"} == doubtful
    assert {1} == set(post.letters.values())
    assert set(names) - {address.partition("@")[0] for address in post.letters} <= doubtful
    # No more rows are under way than calls: whoever kills the process doubts eight letters, not forty.
    assert 1 <= len(doubtful) <= 8


@pytest.mark.slow
def test_an_end_in_the_middle_of_much_work_leaves_no_doubt(tmp_path: Path) -> None:
    """Told to end while letters leave, it waits for those on their way; the others wait for the next start."""
    names = [f"p{n:02}" for n in range(40)]
    url = f"sqlite:///{tmp_path}/telemachy.db"
    with post_office() as (post, mail):
        config = configuration(tmp_path, mail)
        letters_due(url, names)
        with running(config) as first:
            post.at[9] = first.process.terminate
            code = first.ended()
        between = states(url, names)
        came = post.letters.total()
        with running(config) as second:
            post.wait_for(len(names))
            second.stop()

    assert 0 == code
    assert {"sent", "pending"} == set(between.values())
    assert came == Counter(between.values())["sent"]
    assert {1} == set(post.letters.values())
    assert {"sent"} == set(states(url, names).values())


@pytest.mark.postgres
def test_two_replicas_share_a_postgresql(tmp_path, new_db) -> None:  # type: ignore[no-untyped-def]
    """On PostgreSQL a second process is welcome, and everybody still gets one letter."""
    names = [f"p{n:02}" for n in range(40)]
    url = new_db("postgresql")
    with post_office() as (post, mail):
        letters_due(url, names)
        folders = [tmp_path / "one", tmp_path / "two"]
        for folder in folders:
            folder.mkdir()
        one, two = (configuration(folder, mail, url=url) for folder in folders)
        with running(one) as first, running(two) as second:
            post.wait_for(len(names))
            codes = (first.stop(), second.stop())

    assert (0, 0) == codes
    assert {1} == set(post.letters.values())
    assert {"sent"} == set(states(url, names).values())


# --- people ----------------------------------------------------------------------------------


SOON = datetime.now(UTC).date() + timedelta(days=40)


def people_file(folder: Path, start: date, *more: str) -> Path:
    """Write a small company into a file."""
    file = folder / "people.csv"
    lines = (
        "name,email,roles,department,manager,zone,country,start,mentor",
        f"Ana Novak,ana@example.org,mentee,Data,Peter Hribar,Europe/Ljubljana,SI,{start},Matej Kos",
        "Matej Kos,matej@example.org,mentor,Data,Peter Hribar,Europe/Ljubljana,SI,,",
        "Peter Hribar,peter@example.org,head,Data,,Europe/Ljubljana,SI,,",
        "Irena Vidmar,irena@example.org,coordinator,HR,,Europe/Ljubljana,,,",
        "Breda Zupan,breda@example.org,director,,,Europe/Athens,GR,,",
        *more,
    )
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def take_people(file: Path, config: Path, *options: str):  # type: ignore[no-untyped-def]
    """Run `telemachy people`."""
    return CliRunner().invoke(build(["people"]), ["people", str(file), "--config", str(config), *options])


def test_people_and_pairs_come_from_a_file_once(tmp_path: Path) -> None:
    """The pairs' programme begins; the same file again changes nothing; the house's week holds for who is new."""
    house = '[organisation]\ncountry = "LV"\nworking_days = ["mon", "tue"]'
    config = configuration(tmp_path, house)
    file = people_file(tmp_path, SOON)
    dry = take_people(file, config, "--dry-run").output
    first = take_people(file, config)
    again = take_people(file, config).output
    store = open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True)
    irena = store.read_now(lambda work: work.person("irena@example.org"))
    runs = store.read_now(lambda work: work.enrolments_of("ana@example.org"))
    store.close_now()

    assert "Nothing was kept" in dry
    assert "People: 5 new, 0 known before.\nProgrammes: 1 begin.\n" in dry
    assert f"  {SOON}  ana@example.org with matej@example.org\n" in dry
    assert f"matej@example.org: telemachy preview --pair {runs[0]}\n" in first.output
    assert (0, "People: 5 new, 0 known before.") == (first.exit_code, first.output.splitlines()[0])
    assert "People: 0 new, 5 known before.\nProgrammes: 0 begin, 1 begun before.\n" == again
    assert irena is not None
    assert ("LV", (0, 1), None) == (irena.country, irena.weekdays, irena.address)
    assert 1 == len(runs)


def test_a_pair_that_may_not_begin_keeps_the_whole_file_out(tmp_path: Path) -> None:
    """Somebody with a programme under way cannot begin another, and nothing else of the file is kept either."""
    config = configuration(tmp_path)
    soon = SOON
    take_people(people_file(tmp_path, soon), config)
    newcomer = f"Eva Zver,eva@example.org,mentee,Data,Peter Hribar,Europe/Ljubljana,SI,{soon},Matej Kos"
    tried = take_people(people_file(tmp_path, soon + timedelta(days=1), newcomer), config)
    store = open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True)
    eva = store.read_now(lambda work: work.person("eva@example.org"))
    store.close_now()

    assert 1 == tried.exit_code
    assert "ana@example.org: has a programme under way" in tried.output
    assert eva is None


def test_somebody_who_has_left_gets_nothing_more(tmp_path: Path) -> None:
    """Who left is kept as such, also when an older file is read again; an unknown e-mail changes nothing."""
    config = configuration(tmp_path)
    file = people_file(tmp_path, SOON)
    take_people(file, config)
    command = ["people", "--config", str(config), "--left"]
    unknown = CliRunner().invoke(build(command), [*command, "ana@example.com"])
    told = CliRunner().invoke(build(command), [*command, "Ana@example.org"])
    take_people(file, config)
    store = open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True)
    ana = store.read_now(lambda work: work.person("ana@example.org"))
    store.close_now()

    assert (1, 0) == (unknown.exit_code, told.exit_code)
    assert "Nobody here has the e-mail ana@example.com." in unknown.output
    assert "Ana Novak has left: nothing more is sent to them.\n" == told.output
    assert ana is not None
    assert not ana.active


def test_somebody_who_left_by_mistake_is_back(tmp_path: Path) -> None:
    """A slip is undone; who is nobody here keeps everything as it was, the file beside it too."""
    config = configuration(tmp_path)
    file = people_file(tmp_path, SOON)
    command = ["people", "--config", str(config)]
    with_file = CliRunner().invoke(build(command), [*command, str(file), "--left", "nobody@example.org"])
    store = open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True)
    nothing = store.read_now(lambda work: work.people())
    store.close_now()
    take_people(file, config)
    CliRunner().invoke(build(command), [*command, "--left", "ana@example.org"])
    told = CliRunner().invoke(build(command), [*command, "--back", "ANA@example.org"])
    both = CliRunner().invoke(
        build(command), [*command, "--back", "ana@example.org", "--left", "ana@example.org"]
    )
    store = open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True)
    ana = store.read_now(lambda work: work.person("ana@example.org"))
    store.close_now()

    assert (1, ()) == (with_file.exit_code, nothing)
    assert (0, "Ana Novak is there again.\n") == (told.exit_code, told.output)
    assert "cannot have left and be back" in both.output
    assert ana is not None
    assert ana.active


def test_a_mentor_without_room_is_refused_over_all_imports(tmp_path: Path) -> None:
    """Who mentors three by an earlier file gets no fourth by a later one."""
    config = configuration(tmp_path)
    soon = SOON

    def mentee(name: str) -> str:
        return f"{name},{name}@example.org,mentee,Data,Peter Hribar,Europe/Ljubljana,SI,{soon},Matej Kos"

    take_people(people_file(tmp_path, soon, mentee("eva"), mentee("jan")), config)
    tried = take_people(people_file(tmp_path, soon, mentee("ula")), config)

    assert 1 == tried.exit_code
    assert "Matej Kos offered to mentor 3" in tried.output


def test_a_later_file_may_hold_the_newcomer_alone(tmp_path: Path) -> None:
    """Who is there already is neither repeated nor changed; somebody who left is nobody's mentor any more."""
    config = configuration(tmp_path, '[organisation]\ntime_zone = "Europe/Ljubljana"\nlanguage = "sl"')
    file = people_file(tmp_path, SOON)
    take_people(file, config)
    header, *_ = file.read_text(encoding="utf-8").splitlines()
    newcomer = f"Eva Zver,eva@example.org,mentee,Data,Peter Hribar,,SI,{SOON},Matej Kos"
    file.write_text(f"{header}\n{newcomer}\n", encoding="utf-8")
    taken = take_people(file, config)
    store = open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True)
    eva = store.read_now(lambda work: work.person("eva@example.org"))
    [run] = store.read_now(lambda work: work.enrolments_of("eva@example.org"))
    [pair] = store.read_now(lambda work: work.pairs((run,)))
    store.close_now()
    command = ["people", "--config", str(config), "--left", "matej@example.org"]
    CliRunner().invoke(build(command), command)
    file.write_text(f"{header}\n{newcomer.replace('Eva', 'Jan').replace('eva@', 'jan@')}\n", encoding="utf-8")
    refused = take_people(file, config)

    assert "People: 1 new, 0 known before.\nProgrammes: 1 begin.\n" in taken.output
    assert eva is not None
    assert ("Europe/Ljubljana", "sl") == (eva.zone, eva.language)
    assert ["breda", "eva", "irena", "matej", "peter"] == sorted(p.id.partition("@")[0] for p in pair.people)
    assert 1 == refused.exit_code
    assert "nobody called 'Matej Kos'" in refused.output


# --- what it logs ------------------------------------------------------------------------------

SECRET = "I cannot say openly what I think"


def logged(logger: str, text: str, *values: object, error: Exception | None = None) -> dict[str, object]:
    """Return a log line as it would be written."""
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(logger, logging.ERROR, "", 0, text, values, info)
    line: dict[str, object] = json.loads(JsonLines().format(record))
    return line


def test_a_log_line_has_its_action_and_the_place_of_the_error() -> None:
    """What a program filters by stands on its own; what a person needs to find the fault is there too."""
    try:
        raise StorageTrouble("The database has no room left.")
    except StorageTrouble as error:
        line = logged("bot.heartbeat", "A beat failed: action=heartbeat.failed beat=%s", "tick", error=error)

    assert "heartbeat.failed" == line["action"]
    assert "StorageTrouble: The database has no room left." == line["error"]
    assert ["tests/test_serve.py"] == [str(place).partition(":")[0] for place in line["where"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("logger", "text", "values", "error"),
    [
        ("aiohttp.server", "Error handling %s", (SECRET,), None),
        ("asyncio", f"Task exception was never retrieved\nfuture: <Task {SECRET}>", (), None),
        ("bot.engine", "An enrolment could not be looked at", (), ValueError(SECRET)),
        ("psycopg", "failed", (), KeyError(SECRET)),
    ],
)
def test_no_log_line_has_what_people_wrote(logger, text, values, error) -> None:  # type: ignore[no-untyped-def]
    """Neither the arguments of a library's message nor the text of an error that may quote somebody."""
    assert SECRET not in json.dumps(logged(logger, text, *values, error=error))


def test_an_error_that_nobody_awaited_is_logged_without_its_text() -> None:
    """asyncio would write the task's repr, which quotes the error."""
    stream, handler = io.StringIO(), logging.StreamHandler()
    handler.setStream(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("bot.cli.logs")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        with asyncio.Runner() as runner:
            error = ValueError(SECRET)
            log_lost_errors(runner.get_loop(), {"message": SECRET, "exception": error, "future": SECRET})
    finally:
        logger.removeHandler(handler)
        logger.propagate = True

    line = json.loads(stream.getvalue())
    assert ("lost_error", "ValueError") == (line["action"], line["error"])
    assert SECRET not in stream.getvalue()


# --- health ----------------------------------------------------------------------------------


class Heart:
    """A heart with a given pulse."""

    def __init__(self, **pulse: object) -> None:
        self.pulse = Pulse(**pulse)  # type: ignore[arg-type]


async def test_health_is_what_the_heart_does() -> None:
    """Well after a beat; not before the first, not after a failed one, not after three minutes of silence."""
    now = asyncio.get_running_loop().time()
    seen = [
        trouble(heart)  # type: ignore[arg-type]
        for heart in (
            Heart(beaten_at=now),
            Heart(),
            Heart(beaten_at=now, trouble=StorageTrouble(SECRET)),
            Heart(beaten_at=now - 200),
        )
    ]

    assert "" == seen[0]
    assert "it has only just started" == seen[1]
    assert "the last beat failed (StorageTrouble): see the log, or run telemachy doctor" == seen[2]
    assert "no beat for 200 s" == seen[3]


@pytest.mark.slow
def test_a_supervisor_is_told_of_trouble(tmp_path: Path) -> None:
    """While the database cannot be used, /healthz answers 503; the process lives on and is well again by itself."""
    port = free_port()
    url = f"sqlite:///{tmp_path}/telemachy.db"
    with post_office() as (_, mail), running(configuration(tmp_path, mail, port=port)) as bot:
        health_until(port, 200)
        # Without its table, every look fails, as it would on a database that is damaged.
        other = sqlite3.connect(tmp_path / "telemachy.db", isolation_level=None)
        other.execute("ALTER TABLE outbox RENAME TO elsewhere")
        status = health_until(port, 503)
        other.execute("ALTER TABLE elsewhere RENAME TO outbox")
        other.close()
        well = health_until(port, 200)
        code = bot.stop()

    assert (503, 200, 0) == (status, well, code)
    assert {"heartbeat.failed", "heartbeat.recovered"} <= {line.get("action") for line in bot.lines()}
    assert {} == states(url, [])
