"""From what Slack sent to what somebody did; what is none of ours is None, and is answered and counted all the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from adapters.payload import at, text
from adapters.slack import names
from adapters.slack.origin import Body, Kind, Origin, origin
from bot.events import Address, Arrived, Commanded, Event, HomeOpened, Left, Looked, Pressed, Said, Submitted

_MOST_ABOUT = 2000  # characters of a message that somebody asks for help about
# What Slack makes of a mention, a channel, a group or a link in typed words.
_TOKEN = re.compile(r"<([^<>|\s][^<>|]*)(?:\|([^<>]*))?>")

# What the button carries under words that were typed to the bot and ask for a dialog: only a press can open one.
SAY = "slack.say"

Value = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Revoked:
    """A workspace took the app's token back: nothing reaches it until the app is installed again."""

    workspace: str
    enterprise: str = ""


def event(body: Body, came: Origin | None = None) -> Event | Revoked | None:
    """Return what somebody did, `came` being where from if that was read already."""
    came = came or origin(body)
    return _READ[came.kind](body, came)


def address(came: Origin, user: str = "") -> Address:
    """Return where the person who did something is reached."""
    return Address(names.CHANNEL, user or came.user, came.workspace)


# --- what each family of payloads says -------------------------------------------------------


def _command(body: Body, came: Origin) -> Event | None:
    words, mentions = _words(text(body, "text"), came)
    return _commanded(came, words, mentions, _key(body, came))


def _shortcut(body: Body, came: Origin) -> Event | None:
    if text(body, "callback_id") != names.HELP_ABOUT:
        return None
    words, mentions = _words(text(body, "message", "text"), came)
    about = words if len(words) <= _MOST_ABOUT else words[: _MOST_ABOUT - 1] + "…"
    return Commanded(key=_key(body, came), who=address(came), name="help", text=about, mentions=mentions)


def _press(body: Body, came: Origin) -> Event | None:
    action = body["actions"][0] if isinstance(body["actions"], list) else None
    if not text(action, "action_id").startswith((names.PRESS, names.ASK, names.TICK)):
        return None  # a link that opened an address, or an input of a dialog, which is read when that is sent
    try:
        control = names.read_control(_pressed(action))
    except ValueError:
        return None
    message = "" if came.hidden else came.message
    who = address(came)
    if control.verb == SAY:
        return _commanded(came, control.value, _mentioned(control.value, came), _key(body, came))
    return Pressed(
        key=_key(body, came),
        who=who,
        verb=control.verb,
        ref=control.ref,
        value=control.value,
        message=message,
    )


def _form(body: Body, came: Origin) -> Event | None:
    view = body.get("view")
    if text(view, "callback_id") != names.FORM:
        return None
    try:
        found = names.read_metadata(text(view, "private_metadata"))
    except ValueError:
        return None
    return Submitted(
        key=_key(body, came),
        who=address(came),
        verb=found.verb,
        ref=found.ref,
        values=dict(_values(at(view, "state", "values"))),
        message="" if came.hidden else came.message,
    )


def _picker(body: Body, came: Origin) -> Event | None:
    action = text(body, "action_id")
    if not action.startswith(names.LOOK):
        return None
    return Looked(who=address(came), field=action.removeprefix(names.LOOK), typed=text(body, "value"))


def _event(body: Body, came: Origin) -> Event | Revoked | None:
    happened = body.get("event")
    read = _EVENTS.get(text(happened, "type"))
    return (
        read(happened, came, f"slack:{text(body, 'event_id')}") if read and text(body, "event_id") else None
    )


_READ: Mapping[Kind, Callable[[Body, Origin], Event | Revoked | None]] = {
    "command": _command,
    "shortcut": _shortcut,
    "press": _press,
    "form": _form,
    "picker": _picker,
    "event": _event,
    "other": lambda _body, _came: None,
}


# --- events ----------------------------------------------------------------------------------


def _home_opened(happened: object, came: Origin, key: str) -> Event | None:
    if text(happened, "tab") != "home" or not came.user:
        return None
    return HomeOpened(key=key, who=address(came))


def _message(happened: object, came: Origin, key: str) -> Event | None:
    """Return words typed to the bot: neither edits nor deletions, nor what a bot said, which may be ourselves."""
    if text(happened, "channel_type") != "im" or at(happened, "subtype") or at(happened, "bot_id"):
        return None
    words, mentions = _words(text(happened, "text"), came)
    if not words or not came.user:
        return None
    # Words alone name nobody by their address, a command does; both are read in the same way.
    if mentions:
        return _commanded(came, words, mentions, key)
    return Said(key=key, who=address(came), text=words)


