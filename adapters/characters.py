"""Words whose every character a platform can carry, and which turn the direction of nothing behind them."""

from __future__ import annotations

import re

# A control character would be refused or vanish: its picture is shown (U+2400 and on), line ends and tabs stay.
_CONTROLS = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
_SIGNS = {**_CONTROLS, 0x7F: 0x2421, **dict.fromkeys((*range(0x80, 0xA0), *range(0xD800, 0xE000)), 0xFFFD)}
# Signs that turn the direction of what follows, and what ends each: left open they would turn our words too.
_TURNS = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"}
_TURNS |= {"\u2066": "\u2069", "\u2067": "\u2069", "\u2068": "\u2069"}
# Any of these; most words have none.
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2068]")


def is_clean(words: str) -> bool:
    """Say whether words can stand as they are."""
    return _ODD.search(words) is None


def clean(words: str) -> str:
    """Return words that can be carried, each other character by a sign that stands for it."""
    if is_clean(words):
        return words
    lines = words.replace("\r\n", "\n").replace("\r", "\n").translate(_SIGNS).split("\n")
    return "\n".join(_straight(line) for line in lines)


def _straight(line: str) -> str:
    closers: list[str] = []
    for sign in line:
        if sign in _TURNS:
            closers.append(_TURNS[sign])
        elif closers and sign == closers[-1]:
            closers.pop()
    return line + "".join(reversed(closers))
