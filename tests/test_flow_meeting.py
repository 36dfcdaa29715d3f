"""Meetings: times offered to one person, fixed by one tap, moved, called off, and asked for afterwards."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendar import Span, is_working_time, local
from bot.content import Button, File
from bot.events import Pressed
from bot.facts import Review, Seat, StepChange
from bot.i18n import Reader
from bot.outcome import CloseForm, FixForm, Note, ReplaceCard, ShowForm, Unsend
from flows.kinds import EVERYONE
from flows.meeting_cards import card_of, wants_room
from flows.meeting_time import room_for
from flows.meeting_verbs import take
from tests.meetings import Meetings, choices, entry, got, meeting_step, read, verbs
from tests.scenes import ANA, BREDA, IRENA, MATEJ, START, at, pair, person

OFFERED = at("2026-12-29", 8)  # eight working days before day 1, 09:00 in Ljubljana
FIRST = meeting_step(chooser="mentor", offer_before=8)
COFFEE = meeting_step(
    "coffee", "mentee", "director", at=time(11), minutes=20, meet="coffee", chooser="director", offer_before=8,
    may_move_days=4,
)  # fmt: skip
LATER = meeting_step(
    "talk", day=10, at=time(10), minutes=30, offer_before=3, may_move_days=2
)  # Friday 22 January
TALK_DAY = date(2027, 1, 22)


def offered(*steps, whole=None, until=OFFERED):
    """Return a pair whose times have just been offered."""
    life = Meetings(whole or pair(), at("2026-12-21"), *steps)
    life.until(until)
    return life


def talk(whole=None, step=LATER):
    """Return a pair whose talk of 22 January is fixed for 10:00, in the week before."""
    life = offered(step, whole=whole, until=at("2027-01-19", 9))
    life.take(MATEJ, "talk", 1)
    assert at("2027-01-22", 9) == life.meeting("talk").starts_at
    return life


# --- offering --------------------------------------------------------------------------------------


def test_times_are_offered_to_the_chooser_alone_some_working_days_before():
    """Nobody hears of a meeting before its offer day, and then only the one who chooses."""
    life = Meetings(pair(), at("2026-12-21"), FIRST)

    assert [] == life.until(OFFERED - timedelta(minutes=1))
    assert [("matej", "invite")] == got(life.until(OFFERED))
    assert "offered" == life.meeting().state
    assert "" == life.state()


def test_three_times_near_the_planned_hour_are_offered():
    """They do not overlap and lie around the step's own hour on its day."""
    life = offered(FIRST)
    [send] = life.sends.values()

    assert (at("2027-01-11", 8), at("2027-01-11", 9), at("2027-01-11", 10)) == tuple(
        s.replace(minute=0) for s in life.meeting().slots
    )
    assert at("2027-01-11", 8, 30) in life.meeting().slots
    assert tuple(s.isoformat() for s in life.meeting().slots) == choices(send.content)
    assert ["meeting.others", "meeting.propose"] == verbs(send.content)
    assert "Which time suits you?" in read(send.content)


def test_the_hours_that_other_meetings_of_the_day_have_in_mind_are_left_to_them():
    """A coffee at eleven is not offered times in the middle of the first meeting."""
    life = offered(FIRST, COFFEE)
    first = (at("2027-01-11", 8, 30), at("2027-01-11", 9, 15))

    assert at("2027-01-11", 10) in life.meeting("coffee").slots
    assert all(s + timedelta(minutes=20) <= first[0] or first[1] <= s for s in life.meeting("coffee").slots)


@pytest.mark.parametrize(("day", "hours"), [("2027-03-09", (14, 16)), ("2027-03-16", (13, 16))])
def test_times_suit_both_ends_of_the_ocean_also_in_the_weeks_when_only_one_has_changed_its_clocks(day, hours):
    """In Ljubljana and New York at nine to five, the common hours are two, and three once America has summer time."""
    matej = replace(MATEJ, zone="America/New_York", country="")
    start = date.fromisoformat(day)
    whole = pair(seats={"mentee": (ANA,), "mentor": (matej,)}, start=start)
    life = offered(meeting_step(at=time(16), minutes=30), whole=whole, until=at(day, 0))
    slots = life.meeting().slots

    assert 3 == len(slots)
    assert all(at(day, hours[0]) <= s and s + timedelta(minutes=30) <= at(day, hours[1]) for s in slots)


