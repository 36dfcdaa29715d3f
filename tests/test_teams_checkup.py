"""`telemachy doctor` for Teams: what is wrong is named with its fix, who is not reached with the reason, and no secret is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from adapters.teams.graph import CATALOGUE, FIND, INSTALL
from adapters.teams.names import MESSAGES
from adapters.teams.references import Reference, References
from adapters.teams.states import GRAPH, States
from adapters.web.guard import policy
from adapters.web.names import TAB
from bot.cli import chats_checkup
from bot.cli.findings import Finding
from bot.cli.main import build
from bot.cli.teams_checkup import look_at_teams
from bot.cli.teams_kept import address_in_teams, look_at_people, write_to
from bot.config import Config, Organisation, Secret, Server, Slack, Teams
from bot.events import Address
from bot.facts import TROUBLES
from bot.outcome import Put
from storage.inline import InlineStore
from storage.store import open_store
from tests.fake_platform import Answer, Broken, Call
from tests.mailroom import Clock
from tests.servers import configuration, free_port
from tests.teams_authority import Authority, authority, rsa_key
from tests.teams_fake import APP, BOT, GRAPH_SCOPE, SECRET, TENANT, FakeTeams, Says
from tests.teams_out import ANA, MATEJ

VERSION = "9.8.7"


class Microsoft(FakeTeams):
    """A fake Teams whose Graph says in its token what it grants, and in its catalogue which package it has."""

    def __init__(self) -> None:
        super().__init__()
        self.catalogue = {APP: "catalogue-1"}
        self.versions = [VERSION]
        self.opaque = False

    def _token(self, call: Call) -> Answer:
        told = super()._token(call)
        if call.told.get("scope") == GRAPH_SCOPE and not self.opaque:
            made = jwt.encode({"roles": sorted(self.granted)}, "k" * 32)
            self.tokens[made] = GRAPH_SCOPE
            told["access_token"] = made
        return told

    def _catalogue(self, call: Call) -> Answer:
        told = super()._catalogue(call)
        for one in told["value"]:
            one["appDefinitions"] = [{"version": version} for version in self.versions]
        return told


@pytest.fixture
async def fake() -> AsyncIterator[Microsoft]:
    """Microsoft, where all is well."""
    made = Microsoft()
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


@pytest.fixture
async def signer() -> AsyncIterator[Authority]:
    """Whoever signs what Teams sends."""
    async with authority(Clock(datetime.now(UTC))) as made:
        yield made


@pytest.fixture(autouse=True)
def _of_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli.teams_package.version", lambda name: VERSION)


@asynccontextmanager
async def answering(
    status: int = 401, tab: int = 200, headers: dict[str, str] | None = None
) -> AsyncIterator[str]:
    """Run what stands at the public address: how it answers to Teams without a token, and how the tab is."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status < 400 else {})

    async def shown(request: web.Request) -> web.Response:
        said = {"Content-Security-Policy": policy(in_teams=True)} if headers is None else headers
        return web.Response(status=tab, headers=said)

    application = web.Application()
    application.add_routes([web.post(MESSAGES, answer), web.get("/healthz", answer), web.get(TAB, shown)])
    server = TestServer(application, host="127.0.0.1")
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


def config(fake: FakeTeams, signer: Authority, public_url: str = "", **more: Any) -> Config:
    """Return a deployment; the addresses of Microsoft are those of the stand-ins."""
    told = Teams(
        mode="on",
        app_id=APP,
        tenant_id=TENANT,
        tenants=(TENANT,),
        client_secret=Secret(SECRET),
        login_url=fake.login_url,
        graph_url=fake.graph_url,
        openid_url=signer.openid_url,
    )
    page = "https://www.example.org"
    port = int(public_url.rpartition(":")[2]) if public_url else free_port()
    return Config(
        organisation=Organisation(name="Lipa", website=page, privacy_url=page, terms_url=page),
        server=Server(public_url=public_url, port=port),
        teams=replace(told, **more),
    )


async def found(
    fake: FakeTeams, signer: Authority, *, at: str = "", now: datetime | None = None, **more: Any
) -> list[Finding]:
    """Return what a look at a deployment finds, at an address that is as it should be unless one is given."""
    clock = Clock(now or datetime.now(UTC))
    async with answering() as address:
        settings = config(fake, signer, at or address, **more)
        findings = await look_at_teams(settings, clock)
    assert SECRET not in str(findings)
    return findings


