"""The gate in front of Teams: only what the Bot Connector signed for our app comes in, and the log learns nothing of it."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import aiohttp
import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm

from adapters.keys import Keys, NotGenuine, verified
from adapters.teams.gate import MOST_BYTES, Body, Gate
from adapters.teams.names import MESSAGES
from adapters.teams.service import Untrusted, trusted
from tests.living import MovableClock
from tests.teams_authority import (
    APP,
    DOCUMENT,
    KEYS,
    SERVICE_URL,
    TENANT,
    Authority,
    authority,
    keys_of,
    rsa_key,
)

BEGIN = datetime.fromisoformat("2026-12-21T08:00:00+00:00")
MARKER = "marker-that-nobody-may-read-in-a-log"
OTHER_TENANT = "99999999-6a0e-4d5c-9a51-3f7f4f6f2b10"
CLOSED = (401, 403)


def activity(**changed: object) -> dict[str, object]:
    """Return a message as Teams sends it; what is given as None is left out."""
    told: dict[str, object] = {
        "type": "message",
        "id": "1",
        "channelId": "msteams",
        "serviceUrl": SERVICE_URL,
        "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": TENANT},
        "channelData": {"tenant": {"id": TENANT}},
        "text": f"checkin {MARKER}",
        **changed,
    }
    return {name: value for name, value in told.items() if value is not None}


class Door:
    """A gate with a signing authority on one side and a room that counts who came in on the other."""

    def __init__(self, signer: Authority, clock: MovableClock, keys: Keys | None, **gate: object) -> None:
        self.signer, self.clock, self.keys = signer, clock, keys
        self.came: list[Body] = []
        told: dict[str, object] = {"app_id": APP, "tenants": [TENANT], "keys": keys, "clock": clock, **gate}
        self.outside = Gate(**told).in_front_of(self._inside)  # type: ignore[arg-type]
        app = web.Application()
        app.router.add_post(MESSAGES, self.outside)
        self.client = TestClient(TestServer(app))

    async def _inside(self, body: Body) -> web.StreamResponse:
        self.came.append(body)
        return web.json_response({"came": len(self.came)})

    async def post(
        self, body: object = None, *, token: str | None = None, headers: Mapping[str, str] | None = None
    ) -> int:
        """Send a body, signed unless told otherwise, and return the status."""
        told = activity() if body is None else body
        data = told if isinstance(told, bytes) else json.dumps(told).encode()
        signed = {"Authorization": f"Bearer {self.signer.token() if token is None else token}"}
        async with self.client.post(
            MESSAGES, data=data, headers=signed if headers is None else headers
        ) as answer:
            text = await answer.text()
            assert MARKER not in text
            assert 200 == answer.status or "came" not in text
            return answer.status


@asynccontextmanager
async def door_of(
    *, signed: bool = True, timeout_seconds: float = 5.0, **gate: object
) -> AsyncIterator[Door]:
    """Put up a gate; `signed=False` without any keys."""
    clock = MovableClock(BEGIN)
    async with (
        authority(clock) as signer,
        keys_of(signer, timeout_seconds=timeout_seconds) as keys,
    ):
        door = Door(signer, clock, keys if signed else None, **gate)
        async with door.client:
            yield door


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """A gate as it stands in production."""
    async with door_of() as made:
        yield made


# --- tokens ----------------------------------------------------------------------------------


async def test_what_the_bot_connector_signed_comes_in(door: Door) -> None:
    """A signed activity is handed on whole."""
    assert 200 == await door.post()
    assert [activity()] == door.came


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Negotiate x"},
        {"X-Authorization": "Bearer x"},
    ],
)
async def test_without_a_bearer_token_nothing_comes_in(door: Door, told: dict[str, str]) -> None:
    """No header, an empty one and other schemes are 401, and cause no fetch."""
    assert 401 == await door.post(headers=told)
    assert ([], 0) == (door.came, door.signer.fetches)


async def test_two_tokens_are_none(door: Door) -> None:
    """Of two headers nobody can say which one counts."""
    good = f"Bearer {door.signer.token()}"
    async with door.client.post(
        MESSAGES, json=activity(), headers=[("Authorization", good), ("Authorization", good)]
    ) as answer:
        assert (401, "Bearer") == (answer.status, answer.headers["WWW-Authenticate"])


async def test_the_scheme_is_read_in_any_case(door: Door) -> None:
    """A scheme has no case."""
    assert 200 == await door.post(headers={"Authorization": f"bearer {door.signer.token()}"})


@pytest.mark.parametrize(
    "changed",
    [
        {"audience": "another-app"},
        {"audience": None},
        {"audience": ""},
        {"audience": [APP[:-1], 5, None]},
        {"audience": {APP: APP}},
        {"iss": "https://api.botframework.com/"},
        {"iss": "https://api.botframework.com.evil.example"},
        {"iss": "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"},
        {"iss": None},
        {"iss": ""},
    ],
    ids=str,
)
async def test_another_audience_or_issuer_is_401(door: Door, changed: dict[str, object]) -> None:
    """A token for another bot, or by another signer with the same keys, does not count."""
    assert 401 == await door.post(token=door.signer.token(**changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(("after", "status"), [(3600, 200), (3899, 200), (3900, 401), (90000, 401)])
async def test_a_token_ends_five_minutes_after_it_says(door: Door, after: int, status: int) -> None:
    """The clocks may differ by five minutes, and not by more: also where the token was good a moment before."""
    token = door.signer.token()
    assert 200 == await door.post(token=token)
    door.clock.at += timedelta(seconds=after)
    assert status == await door.post(token=token)


@pytest.mark.parametrize(("early", "status"), [(0, 200), (300, 200), (301, 401), (90000, 401)])
async def test_a_token_begins_five_minutes_before_it_says(door: Door, early: int, status: int) -> None:
    """What is good from tomorrow on is not good today."""
    begins = int(BEGIN.timestamp()) + early
    assert status == await door.post(token=door.signer.token(nbf=begins))
    assert status == await door.post(token=door.signer.token(nbf=None, iat=begins))


@pytest.mark.parametrize("told", [None, "soon", "9999999999", True, [], {}, float("inf"), float("nan")])
async def test_a_token_without_an_end_is_401(door: Door, told: object) -> None:
    """A token must say in a number when it ends."""
    assert 401 == await door.post(token=door.signer.token(exp=told))


@pytest.mark.parametrize(
    "token", ["x", "..", "a.b.c", "a.b.c.d", "é.é.é", "a" * 7000, "e30.e30.e30", "W10.e30.x"]
)
async def test_garbage_is_401(door: Door, token: str) -> None:
    """What is no token at all is no error of ours."""
    assert 401 == await door.post(headers={"Authorization": f"Bearer {token}"})
    assert 0 == door.signer.fetches


@given(junk=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=60))
@example(junk="\x85")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
async def test_no_token_whatever_is_an_error_of_ours(junk: str) -> None:
    """Every piece of a token in every wrong shape is told not to be genuine, and causes nothing else."""
    clock = MovableClock(BEGIN)
    keys = Keys(_no_session, openid_url="https://signer.example/", clock=clock)
    header = base64.urlsafe_b64encode(json.dumps({"alg": "RS256", "kid": junk}).encode()).decode().rstrip("=")
    for token in (junk, f"{junk}.{junk}.{junk}", f"{header}.{junk}.x", f"{header}.e30.e30"):
        with pytest.raises(NotGenuine):
            await verified(token, keys, audience=APP, issuers=["x"], clock=clock)


def _no_session() -> object:
    raise RuntimeError("Session is closed")


def unsigned(header: Mapping[str, object], claims: Mapping[str, object], signature: bytes = b"") -> str:
    """Return a token of these pieces."""
    pieces = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(piece).decode().rstrip("=") for piece in pieces)


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "", None, "RS512", "HS256", "PS256", 5, ["RS256"]]
)
async def test_the_token_does_not_choose_how_it_is_checked(door: Door, algorithm: object) -> None:
    """Only RS256 counts, whatever a token says of itself: `none` and every other way are 401."""
    claims = door.signer.claims(serviceurl=SERVICE_URL)
    header = {"typ": "JWT", "alg": algorithm, "kid": "key-1"}
    assert 401 == await door.post(token=unsigned(header, claims, b"x"))
    assert 401 == await door.post(token=unsigned(header, claims))
    assert 0 == door.signer.fetches


async def test_the_public_key_is_no_shared_secret(door: Door) -> None:
    """A token signed by HS256 with the public key as its secret is 401."""
    assert 200 == await door.post()
    public = rsa_key(1).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    for secret in (
        public.public_bytes(serialization.Encoding.PEM, form),
        public.public_bytes(serialization.Encoding.DER, form),
        json.dumps(RSAAlgorithm.to_jwk(public, as_dict=True)).encode(),
    ):
        # PyJWT refuses to make such a token, so it is made by hand.
        plain = unsigned({"alg": "HS256", "kid": "key-1"}, door.signer.claims(serviceurl=SERVICE_URL))
        signing = plain.rpartition(".")[0].encode()
        code = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
        mark = base64.urlsafe_b64encode(code.sign(signing, secret)).decode().rstrip("=")
        assert 401 == await door.post(token=f"{signing.decode()}.{mark}")


@pytest.mark.parametrize(
    "header", [{"crit": ["exp"]}, {"crit": []}, {"b64": False}, {"b64": False, "crit": ["b64"]}]
)
async def test_a_header_that_asks_for_more_is_401(door: Door, header: dict[str, object]) -> None:
    """What a header declares critical, and we do not know, is refused."""
    told = {"alg": "RS256", "kid": "key-1", **header}
    assert 401 == await door.post(token=unsigned(told, door.signer.claims(), b"x"))


async def test_a_key_that_signs_for_others_is_401(door: Door) -> None:
    """A token signed by a key of somebody else under the id of ours, or changed after it was signed, is refused."""
    assert 401 == await door.post(token=door.signer.token(key=7, kid="key-1"))
    head, _, mark = door.signer.token().split(".")
    other = door.signer.token(service_url="https://evil.example/").split(".")[1]
    assert 401 == await door.post(token=f"{head}.{other}.{mark}")


@pytest.mark.parametrize("kid", ["", None, 5, [], {}])
async def test_a_token_that_names_no_key_is_401(door: Door, kid: object) -> None:
    """Without a key id nothing is tried, and nothing fetched."""
    told = {"alg": "RS256", "kid": kid}
    assert 401 == await door.post(token=unsigned(told, door.signer.claims(), b"x"))
    assert 0 == door.signer.fetches


@pytest.mark.parametrize(
    ("listed", "status"),
    [(["msteams", "webchat"], 200), ([], 200), (["webchat"], 401), ([5, "msteams"], 200)],
)
async def test_a_key_speaks_for_the_channels_it_names(door: Door, listed: list[str], status: int) -> None:
    """A key that is endorsed for other channels only does not sign for Teams; one that names none may."""
    door.signer.endorsements = listed
    assert status == await door.post()


# --- keys ------------------------------------------------------------------------------------


async def test_many_requests_fetch_the_keys_once(door: Door) -> None:
    """Requests that come together at the start wait for one fetch, and later ones for none."""
    assert [200] * 20 == await asyncio.gather(*(door.post() for _ in range(20)))
    assert [200] * 5 == [await door.post() for _ in range(5)]
    assert [DOCUMENT, KEYS] == door.signer.asked


async def test_a_new_key_counts_at_once_with_a_cache_two_hours_old(door: Door) -> None:
    """After a roll-over the first token with the new key id comes in, and the old key counts no more."""
    old = door.signer.token(exp=int(BEGIN.timestamp()) + 90000)
    assert 200 == await door.post(token=old)
    door.clock.at += timedelta(hours=2)
    assert (200, 1) == (await door.post(token=old), door.signer.fetches)
    door.signer.roll()
    assert (200, 2) == (await door.post(), door.signer.fetches)
    assert (200, 2) == (await door.post(), door.signer.fetches)
    assert 401 == await door.post(token=old)


async def test_unknown_key_ids_fetch_once_a_minute(door: Door) -> None:
    """Whoever makes up key ids causes one fetch a minute, while what is signed comes in."""
    assert 200 == await door.post()
    for _ in range(5):
        assert 401 == await door.post(token=door.signer.token(kid="made-up"))
    assert 1 == door.signer.fetches
    door.clock.at += timedelta(seconds=60)
    for number in range(5):
        assert 401 == await door.post(token=door.signer.token(kid=f"made-up-{number}"))
    assert (200, 2) == (await door.post(), door.signer.fetches)


async def test_a_clock_set_back_does_not_end_the_fetching(door: Door) -> None:
    """When the clock was an hour ahead, a new key is found all the same."""
    assert 200 == await door.post()
    door.clock.at -= timedelta(hours=1)
    door.signer.roll()
    assert 200 == await door.post()


@pytest.mark.parametrize(
    "broken",
    [
        {"status": 500},
        {"status": 404},
        {"answers": {DOCUMENT: "no json"}},
        {"answers": {DOCUMENT: "[]"}},
        {"answers": {DOCUMENT: "[" * 9000}},
        {"answers": {DOCUMENT: {}}},
        {"answers": {DOCUMENT: {"jwks_uri": "http://keys.example/"}}},
        {"answers": {DOCUMENT: {"jwks_uri": "https://user@127.0.0.1/"}}},
        {"answers": {DOCUMENT: {"jwks_uri": "file:///etc/passwd"}}},
        {"answers": {DOCUMENT: {"jwks_uri": "https://["}}},
        {"answers": {DOCUMENT: {"jwks_uri": 5}}},
        {"answers": {KEYS: {"keys": []}}},
        {"answers": {KEYS: {"keys": {"kid": "key-1"}}}},
        {"answers": {KEYS: {"keys": [None, 5, {"kid": "key-1", "kty": "RSA", "n": "!", "e": "AQAB"}]}}},
        {"answers": {KEYS: "x" * 600_000}},
        {"moved": True},
    ],
    ids=str,
)
async def test_keys_are_kept_while_the_fetch_fails(
    door: Door, broken: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the key endpoint answers, the keys that were fetched before stay good, and no request is an error."""
    assert 200 == await door.post()
    door.clock.at += timedelta(days=2)
    for name, value in broken.items():
        setattr(door.signer, name, value)
    for _ in range(2):
        assert 200 == await door.post()
        assert 401 == await door.post(token=door.signer.token(kid="new"))
        door.clock.at += timedelta(seconds=10)
    said = [r for r in caplog.records if "action=keys.kept" in r.getMessage()]
    assert 2 == len(said)


