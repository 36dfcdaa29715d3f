"""Who is who: people of the programme found in Teams by their e-mail address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from adapters.strangers import Strangers
from adapters.teams.connector import Connector
from adapters.teams.graph import Graph
from adapters.teams.names import CHANNEL
from adapters.teams.origin import Origin
from adapters.teams.references import reference_of
from adapters.teams.wire import Json
from bot.events import Address, Arrived, Unfound
from bot.facts import Person
from bot.ports import Clock, Receive, Refused, Store, Throttled, Unreachable, Unsure

T = TypeVar("T")
log = logging.getLogger(__name__)

_APART_SECONDS = 0.5  # Graph counts installations by the tenant, and asks for patience early
_TRIES = 5  # of one person, while Graph asks to wait
_BACK_FOR = timedelta(days=1)  # for whom the app is installed and who is yet not reached, not every hour
_GUEST = "#EXT#"  # stands in the sign-in name of whoever belongs to another organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How a look went; `stopped` says why it ended early."""

    found: int = 0
    unknown: int = 0
    no_email: int = 0
    not_installed: int = 0
    back: int = 0  # for whom the app is installed again
    stopped: str = ""


class Directory:
    """
    Match people and users by e-mail, and nothing else.

    Whoever writes to the bot is looked up in their own conversation. Who never did is found only where Graph is
    granted: then the app is installed for them. Only people of the tenant count: no guests, nobody without a name
    to sign in with.
    """

    def __init__(
        self,
        connector: Connector,
        store: Store,
        receive: Receive,
        clock: Clock,
        *,
        tenant: str = "",
        graph: Graph | None = None,
        alone: bool = True,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        apart_seconds: float = _APART_SECONDS,
    ) -> None:
        """
        Take the tenant that Graph speaks of, and whether no other chat looks for the same people.

        Without Graph nobody knows whether somebody is in Teams at all: that the app is missing is only said
        where there is no other chat that they may be in.
        """
        self._connector = connector
        self._store = store
        self._receive = receive
        self._clock = clock
        self._tenant = tenant
        self._graph = graph
        self._alone = alone
        self._pause = pause
        self._apart = apart_seconds
        self._looking = asyncio.Lock()
        self._strangers = Strangers(clock)
        self._back: dict[str, datetime] = {}  # by person: not before

    async def look(self) -> Found:
        """
        Look for all who are active and have no address yet: at the start, and once an hour.

        Where Graph is granted, also for those in Teams for whom the app was never there: whoever removed it, or
        blocks it, is left alone.
        """
        people = await self._store.read(lambda work: work.people())
        return await self._look_for([one for one in people if _is_sought(one) or self._may_be_back(one)])

    async def look_for(self, person_id: str) -> Found:
        """Look for one person."""
        person = await self._store.read(lambda work: work.person(person_id))
        return await self._look_for([person] if person is not None and _is_sought(person) else [])

    async def introduce(self, came: Origin) -> bool:
        """
        Find out who an unknown user is, and tell whether they are known now: then what they did can be received again.

        Somebody who stays unknown is not asked about again for some minutes.
        """
        if not (came.tenant and came.user and came.conversation):
            return False
        if self._strangers.has(came.tenant, came.user):
            return False
        try:
            member = await self._connector.member(reference_of(came), came.teams_user or came.user)
            emails = trusted_emails(member, came)
        except (Refused, Unreachable):
            emails = ()
        except (Throttled, Unsure):
            return False  # Teams will be asked again at the next press
        who = Address(CHANNEL, came.user, came.tenant)
        for email in emails:
            await self._receive(Arrived(key=self._key(who, email), who=who, email=email))
            if await self._store.read(lambda work: work.person_at(who)) is not None:
                return True
        self._strangers.add(came.tenant, came.user)
        return False

    # --- looking

    async def _look_for(self, people: Sequence[Person]) -> Found:
        if not people:
            return Found()
        async with self._looking:
            result = Found()
            for person in people:
                try:
                    result = await self._look_at(person, result)
                except (Refused, Throttled, Unreachable, Unsure) as error:
                    why = error.why if isinstance(error, Throttled) else str(error) or type(error).__name__
                    log.warning("The look at Graph ended early: action=teams.look why=%s", why)
                    return replace(result, stopped=why)
            log.info(
                "People were looked for in Teams: action=teams.look "
                "found=%d unknown=%d no_email=%d not_installed=%d back=%d",
                result.found,
                result.unknown,
                result.no_email,
                result.not_installed,
                result.back,
            )
            return result

    async def _look_at(self, person: Person, result: Found) -> Found:
        if person.address is not None:
            back = self._graph is not None and await self._is_back(self._graph, person, person.address)
            return replace(result, back=result.back + back)
        if not person.email:
            await self._unfound(person, "no_email")
            return replace(result, no_email=result.no_email + 1)
        graph = self._graph
        user = None
        if graph is not None:
            user = await self._found(graph, person.email)
        if graph is None or user is None:
            if self._alone and not person.trouble:
                await self._unfound(person, "not_installed")
            return replace(result, not_installed=result.not_installed + 1)
        if not user:
            await self._unfound(person, "unknown")
            return replace(result, unknown=result.unknown + 1)
        if not await self._installed(graph, person, user):
            return replace(result, not_installed=result.not_installed + 1)
        await self._arrived(person, Address(CHANNEL, user, self._tenant))
        return replace(result, found=result.found + 1)

    async def _found(self, graph: Graph, email: str) -> str | None:
        try:
            return await self._patiently(graph, lambda granted: granted.user_with(email))
        except (Refused, Unreachable):
            return ""  # an address that Graph cannot even look for is nobody's

    async def _installed(self, graph: Graph, person: Person, user: str) -> bool:
        """Install the app for somebody, and say where that cannot be."""
        try:
            done = await self._patiently(graph, lambda granted: granted.install(user))
        except (Refused, Unreachable) as error:
            log.warning(
                "The app could not be installed: action=teams.install person=%s why=%s", person.id, error
            )
            done = False
        if not done:
            await self._unfound(person, "not_installed")
        return done

    def _may_be_back(self, person: Person) -> bool:
        there, now = person.address, self._clock.now()
        if (
            self._graph is None
            or there is None
            or (there.channel, there.workspace) != (CHANNEL, self._tenant)
        ):
            return False
        missing = person.active and not person.reachable and person.trouble == "not_installed"
        return missing and self._back.get(person.id, now) <= now

    async def _is_back(self, graph: Graph, person: Person, who: Address) -> bool:
        """Install the app for somebody who is known in Teams and has not got it, and let them be reached there."""
        self._back[person.id] = self._clock.now() + _BACK_FOR
        if not await self._installed(graph, person, who.user):
            return False
        await self._arrived(person, who)
        return True

    async def _patiently(self, graph: Graph, ask: Callable[[Graph], Awaitable[T]]) -> T:
        """Ask Graph, and wait as long as it wants; not where everybody has to."""
        for tried in range(1, _TRIES + 1):
            await self._pause(self._apart)
            try:
                return await ask(graph)
            except Throttled as error:
                if error.everybody or tried == _TRIES:
                    raise
                await self._pause(error.seconds)
        raise AssertionError("the last try returns or raises")

    async def _arrived(self, person: Person, who: Address) -> None:
        await self._receive(Arrived(key=self._key(who, ""), who=who, email=person.email))

    async def _unfound(self, person: Person, why: str) -> None:
        if person.trouble != why:
            key = f"teams:unfound:{person.id}:{self._clock.now().isoformat()}"
            await self._receive(Unfound(key=key, channel=CHANNEL, person=person.id, why=why))

    def _key(self, who: Address, email: str) -> str:
        # With the instant: whoever was found, forgotten and is found again arrives again.
        return f"teams:found:{who.workspace}:{who.user}:{email}:{self._clock.now().isoformat()}"


def trusted_emails(member: Json, came: Origin) -> tuple[str, ...]:
    """Return the addresses that prove who somebody is in this tenant: for mail, and for signing in."""
    name = _text(member, "userPrincipalName")
    user = _text(member, "aadObjectId") or _text(member, "objectId")
    if not name or _GUEST in name or _text(member, "tenantId").lower() != came.tenant:
        return ()
    if user.lower() != came.user or _text(member, "userRole").lower() not in ("", "user"):
        return ()
    found = {one.casefold(): one for one in (name, _text(member, "email")) if "@" in one}
    # For mail first: it is what a people file has.
    return tuple(reversed(found.values()))


def _is_sought(person: Person) -> bool:
    return person.active and person.address is None


def _text(told: Json, name: str) -> str:
    found = told.get(name)
    return found if isinstance(found, str) else ""
