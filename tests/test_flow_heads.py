"""What the mentor passes on reaches the head, the mentee opens exactly that, and the head may write back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from adapters.text import as_text
from bot.content import Button, Card
from bot.events import Address, Pressed, Submitted
from bot.facts import Answer, Goal, Pair, Passed, Person, PlanItem, StepState, Task, Tick, step_id
from bot.facts import Note as HeadNote
from bot.i18n import Reader
from bot.outcome import CloseForm, FixForm, Note, Outcome, Put, ReplaceCard, ShowCard, ShowForm
from flows import heads
from flows.kinds import Act
from flows.programme import Programme, Step, When
from flows.scene import Desk
from flows.visibility import for_the_bot, seen_by
from tests.scenes import ANA, BREDA, IRENA, IVO, MATEJ, PETER, at, pair, person, programme, scene

DIGEST = Step(
    id="digest", phase="phase", kind="digest", who=("head",), title=(("en", "{mentee}, this week"),),
    when=When(every="week", weekday=4, from_week=2),
)  # fmt: skip
PROG: Programme = programme(DIGEST)
GOAL = Goal(
    id="e1/goal/1", enrolment="e1", title="Calls", period="", target=5, value=2, unit="calls", by=ANA.id
)
FRIDAY = at("2027-01-29", 13)
NEXT_FRIDAY = at("2027-02-05", 13)
READER = Reader("en", "Europe/Ljubljana")


def feedback(field: str, value: str, when: datetime = FRIDAY, **more: object) -> Answer:
    """A line of feedback, given a day before."""
    made = Answer(
        id=f"e1/feedback/2027-W04/matej/{field}",
        enrolment="e1",
        step="feedback",
        occurrence="2027-W04",
        person=MATEJ.id,
        field=field,
        kind="feedback",
        value=value,
        seen_by=("author", "mentee", "coordinator"),
        at=when.replace(day=when.day - 1),
        about=ANA.id,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def weekly(week: str, head: Person = PETER) -> StepState:
    """The digest's state as it opens."""
    return StepState(
        id=step_id("e1", "digest", week, head.id),
        enrolment="e1",
        step="digest",
        occurrence=week,
        person=head.id,
    )


def opened(whole: Pair, now: datetime = FRIDAY, week: str = "2027-W04", head: Person = PETER) -> Outcome:
    """What the bot does when the digest is due."""
    return heads.opened(scene(for_the_bot(whole), now, prog=PROG), weekly(week, head))


def passed(outcome: Outcome) -> list[Passed]:
    """What was kept as passed on."""
    return [c.record for c in outcome.changes if isinstance(c, Put) and isinstance(c.record, Passed)]


def told(whole: Pair, outcome: Outcome) -> Pair:
    """The pair once the outcome is stored."""
    return scene(whole, FRIDAY, prog=PROG).after(outcome.changes).pair


def words(outcome: Outcome) -> str:
    """What the head reads."""
    return "\n".join(as_text(s.content, READER) for s in outcome.sends)


def pressed(verb: str, ref: str, whole: Pair, me: Person, now: datetime = FRIDAY) -> Outcome:
    """What a press does for somebody who sees what they may see."""
    act: Act = Pressed(key="k", who=Address("test", me.id), verb=verb, ref=ref)
    return heads.VERBS[verb].run(scene(seen_by(whole, me), now, me=me, prog=PROG), act)


def sent(verb: str, ref: str, whole: Pair, me: Person, key: str = "k", **values: str) -> Outcome:
    """What a form does."""
    act: Act = Submitted(key=key, who=Address("test", me.id), verb=verb, ref=ref, values=values)
    return heads.VERBS[verb].run(scene(seen_by(whole, me), FRIDAY, me=me, prog=PROG), act)


# --- the digest ------------------------------------------------------------------------------------


def test_nothing_new_is_no_message() -> None:
    """Where there is nothing to pass on the head hears nothing, and nothing is kept."""
    outcome = opened(pair())

    assert () == outcome.sends
    assert [] == passed(outcome)
    assert ("skipped", "nothing to say") == (outcome.changes[0].record.state, outcome.changes[0].record.why)  # type: ignore[union-attr]


