"""`telemachy serve` in Teams as it is tried out on one machine: files, a process, and the independent stand-in."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import ClientSession

from adapters.teams.names import MESSAGES
from tests.servers import free_port, running, telemachy
from tests.standin_teams import TENANT, Exchange, StandIn
from tests.standin_teams_start import standing_in
from tests.teams_bot import PEOPLE

pytestmark = pytest.mark.slow

_CONFIG = """
[database]
url = "sqlite:///telemachy.db"

[server]
port = {port}
public_url = "http://127.0.0.1:{port}"

[teams]
mode = "on"
development = true
tenants = ["{tenant}"]
"""
_PEOPLE = """name,email,roles,department,manager,zone,country,start,mentor
Matej,matej@example.org,mentor,Data,,Europe/Ljubljana,SI,,
Irena,irena@example.org,coordinator,HR,,Europe/Ljubljana,SI,,
"""


def _written(folder: Path, port: int) -> Path:
    """Write what an operator writes, take in the people, and return the configuration's path."""
    (folder / "people.csv").write_text(_PEOPLE)
    config = folder / "config.toml"
    config.write_text(_CONFIG.format(port=port, tenant=TENANT))
    taken = telemachy("people", folder / "people.csv", "--config", config, folder=folder)
    assert "People: 2 new" in taken.stdout, taken.stderr
    return config


async def _answer_to(teams: StandIn, who: str, text: str) -> str:
    """Type words, and return everything that the first message says which the bot then writes."""
    before = len(teams.exchanges)
    await teams.say(who, text)
    await teams.heard(before, _is_from_bot)
    return (await teams.messages(who))[-1].words


def _is_from_bot(one: Exchange) -> bool:
    return one.came_from_bot and one.name == "message"


async def _status(address: str, **changed: object) -> int:
    """Return what an activity is answered with that somebody on this machine made up."""
    told = {
        "type": "message",
        "id": "1",
        "channelId": "msteams",
        "serviceUrl": "http://127.0.0.1:1/",
        **changed,
    }
    async with ClientSession() as session, session.post(address, json=told) as answer:
        return answer.status


async def test_the_bot_as_a_process_answers_in_teams(tmp_path: Path) -> None:
    """Two files, two commands: who opens the app is found by e-mail and answered; another tenant is turned away."""
    port = free_port()
    address = f"http://127.0.0.1:{port}{MESSAGES}"
    config = _written(tmp_path, port)
    async with standing_in(PEOPLE, tmp_path / "teams", address) as teams:
        with running(config) as bot:
            await teams.install("irena")
            try:
                await teams.heard(0, _is_from_bot)  # the welcome: what comes then is the answer
                answered = await _answer_to(teams, "irena", "pairs")
            except TimeoutError:
                raise AssertionError(bot.log.read_text(encoding="utf-8")) from None
            refused = await _status(address, channelData={"tenant": {"id": "another"}})
            code = bot.stop()

    assert "pair" in answered
    assert 403 == refused
    assert 0 == code
