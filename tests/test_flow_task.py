"""Tasks: one line from the mentor, a card that both see, a state that changes in one tap (FEATURES P10)."""

from __future__ import annotations

from datetime import date

import pytest

from bot.content import Button, Card, Checklist, ChoiceField, Role
from bot.facts import Pair, Person
from bot.outcome import CloseForm, FixForm, Note, ReplaceCard, ShowCard, ShowForm
from flows import task
from flows.programme import Step, When
from flows.scene import Desk
from flows.task_cards import tasks_card
from tests.live import Live
from tests.meetings import read
from tests.scenes import ANA, IRENA, MATEJ, PETER, at, pair, person, programme, second

REF, LIST = "step:e1/first_task/once", "enrolment:e1"
BOR = person("Bor")
GROUP: dict[Role, tuple[Person, ...]] = {"mentee": (ANA, BOR), "mentor": (MATEJ,), "coordinator": (IRENA,)}


def step(**options: object) -> Step:
    """Return the request for a first task."""
    return Step(
        id="first_task",
        phase="phase",
        kind="task",
        who=("mentor",),
        about="mentee",
        when=When(day=1),
        title=(("en", "A first task for {mentee}"),),
        text=(("", (("en", "{mentee} is mainly in charge."),)),),
        options=tuple(options.items()),  # type: ignore[arg-type]
    )


def opened(whole: Pair | None = None, **options: object) -> Live:
    """Return a pair whose mentor was asked for a task."""
    live = Live(whole or pair(), programme(step(**options)), at("2027-01-11", 9))
    live.look()
    return live


def given(live: Live, ref: str = REF, **values: str) -> object:
    """Let the mentor give a task."""
    return live.submit(MATEJ, "task.keep", ref, **{"title": "June payments", "independent": "yes", **values})


def verbs(card: object) -> list[str]:
    """Return where the buttons of a card lead."""
    assert isinstance(card, Card)
    return [b.value for b in card.buttons if isinstance(b, Button)]


def test_a_task_reaches_the_mentee_and_ends_the_request() -> None:
    """Both see the same card, with what one tap can do; only the mentor can take it off the list."""
    live = opened()
    assert [("matej", "A first task for Ana")] == [
        (s.to, read(s.content).split("\n")[0]) for s in live.sends.values()
    ]

    reply = given(live, due="2027-02-26")

    assert isinstance(reply, CloseForm)
    assert reply.card is not None
    assert ["doing", "done", "dropped"] == verbs(reply.card)
    (made,) = live.pair.tasks
    assert ("e1/task/1", "June payments", date(2027, 2, 26), True, "ana", "matej") == (
        made.id, made.title, made.due, made.independent, made.about, made.by,
    )  # fmt: skip
    assert ["done"] == [s.state for s in live.pair.steps]
    told = live.sends["e1/task/1:ana:new"]
    assert ["From Matej:", "June payments"] == read(told.content).split("\n")[1:3]
    assert ["doing", "done"] == verbs(told.content)


def test_one_tap_moves_it_and_the_other_ones_card_follows() -> None:
    """The mentee's tap tells the mentor of “done”, once; the mentor's tap renews the mentee's card."""
    live = opened()
    given(live)

    live.press(ANA, "task.move", "task:e1/task/1", "doing")
    assert not [s for s in live.sends.values() if s.to == "matej" and s.kind == "info"]
    live.press(ANA, "task.move", "task:e1/task/1", "done")
    live.press(ANA, "task.move", "task:e1/task/1", "doing")
    live.press(ANA, "task.move", "task:e1/task/1", "done")

    news = [s for s in live.sends.values() if s.to == "matej" and s.kind == "info"]
    assert ["Ana finished “June payments”."] == [read(s.content).split("\n")[1] for s in news]
    live.press(MATEJ, "task.move", "task:e1/task/1", "doing")
    update = [s for s in live.sends.values() if s.kind == "update"][-1]
    assert ("ana", "e1/task/1:ana:new", "Now: in work") == (
        update.to, update.replaces, read(update.content).split("\n")[-1],
    )  # fmt: skip


