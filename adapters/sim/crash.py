"""Let the process die: at given commits and sends, or at random ones."""

from __future__ import annotations

from collections.abc import Collection
from random import Random


class Crash(BaseException):
    """The process is gone. Not an Exception: nothing in the product may catch it and live on."""


class _Mortal:
    """Be called at every commit and send; once dead, stay dead until somebody starts the process again."""

    def __init__(self) -> None:
        self.passed = 0
        self.died = 0
        self._dead = False

    def __call__(self, point: str) -> None:
        """Pass a point, or die there."""
        if not self._dead:
            self.passed += 1
            self._dead = self._dies()
            self.died += self._dead
        if self._dead:
            raise Crash(f"{point}, point {self.passed}")

    def revive(self) -> None:
        """Start the process again."""
        self._dead = False

    def _dies(self) -> bool:
        raise NotImplementedError


class CrashAt(_Mortal):
    """Die at the given points, counted from 1 over all commits and sends."""

    def __init__(self, points: Collection[int] = ()) -> None:
        super().__init__()
        self._points = frozenset(points)

    def _dies(self) -> bool:
        return self.passed in self._points


class CrashNowAndThen(_Mortal):
    """Die about once in so many points, by the seed."""

    def __init__(self, seed: str, once_in: int) -> None:
        super().__init__()
        self._rng = Random(f"crash {seed}")
        self._once_in = once_in

    def _dies(self) -> bool:
        return self._rng.randrange(self._once_in) == 0
