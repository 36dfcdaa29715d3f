"""
Read the single values of config.toml.

Each function returns what it was given in our own type; its ValueError says what the value must look like.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from bot.places import check_country, check_zone

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Security = Literal["starttls", "tls", "none"]
SECURITIES: tuple[Security, ...] = ("starttls", "tls", "none")

SlackMode = Literal["off", "socket", "http"]
SLACK_MODES: tuple[SlackMode, ...] = ("off", "socket", "http")

TeamsMode = Literal["off", "on"]
TEAMS_MODES: tuple[TeamsMode, ...] = ("off", "on")

LEAST_KEPT_DAYS = 30

# What every file system takes: of a path, and of one name in it.
_LONGEST_PATH, _LONGEST_NAME = 1000, 255
HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """Hold a text that no log, traceback or repr may show; `reveal` it only where it is used."""

    _text: str = ""

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret('…')" if self._text else "Secret('')"


def text(value: object) -> str:
    """Read a text; spaces around it are a slip."""
    if not isinstance(value, str):
        raise ValueError(f"must be a text in quotes, not {shown(value)}")
    return value.strip()


def language(value: object) -> str:
    """Read a language code."""
    code = text(value)
    if not re.fullmatch(r"[a-z]{2,3}([_-][A-Za-z]{2,4})?", code):
        raise ValueError(f"must be a language code such as en or de, not {shown(value)}")
    return code


def zone(value: object) -> str:
    """Read the name of a time zone."""
    return check_zone(text(value))


def country(value: object) -> str:
    """Read a country, with or without a part of it; empty means no public holidays."""
    return check_country(text(value))


def weekdays(value: object) -> tuple[int, ...]:
    """Read a list of weekdays into numbers, Monday is 0."""
    if not isinstance(value, list) or not value:
        raise ValueError(f'must be a list of weekdays such as ["mon", "tue"], not {shown(value)}')
    unknown = [shown(day) for day in value if day not in WEEKDAYS]
    if unknown:
        raise ValueError(f"has {', '.join(unknown)}; the weekdays are {', '.join(WEEKDAYS)}")
    return tuple(sorted({WEEKDAYS.index(day) for day in value}))


def time_of_day(value: object) -> time:
    """Read a time on the clock on the wall."""
    try:
        # TOML knows 09:00:00 without quotes as a time of its own.
        read = value if isinstance(value, time) else time.fromisoformat(text(value))
    except ValueError:
        raise ValueError(f'must be a time such as "09:00", not {shown(value)}') from None
    if read.tzinfo:
        raise ValueError(
            f"must be a time without a zone, because it is meant where each person lives: {read:%H:%M}"
        )
    return read


def days(value: object) -> tuple[date, ...]:
    """Read a list of days."""
    # A datetime is a date to Python, so the type is compared and not asked for.
    if not isinstance(value, list) or any(type(day) is not date for day in value):
        raise ValueError(f"must be a list of days without quotes such as [2027-12-24], not {shown(value)}")
    return tuple(sorted(set(value)))


def port(value: object) -> int:
    """Read a TCP port."""
    # True is an int to Python.
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 65535:
        raise ValueError(f"must be a whole number from 1 to 65535, without quotes, not {shown(value)}")
    return value


def keep_days(value: object) -> int:
    """Read for how many days something is kept: at least as long as a platform may send an event again."""
    # True is an int to Python.
    if not isinstance(value, int) or isinstance(value, bool) or (value != 0 and value < LEAST_KEPT_DAYS):
        raise ValueError(
            f"must be a whole number of days, {LEAST_KEPT_DAYS} or more, or 0 for ever, not {shown(value)}"
        )
    return value


def public_url(value: object) -> str:
    """Read the address of our own pages, without the slash at its end."""
    url = text(value)
    if url and not (urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc):
        raise ValueError(f"must be a whole address such as https://mentoring.example.org, not {shown(value)}")
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(
            f"must end with the host, as https://{parts.netloc} does: the bot answers at a name of its own, "
            f"not below a path as in {shown(value)}"
        )
    return url.rstrip("/")


def security(value: object) -> Security:
    """Read how a connection is kept private."""
    for known in SECURITIES:
        if value == known:
            return known
    raise ValueError(f"must be one of {', '.join(SECURITIES)}, not {shown(value)}{meant(value, SECURITIES)}")


def slack_mode(value: object) -> SlackMode:
    """Read how Slack reaches us."""
    for known in SLACK_MODES:
        if value == known:
            return known
    raise ValueError(
        f"must be one of {', '.join(SLACK_MODES)}, not {shown(value)}{meant(value, SLACK_MODES)}"
    )


def slack_workspaces(value: object) -> tuple[str, ...]:
    """Read a list of workspaces and organisations by their Slack ids; empty means all."""
    if not isinstance(value, list) or not all(
        isinstance(one, str) and re.fullmatch(r"[TE][A-Z0-9]+", one.strip()) for one in value
    ):
        raise ValueError(
            'must be a list of ids such as ["T0123ABCD"], which begin with T for a workspace and with E for an '
            f"Enterprise Grid organisation, not {shown(value)}"
        )
    return tuple(sorted({one.strip() for one in value}))


def switch(value: object) -> bool:
    """Read a yes or no."""
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, without quotes, not {shown(value)}")
    return value


def api_url(value: object) -> str:
    """Read the address of an API that is sent secrets, with the slash at its end."""
    url = text(value)
    parts = urlsplit(url)
    if not parts.netloc or not (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)
    ):
        raise ValueError(
            f"must be an address such as https://slack.com/api/, by https unless it is this machine, not {shown(value)}"
        )
    return url.rstrip("/") + "/"


def teams_mode(value: object) -> TeamsMode:
    """Read whether Teams reaches us."""
    for known in TEAMS_MODES:
        if value == known:
            return known
    raise ValueError(
        f"must be one of {', '.join(TEAMS_MODES)}, not {shown(value)}{meant(value, TEAMS_MODES)}"
    )


def identifier(value: object) -> str:
    """Read an id of Microsoft's, in lower case as its tokens carry it."""
    return text(value).lower()


