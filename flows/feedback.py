"""The mentor's weekly feedback: what went well, what could go further, one tap on how it is going (FEATURES P7)."""

from __future__ import annotations

from dataclasses import replace

from bot.content import (
    Audience,
    Button,
    Card,
    Choice,
    ChoiceField,
    Form,
    PersonName,
    Say,
    ScaleField,
    Text,
    TextField,
    UserText,
    say,
    told,
)
from bot.events import Submitted
from bot.facts import Answer, AnswerKind, Person, StepState
from bot.outcome import Change, CloseForm, FixForm, Note, Outcome, Put, ReplaceCard, Send, ShowForm
from flows import survey
from flows.kinds import Act, Command, Kind, Verb
from flows.scene import Desk, Scene, ref_of
from flows.stepping import finished
from flows.taken import GOT_LATE, answer_id, answers_to, late
from flows.written import rows, texts

SEEN_BY: Audience = ("author", "mentee", "coordinator")
# The head reads it too, in the digest that the mentor passes on; said where it is asked.
SEEN_WITH_HEAD: Audience = ("author", "mentee", "coordinator", "head")
PRIVATE: Audience = ("author", "coordinator")
NEEDS = ("steps", "answers", "goals", "plan")


def mentee_of(scene: Scene, state: StepState) -> Person:
    """Return whom a feedback is about."""
    about = state.occurrence.partition(".")[2]
    return scene.pair.person(about) if about else scene.pair.seated("mentee")[0]


def card(scene: Scene, state: StepState) -> Card:
    """Return the request for feedback, or what was given."""
    mentee = mentee_of(scene, state)
    name = PersonName(mentee.name, mentee.id)
    given = {a.field: a.value for a in answers_to(scene, state)}
    ref = ref_of(state)
    if state.state == "done" or given:
        edit = Button(say("Change it"), "feedback.write", ref, opens_form=True)
        shown = tuple(
            Text(say("{label}: {text}", label=label, text=UserText(given[key])))
            for key, label in (("good", say("Went well")), ("better", say("Could go further")))
            if given.get(key)
        )
        return Card(
            say("For {name}, this week.", name=name),
            (*shown, *survey.extra_blocks(scene, state)),
            () if _was_read(scene, state) else (edit,),
        )
    blocks = (Text(say("What went well, and what could go further? It reaches {name} at once.", name=name)),)
    write = Button(say("Write"), "feedback.write", ref, style="primary", opens_form=True)
    skip = Button(say("Skip this week"), "feedback.skip", ref)
    return Card(say("Two lines for {name} about this week?", name=name), blocks, (write, skip))


