"""`telemachy doctor` for Slack and `telemachy slack`: what is wrong is named with its fix, and no secret is shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.oauth.installation_store import Installation
from typer.testing import CliRunner

from adapters.slack.installations import Installations
from adapters.slack.names import EVENTS
from adapters.slack.scopes import SCOPES
from adapters.slack.states import States
from adapters.slack.vault import Vault, new_key
from bot.cli.doctor import examine
from bot.cli.findings import Finding
from bot.cli.main import build
from bot.cli.slack_checkup import look_at_slack
from bot.cli.slack_kept import Token, look_at_kept
from bot.config import Config, Secret, Server, Slack
from bot.events import Address
from bot.outcome import Put
from storage.inline import InlineStore
from storage.store import open_store, open_to_read
from tests.fake_platform import Broken, Drops
from tests.mailroom import Clock
from tests.scenes import ANA, MATEJ
from tests.servers import configuration, free_port
from tests.slack_fake import Fails, FakeSlack, Limited, slack

BOT, APP = "xoxb-hush-1", "xapp-hush-1"
NEEDED = [one for one in SCOPES if not one.optional]
OPTIONAL = {"im:history": "history", "mpim:write": "group_messages", "files:write": "files"}


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    """A Slack that gives the needed scopes and no other."""
    async with slack() as running:
        yield running


def config(fake: FakeSlack, **more: Any) -> Config:
    """Return a deployment in Socket Mode."""
    told = Slack(mode="socket", api_url=fake.api_url, bot_token=Secret(BOT), app_token=Secret(APP))
    return Config(slack=replace(told, **more))


async def found(
    fake: FakeSlack, settings: Config | None = None, *, to: str = "", now: datetime | None = None
) -> list[Finding]:
    """Return what a look at a deployment with one token finds."""
    clock = Clock(now or datetime.now(UTC))
    findings = await look_at_slack(settings or config(fake), (Token("The bot token", BOT),), clock, to=to)
    assert "hush" not in str(findings)
    return findings


def bad(findings: list[Finding] | tuple[Finding, ...]) -> list[tuple[str, str, str]]:
    """Return all that is not well."""
    return [(one.state, one.text, one.fix) for one in findings if one.state != "ok"]


# --- tokens and scopes -----------------------------------------------------------------------


async def test_a_sound_app_is_well(fake: FakeSlack) -> None:
    """Token, scopes and Socket Mode each have their line, and nothing was written to anybody."""
    findings = await found(fake)

    assert [
        "The bot token is valid: Lipa (T1).",
        "The bot token has every scope that the bot needs.",
        "The token for Socket Mode is valid: Slack offers a connection.",
    ] == [one.text for one in findings]
    assert [] == bad(findings)
    assert {"auth.test", "apps.connections.open"} == {call.name for call in fake.calls}


@pytest.mark.parametrize("scope", NEEDED, ids=lambda scope: scope.name)
async def test_a_scope_that_is_missing_is_named_with_its_reason(fake: FakeSlack, scope: Any) -> None:
    """Whoever reads it knows what does not work without it, and where to add it."""
    fake.scopes = ",".join(one.name for one in NEEDED if one != scope)

    assert [
        (
            "problem",
            f"The bot token lacks the scope {scope.name}. {scope.why}",
            f"Add {scope.name} under OAuth & Permissions, Bot Token Scopes, and install the app again.",
        )
    ] == bad(await found(fake))


@pytest.mark.parametrize(("scope", "key"), OPTIONAL.items())
async def test_an_optional_scope_is_missed_where_it_is_counted_on(
    fake: FakeSlack, scope: str, key: str
) -> None:
    """There are two ways out, and both are said; without the key nothing is missed."""
    [(state, text, fix)] = bad(await found(fake, config(fake, **{key: True})))

    assert "problem" == state
    assert f"lacks the scope {scope}." in text
    assert fix.endswith(f"Or set [slack] {key} = false.")
    assert [] == bad(await found(fake))


async def test_scopes_that_nobody_uses_are_noticed(fake: FakeSlack) -> None:
    """An optional one could be switched on; any other is better taken away."""
    fake.scopes += ",im:history,channels:history,admin"

    assert [
        (
            "warning",
            "The bot token has the scope im:history, which the bot does not use.",
            "Set [slack] history = true, or take the scope away.",
        ),
        (
            "warning",
            "The bot token may do more than the bot needs: admin, channels:history.",
            "Take them away under OAuth & Permissions: what it may not do, nobody can misuse.",
        ),
    ] == bad(await found(fake))


@pytest.mark.parametrize(
    ("fault", "text", "fix"),
    [
        (Fails("token_revoked"), "is refused (token_revoked).", "install the app in the workspace again"),
        (Fails("invalid_auth"), "is refused (invalid_auth).", "check TELEMACHY_SLACK_BOT_TOKEN"),
        (Fails("something_new"), "is refused (something_new).", "docs/slack.md"),
        (Limited(30), "is refused (ratelimited).", "Ask again in a minute."),
        (Broken(502), "Slack gave no answer to read", "proxy (HTTPS_PROXY)"),
        (Drops(), "Slack gave no answer to read", "proxy (HTTPS_PROXY)"),
    ],
)
async def test_a_token_that_cannot_be_used_is_a_problem(
    fake: FakeSlack, fault: Any, text: str, fix: str
) -> None:
    """Slack's code stands there with what to do; the rest is still looked at, and no test message is tried."""
    fake.fails("auth.test", fault)
    findings = await found(fake, to="ana@example.org")
    [token, message] = bad(findings)

    assert "problem" == token[0]
    assert text in token[1]
    assert fix in token[2]
    assert "Mend the token first." == message[2]
    assert "offers a connection" in str(findings)
    assert [] == fake.of("users.lookupByEmail")


