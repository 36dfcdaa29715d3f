"""A bot whose people are looked for on a platform, by their e-mail address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from bot.facts import Person
from bot.outcome import Put
from storage.inline import InlineStore
from tests.fake_platform import Ticking


@dataclass
class Pauses:
    """Pauses that are noted and take no time."""

    taken: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        """Note a pause."""
        self.taken.append(seconds)


class Premises(Protocol):
    """The office of either platform."""

    @property
    def store(self) -> InlineStore:
        """Return where people are stored."""
        ...

    @property
    def clock(self) -> Ticking:
        """Return what tells the time there."""
        ...


O = TypeVar("O", bound=Premises)  # noqa: E741
D = TypeVar("D")


@dataclass
class Town(Generic[O, D]):
    """A bot and the directory of its platform."""

    there: O
    directory: D
    pauses: Pauses

    def person(self, person_id: str) -> Person:
        """Return somebody as the database knows them."""
        found = self.there.store.read_now(lambda work: work.person(person_id))
        assert found is not None
        return found

    def put(self, *people: Person) -> None:
        """Store people."""
        now = self.there.clock.now()
        self.there.store.write_now(lambda work: work.apply([Put(one) for one in people], now))
