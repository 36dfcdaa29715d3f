"""Slack end to end over signed HTTP: what people do is stored once, answered at once, and shown without holding anybody up."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import names
from adapters.slack.origin import HOME
from adapters.slack.parse import Revoked
from bot.content import Card, Form, Home, PersonName, Text, TextField, say
from bot.events import Address, Event
from bot.facts import Answer
from bot.i18n import Reader
from bot.outcome import Note, Put, ReplaceCard, Reply, ShowCard, ShowForm, ShowHome
from bot.ports import Answered
from storage.store import open_store
from tests.fake_platform import Broken, Drops, Hangs, Held
from tests.scenes import ANA, MATEJ
from tests.slack_fake import Fails, Limited
from tests.slack_life import (
    BEGIN,
    Json,
    SlackLife,
    command,
    fresh,
    happened,
    in_slack,
    opened_home,
    picked,
    press,
    press_at_home,
    press_in,
    recorded,
    said,
    sent,
    signature,
    slack_life,
    typed,
    written,
)

CHECKIN = BEGIN.replace(month=1, day=21, hour=15)  # the second week's check-in is open by then


@pytest.fixture
async def life(new_db) -> AsyncIterator[SlackLife]:
    """A bot in Slack."""
    async with slack_life(new_db("sqlite")) as made:
        yield made


@pytest.fixture
async def open_checkin(life: SlackLife) -> SlackLife:
    """A bot whose check-in card is there, as message D1:1.1."""
    await life.until(CHECKIN)
    life.fake.messages["D1", "1.1"] = {"channel": "D1", "ts": "1.1"}
    return life


def tap(question: str = "next", value: str = "4", **more: object) -> Json:
    """Return Ana's tap on the open check-in."""
    return press("UANA", names.control("checkin.tap", f"step:e1/checkin/2027-W03/{question}", value), **more)


async def answers(life: SlackLife) -> list[str]:
    """Return which answers are stored."""
    return [a.value for a in (await life.pair()).answers if isinstance(a, Answer)]


async def cases(life: SlackLife) -> int:
    """Return how many times somebody asked for help."""
    return len((await life.pair()).cases)


def words_of(part: object) -> str:
    """Return all that can be read in blocks."""
    if isinstance(part, dict):
        text = part.get("text")
        here = [text] if isinstance(text, str) else []
        return " ".join((*here, *(words_of(inner) for inner in part.values())))
    return " ".join(map(words_of, part)) if isinstance(part, list) else ""


HELP: Json = {"words": typed("The import script"), "hurry": picked("no"), "tell": picked("no")}


async def ask_for_help(life: SlackLife, **more: object) -> Json:
    """Open the help dialog and return it as Slack keeps it."""
    assert {} == await life.answer(command("UANA", "help", trigger_id=life.fake.trigger(), **more))
    return life.fake.opened[-1]


# --- dialogs ---------------------------------------------------------------------------------


async def test_a_command_opens_its_dialog_before_it_is_answered(life: SlackLife) -> None:
    """When the answer is there the dialog is open already, and nothing else was called."""
    view = await ask_for_help(life)
    assert ["views.open"] == [call.name for call in life.fake.calls]
    assert ["words", "hurry", "tell"] == [b["block_id"] for b in view["blocks"] if b["type"] == "input"]


async def test_a_dialog_sent_is_stored_and_closes_with_thanks(life: SlackLife) -> None:
    """The thanks go to the direct message, where only the person sees them."""
    view = await ask_for_help(life)
    assert {"response_action": "clear"} == await life.answer(sent("UANA", view, HELP))
    assert 1 == await cases(life)
    await life.quiet()
    assert [("DANA", "UANA")] == [(e["channel"], e["user"]) for e in life.fake.ephemeral]


async def test_a_corrected_dialog_is_no_repetition(life: SlackLife) -> None:
    """What is missing is said at its field; sent again with it, the same dialog has its effect, once."""
    view = await ask_for_help(life)
    fixed = await life.answer(sent("UANA", view, {**HELP, "words": typed("")}))
    assert "errors" == fixed["response_action"]
    assert ["words"] == list(fixed["errors"])
    assert 0 == await cases(life)
    assert {"response_action": "clear"} == await life.answer(sent("UANA", view, HELP))
    assert 1 == await cases(life)


