"""Contents as Teams' cards, dialogs and homes: nothing is lost, and Teams takes all of it."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft6Validator

from adapters.teams import form, limits, names, render
from adapters.teams.wording import Json
from adapters.text import as_text
from bot.content import (
    Actions,
    Ask,
    Button,
    Card,
    Checklist,
    Choice,
    ChoiceField,
    DateField,
    Facts,
    Field,
    File,
    Form,
    GroupIntro,
    Home,
    Image,
    Item,
    Link,
    PersonField,
    PersonName,
    Progress,
    Rule,
    ScaleField,
    Text,
    TextField,
    TimeField,
    UserText,
    WebLink,
    say,
)
from bot.i18n import Reader
from bot.outcome import FixForm
from tests.conftest import Golden
from tests.gathered import things, worst
from tests.pseudo import PSEUDO_READER
from tests.teams_reading import marks, parts, shown

READER = Reader("en", "Europe/Ljubljana")
SCHEMAS = Path(os.environ.get("TELEMACHY_SCHEMAS", Path(__file__).parents[2] / "shared" / "schemas"))
SEEN_BY = ("author", "coordinator")
TYPED_MOST = 500  # in every field at once
PAGE = "https://mentoring.example/home"
OPENED = {names.PRESS: "feedback.write pair:e1 "}

CARD = Card(
    say("Week {week}, three taps.", week=5),
    (
        Text(say("**{who}** wrote: {what}", who=PersonName("Ana"), what=UserText("_fine_ [x](https://e.example)\n- so far"))),
        Text(say("The week"), "heading"),
        Facts(((say("When"), say("Thursday")), (say("With"), say("Matej")))),
        Facts(((say("Where"), say("{link}", link=WebLink("room", "https://r.example"))), (say("Why"), say("{w}", w=UserText("*so*"))))),
        Checklist((Item(say("Badge"), True), Item(say("Laptop"), False))),
        Checklist((Item(say("Desk"), True, "list.tick", "l:1", "open"), Item(say("**Key**"), False, "list.tick", "l:1", "done"))),
        Progress(say("Goal"), 2.0, 4.5, "pages"),
        Progress(say("Plan"), 9, 6),
        Image("team.png", say("Two people at a table")),
        Rule(),
        Ask(
            say("I got further this week."),
            "checkin.answer",
            "checkin:1",
            (Choice(say("no"), "1"), Choice(say("rather not"), "2"), Choice(say("partly"), "3"), Choice(say("mostly"), "4"), Choice(say("yes"), "5")),
            SEEN_BY,
            chosen="3",
        ),
        Actions((Button(say("Skip"), "skip", "r:1"), Button(say("Later"), "later", "r:1", "1d"))),
        Text(say("Small print."), "quiet"),
    ),
    (
        Button(say("Start"), "start", "r:1", style="primary"),
        Button(say("Answer"), "answer", "r:1", opens_form=True),
        Button(say("Stop"), "stop", "r:1", style="danger", confirm=say("What was written goes back.")),
        Button(say("Say why"), "why", "r:1", confirm=say("Your partner reads it."), opens_form=True),
        Link(say("Video room"), "https://meet.example/a_b_c"),
    ),
)  # fmt: skip
FORM = Form(
    title=say("What you want to say about the week"),
    verb="feedback.send",
    ref="pair:e1",
    intro=say("Two **lines** are enough."),
    submit=say("Send"),
    fields=(
        TextField(key="went", label=say("Went well"), seen_by=SEEN_BY, hint=say("One thing."), long=True, required=True, initial="calls"),
        TextField(key="name", label=say("In a word"), seen_by=SEEN_BY, most=20, required=True),
        ChoiceField(key="plan", label=say("About"), seen_by=SEEN_BY, options=(Choice(say("Calls"), "1"), Choice(say("Script"), "2")), initial=("2",)),
        ChoiceField(key="more", label=say("Also"), seen_by=SEEN_BY, several=True, options=(Choice(say("Calls"), "1"), Choice(say("Script"), "2")), initial=("2", "1")),
        ScaleField(key="how", label=say("How far?"), seen_by=SEEN_BY, low=say("not"), high=say("reached"), initial="4", required=True),
        DateField(key="day", label=say("Day"), seen_by=SEEN_BY, initial="2027-01-31", required=True),
        TimeField(key="time", label=say("Time"), seen_by=SEEN_BY, initial="14:05", required=True),
        PersonField(key="who", label=say("Who"), seen_by=("author",), among=(("p1", "Ana"), ("p2", "Matej")), initial="p2"),
        PersonField(key="any", label=say("Anyone"), seen_by=("author",), initial="p3", initial_name="Breda", required=True),
    ),
)  # fmt: skip
ERRORS = {
    "went": say("A few words are enough."),
    "day": say("Please pick a day."),
    "": say("It was closed already."),
}
SENT: Mapping[str, str | tuple[str, ...]] = {
    "went": "",
    "more": ("1",),
    "how": "2",
    "day": "soon",
    "any": "p9",
}


# --- what is drawn -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("card", lambda: render.message(CARD, READER)),
        ("card-alone", lambda: render.card(Card(say("Thank you"), (Text(say("It is kept.")),)), READER)),
        ("picture", lambda: render.card(Card(say("Title"), CARD.blocks[8:9]), READER, pictures="https://m.example/pictures/")),
        ("file", lambda: render.message(File("guide_1.pdf", "application/pdf", b"%PDF", Card(say("The guide"))), READER, file_link="https://m.example/file/1")),
        ("introduction", lambda: render.message(GroupIntro(("p1", "p2"), Card(say("Ana, this is Matej"))), READER)),
        ("opener", lambda: render.opener("feedback", READER, say("A few lines for Ana"))),
        ("form", lambda: form.dialog(FORM, READER, opened=OPENED, message="a:1|2")),
        ("form-to-mend", lambda: form.dialog(FORM, READER, opened=OPENED, message="a:1|2", errors=ERRORS, values=SENT, people={"p9": "Zoran"})),
        ("home", lambda: render.home(Home(say("Today"), (CARD, Card(say("Tasks")))), READER, page=PAGE)),
        ("card-qps", lambda: render.message(CARD, PSEUDO_READER)),
    ],
)  # fmt: skip
def test_what_is_drawn_is_what_was_looked_at(name: str, drawn: Callable[[], object], golden: Golden) -> None:
    """Each kind of content is drawn as in its golden file."""
    made = drawn()

    assert golden(f"teams/{name}", made) == made


def test_a_message_says_every_word_of_its_content() -> None:
    """Nothing that a card or a file says is missing in what Teams shows."""
    file = File("guide_1.pdf", "application/pdf", b"%PDF", CARD)

    assert Counter() == _lost(as_text(file, READER), shown(render.message(file, READER)))
    assert Counter() == _lost(as_text(CARD, PSEUDO_READER), shown(render.card(CARD, PSEUDO_READER)))


def test_a_notification_says_the_title() -> None:
    """What a phone shows is the title, in one line; so does a client that is too old, unless it would read signs."""
    plain, odd = (render.message(Card(say("{t}", t=UserText(t))), READER) for t in ("Week\n5", "Week [5](x)"))

    assert ("Week 5", "Week 5") == (plain["summary"], _card(plain)["fallbackText"])
    assert ("Week [5](x)", "Mentoring") == (odd["summary"], _card(odd)["fallbackText"])


def test_a_note_is_plain_words() -> None:
    """A note has no looks, and shows a link's address."""
    words = say("**Kept.** See {link}.", link=WebLink("there", "https://t.example"))

    assert "Kept. See there (https://t.example)." == render.note(words, READER)


