"""
The programme that ships: its six phases, its calendar, its words, and how much it asks of people.
"""

import re
import statistics
from collections import Counter
from datetime import date, time

import pytest

from bot.calendar import WorkingTime, week_of
from bot.facts import Enrolment
from bot.shipped import shipped
from flows.preview import calendar_of
from flows.programme_file import load_programme
from flows.programme_values import ROLES
from flows.programme_warnings import warnings
from flows.step_options import STEP_KINDS
from flows.written import items, names, rows, texts, whole, word
from tests.live import Live
from tests.scenes import at, pair

MONDAY = date(2027, 1, 11)
STARTS = (MONDAY, date(2027, 1, 13), date(2027, 2, 1), date(2027, 4, 1), date(2027, 8, 31))


@pytest.fixture(scope="module")
def programme():
    """The onboarding programme as it ships."""
    return load_programme(shipped()["onboarding"], "onboarding.toml")


def lived(programme, role=None, start=MONDAY, country="SI", moved=False):
    """Return the calendar of somebody who begins on this day."""
    enrolment = Enrolment(
        id="e1", programme="onboarding", version="1", start=start, created_at=at("2026-12-01"), moved=moved
    )
    return calendar_of(programme, enrolment, WorkingTime(zone="UTC", country=country), role)


def days(programme, step, **more):
    """Return the days and times of a step."""
    return [(e.day, e.at) for e in lived(programme, **more) if e.step.id == step and e.what == "step"]


def test_every_shipped_programme_is_sound_and_has_no_warnings():
    """What ships is what `telemachy check` likes."""
    assert {} == {
        name: found
        for name, text in shipped().items()
        if (found := warnings(load_programme(text, name), name))
    }


def test_it_has_six_phases_that_say_all_that_a_phase_says(programme):
    """Each phase has its frame, objectives, activities, resources, who is responsible, and criteria."""
    assert ("before", "first_day", "first_week", "first_month", "first_quarter", "second_quarter") == tuple(
        phase.id for phase in programme.phases
    )
    for phase in programme.phases:
        said = (
            phase.frame,
            phase.objectives,
            phase.activities,
            phase.resources,
            phase.responsible,
            phase.criteria,
        )
        assert all(said), phase.id


def test_it_uses_every_kind_of_step(programme):
    """Nothing that the bot can do is missing from its first programme."""
    assert set(STEP_KINDS) == {step.kind for step in programme.steps()}


def test_the_first_day_has_its_order(programme):
    """09:00 the welcome, then meeting, coffee and lunch, and at 16:00 the day is closed."""
    day_one = [e for e in lived(programme, "mentee") if e.day == MONDAY and e.what == "step"]

    assert [
        ("welcome", time(9)), ("personal_guide", time(9)), ("tour", time(9)), ("first_meeting", time(9, 30)),
        ("director_coffee", time(11)), ("lunch", time(12, 30)), ("agreement", time(16)), ("day_closing", time(16)),
    ] == [(e.step.id, e.at) for e in day_one]  # fmt: skip


def test_the_day_closing_ticks_the_meetings_of_the_first_day(programme):
    """One card asks for mentor, coffee and lunch."""
    assert ("first_meeting", "director_coffee", "lunch") == names(programme.step("day_closing"), "steps")


def test_the_mentor_looks_at_the_work_on_each_day_of_the_first_week(programme):
    """Five looks at 16:00, also where the week is cut by a weekend."""
    assert [(date(2027, 1, n), time(16)) for n in (11, 12, 13, 14, 15)] == days(programme, "daily_look")
    assert [13, 14, 15, 18, 19] == [
        day.day for day, _ in days(programme, "daily_look", start=date(2027, 1, 13))
    ]


def test_the_reviews_stand_at_the_end_of_week_1_and_of_months_1_3_and_6(programme):
    """Public holidays of the mentee's country are no working days."""
    expected = {
        "review_week1": date(2027, 1, 15),
        "review_month1": date(2027, 2, 10),
        "review_quarter1": date(2027, 4, 9),
        "review_quarter2": date(2027, 7, 7),
    }

    assert expected == {name: days(programme, name)[0][0] for name in expected}


