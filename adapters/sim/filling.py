"""How a synthetic person fills in a form, and mends it once when told what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from adapters.sim.days import after_work, local
from adapters.sim.taste import Nature, reluctant
from bot.content import (
    Choice,
    ChoiceField,
    DateField,
    Field,
    Form,
    PersonField,
    ScaleField,
    TextField,
    TimeField,
)
from bot.facts import Person

Filled = tuple[tuple[str, str | tuple[str, ...]], ...]

# Every text carries one of these, so that the auditor can tell whose words are shown to whom, and when.
MARKER = r"zq[0-9a-f]{10}"
_MARKER_LENGTH = 12
_LINKS = frozenset({"room", "link", "url"})  # keys of fields that hold an address
_KEEPS = 0.85  # the chance that what is filled in already stays
SENTENCES = (
    "The import script works now",
    "We went through the week together",
    "A shorter list would help",
    "The customer calls went better than expected",
    "More time for reading would be good",
    "I asked earlier this time",
)


def marker(*parts: str) -> str:
    """Return a word that nobody else types, the same in every run of the seed."""
    return "zq" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]


def level(rng: Random, nature: Nature) -> int:
    """Return an answer from 1 to 5 as this person would give it."""
    return min(5, max(1, round(rng.gauss(nature.mood, 0.7))))


def fill(form: Form, person: Person, nature: Nature, now: datetime, rng: Random, word: str) -> Filled:
    """Fill in what is required, and as much of the rest as this person likes; `word` makes texts unique."""
    filled = ((f.key, _value(f, person, nature, now, rng, marker(word, f.key))) for f in form.fields)
    return tuple((key, value) for key, value in filled if value not in ("", ()))


def mend(form: Form, filled: Filled, wrong: Iterable[str], person: Person, now: datetime) -> Filled:
    """Fill in again what was found wrong: a figure where words were given, a later day, the first choice."""
    values = dict(filled)
    for field in form.fields:
        if field.key in wrong:
            values[field.key] = _safe(field, person, now, values.get(field.key, ""))
    return tuple((key, value) for key, value in values.items() if value not in ("", ()))


def _value(
    field: Field, person: Person, nature: Nature, now: datetime, rng: Random, unique: str
) -> str | tuple[str, ...]:
    wanted = field.required or rng.random() < nature.writes
    match field:
        case TextField():
            return _text(field, rng, unique) if wanted else field.initial
        case ChoiceField():
            return _chosen(field, nature, rng)
        case ScaleField():
            return str(level(rng, nature)) if wanted else field.initial
        case DateField():
            days = rng.randrange(7, 28)
            return field.initial or (_workday(person, now, days) if wanted else "")
        case TimeField():
            return field.initial or ("10:00" if wanted else "")
        case PersonField():
            return field.initial or (field.among[0][0] if field.among and wanted else "")


def _text(field: TextField, rng: Random, unique: str) -> str:
    if field.key in _LINKS:
        return f"https://meet.example/{unique}"
    if _is_figure(field.initial):
        return f"{float(field.initial) + 1:g}"
    if field.most < _MARKER_LENGTH:
        return str(rng.randrange(1, 10))
    text = f"{rng.choice(SENTENCES)} {unique}"
    return text if len(text) <= field.most else unique


def _chosen(field: ChoiceField, nature: Nature, rng: Random) -> str | tuple[str, ...]:
    if field.several:
        if field.required:
            return tuple(o.value for o in field.options)[: rng.randrange(1, len(field.options) + 1)]
        # An optional list of several is where troubles are ticked, privately.
        ticked = tuple(o.value for o in field.options if rng.random() < nature.troubled / 2)
        return ticked or field.initial
    if field.initial and rng.random() < _KEEPS:
        return field.initial[0]
    wanted = field.initial or field.required or rng.random() < nature.writes
    return chosen(field.options, nature, rng).value if wanted else ""


def chosen(options: tuple[Choice, ...], nature: Nature, rng: Random, *, first: bool = False) -> Choice:
    """Choose an answer: by mood where they are a scale, else mostly, or always, the first that is no refusal."""
    if all(o.value.isdigit() for o in options):
        wanted = level(rng, nature)
        return min(options, key=lambda o: (abs(int(o.value) - wanted), int(o.value)))
    willing = [o for o in options if not reluctant(o.value)] or list(options)
    # The content choose what stands first and rarely anything else; the troubled are less predictable.
    if first or rng.random() < 0.6 + nature.mood / 14:
        return willing[0]
    return options[rng.randrange(len(options))]


def _safe(
    field: Field, person: Person, now: datetime, before: str | tuple[str, ...]
) -> str | tuple[str, ...]:
    """Return what is least likely to be refused again."""
    match field:
        case TextField():
            return "5" if before else SENTENCES[0][: field.most]
        case ChoiceField():
            first = field.options[0].value if field.options else ""
            return (first,) if field.several else first
        case ScaleField():
            return "3"
        case DateField():
            return _workday(person, now, 14)
        case TimeField():
            return "11:00"
        case PersonField():
            return next((key for key, _ in field.among if key not in (person.id, before)), "")


def _is_figure(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _workday(person: Person, now: datetime, days: int) -> str:
    return local(person, after_work(person, now + timedelta(days=days), 0)).date().isoformat()
