"""Teams as a channel: what people get, once, and what becomes of it when something goes wrong."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapters.teams.connector import Connector
from adapters.teams.deliver import TeamsChannel
from adapters.teams.references import Reference, References, reference_of
from adapters.teams.states import stored_states
from bot.app import compose
from bot.cli.teams_room import LIMITS
from bot.content import Button, Card, File, GroupIntro, Home, Text, say
from bot.events import Address, Arrived
from bot.outbox import Outbox
from bot.outcome import Put, Send
from bot.ports import Calling, Delivery, Gathering, Queued, Refused, Throttled, Unreachable, Unsure
from tests.fake_platform import Broken, Drops, Hangs, Held
from tests.teams_fake import BOT, SECRET, TENANT, Elsewhere, Limited, Mute, Says
from tests.teams_out import ANA, MATEJ, MONDAY, SECRET_WORDS, Office, Pages, card, no_jitter, office

FILE = File(name="coffee.ics", mime="text/calendar", data=b"BEGIN:VCALENDAR", card=card("Coffee on Monday"))
INTRO = GroupIntro(("ana", "matej"), card("Say hello"))


def texts(value: object) -> Iterator[str]:
    """Return every text in a card."""
    if isinstance(value, dict):
        for name in ("text", "title", "label"):
            if isinstance(value.get(name), str):
                yield value[name]
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def urls(value: object) -> list[str]:
    """Return every address that a button in a card opens."""
    if isinstance(value, dict):
        own = [value["url"]] if value.get("type") == "Action.OpenUrl" else []
        return own + [url for one in value.values() for url in urls(one)]
    return [url for one in value for url in urls(one)] if isinstance(value, list) else []


def know(there: Office) -> None:
    """Let the database know Ana and Matej."""
    there.store.write_now(lambda work: work.apply([Put(ANA), Put(MATEJ)], MONDAY))


# --- messages --------------------------------------------------------------------------------


async def test_a_card_stands_in_the_persons_own_conversation():
    """A card is one message in the conversation in which the person wrote; none is opened for it."""
    async with office() as there:
        await there.meets("u-ana")
        first = await there.deliver(card("Hello"))
        ((conversation, activity),) = there.fake.messages
        assert (f"a:u-ana|{activity}", "a:u-ana", []) == (first, conversation, there.fake.of("open"))
        (told,) = there.fake.of("send")
        assert "Hello" in " ".join(texts(told["attachments"]))
        assert ({"id": BOT}, {"id": "29:u-ana", "aadObjectId": "u-ana"}, "a:u-ana", TENANT) == (
            told["from"],
            told["recipient"],
            told["conversation"]["id"],
            told["channelData"]["tenant"]["id"],
        )


async def test_who_has_no_id_in_entra_is_given_none():
    """An id towards this bot alone is never passed off as one of the organisation."""
    async with office() as there:
        came = replace(there.came("u-ana"), user="29:u-ana")
        assert ("29:u-ana", "") == (reference_of(came).user, reference_of(came).entra)


async def test_odd_ids_of_conversations_arrive_whole():
    """Whatever stands in a conversation's id is quoted in the address, and arrives as it was."""
    async with office() as there:
        odd = "19:a b/č?x=1&y#z;messageid=17@thread.tacv2"
        there.fake.knows("u-ana", "ana@example.org")
        there.fake.conversations[odd] = "u-ana"
        await there.references.note(there.came("u-ana", odd))
        first = await there.deliver(card("Hello"))
        await there.deliver(card("Thank you"), replaces=first)
        assert ([odd], 1) == (
            [conversation for conversation, _ in there.fake.messages],
            len(there.fake.of("change")),
        )


async def test_words_are_in_the_readers_language():
    """What is sent is rendered for its reader."""
    async with office() as there:
        await there.meets("u-ana")
        hello = Card(say("A question"), (), (Button(say("Later"), "later", "e1"),))
        await there.deliver(hello, to=replace(ANA, language="qps"))
        assert "Later" not in " ".join(texts(there.fake.of("send")[0]))


