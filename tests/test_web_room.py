"""The pages as `telemachy serve` furnishes them: when there are any, and who signs people in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.cli.serve import _web
from bot.cli.web_room import doors, furnish
from bot.config import Config, Secret, Server, Teams
from bot.events import Event
from bot.outcome import Nothing
from bot.ports import Answered
from storage.store import open_store
from tests.conftest import NewDatabase
from tests.living import BEGIN, MovableClock
from tests.scenes import ANA

KEY = Secret("a key that no one could guess, 0001")
CLOCK = MovableClock(BEGIN)
WEB = Config(server=Server(public_url="https://mentoring.example.org", link_key=(KEY,)))
TEAMS = replace(
    WEB, teams=Teams(mode="on", app_id="app", tenant_id="tenant", tenants=("tenant",), development=False)
)


async def receive(event: Event) -> Answered:
    """Take in nothing."""
    return Answered(Nothing(), None)


@pytest.mark.parametrize(
    "server",
    [
        Server(),
        Server(public_url="https://mentoring.example.org"),
        Server(link_key=(KEY,)),
    ],
)
def test_without_address_or_key_there_are_no_pages(server: Server) -> None:
    """A link that nobody could follow, or anybody could make, is never made."""
    assert None is doors(Config(server=server), CLOCK)


def test_what_serve_says_of_the_pages_is_so() -> None:
    """The first lines name their address whenever there are pages, and what is missing otherwise."""
    here = Server(public_url="http://127.0.0.1:8080")
    stand_in = Config(server=here, teams=Teams(mode="on", development=True))

    assert "https://mentoring.example.org" == _web(WEB)
    assert "http://127.0.0.1:8080" == _web(stand_in)
    assert "off: TELEMACHY_LINK_KEY signs their links" == _web(Config(server=here))


def test_links_lead_to_the_public_address() -> None:
    """They begin with what the configuration says, and come back as what they were made for."""
    made = doors(WEB, CLOCK)
    assert made is not None
    link = made.links.to("home", ANA)

    assert link.startswith("https://mentoring.example.org/enter/")
    assert None is not made.links.home_pass(link.rpartition("/")[2])


def test_with_stand_ins_a_process_makes_its_own_key() -> None:
    """On this machine alone, for development, no key needs to be set; it differs from process to process."""
    server = Server(host="127.0.0.1", public_url="http://127.0.0.1:8080")
    config = Config(server=server, teams=Teams(mode="on", development=True))
    one, other = doors(config, CLOCK), doors(config, CLOCK)
    assert one is not None
    assert other is not None

    assert None is other.seals.read("home", one.seals.seal("home", "ana"))
    assert None is doors(replace(config, server=replace(server, host="0.0.0.0")), CLOCK)


@pytest.mark.parametrize(("config", "signs_in"), [(WEB, False), (TEAMS, True)])
async def test_teams_signs_people_in_where_the_bot_is_there(
    config: Config, signs_in: bool, new_db: NewDatabase
) -> None:
    """All pages are served either way; Entra's keys are held only where the bot is in Teams, and not fetched yet."""
    made = doors(config, CLOCK)
    assert made is not None
    store = open_store(new_db("sqlite"))
    room = furnish(config, store, CLOCK, receive, made=made)
    paths = {route.path for route in room.routes()}
    await room.close()
    await store.close()

    assert {
        "/me",
        "/me/act",
        "/enter/{token}",
        "/file/{token}",
        "/calendar/{token}.ics",
        "/tab/home",
    } <= paths
    assert signs_in == (room.keys is not None)
