"""The end comes once, with what came of it; afterwards there is silence, and nobody is blamed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from adapters.text import as_text
from bot.content import Card, Content, File, say
from bot.events import Address, Pressed, Submitted
from bot.facts import (
    Answer,
    Case,
    Goal,
    Meeting,
    Pair,
    Passed,
    Person,
    PlanItem,
    Record,
    Review,
    StepChange,
    StepState,
    Task,
    step_id,
)
from bot.i18n import Reader
from bot.outcome import CloseForm, FixForm, Note, Outcome, Send, ShowCard, ShowForm
from flows import closing, ending
from flows.kinds import Due
from flows.programme import Programme
from flows.programme_file import load_programme
from flows.register import KINDS
from flows.scene import Desk, Scene
from flows.stepping import carry_out
from flows.timeline import look
from flows.visibility import for_the_bot, seen_by
from tests.scenes import ANA, BREDA, IRENA, IVO, MATEJ, PETER, at, pair, person, scene

SHIPPED = Path(__file__).parent.parent / "flows" / "programmes" / "onboarding.toml"
DAY = at("2027-07-09", 12)  # Friday, 14:00 where they are
LAST = "review_quarter2"
READER = Reader("en", "Europe/Ljubljana")


@pytest.fixture(scope="module")
def onboarding() -> Programme:
    """The programme that ships."""
    return load_programme(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)


def review(state: str = "closed", **more: object) -> Review:
    """The last review."""
    made = Review(
        id=f"e1/{LAST}/once", enrolment="e1", step=LAST, stages=("opening", "celebration"), chair=IRENA.id
    )
    return replace(made, state=state, **more)  # type: ignore[arg-type]


def step_state(step: str, who: Person, occurrence: str = "once", **more: object) -> StepState:
    """A step's state."""
    made = StepState(
        id=step_id("e1", step, occurrence, who.id),
        enrolment="e1",
        step=step,
        occurrence=occurrence,
        person=who.id,
    )
    return replace(made, **more)  # type: ignore[arg-type]


FACTS: tuple[Record, ...] = (
    review(),
    Goal(id="e1/goal/1", enrolment="e1", title="Calls", period="", target=5, value=5, state="rated", by=ANA.id),
    Goal(id="e1/goal/2", enrolment="e1", title="Imports <b>", period="", target=9, value=1, state="rated", by=ANA.id),
    PlanItem(id="e1/plan/1", enrolment="e1", period="", text="Script", owner=ANA.id, state="done"),
    Task(id="e1/task/1", enrolment="e1", title="June payments", state="done"),
    Meeting(id="e1/lunch/once", enrolment="e1", step="lunch", occurrence="once", people=(ANA.id, MATEJ.id), minutes=30, state="held"),
    Answer(
        id="e1/feedback/2027-W04/matej/good", enrolment="e1", step="feedback", occurrence="2027-W04", person=MATEJ.id,
        field="good", kind="feedback", value="Clear questions.", seen_by=("author", "mentee", "coordinator"),
        at=at("2027-01-28"), about=ANA.id,
    ),
)  # fmt: skip


def bots(whole: Pair, now: datetime, prog: Programme) -> Scene:
    """The scene in which the bot looks."""
    return scene(for_the_bot(whole), now, prog=prog)


def opened(whole: Pair, prog: Programme, who: Person = ANA, now: datetime = DAY) -> tuple[Outcome, Pair]:
    """What happens when the closing is due for somebody, and the pair afterwards."""
    here = bots(whole, now, prog)
    outcome = carry_out(
        here, Due(at=now, action="open", step="closing", occurrence="once", person=who.id), KINDS
    )
    return outcome, here.after(outcome.changes).pair


def pressed(verb: str, ref: str, whole: Pair, me: Person, prog: Programme, **values: str) -> Outcome:
    """What a press, or with values a form, does."""
    found = {**closing.VERBS, **ending.VERBS}[verb]
    seen = whole if found.whole else seen_by(whole, me)
    where = Address("test", me.id)
    here = scene(seen, DAY, me=me, prog=prog)
    if values:
        return found.run(here, Submitted(key="k", who=where, verb=verb, ref=ref, values=values))
    return found.run(here, Pressed(key="k", who=where, verb=verb, ref=ref))


