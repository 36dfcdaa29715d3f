"""A person's own page, and the answer to `/mentor` alone: the next thing first."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from bot.content import Card, Home, Text, say
from bot.outcome import Reply, ShowHome
from flows.kinds import Command
from flows.scene import Desk


def home(desk: Desk) -> Reply:
    """Return the person's home."""
    return ShowHome(Home(say("Your programme"), ()))


def nearest(desk: Desk, word: str, commands: Mapping[str, Command]) -> Card:
    """Return the words this person can use, the nearest to what they typed first."""
    known = {w: c for w, c in commands.items() if not c.roles or any(desk.as_(r) for r in c.roles)}
    close = get_close_matches(word, known, n=3, cutoff=0.5)
    order = [*close, *(w for w in sorted(known) if w not in close)]
    lines = tuple(Text(say("**{word}** {help}", word=w, help=known[w].help)) for w in order)
    title = say("Did you mean “{word}”?", word=close[0]) if close else say("What I can do here")
    return Card(title, lines)
