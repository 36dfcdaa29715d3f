"""From contents to the page's JSON, for one reader. Nothing is dropped or cut: too much raises."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import assert_never

from bot.content import (
    Actions,
    Ask,
    Block,
    Button,
    Card,
    Checklist,
    Choice,
    ChoiceField,
    Content,
    DateField,
    Facts,
    Field,
    File,
    Form,
    GroupIntro,
    Home,
    Image,
    Item,
    Link,
    PersonField,
    Progress,
    Role,
    Rule,
    Say,
    ScaleField,
    Text,
    TextField,
    TimeField,
)
from bot.i18n import Reader
from bot.markup import Span

Json = dict[str, object]

MOST_ROWS = 10
MOST_CHOICES = 5


class TooMuch(ValueError):
    """A content has more than a card may have; the text names the place and the limit."""


@dataclass(frozen=True, slots=True)
class Painter:
    """Turn contents into JSON for one reader."""

    reader: Reader
    roles: Collection[Role] = ()
    people: tuple[tuple[str, str], ...] = ()  # id and name of everybody, for a field that allows anyone

    def content(self, content: Content) -> Json:
        """Return a message, a file with its card, a home, or an introduction."""
        match content:
            case Card():
                return self.card(content)
            case File():
                shown = self.card(content.card)
                return {**shown, "file": {"name": content.name, "bytes": len(content.data)}}
            case Home():
                return self.home(content)
            case GroupIntro():
                names = dict(self.people)
                together = [names.get(one, one) for one in content.people]
                return {**self.card(content.card), "together": together}
            case _:
                assert_never(content)

    def home(self, home: Home) -> Json:
        """Return a person's own page."""
        return {"title": self.rich(home.title), "cards": [self.card(card) for card in home.cards]}

    def card(self, card: Card) -> Json:
        """Return one card."""
        return {
            "title": self.rich(card.title),
            "tone": card.tone,
            "blocks": [self._block(block, f"blocks[{i}]") for i, block in enumerate(card.blocks)],
            "buttons": [self._button(button) for button in card.buttons],
        }

    def form(self, form: Form) -> Json:
        """Return a dialog."""
        return {
            "title": self.text(form.title),
            "intro": self.rich(form.intro) if form.intro else [],
            "verb": form.verb,
            "ref": form.ref,
            "submit": self.text(form.submit),
            "fields": [self._field(one) for one in form.fields],
        }

    def choices(self, choices: Sequence[Choice]) -> list[Json]:
        """Return possible answers."""
        return [{"label": self.text(one.label), "value": one.value} for one in choices]

    def rich(self, words: Say) -> list[Json]:
        """Return a sentence as runs of text, each with how it looks."""
        return [_run(span) for span in self.reader.rich(words)]

    def text(self, words: Say) -> str:
        """Return a sentence without looks."""
        return self.reader.text(words)

    def _block(self, block: Block, place: str) -> Json:
        match block:
            case Text():
                return {"kind": "text", "words": self.rich(block.words), "style": block.style}
            case Facts():
                _at_most(MOST_ROWS, block.rows, f"{place}.rows")
                rows = [[self.rich(name), self.rich(value)] for name, value in block.rows]
                return {"kind": "facts", "rows": rows}
            case Checklist():
                return {"kind": "checklist", "items": [self._item(item) for item in block.items]}
            case Progress():
                return self._progress(block)
            case Image():
                return {"kind": "image", "name": block.name, "alt": self.text(block.alt)}
            case Rule():
                return {"kind": "rule"}
            case Ask():
                return self._ask(block, place)
            case Actions():
                return {"kind": "actions", "buttons": [self._button(button) for button in block.buttons]}
            case _:
                assert_never(block)

    def _item(self, item: Item) -> Json:
        shown: Json = {"label": self.rich(item.label), "done": item.done}
        return {**shown, "verb": item.verb, "ref": item.ref, "value": item.value}

    def _progress(self, bar: Progress) -> Json:
        share = bar.done / bar.total if bar.total else 0.0
        figures = f"{self.reader.number(bar.done)} / {self.reader.number(bar.total)} {bar.unit}".strip()
        shown: Json = {"kind": "progress", "label": self.rich(bar.label), "figures": figures}
        return {**shown, "share": min(1.0, max(0.0, share))}

    def _ask(self, ask: Ask, place: str) -> Json:
        _at_most(MOST_CHOICES, ask.choices, f"{place}.choices")
        return {
            "kind": "ask",
            "question": self.rich(ask.question),
            "verb": ask.verb,
            "ref": ask.ref,
            "choices": self.choices(ask.choices),
            "chosen": ask.chosen,
            "seen_by": self.reader.audience(ask.seen_by, self.roles),
        }

    def _button(self, button: Button | Link) -> Json:
        if isinstance(button, Link):
            return {"kind": "link", "label": self.text(button.label), "url": button.url}
        return {
            "kind": "button",
            "label": self.text(button.label),
            "verb": button.verb,
            "ref": button.ref,
            "value": button.value,
            "style": button.style,
            "confirm": self.text(button.confirm) if button.confirm else "",
            "opens_form": button.opens_form,
        }

    def _field(self, field: Field) -> Json:
        shown: Json = {
            "key": field.key,
            "label": self.text(field.label),
            "hint": self.text(field.hint) if field.hint else "",
            "required": field.required,
            "seen_by": self.reader.audience(field.seen_by, self.roles),
            "initial": field.initial,
        }
        match field:
            case TextField():
                return {**shown, "kind": "text", "long": field.long, "most": field.most}
            case ChoiceField():
                options = self.choices(field.options)
                return {**shown, "kind": "choice", "several": field.several, "options": options}
            case ScaleField():
                return {**shown, "kind": "scale", "low": self.text(field.low), "high": self.text(field.high)}
            case DateField():
                return {**shown, "kind": "date"}
            case TimeField():
                return {**shown, "kind": "time"}
            case PersonField():
                among = field.among or self.people
                return {**shown, "kind": "person", "options": [{"label": n, "value": i} for i, n in among]}
            case _:
                assert_never(field)


def _run(span: Span) -> Json:
    looks = {"bold": span.bold, "italic": span.italic, "url": span.url, "person": span.person}
    return {"text": span.text, **{name: look for name, look in looks.items() if look}}


def _at_most(most: int, there: Sequence[object], place: str) -> None:
    if len(there) > most:
        raise TooMuch(f"{place}: {len(there)} are too many, a card takes {most}")