def bad(findings: list[Finding]) -> list[tuple[str, str, str]]:
    """Return all that is not well."""
    return [(one.state, one.text, one.fix) for one in findings if one.state != "ok"]


# --- who the bot is --------------------------------------------------------------------------


async def test_a_sound_app_is_well(fake: Microsoft, signer: Authority) -> None:
    """Secret, keys, address and tab each have their line, and nothing was written to anybody."""
    findings = await found(fake, signer)

    assert [] == bad(findings)
    assert [
        f"The client secret is valid for {APP} in the tenant {TENANT}.",
        "Microsoft's keys, by which a message is known to be Teams': 1.",
    ] == [one.text for one in findings[:2]]
    assert [MESSAGES, TAB] == [path for path in (MESSAGES, TAB) if path in str(findings[2:])]
    assert {"discovery", "token"} == {call.name for call in fake.calls}


@pytest.mark.parametrize(
    ("more", "why", "fix"),
    [
        ({"client_secret": Secret("another")}, "wrong_secret", "set its value, not its id"),
        ({"app_id": "nobody"}, "unknown_app", "check [teams] app_id and tenant_id"),
        ({"tenant_id": "nowhere"}, "unknown_tenant", "check [teams] tenant_id"),
    ],
)
async def test_a_registration_that_does_not_fit_is_a_problem(
    fake: Microsoft, signer: Authority, more: dict[str, Any], why: str, fix: str
) -> None:
    """Microsoft's reason stands there with what to do, and the rest is still looked at."""
    [(state, text, told)] = bad(await found(fake, signer, **more))

    assert ("problem", f"The client secret gets no token from Microsoft Entra ({why}).") == (state, text)
    assert fix in told


async def test_an_entra_that_is_not_there_is_a_problem(fake: Microsoft, signer: Authority) -> None:
    """Without a way to Microsoft the network is named, and nothing hangs."""
    nowhere = f"http://127.0.0.1:{free_port()}/"
    [(state, text, fix)] = bad(await found(fake, signer, login_url=nowhere))

    assert "problem" == state
    assert "no token" in text
    assert "network" in fix


def pem(folder: Path, ends: datetime) -> Path:
    """Write a certificate with its key."""
    key = rsa_key(7)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "telemachy")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(ends - timedelta(days=365))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    file = folder / "teams.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.parametrize(
    ("days", "state", "text"),
    [(100, "ok", "is good until"), (10, "warning", "ends on"), (-1, "problem", "ended on")],
)
async def test_a_certificate_that_ends_soon_is_noticed(
    fake: Microsoft, signer: Authority, tmp_path: Path, days: int, state: str, text: str
) -> None:
    """A month before it ends there is time to make another."""
    now = datetime.now(UTC)
    file = pem(tmp_path, now + timedelta(days=days))
    fake.public_key = rsa_key(7).public_key()
    findings = await found(fake, signer, now=now, certificate=file, client_secret=Secret())

    assert state == findings[0].state
    assert text in findings[0].text
    assert f"The certificate is valid for {APP} in the tenant {TENANT}." == findings[1].text


async def test_a_file_that_is_no_certificate_is_named(
    fake: Microsoft, signer: Authority, tmp_path: Path
) -> None:
    """What the file must hold is said, both where it is read and where it is used."""
    file = tmp_path / "teams.pem"
    file.write_text("penelope")
    told = bad(await found(fake, signer, certificate=file, client_secret=Secret()))

    assert ["problem", "problem"] == [state for state, _, _ in told]
    assert all("a PEM file that holds" in fix for _, _, fix in told)
    assert "penelope" not in str(told)


# --- the way in ------------------------------------------------------------------------------


async def test_keys_that_cannot_be_fetched_are_a_problem(fake: Microsoft, signer: Authority) -> None:
    """Without them nothing that Teams sends is taken."""
    signer.status = 500
    [(state, text, fix)] = bad(await found(fake, signer))

    assert ("problem", f"Microsoft's keys cannot be fetched from {signer.openid_url}.") == (state, text)
    assert "firewall" in fix


