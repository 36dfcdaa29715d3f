"""Draw the two icons of the Teams app from the mark of the playground, in headless Chromium.

`python -m docs.teams_icons` runs it from the top folder; it needs what `make test-all` needs.
"""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import sync_playwright

ADAPTERS = Path(__file__).parents[1] / "adapters"
MARK = ADAPTERS / "playground" / "static" / "mark.svg"
ICONS = ADAPTERS / "teams" / "icons"
# What Teams asks for: 192 px in colour up to the edge, and 32 px in white lines on nothing.
COLOUR, OUTLINE = 192, 32
_VIEW = {COLOUR: "-2 -2 36 36", OUTLINE: "4 4 24 24"}


def colour(mark: str) -> str:
    """Return the mark on a ground that fills the square, because Teams rounds the corners itself."""
    ground = re.search(r'<circle[^>]*fill="(#\w+)"/>', mark)
    assert ground, f"{MARK} has no ground to take the colour from"
    square = f'<rect x="-2" y="-2" width="36" height="36" fill="{ground[1]}"/>'
    return _sized(mark.replace(ground[0], square), COLOUR)


def outline(mark: str) -> str:
    """Return the mark without its ground, each line and the sail in white."""
    boat = re.sub(r"<circle[^>]*/>", "", mark)
    white = re.sub(r'(fill|stroke)="#\w+"', r'\1="#ffffff"', boat)
    return _sized(white, OUTLINE)


def _sized(svg: str, side: int) -> str:
    return re.sub(r'viewBox="[^"]+"', f'viewBox="{_VIEW[side]}" width="{side}" height="{side}"', svg)


def main() -> None:
    """Draw both, each as large as Teams wants it."""
    mark = MARK.read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, svg, side in (("color", colour(mark), COLOUR), ("outline", outline(mark), OUTLINE)):
            page = browser.new_page(viewport={"width": side, "height": side})
            page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{svg}")
            page.screenshot(path=ICONS / f"{name}.png", omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