def _person(happened: object, came: Origin, key: str) -> Event | None:
    """Return that somebody came or went; nobody of another organisation, and no bot, is one of our people."""
    user = at(happened, "user")
    if not text(user, "id") or at(user, "is_bot") or at(user, "is_stranger"):
        return None
    who = address(came, text(user, "id"))
    if at(user, "deleted") is True:
        return Left(key=key, who=who, why="switched_off")
    email = text(user, "profile", "email")
    if not email or at(user, "is_email_confirmed") is False:
        return None
    return Arrived(key=key, who=who, email=email)


def _uninstalled(happened: object, came: Origin, key: str) -> Revoked:
    return Revoked(came.workspace, came.enterprise)


def _tokens_revoked(happened: object, came: Origin, key: str) -> Revoked | None:
    """Return that the bot's own token is gone; those of people are none of ours."""
    return Revoked(came.workspace, came.enterprise) if at(happened, "tokens", "bot") else None


_EVENTS: Mapping[str, Callable[[object, Origin, str], Event | Revoked | None]] = {
    "app_home_opened": _home_opened,
    "message": _message,
    "team_join": _person,
    "user_change": _person,
    "app_uninstalled": _uninstalled,
    "tokens_revoked": _tokens_revoked,
}


# --- pieces ----------------------------------------------------------------------------------


def _key(body: Body, came: Origin) -> str:
    """Return what makes a repeated delivery recognisable; a corrected dialog has a trigger id of its own."""
    if came.trigger:
        return f"slack:{came.trigger}"
    return f"slack:{sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()}"


def _commanded(
    came: Origin, words: str, mentions: tuple[tuple[str, Address], ...], key: str = ""
) -> Commanded:
    name, *rest = words.split(None, 1) or [""]
    who = address(came)
    return Commanded(key=key, who=who, name=name.casefold(), text="".join(rest), mentions=mentions)


def _words(escaped: str, came: Origin) -> tuple[str, tuple[tuple[str, Address], ...]]:
    """
    Return typed words as they were typed, and the people mentioned in them.

    Slack writes `<@U1|ana>` for a mention, which stays as it is, for the core to put the name there; `<https://…>`
    for a link; and &, <, > as entities.
    """
    mentions: dict[str, Address] = {}

    def as_typed(token: re.Match[str]) -> str:
        target, label = token[1], token[2] or ""
        if target.startswith("@"):
            mentions[token[0]] = address(came, target[1:])
            return token[0]
        if target.startswith(("#", "!")):
            return f"{target[0].replace('!', '@')}{(label or target[1:]).removeprefix('@')}"
        return target.removeprefix("mailto:")

    typed = _TOKEN.sub(as_typed, escaped)
    typed = typed.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return typed.strip(), tuple(mentions.items())


def _mentioned(words: str, came: Origin) -> tuple[tuple[str, Address], ...]:
    found = (token for token in _TOKEN.finditer(words) if token[1].startswith("@"))
    return tuple((token[0], address(came, token[1][1:])) for token in found)


def _pressed(action: object) -> str:
    """Return what the control that was pressed carries; "" for one that our cards have not."""
    return text(action, "value") or text(action, "selected_option", "value")


def _values(state: object) -> Iterator[tuple[str, Value]]:
    """Return what was filled in, by field; what was left empty is left out."""
    for key, inputs in state.items() if isinstance(state, Mapping) else ():
        for found in inputs.values() if isinstance(inputs, Mapping) else ():
            value = _value(found)
            if value:
                yield str(key), value


def _value(found: object) -> Value:
    match text(found, "type"):
        case "checkboxes" | "multi_static_select" | "multi_external_select":
            return tuple(_carried(at(found, "selected_options")))
        case "radio_buttons" | "static_select" | "external_select":
            return text(found, "selected_option", "value")
        case "datepicker":
            return text(found, "selected_date")
        case "timepicker":
            return text(found, "selected_time")
    return text(found, "value")


def _carried(options: object) -> Iterator[str]:
    for option in _list(options):
        yield text(option, "value")


def _list(found: object) -> list[object]:
    return found if isinstance(found, list) else []
