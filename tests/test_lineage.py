"""A database that was put back from a backup: what is due is held, until the operator says replay or missed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from bot.facts import Enrolment
from bot.heartbeat import Heartbeat
from bot.lineage import Living, decide
from bot.outcome import Put
from bot.ports import Work
from storage.errors import StorageTrouble
from storage.lineage import FileLineage, lineage_of
from tests.living import Life
from tests.servers import configuration, letters_due, running, telemachy
from tests.shelf import MONDAY, send
from tests.test_cli_messages import messages
from tests.test_skeleton import begin

THURSDAY = datetime.fromisoformat("2027-01-21T13:00:00+00:00")  # the check-in of the second week is asked
NIGHT = datetime.fromisoformat("2027-01-22T02:00:00+00:00")  # nobody works: what is due waits for the morning
FRIDAY = datetime.fromisoformat("2027-01-22T15:00:00+00:00")


class Marks:
    """A lineage that says what the test wants it to say."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.kept: list[str] = []

    def is_broken(self, mark: str | None) -> bool:
        """Return what was set."""
        return self.broken

    def next_mark(self, now: datetime) -> str:
        """Return the instant."""
        return now.isoformat()

    def keep(self, mark: str) -> None:
        """Remember it."""
        self.kept.append(mark)
        self.broken = False


def heart_of(life: Life, marks: Marks) -> Heartbeat:
    """Return a heart that knows of restores."""
    return Heartbeat(life.app, living=Living(life.store, life.clock, marks))


# --- holding -----------------------------------------------------------------------------------


async def test_after_a_restore_what_was_due_is_held_until_the_operator_says(db_url: str) -> None:
    """Also what the first look finds, and what would wait for the morning; what comes later goes as ever."""
    life = await begin(db_url)
    life.clock.at = NIGHT
    heart = heart_of(life, Marks(broken=True))
    held = await heart.hold()
    await life.until(FRIDAY)

    assert [] == life.box.messages
    assert held == len(await life.read(lambda work: work.held())) > 0

    await life.until(FRIDAY + timedelta(days=7))
    assert ["2027-W04"] == sorted({s.occurrence for s in (await life.pair()).steps if s.delivered_at})
    await life.close()


async def test_replayed_it_is_sent_once_and_what_nobody_waits_for_is_dropped(db_url: str) -> None:
    """A check-in that was held comes within the usual limits, and the next start holds nothing more."""
    life = await begin(db_url)
    life.clock.at = NIGHT
    marks = Marks(broken=True)
    await heart_of(life, marks).hold()
    number = await life.store.write(lambda work: decide(work, "replay", life.clock.now()))
    again = await heart_of(life, marks).hold()
    await life.until(FRIDAY)

    assert 1 == number
    assert 0 == again
    assert ["2027-W03"] == sorted({s.occurrence for s in (await life.pair()).steps if s.delivered_at})
    assert 1 == len(life.got("ana"))
    await life.close()


async def test_missed_it_is_dropped_with_the_reason(db_url: str) -> None:
    """Nobody gets it, no reminder follows, and the next week's comes."""
    life = await begin(db_url)
    life.clock.at = NIGHT
    await heart_of(life, Marks(broken=True)).hold()
    [row] = await life.read(lambda work: work.held())
    await life.store.write(lambda work: decide(work, "missed", life.clock.now()))
    await life.until(FRIDAY)

    kept = await life.read(lambda work: work.row(row.id))
    assert kept is not None
    assert ("dropped", "due before the restore, and left out by the operator") == (kept.state, kept.why)
    assert [] == life.box.messages
    await life.close()


async def test_what_people_had_before_counts_as_sent(db_url: str) -> None:
    """It is not sent, and the reminder follows as it would have; all of a person's are one interruption."""
    life = await begin(db_url)
    life.clock.at = THURSDAY
    more = [send(key, at=THURSDAY) for key in ("one", "two")]
    await life.store.write(lambda work: work.intend(more, THURSDAY))
    await heart_of(life, Marks(broken=True)).hold()
    number = await life.store.write(lambda work: decide(work, "sent", THURSDAY))
    interruptions = await life.read(lambda work: work.interruptions("ana", THURSDAY - timedelta(days=7)))
    delivered = [state.delivered_at for state in (await life.pair()).steps]
    await life.until(FRIDAY)
    reminder = await life.read(lambda work: work.row_of_message("test", "m1"))
    await life.close()

    assert (3, 1) == (number, len(interruptions))
    assert [THURSDAY] == delivered
    assert 1 == len(life.box.messages)
    assert reminder is not None
    assert "nudge" == reminder.send.kind


async def test_what_a_stopped_programme_asked_is_not_replayed(db_url: str) -> None:
    """A pair that ended while its messages were held is asked nothing any more."""
    life = await begin(db_url)
    life.clock.at = NIGHT
    await heart_of(life, Marks(broken=True)).hold()
    ended: Enrolment = replace((await life.pair()).enrolment, state="stopped", closed_at=NIGHT)

    def work(work: Work) -> None:
        work.apply([Put(ended)], NIGHT)
        decide(work, "replay", NIGHT)

    await life.store.write(work)
    await life.until(FRIDAY)

    assert [] == life.got("ana")
    await life.close()


async def test_a_process_that_dies_while_it_holds_goes_on_from_there(db_url: str) -> None:
    """What its first look intended is held by the next start, though that finds it written already."""
    life = await begin(db_url)
    life.clock.at = NIGHT
    marks = Marks(broken=True)

    async def die() -> int:
        await life.app.ticker.tick()
        raise StorageTrouble("gone")

    with pytest.raises(StorageTrouble):
        await Living(life.store, life.clock, marks).hold(die)
    marks.broken = False
    await heart_of(life, marks).hold()
    await life.until(FRIDAY)

    assert [] == life.box.messages
    await life.close()


