"""Forms as dialogs on the page: one field after the other, each with who sees the answer and what to mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from adapters.web import names
from adapters.web.draw import Painter
from adapters.web.html import Html, tag, together
from bot.content import (
    Card,
    Choice,
    ChoiceField,
    DateField,
    Field,
    Form,
    PersonField,
    PersonName,
    Say,
    ScaleField,
    TextField,
    TimeField,
    say,
)

Given = str | tuple[str, ...]

_SCALE = ("1", "2", "3", "4", "5")
_CLOSE, _NOT_NOW = say("Close"), say("Not now")
_CHOOSE, _REQUIRED = say("Please choose"), say("needed")
_FIND = say("Find a name")
MANY = 100  # choices that a picker is given at most: then there may be more


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a form is shown: what was sent before, what is to be mended, and whom its pickers offer."""

    errors: Mapping[str, Say]
    values: Mapping[str, Given] | None = None
    people: tuple[Choice, ...] = ()  # for fields that allow anyone


def dialog(form: Form, painter: Painter, shown: Shown, *, kept: str) -> Html:
    """Return a form as an open dialog; `kept` is the form itself, sealed, and comes back with the answers."""
    unplaced = [words for key, words in shown.errors.items() if key not in {one.key for one in form.fields}]
    body = tag(
        "div",
        tag("p", painter.words(form.intro)) if form.intro else None,
        (tag("p", painter.words(words), class_="error", role="alert") for words in unplaced),
        (_field(field, painter, shown) for field in form.fields),
        class_="fields",
    )
    closing = painter.fresh("close")
    footer = tag(
        "footer",
        tag("button", painter.reader.text(form.submit), class_="button primary"),
        tag("button", painter.reader.text(_NOT_NOW), class_="button", form=closing),
        class_="buttons",
    )
    answering = tag(
        "form",
        painter.hidden(do="form", form=kept),
        body,
        footer,
        method="post",
        action=names.ACT,
        novalidate=True,
        autocomplete="off",
    )
    return _sheet(painter, painter.words(form.title), closing, answering)


def pane(card: Card, painter: Painter) -> Html:
    """Return a card as an open dialog: what is pressed in it stays in it."""
    body = tag("div", painter.body(card), class_=f"fields {card.tone}")
    return _sheet(painter, painter.words(card.title), painter.fresh("close"), body, is_pane=True)


def _sheet(painter: Painter, title: Html, closing: str, body: Html, *, is_pane: bool = False) -> Html:
    heading = painter.fresh("title")
    # The buttons that close belong to a form of their own: Enter in a field presses the first of the field's form.
    close = tag(
        "button",
        tag("span", "×", aria_hidden="true"),
        class_="icon",
        aria_label=painter.reader.text(_CLOSE),
        form=closing,
    )
    return tag(
        "dialog",
        tag("form", method="dialog", id=closing),
        tag("header", tag("h2", title, id=heading), close),
        body,
        open=True,
        class_="sheet",
        data_pane=is_pane,
        aria_labelledby=heading,
    )


# --- one field --------------------------------------------------------------------------------


def _field(field: Field, painter: Painter, shown: Shown) -> Html:
    ids = _Ids(painter.fresh("input"))
    reader = painter.reader
    needed = tag("span", reader.text(_REQUIRED), class_="needed") if field.required else None
    label = together(painter.words(field.label), needed)
    error = shown.errors.get(field.key)
    below = " ".join(
        (reader.text(field.hint) if field.hint else "", reader.audience(field.seen_by) or "")
    ).strip()
    described = (ids.error if error is not None else "", ids.hint if below else "")
    grouped = isinstance(field, ScaleField | ChoiceField)
    return tag(
        "div",
        tag("p", label, id=ids.label, class_="label")
        if grouped
        else tag("label", label, id=ids.label, for_=ids.input, class_="label"),
        _input(field, painter, shown, ids, " ".join(filter(None, described))),
        tag("p", painter.words(error), id=ids.error, class_="error") if error is not None else None,
        tag("p", below, id=ids.hint, class_="seen-by") if below else None,
        class_="field",
    )


