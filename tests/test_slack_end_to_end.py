"""
Slack from end to end: the bot as `telemachy serve` puts it together, signed HTTP in, an independent stand-in out.

Nothing here knows how the adapter works: people press what stands in their conversations.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.vault import new_key
from tests.slack_bot import PEOPLE, Bot, slack_bot, words_of
from tests.slack_life import command, opened_home, picked, press, recorded, sent, typed
from tests.standin_slack import StandIn, standing_in

BEGIN = datetime.fromisoformat("2026-12-29T08:00:00+00:00")
START = "2027-01-11"

pytestmark = pytest.mark.slow


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[StandIn]:
    """A Slack of this test's own, where each of the five has an account."""
    with standing_in(PEOPLE, tmp_path) as found:
        yield found


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The dialogs and homes that Slack was asked to show: it has no way to ask for them back."""
    shown: list[dict[str, Any]] = []

    def remembering(name: str) -> Callable[..., Any]:
        real = getattr(AsyncWebClient, name)

        async def call(client: AsyncWebClient, **arguments: Any) -> Any:
            answer = await real(client, **arguments)
            shown.append(json.loads(json.dumps(arguments["view"])))
            return answer

        return call

    for name in ("views_open", "views_publish"):
        monkeypatch.setattr(AsyncWebClient, name, remembering(name))
    return shown


@pytest.fixture
async def bot(db_url: str, slack: StandIn, tmp_path: Path) -> AsyncIterator[Bot]:
    """A bot whose people were found by their addresses; nobody is a pair yet."""
    async with slack_bot(db_url, slack, tmp_path, BEGIN) as bot:
        await bot.room.look()
        yield bot


async def clicks(bot: Bot, who: str, verb: str, label: str = "") -> dict[str, Any]:
    """Press the newest button of this kind that stands in somebody's conversation."""
    message, control = bot.control(who, verb, label)
    user = bot.slack.users[who]
    return await bot.does(press(user, control, message=message, trigger_id=bot.slack.trigger(user)))


async def types(bot: Bot, who: str, text: str) -> dict[str, Any]:
    """Type `/mentor text`."""
    user = bot.slack.users[who]
    return await bot.does(command(user, text, trigger_id=bot.slack.trigger(user)))


async def enrol(bot: Bot, opened: list[dict[str, Any]]) -> None:
    """Let Irena bring Ana and Matej together."""
    await types(bot, "irena", "enrol")
    values = {
        "mentee": {"type": "external_select", "selected_option": {"value": "ana"}},
        "mentor": {"type": "external_select", "selected_option": {"value": "matej"}},
        "start": {"type": "datepicker", "selected_date": START},
        "moved": picked("no"),
    }
    answer = await bot.does(sent(bot.slack.users["irena"], opened[-1], values))
    assert "errors" not in answer, answer


async def test_people_are_found_and_a_pair_lives_its_first_days(bot, opened):
    """From five e-mail addresses to the first day: a pair, a time for its first meeting, a welcome for both."""
    await enrol(bot, opened)
    await bot.until(datetime.fromisoformat("2027-01-04T12:00:00+00:00"))
    await clicks(bot, "matej", "meeting.take")
    await bot.until(datetime.fromisoformat("2027-01-11T11:00:00+00:00"))

    assert "The two of you begin" in words_of(bot.said_to("ana")[-1]) + words_of(bot.said_to("ana")[-2])
    assert any("The two of you begin" in words_of(one) for one in bot.said_to("matej"))
    assert [] == [d for _, d in bot.mail.messages if d.to.id != "ana"]


async def test_people_are_named_as_slack_names_them(bot, opened):
    """What stands in a conversation names a person by their user in Slack, whose profile one press opens."""
    await enrol(bot, opened)
    await bot.until(datetime.fromisoformat("2027-01-14T15:00:00+00:00"))
    shown = words_of(bot.said_to("ana"))
    named = {who for who, user in bot.slack.users.items() if f'"user_id": "{user}"' in shown}

    assert {"matej", "peter", "irena"} == named


async def test_a_pair_meets_in_one_conversation(db_url, slack, tmp_path, opened):
    """Where several people may be written to together, the welcome stands once, where both read it."""
    async with slack_bot(db_url, slack, tmp_path, BEGIN, more="group_messages = true") as bot:
        await bot.room.look()
        await enrol(bot, opened)
        await bot.until(datetime.fromisoformat("2027-01-11T11:00:00+00:00"))
        users = ",".join(sorted(slack.users[who] for who in ("ana", "matej")))
        together = slack.call("conversations.open", users=users)["channel"]["id"]

        assert 1 == sum("The two of you begin" in words_of(one) for one in slack.messages(together))
        for who in ("ana", "matej"):
            assert not any("The two of you begin" in words_of(one) for one in bot.said_to(who))


async def test_who_is_typed_in_a_picker_is_found(bot):
    """The options of an external select are people whose name begins so; the form's picker asks for them."""
    user = bot.slack.users["irena"]
    told = recorded("block_suggestion") | {"value": "mat", "block_id": "mentor", "action_id": "look:mentor"}
    told["user"] |= {"id": user}

    answer = await bot.does(told)
    assert ["matej"] == [one["value"] for one in answer["options"]]


