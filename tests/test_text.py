"""Any content as plain text."""

from datetime import UTC, datetime

from adapters.text import as_text
from bot.content import (
    Actions,
    Ask,
    Button,
    Card,
    Checklist,
    Choice,
    Facts,
    File,
    GroupIntro,
    Home,
    Image,
    Item,
    Link,
    Moment,
    PersonName,
    Progress,
    Rule,
    Text,
    UserText,
    say,
)
from bot.i18n import Reader
from tests.pseudo import PSEUDO_READER, leaks

READER = Reader("en", "Europe/Ljubljana")
CARD = Card(
    say("Week {week}, three taps.", week=5),
    (
        Text(say("**{who}** wrote: {what}", who=PersonName("Ana"), what=UserText("_fine_\n- so far"))),
        Facts(((say("When"), say("{at}", at=Moment(datetime(2026, 3, 5, 13, tzinfo=UTC)))),)),
        Checklist((Item(say("Badge"), True), Item(say("Laptop"), False))),
        Progress(say("Goal"), 2.0, 4.5, "pages"),
        Progress(say("Plan"), 1, 2),
        Image("team.png", say("Two people at a table")),
        Rule(),
        Ask(
            say("I got further this week."),
            "answer",
            "checkin:1",
            (Choice(say("no"), "1"), Choice(say("partly"), "3"), Choice(say("yes"), "5")),
            ("author", "coordinator"),
            chosen="3",
        ),
        Actions((Button(say("Skip"), "skip", "r"), Button(say("Later"), "later", "r"))),
    ),
    (Button(say("Start"), "start", "r"), Link(say("Video room"), "https://meet.example/a_b_c")),
)


def test_a_card_is_said_in_full():
    """Every block has its lines, in order: nothing is left out, and what was typed is as it was typed."""
    expected = """\
Week 5, three taps.

Ana wrote: _fine_
- so far

When: Thu 5 Mar, 14:00

[x] Badge
[ ] Laptop

Goal: 2 of 4.5 pages

Plan: 1 of 2

Two people at a table

———

I got further this week.
no · ✓ partly · yes
Only you and HR see this.

[Skip] [Later]

[Start]
Video room: https://meet.example/a_b_c"""

    assert expected == as_text(CARD, READER)


def test_larger_things_are_said_by_their_cards():
    """A home is its title and cards, an introduction its card, a file its card and its name."""
    small = Card(say("Hello"))

    assert [
        "Today\n\nHello\n\nHello",
        "Hello",
        "Hello\n\nFile: guide_1.pdf",
    ] == [
        as_text(Home(say("Today"), (small, small)), READER),
        as_text(GroupIntro(("p1", "p2"), small), READER),
        as_text(File("guide_1.pdf", "application/pdf", b"%PDF", small), READER),
    ]


def test_all_words_of_the_plain_text_are_translated():
    """In the pseudo-locale not one plain word is left besides values and addresses."""
    file = File("a.ics", "text/calendar", b"", CARD)

    assert [] == leaks(as_text(file, PSEUDO_READER), file)
