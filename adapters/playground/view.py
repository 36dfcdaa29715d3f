"""What the page shows: the chats in each person's own words and zone, the clock, the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from adapters.playground.backstage import ROLES, Cast, Command, Era, Group, Stop
from adapters.playground.chrome import role_name
from adapters.playground.render import Json, Painter
from adapters.playground.room import Message, Room
from adapters.sim.days import local, zone
from bot.content import Day, Home, Moment, Role
from bot.facts import Person
from bot.i18n import Reader

MOST_MESSAGES = 100
_EVENING = time(20)  # after whoever works late


class Passing(Protocol):
    """Time that is passing: from where, at most how far."""

    @property
    def begun(self) -> datetime:
        """Return where it began."""
        ...

    @property
    def goal(self) -> datetime:
        """Return how far it is meant to go."""
        ...

    @property
    def stride(self) -> str:
        """Return what was asked for."""
        ...


@dataclass(frozen=True, slots=True)
class View:
    """Show the room as people and enrolments are at one moment."""

    cast: Cast
    room: Room

    @property
    def language(self) -> str:
        """Return the visitor's language, for what belongs to nobody's chat."""
        return self.room.kept("language") or "en"

    def painter(self, person: Person) -> Painter:
        """Return what draws this person's messages."""
        names = tuple((one.id, one.name) for one in self.cast.people)
        return Painter(Reader(person.language, person.zone), self.cast.roles().get(person.id, ()), names)

    def names(self) -> Json:
        """Return everybody's name by id."""
        return {one.id: one.name for one in self.cast.people}

    def commands(self, person: Person, known: Sequence[Command]) -> list[Json]:
        """Return the words that this person may use, with what each is for."""
        reader = Reader(self.language)
        held = {*self.cast.roles().get(person.id, ())}
        held |= {"coordinator"} if person.is_coordinator else set()
        mine = (one for one in known if not one.roles or held & {*one.roles})
        return [{"name": one.name, "words": reader.text(one.words)} for one in mine]

    # --- chats -------------------------------------------------------------------------------

    def columns(self, group: Group | None, known: Sequence[Command] = ()) -> list[Json]:
        """Return the people of an enrolment, in the order of their roles; without one, everybody."""
        if group is None:
            shown = [(person, self.column(person, ())) for person in self.cast.people]
        else:
            ids = [person for role in ROLES for seated, person in group.seats if seated == role]
            people = (self.cast.person(one) for one in dict.fromkeys(ids))
            shown = [(one, self.column(one, group.roles_of(one.id))) for one in people if one is not None]
        return [{**column, "commands": self.commands(person, known)} for person, column in shown]

    def column(self, person: Person, roles: Sequence[Role]) -> Json:
        """Return a person with the end of their chat."""
        reader = Reader(self.language, person.zone)
        ordered = [role for role in ROLES if role in roles]
        found = self.room.last_messages(person.id, MOST_MESSAGES + 1)
        return {
            "person": person.id,
            "name": person.name,
            "initials": "".join(word[0] for word in person.name.split()[:2]).upper(),
            "roles": [reader.text(role_name(role)) for role in ordered],
            "role": ordered[0] if ordered else "",
            "position": person.position,
            "language": person.language,
            "local": self._local(person, self.room.now()),
            "temperament": self.room.temperament(person.id),
            "read": self.room.last_read(person.id),
            "messages": self._shown(found[-MOST_MESSAGES:]),
            "earlier": len(found) > MOST_MESSAGES,
        }

    def earlier(self, person: str, before: int) -> Json:
        """Return the messages of a person before one that is shown."""
        found = self.room.last_messages(person, MOST_MESSAGES + 1, before)
        return {"messages": self._shown(found[-MOST_MESSAGES:]), "earlier": len(found) > MOST_MESSAGES}

    def message(self, message: Message) -> Json | None:
        """Return one message, None where its person is gone."""
        person = self.cast.person(message.person)
        if person is None:
            return None
        painter = self.painter(person)
        content = message.content
        shown: Json = {"cards": painter.home(content)["cards"]} if isinstance(content, Home) else {}
        wall = local(person, message.at).date()
        return {
            "id": message.id,
            "person": message.person,
            "kind": message.kind,
            "day": wall.isoformat(),
            "day_words": painter.reader.day(Day(wall)),
            "time": painter.reader.moment(Moment(message.at, "time")),
            "changed": message.updated > message.at,
            **painter.content(content),
            **shown,
        }

    def _shown(self, messages: Sequence[Message]) -> list[Json]:
        return [shown for shown in map(self.message, messages) if shown is not None]

    def _local(self, person: Person, now: datetime) -> str:
        return Reader(self.language, person.zone).moment(Moment(now, "time"))

    # --- clock -------------------------------------------------------------------------------

    def clock(self, passing: Passing | None) -> Json:
        """Return the present instant, as the first mentee and everybody else reads it."""
        now = self.room.now()
        leader = self._leader()
        place = leader.zone if leader else "UTC"
        reader = Reader(self.language, place)
        day = self.today()
        whole = passing.goal - passing.begun if passing else timedelta()
        share = min(1.0, (now - passing.begun) / whole) if passing and whole else 0.0
        return {
            "iso": now.isoformat(),
            "day": day.isoformat(),
            "date": reader.day(Day(day)),
            "year": str(day.year),
            "time": reader.moment(Moment(now, "time")),
            "zone": place,
            "locals": {one.id: self._local(one, now) for one in self.cast.people},
            "walking": passing.stride if passing else "",
            "share": share,
        }

    def evening(self, day: date) -> datetime:
        """Return the end of a day's work, where the first mentee is."""
        leader = self._leader()
        wall = datetime.combine(day, _EVENING, zone(leader.zone) if leader else UTC)
        return wall.astimezone(UTC)

    def today(self) -> date:
        """Return the day that it is where the first mentee is."""
        leader = self._leader()
        return local(leader, self.room.now()).date() if leader else self.room.now().date()

    def _leader(self) -> Person | None:
        seated = (
            self.cast.person(one) for g in self.cast.groups for role, one in g.seats if role == "mentee"
        )
        return next((one for one in seated if one is not None), next(iter(self.cast.people), None))

    # --- programme ---------------------------------------------------------------------------

    def groups(self) -> list[Json]:
        """Return the enrolments to choose from, each with who is in it and how much of theirs is unread."""
        reader = Reader(self.language)
        unread = {one.id: self.room.unread(one.id) for one in self.cast.people}
        return [
            {
                "id": group.id,
                "title": reader.text(group.title),
                "people": self._pair(group),
                "seats": self._seats(group, reader),
                # HR and the director sit in many: their chats would make all of them look full.
                "unread": sum(
                    unread.get(one, 0) for role, one in group.seats if role in ("mentee", "mentor")
                ),
            }
            for group in self.cast.groups
        ]

    def _seats(self, group: Group, reader: Reader) -> list[Json]:
        """Return everybody of an enrolment once, with their roles in it."""
        ids = dict.fromkeys(person for role in ROLES for seated, person in group.seats if seated == role)
        people = (person for one in ids if (person := self.cast.person(one)) is not None)
        return [
            {
                "person": one.id,
                "name": one.name,
                "roles": ", ".join(reader.text(role_name(role)) for role in group.roles_of(one.id)),
            }
            for one in people
        ]

    def eras(self, eras: Sequence[Era]) -> list[Json]:
        """Return a timeline."""
        return [self._era(era) for era in eras]

    def _pair(self, group: Group) -> str:
        pair = [one for role in ("mentee", "mentor") for seated, one in group.seats if seated == role]
        return ", ".join(person.name for one in pair if (person := self.cast.person(one)) is not None)

    def _era(self, era: Era) -> Json:
        reader = Reader(self.language)
        return {
            "id": era.id,
            "title": reader.text(era.title),
            "frame": reader.text(era.frame) if era.frame else "",
            "first": era.first.isoformat(),
            "last": era.last.isoformat(),
            "first_words": reader.day(Day(era.first, "short")),
            "last_words": reader.day(Day(era.last, "short")),
            "stops": [self._stop(stop, reader) for stop in era.stops],
        }

    def _stop(self, stop: Stop, reader: Reader) -> Json:
        return {
            "step": stop.step,
            "title": reader.text(stop.title),
            "day": stop.day.isoformat(),
            "day_words": reader.day(Day(stop.day)),
            "state": stop.state,
            "kind": stop.kind,
            "who": ", ".join(reader.text(role_name(role)) for role in stop.who),
        }
