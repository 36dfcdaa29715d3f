"""People who are played automatically: what they plan to do about a message, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from adapters.playground.lines import in_own_words
from adapters.playground.room import Message, Room
from adapters.sim.player import Act, Player
from adapters.sim.taste import reluctant
from bot.facts import Person
from bot.outcome import Reply

# Who means well does not move or call off meetings out of curiosity, as the simulation wants it tried.
_WILLING = ("well", "forgets")
_HASTE = 6


class Players:
    """Keep a player for each person whom nobody has taken over; what they plan is kept in the room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._players: dict[str, Player] = {}

    def react(self, person: Person, message: Message) -> None:
        """Plan what this person does about a message that has reached them."""
        player = self._player(person)
        if player is not None and message.kind in ("bot", "answer"):
            key = f"{message.id}/{message.updated.isoformat()}"
            acts = player.react(message.content, self._room.now(), message=str(message.id), key=key)
            self._plan(player, message.id, acts)

    def begin_anew(self, person: Person, lately: Iterable[Message]) -> None:
        """Forget what this person planned and pressed, and look at what arrived lately."""
        self._room.drop_plan(person=person.id)
        self._players.pop(person.id, None)
        for message in lately:
            self.react(person, message)

    def go_on(self, person: Person, message: int, act: Act, reply: Reply) -> None:
        """Plan how this person goes on after what an act led to."""
        player = self._player(person)
        if player is not None:
            self._plan(player, message, player.answer(act, reply, self._room.now()))

    def _plan(self, player: Player, message: int, acts: Iterable[Act]) -> None:
        wanted = [act for act in acts if player.temperament not in _WILLING or not _leads_away(act)]
        self._room.plan(
            player.person.id, message, [self._worded(player, self._soon(player, act)) for act in wanted]
        )

    def _soon(self, player: Player, act: Act) -> Act:
        """Let those who answer well not keep the visitor waiting for days."""
        if player.temperament != "well" or act.verb.startswith("review."):  # a talk takes its time
            return act
        now = self._room.now()
        wait = timedelta(minutes=round((act.at - now) / _HASTE / timedelta(minutes=1)))
        return replace(act, at=min(act.at, now + max(wait, timedelta(minutes=1))))

    def _worded(self, player: Player, act: Act) -> Act:
        """Return the act with words as this person might type them."""
        if act.form is None:
            return act
        return replace(act, values=in_own_words(act.form, act.values, player.temperament, self._turn))

    def _turn(self, kind: str) -> int:
        number = int(self._room.kept(f"lines/{kind}") or 0)
        self._room.keep(f"lines/{kind}", str(number + 1))
        return number

    def _player(self, person: Person) -> Player | None:
        temperament = self._room.temperament(person.id)
        if temperament == "you":
            return None
        known = self._players.get(person.id)
        if known is None or known.temperament != temperament or known.person != person:
            self._players[person.id] = Player(person, temperament, self._room.name)
        return self._players[person.id]


def _leads_away(act: Act) -> bool:
    return act.kind == "press" and reluctant(act.verb)
