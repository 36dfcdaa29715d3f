"""Who was looked up in a chat and stayed unknown: not asked about again for some minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.ports import Clock

_STRANGER_FOR = timedelta(minutes=5)
_MANY_STRANGERS = 1000


class Strangers:
    """Remember users by workspace and id, at most a thousand."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[tuple[str, str], datetime] = {}

    def has(self, workspace: str, user: str) -> bool:
        """Tell whether this user was looked up in vain a moment ago."""
        now = self._clock.now()
        return self._until.get((workspace, user), now) > now

    def add(self, workspace: str, user: str) -> None:
        """Take note that nobody knows this user."""
        if len(self._until) >= _MANY_STRANGERS:
            self._until.clear()
        self._until[workspace, user] = self._clock.now() + _STRANGER_FOR
