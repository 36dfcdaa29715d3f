"""
A pair across platforms: mentor and coordinator in Teams, mentee in Slack, through both independent stand-ins at once.

Each does everything where they are, nobody needs the other's platform, and no message comes twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from slack_sdk.web.async_client import AsyncWebClient

from adapters.teams.names import MESSAGES
from bot.app import App, compose
from bot.cli import slack_room, teams_room, web_room
from bot.cli.founding import lived
from bot.config import load_config
from bot.facts import Person
from bot.outcome import Put
from bot.ports import Channel
from storage.store import open_store
from tests.living import Letterbox, MovableClock
from tests.scenes import ANA, BREDA, IRENA, MATEJ, PETER
from tests.servers import free_port
from tests.slack_bot import Bot as InSlack
from tests.slack_bot import words_of
from tests.slack_life import SECRET, command, press, sent, typed
from tests.standin_slack import TOKEN, StandIn
from tests.standin_slack import standing_in as slack_standing_in
from tests.standin_teams import TENANT
from tests.standin_teams_start import standing_in as teams_standing_in
from tests.teams_bot import Bot as InTeams

BEGIN = datetime.fromisoformat("2026-12-29T08:00:00+00:00")
START = "2027-01-11"
EVERYBODY = tuple(
    replace(p, address=None) for p in (IRENA, replace(ANA, manager="peter"), MATEJ, PETER, BREDA)
)
KINDS = ("chat", "call")  # of links that only open what both of them have
IN_TEAMS = ("irena", "matej", "peter")
_CONFIG = """
[slack]
mode = "http"
api_url = "{api}"
files = true

[teams]
mode = "on"
development = true
tenants = ["{tenant}"]

[server]
host = "127.0.0.1"
public_url = "{address}"
"""

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Both:
    """One bot, as its people meet it in either place."""

    app: App
    slack: InSlack
    teams: InTeams
    views: list[dict[str, Any]]  # what Slack was asked to show, the last at the end

    async def until(self, end: str) -> None:
        """Live on to an instant."""
        await self.teams.until(datetime.fromisoformat(end))

    async def types_in_slack(self, who: str, text: str) -> None:
        """Type `/mentor text` in Slack."""
        user = self.slack.slack.users[who]
        trigger = self.slack.slack.trigger(user)
        await self.slack.does(command(user, text, trigger_id=trigger))

    async def clicks_in_slack(self, who: str, verb: str, label: str = "") -> None:
        """Press the newest button of this kind in Slack."""
        message, control = self.slack.control(who, verb, label)
        user = self.slack.slack.users[who]
        trigger = self.slack.slack.trigger(user)
        await self.slack.does(press(user, control, message=message, trigger_id=trigger))

    async def sends_in_slack(self, who: str, values: dict[str, Any]) -> None:
        """Fill in and send the dialog that Slack shows."""
        answer = await self.slack.does(sent(self.slack.slack.users[who], self.views[-1], values))
        assert "errors" not in answer, answer

    def read_in_slack(self, who: str, words: str) -> int:
        """Return how many messages of a person in Slack hold these words."""
        return sum(words in words_of(one) for one in self.slack.said_to(who))

    async def enrol(self) -> None:
        """Let Irena, in Teams, bring Ana and Matej together."""
        dialog = await self.teams.opens_by_words("irena", "enrol")
        mentee = await self.teams.teams.pick("irena", dialog, "mentee", "Ana")
        mentor = await self.teams.teams.pick("irena", dialog, "mentor", "Matej")
        answer = await self.teams.sends(
            "irena", dialog, mentee=mentee, mentor=mentor, start=START, moved="no"
        )
        assert "message" == answer["task"]["type"], answer

    async def person(self, who: str) -> Person:
        """Return somebody as they are known now."""
        found = await self.app.store.read(lambda work: work.person(who))
        assert found is not None
        return found


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The dialogs that Slack was asked to open: it has no way to ask for them back."""
    shown: list[dict[str, Any]] = []
    real = AsyncWebClient.views_open

    async def views_open(client: AsyncWebClient, **arguments: Any) -> Any:
        answer = await real(client, **arguments)
        shown.append(dict(arguments["view"]))
        return answer

    monkeypatch.setattr(AsyncWebClient, "views_open", views_open)
    return shown