def test_reviews_have_the_prescribed_order(programme):
    """Goals come first (in week 1 expectations), then the mentee, only then the mentor, then the plan."""
    stages = {s.id: names(s, "stages") for s in programme.steps() if s.kind == "review"}

    assert {
        "review_week1": ("opening", "expectations", "mentee", "mentor", "plan"),
        "review_month1": ("opening", "goals", "mentee", "mentor", "plan"),
        "review_quarter1": ("opening", "goals", "mentee", "mentor", "plan"),
        "review_quarter2": ("opening", "goals", "evaluation", "celebration", "going_on"),
    } == stages


def test_each_review_plans_for_what_comes_next(programme):
    """Three weeks, two months, three months, and going on."""
    plans = [dict(texts(s, "plan_for"))["en"] for s in programme.steps() if s.kind == "review"]

    assert [
        "the next three weeks",
        "the next two months",
        "the next three months",
        "the time after the programme",
    ] == plans


def test_goals_are_due_at_the_review_that_rates_them(programme):
    """Goals of month 1 are rated at the end of month 3, those of month 3 at the end of month 6."""
    assert {
        "review_month1": "review_quarter1",
        "goals_month1": "review_quarter1",
        "review_quarter1": "review_quarter2",
        "goals_quarter1": "review_quarter2",
    } == {
        s.id: word(s, "goals_due")
        for s in programme.steps()
        if s.kind in ("review", "goals") and word(s, "goals_due")
    }


@pytest.mark.parametrize("start", STARTS)
def test_weekly_forms_run_from_week_2_until_closing_and_rest_in_review_weeks(programme, start):
    """No week has both a review and a check-in or feedback, and none comes after closing."""
    plan = lived(programme, start=start)
    reviews = {week_of(e.day) for e in plan if e.step.kind == "review" and e.what == "step"}
    closing = next(e.day for e in plan if e.step.id == "closing")
    for kind in ("checkin", "feedback"):
        asked = [e.day for e in plan if e.step.kind == kind]
        assert not reviews & {week_of(day) for day in asked}
        assert start < min(asked)
        assert max(asked) < closing
        assert len(asked) >= 19


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("moved", [False, True])
def test_nothing_comes_after_the_closing(programme, start, moved):
    """The closing step is the last thing of all."""
    assert "closing" == lived(programme, start=start, moved=moved)[-1].step.id


def test_who_moved_knows_the_house(programme):
    """Somebody who changed position gets a guide of their own in chat, and no coffee with the director."""
    new = {e.step.id for e in lived(programme)}
    moved = {e.step.id for e in lived(programme, moved=True)}

    assert {"newcomer_guide", "first_day_times", "director_told", "director_coffee"} == new - moved
    assert {"moved_guide"} == moved - new


def test_the_coffees_of_the_two_are_in_months_2_3_and_5(programme):
    """An informal coffee of the pair in each, and a gathering of the team in month 1."""
    assert [2, 3, 5] == [
        s.when.month
        for s in programme.steps()
        if s.kind == "meeting" and word(s, "meet") == "coffee" and s.when.month
    ]
    assert MONDAY < days(programme, "team_gathering")[0][0] < date(2027, 2, 10)


def test_private_taps_come_once_in_week_3(programme):
    """Mentee and mentor each get one."""
    day, _ = days(programme, "fit")[0]

    assert "2027-W04" == week_of(day)
    assert ("mentee", "mentor") == programme.step("fit").who


def test_every_role_hears_the_coordinators_name_and_the_help_word_first(programme):
    """The first message to each role says to whom to turn."""
    for role in ("mentee", "mentor", "head", "director"):
        for moved in (False, True):
            told = [e for e in lived(programme, role, moved=moved) if e.who == (role,) and e.what == "step"]
            if not told:
                continue
            step = told[0].step
            parts = [words for _, by_language in step.text for _, words in by_language]
            if step.kind == "guide":
                parts += [dict(row.text)["en"] for row in rows(step, "sections")]
            said = " ".join(parts)
            assert "{coordinator}" in said, step.id
            assert "{help_word}" in said, step.id


