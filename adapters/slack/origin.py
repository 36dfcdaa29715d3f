"""Where something came from, and every way to answer it: read from what Slack sent, before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from adapters.payload import at, text
from adapters.slack import names

Body = Mapping[str, object]

# The families of what Slack sends; each has one listener.
Kind = Literal["event", "command", "press", "form", "picker", "shortcut", "other"]

PANE = "pane"  # the callback id of a dialog that shows a card
HOME = "home"  # what a dialog remembers in the place of a message when it was opened from a home


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What an answer needs to know; "" where there is no such thing."""

    kind: Kind
    name: str  # Slack's own word for it, for counting
    user: str = ""
    workspace: str = ""
    enterprise: str = ""
    trigger: str = ""  # opens one dialog within three seconds
    channel: str = ""  # the conversation it happened in
    message: str = ""  # the message that was pressed, or whose button opened the dialog
    hidden: bool = False  # that message is one that only this person sees: it cannot be updated by its id
    home: bool = False  # it happened in the home, or in a dialog opened there
    pane: str = ""  # the id of the dialog that shows the card that was pressed
    respond: str = ""  # takes five answers within half an hour
    fields: tuple[str, ...] = ()  # the block ids of a sent dialog's inputs, in their order


def origin(body: Body) -> Origin:
    """Return where a payload came from."""
    kind = _kind(body)
    view, container = at(body, "view"), at(body, "container")
    channel = text(container, "channel_id") or text(body, "channel", "id") or text(body, "channel_id")
    channel = channel or text(body, "event", "channel")
    ts, message = text(container, "message_ts"), ""
    pane = text(view, "id") if kind == "press" and text(view, "callback_id") == PANE else ""
    home = bool(pane) or (kind == "press" and text(view, "type") == "home")
    if kind == "press" and channel and ts:
        message = names.message_id(channel, ts)
    elif kind == "form":
        message = remembered(view)
        home, message = message == HOME, "" if message == HOME else message
        channel = message.partition(":")[0]
    return Origin(
        kind=kind,
        name=_name(body),
        user=_user(body),
        workspace=_workspace(body),
        enterprise=_enterprise(body),
        trigger=text(body, "trigger_id"),
        channel=channel,
        message=message,
        hidden=at(container, "is_ephemeral") is True,
        home=home,
        pane=pane,
        respond=text(body, "response_url"),
        fields=_inputs(view) if kind == "form" else (),
    )


def remembered(view: object) -> str:
    """Return the message that a dialog of ours remembers; "" for a dialog that is none of ours."""
    try:
        return names.read_metadata(text(view, "private_metadata")).message
    except ValueError:
        return ""


def _kind(body: Body) -> Kind:
    match text(body, "type"):
        case "event_callback" if text(body, "event", "type"):
            return "event"
        case "block_actions" if text(_first(body.get("actions")), "action_id"):
            return "press"
        case "view_submission" if text(body, "view", "callback_id"):
            return "form"
        case "block_suggestion" if text(body, "action_id"):
            return "picker"
        case "message_action" if text(body, "callback_id"):
            return "shortcut"
        case "" if text(body, "command"):
            return "command"
    return "other"


def _name(body: Body) -> str:
    word = text(body, "type") or ("slash_command" if "command" in body else "unknown")
    event = text(body, "event", "type")
    return f"{word}.{event}" if event else word


def _user(body: Body) -> str:
    said = text(body, "user", "id") or text(body, "user_id")
    return said or text(body, "event", "user") or text(body, "event", "user", "id")


def _workspace(body: Body) -> str:
    """
    Return the workspace that the app is used in.

    An event of a channel shared between organisations names the one it was sent for in its authorisations; an
    organisation-wide installation may leave the team out, except on the person and on the view.
    """
    named = (
        text(_first(body.get("authorizations")), "team_id") or text(body, "team", "id") or text(body, "team")
    )
    named = named or text(body, "team_id")
    return named or text(body, "user", "team_id") or text(body, "view", "team_id")


def _enterprise(body: Body) -> str:
    named = text(_first(body.get("authorizations")), "enterprise_id") or text(body, "enterprise", "id")
    return named or text(body, "enterprise_id") or text(body, "team", "enterprise_id")


def _first(many: object) -> object:
    return many[0] if isinstance(many, list) and many else None


def _inputs(view: object) -> tuple[str, ...]:
    blocks = at(view, "blocks")
    found = [block for block in blocks if text(block, "type") == "input"] if isinstance(blocks, list) else []
    return tuple(filter(None, (text(block, "block_id") for block in found)))