def test_the_head_reads_what_the_mentor_wrote_and_how_far_things_are() -> None:
    """Feedback in the mentor's words, goals with their bars, plan, tasks and documents; one message."""
    whole = pair(
        feedback("good", "Clear questions."),
        feedback("better", "Earlier drafts."),
        GOAL,
        PlanItem(id="e1/plan/1", enrolment="e1", period="", text="Import script", owner=ANA.id, state="done"),
        Task(id="e1/task/1", enrolment="e1", title="June payments", state="done"),
        Task(id="e1/task/2", enrolment="e1", title="July payments"),
        Tick(
            id="e1/documents/1",
            enrolment="e1",
            step="documents",
            item="1",
            label="Handbook",
            done_at=at("2027-01-11"),
        ),
    )
    outcome = opened(whole)
    text = words(outcome)

    assert [PETER.id] == [s.to for s in outcome.sends]
    for part in (
        "Ana, this week",
        "Clear questions.",
        "Earlier drafts.",
        "2 of 5 calls",
        "Import script",
        "June payments",
        "Handbook",
    ):
        assert part in text
    assert "July payments" not in text
    assert "Ana can open exactly this." in text


PRIVATE: tuple[tuple[str, str], ...] = (
    ("checkin_scale", "SECRET-SCALE"), ("checkin_words", "SECRET-WORDS"), ("private", "SECRET-TICK"),
    ("going", "SECRET-GOING"), ("fit", "SECRET-FIT"), ("review", "SECRET-REVIEW"), ("daily_look", "SECRET-LOOK"),
    ("satisfaction", "SECRET-TAP"), ("evaluation", "SECRET-EVAL"), ("note", "SECRET-NOTE"), ("ease", "SECRET-EASE"),
)  # fmt: skip


def test_nothing_but_the_work_reaches_the_head() -> None:
    """Check-ins, private lists, answers about the two, reviews and the rest are never passed on."""
    secrets = [
        feedback("good", value, id=f"e1/x/{kind}", kind=kind, seen_by=("author", "coordinator", "head"))
        for kind, value in PRIVATE
    ]
    outcome = opened(pair(feedback("good", "Clear questions."), *secrets))

    assert "Clear questions." in words(outcome)
    assert "SECRET" not in repr(outcome)


def test_what_was_passed_on_is_not_passed_on_again() -> None:
    """A second digest carries only what is new; without anything new there is none."""
    whole = pair(feedback("good", "Clear questions."), GOAL)
    after = told(whole, opened(whole))

    assert () == opened(after, NEXT_FRIDAY, "2027-W05").sends
    moved = scene(after, FRIDAY).with_(replace(GOAL, value=3.0)).pair
    text = words(opened(moved, NEXT_FRIDAY, "2027-W05"))
    assert "3 of 5 calls" in text
    assert "Clear questions." not in text


def test_the_same_digest_opened_twice_is_one() -> None:
    """A second head of the pair gets the very same card, and it is kept once."""
    second = person("Petra")
    seats = {"mentee": (ANA,), "mentor": (MATEJ,), "head": (PETER, second), "coordinator": (IRENA,)}
    whole = pair(feedback("good", "Clear questions."), seats=seats)
    first = opened(whole)
    other = opened(told(whole, first), FRIDAY, head=second)

    assert passed(first) == passed(other)
    assert first.sends[0].content == other.sends[0].content
    assert [second.id] == [s.to for s in other.sends]


# --- what the mentee can open ----------------------------------------------------------------------


def test_the_mentee_opens_exactly_what_the_head_received() -> None:
    """Every line of the head's card, and no other one, save the day; the head's own buttons are not theirs."""
    whole = pair(feedback("good", "Clear questions."), GOAL)
    outcome = opened(whole)
    shown = pressed("heads.what", "enrolment:e1", told(whole, outcome), ANA).reply
    got = outcome.sends[0].content

    assert isinstance(shown, ShowCard)
    assert isinstance(got, Card)
    assert (got.title, got.blocks) == (shown.card.title, shown.card.blocks[:-1])
    assert "Peter got this on Friday 29 January." in as_text(shown.card, READER)
    assert () == shown.card.buttons


