"""What each person has answered, so that asking them once more is seen."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from adapters.sim.player import Act
from adapters.sim.reading import Part, whole
from bot.content import Card
from bot.outcome import CloseForm, FixForm, Note, Nothing, ReplaceCard, Reply, ShowCard, ShowForm

# A verb and a ref: what a question or a button that stands out asks for.
Wanted = tuple[str, str]


class Answered:
    """Note who answered what. A form that was handed in answers the button that opened it."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, Wanted], datetime] = {}
        self._opened: dict[tuple[str, Wanted], set[Wanted]] = defaultdict(set)

    def did(self, at: datetime, person: str, act: Act, reply: Reply) -> None:
        """See what somebody did, and whether it was taken for an answer."""
        wanted = (act.verb, act.ref)
        if isinstance(reply, ShowForm):
            self._opened[person, (reply.form.verb, reply.form.ref)].add(wanted)
        if act.kind not in ("press", "submit") or isinstance(reply, ShowForm | FixForm | Note | Nothing):
            return
        card = reply.card if isinstance(reply, ReplaceCard | ShowCard | CloseForm) else None
        still = set(whole(card).wants()) if isinstance(card, Card) else set()
        for answered in (wanted, *self._opened.get((person, wanted), ())):
            if answered not in still:
                self._at[person, answered] = at

    def when(self, person: str, wanted: Wanted) -> datetime | None:
        """Return when this person answered it last, None where they never did."""
        return self._at.get((person, wanted))

    def again(self, person: str, part: Part) -> tuple[tuple[Wanted, datetime], ...]:
        """Return what a part wants of a person who has given it, and when they gave it."""
        found = ((wanted, self.when(person, wanted)) for wanted in part.wants())
        return tuple((wanted, at) for wanted, at in found if at is not None)
