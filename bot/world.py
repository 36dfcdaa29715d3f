"""What every conversation shares: the pinned programmes, the organisation's days off and its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta

from bot.facts import Enrolment, Pair, Person
from bot.ports import Work
from flows.programme import Programme
from flows.scene import Call, House, Scene, Stretch, no_call
from flows.views import Views

# A meeting that began earlier than this is over; none is arranged further ahead than that.
_BEGAN = timedelta(days=1)
_AHEAD = timedelta(days=120)


class World:
    """Give each look and each event its scene."""

    def __init__(
        self,
        *,
        load: Callable[[str, str], Programme],
        holidays: tuple[date, ...] = (),
        company: str = "",
        current: tuple[Programme, str] | None = None,
        pages: bool = False,
        call_link: Call = no_call,
    ) -> None:
        self.pages = pages  # there are web pages of ours
        self._call_link = call_link
        self._load = load
        self._current = current  # the programme that new pairs live, and its text
        self._holidays = holidays
        self._company = company
        self._programmes: dict[tuple[str, str], Programme] = {}
        self._views = Views()

    def programme(self, work: Work, enrolment: Enrolment) -> Programme:
        """Return the programme in the version an enrolment is pinned to; raise LookupError where it is gone."""
        key = (enrolment.programme, enrolment.version)
        if key not in self._programmes:
            text = work.programme_text(*key)
            if text is None:
                raise LookupError(f"programme {key[0]} version {key[1]} is not in the database")
            self._programmes[key] = self._load(text, f"{key[0]} {key[1]}")
        return self._programmes[key]

    def scene(
        self,
        work: Work,
        pair: Pair,
        now: datetime,
        me: Person | None = None,
        *,
        busy: tuple[Stretch, ...] = (),
        elsewhere: tuple[Scene, ...] = (),
    ) -> Scene:
        """Return the scene of a pair that is already reduced to what `me` may see."""
        return Scene(
            programme=self.programme(work, pair.enrolment),
            pair=pair,
            now=now,
            me=me,
            holidays=self._holidays,
            company=self._company,
            busy=busy,
            elsewhere=elsewhere,
            pages=self.pages,
            call_link=self._call_link,
            sees=self._views.seen_by,
        )

    def seen_by(self, pair: Pair, viewer: Person) -> Pair:
        """Return a pair with only what somebody may see."""
        return self._views.seen_by(pair, viewer)

    def house(self, work: Work) -> House | None:
        """Return the organisation as it is now; None where no programme is set for new pairs."""
        if self._current is None:
            return None
        programme, text = self._current
        work.keep_programme(programme.id, programme.version, text)
        people = work.people()
        ids = sorted({run for person in people for run in work.enrolments_of(person.id)})
        pairs = work.pairs(ids, ()) if ids else ()
        running = [pair for pair in pairs if pair.enrolment.state in ("running", "paused")]
        load = Counter(mentor.id for pair in running for mentor in pair.seated("mentor"))
        under_way = frozenset(mentee.id for pair in running for mentee in pair.seated("mentee"))
        return House(programme=programme, people=people, load=load, under_way=under_way)

    def busy(self, work: Work, pair: Pair, now: datetime) -> tuple[Stretch, ...]:
        """Return when people of a pair meet in other pairs of theirs."""
        people = {person.id for person in pair.people}
        found = work.busy(sorted(people), now - _BEGAN, now + _AHEAD)
        return tuple(
            (person, taken.starts_at, taken.ends_at)
            for taken in found
            if taken.enrolment != pair.enrolment.id
            for person in taken.people
            if person in people
        )
