"""The keys that every programme, phase, step and signal of a programme file may have."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flows.settings import (
    ID,
    Setting,
    duration,
    role,
    roles,
    rows,
    step,
    steps,
    text,
    texts,
    whole,
    word,
    yes_no,
)

# Words in braces that a text may hold; `Scene.names` fills them in.
PLACEHOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "mentee": "the mentee's name; of several, all names",
        "mentor": "the mentor's name",
        "head": "the name of the department head",
        "coordinator": "the name of the coordinator, to whom anyone may turn at any time",
        "director": "the director's name",
        "company": "the name of the organisation",
        "programme": "the title of the programme",
        "position": "the mentee's position",
        "start": "the mentee's first day",
        "months": "how many months the programme runs",
        "week": "the number of the programme's week",
        "help_word": "the word that asks for help anywhere in the chat",
    }
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

PROGRAMME_KEYS: tuple[Setting, ...] = (
    ID,
    word("version", "Which version of the file this is; running pairs stay with theirs.", required=True),
    word("language", "The code of the language in which plain strings are written.", "en"),
    text("title", "What people call the programme.", required=True),
    Setting(
        key="months",
        shape="whole",
        explain="How many calendar months it runs.",
        default=0,
        required=True,
        least=1,
        most=36,
    ),
    word("help_word", "The word that asks for help anywhere in the chat.", "help"),
    Setting(
        key="seats",
        shape="seats",
        explain="How many people each role has: a number, or the fewest and the most.",
        default=(),
        required=True,
    ),
)

PHASE_KEYS: tuple[Setting, ...] = (
    ID,
    text("title", "The name of the phase.", required=True),
    text("frame", "Its time frame, in words.", required=True),
    texts("objectives", "What it is for."),
    texts("activities", "What happens in it."),
    texts("resources", "What helps people in it."),
    roles("responsible", "Who answers for it."),
    rows(
        "criteria",
        "What should be true before going on; shown at the review.",
        step("step", "The step whose end shows it.", required=True),
        text("text", "What people read.", required=True),
    ),
    whole("first_day", "The working day it begins on, counted like `day` of a step.", 0, -250, 250),
    whole(
        "month",
        "The programme month that `first_day` counts in; without `first_day`, its first day.",
        0,
        0,
        36,
    ),
    Setting(key="step", shape="rows", explain="Its steps, each headed [[phase.step]].", default=()),
)

STEP_KEYS: tuple[Setting, ...] = (
    ID,
    word("kind", "Which conversation carries it.", required=True),
    roles("who", "Who is asked; without it, the `people`."),
    text("title", "What it is called.", required=True),
    Setting(key="text", shape="role_text", explain="What people read; may be a table by role.", default=()),
    whole("day", "The working day: 1 is the first, -1 the one before; or see `month`.", 0, -250, 250),
    whole("month", "The programme month that `day` counts in, where -1 is its last working day.", 0, 0, 36),
    word("every", "It comes again: each “week” or each working “day”.", one_of=("week", "day")),
    Setting(key="weekday", shape="weekday", explain="Of a weekly step: the day of the week.", default=3),
    whole("from_week", "Of a weekly step: the programme's week it begins in.", 1, 1, 200),
    step("until", "Of a weekly step: it ends before the day of that step."),
    whole("from_day", "Of a daily step: the first working day.", 1, 1, 250),
    whole("until_day", "Of a daily step: the last working day.", 0, 0, 250),
    Setting(key="time", shape="time", explain="The time of day where each receiver is.", default="09:00"),
    roles("people", "Who comes together, for a meeting or a review."),
    whole("minutes", "How long it takes.", 30, 5, 480),
    role("about", "It is asked once for each person of this role."),
    yes_no("shared", "One answer is enough for all of `who`; meetings and reviews are shared."),
    word("done_when", "Whether “anyone” or “everyone” of those asked makes it done.", "everyone",
         one_of=("everyone", "anyone")),
    duration("nudge_after", "After which working time a reminder goes out; 0 = never."),
    whole("nudges", "How many reminders at most.", 2, 0, 2),
    duration("patience", "How long it may wait, to travel with another message of its receiver; 0 = not at all."),
    yes_no("tell_partner", "After the reminders the partner hears that it is still open, and nothing more."),
    duration("alert_after", "After which working time the coordinator has a case; 0 = never."),
    steps("after", "Steps to be done or skipped first; where one stays open it comes 5 working days later."),
    word("only", "Only for who is “new”, or for who “moved” inside the company.", one_of=("new", "moved")),
    yes_no("optional", "Nothing is missing when it is left out."),
)  # fmt: skip

SIGNAL_KEYS: tuple[Setting, ...] = (
    ID,
    word("kind", "What is watched.", required=True),
    step("step", "The step that is watched; without it, every step of the kind it fits."),
    text("advice", "What the coordinator could do about it."),
)

TOP_KEYS: tuple[Setting, ...] = (
    Setting(
        key="programme", shape="rows", explain="The programme itself, headed [programme].", required=True
    ),
    Setting(key="phase", shape="rows", explain="Its phases, each headed [[phase]].", required=True),
    Setting(key="signal", shape="rows", explain="What is watched, each headed [[signal]].", default=()),
)