def test_what_is_blank_draws_nothing() -> None:
    """A sentence without words has no element, since Teams takes none that is empty."""
    blank = say("{nothing}", nothing=UserText(" \n "))
    blocks = (
        Text(blank),
        Text(blank, "quiet"),
        Text(blank, "heading"),
        Facts(()),
        Checklist(()),
        Actions(()),
        Rule(),
    )

    assert ["TextBlock"] == [one["type"] for one in _body(render.card(Card(say("Title"), blocks), READER))]


def test_what_is_pressed_says_what_it_asks_for() -> None:
    """Every control carries its own verb, ref and value, and an old client sends the very same."""
    drawn = render.card(CARD, READER)
    pressed = [names.read_control(one["data"]["c"]) for one in _actions(drawn, "Action.Execute")]

    assert [
        names.Control("list.tick", "l:1", "open"),
        names.Control("list.tick", "l:1", "done"),
        *[names.Control("checkin.answer", "checkin:1", answer) for answer in "12345"],
        names.Control("skip", "r:1"),
        names.Control("later", "r:1", "1d"),
        names.Control("start", "r:1"),
        names.Control("stop", "r:1"),
    ] == pressed
    for one in _actions(drawn, "Action.Execute"):
        assert ("press", "none") == (one["verb"], one["associatedInputs"])
        assert ("Action.Submit", one["data"], one["title"]) == tuple(
            one["fallback"][key] for key in ("type", "data", "title")
        )
    assert ["https://meet.example/a_b_c"] == [one["url"] for one in _actions(drawn, "Action.OpenUrl")]


