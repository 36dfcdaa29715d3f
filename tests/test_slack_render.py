"""Contents as Slack's messages, modals and homes: nothing is lost, and Slack takes all of it."""

from __future__ import annotations

import html
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from slack_sdk.models.blocks import Block as SdkBlock
from slack_sdk.models.views import View

from adapters.slack import form, home, limits, names, render
from adapters.slack.blocks import card_blocks
from adapters.slack.render import Message
from adapters.slack.wording import Json
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
from bot.outcome import FixForm, ShowHome
from tests.conftest import Golden
from tests.gathered import things, worst
from tests.pseudo import PSEUDO_READER
from tests.slack_reading import marks, shown

READER = Reader("en", "Europe/Ljubljana")
SCHEMAS = Path(os.environ.get("TELEMACHY_SCHEMAS", Path(__file__).parents[2] / "shared" / "schemas"))
SEEN_BY = ("author", "coordinator")
TYPED_MOST = 500  # in every field at once: the fullest review, all words of ours longer, still fits

CARD = Card(
    say("Week {week}, three taps.", week=5),
    (
        Text(say("**{who}** wrote: {what}", who=PersonName("Ana"), what=UserText("_fine_ <!here>\n- so far"))),
        Text(say("The week"), "heading"),
        Facts(((say("When"), say("Thursday")), (say("Where"), say("{link}", link=WebLink("room", "https://r.example"))))),
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
            (Choice(say("no"), "1"), Choice(say("partly"), "3"), Choice(say("yes"), "5")),
            SEEN_BY,
            chosen="3",
        ),
        Actions((Button(say("Skip"), "skip", "r:1"), Button(say("Later"), "later", "r:1", "1d"))),
        Text(say("Small print."), "quiet"),
        Text(say("**Bold** print."), "quiet"),
    ),
    (
        Button(say("Start"), "start", "r:1", style="primary"),
        Button(say("Stop"), "stop", "r:1", style="danger", confirm=say("What was written goes back.")),
        Link(say("Video room"), "https://meet.example/a_b_c"),
    ),
)  # fmt: skip
MATEJ = PersonName("Matej Zupan", "matej")
USERS = {"matej": "UMATEJ"}
NAMING = Card(
    say("You and {who}", who=MATEJ),
    (
        Text(say("{who} wrote: {what}", who=MATEJ, what=UserText("<@U1> thanks"))),
        Text(say("What {who} does", who=MATEJ), "heading"),
        Text(say("Seen by {who}.", who=MATEJ), "quiet"),
        Text(say("**Seen** by {who}.", who=MATEJ), "quiet"),
        Facts(((say("Mentor"), say("**{who}**", who=MATEJ)), (say("{who}", who=MATEJ), say("your mentor")))),
        Checklist((Item(say("Meet {who}", who=MATEJ), True),)),
        Checklist((Item(say("Write to {who}", who=MATEJ), False, "list.tick", "l:1", "done"),)),
        Progress(say("With {who}", who=MATEJ), 1, 2, "hours"),
        Image("team.png", say("A picture of {who}", who=MATEJ)),
        Ask(say("Does {who} have time for you?", who=MATEJ), "v", "r", (Choice(say("{who} does", who=MATEJ), "1"),), SEEN_BY),
    ),
    (Button(say("Write to {who}", who=MATEJ), "write", "r:1", confirm=say("{who} reads it.", who=MATEJ)),),
)  # fmt: skip
FORM = Form(
    title=say("What you want to say about the week"),
    verb="feedback.send",
    ref="pair:e1",
    intro=say("Two **lines** are enough."),
    submit=say("Send"),
    fields=(
        TextField(key="went", label=say("Went well"), seen_by=SEEN_BY, hint=say("One thing."), long=True, required=True, initial="calls"),
        TextField(key="name", label=say("In a word"), seen_by=SEEN_BY, most=20),
        ChoiceField(key="plan", label=say("About"), seen_by=SEEN_BY, options=(Choice(say("Calls"), "1"), Choice(say("Script"), "2")), initial=("2",)),
        ChoiceField(key="more", label=say("Also"), seen_by=SEEN_BY, several=True, options=(Choice(say("Calls"), "1"), Choice(say("Script"), "2")), initial=("2", "1")),
        ScaleField(key="how", label=say("How far?"), seen_by=SEEN_BY, low=say("not"), high=say("reached"), initial="4"),
        DateField(key="day", label=say("Day"), seen_by=SEEN_BY, initial="2027-01-31"),
        TimeField(key="time", label=say("Time"), seen_by=SEEN_BY, initial="14:05"),
        PersonField(key="who", label=say("Who"), seen_by=("author",), among=(("p1", "Ana"), ("p2", "Matej")), initial="p2"),
        PersonField(key="any", label=say("Anyone"), seen_by=("author",)),
    ),
)  # fmt: skip