def to(outcome: Outcome, who: Person) -> list[Send]:
    """What somebody gets."""
    return [s for s in outcome.sends if s.to == who.id]


def text(content: Content) -> str:
    """What somebody reads."""
    return as_text(content, READER)


def ends(whole: Pair) -> tuple[str, datetime | None]:
    """How the enrolment stands."""
    return whole.enrolment.state, whole.enrolment.closed_at


# --- when it comes ---------------------------------------------------------------------------------


def test_the_closing_ends_the_programme_for_all(onboarding: Programme) -> None:
    """On its day, with the last review closed, both get their card, the coordinator hears, and all is closed."""
    outcome, after = opened(pair(*FACTS), onboarding)

    assert ("closed", DAY) == ends(after)
    assert {ANA.id, MATEJ.id, IRENA.id, PETER.id} == {s.to for s in outcome.sends}
    assert {"done"} == {s.state for s in after.steps if s.step == "closing"}
    assert 1 == len(to(outcome, ANA)) == len(to(outcome, MATEJ))


def test_the_second_to_open_gets_nothing_twice(onboarding: Programme) -> None:
    """Whoever's own closing comes a moment later has it already."""
    _, after = opened(pair(*FACTS), onboarding)
    outcome, again = opened(after, onboarding, MATEJ)

    assert () == outcome.sends
    assert ends(after) == ends(again)


@pytest.mark.parametrize("state", ["ahead", "running"])
def test_the_closing_waits_for_the_last_review(onboarding: Programme, state: str) -> None:
    """While the last review is open nothing is sent and nothing is asked; once it is closed, the closing is held."""
    outcome, waiting = opened(pair(review(state)), onboarding)
    closed = scene(waiting, DAY).with_(review()).pair
    dues = list(closing.due(bots(closed, at("2027-07-13"), onboarding)))

    assert () == outcome.sends
    assert ("running", None) == ends(waiting)
    assert [] == list(closing.due(bots(waiting, at("2027-07-13"), onboarding)))
    assert ["closing.hold"] == [d.action for d in dues]
    held = closing.act(bots(closed, at("2027-07-13"), onboarding), dues[0])
    assert ("closed", at("2027-07-13")) == ends(bots(closed, DAY, onboarding).after(held.changes).pair)
    assert 1 == len(to(held, ANA))


def test_a_review_that_was_called_off_holds_nothing_up(onboarding: Programme) -> None:
    """The programme ends on its day also where the last review was cancelled, or left out with an earlier one held."""
    left_out = StepChange(kind="skip", step=LAST)
    earlier = replace(review(), id="e1/review_quarter1/once", step="review_quarter1")

    assert "closed" == ends(opened(pair(earlier, changes=(left_out,)), onboarding)[1])[0]
    whole = pair(review("cancelled"))
    assert "closed" == ends(opened(whole, onboarding)[1])[0]


def test_nothing_is_due_after_the_end(onboarding: Programme) -> None:
    """No prompt, no nudge, no case and no look: whatever was open, and however late it is."""
    waiting = step_state("checkin", ANA, "2027-W27", delivered_at=at("2027-07-08"))
    _, after = opened(pair(*FACTS, waiting), onboarding)

    for later in (DAY, at("2027-07-30"), at("2028-01-10")):
        found = look(bots(after, later, onboarding), KINDS)
        assert ((), None) == (found.due, found.next_look)
    assert ("skipped", "ended") == next((s.state, s.why) for s in after.steps if s.id == waiting.id)


def test_meetings_ahead_are_called_off(onboarding: Programme) -> None:
    """A meeting that was fixed for later is cancelled for everybody in it; one that was held stays."""
    later = Meeting(
        id="e1/coffee_month5/once", enrolment="e1", step="coffee_month5", occurrence="once",
        people=(ANA.id, MATEJ.id), minutes=20, state="fixed", starts_at=at("2027-07-20"),
    )  # fmt: skip
    outcome, after = opened(pair(*FACTS, later), onboarding)

    assert {"e1/coffee_month5/once": "cancelled", "e1/lunch/once": "held"} == {
        m.id: m.state for m in after.meetings
    }
    assert "change" in {s.kind for s in to(outcome, MATEJ)}


