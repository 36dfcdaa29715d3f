"""Writing what flows answered: records, the audit log, and that whoever is touched is due for a look."""

from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from functools import cache
from typing import assert_never

import sqlalchemy as sa

from bot.facts import Enrolment, Person, Record
from bot.outcome import ASKING, Change, Logged, Put, Remove, Silence, Unsend
from storage import tables
from storage.columns import Instant, Plain
from storage.connection import Row
from storage.flavour import flavour_of, word
from storage.kept import new_revision
from storage.part import Part
from storage.records import TABLES


class Writing(Part):
    """The ways to write what is known."""

    def apply(self, changes: Iterable[Change], now: datetime) -> None:
        """
        Write changes; of several to one record the last one counts.

        Every enrolment touched, and for a person every one they sit in, is due for a look at once.
        """
        self._write(changes, now, frozenset())

    def _write(self, changes: Iterable[Change], now: datetime, looked: Set[str]) -> set[str]:
        """Write changes; return of which enrolments records were. Those `looked` at are not made due for a look."""
        last: dict[tuple[type, str], Put | Remove] = {}
        lines: list[Row] = []
        for change in changes:
            match change:
                case Put() | Remove():
                    key = (type(change.record), change.record.id)
                    last.pop(key, None)
                    last[key] = change
                case Unsend():
                    self._unsend(change)
                case Silence():
                    self._connection.run(
                        _sql(self._flavour.name).silence, enrolment=change.enrolment, why=change.why
                    )
                case Logged():
                    lines.append((self._flavour.at(now), change.action, change.ref, change.by))
                case _:
                    assert_never(change)
        if lines:
            self._connection.run_many(_sql(self._flavour.name).log, lines)
        return self._store(tuple(last.values()), now, looked) if last else set()

    def _store(self, changes: Sequence[Put | Remove], now: datetime, looked: Set[str]) -> set[str]:
        kept: dict[type[Record], list[Record]] = {}
        removed: dict[type[Record], list[Record]] = {}
        for change in changes:
            into = kept if isinstance(change, Put) else removed
            into.setdefault(type(change.record), []).append(change.record)
        # By the order of the tables, so that a new enrolment is there before its seats, and goes after them.
        for kind in TABLES if len(kept) > 1 else kept:
            if kind in kept:
                self._put(kind, kept[kind], now)
        for kind in reversed(tuple(TABLES) if removed else ()):
            if kind in removed:
                shape = self._shape(kind)
                self._connection.run_many(shape.delete, [shape.key(record) for record in removed[kind]])
                if kind is Person:
                    self._leave_addresses(removed[kind])
                self._forget(removed[kind])
        return self._due_for_a_look([change.record for change in changes], now, looked)

    def _put(self, kind: type[Record], records: list[Record], now: datetime) -> None:
        shape, kept = self._shape(kind), self._connection.kept
        rows: list[Row] = [shape.write(record) for record in records]
        if kind is Enrolment:
            due, stored = self._flavour.at(now), [(record.id, new_revision()) for record in records]
            rows = [(*row, due, revision) for row, (_, revision) in zip(rows, stored, strict=True)]
            for enrolment, revision in stored:
                kept.renew(enrolment, revision)
        self._connection.run_many(shape.upsert, rows)
        if kind is Person:
            self._leave_addresses(records)
            self._keep_addresses(records)
        for row in rows:
            record = shape.read(row[: len(shape.names)])  # as it will be read
            if isinstance(record, Person):
                kept.learn_person(record)
            elif isinstance(record, Enrolment):
                kept.learn_enrolment(record)
            else:
                kept.put(record, shape.order)

    def _leave_addresses(self, records: Iterable[Record]) -> None:
        """Let these people be found nowhere."""
        people = self._flavour.many(sorted(one.id for one in records if isinstance(one, Person)))
        self._connection.run(_sql(self._flavour.name).leave_addresses, people=people)

    def _keep_addresses(self, records: Iterable[Record]) -> None:
        """Let people be found wherever they are known; the database raises where an address is another's."""
        convert = self._shape(Person).convert
        people = [one for one in records if isinstance(one, Person)]
        found = [(convert("address", at), one.id) for one in people for at in dict.fromkeys(one.addresses)]
        if found:
            self._connection.run_many(_sql(self._flavour.name).keep_address, found)

    def _forget(self, removed: Iterable[Record]) -> None:
        kept = self._connection.kept
        for record in removed:
            if isinstance(record, Enrolment):
                kept.drop(record.id)
            elif isinstance(record, Person):
                kept.drop_person(record.id)
            else:
                kept.remove(record)

    def _due_for_a_look(self, records: list[Record], now: datetime, looked: Set[str]) -> set[str]:
        people = {record.id for record in records if isinstance(record, Person)}
        touched = {r.enrolment for r in records if not isinstance(r, Person | Enrolment) and r.enrolment}
        # An enrolment that was itself stored is due already.
        stored = {record.id for record in records if isinstance(record, Enrolment)}
        self._look_at(touched - stored - looked, now)
        if people:
            sql, many = _sql(self._flavour.name), self._flavour.many(sorted(people))
            self._connection.run(sql.look_at_people, people=many, now=self._flavour.at(now))
        return touched

    def _look_at(self, enrolments: Iterable[str], now: datetime) -> None:
        if ids := sorted(enrolments):
            sql, at, revision = _sql(self._flavour.name), self._flavour.at(now), new_revision()
            if len(ids) == 1:
                self._connection.run(sql.look_at_one, id=ids[0], now=at, revision=revision)
            else:
                many = self._flavour.many(ids)
                self._connection.run(sql.look_at, ids=many, now=at, revision=revision)
            for enrolment in ids:
                self._connection.kept.renew(enrolment, revision)

    def _unsend(self, change: Unsend) -> None:
        self._connection.run(_sql(self._flavour.name).unsend, key=change.key, why=change.why)


