"""How often somebody tries: a bound that keeps guesses few and costs next to nothing."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from bot.ports import Clock

_MOST_KEYS = 4096  # remembered at a time; the one not heard of for longest is forgotten first


class Attempts:
    """Count attempts by whom they come from, over the last minute."""

    def __init__(self, clock: Clock, most: int, within: timedelta = timedelta(minutes=1)) -> None:
        self._clock = clock
        self._most = most
        self._within = within
        self._tried: OrderedDict[str, deque[datetime]] = OrderedDict()

    def one_more(self, key: str) -> bool:
        """Count one attempt; return False where it is one too many."""
        now = self._clock.now()
        tried = self._tried.setdefault(key, deque())
        self._tried.move_to_end(key)
        while tried and tried[0] <= now - self._within:
            tried.popleft()
        if len(tried) >= self._most:
            return False
        tried.append(now)
        if len(self._tried) > _MOST_KEYS:
            self._tried.popitem(last=False)
        return True
