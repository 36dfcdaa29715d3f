"""From what Teams sent to what somebody did; what is none of ours is None, and is answered and counted all the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from html import unescape

from adapters.payload import at, text, without_nul
from adapters.teams import names
from adapters.teams.origin import Body, Kind, Origin, data_of, origin
from bot.events import Address, Arrived, Commanded, Event, Left, Looked, Pressed, Submitted

# The word by which the bot is called elsewhere; here it is called already.
_CALLED = re.compile(r"/?mentor(?=\s|$)|/", re.IGNORECASE)
_MENTION = re.compile(r"<at\b[^<>]*>([^<>]*)</at>", re.IGNORECASE)
_SEVERAL = f"{names.INPUT}*"  # begins the inputs that take several choices, which Teams joins by commas
_AGAIN = ":again"
_BESIDE = "composeExtension/fetchTask"  # somebody chose an action of ours beside a message
_HELP = "help"
_MOST_ABOUT = 2000  # characters of a message that somebody asks for help about
_TAG = re.compile(r"<[^<>]*>")

Value = str | tuple[str, ...]
Mentions = tuple[tuple[str, Address], ...]


def event(activity: Body, came: Origin | None = None) -> Event | None:
    """Return what somebody did, `came` being where from if that was read already."""
    came = came or origin(activity)
    return _READ[came.kind](activity, came)


def address(came: Origin, user: str = "") -> Address:
    """Return where the person who did something is reached."""
    return Address(names.CHANNEL, user or came.user, came.tenant)


def opened(activity: Body, came: Origin) -> dict[str, str]:
    """Return what opened the dialog that this belongs to: it travels on in the dialog's own button."""
    if _about(activity):
        return {names.WORDS: _HELP}
    data = data_of(activity, came.kind)
    return {key: told for key in (names.PRESS, names.WORDS) if (told := text(data, key))}


def opening(activity: Body, came: Origin) -> Event | None:
    """Return once more what opened the dialog that was sent, so that it can be drawn again."""
    found = _opens(activity, came)
    return replace(found, key=f"{found.key}{_AGAIN}") if isinstance(found, Pressed | Commanded) else None


# --- what each family says -------------------------------------------------------------------


def _said(activity: Body, came: Origin) -> Event | None:
    """Return words typed to the bot; in a conversation of several they name it, and reach it only then."""
    words, mentions = _words(activity, came)
    if not words and came.personal:
        return None
    return _commanded(came, words, mentions, _key(activity, came))


def _pressed(activity: Body, came: Origin) -> Event | None:
    return _press(text(data_of(activity, came.kind), names.PRESS), came, _key(activity, came))


def _opens(activity: Body, came: Origin) -> Event | None:
    data = data_of(activity, came.kind)
    words = text(data, names.WORDS) or _about(activity)
    if words:
        return _commanded(came, words, (), _key(activity, came))
    return _press(text(data, names.PRESS), came, _key(activity, came))


def _form(activity: Body, came: Origin) -> Event | None:
    data = data_of(activity, came.kind)
    try:
        found = names.read_control(text(data, names.FORM))
    except ValueError:
        return None
    return Submitted(
        key=_key(activity, came),
        who=address(came),
        verb=found.verb,
        ref=found.ref,
        values=dict(_values(data)),
        message=came.message,
    )


def _look(activity: Body, came: Origin) -> Event | None:
    asked = activity.get("value")
    field = text(asked, "dataset") or names.PEOPLE
    return Looked(who=address(came), field=field, typed=text(asked, "queryText"))


def _installed(activity: Body, came: Origin) -> Event | None:
    return Arrived(key=_key(activity, came), who=address(came))


def _removed(activity: Body, came: Origin) -> Event | None:
    return Left(key=_key(activity, came), who=address(came), why="app_removed")