def test_what_opens_a_dialog_asks_for_one() -> None:
    """A button that opens a form fetches it, from a card, from a question and from a command's answer alike."""
    fetch = {"type": "task/fetch"}
    opener = render.opener("feedback ana", READER, say("A few lines for Ana"))

    assert [
        {"c": "answer r:1 ", "msteams": fetch},
        {"c": "why r:1 ", "msteams": fetch},
    ] == [one["data"] for one in _actions(render.card(CARD, READER), "Action.Submit")]
    assert [{"w": "feedback ana", "msteams": fetch}] == [
        one["data"] for one in _actions(opener, "Action.Submit")
    ]


def test_a_question_before_pressing_stands_in_the_card() -> None:
    """A button that asks first opens the question and the real button below it, and sends nothing itself."""
    asking = _actions(render.card(CARD, READER), "Action.ShowCard")

    assert ["Stop", "Say why"] == [one["title"] for one in asking]
    assert "destructive" == asking[0]["style"]
    assert "data" not in asking[0]
    assert "What was written goes back.\nStop" == shown(asking[0]["card"])
    assert ["stop r:1 "] == [one["data"]["c"] for one in _actions(asking[0]["card"], "Action.Execute")]


def test_the_chosen_answer_is_marked() -> None:
    """All answers of a question stand below it, the chosen one with a sign and in colour, then who sees it."""
    drawn = render.card(Card(say("Title"), (CARD.blocks[10],)), READER)
    answers = _actions(drawn, "Action.Execute")

    assert ["no", "rather not", "\u2713 partly", "mostly", "yes"] == [one["title"] for one in answers]
    assert [None, None, "positive", None, None] == [one.get("style") for one in answers]
    assert "Only you and HR see this." == _body(drawn)[-1]["text"]


@pytest.mark.parametrize("count", [1, 6, 7, 26, 60])
def test_any_number_of_buttons_is_drawn(count: int) -> None:
    """No row has more than six, nor more than a narrow window holds; every button is there once."""
    buttons = tuple(Button(say("{n}", n=n), "v", "r", str(n)) for n in range(count))
    drawn = render.card(Card(say("Title"), buttons=buttons), READER)
    rows = [one["actions"] for one in parts(drawn, "ActionSet")]

    assert all(len(row) <= limits.ACTIONS for row in rows)  # type: ignore[arg-type]
    assert [str(n) for n in range(count)] == [one["title"] for one in _actions(drawn, "Action.Execute")]


def test_buttons_stand_in_rows_that_a_narrow_window_holds() -> None:
    """Wide labels begin a row of their own."""
    labels = ["a" * 20, "b" * 20, "c" * 20, "d", "e" * 50, "f"]
    buttons = tuple(Button(say("{n}", n=UserText(one)), "v", "r") for one in labels)
    drawn = render.card(Card(say("Title"), buttons=buttons), READER)

    assert [["aa", "bb"], ["cc", "d"], ["ee"], ["f"]] == [
        [str(action["title"])[:2] for action in row["actions"]]  # type: ignore[attr-defined]
        for row in parts(drawn, "ActionSet")
    ]