# --- what is drawn -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("card", lambda: _message(CARD)),
        ("file", lambda: _message(File("guide_1.pdf", "application/pdf", b"%PDF", Card(say("The guide"))))),
        ("introduction", lambda: _message(GroupIntro(("p1", "p2"), Card(say("Ana, this is Matej"))))),
        ("note", lambda: list(render.note(say("Kept. **Thank you.**"), READER).blocks)),
        ("form", lambda: form.view(FORM, READER, message="D1:1.2")),
        ("home", lambda: home.view(Home(say("Today"), (CARD, Card(say("Tasks")))), READER)),
        ("card-naming", lambda: list(render.message(NAMING, READER, USERS).blocks)),
        ("home-naming", lambda: home.view(Home(say("{who} and you", who=MATEJ), (NAMING,)), READER, USERS)),
        ("card-tight", lambda: _message(Card(say("Title"), (*_lists(5), CARD.blocks[9])))),
        ("people", lambda: form.person_options((Choice(say("Ana"), "p1"), Choice(say("{n}", n=UserText("x" * 70 + " y" * 5)), "p2")), READER)),
    ],
)  # fmt: skip
def test_what_is_drawn_is_what_was_looked_at(name: str, drawn: Callable[[], object], golden: Golden) -> None:
    """Each kind of content is drawn as in its golden file."""
    made = drawn()

    assert golden(f"slack/{name}", made) == made


def test_a_message_says_everything_once_more_as_text() -> None:
    """The text beside the blocks is the plain text, with nothing in it that Slack would read."""
    file = File("guide_1.pdf", "application/pdf", b"%PDF", CARD)
    message = render.message(file, READER)

    assert as_text(file, READER) == html.unescape(message.text)
    assert "&lt;!here&gt;" in message.text
    assert file is message.file
    assert render.message(CARD, READER).file is None


def test_an_update_has_a_text_that_slack_takes() -> None:
    """In the place of a text that chat.update refuses stands its title; the blocks say the rest."""
    short = render.message(Card(say("Title"), (Text(say("Words")),)), READER)
    long = render.message(Card(say("Title"), (Text(say("{words}", words=UserText("š" * 2001))),)), READER)

    assert "Title\n\nWords" == short.update_text
    assert "Title" == long.update_text


def test_a_person_is_named_where_slack_has_no_room_for_a_user() -> None:
    """Titles, small print, rows with a button, options, buttons and the text beside all of it say the name."""
    drawn = render.message(NAMING, READER, USERS)
    said = shown(drawn.blocks).splitlines()

    assert [
        "@UMATEJ wrote: <@U1> thanks",
        "Mentor: @UMATEJ",
        "@UMATEJ: your mentor",
        "\u2713 Meet @UMATEJ",
        "With @UMATEJ: 1 of 2 hours",
        "Does @UMATEJ have time for you?",
    ] == [line for line in said if "UMATEJ" in line]
    assert [
        "You and Matej Zupan",
        "What Matej Zupan does",
        "Seen by Matej Zupan.",
        "*Seen* by Matej Zupan.",
        "\u2610 Write to Matej Zupan",
        "A picture of Matej Zupan",
        "Matej Zupan does",
        *["Write to Matej Zupan"] * 2,
        "Matej Zupan reads it.",
        "Write to Matej Zupan",
    ] == [line for line in said if "Matej Zupan" in line]
    assert drawn.text == render.message(NAMING, READER).text


@pytest.mark.parametrize("tight", [False, True])
def test_slack_takes_a_card_that_names_people(tight: bool) -> None:
    """The SDK's own models and Slack's published types allow each of its blocks, drawn with room and without."""
    for block in card_blocks(NAMING, READER, USERS, tight=tight):
        (parsed,) = SdkBlock.parse_all([block])
        parsed.validate_json()
        assert block == json.loads(json.dumps(parsed.to_dict()))
        assert [] == _faults("slack-Blocks.json", block)


def test_a_home_is_no_message() -> None:
    """To send a home as a message is a mistake of the caller."""
    with pytest.raises(TypeError, match=r"home\.view"):
        render.message(Home(say("Today"), ()), READER)