async def test_a_changed_message_keeps_its_id():
    """What replaces a message changes it in its place, and no second one is sent."""
    async with office() as there:
        await there.meets("u-ana")
        first = await there.deliver(card("Hello"))
        assert first == await there.deliver(card("Thank you"), replaces=first)
        ((_, message),) = there.fake.messages.items()
        assert "Thank you" in " ".join(texts(message["attachments"]))


async def test_a_message_of_another_channel_is_not_changed():
    """The id of a mail is refused before anything is called."""
    async with office() as there:
        await there.meets("u-ana")
        with pytest.raises(Refused, match="not sent by Teams"):
            await there.deliver(card(), replaces="<7.telemachy@example.org>")
        with pytest.raises(Refused, match="not sent by Teams"):
            await there.connector.put(there.reference(), "DANA:17.1", {"type": "message"})
        assert [] == there.fake.calls


async def test_a_message_that_is_gone_is_not_changed():
    """A message that was deleted is refused, once, and no other is written."""
    async with office() as there:
        await there.meets("u-ana")
        with pytest.raises(Refused, match="ActivityNotFoundInConversation"):
            await there.deliver(card("Thank you"), replaces="a:u-ana|17")
        assert (1, {}) == (len(there.fake.of("change")), there.fake.messages)


async def test_a_home_is_drawn_when_it_is_looked_at():
    """A home counts as delivered and sends nothing: the tab shows it."""
    async with office() as there:
        assert ("", []) == (await there.deliver(Home(say("Mentoring"), (card("Next"),))), there.fake.calls)


async def test_a_files_card_opens_the_page_of_its_row():
    """A file is fetched by a link for its reader alone, to the outbox row that carries it."""
    async with office(links=Pages()) as there:
        await there.meets("u-ana")
        await there.deliver(FILE, row="42")
        assert ["https://bot.example.org/file/42?for=ana"] == urls(there.fake.of("send")[0])


async def test_without_pages_a_files_card_says_so():
    """Where we have no pages, the card is sent and says that the file is missing."""
    async with office() as there:
        await there.meets("u-ana")
        await there.deliver(FILE)
        (told,) = there.fake.of("send")
        assert "The file coffee.ics could not be attached here." in " ".join(texts(told))
        assert [] == urls(told)


async def test_an_introduction_is_a_card_for_each():
    """Teams lets no bot begin a conversation of several, so an introduction is drawn as its card."""
    async with office() as there:
        await there.meets("u-ana")
        await there.deliver(INTRO)
        assert "Say hello" in " ".join(texts(there.fake.of("send")[0]))
        assert not isinstance(there.channel, Gathering)


async def test_what_is_too_large_is_refused_by_its_place():
    """A card that Teams would refuse is refused with the limit, before the call, and without a word of it."""
    async with office() as there:
        await there.meets("u-ana")
        long = Card(say("A question"), tuple(card("marker " * 280).blocks) * 40)
        with pytest.raises(Refused) as caught:
            await there.deliver(long)
        assert str(caught.value).startswith("not for Teams: ")
        assert ("marker" in str(caught.value), []) == (False, there.fake.of("send"))


# --- where people are -------------------------------------------------------------------------


async def test_somebody_who_is_not_in_teams_is_unreachable():
    """Without an address in Teams there is nothing to call."""
    async with office() as there:
        for address in (None, Address("slack", "UANA", "T1")):
            with pytest.raises(Unreachable) as caught:
                await there.deliver(card(), to=replace(ANA, address=address))
            assert ("unknown", []) == (caught.value.trouble, there.fake.calls)


async def test_where_nobody_ever_wrote_nobody_can_be_reached():
    """Before anybody of the tenant has opened the app, nobody knows where to write."""
    async with office() as there:
        for replaces in ("", "a:u-ana|17"):
            with pytest.raises(Unreachable) as caught:
                await there.deliver(card(), replaces=replaces)
            assert ("not_installed", []) == (caught.value.trouble, there.fake.calls)


