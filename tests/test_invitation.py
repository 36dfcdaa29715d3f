"""Meetings as calendar files, read back as a calendar reads them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from icalendar.parser import Contentline

from bot.facts import Meeting, Person
from bot.invitation import Entry, feed, folded, invitation

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANA = Person(id="p1", name="Ana Žagar", email="ana@example.org")
MATEJ = Person(id="p2", name='Matej "Mat" Novak; HR, d.o.o.', email="matej@example.org")
IRENA = Person(id="p3", name="Irena", email="irena@example.org")
COFFEE = Meeting(
    id="e7/coffee/2026-04",
    enrolment="e7",
    step="coffee",
    occurrence="2026-04",
    people=("p1", "p2"),
    minutes=45,
    state="fixed",
    starts_at=datetime(2026, 3, 5, 13, 0, tzinfo=UTC),
    link="https://meet.example/ana_b?x=1,2",
    sequence=3,
)


def write(meeting=COFFEE, **more):
    """Write an invitation to Ana and Matej."""
    given = {
        "title": "Coffee, the two of you",
        "description": "Cameras on.\nNo agenda; none.",
        "method": "REQUEST",
    }
    return invitation(meeting, **{"people": (ANA, MATEJ), "organiser": IRENA, "now": NOW, **given, **more})


def event_in(data):
    """Read the only event of a file."""
    [event] = Calendar.from_ical(data).walk("VEVENT")
    return event


def test_an_invitation_says_what_when_where_and_who():
    """A calendar reads back everything that the meeting is."""
    calendar = Calendar.from_ical(write())
    event = event_in(write())

    assert "REQUEST" == calendar["METHOD"]
    assert {
        "UID": "e7-coffee-2026-04@telemachy",
        "SEQUENCE": 3,
        "SUMMARY": "Coffee, the two of you",
        "DESCRIPTION": "Cameras on.\nNo agenda; none.",
        "LOCATION": "https://meet.example/ana_b?x=1,2",
        "URL": "https://meet.example/ana_b?x=1,2",
        "STATUS": "CONFIRMED",
        "ORGANIZER": "mailto:irena@example.org",
    } == {key: event[key] for key in
          ("UID", "SEQUENCE", "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "STATUS", "ORGANIZER")}  # fmt: skip
    assert (COFFEE.starts_at, timedelta(minutes=45), NOW) == (
        event.decoded("DTSTART"),
        event.decoded("DURATION"),
        event.decoded("DTSTAMP"),
    )
    assert [("mailto:ana@example.org", ANA.name), ("mailto:matej@example.org", MATEJ.name)] == [
        (str(one), one.params["CN"]) for one in event["ATTENDEE"]
    ]


def test_times_are_written_in_utc():
    """The start is an instant that no calendar can misread."""
    assert b"DTSTART:20260305T130000Z\r\n" in write()


def test_a_cancellation_is_of_the_same_event():
    """CANCEL keeps the event's name, carries the higher sequence and says that it is cancelled."""
    data = write(replace(COFFEE, sequence=4, state="cancelled"), method="CANCEL")
    event = event_in(data)

    assert "CANCEL" == Calendar.from_ical(data)["METHOD"]
    assert ("e7-coffee-2026-04@telemachy", 4, "CANCELLED") == (
        event["UID"],
        event["SEQUENCE"],
        event["STATUS"],
    )


def test_deployments_do_not_touch_each_others_meetings():
    """The same meeting id at another site is another event."""
    assert event_in(write())["UID"] != event_in(write(site="example.org"))["UID"]


def test_a_meeting_without_a_time_has_no_invitation():
    """Writing one is an error that names the meeting."""
    with pytest.raises(ValueError, match="meeting e7/coffee/2026-04 has no time yet"):
        write(replace(COFFEE, starts_at=None))


@pytest.mark.parametrize("email", ["", "nobody", "a@b.c\r\nATTENDEE:mailto:x@y.z"])
def test_people_without_an_address_are_not_named(email):
    """A missing or broken address leaves the others' invitation as it is."""
    lost = replace(ANA, email=email)
    event = event_in(write(people=(lost, MATEJ), organiser=lost))

    assert "mailto:matej@example.org" == event["ATTENDEE"]
    assert "ORGANIZER" not in event


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300)
)
def test_any_title_comes_back_and_lines_stay_short(title):
    """Whatever a title holds, it is read back as it was, in lines of at most 75 bytes that end as calendars want."""
    data = write(title=title)

    assert title == event_in(data)["SUMMARY"]
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")


@given(st.text(max_size=60))
def test_nothing_typed_adds_a_line_of_its_own(typed):
    """Titles, descriptions, names and places cannot smuggle another property or event in."""
    data = write(
        replace(COFFEE, link=typed),
        title=typed + "\r\nX-EVIL:1",
        description=typed + "\nEND:VEVENT",
        people=(replace(ANA, name=typed + "\r\nX-EVIL:1"),),
    )

    assert "X-EVIL" not in event_in(data)
    assert "mailto:ana@example.org" == event_in(data)["ATTENDEE"]


@given(st.text(alphabet=st.sampled_from("ab ;,^\\é\U0001f600"), max_size=300) | st.text("a\\", max_size=300))
def test_lines_are_folded_as_the_library_folds_them(line):
    """Every line is cut where the library cuts it, which is never between a sign and what it escapes."""
    assert Contentline(line).to_ical() == folded(line)


def test_everybody_reads_their_own_words_in_what_is_otherwise_the_same():
    """Two readers' invitations to one meeting differ in title and description, and in nothing else."""
    ana, matej = write(title="Lunch", description="With Matej"), write(title="Kosilo", description="Z Ano")

    assert ana.replace(b"Lunch", b"Kosilo").replace(b"With Matej", b"Z Ano") == matej
    assert b"DESCRIPTION" not in write(description="")


def test_a_feed_holds_a_persons_meetings_in_order():
    """What has a time is there with its title, also called off, and what has none is not; nobody is named."""
    later = replace(COFFEE, id="e7/lunch/once", starts_at=COFFEE.starts_at + timedelta(days=1), state="held")
    data = feed(
        [
            Entry(meeting=later, title="Lunch"),
            Entry(meeting=COFFEE, title="Coffee", description="Cameras on."),
            Entry(meeting=replace(COFFEE, id="e7/x/1", state="cancelled"), title="Off"),
            Entry(meeting=replace(COFFEE, id="e7/x/2", state="offered", starts_at=None), title="Open"),
            Entry(meeting=replace(later, id="e7/x/3", state="offered"), title="Being moved"),
            Entry(meeting=replace(COFFEE, id="e7/x/4", state="missed"), title="Missed"),
            Entry(meeting=replace(COFFEE, id="e7/x/5", state="offered", starts_at=NOW), title="Too late"),
        ],
        name="Mentoring of Ana",
        now=NOW,
    )
    calendar = Calendar.from_ical(data)

    shown = [(str(one["SUMMARY"]), str(one["STATUS"])) for one in calendar.walk("VEVENT")]
    assert [
        ("Coffee", "CONFIRMED"),
        ("Off", "CANCELLED"),
        ("Lunch", "CONFIRMED"),
        ("Being moved", "CONFIRMED"),
    ] == shown
    assert ("PUBLISH", "Mentoring of Ana") == (calendar["METHOD"], calendar["NAME"])
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in data
    assert b"example.org" not in data
