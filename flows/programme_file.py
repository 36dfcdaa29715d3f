"""Read a programme from the text of its TOML file, or say everything that is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import time
from typing import cast

from bot.content import Role
from flows.programme import Phase, Programme, Signal, Step, Texts, When
from flows.programme_checks import check
from flows.programme_keys import PHASE_KEYS, PROGRAMME_KEYS, SIGNAL_KEYS, STEP_KEYS, TOP_KEYS
from flows.programme_read import Problem, ProgrammeError, Reading
from flows.programme_values import Known, WrongValue, check_language, meant
from flows.settings import KindOptions, Setting
from flows.signal_options import SIGNAL_KINDS
from flows.step_options import STEP_KINDS

_PLACE = re.compile(r" \((?:at (line \d+, column \d+)|at (end of document))\)$")


def load_programme(text: str, name: str) -> Programme:
    """
    Read a programme, or raise ProgrammeError with all its problems; `name` is what they call the file.
    """
    raw = _parsed(text, name)
    reading = Reading(name, Known(_language(raw), _kinds(_steps(raw)), _kinds(_tables(raw.get("signal")))))
    _top(reading, raw)
    programme = _programme(reading, raw)
    # Cross-checks of values that could not be read would only repeat what was said of them.
    if not reading.problems:
        reading.problems.extend(check(programme, name))
    if reading.problems:
        raise ProgrammeError(reading.problems)
    return programme


def _parsed(text: str, name: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        found = _PLACE.search(said)
        place = (found[1] or found[2]) if found else ""
        what = said[: found.start()] if found else said
        fix = "look there: a line is key = value, a text stands in quotes, a heading is [[phase.step]]"
        raise ProgrammeError([Problem(name, place, "", f"this is not TOML ({what})", fix)]) from error


# --- what the file holds, before anything is checked ---------------------------------------------


def _tables(raw: object) -> list[Mapping[str, object]]:
    return [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []


def _steps(raw: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [step for phase in _tables(raw.get("phase")) for step in _tables(phase.get("step"))]


def _kinds(tables: Iterable[Mapping[str, object]]) -> dict[str, str]:
    return {one["id"]: str(one.get("kind")) for one in tables if isinstance(one.get("id"), str)}  # type: ignore[misc]


def _language(raw: Mapping[str, object]) -> str:
    top = raw.get("programme")
    code = top.get("language") if isinstance(top, dict) else None
    return code if isinstance(code, str) else "en"


def _top(reading: Reading, raw: Mapping[str, object]) -> None:
    """Note what is wrong with the headings themselves."""
    known = {setting.key: setting for setting in TOP_KEYS}
    for key in raw:
        if key not in known:
            reading.wrong("", key, "this heading is not known", meant(key, known))
    if "programme" not in raw:
        reading.wrong("", "programme", "this is missing", "begin the file with [programme]")
    if not _tables(raw.get("phase")):
        reading.wrong("", "phase", "there are no phases", "add at least one [[phase]] with a [[phase.step]]")
    if "signal" in raw and not isinstance(raw["signal"], list):
        reading.wrong("", "signal", "this should be a list", "head each signal [[signal]], with two brackets")


# --- its parts -----------------------------------------------------------------------------------


def _programme(reading: Reading, raw: Mapping[str, object]) -> Programme:
    values = (
        reading.table(raw.get("programme", {}), PROGRAMME_KEYS, "programme") if "programme" in raw else {}
    )
    try:
        check_language(reading.known.language)
    except WrongValue as wrong:
        reading.wrong("programme", "language", wrong.what, wrong.fix)
    phases = [_phase(reading, one, n) for n, one in enumerate(_tables(raw.get("phase")), start=1)]
    signals = [_signal(reading, one, n) for n, one in enumerate(_tables(raw.get("signal")), start=1)]
    for what, ids in (
        ("phase", [p.id for p in phases]),
        ("step", [s.id for p in phases for s in p.steps]),
        ("signal", [s.id for s in signals]),
    ):
        for twice in sorted({one for one in ids if one and ids.count(one) > 1}):
            reading.wrong(
                f'{what} "{twice}"', "id", f"several {what}s have this id", "give each an id of its own"
            )
    return Programme(
        id=cast(str, values.get("id", "")),
        version=cast(str, values.get("version", "")),
        language=reading.known.language,
        title=cast(Texts, values.get("title", ())),
        months=cast(int, values.get("months", 0)),
        help_word=cast(str, values.get("help_word", "")),
        phases=tuple(phases),
        signals=tuple(signals),
        seats=cast("tuple[tuple[Role, tuple[int, int]], ...]", values.get("seats", ())),
    )


def _named(what: str, raw: Mapping[str, object], otherwise: str) -> str:
    return f'{what} "{raw["id"]}"' if isinstance(raw.get("id"), str) and raw["id"] else otherwise


def _phase(reading: Reading, raw: Mapping[str, object], number: int) -> Phase:
    place = _named("phase", raw, f"phase {number}")
    if "step" in raw and not isinstance(raw["step"], list):
        reading.wrong(
            place, "step", "this should be a list", "head each step [[phase.step]], with two brackets"
        )
    if not _tables(raw.get("step")):
        reading.wrong(
            place, "step", "it has no steps", "add a [[phase.step]] below it, or leave the phase out"
        )
    if "first_day" not in raw and "month" not in raw:
        reading.wrong(place, "first_day", "it is not said when it begins", "add first_day, month, or both")
    values = reading.table({k: v for k, v in raw.items() if k != "step"}, PHASE_KEYS, place)
    phase_id = cast(str, values["id"])
    rows = cast("tuple[tuple[tuple[str, object], ...], ...]", values["criteria"])
    return Phase(
        id=phase_id,
        title=cast(Texts, values["title"]),
        frame=cast(Texts, values["frame"]),
        objectives=cast("tuple[Texts, ...]", values["objectives"]),
        activities=cast("tuple[Texts, ...]", values["activities"]),
        resources=cast("tuple[Texts, ...]", values["resources"]),
        responsible=cast("tuple[Role, ...]", values["responsible"]),
        criteria=tuple((cast(str, dict(row)["step"]), cast(Texts, dict(row)["text"])) for row in rows),
        first_day=cast(int, values["first_day"]),
        month=cast(int, values["month"]),
        steps=tuple(
            _step(reading, one, phase_id, f"{place}, step {n}")
            for n, one in enumerate(_tables(raw.get("step")), start=1)
        ),
    )


def _kind(
    reading: Reading,
    raw: Mapping[str, object],
    kinds: Mapping[str, KindOptions],
    keys: tuple[Setting, ...],
    place: str,
) -> tuple[KindOptions, Mapping[str, object]]:
    """Return the kind and what can be read of the table; of an unknown kind, only the keys all kinds have."""
    name = raw.get("kind")
    if isinstance(name, str) and name in kinds:
        return kinds[name], raw
    if isinstance(name, str) and name:
        reading.wrong(place, "kind", f'there is no kind "{name}"', meant(name, kinds))
    common = {setting.key for setting in keys}
    return KindOptions(name="", explain=""), {key: value for key, value in raw.items() if key in common}


def _step(reading: Reading, raw: Mapping[str, object], phase: str, otherwise: str) -> Step:
    place = _named("step", raw, otherwise)
    kind, readable = _kind(reading, raw, STEP_KINDS, STEP_KEYS, place)
    values = reading.table(readable, (*STEP_KEYS, *kind.settings), place)
    _check_when(reading, raw, place)
    people = cast("tuple[Role, ...]", values["people"])
    who = cast("tuple[Role, ...]", values["who"]) or people
    if not who and "who" not in raw:
        reading.wrong(place, "who", "it is not said who is asked", 'add it, such as who = ["mentee"]')
    return Step(
        id=cast(str, values["id"]),
        phase=phase,
        kind=kind.name,
        who=who,
        when=_when(values),
        title=cast(Texts, values["title"]),
        text=cast("tuple[tuple[str, Texts], ...]", values["text"]),
        shared=cast(bool, values["shared"]) if "shared" in raw else kind.shared,
        people=people or (who if kind.meets else ()),
        about=cast(Role, values["about"]),
        minutes=cast(int, values["minutes"]),
        done_when="anyone" if values["done_when"] == "anyone" else "everyone",
        nudge_after=cast(int, values["nudge_after"]),
        nudges=cast(int, values["nudges"]),
        patience=cast(int, values["patience"]),
        tell_partner=cast(bool, values["tell_partner"]),
        alert_after=cast(int, values["alert_after"]),
        after=cast("tuple[str, ...]", values["after"]),
        only="new" if values["only"] == "new" else "moved" if values["only"] == "moved" else "",
        optional=cast(bool, values["optional"]),
        options=tuple((setting.key, values[setting.key]) for setting in kind.settings),
    )


def _when(values: Mapping[str, object]) -> When:
    every = values["every"]
    month = cast(int, values["month"])
    return When(
        day=cast(int, values["day"]) or int(bool(month)),
        month=month,
        every="week" if every == "week" else "day" if every == "day" else "",
        weekday=cast(int, values["weekday"]),
        from_week=cast(int, values["from_week"]),
        from_day=cast(int, values["from_day"]),
        until_day=cast(int, values["until_day"]),
        until=cast(str, values["until"]),
        at=time.fromisoformat(cast(str, values["time"])),
    )


# Which keys of time go together.
_WEEKLY = ("weekday", "from_week", "until")
_DAILY = ("from_day", "until_day")


def _check_when(reading: Reading, raw: Mapping[str, object], place: str) -> None:
    """Note where a step says its time in two ways, or in none."""
    every = raw.get("every")
    if every is None and "day" not in raw and "month" not in raw:
        reading.wrong(place, "day", "it is not said when it happens", "add day, month, or every")
    if raw.get("day") == 0:
        reading.wrong(
            place, "day", "there is no working day 0", "write 1 for the first day, -1 for the one before it"
        )
    if every == "day" and "until_day" not in raw:
        reading.wrong(
            place,
            "until_day",
            "it has no end",
            "add the last working day: until_day = 5",
        )
    fitting = {"week": _WEEKLY, "day": _DAILY}.get(str(every), ("day", "month"))
    for key in ("day", "month", *_WEEKLY, *_DAILY):
        if key in raw and key not in fitting and every in (None, "week", "day"):
            told = f'with every = "{every}"' if every else "without every"
            reading.wrong(
                place, key, f"this means nothing {told}", f"leave it out, or use {', '.join(fitting)}"
            )


def _signal(reading: Reading, raw: Mapping[str, object], number: int) -> Signal:
    place = _named("signal", raw, f"signal {number}")
    kind, readable = _kind(reading, raw, SIGNAL_KINDS, SIGNAL_KEYS, place)
    values = reading.table(readable, (*SIGNAL_KEYS, *kind.settings), place)
    return Signal(
        id=cast(str, values["id"]),
        kind=kind.name,
        step=cast(str, values["step"]),
        advice=cast(Texts, values["advice"]),
        options=tuple((setting.key, values[setting.key]) for setting in kind.settings),
    )