async def test_a_late_trigger_says_try_again(life: SlackLife) -> None:
    """A dialog that Slack no longer opens is told of in the command's own answer."""
    trigger = life.fake.trigger()
    life.clock.at += timedelta(seconds=4)
    answer = await life.answer(command("UANA", "help", trigger_id=trigger))
    assert "ephemeral" == answer["response_type"]
    assert "did not open" in words_of(answer["blocks"])
    assert [] == life.fake.opened


async def test_a_late_trigger_of_a_button_says_try_again_where_it_was_pressed(life: SlackLife) -> None:
    """The line is seen by who pressed, in that conversation."""
    trigger = life.fake.trigger()
    life.clock.at += timedelta(seconds=4)
    button = names.control("help.ask", "help:e1")
    assert {} == await life.answer(press("UANA", button, message="D7:1.1", trigger_id=trigger))
    await life.quiet()
    assert [("D7", "UANA")] == [(e["channel"], e["user"]) for e in life.fake.ephemeral]
    assert "did not open" in life.fake.ephemeral[0]["text"]


@pytest.mark.parametrize(
    "fault", [Fails("token_revoked"), Broken(500), Limited(30), Fails("invalid_arguments"), Drops()]
)
async def test_a_dialog_that_slack_does_not_open_is_told_of(life: SlackLife, fault: Any) -> None:
    """Whatever Slack's trouble: the command is answered with 200 and one honest line, after one call."""
    life.fake.fails("views.open", fault)
    answer = await life.answer(command("UANA", "help", trigger_id=life.fake.trigger()))
    assert "cannot be opened just now" in words_of(answer["blocks"])
    assert 1 == len(life.fake.of("views.open"))


async def test_a_dialog_that_slack_does_not_answer_for_holds_nobody_longer(new_db) -> None:
    """After two seconds (here less) the command is answered without it."""
    async with slack_life(new_db("sqlite"), open_seconds=0.05) as life:
        life.fake.fails("views.open", Hangs())
        answer = await life.answer(command("UANA", "help", trigger_id=life.fake.trigger()))
    assert "did not open" in words_of(answer["blocks"])


async def test_a_dialog_from_a_card_renews_that_card(life: SlackLife) -> None:
    """It remembers the message whose button opened it, also through a correction."""
    button = names.control("help.ask", "help:e1")
    await life.answer(press("UANA", button, message="D7:1.1", trigger_id=life.fake.trigger()))
    view = life.fake.opened[-1]
    assert "D7:1.1" == names.read_metadata(view["private_metadata"]).message
    await life.answer(sent("UANA", view, HELP))
    await life.quiet()
    assert ["D7"] == [e["channel"] for e in life.fake.ephemeral]


async def test_typed_words_get_a_button_because_only_a_press_opens_a_dialog(life: SlackLife) -> None:
    """Its press says the same words again, now with a trigger."""
    await life.answer(said("UANA", "help"))
    await life.quiet()
    posted = life.fake.of("chat.postMessage")
    assert ["D1"] == [p["channel"] for p in posted]
    button = next(b for b in posted[0]["blocks"] if b["type"] == "actions")["elements"][0]
    await life.answer(
        press("UANA", button["value"], trigger_id=life.fake.trigger(), action=button["action_id"])
    )
    assert 1 == len(life.fake.opened)


async def test_help_about_a_message_opens_with_its_words(life: SlackLife) -> None:
    """The message shortcut carries the message along; where the bot is not in that channel, thanks go to the direct message."""
    body = recorded("message_action") | {
        "callback_id": "help_about",
        "team": {"id": "T1"},
        "user": {"id": "UANA"},
    }
    body |= {"trigger_id": life.fake.trigger(), "message": {"text": "What does this mean?"}}
    assert {} == await life.answer(body)
    first = next(b for b in life.fake.opened[0]["blocks"] if b["type"] == "input")
    assert "What does this mean?" == first["element"]["initial_value"]


# --- cards -----------------------------------------------------------------------------------


async def test_a_press_is_stored_and_its_card_shows_the_next_question(open_checkin: SlackLife) -> None:
    """The answer to Slack is empty; the card is renewed in its place after it."""
    life = open_checkin
    assert {} == await life.answer(tap())
    assert ["4"] == await answers(life)
    await life.quiet()
    updates = life.fake.of("chat.update")
    assert [("D1", "1.1")] == [(u["channel"], u["ts"]) for u in updates]
    assert "openly" in words_of(updates[0]["blocks"])


