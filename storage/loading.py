"""Reading people and pairs: one query a family for any number of enrolments."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa

from bot import facts
from bot.events import Address
from bot.facts import FAMILIES, FAMILY_OF, NOT_LOADED, Case, Enrolment, Pair, Person, Seat
from bot.ports import Taken
from storage import tables
from storage.columns import Instant, Plain
from storage.flavour import flavour_of, word
from storage.kept import Kept
from storage.part import Part
from storage.records import Columns, shape_of

_KIND_OF: dict[str, type[facts.Record]] = {family: kind for kind, family in FAMILY_OF.items()}


class Loading(Part):
    """The questions about people and enrolments."""

    def person(self, person_id: str) -> Person | None:
        """Return one person."""
        return next(iter(self._people((person_id,))), None)

    def person_at(self, address: Address) -> Person | None:
        """Return who is known at this address, be it the one they chose or another."""
        known = self._connection.kept.person_at(address)
        if known is not None:
            return known
        shape = self._shape(Person)
        row = self._connection.row(
            _sql(self._flavour.name).person_at, address=shape.convert("address", address)
        )
        return None if row is None else self._learnt(shape.read(row))

    def people(self) -> tuple[Person, ...]:
        """Return everybody, by id."""
        read = self._shape(Person).read
        return tuple(read(row) for row in self._connection.rows(_sql(self._flavour.name).people))

    def person_with_email(self, email: str) -> Person | None:
        """Return the one active person with this e-mail address, in whatever case it is written."""
        read = self._shape(Person).read
        rows = self._connection.rows(_sql(self._flavour.name).people_with_email, email=email.strip().lower())
        return read(rows[0]) if email.strip() and len(rows) == 1 else None

    def enrolments_of(self, person_id: str) -> tuple[str, ...]:
        """Return the ids of all enrolments, of any state, where the person has a seat now, by id."""
        rows = self._connection.rows(_sql(self._flavour.name).enrolments_of, person=person_id)
        return tuple(row[0] for row in rows)

    def lock_enrolment(self, enrolment_id: str) -> bool:
        """Lock the enrolment's row for this transaction; return False where there is none."""
        kept = self._connection.kept
        if kept.enrolment(enrolment_id) is not None:
            return True  # locked and read before, or alone: there is nobody to lock it against
        row = self._connection.row(_sql(self._flavour.name).lock_enrolment, id=enrolment_id)
        kept.lock((enrolment_id,))
        if row is not None:  # whoever locks it asks for it next: both in one question
            kept.validate({enrolment_id: row[-1]})
            kept.learn_enrolment(self._shape(Enrolment).read(row[:-1]))
        return row is not None

    def pairs(self, ids: Sequence[str], needs: Sequence[str] | None = None) -> tuple[Pair, ...]:
        """
        Load enrolments with the families in `needs` (None = all), in the order of `ids`; one query a family.

        Ids without an enrolment are left out.
        """
        asked = _asked(FAMILIES if needs is None else tuple(needs))
        if not ids:
            return ()
        enrolments = {enrolment.id: enrolment for enrolment in self._enrolments(ids)}
        kept = self._connection.kept
        if not kept.has(asked.kinds.keys(), enrolments):
            self._complete(asked.kinds, enrolments)
        seated = {s.person for enrolment in enrolments for s in kept.family(Seat, enrolment)}
        people = {person.id: person for person in self._people(seated)}
        pairs = tuple(_pair(enrolments[id_], kept, people, asked) for id_ in ids if id_ in enrolments)
        kept.shrink()
        return pairs

    def busy(self, people: Sequence[str], after: datetime, before: datetime) -> tuple[Taken, ...]:
        """Return the fixed meetings of any enrolment that these people have between two instants, by (start, id)."""
        if not people:
            return ()
        sql, at = _sql(self._flavour.name), self._flavour.at
        wanted = frozenset(people)
        # Few meetings of a whole company lie ahead, and their people are a list: quicker sorted out here.
        rows = self._connection.rows(sql.busy, after=at(after), before=at(before))
        place = sql.taken.names.index("people")
        # Most lists do not even hold the letters of a name; reading a list costs ten times as much as that.
        written = [json.dumps(person, ensure_ascii=False) for person in people]
        near = (row for row in rows if any(name in row[place] for name in written))
        return tuple(sql.taken.read(row) for row in near if not wanted.isdisjoint(json.loads(row[place])))

    def lock_people(self, people: Sequence[str]) -> None:
        """Lock people's rows, waiting for whoever holds one; taken after enrolments, by id."""
        self._connection.rows(
            _sql(self._flavour.name).lock_people, people=self._flavour.many(sorted(set(people)))
        )

    def cases_of(self, owner: str) -> tuple[Case, ...]:
        """Return the cases this coordinator owns that are not closed, oldest first."""
        read = self._shape(Case).read
        return tuple(
            read(row) for row in self._connection.rows(_sql(self._flavour.name).cases_of, owner=owner)
        )

    def state_of(self, step_state_id: str) -> str | None:
        """Return the state of a step's occurrence, None where it is unknown."""
        enrolment = step_state_id.partition("/")[0]
        row = self._connection.row(_sql(self._flavour.name).state_of, enrolment=enrolment, id=step_state_id)
        return None if row is None else row[0]

    def _enrolments(self, ids: Iterable[str]) -> list[Enrolment]:
        kept = self._connection.kept
        known = {id_: kept.enrolment(id_) for id_ in ids}
        found = [enrolment for enrolment in known.values() if enrolment is not None]
        if len(found) == len(known):
            return found
        shape = self._shape(Enrolment)
        unknown = self._flavour.many(id_ for id_, enrolment in known.items() if enrolment is None)
        rows = self._connection.rows(shape.of_ids, ids=unknown)
        kept.validate({row[0]: row[-1] for row in rows})
        read = [shape.read(row[:-1]) for row in rows]
        for enrolment in read:
            kept.learn_enrolment(enrolment)
        return found + read

    def _people(self, ids: Iterable[str]) -> list[Person]:
        """Return people by their ids, in any order."""
        kept = self._connection.kept
        known = {id_: kept.person(id_) for id_ in ids}
        found = [person for person in known.values() if person is not None]
        if len(found) == len(known):
            return found
        shape = self._shape(Person)
        unknown = self._flavour.many(sorted(id_ for id_, person in known.items() if person is None))
        return found + [
            self._learnt(shape.read(row)) for row in self._connection.rows(shape.of_ids, ids=unknown)
        ]

    def _learnt(self, person: Person) -> Person:
        self._connection.kept.learn_person(person)
        return person

    def _complete(self, kinds: Iterable[type[Any]], ids: Collection[str]) -> None:
        """Load the records of these classes for those enrolments of which they are not known."""
        kept = self._connection.kept
        wanted = [(kind, missing) for kind in kinds if (missing := tuple(kept.missing(kind, ids)))]
        # The same for most classes, and dear to make a dozen times.
        given = {missing: (self._flavour.many(missing),) for missing in {missing for _, missing in wanted}}
        questions = [(self._shape(kind).of_enrolments, given[missing]) for kind, missing in wanted]
        answers = self._connection.rows_of_each(questions) if questions else []
        for (kind, missing), rows in zip(wanted, answers, strict=True):
            found: dict[str, list[Any]] = {}
            read = self._shape(kind).read
            for row in rows:
                found.setdefault(row[0], []).append(
                    read(row)
                )  # the enrolment is the first column of every key
            kept.learn(kind, missing, found)


