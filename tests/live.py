"""One pair that lives: events and looks are carried out on facts in memory, as engine and ticker do it."""

from __future__ import annotations

from datetime import datetime

from bot.content import say
from bot.events import Address, Pressed, Submitted
from bot.facts import Pair, Person, with_record, without_record
from bot.outcome import Note, Outcome, Put, Remove, Reply, Send, Unsend
from flows.kinds import Command, DeskVerb, Kind
from flows.programme import Programme
from flows.register import COMMANDS, KINDS, VERBS
from flows.scene import Desk, Scene
from flows.stepping import carry_out
from flows.timeline import look
from flows.visibility import for_the_bot, seen_by, without_words

_ROUNDS = 20
_REFUSED = say("refused")


class Live:
    """A pair, a clock and everything that was sent."""

    def __init__(
        self,
        pair: Pair,
        programme: Programme,
        now: datetime,
        kinds: dict[str, Kind] | None = None,
    ) -> None:
        self.pair = pair
        self.programme = programme
        self.now = now
        self.kinds = dict(KINDS) if kinds is None else kinds
        self.sends: dict[str, Send] = {}
        self.unsent: dict[str, str] = {}  # what was dropped before it went, with the reason
        self._events = 0

    def scene(self, me: Person | None = None, *, whole: bool = False, hushed: bool = False) -> Scene:
        """Return the scene as this person sees it; without one, as the bot does."""
        reduced = for_the_bot(self.pair) if me is None else self.pair if whole else seen_by(self.pair, me)
        if me is not None and hushed:
            reduced = without_words(self.pair, me)
        return Scene(programme=self.programme, pair=reduced, now=self.now, me=me, company="Lipa")

    def press(self, who: Person, verb: str, ref: str, value: str = "") -> Reply:
        """Press a button."""
        self._events += 1
        return self._act(who, Pressed(key=f"k{self._events}", who=_at(who), verb=verb, ref=ref, value=value))

    def submit(self, who: Person, verb: str, ref: str, **values: str) -> Reply:
        """Send a form; `__` in a key stands for the colon."""
        named = {key.replace("__", ":"): value for key, value in values.items()}
        self._events += 1
        return self._act(
            who, Submitted(key=f"k{self._events}", who=_at(who), verb=verb, ref=ref, values=named)
        )

    def command(self, who: Person, name: str, text: str = "") -> Reply:
        """Type a command."""
        command: Command = COMMANDS[name]
        desk = Desk(me=who, scenes=(self.scene(who),), now=self.now)
        return self._kept(command.run(desk, text))

    def _act(self, who: Person, event: Pressed | Submitted) -> Reply:
        verb = VERBS[event.verb]
        if isinstance(verb, DeskVerb) or not set(self.pair.roles_of(who.id)) & set(verb.roles):
            return Note(_REFUSED)
        try:
            return self._kept(
                verb.run(self.scene(who, whole=verb.whole, hushed=verb.whole and not verb.opens), event)
            )
        except LookupError:
            return Note(_REFUSED)

    def look(self, until: datetime | None = None) -> None:
        """Carry out what is due, now or at every instant up to `until`."""
        end = until or self.now
        while True:
            following = self._look_once()
            if following is None or following > end:
                self.now = max(self.now, end)
                return
            self.now = following

    def _look_once(self) -> datetime | None:
        scene = self.scene()
        for _ in range(_ROUNDS):
            found = look(scene, self.kinds)
            if not found.due:
                return found.next_look
            for due in found.due:
                outcome = carry_out(scene, due, self.kinds)
                self._kept(outcome)
                scene = scene.after(outcome.changes)
        raise AssertionError(f"due again and again: {found.due}")

    def _kept(self, outcome: Outcome) -> Reply:
        for change in outcome.changes:
            if isinstance(change, Put):
                self.pair = with_record(self.pair, change.record)
            elif isinstance(change, Remove):
                self.pair = without_record(self.pair, change.record)
            elif isinstance(change, Unsend):
                self.unsent[change.key] = change.why
        for send in outcome.sends:
            self.sends.setdefault(send.key, send)
        return outcome.reply

    def shown(self, who: Person) -> str:
        """Return all that this person was ever sent, as one text to search in."""
        return "\n".join(repr(s.content) for s in self.sends.values() if s.to == who.id)


def _at(who: Person) -> Address:
    assert who.address is not None
    return who.address
