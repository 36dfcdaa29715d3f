"""The review: its order, its seals, what it leaves behind, and the decision after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flows.review
from bot.calendar import Span
from bot.content import Ask, Block, Button, Card, Checklist, Facts, Progress, Say, Text
from bot.facts import Answer, Enrolment, Goal, Person, PlanItem, Review, StepChange
from bot.i18n import plain_words
from bot.outcome import CloseForm, Note, ReplaceCard, Reply, ShowCard, ShowForm
from flows import meeting, register
from flows.kinds import Kind
from flows.programme import Phase, Programme, Step, When
from flows.programme_file import load_programme
from flows.review import KINDS as REVIEW_KINDS
from flows.review_answers import SEEN_BY
from flows.review_room import card_in
from tests.live import Live
from tests.scenes import ANA, BREDA, IRENA, IVO, MATEJ, PETER, at, pair, person

# Nobody is shown anything of the other steps: they would only be in the way here.
NO_CARD = Kind(card=lambda scene, state: None)
KINDS = {**dict.fromkeys(register.KINDS, NO_CARD), **REVIEW_KINDS, **meeting.KINDS}
EN = "en"
REVIEW_ID = "e1/week1/once"
REF = f"review:{REVIEW_ID}"
WEEK1 = ("opening", "expectations", "mentee", "mentor", "plan")
MONTH1 = ("opening", "goals", "mentee", "mentor", "plan")
LAST = ("opening", "goals", "evaluation", "celebration", "going_on")
# The review is on Friday 15 January 2027 at 14:00 in Ljubljana.
MEETING_DAY = at("2027-01-15", 13)


def words(text: str) -> tuple[tuple[str, str], ...]:
    """Return a programme text."""
    return (("en", text),)


def programme(stages: tuple[str, ...] = WEEK1, prepare: int = 2, **more: object) -> Programme:
    """Return a programme of two phases, the first of which ends with a review."""
    review = Step(
        id="week1",
        phase="first",
        kind="review",
        who=("coordinator",),
        people=("mentee", "mentor", "coordinator"),
        shared=True,
        when=When(day=5),
        title=words("Week-1 review"),
        options=(
            ("stages", stages),
            ("prepare_before", prepare),
            ("plan_for", words("the next three weeks")),
        ),
    )
    daily = Step(
        id="look",
        phase="first",
        kind="daily",
        who=("mentor",),
        when=When(every="day", from_day=1, until_day=5),
        title=words("Today"),
        options=(
            ("question", words("How did it go?")),
            (
                "choices",
                (
                    (("id", "well"), ("text", words("Went well"))),
                    (("id", "stuck"), ("text", words("Got stuck"))),
                ),
            ),
        ),
    )
    later = Step(
        id="later", phase="second", kind="note", who=("mentee",), when=When(day=10), title=words("Later")
    )
    criteria = (("week1", words("The review was held")), ("later", words("There is a goal")))
    phases = (
        Phase(
            id="first",
            title=words("First week"),
            frame=words("Week 1"),
            criteria=criteria,
            steps=(daily, review),
        ),
        Phase(id="second", title=words("First month"), frame=words("Weeks 2 to 4"), steps=(later,)),
    )
    made = Programme(
        id="test", version="1", language="en", title=words("Test"), months=6, help_word="help", phases=phases
    )
    return replace(made, **more)  # type: ignore[arg-type]


def live(
    *records: object, stages: tuple[str, ...] = WEEK1, now: datetime = MEETING_DAY, **more: object
) -> Live:
    """Return a living pair with its review in sight, on the review's day; only the review's own dues are looked at."""
    room = Live(pair(*records, **more), programme(stages), at("2027-01-12", 7), kinds=KINDS)  # type: ignore[arg-type]
    room.look(now)
    return room


def review_in(room: Live) -> Review:
    """Return the pair's review."""
    found = room.pair.review(REVIEW_ID)
    assert found is not None
    return found


def card_of(reply: Reply) -> Card:
    """Return the card in a reply."""
    assert isinstance(reply, ReplaceCard | ShowCard | CloseForm)
    assert reply.card is not None
    return reply.card


def title_of(card: Card) -> str:
    """Return a card's title as its reader sees it."""
    return plain_words(card.title, EN, "UTC")


def text_of(card: Card) -> str:
    """Return everything a card says."""
    return "\n".join([title_of(card), *(_block(b) for b in card.blocks)])


def _block(block: Block) -> str:
    match block:
        case Text(sentence):
            return plain_words(sentence, EN, "UTC")
        case Ask(question=question):
            return plain_words(question, EN, "UTC")
        case Progress(label=label):
            return plain_words(label, EN, "UTC")
        case Checklist(items=items):
            return "\n".join(plain_words(i.label, EN, "UTC") for i in items)
        case _:
            return repr(block)


def latest(room: Live, who: Person) -> Card:
    """Return what a person's card of the review shows now."""
    mine = [s.content for s in room.sends.values() if s.to == who.id and ":room" in s.key]
    assert isinstance(mine[-1], Card)
    return mine[-1]


def buttons(card: Card) -> dict[str, Button]:
    """Return a card's buttons by verb."""
    return {b.verb: b for b in card.buttons if isinstance(b, Button)}


def go_to(room: Live, stage: str) -> Card:
    """Press Start and Next until the review is at a stage; return the chair's card."""
    reply = room.press(IRENA, "review.start", REF)
    while room.pair.review(REVIEW_ID).stages[review_in(room).stage] != stage:  # type: ignore[union-attr]
        reply = room.press(IRENA, "review.next", REF, str(review_in(room).stage + 1))
    return card_of(reply)


# --- before it -------------------------------------------------------------------------------------


