"""Storing what many looks came to with as few statements as one look needs."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from bot.facts import Enrolment, Person, Record
from bot.outcome import Put, Remove
from bot.ports import Advance
from storage.kept import new_revision
from storage.outbox import Outbox
from storage.ticking import Ticking


class Advancing(Ticking, Outbox):
    """The write at the end of a tick."""

    def advance(self, advances: Sequence[Advance]) -> None:
        """Store what looks came to, as `apply`, `intend` and `looked` would for one after the other."""
        for together in _in_parts(advances):
            self._advance(together)

    def _advance(self, advances: Sequence[Advance]) -> None:
        looked = {advance.enrolment for advance in advances}
        written: set[str] = set()
        for now, same in groupby(advances, key=lambda advance: advance.now):
            some = tuple(same)
            # Whoever was looked at is not due again for what that very look wrote.
            written |= self._write((c for advance in some for c in advance.changes), now, looked)
            self.intend((send for advance in some for send in advance.sends), now)
        self._keep_looked(advances, written, new_revision())


def _in_parts(advances: Sequence[Advance]) -> Iterator[list[Advance]]:
    """Put together what can be stored in any order; a look that concerns other enrolments stands alone."""
    part: list[Advance] = []
    for advance in advances:
        if not _is_about_itself(advance):
            if part:
                yield part
            yield [advance]
            part = []
        else:
            part.append(advance)
    if part:
        yield part


def _is_about_itself(advance: Advance) -> bool:
    records = [change.record for change in advance.changes if isinstance(change, Put | Remove)]
    return all(_of(record) in ("", advance.enrolment) for record in records)


def _of(record: Record) -> str | None:
    """Return the enrolment that a record belongs to, None for a person, who may sit in any."""
    match record:
        case Person():
            return None
        case Enrolment():
            return record.id
        case _:
            return record.enrolment