async def test_the_first_message_to_a_tenant_needs_nobody_to_have_written():
    """A bot that Graph installs for people may write first: the Connector has an address for all tenants."""
    async with office() as there:
        there.fake.knows("u-ana", "ana@example.org")
        called: list[tuple[Reference, str]] = []

        async def opens(reference: Reference, user: str) -> str:
            called.append((reference, user))
            return "a:u-ana"

        async def posts(reference: Reference, activity: object) -> str:
            called.append((reference, reference.conversation))
            return "a:u-ana|1"

        there.connector.open, there.connector.post = opens, posts  # no network here leads to Microsoft
        channel = TeamsChannel(there.connector, there.references, app_id="app-1")
        assert "a:u-ana|1" == await channel.deliver(Delivery(id="7", to=ANA, content=card(), replaces=""))

        first = Reference(
            service_url="https://smba.trafficmanager.net/teams/",
            conversation="",
            user="",
            bot="28:app-1",
            tenant=TENANT,
        )
        assert [
            (first, "u-ana"),
            (replace(first, conversation="a:u-ana", user="u-ana", entra="u-ana"), "a:u-ana"),
        ] == called


async def test_a_message_that_teams_took_without_a_word_is_sent():
    """Teams may take a message and not say which it is: it is delivered, and can only not be changed later."""
    async with office() as there:
        await there.meets("u-ana")
        there.fake.fails("send", Mute())
        assert ("", 1) == (await there.deliver(card()), len(there.fake.messages))


async def test_a_conversation_is_opened_once_for_who_never_wrote():
    """Where a colleague has written, one who has the app is written to; their conversation is opened once."""
    async with office() as there:
        await there.meets("u-matej")
        there.fake.knows("u-ana", "ana@example.org")
        del there.fake.conversations["a:u-ana"]
        await there.deliver(card("Hello"))
        await there.deliver(card("Again"), row="8")
        (opened,) = there.fake.of("open")
        assert ({"id": BOT}, [{"id": "u-ana"}], TENANT, False) == (
            opened["bot"],
            opened["members"],
            opened["tenantId"],
            opened["isGroup"],
        )
        assert ["a:u-ana", "a:u-ana"] == [conversation for conversation, _ in there.fake.messages]
        # Another process knows it too.
        other = TeamsChannel(there.connector, References(there.store, there.clock))
        there.channel = other
        await there.deliver(card("Later"), row="9")
        assert 1 == len(there.fake.of("open"))


async def test_who_has_not_got_the_app_is_a_state_of_its_own():
    """Known in Teams, and the app is not there for them: nothing is sent, and that is the reason shown."""
    async with office() as there:
        await there.meets("u-matej")
        there.fake.knows("u-ana", "ana@example.org", installed=False)
        with pytest.raises(Unreachable) as caught:
            await there.deliver(card())
        assert ("not_installed", {}) == (caught.value.trouble, there.fake.messages)


@pytest.mark.parametrize(
    ("code", "trouble"),
    [("BotNotInConversationRoster", "not_installed"), ("ConversationBlockedByUser", "blocked")],
)
async def test_who_never_had_the_app_has_not_removed_it(code, trouble):
    """Where a conversation cannot even be opened, the app was never there; who blocks it blocks it all the same."""
    async with office() as there:
        await there.meets("u-matej")
        there.fake.knows("u-ana", "ana@example.org")
        there.fake.fails("open", Says(403, code))
        with pytest.raises(Unreachable) as caught:
            await there.deliver(card())
        assert trouble == caught.value.trouble


async def test_a_conversation_that_teams_forgot_is_opened_anew():
    """A conversation that is no longer there is opened again, once, and the message arrives in the new one."""
    async with office() as there:
        await there.meets("u-ana")
        there.fake.fails("send", Says(404, "ConversationNotFound"))
        await there.deliver(card("Hello"))
        (opened,) = there.fake.of("open")
        assert ([{"id": "29:u-ana"}], 1, 2) == (
            opened["members"],
            len(there.fake.messages),
            len(there.fake.of("send")),
        )


async def test_opening_that_fails_leaves_nothing_in_doubt():
    """A conversation opened twice is the same, so where nobody knows whether it was, it is only a wait."""
    async with office(timeout_seconds=1.5) as there:
        await there.meets("u-matej")
        there.fake.knows("u-ana", "ana@example.org")
        for fault in (Drops(), Hangs(), Broken(500), Broken(502), Mute()):
            there.fake.fails("open", fault)
            with pytest.raises(Throttled):
                await there.deliver(card())
        assert {} == there.fake.messages


