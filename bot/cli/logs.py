"""Logs of a server: one JSON object a line, with ids and places, never with what people wrote."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from storage.errors import StorageTrouble

# Their messages are sentences with ids. Any other logger's arguments may quote what was sent or stored.
_OURS = ("adapters", "bot", "flows", "storage", "telemachy")
_ACTION = re.compile(r"\baction=([\w.]+)")
_ROOT = Path(__file__).parents[2]
_MOST_FRAMES = 12

log = logging.getLogger(__name__)


class JsonLines(logging.Formatter):
    """Write a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; of an error its kind and places, and its text only where that is written by us."""
        ours = record.name.partition(".")[0] in _OURS
        text = record.getMessage() if ours else str(record.msg).partition("\n")[0]
        found = _ACTION.search(text) if ours else None
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "text": text,
        }
        action = getattr(record, "action", "") or (found[1] if found else "")
        if action:
            line["action"] = action
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["error"] = described(error)
            line["where"] = _places(error)
        return json.dumps(line, ensure_ascii=False)


def described(error: BaseException) -> str:
    """Return an error's kind, and its text where that surely quotes nobody."""
    kind = type(error).__name__
    return f"{kind}: {error}" if isinstance(error, StorageTrouble) else kind


def log_to(stream: TextIO = sys.stderr) -> None:
    """Log our own doings, and of the libraries what is wrong."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    # The heartbeat listens to its scheduler and says what failed in its own words.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)


def log_lost_errors(loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """Log an error that nobody awaited, without the task's repr, which quotes the error's text."""
    error = context.get("exception")
    given = (type(error), error, error.__traceback__) if isinstance(error, BaseException) else None
    log.error("An error was awaited by nobody: action=lost_error", exc_info=given)


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(file: str) -> str:
    path = Path(file)
    return path.relative_to(_ROOT).as_posix() if path.is_relative_to(_ROOT) else path.name
