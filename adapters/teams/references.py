"""Where each person's own conversation with the bot is, as Teams last said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta

from adapters.teams.names import CHANNEL
from adapters.teams.origin import Origin
from bot.events import Address
from bot.ports import Clock, Store, Work

_PERSON = "teams/reference/"
_TENANT = "teams/service/"
_MANY = 20_000  # references at hand before all are read anew
# So long one is not read again: another process on the same database may have been told of a newer one.
_KEPT_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where to write: the conversation, or with none only where the tenant is served."""

    service_url: str
    conversation: str
    user: str  # towards this bot ("29:…"), or in Entra where no other is known
    bot: str
    tenant: str
    entra: str = ""  # in Entra, where that is known


def reference_of(came: Origin) -> Reference:
    """Return where an activity came from."""
    return Reference(
        service_url=came.service_url,
        conversation=came.conversation,
        user=came.teams_user or came.user,
        bot=came.bot,
        tenant=came.tenant,
        # Of who is known by no id in Entra, `user` is the one towards this bot.
        entra="" if came.user == came.teams_user.lower() else came.user,
    )


class References:
    """Keep where people are written to: in the database, written only when it changed, and at hand."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._hand: dict[str, tuple[Reference, datetime]] = {}  # by key, with when to read it anew

    async def note(self, came: Origin) -> None:
        """Take note of where somebody wrote from; of conversations of several, and of goodbyes, nothing."""
        if came.kind == "removed" or not came.personal:
            return
        if came.user and came.tenant and came.conversation and came.service_url:
            await self.keep(Address(CHANNEL, came.user, came.tenant), reference_of(came))

    async def keep(self, who: Address, found: Reference) -> None:
        """Remember where a person is written to."""
        if await self.of(who) == found:
            return
        key, tenant = _key(who), _TENANT + found.tenant
        served = replace(found, conversation="", user="", entra="")

        def write(work: Work) -> None:
            work.keep_setting(key, _written(found))
            if work.setting(tenant) != _written(served):
                work.keep_setting(tenant, _written(served))

        await self._store.write(write)
        self._at_hand(key, found)
        self._at_hand(tenant, served)

    async def of(self, who: Address) -> Reference | None:
        """Return where a person is written to; None where they never wrote, and the bot never did."""
        return await self._read(_key(who))

    async def of_tenant(self, tenant: str) -> Reference | None:
        """Return where a tenant is served, without a conversation; None where nobody there ever wrote."""
        return await self._read(_TENANT + tenant)

    async def drop(self, who: Address) -> None:
        """Forget where a person is written to."""
        self._hand.pop(_key(who), None)
        await self._store.write(lambda work: work.drop_setting(_key(who)))

    async def _read(self, key: str) -> Reference | None:
        kept = self._hand.get(key)
        if kept is not None and self._clock.now() < kept[1]:
            return kept[0]
        told = await self._store.read(lambda work: work.setting(key))
        found = _found(told) if told else None
        if found is not None:
            self._at_hand(key, found)
        return found

    def _at_hand(self, key: str, found: Reference) -> None:
        if len(self._hand) >= _MANY:
            self._hand.clear()
        self._hand[key] = (found, self._clock.now() + _KEPT_FOR)


def _key(who: Address) -> str:
    return f"{_PERSON}{who.workspace}/{who.user}"


def _written(found: Reference) -> str:
    return json.dumps(asdict(found), separators=(",", ":"), sort_keys=True)


def _found(told: str) -> Reference | None:
    """Return a reference as it was kept; None for what is none, so that it is learned anew."""
    try:
        read = json.loads(told)
    except ValueError:
        return None
    if not isinstance(read, Mapping):
        return None
    names = {one.name for one in fields(Reference)}
    try:
        return Reference(**{name: str(value) for name, value in read.items() if name in names})
    except TypeError:
        return None
