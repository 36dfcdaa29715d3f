"""Socket Mode against a local WebSocket server: the same events and answers, confirmed once they are stored."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from adapters.slack.socket import CannotConnect, Socket
from bot.events import Event
from bot.facts import Answer
from bot.ports import Answered
from tests.slack_fake import Fails
from tests.slack_life import (
    SlackLife,
    command,
    opened_home,
    press,
    recorded,
    said,
    sent,
    slack_life,
)
from tests.slack_socket_fake import FakeSocket, socket_server
from tests.test_slack_app import CHECKIN, HELP, tap

TOKEN = "xapp-fake"
MARKER = "marker-that-nobody-may-read-in-a-log"


@pytest.fixture
async def life(new_db) -> AsyncIterator[SlackLife]:
    """A bot without an address of its own."""
    async with slack_life(new_db("sqlite"), socket=True, secrets=[]) as made:
        yield made


@pytest.fixture
async def server(life: SlackLife) -> AsyncIterator[FakeSocket]:
    """The other end."""
    async with socket_server(life.fake) as made:
        yield made


def socket_of(life: SlackLife, *, deaf_seconds: float = 30.0, ping_seconds: float = 10.0) -> Socket:
    """Return the bot's end."""
    return Socket(
        dispatch=life.slack.dispatch,
        app_token=TOKEN,
        wire=life.wire,
        deaf_seconds=deaf_seconds,
        ping_seconds=ping_seconds,
    )


@pytest.fixture
async def socket(life: SlackLife, server: FakeSocket) -> AsyncIterator[Socket]:
    """The bot's end, connected."""
    made = socket_of(life)
    await made.start()
    await server.until_connected(1)
    yield made
    await made.stop(5)


async def test_commands_presses_dialogs_and_events_come_over_the_connection(
    life: SlackLife, server: FakeSocket, socket: Socket
) -> None:
    """Each is stored and then confirmed, with its answer where it has one."""
    await life.until(CHECKIN)
    life.fake.messages["D1", "1.1"] = {}
    answered = await server.until_confirmed(await server.send("slash_commands", command("UANA", "hlep")))
    assert "ephemeral" == answered["payload"]["response_type"]
    pressed = await server.until_confirmed(await server.send("interactive", tap()))
    assert "payload" not in pressed or not pressed["payload"]
    asked = command("UANA", "help", trigger_id=life.fake.trigger())
    await server.until_confirmed(await server.send("slash_commands", asked))
    view = life.fake.opened[-1]
    closed = await server.until_confirmed(await server.send("interactive", sent("UANA", view, HELP)))
    assert {"response_action": "clear"} == closed["payload"]
    await server.until_confirmed(await server.send("events_api", opened_home("UANA")))
    await life.quiet()
    pair = await life.pair()
    assert (["4"], 1) == ([a.value for a in pair.answers if isinstance(a, Answer)], len(pair.cases))
    assert ["UANA"] == list(life.fake.homes)


async def test_a_picker_is_answered_over_the_connection(
    life: SlackLife, server: FakeSocket, socket: Socket
) -> None:
    """Its choices are in what confirms it."""
    body = recorded("block_suggestion")
    body |= {"action_id": "look:mentor", "value": "mat", "user": {"id": "UANA"}, "team": {"id": "T1"}}
    found = await server.until_confirmed(await server.send("interactive", body))
    assert ["matej"] == [option["value"] for option in found["payload"]["options"]]


async def test_an_envelope_delivered_twice_has_one_effect(
    life: SlackLife, server: FakeSocket, socket: Socket
) -> None:
    """Both deliveries are confirmed; words are answered once."""
    body = said("UANA", "help")
    for retry in (0, 1):
        envelope = await server.send("events_api", body, retry_attempt=retry)
        await server.until_confirmed(envelope)
    await life.quiet()
    assert 1 == len(life.fake.of("chat.postMessage"))


async def test_what_could_not_be_stored_is_not_confirmed(
    life: SlackLife, server: FakeSocket, socket: Socket, caplog: pytest.LogCaptureFixture
) -> None:
    """Slack delivers it again, and then it counts."""
    real, failures = life.app.receive, [RuntimeError(MARKER)]

    async def receive(event: Event) -> Answered:
        if failures:
            raise failures.pop()
        return await real(event)

    life.slack._receive = receive
    body = said("UANA", "help")
    first = await server.send("events_api", body)
    second = await server.send("events_api", {**body, "event_id": "Ev-other"})
    await server.until_confirmed(second)
    assert first not in server.confirmed
    again = await server.send("events_api", body, retry_attempt=1)
    await server.until_confirmed(again)
    assert MARKER not in caplog.text


