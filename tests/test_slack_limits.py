"""Slack's limits: each is kept at its number, and one more raises with the place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.slack import limits
from adapters.slack.wording import Json


def plain(text: str) -> Json:
    """Return plain text."""
    return {"type": "plain_text", "text": text, "emoji": False}


def rich(text: str) -> Json:
    """Return a block of rich text."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def button(place: int = 0, **more: object) -> Json:
    """Return a button."""
    return {"type": "button", "action_id": f"press:{place}", "text": plain("x"), **more}


def option(place: int = 0, **more: object) -> Json:
    """Return an option."""
    return {"text": plain("x"), "value": str(place), **more}


def several(kind: str, most: int, **more: object) -> Json:
    """Return an element with as many options."""
    return {"type": kind, "action_id": "field", "options": [option(n) for n in range(most)], **more}


def asked(element: Json, **more: object) -> Json:
    """Return an input of a dialog."""
    return {"type": "input", "block_id": "key", "label": plain("x"), "element": element, **more}


def message(*blocks: Json, text: str = "x") -> None:
    """Check a message."""
    limits.check_message(text, blocks)


def modal(*blocks: Json, **more: object) -> None:
    """Check a modal."""
    limits.check_view(
        {"type": "modal", "title": plain("x"), "submit": plain("x"), "blocks": list(blocks), **more}
    )


def home(*blocks: Json, **more: object) -> None:
    """Check a home."""
    limits.check_view({"type": "home", "blocks": list(blocks), **more})


def row(*elements: Json) -> Json:
    """Return a row of buttons."""
    return {"type": "actions", "elements": list(elements)}


