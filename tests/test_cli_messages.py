"""`telemachy messages`: what nobody knows arrived is listed, and the operator says what became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from typer.testing import CliRunner

from bot.cli.main import build
from bot.cli.messages import NotSettled, settled, unsettled
from bot.outcome import Put, Send
from bot.ports import Queued, Work
from storage.errors import AlreadyRunning
from storage.inline import InlineStore
from storage.sqlite import FileLock
from storage.store import open_store
from tests.servers import configuration
from tests.shelf import ANA, HOUR, MONDAY, STEP, keep_pair, opened, row_of, send

T = TypeVar("T")
LATER = MONDAY + timedelta(days=3)


def messages(config: Path, *options: str) -> Any:
    """Run the command."""
    return CliRunner().invoke(build(["messages"]), ["messages", "--config", str(config), *options])


def doubted(store: InlineStore, *sends: Send, state: str = "doubtful") -> None:
    """Let messages leave together, the first one leading, and nobody know what became of them."""
    store.write_now(lambda work: work.intend(sends, MONDAY))
    ids = [row_of(store, one.key).id for one in sends]

    def leave(work: Work) -> None:
        work.settle(ids, "sending", MONDAY, lead=ids[0])
        for n, row in enumerate(ids):
            work.settle([row], state, MONDAY + HOUR, why="timeout", channel="chat", lead=ids[0] if n else 0)  # type: ignore[arg-type]

    store.write_now(leave)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A deployment in which one message of two parts is in doubt, and one was refused."""
    with opened(f"sqlite:///{tmp_path}/telemachy.db") as store:
        keep_pair(store)
        known = (replace(ANA, email="ana@example.org"), STEP)
        store.write_now(lambda work: work.apply([Put(one) for one in known], MONDAY))
        doubted(store, replace(send("checkin"), about=STEP.id), send("e1/note/once:ana"))
        doubted(store, send("e1/hello/once/ana:open"), state="failed")
    return configuration(tmp_path, '[organisation]\nname = "Lipa"')


def asked(config: Path, work: Callable[[Work], T]) -> T:
    """Ask the deployment's database."""
    store = open_store(f"sqlite:///{config.parent}/telemachy.db", inline=True)
    try:
        return store.read_now(work)
    finally:
        store.close_now()


def state(config: Path, row_id: int) -> Queued:
    """Return how a message stands."""
    row = asked(config, lambda work: work.row(row_id))
    assert row is not None
    return row


# --- the list ------------------------------------------------------------------------------------------


def test_the_list_names_person_step_and_age_and_never_what_was_said(config: Path) -> None:
    """What travelled together is one line; in doubt comes before refused."""
    run = messages(config)
    first, second, *rest = run.stdout.splitlines()

    assert 0 == run.exit_code, run.stderr
    assert "1  in doubt, " in first
    assert "Ana <ana@example.org>" in first
    assert "e1/checkin/2027-W02 and 1 more: timeout" in first
    assert "3  refused, " in second
    assert "e1/hello/once: timeout" in second
    assert rest == ["", "Ask the receiver, then: telemachy messages --settle ID sent, or again."]
    told = json.loads(messages(config, "--json").stdout)
    assert [(1, "doubtful", 2), (3, "failed", 1)] == [(one["id"], one["state"], one["parts"]) for one in told]
    assert MONDAY.isoformat() == told[0]["since"]


def test_the_list_can_be_asked_for_while_the_bot_runs(config: Path) -> None:
    """To settle, the bot has to be stopped: one process writes to the file, and the command says so."""
    lock = FileLock(str(config.parent / "telemachy.db"))
    try:
        assert 0 == messages(config).exit_code
        run = messages(config, "--settle", "1", "sent")
        with pytest.raises(AlreadyRunning):
            FileLock(str(config.parent / "telemachy.db"))
    finally:
        lock.release()

    assert 1 == run.exit_code
    assert "telemachy.db" in run.stderr
    assert "doubtful" == state(config, 1).state


def test_with_nothing_in_doubt_it_says_so(tmp_path: Path) -> None:
    """And ends well; a database that is not there is an error with its name."""
    config = configuration(tmp_path, '[organisation]\nname = "Lipa"')
    assert 1 == messages(config).exit_code
    open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True).close_now()

    assert "No message is in doubt, none is held, and none was refused.\n" == messages(config).stdout


# --- settling ------------------------------------------------------------------------------------------


def test_what_is_there_counts_from_when_it_left(config: Path) -> None:
    """With all that it carried; the step was delivered then, and its pair is looked at."""
    run = messages(config, "--settle", "1", "sent")

    assert (0, "Message 1 counts as sent, from when it left.\n") == (run.exit_code, run.stdout)
    assert [("sent", MONDAY), ("sent", MONDAY)] == [
        (row.state, row.sent_at) for row in (state(config, 1), state(config, 2))
    ]
    [pair] = asked(config, lambda work: work.pairs(("e1",)))
    assert [MONDAY] == [s.delivered_at for s in pair.steps]
    assert 1 == messages(config, "--settle", "1", "sent").exit_code


def test_what_is_not_there_goes_out_again(config: Path) -> None:
    """Each part for itself, as one that was never tried; also one that was refused."""
    for row_id in ("1", "3"):
        assert "goes out again" in messages(config, "--settle", row_id, "again").stdout

    found = [state(config, n) for n in (1, 2, 3)]
    assert [("pending", 0, None)] * 3 == [(row.state, row.lead, row.sent_at) for row in found]
    assert "No message is in doubt" in messages(config).stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("2", "sent"), "travelled with 1"),
        (("3", "sent"), "can only be sent again"),
        (("77", "again"), "No message 77"),
        (("1", "perhaps"), "“sent” or “again”"),
    ],
)
def test_what_cannot_be_settled_is_named(config: Path, words: tuple[str, str], told: str) -> None:
    """Nothing is changed, and the error says what can be done."""
    run = messages(config, "--settle", *words)

    assert 1 == run.exit_code
    assert told in run.stderr
    assert ["doubtful", "doubtful", "failed"] == [state(config, n).state for n in (1, 2, 3)]


def test_on_both_databases_a_message_is_settled_once(db_url: str) -> None:
    """What is in doubt is found with what was refused; settled it is gone from the list, and over it says so."""
    with opened(db_url) as store:
        keep_pair(store)
        doubted(store, replace(send("a"), expires=LATER - HOUR), send("b"))
        doubted(store, send("c"), state="failed")
        lead = row_of(store, "a").id
        before = store.read_now(unsettled)
        told = store.write_now(lambda work: settled(work, lead, "again", LATER))
        after = store.read_now(unsettled)
        with pytest.raises(NotSettled):
            store.write_now(lambda work: settled(work, lead, "sent", LATER))

    assert [("doubtful", 2), ("failed", 1)] == [(one.state, one.parts) for one in before]
    assert f"Message {lead} is over by now: it is dropped instead of sent." == told
    assert ["failed"] == [one.state for one in after]
