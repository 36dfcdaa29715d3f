"""From what a page sent to what somebody did. What does not fit is refused; nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl
from uuid import uuid4

from adapters.web import kept
from adapters.web.draw import Place
from adapters.web.fields import Given
from adapters.web.names import CHANNEL
from adapters.web.seals import Seals
from bot.content import ChoiceField, Field, Form, PersonField, Say, ScaleField, TextField, say
from bot.events import Address, HomeOpened, Looked, Pressed, Submitted
from bot.facts import Person

_MOST_FIELDS = 400
_MOST_CODE = 300  # characters of a verb, a ref or a value: what is ours is far shorter
_MOST_TYPED = 80
_MISSING, _NO_CHOICE = say("Please fill this in."), say("Please choose one of these.")

Sent = Mapping[str, Sequence[str]]


class BadRequest(ValueError):
    """What the page sent is not understood; the text names the place and never the contents."""


@dataclass(frozen=True, slots=True)
class Press:
    """A press, and where it was."""

    event: Pressed
    place: Place


@dataclass(frozen=True, slots=True)
class Sending:
    """A form sent: its answers, and what keeps it from being taken in as it is."""

    event: Submitted
    form: Form
    errors: Mapping[str, Say]
    place: Place


def read_body(body: bytes) -> Sent:
    """Return the fields of a form that a browser sent."""
    try:
        pairs = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            max_num_fields=_MOST_FIELDS,
            errors="strict",
            encoding="utf-8",
        )
    except ValueError:
        raise BadRequest("the body is no form of ours") from None
    sent: dict[str, list[str]] = {}
    for key, value in pairs:
        sent.setdefault(key, []).append(value)
    return sent


def one(sent: Sent, key: str, most: int = _MOST_CODE) -> str:
    """Return the one value of a field, "" where there is none."""
    values = sent.get(key, ())
    if len(values) > 1 or any(len(value) > most for value in values):
        raise BadRequest(f"{key}: must be one short value")
    return values[0] if values else ""


def read_act(sent: Sent, me: Person, seals: Seals) -> Press | Sending:
    """Return what somebody did: a press, or a form that was shown to this very person."""
    place: Place = "pane" if one(sent, "place") == "pane" else "page"
    match one(sent, "do"):
        case "press":
            verb, ref, value = (one(sent, key) for key in ("verb", "ref", "value"))
            if not verb:
                raise BadRequest("verb: is missing")
            return Press(Pressed(key=_key(), who=who(me), verb=verb, ref=ref, value=value), place)
        case "form":
            return _sending(sent, me, place, _form(one(sent, "form", 256 * 1024), me, seals))
    raise BadRequest("do: must be press or form")


def who(me: Person) -> Address:
    """Return the address of somebody whom a page knows."""
    return Address(CHANNEL, me.id)


def home_opened(me: Person) -> HomeOpened:
    """Return that somebody looks at their home."""
    return HomeOpened(key=_key(), who=who(me))


def looked(me: Person, field: str, typed: str) -> Looked:
    """Return that somebody looks for a name."""
    return Looked(who=who(me), field=field[:_MOST_CODE], typed=typed[:_MOST_TYPED])


def sealed(form: Form, me: Person, seals: Seals) -> str:
    """Return a form as text that only this person can send back."""
    return seals.seal("form", me.id, kept.pack(form))


def _form(token: str, me: Person, seals: Seals) -> Form:
    match seals.read("form", token):
        case (person, packed) if person == me.id and (form := kept.unpack(packed)) is not None:
            return form
    raise BadRequest("form: is not one that was shown to you")


def _sending(sent: Sent, me: Person, place: Place, form: Form) -> Sending:
    values = {field.key: _value(field, sent.get(f"f.{field.key}", ())) for field in form.fields}
    errors = {field.key: why for field in form.fields if (why := _trouble(field, values[field.key]))}
    event = Submitted(key=_key(), who=who(me), verb=form.verb, ref=form.ref, values=values)
    return Sending(event, form, errors, place)


def _value(field: Field, given: Sequence[str]) -> Given:
    if isinstance(field, ChoiceField) and field.several:
        return tuple(dict.fromkeys(one for one in given if one))
    # A browser sends line ends as it likes them, and so a text would be longer than what was counted.
    return given[0].replace("\r\n", "\n").strip() if given else ""


def _trouble(field: Field, value: Given) -> Say | None:
    if not value:
        return _MISSING if field.required else None
    match field:
        case TextField(most=most) if len(value) > most:
            return say("Please shorten this to {most} characters.", most=most)
        case ChoiceField(options=options):
            allowed = {option.value for option in options}
        case ScaleField():
            allowed = {"1", "2", "3", "4", "5"}
        case PersonField(among=among) if among:
            allowed = {person for person, _ in among}
        case _:
            return None
    given = set(value) if isinstance(value, tuple) else {value}
    return None if given <= allowed else _NO_CHOICE


def _key() -> str:
    return f"web:{uuid4().hex}"
