"""docs/slack.md says what is so: scopes with their reasons, keys, files, codes of the log."""

from __future__ import annotations

import re
from pathlib import Path

from adapters.slack.scopes import SCOPES
from bot.cli.manifest import SWITCHES
from bot.config import keys, load_config

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")


def rows(section: str) -> list[list[str]]:
    """Return the rows of a section's tables, without their heads."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [row for row in found if row[0] != "scope"]


def test_every_scope_stands_in_the_page_with_its_reason() -> None:
    """The two tables are the list that the manifest is made of, with the key of each optional scope."""
    expected = [[f"`{one.name}`", one.why] for one in SCOPES if not one.optional]
    expected += [[f"`{one.name}`", f"`{SWITCHES[one.name]}`", one.why] for one in SCOPES if one.optional]

    assert expected == rows("Scopes")


def test_the_configurations_of_the_page_are_sound(tmp_path: Path) -> None:
    """Each TOML block can be copied as it stands; the files it names hold secrets."""
    blocks = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "secrets").mkdir()
    for name in ("bot-token", "app-token", "signing-secret", "client-secret", "token-keys"):
        (tmp_path / "secrets" / f"slack-{name}").write_text(
            {"bot-token": "xoxb-1", "app-token": "xapp-1"}.get(name, "x")
        )
    modes = []
    for block in blocks:
        (tmp_path / "config.toml").write_text(block, encoding="utf-8")
        modes.append(load_config(tmp_path / "config.toml", {}).slack.mode)

    assert ["socket", "http", "http"] == modes


def test_the_page_names_every_key_of_slack() -> None:
    """Whoever sets up Slack from this page has met all there is to set, but for the address of tests."""
    named = {key for key in keys()["slack"] if re.search(rf"\b{key}\b", PAGE)}

    assert set(keys()["slack"]) - {"api_url"} == named


def test_what_the_page_quotes_is_what_the_bot_says() -> None:
    """A symptom can be found by its words: texts and log lines stand in the code as they are quoted."""
    code = "".join(
        file.read_text(encoding="utf-8")
        for folder in ("adapters/slack", "bot")
        for file in sorted((ROOT / folder).rglob("*.py"))
    )
    table = PAGE.partition("## When something is not as it should be")[2].partition("\n## ")[0]
    first = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| ")]
    quoted = [words for cell in first for words in re.findall(r"“([A-Z][^”]+)”", cell)]
    codes = [code for cell in first for code in re.findall(r"`(action=[\w.]+)", cell)]

    assert quoted
    assert codes
    assert [] == [words for words in quoted if words.partition(" … ")[0] not in code]
    assert [] == [one for one in codes if one not in code]
