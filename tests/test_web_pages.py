"""The web pages as a browser asks for them: who gets in, what can be done, and what every answer carries."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO

import pytest
from aiohttp import ClientResponse, CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from adapters.web import names
from adapters.web.guard import TEAMS_DIGEST, TEAMS_HOSTS, TEAMS_SCRIPT
from adapters.web.links import FILE_LIVES, HOME_LIVES
from adapters.web.seals import Seals
from bot.content import Card, File, say
from bot.facts import Meeting
from bot.outcome import Put, Send
from bot.ports import Queued
from tests.conftest import NewDatabase
from tests.web_life import FAR, House, hidden, house

OURS = {"Origin": FAR, "Sec-Fetch-Site": "same-origin"}
COOKIE = "__Host-telemachy"


@dataclass
class Browser:
    """Somebody's browser, in front of a proxy that ends https."""

    client: TestClient[web.Request, web.Application]
    house: House
    cookie: str = ""

    async def get(self, path: str, **headers: str) -> ClientResponse:
        """Open an address."""
        return await self.client.get(path, headers={**self._carried(), **headers}, allow_redirects=False)

    async def post(self, path: str, values: object = None, **headers: str) -> ClientResponse:
        """Send a form of a page of ours."""
        sent = {
            **OURS,
            **self._carried(),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return await self.client.post(path, data=values or {}, headers=sent, allow_redirects=False)

    async def enter(self, person: str = "ana") -> ClientResponse:
        """Open a new link and press its button."""
        answer = await self.post(await self.house.link("home", person))
        self.cookie = answer.cookies[COOKIE].value
        return answer

    async def page(self) -> str:
        """Return the person's page."""
        answer = await self.get("/me")
        assert 200 == answer.status
        return await answer.text()

    async def press(self, verb: str, ref: str, value: str = "", **more: str) -> ClientResponse:
        """Press something on the page."""
        mark = hidden(await self.page(), "mark")
        told = {
            "mark": mark,
            "place": "page",
            "do": "press",
            "verb": verb,
            "ref": ref,
            "value": value,
            **more,
        }
        return await self.post("/me/act", told)

    def _carried(self) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}


@asynccontextmanager
async def browsing(url: str, **more: object) -> AsyncIterator[Browser]:
    """Serve a house to a browser that carries its cookie by hand: the proxy's https is not here."""
    async with house(url, **more) as there:  # type: ignore[arg-type]
        app = web.Application()
        app.add_routes(there.site.routes())
        server = TestServer(app)
        await server.start_server(access_log=None)  # as in `telemachy serve`
        async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
            yield Browser(client, there)


@pytest.fixture
async def browser(db_url: str) -> AsyncIterator[Browser]:
    """A browser of somebody who is not signed in."""
    async with browsing(db_url) as there:
        yield there


@pytest.fixture
async def here(new_db: NewDatabase) -> AsyncIterator[Browser]:
    """The same on one kind of database, for what stores nothing of its own."""
    async with browsing(new_db("sqlite")) as there:
        yield there


# --- signing in -------------------------------------------------------------------------------


async def test_a_preview_does_not_use_a_link_up(browser: Browser) -> None:
    """Opening a link shows a button and no more, as often as one likes; pressing it signs in, once."""
    link = await browser.house.link()
    for _ in range(3):
        shown = await browser.get(link)
        assert 200 == shown.status
        assert {} == dict(shown.cookies)
        assert "Open my page" in await shown.text()
    entered = await browser.post(link)

    assert (303, "/me") == (entered.status, entered.headers["Location"])
    again = await browser.post(link)
    assert 410 == again.status
    assert "Write “page” to the bot" in await again.text()
    assert 410 == (await browser.get(link)).status


async def test_the_cookie_is_for_this_host_alone(browser: Browser) -> None:
    """Behind https the cookie is out of reach of scripts, plain http, other hosts and other sites' forms."""
    entered = await browser.enter()
    cookie = entered.cookies[COOKIE]

    assert (True, True, "Lax", "/", "") == (
        cookie["httponly"],
        cookie["secure"],
        cookie["samesite"],
        cookie["path"],
        cookie["domain"],
    )
    assert "Your programme" in await browser.page()


