"""Take the README's picture of the playground: the real demo, three weeks in, in headless Chromium.

`make picture` runs it; it needs what `make test-all` needs.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

OUT = Path(__file__).with_name("playground.png")
DEMO = ("demo", "--port", "0", "--no-browser", "--begin", "2027-01-11")


def main() -> None:
    """Open a fresh demo, let three weeks pass, and keep what one sees."""
    telemachy = Path(sys.executable).with_name("telemachy")
    with TemporaryDirectory() as folder:  # a demo under way in this folder stays as it is
        demo = subprocess.Popen((str(telemachy), *DEMO), stdout=subprocess.PIPE, text=True, cwd=folder)  # noqa: S603
        try:
            _take(demo)
        finally:
            demo.terminate()
            demo.wait()


def _take(demo: subprocess.Popen[str]) -> None:
    assert demo.stdout is not None
    address = next(found.group() for line in demo.stdout if (found := re.search(r"http://\S+", line)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        for _ in range(3):
            _a_week(page)
        page.screenshot(path=OUT)
        browser.close()


def _a_week(page: Page) -> None:
    day = page.locator("#clock-date").inner_text()
    page.get_by_role("button", name="+1 week").click()
    page.wait_for_selector(f"#clock-date:not(:text-is('{day}'))", timeout=120_000)
    page.wait_for_selector("body:not(.walking)", timeout=120_000)


if __name__ == "__main__":
    main()