def test_pressing_the_state_it_has_changes_nothing() -> None:
    """A card three weeks old shows how things stand."""
    live = opened()
    given(live)
    live.press(ANA, "task.move", "task:e1/task/1", "done")
    before, sends = live.pair, len(live.sends)
    live.now = at("2027-02-05")

    reply = live.press(ANA, "task.move", "task:e1/task/1", "done")

    assert isinstance(reply, ReplaceCard)
    assert (before, sends) == (live.pair, len(live.sends))


def test_only_the_mentor_takes_a_task_off_the_list() -> None:
    """It leaves the list, and can come back."""
    live = opened()
    given(live)

    assert isinstance(live.press(ANA, "task.move", "task:e1/task/1", "dropped"), Note)
    live.press(MATEJ, "task.move", "task:e1/task/1", "dropped")

    assert "No task at the moment." in read(tasks_card(live.scene(ANA), ANA))
    live.press(MATEJ, "task.move", "task:e1/task/1", "open")
    assert ["open"] == [t.state for t in live.pair.tasks]


def test_a_tick_in_the_list_leaves_the_list_in_place() -> None:
    """Pressed in the list the whole list comes back, pressed on its card the card."""
    live = opened()
    given(live)
    (item,) = [
        i for b in tasks_card(live.scene(ANA), ANA).blocks if isinstance(b, Checklist) for i in b.items
    ]

    in_list = live.press(ANA, item.verb, item.ref, item.value)
    on_card = live.press(ANA, "task.move", "task:e1/task/1", "open")

    assert isinstance(in_list, ReplaceCard)
    assert isinstance(on_card, ReplaceCard)
    assert ("Tasks", "A task to lead yourself") == (
        read(in_list.card).split("\n")[0],
        read(on_card.card).split("\n")[0],
    )


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [({"title": " "}, "title"), ({"due": "tomorrow"}, "due"), ({"due": "2026-12-31"}, "due")],
)
def test_what_cannot_be_kept_is_asked_again(typed: dict[str, str], wrong: str) -> None:
    """An empty title, a day that is none, a day that is over."""
    live = opened()

    reply = given(live, **typed)

    assert isinstance(reply, FixForm)
    assert [wrong] == list(reply.errors)
    assert ((), 1) == (live.pair.tasks, len(live.sends))


def test_the_same_task_sent_twice_is_one() -> None:
    """A form sent twice, or written again by mistake, gives no second task and no second message."""
    live = opened()
    given(live)
    sends = len(live.sends)

    reply = given(live)

    assert isinstance(reply, CloseForm)
    assert (1, sends) == (len(live.pair.tasks), len(live.sends))


def test_a_request_that_has_its_task_shows_it() -> None:
    """The old button leads to the task, not to a second form; more tasks are added from the list."""
    live = opened()
    given(live)

    again = live.press(MATEJ, "task.write", REF)

    assert isinstance(again, ReplaceCard)
    assert "June payments" in read(again.card)
    assert isinstance(live.press(MATEJ, "task.write", LIST), ShowForm)


@pytest.mark.parametrize(("alone", "initial"), [(True, ("yes",)), (False, ("no",))])
def test_the_form_begins_as_the_programme_says(alone: bool, initial: tuple[str, ...]) -> None:
    """Whose task it mainly is, is filled in from the step; from the list it is one for both."""
    reply = opened(independent=alone).press(MATEJ, "task.write", REF)
    assert isinstance(reply, ShowForm)
    field = next(f for f in reply.form.fields if f.key == "independent")
    assert isinstance(field, ChoiceField)
    assert initial == field.initial