def test_a_case_put_aside_waits_for_its_day(onboarding: Programme) -> None:
    """The end changes nothing for a case: it comes back on the day that its coordinator chose, and HR hears of it."""
    case = Case(
        id="e1/case/help.1", enrolment="e1", signal="help", about=(ANA.id,), reason=say("x"), advice=None,
        opened_at=DAY, owner=IRENA.id, state="snoozed", snoozed_until=at("2027-07-20"),
    )  # fmt: skip
    outcome, after = opened(pair(*FACTS, case), onboarding)

    assert ["snoozed"] == [c.state for c in after.cases]
    assert "1 case is still open." in text(to(outcome, IRENA)[0].content)
    assert "cases.back" in {d.action for d in look(bots(after, at("2027-07-20"), onboarding), KINDS).due}


# --- what everybody gets ---------------------------------------------------------------------------


def test_the_card_celebrates_what_there_is(onboarding: Programme) -> None:
    """Goals reached by name, and how many reviews, tasks and meetings there were."""
    outcome, _ = opened(pair(*FACTS), onboarding)
    (mine,) = to(outcome, MATEJ)

    assert isinstance(mine.content, Card)
    assert "celebrate" == mine.content.tone
    for part in (
        "Goals reached: 1 of 2",
        "Plan done: 1 of 1",
        "Tasks done: 1",
        "Reviews held: 1",
        "[x] Calls",
    ):
        assert part in text(mine.content)


def test_the_mentee_keeps_goals_plan_and_feedback(onboarding: Programme) -> None:
    """The keepsake is a page of its own: names, goals, plan, tasks, feedback; what people typed is never markup."""
    outcome, _ = opened(pair(*FACTS), onboarding)
    (mine,) = to(outcome, ANA)

    assert isinstance(mine.content, File)
    page = mine.content.data.decode()
    assert ("keepsake.html", "text/html") == (mine.content.name, mine.content.mime)
    for part in (
        "Ana, with Matej",
        "✓ Calls",
        "· Imports &lt;b&gt;",
        "✓ Script",
        "✓ June payments",
        "Clear questions.",
    ):
        assert part in page
    assert "<b>" not in page
    assert not isinstance(to(outcome, MATEJ)[0].content, File)


HIDDEN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("going", ("author", "coordinator")), ("private", ("author", "coordinator")), ("fit", ("author", "coordinator")),
    ("daily_look", ("author", "coordinator", "mentee")), ("evaluation", ("author",)),
)  # fmt: skip


def test_the_keepsake_holds_nothing_that_the_mentee_may_not_see(onboarding: Programme) -> None:
    """What the mentor answered in confidence, and feedback for another mentee, is not in it."""
    base = next(f for f in FACTS if isinstance(f, Answer))
    secrets = [
        replace(base, id=f"e1/x/{kind}", kind=kind, value="SECRET", seen_by=seen, field="good")  # type: ignore[arg-type]
        for kind, seen in HIDDEN
    ]
    other = replace(base, id="e1/x/eva", value="SECRET for Eva", about="eva")
    seats = {"mentee": (ANA, person("Eva")), "mentor": (MATEJ,), "coordinator": (IRENA,)}
    outcome, _ = opened(pair(*FACTS, *secrets, other, seats=seats), onboarding)
    (mine,) = to(outcome, ANA)

    assert isinstance(mine.content, File)
    assert "SECRET" not in mine.content.data.decode()
    assert "Clear questions." in mine.content.data.decode()


def test_the_head_gets_the_last_word_and_the_mentee_can_open_it(onboarding: Programme) -> None:
    """What came since the last digest goes to the head once more, and is kept as passed on."""
    outcome, after = opened(pair(*FACTS), onboarding)
    (last,) = to(outcome, PETER)

    assert "Clear questions." in text(last.content)
    assert [last.content] == [p.card for p in after.passed]