def test_what_is_ticked_is_heard() -> None:
    """A line that can be ticked says what pressing does and, where it is short, what it is about."""
    items = (
        Item(say("Desk"), True, "t", "l", "open"),
        Item(say("{w}", w=UserText("x" * 70)), False, "t", "l", "done"),
        Item(say("Badge"), False),
    )
    lines = [
        one.get("selectAction")
        for one in parts(render.card(Card(say("T"), (Checklist(items),)), READER), "ColumnSet")
    ]

    assert ["Untick: Desk", "Tick", None] == [one and one["title"] for one in lines]  # type: ignore[index]


def test_a_progress_bar_is_never_fuller_than_full() -> None:
    """The bar stands for the share done, from nothing to all; the figures stay as they are."""
    bars = [(0, 0), (0, 5), (1, 4), (5, 5), (7, 5), (-1, 5)]
    drawn = [shown(render.card(Card(say("Title"), (Progress(say("Goal"), *bar),)), READER)) for bar in bars]

    assert [0, 0, 5, 20, 20, 0] == [text.count("\u2501") for text in drawn]
    assert [20, 20, 15, 0, 0, 20] == [text.count("\u2500") for text in drawn]
    assert "Goal: 7 of 5" in drawn[4]


def test_facts_without_signs_are_teams_own_table() -> None:
    """Words alone stand in the table that reads Markdown; a link, a look or a sign is written beside it instead."""
    kinds = [
        [one["type"] for one in _body(render.card(Card(say("Title"), (block,)), READER))][1:]
        for block in (CARD.blocks[2], CARD.blocks[3])
    ]

    assert [["FactSet"], ["ColumnSet", "ColumnSet"]] == kinds


def test_a_picture_is_drawn_where_pictures_can_be_fetched() -> None:
    """With an address before its name it is a picture with its description, else the description alone."""
    card = Card(say("Title"), (Image("team.png", say("Two people at a table")),))
    image = _body(render.card(card, READER, pictures="https://m.example/pictures"))[1]

    assert ("https://m.example/pictures/team.png", "Two people at a table") == (
        image["url"],
        image["altText"],
    )
    assert "Two people at a table" == _body(render.card(card, READER))[1]["text"]


def test_a_file_without_an_address_is_named() -> None:
    """Where a file cannot be fetched its name is said, and no button is drawn."""
    file = File("guide.pdf", "application/pdf", b"%PDF", Card(say("The guide")))

    assert "The guide\nFile: guide.pdf" in shown(
        render.message(file, READER, file_link="javascript:alert(1)")
    )
    assert [] == _actions(render.message(file, READER, file_link="javascript:alert(1)"), "Action.")


def test_a_card_too_large_for_a_message_is_drawn_tightly() -> None:
    """What only very old clients need gives way first; a card that is too large even so raises, and nothing is cut."""
    boxes = [Item(say("{n}", n=UserText("x" * 50)), False, "list.tick", "l:1", str(n)) for n in range(80)]
    roomy, tight = (
        render.message(Card(say("Title"), (Checklist(tuple(boxes[:n])),)), READER) for n in (30, 80)
    )

    assert [True, False] == ['"fallback"' in json.dumps(one) for one in (roomy, tight)]
    assert 80 == len(_actions(tight, "Action.Execute"))
    with pytest.raises(limits.TooLarge, match="bytes"):
        render.message(Card(say("Title"), (Text(say("{words}", words=UserText("x" * 40_000))),)), READER)


# --- homes -------------------------------------------------------------------------------------


def test_a_home_is_a_card_a_section() -> None:
    """Each section is a card, the home's title above the first, and the way to the page below the last."""
    drawn = render.home(Home(say("Today"), (Card(say("Next")), Card(say("Tasks")))), READER, page=PAGE)

    assert ["Today\nNext", "Tasks\nOpen as a page\n" + PAGE] == [shown(_body(one)) for one in _cards(drawn)]
    assert "list" == drawn["attachmentLayout"]


@pytest.mark.parametrize(("count", "cards"), [(0, 1), (1, 1), (10, 10), (11, 10), (25, 10)])
def test_any_number_of_sections_is_drawn(count: int, cards: int) -> None:
    """Beyond ten cards, the sections that are left stand in the last, and none is missing."""
    home = Home(say("Today"), tuple(Card(say("Section {n}", n=n)) for n in range(count)))
    drawn = render.home(home, READER)

    assert cards == len(_cards(drawn))
    assert Counter() == _lost(as_text(home, READER), shown(drawn))


