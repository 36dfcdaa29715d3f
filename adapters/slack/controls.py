"""What can be pressed or picked: buttons, links and options, none of whose words is ever cut."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.slack import limits, names
from adapters.slack.limits import length
from adapters.slack.wording import Json, clean, opens, plain_text, rich_text, text
from bot.content import Ask, Button, Choice, Link, say
from bot.i18n import Reader
from bot.markup import Span

CHOSEN = "\u2713 "


def buttons(row: Sequence[Button | Link], reader: Reader) -> list[Json]:
    """
    Write buttons and links in rows of as many as Slack takes.

    A label that does not fit on a button is written in full above, and the button has its number. An address that
    may not be opened is written out.
    """
    pressed = [one for one in row if isinstance(one, Button) or opens(one.url)]
    written = [one for one in row if isinstance(one, Link) and not opens(one.url)]
    labels, legend = fitting([text(one.label, reader) for one in pressed], limits.BUTTON_LABEL)
    elements = [
        _button(one, label, place, reader)
        for place, (one, label) in enumerate(zip(pressed, labels, strict=True))
    ]
    lines = [*legend, *(f"{text(one.label, reader)}: {clean(one.url)}" for one in written)]
    return [*_lines(lines), *rows(elements)]


def choices(ask: Ask, reader: Reader) -> list[Json]:
    """Write the answers of a question as a row of buttons, the chosen one marked."""
    shown = [CHOSEN * (choice.value == ask.chosen) + text(choice.label, reader) for choice in ask.choices]
    labels, legend = fitting(shown, limits.BUTTON_LABEL)
    elements = []
    for place, (choice, label) in enumerate(zip(ask.choices, labels, strict=True)):
        chosen = choice.value == ask.chosen
        control = names.control(ask.verb, ask.ref, choice.value)
        elements.append(pressing(f"{names.ASK}{place}", label, control, "primary" if chosen else ""))
    return [*_lines(legend), *rows(elements)]


def pressing(action: str, label: str, control: str, style: str = "") -> Json:
    """Write one button."""
    element: Json = {"type": "button", "action_id": action, "text": plain_text(label), "value": control}
    return {**element, "style": style} if style else element


def rows(elements: Sequence[Json]) -> list[Json]:
    """Put elements into rows of as many as Slack takes."""
    some = (elements[at : at + limits.ROW] for at in range(0, len(elements), limits.ROW))
    return [{"type": "actions", "elements": list(row)} for row in some]


def options(given: Sequence[tuple[str, str]]) -> tuple[list[Json], list[str]]:
    """
    Write options from values and labels; return them, and the lines to stand above them.

    A label that is too long goes on in the option's second line; one that is too long for both stands above in
    full, and the option has its number.
    """
    parts = [_halves(label) for _, label in given]
    shown: list[Json] = []
    legend = []
    for number, ((value, label), (first, second)) in enumerate(zip(given, parts, strict=True), 1):
        if not first:
            legend.append(f"{number}. {label}")
            first = str(number)
        option: Json = {"text": plain_text(first), "value": value}
        shown.append({**option, "description": plain_text(second)} if second else option)
    return shown, legend


def labelled(given: Sequence[Choice], reader: Reader) -> list[tuple[str, str]]:
    """Return values and labels."""
    return [(choice.value, text(choice.label, reader)) for choice in given]


def fitting(labels: Sequence[str], most: int) -> tuple[list[str], list[str]]:
    """Return labels that fit, a number in the place of one that does not, and the lines that tell the numbers."""
    numbered = {n: label for n, label in enumerate(labels, 1) if length(label) > most}
    shown = [
        (CHOSEN * label.startswith(CHOSEN) + str(n)) if n in numbered else label
        for n, label in enumerate(labels, 1)
    ]
    return shown, [f"{n}. {label.removeprefix(CHOSEN)}" for n, label in numbered.items()]


def _button(one: Button | Link, label: str, place: int, reader: Reader) -> Json:
    if isinstance(one, Link):
        action = f"{names.LINK}{place}"
        return {"type": "button", "action_id": action, "text": plain_text(label), "url": one.url}
    style = "" if one.style == "plain" else one.style
    control = names.control(one.verb, one.ref, one.value)
    element = pressing(f"{names.PRESS}{place}", label, control, style)
    return {**element, "confirm": _confirm(one, label, reader)} if one.confirm else element


def _confirm(one: Button, label: str, reader: Reader) -> Json:
    assert one.confirm is not None
    yes = label if length(label) <= limits.CONFIRM_LABEL else text(say("Yes"), reader)
    return {
        "title": plain_text(label),
        "text": plain_text(text(one.confirm, reader)),
        "confirm": plain_text(yes),
        "deny": plain_text(text(say("Not now"), reader)),
        "style": "danger" if one.style == "danger" else "primary",
    }


def _lines(lines: Sequence[str]) -> list[Json]:
    return [rich_text(*((Span(line),) for line in lines))] if lines else []


def _halves(label: str) -> tuple[str, str]:
    # The label in one line or in two, parted at a space; ("", "") where it fits in neither.
    if length(label) <= limits.OPTION_LABEL:
        return label, ""
    for at in range(len(label) - 1, 0, -1):
        first, second = label[:at].rstrip(), label[at:].strip()
        if label[at] == " " and length(first) <= limits.OPTION_LABEL:
            return (first, second) if first and length(second) <= limits.OPTION_DESCRIPTION else ("", "")
    return "", ""
