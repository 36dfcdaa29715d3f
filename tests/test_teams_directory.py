"""People found in Teams by their e-mail address, and the app installed for them where that is granted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from adapters.teams.directory import Directory, Found, trusted_emails
from adapters.teams.graph import CATALOGUE, FIND, INSTALL, PERMISSIONS
from adapters.teams.states import GRAPH
from bot.app import compose
from bot.events import Unfound
from bot.facts import Person
from tests.fake_platform import Broken
from tests.teams_fake import TENANT, Limited, Says
from tests.teams_out import ANA, MATEJ, SECRET_WORDS, Office, card, office
from tests.towns import Pauses, Town

NEW = [replace(one, address=None) for one in (ANA, MATEJ)]


@asynccontextmanager
async def town(
    *people: Person, graph: bool = False, alone: bool = True, package: str = "package-telemachy"
) -> AsyncIterator[Town[Office, Directory]]:
    """Open an office with a whole bot behind it."""
    async with office() as there:
        app = compose(store=there.store, channels={"teams": there.channel}, clock=there.clock, owner="test")
        pauses = Pauses()
        directory = Directory(
            there.connector,
            there.store,
            app.receive,
            there.clock,
            tenant=TENANT,
            graph=there.graph(package) if graph else None,
            alone=alone,
            pause=pauses,
        )
        made = Town(there, directory, pauses)
        made.put(*people)
        yield made


# --- whoever writes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        {"email": "Ana@Example.org", "userPrincipalName": "a.novak@lipa.example"},
        {"email": "", "userPrincipalName": "ANA@example.org"},
        {"email": "ana@example.org", "userPrincipalName": "ana@example.org"},
    ],
)
async def test_whoever_writes_is_known_by_their_address(told):
    """The address for mail, or the one to sign in with, is the one of the people file: from then on they are known."""
    async with town(*NEW) as here:
        here.there.fake.knows("u-ana", **told)
        assert await here.directory.introduce(here.there.came("u-ana"))
        assert (ANA.address, "") == (here.person("ana").address, here.person("ana").trouble)
        assert None is here.person("matej").address
        assert 1 == len(here.there.fake.of("member"))


@pytest.mark.parametrize(
    "told",
    [
        {"tenantId": "t-other"},
        {"tenantId": ""},
        {"userRole": "guest"},
        {"userRole": "anonymous"},
        {"userPrincipalName": "ana_example.org#EXT#@lipa.example"},
        {"userPrincipalName": "", "email": "ana@example.org"},
        {"aadObjectId": "u-matej"},
        {"userPrincipalName": "ana", "email": "not an address"},
        {"email": None, "userPrincipalName": None},
        {"userPrincipalName": "other@example.org", "email": "other@example.org"},
    ],
    ids=str,
)
async def test_strangers_stay_strangers(told):
    """Guests, people of other tenants, and whoever has no address of the people file, are not taken for anybody."""
    async with town(*NEW) as here:
        here.there.fake.knows("u-ana", **{"email": "ana@example.org", **told})
        assert not await here.directory.introduce(here.there.came("u-ana"))
        assert [None, None] == [here.person(one).address for one in ("ana", "matej")]


async def test_a_stranger_is_not_asked_about_at_each_press():
    """Somebody who stays unknown is looked up again after five minutes."""
    async with town() as here:
        here.there.fake.knows("u-ana", "ana@example.org")
        for _ in range(3):
            assert not await here.directory.introduce(here.there.came("u-ana"))
        assert 1 == len(here.there.fake.of("member"))
        here.there.clock.move(minutes=5)
        here.put(*NEW)
        assert await here.directory.introduce(here.there.came("u-ana"))


@pytest.mark.parametrize("fault", [Limited(), Broken(500), Says(502, "ServiceError")])
async def test_where_teams_cannot_say_it_is_asked_at_the_next_press(fault):
    """A look-up that failed says nothing about the person."""
    async with town(*NEW) as here:
        here.there.fake.knows("u-ana", "ana@example.org")
        here.there.fake.fails("member", fault)
        assert not await here.directory.introduce(here.there.came("u-ana"))
        assert await here.directory.introduce(here.there.came("u-ana"))


@pytest.mark.parametrize("odd", [{"user": ""}, {"tenant": ""}, {"conversation": ""}])
async def test_without_a_place_nobody_is_looked_up(odd):
    """What does not say who it came from, or where, makes nobody known."""
    async with town(*NEW) as here:
        assert not await here.directory.introduce(replace(here.there.came("u-ana", "a:u-ana"), **odd))
        assert [] == here.there.fake.calls


async def test_mail_comes_before_the_name_to_sign_in_with():
    """Of two addresses the one for mail is tried first: that is what a people file has."""
    async with office() as there:
        told = {"aadObjectId": "U-ANA", "tenantId": TENANT.upper(), "userPrincipalName": "a@x.example"}
        told["email"] = "ana@example.org"
        assert ("ana@example.org", "a@x.example") == trusted_emails(told, there.came("u-ana"))


# --- looking without Graph ---------------------------------------------------------------------


async def test_without_graph_nobody_is_asked_and_the_reason_shows():
    """Where nothing can be looked up, who never wrote has not opened the app yet; nothing is called."""
    async with town(NEW[0], replace(NEW[1], email="")) as here:
        assert Found(not_installed=1, no_email=1) == await here.directory.look()
        assert ("not_installed", "no_email", []) == (
            here.person("ana").trouble,
            here.person("matej").trouble,
            here.there.fake.calls,
        )


async def test_what_another_chat_says_is_not_overruled_by_not_knowing():
    """Without Graph, and beside another chat that looks too, Teams says nothing of people it cannot know."""
    async with town(NEW[0], replace(NEW[1], trouble="unknown"), alone=False) as here:
        await here.directory.look()
        assert ("", "unknown") == (here.person("ana").trouble, here.person("matej").trouble)


async def test_only_those_without_an_address_are_looked_for():
    """Who is reached already, or has left, is not looked for."""
    async with town(ANA, replace(NEW[1], active=False), graph=True) as here:
        assert Found() == await here.directory.look()
        assert [] == here.there.fake.calls


# --- looking with Graph ------------------------------------------------------------------------


async def test_with_graph_the_app_comes_to_people():
    """Whoever has their address in the directory gets the app, and is known from then on; others are unknown."""
    async with town(*NEW, graph=True) as here:
        here.there.fake.knows("u-ana", "Ana@example.org".lower(), installed=False)
        assert Found(found=1, unknown=1) == await here.directory.look()
        assert (ANA.address, None, "unknown") == (
            here.person("ana").address,
            here.person("matej").address,
            here.person("matej").trouble,
        )
        assert {"u-ana"} == here.there.fake.installed
        (told,) = here.there.fake.of("install")
        assert told["teamsApp@odata.bind"].endswith("/graph/v1.0/appCatalogs/teamsApps/catalogue-1")


async def test_after_the_installation_people_are_written_to():
    """The first message opens the conversation, as soon as Teams has told once where the tenant is served."""
    async with town(NEW[0], graph=True) as here:
        here.there.fake.knows("u-ana", "ana@example.org", installed=False)
        await here.there.meets("u-matej")
        await here.directory.look()
        await here.there.deliver(card(), to=here.person("ana"))
        assert ["a:u-ana"] == [conversation for conversation, _ in here.there.fake.messages]


async def test_who_has_the_app_already_is_found_too():
    """An installation that is there already is as good as a new one, and the catalogue is asked once."""
    async with town(*NEW, graph=True) as here:
        here.there.fake.knows("u-ana", "ana@example.org")
        here.there.fake.knows("u-matej", "matej@example.org")
        assert Found(found=2) == await here.directory.look()
        assert (2, 1) == (len(here.there.fake.of("install")), len(here.there.fake.of("catalogue")))


async def test_an_address_with_a_quote_is_looked_for_as_it_is():
    """An address is no part of the question's own language."""
    async with town(replace(NEW[0], email="o'hara@example.org"), graph=True) as here:
        here.there.fake.knows("u-ana", "someone@example.org")
        await here.directory.look()
        (call,) = [one for one in here.there.fake.calls if one.name == "users"]
        assert (
            "mail eq 'o''hara@example.org' or userPrincipalName eq 'o''hara@example.org'"
            == (call.query["$filter"])
        )


