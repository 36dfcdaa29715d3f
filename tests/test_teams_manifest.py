"""`telemachy manifest teams`: the app package that an administrator uploads, valid and no more than it needs."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import jsonschema
import pytest
from typer.testing import CliRunner

from adapters.teams import names
from adapters.teams.manifest import ICONS, PACKAGE, manifest, package
from adapters.web import names as web
from bot.cli.main import build
from bot.cli.teams_package import OFFERED, OFFERED_TO_MANY
from flows.register import COMMANDS
from tests.conftest import Golden

ROOT = Path(__file__).parents[1]
SCHEMAS = Path(os.environ.get("TELEMACHY_SCHEMAS", ROOT.parent / "shared" / "schemas"))
APP_ID = "8f14e45f-0000-4000-8000-00000000c0de"
PAGES = """
[organisation]
name = "Ithaca Shipping"
website = "https://www.example.org"
privacy_url = "https://www.example.org/privacy"
terms_url = "https://www.example.org/terms"
"""
SERVER = "[server]\npublic_url = 'https://mentoring.example.org'\n"
TEAMS = f"[teams]\napp_id = '{APP_ID}'\n"
WHOLE = PAGES + SERVER + TEAMS


def run(*arguments: str) -> Any:
    """Run the program as a terminal would."""
    return CliRunner().invoke(build(["manifest"]), ["manifest", "teams", *arguments], prog_name="telemachy")


def written(folder: Path, text: str) -> str:
    """Return the path of a configuration."""
    file = folder / "config.toml"
    file.write_text(text)
    return str(file)


def told(folder: Path, text: str = WHOLE) -> dict[str, Any]:
    """Return the manifest that a configuration gets; secrets there are none."""
    shown = run("--config", written(folder, text))
    assert 0 == shown.exit_code, shown.stderr
    read: dict[str, Any] = json.loads(shown.stdout)
    return read


def bare(**changes: Any) -> Any:
    """Return a manifest of the adapter alone."""
    sound: dict[str, Any] = {
        "app_id": APP_ID,
        "public_url": "https://mentoring.example.org",
        "version": "1.2.3",
        "pages": dict.fromkeys(("website", "privacy_url", "terms_url"), "https://www.example.org"),
        "personal": [("home", "your page")],
    }
    return manifest(**{**sound, **changes})


def test_the_manifest_is_the_one_that_was_looked_at(tmp_path: Path, golden: Golden) -> None:
    """Bot, menus, tab, sign-in and company, as an administrator reviews them."""
    made = told(tmp_path) | {"version": "0.0.0"}

    assert golden("teams/manifest", made) == made


def test_teams_takes_the_manifest(tmp_path: Path) -> None:
    """It is valid against the schema that Microsoft publishes."""
    file = SCHEMAS / "teams-v1.22.schema.json"
    if not file.is_file():
        pytest.skip(
            "no schemas beside the checkout: TELEMACHY_SCHEMAS names the folder that has Teams' schema"
        )

    jsonschema.validate(told(tmp_path), json.loads(file.read_text(encoding="utf-8")))


def test_the_menus_offer_words_that_the_bot_knows(tmp_path: Path) -> None:
    """At most ten lines for each scope, said as the help says them; none is in a group that names a worry."""
    [bot] = told(tmp_path)["bots"]
    menus = {tuple(menu["scopes"]): menu["commands"] for menu in bot["commandLists"]}

    assert [OFFERED, OFFERED_TO_MANY] == [tuple(line["title"] for line in lines) for lines in menus.values()]
    assert all(1 <= len(lines) <= 10 for lines in menus.values())
    assert {(line["title"], line["description"]) for lines in menus.values() for line in lines} <= {
        (word, command.help.msgid) for word, command in COMMANDS.items()
    }
    assert {"help", "checkin", "feedback"}.isdisjoint(OFFERED_TO_MANY)
    assert {scope for scopes in menus for scope in scopes} == set(bot["scopes"])


def test_each_role_finds_a_word_of_its_own_in_the_menu() -> None:
    """The menu is the same for everybody, so it has something for each."""
    for role in ("mentee", "mentor", "coordinator"):
        assert [word for word in OFFERED if role in COMMANDS[word].roles], role


def test_the_tab_and_its_sign_in_are_of_one_address(tmp_path: Path) -> None:
    """Teams opens no page but ours, and hands its token to no other."""
    found = told(tmp_path)
    tabs = {tab["entityId"]: tab for tab in found["staticTabs"]}

    home = tabs[names.HOME_TAB]

    assert f"https://mentoring.example.org{web.TAB}" == home["contentUrl"]
    assert f"https://mentoring.example.org{web.HOME}" == home["websiteUrl"]
    assert ["mentoring.example.org"] == found["validDomains"]
    assert {
        "id": APP_ID,
        "resource": f"api://mentoring.example.org/botid-{APP_ID}",
    } == found["webApplicationInfo"]


def test_a_long_name_of_a_company_gives_way_to_the_products() -> None:
    """Teams may have 32 characters for who made the app; half a name would be somebody else's."""
    assert "Ithaca Shipping" == bare(company="Ithaca Shipping")["developer"]["name"]
    assert "Telemachy" == bare(company="I" * 33)["developer"]["name"]


