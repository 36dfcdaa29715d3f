"""Tokens from Microsoft Entra: one for many sends, off the loop, and never in a log."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from adapters.teams.tokens import CONNECTOR, GRAPH, Tokens
from bot.ports import Throttled
from tests.fake_platform import Broken, Held
from tests.teams_fake import APP, SECRET, TENANT, Says, teams
from tests.teams_out import Clock, card, office


class Door:
    """An Entra that is asked in a thread: it answers once it is let, and knows who asked."""

    def __init__(self, **told):
        self.told = {"access_token": "token-1", "expires_in": 3600, "token_type": "Bearer", **told}
        self.open = threading.Event()
        self.threads = []

    def get(self, url, **_):
        """Say where tokens are."""
        place = f"https://login.example/{TENANT}"
        return Reply({"token_endpoint": f"{place}/token", "authorization_endpoint": place, "issuer": place})

    def post(self, url, **_):
        """Give a token, as slowly as the test wants."""
        self.threads.append(threading.get_ident())
        assert self.open.wait(10)
        return Reply(self.told)


class Reply:
    """What msal reads of an answer."""

    def __init__(self, told, status=200):
        self.status_code, self.text, self.headers = status, json.dumps(told), {}


@asynccontextmanager
async def entra(**more):
    """Open a fake Entra, and what asks it for tokens."""
    clock = Clock()
    async with teams(clock) as fake:
        told = {"app_id": APP, "tenant_id": TENANT, "secret": SECRET, **more}
        yield fake, clock, Tokens(clock=clock, login_url=fake.login_url, **told)


def pem(folder, *, encrypted=False):
    """Write a file with a new key and its certificate, and return it with the public key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "telemachy")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    proof = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    sealed = serialization.BestAvailableEncryption(b"4711") if encrypted else serialization.NoEncryption()
    text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealed)
    file = folder / "bot.pem"
    file.write_bytes(text + proof.public_bytes(serialization.Encoding.PEM))
    return file, key.public_key()


# --- how often --------------------------------------------------------------------------------


async def test_a_thousand_messages_cost_one_token():
    """Whoever sends a thousand messages, many at once, fetches one token."""
    async with office() as there:
        await there.meets("u-ana")
        for first in range(0, 1000, 50):
            await asyncio.gather(*(there.deliver(card("Hello"), row=str(first + one)) for one in range(50)))
        assert (1000, 1, 1) == (
            len(there.fake.messages),
            len(there.fake.of("token")),
            len(there.fake.of("discovery")),
        )


async def test_those_who_ask_at_once_wait_for_one_fetch():
    """Twenty who ask before there is a token get the same one, of one fetch."""
    async with entra() as (fake, _, tokens):
        held = Held()
        fake.fails("token", held)
        asking = [asyncio.create_task(tokens.bearer()) for _ in range(20)]
        await held.came.wait()
        held.go.set()
        assert ({"token-1"}, 1) == (set(await asyncio.gather(*asking)), len(fake.of("token")))


async def test_one_who_gives_up_takes_nothing_from_the_others():
    """The one whose question began the fetch may be cancelled: who waits with them gets the token."""
    async with entra() as (fake, _, tokens):
        held = Held()
        fake.fails("token", held)
        first = asyncio.create_task(tokens.bearer())
        await held.came.wait()
        second = asyncio.create_task(tokens.bearer())
        await asyncio.sleep(0)
        first.cancel()
        held.go.set()
        assert "token-1" == await second


async def test_a_token_is_kept_until_five_minutes_before_its_end():
    """Clocks differ and calls take time, so a token is renewed early, and not before that."""
    async with entra() as (fake, clock, tokens):
        await tokens.bearer()
        clock.move(minutes=54, seconds=59)
        assert "token-1" == await tokens.bearer()
        clock.move(seconds=1)
        assert ("token-2", 2) == (await tokens.bearer(), len(fake.of("token")))


