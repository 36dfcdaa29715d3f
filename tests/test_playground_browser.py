"""
The playground as a visitor meets it: the real demo as a process of its own, in a real browser.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 375, "height": 740}
FIVE = ("ana", "matej", "peter", "breda", "irena")
BEGIN = "2027-01-11"  # a Monday; Ana starts two weeks later
PATIENCE_MS = 20_000

OpenDemo = Callable[..., "Demo"]


class Demo:
    """
    The demo as a process, in a folder of its own.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "bot.cli.main", "demo", "--port", "0", "--no-browser", *options]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        if found is None:
            raise AssertionError(f"the demo did not open: {line}{self.process.communicate()[1]}")
        self.address = found.group()

    def end(self, how: int = signal.SIGTERM) -> str:
        """
        End the process, and return what it complained about.
        """
        self.process.send_signal(how)
        return self.process.communicate(timeout=20)[1]


@pytest.fixture
def open_demo(tmp_path: Path) -> Iterator[OpenDemo]:
    """
    Open demos in this test's own folder; a fault in one of them fails the test.
    """
    opened: list[Demo] = []

    def one(*options: str) -> Demo:
        opened.append(Demo(tmp_path, *(options or ("--begin", BEGIN))))
        return opened[-1]

    yield one
    complaints = [demo.end() for demo in opened if demo.process.poll() is None]
    assert [] == [complaint for complaint in complaints if "ERROR" in complaint or "Traceback" in complaint]


@contextmanager
def visited(browser: Browser, demo: Demo, **looks: object) -> Iterator[Page]:
    """
    Visit a demo; an error in the page's scripts or a refused script fails the test.
    """
    context = browser.new_context(**{"viewport": WIDE, **looks})  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
    page.goto(demo.address)
    page.wait_for_selector("body[data-ready]")
    yield page
    context.close()
    assert [] == troubles


# --- what a visitor does -------------------------------------------------------------------------


def column(page: Page, person: str) -> Locator:
    """
    Return somebody's column.
    """
    return page.locator(f"#person-{person}")


def take_over(page: Page, *people: str) -> None:
    """
    Play these people by hand.
    """
    for person in people or FIVE:
        with page.expect_response("**/temperament"):
            column(page, person).get_by_role("combobox").first.select_option("you")


def go(page: Page, name: str) -> None:
    """
    Press a button of the clock and wait until time stands still again.
    """
    page.get_by_role("button", name=name).click()
    expect(page.locator("#passing")).to_be_hidden(timeout=PATIENCE_MS)


def press(page: Page, person: str, name: str, *, sure: str = "") -> None:
    """
    Press the last button of this name in somebody's chat.
    """
    with page.expect_response("**/act"):
        column(page, person).locator(".messages").get_by_role("button", name=name, exact=True).last.click()
        if sure:
            page.locator("#confirm").get_by_role("button", name=sure).click()


def last_card(page: Page, person: str) -> Locator:
    """
    Return the last card in somebody's chat.
    """
    return column(page, person).locator("article.card").last


def until(page: Page, person: str, title: str, *, again: bool = False) -> Locator:
    """
    Go on from message to message until a card with this title, or one more, is in somebody's chat.
    """
    cards = column(page, person).locator("article.card", has_text=title)
    before = cards.count() if again else 0
    for _ in range(40):
        if cards.count() > before:
            return cards.last
        go(page, "Next message")
    raise AssertionError(f"{title!r} did not reach {person}")


def test_one_press_fills_the_chats(browser: Browser, open_demo: OpenDemo) -> None:
    """
    The first press of the first button brings messages to four people, and the hint goes away.
    """
    with visited(browser, open_demo()) as page:
        expect(page.locator("#hint")).to_be_visible()
        expect(page.locator("#clock")).to_contain_text("Monday 11 January 2027")
        go(page, "Next message")
        expect(column(page, "ana")).to_contain_text("Welcome to Ithaca")
        expect(column(page, "matej")).to_contain_text("Ready for Ana?")
        expect(column(page, "matej").locator("h2 .badge")).to_have_text("1")
        expect(column(page, "peter")).to_contain_text("Ana begins on")
        expect(page.locator("#hint")).to_be_hidden()
        expect(page.locator("#status")).to_contain_text("New messages")


