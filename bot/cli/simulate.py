"""`telemachy simulate`: a whole company lives through its programmes in a minute, and an auditor watches."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from adapters.sim.taste import TEMPERAMENTS
from bot.cli.simulation import NotSimulated, Wish, simulated
from bot.cli.simulation_report import Report
from bot.garbage import look_seldom
from flows.programme_read import ProgrammeError
from storage.errors import StorageTrouble

# A Monday; the same every year, so that a seed means the same run for ever.
_START = "2027-01-11"
_MOST_FINDINGS = 20


def simulate(
    pairs: Annotated[int, typer.Option(min=1, help="How many pairs.")] = 10,
    seed: Annotated[str, typer.Option(help="The same seed gives the same run.")] = "1",
    programme: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A programme file; else the onboarding one."),
    ] = None,
    start: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The first pairs' first day; the others follow.")
    ] = _START,  # type: ignore[assignment]  # typer reads the default like what is typed
    db: Annotated[
        str, typer.Option(help="A database's URL; else a SQLite file that is removed afterwards.")
    ] = "",
    faults: Annotated[
        bool, typer.Option("--faults", help="Let the platform fail and the process die.")
    ] = False,
    everyone: Annotated[
        str, typer.Option(help=f"Give mentees and mentors one temperament: {', '.join(TEMPERAMENTS)}.")
    ] = "",
    transcript: Annotated[
        Path | None, typer.Option(help="Write down what people got and did, a line each.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Play whole programmes with synthetic people and audit them; exit with 1 where anything is found."""
    temperament = next((t for t in TEMPERAMENTS if t == everyone), None)
    if everyone and temperament is None:
        raise typer.BadParameter(
            f"{everyone!r} is none of {', '.join(TEMPERAMENTS)}", param_hint="--everyone"
        )
    look_seldom()
    wish = Wish(
        pairs=pairs,
        seed=seed,
        programme=programme,
        start=start.date(),
        faults=faults,
        everyone=temperament,
        transcript=transcript,
    )
    with tempfile.TemporaryDirectory(prefix="telemachy-") as folder:
        url = db or f"sqlite:///{Path(folder) / 'simulation.db'}"
        try:
            report = asyncio.run(simulated(wish, url))
        except (NotSimulated, ProgrammeError, StorageTrouble) as error:
            print(error, file=sys.stderr)
            raise typer.Exit(2) from None
    typer.echo(json.dumps(report.figures, indent=2) if as_json else _table(report))
    for raised in report.errors[:_MOST_FINDINGS]:
        print(f"error: {raised}", file=sys.stderr)
    for finding in report.findings[:_MOST_FINDINGS]:
        print(
            f"{finding.number}: {finding.person}, {finding.at:%Y-%m-%d %H:%M} UTC: {finding.what}",
            file=sys.stderr,
        )
    if len(report.findings) > _MOST_FINDINGS:
        print(f"and {len(report.findings) - _MOST_FINDINGS} more", file=sys.stderr)
    if not report.clean:
        raise typer.Exit(1)


def _table(report: Report) -> str:
    rows: list[tuple[str, str]] = []
    for key, value in report.figures.items():
        words = key.replace("_", " ")
        if isinstance(value, dict):
            rows.append((words, "  ".join(f"{name} {number}" for name, number in value.items()) or "none"))
        else:
            rows.append((words, str(value)))
    width = max(len(words) for words, _ in rows)
    return "\n".join(f"{words:<{width}}  {value}" for words, value in rows)