@pytest.mark.parametrize(
    "found",
    [
        [{"id": "u-1", "mail": "ana@example.org", "userPrincipalName": "ana_example.org#EXT#@lipa.example"}],
        [
            {"id": "u-1", "mail": "ana@example.org", "userPrincipalName": "a@example.org"},
            {"id": "u-2", "mail": "b@example.org", "userPrincipalName": "ana@example.org"},
        ],
        [{"id": "u-1", "mail": "other@example.org", "userPrincipalName": "other@example.org"}],
        [{"id": None, "mail": "ana@example.org", "userPrincipalName": "ana@example.org"}],
        ["odd"],
        "odd",
    ],
    ids=["guest", "two", "another", "nameless", "odd", "no list"],
)
async def test_guests_and_doubles_are_nobody(found, monkeypatch):
    """Only one person of the tenant with exactly this address is found."""
    async with town(NEW[0], graph=True) as here:
        monkeypatch.setitem(here.there.fake._deeds, "users", lambda _call: {"value": found})
        assert Found(unknown=1) == await here.directory.look()


@pytest.mark.parametrize(
    ("permission", "found", "trouble"),
    [
        (FIND, Found(not_installed=1), "not_installed"),
        (CATALOGUE, Found(not_installed=1), "not_installed"),
        (INSTALL, Found(not_installed=1), "not_installed"),
    ],
)
async def test_a_missing_permission_is_named(permission, found, trouble):
    """Without a permission the state says which to grant; granted, the next look finds people and clears it."""
    async with town(NEW[0], graph=True) as here:
        here.there.fake.knows("u-ana", "ana@example.org", installed=False)
        here.there.fake.granted.remove(permission)
        assert found == await here.directory.look()
        (state,) = here.there.states.known()
        assert (GRAPH, f"not_granted {permission}", trouble, True) == (
            state.place,
            state.why,
            here.person("ana").trouble,
            f"the application permission {permission}" in state.fix,
        )
        here.there.fake.granted.add(permission)
        here.there.clock.move(hours=1)
        assert Found(found=1) == await here.directory.look()
        assert ({}, set(PERMISSIONS)) == (here.there.why(), here.there.fake.granted)


