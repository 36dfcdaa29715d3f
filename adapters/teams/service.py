"""Which addresses are Teams' own: the bot sends a token with all its rights there, so no other ever gets one."""

from __future__ import annotations

import re
from collections.abc import Collection

from adapters.loopback import is_loopback

# Each stands for itself and all its subdomains.
SERVICE_HOSTS = ("botframework.com", "smba.trafficmanager.net", "teams.microsoft.com", "teams.microsoft.us")

# The whole address, so that no two readers of it can differ about where it leads: no user, no backslash, no query.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9][a-z0-9.-]*))"
    r"(?::(?P<port>[0-9]{1,5}))?(?:/[a-z0-9._~/-]*)?",
    re.ASCII | re.IGNORECASE,
)
_LONGEST = 500


class Untrusted(Exception):
    """An address is not one of Teams' own. The text says why and holds nothing of the address."""


def trusted(url: str, hosts: Collection[str] = SERVICE_HOSTS, *, development: bool = False) -> str:
    """
    Return the address where it may be given a token, and raise Untrusted otherwise.

    With `development` this machine's own may be too, without TLS: stand-ins listen there.
    """
    found = _ADDRESS.fullmatch(url) if len(url) <= _LONGEST else None
    if found is None:
        raise Untrusted("service address malformed" if url else "service address missing")
    host = (found["six"] or found["name"]).lower()
    if development and is_loopback(host):
        return url
    if found["scheme"].lower() != "https":
        raise Untrusted("service address without https")
    if found["port"] not in (None, "443"):
        raise Untrusted("service address with a port of its own")
    if not any(host == own or host.endswith(f".{own}") for own in hosts):
        raise Untrusted("service address not Teams' own")
    return url
