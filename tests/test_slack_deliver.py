"""Slack as a channel: what people get, once, and what becomes of it when something goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapters.slack.conversations import Conversations
from adapters.slack.deliver import SlackChannel
from adapters.slack.doubt import ReadBack
from adapters.slack.mentions import Mentions
from bot.content import Button, Card, File, GroupIntro, Home, PersonName, Text, say
from bot.events import Address
from bot.outbox import Outbox
from bot.outcome import Put, Send
from bot.ports import Queued, Refused, Throttled, Unreachable, Unsure
from tests.fake_platform import Broken, Drops, Hangs
from tests.slack_fake import Fails, Limited
from tests.slack_out import ANA, MATEJ, MONDAY, SECRET_WORDS, TOKEN, Office, card, installation, office

FILE = File(name="coffee.ics", mime="text/calendar", data=b"BEGIN:VCALENDAR", card=card("Coffee on Monday"))
INTRO = GroupIntro(("ana", "matej"), card("Say hello"))
ALLOWED = "chat:write,commands,im:write,im:history,files:write,mpim:write"


def texts(value: object) -> Iterator[str]:
    """Return every text in a message's blocks."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def know(there: Office) -> None:
    """Let the database know Ana and Matej."""
    there.store.write_now(lambda work: work.apply([Put(ANA), Put(MATEJ)], MONDAY))


def cards(there: Office) -> list[str]:
    """Return the rows of the messages that stand in conversations."""
    return [one["metadata"]["event_payload"]["row"] for one in there.fake.messages.values()]


def read_back(there: Office, *, history: bool = True) -> ReadBack:
    """Return what looks for messages in doubt."""
    there.fake.scopes = ALLOWED if history else "chat:write"
    return ReadBack(there.conversations, there.store, history=history)


def as_after_a_restart(there: Office) -> None:
    """Let another process go on."""
    there.conversations = Conversations(there.calls)
    there.channel = SlackChannel(there.calls, there.store, there.conversations)


# --- messages --------------------------------------------------------------------------------


async def test_a_card_stands_in_the_persons_conversation():
    """A card is one message in the person's direct conversation, which is opened once."""
    async with office() as there:
        first = await there.deliver(card("Hello"))
        second = await there.deliver(card("Again"), row="8")
        (opened,) = there.fake.of("conversations.open")
        assert "UANA" == opened["users"]
        assert [("DANA", first.split(":")[1]), ("DANA", second.split(":")[1])] == list(there.fake.messages)
        assert first.startswith("DANA:")
        assert "Hello" in " ".join(texts(there.fake.of("chat.postMessage")[0]["blocks"]))


async def test_a_message_pings_and_unfurls_nothing_and_says_its_row():
    """A message carries its row as metadata, shows no previews, and asks Slack to make nothing of its words."""
    async with office() as there:
        await there.deliver(card("see https://example.org @ana <!channel>"), row="42")
        (told,) = there.fake.of("chat.postMessage")
        assert {"row": "42", "parts": 1} == told["metadata"]["event_payload"]
        assert ("false", "false") == (told["unfurl_links"], told["unfurl_media"])
        assert {"channel", "text", "blocks", "metadata", "unfurl_links", "unfurl_media"} == set(told)
        assert "<!channel>" not in told["text"]


async def test_words_are_in_the_readers_language_and_zone():
    """What is sent is rendered for its reader."""
    async with office() as there:
        hello = Card(say("A question"), (), (Button(say("Later"), "later", "e1"),))
        await there.deliver(hello, to=replace(ANA, language="qps"))
        assert "Later" not in " ".join(texts(there.fake.of("chat.postMessage")[0]["blocks"]))


async def test_a_changed_message_keeps_its_id():
    """What replaces a message changes it in its place, and no second one is sent."""
    async with office() as there:
        first = await there.deliver(card("Hello"))
        assert first == await there.deliver(card("Thank you"), replaces=first)
        ((_, message),) = there.fake.messages.items()
        assert "Thank you" in " ".join(texts(message["blocks"]))


