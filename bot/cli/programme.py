"""`telemachy check`, `preview` and `diff`: look at a programme file before anybody lives it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer

from bot.calendar import WorkingTime, working_day
from bot.content import Day, UserText, Value, told
from bot.facts import Enrolment
from bot.i18n import plain_words
from bot.places import Unknown, check_country
from bot.shipped import read_programme, shipped
from flows.preview import Entry, calendar_of
from flows.programme import Programme
from flows.programme_diff import What, differences
from flows.programme_file import load_programme
from flows.programme_read import ProgrammeError
from flows.programme_values import ROLES, meant
from flows.programme_warnings import warnings
from flows.scene import programme_week
from flows.written import word

File = Annotated[str, typer.Argument(help="A programme file, or the name of one that ships with telemachy.")]


def check(file: File) -> None:
    """Say whether a programme file is sound; name file, step, key and the fix of everything that is not."""
    programme = _loaded(file)
    found = warnings(programme, _name(file))
    for warning in found:
        print(f"worth a look: {warning}")
    counts = (
        (programme.months, "month"),
        (len(programme.phases), "phase"),
        (len(programme.steps()), "step"),
        (len(programme.signals), "signal"),
    )
    told_of = ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
    print(f"{_name(file)} is sound: {programme.id}, version {programme.version}, {told_of}.")


def preview(
    file: Annotated[
        str, typer.Argument(help="A programme file, or the name of one that ships with telemachy.")
    ] = "",
    start: Annotated[str, typer.Option(help="The mentee's first day, such as 2027-01-11.")] = "",
    pair: Annotated[
        str, typer.Option(help="A running pair, such as e1, in place of a file and a start.")
    ] = "",
    db: Annotated[str, typer.Option(help="The database of --pair; else that of config.toml.")] = "",
    person: Annotated[str, typer.Option(help=f"Only what reaches one role: {', '.join(ROLES)}.")] = "",
    country: Annotated[
        str, typer.Option(help="Whose public holidays are days off: a code such as SI or DE-BY.")
    ] = "",
    moved: Annotated[
        bool, typer.Option("--moved", help="For somebody who changed position, not a newcomer.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """Print the calendar that people will live: date, time, who, what."""
    role = next((known for known in ROLES if known == person), None)
    if person and role is None:
        raise typer.BadParameter(
            f'there is no role "{person}"; {meant(person, ROLES)}', param_hint="--person"
        )
    try:
        place = WorkingTime(zone="UTC", country=check_country(country))
    except Unknown as error:
        raise typer.BadParameter(str(error), param_hint="--country") from error
    if pair:
        programme, enrolment, place = _of_pair(pair, db)
    else:
        programme, enrolment = _of_file(file, start, moved=moved)
    shown = calendar_of(programme, enrolment, place, role)
    # Contracts begin on days off, too; people read of the day on which work begins.
    enrolment = replace(enrolment, start=working_day(enrolment.start, 1, place, leave=False))
    if as_json:
        print(
            json.dumps(
                [_as_json(entry, programme, enrolment) for entry in shown], indent=2, ensure_ascii=False
            )
        )
    else:
        print("\n".join(as_lines(shown, programme, enrolment, country=place.country)))


def diff(
    old: Annotated[str, typer.Argument(help="The version that people live by now.")],
    new: Annotated[str, typer.Argument(help="The version that comes next.")],
) -> None:
    """Say what differs between two programme files, and whom each change reaches."""
    before, after = _loaded(old), _loaded(new)
    changes = differences(before, after)
    if not changes:
        print("Nothing differs.")
        return
    for change in changes:
        told_of = f": {change.detail}" if change.detail else ""
        print(f"{change.place}: {_SAID[change.what]}{told_of} ({', '.join(change.reaches) or 'nobody'})")
    reached = [role for role in ROLES if any(role in change.reaches for change in changes)]
    print(f"\nIt reaches: {', '.join(reached) or 'nobody'}.")
    if before.id == after.id and before.version == after.version:
        print(f'Both say version "{after.version}": give the new file another version before it is used.')
    print(f'Pairs that are running stay with version "{before.version}" until a coordinator says otherwise.')


_SAID: Mapping[What, str] = MappingProxyType(
    {
        "added": "new",
        "removed": "gone",
        "moved": "another time",
        "texts": "other words",
        "people": "other people",
        "reminders": "other reminders",
        "settings": "other settings",
        "threshold": "another threshold",
    }
)


def _imagined(programme: Programme, first: date, *, moved: bool) -> Enrolment:
    """Return a run of the programme for nobody in particular."""
    return Enrolment(
        id="preview",
        programme=programme.id,
        version=programme.version,
        start=first,
        created_at=datetime.combine(first, time(), UTC),
        moved=moved,
    )


def _of_file(file: str, start: str, *, moved: bool) -> tuple[Programme, Enrolment]:
    if not file or not start:
        raise typer.BadParameter("name a programme file and --start DATE, or a running pair with --pair ID")
    programme = _loaded(file)
    return programme, _imagined(programme, _day(start), moved=moved)


def _of_pair(pair_id: str, db: str) -> tuple[Programme, Enrolment, WorkingTime]:
    """Return a running pair's programme and the calendar its days are counted by; its changes are in the calendar."""
    from bot.cli.one_pair import NoSuchPair, read_pair
    from bot.config import ConfigError, load_config
    from bot.config_values import database_url
    from storage.errors import StorageTrouble

    try:
        config = Path("config.toml")
        url = database_url(db).reveal() if db else ""
        url = url or load_config(config if config.exists() else None, os.environ).database.url.reveal()
        programme, found = read_pair(url, pair_id)
    except (NoSuchPair, StorageTrouble, ConfigError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="--pair") from error
    leader = next((p for role in ("mentee", "mentor", "coordinator") for p in found.seated(role)), None)
    calendar = leader.working_time() if leader else WorkingTime(zone="UTC")
    return programme, found.enrolment, replace(calendar, leave=())


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        fix = "write year, month and day, such as 2027-01-11"
        raise typer.BadParameter(f'"{typed}" is no day; {fix}', param_hint="--start") from error