def test_the_offer_comes_once_to_mentee_and_mentor_two_working_days_before():
    """The offer goes to mentee and mentor two working days before, with another message or else a day later."""
    room = live()
    offers = {s.to: s for s in room.sends.values() if s.key.endswith(":offer")}
    assert {"ana", "matej"} == set(offers)
    assert at("2027-01-13", 8) == offers["ana"].along_from
    assert at("2027-01-14", 8) == offers["ana"].not_before
    assert "The meeting runs without it" in text_of(offers["ana"].content)  # type: ignore[arg-type]


def test_an_offer_names_the_day_the_review_has_now_and_moves_with_it():
    """A review that is fixed for a later day is offered two working days before that day, and names its time."""
    room = live(now=at("2027-01-12", 8))
    room.submit(
        IRENA, "meeting.agreed", f"meeting:{REVIEW_ID}", day="2027-01-21", time="10:00", where="video"
    )
    (moved,) = [s for s in room.sends.values() if s.to == "ana" and s.key.endswith(":offer:2027-01-21")]
    assert at("2027-01-19", 8) == moved.along_from
    words = text_of(moved.content)  # type: ignore[arg-type]
    assert "Thu 21 Jan, 09:00 (your time), with Matej, Irena." in words
    assert f"{REVIEW_ID}:ana:offer" in room.unsent


def test_an_offer_that_somebody_holds_is_renewed_when_the_review_moves():
    """Who has the offer already is not asked a second time: their card tells the new time."""
    room = live(now=at("2027-01-14", 9))
    room.submit(
        IRENA, "meeting.agreed", f"meeting:{REVIEW_ID}", day="2027-01-21", time="10:00", where="video"
    )
    assert [] == [k for k in room.sends if k.endswith(":offer:2027-01-21")]
    (renewed,) = [s for s in room.sends.values() if s.replaces == f"{REVIEW_ID}:ana:offer"]
    assert "update" == renewed.kind
    assert "Thu 21 Jan, 09:00" in text_of(renewed.content)  # type: ignore[arg-type]


def test_an_offer_moves_with_its_step():
    """A review that HR moves to another day of the plan is offered anew before that day, where nobody had the offer."""
    room = live(now=at("2027-01-12", 8))
    moved = StepChange(kind="move", step="week1", day=date(2027, 1, 22), by="irena", at=room.now)
    room.pair = replace(room.pair, enrolment=replace(room.pair.enrolment, changes=(moved,)))
    room.look()
    (offer,) = [s for s in room.sends.values() if s.to == "ana" and s.key.endswith(":offer:2027-01-22")]
    assert at("2027-01-20", 8) == offer.along_from
    assert "Planned for Friday 22 January" in text_of(offer.content)  # type: ignore[arg-type]


def test_an_offer_of_the_day_before_does_not_wait_for_the_day_itself():
    """Its own reminder comes that morning; two cards of one review in one message would be one too many."""
    room = Live(pair(), programme(prepare=1), at("2027-01-12", 7), kinds=KINDS)
    room.look(MEETING_DAY)
    (offer,) = [s for s in room.sends.values() if s.key.endswith("ana:offer")]
    assert (at("2027-01-14", 8), at("2027-01-14", 15, 30)) == (offer.along_from, offer.not_before)


def test_no_offer_where_the_programme_wants_none():
    """A programme that sets prepare_before to 0 offers nothing beforehand."""
    room = Live(pair(), programme(prepare=0), at("2027-01-12", 7), kinds=KINDS)
    room.look(MEETING_DAY)
    assert [] == [k for k in room.sends if k.endswith(":offer")]


def test_a_time_is_wanted_for_all_three_in_good_time():
    """A meeting of mentee, mentor and chair is wanted three working days before the review."""
    room = live(now=at("2027-01-12", 8))
    meeting = room.pair.meeting(REVIEW_ID)
    assert meeting is not None
    assert {"ana", "matej", "irena"} == set(meeting.people)


def test_the_chair_gets_the_card_with_start_on_the_day():
    """On the review's day the chair, and nobody else, has the card with Start."""
    room = live()
    assert {"irena"} == {s.to for s in room.sends.values() if s.key.endswith(":room")}
    assert "review.start" in buttons(latest(room, IRENA))


def test_a_card_of_the_meeting_that_comes_too_late_does_not_come():
    """Whoever meets outside their hours is not written to about it the next morning; the chair's own card waits."""
    room = live()
    room.press(IRENA, "review.start", REF)

    over = {s.to: s.expires for s in room.sends.values() if s.key.endswith(":room")}
    two_hours = MEETING_DAY + timedelta(hours=2)
    assert {"irena": None, "ana": two_hours, "matej": two_hours} == over


def test_a_review_agreed_for_the_evening_has_its_card_before_the_chair_goes_home():
    """A time outside the chair's hours, agreed by all, is not begun from a card of the morning after."""
    room = live(now=at("2027-01-12", 8))
    room.submit(
        IRENA, "meeting.agreed", f"meeting:{REVIEW_ID}", day="2027-01-15", time="20:00", where="video"
    )
    room.look(at("2027-01-15", 19))
    (card,) = [s for s in room.sends.values() if s.key.endswith("irena:room")]
    assert at("2027-01-15", 15) == card.not_before


def test_a_review_fixed_earlier_begins_earlier():
    """When the fixed time lies before the programme's day, the chair's card comes half an hour before that time."""
    room = live(now=at("2027-01-12", 8))
    meeting = room.pair.meeting(REVIEW_ID)
    assert meeting is not None
    fixed = replace(meeting, state="fixed", starts_at=at("2027-01-14", 10))
    room.pair = replace(room.pair, meetings=(fixed,))
    room.look(at("2027-01-14", 9, 30))
    assert at("2027-01-14", 9, 30) == room.sends[f"{REVIEW_ID}:irena:room"].not_before
    room.look(MEETING_DAY)
    assert 1 == len([k for k in room.sends if k.endswith("irena:room")])