async def test_a_files_card_changes_without_the_file():
    """Changing the message of a file changes its card: the file is there already."""
    async with office() as there:
        first = await there.deliver(FILE)
        await there.deliver(replace(FILE, card=card("Coffee moved")), replaces=first)
        assert (1, 1) == (len(there.fake.files), len(there.fake.messages))


async def test_a_message_of_another_channel_is_not_changed():
    """The id of a mail is refused before anything is called."""
    async with office() as there:
        with pytest.raises(Refused, match="not sent by Slack"):
            await there.deliver(card(), replaces="<7.telemachy@example.org>")
        assert [] == there.fake.calls


async def test_a_home_is_published():
    """A home becomes the person's own page, and no message."""
    async with office() as there:
        assert "" == await there.deliver(Home(say("Mentoring"), (card("Next"),)))
        assert ({"UANA"}, {}) == (set(there.fake.homes), there.fake.messages)


async def test_what_is_too_large_is_refused_by_its_place():
    """A card that Slack would refuse is refused with the limit, and without a word of it."""
    async with office() as there:
        with pytest.raises(Refused) as caught:
            await there.deliver(card("marker " * 3000))
        assert str(caught.value).startswith("too large for Slack: ")
        assert ("marker" in str(caught.value), []) == (False, there.fake.calls)


# --- names that can be pressed ----------------------------------------------------------------


NAMING = Card(say("A question"), (Text(say("{who} asks.", who=PersonName("Matej", "matej"))),))


def users(shown: object) -> list[str]:
    """Return the users of Slack in blocks or a home, in their order."""
    if isinstance(shown, dict):
        own = [shown["user_id"]] if shown.get("type") == "user" else []
        return own + [user for one in shown.values() for user in users(one)]
    return [user for one in shown for user in users(one)] if isinstance(shown, list) else []


async def test_a_name_can_be_pressed_wherever_it_is_delivered():
    """Matej is his user in a message, in what changes it, beside a file, in a conversation of all and in a home."""
    async with office(group_messages=True) as there:
        know(there)
        first = await there.deliver(NAMING)
        await there.deliver(NAMING, replaces=first)
        await there.deliver(replace(FILE, card=NAMING), row="8")
        await there.deliver(replace(INTRO, card=NAMING), row="9")
        await there.deliver(Home(say("Mentoring"), (NAMING,)))
        sent = [one["blocks"] for one in there.fake.messages.values()]
        assert [["UMATEJ"]] * 4 == [users(one) for one in (*sent, there.fake.homes["UANA"])]
        assert all("Matej asks." in one["text"] for one in there.fake.of("chat.postMessage"))


@pytest.mark.parametrize(
    "changed",
    [
        {"address": Address("slack", "UMATEJ", "T2")},
        {"address": Address("teams", "UMATEJ", "T1")},
        {"address": None},
        {"active": False},
        {"reachable": False},
    ],
    ids=["of another workspace", "of another channel", "nowhere", "who left", "not reached"],
)
async def test_somebody_who_is_not_in_the_readers_workspace_is_only_named(changed):
    """Slack would show an id, or somebody switched off: there the name stands."""
    async with office() as there:
        there.store.write_now(lambda work: work.apply([Put(ANA), Put(replace(MATEJ, **changed))], MONDAY))
        await there.deliver(NAMING)
        (told,) = there.fake.of("chat.postMessage")
        assert ([], True) == (users(told["blocks"]), "Matej" in " ".join(texts(told["blocks"])))


class Reads:
    """A store that counts how often it is read, and may have no disk."""

    def __init__(self, store):
        self.count = 0
        self.is_broken = False
        self._store = store

    async def read(self, work):
        """Read, or raise what a broken disk does."""
        self.count += 1
        if self.is_broken:
            raise OSError(f"no disk for {SECRET_WORDS}")
        return await self._store.read(work)