@given(
    zone=st.sampled_from(["Europe/Helsinki", "Asia/Kolkata", "America/New_York", "Pacific/Auckland", "UTC"]),
    away=st.integers(0, 20),
    hour=st.integers(6, 20),
    minutes=st.sampled_from([15, 20, 45, 60, 90]),
    moves=st.integers(0, 5),
)
def test_no_time_is_ever_offered_at_which_somebody_does_not_work(zone, away, hour, minutes, moves):
    """Whatever zones, leave and hours there are: all work from the start to the end of each time, and none overlap."""
    first = START + timedelta(days=away % 7)
    matej = replace(MATEJ, zone=zone, country="", leave=(Span(first, first + timedelta(days=away // 7)),))
    whole = pair(seats={"mentee": (ANA,), "mentor": (matej,), "coordinator": (IRENA,)})
    step = meeting_step(at=time(hour), minutes=minutes, may_move_days=moves)
    life = offered(step, whole=whole, until=at("2027-01-07", 12))
    slots = life.meeting().slots
    length = timedelta(minutes=minutes)

    for start in slots:
        for one in (ANA, matej):
            for moment in (start, start + length - timedelta(seconds=1)):
                assert is_working_time(moment, one.working_time()), (one.name, moment)
    assert all(b - a >= length for a, b in pairwise(slots))
    assert (life.meeting().state == "offered") == bool(slots)
    assert bool(slots) != any(c.signal == "no_slot" for c in life.pair.cases)


def test_a_meeting_moves_within_its_days_when_its_own_day_does_not_suit():
    """The director is away on day 1, so the coffee is offered on the days after it."""
    breda = replace(BREDA, leave=(Span(START, START),))
    life = offered(
        COFFEE, whole=pair(seats={"mentee": (ANA,), "director": (breda,), "coordinator": (IRENA,)})
    )

    assert {date(2027, 1, 12)} == {local(s, "Europe/Ljubljana").date() for s in life.meeting("coffee").slots}
    assert () == life.pair.cases


def test_where_no_time_fits_hr_has_a_case_and_the_chooser_can_write_one_down():
    """The card asks nothing that cannot be answered, and the case says what can be done."""
    matej = replace(MATEJ, zone="Pacific/Auckland", country="")
    life = offered(FIRST, whole=pair(seats={"mentee": (ANA,), "mentor": (matej,), "coordinator": (IRENA,)}))
    [case] = life.pair.cases

    assert ("no_slot", IRENA.id, ("ana", "matej")) == (case.signal, case.owner, case.about)
    assert case.advice is not None
    assert [("irena", "case"), ("matej", "invite")] == got(list(life.sends.values()))
    [card] = [s.content for s in life.sends.values() if s.to == "matej"]
    assert () == choices(card)
    assert "wanted" == life.meeting().state

    reply = life.says(MATEJ, "meeting.agreed", day="2027-01-11", time="20:00", where="video")

    assert isinstance(reply, CloseForm)
    assert at("2027-01-11", 7) == life.meeting().starts_at


def test_a_time_that_becomes_free_later_is_offered_by_itself():
    """The mentor's leave ends early, and the times come."""
    away = replace(MATEJ, leave=(Span(START, START),))
    life = offered(FIRST, whole=pair(seats={"mentee": (ANA,), "mentor": (away,), "coordinator": (IRENA,)}))
    assert "wanted" == life.meeting().state

    life.leave(MATEJ)
    life.look()

    assert "offered" == life.meeting().state
    assert 1 == len(life.pair.cases)


def test_a_newcomer_before_the_start_is_not_asked_to_choose():
    """Who has no account yet cannot tap, so the mentor chooses."""
    life = offered(meeting_step(chooser="mentee", offer_before=8))

    assert "matej" == life.meeting().chooser


def test_a_director_on_leave_does_not_block_the_choice():
    """While the chooser is away somebody else of the meeting gets the times."""
    matej = replace(MATEJ, leave=(Span(date(2026, 12, 28), date(2027, 1, 6)),))
    step = meeting_step("three", "mentee", "mentor", "coordinator", chooser="mentor", offer_before=8)
    life = offered(step, whole=pair(seats={"mentee": (ANA,), "mentor": (matej,), "coordinator": (IRENA,)}))

    assert "irena" == life.meeting("three").chooser


def test_nobody_meets_alone():
    """Where the director's seat is empty, the coffee is left out without a word."""
    life = offered(COFFEE, whole=pair(seats={"mentee": (ANA,), "mentor": (MATEJ,), "coordinator": (IRENA,)}))
    life.until(at("2027-01-11", 15))

    assert ("skipped", {}) == (life.state("coffee"), life.sends)


# --- fixing ----------------------------------------------------------------------------------------


def test_one_tap_fixes_the_time_and_everybody_has_it_in_the_calendar():
    """The chooser's own entry is an answer, the others' a change; the newcomer, without an account yet, gets a mail."""
    life = offered(FIRST)
    before = len(life.sends)
    reply = life.take(MATEJ)
    sends = list(life.sends.values())[before:]
    start = life.meeting().starts_at

    assert isinstance(reply, ReplaceCard)
    assert "Ana" in read(reply)
    assert [("ana", "change"), ("matej", "answer")] == got(sends)
    assert [("REQUEST", 0, start)] * 2 == [entry(s) for s in sends]
    assert {"ana": True, "matej": False} == {s.to: s.mail for s in sends}
    assert ["meeting.move", "meeting.cancel"] == verbs(next(s.content for s in sends if s.to == "ana"))


def test_a_second_press_changes_nothing_and_shows_the_time():
    """The card of three weeks ago answers with how things stand."""
    life = offered(FIRST)
    life.take(MATEJ)
    before, sends = life.meeting(), dict(life.sends)
    life.until(at("2027-01-08"))
    reply = life.does(MATEJ, "meeting.take", value=before.slots[2].isoformat())

    assert "meeting.move" in verbs(reply)
    assert (before, sends) == (life.meeting(), life.sends)


def test_only_the_chooser_and_hr_fix_a_time():
    """Others of the meeting are told with whom the choice is, and strangers that it is not theirs."""
    life = offered(FIRST)

    assert isinstance(life.take(ANA), Note)
    assert isinstance(life.take(BREDA), Note)
    assert "offered" == life.meeting().state
    life.take(IRENA)
    assert "fixed" == life.meeting().state


def test_when_somebody_else_fixes_the_time_the_offer_is_renewed_in_its_place():
    """The mentor's open question becomes the time that HR fixed."""
    life = offered(FIRST)
    [offer] = life.sends
    life.take(IRENA)
    [update] = [s for s in life.sends.values() if s.kind == "update"]

    assert ("matej", offer) == (update.to, update.replaces)
    assert () == choices(update.content)


def test_a_time_that_another_meeting_took_meanwhile_is_not_fixed():
    """Others are shown instead, and nothing overlaps."""
    life = offered(meeting_step(chooser="mentor"), meeting_step("second"), until=at("2027-01-11", 7))
    life.until(at("2027-01-11", 7, 45))
    start = life.meeting().slots[1]
    other = life.meeting("second")
    life.put(replace(other, slots=(start, *other.slots)))
    life.take(MATEJ, which=1)
    reply = life.does(MATEJ, "meeting.take", "second", start.isoformat())

    assert "taken by now" in read(reply)
    assert "offered" == life.meeting("second").state
    assert start not in {datetime.fromisoformat(value) for value in choices(reply)}


def test_a_time_that_is_taken_is_not_shown_again_among_the_few_that_are_left():
    """Matej works until eleven and Ana is away from the next day on: one other time is left, beside two of the first."""
    seats = {
        "mentee": (replace(ANA, leave=(Span(date(2027, 1, 12), date(2027, 2, 12)),)),),
        "mentor": (replace(MATEJ, closes=time(11)),),
        "coordinator": (IRENA,),
    }
    life = offered(
        meeting_step(chooser="mentor", minutes=30), whole=pair(seats=seats), until=at("2027-01-11", 7)
    )
    start = life.meeting().slots[1]
    life.put(replace(life.meeting(), id="e1/other/once", step="other", state="fixed", starts_at=start))
    reply = life.does(MATEJ, "meeting.take", value=start.isoformat())

    hours = [datetime.fromisoformat(value).strftime("%H:%M") for value in choices(reply)]
    assert (at("2027-01-11", 8, 30), ["08:00", "09:00", "09:30"]) == (start, hours)


def test_other_times_come_in_threes_and_the_first_ones_stay_good():
    """A second press of the same button shows no more; a time of the first card can still be taken."""
    life = offered(FIRST)
    first = life.meeting().slots
    reply = life.does(MATEJ, "meeting.others", value="3")
    again = life.does(MATEJ, "meeting.others", value="3")

    assert choices(reply) == choices(again)
    assert set(choices(reply)).isdisjoint(s.isoformat() for s in first)
    assert 6 == len(life.meeting().slots)
    life.does(MATEJ, "meeting.take", value=first[0].isoformat())
    assert first[0] == life.meeting().starts_at


def test_a_time_that_people_agreed_on_is_fixed_whatever_the_working_hours():
    """The form takes the writer's own clock, and may say that they meet in person."""
    life = offered(FIRST)
    assert isinstance(life.does(MATEJ, "meeting.propose"), ShowForm)
    life.says(MATEJ, "meeting.agreed", day="2027-01-11", time="18:15", where="person")

    assert (at("2027-01-11", 17, 15), True, "fixed") == (
        life.meeting().starts_at,
        life.meeting().in_person,
        life.meeting().state,
    )


@pytest.mark.parametrize(
    ("day", "clock", "field"),
    [
        ("11.1.2027", "10:00", "day"),
        ("2027-01-11", "ten", "time"),
        ("2026-12-28", "10:00", "time"),
        ("2027-01-13", "10:00", "day"),
        ("", "", "day"),
    ],
)
def test_a_time_that_cannot_be_is_asked_again_at_its_place(day, clock, field):
    """Unreadable, past, or on somebody's leave: the field is named and nothing changes."""
    away = replace(ANA, leave=(Span(date(2027, 1, 13), date(2027, 1, 13)),))
    life = offered(FIRST, whole=pair(seats={"mentee": (away,), "mentor": (MATEJ,), "coordinator": (IRENA,)}))
    reply = life.says(MATEJ, "meeting.agreed", day=day, time=clock)

    assert isinstance(reply, FixForm)
    assert field in reply.errors
    assert "offered" == life.meeting().state


# --- the video room --------------------------------------------------------------------------------


def test_the_mentors_room_is_in_the_invitation():
    """Else anybody's in the meeting, else the one of the pair; people who meet in person get none."""
    host = replace(MATEJ, room="https://video.example/matej")
    life = offered(FIRST, whole=pair(seats={"mentee": (ANA,), "mentor": (host,), "coordinator": (IRENA,)}))
    life.take(MATEJ)
    assert "https://video.example/matej" == life.meeting().link

    life = offered(FIRST, whole=pair(options=(("room", "https://video.example/pair"),)))
    life.take(MATEJ)
    assert "https://video.example/pair" == life.meeting().link

    life = offered(
        meeting_step(offer_before=8, in_person=True), whole=pair(options=(("room", "https://x.example"),))
    )
    assert "meeting.room" not in verbs(life.take(MATEJ))
    assert "" == life.meeting().link


def test_who_share_an_app_with_calls_need_no_room():
    """A call of them all is the last choice before somebody is asked, and the room of somebody comes first."""
    life = offered(FIRST)
    [meeting] = life.pair.meetings
    calls = replace(
        life.scene(), call_link=lambda people: "https://call.example/" + ",".join(p.id for p in people)
    )
    link = "https://call.example/ana,matej"

    assert link == room_for(calls, meeting)
    assert not wants_room(calls, replace(meeting, link=link), MATEJ)
    own = calls.with_(replace(MATEJ, room="https://video.example/matej"))
    assert "https://video.example/matej" == room_for(own, meeting)
    assert "" == room_for(life.scene(), meeting)


def test_a_room_is_asked_for_once_and_kept_with_the_person():
    """It goes into every meeting ahead that has none, as a change with a higher sequence."""
    life = offered(FIRST, meeting_step("lunch", at=time(12, 30), offer_before=8))
    assert "meeting.room" in verbs(life.take(MATEJ))
    life.take(MATEJ, "lunch")
    asked = life.does(MATEJ, "meeting.room")
    assert isinstance(asked, ShowForm)
    # The head at the gathering and the director at the coffee get it as well.
    assert [EVERYONE] == [f.seen_by for f in asked.form.fields]
    assert isinstance(life.says(MATEJ, "meeting.kept_room", room="my room"), FixForm)
    before = len(life.sends)
    life.says(MATEJ, "meeting.kept_room", room="https://video.example/matej")
    sends = list(life.sends.values())[before:]

    assert "https://video.example/matej" == life.pair.person("matej").room
    assert {"https://video.example/matej"} == {m.link for m in life.pair.meetings}
    assert [("ana", "change")] * 2 + [("matej", "answer")] * 2 == got(sends)
    assert {1} == {entry(s)[1] for s in sends}


def test_news_that_still_waits_is_dropped_when_there_is_newer_news():
    """Two changes in one evening are one message in the morning."""
    life = talk()
    first = {s.key for s in life.sends.values() if isinstance(s.content, File)}
    me = life.pair.person("matej")
    event = Pressed(key="k", who=me.address, verb="meeting.move", ref="meeting:e1/talk/once")
    life.put(replace(life.meeting("talk"), state="offered", asked=("matej",)))
    value = life.meeting("talk").slots[0].isoformat()
    outcome = take(life.scene(me, whole=True), replace(event, verb="meeting.take", value=value))

    assert first <= {c.key for c in outcome.changes if isinstance(c, Unsend)}


# --- another time ----------------------------------------------------------------------------------


def test_anybody_may_ask_for_another_time_and_calendars_change_once_it_is_fixed():
    """The chooser gets new times; the old one stays until then; the new entry has a higher sequence."""
    life = talk()
    was = life.meeting("talk").starts_at
    before = len(life.sends)
    reply = life.does(ANA, "meeting.move", "talk")
    asked = list(life.sends.values())[before:]

    assert [("matej", "change")] == got(asked)
    assert "Ana asks for another time. Fri 22 Jan, 10:00 stays until a new one is fixed." in read(
        asked[0].content
    )
    assert was.isoformat() not in choices(asked[0].content)
    assert "The choice is with Matej" in read(reply)
    assert (was, "offered") == (life.meeting("talk").starts_at, life.meeting("talk").state)

    before = len(life.sends)
    life.take(MATEJ, "talk")
    now = life.meeting("talk").starts_at
    assert now != was
    assert {("REQUEST", 1, now)} == {
        entry(s) for s in list(life.sends.values())[before:] if s.kind != "update"
    }


def test_asking_twice_for_another_time_asks_once():
    """The second press shows how things stand."""
    life = talk()
    life.does(ANA, "meeting.move", "talk")
    sends = dict(life.sends)
    life.does(ANA, "meeting.move", "talk")

    assert sends == life.sends


def test_the_newcomer_may_ask_the_director_for_another_time():
    """The director chooses again, and both hear of it free of any budget."""
    life = offered(COFFEE)
    life.take(BREDA, "coffee")
    life.until(at("2027-01-11", 8, 30))
    before = len(life.sends)
    life.does(ANA, "meeting.move", "coffee")
    life.take(BREDA, "coffee")

    assert [("ana", "change"), ("breda", "answer"), ("breda", "change")] == got(
        list(life.sends.values())[before:]
    )


def test_where_there_is_no_other_time_the_one_that_is_fixed_stays():
    """Nobody is disturbed; whoever asked can write down what they agree on."""
    life = talk()
    life.leave(MATEJ, Span(date(2027, 1, 23), date(2027, 2, 20)))
    for _ in range(6):
        free = life.meeting("talk")
        life.put(
            replace(
                free,
                slots=(*free.slots, *(at("2027-01-22", 8) + timedelta(minutes=30 * n) for n in range(16))),
            )
        )
    sends = dict(life.sends)
    reply = life.does(ANA, "meeting.move", "talk")

    assert "no other times" in read(reply)
    assert "meeting.propose" in verbs(reply)
    assert (sends, "fixed") == (life.sends, life.meeting("talk").state)


def test_calling_off_tells_everybody_and_their_calendars():
    """CANCEL has the next sequence; the step is left out; pressing again says that it is off."""
    life = talk()
    life.until(at("2027-01-22", 8, 30))
    before = len(life.sends)
    life.does(ANA, "meeting.cancel", "talk")
    sends = list(life.sends.values())[before:]

    assert [("ana", "answer"), ("irena", "case"), ("matej", "change")] == got(sends)
    assert [("CANCEL", 1, at("2027-01-22", 9))] * 2 == [entry(s) for s in sends if s.kind != "case"]
    told = {s.to: read(s.content) for s in sends}
    assert "Called off. Everybody in it is told." in told["ana"]
    assert "Ana called this meeting off." in told["matej"]
    again = dict(life.sends)
    assert "called off" in read(life.does(MATEJ, "meeting.cancel", "talk"))
    assert again == life.sends
    life.until(at("2027-01-22", 12))
    assert ("skipped", "cancelled") == (life.state("talk"), life.meeting("talk").state)


def test_hr_hears_of_a_meeting_called_off_that_the_programme_does_not_leave_out():
    """Of the first meeting they do, and are said so before; of a coffee that is optional they do not."""
    for optional, told in ((False, ["irena"]), (True, [])):
        life = talk(step=replace(LATER, optional=optional))
        card = card_of(life.scene(ANA), life.meeting("talk"), ANA)
        (sure,) = [b.confirm for b in card.buttons if isinstance(b, Button) and b.verb == "meeting.cancel"]
        assert ("HR" in Reader().text(sure)) is not optional
        life.does(ANA, "meeting.cancel", "talk")
        cases = [s for s in life.sends.values() if s.kind == "case"]
        assert told == [s.to for s in cases]
        assert all("Ana called “Talk” off (Ana, Matej)." in read(s.content) for s in cases)


@pytest.mark.parametrize("state", ["closed", "stopped"])
def test_the_end_of_a_pair_cancels_every_meeting_ahead_by_itself(state):
    """Invitations go, offers are renewed to say so, and what was held stays held."""
    past = meeting_step("past", offer_before=8)
    life = offered(past, meeting_step("coffee2", day=9, offer_before=7), LATER)
    life.take(MATEJ, "past")
    life.until(at("2027-01-12"))
    life.does(ANA, "meeting.held", "past", "yes")
    life.until(at("2027-01-19", 9))
    life.take(MATEJ, "coffee2")
    before = len(life.sends)
    life.change(state=state)
    life.look()
    sends = list(life.sends.values())[before:]

    assert {"past": "held", "coffee2": "cancelled", "talk": "cancelled"} == {
        m.step: m.state for m in life.pair.meetings
    }
    assert [("ana", "change"), ("matej", "change")] == got(sends)
    assert {"CANCEL"} == {entry(s)[0] for s in sends if isinstance(s.content, File)}
    assert ["matej"] == [s.to for s in sends if s.kind == "update"]
    life.until(at("2027-03-01"))
    assert len(sends) == len(life.sends) - before


def test_a_step_left_out_for_a_pair_takes_its_meeting_with_it():
    """The coordinator skips the talk, and calendars forget it."""
    life = talk()
    before = len(life.sends)
    life.change(changes=(StepChange(kind="skip", step="talk", at=life.now),))
    life.look()

    assert [("CANCEL", 1)] * 2 == [entry(s)[:2] for s in list(life.sends.values())[before:]]


# --- what upsets a meeting -------------------------------------------------------------------------


def test_leave_over_a_fixed_meeting_brings_other_times_and_names_nobody():
    """The chooser gets times on days when all are there; the others hear that it moves, not why."""
    life = talk()
    life.leave(ANA, Span(TALK_DAY, TALK_DAY))
    before = len(life.sends)
    life.look()
    sends = list(life.sends.values())[before:]

    assert [("ana", "change"), ("matej", "change")] == got(sends)
    assert all(
        "no longer fits all calendars" in read(s.content) and "leave" not in read(s.content) for s in sends
    )
    new = [s for s in life.meeting("talk").slots if local(s, "Europe/Ljubljana").date() > TALK_DAY]
    assert 3 == len(new)
    life.take(MATEJ, "talk")
    assert 1 == life.meeting("talk").sequence


def test_a_pause_over_a_fixed_meeting_brings_times_after_it():
    """The meeting follows the plan to the other side of the pause."""
    life = talk()
    life.change(pauses=(Span(date(2027, 1, 20), date(2027, 2, 2)),))
    life.until(at("2027-01-20", 9))

    assert "offered" == life.meeting("talk").state
    assert all(s > at("2027-02-03", 0) for s in life.meeting("talk").slots[-3:])


def test_no_time_is_offered_on_a_day_on_which_the_pair_rests():
    """A meeting was agreed on for days after its own, and a pause begins then: what is offered lies outside it."""
    life = talk()
    held = life.meeting("talk")
    assert held.starts_at is not None
    life.put(replace(held, starts_at=held.starts_at + timedelta(days=3)))
    life.until(at("2027-01-22", 16))
    rest = Span(date(2027, 1, 25), date(2027, 2, 5))
    life.change(pauses=(rest,))
    life.look()
    new = {local(s, "Europe/Ljubljana").date() for s in life.meeting("talk").slots if s not in held.slots}

    assert "offered" == life.meeting("talk").state
    assert {date(2027, 2, 9)} == new  # the Monday before is Prešeren Day
    life.take(MATEJ, "talk")
    life.look()
    assert "fixed" == life.meeting("talk").state


def test_a_moved_start_leaves_fixed_meetings_and_renews_offers():
    """What people agreed on stays; what was only offered follows the plan."""
    life = offered(FIRST, COFFEE)
    life.take(MATEJ)
    was = life.meeting().starts_at
    before = len(life.sends)
    life.change(start=date(2027, 1, 8))
    life.look()

    assert ("fixed", was) == (life.meeting().state, life.meeting().starts_at)
    assert [("breda", "change")] == got(list(life.sends.values())[before:])
    assert {date(2027, 1, 8)} == {local(s, "UTC").date() for s in life.meeting("coffee").slots}


def test_a_start_that_moves_on_takes_the_newcomers_meetings_along():
    """On the day that was agreed on the newcomer does not work here yet, so that the chooser gets other times."""
    life = offered(FIRST, COFFEE)
    life.take(MATEJ)
    life.change(start=date(2027, 1, 13))
    life.look()

    assert "offered" == life.meeting().state
    assert {date(2027, 1, 13)} == {local(s, "UTC").date() for s in life.meeting().slots[-3:]}
    life.take(MATEJ)
    assert ("fixed", 1) == (life.meeting().state, life.meeting().sequence)


def test_somebody_who_is_here_already_may_meet_before_the_start():
    """Who changes position inside the company keeps what was agreed on."""
    life = offered(FIRST, COFFEE)
    life.change(moved=True)
    life.take(MATEJ)
    was = life.meeting().starts_at
    life.change(start=date(2027, 1, 13))
    life.look()

    assert ("fixed", was) == (life.meeting().state, life.meeting().starts_at)


@pytest.mark.parametrize("later", [timedelta(), timedelta(hours=3)])
def test_a_step_moved_by_hand_takes_its_fixed_meeting_along(later):
    """All hear of the new day, and the chooser gets its times, also when the clock stood still in between."""
    life = talk()
    life.until(life.now + later)
    before = len(life.sends)
    life.change(changes=(StepChange(kind="move", step="talk", day=date(2027, 1, 28), at=life.now),))
    life.look()
    sends = list(life.sends.values())[before:]

    assert [("ana", "change"), ("matej", "change")] == got(sends)
    assert all("Thursday 28 January" in read(s.content) for s in sends)
    assert {date(2027, 1, 28)} == {local(s, "UTC").date() for s in life.meeting("talk").slots}
    life.take(MATEJ, "talk")
    assert ("fixed", 1) == (life.meeting("talk").state, life.meeting("talk").sequence)
    life.until(at("2027-01-27"))
    assert "fixed" == life.meeting("talk").state


def test_whoever_left_is_told_to_forget_it_and_the_others_find_a_time():
    """A new mentor gets the choice; the old one's calendar drops the entry."""
    life = talk()
    nika = person("Nika")
    old = next(s for s in life.pair.seats if s.role == "mentor")
    seat = Seat(id="e1/seat/mentor/nika", enrolment="e1", role="mentor", person="nika")
    life.put(nika, replace(old, until=life.now), seat)
    before = len(life.sends)
    life.look()
    sends = list(life.sends.values())[before:]

    assert {"ana", "matej", "nika"} == {s.to for s in sends}
    assert [("CANCEL", 1)] == [entry(s)[:2] for s in sends if s.to == "matej"]
    assert (("ana", "nika"), "nika") == (life.meeting("talk").people, life.meeting("talk").chooser)
    assert choices(next(s.content for s in sends if s.to == "nika"))


# --- nobody chooses --------------------------------------------------------------------------------


def test_a_silent_chooser_is_asked_again_and_then_the_partner_may_choose():
    """After the nudges that the step allows, the other one gets the times; after that nobody is asked further."""
    step = replace(LATER, nudge_after=4, nudges=1, tell_partner=True)
    life = offered(step, until=at("2027-01-19", 9))
    assert [("matej", "nudge")] == got(life.until(at("2027-01-19", 12)))
    handed = life.until(at("2027-01-20", 9))

    assert [("ana", "invite")] == got(handed)
    assert "still open with Matej" in read(handed[0].content)
    assert [] == life.until(at("2027-01-21", 12))
    life.take(ANA, "talk")
    assert "fixed" == life.meeting("talk").state


def test_the_first_offer_may_travel_with_another_message_and_the_reminder_runs_from_then():
    """With a patience of a working day it goes on the next day at the latest, and is repeated so much later."""
    step = replace(LATER, nudge_after=4, nudges=1, patience=8)
    life = offered(step, until=at("2027-01-19", 8))
    [offer] = life.sends.values()

    assert (at("2027-01-19", 8), at("2027-01-20", 8)) == (offer.along_from, offer.not_before)
    assert [] == life.until(at("2027-01-20", 11, 59))
    assert [("matej", "nudge", None)] == [
        (s.to, s.kind, s.along_from) for s in life.until(at("2027-01-20", 12))
    ]


def test_who_is_asked_on_the_day_itself_gets_times_on_the_days_it_may_move_to():
    """A partner who may choose now is not offered times that begin within the hour, where the meeting may move."""
    life = offered(replace(LATER, nudge_after=12, nudges=1, tell_partner=True), until=at("2027-01-19", 9))
    assert {TALK_DAY} == {local(s, ANA.zone).date() for s in life.meeting("talk").slots}
    (handed,) = [s for s in life.until(at("2027-01-22", 8)) if s.to == "ana"]

    assert at("2027-01-22", 8) == handed.not_before
    later = {local(datetime.fromisoformat(c), ANA.zone).date() for c in choices(handed.content)}
    assert {date(2027, 1, 25)} == later


def test_times_that_nobody_takes_lapse_in_silence():
    """The meeting counts as missed, for the signals to see, and its step is escalated on its day."""
    life = offered(LATER, until=at("2027-01-19", 9))

    assert [] == life.until(at("2027-01-27", 12))
    assert ("missed", "escalated") == (life.meeting("talk").state, life.state("talk"))


# --- the day itself and after ----------------------------------------------------------------------


def test_both_are_reminded_once_as_their_day_begins():
    """The reminder says today's time, has no question, and a word about cameras for a video meeting."""
    life = talk()
    life.until(at("2027-01-22", 7, 59))
    sends = life.until(at("2027-01-22", 8, 59))

    assert [("ana", "reminder"), ("matej", "reminder")] == got(sends)
    assert {at("2027-01-22", 8)} == {s.not_before for s in sends}
    assert "Today at 10:00" in read(sends[0].content)
    assert "Cameras on" in read(sends[0].content)
    assert {at("2027-01-22", 9)} == {s.expires for s in sends}


def test_a_meeting_fixed_on_its_own_day_has_no_reminder():
    """Who has just heard of it need not be told again."""
    life = offered(LATER, until=at("2027-01-22", 8))
    life.take(MATEJ, "talk", 2)

    assert [] == [s for s in life.until(at("2027-01-22", 10)) if s.kind == "reminder"]


def test_a_meeting_as_the_day_begins_is_reminded_the_evening_before():
    """At nine it would be too late to read."""
    life = offered(replace(LATER, minutes=60), until=at("2027-01-19", 9))
    life.says(MATEJ, "meeting.agreed", "talk", day="2027-01-22", time="09:00")
    sends = life.until(at("2027-01-21", 15))

    assert {("ana", "reminder"), ("matej", "reminder")} == set(got(sends))
    assert "Fri 22 Jan, 09:00" in read(sends[0].content)
    assert "Today" not in read(sends[0].content)


def test_each_is_reminded_in_their_own_morning():
    """The mentor in Helsinki begins an hour before the mentee."""
    matej = replace(MATEJ, zone="Europe/Helsinki", country="FI")
    life = talk(pair(seats={"mentee": (ANA,), "mentor": (matej,), "coordinator": (IRENA,)}))
    sends = [s for s in life.until(at("2027-01-22", 8, 30)) if s.kind == "reminder"]

    assert {"matej": at("2027-01-22", 7), "ana": at("2027-01-22", 8)} == {s.to: s.not_before for s in sends}


def test_one_person_is_asked_and_a_yes_ends_it():
    """The mentee says yes; nobody else is asked, and the step is done."""
    life = talk()
    life.until(at("2027-01-22", 9, 15))
    asked = life.until(at("2027-01-22", 12))
    assert [("ana", "invite")] == got(asked)
    assert ("yes", "no") == choices(asked[0].content)
    # It waits for another message until half an hour before Ana goes home.
    assert (at("2027-01-22", 9, 30), at("2027-01-22", 15, 30)) == (asked[0].along_from, asked[0].not_before)

    life.does(ANA, "meeting.held", "talk", "yes")

    assert ("held", "done") == (life.meeting("talk").state, life.state("talk"))
    assert [] == life.until(at("2027-02-10"))


def test_after_a_no_the_other_is_asked_and_a_yes_wins():
    """The one who said no reads the correction where they had answered."""
    life = talk()
    life.until(at("2027-01-22", 9, 45))
    reply = life.does(ANA, "meeting.held", "talk", "no")
    assert ["meeting.move"] == verbs(reply)
    assert [("ana", "invite"), ("matej", "invite")] == got(
        [s for s in life.sends.values() if ":met:" in s.key]
    )

    life.does(MATEJ, "meeting.held", "talk", "yes")

    assert ("held", "done") == (life.meeting("talk").state, life.state("talk"))
    assert ["ana"] == [s.to for s in life.sends.values() if s.kind == "update" and ":met:" in s.key]


def test_silence_asks_the_other_on_the_next_working_day_and_then_gives_it_up():
    """Friday's question is silent, Monday the mentor is asked, Tuesday it counts as missed; no message says so."""
    life = talk()
    life.until(at("2027-01-22", 16))

    assert [("matej", "invite")] == got(life.until(at("2027-01-25", 12)))
    assert [] == life.until(at("2027-01-26", 7))
    assert "fixed" == life.meeting("talk").state
    assert [] == life.until(at("2027-01-26", 12))
    assert ("missed", "escalated") == (life.meeting("talk").state, life.state("talk"))


def test_two_who_say_no_make_it_missed_at_once():
    """Both know best."""
    life = talk()
    life.until(at("2027-01-22", 10))
    life.does(ANA, "meeting.held", "talk", "no")
    life.does(MATEJ, "meeting.held", "talk", "no")

    assert ("missed", "escalated") == (life.meeting("talk").state, life.state("talk"))


def test_a_missed_meeting_can_be_arranged_anew_and_a_second_miss_ends_the_asking():
    """The step is open again meanwhile; after the second no nobody else is asked."""
    life = talk()
    life.until(at("2027-01-22", 10))
    life.does(ANA, "meeting.held", "talk", "no")
    life.does(ANA, "meeting.move", "talk")
    assert ("offered", "open") == (life.meeting("talk").state, life.state("talk"))
    life.take(MATEJ, "talk")
    start = life.meeting("talk").starts_at
    assert start > at("2027-01-22", 10)
    assert 1 == life.meeting("talk").sequence
    life.until(start + timedelta(hours=1))
    before = len(life.sends)
    life.does(ANA, "meeting.held", "talk", "no")

    assert ("missed", "escalated") == (life.meeting("talk").state, life.state("talk"))
    assert len(life.sends) == before
    life.does(MATEJ, "meeting.move", "talk")
    assert ("offered", "open") == (life.meeting("talk").state, life.state("talk"))


def test_a_late_yes_still_counts():
    """Three weeks on, the old card heals what was given up."""
    life = talk()
    life.until(at("2027-02-15"))
    assert "missed" == life.meeting("talk").state
    life.does(ANA, "meeting.held", "talk", "yes")

    assert ("held", "done") == (life.meeting("talk").state, life.state("talk"))


def test_nobody_can_say_before_the_end_that_it_took_place():
    """An early press shows the time."""
    life = talk()
    reply = life.does(ANA, "meeting.held", "talk", "yes")

    assert "meeting.move" in verbs(reply)
    assert "fixed" == life.meeting("talk").state


# --- opening the step ------------------------------------------------------------------------------


def test_when_its_day_comes_the_step_opens_and_nothing_is_sent_twice():
    """The invitation was long there."""
    life = talk()
    life.until(at("2027-01-22", 8, 30))
    before = len(life.sends)
    life.until(at("2027-01-22", 9, 10))

    assert "open" == life.state("talk")
    assert before == len(life.sends)


def test_who_is_enrolled_late_gets_times_at_once():
    """Enrolled on the evening of day 1: the first meeting is offered for the days to come."""
    late = pair(created_at=at("2027-01-11", 16))
    life = Meetings(late, at("2027-01-11", 16), FIRST)
    life.look()

    assert [("matej", "invite")] == got(list(life.sends.values()))
    assert all(s > life.now for s in life.meeting().slots)
    assert "open" == life.state()


# --- many, or none in the middle -------------------------------------------------------------------


def test_one_mentor_meets_five_mentees():
    """The times suit all six; a tap tells each of them once; afterwards one is asked."""
    mentees = (ANA, *(person(name) for name in ("Bor", "Cene", "Dana", "Eva")))
    seats = {"mentee": mentees, "mentor": (MATEJ,), "coordinator": (IRENA,)}
    life = offered(
        replace(LATER, options=(("ask_held", "mentor"),)), whole=pair(seats=seats), until=at("2027-01-19", 9)
    )
    before = len(life.sends)
    life.take(MATEJ, "talk", 1)
    sends = list(life.sends.values())[before:]

    assert {"ana", "bor", "cene", "dana", "eva", "matej"} == {s.to for s in sends}
    mentor_reads = read(life.does(MATEJ, "meeting.take", "talk", "late"))
    assert "with Ana, Bor, Cene, Dana, Eva" in mentor_reads
    life.until(at("2027-01-22", 9))
    assert [("matej", "invite")] == got([s for s in life.until(at("2027-01-22", 14)) if ":met:" in s.key])


def test_a_circle_without_a_mentor_meets():
    """The chooser is one of them, and everybody has the entry."""
    circle = (ANA, person("Bor"), person("Cene"))
    step = meeting_step("talk", "mentee", day=10, chooser="mentee", ask_held="mentee")
    life = offered(
        step, whole=pair(seats={"mentee": circle, "coordinator": (IRENA,)}), until=at("2027-01-19", 9)
    )
    life.take(ANA, "talk")

    assert ("fixed", ("ana", "bor", "cene")) == (life.meeting("talk").state, life.meeting("talk").people)


# --- reviews ---------------------------------------------------------------------------------------


REVIEW = replace(
    meeting_step("review_week1", "mentee", "mentor", "coordinator", day=5, at=time(14), minutes=30),
    kind="review",
    options=(("stages", ("opening", "expectations", "mentee", "mentor", "plan")), ("prepare_before", 1)),
)


def test_a_review_gets_its_time_from_its_chair():
    """The review comes into sight, and HR chooses among times that suit all three."""
    life = Meetings(pair(), at("2026-12-21"), REVIEW)
    life.until(at("2027-01-12", 9))

    assert ("offered", "irena", 3) == (
        life.meeting("review_week1").state,
        life.meeting("review_week1").chooser,
        len(life.meeting("review_week1").slots),
    )
    reply = life.take(IRENA, "review_week1", 1)
    assert "meeting.cancel" not in verbs(reply)
    assert "fixed" == life.meeting("review_week1").state


def test_a_review_that_is_called_off_takes_its_invitation_along():
    """HR calls it off on its own card; calendars hear of it."""
    life = Meetings(pair(), at("2026-12-21"), REVIEW)
    life.until(at("2027-01-12", 9))
    life.take(IRENA, "review_week1")
    before = len(life.sends)
    review = life.pair.review("e1/review_week1/once")
    assert isinstance(review, Review)
    life.put(replace(review, state="cancelled"))
    life.look()

    cancelled = [s for s in list(life.sends.values())[before:] if isinstance(s.content, File)]
    assert {"ana", "matej", "irena"} == {s.to for s in cancelled}
    assert {"CANCEL"} == {entry(s)[0] for s in cancelled}


def test_when_the_chair_goes_on_leave_the_second_coordinator_has_the_meeting():
    """The time stays; Irena's calendar forgets it, everybody else's shows Ivo."""
    life = Meetings(pair(), at("2026-12-21"), REVIEW)
    life.until(at("2027-01-12", 9))
    life.take(IRENA, "review_week1", 1)
    was = life.meeting("review_week1").starts_at
    before = len(life.sends)
    life.leave(IRENA, Span(date(2027, 1, 14), date(2027, 1, 18)))
    life.look()
    sends = list(life.sends.values())[before:]

    assert {"irena": "CANCEL", "ivo": "REQUEST", "ana": "REQUEST", "matej": "REQUEST"} == {
        s.to: entry(s)[0] for s in sends
    }
    assert {1} == {entry(s)[1] for s in sends}
    found = life.meeting("review_week1")
    assert (was, ("ana", "matej", "ivo"), "ivo") == (found.starts_at, found.people, found.chooser)


def test_a_review_that_begins_is_a_meeting_held():
    """Nobody is asked whether they met, and the chair, whose own card comes before it, is not reminded besides."""
    life = Meetings(pair(), at("2026-12-21"), REVIEW)
    life.until(at("2027-01-12", 9))
    life.take(IRENA, "review_week1", 1)
    life.until(life.meeting("review_week1").starts_at)
    life.press(IRENA, "review.start", "review:e1/review_week1/once")
    life.until(at("2027-01-20"))

    assert "held" == life.meeting("review_week1").state
    assert [] == [s for s in life.sends.values() if ":met:" in s.key]
    assert ["ana", "matej"] == [s.to for s in life.sends.values() if s.kind == "reminder"]


def test_a_meeting_that_took_place_says_with_whom():
    """A director has many coffees of one name, and sees several of them in one message."""
    life = Meetings(pair(), at("2026-12-21"), REVIEW)
    life.until(at("2027-01-12", 9))
    life.take(IRENA, "review_week1", 1)
    life.until(life.meeting("review_week1").starts_at)
    life.press(IRENA, "review.start", "review:e1/review_week1/once")
    life.until(at("2027-01-20"))
    card = card_of(life.scene(), life.meeting("review_week1"), IRENA)

    assert "Noted: it took place, with Ana, Matej." == Reader().text(card.blocks[0].words)


# --- in the language and the zone of whoever reads -------------------------------------------------


def test_each_reads_the_time_on_their_own_clock():
    """Ten in Ljubljana is eleven in Helsinki, on the card; the file has the instant."""
    matej = replace(MATEJ, zone="Europe/Helsinki", country="FI")
    life = talk(pair(seats={"mentee": (ANA,), "mentor": (matej,), "coordinator": (IRENA,)}))
    fixed = next(s for s in life.sends.values() if s.to == "ana" and isinstance(s.content, File))

    assert "Fri 22 Jan, 10:00" in read(fixed.content)
    assert "Fri 22 Jan, 11:00" in read(fixed.content, matej.zone)
    assert ("REQUEST", 0, datetime(2027, 1, 22, 9, tzinfo=UTC)) == entry(fixed)
