"""Messages in doubt are settled by what stands in Slack's conversations: each arrives once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.slack.doubt import ReadBack
from adapters.slack.settling import Settling
from bot.content import Content, GroupIntro
from bot.events import Address
from bot.outbox import Outbox
from bot.outcome import Put, Send
from bot.ports import Queued
from tests.fake_platform import Broken, Drops, Hangs
from tests.slack_fake import Fails, Limited
from tests.slack_out import ANA, MATEJ, MONDAY, Office, card, office

_READ = "chat:write,im:write,im:history,mpim:write"


@pytest.fixture
async def there(db_url: str) -> AsyncIterator[Office]:
    """A Slack that the bot may read back, where Ana and Matej are known."""
    async with office(db_url, timeout_seconds=1.5, group_messages=True) as there:
        there.fake.scopes = _READ
        there.store.write_now(lambda work: work.apply([Put(ANA), Put(MATEJ)], MONDAY))
        yield there


def intend(there: Office, key: str, to: str = "ana", content: Content | None = None) -> None:
    """Write a message into the outbox."""
    send = Send(to=to, content=content or card(key), key=key, kind="answer", not_before=MONDAY)
    there.store.write_now(lambda work: work.intend([send], MONDAY))


def row(there: Office, key: str) -> Queued:
    """Return the row of a message."""
    found = there.store.read_now(lambda work: work.row_by_key(key))
    assert found is not None
    return found


def posts(there: Office) -> int:
    """Return how often a message was posted."""
    return len(there.fake.of("chat.postMessage"))


def put_together(there: Office) -> tuple[Outbox, Settling]:
    """Return what sends and what settles, as a running bot has them."""
    box = Outbox(store=there.store, channels={"slack": there.channel}, clock=there.clock, owner="test")
    read_back = ReadBack(there.conversations, there.store, history=True)
    return box, Settling(read_back, there.store, there.clock, box.resolve)


@pytest.mark.parametrize("fault", [Hangs(), Drops(), Broken(500, after=True)])
async def test_what_arrived_is_settled_as_sent(there: Office, fault: object) -> None:
    """A message that Slack took without an answer is posted once, and is sent as the message that stands there."""
    box, settling = put_together(there)
    intend(there, "a")
    there.fake.fails("chat.postMessage", fault)  # type: ignore[arg-type]
    await box.deliver()
    assert "doubtful" == row(there, "a").state
    there.clock.move(minutes=5)
    await settling.look()
    await box.deliver()
    ((channel, ts),) = there.fake.messages
    assert ("sent", f"{channel}:{ts}", 1) == (row(there, "a").state, row(there, "a").message, posts(there))


async def test_what_stands_in_slack_is_found_also_when_another_chat_was_chosen_since(there: Office) -> None:
    """The message is looked for where it was sent, and not sent again elsewhere."""
    box, settling = put_together(there)
    intend(there, "a")
    there.fake.fails("chat.postMessage", Drops())
    await box.deliver()
    assert ANA.address is not None
    now = replace(ANA, address=Address("teams", "ana", "tenant"), also=(ANA.address,))
    there.store.write_now(lambda work: work.apply([Put(now)], MONDAY))
    there.clock.move(minutes=5)
    await settling.look()

    assert ("sent", "slack", 1) == (row(there, "a").state, row(there, "a").channel, posts(there))


@pytest.mark.parametrize("fault", [Drops(after=False), Broken(500)])
async def test_what_did_not_arrive_is_sent_again(there: Office, fault: object) -> None:
    """A message that never reached its conversation is posted again, and in the end stands there once."""
    box, settling = put_together(there)
    intend(there, "a")
    there.fake.fails("chat.postMessage", fault)  # type: ignore[arg-type]
    await box.deliver()
    there.clock.move(minutes=5)
    await settling.look()
    await box.deliver()
    assert ("sent", 2, 1) == (row(there, "a").state, posts(there), len(there.fake.messages))


async def test_what_was_just_called_is_left_alone(there: Office) -> None:
    """A message of a moment ago may still arrive: nothing is said of it yet."""
    box, settling = put_together(there)
    intend(there, "a")
    there.fake.fails("chat.postMessage", Broken(500))
    await box.deliver()
    there.clock.move(minutes=1)
    await settling.look()
    assert ("doubtful", []) == (row(there, "a").state, there.fake.of("conversations.history"))


@pytest.mark.parametrize(
    "fault",
    [Limited(), Broken(500), Fails("missing_scope"), Fails("channel_not_found"), Fails("invalid_auth")],
)
async def test_without_an_answer_the_doubt_stays(there: Office, fault: object) -> None:
    """Where Slack does not say what stands there nothing is settled, and a later look settles it."""
    box, settling = put_together(there)
    intend(there, "a")
    there.fake.fails("chat.postMessage", Drops())
    await box.deliver()
    there.clock.move(minutes=5)
    there.fake.fails("conversations.history", fault)  # type: ignore[arg-type]
    await settling.look()
    assert "doubtful" == row(there, "a").state
    await settling.look()
    assert ("sent", 1) == (row(there, "a").state, posts(there))


async def test_a_workspace_that_asks_to_wait_is_asked_once(there: Office) -> None:
    """After a limit nothing more of that workspace is looked for until the next look."""
    box, settling = put_together(there)
    intend(there, "a")
    intend(there, "b", "matej")
    there.fake.fails("chat.postMessage", Drops(), Drops())
    await box.deliver()
    there.clock.move(minutes=5)
    there.fake.fails("conversations.history", Limited())
    await settling.look()
    assert 1 == len(there.fake.of("conversations.history"))
    await settling.look()
    assert ("sent", "sent", 2) == (row(there, "a").state, row(there, "b").state, posts(there))


async def test_an_answer_of_before_the_next_attempt_counts_for_nothing(there: Office) -> None:
    """Where another process had the message sent again meanwhile, what was read before that settles nothing."""
    box, settling = put_together(there)
    intend(there, "a")
    there.fake.fails("chat.postMessage", Broken(500), Drops())
    await box.deliver()
    there.clock.move(minutes=5)
    doubtful = row(there, "a")
    await settling.look()
    await box.deliver()
    assert ("doubtful", 2) == (row(there, "a").state, row(there, "a").attempts)
    with pytest.raises(ValueError, match="tried again"):
        await box.resolve(doubtful.id, False, attempts=doubtful.attempts)
    assert ("doubtful", 1) == (row(there, "a").state, len(there.fake.messages))


async def test_an_introduction_of_all_is_left_to_a_person(there: Office) -> None:
    """The bot cannot read a conversation of several people, so nothing is said of what stands there."""
    box, settling = put_together(there)
    for one in ("ana", "matej"):
        key = f"e1/hi/once/{one}:{one}:open"
        intend(there, key, one, GroupIntro(("ana", "matej"), card("hello")))
    there.fake.fails("chat.postMessage", Drops())
    await box.deliver()
    there.clock.move(minutes=5)
    await settling.look()
    assert ("doubtful", []) == (
        row(there, "e1/hi/once/ana:ana:open").state,
        there.fake.of("conversations.history"),
    )