def test_earlier_digests_stay_open_to_the_mentee() -> None:
    """From the last one a button leads back, and the command shows the last."""
    whole = pair(feedback("good", "Clear questions."))
    first = told(whole, opened(whole))
    both = told(first, opened(scene(first, FRIDAY).with_(GOAL).pair, NEXT_FRIDAY, "2027-W05"))
    last = pressed("heads.what", "enrolment:e1", both, ANA).reply
    assert isinstance(last, ShowCard)
    (back,) = last.card.buttons
    assert isinstance(back, Button)
    before = pressed("heads.what", back.ref, both, ANA).reply
    seen = scene(seen_by(both, ANA), NEXT_FRIDAY, me=ANA, prog=PROG)

    assert isinstance(before, ShowCard)
    assert "Clear questions." in as_text(before.card, READER)
    assert ShowCard(last.card) == heads.command(Desk(me=ANA, scenes=(seen,), now=NEXT_FRIDAY), "").reply
    home = heads.for_home(seen)
    assert home is not None
    assert "Peter got something about your work on Friday 5 February." in as_text(home, READER)


@pytest.mark.parametrize("me", [MATEJ, IRENA, BREDA])
def test_others_find_nothing_to_open(me: Person) -> None:
    """What was passed on is between mentee and head."""
    whole = pair(feedback("good", "Clear questions."))
    seen = scene(seen_by(told(whole, opened(whole)), me), FRIDAY, me=me, prog=PROG)

    assert Note(heads.NOTHING) == heads.command(Desk(me=me, scenes=(seen,), now=FRIDAY), "").reply


def test_a_mentee_of_a_group_opens_their_own_alone() -> None:
    """Each mentee has a digest of their own, and cannot open another's, whatever the ref says."""
    eva = person("Eva")
    seats = {"mentee": (ANA, eva), "mentor": (MATEJ,), "head": (PETER,), "coordinator": (IRENA,)}
    whole = pair(
        feedback("good", "About Ana."),
        feedback("good", "About Eva.", id="e1/f/eva", about=eva.id, occurrence="2027-W04.eva"),
        seats=seats,
    )
    outcome = opened(whole)
    after = told(whole, outcome)
    other = next(p.id for p in passed(outcome) if p.id.endswith(".eva"))
    shown = pressed("heads.what", f"passed:{other}", after, ANA).reply

    assert 2 == len(outcome.sends)
    assert isinstance(shown, ShowCard)
    assert "About Ana." in as_text(shown.card, READER)
    assert "About Eva." not in as_text(shown.card, READER)


def test_a_head_reads_about_those_they_lead() -> None:
    """Where the mentees of a group have different heads, each reads of their own."""
    eva = person("Eva", manager="petra")
    petra = person("Petra")
    seats = {
        "mentee": (replace(ANA, manager="peter"), eva),
        "mentor": (MATEJ,),
        "head": (PETER, petra),
        "coordinator": (IRENA,),
    }
    whole = pair(
        feedback("good", "About Ana."),
        feedback("good", "About Eva.", id="e1/f/eva", about=eva.id, occurrence="2027-W04.eva"),
        seats=seats,
    )

    assert "About Eva." not in words(opened(whole))
    assert "About Ana." not in words(opened(whole, head=petra))
    assert "About Eva." in words(opened(whole, head=petra))


# --- the head writes back --------------------------------------------------------------------------


def buttons_of(outcome: Outcome) -> list[tuple[str, str]]:
    """The head's ways to write, as (verb, ref)."""
    content = outcome.sends[0].content
    assert isinstance(content, Card)
    return [(b.verb, b.ref) for b in content.buttons if isinstance(b, Button)]


def test_the_head_may_write_to_mentor_and_coordinator() -> None:
    """Each has a button of their own, so that who reads it is said before a word is typed."""
    whole = pair(feedback("good", "Clear questions."))
    assert [
        ("heads.write", "note:e1/digest/2027-W04/matej"),
        ("heads.write", "note:e1/digest/2027-W04/irena"),
    ] == buttons_of(opened(whole))
    for ref, reader in (
        ("note:e1/digest/2027-W04/matej", "mentor"),
        ("note:e1/digest/2027-W04/irena", "coordinator"),
    ):
        form = pressed("heads.write", ref, whole, PETER).reply
        assert isinstance(form, ShowForm)
        assert {("author", reader)} == {f.seen_by for f in form.form.fields}


def asked(whole: Pair, to: str = "matej", what: str = "question") -> tuple[Outcome, HeadNote]:
    """A question that the head sent."""
    outcome = sent(
        "heads.send", f"note:e1/digest/2027-W04/{to}", whole, PETER, text="How is the import?", what=what
    )
    (note,) = [c.record for c in outcome.changes if isinstance(c, Put) and isinstance(c.record, HeadNote)]
    return outcome, note