async def test_an_authority_that_cannot_be_reached_closes_the_gate_for_now(door: Door) -> None:
    """Without any key everything is 401, never 500; ten seconds later it is tried again."""
    door.signer.status = 503
    assert [401, 401] == [await door.post(), await door.post()]
    assert 1 == door.signer.fetches
    door.signer.status = 200
    door.clock.at += timedelta(seconds=10)
    assert 200 == await door.post()


async def test_the_daily_fetch_holds_nobody_up(door: Door) -> None:
    """A day later requests are answered while the keys are being fetched, and the fetch is one."""
    assert 200 == await door.post()
    door.signer.open.clear()
    door.clock.at += timedelta(days=1)
    assert [200, 200, 200] == [await door.post() for _ in range(3)]
    async with asyncio.timeout(5):
        await door.signer.waiting.wait()
    door.signer.open.set()
    assert door.keys is not None
    assert await door.keys.fetch()
    assert 2 == door.signer.fetches


async def test_a_slow_key_endpoint_stalls_nobody_else(door: Door) -> None:
    """While one request waits for an unknown key, others are answered."""
    assert 200 == await door.post()
    door.clock.at += timedelta(minutes=2)
    door.signer.open.clear()
    door.signer.roll(keep=True)
    waiting = asyncio.create_task(door.post())
    await door.signer.waiting.wait()
    assert [200] * 10 == [await door.post(token=door.signer.token(key=1)) for _ in range(10)]
    assert not waiting.done()
    door.signer.open.set()
    assert 200 == await waiting


