"""Installing the app from a browser: in the browser that began, within ten minutes, once, and only where it may be."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from adapters.slack.install_state import InstallState
from adapters.slack.installations import Place
from adapters.slack.oauth import App, Installing
from adapters.slack.scopes import wanted
from tests.fake_platform import Broken
from tests.slack_fake import Fails
from tests.slack_out import MONDAY, Office, office

CODE = "code-4711"


@dataclass
class Browser:
    """Somebody who installs the app."""

    client: TestClient
    there: Office
    placed: list[Place]

    async def begin(self) -> tuple[str, str]:
        """Open the first page, and return the state and the cookie that came with it."""
        answer = await self.client.get("/slack/install", allow_redirects=False)
        asked = parse_qs(urlsplit(answer.headers["Location"]).query)
        return asked["state"][0], answer.cookies["telemachy-slack-install"].value

    async def end(self, state: str, cookie: str, **query: str) -> ClientResponse:
        """Come back from Slack."""
        headers = {"Cookie": f"telemachy-slack-install={cookie}"}
        asked = {"state": state, "code": CODE, **query}
        return await self.client.get("/slack/oauth_redirect", params=asked, headers=headers)

    async def install(self, **granted: object) -> int:
        """Go all the way, and return the last page's status."""
        self.there.fake.grants[CODE] = grant(**granted)
        return (await self.end(*await self.begin())).status


def grant(
    team: str = "T1", token: str = "xoxb-lipa-1", *, enterprise: str = "", **more: object
) -> dict[str, object]:
    """Return what Slack answers when a code is exchanged."""
    return {
        "ok": True,
        "app_id": "A1",
        "authed_user": {"id": "UADMIN"},
        "scope": "chat:write,commands",
        "token_type": "bot",
        "access_token": token,
        "bot_user_id": "UBOT",
        "team": {"id": team, "name": "Lipa"} if team else None,
        "enterprise": {"id": enterprise, "name": "Lipa Group"} if enterprise else None,
        "is_enterprise_install": not team,
        **more,
    }


@asynccontextmanager
async def browser(*allowed: str, language: str = "en") -> AsyncIterator[Browser]:
    """Serve the two pages to a browser; nothing is installed yet."""
    async with office() as there:
        await there.installations.async_delete_all(enterprise_id=None, team_id="T1")
        placed: list[Place] = []

        async def installed(place: Place) -> None:
            placed.append(place)

        installing = Installing(
            App(
                client_id="1.2",
                client_secret="hush-4711",
                public_url="https://bot.example.org/",
                scopes=wanted(),
                allowed=allowed,
            ),
            installations=there.installations,
            wire=there.wire,
            store=there.store,
            clock=there.clock,
            states=there.states,
            language=language,
            installed=installed,
        )
        application = web.Application()
        application.add_routes(installing.routes())
        async with TestClient(TestServer(application, host="127.0.0.1")) as client:
            yield Browser(client, there, placed)


# --- all goes well -----------------------------------------------------------------------------


async def test_the_browser_is_sent_to_slack_with_the_least():
    """The first page leads to Slack with the needed scopes and our address, and sets a cookie no script can read."""
    async with browser() as some:
        answer = await some.client.get("/slack/install", allow_redirects=False)
        location = urlsplit(answer.headers["Location"])
        asked = {key: value[0] for key, value in parse_qs(location.query).items()}
        assert (302, "slack.com", "/oauth/v2/authorize") == (answer.status, location.netloc, location.path)
        assert ("1.2", ",".join(wanted()), "https://bot.example.org/slack/oauth_redirect") == (
            asked["client_id"],
            asked["scope"],
            asked["redirect_uri"],
        )
        cookie = answer.headers["Set-Cookie"]
        flags = ("HttpOnly", "Secure", "SameSite=Lax", "Max-Age=600", "Path=/slack")
        assert [] == [flag for flag in flags if flag not in cookie]
        assert {} == some.there.settings()


async def test_two_workspaces_and_an_organisation_install_the_app():
    """Each place is stored with its own token, its people are looked for, and calls use the right one."""
    async with browser("T1", "T2", "E1") as some:
        statuses = [
            await some.install(),
            await some.install(team="T2", token="xoxb-two", enterprise="E2"),
            await some.install(team="", token="xoxb-org", enterprise="E1"),
        ]
        assert [200, 200, 200] == statuses
        places = [Place("T1"), Place("T2", "E2"), Place("", "E1", whole=True)]
        assert (places, set(places)) == (some.placed, set(await some.there.installations.places()))
        asked = (("T1", ""), ("T2", ""), ("T7", "E1"))
        tokens = [(await some.there.calls.bot_for(*one)).bot_token for one in asked]
        assert ["xoxb-lipa-1", "xoxb-two", "xoxb-org"] == tokens


async def test_installing_again_replaces_the_token_and_ends_the_trouble():
    """After a token was revoked, installing again is all there is to do."""
    async with browser() as some:
        await some.install()
        await some.there.states.note("T1", "refresh_refused")
        assert 200 == await some.install(token="xoxb-new", refresh_token="xoxe-1-r", expires_in=43_200)
        bot = await some.there.calls.bot_for("T1")
        expires = int(MONDAY.timestamp()) + 43_200
        assert ("xoxb-new", "xoxe-1-r", expires, ()) == (
            bot.bot_token,
            bot.bot_refresh_token,
            bot.bot_token_expires_at,
            some.there.states.known(),
        )


