"""One event, one transaction: who is it, may they, what does the conversation answer, what is stored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.content import Card, say
from bot.doors import opened_reply
from bot.events import (
    Address,
    Arrived,
    Commanded,
    Event,
    HomeOpened,
    Left,
    Looked,
    Pressed,
    Said,
    Submitted,
    Unfound,
)
from bot.facts import Pair, Person
from bot.finding import alone_with, choices_for, who_acts, with_names
from bot.outcome import (
    Choices,
    CloseForm,
    Logged,
    Note,
    Nothing,
    Outcome,
    Put,
    ReplaceCard,
    Reply,
    ShowCard,
)
from bot.parts import renewed
from bot.ports import Answered, Clock, Links, Store, Work
from bot.reach import PAGES, no_longer_there, now_there
from bot.world import World
from flows import reach
from flows.kinds import Command, DeskVerb, Verb
from flows.scene import Desk, Scene, Stretch, enrolment_of
from flows.visibility import without_words

log = logging.getLogger(__name__)

Acted = Said | Commanded | Pressed | Submitted | HomeOpened

_NUL = "\x00"
UNKNOWN_PERSON = say("We have not met yet. Please ask your HR colleague to add you to the programme.")
NOT_ALLOWED = say("That button belongs to somebody else. Nothing was changed.")
GONE = say("That is from an earlier version of the programme and no longer does anything. Nothing was lost.")


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
        links: Links | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._world = world
        self._verbs = verbs
        self._commands = commands
        self._home = home
        self._nearest = nearest
        self._links = links

    async def receive(self, event: Event) -> Answered:
        """Take one event in, exactly once, and answer it; a repeated delivery is answered from the present state."""
        clean = _clean(event)
        return await self._store.write(lambda work: self._receive(work, clean), "inbound")

    def _receive(self, work: Work, event: Event) -> Answered:
        if isinstance(event, Unfound):
            self._not_found(work, event)
            return Answered(Nothing(), None)
        me, fresh = self._who(work, event)
        if me is not None and isinstance(event, Arrived | Left):
            alone_with(work, me.id)
            me = who_acts(work, event)  # two strangers may have come by one e-mail
        elif me is not None and not me.reachable and isinstance(event, Acted) and event.who == me.address:
            me = self._is_back(work, me, event.who)
        if me is None:
            return Answered(Note(UNKNOWN_PERSON), None)
        if fresh is None:
            fresh = isinstance(event, Looked) or work.first_time(event.key, self._clock.now())
        outcome = self._answer(work, event, me)
        if fresh and _changes(outcome, me) and not isinstance(event, Arrived | Left):
            # Read before it was locked: what another chat of theirs told meanwhile would be undone.
            me = alone_with(work, me.id) or me
            outcome = self._answer(work, event, me)
        if fresh:
            now = self._clock.now()
            work.apply(outcome.changes, now)
            work.intend(outcome.sends, now)
        reply = _in_place(work, event, outcome.reply)
        me = _now(me, outcome) if fresh else me
        return Answered(opened_reply(reply, self._links, me), me)

    def _who(self, work: Work, event: Event) -> tuple[Person | None, bool | None]:
        """Return who did this, and whether it is new where one question told both: somebody waits for the answer."""
        if isinstance(event, Acted) and event.who.channel != PAGES:
            return work.met(event.who, event.key, self._clock.now())
        return who_acts(work, event), None

    def _answer(self, work: Work, event: Event, me: Person) -> Outcome:
        match event:
            case Pressed() | Submitted():
                return self._act(work, event, me)
            case Commanded(name=name):
                return self._command(work, event, me, name, with_names(work, event))
            case Said(text=text):
                name, _, rest = text.strip().partition(" ")
                return self._command(work, event, me, name.lower(), rest)
            case HomeOpened():
                return Outcome(reply=self._home(self._desk(work, event, me, None)))
            case Arrived(who=who):
                return reach.arrived(me, now_there(me, who), who)
            case Left(who=who, why=why):
                return Outcome(changes=(Put(no_longer_there(me, who, why)),))
            case Unfound():
                return Outcome()  # about somebody else: dealt with before
            case Looked():
                return Outcome(reply=Choices(choices_for(work, me, event.typed)))

    def _is_back(self, work: Work, me: Person, who: Address) -> Person:
        """Reach somebody again who acts where they were not reached: no platform says when a bot is unblocked."""
        there = now_there(alone_with(work, me.id) or me, who)
        work.apply([Put(there)], self._clock.now())
        return there

    def _not_found(self, work: Work, event: Unfound) -> None:
        """
        Remember why no chat knows a person who is not reached in any yet.

        Of two that look for them, the one that does not know them says less than the one that does.
        """
        person = work.person(event.person)
        if person is None or person.address is not None:
            return
        if person.trouble != event.why and (person.trouble, event.why) != ("not_installed", "unknown"):
            work.apply([Put(replace(person, trouble=event.why))], self._clock.now())

    # --- presses and forms

    def _act(self, work: Work, event: Pressed | Submitted, me: Person) -> Outcome:
        verb = self._verbs.get(event.verb)
        if verb is None:
            return Outcome(reply=Note(GONE))
        if isinstance(verb, DeskVerb):
            return verb.run(self._desk(work, event, me, verb.needs, house=verb.house), event)
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

    def _command(self, work: Work, event: Acted, me: Person, name: str, text: str) -> Outcome:
        command = self._commands.get(name)
        # The bare word shows what is next, which may be anything; a word that nobody knows needs no facts at all.
        needs = command.needs if command else () if name else None
        desk = self._desk(work, event, me, needs, house=command is not None and command.house)
        if command is None or not desk.may(command.roles):
            return Outcome(reply=ShowCard(self._nearest(desk, name, self._commands)))
        return command.run(desk, text)

    # --- what a conversation is given

    def _scene(self, work: Work, pair: Pair, me: Person) -> Scene:
        return self._world.scene(work, self._world.seen_by(pair, me), self._now(pair), me)

    def _scene_for(self, work: Work, verb: Verb, pair: Pair, me: Person) -> Scene:
        reduced, now = self._reduced(verb, pair, me), self._now(pair)
        busy: tuple[Stretch, ...] = ()
        if verb.busy:
            # First locked, then asked: of two pairs that want one hour of a mentor the second sees the first.
            work.lock_people([person.id for person in pair.people])
            busy = self._world.busy(work, pair, now)
        elsewhere = self._elsewhere(work, verb, pair, me) if verb.elsewhere else ()
        return self._world.scene(work, reduced, now, me, busy=busy, elsewhere=elsewhere)

    def _reduced(self, verb: Verb, pair: Pair, me: Person) -> Pair:
        if verb.opens:
            return pair
        return without_words(pair, me) if verb.whole else self._world.seen_by(pair, me)

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

    def _desk(
        self, work: Work, event: Acted, me: Person, needs: Sequence[str] | None, *, house: bool = False
    ) -> Desk:
        pairs = work.pairs(work.enrolments_of(me.id), needs)
        scenes = tuple(self._scene(work, pair, me) for pair in pairs)
        whole = self._world.house(work) if house and me.is_coordinator else None
        return Desk(
            me=me,
            scenes=scenes,
            now=self._clock.now(),
            cases=work.cases_of(me.id),
            house=whole,
            here=event.who if event.who in me.addresses else None,
            pages=self._world.pages,
        )


def _now(me: Person, outcome: Outcome) -> Person:
    """Return who acted as they are after it: the reply is for them."""
    stored = (change.record for change in reversed(outcome.changes) if isinstance(change, Put))
    return next((one for one in stored if isinstance(one, Person) and one.id == me.id), me)


def _changes(outcome: Outcome, me: Person) -> bool:
    people = [one.record for one in outcome.changes if type(one) is Put and type(one.record) is Person]
    return any(person.id == me.id for person in people)


def _clean(event: Event) -> Event:
    """Return the event without NUL characters, which no text of a person needs and PostgreSQL refuses."""
    if not isinstance(event, Submitted) or not any(_NUL in "".join(value) for value in event.values.values()):
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
    rows = work.parts_of_message(event.who.channel, event.message) if card is not None else ()
    if not rows or card is None:
        return reply
    verb = event.verb if isinstance(event, Pressed) else ""
    shown = renewed(work, rows, verb, event.ref, card)
    if not isinstance(shown, Card):
        return reply
    return replace(reply, card=shown) if isinstance(reply, CloseForm) else ReplaceCard(shown)