async def test_a_key_endpoint_that_never_answers_is_given_up() -> None:
    """Who waits for an unknown key is told 401 when the time is up, and the keys at hand stay good."""
    async with door_of(timeout_seconds=0.1) as door:
        assert door.keys is not None
        door.signer.open.clear()
        assert 401 == await door.post()
        door.signer.open.set()
        assert await door.keys.fetch()
        door.signer.open.clear()
        door.clock.at += timedelta(days=1)
        assert 401 == await door.post(token=door.signer.token(kid="new"))
        assert 200 == await door.post()


async def test_who_gives_up_waiting_ends_the_fetch_for_nobody_else(door: Door) -> None:
    """A caller that is cancelled leaves the fetch to those who still wait."""
    assert door.keys is not None
    door.signer.open.clear()
    first, second = (asyncio.create_task(door.keys.key("key-1")) for _ in range(2))
    await door.signer.waiting.wait()
    first.cancel()
    await asyncio.wait((first,))
    door.signer.open.set()
    found = await second
    assert found is not None
    assert ("key-1", 1) == (found.id, door.signer.fetches)


async def test_keys_are_fetched_through_the_proxy_of_the_environment(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a proxy leads out, the keys are asked for there; an exception of NO_PROXY is kept."""
    async with aiohttp.ClientSession() as session:
        away = f"http://127.0.0.1:9{DOCUMENT}"  # nobody answers there but the proxy
        keys = Keys(lambda: session, openid_url=away, clock=door.clock)
        monkeypatch.setenv("http_proxy", str(door.signer.server.make_url("/")))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert not await keys.fetch()
        monkeypatch.delenv("no_proxy")
        assert await keys.fetch()


async def test_only_keys_that_rs256_uses_are_taken(door: Door) -> None:
    """Keys that are short, for encryption, of another kind or without an id are left out."""
    good = RSAAlgorithm.to_jwk(rsa_key(1).public_key(), as_dict=True)
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    door.signer.more_keys = [
        {**good, "kid": "enc", "use": "enc"},
        {**good, "kid": "ps", "alg": "PS256"},
        {**good, "kid": "", "use": "sig"},
        {**good, "kid": "octets", "kty": "oct"},
        {**good, "kid": "zero", "n": ""},
        {**good, "kid": "list", "n": []},
        {**RSAAlgorithm.to_jwk(short.public_key(), as_dict=True), "kid": "short"},
        {"kid": "curve", "kty": "EC", "crv": "P-256", "x": "x", "y": "y"},
    ]
    assert door.keys is not None
    assert await door.keys.fetch()
    assert 1 == door.keys.count


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://signer.example/",
        "ftp://signer.example/",
        "https://",
        "https://a@b/",
        "http://127.0.0.1.nip.io/",
    ],
)
def test_keys_are_fetched_by_https_only(url: str) -> None:
    """Whoever could change the document would sign for everybody."""
    with pytest.raises(ValueError, match="address"):
        Keys(_no_session, openid_url=url, clock=MovableClock(BEGIN))  # type: ignore[arg-type]


async def test_another_signer_is_checked_by_the_same_rules() -> None:
    """The keys of an organisation's sign-in serve too: its issuer, several audiences, no endorsement."""
    clock = MovableClock(BEGIN)
    issuer = f"https://login.microsoftonline.com/{TENANT}/v2.0"
    async with authority(clock, issuer=issuer, endorsements=()) as signer, keys_of(signer) as keys:
        token = signer.token(audience=f"api://bot.example/{APP}", oid="someone")
        audiences = [APP, f"api://bot.example/{APP}"]
        claims = await verified(token, keys, audience=audiences, issuers=[issuer], clock=clock)
        assert "someone" == claims["oid"]
        with pytest.raises(NotGenuine, match="audience"):
            await verified(token, keys, audience=APP, issuers=[issuer], clock=clock)
        with pytest.raises(NotGenuine, match="issuer"):
            await verified(token, keys, audience=audiences, issuers=["other"], clock=clock)


# --- what is sent ----------------------------------------------------------------------------

FOREIGN_SERVICES = [
    None,
    "",
    5,
    [SERVICE_URL],
    "http://smba.trafficmanager.net/emea/",
    "https://smba.trafficmanager.net.evil.example/",
    "https://evilsmba.trafficmanager.net/",
    "https://evilbotframework.com/",
    "https://trafficmanager.net/",
    "https://smba.trafficmanager.net@evil.example/",
    "https://user:pass@smba.trafficmanager.net/",
    "https://evil.example\\@smba.trafficmanager.net/",
    "https://evil.example#@smba.trafficmanager.net/",
    "https://evil.example?.botframework.com",
    "https://evil.example/.botframework.com",
    "https://smba.trafficmanager.net:8443/",
    "https://smba.trafficmanager.net./",
    "https://.botframework.com/",
    "https://smba.trafficmanager.net/emea/?x=",
    "https://smba.trafficmanager.net/\temea/",
    " https://smba.trafficmanager.net/emea/",
    "https://smba.trafficmanager.net/emea/\n",
    "https://ſmba.trafficmanager.net/",
    "//smba.trafficmanager.net/",
    "https:smba.trafficmanager.net/",
    "javascript://smba.trafficmanager.net/",
    "https://169.254.169.254/metadata/instance",
    "http://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/",
    "https://metadata.google.internal/",
    "https://127.0.0.1/",
    "http://localhost:3978/",
    "https://2130706433/",
    "https://smba.trafficmanager.net/" + "a" * 500,
]


@pytest.mark.parametrize("service", FOREIGN_SERVICES, ids=str)
async def test_a_service_address_that_is_not_teams_own_is_403(door: Door, service: object) -> None:
    """Missing, without TLS, look-alikes, tricks with users, this machine and the cloud's own: also where it is signed."""
    assert 403 == await door.post(activity(serviceUrl=service), token=door.signer.token(service_url=service))
    assert [] == door.came


@pytest.mark.parametrize(
    "signed",
    [
        None,
        "",
        "https://smba.trafficmanager.net/amer/",
        SERVICE_URL.rstrip("/"),
        SERVICE_URL.upper(),
        [SERVICE_URL],
    ],
)
async def test_the_service_address_is_the_signed_one(door: Door, signed: object) -> None:
    """A body that names another of Teams' addresses than its token is refused."""
    assert 403 == await door.post(token=door.signer.token(service_url=signed))


@pytest.mark.parametrize(
    "url",
    [
        SERVICE_URL,
        "https://smba.trafficmanager.net/teams",
        "https://SMBA.trafficmanager.net:443/amer/0c8b2f56-6a0e/",
        "https://smba.infra.gcc.teams.microsoft.com/gcc",
        "https://smba.infra.gov.teams.microsoft.us/",
        "https://europe.api.botframework.com",
    ],
)
def test_teams_own_addresses_are_trusted(url: str) -> None:
    """The hosts of the list, and what is below them."""
    assert url == trusted(url)


def test_a_list_of_ones_own_takes_the_place_of_ours() -> None:
    """Where hosts are named, the others count no more."""
    assert "https://a.example/" == trusted("https://a.example/", ("a.example",))
    with pytest.raises(Untrusted):
        trusted(SERVICE_URL, ("a.example",))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:56150/_connector", "http://localhost:9/", "http://[::1]:9/"]
)
def test_this_machine_is_trusted_in_development_only(url: str) -> None:
    """Stand-ins listen on loopback, without TLS."""
    assert url == trusted(url, development=True)
    with pytest.raises(Untrusted):
        trusted(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1.nip.io/",
        "http://10.0.0.5/",
        "http://169.254.169.254/",
        "http://0.0.0.0/",
        "http://a@127.0.0.1/",
    ],
)
def test_other_machines_are_not_trusted_in_development_either(url: str) -> None:
    """Development opens the door to this machine, and to no other."""
    with pytest.raises(Untrusted):
        trusted(url, development=True)


