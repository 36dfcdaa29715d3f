"""Tokens: sealed at rest, found for each workspace, renewed in time by one process alone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.slack.calls import Calls
from adapters.slack.installations import Installations, Place, rotate_keys
from adapters.slack.rotation import Rotation
from adapters.slack.scopes import SCOPES, wanted
from adapters.slack.vault import CannotOpen, Vault, new_key
from bot.ports import Throttled
from tests.fake_platform import Broken, Drops, Held
from tests.slack_fake import Fails
from tests.slack_out import TOKEN, Office, card, installation, office

REFRESHED = {
    "access_token": "xoxe.xoxb-2",
    "refresh_token": "xoxe-1-second",
    "expires_in": 43_200,
    "token_type": "bot",
}


# --- the vault ---------------------------------------------------------------------------------


def test_a_sealed_text_opens_with_its_key_and_no_other():
    """What was sealed can be opened with the same key, and with another the error says what to do."""
    key = new_key()
    sealed = Vault([key]).seal("xoxb-1")
    assert ("xoxb-1", False) == (Vault.of(f"{new_key()}, {key}").open(sealed), "xoxb" in sealed)
    with pytest.raises(CannotOpen, match="put that key back"):
        Vault([new_key()]).open(sealed)


def test_the_first_key_seals():
    """With a new key in front, what is sealed anew no longer needs the old one."""
    old, new = new_key(), new_key()
    anew = Vault([new, old]).sealed_anew(Vault([old]).seal("xoxb-1"))
    assert "xoxb-1" == Vault([new]).open(anew)


def test_a_key_that_is_none_is_named_by_its_place():
    """A wrong key is said by its place, never by what it is; no key at all is an error too."""
    with pytest.raises(ValueError, match="key 2 of TELEMACHY_SLACK_TOKEN_KEYS") as caught:
        Vault([new_key(), "not-a-key"])
    assert "not-a-key" not in str(caught.value)
    with pytest.raises(ValueError, match="TELEMACHY_SLACK_TOKEN_KEYS"):
        Vault.of(" , ")


def contents(folder: Path) -> bytes:
    """Return the bytes of all files of a folder."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


# --- what is stored ----------------------------------------------------------------------------


async def test_no_token_is_in_the_database(tmp_path: Path):
    """Neither the settings nor the bytes of the database's files hold a token."""
    async with office(f"sqlite:///{tmp_path}/t.db") as there:
        there.fake.grants["xoxe-1-first"] = REFRESHED
        await there.installations.async_save(
            installation("T2", "xoxb-two", bot_refresh_token="xoxe-1-first", bot_token_expires_at=1)
        )
        async with rotation(there) as turning:
            await turning.bot_for("T2")
        assert "xoxe.xoxb-2" == (await there.installations.bot_for("T2")).bot_token
        stored = "".join(f"{key}{value}" for key, value in there.settings().items())
        with closing(sqlite3.connect(tmp_path / "t.db")) as raw:
            dump = "\n".join(raw.iterdump())
        files = contents(tmp_path)
        found = ["xox" in stored, "xox" in dump, b"xox" in files, "slack/installation/" in dump]
        assert [False, False, False, True] == found


async def test_a_configured_token_is_served_and_never_stored():
    """The token of the configuration serves any workspace, and nothing is written."""
    async with office(bot_token=TOKEN) as there:
        bot = await there.installations.bot_for("T1")
        assert (TOKEN, {}) == (bot.bot_token, there.settings())


async def test_something_to_store_with_is_needed():
    """Without a token and without keys there is no use beginning; without keys nothing is stored in clear."""
    async with office() as there:
        with pytest.raises(ValueError, match="TELEMACHY_SLACK_BOT_TOKEN"):
            Installations(there.store, there.clock)
        with pytest.raises(ValueError, match="TELEMACHY_SLACK_TOKEN_KEYS"):
            await Installations(there.store, there.clock, bot_token=TOKEN).async_save(installation("T2"))
        assert ["slack/installation/-/T1"] == list(there.settings())


