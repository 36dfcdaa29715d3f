"""What is only told: guides, notes, and the tour for whoever wants one."""

from __future__ import annotations

from dataclasses import replace

from bot.content import Block, Button, Card, Facts, GroupIntro, Moment, PersonName, Say, Text, say, told
from bot.events import Pressed
from bot.facts import Meeting, Person, StepState
from bot.outcome import Note, Outcome, Put, ReplaceCard, ShowCard
from flows.kinds import EVERYONE, Act, Command, Kind, Verb
from flows.programme import Step
from flows.scene import Desk, Scene, ref_of
from flows.stepping import finished, invite
from flows.taken import answers_of_kind
from flows.written import flag, rows

GUIDE_NEEDS = ("steps", "meetings")


# --- guides ----------------------------------------------------------------------------------------


def guide_card(scene: Scene, state: StepState) -> Card:
    """Return the guide's first page: what it is about, the names and dates, and a way to read on."""
    step = scene.step_of(state)
    me = scene.pair.person(state.person)
    blocks: tuple[Block, ...] = (Text(scene.words(step, me)), *names_and_dates(scene, me))
    if not rows(step, "sections"):
        return Card(scene.title(step), blocks, tone="warm")
    read = Button(say("Read the guide"), "guide.read", ref_of(state), style="primary")
    return Card(scene.title(step), blocks, (read,), tone="warm")


def whole_guide(scene: Scene, step: Step, me: Person) -> Card:
    """Return the guide with all its sections, as it goes by e-mail and after “Read the guide”."""
    values = scene.names()
    blocks: list[Block] = [Text(scene.words(step, me)), *names_and_dates(scene, me)]
    for row in rows(step, "sections"):
        blocks.append(Text(told(dict(row.title), **values), "heading"))
        blocks.append(Text(told(dict(row.text), **values)))
    return Card(scene.title(step), tuple(blocks), tone="warm")


def names_and_dates(scene: Scene, me: Person) -> tuple[Block, ...]:
    """Return who is who and which meetings of this person are fixed."""
    lines: list[tuple[Say, Say]] = []
    for label, role in ((say("Mentee"), "mentee"), (say("Mentor"), "mentor"), (say("Head"), "head")):
        people = [p for p in scene.pair.seated(role) if p.id != me.id]  # type: ignore[arg-type]
        lines += [(label, say("{name}", name=PersonName(p.name, p.id))) for p in people]
    coordinator = scene.coordinator()
    if coordinator is not None and coordinator.id != me.id:
        lines.append((say("HR"), say("{name}", name=PersonName(coordinator.name, coordinator.id))))
    for meeting in _fixed(scene, me):
        title = scene.title(scene.step_named(meeting.step))
        lines.append((title, say("{moment}", moment=Moment(meeting.starts_at or scene.now))))
    return (Facts(tuple(lines[:10])),) if lines else ()


def _fixed(scene: Scene, me: Person) -> list[Meeting]:
    """Return the meetings of this person that have a time ahead, the first one first."""
    mine = [m for m in scene.pair.meetings if m.state == "fixed" and me.id in m.people]
    ahead = [m for m in mine if m.starts_at is not None and m.starts_at > scene.now]
    return sorted(ahead, key=lambda m: (m.starts_at or scene.now, m.id))


def open_guide(scene: Scene, state: StepState) -> Outcome:
    """Send the guide: in full by e-mail to a newcomer who has no account yet, in chat to everybody else."""
    step = scene.step_of(state)
    me = scene.pair.person(state.person)
    if flag(step, "needs_times") and not _fixed(scene, me):
        return Outcome(changes=(Put(replace(state, state="skipped", why="nothing to say")),))
    done = Put(replace(state, state="done", done_at=scene.now))
    message = invite(scene, state, me, guide_card(scene, state), kind="info")
    newcomer = "mentee" in scene.pair.roles_of(me.id) and not scene.pair.enrolment.moved
    if flag(step, "mail") and newcomer and scene.today(me) < scene.pair.enrolment.start:
        message = replace(message, content=whole_guide(scene, step, me), mail=True)
    return Outcome(changes=(done,), sends=(message,))


def read(scene: Scene, event: Act) -> Outcome:
    """Show the whole guide in place of its first page."""
    step, state = scene.mine(event.ref)
    if state is None:
        return Outcome(reply=Note(say("That guide belongs to somebody else.")))
    return Outcome(reply=ReplaceCard(whole_guide(scene, step, scene.actor)))