def test_a_question_is_brought_to_its_reader_and_answered() -> None:
    """The mentor gets it with a way to answer, and the answer goes back to the head."""
    whole = pair()
    outcome, note = asked(whole)
    after = told(whole, outcome)
    reply = sent("heads.answered", f"note:{note.id}", after, MATEJ, key="k2", text="It runs.")

    assert [(MATEJ.id, "invite")] == [(s.to, s.kind) for s in outcome.sends]
    assert "Peter asks about the work of Ana" in words(outcome)
    assert note.answered_at is None
    assert [(PETER.id, "answer")] == [(s.to, s.kind) for s in reply.sends]
    assert "It runs." in words(reply)
    done = told(after, reply)
    assert ("It runs.", FRIDAY) == (done.notes[0].answer, done.notes[0].answered_at)
    again = sent("heads.answered", f"note:{note.id}", done, MATEJ, key="k3", text="Other.")
    assert ((), ()) == (again.changes, again.sends)
    assert isinstance(pressed("heads.answer", f"note:{note.id}", done, MATEJ).reply, ReplaceCard)


def test_a_note_waits_for_no_answer() -> None:
    """A note is told, not asked; it may be answered all the same."""
    whole = pair()
    outcome, note = asked(whole, what="note")

    assert ["info"] == [s.kind for s in outcome.sends]
    assert note.at == note.answered_at
    assert isinstance(pressed("heads.answer", f"note:{note.id}", told(whole, outcome), MATEJ).reply, ShowForm)


def test_a_note_may_wait_for_the_next_request_for_feedback_and_a_question_for_a_day() -> None:
    """Written on Friday at two, a note may wait for another message until Thursday at two, a question until Monday."""
    (question,), (note,) = (asked(pair(), what=what)[0].sends for what in ("question", "note"))

    assert (FRIDAY, at("2027-02-01", 13)) == (question.along_from, question.not_before)
    assert (FRIDAY, at("2027-02-04", 13)) == (note.along_from, note.not_before)


def test_a_note_is_read_by_two_people_alone() -> None:
    """The mentee sees none of it, nor does a coordinator to whom it was not written; a second coordinator steps in."""
    whole = pair()
    outcome, note = asked(whole)
    after = told(whole, outcome)
    to_hr, hers = asked(whole, to="irena")

    for other in (ANA, IRENA, IVO, BREDA):
        assert () == seen_by(after, other).notes
    assert heads.VERBS["heads.answer"].roles == ("mentor", "coordinator")
    assert isinstance(pressed("heads.answer", f"note:{note.id}", after, IRENA).reply, Note)
    assert isinstance(pressed("heads.answer", f"note:{hers.id}", told(whole, to_hr), IVO).reply, ShowForm)


def test_an_empty_note_is_asked_for_again() -> None:
    """Nothing is sent without words, and nothing is lost."""
    assert isinstance(
        sent("heads.send", "note:e1/digest/2027-W04/matej", pair(), PETER, text="  ").reply, FixForm
    )
    outcome, note = asked(pair())
    assert isinstance(
        sent("heads.answered", f"note:{note.id}", told(pair(), outcome), MATEJ, text="").reply, FixForm
    )


def test_a_forged_reader_gets_nothing() -> None:
    """A ref that names the mentee or a stranger opens no form and sends nothing."""
    for ref in ("note:e1/digest/2027-W04/ana", "note:e1/digest/2027-W04/nobody"):
        assert isinstance(pressed("heads.write", ref, pair(), PETER).reply, Note)
        outcome = sent("heads.send", ref, pair(), PETER, text="Hello", what="note")
        assert isinstance(outcome.reply, CloseForm)
        assert ((), ()) == (outcome.changes, outcome.sends)


def test_a_note_to_hr_waits_for_a_day_at_most() -> None:
    """HR is not asked for something each week with which it could travel."""
    (note,) = asked(pair(), what="note", to="irena")[0].sends
    assert (FRIDAY, at("2027-02-01", 13)) == (note.along_from, note.not_before)


def test_what_could_go_further_names_who_says_it() -> None:
    """Where the mentor wrote nothing of what went well, their name stands with what could go further."""
    better = feedback("better", "Ask earlier")
    assert "Matej, could go further: Ask earlier" in words(opened(pair(better)))