async def test_a_database_that_lived_on_holds_nothing(db_url: str) -> None:
    """However long the process was down: what piled up is told at the start; the operator may say otherwise."""
    life = await begin(db_url)
    life.clock.at = THURSDAY
    heart = heart_of(life, Marks())

    assert 0 == await heart.hold()
    assert 1 == await heart.hold(restored=True)
    await life.close()


# --- knowing it --------------------------------------------------------------------------------


def test_a_copy_of_before_is_known_by_the_file_beside_it(tmp_path: Path) -> None:
    """A later mark is greater; a process killed before it wrote the file leaves a newer database, not an older one."""
    lineage = FileLineage(str(tmp_path / "a.db"))
    first, second = (lineage.next_mark(at) for at in (MONDAY, MONDAY + timedelta(minutes=1)))
    new = lineage.is_broken(None)
    lineage.keep(first)
    beside = [lineage.is_broken(mark) for mark in (None, first, second)]
    lineage.keep(second)

    assert not new
    assert [True, False, False] == beside
    assert [True, False] == [lineage.is_broken(mark) for mark in (first, second)]
    assert FileLineage(str(tmp_path / "moved.db")).is_broken(first)
    (tmp_path / "a.db.seen").write_bytes(b"\xff")
    assert lineage.is_broken(second)


def test_a_mark_that_cannot_be_written_names_the_file(tmp_path: Path) -> None:
    """A disk that is full, or a folder that may not be written, is the operator's to mend."""
    with pytest.raises(StorageTrouble, match=r"gone/a\.db\.seen cannot be written \(No such file"):
        FileLineage(str(tmp_path / "gone" / "a.db")).keep("x")


@pytest.mark.postgres
def test_a_database_read_back_on_a_server_is_another_one(new_db) -> None:  # type: ignore[no-untyped-def]
    """Tables that were made anew, or a copy under another name: what the server says of it is not the mark."""
    url, other = new_db("postgresql"), new_db("postgresql")
    before = lineage_of(url)
    mark = before.next_mark(MONDAY)
    same = lineage_of(url).is_broken(mark)
    with psycopg.connect(url.replace("+psycopg", "")) as server:
        server.execute("ALTER TABLE outbox RENAME TO old")
        server.execute("CREATE TABLE outbox (LIKE old)")

    assert not same
    assert not before.is_broken(None)
    assert lineage_of(url).is_broken(mark)
    assert lineage_of(other).is_broken(mark)


@pytest.mark.postgres
def test_a_server_that_tells_little_of_itself_is_still_told_apart(new_db) -> None:  # type: ignore[no-untyped-def]
    """Where the bot's user may not ask who the server is, the database and its tables say it."""
    url, other = new_db("postgresql"), new_db("postgresql")
    whole = lineage_of(url).next_mark(MONDAY)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as server:
        guest = f"guest_{uuid4().hex[:12]}"
        server.execute(f"CREATE ROLE {guest}")
        try:
            for one in (url, other):
                with psycopg.connect(one.replace("+psycopg", "")) as there:
                    there.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
            guests = [
                f"{one}{'&' if '?' in one else '?'}options=-crole%3D{guest}" for one in (url, url, other)
            ]
            marks = [lineage_of(one).next_mark(MONDAY) for one in guests]
        finally:
            server.execute(f"DROP ROLE {guest}")

    assert whole.partition("/")[2] == marks[0]
    assert marks[0] == marks[1]
    assert marks[0] != marks[2]


async def test_a_mark_is_left_once_a_minute_and_at_the_end(tmp_path: Path) -> None:
    """So a backup of an hour ago is older than what is remembered, also after a kill."""
    life = await begin(f"sqlite:///{tmp_path}/a.db")
    marks = Marks()
    heart = heart_of(life, marks)
    heart.start()
    trigger = heart.scheduler.get_job("mark").trigger
    await heart.stop()

    assert timedelta(minutes=1) == trigger.interval
    assert life.clock.at.isoformat() in marks.kept
    assert marks.kept[-1] == await life.read(lambda work: work.setting("house/mark"))
    await life.close()


# --- the commands ------------------------------------------------------------------------------


def test_the_bot_says_that_its_database_was_put_back_and_what_to_do(tmp_path: Path) -> None:
    """It runs and sends nothing of what was due; `messages` and `doctor` name it, and the operator decides."""
    config, file = configuration(tmp_path), tmp_path / "telemachy.db"
    with running(config) as first:
        first.stop()
    backup = shutil.copy(file, tmp_path / "backup.db")
    with running(config) as second:
        second.stop()
    shutil.copy(backup, file)
    letters_due(f"sqlite:///{file}", ["ana"])
    with running(config) as third:
        told = third.said
        third.stop()
    listed = messages(config).stdout
    doctor = telemachy("doctor", "--config", config, folder=tmp_path)

    assert "The database was put back. Messages that were due are held: 1." in told
    assert not list((tmp_path / "mail").glob("*"))
    assert "1  held, " in listed
    assert "telemachy messages --held replay sends them; with sent" in listed
    assert "Held since the database was put back: 1." in doctor.stdout
    assert "restore.held" in [line.get("action") for line in third.lines()]
    assert 1 == messages(config, "--held", "perhaps").exit_code
    assert "Held messages left out: 1.\n" == messages(config, "--held", "missed").stdout
    assert "No message is held.\n" == messages(config, "--held", "replay").stdout