@asynccontextmanager
async def bot_in_both(
    url: str, folder: Path, slack: StandIn, views: list[dict[str, Any]]
) -> AsyncIterator[Both]:
    """Run one bot with both platforms, as `telemachy serve` puts it together."""
    file = folder / "config.toml"
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    file.write_text(_CONFIG.format(api=slack.url, tenant=TENANT, address=address))
    secrets = {"TELEMACHY_SLACK_SIGNING_SECRET": SECRET, "TELEMACHY_SLACK_BOT_TOKEN": TOKEN}
    config = load_config(file, secrets)
    clock = MovableClock(BEGIN)
    mail, store = Letterbox(clock), open_store(url)
    to_slack = slack_room.outward(config, store, clock, "test")
    doors = web_room.doors(config, clock)
    assert doors is not None
    to_teams = teams_room.outward(config, store, clock, doors.links)
    channels: dict[str, Channel] = {"mail": mail, "slack": to_slack.channel, "teams": to_teams.channel}
    app = compose(
        store=store,
        channels=channels,
        clock=clock,
        owner="test",
        company="Lipa",
        current=lived(),
        links=doors.links,
    )
    in_slack = slack_room.furnish(to_slack, app.receive, app.outbox)
    in_slack.directory._apart = 0.0  # fifty a minute is for the real one
    in_teams = teams_room.furnish(to_teams, app.receive)
    pages = web_room.furnish(config, store, clock, app.receive, made=doors, feed=app.calendar)
    await store.write(lambda work: work.apply([Put(p) for p in EVERYBODY], clock.now()))
    site = web.Application()
    site.add_routes([*in_slack.routes(), *in_teams.routes(), *pages.routes()])
    server = TestServer(site, host="127.0.0.1", port=port)
    await server.start_server(access_log=None)
    try:
        async with (
            teams_standing_in(EVERYBODY, folder / "teams", f"{address}{MESSAGES}") as teams,
            TestClient(server) as client,
        ):
            slack_side = InSlack(app, in_slack, clock, slack, mail)
            slack_side.client = client
            yield Both(app, slack_side, InTeams(app, in_teams, clock, teams, mail), views)
    finally:
        await in_slack.stop(5)
        await in_teams.stop(5)
        await pages.close()
        await to_slack.close()
        await to_teams.close()
        await store.close()


@pytest.fixture
async def both(
    db_url: str, tmp_path: Path, views: list[dict[str, Any]], request: pytest.FixtureRequest
) -> AsyncIterator[Both]:
    """A bot whose mentee and director are in Slack and the others in Teams; nobody is a pair yet."""
    further: Sequence[Person] = getattr(request, "param", ())
    with slack_standing_in((ANA, BREDA, *further), tmp_path) as slack:
        async with bot_in_both(db_url, tmp_path, slack, views) as both:
            await both.teams.installs(*IN_TEAMS)
            await both.slack.room.look()
            yield both


async def test_each_is_known_where_they_are(both: Both) -> None:
    """By one e-mail address each: two in Slack, three in Teams."""
    places = {p.id: (await both.person(p.id)).address for p in EVERYBODY}

    assert {"ana": "slack", "breda": "slack", "irena": "teams", "matej": "teams", "peter": "teams"} == {
        who: place.channel for who, place in places.items() if place is not None
    }


async def test_the_first_week_of_two_who_share_no_chat(both: Both) -> None:
    """Introduced on the first day, each where they are; both agree, and both read that it holds."""
    await both.enrol()
    await both.until("2027-01-04T12:00:00+00:00")
    await both.teams.presses("matej", "meeting.take")
    await both.until("2027-01-12T15:00:00+00:00")
    await both.clicks_in_slack("ana", "agreement.agree")
    await both.teams.presses("matej", "agreement.agree")
    await both.until("2027-01-13T15:00:00+00:00")
    pair = (await both.app.store.read(lambda work: work.pairs(work.enrolments_of("ana"))))[0]

    assert 1 == both.read_in_slack("ana", "The two of you begin")
    assert 1 == await both.teams.has_read("matej", "The two of you begin")
    assert {"ana", "matej"} == set(pair.agreements[0].agreed)
    assert [0, 0] == [await both.teams.has_read("matej", f"teams.microsoft.com/l/{kind}/") for kind in KINDS]
    assert [] == [d for _, d in both.teams.mail.messages if d.to.id != "ana"]


