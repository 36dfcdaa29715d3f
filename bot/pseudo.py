"""The pseudo-locale: every word of ours accented and longer, so that what escaped translation stands out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import ceil

from bot.markup import Hole, Span, Template

PSEUDO = "qps"
BEGIN, END = "⟦", "⟧"
_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ACCENTED = "ÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽåƀçđéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýž"
_ACCENTS = str.maketrans(_PLAIN, _ACCENTED)
_LONGER = 0.4  # how much longer than English a translation may be
_PADDING = "öñé ţŵö ţĥŕéé ƒöûŕ ƒîṽé šîẋ šéṽéñ éîĝĥţ ñîñé ţéñ "


def pseudo(template: Template) -> Template:
    """Return the template in the pseudo-locale: values, looks and addresses as they were."""
    letters = sum(len(piece.text) for piece in template if isinstance(piece, Span) and not piece.url)
    if not letters:
        return template
    return (Span(BEGIN), *_accented(template), Span(f" {_padding(letters)}{END}"))


def _accented(pieces: Iterable[Span | Hole]) -> Iterator[Span | Hole]:
    for piece in pieces:
        if isinstance(piece, Span) and not piece.url:
            yield replace(piece, text=piece.text.translate(_ACCENTS))
        else:
            yield piece


def _padding(letters: int) -> str:
    wanted = ceil(letters * _LONGER)
    return (_PADDING * (wanted // len(_PADDING) + 1))[:wanted]