_READ: Mapping[Kind, Callable[[Body, Origin], Event | None]] = {
    "said": _said,
    "pressed": _pressed,
    "opens": _opens,
    "form": _form,
    "look": _look,
    "installed": _installed,
    "removed": _removed,
    "other": lambda _activity, _came: None,
}


# --- pieces ----------------------------------------------------------------------------------


def _key(activity: Body, came: Origin) -> str:
    """Return what makes a repeated delivery recognisable."""
    told = came.activity or sha256(json.dumps(activity, sort_keys=True).encode()).hexdigest()
    return f"{names.CHANNEL}:{came.conversation}:{told}"


def _press(carried: str, came: Origin, key: str) -> Pressed | None:
    try:
        control = names.read_control(carried)
    except ValueError:
        return None
    return Pressed(
        key=key,
        who=address(came),
        verb=control.verb,
        ref=control.ref,
        value=control.value,
        message=came.message,
    )


def _about(activity: Body) -> str:
    """Return the command that asks for help about a message, by the menu beside it; "" where it is none."""
    asked = activity.get("value")
    if text(activity, "name") != _BESIDE or text(asked, "commandId") != names.HELP_ABOUT:
        return ""
    said = unescape(_TAG.sub(" ", text(asked, "messagePayload", "body", "content")))
    about = " ".join(said.replace("\xa0", " ").split())
    return f"{_HELP} {about if len(about) <= _MOST_ABOUT else about[: _MOST_ABOUT - 1] + '…'}".strip()


def _commanded(came: Origin, words: str, mentions: Mentions, key: str) -> Commanded:
    called = _CALLED.match(words)
    name, *rest = (words[called.end() :] if called else words).split(None, 1) or [""]
    return Commanded(key=key, who=address(came), name=name.casefold(), text="".join(rest), mentions=mentions)


def _words(activity: Body, came: Origin) -> tuple[str, Mentions]:
    """
    Return typed words without the mention of the bot, and the people mentioned in them.

    Teams writes `<at>Ana Novak</at>` for a mention, and says beside the text who that is; who is not known by an id
    that holds everywhere is a plain name.
    """
    typed = text(activity, "text")
    named: dict[str, set[Address]] = {}
    for piece, mentioned in _mentioned(activity):
        if text(mentioned, "id") == came.bot:
            typed = typed.replace(piece, " ")
        elif user := text(mentioned, "aadObjectId"):
            named.setdefault(piece, set()).add(address(came, user.lower()))
    # Two people of one name: nobody knows whom each piece means.
    mentions = {piece: one for piece, (one, *more) in named.items() if not more}
    kept = frozenset(mentions)
    typed = _MENTION.sub(lambda found: found[0] if found[0] in kept else f" {found[1]} ", typed)
    if text(activity, "textFormat") == "xml":
        typed = unescape(typed)
    return typed.replace("&nbsp;", " ").replace("\xa0", " ").strip(), tuple(mentions.items())


def _mentioned(activity: Body) -> Iterator[tuple[str, object]]:
    """Return the pieces of the text that name somebody, and whom."""
    entities = activity.get("entities")
    for entity in entities if isinstance(entities, list) else ():
        piece = text(entity, "text")
        if text(entity, "type") == "mention" and piece:
            yield piece, at(entity, "mentioned")


def _values(data: object) -> Iterator[tuple[str, Value]]:
    """Return what was filled in, by field; what was left empty is left out."""
    for key, told in data.items() if isinstance(data, dict) else ():
        value = _written(told)
        if not key.startswith(names.INPUT) or not value:
            continue
        if key.startswith(_SEVERAL):
            yield without_nul(key.removeprefix(_SEVERAL)), tuple(filter(None, value.split(",")))
        else:
            yield without_nul(key.removeprefix(names.INPUT)), value


def _written(told: object) -> str:
    """Return the value of an input as text: some clients send numbers and truth as such."""
    match told:
        case str():
            return without_nul(told)
        case bool():
            return str(told).lower()
        case int() | float():
            return str(told)
    return ""