async def test_references_are_written_only_when_they_change():
    """Everything that comes from Teams is taken note of; what is known already is not written again."""

    class Counts:
        def __init__(self, store):
            self.store, self.writes = store, 0

        async def read(self, work):
            return await self.store.read(work)

        async def write(self, work, lane="inbound"):
            self.writes += 1
            return await self.store.write(work, lane)

    async with office() as there:
        counts = Counts(there.store)
        kept = References(counts, there.clock)
        came = there.came("u-ana")
        for _ in range(3):
            await kept.note(came)
            there.clock.move(hours=1)
        assert 1 == counts.writes
        await kept.note(replace(came, service_url=came.service_url.replace("emea", "amer")))
        assert 2 == counts.writes
        found = await References(counts, there.clock).of(Address("teams", "u-ana", TENANT))
        assert found is not None
        assert found.service_url.endswith("/amer/")


@pytest.mark.parametrize(
    "odd",
    [
        {"personal": False, "conversation": "19:team@thread.tacv2"},
        {"kind": "removed"},
        {"user": ""},
        {"tenant": ""},
        {"conversation": ""},
        {"service_url": ""},
    ],
)
async def test_only_a_persons_own_conversation_is_remembered(odd):
    """What several read, what says goodbye, and what lacks a part, is no place to write to somebody."""
    async with office() as there:
        await there.references.note(replace(there.came("u-ana"), **odd))
        assert {} == there.settings()


async def test_another_process_hears_of_a_newer_reference():
    """What is at hand is read again after some minutes."""
    async with office() as there:
        await there.meets("u-ana")
        who = Address("teams", "u-ana", TENANT)
        other = References(there.store, there.clock)
        await other.of(who)
        await there.references.note(there.came("u-ana", "a:new"))
        there.clock.move(minutes=10)
        assert "a:new" == (await other.of(who)).conversation


@pytest.mark.parametrize("kept", ["", "{", "[]", "17", '{"service_url": "https://x.example"}'])
async def test_a_broken_reference_is_learned_anew(kept):
    """What cannot be read stands for nothing."""
    async with office() as there:
        there.store.write_now(lambda work: work.keep_setting(f"teams/reference/{TENANT}/u-ana", kept))
        assert None is await there.references.of(Address("teams", "u-ana", TENANT))


async def test_a_dropped_reference_is_gone_everywhere():
    """Where a person is written to can be forgotten."""
    async with office() as there:
        await there.meets("u-ana")
        await there.references.drop(Address("teams", "u-ana", TENANT))
        assert None is await there.references.of(Address("teams", "u-ana", TENANT))
        assert [f"teams/service/{TENANT}"] == list(there.settings())


# --- what Teams says -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        (Says(403, "MessageWritesBlocked"), "blocked"),
        (Says(403, "Forbidden", sub="MessageWritesBlocked"), "blocked"),
        (Says(403, "Forbidden", words='{"subCode":"MessageWritesBlocked"}'), "blocked"),
        (Says(403, "ConversationBlockedByUser"), "blocked"),
        (Says(403, "BotDisabledByAdmin"), "blocked"),
        (Says(403, "BotNotInConversationRoster"), "app_removed"),
        (Says(403, "ForbiddenOperationException"), "not_installed"),
    ],
)
async def test_who_cannot_be_written_to_is_unreachable(fault, trouble):
    """Blocked, removed, or never installed: each is a state that a coordinator can read, and is not tried again."""
    async with office() as there:
        await there.meets("u-ana")
        there.fake.fails("send", fault)
        with pytest.raises(Unreachable) as caught:
            await there.deliver(card())
        assert (trouble, 1) == (caught.value.trouble, len(there.fake.of("send")))


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Says(400, "BadArgument", words=SECRET_WORDS), "BadArgument"),
        (Says(403, "NotEnoughPermissions"), "NotEnoughPermissions"),
        (Says(413, "MessageSizeTooBig"), "MessageSizeTooBig"),
        (Broken(413), "MessageSizeTooBig"),
    ],
)
async def test_what_teams_will_never_take_is_refused(fault, why):
    """A message that cannot be delivered as it is fails once, with Microsoft's code and no word of the message."""
    async with office() as there:
        await there.meets("u-ana")
        there.fake.fails("send", fault)
        with pytest.raises(Refused) as caught:
            await there.deliver(card())
        assert (why, 1) == (str(caught.value), len(there.fake.of("send")))


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Limited(45), 45.0),
        (Limited(0), 1.0),
        (Limited(86_400), 3600.0),
        (Limited(None), 2.0),
        (Says(412, "PreconditionFailed"), 2.0),
        (Says(502, "ServiceError"), 2.0),
        (Says(504, "GatewayTimeout"), 2.0),
        (Says(503, "ServiceUnavailable"), 2.0),
        (Broken(503), 2.0),
        (Broken(412), 2.0),
        (Broken(404), 2.0),
    ],
)
async def test_what_passes_is_waited_for(fault, seconds):
    """Where the Connector turned a message away it is tried again: when it says, else after a little while."""
    async with office() as there:
        await there.meets("u-ana")
        there.fake.fails("send", fault)
        with pytest.raises(Throttled) as caught:
            await there.deliver(card())
        assert (seconds, False, {}) == (caught.value.seconds, caught.value.everybody, there.fake.messages)