@pytest.mark.parametrize(
    "changed",
    [
        {"channelData": {"tenant": {"id": OTHER_TENANT}}},
        {"conversation": {"id": "a:1", "tenantId": OTHER_TENANT}},
        {"conversation": {"id": "a:1"}, "channelData": None},
        {"conversation": None, "channelData": None},
        {"conversation": {"tenantId": ""}, "channelData": {"tenant": {"id": ""}}},
        {"conversation": {"tenantId": [TENANT]}, "channelData": {"tenant": TENANT}},
        {"conversation": [], "channelData": "x"},
    ],
    ids=str,
)
async def test_another_tenant_is_403(door: Door, changed: dict[str, object]) -> None:
    """Every tenant that an activity names must be on the list, and it must name one."""
    assert 403 == await door.post(activity(**changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"conversation": {"id": "a:1"}},
        {"channelData": None},
        {"channelData": {"tenant": {"id": TENANT.upper()}}},
    ],
    ids=str,
)
async def test_our_tenant_may_stand_in_either_place(door: Door, changed: dict[str, object]) -> None:
    """Some activities name it once only."""
    assert 200 == await door.post(activity(**changed))


@pytest.mark.parametrize("channel", [None, "webchat", "directline", "emulator", "", 5, ["msteams"]])
async def test_another_channel_of_the_bot_connector_is_403(door: Door, channel: object) -> None:
    """In a web chat, which every new bot has, anybody can say who they are: only Teams vouches for people."""
    assert 403 == await door.post(activity(channelId=channel))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"5",
        b'"x"',
        b"\xff\xfe",
        b'{"a": "\xff"}',
        b'{"text": "\\ud83d"}',
        b'{"\\uDC00": 1}',
        b"[" * 9000,
        b'{"a":' * 9000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b"type=message&serviceUrl=x",
    ],
)
async def test_malformed_json_is_400(door: Door, raw: bytes) -> None:
    """What is no JSON object, or holds half a character, is the sender's fault."""
    assert 400 == await door.post(raw)
    assert [] == door.came