@pytest.mark.parametrize(
    ("both", "place"),
    [pytest.param((), "teams", id="in-teams"), pytest.param((IRENA,), "slack", id="in-slack")],
    indirect=["both"],
)
async def test_a_checkin_answered_in_slack_is_read_by_the_coordinator_in_either(
    both: Both, place: str
) -> None:
    """What Ana adds for HR in Slack stands in Irena's chat, wherever that is, and in nobody else's."""
    await both.enrol()
    if place == "slack":
        await both.types_in_slack("irena", "here")
    await both.until("2027-01-22T15:00:00+00:00")
    await both.clicks_in_slack("ana", "checkin.tap")
    await both.clicks_in_slack("ana", "checkin.more")
    readers = {"type": "checkboxes", "selected_options": [{"value": "coordinator"}]}
    await both.sends_in_slack("ana", {"words": typed("The build takes an hour."), "readers": readers})
    await both.until("2027-01-25T15:00:00+00:00")
    in_teams = {who: await both.teams.has_read(who, "The build takes an hour.") for who in IN_TEAMS}
    in_slack = both.read_in_slack("irena", "The build takes an hour.") if place == "slack" else 0

    assert (1, 0) == ((in_teams["irena"], in_slack) if place == "teams" else (in_slack, in_teams["irena"]))
    assert (0, 0) == (in_teams["matej"], in_teams["peter"])


async def test_feedback_written_in_teams_is_read_in_slack(both: Both) -> None:
    """Matej types a word in Teams and fills in the dialog; Ana reads it in Slack and says thank you there."""
    await both.enrol()
    await both.until("2027-01-22T13:00:00+00:00")
    dialog = await both.teams.opens_by_words("matej", "feedback")
    await both.teams.sends("matej", dialog, good="The import ran.", better="Ask sooner.")
    await both.until("2027-01-25T13:00:00+00:00")

    assert 1 == both.read_in_slack("ana", "The import ran.")
    assert [0, 0] == [await both.teams.has_read(who, "The import ran.") for who in ("peter", "irena")]


@pytest.mark.parametrize("both", [pytest.param((IRENA,), id="in-both")], indirect=True)
async def test_who_is_in_both_reads_each_message_once_where_they_chose(both: Both) -> None:
    """Irena came by Teams, says `here` in Slack, and later in Teams again: each message comes to one place only."""
    await both.enrol()
    await both.types_in_slack("irena", "here")
    moved = await both.person("irena")
    before = len(await both.teams.said_to("irena"))
    await both.until("2027-01-08T12:00:00+00:00")
    in_slack = len(both.slack.said_to("irena"))
    in_teams = len(await both.teams.said_to("irena")) - before
    await both.teams.types("irena", "here")
    back = await both.person("irena")
    before, answered = len(both.slack.said_to("irena")), len(await both.teams.said_to("irena"))
    await both.until("2027-01-15T12:00:00+00:00")

    assert ("slack", ["teams"]) == (
        moved.address and moved.address.channel,
        [one.channel for one in moved.also],
    )
    assert in_slack > 0
    assert 0 == in_teams
    assert ("teams", ["slack"]) == (back.address and back.address.channel, [one.channel for one in back.also])
    assert len(both.slack.said_to("irena")) == before
    assert len(await both.teams.said_to("irena")) > answered


async def test_who_comes_to_a_second_chat_is_told_and_may_change(both: Both) -> None:
    """Breda is in Slack and opens the app in Teams too: she reads where she is written to, and one press changes it."""
    await both.teams.installs("breda")
    first = await both.person("breda")
    told = await both.teams.has_read("breda", "Good to see you here too")
    await both.teams.presses("breda", "here.choose")
    then = await both.person("breda")

    assert first.address is not None
    assert then.address is not None
    assert ("slack", 1, "teams") == (first.address.channel, told, then.address.channel)
