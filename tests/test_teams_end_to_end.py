"""
Teams from end to end: the bot as `telemachy serve` puts it together, spoken to and watched by an independent stand-in.

Nothing here knows how the adapter works: people press what stands in their chats and fill in what opens.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar

from bot.events import Address
from tests.scenes import person
from tests.standin_teams import GROUP, NEWS, TENANT, inputs_of
from tests.teams_bot import PEOPLE, Bot, teams_bot

BEGIN = datetime.fromisoformat("2026-12-29T08:00:00+00:00")
START = "2027-01-11"
EVERYBODY = tuple(person.id for person in PEOPLE)
EACH_OTHER = (("ana", "matej"), ("matej", "ana"))
CHAT = "https://teams.microsoft.com/l/chat/0/0"
CALL = "https://teams.microsoft.com/l/call/0/0"

pytestmark = pytest.mark.slow


@pytest.fixture
async def bot(db_url: str, tmp_path: Path) -> AsyncIterator[Bot]:
    """A bot that everybody has installed; nobody is a pair yet."""
    async with teams_bot(db_url, tmp_path, BEGIN) as bot:
        await bot.installs(*EVERYBODY)
        yield bot


async def enrol(bot: Bot) -> None:
    """Let Irena bring Ana and Matej together."""
    dialog = await bot.opens_by_words("irena", "enrol")
    mentee = await bot.teams.pick("irena", dialog, "mentee", "Ana")
    mentor = await bot.teams.pick("irena", dialog, "mentor", "Matej")
    answer = await bot.sends("irena", dialog, mentee=mentee, mentor=mentor, start=START, moved="no")
    assert "message" == answer["task"]["type"], answer


def words(answer: object) -> str:
    """Return everything that an answer says, as its JSON."""
    return json.dumps(answer, ensure_ascii=False)


async def test_whoever_installs_the_app_is_known_and_welcomed(bot: Bot) -> None:
    """Teams says who installed it by an Entra id; the person is found by their e-mail, and reads where they are."""
    found = await bot.app.store.read(lambda work: work.people())

    hello = [await bot.has_read(who, "Hello") for who in EVERYBODY]

    assert [1] * len(EVERYBODY) == hello
    assert {
        person.id: Address("teams", bot.teams.accounts[person.id].entra, TENANT) for person in PEOPLE
    } == {person.id: person.address for person in found}


async def test_a_pair_lives_its_first_week(bot: Bot) -> None:
    """From installing to the first day: a pair, a time for its first meeting, a welcome for both, an agreement."""
    await enrol(bot)
    await bot.until(datetime.fromisoformat("2027-01-04T12:00:00+00:00"))
    await bot.presses("matej", "meeting.take")
    await bot.until(datetime.fromisoformat("2027-01-14T15:00:00+00:00"))

    assert [1, 1] == [await bot.has_read(who, "The two of you begin") for who in ("ana", "matej")]
    assert [1, 1] == [await bot.has_read(who, f"{CHAT}?users={them}%40") for who, them in EACH_OTHER]
    assert await bot.has_read("ana", f"{CALL}?users=ana%40example.org,matej%40example.org&withVideo=true")
    assert [] == [d for _, d in bot.mail.messages if d.to.id != "ana"]


async def test_what_is_behind_a_link_opens_for_who_was_sent_it(bot: Bot) -> None:
    """The calendar file of a meeting is fetched by its button; the link to a page asks before it is used up."""
    await enrol(bot)
    await bot.until(datetime.fromisoformat("2027-01-04T12:00:00+00:00"))
    await bot.presses("matej", "meeting.take")
    await bot.until(datetime.fromisoformat("2027-01-05T12:00:00+00:00"))
    await bot.types("ana", "home")
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
        file = await browser.get(await bot.link("matej", "Open the file"))
        saved = await file.read()
        page = await browser.get(await bot.link("ana", "Open as a page"))
        asked = await page.text()

    assert (200, "text/calendar") == (file.status, file.content_type)
    assert saved.startswith(b"BEGIN:VCALENDAR")
    assert (200, "text/html") == (page.status, page.content_type)
    assert "Open my page" in asked


async def test_a_press_answers_with_the_card_in_its_new_state(bot: Bot) -> None:
    """What was pressed shows at once what became of it, in the place of the card that was pressed."""
    await enrol(bot)
    await bot.until(datetime.fromisoformat("2027-01-04T12:00:00+00:00"))
    message, _ = await bot.button("matej", "meeting.take")
    before = len(await bot.said_to("matej"))
    answer = await bot.presses("matej", "meeting.take")

    assert "application/vnd.microsoft.card.adaptive" == answer["type"]
    assert answer["value"] == message.cards[0]
    assert before <= len(await bot.said_to("matej"))


async def test_an_old_client_presses_by_sending_a_message(bot: Bot) -> None:
    """Where Execute is not known its fallback is sent instead; the card changes in its place all the same."""
    await enrol(bot)
    await bot.until(datetime.fromisoformat("2027-01-04T12:00:00+00:00"))
    message, action = await bot.button("matej", "ready.yes")
    before = message.versions
    await bot.teams.press("matej", message, action["fallback"])
    await bot.settled()
    await bot.said_to("matej")

    assert before + 1 == message.versions
    assert "You are ready. Thank you." in message.words


async def test_several_answers_of_a_checkin_reach_whom_they_are_for(bot: Bot) -> None:
    """Ana taps, adds words in a dialog and ticks both readers; the mentor and HR read them, the head does not."""
    await enrol(bot)
    await bot.until(datetime.fromisoformat("2027-01-22T15:00:00+00:00"))
    await bot.presses("ana", "checkin.tap")
    dialog = await bot.opens("ana", "checkin.more")
    await bot.sends("ana", dialog, words="The build takes an hour.", readers="coordinator,mentor")
    await bot.until(datetime.fromisoformat("2027-01-25T15:00:00+00:00"))

    assert [1, 1, 0] == [
        await bot.has_read(who, "The build takes an hour.") for who in ("matej", "irena", "peter")
    ]


async def test_whoever_writes_first_needs_no_installation_to_be_known(db_url: str, tmp_path: Path) -> None:
    """Somebody whom the bot never met is looked up as they write, and what they wrote is answered."""
    async with teams_bot(db_url, tmp_path, BEGIN) as bot:
        await bot.types("irena", "pairs")
        irena = await bot.app.store.read(lambda work: work.person("irena"))

        assert irena is not None
        assert irena.address is not None
        assert 1 == len(await bot.said_to("irena"))


async def test_a_stranger_learns_that_they_are_not_in_a_programme(db_url: str, tmp_path: Path) -> None:
    """Somebody of the tenant whom nobody entered gets an answer, and nothing of anybody else's."""
    stranger = person("Zora")
    async with teams_bot(db_url, tmp_path, BEGIN, people=PEOPLE, others=(stranger,)) as bot:
        await bot.types("zora", "home")
        (said,) = await bot.said_to("zora")

        assert said.activity["text"]
        assert not any(one.name in said.words for one in PEOPLE)


