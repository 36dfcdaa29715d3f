"""The mentor's weekly feedback: what went well, what could go further, one tap on how it is going (FEATURES P7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from bot.content import Button, Card, PersonName, Say, Text, UserText, say
from bot.events import Submitted
from bot.facts import Person, StepState
from bot.outcome import Change, CloseForm, FixForm, Note, Outcome, Put, ReplaceCard, Send, ShowForm
from flows import survey
from flows.feedback_form import answers, feedback_form, mentee_of, written
from flows.kinds import Act, Command, Kind, Verb
from flows.scene import Desk, Scene, ref_of
from flows.stepping import finished, same_day
from flows.taken import GOT_LATE, answers_to, copies_of, late

NEEDS = ("steps", "answers", "goals", "plan")
WAS_READ = say("It has been read, so it stays as it is. Next week is a new one.")


# --- cards -----------------------------------------------------------------------------------------


def card(scene: Scene, state: StepState) -> Card:
    """Return the request for feedback, or what was given."""
    mentee = mentee_of(scene, state)
    name = PersonName(mentee.name, mentee.id)
    given = {a.field: a.value for a in answers_to(scene, state)}
    ref = ref_of(state)
    if state.state == "done" or given:
        edit = Button(say("Change it"), "feedback.write", ref, opens_form=True)
        shown = (*lines_of(scene, given), *survey.extra_blocks(scene, state))
        return Card(
            say("For {name}, this week.", name=name), shown, () if _was_read(scene, state) else (edit,)
        )
    write = Button(say("Write"), "feedback.write", ref, style="primary", opens_form=True)
    if state.state == "skipped":
        return Card(say("Skipped for {name} this week.", name=name), buttons=(replace(write, style="plain"),))
    blocks = (
        Text(
            say("What went well, and what could go further? It reaches {name} in working hours.", name=name)
        ),
    )
    skip = Button(say("Skip this week"), "feedback.skip", ref)
    return Card(say("Two lines for {name} about this week?", name=name), blocks, (write, skip))


def lines_of(scene: Scene, values: Mapping[str, str]) -> list[Text]:
    """Return what was written, and which part of the plan it is about."""
    lines = [
        Text(say("**{label}** {text}", label=label, text=UserText(values[key])))
        for key, label in (("good", say("Went well:")), ("better", say("Could go further:")))
        if values.get(key)
    ]
    about = {p.id: p.text for p in scene.pair.plan} | {g.id: g.title for g in scene.pair.goals}
    if topic := about.get(values.get("topic", "")):
        lines.append(Text(say("About: {topic}", topic=UserText(topic)), "quiet"))
    return lines


def _was_read(scene: Scene, state: StepState) -> bool:
    return any(a.read_at is not None for a in answers_to(scene, state) if a.kind == "feedback")


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above a request that is shown again: what the two spoke of last."""
    mentee = mentee_of(scene, state)
    last = _last_topic(scene, mentee, state.person)
    if last:
        return say("Last time you wrote about “{topic}”.", topic=UserText(last))
    return say("One line helps {name} more than none.", name=PersonName(mentee.name, mentee.id))


def _last_topic(scene: Scene, mentee: Person, author: str) -> str:
    own = (a for a in scene.pair.answers if a.kind == "feedback" and a.person == author)
    about = (a for a in own if a.field in ("good", "better") and a.value)
    mine = sorted((a for a in about if a.about in ("", mentee.id)), key=lambda a: (a.at, a.id))
    return mine[-1].value[:60] if mine else ""


# --- writing ---------------------------------------------------------------------------------------


def write(scene: Scene, event: Act) -> Outcome:
    """Open the form at once, with the plan items and goals of now to pick from; also after a skip."""
    _, state = scene.mine(event.ref)
    if state is None or late(scene, state):
        return Outcome(reply=Note(GOT_LATE))
    return _opened(scene, state)


def _opened(scene: Scene, state: StepState) -> Outcome:
    if _was_read(scene, state):
        return Outcome(reply=Note(WAS_READ))
    return Outcome(reply=ShowForm(feedback_form(scene, state, "feedback.keep")))


def keep(scene: Scene, event: Act) -> Outcome:
    """Store the feedback, show it to the mentee, and lead on to the next one who is still open."""
    return _keep(scene, event, led_on=False)


def keep_on(scene: Scene, event: Act) -> Outcome:
    """Do the same for a form that the one before it led to: it stands on no card of its own."""
    return _keep(scene, event, led_on=True)


