"""
Programme files: what they may say, what is made of it, and how every slip is answered.
"""

import re
from datetime import time
from pathlib import Path
from typing import get_args

import pytest

from bot.content import Role
from flows import register
from flows.programme_file import load_programme
from flows.programme_keys import PHASE_KEYS, PLACEHOLDERS, SIGNAL_KEYS, STEP_KEYS
from flows.programme_read import ProgrammeError
from flows.programme_values import ROLES
from flows.programme_warnings import warnings
from flows.settings import Shape
from flows.signal_options import SIGNAL_KINDS
from flows.step_options import STEP_KINDS
from flows.written import flag, names, option, rows, texts, whole, word
from tests.programme_tables import SHAPES, sections
from tests.scenes import at, pair, scene

HANDBOOK = Path(__file__).parents[1] / "docs" / "programme-files.md"

TOP = """
[programme]
id = "small"
version = "2"
title = "A small one"
months = 3
seats = { mentee = 1, mentor = [1, 2], coordinator = 1 }
"""
PHASE = """
[[phase]]
id = "begin"
title = "The beginning"
frame = "Month 1"
first_day = 1
objectives = ["To begin"]
criteria = [{ step = "hello", text = "They have met" }]
"""
HELLO = """
[[phase.step]]
id = "hello"
kind = "meeting"
people = ["mentee", "mentor"]
day = 2
title = "Hello"
text = "The two of you meet."
"""
CHECKIN = """
[[phase.step]]
id = "checkin"
kind = "checkin"
who = "mentee"
every = "week"
weekday = "Thursday"
from_week = 2
until = "closing"
time = 14:00:00
title = "Check-in"
text = "Three taps."
questions = [{ id = "progress", text = "I got further" }]
ticks = [{ id = "no_time", text = "No time for me", signal = "no_time" }]
nudge_after = "8 working hours"
alert_after = "2 working days"
"""
CLOSING = """
[[phase.step]]
id = "closing"
kind = "closing"
who = ["mentee", "mentor"]
month = 3
day = -1
title = "The end"
text = "That was it."
"""
SIGNALS = """
[[signal]]
id = "no_time"
kind = "ticks"
reason = "Somebody ticked it."

[[signal]]
id = "quiet"
kind = "checkin_missed"
step = "checkin"
"""
SOUND = TOP + PHASE + HELLO + CHECKIN + CLOSING + SIGNALS


def problems(text: str, name: str = "small.toml") -> list[str]:
    """Return what the loader says of a file that is not sound."""
    with pytest.raises(ProgrammeError) as caught:
        load_programme(text, name)
    return [str(problem) for problem in caught.value.problems]


def changed(old: str, new: str) -> str:
    """Return the sound file with one thing changed."""
    assert 1 == SOUND.count(old), f"{old!r} stands {SOUND.count(old)} times in the sound file"
    return SOUND.replace(old, new)


# --- what is read --------------------------------------------------------------------------------


def test_a_sound_file_becomes_a_programme():
    """Programme, phases, steps and signals are read in the order of the file."""
    programme = load_programme(SOUND, "small.toml")

    assert ("small", "2", "en", 3, "help") == (
        programme.id, programme.version, programme.language, programme.months, programme.help_word,
    )  # fmt: skip
    assert (("mentee", (1, 1)), ("mentor", (1, 2)), ("coordinator", (1, 1))) == programme.seats
    assert ("hello", "checkin", "closing") == tuple(step.id for step in programme.steps())
    assert (("hello", (("en", "They have met"),)),) == programme.phases[0].criteria
    assert ("no_time", "quiet") == tuple(signal.id for signal in programme.signals)


def test_a_step_is_read_with_its_time_and_its_reminders():
    """A weekday, a time and stretches of working time become what the timeline reckons with."""
    step = load_programme(SOUND, "small.toml").step("checkin")

    assert ("week", 3, 2, "closing", time(14)) == (
        step.when.every, step.when.weekday, step.when.from_week, step.when.until, step.when.at,
    )  # fmt: skip
    assert (8, 16) == (step.nudge_after, step.alert_after)
    assert ("mentee",) == step.who


