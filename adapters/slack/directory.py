"""Who is who: people of the programme found in Slack by their e-mail address."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.slack.calls import Calls
from adapters.slack.installations import Place
from adapters.slack.names import CHANNEL
from adapters.strangers import Strangers
from bot.events import Address, Arrived, Unfound
from bot.facts import Person
from bot.ports import Clock, Receive, Refused, Store, Throttled, Unreachable, Unsure

log = logging.getLogger(__name__)

_APART_SECONDS = 60 / 50  # users.lookupByEmail may be called fifty times a minute
_TRIES = 5  # of one look-up, while Slack asks to wait
_BACK_FOR = timedelta(days=1)  # an account that is on and yet not reached is not tried every hour
_SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How a look at the directory went; `stopped` says why it ended early."""

    found: int = 0
    unknown: int = 0
    no_email: int = 0
    back: int = 0  # whose account is switched on again
    stopped: str = ""


class Directory:
    """
    Match people and users by e-mail, and nothing else.

    Only a confirmed address of a person of the workspace counts: no bots, nobody who left, no guests of
    other organisations in shared channels.
    """

    def __init__(
        self,
        calls: Calls,
        store: Store,
        receive: Receive,
        clock: Clock,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        apart_seconds: float = _APART_SECONDS,
    ) -> None:
        self._calls = calls
        self._store = store
        self._receive = receive
        self._clock = clock
        self._pause = pause
        self._apart = apart_seconds
        self._looking = asyncio.Lock()
        self._strangers = Strangers(clock)
        self._back: dict[str, datetime] = {}  # by person: not before

    async def look(self) -> Found:
        """
        Look for all who are active and have no address yet: at the start, and once an hour.

        Those whose account was switched off are asked about too: the event that says they are back may have
        come while the bot was down.
        """
        people = await self._store.read(lambda work: work.people())
        return await self._look_for([one for one in people if _is_sought(one) or self._may_be_back(one)])

    async def look_for(self, person_id: str) -> Found:
        """Look for one person."""
        person = await self._store.read(lambda work: work.person(person_id))
        return await self._look_for([person] if person is not None and _is_sought(person) else [])

    async def introduce(self, workspace: str, user: str, enterprise: str = "") -> bool:
        """
        Find out who an unknown user is, and tell whether they are known now: then what they did can be received again.

        Somebody who stays unknown is not asked about again for some minutes.
        """
        if self._strangers.has(workspace, user):
            return False
        who = Address(CHANNEL, user, workspace)
        try:
            profile = await self._info(workspace, user, enterprise)
            email = trusted_email(profile, Place(workspace, enterprise))
        except (Refused, Unreachable):
            email = ""
        except (Throttled, Unsure):
            return False  # Slack will be asked again at the next press
        if email:
            await self._receive(Arrived(key=self._key(who), who=who, email=email))
            if await self._store.read(lambda work: work.person_at(who)) is not None:
                return True
        self._strangers.add(workspace, user)
        return False

    # --- looking

    async def _look_for(self, people: Sequence[Person]) -> Found:
        if not people:
            return Found()
        async with self._looking:
            try:
                places = await self._calls.places()
            except (Refused, Throttled, Unreachable, Unsure) as error:
                return Found(stopped=_why(error))
            result = Found()
            for person in people:
                try:
                    result = await self._look_at(person, places, result)
                except (Refused, Throttled, Unsure) as error:
                    why = _why(error)
                    log.warning("The look at Slack's directory ended early: action=slack.look why=%s", why)
                    return replace(result, stopped=why)
            log.info(
                "People were looked for in Slack: action=slack.look found=%d unknown=%d no_email=%d back=%d",
                result.found,
                result.unknown,
                result.no_email,
                result.back,
            )
            return result

    async def _look_at(self, person: Person, places: Sequence[Place], result: Found) -> Found:
        if person.address is not None:
            back = await self._is_back(person, person.address)
            return replace(result, back=result.back + back)
        if not person.email:
            await self._unfound(person, "no_email")
            return replace(result, no_email=result.no_email + 1)
        for place in places:
            who = await self._find(person.email, place)
            if who is not None:
                await self._receive(Arrived(key=self._key(who), who=who, email=person.email))
                return replace(result, found=result.found + 1)
        await self._unfound(person, "unknown")
        return replace(result, unknown=result.unknown + 1)

    def _may_be_back(self, person: Person) -> bool:
        there, now = person.address, self._clock.now()
        gone = person.active and not person.reachable and person.trouble == "switched_off"
        return (
            gone and there is not None and there.channel == CHANNEL and self._back.get(person.id, now) <= now
        )

    async def _is_back(self, person: Person, who: Address) -> bool:
        """Tell whether an account that was switched off is on again, and let the person be reached there."""
        await self._pause(self._apart)
        try:
            profile = await self._info(who.workspace, who.user, "")
        except Unreachable:
            return False
        if not profile or profile.get("deleted"):
            return False
        self._back[person.id] = self._clock.now() + _BACK_FOR
        await self._receive(Arrived(key=self._key(who), who=who, email=person.email))
        return True

    async def _unfound(self, person: Person, why: str) -> None:
        if person.trouble != why:
            key = f"slack:unfound:{person.id}:{self._clock.now().isoformat()}"
            await self._receive(Unfound(key=key, channel=CHANNEL, person=person.id, why=why))

    async def _find(self, email: str, place: Place) -> Address | None:
        for tried in range(1, _TRIES + 1):
            await self._pause(self._apart)
            try:
                profile = await self._lookup(place, email)
            except Unreachable:
                return None  # users_not_found
            except Throttled as error:
                if error.everybody or tried == _TRIES:
                    raise
                await self._pause(error.seconds)
                continue
            if trusted_email(profile, place).casefold() != email.casefold():
                return None
            return Address(CHANNEL, str(profile.get("id")), place.workspace or _team(profile))
        raise AssertionError("the last try returns or raises")

    async def _lookup(self, place: Place, email: str) -> Mapping[str, object]:
        answer = await self._calls.post(
            place.workspace, "users.lookupByEmail", {"email": email}, enterprise=place.enterprise
        )
        return _user(answer)

    async def _info(self, workspace: str, user: str, enterprise: str) -> Mapping[str, object]:
        answer = await self._calls.post(workspace, "users.info", {"user": user}, enterprise=enterprise)
        return _user(answer)

    def _key(self, who: Address) -> str:
        # With the instant: whoever was found, forgotten and is found again arrives again.
        return f"slack:found:{who.workspace}:{who.user}:{self._clock.now().isoformat()}"