def test_the_thresholds_are_the_programmes_defaults(programme):
    """The signals stand in the file with the numbers that the method names."""
    numbers = {
        (s.kind, key): whole(s, key)
        for s in programme.signals
        for key, value in s.options
        if isinstance(value, int)
    }

    assert {
        ("not_ready", "days_before"): 7,
        ("no_slot", "days_before"): 2,
        ("not_held", "days_after"): 0,
        ("daily_missed", "times"): 2,
        ("checkin_missed", "times"): 2,
        ("no_contact", "days"): 7,
        ("no_contact", "days_later"): 14,
        ("goal_overdue", "days"): 0,
        ("unanswered", "after"): 48,
        ("undecided", "days"): 5,
        ("closing_not_held", "days"): 10,
    }.items() <= numbers.items()


def test_whoever_is_reminded_in_vain_twice_is_told_of_to_a_person(programme):
    """The bot falls silent after two reminders that nobody heeded; each question that comes each week has a signal."""
    weekly = {s.id for s in programme.steps() if s.when.every and s.who != ("head",)}
    watched = {s.step for s in programme.signals if s.kind in ("checkin_missed", "daily_missed")}

    assert weekly == watched


def test_every_private_tick_leads_to_a_reason_and_to_advice(programme):
    """Whatever somebody ticks, the coordinator reads what it is and what can be done."""
    signals = {s.id: s for s in programme.signals}
    ticked = {
        r.signal for s in programme.steps() if s.kind in ("checkin", "feedback") for r in rows(s, "ticks")
    }

    assert ticked == {s.id for s in programme.signals if s.kind == "ticks"}
    assert all(texts(signals[name], "reason") and signals[name].advice for name in ticked)


def test_every_signal_says_what_can_be_done(programme):
    """A case without advice would leave the coordinator alone with it."""
    assert [] == [signal.id for signal in programme.signals if not signal.advice]


def every_text(programme):
    """Return all words of the programme with where they stand."""
    for step in programme.steps():
        yield from ((step.id, words) for _, by_language in step.text for _, words in by_language)
        yield from ((step.id, words) for _, words in step.title)
        for setting in STEP_KINDS[step.kind].settings:
            if setting.shape == "text":
                yield from ((step.id, words) for _, words in texts(step, setting.key))
            elif setting.shape == "texts":
                yield from ((step.id, words) for text in items(step, setting.key) for _, words in text)
            elif setting.shape == "rows":
                yield from (
                    (step.id, words) for r in rows(step, setting.key) for _, words in (*r.title, *r.text)
                )
    for signal in programme.signals:
        yield from ((signal.id, words) for _, words in (*signal.advice, *texts_of_reason(signal)))


def texts_of_reason(signal):
    """Return a private tick's reason, where the signal is of that kind."""
    return texts(signal, "reason") if signal.kind == "ticks" else ()


def test_nothing_is_loud_blaming_or_gendered(programme):
    """No exclamation marks, no assigning of people, no guess at who is he or she."""
    unwanted = re.compile(
        r"!|\bassigned\b|don't forget|\boops\b|\b(he|she|him|her|his|hers)\b|overdue|must\b", re.I
    )

    assert [] == [(place, words) for place, words in every_text(programme) if unwanted.search(words)]


def test_sections_and_advice_stay_readable(programme):
    """A section has at most 60 words, a title at most eight."""
    long = [(place, words) for place, words in every_text(programme) if len(words.split()) > 60]
    titles = [s.id for s in programme.steps() if len(dict(s.title)["en"].split()) > 8]

    assert ([], []) == (long, titles)


# --- how much it asks ----------------------------------------------------------------------------