def _was_read(scene: Scene, state: StepState) -> bool:
    return any(a.read_at is not None for a in answers_to(scene, state) if a.kind == "feedback")


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above a request that is shown again: what the two spoke of last."""
    mentee = mentee_of(scene, state)
    last = _last_topic(scene, mentee)
    if last:
        return say("Last time you wrote about “{topic}”.", topic=UserText(last))
    return say("One line helps {name} more than none.", name=PersonName(mentee.name, mentee.id))


def _last_topic(scene: Scene, mentee: Person) -> str:
    about = [a for a in scene.pair.answers if a.kind == "feedback" and a.field in ("good", "better")]
    mine = sorted((a for a in about if a.about in ("", mentee.id)), key=lambda a: (a.at, a.id))
    return mine[-1].value[:60] if mine else ""


# --- the form --------------------------------------------------------------------------------------


def write(scene: Scene, event: Act) -> Outcome:
    """Open the form at once, with the plan items and goals of now to pick from."""
    _, state = scene.mine(event.ref)
    if state is None or late(scene, state) or state.state == "skipped":
        return Outcome(reply=Note(GOT_LATE))
    return _opened(scene, state)


def _opened(scene: Scene, state: StepState) -> Outcome:
    if _was_read(scene, state):
        return Outcome(reply=Note(say("It has been read, so it stays as it is. Next week is a new one.")))
    return Outcome(reply=ShowForm(form(scene, state)))


def form(scene: Scene, state: StepState) -> Form:
    """Return the feedback form for one mentee."""
    mentee = mentee_of(scene, state)
    step = scene.step_of(state)
    given = {a.field: a.value for a in answers_to(scene, state)}
    fields = [
        TextField(
            key="good",
            label=say("What went well?"),
            seen_by=SEEN_WITH_HEAD,
            long=True,
            most=1000,
            hint=say("Something you saw this week, and why it was good."),
            initial=given.get("good", ""),
        ),
        TextField(
            key="better",
            label=say("What could go further?"),
            seen_by=SEEN_WITH_HEAD,
            long=True,
            most=1000,
            hint=say("One thing, and what to try."),
            initial=given.get("better", ""),
        ),
    ]
    topic = _topics(scene, given.get("topic", ""))
    going = ScaleField(
        key="going",
        label=told(
            dict(texts(step, "going")), **{**scene.names(), "mentee": PersonName(mentee.name, mentee.id)}
        ),
        seen_by=PRIVATE,
        low=say("hard"),
        high=say("very well"),
        initial=given.get("going", ""),
    )
    ticks = tuple(Choice(told(dict(r.text), **scene.names()), r.id) for r in rows(step, "ticks"))
    private = ChoiceField(
        key="ticks",
        label=say("Is any of this getting in the way?"),
        seen_by=PRIVATE,
        options=ticks,
        several=True,
        initial=tuple(v for v in given.get("ticks", "").split(",") if v),
    )
    everything = (*fields, *((topic,) if topic else ()), going, *((private,) if ticks else ()))
    return Form(
        title=say("For {name}", name=PersonName(mentee.name, mentee.id)),
        verb="feedback.keep",
        ref=ref_of(state),
        fields=everything,
    )


def _topics(scene: Scene, chosen: str) -> ChoiceField | None:
    """Return what the feedback may be tied to; optional (MISSION: picking a plan item or goal is optional)."""
    options = [
        Choice(say("{text}", text=UserText(p.text)), p.id) for p in scene.pair.plan if p.state == "open"
    ]
    options += [
        Choice(say("{text}", text=UserText(g.title)), g.id) for g in scene.pair.goals if g.state == "open"
    ]
    if not options:
        return None
    return ChoiceField(
        key="topic",
        label=say("About which part of the plan?"),
        seen_by=SEEN_WITH_HEAD,
        options=tuple(options[:20]),
        initial=(chosen,) if chosen else (),
    )


def keep(scene: Scene, event: Act) -> Outcome:
    """Store the feedback, show it to the mentee at once, and offer the next mentee's form."""
    assert isinstance(event, Submitted)
    _, state = scene.mine(event.ref)
    if state is None or late(scene, state):
        return Outcome(reply=CloseForm(GOT_LATE))
    values = {k: _plain(v) for k, v in event.values.items()}
    if not values.get("good") and not values.get("better"):
        return Outcome(
            reply=FixForm({"good": say("One line is enough; or close this and tap “Skip this week”.")})
        )
    if _was_read(scene, state):
        return Outcome(reply=CloseForm(say("It has been read meanwhile, so it stays as it was.")))
    changes: list[Change] = [Put(answer) for answer in _answers(scene, state, values)]
    if state.state == "open":
        changes.append(finished(scene, state))
    after = scene.after(changes)
    mentee = mentee_of(scene, state)
    note = say("Thank you. {name} reads it now.", name=PersonName(mentee.name, mentee.id))
    ended = replace(state, state="done")
    return Outcome(
        reply=CloseForm(note, card=card(after, ended)),
        changes=tuple(changes),
        sends=(_to_mentee(after, state, values),),
    )


def _plain(value: str | tuple[str, ...]) -> str:
    return value.strip() if isinstance(value, str) else ",".join(value)


def _answers(scene: Scene, state: StepState, values: dict[str, str]) -> list[Answer]:
    kinds: tuple[tuple[str, AnswerKind, Audience], ...] = (
        ("good", "feedback", SEEN_BY),
        ("better", "feedback", SEEN_BY),
        ("topic", "feedback", SEEN_BY),
        ("going", "going", PRIVATE),
        ("ticks", "private", PRIVATE),
    )
    known = {a.field for a in answers_to(scene, state)}
    return [
        Answer(
            id=answer_id(state, scene.actor.id, field),
            enrolment=scene.id,
            step=state.step,
            occurrence=state.occurrence,
            person=scene.actor.id,
            field=field,
            kind=kind,
            value=values.get(field, ""),
            seen_by=seen_by,
            at=scene.now,
            about=mentee_of(scene, state).id,
        )
        for field, kind, seen_by in kinds
        if values.get(field) or field in known
    ]