class _Asked:
    """Families of records that are asked for, and those that stay out."""

    def __init__(self, families: Sequence[str]) -> None:
        unknown = [family for family in families if family not in FAMILIES]
        if unknown:
            raise ValueError(f"no such family of records: {unknown}; there are {', '.join(FAMILIES)}")
        self.families = {family: _KIND_OF[family] for family in families}
        self.kinds: dict[type[facts.Record], None] = dict.fromkeys((Seat, *self.families.values()))
        self.lacking: dict[str, Any] = {f: NOT_LOADED for f in FAMILIES if f not in self.families}


_asked = lru_cache(maxsize=256)(_Asked)


def _pair(enrolment: Enrolment, kept: Kept, people: dict[str, Person], asked: _Asked) -> Pair:
    held: tuple[Seat, ...] = kept.family(Seat, enrolment.id)
    return Pair(
        enrolment=enrolment,
        seats=held,
        people=tuple(people[person] for person in sorted({seat.person for seat in held})),
        **{family: kept.family(kind, enrolment.id) for family, kind in asked.families.items()},
        **asked.lacking,
    )


class _Statements:
    def __init__(self, name: str) -> None:
        flavour = flavour_of(name)
        person, case = shape_of(Person, name), shape_of(Case, name)
        enrolment = tables.table_of(tables.Enrolment)
        seat = tables.table_of(tables.Seat)
        step = tables.table_of(tables.StepState)

        def given(column: str) -> sa.BindParameter[str]:
            return sa.bindparam(column, type_=Plain())

        there = tables.table_of(tables.PersonAddress)
        self.person_at = flavour.compile(
            sa.select(*person.columns)
            .join(there, there.c.person == person.table.c.id)
            .where(there.c.address == given("address"))
        )
        self.people = person.where()
        self.people_with_email = person.where(
            sa.func.lower(person.table.c.email) == given("email"), person.table.c.active.is_(sa.true())
        )
        self.enrolments_of = flavour.compile(
            sa.select(seat.c.enrolment)
            .where(seat.c.person == given("person"), seat.c.until.is_(None))
            .distinct()
            .order_by(seat.c.enrolment)
        )
        self.lock_enrolment = flavour.compile(
            flavour.locked(
                sa.select(*shape_of(Enrolment, name).columns, enrolment.c.revision).where(
                    enrolment.c.id == given("id")
                )
            )
        )
        people = tables.table_of(tables.Person)
        self.lock_people = flavour.compile(
            flavour.locked(
                sa.select(people.c.id).where(flavour.among(people.c.id, "people")).order_by(people.c.id)
            )
        )
        meeting = tables.table_of(tables.Meeting)
        self.taken = Columns(Taken, meeting, flavour)
        self.busy = flavour.compile(
            sa.select(*self.taken.columns)
            .where(
                meeting.c.state == word("fixed"),
                meeting.c.starts_at > sa.bindparam("after", type_=Instant()),
                meeting.c.starts_at < sa.bindparam("before", type_=Instant()),
            )
            .order_by(meeting.c.starts_at, meeting.c.enrolment, meeting.c.id)
        )
        self.cases_of = case.where(
            case.table.c.owner == given("owner"),
            case.table.c.state != word("closed"),
            order=(case.table.c.opened_at, case.table.c.id),
        )
        self.state_of = flavour.compile(
            sa.select(step.c.state).where(step.c.enrolment == given("enrolment"), step.c.id == given("id"))
        )


@cache
def _sql(flavour: str) -> _Statements:
    return _Statements(flavour)
