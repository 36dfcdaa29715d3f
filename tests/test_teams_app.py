"""Teams end to end over HTTP: what people do is stored once, answered at once, and shown without holding anybody up."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.teams import names
from adapters.teams.origin import Origin
from adapters.teams.shown import opener
from adapters.teams.turns import Turns
from bot.content import Button, Card, Choice, Form, Home, PersonField, PersonName, Text, TextField, say
from bot.events import Address, Arrived, Commanded, Event, Looked, Submitted
from bot.facts import Answer
from bot.i18n import Reader
from bot.outcome import (
    Choices,
    CloseForm,
    FixForm,
    Note,
    Nothing,
    Put,
    ReplaceCard,
    Reply,
    ShowCard,
    ShowForm,
    ShowHome,
)
from bot.ports import Answered, Refused, Throttled, Unreachable, Unsure
from tests.scenes import ANA, MATEJ
from tests.teams_life import (
    BEGIN,
    GROUP,
    TENANT,
    AtHome,
    Json,
    TeamsLife,
    activity,
    button_of,
    card_of,
    chat_of,
    fields_of,
    in_teams,
    installed,
    kinds,
    opens,
    press,
    press_by_message,
    said,
    said_in_group,
    searched,
    sent,
    teams_life,
    words_of,
)
from tests.test_teams_parse import mangled

CHECKIN = BEGIN.replace(month=1, day=21, hour=15)  # the second week's check-in is open by then
LINE = "application/vnd.microsoft.activity.message"
CARD = "application/vnd.microsoft.card.adaptive"


@pytest.fixture
async def life(new_db) -> AsyncIterator[TeamsLife]:
    """A bot in Teams."""
    async with teams_life(new_db("sqlite")) as made:
        yield made


@pytest.fixture
async def open_checkin(life: TeamsLife) -> TeamsLife:
    """A bot whose check-in card is there."""
    await life.until(CHECKIN)
    return life


def control(question: str = "next", value: str = "4") -> str:
    """Return what a tap on the open check-in carries."""
    return names.control("checkin.tap", f"step:e1/checkin/2027-W03/{question}", value)


def tap(question: str = "next", value: str = "4", **more: object) -> Json:
    """Return Ana's tap on the open check-in."""
    return press("ana", control(question, value), **more)


async def answers(life: TeamsLife) -> list[str]:
    """Return which answers are stored."""
    return [a.value for a in (await life.pair()).answers if isinstance(a, Answer)]


async def cases(life: TeamsLife) -> int:
    """Return how many times somebody asked for help."""
    return len((await life.pair()).cases)


HELP = {"words": "The import script", "hurry": "no", "tell": "no"}


async def ask_for_help(life: TeamsLife) -> Json:
    """Open the help dialog and return it as Teams gets it."""
    return await life.answer(opens("ana", w="help"))


def only(reply: Reply) -> Callable[[Event], Any]:
    """Return what receives everything with this reply, from Ana."""

    async def receive(event: Event) -> Answered:
        return Answered(reply, in_teams(ANA))

    return receive


SHOWN = Card(say("A question"), (Text(say("{who} asks.", who=PersonName("Matej", "matej"))),))
FORM = Form(title=say("Two lines"), verb="v.send", ref="r", fields=(TextField(key="a", label=say("Line"), seen_by=("author",)),))  # fmt: skip


# --- dialogs ---------------------------------------------------------------------------------


async def test_a_dialog_is_in_the_answer_itself(life: TeamsLife) -> None:
    """Nothing else is called."""
    dialog = await ask_for_help(life)
    assert "continue" == dialog["task"]["type"]
    assert ["i.words", "i.hurry", "i.tell"] == list(fields_of(dialog))
    assert {"w": "help", "f": "help.send help:e1 ", "m": f"{chat_of('ana')}|m1"} == button_of(dialog)["data"]
    await life.quiet()
    assert [] == life.connector.said


async def test_a_dialog_sent_is_stored_and_closes_with_thanks(life: TeamsLife) -> None:
    """The thanks are in the dialog's place."""
    dialog = await ask_for_help(life)
    thanks = await life.answer(sent("ana", dialog, HELP))
    assert "message" == thanks["task"]["type"]
    assert "Irena" in thanks["task"]["value"]
    assert 1 == await cases(life)
    await life.quiet()
    assert [] == life.connector.said


