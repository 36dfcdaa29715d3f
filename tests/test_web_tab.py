"""The tab in Teams: who Entra says is looking, and nobody else."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from adapters.keys import NotGenuine
from adapters.teams.manifest import resource
from adapters.web.entra import Entra, keys_url
from adapters.web.sessions import TAB_LIVES
from bot.cli.founding import small_company
from bot.events import Address
from tests.conftest import NewDatabase
from tests.living import MovableClock
from tests.teams_authority import Authority, authority, keys_of
from tests.web_life import DAY, FAR, House, hidden, house

APP = "5f1c7d3e-9d3f-4a7e-8d70-0b6a2f1f4a11"
TENANT = "0c8b2f56-6a0e-4d5c-9a51-3f7f4f6f2b10"
OTHER = "11111111-2222-3333-4444-555555555555"
LOGIN = "https://login.microsoftonline.com"
ISSUER = f"{LOGIN}/{TENANT}/v2.0"
OURS = {"Origin": FAR, "Sec-Fetch-Site": "same-origin"}


@dataclass
class Tab:
    """A tab in front of the pages, and who signs for it."""

    client: TestClient[web.Request, web.Application]
    house: House
    signer: Authority

    def token(self, person: str = "ana", **claims: object) -> str:
        """Return Entra's token for a person; a claim given as None is left out."""
        told = {"tid": TENANT, "oid": f"OID-{person}".upper(), "scp": "access_as_user", "iss": ISSUER}
        return self.signer.token(service_url=None, **{"audience": APP, **told, **claims})  # type: ignore[arg-type]

    async def enter(self, token: str, **headers: str) -> ClientResponse:
        """Ask for what the page in the tab carries."""
        sent = {**OURS, "Authorization": f"Bearer {token}", **headers}
        return await self.client.post("/tab/session", headers=sent)

    async def carried(self) -> dict[str, str]:
        """Sign in and return the headers of all that follows."""
        told = await (await self.enter(self.token())).json()
        return {**OURS, "Authorization": f"Bearer {told['carry']}"}


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Tab]:
    """Serve the pages to a tab of people who are known in Teams."""
    clock = MovableClock(small_company(DAY).at)
    async with authority(clock, issuer=ISSUER, endorsements=()) as signer, keys_of(signer) as keys:
        entra = Entra(keys, client_id=APP, tenants=(TENANT,), public_url=FAR, clock=clock)
        async with house(url, entra=entra, clock=clock) as there:
            for person in ("ana", "matej"):
                await there.change(person, also=(Address("teams", f"oid-{person}", TENANT),))
            app = web.Application()
            app.add_routes(there.site.routes())
            server = TestServer(app)
            await server.start_server(access_log=None)
            async with TestClient(server) as client:
                yield Tab(client, there, signer)


@pytest.fixture
async def tab(db_url: str) -> AsyncIterator[Tab]:
    """A tab, on both databases."""
    async with opened(db_url) as made:
        yield made


@pytest.fixture
async def here(new_db: NewDatabase) -> AsyncIterator[Tab]:
    """A tab on one database."""
    async with opened(new_db("sqlite")) as made:
        yield made


async def test_the_tab_shows_a_home_to_whom_entra_names(tab: Tab) -> None:
    """The page holds nothing of anybody; with Entra's token it gets a word that shows the home and takes presses."""
    shell = await (await tab.client.get("/tab/home")).text()
    assert "Ana" not in shell
    carried = await tab.carried()
    page = await (await tab.client.get("/me", headers=carried)).text()
    assert "Your programme" in page
    assert '<span class="whose">Ana</span>' in page
    assert "Sign out" not in page
    told = {"mark": hidden(page, "mark"), "do": "press", "verb": "help.ask", "ref": "help:e1"}
    pressed = await tab.client.post("/me/act", data=told, headers=carried)

    assert "<dialog" in await pressed.text()
    assert {} == await tab.house.settings("web/")


@pytest.mark.parametrize("audience", [APP, f"api://{APP}", resource(APP, FAR)])
async def test_each_way_to_name_the_app_counts(here: Tab, audience: str) -> None:
    """The registration decides how Entra writes the audience."""
    assert 200 == (await here.enter(here.token(audience=audience))).status


async def test_a_token_of_the_older_kind_counts(here: Tab) -> None:
    """Entra writes another issuer where the registration asks for version 1."""
    assert 200 == (await here.enter(here.token(iss=f"https://sts.windows.net/{TENANT}/"))).status


