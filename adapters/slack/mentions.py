"""Who of our people is whom in Slack: a name in a card can be pressed there, and opens that person's profile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from adapters.slack.names import CHANNEL
from adapters.slack.wording import NOBODY
from adapters.tasks import where
from bot.facts import Person
from bot.ports import Clock, Store

log = logging.getLogger(__name__)

_FRESH = timedelta(minutes=5)  # everybody is read at once; somebody who is new is a plain name for so long

Users = Mapping[str, str]


class Mentions:
    """
    Remember everybody's user, a workspace each, as it was a few minutes ago.

    Only those who can be reached there: for anybody else Slack would show an id, or somebody switched off.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._users: Mapping[str, Users] = {}
        self._looked_at: datetime | None = None
        self._looking = asyncio.Lock()

    @property
    def is_fresh(self) -> bool:
        """Say whether a look would find what is known already."""
        at = self._looked_at
        return at is not None and timedelta() <= self._clock.now() - at < _FRESH

    def known(self, workspace: str) -> Users:
        """Return the users of this workspace by person, without waiting for anything."""
        return self._users.get(workspace, NOBODY)

    async def within(self, workspace: str) -> Users:
        """Return the users of this workspace by person, read anew where that is due."""
        await self.look()
        return self.known(workspace)

    async def look(self) -> None:
        """Read everybody anew where that is due; what goes wrong leaves what was known, and is logged."""
        async with self._looking:
            if self.is_fresh:
                return
            self._looked_at = self._clock.now()
            try:
                people = await self._store.read(lambda work: work.people())
            except Exception as error:  # noqa: BLE001 - no message may fail, or be in doubt, for want of this
                log.warning("People could not be read: action=slack.mentions error=%s", where(error))
            else:
                self._users = _by_workspace(people)


def _by_workspace(people: Sequence[Person]) -> Mapping[str, Users]:
    found: dict[str, dict[str, str]] = {}
    for person in people:
        # Also who is written to in another chat: a name that can be pressed disturbs nobody.
        for there in person.addresses if person.active and person.reachable else ():
            if there.channel == CHANNEL:
                found.setdefault(there.workspace, {})[person.id] = there.user
    return found