def _keep(scene: Scene, event: Act, *, led_on: bool) -> Outcome:
    assert isinstance(event, Submitted)
    _, state = scene.mine(event.ref)
    if state is None or late(scene, state):
        return Outcome(reply=CloseForm(GOT_LATE))
    values = written(scene, state, event)
    if not values.get("good") and not values.get("better"):
        return Outcome(
            reply=FixForm({"good": say("One line is enough; or close this and tap “Skip this week”.")})
        )
    if _was_read(scene, state):
        return Outcome(reply=CloseForm(say("It has been read meanwhile, so it stays as it was.")))
    changes: list[Change] = [Put(answer) for answer in answers(scene, state, values)]
    if state.state != "done":
        changes.append(finished(scene, state))
    after = scene.after(changes)
    shown = card(after, replace(state, state="done"))
    following = None if state.state == "done" else next(_open(after, (after, *scene.elsewhere)), None)
    sends = [_to_mentee(after, state, values)]
    if following or led_on or not event.message:
        sends += copies_of(scene, state, shown, event)
    name = PersonName(mentee_of(scene, state).name, mentee_of(scene, state).id)
    if following is None:
        note = say("Thank you. It reaches {name} in working hours.", name=name)
        reply = CloseForm(note) if led_on else CloseForm(note, card=shown)
        return Outcome(reply=reply, changes=tuple(changes), sends=tuple(sends))
    its_scene, its_state = following
    intro = say(
        "It reaches {name} in working hours. This is the next one; close it to go on later.", name=name
    )
    form = feedback_form(its_scene, its_state, "feedback.keep_on", intro)
    return Outcome(reply=ShowForm(form), changes=tuple(changes), sends=tuple(sends))


def _open(scene: Scene, scenes: Iterable[Scene]) -> Iterator[tuple[Scene, StepState]]:
    """Return the feedback that the actor still has open, over all their pairs."""
    me = scene.actor.id
    for one in scenes:
        for state in sorted(one.pair.steps, key=lambda s: s.id):
            mine = state.person == me and state.state == "open"
            if mine and one.step_of(state).kind == "feedback" and not late(one, state):
                yield one, state


# --- reading ---------------------------------------------------------------------------------------


def _to_mentee(scene: Scene, state: StepState, values: Mapping[str, str]) -> Send:
    """Return the feedback as the mentee reads it; a corrected one takes the place of the first."""
    mentee = mentee_of(scene, state)
    key = f"{state.id}:{mentee.id}:feedback"
    changed = state.state == "done"
    send = Send(
        to=mentee.id,
        content=mentee_card(scene, state, values),
        key=f"{key}:{scene.now.isoformat()}" if changed else key,
        kind="update" if changed else "info",
        replaces=key if changed else "",
        not_before=scene.now if changed else scene.at_work(mentee),
        enrolment=scene.id,
    )
    # Mostly the check-in of the same day carries it.
    return send if changed else same_day(scene, send, mentee)


def mentee_card(scene: Scene, state: StepState, values: Mapping[str, str]) -> Card:
    """Return what the mentee reads."""
    mentor = PersonName(scene.pair.person(state.person).name, state.person)
    ask = Text(say("What would you like to ask {mentor}?", mentor=mentor))
    read = Button(say("Read, thank you"), "feedback.read", f"{ref_of(state)}/{state.person}")
    lines = (*lines_of(scene, values), ask)
    return Card(say("From {mentor}, about this week.", mentor=mentor), lines, (read,), tone="warm")


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


# --- skipping --------------------------------------------------------------------------------------


def skip(scene: Scene, event: Act) -> Outcome:
    """Let this week go in one tap."""
    _, state = scene.mine(event.ref)
    if state is None or late(scene, state):
        return Outcome(reply=Note(GOT_LATE))
    if state.state != "open":
        return Outcome(reply=ReplaceCard(card(scene, state)))
    skipped = finished(scene, state, why="person")
    return Outcome(reply=ReplaceCard(card(scene, replace(state, state="skipped"))), changes=(skipped,))


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
    order = ("open", "done", "skipped")
    named = [(s, st) for s, st in mine if wanted in mentee_of(s, st).name.lower() and st.state in order]
    ready = sorted(named, key=lambda f: (order.index(f[1].state), f[1].id))
    if ready:
        return _opened(*ready[0])
    if mine and wanted:
        return Outcome(
            reply=Note(say("You have no feedback open for “{name}”.", name=UserText(text.strip())))
        )
    if desk.as_("mentor"):
        return Outcome(
            reply=Note(say("Nothing is open: this week's feedback is given, or a review takes its place."))
        )
    return Outcome(reply=Note(say("You mentor nobody at the moment, so there is no feedback to write.")))


KINDS = {"feedback": Kind(card=card, nudge=nudge, yields_to_review=True)}
VERBS = {
    "feedback.write": Verb(run=write, roles=("mentor",), needs=NEEDS),
    "feedback.keep": Verb(run=keep, roles=("mentor",), needs=NEEDS, elsewhere=True),
    "feedback.keep_on": Verb(run=keep_on, roles=("mentor",), needs=NEEDS, elsewhere=True),
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
