"""`telemachy doctor`: each thing that can be wrong is found, said, and comes with what mends it."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from typer.testing import CliRunner

from bot.cli import doctor as doctor_module
from bot.cli.doctor import examine
from bot.cli.findings import Finding
from bot.cli.main import build
from bot.outcome import Put
from storage.checkup import Checkup
from storage.store import open_store
from tests.mailroom import ANA, MONDAY, Clock, send
from tests.servers import configuration, free_port, post_office, running
from tests.shelf import PAIR

PROGRAMME = '[programme]\nid = "mine"\nversion = "1"\ntitel = "Mine"\n'


def doctor(*options: str) -> Any:
    """Run the command."""
    return CliRunner().invoke(build(["doctor"]), ["doctor", *options])


def found(config: Path | None, now: datetime | None = None) -> list[Finding]:
    """Return what a look at a deployment finds."""
    return list(examine(config, Clock(now or datetime.now(UTC))))


def said(findings: list[Finding], state: str, area: str) -> list[str]:
    """Return what was found in an area, with the fix."""
    return [f"{one.text} {one.fix}".strip() for one in findings if (one.state, one.area) == (state, area)]


def bad(findings: list[Finding]) -> list[str]:
    """Return all that is not well."""
    return [one.text for one in findings if one.state != "ok"]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A deployment with a name and a database that has its schema."""
    open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True).close_now()
    return configuration(tmp_path, '[organisation]\nname = "Lipa"')


def write(config: Path, *records: object, sends: tuple[Any, ...] = ()) -> None:
    """Store records and intentions in the deployment's database."""
    store = open_store(f"sqlite:///{config.parent}/telemachy.db", inline=True)
    store.write_now(lambda work: work.apply([Put(one) for one in records], MONDAY))  # type: ignore[arg-type]
    store.write_now(lambda work: work.intend(sends, MONDAY))
    store.close_now()


# --- the report ------------------------------------------------------------------------------


def test_a_sound_deployment_is_well(config: Path) -> None:
    """Every area has its line, nothing is wrong, and the exit code says so."""
    told = doctor("--config", str(config))
    areas = [line.split()[1] for line in told.output.splitlines()]

    assert 0 == told.exit_code
    assert ["configuration:", "programme:", "database:", "clock:", "mail:"] == areas
    assert {"ok"} == {line.split()[0] for line in told.output.splitlines()}


def test_asking_makes_and_changes_nothing(tmp_path: Path) -> None:
    """On an empty folder it says what the first start will make, and makes none of it."""
    config = configuration(tmp_path)
    findings = found(config)

    assert ["config.toml"] == [file.name for file in tmp_path.iterdir()]
    assert [f"{tmp_path}/telemachy.db is not there yet; the first start makes it."] == said(
        findings, "ok", "database"
    )
    assert ["The organisation has no name: messages do without one."] == bad(findings)


def test_the_report_can_be_read_by_a_program(config: Path) -> None:
    """The same findings as one JSON object, with the same exit code."""
    (config.parent / "mine.toml").write_text(PROGRAMME)
    config.write_text(config.read_text() + '[programme]\nfile = "mine.toml"\n')
    told = doctor("--config", str(config), "--json")
    report = json.loads(told.output)

    assert (1, False) == (told.exit_code, report["ok"])
    assert {"ok", "problem"} == {one["state"] for one in report["findings"]}
    assert all(set(one) == {"state", "area", "text", "fix"} for one in report["findings"])


# --- configuration ---------------------------------------------------------------------------


def test_every_problem_of_the_configuration_is_named_at_once(tmp_path: Path) -> None:
    """Each has its own line; nothing else is looked at, because it would be the wrong deployment."""
    config = tmp_path / "config.toml"
    config.write_text('[organisation]\ntime_zone = "Mars"\n[server]\nport = 0\n')
    told = doctor("--config", str(config))

    assert 1 == told.exit_code
    assert 2 == told.output.count("problem  configuration:")
    assert "[server] port: must be a whole number from 1 to 65535" in told.output
    assert "Nothing else was looked at." in told.output


