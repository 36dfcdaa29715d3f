"""What each kind of signal may be told in a programme file, with the thresholds that hold otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flows.settings import KindOptions, Setting, duration, text, whole, word


def _times(default: int, explain: str) -> Setting:
    return whole("times", explain, default, 1, 20)


_QUESTION = word("question", "The id of the question that is watched; without it, each of them.")
_OF_PAIR = word(
    "question", "The id of the check-in's question that is held against the mentor's tap.", required=True
)

_KINDS: tuple[KindOptions, ...] = (
    KindOptions(
        name="not_ready",
        explain="Somebody has not said that they are ready.",
        settings=(whole("days_before", "Calendar days before the start.", 7, 0, 60),),
        fits=("ready",),
    ),
    KindOptions(
        name="no_slot",
        explain="A meeting has no time yet.",
        settings=(whole("days_before", "Working days before the meeting's day.", 2, 0, 20),),
        fits=("meeting",),
    ),
    KindOptions(
        name="not_held",
        explain="A meeting did not take place.",
        settings=(whole("days_after", "Working days after its day; 0 = at the end of that day.", 0, 0, 20),),
        fits=("meeting", "review"),
    ),
    KindOptions(
        name="daily_missed",
        explain="The daily look was missed.",
        settings=(_times(2, "Days running."),),
        fits=("daily",),
    ),
    KindOptions(
        name="checkin_missed",
        explain="The check-in was missed.",
        settings=(_times(2, "Weeks running."),),
        fits=("checkin", "feedback"),
    ),
    KindOptions(
        name="no_contact",
        explain="Mentee and mentor have had no contact that the programme knows of.",
        settings=(
            whole("days", "Calendar days without contact in the first month.", 7, 1, 90),
            whole("days_later", "Calendar days without contact from the second month on.", 14, 1, 90),
        ),
    ),
    KindOptions(
        name="goal_overdue",
        explain="A goal is past its date and still open.",
        settings=(whole("days", "Working days after its date.", 0, 0, 60),),
    ),
    KindOptions(
        name="unanswered",
        explain="A request of one person to another has no answer.",
        settings=(duration("after", "Working hours of whoever was asked.", 48),),
    ),
    KindOptions(
        name="low_answers",
        explain="Answers stay low.",
        settings=(
            whole("at_most", "The answer, from 1 to 5, that still counts as low.", 2, 1, 4),
            _times(3, "Answers running."),
            _QUESTION,
        ),
        fits=("checkin", "feedback"),
    ),
    KindOptions(
        name="falling",
        explain="Answers fall, from the first to the last of a row, without rising in between.",
        settings=(
            whole("drop", "By how many points in all.", 2, 1, 4),
            _times(3, "Answers in the row."),
            _QUESTION,
        ),
        fits=("checkin", "feedback"),
    ),
    KindOptions(
        name="seen_differently",
        explain="Mentee and mentor see it very differently on the same tap from 1 to 5.",
        settings=(
            whole("apart", "By how many points.", 2, 1, 4),
            _times(2, "Weeks running."),
            _OF_PAIR,
        ),
        fits=("checkin",),
    ),
    KindOptions(
        name="ticks",
        explain="A private tick was set; steps name this signal beside the tick.",
        settings=(
            _times(1, "How many times before the coordinator has a case."),
            text("reason", "What the coordinator reads, in plain words.", required=True),
        ),
    ),
    KindOptions(
        name="undecided",
        explain="A review was held and nobody decided to go on or to extend; the programme goes on.",
        settings=(whole("days", "Working days after the review.", 5, 1, 60),),
        fits=("review",),
    ),
    KindOptions(
        name="closing_not_held",
        explain="The closing did not take place.",
        settings=(whole("days", "Working days after its day.", 10, 1, 60),),
        fits=("closing",),
    ),
    KindOptions(
        name="unreachable",
        explain="Messages to somebody cannot be delivered, or a mentee or mentor has left.",
    ),
)

SIGNAL_KINDS: Mapping[str, KindOptions] = MappingProxyType({kind.name: kind for kind in _KINDS})