def test_what_is_blank_draws_nothing() -> None:
    """A sentence without words has no block, since Slack takes none that is empty."""
    blank = say("{nothing}", nothing=UserText(" "))
    blocks = (
        Text(blank),
        Text(blank, "quiet"),
        Text(blank, "heading"),
        Facts(()),
        Checklist(()),
        Actions(()),
    )

    assert ["header"] == [b["type"] for b in render.message(Card(say("Title"), blocks), READER).blocks]
    assert () == render.note(say("{nothing}", nothing=UserText("")), READER).blocks


def test_what_is_pressed_says_what_it_asks_for() -> None:
    """Every button carries its own verb, ref and value, and every address its own."""
    blocks = render.message(CARD, READER).blocks
    pressed = [names.read_control(one["value"]) for one in _buttons(blocks) if "value" in one]

    assert [
        names.Control("list.tick", "l:1", "open"),
        names.Control("list.tick", "l:1", "done"),
        names.Control("checkin.answer", "checkin:1", "1"),
        names.Control("checkin.answer", "checkin:1", "3"),
        names.Control("checkin.answer", "checkin:1", "5"),
        names.Control("skip", "r:1"),
        names.Control("later", "r:1", "1d"),
        names.Control("start", "r:1"),
        names.Control("stop", "r:1"),
    ] == pressed
    assert ["https://meet.example/a_b_c"] == [one["url"] for one in _buttons(blocks) if "url" in one]
    known = (names.PRESS, names.ASK, names.TICK, names.LINK)
    assert all(one["action_id"].startswith(known) for one in _buttons(blocks))


def test_a_row_beyond_twenty_five_buttons_goes_on_below() -> None:
    """The twenty-sixth button begins a row of its own."""
    buttons = tuple(Button(say("{n}", n=n), "v", "r", str(n)) for n in range(26))
    blocks = render.message(Card(say("Title"), buttons=buttons), READER).blocks

    assert [25, 1] == [len(block["elements"]) for block in blocks[1:]]  # type: ignore[arg-type]
    assert 26 == len({one["value"] for one in _buttons(blocks)})


@pytest.mark.parametrize("count", [48, 49, 300, 1000])
def test_a_card_of_many_blocks_is_drawn_more_tightly(count: int) -> None:
    """Beyond fifty blocks, neighbours are joined and lists to tick get one row of buttons; no word is lost."""
    card = Card(say("Title"), (*(Text(say("Line {n}", n=n)) for n in range(count)), CARD.blocks[4]))
    blocks = render.message(card, READER).blocks

    assert len(blocks) <= limits.MESSAGE_BLOCKS
    assert (count + 3 <= limits.MESSAGE_BLOCKS) == (len(blocks) > 5)
    assert Counter() == _lost(as_text(card, READER), shown(blocks))


def test_lists_to_tick_keep_their_buttons_when_drawn_tightly() -> None:
    """Each line that can be ticked has its button, with the number that stands before it."""
    roomy, tight = (render.message(Card(say("Title"), _lists(n)), READER).blocks for n in (4, 5))

    assert [45, 11] == [len(roomy), len(tight)]
    assert [f"tick l:{n} {m}" for n in range(5) for m in range(10)] == [b["value"] for b in _buttons(tight)]
    assert "\u2610 1. List 0\n\u2713 2. Line 0\n\u2610 3. Line 1" in shown(tight)
    assert ["\u2713 2", "\u2610 3"] == [button["text"]["text"] for button in _buttons(tight)][:2]


def test_a_home_of_many_blocks_is_drawn_more_tightly() -> None:
    """Beyond a hundred blocks the lines between cards give way; beyond what is left it raises."""
    cards = tuple(
        Card(say("Card {n}", n=n), (Rule(), Ask(say("?"), "v", "r", (Choice(say("a"), "1"),), SEEN_BY)))
        for n in range(25)
    )
    drawn = home.view(Home(say("Today"), cards[:24]), READER)

    assert Counter() == _lost(as_text(Home(say("Today"), cards[:24]), READER), shown(drawn))
    with pytest.raises(limits.TooLarge):
        home.view(Home(say("Today"), cards), READER)  # fmt: skip


def test_a_card_that_fits_in_no_way_raises() -> None:
    """Nothing is cut: more characters than a message takes are an error that names the place."""
    card = Card(say("Title"), (Text(say("{words}", words=UserText("x" * 12_900))),))

    with pytest.raises(limits.TooLarge, match="/blocks: 13,1"):
        render.message(card, READER)


