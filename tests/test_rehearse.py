"""A dry run: every message of a programme goes to one person, with its date, time and receiver."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

from typer.testing import CliRunner

from bot.cli.main import build

SMALL = Path(__file__).with_name("brisk.toml")


def test_everything_reaches_only_the_one_who_rehearses(tmp_path: Path) -> None:
    """Without an SMTP server each message lies in the mail folder, addressed to me, and says whose it is."""
    config = tmp_path / "config.toml"
    config.write_text(f'[mail]\nfolder = "{tmp_path}/mail"\n', encoding="utf-8")
    arguments = ["rehearse", str(SMALL), "--to", "me@example.org", "--config", str(config)]

    result = CliRunner().invoke(build(arguments), arguments, prog_name="telemachy")

    assert 0 == result.exit_code, result.output
    letters = [
        message_from_bytes(f.read_bytes(), policy=default) for f in sorted((tmp_path / "mail").glob("*.eml"))
    ]
    assert f"{len(letters)} messages to" in result.output
    assert {"me@example.org"} == {str(letter["To"].addresses[0].addr_spec) for letter in letters}
    plain = [letter.get_body(("plain",)) for letter in letters]
    assert all(part is not None and "To " in part.get_content() for part in plain)