def test_the_second_coordinator_steps_in_for_one_on_leave():
    """While the first coordinator is on leave, the second gets the card and the chair."""
    away = replace(IRENA, leave=(Span(date(2027, 1, 14), date(2027, 1, 20)),))
    room = live(seats={"mentee": (ANA,), "mentor": (MATEJ,), "head": (PETER,), "coordinator": (away, IVO)})
    assert "ivo" == review_in(room).chair
    room.press(IVO, "review.start", REF)
    assert "running" == review_in(room).state


# --- the order -------------------------------------------------------------------------------------


def test_the_prescribed_order_without_a_single_answer():
    """HR alone can lead a week-1 review through its order by pressing Next, with no answer given beforehand."""
    room = live()
    cards = [room.press(IRENA, "review.start", REF)]
    cards += [room.press(IRENA, "review.next", REF, str(place)) for place in range(1, 5)]
    assert [
        "Week-1 review: How the meeting goes",
        "Week-1 review: Expectations",
        "Week-1 review: Speaking: Ana",
        "Week-1 review: Speaking: Matej",
        "Week-1 review: Plan and goals",
    ] == [title_of(card_of(reply)) for reply in cards]
    room.press(IRENA, "review.close", REF)
    assert "closed" == review_in(room).state


def test_mentee_and_mentor_follow_on_their_own_card():
    """Start gives mentee and mentor a card each, and Next renews that very card."""
    room = live()
    room.press(IRENA, "review.start", REF)
    assert "change" == room.sends[f"{REVIEW_ID}:ana:room"].kind
    room.press(IRENA, "review.next", REF, "1")
    renewals = [s for s in room.sends.values() if s.to == "ana" and s.kind == "update"]
    assert [f"{REVIEW_ID}:ana:room"] == [s.replaces for s in renewals]
    assert "review.next" not in buttons(latest(room, ANA))


def test_pressing_next_twice_goes_on_once():
    """The same Next pressed twice, or long after, goes on once."""
    room = live()
    room.press(IRENA, "review.start", REF)
    room.press(IRENA, "review.start", REF)
    room.press(IRENA, "review.next", REF, "1")
    room.press(IRENA, "review.next", REF, "1")
    assert 1 == review_in(room).stage
    room.press(IRENA, "review.next", REF, "3")
    assert 1 == review_in(room).stage


@pytest.mark.parametrize("who", [ANA, MATEJ, PETER, BREDA])
def test_only_hr_leads(who: Person):
    """Nobody but HR can start, go on, close or call off a review."""
    room = live()
    for verb in ("review.start", "review.cancel"):
        room.press(who, verb, REF)
    assert "ahead" == review_in(room).state
    go_to(room, "opening")
    room.press(who, "review.next", REF, "1")
    assert 0 == review_in(room).stage


def test_a_coordinator_who_is_the_mentor_does_not_lead():
    """A coordinator who mentors the pair cannot chair its review while there is another coordinator."""
    room = live(seats={"mentee": (ANA,), "mentor": (IRENA,), "coordinator": (IRENA, IVO)})
    assert "ivo" == review_in(room).chair
    reply = room.press(IRENA, "review.start", REF)
    assert isinstance(reply, Note)
    assert "ahead" == review_in(room).state


def test_a_review_that_was_begun_counts_as_met():
    """Pressing Start settles whether the three met, so that nobody is asked."""
    room = live()
    room.press(IRENA, "review.start", REF)
    room.look()
    meeting = room.pair.meeting(REVIEW_ID)
    assert meeting is not None
    assert "held" == meeting.state


def test_every_card_of_every_review_is_small():
    """No review card has more than fifteen blocks, title and buttons included, whatever was written."""
    for stages in (WEEK1, MONTH1, LAST):
        goals = tuple(goal(n) for n in (1, 2, 3))
        plan = tuple(
            PlanItem(id=f"e1/plan/{n}", enrolment="e1", period="", text="x" * 300, owner="ana")
            for n in range(12)
        )
        room = live(*goals, *plan, stages=stages)
        for who in (ANA, MATEJ):
            form = room.press(who, "review.prepare", REF)
            assert isinstance(form, ShowForm)
            values = {
                f.key.replace(":", "__"): "4"
                if f.key.startswith(("goals", "expectations:met"))
                else "w" * 1200
                for f in form.form.fields
            }
            room.submit(who, "review.tell", REF, **values)
        room.press(IRENA, "review.start", REF)
        for place in range(1, len(stages)):
            room.press(IRENA, "review.next", REF, str(place))
        room.press(IRENA, "review.close", REF)
        for send in room.sends.values():
            assert isinstance(send.content, Card)
            assert 15 >= len(send.content.blocks) + 2, send.key


# --- rated jointly ---------------------------------------------------------------------------------


