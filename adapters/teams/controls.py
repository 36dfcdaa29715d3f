"""What can be pressed: buttons and links, none of whose words is ever cut."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.teams import limits, names
from adapters.teams.limits import length
from adapters.teams.wording import PLAIN, Json, clean, label, spans, written
from bot.content import Ask, Button, Link
from bot.i18n import Reader
from bot.markup import Span

CHOSEN = "\u2713 "
PRESS = "press"  # the verb of everything that is pressed; what it asks for stands in its data
_STYLES = {"primary": "positive", "danger": "destructive"}


def buttons(row: Sequence[Button | Link], reader: Reader, *, tight: bool = False) -> list[Json]:
    """
    Write buttons and links in rows that fit; `tight` leaves out what only very old clients need.

    A label that does not fit on a button is written in full above, and the button has its number. An address that
    may not be opened is written out.
    """
    pressed = [one for one in row if isinstance(one, Button) or limits.safe(one.url)]
    written_out = [one for one in row if isinstance(one, Link) and not limits.safe(one.url)]
    labels, legend = fitting([label(one.label, reader) for one in pressed])
    actions = [
        opening(its, one.url) if isinstance(one, Link) else _button(one, its, reader, tight=tight)
        for one, its in zip(pressed, labels, strict=True)
    ]
    lines = [*legend, *(f"{label(one.label, reader)}: {clean(one.url)}" for one in written_out)]
    return [*_lines(lines), *rows(actions)]


def choices(ask: Ask, reader: Reader, *, tight: bool = False) -> list[Json]:
    """Write the answers of a question as buttons, the chosen one marked."""
    shown = [CHOSEN * (one.value == ask.chosen) + label(one.label, reader) for one in ask.choices]
    labels, legend = fitting(shown)
    actions = [
        pressing(
            its,
            names.control(ask.verb, ask.ref, one.value),
            "primary" * (one.value == ask.chosen),
            tight=tight,
        )
        for one, its in zip(ask.choices, labels, strict=True)
    ]
    return [*_lines(legend), *rows(actions)]


def pressing(title: str, control: str, style: str = "", *, tight: bool = False) -> Json:
    """Write what is pressed; a client too old to refresh a card sends the same as a message."""
    data: Json = {names.PRESS: control}
    shared: Json = {"title": title, **_style(style)}
    made: Json = {"type": "Action.Execute", **shared, "verb": PRESS, "data": data, "associatedInputs": "none"}
    return made if tight else {**made, "fallback": {"type": "Action.Submit", **shared, "data": data}}


def dialog_opening(title: str, carried: Json, style: str = "") -> Json:
    """Write what opens a dialog."""
    data: Json = {**carried, "msteams": {"type": "task/fetch"}}
    return {
        "type": "Action.Submit",
        "title": title,
        **_style(style),
        "data": data,
        "associatedInputs": "none",
    }


def opening(title: str, address: str) -> Json:
    """Write what opens an address."""
    return {"type": "Action.OpenUrl", "title": title, "url": address}


def rows(actions: Sequence[Json]) -> list[Json]:
    """Put actions into rows that a narrow window draws whole."""
    made: list[list[Json]] = []
    room = 0
    for action in actions:
        width = length(str(action["title"])) + limits.BUTTON_WIDTH
        if not made or width > room or len(made[-1]) == limits.ACTIONS:
            made.append([])
            room = limits.ROW_WIDTH
        made[-1].append(action)
        room -= width
    sets: list[Json] = [{"type": "ActionSet", "actions": row} for row in made]
    return [*sets[:1], *({**one, "spacing": "small"} for one in sets[1:])]


def fitting(labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return labels that fit, a number in the place of one that does not, and the lines that tell the numbers."""
    numbered = {
        n: one for n, one in enumerate(labels, 1) if length(one) > limits.BUTTON_LABEL or not one.strip()
    }
    shown = [
        CHOSEN * one.startswith(CHOSEN) + str(n) if n in numbered else one for n, one in enumerate(labels, 1)
    ]
    return shown, [f"{n}. {one.removeprefix(CHOSEN)}" for n, one in numbered.items() if one.strip()]


def _button(one: Button, title: str, reader: Reader, *, tight: bool) -> Json:
    control = names.control(one.verb, one.ref, one.value)
    if one.confirm is None:
        return _act(one, title, control, tight=tight)
    # The question stands in the card itself: the real button is below it, and pressing this one again closes it.
    question = written(spans(one.confirm, reader))
    card: Json = {
        "type": "AdaptiveCard",
        "body": [*question, *rows([_act(one, title, control, tight=tight)])],
    }
    return {"type": "Action.ShowCard", "title": title, **_style(one.style), "card": card}


def _act(one: Button, title: str, control: str, *, tight: bool) -> Json:
    if one.opens_form:
        return dialog_opening(title, {names.PRESS: control}, one.style)
    return pressing(title, control, one.style, tight=tight)


def _style(style: str) -> Json:
    return {"style": _STYLES[style]} if style in _STYLES else {}


def _lines(lines: Sequence[str]) -> list[Json]:
    return [element for line in lines for element in written((Span(line),), PLAIN)]
