"""The gate in front of Slack's events: only what Slack signed lately comes in, and the log learns nothing of the rest."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.slack.app import SlackApp
from adapters.slack.gate import MOST_BYTES, Gate, _fields
from tests.living import MovableClock
from tests.slack_life import (
    BEGIN,
    SlackLife,
    command,
    happened,
    opened_home,
    press,
    recorded,
    signature,
    slack_life,
    written,
)

MARKER = "marker-that-nobody-may-read-in-a-log"


@pytest.fixture
async def life(new_db) -> AsyncIterator[SlackLife]:
    """A bot behind its gate."""
    async with slack_life(new_db("sqlite")) as made:
        yield made


async def test_what_slack_signed_comes_in(life: SlackLife) -> None:
    """A signed command is answered."""
    assert 200 == (await life.post(command("UANA", "checkin"))).status
    assert 1 == life.slack.counts["slash_command"]


@pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
async def test_five_minutes_either_way_are_let_in(life: SlackLife, seconds: int) -> None:
    """Slack's clock may differ from ours by five minutes."""
    at = str(int(BEGIN.timestamp()) + seconds)
    assert 200 == (await life.post(command("UANA", "checkin"), at=at)).status


@pytest.mark.parametrize("seconds", [-301, 301, -86400])
async def test_what_is_older_or_from_the_future_is_not(life: SlackLife, seconds: int) -> None:
    """A captured request cannot be used later than Slack's five minutes."""
    at = str(int(BEGIN.timestamp()) + seconds)
    assert 401 == (await life.post(command("UANA", "checkin"), at=at)).status


async def test_a_captured_request_dies_with_the_clock(life: SlackLife) -> None:
    """The same bytes with the same signature are refused when five minutes have passed."""
    raw, content = written(command("UANA", "checkin"))
    at = str(int(BEGIN.timestamp()))
    assert 200 == (await life.post(raw, at=at, content=content)).status
    life.clock.at += timedelta(seconds=301)
    assert 401 == (await life.post(raw, at=at, content=content)).status


@pytest.mark.parametrize(
    "told",
    [
        "",
        "0",
        "soon",
        "1.5",
        "-1",
        "1e9",
        "99999999999999999999",
        "0x10",
        " ",
        "١٢٣",
        "1768726800\t1",
        "nan",
        "+5",
    ],
)
async def test_a_malformed_timestamp_is_401(life: SlackLife, told: str) -> None:
    """Whatever stands where the seconds should: the answer is that it is not signed, never an error of ours."""
    raw, content = written(command("UANA", "checkin"))
    headers = {"X-Slack-Request-Timestamp": told, "X-Slack-Signature": signature(raw, told)}
    assert 401 == (await life.post(raw, headers=headers, content=content)).status


@pytest.mark.parametrize("given", ["", "v0=", "v0=" + "0" * 64, "v1=abc", "é", "v0=x"])
async def test_a_wrong_signature_is_401(life: SlackLife, given: str) -> None:
    """A signature that is not the secret's lets nothing in."""
    headers = {"X-Slack-Signature": given}
    assert 401 == (await life.post(command("UANA", "checkin"), headers=headers)).status
    assert {} == dict(life.slack.counts)


@pytest.mark.parametrize("missing", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
async def test_a_missing_header_is_401(life: SlackLife, missing: str) -> None:
    """Both headers are needed."""
    raw, content = written(command("UANA", "checkin"))
    at = str(int(BEGIN.timestamp()))
    headers = {
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature(raw, at),
        "Content-Type": content,
    }
    del headers[missing]
    assert life.client is not None
    assert 401 == (await life.client.post("/slack/events", data=raw, headers=headers)).status


async def test_a_wrong_secret_writes_nothing_of_the_body_to_any_log(
    life: SlackLife, caplog: pytest.LogCaptureFixture
) -> None:
    """At DEBUG, over all loggers, neither the body nor the headers of a refused request can be read; one line tells of it."""
    caplog.set_level(logging.DEBUG)
    told = {"X-Marker": MARKER, "User-Agent": MARKER}
    refused = await life.post(command("UANA", MARKER), secret="another", headers=told)
    assert 401 == refused.status
    assert MARKER not in await refused.text()
    assert MARKER not in caplog.text
    assert ["signature"] == [r.args[0] for r in caplog.records if r.name == "adapters.slack.gate" and r.args]


async def test_nothing_that_people_write_is_in_any_log(
    life: SlackLife, caplog: pytest.LogCaptureFixture
) -> None:
    """At DEBUG, over all loggers, an accepted command's words cannot be read either."""
    caplog.set_level(logging.DEBUG)
    for body in (command("UANA", MARKER), command("UANA", f"help {MARKER}"), press("UANA", f"{MARKER} x y")):
        assert 200 == (await life.post(body)).status
    await life.quiet()
    assert MARKER not in caplog.text


async def test_two_secrets_are_good_while_one_takes_the_place_of_the_other(new_db) -> None:
    """During a rotation both are accepted, and nothing else."""
    async with slack_life(new_db("sqlite"), secrets=["new", "old"]) as life:
        found = [
            (await life.post(command("UANA", "x"), secret=secret)).status
            for secret in ("new", "old", "older")
        ]
    assert [200, 200, 401] == found


@pytest.mark.parametrize("secrets", [[], [""], ["good", " "]])
def test_an_empty_secret_is_refused_at_the_start(secrets: list[str]) -> None:
    """Without a secret anybody could speak as Slack: the bot does not begin."""
    with pytest.raises(ValueError, match="signing secret is empty"):
        Gate(secrets=secrets, clock=MovableClock(BEGIN))
    with pytest.raises(ValueError, match="signing secret is empty"):
        SlackApp(receive=None, calls=None, conversations=None, clock=MovableClock(BEGIN), secrets=secrets)  # type: ignore[arg-type]


async def test_socket_mode_has_no_address_to_call(new_db) -> None:
    """What needs no signature cannot be reached by HTTP at all."""
    async with slack_life(new_db("sqlite"), secrets=[], socket=True) as life:
        assert [] == life.slack.routes()
        assert 404 == (await life.post(command("UANA", "checkin"))).status


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{]",
        b"[1]",
        b"no form at all",
        b"payload=",
        b"payload={",
        b"payload=[]",
        b"payload=1",
        b"a=%ff",
        b"a=%",
        b"a=%4",
        b"a=%zz",
        b"a=1&&b=2",
        b"\xff\xfe",
        b'{"a": "\\ud800"}',
        b"payload=%7B%22a%22%3A%22%5Cud800%22%7D",
        b"{" + b'"a":{' * 100_000,
        b'{"a":' + b"[" * 100_000,
        b'{"a":' + b"1" * 5000 + b"}",
        b"&".join(b"a=1" for _ in range(200)),
    ],
)
async def test_a_signed_body_that_is_nothing_is_400(life: SlackLife, raw: bytes) -> None:
    """What is neither JSON nor a form is the sender's fault, and no error of ours."""
    for content in ("application/json", "application/x-www-form-urlencoded"):
        assert 400 == (await life.post(raw, content=content)).status


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")), min_size=1
    )
)
@example({"text": "\\x41 \\u0041 \\N{DASH} \\\\ \\", "a+b": "c d+e%20"})
def test_forms_are_read_as_they_were_written(form: dict[str, str]) -> None:
    """Every text survives the way of a form, in either of its two spellings of a space."""
    for quoted in (quote_plus, quote):
        assert form == _fields(urlencode(form, quote_via=quoted).encode())