@pytest.mark.parametrize(
    ("status", "state", "fix"),
    [
        (404, "problem", f"Let the reverse proxy hand {MESSAGES} on to 127.0.0.1:"),
        (302, "problem", "Teams follows no redirection"),
        (403, "problem", "without a sign-in of its own"),
    ],
)
async def test_the_public_address_leads_to_a_bot_that_refuses_what_is_not_signed(
    fake: Microsoft, signer: Authority, status: int, state: str, fix: str
) -> None:
    """401 to a request without a token is right; anything else says who answered instead."""
    async with answering(status) as address:
        [(told, text, mends)] = bad(await found(fake, signer, at=address))

    assert state == told
    assert f"{address}{MESSAGES}" in text
    assert fix in mends


@pytest.mark.parametrize(
    ("tab", "headers", "text"),
    [
        (404, None, "answers 404"),
        (302, None, "answers 302"),
        (200, {}, "may not be shown by Teams"),
        (200, {"Content-Security-Policy": "frame-ancestors 'none'"}, "may not be shown by Teams"),
        (
            200,
            {"Content-Security-Policy": policy(in_teams=True), "X-Frame-Options": "DENY"},
            "may not be shown",
        ),
    ],
)
async def test_a_tab_that_teams_may_not_show_is_a_problem(
    fake: Microsoft, signer: Authority, tab: int, headers: dict[str, str] | None, text: str
) -> None:
    """A proxy that changes headers leaves the tab white, and nobody else says why."""
    async with answering(tab=tab, headers=headers) as address:
        [(state, told, fix)] = bad(await found(fake, signer, at=address))

    assert "problem" == state
    assert text in told
    assert "leave the headers as they are" in fix


async def test_a_stand_in_is_told_from_teams(fake: Microsoft, signer: Authority) -> None:
    """In development nothing of Microsoft's is asked for, and it is said that this is no way to run it."""
    bare = {"app_id": "", "tenant_id": "", "client_secret": Secret(), "development": True}
    [(state, text, fix)] = bad(await found(fake, signer, **bare))

    assert "warning" == state
    assert "nobody signed" in text
    assert "before people use it" in fix
    assert [] == fake.calls


# --- Microsoft Graph -------------------------------------------------------------------------


async def test_what_graph_grants_is_held_against_what_is_asked(fake: Microsoft, signer: Authority) -> None:
    """All three, and the package of this version: nothing is missing."""
    findings = await found(fake, signer, graph=True)

    assert [] == bad(findings)
    assert [
        "Microsoft Graph grants all that the bot asks for.",
        f"The catalogue has the app package of this version ({VERSION}).",
    ] == [one.text for one in findings[1:3]]


@pytest.mark.parametrize("name", [FIND, CATALOGUE, INSTALL])
async def test_a_permission_that_is_missing_is_named_with_its_reason(
    fake: Microsoft, signer: Authority, name: str
) -> None:
    """Whoever reads it knows what does not work without it, where to add it, and how to do without."""
    fake.granted.remove(name)
    [(state, text, fix)] = bad(await found(fake, signer, graph=True))

    assert "problem" == state
    assert text.startswith(f"Microsoft Graph does not grant {name}. ")
    assert fix.endswith("Grant admin consent. Or set [teams] graph = false.")


async def test_permissions_that_nobody_uses_are_noticed(fake: Microsoft, signer: Authority) -> None:
    """What it may not do, nobody can misuse."""
    fake.granted |= {"Mail.ReadWrite", "User.Read.All"}
    [(state, text, _)] = bad(await found(fake, signer, graph=True))

    assert ("warning", "The app may do more than the bot needs: Mail.ReadWrite, User.Read.All.") == (
        state,
        text,
    )


async def test_a_token_that_does_not_say_what_it_may_is_a_warning(fake: Microsoft, signer: Authority) -> None:
    """Then the permissions are to be compared by hand; nothing is claimed to be missing."""
    fake.opaque = True
    [(state, text, _)] = bad(await found(fake, signer, graph=True))

    assert ("warning", "Microsoft Graph did not say what it grants.") == (state, text)


async def test_an_app_package_of_another_version_is_noticed(fake: Microsoft, signer: Authority) -> None:
    """What people see in Teams may then lack words that the bot knows; without any package nobody sees anything."""
    fake.versions = ["10.0.0", "9.9.0", "none", "99.01.0"]
    newer = await found(fake, signer, graph=True)
    fake.versions = ["0.0.1"]
    [older] = bad(await found(fake, signer, graph=True))
    fake.catalogue = {}
    [none] = bad(await found(fake, signer, graph=True))

    assert (
        "warning",
        f"The catalogue has version 0.0.1 of the app package, and this is {VERSION}.",
    ) == older[:2]
    assert ("problem", "The organisation's catalogue lacks the app.") == none[:2]
    assert all("telemachy manifest teams" in fix for _, _, fix in (older, none))
    assert "The catalogue has the app package of this version (10.0.0)." in [one.text for one in newer]