def counted(there: Office) -> Reads:
    """Let names be looked up by way of a store that counts."""
    reads = Reads(there.store)
    there.channel = SlackChannel(
        there.calls, there.store, there.conversations, mentions=Mentions(reads, there.clock)
    )
    return reads


async def test_everybody_is_read_once_in_a_few_minutes():
    """However much is delivered at once; somebody who is new is a name for so long."""
    async with office() as there:
        reads = counted(there)
        there.store.write_now(lambda work: work.apply([Put(ANA)], MONDAY))
        await asyncio.gather(*(there.deliver(NAMING, row=str(row)) for row in range(3)))
        know(there)
        there.clock.move(minutes=4)
        await there.deliver(NAMING, row="4")
        assert 1 == reads.count
        there.clock.move(minutes=1)
        await there.deliver(NAMING, row="5")
        assert 2 == reads.count
        sent = [users(one["blocks"]) for one in there.fake.of("chat.postMessage")]
        assert [[], [], [], [], ["UMATEJ"]] == sent


async def test_who_is_written_to_in_another_chat_is_still_a_name_to_press():
    """A name disturbs nobody: it is that person's as long as they are in Slack at all."""
    async with office() as there:
        counted(there)
        elsewhere = replace(MATEJ, address=Address("teams", "matej", "t"), also=(MATEJ.address,))
        there.store.write_now(lambda work: work.apply([Put(ANA), Put(elsewhere)], MONDAY))
        await there.deliver(NAMING)
        assert [["UMATEJ"]] == [users(one["blocks"]) for one in there.fake.of("chat.postMessage")]


async def test_a_message_is_sent_where_nobody_can_be_looked_up(caplog):
    """It goes with who was known before, and is not in doubt; the log says where it failed, once in a while."""
    async with office() as there:
        reads = counted(there)
        know(there)
        await there.deliver(NAMING)
        reads.is_broken = True
        there.clock.move(minutes=5)
        await there.deliver(NAMING, row="8")
        await there.deliver(NAMING, row="9")
        assert (2, [["UMATEJ"]] * 3) == (
            reads.count,
            [users(one["blocks"]) for one in there.fake.of("chat.postMessage")],
        )
        assert ("action=slack.mentions error=OSError" in caplog.text, SECRET_WORDS in caplog.text) == (
            True,
            False,
        )


# --- people who cannot be reached -------------------------------------------------------------


async def test_somebody_who_left_slack_is_unreachable():
    """For a deactivated account nothing is sent, and the reason is what the coordinator reads."""
    async with office() as there:
        there.fake.knows("UANA", "ana@example.org", deleted=True)
        with pytest.raises(Unreachable) as caught:
            await there.deliver(card())
        assert ("switched_off", []) == (caught.value.trouble, there.fake.of("chat.postMessage"))


async def test_somebody_who_is_not_in_slack_is_unreachable():
    """Without an address in Slack there is nothing to call."""
    async with office() as there:
        for address in (None, Address("teams", "29:1")):
            with pytest.raises(Unreachable) as caught:
                await there.deliver(card(), to=replace(ANA, address=address))
            assert "unknown" == caught.value.trouble


async def test_a_conversation_that_was_closed_is_opened_again():
    """Where Slack no longer knows the conversation, it is opened anew and the message sent, once."""
    async with office() as there:
        await there.deliver(card())
        there.fake.fails("chat.postMessage", Fails("channel_not_found"))
        await there.deliver(card(), row="8")
        assert (["7", "8"], 2) == (cards(there), len(there.fake.of("conversations.open")))


async def test_a_conversation_that_stays_closed_is_the_persons_trouble():
    """Where a conversation that was just opened is closed, the person cannot be reached."""
    async with office() as there:
        there.fake.fails("chat.postMessage", Fails("is_archived"))
        with pytest.raises(Unreachable) as caught:
            await there.deliver(card())
        assert "blocked" == caught.value.trouble


