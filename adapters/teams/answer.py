"""
How a reply becomes something to see in Teams.

What somebody waits for goes into the answer itself: a pressed card's next state, a dialog, what is wrong in it. What
has no place there, and all that follows typed words, is said afterwards in the person's own chat and holds up nobody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from adapters.replies import notes
from adapters.tasks import where
from adapters.teams import form as window
from adapters.teams import parse, render, shown
from adapters.teams.blocks import activity
from adapters.teams.origin import Body, Origin
from adapters.teams.remembered import Remembered
from adapters.teams.screen import Draw, Screen
from adapters.teams.wording import Json
from bot.content import Form, Home, Say, say
from bot.events import Event, Looked, Submitted
from bot.facts import Person
from bot.i18n import Reader
from bot.outcome import (
    Choices,
    CloseForm,
    FixForm,
    ReplaceCard,
    Reply,
    ShowCard,
    ShowForm,
    ShowHome,
)
from bot.ports import Answered, Clock, Links, Receive

log = logging.getLogger(__name__)

_MOST_DIALOGS = 1000
_AGAIN_SECONDS = 0.8  # with the four of storing it is less than Teams waits
_FIRST_CHOICES = 15  # as many as Teams asks for
# Teams tells of an installation twice, in any order; not of every removal.
_GREETED_FOR = timedelta(minutes=10)

SLOW = say("This takes longer than usual. If nothing comes in a minute, please try again.")
_SLOW_FORM = say("This takes longer than usual. Please send it again: what you wrote is still here.")
FAILED = say("I could not take that in just now. Please try again in a minute.")
UNSHOWN = say("What you did is kept, but I cannot show it here. Write “home” to see where things stand.")
NOTHING_THERE = say("That button does nothing any more. Nothing was lost.")
_IN_OUR_CHAT = say("I answer you in our own chat, where only you read it.")
_OPEN_OUR_CHAT = say("Please choose my name and write to me in our own chat: only you read it there.")


class Answers:
    """Show replies, each to the person who acted, in their language; nobody known reads the default language."""

    def __init__(
        self,
        *,
        screen: Screen,
        receive: Receive,
        clock: Clock,
        links: Links | None = None,
        language: str = "en",
        pictures: str = "",
    ) -> None:
        self._screen = screen
        self._receive = receive
        self._clock = clock
        self._links = links
        self._pictures = pictures
        self._nobody = Reader(language)
        self._answered: Remembered[None] = Remembered()
        self._greeted: Remembered[datetime] = Remembered()
        self._dialogs: Remembered[tuple[Form, Reader]] = Remembered(_MOST_DIALOGS)
        self._found: Remembered[Mapping[str, str]] = Remembered(_MOST_DIALOGS)

    # --- what somebody waits for

    async def in_answer(self, body: Body, came: Origin, event: Event, answered: Answered) -> Json:
        """Return what an invoke is answered with; a repeated one is answered alike and leads to nothing more."""
        reply, reader = answered.reply, self._reader(answered)
        if isinstance(event, Looked):
            return self._choices(came, reply, reader)
        first = self._is_first(event)
        if came.kind == "pressed":
            return self._to_press(came, event, answered, reader, first)
        if isinstance(reply, ShowForm):
            return self._dialog(body, came, reply.form, reader)
        if isinstance(reply, FixForm) and isinstance(event, Submitted):
            fixed = await self._mended(body, came, event, reply, reader)
            if fixed is not None:
                return fixed
        return self._closing(came, event, answered, reader, first)

    def words_only(self, came: Origin, words: Say, answered: Answered | None = None) -> Json:
        """Return an invoke's answer that only says something."""
        reader = self._reader(answered) if answered is not None else self._nobody
        match came.kind:
            case "pressed":
                return shown.pressed_line(render.note(words, reader))
            case "opens" | "form":
                return shown.dialog_line(render.note(words, reader))
            case "look":
                return shown.results(())
        return {}

    def unshown(self, came: Origin, answered: Answered) -> Json:
        """Return what is said where a reply cannot be drawn: of what was not taken in, what is to be mended."""
        wrong = notes(answered.reply) if isinstance(answered.reply, FixForm) else ()
        return self.words_only(came, wrong[0] if wrong else UNSHOWN, answered)

    def too_late(self, body: Body, came: Origin, event: Event) -> Json:
        """
        Return what tells a person that it takes longer.

        Never "done": what is not committed yet would be lost if the process ended now. A dialog stays open with all
        that was written, where it is remembered.
        """
        if isinstance(event, Submitted):
            known = self._dialogs.get(_of_dialog(came, event.verb, event.ref))
            if known is not None and known[0].fields:
                form, reader = known
                errors = {form.fields[0].key: _SLOW_FORM}
                return self._drawn(body, came, form, reader, errors, event)
        return self.words_only(came, SLOW)

    # --- what follows

    def afterwards(self, came: Origin, event: Event, answered: Answered) -> None:
        """Say what follows typed words, or a press that only sent a message."""
        if not self._is_first(event):
            return
        reader = self._reader(answered)
        if not came.personal and came.kind == "said":
            self._screen.post_there(came, partial(shown.line, _IN_OUR_CHAT, reader))
        renewed = self._renew(came, answered.reply, reader)
        self._screen.post(came, *self._draws(event, answered, reader, renewed=renewed))

    def late(self, came: Origin, event: Event, answered: Answered) -> None:
        """Show the reply to something whose request was answered without it, because it took too long."""
        if isinstance(event, Looked) or (
            isinstance(event, Submitted) and isinstance(answered.reply, FixForm)
        ):
            return  # the picker is typed in again; the dialog is still open, and says so itself when sent again
        self.afterwards(came, event, answered)

    def greet(self, came: Origin, answered: Answered) -> None:
        """Say hello, once an installation; who is not known here hears that."""
        before, now = self._greeted.get(came.conversation), self._clock.now()
        if before is not None and now - before < _GREETED_FOR:
            return
        self._greeted.keep(came.conversation, now)
        reader, person = self._reader(answered), answered.to
        if person is not None:
            page = self._links.to("home", person) if self._links is not None else ""
            told = (answered.reply.card,) if isinstance(answered.reply, ShowCard) else ()
            cards = (shown.hello(person, page), *told)
            self._screen.post(
                came, *(partial(render.message, card, reader, pictures=self._pictures) for card in cards)
            )
        else:
            self._screen.post(came, *(partial(shown.line, words, reader) for words in notes(answered.reply)))

    def part(self, came: Origin) -> None:
        """Forget that somebody was greeted: the app was removed."""
        self._greeted.forget(came.conversation)

    async def has_chat(self, came: Origin) -> bool:
        """Say whether there is a chat of this person's own to answer in."""
        return await self._screen.has_chat(came)

    def elsewhere(self, came: Origin, event: Event) -> None:
        """Ask somebody in a conversation of several, whose own chat is not known, to open that."""
        if self._is_first(event):
            self._screen.post_there(came, partial(shown.line, _OPEN_OUR_CHAT, self._nobody))

    def sorry(self, came: Origin) -> None:
        """Say that something could not be taken in."""
        self._screen.post(came, partial(shown.line, FAILED, self._nobody))

    # --- who it is for

    def _is_first(self, event: Event) -> bool:
        return isinstance(event, Looked) or not event.key or self._answered.first(event.key, None)

    def _reader(self, answered: Answered) -> Reader:
        return Reader(answered.to.language, answered.to.zone) if answered.to else self._nobody

    # --- how it is shown

    def _to_press(self, came: Origin, event: Event, answered: Answered, reader: Reader, first: bool) -> Json:
        """Return what a press is answered with: the card in its place, else a line."""
        reply = answered.reply
        card = reply.card if isinstance(reply, ReplaceCard | CloseForm) else None
        if card is None:
            if first and not notes(reply):
                self._screen.post(came, *self._draws(event, answered, reader))
            return shown.pressed_line(shown.in_a_line(reply, reader))
        drawn = render.card(card, reader, pictures=self._pictures)
        if first and came.message:
            self._screen.renew(came, partial(activity, [drawn], card.title, reader), seen=True)
        if first:
            self._screen.post(came, *(partial(shown.line, words, reader) for words in notes(reply)))
        return shown.pressed_card(drawn)

    def _closing(self, came: Origin, event: Event, answered: Answered, reader: Reader, first: bool) -> Json:
        """Return what ends a dialog, or what is there in the place of one."""
        reply = answered.reply
        if first:
            renewed = self._renew(came, reply, reader)
            if not notes(reply):
                self._screen.post(came, *self._draws(event, answered, reader, renewed=renewed))
        if came.kind == "form" and not notes(reply):
            return {}
        return shown.dialog_line(shown.in_a_line(reply, reader))

    def _renew(self, came: Origin, reply: Reply, reader: Reader) -> bool:
        """Show a reply's card in the place of the one it came from; return whether there was one."""
        card = reply.card if isinstance(reply, ReplaceCard | CloseForm) else None
        if card is None or not came.message:
            return False
        drawn = partial(render.message, card, reader, pictures=self._pictures)
        self._screen.renew(came, drawn, seen=False)
        return True

    def _draws(
        self, event: Event, answered: Answered, reader: Reader, *, renewed: bool = False
    ) -> tuple[Draw, ...]:
        """Return what is said in the chat, a message each."""
        reply = answered.reply
        lines = tuple(partial(shown.line, words, reader) for words in notes(reply))
        match reply:
            case ShowCard(card):
                return (partial(render.message, card, reader, pictures=self._pictures),)
            case ReplaceCard(card) if not renewed:
                return (partial(render.message, card, reader, pictures=self._pictures),)
            case ShowHome(home):
                return (partial(self._home, home, reader, answered.to),)
            case ShowForm(form):
                return (partial(shown.opener, event, form, reader),)
        return lines

    def _home(self, home: Home, reader: Reader, to: Person | None) -> Json:
        page = self._links.to("home", to) if self._links is not None and to is not None else ""
        return render.home(home, reader, page=page, pictures=self._pictures)

    # --- dialogs

    def _dialog(self, body: Body, came: Origin, form: Form, reader: Reader) -> Json:
        self._dialogs.keep(_of_dialog(came, form.verb, form.ref), (form, reader))
        return self._drawn(body, came, form, reader)

    def _drawn(
        self,
        body: Body,
        came: Origin,
        form: Form,
        reader: Reader,
        errors: Mapping[str, Say] | None = None,
        sent: Submitted | None = None,
    ) -> Json:
        drawn = window.dialog(
            form,
            reader,
            opened=parse.opened(body, came),
            message=came.message,
            errors=errors,
            values=sent.values if sent is not None else None,
            people=self._found.get(_of_person(came)) or {},
        )
        return shown.dialog(drawn)

    async def _mended(
        self, body: Body, came: Origin, event: Submitted, reply: FixForm, reader: Reader
    ) -> Json | None:
        """Return the dialog with what to mend; None where nobody knows any more what it asked."""
        form = await self._form_again(body, came, event)
        if form is None:
            known = self._dialogs.get(_of_dialog(came, event.verb, event.ref))
            form = known[0] if known is not None else None
        return self._drawn(body, came, form, reader, reply.errors, event) if form is not None else None

    async def _form_again(self, body: Body, came: Origin, event: Submitted) -> Form | None:
        """Return the form as it is now, asked for by what opened it."""
        opening = parse.opening(body, came)
        if opening is None:
            return None
        try:
            async with asyncio.timeout(_AGAIN_SECONDS):
                reply = (await self._receive(opening)).reply
        except Exception as error:  # noqa: BLE001 - the form as it was shown is as good
            log.warning("A form could not be asked for again: action=teams.again error=%s", where(error))
            return None
        if isinstance(reply, ShowForm) and (reply.form.verb, reply.form.ref) == (event.verb, event.ref):
            return reply.form
        return None

    def _choices(self, came: Origin, reply: Reply, reader: Reader) -> Json:
        found = reply.choices if isinstance(reply, Choices) else ()
        named = tuple((reader.text(one.label), one.value) for one in found)
        if named:
            before = self._found.get(_of_person(came)) or {}
            now = {value: name for name, value in named}
            # Whoever was chosen a moment ago stays known, however much is typed in another field.
            self._found.keep(_of_person(came), {**dict(list(before.items())[-200:]), **now})
        return shown.results(named[:_FIRST_CHOICES])


def _of_person(came: Origin) -> str:
    return f"{came.tenant}/{came.user}"


def _of_dialog(came: Origin, verb: str, ref: str) -> str:
    return f"{_of_person(came)} {verb} {ref}"
