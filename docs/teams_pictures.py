"""Take the pictures of docs/teams.md: the bot's own cards, drawn by Microsoft's renderer in headless Chromium.

`make teams-pictures` runs it; it needs npm and Microsoft's host configs of Teams besides what `make test-all` needs.
`--all FOLDER` draws them light and dark into a folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from adapters.teams import form, render
from bot.facts import Person
from bot.i18n import Reader
from docs.pictured_weeks import CHECKIN, HOME, REVIEW, lived
from tests.scenes import ANA, IRENA, MATEJ

DOCS = Path(__file__).parent
STANDINS = DOCS.parent / "tests" / "standins"
PROGRAMS = (
    STANDINS / "node_modules" / "adaptivecards" / "dist" / "adaptivecards.min.js",
    STANDINS / "node_modules" / "markdown-it" / "dist" / "browser" / "markdown-it.umd.min.js",
)
FRAME = DOCS / "drawing" / "teams.html"
SCHEMAS = Path(os.environ.get("TELEMACHY_SCHEMAS", DOCS.parents[1] / "shared" / "schemas"))
HOSTS = {theme: SCHEMAS / f"teams-hostconfig-{theme}.json" for theme in ("light", "dark")}


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: cards of a message, or a dialog."""

    name: str
    payload: Mapping[str, object]
    at: datetime

    def as_json(self, theme: str) -> dict[str, object]:
        """Return what the frame draws."""
        dialog, attachments = self.payload.get("card"), self.payload.get("attachments")
        cards = attachments if isinstance(attachments, list) else [dialog]
        return {
            "kind": "dialog" if dialog else "message",
            "title": self.payload.get("title"),
            "time": self.at.strftime("%H:%M"),
            "cards": [one["content"] for one in cards],
            "theme": theme,
        }


def main() -> None:
    """Live a few weeks of the shipped programme and keep what Ana, Matej and Irena see of it in Teams."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("Install node 20 or newer, with npm.")
    if missing := [str(file) for file in HOSTS.values() if not file.exists()]:
        sys.exit(f"Set TELEMACHY_SCHEMAS to the folder with Teams' host configs: no {', '.join(missing)}")
    if not all(program.exists() for program in PROGRAMS):
        subprocess.run((npm, "ci", "--ignore-scripts", "--prefix", str(STANDINS)), check=True)  # noqa: S603
    with tempfile.TemporaryDirectory() as folder:
        pictures = asyncio.run(_lived(f"sqlite:///{folder}/pictures.db"))
    match sys.argv[1:]:
        case ["--all", folder]:
            for theme in HOSTS:
                photograph(pictures, theme, Path(folder), f"-{theme}")
        case _:
            photograph(pictures, "light", DOCS)


async def _lived(url: str) -> list[Picture]:
    seen = await lived(url)
    opened = {"c": "feedback.write pair:e1"}
    return [
        Picture("teams-checkin", render.message(seen.checkin, _reader(ANA)), CHECKIN),
        Picture("teams-review", render.message(seen.review, _reader(IRENA)), REVIEW),
        Picture("teams-feedback", form.dialog(seen.feedback, _reader(MATEJ), opened=opened), CHECKIN),
        Picture(
            "teams-home", render.home(seen.home, _reader(ANA), page="https://mentoring.example/home"), HOME
        ),
    ]


def _reader(who: Person) -> Reader:
    return Reader(who.language, who.zone)


def photograph(pictures: Sequence[Picture], theme: str, folder: Path, ending: str = "") -> None:
    """Draw pictures into a folder."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 720, "height": 600}, device_scale_factor=1.5)
        prepared(page)
        for picture in pictures:
            faults = page.evaluate("draw", picture.as_json(theme))
            if faults:
                sys.exit(f"{picture.name}: {faults}")
            page.locator("main").screenshot(path=folder / f"{picture.name}{ending}.png")
        browser.close()


def prepared(page: Page) -> None:
    """Open the frame, with the renderer and what Teams sets it to."""
    page.set_content(FRAME.read_text(encoding="utf-8"))
    for program in PROGRAMS:
        page.add_script_tag(path=program)
    hosts = {theme: json.loads(file.read_text(encoding="utf-8")) for theme, file in HOSTS.items()}
    page.evaluate("given => Object.assign(hosts, given)", hosts)


if __name__ == "__main__":
    main()
