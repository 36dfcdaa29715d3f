"""A person's pages in a real browser: signing in, answering, a form with an error, on a phone, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from adapters.keys import NotGenuine
from adapters.web.guard import TEAMS_DIGEST, TEAMS_SCRIPT
from bot.events import Address
from tests.conftest import NewDatabase
from tests.contrast import FAINT
from tests.web_life import Served, served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 375, "height": 740}
PATIENCE_MS = 20_000

Visit = Callable[..., Page]


@pytest.fixture
def there(db_url: str) -> Iterator[Served]:
    """Three weeks and a half of a programme in which nobody has answered yet, on both databases."""
    with served(db_url) as made:
        made.pass_days(25)
        yield made


@pytest.fixture
def here(new_db: NewDatabase) -> Iterator[Served]:
    """The same on one database, for what is about looks."""
    with served(new_db("sqlite")) as made:
        made.pass_days(25)
        yield made


@contextmanager
def visiting(browser: Browser, **looks: Any) -> Iterator[Page]:
    """Open a browser of somebody's own; an error of the page's script or anything refused fails the test."""
    context = browser.new_context(**{"viewport": WIDE, **looks})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text) if line.type in ("error", "warning") else None)
    yield page
    context.close()
    assert [] == troubles


def enter(page: Page, there: Served, person: str = "ana") -> None:
    """Follow a new link and press its button."""
    page.goto(there.link(person))
    page.get_by_role("button", name="Open my page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your programme")


def answered(page: Page, press: Callable[[], object]) -> None:
    """Press something and wait until its answer is there."""
    with page.expect_response("**/me/act"):
        press()
    expect(page.locator("body")).not_to_have_attribute("aria-busy", "true")


def test_a_link_signs_in_once(browser: Browser, there: Served) -> None:
    """
    The address bar holds no token afterwards, the cookie is out of reach, and nobody enters by the same link again.
    """
    link = there.link()
    with visiting(browser) as page:
        page.goto(link)
        page.get_by_role("button", name="Open my page").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your programme")
        assert f"{there.address}/me" == page.url
        assert "" == page.evaluate("document.cookie")
        (cookie,) = page.context.cookies()
        assert (True, "Lax", "127.0.0.1", "/") == (
            cookie["httpOnly"],
            cookie["sameSite"],
            cookie["domain"],
            cookie["path"],
        )
        page.goto(link)
        assert f"{there.address}/me" == page.url
    context = browser.new_context()
    stranger = context.new_page()
    stranger.goto(link)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("This link is no longer good")
    expect(stranger.locator("main")).to_contain_text("Write “page” to the bot")
    assert [] == context.cookies()
    context.close()


def test_a_check_in_is_answered_on_the_page(browser: Browser, there: Served) -> None:
    """
    It opens above the page, each tap shows at once what was chosen, and with the last the page has one thing less.
    """
    with visiting(browser) as page:
        enter(page, there)
        answered(page, page.get_by_role("button", name="Check-in").click)
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        for place in range(4):  # the last is asked once a month
            question = dialog.get_by_role("group").nth(place)
            choice = question.get_by_role("button", name="mostly")
            choice.focus()
            answered(page, lambda: page.keyboard.press("Enter"))
            again = dialog.get_by_role("group").nth(place).get_by_role("button", name="mostly")
            expect(again).to_have_attribute("aria-pressed", "true")
            expect(again).to_be_focused()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(page.get_by_role("button", name="Check-in")).to_have_count(0)
        page.reload()
        expect(page.get_by_role("button", name="Check-in")).to_have_count(0)


def test_a_form_says_what_is_to_be_mended(browser: Browser, there: Served) -> None:
    """
    The first field to be mended has the focus and says why, what was written stays, and once it is right it is kept.
    """
    with visiting(browser) as page:
        enter(page, there)
        answered(page, page.get_by_role("button", name="Set a goal").click)
        dialog = page.get_by_role("dialog", name="Goal")
        expect(dialog.get_by_label("Goal")).to_be_focused()
        dialog.get_by_label("Number to reach").fill("many")
        answered(page, lambda: dialog.get_by_label("Number to reach").press("Enter"))
        title = dialog.get_by_label("Goal")
        expect(title).to_be_focused()
        expect(title).to_have_attribute("aria-invalid", "true")
        expect(title).to_have_accessible_description(
            "Please fill this in. What will be different, in a few words. "
            "You, the mentee, the mentor, the department head and HR see this."
        )
        expect(dialog.get_by_label("Number to reach")).to_have_value("many")
        title.fill("<b>Five</b> calls")
        answered(page, dialog.get_by_role("button", name="Keep").click)
        expect(dialog.get_by_label("Number to reach")).to_have_attribute("aria-invalid", "true")
        expect(dialog.get_by_label("Goal")).to_have_value("<b>Five</b> calls")
        dialog.get_by_label("Number to reach").fill("5")
        answered(page, dialog.get_by_role("button", name="Keep").click)
        expect(dialog).to_have_count(0)
        expect(page.locator(".cards")).to_contain_text("<b>Five</b> calls")
        expect(page.get_by_role("button", name="Set a goal")).to_be_focused()


def test_a_step_that_ends_something_asks_first(browser: Browser, here: Served) -> None:
    """
    The question unfolds below the button, and only its own button does it.
    """
    with visiting(browser) as page:
        enter(page, here, "irena")
        asking = page.locator("details.confirm", has_text="Call it off")
        expect(asking.get_by_role("button")).to_be_hidden()
        asking.locator("summary").click()
        answered(page, asking.get_by_role("button").click)
        expect(asking).to_have_count(0)


def test_it_works_without_a_script(browser: Browser, here: Served) -> None:
    """
    Where scripts are off a card opens in the page, a tap is taken, a form comes back with its errors and is kept.
    """
    with visiting(browser, java_script_enabled=False) as page:
        enter(page, here)
        page.get_by_role("button", name="Check-in").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="partly").first.click()
        expect(dialog.get_by_role("button", name="partly").first).to_have_attribute("aria-pressed", "true")
        dialog.get_by_role("button", name="Close").click()
        expect(dialog).to_be_hidden()
        page.get_by_role("button", name="Set a goal").click()
        page.get_by_role("button", name="Keep").click()
        expect(dialog).to_contain_text("Please fill this in.")
        dialog.get_by_label("Goal").fill("Five calls")
        page.get_by_role("button", name="Keep").click()
        expect(page.locator(".cards")).to_contain_text("Five calls")


def test_signing_out_closes_the_page(browser: Browser, here: Served) -> None:
    """
    Afterwards neither the page nor the way back to it shows anything.
    """
    context = browser.new_context()
    page = context.new_page()
    enter(page, here)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    assert [] == context.cookies()
    page.evaluate("history.back()")
    expect(page.get_by_role("heading", level=1)).to_have_text("Please sign in")
    context.close()


def test_who_is_gone_meanwhile_is_told_so(browser: Browser, here: Served) -> None:
    """
    A press after the session ended shows how to get in again, in the place of the page.
    """
    context = browser.new_context()
    page = context.new_page()
    enter(page, here)
    context.clear_cookies()
    page.get_by_role("button", name="Set a goal").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Please sign in")
    expect(page.locator(".cards")).to_have_count(0)
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    context.close()


def test_what_was_written_outlives_the_session(browser: Browser, here: Served) -> None:
    """
    A form sent after the session ended stays as it is; signed in anew in another window, the same press is taken.
    """
    context = browser.new_context()
    page = context.new_page()
    enter(page, here)
    page.get_by_role("button", name="Set a goal").click()
    dialog = page.get_by_role("dialog", name="Goal")
    dialog.get_by_label("Goal").fill("Five calls")
    context.clear_cookies()
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog.locator(".note")).to_contain_text("You are not signed in here")
    expect(dialog.get_by_label("Goal")).to_have_value("Five calls")
    enter(context.new_page(), here)
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".cards")).to_contain_text("Five calls")
    context.close()


def test_a_press_that_does_not_arrive_says_so(browser: Browser, here: Served) -> None:
    """
    Without a network the page stays, says it, and the same press works again afterwards.
    """
    context = browser.new_context()
    page = context.new_page()
    enter(page, here)
    context.set_offline(True)
    page.get_by_role("button", name="Set a goal").click()
    expect(page.locator(".note")).to_have_text("That did not reach us. Please try again in a moment.")
    context.set_offline(False)
    page.get_by_role("button", name="Set a goal").click()
    expect(page.get_by_role("dialog", name="Goal")).to_be_visible()
    context.close()


# --- what the browser keeps out ---------------------------------------------------------------


def test_nothing_foreign_runs_on_the_page(browser: Browser, here: Served) -> None:
    """
    A script written into the page, an event in markup and a style of elsewhere are refused by the policy.
    """
    context = browser.new_context()
    page = context.new_page()
    enter(page, here)
    page.evaluate(
        """() => {
          window.refused = [];
          document.addEventListener('securitypolicyviolation', (e) => window.refused.push(e.effectiveDirective));
          const script = document.createElement('script');
          script.textContent = 'window.ran = 1';
          document.body.append(script);
          const place = document.createElement('div');
          place.innerHTML = '<img src="x" onerror="window.ran = 2"><img src="https://evil.example/x.png">';
          document.body.append(place);
          const far = document.createElement('script');
          far.src = 'https://evil.example/x.js';
          document.body.append(far);
        }"""
    )
    page.wait_for_function("window.refused.length >= 4")

    assert {"script-src-elem", "script-src-attr", "img-src"} == set(page.evaluate("window.refused"))
    assert page.evaluate("window.ran === undefined")
    context.close()


@pytest.mark.parametrize("path", ["/me", "/tab/home", "/enter/x"])
def test_no_page_is_shown_inside_another(browser: Browser, here: Served, path: str) -> None:
    """
    A page that is not of Teams cannot frame any of ours, the tab included.
    """
    context = browser.new_context()
    page = context.new_page()
    elsewhere = here.address.replace("127.0.0.1", "localhost")
    with page.expect_console_message(lambda line: "frame-ancestors" in line.text):
        page.goto(f"{elsewhere}/elsewhere?frame={here.address}{path}")

    expect(page.frame_locator("iframe").locator("main")).to_have_count(0)
    context.close()


# --- how it looks -----------------------------------------------------------------------------

NAMELESS = """
() => [...document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea, summary')]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.getAttribute('aria-label') || one.innerText || (one.labels && one.labels.length)))
  .map((one) => one.outerHTML)
"""
TWICE = """
() => { const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
        return ids.filter((one, place) => ids.indexOf(one) !== place); }
"""
DANGLING = """
() => [...document.querySelectorAll('[aria-labelledby], [aria-describedby], label[for]')]
  .flatMap((one) => ['aria-labelledby', 'aria-describedby', 'for'].flatMap((name) => (one.getAttribute(name) || '').split(' ')))
  .filter((id) => id && !document.getElementById(id))
"""
SMALL = """
() => [...document.querySelectorAll('button, a.button, select, textarea, summary.button, .option')]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.getBoundingClientRect(), one.innerText])
  .filter(([box]) => box.height < 24 || box.width < 24)
  .map(([box, text]) => `${text} ${box.width}x${box.height}`)
