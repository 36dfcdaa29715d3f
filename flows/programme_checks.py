"""Check that the parts of a programme fit together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from bot.calendar import WorkingTime
from bot.content import Role
from flows.agenda import nominal_day
from flows.programme import Phase, Programme, Signal, Step, When
from flows.programme_read import Problem
from flows.settings import KindOptions
from flows.signal_options import SIGNAL_KINDS
from flows.step_options import STEP_KINDS
from flows.written import names, rows, word

# The start by which orders of days are compared: a Monday, in a place without holidays.
SAMPLE_START = date(2024, 1, 1)
SAMPLE_PLACE = WorkingTime(zone="UTC")


def check(programme: Programme, file: str) -> tuple[Problem, ...]:
    """Return what makes the programme unfit to run."""
    found = (
        *_people(programme),
        *_waiting(programme),
        *_ends(programme),
        *_frames(programme),
        *_kind_rules(programme),
        *_signals(programme),
    )
    return tuple(Problem(file, place, key, what, fix) for place, key, what, fix in found)


Found = Iterator[tuple[str, str, str, str]]  # place, key, what, fix


def _place(step: Step) -> str:
    return f'step "{step.id}"'


# --- people --------------------------------------------------------------------------------------


def _people(programme: Programme) -> Found:
    seated = {role for role, _ in programme.seats}
    for step in programme.steps():
        # `who` may have been taken from `people`: each role is told once, where it was more likely written.
        named: dict[Role, str] = dict.fromkeys(step.who, "who") | dict.fromkeys(step.people, "people")
        if step.about:
            named.setdefault(step.about, "about")
        for role, key in named.items():
            if role not in seated:
                what = f"the programme has no seat for a {role}"
                yield _place(step), key, what, f"add {role} to seats, or choose another"
        for role_name, _ in step.text:
            if role_name and role_name not in (*step.who, *step.people):
                yield (
                    _place(step),
                    "text",
                    f"nobody reads the text for the {role_name}",
                    "add the role to who, or drop it",
                )
    for phase in programme.phases:
        for role in phase.responsible:
            if role not in seated:
                yield (
                    f'phase "{phase.id}"',
                    "responsible",
                    f"the programme has no seat for a {role}",
                    f"add {role} to seats",
                )


# --- time ----------------------------------------------------------------------------------------


def _day(when: When) -> date:
    return nominal_day(SAMPLE_START, when, SAMPLE_PLACE)


def _first_day(step: Step) -> date:
    """Return the earliest day of a step in the sample calendar."""
    if step.when.every == "week":
        return SAMPLE_START + timedelta(weeks=step.when.from_week - 1, days=step.when.weekday)
    return _day(When(day=step.when.from_day)) if step.when.every == "day" else _day(step.when)


def _waiting(programme: Programme) -> Found:
    """Find steps that wait for each other, or for a later one."""
    waits = {step.id: step.after for step in programme.steps()}
    for step in programme.steps():
        ring = _ring(step.id, waits)
        # A ring is told once, at its first member in the file.
        if ring and step.id == next(name for name in waits if name in ring):
            yield (
                _place(step),
                "after",
                f"they wait for each other: {' → '.join((*ring, step.id))}",
                "take one of them out",
            )
            continue
        for name in step.after:
            earlier = programme.step(name)
            if not ring and earlier and _first_day(earlier) > _first_day(step):
                yield (
                    _place(step),
                    "after",
                    f'it waits for "{name}", which comes on a later day',
                    "move one of the two",
                )


def _ends(programme: Programme) -> Found:
    """Find steps that come again and have no sensible end."""
    for step in programme.steps():
        last = programme.step(step.when.until) if step.when.until else None
        if last and last.when.every:
            yield _place(step), "until", f'"{last.id}" comes again and again', "name a step that happens once"
        elif last and _day(last.when) <= _first_day(step):
            yield (
                _place(step),
                "until",
                f'it would end with "{last.id}" before it begins',
                "name a later step",
            )
        if step.when.every == "day" and step.when.until_day < step.when.from_day:
            yield (
                _place(step),
                "until_day",
                "it would end before it begins",
                f"write at least {step.when.from_day}",
            )


def _ring(start: str, waits: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the steps on a way from `start` back to itself, () where there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for name in waits.get(way[-1], ()):
            if name == start:
                return way
            if name not in seen:
                seen.add(name)
                ways.append((*way, name))
    return ()


def _frames(programme: Programme) -> Found:
    """Find phases that are out of order, and steps outside their phase's days."""
    begins = [_begin(phase) for phase in programme.phases]
    for phase, begin, following in zip(programme.phases, begins, [*begins[1:], None], strict=True):
        place = f'phase "{phase.id}"'
        if phase.month > programme.months:
            yield (
                place,
                "month",
                f"the programme has {programme.months} months",
                "choose an earlier month, or add months",
            )
        if following and following < begin:
            yield (
                place,
                "first_day",
                "it begins after the phase that follows it",
                "put the phases in the order of time",
            )
            continue
        for step in phase.steps:
            if step.when.month > programme.months:
                yield (
                    _place(step),
                    "month",
                    f"the programme has {programme.months} months",
                    "choose an earlier month",
                )
            elif not step.when.every and not begin <= _day(step.when) < (following or date.max):
                key = "month" if step.when.month else "day"
                yield (
                    _place(step),
                    key,
                    f"this is outside the days of {place}",
                    "move it into the phase it belongs to",
                )


