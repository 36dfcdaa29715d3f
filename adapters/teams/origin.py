"""Where something came from, and every way to answer it: read from what Teams sent, before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from adapters.payload import at, text
from adapters.teams import names

Body = Mapping[str, object]

# The families of what Teams sends: words, a press, a button or command that asks for a dialog, a dialog sent, a picker
# typed in, the app installed or removed.
Kind = Literal["said", "pressed", "opens", "form", "look", "installed", "removed", "other"]

_INVOKES: Mapping[str, Kind] = {
    "adaptiveCard/action": "pressed",
    "task/fetch": "opens",
    "task/submit": "form",
    "application/search": "look",
    # What is asked about a message of somebody's, by the menu beside it.
    "composeExtension/fetchTask": "opens",
    "composeExtension/submitAction": "form",
}
# What Teams sends of its own accord, by which it is counted; anything else is counted as one.
_TYPES = frozenset(
    {
        "conversationUpdate",
        "endOfConversation",
        "event",
        "installationUpdate",
        "invoke",
        "message",
        "messageDelete",
        "messageReaction",
        "messageUpdate",
        "typing",
    }
)
_NAMED = frozenset({*_INVOKES, "add", "remove", "add-upgrade", "remove-upgrade"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What an answer needs to know; "" where there is no such thing."""

    kind: Kind
    sort: str = "unknown"  # Teams' own word for it, for counting
    invoke: bool = False  # it waits for its answer in the response, and shows an error where there is none
    activity: str = ""
    conversation: str = ""
    personal: bool = False  # nobody but this person and the bot reads there
    user: str = ""  # who, everywhere in the organisation: the id in Entra
    tenant: str = ""
    teams_user: str = ""  # who, as only this bot knows them
    bot: str = ""
    service_url: str = ""  # where an answer is sent
    message: str = ""  # the message that was pressed, or whose button opened the dialog
    name: str = ""
    locale: str = ""


def origin(activity: Body) -> Origin:
    """Return where an activity came from; an odd one is of kind "other"."""
    sender, conversation = activity.get("from"), activity.get("conversation")
    place, bot = text(conversation, "id"), text(activity, "recipient", "id")
    teams_user = text(sender, "id")
    tenant = text(activity, "channelData", "tenant", "id") or text(conversation, "tenantId")
    kind = _kind(activity, place, teams_user, bot)
    return Origin(
        kind=kind,
        sort=_sort(activity),
        invoke=activity.get("type") == "invoke",
        activity=text(activity, "id"),
        conversation=place,
        personal=_is_personal(conversation),
        user=(text(sender, "aadObjectId") or teams_user).lower(),
        tenant=tenant.lower(),
        teams_user=teams_user,
        bot=bot,
        service_url=text(activity, "serviceUrl"),
        message=_message(activity, kind, place),
        name=text(sender, "name"),
        locale=text(activity, "locale"),
    )


def data_of(activity: Body, kind: Kind) -> object:
    """Return what the control of ours that was pressed carries, with the inputs beside it."""
    if activity.get("type") == "message":  # an old client pressed, which knows Action.Submit alone
        return activity.get("value")
    return (
        at(activity.get("value"), "action", "data")
        if kind == "pressed"
        else at(activity.get("value"), "data")
    )


def _kind(activity: Body, place: str, teams_user: str, bot: str) -> Kind:
    if not place or not teams_user:
        return "other"
    match activity.get("type"):
        case "message" if teams_user != bot:
            return "pressed" if isinstance(activity.get("value"), dict) else "said"
        case "invoke":
            return _INVOKES.get(text(activity, "name"), "other")
        case "installationUpdate" if _is_personal(activity.get("conversation")):
            return _INSTALLS.get(text(activity, "action"), "other")
        case "conversationUpdate" if _is_personal(activity.get("conversation")) and _has_bot(activity, bot):
            return "installed"
    return "other"


# An upgrade of the app is neither: nobody came, and nobody went.
_INSTALLS: Mapping[str, Kind] = {"add": "installed", "remove": "removed"}


def _has_bot(activity: Body, bot: str) -> bool:
    """Say whether the bot itself is among those who were added."""
    added = activity.get("membersAdded")
    return bool(bot) and isinstance(added, list) and any(text(one, "id") == bot for one in added)


def _is_personal(conversation: object) -> bool:
    # Of very old conversations Teams says nothing but that they are no group.
    told = text(conversation, "conversationType")
    return told == "personal" or (not told and not at(conversation, "isGroup"))


def _message(activity: Body, kind: Kind, place: str) -> str:
    """Return the message that a press or a dialog belongs to: only ever one of the conversation it came from."""
    if kind == "form":
        told = text(data_of(activity, kind), names.MESSAGE)
        return told if told.rpartition("|")[0] == place else ""
    replied = text(activity, "replyToId") if kind in ("pressed", "opens") else ""
    return names.message_id(place, replied) if replied and "|" not in replied else ""


def _sort(activity: Body) -> str:
    told = text(activity, "type")
    if told not in _TYPES:
        return "unknown"
    name = text(activity, "name") or text(activity, "action")
    return f"{told}.{name if name in _NAMED else 'other'}" if name else told