def closed_by_hand(whole: Pair, prog: Programme) -> tuple[Outcome, Pair]:
    """What follows once the coordinator asked for the closing and the bot has looked."""
    asked = pressed("closing.finish", "enrolment:e1", whole, IRENA, prog)
    here = bots(scene(whole, DAY).after(asked.changes).pair, DAY, prog)
    (due,) = closing.always(here)
    outcome = closing.act(here, due)
    return outcome, here.after(outcome.changes).pair


def test_the_head_hears_nothing_twice_at_the_end(onboarding: Programme) -> None:
    """What was passed on before is not in the last word, also when the coordinator closes by hand."""
    before, after = opened(pair(*FACTS), onboarding)
    kept = replace(after.passed[0], id="e1/digest/2027-W27.ana", at=at("2027-07-02"))
    outcome, _ = closed_by_hand(scene(pair(*FACTS), DAY).with_(kept).pair, onboarding)

    assert isinstance(kept, Passed)
    assert "Clear questions." in text(to(before, PETER)[0].content)
    assert "Clear questions." not in text(to(outcome, PETER)[0].content)


# --- one thing learned -----------------------------------------------------------------------------


def learned(whole: Pair, me: Person, prog: Programme, **values: str) -> Outcome:
    """What somebody sends, after the end."""
    return pressed("closing.tell", "closing:e1", whole, me, prog, **values)


def test_one_thing_learned_reaches_the_other_one(onboarding: Programme) -> None:
    """Also weeks after the end; the other one reads it as it was written, and a second time nothing is sent."""
    _, after = opened(pair(*FACTS), onboarding)
    form = pressed("closing.learned", "closing:e1", after, ANA, onboarding).reply
    outcome = learned(after, ANA, onboarding, matej="To ask early.")
    told = scene(after, DAY).after(outcome.changes).pair

    assert isinstance(form, ShowForm)
    assert [("matej", ("author", "mentor"))] == [(f.key, f.seen_by) for f in form.form.fields]
    assert [MATEJ.id] == [s.to for s in outcome.sends]
    assert "One thing Ana learned from you" in text(outcome.sends[0].content)
    assert "“To ask early.”" in text(outcome.sends[0].content)
    assert () == learned(told, ANA, onboarding, matej="Again.").sends
    assert isinstance(pressed("closing.learned", "closing:e1", told, ANA, onboarding).reply, Note)


def test_nothing_learned_is_fine(onboarding: Programme) -> None:
    """An empty form is not sent, and asks for nothing but a line."""
    _, after = opened(pair(*FACTS), onboarding)

    assert isinstance(learned(after, MATEJ, onboarding, ana=" ").reply, FixForm)


def test_a_mentor_of_five_writes_to_each_who_came_to_mind(onboarding: Programme) -> None:
    """One form with a line for each mentee; only those with words are sent."""
    five = tuple(person(n) for n in ("Ana", "Eva", "Jan", "Lea", "Tim"))
    whole = pair(*FACTS, seats={"mentee": five, "mentor": (MATEJ,), "coordinator": (IRENA,)})
    _, after = opened(whole, onboarding)
    form = pressed("closing.learned", "closing:e1", after, MATEJ, onboarding).reply
    outcome = learned(after, MATEJ, onboarding, eva="Patience.", jan="Order.")

    assert isinstance(form, ShowForm)
    assert ["ana", "eva", "jan", "lea", "tim"] == [f.key for f in form.form.fields]
    assert ["eva", "jan"] == [s.to for s in outcome.sends]


def test_a_circle_without_a_mentor_closes_too(onboarding: Programme) -> None:
    """Everybody gets the card and a keepsake, and may write to everybody else."""
    three = tuple(person(n) for n in ("Ana", "Eva", "Jan"))
    whole = pair(*FACTS[:4], seats={"mentee": three, "coordinator": (IRENA,)})
    outcome, after = opened(whole, onboarding)
    form = pressed("closing.learned", "closing:e1", after, three[1], onboarding).reply

    assert ["File", "File", "File"] == [type(to(outcome, p)[0].content).__name__ for p in three]
    assert isinstance(form, ShowForm)
    assert ["ana", "jan"] == [f.key for f in form.form.fields]