def test_a_meeting_is_shared_and_asks_whoever_comes_together():
    """Without `who`, the people of a meeting are asked, once for all of them."""
    hello = load_programme(SOUND, "small.toml").step("hello")

    assert (True, ("mentee", "mentor"), ("mentee", "mentor")) == (hello.shared, hello.who, hello.people)


def test_what_is_not_written_has_the_kinds_default():
    """A step and a signal know the defaults of their kind, whether read from a file or not."""
    programme = load_programme(SOUND, "small.toml")
    hello, closing = programme.step("hello"), programme.step("closing")

    assert ("video", "mentor", 3, False) == (
        word(hello, "meet"), word(hello, "chooser"), whole(hello, "offer_before"), flag(hello, "in_person"),
    )  # fmt: skip
    assert (True, ()) == (flag(closing, "keepsake"), texts(closing, "learned"))
    assert 2 == whole(programme.signals[1], "times")
    assert 2.0 == programme.signals[1].number("times", 9)


def test_lists_of_tables_are_read_as_rows():
    """Questions and ticks keep their ids, their words and the signal they raise."""
    checkin = load_programme(SOUND, "small.toml").step("checkin")

    assert [("progress", (("en", "I got further"),))] == [(r.id, r.text) for r in rows(checkin, "questions")]
    assert ["no_time"] == [r.signal for r in rows(checkin, "ticks")]


def test_a_kind_refuses_to_be_asked_what_it_does_not_know():
    """A slip in code that reads an option fails at once."""
    with pytest.raises(KeyError, match="closing has no 'question'"):
        option(load_programme(SOUND, "small.toml").step("closing"), "question")


def test_texts_may_be_by_language_and_by_role():
    """The programme's own language comes first, whatever the order in the file."""
    by_role = 'text = { mentee = "Du", mentor = { sl = "Midva", en = "The two of you" } }'
    step = load_programme(changed('text = "The two of you meet."', by_role), "small.toml").step("hello")

    assert (("mentee", (("en", "Du"),)), ("mentor", (("en", "The two of you"), ("sl", "Midva")))) == step.text


def test_a_programme_may_be_written_in_another_language():
    """Plain strings are in the language that the file names."""
    text = SOUND.replace("months = 3", 'months = 3\nlanguage = "sl"')

    assert (("sl", "A small one"),) == load_programme(text, "small.toml").title


def test_stages_of_a_review_keep_their_order():
    """The order of a review is that of the file."""
    review = """
[[phase.step]]
id = "review"
kind = "review"
people = ["mentee", "mentor", "coordinator"]
day = 5
title = "Review"
stages = ["opening", "mentee", "mentor", "plan"]
"""
    programme = load_programme(TOP + PHASE + HELLO + review, "small.toml")

    assert ("opening", "mentee", "mentor", "plan") == names(programme.step("review"), "stages")


# --- slips, one each -----------------------------------------------------------------------------