def trusted_email(user: Mapping[str, object], place: Place) -> str:
    """Return a user's e-mail address where it proves who they are in this place, else ""."""
    flags = ("deleted", "is_bot", "is_stranger")
    if any(user.get(flag) for flag in flags) or user.get("id") in (None, "", _SLACKBOT):
        return ""
    if user.get("is_email_confirmed") is False or not _is_of(user, place):
        return ""
    profile = user.get("profile")
    return str(profile.get("email") or "") if isinstance(profile, Mapping) else ""


def _is_of(user: Mapping[str, object], place: Place) -> bool:
    """Tell whether a user belongs to the workspace, or to the organisation that installed the app as a whole."""
    grid = user.get("enterprise_user")
    grid = grid if isinstance(grid, Mapping) else {}
    if place.workspace:
        teams = grid.get("teams")
        return place.workspace == _team(user) or (isinstance(teams, list) and place.workspace in teams)
    return bool(place.enterprise) and place.enterprise in (
        grid.get("enterprise_id"),
        user.get("enterprise_id"),
    )


def _is_sought(person: Person) -> bool:
    return person.active and person.address is None


def _team(user: Mapping[str, object]) -> str:
    return str(user.get("team_id") or "")


def _user(answer: Mapping[str, object]) -> Mapping[str, object]:
    user = answer.get("user")
    return user if isinstance(user, Mapping) else {}


def _why(error: Exception) -> str:
    return error.why if isinstance(error, Throttled) else str(error) or type(error).__name__
