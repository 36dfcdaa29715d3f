"""One event, one transaction: who is it, may they, what does the conversation answer, what is stored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.content import Card, say
from bot.events import Arrived, Commanded, Event, HomeOpened, Left, Looked, Pressed, Said, Submitted
from bot.facts import Pair, Person
from bot.outcome import CloseForm, Logged, Note, Outcome, Put, ReplaceCard, Reply, ShowCard
from bot.parts import renewed
from bot.ports import Clock, Store, Work
from bot.world import World
from flows.kinds import Command, DeskVerb, Verb
from flows.scene import Desk, Scene, Stretch, enrolment_of
from flows.visibility import seen_by

log = logging.getLogger(__name__)

_NUL = "\x00"
UNKNOWN_PERSON = say("We have not met yet. Please ask your HR colleague to add you to the programme.")
NOT_ALLOWED = say("That button belongs to somebody else. Nothing was changed.")
GONE = say("That is from an earlier version of the programme and no longer does anything. Nothing was lost.")


@dataclass(frozen=True, slots=True)
class Answered:
    """The reply to an event and who gets it, so that an adapter knows language and zone."""

    reply: Reply
    to: Person | None


class Engine:
    """Receive what people do."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        world: World,
        verbs: Mapping[str, Verb | DeskVerb],
        commands: Mapping[str, Command],
        home: Callable[[Desk], Reply],
        nearest: Callable[[Desk, str, Mapping[str, Command]], Card],
    ) -> None:
        self._store = store
        self._clock = clock
        self._world = world
        self._verbs = verbs
        self._commands = commands
        self._home = home
        self._nearest = nearest

    async def receive(self, event: Event) -> Answered:
        """Take one event in, exactly once, and answer it; a repeated delivery is answered from the present state."""
        clean = _clean(event)
        return await self._store.write(lambda work: self._receive(work, clean), "inbound")

    def _receive(self, work: Work, event: Event) -> Answered:
        me = work.person_at(event.who)
        if me is None:
            return Answered(Note(UNKNOWN_PERSON), None)
        fresh = isinstance(event, Looked) or work.first_time(event.key, self._clock.now())
        outcome = self._answer(work, event, me)
        if not fresh:
            return Answered(_in_place(work, event, outcome.reply), me)
        now = self._clock.now()
        work.apply(outcome.changes, now)
        work.intend(outcome.sends, now)
        return Answered(_in_place(work, event, outcome.reply), me)

    def _answer(self, work: Work, event: Event, me: Person) -> Outcome:
        match event:
            case Pressed() | Submitted():
                return self._act(work, event, me)
            case Commanded(name=name, text=text):
                return self._command(work, me, name, text)
            case Said(text=text):
                name, _, rest = text.strip().partition(" ")
                return self._command(work, me, name.lower(), rest)
            case HomeOpened():
                return Outcome(reply=self._home(self._desk(work, me, None)))
            case Arrived(who=who):
                return Outcome(changes=(Put(replace(me, reachable=True, address=who)),))
            case Left():
                return Outcome(changes=(Put(replace(me, reachable=False)),))
            case Looked():
                return Outcome()

    # --- presses and forms

    def _act(self, work: Work, event: Pressed | Submitted, me: Person) -> Outcome:
        verb = self._verbs.get(event.verb)
        if verb is None:
            return Outcome(reply=Note(GONE))
        if isinstance(verb, DeskVerb):
            return verb.run(self._desk(work, me, verb.needs), event)
        enrolment = enrolment_of(event.ref)
        if not enrolment or not work.lock_enrolment(enrolment):
            return self._denied(event, me)
        pair = work.pairs((enrolment,), verb.needs)[0]
        if not set(pair.roles_of(me.id)) & set(verb.roles):
            return self._denied(event, me)
        try:
            return verb.run(self._scene_for(work, verb, pair, me), event)
        except LookupError as error:
            log.warning(
                "A press named something that is not there: action=stale verb=%s error=%s", event.verb, error
            )
            return Outcome(reply=Note(GONE))

    def _denied(self, event: Pressed | Submitted, me: Person) -> Outcome:
        log.warning("A press was refused: action=denied verb=%s ref=%s by=%s", event.verb, event.ref, me.id)
        return Outcome(
            reply=Note(NOT_ALLOWED), changes=(Logged("denied", f"{event.verb} {event.ref}", me.id),)
        )

    # --- commands

    def _command(self, work: Work, me: Person, name: str, text: str) -> Outcome:
        command = self._commands.get(name)
        # The bare word shows what is next, which may be anything; a word that nobody knows needs no facts at all.
        desk = self._desk(work, me, command.needs if command else () if name else None)
        if command is None or not self._may(desk, command):
            return Outcome(reply=ShowCard(self._nearest(desk, name, self._commands)))
        return command.run(desk, text)

    def _may(self, desk: Desk, command: Command) -> bool:
        return not command.roles or any(desk.as_(role) for role in command.roles)

    # --- what a conversation is given

    def _scene(self, work: Work, pair: Pair, me: Person) -> Scene:
        return self._world.scene(work, seen_by(pair, me), self._now(pair), me)

    def _scene_for(self, work: Work, verb: Verb, pair: Pair, me: Person) -> Scene:
        reduced, now = pair if verb.whole else seen_by(pair, me), self._now(pair)
        busy: tuple[Stretch, ...] = ()
        if verb.busy:
            # First locked, then asked: of two pairs that want one hour of a mentor the second sees the first.
            work.lock_people([person.id for person in pair.people])
            busy = self._world.busy(work, pair, now)
        elsewhere = self._elsewhere(work, verb, pair, me) if verb.elsewhere else ()
        return self._world.scene(work, reduced, now, me, busy=busy, elsewhere=elsewhere)

    def _elsewhere(self, work: Work, verb: Verb, pair: Pair, me: Person) -> tuple[Scene, ...]:
        """Return the other running pairs in which this person may do the same."""
        ids = [found for found in work.enrolments_of(me.id) if found != pair.enrolment.id]
        running = [
            p for p in (work.pairs(ids, ()) if ids else ()) if p.enrolment.state in ("running", "paused")
        ]
        mine = [p.enrolment.id for p in running if set(p.roles_of(me.id)) & set(verb.roles)]
        return tuple(self._scene(work, other, me) for other in (work.pairs(mine, verb.needs) if mine else ()))

    def _now(self, pair: Pair) -> datetime:
        return max(filter(None, (self._clock.now(), pair.enrolment.looked_at)))

    def _desk(self, work: Work, me: Person, needs: Sequence[str] | None) -> Desk:
        pairs = work.pairs(work.enrolments_of(me.id), needs)
        scenes = tuple(self._scene(work, pair, me) for pair in pairs)
        return Desk(me=me, scenes=scenes, now=self._clock.now(), cases=work.cases_of(me.id))


def _clean(event: Event) -> Event:
    """Return the event without NUL characters, which no text of a person needs and PostgreSQL refuses."""
    if not isinstance(event, Submitted) or not any(_NUL in text for v in event.values.values() for text in v):
        return event
    values = {
        key: value.replace(_NUL, "") if isinstance(value, str) else tuple(v.replace(_NUL, "") for v in value)
        for key, value in event.values.items()
    }
    return replace(event, values=values)


def _in_place(work: Work, event: Event, reply: Reply) -> Reply:
    """Keep what the pressed message now shows, and answer with the whole of it where it was merged from several."""
    if not isinstance(event, Pressed | Submitted) or not event.message:
        return reply
    card = reply.card if isinstance(reply, ReplaceCard | CloseForm) else None
    lead = work.row_of_message(event.who.channel, event.message) if card is not None else None
    if lead is None or card is None:
        return reply
    verb = event.verb if isinstance(event, Pressed) else ""
    shown = renewed(work, lead, verb, event.ref, card)
    if not isinstance(shown, Card):
        return reply
    return replace(reply, card=shown) if isinstance(reply, CloseForm) else ReplaceCard(shown)
