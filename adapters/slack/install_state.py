"""The state of an installation under way: signed instead of stored, bound to a browser, good once."""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256

LIVES = timedelta(minutes=10)


class InstallState:
    """
    Make states and tell what is wrong with one.

    Nothing is stored when one is made, so that whoever calls the address again and again fills no database;
    what is stored, once one was used, is that it was.
    """

    def __init__(self, secret: str) -> None:
        """Take a secret that all replicas share."""
        if not secret:
            raise ValueError("states are signed with the client secret: set TELEMACHY_SLACK_CLIENT_SECRET")
        self._key = sha256(b"telemachy/slack/install\0" + secret.encode()).digest()

    def new(self, now: datetime) -> str:
        """Return a new state."""
        told = f"{secrets.token_urlsafe(24)}.{int(now.timestamp())}"
        return f"{told}.{self._signed(told)}"

    def trouble(self, state: str, cookie: str, now: datetime) -> str:
        """Return why this state, come with this cookie, does not count; "" where it does."""
        told, _, signature = state.rpartition(".")
        if not told or not _same(signature, self._signed(told)):
            return "state not ours"
        if not _same(state, cookie):
            return "another browser"
        made = datetime.fromtimestamp(int(told.rpartition(".")[2]), UTC)
        return "" if made <= now + timedelta(seconds=1) and now < made + LIVES else "state too old"

    def once(self, state: str) -> str:
        """Return the key under which the use of a state is remembered."""
        return f"slack:install:{sha256(state.encode()).hexdigest()[:32]}"

    def _signed(self, told: str) -> str:
        return hmac.new(self._key, told.encode(), sha256).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
