"""`telemachy new-key`: a key that nobody can guess."""

from __future__ import annotations

from secrets import token_urlsafe


def new_key() -> None:
    """
    Print a new key for TELEMACHY_LINK_KEY, which signs links and the sessions of browsers.

    To change it: put the new one in front, with a comma, and take the old one away after 60 days, which is how
    long links to files are good.
    """
    print(token_urlsafe(32))
