"""Who is meant: somebody new on a channel, a person mentioned in a command, a name typed in a picker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from unicodedata import combining, normalize

from bot.content import Choice, PersonName, say
from bot.events import Address, Arrived, Commanded, Event
from bot.facts import Person
from bot.outcome import Outcome, Put
from bot.ports import Work

_MOST = 100  # choices that a picker shows at once (Slack, external select)


def who_arrives(work: Work, event: Event) -> Person | None:
    """Return who arrives on a channel for the first time: nobody who is reached somewhere already."""
    if not isinstance(event, Arrived) or not event.email:
        return None
    person = work.person_with_email(event.email)
    return person if person is not None and person.address in (None, event.who) else None


def now_there(me: Person, who: Address) -> Outcome:
    """Reach a person from now on at this address; nothing is written where that is known."""
    there = replace(me, reachable=True, trouble="", address=who)
    return Outcome(changes=(Put(there),) if there != me else ())


def with_names(work: Work, event: Commanded) -> str:
    """Return a command's words, with the names of the people that were mentioned."""
    text = event.text
    for piece, address in event.mentions:
        person = work.person_at(address)
        if person is not None:
            text = text.replace(piece, person.name)
    return text


def choices_for(work: Work, me: Person, typed: str) -> tuple[Choice, ...]:
    """
    Return the people whose name has a word beginning with each word typed, by name.

    A coordinator finds everybody; anyone else finds those they share a programme with.
    """
    wanted = _folded(typed).split()
    if me.is_coordinator:
        people: Iterable[Person] = work.people()
    else:
        ids = work.enrolments_of(me.id)
        pairs = work.pairs(ids, ()) if ids else ()
        people = {person.id: person for pair in pairs for person in pair.people}.values()
    found = [one for one in people if one.active and _begins(_folded(one.name).split(), wanted)]
    found.sort(key=lambda one: (one.name, one.id))
    return tuple(Choice(say("{name}", name=PersonName(one.name, one.id)), one.id) for one in found[:_MOST])


def _begins(words: Sequence[str], wanted: Sequence[str]) -> bool:
    return all(any(word.startswith(piece) for word in words) for piece in wanted)


def _folded(text: str) -> str:
    """Return letters without case and accents, so that "zan" finds Žan."""
    apart = normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not combining(letter))
