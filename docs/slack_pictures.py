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
from datetime import datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from adapters.slack import form, home, render
from bot.facts import Person
from bot.i18n import Reader
from docs.pictured_weeks import CHECKIN, HOME, REVIEW, lived
from tests.scenes import ANA, IRENA, MATEJ

DOCS = Path(__file__).parent
WORKSHOP = DOCS.parent / "build" / "drawing"
_PARTS = ("package.json", "draw.mjs", "frame.css")


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
    seen = await lived(url)
    return [
        Picture("slack-checkin", "message", CHECKIN, render.message(seen.checkin, _reader(ANA)).blocks),
        Picture("slack-review", "message", REVIEW, render.message(seen.review, _reader(IRENA)).blocks),
        Picture("slack-feedback", "modal", CHECKIN, form.view(seen.feedback, _reader(MATEJ))),
        Picture("slack-home", "home", HOME, home.view(seen.home, _reader(ANA))),
    ]


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
