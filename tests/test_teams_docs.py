"""docs/teams.md says what is so: keys, permissions with their reasons, paths, codes of the log."""

from __future__ import annotations

import re
from pathlib import Path

from adapters.teams import names as teams
from adapters.teams.graph import PERMISSIONS
from adapters.teams.manifest import PACKAGE, resource
from adapters.web import entra
from adapters.web import names as web
from bot.cli.teams_checkup import WHY
from bot.config import keys, load_config

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "teams.md").read_text(encoding="utf-8")


def rows(section: str) -> list[list[str]]:
    """Return the rows of a section's tables, without their heads."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [row for row in found if row[0] not in ("permission", "path", "what you see")]


def test_every_permission_stands_in_the_page_with_its_reason() -> None:
    """The table is the list that doctor asks for, and Graph's calls need no other."""
    assert [[f"`{name}`", WHY[name]] for name in PERMISSIONS] == rows("Permissions")


def test_the_configurations_of_the_page_are_sound(tmp_path: Path) -> None:
    """Each TOML block can be copied as it stands; the files it names hold secrets."""
    blocks = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "secrets").mkdir()
    for name in ("link-key", "teams-client-secret", "teams.pem"):
        (tmp_path / "secrets" / name).write_text("x" * 40)
    read = []
    for block in blocks:
        (tmp_path / "config.toml").write_text(block, encoding="utf-8")
        read.append(load_config(tmp_path / "config.toml", {}).teams)

    assert ["on", "on"] == [one.mode for one in read]
    assert [False, True] == [one.certificate is not None for one in read]


def test_the_page_names_every_key_of_teams() -> None:
    """Whoever sets up Teams from this page has met all there is to set, but for what is there for tests."""
    named = {key for key in keys()["teams"] if re.search(rf"\b{key}\b", PAGE)}

    assert set(keys()["teams"]) - {"development", "login_url", "openid_url", "graph_url"} == named


def test_the_page_names_what_others_must_be_told() -> None:
    """Endpoint, resource, scope and file are written as the code has them."""
    assert f"https://mentoring.example.org{teams.MESSAGES}" in PAGE
    assert resource("", "https://mentoring.example.org") in PAGE
    assert f"`{entra.SCOPE}`" in PAGE
    assert PACKAGE in PAGE


def test_every_address_of_ours_is_handed_on() -> None:
    """The table for the reverse proxy covers each path that Teams and browsers ask for."""
    told = {path for row in rows("The reverse proxy") for path in re.findall(r"`([^`]+)`", row[0])}
    ours = {value for name, value in vars(web).items() if name.isupper() and str(value).startswith("/")}

    assert [] == [
        path for path in {*ours, teams.MESSAGES} if not any(path.startswith(start) for start in told)
    ]
    assert [] == [
        start for start in told if not any(path.startswith(start) for path in {*ours, teams.MESSAGES})
    ]


def test_what_the_page_quotes_is_what_the_bot_says() -> None:
    """A symptom can be found by its words: texts and log lines stand in the code as they are quoted."""
    code = "".join(
        file.read_text(encoding="utf-8")
        for folder in ("adapters", "bot")
        for file in sorted((ROOT / folder).rglob("*.py"))
    )
    first = [row[0] for row in rows("When something is not as it should be")]
    quoted = [words for cell in first for words in re.findall(r"“([A-Z][^”]+)”", cell)]
    codes = [code for cell in first for code in re.findall(r"`(action=[\w.]+)", cell)]

    assert quoted
    assert codes
    assert [] == [
        words for words in quoted if words.partition(" …")[0].removeprefix("The client secret ") not in code
    ]
    # What both chats log is written once, and the chat put in.
    assert [] == [one for one in codes if one not in code and one.replace("=teams.", "=%s.") not in code]