CASES: dict[str, tuple[int, str, Callable[[int], None]]] = {
    "text": (40_000, "/text", lambda n: message(rich("x"), text="x" * n)),
    "blocks of a message": (50, "/blocks", lambda n: message(*[{"type": "divider"}] * n)),
    "blocks of a modal": (100, "/blocks", lambda n: modal(*[{"type": "divider"}] * n)),
    "blocks of a home": (100, "/blocks", lambda n: home(*[{"type": "divider"}] * n)),
    "a whole message": (13_000, "/blocks", lambda n: message(rich("x" * (n - 100)))),
    "a whole message in two blocks": (
        13_000,
        "/blocks",
        lambda n: message(rich("x" * (n - 201)), {"type": "header", "text": plain("x")}),
    ),
    "header": (150, "/blocks/0/text/text", lambda n: message({"type": "header", "text": plain("x" * n)})),
    "section": (3000, "/blocks/0/text/text", lambda n: message({"type": "section", "text": plain("x" * n)})),
    "fields of a section": (
        10,
        "/blocks/0/fields",
        lambda n: message({"type": "section", "fields": [plain("x")] * n}),
    ),
    "context": (10, "/blocks/1/elements", lambda n: home(rich("x"), context(*[plain("x")] * n))),
    "small print": (3000, "/blocks/0/elements/0/text", lambda n: message(context(plain("x" * n)))),
    "buttons of a row": (25, "/blocks/0/elements", lambda n: message(row(*map(button, range(n))))),
    "button": (
        75,
        "/blocks/0/elements/1/text/text",
        lambda n: message(row(button(), button(1, text=plain("x" * n)))),
    ),
    "value of a button": (
        2000,
        "/blocks/0/elements/0/value",
        lambda n: message(row(button(value="x" * n))),
    ),
    "address": (3000, "/blocks/0/elements/0/url", lambda n: message(row(button(url="x" * n)))),
    "address of a link": (
        3000,
        "/blocks/0/elements/0/elements/0/url",
        lambda n: home(linking("x" * n)),
    ),
    "action id": (
        255,
        "/blocks/0/elements/0/action_id",
        lambda n: message(row(button(action_id="x" * n))),
    ),
    "button beside a section": (
        75,
        "/blocks/0/accessory/text/text",
        lambda n: home({"type": "section", "text": plain("x"), "accessory": button(text=plain("x" * n))}),
    ),
    "title of a confirmation": (
        100,
        "/blocks/0/elements/0/confirm/title/text",
        lambda n: confirm("title", n),
    ),
    "words of a confirmation": (300, "/blocks/0/elements/0/confirm/text/text", lambda n: confirm("text", n)),
    "yes": (30, "/blocks/0/elements/0/confirm/confirm/text", lambda n: confirm("confirm", n)),
    "no": (30, "/blocks/0/elements/0/confirm/deny/text", lambda n: confirm("deny", n)),
    "picture's words": (
        2000,
        "/blocks/0/alt_text",
        lambda n: home({"type": "image", "image_url": "https://x.example", "alt_text": "x" * n}),
    ),
    "picture's address": (
        3000,
        "/blocks/0/image_url",
        lambda n: home({"type": "image", "image_url": "x" * n, "alt_text": "x"}),
    ),
    "title of a modal": (24, "/title/text", lambda n: modal(title=plain("x" * n))),
    "submit": (24, "/submit/text", lambda n: modal(submit=plain("x" * n))),
    "close": (24, "/close/text", lambda n: modal(close=plain("x" * n))),
    "metadata of a modal": (3000, "/private_metadata", lambda n: modal(private_metadata="x" * n)),
    "metadata of a home": (3000, "/private_metadata", lambda n: home(private_metadata="x" * n)),
    "callback id": (255, "/callback_id", lambda n: modal(callback_id="x" * n)),
    "block id": (
        255,
        "/blocks/0/block_id",
        lambda n: modal(asked(several("checkboxes", 1), block_id="x" * n)),
    ),
    "label": (
        2000,
        "/blocks/0/label/text",
        lambda n: modal(asked(several("checkboxes", 1), label=plain("x" * n))),
    ),
    "hint": (
        2000,
        "/blocks/0/hint/text",
        lambda n: modal(asked(several("checkboxes", 1), hint=plain("x" * n))),
    ),
    "placeholder": (
        150,
        "/blocks/0/element/placeholder/text",
        lambda n: modal(asked(several("static_select", 1, placeholder=plain("x" * n)))),
    ),
    "words asked for": (
        3000,
        "/blocks/0/element/max_length",
        lambda n: modal(asked({"type": "plain_text_input", "max_length": n})),
    ),
    "words filled in": (
        3000,
        "/blocks/0/element/initial_value",
        lambda n: modal(asked({"type": "plain_text_input", "initial_value": "x" * n})),
    ),
    "words filled in where fewer are asked for": (
        20,
        "/blocks/0/element/initial_value",
        lambda n: modal(asked({"type": "plain_text_input", "max_length": 20, "initial_value": "x" * n})),
    ),
    "radio buttons": (10, "/blocks/0/element/options", lambda n: modal(asked(several("radio_buttons", n)))),
    "checkboxes": (10, "/blocks/0/element/options", lambda n: modal(asked(several("checkboxes", n)))),
    "menu": (100, "/blocks/0/element/options", lambda n: modal(asked(several("static_select", n)))),
    "menu for several": (
        100,
        "/blocks/0/element/options",
        lambda n: modal(asked(several("multi_static_select", n))),
    ),
    "groups of a menu": (100, "/blocks/0/element/option_groups", lambda n: grouped(n, 1)),
    "options of a group": (100, "/blocks/0/element/option_groups/0/options", lambda n: grouped(1, n)),
    "name of a group": (
        75,
        "/blocks/0/element/option_groups/0/label/text",
        lambda n: grouped(1, 1, label=plain("x" * n)),
    ),
    "option": (
        75,
        "/blocks/0/element/options/0/text/text",
        lambda n: modal(asked(several("checkboxes", 0, options=[option(text=plain("x" * n))]))),
    ),
    "second line of an option": (
        75,
        "/blocks/0/element/options/0/description/text",
        lambda n: modal(asked(several("checkboxes", 0, options=[option(description=plain("x" * n))]))),
    ),
    "value of an option": (
        150,
        "/blocks/0/element/options/0/value",
        lambda n: modal(asked(several("checkboxes", 0, options=[option(value="x" * n)]))),
    ),
    "option that is chosen": (
        75,
        "/blocks/0/element/initial_option/text/text",
        lambda n: modal(asked(several("static_select", 1, initial_option=option(text=plain("x" * n))))),
    ),
    "options of a search": (100, "/options", lambda n: limits.check_options([option(m) for m in range(n)])),
    "option of a search": (
        75,
        "/options/0/text/text",
        lambda n: limits.check_options([option(text=plain("x" * n))]),
    ),
}


def context(*elements: Json) -> Json:
    """Return small print."""
    return {"type": "context", "elements": list(elements)}


def linking(address: str) -> Json:
    """Return rich text with a link."""
    link = {"type": "link", "url": address, "text": "x"}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [link]}]}


