"""Whole documents: what stands around the cards, and the short pages that only say something."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from adapters.web import names
from adapters.web.draw import Painter
from adapters.web.guard import TEAMS_DIGEST, TEAMS_SCRIPT
from adapters.web.html import Child, Html, tag, together
from adapters.web.sessions import Visitor
from bot.content import Home, PersonName, Say, say
from bot.i18n import Reader

_OFFLINE = say("That did not reach us. Please try again in a moment.")
_NOT_MET = say("We have not met yet. Please ask your HR colleague to add you to the programme.")
_NEW_LINK = say("Write “page” to the bot: it sends you a new link.")


def home_page(
    home: Home, me: Visitor, painter: Painter, *, note: Say | None = None, above: Html | None = None
) -> Html:
    """Return a person's home; `note` is what their last press came to, `above` an open dialog."""
    reader = painter.reader
    main = tag(
        "main",
        tag("h1", painter.words(home.title)),
        tag("p", painter.words(note), class_="note", role="status") if note is not None else None,
        tag("div", (painter.card(card) for card in home.cards), class_="cards"),
        id="main",
    )
    out = tag(
        "form",
        painter.hidden(),
        tag("button", reader.text(say("Sign out")), class_="button small"),
        method="post",
        action=names.OUT,
        data_plain=True,
        class_="out",
    )
    bar = tag(
        "header",
        _brand(reader),
        tag("span", reader.text(say("{name}", name=PersonName(me.person.name))), class_="whose"),
        None if me.in_tab else out,
        class_="bar",
    )
    return _document(home.title, reader, bar, main, tag("div", above, id="above"), script="page.js")


def short_page(title: Say, words: Say, reader: Reader, *, more: Child = None, new_link: bool = False) -> Html:
    """Return a page that only says something, and where it helps how to get a new link."""
    said = tag("p", reader.text(_NEW_LINK)) if new_link else None
    return _document(
        title,
        reader,
        tag("header", _brand(reader), class_="bar"),
        tag(
            "main",
            tag("h1", reader.text(title)),
            tag("p", reader.text(words)),
            said,
            more,
            id="main",
            class_="short",
        ),
    )


def tab_page(reader: Reader, *, entra: bool) -> Html:
    """Return the page that Teams shows as a tab: nothing is on it until the person has proved who they are."""
    if not entra:
        words = say("This tab does not know who you are.")
        return short_page(say("Your programme"), words, reader, new_link=True)
    title = tag("h1", reader.text(say("Your programme")))
    waiting = tag("p", reader.text(say("One moment, please.")), class_="quiet", role="status")
    failed = say("Teams did not say who you are, so your page cannot be shown here.")
    unsigned = together(title, tag("p", reader.text(failed)), tag("p", reader.text(_NEW_LINK)))
    unknown = together(title, tag("p", reader.text(_NOT_MET)))
    return _document(
        say("Your programme"),
        reader,
        tag("main", waiting, tag("noscript", unsigned), id="main", class_="short"),
        tag("div", id="above"),
        tag("template", tag("main", unsigned, id="main", class_="short"), id="unsigned"),
        tag("template", tag("main", unknown, id="main", class_="short"), id="unknown"),
        script="tab.js",
        in_teams=True,
    )


def trouble_page(status: HTTPStatus, reader: Reader) -> Html:
    """Return the page for what cannot be shown; nothing on it says why."""
    match status:
        case HTTPStatus.UNAUTHORIZED:
            words = say("You are not signed in here, or it was a while ago.")
            return short_page(say("Please sign in"), words, reader, new_link=True)
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
            return short_page(say("Nothing is here"), say("This link is too old, or not whole."), reader)
        case HTTPStatus.FORBIDDEN:
            words = say("This did not come from your page. Nothing was changed.")
            return short_page(say("That was not taken"), words, reader, new_link=True)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return short_page(say("A little slower, please"), say("Please try again in a minute."), reader)
        case _:
            words = say("Your page could not take that. Please open it again.")
            return short_page(say("That did not work"), words, reader)


def answer(html: Html, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """Return a document as the answer to a request."""
    return web.Response(text=html, status=status, content_type="text/html", charset="utf-8")


def _brand(reader: Reader) -> Html:
    return tag("span", reader.text(say("Mentoring")), class_="brand")


def _document(title: Say, reader: Reader, *body: Child, script: str = "", in_teams: bool = False) -> Html:
    library = tag("script", src=TEAMS_SCRIPT, integrity=TEAMS_DIGEST, crossorigin="anonymous", defer=True)
    ours = tag("script", src=names.STATIC.format(name=script), type="module") if script else None
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex"),
        tag("title", reader.text(title)),
        tag("link", rel="stylesheet", href=names.STATIC.format(name="page.css")),
        tag("link", rel="icon", href=names.STATIC.format(name="mark.svg"), type="image/svg+xml"),
        library if in_teams else None,
        ours,
    )
    whole = tag(
        "html",
        head,
        tag("body", *body, data_offline=reader.text(_OFFLINE)),
        lang=reader.language,
        class_="in-teams" if in_teams else None,
    )
    return Html(f"<!doctype html>{whole}\n")
