"""Sentences as Teams' text blocks and runs: what people typed stays what they typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, strategies
from playwright.sync_api import Page, sync_playwright

from adapters.teams import controls, form, limits, render, wording
from adapters.teams.wording import Json
from bot.content import (
    Actions,
    Ask,
    Block,
    Button,
    Card,
    Checklist,
    Choice,
    ChoiceField,
    Facts,
    File,
    Form,
    Home,
    Image,
    Item,
    Link,
    PersonField,
    PersonName,
    Progress,
    Say,
    ScaleField,
    Text,
    TextField,
    UserText,
    WebLink,
    say,
)
from bot.i18n import Reader
from bot.markup import Span
from tests.conftest import without
from tests.teams_reading import marks, parts, shown
from tests.test_slack_wording import CORPUS as SHARED

READER = Reader("en", "Europe/Ljubljana")
CORPUS = {
    **SHARED,
    "a link of Markdown": "[here](https://evil.example) [x]: https://evil.example",
    "a link by reference": "[x][y]\n\n[y]: https://evil.example",
    "a link in brackets": "<https://evil.example> <me@evil.example>",
    "addresses": "www.evil.example me@evil.example tel:123 ftp://x.example",
    "a picture": "![x](https://evil.example/p.png)",
    "headings": "# one\n## two\nthree\n===\nfour\n---",
    "a table": "| a | b |\n|---|---|\n| c | d |",
    "a mention": "<at>Irena</at> <at id=\"0\">everybody</at>",
    "a moment": "{{DATE(2017-02-14T06:08:39Z,SHORT)}} {{time(2017-02-14T06:08:39Z)}}",
    "a template": "${user.name} {user.name}",
    "escapes": "\\*a\\* \\[b\\](c)",
    "html": "<b>x</b><img src=x onerror=alert(1)><script>alert(1)</script>",
    "lines": "one\ntwo\r\nthree\n\nfour",
    "a gap before": "    code",
    "a number": "1. one\n2) two",
    "a sum": "=HYPERLINK(\"https://evil.example\")",
    "signs that cannot be seen": "a\0b\x1b[31m",
    "commas": "one,two",
}  # fmt: skip
CASES = pytest.mark.parametrize("typed", CORPUS.values(), ids=CORPUS)


def told(typed: str) -> Say:
    """Say what somebody typed."""
    return say("{words}", words=UserText(typed))


def everywhere(typed: str) -> dict[str, Json]:
    """Return what Teams gets where somebody typed this, a surface each."""
    words = told(typed)
    seen_by = ("author",)
    blocks: dict[str, Block] = {
        "text": Text(words),
        "heading": Text(words, "heading"),
        "quiet": Text(words, "quiet"),
        "facts": Facts(((words, words), (say("Label"), words))),
        "list": Checklist((Item(words, True), Item(words, False))),
        "list to tick": Checklist(
            (Item(words, True, "tick", "r", "1"), Item(words, False, "tick", "r", "2"))
        ),
        "progress": Progress(words, 1, 2, typed),
        "picture": Image("a.png", words),
        "question": Ask(words, "v", "r", (Choice(words, "1"), Choice(say("no"), "2")), seen_by, chosen="1"),
        "buttons": Actions((Button(words, "v", "r", confirm=words), Link(words, "https://meet.example/a"))),
    }
    option = Choice(words, "1")
    fields = (
        TextField(key="t", label=words, seen_by=seen_by, hint=words, initial=typed),
        ChoiceField(key="c", label=words, seen_by=seen_by, options=(option,), initial=("1",)),
        ChoiceField(key="m", label=words, seen_by=seen_by, options=(option,), several=True, initial=("1",)),
        ScaleField(key="s", label=words, seen_by=seen_by, low=words, high=words),
        PersonField(key="p", label=words, seen_by=seen_by, among=(("p1", typed),), initial="p1"),
        PersonField(key="q", label=words, seen_by=seen_by, initial="p2", initial_name=typed),
    )
    dialog = Form(title=words, verb="v", ref="r", fields=fields, intro=words, submit=words)
    made = {name: render.message(Card(say("Title"), (block,)), READER) for name, block in blocks.items()}
    made["title"] = render.message(Card(words), READER)
    made["file"] = render.message(File(typed, "text/plain", b"", Card(say("Title"))), READER)
    made["opener"] = render.opener("feedback", READER, words)
    made["home"] = render.home(Home(words, (Card(words, tuple(blocks.values())),)), READER)
    made["form"] = form.dialog(dialog, READER, opened={"c": "v r "})
    made["form to mend"] = form.dialog(
        dialog, READER, opened={"c": "v r "}, errors={"t": words, "": words}, values={"t": typed}
    )
    return made


@CASES
def test_what_people_typed_stays_words_on_every_surface(typed: str) -> None:
    """No link, mention, formula or style arises from it anywhere besides our own, and all of it is there."""
    ours = {"bold"}
    wanted = _letters(wording.clean(typed))
    found = {
        surface: (marks(drawn) - ours, wanted in _letters(shown(drawn)))
        for surface, drawn in everywhere(typed).items()
    }

    assert {surface: (set(), True) for surface in found} == found


@given(
    strategies.text(alphabet=strategies.characters() | strategies.sampled_from("[]()<>&*_~`#-+.:@!|{}\\\n "))
)
def test_no_words_at_all_become_more_than_words(typed: str) -> None:
    """Whatever is typed beside a bold word of ours, or alone, is shown as it is and makes nothing."""
    beside = wording.written(wording.spans(say("**Ana** wrote {words}.", words=UserText(typed)), READER))
    alone = wording.written(wording.spans(told(typed), READER))

    assert ({"bold"}, set()) == (marks(beside), marks(alone))
    assert _letters(f"Ana wrote {wording.clean(typed)}.") == _letters(shown(beside))
    assert _letters(wording.clean(typed)) == _letters(shown(alone))


@pytest.mark.parametrize(
    ("typed", "carried"),
    [
        ("a\0b", "a\u2400b"),
        ("\x1b[31mred\x7f", "\u241b[31mred\u2421"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\ud83d", "\ufffd"),
        ("\u202eabc", "\u202eabc\u202c"),
        ("\u2067a \u202db\nc", "\u2067a \u202db\u202c\u2069\nc"),
    ],
)
def test_what_cannot_be_carried_is_shown_by_its_picture(typed: str, carried: str) -> None:
    """Control characters get a sign that can be seen, and a turn of direction ends with the words it came with."""
    assert carried == wording.text(told(typed), READER)
    assert f"{carried} wrote." == wording.text(say("{who} wrote.", who=PersonName(typed)), READER)


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "https://a b", "http://plain.example", "msteams://x", "x"],
)
def test_an_address_that_must_not_be_opened_is_only_shown(address: str) -> None:
    """It stands as words in a sentence, and in the place of its button."""
    sentence = render.card(Card(say("Title"), (Text(say("{link}", link=WebLink("here", address))),)), READER)
    button = controls.buttons((Link(say("Join"), address),), READER)

    assert (set(), True) == (marks(sentence), f"here ({address})" in shown(sentence))
    assert (set(), f"Join: {address}") == (marks(button), shown(button))
    assert [] == list(parts([sentence, button], "Action.OpenUrl"))


def test_a_link_of_ours_is_one_that_every_client_opens() -> None:
    """In a line of nothing but words it is written as a block's link; beside looks and signs it is a run's."""
    link = WebLink("the handbook", "https://t.example/(a)?b=c_d")
    alone, beside = (
        wording.written(wording.spans(say(words, l=link), READER)) for words in ("See {l}.", "**See** {l}.")
    )

    assert "See [the handbook](https://t.example/%28a%29?b=c_d)." == alone[0]["text"]
    assert {"link https://t.example/%28a%29?b=c_d"} == marks(alone)
    assert {"bold", "link https://t.example/(a)?b=c_d"} == marks(beside)


def test_a_link_labelled_by_what_was_typed_goes_where_it_says() -> None:
    """A label full of signs neither ends its link nor begins another."""
    link = WebLink("x](https://evil.example) [y", "https://t.example")
    drawn = wording.written(wording.spans(say("See {l}.", l=link), READER))

    assert {"link https://t.example"} == marks(drawn)
    assert "See x](https://evil.example) [y (https://t.example)." == shown(drawn)


def test_our_looks_are_kept() -> None:
    """Bold and italic of our templates arrive as runs, each line as an element of its own."""
    drawn = wording.written(wording.spans(say("**Ana** _and_ Matej\n- one\n\ntwo"), READER), wording.QUIET)
    runs: list[Json] = [
        {"type": "TextRun", "text": "Ana", "size": "small", "isSubtle": True, "weight": "bolder"},
        {"type": "TextRun", "text": " ", "size": "small", "isSubtle": True},
        {"type": "TextRun", "text": "and", "size": "small", "isSubtle": True, "italic": True},
        {"type": "TextRun", "text": " Matej", "size": "small", "isSubtle": True},
    ]

    assert runs == drawn[0]["inlines"]
    assert [None, "none", "default"] == [one.get("spacing") for one in drawn]
    assert "Ana and Matej\n\u2022 one\ntwo" == shown(drawn)


def test_a_heading_is_one_to_those_who_hear_it() -> None:
    """A title without signs is marked as a heading; one that holds signs looks the same."""
    plain, odd = (wording.written((Span(words),), wording.TITLE)[0] for words in ("Week 5", "Week *5*"))

    assert ("TextBlock", "heading") == (plain["type"], plain["style"])
    assert [{"type": "TextRun", "text": "Week *5*", "size": "large", "weight": "bolder"}] == odd["inlines"]


@pytest.mark.parametrize("label", ["x" * (limits.BUTTON_LABEL + 1), "🦊" * 26])
def test_labels_too_long_for_a_button_stand_above_it(label: str) -> None:
    """The button has the number of the line that says it in full; the chosen answer keeps its mark."""
    ask = Ask(say("?"), "v", "r", (Choice(told(label), "1"), Choice(told("y" * 80), "2")), (), chosen="1")
    *lines, row = controls.choices(ask, READER)

    assert f"1. {label}\n2. {'y' * 80}" == shown(lines)
    assert ["\u2713 1", "2"] == [one["title"] for one in parts(row, "Action.Execute")]


# --- drawn by the real renderer ------------------------------------------------------------------

_MADE = "a, b, strong, i, em, s, del, code, pre, h1, h3, h4, ul, ol, li, blockquote, img, table:not(.ac-factset), hr, mark, script, at"


@pytest.fixture(scope="module")
def drawing(chromium: str) -> Iterator[Page]:
    """Open a page with Microsoft's renderer, and with a Markdown that makes links of bare addresses, too."""
    modules = Path(__file__).parent / "standins" / "node_modules"
    programs = (
        modules / "adaptivecards" / "dist" / "adaptivecards.min.js",
        modules / "markdown-it" / "dist" / "browser" / "markdown-it.umd.min.js",
    )
    if not all(program.exists() for program in programs):
        without("no renderer of cards: run npm ci --prefix tests/standins")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        for program in programs:
            page.add_script_tag(path=program)
        page.evaluate("""() => {
            const read = window.markdownit({ html: false, linkify: true, breaks: true });
            AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
                result.outputHtml = read.render(text);
                result.didProcess = true;
            };
            window.drawn = (json) => {
                const card = new AdaptiveCards.AdaptiveCard();
                card.parse(json);
                document.body.replaceChildren(card.render());
            };
        }""")
        yield page
        browser.close()


@pytest.mark.browser
@pytest.mark.slow
@CASES
def test_the_real_renderer_makes_nothing_of_what_people_typed(drawing: Page, typed: str) -> None:
    """In its page there is no element that words alone do not make, and all of the words can be read."""
    for surface, drawn in everywhere(typed).items():
        for card in parts(json.loads(json.dumps(drawn)), "AdaptiveCard"):
            drawing.evaluate("json => drawn(json)", {"version": "1.5", **card})
            made = drawing.locator("body").locator(_MADE).evaluate_all("all => all.map(one => one.outerHTML)")

            assert (surface, []) == (surface, made)
    drawing.evaluate("json => drawn(json)", render.card(Card(say("Title"), (Text(told(typed)),)), READER))
    assert _letters(wording.clean(typed)) in _letters(drawing.locator("body").inner_text())


def _letters(words: str) -> str:
    # What is left of words where gaps and line ends may differ, and signs that nobody sees.
    return re.sub(r"[\s\u2060]+", "", words)