async def test_a_missing_key_lets_the_workspace_wait():
    """Where no key fits, nothing is lost: the workspace waits, and the state says what to do."""
    async with office() as there:
        there.installations._vault = Vault([new_key()])
        there.installations.forget()
        with pytest.raises(Throttled) as caught:
            await there.deliver(card())
        assert ("sealed", True) == (caught.value.why, caught.value.everybody)
        assert ["put back the key"] == [one.fix[one.fix.index("put") :][:16] for one in there.states.known()]


async def test_each_workspace_has_its_own_token():
    """Two workspaces and an organisation are served by their own tokens, and an unknown one by none."""
    async with office() as there:
        await there.installations.async_save(installation("T2", "xoxb-2"))
        assert None is await there.installations.bot_for("T9")
        await there.installations.async_save(installation("", "xoxb-org", enterprise="E1"))
        found = [
            await there.installations.bot_for(*asked)
            for asked in (("T1", ""), ("T2", ""), ("T9", "E1"), ("T1", "E1"))
        ]
        assert [TOKEN, "xoxb-2", "xoxb-org", TOKEN] == [one and one.bot_token for one in found]


async def test_an_organisations_workspace_is_remembered():
    """Of two organisations, an event says to which a workspace belongs; what is sent later needs no event."""
    async with office() as there:
        for enterprise, token in (("E1", "xoxb-one"), ("E2", "xoxb-two")):
            await there.installations.async_save(installation("", token, enterprise=enterprise))
        assert None is await there.installations.bot_for("T7")
        await there.installations.bot_for("T7", "E2")
        there.installations.forget()
        assert "xoxb-two" == (await there.installations.bot_for("T7")).bot_token


async def test_the_sdk_finds_an_organisation_without_a_workspace():
    """As the SDK asks it: an organisation's install is found with no team, whatever team is named."""
    async with office() as there:
        await there.installations.async_save(installation("", "xoxb-org", enterprise="E1"))
        for team in (None, "T1"):
            bot = await there.installations.async_find_bot(
                enterprise_id="E1", team_id=team, is_enterprise_install=True
            )
            assert ("xoxb-org", True) == (bot.bot_token, bot.is_enterprise_install)


async def test_an_uninstalled_app_leaves_nothing():
    """Removing the app deletes the workspace's token; one person's leaving, or another workspace's, does not."""
    async with office() as there:
        await there.installations.async_save(installation("T2", "xoxb-2", enterprise="E1"))
        await there.installations.async_save(installation("", "xoxb-org", enterprise="E1"))
        await there.installations.async_delete_installation(enterprise_id=None, team_id="T1", user_id="U1")
        assert 3 == len(await there.installations.places())
        await there.installations.async_delete_all(enterprise_id=None, team_id="T2")
        assert {Place("T1"), Place("", "E1", whole=True)} == set(await there.installations.places())
        await there.installations.async_delete_all(enterprise_id="E1", team_id=None)
        assert (Place("T1"),) == await there.installations.places()


async def test_keys_are_changed_without_stopping():
    """After everything was sealed anew, the old key is not needed; with no fitting key nothing is changed."""
    async with office() as there:
        await there.installations.async_save(installation("T2", "xoxb-2"))
        before, new = there.settings(), new_key()
        with pytest.raises(CannotOpen):
            await rotate_keys(there.store, Vault([new]))
        assert before == there.settings()
        both = Vault([new])
        both._fernet = type(both._fernet)([both._fernet._fernets[0], *there.vault._fernet._fernets])
        assert 2 == await rotate_keys(there.store, both)
        later = Installations(there.store, there.clock, vault=Vault([new]))
        assert "xoxb-2" == (await later.bot_for("T2")).bot_token


# --- renewal -----------------------------------------------------------------------------------


