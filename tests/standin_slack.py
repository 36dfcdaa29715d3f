"""The independent stand-in for Slack's Web API: a program of others, started for a session, on this machine only."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.facts import Person
from tests.conftest import without

_HERE = Path(__file__).parent / "standins"
_PROGRAM = _HERE / "node_modules" / "emulate" / "dist" / "index.js"
_START_SECONDS = 20.0
TOKEN = "xoxb-standin"


@dataclass(frozen=True, slots=True)
class StandIn:
    """A running stand-in: where it is, its workspace, and who is who in it."""

    url: str
    team: str
    users: Mapping[str, str]  # our person's id -> the user there

    def call(self, method: str, **arguments: str) -> Mapping[str, object]:
        """Call a method of its Web API as the bot, and return what it answered."""
        return _call(self.url, method, arguments)

    def trigger(self, user: str, token: str = TOKEN) -> str:
        """Return a trigger as a click of this user makes it for an app: for one use, within three seconds."""
        return str(_call(self.url, "views.generateTriggerId", {"user": user}, token)["trigger_id"])

    def agree(self, user: str, query: Mapping[str, str]) -> str:
        """Agree to an installation on the page that a browser is sent to, and return the code it comes back with."""
        site = self.url.removesuffix("api/")
        form = urllib.parse.urlencode({**query, "user_id": user}).encode()
        request = urllib.request.Request(f"{site}oauth/v2/authorize/callback", data=form)
        try:
            urllib.request.build_opener(_Stay).open(request, timeout=10)
        except urllib.error.HTTPError as answer:
            found = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)
            return found["code"][0]
        raise AssertionError("the stand-in sent the browser nowhere")

    def messages(self, channel: str) -> Sequence[Mapping[str, object]]:
        """Return what stands in a conversation, oldest first."""
        found = self.call("conversations.history", channel=channel, limit="200")["messages"]
        assert isinstance(found, list)
        return tuple(reversed(found))


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follow no redirect: it leads back to the bot, whose port only the test knows."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing."""


@contextmanager
def standing_in(people: Sequence[Person], folder: Path) -> Iterator[StandIn]:
    """Run the stand-in with these people as users; without Node or its packages the test is skipped with the reason."""
    node = shutil.which("node")
    if node is None:
        without("no Node: the stand-in for Slack needs it (apt install nodejs npm)")
    if not _PROGRAM.exists():
        without("the stand-in for Slack is not installed: npm ci --prefix tests/standins")
    assert node is not None
    seed = folder / "seed.json"  # its seed files are YAML, of which JSON is a part
    seed.write_text(json.dumps({"slack": _seeded(people)}))
    port = _free_port()
    arguments = ("start", "-s", "slack", "-p", str(port), "--seed", str(seed))
    log = (folder / "standin.log").open("w")
    process = subprocess.Popen(
        [node, "--require", _HERE / "loopback.cjs", _PROGRAM, *arguments],
        stdout=log,
        stderr=subprocess.STDOUT,
        env={"PATH": os.environ.get("PATH", "")},
    )
    try:
        yield _introduced(f"http://127.0.0.1:{port}/api/", people, process)
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _seeded(people: Sequence[Person]) -> Mapping[str, object]:
    return {
        "team": {"name": "Lipa", "domain": "lipa"},
        "users": [{"name": p.id, "real_name": p.name, "email": p.email} for p in people],
        "bots": [{"name": "mentor"}],
        "tokens": [{"token": TOKEN, "type": "bot"}],
    }


def _introduced(url: str, people: Sequence[Person], process: subprocess.Popen[bytes]) -> StandIn:
    begun = time.monotonic()
    while True:
        try:
            team = str(_call(url, "auth.test", {})["team_id"])
            break
        except (urllib.error.URLError, ConnectionError):
            late = time.monotonic() - begun > _START_SECONDS
            if late or process.poll() is not None:
                raise RuntimeError("the stand-in for Slack did not start") from None
            time.sleep(0.05)  # it is another process: nothing tells when it listens
    listed = _call(url, "users.list", {})["members"]
    assert isinstance(listed, list)
    by_name = {one["name"]: one["id"] for one in listed}
    return StandIn(url, team, {p.id: by_name[p.id] for p in people})


def _call(url: str, method: str, arguments: Mapping[str, str], token: str = TOKEN) -> Mapping[str, object]:
    request = urllib.request.Request(
        url + method,
        data=urllib.parse.urlencode(arguments).encode(),
        headers={"Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        found = json.load(answer)
    assert isinstance(found, dict)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
