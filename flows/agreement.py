"""How the two want to work together: ready-made defaults, both tap “agreed”, changeable any time (MISSION, phase 2)."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from bot.content import (
    Audience,
    Block,
    Button,
    Card,
    Facts,
    Form,
    PersonName,
    Role,
    Say,
    Text,
    TextField,
    UserText,
    Value,
    say,
)
from bot.events import Pressed, Submitted
from bot.facts import Agreement, Person, StepState
from bot.i18n import who_sees
from bot.outcome import (
    Change,
    CloseForm,
    FixForm,
    Note,
    Outcome,
    Put,
    ReplaceCard,
    Send,
    ShowCard,
    ShowForm,
    Unsend,
)
from flows.kinds import Act, Command, Kind, Verb
from flows.lines import of_pairs
from flows.scene import Desk, Scene
from flows.stepping import finished, travelling
from flows.taken import ENDED, copies_of, ended, plain_names
from flows.written import texts, whole

SEEN_BY: Audience = ("mentee", "mentor", "coordinator")
PAIR: tuple[Role, ...] = ("mentee", "mentor")
PARTS = ("purpose", "rhythm", "channels", "confidential")
NEEDS = ("steps", "agreements")
_PATIENCE = 8  # working hours that the good news may wait for another message


def agreement_of(scene: Scene) -> Agreement:
    """Return the agreement as it stands, or the programme's ready-made one."""
    if scene.pair.agreements:
        return scene.pair.agreements[0]
    step = next((s for s in scene.programme.steps() if s.kind == "agreement"), None)
    if step is None:
        return Agreement(id=f"{scene.id}/agreement", enrolment=scene.id)
    written = {part: texts(step, part) for part in PARTS}
    # The names are filled in once: from here on it is the pair's own text, which they edit.
    first = {part: plain_names(scene, text[0][1], {}) if text else "" for part, text in written.items()}
    return Agreement(
        id=f"{scene.id}/agreement",
        enrolment=scene.id,
        purpose=first["purpose"],
        rhythm=first["rhythm"],
        channels=first["channels"],
        confidential=first["confidential"],
        reply_hours=whole(step, "reply_hours"),
    )


def pair_of(scene: Scene) -> tuple[Person, ...]:
    """Return who agrees: mentees and mentors."""
    return (*scene.pair.seated("mentee"), *scene.pair.seated("mentor"))


def agreement_card(scene: Scene, me: Person) -> Card:
    """Return the agreement with who has agreed, and the two things one can do."""
    agreement = agreement_of(scene)
    ref = f"agreement:{agreement.id}"
    others = [p for p in pair_of(scene) if p.id != me.id]
    between = say("Stays between us") if len(others) < 2 else say("Stays in the group")
    rows = (
        (say("Purpose"), say("{text}", text=UserText(agreement.purpose))),
        (say("Rhythm"), say("{text}", text=UserText(agreement.rhythm))),
        (say("Channels"), say("{text}", text=UserText(agreement.channels))),
        (say("We answer within"), say("{hours} working hours", hours=agreement.reply_hours)),
        (between, say("{text}", text=UserText(agreement.confidential))),
    )
    blocks: list[Block] = [Facts(rows)]
    for person in pair_of(scene):
        name = PersonName(person.name, person.id)
        words = (
            say("{name}: agreed", name=name)
            if person.id in agreement.agreed
            else say("{name}: not yet", name=name)
        )
        blocks.append(Text(words, "quiet"))
    blocks.append(Text(who_sees(("author", *SEEN_BY), scene.pair.roles_of(me.id)), "quiet"))
    if me.id not in {p.id for p in pair_of(scene)} or ended(scene):
        return Card(say("How we work together"), tuple(blocks))
    agree = Button(say("Agreed"), "agreement.agree", ref, value=_wording(agreement), style="primary")
    change = Button(say("Change it"), "agreement.change", ref, opens_form=True)
    buttons = (change,) if me.id in agreement.agreed else (agree, change)
    return Card(say("How we work together"), tuple(blocks), buttons)


def _wording(agreement: Agreement) -> str:
    """Return a mark of what the agreement says, so that nobody agrees to words they did not see."""
    words = "\0".join((*(getattr(agreement, part) for part in PARTS), str(agreement.reply_hours)))
    return sha256(words.encode()).hexdigest()[:12]


