"""The mentor's weekly feedback: two lines that reach the mentee the same day, from one mentee to the next (FEATURES P7)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.content import Button, Card, ChoiceField, Form, Role, ScaleField, TextField
from bot.facts import Answer, Goal, Pair, Person, PlanItem
from bot.outcome import CloseForm, FixForm, Note, ReplaceCard, ShowForm
from flows import feedback
from flows.programme import Step, When
from flows.scene import Desk
from flows.visibility import may_see
from tests.live import Live
from tests.living import Life
from tests.meetings import read
from tests.scenes import ANA, IRENA, MATEJ, PETER, at, pair, person, programme, second
from tests.test_groups import CHECKIN, FEEDBACK, HEAD

BOR, CENE = person("Bor"), person("Cene")
GROUP: dict[Role, tuple[Person, ...]] = {"mentee": (ANA, BOR), "mentor": (MATEJ,), "coordinator": (IRENA,)}
STEP = Step(
    id="feedback",
    phase="phase",
    kind="feedback",
    who=("mentor",),
    about="mentee",
    when=When(every="week", weekday=4, from_week=2),
    title=(("en", "Feedback"),),
    options=(
        ("going", (("en", "How is it going between you and {mentee}?"),)),
        ("ticks", ((("id", "leans"), ("text", (("en", "Leans on me."),)), ("signal", "leans")),)),
    ),
)
REF = "step:e1/feedback/2027-W03"
PLAN = PlanItem(id="e1/plan/1", enrolment="e1", period="", text="Import June", owner="ana")
GOAL = Goal(id="e1/goal/1", enrolment="e1", title="Three calls alone", period="", target=3, by="ana")


def opened(whole: Pair | None = None) -> Live:
    """Return a pair on Friday of week 2, with the feedback open."""
    live = Live(whole or pair(PLAN, GOAL), programme(STEP), at("2027-01-22", 9))
    live.look()
    return live


def keep(live: Live, **values: object) -> object:
    """Let the mentor write."""
    return live.submit(MATEJ, "feedback.keep", REF, **values)  # type: ignore[arg-type]


def form_of(reply: object) -> Form:
    """Return the dialog that opened."""
    assert isinstance(reply, ShowForm)
    return reply.form


def fields(reply: object) -> dict[str, object]:
    """Return what a dialog begins with, by field."""
    return {f.key: f.initial for f in form_of(reply).fields}


def test_what_is_written_is_for_the_mentee() -> None:
    """Good, better and what it is about; how it is going between the two stays with HR."""
    live = opened()

    reply = keep(live, good="The script", better="Ask sooner", topic="e1/plan/1", going="2", ticks=("leans",))

    assert isinstance(reply, CloseForm)
    told = live.sends["e1/feedback/2027-W03/matej:ana:feedback"]
    assert [
        "From Matej, about this week.", "Went well: The script", "Could go further: Ask sooner",
        "About: Import June", "What would you like to ask Matej?",
    ] == read(told.content).split("\n")  # fmt: skip
    seen = {
        a.field: [who.id for who in (ANA, IRENA, PETER) if may_see(live.pair, a, who)]
        for a in live.pair.answers
    }
    assert {
        "good": ["ana", "irena"], "better": ["ana", "irena"], "topic": ["ana", "irena"],
        "going": ["irena"], "ticks": ["irena"],
    } == seen  # fmt: skip
    assert ["done"] == [s.state for s in live.pair.steps]


def test_the_form_says_who_sees_each_line() -> None:
    """The head reads the two lines in the digest, and the mentor is told so before writing."""
    form = form_of(opened().press(MATEJ, "feedback.write", REF))

    assert {
        "good": ("author", "mentee", "coordinator", "head"),
        "better": ("author", "mentee", "coordinator", "head"),
        "topic": ("author", "mentee", "coordinator", "head"),
        "going": ("author", "coordinator"),
        "ticks": ("author", "coordinator"),
    } == {f.key: f.seen_by for f in form.fields}
    assert [TextField, TextField, ChoiceField, ScaleField, ChoiceField] == [type(f) for f in form.fields]


def test_one_line_is_enough_and_none_is_asked_again() -> None:
    """Either of the two; with neither the form stays open."""
    live = opened()

    assert isinstance(keep(live, good=" ", better="", going="5"), FixForm)
    assert () == live.pair.answers
    assert isinstance(keep(live, better="Ask sooner"), CloseForm)
    assert "Went well" not in read(live.sends["e1/feedback/2027-W03/matej:ana:feedback"].content)


def test_it_can_be_changed_until_it_was_read() -> None:
    """A corrected one takes the place of the first; after “read” it stays, however late the form comes."""
    live = opened()
    keep(live, good="The script", going="4")
    assert {"good": "The script", "better": "", "topic": (), "going": "4", "ticks": ()} == fields(
        live.press(MATEJ, "feedback.write", REF)
    )
    live.now = at("2027-01-22", 10)
    keep(live, good="The whole script", going="4")
    update = [s for s in live.sends.values() if s.to == "ana"][-1]
    assert ("update", "e1/feedback/2027-W03/matej:ana:feedback") == (update.kind, update.replaces)

    live.press(ANA, "feedback.read", f"{REF}/matej")

    assert isinstance(live.press(MATEJ, "feedback.write", REF), Note)
    assert isinstance(keep(live, good="Something else"), CloseForm)
    assert {"The whole script"} == {a.value for a in live.pair.answers if a.field == "good"}
    state = live.pair.steps[0]
    assert () == feedback.card(live.scene(MATEJ), state).buttons


def test_reading_is_noted_once_and_keeps_the_words() -> None:
    """The card loses its button, not its lines; pressing it weeks later changes nothing."""
    live = opened()
    keep(live, good="The script")

    reply = live.press(ANA, "feedback.read", f"{REF}/matej")
    assert isinstance(reply, ReplaceCard)
    assert ("Went well: The script" in read(reply.card), reply.card.buttons) == (True, ())
    before = live.pair
    live.now = at("2027-03-01")
    live.press(ANA, "feedback.read", f"{REF}/matej")

    assert before == live.pair


def test_a_week_is_skipped_in_one_tap_and_a_mind_can_be_changed() -> None:
    """Until the week is over; then nothing can be written about it any more."""
    live = opened()

    reply = live.press(MATEJ, "feedback.skip", REF)
    assert isinstance(reply, ReplaceCard)
    assert ["feedback.write"] == [b.verb for b in reply.card.buttons if isinstance(b, Button)]
    assert [("skipped", "person")] == [(s.state, s.why) for s in live.pair.steps]
    keep(live, good="After all")
    assert ["done"] == [s.state for s in live.pair.steps]

    live.now = at("2027-01-25", 9)
    assert isinstance(live.press(MATEJ, "feedback.skip", REF), Note)
    assert isinstance(live.press(MATEJ, "feedback.write", REF), Note)
    assert isinstance(keep(live, good="Too late"), CloseForm)
    assert {"After all"} == {a.value for a in live.pair.answers if a.field == "good"}


def test_what_the_form_does_not_offer_is_not_kept() -> None:
    """A forged scale, tick or topic is left out; the words stay."""
    live = opened()

    keep(live, good="The script", going="99", ticks=("bosses",), topic="e1/plan/7")

    assert {"good": "The script"} == {a.field: a.value for a in live.pair.answers}


def test_a_reminder_remembers_what_was_written_last() -> None:
    """Something to begin with; about this mentee alone."""
    live = opened()
    old = Answer(
        id="e1/feedback/2027-W02/matej/good", enrolment="e1", step="feedback", occurrence="2027-W02",
        person="matej", field="good", kind="feedback", value="the import script",
        seen_by=("author", "mentee", "coordinator"), at=at("2027-01-15"), about="ana",
    )  # fmt: skip
    scene, state = live.scene(), live.pair.steps[0]

    assert "One line helps Ana more than none." in read(Card(feedback.nudge(scene, state)))
    assert "the import script" in read(Card(feedback.nudge(scene.with_(old), state)))
    other = replace(old, person="ivo")
    assert "the import script" not in read(Card(feedback.nudge(scene.with_(other), state)))


def test_head_and_mentee_write_none_and_read_none_that_is_not_theirs() -> None:
    """Presses by others change nothing."""
    live = opened()
    keep(live, good="The script")
    before = live.pair

    refused = [live.press(who, "feedback.read", f"{REF}/matej") for who in (PETER, IRENA)]
    refused += [live.submit(who, "feedback.keep", REF, good="x") for who in (ANA, PETER)]

    assert [Note] * 4 == [type(r) for r in refused]
    assert before == live.pair


# --- from one mentee to the next -------------------------------------------------------------------


def test_in_a_group_one_form_leads_to_the_next() -> None:
    """After Ana's comes Bor's, and the card of each follows; after the last one it closes."""
    live = opened(pair(seats=GROUP))

    reply = live.submit(MATEJ, "feedback.keep", f"{REF}.ana", good="The script")
    following = form_of(reply)

    assert ("feedback.keep_on", f"{REF}.bor") == (following.verb, following.ref)
    updates = [s for s in live.sends.values() if s.to == "matej" and s.kind == "update"]
    assert ["e1/feedback/2027-W03.ana/matej:matej:open"] == [s.replaces for s in updates]
    last = live.submit(MATEJ, following.verb, following.ref, good="The calls")
    assert isinstance(last, CloseForm)
    assert None is last.card
    assert {"2027-W03.ana": "done", "2027-W03.bor": "done"} == {
        s.occurrence: s.state for s in live.pair.steps
    }
    assert ["bor"] == [s.to for s in live.sends.values() if "The calls" in repr(s) and s.kind == "info"]


def test_a_correction_leads_nowhere() -> None:
    """Who changes what they wrote is not sent on."""
    live = opened(pair(seats=GROUP))
    live.submit(MATEJ, "feedback.keep", f"{REF}.ana", good="The script")

    assert isinstance(live.submit(MATEJ, "feedback.keep", f"{REF}.ana", good="The scripts"), CloseForm)


def test_a_mentor_of_three_pairs_goes_from_one_to_the_next(db_url: str) -> None:
    """Three enrolments, one command, three forms, and each mentee reads their own."""

    async def live() -> tuple[list[str], dict[str, list[str]]]:
        life = Life(db_url, datetime(2027, 1, 4, 8, tzinfo=UTC))
        text = HEAD % "mentee = 1, mentor = 1, coordinator = 1" + FEEDBACK
        for n, mentee in enumerate((ANA, BOR, CENE), 1):
            seats: dict[Role, tuple[Person, ...]] = {
                "mentee": (mentee,), "mentor": (MATEJ,), "coordinator": (IRENA,),
            }  # fmt: skip
            await life.enrol(text, seats, date(2027, 1, 11), f"e{n}")
        await life.until(datetime(2027, 1, 22, 10, tzinfo=UTC))
        reply: object = (await life.press("matej", "feedback.write", REF)).reply
        refs = []
        while isinstance(reply, ShowForm):
            refs.append(reply.form.ref)
            answered = await life.submit(
                "matej", reply.form.verb, reply.form.ref, good=f"About {len(refs)}", going="4"
            )
            reply = answered.reply
        await life.until(datetime(2027, 1, 22, 16, tzinfo=UTC))
        got = {
            m.id: [
                text
                for text in ("About 1", "About 2", "About 3")
                if text in repr([d.content for d in life.got(m.id)])
            ]
            for m in (ANA, BOR, CENE)
        }
        await life.close()
        return refs, got

    refs, got = asyncio.run(live())

    assert [f"step:e{n}/feedback/2027-W03" for n in (1, 2, 3)] == refs
    assert {"ana": ["About 1"], "bor": ["About 2"], "cene": ["About 3"]} == got


# --- the command -----------------------------------------------------------------------------------


def given_to_ana(url: str, weekday: str) -> list[tuple[str, list[str]]]:
    """Let Matej write on Friday morning, check-ins being on `weekday`; return what Ana got that day, by hour."""

    async def live() -> list[tuple[str, list[str]]]:
        life = Life(url, datetime(2027, 1, 4, 8, tzinfo=UTC))
        text = HEAD % "mentee = 1, mentor = 1, coordinator = 1" + FEEDBACK
        text += CHECKIN.replace("thursday", weekday)
        seats: dict[Role, tuple[Person, ...]] = {
            "mentee": (ANA,), "mentor": (MATEJ,), "coordinator": (IRENA,),
        }  # fmt: skip
        await life.enrol(text, seats, date(2027, 1, 11))
        await life.until(datetime(2027, 1, 22, 10, tzinfo=UTC))
        await life.submit("matej", "feedback.keep", REF, good="The script", going="4")
        await life.until(datetime(2027, 1, 22, 16, tzinfo=UTC))
        got = [(at, d.content) for at, d in life.box.messages if d.to.id == "ana" and at.day == 22]
        await life.close()
        lines = ("From Matej, about this week.", "I know what to work on next")
        return [(f"{at:%H:%M}", [line for line in lines if line in read(content)]) for at, content in got]

    return asyncio.run(live())


def test_it_comes_with_the_check_in_of_the_same_day(db_url: str) -> None:
    """One message at 14:00, the mentor's two lines first."""
    both = ["From Matej, about this week.", "I know what to work on next"]
    assert [("13:00", both)] == given_to_ana(db_url, "friday")


