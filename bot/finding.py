"""Who is meant: who acts, somebody new on a channel, a person mentioned in a command, a name typed in a picker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import combining, normalize

from bot.content import Choice, PersonName, say
from bot.events import Address, Arrived, Commanded, Event, Left, Unfound
from bot.facts import Person
from bot.ports import Work
from bot.reach import PAGES

_MOST = 100  # choices that a picker shows at once (Slack, external select)


def who_acts(work: Work, event: Event) -> Person | None:
    """Return who did this: whoever is known at the address, has signed in to our pages, or arrives just now."""
    if isinstance(event, Unfound):
        return None
    if event.who.channel == PAGES:
        signed_in = None if isinstance(event, Arrived | Left) else work.person(event.who.user)
        return signed_in if signed_in is not None and signed_in.active else None
    return work.person_at(event.who) or _who_arrives(work, event)


def _who_arrives(work: Work, event: Event) -> Person | None:
    """
    Return who arrives in a workspace for the first time, found by their e-mail.

    Nobody who is reached in this workspace already: in one workspace a person has one account, and another that
    gives the same e-mail may be a stranger's.
    """
    if not isinstance(event, Arrived) or not event.email:
        return None
    person = work.person_with_email(event.email)
    if person is None or (person.reachable and _is_in(person, event.who)):
        return None
    return person


def _is_in(person: Person, who: Address) -> bool:
    return any((one.channel, one.workspace) == (who.channel, who.workspace) for one in person.addresses)


def alone_with(work: Work, person_id: str) -> Person | None:
    """Return somebody as they are, locked until the transaction ends: two chats may tell of them at once."""
    for enrolment in work.enrolments_of(person_id):
        work.lock_enrolment(
            enrolment
        )  # a change of a person makes theirs due, and whoever locks both begins here
    work.lock_people((person_id,))
    return work.person(person_id)


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