def test_of_several_mentees_a_task_is_for_the_one_who_was_meant() -> None:
    """The step's task goes to the mentee it is about, and the other one neither hears of it nor sees it."""
    live = opened(pair(seats=GROUP))
    assert {"A first task for Ana", "A first task for Bor"} == {
        read(s.content).split("\n")[0] for s in live.sends.values()
    }

    given(live, "step:e1/first_task/once.bor")

    assert ["bor"] == [t.about for t in live.pair.tasks]
    assert {"once.ana": "open", "once.bor": "done"} == {s.occurrence: s.state for s in live.pair.steps}
    assert "June payments" not in live.shown(ANA)
    assert () == live.scene(ANA).pair.tasks
    assert isinstance(live.press(ANA, "task.move", "task:e1/task/1", "done"), Note)
    live.press(BOR, "task.move", "task:e1/task/1", "done")
    assert ["done"] == [t.state for t in live.pair.tasks]


def test_added_from_the_list_it_asks_for_whom() -> None:
    """One of the mentees, or all of them; the card says whose it is."""
    live = opened(pair(seats=GROUP))
    form = live.press(MATEJ, "task.write", LIST)
    assert isinstance(form, ShowForm)
    field = next(f for f in form.form.fields if f.key == "about")
    assert isinstance(field, ChoiceField)
    assert ["ana", "bor", "all"] == [o.value for o in field.options]

    given(live, LIST, about="bor")
    given(live, LIST, about="all", title="Read the handbook")

    assert [("e1/task/1", "bor"), ("e1/task/2", "")] == [(t.id, t.about) for t in live.pair.tasks]
    assert {"e1/task/1:bor:new", "e1/task/2:ana:new", "e1/task/2:bor:new"} <= set(live.sends)
    assert "For Bor" in read(live.sends["e1/task/1:bor:new"].content)


def test_who_is_not_of_the_pair_moves_nothing() -> None:
    """The head reads tasks, HR as well; neither gives nor moves one, and the mentee gives none."""
    live = opened()
    given(live)

    refused = [live.press(who, "task.move", "task:e1/task/1", "done") for who in (PETER, IRENA)]
    refused.append(live.submit(ANA, "task.keep", LIST, title="A day off"))

    assert [Note] * 3 == [type(reply) for reply in refused]
    assert ["open"] == [t.state for t in live.pair.tasks]
    lines = [
        i for b in tasks_card(live.scene(PETER), PETER).blocks if isinstance(b, Checklist) for i in b.items
    ]
    assert [""] == [i.verb for i in lines]


def test_after_the_end_tasks_rest() -> None:
    """Old cards and forms say so and change nothing."""
    live = opened()
    given(live)
    live.pair = pair(*live.pair.tasks, state="closed")

    replies = [
        live.press(ANA, "task.move", "task:e1/task/1", "done"),
        live.press(MATEJ, "task.write", LIST),
        given(live, LIST),
    ]

    assert [Note, Note, CloseForm] == [type(reply) for reply in replies]
    assert ["open"] == [t.state for t in live.pair.tasks]


def test_the_command_shows_the_tasks_of_every_pair() -> None:
    """A mentor of two sees both, by name the one; who has no pair reads so."""
    one, two = opened(), opened(pair(seats={**GROUP, "mentee": (BOR,)}))
    given(one, title="For Ana's month")
    given(two, title="For Bor's month")
    desk = Desk(me=MATEJ, scenes=(one.scene(MATEJ), second(two.scene(MATEJ))), now=one.now)

    both, named = task.command(desk, "").reply, task.command(desk, "@bor").reply

    assert isinstance(both, ShowCard)
    assert isinstance(named, ShowCard)
    assert ("For Ana's month" in repr(both), "For Bor's month" in repr(both)) == (True, True)
    assert ("For Ana's month" in repr(named), "For Bor's month" in repr(named)) == (False, True)
    assert isinstance(task.command(Desk(me=PETER, scenes=(), now=one.now), "").reply, Note)
