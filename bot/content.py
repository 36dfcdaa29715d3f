"""What people see: words, cards, questions, forms, homes and files, free of any platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

# --- words -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UserText:
    """Text that a person typed: shown as it is, never read as markup or translated."""

    text: str


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name; adapters may turn it into a mention where that is wanted."""

    name: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant (aware UTC), shown in the reader's own zone and language."""

    at: datetime
    style: Literal["full", "time", "date"] = "full"


@dataclass(frozen=True, slots=True)
class Day:
    """A local date, shown in the reader's language."""

    day: date
    style: Literal["full", "short"] = "full"


@dataclass(frozen=True, slots=True)
class WebLink:
    """A link with a label."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Say:
    """A whole sentence in the source language with named values; translated at delivery, per reader.

    `texts` holds a programme author's own wording by language code; where it is set, it is used instead
    of the catalogue: the reader's language, else the first entry.
    """

    msgid: str
    n: int | None = None
    plural: str = ""
    values: tuple[tuple[str, Value], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()


# `str` is for codes and plain figures; what people typed travels as UserText.
Value = str | int | float | UserText | PersonName | Moment | Day | WebLink | Say


def say(msgid: str, **values: Value) -> Say:
    """Make a sentence: `say("Week {week}, three taps.", week=5)`."""
    named = tuple(values.items())
    return Say(msgid, values=tuple(sorted(named)) if len(named) > 1 else named)


def say_n(singular: str, plural: str, n: int, **values: Value) -> Say:
    """Make a counted sentence; `{n}` is filled in and the catalogue chooses the plural form."""
    return Say(singular, n=n, plural=plural, values=(("n", n), *sorted(values.items())))


def told(texts: Mapping[str, str], **values: Value) -> Say:
    """Make a sentence from a programme author's own texts by language; the first is the fallback.

    Of the values only those that a text names are kept: a card is stored and read again many times.
    """
    holes = " ".join(texts.values())
    if "{" not in holes:
        values = {}
    named = tuple(sorted((name, value) for name, value in values.items() if f"{{{name}" in holes))
    return Say(next(iter(texts.values()), ""), values=named, texts=tuple(texts.items()))


# --- who will see an answer ------------------------------------------------------------------

Role = Literal["mentee", "mentor", "head", "coordinator", "director"]
Viewer = Literal["author", "mentee", "mentor", "head", "coordinator", "director"]
Audience = tuple[Viewer, ...]

# --- blocks ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `heading` starts a section, `quiet` is small print such as who sees an answer."""

    words: Say
    style: Literal["plain", "heading", "quiet"] = "plain"


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value, a row each; at most ten rows (Slack section fields)."""

    rows: tuple[tuple[Say, Say], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a checklist; pressing it sends `verb`, `ref`, `value`. Without a verb it is only shown."""

    label: Say
    done: bool
    verb: str = ""
    ref: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Checklist:
    """Things to tick off."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """A bar: `done` of `total` in `unit`."""

    label: Say
    done: float
    total: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that ships with the product, by file name, with its description."""

    name: str
    alt: Say


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin line between sections."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer."""

    label: Say
    value: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A question answered by one press; at most five choices.

    `seen_by` is said on the card; it is empty only where a later question on the same card says it.
    """

    question: Say
    verb: str
    ref: str
    choices: tuple[Choice, ...]
    seen_by: Audience
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press; `opens_form` must be known when the card is drawn (Teams needs it)."""

    label: Say
    verb: str
    ref: str
    value: str = ""
    style: Literal["plain", "primary", "danger"] = "plain"
    confirm: Say | None = None
    opens_form: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A button that opens an address."""

    label: Say
    url: str


@dataclass(frozen=True, slots=True)
class Actions:
    """A row of buttons inside a card: what a merged message needs under each of its parts."""

    buttons: tuple[Button | Link, ...]


Block = Text | Facts | Checklist | Progress | Image | Rule | Ask | Actions
Tone = Literal["plain", "warm", "attention", "celebrate"]


@dataclass(frozen=True, slots=True)
class Card:
    """One message: a title, a few flat blocks, buttons."""

    title: Say
    blocks: tuple[Block, ...] = ()
    buttons: tuple[Button | Link, ...] = ()
    tone: Tone = "plain"


# --- forms -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """Words; `most` is the largest number of characters."""

    key: str
    label: Say
    seen_by: Audience
    hint: Say | None = None
    long: bool = False
    required: bool = False
    most: int = 2000
    initial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceField:
    """One of, or with `several` any of, the options."""

    key: str
    label: Say
    seen_by: Audience
    options: tuple[Choice, ...]
    hint: Say | None = None
    several: bool = False
    required: bool = False
    initial: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleField:
    """A value from 1 to 5 in one tap; the two ends are named."""

    key: str
    label: Say
    seen_by: Audience
    low: Say
    high: Say
    hint: Say | None = None
    required: bool = False
    initial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DateField:
    """A day, as ISO text."""

    key: str
    label: Say
    seen_by: Audience
    hint: Say | None = None
    required: bool = False
    initial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeField:
    """A time of day, as HH:MM."""

    key: str
    label: Say
    seen_by: Audience
    hint: Say | None = None
    required: bool = False
    initial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonField:
    """A person of the organisation, by id; `among` narrows the list, empty means everyone."""

    key: str
    label: Say
    seen_by: Audience
    among: tuple[tuple[str, str], ...] = ()
    hint: Say | None = None
    required: bool = False
    initial: str = ""
    initial_name: str = ""  # where `among` is empty: the name that goes with `initial`


Field = TextField | ChoiceField | ScaleField | DateField | TimeField | PersonField


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A dialog; submitting it sends `verb` and `ref` with the values by field key."""

    title: Say
    verb: str
    ref: str
    fields: tuple[Field, ...]
    submit: Say = field(default_factory=lambda: say("Send"))
    intro: Say | None = None


# --- larger things ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Home:
    """A person's own page: the next thing first, then a card a section."""

    title: Say
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file to hand over, with the card that explains it."""

    name: str
    mime: str
    data: bytes
    card: Card


@dataclass(frozen=True, slots=True)
class GroupIntro:
    """The first-day introduction: one conversation of these people where the platform can, else a card each."""

    people: tuple[str, ...]
    card: Card


Content = Card | File | Home | GroupIntro
