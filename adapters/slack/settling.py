"""Messages in doubt are settled by what stands in the conversations, every few minutes."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from adapters.slack.doubt import ReadBack
from adapters.slack.names import CHANNEL
from bot.facts import Person
from bot.ports import Clock, Queued, Refused, Store, Throttled, Unreachable, Unsure, Work

log = logging.getLogger(__name__)

# What was called so long ago has arrived or never will.
_SURE_AFTER = timedelta(minutes=2)


class Resolve(Protocol):
    """Settle a message in doubt: see Outbox.resolve."""

    async def __call__(self, row_id: int, delivered: bool, message: str = "", *, attempts: int = 0) -> None:
        """Settle the row after so many attempts; LookupError and ValueError where that was done already."""
        ...


class Settling:
    """
    Look for each message in doubt, and say whether it arrived or is to be sent again.

    Of an introduction of several people nothing can be said: the bot cannot read what stands there. So it
    stays in doubt, as everything does that a look does not answer, and a coordinator settles it.
    """

    def __init__(self, read_back: ReadBack, store: Store, clock: Clock, resolve: Resolve) -> None:
        self._read_back = read_back
        self._store = store
        self._clock = clock
        self._resolve = resolve

    async def look(self) -> None:
        """Look for what is in doubt; where a workspace cannot be read now, the next look does."""
        waiting: set[str] = set()
        for row, person in await self._store.read(self._in_doubt):
            workspace = person.address.workspace if person.address else ""
            if workspace in waiting:
                continue
            try:
                await self._settle(row, person)
            except (Refused, Throttled) as error:
                waiting.add(workspace)
                log.warning("Conversations cannot be read now: action=slack.settle why=%s", error)
            except (Unreachable, Unsure) as error:
                why = type(error).__name__
                log.info("A message stays in doubt: action=slack.settle row=%s why=%s", row.id, why)

    def _in_doubt(self, work: Work) -> list[tuple[Queued, Person]]:
        """Return what can be looked for, with whom it is for."""
        rows = [row for row in work.unsettled() if self._is_ripe(row)]
        found = []
        for row in rows:
            person = work.person(row.send.to)
            alone = all(part.send.to == row.send.to for part in work.parts_of(row.id))
            if person is not None and alone:
                found.append((row, _in_slack(person)))
        return found

    def _is_ripe(self, row: Queued) -> bool:
        sure = row.sent_at is not None and row.sent_at + _SURE_AFTER <= self._clock.now()
        return row.state == "doubtful" and row.channel == CHANNEL and sure

    async def _settle(self, row: Queued, person: Person) -> None:
        assert row.sent_at is not None
        message = await self._read_back.arrived(person, str(row.id), row.sent_at)
        try:
            await self._resolve(row.id, message is not None, message or "", attempts=row.attempts)
        except (LookupError, ValueError):
            return  # somebody else was here meanwhile
        arrived = message is not None
        log.info("A message in doubt was settled: action=slack.settle row=%s arrived=%s", row.id, arrived)


def _in_slack(person: Person) -> Person:
    """Return the person as they are known in Slack, also where they have chosen another chat since."""
    there = [one for one in person.addresses if one.channel == CHANNEL]
    return replace(person, address=there[0]) if there else person