async def test_waits_grow_with_each_try_and_end_with_success():
    """Each try that fails waits twice as long, to five minutes at most; after a message that went well, from new."""
    async with office() as there:
        await there.meets("u-ana")
        waits = []
        for _ in range(10):
            there.fake.fails("send", Says(412, "PreconditionFailed"))
            with pytest.raises(Throttled) as caught:
                await there.deliver(card())
            waits.append(caught.value.seconds)
        assert [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0, 300.0] == waits
        await there.deliver(card())
        there.fake.fails("send", Says(412, "PreconditionFailed"))
        with pytest.raises(Throttled) as caught:
            await there.deliver(card())
        assert 2.0 == caught.value.seconds


async def test_waits_are_not_the_same_for_all():
    """With jitter a wait is up to half as long again, so that those who failed together come back apart."""
    async with office() as there:
        await there.meets("u-ana")
        connector = Connector(
            wire=there.wire, tokens=there.tokens, states=there.states, development=True, jitter=lambda: 0.5
        )
        there.fake.fails("send", Says(412, "PreconditionFailed"))
        with pytest.raises(Throttled) as caught:
            await connector.post(there.reference(), {"type": "message", "text": "Hello"})
        assert 2.5 == caught.value.seconds


@pytest.mark.parametrize(
    "fault",
    [
        Hangs(),
        Drops(),
        Drops(after=False),
        Broken(500),
        Says(500, "ServiceError"),
        Broken(502),
        Broken(504),
        Broken(200),
    ],
    ids=str,
)
async def test_what_nobody_knows_is_in_doubt(fault):
    """Where the request left and nobody of Teams said what became of it, it may have arrived: once is enough."""
    async with office(timeout_seconds=1.5) as there:
        await there.meets("u-ana")
        there.fake.fails("send", fault)
        with pytest.raises(Unsure):
            await there.deliver(card())
        assert 1 == len(there.fake.of("send"))


@pytest.mark.parametrize(
    "fault",
    [
        Hangs(),
        Drops(after=False),
        Broken(500),
        Broken(502),
        Broken(504),
        Limited(30),
        Says(412, "PreconditionFailed"),
    ],
    ids=str,
)
async def test_a_change_is_simply_made_again(fault):
    """A message changed twice is as if changed once, so nothing of it is in doubt."""
    async with office(timeout_seconds=1.5) as there:
        await there.meets("u-ana")
        first = await there.deliver(card("Hello"))
        # What hinders a connection that stood open is tried again at once where that does no harm.
        there.fake.fails("change", fault, fault)
        with pytest.raises(Throttled):
            await there.deliver(card("Thank you"), replaces=first)


async def test_without_a_connection_nothing_was_sent():
    """Where nobody listens the message never left: it waits, and nothing is in doubt."""
    async with office() as there:
        await there.meets("u-ana")
        await there.tokens.bearer()
        reference = there.reference(service_url="http://127.0.0.1:9/emea/")
        with pytest.raises(Throttled) as caught:
            await there.connector.post(reference, {"type": "message", "text": "Hello"})
        assert "no connection" == caught.value.why


