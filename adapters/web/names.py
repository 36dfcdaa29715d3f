"""What the pages are called: the channel of those who act there, and the addresses."""

from __future__ import annotations

from typing import Final

# An address of this channel names a person by our own id: only pages that know who looks at them make one.
CHANNEL: Final = "web"

ENTER: Final = "/enter/{token}"
HOME: Final = "/me"
ACT: Final = "/me/act"
PEOPLE: Final = "/me/people"
OUT: Final = "/me/out"
TAB: Final = "/tab/home"
TAB_SESSION: Final = "/tab/session"
FILE: Final = "/file/{token}"
FEED: Final = "/calendar/{token}.ics"
STATIC: Final = "/web/{name}"
PICTURES: Final = "/web/pictures/{name}"
