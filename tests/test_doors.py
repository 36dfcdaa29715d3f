"""Links to our own pages, wherever in a message they stand."""

from __future__ import annotations

import pytest

from bot.content import (
    Actions,
    Button,
    Card,
    Content,
    Facts,
    File,
    GroupIntro,
    Home,
    Link,
    Text,
    UserText,
    WebLink,
    say,
)
from bot.doors import opened, opened_reply
from bot.facts import Person
from bot.outcome import CloseForm, Note, ReplaceCard, Reply, ShowCard, ShowHome

ANA = Person(id="ana", name="Ana")
YES, SITE = Button(say("Yes"), "yes", "ref"), Link(say("Site"), "https://x.example")
DOOR, OPEN = Link(say("Open"), "page:home"), Link(say("Open"), "https://pages.example/home/ana")
PLAIN = Card(say("Title"), (Text(say("Words")), Facts(((say("a"), say("b")),)), Actions((YES,))), (YES, SITE))


class Pages:
    """Links to a home, and to no other page."""

    def to(self, page: str, person: Person) -> str:
        """Return the address, "" where there is none."""
        return f"https://pages.example/{page}/{person.id}" if page == "home" else ""


def _card(link: Link | None, value: WebLink | UserText) -> Card:
    buttons = (YES, link) if link else (YES,)
    words = say("See {page}", page=value)
    return Card(say("Title"), (Text(words), Facts(((say("Page"), words),)), Actions(buttons)), buttons)


CLOSED = _card(DOOR, WebLink("your page", "page:home"))
LEADS = _card(OPEN, WebLink("your page", "https://pages.example/home/ana"))
GONE = _card(None, UserText("your page"))


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (CLOSED, LEADS),
        (Home(say("Home"), (PLAIN, CLOSED)), Home(say("Home"), (PLAIN, LEADS))),
        (File("a", "text/plain", b"a", CLOSED), File("a", "text/plain", b"a", LEADS)),
        (GroupIntro(("ana",), CLOSED), GroupIntro(("ana",), LEADS)),
    ],
    ids=["card", "home", "file", "introduction"],
)
def test_every_link_to_a_page_leads_its_reader_there(content: Content, shown: Content) -> None:
    """Buttons, rows of buttons, words and facts: all of them, in whatever holds the card."""
    assert shown == opened(content, Pages(), ANA)


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        (ShowCard(CLOSED), ShowCard(LEADS)),
        (ReplaceCard(CLOSED), ReplaceCard(LEADS)),
        (CloseForm(say("Thanks"), CLOSED), CloseForm(say("Thanks"), LEADS)),
        (ShowHome(Home(say("Home"), (CLOSED,))), ShowHome(Home(say("Home"), (LEADS,)))),
        (CloseForm(say("Thanks")), CloseForm(say("Thanks"))),
        (Note(say("Hello")), Note(say("Hello"))),
    ],
    ids=["card", "in place", "form", "home", "only thanks", "note"],
)
def test_replies_lead_there_too(reply: Reply, shown: Reply) -> None:
    """What answers at once has the same links as what is delivered."""
    assert shown == opened_reply(reply, Pages(), ANA)


def test_where_nothing_leads_there_is_no_link() -> None:
    """Without pages, for several readers at once, and for a page that is not there, only the words are left."""
    assert GONE == opened(CLOSED, None, ANA)
    assert GONE == opened(CLOSED, Pages(), None)
    other = _card(Link(say("Open"), "page:other"), WebLink("your page", "page:other"))
    assert GONE == opened(other, Pages(), ANA)


def test_a_row_of_buttons_that_is_empty_then_is_left_out() -> None:
    """No platform takes a row without a button."""
    assert Card(say("Title")) == opened(Card(say("Title"), (Actions((DOOR,)),)), None, ANA)


def test_a_card_without_such_a_link_is_handed_on_as_it_is() -> None:
    """Nearly every message is one, so nothing is made anew."""
    assert PLAIN is opened(PLAIN, Pages(), ANA)
