"""What the parts of a unit of work have in common."""

from typing import TypeVar

from bot.facts import Record
from storage.connection import Connection
from storage.records import Shape, shape_of

R = TypeVar("R", bound=Record)


class Part:
    """Some of the questions and writes of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._flavour = connection.flavour

    def _shape(self, kind: type[R]) -> Shape[R]:
        return shape_of(kind, self._flavour.name)