async def test_a_body_beyond_a_megabyte_is_413(life: SlackLife) -> None:
    """A body is read up to a limit, whatever it says of its length and however small it was packed."""
    most = b'{"a":"' + b"x" * (MOST_BYTES - 8) + b'"}'
    assert 200 == (await life.post(most)).status
    assert 413 == (await life.post(most + b" ")).status
    packed = gzip.compress(b"x" * (MOST_BYTES * 20))
    assert len(packed) < MOST_BYTES
    assert 413 == (await life.post(packed, headers={"Content-Encoding": "gzip"})).status


async def test_a_body_that_cannot_be_unpacked_is_400(life: SlackLife) -> None:
    """A broken packing is the sender's fault."""
    assert 400 == (await life.post(b"not gzip", headers={"Content-Encoding": "gzip"})).status


async def test_slacks_question_is_answered_once_it_is_signed(life: SlackLife) -> None:
    """The address is verified by a challenge, which only Slack may ask for."""
    body = recorded("url_verification")
    assert 401 == (await life.post(body, secret="another")).status
    assert {"challenge": body["challenge"]} == await life.answer(body)


async def test_the_certificate_check_is_answered_only_where_it_is_signed(life: SlackLife) -> None:
    """An unsigned probe learns nothing."""
    raw, form = b"ssl_check=1&token=fake", "application/x-www-form-urlencoded"
    assert 401 == (await life.post(raw, secret="another", content=form)).status
    assert 200 == (await life.post(raw, content=form)).status


@pytest.mark.parametrize(
    ("allowed", "status"), [([], 200), (["T1"], 200), (["E111"], 200), (["T2"], 403), (["T2", "E2"], 403)]
)
async def test_a_workspace_that_is_not_on_the_list_is_403(new_db, allowed: list[str], status: int) -> None:
    """The list names workspaces or organisations; an empty one holds all that installed the app."""
    async with slack_life(new_db("sqlite"), workspaces=allowed) as life:
        for body in (press("UANA", "checkin.tap x y"), opened_home("UANA")):
            assert status == (await life.post(body)).status


async def test_no_other_method_is_answered(life: SlackLife) -> None:
    """Slack posts; nobody looks."""
    assert life.client is not None
    assert 405 == (await life.client.get("/slack/events")).status


FOREIGN = ("shortcut", "view_closed", "dialog_submission", "interactive_message", "workflow_step_edit")
FOREIGN += ("reaction_added", "message_changed", "message_deleted", "message_bot", "function_executed")
SHAPES: list[object] = [
    None,
    0,
    1.5,
    True,
    "",
    "x",
    [],
    [[]],
    [{}],
    {},
    {"id": 5},
    {"type": []},
    "\x00",
    "é" * 9,
]


async def test_no_signed_shape_whatever_is_an_error_of_ours(life: SlackLife) -> None:
    """Every key of every payload in every wrong shape is answered with 2xx or 4xx."""
    bodies = [
        command("UANA", "checkin"),
        press("UANA", "a b c"),
        opened_home("UANA"),
        recorded("view_submission"),
    ]
    bodies += [recorded("block_suggestion"), recorded("message_action"), happened("UANA", "team_join")]
    for body in bodies:
        for key in body:
            for shape in SHAPES:
                changed = json.dumps({**body, key: shape}).encode()
                status = (await life.post(changed)).status
                assert status in (200, 400), (key, shape, status)


@pytest.mark.parametrize("name", FOREIGN)
async def test_what_is_none_of_ours_is_200_and_counted(life: SlackLife, name: str) -> None:
    """Slack sends again what is answered with 404, and switches an app off that answers many events so."""
    body = recorded(name)
    assert {} == await life.answer(body)
    assert [1] == [n for word, n in life.slack.counts.items() if word.startswith("unknown ")]
