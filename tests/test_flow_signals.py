"""What is watched becomes a case, once, with the fact in plain words, and only what was delivered counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bot.calendar import Span, week_of
from bot.content import say
from bot.facts import (
    TROUBLES,
    Agreement,
    Answer,
    Case,
    Goal,
    Meeting,
    Note,
    Pair,
    Person,
    Record,
    Review,
    StepChange,
    StepState,
    Task,
    step_id,
    with_record,
)
from bot.i18n import plain_words
from bot.outcome import Outcome, Put
from flows import signals
from flows.kinds import Due
from flows.programme import Programme, Signal, Step, When
from flows.programme_file import load_programme
from flows.scene import Scene
from flows.signal_options import SIGNAL_KINDS
from flows.visibility import seen_by
from tests.scenes import ANA, BREDA, IRENA, IVO, MATEJ, PETER, at, pair, person, programme, scene

SHIPPED = Path(__file__).parent.parent / "flows" / "programmes" / "onboarding.toml"


@pytest.fixture(scope="module")
def onboarding() -> Programme:
    """The programme that ships."""
    return load_programme(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name)


def only(programme_: Programme, *ids: str) -> Programme:
    """The programme with no other signals than these."""
    return replace(programme_, signals=tuple(s for s in programme_.signals if s.id in ids))


def found(now: Scene) -> list[Due]:
    """What the signals have due, now or later."""
    return list(signals.due(now))


def raised(now: Scene) -> list[Case]:
    """The cases that open now."""
    return [
        change.record
        for due in found(now)
        if due.at <= now.now
        for change in signals.act(now, due).changes
        if isinstance(change, Put) and isinstance(change.record, Case)
    ]


def words(case: Case) -> str:
    """A case's reason as the coordinator reads it."""
    return plain_words(case.reason, "en", "Europe/Ljubljana")


def advice(case: Case) -> str:
    """What a case says can be done."""
    assert case.advice is not None
    return plain_words(case.advice, "en", "Europe/Ljubljana")


def whole(*records: Record, **more: object) -> Pair:
    """The five people with these records."""
    return pair(*records, **more)  # type: ignore[arg-type]