async def test_a_message_that_left_before_the_end_of_a_closed_bot_waits():
    """Once the connections are closed nothing leaves any more, and nothing is in doubt."""
    async with office() as there:
        await there.meets("u-ana")
        await there.wire.close()
        with pytest.raises(Throttled):
            await there.deliver(card())


# --- whom the token is shown to ----------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://smba.trafficmanager.net/emea/",
        "https://smba.trafficmanager.net.evil.example/emea/",
        "https://evil.example/smba.trafficmanager.net/",
        "https://user@smba.trafficmanager.net/",
        "https://169.254.169.254/metadata/",
        "http://127.0.0.1:80/",
    ],
)
async def test_a_kept_address_is_checked_before_each_message(url):
    """Whatever stands in the database, the bot's token goes to Teams' own addresses and nowhere else."""
    async with office() as there:
        strict = Connector(wire=there.wire, tokens=there.tokens, states=there.states, jitter=no_jitter)
        for call in (
            strict.post(there.reference(service_url=url), {"type": "message", "text": "Hello"}),
            strict.put(there.reference(service_url=url), "a:u-ana|1", {"type": "message", "text": "Hello"}),
            strict.open(there.reference(service_url=url), "u-ana"),
            strict.member(there.reference(service_url=url), "u-ana"),
        ):
            with pytest.raises(Refused, match="service address"):
                await call
        assert [] == there.fake.calls


async def test_redirects_are_not_followed():
    """A redirect is nobody's answer: the token is not carried along, and everybody waits."""
    async with office() as there:
        await there.meets("u-ana")
        there.fake.fails("send", Elsewhere(f"{there.fake.service_url}v3/conversations/a:u-ana/activities"))
        with pytest.raises(Throttled) as caught:
            await there.deliver(card())
        assert (True, "http 307", 1, {}) == (
            caught.value.everybody,
            caught.value.why,
            len(there.fake.of("send")),
            there.fake.messages,
        )


async def test_a_refused_token_is_renewed_once():
    """A token that Teams no longer takes is fetched anew, and the message is sent with the new one."""
    async with office() as there:
        await there.meets("u-ana")
        await there.deliver(card("Hello"))
        there.fake.revoked.add("token-1")
        await there.deliver(card("Again"), row="8")
        assert (2, 2, 3) == (
            len(there.fake.messages),
            len(there.fake.of("token")),
            len(there.fake.of("send")),
        )


async def test_a_token_refused_twice_keeps_everybody_waiting():
    """Where a new token is refused too, nobody of the tenant is served until somebody mends it, and that shows."""
    async with office() as there:
        await there.meets("u-ana")
        for code in ("", "BotNotRegistered"):
            fault = Says(401, code) if code else Broken(401)
            there.fake.fails("send", fault, fault)
            with pytest.raises(Throttled) as caught:
                await there.deliver(card())
            why = code or "unauthorized"
            assert (True, 600.0, why) == (caught.value.everybody, caught.value.seconds, caught.value.why)
            assert {TENANT: why} == there.why()
        (state,) = there.store.read_now(stored_states)
        assert (TENANT, MONDAY, True) == (state.place, state.since, "[teams] app_id" in state.fix)
        await there.deliver(card())
        assert ({}, ()) == (there.why(), there.store.read_now(stored_states))


async def test_without_tokens_only_a_stand_in_is_called():
    """A connector without tokens is refused, but for development."""
    async with office() as there:
        with pytest.raises(ValueError, match="without a token"):
            Connector(wire=there.wire, tokens=None, states=there.states)
        bare = Connector(wire=there.wire, tokens=None, states=there.states, development=True)
        there.fake.fails("send", Says(200, "ok"))
        await bare.post(there.reference(), {"type": "message", "text": "Hello"})
        assert [""] == [call.token for call in there.fake.calls]


# --- links -------------------------------------------------------------------------------------


async def test_links_open_a_chat_and_a_call_of_these_people():
    """People who are in Teams together get links that Teams opens, with every part quoted."""
    async with office() as there:
        odd = replace(MATEJ, email="matej+č&x=1@example.org")
        assert "https://teams.microsoft.com/l/chat/0/0?users=ana%40example.org,matej%40example.org" == (
            there.channel.chat_link((ANA, MATEJ))
        )
        assert (
            "https://teams.microsoft.com/l/call/0/0?users=ana%40example.org,matej%2B%C4%8D%26x%3D1%40example.org"
            "&withVideo=true"
        ) == there.channel.call_link((ANA, odd))
        assert isinstance(there.channel, Calling)