async def test_a_corrected_dialog_is_no_repetition(life: TeamsLife) -> None:
    """What is missing is said in the dialog, with all else that was written; sent again it has its effect, once."""
    dialog = await ask_for_help(life)
    fixed = await life.answer(sent("ana", dialog, {**HELP, "words": "", "hurry": "yes"}))
    assert "continue" == fixed["task"]["type"]
    assert "A word or two is enough" in words_of(fixed)
    assert "yes" == fields_of(fixed)["i.hurry"]["value"]
    assert button_of(dialog)["data"] == button_of(fixed)["data"]
    assert 0 == await cases(life)
    assert "message" == (await life.answer(sent("ana", fixed, HELP)))["task"]["type"]
    assert 1 == await cases(life)


async def test_a_dialog_is_corrected_by_another_process_too(life: TeamsLife) -> None:
    """What opened it travels in its button, and says once more what it asks."""
    dialog = await ask_for_help(life)
    life.teams._answers._dialogs._kept.clear()  # as in a process that was not there before
    fixed = await life.answer(sent("ana", dialog, {"hurry": "yes"}))
    assert "continue" == fixed["task"]["type"]
    assert "yes" == fields_of(fixed)["i.hurry"]["value"]


async def test_a_second_step_of_a_dialog_is_shown_and_corrected(new_db) -> None:
    """What opened the first step does not lead to it: it is remembered."""
    second = replace(FORM, verb="v.second")
    replies: dict[str, Reply] = {"v.send": ShowForm(second), "v.second": FixForm({"a": say("More, please.")})}

    async def receive(event: Event) -> Answered:
        reply = replies[event.verb] if isinstance(event, Submitted) else ShowForm(FORM)
        return Answered(reply, in_teams(ANA))

    async with teams_life(new_db("sqlite"), receive=receive) as life:
        first = await life.answer(opens("ana", c="v.open r "))
        then = await life.answer(sent("ana", first, {"a": "one"}))
        assert "v.second r " == button_of(then)["data"]["f"]
        fixed = await life.answer(sent("ana", then, {"a": "two"}))
    assert "v.second r " == button_of(fixed)["data"]["f"]
    assert "More, please." in words_of(fixed)
    assert "two" == fields_of(fixed)["i.a"]["value"]


async def test_what_to_mend_is_said_where_nobody_knows_what_was_asked(new_db) -> None:
    """In the place of the dialog, in words."""
    errors = {"a": say("More, please."), "b": say("Less, please.")}
    async with teams_life(new_db("sqlite"), receive=only(FixForm(errors))) as life:
        told = activity("task_submit", "ana")
        answer = await life.answer(told)
    assert {"task": {"type": "message", "value": "More, please.\n\nLess, please."}} == answer


async def test_a_dialog_with_a_card_renews_the_message_that_opened_it(new_db) -> None:
    """After the dialog is closed, in that message's place."""
    async with teams_life(new_db("sqlite"), receive=only(CloseForm(say("Thank you."), SHOWN))) as life:
        told = activity("task_submit", "ana")
        told["value"]["data"]["m"] = f"{chat_of('ana')}|m7"
        assert {"task": {"type": "message", "value": "Thank you."}} == await life.answer(told)
        await life.quiet()
        assert [f"{chat_of('ana')}|m7"] == [one.message for one in life.connector.said]
        assert "Matej asks." in words_of(life.connector.said[0].activity)


async def test_a_dialog_that_ends_without_words_just_closes(new_db) -> None:
    """An empty answer."""
    async with teams_life(new_db("sqlite"), receive=only(CloseForm())) as life:
        assert {} == await life.answer(activity("task_submit", "ana"))


async def test_a_button_for_a_dialog_that_opens_none_says_why(life: TeamsLife) -> None:
    """No check-in is open: the line is there in the place of the dialog."""
    answer = await life.answer(opens("ana", w="checkin"))
    assert "No check-in is open" in answer["task"]["value"]


async def test_typed_words_get_a_button_because_only_a_press_opens_a_dialog(life: TeamsLife) -> None:
    """Its press says the same words again."""
    (message,) = await life.hears(said("ana", "help"))
    data = json.dumps(message)
    assert '"w": "help"' in data
    assert '"task/fetch"' in data


async def test_a_press_that_wants_a_dialog_gets_a_button_for_it(new_db) -> None:
    """Only some buttons can open one, which is known when they are drawn."""
    async with teams_life(new_db("sqlite"), receive=only(ShowForm(FORM))) as life:
        answer = await life.answer(press("ana", "v.open r x"))
        await life.quiet()
        assert {"statusCode": 200, "type": LINE, "value": "Two lines"} == answer
        assert '"c": "v.open r x"' in json.dumps(life.connector.posted[0].activity)


