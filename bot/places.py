"""What is true of a place: its clock on the wall, its public holidays, and whether it exists at all."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache, lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

# Files among the zones that follow the machine (localtime) or count leap seconds (right/): nobody's zone.
_NOT_ZONES = ("Factory", "localtime", "posix", "posixrules", "right")


class Unknown(ValueError):
    """Say that there is no such zone or country, and which one may be meant."""


@cache
def zone_of(name: str) -> ZoneInfo:
    """
    Return the zone with this IANA name, or raise Unknown.

    Kept for good: the standard library holds only eight zones, and reads the file again for the ninth.
    """
    if name.split("/")[0] not in _NOT_ZONES:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder such as "Europe" is an OSError
            pass
    hint = _meant(name, _zones_by_name())
    raise Unknown(f"unknown time zone {name!r}{hint}: write an IANA name such as Europe/Ljubljana")


def check_zone(name: str) -> str:
    """Return the name if it is an IANA time zone, or raise Unknown with a suggestion."""
    return zone_of(name).key


def local(moment: datetime, zone: str) -> datetime:
    """Read the clock on the wall at an instant."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone: instants are aware, in UTC")
    return moment.astimezone(zone_of(zone))


@lru_cache(maxsize=4096)  # one look asks again and again what day it is for the same few people
def local_date(moment: datetime, zone: str) -> date:
    """Read the calendar on the wall at an instant."""
    return local(moment, zone).date()


@lru_cache(maxsize=16384)  # when a house opens on a day is asked at every look of that week
def instant(day: date, at: time, zone: str) -> datetime:
    """
    Return the instant, in UTC, at which the clock on the wall shows this day and time.

    A time that the clock jumps over means the end of the jump; one that it shows twice, the first of the two.
    """
    wall = datetime.combine(day, at.replace(fold=0), zone_of(zone))
    moment = wall.astimezone(UTC)
    # Two datetimes of one zone are compared by their wall time alone.
    return moment if moment.astimezone(wall.tzinfo) == wall else _end_of_gap(wall)


def _end_of_gap(wall: datetime) -> datetime:
    """Find the second at which the clock jumps over this wall time."""
    # A time in the gap lies before the jump if read with the later offset, and after it with the earlier one.
    early, late = wall.replace(fold=1, microsecond=0).astimezone(UTC), wall.astimezone(UTC)
    seconds = range(int((late - early).total_seconds()) + 1)

    def offset(second: int) -> timedelta:
        moment = early + timedelta(seconds=second)
        return moment.astimezone(wall.tzinfo).replace(tzinfo=UTC) - moment

    return early + timedelta(seconds=bisect_left(seconds, offset(seconds[-1]), key=offset))


@lru_cache(maxsize=1024)
def check_country(code: str) -> str:
    """
    Return the code as the standard spells it ("SI", "DE-BY"), or raise Unknown with a suggestion.

    An empty code is allowed and means a place without public holidays.
    """
    if not code:
        return ""
    country, dash, part = code.strip().partition("-")
    parts = _parts_by_country().get(country.upper())
    if parts is None:
        hint = _meant(country, _codes_by_name())
        raise Unknown(f"unknown country {code!r}{hint}: write an ISO 3166 code such as SI or DE-BY")
    if not dash:
        return country.upper()
    spelled = {known.upper(): known for known in parts}
    if part.upper() in spelled:
        return f"{country.upper()}-{spelled[part.upper()]}"
    hint = _meant(part, {known: f"{country.upper()}-{known}" for known in parts})
    known = f"one of {', '.join(parts)} after the dash" if parts else f"{country.upper()} alone"
    raise Unknown(f"unknown part of a country {code!r}{hint}: write {known}")


@lru_cache(maxsize=512)
def public_holidays(country: str, year: int, language: str = "en") -> Mapping[date, str]:
    """
    Return the public holidays of a year with their names, without half days, school days and bank days.

    A name is in the language asked for, else in English, else as the country writes it.
    """
    code = check_country(country)
    if not code:
        return MappingProxyType({})
    from holidays import country_holidays  # 0.1 s that people without a country need not pay

    place, _, part = code.partition("-")
    # The language is always named, because the library would take it from the environment otherwise.
    written = country_holidays(place, categories=("public",))
    spoken = _spoken(language, written.supported_languages) or written.default_language
    days = country_holidays(place, subdiv=part or None, years=year, language=spoken, categories=("public",))
    return MappingProxyType(dict(days.items()))


def _spoken(language: str, supported: tuple[str, ...]) -> str | None:
    """Choose among the languages in which a country's holidays are named."""
    wanted = language.replace("-", "_")
    for choice in (wanted, wanted.split("_")[0], "en_US", "en"):
        for known in supported:
            if known == choice or known.split("_")[0] == choice:
                return known
    return None


def _meant(wrong: str, right: Mapping[str, str]) -> str:
    """Word the suggestion, if there is a likely one: names people may write, and what each stands for."""
    folded = {name.casefold(): meant for name, meant in right.items()}
    near = get_close_matches(wrong.strip().replace(" ", "_").casefold(), folded, n=1, cutoff=0.75)
    return f" (did you mean {folded[near[0]]}?)" if near else ""


def _zones_by_name() -> dict[str, str]:
    """Map each zone, and its city alone, to the zone."""
    zones = sorted(zone for zone in available_timezones() if zone.split("/")[0] not in _NOT_ZONES)
    return {zone.split("/")[-1]: zone for zone in zones} | {zone: zone for zone in zones}


@cache
def _parts_by_country() -> Mapping[str, Iterable[str]]:
    from holidays import list_supported_countries

    return list_supported_countries(include_aliases=False)


def _codes_by_name() -> dict[str, str]:
    """Map each country's name and its other codes to the code we want."""
    from holidays.registry import COUNTRIES

    return {name: codes[1] for key, codes in COUNTRIES.items() for name in (*codes[1:], key)}
