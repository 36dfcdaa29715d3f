"""Write docs/parity.md: what people meet, and how it looks in Slack, in Teams, on a page and in a letter.

`python -m docs.parity_table` runs it from the top folder. What is seen is drawn by each adapter and read off what it
drew; what is done and answered is told here in words, and tests/test_parity.py looks that each adapter does it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType

from adapters.letter_html import page as letter_page
from adapters.slack import form as slack_form
from adapters.slack import home as slack_home
from adapters.slack import render as slack
from adapters.teams import form as teams_form
from adapters.teams import render as teams
from adapters.web import fields
from adapters.web.draw import Painter
from bot import content as of
from bot.cli.manifest import words as slack_words
from bot.cli.teams_package import OFFERED
from bot.content import Form, Home
from docs.parity_rows import ANSWERED, DONE, ELSE, FILLED, PRESSED, READ, READER, URL, Drawn, Sample, Told
from flows.register import COMMANDS

FILE = Path(__file__).with_name("parity.md")


# --- how it is drawn -----------------------------------------------------------------------


def in_slack(drawn: Drawn) -> str:
    """Return what Slack is sent."""
    match drawn:
        case Form():
            return json.dumps(slack_form.view(drawn, READER), ensure_ascii=False)
        case Home():
            return json.dumps(slack_home.view(drawn, READER), ensure_ascii=False)
    return json.dumps(slack.message(drawn, READER).blocks, ensure_ascii=False)


def in_teams(drawn: Drawn) -> str:
    """Return what Teams is sent."""
    match drawn:
        case Form():
            return json.dumps(teams_form.dialog(drawn, READER, opened={}), ensure_ascii=False)
        case Home():
            return json.dumps(teams.home(drawn, READER, page=f"{URL}me"), ensure_ascii=False)
    made = teams.message(drawn, READER, file_link=f"{URL}file/1", pictures=f"{URL}web/pictures/")
    return json.dumps(made, ensure_ascii=False)


def on_a_page(drawn: Drawn) -> str:
    """Return the HTML of a page."""
    painter = Painter(READER, "mark", pictures=frozenset({"team.png"}))
    match drawn:
        case Form():
            return fields.dialog(drawn, painter, fields.Shown(errors={}), kept="kept")
        case Home():
            return "".join(painter.card(card) for card in drawn.cards)
        case of.File(card=card) as file:
            return f"{painter.card(card)}<a>{file.name}</a>"
        case of.GroupIntro(card=card):
            return painter.card(card)
    return painter.card(drawn)


def in_a_letter(drawn: Drawn) -> str:
    """Return the HTML of an e-mail; nobody fills in a form in one."""
    match drawn:
        case Form():
            return ""
        case Home(title, cards):
            return letter_page(title, cards, (), READER)
        case of.File(card=card) as file:
            return f"{letter_page(card.title, (card,), (), READER)}<attachment>{file.name}</attachment>"
        case of.GroupIntro(card=card):
            return letter_page(card.title, (card,), (), READER)
    return letter_page(drawn.title, (drawn,), (), READER)


PLACES: Mapping[str, Callable[[Drawn], str]] = MappingProxyType(
    {"Slack": in_slack, "Teams": in_teams, "page": on_a_page, "letter": in_a_letter}
)


def elements(place: str, drawn: Drawn) -> Counter[str]:
    """Return what something is drawn with, in the platform's own names."""
    made = PLACES[place](drawn)
    if place in ("page", "letter"):
        tags = _Tags()
        tags.feed(made)
        return Counter(tags.found)
    return Counter(_named(json.loads(made)))


def added(place: str, sample: Sample) -> list[str]:
    """Return what is there for a sample and is not without it, each name once."""
    there = elements(place, sample.shown)
    before = elements(place, sample.bare) if sample.bare is not None else Counter[str]()
    return [name for name in there if there[name] > before[name]]


# Parts of texts, and wrappings: they say nothing of how something looks.
_PLUMBING = frozenset(
    {
        "plain_text",
        "mrkdwn",
        "text",
        "rich_text_section",
        "home",
        "modal",
        "message",
        "AdaptiveCard",
        "TextRun",
    }
)
_WRAPPING = frozenset({"html", "head", "body", "meta", "title", "style", "div", "span", "article", "dialog"})


def _named(found: object) -> Iterator[str]:
    if isinstance(found, list):
        for one in found:
            yield from _named(one)
    elif isinstance(found, dict):
        kind = found.get("type")
        if isinstance(kind, str) and kind not in _PLUMBING:
            yield kind
        for key in ("separator", "confirm"):
            if key in found:
                yield key
        if (found.get("data") or {}) and "msteams" in found["data"]:
            yield "task/fetch"
        style = found.get("style")
        if isinstance(style, str) and kind in ("button", "Action.Execute", "Action.Submit"):
            yield f"{kind} {style}"
        # An older client's way to the same.
        yield from (name for key, one in found.items() if key != "fallback" for name in _named(one))


class _Tags(HTMLParser):
    """Gather the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element that people see."""
        told = dict(attrs)
        kind = told.get("type") if tag == "input" else None
        if tag in _WRAPPING or kind == "hidden":
            return
        self.found.append(f"{tag} {kind}" if kind else tag)
        looks = (told.get("class") or "").split()
        if tag in ("button", "p") and len(looks) and looks[-1] in ("primary", "danger", "quiet"):
            self.found.append(f"{tag} {looks[-1]}")


# --- words -----------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, str, str]]:
    """Yield each word: what for, how in Slack, how in Teams."""
    for told in slack_words():
        word = told.split()[0]
        teams_too = f"`{told}`, in the menu" if word in OFFERED else f"`{told}`"
        yield READER.text(COMMANDS[word].help), f"`/mentor {told}`", teams_too


# --- the document ----------------------------------------------------------------------------


def written() -> str:
    """Return the whole of docs/parity.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# What looks how"
    yield ""
    yield (
        "The same conversations in Slack and in Teams: there is no row that one of the two lacks. This page is written "
        "by `python -m docs.parity_table`, from what the adapters draw and from the lists in the code, and a test "
        "fails while it is not as they are."
    )
    yield ""
    yield (
        "A page is the Home tab of Teams, and the same in a browser. A letter is what somebody gets who is in no chat: "
        "it informs, and answers need a chat."
    )
    for title, samples in (("What is read", READ), ("What is pressed", PRESSED)):
        yield from _table(title, ("", "Slack", "Teams", "page", "letter"), map(_drawn, samples))
    yield from _table(
        "What is filled in", ("", "Slack", "Teams", "page"), (_drawn(one)[:4] for one in FILLED)
    )
    heads = ("", "Slack", "Teams", "page")
    yield from _table("What the bot answers", heads, map(_told, ANSWERED))
    yield from _table("What people do", heads, map(_told, DONE))
    yield from _table("What else there is", heads, map(_told, ELSE))
    yield from _table("Words", ("", "Slack", "Teams"), commands())


def _drawn(sample: Sample) -> Sequence[str]:
    return (
        sample.what,
        *(", ".join(f"`{one}`" for one in added(place, sample)) or "in words" for place in PLACES),
    )


def _told(told: Told) -> Sequence[str]:
    return (told.what, told.slack, told.teams, told.page)


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield from ("", f"## {title}", "", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}")
    for row in rows:
        yield f"| {' | '.join(row)} |"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