# --- files ------------------------------------------------------------------------------------


async def test_a_file_follows_its_card():
    """The bytes go up first, then the card is sent, then the file is shared in the same conversation."""
    async with office() as there:
        first = await there.deliver(FILE)
        methods = [call.name for call in there.fake.calls]
        assert [
            "files.getUploadURLExternal",
            "conversations.open",
            "chat.postMessage",
            "files.completeUploadExternal",
        ] == methods
        ((_, kept),) = there.fake.files.items()
        assert (b"BEGIN:VCALENDAR", "coffee.ics", "DANA") == (
            kept["data"],
            kept["title"],
            kept["shared"]["channel_id"],
        )
        assert [] == [key for key in there.settings() if key.startswith("slack/half/")]
        assert first.startswith("DANA:")


@pytest.mark.parametrize("fault", [Limited(5), Broken(503), Drops(after=False)])
async def test_a_file_that_cannot_go_up_sends_nothing_yet(fault):
    """While the bytes cannot be brought to Slack nothing is visible, so it is only a wait."""
    async with office() as there:
        there.fake.fails("files.getUploadURLExternal", fault)
        with pytest.raises(Throttled):
            await there.deliver(FILE)
        assert {} == there.fake.messages


async def test_a_card_is_not_sent_again_for_its_file():
    """Where the card arrived and Slack asked to wait with the file, the next try sends the file alone."""
    async with office() as there:
        there.fake.fails("files.completeUploadExternal", Limited(5))
        with pytest.raises(Throttled):
            await there.deliver(FILE)
        as_after_a_restart(there)
        first = await there.deliver(FILE)
        shared = [one for one in there.fake.files.values() if "shared" in one]
        assert (["7"], 1) == (cards(there), len(shared))
        assert f"DANA:{next(iter(there.fake.messages))[1]}" == first


@pytest.mark.parametrize("fault", [Broken(500), Drops(), Hangs()])
async def test_a_file_in_doubt_is_not_shared_again_by_itself(fault):
    """Where nobody knows whether the file was shared, the message is in doubt; a person may send the file again."""
    async with office(timeout_seconds=1.5) as there:
        there.fake.fails("files.completeUploadExternal", fault)
        with pytest.raises(Unsure):
            await there.deliver(FILE)
        assert 1 == len(there.fake.of("files.completeUploadExternal"))
        await there.deliver(FILE)
        assert ["7"] == cards(there)


@pytest.mark.parametrize("granted", [True, False])
async def test_without_files_the_card_says_so(granted):
    """Where files are switched off, or Slack refuses them, the card is sent and says that the file is missing."""
    async with office(files=granted) as there:
        there.fake.fails("files.getUploadURLExternal", Fails("missing_scope", {"needed": "files:write"}))
        await there.deliver(FILE)
        (told,) = there.fake.of("chat.postMessage")
        words = " ".join(texts(told["blocks"]))
        assert "The file coffee.ics could not be attached here." in words
        assert "could not be attached" in told["text"]


# --- introductions ----------------------------------------------------------------------------


async def test_an_introduction_is_one_conversation_where_that_is_allowed():
    """With the permission, both people are introduced in one conversation."""
    async with office(group_messages=True) as there:
        know(there)
        await there.deliver(INTRO)
        assert [("GANAMATEJ", "UANA,UMATEJ")] == [
            (channel, there.fake.of("conversations.open")[0]["users"]) for channel, _ in there.fake.messages
        ]