async def test_a_signed_in_person_follows_an_old_link_to_their_page(here: Browser) -> None:
    """The link of this morning leads on to the page while the browser is signed in as the same person."""
    link, other = await here.house.link(), await here.house.link("home", "matej")
    await here.enter()
    here.house.clock.at += timedelta(hours=3)
    followed = await here.get(link)

    assert (303, "/me") == (followed.status, followed.headers["Location"])
    assert 410 == (await here.get(other)).status


async def test_a_late_link_says_how_to_get_a_new_one(here: Browser) -> None:
    """After a quarter of an hour neither the page nor the button lets anybody in."""
    link = await here.house.link()
    here.house.clock.at += HOME_LIVES
    for answer in (await here.get(link), await here.post(link)):
        assert 410 == answer.status
        assert "Write “page” to the bot" in await answer.text()


async def test_a_forged_link_is_not_ours(here: Browser) -> None:
    """A link made with another key, for another page, or by hand leads nowhere."""
    forged = Seals(["another key, just as long as it is"]).seal(
        "home", "ana", "2030-01-01T00:00:00+00:00", "x"
    )
    file = (await here.house.link("file/1")).removeprefix("/file/")
    for token in (forged, file, "ana", "a.b"):
        assert 404 == (await here.get(names.ENTER.format(token=token))).status
        assert 404 == (await here.post(names.ENTER.format(token=token))).status


async def test_guessing_is_bounded_and_holds_up_nobody(here: Browser) -> None:
    """After thirty bad links a minute the answer is "slower", while good ones let in."""
    statuses = [(await here.get("/enter/a.b")).status for _ in range(32)]

    assert [404] * 30 + [429] * 2 == statuses
    assert 303 == (await here.enter()).status


async def test_one_person_signs_in_ten_times_a_minute(here: Browser) -> None:
    """The eleventh has to wait, and somebody else has not."""
    statuses = [(await here.post(await here.house.link())).status for _ in range(11)]

    assert [303] * 10 + [429] == statuses
    assert 303 == (await here.enter("matej")).status


async def test_signing_out_ends_the_session(browser: Browser) -> None:
    """The same cookie opens nothing afterwards; nobody else's page can sign a person out."""
    await browser.enter()
    mark = hidden(await browser.page(), "mark")
    assert 403 == (await browser.post("/me/out", {"mark": "x"})).status
    assert 403 == (await browser.post("/me/out", {"mark": mark}, Sec_Fetch_Site="cross-site")).status
    left = await browser.post("/me/out", {"mark": mark})

    assert 200 == left.status
    assert "" == left.cookies[COOKIE].value
    assert 401 == (await browser.get("/me")).status


async def test_signing_in_anew_ends_the_session_before(here: Browser) -> None:
    """A browser has one session at a time; whose page a link opens is said before it is pressed."""
    await here.enter("ana")
    before = here.cookie
    link = await here.house.link("home", "matej")
    assert "the page of Matej" in await (await here.get(link)).text()
    here.cookie = (await here.post(link)).cookies[COOKIE].value

    assert '<span class="whose">Matej</span>' in await here.page()
    here.cookie = before
    assert 401 == (await here.get("/me")).status


async def test_who_is_no_longer_active_is_out_at_once(browser: Browser) -> None:
    """Page, press, file and feed are closed to them, and their open link too."""
    await browser.enter()
    link, file, feed = [await browser.house.link(page) for page in ("home", "file/1", "calendar")]
    await browser.house.change("ana", active=False)

    assert [401, 410, 410, 410] == [(await browser.get(path)).status for path in ("/me", link, file, feed)]


async def test_without_a_session_there_is_nothing(here: Browser) -> None:
    """Neither page nor press nor picker says anything to somebody who is not signed in."""
    assert 401 == (await here.get("/me")).status
    assert 401 == (await here.post("/me/act", {"do": "press", "verb": "help.ask", "ref": "help:e1"})).status
    assert 401 == (await here.get("/me/people?typed=a")).status
    assert "Ana" not in await (await here.get("/me")).text()


# --- what every answer carries ----------------------------------------------------------------


