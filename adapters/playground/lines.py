"""
What the automatic players write: made-up people's own words, in one language as people's words are.

The simulation fills forms with marked words that its auditor finds again; here people read them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from adapters.sim.filling import MARKER, SENTENCES, Filled
from adapters.sim.taste import Temperament
from bot.content import Form, TextField

_MADE_UP = re.compile(rf"\b{MARKER}\b")

_WELL: Mapping[str, tuple[str, ...]] = {
    "good": (
        "You asked early, and the import script was right the first time.",
        "The summary for the sales team was clear and short.",
        "You noticed the double bookings before anybody else.",
        "Your first customer call: calm, and you wrote down what was promised.",
        "The month's figures came a day early, with a note on what looked odd.",
        "You explained the chart so that everybody could use it.",
    ),
    "better": (
        "Show me the draft sooner, even when it is half done.",
        "Say aloud which assumption you are least sure of.",
        "Two questions to the warehouse team would have saved you a morning.",
        "Leave half an hour for checking before you send.",
        "Try to say no to one request a week, and tell me which.",
    ),
    "mentee:good": (
        "I was never alone with a question, and the first report went out.",
        "I know by now whom to ask about what.",
        "My first task of my own is in use.",
    ),
    "mentee:better": (
        "Fewer tools at once in the first days.",
        "More time with the customers' questions.",
        "I would like to hear earlier what a task is for.",
    ),
    "mentor:good": (
        "Careful work, and good questions at the right moment.",
        "The calls went well from the second week on.",
        "Takes things on, and says when something is too much.",
    ),
    "mentor:better": (
        "Show drafts earlier.",
        "Trust the own judgement a little more.",
        "Write down decisions so that others find them.",
    ),
    "words": (
        "A good week. The call on Tuesday helped most.",
        "I would like to see how the month is closed.",
        "Quiet week, I caught up on reading.",
    ),
    "expectations:words": ("To work on real data soon, and to know when my work is good enough.",),
    "evaluation:helped": ("Knowing every week what was next, and having one person to ask.",),
    "evaluation:change": ("The first day was full. Spread it over two.",),
    "note": (
        "Good first steps, we looked at the report together.",
        "The data took long to load; we used the time for questions.",
        "Found a mistake in my own query. Nice.",
        "A calm day with a lot of reading.",
        "First small change of the script is in.",
    ),
    ":note": (  # at any stage of a review
        "Glad that we take the time for this.",
        "I see it the same way.",
        "Let us come back to this next time.",
    ),
    "heads.send.text": (
        "How does the weekly report go by now? I read it on Mondays.",
        "Is there room for one task from our team next month?",
        "The customers speak well of the calls. What comes next?",
    ),
    "heads.answered.text": (
        "It goes well. I bring two examples to our talk on Thursday.",
        "I think so. We look at it together in the next review.",
        "Good that you ask. More in a few words on Monday.",
    ),
    "help.words": (
        "How do I say no to extra tasks without putting anybody off?",
        "I would like to talk about my hours.",
    ),
    "room": ("https://video.example/our-room",),
    "text": (
        "Check the import every morning and note what is missing",
        "Sit in on three customer calls",
        "Prepare the month's figures together",
        "Visit the warehouse for half a day",
    ),
    "title": (
        "Describe where the figures of the weekly report come from",
        "Take over the weekly report",
        "Tidy up the customer list",
        "Prepare the figures for the board",
    ),
    "because": (
        "Talked with both for a quarter of an hour. They know what comes next.",
        "Wrote to them; it is settled.",
        "A short call. They look at it again together on Monday.",
        "Talked about it over coffee. Nothing more is needed for now.",
    ),
    "closing": (
        "Asking early is half of the work.",
        "Explaining it to somebody new showed me what I had stopped seeing.",
    ),
    "topic": ("How to say what is missing without discouraging",),
}
_STRUGGLING: Mapping[str, tuple[str, ...]] = {
    "words": (
        "I am not sure what is expected of me.",
        "Many things at once this week, and little time to ask.",
        "I did not get to the task that was planned.",
    ),
    "note": ("We hardly found time today.", "A long list, and it is unclear what comes first."),
    "better": ("We should find a fixed hour. It is too much in between.",),
    "mentee:better": ("I often do not know whether my work is what was wanted.",),
    "mentor:better": ("We saw too little of each other; both calendars were full.",),
    "because": ("Spoke with both. They try a fixed hour on Mondays.", "Spoke with both. It needs more time."),
}
# A goal's words belong together: what, how many, of what.
_GOALS = (
    ("Lead customer calls on my own", "5", "calls"),
    ("Import without corrections by hand", "8", "weeks"),
    ("Answer questions about the figures myself", "10", "questions"),
    ("Close the month without help", "3", "months"),
    ("Show others how the import works", "4", "people"),
    ("Present the figures to the board", "2", "meetings"),
)
_TIMES_A_GOAL = 6  # check-ins until a goal is reached
_ELSE = "We talked it through, and it is clear now."


def in_own_words(form: Form, filled: Filled, temperament: Temperament, turn: Callable[[str], int]) -> Filled:
    """Return a filled form with words worth reading; `turn` counts how often a kind of line was used."""
    texts = {field.key: field for field in form.fields if isinstance(field, TextField)}
    if {"title", "target", "unit"} <= set(texts) and not texts["title"].initial:
        return _goal(filled, turn("goal"))
    return tuple((key, _text(form, texts.get(key), value, temperament, turn)) for key, value in filled)


def _text(
    form: Form,
    field: TextField | None,
    value: str | tuple[str, ...],
    temperament: Temperament,
    turn: Callable[[str], int],
) -> str | tuple[str, ...]:
    if field is None or not isinstance(value, str):
        return value
    if field.key.startswith("goal:"):
        return _so_far(field, temperament)
    if not (_MADE_UP.search(value) or value in SENTENCES):
        return value
    if field.initial:  # what is written already was good enough
        return field.initial
    name, lines = _lines(form.verb, field.key, temperament)
    return lines[turn(name) % len(lines)][: field.most]


def _lines(verb: str, key: str, temperament: Temperament) -> tuple[str, Sequence[str]]:
    """Return the lines for a field of a form, and their name; `:note` stands for a note at any stage."""
    own = _STRUGGLING if temperament == "struggles" else _WELL
    about = verb.partition(".")[0]
    names = (f"{verb}.{key}", f"{about}.{key}", key, f":{key.rpartition(':')[2]}", about)
    found = ((name, lines[name]) for name in names for lines in (own, _WELL) if name in lines)
    return next(found, ("", (_ELSE,)))


def _so_far(field: TextField, temperament: Temperament) -> str:
    """Return how far a goal got: one further for those who struggle, else a sixth of it; never past it."""
    known = dict(field.hint.values) if field.hint else {}
    value, target = known.get("value"), known.get("target")
    if not (isinstance(value, int | float) and isinstance(target, int | float)):
        return field.initial
    step = 1 if temperament == "struggles" else max(1, round(target / _TIMES_A_GOAL))
    return f"{max(value, min(target, value + step)):g}"


def _goal(filled: Filled, number: int) -> Filled:
    title, target, unit = _GOALS[number % len(_GOALS)]
    words = {"title": title, "target": target, "unit": unit, "baseline": "0"}
    rest = tuple((key, value) for key, value in filled if key not in words)
    return (*words.items(), *rest)