def test_a_home_too_large_for_a_message_goes_on_on_its_page() -> None:
    """The sections that fit are shown, in their order, and the page has the rest; without a page it raises."""
    words = Text(say("{words}", words=UserText("x" * 9000)))
    home = Home(say("Today"), tuple(Card(say("Section {n}", n=n), (words,)) for n in range(6)))
    drawn = render.home(home, READER, page=PAGE)

    assert ["Section 0", "Section 1", "Section 2", "Section 3"] == re.findall(r"Section \d", shown(drawn))
    assert f"The rest is on your page.\nOpen as a page\n{PAGE}" in shown(drawn)
    with pytest.raises(limits.TooLarge):
        render.home(home, READER)


def test_a_home_can_be_sent_as_a_message() -> None:
    """What sends contents need not know homes."""
    home = Home(say("Today"), (Card(say("Next")),))

    assert render.home(home, READER) == render.message(home, READER)


# --- dialogs -----------------------------------------------------------------------------------


def test_a_dialog_remembers_what_it_is_for() -> None:
    """What opened it, its verb and ref, and the message whose button that was come back with the answer."""
    drawn = form.dialog(FORM, READER, opened={"w": "feedback"}, message="a:1|2")

    assert [{"w": "feedback", "f": names.control("feedback.send", "pair:e1"), "m": "a:1|2"}] == [
        one["data"] for one in _actions(drawn, "Action.Submit")
    ]


def test_a_dialog_says_who_sees_each_answer() -> None:
    """Below each input stand its hint and its audience."""
    said = shown(form.dialog(FORM, READER, opened=OPENED))

    assert "Went well" in said
    assert "One thing.\nOnly you and HR see this." in said
    assert (7, 2) == (said.count("Only you and HR see this."), said.count("Only you see this."))


def test_each_input_has_a_name_of_its_own_and_a_label() -> None:
    """A field is told by its key, and one that takes several answers by a star."""
    inputs = list(parts(form.dialog(FORM, READER, opened=OPENED), "Input."))

    assert [f"i.{key}" for key in ("went", "name", "plan", "*more", "how", "day", "time", "who", "any")] == [
        one["id"] for one in inputs
    ]
    assert ["Went well", "In a word", "About", "Also", "How far?", "Day", "Time", "Who", "Anyone"] == [
        one["label"] for one in inputs
    ]


def test_what_must_be_answered_says_so_in_the_readers_language() -> None:
    """Every required field has words of its own for when it is left out, and no other has."""
    inputs = parts(form.dialog(FORM, READER, opened=OPENED), "Input.")

    assert {
        "i.went": "A few words are enough.",
        "i.name": "A word or two is enough.",
        "i.how": "Please choose one.",
        "i.day": "Please pick a day.",
        "i.time": "Please pick a time.",
        "i.any": "Please choose one.",
    } == {one["id"]: one["errorMessage"] for one in inputs if one.get("isRequired")}


def test_what_to_mend_is_said_at_its_field_and_at_the_top() -> None:
    """Each error is red below its input; the top says how many there are, and what belongs to no field."""
    drawn = form.dialog(FORM, READER, opened=OPENED, errors=ERRORS, values=SENT)
    body = drawn["card"]["content"]["body"]  # type: ignore[index]
    red = [place for place, one in enumerate(body) if one.get("color") == "attention"]

    assert [
        "It was closed already.",
        "2 answers need another look; the rest is kept.",
        "A few words are enough.",
        "Please pick a day.",
    ] == [body[place]["text"] for place in red]
    assert [0, 1] == red[:2]
    assert ["i.went", "i.day"] == [body[place - 1]["id"] for place in red[2:]]


def test_what_was_sent_stands_in_the_fields_again() -> None:
    """Values sent take the place of what the form began with, also where something was emptied or cannot be shown."""
    drawn = form.dialog(FORM, READER, opened=OPENED, errors=ERRORS, values=SENT, people={"p9": "Zoran"})

    assert {"i.*more": "1", "i.how": "2", "i.any": "p9"} == {
        one["id"]: one["value"] for one in parts(drawn, "Input.") if "value" in one
    }
    assert "Zoran" in shown(drawn)
    assert {} == {
        one["id"]: one["value"]
        for one in parts(form.dialog(FORM, READER, opened=OPENED, values={}), "Input.")
        if "value" in one
    }


