"""Where it all meets: what visitors and players do, and time that passes from instant to instant."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import assert_never

from adapters.playground.backstage import Backstage, Cast
from adapters.playground.channel import PlaygroundChannel
from adapters.playground.hub import Hub
from adapters.playground.parse import CHANNEL, Act, Stride
from adapters.playground.players import Players
from adapters.playground.render import Json
from adapters.playground.room import Kind, Message, Planned, Room, Temperament
from adapters.playground.view import View
from adapters.sim.player import Act as Played
from bot.content import Card, Content, File, GroupIntro, Say
from bot.events import Address, Pressed
from bot.facts import Person
from bot.outcome import (
    Choices,
    CloseForm,
    FixForm,
    Note,
    Nothing,
    ReplaceCard,
    Reply,
    ShowCard,
    ShowForm,
    ShowHome,
)

log = logging.getLogger(__name__)

# A little real time at each instant, so that people can watch time pass; six months are some 500 instants.
PACE_SECONDS = 0.02
_HURRY: Mapping[Stride, float] = {"week": 0.6, "until": 0.4, "end": 0.2}
_STRIDES = {"day": timedelta(days=1), "week": timedelta(weeks=1)}
# How far past the programme's last day "to the end" and "next message" look for something.
_AFTERMATH = timedelta(days=60)
# Where something says that it is due and yet never happens, time passes it by.
_NUDGE = timedelta(minutes=1)
# Somebody who starts to be played automatically looks at what arrived lately.
_LATELY = timedelta(days=7)
_MOST_LATELY = 20


class NobodyThere(LookupError):
    """The page named a person or a message that is not in the room."""


class StillWalking(RuntimeError):
    """Time is passing already."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Time that is passing: from where, at most how far, and how far it is meant to go."""

    stride: Stride
    begun: datetime
    limit: datetime
    goal: datetime