# --- by the coordinator's hand ---------------------------------------------------------------------


def test_the_coordinator_may_close_without_the_last_review(onboarding: Programme) -> None:
    """The same closing, held at the next look; a second press changes nothing."""
    whole = pair(review("ahead"))
    outcome, after = closed_by_hand(whole, onboarding)
    asked = (
        scene(whole, DAY)
        .after(pressed("closing.finish", "enrolment:e1", whole, IRENA, onboarding).changes)
        .pair
    )

    assert ("closed", DAY) == ends(after)
    assert 1 == len(to(outcome, ANA))
    assert () == pressed("closing.finish", "enrolment:e1", asked, IRENA, onboarding).changes
    assert () == pressed("closing.finish", "enrolment:e1", after, IRENA, onboarding).changes
    assert [] == list(closing.always(bots(after, DAY, onboarding)))


def test_stopping_early_says_one_kind_sentence_and_no_reason(onboarding: Programme) -> None:
    """Both hear the same, nobody hears why; HR keeps the reason, and all that was open rests."""
    whole = pair(step_state("checkin", ANA, "2027-W05"))
    form = pressed("closing.stop", "enrolment:e1", whole, IRENA, onboarding).reply
    outcome = pressed("closing.stopped", "enrolment:e1", whole, IRENA, onboarding, why="MATEJ-IS-LATE")
    after = scene(whole, DAY).after(outcome.changes).pair

    assert isinstance(form, ShowForm)
    assert ("author", "coordinator") == form.form.fields[0].seen_by
    assert ("stopped", DAY) == ends(after)
    assert "MATEJ-IS-LATE" not in repr(outcome.sends)
    assert text(to(outcome, ANA)[0].content) == text(to(outcome, MATEJ)[0].content)
    assert (
        "Ana and Matej\n\n"
        "The programme ends here. Thank you for the time you gave each other. Any question: Irena from HR."
    ) == text(to(outcome, ANA)[0].content)
    assert ["skipped"] == [s.state for s in after.steps]
    assert [("stopped", "closed", "MATEJ-IS-LATE")] == [
        (c.signal, c.state, c.closed_because) for c in after.cases
    ]
    for other in (ANA, MATEJ, PETER, BREDA):
        assert () == seen_by(after, other).cases
    assert () == pressed("closing.stopped", "enrolment:e1", after, IRENA, onboarding, why="again").changes


def test_stopping_needs_a_word(onboarding: Programme) -> None:
    """Without a reason nothing ends."""
    outcome = pressed("closing.stopped", "enrolment:e1", pair(), IRENA, onboarding, why=" ")

    assert isinstance(outcome.reply, FixForm)
    assert () == outcome.changes


def test_who_is_part_of_the_pair_does_not_end_it(onboarding: Programme) -> None:
    """A coordinator who is the mentor leaves that to the other one."""
    whole = pair(seats={"mentee": (ANA,), "mentor": (IRENA,), "coordinator": (IRENA, IVO)})

    assert () == pressed("closing.finish", "enrolment:e1", whole, IRENA, onboarding).changes
    assert isinstance(pressed("closing.stop", "enrolment:e1", whole, IRENA, onboarding).reply, Note)
    reply = pressed("closing.stopped", "enrolment:e1", whole, IRENA, onboarding, why="x")
    assert isinstance(reply.reply, CloseForm)
    assert () == reply.changes


def test_a_word_shows_the_ways_to_end_a_pair(onboarding: Programme) -> None:
    """The coordinator names the pair; both ways ask before they do anything."""
    here = scene(seen_by(pair(), IRENA), DAY, me=IRENA, prog=onboarding)
    desk = Desk(me=IRENA, scenes=(here,), now=DAY)
    reply = ending.command(desk, "ana").reply

    assert isinstance(reply, ShowCard)
    assert ["closing.finish", "closing.stop"] == [b.verb for b in reply.card.buttons if hasattr(b, "verb")]
    assert all(getattr(b, "confirm", None) for b in reply.card.buttons)
    assert isinstance(ending.command(desk, "nobody").reply, Note)