"""


def look_over(page: Page) -> None:
    """Complain about controls without a name, ids that are there twice or missing, small targets and faint text."""
    for question in (NAMELESS, TWICE, DANGLING, SMALL, FAINT):
        assert [] == page.evaluate(question)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_used_and_named(browser: Browser, here: Served, scheme: str) -> None:
    """
    In both colour schemes the page, a card above it and a form with errors keep to the basics of accessibility.
    """
    with visiting(browser, color_scheme=scheme) as page:
        for person in ("ana", "irena"):
            page.context.clear_cookies()
            enter(page, here, person)
            look_over(page)
        page.context.clear_cookies()
        enter(page, here)
        answered(page, page.get_by_role("button", name="Check-in").click)
        look_over(page)
        page.keyboard.press("Escape")
        answered(page, page.get_by_role("button", name="Set a goal").click)
        answered(page, page.get_by_role("button", name="Keep").click)
        look_over(page)


@pytest.mark.parametrize("language", ["en", "qps"])
def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, here: Served, language: str) -> None:
    """
    Neither the page nor a form scrolls sideways, also with words 40 % longer, and the form can be sent.
    """
    for person in ("ana", "matej", "peter", "breda", "irena"):
        here.do(here.house.change(person, language=language))
    with visiting(browser, viewport=PHONE, has_touch=True) as page:
        for person in ("matej", "irena", "ana"):
            page.context.clear_cookies()
            page.goto(here.link(person))
            page.locator("main button").click()
            expect(page.locator(".cards")).to_be_visible()
            assert PHONE["width"] == page.evaluate("document.documentElement.scrollWidth")
        answered(page, page.locator('[data-key^="goal.new"]').click)
        box = page.locator("dialog").bounding_box()
        assert box is not None
        assert (0, PHONE["width"], True) == (
            box["x"],
            box["width"],
            box["y"] + box["height"] <= PHONE["height"] + 1,
        )
        assert page.evaluate(
            "() => { const d = document.querySelector('dialog .fields'); return d.scrollWidth === d.clientWidth }"
        )
        expect(page.locator("dialog footer .primary")).to_be_in_viewport()


# --- the tab ----------------------------------------------------------------------------------

TEAMS = """
window.microsoftTeams = {
  app: {
    initialize: async () => {},
    getContext: async () => ({ app: { theme: 'dark' } }),
    registerOnThemeChangeHandler: (handler) => { window.wear = handler; },
  },
  authentication: { getAuthToken: async () => { window.asked = (window.asked || 0) + 1; return 'from-teams'; } },
};
"""


class Colleague:
    """Entra's part: whoever Teams names is Ana, unless a test says who else."""

    user = "oid-ana"

    async def address(self, token: str) -> Address:
        """Return an address for the one token there is."""
        if token != "from-teams":
            raise NotGenuine("not that one")
        return Address("teams", self.user, "tenant")


