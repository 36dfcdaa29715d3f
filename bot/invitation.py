"""Meetings as calendar files: an invitation, its update, its cancellation, and a person's own feed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote

from icalendar import Calendar, Event, vCalAddress, vText
from icalendar.parser import Contentline, Parameters

from bot.facts import Meeting, Person

# For File: the name that mail programs and calendars know it by.
MIME = "text/calendar"
_PRODUCT = "-//telemachy//mentoring//EN"
_REFRESH = timedelta(hours=1)  # how often a calendar should ask for a feed again
# What a calendar file cannot hold, whoever typed it: control characters and other ends of lines.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Stands for the words of a reader in what all readers of a meeting share; no text of a person holds one.
_WORDS = "\x1a"
_MOST_BYTES = 74  # in a line, its end not counted (RFC 5545, 3.1)
_MAIL = re.compile(r"[^\s@<>\"':;,]+@[^\s@<>\"':;,]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A meeting as one reader sees it: title and description in their language."""

    meeting: Meeting
    title: str
    description: str = ""


def invitation(
    meeting: Meeting,
    *,
    title: str,
    description: str,
    people: Sequence[Person],
    organiser: Person,
    method: Literal["REQUEST", "CANCEL"],
    now: datetime,
    site: str = "telemachy",
) -> bytes:
    """
    Write the .ics of one meeting; a later one with a higher `sequence` updates or cancels it everywhere.

    `site` tells deployments apart, such as the organisation's domain, and must never change. People without
    an e-mail address are not named. A meeting without a time is a ValueError.
    """
    words = {f"SUMMARY:{_WORDS}": ("SUMMARY", title), f"DESCRIPTION:{_WORDS}": ("DESCRIPTION", description)}
    shared = _for_everybody(meeting, bool(description), tuple(people), organiser, method, now, site)
    return _written(_text_line(*words[line]) if line in words else line for line in shared)


@lru_cache(maxsize=16)
def _for_everybody(
    meeting: Meeting,
    described: bool,
    people: tuple[Person, ...],
    organiser: Person,
    method: str,
    now: datetime,
    site: str,
) -> tuple[str, ...]:
    """Return the lines of an invitation without the words, which alone differ between those who are invited."""
    event = _event(Entry(meeting=meeting, title="", description=""), now, site)
    event["summary"] = vText(_WORDS)
    if described:
        event["description"] = vText(_WORDS)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    if _MAIL.fullmatch(organiser.email):
        event.add("organizer", _named(organiser))
    for person in people:
        if _MAIL.fullmatch(person.email):
            event.add("attendee", _attending(person))
    calendar = _calendar(method)
    calendar.add_component(event)
    return tuple(calendar.content_lines())


def feed(entries: Iterable[Entry], *, name: str, now: datetime, site: str = "telemachy") -> bytes:
    """
    Write a person's own calendar, to subscribe to: meetings that have a time or had one, in order of time.

    Of a meeting that is being moved the old time stays until a new one is fixed. Nobody else is named: such an
    address is easily passed on. So a link that names people, as one that calls them does, stands in the meeting's own
    file alone.
    """
    calendar = _calendar("PUBLISH")
    calendar.add("name", _clean(name))
    calendar.add("x-wr-calname", _clean(name))  # what calendars read that do not know `name`
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    shown = [one for one in entries if _has_time(one.meeting, now)]
    for entry in sorted(shown, key=lambda one: (_starts(one.meeting), one.meeting.id)):
        event = _event(_unnamed(entry), now, site)
        event.add("status", "CANCELLED" if entry.meeting.state == "cancelled" else "CONFIRMED")
        calendar.add_component(event)
    return _written(calendar.content_lines())


def _unnamed(entry: Entry) -> Entry:
    meeting = entry.meeting
    return replace(entry, meeting=replace(meeting, link="")) if _MAIL.search(unquote(meeting.link)) else entry


def _has_time(meeting: Meeting, now: datetime) -> bool:
    match meeting.state:
        case "fixed" | "held" | "cancelled":
            return meeting.starts_at is not None
        case "wanted" | "offered":
            return meeting.starts_at is not None and meeting.starts_at > now
        case "missed":
            return False


def uid(meeting: Meeting, site: str = "telemachy") -> str:
    """Return what every version of a meeting's invitation is recognised by."""
    return f"{re.sub(r'[^A-Za-z0-9._-]', '-', meeting.id)}@{site}"


def _text_line(name: str, text: str) -> str:
    return str(Contentline.from_parts(name, Parameters(), vText(_clean(text))))


def _written(lines: Iterable[str]) -> bytes:
    return b"".join(folded(line) + b"\r\n" for line in lines if line)


def folded(line: str) -> bytes:
    """
    Write one line as the library does, which goes letter by letter: most lines are short, and most letters a byte.

    What is escaped by a sign before it stays together.
    """
    data = line.encode()
    if len(data) <= _MOST_BYTES:
        return data
    if not line.isascii():
        return bytes(Contentline(line).to_ical())  # type: ignore[no-untyped-call]
    pieces: list[bytes] = []
    at = 0
    while len(data) - at > _MOST_BYTES:
        end = at + _MOST_BYTES
        end -= data[end - 1] in b"\\^"
        pieces.append(data[at:end])
        at = end
    return b"\r\n ".join((*pieces, data[at:]))


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar


def _event(entry: Entry, now: datetime, site: str) -> Event:
    meeting = entry.meeting
    event = Event()
    event.add("uid", uid(meeting, site))
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", _starts(meeting))
    event.add("duration", timedelta(minutes=meeting.minutes))
    event.add("summary", _clean(entry.title))
    if entry.description:
        event.add("description", _clean(entry.description))
    if meeting.link:
        event.add("location", _clean(meeting.link))
        if re.match(r"https?://[!-~]+\Z", meeting.link):
            event.add("url", meeting.link)
    return event


def _starts(meeting: Meeting) -> datetime:
    if meeting.starts_at is None:
        raise ValueError(f"meeting {meeting.id} has no time yet: fix one before writing its invitation")
    return meeting.starts_at


def _attending(person: Person) -> vCalAddress:
    address = _named(person)
    address.params["ROLE"] = vText("REQ-PARTICIPANT")
    # The time was agreed in chat: answers of calendars would only fill the organiser's mailbox.
    address.params["PARTSTAT"] = vText("NEEDS-ACTION")
    address.params["RSVP"] = vText("FALSE")
    return address


def _named(person: Person) -> vCalAddress:
    address = vCalAddress(f"mailto:{person.email}")
    address.params["CN"] = vText(" ".join(_clean(person.name).split()))
    return address


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text.replace("\r\n", "\n"))