async def test_a_slack_that_is_not_there_is_a_problem(fake: FakeSlack) -> None:
    """Without a way to Slack the network is named, and nothing hangs."""
    settings = config(fake, api_url=f"http://127.0.0.1:{free_port()}/api/")
    findings = await found(fake, settings)

    assert ["problem", "problem"] == [state for state, _, _ in bad(findings)]
    assert all("firewall" in fix for _, _, fix in bad(findings))


async def test_a_workspace_that_is_not_served_is_a_problem(fake: FakeSlack) -> None:
    """A token of another workspace than the list has would leave everybody unanswered."""
    elsewhere = await found(fake, config(fake, workspaces=("T2",)))
    here = await found(fake, config(fake, workspaces=("T1", "T2")))

    assert [("problem", "Add T1 to [slack] workspaces.")] == [(s, fix) for s, _, fix in bad(elsewhere)]
    assert [] == bad(here)


# --- clock and way in ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "states"), [(0, []), (2, ["warning"]), (-2, ["warning"]), (6, ["problem"]), (-6, ["problem"])]
)
async def test_a_clock_that_is_off_is_noticed_before_requests_are_refused(
    fake: FakeSlack, minutes: int, states: list[str]
) -> None:
    """Five minutes are the end: from there on a request is too old, or not yet made."""
    findings = await found(fake, now=datetime.now(UTC) + timedelta(minutes=minutes))

    assert states == [one.state for one in findings if one.area == "clock"]
    assert all("NTP" in one.fix for one in findings if one.area == "clock")


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        ("missing_scope", "Make the app-level token anew with the scope connections:write."),
        ("invalid_auth", "and switch Socket Mode on."),
    ],
)
async def test_a_token_for_socket_mode_that_is_refused(fake: FakeSlack, error: str, fix: str) -> None:
    """It says which of the two tokens it is about, and where a new one is made."""
    fake.fails("apps.connections.open", Fails(error))
    [(state, text, told)] = bad(await found(fake))

    assert ("problem", f"The token for Socket Mode is refused ({error}).") == (state, text)
    assert told.endswith(fix)