def test_a_progress_bar_is_never_fuller_than_full() -> None:
    """The bar stands for the share done, from nothing to all; the figures stay as they are."""
    bars = [(0, 0), (0, 5), (1, 4), (5, 5), (7, 5), (-1, 5)]
    drawn = [shown(_message(Card(say("Title"), (Progress(say("Goal"), *bar),)))[1]) for bar in bars]

    assert [0, 0, 3, 10, 10, 0] == [text.count("\u2588") for text in drawn]
    assert [10, 10, 7, 0, 0, 10] == [text.count("\u2591") for text in drawn]
    assert "Goal: 7 of 5" in drawn[4]


# --- dialogs -----------------------------------------------------------------------------------


def test_a_dialog_remembers_what_it_is_for() -> None:
    """Verb, ref and the message whose button opened it come back with the answer."""
    view = form.view(FORM, READER, message="D1:1.2")

    assert names.FORM == view["callback_id"]
    assert names.Metadata("feedback.send", "pair:e1", "D1:1.2") == names.read_metadata(
        str(view["private_metadata"])
    )


def test_a_dialog_says_who_sees_each_answer() -> None:
    """Below each input stand its hint and its audience."""
    hints = [block["hint"]["text"] for block in _blocks(form.view(FORM, READER)) if block["type"] == "input"]

    assert [
        "One thing.\nOnly you and HR see this.",
        *["Only you and HR see this."] * 6,
        *["Only you see this."] * 2,
    ] == hints


def test_long_words_of_a_dialog_stand_in_full_in_it() -> None:
    """A title, a submit label, a label and a hint that are too long are shown whole, in another place."""
    long, hint, submit = (
        say("{t}", t=UserText("t" * 25)),
        say("{h}", h=UserText("h" * 2000)),
        say("{s}", s=UserText("s" * 25)),
    )
    label = say("{l}", l=UserText("l" * 2001))
    field = TextField(key="a", label=label, hint=hint, seen_by=SEEN_BY)
    view = form.view(Form(title=long, submit=submit, verb="v", ref="r", fields=(field,)), READER)

    assert ("Mentoring", "Send") == (view["title"]["text"], view["submit"]["text"])  # type: ignore[index]
    assert "\n".join(
        ("t" * 25, "l" * 2001 + "\n" + "h" * 2000, "Answer", "Only you and HR see this.", "s" * 25)
    ) == shown(view["blocks"])


@pytest.mark.parametrize(
    ("several", "options", "kind"),
    [
        (False, 1, "radio_buttons"),
        (False, 10, "radio_buttons"),
        (False, 11, "static_select"),
        (False, 100, "static_select"),
        (False, 101, "static_select"),
        (True, 10, "checkboxes"),
        (True, 11, "multi_static_select"),
        (True, 250, "multi_static_select"),
    ],
)
def test_any_number_of_options_can_be_chosen_from(several: bool, options: int, kind: str) -> None:
    """Up to ten are shown at once, up to a hundred in a menu, more in a menu with groups; none is missing."""
    given = tuple(Choice(say("Option {n}", n=n), str(n)) for n in range(options))
    field = ChoiceField(
        key="c",
        label=say("Which?"),
        seen_by=SEEN_BY,
        options=given,
        several=several,
        initial=(str(options - 1),),
    )
    element = _only_element(field)
    groups = element.get("option_groups", [element])

    assert kind == element["type"]
    assert [one.value for one in given] == [o["value"] for group in groups for o in group["options"]]
    chosen = element["initial_options"][0] if several else element["initial_option"]
    assert groups[-1]["options"][-1] == chosen


@pytest.mark.parametrize(
    ("people", "kind"), [(0, "external_select"), (1, "static_select"), (100, "static_select"), (101, "external_select"), (5000, "external_select")]
)  # fmt: skip
def test_people_beyond_a_hundred_are_searched(people: int, kind: str) -> None:
    """A menu lists up to a hundred people; more, or everyone, are searched by name from the first letter on."""
    among = tuple((f"p{n}", f"Person {n}") for n in range(people))
    initial = among[-1][0] if among else ""
    element = _only_element(
        PersonField(key="who", label=say("Who"), seen_by=SEEN_BY, among=among, initial=initial)
    )

    assert kind == element["type"]
    assert (f"Person {people - 1}" if people else None) == element.get("initial_option", {}).get(
        "text", {}
    ).get("text")
    if kind == "external_select":
        assert ("look:who", 1) == (element["action_id"], element["min_query_length"])


