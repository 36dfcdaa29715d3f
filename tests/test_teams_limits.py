"""Teams' limits: each is kept at its number, and one more raises with the place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.teams import limits
from adapters.teams.wording import Json


def words(text: str = "x") -> Json:
    """Return a block of text."""
    return {"type": "TextBlock", "text": text, "wrap": True}


def press(title: str = "x", **more: object) -> Json:
    """Return a button."""
    return {"type": "Action.Execute", "title": title, "verb": "press", "data": {"c": "v r "}, **more}


def row(*actions: Json) -> Json:
    """Return a row of buttons."""
    return {"type": "ActionSet", "actions": list(actions)}


def opening(*actions: Json) -> Json:
    """Return a button that opens a card with these in it."""
    return {
        "type": "Action.ShowCard",
        "title": "x",
        "card": {"type": "AdaptiveCard", "body": [row(*actions)]},
    }


def box(inside: Json, times: int) -> Json:
    """Return a part inside containers."""
    for _ in range(times):
        inside = {"type": "Container", "items": [inside]}
    return inside


def card(*body: Json, **more: object) -> Json:
    """Return a card."""
    return {"type": "AdaptiveCard", "version": "1.5", "body": list(body), **more}


def message(*cards: Json, **more: object) -> Json:
    """Return a message."""
    kind = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "attachments": [{"contentType": kind, "content": one} for one in cards],
        **more,
    }


def dialog(*body: Json, **more: object) -> Json:
    """Return a dialog."""
    return {"title": "x", "width": "medium", "height": "large", "card": {"content": card(*body)}, **more}


def asked(kind: str, **more: object) -> Json:
    """Return an input."""
    return {"type": f"Input.{kind}", "id": "i.a", "label": "x", **more}


def option(value: str, title: str = "x") -> Json:
    """Return an option."""
    return {"title": title, "value": value}


EMPTY = limits.size(message(card(words(""))))

CASES: dict[str, tuple[int, str, Callable[[int], Json]]] = {
    "cards of a message": (10, "/attachments", lambda n: message(*[card(words())] * n)),
    "buttons of a row": (6, "/attachments/0/content/body/0/actions", lambda n: message(card(row(*[press()] * n)))),
    "buttons of a card": (6, "/actions", lambda n: card(actions=[press()] * n)),
    "label of a button": (50, "/body/0/actions/1/title", lambda n: card(row(press(), press("x" * n)))),
    "label of a button that asks first": (
        50,
        "/body/0/actions/0/card/body/0/actions/0/title",
        lambda n: card(row(opening(press("x" * n)))),
    ),
    "title of a dialog": (60, "/title", lambda n: dialog(words(), title="x" * n)),
    "an input's words": (
        20,
        "/card/content/body/0/value",
        lambda n: dialog(asked("Text", maxLength=20, value="x" * n)),
    ),
    "parts inside each other": (limits.DEPTH, "", lambda n: card(box(words(), n - 1))),
}  # fmt: skip


@pytest.mark.parametrize(("most", "path", "made"), CASES.values(), ids=CASES)
def test_a_limit_is_kept_at_its_number(most: int, path: str, made: Callable[[int], Json]) -> None:
    """As many as Teams takes pass; one more raises, with the place and the limit."""
    limits.check(made(most))

    with pytest.raises(limits.TooLarge) as found:
        limits.check(made(most + 1))
    assert most == found.value.limit
    assert path in (found.value.path, "")


@pytest.mark.parametrize(("sign", "bytes_each"), [("x", 2), ("č", 2), ("ע", 2), ("🦊", 4)])
def test_a_message_is_measured_in_utf_16(sign: str, bytes_each: int) -> None:
    """Up to 80 KB pass: every letter is two bytes and an emoji is four."""
    room = (limits.MESSAGE_BYTES - EMPTY) // bytes_each

    limits.check(message(card(words(sign * room))))
    with pytest.raises(limits.TooLarge, match="bytes, and the limit is 80,000"):
        limits.check(message(card(words(sign * (room + 1)))))


@pytest.mark.parametrize(
    ("path", "made"),
    [
        ("/attachments", message()),
        ("/body", card()),
        ("/body/0/text", card(words(" "))),
        ("/body/0/inlines", card({"type": "RichTextBlock", "inlines": []})),
        ("/body/0/inlines/0/text", card({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": ""}]})),
        ("/body/0/actions", card(row())),
        ("/body/0/facts", card({"type": "FactSet", "facts": []})),
        ("/body/0/columns/0/items/0/text", card({"type": "ColumnSet", "columns": [{"type": "Column", "items": [words("")]}]})),
        ("/body/0/altText", card({"type": "Image", "url": "https://m.example/a.png"})),
        ("/body/0/actions/0/title", card(row(press("")))),
        ("/body/0/actions/0/data", card(row(press(data={})))),
        ("/body/0/selectAction/verb", card({"type": "ColumnSet", "columns": [{"type": "Column"}], "selectAction": press(verb="")})),
        ("/title", dialog(words(), title=" ")),
        ("/card", {"title": "x", "width": "medium", "height": "large"}),
        ("/card/content/body/0/id", dialog(asked("Text", id=""))),
        ("/card/content/body/0/label", dialog(asked("Date", label=""))),
        ("/card/content/body/0/choices", dialog(asked("ChoiceSet", choices=[]))),
        ("/card/content/body/0/choices/0/title", dialog(asked("ChoiceSet", choices=[option("1", "")]))),
    ],
)  # fmt: skip
def test_what_is_empty_is_refused(path: str, made: Json) -> None:
    """Teams would draw nothing there, or refuse the whole: the error names the place."""
    with pytest.raises(limits.Blank, match="empty") as found:
        limits.check(made)
    assert path == found.value.path


@pytest.mark.parametrize(
    ("path", "made"),
    [
        ("/card/content/body/1/id", dialog(asked("Text"), asked("Date"))),
        ("/card/content/body/0/choices/1/value", dialog(asked("ChoiceSet", choices=[option("1"), option("1")]))),
    ],
)  # fmt: skip
def test_what_is_there_twice_is_refused(path: str, made: Json) -> None:
    """Two inputs of one name, and two options of one value, could not be told apart."""
    with pytest.raises(limits.Twice) as found:
        limits.check(made)
    assert path == found.value.path


@pytest.mark.parametrize(
    ("why", "made"),
    [
        ("/version: '1.6'", card(words()) | {"version": "1.6"}),
        ("/attachments/0/content/version: None", message({"type": "AdaptiveCard", "body": [words()]})),
        ("/width: 'wide'", dialog(words(), width="wide")),
        ("/height: 400", dialog(words(), height=400)),
        ("/body/0/actions/0/url: an address", card(row({"type": "Action.OpenUrl", "title": "x", "url": "javascript:alert(1)"}))),
        ("/body/0/url: an address", card({"type": "Image", "url": "file:///etc/passwd", "altText": "x"})),
        ("a comma", dialog(asked("ChoiceSet", isMultiSelect=True, choices=[option("a,b")]))),
        ("opens inside one that opens", card(row(opening(opening(press()))))),
    ],
)  # fmt: skip
def test_what_teams_would_not_draw_is_refused(why: str, made: Json) -> None:
    """The error says the place and what is wrong there."""
    with pytest.raises(limits.Unfit, match=why):
        limits.check(made)


def test_what_is_searched_for_needs_no_list() -> None:
    """A picker of everybody begins without options."""
    data = {"type": "Data.Query", "dataset": "people"}

    limits.check(dialog(asked("ChoiceSet", choices=[], **{"choices.data": data})))


@pytest.mark.parametrize(
    ("address", "safe", "ours"),
    [
        ("https://t.example/a?b=c", True, True),
        ("mailto:ana@example.org", True, False),
        ("http://127.0.0.1:8080/home", False, True),
        ("javascript:alert(1)", False, False),
        ("https://a b", False, False),
        ("https://a\"b", False, False),
        ("ftp://a.example", False, False),
        ("", False, False),
    ],
)  # fmt: skip
def test_addresses_that_may_be_opened(address: str, safe: bool, ours: bool) -> None:
    """What people wrote is opened only encrypted or as mail; pages of our own also unencrypted, for development."""
    assert (safe, ours) == (limits.safe(address), limits.ours(address))
