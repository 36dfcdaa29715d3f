"""A synthetic person: reads what a person sees, and presses, fills in and types what such a person might.

It knows no verb's meaning beyond its wording; whatever has a card, a question or a form can be played.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from adapters.sim.days import after_work
from adapters.sim.filling import Filled, chosen, fill, mend
from adapters.sim.taste import FAVOURED, LIVE, NATURES, TALKS_MINUTES, Temperament, about_help, reluctant
from adapters.sim.transcript import canonical
from bot.content import (
    Actions,
    Ask,
    Button,
    Card,
    Checklist,
    Content,
    File,
    Form,
    GroupIntro,
    Home,
    Link,
)
from bot.events import Address, Commanded, Event, HomeOpened, Pressed, Submitted
from bot.facts import Person
from bot.outcome import CloseForm, FixForm, Note, Nothing, ReplaceCard, Reply, ShowCard, ShowForm

_TAP = timedelta(seconds=20)
_TYPING = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing a person does. Of a command, `verb` is its name and `value` its words."""

    at: datetime
    kind: Literal["press", "submit", "command", "home"]
    verb: str = ""
    ref: str = ""
    value: str = ""
    values: Filled = ()
    message: str = ""
    form: Form | None = field(default=None, compare=False)
    mended: bool = False

    def event(self, key: str, who: Address) -> Event:
        """Return the event that a platform would report."""
        match self.kind:
            case "press":
                return Pressed(
                    key=key, who=who, verb=self.verb, ref=self.ref, value=self.value, message=self.message
                )
            case "submit":
                return Submitted(key=key, who=who, verb=self.verb, ref=self.ref, values=dict(self.values))
            case "command":
                return Commanded(key=key, who=who, name=self.verb, text=self.value)
            case "home":
                return HomeOpened(key=key, who=who)


