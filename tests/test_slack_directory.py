"""People found in Slack by their e-mail address, and nobody by anything else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from adapters.slack.directory import Directory, Found, trusted_email
from adapters.slack.installations import Place
from bot.app import compose
from bot.events import Address, Arrived, HomeOpened
from bot.facts import Person
from tests.fake_platform import Broken
from tests.slack_fake import Fails, Limited
from tests.slack_out import ANA, MATEJ, TOKEN, Office, installation, office
from tests.towns import Pauses, Town

NEW = [replace(one, address=None) for one in (ANA, MATEJ)]


@asynccontextmanager
async def town(*people: Person, bot_token: str = "") -> AsyncIterator[Town[Office, Directory]]:
    """Open an office with a whole bot behind it."""
    async with office(bot_token=bot_token) as there:
        app = compose(store=there.store, channels={"slack": there.channel}, clock=there.clock, owner="test")
        pauses = Pauses()
        directory = Directory(there.calls, there.store, app.receive, there.clock, pause=pauses)
        made = Town(there, directory, pauses)
        made.put(*people)
        yield made


async def test_people_are_found_by_their_address():
    """Whoever has an account with their address gets its place; whoever has none is shown as unknown."""
    async with town(*NEW) as here:
        here.there.fake.knows("UANA", "Ana@Example.org")
        assert Found(found=1, unknown=1) == await here.directory.look()
        assert Address("slack", "UANA", "T1") == here.person("ana").address
        assert (None, "unknown") == (here.person("matej").address, here.person("matej").trouble)


async def test_a_configured_token_finds_people_in_its_own_workspace():
    """With one token in the configuration, the address names the workspace that Slack says it is for."""
    async with town(*NEW, bot_token=TOKEN) as here:
        here.there.fake.knows("UANA", "ana@example.org")
        await here.directory.look()
        assert Address("slack", "UANA", "T1") == here.person("ana").address


async def test_people_without_an_address_are_not_asked_about():
    """Without an e-mail address nobody can be looked for, and that is the reason shown."""
    async with town(replace(NEW[0], email="")) as here:
        assert Found(no_email=1) == await here.directory.look()
        assert ("no_email", []) == (
            here.person("ana").trouble,
            here.there.fake.of("users.lookupByEmail"),
        )


async def test_only_those_without_an_address_are_looked_for():
    """Who is reached already, or has left, is not looked for."""
    async with town(ANA, replace(MATEJ, address=None, active=False)) as here:
        assert Found() == await here.directory.look()
        assert [] == here.there.fake.calls


async def test_somebody_who_comes_later_is_found_by_the_next_look():
    """Who was unknown an hour ago and joined since is found, and no longer in trouble; also one person alone."""
    async with town(NEW[0]) as here:
        await here.directory.look()
        here.there.fake.knows("UANA", "ana@example.org")
        here.there.clock.move(hours=1)
        assert Found(found=1) == await here.directory.look_for("ana")
        assert ("", "UANA") == (here.person("ana").trouble, here.person("ana").address.user)


async def test_somebody_forgotten_is_found_again():
    """An address that was taken away is found again: having been found once before changes nothing."""
    async with town(NEW[0]) as here:
        here.there.fake.knows("UANA", "ana@example.org")
        await here.directory.look()
        here.put(NEW[0])
        here.there.clock.move(hours=1)
        await here.directory.look()
        assert Address("slack", "UANA", "T1") == here.person("ana").address


async def test_looks_are_spaced_and_wait_as_slack_asks():
    """At most fifty look-ups a minute; a 429 is waited for and the same person asked about again."""
    async with town(*NEW) as here:
        here.there.fake.knows("UANA", "ana@example.org")
        here.there.fake.fails("users.lookupByEmail", Limited(13), Limited(5))
        assert Found(found=1, unknown=1) == await here.directory.look()
        assert [1.2, 13.0, 1.2, 5.0, 1.2, 1.2] == here.pauses.taken


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fails("missing_scope", {"needed": "users:read.email"}), "missing_scope: users:read.email"),
        (Fails("token_revoked"), "token_revoked"),
    ],
)
async def test_a_look_that_cannot_go_on_says_why(fault, why):
    """Without permission or token the look ends at once, nobody is called unknown, and the reason is said."""
    async with town(*NEW) as here:
        here.there.fake.fails("users.lookupByEmail", fault)
        assert Found(stopped=why) == await here.directory.look()
        assert ["", ""] == [here.person(one.id).trouble for one in NEW]


async def test_a_slack_that_stumbles_is_asked_again():
    """A failure of Slack's own is waited for, because a look-up changes nothing."""
    async with town(NEW[0]) as here:
        here.there.fake.knows("UANA", "ana@example.org")
        here.there.fake.fails("users.lookupByEmail", Broken(500), Fails("internal_error"))
        assert Found(found=1) == await here.directory.look()


async def test_people_are_found_in_whichever_workspace_they_are():
    """Each workspace that installed the app is asked, until one knows the address."""
    async with town(NEW[0]) as here:
        await here.there.installations.async_save(installation("T2", "xoxb-two"))
        here.there.fake.fails("users.lookupByEmail", Fails("users_not_found"))
        here.there.fake.knows("UANA", "ana@example.org", team="T2")
        await here.directory.look()
        assert Address("slack", "UANA", "T2") == here.person("ana").address