@pytest.fixture
def tab(new_db: NewDatabase) -> Iterator[Served]:
    """A house whose tab signs Ana in."""
    with served(new_db("sqlite"), entra=Colleague()) as made:
        made.pass_days(25)
        yield made


def in_teams(page: Page, there: Served, *, library: str = TEAMS, known: bool = True) -> None:
    """Open the tab with something in the place of Microsoft's library; `known`: as if its digest were ours."""

    def shell(route: Route) -> None:
        answer = route.fetch()
        body = answer.text().replace(TEAMS_DIGEST, "") if known else answer.text()
        route.fulfill(response=answer, body=body)

    page.route("**/tab/home", shell)
    page.route(
        TEAMS_SCRIPT,
        lambda route: route.fulfill(
            content_type="text/javascript", body=library, headers={"Access-Control-Allow-Origin": "*"}
        ),
    )
    page.goto(f"{there.address}/tab/home")


def test_the_tab_shows_the_home_and_takes_presses(browser: Browser, tab: Served) -> None:
    """
    Without a cookie, in the colours of Teams, with no way to sign out; a word that ended is replaced by itself.
    """
    with visiting(browser) as page:
        in_teams(page, tab)
        expect(page.get_by_role("heading", level=1)).to_have_text("Your programme")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page.evaluate("window.wear('default')")
        expect(page.locator("html")).to_have_attribute("data-theme", "light")
        expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
        answered(page, page.get_by_role("button", name="Set a goal").click)
        dialog = page.get_by_role("dialog", name="Goal")
        dialog.get_by_label("Goal").fill("Five calls")
        answered(page, dialog.get_by_role("button", name="Keep").click)
        expect(page.locator(".cards")).to_contain_text("Five calls")
        assert [] == page.context.cookies()
        assert "{}" == page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")