@asynccontextmanager
async def answering(status: int) -> AsyncIterator[str]:
    """Run what stands at the public address, and answers so to what Slack would send."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status < 400 else {})

    application = web.Application()
    application.add_routes([web.post(EVENTS, answer), web.get("/healthz", answer)])
    server = TestServer(application, host="127.0.0.1")
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


@pytest.mark.parametrize(
    ("status", "runs", "state", "fix"),
    [
        (401, True, "ok", ""),
        (404, True, "problem", "Let the reverse proxy hand /slack/ on to 127.0.0.1:"),
        (403, True, "problem", "without a sign-in of its own"),
        (302, True, "problem", "Slack follows no redirection"),
        (200, True, "problem", "Let the reverse proxy hand /slack/ on to 127.0.0.1:"),
        (502, True, "problem", "Let the reverse proxy hand /slack/ on to 127.0.0.1:"),
        (502, False, "warning", "Start the bot with telemachy serve, then ask again."),
    ],
)
async def test_the_public_address_leads_to_a_bot_that_refuses_what_is_not_signed(
    fake: FakeSlack, status: int, runs: bool, state: str, fix: str
) -> None:
    """401 to a request without a signature is right; anything else says who answered instead."""
    async with answering(status) as address:
        port = int(address.rpartition(":")[2]) if runs else free_port()
        settings = replace(config(fake, mode="http"), server=Server(public_url=address, port=port))
        findings = await found(fake, settings)

    assert state == findings[-1].state
    assert f"{address}{EVENTS}" in findings[-1].text
    assert fix in findings[-1].fix


@pytest.mark.parametrize(("runs", "state"), [(True, "problem"), (False, "warning")])
async def test_a_public_address_that_nobody_answers(fake: FakeSlack, runs: bool, state: str) -> None:
    """While the bot runs that is the network's fault; while it does not, there is nothing to find."""
    async with answering(401) as address:
        port = int(address.rpartition(":")[2]) if runs else free_port()
        server = Server(public_url=f"http://127.0.0.1:{free_port()}", port=port)
        findings = await found(fake, replace(config(fake, mode="http"), server=server))

    assert [state] == [told for told, _, _ in bad(findings)]
    assert "cannot be reached from here" in findings[-1].text


# --- a test message --------------------------------------------------------------------------


async def test_a_test_message_goes_to_one_person(fake: FakeSlack) -> None:
    """It is found by e-mail, arrives in the direct message, and says that nothing needs doing."""
    fake.knows("UANA", "ana@example.org")
    fake.knows("UMATEJ", "matej@example.org")
    findings = await found(fake, to="Ana@example.org")
    [told] = fake.of("chat.postMessage")

    assert "A test message was sent to Ana@example.org." == findings[-1].text
    assert [{"users": "UANA"}] == [{"users": one["users"]} for one in fake.of("conversations.open")]
    assert "nothing needs doing" in told["text"]
    assert told["blocks"]


@pytest.mark.parametrize(
    ("method", "fault", "text", "fix"),
    [
        ("users.lookupByEmail", Fails("users_not_found"), "Nobody in Slack has", "Slack profile"),
        ("users.lookupByEmail", Fails("missing_scope"), "is refused (missing_scope)", "docs/slack.md"),
        ("chat.postMessage", Fails("messages_tab_disabled"), "(messages_tab_disabled)", "Messages tab"),
        ("chat.postMessage", Drops(), "Slack gave no answer to read", "Look whether it arrived."),
    ],
)
async def test_a_test_message_that_does_not_arrive_says_why(
    fake: FakeSlack, method: str, fault: Any, text: str, fix: str
) -> None:
    """Each reason has its own fix, and nothing is sent a second time."""
    fake.knows("UANA", "ana@example.org")
    fake.fails(method, fault)
    findings = await found(fake, to="ana@example.org")

    assert "problem" == findings[-1].state
    assert text in findings[-1].text
    assert fix in findings[-1].fix
    assert len(fake.of("chat.postMessage")) <= 1


# --- what is kept ----------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Any:
    """A database with its schema, written to by the test alone."""
    made = open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True)
    yield made
    made.close_now()


def several(fake: FakeSlack, *keys: str) -> Config:
    """Return a deployment that workspaces install by themselves."""
    sealed = tuple(Secret(key) for key in keys)
    made = config(fake, client_id="1.2", client_secret=Secret("hush"), token_keys=sealed, bot_token=Secret())
    return replace(made, server=Server(public_url="https://mentoring.example.org"))


async def install(store: InlineStore, key: str, workspace: str, **more: Any) -> None:
    """Let a workspace have installed the app."""
    told = {"bot_token": f"xoxb-hush-{workspace}", "bot_id": "B", "bot_user_id": "U", "user_id": "U", **more}
    installations = Installations(store, Clock(datetime.now(UTC)), vault=Vault([key]))
    await installations.async_save(Installation(team_id=workspace, app_id="A", **told))


