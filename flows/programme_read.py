"""Read the tables of a programme file key by key, and collect every problem on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flows.programme import Option
from flows.programme_values import Known, WrongValue, check_count, meant, value_of
from flows.settings import Setting


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a file: where, what, and how to mend it."""

    file: str
    place: str  # such as `step "checkin"`
    key: str
    what: str
    fix: str

    def __str__(self) -> str:
        return ": ".join(
            part for part in (self.file, self.place, self.key, f"{self.what}; {self.fix}") if part
        )


class ProgrammeError(ValueError):
    """Say everything that is wrong with a programme file at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(slots=True)
class Reading:
    """A file being read: its name, what may be referred to, and what was found wrong so far."""

    file: str
    known: Known = field(default_factory=Known)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, place: str, key: str, what: str, fix: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(self.file, place, key, what, fix))

    def table(self, raw: object, settings: Sequence[Setting], place: str) -> dict[str, Option]:
        """Return the value of every setting, its default where it was not written or not understood."""
        values: dict[str, Option] = {setting.key: setting.default for setting in settings}
        if not isinstance(raw, dict):
            self.wrong(
                place, "", "this should be a table of keys", "write each key on its own line: key = value"
            )
            return values
        known = {setting.key: setting for setting in settings}
        for key in raw:
            if key not in known:
                self.wrong(place, key, "this key is not known here", meant(key, known))
        for key, setting in known.items():
            if key in raw:
                values[key] = self._value(setting, raw[key], place)
            elif setting.required:
                self.wrong(place, key, "this is missing", f"add it: {setting.explain}")
        return values

    def _value(self, setting: Setting, raw: object, place: str) -> Option:
        if setting.shape == "rows":
            return self._rows(setting, raw, place)
        try:
            return value_of(self.known, setting, raw)
        except WrongValue as wrong:
            self.wrong(place, setting.key, wrong.what, wrong.fix)
            return setting.default

    def _rows(self, setting: Setting, raw: object, place: str) -> Option:
        if not isinstance(raw, list):
            keys = ", ".join(f"{field.key} = …" for field in setting.fields)
            self.wrong(place, setting.key, "this should be a list of tables", f"write [{{ {keys} }}]")
            return setting.default
        try:
            check_count(setting, len(raw))
        except WrongValue as wrong:
            self.wrong(place, setting.key, wrong.what, wrong.fix)
        tables = [
            self.table(one, setting.fields, f"{place}, {setting.key}, entry {number}")
            for number, one in enumerate(raw, start=1)
        ]
        ids = [str(one["id"]) for one in tables if one.get("id")]
        for twice in sorted({name for name in ids if ids.count(name) > 1}):
            self.wrong(
                place, setting.key, f'"{twice}" stands there twice', "give each entry an id of its own"
            )
        return tuple(tuple(one.items()) for one in tables)