async def test_a_slow_slack_holds_up_no_answer(open_checkin: SlackLife) -> None:
    """While Slack keeps a call waiting, the press is answered and others are too."""
    life, held = open_checkin, Held()
    life.fake.fails("chat.update", held)
    assert {} == await life.answer(tap())
    await held.came.wait()
    assert {} == await life.answer(tap("openly", "5"))
    assert ["4", "5"] == await answers(life)
    held.go.set()
    await life.quiet()


async def test_quick_presses_end_with_the_newest_card(open_checkin: SlackLife) -> None:
    """While the first renewal is under way the second and third wait; only the newest of them is drawn."""
    life, held = open_checkin, Held()
    life.fake.fails("chat.update", held)
    await life.answer(tap())
    await held.came.wait()
    await life.answer(tap("openly", "5"))
    await life.answer(tap("further", "3"))
    held.go.set()
    await life.quiet()
    assert 2 == len(life.fake.of("chat.update"))
    assert ["3", "4", "5"] == sorted(await answers(life))
    drawn = life.fake.messages["D1", "1.1"]["blocks"]
    await life.answer(tap("further", "3"))
    await life.quiet()
    assert drawn == life.fake.messages["D1", "1.1"]["blocks"]


async def test_not_now_twice_in_a_row_is_waited_for(open_checkin: SlackLife) -> None:
    """Slack's 429 had no effect: the card is renewed when Slack allows it, and the press is stored once."""
    life = open_checkin
    life.fake.fails("chat.update", Limited(7), Limited(9))
    await life.answer(tap())
    await life.quiet()
    assert [7.0, 9.0] == life.slept
    assert 3 == len(life.fake.of("chat.update"))
    assert "blocks" in life.fake.messages["D1", "1.1"]
    assert ["4"] == await answers(life)


async def test_a_renewal_that_stays_refused_is_given_up_and_told(
    open_checkin: SlackLife, caplog: pytest.LogCaptureFixture
) -> None:
    """No loop: three tries, one line in the log by Slack's own word."""
    life = open_checkin
    life.fake.fails("chat.update", *[Limited(1)] * 5)
    await life.answer(tap())
    await life.quiet()
    assert 3 == len(life.fake.of("chat.update"))
    assert ["ratelimited"] == [
        r.args[-1] for r in caplog.records if r.name == "adapters.slack.screen" and r.args
    ]


@pytest.mark.parametrize("fault", [Drops(after=True), Drops(after=False), Broken(500, after=True)])
async def test_a_message_is_never_posted_twice_while_there_is_doubt(life: SlackLife, fault: Any) -> None:
    """A connection that breaks after the request left is one POST, whatever became of it."""
    life.fake.fails("chat.postMessage", fault)
    await life.answer(said("UANA", "help"))
    await life.quiet()
    assert 1 == len(life.fake.of("chat.postMessage"))


async def test_a_card_that_only_one_person_sees_is_renewed_through_its_own_address(
    open_checkin: SlackLife,
) -> None:
    """It has no timestamp that an update could name."""
    life = open_checkin
    body = tap(response_url=life.fake.response_url)
    body["container"]["is_ephemeral"] = True
    await life.answer(body)
    await life.quiet()
    assert [] == life.fake.of("chat.update")
    assert [True] == [told["replace_original"] for told in life.fake.responded]


async def test_a_note_to_a_card_that_only_one_person_sees_stands_beside_it(open_checkin: SlackLife) -> None:
    """A command's answer may stand in a channel where the bot is not."""
    life = open_checkin
    body = tap(value="9", response_url=life.fake.response_url)
    body["container"]["is_ephemeral"] = True
    await life.answer(body)
    await life.quiet()
    assert ["response_url"] == [call.name for call in life.fake.calls]
    told = life.fake.responded[0]
    assert ("ephemeral", False) == (told["response_type"], told["replace_original"])


async def test_a_note_is_seen_by_nobody_else(open_checkin: SlackLife) -> None:
    """A forged answer is told so where it was pressed, and changes nothing."""
    life = open_checkin
    await life.answer(tap(value="9"))
    await life.quiet()
    assert [("D1", "UANA")] == [(e["channel"], e["user"]) for e in life.fake.ephemeral]
    assert [] == await answers(life)