async def test_a_body_that_is_too_large_is_413(door: Door) -> None:
    """A body may have half a megabyte, also where its length is not told in advance."""
    empty = json.dumps(activity(text="")).encode()
    room = MOST_BYTES - len(empty)
    assert 200 == await door.post(activity(text="x" * room))
    assert 413 == await door.post(activity(text="x" * (room + 1)))
    token = {"Authorization": f"Bearer {door.signer.token()}"}

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MOST_BYTES // 65536 + 1):
            yield b"x" * 65536

    async with door.client.post(MESSAGES, data=pieces(), headers=token) as answer:
        assert 413 == answer.status


async def test_a_body_without_a_token_is_not_even_looked_at(door: Door) -> None:
    """Who has no token is told so, whatever they send."""
    for raw in (b"{", b"x" * (MOST_BYTES + 1)):
        assert 401 == await door.post(raw, token="x")


SHAPES: list[object] = [
    None,
    0,
    True,
    "",
    "x",
    [],
    [[]],
    [{}],
    {},
    {"id": 5},
    {"tenant": []},
    "\x00",
    "é" * 9,
]


async def test_no_signed_shape_whatever_is_an_error_of_ours(door: Door) -> None:
    """Every key of an activity in every wrong shape is let in or refused."""
    for key in activity():
        for shape in SHAPES:
            status = await door.post({**activity(), key: shape})
            assert status in (200, 403), (key, shape, status)


