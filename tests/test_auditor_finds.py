"""What an auditor that is too easily content would not see: each of these was planted, and is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from adapters.sim.player import Act
from adapters.sim.promises import Course
from adapters.sim.transcript import canonical
from bot.content import (
    Ask,
    Button,
    Card,
    Content,
    File,
    Form,
    Home,
    Rule,
    Text,
    TextField,
    UserText,
    say,
    say_n,
)
from bot.facts import Person, Span
from bot.outcome import CloseForm, FixForm, ReplaceCard, Reply, ShowForm, ShowHome
from flows.programme import Step
from tests.test_auditor import (
    ANA,
    CHECKIN,
    CLOSING,
    COURSE,
    END,
    MATEJ,
    REF,
    REVIEW,
    WELCOME,
    WORD,
    Watch,
    ask,
    at,
    everything,
    reached,
    told,
    typed,
)

IRENA = Person(id="irena", name="Irena", zone="Europe/Ljubljana")
IVO = Person(id="ivo", name="Ivo", zone="Europe/Ljubljana")
PETER = Person(id="peter", name="Peter", zone="Europe/Ljubljana")
BREDA = Person(id="breda", name="Breda", zone="Europe/Ljubljana")
STRANGER = Person(id="stranger", name="Stranger", zone="Europe/Ljubljana")
SEATED = replace(
    COURSE,
    seats={**COURSE.seats, "coordinator": ("irena", "ivo"), "head": ("peter",), "director": ("breda",)},
)


def office(*steps: Step, courses: tuple[Course, ...] = (SEATED,)) -> Watch:
    """An auditor of a pair with everybody who belongs to it, and of a stranger."""
    return Watch(*steps, people=(ANA, MATEJ, IRENA, IVO, PETER, BREDA, STRANGER), courses=courses)


def answers(watch: Watch, act: Act, reply: Reply, who: Person = ANA) -> None:
    watch.auditor.did(act.at, who, act, reply, canonical(reply))


# --- asked once too often --------------------------------------------------------------------------


def press(verb: str, ref: str, day: str = "2027-01-20", hour: int = 11) -> Act:
    return Act(at=at(day, hour), kind="press", verb=verb, ref=ref, value="4")


def test_a_nudge_for_what_was_answered_is_a_duplicate() -> None:
    """A question comes again within its nudges only as long as it is open; what offers it again is not answered."""
    open_still = Card(say("Week"), (ask(),))
    for shown, expected in ((Card(say("Thank you.")), {"duplicates": 1}), (open_still, {})):
        watch = Watch(CHECKIN)
        watch.takes(at("2027-01-20"), open_still)
        answers(watch, press("checkin.tap", ask().ref), ReplaceCard(shown))
        watch.takes(at("2027-01-21"), open_still)
        assert expected == watch.finds()


def test_a_form_that_was_handed_in_is_not_asked_for_again() -> None:
    """The button that opened it stands out once more: a duplicate, unless what was filled in had to be mended."""
    ref = "step:e1/feedback/2027-W03"
    feedback = replace(CHECKIN, id="feedback", kind="feedback", who=("mentor",))
    card = Card(say("Two lines?"), (), (Button(say("Write"), "feedback.write", ref, style="primary"),))
    form = Form(title=say("Feedback"), verb="feedback.keep", ref=ref, fields=())
    for reply, expected in ((CloseForm(say("Thanks.")), {"duplicates": 1}), (FixForm({}), {})):
        watch = Watch(feedback)
        watch.takes(at("2027-01-20"), card, to="matej")
        answers(watch, press("feedback.write", ref), ShowForm(form), MATEJ)
        answers(watch, replace(press("feedback.keep", ref), kind="submit"), reply, MATEJ)
        watch.takes(at("2027-01-21"), card, to="matej")
        assert expected == watch.finds()


def test_what_somebody_else_changed_may_be_asked_again() -> None:
    """Whoever agreed is asked anew once the other one has changed what they agreed on."""
    ref = "agreement:e1/agreement"
    card = Card(say("How we work"), (), (Button(say("Agreed"), "agreement.agree", ref, style="primary"),))
    for by, expected in ((MATEJ, {}), (ANA, {"duplicates": 1})):
        watch = Watch(WELCOME)
        watch.takes(at("2027-01-20"), card)
        answers(watch, press("agreement.agree", ref), ReplaceCard(Card(say("Agreed."))))
        answers(watch, press("agreement.keep", ref, hour=12), CloseForm(say("Kept.")), by)
        watch.takes(at("2027-01-22"), card)
        assert expected == watch.finds()


def test_what_travels_on_another_card_comes_with_its_nudges() -> None:
    """A tap that is folded into the check-in is on its nudge as well, and no oftener."""
    tap = replace(
        CHECKIN, id="content", kind="satisfaction", nudges=0, nudge_after=0, when=CLOSING.when,
        options=(("fold_into", "checkin"),),
    )  # fmt: skip
    watch = Watch(CHECKIN, tap)
    again = Ask(say("Content?"), "survey.tap", "step:e1/content/once/satisfied", (), ("author",))
    for n in range(3):
        watch.takes(at("2027-01-20") + timedelta(days=n), Card(say("Week"), (ask(), again)))
    assert {} == watch.finds()
    watch.takes(at("2027-01-27"), Card(say("Week"), (again,)))
    assert {"duplicates": 1} == watch.finds()


def test_two_weeks_of_a_question_at_once_are_a_duplicate() -> None:
    """Whatever its ref is called, what recurs weekly is asked for one week in a week."""
    watch = Watch(CHECKIN, CLOSING)
    watch.takes(at("2027-01-20"), Card(say("Week"), (ask("2027-W03"),)))
    watch.takes(at("2027-01-21"), Card(say("Week"), (ask("2027-W04"),)))
    assert {"duplicates": 1} == watch.finds()


def test_a_question_that_the_programme_does_not_have_is_found() -> None:
    """In a week with a review nobody is asked for a check-in, and after the closing neither."""
    review = replace(REVIEW, who=("mentee",), when=replace(REVIEW.when, day=8))
    for week, moment, expected in (
        ("2027-W03", at("2027-01-20"), {"duplicates": 1}),
        ("2027-W04", at("2027-01-27"), {}),
        ("2027-W08", at("2027-02-24"), {"duplicates": 1}),
    ):
        watch = Watch(CHECKIN, CLOSING, review)
        watch.takes(moment, Card(say("Week"), (ask(week),)))
        assert expected == watch.finds()


def test_a_case_told_twice_in_other_words_is_a_duplicate() -> None:
    """A case comes to the same person once; again only as it was put aside, or comes back from a colleague."""
    ref = "case:e1/case/silence.once"
    look = Button(say("I look at it"), "case.accept", ref)
    first, second = (Card(say("Silence"), (Text(say(words)),), (look,)) for words in ("Since May.", "Still."))
    snooze = replace(press("case.snooze", ref), value="day")
    for happens, expected in ((None, {"duplicates": 1}), ("snoozed", {}), ("climbed", {})):
        watch = office()
        watch.takes(at("2027-01-20"), first, to="irena")
        if happens == "snoozed":
            answers(watch, snooze, ReplaceCard(first), IRENA)
        elif happens == "climbed":
            watch.takes(at("2027-01-21"), first, to="ivo")
        watch.takes(at("2027-01-22"), second, to="irena")
        assert expected == watch.finds()


def test_the_words_of_a_note_come_once() -> None:
    """A welcome that comes again a week later is a duplicate; a word of no step is only one within two days."""
    for words, expected in (("Good to have you here.", {"duplicates": 1}), ("A word.", {})):
        watch = Watch(WELCOME)
        watch.takes(at("2027-01-11"), told(words))
        watch.takes(at("2027-01-18"), told(words))
        assert expected == watch.finds()


def test_words_that_name_nobody_come_once_a_pair() -> None:
    """A mentor of two reads the same plain welcome twice, and not a third time."""
    other = Course(id="e2", start=COURSE.start, seats={"mentee": ("ivo",), "mentor": ("matej",)})
    watch = office(WELCOME, courses=(SEATED, other))
    for number, expected in enumerate(({}, {}, {"duplicates": 1})):
        watch.takes(at("2027-01-11", 8 + number), told(), to="matej")
        assert expected == watch.finds()


# --- at the wrong time -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "country", "moment", "expected"),
    [
        ("America/New_York", "US", at("2027-01-12", 14), {}),
        ("America/New_York", "US", at("2027-01-12", 10), {"off_hours": 1}),  # five in the morning
        ("Asia/Tokyo", "JP", at("2027-01-12", 11), {"off_hours": 1}),  # eight in the evening
        ("Asia/Kolkata", "IN", at("2027-01-12", 3, 30), {}),
        ("Asia/Kolkata", "IN", at("2027-01-12", 3, 29), {"off_hours": 1}),
        ("Australia/Sydney", "AU-NSW", at("2027-01-25", 23), {"off_hours": 1}),  # Australia Day there already
        ("Europe/Ljubljana", "SI", at("2027-03-26", 7, 30), {"off_hours": 1}),  # half past eight in winter
        ("Europe/Ljubljana", "SI", at("2027-03-30", 7, 30), {}),  # half past nine in summer
        ("Europe/Ljubljana", "SI", at("2027-03-30", 15, 30), {"off_hours": 1}),
        ("Europe/Ljubljana", "SI", at("2027-11-02", 15, 30), {}),  # winter again
    ],
)
def test_hours_are_those_on_the_receivers_wall(zone, country, moment, expected) -> None:  # type: ignore[no-untyped-def]
    """In another zone, on their holiday, and before and after the clocks change."""
    watch = Watch(people=(replace(ANA, zone=zone, country=country), MATEJ))
    watch.takes(moment, told())
    assert expected == watch.finds()


def test_a_message_in_leave_is_found_also_among_others() -> None:
    """Who is away is written to by nobody, and a meeting that changed is no exception."""
    away = replace(ANA, leave=(Span(date(2027, 2, 1), date(2027, 2, 5)),))
    coffee = replace(WELCOME, id="coffee", kind="meeting", title=(("en", "Coffee"),))
    watch = Watch(coffee, people=(away, MATEJ))
    move = press("meeting.move", "meeting:e1/coffee/once", "2027-02-02", 9)
    answers(watch, move, ReplaceCard(Card(say("Moved."))), MATEJ)
    watch.takes(at("2027-02-02", 9, 1), Card(say("Coffee"), (Text(say("Another time is wanted.")),)))
    assert {"off_hours": 1} == watch.finds()


# --- too much --------------------------------------------------------------------------------------


def test_a_merged_message_with_one_interruption_in_it_counts() -> None:
    """What is free does not make the rest free that travels with it: the third message of that day is found."""
    both = Card(
        say_n("One thing", "{n} things", 2),
        (
            Text(say("You wrote to HR"), "heading"),
            Text(say("{words}", words=UserText(WORD))),
            Rule(),
            Text(say("A tip"), "heading"),
            Text(say("Take a walk.")),
        ),
    )
    watch = Watch()
    for hour in (9, 10):
        watch.takes(at("2027-02-02", hour), told(str(hour)))
    watch.acts(at("2027-02-01"), typed("text", "heads.send", "step:e1/digest/2027-W05"))
    watch.takes(at("2027-02-02", 14), both)
    assert {"over_budget": 1} == watch.finds()


# --- seen by whom it is not for --------------------------------------------------------------------


def folded(words: str) -> bytes:
    """Break words as a calendar file breaks its lines, in the midst of the marker."""
    return f"DESCRIPTION:{words[:9]}\r\n {words[9:]}\r\n".encode()


@pytest.mark.parametrize("viewer", ["matej", "irena", "peter", "breda"])
@pytest.mark.parametrize(
    "content",
    [
        told(WORD),
        Home(say("Home"), (told(WORD),)),
        File("week.ics", "text/calendar", folded(f"Good {WORD}"), Card(say("Review"))),
        File("notes.md", "text/markdown", WORD.encode(), Card(say("Notes"))),
        Card(say_n("One", "{n}", 2), (Text(say("A"), "heading"), Rule(), Text(say("B"), "heading"), Text(say(WORD)))),
    ],
    ids=["message", "home", "calendar", "file", "digest"],
)  # fmt: skip
@pytest.mark.parametrize("way", ["sent", "renewed", "replied"])
def test_a_sealed_word_is_found_wherever_it_shows(content: Content, viewer: str, way: str) -> None:
    """In a message, a file, an update or a reply, to the mentor and to everybody else, before its stage."""
    watch = office(REVIEW)
    watch.acts(at("2027-01-14"), typed("mentee:good"))
    if way == "replied" and isinstance(content, Home | Card):
        reply = ShowHome(content) if isinstance(content, Home) else ReplaceCard(content)
        answers(watch, Act(at=at("2027-01-14", 12), kind="home"), reply, watch.people[viewer])
    else:
        watch.takes(at("2027-01-14", 11), content, to=viewer, replaces="m" if way == "renewed" else "")
    assert 1 == watch.finds()["early_reveals"]


def written(verb: str, ref: str, *seen_by: str, ticked: tuple[str, ...] = (), key: str = "words") -> Act:
    field = TextField(key=key, label=say("Words"), seen_by=seen_by)  # type: ignore[arg-type]
    form = Form(title=say("Form"), verb=verb, ref=ref, fields=(field,))
    values = ((key, f"Good {WORD}"), ("share", ticked))
    return Act(at=at("2027-01-14"), kind="submit", verb=verb, ref=ref, values=values, form=form)


@pytest.mark.parametrize(
    ("seen_by", "ticked", "viewer", "expected"),
    [
        (("author", "coordinator"), (), "irena", {}),
        (("author", "coordinator"), (), "matej", {"early_reveals": 1}),
        (("author", "coordinator"), (), "peter", {"early_reveals": 1}),
        (("author",), (), "irena", {"early_reveals": 1}),
        (("author",), ("mentor",), "matej", {}),
        (("author",), ("mentor",), "breda", {"early_reveals": 1}),
    ],
)
def test_words_go_to_those_whom_their_field_named(seen_by, ticked, viewer, expected) -> None:  # type: ignore[no-untyped-def]
    """Whoever was said to see it, or was ticked beside it, may read it; anybody else is found, at whatever time."""
    watch = office(CHECKIN)
    act = written("checkin.tell", "step:e1/checkin/2027-W03", *seen_by, ticked=ticked)
    answers(watch, act, CloseForm(say("Kept.")))
    watch.takes(at("2027-02-15", 11), told(f"She said {WORD}"), to=viewer)
    assert expected == watch.finds()


def test_a_video_room_goes_to_all_whom_its_owner_meets() -> None:
    """It was given on one pair's card, and shows in the other pair's invitations, to the roles it was said to go to."""
    other = Course(id="e2", start=COURSE.start, seats={"mentee": ("stranger",), "mentor": ("matej",)})
    field = TextField(key="room", label=say("Link"), seen_by=("mentee", "mentor"))
    form = Form(title=say("Room"), verb="meeting.kept_room", ref="meeting:e1/coffee/once", fields=(field,))
    act = Act(
        at=at("2027-01-14"), kind="submit", verb=form.verb, ref=form.ref, values=(("room", WORD),), form=form
    )  # fmt: skip
    for viewer, expected in (("stranger", {}), ("peter", {"early_reveals": 1})):
        watch = office(courses=(SEATED, other))
        answers(watch, act, CloseForm(say("Kept.")), MATEJ)
        watch.takes(at("2027-01-15", 11), told(f"Coffee, https://{WORD}"), to=viewer)
        assert expected == watch.finds()


def test_nobody_gets_anything_of_a_pair_that_is_not_theirs() -> None:
    """A question about a pair in which its receiver has no seat is found."""
    watch = office(CHECKIN, CLOSING)
    watch.takes(at("2027-01-20"), Card(say("Week"), (ask(),)), to="stranger")
    assert 1 == watch.finds()["early_reveals"]


# --- lost ------------------------------------------------------------------------------------------


def test_each_of_three_mentees_is_owed_a_look_of_their_own() -> None:
    """A mentor who was asked about two of three on a day lost the third, though the words were the same."""
    daily = replace(
        WELCOME, id="look", kind="daily", who=("mentor",), about="mentee", title=(("en", "Today"),), text=(),
        when=replace(CHECKIN.when, every="day", from_day=1, until_day=1, until=""),
    )  # fmt: skip
    course = replace(COURSE, seats={"mentee": ("ana", "irena", "ivo"), "mentor": ("matej",)})
    for asked, expected in ((("ana", "irena", "ivo"), {}), (("ana", "irena"), {"lost": 1})):
        watch = office(daily, courses=(course,))
        for mentee in asked:
            look = Ask(say("How?"), "daily.tap", f"step:e1/look/2027-01-11.{mentee}", (), ("author",))
            watch.takes(at("2027-01-11", 14), Card(say("Today"), (look,)), to="matej")
        assert expected == watch.finds(END)


def test_the_look_of_another_day_is_no_look_of_this_one() -> None:
    """The words of a recurring step are the same each day: what was asked on Tuesday does not excuse Monday."""
    daily = replace(
        WELCOME, id="look", kind="daily", who=("mentor",), title=(("en", "Today"),), text=(),
        when=replace(CHECKIN.when, every="day", from_day=1, until_day=2, until=""),
    )  # fmt: skip
    watch = Watch(daily)
    for n in range(2):
        look = Ask(say("How?"), "daily.tap", "step:e1/look/2027-01-12", (), ("author",))
        watch.takes(at("2027-01-12", 14) + n * timedelta(minutes=5), Card(say("Today"), (look,)), to="matej")
    assert 1 == watch.finds(END)["lost"]


def test_a_call_for_help_that_nobody_read_is_lost() -> None:
    """It was taken, and no coordinator ever saw a word of it."""
    for to, expected in (("irena", {}), ("", {"lost": 1})):
        watch = office()
        answers(watch, written("help.send", "help:e1", "author", "coordinator"), CloseForm(say("HR looks.")))
        if to:
            watch.takes(at("2027-01-14", 11), told(f"She wrote {WORD}"), to=to)
        assert expected == watch.finds(END)


def test_words_that_were_kept_and_shown_to_nobody_are_lost() -> None:
    """What is said in a review is read by the others in it, unless its author takes it back or says it anew."""
    for anew, expected in ((False, {"lost": 1}), (True, {})):
        watch = office(replace(REVIEW, who=()))
        act = written("review.tell", REF, "author", "mentee", "mentor", "coordinator", key="mentee:good")
        answers(watch, act, CloseForm(say("Kept.")))
        if anew:
            answers(watch, replace(act, at=at("2027-01-14", 11), values=()), CloseForm(say("Kept.")))
        reached(watch, 1)
        assert {} == watch.finds(END)  # its stage may still come
        reached(watch, 2)
        assert expected == watch.finds(END)


def test_everything_is_still_right_where_it_is_right() -> None:
    """The stricter auditor finds nothing where everybody got what was promised."""
    watch = Watch(CHECKIN, WELCOME, CLOSING)
    everything(watch)
    assert {} == watch.finds(END)
