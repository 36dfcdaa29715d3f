"""
What people say about the programme itself, at its end: five objects, one tap each, and words if wanted.

What is not asked by name is kept for counting alone: nobody, HR included, sees who tapped what.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.content import (
    Ask,
    Audience,
    Block,
    Button,
    Card,
    Choice,
    Form,
    PersonName,
    Say,
    Text,
    TextField,
    say,
    say_n,
)
from bot.events import Pressed, Submitted
from bot.facts import Answer, StepState
from bot.outcome import Change, CloseForm, Note, Outcome, Put, ReplaceCard, ShowCard, ShowForm
from flows.kinds import EVERYONE, Act, Command, Kind, Verb
from flows.programme import Step
from flows.scene import Desk, Scene, ref_of
from flows.stepping import finished
from flows.taken import GOT_LATE, answered, answers_to, seen_once
from flows.written import rows, texts

FLOOR = 5  # answers until anything is shown at all (FEATURES K4)
COUNTED: Audience = ("author",)
NAMED: Audience = ("author", "coordinator")
NEEDS = ("steps", "answers")


@dataclass(frozen=True, slots=True)
class _Line:
    """A question as one person is asked it."""

    field: str
    words: Say
    seen_by: Audience
    about: str = ""


def _lines(scene: Scene, step: Step, person: str) -> tuple[_Line, ...]:
    """Return what a person is asked; what goes by name is about the mentor, and not asked of mentors."""
    mentors = scene.pair.seated("mentor")
    is_mentor = "mentor" in scene.pair.roles_of(person)
    found: list[_Line] = []
    for row in rows(step, "questions"):
        if not row.named:
            found.append(_Line(row.id, scene.told(row.text), COUNTED))
            continue
        for mentor in () if is_mentor else mentors:
            field = row.id if len(mentors) == 1 else f"{row.id}.{mentor.id}"
            name = PersonName(mentor.name, mentor.id)
            words = scene.told(row.text, mentor=name)
            found.append(
                _Line(field, say("{mentor}: {question}", mentor=name, question=words), NAMED, mentor.id)
            )
    return tuple(found)


def scale() -> tuple[Choice, ...]:
    """Return the five answers from no (1) to yes (5)."""
    labels = (say("no"), say("rather not"), say("partly"), say("mostly"), say("yes"))
    return tuple(Choice(label, str(n)) for n, label in enumerate(labels, 1))


# --- the card --------------------------------------------------------------------------------------


def card(scene: Scene, state: StepState) -> Card:
    """Return the evaluation as it stands: what was tapped, the next question, and before a named one who sees it."""
    from flows.survey import extra_blocks  # satisfaction may travel on this card

    step = scene.step_of(state)
    given = {a.field: a.value for a in answers_to(scene, state)}
    lines = _lines(scene, step, state.person)
    ref = ref_of(state)
    if all(line.field in given for line in lines):
        more = Button(_words_label(step, given), "evaluation.write", ref, opens_form=True)
        thanks = Text(say("Thank you. HR sees how many answered what, never who."))
        blocks = (thanks, *_asks(lines, given, ref), *extra_blocks(scene, state))
        return Card(scene.title(step), seen_once(blocks), (more,))
    skip = Button(say("Not now"), "evaluation.skip", ref)
    intro = Text(scene.words(step, scene.pair.person(state.person)))
    counted = Text(
        say("HR sees how many answered what, never who; where it is otherwise, it says so."), "quiet"
    )
    blocks = (intro, counted, *_asks(lines, given, ref), *extra_blocks(scene, state))
    return Card(scene.title(step), seen_once(blocks), (skip,))


def _asks(lines: tuple[_Line, ...], given: dict[str, str], ref: str) -> Iterator[Block]:
    for line in lines:
        if line.seen_by == NAMED and line.field not in given:
            yield Text(
                say("HR reads the next answer with your name; {mentor} does not.", mentor=_about(line)),
                "quiet",
            )
        chosen = given.get(line.field, "")
        yield Ask(line.words, "evaluation.tap", f"{ref}/{line.field}", scale(), line.seen_by, chosen)
        if not chosen:
            return


def _about(line: _Line) -> PersonName:
    return next(v for k, v in line.words.values if k == "mentor" and isinstance(v, PersonName))


def _words_label(step: Step, given: dict[str, str]) -> Say:
    return say("Change my words") if given.get("words") else say("Add some words")


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above an evaluation that is shown again."""
    return say("A few taps would help those who come next. “Not now” is fine too.")


# --- verbs -----------------------------------------------------------------------------------------