ONE_SLIP = {
    "an unknown key": (
        ("day = 2", "day = 2\nminuets = 20"),
        'small.toml: step "hello": minuets: this key is not known here; did you mean "minutes"?',
    ),
    "an unknown key of the programme": (
        ("months = 3", "months = 3\nversions = 1"),
        'small.toml: programme: versions: this key is not known here; did you mean "version"?',
    ),
    "an unknown heading": (
        ("[[signal]]\nid = \"quiet\"", "[[signals]]\nid = \"quiet\""),
        'small.toml: signals: this heading is not known; did you mean "signal"?',
    ),
    "an unknown kind of step": (
        ('kind = "meeting"', 'kind = "meting"'),
        'small.toml: step "hello": kind: there is no kind "meting"; did you mean "meeting"?',
    ),
    "an unknown kind of signal": (
        ('kind = "checkin_missed"', 'kind = "chekin_missed"'),
        'small.toml: signal "quiet": kind: there is no kind "chekin_missed"; did you mean "checkin_missed"?',
    ),
    "an unknown role": (
        ('who = "mentee"', 'who = ["mente"]'),
        'small.toml: step "checkin": who: "mente" is no role; did you mean "mentee"?',
    ),
    "an unknown step": (
        ('until = "closing"', 'until = "closng"'),
        'small.toml: step "checkin": until: there is no step "closng"; did you mean "closing"?',
    ),
    "an unknown step of a criterion": (
        ('{ step = "hello"', '{ step = "helo"'),
        'small.toml: phase "begin", criteria, entry 1: step: there is no step "helo"; did you mean "hello"?',
    ),
    "an unknown step of a signal": (
        ('step = "checkin"', 'step = "chekin"'),
        'small.toml: signal "quiet": step: there is no step "chekin"; did you mean "checkin"?',
    ),
    "a table in place of a step": (
        ('step = "checkin"', 'step = { checkin = 1 }'),
        "small.toml: signal \"quiet\": step: there is no step {'checkin': 1}; did you mean \"checkin\"?",
    ),
    "an unknown signal of a tick": (
        ('signal = "no_time"', 'signal = "notime"'),
        'small.toml: step "checkin", ticks, entry 1: signal: there is no signal "notime"; did you mean "no_time"?',
    ),
    "a signal of the wrong kind": (
        ('signal = "no_time"', 'signal = "quiet"'),
        ('small.toml: step "checkin", ticks, entry 1: signal: "quiet" is a signal of kind checkin_missed; '
        "name one of kind ticks instead"),
    ),
    "a missing key": (
        ('title = "Hello"', ""),
        'small.toml: step "hello": title: this is missing; add it: What it is called.',
    ),
    "a missing key of a kind": (
        ('questions = [{ id = "progress", text = "I got further" }]', ""),
        ('small.toml: step "checkin": questions: this is missing; add it: '
        "The questions, each answered by one tap from 1 to 5."),
    ),
    "a number that is none": (
        ("day = 2", 'day = "two"'),
        'small.toml: step "hello": day: "two" is no whole number; write it without quotes, such as 5',
    ),
    "a number out of range": (
        ("months = 3", "months = 99"),
        "small.toml: programme: months: 99 is out of range; write a number from 1 to 36",
    ),
    "a working day 0": (
        ("day = 2", "day = 0"),
        'small.toml: step "hello": day: there is no working day 0; write 1 for the first day, -1 for the one before it',
    ),
    "no day at all": (
        ("day = 2\n", ""),
        'small.toml: step "hello": day: it is not said when it happens; add day, month, or every',
    ),
    "two ways to say the time": (
        ('every = "week"', 'every = "week"\nday = 4'),
        ('small.toml: step "checkin": day: this means nothing with every = "week"; '
        "leave it out, or use weekday, from_week, until"),
    ),
    "a weekday of a step that happens once": (
        ("day = 2", 'day = 2\nweekday = "friday"'),
        'small.toml: step "hello": weekday: this means nothing without every; leave it out, or use day, month',
    ),
    "a daily step without an end": (
        ('every = "week"\nweekday = "Thursday"\nfrom_week = 2\nuntil = "closing"', 'every = "day"'),
        'small.toml: step "checkin": until_day: it has no end; add the last working day: until_day = 5',
    ),
    "a daily step that ends before it begins": (
        (
            'every = "week"\nweekday = "Thursday"\nfrom_week = 2\nuntil = "closing"',
            'every = "day"\nfrom_day = 3\nuntil_day = 2',
        ),
        'small.toml: step "checkin": until_day: it would end before it begins; write at least 3',
    ),
    "an unknown recurrence": (
        ('every = "week"', 'every = "weekly"'),
        'small.toml: step "checkin": every: "weekly" is not known here; did you mean "week"?',
    ),
    "a weekday that is none": (
        ('weekday = "Thursday"', 'weekday = "Thirsday"'),
        'small.toml: step "checkin": weekday: "Thirsday" is no weekday; did you mean "thursday"?',
    ),
    "a time that is none": (
        ("time = 14:00:00", 'time = "2 pm"'),
        'small.toml: step "checkin": time: "2 pm" is no time of day; write hours and minutes, such as "09:00"',
    ),
    "a stretch of time that is none": (
        ('nudge_after = "8 working hours"', 'nudge_after = "8 hours"'),
        ('small.toml: step "checkin": nudge_after: "8 hours" is no working time; '
        'write "8 working hours" or "1 working day", or 0 for never'),
    ),
    "a yes that is a word": (
        ("day = 2", 'day = 2\nin_person = "yes"'),
        'small.toml: step "hello": in_person: "yes" is neither yes nor no; write true or false, without quotes',
    ),
    "a choice that is none": (
        ("day = 2", 'day = 2\nmeet = "coffe"'),
        'small.toml: step "hello": meet: "coffe" is not known here; did you mean "coffee"?',
    ),
    "an id that cannot be one": (
        ('id = "begin"', 'id = "The Beginning"'),
        ('small.toml: phase "The Beginning": id: "The Beginning" cannot be an id; '
        "write small letters, digits and underscores, such as first_meeting"),
    ),
    "seats that are none": (
        ("mentor = [1, 2]", "mentor = [2, 1]"),
        ("small.toml: programme: seats: mentor = [2, 1] is no number of seats; "
        "write 1, or the fewest and the most: [1, 3]"),
    ),
    "a language that is none": (
        ("months = 3", 'months = 3\nlanguage = "English"'),
        'small.toml: programme: language: "English" is no language; write a code such as en, sl or pt-BR',
    ),
    "a text in no known language": (
        ('text = "The two of you meet."', 'text = { en = "Meet.", slovene = "Srečanje." }'),
        ('small.toml: step "hello": text: "en" is neither a role nor a language; '
        "it may be mentee, mentor, head, coordinator, director"),
    ),
    "a title that lacks the programme's language": (
        ('title = "Hello"', 'title = { sl = "Zdravo" }'),
        "small.toml: step \"hello\": title: the programme's own language en is missing; add en = \"…\"",
    ),
    "an empty text": (
        ('title = "Hello"', 'title = " "'),
        'small.toml: step "hello": title: this text is empty; write it, or leave the key out',
    ),
    "an unknown placeholder": (
        ('text = "The two of you meet."', 'text = "You and {mento} meet."'),
        'small.toml: step "hello": text: nobody fills in {mento}; did you mean "mentor"?',
    ),
    "too many entries": (
        (
            'questions = [{ id = "progress", text = "I got further" }]',
            "questions = [" + ", ".join(f'{{ id = "q{n}", text = "Q" }}' for n in range(4)) + "]",
        ),
        'small.toml: step "checkin": questions: 4 of at most 3; leave some out',
    ),
    "the same entry twice": (
        (
            'questions = [{ id = "progress", text = "I got further" }]',
            'questions = [{ id = "a", text = "Q" }, { id = "a", text = "Q" }]',
        ),
        'small.toml: step "checkin": questions: "a" stands there twice; give each entry an id of its own',
    ),
    "a list that is none": (
        ('questions = [{ id = "progress", text = "I got further" }]', 'questions = "I got further"'),
        'small.toml: step "checkin": questions: this should be a list of tables; write [{ id = …, text = … }]',
    ),
    "a role without a seat": (
        ('people = ["mentee", "mentor"]', 'people = ["mentee", "mentor", "head"]'),
        'small.toml: step "hello": people: the programme has no seat for a head; add head to seats, or choose another',
    ),
    "a meeting of one": (
        ('people = ["mentee", "mentor"]', 'people = ["mentee"]\nchooser = "mentee"'),
        ('small.toml: step "hello": people: at least two come together; '
        'write them, such as people = ["mentee", "mentor"]'),
    ),
    "a chooser who does not come": (
        ("day = 2", 'day = 2\nchooser = "coordinator"'),
        'small.toml: step "hello": chooser: the coordinator is not among its people; choose one of mentee, mentor',
    ),
    "a text that nobody reads": (
        ('text = "The two of you meet."', 'text = { mentee = "A", mentor = "B", coordinator = "C" }'),
        'small.toml: step "hello": text: nobody reads the text for the coordinator; add the role to who, or drop it',
    ),
    "a month beyond the programme": (
        ("month = 3\nday = -1", "month = 4\nday = -1"),
        'small.toml: step "closing": month: the programme has 3 months; choose an earlier month',
    ),
    "a step before its phase": (
        ("day = 2", "day = -2"),
        'small.toml: step "hello": day: this is outside the days of phase "begin"; move it into the phase it belongs to',
    ),
    "a phase without a beginning": (
        ("first_day = 1\n", ""),
        'small.toml: phase "begin": first_day: it is not said when it begins; add first_day, month, or both',
    ),
    "a step that waits for a later one": (
        ("day = 2", 'day = 2\nafter = "closing"'),
        'small.toml: step "hello": after: it waits for "closing", which comes on a later day; move one of the two',
    ),
    "an end that comes again and again": (
        ('until = "closing"', 'until = "checkin"'),
        'small.toml: step "checkin": until: "checkin" comes again and again; name a step that happens once',
    ),
    "an end before the beginning": (
        ('until = "closing"', 'until = "hello"'),
        'small.toml: step "checkin": until: it would end with "hello" before it begins; name a later step',
    ),
    "a signal on the wrong kind of step": (
        ('step = "checkin"', 'step = "hello"'),
        ('small.toml: signal "quiet": step: "hello" is of kind meeting, which checkin_missed does not watch; '
        "name a step of kind checkin or feedback"),
    ),
    "a signal with nothing to watch": (
        ('kind = "checkin_missed"\nstep = "checkin"', 'kind = "daily_missed"'),
        'small.toml: signal "quiet": kind: no step is of kind daily; add such a step, or leave the signal out',
    ),
    "a question nobody is asked": (
        ('kind = "checkin_missed"', 'kind = "low_answers"\nquestion = "progres"'),
        'small.toml: signal "quiet": question: nobody is asked "progres"; write one of progress',
    ),
}  # fmt: skip


