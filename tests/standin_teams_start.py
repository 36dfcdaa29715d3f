"""Start the independent stand-in for Microsoft Teams for a test, on this machine only."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.facts import Person
from tests.conftest import without
from tests.servers import free_port
from tests.standin_teams import BOT, GROUP, NEWS, PATIENCE_SECONDS, TENANT, Account, Json, StandIn

_HERE = Path(__file__).parent / "standins"
_PROGRAM = _HERE / "node_modules" / "@microsoft" / "m365agentsplayground" / "cli.js"
_START_SECONDS = 60.0
_ASK_TIMEOUT = ClientTimeout(total=2.0)
_PLACES = 6  # it knows one who sits before its page and five others, neither more nor fewer


@asynccontextmanager
async def standing_in(people: Sequence[Person], folder: Path, endpoint: str) -> AsyncIterator[StandIn]:
    """
    Run the stand-in with these people as users, the first before its page; it calls the bot at `endpoint`.

    Without Node or its packages the test is skipped with the reason.
    """
    users = _users(people)
    chat = f"a:{people[0].id}"
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with _running(folder, _tenant(users, chat), endpoint, port, url) as process:
        async with ClientSession(timeout=ClientTimeout(total=PATIENCE_SECONDS)) as session:
            standin = StandIn(url, session)
            await _ready(standin, process, folder)
            stream = await session.ws_connect(f"{url}_ws/log/stream", max_msg_size=0)
            following = asyncio.create_task(standin.follow(stream))
            try:
                for at, person in enumerate(people):
                    conversation = chat if at == 0 else await _chat_with(standin, users[at])
                    standin.accounts[person.id] = _account(users[at], conversation)
                yield standin
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
                await stream.close()


@contextmanager
def _running(
    folder: Path, tenant: Json, endpoint: str, port: int, url: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the program, in a folder that tells it who is who."""
    node = shutil.which("node")
    if node is None:
        without("no Node: the stand-in for Teams needs it (apt install nodejs npm)")
    if not _PROGRAM.exists():
        without("the stand-in for Teams is not installed: npm ci --prefix tests/standins")
    assert node is not None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".m365agentsplayground.yml").write_text(json.dumps(tenant))  # YAML holds all JSON
    options = ("-e", endpoint, "-c", "msteams", "-p", str(port), "--service-url", f"{url}_connector")
    process = subprocess.Popen(
        [node, "--require", _HERE / "loopback.cjs", _PROGRAM, "start", *options, "--disable-telemetry"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # it keeps a log of its own in the folder
        env={"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "TEAMSAPPTESTER_BROWSER": "none"},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end(process)


def _users(people: Sequence[Person]) -> list[Json]:
    assert 0 < len(people) <= _PLACES, f"it knows {_PLACES} people, no more"
    known = [(person.id, person.name, person.email) for person in people]
    unknown = [
        (f"nobody{at}", f"Nobody {at}", f"nobody{at}@example.com") for at in range(len(people), _PLACES)
    ]
    return [_user(*one) for one in known + unknown]


def _user(key: str, name: str, email: str) -> Json:
    first, _, last = name.partition(" ")
    return {
        "id": f"29:{key}",
        "name": name,
        "userPrincipleName": email,  # it is spelt so there
        "aadObjectId": str(uuid5(NAMESPACE_URL, key)),
        "givenName": first,
        "surname": last,
        "email": email,
    }


def _tenant(users: Sequence[Json], chat: str) -> Json:
    team = {"id": "19:team@thread.tacv2", "name": "Lipa", "aadGroupId": str(uuid5(NAMESPACE_URL, "team"))}
    return {
        "version": "0.1.1",
        "tenantId": TENANT,
        "bot": {"id": BOT, "name": "Mentor"},
        "currentUser": users[0],
        "users": users[1:],
        "personalChat": {"id": chat},
        "groupChat": {"id": GROUP, "name": "Everybody"},
        "team": {**team, "channels": [{"id": NEWS, "name": "News"}]},
    }


def _account(user: Json, conversation: str) -> Account:
    return Account(user["id"], user["aadObjectId"], user["name"], conversation)


async def _chat_with(standin: StandIn, user: Json) -> str:
    """Return the chat of the bot with somebody who does not sit before the page."""
    wanted = {"bot": {"id": BOT}, "isGroup": False, "members": [{"id": user["id"]}], "tenantId": TENANT}
    made = await standin.call("POST", "_connector/v3/conversations", wanted)
    return str(made["id"])


async def _ready(standin: StandIn, process: subprocess.Popen[bytes], folder: Path) -> None:
    begun = time.monotonic()
    while True:
        try:
            # What comes between listening and being ready is answered with 404, or not at all.
            async with standin.session.get(f"{standin.url}_debug/ping", timeout=_ASK_TIMEOUT) as answer:
                if answer.status == 200:
                    return
        except (ClientError, TimeoutError):
            pass
        if time.monotonic() - begun > _START_SECONDS or process.poll() is not None:
            log = folder / "devTools" / "m365agentsplayground.log"
            said = log.read_text()[-600:] if log.exists() else "it wrote no log"
            raise RuntimeError(f"the stand-in for Teams did not start: {said}")
        await asyncio.sleep(0.05)  # it is another process: nothing tells when it listens


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with everything it started."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
        except ProcessLookupError:
            break
        try:
            process.wait(5)
            break
        except subprocess.TimeoutExpired:
            continue
