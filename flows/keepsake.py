"""What a mentee keeps of the months: one page with goals, plan, tasks and the feedback received, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from bot.calendar import local_date
from bot.content import Card, Day, File, Moment, PersonName, Say, UserText, Value, say
from bot.facts import Answer, Goal, Person
from bot.i18n import Reader
from flows.lines import is_reached, place_of, plan_line, plan_lines
from flows.scene import Scene
from flows.visibility import seen_by

_STYLE = (
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}li{margin:.3rem 0}.when{opacity:.7}"
)


def keepsake(scene: Scene, person: Person, card: Card) -> File:
    """Return the page as a file with the card that brings it; made from what this person may see."""
    seen = Scene(
        programme=scene.programme,
        pair=seen_by(scene.pair, person),
        now=scene.now,
        me=person,
        holidays=scene.holidays,
        company=scene.company,
    )
    page = "\n".join(_page(seen, person, Reader(person.language, person.zone)))
    return File(name="keepsake.html", mime="text/html", data=page.encode(), card=card)


def _page(scene: Scene, person: Person, reader: Reader) -> Iterator[str]:
    title = _plain(reader, scene.told(scene.programme.title))
    yield "<!doctype html>"
    yield f'<html lang="{escape(reader.language)}"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>{title}</h1>"
    yield f"<p>{_plain(reader, _who(scene, person))}</p>"
    yield from _list(reader, say("Goals"), [_goal(g) for g in sorted(_goals(scene, person), key=place_of)])
    yield from _list(
        reader, say("Plan"), [_line(i.state == "done", plan_line(scene, i)) for i in plan_lines(scene)]
    )
    tasks = [t for t in scene.pair.tasks if t.state != "dropped"]
    yield from _list(
        reader, say("Tasks"), [_line(t.state == "done", say("{task}", task=UserText(t.title))) for t in tasks]
    )
    yield from _feedback(scene, reader)
    yield "</body></html>"


def _plain(reader: Reader, words: Say) -> str:
    return escape(reader.text(words))


def _who(scene: Scene, person: Person) -> Say:
    me: Value = PersonName(person.name, person.id)
    first, last = Day(scene.first_day()), Day(local_date(scene.now, person.zone))
    if not scene.pair.seated("mentor"):
        return say("{me}, from {first} to {last}", me=me, first=first, last=last)
    mentor = scene.named("mentor")
    return say("{me}, with {mentor}, from {first} to {last}", me=me, mentor=mentor, first=first, last=last)


def _goals(scene: Scene, person: Person) -> list[Goal]:
    """Return the person's own goals, and those that nobody of several mentees set."""
    others = {m.id for m in scene.pair.seated("mentee") if m.id != person.id}
    return [g for g in scene.pair.goals if g.state != "dropped" and g.by not in others]


def _goal(goal: Goal) -> Say:
    words = say(
        "{goal}: {value} of {target} {unit}",
        goal=UserText(goal.title),
        value=goal.value,
        target=goal.target,
        unit=UserText(goal.unit),
    )
    return _line(is_reached(goal), words)


def _line(done: bool, words: Say) -> Say:
    return say("✓ {line}", line=words) if done else say("· {line}", line=words)


def _list(reader: Reader, title: Say, lines: list[Say]) -> Iterator[str]:
    if lines:
        yield f"<h2>{_plain(reader, title)}</h2><ul>"
        yield from (f"<li>{_plain(reader, line)}</li>" for line in lines)
        yield "</ul>"


def _feedback(scene: Scene, reader: Reader) -> Iterator[str]:
    """Return what the mentor wrote, oldest first."""
    given: dict[tuple[str, str, str], dict[str, Answer]] = {}
    for answer in scene.pair.answers:
        if answer.kind == "feedback" and answer.value:
            given.setdefault((answer.occurrence, answer.step, answer.person), {})[answer.field] = answer
    words = {key: parts for key, parts in sorted(given.items()) if {"good", "better"} & set(parts)}
    if words:
        yield f"<h2>{_plain(reader, say('Feedback'))}</h2>"
    for (_, _, author), parts in words.items():
        mentor = scene.pair.person(author)
        at = Moment(next(iter(parts.values())).at, "date")
        said = say("{mentor}, {day}", mentor=PersonName(mentor.name, mentor.id), day=at)
        yield f'<p class="when">{_plain(reader, said)}</p>'
        if good := parts.get("good"):
            yield f"<p>{_plain(reader, say('Went well: {text}', text=UserText(good.value)))}</p>"
        if better := parts.get("better"):
            yield f"<p>{_plain(reader, say('Could go further: {text}', text=UserText(better.value)))}</p>"
