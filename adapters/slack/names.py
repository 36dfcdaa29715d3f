"""How what we must find again travels through Slack: message ids, controls, and what a dialog remembers."""

from __future__ import annotations

import json
from dataclasses import dataclass

from adapters.control import Control as Control
from adapters.control import control as control
from adapters.control import read_control as read_control

CHANNEL = "slack"
FORM = "form"  # the callback id of every dialog
FIELD = "field"  # the action id of a dialog's inputs, whose block id is the field's key

# What the app's manifest and whoever listens must agree on.
COMMAND = "/mentor"
HELP_ABOUT = "help_about"  # the callback id of the message shortcut
EVENTS = "/slack/events"  # where Slack calls us, whatever for
INSTALL, INSTALLED = "/slack/install", "/slack/oauth_redirect"  # where a workspace installs the app

# Beginnings of action ids. What follows only makes them unique in their block.
PRESS, ASK, TICK, LINK, LOOK = "press:", "ask:", "tick:", "link:", "look:"


def message_id(channel: str, ts: str) -> str:
    """Return the id under which a message is kept."""
    return f"{channel}:{ts}"


def split_message(message: str) -> tuple[str, str]:
    """Return channel and timestamp of a message; ValueError where it is none of ours."""
    channel, colon, ts = message.partition(":")
    if not (channel and colon and ts):
        raise ValueError(f"{message!r} is no Slack message: it must read CHANNEL:TIMESTAMP")
    return channel, ts


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a dialog remembers until it is sent: what it is for, and the message whose button opened it."""

    verb: str
    ref: str
    message: str = ""


def metadata(verb: str, ref: str, message: str = "") -> str:
    """Return what a dialog carries; Slack takes 3,000 characters."""
    return json.dumps({"verb": verb, "ref": ref, "message": message}, separators=(",", ":"))


def read_metadata(text: str) -> Metadata:
    """Return what a sent dialog carried; ValueError where it is none of ours."""
    try:
        found = json.loads(text)
        return Metadata(str(found["verb"]), str(found["ref"]), str(found.get("message", "")))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("a dialog carries no verb and ref of ours") from None