@pytest.mark.parametrize("fault", [Broken(503), Says(429, "TooManyRequests")])
async def test_a_graph_that_fails_is_named(fake: Microsoft, signer: Authority, fault: Any) -> None:
    """The status stands there; nothing is concluded about the app."""
    fake.fails("catalogue", fault)
    [(state, text, fix)] = bad(await found(fake, signer, graph=True))

    assert ("problem", "Ask again in a minute.") == (state, fix)
    assert "who looks for the app" in text


# --- people ----------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Any:
    """A database with its schema, written to by the test alone."""
    made = open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True)
    yield made
    made.close_now()


CLOCK = Clock(datetime(2027, 1, 11, 9, tzinfo=UTC))
BARE = replace(ANA, address=None)


async def people(store: InlineStore, *known: Any, **more: Any) -> list[Finding]:
    """Let the database know people, and return what is said of them."""
    await store.write(lambda work: work.apply([Put(one) for one in known], CLOCK.now()))
    settings = Config(teams=replace(Teams(mode="on"), **more))
    return list(look_at_people(settings, store))


async def test_who_is_not_reached_is_named_with_the_reason(store: InlineStore) -> None:
    """Each trouble has its own sentence and its own fix; who has left is nobody's trouble any more."""
    lost = [
        replace(BARE, id=f"x{n}", email=f"{trouble}@example.org", trouble=trouble)
        for n, trouble in enumerate(TROUBLES)
    ]
    gone = replace(BARE, id="gone", email="gone@example.org", trouble="unknown", active=False)
    told = bad(await people(store, MATEJ, *lost, gone))

    assert dict.fromkeys(TROUBLES, True) == {
        trouble: any(f"{trouble}@example.org." in text for _, text, _ in told) for trouble in TROUBLES
    }
    assert all(fix for _, _, fix in told)
    assert "gone" not in str(told)


async def test_how_an_administrator_installs_the_app_for_everyone_is_said(store: InlineStore) -> None:
    """By a setup policy, or by the bot itself where Graph grants it; the second only while it is not so already."""
    lost = replace(BARE, trouble="not_installed")
    [(state, text, fix)] = bad(await people(store, lost))
    [(_, _, granted)] = bad(await people(store, lost, graph=True))

    assert ("warning", "The app is not installed in Teams for ana@example.org.") == (state, text)
    assert "Setup policies, Global" in fix
    assert "TeamsAppInstallation.ReadWriteSelfForUser.All" in fix
    assert "[teams] graph = true" in fix
    assert "Setup policies, Global" in granted
    assert "ReadWriteSelfForUser" not in granted


async def test_people_are_counted_where_they_are(store: InlineStore) -> None:
    """Who is in both counts as found; who is in Slack alone is not missing; who was never met is named."""
    both = replace(MATEJ, address=Address("slack", "U1", "T1"), also=(MATEJ.address,))
    elsewhere = replace(BARE, id="irena", email="irena@example.org", address=Address("slack", "U2", "T1"))
    findings = await people(store, both, elsewhere, BARE)

    assert "Found in Teams: 1 of 3, and in another chat: 1." == next(
        one.text for one in findings if one.state == "ok"
    )
    assert ["Not found in a chat yet, so they get letters: ana@example.org."] == [
        text for _, text, _ in bad(findings)
    ]


async def test_many_are_not_all_named(store: InlineStore) -> None:
    """Five and a number are enough to begin with."""
    many = [replace(BARE, id=f"x{n}", email=f"x{n}@example.org", trouble="blocked") for n in range(7)]
    [(_, text, _)] = bad(await people(store, *many))

    assert "x4@example.org and 2 more." in text


async def test_beside_slack_who_is_unknown_is_said_once(store: InlineStore) -> None:
    """Slack's part of the report says whom no chat knows; here stands only what Teams alone can know."""
    unknown, missing = replace(BARE, trouble="unknown"), replace(BARE, id="b", trouble="not_installed")
    await store.write(lambda work: work.apply([Put(unknown), Put(missing)], CLOCK.now()))
    settings = Config(teams=Teams(mode="on"), slack=Slack(mode="socket"))
    told = [text for _, text, _ in bad(list(look_at_people(settings, store)))]

    assert ["The app is not installed in Teams for ana@example.org."] == told