class Player:
    """Act as one person would, the same in every run of the seed.

    It remembers what it has pressed, so that the same button in a nudge, in a renewed card or in a merged
    message is pressed once. `looks` are commands it types now and then, out of curiosity. Whoever is `sure`
    never misses what stands out on a card they act upon, and of several ways or times takes the first.
    """

    def __init__(
        self,
        person: Person,
        temperament: Temperament,
        seed: str,
        *,
        help_command: str = "help",
        looks: tuple[str, ...] = (),
        sure: bool = False,
    ) -> None:
        self.person = person
        self.temperament = temperament
        self._nature = NATURES[temperament]
        self._seed = seed
        self._help = help_command
        self._looks = looks
        self._sure = sure
        self._pressed: set[tuple[str, str, str]] = set()
        self._forms = 0

    def react(self, content: Content, now: datetime, *, message: str = "", key: str = "") -> tuple[Act, ...]:
        """Return what the person will do about a message that just reached them; `key` names the message."""
        card = _card(content)
        if card is None:
            return ()
        rng = self._random("message", key or canonical(content))
        if rng.random() < self._nature.overlooks:
            return ()
        at = now + _TYPING if LIVE & _verbs(card) else self._sometime(now, rng)
        acts = list(self._on_card(card, at, rng, message))
        if rng.random() < self._nature.asks_help:
            acts.append(Act(at=at + _TYPING, kind="command", verb=self._help))
        elif rng.random() < self._nature.writes / 10:
            acts.append(self._look(at + _TYPING, rng))
        return tuple(acts)

    def answer(self, act: Act, reply: Reply, now: datetime, *, key: str = "") -> tuple[Act, ...]:
        """Return how the person goes on after what their act led to; `key` names it. A look leads to nothing."""
        if act.kind == "home" or (act.kind == "command" and act.verb != self._help):
            return ()
        if isinstance(reply, Note | Nothing):
            return ()  # before any chance is drawn, which costs more than all else here
        rng = self._random("reply", act.kind, act.verb, act.ref, act.value, key or canonical(reply))
        match reply:
            case ShowForm(form):
                return (self._fill(form, now, rng, act.message),)
            case FixForm(errors) if act.form is not None and not act.mended:
                filled = mend(act.form, act.values, frozenset(errors), self.person, now)
                return (replace(act, at=now + _TYPING, values=filled, mended=True),)
            case ReplaceCard(card) | ShowCard(card):
                return tuple(self._on_card(card, now + _TAP, rng, act.message, fresh=False))
            case CloseForm(card=Card() as card):
                return tuple(self._on_card(card, now + _TAP, rng, act.message, fresh=False))
            case _:
                return ()

    def _look(self, at: datetime, rng: Random) -> Act:
        if self._looks and rng.random() < 0.5:
            return Act(at=at, kind="command", verb=rng.choice(self._looks))
        return Act(at=at, kind="home")

    def _random(self, *about: str) -> Random:
        words = "\0".join((self._seed, self.person.id, *about))
        return Random(int.from_bytes(hashlib.sha256(words.encode()).digest()[:8]))

    def _sometime(self, now: datetime, rng: Random) -> datetime:
        """Choose when to get round to it: some own working hours later, now and then in the evening."""
        nature = self._nature
        at = after_work(
            self.person, now, nature.soonest + (nature.latest - nature.soonest) * rng.random() ** 2
        )
        if rng.random() < nature.evening:
            at += timedelta(hours=rng.randrange(3, 9))
        return at.replace(second=0, microsecond=0) + timedelta(minutes=1)

    def _on_card(
        self, card: Card, at: datetime, rng: Random, message: str, *, fresh: bool = True
    ) -> Iterator[Act]:
        # What an act has led to asks for nothing more by itself, unless it says so.
        asked = not fresh or any(isinstance(block, Ask) for block in card.blocks)
        for block in card.blocks:
            match block:
                case Ask(chosen=""):
                    yield from self._press_choice(block, at, rng, message)
                case Checklist():
                    yield from self._tick(block, at, message)
                case Actions(buttons):
                    yield from self._press_one(buttons, at, rng, message, asked=asked, fresh=fresh)
                case _:
                    pass
        yield from self._press_one(card.buttons, at, rng, message, asked=asked, fresh=fresh)

    def _press_choice(self, ask: Ask, at: datetime, rng: Random, message: str) -> Iterator[Act]:
        if not ask.choices or not self._first(
            ask.verb, ask.ref, f"{ask.question.msgid}?{ask.choices[0].value}"
        ):
            return
        choice = chosen(ask.choices, self._nature, rng, first=self._sure)
        yield Act(at=at, kind="press", verb=ask.verb, ref=ask.ref, value=choice.value, message=message)

    def _tick(self, block: Checklist, at: datetime, message: str) -> Iterator[Act]:
        for item in block.items:
            if item.verb and not item.done and self._first(item.verb, item.ref, item.value):
                yield Act(
                    at=at, kind="press", verb=item.verb, ref=item.ref, value=item.value, message=message
                )

    def _press_one(
        self,
        buttons: tuple[Button | Link, ...],
        at: datetime,
        rng: Random,
        message: str,
        *,
        asked: bool,
        fresh: bool,
    ) -> Iterator[Act]:
        """Press at most one button of a row, if one is inviting enough."""
        shown = [b for b in buttons if isinstance(b, Button)]
        # What stands out comes first, and of the others not always the same one.
        shown.sort(key=lambda b: (b.style != "primary", rng.random()))
        # Where nothing stands out and nothing else is asked, the first willing button is what is wanted.
        plain = not asked and all(b.style != "primary" for b in shown)
        for button in shown:
            unwilling = reluctant(button.verb, button.value)
            if unwilling and not fresh:
                continue  # nobody takes back in the same breath what they have just done
            likely = self._likely(button, wanted=plain and not unwilling)
            if rng.random() < likely and self._first(button.verb, button.ref, button.value):
                when = at + timedelta(minutes=TALKS_MINUTES.get(button.verb, 0))
                yield Act(
                    at=when,
                    kind="press",
                    verb=button.verb,
                    ref=button.ref,
                    value=button.value,
                    message=message,
                )
                return

    def _likely(self, button: Button, *, wanted: bool) -> float:
        if about_help(button.verb):
            return self._nature.asks_help
        if button.style == "primary" or button.verb in FAVOURED:
            return 1.0 if self._sure else 0.97
        if button.style == "danger" or reluctant(button.verb, button.value):
            return 0.03
        if wanted:
            return 0.9
        return self._nature.writes / 3 if button.opens_form else 0.1

    def _first(self, verb: str, ref: str, value: str) -> bool:
        """Tell whether this was never pressed before, and remember it."""
        before = len(self._pressed)
        self._pressed.add((verb, ref, value))
        return len(self._pressed) > before

    def _fill(self, form: Form, now: datetime, rng: Random, message: str) -> Act:
        self._forms += 1
        word = "\0".join((self._seed, self.person.id, form.verb, form.ref, str(self._forms)))
        filled = fill(form, self.person, self._nature, now, rng, word)
        return Act(
            at=now + _TYPING,
            kind="submit",
            verb=form.verb,
            ref=form.ref,
            values=filled,
            message=message,
            form=form,
        )


def _card(content: Content) -> Card | None:
    match content:
        case Card():
            return content
        case File(card=card) | GroupIntro(card=card):
            return card
        case Home():
            return None


def _verbs(card: Card) -> frozenset[str]:
    """Return what can be pressed on a card."""
    rows = [card.buttons, *(block.buttons for block in card.blocks if isinstance(block, Actions))]
    buttons = (b.verb for row in rows for b in row if isinstance(b, Button))
    return frozenset((*buttons, *(block.verb for block in card.blocks if isinstance(block, Ask))))