def tap(scene: Scene, event: Act) -> Outcome:
    """Keep one tap and show the next question."""
    assert isinstance(event, Pressed)
    ref, _, field = event.ref.rpartition("/")
    step, state = scene.mine(ref)
    if state is None:
        return Outcome(reply=Note(GOT_LATE))
    lines = _lines(scene, step, scene.actor.id)
    line = next((one for one in lines if one.field == field), None)
    if line is None or event.value not in {c.value for c in scale()}:
        return Outcome(reply=Note(say("That answer is not one of the five. Please tap again.")))
    answer = _answer(scene, state, field, event.value, line.seen_by, line.about)
    after = scene.with_(answer)
    changes: list[Change] = [Put(answer)]
    given = {a.field for a in answers_to(after, state)}
    if state.state != "done" and given >= {one.field for one in lines}:  # a late answer counts too
        changes.append(finished(scene, state))
    return Outcome(reply=ReplaceCard(card(after, state)), changes=tuple(changes))


def _answer(
    scene: Scene, state: StepState, field: str, value: str, seen_by: Audience, about: str = ""
) -> Answer:
    return answered(scene, state, field, "evaluation", value, seen_by, about)


def write(scene: Scene, event: Act) -> Outcome:
    """Open the last, open question; words may give away who wrote them, so HR's view of them is said."""
    step, state = scene.mine(event.ref)
    if state is None:
        return Outcome(reply=Note(GOT_LATE))
    own = texts(step, "words")
    given = {a.field: a.value for a in answers_to(scene, state)}
    label = scene.told(own) if own else say("What should be different for the next ones?")
    field = TextField(key="words", label=label, seen_by=NAMED, long=True, initial=given.get("words", ""))
    form = Form(title=scene.title(step), verb="evaluation.keep", ref=event.ref, fields=(field,))
    return Outcome(reply=ShowForm(form))


def keep(scene: Scene, event: Act) -> Outcome:
    """Keep the words."""
    assert isinstance(event, Submitted)
    _, state = scene.mine(event.ref)
    if state is None:
        return Outcome(reply=CloseForm(GOT_LATE))
    answer = _answer(scene, state, "words", str(event.values.get("words", "")).strip(), NAMED)
    shown = card(scene.with_(answer), state)
    return Outcome(reply=CloseForm(say("Thank you. It is kept."), card=shown), changes=(Put(answer),))


def skip(scene: Scene, event: Act) -> Outcome:
    """Let the evaluation go; what was tapped is kept."""
    _, state = scene.mine(event.ref)
    if state is None:
        return Outcome(reply=Note(GOT_LATE))
    if state.state != "open":
        return Outcome(reply=ReplaceCard(card(scene, state)))
    gone = Card(say("Fine. Nothing more is asked about it."))
    return Outcome(reply=ReplaceCard(gone), changes=(finished(scene, state, why="person"),))


# --- what the coordinator sees ---------------------------------------------------------------------


def counts_card(desk: Desk) -> Card:
    """Return how many have answered, by programme; below the floor only how many are still missing."""
    counts: dict[str, tuple[Say, int]] = {}
    for scene in desk.scenes:
        if "coordinator" not in scene.pair.roles_of(desk.me.id):
            continue
        steps = {s.id for s in scene.programme.steps() if s.kind == "evaluation"}
        if not steps:
            continue
        title = scene.told(scene.programme.title)
        known = counts.get(scene.programme.id, (title, 0))[1]
        done = sum(s.step in steps and s.state == "done" for s in scene.pair.steps)
        counts[scene.programme.id] = (title, known + done)
    if not counts:
        return Card(say("Evaluation"), (Text(say("No programme of yours asks for one.")),))
    return Card(say("Evaluation"), tuple(Text(_count(title, n)) for title, n in counts.values()))


def _count(title: Say, answers: int) -> Say:
    if answers >= FLOOR:
        return say_n("{programme}: {n} answer", "{programme}: {n} answers", answers, programme=title)
    return say_n(
        "{programme}: needs {n} more answer",
        "{programme}: needs {n} more answers",
        FLOOR - answers,
        programme=title,
    )


def command(desk: Desk, text: str) -> Outcome:
    """Show how many have answered."""
    return Outcome(reply=ShowCard(counts_card(desk)))


KINDS = {"evaluation": Kind(card=card, nudge=nudge, private=True)}
VERBS = {
    "evaluation.tap": Verb(run=tap, roles=EVERYONE, needs=NEEDS),
    "evaluation.write": Verb(run=write, roles=EVERYONE, needs=NEEDS),
    "evaluation.keep": Verb(run=keep, roles=EVERYONE, needs=NEEDS),
    "evaluation.skip": Verb(run=skip, roles=EVERYONE, needs=NEEDS),
}
COMMANDS = {
    "evaluation": Command(
        run=command,
        help=say("how many have said what the programme was like"),
        roles=("coordinator",),
        needs=("steps",),
    )
}
