"""A person's own calendar of the meetings of all their programmes, and the address that calendars follow it by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from bot.content import Button, Card, Link, Role, Say, Text, WebLink, say
from bot.events import Pressed
from bot.facts import Person
from bot.i18n import Reader
from bot.invitation import Entry
from bot.invitation import feed as written
from bot.outcome import Note, Outcome, Put, ReplaceCard, ShowCard
from flows.kinds import Act, Command, DeskVerb
from flows.scene import Desk, Scene

_PAGE = "page:calendar"
_OTHERS: Mapping[Role, Say] = MappingProxyType(
    {
        "mentee": say("the mentee"),
        "mentor": say("the mentor"),
        "head": say("the head"),
        "coordinator": say("HR"),
        "director": say("the director"),
    }
)
_NO_PAGES = say(
    "There is no address to subscribe to: whoever runs me has set no public one. "
    "Each meeting still comes with its own entry for your calendar."
)


# --- the calendar ----------------------------------------------------------------------------------


def feed(person: Person, scenes: Iterable[Scene], now: datetime) -> bytes:
    """
    Return the iCalendar of a person's meetings that have a time, with those that were called off.

    Each is the same entry as in the file that came with the meeting, so that no calendar shows it twice, and names
    nobody but this person.
    """
    read = Reader(language=person.language, zone=person.zone)
    entries = [entry for scene in scenes for entry in _entries(scene, person, read)]
    return written(entries, name=read.text(say("Meetings of your programme")), now=now)


def _entries(scene: Scene, person: Person, read: Reader) -> Iterator[Entry]:
    for meeting in scene.pair.meetings:
        if person.id not in meeting.people:
            continue
        try:
            step = scene.step_named(meeting.step)
        except LookupError:
            continue  # a step that was taken out of the programme says nothing any more
        nobody = _unnamed(scene, person)
        title, words = scene.title(step, **nobody), scene.words(step, person, **nobody)
        yield Entry(meeting=meeting, title=read.text(title), description=read.text(words))


def _unnamed(scene: Scene, person: Person) -> dict[str, Say]:
    """Return what stands in the place of others' names: whoever has the address reads it."""
    pair = scene.pair
    return {role: words for role, words in _OTHERS.items() if any(p != person for p in pair.seated(role))}


# --- its address -----------------------------------------------------------------------------------


def show(desk: Desk, text: str) -> Outcome:
    """Show the address of the person's calendar."""
    return Outcome(reply=ShowCard(card(desk.me)) if desk.pages else Note(_NO_PAGES))


def renew(desk: Desk, event: Act) -> Outcome:
    """Give the person another address; the earlier one ends. A second press on the same card changes nothing."""
    assert isinstance(event, Pressed)
    if not desk.pages:
        return Outcome(reply=Note(_NO_PAGES))
    if event.value != str(desk.me.feed):
        return Outcome(reply=ReplaceCard(card(desk.me)))
    me = replace(desk.me, feed=desk.me.feed + 1)
    words = say("This is your new address; the earlier one no longer shows anything.")
    return Outcome(reply=ReplaceCard(card(me, words)), changes=(Put(me),))


def card(me: Person, intro: Say | None = None) -> Card:
    """Return the address of a person's calendar, what it shows, and a way to another address."""
    words = say(
        "Subscribe to {address} in your calendar. It shows when you meet, what about and the video link, "
        "and follows every change.",
        address=WebLink(_PAGE, _PAGE),
    )
    quiet = say("The address is yours alone: whoever has it sees the same. Nobody else is named there.")
    sure = say("Get a new address? Calendars that use this one stop getting your meetings.")
    return Card(
        say("Your meetings in your own calendar"),
        (*((Text(intro),) if intro else ()), Text(words), Text(quiet, "quiet")),
        (
            Link(say("Open the calendar"), _PAGE),
            Button(say("New address"), "feed.renew", "feed:mine", value=str(me.feed), confirm=sure),
        ),
    )


VERBS = {"feed.renew": DeskVerb(run=renew, needs=())}
COMMANDS = {"calendar": Command(run=show, help=say("your meetings in your own calendar"), needs=())}