async def test_somebody_elses_press_is_refused(open_checkin: SlackLife) -> None:
    """Matej sends what Ana's card carries: nothing is stored, and he is told."""
    life = open_checkin
    body = tap()
    body["user"] |= {"id": "UMATEJ"}
    await life.answer(body)
    await life.quiet()
    assert [] == await answers(life)
    assert ["UMATEJ"] == [e["user"] for e in life.fake.ephemeral]


async def test_a_note_finds_its_way_where_the_bot_is_not_in_the_conversation(open_checkin: SlackLife) -> None:
    """Then it is said in the direct message."""
    life = open_checkin
    life.fake.fails("chat.postEphemeral", Fails("channel_not_found"))
    await life.answer(tap(value="9", message="C7:1.1"))
    await life.quiet()
    assert ["DANA"] == [p["channel"] for p in life.fake.of("chat.postMessage")]


# --- commands, home, pickers -----------------------------------------------------------------


async def test_a_command_is_answered_in_its_own_answer(life: SlackLife) -> None:
    """A note or a card costs no call."""
    note = await life.answer(command("UANA", "checkin"))
    card = await life.answer(command("UANA", "hlep"))
    assert ["ephemeral", "ephemeral"] == [note["response_type"], card["response_type"]]
    assert "No check-in is open" in words_of(note["blocks"])
    assert "help" in words_of(card["blocks"])
    await life.quiet()
    assert [] == life.fake.calls


async def test_an_answer_is_in_the_persons_own_language(life: SlackLife) -> None:
    """Each person reads their language."""
    pseudo = replace(in_slack(ANA), language="qps")
    await life.store.write(lambda work: work.apply([Put(pseudo)], life.clock.now()))
    note = await life.answer(command("UANA", "checkin"))
    assert Reader("qps").text(say("No check-in is open. It comes by itself, once a week.")) == note["text"]


async def test_a_mention_names_its_person(life: SlackLife) -> None:
    """`<@UANA|ana>` is Ana to the conversation."""
    by_mention = await life.answer(command("UMATEJ", "goals <@UANA|ana>"))
    by_name = await life.answer(command("UMATEJ", "goals Ana"))
    assert by_name == by_mention


SAID = say("{who} asks.", who=PersonName("Matej", "matej"))
NAMING = Card(say("A question"), (Text(SAID),))


@pytest.mark.parametrize(
    ("does", "reply", "method"),
    [
        (partial(command, "UANA", "goals"), Note(SAID), ""),
        (partial(command, "UANA", "goals"), ShowCard(NAMING), ""),
        (partial(press, "UANA", "v r 1"), Note(SAID), "chat.postEphemeral"),
        (partial(press, "UANA", "v r 1"), ShowCard(NAMING), "chat.postMessage"),
        (partial(press, "UANA", "v r 1"), ReplaceCard(NAMING), "chat.update"),
        (partial(press_at_home, "UANA", "v r 1"), Note(SAID), "views.open"),
        (partial(press_at_home, "UANA", "v r 1"), ShowHome(Home(say("Mentoring"), (NAMING,))), "views.publish"),
        (partial(opened_home, "UANA"), ShowHome(Home(say("Mentoring"), (NAMING,))), "views.publish"),
    ],
)  # fmt: skip
async def test_a_name_in_an_answer_can_be_pressed(
    new_db, does: Callable[..., Json], reply: Reply, method: str
) -> None:
    """A home at once, all else from the second answer on: no answer is held up by looking who is whom."""

    async def receive(event: Event) -> Answered:
        return Answered(reply, in_slack(ANA))

    async with slack_life(new_db("sqlite"), receive=receive) as life:
        life.fake.messages["D1", "1.1"] = {"channel": "D1", "ts": "1.1"}
        shown = []
        for _ in range(2):
            answer = await life.answer(does() | {"trigger_id": life.fake.trigger()})
            await life.quiet()
            shown.append(json.dumps(life.fake.of(method)[-1] if method else answer))
        assert [method == "views.publish", True] == ["UMATEJ" in one for one in shown]


async def test_a_name_in_a_dialog_that_asks_is_only_a_name(new_db) -> None:
    """What somebody fills in has nothing that leads away from it."""
    form = Form(
        title=SAID,
        verb="v",
        ref="r",
        intro=SAID,
        fields=(TextField(key="a", label=SAID, seen_by=("author",)),),
    )

    async def receive(event: Event) -> Answered:
        return Answered(ShowForm(form), in_slack(ANA))

    async with slack_life(new_db("sqlite"), receive=receive) as life:
        await life.slack._answers._mentions.look()
        await life.answer(command("UANA", "goals", trigger_id=life.fake.trigger()))
        assert "UMATEJ" not in words_of(life.fake.opened[-1]["blocks"])