async def test_the_last_page_is_friendly_and_in_the_organisations_language():
    """The page says what to do next, in the language of the organisation, and lets nothing in or out."""
    async with browser(language="qps") as some:
        some.there.fake.grants[CODE] = grant()
        answer = await some.end(*await some.begin())
        text = await answer.text()
        assert ("text/html", False, False) == (
            answer.content_type,
            "is installed" in text,
            "Begin again" in text,
        )
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "no-store" == answer.headers["Cache-Control"]


# --- what is refused ---------------------------------------------------------------------------


async def test_a_state_is_good_once():
    """Coming back a second time with the same state changes nothing, also when Slack would agree."""
    async with browser() as some:
        state, cookie = await some.begin()
        some.there.fake.grants[CODE] = grant()
        assert 200 == (await some.end(state, cookie)).status
        some.there.fake.grants[CODE] = grant(token="xoxb-evil")
        assert 400 == (await some.end(state, cookie)).status
        assert "xoxb-lipa-1" == (await some.there.calls.bot_for("T1")).bot_token
        assert 1 == len(some.there.fake.of("oauth.v2.access"))


async def test_a_state_is_good_for_ten_minutes():
    """After ten minutes one begins again."""
    async with browser() as some:
        some.there.fake.grants[CODE] = grant()
        state, cookie = await some.begin()
        some.there.clock.move(minutes=10)
        assert 400 == (await some.end(state, cookie)).status
        assert [] == some.there.fake.calls


@pytest.mark.parametrize("lost", ["", "other", "both"])
async def test_a_state_is_good_in_its_own_browser(lost):
    """A link with somebody else's state, sent to a person to press, installs nothing."""
    async with browser() as some:
        some.there.fake.grants[CODE] = grant()
        state, _ = await some.begin()
        _, other = await some.begin()
        cookie = {"": "", "other": other, "both": f"{state}x"}[lost]
        assert 400 == (await some.end(state, cookie)).status
        assert [] == some.there.fake.calls


@pytest.mark.parametrize("state", ["", ".", "a.1.b", "a.b", "ž.1.ž", "x" * 5000])
async def test_a_made_up_state_is_refused(state):
    """Whatever is made up, in link and cookie alike, is refused and never an error of ours."""
    async with browser() as some:
        answer = await some.client.get("/slack/oauth_redirect", params={"state": state, "code": CODE})
        assert 400 == answer.status
    made = InstallState("hush")
    assert "state not ours" == made.trouble(state, state, MONDAY)
    assert "state not ours" == made.trouble(InstallState("other").new(MONDAY), "", MONDAY)


async def test_who_says_no_in_slack_installs_nothing():
    """Cancelling is no failure: the page says that nothing was installed."""
    async with browser() as some:
        answer = await some.end(*await some.begin(), error="access_denied")
        assert (200, True, ()) == (
            answer.status,
            "Nothing was installed" in await answer.text(),
            await some.there.installations.places(),
        )


async def test_a_workspace_that_is_not_on_the_list_keeps_nothing_here():
    """A workspace that may not use the bot is refused, its token is given back to Slack and not stored."""
    async with browser("T5") as some:
        some.there.fake._methods["auth.revoke"] = lambda call: {"revoked": True}
        assert 403 == await some.install()
        assert ((), "xoxb-lipa-1") == (
            await some.there.installations.places(),
            some.there.fake.calls[-1].token,
        )
        assert "auth.revoke" == some.there.fake.calls[-1].name


async def test_without_a_list_the_first_is_the_only_one():
    """Without a list the address would be open to everyone, so only the first place may install, and again."""
    async with browser() as some:
        statuses = [
            await some.install(),
            await some.install(team="T2", token="xoxb-two"),
            await some.install(token="xoxb-3"),
        ]
        assert ([200, 403, 200], (Place("T1"),)) == (statuses, await some.there.installations.places())


@pytest.mark.parametrize(
    "fault", [Fails("invalid_code"), Broken(500), Broken(200), Fails("bad_client_secret")]
)
async def test_a_failure_is_a_page_without_details(fault, caplog):
    """What went wrong is in the log as a code; neither page nor log has the code of the installation or a secret."""
    async with browser() as some:
        some.there.fake.fails("oauth.v2.access", fault)
        with caplog.at_level(logging.DEBUG, logger="adapters"):
            answer = await some.end(*await some.begin())
        text = await answer.text()
        log = "\n".join(record.getMessage() for record in caplog.records if "adapters" in record.name)
        assert (502, True) == (answer.status, "That did not work" in text)
        assert [] == [word for word in (CODE, "hush-4711", "xoxb", "invalid_code") if word in text]
        assert [] == [word for word in (CODE, "hush-4711", "xoxb") if word in log]


async def test_an_answer_without_a_workspace_is_refused():
    """What Slack never sends is not stored under an empty name."""
    async with browser() as some:
        statuses = [
            await some.install(team="", enterprise=""),
            await some.install(team="../../x"),
            await some.install(token=""),
        ]
        assert ([502, 502, 502], ()) == (statuses, await some.there.installations.places())
