"""
`telemachy demo` opens, goes on where it was, and says clearly why it cannot.
"""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from typer.testing import CliRunner

from bot.cli.demo import CannotOpen, Wish, _open
from bot.cli.main import build
from bot.content import say
from bot.i18n import PSEUDO, Reader
from storage.errors import AlreadyRunning, StorageTrouble

TODAY = date(2027, 1, 13)  # a Wednesday
PEOPLE = """\
name,email,roles,department,manager,zone,country,start,mentor
Ana,ana@example.org,mentee,Data,Peter,Europe/Ljubljana,SI,2027-01-25,Matej
Eva,eva@example.org,mentee,Data,Peter,Europe/Ljubljana,SI,2027-02-01,Matej
Matej,matej@example.org,mentor,Data,Peter,Europe/Ljubljana,SI,,
Peter,peter@example.org,head,Data,,Europe/Ljubljana,SI,,
Irena,irena@example.org,coordinator,HR,,Europe/Ljubljana,SI,,
"""


@pytest.fixture
def wish(tmp_path: Path) -> Wish:
    """
    A demo in a folder of this test's own.
    """
    folder = tmp_path / ".telemachy-demo"
    return Wish(host="127.0.0.1", port=0, db="", people=None, browser=False, fresh=False, folder=folder)


@asynccontextmanager
async def opened(wish: Wish) -> AsyncIterator[TestClient[object, object]]:
    """
    Open a demo and speak to it.
    """
    async with AsyncExitStack() as stack:
        runner = await _open(wish, TODAY, stack)
        client = await stack.enter_async_context(TestClient(TestServer(runner.app)))
        yield client  # type: ignore[misc]


async def state(client: TestClient[object, object], group: str = "") -> dict[str, object]:
    """
    Return what the page loads.
    """
    found: dict[str, object] = await (await client.get("/state", params={"group": group})).json()
    return found


def names(found: dict[str, object]) -> list[str]:
    """
    Return who stands side by side.
    """
    columns = found["columns"]
    assert isinstance(columns, list)
    return [one["name"] for one in columns]


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> tuple[int, str]:
    """
    Call the command in a folder of its own, and return its exit code and what it said.
    """
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(build(["demo"]), ["demo", "--no-browser", *options])
    return result.exit_code, result.output


async def test_a_new_demo_has_five_people_and_begins_on_this_week_s_monday(wish: Wish) -> None:
    """
    Ana starts two weeks later, so that all that comes before the first day can be seen.
    """
    async with opened(wish) as client:
        found = await state(client)
    assert ["Ana", "Matej", "Peter", "Breda", "Irena"] == names(found)
    clock, eras = found["clock"], found["eras"]
    assert isinstance(clock, dict)
    assert isinstance(eras, list)
    assert ("2027-01-11", "08:00") == (clock["day"], clock["time"])
    assert (6, "2027-01-25") == (len(eras), eras[1]["first"])
    days = [(era["first"], era["last"]) for era in eras]
    assert all(before[1] < after[0] for before, after in pairwise(days))


async def test_every_step_stands_within_its_stretch_of_the_timeline(wish: Wish) -> None:
    """
    Weekly steps go on through several phases, and each stands on its own day.
    """
    async with opened(wish) as client:
        eras = (await state(client))["eras"]
    assert isinstance(eras, list)
    outside = [s for era in eras for s in era["stops"] if not era["first"] <= s["day"] <= era["last"]]
    assert [] == outside
    assert sum(stop["step"] == "checkin" for era in eras for stop in era["stops"]) > 15


async def test_a_reopened_demo_is_the_same(wish: Wish) -> None:
    """
    Neither the people nor the clock begin anew, also when the day has changed.
    """
    async with opened(wish) as client:
        await client.post("/clock", json={"go": "day"})
        before = await _standing_still(client)
    async with opened(replace(wish, begin=TODAY + timedelta(days=40))) as client:
        assert before == await state(client)


async def _standing_still(client: TestClient[object, object]) -> dict[str, object]:
    while True:
        found = await state(client)
        clock = found["clock"]
        assert isinstance(clock, dict)
        if not clock["walking"]:
            return found


async def test_fresh_forgets_everything(wish: Wish) -> None:
    """
    Messages and the clock are gone, and the small company is there again.
    """
    async with opened(wish) as client:
        await client.post("/clock", json={"go": "week"})
        await _standing_still(client)
    async with opened(replace(wish, fresh=True)) as client:
        found = await state(client)
    columns = found["columns"]
    assert isinstance(columns, list)
    assert [[]] * 5 == [one["messages"] for one in columns]


async def test_own_people_come_with_every_pair(wish: Wish, tmp_path: Path) -> None:
    """
    Each pair can be looked at by itself; the mentor of both stands in both.
    """
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE)
    async with opened(replace(wish, people=file)) as client:
        assert ["Ana", "Matej", "Peter", "Irena"] == names(await state(client))
        assert ["Eva", "Matej", "Peter", "Irena"] == names(await state(client, "e2"))
        groups = (await state(client))["groups"]
    assert isinstance(groups, list)
    assert ["Ana, Matej", "Eva, Matej"] == [one["people"] for one in groups]