def messages_a_week(programme, role, start):
    """Count, by week, the moments at which the bot turns to somebody; what comes at one moment is one message."""
    moments = {
        (e.day, e.at)
        for e in lived(programme, role, start=start)
        if e.what != "folded" and e.step.kind != "tour" and e.day >= start
    }
    weeks = Counter(week_of(day) for day, _ in moments)
    first = week_of(start)
    return sorted(count for week, count in weeks.items() if week != first)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("role", ["mentee", "mentor"])
def test_the_plan_itself_leaves_room_in_peoples_weeks(programme, role, start):
    """After week 1 the median week turns to somebody at most twice, and 19 of 20 weeks at most three times."""
    counts = messages_a_week(programme, role, start)

    assert statistics.median(counts) <= 2
    assert counts[int(len(counts) * 0.95) - 1] <= 3


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("role", ROLES)
def test_nobody_is_turned_to_more_than_twice_on_a_day_after_the_first(programme, role, start):
    """The first day is full; no other day is."""
    per_day = Counter(
        day for day, _ in {(e.day, e.at) for e in lived(programme, role, start=start) if e.day > start}
    )

    assert max(per_day.values(), default=0) <= 2


# --- who forgets to choose a time ------------------------------------------------------------------


def test_a_silent_mentor_is_reminded_before_hr_hears_of_it(programme):
    """One reminder after two working days; the case comes two working days before the start, not earlier."""
    live = Live(pair(), programme, at("2026-12-28", 7))
    live.look(at("2027-01-08", 20))

    offers = [
        s for s in live.sends.values() if s.key.startswith("e1/first_meeting/once:") and s.kind != "update"
    ]
    cases = [c.opened_at.date() for c in live.pair.cases if c.signal == "first_meeting_without_time"]
    assert [("matej", "invite"), ("matej", "nudge")] == [(s.to, s.kind) for s in offers]
    reminded = offers[1].not_before.date()
    assert [date(2027, 1, 7)] == cases
    assert reminded < cases[0]


def test_the_newcomer_is_never_asked_to_choose_before_they_have_an_account(programme):
    """Only who is there already may pick in the mentor's place."""
    asked = {}
    for moved in (False, True):
        live = Live(pair(moved=moved), programme, at("2026-12-28", 7))
        live.look(at("2027-01-08", 20))
        asked[moved] = {s.to for s in live.sends.values() if s.key.startswith("e1/lunch/once:")}

    assert {False: {"matej"}, True: {"matej", "ana"}} == asked


def test_a_silent_mentors_coffee_may_be_fixed_by_the_mentee(programme):
    """In month 2 the choice goes on to the mentee after one reminder."""
    live = Live(pair(), programme, at("2027-02-15", 7))
    live.look(at("2027-02-26", 20))

    asked = [(s.to, s.kind) for s in live.sends.values() if s.key.startswith("e1/coffee_month2/once:")]
    assert [("matej", "invite"), ("matej", "nudge"), ("ana", "invite")] == asked


# --- a review that nobody begins -------------------------------------------------------------------


def test_where_the_review_was_not_begun_hr_hears_of_it_and_the_goals_come_all_the_same(programme):
    """The case comes on the next working day, and the goals within five working days of their own."""
    live = Live(pair(), programme, at("2027-01-25", 7))
    live.look(at("2027-02-26", 20))

    cases = [c.opened_at.date() for c in live.pair.cases if c.signal == "review_month1_not_held"]
    goals = [s.opened_at.date() for s in live.pair.steps if s.step == "goals_month1"]
    assert ([date(2027, 2, 10)], [date(2027, 2, 19)]) == (cases, goals)


def test_the_director_hears_of_a_newcomer_together_with_the_choice_of_a_time(programme):
    """What is told ten working days before may wait for the offer of the coffee, eight working days before."""
    live = Live(pair(), programme, at("2026-12-21", 7))
    live.look(at("2026-12-30", 20))

    told, offer = (s for s in live.sends.values() if s.to == "breda" and s.kind in ("info", "invite"))
    assert told.along_from < offer.not_before <= told.not_before
