"""What a check found: how it is, where, and what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.content import say

# What a test message says.
HELLO = say("This is the test message you asked for. I can write to you, and nothing needs doing.")

State = Literal["ok", "warning", "problem"]
_INDENT = " " * 9


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report."""

    state: State
    area: str
    text: str
    fix: str = ""

    def as_text(self) -> str:
        """Return the line, and below it the fix."""
        line = f"{self.state:<9}{self.area}: {self.text}"
        return f"{line}\n{_INDENT}→ {self.fix}" if self.fix else line

    def as_json(self) -> Mapping[str, str]:
        """Return what a program reads."""
        return {"state": self.state, "area": self.area, "text": self.text, "fix": self.fix}


def ok(area: str, text: str) -> Finding:
    """Say that something is as it should be."""
    return Finding("ok", area, text)


def warning(area: str, text: str, fix: str) -> Finding:
    """Say that something works and could do better."""
    return Finding("warning", area, text, fix)


def problem(area: str, text: str, fix: str = "") -> Finding:
    """Say that something does not work; the text may name its own fix."""
    return Finding("problem", area, text, fix)
