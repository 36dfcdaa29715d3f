"""
Records of bot/facts.py as rows of their tables, and back.

Which column needs which treatment is found out once from the fields' types; after that a row is a tuple and a
list of functions.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import cache, cached_property, lru_cache
from operator import attrgetter
from types import NoneType
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin, get_type_hints

import sqlalchemy as sa
from sqlmodel import SQLModel

from bot import facts
from storage import tables
from storage.codec import Codec
from storage.connection import Row
from storage.flavour import Flavour, Insert, Statement, flavour_of

D = TypeVar("D")
R = TypeVar("R", bound=facts.Record)
Convert = Callable[[Any], Any]

# In this order rows may be inserted: whoever is referred to comes first.
TABLES: Mapping[type, type[SQLModel]] = {
    facts.Person: tables.Person,
    facts.Enrolment: tables.Enrolment,
    facts.Seat: tables.Seat,
    facts.StepState: tables.StepState,
    facts.Answer: tables.Answer,
    facts.Meeting: tables.Meeting,
    facts.Review: tables.Review,
    facts.Goal: tables.Goal,
    facts.PlanItem: tables.PlanItem,
    facts.Task: tables.Task,
    facts.Tick: tables.Tick,
    facts.Agreement: tables.Agreement,
    facts.Case: tables.Case,
    facts.Note: tables.Note,
    facts.Passed: tables.Passed,
}


def seat_id(enrolment: str, role: str, person: str) -> str:
    """Return the id of a seat, which is made of its key and not stored."""
    return f"{enrolment}/seat/{role}/{person}"


class Columns(Generic[D]):
    """How the fields of a dataclass are read from and written to the columns of the same names."""

    def __init__(self, kind: type[D], table: sa.Table, flavour: Flavour) -> None:
        hints = get_type_hints(kind)
        self.kind = kind
        self.table = table
        self.flavour = flavour
        self.names = tuple(column.name for column in table.c if column.name in hints)
        self.columns = tuple(table.c[name] for name in self.names)
        converts = [(at, _conversion(hints[name], flavour)) for at, name in enumerate(self.names)]
        self._from_row = tuple((at, self.names[at], both[0]) for at, both in converts if both)
        self._to_row = tuple((at, both[1]) for at, both in converts if both)
        self._values = attrgetter(*self.names)

    def read(self, row: Row, **more: object) -> D:
        """Make the value of a row, whose first columns are `names`; `more` are fields that have no column."""
        values = dict(zip(self.names, row, strict=False))
        for at, name, convert in self._from_row:
            stored = row[at]
            if stored is not None:
                values[name] = convert(stored)
        return self.kind(**values, **more)

    def write(self, value: D) -> Row:
        """Make the row of a value, in the order of `names`."""
        values: list[Any] = list(self._values(value))
        for at, convert in self._to_row:
            if values[at] is not None:
                values[at] = convert(values[at])
        return tuple(values)

    def convert(self, name: str, value: object) -> object:
        """Return a field's value as its column holds it."""
        convert = dict(self._to_row).get(self.names.index(name))
        return convert(value) if convert else value


# Nested values of a column that are kept at hand by their text: some kilobytes each at the most.
_RECENT = 1024
# Rows of which the record is kept at hand, a class: decoding was half of a look's time. A kilobyte each at the most.
_KEPT = 20_000


class Shape(Columns[R]):
    """How records of one class are found and stored."""

    def __init__(self, kind: type[R], table: sa.Table, flavour: Flavour) -> None:
        super().__init__(kind, table, flavour)
        # Equal rows are equal records, and records never change: the same one serves everybody.
        self._kept = lru_cache(maxsize=_KEPT)(self._made)
        # What records are ordered by where they are read.
        self.order = attrgetter(*(column.name for column in table.primary_key))

    def read(self, row: Row, **more: object) -> R:
        """Return the record of a row: the one made before, if the row was read before."""
        return super().read(row, **more) if more else self._kept(row)

    def _made(self, row: Row) -> R:
        return super().read(row)

    def key(self, record: R) -> Row:
        """Return the key of a record's row, in the order of the table's primary key."""
        return tuple(getattr(record, column.name) for column in self.table.primary_key)

    @cached_property
    def upsert(self) -> Statement:
        """Store rows in the place of those with the same key."""
        return self._upsert({}, {})

    @cached_property
    def delete(self) -> Statement:
        """Delete by key."""
        key = (column == sa.bindparam(column.name, type_=column.type) for column in self.table.primary_key)
        return self.flavour.compile(sa.delete(self.table).where(*key))

    @cached_property
    def of_enrolments(self) -> Statement:
        """Find the records of the enrolments in `ids`."""
        return self.where(self.flavour.among(self.table.c.enrolment, "ids"))

    @cached_property
    def of_ids(self) -> Statement:
        """Find the records with the ids in `ids`."""
        return self.where(self.flavour.among(self.table.c.id, "ids"))

    def where(
        self, *conditions: sa.ColumnElement[bool], order: tuple[sa.ColumnElement[Any], ...] = ()
    ) -> Statement:
        """Find records, by key where no order is given."""
        query = sa.select(*self.columns).where(*conditions)
        return self.flavour.compile(query.order_by(*(order or self.table.primary_key)))

    def _upsert(self, more: dict[str, Any], more_updates: dict[str, Any]) -> Statement:
        given = {name: sa.bindparam(name, type_=self.table.c[name].type) for name in self.names}
        key = list(self.table.primary_key)

        def in_its_place(insert: Insert) -> Insert:
            changed = {name: insert.excluded[name] for name in self.names if self.table.c[name] not in key}
            return insert.on_conflict_do_update(index_elements=key, set_={**changed, **more_updates})

        return self.flavour.inserting(self.table, {**given, **more}, in_its_place)


