"""Cards as the HTML part of an e-mail: one narrow column, light and dark, without pictures from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import assert_never

from adapters.text import choices_text, progress_words
from bot.content import (
    Actions,
    Ask,
    Block,
    Button,
    Card,
    Checklist,
    Facts,
    Image,
    Link,
    Progress,
    Rule,
    Say,
    Text,
)
from bot.i18n import Reader
from bot.markup import Span

# Mail programs differ in what they read, so: system fonts, no grid, no variables, dark colours as an extra.
_STYLE = """
body { margin: 0; padding: 16px; background: #f4f3f0; color: #22262b;
  font: 16px/1.5 -apple-system, "Segoe UI", Roboto, sans-serif }
.card { max-width: 560px; margin: 0 auto 16px; padding: 20px 24px; background: #fff;
  border-radius: 12px; border-top: 4px solid #d9d6cf }
.warm { border-top-color: #d98b4a } .attention { border-top-color: #c2553d }
.celebrate { border-top-color: #4f8f6b }
.small { max-width: 560px; margin: 0 auto; padding: 0 24px }
h1 { font-size: 20px; line-height: 1.3; margin: 0 0 12px } h2 { font-size: 16px; margin: 20px 0 4px }
p { margin: 0 0 12px } .quiet { font-size: 13px; color: #62686f }
table { border-collapse: collapse; margin: 0 0 12px } td { padding: 2px 0; vertical-align: top }
th { text-align: left; font-weight: 600; padding: 2px 16px 2px 0; vertical-align: top }
ul { list-style: none; margin: 0 0 12px; padding: 0 }
hr { border: 0; border-top: 1px solid #d9d6cf; margin: 16px 0 }
.bar, .bar div { height: 8px; border-radius: 4px } .bar { background: #e6e3dc; margin: 0 0 12px }
.bar div { background: #4f8f6b } a { color: #1f5f8b }
.link { display: inline-block; padding: 8px 16px; margin: 0 8px 8px 0; border: 1px solid #1f5f8b;
  border-radius: 8px; text-decoration: none }
@media (prefers-color-scheme: dark) {
  body { background: #17191c; color: #e6e4df } .card { background: #22262b; border-top-color: #4a5058 }
  .warm { border-top-color: #d98b4a } .attention { border-top-color: #d9735c }
  .celebrate { border-top-color: #6bb08a } .quiet { color: #a3a9b0 }
  a { color: #8cc4ea } .link { border-color: #8cc4ea } hr { border-top-color: #4a5058 }
  .bar { background: #3a4047 }
}
"""
_SAFE = ("https://", "http://", "mailto:")


def page(title: Say, cards: Sequence[Card], footer: Sequence[Say], reader: Reader) -> str:
    """Return a whole HTML document; `footer` are lines of small print below the last card."""
    body = "".join(_card(card, reader) for card in cards)
    small = "".join(f'<p class="quiet">{rich(line, reader)}</p>' for line in footer)
    return (
        f'<!doctype html><html lang="{escape(reader.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(reader.text(title))}</title><style>{_STYLE}</style></head>"
        f'<body>{body}<div class="small">{small}</div></body></html>'
    )


def rich(words: Say, reader: Reader) -> str:
    """Return words as HTML; everything in them is escaped."""
    return "".join(_span(span) for span in reader.rich(words))


def _card(card: Card, reader: Reader) -> str:
    blocks = "".join(_block(block, reader) for block in card.blocks)
    buttons = _actions(card.buttons, reader)
    return f'<div class="card {card.tone}"><h1>{rich(card.title, reader)}</h1>{blocks}{buttons}</div>'


def _block(block: Block, reader: Reader) -> str:
    match block:
        case Text(words, "heading"):
            return f"<h2>{rich(words, reader)}</h2>"
        case Text(words, "quiet"):
            return f'<p class="quiet">{rich(words, reader)}</p>'
        case Text(words):
            return f"<p>{rich(words, reader)}</p>"
        case Facts(rows):
            return "<table>" + "".join(_row(label, value, reader) for label, value in rows) + "</table>"
        case Checklist(items):
            lines = (f"<li>{'☑' if item.done else '☐'} {rich(item.label, reader)}</li>" for item in items)
            return f"<ul>{''.join(lines)}</ul>"
        case Progress():
            return _progress(block, reader)
        case Image(_, alt):
            return f'<p class="quiet">{rich(alt, reader)}</p>'
        case Rule():
            return "<hr>"
        case Ask():
            answers = escape(choices_text(block, reader))
            seen_by = escape(reader.audience(block.seen_by))
            small = f'<p class="quiet">{seen_by}</p>' if seen_by else ""
            return f"<p><strong>{rich(block.question, reader)}</strong><br>{answers}</p>{small}"
        case Actions(buttons):
            return _actions(buttons, reader)
    assert_never(block)


def _row(label: Say, value: Say, reader: Reader) -> str:
    return f'<tr><th scope="row">{rich(label, reader)}</th><td>{rich(value, reader)}</td></tr>'


def _progress(block: Progress, reader: Reader) -> str:
    share = max(0, min(100, round(100 * block.done / block.total))) if block.total else 0
    words = f"{rich(block.label, reader)}: {rich(progress_words(block), reader)}"
    return f'<p>{words}</p><div class="bar"><div style="width:{share}%"></div></div>'


def _actions(buttons: Sequence[Button | Link], reader: Reader) -> str:
    # A press cannot travel by mail: what could be pressed is named, and only addresses can be followed.
    pressed = " · ".join(rich(one.label, reader) for one in buttons if isinstance(one, Button))
    links = "".join(_link(one.label, one.url, reader) for one in buttons if isinstance(one, Link))
    return (f'<p class="quiet">{pressed}</p>' if pressed else "") + (f"<p>{links}</p>" if links else "")


def _link(label: Say, url: str, reader: Reader) -> str:
    if not url.startswith(_SAFE):
        return f"{rich(label, reader)}: {escape(url)} "
    return f'<a class="link" href="{escape(url)}">{escape(reader.text(label))}</a>'


def _span(span: Span) -> str:
    text = escape(span.text).replace("\n", "<br>")
    if span.url.startswith(_SAFE):
        text = f'<a href="{escape(span.url)}">{text}</a>'
    if span.italic:
        text = f"<em>{text}</em>"
    return f"<strong>{text}</strong>" if span.bold else text
