"""How a goal and a line of the plan read on a card, wherever they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from bot.content import (
    Actions,
    Audience,
    Block,
    Card,
    Checklist,
    Day,
    Item,
    PersonName,
    Progress,
    Role,
    Say,
    Text,
    UserText,
    Value,
    say,
    say_n,
)
from bot.facts import Goal, Person, PlanItem, Task
from flows.scene import Desk, Scene

# Plan, goals, tasks and documents (MISSION, who sees what).
SEEN_BY: Audience = ("author", "mentee", "mentor", "coordinator", "head")
MOST_GOALS = 3
_MOST_LINES = 8  # of a plan on one card; the rest is counted
_MOST_PAIRS = 3  # on one card, so that it fits any platform; more are asked for by name


# --- goals -----------------------------------------------------------------------------------------


def open_goals(scene: Scene) -> tuple[Goal, ...]:
    """Return the goals that are being worked on, oldest first."""
    return tuple(sorted((g for g in scene.pair.goals if g.state in ("open", "reached")), key=place_of))


def goals_of(scene: Scene, person: Person) -> tuple[Goal, ...]:
    """Return the open goals that are somebody's: of several mentees each has their own, and those set for all."""
    mentees = {m.id for m in scene.pair.seated("mentee")}
    if person.id not in mentees:
        return open_goals(scene)
    return tuple(g for g in open_goals(scene) if g.by == person.id or g.by not in mentees)


def place_of(record: Goal | PlanItem | Task) -> tuple[int, str]:
    """Return where a goal, plan item or task stands among its kind: by the number that ends its id."""
    number = record.id.rpartition("/")[2]
    return (int(number) if number.isdigit() else 0, record.id)


def next_id(scene: Scene, kind: str, records: Iterable[Goal | PlanItem | Task]) -> str:
    """Return the id of a new goal, plan item or task: `e7/goal/4` after `e7/goal/3`."""
    last = max((place_of(r)[0] for r in records), default=0)
    return f"{scene.id}/{kind}/{last + 1}"


def goal_bar(goal: Goal) -> Progress:
    """Return a goal as a bar, from its baseline to its target, whichever way that is."""
    if goal.baseline == 0 and goal.target > 0:
        return Progress(_goal_name(goal), goal.value, goal.target, goal.unit)
    way = goal.target - goal.baseline
    done = (goal.value - goal.baseline) * (1 if way > 0 else -1)
    values: dict[str, Value] = {"value": goal.value, "baseline": goal.baseline, "target": goal.target}
    if goal.unit:
        unit = UserText(goal.unit)
        label = say(
            "{goal}: now {value} {unit}, from {baseline} to {target}",
            goal=_goal_name(goal),
            unit=unit,
            **values,
        )
    else:
        label = say("{goal}: now {value}, from {baseline} to {target}", goal=_goal_name(goal), **values)
    return Progress(label, max(done, 0.0), abs(way))


def _goal_name(goal: Goal) -> Say:
    title = UserText(goal.title)
    if goal.due is None:
        return say("**{goal}**", goal=title)
    return say("**{goal}** (by {day})", goal=title, day=Day(goal.due, "short"))


def is_vague(goal: Goal) -> bool:
    """Tell whether a goal has neither a number nor a unit that would show how far it is."""
    return goal.baseline == 0 and goal.target == 1 and not goal.unit


def is_reached(goal: Goal) -> bool:
    """Tell whether the target is met, also where it lies below the baseline."""
    return goal.value >= goal.target if goal.target >= goal.baseline else goal.value <= goal.target


# --- the plan --------------------------------------------------------------------------------------


def plan_lines(scene: Scene) -> tuple[PlanItem, ...]:
    """Return the plan: what is open by its day, then what is done."""
    kept = [i for i in scene.pair.plan if i.state != "dropped"]
    far = max((i.due for i in kept if i.due), default=date.max)  # without a day: among the last
    return tuple(sorted(kept, key=lambda i: (i.state == "done", i.due or far, place_of(i))))


def plan_list(
    scene: Scene, items: Iterable[PlanItem], viewer: Person | None, verb: str = "plan.tick"
) -> tuple[Block, ...]:
    """Return plan items as a list that mentee and mentor tick off by `verb`."""
    kept = tuple(items)
    if not kept:
        return ()
    ticks = viewer is not None and bool({"mentee", "mentor"} & set(scene.pair.roles_of(viewer.id)))
    lines = tuple(_plan_item(scene, item, verb if ticks else "") for item in kept[:_MOST_LINES])
    more = len(kept) - len(lines)
    if not more:
        return (Checklist(lines),)
    return Checklist(lines), Text(say_n("and {n} more", "and {n} more", more), "quiet")


def _plan_item(scene: Scene, item: PlanItem, verb: str) -> Item:
    done = item.state == "done"
    if not verb:
        return Item(plan_line(scene, item), done)
    return Item(plan_line(scene, item), done, verb, f"plan:{item.id}", "open" if done else "done")


def plan_line(scene: Scene, item: PlanItem) -> Say:
    """Return a plan item in one line: what, who, by when."""
    owner = next((p for p in scene.pair.people if p.id == item.owner), None)
    what = UserText(item.text)
    who = PersonName(owner.name, owner.id) if owner else None
    day = Day(item.due, "short") if item.due else None
    if who and day:
        return say("{what} ({who}, by {day})", what=what, who=who, day=day)
    if who:
        return say("{what} ({who})", what=what, who=who)
    if day:
        return say("{what} (by {day})", what=what, day=day)
    return say("{what}", what=what)


# --- one card for several pairs --------------------------------------------------------------------


def of_pairs(
    desk: Desk,
    text: str,
    title: Say,
    card_of: Callable[[Scene], Card],
    roles: Iterable[Role] = ("mentee", "mentor", "head"),
) -> Card | None:
    """Return one card with a section for each of a person's pairs, or for the one named; None without any."""
    seated = {s.id: s for role in roles for s in desk.as_(role)}
    named = [s for s in seated.values() if text.strip() and is_named(s, text.strip())]
    chosen = named or list(seated.values())
    if not chosen:
        return None
    if len(chosen) == 1:
        return card_of(chosen[0])
    blocks: list[Block] = []
    for scene in chosen[:_MOST_PAIRS]:
        card = card_of(scene)
        blocks += [Text(say("{names}", names=scene.named("mentee")), "heading"), *card.blocks]
        if card.buttons:
            blocks.append(Actions(card.buttons))
    if len(chosen) > _MOST_PAIRS:
        blocks.append(Text(say("Add a name after the word to see somebody else."), "quiet"))
    return Card(title, tuple(blocks))


def is_named(scene: Scene, text: str) -> bool:
    """Tell whether a text, such as the words after a command, names somebody of a pair."""
    others = (*scene.pair.seated("mentee"), *scene.pair.seated("mentor"))
    return any(text.strip().lower().lstrip("@") in p.name.lower() for p in others)


def pair_name(scene: Scene) -> Say:
    """Return how a pair is called: by its people."""
    mentees, mentors = scene.pair.seated("mentee"), scene.pair.seated("mentor")
    if len(mentees) == 1 and len(mentors) == 1:
        first, second = (PersonName(p.name, p.id) for p in (mentees[0], mentors[0]))
        return say("{mentee} and {mentor}", mentee=first, mentor=second)
    return say("{people}", people=UserText(", ".join(p.name for p in (*mentors, *mentees))))