async def test_weekly_feedback_goes_from_the_command_to_the_mentee(bot: Bot) -> None:
    """The mentor types a command, writes two lines in the dialog that a button opens, and the mentee alone gets them."""
    await enrol(bot)
    await bot.until(datetime.fromisoformat("2027-01-22T13:00:00+00:00"))
    dialog = await bot.opens_by_words("matej", "feedback")
    answer = await bot.sends("matej", dialog, good="The import ran.", better="Ask sooner.")
    await bot.until(datetime.fromisoformat("2027-01-25T13:00:00+00:00"))

    assert "message" == answer["task"]["type"]
    assert await bot.has_read("ana", "The import ran.")
    assert [0, 0] == [await bot.has_read(who, "The import ran.") for who in ("peter", "irena")]


async def test_what_is_missing_is_said_in_the_dialog_and_the_rest_is_kept(bot: Bot) -> None:
    """One person in two seats comes back in the same dialog, with all that was filled in, names and all."""
    dialog = await bot.opens_by_words("irena", "enrol")
    ana = await bot.teams.pick("irena", dialog, "mentee", "Ana")
    answer = await bot.sends("irena", dialog, mentee=ana, mentor=ana, start=START, moved="no")
    shown = answer["task"]
    again = {one["id"]: one for one in inputs_of(shown["value"]["card"]["content"])}
    mentor = await bot.teams.pick("irena", answer, "mentor", "Matej")
    mended = await bot.sends("irena", answer, mentor=mentor)

    assert "continue" == shown["type"]
    assert ["ana", "ana", START] == [again[f"i.{key}"]["value"] for key in ("mentee", "mentor", "start")]
    assert [{"title": "Ana", "value": "ana"}] == again["i.mentee"]["choices"]
    assert "needs another look" in words(shown)
    assert "message" == mended["task"]["type"], mended


async def test_who_is_typed_in_a_picker_is_found(bot: Bot) -> None:
    """The options of a picker are people whose name begins so."""
    dialog = await bot.opens_by_words("irena", "enrol")
    picker = next(
        one for one in inputs_of(dialog["task"]["value"]["card"]["content"]) if "choices.data" in one
    )
    answer = await bot.teams.search("irena", "mat", picker["choices.data"]["dataset"])

    assert ["matej"] == [one["value"] for one in answer["value"]["results"]]


