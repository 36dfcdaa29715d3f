"""A person's own calendar: every meeting of every programme of theirs, once, as its own file says it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from icalendar import Calendar, Event

from bot.facts import Meeting
from bot.outcome import Put
from flows.calendar_feed import feed
from flows.calendar_file import calendar_file
from flows.meeting_cards import plain
from flows.scene import Scene
from tests.living import Life
from tests.meetings import meeting_step
from tests.scenes import ANA, BY_ROLE, IRENA, MATEJ, at, pair, scene, second

NOW = at("2027-01-12", 8)
FIXED = Meeting(
    id="e1/first_meeting/once",
    enrolment="e1",
    step="first_meeting",
    occurrence="once",
    people=("ana", "matej"),
    minutes=45,
    state="fixed",
    starts_at=at("2027-01-13", 9),
    link="https://video.example/matej",
)
OFF = replace(FIXED, id="e1/talk/once", step="talk", state="cancelled", sequence=2)
OPEN = replace(FIXED, id="e1/coffee/once", step="coffee", state="offered", starts_at=None)
STEPS = tuple(meeting_step(name) for name in ("first_meeting", "talk", "coffee"))


def _scene(*meetings: Meeting) -> Scene:
    return scene(pair(*meetings), NOW, *STEPS)


def _events(data: bytes) -> list[Event]:
    return list(Calendar.from_ical(data).walk("VEVENT"))


def _identity(event: Event) -> tuple[str, int, datetime]:
    return str(event["UID"]), int(event["SEQUENCE"]), event["DTSTART"].dt


def test_a_meeting_is_the_same_entry_in_the_feed_and_in_its_own_file() -> None:
    """Name, version and time agree, so a calendar that has both shows one; also after it was moved or called off."""
    moved = replace(FIXED, starts_at=at("2027-01-14", 9), sequence=1)
    for meeting in (FIXED, moved, OFF):
        here = _scene(meeting)
        method = "CANCEL" if meeting is OFF else "REQUEST"
        file = calendar_file(here, meeting, ANA, plain(here, meeting, here.title(STEPS[0])), method)
        [single], [shown] = _events(file.data), _events(feed(ANA, [here], NOW))

        assert _identity(single) == _identity(shown)
        assert [single[name] for name in ("SUMMARY", "STATUS", "DURATION")] == [
            shown[name] for name in ("SUMMARY", "STATUS", "DURATION")
        ]


def test_the_meetings_of_all_programmes_are_in_one_calendar() -> None:
    """A mentor of two pairs follows one address; what has no time yet is not there."""
    other = replace(FIXED, id="e2/first_meeting/once", enrolment="e2", starts_at=at("2027-01-12", 14))
    scenes = [_scene(FIXED, OFF, OPEN), second(_scene(other))]

    shown = [str(event["UID"]) for event in _events(feed(MATEJ, scenes, NOW))]
    assert [
        "e2-first_meeting-once@telemachy",
        "e1-first_meeting-once@telemachy",
        "e1-talk-once@telemachy",
    ] == shown


def test_meetings_of_others_are_not_shown() -> None:
    """Whoever is not in a meeting does not have it in their calendar, whatever their role."""
    assert [] == _events(feed(IRENA, [_scene(FIXED, OFF)], NOW))


def test_nobody_else_is_named_by_a_title_or_a_text() -> None:
    """Where the programme names people, others are called by what they are here."""
    texts = "You are {mentee}, and meet {mentor} and {head}, from {coordinator} and {director}."
    named = replace(STEPS[0], title=(("en", "Talk with {mentor}"),), text=(("", (("en", texts),)),))
    [shown] = _events(feed(ANA, [scene(pair(FIXED), NOW, named)], NOW))

    assert (
        "Talk with the mentor",
        "You are Ana, and meet the mentor and the head, from HR and the director.",
    ) == (
        str(shown["SUMMARY"]),
        str(shown["DESCRIPTION"]),
    )


def test_nobody_else_is_named_by_a_link() -> None:
    """A link that calls people holds their e-mail addresses; one to a room is there as it is."""
    call = replace(
        FIXED,
        link="https://teams.microsoft.com/l/call/0/0?users=ana%40x.example,matej%40x.example&withVideo=true",
    )

    assert b"matej" not in feed(ANA, [_scene(call)], NOW)
    [shown] = _events(feed(ANA, [_scene(FIXED)], NOW))
    assert FIXED.link == str(shown["URL"])


def test_a_step_that_is_gone_hides_only_its_own_meeting() -> None:
    """A programme file that lost a step leaves the rest of the calendar as it was."""
    lost = replace(FIXED, id="e1/lost/once", step="lost")

    assert ["First meeting"] == [
        str(event["SUMMARY"]) for event in _events(feed(ANA, [_scene(lost, FIXED)], NOW))
    ]


PROGRAMME = """
[programme]
id = "small"
version = "1"
language = "en"
title = "Small"
months = 3
help_word = "help"
seats = { mentee = 1, mentor = 1, head = 1, coordinator = [1, 2], director = 1 }

[[phase]]
id = "all"
title = "All of it"
frame = "Three months"
first_day = 1

[[phase.step]]
id = "first_meeting"
kind = "meeting"
who = ["mentee", "mentor"]
title = "First meeting"
day = 1
time = "09:30"
minutes = 45
"""


async def test_a_calendar_is_read_from_the_store(db_url: str) -> None:
    """The bot finds the person's programmes, and in them what they may see."""
    life = Life(db_url)
    await life.enrol(PROGRAMME, BY_ROLE, datetime(2027, 1, 11, tzinfo=UTC).date())
    await life.store.write(lambda work: work.apply([Put(FIXED)], NOW))

    for person, shown in ((ANA, ["First meeting"]), (IRENA, [])):
        data = await life.read(lambda work, person=person: life.app.calendar(work, person))
        assert shown == [str(event["SUMMARY"]) for event in _events(data)]
    await life.close()
