"""Cards, homes and forms as HTML: nothing is left out, nothing typed becomes markup, everything has a name."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from adapters.text import card_text
from adapters.web import fields, kept, page
from adapters.web.draw import Painter
from adapters.web.fields import Shown
from adapters.web.html import Html, tag, together
from adapters.web.parse import BadRequest, one, read_act, read_body, sealed
from adapters.web.seals import Seals
from adapters.web.sessions import Visitor
from bot.content import (
    Actions,
    Ask,
    Button,
    Card,
    Checklist,
    Choice,
    ChoiceField,
    DateField,
    Day,
    Facts,
    Form,
    Home,
    Image,
    Item,
    Link,
    Moment,
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
    say_n,
    told,
)
from bot.i18n import PSEUDO, Reader
from tests.gathered import things, worst
from tests.living import BEGIN
from tests.scenes import ANA, MATEJ

SEALS = Seals(["a key that no one could guess, 0001"])
EVIL = "<img src=x onerror=alert(1)> \"quoted\" 'single' &amp; **not bold**"
VOID = {"br", "hr", "img", "input", "link", "meta"}


class Reading(HTMLParser):
    """Read a document as a browser would, and complain where a browser would only guess."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.named: set[str] = set()  # ids that a label, a description or a button names
        self.controls: list[dict[str, str | None]] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.labels_for: set[str] = set()
        self.feed(html)
        self.close()
        assert [] == self.open

    def handle_starttag(self, element: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; what is void stays not open."""
        told = dict(attrs)
        assert len(told) == len(attrs), f"an attribute twice in {element}"
        self.tags.append(element)
        if told.get("id"):
            self.ids.append(told["id"] or "")
        for name in ("aria-labelledby", "aria-describedby", "form", "for"):
            self.named |= set((told.get(name) or "").split())
        if element == "label":
            self.labels_for.add(told.get("for") or "")
        in_label = "label" in self.open
        if element in ("input", "select", "textarea") and told.get("type") != "hidden":
            self.controls.append({**told, "in label": str(in_label)})
        if element not in VOID:
            self.open.append(element)

    def handle_endtag(self, element: str) -> None:
        """Close the element that is open."""
        assert self.open
        assert element == self.open.pop()

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self.words.append(data)

    @property
    def text(self) -> str:
        """Return all words in a line."""
        return " ".join(" ".join(self.words).split())


def painter(language: str = "en", **more: object) -> Painter:
    """Return a painter for somebody in Ljubljana."""
    return Painter(Reader(language, "Europe/Ljubljana"), "the mark", **more)  # type: ignore[arg-type]


def drawn(card: Card, language: str = "en") -> Reading:
    """Return a card as it is read."""
    return Reading(painter(language).card(card))


FULL = Card(
    say("A **bold** title for {name}", name=PersonName("Ana", "ana")),
    (
        Text(say("A heading"), "heading"),
        Text(say("First line\nsecond, on {day} at {at}", day=Day(BEGIN.date()), at=Moment(BEGIN, "time"))),
        Text(
            say("small print, see {link}", link=WebLink("the guide", "https://example.org/?a=1&b=2")), "quiet"
        ),
        Facts(((say("Label"), say("Value")), (say("Typed"), say("{words}", words=UserText(EVIL))))),
        Checklist((Item(say("to read"), True), Item(say("to press"), False, "tick", "tick:e1", "v1"))),
        Progress(say("Goals"), 2, 3, "calls"),
        Image("none.png", say("A picture of two people")),
        Rule(),
        Ask(
            say("How is it?"),
            "tap",
            "ask:e1",
            (Choice(say("well"), "2"), Choice(say("badly"), "1")),
            ("author", "coordinator"),
            "2",
        ),
        Actions((Link(say("Join on video"), "https://video.example.org/room"),)),
    ),
    (
        Button(say("Write"), "write", "w:1", style="primary", opens_form=True),
        Button(say("End it"), "end", "e:1", style="danger", confirm=say("Really?")),
        Link(say("Nowhere"), "javascript:alert(1)"),
    ),
    "attention",
)

FORM = Form(
    title=say("All fields"),
    verb="form.send",
    ref="f:1",
    intro=say("Write to {name}.", name=PersonName("Matej", "matej")),
    fields=(
        TextField(
            key="short", label=say("Short"), seen_by=("author",), most=10, initial="abc", required=True
        ),
        TextField(
            key="long", label=say("Long"), seen_by=("author", "coordinator"), long=True, hint=say("A hint")
        ),
        ChoiceField(
            key="one",
            label=say("One"),
            seen_by=("author",),
            options=(Choice(say("A"), "a"), Choice(say("B"), "b")),
            initial=("b",),
            required=True,
        ),
        ChoiceField(
            key="some",
            label=say("Some"),
            seen_by=("author",),
            options=(Choice(say("A"), "a"), Choice(say("B"), "b")),
            several=True,
            initial=("a",),
        ),
        ScaleField(key="scale", label=say("Scale"), seen_by=("author",), low=say("little"), high=say("much")),
        DateField(key="day", label=say("Day"), seen_by=("author",), initial="2027-01-11"),
        TimeField(key="at", label=say("At"), seen_by=("author",), initial="09:30"),
        PersonField(
            key="who", label=say("Who"), seen_by=("author",), among=(("ana", "Ana"), ("matej", "Matej"))
        ),
        PersonField(key="any", label=say("Anyone"), seen_by=("author",)),
    ),
)


def sheet(form: Form, **more: object) -> str:
    """Return a form as it is drawn."""
    shown = Shown(errors={}, **more) if "errors" not in more else Shown(**more)  # type: ignore[arg-type]
    return fields.dialog(form, painter(), shown, kept=sealed(form, ANA, SEALS))


# --- HTML -------------------------------------------------------------------------------------


def test_text_is_escaped_and_markup_is_not() -> None:
    """What is given as text can be read; attributes cannot be left; False and None are not written."""
    made = tag("p", EVIL, tag("b", "x"), title='"><script>', hidden=False, lang=None, open=True)

    assert made == (
        '<p title="&quot;&gt;&lt;script&gt;" open>&lt;img src=x onerror=alert(1)&gt; "quoted" \'single\' '
        "&amp;amp; **not bold**<b>x</b></p>"
    )
    assert "a&lt;b<hr>" == together("a<b", None, [tag("hr")])
    assert isinstance(made, Html)


# --- cards ------------------------------------------------------------------------------------


def test_every_kind_of_block_is_drawn() -> None:
    """What the plain text of a card says, its HTML says too."""
    found = drawn(FULL)
    for word in (
        "A heading",
        "second",
        "small print",
        "Label",
        "to read",
        "to press",
        "Goals",
        "2 of 3 calls",
    ):
        assert word in found.text
    for word in (
        "A picture of two people",
        "How is it?",
        "well",
        "badly",
        "Only you and HR see this.",
        "Really?",
    ):
        assert word in found.text
    assert {"h2", "h3", "dl", "progress", "hr", "details", "strong"} <= set(found.tags)


def test_nothing_typed_becomes_markup() -> None:
    """A person's words are on the page letter by letter."""
    found = drawn(FULL)

    assert EVIL in found.text
    assert "img" not in found.tags


def test_only_addresses_of_the_web_can_be_followed() -> None:
    """A script in the place of an address is only read."""
    html = painter().card(FULL)

    assert 'href="https://example.org/?a=1&amp;b=2"' in html
    assert 'href="javascript' not in html
    assert "Nowhere: javascript:alert(1)" in html


def test_a_press_says_what_it_is_about() -> None:
    """Each control is a form with its verb, ref and value, the mark of the session, and where it stands."""
    html = painter(place="pane").card(Card(say("x"), (), (Button(say("Go"), "go", 'r:"1"', "<v>"),)))
    for part in (
        '<form method="post" action="/me/act">',
        '<input type="hidden" name="mark" value="the mark">',
        '<input type="hidden" name="place" value="pane">',
        '<input type="hidden" name="ref" value="r:&quot;1&quot;">',
        '<button name="value" value="&lt;v&gt;" class="button"',
    ):
        assert part in html


def test_a_picture_that_ships_is_shown() -> None:
    """Where it is there it comes from our own address, with its description."""
    html = painter(pictures=frozenset({"two.png"})).card(Card(say("x"), (Image("two.png", say("Two")),)))

    assert '<img src="/web/pictures/two.png" alt="Two" class="picture">' in html


# --- forms ------------------------------------------------------------------------------------


def test_every_field_has_a_name_and_says_who_sees_it() -> None:
    """Each control is labelled, ids are there once, and what is referred to exists."""
    found = Reading(sheet(FORM, people=tuple(Choice(say("P{n}", n=n), f"p{n}") for n in range(fields.MANY))))

    assert len(found.ids) == len(set(found.ids))
    assert found.named <= set(found.ids)
    nameless = [
        one
        for one in found.controls
        if not (one.get("id") in found.labels_for or one["in label"] == "True" or one.get("aria-label"))
    ]
    assert [] == nameless
    assert 8 == found.text.count("Only you see this.")
    assert "A hint Only you and HR see this." in found.text


def test_a_form_begins_with_what_is_known() -> None:
    """Initial values stand in their fields; values that were sent before take their place, also where empty."""
    html = sheet(FORM)
    assert 'value="abc" maxlength="10"' in html
    assert 'type="radio" name="f.one" value="b" id="form' not in html
    assert 'value="2027-01-11"' in html
    again = sheet(FORM, values={"short": "", "long": "  </textarea><b>", "some": ("b",), "who": "matej"})

    assert 'value="abc"' not in again
    assert "\n  &lt;/textarea&gt;&lt;b&gt;</textarea>" in again
    assert '<option value="matej" selected>Matej</option>' in again


def test_errors_stand_at_their_fields() -> None:
    """A field to be mended says so to eye and ear; an error of no field is said above all."""
    html = sheet(FORM, errors={"short": say("Too **short**."), "nowhere": say("Not now.")})

    assert 'aria-invalid="true"' in html
    assert 'class="error">Too <strong>short</strong>.</p>' in html
    assert html.index('role="alert">Not now.') < html.index("Too <strong>")


def test_enter_sends_a_form() -> None:
    """The first button of the form is the one that sends it: those that close belong to another form."""
    html = sheet(FORM)
    own = html[html.index('<form method="dialog"') :]

    assert own.startswith('<form method="dialog" id="page-close-')
    assert 3 == html.count("<button")
    assert 2 == html.count(' form="page-close-')
    assert '<button class="button primary">Send</button>' in html


def test_a_picker_of_many_can_be_searched() -> None:
    """With a hundred names there may be more: then a field to search in stands above them, once a script can."""
    many = tuple(
        Choice(say("{name}", name=PersonName(f"P{n}", f"p{n}")), f"p{n}") for n in range(fields.MANY)
    )

    assert 'type="search"' not in sheet(FORM, people=many[1:])
    assert 'type="search"' in sheet(FORM, people=many)
    assert '<option value="p7">P7</option>' in sheet(FORM, people=many)


# --- forms on their way back ------------------------------------------------------------------


def send(form: Form, me: object = ANA, **values: str | tuple[str, ...]) -> object:
    """Send a form with these values as a browser does."""
    given = {f"f.{key}": value if isinstance(value, tuple) else (value,) for key, value in values.items()}
    return read_act({"do": ("form",), "form": (sealed(form, ANA, SEALS),), **given}, me, SEALS)  # type: ignore[arg-type]


def test_a_form_sent_becomes_an_event() -> None:
    """Values come by field, several choices as a tuple, line ends as one sign, under the verb of the form."""
    did = send(FORM, short=" ab ", long="a\r\nb", one="a", some=("a", "b"), scale="4")
    assert not isinstance(did, BadRequest)
    event = did.event  # type: ignore[attr-defined]

    assert ("form.send", "f:1", "web", "ana") == (event.verb, event.ref, event.who.channel, event.who.user)
    assert {"short": "ab", "long": "a\nb", "one": "a", "some": ("a", "b"), "scale": "4"} == {
        key: value for key, value in event.values.items() if value
    }
    assert {} == did.errors  # type: ignore[attr-defined]


def test_what_a_form_does_not_offer_is_not_taken() -> None:
    """Missing, too long, and no choice of ours: each is said at its field before anything is done."""
    did = send(FORM, short="a" * 11, one="c", some=("a", "z"), scale="6", who="irena")

    assert {"short", "one", "some", "scale", "who"} == set(did.errors)  # type: ignore[attr-defined]
    assert {"short", "one"} == set(send(FORM).errors)  # type: ignore[attr-defined]


def test_somebody_elses_form_is_refused() -> None:
    """A form is sealed for the one it was shown to."""
    with pytest.raises(BadRequest, match="not one that was shown to you"):
        send(FORM, MATEJ, short="a", one="a")


def test_each_sending_has_a_key_of_its_own() -> None:
    """Two presses are two events, and no key can be chosen by the page."""
    sent = read_body(b"do=press&verb=a&ref=b&key=slack:Ev1")
    keys = {read_act(sent, ANA, SEALS).event.key for _ in range(2)}

    assert 2 == len(keys)
    assert all(key.startswith("web:") for key in keys)


def test_a_value_comes_once() -> None:
    """A field that is there twice is no field of ours."""
    with pytest.raises(BadRequest, match="verb"):
        one(read_body(b"verb=a&verb=b"), "verb")


@pytest.mark.parametrize("words", ["{}", "x", '{"title": 1}', '{"_type": "Nothing"}'])
def test_a_form_of_another_version_is_not_understood(words: str) -> None:
    """After an update an open form may be unknown: the page is then asked to be opened again."""
    assert None is kept.unpack(words)


def test_a_form_comes_back_as_it_was() -> None:
    """All kinds of words and fields survive the way through a page."""
    words = say_n("{n} day", "{n} days", 2)
    mixed = replace(
        FORM, intro=say("{a} {b} {c} {d}", a=words, b=UserText("x"), c=1.5, d=told({"en": "A", "sl": "B"}))
    )

    assert mixed == kept.unpack(kept.pack(mixed))


# --- everything there is ----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", PSEUDO])
def test_everything_that_people_meet_can_be_drawn(met: list[object], language: str) -> None:
    """Each card, home and form of two programmes is whole HTML with all its words, with the longest names too."""
    brush = Painter(Reader(language, "Europe/Ljubljana"), "mark", part="test")
    me = Visitor(ANA, "session")
    for thing in met:
        for card in things(worst(thing, 300), Card):
            found = Reading(brush.card(card))
            for line in card_text(replace(card, blocks=(), buttons=()), brush.reader).split("\n"):
                assert " ".join(line.split()) in found.text
        for home in things(thing, Home):
            Reading(
                page.home_page(home, me, Painter(brush.reader, "mark"), note=say("x"))[
                    len("<!doctype html>") :
                ]
            )
        for form in things(worst(thing, 300), Form):
            Reading(fields.dialog(form, brush, Shown(errors={}), kept=sealed(form, ANA, SEALS)))
            assert form == kept.unpack(kept.pack(form))