async def test_people_who_were_not_found_are_named_with_the_fix(fake: FakeSlack, store: InlineStore) -> None:
    """Each trouble has its own sentence; who has left is nobody's trouble any more."""
    there = replace(MATEJ, address=Address("slack", "U1", "T1"))
    lost = replace(ANA, address=None, trouble="unknown")
    bare = replace(ANA, id="bare", name="Bor", email="", address=None, trouble="no_email")
    gone = replace(ANA, id="gone", email="gone@example.org", trouble="unknown", active=False)
    many = [replace(lost, id=f"x{n}", email=f"x{n}@example.org", trouble="switched_off") for n in range(7)]
    await store.write(lambda w: w.apply([Put(p) for p in (there, lost, bare, gone, *many)], CLOCK.now()))
    kept = look_at_kept(config(fake), store, CLOCK)
    told = [text for _, text, _ in bad(kept.findings)]

    assert [
        "Nobody in Slack has the e-mail address of ana@example.org.",
        "There is no e-mail address to find in Slack of Bor.",
        (
            "Slack has switched off, or hides from the app, the account of x0@example.org, x1@example.org, "
            "x2@example.org, x3@example.org, x4@example.org and 2 more."
        ),
    ] == told
    assert "Found in Slack: 1 of 10." == kept.findings[-1].text
    assert all(fix for _, _, fix in bad(kept.findings))


CLOCK = Clock(datetime(2027, 1, 11, 9, tzinfo=UTC))


async def test_people_who_were_not_looked_for_yet_are_no_problem(fake: FakeSlack, store: InlineStore) -> None:
    """Between the people file and the first start nobody is missing."""
    await store.write(lambda work: work.apply([Put(replace(ANA, address=None))], CLOCK.now()))

    assert ["Found in Slack: 0 of 1; the others are looked for when the bot starts, and every hour."] == [
        one.text for one in look_at_kept(config(fake), store, CLOCK).findings if one.state == "ok"
    ]


async def test_a_workspace_that_waits_is_a_problem(fake: FakeSlack, store: InlineStore) -> None:
    """What a running bot has noted can be read beside it: since when, why, and what mends it."""
    await States(store, CLOCK).note("T1", "token_revoked")
    [(state, text, fix)] = bad(look_at_kept(config(fake), store, CLOCK).findings)

    assert "problem" == state
    assert "The workspace T1 waits since 2027-01-11 09:00 UTC (token_revoked)." == text
    assert "install the app in the workspace again. Nothing is lost meanwhile." in fix


async def test_every_workspace_that_installed_the_app_is_looked_at(
    fake: FakeSlack, store: InlineStore
) -> None:
    """Each stored token is opened and asked about under the name of its workspace."""
    key = new_key()
    await install(store, key, "T1")
    await install(store, key, "T2")
    kept = look_at_kept(several(fake, key), store, CLOCK)
    findings = await look_at_slack(config(fake), kept.tokens, Clock(datetime.now(UTC)))

    assert [("The token of T1", "xoxb-hush-T1"), ("The token of T2", "xoxb-hush-T2")] == [
        (one.name, one.text) for one in kept.tokens
    ]
    assert ["Stored tokens that are sealed with the newest key: 2."] == [one.text for one in kept.findings]
    assert "hush" not in str(findings) + str(kept.findings)
    assert ["The token of T1 is valid: Lipa (T1).", "The token of T2 is valid: Lipa (T1)."] == [
        one.text for one in findings if "is valid: Lipa" in one.text
    ]


async def test_keys_that_do_not_fit_are_found(fake: FakeSlack, store: InlineStore) -> None:
    """None at all, no key, one on its way out, and one that was lost: each has its own fix."""
    old, new = new_key(), new_key()
    none = bad(look_at_kept(several(fake, new), store, CLOCK).findings)
    await install(store, old, "T1")
    broken = bad(look_at_kept(several(fake, "penelope"), store, CLOCK).findings)
    older = bad(look_at_kept(several(fake, new, old), store, CLOCK).findings)
    lost = look_at_kept(several(fake, new), store, CLOCK)

    assert [("warning", "Open https://mentoring.example.org/slack/install while the bot runs.")] == [
        (state, fix) for state, _, fix in none
    ]
    assert "Key 1 of TELEMACHY_SLACK_TOKEN_KEYS is none" in broken[0][1]
    assert "penelope" not in str(broken)
    assert "telemachy slack rekey" in older[0][2]
    assert "put that key back behind the newest one" in bad(lost.findings)[0][2].lower()
    assert () == lost.tokens


