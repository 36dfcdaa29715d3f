"""What people saw of pairs last, so that of the next look only what is new is decided."""

from __future__ import annotations

from bot.facts import Pair, Person
from flows.visibility import View

# Views kept at hand: some hundred pairs with everybody in them. Each holds a few references a record.
_MOST = 2_000


class Views:
    """
    Answer as `visibility.seen_by` does, and remember how.

    Several threads may ask at once: what one of them adds is whole before another finds it.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._views: dict[tuple[str, str, str], View] = {}

    def seen_by(self, pair: Pair, viewer: Person, through: Person | None = None) -> Pair:
        """
        Return the pair with only what this person may see.

        `through` is through whose eyes it is seen already: what it was last is told apart by that.
        """
        key = (pair.enrolment.id, viewer.id, through.id if through else "")
        view = self._views.get(key)
        if view is None or not view.holds_for(pair):
            if len(self._views) >= self._most:
                self._views.clear()
            view = self._views[key] = View(pair, viewer)
        return view.of(pair)