@pytest.mark.parametrize("slip", ONE_SLIP)
def test_a_slip_is_answered_with_its_place_and_its_fix(slip):
    """Each kind of error names the file, the step, the key and what to write instead, and is the only one named."""
    (old, new), expected = ONE_SLIP[slip]

    assert [expected] == problems(changed(old, new))


def test_the_same_id_twice_is_told_once():
    """Steps, phases and signals have ids of their own."""
    assert [
        'small.toml: step "hello": id: several steps have this id; give each an id of its own'
    ] == problems(TOP + PHASE + HELLO + HELLO + CHECKIN + CLOSING + SIGNALS)


def test_all_slips_are_told_at_once():
    """Nobody has to run the check once for each error."""
    text = changed("day = 2", "day = 2\nminuets = 20").replace("months = 3", "months = 0")

    assert 2 == len(problems(text))


def test_steps_that_wait_for_each_other_are_told_once():
    """A ring of steps that wait for each other is named with its whole way."""
    text = changed("day = 2", 'day = 2\nafter = "closing"').replace(
        "month = 3\n", 'month = 3\nafter = ["hello"]\n'
    )

    assert [
        'small.toml: step "hello": after: they wait for each other: hello → closing → hello; take one of them out'
    ] == problems(text)


def test_a_step_that_asks_nobody_is_named():
    """Without `who` and `people`, nobody would get it."""
    text = changed('who = "mentee"\n', "")

    assert [
        'small.toml: step "checkin": who: it is not said who is asked; add it, such as who = ["mentee"]'
    ] == problems(text)


