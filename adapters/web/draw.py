"""Cards and homes as HTML that works: what can be pressed is a form of its own, with or without a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Literal, assert_never

from adapters.text import progress_words
from adapters.web import names
from adapters.web.html import NOTHING, Html, tag, together
from bot.content import (
    Actions,
    Ask,
    Block,
    Button,
    Card,
    Checklist,
    Facts,
    Image,
    Item,
    Link,
    Progress,
    Rule,
    Say,
    Text,
    say,
)
from bot.i18n import Reader
from bot.markup import Span

# Where something stands: on the page itself, or in the dialog above it.
Place = Literal["page", "pane"]

_SAFE = ("https://", "http://", "mailto:")
_DONE, _OPEN = say("done"), say("open")
_NOT_NOW = say("Not now")


@dataclass(frozen=True, slots=True)
class Painter:
    """Draw for one reader; `mark` goes into each form, so that nobody else's page can send one."""

    reader: Reader
    mark: str
    place: Place = "page"
    pictures: frozenset[str] = frozenset()  # names of those that are there to be shown
    part: str = "page"  # of the document: two painters of one document give no id twice
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def fresh(self, word: str) -> str:
        """Return an id that nothing else on the page has."""
        return f"{self.part}-{word}-{next(self._numbers)}"

    def words(self, words: Say) -> Html:
        """Return a sentence with its looks."""
        return together(_span(span) for span in self.reader.rich(words))

    def card(self, card: Card) -> Html:
        """Return one card."""
        title = self.fresh("card")
        heading = tag("h2", self.words(card.title), id=title, class_="card-title")
        return tag("article", heading, self.body(card), class_=f"card {card.tone}", aria_labelledby=title)

    def body(self, card: Card) -> Html:
        """Return what stands below a card's title."""
        return together((self._block(block) for block in card.blocks), self._buttons(card.buttons))

    def hidden(self, **values: str) -> Html:
        """Return what a form carries unseen."""
        carried = {"mark": self.mark, "place": self.place, **values}
        return together(tag("input", type="hidden", name=key, value=value) for key, value in carried.items())

    # --- blocks

    def _block(self, block: Block) -> Html:
        match block:
            case Text(words, "heading"):
                return tag("h3", self.words(words), class_="heading")
            case Text(words, "quiet"):
                return tag("p", self.words(words), class_="quiet")
            case Text(words):
                return tag("p", self.words(words))
            case Facts(rows):
                return tag("dl", (self._row(*row) for row in rows), class_="facts")
            case Checklist(items):
                return tag("ul", (tag("li", self._item(item)) for item in items), class_="checklist")
            case Progress():
                return self._progress(block)
            case Image(name, alt):
                return self._image(name, alt)
            case Rule():
                return tag("hr")
            case Ask():
                return self._ask(block)
            case Actions(buttons):
                return self._buttons(buttons)
        assert_never(block)

    def _row(self, label: Say, value: Say) -> Html:
        return tag("div", tag("dt", self.words(label)), tag("dd", self.words(value)))

    def _progress(self, bar: Progress) -> Html:
        label = self.fresh("bar")
        share = min(1.0, max(0.0, bar.done / bar.total if bar.total else 0.0))
        return tag(
            "div",
            tag("span", self.words(bar.label), id=label),
            tag("span", self.words(progress_words(bar)), class_="figures"),
            tag("progress", value=f"{share:.3f}", max=1, aria_labelledby=label),
            class_="progress",
        )

    def _image(self, name: str, alt: Say) -> Html:
        words = self.reader.text(alt)
        if name not in self.pictures:
            return tag("p", words, class_="quiet")
        return tag("img", src=names.PICTURES.format(name=name), alt=words, class_="picture")

    def _ask(self, ask: Ask) -> Html:
        question = self.fresh("ask")
        pills = (
            tag(
                "button",
                self.reader.text(choice.label),
                name="value",
                value=choice.value,
                class_="pill",
                aria_pressed="true" if choice.value == ask.chosen else "false",
                data_key=_key(ask.verb, ask.ref, choice.value),
            )
            for choice in ask.choices
        )
        seen_by = self.reader.audience(ask.seen_by)
        return self._form(
            ask.verb,
            ask.ref,
            tag("p", self.words(ask.question), id=question, class_="question"),
            tag("div", pills, class_="pills", role="group", aria_labelledby=question),
            tag("p", seen_by, class_="seen-by") if seen_by else None,
            class_="ask answered" if ask.chosen else "ask",
        )

    def _item(self, item: Item) -> Html:
        box = tag("span", class_="box", aria_hidden="true")
        label = tag("span", self.words(item.label))
        looks = "tick done" if item.done else "tick"
        if not item.verb:
            state = tag("span", self.reader.text(_DONE if item.done else _OPEN), class_="unseen")
            return tag("span", box, label, state, class_=looks)
        button = tag(
            "button",
            box,
            label,
            name="value",
            value=item.value,
            class_=looks,
            role="checkbox",
            aria_checked="true" if item.done else "false",
            data_key=_key(item.verb, item.ref, item.value),
        )
        return self._form(item.verb, item.ref, button)

    # --- buttons

    def _buttons(self, buttons: Sequence[Button | Link]) -> Html:
        if not buttons:
            return NOTHING
        return tag("div", (self._button(button) for button in buttons), class_="buttons")

    def _button(self, button: Button | Link) -> Html:
        if isinstance(button, Link):
            return self.link(self.reader.text(button.label), button.url)
        pressed = self._form(button.verb, button.ref, self._press(button))
        if button.confirm is None:
            return pressed
        # Works without a script, and says the question right where the hand is.
        return tag(
            "details",
            tag(
                "summary",
                tag("span", self.reader.text(button.label), class_="asks"),
                tag("span", self.reader.text(_NOT_NOW), class_="leaves"),
                class_=_looks(button),
            ),
            tag("p", self.words(button.confirm)),
            pressed,
            class_="confirm",
        )

    def link(self, label: str, url: str) -> Html:
        """Return a button that opens an address; one that is none is only read."""
        if not url.startswith(_SAFE):
            return tag("span", f"{label}: {url}", class_="quiet")
        return tag("a", label, href=url, class_="button", target="_blank", rel="noopener noreferrer")

    def _press(self, button: Button) -> Html:
        return tag(
            "button",
            self.reader.text(button.label),
            name="value",
            value=button.value,
            class_=_looks(button),
            aria_haspopup="dialog" if button.opens_form else None,
            data_key=_key(button.verb, button.ref, button.value),
        )

    def _form(self, verb: str, ref: str, *children: Html | None, class_: str | None = None) -> Html:
        carried = self.hidden(do="press", verb=verb, ref=ref)
        return tag("form", carried, children, method="post", action=names.ACT, class_=class_)


def _looks(button: Button) -> str:
    return "button" if button.style == "plain" else f"button {button.style}"


def _key(*words: str) -> str:
    # By this the page finds the control again after it was drawn anew.
    return "|".join(words)


def _span(span: Span) -> Html:
    lines = span.text.split("\n")
    shown = together(lines[0], *(together(tag("br"), line) for line in lines[1:]))
    if span.url.startswith(_SAFE):
        shown = tag("a", shown, href=span.url, target="_blank", rel="noopener noreferrer")
    if span.italic:
        shown = tag("em", shown)
    return tag("strong", shown) if span.bold else shown