async def test_an_introduction_that_cannot_be_of_all_is_refused():
    """Without the permission, or while the other is not in Slack, nothing is sent: each is told alone instead."""
    async with office(group_messages=True) as there:
        know(there)
        there.fake.fails("conversations.open", Fails("missing_scope", {"needed": "mpim:write"}))
        with pytest.raises(Refused, match="missing_scope: mpim:write"):
            await there.deliver(INTRO)
        there.store.write_now(lambda work: work.apply([Put(replace(MATEJ, address=None))], MONDAY))
        with pytest.raises(Refused, match="no conversation in common"):
            await there.deliver(INTRO)
        there.channel = SlackChannel(there.calls, there.store, there.conversations)
        with pytest.raises(Refused, match="not switched on"):
            await there.deliver(INTRO)
        assert {} == there.fake.messages


# --- reading back -----------------------------------------------------------------------------


async def test_a_message_that_arrived_is_found_by_its_row():
    """With the permission to read, a message in doubt is found by its row, and one that is not there is not."""
    async with office(timeout_seconds=1.5) as there:
        look = read_back(there)
        there.fake.fails("chat.postMessage", Hangs(), Broken(500))
        for number in ("7", "8"):
            with pytest.raises(Unsure):
                await there.deliver(card(), row=number)
        ((channel, ts),) = there.fake.messages
        assert f"{channel}:{ts}" == await look.arrived(ANA, "7", there.clock.now())
        assert None is await look.arrived(ANA, "8", there.clock.now())


async def test_nothing_is_said_where_conversations_may_not_be_read():
    """Without the permission nothing is known, which is not the same as not arrived."""
    async with office() as there:
        with pytest.raises(Refused, match="im:history"):
            await read_back(there, history=False).arrived(ANA, "7", there.clock.now())
        look = read_back(there)
        there.fake.scopes = "chat:write"
        with pytest.raises(Refused, match="missing_scope: im:history"):
            await look.arrived(ANA, "7", there.clock.now())


async def test_a_card_without_its_file_has_not_arrived_and_is_not_sent_again():
    """A process that died between card and file: the message did not arrive, and what is sent again is the file."""
    async with office() as there:
        look = read_back(there)
        there.fake.fails("files.completeUploadExternal", Limited())
        with pytest.raises(Throttled):
            await there.deliver(FILE)
        there.store.write_now(lambda work: work.drop_setting("slack/half/7"))  # it died before it was stored
        assert None is await look.arrived(ANA, "7", there.clock.now())
        await there.deliver(FILE)
        assert (["7"], 1) == (cards(there), sum("shared" in one for one in there.fake.files.values()))


async def test_a_card_with_its_file_has_arrived():
    """A file after the card, before the bot's next message, is the card's."""
    async with office() as there:
        look = read_back(there)
        first = await there.deliver(FILE)
        later = f"{there.clock.now().timestamp():.0f}.900000"
        there.fake.messages["DANA", later] = {"ts": later, "files": [{"id": "F1"}], "metadata": {}}
        assert first == await look.arrived(ANA, "7", there.clock.now())


# --- through the outbox -----------------------------------------------------------------------


def outbox(there: Office) -> Outbox:
    """Return an outbox that has Slack alone."""
    return Outbox(store=there.store, channels={"slack": there.channel}, clock=there.clock, owner="test")


@pytest.mark.parametrize("groups", [True, False])
async def test_a_pair_is_introduced(groups: bool):
    """A pair is told in one conversation where the workspace allows it, else each alone; nobody twice."""
    async with office(group_messages=groups) as there:
        know(there)
        sends = [
            Send(to=one, content=INTRO, key=f"e1/hi/once/{one}:{one}:open", kind="info", not_before=MONDAY)
            for one in INTRO.people
        ]
        there.store.write_now(lambda work: work.intend(sends, MONDAY))
        box = outbox(there)
        await box.deliver()
        there.clock.move(hours=1)
        await box.deliver()
        expected = ["GANAMATEJ"] if groups else ["DANA", "DMATEJ"]
        assert expected == [channel for channel, _ in there.fake.messages]


