"""Dialogs as Slack's modals: one input a field, each with who will see the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from adapters.fields import is_date, is_time, steps
from adapters.slack import limits, names
from adapters.slack.controls import labelled, options
from adapters.slack.limits import length
from adapters.slack.wording import Json, clean, plain_text, rich_text, small, spans, text
from bot.content import (
    Choice,
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
)
from bot.i18n import Reader
from bot.markup import Span


class BadInitial(ValueError):
    """A field is filled with something that it does not offer."""

    def __init__(self, field: Field, value: str, wanted: str) -> None:
        super().__init__(f"the field {field.key!r} is filled with {value!r}: it takes {wanted}")


def view(form: Form, reader: Reader, *, message: str = "") -> Json:
    """
    Return a dialog for views.open; `message` is the one whose button opened it.

    A title or submit label that is too long for its bar stands in full in the dialog, and the bar has a short word.
    """
    title, submit = text(form.title, reader), text(form.submit, reader)
    blocks: list[Json] = []
    if length(title) > limits.VIEW_TITLE:
        blocks.append(rich_text(spans(form.title, reader), bold=True))
        title = text(say("Mentoring"), reader)
    if form.intro is not None and (intro := spans(form.intro, reader)):
        blocks.append(rich_text(intro))
    for field in form.fields:
        blocks += _field(field, reader)
    if length(submit) > limits.VIEW_TITLE:
        blocks.append(small(spans(form.submit, reader)))
        submit = text(say("Send"), reader)
    drawn: Json = {
        "type": "modal",
        "callback_id": names.FORM,
        "private_metadata": names.metadata(form.verb, form.ref, message),
        "title": plain_text(title),
        "submit": plain_text(submit),
        "close": plain_text(text(say("Cancel"), reader)),
        "blocks": blocks,
    }
    limits.check_view(drawn)
    return drawn


def errors(found: Mapping[str, Say], form_fields: Sequence[str], reader: Reader) -> dict[str, str]:
    """
    Return what to mend, by field key, as the answer to a submission takes it.

    `form_fields` are the dialog's field keys in order; what belongs to none of them is said at the first.
    """
    if not form_fields:
        raise ValueError("a dialog without fields cannot show what to mend: answer with a note")
    said: dict[str, list[str]] = {}
    for key, words in found.items():
        said.setdefault(key if key in form_fields else form_fields[0], []).append(text(words, reader))
    return {key: "\n".join(lines) for key, lines in said.items()}


def person_options(choices: Sequence[Choice], reader: Reader) -> list[Json]:
    """Return the options that answer a picker's search; a name too long for an option raises."""
    shown, legend = options(labelled(choices, reader))
    if legend:
        longest = max(length(line) for line in legend)
        raise limits.TooLarge("/options", limits.OPTION_LABEL + limits.OPTION_DESCRIPTION, longest)
    limits.check_options(shown)
    return shown


def _field(field: Field, reader: Reader) -> list[Json]:
    element, legend = _element(field, reader)
    label, hint = text(field.label, reader), text(field.hint, reader) if field.hint else ""
    audience = reader.audience(field.seen_by) if field.seen_by else ""
    above: list[Json] = []
    if length(label) > limits.INPUT_LABEL:
        above, label = [rich_text(spans(field.label, reader), bold=True)], text(say("Answer"), reader)
    if length(f"{hint}\n{audience}") > limits.INPUT_HINT:
        legend, hint = [hint, *legend], ""
    if legend:
        above.append(rich_text(*((Span(line),) for line in legend)))
    shown: Json = {
        "type": "input",
        "block_id": field.key,
        "label": plain_text(label),
        "element": element,
        "optional": not field.required,
    }
    small_print = "\n".join(line for line in (hint, audience) if line)
    return [*above, {**shown, "hint": plain_text(small_print)} if small_print else shown]


def _element(field: Field, reader: Reader) -> tuple[Json, list[str]]:
    # The input itself, and what must stand above it because an option has no room for it.
    match field:
        case TextField():
            return _text(field), []
        case ChoiceField():
            return _pick(field, labelled(field.options, reader), field.initial, several=field.several)
        case ScaleField():
            return _pick(
                field,
                [(value, text(words, reader)) for value, words in steps(field)],
                (field.initial,) if field.initial else (),
            )
        case DateField():
            return _moment(field, "date", is_date(field.initial), "a date such as 2027-01-31"), []
        case TimeField():
            return _moment(field, "time", is_time(field.initial), "a time such as 14:05"), []
        case PersonField():
            return _person(field)
    assert_never(field)


def _text(field: TextField) -> Json:
    element: Json = {
        "type": "plain_text_input",
        "action_id": names.FIELD,
        "multiline": field.long,
        "max_length": min(field.most, limits.INPUT_TEXT),
    }
    return {**element, "initial_value": clean(field.initial)} if field.initial else element


def _pick(
    field: Field, given: Sequence[tuple[str, str]], initial: Sequence[str], *, several: bool = False
) -> tuple[Json, list[str]]:
    shown, above = options(given)
    kind = "checkboxes" if several else "radio_buttons"
    if len(shown) > limits.BOXES:
        return _select(field, shown, initial, several=several), above
    element: Json = {"type": kind, "action_id": names.FIELD, "options": shown}
    return {**element, **_initial(field, shown, initial, several=several)}, above


def _select(field: Field, shown: list[Json], initial: Sequence[str], *, several: bool = False) -> Json:
    # Beyond a hundred options Slack wants them in groups; each is named by the places it holds.
    element: Json = {"type": "multi_static_select" if several else "static_select", "action_id": names.FIELD}
    if len(shown) > limits.OPTIONS:
        starts = range(0, len(shown), limits.OPTIONS)
        groups = [(at + 1, shown[at : at + limits.OPTIONS]) for at in starts]
        element["option_groups"] = [
            {"label": plain_text(f"{first}\u2013{first + len(some) - 1}"), "options": some}
            for first, some in groups
        ]
    else:
        element["options"] = shown
    return {**element, **_initial(field, shown, initial, several=several)}


def _initial(field: Field, shown: Sequence[Json], initial: Sequence[str], *, several: bool) -> Json:
    known = {option["value"]: option for option in shown}
    for value in initial:
        if value not in known:
            raise BadInitial(field, value, "one of its options")
    if not initial:
        return {}
    if several:
        return {"initial_options": [option for option in shown if option["value"] in initial]}
    if len(initial) > 1:
        raise BadInitial(field, ", ".join(initial), "one answer")
    return {"initial_option": known[initial[0]]}


def _moment(field: DateField | TimeField, unit: str, known: bool, wanted: str) -> Json:
    element: Json = {"type": f"{unit}picker", "action_id": names.FIELD}
    if not field.initial:
        return element
    if not known:
        raise BadInitial(field, field.initial, wanted)
    return {**element, f"initial_{unit}": field.initial}


def _person(field: PersonField) -> tuple[Json, list[str]]:
    among = [(value, clean(name)) for value, name in field.among]
    initial = (field.initial,) if field.initial else ()
    if 0 < len(among) <= limits.OPTIONS:
        shown, above = options(among)
        return _select(field, shown, initial), above
    # Too many to list, or anyone at all: Slack asks for names as they are typed.
    element: Json = {
        "type": "external_select",
        "action_id": f"{names.LOOK}{field.key}",
        "min_query_length": 1,
    }
    chosen = [(field.initial, clean(field.initial_name))] if field.initial_name else among
    shown, above = options([one for one in chosen if one[0] in initial])
    return {**element, **_initial(field, shown, initial, several=False)}, above