@pytest.mark.parametrize(
    ("changed", "known"),
    [
        ({"address": Address("teams", "u-matej", "t-other")}, False),
        ({"address": Address("slack", "UMATEJ", TENANT)}, False),
        ({"address": None}, False),
        ({"email": ""}, False),
        ({"address": Address("slack", "UMATEJ", "T1"), "also": (MATEJ.address,)}, True),
    ],
)
async def test_links_are_only_for_those_whom_teams_knows_together(changed, known):
    """Of people in other tenants or other chats Teams knows nothing; wherever they are known counts."""
    async with office() as there:
        people = (ANA, replace(MATEJ, **changed))
        assert (known, known) == (
            bool(there.channel.chat_link(people)),
            bool(there.channel.call_link(people)),
        )
        assert ("", "") == (there.channel.chat_link(()), there.channel.call_link(()))


# --- nothing anybody wrote, and no token, in a log -----------------------------------------------


async def test_no_log_holds_words_or_tokens(caplog):
    """Whatever happens to a message, neither its words nor the token nor the secret is written down."""
    caplog.set_level(logging.DEBUG)
    async with office(timeout_seconds=1.5) as there:
        await there.meets("u-ana")
        faults = (
            Limited(),
            Says(400, "BadArgument", words=SECRET_WORDS),
            Says(403, "MessageWritesBlocked", words=SECRET_WORDS),
            Broken(401),
            Broken(401),
            Broken(500),
            Drops(),
            Hangs(),
        )
        there.fake.fails("send", *faults)
        raised = []
        for _ in range(7):
            with pytest.raises((Refused, Throttled, Unreachable, Unsure)) as caught:
                await there.deliver(card())
            raised.append(f"{caught.value!r} {getattr(caught.value, 'why', '')}")
        told = caplog.text + json.dumps(raised)
        assert [] == [one for one in (SECRET_WORDS, SECRET, "token-1", "token-2") if one in told]


# --- through the outbox -----------------------------------------------------------------------


def outbox(there: Office, **more: object) -> Outbox:
    """Return an outbox that has Teams alone."""
    return Outbox(
        store=there.store, channels={"teams": there.channel}, clock=there.clock, owner="test", **more
    )


def intend(there: Office, *keys: str, to: str = "ana", kind: str = "answer") -> None:
    """Write messages into the outbox."""
    sends = [Send(to=to, content=card(key), key=key, kind=kind, not_before=MONDAY) for key in keys]
    there.store.write_now(lambda work: work.intend(sends, MONDAY))


def row(there: Office, key: str) -> Queued:
    """Return the outbox row of a key."""
    found = there.store.read_now(lambda work: work.row_by_key(key))
    assert found is not None
    return found


async def test_a_wrong_secret_pauses_and_loses_nothing():
    """While the secret is wrong nobody is lost or marked, and Teams is not called; then all is delivered."""
    async with office(secret="another-4711") as there:
        know(there)
        await there.meets("u-ana")
        await there.meets("u-matej")
        intend(there, "a")
        intend(there, "b", to="matej")
        box = outbox(there)
        assert 0 == await box.deliver()
        there.clock.move(minutes=5)
        assert (0, 1, []) == (await box.deliver(), len(there.fake.of("token")), there.fake.of("send"))
        assert ({"pending"}, {TENANT: "wrong_secret"}) == (
            {row(there, "a").state, row(there, "b").state},
            there.why(),
        )
        there.fake.secret = "another-4711"
        there.clock.move(minutes=10)
        assert 2 == await box.deliver()
        assert ("sent", "sent", {}) == (row(there, "a").state, row(there, "b").state, there.why())


