"""What a reply says, whatever it shows; and saying it, with patience."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import assert_never

from bot.content import Say
from bot.outcome import (
    Choices,
    CloseForm,
    FixForm,
    Note,
    Nothing,
    ReplaceCard,
    Reply,
    ShowCard,
    ShowForm,
    ShowHome,
)
from bot.ports import Refused, Throttled, Unreachable, Unsure

_TRIES = 3  # of a call that the platform did not take yet, which surely had no effect, or none but the same
_MOST_WAIT_SECONDS = 60.0


def notes(reply: Reply) -> tuple[Say, ...]:
    """Return the sentences of a reply, each once."""
    match reply:
        case Note(words):
            return (words,)
        case CloseForm(note=words):
            return (words,) if words is not None else ()
        case FixForm(errors):
            return tuple(dict.fromkeys(errors.values()))
        case ShowForm() | ReplaceCard() | ShowCard() | ShowHome() | Choices() | Nothing():
            return ()
    assert_never(reply)


async def tried(attempt: Callable[[], Awaitable[object]], sleep: Callable[[float], Awaitable[None]]) -> str:
    """Try; where the platform says "not now", try again after the time it asks for. Return why not, "" where it was."""
    for left in reversed(range(_TRIES)):
        try:
            await attempt()
        except Throttled as error:
            if error.everybody or not left:
                return error.why
            await sleep(min(error.seconds, _MOST_WAIT_SECONDS))
        except (Refused, Unreachable, Unsure) as error:
            return str(error) or type(error).__name__
        else:
            return ""
    return ""