def test_phases_stand_in_the_order_of_time():
    """A phase that begins after its successor is named."""
    text = SOUND.replace("first_day = 1\n", "month = 2\n").replace("day = 2\n", "month = 2\n")
    text = text.replace("[[signal]]", '[[phase]]\nid = "next"\ntitle = "Next"\nframe = "Then"\nfirst_day = 1\n[[phase.step]]\nid = "word"\nkind = "note"\nwho = "mentee"\nday = 1\ntitle = "A word"\n\n[[signal]]', 1)  # fmt: skip

    assert [
        (
            'small.toml: phase "begin": first_day: it begins after the phase that follows it; '
            "put the phases in the order of time"
        )
    ] == problems(text)


def test_a_review_needs_its_chair_and_its_order():
    """HR is among the people of a review, and the mentor never speaks first."""
    review = """
[[phase.step]]
id = "review"
kind = "review"
people = ["mentee", "mentor"]
day = 5
title = "Review"
stages = ["opening", "mentor", "mentee", "mentor"]
"""

    assert [
        'small.toml: step "review": stages: a stage stands there twice; name each stage once',
        'small.toml: step "review": stages: the mentor would speak before the mentee; put mentee before mentor',
        'small.toml: step "review": people: HR has the chair; add coordinator',
    ] == problems(TOP + PHASE + HELLO + review)