# --- cards -----------------------------------------------------------------------------------


async def test_a_press_is_answered_with_the_next_question_and_stored(open_checkin: TeamsLife) -> None:
    """The card is in the answer; other devices of the same person get it afterwards."""
    life = open_checkin
    answer = await life.answer(tap())
    assert (200, CARD) == (answer["statusCode"], answer["type"])
    assert "openly" in words_of(card_of(answer))
    assert ["4"] == await answers(life)
    await life.quiet()
    assert [f"{chat_of('ana')}|m1"] == [one.message for one in life.connector.said]
    assert card_of(answer) == card_of(life.connector.said[0].activity)


async def test_quick_presses_renew_the_message_once(open_checkin: TeamsLife) -> None:
    """As the last of them left it."""
    life = open_checkin
    for question in ("next", "openly", "further"):
        last = await life.answer(tap(question, "5"))
    await life.quiet()
    assert 1 == len(life.connector.said)
    assert card_of(last) == card_of(life.connector.said[0].activity)


async def test_a_message_is_renewed_by_itself_a_moment_after_its_press(new_db) -> None:
    """Nobody has to wait for it."""
    async with teams_life(new_db("sqlite"), renew_seconds=0.01) as life:
        await life.until(CHECKIN)
        await life.answer(tap())
        await asyncio.wait_for(life.connector.came.wait(), 10)
        assert [f"{chat_of('ana')}|m1"] == [one.message for one in life.connector.said]


async def test_a_press_in_an_old_client_renews_the_message(open_checkin: TeamsLife) -> None:
    """There a press is a message, whose answer shows nothing."""
    life = open_checkin
    assert [] == await life.hears(press_by_message("ana", control()))
    assert ["4"] == await answers(life)
    assert [f"{chat_of('ana')}|m1"] == [one.message for one in life.connector.renewed]


async def test_a_forged_answer_is_told_so_and_changes_nothing(open_checkin: TeamsLife) -> None:
    """In a line that only who pressed sees."""
    life = open_checkin
    answer = await life.answer(tap(value="9"))
    assert LINE == answer["type"]
    assert "not one of the five" in answer["value"]
    assert [] == await answers(life)
    await life.quiet()
    assert [] == life.connector.said


async def test_somebody_elses_press_is_refused(open_checkin: TeamsLife) -> None:
    """Matej sends what Ana's card carries: nothing is stored, and he is told."""
    life = open_checkin
    answer = await life.answer(press("matej", control()))
    assert "belongs to somebody else" in answer["value"]
    assert [] == await answers(life)


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        (Note(say("A line.")), "A line."),
        (ShowCard(SHOWN), "A question"),
        (ShowHome(Home(say("Your programme"), (SHOWN,))), "Your programme"),
        (CloseForm(say("Thank you.")), "Thank you."),
        (FixForm({"a": say("More, please.")}), "More, please."),
        (Nothing(), "Noted."),
        (Choices(()), "Noted."),
    ],
)
async def test_a_press_is_always_answered_with_something(new_db, reply: Reply, shown: str) -> None:
    """Teams shows an error where there is nothing."""
    async with teams_life(new_db("sqlite"), receive=only(reply)) as life:
        answer = await life.answer(press("ana", "v r x"))
        await life.quiet()
        posted = [words_of(one.activity) for one in life.connector.said]
    assert {"statusCode": 200, "type": LINE, "value": shown} == answer
    assert isinstance(reply, ShowCard | ShowHome) == bool(posted)


async def test_a_card_and_words_are_both_shown(new_db) -> None:
    """The card in the answer, the words in the chat."""
    async with teams_life(new_db("sqlite"), receive=only(CloseForm(say("Thank you."), SHOWN))) as life:
        answer = await life.answer(press("ana", "v r x"))
        await life.quiet()
        assert CARD == answer["type"]
        assert ["Thank you."] == [one.activity["text"] for one in life.connector.posted]


@pytest.mark.parametrize("name", ["execute", "task_fetch", "task_submit"])
async def test_a_button_that_is_none_of_ours_says_so(life: TeamsLife, name: str) -> None:
    """An old card, or another app's: an answer all the same."""
    told = activity(name, "ana")
    place = told["value"]["action"] if name == "execute" else told["value"]
    place["data"] = {"x": "y"}
    answer = await life.answer(told)
    assert "does nothing any more" in words_of(answer)


# --- typed words -----------------------------------------------------------------------------


