"""Where a person is reached: what is so after they arrived somewhere, left it, or chose another address."""

from __future__ import annotations

from dataclasses import replace

from bot.events import Address
from bot.facts import Person

# Whoever writes from here has signed in to our own pages: `user` is the person's id. Nothing is delivered there.
PAGES = "web"


def now_there(person: Person, who: Address) -> Person:
    """
    Return the person reached at this address too.

    The bot goes on writing where they are reached already; where they were not, it writes here from now on.
    """
    others = tuple(one for one in person.also if one != who)
    if person.address in (None, who) or not person.reachable:
        return replace(person, address=who, also=others, reachable=True, trouble="")
    return person if who in person.also else replace(person, also=(*person.also, who))


def no_longer_there(person: Person, who: Address, trouble: str) -> Person:
    """
    Return the person without this address; only where it was their last one are they not reached.

    The last one is kept, because a person who comes back is known by it.
    """
    others = tuple(one for one in person.also if one != who)
    if person.address != who:
        return replace(person, also=others)
    if not others:
        return replace(person, reachable=False, trouble=trouble)
    return replace(person, address=others[0], also=others[1:], reachable=True, trouble="")
