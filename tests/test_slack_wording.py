"""Sentences as Slack's rich text, plain text and mrkdwn: what people typed stays what they typed."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given, strategies

from adapters.slack import controls, form, home, limits, render, wording
from adapters.slack.blocks import card_blocks
from adapters.slack.wording import Json
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
from tests.slack_reading import marks, shown

READER = Reader("en", "Europe/Ljubljana")
# What was typed, and what of it cannot be carried as it is: control characters are shown by their pictures.
CORPUS = {
    "everybody": "<!channel> <!here> <!everyone>",
    "somebody": "<@U1> <@W012ABC|ana> @ana",
    "a channel": "<#C1|general> #general",
    "a group": "<!subteam^S1|team>",
    "a date": "<!date^1392734382^{date}|now>",
    "a link": "<http://x|y> <https://evil.example|Slack>",
    "a bare address": "see https://evil.example/a?b=c&d=e or evil.example",
    "entities": "&lt; &amp;lt; &#60;!channel&#62; &",
    "a markdown link": "[a](javascript:alert(1)) ![x](https://evil.example/p.png)",
    "styles": "*b* _i_ ~s~ `c` **b** ***x***",
    "a block of code": "```rm -rf```",
    "a quote": "> said\n>>> more",
    "a list": "- one\n- two\n1. three",
    "emoji names": ":smile: :+1: :skin-tone-2:",
    "emoji": "🦊 👩‍👩‍👧 🇸🇮 ☑",
    "zero width": "a\u200bb\u200cc\u200dd\ufeffe",
    "right to left": "שלום \u061c مرحبا",
    "braces": "{name} {{x}} ${x} %s",
    "json": '"}],"type":"x',
    "long": "wörd " * 60,
}
STYLES: tuple[Literal["plain"], Literal["quiet"]] = ("plain", "quiet")
CASES = pytest.mark.parametrize("typed", CORPUS.values(), ids=CORPUS)
USERS = {"ana": "UANA", "matej": "UMATEJ"}


def told(typed: str) -> Say:
    """Say what somebody typed."""
    return say("{words}", words=UserText(typed))


def everywhere(typed: str) -> dict[str, object]:
    """Return what Slack gets where somebody typed this, a surface each."""
    words = told(typed)
    users = {**USERS, typed: "UEVE"}
    option = Choice(words, "1")
    seen_by = ("author",)
    blocks: dict[str, Block] = {
        "text": Text(words),
        "heading": Text(words, "heading"),
        "quiet": Text(words, "quiet"),
        "facts": Facts(((words, words),)),
        "list": Checklist((Item(words, True), Item(words, False))),
        "list to tick": Checklist(
            (Item(words, True, "tick", "r", "1"), Item(words, False, "tick", "r", "2"))
        ),
        "progress": Progress(words, 1, 2, typed),
        "picture": Image("a.png", words),
        "question": Ask(words, "v", "r", (option, Choice(say("no"), "2")), seen_by, chosen="1"),
        "buttons": Actions(
            (Button(words, "v", "r", confirm=say("Sure?")), Link(words, "https://meet.example/a"))
        ),
    }
    fields = (
        TextField(key="t", label=words, seen_by=seen_by, hint=words, initial=typed),
        ChoiceField(key="c", label=words, seen_by=seen_by, options=(option,), initial=("1",)),
        ScaleField(key="s", label=words, seen_by=seen_by, low=words, high=words),
        PersonField(key="p", label=words, seen_by=seen_by, among=(("p1", typed),), initial="p1"),
    )
    made: dict[str, object] = {
        name: card_blocks(Card(say("Title"), (block,)), READER, users, tight=tight)
        for tight in (False, True)
        for name, block in ((f"{name}{' tight' * tight}", block) for name, block in blocks.items())
    }
    made["title"] = render.message(Card(words), READER, users).blocks
    made["note"] = render.note(words, READER, users).blocks
    file = File(typed, "text/plain", b"", Card(say("Title")))
    made["file"] = render.message(file, READER, users).blocks
    made["form"] = form.view(Form(title=words, verb="v", ref="r", fields=fields, intro=words), READER)
    made["home"] = home.view(Home(words, (Card(words, tuple(blocks.values())),)), READER, users)
    return made


@CASES
def test_what_people_typed_stays_words_on_every_surface(typed: str) -> None:
    """No mention, link or style arises from it anywhere besides our own, and all of it is there."""
    ours = {"bold"}
    found = {
        surface: (marks(drawn) - ours, "".join(typed.split()) in "".join(shown(drawn).split()))
        for surface, drawn in everywhere(typed).items()
    }

    assert {surface: (set(), True) for surface in found} == found


@CASES
def test_small_print_with_looks_of_ours_takes_no_looks_from_people(typed: str) -> None:
    """Beside a bold word and a link of ours, typed words are still only words."""
    sentence = say(
        "**{who}** wrote {words}, {link}",
        who=PersonName("Ana"),
        words=UserText(typed),
        link=WebLink("here", "https://t.example/a_b?c=1&d=2"),
    )
    drawn = card_blocks(Card(say("Title"), (Text(sentence, "quiet"),)), READER)

    assert {"bold", "link https://t.example/a_b?c=1&d=2"} == {
        mark.replace("&amp;", "&") for mark in marks(drawn)
    }
    assert "".join(typed.split()) in "".join(shown(drawn).split())


@given(strategies.text(alphabet=strategies.characters() | strategies.sampled_from("<>&|*_~`:@#!\n ")))
def test_no_words_at_all_become_more_than_words(typed: str) -> None:
    """Whatever is typed beside a bold word of ours, small or large, is shown as it is and makes nothing."""
    sentence = say("**Ana** wrote {words}.", words=UserText(typed))
    blocks = [made for style in STYLES for made in drawn_text(sentence, style)]

    assert {"bold"} == marks(blocks)
    assert [f"Ana wrote {wording.clean(typed)}."] * 2 == [
        shown(block).replace("*Ana*", "Ana", 1) for block in blocks
    ]


def drawn_text(sentence: Say, style: Literal["plain", "quiet"]) -> list[Json]:
    """Return the blocks of a text."""
    return card_blocks(Card(say("{nothing}", nothing=""), (Text(sentence, style),)), READER)


@CASES
def test_a_notification_mentions_nobody(typed: str) -> None:
    """In the text beside the blocks, which Slack reads for mentions, every bracket of theirs is escaped."""
    whole = render.message(Card(told(typed)), READER).text

    assert [] == [sign for sign in "<>" if sign in whole]
    assert typed.strip() in whole.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@pytest.mark.parametrize(
    ("typed", "carried"),
    [
        ("a\0b", "a\u2400b"),
        ("\x1b[31mred\x7f", "\u241b[31mred\u2421"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\tb", "a\tb"),
        ("\ud83d", "\ufffd"),
        ("a\x85b", "a\ufffdb"),
        ("\u202eabc", "\u202eabc\u202c"),
        ("\u2067a \u202db\nc", "\u2067a \u202db\u202c\u2069\nc"),
        ("\u2066a\u2069", "\u2066a\u2069"),
    ],
)
def test_what_cannot_be_carried_is_shown_by_its_picture(typed: str, carried: str) -> None:
    """Control characters get a sign that can be seen, and a turn of direction ends with the words it came with."""
    assert carried == wording.text(told(typed), READER)
    assert f"{carried} wrote." == wording.text(say("{who} wrote.", who=PersonName(typed)), READER)
    assert carried.encode("utf-8", "strict")


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "https://a b", "http://x|y", "x"]
)
def test_an_address_that_must_not_be_opened_is_only_shown(address: str) -> None:
    """It stands as words in a sentence, and in the place of its button."""
    sentence = card_blocks(Card(say("{link}", link=WebLink("here", address))), READER)
    button = controls.buttons((Link(say("Join"), address),), READER)

    assert (set(), f"here ({address})") == (marks(sentence) - {"bold"}, shown(sentence))
    assert (set(), f"Join: {address}") == (marks(button), shown(button))


def test_our_looks_are_kept() -> None:
    """Bold, italic and links of our templates arrive in rich text and in mrkdwn."""
    sentence = say("**Ana** _and_ {link}, https://t.example.", link=WebLink("a < b", "https://l.example"))
    elements: list[Json] = [
        {"type": "text", "text": "Ana", "style": {"bold": True}},
        {"type": "text", "text": " "},
        {"type": "text", "text": "and", "style": {"italic": True}},
        {"type": "text", "text": " "},
        {"type": "link", "url": "https://l.example", "text": "a < b"},
        {"type": "text", "text": ", "},
        {"type": "link", "url": "https://t.example", "text": "https://t.example"},
        {"type": "text", "text": "."},
    ]
    line = wording.spans(sentence, READER)

    assert elements == wording.rich_elements(wording.rich_text(line))
    assert {
        "type": "mrkdwn",
        "text": "*Ana* _and_ <https://l.example|a &lt; b>, <https://t.example>.",
        "verbatim": True,
    } == wording.mrkdwn(line)


def test_a_person_whose_user_is_known_is_that_user() -> None:
    """A name keeps its looks and becomes the user; of somebody else, and of a person who is only named, it stays."""
    line = wording.spans(
        say(
            "**{ana}**, {matej}, {eve} and {nobody} (<@U1>)",
            ana=PersonName("Ana", "ana"),
            matej=PersonName("Matej", "matej"),
            eve=PersonName("ana", "eve"),
            nobody=PersonName("Matej"),
        ),
        READER,
    )

    assert [
        {"type": "user", "user_id": "UANA", "style": {"bold": True}},
        {"type": "text", "text": ", "},
        {"type": "user", "user_id": "UMATEJ"},
        {"type": "text", "text": ", ana and Matej (<@U1>)"},
    ] == _run_together(wording.rich_elements(wording.rich_text(line, mentions=USERS)))


def _run_together(elements: list[Json]) -> list[Json]:
    # What stands beside each other in one look is one run, whatever it came from.
    made: list[Json] = []
    for one in elements:
        if made and {"type", "text"} == set(one) == set(made[-1]):
            made[-1] = {"type": "text", "text": f"{made[-1]['text']}{one['text']}"}
        else:
            made.append(one)
    return made


@pytest.mark.parametrize(
    "sentence",
    [
        say("**{who}**", who=UserText("a*b")),
        say("**{who}**", who=UserText(" a ")),
        say("**{who}**", who=UserText("a\nb")),
        say("x**{who}**y", who=UserText("a")),
        say("**x** {who}", who=UserText("> a")),
        say("**x** {who}", who=UserText(":a:")),
        say("{link}", link=WebLink("a *b* c", "https://l.example")),
        say("{link}", link=WebLink("a\nb", "https://l.example")),
    ],
)
def test_what_mrkdwn_cannot_say_is_rich_text(sentence: Say) -> None:
    """Small print that mrkdwn would style otherwise is larger, and true."""
    line = wording.spans(sentence, READER)

    assert wording.mrkdwn(line) is None
    assert "rich_text" == wording.small(line)["type"]
    assert READER.text(sentence) == shown(wording.small(line))
    assert not marks(wording.small(line)) - {"bold", "link https://l.example"}


def test_small_print_of_any_length_is_whole() -> None:
    """What is too long for small print is rich text."""
    kinds = [wording.small(wording.spans(told("x" * n), READER))["type"] for n in (3000, 3001)]
    bold = say("**{words}**", words=UserText("x" * 2999))

    assert ["context", "rich_text"] == kinds
    assert "rich_text" == wording.small(wording.spans(bold, READER))["type"]


def test_labels_too_long_for_a_button_stand_above_it() -> None:
    """The button has the number of the line that says it in full; the chosen answer keeps its mark."""
    long = "x" * limits.BUTTON_LABEL
    drawn = controls.choices(
        Ask(say("?"), "v", "r", (Choice(told(long), "1"), Choice(told("y" * 80), "2")), (), chosen="1"),
        READER,
    )
    labels = [element["text"]["text"] for element in drawn[1]["elements"]]  # type: ignore[attr-defined]

    assert f"1. {long}\n2. {'y' * 80}" == shown(drawn[0])
    assert ["\u2713 1", "2"] == labels


@pytest.mark.parametrize(
    ("label", "drawn", "legend"),
    [
        ("x" * 75, ("x" * 75, None), []),
        (f"{'x' * 70} {'y' * 75}", ("x" * 70, "y" * 75), []),
        (f"{'x' * 70} {'y' * 76}", ("1", None), [f"1. {'x' * 70} {'y' * 76}"]),
        ("x" * 76, ("1", None), [f"1. {'x' * 76}"]),
        ("🦊" * 38, ("1", None), [f"1. {'🦊' * 38}"]),
    ],
)
def test_labels_too_long_for_an_option_go_on_or_stand_above(
    label: str, drawn: tuple[str, str | None], legend: list[str]
) -> None:
    """A label goes on in the option's second line; one too long for both is told above by its number."""
    made, above = controls.options([("v", label)])
    described = made[0].get("description")

    assert legend == above
    assert drawn == (shown(made[0]["text"]), shown(described) if described else None)