def test_long_words_of_a_dialog_stand_in_full_in_it() -> None:
    """A title and a submit label that are too long are shown whole, in another place."""
    long, submit = say("{t}", t=UserText("t" * 61)), say("{s}", s=UserText("s" * 51))
    drawn = form.dialog(Form(title=long, submit=submit, verb="v", ref="r", fields=()), READER, opened=OPENED)

    assert "Mentoring" == drawn["title"]
    assert f"Mentoring\n{'t' * 61}\n{'s' * 51}\nSend" == shown(drawn)


@pytest.mark.parametrize(
    ("several", "options", "style"),
    [(False, 1, "expanded"), (False, 10, "expanded"), (False, 11, "compact"), (False, 250, "compact"), (True, 2, "expanded"), (True, 250, "expanded")],
)  # fmt: skip
def test_any_number_of_options_can_be_chosen_from(several: bool, options: int, style: str) -> None:
    """Up to ten are shown at once, more in a menu; of several all are shown; none is missing."""
    given = tuple(Choice(say("Option {n}", n=n), str(n)) for n in range(options))
    field = ChoiceField(
        key="c",
        label=say("Which?"),
        seen_by=SEEN_BY,
        options=given,
        several=several,
        initial=(str(options - 1),),
    )
    element = _only_input(field)

    assert (style, str(options - 1)) == (element["style"], element["value"])
    assert [one.value for one in given] == [one["value"] for one in element["choices"]]
    assert several == element.get("isMultiSelect", False)


def test_options_with_signs_of_markdown_are_shown_as_they_are() -> None:
    """One of them is picked from a menu, which reads none; of several, each is told above by its number."""
    given = (Choice(say("{w}", w=UserText("*Calls*")), "1"), Choice(say("Script"), "2"))
    one, more = (
        ChoiceField(key="c", label=say("Which?"), seen_by=SEEN_BY, options=given, several=several)
        for several in (False, True)
    )

    assert ("compact", ["*Calls*", "Script"]) == (
        _only_input(one)["style"],
        [choice["title"] for choice in _only_input(one)["choices"]],
    )
    assert ["1", "Script"] == [choice["title"] for choice in _only_input(more)["choices"]]
    assert "1. *Calls*" in shown(_dialog(more))


@pytest.mark.parametrize(
    ("people", "style"), [(0, "filtered"), (1, "compact"), (10, "compact"), (11, "filtered"), (100, "filtered"), (101, "filtered"), (5000, "filtered")]
)  # fmt: skip
def test_people_beyond_a_hundred_are_searched(people: int, style: str) -> None:
    """A menu lists up to a hundred people; more, or everyone, are searched by name."""
    among = tuple((f"p{n}", f"Person {n}") for n in range(people))
    initial = among[-1][0] if among else ""
    element = _only_input(
        PersonField(key="who", label=say("Who"), seen_by=SEEN_BY, among=among, initial=initial)
    )
    searched = {"type": "Data.Query", "dataset": names.PEOPLE}

    assert style == element["style"]
    assert initial == element.get("value", "")
    assert (None if 0 < people <= 100 else searched) == element.get("choices.data")
    assert (people if people <= 100 else 1) == len(element["choices"])


@pytest.mark.parametrize(
    "field",
    [
        ChoiceField(key="a", label=say("A"), seen_by=SEEN_BY, options=(Choice(say("x"), "1"),), initial=("2",)),
        ChoiceField(key="a", label=say("A"), seen_by=SEEN_BY, options=tuple(Choice(say("x"), c) for c in "12"), initial=("1", "2")),
        ScaleField(key="a", label=say("A"), seen_by=SEEN_BY, low=say("l"), high=say("h"), initial="6"),
        DateField(key="a", label=say("A"), seen_by=SEEN_BY, initial="31.1.2027"),
        TimeField(key="a", label=say("A"), seen_by=SEEN_BY, initial="2 pm"),
        PersonField(key="a", label=say("A"), seen_by=SEEN_BY, among=(("p1", "Ana"),), initial="p2"),
        PersonField(key="a", label=say("A"), seen_by=SEEN_BY, initial="p2"),
    ],
)  # fmt: skip
def test_a_field_filled_with_what_it_does_not_take_is_refused(field: Field) -> None:
    """The error names the field and what it is filled with; nothing is left out silently."""
    with pytest.raises(form.BadInitial, match="'a' is filled with"):
        _dialog(field)