def test_the_package_holds_the_manifest_and_two_icons(tmp_path: Path) -> None:
    """The archive has the three files at its top, beside which they lie; it is made twice with the same bytes."""
    folder = tmp_path / "new" / "package"
    shown = run("--config", written(tmp_path, WHOLE), "--out", str(folder))
    first = (folder / PACKAGE).read_bytes()
    run("--config", str(tmp_path / "config.toml"), "--out", str(folder))

    assert f"The app package is {folder / PACKAGE}." in shown.stdout
    with ZipFile(folder / PACKAGE) as archive:
        assert ["manifest.json", *ICONS] == archive.namelist()
        assert all(archive.read(name) == (folder / name).read_bytes() for name in archive.namelist())
    assert told(tmp_path) == json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert first == (folder / PACKAGE).read_bytes()


@pytest.mark.parametrize(("name", "side"), [("color.png", 192), ("outline.png", 32)])
def test_an_icon_is_as_large_as_teams_wants_it(name: str, side: int) -> None:
    """A PNG says its size in its first bytes."""
    data = package(bare())[name]

    assert b"\x89PNG\r\n\x1a\n" == data[:8]
    assert (side, side) == struct.unpack(">II", data[16:24])


def test_the_outline_can_be_seen_through(tmp_path: Path) -> None:
    """The small icon has an alpha channel, without which Teams refuses the package."""
    assert 6 == package(bare())["outline.png"][25]  # PNG's colour type: truecolour with alpha


def test_it_is_made_before_there_is_any_secret(tmp_path: Path) -> None:
    """Files that will hold secrets may be named already, and the mode may be on."""
    text = PAGES + SERVER + "link_key_file = 'later'\n" + TEAMS
    text += f"mode = 'on'\ntenant_id = '{APP_ID}'\nclient_secret_file = 'later'"

    assert told(tmp_path) == told(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PAGES + SERVER, "set [teams] app_id"),
        (PAGES + TEAMS, "set [server] public_url"),
        (
            PAGES + SERVER.replace("https", "http") + TEAMS,
            "at an address with https://: set [server] public_url",
        ),
        (SERVER + TEAMS, "set website, privacy_url, terms_url under [organisation]"),
        ("[teams]\nmode = 'on'\ndevelopment = true", "a stand-in needs no app package"),
        ("[teams]\nmode = 'onn'", "[teams] mode: must be one of off, on"),
    ],
)
def test_what_is_missing_is_said(text: str, said: str, tmp_path: Path) -> None:
    """It ends with 1, writes no half of a package, and names what to set."""
    shown = run("--config", written(tmp_path, text), "--out", str(tmp_path / "package"))

    assert (1, "") == (shown.exit_code, shown.stdout)
    assert said in shown.stderr
    assert not (tmp_path / "package").exists()


def test_a_changed_package_can_have_a_higher_number(tmp_path: Path) -> None:
    """Teams takes none twice under one number, also where only an address of ours changed."""
    shown = run("--config", written(tmp_path, WHOLE), "--numbered", "12.0.1")
    lower = run("--config", str(tmp_path / "config.toml"), "--numbered", "0.0.1")
    none = run("--config", str(tmp_path / "config.toml"), "--numbered", "1.0")

    assert "12.0.1" == json.loads(shown.stdout)["version"]
    assert told(tmp_path) | {"version": "12.0.1"} == json.loads(shown.stdout)
    assert "or higher, not 0.0.1" in lower.stderr
    assert "write three figures, such as 1.0.1" in none.stderr


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """Where a file stands in the way, its path is said."""
    (tmp_path / "package").touch()
    shown = run("--config", written(tmp_path, WHOLE), "--out", str(tmp_path / "package"))

    assert 1 == shown.exit_code
    assert f"{tmp_path / 'package'} cannot be written (File exists)." in shown.stderr


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        ([("home", "your page")] * 11, "11 commands; Teams takes 10"),
        ([("h" * 33, "your page")], "may have 32 characters"),
        ([("home", "y" * 129)], "128 to explain it"),
    ],
)
def test_a_menu_that_teams_would_refuse_is_refused_here(commands: list[tuple[str, str]], said: str) -> None:
    """Too many lines, or too long ones, are an error with the numbers, and nothing is cut."""
    with pytest.raises(ValueError, match=said):
        bare(personal=commands)
