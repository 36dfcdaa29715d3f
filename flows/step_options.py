"""What each kind of step may be told in a programme file, besides the keys that every step has.

The loader checks files against this table, the handbook explains it, and flows read steps and signals by
`flows.written`, which knows the defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flows.settings import (
    ID,
    TITLE,
    WORDS,
    KindOptions,
    Setting,
    role,
    rows,
    step,
    steps,
    text,
    texts,
    whole,
    word,
    yes_no,
)

_TICK_SIGNAL = Setting(
    key="signal",
    shape="signal",
    explain="The signal of kind `ticks` that a tick here raises.",
    required=True,
    kinds=("ticks",),
)
_TICKS = rows(
    "ticks", "The private list to tick; only the author and the coordinator see it.", ID, WORDS, _TICK_SIGNAL
)
_FROM_1_TO_5 = "The questions, each answered by one tap from 1 to 5."
_GOALS_DUE = step(
    "goals_due",
    "The review at which the goals set now are rated; they are due on its day.",
    kinds=("review",),
)

MEETS = ("video", "coffee", "lunch", "gathering", "talk")
STAGES = (
    "opening", "expectations", "goals", "mentee", "mentor", "plan", "evaluation", "celebration", "going_on",
)  # fmt: skip

_BEFORE = (
    KindOptions(
        name="guide",
        explain="A guide for one role: a card, and behind it the sections to read in peace.",
        settings=(
            rows("sections", "The parts of the guide.", TITLE, WORDS, required=True),
            yes_no(
                "mail",
                "It goes by e-mail, or as a file for HR to send: the newcomer has no chat account yet.",
            ),
            yes_no("needs_times", "It comes only if a meeting of its reader has a time by then."),
        ),
    ),
    KindOptions(
        name="note",
        explain="Something to know; nothing is asked.",
        settings=(
            yes_no("together", "One conversation of all of them, where the platform can; else a card each."),
        ),
    ),
    KindOptions(
        name="ready",
        explain="One tap that says: I am ready.",
        seen_by=("author", "coordinator"),
        settings=(text("button", "The words on the button, where “I am ready” does not fit."),),
    ),
    KindOptions(
        name="ease",
        explain="“At ease with chat and video?” A no brings the tour and tells the coordinator.",
        seen_by=("author", "coordinator"),
        settings=(text("question", "The question, where the usual one does not fit."),),
    ),
    KindOptions(
        name="tour",
        explain="A short tour of the tools, page by page.",
        settings=(
            rows("pages", "The pages of the tour.", TITLE, WORDS, required=True),
            yes_no("for_all", "Everybody gets it; otherwise only who is not at ease with chat and video."),
        ),
    ),
)

_TOGETHER = (
    KindOptions(
        name="meeting",
        explain="A meeting: times are offered, a tap fixes one; afterwards one person is asked for it.",
        seen_by=("mentee", "mentor", "coordinator"),
        settings=(
            word("meet", "What it is.", "video", one_of=MEETS),
            role("chooser", "Whose tap fixes the time.", "mentor"),
            whole("offer_before", "How many working days before its day the times are offered.", 3, 0, 30),
            role(
                "ask_held", "Who is asked “did you meet?”; the others only after a no or silence.", "mentee"
            ),
            yes_no("in_person", "They meet in one place; no video link is sent."),
            whole("may_move_days", "By how many working days its day may move when no time fits.", 0, 0, 20),
        ),
        shared=True,
        meets=True,
    ),
    KindOptions(
        name="day_closing",
        explain="One card at the end of a day, with a tick for each meeting that took place.",
        seen_by=("mentee", "mentor", "coordinator"),
        settings=(steps("steps", "The meetings to tick.", required=True, kinds=("meeting",)),),
    ),
    KindOptions(
        name="checklist",
        explain="A list to tick: documents handed over, colleagues met.",
        seen_by=("mentee", "mentor", "coordinator", "head"),
        settings=(texts("items", "The lines to tick.", required=True, least=1),),
    ),
    KindOptions(
        name="agreement",
        explain="How the two want to work together; both tap “agreed”, and it can be changed any time.",
        seen_by=("mentee", "mentor", "coordinator"),
        settings=(
            text("purpose", "The suggested purpose.", required=True),
            text("rhythm", "The suggested rhythm.", required=True),
            text("channels", "The suggested channels.", required=True),
            whole("reply_hours", "Within how many working hours the two answer each other.", 24, 1, 200),
            text("confidential", "What stays between the two.", required=True),
        ),
    ),
    KindOptions(
        name="review",
        explain="The meeting of mentee, mentor and HR, with HR in the chair and a fixed order.",
        seen_by=("mentee", "mentor", "coordinator"),
        settings=(
            Setting(
                key="stages",
                shape="words",
                explain="The order of the meeting.",
                default=("opening", "goals", "mentee", "mentor", "plan"),
                one_of=STAGES,
                least=1,
            ),
            text("plan_for", "The time that the plan is made for, such as “the next three weeks”."),
            _GOALS_DUE,
            whole(
                "prepare_before",
                "How many working days before it people may answer beforehand; 0 = never.",
                2,
                0,
                20,
            ),
        ),
        shared=True,
        meets=True,
    ),
)

_ASKED = (
    KindOptions(
        name="daily",
        explain="The mentor's look at the day's work: one tap, a note if wanted.",
        seen_by=("author", "coordinator", "mentee"),
        settings=(
            text("question", "The question of the day.", required=True),
            rows("choices", "The possible answers.", ID, WORDS, required=True, least=2, most=5),
        ),
    ),
    KindOptions(
        name="checkin",
        explain="The mentee's weekly check-in: three taps, and the rest behind one button.",
        seen_by=("author", "coordinator"),
        settings=(rows("questions", _FROM_1_TO_5, ID, WORDS, required=True, most=3), _TICKS),
    ),
    KindOptions(
        name="feedback",
        explain="The mentor's weekly feedback: what went well, what could go further.",
        seen_by=("author", "mentee", "coordinator", "head"),
        settings=(
            text("going", "How it goes between the two, one tap from 1 to 5; seen by HR.", required=True),
            _TICKS,
        ),
    ),
    KindOptions(
        name="fit",
        explain="One private tap: we fit, not sure, I would like to talk.",
        seen_by=("author", "coordinator"),
        settings=(text("question", "The question, where the usual one does not fit."),),
    ),
    KindOptions(
        name="goals",
        explain="Asks for at most three measurable goals.",
        seen_by=("mentee", "mentor", "coordinator", "head"),
        settings=(_GOALS_DUE,),
    ),
    KindOptions(
        name="task",
        explain="Asks the mentor for a task of which the mentee is mainly in charge.",
        seen_by=("mentee", "mentor", "coordinator", "head"),
        settings=(yes_no("independent", "It counts as an independent task.", True),),
    ),
    KindOptions(
        name="satisfaction",
        explain="One or two taps on how it is so far; they travel inside a form that is due anyway.",
        seen_by=("author", "coordinator"),
        settings=(
            rows("questions", _FROM_1_TO_5, ID, WORDS, required=True, most=3),
            step(
                "fold_into",
                "The step whose form carries the taps, the first time it comes from this day on.",
                required=True,
                kinds=("checkin", "feedback", "review", "evaluation"),
            ),
        ),
    ),
)

_AT_THE_END = (
    KindOptions(
        name="evaluation",
        explain="What people say about the programme itself; counts only, except where a line is by name.",
        seen_by=("author", "coordinator"),
        settings=(
            rows(
                "questions",
                _FROM_1_TO_5,
                ID,
                WORDS,
                yes_no("named", "The coordinator sees this answer by name, and people are told so before."),
                required=True,
            ),
            text("words", "A last open question; answered in words, if wanted."),
        ),
    ),
    KindOptions(
        name="digest",
        explain="What the mentor passes on to the head, once a week; nothing when there is nothing.",
    ),
    KindOptions(
        name="closing",
        explain="The end: a keepsake, one thing learned for the other, and no prompts afterwards.",
        seen_by=("mentee", "mentor"),
        settings=(
            yes_no("keepsake", "The mentee gets a keepsake with goals, plan and feedback.", True),
            text("learned", "The question for one thing learned, where the usual one does not fit."),
        ),
    ),
)

STEP_KINDS: Mapping[str, KindOptions] = MappingProxyType(
    {kind.name: kind for kind in (*_BEFORE, *_TOGETHER, *_ASKED, *_AT_THE_END)}
)