def test_a_step_without_an_id_is_named_by_its_place():
    """Where there is no id to name, phase and number are named."""
    assert (
        'small.toml: phase "begin", step 1: id: this is missing; add it: A short name that never changes.'
        in problems(changed('id = "hello"\n', ""))
    )


def test_what_is_not_toml_is_answered_with_line_and_column():
    """A malformed line is named by its number."""
    assert [
        (
            "small.toml: line 4, column 9: this is not TOML (Invalid value); look there: a line is key = value, "
            "a text stands in quotes, a heading is [[phase.step]]"
        )
    ] == problems('[programme]\nid = "a"\nversion = "1"\ntitle = A small one\n')


def test_a_text_that_does_not_end_is_answered():
    """A quote that is never closed is said to be one."""
    assert re.match(
        r"small.toml: (line \d+, column \d+|end of document): this is not TOML",
        problems('[programme]\nid = "a')[0],
    )


def test_an_empty_file_is_answered():
    """A file without anything says how to begin one."""
    assert [
        "small.toml: programme: this is missing; begin the file with [programme]",
        "small.toml: phase: there are no phases; add at least one [[phase]] with a [[phase.step]]",
    ] == problems("")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SOUND.replace("[[phase.step]]\nid = \"hello\"", "[phase.step]\nid = \"hello\"", 1), "this is not TOML"),
        (TOP + PHASE + "step = 5", "head each step [[phase.step]], with two brackets"),
        (TOP + PHASE, "it has no steps"),
        (TOP + "[phase]\nid = 'a'", "there are no phases"),
        ("programme = 3\n" + PHASE + HELLO, "this should be a table of keys"),
        (TOP + PHASE + HELLO + "[signal]\nid = 'a'", "head each signal [[signal]], with two brackets"),
        (SOUND.replace('text = "The two of you meet."', 'text = "a { b"'), "a lone brace cannot be read"),
        (SOUND.replace('title = "Hello"', "title = 3"), "this should be a text"),
        (SOUND.replace('title = "Hello"', "title = { en = 3 }"), "the text for en should be a string"),
        (SOUND.replace('title = "Hello"', 'title = { English = "a" }'), '"English" is no language'),
        (SOUND.replace('seats = {', 'seats = 3 # {'), "this should be a table of roles"),
        (SOUND.replace('objectives = ["To begin"]', 'objectives = "To begin"'), "this should be a list of texts"),
    ],
)  # fmt: skip
def test_odd_shapes_are_answered_and_never_crash(text, expected):
    """Whatever TOML can hold in the wrong place is a problem with a fix, not a traceback."""
    assert any(expected in problem for problem in problems(text))


# --- warnings ------------------------------------------------------------------------------------


