"""Turn one value of a programme file into what its key wants, or say what is wrong and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time
from difflib import get_close_matches
from types import MappingProxyType
from typing import get_args

from bot.content import Role
from bot.markup import BadTemplate, placeholders
from flows.programme import Option, Texts
from flows.programme_keys import PLACEHOLDERS, WEEKDAYS
from flows.settings import Setting, Shape

ROLES: tuple[Role, ...] = get_args(Role)
HOURS_A_DAY = 8

_ID = re.compile(r"[a-z][a-z0-9_]*")
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_DURATION = re.compile(r"(\d+) working (hour|day)s?")


class WrongValue(Exception):
    """Say what is wrong with a value, and the fix."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Known:
    """What values may refer to: the file's language, and its steps and signals by id with their kinds."""

    language: str = "en"
    steps: Mapping[str, str] = field(default_factory=dict)
    signals: Mapping[str, str] = field(default_factory=dict)


def meant(wrong: str, known: Iterable[str]) -> str:
    """Word a suggestion where one name is near, else list them all."""
    names = tuple(known)
    near = get_close_matches(wrong.casefold(), names, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"it may be {', '.join(names)}" if names else "there is none that it could be"


def value_of(known: Known, setting: Setting, raw: object) -> Option:
    """Return the value, or raise WrongValue."""
    value = _READERS[setting.shape](known, setting, raw)
    if isinstance(value, tuple) and setting.shape in ("texts", "words", "roles", "steps"):
        check_count(setting, len(value))
    return value


def check_count(setting: Setting, count: int) -> None:
    """Raise WrongValue where a list is too short or too long."""
    if setting.least is not None and count < setting.least:
        raise WrongValue(f"{count} of at least {setting.least}", "add what is missing")
    if setting.most is not None and count > setting.most:
        raise WrongValue(f"{count} of at most {setting.most}", "leave some out")


def check_language(code: str) -> None:
    """Raise WrongValue where this is no code of a language."""
    if not _LANGUAGE.fullmatch(code):
        raise WrongValue(f"{_shown(code)} is no language", "write a code such as en, sl or pt-BR")


# --- texts ---------------------------------------------------------------------------------------


def _text(known: Known, setting: Setting, raw: object) -> Texts:
    if isinstance(raw, str):
        return ((known.language, _sentence(raw)),)
    if not isinstance(raw, dict):
        raise WrongValue("this should be a text", 'write it in quotes: "…"')
    for code, words in raw.items():
        if not _LANGUAGE.fullmatch(code):
            raise WrongValue(
                f'"{code}" is no language', 'write a code of two letters: { en = "…", sl = "…" }'
            )
        if not isinstance(words, str):
            raise WrongValue(f"the text for {code} should be a string", 'write it in quotes: "…"')
    if known.language not in raw:
        raise WrongValue(
            f"the programme's own language {known.language} is missing", f'add {known.language} = "…"'
        )
    own = (known.language, _sentence(raw[known.language]))
    return (own, *((code, _sentence(words)) for code, words in raw.items() if code != known.language))


def _sentence(raw: str) -> str:
    words = raw.strip()
    if not words:
        raise WrongValue("this text is empty", "write it, or leave the key out")
    try:
        unknown = sorted(placeholders(words) - PLACEHOLDERS.keys())
    except BadTemplate as error:
        raise WrongValue("a lone brace cannot be read", str(error)) from error
    if unknown:
        raise WrongValue(f"nobody fills in {{{unknown[0]}}}", meant(unknown[0], PLACEHOLDERS))
    return words


def _texts(known: Known, setting: Setting, raw: object) -> Option:
    if not isinstance(raw, list):
        raise WrongValue("this should be a list of texts", 'write ["…", "…"]')
    return tuple(_text(known, setting, one) for one in raw)


def _role_text(known: Known, setting: Setting, raw: object) -> Option:
    if not isinstance(raw, dict) or not raw or all(_LANGUAGE.fullmatch(key) for key in raw):
        return (("", _text(known, setting, raw)),)
    for name in raw:
        if name not in ROLES:
            raise WrongValue(f'"{name}" is neither a role nor a language', meant(name, ROLES))
    return tuple((name, _text(known, setting, words)) for name, words in raw.items())


# --- words and references ------------------------------------------------------------------------


def _id(known: Known, setting: Setting, raw: object) -> str:
    if not isinstance(raw, str) or not _ID.fullmatch(raw):
        raise WrongValue(
            f"{_shown(raw)} cannot be an id",
            "write small letters, digits and underscores, such as first_meeting",
        )
    return raw


def _word(known: Known, setting: Setting, raw: object) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise WrongValue(f"{_shown(raw)} is no word", 'write it in quotes: "…"')
    if setting.one_of and raw not in setting.one_of:
        raise WrongValue(f'"{raw}" is not known here', meant(raw, setting.one_of))
    return raw


def _role(known: Known, setting: Setting, raw: object) -> str:
    if raw not in ROLES:
        raise WrongValue(f"{_shown(raw)} is no role", meant(str(raw), ROLES))
    return str(raw)


def _step(known: Known, setting: Setting, raw: object) -> str:
    return _reference(setting, raw, known.steps, "step")


def _signal(known: Known, setting: Setting, raw: object) -> str:
    return _reference(setting, raw, known.signals, "signal")


def _reference(setting: Setting, raw: object, kinds: Mapping[str, str], what: str) -> str:
    fitting = [name for name, kind in kinds.items() if not setting.kinds or kind in setting.kinds]
    if not isinstance(raw, str) or raw not in kinds:
        raise WrongValue(f"there is no {what} {_shown(raw)}", meant(str(raw), fitting))
    if raw not in fitting:
        kind = kinds[str(raw)]
        raise WrongValue(
            f'"{raw}" is a {what} of kind {kind}', f"name one of kind {' or '.join(setting.kinds)} instead"
        )
    return str(raw)


def _several(one: Callable[[Known, Setting, object], str]) -> Callable[[Known, Setting, object], Option]:
    def read(known: Known, setting: Setting, raw: object) -> Option:
        return tuple(one(known, setting, each) for each in (raw if isinstance(raw, list) else [raw]))

    return read


# --- numbers and times ---------------------------------------------------------------------------


def _whole(known: Known, setting: Setting, raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise WrongValue(f"{_shown(raw)} is no whole number", "write it without quotes, such as 5")
    least, most = setting.least, setting.most
    if (least is not None and raw < least) or (most is not None and raw > most):
        raise WrongValue(f"{raw} is out of range", f"write a number from {least} to {most}")
    return raw


def _yes_no(known: Known, setting: Setting, raw: object) -> bool:
    if not isinstance(raw, bool):
        raise WrongValue(f"{_shown(raw)} is neither yes nor no", "write true or false, without quotes")
    return raw


def _duration(known: Known, setting: Setting, raw: object) -> int:
    if raw == 0 and not isinstance(raw, bool):
        return 0
    found = _DURATION.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if found is None:
        raise WrongValue(
            f"{_shown(raw)} is no working time", 'write "8 working hours" or "1 working day", or 0 for never'
        )
    return int(found[1]) * (HOURS_A_DAY if found[2] == "day" else 1)


def _time(known: Known, setting: Setting, raw: object) -> str:
    if isinstance(raw, time):
        return raw.strftime("%H:%M")
    if not isinstance(raw, str) or not _TIME.fullmatch(raw):
        raise WrongValue(f"{_shown(raw)} is no time of day", 'write hours and minutes, such as "09:00"')
    return raw


def _weekday(known: Known, setting: Setting, raw: object) -> int:
    if not isinstance(raw, str) or raw.casefold() not in WEEKDAYS:
        raise WrongValue(f"{_shown(raw)} is no weekday", meant(str(raw), WEEKDAYS))
    return WEEKDAYS.index(raw.casefold())


def _seats(known: Known, setting: Setting, raw: object) -> Option:
    if not isinstance(raw, dict):
        raise WrongValue(
            "this should be a table of roles", "write { mentee = 1, mentor = 1, coordinator = [1, 3] }"
        )
    return tuple((_role(known, setting, name), _span(name, count)) for name, count in raw.items())


def _span(name: str, raw: object) -> tuple[Option, ...]:
    span = [raw, raw] if isinstance(raw, int) else raw
    if (
        not isinstance(span, list)
        or len(span) != 2
        or not all(isinstance(n, int) and not isinstance(n, bool) for n in span)
        or not 0 <= span[0] <= span[1]
        or not span[1]
    ):
        raise WrongValue(
            f"{name} = {_shown(raw)} is no number of seats", "write 1, or the fewest and the most: [1, 3]"
        )
    return tuple(span)


def _shown(raw: object) -> str:
    if isinstance(raw, bool):
        return str(raw).lower()
    return f'"{raw}"' if isinstance(raw, str) else str(raw)


_READERS: Mapping[Shape, Callable[[Known, Setting, object], Option]] = MappingProxyType(
    {
        "text": _text,
        "texts": _texts,
        "role_text": _role_text,
        "id": _id,
        "word": _word,
        "words": _several(_word),
        "whole": _whole,
        "yes_no": _yes_no,
        "role": _role,
        "roles": _several(_role),
        "step": _step,
        "steps": _several(_step),
        "signal": _signal,
        "duration": _duration,
        "time": _time,
        "weekday": _weekday,
        "seats": _seats,
    }
)