def identifiers(value: object) -> tuple[str, ...]:
    """Read a list of ids of tenants; empty means the bot's own."""
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise ValueError(
            f'must be a list of ids such as ["0a1b2c3d-0000-0000-0000-000000000000"], not {shown(value)}'
        )
    return tuple(sorted({identifier(one) for one in value}))


def document_url(value: object) -> str:
    """Read the address of a document that is trusted, so nobody may change it on the way."""
    url = text(value)
    parts = urlsplit(url)
    if not parts.netloc or not (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)
    ):
        raise ValueError(
            f"must be an address that begins with https://, unless it is this machine, not {shown(value)}"
        )
    return url


def microsoft_url(value: object) -> str:
    """Read the address of a service of Microsoft's, with the slash at its end."""
    return document_url(value).rstrip("/") + "/"


def page_url(value: object) -> str:
    """Read the address of a page that people open; empty means there is none."""
    url = text(value)
    parts = urlsplit(url)
    if url and (parts.scheme != "https" or not parts.netloc):
        raise ValueError(
            f"must be the address of a page such as https://www.example.org/privacy, not {shown(value)}"
        )
    return url


def address(value: object) -> str:
    """Read an e-mail address, with or without a name in front of it."""
    written = text(value)
    if written and not re.fullmatch(r"[^@<>\s]+@[^@<>\s]+|[^<>]*<[^@<>\s]+@[^@<>\s]+>", written):
        raise ValueError(
            f'must be an e-mail address such as "Mentoring <mentoring@example.org>", not {shown(value)}'
        )
    return written


def path(value: object) -> Path | None:
    """Read a path; empty means none."""
    written = text(value)
    if len(written) > _LONGEST_PATH or any(
        len(part.encode()) > _LONGEST_NAME for part in Path(written).parts
    ):
        raise ValueError("is longer than a path may be")
    try:
        return Path(written).expanduser() if written else None
    except RuntimeError:
        raise ValueError(
            f"names the home of somebody who is not known on this machine: {shown(value)}"
        ) from None


def folder(value: object) -> Path:
    """Read the path of a folder."""
    named = path(value)
    if named is None:
        raise ValueError("is empty: name a folder, which is made when it is first needed")
    return named


def secret(value: object) -> Secret:
    """Read a text that nobody may see."""
    return Secret(text(value))


def secrets(value: object) -> tuple[Secret, ...]:
    """Read several secrets with commas between them, the one in use first."""
    return tuple(Secret(one.strip()) for one in text(value).split(",") if one.strip())


def database_url(value: object, base: Path = Path()) -> Secret:
    """
    Read the URL of a database into the one form that storage understands.

    A relative SQLite file is looked up from `base`. No error shows the URL: it may hold a password.
    """
    scheme, separator, rest = (value.strip() if isinstance(value, str) else "").partition("://")
    if separator and scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return Secret(f"postgresql+psycopg://{rest}")
    if not separator or scheme != "sqlite":
        raise ValueError('must be a text such as "sqlite:///telemachy.db" or "postgresql://…"')
    file = rest.removeprefix("/")
    if not rest.startswith("/") or file in ("", ":memory:"):
        raise ValueError(
            "names no file, so all would be forgotten at a restart: write sqlite:///telemachy.db"
        )
    return Secret(f"sqlite:///{base / file}")


def holds_password(value: object) -> bool:
    """Tell whether a URL carries a password, before its host or among its options."""
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:  # half an IPv6 address; its reader will say so
        return False
    return bool(parts.password) or "password" in parse_qs(parts.query)


def meant(wrong: object, known: Sequence[str], cutoff: float = 0.6) -> str:
    """Word the suggestion, if one of the known names is likely meant."""
    folded = {name.casefold(): name for name in known}
    near = get_close_matches(str(wrong).casefold(), folded, n=1, cutoff=cutoff)
    return f" (did you mean {folded[near[0]]}?)" if near else ""


def shown(value: object) -> str:
    """Word a value as the person wrote it, as far as Python still knows."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case dict():
            return "a section"
        case list():
            return f"[{', '.join(map(shown, value))}]"
    return str(value)


# What is read by these never stands in the file.
SECRETS: tuple[Callable[[object], object], ...] = (secret, secrets)