async def test_a_tenant_that_waits_is_a_problem(store: InlineStore) -> None:
    """What a running bot has noted can be read beside it: since when, why, and what mends it."""
    states = States(store, CLOCK)
    await states.note(TENANT, "BotNotRegistered")
    await states.note(GRAPH, "not_in_catalogue")
    told = bad(await people(store))

    assert [
        "Microsoft Graph does not do what it is asked for since 2027-01-11 09:00 UTC (not_in_catalogue).",
        f"The tenant {TENANT} keeps messages waiting since 2027-01-11 09:00 UTC (BotNotRegistered).",
    ] == sorted(text for _, text, _ in told)
    assert all(fix.endswith("Nothing is lost meanwhile.") for _, _, fix in told)


# --- a test message --------------------------------------------------------------------------


async def asked_for_a_message(
    fake: Microsoft, signer: Authority, store: InlineStore, *, known: bool = True
) -> Finding:
    """Ask for a test message to Ana."""
    fake.knows("u-ana", "ana@example.org")
    await store.write(lambda work: work.apply([Put(ANA)], CLOCK.now()))
    who = address_in_teams(store, "Ana@example.org")
    assert who == ANA.address
    if known:
        there = Reference(
            service_url=fake.service_url, conversation="a:u-ana", user="29:u-ana", bot=BOT, tenant=TENANT
        )
        await References(store, CLOCK).keep(who, there)
    settings = config(fake, signer, development=True)
    return await write_to(settings, store, who, "ana@example.org", Clock(datetime.now(UTC)))


async def test_a_test_message_goes_to_one_person(
    fake: Microsoft, signer: Authority, store: InlineStore
) -> None:
    """It is found by e-mail, arrives in their own chat, and says that nothing needs doing."""
    finding = await asked_for_a_message(fake, signer, store)
    [told] = fake.of("send")

    assert "A test message was sent to ana@example.org." == finding.text
    assert "nothing needs doing" in str(told)


@pytest.mark.parametrize(
    ("fault", "text", "fix"),
    [
        (Says(403, "Forbidden", sub="MessageWritesBlocked"), "did not go", "Mend what stands above."),
        (Broken(500), "did not go", "Look whether it arrived."),
    ],
)
async def test_a_test_message_that_does_not_arrive_says_why(
    fake: Microsoft, signer: Authority, store: InlineStore, fault: Any, text: str, fix: str
) -> None:
    """Nothing is sent a second time."""
    fake.fails("send", fault)
    finding = await asked_for_a_message(fake, signer, store)

    assert "problem" == finding.state
    assert text in finding.text
    assert fix == finding.fix
    assert 1 == len(fake.of("send"))


async def test_without_a_chat_there_is_no_test_message(
    fake: Microsoft, signer: Authority, store: InlineStore
) -> None:
    """Where Teams never said where somebody is, the way to it is named."""
    finding = await asked_for_a_message(fake, signer, store, known=False)

    assert "problem" == finding.state
    assert finding.fix.startswith("They open the app in Teams once.")
    assert [] == fake.of("send")


# --- the command -----------------------------------------------------------------------------


def doctor(*options: str) -> Any:
    """Run the command."""
    return CliRunner().invoke(build(["doctor"]), ["doctor", *options])


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    """A deployment with a stand-in, and a database that has its schema."""
    open_store(f"sqlite:///{tmp_path}/telemachy.db", inline=True).close_now()
    return configuration(tmp_path, "[teams]\nmode = 'on'\ndevelopment = true")


def test_doctor_looks_at_teams(deployment: Path) -> None:
    """With Teams switched on its part of the report is there, and a test message needs somebody."""
    shown = doctor("--config", str(deployment), "--to", "ana@example.org").output

    assert "Messages that nobody signed are taken" in shown
    assert "Nobody whom the bot reaches in Teams has the address ana@example.org." in shown


def test_without_its_packages_teams_cannot_run(deployment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which lock to install is said, in place of a traceback."""
    monkeypatch.setattr(chats_checkup, "find_spec", lambda name: None)
    shown = doctor("--config", str(deployment)).output

    assert "The packages for Microsoft Teams are not installed." in shown
    assert "requirements/teams.txt" in shown