async def test_two_limits_in_a_row_are_one_message_in_the_end():
    """After two 429 a message is sent as soon as Teams allows it; another person's does not wait for that."""
    async with office() as there:
        know(there)
        await there.meets("u-ana")
        await there.meets("u-matej")
        intend(there, "a")
        box = outbox(there)
        there.fake.fails("send", Limited(30), Limited(60))
        sent = [await box.deliver()]
        there.clock.move(seconds=31)
        sent.append(await box.deliver())
        intend(there, "b", to="matej")
        there.clock.move(seconds=59)
        sent.append(await box.deliver())
        there.clock.move(seconds=2)
        sent.append(await box.deliver())
        assert ([0, 0, 1, 1], ["a:u-matej", "a:u-ana"]) == (
            sent,
            [conversation for conversation, _ in there.fake.messages],
        )


@pytest.mark.parametrize(
    "fault", [Hangs(), Drops(), Broken(500, after=True), Broken(504, after=True)], ids=str
)
async def test_doubt_is_one_post_until_it_is_settled(fault):
    """After an accepted call without an answer there is one POST, until a person settles it."""
    async with office(timeout_seconds=1.5) as there:
        know(there)
        await there.meets("u-ana")
        intend(there, "a")
        there.fake.fails("send", fault)
        box = outbox(there)
        await box.deliver()
        there.clock.move(hours=3)
        await box.deliver()
        doubtful = row(there, "a")
        assert ("doubtful", 1, 1) == (
            doubtful.state,
            len(there.fake.of("send")),
            len(there.fake.messages),
        )
        await box.resolve(doubtful.id, False)
        assert 1 == await box.deliver()
        assert ("sent", 2) == (row(there, "a").state, len(there.fake.of("send")))


async def test_a_blocked_person_is_a_visible_state_until_the_app_is_back():
    """Who blocks the bot is marked with the reason and not written to again; installed again they are reached."""
    async with office() as there:
        know(there)
        await there.meets("u-ana")
        app = compose(store=there.store, channels={"teams": there.channel}, clock=there.clock, owner="test")
        there.fake.blocked.add("u-ana")
        intend(there, "a")
        box = outbox(there)
        await box.deliver()
        person = there.store.read_now(lambda work: work.person("ana"))
        assert ("failed", False, "blocked") == (row(there, "a").state, person.reachable, person.trouble)
        there.clock.move(hours=1)
        await box.deliver()
        assert 1 == len(there.fake.of("send"))
        there.fake.blocked.clear()
        await app.receive(Arrived(key="teams:1", who=ANA.address))
        person = there.store.read_now(lambda work: work.person("ana"))
        assert (True, "") == (person.reachable, person.trouble)


async def test_a_launch_stays_within_what_teams_allows():
    """Sixty people who begin on one morning are all written to, and Teams never has to ask for patience."""
    async with office(limited=True) as there:
        people = [replace(ANA, id=f"p{n}", email=f"p{n}@example.org") for n in range(60)]
        people = [replace(one, address=Address("teams", f"u-{one.id}", TENANT)) for one in people]
        there.store.write_now(lambda work: work.apply([Put(one) for one in people], MONDAY))
        for one in people:
            await there.meets(one.address.user)
            intend(there, f"{one.id}-1", f"{one.id}-2", to=one.id)
        box = outbox(there, limits={"teams": LIMITS})
        seconds = 0
        while len(there.fake.messages) < 60 and seconds < 60:
            await box.deliver()
            there.clock.move(seconds=1)
            seconds += 1
        refused = [key for one in people for key in (f"{one.id}-1",) if row(there, key).state != "sent"]
        assert ([], True) == (refused, len(there.fake.of("send")) == len(there.fake.messages))
        assert seconds <= 6, f"{seconds} s for 60 people at 25 a second"


async def test_a_message_held_up_ends_in_doubt_and_not_twice():
    """What the outbox gives up waiting for may have arrived: it is in doubt, and sent once."""
    async with office() as there:
        know(there)
        await there.meets("u-ana")
        intend(there, "a")
        held = Held()
        there.fake.fails("send", held)
        box = outbox(there, timeout_seconds=0.2)
        await box.deliver()
        assert ("doubtful", 1) == (row(there, "a").state, len(there.fake.of("send")))
        held.go.set()
        await asyncio.sleep(0)


async def test_texts_of_a_message_are_there_for_notices():
    """A message says in plain words what it is about: that is what a phone shows."""
    async with office() as there:
        await there.meets("u-ana")
        await there.deliver(Card(say("A question"), (Text(say("Hello")),)))
        assert "A question" in there.fake.of("send")[0]["summary"]