async def test_every_answer_is_guarded(here: Browser) -> None:
    """Pages, errors, files and scripts: nothing foreign runs, nothing is framed, guessed at, kept or told on."""
    await here.enter()
    for path in (
        "/me",
        "/enter/x",
        "/file/x",
        "/calendar/x.ics",
        "/web/page.js",
        "/web/none",
        await here.house.link(),
    ):
        headers = (await here.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert policy.endswith("frame-ancestors 'none'")
        assert ("nosniff", "no-referrer", "DENY") == (
            headers["X-Content-Type-Options"],
            headers["Referrer-Policy"],
            headers["X-Frame-Options"],
        )
    assert "no-store" == (await here.get("/me")).headers["Cache-Control"]


async def test_only_the_tab_may_be_framed_and_by_teams_alone(here: Browser) -> None:
    """Its policy names the hosts of Teams and one script beside ours, which is checked by its digest."""
    answer = await here.get("/tab/home")
    policy = answer.headers["Content-Security-Policy"]

    assert f"frame-ancestors {' '.join(TEAMS_HOSTS)}" in policy
    assert f"script-src 'self' {TEAMS_SCRIPT};" in policy
    assert "X-Frame-Options" not in answer.headers
    assert all(
        host.startswith("https://") and "*." not in host.removeprefix("https://*.") for host in TEAMS_HOSTS
    )
    assert re.fullmatch(r"sha384-[A-Za-z0-9+/]{64}", TEAMS_DIGEST)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://mentoring.example.org.evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://mentoring.example.org"},
        {"Origin": FAR, "Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "none"},
        {},
    ],
)
async def test_what_another_page_sends_is_refused(here: Browser, headers: dict[str, str]) -> None:
    """A press with cookie and mark does nothing when it does not come from our own page, nor does a sign-in."""
    await here.enter()
    mark = hidden(await here.page(), "mark")
    told = {"mark": mark, "do": "press", "verb": "help.ask", "ref": "help:e1"}
    carried = {"Cookie": f"{COOKIE}={here.cookie}", **headers}

    assert 403 == (await here.client.post("/me/act", data=told, headers=carried)).status
    link = await here.house.link("home", "matej")
    assert 403 == (await here.client.post(link, headers=headers, allow_redirects=False)).status
    assert 200 == (await here.get(link)).status


async def test_a_form_without_a_script_says_null_for_its_origin(here: Browser) -> None:
    """Our pages name themselves to nobody, so the browser's own word counts that the form came from here."""
    await here.enter()
    mark = hidden(await here.page(), "mark")
    told = {"mark": mark, "do": "press", "verb": "help.ask", "ref": "help:e1"}

    assert 200 == (await here.post("/me/act", told, Origin="null")).status


@pytest.mark.parametrize("url", ["https://Mentoring.example.org:443", "https://mentoring.example.org/"])
async def test_our_address_is_known_however_it_is_written(new_db: NewDatabase, url: str) -> None:
    """The port of https and capitals make no other address of it, as for browsers."""
    async with browsing(new_db("sqlite"), public_url=url) as there:
        assert 303 == (await there.post(await there.house.link())).status


async def test_a_press_without_the_mark_of_the_session_is_refused(here: Browser) -> None:
    """Neither without one nor with that of another session is anything done."""
    await here.enter("matej")
    foreign = hidden(await here.page(), "mark")
    await here.enter("ana")
    for mark in ("", "x", foreign):
        assert 403 == (await here.press("help.ask", "help:e1", mark=mark)).status


async def test_no_token_gets_into_a_log(here: Browser, caplog: pytest.LogCaptureFixture) -> None:
    """Links, cookies and marks are in no line, at the most talkative level, whether they are good or bad."""
    caplog.set_level(logging.DEBUG)
    link = await here.house.link()
    await here.get(link)
    await here.post(link, Origin="https://evil.example")
    await here.enter()
    mark = hidden(await here.page(), "mark")
    await here.press("help.ask", "help:e1", mark=mark + "x")
    await here.get("/enter/secret-marker-1")
    await here.get("/file/secret-marker-2")
    ours = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("asyncio"))

    assert "action=web.foreign" in ours
    for secret in (link.split("/")[2], here.cookie, mark, "secret-marker"):
        assert secret not in ours


