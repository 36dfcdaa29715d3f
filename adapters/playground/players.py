"""People who are played automatically: what they plan to do about a message, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from adapters.playground.lines import in_own_words
from adapters.playground.room import Message, Room
from adapters.sim.days import after_work
from adapters.sim.player import Act, Player
from adapters.sim.taste import about_help, reluctant
from bot.facts import Person
from bot.outcome import Reply

# Who means well does not move or call off meetings out of curiosity, as the simulation wants it tried.
_WILLING = ("well", "forgets")
_HASTE = 6
# A head who reads every week asks once in a while.
_WEEKS_BETWEEN_NOTES = 4
# What was planned in a review is done one after the other in the weeks that follow, not while it is written.
_TICKS = ("review.tick", "plan.tick")
_HOURS_A_PLAN_ITEM = 24.0
_ITEMS_AT_ONCE = 4


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
        willing = player.temperament in _WILLING
        for act in acts:
            if willing and act.verb in _TICKS:
                self._room.plan(player.person.id, 0, [self._in_time(player, act)])
            elif not (willing and self._needless(act)):
                self._room.plan(player.person.id, message, [self._worded(player, self._soon(player, act))])

    def _needless(self, act: Act) -> bool:
        """Tell whether somebody who means well lets this be: what the simulation tries, and nobody would do."""
        match act.verb:
            case "heads.write":
                return self._turn(act.verb) % _WEEKS_BETWEEN_NOTES > 0
            case "goal.new":  # measurable goals come with the second review
                return act.ref == self._first_review(act.ref)
        return about_help(act.verb) or (act.kind == "press" and reluctant(act.verb))

    def _first_review(self, ref: str) -> str:
        name = f"review/{ref.partition('/')[0]}"
        return self._room.kept(name) or self._room.keep(name, ref)

    def _in_time(self, player: Player, act: Act) -> Act:
        """Return the tick of a plan's item as it is done some working days later, outside the review."""
        hours = _HOURS_A_PLAN_ITEM * (1 + self._turn("plan") % _ITEMS_AT_ONCE)
        return replace(act, verb="plan.tick", at=after_work(player.person, act.at, hours), message="")

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
            sure = temperament == "well"
            self._players[person.id] = Player(person, temperament, self._room.name, sure=sure)
        return self._players[person.id]