async def test_weekly_feedback_goes_from_the_command_to_the_mentee(bot, opened):
    """The mentor types a command, writes two lines in the dialog that opens at once, and the mentee gets them."""
    await enrol(bot, opened)
    await bot.until(datetime.fromisoformat("2027-01-22T13:00:00+00:00"))
    await types(bot, "matej", "feedback")
    form = opened[-1]
    answer = await bot.does(
        sent(
            bot.slack.users["matej"], form, {"good": typed("The import ran."), "better": typed("Ask sooner.")}
        )
    )
    await bot.until(datetime.fromisoformat("2027-01-25T13:00:00+00:00"))

    assert "errors" not in answer
    assert any("The import ran." in words_of(one) for one in bot.said_to("ana"))
    assert not any(
        "The import ran." in words_of(one) for who in ("peter", "irena") for one in bot.said_to(who)
    )


async def test_help_about_a_message_reaches_hr_alone(bot, opened):
    """The message shortcut opens the help form with the message's words; a coordinator gets the case."""
    await enrol(bot, opened)
    user = bot.slack.users["ana"]
    told = recorded("message_action") | {"callback_id": "help_about", "trigger_id": bot.slack.trigger(user)}
    told["user"] |= {"id": user}
    told["message"] |= {"text": "Please send me the figures tonight"}
    await bot.does(told)
    form = opened[-1]
    values = {"words": typed("I do not dare to say no."), "hurry": picked("no"), "tell": picked("no")}
    await bot.does(sent(user, form, values))
    await bot.until(datetime.fromisoformat("2026-12-29T14:00:00+00:00"))

    assert "Please send me the figures tonight" in words_of(form)
    assert any("I do not dare to say no." in words_of(one) for one in bot.said_to("irena"))
    assert not any("I do not dare" in words_of(one) for who in ("matej", "peter") for one in bot.said_to(who))


async def test_a_home_is_shown_and_follows_what_is_pressed(bot, opened):
    """Opening the home publishes it for that person; help stands on it."""
    await enrol(bot, opened)
    await bot.does(opened_home(bot.slack.users["ana"]))

    home = opened[-1]
    assert "home" == home["type"]
    assert "help.ask" in words_of(home)


async def test_a_review_opens_what_was_written_when_its_turn_comes(bot, opened):
    """What Ana writes beforehand stands in nobody's conversation until HR has begun and come to her point."""
    await enrol(bot, opened)
    await bot.until(datetime.fromisoformat("2027-01-14T15:00:00+00:00"))
    await clicks(bot, "ana", "review.prepare")
    form = opened[-1]
    values = {
        block["block_id"]: typed("SEALED-WORDS")
        for block in form["blocks"]
        if block["type"] == "input" and block["element"]["type"] == "plain_text_input"
    }
    await bot.does(sent(bot.slack.users["ana"], form, values))
    await bot.until(datetime.fromisoformat("2027-01-15T14:05:00+00:00"))
    before = [who for who in bot.slack.users for one in bot.said_to(who) if "SEALED-WORDS" in words_of(one)]
    await clicks(bot, "irena", "review.start")
    for _ in range(8):
        if any("SEALED-WORDS" in words_of(one) for one in bot.said_to("matej")):
            break
        await clicks(bot, "irena", "review.next")

    assert values
    assert [] == [who for who in before if who != "ana"]
    assert any("SEALED-WORDS" in words_of(one) for one in bot.said_to("matej"))
    assert not any("SEALED-WORDS" in words_of(one) for who in ("peter", "breda") for one in bot.said_to(who))


async def test_a_workspace_installs_the_app_in_a_browser(db_url, slack, tmp_path, opened):
    """From the install page through Slack's own and back: the token is sealed in the database, and messages go out."""
    app = {"TELEMACHY_SLACK_CLIENT_SECRET": "shh", "TELEMACHY_SLACK_TOKEN_KEYS": new_key()}
    bot_of = slack_bot(db_url, slack, tmp_path, BEGIN, more='client_id = "1.2"', **app)
    async with bot_of as bot:
        assert bot.client is not None
        asked = await bot.client.get("/slack/install", allow_redirects=False)
        query = parse_qs(urlsplit(asked.headers["Location"]).query)
        code = slack.agree(slack.users["irena"], {name: values[0] for name, values in query.items()})
        cookies = {name: morsel.value for name, morsel in asked.cookies.items()}
        told = {"code": code, "state": query["state"][0]}
        done = await bot.client.get("/slack/oauth_redirect", params=told, cookies=cookies)
        again = await bot.client.get("/slack/oauth_redirect", params=told, cookies=cookies)
        await bot.room.look()
        here = await bot.room.outward.installations.bot_for(slack.team)
        irena = slack.users["irena"]
        assert here is not None
        await bot.does(command(irena, "enrol", trigger_id=slack.trigger(irena, here.bot_token)))
        kept = await bot.app.store.read(lambda work: work.settings("slack/installation/"))

        assert (200, 400) == (done.status, again.status)
        assert "A new pair" in words_of(opened[-1])
        assert 1 == len(kept)
        assert "xoxb" not in str(kept)
