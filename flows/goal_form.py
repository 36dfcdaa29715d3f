"""The form of a goal, and what is read from it: numbers, a unit, a day; a vague goal is kept as well."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.content import DateField, Field, Form, Say, TextField, say
from bot.events import Submitted
from bot.facts import Goal
from flows.lines import SEEN_BY, is_reached, is_vague
from flows.scene import Scene


def goal_form(goal: Goal, verb: str, ref: str) -> Form:
    """Return the dialog for a goal; one without an id is new."""
    known = bool(goal.id)
    target = f"{goal.target:g}" if known and not is_vague(goal) else ""
    title_hint = say("What will be different, in a few words.")
    target_hint = say("Such as 5. Leave it empty where no number fits.")
    fields: list[Field] = [
        replace(_line("title", say("Goal"), goal.title, title_hint), required=True, most=150),
        _line("target", say("Number to reach"), target, target_hint),
        replace(_line("unit", say("Of what"), goal.unit, say("Such as customer calls.")), most=40),
        _line("baseline", say("Where it stands today"), f"{goal.baseline:g}"),
    ]
    if known:
        fields.append(_line("value", say("So far"), f"{goal.value:g}"))
    due = goal.due.isoformat() if goal.due else ""
    fields.append(DateField(key="due", label=say("By"), seen_by=SEEN_BY, initial=due))
    return Form(title=say("Goal"), verb=verb, ref=ref, fields=tuple(fields), submit=say("Keep"))


def _line(key: str, label: Say, initial: str, hint: Say | None = None) -> TextField:
    return TextField(key=key, label=label, seen_by=SEEN_BY, most=12, initial=initial, hint=hint)


def read(scene: Scene, event: Submitted, goal: Goal) -> tuple[Goal, dict[str, Say]]:
    """Return the goal as the form says it, and by field what has to be mended."""
    typed = {key: str(value).strip() for key, value in event.values.items()}
    errors: dict[str, Say] = {}
    numbers: dict[str, float] = {}
    for key, usual in (("baseline", 0.0), ("target", 1.0), ("value", goal.value)):
        number = number_in(typed.get(key, ""))
        numbers[key] = usual if number is None and not typed.get(key) else number or 0.0
        if number is None and typed.get(key):
            errors[key] = say("Please give a number, such as {example}.", example=5)
    if "target" not in errors and numbers["target"] == numbers["baseline"]:
        errors["target"] = say("That is where it stands today. Which number would be an achievement?")
    due, wrong_day = day_in(scene, typed.get("due", ""), goal.due)
    if wrong_day is not None:
        errors["due"] = wrong_day
    if not typed.get("title"):
        errors["title"] = say("Please say in a few words what the goal is.")
    value = numbers["value"] if goal.id else numbers["baseline"]
    read = replace(
        goal,
        title=typed.get("title", ""),
        unit=typed.get("unit", ""),
        baseline=numbers["baseline"],
        target=numbers["target"],
        value=value,
        due=due,
    )
    return replace(read, state="reached" if is_reached(read) else "open"), errors


def number_in(typed: str) -> float | None:
    """Return the number somebody typed, with comma or point; None where it is none."""
    try:
        number = float(typed.replace(",", "."))
    except ValueError:
        return None
    return number if abs(number) < 1e12 else None  # also keeps out inf and nan


def day_in(scene: Scene, typed: str, known: date | None = None) -> tuple[date | None, Say | None]:
    """Return the day somebody typed, or what is wrong with it; a day that was known already may be over."""
    if not typed:
        return None, None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None, say("That is not a day. Please write it like 2027-03-31.")
    if day < scene.today(scene.actor) and day != known:
        return None, say("That day is over. Pick a later one; the rest is kept.")
    return day, None