def naming(user: str, *, rest: int) -> Json:
    """Return rich text with a person and so many characters more."""
    elements = [{"type": "user", "user_id": user}, {"type": "text", "text": "x" * rest}]
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def confirm(key: str, most: int) -> None:
    """Check a button with a confirmation."""
    words: Json = {"title": plain("x"), "text": plain("x"), "confirm": plain("x"), "deny": plain("x")}
    message(row(button(confirm={**words, key: plain("x" * most)})))


def grouped(groups: int, options: int, **more: object) -> None:
    """Check a menu with groups of options."""
    given = [{"label": plain("x"), "options": [option(n) for n in range(options)], **more}] * groups
    modal(asked({"type": "static_select", "action_id": "field", "option_groups": given}))


@pytest.mark.parametrize("case", CASES)
def test_a_limit_is_kept_and_one_more_raises_with_its_place(case: str) -> None:
    """What is as large as Slack takes passes; the error for one more names the place and the limit."""
    limit, path, check = CASES[case]

    check(limit)
    with pytest.raises(limits.TooLarge) as caught:
        check(limit + 1)
    assert (path, limit) == (caught.value.path, caught.value.limit)
    assert isinstance(caught.value, ValueError)
    assert f"{limit:,}" in str(caught.value)


def test_a_view_weighs_no_more_than_slack_takes() -> None:
    """A view is measured in the bytes that are sent, its letters escaped."""
    home(rich("x" * 249_000))

    for text in ("x" * 250_000, "š" * 42_000):
        with pytest.raises(limits.TooLarge, match=r"250,000"):
            home(rich(text))


def test_an_emoji_counts_as_two() -> None:
    """A browser counts an emoji as two characters, so that we do as well."""
    assert [1, 2, 3] == [limits.length(text) for text in ("š", "🦊", "a🦊")]

    message({"type": "header", "text": plain("🦊" * 75)})
    with pytest.raises(limits.TooLarge, match="151"):
        message({"type": "header", "text": plain("🦊" * 75 + "x")})


def test_a_person_counts_as_twenty_characters() -> None:
    """Slack puts a name of its own in the place of a person, which a message must have room for."""
    full = limits.MESSAGE_WEIGHT - limits.BLOCK_WEIGHT
    message(naming("UANA", rest=full - 20))

    with pytest.raises(limits.TooLarge, match="13,001"):
        message(naming("UANA", rest=full - 19))


@pytest.mark.parametrize(
    ("path", "check"),
    [
        ("/blocks/0/elements/0/elements/0/user_id", lambda: message(naming("", rest=1))),
        ("/blocks/0/text/text", lambda: message({"type": "header", "text": plain("")})),
        ("/blocks/0/elements/0/text/text", lambda: message(row(button(text=plain(""))))),
        ("/blocks/0/elements", lambda: message(row())),
        ("/blocks/0/elements", lambda: message(context())),
        ("/blocks/0/elements/0/elements/0/text", lambda: message(rich(""))),
        ("/blocks/0/element/options", lambda: modal(asked(several("radio_buttons", 0)))),
        ("/blocks/0/element/options", lambda: modal(asked(several("checkboxes", 0)))),
        ("/blocks/0/element/option_groups/0/options", lambda: grouped(1, 0)),
    ],
)
def test_what_slack_wants_filled_is_not_empty(path: str, check: Callable[[], None]) -> None:
    """An empty text or list raises with its place."""
    with pytest.raises(limits.Blank) as caught:
        check()
    assert path == caught.value.path


@pytest.mark.parametrize(
    ("path", "check"),
    [
        ("/blocks/0/elements/1/action_id", lambda: message(row(button(), button()))),
        ("/blocks/1/block_id", lambda: modal(*[asked(several("checkboxes", 1))] * 2)),
        (
            "/blocks/0/element/options/1/value",
            lambda: modal(asked(several("checkboxes", 0, options=[option(), option()]))),
        ),
        ("/options/1/value", lambda: limits.check_options([option(), option()])),
    ],
)
def test_what_slack_tells_apart_by_its_name_is_there_once(path: str, check: Callable[[], None]) -> None:
    """The same action in a row, field in a dialog or value among options raises with its place."""
    with pytest.raises(limits.Twice) as caught:
        check()
    assert path == caught.value.path


def test_a_dialog_that_asks_can_be_sent() -> None:
    """A modal with an input and without a button to send it raises."""
    view = {"type": "modal", "title": plain("x"), "blocks": [asked(several("checkboxes", 1))]}

    with pytest.raises(limits.Unfit, match="/submit: missing"):
        limits.check_view(view)
    limits.check_view({**view, "blocks": []})
