"""Lists to tick together: one list for all who hold it, and a tick that nobody undoes by accident."""

from __future__ import annotations

from dataclasses import replace

from bot.content import Card, Checklist, Role
from bot.events import Address, Pressed
from bot.facts import Pair, Person
from bot.outcome import Note, ReplaceCard
from flows import checklist
from flows.programme import Step, When
from tests.live import Live
from tests.meetings import read
from tests.scenes import ANA, IRENA, MATEJ, PETER, at, pair, person, programme

REF = "step:e1/documents/once"
BOR = person("Bor")
GROUP: dict[Role, tuple[Person, ...]] = {"mentee": (ANA, BOR), "mentor": (MATEJ,), "coordinator": (IRENA,)}


def step(*who: Role, about: Role | str = "") -> Step:
    """Return a list of two lines for these roles."""
    return Step(
        id="documents",
        phase="phase",
        kind="checklist",
        who=who,
        about=about,  # type: ignore[arg-type]
        when=When(day=1),
        title=(("en", "Documents for {mentee}"),),
        text=(("", (("en", "Hand these over."),)),),
        options=(("items", ((("en", "Handbook of {mentor}"),), (("en", "Accounts"),))),),
    )


def opened(one: Step, whole: Pair | None = None) -> Live:
    """Return a pair on its first morning, with the list open."""
    live = Live(whole or pair(), programme(one), at("2027-01-11", 8))
    live.look()
    return live


def items(content: object) -> list[tuple[bool, str]]:
    """Return whether each line is done, and what pressing it sends."""
    assert isinstance(content, Card)
    return [(i.done, i.value) for b in content.blocks if isinstance(b, Checklist) for i in b.items]


def replaced(reply: object) -> Card:
    """Return the card that took the place of the pressed one."""
    assert isinstance(reply, ReplaceCard)
    return reply.card


def test_a_tick_is_stored_and_taken_back() -> None:
    """The button says what it does; the list counts what is done, and says who sees it."""
    live = opened(step("mentor"))

    card = replaced(live.press(MATEJ, "checklist.tick", REF, "1:done"))

    assert [(True, "1:open"), (False, "2:done")] == items(card)
    assert "1 of 2" in read(card)
    assert "You, the mentee, the department head and HR see this." in read(card)
    (tick,) = live.pair.ticks
    assert ("matej", live.now, "e1/documents/once/1") == (tick.done_by, tick.done_at, tick.id)
    assert [(False, "1:done"), (False, "2:done")] == items(
        replaced(live.press(MATEJ, "checklist.tick", REF, "1:open"))
    )
    assert [None] == [t.done_at for t in live.pair.ticks]


def test_pressing_twice_changes_nothing_twice() -> None:
    """A second press on the old look leaves the tick of the first one, with its time and its person."""
    live = opened(step("mentee", "mentor"))
    live.press(MATEJ, "checklist.tick", REF, "1:done")
    before = live.pair.ticks
    live.now = at("2027-01-12")

    card = replaced(live.press(ANA, "checklist.tick", REF, "1:done"))

    assert before == live.pair.ticks
    assert [(True, "1:open"), (False, "2:done")] == items(card)


def test_it_is_one_list_for_all_who_hold_it() -> None:
    """The partner's card follows in silence, and the last tick ends the step for both."""
    live = opened(step("mentee", "mentor"))
    live.press(ANA, "checklist.tick", REF, "1:done")
    live.press(MATEJ, "checklist.tick", REF, "2:done")

    updates = [s for s in live.sends.values() if s.kind == "update"]
    assert [("matej", "e1/documents/once/matej:matej:open"), ("ana", "e1/documents/once/ana:ana:open")] == [
        (s.to, s.replaces) for s in updates
    ]
    assert [[(True, "1:open"), (False, "2:done")], [(True, "1:open"), (True, "2:open")]] == [
        items(s.content) for s in updates
    ]
    assert ["done", "done"] == [s.state for s in live.pair.steps]


def test_a_line_is_kept_with_the_names_in_it() -> None:
    """What the head reads in the digest has no placeholders."""
    live = opened(step("mentor"))

    live.press(MATEJ, "checklist.tick", REF, "1:done")

    assert ["Handbook of Matej"] == [t.label for t in live.pair.ticks]


def test_of_several_mentees_each_has_a_list_of_their_own() -> None:
    """A tick for Ana is none for Bor, and each card names the one it is about."""
    live = opened(step("mentor", about="mentee"), pair(seats=GROUP))
    cards = {s.about: s.content for s in live.sends.values()}
    assert {"Documents for Ana", "Documents for Bor"} == {read(c).split("\n")[0] for c in cards.values()}

    live.press(MATEJ, "checklist.tick", "step:e1/documents/once.ana", "1:done")
    live.press(MATEJ, "checklist.tick", "step:e1/documents/once.ana", "2:done")

    assert {"once.ana": "done", "once.bor": "open"} == {s.occurrence: s.state for s in live.pair.steps}
    bor = live.scene(MATEJ)
    assert [(False, "1:done"), (False, "2:done")] == items(
        Card(bor.title(step("mentor")), (checklist.checklist(bor, step("mentor"), "once.bor", "x"),))
    )


def test_who_does_not_hold_the_list_only_reads_it() -> None:
    """The mentee of a mentor's list, the head and HR cannot tick; a line that is not there neither."""
    live = opened(step("mentor"))

    refused = [live.press(who, "checklist.tick", REF, "1:done") for who in (ANA, PETER, IRENA)]
    refused += [
        live.press(MATEJ, "checklist.tick", REF, value) for value in ("3:done", "0:done", "1", "", "1:no")
    ]

    assert {Note} == {type(reply) for reply in refused}
    assert () == live.pair.ticks
    shown = checklist.checklist(live.scene(ANA), step("mentor"), "once")
    assert {""} == {item.verb for item in shown.items}


def test_a_list_that_is_reminded_of_says_so_without_blame() -> None:
    """One line above the same list."""
    live = opened(step("mentor"))
    words = checklist.nudge(live.scene(), live.pair.steps[0])

    assert "A few lines are open. Tick what is done; leave the rest for later." == words.msgid


def test_every_copy_is_renewed_also_the_reminded_ones() -> None:
    """A partner who was reminded holds two cards of the list, and both follow."""
    live = opened(step("mentee", "mentor"))
    mine = next(s for s in live.pair.steps if s.person == "matej")
    event = Pressed(key="k", who=Address("test", "ana"), verb="", ref="")
    copies = checklist.copies_of(
        live.scene(), replace(mine, nudges=1), checklist.card(live.scene(), mine), event
    )

    assert [f"{mine.id}:matej:open", f"{mine.id}:matej:nudge1"] == [c.replaces for c in copies]
    assert {"update"} == {c.kind for c in copies}
