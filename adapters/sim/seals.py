"""Whose words are still closed: typed before a review, until the chair comes to their author's turn."""

from __future__ import annotations

from adapters.sim.player import Act
from bot.outcome import Reply


class Seals:
    """Keep every sealed word with its author, and open it when its turn comes."""

    def __init__(self) -> None:
        self._sealed: dict[str, tuple[str, str]] = {}

    def did(self, person: str, act: Act, reply: Reply) -> None:
        """See what somebody typed or pressed."""

    def broken_by(self, viewer: str, word: str) -> str:
        """Return what was revealed too early if this person may not read this word yet, else ""."""
        author, about = self._sealed.get(word, ("", ""))
        return about if author and author != viewer else ""