def test_a_sound_small_file_has_no_warnings():
    """Nothing is worth a look in the file that the other tests change."""
    assert () == warnings(load_programme(SOUND, "small.toml"), "small.toml")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "The two of you meet.",
            "word " * 41,
            'step "hello": text: the text for everybody (en) has 41 words',
        ),
        ("The two of you meet.", "Welcome!", "has an exclamation mark"),
        ('text = "The two of you meet."', 'text = { mentor = "A" }', "the mentee reads only the title"),
        (
            'title = "Hello"',
            'title = { en = "Hello", sl = "Zdravo" }',
            'step "closing": title: not written in sl',
        ),
        ('objectives = ["To begin"]\n', "", 'phase "begin": objectives: nothing is written'),
        ('kind = "closing"', 'kind = "note"', "there is no step of kind closing"),
    ],
)
def test_what_people_would_stumble_over_is_a_warning(old, new, expected):
    """A file can be sound and still be worth a look."""
    found = warnings(load_programme(changed(old, new), "small.toml"), "small.toml")

    assert any(expected in str(problem) for problem in found), found


# --- the tables ----------------------------------------------------------------------------------


def test_every_kind_of_step_has_a_conversation_and_the_other_way_round():
    """What a file may name is what the bot can carry."""
    watched = {"cases", "signals"}  # what the bot watches by itself; no file has a step of these
    assert set(STEP_KINDS) == set(register.KINDS) - watched


def test_placeholders_are_those_that_a_scene_fills_in():
    """No text may name what nobody fills in, and nothing is filled in that a file may not name."""
    assert set(PLACEHOLDERS) == set(scene(pair(), at("2027-01-11")).names())


def test_no_key_of_a_kind_hides_a_common_key():
    """A key means one thing in one step or signal."""
    steps, signals = {s.key for s in STEP_KEYS}, {s.key for s in SIGNAL_KEYS}

    assert set() == {s.key for kind in STEP_KINDS.values() for s in kind.settings} & (steps - {"steps"})
    assert set() == {s.key for kind in SIGNAL_KINDS.values() for s in kind.settings} & signals


def test_every_default_of_a_choice_is_one_of_the_choices():
    """A default could be written as well."""
    for kind in STEP_KINDS.values():
        for setting in kind.settings:
            written = setting.default if isinstance(setting.default, tuple) else (setting.default,)
            assert not setting.one_of or set(written) <= set(setting.one_of), f"{kind.name}.{setting.key}"


def test_whatever_asks_something_says_who_sees_it():
    """Kinds that only tell something have no viewers; all others name at least one."""
    telling = {"guide", "note", "tour", "digest"}

    assert telling == {kind.name for kind in STEP_KINDS.values() if not kind.seen_by}


def test_signals_watch_kinds_that_exist():
    """The kinds that a signal fits are kinds of steps."""
    assert {fit for kind in SIGNAL_KINDS.values() for fit in kind.fits} <= set(STEP_KINDS)


def test_every_role_can_be_written():
    """The roles of a file are those of the product."""
    assert get_args(Role) == ROLES


# --- the handbook --------------------------------------------------------------------------------


def test_the_handbook_has_every_key_and_every_kind():
    """Each key and kind stands in docs/programme-files.md as the loader knows it."""
    written = HANDBOOK.read_text(encoding="utf-8")
    for heading, lines in sections().items():
        assert f"\n{heading}\n" in written
        part = written.split(f"\n{heading}\n")[1].split("\n## ")[0]
        assert "\n".join(lines).strip() in part, f"{heading} is not as the loader's tables have it"


def test_every_shape_has_a_name_in_the_handbook():
    """Nothing is written in a way that the handbook has no word for."""
    assert set(get_args(Shape)) == set(SHAPES)


def test_the_handbooks_whole_programme_is_sound():
    """Whoever copies the example gets a programme without a warning."""
    example = HANDBOOK.read_text(encoding="utf-8").split("## A whole small programme")[1]
    text = example.split("```toml\n")[1].split("```")[0]

    assert () == warnings(load_programme(text, "coffee.toml"), "coffee.toml")


def test_phases_list_their_keys_once():
    """A phase's keys are all different."""
    keys = [setting.key for setting in PHASE_KEYS]

    assert sorted(set(keys)) == sorted(keys)