def alive(enrolment: sa.Table) -> sa.ColumnElement[bool]:
    """Say which enrolments a look may be asked for: closed ones that nothing is due in stay at rest."""
    return sa.or_(
        enrolment.c.state.in_([word("running"), word("paused")]), enrolment.c.next_due_at.is_not(None)
    )


class _Statements:
    def __init__(self, name: str) -> None:
        flavour = flavour_of(name)
        enrolment = tables.table_of(tables.Enrolment)
        seat = tables.table_of(tables.Seat)
        outbox = tables.table_of(tables.Outbox)
        log = tables.table_of(tables.AuditLog)
        there = tables.table_of(tables.PersonAddress)
        now = sa.bindparam("now", type_=Instant())

        def look(condition: sa.ColumnElement[bool]) -> sa.Update:
            return (
                sa.update(enrolment)
                .where(flavour.in_turn(enrolment, condition, alive(enrolment)))
                .values(next_due_at=now)
            )

        due = sa.update(enrolment).values(
            next_due_at=sa.case((alive(enrolment), now), else_=enrolment.c.next_due_at),
            revision=sa.bindparam("revision", type_=enrolment.c.revision.type),
        )
        self.look_at = flavour.compile(
            due.where(flavour.in_turn(enrolment, flavour.among(enrolment.c.id, "ids")))
        )
        # Nearly always it is one, which needs no turn.
        self.look_at_one = flavour.compile(due.where(enrolment.c.id == sa.bindparam("id", type_=Plain())))
        sat = sa.select(seat.c.enrolment).where(flavour.among(seat.c.person, "people"))
        self.look_at_people = flavour.compile(look(enrolment.c.id.in_(sat)))
        self.leave_addresses = flavour.compile(
            sa.delete(there).where(flavour.among(there.c.person, "people"))
        )
        self.keep_address = flavour.compile(
            flavour.insert(there).values(
                {name: sa.bindparam(name, type_=there.c[name].type) for name in ("address", "person")}
            )
        )
        assert self.keep_address.names == ("address", "person"), self.keep_address.names
        self.unsend = flavour.compile(
            sa.update(outbox)
            .where(
                outbox.c.key == sa.bindparam("key", type_=Plain()),
                outbox.c.state.in_([word("pending"), word("held")]),
            )
            .values(state=word("dropped"), why=sa.bindparam("why", type_=Plain()))
        )
        self.silence = flavour.compile(
            sa.update(outbox)
            .where(
                outbox.c.enrolment == sa.bindparam("enrolment", type_=Plain()),
                outbox.c.kind.in_([word(kind) for kind in sorted(ASKING)]),
                outbox.c.state == word("pending"),
                # By its people, so that the index on what waits for whom is used.
                outbox.c.to.in_(
                    sa.select(seat.c.person).where(
                        seat.c.enrolment == sa.bindparam("enrolment", type_=Plain())
                    )
                ),
            )
            .values(state=word("dropped"), why=sa.bindparam("why", type_=Plain()))
        )
        values = {name: sa.bindparam(name, type_=log.c[name].type) for name in ("at", "action", "ref", "by")}
        self.log = flavour.compile(flavour.insert(log).values(values))
        assert self.log.names == ("at", "action", "ref", "by"), self.log.names


@cache
def _sql(flavour: str) -> _Statements:
    return _Statements(flavour)