def step_card(scene: Scene, state: StepState) -> Card:
    """Return the agreement as a step's card, with the step's own words first."""
    me = scene.pair.person(state.person)
    card = agreement_card(scene, me)
    return replace(card, blocks=(Text(scene.words(scene.step_of(state), me)), *card.blocks))


def nudge(scene: Scene, state: StepState) -> Say:
    """Return the line above an agreement that is shown again."""
    if len(pair_of(scene)) > 2:
        return say(
            "Not everybody has tapped “agreed” yet. The suggestion is fine as it is; change what you like."
        )
    return say(
        "The two of you have not both tapped “agreed” yet. The suggestion is fine as it is; change what you like."
    )


def agree(scene: Scene, event: Act) -> Outcome:
    """Take the tap; when all have agreed, all hear it. Words that were changed meanwhile are shown first."""
    assert isinstance(event, Pressed)
    agreement = agreement_of(scene)
    me = scene.actor
    if me.id in agreement.agreed or ended(scene):
        return Outcome(reply=ReplaceCard(agreement_card(scene, me)))
    if event.value != _wording(agreement):
        shown = agreement_card(scene, me)
        words = Text(say("It was changed meanwhile. This is how it reads now; is it fine for you?"))
        return Outcome(reply=ReplaceCard(replace(shown, blocks=(words, *shown.blocks))))
    agreed = replace(
        agreement, agreed=(*agreement.agreed, me.id), changed_at=agreement.changed_at or scene.now
    )
    after = scene.with_(agreed)
    changes: list[Change] = [Put(agreed)]
    mine = [finished(scene, s) for s in _open_states(scene) if s.person == me.id]
    changes += mine
    # Whose step is over has agreed before: this is about words that were changed since.
    sends = (*_copies(after, event), *_all_agreed(after, agreed, anew=not mine))
    return Outcome(reply=ReplaceCard(agreement_card(after, me)), changes=tuple(changes), sends=sends)


def _copies(scene: Scene, event: Act) -> tuple[Send, ...]:
    """Return the renewed cards of the others: who has agreed, and to which words."""
    held = [s for s in scene.pair.steps if scene.step_of(s).kind == "agreement" and s.person]
    others = [s for s in held if s.person != scene.actor.id]
    return tuple(copy for s in others for copy in copies_of(scene, s, step_card(scene, s), event))


def _open_states(scene: Scene) -> list[StepState]:
    return [s for s in scene.pair.steps if s.state == "open" and scene.step_of(s).kind == "agreement"]


def _all_agreed(scene: Scene, agreement: Agreement, *, anew: bool) -> tuple[Send, ...]:
    """Tell the others once everybody has agreed; it follows from what they did themselves."""
    people = pair_of(scene)
    if not {p.id for p in people} <= set(agreement.agreed):
        return ()
    others = [p for p in people if p.id != scene.actor.id]
    sends = [
        Send(
            to=p.id,
            content=_agreed_card(people, p, anew=anew),
            key=_news_key(agreement, p, "agreed"),
            kind="info",
            not_before=scene.at_work(p),
            enrolment=scene.id,
        )
        for p in others
    ]
    return tuple(travelling(scene, send, p, _PATIENCE) for p, send in zip(others, sends, strict=True))


def _news_key(agreement: Agreement, to: Person, what: str) -> str:
    changed = agreement.changed_at.isoformat() if agreement.changed_at else ""
    return f"{agreement.id}:{to.id}:{what}:{changed}"


def _outdated(scene: Scene, before: Agreement) -> tuple[Change, ...]:
    """Return what drops the news of earlier words that still waits."""
    keys = (_news_key(before, p, what) for p in pair_of(scene) for what in ("agreed", "changed"))
    return tuple(Unsend(key, "changed again") for key in keys)


def _agreed_card(people: tuple[Person, ...], to: Person, *, anew: bool) -> Card:
    """Return the good news, with whom: a mentor may have agreed with several."""
    others = [p for p in people if p.id != to.id]
    with_whom: Value = UserText(", ".join(p.name for p in others))
    if len(others) == 1:
        with_whom = PersonName(others[0].name, others[0].id)  # tells namesakes apart
    title = say("Agreed by both of you.") if len(people) < 3 else say("Agreed by all of you.")
    if anew:
        title = (
            say("Both of you agree to the change.")
            if len(people) < 3
            else say("All of you agree to the change.")
        )
    return Card(
        title,
        (
            Text(
                say("With {people}. You find it on your home, and can change it any time.", people=with_whom)
            ),
        ),
        tone="warm",
    )