async def test_a_token_that_expired_while_the_bot_rested_is_no_problem(
    fake: FakeSlack, store: InlineStore
) -> None:
    """It can be renewed, which the bot does at its start."""
    key, past = new_key(), CLOCK.now().timestamp() - 60
    await install(store, key, "T1", bot_refresh_token="xoxe-hush", bot_token_expires_at=int(past))
    kept = look_at_kept(several(fake, key), store, CLOCK)

    assert () == kept.tokens
    assert ["warning"] == [state for state, _, _ in bad(kept.findings)]


# --- the commands ----------------------------------------------------------------------------


def run(*arguments: str) -> Any:
    """Run the program as a terminal would."""
    return CliRunner().invoke(build(arguments), list(arguments), prog_name="telemachy")


async def test_doctor_looks_at_slack_where_there_is_one(
    fake: FakeSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands beside the other areas, says where the secrets come from, and shows none of them."""
    monkeypatch.setenv("TELEMACHY_SLACK_BOT_TOKEN", BOT)
    monkeypatch.setenv("TELEMACHY_SLACK_APP_TOKEN", APP)
    open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True).close_now()
    settings = f'[slack]\nmode = "socket"\napi_url = "{fake.api_url}"'
    file = configuration(tmp_path, '[organisation]\nname = "Lipa"', settings)
    clock = Clock(datetime.now(UTC))
    findings = await asyncio.to_thread(lambda: list(examine(file, clock)))

    assert [] == bad(findings)
    assert {"slack"} == {one.area for one in findings if "token" in one.text and one.area != "configuration"}
    assert "[slack] bot_token comes from TELEMACHY_SLACK_BOT_TOKEN." in [one.text for one in findings]
    assert "hush" not in str(findings)


def test_a_test_message_needs_a_slack(tmp_path: Path) -> None:
    """Asked for without Slack, it says so, and does not pass for sent."""
    told = run("doctor", "--config", str(configuration(tmp_path)), "--to", "ana@example.org")

    assert 1 == told.exit_code
    assert "There is no chat to send a test message through." in told.output


def bytes_of(folder: Path) -> bytes:
    """Return all that a database has on the disk."""
    return b"".join(part.read_bytes() for part in sorted(folder.glob("telemachy.db*")))


async def test_a_key_is_changed_without_installing_again(
    fake: FakeSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After rekey the newest key alone opens every token, and none stands in the file as it is."""
    old, new = run("slack", "new-key").stdout.strip(), run("slack", "new-key").stdout.strip()
    file, url = configuration(tmp_path), f"sqlite:///{tmp_path}/telemachy.db"
    store = open_store(url, inline=True)
    await install(store, old, "T1")
    store.close_now()
    monkeypatch.setenv("TELEMACHY_SLACK_TOKEN_KEYS", f"{new},{old}")
    told = await asyncio.to_thread(run, "slack", "rekey", "--config", str(file))
    reading = open_to_read(url)
    kept = look_at_kept(several(fake, new), reading, CLOCK)
    reading.close_now()
    on_disk = await asyncio.to_thread(bytes_of, tmp_path)

    assert old != new
    assert (0, "Sealed with the newest key: 1.") == (told.exit_code, told.stdout[:30])
    assert ["xoxb-hush-T1"] == [one.text for one in kept.tokens]
    assert b"xox" not in on_disk


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("", "There are no keys: set TELEMACHY_SLACK_TOKEN_KEYS"),
        ("penelope", "key 1 of TELEMACHY_SLACK_TOKEN_KEYS is none"),
        (new_key(), "put that key back behind the newest one"),
    ],
    ids=("none", "no key", "another"),
)
def test_a_rekey_that_cannot_be_done_changes_nothing(
    keys: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends with 1, names what is missing, and every token stays as it was."""
    file, url, old = configuration(tmp_path), f"sqlite:///{tmp_path}/telemachy.db", new_key()
    store = open_store(url, inline=True)
    asyncio.run(install(store, old, "T1"))
    before = store.read_now(lambda work: work.settings("slack/"))
    store.close_now()
    monkeypatch.setenv("TELEMACHY_SLACK_TOKEN_KEYS", keys)
    shown = run("slack", "rekey", "--config", str(file))
    reading = open_to_read(url)
    after = reading.read_now(lambda work: work.settings("slack/"))
    reading.close_now()

    assert 1 == shown.exit_code
    assert told in shown.stderr
    assert "penelope" not in shown.output
    assert before == after
