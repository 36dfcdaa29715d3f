"""Merging many intentions into one message."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    Item,
    Link,
    Moment,
    Rule,
    Text,
    UserText,
    say,
    say_n,
)
from bot.outcome import SendKind
from flows.digest import MOST_ASKED, MOST_PARTS, Part, choose, holds, merge, rebuilt

KINDS = get_args(SendKind)


def simple(title: str, **more: object) -> Card:
    """Return a card with one paragraph and one button."""
    made = Card(
        title=say("{t}", t=UserText(title)),
        blocks=(Text(say("About {t}.", t=UserText(title))),),
        buttons=(Button(say("Yes"), "yes", title),),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def headings(card: Card) -> list[str]:
    """Return the titles of the parts of a merged card."""
    found = []
    for block in card.blocks:
        if isinstance(block, Text) and block.style == "heading":
            found += [value.text for _, value in block.words.values if isinstance(value, UserText)]
    return found


def test_one_part_stays_as_it_is() -> None:
    """A single card is sent unchanged."""
    assert simple("a") == merge([Part(simple("a"), "invite")])


def test_parts_keep_their_blocks_and_buttons() -> None:
    """Each part is a heading, its blocks and its buttons, with a line between the parts."""
    a, b = simple("a"), replace(simple("b"), buttons=())
    expected = Card(
        title=say_n("One thing for you", "{n} things for you", 2),
        blocks=(
            Text(a.title, "heading"), *a.blocks, Actions(a.buttons),
            Rule(),
            Text(b.title, "heading"), *b.blocks,
        ),
    )  # fmt: skip
    assert expected == merge([Part(a, "invite"), Part(b, "invite")])


def test_order() -> None:
    """What is urgent comes first, then cases, meetings, invitations, nudges, and what is only told."""
    kinds: tuple[SendKind, ...] = ("info", "nudge", "invite", "change", "case", "help")
    card = merge([Part(simple(kind), kind) for kind in kinds])
    assert list(reversed(kinds)) == headings(card)


def test_equal_kinds_keep_their_order() -> None:
    """Parts of one kind are read in the order in which they came."""
    assert ["b", "a"] == headings(merge([Part(simple("b"), "info"), Part(simple("a"), "info")]))


def test_every_kind_has_its_place() -> None:
    """A part of any kind can be merged."""
    parts = [Part(simple(kind), kind) for kind in KINDS]
    assert sorted(KINDS) == sorted(headings(merge(parts)))


def test_more_waits() -> None:
    """A message that could not hold all says how many are left on the home."""
    parts = [Part(simple("a"), "invite"), Part(simple("b"), "invite")]
    line = merge(parts, more=3).blocks[-1]
    assert Text(say_n("and one more on your home", "and {n} more on your home", 3), "quiet") == line
    assert line == merge(parts[:1], more=3).blocks[-1], "also below a single part"


@pytest.mark.parametrize(
    ("tones", "expected"),
    [
        (("plain", "attention"), "attention"),
        (("warm", "warm"), "warm"),
        (("warm", "celebrate"), "plain"),
    ],
)
def test_tone(tones: tuple[str, ...], expected: str) -> None:
    """A merged message has the tone that all parts share, attention where one asks for it, else a plain one."""
    assert expected == merge([Part(simple(t, tone=t), "info") for t in tones]).tone


def test_at_most_five_parts_ask_for_something() -> None:
    """Of many, the most urgent five are chosen; what is only told fills the message below them, up to ten parts."""
    asking = [Part(simple(str(n)), "invite") for n in range(7)]
    urgent, told = Part(simple("urgent"), "help"), [Part(simple(f"told {n}"), "info") for n in range(8)]

    assert (7, 0, 1, 2, 3) == choose([*asking, urgent])
    assert (7, 0, 1, 2, 3, 8, 9, 10, 11, 12) == choose([*asking, urgent, *told])
    assert (MOST_ASKED, MOST_PARTS) == (5, len(choose([*asking, urgent, *told])))
    assert tuple(range(8)) == choose(told)


def test_what_waited_long_has_its_turn() -> None:
    """It comes before newer things that weigh more, and after what cannot wait."""
    cases = [Part(simple(str(n)), "case") for n in range(5)]
    parts = [*cases, Part(simple("question"), "invite"), Part(simple("urgent"), "help")]

    assert (6, 0, 1, 2, 3) == choose(parts)
    assert (6, 5, 0, 1, 2) == choose(parts, late=[5])
    assert (6, 5, 4, 0, 1) == choose(parts, late=[5, 4])


def test_long_words_wait_for_a_message_of_their_own() -> None:
    """What people typed is never cut, and never too long for a message together."""
    long = Part(simple("x", blocks=(Text(say("“{text}”", text=UserText("w" * 3000))),)), "info")

    assert (0, 1) == choose([long, long, long])
    assert (0,) == choose([Part(simple("x", blocks=long.card.blocks * 4), "info"), long])


def test_large_parts_do_not_fill_a_message_too_far() -> None:
    """Cards with many blocks are chosen only as far as a platform takes them, and one always is."""
    large = Part(simple("large", blocks=(Facts(()),) * 30), "info")
    assert (0,) == choose([large, large])
    assert (0,) == choose([Part(simple("huge", blocks=(Facts(()),) * 60), "info")])


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 25)), min_size=1, max_size=12))
def test_a_message_fits(found: list[tuple[SendKind, int]]) -> None:
    """However large the parts, several together stay within the blocks of a message."""
    parts = [Part(simple("x", blocks=(Facts(()),) * n), kind) for kind, n in found]
    chosen = choose(parts)
    assert 1 <= len(chosen) <= MOST_PARTS
    assert len(set(chosen)) == len(chosen)
    if len(chosen) > 1:
        assert len(merge([parts[index] for index in chosen], more=1).blocks) <= 45


CONTROLS = [
    Card(title=say("T"), buttons=(Link(say("Open"), "https://example.org"), Button(say("Yes"), "v", "r"))),
    Card(title=say("T"), blocks=(Ask(say("Q"), "v", "r", (Choice(say("A"), "a"),), ("author",)),)),
    Card(title=say("T"), blocks=(Checklist((Item(say("A"), False, "v", "r", "1"),)),)),
    Card(title=say("T"), blocks=(Actions((Button(say("Yes"), "v", "r"),)),)),
]


@pytest.mark.parametrize("card", CONTROLS)
def test_holds(card: Card) -> None:
    """A control is found wherever on a card it is, by verb and ref together."""
    assert holds(card, "v", "r")
    assert not holds(card, "v", "other")
    assert not holds(card, "other", "r")


def test_holds_in_larger_things() -> None:
    """Controls are found on the card of a file, of an introduction, and on a home."""
    card = simple("a")
    for content in (
        File("a.ics", "text/calendar", b"", card),
        GroupIntro(("p1",), card),
        Home(say("H"), (card,)),
    ):
        assert holds(content, "yes", "a")
        assert not holds(content, "yes", "b")


def test_rebuilt() -> None:
    """An answered part shows its new card and the others stay as they were."""
    parts = [Part(simple("a"), "invite"), Part(simple("b"), "nudge"), Part(simple("c"), "info")]
    thanks = Card(title=say("{t}", t=UserText("thanks")))
    card = rebuilt(parts, "yes", "b", thanks)
    assert ["a", "thanks", "c"] == headings(card)
    assert not holds(card, "yes", "b")
    assert merge([parts[0], Part(thanks, "nudge"), parts[2]]) == card


def test_an_older_look_changes_nothing() -> None:
    """A control that no part has any more leaves the message as it is."""
    parts = [Part(simple("a"), "invite"), Part(simple("b"), "nudge")]
    assert merge(parts) == rebuilt(parts, "yes", "gone", simple("x"))


@given(st.permutations(range(5)), st.lists(st.sampled_from(KINDS), min_size=5, max_size=5))
def test_nothing_is_lost(order: list[int], kinds: list[SendKind]) -> None:
    """Every part and every control of it is in the merged message, in whatever order they come."""
    card = merge([Part(simple(str(n)), kinds[n]) for n in order])
    assert ["0", "1", "2", "3", "4"] == sorted(headings(card))
    assert all(holds(card, "yes", str(n)) for n in range(5))


def test_of_a_days_meetings_the_first_one_comes_first() -> None:
    """Reminders of one morning are read in the order of the day, whichever was written first."""
    hours = (11, 9, 12)
    said = [
        say("Today at {time}.", time=Moment(datetime(2027, 1, 11, hour, tzinfo=UTC), "time"))
        for hour in hours
    ]
    cards = [simple(str(hour), blocks=(Text(words),)) for hour, words in zip(hours, said, strict=True)]
    assert ["9", "11", "12"] == headings(merge([Part(card, "reminder") for card in cards]))