async def test_a_connection_that_slack_ends_is_taken_up_anew(
    life: SlackLife, server: FakeSocket, socket: Socket
) -> None:
    """Every few hours Slack asks for a new connection; what is sent over that one arrives."""
    await server.refresh()
    await server.until_connected(2)
    await server.until_confirmed(await server.send("slash_commands", command("UANA", "checkin")))
    assert 2 == len(life.fake.of("apps.connections.open"))


async def test_a_connection_that_breaks_is_taken_up_anew(life: SlackLife, server: FakeSocket) -> None:
    """Without a word from Slack too."""
    socket = socket_of(life, ping_seconds=0.05)
    await socket.start()
    await server.until_connected(1)
    await server.drop()
    await server.until_connected(2)
    await server.until_confirmed(await server.send("slash_commands", command("UANA", "checkin")))
    await socket.stop(5)


async def test_a_connection_that_hears_nothing_ends_the_process(life: SlackLife, server: FakeSocket) -> None:
    """Connected and deaf: whoever watches is told, so that a supervisor can begin anew."""
    server.deaf = True
    socket = socket_of(life, deaf_seconds=1.0, ping_seconds=0.05)
    await socket.start()
    await asyncio.wait_for(socket.wait_deaf(), 10)
    await socket.stop(5)


async def test_a_quiet_connection_that_answers_pings_is_not_deaf(life: SlackLife, server: FakeSocket) -> None:
    """Nobody has to say anything for it to be alive."""
    socket = socket_of(life, deaf_seconds=1.0, ping_seconds=0.02)
    await socket.start()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(socket.wait_deaf(), 1.6)
    await socket.stop(5)


async def test_the_end_confirms_what_is_under_way_and_takes_nothing_more(
    life: SlackLife, server: FakeSocket, socket: Socket
) -> None:
    """What comes after stays unconfirmed, for the next process."""
    go, came, real = asyncio.Event(), asyncio.Event(), life.app.receive

    async def receive(event: Event) -> Answered:
        came.set()
        await go.wait()
        return await real(event)

    life.slack._receive = receive
    first = await server.send("slash_commands", command("UANA", "checkin"))
    await came.wait()
    stopping = asyncio.create_task(socket.stop(5))
    await asyncio.sleep(0)
    second = await server.send("slash_commands", command("UANA", "checkin"))
    go.set()
    await stopping
    await server.until_confirmed(first)
    assert second not in server.confirmed


@pytest.mark.parametrize("error", ["invalid_auth", "not_allowed_token_type", "missing_scope"])
async def test_a_token_that_slack_refuses_says_what_to_do(
    life: SlackLife, server: FakeSocket, error: str
) -> None:
    """At the start, instead of trying forever."""
    life.fake.fails("apps.connections.open", Fails(error))
    with pytest.raises(CannotConnect, match=rf"\({error}\).*connections:write"):
        await socket_of(life).start()


def test_an_empty_app_token_is_refused() -> None:
    """The bot says which setting is missing."""
    with pytest.raises(ValueError, match="TELEMACHY_SLACK_APP_TOKEN"):
        Socket(dispatch=None, app_token=" ", wire=None)  # type: ignore[arg-type]


async def test_no_log_line_holds_what_came_over_the_connection(
    life: SlackLife, server: FakeSocket, caplog: pytest.LogCaptureFixture
) -> None:
    """At DEBUG over all loggers: neither words nor the connection's ticket, also where it cannot be made."""
    caplog.set_level(logging.DEBUG)
    socket = socket_of(life, ping_seconds=0.05)
    await socket.start()
    await server.until_connected(1)
    for body in (command("UANA", f"help {MARKER}"), press("UANA", f"{MARKER} b c")):
        await server.until_confirmed(await server.send("interactive", body))
    await socket.stop(5)
    life.fake.socket_url = life.fake.socket_url.replace("/link", "/nowhere")
    lost = socket_of(life, ping_seconds=0.05, deaf_seconds=1.0)
    with pytest.raises(TimeoutError):
        await lost.start()
    await lost.stop(5)
    assert "Failed to connect" in caplog.text
    assert MARKER not in caplog.text
    assert "fake-ticket" not in caplog.text