async def test_own_people_do_not_mix_with_a_demo_under_way(wish: Wish, tmp_path: Path) -> None:
    """
    The way out is named, and the demo under way stays as it is.
    """
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE)
    async with opened(wish):
        pass
    with pytest.raises(CannotOpen, match="--fresh"):
        async with opened(replace(wish, people=file)):
            pass
    async with opened(wish) as client:
        assert "Breda" in names(await state(client))


async def test_a_broken_demo_is_thrown_away_by_fresh(wish: Wish) -> None:
    """
    Without it the way out is named; nobody has to delete a folder by hand.
    """
    wish.folder.mkdir()
    (wish.folder / "telemachy.db").write_text("no database, and longer than a hundred bytes. " * 9)
    with pytest.raises(StorageTrouble, match="not a SQLite database"):
        async with opened(wish):
            pass
    async with opened(replace(wish, fresh=True)) as client:
        assert 5 == len(names(await state(client)))
    (wish.folder / "room.db").write_text("no database, and longer than a hundred bytes. " * 9)
    with pytest.raises(CannotOpen, match=r"room\.db cannot be used .* --fresh"):
        async with opened(wish):
            pass


async def test_whoever_opens_a_demo_twice_is_told_where_it_is(wish: Wish) -> None:
    """
    The second terminal names the address of the first.
    """
    async with opened(wish):
        (wish.folder / "address").write_text("http://127.0.0.1:8765/")
        with pytest.raises(AlreadyRunning, match=r"at http://127\.0\.0\.1:8765/ Close it"):
            async with opened(wish):
                pass


async def test_page_and_people_speak_one_language(wish: Wish) -> None:
    """
    The language is kept: a reopened demo needs no option.
    """
    async with opened(replace(wish, language=PSEUDO)):
        pass
    async with opened(wish) as client:
        found = await state(client)
        await client.post("/clock", json={"go": "next"})
        later = await _standing_still(client)
    spoken = found["words"]
    assert isinstance(spoken, dict)
    assert PSEUDO == found["language"]
    assert "Next message" != spoken["next"][0]["text"]
    assert "Welcome to Ithaca" not in json.dumps(later)
    assert Reader(PSEUDO).text(say("Welcome to {company}", company="Ithaca")) in json.dumps(
        later, ensure_ascii=False
    )


async def test_two_demos_never_share_a_folder(wish: Wish) -> None:
    """
    The second one is refused, also with --fresh, and takes nothing away.
    """
    async with opened(wish) as client:
        for again in (wish, replace(wish, fresh=True)):
            with pytest.raises(AlreadyRunning, match="in use"):
                async with opened(again):
                    pass
        assert 5 == len(names(await state(client)))


async def test_a_database_of_others_is_left_alone(wish: Wish, tmp_path: Path) -> None:
    """
    A database that has people already, and is not this demo's, is refused by name of the option.
    """
    elsewhere = f"sqlite:///{tmp_path / 'other.db'}"
    async with opened(replace(wish, db=elsewhere)):
        pass
    async with opened(replace(wish, db=elsewhere)) as client:
        assert 5 == len(names(await state(client)))
    with pytest.raises(CannotOpen, match="--db"):
        async with opened(replace(wish, db=elsewhere, folder=tmp_path / "another")):
            pass
    with pytest.raises(CannotOpen, match="--db"):
        async with opened(replace(wish, db=elsewhere, fresh=True)):
            pass


def test_a_bad_file_is_told_and_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Every problem has its line and column, and not even the folder is made.
    """
    (tmp_path / "people.csv").write_text(PEOPLE.replace("2027-01-25", "soon").replace(",head,", ",hed,"))
    code, said = run(tmp_path, monkeypatch, "--people", "people.csv", "--begin", "2027-01-11")
    assert 1 == code
    assert "nothing was kept" in said
    assert "line 2, column start: 'soon' is not a day" in said
    assert "line 5, column roles: 'hed' is none of" in said
    assert not (tmp_path / ".telemachy-demo").exists()


def test_a_start_before_the_demo_s_first_day_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The file may be used with an earlier first day.
    """
    (tmp_path / "people.csv").write_text(PEOPLE)
    code, said = run(tmp_path, monkeypatch, "--people", "people.csv", "--begin", "2027-01-27")
    assert 1 == code
    assert "line 2, column start: 2027-01-25 is in the past" in said
    assert "--begin" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--host", "0.0.0.0"), "--open-to-others"),
        (("--db", "mysql://x"), "--db must be a text such as"),
        (("--db", "sqlite://"), "--db names no file"),
        (("--people", "nobody.csv"), "does not exist"),
        (("--begin", "soon"), "soon"),
        (("--language", "klingon"), "--language klingon is none of en"),
        (("--port", "70000"), "--port"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], words: str
) -> None:
    """
    A wrong option is named with the way out.
    """
    code, said = run(tmp_path, monkeypatch, *options)
    assert 0 != code
    assert words in said
    assert not (tmp_path / ".telemachy-demo").exists()


def test_a_port_in_use_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The message names the port and the option.
    """
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = run(tmp_path, monkeypatch, "--port", str(port))
    assert 1 == code
    assert f"Port {port} cannot be used" in said
    assert "--port" in said