def goal(n: int, **more: object) -> Goal:
    """Return a goal of an earlier time: five customer calls, three done."""
    made = Goal(
        id=f"e1/goal/{n}",
        enrolment="e1",
        title=f"Calls {n}",
        period="e1/earlier/once",
        target=5,
        value=3,
        unit="customer calls",
        due=date(2027, 1, 15),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def test_goals_are_rated_by_a_tap_each_and_differences_are_marked():
    """Mentee and mentor tap each goal; two points apart or more is marked for all three."""
    room = live(goal(1), stages=MONTH1)
    go_to(room, "goals")
    room.press(ANA, "review.rate", f"{REF}/goals:1", "5")
    assert "Still to tap: Matej" in text_of(latest(room, IRENA))
    room.press(MATEJ, "review.rate", f"{REF}/goals:1", "3")
    assert "Ana 5, Matej 3: 2 points apart. Worth a word." in text_of(latest(room, IRENA))
    assert "Ana 5, Matej 3: 2 points apart. Worth a word." in text_of(latest(room, ANA))


def test_one_point_apart_is_not_marked():
    """One point apart is shown and not marked."""
    room = live(goal(1), stages=MONTH1)
    go_to(room, "goals")
    room.press(ANA, "review.rate", f"{REF}/goals:1", "4")
    room.press(MATEJ, "review.rate", f"{REF}/goals:1", "3")
    assert "Ana 4, Matej 3" in text_of(latest(room, IRENA))
    assert "apart" not in text_of(latest(room, IRENA))


def test_ratings_are_kept_with_the_goal_and_a_due_goal_is_closed():
    """After the goals' part each goal keeps both ratings; one whose day has come makes room for a new one."""
    room = live(goal(1), goal(2, due=date(2027, 3, 31)), goal(3), stages=MONTH1)
    go_to(room, "goals")
    for who in (ANA, MATEJ):
        for n in (1, 2):
            room.press(who, "review.rate", f"{REF}/goals:{n}", "4")
    room.press(IRENA, "review.next", REF, "2")
    kept = {g.id: (g.state, g.ratings) for g in room.pair.goals}
    both = (("ana", 4), ("matej", 4))
    assert {"e1/goal/1": ("rated", both), "e1/goal/2": ("open", both), "e1/goal/3": ("open", ())} == kept


def test_a_tap_after_the_part_is_over_changes_nothing():
    """A rating pressed once the meeting has gone on is answered and not stored."""
    room = live(goal(1), stages=MONTH1)
    go_to(room, "mentee")
    reply = room.press(ANA, "review.rate", f"{REF}/goals:1", "5")
    assert isinstance(reply, Note)
    assert () == room.pair.answers


def test_week_one_rates_expectations_instead_of_goals():
    """In week 1 the joint tap is about expectations."""
    room = live()
    go_to(room, "expectations")
    room.press(ANA, "review.rate", f"{REF}/expectations:met", "5")
    room.press(MATEJ, "review.rate", f"{REF}/expectations:met", "2")
    assert "3 points apart" in text_of(latest(room, IRENA))


# --- turns and daily looks -------------------------------------------------------------------------


def looks() -> tuple[Answer, ...]:
    """Return five daily looks with notes."""
    return tuple(
        Answer(
            id=f"e1/look/2027-01-{11 + n}/matej/{field}",
            enrolment="e1",
            step="look",
            occurrence=f"2027-01-{11 + n}",
            person="matej",
            field=field,
            kind="daily_look",
            value=value,
            seen_by=("author", "coordinator", "mentee"),
            at=at(f"2027-01-{11 + n}", 15),
        )
        for n in range(5)
        for field, value in (("look", "well"), ("note", f"note{n}"))
    )


def test_the_five_daily_looks_are_shown_in_the_mentors_turn_and_not_before():
    """The daily looks of week 1 are on all three cards in the mentor's turn, and on none before."""
    room = live(*looks())
    go_to(room, "mentee")
    assert "note0" not in room.shown(ANA) + room.shown(IRENA) + room.shown(MATEJ)
    room.press(IRENA, "review.next", REF, "3")
    for who in (ANA, MATEJ):
        shown = text_of(latest(room, who))
        assert all(f"note{n}" in shown for n in range(5)), shown
        (rows,) = [b.rows for b in latest(room, who).blocks if isinstance(b, Facts)]
        assert ["11 Jan", "12 Jan", "13 Jan", "14 Jan", "15 Jan"] == [
            plain_words(day, EN, "UTC") for day, _ in rows
        ]


def test_words_added_in_the_meeting_appear_on_all_cards():
    """What the mentee writes in their turn, and what HR notes, appears on everybody's card."""
    room = live()
    go_to(room, "mentee")
    room.submit(ANA, "review.tell", REF, mentee__good="the team lunch")
    room.submit(IRENA, "review.tell", REF, mentee__note="speak about tools")
    for who in (ANA, MATEJ):
        assert "Went well, Ana: the team lunch" in text_of(latest(room, who))
        assert "Irena: speak about tools" in text_of(latest(room, who))


def test_a_note_added_where_goals_are_rated_appears_on_all_cards():
    """It is kept like a note at any other part, though what else is said there are taps."""
    room = live(goal(1), stages=MONTH1)
    go_to(room, "goals")
    room.submit(ANA, "review.tell", REF, goals__note="the second one was too big")
    for who in (IRENA, MATEJ):
        assert "Ana: the second one was too big" in text_of(latest(room, who))


def test_a_note_of_a_part_that_is_over_is_read_at_the_part_that_is_on():
    """A form that was open while the chair went on loses nothing: its words stand where everybody looks now."""
    room = live(stages=WEEK1)
    go_to(room, "mentee")
    room.submit(IRENA, "review.tell", REF, mentee__note="first")
    room.submit(IRENA, "review.tell", REF, expectations__note="came late")
    room.submit(IRENA, "review.tell", REF, expectations__note="came late")
    room.submit(IRENA, "review.tell", REF, mentee__note="second")
    for who in (ANA, MATEJ):
        assert "Irena: came late\nIrena: second" in text_of(latest(room, who))


def test_three_goals_leave_room_for_a_note_of_everybody():
    """Nothing that three people note where three goals are rated is left out."""
    room = live(*(goal(n) for n in (1, 2, 3)), stages=MONTH1)
    go_to(room, "goals")
    for who in (ANA, MATEJ, IRENA):
        room.submit(who, "review.tell", REF, goals__note=f"noted by {who.id}")
    for who in (ANA, MATEJ, IRENA):
        shown = text_of(card_in(room.scene(who, whole=True), review_in(room), who))
        assert all(f"noted by {author.id}" in shown for author in (ANA, MATEJ, IRENA))


def test_the_mentor_cannot_write_in_the_mentees_name():
    """A form sent with somebody else's fields keeps none of them."""
    room = live()
    room.submit(MATEJ, "review.tell", REF, mentee__good="forged", goals__9="5", nonsense="x")
    assert () == room.pair.answers


# --- the seal --------------------------------------------------------------------------------------


def test_an_answer_given_beforehand_opens_in_its_turn():
    """The mentor's sealed words are on nobody's card until the mentor's turn, and then on everybody's."""
    room = live()
    room.submit(MATEJ, "review.tell", REF, mentor__good="SEALED asks well")
    room.submit(ANA, "review.tell", REF, mentee__better="SEALED more tests")
    go_to(room, "expectations")
    assert "SEALED" not in room.shown(ANA) + room.shown(IRENA) + room.shown(MATEJ)
    chairs = card_of(room.press(IRENA, "review.next", REF, "2"))
    assert "SEALED more tests" in text_of(chairs)
    assert "SEALED more tests" in text_of(latest(room, MATEJ))
    assert "asks well" not in text_of(chairs) + room.shown(ANA) + room.shown(MATEJ)
    room.press(IRENA, "review.next", REF, "3")
    assert "SEALED asks well" in text_of(latest(room, ANA))


def test_answers_are_stored_with_the_seal_and_the_promise_shown():
    """Every field of the form says who will see it, and the stored answer carries the same promise and its review."""
    room = live(goal(1), stages=MONTH1)
    form = room.press(ANA, "review.prepare", REF)
    assert isinstance(form, ShowForm)
    assert {SEEN_BY} == {f.seen_by for f in form.form.fields}
    assert ["goals:1", "mentee:good", "mentee:better"] == [f.key for f in form.form.fields]
    room.submit(ANA, "review.tell", REF, goals__1="4", mentee__good="yes")
    assert {(SEEN_BY, REVIEW_ID)} == {(a.seen_by, a.sealed_in) for a in room.pair.answers}


def test_an_answer_can_be_changed_and_taken_back():
    """Until its turn an answer can be changed, and emptied."""
    room = live()
    room.submit(ANA, "review.tell", REF, mentee__good="first", mentee__better="second")
    room.submit(ANA, "review.tell", REF, mentee__good="other", mentee__better="")
    assert {"mentee:good": "other"} == {a.field: a.value for a in room.pair.answers}


def test_a_review_called_off_returns_the_answers_and_forgets_them():
    """Calling a review off sends everybody their own words, shows them to nobody else, and keeps none."""
    room = live()
    room.submit(ANA, "review.tell", REF, mentee__good="SEALED of ana")
    room.submit(MATEJ, "review.tell", REF, mentor__good="SEALED of matej")
    reply = room.press(IRENA, "review.cancel", REF)
    room.look()
    assert "SEALED" not in repr(reply) + room.shown(IRENA)
    assert "SEALED of ana" in room.shown(ANA)
    assert "of matej" not in room.shown(ANA)
    assert "SEALED of matej" in room.shown(MATEJ)
    assert () == room.pair.answers
    assert {"answer"} == {s.kind for s in room.sends.values() if s.key.endswith(":returned")}


@pytest.mark.parametrize("how", ["skipped", "stopped", "cancelled in a pause"])
def test_sealed_answers_come_back_whatever_ends_the_review(how: str):
    """Answers come back at once when the step is left out, the pair ends, or a paused pair's review is called off."""
    from bot.facts import StepChange

    room = live(now=at("2027-01-14", 9))
    room.submit(ANA, "review.tell", REF, mentee__good="SEALED of ana")
    enrolment: Enrolment = room.pair.enrolment
    if how == "skipped":
        enrolment = replace(enrolment, changes=(StepChange(kind="skip", step="week1"),))
    elif how == "stopped":
        enrolment = replace(enrolment, state="stopped")
    else:
        enrolment = replace(enrolment, pauses=(Span(date(2027, 1, 14), date(2027, 2, 1)),))
    room.pair = replace(room.pair, enrolment=enrolment)
    if how.startswith("cancelled"):
        room.press(IRENA, "review.cancel", REF)
    room.look()
    assert "SEALED of ana" in room.shown(ANA)
    assert () == room.pair.answers
    assert "cancelled" == review_in(room).state
    before = len(room.sends)
    room.look(room.now + timedelta(days=3))
    assert before == len(room.sends)


def test_a_paused_pair_keeps_its_answers_sealed():
    """A pause alone returns nothing: the review is only later."""
    room = live(now=at("2027-01-14", 9))
    room.submit(ANA, "review.tell", REF, mentee__good="SEALED of ana")
    paused = replace(room.pair.enrolment, pauses=(Span(date(2027, 1, 14), date(2027, 2, 1)),))
    room.pair = replace(room.pair, enrolment=paused)
    room.look(at("2027-01-20", 9))
    assert 1 == len(room.pair.answers)
    assert "SEALED" not in room.shown(ANA)


EVERYBODY = (ANA, MATEJ, PETER, IRENA, IVO, BREDA)
_VERBS = (
    "review.start", "review.next", "review.cancel", "review.close", "review.decide", "review.passed", "review.prepare",
    "review.words", "review.rate", "review.tick", "goal.new", "goal.edit", "goal.progress", "goal.drop", "plan.new",
    "plan.tick", "plan.drop",
)  # fmt: skip
_SUBMITS = ("review.tell", "goal.add", "plan.add")
_REFS = (REF, f"{REF}/goals:1", f"{REF}/expectations:met", "goal:e1/goal/1", "plan:e1/plan/1", "enrolment:e1")
_VALUES = ("", "0", "1", "2", "3", "4", "5", "go_on", "extend:2", "mentee", "mentor", "done")
_FIELDS = (
    "expectations:words",
    "mentee:good",
    "mentee:better",
    "mentor:good",
    "mentor:better",
    "evaluation:helped",
    "plan:note",
)
pressing = st.tuples(
    st.just("press"),
    st.sampled_from(EVERYBODY),
    st.sampled_from(_VERBS),
    st.sampled_from(_REFS),
    st.sampled_from(_VALUES),
)
telling = st.tuples(
    st.just("submit"),
    st.sampled_from(EVERYBODY),
    st.sampled_from(_SUBMITS),
    st.sampled_from(_REFS),
    st.sampled_from(_FIELDS),
)
asking = st.tuples(
    st.just("command"),
    st.sampled_from(EVERYBODY),
    st.sampled_from(("review", "goals", "plan", "home")),
    st.just(""),
    st.just(""),
)
onward = st.tuples(
    st.just("press"),
    st.just(IRENA),
    st.sampled_from(("review.start", "review.next")),
    st.just(REF),
    st.sampled_from(_VALUES[:6]),
)
looking = st.tuples(st.just("look"), st.just(ANA), st.just(""), st.just(""), st.just(""))


def openness(room: Live) -> dict[str, tuple[str, bool]]:
    """Return, by marker, the author of every answer and whether the review's order has opened it; worked out plainly."""
    review = review_in(room)
    opened = set(review.stages[: review.stage + 1]) if review.state in ("running", "closed") else set()
    return {
        a.value: (a.person, a.field.split(":")[0] in opened) for a in room.pair.answers if a.kind == "review"
    }


@settings(max_examples=80, deadline=None)
@given(
    stages=st.sampled_from((WEEK1, MONTH1, LAST)),
    walk=st.lists(st.one_of(pressing, telling, telling, onward, onward, asking, looking), max_size=40),
)
def test_no_walk_shows_a_sealed_answer_early(
    stages: tuple[str, ...], walk: list[tuple[str, Person, str, str, str]]
):
    """Whatever anybody presses, sends or asks for, in any order, a sealed answer reaches only its author."""
    room = live(
        goal(1), PlanItem(id="e1/plan/1", enrolment="e1", period="", text="plan", owner="ana"), stages=stages
    )
    for n, (what, who, verb, ref, value) in enumerate(walk):
        known = set(room.sends)
        written = openness(room)
        if what == "press":
            reply = room.press(who, verb, ref, value)
        elif what == "submit":
            marker = f"<marker {n}>"
            texts = {value.replace(":", "__"): marker, "title": f"goal {n}", "text": f"line {n}"}
            reply = room.submit(who, verb, ref, **texts)
        elif what == "command":
            reply = room.command(who, verb)
        else:
            room.look(room.now + timedelta(hours=6))
            reply = Note(Say(""))
        seen = [
            (who.id, repr(reply)),
            *((s.to, repr(s.content)) for k, s in room.sends.items() if k not in known),
        ]
        seen += [(p.id, repr(room.scene(p).pair)) for p in EVERYBODY]
        for marker, (author, opened) in {**written, **openness(room)}.items():
            if marker.startswith("<marker") and not opened:
                assert [] == [reader for reader, shown in seen if marker in shown and reader != author], (
                    verb,
                    ref,
                )


def test_the_walk_would_catch_a_broken_seal(monkeypatch: pytest.MonkeyPatch):
    """With the seal switched off, a sealed answer does show early: the property above can fail."""
    import flows.visibility

    monkeypatch.setattr(flows.visibility, "sealed", lambda pair, answer: False)
    room = live()
    room.submit(MATEJ, "review.tell", REF, mentor__good="SEALED")
    scene = room.scene(ANA)
    assert ["SEALED"] == [a.value for a in scene.pair.answers]


# --- plan, goals, closing --------------------------------------------------------------------------


def test_plan_and_goals_made_in_the_review_are_on_every_card():
    """A line of the plan and a goal set in the meeting appear at once on all three cards."""
    room = live()
    go_to(room, "plan")
    room.submit(ANA, "plan.add", REF, text="Read the handbook", owner="ana", due="2027-01-29")
    room.submit(
        IRENA, "goal.add", REF, title="Lead a call", target="5", unit="customer calls", due="2027-03-31"
    )
    for who in (ANA, MATEJ):
        assert "Read the handbook (Ana, by" in text_of(latest(room, who))
        assert "Lead a call" in text_of(latest(room, who))
    assert {REVIEW_ID} == {i.period for i in room.pair.plan} | {g.period for g in room.pair.goals}


def test_what_is_open_of_the_last_plan_is_on_the_agenda_and_carried_over():
    """Open lines of the earlier plan stand on the first card and belong to the new plan after closing."""
    old = PlanItem(
        id="e1/plan/1", enrolment="e1", period="e1/earlier/once", text="Meet the team", owner="ana"
    )
    done = replace(old, id="e1/plan/2", text="Set up", state="done")
    room = live(old, done)
    card = card_of(room.press(IRENA, "review.start", REF))
    assert "Meet the team" in text_of(card)
    assert "Set up" not in text_of(card)
    go_to(room, "plan")
    room.press(IRENA, "review.close", REF)
    assert {"e1/plan/1": REVIEW_ID, "e1/plan/2": "e1/earlier/once"} == {
        i.id: i.period for i in room.pair.plan
    }


def test_the_head_gets_plan_and_goals_and_the_mentee_can_open_exactly_that():
    """The head receives plan and goals and no answer; the mentee opens the very same card."""
    room = live(goal(1, due=date(2027, 3, 31)))
    room.submit(ANA, "review.tell", REF, mentee__good="ONLY FOR THE ROOM")
    go_to(room, "plan")
    room.submit(ANA, "plan.add", REF, text="Read the handbook", owner="ana", due="")
    room.press(IRENA, "review.close", REF)
    sent = [s.content for s in room.sends.values() if s.to == "peter"]
    assert 1 == len(sent)
    assert isinstance(sent[0], Card)
    assert "Read the handbook" in text_of(sent[0])
    assert "Calls 1" in text_of(sent[0])
    assert "ONLY FOR THE ROOM" not in room.shown(PETER)
    assert "review.passed" in buttons(latest(room, ANA))
    assert "review.passed" not in buttons(latest(room, MATEJ))
    assert sent[0] == card_of(room.press(ANA, "review.passed", REF))


def test_where_nothing_was_agreed_the_head_hears_nothing():
    """Without a plan and without goals there is no message to the head, and nothing for the mentee to open."""
    room = live()
    go_to(room, "plan")
    room.press(IRENA, "review.close", REF)
    assert [] == [s for s in room.sends.values() if s.to == PETER.id]
    assert () == room.pair.passed
    assert "review.passed" not in buttons(latest(room, ANA))


@pytest.mark.parametrize("stages", [WEEK1, LAST])
def test_of_the_three_cards_of_a_closed_review_only_the_mentees_opens_what_the_head_got(
    stages: tuple[str, ...],
):
    """Also where nothing is decided after it, the chair's card and the mentor's have no button that is not theirs."""
    prog = programme(stages)
    prog = replace(prog, phases=prog.phases[:1]) if stages is LAST else prog
    plan = PlanItem(id="e1/plan/1", enrolment="e1", text="Read", owner="ana", period="")
    room = Live(pair(plan), prog, at("2027-01-12", 7), kinds=KINDS)
    room.look(MEETING_DAY)
    go_to(room, stages[-1])
    cards = {IRENA: card_of(room.press(IRENA, "review.close", REF))}
    if stages is WEEK1:
        cards[IRENA] = card_of(room.press(IRENA, "review.decide", REF, "go_on"))
    cards |= {who: latest(room, who) for who in (ANA, MATEJ)}

    assert ["ana"] == [who.id for who, card in cards.items() if "review.passed" in buttons(card)]
    assert all("Peter gets the plan and the goals" in text_of(card) for card in cards.values())


def test_closing_shows_what_the_phase_lacks_and_asks_whether_to_go_on():
    """After closing, the chair reads which criteria are not met, and can go on or extend."""
    room = live()
    go_to(room, "plan")
    card = card_of(room.press(IRENA, "review.close", REF))
    assert "There is a goal" in text_of(card)
    assert "The review was held" not in text_of(card)
    values = [b.value for b in card.buttons if isinstance(b, Button)]
    assert ["go_on", "extend:1", "extend:2", "extend:4"] == values


def test_extending_moves_what_follows_and_tells_the_pair_once():
    """Extending by two weeks is stored on the enrolment once, however often it is pressed."""
    room = live()
    go_to(room, "plan")
    room.press(IRENA, "review.close", REF)
    room.press(IRENA, "review.decide", REF, "extend:2")
    room.press(IRENA, "review.decide", REF, "extend:4")
    changes = [(c.kind, c.step, c.weeks, c.by) for c in room.pair.enrolment.changes]
    assert [("extend", "first", 2, "irena")] == changes
    assert {"ana", "matej"} == {s.to for s in room.sends.values() if s.key.endswith(":extended")}


def test_without_a_decision_it_goes_on_with_a_case():
    """Five working days after closing without a decision the programme goes on, and a case tells the coordinator."""
    room = live()
    go_to(room, "plan")
    room.press(IRENA, "review.close", REF)
    room.look(at("2027-01-22", 15))
    assert () == room.pair.cases
    room.look(at("2027-01-25", 9))
    assert ["undecided"] == [c.signal for c in room.pair.cases]
    assert "went_on" == review_in(room).decision
    assert () == room.pair.enrolment.changes
    room.press(IRENA, "review.decide", REF, "extend:1")
    assert 1 == len(room.pair.enrolment.changes)


def test_a_review_begun_and_never_closed_does_not_hold_the_programme():
    """Five working days after a review was begun and left open, the programme goes on with a case; it can be closed."""
    room = live()
    go_to(room, "mentee")
    room.look(at("2027-01-25", 9))
    assert ["undecided"] == [c.signal for c in room.pair.cases]
    for place in ("3", "4"):
        room.press(IRENA, "review.next", REF, place)
    closed = card_of(room.press(IRENA, "review.close", REF))
    assert "The programme goes on." in text_of(closed)
    room.look(at("2027-02-25", 9))
    assert 1 == len(room.pair.cases)


def test_a_decision_in_time_makes_no_case():
    """A review decided in time never becomes a case."""
    room = live()
    go_to(room, "plan")
    room.press(IRENA, "review.close", REF)
    room.press(IRENA, "review.decide", REF, "go_on")
    room.look(at("2027-02-15", 9))
    assert () == room.pair.cases


def test_the_last_review_celebrates_and_asks_for_no_decision():
    """The last review rates goals, evaluates the programme, celebrates, plans going on, and decides nothing."""
    prog = programme(LAST)
    prog = replace(prog, phases=prog.phases[:1])
    room = Live(pair(goal(1, value=5, state="reached")), prog, at("2027-01-12", 7), kinds=KINDS)
    room.look(MEETING_DAY)
    go_to(room, "evaluation")
    room.submit(ANA, "review.tell", REF, evaluation__helped="the daily looks")
    assert "Helped, Ana: the daily looks" in text_of(latest(room, MATEJ))
    card = card_of(room.press(IRENA, "review.next", REF, "3"))
    assert "celebrate" == card.tone
    assert "Goals reached: 1 of 1" in text_of(card)
    room.press(IRENA, "review.next", REF, "4")
    closed = card_of(room.press(IRENA, "review.close", REF))
    assert "review.decide" not in buttons(closed)
    assert None is review_in(room).decide_by


def test_closing_twice_passes_on_once():
    """A second Close shows the same card and sends nothing more."""
    room = live()
    go_to(room, "plan")
    room.press(IRENA, "review.close", REF)
    before = len(room.sends)
    card_of(room.press(IRENA, "review.close", REF))
    assert before == len(room.sends)


# --- other forms -----------------------------------------------------------------------------------


def test_one_mentor_with_three_mentees():
    """In a group every mentee and the mentor answer, rate and follow; nobody is left out."""
    eva, bor = person("Eva"), person("Bor")
    room = live(seats={"mentee": (ANA, eva, bor), "mentor": (MATEJ,), "coordinator": (IRENA,)})
    go_to(room, "expectations")
    for who, value in ((ANA, "5"), (eva, "4"), (bor, "2"), (MATEJ, "4")):
        room.press(who, "review.rate", f"{REF}/expectations:met", value)
    assert "Ana 5, Eva 4, Bor 2, Matej 4: 3 points apart" in text_of(latest(room, eva))
    room.press(IRENA, "review.next", REF, "2")
    room.submit(bor, "review.tell", REF, mentee__good="the pairing")
    assert "Went well, Bor: the pairing" in text_of(latest(room, ANA))


def test_a_circle_without_a_mentor_has_no_mentors_turn():
    """Where nobody is the mentor, that stage is left out and the review still runs to its end."""
    eva = person("Eva")
    room = live(seats={"mentee": (ANA, eva), "coordinator": (IRENA,)})
    assert ("opening", "expectations", "mentee", "plan") == review_in(room).stages
    go_to(room, "plan")
    room.press(IRENA, "review.close", REF)
    assert "closed" == review_in(room).state


def test_a_lost_card_comes_back_by_the_command():
    """`review` shows everybody in it their own card, and the head and director none."""
    room = live()
    go_to(room, "mentee")
    assert "Week-1 review: Speaking: Ana" == title_of(card_of(room.command(ANA, "review")))
    assert "review.next" in buttons(card_of(room.command(IRENA, "review")))
    assert isinstance(room.command(PETER, "review"), Note)


def test_kinds_are_registered():
    """The kind review is what a programme file may name."""
    assert isinstance(KINDS["review"], Kind)


# --- the shipped programme -------------------------------------------------------------------------


def test_the_four_reviews_of_the_shipped_programme():
    """In the onboarding programme HR leads all four reviews to their end, goals rated and plan carried, by pressing."""
    text = (Path(flows.review.__file__).parent / "programmes" / "onboarding.toml").read_text(encoding="utf-8")
    shipped = load_programme(text, "onboarding.toml")
    room = Live(pair(), shipped, at("2026-12-21", 9))
    held: list[str] = []
    while room.now < at("2027-07-20", 9):
        room.look(room.now + timedelta(days=1))
        for here in room.pair.reviews:
            begun = any(
                s.key == f"{here.id}:irena:room" and s.not_before <= room.now for s in room.sends.values()
            )
            if here.state != "ahead" or not begun:
                continue
            ref = f"review:{here.id}"
            room.press(IRENA, "review.start", ref)
            for place in range(1, len(here.stages)):
                if here.stages[place - 1] == "goals":
                    for number, who in ((n, p) for n in (1, 2) for p in (ANA, MATEJ)):
                        room.press(who, "review.rate", f"{ref}/goals:{number}", "4")
                room.press(IRENA, "review.next", ref, str(place))
            if here.stages[-1] == "plan":
                room.submit(ANA, "goal.add", ref, title=f"Goal of {here.step}", target="5", due="2027-07-01")
                room.submit(MATEJ, "plan.add", ref, text=f"Plan of {here.step}", owner="ana")
            room.press(IRENA, "review.close", ref)
            room.press(IRENA, "review.decide", ref, "go_on")
            held.append(here.step)
    assert ["review_week1", "review_month1", "review_quarter1", "review_quarter2"] == held
    assert {"closed"} == {r.state for r in room.pair.reviews}
    assert "undecided" not in {c.signal for c in room.pair.cases}
    assert {"e1/goal/1", "e1/goal/2"} == {
        g.id for g in room.pair.goals if (("ana", 4), ("matej", 4)) == g.ratings
    }


def test_each_mentee_of_a_group_has_what_their_own_head_got():
    """Two heads, three mentees: each head reads of whom they lead, each mentee opens their own, nobody another's."""
    ana, bor, eva = replace(ANA, manager="peter"), person("Bor", manager="petra"), person("Eva")
    petra = person("Petra")
    seats = {"mentee": (ana, bor, eva), "mentor": (MATEJ,), "head": (PETER, petra), "coordinator": (IRENA,)}
    goals = [
        replace(goal(n), title=f"Goal of {m.name}", by=m.id, due=date(2027, 3, 31))
        for n, m in enumerate((ana, bor, eva), 1)
    ]
    room = live(*goals, seats=seats)
    go_to(room, "plan")
    for m in (ana, bor, eva):
        room.submit(MATEJ, "plan.add", REF, text=f"Line of {m.name}", owner=m.id, due="")
    room.press(IRENA, "review.close", REF)

    for head, name in ((PETER, "Ana"), (petra, "Bor")):
        [card] = [s.content for s in room.sends.values() if s.to == head.id]
        assert isinstance(card, Card)
        assert {name} == {m.name for m in (ana, bor, eva) if f"Line of {m.name}" in text_of(card)}
        assert {name} == {m.name for m in (ana, bor, eva) if f"Goal of {m.name}" in text_of(card)}
    assert "Line of Ana" in text_of(card_of(room.press(ana, "review.passed", REF)))
    assert "Line of Bor" in text_of(card_of(room.press(bor, "review.passed", REF)))
    assert isinstance(room.press(eva, "review.passed", REF), Note)
    assert ["ana", "bor"] == [m.id for m in (ana, bor, eva) if "review.passed" in buttons(latest(room, m))]
    assert "Peter gets" in text_of(latest(room, ana))
    assert "Petra gets" in text_of(latest(room, bor))
    assert "gets the plan" not in text_of(latest(room, eva))
