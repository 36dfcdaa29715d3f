"""
Teams as a person clicks through it: the stand-in's own page in a real browser, the bot behind it.

Its page draws cards with the renderer that Teams uses, presses buttons and types. It opens no dialogs: those are
pressed by its HTTP interface in test_teams_end_to_end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from tests.conftest import NewDatabase
from tests.teams_bot import PEOPLE, Bot, teams_bot

BEGIN = datetime.fromisoformat("2026-12-29T08:00:00+00:00")
START = "2027-01-11"
MATEJ_FIRST = tuple(sorted(PEOPLE, key=lambda one: one.id != "matej"))
PATIENCE_MS = 20_000
_HERE = "http://127.0.0.1:"

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Story = Callable[[Bot, Page], Awaitable[None]]


async def _told(story: Story, url: str, folder: Path, chromium: str) -> None:
    async with teams_bot(url, folder, BEGIN, people=MATEJ_FIRST) as bot, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1300, "height": 1000})
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        # Its page asks a network for fonts; what a test needs is here.
        await page.route(lambda url: not url.startswith(_HERE), lambda route: route.abort())
        await page.goto(bot.teams.url)
        await page.get_by_text("Personal Chat", exact=True).wait_for()
        try:
            await story(bot, page)
        finally:
            await browser.close()


def tell(story: Story, url: str, folder: Path, chromium: str) -> None:
    """Live a story in a thread of its own: other tests with a browser leave a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(_told(story, url, folder, chromium))).result()


# --- what a person does in the page ----------------------------------------------------------------


async def mock(page: Page, name: str) -> None:
    """Let Teams say that something happened, from the page's menu."""
    await page.get_by_text("Mock an Activity").click()
    await page.get_by_role("menuitem").get_by_text(name, exact=True).click()
    await page.get_by_role("button", name="Send activity").click()
    await page.get_by_role("dialog").wait_for(state="hidden")


async def types(bot: Bot, page: Page, text: str) -> None:
    """Type words to the bot."""
    line = page.get_by_role("textbox").first
    await line.click()
    await page.keyboard.type(text)
    before = len(bot.teams.exchanges)
    await page.keyboard.press("Enter")
    await bot.teams.heard(before, lambda one: not one.came_from_bot and one.request.get("text") == text)
    await bot.settled()


async def clicks(bot: Bot, page: Page, card: Locator, name: str) -> None:
    """Press a button of a card, and wait for everything that follows."""
    before = len(bot.teams.exchanges)
    await card.get_by_role("button", name=name, exact=True).first.click()
    await bot.teams.heard(before, lambda one: one.request.get("name") == "adaptiveCard/action")
    await bot.settled()


async def until(bot: Bot, page: Page, end: str) -> None:
    """Live on to an instant, and wait until the page shows all that came."""
    await bot.until(datetime.fromisoformat(end))
    came = sum(len(message.cards) for message in await bot.said_to("matej"))
    await expect(page.locator(".ac-adaptiveCard")).to_have_count(came)


def card_with(page: Page, words: str) -> Locator:
    """Return the newest card that holds these words."""
    return page.locator(".ac-adaptiveCard", has_text=words).last


async def enrol(bot: Bot) -> None:
    """Let Irena, who sits elsewhere, bring Ana and Matej together."""
    await bot.installs("irena", "ana", "peter", "breda")
    dialog = await bot.opens_by_words("irena", "enrol")
    mentee = await bot.teams.pick("irena", dialog, "mentee", "Ana")
    mentor = await bot.teams.pick("irena", dialog, "mentor", "Matej")
    await bot.sends("irena", dialog, mentee=mentee, mentor=mentor, start=START, moved="no")


# --- stories ---------------------------------------------------------------------------------------


async def first_week(bot: Bot, page: Page) -> None:
    """Be welcomed, get ready, take a time, tick documents, call a meeting off, look at home, leave."""
    await expect(card_with(page, "Hello Matej")).to_be_visible()  # its page installs the app as it opens
    await bot.settled()
    await enrol(bot)

    await until(bot, page, "2027-01-04T12:00:00+00:00")
    waiting = card_with(page, "Ready for Ana?")
    await clicks(bot, page, waiting, "I am ready")
    await expect(waiting).to_contain_text("You are ready. Thank you.")
    await expect(waiting.get_by_role("button", name="I am ready")).to_have_count(0)
    times = card_with(page, "Which time suits you?")
    await clicks(bot, page, times, "Mon 11 Jan, 09:30")
    await expect(card_with(page, "Mon 11 Jan, 09:30, 45 minutes, with Ana.")).to_be_visible()
    await card_with(page, "Mon 11 Jan, 09:30, 45 minutes").get_by_role("button", name="Call it off").click()
    await clicks(bot, page, card_with(page, "Call this meeting off?"), "Call it off")
    await expect(page.get_by_text("Call this meeting off?")).to_have_count(0)

    await until(bot, page, "2027-01-11T12:00:00+00:00")
    documents = card_with(page, "Documents to hand over")
    await clicks(bot, page, documents, "Tick: Handbook of the department")
    await expect(documents).to_contain_text("1 of 6")

    await types(bot, page, "home")
    await expect(card_with(page, "Time plan: Ana and Matej")).to_be_visible()
    async with page.expect_popup() as opened:
        await page.get_by_role("link", name="Open as a page").click()
    own = await opened.value
    await own.get_by_role("button", name="Open my page").click()
    await expect(own.get_by_role("heading", name="Time plan: Ana and Matej")).to_be_visible()
    await own.close()
    await mock(page, "Uninstall application")
    await bot.settled()
    gone = await bot.app.store.read(lambda work: work.person("matej"))
    assert gone is not None
    assert (False, "app_removed") == (gone.reachable, gone.trouble)


def test_a_mentor_lives_the_first_days_by_clicking(
    new_db: NewDatabase, tmp_path: Path, chromium: str
) -> None:
    """From the app's menu to the ticked list everything is done in the page, and the page shows what became of it."""
    tell(first_week, new_db("sqlite"), tmp_path, chromium)