async def test_each_scope_has_a_token_of_its_own():
    """What is for the Connector is not shown to Graph."""
    async with entra() as (fake, _, tokens):
        first, second = await tokens.bearer(), await tokens.bearer(GRAPH)
        assert {first: CONNECTOR, second: GRAPH} == fake.tokens


async def test_a_forgotten_token_is_fetched_anew_and_a_newer_one_is_kept():
    """Two who were refused with the same token forget it once, and not the one that came in its place."""
    async with entra() as (fake, _, tokens):
        old = await tokens.bearer()
        tokens.forget(old)
        new = await tokens.bearer()
        tokens.forget(old)
        assert ("token-2", "token-2", 2) == (new, await tokens.bearer(), len(fake.of("token")))


# --- off the loop -----------------------------------------------------------------------------


async def standstill() -> float:
    """Return for how long the loop stood still at most, in seconds, while a token was on its way for long."""
    door = Door()
    tokens = Tokens(
        app_id=APP,
        tenant_id=TENANT,
        clock=Clock(),
        secret=SECRET,
        http_client=door,
        login_url="https://login.example/",
    )
    loop = asyncio.get_running_loop()
    asking = asyncio.create_task(tokens.bearer())
    longest, last = 0.0, loop.time()
    until = last + 0.3
    while (now := loop.time()) < until or not door.threads:
        longest, last = max(longest, now - last), now
        await asyncio.sleep(0)
    assert not asking.done()
    door.open.set()
    assert "token-1" == await asking
    assert threading.get_ident() not in door.threads
    return longest


async def test_a_slow_entra_keeps_nobody_waiting():
    """While a token is being fetched, in a thread of its own, the loop goes on turning."""
    # The best of three: other programs of this machine stop us too.
    longest = min([await standstill() for _ in range(3)])
    assert longest < 0.1, f"the loop stood still for {longest * 1000:.0f} ms"


async def test_who_waited_too_long_is_told_to_come_back():
    """A login that does not answer in time delivers nothing, surely; when it answers, the token is there."""
    async with entra(wait_seconds=0.05) as (fake, _, tokens):
        held = Held()
        fake.fails("token", held)
        with pytest.raises(Throttled) as caught:
            await tokens.bearer()
        assert ("slow_login", True, 30.0) == (caught.value.why, caught.value.everybody, caught.value.seconds)
        waiting = next(iter(tokens._fetching.values()))
        held.go.set()
        await asyncio.wait([waiting])


# --- refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"secret": "another-4711"}, "wrong_secret"),
        ({"app_id": "another-app"}, "unknown_app"),
        ({"tenant_id": "t-nowhere"}, "unknown_tenant"),
    ],
)
async def test_what_is_configured_wrongly_keeps_everybody_waiting(wrong, why, caplog):
    """A wrong secret, app or tenant delivers nothing to anybody, says why, and shows no secret in any log."""
    caplog.set_level(logging.DEBUG)
    async with entra(**wrong) as (_, _, tokens):
        with pytest.raises(Throttled) as caught:
            await tokens.bearer()
        assert (why, True, 600.0) == (caught.value.why, caught.value.everybody, caught.value.seconds)
    assert f"why={why}" in caplog.text
    told = caplog.text + str(caught.value) + repr(caught.value)
    assert [] == [one for one in (SECRET, "another-4711") if one in told]


async def test_a_token_is_in_no_log(caplog):
    """Neither the token nor the secret is written down, at any level."""
    caplog.set_level(logging.DEBUG)
    async with entra() as (_, _, tokens):
        token = await tokens.bearer()
    assert ([], "action=teams.token") == (
        [one for one in (token, SECRET) if one in caplog.text],
        next(one for one in ("action=teams.token",) if one in caplog.text),
    )


async def test_a_wrong_secret_is_not_tried_again_at_once():
    """A hundred messages with a wrong secret ask Entra once in half a minute, so that the app is not locked out."""
    async with entra(secret="another-4711") as (fake, clock, tokens):
        for _ in range(100):
            with pytest.raises(Throttled):
                await tokens.bearer()
        assert 1 == len(fake.of("token"))
        clock.move(seconds=30)
        fake.secret = "another-4711"
        assert "token-1" == await tokens.bearer()


