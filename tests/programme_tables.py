"""
The rows that the handbook of programme files must have, written from the tables the loader goes by.
"""

from flows.programme_keys import PHASE_KEYS, PLACEHOLDERS, PROGRAMME_KEYS, SIGNAL_KEYS, STEP_KEYS
from flows.settings import KindOptions, Setting
from flows.signal_options import SIGNAL_KINDS
from flows.step_options import STEP_KINDS

SHAPES = {
    "text": "text",
    "texts": "list of texts",
    "role_text": "text, or texts by role",
    "rows": "list of tables",
    "id": "id",
    "word": "word",
    "words": "list of words",
    "whole": "number",
    "yes_no": "true or false",
    "role": "role",
    "roles": "list of roles",
    "step": "id of a step",
    "steps": "list of ids of steps",
    "signal": "id of a signal",
    "duration": "working time",
    "time": "time of day",
    "weekday": "weekday",
    "seats": "table",
}
_LOOKS = {"weekday": '"thursday"', "duration": '"48 working hours"'}


def default(setting: Setting) -> str:
    """Return what holds where the key is left out."""
    if setting.required:
        return "must be written"
    value = setting.default
    if setting.shape in _LOOKS and value:
        return f"`{_LOOKS[setting.shape]}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        listed = ", ".join(f'"{one}"' for one in value)
        return f"`[{listed}]`" if value else ""
    if isinstance(value, str):
        return f'`"{value}"`' if value else ""
    return f"`{value}`" if value else ""


def row(setting: Setting) -> str:
    """Return a key's line of a table."""
    explain = setting.explain
    if setting.one_of:
        explain += " One of: " + ", ".join(setting.one_of) + "."
    if setting.fields:
        explain += " Keys of each: " + ", ".join(f"`{field.key}`" for field in setting.fields) + "."
    return f"| `{setting.key}` | {SHAPES[setting.shape]} | {default(setting)} | {explain} |"


def table(settings: tuple[Setting, ...]) -> list[str]:
    """Return a table of keys."""
    return ["| key | written as | without it | what it is for |", "|---|---|---|---|", *map(row, settings)]


def kind_lines(kind: KindOptions) -> list[str]:
    """Return the section of one kind."""
    lines = [f"### `{kind.name}`", "", kind.explain]
    if kind.seen_by:
        lines += ["", f"Seen by: {', '.join(kind.seen_by)}."]
    if kind.fits:
        lines += ["", f"Watches steps of kind: {', '.join(kind.fits)}."]
    if kind.settings:
        lines += ["", *table(kind.settings)]
    rows = [setting for setting in kind.settings if setting.fields]
    for setting in rows:
        lines += ["", f"Each entry of `{setting.key}`:", "", *table(setting.fields)]
    return lines


def sections() -> dict[str, list[str]]:
    """Return every part of the handbook that the loader's tables say, by heading."""
    placeholders = [f"| `{{{name}}}` | {what} |" for name, what in PLACEHOLDERS.items()]
    criteria = next(setting for setting in PHASE_KEYS if setting.key == "criteria")
    phase = [s for s in PHASE_KEYS if s.key != "step"]
    step_kinds = [line for kind in STEP_KINDS.values() for line in (*kind_lines(kind), "")]
    signal_kinds = [line for kind in SIGNAL_KINDS.values() for line in (*kind_lines(kind), "")]
    return {
        "## Words in braces": ["| word | stands for |", "|---|---|", *placeholders],
        "## The programme": table(PROGRAMME_KEYS),
        "## A phase": [*table(tuple(phase)), "", "Each entry of `criteria`:", "", *table(criteria.fields)],
        "## A step": table(STEP_KEYS),
        "## Kinds of steps": step_kinds[:-1],
        "## A signal": table(SIGNAL_KEYS),
        "## Kinds of signals": signal_kinds[:-1],
    }