@pytest.mark.parametrize(
    "field",
    [
        ChoiceField(key="a", label=say("A"), seen_by=SEEN_BY, options=(Choice(say("x"), "1"),), initial=("2",)),
        ChoiceField(key="a", label=say("A"), seen_by=SEEN_BY, options=tuple(Choice(say("x"), c) for c in "12"), initial=("1", "2")),
        ScaleField(key="a", label=say("A"), seen_by=SEEN_BY, low=say("l"), high=say("h"), initial="6"),
        DateField(key="a", label=say("A"), seen_by=SEEN_BY, initial="31.1.2027"),
        DateField(key="a", label=say("A"), seen_by=SEEN_BY, initial="20270131"),
        TimeField(key="a", label=say("A"), seen_by=SEEN_BY, initial="2 pm"),
        TimeField(key="a", label=say("A"), seen_by=SEEN_BY, initial="14:05:30"),
        PersonField(key="a", label=say("A"), seen_by=SEEN_BY, among=(("p1", "Ana"),), initial="p2"),
        PersonField(key="a", label=say("A"), seen_by=SEEN_BY, initial="p2"),
    ],
)  # fmt: skip
def test_a_field_filled_with_what_it_does_not_take_is_refused(field: Field) -> None:
    """The error names the field and what it is filled with; nothing is left out silently."""
    with pytest.raises(form.BadInitial, match="'a' is filled with"):
        _only_element(field)


def test_what_to_mend_is_said_at_its_field() -> None:
    """An error of no field is said at the first one, beside that field's own."""
    found = {
        "day": say("Please pick a day."),
        "": say("It was closed already."),
        "went": say("A few words are enough."),
    }

    assert {
        "day": "Please pick a day.",
        "went": "It was closed already.\nA few words are enough.",
    } == form.errors(found, ("went", "day"), READER)
    with pytest.raises(ValueError, match="without fields"):
        form.errors(found, (), READER)


def test_a_name_too_long_for_a_picker_is_refused() -> None:
    """A picker has no room for a legend: a name beyond both lines of an option raises."""
    with pytest.raises(limits.TooLarge, match="/options"):
        form.person_options((Choice(say("{n}", n=UserText("x" * 151)), "p1"),), READER)


# --- the shipped programme ---------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """Everything that people met, with worst-case names and lengths, drawn for one reader."""

    reader: Reader
    messages: dict[Card | File, Message]
    homes: dict[Home, Json]
    forms: dict[Form, Json]

    @property
    def blocks(self) -> list[Json]:
        """Return the blocks of all messages, each kind once: the same but for its words."""
        every = [block for message in self.messages.values() for block in message.blocks]
        return list({json.dumps(_bare(block)): block for block in every}.values())

    @property
    def views(self) -> list[Json]:
        """Return all homes and dialogs."""
        return [*self.homes.values(), *self.forms.values()]


@pytest.fixture(
    scope="module",
    params=[pytest.param(READER, id="en", marks=pytest.mark.slow), pytest.param(PSEUDO_READER, id="qps")],
)
def drawn(request: pytest.FixtureRequest, met: list[object]) -> Drawn:
    """Draw the shipped programme, in English and in a language forty percent longer."""
    reader: Reader = request.param
    grown = {worst(thing, TYPED_MOST) for thing in met if not isinstance(thing, FixForm)}
    contents: set[Card | File] = {file for thing in grown for file in things(thing, File)}
    contents |= {card for thing in grown if not isinstance(thing, ShowHome) for card in things(thing, Card)}
    homes = {one for thing in grown for one in things(thing, Home)}
    forms = {one for thing in grown for one in things(thing, Form)}
    return Drawn(
        reader,
        {one: render.message(one, reader) for one in contents},
        {one: home.view(one, reader) for one in homes},
        {one: form.view(one, reader, message="D012345678:1700000000.000100") for one in forms},
    )


def test_slack_takes_every_message_of_the_programme(drawn: Drawn) -> None:
    """Every card with worst-case names and lengths is within limits, and says all of its words."""
    for content, message in drawn.messages.items():
        assert Counter() == _lost(as_text(content, drawn.reader), shown(message.blocks))
    assert len(drawn.messages) > 100


