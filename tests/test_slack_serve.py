"""`telemachy serve` in Slack as an operator starts it: files, a process, and the independent stand-in."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from adapters.slack import names
from storage.store import open_to_read
from tests.servers import SECONDS, free_port, running, telemachy
from tests.slack_bot import PEOPLE
from tests.slack_life import SECRET, Json, command, signature, written
from tests.standin_slack import TOKEN, standing_in

pytestmark = pytest.mark.slow

_CONFIG = """
[database]
url = "sqlite:///telemachy.db"

[server]
port = {port}
public_url = "http://127.0.0.1:{port}"

[slack]
mode = "http"
api_url = "{api}"
bot_token_file = "bot-token"
signing_secret_file = "signing-secret"
"""
_PEOPLE = """name,email,roles,department,manager,zone,country,start,mentor
Matej,matej@example.org,mentor,Data,,Europe/Ljubljana,SI,,
Irena,irena@example.org,coordinator,HR,,Europe/Ljubljana,SI,,
"""


def _installed(folder: Path, api: str, port: int) -> Path:
    """Write what an operator writes, and return the configuration's path."""
    (folder / "bot-token").write_text(TOKEN)
    (folder / "signing-secret").write_text(SECRET)
    (folder / "people.csv").write_text(_PEOPLE)
    config = folder / "config.toml"
    config.write_text(_CONFIG.format(api=api, port=port))
    return config


def _post(port: int, body: Json, secret: str = SECRET) -> tuple[int, Json]:
    raw, kind = written(body)
    at = str(int(time.time()))
    headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature(raw, at, secret)}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{names.EVENTS}", data=raw, headers={"Content-Type": kind, **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read().decode()
            return answer.status, json.loads(text) if text else {}
    except urllib.error.HTTPError as error:
        return error.code, {}


def _known_in_slack(folder: Path, email: str) -> bool:
    """Wait until the bot has found a person in Slack by itself."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        store = open_to_read(f"sqlite:///{folder}/telemachy.db")
        person = store.read_now(lambda work: work.person_with_email(email))
        store.close_now()
        if person is not None and person.address is not None:
            return True
        time.sleep(0.1)  # another process: nothing tells when it has looked
    return False


def test_an_operator_has_the_bot_in_slack(tmp_path: Path) -> None:
    """Two files with secrets, one with people, three commands: the slash command answers whom it found by e-mail."""
    with standing_in(PEOPLE, tmp_path) as slack:
        port = free_port()
        config = _installed(tmp_path, slack.url, port)
        taken = telemachy("people", tmp_path / "people.csv", "--config", config, folder=tmp_path)
        with running(config) as bot:
            found = _known_in_slack(tmp_path, "irena@example.org")
            irena = command(slack.users["irena"], "cases", team_id=slack.team)
            answered, refused = _post(port, irena), _post(port, irena, secret="another")
            code = bot.stop()

    assert "People: 2 new" in taken.stdout
    assert found
    assert (200, "ephemeral") == (answered[0], answered[1]["response_type"])
    assert 401 == refused[0]
    assert 0 == code
    assert SECRET not in bot.log.read_text(encoding="utf-8")