# --- logs ------------------------------------------------------------------------------------


async def test_nothing_of_a_body_is_in_any_log(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG, over all loggers, neither body, token nor headers can be read, whatever becomes of the request."""
    caplog.set_level(logging.DEBUG)
    token = door.signer.token()
    for body in (
        activity(),
        activity(serviceUrl=f"https://{MARKER}.example/"),
        activity(channelId=MARKER),
        activity(conversation={"tenantId": MARKER}),
        f"{{{MARKER}".encode(),
        MARKER.encode() * 20000,
    ):
        await door.post(body, token=token)
    await door.post(token=MARKER)
    await door.post(token=door.signer.token(kid=MARKER, iss=MARKER))
    await door.post(headers={"Authorization": f"Bearer {token}", "X-Marker": MARKER})
    said = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert MARKER not in said
    assert token not in said
    assert token.split(".")[2] not in said


async def test_a_refusal_says_why_in_the_log_and_not_to_the_sender(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    """One line tells the administrator what was wrong; the answer tells the sender nothing of use."""
    async with door.client.post(
        MESSAGES,
        json=activity(),
        headers={"Authorization": f"Bearer {door.signer.token(audience='another')}"},
    ) as answer:
        assert "Not signed by Teams." == await answer.text()
    assert 403 == await door.post(activity(conversation={"tenantId": OTHER_TENANT}))
    said = [r.args for r in caplog.records if r.name == "adapters.teams.gate"]
    assert [("audience", "127.0.0.1"), ("tenant", "127.0.0.1")] == said


# --- the switch for development --------------------------------------------------------------


def gate(**changed: object) -> Gate:
    """Return a gate of these parts."""
    keys = Keys(_no_session, openid_url="https://signer.example/", clock=MovableClock(BEGIN))  # type: ignore[arg-type]
    told = {"app_id": APP, "tenants": [TENANT], "keys": keys, "clock": MovableClock(BEGIN), **changed}
    return Gate(**told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changed",
    [
        {"keys": None},
        {"app_id": ""},
        {"app_id": "  "},
        {"tenants": []},
        {"tenants": [" "]},
        {"issuers": ()},
        {"app_id": "", "development": True},
    ],
    ids=str,
)
def test_a_gate_that_anybody_could_pass_is_not_put_up(changed: dict[str, object]) -> None:
    """Without keys, app or tenant there is no gate."""
    with pytest.raises(ValueError, match="without"):
        gate(**changed)


async def test_in_development_this_machine_needs_no_signature() -> None:
    """A stand-in's unsigned activity comes in, with its address on this machine and a tenant of its own."""
    async with door_of(signed=False, development=True, tenants=()) as door:
        body = activity(serviceUrl="http://127.0.0.1:56150/_connector", channelData={"tenant": {"id": "x"}})
        assert 200 == await door.post(body, headers={})
        assert 403 == await door.post(activity(serviceUrl="http://10.0.0.5/"), headers={})
        assert 403 == await door.post(activity(serviceUrl=None), headers={})


async def test_in_development_the_named_tenants_still_count() -> None:
    """Where tenants are named, another is refused also without signatures."""
    async with door_of(signed=False, development=True) as door:
        assert 200 == await door.post(headers={})
        assert 403 == await door.post(activity(channelData={"tenant": {"id": "x"}}), headers={})


async def test_with_keys_development_asks_for_a_token_too() -> None:
    """The switch alone opens nothing where there are keys."""
    async with door_of(development=True) as door:
        assert 401 == await door.post(headers={})
        here = "http://127.0.0.1:56150/"
        token = door.signer.token(service_url=here)
        assert 200 == await door.post(activity(serviceUrl=here), token=token)
        assert 403 == await door.post(token=token)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"X-Forwarded-Host": "localhost"},
        {"Via": "1.1 proxy"},
        {"Origin": "http://127.0.0.1:3978"},
        {"Origin": "null"},
        {"Host": "bot.example"},
        {"Host": ""},
        {"Host": "127.0.0.1.nip.io"},
    ],
    ids=str,
)
async def test_in_development_proxies_tunnels_and_web_pages_are_401(headers: dict[str, str]) -> None:
    """What comes through a program on this machine comes from elsewhere."""
    async with door_of(signed=False, development=True) as door:
        assert 401 == await door.post(headers=headers)


@pytest.mark.parametrize("remote", ["10.0.0.5", "169.254.1.1", "::ffff:10.0.0.5", "", "2001:db8::1"])
async def test_in_development_other_machines_are_401(remote: str) -> None:
    """Who is not on this machine needs a signature, which nobody can make then."""
    async with door_of(signed=False, development=True) as door:
        app = web.Application()

        async def from_there(request: web.Request) -> web.StreamResponse:
            return await door.outside(request.clone(remote=remote))

        app.router.add_post(MESSAGES, from_there)
        async with TestClient(TestServer(app)) as client, client.post(MESSAGES, json=activity()) as answer:
            assert 401 == answer.status
        assert [] == door.came