def test_the_first_week_by_clicking(browser: Browser, open_demo: OpenDemo) -> None:
    """
    From the readiness to the closed week-1 review everything is done by hand, by five people.
    """
    with visited(browser, open_demo()) as page:
        take_over(page)
        until(page, "matej", "Ready for Ana?")
        press(page, "matej", "I am ready")
        expect(column(page, "matej")).to_contain_text("You are ready. Thank you.")
        press(page, "ana", "Yes")
        expect(column(page, "ana").get_by_role("button", name="Yes", exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )

        until(page, "matej", "First meeting").get_by_role("button", pressed=False).first.click()
        until(page, "breda", "Coffee with Breda").get_by_role("button", pressed=False).first.click()
        until(page, "ana", "Your personal guide")
        until(page, "matej", "Documents to hand over")
        boxes = column(page, "matej").get_by_role("checkbox")
        for place in range(boxes.count()):
            with page.expect_response("**/act"):
                boxes.nth(place).click()
        expect(column(page, "matej")).to_contain_text("6 of 6")

        until(page, "ana", "How we work together")
        press(page, "ana", "Agreed")
        press(page, "matej", "Agreed")
        expect(column(page, "ana")).to_contain_text("agreed")
        until(page, "matej", "Today with Ana", again=True)
        press(page, "matej", "Went well")
        expect(column(page, "matej").get_by_role("button", name="Went well").last).to_have_attribute(
            "aria-pressed", "true"
        )

        until(page, "irena", "Week-1 review").get_by_role("button", pressed=False).first.click()
        start = column(page, "irena").get_by_role("button", name=re.compile("^(Start|Begin)"))
        for _ in range(20):
            if start.count():
                break
            go(page, "Next message")
        start.last.click()
        for stage in ("Expectations", "Speaking: Ana", "Speaking: Matej", "Plan and goals"):
            press(page, "irena", f"Next: {stage}")
        press(page, "irena", "Add to the plan")
        form = page.locator("#form")
        form.get_by_label("What", exact=False).first.fill("Sit in on three customer calls")
        form.get_by_role("button", name="Keep").click()
        expect(form).to_be_hidden()
        press(page, "irena", "Close the review")
        expect(column(page, "irena")).to_contain_text("Week-1 review: done.")
        expect(column(page, "ana")).to_contain_text("Sit in on three customer calls")
        expect(column(page, "peter")).to_contain_text("Sit in on three customer calls")


def test_a_request_for_help_reaches_hr_and_nobody_else(browser: Browser, open_demo: OpenDemo) -> None:
    """
    Ana writes to HR by a typed command; a missing answer is blamed at its field; Matej learns nothing.
    """
    with visited(browser, open_demo()) as page:
        take_over(page)
        go(page, "Next message")
        line = column(page, "ana").get_by_role("combobox", name="Write as Ana")
        line.fill("/mentor hel")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(line).to_have_value("/mentor help ")
        page.keyboard.press("Enter")
        form = page.locator("#form")
        form.get_by_role("button", name="Send").click()
        words = form.get_by_label("What would help?")
        expect(words).to_have_attribute("aria-invalid", "true")
        expect(words).to_be_focused()
        expect(form.locator(".error").first).to_have_text("Please fill this in.")
        expect(form).to_contain_text("Only you and HR see this.")
        words.fill("<b>Too much</b> at once")
        form.get_by_role("button", name="Send").click()
        expect(form).to_be_hidden()
        expect(column(page, "ana").locator(".message.note")).to_contain_text("Irena")
        expect(last_card(page, "irena")).to_contain_text("<b>Too much</b> at once")
        expect(column(page, "matej")).not_to_contain_text("Too much")
        expect(column(page, "peter")).not_to_contain_text("Too much")


def test_the_home_opens_beside_the_chats(browser: Browser, open_demo: OpenDemo) -> None:
    """
    It is a dialog with a name, works, and closes with Escape.
    """
    with visited(browser, open_demo()) as page:
        go(page, "Next message")
        column(page, "ana").get_by_role("button", name="Home of Ana").click()
        home = page.get_by_role("dialog")
        expect(home.locator("article.card").first).to_be_visible()
        page.keyboard.press("Escape")
        expect(home).to_be_hidden()


def test_on_a_phone_one_chat_is_seen_at_a_time(browser: Browser, open_demo: OpenDemo) -> None:
    """
    Nothing is wider than the screen, tabs change the person, and a form fits and can be sent.
    """
    with visited(browser, open_demo(), viewport=PHONE, has_touch=True) as page:
        take_over(page, "ana")
        go(page, "Next message")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert PHONE["width"] == width
        expect(column(page, "ana")).to_be_in_viewport()
        tabs = page.get_by_role("navigation", name="The people")
        expect(tabs.get_by_role("button", name="Matej").locator(".badge")).to_have_text("1")
        tabs.get_by_role("button", name="Matej").click()
        expect(column(page, "matej").get_by_role("heading", name="Matej").first).to_be_in_viewport()
        expect(tabs.get_by_role("button", name="Matej")).to_have_attribute("aria-current", "true")
        expect(tabs.get_by_role("button", name="Matej").locator(".badge")).to_be_hidden()
        column(page, "matej").get_by_role("button", name="Help").last.click()
        expect(page.locator("#form")).to_be_visible()
        box = page.locator("#form").bounding_box()
        assert box is not None
        assert (box["x"] >= 0, box["x"] + box["width"] <= PHONE["width"]) == (True, True)
        page.locator("#form").get_by_role("button", name="Not now").click()
        expect(page.locator("#form")).to_be_hidden()


def test_everything_can_be_done_with_keys(browser: Browser, open_demo: OpenDemo) -> None:
    """
    Single keys move time and lead to people; they can be turned off, and never act while somebody writes.
    """
    with visited(browser, open_demo()) as page:
        page.keyboard.press("n")
        expect(column(page, "ana")).to_contain_text("Welcome to Ithaca")
        page.keyboard.press("2")
        expect(column(page, "matej")).to_be_focused()
        page.keyboard.press("/")
        line = column(page, "matej").get_by_role("combobox", name="Write as Matej")
        expect(line).to_be_focused()
        before = page.locator("#clock").inner_text()
        page.keyboard.type("nwed")
        expect(line).to_have_value("/nwed")
        page.keyboard.press("Escape")
        page.locator("#clock").click()
        page.keyboard.press("?")
        keys = page.get_by_role("dialog", name="Keys")
        keys.get_by_role("checkbox", name="Single keys work").uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("w")
        assert before == page.locator("#clock").inner_text()


def test_focus_stays_where_the_next_question_is(browser: Browser, open_demo: OpenDemo) -> None:
    """
    Whoever answers with the keyboard is led from question to question although the card is drawn anew.
    """
    with visited(browser, open_demo()) as page:
        take_over(page)
        until(page, "ana", "At ease with chat and video?")
        answer = column(page, "ana").get_by_role("button", name="Yes", exact=True)
        answer.focus()
        with page.expect_response("**/act"):
            page.keyboard.press("Enter")
        expect(answer).to_have_attribute("aria-pressed", "true")
        expect(answer).to_be_focused()


def test_two_pages_see_the_same(browser: Browser, open_demo: OpenDemo) -> None:
    """
    What happens on one page appears on the other by itself.
    """
    demo = open_demo()
    with visited(browser, demo) as one, visited(browser, demo) as other:
        go(one, "Next message")
        expect(column(other, "ana")).to_contain_text("Welcome to Ithaca")
        expect(other.locator("#clock-time")).to_have_text(one.locator("#clock-time").inner_text())


def test_a_killed_demo_goes_on_where_it_was(browser: Browser, open_demo: OpenDemo) -> None:
    """
    Closing it in the hardest way loses nothing that was on the page.
    """
    demo = open_demo()
    with visited(browser, demo) as page:
        go(page, "+1 week")
        chats = {person: column(page, person).locator("article.card").all_inner_texts() for person in FIVE}
        clock = page.locator("#clock").inner_text()
    demo.end(signal.SIGKILL)
    with visited(browser, open_demo("--begin", BEGIN)) as page:
        assert clock == page.locator("#clock").inner_text()
        assert chats == {
            person: column(page, person).locator("article.card").all_inner_texts() for person in FIVE
        }


def test_a_walk_to_the_end_can_be_stopped(browser: Browser, open_demo: OpenDemo) -> None:
    """
    While time passes the page says so, and Stop is there.
    """
    with visited(browser, open_demo()) as page:
        page.get_by_role("button", name="To the end").click()
        expect(page.locator("#passing")).to_be_visible()
        expect(page.locator("#clock-date")).to_contain_text("February", timeout=PATIENCE_MS)
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#passing")).to_be_hidden()
        expect(page.get_by_role("button", name="Stop")).to_be_hidden()


def test_the_timeline_tells_what_happens_when(browser: Browser, open_demo: OpenDemo) -> None:
    """
    The phase of today is marked, and a press on a phase lists its steps with day and state.
    """
    with visited(browser, open_demo()) as page:
        phases = page.locator("#eras > li")
        assert 6 == phases.count()
        expect(phases.first.get_by_role("button")).to_have_attribute("aria-current", "date")
        phases.nth(1).get_by_role("button").click()
        expect(page.locator("#era")).to_contain_text("Monday 25 January")
        expect(page.locator("#era")).to_contain_text("ahead")
        page.keyboard.press("Escape")
        expect(page.locator("#era")).to_be_hidden()


CONTRAST = """
() => {
  const rgba = (text) => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const solid = (text) => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = solid(getComputedStyle(at).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (element.closest('[aria-disabled=true], option, .unseen')) continue;
    const [one, two] = [light(solid(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${element.className} ${walker.currentNode.textContent.trim().slice(0, 30)}`);
  }
  return faint;
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(browser: Browser, open_demo: OpenDemo, scheme: str) -> None:
    """
    In both colour schemes no text has a contrast under 4.5 to 1, after a week of messages.
    """
    with visited(browser, open_demo(), color_scheme=scheme, reduced_motion="reduce") as page:
        for _ in range(3):
            go(page, "+1 week")
        assert [] == page.evaluate(CONTRAST)


NAMELESS = """
() => [...document.querySelectorAll('button, a[href], input, select, textarea')]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.getAttribute('aria-label') || one.innerText || (one.labels && one.labels.length)))
  .map((one) => one.outerHTML)