@pytest.mark.parametrize(
    "claims",
    [
        {"audience": OTHER},
        {"audience": f"api://evil.example/{APP}"},
        {"audience": None},
        {"iss": f"{LOGIN}/{OTHER}/v2.0"},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"tid": OTHER},
        {"tid": None},
        {"oid": None},
        {"oid": ""},
        {"scp": None},
        {"scp": "User.Read"},
        {"scp": "not_access_as_user"},
        {"exp": 1},
        {"exp": None},
        {"key": 9, "kid": "key-1"},
        {"kid": "key-99"},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_us_signs_nobody_in(here: Tab, claims: dict[str, object]) -> None:
    """Wrong audience, issuer, tenant, scope, time or key: 401, and no word of why."""
    answer = await here.enter(here.token(**claims))

    assert 401 == answer.status
    assert {} == await answer.json()


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a" * 20_000])
async def test_what_is_no_token_signs_nobody_in(here: Tab, token: str) -> None:
    """Rubbish is answered like any token that does not count, and so is a request without one."""
    assert (await here.enter(token)).status in (400, 401)
    assert 401 == (await here.client.post("/tab/session", headers=OURS)).status


async def test_another_page_gets_no_word(here: Tab) -> None:
    """A good token sent by another site's page is refused."""
    assert 403 == (await here.enter(here.token(), Origin="https://evil.example")).status
    assert 403 == (await here.enter(here.token(), **{"Sec-Fetch-Site": "cross-site"})).status


async def test_who_is_in_no_programme_is_told_so_by_a_status(here: Tab) -> None:
    """A colleague whom the bot does not know gets 403, and so does one who is no longer active."""
    assert 403 == (await here.enter(here.token("breda"))).status
    await here.house.change("matej", active=False)
    assert 403 == (await here.enter(here.token("matej"))).status


async def test_the_word_of_the_tab_ends(here: Tab) -> None:
    """After half an hour it opens nothing, a changed one never does, and it is no cookie."""
    carried = await here.carried()
    word = carried["Authorization"].removeprefix("Bearer ")
    assert 200 == (await here.client.get("/me", headers=carried)).status
    assert 401 == (await here.client.get("/me", headers={"Authorization": f"Bearer {word}x"})).status
    assert 401 == (await here.client.get("/me", headers={"Cookie": f"__Host-telemachy={word}"})).status
    here.house.clock.at += TAB_LIVES

    assert 401 == (await here.client.get("/me", headers=carried)).status


async def test_failures_are_bounded_and_good_tokens_pass(here: Tab) -> None:
    """After thirty a minute the answer is "slower", while who is genuine gets in."""
    statuses = [(await here.enter("a.b.c")).status for _ in range(32)]

    assert [401] * 30 + [429] * 2 == statuses
    assert 200 == (await here.enter(here.token())).status


async def test_no_token_of_entra_gets_into_a_log(here: Tab, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a good nor a bad token is in any line."""
    caplog.set_level(logging.DEBUG)
    good, bad = here.token(), here.token(audience=OTHER)
    await here.enter(good)
    await here.enter(bad)
    ours = "\n".join(one.getMessage() for one in caplog.records)

    assert "action=web.tab why=audience" in ours
    assert not any(part in ours for token in (good, bad) for part in token.split("."))


async def test_without_entra_the_tab_says_how_to_get_a_link(new_db: NewDatabase) -> None:
    """Where nobody can prove who they are in Teams, the bot's link is the way, and the sign-in is closed."""
    async with house(new_db("sqlite")) as there:
        app = web.Application()
        app.add_routes(there.site.routes())
        async with TestClient(TestServer(app)) as client:
            assert "Write “page” to the bot" in await (await client.get("/tab/home")).text()
            answer = await client.post("/tab/session", headers={**OURS, "Authorization": "Bearer a.b.c"})
            assert 401 == answer.status


async def test_a_tenant_that_is_not_let_in_is_nobody(new_db: NewDatabase) -> None:
    """With an empty list of tenants no token counts."""
    clock = MovableClock(small_company(DAY).at)
    async with authority(clock, issuer=ISSUER, endorsements=()) as signer, keys_of(signer) as keys:
        entra = Entra(keys, client_id=APP, tenants=(), public_url=FAR, clock=clock)
        told = {"tid": TENANT, "oid": "x", "scp": "access_as_user", "iss": ISSUER}
        with pytest.raises(NotGenuine, match="issuer"):
            await entra.address(signer.token(service_url=None, audience=APP, **told))


def test_entras_keys_are_at_the_tenants_address() -> None:
    """The address is made from the login address, with or without its slash."""
    expected = f"{LOGIN}/{TENANT}/v2.0/.well-known/openid-configuration"

    assert [expected] * 2 == [keys_url(LOGIN, TENANT.upper()), keys_url(f"{LOGIN}/", TENANT)]
