"""`telemachy people`: people and pairs from a CSV file into the configured database, all of it or nothing."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.deployment import ConfigFile, configured, programme
from bot.cli.founding import fill_seats
from bot.clock import SystemClock
from bot.config import Config, ConfigError, Organisation
from bot.facts import Person
from bot.i18n import Reader
from bot.outcome import Change, Logged, Put
from bot.people_file import PeopleFileError, read_people
from bot.people_pairs import PeopleFile, Wanted
from bot.people_rows import House
from bot.ports import Work
from flows.enrol import enrol, objections, run_id
from flows.programme import Programme
from flows.programme_read import ProgrammeError
from storage.errors import StorageTrouble
from storage.store import open_store

_UNDER_WAY = ("running", "paused")
_LINES = {False: "left", True: "is back"}  # of the audit log
# What a file knows of a person; the rest (leave, chat address, own hours) stays as it is kept.
_FROM_FILE = (
    *("name", "email", "language", "zone", "country", "department", "position", "manager"),
    *("is_coordinator", "is_director", "capacity"),
)


class NotTaken(Exception):
    """The pairs cannot begin like this; a line each, and nothing was kept."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command is to do."""

    data: bytes | None  # of the file
    left: tuple[str, ...]
    back: tuple[str, ...]
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file comes to."""

    changes: tuple[Change, ...]
    new: tuple[str, ...]  # names
    known: int
    begun: tuple[tuple[Wanted, str], ...]  # with the id of the run
    begun_before: int


@dataclass(frozen=True, slots=True)
class Done:
    """What the command did."""

    taken: Taken | None
    people: tuple[Person, ...]  # who left or is back


def people(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, readable=True, help="A CSV file.")
    ] = None,
    config: ConfigFile = None,
    left: Annotated[list[str] | None, typer.Option(help="The e-mail of somebody who has left.")] = None,
    back: Annotated[list[str] | None, typer.Option(help="The e-mail of somebody who is there again.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be kept.")] = False,
) -> None:
    """
    Take people and pairs from a CSV file, and begin the pairs' programme; the same file twice is the same as once.

    A file may hold people alone: a coordinator brings them together in the chat, with `enrol`.

    Columns: name, email, roles, department, manager, zone, country, start, mentor; position, capacity, language.
    """
    if not (file or left or back):
        raise typer.BadParameter("name a CSV file, or somebody with --left or --back")
    wish = Wish(file.read_bytes() if file else None, tuple(left or ()), tuple(back or ()), dry_run)
    try:
        done = asyncio.run(_carry_out(configured(config), wish, SystemClock().now()))
    except PeopleFileError as error:
        print(f"{file} was not read, and nothing was kept. Please mend:\n{error}", file=sys.stderr)
        raise typer.Exit(1) from None
    except (ConfigError, NotTaken, StorageTrouble, ProgrammeError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    if dry_run:
        print("Nothing was kept: this is what would be.")
    if done.taken:
        _tell(done.taken, dry_run=dry_run)
    for one in done.people:
        told = "is there again" if one.active else "has left: nothing more is sent to them"
        print(f"{one.name} {told}.")


async def _carry_out(config: Config, wish: Wish, now: datetime) -> Done:
    """Do all of it in one transaction, or nothing."""
    lived, text = programme(config)
    store = open_store(config.database.url.reveal(), inline=True)

    def work(work: Work) -> Done:
        taken = None
        if wish.data is not None:
            house = _house(work, config.organisation)
            found = read_people(wish.data, now.date(), pairs_follow=True, house=house)
            taken = take(work, found, lived, config.organisation, now)
        if taken and not wish.dry_run:
            work.keep_programme(lived.id, lived.version, text)
            work.apply(taken.changes, now)
        moved = _comings_and_goings(work, wish)
        if not wish.dry_run:
            work.apply([Put(one) for one in moved], now)
            work.apply([Logged(_LINES[one.active], one.id) for one in moved], now)
        return Done(taken, moved)

    try:
        return await store.write(work)
    finally:
        await store.close()


def _comings_and_goings(work: Work, wish: Wish) -> tuple[Person, ...]:
    """Return those who left or are back, as they are to be kept; raise NotTaken for an e-mail that nobody has."""
    if not (wish.left or wish.back):
        return ()
    known = {one.email.casefold(): one for one in work.people()}
    unknown = [email for email in (*wish.left, *wish.back) if email.casefold() not in known]
    if unknown:
        raise NotTaken(f"Nothing was kept. Nobody here has the e-mail {', '.join(unknown)}.")
    both = {email.casefold() for email in wish.left} & {email.casefold() for email in wish.back}
    if both:
        raise NotTaken(f"Nothing was kept. {', '.join(sorted(both))} cannot have left and be back.")
    gone = (replace(known[email.casefold()], active=False) for email in wish.left)
    return (*gone, *(replace(known[email.casefold()], active=True) for email in wish.back))


def _house(work: Work, organisation: Organisation) -> House:
    """Return what a file may rely on: the organisation's zone, where it has said one, and who is there already."""

    def began(mentee: str, start: date) -> bool:
        ids = work.enrolments_of(mentee)
        pairs = work.pairs(ids, ()) if ids else ()
        return any(one.enrolment.start == start and "mentee" in one.roles_of(mentee) for one in pairs)

    return House(
        zone="" if organisation.time_zone == "UTC" else organisation.time_zone,
        language=organisation.language,
        people={one.id: one for one in work.people()},
        began=began,
    )