def change(scene: Scene, event: Act) -> Outcome:
    """Open the agreement as a form."""
    if ended(scene):
        return Outcome(reply=ReplaceCard(agreement_card(scene, scene.actor)))
    return Outcome(reply=ShowForm(_form(agreement_of(scene))))


def _form(agreement: Agreement) -> Form:
    def line(key: str, label: Say, initial: str) -> TextField:
        return TextField(key=key, label=label, seen_by=SEEN_BY, required=True, most=300, initial=initial)

    fields = (
        line("purpose", say("Purpose"), agreement.purpose),
        line("rhythm", say("Rhythm"), agreement.rhythm),
        line("channels", say("Channels"), agreement.channels),
        line("reply_hours", say("We answer within (working hours)"), str(agreement.reply_hours)),
        line("confidential", say("Stays between us"), agreement.confidential),
    )
    intro = say("Whoever has agreed before is asked again.")
    return Form(
        title=say("How we work together"),
        verb="agreement.keep",
        ref=f"agreement:{agreement.id}",
        fields=fields,
        intro=intro,
    )


def keep(scene: Scene, event: Act) -> Outcome:
    """Store a changed agreement; the one who changed it agrees, the others are asked again."""
    assert isinstance(event, Submitted)
    if ended(scene):
        return Outcome(reply=CloseForm(ENDED))
    before = agreement_of(scene)
    given = {part: str(event.values.get(part, "")).strip() for part in (*PARTS, "reply_hours")}
    errors = {part: say("A word or two is enough.") for part in PARTS if not given[part]}
    hours = given["reply_hours"]
    if not hours.isdecimal() or not 1 <= int(hours) <= 200:
        errors["reply_hours"] = say("Please give a whole number of hours, such as 24.")
    if errors:
        return Outcome(reply=FixForm(errors))
    me = scene.actor
    text = {part: given[part] for part in PARTS}
    changed = replace(before, reply_hours=int(hours), agreed=(me.id,), changed_at=scene.now, **text)
    same = all(getattr(before, part) == text[part] for part in PARTS) and before.reply_hours == int(hours)
    if same:
        return Outcome(reply=CloseForm(say("Nothing was changed."), card=agreement_card(scene, me)))
    after = scene.with_(changed)
    mine = [finished(scene, s) for s in _open_states(scene) if s.person == me.id]
    return Outcome(
        reply=CloseForm(say("Changed. The others are asked to agree."), card=agreement_card(after, me)),
        changes=(Put(changed), *mine, *_outdated(scene, before)),
        sends=(
            *_copies(after, event),
            *(_asked_again(after, changed, p) for p in pair_of(scene) if p.id != me.id),
        ),
    )


def _asked_again(scene: Scene, agreement: Agreement, to: Person) -> Send:
    card = agreement_card(scene, to)
    words = say(
        "{name} changed how you work together. Is it fine for you?",
        name=PersonName(scene.actor.name, scene.actor.id),
    )
    return Send(
        to=to.id,
        content=replace(card, blocks=(Text(words), *card.blocks)),
        key=_news_key(agreement, to, "changed"),
        kind="invite",
        not_before=scene.at_work(to),
        enrolment=scene.id,
    )


def command(desk: Desk, text: str) -> Outcome:
    """Show the agreement of each pair this person is in, or of the one named."""
    card = of_pairs(desk, text, say("How we work together"), lambda s: agreement_card(s, desk.me), PAIR)
    if card is None:
        return Outcome(reply=Note(say("You have no pair at the moment, so there is no agreement to show.")))
    return Outcome(reply=ShowCard(card))


KINDS = {"agreement": Kind(card=step_card, nudge=nudge)}
VERBS = {
    "agreement.agree": Verb(run=agree, roles=PAIR, needs=NEEDS),
    "agreement.change": Verb(run=change, roles=PAIR, needs=NEEDS),
    "agreement.keep": Verb(run=keep, roles=PAIR, needs=NEEDS),
}
COMMANDS = {
    "agreement": Command(run=command, help=say("how the two of you work together"), roles=PAIR, needs=NEEDS)
}
