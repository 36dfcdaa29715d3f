"""Say what differs between two versions of a programme, and whom each difference reaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.content import Role
from flows.programme import Option, Phase, Programme, Signal, Step, When
from flows.programme_keys import STEP_KEYS, WEEKDAYS
from flows.settings import KindOptions, Setting
from flows.signal_options import SIGNAL_KINDS
from flows.step_options import STEP_KINDS

What = Literal["added", "removed", "moved", "texts", "people", "reminders", "settings", "threshold"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `reaches` are the roles that will notice it."""

    place: str
    what: What
    detail: str
    reaches: tuple[Role, ...]


def differences(old: Programme, new: Programme) -> tuple[Change, ...]:
    """Return all differences in the order of the file: the programme, phases, steps, signals."""
    return (*_programme(old, new), *_phases(old, new), *_steps(old, new), *_signals(old, new))


def _programme(old: Programme, new: Programme) -> Iterator[Change]:
    everybody = tuple(role for role, _ in new.seats)
    if old.title != new.title or old.help_word != new.help_word:
        yield Change("programme", "texts", "title or help word", everybody)
    if old.months != new.months:
        yield Change("programme", "settings", f"months: {old.months} → {new.months}", everybody)
    if old.language != new.language:
        yield Change("programme", "settings", f"language: {old.language} → {new.language}", everybody)
    before, after = dict(old.seats), dict(new.seats)
    for role in dict.fromkeys((*before, *after)):
        if before.get(role) != after.get(role):
            span = f"seats for {role}: {_seats(before.get(role))} → {_seats(after.get(role))}"
            yield Change("programme", "people", span, (role,))


def _seats(span: tuple[int, int] | None) -> str:
    if span is None:
        return "none"
    return str(span[0]) if span[0] == span[1] else f"{span[0]} to {span[1]}"


def _phases(old: Programme, new: Programme) -> Iterator[Change]:
    before, after = {p.id: p for p in old.phases}, {p.id: p for p in new.phases}
    for name in dict.fromkeys((*after, *before)):
        was, now = before.get(name), after.get(name)
        reaches = _reached(*((was or now).steps if was or now else ()))  # type: ignore[union-attr]
        place = f'phase "{name}"'
        if was is None or now is None:
            yield Change(place, "added" if was is None else "removed", "", reaches)
            continue
        if (was.first_day, was.month) != (now.first_day, now.month):
            yield Change(place, "moved", f"begins on {_begin(was)} → {_begin(now)}", reaches)
        if _said(was) != _said(now):
            yield Change(place, "texts", "what is said of the phase", ("coordinator",))


def _begin(phase: Phase) -> str:
    return when_words(When(day=phase.first_day or 1, month=phase.month)).rpartition(",")[0]


def _said(phase: Phase) -> tuple[object, ...]:
    lists = (phase.objectives, phase.activities, phase.resources, phase.responsible, phase.criteria)
    return (phase.title, phase.frame, *lists)


# --- steps ---------------------------------------------------------------------------------------


def _reached(*steps: Step) -> tuple[Role, ...]:
    return tuple(dict.fromkeys(role for step in steps for role in (*step.who, *step.people)))


def _steps(old: Programme, new: Programme) -> Iterator[Change]:
    before, after = {s.id: s for s in old.steps()}, {s.id: s for s in new.steps()}
    for name in dict.fromkeys((*after, *before)):
        was, now = before.get(name), after.get(name)
        if was is not None and now is not None:
            yield from _step(was, now)
        elif now is not None:
            yield Change(f'step "{name}"', "added", f"{now.kind}, {when_words(now.when)}", _reached(now))
        elif was is not None:
            yield Change(f'step "{name}"', "removed", f"{was.kind}, {when_words(was.when)}", _reached(was))


