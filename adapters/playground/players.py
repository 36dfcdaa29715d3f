"""People who are played automatically: what they plan to do about a message, and when."""

from __future__ import annotations

import re
from dataclasses import replace

from adapters.playground.room import Message, Room, Temperament
from adapters.sim.filling import MARKER
from adapters.sim.player import Act, Player
from bot.facts import Person
from bot.outcome import Reply

_MARKER = re.compile(rf"\s*\b{MARKER}\b")
# Stands in for a text that was nothing but the mark by which the simulation's auditor finds it again.
_SHORT = "Yes"


class Players:
    """Keep a player for each person whom nobody has taken over; what they plan is kept in the room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._players: dict[str, tuple[Temperament, Player]] = {}

    def react(self, person: Person, message: Message) -> None:
        """Plan what this person does about a message that has reached them, in the place of earlier plans."""
        self._room.drop_plan(message=message.id)
        player = self._player(person)
        if player is not None and message.kind in ("bot", "answer"):
            key = f"{message.id}/{message.updated.isoformat()}"
            acts = player.react(message.content, self._room.now(), message=str(message.id), key=key)
            self._room.plan(person.id, message.id, map(_plain, acts))

    def go_on(self, person: Person, message: int, act: Act, reply: Reply) -> None:
        """Plan how this person goes on after what an act led to."""
        player = self._player(person)
        if player is not None:
            acts = player.answer(act, reply, self._room.now())
            self._room.plan(person.id, message, map(_plain, acts))

    def _player(self, person: Person) -> Player | None:
        temperament = self._room.temperament(person.id)
        if temperament == "you":
            return None
        known = self._players.get(person.id)
        if known is None or known[0] != temperament or known[1].person != person:
            self._players[person.id] = (temperament, Player(person, temperament, self._room.name))
        return self._players[person.id][1]


def _plain(act: Act) -> Act:
    """Return the act with words as a person types them, without the auditor's marks."""
    return replace(act, values=tuple((key, _unmarked(value)) for key, value in act.values))


def _unmarked(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    return (_MARKER.sub("", value).strip() or _SHORT) if isinstance(value, str) else value