async def test_a_home_that_is_looked_at_is_drawn(life: SlackLife) -> None:
    """It is published for this person."""
    assert {} == await life.answer(opened_home("UANA"))
    await life.quiet()
    assert ["UANA"] == list(life.fake.homes)


async def test_the_home_command_draws_it_and_says_where_it_is(life: SlackLife) -> None:
    """A command cannot show a tab; it says where to look."""
    answer = await life.answer(command("UANA", "home"))
    await life.quiet()
    assert "under Home" in answer["text"]
    assert ["UANA"] == list(life.fake.homes)


async def test_after_a_press_in_the_home_it_is_drawn_anew(open_checkin: SlackLife) -> None:
    """As it is after the press; nothing is posted."""
    life = open_checkin
    control = names.control("checkin.tap", "step:e1/checkin/2027-W03/next", "4")
    await life.answer(press_at_home("UANA", control))
    await life.quiet()
    assert ["4"] == await answers(life)
    assert {"views.publish"} == {call.name for call in life.fake.calls}


SHOW = names.control("step.show", "step:e1/checkin/2027-W03")


async def test_a_card_asked_for_in_the_home_opens_above_it(open_checkin: SlackLife) -> None:
    """Nobody looks at the messages there: the card is in a dialog, in which each tap shows the next question."""
    life = open_checkin
    assert {} == await life.answer(press_at_home("UANA", SHOW, trigger_id=life.fake.trigger()))
    shown = life.fake.opened[-1]
    assert "I know what to work on next." in words_of(shown["blocks"])
    for question in ("next", "openly"):
        control = names.control("checkin.tap", f"step:e1/checkin/2027-W03/{question}", "4")
        assert {} == await life.answer(press_in(shown, "UANA", control))
        await life.quiet()
    assert [shown["id"]] * 2 == [view["id"] for view in life.fake.updated]
    assert "I got further this week." in words_of(life.fake.updated[-1]["blocks"])
    assert ["4", "4"] == await answers(life)
    assert ["UANA"] == list(life.fake.homes)
    assert [] == life.fake.of("chat.postMessage")


async def test_a_dialog_asked_for_in_a_dialog_opens_above_it(open_checkin: SlackLife) -> None:
    """And everything closes when it is sent; the home is drawn anew."""
    life = open_checkin
    await life.answer(press_at_home("UANA", SHOW, trigger_id=life.fake.trigger()))
    button = names.control("help.ask", "help:e1")
    await life.answer(press_in(life.fake.opened[-1], "UANA", button, trigger_id=life.fake.trigger()))
    assert ["form"] == [view["callback_id"] for view in life.fake.pushed]
    assert {"response_action": "clear"} == await life.answer(sent("UANA", life.fake.pushed[-1], HELP))
    await life.quiet()
    assert ["UANA"] == list(life.fake.homes)


async def test_a_note_in_the_home_opens_above_it(open_checkin: SlackLife) -> None:
    """Where no dialog opens, it is said in the direct message."""
    life = open_checkin
    forged = names.control("checkin.tap", "step:e1/checkin/2027-W03/next", "9")
    await life.answer(press_at_home("UANA", forged, trigger_id=life.fake.trigger()))
    assert "not one of the five" in words_of(life.fake.opened[-1]["blocks"])
    await life.answer(press_at_home("UANA", forged, trigger_id="gone"))
    await life.quiet()
    assert ["DANA"] == [posted["channel"] for posted in life.fake.of("chat.postMessage")]


async def test_a_dialog_opened_in_the_home_draws_it_anew(life: SlackLife) -> None:
    """It remembers that it came from there."""
    button = names.control("help.ask", "help:e1")
    await life.answer(press_at_home("UANA", button, trigger_id=life.fake.trigger()))
    view = life.fake.opened[-1]
    assert HOME == names.read_metadata(view["private_metadata"]).message
    assert {"response_action": "clear"} == await life.answer(sent("UANA", view, HELP))
    await life.quiet()
    assert ["UANA"] == list(life.fake.homes)
    assert 1 == len(life.fake.ephemeral)