def _begin(phase: Phase) -> date:
    return _day(When(day=phase.first_day or 1, month=phase.month))


# --- what kinds want -----------------------------------------------------------------------------


def _kind_rules(programme: Programme) -> Found:
    for step in programme.steps():
        kind: KindOptions = STEP_KINDS[step.kind]
        if kind.meets and len(step.people) < 2:
            yield (
                _place(step),
                "people",
                "at least two come together",
                'write them, such as people = ["mentee", "mentor"]',
            )
        if step.kind == "meeting":
            for key in ("chooser", "ask_held"):
                role = word(step, key)
                if role not in step.people:
                    yield (
                        _place(step),
                        key,
                        f"the {role} is not among its people",
                        f"choose one of {', '.join(step.people)}",
                    )
        if step.kind == "review":
            yield from _review(step)


def _review(step: Step) -> Found:
    stages = names(step, "stages")
    if len(set(stages)) < len(stages):
        yield _place(step), "stages", "a stage stands there twice", "name each stage once"
    if "mentor" in stages and "mentee" in stages and stages.index("mentor") < stages.index("mentee"):
        yield _place(step), "stages", "the mentor would speak before the mentee", "put mentee before mentor"
    if "coordinator" not in step.people:
        yield _place(step), "people", "HR has the chair", "add coordinator"


def _signals(programme: Programme) -> Found:
    for signal in programme.signals:
        place = f'signal "{signal.id}"'
        fits = SIGNAL_KINDS[signal.kind].fits
        step = programme.step(signal.step) if signal.step else None
        if step and step.kind not in fits:
            what = f'"{step.id}" is of kind {step.kind}, which {signal.kind} does not watch'
            fix = f"name a step of kind {' or '.join(fits)}" if fits else "leave step out"
            yield place, "step", what, fix
        elif fits and not any(s.kind in fits for s in programme.steps()):
            yield (
                place,
                "kind",
                f"no step is of kind {' or '.join(fits)}",
                "add such a step, or leave the signal out",
            )
        else:
            yield from _question(programme, signal, place, fits)


def _question(programme: Programme, signal: Signal, place: str, fits: tuple[str, ...]) -> Found:
    """Find signals that watch a question nobody is asked."""
    asked = dict(signal.options).get("question")
    if not asked:
        return
    watched = [s for s in programme.steps() if (s.id == signal.step if signal.step else s.kind in fits)]
    known = [row.id for s in watched if s.kind == "checkin" for row in rows(s, "questions")]
    known += ["going" for s in watched if s.kind == "feedback"]
    if asked not in known:
        yield (
            place,
            "question",
            f'nobody is asked "{asked}"',
            f"write one of {', '.join(dict.fromkeys(known))}",
        )