# --- notes -----------------------------------------------------------------------------------------


def note_card(scene: Scene, state: StepState) -> Card:
    """Return something to know."""
    step = scene.step_of(state)
    return Card(scene.title(step), (Text(scene.words(step, scene.pair.person(state.person))),))


def open_note(scene: Scene, state: StepState) -> Outcome:
    """Send the note; one for people who are to be told together and in the same words, as an introduction of all."""
    step = scene.step_of(state)
    me = scene.pair.person(state.person)
    card = note_card(scene, state)
    message = invite(scene, state, me, card, kind="info")
    people = tuple(sorted({p.id for role in step.who for p in scene.pair.seated(role)}))
    alike = all(card == note_card(scene, replace(state, person=one)) for one in people)
    if flag(step, "together") and len(people) > 1 and alike:
        message = replace(message, content=GroupIntro(people, card))
    return Outcome(changes=(Put(replace(state, state="done", done_at=scene.now)),), sends=(message,))


# --- the tour --------------------------------------------------------------------------------------


def tour_card(scene: Scene, state: StepState) -> Card | None:
    """Return the tour's first page, for whoever is not at ease with chat and video or where it is for all."""
    step = scene.step_of(state)
    person = scene.pair.person(state.person)
    uneasy = (
        any(a.value == "no" for a in answers_of_kind(scene, "ease", person.id)) or person.at_ease is False
    )
    if not flag(step, "for_all") and not uneasy:
        return None
    return _tour_page(scene, step, ref_of(state), 0)


def tour_of(scene: Scene) -> Step | None:
    """Return the programme's tour of the tools, None where it has none."""
    return next((s for s in scene.programme.steps() if s.kind == "tour"), None)


def tour_button(scene: Scene, step: Step) -> Button:
    """Return the button that begins the tour."""
    return Button(
        say("Take the tour"), "tour.next", f"step:{scene.id}/{step.id}/once", value="0", style="primary"
    )


def _tour_page(scene: Scene, step: Step, ref: str, place: int) -> Card:
    pages = rows(step, "pages")
    page = pages[place]
    values = scene.names()
    blocks = (
        Text(told(dict(page.text), **values)),
        Text(say("Page {place} of {all}", place=place + 1, all=len(pages)), "quiet"),
    )
    last = place + 1 == len(pages)
    label = say("Done") if last else say("Next")
    button = Button(label, "tour.next", ref, value=str(place + 1), style="primary")
    stop = Button(say("I know this"), "tour.next", ref, value="known")
    return Card(told(dict(page.title), **values), blocks, (button,) if last else (button, stop))


def tour_next(scene: Scene, event: Act) -> Outcome:
    """Turn the page; after the last one the tour is done."""
    assert isinstance(event, Pressed)
    step, state = scene.mine(event.ref)
    if step.kind != "tour":
        return Outcome(reply=Note(say("That tour is over.")))
    pages = rows(step, "pages")
    if event.value in {str(n) for n in range(len(pages))}:
        return Outcome(reply=ReplaceCard(_tour_page(scene, step, event.ref, int(event.value))))
    bye = Card(say("That was the tour."), (Text(say("Ask again any time with “{word}”.", word="tour")),))
    # Whoever asks for the tour a second time, or is no newcomer, turns its pages just the same.
    changes = (finished(scene, state),) if state is not None and state.state == "open" else ()
    return Outcome(reply=ReplaceCard(bye), changes=changes)


def command(desk: Desk, text: str) -> Outcome:
    """Show the tour from its first page, to whoever asks."""
    for scene in desk.scenes:
        step = tour_of(scene)
        if step is not None:
            ref = f"step:{scene.id}/{step.id}/once"
            return Outcome(reply=ShowCard(_tour_page(scene, step, ref, 0)))
    return Outcome(reply=Note(say("Your programme has no tour. HR gladly shows you the tools.")))


KINDS = {
    "guide": Kind(card=guide_card, opened=open_guide, tells=True),
    "note": Kind(card=note_card, opened=open_note, tells=True),
    "tour": Kind(card=tour_card, private=True),
}
COMMANDS = {"tour": Command(run=command, help=say("a short tour of the tools"), needs=())}
VERBS = {
    "guide.read": Verb(run=read, roles=EVERYONE, needs=GUIDE_NEEDS),
    "tour.next": Verb(run=tour_next, roles=EVERYONE, needs=("steps",)),
}
