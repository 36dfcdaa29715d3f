"""Dialogs as Teams' cards in a window: one input a field, each with who will see the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from adapters.fields import is_date, is_time, steps
from adapters.teams import limits, names
from adapters.teams.blocks import adaptive, attached
from adapters.teams.limits import length
from adapters.teams.wording import (
    QUIET,
    RED,
    SMALL_TITLE,
    Json,
    clean,
    inert,
    label,
    spans,
    written,
)
from bot.content import (
    ChoiceField,
    DateField,
    Field,
    Form,
    PersonField,
    Say,
    ScaleField,
    TextField,
    TimeField,
    say,
    say_n,
)
from bot.i18n import Reader
from bot.markup import Span

SEVERAL = "*"  # before the key of a field that takes several answers: they come with commas between them
_SMALL_FORM = 2  # fields

Given = tuple[str, ...]
Known = Callable[[str], bool]
Values = Mapping[str, str | tuple[str, ...]]


class BadInitial(ValueError):
    """A field is filled with something that it does not offer."""

    def __init__(self, field: Field, value: str, wanted: str) -> None:
        super().__init__(f"the field {field.key!r} is filled with {value!r}: it takes {wanted}")


def dialog(
    form: Form,
    reader: Reader,
    *,
    opened: Mapping[str, str],
    message: str = "",
    errors: Mapping[str, Say] | None = None,
    values: Values | None = None,
    people: Mapping[str, str] | None = None,
) -> Json:
    """
    Return what an invoke that asks for a dialog, or for what to mend in one, is answered with.

    `opened` is what opened it (names.PRESS or names.WORDS), which its own button carries back; `message` is the one
    whose button that was. `values` are what was sent: they stand in the fields again, and `people` names those who
    were found by searching. What is to be mended and belongs to no field is said at the top.
    """
    found = errors or {}
    title, submit = label(form.title, reader), label(form.submit, reader)
    body: list[Json] = []
    if length(title) > limits.DIALOG_TITLE:
        body += written(spans(form.title, reader), SMALL_TITLE)
        title = label(say("Mentoring"), reader)
    body += _above(form, found, reader)
    if form.intro is not None:
        body += written(spans(form.intro, reader))
    for field in form.fields:
        known = _found(field, values, people or {})
        body += _field(known, reader, found.get(field.key), _given(field, values))
    if length(submit) > limits.BUTTON_LABEL:
        body += written(spans(form.submit, reader), QUIET)
        submit = label(say("Send"), reader)
    data: Json = {**opened, names.FORM: names.control(form.verb, form.ref), names.MESSAGE: message}
    drawn = {
        **adaptive(body, form.title, reader, wide=False),
        "actions": [{"type": "Action.Submit", "title": submit, "style": "positive", "data": data}],
    }
    made: Json = {
        "title": title,
        "width": "medium",
        "height": "medium" if len(form.fields) <= _SMALL_FORM else "large",
        "card": attached(drawn),
    }
    limits.check(made)
    return made


def _above(form: Form, found: Mapping[str, Say], reader: Reader) -> list[Json]:
    # What is wrong stands at its field; here that something is, because a field may be below the window's edge.
    keys = {field.key for field in form.fields}
    lines = [
        line for key, words in found.items() if key not in keys for line in written(spans(words, reader), RED)
    ]
    if count := sum(key in keys for key in found):
        asked = say_n(
            "One answer needs another look; the rest is kept.",
            "{n} answers need another look; the rest is kept.",
            count,
        )
        lines += written(spans(asked, reader), RED)
    return lines


def _field(field: Field, reader: Reader, error: Say | None, given: Given | None) -> list[Json]:
    element, above = _element(field, reader, given)
    shown: Json = {**element, "label": label(field.label, reader) or label(say("Answer"), reader)}
    if field.required:
        shown |= {"isRequired": True, "errorMessage": label(_missing(field), reader)}
    beneath = written(spans(error, reader), RED) if error is not None else []
    beneath += written(spans(field.hint, reader), QUIET) if field.hint is not None else []
    beneath += written((Span(reader.audience(field.seen_by)),), QUIET) if field.seen_by else []
    parts = [*(part for line in above for part in written((Span(line),))), shown]
    parts += [{**one, "spacing": "small" if one is beneath[0] else "none"} for one in beneath]
    return [{**parts[0], "spacing": "large"}, *parts[1:]]


def _given(field: Field, values: Values | None) -> Given | None:
    # What was sent for a field: nothing where it was left empty, and None before anything was sent.
    if values is None:
        return None
    value = values.get(field.key, ())
    return value if isinstance(value, tuple) else _one(value)


def _found(field: Field, values: Values | None, people: Mapping[str, str]) -> Field:
    # Whoever was found by searching is on no list: without the name there would be nobody to show.
    who = (values or {}).get(field.key)
    if isinstance(field, PersonField) and isinstance(who, str) and who in people:
        return replace(field, initial=who, initial_name=people[who])
    return field


def _missing(field: Field) -> Say:
    match field:
        case TextField(long=True):
            return say("A few words are enough.")
        case TextField():
            return say("A word or two is enough.")
        case ChoiceField() | ScaleField() | PersonField():
            return say("Please choose one.")
        case DateField():
            return say("Please pick a day.")
        case TimeField():
            return say("Please pick a time.")
    assert_never(field)


def _element(field: Field, reader: Reader, given: Given | None) -> tuple[Json, list[str]]:
    # The input itself, and what must stand above it because an option cannot say it.
    match field:
        case TextField():
            return _text(field, given), []
        case ChoiceField():
            options = [(one.value, label(one.label, reader)) for one in field.options]
            return _pick(field, options, field.initial, given, several=field.several)
        case ScaleField():
            return _pick(
                field,
                [(value, label(words, reader)) for value, words in steps(field)],
                _one(field.initial),
                given,
            )
        case DateField():
            return _moment(field, "Input.Date", is_date, "a date such as 2027-01-31", given), []
        case TimeField():
            return _moment(field, "Input.Time", is_time, "a time such as 14:05", given), []
        case PersonField():
            return _person(field, reader, given), []
    assert_never(field)


def _text(field: TextField, given: Given | None) -> Json:
    element: Json = {
        "type": "Input.Text",
        "id": f"{names.INPUT}{field.key}",
        "isMultiline": field.long,
        "maxLength": field.most,
    }
    value = field.initial if given is None else "".join(given)
    return {**element, "value": clean(value)} if value else element


def _pick(
    field: Field,
    options: Sequence[tuple[str, str]],
    initial: Given,
    given: Given | None,
    *,
    several: bool = False,
) -> tuple[Json, list[str]]:
    """
    Return a choice, all of it shown or as a menu, and the lines to stand above it.

    What is shown at once reads Markdown: a label with a sign of it goes into a menu, which does not, or is told
    above by its number.
    """
    chosen = _chosen(field, options, initial, given, several=several)
    odd = [not inert(words) for _, words in options]
    long = any(length(words) > limits.OPTION_LABEL for _, words in options)
    menu = not several and not long and (len(options) > limits.BOXES or any(odd))
    above = []
    shown = []
    for number, ((value, words), is_odd) in enumerate(zip(options, odd, strict=True), 1):
        if (is_odd and not menu) or not words:
            above.append(f"{number}. {words}")
            words = str(number)
        shown.append({"title": words, "value": value})
    element: Json = {
        "type": "Input.ChoiceSet",
        "id": f"{names.INPUT}{SEVERAL * several}{field.key}",
        "style": "compact" if menu else "expanded",
        "wrap": True,
        "choices": shown,
    }
    if several:
        element["isMultiSelect"] = True
    return {**element, "value": ",".join(chosen)} if chosen else element, above


def _chosen(
    field: Field, options: Sequence[tuple[str, str]], initial: Given, given: Given | None, *, several: bool
) -> Given:
    known = {value for value, _ in options}
    if given is not None:  # what was sent: an option may be gone since
        return tuple(value for value in given if value in known)
    for value in initial:
        if value not in known:
            raise BadInitial(field, value, "one of its options")
    if len(initial) > 1 and not several:
        raise BadInitial(field, ", ".join(initial), "one answer")
    return initial


def _moment(field: DateField | TimeField, kind: str, known: Known, wanted: str, given: Given | None) -> Json:
    element: Json = {"type": kind, "id": f"{names.INPUT}{field.key}"}
    if given is None and field.initial and not known(field.initial):
        raise BadInitial(field, field.initial, wanted)
    value = field.initial if given is None else "".join(given)
    return {**element, "value": value} if value and known(value) else element


def _person(field: PersonField, reader: Reader, given: Given | None) -> Json:
    among = [(value, clean(name)) for value, name in field.among]
    named = [(field.initial, clean(field.initial_name))] if field.initial_name else among
    listed = 0 < len(among) <= limits.OPTIONS
    chosen = _chosen(field, among if listed else named, _one(field.initial), given, several=False)
    shown = among if listed else [one for one in named if one[0] in chosen]
    element: Json = {
        "type": "Input.ChoiceSet",
        "id": f"{names.INPUT}{field.key}",
        "style": "compact" if listed and len(among) <= limits.BOXES else "filtered",
        "choices": [{"title": " ".join(name.split()) or value, "value": value} for value, name in shown],
    }
    if element["style"] == "filtered":
        element["placeholder"] = label(say("Type a name"), reader)
    if not listed:
        # Too many to list, or anyone at all: Teams asks for names as they are typed.
        element["choices.data"] = {"type": "Data.Query", "dataset": names.PEOPLE}
    return {**element, "value": chosen[0]} if chosen else element


def _one(value: str) -> Given:
    return (value,) if value else ()