def test_it_comes_alone_before_the_mentee_goes_home(db_url: str) -> None:
    """Where nothing else is sent that day, at half past four."""
    assert [("15:30", ["From Matej, about this week."])] == given_to_ana(db_url, "monday")


def test_the_command_opens_what_is_open_or_the_one_named() -> None:
    """Without a name the first that is open; by name that one, given or not."""
    live = opened(pair(seats=GROUP))
    desk = Desk(me=MATEJ, scenes=(live.scene(MATEJ),), now=live.now)

    assert f"{REF}.ana" == form_of(feedback.command(desk, "").reply).ref
    assert f"{REF}.bor" == form_of(feedback.command(desk, "@Bor").reply).ref
    assert isinstance(feedback.command(desk, "Zoran").reply, Note)


@pytest.mark.parametrize("who", [ANA, PETER])
def test_who_mentors_nobody_reads_so(who: Person) -> None:
    """And a mentor with nothing open as well."""
    live = opened()
    desk = Desk(me=who, scenes=(live.scene(who),), now=live.now)

    assert isinstance(feedback.command(desk, "").reply, Note)
    later = replace(live.scene(MATEJ), now=at("2027-01-25", 9))
    assert isinstance(
        feedback.command(Desk(me=MATEJ, scenes=(second(later),), now=later.now), "").reply, Note
    )
