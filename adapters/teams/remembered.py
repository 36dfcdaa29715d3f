"""What was shown a moment ago and may be asked about next; all of it can be forgotten without harm."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

V = TypeVar("V")

MOST = 4096


class Remembered(Generic[V]):
    """Remember the last few thousand."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[str, V] = OrderedDict()

    def keep(self, key: str, value: V) -> None:
        """Remember something, in the place of what had this key."""
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def first(self, key: str, value: V) -> bool:
        """Remember something and return True, unless this key is known already."""
        if key in self._kept:
            return False
        self.keep(key, value)
        return True

    def get(self, key: str) -> V | None:
        """Return what has this key, None where it is forgotten."""
        return self._kept.get(key)

    def forget(self, key: str) -> None:
        """Forget what has this key."""
        self._kept.pop(key, None)
