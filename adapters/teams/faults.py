"""
What Microsoft's refusals mean to those who deliver: wait, give up, find the person, or ask what became of it.

The Bot Connector says of 412, 429, 502, 503 and 504 that they are passing and that the bot is to try again, of 429
after Retry-After, of the others with growing pauses (Microsoft's pages "rate limit" and "status codes from bot
conversational APIs"); no other status is to be tried again. A message sent again that had arrived would stand there
twice, so these are told apart:

- 412, 429 and 503 say that the request was turned away: surely not delivered.
- 502 and 504 in the Connector's own words (its JSON with a code, or a Retry-After) are its statement that it did not
  take the message and wants it again: not delivered, by what it promises.
- 502 and 504 in nobody's words come from something between us and the Connector that lost the answer. A new message
  is in doubt then; whatever may be done twice (changing a message, opening a conversation, looking) is done again.
- 500, a time limit, a broken connection: the request was there, and nobody knows: the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Literal

import aiohttp

from adapters.teams.tokens import LATER_SECONDS, SOON_SECONDS
from adapters.teams.wire import Answer, Json
from bot.ports import Refused, Throttled, Unreachable, Unsure

# What a call may raise that says something about the call; anything else is a mistake of ours.
TROUBLES = (aiohttp.ClientError, TimeoutError, OSError)
Port = Refused | Throttled | Unreachable | Unsure
# What is done; of these only a new message makes a difference when it is made twice.
Deed = Literal["send", "change", "open", "look", "install"]

_LONGEST_SECONDS = 3600.0
_PASSING = frozenset({412, 429, 503})
_GATEWAY = frozenset({502, 504})
_BETWEEN = frozenset({403, 407, 511})

# By the Connector's code, and what the person's state is called.
_PERSON = {
    "MessageWritesBlocked": "blocked",  # they blocked, muted or removed it: Microsoft tells no more
    "ConversationBlockedByUser": "blocked",
    "BotDisabledByAdmin": "blocked",
    "BotNotInConversationRoster": "app_removed",
    "ForbiddenOperationException": "not_installed",
}
# The bot as such: everybody of the tenant waits until an operator has mended it.
_TENANT = frozenset({"BotNotRegistered", "InvalidBotApiHost"})
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,60}")
# Of people who wrote themselves into an error's text nothing is taken over but these words.
_TOLD = re.compile("|".join(_PERSON))


def ported(error: Exception, deed: Deed) -> Port:
    """Return what a call that got no answer means to those who deliver; never with a word of what was sent."""
    match error:
        case Refused() | Throttled() | Unreachable() | Unsure():
            return error
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return Throttled(SOON_SECONDS, why="no connection")
    return in_doubt(deed, type(error).__name__)


def in_doubt(deed: Deed, why: str) -> Throttled | Unsure:
    """Return what it means that nobody knows what became of a call."""
    return Unsure(why) if deed == "send" else Throttled(SOON_SECONDS, why=why)


def answered(answer: Answer, deed: Deed, growing: Callable[[], float]) -> Port:
    """Return what a refusal means; `growing` tells how long to wait where Microsoft does not."""
    status, code = answer.status, code_of(answer.body)
    why = code or f"http {status}"
    if status in _PASSING or (status in _GATEWAY and (code or _retry_after(answer))):
        return Throttled(_retry_after(answer) or growing(), why=why)
    if status in _GATEWAY and deed != "send":
        return Throttled(growing(), why=why)
    if status >= 500:
        return in_doubt(deed, why)
    if status == 401:
        return Throttled(LATER_SECONDS, everybody=True, why=code or "unauthorized")
    if status == 413:
        return Refused(code or "MessageSizeTooBig")
    if code in _TENANT:
        return Throttled(LATER_SECONDS, everybody=True, why=code)
    if status == 403 and (told := _person(answer.body)):
        # Whose conversation is only being opened was never in one with the bot.
        never = deed == "open" and _PERSON[told] == "app_removed"
        trouble = "not_installed" if never else _PERSON[told]
        return Unreachable(told, trouble)
    if code:
        return Refused(code)
    if status < 400 or status in _BETWEEN:
        # Whoever answered was not the Connector: a proxy, or a redirect.
        return Throttled(LATER_SECONDS, everybody=True, why=why)
    # Its addresses now and then say 404 and nothing else, of one conversation and for a while.
    return Throttled(growing(), why=why)


def code_of(body: Json) -> str:
    """Return Microsoft's code for an error; "" where it gave none."""
    error = body.get("error")
    told = error.get("code") if isinstance(error, dict) else None
    return told if isinstance(told, str) and _CODE.fullmatch(told) else ""


def _person(body: Json) -> str:
    """Return what keeps a person from being reached: the code, or what stands below it."""
    code = code_of(body)
    if code in _PERSON:
        return code
    # Blocked people are told by a sub-code, whose place has changed over the years.
    found = _TOLD.search(json.dumps(body))
    return found.group() if found else ""


def _retry_after(answer: Answer) -> float:
    try:
        seconds = float(answer.headers.get("retry-after", ""))
    except ValueError:
        return 0.0
    # "nan" and "inf" are numbers too.
    return min(max(seconds, 1.0), _LONGEST_SECONDS) if 0 <= seconds < float("inf") else 0.0