async def test_a_fault_says_nothing_of_itself(
    here: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What went wrong is in the log by its kind and place, and neither there nor on the page in words."""
    await here.enter()

    async def broken(event: object) -> None:
        raise RuntimeError("marker-4711 of somebody")

    monkeypatch.setattr(here.house.site._home, "_receive", broken)
    answer = await here.get("/me")

    assert 500 == answer.status
    assert "marker-4711" not in await answer.text()
    assert "RuntimeError" in caplog.text
    assert "marker-4711" not in caplog.text


# --- what is done on the page -----------------------------------------------------------------


async def live(browser: Browser, days: float = 25) -> None:
    """Live on, so that there is something to answer."""
    await browser.house.until(browser.house.clock.now() + timedelta(days=days))


async def test_a_press_changes_what_the_page_shows(browser: Browser) -> None:
    """A check-in is opened from the home, answered in its dialog, and what was chosen is marked there."""
    await live(browser)
    await browser.enter()
    page = await browser.page()
    found = re.search(r'name="ref" value="(step:e1/checkin/[^"]+)"', page)
    assert found is not None
    opened = await (await browser.press("step.show", found.group(1))).text()
    assert "data-pane" in opened
    asked = re.search(
        r'name="verb" value="checkin.tap"><input type="hidden" name="ref" value="([^"]+)"', opened
    )
    assert asked is not None
    pressed = await (await browser.press("checkin.tap", asked.group(1), "4", place="pane")).text()

    chosen = re.findall(r'value="(\d)" class="pill" aria-pressed="true"', pressed)
    assert ["4"] == chosen
    answers = (await browser.house.store.read(lambda work: work.pairs(("e1",))))[0].answers
    assert [("ana", "4")] == [(one.person, one.value) for one in answers if one.kind == "checkin_scale"]


async def test_a_form_that_is_not_whole_comes_back_with_what_was_written(browser: Browser) -> None:
    """What is missing is said at its field, what was written is kept; mended, the form closes and the goal is there."""
    await live(browser)
    await browser.enter()
    opened = await (await browser.press("goal.new", "enrolment:e1")).text()
    told = {
        "mark": hidden(opened, "mark"),
        "place": "page",
        "do": "form",
        "form": hidden(opened, "form"),
        "f.title": "",
        "f.target": '5 <b>"calls"',
        "f.unit": "calls",
    }
    missing = await (await browser.post("/me/act", told)).text()
    assert "Please fill this in." in missing
    assert 'value="5 &lt;b&gt;&quot;calls&quot;"' in missing
    told |= {"f.title": "Call five customers", "form": hidden(missing, "form")}
    wrong = await (await browser.post("/me/act", told)).text()
    assert 'aria-invalid="true"' in wrong
    assert 'value="Call five customers"' in wrong
    told |= {"f.target": "5"}
    kept = await (await browser.post("/me/act", told)).text()

    assert "<dialog" not in kept
    assert "Call five customers" in kept


async def test_a_form_belongs_to_whom_it_was_shown(browser: Browser) -> None:
    """Somebody else who sends it, with a mark of their own, is refused; a form made by hand too."""
    await live(browser)
    await browser.enter("matej")
    opened = await (await browser.press("goal.new", "enrolment:e1")).text()
    form = hidden(opened, "form")
    await browser.enter("ana")
    mark = hidden(await browser.page(), "mark")
    for one in (form, "", "e30.x"):
        answer = await browser.post("/me/act", {"mark": mark, "do": "form", "form": one, "f.title": "x"})
        assert 400 == answer.status


async def test_a_press_is_checked_by_the_bot_and_not_by_the_page(here: Browser) -> None:
    """Whoever sends another person's control gets a word that it is not theirs, and nothing is changed."""
    await live(here)
    await here.enter("ana")
    answer = await here.press("case.new", "enrolment:e1")

    assert 200 == answer.status
    assert "That button belongs to somebody else." in await answer.text()


@pytest.mark.parametrize(
    "sent",
    [
        {"do": "nothing"},
        {"do": "press"},
        {"do": "press", "verb": "v" * 301, "ref": "x"},
        [("do", "press"), ("verb", "a"), ("verb", "b")],
        [("do", "press"), ("verb", "a"), *((f"k{n}", "") for n in range(500))],
    ],
)
async def test_what_is_no_form_of_ours_is_refused(here: Browser, sent: object) -> None:
    """It is answered with 400, a page that can be read, and without an error in the log."""
    await here.enter()
    mark = hidden(await here.page(), "mark")
    values = [("mark", mark), *(sent.items() if isinstance(sent, dict) else sent)]  # type: ignore[has-type,misc]
    answer = await here.post("/me/act", values)

    assert 400 == answer.status
    assert "<main" in await answer.text()


async def test_other_kinds_of_body_are_refused(here: Browser) -> None:
    """JSON, bytes that are no text, and too much of anything are answered with an error of the browser's side."""
    await here.enter()
    form = "application/x-www-form-urlencoded"
    for body, kind, status in (
        (b"{}", "application/json", 415),
        (b"\xff\xfe", form, 400),
        (BytesIO(b"a" * 2**21), form, 413),
    ):
        answer = await here.post("/me/act", body, Content_Type=kind)
        assert status == answer.status


async def test_a_picker_finds_whom_the_bot_would_name(here: Browser) -> None:
    """A coordinator finds everybody by the beginning of a name."""
    await here.enter("irena")
    found = await (await here.get("/me/people?field=mentor&typed=ma")).json()

    assert [{"value": "matej", "label": "Matej"}] == found


# --- files and feeds --------------------------------------------------------------------------

ICS = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


async def handed(house: House, to: str = "ana") -> int:
    """Put a message with a file into the outbox and return its row."""
    file = File(name="first meeting.ics", mime="text/calendar", data=ICS, card=Card(say("A time")))
    send = Send(to=to, content=file, key=f"file/{to}", kind="change", not_before=house.clock.now())

    def work(work: object) -> Queued | None:
        work.intend([send], house.clock.now())  # type: ignore[attr-defined]
        return work.row_by_key(send.key)  # type: ignore[attr-defined,no-any-return]

    row = await house.store.write(work)
    assert row is not None
    return row.id


async def test_a_file_is_handed_over_to_whom_it_was_sent(browser: Browser) -> None:
    """Its bytes come as they are, to be saved under its name, for sixty days, without a session."""
    row = await handed(browser.house)
    link = await browser.house.link(f"file/{row}")
    answer = await browser.get(link)

    assert ICS == await answer.read()
    assert "text/calendar" == answer.headers["Content-Type"]
    assert "attachment; filename*=UTF-8''first%20meeting.ics" == answer.headers["Content-Disposition"]
    assert ICS == await (await browser.get(link)).read()
    browser.house.clock.at += FILE_LIVES
    assert 410 == (await browser.get(link)).status


async def test_a_link_to_a_file_gives_no_other_file(here: Browser) -> None:
    """A row of somebody else, one that holds no file, and one that is gone are all answered alike."""
    row = await handed(here.house, to="matej")

    assert [410, 410] == [
        (await here.get(await here.house.link(f"file/{one}"))).status for one in (row, 9999)
    ]
    assert 404 == (await here.get("/file/x")).status


async def test_a_feed_is_followed_and_renewed(browser: Browser) -> None:
    """It comes with a digest, is not sent again unchanged, and ends when the person asks for another address."""
    meeting = Meeting(
        id="e1/first_meeting/once",
        enrolment="e1",
        step="first_meeting",
        occurrence="once",
        people=("ana", "matej"),
        minutes=30,
        state="fixed",
        starts_at=browser.house.clock.now() + timedelta(days=14),
    )
    await browser.house.store.write(lambda work: work.apply([Put(meeting)], browser.house.clock.now()))
    link = await browser.house.link("calendar")
    first = await browser.get(link)
    body = await first.read()
    assert 1 == body.count(b"BEGIN:VEVENT")
    assert "text/calendar; charset=utf-8" == first.headers["Content-Type"]
    assert "private, max-age=900" == first.headers["Cache-Control"]
    browser.house.clock.at += timedelta(hours=1)
    again = await browser.get(link, **{"If-None-Match": first.headers["ETag"]})
    assert 304 == again.status
    moved = replace(meeting, starts_at=browser.house.clock.now() + timedelta(days=15), sequence=1)
    await browser.house.store.write(lambda work: work.apply([Put(moved)], browser.house.clock.now()))
    assert 200 == (await browser.get(link, **{"If-None-Match": first.headers["ETag"]})).status
    await browser.house.change("ana", feed=1)

    assert 410 == (await browser.get(link)).status
    assert 200 == (await browser.get(await browser.house.link("calendar"))).status


async def test_what_pages_are_made_of_is_fetched_once(here: Browser) -> None:
    """Scripts and styles come with their kind, are asked for anew after an update, and nothing else is there."""
    first = await here.get("/web/page.js")

    assert ("text/javascript", "no-cache") == (first.headers["Content-Type"], first.headers["Cache-Control"])
    assert 304 == (await here.get("/web/page.js", **{"If-None-Match": first.headers["ETag"]})).status
    for path in ("/web/..%2f..%2fsite.py", "/web/site.py", "/web/pictures/none.png"):
        assert 404 == (await here.client.get(URL(path, encoded=True))).status