@dataclass(frozen=True, slots=True)
class _Ids:
    input: str

    @property
    def label(self) -> str:
        return f"{self.input}-label"

    @property
    def error(self) -> str:
        return f"{self.input}-error"

    @property
    def hint(self) -> str:
        return f"{self.input}-hint"


def _input(field: Field, painter: Painter, shown: Shown, ids: _Ids, described: str) -> Html:
    given = _given(field, shown.values)
    first = given[0] if given else ""
    about = {
        "aria_describedby": described or None,
        "aria_invalid": "true" if field.key in shown.errors else None,
        "aria_required": "true" if field.required else None,
    }
    simple = {"id": ids.input, "name": f"f.{field.key}", **about}
    match field:
        case TextField(long=True):
            # A line break right behind the tag would be swallowed.
            return tag("textarea", f"\n{first}", rows=4, maxlength=field.most, **simple)
        case TextField():
            return tag("input", type="text", value=first, maxlength=field.most, **simple)
        case DateField():
            return tag("input", type="date", value=first, **simple)
        case TimeField():
            return tag("input", type="time", value=first, **simple)
        case PersonField():
            return _person(field, painter, shown, first, simple)
        case ChoiceField():
            options = [(painter.reader.text(one.label), one.value) for one in field.options]
            return _options(field, options, given, field.several, ids, about)
        case ScaleField():
            ends = tag(
                "div",
                tag("span", painter.words(field.low)),
                tag("span", painter.words(field.high)),
                class_="ends",
            )
            drawn = _options(field, [(one, one) for one in _SCALE], given, False, ids, about)
            return tag("div", drawn, ends, class_="scale")
    assert_never(field)


def _options(
    field: Field,
    options: Sequence[tuple[str, str]],
    given: Sequence[str],
    several: bool,
    ids: _Ids,
    about: Mapping[str, str | None],
) -> Html:
    def option(place: int, label: str, value: str) -> Html:
        box = tag(
            "input",
            type="checkbox" if several else "radio",
            name=f"f.{field.key}",
            value=value,
            id=ids.input if place == 0 else None,
            checked=value in given,
        )
        return tag("label", box, tag("span", label), class_="option")

    drawn = (option(place, label, value) for place, (label, value) in enumerate(options))
    described = {key: value for key, value in about.items() if key == "aria_describedby"}
    if not several:
        described |= {key: value for key, value in about.items() if key != "aria_describedby"}
    looks = "options wrong" if about["aria_invalid"] else "options"
    role = "group" if several else "radiogroup"
    return tag("div", drawn, class_=looks, role=role, aria_labelledby=ids.label, **described)


def _person(
    field: PersonField, painter: Painter, shown: Shown, first: str, simple: Mapping[str, str | None]
) -> Html:
    offered = people_of(field, shown.people)
    if first and first not in {value for value, _ in offered}:
        offered = ((first, field.initial_name if first == field.initial else first), *offered)
    options = (tag("option", name, value=value, selected=value == first) for value, name in offered)
    select = tag(
        "select", tag("option", painter.reader.text(_CHOOSE), value=""), options, data_person=True, **simple
    )
    if field.among or len(shown.people) < MANY:
        return select
    find = painter.reader.text(_FIND)
    look = tag(
        "input",
        type="search",
        class_="find",
        aria_label=find,
        placeholder=find,
        data_field=field.key,
        hidden=True,  # until a script says that it can look
    )
    return tag("div", look, select, class_="person")


def people_of(field: PersonField, people: Sequence[Choice]) -> tuple[tuple[str, str], ...]:
    """Return whom a picker offers: id and name."""
    return field.among or tuple((choice.value, _name(choice)) for choice in people)


def _name(choice: Choice) -> str:
    names_in = [value.name for _, value in choice.label.values if isinstance(value, PersonName)]
    return names_in[0] if names_in else choice.label.msgid


def _given(field: Field, values: Mapping[str, Given] | None) -> tuple[str, ...]:
    found: Given = field.initial if values is None else values.get(field.key, "")
    if isinstance(found, tuple):
        return found
    return (found,) if found else ()
