"""The outbox: intentions kept once, and what became of each."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.content import Content
from bot.facts import StepState
from bot.outcome import Send
from bot.ports import Queued, QueuedState
from storage.connection import Row
from storage.kept import new_revision
from storage.outbox_sql import OutboxStatements, outbox_sql
from storage.writing import Writing

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class Outbox(Writing):
    """The questions and writes of the outbox."""

    def intend(self, sends: Iterable[Send], now: datetime) -> None:
        """Write outbox rows; a key that is there already is left as it is."""
        rows = [self._sql.send.write(send) for send in sends]
        if rows:
            self._connection.run_many(self._sql.intend, rows)

    def receivers_due(self, now: datetime, most: int) -> tuple[str, ...]:
        """Return people with pending rows due at `now`, by (due, id)."""
        found: dict[str, None] = {}
        # Read on from the last row: grouping would look at every due row for each handful of people.
        due, row_id = self._flavour.at(_LONG_AGO), 0
        page = max(4 * most, 20)
        until = self._flavour.at(now)
        while True:
            rows = self._connection.rows(self._sql.receivers_due, now=until, due=due, id=row_id, most=page)
            for person, due, row_id in rows:  # noqa: B007 -- the last row is where the next page begins
                found.setdefault(person)
                if len(found) == most:
                    return tuple(found)
            if len(rows) < page:
                return tuple(found)

    def lock_person(self, person_id: str) -> bool:
        """Lock the person's row; return False where another transaction holds it."""
        if self._connection.kept.person(person_id) is not None:
            return True  # alone: there is nobody to lock the row against
        return self._connection.row(self._sql.lock_person, id=person_id) is not None

    def due_rows(self, person_id: str, now: datetime) -> tuple[Queued, ...]:
        """Return the person's pending rows that are due, or may travel with one that is, by (not_before, id)."""
        rows = self._connection.rows(self._sql.due_rows, to=person_id, now=self._flavour.at(now))
        return tuple(self._queued(row) for row in rows)

    def row(self, row_id: int) -> Queued | None:
        """Return one outbox row."""
        return self._one(self._connection.row(self._sql.row, id=row_id))

    def row_by_key(self, key: str) -> Queued | None:
        """Return the outbox row stored under a Send's key."""
        return self._one(self._connection.row(self._sql.row_by_key, key=key))

    def parts_of(self, lead: int) -> tuple[Queued, ...]:
        """Return the rows that one sent message carried, the lead first."""
        return tuple(self._queued(row) for row in self._connection.rows(self._sql.parts_of, lead=lead))

    def parts_with(self, key: str) -> tuple[Queued, ...]:
        """Return the rows of the message that carried the row stored under this key, the lead first."""
        return self._parts(self._connection.rows(self._sql.parts_with, key=key))

    def parts_of_message(self, channel: str, message: str) -> tuple[Queued, ...]:
        """Return the rows that were delivered as this message, the lead first."""
        rows = self._connection.rows(self._sql.parts_of_message, channel=channel, message=message)
        return self._parts(rows)

    def unsettled(self) -> tuple[Queued, ...]:
        """Return the lead rows whose fate is unknown, and those that failed, by id."""
        return tuple(self._queued(row) for row in self._connection.rows(self._sql.unsettled))

    def newest_row(self) -> int:
        """Return the number of the newest row, 0 where there is none."""
        row = self._connection.row(self._sql.newest_row)
        return 0 if row is None or row[0] is None else int(row[0])

    def hold(self, now: datetime, newest: int, why: str) -> int:
        """Hold back the pending rows that are due at `now`, and all after row `newest`; return how many."""
        return self._connection.run(self._sql.hold, now=self._flavour.at(now), newest=newest, why=why)

    def held(self) -> tuple[Queued, ...]:
        """Return the rows that are held back, by id."""
        return tuple(self._queued(row) for row in self._connection.rows(self._sql.held))

    def row_of_message(self, channel: str, message: str) -> Queued | None:
        """Return the lead row that was delivered as this message: the first, where others updated it."""
        return self._one(self._connection.row(self._sql.row_of_message, channel=channel, message=message))

    def rewrite(self, row_id: int, content: Content) -> None:
        """Replace the stored content of a row, after its card was answered."""
        self._connection.run(self._sql.rewrite, id=row_id, content=self._sql.send.convert("content", content))

    def settle(
        self,
        row_ids: Sequence[int],
        state: QueuedState,
        now: datetime,
        *,
        why: str = "",
        not_before: datetime | None = None,
        message: str = "",
        channel: str = "",
        lead: int = 0,
        lease_until: datetime | None = None,
        owner: str = "",
    ) -> None:
        """
        Move rows to a state. `sent` sets the delivered_at of the step states they are about.

        `sending` and `sent` set sent_at, `doubtful` keeps it, every other state clears it.

        The reason, the lease and the owner are always replaced; `not_before`, `message`, `channel` and `lead`
        only where they are given. `sending` counts an attempt. A row back in `pending` has left its lead.
        """
        if not row_ids:
            return
        at = self._flavour.at
        values: dict[str, object] = {
            "state": state,
            "why": why,
            "lease_until": at(lease_until),
            "owner": owner,
        }
        if not_before is not None:
            values["not_before"] = at(not_before)
        if message:
            values["message"] = message
        if channel:
            values["channel"] = channel
        if lead or state == "pending":
            values["lead"] = 0 if state == "pending" else lead
        # A call that was made may have interrupted, whatever is known of it: the budget counts from here.
        if state != "doubtful":
            values["sent_at"] = at(now) if state in ("sending", "sent") else None
        alone = len(row_ids) == 1  # as most are; a list costs the database more than the writing
        which: dict[str, object] = {"id": row_ids[0]} if alone else {"ids": self._flavour.many(row_ids)}
        settle = self._sql.settle(frozenset(values), attempt=state == "sending", alone=alone)
        self._connection.run(settle, **values, **which)
        if state == "sent":
            self._delivered(row_ids, now)

    def expired_leases(self, now: datetime, owner: str) -> tuple[Queued, ...]:
        """Return rows in `sending` whose lease ran out, or that `owner` (if given) left behind."""
        rows = self._connection.rows(self._sql.expired_leases, now=self._flavour.at(now), owner=owner)
        return tuple(self._queued(row) for row in rows)

    def interruptions(self, person_id: str, since: datetime) -> tuple[datetime, ...]:
        """Return when the person was interrupted since: lead rows that left, of a kind that is not free."""
        rows = self._connection.rows(self._sql.interruptions, to=person_id, since=self._flavour.at(since))
        return tuple(self._flavour.moment(row[0]) for row in rows)

    @property
    def _sql(self) -> OutboxStatements:
        return outbox_sql(self._flavour.name)

    def _delivered(self, row_ids: Sequence[int], now: datetime) -> None:
        """Write down that steps arrived; that asks for a look only where the last one did not reckon with it."""
        rows = self._connection.rows(self._sql.about, ids=self._flavour.many(row_ids))
        about = sorted({row[0] for row in rows})
        if not about:
            return
        # Enrolments before what belongs to them: the order in which everybody locks.
        enrolments = sorted({step.partition("/")[0] for step in about})
        kept = self._connection.kept
        unsure = [enrolment for enrolment in enrolments if kept.enrolment(enrolment) is None]
        if kept.knows(unsure):
            found = self._connection.rows(self._sql.revisions, ids=self._flavour.many(unsure))
            kept.lock(row[0] for row in found)
            kept.validate(dict(found))
        at, many, revision = self._flavour.at(now), self._flavour.many, new_revision()
        self._connection.run(
            self._sql.arrived, ids=many(enrolments), steps=many(about), now=at, revision=revision
        )
        for enrolment in enrolments:
            kept.renew(enrolment, revision)
        self._connection.run_many(self._sql.delivered, [(at, step.partition("/")[0], step) for step in about])
        moment = self._flavour.moment(at)
        for step in about:
            kept.alter(step.partition("/")[0], StepState, step, lambda state: _first_delivered(state, moment))

    def _parts(self, rows: Sequence[Row]) -> tuple[Queued, ...]:
        return tuple(sorted(map(self._queued, rows), key=lambda row: (row.lead not in (0, row.id), row.id)))

    def _one(self, row: Row | None) -> Queued | None:
        return None if row is None else self._queued(row)

    def _queued(self, row: Row) -> Queued:
        sql = self._sql
        return sql.queued.read(row[len(sql.send.names) :], send=sql.send.read(row))


def _first_delivered(state: StepState, at: datetime) -> StepState:
    return state if state.delivered_at is not None else replace(state, delivered_at=at)
