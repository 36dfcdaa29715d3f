"""
How a reply becomes something to see in Slack.

What fits into the answer to the request itself goes there: the answer to a command, the next step of a dialog, the
choices of a picker. A dialog is opened before that answer, because its trigger lives three seconds; everything else
is called for afterwards and holds up nobody.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from adapters.replies import notes
from adapters.slack import form as dialog
from adapters.slack import home as page
from adapters.slack import limits, pane, render
from adapters.slack.mentions import Mentions
from adapters.slack.origin import HOME, Origin
from adapters.slack.parse import SAY
from adapters.slack.render import Message
from adapters.slack.screen import OPEN_SECONDS, Screen
from adapters.slack.wording import NOBODY, Json
from adapters.tasks import Tasks
from bot.content import Button, Card, Form, Home, say
from bot.events import Arrived, Commanded, Event, HomeOpened, Left, Looked, Pressed, Said, Submitted, Unfound
from bot.i18n import Reader
from bot.outcome import (
    Choices,
    CloseForm,
    FixForm,
    Note,
    ReplaceCard,
    Reply,
    ShowCard,
    ShowForm,
    ShowHome,
)
from bot.ports import Answered, Receive

# Finds a person of ours by workspace, user and organisation; True where somebody was found, who is known from then on.
Introduce = Callable[[str, str, str], Awaitable[bool]]

_MOST_REMEMBERED = 4096  # deliveries, of which Slack repeats one within minutes
_WORDS_ROOM = limits.BUTTON_VALUE - 100

_AGAIN = say("That took a moment too long, so the form did not open. Please try again.")
_NOT_NOW = say("The form cannot be opened just now. Please try again in a minute.")
_SLOW = say("This takes longer than usual. If nothing comes in a minute, please try again.")
_SLOW_FORM = say("This takes longer than usual. Please send it again: what you wrote is still here.")
_HOME_READY = say("Your page is up to date: it is under Home, at the top of this app.")


class Answers:
    """Show replies, each to the person who acted, in their language; nobody known reads the default language."""

    def __init__(
        self,
        *,
        screen: Screen,
        receive: Receive,
        tasks: Tasks,
        introduce: Introduce | None,
        language: str,
        mentions: Mentions | None = None,
    ) -> None:
        self._screen = screen
        self._receive = receive
        self._tasks = tasks
        self._introduce = introduce
        self._mentions = mentions
        self._nobody = Reader(language)
        self._answered: OrderedDict[str, None] = OrderedDict()

    async def answer(
        self, came: Origin, event: Event, answered: Answered, seconds: float = OPEN_SECONDS
    ) -> Json:
        """
        Return what answers the request; a dialog has so many seconds to open.

        A repeated delivery is answered like the first, and calls for nothing a second time.
        """
        if isinstance(event, Arrived | Left | Unfound):
            return {}
        first = self._is_first(event)
        if answered.to is None and first and self._introduce is not None and not isinstance(event, Looked):
            self._tasks.leave(self._make_known(came, event, answered, self._introduce), "introduce")
            return {}
        return await self._show(came, event, answered, first, seconds)

    async def show_late(self, came: Origin, event: Event, answered: Answered) -> None:
        """Show the reply to something whose request was answered without it, because it took too long."""
        if not isinstance(event, Arrived | Left | Unfound | Looked) and self._is_first(event):
            await self._show_now(came, event, answered)

    def too_late(self, came: Origin) -> Json | None:
        """
        Return what tells a person that it takes longer, None where only an error can.

        Never "done": what is not committed yet would be lost if the process ended now. A dialog stays open with all
        that was written.
        """
        if came.kind == "command":
            return _ephemeral(render.note(_SLOW, self._nobody))
        if came.kind == "form" and came.fields:
            errors = dialog.errors({came.fields[0]: _SLOW_FORM}, came.fields, self._nobody)
            return {"response_action": "errors", "errors": errors}
        return None

    # --- who it is for

    def _is_first(self, event: Event) -> bool:
        key = "" if isinstance(event, Looked) else event.key
        if key in self._answered:
            return False
        if key:
            self._answered[key] = None
            if len(self._answered) > _MOST_REMEMBERED:
                self._answered.popitem(last=False)
        return True

    def _users(self, came: Origin) -> Mapping[str, str]:
        """Return whose name can be pressed; where that is to be read anew, later answers have it."""
        if self._mentions is None:
            return NOBODY
        if not self._mentions.is_fresh:
            self._tasks.leave(self._mentions.look(), "mentions")
        return self._mentions.known(came.workspace)

    async def _users_now(self, came: Origin) -> Mapping[str, str]:
        """Return whose name can be pressed, for what nobody waits for."""
        return await self._mentions.within(came.workspace) if self._mentions is not None else NOBODY

    def _reader(self, answered: Answered) -> Reader:
        return Reader(answered.to.language, answered.to.zone) if answered.to else self._nobody

    async def _make_known(self, came: Origin, event: Event, answered: Answered, introduce: Introduce) -> None:
        """Find out who that was, and if it is one of ours, take in again what they did."""
        if await introduce(came.workspace, came.user, came.enterprise):
            answered = await self._receive(event)
        await self._show_now(came, event, answered)

    async def _show_now(self, came: Origin, event: Event, answered: Answered) -> None:
        body = await self._show(came, event, answered, True, OPEN_SECONDS)
        if came.kind == "command" and body:
            self._screen.respond(came, body)

    # --- how it is shown

    async def _show(
        self, came: Origin, event: Event, answered: Answered, first: bool, seconds: float
    ) -> Json:
        reply, reader = answered.reply, self._reader(answered)
        if isinstance(event, Looked):
            return {
                "options": dialog.person_options(reply.choices, reader) if isinstance(reply, Choices) else []
            }
        if came.kind == "form":
            in_place = self._in_dialog(came, reply, reader)
            if in_place is not None:
                return in_place
        elif isinstance(reply, ShowForm):
            return await self._open(came, event, reply.form, reader, seconds) if first else {}
        if came.kind == "command":
            return self._in_answer(came, reply, reader)
        if first and came.home and isinstance(event, Pressed | Commanded):
            await self._at_home(came, event, reply, reader, seconds)
        elif first:
            self._afterwards(came, event, reply, reader)
        return {"response_action": "clear"} if came.kind == "form" else {}

    def _in_dialog(self, came: Origin, reply: Reply, reader: Reader) -> Json | None:
        """Return what goes on in the dialog itself; None where it closes."""
        if isinstance(reply, ShowForm):
            return {"response_action": "update", "view": _view(came, reply.form, reader)}
        if isinstance(reply, FixForm) and came.fields:
            errors = dialog.errors(reply.errors, came.fields, reader)
            return {"response_action": "errors", "errors": errors}
        return None

    async def _open(self, came: Origin, event: Event, form: Form, reader: Reader, seconds: float) -> Json:
        """Open a dialog, or say why it is not open."""
        if not came.trigger:
            self._screen.post(came, lambda: render.message(_with_button(event, form), reader))
            return {}
        opened = await self._screen.open(came, _view(came, form, reader), seconds)
        if opened in ("opened", "before"):
            return {}
        said = render.note(_AGAIN if opened == "late" else _NOT_NOW, reader)
        if came.kind == "command":
            return _ephemeral(said)
        self._screen.whisper(came, lambda: said)
        return {}

    def _in_answer(self, came: Origin, reply: Reply, reader: Reader) -> Json:
        """Return the answer to a command, which only this person sees."""
        if isinstance(reply, ShowHome):
            self._publish(came, reply.home, reader)
            return _ephemeral(render.note(_HOME_READY, reader))
        return _ephemeral(*_said(reply, reader, self._users(came)))

    def _afterwards(self, came: Origin, event: Event, reply: Reply, reader: Reader) -> None:
        """Call for what cannot be said in the answer."""
        if isinstance(reply, ShowHome):
            self._publish(came, reply.home, reader)
            return
        if isinstance(event, HomeOpened):
            if isinstance(reply, Note):
                self._publish(came, Home(reply.words, ()), reader)
            return
        users = self._users(came)
        renewed = reply.card if isinstance(reply, ReplaceCard | CloseForm) else None
        posted = reply.card if isinstance(reply, ShowCard) else None
        if renewed is not None and (came.message or came.hidden):
            self._screen.renew(came, partial(render.message, renewed, reader, users))
        elif isinstance(reply, ReplaceCard):
            posted = reply.card
        if posted is not None:
            self._screen.post(came, partial(render.message, posted, reader, users))
        for words in notes(reply):
            self._screen.whisper(came, partial(render.note, words, reader, users))
        if came.home and isinstance(event, Submitted):
            self._draw_anew(came, event)

    async def _at_home(
        self, came: Origin, event: Pressed | Commanded, reply: Reply, reader: Reader, seconds: float
    ) -> None:
        """Show what a press in the home leads to, in a dialog: nobody looks at the messages there."""
        card, users = reply.card if isinstance(reply, ReplaceCard | ShowCard) else None, self._users(came)
        if came.pane and card is not None:
            self._screen.redraw(came, lambda: pane.view([render.message(card, reader, users)], reader))
        elif not isinstance(reply, ReplaceCard):  # whose card the home itself shows
            said = _said(reply, reader, users)
            opened = await self._screen.open(came, pane.view(said, reader), seconds) if said else "opened"
            if opened in ("late", "refused"):
                for message in said:
                    self._screen.post(came, partial(_same, message))
        if isinstance(reply, ShowHome):
            self._publish(came, reply.home, reader)
        elif not isinstance(reply, ShowCard):
            self._draw_anew(came, event)

    def _publish(self, came: Origin, home: Home, reader: Reader) -> None:
        async def drawn() -> Json | None:
            return page.view(home, reader, await self._users_now(came))

        self._screen.publish(came, drawn)

    def _draw_anew(self, came: Origin, event: Pressed | Submitted | Commanded) -> None:
        """Draw the home as it is after what was done there."""
        opened = HomeOpened(key=f"{event.key}/home", who=event.who)

        async def drawn() -> Json | None:
            answered = await self._receive(opened)
            reply = answered.reply
            if not isinstance(reply, ShowHome):
                return None
            return page.view(reply.home, self._reader(answered), await self._users_now(came))

        self._screen.publish(came, drawn)


def _view(came: Origin, form: Form, reader: Reader) -> Json:
    message = HOME if came.home else "" if came.hidden else came.message
    return dialog.view(form, reader, message=message)


def _with_button(event: Event, form: Form) -> Card:
    """Return a card whose button opens the dialog: what is typed brings no trigger along."""
    match event:
        case Said(text=text):
            words = text
        case Commanded(name=name, text=text):
            words = f"{name} {text}"
        case _:
            words = ""
    asked = words if len(words) <= _WORDS_ROOM else words.split(None, 1)[0]
    button = Button(say("Open"), SAY, "-", asked, style="primary", opens_form=True)
    return Card(form.title, buttons=(button,))


def _said(reply: Reply, reader: Reader, users: Mapping[str, str]) -> tuple[Message, ...]:
    """Return what a reply says and shows."""
    lines = tuple(render.note(words, reader, users) for words in notes(reply))
    card = reply.card if isinstance(reply, ReplaceCard | CloseForm | ShowCard) else None
    return (*lines, render.message(card, reader, users)) if card is not None else lines


def _same(message: Message) -> Message:
    return message


def _ephemeral(*messages: Message) -> Json:
    """Return the answer to a command; nothing to say is no answer."""
    if not messages:
        return {}
    text = "\n\n".join(message.text for message in messages)
    blocks = [block for message in messages for block in message.blocks]
    return {"response_type": "ephemeral", "text": text, "blocks": blocks}