def test_slack_takes_every_home_of_the_programme(drawn: Drawn) -> None:
    """Every home with worst-case names and lengths is within limits, and says all of its words."""
    for page, view in drawn.homes.items():
        assert Counter() == _lost(as_text(page, drawn.reader), shown(view))
    assert len(drawn.homes) > 5


def test_slack_takes_every_dialog_of_the_programme(drawn: Drawn) -> None:
    """Every dialog with worst-case names and lengths is within limits, and says what its fields say."""
    for one, view in drawn.forms.items():
        assert Counter() == _lost(_said(one, drawn.reader), shown(view))
    assert len(drawn.forms) > 20


def test_what_people_typed_in_the_programme_is_no_more_than_words(drawn: Drawn) -> None:
    """Worst-case names and words, full of signs, make no mention, no style and no link of their own."""
    found = {mark for one in (*drawn.blocks, *drawn.views) for mark in marks(one)}

    assert {"bold"} == {mark for mark in found if not mark.startswith("link https://")}


def test_slack_sdk_takes_every_block_of_the_programme(drawn: Drawn) -> None:
    """The SDK's own models know every block and view, find nothing to refuse and nothing to leave out."""
    for block in drawn.blocks:
        (parsed,) = SdkBlock.parse_all([block])
        parsed.validate_json()
        assert block == json.loads(json.dumps(parsed.to_dict()))
    for view in drawn.views:
        View(**view).validate_json()


def test_slack_published_types_allow_every_block_of_the_programme(drawn: Drawn) -> None:
    """Every kind of block and view is valid against the schemas made of Slack's own types."""
    blocks = {json.dumps(_bare(block)): block for view in drawn.views for block in _blocks(view)}
    faults = [fault for block in drawn.blocks for fault in _faults("slack-Blocks.json", block)]
    faults += [fault for block in blocks.values() for fault in _faults("slack-SlackView.json", block)]
    faults += [
        fault for view in drawn.views for fault in _faults("slack-SlackView.json", {**view, "blocks": []})
    ]

    assert [] == faults


def _message(content: Card | File | GroupIntro) -> list[Json]:
    return list(render.message(content, READER).blocks)


def _lists(count: int) -> tuple[Checklist, ...]:
    # Lists of eleven lines, all but the first of which can be ticked.
    return tuple(
        Checklist(
            (
                Item(say("List {n}", n=n), False),
                *(Item(say("Line {m}", m=m), m % 2 == 0, "tick", f"l:{n}", str(m)) for m in range(10)),
            )
        )
        for n in range(count)
    )


def _buttons(part: object) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if part.get("type") == "button":
            yield part
        for value in part.values():
            yield from _buttons(value)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _buttons(one)


def _blocks(view: Json) -> list[dict[str, Any]]:
    blocks = view["blocks"]
    assert isinstance(blocks, list)
    return blocks


def _only_element(field: Field) -> dict[str, Any]:
    (block,) = _blocks(form.view(Form(title=say("Title"), verb="v", ref="r", fields=(field,)), READER))
    element: dict[str, Any] = block["element"]
    return element


def _lost(said: str, drawn: str) -> Counter[str]:
    # Words that are said fewer times than they were: "[x]" before what is done is another sign here.
    def words(text: str) -> Counter[str]:
        return Counter(re.findall(r"[^\W_]+", text.replace("[x]", " ")))

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
    if isinstance(part, dict):
        words = ("text", "value", "private_metadata", "initial_value", "url")
        return {k: "x" if k in words and isinstance(v, str) else _bare(v) for k, v in part.items()}
    return [_bare(one) for one in part] if isinstance(part, list) else part


def _faults(schema: str, part: Json) -> list[str]:
    # Against the one definition of its type: which of all it might be takes long to find out.
    types = _types(schema)
    if part["type"] not in types:
        return [f"no definition of {part['type']}"]
    return [error.message for error in types[str(part["type"])].iter_errors(part)]


@cache
def _types(name: str) -> dict[str, Draft7Validator]:
    file = SCHEMAS / name
    if not file.exists():
        pytest.skip(f"no schemas beside the checkout: TELEMACHY_SCHEMAS names the folder that has {name}")
    known = json.loads(file.read_text(encoding="utf-8"))["definitions"]
    return {
        found["properties"]["type"]["const"]: Draft7Validator(
            {"$ref": f"#/definitions/{definition}", "definitions": known}
        )
        for definition, found in known.items()
        if "const" in found.get("properties", {}).get("type", {}) and definition != "Block"
    }