@asynccontextmanager
async def rotation(there: Office, owner: str = "one") -> AsyncIterator[Rotation]:
    """Return what renews tokens, as another process would have it."""

    async def pause(seconds: float) -> None:
        there.clock.move(seconds=seconds)
        await asyncio.sleep(0)

    installations = Installations(there.store, there.clock, vault=there.vault)
    made = Rotation(
        installations,
        wire=there.wire,
        store=there.store,
        clock=there.clock,
        states=there.states,
        client_id="1.2",
        client_secret="hush",
        owner=owner,
        pause=pause,
    )
    yield made
    await made.drain()


async def expiring(there: Office, **within: float) -> None:
    """Let the token of T1 expire within this time."""
    expires = int((there.clock.now() + timedelta(**within)).timestamp())
    await there.installations.async_save(
        installation(bot_refresh_token="xoxe-1-first", bot_token_expires_at=expires)
    )


def renewals(there: Office) -> list[str]:
    """Return the refresh tokens that were used."""
    return [told["refresh_token"] for told in there.fake.of("oauth.v2.access")]


@pytest.mark.parametrize(
    ("minutes", "token", "calls"), [(121, TOKEN, 0), (119, "xoxe.xoxb-2", 1), (-5, "xoxe.xoxb-2", 1)]
)
async def test_a_token_is_renewed_two_hours_before_it_expires(minutes, token, calls):
    """What is sent without any event coming in renews the token in time, once, also where it has expired."""
    async with office() as there, rotation(there) as turning:
        there.fake.grants["xoxe-1-first"] = REFRESHED
        await expiring(there, minutes=minutes)
        for _ in range(3):
            assert token == (await turning.bot_for("T1")).bot_token
        assert calls == len(renewals(there))


async def test_a_renewed_token_is_renewed_with_its_own_refresh_token():
    """Twelve hours later the new refresh token is used, because Slack revoked the first."""
    async with office() as there, rotation(there) as turning:
        third = {**REFRESHED, "access_token": "xoxe.xoxb-3", "refresh_token": "xoxe-1-third"}
        there.fake.grants |= {"xoxe-1-first": REFRESHED, "xoxe-1-second": third}
        await expiring(there, minutes=10)
        await turning.bot_for("T1")
        there.clock.move(hours=11)
        assert "xoxe.xoxb-3" == (await turning.bot_for("T1")).bot_token
        assert ["xoxe-1-first", "xoxe-1-second"] == renewals(there)


async def test_many_sends_are_one_renewal():
    """Twenty messages at the same moment in one process wait for one renewal."""
    async with office() as there, rotation(there) as turning:
        there.fake.grants["xoxe-1-first"] = REFRESHED
        await expiring(there, minutes=-5)
        bots = await asyncio.gather(*(turning.bot_for("T1") for _ in range(20)))
        assert ({"xoxe.xoxb-2"}, 1) == ({bot.bot_token for bot in bots}, len(renewals(there)))


@pytest.mark.parametrize("minutes", [60, -5])
async def test_two_workers_make_one_renewal(minutes):
    """While one process renews, another uses the old token as long as it is valid, and else waits for the new one."""
    async with office() as there, rotation(there) as one, rotation(there, "two") as two:
        there.fake.grants["xoxe-1-first"] = REFRESHED
        await expiring(there, minutes=minutes)
        held = Held()
        there.fake.fails("oauth.v2.access", held)
        first = asyncio.create_task(one.bot_for("T1"))
        await asyncio.wait_for(held.came.wait(), 5)
        second = asyncio.create_task(two.bot_for("T1"))
        if minutes > 0:
            assert TOKEN == (await second).bot_token
        held.go.set()
        assert "xoxe.xoxb-2" == (await first).bot_token
        if minutes < 0:
            assert "xoxe.xoxb-2" == (await second).bot_token
        assert 1 == len(renewals(there))


async def test_two_stores_on_one_database_make_one_renewal(db_url: str):
    """The lease is the database's: it holds on SQLite and on PostgreSQL."""
    async with office(db_url) as there, rotation(there) as one, rotation(there, "two") as two:
        there.fake.grants["xoxe-1-first"] = REFRESHED
        await expiring(there, minutes=-5)
        bots = await asyncio.gather(one.bot_for("T1"), two.bot_for("T1"))
        assert ({"xoxe.xoxb-2"}, 1) == ({bot.bot_token for bot in bots}, len(renewals(there)))
        assert [] == [key for key in there.settings() if key.startswith("slack/renewing/")]


