"""How what we must find again travels through Teams: message ids, controls, and what a dialog remembers."""

from __future__ import annotations

from adapters.control import Control as Control
from adapters.control import control as control
from adapters.control import read_control as read_control

CHANNEL = "teams"

# What the app package and whoever listens must agree on.
MESSAGES = "/api/messages"  # where Teams calls us, whatever for
HOME_TAB = "home"  # the entity id of the personal tab
HELP_ABOUT = "helpAbout"  # the action beside a message that asks for help about it
PEOPLE = "people"  # the data set of a picker that everybody may be found in

# Keys of what a control carries. Teams puts the values of a card's inputs beside them, so those begin with INPUT.
PRESS = "c"  # a control: what a press asks for, or what opens a dialog
WORDS = "w"  # a command's words, which open a dialog
FORM = "f"  # on a dialog's own button: the verb and ref it is sent to
MESSAGE = "m"  # on a dialog's own button: the message whose button opened it
INPUT = "i."


def message_id(conversation: str, activity: str) -> str:
    """Return the id under which a message is kept; an activity's id never holds a bar."""
    return f"{conversation}|{activity}"


def split_message(message: str) -> tuple[str, str]:
    """Return conversation and activity of a message; ValueError where it is none of ours."""
    conversation, bar, activity = message.rpartition("|")
    if not (conversation and bar and activity):
        raise ValueError(f"{message!r} is no Teams message: it must read CONVERSATION|ACTIVITY")
    return conversation, activity
