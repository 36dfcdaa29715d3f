"""The tiny markup of templates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import UserText, WebLink, say
from bot.i18n import Reader
from bot.markup import BadTemplate, Hole, Span, parse, placeholders, plain


@pytest.mark.parametrize(
    ("template", "pieces"),
    [
        ("", ()),
        ("Good morning.", (Span("Good morning."),)),
        ("a **b** c", (Span("a "), Span("b", bold=True), Span(" c"))),
        ("_a b_, c", (Span("a b", italic=True), Span(", c"))),
        ("**a _b_**", (Span("a ", bold=True), Span("b", bold=True, italic=True))),
        ("**{who}**", (Hole("who", bold=True),)),
        ("_{who}_.", (Hole("who", italic=True), Span("."))),
        ("one\n- two\n- three", (Span("one\n• two\n• three"),)),
        ("a - b", (Span("a - b"),)),
        ("{{a}}", (Span("{a}"),)),
    ],
)
def test_a_template_is_split_into_looks_and_places(template, pieces):
    """Bold, italic, list lines, doubled braces and values are told apart."""
    assert pieces == parse(template)


@pytest.mark.parametrize(
    "template", ["2 ** 3", "snake_case_name", "_ a", "5 * 4", "a_ b", "**", "__init__ x"]
)
def test_what_closes_nothing_is_shown_as_it_is(template):
    """A star or underscore that does not wrap anything is an ordinary letter."""
    assert template == plain(parse(template))


def test_an_address_is_a_link_and_keeps_its_underscores():
    """A bare address becomes a link that ends before the sentence's full stop."""
    expected = (Span("See "), Span("https://ex.org/a_b_c", url="https://ex.org/a_b_c"), Span("."))

    assert expected == parse("See https://ex.org/a_b_c.")


@pytest.mark.parametrize("template", ["a { b", "{Name}", "}", "{two words}"])
def test_a_lone_brace_is_an_error_that_names_the_place(template):
    """A brace that is no value raises, with the place and the way out."""
    with pytest.raises(BadTemplate, match=r"at character \d+: write a value as \{name\}"):
        parse(template)


def test_placeholders_are_the_names_of_the_values():
    """The values that a template needs can be asked for before it is used."""
    assert frozenset({"a", "b"}) == placeholders("{a} {b} {{c}} {a}")


def test_a_link_shows_its_address_where_there_are_no_links():
    """In plain text the address stands behind its label, once."""
    sentence = say("Room: {room}", room=WebLink("Ana's room", "https://meet.example/ana"))

    assert "Room: Ana's room (https://meet.example/ana)" == Reader().text(sentence)


@given(st.text(min_size=1))
def test_what_a_person_typed_is_never_markup(typed):
    """Stars, braces, dashes and addresses that a person typed come out as one untouched run."""
    rich = Reader().rich(say("**{who}** wrote: {what}", who="Ana", what=UserText(typed)))

    assert (
        Span("Ana", bold=True, given=True),
        Span(" wrote: "),
        Span(typed, given=True),
    ) == rich


@given(st.text(alphabet="ab *_-\n{}h:/.", max_size=40))
def test_every_template_parses_or_is_refused(template):
    """No template makes the parser lose a letter: only markup and doubled braces are taken out."""
    try:
        found = "".join(p.text if isinstance(p, Span) else f"{{{p.name}}}" for p in parse(template))
    except BadTemplate:
        return
    kept = found.replace("• ", "- ")
    strip = str.maketrans("", "", "*_{}")

    assert template.translate(strip) == kept.translate(strip)