async def test_a_picker_is_answered_with_people(life: SlackLife) -> None:
    """Only those whom this person shares a programme with, by what was typed."""
    body = recorded("block_suggestion")
    body |= {"action_id": "look:mentor", "value": "mat", "user": {"id": "UANA"}, "team": {"id": "T1"}}
    found = await life.answer(body)
    assert [("Matej", "matej")] == [(o["text"]["text"], o["value"]) for o in found["options"]]
    assert {"options": []} == await life.answer({**body, "user": {"id": "USTRANGER"}})


# --- once ------------------------------------------------------------------------------------


async def test_a_captured_request_sent_again_has_no_second_effect(open_checkin: SlackLife) -> None:
    """Within Slack's five minutes the signature still holds: the press is stored once, and nobody is told twice."""
    life = open_checkin
    for body in (
        tap(),
        tap(value="9"),
        command("UANA", "help", trigger_id=life.fake.trigger()),
        said("UANA", "help"),
    ):
        raw, content = written(body)
        at = str(int(life.clock.now().timestamp()))
        statuses = [(await life.post(raw, at=at, content=content)).status for _ in range(3)]
        assert [200, 200, 200] == statuses
    await life.quiet()
    assert ["4"] == await answers(life)
    called = sorted(call.name for call in life.fake.calls)
    assert ["chat.postEphemeral", "chat.postMessage", "chat.update", "views.open"] == called


async def test_a_dialog_that_another_process_opened_is_left_alone(life: SlackLife) -> None:
    """A second delivery to another process finds the trigger used up: nobody is told to try again."""
    body = command("UANA", "help", trigger_id=life.fake.trigger())
    assert {} == await life.answer(body)
    life.slack._answers._answered.clear()  # as in a process that was not there before
    assert {} == await life.answer(body)
    await life.quiet()
    assert (1, 2) == (len(life.fake.opened), len(life.fake.calls))


@pytest.mark.parametrize("kind", ["press", "dialog", "home", "words"])
async def test_four_deliveries_at_once_are_one_effect(db_url: str, kind: str) -> None:
    """Slack repeats an event up to three times: each delivery is answered with 200, one of them counts."""
    async with slack_life(db_url, inline=False) as life:
        await life.until(CHECKIN)
        life.fake.messages["D1", "1.1"] = {}
        view = await ask_for_help(life)
        bodies = {
            "press": tap(),
            "dialog": sent("UANA", view, HELP),
            "home": opened_home("UANA"),
            "words": said("UANA", "help"),
        }
        life.fake.calls.clear()
        told = [{"X-Slack-Retry-Num": str(n), "X-Slack-Retry-Reason": "http_timeout"} for n in range(4)]
        statuses = await asyncio.gather(*(life.post(bodies[kind], headers=headers) for headers in told))
        assert [200] * 4 == [response.status for response in statuses]
        await life.quiet()
        assert (["4"] if kind == "press" else []) == await answers(life)
        assert (1 if kind == "dialog" else 0) == await cases(life)
        calls = sorted(call.name for call in life.fake.calls)
    expected = {
        "press": ["chat.update"],
        "dialog": ["chat.postEphemeral", "conversations.open"],
        "home": ["views.publish"],
        "words": ["chat.postMessage"],
    }
    assert expected[kind] == calls


# --- trouble of our own ----------------------------------------------------------------------


async def test_what_fails_is_an_error_that_slack_repeats(new_db, caplog: pytest.LogCaptureFixture) -> None:
    """500 before anything was stored; the same event delivered again has its effect. The log says what and where, in no one's words."""
    failures = [RuntimeError("marker: what Ana wrote")]
    async with slack_life(new_db("sqlite")) as other:
        real = other.app.receive

        async def receive(event: Event) -> Answered:
            if failures:
                raise failures.pop()
            return await real(event)

        other.slack._receive = receive
        body = said("UANA", "help", "Ev-failing")
        assert [500, 200] == [(await other.post(body)).status for _ in range(2)]
        await other.quiet()
        assert 1 == len(other.fake.of("chat.postMessage"))
    assert "marker" not in caplog.text
    assert "RuntimeError at test_slack_app.py" in caplog.text


