"""The plain page at the end of an installation: what happened, what to do next, and no details."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import Literal

from aiohttp import web

from adapters.slack.names import INSTALL
from bot.content import Say, say
from bot.i18n import Reader

Told = Literal["done", "cancelled", "expired", "not allowed", "failed"]

_STYLE = (
    "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem;"
    "color-scheme:light dark}h1{font-size:1.5rem}"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page(told: Told, reader: Reader) -> web.Response:
    """Return the page for an ending; the address of the next try is on it unless all is done."""
    status, title, words = _words(told)
    again = "" if told == "done" else f'<p><a href="{INSTALL}">{_said(say("Begin again"), reader)}</a></p>'
    text = (
        f'<!doctype html><html lang="{escape(reader.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_said(title, reader)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{_said(title, reader)}</h1><p>{_said(words, reader)}</p>{again}</body></html>\n"
    )
    return web.Response(status=status, text=text, content_type="text/html", headers=_HEADERS)


def _words(told: Told) -> tuple[HTTPStatus, Say, Say]:
    match told:
        case "done":
            words = say(
                "You can close this page. The people of your programme are being looked for in Slack now."
            )
            return HTTPStatus.OK, say("The mentoring bot is installed"), words
        case "cancelled":
            return HTTPStatus.OK, say("Nothing was installed"), say("You can begin again whenever you like.")
        case "expired":
            words = say("An installation is finished within ten minutes, in the browser where it began.")
            return HTTPStatus.BAD_REQUEST, say("Please begin again"), words
        case "not allowed":
            words = say(
                "Whoever runs the bot can add this workspace to its configuration. Nothing was installed."
            )
            return HTTPStatus.FORBIDDEN, say("This workspace is not on the list"), words
        case "failed":
            words = say("Slack did not finish the installation. Nothing was installed. Please try later.")
            return HTTPStatus.BAD_GATEWAY, say("That did not work"), words


def _said(words: Say, reader: Reader) -> str:
    return escape(reader.text(words))