def _step(was: Step, now: Step) -> Iterator[Change]:
    place, reaches = f'step "{now.id}"', _reached(was, now)
    if was.when != now.when:
        yield Change(place, "moved", f"{when_words(was.when)} → {when_words(now.when)}", reaches)
    if was.phase != now.phase:
        yield Change(place, "settings", f"phase: {was.phase} → {now.phase}", reaches)
    if was.kind != now.kind:
        yield Change(place, "settings", f"kind: {was.kind} → {now.kind}", reaches)
    texts = [key for key in ("title", "text") if getattr(was, key) != getattr(now, key)]
    if was.kind == now.kind:
        kind = STEP_KINDS[now.kind]
        texts += _changed_texts(kind, was.options, now.options)
        for detail in _changed_values(kind, was.options, now.options):
            yield Change(place, "settings", detail, reaches)
    if texts:
        yield Change(place, "texts", ", ".join(texts), reaches)
    shapes = {setting.key: setting.shape for setting in STEP_KEYS}
    for what, keys in _GROUPS:
        told = [_shift(key, getattr(was, key), getattr(now, key), shapes[key]) for key in keys]
        if any(told):
            yield Change(place, what, ", ".join(filter(None, told)), reaches)


_GROUPS: tuple[tuple[What, tuple[str, ...]], ...] = (
    ("people", ("who", "people", "about", "only")),
    ("reminders", ("nudge_after", "nudges", "patience", "tell_partner", "alert_after")),
    ("settings", ("minutes", "shared", "done_when", "after", "optional")),
)


def _shift(key: str, was: Option, now: Option, shape: str = "") -> str:
    unit = " working hours" if shape == "duration" else ""
    return "" if was == now else f"{key}: {_plain(was)} → {_plain(now)}{unit}"


def _plain(value: Option) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "nothing"
    return str(value) if value != "" else "nothing"


# --- signals -------------------------------------------------------------------------------------


def _signals(old: Programme, new: Programme) -> Iterator[Change]:
    before, after = {s.id: s for s in old.signals}, {s.id: s for s in new.signals}
    for name in dict.fromkeys((*after, *before)):
        was, now = before.get(name), after.get(name)
        if was is not None and now is not None:
            yield from _signal(was, now)
        else:
            yield Change(f'signal "{name}"', "added" if was is None else "removed", "", ("coordinator",))


def _signal(was: Signal, now: Signal) -> Iterator[Change]:
    place = f'signal "{now.id}"'
    told = [_shift("kind", was.kind, now.kind), _shift("step", was.step, now.step)]
    texts = ["advice"] if was.advice != now.advice else []
    if was.kind == now.kind:
        kind = SIGNAL_KINDS[now.kind]
        told += _changed_values(kind, was.options, now.options)
        texts += _changed_texts(kind, was.options, now.options)
    if any(told):
        yield Change(place, "threshold", ", ".join(filter(None, told)), ("coordinator",))
    if texts:
        yield Change(place, "texts", ", ".join(texts), ("coordinator",))


# --- what kinds are told -------------------------------------------------------------------------

Options = tuple[tuple[str, Option], ...]
_WORDED = ("text", "texts", "rows", "role_text")


def _differing(kind: KindOptions, was: Options, now: Options) -> list[Setting]:
    old, new = dict(was), dict(now)
    return [setting for setting in kind.settings if old.get(setting.key) != new.get(setting.key)]


def _changed_texts(kind: KindOptions, was: Options, now: Options) -> list[str]:
    return [setting.key for setting in _differing(kind, was, now) if setting.shape in _WORDED]


def _changed_values(kind: KindOptions, was: Options, now: Options) -> list[str]:
    old, new = dict(was), dict(now)
    return [
        _shift(s.key, old.get(s.key, ""), new.get(s.key, ""), s.shape)
        for s in _differing(kind, was, now)
        if s.shape not in _WORDED
    ]


def when_words(when: When) -> str:
    """Word when a step happens, such as "month 3, last working day, 10:00"."""
    at = when.at.strftime("%H:%M")
    if when.every == "day":
        return f"working days {when.from_day} to {when.until_day}, {at}"
    if when.every == "week":
        end = f" until {when.until}" if when.until else ""
        return f"each {WEEKDAYS[when.weekday].capitalize()} from week {when.from_week}{end}, {at}"
    if when.month:
        return f"month {when.month}, {_nth(when.day)}, {at}"
    if when.day < 0:
        return f"{-when.day} working day{'s' if when.day < -1 else ''} before the start, {at}"
    return f"working day {when.day}, {at}"


def _nth(day: int) -> str:
    if day == -1:
        return "last working day"
    return f"working day {day}" if day > 0 else f"working day {-day} from the end"