def intend(there: Office, *keys: str, to: str = "ana") -> None:
    """Write messages into the outbox, one a quarter of an hour."""
    sends = [Send(to=to, content=card(key), key=key, kind="answer", not_before=MONDAY) for key in keys]
    there.store.write_now(lambda work: work.intend(sends, MONDAY))


def row(there: Office, key: str) -> Queued:
    """Return the outbox row of a key."""
    found = there.store.read_now(lambda work: work.row_by_key(key))
    assert found is not None
    return found


async def test_a_revoked_token_pauses_and_loses_nothing():
    """While the token is revoked nobody is lost or marked; after the app was installed again all is delivered."""
    async with office() as there:
        know(there)
        intend(there, "a")
        intend(there, "b", to="matej")
        there.fake.revoked.add(TOKEN)
        box = outbox(there)
        assert 0 == await box.deliver()
        calls = len(there.fake.calls)
        there.clock.move(minutes=5)
        assert (0, calls) == (await box.deliver(), len(there.fake.calls))
        assert {"pending"} == {row(there, "a").state, row(there, "b").state}
        await there.installations.async_save(installation(token="xoxb-lipa-2"))
        there.clock.move(minutes=10)
        assert 2 == await box.deliver()
        assert ("sent", "sent", ()) == (row(there, "a").state, row(there, "b").state, there.states.known())


async def test_after_an_installation_nothing_waits_any_longer():
    """What waited for a valid token goes as soon as the app was installed again, not when its wait is over."""
    async with office() as there:
        know(there)
        intend(there, "a")
        intend(there, "b", to="matej")
        there.fake.revoked.add(TOKEN)
        box = outbox(there)
        await box.deliver()
        await there.installations.async_save(installation(token="xoxb-lipa-2"))
        assert 0 == await box.deliver()
        await box.open("slack", "T1")
        assert 2 == await box.deliver()


async def test_two_limits_in_a_row_are_one_message_in_the_end():
    """After two 429 a message is sent as soon as Slack allows it; another person's does not wait for that."""
    async with office() as there:
        know(there)
        intend(there, "a")
        box = outbox(there)
        there.fake.fails("chat.postMessage", Limited(30), Limited(60))
        sent = [await box.deliver()]
        there.clock.move(seconds=31)
        sent.append(await box.deliver())
        intend(there, "b", to="matej")
        there.clock.move(seconds=59)
        sent.append(await box.deliver())
        there.clock.move(seconds=2)
        sent.append(await box.deliver())
        rows = [str(row(there, key).id) for key in ("b", "a")]
        assert ([0, 0, 1, 1], rows) == (sent, cards(there))


@pytest.mark.parametrize("fault", [Hangs(), Drops(), Broken(500, after=True)])
async def test_doubt_is_one_post_until_it_is_settled(fault):
    """After an accepted call without an answer there is one POST; reading back settles the row as delivered."""
    async with office(timeout_seconds=1.5) as there:
        know(there)
        look = read_back(there)
        intend(there, "a")
        there.fake.fails("chat.postMessage", fault)
        box = outbox(there)
        await box.deliver()
        there.clock.move(hours=3)
        await box.deliver()
        doubtful = row(there, "a")
        assert ("doubtful", 1) == (doubtful.state, len(there.fake.of("chat.postMessage")))
        found = await look.arrived(ANA, str(doubtful.id), MONDAY)
        assert found is not None
        await box.resolve(doubtful.id, True, found)
        settled = row(there, "a")
        assert ("sent", found) == (settled.state, settled.message)


async def test_a_deactivated_person_is_a_visible_state():
    """Whoever left Slack is marked with the reason, and the message counts as failed, not as ignored."""
    async with office() as there:
        know(there)
        there.fake.knows("UANA", "ana@example.org", deleted=True)
        intend(there, "a")
        await outbox(there).deliver()
        person = there.store.read_now(lambda work: work.person("ana"))
        assert ("failed", False, "switched_off") == (
            row(there, "a").state,
            person.reachable,
            person.trouble,
        )
