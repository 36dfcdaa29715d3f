"""Whether a platform comes through: the public address leads to the bot, which refuses what is not signed."""

from __future__ import annotations

from dataclasses import dataclass

import aiohttp

from bot.cli.findings import Finding, ok, problem, warning
from bot.config import Server

_SECONDS = aiohttp.ClientTimeout(total=10)
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 -- what an operator may have configured


@dataclass(frozen=True, slots=True)
class Door:
    """Where a platform calls us: its name and area in the report, the path, and what a proxy hands on."""

    name: str
    area: str
    path: str
    below: str


async def look_at_address(session: aiohttp.ClientSession, server: Server, door: Door) -> list[Finding]:
    """Knock at the public address without a signature: 401 says that the bot is there and careful."""
    address = server.public_url + door.path
    runs = await _runs(session, server)
    try:
        async with session.post(
            address,
            data=b"{}",
            headers={"Content-Type": "application/json"},
            allow_redirects=False,
            timeout=_SECONDS,
        ) as answer:
            status = answer.status
    except aiohttp.ClientSSLError as error:
        fix = f"Give it a certificate that browsers trust; {door.name} refuses any other."
        return [problem(door.area, f"{address} has no certificate to trust ({type(error).__name__}).", fix)]
    except (aiohttp.ClientError, OSError) as error:
        return [_unreached(address, server, door, error, runs)]
    return [_answered(address, server, door, status, runs)]


async def _runs(session: aiohttp.ClientSession, server: Server) -> bool:
    """Tell whether the bot answers on this machine."""
    host = _EVERYWHERE.get(server.host, f"[{server.host}]" if ":" in server.host else server.host)
    try:
        async with session.get(f"http://{host}:{server.port}/healthz", timeout=_SECONDS):
            return True
    except (aiohttp.ClientError, OSError):
        return False


def _unreached(address: str, server: Server, door: Door, error: BaseException, runs: bool) -> Finding:
    text = f"{address} cannot be reached from here ({type(error).__name__})."
    if not runs:
        return warning(door.area, text, "Start the bot with telemachy serve, then ask again.")
    fix = f"Check its name, the firewall, and that the reverse proxy hands {door.below} on to {_inside(server)}."
    return problem(door.area, text, fix)


def _answered(address: str, server: Server, door: Door, status: int, runs: bool) -> Finding:
    if status == 401:
        return ok(door.area, f"{address} is reached, and refuses what {door.name} did not sign.")
    text = f"{address} answers {status} to a request that is not signed; the bot would answer 401."
    hand_on = (
        f"Let the reverse proxy hand {door.below} on to {_inside(server)}, unchanged and without a sign-in of "
        "its own."
    )
    if 300 <= status < 400:
        return problem(
            door.area, text, f"Set [server] public_url to where it leads: {door.name} follows no redirection."
        )
    if status in (502, 503, 504) and not runs:
        return warning(door.area, text, "Start the bot with telemachy serve, then ask again.")
    return problem(door.area, text, hand_on)


def _inside(server: Server) -> str:
    return f"{server.host}:{server.port}"