# --- the shipped programme ---------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """Everything that people met, with worst-case names and lengths, drawn for one reader."""

    reader: Reader
    messages: dict[Card | File, Json]
    homes: dict[Home, Json]
    forms: dict[Form, Json]

    def cards(self) -> Iterator[Json]:
        """Walk the cards of all of it."""
        for drawn in (*self.messages.values(), *self.homes.values()):
            yield from _cards(drawn)
        for drawn in self.forms.values():
            yield _card(drawn)


@pytest.fixture(
    scope="module",
    params=[pytest.param(READER, id="en", marks=pytest.mark.slow), pytest.param(PSEUDO_READER, id="qps")],
)
def drawn(request: pytest.FixtureRequest, met: list[object]) -> Drawn:
    """Draw the shipped programme, in English and in a language forty percent longer."""
    reader: Reader = request.param
    grown = {worst(thing, TYPED_MOST) for thing in met if not isinstance(thing, FixForm)}
    contents: set[Card | File] = {file for thing in grown for file in things(thing, File)}
    contents |= {card for thing in grown for card in things(thing, Card)}
    homes = {one for thing in grown for one in things(thing, Home)}
    forms = {one for thing in grown for one in things(thing, Form)}
    link = "https://mentoring.example/file/1"
    return Drawn(
        reader,
        {one: render.message(one, reader, file_link=link) for one in contents},
        {one: render.home(one, reader, page=PAGE) for one in homes},
        {one: form.dialog(one, reader, opened=OPENED, message="a:1|2") for one in forms},
    )


def test_teams_takes_every_message_of_the_programme(drawn: Drawn) -> None:
    """Every card with worst-case names and lengths is within limits, and says all of its words."""
    for content, message in drawn.messages.items():
        assert Counter() == _lost(as_text(content, drawn.reader), shown(message))
    assert len(drawn.messages) > 100


def test_teams_takes_every_home_of_the_programme(drawn: Drawn) -> None:
    """Every home with worst-case names and lengths is within limits, and says all of its words."""
    for page, message in drawn.homes.items():
        assert Counter() == _lost(as_text(page, drawn.reader), shown(message))
    assert len(drawn.homes) > 5


def test_teams_takes_every_dialog_of_the_programme(drawn: Drawn) -> None:
    """Every dialog with worst-case names and lengths is within limits, and says what its fields say."""
    for one, dialog in drawn.forms.items():
        assert Counter() == _lost(_said(one, drawn.reader), shown(dialog))
    assert len(drawn.forms) > 20


def test_every_dialog_of_the_programme_can_be_shown_again(drawn: Drawn) -> None:
    """With an error at every field, and with nothing in any of them, each dialog is within limits."""
    wrong = say("Please choose one.")
    for one in drawn.forms:
        errors = {field.key: wrong for field in one.fields}
        again = form.dialog(one, drawn.reader, opened=OPENED, errors=errors, values={})

        assert len(one.fields) <= shown(again).count(drawn.reader.text(wrong))


def test_what_people_typed_in_the_programme_is_no_more_than_words(drawn: Drawn) -> None:
    """Worst-case names and words, full of signs, make no link, no style and no sign of Markdown."""
    found = {mark for card in drawn.cards() for mark in marks(card)}

    assert {"bold"} == {mark for mark in found if not mark.startswith("link https://")}


def test_microsofts_schema_allows_every_card_of_the_programme(drawn: Drawn) -> None:
    """Every card is valid against the schema of Adaptive Cards 1.5."""
    bare = {json.dumps(_bare(card)) for card in drawn.cards()}
    elements = {json.dumps(part) for card in bare for part in _elements(json.loads(card))}
    faults = [fault for element in elements for fault in _faults(json.loads(element))]

    assert [] == faults
    assert len(elements) > 30