async def test_a_review_opens_what_was_written_when_its_turn_comes(bot: Bot) -> None:
    """What Ana writes beforehand stands in nobody's chat until HR has begun and come to her point."""
    await enrol(bot)
    await bot.until(datetime.fromisoformat("2027-01-14T15:00:00+00:00"))
    dialog = await bot.opens("ana", "review.prepare")
    card = dialog["task"]["value"]["card"]["content"]
    asked = {
        one["id"].removeprefix("i."): "SEALED-WORDS" for one in inputs_of(card) if one["type"] == "Input.Text"
    }
    await bot.sends("ana", dialog, **asked)
    await bot.until(datetime.fromisoformat("2027-01-15T14:05:00+00:00"))
    before = [who for who in EVERYBODY if await bot.has_read(who, "SEALED-WORDS")]
    await bot.presses("irena", "review.start")
    for _ in range(8):
        if await bot.has_read("matej", "SEALED-WORDS"):
            break
        await bot.presses("irena", "review.next")

    assert asked
    assert [] == [who for who in before if who != "ana"]
    assert await bot.has_read("matej", "SEALED-WORDS")
    assert [0, 0] == [await bot.has_read(who, "SEALED-WORDS") for who in ("peter", "breda")]


async def test_a_request_for_help_reaches_hr_alone(bot: Bot) -> None:
    """Ana writes to HR by a typed word; a coordinator gets the case, nobody else learns of it."""
    await enrol(bot)
    dialog = await bot.opens_by_words("ana", "help")
    await bot.sends("ana", dialog, words="I do not dare to say no.", hurry="no", tell="no")
    await bot.until(datetime.fromisoformat("2026-12-29T14:00:00+00:00"))

    assert await bot.has_read("irena", "I do not dare to say no.")
    assert [0, 0] == [await bot.has_read(who, "I do not dare") for who in ("matej", "peter")]


async def test_a_home_comes_into_the_chat_when_it_is_asked_for(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    """
    The word brings the same as the tab: where one stands, what is next, and help.

    Teams makes a message of each card, and does not say which they are; nothing is in doubt for that.
    """
    await enrol(bot)
    before = len(await bot.said_to("ana"))
    await bot.types("ana", "home")
    shown = (await bot.said_to("ana"))[before:]

    assert 1 == len(shown)
    assert "help.ask" in shown[0].words
    assert [] == [one.message for one in caplog.records if one.name.startswith("adapters.teams")]


async def test_a_repeated_delivery_has_one_effect(bot: Bot) -> None:
    """Teams may deliver the same words twice; they are answered once."""
    await enrol(bot)
    before = len(await bot.said_to("ana"))
    for _ in range(2):
        await bot.teams.say("ana", "privacy", key="f:the-same")
        await bot.settled()

    assert before + 1 == len(await bot.said_to("ana"))


async def test_a_press_that_comes_twice_has_one_effect(bot: Bot) -> None:
    """Teams may repeat a press it heard no answer to; both get the same card, and the step is done once."""
    await enrol(bot)
    await bot.until(datetime.fromisoformat("2027-01-04T12:00:00+00:00"))
    message, action = await bot.button("matej", "meeting.take")
    answers = [await bot.teams.press_as("matej", message, action, key="f:the-same") for _ in range(2)]
    await bot.settled()
    await bot.until(datetime.fromisoformat("2027-01-04T14:00:00+00:00"))

    assert answers[0] == answers[1]
    assert "application/vnd.microsoft.card.adaptive" == answers[0]["type"]
    assert 1 == await bot.has_read("matej", "with Ana: for your calendar.")


@pytest.mark.parametrize("place", [GROUP, NEWS], ids=["group", "channel"])
async def test_where_several_read_it_answers_briefly_and_goes_on_in_the_own_chat(
    bot: Bot, place: str
) -> None:
    """Nobody in a group chat or a channel reads what is meant for one; the answer is in the chat of who asked."""
    await enrol(bot)
    before = len(await bot.said_to("ana"))
    there = await bot.teams.mention("ana", "home", place)
    await bot.settled()
    said = await bot.teams.messages_in(there)

    assert ["I answer you in our own chat, where only you read it."] == [one.activity["text"] for one in said]
    assert before + 1 == len(await bot.said_to("ana"))


async def test_who_removed_the_app_is_unreachable_and_a_coordinator_sees_why(bot: Bot) -> None:
    """After the goodbye nothing is sent there any more; who comes back is reached again."""
    await enrol(bot)
    await bot.teams.uninstall("ana")
    await bot.settled()
    before = len(await bot.said_to("ana"))
    gone = await bot.app.store.read(lambda work: work.person("ana"))
    await bot.until(datetime.fromisoformat("2027-01-11T11:00:00+00:00"))
    after = len(await bot.said_to("ana"))
    await bot.installs("ana")
    back = await bot.app.store.read(lambda work: work.person("ana"))

    assert gone is not None
    assert back is not None
    assert (False, "app_removed") == (gone.reachable, gone.trouble)
    assert before == after
    assert back.reachable