def _to_mentee(scene: Scene, state: StepState, values: dict[str, str]) -> Send:
    """Return the feedback as the mentee reads it; a corrected one takes the place of the first."""
    mentee = mentee_of(scene, state)
    key = f"{state.id}:{mentee.id}:feedback"
    changed = state.state == "done"
    return Send(
        to=mentee.id,
        content=mentee_card(scene, state, values),
        key=f"{key}:{scene.now.isoformat()}" if changed else key,
        kind="update" if changed else "info",
        replaces=key if changed else "",
        not_before=scene.now if changed else scene.at_work(mentee),
        enrolment=scene.id,
    )


def mentee_card(scene: Scene, state: StepState, values: dict[str, str]) -> Card:
    """Return what the mentee reads."""
    mentor = PersonName(scene.pair.person(state.person).name, state.person)
    lines = [
        Text(say("**{label}** {text}", label=label, text=UserText(values[key])))
        for key, label in (("good", say("Went well:")), ("better", say("Could go further:")))
        if values.get(key)
    ]
    lines.append(Text(say("What would you like to ask {mentor}?", mentor=mentor)))
    read = Button(say("Read, thank you"), "feedback.read", f"{ref_of(state)}/{state.person}")
    return Card(say("From {mentor}, about this week.", mentor=mentor), tuple(lines), (read,), tone="warm")


def read(scene: Scene, event: Act) -> Outcome:
    """Note that the mentee has read it: from then on it can no longer be changed."""
    _, step, occurrence, author = event.ref.partition(":")[2].split("/", 3)
    mine = [
        a
        for a in scene.pair.answers
        if a.kind == "feedback" and a.step == step and a.occurrence == occurrence and a.person == author
    ]
    if not mine:
        return Outcome(reply=Note(GOT_LATE))
    changes = tuple(Put(replace(a, read_at=scene.now)) for a in mine if a.read_at is None)
    given = {a.field: a.value for a in mine}
    state = scene.pair.step(step, occurrence, author)
    if state is None:
        return Outcome(reply=Note(say("Thank you.")), changes=changes)
    return Outcome(reply=ReplaceCard(replace(mentee_card(scene, state, given), buttons=())), changes=changes)


def skip(scene: Scene, event: Act) -> Outcome:
    """Let this week go in one tap."""
    _, state = scene.mine(event.ref)
    if state is None or late(scene, state):
        return Outcome(reply=Note(GOT_LATE))
    if state.state != "open":
        return Outcome(reply=ReplaceCard(card(scene, state)))
    mentee = mentee_of(scene, state)
    done = Card(say("Skipped for {name} this week.", name=PersonName(mentee.name, mentee.id)))
    return Outcome(reply=ReplaceCard(done), changes=(finished(scene, state, why="person"),))


# --- the command -----------------------------------------------------------------------------------


def command(desk: Desk, text: str) -> Outcome:
    """Open the form for the mentee named, else for the first whose feedback is open."""
    wanted = text.strip().lstrip("@").lower()
    mine = [
        (scene, state)
        for scene in desk.as_("mentor")
        for state in scene.pair.steps
        if state.person == desk.me.id and scene.step_of(state).kind == "feedback" and not late(scene, state)
    ]
    named = [(s, st) for s, st in mine if wanted in mentee_of(s, st).name.lower()]
    ready = sorted((f for f in named if f[1].state in ("open", "done")), key=lambda f: f[1].state == "done")
    if ready:
        return _opened(*ready[0])
    if desk.as_("mentor"):
        return Outcome(
            reply=Note(say("Nothing is open: this week's feedback is given, or a review takes its place."))
        )
    return Outcome(reply=Note(say("You mentor nobody at the moment, so there is no feedback to write.")))


KINDS = {"feedback": Kind(card=card, nudge=nudge, yields_to_review=True)}
VERBS = {
    "feedback.write": Verb(run=write, roles=("mentor",), needs=NEEDS),
    "feedback.keep": Verb(run=keep, roles=("mentor",), needs=NEEDS),
    "feedback.skip": Verb(run=skip, roles=("mentor",), needs=NEEDS),
    "feedback.read": Verb(run=read, roles=("mentee",), needs=NEEDS),
}
COMMANDS = {
    "feedback": Command(
        run=command,
        help=say("two lines for your mentee about this week"),
        usage="[name]",
        roles=("mentor",),
        needs=NEEDS,
    )
}