async def test_an_account_that_is_switched_on_again_is_reached_again():
    """Who was switched off and is on again is found by the next look, also where no event said so; once a day."""
    async with town(replace(ANA, reachable=False, trouble="switched_off")) as here:
        here.there.fake.knows("UANA", "ana@example.org", deleted=True)
        assert Found() == await here.directory.look()
        here.there.fake.knows("UANA", "ana@example.org")
        assert Found(back=1) == await here.directory.look()
        assert (True, "") == (here.person("ana").reachable, here.person("ana").trouble)
        here.put(replace(ANA, reachable=False, trouble="switched_off"))  # and yet not reached
        assert Found() == await here.directory.look()
        here.there.clock.move(days=1)
        assert Found(back=1) == await here.directory.look()


async def test_who_blocks_the_bot_is_left_alone():
    """Whoever does not want the bot's messages is not brought back by a look."""
    async with town(replace(ANA, reachable=False, trouble="blocked")) as here:
        here.there.fake.knows("UANA", "ana@example.org")
        assert Found() == await here.directory.look()
        assert not here.person("ana").reachable


# --- who counts --------------------------------------------------------------------------------


USER = {
    "id": "U1",
    "team_id": "T1",
    "deleted": False,
    "is_bot": False,
    "is_email_confirmed": True,
    "profile": {"email": "ana@example.org"},
}
GRID = {"enterprise_id": "E1", "teams": ["T1", "T2"]}


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({}, Place("T1")),
        ({"team_id": "T9", "enterprise_user": GRID}, Place("T1", "E1")),
        ({"team_id": "T9", "enterprise_user": GRID}, Place("", "E1", whole=True)),
    ],
)
def test_a_confirmed_address_of_the_place_counts(more, place):
    """A person of the workspace, or of the organisation that installed the app as a whole, is who they say."""
    assert "ana@example.org" == trusted_email({**USER, **more}, place)


@pytest.mark.parametrize(
    "more",
    [
        {"deleted": True},
        {"is_bot": True},
        {"id": "USLACKBOT"},
        {"is_stranger": True},
        {"is_email_confirmed": False},
        {"team_id": "T9"},
        {"team_id": "T9", "enterprise_user": {"enterprise_id": "E9", "teams": ["T9"]}},
        {"profile": {}},
    ],
)
@pytest.mark.parametrize("place", [Place("T1"), Place("", "E1", whole=True)])
def test_nobody_else_counts(more, place):
    """Bots, those who left, strangers, unconfirmed addresses and users of elsewhere are never matched."""
    grid = {} if place.workspace or "team_id" in more else {"enterprise_user": GRID}
    assert "" == trusted_email({**USER, **grid, **more}, place)


async def test_a_stranger_with_the_address_is_not_the_person():
    """An account of another organisation with the same address in a shared channel is not matched."""
    async with town(NEW[0]) as here:
        here.there.fake.knows("UX", "ana@example.org", team="T66", is_stranger=True)
        assert Found(unknown=1) == await here.directory.look()
        assert not await here.directory.introduce("T1", "UX")
        assert None is here.person("ana").address


# --- somebody who pressed -----------------------------------------------------------------------


async def test_an_unknown_user_is_introduced_by_their_address():
    """Who presses something and is unknown is found by the address of their account, and known from then on."""
    async with town(NEW[0]) as here:
        here.there.fake.knows("UANA", "ana@example.org")
        assert await here.directory.introduce("T1", "UANA")
        assert Address("slack", "UANA", "T1") == here.person("ana").address


async def test_who_is_reached_in_another_chat_is_known_in_slack_too():
    """Nobody looks for them, but once they press something they are known here, and are written to as before."""
    teams = Address("teams", "ana", "tenant")
    async with town(replace(ANA, address=teams)) as here:
        here.there.fake.knows("UANA", "ana@example.org")
        assert Found() == await here.directory.look()
        assert await here.directory.introduce("T1", "UANA")
        assert replace(ANA, address=teams, also=(Address("slack", "UANA", "T1"),)) == here.person("ana")


async def test_who_stays_unknown_is_asked_about_once_in_a_while():
    """A user of no programme who presses again and again causes one call in five minutes."""
    async with town(NEW[0]) as here:
        here.there.fake.knows("UX", "other@example.org")
        for _ in range(3):
            assert not await here.directory.introduce("T1", "UX")
        assert 1 == len(here.there.fake.of("users.info"))
        here.there.clock.move(minutes=5)
        await here.directory.introduce("T1", "UX")
        assert 2 == len(here.there.fake.of("users.info"))


async def test_a_moment_without_slack_makes_nobody_a_stranger():
    """Where Slack could not be asked, the next press asks again."""
    async with town(NEW[0]) as here:
        here.there.fake.knows("UANA", "ana@example.org")
        here.there.fake.fails("users.info", Limited(5))
        assert [False, True] == [await here.directory.introduce("T1", "UANA") for _ in range(2)]


async def test_nobody_takes_the_place_of_somebody_who_is_reached_elsewhere():
    """An account with the address of a person who is reached by another account does not become that person."""
    async with town(ANA) as here:
        here.there.fake.knows("UX", "ana@example.org")
        assert not await here.directory.introduce("T1", "UX")
        assert ANA.address == here.person("ana").address
        # The event itself changes nothing either.
        app = compose(store=here.there.store, channels={}, clock=here.there.clock, owner="test")
        who = Address("slack", "UX", "T1")
        await app.receive(Arrived(key="k", who=who, email="ana@example.org"))
        assert None is (await app.receive(HomeOpened(key="h", who=who))).to
