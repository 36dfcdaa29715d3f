"""The form of the weekly feedback: what it asks, and what is read from it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content import (
    Audience,
    Choice,
    ChoiceField,
    Form,
    PersonName,
    Say,
    ScaleField,
    TextField,
    UserText,
    say,
)
from bot.events import Submitted
from bot.facts import Answer, AnswerKind, Person, StepState
from flows.scene import Scene, ref_of
from flows.taken import answered, answers_to
from flows.written import rows, texts

SEEN_BY: Audience = ("author", "mentee", "coordinator")
# The head reads it too, in the digest that the mentor passes on; said where it is asked.
SEEN_WITH_HEAD: Audience = ("author", "mentee", "coordinator", "head")
PRIVATE: Audience = ("author", "coordinator")
_MOST_TOPICS = 20


def mentee_of(scene: Scene, state: StepState) -> Person:
    """Return whom a feedback is about."""
    about = state.occurrence.partition(".")[2]
    return scene.pair.person(about) if about else scene.pair.seated("mentee")[0]


def feedback_form(scene: Scene, state: StepState, verb: str, intro: Say | None = None) -> Form:
    """Return the form for one mentee, with what was written before."""
    mentee, step = mentee_of(scene, state), scene.step_of(state)
    given = {a.field: a.value for a in answers_to(scene, state)}
    name = PersonName(mentee.name, mentee.id)
    good = _words(
        "good", say("What went well?"), say("Something you saw this week, and why it was good."), given
    )
    better = _words("better", say("What could go further?"), say("One thing, and what to try."), given)
    topic = _topic(scene, state, given.get("topic", ""))
    going = ScaleField(
        key="going",
        label=scene.told(texts(step, "going"), mentee=name),
        seen_by=PRIVATE,
        low=say("hard"),
        high=say("very well"),
        initial=given.get("going", ""),
    )
    ticks = tuple(Choice(scene.told(r.text, mentee=name), r.id) for r in rows(step, "ticks"))
    private = ChoiceField(
        key="ticks",
        label=say("Is any of this getting in the way?"),
        seen_by=PRIVATE,
        options=ticks,
        several=True,
        initial=tuple(v for v in given.get("ticks", "").split(",") if v),
    )
    fields = (good, better, *((topic,) if topic else ()), going, *((private,) if ticks else ()))
    return Form(title=say("For {name}", name=name), verb=verb, ref=ref_of(state), fields=fields, intro=intro)


def _words(key: str, label: Say, hint: Say, given: Mapping[str, str]) -> TextField:
    return TextField(
        key=key,
        label=label,
        seen_by=SEEN_WITH_HEAD,
        long=True,
        most=1000,
        hint=hint,
        initial=given.get(key, ""),
    )


def _topic(scene: Scene, state: StepState, chosen: str) -> ChoiceField | None:
    """Return what the feedback may be tied to; optional (MISSION: picking a plan item or goal is optional)."""
    options = tuple(Choice(say("{text}", text=UserText(t)), i) for i, t in topics(scene, state).items())
    if not options:
        return None
    return ChoiceField(
        key="topic",
        label=say("About which part of the plan?"),
        seen_by=SEEN_WITH_HEAD,
        options=options[:_MOST_TOPICS],
        initial=(chosen,) if chosen in {o.value for o in options[:_MOST_TOPICS]} else (),
    )


def topics(scene: Scene, state: StepState) -> dict[str, str]:
    """Return what of plan and goals is open, by id; where there are several mentees, no goal of another one."""
    mentee = mentee_of(scene, state).id
    others = {p.id for p in scene.pair.seated("mentee")} - {mentee}
    plan = {p.id: p.text for p in scene.pair.plan if p.state == "open" and p.owner not in others}
    goals = {g.id: g.title for g in scene.pair.goals if g.state in ("open", "reached") and g.by not in others}
    return {**plan, **goals}


def written(scene: Scene, state: StepState, event: Submitted) -> dict[str, str]:
    """Return what was typed and picked; what the form does not offer is left out."""
    values = {k: v.strip() if isinstance(v, str) else ",".join(v) for k, v in event.values.items()}
    ticks = {row.id for row in rows(scene.step_of(state), "ticks")}
    values["ticks"] = ",".join(t for t in values.get("ticks", "").split(",") if t in ticks)
    known = {a.value for a in answers_to(scene, state) if a.field == "topic"}
    if values.get("topic") not in {*topics(scene, state), *known}:
        values["topic"] = ""
    if values.get("going") not in {"1", "2", "3", "4", "5"}:
        values["going"] = ""
    return values


def answers(scene: Scene, state: StepState, values: Mapping[str, str]) -> list[Answer]:
    """Return what is stored of a feedback, each part with who sees it."""
    kinds: tuple[tuple[str, AnswerKind, Audience], ...] = (
        ("good", "feedback", SEEN_BY),
        ("better", "feedback", SEEN_BY),
        ("topic", "feedback", SEEN_BY),
        ("going", "going", PRIVATE),
        ("ticks", "private", PRIVATE),
    )
    known = {a.field for a in answers_to(scene, state)}
    return [
        answered(scene, state, field, kind, values.get(field, ""), seen_by, mentee_of(scene, state).id)
        for field, kind, seen_by in kinds
        if values.get(field) or field in known
    ]
