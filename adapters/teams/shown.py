"""Lines, cards and openers in the forms that Teams takes: as an activity, or as the answer to an invoke."""

from __future__ import annotations

import re

from adapters.replies import notes
from adapters.teams import render
from adapters.teams.wording import Json
from bot.content import Button, Card, Form, Home, Link, PersonName, Say, Text, say
from bot.events import Commanded, Event, Pressed
from bot.facts import Person
from bot.i18n import Reader
from bot.outcome import CloseForm, ReplaceCard, Reply, ShowCard, ShowForm, ShowHome

_TAG = re.compile(r"<[^<>]*>")
_KEPT = say("Noted.")
_WELCOME = say("Your mentoring programme comes to you here, one thing at a time.")
_WORDS = say("Write “home” to see where you are, or “help” for a word to HR, in confidence.")


# --- an activity -----------------------------------------------------------------------------


def line(words: Say, reader: Reader) -> Json:
    """Return a message of words alone, in which nothing is read as markup."""
    return {"type": "message", "text": render.note(words, reader), "textFormat": "plain"}


def opener(event: Event, form: Form, reader: Reader) -> Json:
    """Return a message whose button opens the dialog: what is typed cannot open one by itself."""
    match event:
        case Commanded(name=name, text=text):
            # A mention is one only in the message it was typed in; the name in it is read later too.
            for piece, _ in event.mentions:
                text = text.replace(piece, _TAG.sub("", piece))
            return render.opener(f"{name} {text}".strip(), reader, form.title)
        case Pressed(verb=verb, ref=ref, value=value):
            button = Button(say("Open"), verb, ref, value, style="primary", opens_form=True)
            return render.message(Card(form.title, buttons=(button,)), reader)
    return line(form.title, reader)


def hello(person: Person, page: str) -> Card:
    """Return what somebody reads first; `page` is the address of their home, "" where there is none."""
    title = say("Hello {name}", name=PersonName(person.name, person.id))
    buttons = (Link(say("Open your page"), page),) if page else ()
    return Card(title, (Text(_WELCOME), Text(_WORDS)), buttons=buttons, tone="warm")


# --- the answer to an invoke -----------------------------------------------------------------


def in_a_line(reply: Reply, reader: Reader) -> str:
    """Return a reply in a line: what it says, else what it shows is called."""
    words = notes(reply)
    if not words:
        match reply:
            case ReplaceCard(card) | ShowCard(card):
                words = (card.title,)
            case (
                CloseForm(card=Card(title=title)) | ShowHome(Home(title=title)) | ShowForm(Form(title=title))
            ):
                words = (title,)
            case _:
                words = (_KEPT,)
    return "\n\n".join(render.note(one, reader) for one in words)


def pressed_line(words: str) -> Json:
    """Return a line that only who pressed sees."""
    return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": words}


def pressed_card(card: Json) -> Json:
    """Return a card that takes the place of the pressed one."""
    return {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": card}


def dialog_line(words: str) -> Json:
    """Return a line in the place of a dialog."""
    return {"task": {"type": "message", "value": words}}


def results(found: tuple[tuple[str, str], ...]) -> Json:
    """Return what a picker offers, by title and value."""
    results = [{"title": title, "value": value} for title, value in found]
    kind = "application/vnd.microsoft.search.searchResponse"
    return {"statusCode": 200, "type": kind, "value": {"results": results}}


def dialog(drawn: Json) -> Json:
    """Return a dialog, or its next step."""
    return {"task": {"type": "continue", "value": drawn}}