async def test_an_app_that_nobody_uploaded_is_named():
    """Where the catalogue lacks the app, the state says so, until it is there."""
    async with town(NEW[0], graph=True, package="another") as here:
        here.there.fake.knows("u-ana", "ana@example.org", installed=False)
        assert Found(not_installed=1) == await here.directory.look()
        assert ({GRAPH: "not_in_catalogue"}, "not_installed") == (
            here.there.why(),
            here.person("ana").trouble,
        )
        here.there.fake.catalogue["another"] = "catalogue-2"
        assert Found(found=1) == await here.directory.look()
        assert {} == here.there.why()


async def test_who_may_not_have_the_app_does_not_stop_the_others():
    """A policy, or a missing licence, of one person is theirs alone; the app's place is looked up anew."""
    async with town(*NEW, graph=True) as here:
        here.there.fake.knows("u-ana", "ana@example.org", installed=False)
        here.there.fake.knows("u-matej", "matej@example.org", installed=False)
        here.there.fake.fails(
            "install", Says(403, "Forbidden", words="App is blocked by app permission policy")
        )
        assert Found(found=1, not_installed=1) == await here.directory.look()
        assert ("not_installed", MATEJ.address, {}) == (
            here.person("ana").trouble,
            here.person("matej").address,
            here.there.why(),
        )
        here.there.fake.fails("install", Says(404, "NotFound"))
        assert Found(not_installed=1) == await here.directory.look()
        assert Found(found=1) == await here.directory.look()
        assert 2 == len(here.there.fake.of("catalogue"))


async def test_looks_are_spaced_and_wait_as_graph_asks():
    """Half a second apart, and as long as Graph wants; one who is throttled is asked about again."""
    async with town(NEW[0], graph=True) as here:
        here.there.fake.knows("u-ana", "ana@example.org")
        here.there.fake.fails("users", Limited(17), Says(503, "ServiceUnavailable"))
        assert Found(found=1) == await here.directory.look()
        assert [0.5, 17.0, 0.5, 2.0, 0.5, 0.5] == here.pauses.taken