# --- files ---------------------------------------------------------------------------------------


def _name(file: str) -> str:
    return Path(file).name if Path(file).is_file() else f"{file.removesuffix('.toml')}.toml"


def _loaded(file: str) -> Programme:
    """Return the programme, or end the command with everything that is wrong with it."""
    try:
        return load_programme(_text(file), _name(file))
    except ProgrammeError as error:
        count = len(error.problems)
        print(*error.problems, f"{count} problem{'s' if count > 1 else ''}.", sep="\n", file=sys.stderr)
        raise typer.Exit(1) from error


def _text(file: str) -> str:
    path = Path(file)
    known = shipped()
    if not path.exists() and file in known:
        return known[file]
    if not path.exists():
        near = get_close_matches(path.stem, known, n=1, cutoff=0.6)
        hint = f'did you mean "{near[0]}"?' if near else f"shipped programmes: {', '.join(known)}"
        raise typer.BadParameter(f"there is no file {file}; {hint}")
    return read_programme(path)


# --- the calendar --------------------------------------------------------------------------------


def as_lines(
    entries: Sequence[Entry], programme: Programme, enrolment: Enrolment, *, country: str = ""
) -> list[str]:
    """Return the calendar as lines of plain text, a heading for each phase."""
    values = _values(programme, enrolment)
    titles = {
        p.id: f"{_plain(p.title, programme, values)} · {_plain(p.frame, programme, values)}"
        for p in programme.phases
    }
    off = f", public holidays of {country}" if country else ", no public holidays"
    heading = f"{_plain(programme.title, programme, values)}, version {programme.version}, "
    heading += f"first day {_date(enrolment.start)}{off}. Times are those of each receiver."
    lines = [heading]
    width = max((len(", ".join(entry.who)) for entry in entries), default=0)
    for phase, group in groupby(entries, key=lambda entry: entry.phase):
        lines += ["", titles.get(phase, "Added for this pair")]
        for entry in group:
            who = ", ".join(entry.who).ljust(width)
            lines.append(
                f"  {_date(entry.day)}  {entry.at:%H:%M}  {who}  {_what(entry, programme, enrolment)}"
            )
    return lines


def _what(entry: Entry, programme: Programme, enrolment: Enrolment) -> str:
    title, step = _title(entry, programme, enrolment), entry.step
    match entry.what:
        case "times":
            return f"{title}: times are offered, one tap fixes one"
        case "beforehand":
            return f"{title}: whoever likes answers beforehand"
        case "folded":
            carrier = programme.step(word(step, "fold_into"))
            words = _plain(carrier.title, programme, _values(programme, enrolment)) if carrier else ""
            return f"{title}: inside the next “{words}”"
    if step.kind in ("meeting", "review"):
        return f"{title} ({step.minutes} minutes)"
    return title


def _as_json(entry: Entry, programme: Programme, enrolment: Enrolment) -> dict[str, object]:
    return {
        "date": entry.day.isoformat(),
        "time": f"{entry.at:%H:%M}",
        "who": list(entry.who),
        "phase": entry.phase,
        "step": entry.step.id,
        "kind": entry.step.kind,
        "occurrence": entry.occurrence,
        "what": entry.what,
        "title": _title(entry, programme, enrolment),
        "minutes": entry.step.minutes if entry.step.kind in ("meeting", "review") else None,
    }


def _title(entry: Entry, programme: Programme, enrolment: Enrolment) -> str:
    week = programme_week(enrolment.start, entry.day)
    return _plain(entry.step.title, programme, _values(programme, enrolment) | {"week": week})


def _plain(texts: tuple[tuple[str, str], ...], programme: Programme, values: Mapping[str, Value]) -> str:
    words = plain_words(told(dict(texts), **values), programme.language, "UTC")
    return words[:1].upper() + words[1:]


def _values(programme: Programme, enrolment: Enrolment) -> dict[str, Value]:
    """Return what stands in the place of names: a preview is of nobody in particular."""
    roles: dict[str, Value] = {role: UserText(f"the {role}") for role in ROLES}
    return roles | {
        "company": UserText("the company"),
        "programme": UserText(dict(programme.title)[programme.language]),
        "position": UserText("the position"),
        "start": Day(enrolment.start),
        "months": programme.months,
        "week": 1,
        "help_word": programme.help_word,
    }


def _date(day: date) -> str:
    return f"{day:%a %d %b %Y}"