async def test_typed_words_are_answered_in_the_chat(life: TeamsLife) -> None:
    """The request is answered at once; a note is plain text, in which nothing is read as markup."""
    (note,) = await life.hears(said("ana", "checkin"))
    assert ("message", "plain") == (note["type"], note["textFormat"])
    assert "No check-in is open" in note["text"]
    (card,) = await life.hears(said("ana", "hlep"))
    assert "help" in words_of(card)
    assert [chat_of("ana")] * 2 == [one.place.conversation for one in life.connector.said]
    assert {"29:ana"} == {one.place.user for one in life.connector.said}


async def test_an_answer_is_in_the_persons_own_language(life: TeamsLife) -> None:
    """Each person reads their language."""
    pseudo = replace(in_teams(ANA), language="qps")
    await life.store.write(lambda work: work.apply([Put(pseudo)], life.clock.now()))
    (note,) = await life.hears(said("ana", "checkin"))
    assert Reader("qps").text(say("No check-in is open. It comes by itself, once a week.")) == note["text"]


async def test_the_home_is_a_message_with_the_way_to_the_page(new_db) -> None:
    """The same as a page, signed for who asked."""
    async with teams_life(new_db("sqlite"), links=AtHome()) as life:
        (home,) = await life.hears(said("ana", "home"))
    assert "https://mentor.example/home/ana" in json.dumps(home)
    assert 1 < len(home["attachments"])


async def test_a_picker_is_answered_with_people(life: TeamsLife) -> None:
    """Only those whom this person shares a programme with, by what was typed; a stranger finds nobody."""
    found = await life.answer(searched("ana", "mat"))
    assert "application/vnd.microsoft.search.searchResponse" == found["type"]
    assert [{"title": "Matej", "value": "matej"}] == found["value"]["results"]
    assert [] == (await life.answer(searched("stranger", "mat")))["value"]["results"]


async def test_whoever_was_found_keeps_their_name_in_a_corrected_dialog(new_db) -> None:
    """A dialog sent carries only an id; what was typed in a picker since does not matter."""
    field = PersonField(key="who", label=say("Who"), seen_by=("author",))
    asked = replace(FORM, fields=(field,))

    async def receive(event: Event) -> Answered:
        replies: dict[type, Reply] = {Submitted: FixForm({"who": say("Somebody else, please.")})}
        if isinstance(event, Looked):
            found = (Choice(say("Matej"), "matej"),) if event.typed == "mat" else ()
            return Answered(Choices(found), in_teams(ANA))
        return Answered(replies.get(type(event), ShowForm(asked)), in_teams(ANA))

    async with teams_life(new_db("sqlite"), receive=receive) as life:
        dialog = await life.answer(opens("ana", c="v.open r "))
        await life.answer(searched("ana", "mat"))
        await life.answer(searched("ana", "nobody"))
        fixed = await life.answer(sent("ana", dialog, {"who": "matej"}))
    assert "matej" == fields_of(fixed)["i.who"]["value"]
    assert [{"title": "Matej", "value": "matej"}] == fields_of(fixed)["i.who"]["choices"]


# --- conversations of several ----------------------------------------------------------------


async def test_words_in_a_group_are_answered_in_ones_own_chat(life: TeamsLife) -> None:
    """There a line that others may read, here the answer."""
    await life.hears(said("ana", "checkin"))
    line, answer = await life.hears(said_in_group("ana", "checkin"))
    places = [one.place.conversation for one in life.connector.posted[1:]]
    assert [GROUP, chat_of("ana")] == places
    assert "our own chat" in line["text"]
    assert "check-in" not in line["text"]
    assert "No check-in is open" in answer["text"]


async def test_somebody_whose_chat_is_not_known_is_asked_to_open_it(life: TeamsLife) -> None:
    """And nothing is taken in, for nobody could answer."""
    received: list[Event] = []
    life.teams._receive = received.append  # type: ignore[assignment,method-assign]
    (line,) = await life.hears(said_in_group("ana", "help"))
    assert "write to me in our own chat" in line["text"]
    assert [GROUP] == [one.place.conversation for one in life.connector.posted]
    assert [] == received


# --- coming, going, and being known ----------------------------------------------------------


@pytest.mark.parametrize("order", [("install", "bot_added"), ("bot_added", "install")])
async def test_an_installation_is_told_twice_and_greeted_once(new_db, order: tuple[str, str]) -> None:
    """In any order, also at once: one card says what this is, and what to write."""
    async with teams_life(new_db("sqlite"), inline=False, links=AtHome()) as life:
        await asyncio.gather(*(life.answer(installed("ana", name)) for name in order))
        await life.quiet()
        (hello,) = life.connector.posted
    assert "Hello Ana" in words_of(hello.activity)
    assert "help" in words_of(hello.activity)
    assert "https://mentor.example/home/ana" in json.dumps(hello.activity)
    assert chat_of("ana") == hello.place.conversation