@pytest.mark.parametrize(
    "drawn_now",
    [render.card(CARD, READER), render.card(CARD, PSEUDO_READER), form.dialog(FORM, READER, opened=OPENED)["card"]["content"]],  # type: ignore[index]
)  # fmt: skip
def test_microsofts_schema_allows_a_card_of_every_kind_of_part(drawn_now: Json) -> None:
    """A card and a dialog with all there is are valid against the schema of Adaptive Cards 1.5, as a whole."""
    assert [] == [error.message for error in _schema("AdaptiveCard").iter_errors(_of_1_5(drawn_now))]


# --- reading -----------------------------------------------------------------------------------


def _cards(activity: Json) -> list[dict[str, Any]]:
    attachments = activity["attachments"]
    assert isinstance(attachments, list)
    return [one["content"] for one in attachments]


def _card(payload: Json) -> dict[str, Any]:
    if "attachments" in payload:
        (card,) = _cards(payload)
        return card
    attachment: Any = payload["card"]
    return attachment["content"]  # type: ignore[no-any-return]


def _body(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    body: list[dict[str, Any]] = card["body"]
    return body


def _actions(payload: object, kind: str) -> list[Any]:
    return list(parts(payload, kind))


def _dialog(field: Field) -> Json:
    return form.dialog(Form(title=say("Title"), verb="v", ref="r", fields=(field,)), READER, opened=OPENED)


def _only_input(field: Field) -> dict[str, Any]:
    (element,) = parts(_dialog(field), "Input.")
    return dict(element)


def _lost(said: str, drawn: str) -> Counter[str]:
    # Words that are said fewer times than they were. "[x]" before what is done is another sign here, and label and
    # value stand beside each other, so that nothing says the colon between them, which is longer by "ö" in "qps".
    def words(text: str) -> Counter[str]:
        return Counter(re.findall(r"[^\W_]+", re.sub(r"\[x\]|\bö\b", " ", text)))

    return words(said) - words(drawn)


def _said(one: Form, reader: Reader) -> str:
    said = [one.title, one.submit, *filter(None, [one.intro])]
    for field in one.fields:
        said += [field.label, *filter(None, [field.hint])]
        match field:
            case ChoiceField():
                said += [option.label for option in field.options]
            case ScaleField():
                said += [field.low, field.high]
    audiences = [reader.audience(field.seen_by) for field in one.fields if field.seen_by]
    return "\n".join([*map(reader.text, said), *audiences])


def _bare(part: object) -> object:
    # The part without its words: what a schema judges.
    if isinstance(part, Mapping):
        words = (
            "text",
            "value",
            "title",
            "label",
            "url",
            "errorMessage",
            "c",
            "fallbackText",
            "m",
            "f",
            "id",
        )
        return {k: "x" if k in words and isinstance(v, str) else _bare(v) for k, v in part.items()}
    return [_bare(one) for one in part] if isinstance(part, list) else part


def _elements(card: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    # A card's own properties, and each of its elements and actions by itself.
    return [{**card, "body": [], "actions": []}, *card["body"], *card.get("actions", ())]


def _faults(part: Mapping[str, Any]) -> list[str]:
    if (
        part["type"] == "Input.ChoiceSet"
    ):  # searching for people stands in the next schema; Teams takes it in 1.5
        return [error.message for error in _schema("Input.ChoiceSet", "1.6.0").iter_errors(part)]
    return [error.message for error in _schema(str(part["type"])).iter_errors(_of_1_5(part))]


def _of_1_5(part: object) -> object:
    # Without what Teams knows beside the schema: how wide a card is, and menus in which one types.
    if isinstance(part, Mapping):
        known = {key: _of_1_5(one) for key, one in part.items() if key not in ("msteams", "choices.data")}
        return {**known, "style": "compact"} if part.get("style") == "filtered" else known
    return [_of_1_5(one) for one in part] if isinstance(part, list) else part


@cache
def _schema(kind: str, version: str = "1.5.0") -> Draft6Validator:
    file = SCHEMAS / f"adaptive-card-{version}.json"
    if not file.exists():
        pytest.skip(
            f"no schemas beside the checkout: TELEMACHY_SCHEMAS names the folder that has {file.name}"
        )
    known = json.loads(file.read_text(encoding="utf-8"))["definitions"]
    return Draft6Validator({"allOf": [{"$ref": f"#/definitions/{kind}"}], "definitions": known})
