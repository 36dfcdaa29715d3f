"""Write down what the platform took and what people did, the same way on every machine, and sign it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from functools import cache
from operator import attrgetter
from typing import TextIO


@cache
def _shape(kind: type) -> tuple[str, Callable[[object], tuple[object, ...]]] | None:
    """Return the name of a dataclass and what lists its fields; None for what is no dataclass."""
    if not is_dataclass(kind):
        return None
    names = [f.name for f in fields(kind)]
    if len(names) < 2:  # of one field, an attrgetter returns the bare value
        return kind.__name__, lambda value: tuple(getattr(value, own) for own in names)
    return kind.__name__, attrgetter(*names)


def _plain(value: object) -> object:
    """Turn what JSON does not know into something that it does, without loss that could hide a difference."""
    shape = _shape(type(value))  # type: ignore[arg-type]  # a cast is a call, and this is the dearest line
    if shape is not None:
        return shape[0], *shape[1](value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    raise TypeError(f"no canonical form for {type(value).__name__}")


# No value of ours holds itself; not looking for that saves a fifth.
_encoder = json.JSONEncoder(
    default=_plain, ensure_ascii=False, check_circular=False, separators=(",", ":"), sort_keys=True
)


def canonical(value: object) -> str:
    """Return one line of JSON that is equal exactly where the values are."""
    return _encoder.encode(value)


class Transcript:
    """Collect lines and sign them; lines of one instant are ordered by what they say, not by who was first.

    A process that died and came back may do the same things of one instant in another order, which nobody
    outside can tell.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        self.lines = 0
        self._hash = hashlib.sha256()
        self._out = out
        self._at: datetime | None = None
        self._now: list[str] = []

    def took(self, at: datetime, person: str, content: str, replaces: str) -> None:
        """Note a message the platform accepted; `content` is its canonical line."""
        kind = "updated" if replaces else "got"
        self._add(at, f'{{"at":"{at.isoformat()}","{kind}":"{person}","content":{content}}}')

    def did(self, at: datetime, person: str, act: str) -> None:
        """Note what somebody did."""
        self._add(at, f'{{"at":"{at.isoformat()}","did":"{person}","act":{act}}}')

    def signature(self) -> str:
        """Return the sha256 of everything so far."""
        self._flush()
        return self._hash.hexdigest()

    def _add(self, at: datetime, line: str) -> None:
        if at != self._at:
            self._flush()
            self._at = at
        self._now.append(line)

    def _flush(self) -> None:
        for line in sorted(self._now):
            self.lines += 1
            self._hash.update(line.encode() + b"\n")
            if self._out is not None:
                self._out.write(line + "\n")
        self._now.clear()