async def test_whoever_comes_back_is_reachable_and_greeted_again(life: TeamsLife) -> None:
    """Going is known at once, with the reason; so is coming back."""
    await life.hears(installed("ana"))
    assert [] == await life.hears(activity("uninstall", "ana"))
    gone = await life.person("ana")
    assert (False, "app_removed") == (gone.reachable, gone.trouble)
    assert None is await life.references.of(gone.address)  # type: ignore[arg-type]
    assert 1 == len(await life.hears(installed("ana")))
    assert (await life.person("ana")).reachable
    life.clock.at += timedelta(days=1)
    assert 1 == len(await life.hears(installed("ana")))  # whose going nobody told of


async def test_where_somebody_is_written_to_is_kept_on_every_occasion(life: TeamsLife) -> None:
    """A press tells it as well as words do; a conversation of several does not."""
    matej = in_teams(MATEJ).address
    assert matej is not None
    await life.answer(said_in_group("matej", "plan"))
    assert None is await life.references.of(matej)
    await life.answer(press("matej", control()))
    found = await life.references.of(matej)
    assert found is not None
    assert (chat_of("matej"), "29:matej") == (found.conversation, found.user)


@pytest.mark.parametrize(
    "told", [said("stranger", "plan"), press("stranger", "v r 1"), opens("stranger", w="help"), installed("stranger")]
)  # fmt: skip
async def test_a_stranger_is_told_whom_to_ask(life: TeamsLife, told: Json) -> None:
    """Whatever they do."""
    answer = await life.answer(told)
    await life.quiet()
    heard = words_of([answer, *(one.activity for one in life.connector.posted)])
    assert 1 == heard.count("We have not met yet")


def knows_nobody_yet(life: TeamsLife) -> Callable[[Origin], Any]:
    """Return an introduction that finds Nina, as a look at her e-mail address would."""

    async def introduce(came: Origin) -> bool:
        event = Arrived(
            key=f"found:{came.user}", who=replace(in_teams(ANA).address, user=came.user), email="nina@example.org"  # type: ignore[type-var]
        )  # fmt: skip
        return (await life.app.receive(event)).to is not None

    return introduce


@pytest.fixture
async def with_nina(life: TeamsLife) -> TeamsLife:
    """A bot that knows Nina's e-mail address, and nothing of her in Teams."""
    nina = replace(ANA, id="nina", name="Nina", email="nina@example.org", address=None)
    await life.store.write(lambda work: work.apply([Put(nina)], life.clock.now()))
    life.teams._introduce = knows_nobody_yet(life)
    return life


async def test_somebody_new_is_found_and_answered(with_nina: TeamsLife) -> None:
    """Words, the first time: found by e-mail, and then taken in."""
    heard = await with_nina.hears(said("nina", "plan"))
    assert "not met" not in words_of(heard)
    assert 1 == len(heard)
    assert "entra-nina" == (await with_nina.person("nina")).address.user  # type: ignore[union-attr]


async def test_somebody_new_who_presses_is_answered_in_the_answer(with_nina: TeamsLife) -> None:
    """A dialog asked for by somebody who is not known yet opens all the same, or says why not."""
    answer = await with_nina.answer(opens("nina", w="language"))
    assert "not met" not in words_of(answer)


async def test_somebody_new_is_greeted_by_name(with_nina: TeamsLife) -> None:
    """An installation is the usual way to come."""
    (hello,) = await with_nina.hears(installed("nina"))
    assert "Hello Nina" in words_of(hello)


# --- once ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["press", "old press", "dialog", "words", "install"])
async def test_four_deliveries_at_once_are_one_effect(db_url: str, kind: str) -> None:
    """Each is answered with 200, one of them counts."""
    async with teams_life(db_url, inline=False) as life:
        await life.until(CHECKIN)
        bodies = {
            "press": tap(),
            "old press": press_by_message("ana", control()),
            "dialog": sent("ana", await ask_for_help(life), HELP),
            "words": said("ana", "help"),
            "install": installed("ana"),
        }
        responses = await asyncio.gather(*(life.post(bodies[kind]) for _ in range(4)))
        assert [200] * 4 == [response.status for response in responses]
        told = {await response.text() for response in responses}
        await life.quiet()
        assert (["4"] if "press" in kind else []) == await answers(life)
        assert (1 if kind == "dialog" else 0) == await cases(life)
        assert (0 if kind == "dialog" else 1) == len(life.connector.said)
    assert 1 == len(told)