async def test_a_look_ends_where_graph_does_not_answer_at_all():
    """After five tries a look ends and says why; the next one begins anew."""
    async with town(*NEW, graph=True) as here:
        here.there.fake.knows("u-ana", "ana@example.org")
        here.there.fake.fails("users", *[Limited(5)] * 5)
        assert Found(stopped="Throttled") == await here.directory.look()
        assert Found(found=1, unknown=1) == await here.directory.look()


async def test_a_token_that_graph_does_not_take_is_renewed_once():
    """Refused twice, the look ends, and the state says so until it works."""
    async with town(NEW[0], graph=True) as here:
        here.there.fake.knows("u-ana", "ana@example.org")
        here.there.fake.fails("users", Says(401, "InvalidAuthenticationToken"))
        assert Found(found=1) == await here.directory.look()
        assert 2 == len(here.there.fake.of("token"))
        here.put(NEW[0])
        here.there.clock.move(hours=1)
        here.there.fake.fails("users", *[Says(401, "InvalidAuthenticationToken")] * 2)
        assert "InvalidAuthenticationToken" == (await here.directory.look()).stopped
        assert {GRAPH: "InvalidAuthenticationToken"} == here.there.why()
        await here.directory.look()
        assert {} == here.there.why()


async def test_an_address_that_graph_cannot_look_for_stops_nobody():
    """What Graph calls a bad question is an unknown person, and the next one is looked for."""
    async with town(*NEW, graph=True) as here:
        here.there.fake.knows("u-matej", "matej@example.org")
        here.there.fake.fails("users", Says(400, "Request_BadRequest", words=SECRET_WORDS))
        assert Found(found=1, unknown=1) == await here.directory.look()


async def test_for_whom_the_app_is_missing_it_is_installed_once_a_day():
    """Known in Teams and never with the app: it is installed, and they are reached; not tried every hour."""
    missing = replace(ANA, reachable=False, trouble="not_installed")
    async with town(missing, graph=True) as here:
        here.there.fake.knows("u-ana", "ana@example.org", installed=False)
        here.there.fake.fails(
            "install", Says(403, "Forbidden", words="App is blocked by app permission policy")
        )
        assert (Found(back=0), {}) == (await here.directory.look(), here.there.why())
        here.there.clock.move(hours=1)
        assert Found() == await here.directory.look()
        assert 1 == len(here.there.fake.of("install"))
        here.there.clock.move(hours=23)
        assert Found(back=1) == await here.directory.look()
        assert (True, "", []) == (
            here.person("ana").reachable,
            here.person("ana").trouble,
            here.there.fake.of("users"),
        )


@pytest.mark.parametrize("trouble", ["app_removed", "blocked"])
async def test_whoever_removed_the_app_is_left_alone(trouble):
    """The app is not pushed on who took it away or blocks it."""
    async with town(replace(ANA, reachable=False, trouble=trouble), graph=True) as here:
        assert Found() == await here.directory.look()
        assert [] == here.there.fake.calls


async def test_one_person_can_be_looked_for():
    """Somebody who was just added is found without a look at all the others."""
    async with town(*NEW, graph=True) as here:
        here.there.fake.knows("u-ana", "ana@example.org", installed=False)
        assert Found(found=1) == await here.directory.look_for("ana")
        assert (Found(), Found(), 1) == (
            await here.directory.look_for("ana"),
            await here.directory.look_for("nobody"),
            len(here.there.fake.of("users")),
        )


async def test_the_same_trouble_is_told_once():
    """What is so already is not told again at each look."""
    async with town(NEW[0]) as here:
        told = []
        receive = here.directory._receive

        async def noted(event):
            told.append(event)
            return await receive(event)

        here.directory._receive = noted
        await here.directory.look()
        here.there.clock.move(hours=1)
        await here.directory.look()
        assert [Unfound] == [type(one) for one in told]


async def test_ids_are_kept_in_lower_case(monkeypatch):
    """Whichever way Graph writes an id, the address is the one that an activity names."""
    async with town(NEW[0], graph=True) as here:
        here.there.fake.knows("u-ana", "ana@example.org")
        told = {"id": "U-ANA", "mail": "ana@example.org", "userPrincipalName": "ana@example.org"}
        monkeypatch.setitem(here.there.fake._deeds, "users", lambda _call: {"value": [told]})
        await here.directory.look()
        assert ANA.address == here.person("ana").address