class EnrolmentShape(Shape[facts.Enrolment]):
    """An enrolment also knows when it is due for a look: whatever is stored of it makes that `now`."""

    @cached_property
    def upsert(self) -> Statement:
        """Store rows; the last values of each are the present instant and a new revision."""
        due = sa.bindparam("next_due_at", type_=self.table.c.next_due_at.type)
        revision = sa.bindparam("revision", type_=self.table.c.revision.type)
        return self._upsert(
            {
                "next_due_at": due,
                "error": sa.literal_column("''"),
                "failures": sa.literal_column("0"),
                "revision": revision,
            },
            {
                "next_due_at": sa.literal_column("excluded.next_due_at"),
                "revision": sa.literal_column("excluded.revision"),
            },
        )

    @cached_property
    def of_ids(self) -> Statement:
        """Find enrolments with their revision, which is the last column."""
        query = sa.select(*self.columns, self.table.c.revision)
        found = query.where(self.flavour.among(self.table.c.id, "ids"))
        return self.flavour.compile(found.order_by(self.table.c.id))


class SeatShape(Shape[facts.Seat]):
    """A seat's id repeats its key, so it is made when a seat is read; its role is stored as two letters."""

    def _made(self, row: Row) -> facts.Seat:
        enrolment, letters, person, rank, since, until = row
        role = tables.ROLE_OF[letters]
        moment = self.flavour.moment
        return facts.Seat(
            id=seat_id(enrolment, role, person),
            enrolment=enrolment,
            role=role,
            person=person,
            rank=rank,
            since=None if since is None else moment(since),
            until=None if until is None else moment(until),
        )

    def write(self, value: facts.Seat) -> Row:
        expected = seat_id(value.enrolment, value.role, value.person)
        if value.id != expected:
            raise ValueError(f"the id of this seat must be {expected!r}, made of its parts: {value.id!r}")
        enrolment, role, *more = super().write(value)
        return (enrolment, tables.LETTERS_OF[role], *more)

    def key(self, record: facts.Seat) -> Row:
        return (record.enrolment, tables.LETTERS_OF[record.role], record.person)


def shape_of(kind: type[R], flavour: str) -> Shape[R]:
    """Return how records of a class are stored in a database of this name."""
    return _shapes(flavour)[kind]


@cache
def _shapes(name: str) -> Mapping[type, Shape[Any]]:
    special: dict[type, type[Shape[Any]]] = {facts.Enrolment: EnrolmentShape, facts.Seat: SeatShape}
    flavour = flavour_of(name)
    return {
        kind: special.get(kind, Shape)(kind, tables.table_of(model), flavour)
        for kind, model in TABLES.items()
    }


@cache
def _codec() -> Codec:
    return Codec()


def _conversion(hint: Any, flavour: Flavour) -> tuple[Convert, Convert] | None:
    """Return how a value comes from and goes into its column; None where the driver's value is right."""
    options = [option for option in get_args(hint) if option is not NoneType]
    if NoneType in get_args(hint) and len(options) == 1:
        hint = options[0]
    if get_origin(hint) is Literal or hint in (str, int):
        return None
    if hint in (bool, float):
        return hint, hint  # SQLite stores a whole number in a column of floats as a float
    if hint is datetime:
        return flavour.moment, flavour.at
    if hint in (date, time):
        return (hint.fromisoformat, hint.isoformat) if flavour.name == "sqlite" else None
    return _nested(hint)


def _nested(hint: Any) -> tuple[Convert, Convert]:
    read, write = _codec().reader(hint), _codec().writer(hint)
    # What was written is read again soon, and the working week of a thousand people is one text. Decoding a
    # card takes twice as long as encoding it, and values never change: the same one serves everybody.
    recent: dict[str, Any] = {}
    # The other way round, by identity: a card that was read is stored again as the same text.
    texts: dict[int, str] = {}

    def kept(text: str, value: Any) -> Any:
        if len(recent) >= _RECENT:
            recent.clear()
            texts.clear()
        recent[text] = value
        texts[id(value)] = text
        return value

    def from_text(text: str) -> Any:
        if not text:
            return ()
        value = recent.get(text)
        return kept(text, read(text)) if value is None else value

    def to_text(value: Any) -> str:
        if value == ():
            return ""
        text = texts.get(id(value), "")
        if not text or recent.get(text) is not value:  # another value had the number before
            text = write(value)
            kept(text, value)
        return text

    return from_text, to_text