def state(step: str, occurrence: str, who: Person | None, **more: object) -> StepState:
    """A step's state, delivered on 12 January unless said otherwise."""
    made = StepState(
        id=step_id("e1", step, occurrence, who.id if who else ""),
        enrolment="e1",
        step=step,
        occurrence=occurrence,
        person=who.id if who else "",
        opened_at=at("2027-01-12"),
        delivered_at=at("2027-01-12"),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def monday(week: int) -> date:
    """The Monday of the programme's nth week."""
    return date(2027, 1, 11) + timedelta(weeks=week - 1)


def instant_of(week: int, hour: int = 9) -> datetime:
    """Thursday of the programme's nth week."""
    return at((monday(week) + timedelta(days=3)).isoformat(), hour)


def missed(step: str, week: int, who: Person, **more: object) -> StepState:
    """A weekly step that was delivered and stayed open until its week was over."""
    ended = at((monday(week) + timedelta(days=7)).isoformat(), 8)
    made = state(step, week_of(monday(week)), who, state="skipped", why="not answered", done_at=ended)
    return replace(made, delivered_at=instant_of(week), **more)  # type: ignore[arg-type]


def tapped(week: int, value: int, field: str = "relationship", who: Person = ANA, **more: object) -> Answer:
    """A tap from 1 to 5 in the programme's nth week."""
    step = "feedback" if field == "going" else "checkin"
    occurrence = week_of(monday(week))
    made = Answer(
        id=f"e1/{step}/{occurrence}/{who.id}/{field}",
        enrolment="e1",
        step=step,
        occurrence=occurrence,
        person=who.id,
        field=field,
        kind="going" if field == "going" else "checkin_scale",
        value=str(value),
        seen_by=("author", "coordinator"),
        at=instant_of(week),
        about=ANA.id if field == "going" else "",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def meeting(step: str, people: tuple[Person, ...] = (ANA, MATEJ), **more: object) -> Meeting:
    """A meeting of these people, its chooser the last of them."""
    made = Meeting(
        id=f"e1/{step}/once",
        enrolment="e1",
        step=step,
        occurrence="once",
        people=tuple(p.id for p in people),
        minutes=30,
        chooser=people[-1].id,
        reminded_at=at("2026-12-30"),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def closed(case: Case, when: datetime) -> Case:
    """The case as it is once somebody closed it."""
    return replace(case, state="closed", closed_at=when, closed_because="spoken")


# --- the registry ----------------------------------------------------------------------------------


def test_every_kind_of_signal_is_watched() -> None:
    """Each kind that a programme file may name is found by some watch; undecided reviews by the review itself."""
    assert set(SIGNAL_KINDS) - {"undecided"} == set(signals.WATCHES)


def test_a_quiet_pair_gives_no_case(onboarding: Programme) -> None:
    """On the first morning, with all well prepared, nothing is raised."""
    ready = state("mentor_ready", "once", MATEJ, state="done")
    first = meeting("first_meeting", state="fixed", starts_at=at("2027-01-11", 8))
    now = scene(whole(ready, first), at("2027-01-11", 9), prog=onboarding)

    assert [] == raised(now)


def test_nobody_to_hear_it_means_nothing_is_due(onboarding: Programme) -> None:
    """Without a coordinator the ticker is not asked to look again and again."""
    alone = whole(seats={"mentee": (ANA,), "mentor": (MATEJ,)})

    assert [] == found(scene(alone, at("2027-03-01"), prog=onboarding))


# --- before the start ------------------------------------------------------------------------------


def test_readiness_is_asked_for_seven_days_before(onboarding: Programme) -> None:
    """A mentor who was asked and has not said “ready” becomes a case a week before the start, and not before."""
    asked = state("mentor_ready", "once", MATEJ, delivered_at=at("2026-12-28"), opened_at=at("2026-12-28"))
    prog = only(onboarding, "mentor_not_ready")

    ahead = found(scene(whole(asked), at("2026-12-29"), prog=prog))
    cases = raised(scene(whole(asked), at("2027-01-04"), prog=prog))

    assert [at("2027-01-04", 8)] == [d.at for d in ahead]
    assert [
        "Matej was asked on Monday 28 December and has not yet said “ready”. The start is Monday 11 January."
    ] == [words(c) for c in cases]
    assert advice(cases[0]).startswith("You could ask Matej what is in the way")


def test_a_question_that_never_arrived_is_no_ones_fault(onboarding: Programme) -> None:
    """Where the question about readiness was not delivered, the case says that, not that somebody is late."""
    asked = state("mentor_ready", "once", MATEJ, delivered_at=None, opened_at=at("2026-12-28"))
    cases = raised(scene(whole(asked), at("2027-01-05"), prog=only(onboarding, "mentor_not_ready")))

    assert [
        "The question whether all is ready has not reached Matej yet. The start is Monday 11 January."
    ] == [words(c) for c in cases]


# --- meetings --------------------------------------------------------------------------------------


def test_a_meeting_without_a_time_is_a_case_two_working_days_before(onboarding: Programme) -> None:
    """The first meeting has no time on Thursday before the Monday it is on: the coordinator hears it then."""
    offered = meeting("first_meeting", state="offered", slots=(at("2027-01-11"),))
    prog = only(onboarding, "first_meeting_without_time")

    assert [at("2027-01-07", 8)] == [d.at for d in found(scene(whole(offered), at("2027-01-05"), prog=prog))]
    (case,) = raised(scene(whole(offered), at("2027-01-07"), prog=prog))
    assert (
        "“First meeting” on Monday 11 January has no time yet (Ana, Matej). "
        "Matej was last asked for one on Wednesday 30 December."
    ) == words(case)
    assert ("ana", "matej") == case.about


def test_a_director_who_is_silent_reaches_the_coordinator(onboarding: Programme) -> None:
    """The coffee has its own case; the advice says that it may move within the first week."""
    offered = meeting("director_coffee", (ANA, BREDA), state="offered", slots=(at("2027-01-11"),))
    (case,) = raised(scene(whole(offered), at("2027-01-07"), prog=only(onboarding, "coffee_without_time")))

    assert words(case).startswith("“Coffee with Breda” on Monday 11 January has no time yet (Ana, Breda).")
    assert "first week" in advice(case)


def test_a_meeting_that_fell_through_is_a_case_at_the_end_of_its_day(onboarding: Programme) -> None:
    """Who said that it did not take place is named; before the day is over nothing is said."""
    gone = meeting("first_meeting", state="missed", starts_at=at("2027-01-11", 8), said=((ANA.id, "no"),))
    prog = only(onboarding, "first_meeting_not_held")

    assert [at("2027-01-11", 16)] == [
        d.at for d in found(scene(whole(gone), at("2027-01-11", 12), prog=prog))
    ]
    (case,) = raised(scene(whole(gone), at("2027-01-11", 16), prog=prog))
    assert "Ana said that “First meeting” on Monday 11 January did not take place (Ana, Matej)." == words(
        case
    )


def test_a_meeting_that_waits_for_an_answer_is_not_called_missed(onboarding: Programme) -> None:
    """While the question “did you meet?” is open, and once it is answered with yes, there is no case."""
    prog = only(onboarding, "first_meeting_not_held")
    waiting = meeting("first_meeting", state="fixed", starts_at=at("2027-01-11", 8))
    held = replace(waiting, state="held", said=((ANA.id, "yes"),))

    assert [] == found(scene(whole(waiting), at("2027-01-12"), prog=prog))
    assert [] == found(scene(whole(held), at("2027-01-12"), prog=prog))


def test_a_meeting_nobody_spoke_of_says_so(onboarding: Programme) -> None:
    """Silence after a meeting is told as silence, not as a meeting that was missed."""
    silent = meeting("first_meeting", state="missed", starts_at=at("2027-01-11", 8))
    (case,) = raised(scene(whole(silent), at("2027-01-12"), prog=only(onboarding, "first_meeting_not_held")))

    assert "Nobody has said that “First meeting” on Monday 11 January took place (Ana, Matej)." == words(case)


def test_a_coffee_that_moved_is_missed_only_after_its_new_day(onboarding: Programme) -> None:
    """A coffee with times later in the first week is not missed on day 1."""
    moved = meeting("director_coffee", (ANA, BREDA), state="offered", slots=(at("2027-01-13"),))
    prog = only(onboarding, "coffee_not_held")

    assert [at("2027-01-13", 16)] == [d.at for d in found(scene(whole(moved), at("2027-01-12"), prog=prog))]


def test_leave_moves_the_clock_of_a_meeting(onboarding: Programme) -> None:
    """Somebody on leave that day has not missed it: the clock runs on when they are back."""
    away = replace(MATEJ, leave=(Span(date(2027, 1, 11), date(2027, 1, 12)),))
    gone = whole(meeting("first_meeting", state="missed", starts_at=at("2027-01-11", 8)), away)

    dues = found(scene(gone, at("2027-01-11", 17), prog=only(onboarding, "first_meeting_not_held")))
    assert [at("2027-01-13", 16)] == [d.at for d in dues]


# --- questions that recur --------------------------------------------------------------------------


def test_two_missed_check_ins_become_a_case(onboarding: Programme) -> None:
    """Twice in a row, delivered and open: the coordinator hears it with the first day."""
    prog = only(onboarding, "checkins_missed")
    twice = whole(missed("checkin", 2, ANA), missed("checkin", 3, ANA))
    once = whole(missed("checkin", 3, ANA))

    assert [] == found(scene(once, at("2027-02-01"), prog=prog))
    (case,) = raised(scene(twice, at("2027-02-01"), prog=prog))
    assert "“Check-in” reached Ana and stayed open 2 times running, first on Thursday 21 January." == words(
        case
    )
    assert case.id == "e1/case/checkins_missed.checkin.ana.2027-W04"


@pytest.mark.parametrize(
    "between",
    [
        {"state": "skipped", "why": "person"},
        {"state": "done", "why": ""},
    ],
)
def test_an_answer_or_a_skip_ends_the_row(onboarding: Programme, between: dict[str, str]) -> None:
    """A week that a person answered or skipped is fine, and the row begins anew."""
    good = replace(missed("checkin", 3, ANA), **between)  # type: ignore[arg-type]
    rows = whole(missed("checkin", 2, ANA), good, missed("checkin", 4, ANA))

    assert [] == found(scene(rows, at("2027-02-10"), prog=only(onboarding, "checkins_missed")))


@pytest.mark.parametrize("why", ["not delivered", "too late", "review week", "leave", "coordinator"])
def test_what_never_reached_somebody_is_not_missed(onboarding: Programme, why: str) -> None:
    """Only what was delivered and not answered counts."""
    lost = [replace(missed("checkin", week, ANA), why=why, delivered_at=None) for week in (2, 3)]
    rows = whole(*lost)

    assert [] == found(scene(rows, at("2027-02-01"), prog=only(onboarding, "checkins_missed")))


def test_a_week_on_leave_is_not_missed(onboarding: Programme) -> None:
    """Who went on leave after the check-in came has not missed it."""
    away = replace(ANA, leave=(Span(date(2027, 1, 28), date(2027, 1, 29)),))
    rows = whole(missed("checkin", 2, ANA), missed("checkin", 3, ANA), away)

    assert [] == found(scene(rows, at("2027-02-01"), prog=only(onboarding, "checkins_missed")))


def test_two_daily_looks_missed_become_a_case(onboarding: Programme) -> None:
    """The daily look names whose work it is about."""
    looks = [
        state(
            "daily_look", f"2027-01-{day}", MATEJ, state="skipped", why="not answered",
            delivered_at=at(f"2027-01-{day}", 15), done_at=at(f"2027-01-{day + 1}", 8),
        )
        for day in (12, 13)
    ]  # fmt: skip
    (case,) = raised(scene(whole(*looks), at("2027-01-14"), prog=only(onboarding, "looks_missed")))

    assert words(case).startswith("“Today with Ana” reached Matej and stayed open 2 times running")


def test_feedback_that_is_missing_is_no_second_case_of_a_silent_pair(onboarding: Programme) -> None:
    """HR hears of two weeks without feedback, unless they look at the silence of these two already."""
    prog = only(onboarding, "feedback_missed", "silence")
    weeks = (missed("feedback", 2, MATEJ), missed("feedback", 3, MATEJ))
    silence = Case(
        id="e1/case/silence.ana.2027-01-25", enrolment="e1", signal="silence", about=("ana", "matej"),
        reason=say("Silent."), advice=None, opened_at=at("2027-01-26"), owner="irena",
    )  # fmt: skip

    now = at("2027-02-01")
    assert "feedback_missed" in {c.signal for c in raised(scene(whole(*weeks), now, prog=prog))}
    assert "feedback_missed" not in {c.signal for c in raised(scene(whole(*weeks, silence), now, prog=prog))}


def test_a_mentor_of_five_is_watched_for_each(onboarding: Programme) -> None:
    """Feedback missed for one of several mentees is about that one alone."""
    eva = person("Eva")
    group = {"mentee": (ANA, eva), "mentor": (MATEJ,), "coordinator": (IRENA,)}
    weekly = Signal(id="feedback_missed", kind="checkin_missed", step="feedback")
    prog = replace(onboarding, signals=(weekly,))
    rows = []
    for week in (2, 3):
        one = missed("feedback", week, MATEJ)
        rows += [
            replace(one, id=f"{one.id}.eva", occurrence=f"{one.occurrence}.eva"),
            replace(one, id=f"{one.id}.ana", occurrence=f"{one.occurrence}.ana", state="done", why=""),
        ]
    (case,) = raised(scene(whole(*rows, seats=group), at("2027-02-01"), prog=prog))

    assert words(case).startswith("“Two lines for Eva” reached Matej and stayed open 2 times running")


# --- once, and again -------------------------------------------------------------------------------


def test_a_case_is_opened_once(onboarding: Programme) -> None:
    """While a case is open, more of the same opens no second one."""
    prog = only(onboarding, "checkins_missed")
    twice = whole(missed("checkin", 2, ANA), missed("checkin", 3, ANA))
    (case,) = raised(scene(twice, at("2027-02-01"), prog=prog))
    later = with_record(with_record(twice, case), missed("checkin", 4, ANA))

    assert [] == found(scene(later, at("2027-02-09"), prog=prog))


def test_a_closed_case_stays_closed_for_what_it_was_about(onboarding: Programme) -> None:
    """What happened before a case was closed raises nothing; what happens after it may, three weeks later."""
    prog = only(onboarding, "checkins_missed")
    twice = whole(missed("checkin", 2, ANA), missed("checkin", 3, ANA))
    (case,) = raised(scene(twice, at("2027-02-01"), prog=prog))
    over = with_record(twice, closed(case, at("2027-02-02")))
    again = with_record(with_record(over, missed("checkin", 4, ANA)), missed("checkin", 5, ANA))

    assert [] == found(scene(over, at("2027-04-01"), prog=prog))
    (due,) = found(scene(again, at("2027-02-16"), prog=prog))
    assert at("2027-02-22") == due.at
    assert ["e1/case/checkins_missed.checkin.ana.2027-W06"] == [
        c.id for c in raised(scene(again, at("2027-02-22"), prog=prog))
    ]


def test_what_somebody_ticks_again_after_its_case_was_closed_is_heard_at_once(onboarding: Programme) -> None:
    """A person who says it a second time is not kept waiting; while the case is open there is one."""
    prog = only(onboarding, "controls")
    (case,) = raised(scene(whole(tick("controls")), at("2027-01-25"), prog=prog))
    again = whole(tick("controls"), tick("controls", week=3), case)

    assert [] == found(scene(again, at("2027-02-01"), prog=prog))
    over = with_record(again, closed(case, at("2027-01-26")))
    assert ["e1/case/controls.ana.2027-W04"] == [
        c.id for c in raised(scene(over, at("2027-02-01"), prog=prog))
    ]


def test_looks_missed_in_the_first_week_are_no_news_in_the_fourth(onboarding: Programme) -> None:
    """After a case about them was closed, more missed looks of the same week open none when they help nobody any more."""
    prog = only(onboarding, "looks_missed")
    looks = [
        state(
            "daily_look", f"2027-01-{day}", MATEJ, state="skipped", why="not answered",
            delivered_at=at(f"2027-01-{day}", 15), done_at=at(f"2027-01-{day + 1}", 8),
        )
        for day in (11, 12, 13, 14)
    ]  # fmt: skip
    (case,) = raised(scene(whole(*looks[:2]), at("2027-01-13", 9), prog=prog))
    over = whole(*looks, closed(case, at("2027-01-13", 10)))

    assert [] == found(scene(over, at("2027-02-10"), prog=prog))


def test_a_closing_that_is_still_not_held_is_told_again(onboarding: Programme) -> None:
    """Closing the case does not close the programme: three weeks later there is another, while it still runs."""
    prog = only(onboarding, "closing_late")
    (case,) = raised(scene(whole(), at("2027-07-26", 17), prog=prog))
    assert [] == found(scene(whole(case), at("2027-08-30"), prog=prog))
    over = whole(closed(case, at("2027-07-27")))

    assert [] == raised(scene(over, at("2027-08-10"), prog=prog))
    assert ["e1/case/closing_late.closing.again1"] == [
        c.id for c in raised(scene(over, at("2027-08-18"), prog=prog))
    ]


def test_an_act_that_comes_twice_opens_nothing_twice(onboarding: Programme) -> None:
    """Carried out again, the same due changes nothing."""
    prog = only(onboarding, "checkins_missed")
    now = scene(whole(missed("checkin", 2, ANA), missed("checkin", 3, ANA)), at("2027-02-01"), prog=prog)
    (due,) = found(now)
    after = now.after(signals.act(now, due).changes)

    assert Outcome() == signals.act(after, due)
    assert [] == found(after)


# --- silence ---------------------------------------------------------------------------------------


def silence(*records: Record, prog: Programme, now: str = "2027-01-13") -> list[datetime]:
    """When silence would reach the coordinator."""
    return [d.at for d in found(scene(whole(*records), at(now), prog=only(prog, "silence")))]


def test_silence_counts_whole_days(onboarding: Programme) -> None:
    """After a meeting on Tuesday seven whole days pass, and the coordinator hears on the morning after them."""
    held = meeting("first_meeting", state="held", starts_at=at("2027-01-12", 9))

    assert [at("2027-01-20", 8)] == silence(held, prog=onboarding)


def test_silence_says_when_the_last_contact_was(onboarding: Programme) -> None:
    """The reason is what the programme knows, and the advice leaves room for what it does not."""
    held = meeting("first_meeting", state="held", starts_at=at("2027-01-12", 9))
    (case,) = raised(scene(whole(held), at("2027-01-20"), prog=only(onboarding, "silence")))

    assert (
        "I know of no contact between Ana and Matej for 7 days or more. The last was on Tuesday 12 January."
    ) == words(case)
    assert "where I do not see it" in advice(case)


def test_leave_stops_the_clock_of_silence(onboarding: Programme) -> None:
    """Days on which one of the two is on leave, or the pair rests, do not count."""
    held = meeting("first_meeting", state="held", starts_at=at("2027-01-12", 9))
    away = replace(MATEJ, leave=(Span(date(2027, 1, 14), date(2027, 1, 18)),))

    assert [at("2027-01-25", 8)] == silence(held, away, prog=onboarding)
    rests = replace(whole(held).enrolment, pauses=(Span(date(2027, 1, 14), date(2027, 1, 14)),))
    assert [at("2027-01-21", 8)] == silence(held, rests, prog=onboarding)


def test_silence_may_last_longer_after_the_first_month(onboarding: Programme) -> None:
    """From the second month on it is fourteen days."""
    task = Task(
        id="e1/task/1", enrolment="e1", title="Import", at=at("2027-03-01"), changed_at=at("2027-03-02")
    )

    assert [at("2027-03-17", 8)] == silence(task, prog=onboarding, now="2027-03-03")


def test_a_check_in_is_no_contact_of_the_two(onboarding: Programme) -> None:
    """What the mentee tells HR does not hide that the two have not met; feedback and its reading are contact."""
    held = meeting("first_meeting", state="held", starts_at=at("2027-01-12", 9))
    feedback = replace(tapped(2, 4, "going", MATEJ), kind="feedback", field="good")

    assert [at("2027-01-20", 8)] == silence(held, tapped(2, 5), prog=onboarding)
    assert [at("2027-01-29", 8)] == silence(held, feedback, prog=onboarding, now="2027-01-22")


def test_each_mentee_of_a_group_is_watched_alone(onboarding: Programme) -> None:
    """One mentee's meeting does not speak for another's; in a circle any meeting speaks for all of them."""
    eva = person("Eva")
    prog = only(onboarding, "silence")
    held = meeting("first_meeting", state="held", starts_at=at("2027-01-12", 9))
    group = whole(held, seats={"mentee": (ANA, eva), "mentor": (MATEJ,), "coordinator": (IRENA,)})
    circle = whole(
        replace(held, people=(ANA.id, eva.id)), seats={"mentee": (ANA, eva), "coordinator": (IRENA,)}
    )

    assert ["silence|ana.2027-01-12", "silence|eva.2027-01-11"] == sorted(
        d.ref for d in found(scene(group, at("2027-01-13"), prog=prog))
    )
    assert ["silence|all.2027-01-12"] == [d.ref for d in found(scene(circle, at("2027-01-13"), prog=prog))]


def test_nobody_speaks_of_silence_after_the_closing(onboarding: Programme) -> None:
    """From the day of the closing on no contact is expected."""
    assert [] == silence(prog=onboarding, now="2027-07-15")[1:]
    held = meeting("first_meeting", state="held", starts_at=at("2027-07-05", 9))
    assert [] == silence(held, prog=onboarding, now="2027-07-06")


# --- goals and requests ----------------------------------------------------------------------------

GOAL = Goal(
    id="e1/goal/1", enrolment="e1", title="Customer calls", period="", target=5, value=3, unit="calls",
    due=date(2027, 3, 3), by=ANA.id, at=at("2027-02-10"),
)  # fmt: skip


def test_a_goal_past_its_day_is_a_case(onboarding: Programme) -> None:
    """On the next working morning the coordinator reads how far it is; a goal reached is none."""
    prog = only(onboarding, "goal_late")
    now = scene(whole(GOAL), at("2027-03-04", 8), prog=prog)

    (case,) = raised(now)
    assert "The goal “Customer calls” was for Wednesday 3 March and is open: 3 of 5 calls." == words(case)
    assert [] == found(scene(whole(replace(GOAL, state="reached")), at("2027-03-04", 8), prog=prog))


def test_a_goal_waits_for_the_review_that_rates_it(onboarding: Programme) -> None:
    """A goal due with a review is not late while that review is about to come, nor while the mentee is away."""
    prog = only(onboarding, "goal_late")
    # The review of the first quarter is on Friday 9 April.
    due = replace(GOAL, due=date(2027, 4, 7))
    assert [at("2027-04-12", 7)] == [d.at for d in found(scene(whole(due), at("2027-04-08"), prog=prog))]

    away = replace(ANA, leave=(Span(date(2027, 3, 4), date(2027, 3, 5)),))
    assert [at("2027-03-08", 8)] == [
        d.at for d in found(scene(whole(GOAL, away), at("2027-03-04"), prog=prog))
    ]


def test_a_question_without_an_answer_is_a_case_after_48_working_hours(onboarding: Programme) -> None:
    """The coordinator hears who waits for whom, never what was asked; a note that asks nothing waits for nobody."""
    # Monday 8 February is a holiday.
    prog = only(onboarding, "request_unanswered")
    asked = Note(id="e1/note/x", enrolment="e1", by=PETER.id, to=MATEJ.id, text="SECRET", at=at("2027-02-01"))
    noted = replace(asked, answered_at=asked.at)

    assert [at("2027-02-10", 9)] == [d.at for d in found(scene(whole(asked), at("2027-02-02"), prog=prog))]
    (case,) = raised(scene(whole(asked), at("2027-02-10"), prog=prog))
    assert "A question from Peter to Matej, of Monday 1 February, has no answer yet." == words(case)
    assert [] == found(scene(whole(noted), at("2027-02-10"), prog=prog))


def test_a_changed_agreement_waits_for_the_other(onboarding: Programme) -> None:
    """A change that one has not agreed to is a request too; the first agreement has nudges of its own."""
    prog = only(onboarding, "request_unanswered")
    changed = Agreement(id="e1/agreement", enrolment="e1", agreed=(ANA.id,), changed_at=at("2027-02-01"))
    first = state("agreement", "once", MATEJ)

    assert [at("2027-02-10", 9)] == [d.at for d in found(scene(whole(changed), at("2027-02-02"), prog=prog))]
    assert [] == found(scene(whole(changed, first), at("2027-02-02"), prog=prog))


# --- answers ---------------------------------------------------------------------------------------


def test_answers_that_stay_low_are_told_as_facts(onboarding: Programme) -> None:
    """Three answers of 2 or less to the same question: the question, since when, and no diagnosis."""
    low = whole(tapped(2, 2), tapped(3, 1), tapped(4, 2), tapped(4, 1, "process"))
    (case,) = raised(scene(low, at("2027-02-08"), prog=only(onboarding, "answers_low")))

    assert (
        "Ana answered 2 or less of 5 to “I can say openly what I think to my mentor” 3 times running, "
        "since Thursday 21 January."
    ) == words(case)
    assert "You could write to Ana alone, or offer a talk of three." == advice(case)


def test_one_better_answer_ends_the_row(onboarding: Programme) -> None:
    """A 3 among them, or two answers only, are no case."""
    prog = only(onboarding, "answers_low")

    assert [] == found(scene(whole(tapped(2, 2), tapped(3, 3), tapped(4, 1)), at("2027-02-08"), prog=prog))
    assert [] == found(scene(whole(tapped(3, 2), tapped(4, 1)), at("2027-02-08"), prog=prog))


def test_answers_that_fall_are_a_case(onboarding: Programme) -> None:
    """From 5 to 3 over three weeks without rising in between; a rise in between is none."""
    prog = only(onboarding, "answers_falling")
    (case,) = raised(scene(whole(tapped(2, 5), tapped(3, 4), tapped(4, 3)), at("2027-02-08"), prog=prog))

    assert (
        "Ana answered “I can say openly what I think to my mentor” with 5 of 5 on Thursday 21 January, "
        "and with 3 on Thursday 4 February."
    ) == words(case)
    assert [] == found(scene(whole(tapped(2, 5), tapped(3, 2), tapped(4, 3)), at("2027-02-08"), prog=prog))


def test_low_and_falling_are_one_matter(onboarding: Programme) -> None:
    """Answers that fell and then stay low do not open a second case while the first is open."""
    prog = only(onboarding, "answers_falling", "answers_low")
    fell = whole(tapped(2, 4), tapped(3, 2), tapped(4, 2))
    (case,) = raised(scene(fell, at("2027-02-08"), prog=prog))
    low = with_record(with_record(fell, case), tapped(5, 2))

    assert "answers_falling" == case.signal
    assert [] == found(scene(low, at("2027-02-15"), prog=prog))


def test_the_two_see_it_differently(onboarding: Programme) -> None:
    """Two points apart in the same two weeks is a case; a week that one of them skipped says nothing."""
    prog = only(onboarding, "seen_apart")
    apart = whole(tapped(2, 2), tapped(2, 4, "going", MATEJ), tapped(3, 2), tapped(3, 5, "going", MATEJ))
    (case,) = raised(scene(apart, at("2027-02-01"), prog=prog))

    assert (
        "Ana and Matej see it differently: of 5, Ana last tapped 2 and Matej 5. "
        "So for 2 weeks running, since Thursday 21 January."
    ) == words(case)
    alone = whole(tapped(2, 2), tapped(3, 5, "going", MATEJ))
    assert [] == found(scene(alone, at("2027-02-01"), prog=prog))


def tick(value: str, who: Person = ANA, week: int = 2, step: str = "checkin") -> Answer:
    """A private tick."""
    made = replace(tapped(week, 1, "ticks", who), kind="private", value=value, step=step)
    return replace(made, about=ANA.id if who is MATEJ else "")


@pytest.mark.parametrize(
    ("value", "who", "step", "signal", "said"),
    [
        ("over_protective", ANA, "checkin", "over_protective", "Ana ticked “I am spared too much” in the private list."),
        ("controls", ANA, "checkin", "controls", "Ana ticked “I am watched too closely” in the private list."),
        ("no_time", ANA, "checkin", "no_time", "“No time” was ticked in the private list."),
        ("overlooked", ANA, "checkin", "overlooked", "Ana ticked “what I can and want is overlooked” in the private list."),
        ("unclear", ANA, "checkin", "overload", "“Unclear or too much” was ticked about the programme in the private list."),
        ("asks_much", MATEJ, "feedback", "leans", "Matej ticked that much help is asked for, in the private list."),
        ("disagree", MATEJ, "feedback", "disagree", "“We disagree” was ticked in the private list."),
    ],
)  # fmt: skip
def test_each_private_tick_has_its_reason(
    onboarding: Programme, value: str, who: Person, step: str, signal: str, said: str
) -> None:
    """A tick opens the case that its line names, about whoever ticked, in the programme's own words."""
    (case,) = raised(
        scene(whole(tick(value, who, step=step)), at("2027-01-25"), prog=only(onboarding, signal))
    )

    assert (signal, (who.id,)) == (case.signal, case.about)
    assert f"{said} That was on Thursday 21 January; the others do not know of it." == words(case)


def test_a_tick_in_a_group_names_who_ticked(onboarding: Programme) -> None:
    """“The mentee” in a programme's text is the one who ticked, not all five."""
    eva = person("Eva")
    group = whole(
        tick("controls", eva), seats={"mentee": (ANA, eva), "mentor": (MATEJ,), "coordinator": (IRENA,)}
    )
    (case,) = raised(scene(group, at("2027-01-25"), prog=only(onboarding, "controls")))

    assert words(case).startswith("Eva ticked “I am watched too closely”")


def test_what_was_said_in_confidence_reaches_only_the_coordinator(onboarding: Programme) -> None:
    """Of a low answer and a tick neither mentor nor head hears anything: no message, no case they may see."""
    told = whole(tapped(2, 1), tapped(3, 1), tapped(4, 1), tick("controls"))
    now = scene(told, at("2027-02-08"), prog=onboarding)
    outcomes = [signals.act(now, d) for d in found(now) if d.at <= now.now]
    after = now.after([c for o in outcomes for c in o.changes])

    assert {IRENA.id} == {s.to for o in outcomes for s in o.sends}
    assert {"case"} == {s.kind for o in outcomes for s in o.sends}
    assert {"answers_low", "controls"} <= {c.signal for c in after.pair.cases}
    for other in (ANA, MATEJ, PETER, BREDA):
        assert () == seen_by(after.pair, other).cases


def test_a_coordinator_who_is_the_mentor_hears_nothing_said_in_confidence(onboarding: Programme) -> None:
    """The second coordinator gets it; where there is none, it stays closed rather than reach the mentor."""
    both = {"mentee": (ANA,), "mentor": (IRENA,), "coordinator": (IRENA, IVO)}
    alone = {"mentee": (ANA,), "mentor": (IRENA,), "coordinator": (IRENA,)}
    prog = only(onboarding, "controls", "checkins_missed")
    facts = (tick("controls"), missed("checkin", 2, ANA), missed("checkin", 3, ANA))

    assert {IVO.id} == {
        c.owner for c in raised(scene(whole(*facts, seats=both), at("2027-02-01"), prog=prog))
    }
    assert ["checkins_missed"] == [
        c.signal for c in raised(scene(whole(*facts, seats=alone), at("2027-02-01"), prog=prog))
    ]


def test_sealed_answers_feed_no_signal(onboarding: Programme) -> None:
    """An answer given for a review counts nowhere, whatever it looks like."""
    sealed = [tapped(w, 1, sealed_in="e1/review_month1/once") for w in (2, 3, 4)]

    assert [] == found(scene(whole(*sealed), at("2027-02-08"), prog=only(onboarding, "answers_low")))


# --- the end, and the way to people ----------------------------------------------------------------


def test_a_closing_that_does_not_come_is_a_case(onboarding: Programme) -> None:
    """Ten working days after its day the coordinator hears it, unless the closing was held."""
    prog = only(onboarding, "closing_late")
    waiting = state("closing", "once", ANA, state="planned", delivered_at=None)

    # The closing is on Friday 9 July.
    assert [at("2027-07-23", 15)] == [d.at for d in found(scene(whole(waiting), at("2027-07-12"), prog=prog))]
    (case,) = raised(scene(whole(waiting), at("2027-07-26"), prog=prog))
    assert (
        "The closing of Ana, Matej was planned for Friday 9 July and has not taken place: the last review is open."
    ) == words(case)
    done = replace(waiting, state="done")
    assert [] == found(scene(whole(done), at("2027-07-26"), prog=prog))


def test_a_step_left_out_for_this_pair_is_not_watched(onboarding: Programme) -> None:
    """What the coordinator skipped for a pair raises nothing."""
    skip = StepChange(kind="skip", step="first_meeting")
    gone = whole(meeting("first_meeting", state="missed", starts_at=at("2027-01-11", 8)), changes=(skip,))

    assert [] == found(scene(gone, at("2027-02-01"), prog=only(onboarding, "first_meeting_not_held")))


def test_a_review_that_was_not_begun_is_a_case(onboarding: Programme) -> None:
    """A signal may watch reviews too; one that was held is none."""
    watch = Signal(id="review_late", kind="not_held", step="review_week1", options=(("days_after", 2),))
    prog = replace(onboarding, signals=(watch,))
    slot = meeting("review_week1", (ANA, MATEJ, IRENA), state="missed", starts_at=at("2027-01-15", 13))
    ahead = Review(id="e1/review_week1/once", enrolment="e1", step="review_week1", stages=("opening",))

    (case,) = raised(scene(whole(slot, ahead), at("2027-01-20"), prog=prog))
    assert "“Week-1 review” on Friday 15 January was not begun (Ana, Matej, Irena)." == words(case)
    held = replace(ahead, state="closed")
    assert [] == found(scene(whole(slot, held), at("2027-01-20"), prog=prog))


def test_somebody_who_cannot_be_reached_is_a_case(onboarding: Programme) -> None:
    """Once, and not again the next day."""
    prog = only(onboarding, "cannot_be_reached")
    lost = whole(replace(MATEJ, reachable=False))
    (case,) = raised(scene(lost, at("2027-02-01"), prog=prog))

    assert "Matej cannot be reached in the chat; what I send does not arrive." == words(case)
    assert [] == found(scene(with_record(lost, case), at("2027-02-02"), prog=prog))


@pytest.mark.parametrize("who", [ANA, MATEJ])
def test_somebody_who_left_is_a_case_that_says_what_to_do(onboarding: Programme, who: Person) -> None:
    """Once, whatever else is known of their account; with words of its own, not those for an account."""
    prog = only(onboarding, "cannot_be_reached")
    lost = whole(replace(who, active=False, reachable=False, trouble="switched_off"))
    (case,) = raised(scene(lost, at("2027-02-01"), prog=prog))

    assert words(case).startswith(f"{who.name} has left the company.")
    assert (who is ANA) == ("nobody is asked about it" in words(case))
    assert case.advice is not None
    assert "whoever stays" in plain_words(case.advice, "en", "UTC")
    assert [] == found(scene(with_record(lost, replace(case, state="closed")), at("2027-06-02"), prog=prog))


def test_where_the_mentee_left_nothing_else_is_watched(onboarding: Programme) -> None:
    """What the two did not do any more is no news."""
    lost = whole(replace(ANA, active=False), missed("checkin", 2, ANA), missed("checkin", 3, ANA))

    assert {"cannot_be_reached"} == {c.signal for c in raised(scene(lost, at("2027-03-01"), prog=onboarding))}


def test_who_is_not_found_in_the_chat_is_a_case_that_says_what_mends_it(onboarding: Programme) -> None:
    """The coordinator reads which address nobody there has, and where to put it right."""
    prog = only(onboarding, "cannot_be_reached")
    lost = whole(replace(MATEJ, trouble="unknown", email="matej@example.org"))
    (case,) = raised(scene(lost, at("2027-02-01"), prog=prog))

    assert (
        "Nobody in the chat has the address matej@example.org, so I cannot write to Matej there. "
        "The address in your people file and the one of the account have to be the same."
    ) == words(case)


def test_who_lacks_only_the_app_is_a_case_that_says_who_can_install_it(onboarding: Programme) -> None:
    """It is not the account that is missing, so the coordinator reads whom to turn to."""
    prog = only(onboarding, "cannot_be_reached")
    (case,) = raised(scene(whole(replace(MATEJ, trouble="not_installed")), at("2027-02-01"), prog=prog))

    assert (
        "The app is not there for Matej in Microsoft Teams yet, so I cannot write to them. "
        "Whoever looks after Teams can install it for everybody; docs/teams.md says how."
    ) == words(case)


def test_people_have_a_day_to_open_the_app(onboarding: Programme) -> None:
    """On the day the bot comes to Teams it is there for nobody, which is no case for each of them."""
    prog = only(onboarding, "cannot_be_reached")
    lost = whole(replace(MATEJ, trouble="not_installed", address=None))
    begun = at("2027-01-04", 9)
    lost = replace(lost, enrolment=replace(lost.enrolment, created_at=begun))

    (later,) = found(scene(lost, begun, prog=prog))
    assert at("2027-01-05", 8) <= later.at
    assert 1 == len(raised(scene(lost, at("2027-01-05", 10), prog=prog)))


def test_every_reason_why_somebody_is_not_reached_has_its_own_words(onboarding: Programme) -> None:
    """Each says something else, and none is the sentence for a reason that nobody knows."""
    prog = only(onboarding, "cannot_be_reached")
    told = set()
    for trouble in ("", *TROUBLES):
        lost = replace(MATEJ, trouble=trouble, reachable=False)
        (case,) = raised(scene(whole(lost), at("2027-02-01"), prog=prog))
        told.add(words(case))

    assert len(TROUBLES) + 1 == len(told)


def test_a_newcomer_needs_no_account_before_the_first_day_is_over(onboarding: Programme) -> None:
    """Who starts on 11 January is looked for in the chat from that evening on."""
    prog = only(onboarding, "cannot_be_reached")
    new = whole(replace(ANA, trouble="unknown", email="ana@example.org"))
    (before,) = found(scene(new, at("2027-01-05"), prog=prog))

    assert at("2027-01-11", 16) == before.at
    assert 1 == len(raised(scene(new, at("2027-01-12"), prog=prog)))


def test_a_message_that_was_refused_is_a_case_once_a_while(onboarding: Programme) -> None:
    """The outbox tells of a message that failed for good; a second one the same week opens nothing more."""
    now = scene(whole(), at("2027-02-01"), prog=onboarding)
    outcome = signals.undelivered(now, MATEJ.id, "channel_not_found")
    after = now.after(outcome.changes)
    (case,) = after.pair.cases

    assert "A message to Matej could not be delivered: channel_not_found." == words(case)
    assert Outcome() == signals.undelivered(after, MATEJ.id, "channel_not_found")
    assert Outcome() == signals.undelivered(now, "stranger", "x")


# --- time ------------------------------------------------------------------------------------------


def test_what_time_alone_makes_true_is_due_in_the_future(onboarding: Programme) -> None:
    """The ticker learns when to look again, and a look before that changes nothing."""
    now = scene(whole(), at("2027-01-12"), prog=only(onboarding, "silence"))
    (due,) = found(now)

    assert at("2027-01-19", 8) == due.at
    assert [] == raised(now)


def test_programmes_without_signals_cost_nothing() -> None:
    """A programme that watches nothing has nothing due."""
    step = Step(id="s", phase="phase", kind="note", who=("mentee",), when=When(day=1), title=(("en", "S"),))

    assert [] == found(scene(whole(), at("2027-03-01"), prog=programme(step)))