class Gated:
    """A store that takes its time."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.real: Callable[[Event], Any] | None = None

    async def receive(self, event: Event) -> Answered:
        """Store, once allowed to."""
        await self.go.wait()
        assert self.real is not None
        answered: Answered = await self.real(event)
        return answered


@pytest.fixture
async def slow(new_db) -> AsyncIterator[tuple[SlackLife, Gated]]:
    """A bot that stores only when it is allowed to, and waits for it less than half a second."""
    gated = Gated()
    async with slack_life(new_db("sqlite"), receive=gated.receive, store_seconds=0.4) as life:
        gated.real = life.app.receive
        yield life, gated
        gated.go.set()


async def test_an_event_that_takes_too_long_is_not_confirmed_and_done_once(
    slow: tuple[SlackLife, Gated],
) -> None:
    """Slack hears an error and sends it again; the work goes on meanwhile, and counts once."""
    life, gated = slow
    body = said("UANA", "help")
    assert 503 == (await life.post(body)).status
    gated.go.set()
    await life.quiet()
    assert 200 == (await life.post(body)).status
    await life.quiet()
    assert 1 == len(life.fake.of("chat.postMessage"))


async def test_a_press_that_takes_too_long_is_not_confirmed_and_shown_when_done(
    slow: tuple[SlackLife, Gated],
) -> None:
    """Slack marks the button; when the press is stored the card changes all the same."""
    life, gated = slow
    gated.go.set()
    await life.until(CHECKIN)
    life.fake.messages["D1", "1.1"] = {}
    gated.go.clear()
    assert 503 == (await life.post(tap())).status
    assert [] == life.fake.calls
    gated.go.set()
    await life.quiet()
    assert ["4"] == await answers(life)
    assert 1 == len(life.fake.of("chat.update"))


async def test_a_command_that_takes_too_long_says_so_and_answers_later(slow: tuple[SlackLife, Gated]) -> None:
    """Its answer follows through the address that came along."""
    life, gated = slow
    answer = await life.answer(command("UANA", "checkin", response_url=life.fake.response_url))
    assert "longer than usual" in answer["text"]
    gated.go.set()
    await life.quiet()
    assert ["No check-in is open" in told["text"] for told in life.fake.responded] == [True]


async def test_a_dialog_that_takes_too_long_stays_open_with_all_that_was_written(
    slow: tuple[SlackLife, Gated],
) -> None:
    """It would be lost with the process if the dialog closed before it is stored; sent again it counts once more at most."""
    life, gated = slow
    gated.go.set()
    view = await ask_for_help(life)
    gated.go.clear()
    held = await life.answer(sent("UANA", view, HELP))
    assert "errors" == held["response_action"]
    assert "still here" in held["errors"]["words"]
    gated.go.set()
    await life.quiet()
    assert 1 == await cases(life)


async def test_the_end_waits_for_what_follows_and_takes_in_nothing_more(open_checkin: SlackLife) -> None:
    """An answer under way is finished; what comes then is for the next process."""
    life, held = open_checkin, Held()
    life.fake.fails("chat.update", held)
    await life.answer(tap())
    await held.came.wait()
    draining = asyncio.create_task(life.slack.drain(5))
    await asyncio.sleep(0)
    assert 503 == (await life.post(tap("openly"))).status
    held.go.set()
    assert 0 == await draining
    assert "blocks" in life.fake.messages["D1", "1.1"]
    assert ["4"] == await answers(life)


async def test_an_answer_that_never_ends_does_not_hold_the_end(open_checkin: SlackLife) -> None:
    """What is left undone is counted and told."""
    life = open_checkin
    life.fake.fails("chat.update", Hangs())
    await life.answer(tap())
    await life.fake.until("chat.update")
    assert 1 == await life.slack.drain(0.01)


# --- people nobody knows ---------------------------------------------------------------------


async def test_somebody_unknown_is_told_whom_to_ask(life: SlackLife) -> None:
    """In the default language, whatever they did; their home says it too."""
    answer = await life.answer(command("USTRANGER", "checkin"))
    assert "not met yet" in answer["text"]
    for body in (press("USTRANGER", "a b c"), said("USTRANGER", "help"), opened_home("USTRANGER")):
        assert {} == await life.answer(body)
    await life.quiet()
    assert 2 == len(life.fake.ephemeral)
    assert "not met yet" in words_of(life.fake.homes["USTRANGER"]["blocks"])


async def test_somebody_who_is_found_by_email_is_answered_as_themselves(new_db) -> None:
    """The first press of a person whose Slack account nobody knew yet counts like any other."""
    lives: list[SlackLife] = []

    async def introduce(workspace: str, user: str, enterprise: str) -> bool:
        if user != "UNEW":
            return False
        there = replace(in_slack(MATEJ), address=Address("slack", user, workspace))
        await lives[0].store.write(lambda work: work.apply([Put(there)], BEGIN))
        return True

    async with slack_life(new_db("sqlite"), introduce=introduce) as life:
        lives.append(life)
        url = life.fake.response_url
        assert {} == await life.answer(
            command("UNEW", "help", trigger_id=life.fake.trigger(), response_url=url)
        )
        assert {} == await life.answer(command("USTRANGER", "checkin", response_url=url))
        await life.quiet()
        assert 1 == len(life.fake.opened)
        assert ["not met yet" in told["text"] for told in life.fake.responded] == [True]


async def test_who_comes_and_goes_is_answered_with_nothing(life: SlackLife) -> None:
    """A deactivated account is remembered as that; nobody is written to."""
    user = {"id": "UANA", "team_id": "T1", "deleted": True, "profile": {}}
    body = happened("", "user_change")
    body["event"] = {"type": "user_change", "user": user}
    assert {} == await life.answer(body)
    person = await life.store.read(lambda work: work.person("ana"))
    assert person is not None
    assert (False, "switched_off") == (person.reachable, person.trouble)
    assert [] == life.fake.calls


async def test_a_revoked_workspace_is_told_to_whoever_keeps_tokens(new_db) -> None:
    """Before the event is confirmed."""
    heard: list[Revoked] = []

    async def on_revoked(revoked: Revoked) -> None:
        heard.append(revoked)

    async with slack_life(new_db("sqlite"), on_revoked=on_revoked) as life:
        assert {} == await life.answer(happened("", "app_uninstalled"))
    assert [Revoked("T1", "E111")] == heard


# --- a killed process ------------------------------------------------------------------------


async def answered_and_killed(url: str, other: SlackLife, raw: bytes, headers: dict[str, str]) -> int:
    """Start a bot, send it one request, kill it as soon as the answer's first line is there, and return the status."""
    assert other.client is not None
    arguments = ("-m", "tests.slack_server", url, other.fake.api_url, CHECKIN.isoformat())
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parent.parent
    )
    try:
        assert process.stdout is not None
        port = int(await process.stdout.readline())
        address = f"http://127.0.0.1:{port}{names.EVENTS}"
        async with other.client.session.post(address, data=raw, headers=headers) as response:
            process.send_signal(signal.SIGKILL)
            return response.status
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.slow
async def test_a_process_killed_after_the_answer_has_had_its_effect_exactly_once(new_db) -> None:
    """SIGKILL right after the 200; what Slack delivers again to the next process changes nothing."""
    url = new_db("sqlite")
    async with slack_life(url) as life:
        await life.until(CHECKIN)
    async with slack_life(new_db("sqlite")) as other:
        raw, content = written(tap())
        at = str(int(CHECKIN.timestamp()))
        headers = {
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature(raw, at),
            "Content-Type": content,
        }
        found = [await answered_and_killed(url, other, raw, headers) for _ in range(2)]
        assert [200, 200] == found
    store = open_store(url, inline=True)
    pair = await store.read(lambda work: work.pairs(("e1",))[0])
    assert ["4"] == [a.value for a in pair.answers if isinstance(a, Answer)]
    await store.close()


async def test_no_log_line_holds_what_people_write(life: SlackLife, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG over all loggers, through dialogs, typed words, refused calls and their answers."""
    caplog.set_level(logging.DEBUG)
    marker = "marker-of-ana"
    view = await ask_for_help(life)
    for method in ("chat.postEphemeral", "chat.postMessage"):
        life.fake.fails(method, Fails("invalid_blocks", {"detail": marker}))
    await life.answer(sent("UANA", view, {**HELP, "words": typed(marker)}))
    await life.answer(said("UANA", marker))
    hidden = press("UANA", names.control("gone", "x"), response_url=life.fake.response_url)
    hidden["container"]["is_ephemeral"] = True
    await life.answer(hidden)
    await life.answer(press("UANA", f"{marker} {marker} {marker}", trigger_id=fresh("t")))
    await life.quiet()
    assert 1 == await cases(life)
    assert 1 == len(life.fake.responded)
    assert marker not in caplog.text
    assert "Sending a request" not in caplog.text  # which the SDK would follow by all that it sends
    assert "call=chat.postEphemeral" in caplog.text
