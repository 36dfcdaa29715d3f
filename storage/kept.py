"""What is remembered of enrolments between transactions: valid as long as the revision stored with the row."""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from secrets import randbits
from typing import Any

from bot.events import Address
from bot.facts import Enrolment, Person

# Records kept in memory over all enrolments, a kilobyte each at the most: some hundred pairs at their end.
_MOST_RECORDS = 60_000
_MOST_PEOPLE = 10_000

Family = tuple[Any, ...]


def new_revision() -> int:
    """Return a number that no earlier state of an enrolment had, also one that was rolled back."""
    return randbits(62)


class _Known:
    __slots__ = ("enrolment", "families", "records", "revision")

    def __init__(self, revision: int) -> None:
        self.revision = revision
        self.enrolment: Enrolment | None = None
        self.families: dict[type, Family] = {}
        self.records = 0


class Kept:
    """
    The records of the enrolments that one connection loaded last, by class.

    Every write to an enrolment's records gives its row a new revision in the same transaction; what is kept
    under another revision is not used. So nothing here needs to be told when somebody else writes.

    `alone` says that nobody else writes while this connection's transaction lasts. Otherwise a write is taken
    over only where the row was locked before it was read: what somebody else committed in between would be missed.
    Alone, and where the database can say that nobody else wrote since the last transaction either, people and
    rows of enrolments are remembered too, and nothing is read again. Otherwise the row of an enrolment is, from
    when it was locked and read until the transaction ends.
    """

    def __init__(self, *, alone: bool, most: int = _MOST_RECORDS) -> None:
        self._alone = alone
        self.most = most
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._locked: set[str] = set()
        self._sure: set[str] = set()  # what was compared with its row, and not written by others since
        self._people: dict[str, Person] = {}
        self._at: dict[
            Address, str
        ] = {}  # who was found at an address; their record says whether they still are
        self._records = 0
        self._version: int | None = None

    def begin(self, version: int | None = None) -> None:
        """
        Begin a transaction on the database in this version, which changes when others write.

        Where there is none, or another than last time, nothing is sure until its row is read.
        """
        if version is None or version != self._version:
            self._sure.clear()
            self._people.clear()
        self._version = version
        self._locked.clear()

    def forget(self) -> None:
        """Forget everything: something was undone."""
        self._known.clear()
        self._sure.clear()
        self._locked.clear()
        self._people.clear()
        self._at.clear()
        self._records = 0

    # --- people

    def person(self, person_id: str) -> Person | None:
        """Return somebody whose row is as it was read."""
        return self._people.get(person_id)

    def person_at(self, address: Address) -> Person | None:
        """Return who is surely still known at this address."""
        person = self._people.get(self._at.get(address, ""))
        return person if person is not None and address in person.addresses else None

    def learn_person(self, person: Person) -> None:
        """Keep somebody as they were read, or as they will be read after what was just written."""
        if not self._alone:
            return
        if len(self._people) >= _MOST_PEOPLE:
            self._people.clear()
            self._at.clear()
        self._people[person.id] = person
        for address in person.addresses:
            self._at[address] = person.id

    def drop_person(self, person_id: str) -> None:
        """Forget somebody."""
        self._people.pop(person_id, None)

    # --- enrolments

    def enrolment(self, enrolment_id: str) -> Enrolment | None:
        """Return an enrolment whose row is as it was read."""
        if not self._certain(enrolment_id):
            return None
        self._known.move_to_end(enrolment_id)
        return self._known[enrolment_id].enrolment

    def learn_enrolment(self, enrolment: Enrolment) -> None:
        """Keep an enrolment as it was read, or as it will be read after what was just written."""
        if self._certain(enrolment.id):
            self._known[enrolment.id].enrolment = enrolment

    def lock(self, enrolments: Iterable[str]) -> None:
        """Say that these rows are locked from here on; what was read of them before may be old by now."""
        if not self._alone:
            fresh = set(enrolments) - self._locked
            self._locked |= fresh
            self._sure -= fresh

    def validate(self, revisions: Mapping[str, int]) -> None:
        """Compare with the rows as they are now."""
        for enrolment, revision in revisions.items():
            known = self._known.get(enrolment)
            if known is None or known.revision != revision:
                self.drop(enrolment)
                self._known[enrolment] = _Known(revision)
            else:
                if enrolment not in self._sure:
                    known.enrolment = None  # a look may change the row and leave its revision
                self._known.move_to_end(enrolment)
            self._sure.add(enrolment)

    # --- their records

    def has(self, kinds: Set[type], enrolments: Iterable[str]) -> bool:
        """Tell whether the records of all these classes are known."""
        return all(kinds <= self._known[enrolment].families.keys() for enrolment in enrolments)

    def missing(self, kind: type, enrolments: Iterable[str]) -> list[str]:
        """Return those of which the records of a class are not known."""
        return [enrolment for enrolment in enrolments if kind not in self._known[enrolment].families]

    def learn(self, kind: type, enrolments: Iterable[str], found: Mapping[str, Sequence[Any]]) -> None:
        """Keep the records of a class of these enrolments, in the order of their keys."""
        for enrolment in enrolments:
            known = self._known[enrolment]
            records = found.get(enrolment)
            if records is None:
                known.families[kind] = ()
            else:
                known.families[kind] = tuple(records)
                self._count(known, len(records))

    def family(self, kind: type, enrolment: str) -> Family:
        """Return the records of a class of one enrolment."""
        return self._known[enrolment].families[kind]

    def put(self, record: Any, key: Callable[[Any], Any]) -> None:
        """Take over a record as it was just written; `key` returns what its class is ordered by."""
        known, kind = self._mine(record.enrolment), type(record)
        if known is None or kind not in known.families:
            return
        family, its_key = known.families[kind], key(record)
        at = bisect_left(family, its_key, key=key)
        if at < len(family) and key(family[at]) == its_key:
            known.families[kind] = (*family[:at], record, *family[at + 1 :])
        else:
            known.families[kind] = (*family[:at], record, *family[at:])
            self._count(known, 1)

    def remove(self, record: Any) -> None:
        """Take over that a record was just deleted."""
        known, kind = self._mine(record.enrolment), type(record)
        if known is not None and kind in known.families:
            known.families[kind] = tuple(r for r in known.families[kind] if r.id != record.id)

    def knows(self, enrolments: Iterable[str]) -> bool:
        """Tell whether anything is kept of any of these."""
        return any(enrolment in self._known for enrolment in enrolments)

    def alter(self, enrolment: str, kind: type, record: str, how: Callable[[Any], Any]) -> None:
        """Take over what was just written to one record, where its class is known."""
        known = self._mine(enrolment)
        family = known.families.get(kind, ()) if known is not None else ()
        for at, one in enumerate(family):
            if one.id == record and known is not None:
                known.families[kind] = (*family[:at], how(one), *family[at + 1 :])
                return

    def renew(self, enrolment: str, revision: int) -> None:
        """Say under which revision the present state was stored."""
        known = self._mine(enrolment)
        if known is not None:
            known.revision = revision

    def shrink(self) -> None:
        """Forget what was not asked for longest, down to the size allowed."""
        while self._records > self.most and len(self._known) > 1:
            self.drop(next(iter(self._known)))

    def drop(self, enrolment: str) -> None:
        """Forget one enrolment."""
        known = self._known.pop(enrolment, None)
        self._sure.discard(enrolment)
        if known is not None:
            self._records -= known.records

    def _mine(self, enrolment: str) -> _Known | None:
        """Return what is known of an enrolment that is being written; what is not sure is forgotten."""
        if self._certain(enrolment):
            return self._known[enrolment]
        self.drop(enrolment)
        return None

    def _certain(self, enrolment: str) -> bool:
        """Tell whether an enrolment was compared with its row, and nobody else can have written to it since."""
        return enrolment in self._sure and (self._alone or enrolment in self._locked)

    def _count(self, known: _Known, more: int) -> None:
        known.records += more
        self._records += more