@pytest.mark.parametrize("fault", [Broken(503), Broken(502)])
async def test_an_entra_out_of_order_is_asked_again_soon(fault):
    """What no person has to mend is tried again after half a minute."""
    async with entra() as (fake, clock, tokens):
        fake.fails("discovery", fault)
        with pytest.raises(Throttled) as caught:
            await tokens.bearer()
        assert ("no_login", True, 30.0) == (caught.value.why, caught.value.everybody, caught.value.seconds)
        clock.move(seconds=30)
        assert "token-1" == await tokens.bearer()


async def test_an_old_token_serves_while_it_lasts():
    """Where the renewal fails five minutes before the end, the old token serves until the end."""
    async with entra() as (fake, clock, tokens):
        await tokens.bearer()
        fake.fails("discovery", Broken(503), Broken(503))
        clock.move(minutes=56)
        assert "token-1" == await tokens.bearer()
        clock.move(minutes=4)
        with pytest.raises(Throttled):
            await tokens.bearer()


async def test_an_answer_that_is_no_answer_is_no_token():
    """Something else that answers in Entra's place gives no token and breaks nothing."""
    async with entra() as (fake, _, tokens):
        fake.fails("token", Says(400, "whatever"))
        with pytest.raises(Throttled) as caught:
            await tokens.bearer()
        assert (True, "no_token") == (caught.value.everybody, caught.value.why)


@pytest.mark.parametrize("missing", ["app_id", "tenant_id", "secret"])
def test_tokens_need_to_know_who_the_bot_is(missing):
    """Without id, tenant or proof nothing is begun."""
    told = {"app_id": APP, "tenant_id": TENANT, "secret": SECRET, missing: ""}
    with pytest.raises(ValueError, match="secret or a certificate"):
        Tokens(clock=Clock(), **told)


# --- certificates -----------------------------------------------------------------------------


async def test_a_certificate_proves_who_the_bot_is(tmp_path):
    """With a PEM file of key and certificate the bot signs what it asks for; no secret is sent."""
    file, public = pem(tmp_path)
    async with entra(secret="", certificate=file) as (fake, _, tokens):
        fake.public_key = public
        assert "token-1" == await tokens.bearer()
        (told,) = fake.of("token")
        assert (False, True) == ("client_secret" in told, "client_assertion" in told)


async def test_a_certificate_that_is_not_uploaded_is_refused(tmp_path):
    """A certificate that the registration does not know keeps everybody waiting, with that reason."""
    file, _ = pem(tmp_path)
    async with entra(secret="", certificate=file) as (fake, _, tokens):
        fake.public_key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
        with pytest.raises(Throttled) as caught:
            await tokens.bearer()
        assert ("wrong_certificate", True) == (caught.value.why, caught.value.everybody)


@pytest.mark.parametrize("kind", ["missing", "empty", "garbage", "broken", "encrypted"])
async def test_a_certificate_that_cannot_be_read_says_so(tmp_path, kind):
    """A file that is not there, or holds no key that can be used, keeps everybody waiting, with that reason."""
    file, _ = pem(tmp_path, encrypted=kind == "encrypted")
    if kind == "missing":
        file.unlink()
    elif kind == "empty":
        file.write_text("")
    elif kind == "garbage":
        file.write_bytes(b"\xff\xfe\x00")
    elif kind == "broken":
        mark = "-----"
        file.write_text(
            f"{mark}BEGIN PRIVATE KEY{mark}\nAAAA\n{mark}END PRIVATE KEY{mark}\n" + file.read_text()[1800:]
        )
    async with entra(secret="", certificate=file) as (fake, _, tokens):
        with pytest.raises(Throttled) as caught:
            await tokens.bearer()
        assert ("no_certificate", True, []) == (caught.value.why, caught.value.everybody, fake.of("token"))