"""


def test_everything_that_can_be_used_has_a_name(browser: Browser, open_demo: OpenDemo) -> None:
    """
    A screen reader has something to say for every control, and ids are unique.
    """
    with visited(browser, open_demo()) as page:
        for _ in range(3):
            go(page, "+1 week")
        assert [] == page.evaluate(NAMELESS)
        ids: list[str] = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
        assert len(ids) == len(set(ids))


PSEUDO_PEOPLE = """\
name,email,roles,department,manager,zone,country,start,mentor,language
Wolfeschlegelsteinhausenbergerdorff Hubert,w@example.org,mentee,Data,P,Asia/Kolkata,IN,2027-01-25,M,qps
M,m@example.org,mentor,Data,P,Europe/Ljubljana,SI,,,qps
P,p@example.org,head,Data,,Europe/Ljubljana,SI,,,qps
I,i@example.org,coordinator,People,,Europe/Ljubljana,SI,,,qps
"""
TOO_WIDE = """
() => [...document.querySelectorAll('.column *, .bar *, .sheet *')]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
  .filter((one) => getComputedStyle(one).overflowX !== 'hidden' && getComputedStyle(one).display !== 'inline')
  .map((one) => `${one.tagName}.${one.className}: ${one.innerText.slice(0, 40)}`)
"""


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_longer_words_break_no_layout(
    browser: Browser, open_demo: OpenDemo, tmp_path: Path, viewport: dict[str, int]
) -> None:
    """
    With texts 40 % longer and a very long name, nothing sticks out of its column.
    """
    file = tmp_path / "people.csv"
    file.write_text(PSEUDO_PEOPLE)
    with visited(browser, open_demo("--begin", BEGIN, "--people", str(file)), viewport=viewport) as page:
        for _ in range(3):
            go(page, "+1 week")
        assert viewport["width"] == page.evaluate("document.documentElement.scrollWidth")
        assert [] == page.evaluate(TOO_WIDE)