class Stage:
    """Act and let time pass; one thing after the other."""

    def __init__(
        self,
        *,
        backstage: Backstage,
        room: Room,
        channel: PlaygroundChannel,
        hub: Hub,
        pace_seconds: float = PACE_SECONDS,
    ) -> None:
        self._backstage = backstage
        self._room = room
        self._hub = hub
        self._players = Players(room)
        self._pace = pace_seconds
        self._turn = asyncio.Lock()
        self._cast = Cast((), ())
        self._arrived: Counter[str] = Counter()  # messages by person, since the demo was opened
        self._unseen: list[Message] = []
        self._walk: Walk | None = None
        self._walking: asyncio.Task[None] | None = None
        channel.watch(self._delivered)

    @property
    def walk(self) -> Walk | None:
        """Return the walk through time that is under way."""
        return self._walk

    async def view(self) -> View:
        """Return the way to show things, as people and enrolments are now."""
        self._cast = await self._backstage.cast()
        return View(self._cast, self._room)

    async def begin(self) -> None:
        """Deliver what is due already."""
        async with self._turn:
            await self.view()
            await self._settle()

    # --- what a visitor does -----------------------------------------------------------------

    async def act(self, act: Act) -> Json:
        """Take what somebody did at the page, and return what the page shows at once."""
        async with self._turn:
            person = await self._someone(act.person)
            message = self._message_of(person, act.message)
            if message:
                self._room.drop_plan(message=message.id)
            if act.words:
                self._tell(self._room.add_words(person.id, act.words))
            reply = await self._backstage.receive(act.event)
            answer = self._show(reply, person, message)
            if isinstance(act.event, Pressed) and message and isinstance(reply, ReplaceCard):
                self._players.go_on(person, message.id, _as_played(act.event, self._room.now()), reply)
            await self._settle()
            self._hub.tell("changed", {})
            return answer

    async def play_as(self, person_id: str, temperament: Temperament) -> None:
        """Choose how a person is played from now on."""
        async with self._turn:
            person = await self._someone(person_id)
            self._room.set_temperament(person.id, temperament)
            since = self._room.now() - _LATELY
            last = self._room.last_messages(person.id, _MOST_LATELY)
            self._players.begin_anew(person, [message for message in last if message.at >= since])
        self._hub.tell("temperament", {"person": person_id, "temperament": temperament})

    async def _someone(self, person_id: str) -> Person:
        await self.view()
        person = self._cast.person(person_id)
        if person is None:
            raise NobodyThere(f"who: there is nobody with the id {person_id!r}")
        return person

    def _message_of(self, person: Person, message_id: int) -> Message | None:
        if not message_id:
            return None
        message = self._room.message(message_id)
        if message is None or message.person != person.id:
            raise NobodyThere(f"message: {person.name} has no message {message_id}")
        return message

    # --- what an answer looks like -----------------------------------------------------------

    def _show(self, reply: Reply, person: Person, message: Message | None, *, alone: bool = False) -> Json:
        painter = View(self._cast, self._room).painter(person)
        match reply:
            case ShowForm(form):
                return {"form": painter.form(form)}
            case FixForm(errors):
                return {"errors": {key: painter.text(words) for key, words in errors.items()}}
            case CloseForm(note, card):
                if note and not alone:
                    self._note(person, note)
                return {"closed": True, **self._replace(card, person, message)}
            case ReplaceCard(card):
                return self._replace(card, person, message)
            case Note(words):
                self._note(person, words)
                return {}
            case ShowCard(card):
                self._put(person, card, "answer")
                return {}
            case ShowHome(home):
                return {"home": painter.home(home)}
            case Choices(choices):
                return {"choices": painter.choices(choices)}
            case Nothing():
                return {}
            case _:
                assert_never(reply)

    def _replace(self, card: Card | None, person: Person, message: Message | None) -> Json:
        if card is None:
            return {}
        if message is None:  # pressed on the home: shown in that place by the page
            return {"card": View(self._cast, self._room).painter(person).card(card)}
        # A file stays attached to the card that explains it.
        kept = message.content
        content = replace(kept, card=card) if isinstance(kept, File | GroupIntro) else card
        self._tell(self._room.update(message, content), fresh=False)
        return {}

    def _note(self, person: Person, words: Say) -> None:
        self._put(person, Card(words), "note")

    def _put(self, person: Person, content: Content, kind: Kind) -> None:
        self._tell(self._room.add(person.id, content, kind))

    def _delivered(self, message: Message, fresh: bool) -> None:
        self._arrived[message.person] += fresh
        self._tell(message, fresh=fresh)
        self._unseen.append(message)

    async def _settle(self) -> None:
        """Let the bot do what is due, then let the players see what arrived."""
        await self._backstage.settle()
        arrived, self._unseen = self._unseen, []
        for message in arrived:
            person = self._cast.person(message.person)
            if person is not None:
                self._players.react(person, message)

    def _tell(self, message: Message, *, fresh: bool = True) -> None:
        shown = View(self._cast, self._room).message(message)
        if shown is not None:
            self._hub.tell("chat", {"message": shown, "fresh": fresh}, message.person)

    # --- time --------------------------------------------------------------------------------

    async def start_walk(self, stride: Stride, day: date | None = None) -> None:
        """Let time pass, in a task of its own: "until" the evening of a day; "stop" ends the one under way."""
        if stride == "stop":
            await self.stop_walk()
            return
        if self._walk is not None:
            raise StillWalking("time is passing already: stop it first")
        self._walk = await self._plan_walk(stride, day)
        self._walking = asyncio.create_task(self._go(self._walk))

    async def stop_walk(self) -> None:
        """End the walk at the present instant, and wait until it has ended."""
        self._walk = None
        if self._walking is not None:
            await self._walking

    async def wait(self) -> None:
        """Wait until time stands still."""
        if self._walking is not None:
            await self._walking

    async def _plan_walk(self, stride: Stride, day: date | None) -> Walk:
        now = self._room.now()
        if stride in _STRIDES:
            goal = now + _STRIDES[stride]
            return Walk(stride, now, goal, goal)
        view = await self.view()
        if day is not None:
            goal = max(view.evening(day), now)
            return Walk(stride, now, goal, goal)
        lasts = [era.last for group in self._cast.groups for era in await self._backstage.outlook(group.id)]
        goal = now + max(max(lasts, default=view.today()) - view.today(), timedelta())
        return Walk(stride, now, goal + _AFTERMATH, goal)

    async def _go(self, walk: Walk) -> None:
        before = self._arrived.copy()
        try:
            await self._pass_time(walk)
        except Exception:
            log.exception("The walk through time ended: action=walk stride=%s", walk.stride)
            self._hub.tell("trouble", {})
        finally:
            self._walk = None
            ended = dict(self._arrived - before)
            self._hub.tell("clock", {**(await self.view()).clock(None), "came": ended, "stride": walk.stride})
            self._hub.tell("changed", {})

    async def _pass_time(self, walk: Walk) -> None:
        bounded = walk.stride not in ("next", "end")
        before = self._arrived.total()
        while self._walk is walk:
            async with self._turn:
                due = await self._next_due()
                if due is None or due > walk.limit:
                    if bounded:
                        self._room.move_clock(walk.limit)
                    return
                self._room.move_clock(max(due, self._room.now()))
                await self._live()
            self._hub.tell("clock", View(self._cast, self._room).clock(walk))
            self._hub.tell("changed", {})
            if walk.stride == "next" and self._arrived.total() > before:
                return
            await asyncio.sleep(self._pace * _HURRY.get(walk.stride, 1))

    async def _next_due(self) -> datetime | None:
        planned = self._room.next_planned()
        due = await self._backstage.next_instant()
        return min((at for at in (planned, due) if at is not None), default=None)

    async def _live(self) -> None:
        """Live through the present instant: first people act, then what follows is delivered."""
        for planned in self._room.planned(self._room.now()):
            await self._play(planned)
        await self._settle()
        due = await self._backstage.next_instant()
        if due is not None and due <= self._room.now():
            self._room.move_clock(self._room.now() + _NUDGE)

    async def _play(self, planned: Planned) -> None:
        person = self._cast.person(planned.person)
        if person is not None:
            # The room's own name, because the database may outlive the room.
            key = f"play:{self._room.name}:{planned.id}"
            reply = await self._backstage.receive(planned.act.event(key, Address(CHANNEL, person.id)))
            message = self._room.message(planned.message)
            # What only an acting person is told, nobody is there to read.
            if not isinstance(reply, Note):
                self._show(reply, person, message, alone=True)
            self._players.go_on(person, planned.message, planned.act, reply)
        self._room.drop_plan(act=planned.id)


def _as_played(event: Pressed, now: datetime) -> Played:
    # So that a player finishes what a visitor began and left.
    return Played(
        at=now, kind="press", verb=event.verb, ref=event.ref, value=event.value, message=event.message
    )