def test_a_word_of_the_tab_that_ended_is_replaced(browser: Browser, tab: Served) -> None:
    """
    After half an hour the next press asks Teams once more, and is then taken.
    """
    context = browser.new_context()
    page = context.new_page()
    in_teams(page, tab)
    expect(page.locator(".cards")).to_be_visible()
    tab.pass_days(1 / 24)
    page.get_by_role("button", name="Help").first.click()
    expect(page.locator("body")).not_to_have_attribute("aria-busy", "true")

    assert 2 == page.evaluate("window.asked")
    context.close()


def test_a_library_that_is_not_the_one_we_know_does_not_run(browser: Browser, tab: Served) -> None:
    """
    The browser compares it with the digest; the tab then says how to get a link.
    """
    context = browser.new_context()
    page = context.new_page()
    in_teams(page, tab, known=False)
    expect(page.locator("main")).to_contain_text("Teams did not say who you are")
    expect(page.locator("main")).to_contain_text("Write “page” to the bot")

    assert page.evaluate("window.microsoftTeams === undefined")
    context.close()


def test_a_colleague_in_no_programme_is_told_whom_to_ask(
    browser: Browser, tab: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    The tab of somebody whom the bot does not know says so, and not that something failed.
    """
    monkeypatch.setattr(Colleague, "user", "oid-somebody-else")
    context = browser.new_context()
    page = context.new_page()
    in_teams(page, tab)
    expect(page.locator("main")).to_contain_text("We have not met yet.")
    context.close()
