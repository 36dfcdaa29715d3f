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

from tests.contrast import FAINT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}
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
    # That nobody answers, the page itself says.
    page.on(
        "console",
        lambda line: (
            troubles.append(line.text) if line.type == "error" and "net::ERR" not in line.text else None
        ),
    )
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
    The first press brings messages to three people, each seen from its beginning, and then offers things to try.
    """
    with visited(browser, open_demo()) as page:
        expect(page.locator("#hint")).to_contain_text("Next message")
        expect(column(page, "irena")).to_contain_text("The script for each review.")
        expect(page.locator("#clock")).to_contain_text("Monday 11 January 2027")
        go(page, "Next message")
        expect(column(page, "ana")).to_contain_text("Welcome to Ithaca")
        expect(column(page, "matej")).to_contain_text("Ready for Ana?")
        expect(column(page, "matej").locator("h2 .badge")).to_have_text("1")
        expect(column(page, "peter")).to_contain_text("Ana begins on")
        expect(page.locator("#news")).to_contain_text("New for Ana (2), Matej (1), Peter (1)")
        expect(column(page, "ana").get_by_role("heading", name="Chat and video")).to_be_in_viewport()
        expect(page.get_by_role("button", name="See the first day")).to_be_visible()
        page.get_by_role("button", name="Close the hint").click()
        expect(page.locator("#hint")).to_be_hidden()
        expect(page.locator("#go-next")).to_be_focused()


def test_a_visitor_with_a_minute_leads_a_review(browser: Browser, open_demo: OpenDemo) -> None:
    """
    Two presses live through the first day and up to the first review, with the button to begin it in focus.
    """
    with visited(browser, open_demo()) as page:
        go(page, "Next message")
        page.get_by_role("button", name="See the first day").click()
        expect(page.locator("#clock")).to_contain_text("Monday 25 January 2027 20:00", timeout=PATIENCE_MS)
        expect(column(page, "ana")).to_contain_text("Your first day")
        expect(page.get_by_role("button", name="See the first day")).to_have_count(0)
        page.get_by_role("button", name="Lead a review as Irena").click()
        start = column(page, "irena").get_by_role("button", name="Start")
        expect(start).to_be_focused(timeout=60_000)
        expect(column(page, "irena").get_by_role("combobox").first).to_have_value("you")
        expect(page.locator("#news")).to_contain_text("You are Irena now")
        before = column(page, "irena").locator("article.card").count()
        start.dblclick()  # the second half of a double click presses nothing that stands there by then
        expect(last_card(page, "irena")).to_contain_text("Part 1 of 5")
        expect(last_card(page, "ana")).to_contain_text("Week-1 review")
        assert before == column(page, "irena").locator("article.card").count()


def test_a_month_of_silence_reaches_hr_alone(browser: Browser, open_demo: OpenDemo) -> None:
    """
    The cases are there, open, with their reason; the mentee and the head read nothing of them.
    """
    with visited(browser, open_demo()) as page:
        page.get_by_role("button", name="First day", exact=True).click()
        page.get_by_role("button", name="Live through Monday 25 January").click()
        expect(page.locator("#clock")).to_contain_text("25 January 2027 20:00", timeout=PATIENCE_MS)
        page.get_by_role("button", name="Let Matej be silent for a month").click()
        expect(page.locator("#news")).to_contain_text("You are Irena now", timeout=60_000)
        expect(column(page, "irena")).to_be_focused()
        cases = column(page, "irena").locator("article.card", has_text="About Matej")
        expect(cases.first).to_contain_text("“Today with Ana” reached Matej and stayed open")
        expect(cases.first.get_by_role("button", name="I look at it")).to_be_visible()
        for other in ("ana", "peter"):
            expect(column(page, other)).not_to_contain_text("stayed open")


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
        for name in ("Next message", "+1 day", "+1 week", "To the end"):
            expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
        tabs = page.get_by_role("navigation", name="The people")
        expect(tabs.get_by_role("button", name="Matej").locator(".badge")).to_have_text("1")
        tabs.get_by_role("button", name="Matej").click()
        expect(column(page, "matej").get_by_role("heading", name="Matej").first).to_be_in_viewport()
        expect(tabs.get_by_role("button", name="Matej")).to_have_attribute("aria-current", "true")
        expect(tabs.get_by_role("button", name="Matej").locator(".badge")).to_be_hidden()
        column(page, "matej").get_by_role("button", name="Help").last.click()
        expect(page.locator("#form")).to_be_visible()
        assert [] == page.evaluate(TOO_WIDE)
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


def test_focus_comes_back_from_where_it_went(browser: Browser, open_demo: OpenDemo) -> None:
    """
    Whatever opens takes the focus, keeps it while it is open, closes with Escape, and gives it back.
    """
    with visited(browser, open_demo()) as page:
        go(page, "Next message")
        ana = column(page, "ana")
        openers = {
            "#form": ana.get_by_role("button", name="Help"),
            "#home": ana.get_by_role("button", name="Home of Ana"),
            "#keys": page.get_by_role("button", name="Keys and help"),
            "#era": page.get_by_role("button", name="First week"),
        }
        for opened, opener in openers.items():
            opener.focus()
            page.keyboard.press("Enter")
            expect(page.locator(opened)).to_be_visible()
            expect(page.locator(f"{opened}:focus, {opened} :focus")).to_have_count(1)
            if opened != "#era":  # a popover, which is left by Tab as well
                for _ in range(12):
                    page.keyboard.press("Tab")
                    assert page.evaluate(
                        f"document.activeElement === document.body || !!document.activeElement.closest('{opened}')"
                    )
            page.keyboard.press("Escape")
            expect(page.locator(opened)).to_be_hidden()
            expect(opener).to_be_focused()


def test_a_screen_reader_hears_one_line_a_message(browser: Browser, open_demo: OpenDemo) -> None:
    """
    The chats are no live regions; what the clock brings is told by one status, what a press brings by another.
    """
    with visited(browser, open_demo()) as page:
        take_over(page)
        assert 1 == page.get_by_role("heading", level=1).count()
        logs = page.get_by_role("log")
        assert 5 == logs.count()
        assert ["off"] * 5 == [logs.nth(n).get_attribute("aria-live") for n in range(5)]
        go(page, "Next message")
        expect(page.get_by_role("status").first).to_have_text(
            "Monday 11 January, 09:00. New for Ana (2), Matej (1), Peter (1)"
        )
        column(page, "ana").get_by_role("combobox", name="Write as Ana").fill("/mentor home")
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
        expect(page.locator("#home")).to_be_visible()
        page.keyboard.press("Escape")
        press(page, "matej", "I am ready")
        expect(column(page, "matej")).to_contain_text("You are ready. Thank you.")
        column(page, "ana").get_by_role("button", name="Help").click()
        page.locator("#form").get_by_label("What would help?").fill("A word")
        page.locator("#form").get_by_role("button", name="Send").click()
        expect(page.locator("#heard")).to_contain_text("Irena: About Ana")
        expect(page.locator("#heard")).to_contain_text("Ana: Thank you for saying so.")


def test_among_many_people_one_is_found(browser: Browser, open_demo: OpenDemo, tmp_path: Path) -> None:
    """
    By any part of a name, without its accents, by keyboard; what comes to the others is counted.
    """
    file = tmp_path / "people.csv"
    file.write_text(_many(12))
    with visited(browser, open_demo("--begin", BEGIN, "--people", str(file))) as page:
        go(page, "Next message")
        expect(page.locator("#news")).to_contain_text("in other programmes")
        chooser = page.get_by_role("button", name="Whose programme: Mentee 0, Mentor 0")
        expect(chooser).to_have_accessible_name(re.compile(r"New: \d+"))
        chooser.click()
        finder = page.get_by_role("dialog", name="Whose programme")
        expect(finder.get_by_role("button")).to_have_count(13)  # and the one that closes
        page.keyboard.type("ziga")
        expect(finder.get_by_role("status")).to_have_text("Programmes: 1")
        page.keyboard.press("Enter")
        expect(finder).to_be_hidden()
        expect(page.get_by_role("heading", level=2, name="Žiga Šest")).to_be_visible()
        expect(page.get_by_role("heading", level=2, name="Mentee 5")).to_be_visible()
        expect(page.locator("#pair")).to_be_focused()
        page.locator("#pair").click()
        page.keyboard.type("nobody at all")
        expect(finder.get_by_role("status")).to_have_text("Nobody here has that name.")
        page.keyboard.press("Escape")
        expect(page.locator("#pair")).to_be_focused()


def _many(pairs: int) -> str:
    rows = ["name,email,roles,department,manager,zone,country,start,mentor"]
    for n in range(pairs):
        mentor = "Žiga Šest" if n == 5 else f"Mentor {n}"
        rows.append(f"Mentee {n},a{n}@example.org,mentee,Data,P,Europe/Ljubljana,SI,2027-01-25,{mentor}")
        rows.append(f"{mentor},m{n}@example.org,mentor,Data,P,Europe/Ljubljana,SI,,")
    rows += [
        "P,p@example.org,head,Data,,Europe/Ljubljana,SI,,",
        "I,i@example.org,coordinator,HR,,Europe/Ljubljana,SI,,",
    ]
    return "\n".join(rows) + "\n"


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


def test_a_page_outlives_its_demo(browser: Browser, open_demo: OpenDemo) -> None:
    """
    It says that the demo is gone, also in an open form, and goes on by itself with what was half written.
    """
    demo = open_demo()
    with visited(browser, demo) as page:
        go(page, "Next message")
        column(page, "ana").get_by_role("combobox", name="Write as Ana").fill("half a word")
        column(page, "ana").get_by_role("button", name="Help").click()
        words = page.locator("#form").get_by_label("What would help?")
        words.fill("Nobody listens")
        demo.end(signal.SIGKILL)
        page.locator("#form").get_by_role("button", name="Send").click()
        expect(page.locator("#form").get_by_role("alert")).to_contain_text(
            "The demo is not running any more."
        )
        expect(words).to_have_value("Nobody listens")
        page.keyboard.press("Escape")
        expect(page.locator("#trouble")).to_contain_text("The demo is not running any more.")
        again = ("--begin", BEGIN, "--port", demo.address.rsplit(":", 1)[1].strip("/"))
        second = open_demo(*again)
        expect(page.locator("#trouble")).to_be_hidden(timeout=30_000)
        expect(page.locator("#news")).to_have_text("The demo runs again.")
        expect(column(page, "ana").get_by_role("combobox", name="Write as Ana")).to_have_value("half a word")
        go(page, "Next message")
        expect(page.locator("#clock")).to_contain_text("13 January")
        second.end()
        expect(page.locator("#trouble")).to_be_visible()
        open_demo(*again, "--fresh")
        expect(page.locator("#clock")).to_contain_text("11 January", timeout=30_000)
        expect(page.locator("article.card")).to_have_count(0)


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
        phases.nth(0).get_by_role("button").click()
        expect(page.locator("#era .now-line")).to_have_text("Today, Monday 11 January")
        page.keyboard.press("Escape")
        phases.nth(1).get_by_role("button").click()
        page.get_by_role("button", name="Live through Monday 25 January").click()
        expect(page.locator("#clock")).to_contain_text("Monday 25 January 2027 20:00", timeout=PATIENCE_MS)
        expect(phases.nth(1).get_by_role("button")).to_have_attribute("aria-current", "date")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(browser: Browser, open_demo: OpenDemo, scheme: str) -> None:
    """
    In both colour schemes no text has a contrast under 4.5 to 1, after a week of messages.
    """
    with visited(browser, open_demo(), color_scheme=scheme, reduced_motion="reduce") as page:
        for _ in range(3):
            go(page, "+1 week")
        assert [] == page.evaluate(FAINT)
        for opener in ("Help", "Home of Ana"):
            column(page, "ana").get_by_role("button", name=opener).last.click()
            expect(page.get_by_role("dialog")).to_be_visible()
            assert [] == page.evaluate(FAINT)
            page.keyboard.press("Escape")
        page.get_by_role("button", name="First month").click()
        assert [] == page.evaluate(FAINT)


def test_with_colours_of_one_s_own_nothing_is_told_by_colour_alone(
    browser: Browser, open_demo: OpenDemo
) -> None:
    """
    Where the system chooses the colours, what is chosen, done or today still looks different from the rest.
    """
    with visited(browser, open_demo(), forced_colors="active") as page:
        take_over(page)
        go(page, "Next message")
        ground = "(one) => getComputedStyle(one).backgroundColor"
        pills = column(page, "ana").locator(".pill")
        with page.expect_response("**/act"):
            pills.first.click()
        expect(pills.first).to_have_attribute("aria-pressed", "true")
        assert pills.nth(0).evaluate(ground) != pills.nth(1).evaluate(ground)
        go(page, "+1 day")
        ahead, lived = page.locator(".track .dot.ahead").first, page.locator(".track .dot.done").first
        assert ahead.evaluate(ground) != lived.evaluate(ground)
        paper = page.locator(".programme").evaluate(ground)
        assert paper != page.locator(".track .today:visible").evaluate(ground)


def test_zoomed_to_twice_its_size_a_chat_can_still_be_read(browser: Browser, open_demo: OpenDemo) -> None:
    """
    On half the width and height the page scrolls, down only, and a chat has room for a card.
    """
    with visited(browser, open_demo(), viewport={"width": 720, "height": 450}) as page:
        go(page, "Next message")
        assert 720 == page.evaluate("document.documentElement.scrollWidth")
        box = column(page, "ana").locator(".scroll").bounding_box()
        assert box is not None
        assert box["height"] > 180
        column(page, "ana").get_by_role("combobox", name="Write as Ana").scroll_into_view_if_needed()
        expect(column(page, "ana").get_by_role("combobox", name="Write as Ana")).to_be_in_viewport()
        assert [] == page.evaluate(TOO_WIDE)


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


# What is around the chats; in them are people's names and words, which nobody translates.
UNTRANSLATED = """
() => [...document.querySelectorAll('.bar, .hint, .tools, .line, #keys[open], #form[open] footer, #era:popover-open')]
  .flatMap((one) => [...one.querySelectorAll('button, option, dd, label, h2, small, p, input, select')])
  .filter((one) => one.checkVisibility() && !one.querySelector('*'))
  .flatMap((one) => [one.textContent, one.ariaLabel ?? '', one.title])
  .filter((text) => /\\b[a-z]{3,}\\b/.test(text.replace(/Wolfe\\S+ Hubert|Telemachy|Ithaca|mentor/g, '')))
"""


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_longer_words_break_no_layout(
    browser: Browser, open_demo: OpenDemo, tmp_path: Path, viewport: dict[str, int]
) -> None:
    """
    With all texts 40 % longer and a very long name, nothing sticks out, and no word of the page is untranslated.
    """
    file = tmp_path / "people.csv"
    file.write_text(PSEUDO_PEOPLE)
    demo = open_demo("--begin", BEGIN, "--people", str(file), "--language", "qps")
    with visited(browser, demo, viewport=viewport) as page:
        for _ in range(3):
            page.locator("[data-go=week]").click()
            expect(page.locator("#passing")).to_be_hidden(timeout=PATIENCE_MS)
        assert viewport["width"] == page.evaluate("document.documentElement.scrollWidth")
        assert [] == page.evaluate(TOO_WIDE)
        for opener in (".tools .quiet-button", "#show-keys", ".era-name", ".messages .button"):
            page.locator(opener).first.click()
            assert [] == page.evaluate(TOO_WIDE)
            assert [] == page.evaluate(UNTRANSLATED)
            page.keyboard.press("Escape")
