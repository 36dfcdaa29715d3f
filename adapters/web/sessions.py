"""Who is signed in: what was used up, what is open, and until when."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from adapters.web.links import HomePass
from adapters.web.seals import Seals
from bot.facts import Person
from bot.i18n import Reader
from bot.ports import Clock, Store, Work

LIVES = timedelta(hours=12)  # a working day
TAB_LIVES = timedelta(minutes=30)  # the page in the tab asks for the next one by itself
_TIDIES = timedelta(hours=1)
_USED, _SESSION = "web/used/", "web/session/"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in; `session` tells what they carry from what others do, and is no secret."""

    person: Person
    session: str
    in_tab: bool = False

    @property
    def reader(self) -> Reader:
        """Return what reads words out to them."""
        return Reader(self.person.language, self.person.zone)


class Sessions:
    """
    Sign people in and out.

    A browser carries a word that means nothing by itself; what is stored is its digest, so that a copy of the
    database lets nobody in. The Teams tab carries a sealed word for half an hour, of which nothing is stored.
    """

    def __init__(self, store: Store, clock: Clock, seals: Seals) -> None:
        self._store = store
        self._clock = clock
        self._seals = seals
        self._tidied: datetime | None = None

    # --- browsers

    async def expected(self, found: HomePass) -> Person | None:
        """Return whom a pass lets in; nobody where it was used, is too old, or the person is no longer with us."""
        if found.until <= self._clock.now():
            return None

        def look(work: Work) -> Person | None:
            return _active(work, found.person) if work.setting(_used(found)) is None else None

        return await self._store.read(look)

    async def begin(self, found: HomePass) -> str | None:
        """Use a pass up and return what the browser is to carry; None where it was used before or is too old."""
        now = self._clock.now()
        carried = secrets.token_urlsafe(32)
        tidy = self._tidied is None or now - self._tidied >= _TIDIES

        def sign_in(work: Work) -> bool:
            if found.until <= now or work.lock_setting(_used(found)) is not None:
                return False
            if _active(work, found.person) is None:
                return False
            if tidy:
                _tidy(work, now)
            work.keep_setting(_used(found), _written(found.until))
            work.keep_setting(_session(carried), json.dumps([found.person, _written(now + LIVES)]))
            return True

        if not await self._store.write(sign_in):
            return None
        if tidy:
            self._tidied = now
        return carried

    async def visitor(self, carried: str) -> Visitor | None:
        """Return whose session this is; nobody's where it ended, or the person is no longer with us."""
        if not carried or len(carried) > 100:
            return None
        now = self._clock.now()

        def look(work: Work) -> Person | None:
            kept = work.setting(_session(carried))
            if kept is None:
                return None
            person, until = json.loads(kept)
            return _active(work, person) if now < datetime.fromisoformat(until) else None

        person = await self._store.read(look)
        return Visitor(person, _digest(carried)) if person is not None else None

    async def end(self, carried: str) -> None:
        """Sign a browser out."""
        await self._store.write(lambda work: work.drop_setting(_session(carried)))

    # --- the tab

    def begin_tab(self, person: Person) -> str:
        """Return what the page in the tab is to carry; who the person is was just proved."""
        until = _written(self._clock.now() + TAB_LIVES)
        return self._seals.seal("tab", person.id, until, secrets.token_urlsafe(12))

    async def tab_visitor(self, carried: str) -> Visitor | None:
        """Return who carries this; nobody where it ended, or the person is no longer with us."""
        match self._seals.read("tab", carried):
            case (person_id, until, _) if self._clock.now() < datetime.fromisoformat(until):
                person = await self._store.read(lambda work: _active(work, person_id))
                return Visitor(person, _digest(carried), in_tab=True) if person is not None else None
        return None

    # --- that a form came from a page of theirs

    def mark(self, visitor: Visitor) -> str:
        """Return what each form on a page of this session carries."""
        return self._seals.seal("mark", visitor.session)

    def is_marked(self, visitor: Visitor, mark: str) -> bool:
        """Tell whether a form was on a page of this session."""
        return self._seals.read("mark", mark) == (visitor.session,)


def _active(work: Work, person_id: str) -> Person | None:
    person = work.person(person_id)
    return person if person is not None and person.active else None


def _tidy(work: Work, now: datetime) -> None:
    """Forget what has ended."""
    ended: Sequence[str] = (
        *(key for key, until in work.settings(_USED) if datetime.fromisoformat(until) <= now),
        *(key for key, kept in work.settings(_SESSION) if datetime.fromisoformat(json.loads(kept)[1]) <= now),
    )
    for key in ended:
        work.drop_setting(key)


def _used(found: HomePass) -> str:
    return _USED + _digest(found.once)


def _session(carried: str) -> str:
    return _SESSION + _digest(carried)


def _digest(word: str) -> str:
    return sha256(word.encode()).hexdigest()


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
