"""Calls to Slack: one connection, no second try, and errors that say what to do and nothing of what was sent."""

from __future__ import annotations

import logging

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.calls import Calls
from adapters.slack.faults import LATER_SECONDS, SOON_SECONDS, ported
from adapters.slack.installations import Installations
from adapters.slack.states import FIXES, States, stored_states
from adapters.slack.wire import Wire
from bot.ports import Refused, Throttled, Unreachable, Unsure
from tests.fake_platform import Broken, Drops, Hangs
from tests.slack_fake import Fails, Limited
from tests.slack_out import SECRET_WORDS, TOKEN, Office, card, installation, office


async def say_hello(client: AsyncWebClient) -> AsyncSlackResponse:
    """Send words that nobody may find again."""
    return await client.chat_postMessage(channel="DANA", text=SECRET_WORDS)


async def trouble(there: Office, method: str = "chat.postMessage", workspace: str = "T1") -> Exception:
    """Return what a call raises."""
    with pytest.raises((Refused, Throttled, Unreachable, Unsure)) as caught:
        await there.calls.ask(workspace, method, say_hello)
    return caught.value


def answered(status: int, data: dict[str, object], headers: dict[str, str] | None = None) -> SlackApiError:
    """Return what the SDK raises for an answer."""
    response = AsyncSlackResponse(
        client=None,
        http_verb="POST",
        api_url="",
        req_args={},
        data=data,
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("", response)


# --- what an error means ---------------------------------------------------------------------


async def test_a_limit_is_waited_for_each_time_as_slack_says():
    """Two 429 in a row are two waits of as long as Slack says, and each is one call."""
    async with office() as there:
        there.fake.fails("chat.postMessage", Limited(31), Limited(7))
        waits = [await trouble(there), await trouble(there)]
        assert [(31.0, False), (7.0, False)] == [(one.seconds, one.everybody) for one in waits]
        assert 2 == len(there.fake.of("chat.postMessage"))


@pytest.mark.parametrize(
    "fault",
    [Broken(500), Broken(502, after=True), Drops(), Drops(after=False), Hangs(), Fails("internal_error")],
)
async def test_what_may_have_arrived_is_in_doubt_after_one_call(fault):
    """A failure after the request left is doubt, and the request was made once."""
    async with office(timeout_seconds=1.5) as there:
        there.fake.fails("chat.postMessage", fault)
        assert isinstance(await trouble(there), Unsure)
        assert 1 == len(there.fake.of("chat.postMessage"))


@pytest.mark.parametrize("fault", [Broken(500), Drops(), Hangs(), Fails("internal_error")])
async def test_what_may_be_repeated_is_no_doubt(fault):
    """A change of a message can be made twice, so a failure in the middle is only a wait."""
    async with office(timeout_seconds=1.5) as there:
        there.fake.fails("chat.postMessage", fault)
        found = await trouble(there, "chat.update")
        assert (Throttled, SOON_SECONDS, False) == (type(found), found.seconds, found.everybody)


async def test_a_refused_connection_delivered_nothing():
    """Where nobody listens, nothing left: that is a wait and no doubt."""
    async with office() as there:
        wire = Wire(api_url=f"http://127.0.0.1:{unused_port()}/api/")
        there.calls = Calls(wire=wire, bots=there.installations, states=there.states)
        found = await trouble(there)
        assert (Throttled, SOON_SECONDS) == (type(found), found.seconds)
        await wire.close()


@pytest.mark.parametrize(
    ("code", "meaning", "why"),
    [
        ("user_not_found", Unreachable, "switched_off"),
        ("users_not_found", Unreachable, "switched_off"),
        ("user_disabled", Unreachable, "switched_off"),
        ("cannot_dm_bot", Unreachable, "switched_off"),
        ("channel_not_found", Unreachable, "switched_off"),
        ("is_archived", Unreachable, "blocked"),
        ("not_in_channel", Unreachable, "blocked"),
        ("ratelimited", Throttled, "ratelimited"),
        ("message_not_found", Refused, ""),
        ("cant_update_message", Refused, ""),
        ("edit_window_closed", Refused, ""),
        ("msg_blocks_too_long", Refused, ""),
        ("msg_too_long", Refused, ""),
    ],
)
def test_each_code_has_its_meaning(code, meaning, why):
    """Slack's codes become what the outbox can act on, with the code as the reason."""
    found = ported(answered(200, {"ok": False, "error": code}), "chat.postMessage")
    assert meaning is type(found)
    assert why == getattr(found, "trouble", getattr(found, "why", ""))
    assert code == (found.why if isinstance(found, Throttled) else str(found))


async def test_a_message_to_change_that_is_gone_says_nothing_of_the_person():
    """The conversation of an old message may be gone: the change is refused, and the person stays reachable."""
    async with office() as there:
        there.fake.fails("chat.postMessage", Fails("channel_not_found"), Fails("is_archived"))
        assert [Refused, Refused] == [type(await trouble(there, "chat.update")) for _ in range(2)]


async def test_a_missing_scope_is_named():
    """A refusal for want of a permission says which one."""
    async with office() as there:
        there.fake.fails("chat.postMessage", Fails("missing_scope", {"needed": "im:write"}))
        assert "missing_scope: im:write" == str(await trouble(there))


async def test_invalid_blocks_say_where_and_not_what():
    """Of Slack's explanation the place is kept; what it quotes is not."""
    told = [f"must be shorter than 75: {SECRET_WORDS} [json-pointer:/blocks/2/text]"]
    async with office() as there:
        there.fake.fails(
            "chat.postMessage", Fails("invalid_blocks", {"response_metadata": {"messages": told}})
        )
        assert "invalid_blocks /blocks/2/text" == str(await trouble(there))


@pytest.mark.parametrize("status", [302, 403, 404])
async def test_an_answer_that_is_not_slacks_makes_everybody_wait(status):
    """A proxy or a wrong address that refuses delivered nothing, and to nobody."""
    async with office() as there:
        there.fake.fails("chat.postMessage", Broken(status))
        found = await trouble(there)
        assert (Throttled, True, f"http {status}") == (type(found), found.everybody, found.why)
        assert ["check [slack] api_url"] == [one.fix[38:59] for one in there.states.known()]


async def test_a_page_in_the_place_of_an_answer_is_doubt():
    """With a 200 that is no JSON, such as the page of a proxy, nobody knows."""
    async with office() as there:
        there.fake.fails("chat.postMessage", Broken(200))
        assert isinstance(await trouble(there), Unsure)


def test_an_unreadable_retry_after_is_half_a_minute():
    """Where Slack does not say how long, or says nonsense, the wait is half a minute."""

    found = ported(answered(429, {"ok": False}, {"Retry-After": "soon"}), "chat.postMessage")
    assert isinstance(found, Throttled)
    assert SOON_SECONDS == found.seconds


# --- tokens that are not valid ----------------------------------------------------------------


@pytest.mark.parametrize("code", ["token_revoked", "invalid_auth", "token_expired", "not_authed"])
async def test_a_token_that_is_not_valid_lets_everybody_wait(code):
    """A token that is not valid is nobody's fault: the workspace waits, and the state says what to do."""
    async with office() as there:
        there.fake.fails("chat.postMessage", Fails(code))
        found = await trouble(there)
        assert (Throttled, LATER_SECONDS, True, code) == (
            type(found),
            found.seconds,
            found.everybody,
            found.why,
        )
        (state,) = there.states.known()
        assert ("T1", code, there.clock.now(), FIXES[code]) == (
            state.place,
            state.why,
            state.since,
            state.fix,
        )


async def test_a_state_is_said_once_and_seen_by_other_processes(caplog):
    """However often it is met, a state is one line of the log; another process reads it from the database."""
    async with office() as there:
        there.fake.revoked.add(TOKEN)
        with caplog.at_level(logging.DEBUG):
            for _ in range(3):
                await trouble(there)
        assert 1 == sum("token_revoked" in record.getMessage() for record in caplog.records)
        assert there.states.known() == there.store.read_now(stored_states)


async def test_a_state_ends_with_the_first_call_that_goes_well():
    """After an install with a new token the next call goes well, and nothing is left of the state."""
    async with office() as there:
        there.fake.revoked.add(TOKEN)
        await trouble(there)
        # Another replica took the install; its clock and ours have not moved since.
        other = Installations(there.store, there.clock, vault=there.vault)
        await other.async_save(installation(token="xoxb-lipa-2"))
        later = States(there.store, there.clock)  # of a process that began since
        calls = Calls(wire=there.wire, bots=there.installations, states=later)
        await calls.ask("T1", "chat.postMessage", say_hello)
        assert ((), ()) == (later.known(), there.store.read_now(stored_states))


async def test_a_workspace_without_the_app_waits():
    """Where the app is not installed nothing is called, and nothing is lost."""
    async with office() as there:
        found = await trouble(there, workspace="T9")
        assert (Throttled, True, "not_installed") == (type(found), found.everybody, found.why)
        assert [] == there.fake.calls


async def test_an_inactive_account_is_the_persons_where_the_token_is_valid():
    """Slack says account_inactive of people and of tokens; asking for the token tells them apart."""
    async with office() as there:
        there.fake.fails("chat.postMessage", Fails("account_inactive"), Fails("account_inactive"))
        found = await trouble(there)
        assert (Unreachable, "switched_off") == (type(found), found.trouble)
        there.fake.fails("auth.test", Fails("account_inactive"))
        found = await trouble(there)
        assert (Throttled, True) == (type(found), found.everybody)


# --- what nobody may read ----------------------------------------------------------------------


async def test_no_words_of_people_in_logs_or_errors(caplog):
    """Whatever goes wrong, at DEBUG: no word that was sent, and no token, is in a log line or an error."""
    faults = [
        Limited(),
        Broken(500),
        Broken(200),
        Drops(),
        Hangs(),
        Fails("invalid_blocks", {"response_metadata": {"messages": [SECRET_WORDS]}}),
        Fails(SECRET_WORDS),
        Fails("missing_scope", {"needed": SECRET_WORDS}),
        Fails("token_revoked"),
    ]
    said = []
    async with office(timeout_seconds=1.5) as there:
        there.fake.fails("chat.postMessage", *faults)
        with caplog.at_level(logging.DEBUG):
            for _ in faults:
                with pytest.raises((Refused, Throttled, Unsure)) as caught:
                    await there.deliver(card())
                said += [str(caught.value), repr(caught.value.__cause__)]
    text = "\n".join([*said, caplog.text])
    assert (False, False) == (SECRET_WORDS in text, "xoxb" in text)


# --- the connection ----------------------------------------------------------------------------


async def test_all_calls_share_a_connection():
    """One call after the other uses the same connection, whichever workspace it is for."""
    peers = set()

    async def answer(request: web.Request) -> web.Response:
        peers.add(request.transport.get_extra_info("peername"))
        return web.json_response({"ok": True})

    application = web.Application()
    application.router.add_post("/api/{method}", answer)
    async with TestServer(application, host="127.0.0.1") as server, office() as there:
        await there.installations.async_save(installation("T2", "xoxb-2"))
        wire = Wire(api_url=str(server.make_url("/api/")))
        calls = Calls(wire=wire, bots=there.installations, states=there.states)
        for workspace in ("T1", "T2", "T1"):
            await calls.ask(workspace, "chat.postMessage", say_hello)
        assert await calls.client_for("T1") is await calls.client_for("T1")
        assert 1 == len(peers)
        await wire.close()


async def test_addresses_hold_nothing_of_people():
    """What a call is about travels in its body, so that no proxy writes an e-mail address down."""
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.method, request.path_qs, dict(await request.post())))
        return web.json_response({"ok": True})

    application = web.Application()
    application.router.add_route("*", "/api/{method}", answer)
    async with TestServer(application, host="127.0.0.1") as server, office() as there:
        wire = Wire(api_url=str(server.make_url("/api/")))
        calls = Calls(wire=wire, bots=there.installations, states=there.states)
        told = {"email": "ana@example.org", "limit": 5, "inclusive": True, "blocks": [{}], "cursor": None}
        await calls.post("T1", "users.lookupByEmail", told)
        form = {"email": "ana@example.org", "limit": "5", "inclusive": "true", "blocks": "[{}]"}
        assert [("POST", "/api/users.lookupByEmail", form)] == asked
        await wire.close()


async def test_a_client_never_tries_again():
    """No client has a handler that would make a call a second time."""
    wire = Wire()
    assert ([], True) == (
        wire.client("xoxb-1").retry_handlers,
        isinstance(wire.session, aiohttp.ClientSession),
    )
    await wire.close()


async def test_a_proxy_of_the_environment_is_used_unless_the_address_is_excepted(monkeypatch):
    """Calls go through the environment's proxy, and not where NO_PROXY names the address."""
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    outside, here = Wire(), Wire(api_url="https://127.0.0.1/api/")
    assert ("http://proxy.example:3128", None) == (outside.client().proxy, here.client().proxy)
    await outside.close()
    await here.close()


async def test_a_configured_token_says_where_it_belongs():
    """The workspace of a token in the configuration is asked of Slack, once, with the scopes it has."""
    async with office(bot_token=TOKEN) as there:
        greeting = await there.calls.greet()
        await there.calls.greet()
        assert ("T1", "UBOT", 1) == (
            greeting.workspace,
            greeting.bot_user,
            len(there.fake.of("auth.test")),
        )
        assert tuple(there.fake.scopes.split(",")) == greeting.scopes
        assert ["T1"] == [place.workspace for place in await there.calls.places()]