def take(work: Work, found: PeopleFile, lived: Programme, house: Organisation, now: datetime) -> Taken:
    """Return what a file changes; raise NotTaken where a pair may not begin."""
    known = {one.id: one for one in work.people()}
    everybody = {one.id: _person(one, known.get(one.id), house) for one in found.people}
    changes: list[Change] = [Put(one) for one in everybody.values() if one != known.get(one.id)]
    load = Counter({one: _mentees(work, one) for one in known})
    begun, before, against = [], 0, []
    for pair in found.pairs:
        run = run_id(lived, pair.mentee, pair.mentor, pair.start)
        if work.lock_enrolment(run):
            before += 1
            continue
        gone = [one for one in (pair.mentee, pair.mentor) if one in known and not known[one].active]
        if gone:
            against.append(f"{pair.mentee}: {' and '.join(gone)} left before, and cannot begin a programme")
            continue
        if _under_way(work, pair.mentee, "mentee"):
            against.append(f"{pair.mentee}: has a programme under way; it has to end before another begins")
            continue
        seated = fill_seats(lived, pair, found, everybody | {one.id: one for one in found.house})
        refused = objections(lived, seated, pair.start, now.date(), load)
        against += [f"{pair.mentee}: {Reader().text(one.words)}" for one in refused]
        load[pair.mentor] += 1
        changes += enrol(lived, run, seated, pair.start, now)
        begun.append((pair, run))
    if against:
        raise NotTaken("\n".join(["Nothing was kept. Please mend:", *against]))
    new = tuple(one.name for one in everybody.values() if one.id not in known)
    return Taken(tuple(changes), new, len(everybody) - len(new), tuple(begun), before)


def _person(given: Person, known: Person | None, house: Organisation) -> Person:
    """Return a person with what the file says; who is new works as the organisation does."""
    given = replace(given, country=given.country or house.country)
    if known is None:
        return replace(given, weekdays=house.working_days, opens=house.opens, closes=house.closes)
    told = {field.name: getattr(given, field.name) for field in fields(given) if field.name in _FROM_FILE}
    return replace(known, **told)


def _mentees(work: Work, mentor: str) -> int:
    return len(_under_way(work, mentor, "mentor"))


def _under_way(work: Work, person: str, role: str) -> Sequence[str]:
    """Return the runs in which a person has this role now."""
    ids = work.enrolments_of(person)
    pairs = work.pairs(ids, ()) if ids else ()
    return [
        one.enrolment.id
        for one in pairs
        if one.enrolment.state in _UNDER_WAY and role in one.roles_of(person)
    ]


def _tell(taken: Taken, *, dry_run: bool) -> None:
    print(f"People: {len(taken.new)} new, {taken.known} known before.")
    before = f", {taken.begun_before} begun before" if taken.begun_before else ""
    print(f"Programmes: {len(taken.begun)} begin{before}.")
    for pair, run in taken.begun:
        look = "" if dry_run else f": telemachy preview --pair {run}"
        print(f"  {pair.start}  {pair.mentee} with {pair.mentor}{look}")