@pytest.mark.parametrize("fault", [Broken(500), Drops(after=False), Fails("internal_error")])
async def test_a_renewal_that_failed_is_tried_again_a_minute_later(fault):
    """Where Slack stumbles the old token goes on, and after a minute the renewal is tried once more."""
    async with office() as there, rotation(there) as turning:
        there.fake.grants["xoxe-1-first"] = REFRESHED
        await expiring(there, minutes=60)
        there.fake.fails("oauth.v2.access", fault)
        tokens = [(await turning.bot_for("T1")).bot_token for _ in range(2)]
        there.clock.move(seconds=61)
        tokens.append((await turning.bot_for("T1")).bot_token)
        assert ([TOKEN, TOKEN, "xoxe.xoxb-2"], 2) == (tokens, len(renewals(there)))


async def test_a_renewal_that_was_lost_is_visible_and_stops_nothing_before_its_time():
    """
    A process that died before it stored the new token: Slack refuses the old refresh token, which is a state to
    see; the access token serves until it expires, then everybody waits; installing the app again ends it.
    """
    async with office() as there, rotation(there) as turning:
        calls = Calls(wire=there.wire, bots=turning, states=there.states)
        await expiring(there, minutes=60)  # no grant: the refresh token is used up
        for _ in range(3):
            assert TOKEN == (await calls.bot_for("T1")).bot_token
        await there.calls.ask("T1", "auth.test", lambda client: client.auth_test())  # goes well, ends nothing
        assert (["refresh_refused"], 1) == ([one.why for one in there.states.known()], len(renewals(there)))
        there.clock.move(hours=1)
        with pytest.raises(Throttled) as caught:
            await calls.bot_for("T1")
        assert ("token_expired", True) == (caught.value.why, caught.value.everybody)
        await there.installations.async_save(installation(token="xoxb-lipa-2"))
        there.clock.move(minutes=1)
        assert "xoxb-lipa-2" == (await calls.bot_for("T1")).bot_token


async def test_a_lease_of_a_process_that_died_runs_out():
    """Where a process died while it renewed, another does it a minute later."""
    async with office() as there, rotation(there) as one, rotation(there, "two") as two:
        there.fake.grants["xoxe-1-first"] = REFRESHED
        await expiring(there, minutes=60)
        there.store.write_now(lambda work: one._take_turn(work, "slack/installation/-/T1"))
        assert TOKEN == (await two.bot_for("T1")).bot_token
        there.clock.move(seconds=61)
        assert "xoxe.xoxb-2" == (await two.bot_for("T1")).bot_token


async def test_an_uninstall_during_a_renewal_stays_one():
    """A token that comes back after the app was removed is not stored."""
    async with office() as there, rotation(there) as turning:
        there.fake.grants["xoxe-1-first"] = REFRESHED
        await expiring(there, minutes=60)
        held = Held()
        there.fake.fails("oauth.v2.access", held)
        renewing = asyncio.create_task(turning.bot_for("T1"))
        await asyncio.wait_for(held.came.wait(), 5)
        await there.installations.async_delete_all(enterprise_id=None, team_id="T1")
        held.go.set()
        await renewing
        assert () == await there.installations.places()


# --- scopes ------------------------------------------------------------------------------------


def test_only_what_is_needed_is_asked_for():
    """Without a wish five scopes are asked for; each has a reason; what is not offered is an error."""
    assert ("chat:write", "commands", "im:write", "users:read", "users:read.email") == wanted()
    assert "im:history" in wanted(("im:history",))
    assert [] == [scope.name for scope in SCOPES if len(scope.why) < 20]
    with pytest.raises(ValueError, match="'admin' is no optional scope"):
        wanted(("admin",))