# --- trouble of Teams ------------------------------------------------------------------------


async def test_not_now_is_waited_for(life: TeamsLife) -> None:
    """Teams' 429 had no effect: the answer is said when Teams allows it."""
    life.connector.faults += [Throttled(7), Throttled(9)]
    assert 1 == len(await life.hears(said("ana", "checkin")))
    assert [7, 9] == life.slept


@pytest.mark.parametrize(
    "faults",
    [[Refused("gone")], [Unreachable("blocked")], [Unsure("drop")], [Throttled(1)] * 3, [Throttled(1, everybody=True)]],
)  # fmt: skip
async def test_what_cannot_be_said_is_given_up_and_told_in_the_log(
    life: TeamsLife, faults: list[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever asked is answered with 200, and nothing is said twice in doubt."""
    life.connector.faults += faults
    assert [] == await life.hears(said("ana", "checkin"))
    assert 1 == sum("action=teams.answer" in line for line in caplog.messages)


async def test_an_answer_too_large_for_teams_is_told_of_and_its_effect_kept(new_db) -> None:
    """A card that cannot be drawn ends in words, never in an error."""
    huge = Card(say("Huge"), tuple(Text(say("{n}", n="x" * 30_000)) for _ in range(3)))
    async with teams_life(new_db("sqlite"), receive=only(ReplaceCard(huge))) as life:
        answer = await life.answer(press("ana", "v r x"))
    assert LINE == answer["type"]
    assert "What you did is kept" in answer["value"]


# --- trouble of our own ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "status", "words"),
    [
        (said("ana", "help"), 500, ""),
        (press_by_message("ana", "v r 1"), 500, ""),
        (press("ana", "v r 1"), 200, "could not take that in"),
        (opens("ana", w="help"), 200, "could not take that in"),
        (activity("task_submit", "ana"), 200, "could not take that in"),
        (searched("ana", "m"), 200, ""),
    ],
)
async def test_what_fails_is_told_and_never_an_error_where_a_person_waits(
    new_db, caplog: pytest.LogCaptureFixture, told: Json, status: int, words: str
) -> None:
    """A press or a dialog is answered with words; words are answered in the chat. The log says what and where, in no one's words."""

    async def receive(event: Event) -> Answered:
        raise RuntimeError("marker: what Ana wrote")

    async with teams_life(new_db("sqlite"), receive=receive) as life:
        response = await life.post(told)
        await life.quiet()
        assert status == response.status
        assert words in await response.text()
        said_after = ["could not take that in" in one.activity["text"] for one in life.connector.said]
        assert ([True] if status == 500 else []) == said_after
        assert any(key.startswith("failed ") for key in life.teams.counts)
    assert "marker" not in caplog.text
    assert "RuntimeError at test_teams_app.py" in caplog.text


async def test_no_event_fails_for_want_of_its_reference(life: TeamsLife) -> None:
    """Where somebody is written to is kept where that is possible."""

    class Broken:
        async def note(self, came: Origin) -> None:
            raise RuntimeError("marker")

    life.teams._references = Broken()  # type: ignore[assignment]
    assert "No check-in is open" in words_of(await life.answer(opens("ana", w="checkin")))


class Gated:
    """A store that takes its time."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.real: Callable[[Event], Any] | None = None
        self.error: Exception | None = None

    async def receive(self, event: Event) -> Answered:
        """Store, once allowed to."""
        await self.go.wait()
        if self.error is not None:
            raise self.error
        assert self.real is not None
        answered: Answered = await self.real(event)
        return answered


@pytest.fixture
async def slow(new_db) -> AsyncIterator[tuple[TeamsLife, Gated]]:
    """A bot that stores only when it is allowed to, and waits for it less than half a second."""
    gated = Gated()
    async with teams_life(new_db("sqlite"), receive=gated.receive, store_seconds=0.4) as life:
        gated.real = life.app.receive
        gated.go.set()
        await life.until(CHECKIN)
        yield life, gated
        gated.go.set()


async def test_words_that_take_too_long_are_not_confirmed_and_done_once(
    slow: tuple[TeamsLife, Gated],
) -> None:
    """The request is no success; the work goes on meanwhile, and counts once however often it comes."""
    life, gated = slow
    body = said("ana", "help")
    gated.go.clear()
    assert 503 == (await life.post(body)).status
    gated.go.set()
    await life.quiet()
    assert 200 == (await life.post(body)).status
    await life.quiet()
    assert 1 == len(life.connector.said)


async def test_a_press_that_takes_too_long_says_so_and_shows_its_card_later(
    slow: tuple[TeamsLife, Gated],
) -> None:
    """When it is stored the card changes."""
    life, gated = slow
    gated.go.clear()
    answer = await life.answer(tap())
    assert (LINE, True) == (answer["type"], "longer than usual" in answer["value"])
    assert [] == life.connector.said
    gated.go.set()
    await life.quiet()
    assert ["4"] == await answers(life)
    assert [f"{chat_of('ana')}|m1"] == [one.message for one in life.connector.said]


async def test_a_dialog_that_takes_too_long_to_open_comes_as_a_button(slow: tuple[TeamsLife, Gated]) -> None:
    """The dialog itself cannot be opened any more."""
    life, gated = slow
    gated.go.clear()
    answer = await life.answer(opens("ana", w="help"))
    assert "longer than usual" in answer["task"]["value"]
    gated.go.set()
    await life.quiet()
    assert '"w": "help"' in json.dumps([one.activity for one in life.connector.posted])


async def test_a_dialog_that_takes_too_long_stays_open_with_all_that_was_written(
    slow: tuple[TeamsLife, Gated],
) -> None:
    """It would be lost with the process if the dialog closed before it is stored; sent again it counts once more at most."""
    life, gated = slow
    dialog = await ask_for_help(life)
    gated.go.clear()
    held = await life.answer(sent("ana", dialog, HELP))
    assert "continue" == held["task"]["type"]
    assert "still here" in words_of(held)
    assert "The import script" == fields_of(held)["i.words"]["value"]
    gated.go.set()
    await life.quiet()
    assert 1 == await cases(life)


async def test_what_fails_after_too_long_is_told_in_the_chat(slow: tuple[TeamsLife, Gated]) -> None:
    """Whoever was told to wait hears that it came to nothing."""
    life, gated = slow
    gated.go.clear()
    gated.error = RuntimeError("marker")
    await life.answer(tap())
    gated.go.set()
    await life.quiet()
    assert ["could not take that in" in one.activity["text"] for one in life.connector.said] == [True]


async def test_the_end_waits_for_what_follows_and_takes_in_nothing_more(open_checkin: TeamsLife) -> None:
    """The message is renewed at once then; what comes is for the next process."""
    life = open_checkin
    await life.answer(tap())
    assert 0 == await life.teams.drain(5)
    assert 503 == (await life.post(tap("openly"))).status
    assert [f"{chat_of('ana')}|m1"] == [one.message for one in life.connector.said]
    assert ["4"] == await answers(life)


async def test_an_answer_that_never_ends_does_not_hold_the_end(life: TeamsLife, caplog) -> None:
    """What is left undone is counted and told."""
    hangs = asyncio.Event()

    async def post(reference: object, activity: object) -> str:
        await hangs.wait()
        return ""

    life.connector.post = post  # type: ignore[method-assign]
    await life.answer(said("ana", "help"))
    assert 1 == await life.teams.drain(0.05)
    assert 1 == sum("action=teams.drain" in line for line in caplog.messages)


# --- anything at all -------------------------------------------------------------------------


@pytest.mark.parametrize("name", kinds())
async def test_no_mangled_activity_is_an_error(life: TeamsLife, name: str) -> None:
    """Whatever is wrong with it: an answer, or nothing, or the gate's no."""
    chance = random.Random(name)
    for _ in range(25):
        told = mangled(activity(name, "ana"), chance)
        status = (await life.post(json.dumps(told).encode())).status
        assert status < 500, told
    await life.quiet()


async def test_what_is_none_of_ours_is_counted(life: TeamsLife) -> None:
    """And answered with 200, without a word."""
    assert [] == await life.hears(activity("typing", "ana"))
    assert [] == await life.hears(activity("reaction", "ana"))
    await life.hears(said("ana", "plan"))
    assert {"unknown typing": 1, "unknown messageReaction": 1, "message": 1} == dict(life.teams.counts)


async def test_nothing_that_people_write_is_logged(life: TeamsLife, caplog: pytest.LogCaptureFixture) -> None:
    """Not at the most talkative level either."""
    caplog.set_level(logging.DEBUG)
    dialog = await ask_for_help(life)
    await life.answer(sent("ana", dialog, {**HELP, "words": "marker-1"}))
    await life.hears(said("ana", "marker-2 marker-3"))
    assert "marker" not in caplog.text


# --- botbuilder ------------------------------------------------------------------------------


async def test_nothing_is_sent_through_botbuilder() -> None:
    """Its connector would ask for a token of its own, and block the loop."""
    from botbuilder.core import TurnContext
    from botbuilder.schema import Activity

    context = TurnContext(Turns()._adapter, Activity(type="message"))
    with pytest.raises(TypeError, match=r"adapters\.teams\.connector"):
        await context.send_activity("Hello")
    with pytest.raises(TypeError, match=r"adapters\.teams\.connector"):
        await context.update_activity(Activity(type="message"))
    with pytest.raises(TypeError, match=r"adapters\.teams\.connector"):
        await context.delete_activity("1")


async def test_a_listeners_error_reaches_who_processes() -> None:
    """botbuilder would swallow it if it were asked to."""

    async def fails(body: object) -> None:
        raise LookupError

    turns = Turns()
    assert None is turns._adapter.on_turn_error
    with pytest.raises(LookupError):
        await turns.process(said("ana", "help"), fails)


@pytest.mark.parametrize("name", ["message", "execute", "install", "bot_added"])
async def test_every_kind_of_ours_reaches_the_listener(name: str) -> None:
    """With all that was sent, and back goes what it answers."""
    told = activity(name, "ana")

    async def listener(body: object) -> Json:
        return {"heard": body == told}

    assert {"heard": True} == await Turns().process(told, listener)


async def test_a_button_in_a_card_carries_what_its_press_is_read_by(new_db) -> None:
    """What is drawn and what is understood agree."""
    shown = Card(say("Card"), buttons=(Button(say("Go"), "v", "r", "x"),))
    seen: list[Event] = []

    async def receive(event: Event) -> Answered:
        seen.append(event)
        return Answered(ReplaceCard(shown), in_teams(ANA))

    async with teams_life(new_db("sqlite"), receive=receive) as life:
        drawn = json.dumps(card_of(await life.answer(press("ana", "v r x"))))
        assert '"c": "v r x"' in drawn
    assert [("v", "r", "x")] == [(one.verb, one.ref, one.value) for one in seen]  # type: ignore[union-attr]


# --- what is to be mended ----------------------------------------------------------------------


def _asking(slow: list[float]) -> Callable[[Event], Awaitable[Answered]]:
    """Return what shows a form, after so many seconds, and takes in nothing that is sent with it."""
    field = TextField(key="note", label=say("Note"), seen_by=None, long=True, most=60_000)
    form = Form(title=say("A note"), verb="x.keep", ref="e1:x", fields=(field,))

    async def receive(event: Event) -> Answered:
        if isinstance(event, Submitted):
            return Answered(FixForm({"note": say("Mend it, please.")}), None)
        await asyncio.sleep(sum(slow))
        return Answered(ShowForm(form), None)

    return receive


async def test_a_dialog_to_mend_is_shown_in_time(new_db) -> None:
    """Where asking for the form once more takes too long, the one that was shown is shown again."""
    slow: list[float] = []
    async with teams_life(new_db("sqlite"), receive=_asking(slow)) as life:
        dialog = await life.answer(opens("ana", c="x.open e1:x "))
        slow.append(60.0)
        async with asyncio.timeout(5):
            mended = await life.answer(sent("ana", dialog, {"note": "abc"}))

    assert "abc" == fields_of(mended)["i.note"]["value"]
    assert "Mend it, please." in words_of(mended)


async def test_what_was_not_taken_in_is_never_called_kept(new_db) -> None:
    """A dialog that is too large to be shown once more says what is wrong, and not that all is well."""
    async with teams_life(new_db("sqlite"), receive=_asking([])) as life:
        dialog = await life.answer(opens("ana", c="x.open e1:x "))
        mended = await life.answer(sent("ana", dialog, {"note": "é" * 50_000}))

    assert {"task": {"type": "message", "value": "Mend it, please."}} == mended


def test_a_button_for_typed_words_holds_the_names_that_were_mentioned() -> None:
    """A mention says who is meant only in its own message: what the button carries is the name."""
    ana = "<at>Ana Novak</at>"
    event = Commanded(
        key="1",
        who=Address("teams", "irena", TENANT),
        name="enrol",
        text=f"{ana} now",
        mentions=((ana, Address("teams", "ana", TENANT)),),
    )
    form = Form(title=say("Enrol"), verb="x", ref="y", fields=())
    drawn = opener(event, form, Reader("en", "UTC"))

    assert [{"w": "enrol Ana Novak now", "msteams": {"type": "task/fetch"}}] == [
        action["data"] for action in card_of(drawn)["body"][-1]["actions"]
    ]
