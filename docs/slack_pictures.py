"""Take the pictures of docs/slack.md: the bot's own cards, drawn by npm's slack-blocks-to-jsx in headless Chromium.

`make slack-pictures` runs it; it needs node and npm besides what `make test-all` needs. Nothing else needs either.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from adapters.slack import form, home, render
from bot.content import Ask, Card
from bot.events import Address, Commanded, Event, HomeOpened
from bot.facts import Person
from bot.i18n import Reader
from bot.outcome import Reply, ShowCard, ShowForm, ShowHome
from bot.shipped import shipped
from tests.living import Life
from tests.scenes import ANA, BY_ROLE, IRENA, MATEJ, at

DOCS = Path(__file__).parent
WORKSHOP = DOCS.parent / "build" / "drawing"
_PARTS = ("package.json", "draw.mjs", "frame.css")
HOME, REVIEW, CHECKIN = at("2027-01-14", 15), at("2027-01-15", 13), at("2027-01-21", 13, 5)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: blocks of a message, or the view of a dialog or of a home."""

    name: str
    kind: str
    at: datetime
    drawn: object

    def as_json(self) -> dict[str, object]:
        """Return what the drawing program reads."""
        what = "blocks" if self.kind == "message" else "view"
        return {"name": self.name, "kind": self.kind, "at": self.at.isoformat(), what: self.drawn}


def main() -> None:
    """Live a few weeks of the shipped programme and keep what Ana, Matej and Irena see of it in Slack."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = asyncio.run(_lived(f"sqlite:///{folder}/pictures.db"))
    _photograph(_pages(pictures))


# --- what people see -------------------------------------------------------------------------


async def _lived(url: str) -> list[Picture]:
    life = Life(url, begin=at("2026-12-21", 8))
    try:
        await life.enrol(shipped()["onboarding"], BY_ROLE, date(2027, 1, 11))
        await life.until(HOME)
        await _settle_in(life)
        own = await _answer(life, HomeOpened(key="home", who=_address(ANA)))
        await life.until(REVIEW)
        review = await _said(life, IRENA, "review")
        await life.until(CHECKIN)
        checkin = life.got(ANA.id)[-1].content
        feedback = await _said(life, MATEJ, "feedback")
    finally:
        await life.close()
    assert isinstance(review, ShowCard), review
    assert isinstance(feedback, ShowForm), feedback
    assert isinstance(own, ShowHome), own
    return [
        Picture("slack-checkin", "message", CHECKIN, render.message(checkin, _reader(ANA)).blocks),
        Picture("slack-review", "message", REVIEW, render.message(review.card, _reader(IRENA)).blocks),
        Picture("slack-feedback", "modal", CHECKIN, form.view(feedback.form, _reader(MATEJ))),
        Picture("slack-home", "home", HOME, home.view(own.home, _reader(ANA))),
    ]


async def _settle_in(life: Life) -> None:
    """Let the two do what people have done by the end of a first week."""
    for who in (ANA, MATEJ):
        shown = await _said(life, who, "agreement")
        assert isinstance(shown, ShowCard), shown
        agree = next(one for one in shown.card.buttons if one.verb == "agreement.agree")
        await life.press(who.id, agree.verb, agree.ref, agree.value)
    for delivery in life.got(ANA.id):
        blocks = delivery.content.blocks if isinstance(delivery.content, Card) else ()
        for ask in (one for one in blocks if isinstance(one, Ask) and one.verb == "ease.tap"):
            await life.press(ANA.id, ask.verb, ask.ref, "yes")
    goals = (
        {"title": "Customers know me", "target": "5", "unit": "customer calls", "due": "2027-03-31"},
        {"title": "The monthly report runs by itself", "target": "3", "unit": "reports", "due": "2027-04-30"},
    )
    for goal in goals:
        await life.submit(ANA.id, "goal.add", "enrolment:e1", **goal)
    for text in ("Sit in on two customer calls", "Read last year's reports with Matej"):
        await life.submit(ANA.id, "plan.add", "enrolment:e1", text=text, owner=ANA.id, due="2027-02-05")


async def _said(life: Life, who: Person, word: str) -> Reply:
    return await _answer(life, Commanded(key=f"{who.id} {word}", who=_address(who), name=word))


async def _answer(life: Life, event: Event) -> Reply:
    return (await life.app.receive(event)).reply


def _address(who: Person) -> Address:
    assert who.address is not None
    return who.address


def _reader(who: Person) -> Reader:
    return Reader(who.language, who.zone)


# --- drawing ---------------------------------------------------------------------------------


def _pages(pictures: Sequence[Picture]) -> dict[str, str]:
    """Return each picture as a page. The workshop is made once, outside of what is committed."""
    WORKSHOP.mkdir(parents=True, exist_ok=True)
    for part in _PARTS:
        shutil.copy(DOCS / "drawing" / part, WORKSHOP)
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        sys.exit("Install node 20 or newer, with npm.")
    # A lock would name the registry of this machine; the versions stand in package.json.
    subprocess.run((npm, "install", "--no-package-lock", "--ignore-scripts"), cwd=WORKSHOP, check=True)  # noqa: S603
    told = json.dumps([one.as_json() for one in pictures])
    drawn = subprocess.run(  # noqa: S603 -- our own program
        (node, "draw.mjs"), cwd=WORKSHOP, input=told, capture_output=True, text=True, check=True
    )
    pages: dict[str, str] = json.loads(drawn.stdout)
    return pages


def _photograph(pages: dict[str, str]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 720, "height": 600}, device_scale_factor=1.5)
        for name, html in pages.items():
            page.set_content(html)
            page.locator("main").screenshot(path=DOCS / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