def test_without_a_file_the_defaults_hold_and_it_says_so(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Whoever runs it in the wrong folder notices."""
    monkeypatch.chdir(tmp_path)

    assert "There is no config.toml here: the defaults hold." in doctor().output


def test_secrets_are_said_by_their_place_only(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says which variable or file a secret comes from, warns where others may read it, and never shows it."""
    monkeypatch.setenv("TELEMACHY_MAIL_PASSWORD", "hunter2")
    by_variable = doctor("--config", str(config)).output
    monkeypatch.delenv("TELEMACHY_MAIL_PASSWORD")
    secret = config.parent / "password"
    secret.write_text("hunter2\n")
    config.write_text(config.read_text() + '[mail]\npassword_file = "password"\n')
    secret.chmod(0o644)
    open_to_all = doctor("--config", str(config)).output
    secret.chmod(0o600)
    ours = doctor("--config", str(config)).output

    assert "[mail] password comes from TELEMACHY_MAIL_PASSWORD." in by_variable
    assert f"[mail] password comes from {secret}." in ours
    assert f"chmod 600 {secret}" in open_to_all
    assert "chmod" not in ours
    assert "hunter2" not in by_variable + open_to_all + ours


# --- programme -------------------------------------------------------------------------------


def test_a_programme_that_changed_under_its_version_is_noticed(config: Path) -> None:
    """Pairs live by the text that their version had; a changed file needs a new one, else nobody gets it."""
    from bot.shipped import shipped

    text = shipped()["onboarding"]
    (config.parent / "mine.toml").write_text(text.replace("Onboarding with a mentor", "Settling in"))
    store = open_store(f"sqlite:///{config.parent}/telemachy.db", inline=True)
    version = text.partition('version = "')[2].partition('"')[0]
    store.write_now(lambda work: work.keep_programme("onboarding", version, text))
    store.close_now()
    sound = bad(found(config))
    config.write_text(config.read_text() + '[programme]\nfile = "mine.toml"\n')
    changed = said(found(config), "warning", "programme")

    assert [] == sound
    assert ["Give the changed file a new version; telemachy diff says whom a change reaches."] == [
        told.partition("earlier ones. ")[2] for told in changed
    ]


# --- database --------------------------------------------------------------------------------


def test_a_running_server_is_no_trouble(config: Path) -> None:
    """It can be asked while the bot runs, says which process has the database, and does not disturb it."""
    with running(config) as bot:
        findings = found(config)
        code = bot.stop()

    assert [] == bad(findings)
    assert any(f"(process {bot.process.pid})" in told for told in said(findings, "ok", "database"))
    assert 0 == code


def test_a_locked_database_is_a_problem(config: Path) -> None:
    """Some other program holds it: close that."""
    other = sqlite3.connect(config.parent / "telemachy.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    told = said(found(config), "problem", "database")
    other.close()

    assert 1 == len(told)
    assert "is locked by another program: close whatever has it open" in told[0]


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    """The database's folder is the operator's to make."""
    findings = found(configuration(tmp_path, url="sqlite:///not/there.db"))
    told = said(findings, "problem", "database")

    assert 1 == len(told)
    assert "make it, or choose another place" in told[0]


@pytest.mark.parametrize(
    ("number", "fix"),
    [(errno.ENOSPC, "free some space on its disk"), (errno.EROFS, "let the bot's user write there")],
)
def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path: Path, monkeypatch, number, fix) -> None:  # type: ignore[no-untyped-def]
    """A full disk and one that may only be read want different things done."""

    def refuse(**where: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("storage.checkup.tempfile.TemporaryFile", refuse)
    told = said(found(configuration(tmp_path)), "problem", "database")

    assert fix in told[0]


@pytest.mark.parametrize("contents", ["Dear diary, " * 1000, ""])
def test_a_file_that_is_no_database(tmp_path: Path, contents: str) -> None:
    """Another kind of file is a problem; an empty one is a database that begins."""
    (tmp_path / "telemachy.db").write_text(contents)
    findings = found(configuration(tmp_path))
    told = said(findings, "problem" if contents else "ok", "database")

    assert 1 == len(told)
    assert ("is not a SQLite database" if contents else "is empty; the first start fills it") in told[0]


def test_a_damaged_database_is_a_problem(config: Path) -> None:
    """Pages that were overwritten are found, and nobody is told to go on."""
    write(config, ANA, PAIR, sends=tuple(send(f"k{n}") for n in range(200)))
    file = config.parent / "telemachy.db"
    for more in file.parent.glob("telemachy.db-*"):
        more.unlink()
    data = bytearray(file.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8192] = b"\xff" * 8192
    file.write_bytes(data)

    assert any("damaged" in told for told in said(found(config), "problem", "database"))


def test_another_schema_is_noticed(config: Path) -> None:
    """Before an update the operator is told to make a backup."""
    other = sqlite3.connect(config.parent / "telemachy.db")
    other.execute("UPDATE alembic_version SET version_num = '0000'")
    other.commit()
    other.close()
    told = said(found(config), "warning", "database")

    assert ["has schema 0000, which is not this version's. Make a backup;"] == [
        one[one.index("has schema") : one.index("backup;") + 7] for one in told
    ]


@pytest.mark.parametrize(
    ("free", "state"), [(10_000_000, "problem"), (400_000_000, "warning"), (9_000_000_000, "")]
)
def test_a_disk_that_fills_up_is_noticed(config, monkeypatch, free: int, state: str) -> None:  # type: ignore[no-untyped-def]
    """It warns while there is time, and calls it a problem when there is none."""
    seen: Checkup = doctor_module.look(f"sqlite:///{config.parent}/telemachy.db")
    seen.free_bytes = free
    monkeypatch.setattr(doctor_module, "look", lambda url: seen)
    findings = found(config)

    assert [state] * bool(state) == [one.state for one in findings if "MB are free" in one.text]


def test_what_is_stuck_is_counted(config: Path) -> None:
    """Messages in doubt and undelivered ones are counted; a pair that cannot be looked at is named."""
    write(config, ANA, PAIR, sends=(send("a"), send("b"), send("c")))
    store = open_store(f"sqlite:///{config.parent}/telemachy.db", inline=True)
    store.write_now(lambda work: work.settle([1], "doubtful", MONDAY))
    store.write_now(lambda work: work.settle([2, 3], "failed", MONDAY))
    store.write_now(lambda work: work.push_back("e1", MONDAY, "LookupError: no such step"))
    store.close_now()
    findings = found(config)

    assert ["In doubt, because nobody knows whether they arrived: 1.", "Refused or undeliverable: 2."] == [
        told.partition(".")[0] + "." for told in said(findings, "warning", "messages")
    ]
    assert ["Programme run e1 could not be looked at, 1 times in a row: LookupError: no such step"] == [
        told.partition(" The bot")[0] for told in said(findings, "problem", "programme")
    ]


@pytest.mark.postgres
def test_postgresql_is_asked_for_what_it_would_lose(tmp_path, new_db) -> None:  # type: ignore[no-untyped-def]
    """The test server runs without fsync, which is warned of; the rest is well."""
    config = configuration(tmp_path, '[organisation]\nname = "Lipa"', url=new_db("postgresql"))
    findings = found(config)

    assert {"fsync", "full_page_writes"} <= {
        told.split()[3] for told in said(findings, "warning", "database")
    }
    assert [] == [one for one in findings if one.state == "problem"]
    assert any("can be read and written" in told for told in said(findings, "ok", "database"))


def test_a_postgresql_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    """The address is named without the password."""
    config = configuration(tmp_path)
    os.environ["TELEMACHY_DATABASE_URL"] = f"postgresql://me:hunter2@127.0.0.1:{free_port()}/none"
    try:
        findings = found(config)
    finally:
        del os.environ["TELEMACHY_DATABASE_URL"]
    told = said(findings, "problem", "database")

    assert 1 == len(told)
    assert "cannot be reached" in told[0]
    assert "hunter2" not in str(findings)


# --- clock -----------------------------------------------------------------------------------


def test_a_clock_that_was_set_back_is_a_problem(config: Path) -> None:
    """The newest look lies ahead of the clock: that cannot be, and the rule is stated."""
    now = datetime.now(UTC)
    write(config, ANA, PAIR)
    store = open_store(f"sqlite:///{config.parent}/telemachy.db", inline=True)
    store.write_now(lambda work: work.looked("e1", now + timedelta(hours=5, minutes=1), None))
    store.close_now()
    told = said(found(config, now), "problem", "clock")

    assert 1 == len(told)
    assert "the last look was 5 hours later" in told[0]
    assert "nothing is repeated and nothing is lost" in told[0]


def test_a_clock_that_differs_from_the_disks_is_noticed(config: Path) -> None:
    """A file written now says another time: one of the two clocks is wrong."""
    findings = found(config, datetime.now(UTC) - timedelta(minutes=10))

    assert 1 == len(said(findings, "warning", "clock"))


# --- mail ------------------------------------------------------------------------------------


@contextmanager
def strict_server(port: int) -> Iterator[None]:
    """Run a mail server that lets nobody in."""

    def refuse(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    controller = Controller(object(), "127.0.0.1", port, authenticator=refuse, auth_require_tls=False)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def mail(port: int, *more: str) -> str:
    """Return the section of a mail server here."""
    return "\n".join(
        ["[mail]", 'host = "127.0.0.1"', f"port = {port}", 'sender = "mentoring@example.org"', *more]
    )


def test_a_mail_server_that_answers_is_well(tmp_path: Path) -> None:
    """It is asked, and no letter is sent."""
    with post_office() as (post, section):
        findings = found(configuration(tmp_path, section))

    assert 1 == len(said(findings, "ok", "mail"))
    assert 0 == post.letters.total()


def test_a_mail_server_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    """Host, port and the fix are named."""
    port = free_port()
    told = said(found(configuration(tmp_path, mail(port, 'security = "none"'))), "problem", "mail")

    assert [f"127.0.0.1:{port} cannot be reached. Check [mail] host and port; is the server running?"] == told


def test_a_sign_in_that_is_refused_is_a_problem(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """The user is named, the password is not."""
    monkeypatch.setenv("TELEMACHY_MAIL_PASSWORD", "hunter2")
    port = free_port()
    with strict_server(port):
        section = mail(port, 'security = "none"', 'user = "bot"')
        told = said(found(configuration(tmp_path, section)), "problem", "mail")

    assert 1 == len(told)
    assert "refuses the sign-in of bot" in told[0]
    assert "TELEMACHY_MAIL_PASSWORD" in told[0]
    assert "hunter2" not in told[0]


def test_a_server_without_encryption_is_a_problem(tmp_path: Path) -> None:
    """Where the configuration wants starttls and the server has none, the ports are explained."""
    port = free_port()
    with strict_server(port):
        told = said(found(configuration(tmp_path, mail(port))), "problem", "mail")

    assert 1 == len(told)
    assert "587 usually goes with starttls, 465 with tls." in told[0]


def test_a_mail_folder_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "letters").write_text("")
    told = said(found(configuration(tmp_path, '[mail]\nfolder = "letters"')), "problem", "mail")

    assert 1 == len(told)
    assert "Make it, or name another one with [mail] folder." in told[0]
