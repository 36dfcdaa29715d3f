"""Where somebody is written to, who is known in several places: one message goes to one of them, and they choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from bot.content import Button, Card, Say, Text, say
from bot.events import Address
from bot.facts import Person
from bot.outcome import Note, Nothing, Outcome, Put, ShowCard
from flows.kinds import Act, Command, DeskVerb
from flows.scene import Desk

# How people call what they write in.
_NAMES: Mapping[str, Say] = MappingProxyType(
    {"slack": say("Slack"), "teams": say("Microsoft Teams"), "mail": say("e-mail")}
)


def name_of(channel: str) -> Say:
    """Return a channel's name as people know it."""
    return _NAMES.get(channel) or say("{channel}", channel=channel)


def chosen(person: Person, who: Address) -> Person:
    """Return the person as somebody who is written to at this one of their addresses: they are there."""
    others = tuple(one for one in person.addresses if one != who)
    return replace(person, address=who, also=others, reachable=True, trouble="")


# --- somebody arrives ------------------------------------------------------------------------------


def arrived(before: Person, after: Person, who: Address) -> Outcome:
    """Keep where a person is reached; who is written to somewhere else reads how to change that, and only now."""
    reply = ShowCard(_welcome(after, who)) if who in after.also else Nothing()
    return Outcome(reply=reply, changes=(Put(after),) if after != before else ())


def _welcome(person: Person, who: Address) -> Card:
    place = _name(person, person.address)
    words = say("I answer you here, and go on writing to you in {channel}.", channel=place)
    button = _button(person, who, say("Write to me here instead"))
    return Card(say("Good to see you here too"), (Text(words),), (button,))


# --- choosing --------------------------------------------------------------------------------------


def here(desk: Desk, text: str) -> Outcome:
    """Write to a person from now on where they say this."""
    if desk.here is not None:
        return _choose(desk.me, desk.here)
    if len(desk.me.addresses) > 1:
        return Outcome(reply=ShowCard(card(desk)))
    if desk.me.address is None:
        return Outcome(reply=Note(say("I do not know you in any chat yet.")))
    place = _name(desk.me, desk.me.address)
    words = say("I write to you in {channel}. I know you nowhere else.", channel=place)
    return Outcome(reply=Note(words))


def choose(desk: Desk, event: Act) -> Outcome:
    """Write to a person from now on where they pressed for it."""
    who = next((one for one in desk.me.addresses if _ref(one) == event.ref), None)
    if who is None:
        return Outcome(reply=Note(say("I cannot write to you there any more. Nothing was changed.")))
    return _choose(desk.me, who, here=who == desk.here)


def _choose(me: Person, who: Address, *, here: bool = True) -> Outcome:
    now, channel = chosen(me, who), _name(me, who)
    if now == me and here:
        return Outcome(reply=Note(say("I write to you here already, in {channel}.", channel=channel)))
    if now == me:
        return Outcome(reply=Note(say("I write to you in {channel} already.", channel=channel)))
    if here:
        words = say("From now on I write to you here, in {channel}.", channel=channel)
    else:
        words = say("From now on I write to you in {channel}.", channel=channel)
    return Outcome(reply=Note(words), changes=(Put(now),))


def card(desk: Desk) -> Card:
    """Return where the bot writes to, and a button for each other place."""
    me, place = desk.me, _name(desk.me, desk.me.address)
    words = say("I write to you in {channel}. Each message goes to one place only.", channel=place)
    buttons = tuple(
        _button(me, one, say("Write to me here instead")) if one == desk.here else _button(me, one)
        for one in me.also
    )
    return Card(say("Where I write to you"), (Text(words),), buttons)


def _button(me: Person, who: Address, label: Say | None = None) -> Button:
    there = say("Write to me in {channel} instead", channel=_name(me, who))
    return Button(label or there, "here.choose", _ref(who))


def _ref(who: Address) -> str:
    return f"here:{who.channel}/{who.workspace}/{who.user}"


def _name(me: Person, who: Address | None) -> Say:
    """Call the place of an address; of several in one channel all but the chosen one are in the other workspace."""
    channel = who.channel if who is not None else "mail"
    alike = [one for one in me.addresses if one.channel == channel]
    if len(alike) > 1 and who != alike[0]:
        return say("the other workspace of {channel}", channel=name_of(channel))
    return name_of(channel)


VERBS = {"here.choose": DeskVerb(run=choose, needs=())}
COMMANDS = {
    "here": Command(run=here, help=say("have me write to you here, where you are in several chats"), needs=())
}
