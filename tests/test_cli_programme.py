"""
`telemachy check`, `preview` and `diff`, as somebody at a terminal sees them.
"""

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.main import build
from bot.shipped import shipped
from tests.living import Life
from tests.scenes import ANA, BREDA, IRENA, MATEJ, PETER
from tests.servers import configuration
from tests.test_programme_file import SOUND
from tests.test_skeleton import PROGRAMME


def run(*arguments: str):
    """Run the program as a terminal would."""
    return CliRunner().invoke(build(arguments), list(arguments), prog_name="telemachy")


@pytest.fixture
def file(tmp_path):
    """Write a programme file and return its path."""

    def write(text: str, name: str = "small.toml") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def changed(old: str, new: str) -> str:
    """Return the sound file with one thing changed."""
    assert 1 == SOUND.count(old)
    return SOUND.replace(old, new)


# --- check ---------------------------------------------------------------------------------------


def test_a_sound_file_is_said_to_be_sound(file):
    """One line says what was read."""
    shown = run("check", file(SOUND))

    assert 0 == shown.exit_code
    assert "small.toml is sound: small, version 2, 3 months, 1 phase, 3 steps, 2 signals.\n" == shown.stdout


def test_the_shipped_programme_is_sound_and_nothing_is_worth_a_look():
    """Its name is enough."""
    shown = run("check", "onboarding")

    assert 0 == shown.exit_code
    assert shown.stdout.startswith("onboarding.toml is sound: onboarding, version 1, 6 months, 6 phases")


def test_slips_end_the_check_with_their_places_and_fixes(file):
    """Every problem is a line on standard error, and the exit says that there are some."""
    shown = run(
        "check", file(changed("day = 2", "day = 2\nminuets = 20").replace("months = 3", "months = 0"))
    )

    assert 1 == shown.exit_code
    assert "" == shown.stdout
    assert [
        "small.toml: programme: months: 0 is out of range; write a number from 1 to 36",
        'small.toml: step "hello": minuets: this key is not known here; did you mean "minutes"?',
        "2 problems.",
    ] == shown.stderr.splitlines()


def test_what_is_worth_a_look_is_no_error(file):
    """Warnings stand before the verdict, and the file may be used."""
    shown = run("check", file(changed("The two of you meet.", "Meet!")))

    assert 0 == shown.exit_code
    assert shown.stdout.startswith(
        'worth a look: small.toml: step "hello": text: the text for everybody (en) has an'
    )


def test_a_file_that_is_not_there_names_what_may_be_meant():
    """A slip in the name of a shipped programme is recognised."""
    shown = run("check", "onbording")

    assert 2 == shown.exit_code
    assert 'did you mean "onboarding"?' in " ".join(shown.stderr.split())


def test_a_file_that_is_not_text_says_how_to_save_it(tmp_path):
    """A file in another encoding is answered with the fix."""
    (tmp_path / "old.toml").write_bytes("[programme]\ntitle = 'Včasih'".encode("latin2"))
    shown = run("check", str(tmp_path / "old.toml"))

    assert 1 == shown.exit_code
    assert "old.toml: line 2: this is not UTF-8 text; save it again with the encoding UTF-8" in shown.stderr


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path):
    """Editors that put a mark at the beginning do no harm."""
    (tmp_path / "small.toml").write_bytes(b"\xef\xbb\xbf" + SOUND.encode())

    assert 0 == run("check", str(tmp_path / "small.toml")).exit_code


def test_a_folder_is_no_programme(tmp_path):
    """A folder is answered like any file that cannot be read."""
    shown = run("check", str(tmp_path))

    assert 1 == shown.exit_code
    assert "cannot be read" in " ".join(shown.stderr.split())


# --- preview -------------------------------------------------------------------------------------


def test_the_preview_shows_date_time_who_and_what(file):
    """A small programme, whole."""
    shown = run("preview", file(SOUND), "--start", "2027-01-11")
    lines = shown.stdout.splitlines()

    assert 0 == shown.exit_code
    assert [
        "A small one, version 2, first day Mon 11 Jan 2027, no public holidays. Times are those of each receiver.",
        "",
        "The beginning · Month 1",
        "  Thu 07 Jan 2027  09:00  mentor          Hello: times are offered, one tap fixes one",
        "  Tue 12 Jan 2027  09:00  mentee, mentor  Hello (30 minutes)",
        "  Thu 21 Jan 2027  14:00  mentee          Check-in",
    ] == lines[:6]
    assert "  Fri 09 Apr 2027  09:00  mentee, mentor  The end" == lines[-1]


def test_the_preview_of_one_role_leaves_the_others_out():
    """Only what reaches the head is shown."""
    shown = json.loads(
        run("preview", "onboarding", "--start", "2027-01-11", "--person", "head", "--json").stdout
    )

    assert {"head_told", "digest", "team_gathering"} == {line["step"] for line in shown}


def test_holidays_of_the_country_are_days_off():
    """Prešeren day, 8 February, is no working day in Slovenia: what comes two working days before is earlier."""
    asked = {}
    for country in ("", "SI"):
        shown = run("preview", "onboarding", "--start", "2027-01-11", "--json", "--country", country).stdout
        lines = [line for line in json.loads(shown) if line["step"] == "review_month1"]
        asked[country] = [(line["what"], line["date"]) for line in lines]

    assert [("times", "2027-02-05"), ("beforehand", "2027-02-08"), ("step", "2027-02-10")] == asked[""]
    assert [("times", "2027-02-04"), ("beforehand", "2027-02-05"), ("step", "2027-02-10")] == asked["SI"]


def test_a_preview_as_json_has_everything_a_program_needs():
    """Dates and times are in the form that programs read."""
    shown = json.loads(run("preview", "onboarding", "--start", "2027-01-11", "--json").stdout)
    lunch = next(line for line in shown if line["step"] == "lunch" and line["what"] == "step")

    assert {
        "date": "2027-01-11",
        "time": "12:30",
        "who": ["mentee", "mentor"],
        "phase": "first_day",
        "step": "lunch",
        "kind": "meeting",
        "occurrence": "once",
        "what": "step",
        "title": "Lunch of the two of you",
        "minutes": 45,
    } == lunch


def test_somebody_who_moved_has_a_preview_of_their_own():
    """The guide is another one, and the director's coffee is left out."""
    shown = run("preview", "onboarding", "--start", "2027-01-11", "--moved").stdout

    assert "Your new position" in shown
    assert "Coffee with the director" not in shown


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (("--start", "11.1.2027"), "write year, month and day, such as 2027-01-11"),
        (("--start", "2027-02-30"), "write year, month and day, such as 2027-01-11"),
        (("--start", "2027-01-11", "--person", "mentr"), 'did you mean "mentor"?'),
        (("--start", "2027-01-11", "--country", "Slovenia"), "did you mean SI?"),
    ],
)
def test_a_slip_in_the_arguments_is_answered(wrong, expected):
    """Each wrong argument says what to write."""
    shown = run("preview", "onboarding", *wrong)

    assert 2 == shown.exit_code
    assert "Traceback" not in shown.output
    assert expected in " ".join(shown.stderr.split())


# --- diff ----------------------------------------------------------------------------------------


def test_two_equal_files_do_not_differ(file):
    """A remark is no difference."""
    shown = run("diff", file(SOUND), file("# changed\n" + SOUND, "new.toml"))

    assert "Nothing differs.\n" == shown.stdout


def test_a_difference_says_whom_it_reaches(file):
    """Moved, added and removed steps, words, reminders and thresholds are each a line."""
    new = (
        SOUND.replace('version = "2"', 'version = "3"')
        .replace("day = 2\n", 'day = 3\ntime = "10:00"\n')
        .replace("Three taps.", "Three quick taps.")
        .replace('nudge_after = "8 working hours"', 'nudge_after = "4 working hours"')
        .replace('kind = "checkin_missed"', 'kind = "checkin_missed"\ntimes = 3')
        .replace('id = "closing"', 'id = "ending"')
        .replace('until = "closing"', 'until = "ending"')
    )
    shown = run("diff", file(SOUND), file(new, "new.toml"))

    assert [
        'step "hello": another time: working day 2, 09:00 → working day 3, 10:00 (mentee, mentor)',
        ('step "checkin": another time: each Thursday from week 2 until closing, 14:00 → '
        "each Thursday from week 2 until ending, 14:00 (mentee)"),
        'step "checkin": other words: text (mentee)',
        'step "checkin": other reminders: nudge_after: 8 → 4 working hours (mentee)',
        'step "ending": new: closing, month 3, last working day, 09:00 (mentee, mentor)',
        'step "closing": gone: closing, month 3, last working day, 09:00 (mentee, mentor)',
        'signal "quiet": another threshold: times: 2 → 3 (coordinator)',
        "",
        "It reaches: mentee, mentor, coordinator.",
        'Pairs that are running stay with version "2" until a coordinator says otherwise.',
    ] == shown.stdout.splitlines()  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("months = 3", "months = 4", "programme: other settings: months: 3 → 4 (mentee, mentor, coordinator)"),
        ("mentor = [1, 2]", "mentor = 1", "programme: other people: seats for mentor: 1 to 2 → 1 (mentor)"),
        ('title = "A small one"', 'title = "Another"', "programme: other words: title or help word (mentee, mentor, coordinator)"),
        ('frame = "Month 1"', 'frame = "Then"', 'phase "begin": other words: what is said of the phase (coordinator)'),
        ("first_day = 1", "first_day = 2", 'phase "begin": another time: begins on working day 1 → working day 2 (mentee, mentor)'),
        ('who = "mentee"', 'who = ["mentee", "mentor"]', 'step "checkin": other people: who: mentee → mentee, mentor (mentee, mentor)'),
        ("day = 2", "day = 2\noffer_before = 5", 'step "hello": other settings: offer_before: 3 → 5 (mentee, mentor)'),
        ("day = 2", 'day = 2\nin_person = true', 'step "hello": other settings: in_person: false → true (mentee, mentor)'),
        ('text = "I got further"', 'text = "I came further"', 'step "checkin": other words: questions (mentee)'),
        ('reason = "Somebody ticked it."', 'reason = "It was ticked."', 'signal "no_time": other words: reason (coordinator)'),
        ("day = 2", "day = 2\noptional = true", 'step "hello": other settings: optional: false → true (mentee, mentor)'),
    ],
)  # fmt: skip
def test_each_difference_is_one_line(file, old, new, expected):
    """One change of the file is one line of the answer."""
    shown = run("diff", file(SOUND), file(changed(old, new), "new.toml")).stdout.splitlines()

    assert [expected] == shown[: shown.index("")]


def test_the_same_version_twice_is_pointed_out(file):
    """A changed file needs a version of its own, or running pairs could not be told apart."""
    shown = run("diff", file(SOUND), file(changed("months = 3", "months = 4"), "new.toml")).stdout

    assert 'Both say version "2": give the new file another version before it is used.' in shown


def test_a_file_that_is_not_sound_cannot_be_compared(file):
    """What is wrong with the new file is said, as by check."""
    shown = run("diff", "onboarding", file(changed("months = 3", "months = 0")))

    assert 1 == shown.exit_code
    assert "small.toml: programme: months: 0 is out of range" in shown.stderr


def test_shipped_programmes_are_read_by_name():
    """The onboarding programme is among those that ship."""
    assert "onboarding" in shipped()


async def test_a_running_pairs_own_calendar_is_printed(tmp_path: Path) -> None:
    """`preview --pair` shows what these two will live, with what was changed for them, while the bot may be running."""
    url = f"sqlite:///{tmp_path}/pair.db"
    life = Life(url)
    seats = {
        "mentee": (ANA,),
        "mentor": (MATEJ,),
        "head": (PETER,),
        "coordinator": (IRENA,),
        "director": (BREDA,),
    }
    await life.enrol(PROGRAMME, seats, date(2027, 1, 11))  # type: ignore[arg-type]

    shown = run("preview", "--pair", "e1", "--db", url)
    unknown = run("preview", "--pair", "e7", "--db", url)

    assert "Thu 21 Jan 2027  14:00  mentee  Check-in" in shown.output
    assert 'has no pair "e7"' in unknown.output
    await life.close()


@pytest.mark.parametrize("text", [b"titel = '\x8a'", b'[programme]\ntitel = "Mine"\n'])
@pytest.mark.parametrize("command", ["check", "preview", "simulate", "rehearse", "people", "serve", "doctor"])
def test_every_command_names_what_is_wrong_with_a_programme(tmp_path, command, text):
    """Another encoding and a wrong key alike: the file, the place and the fix, and never a traceback."""
    file, config = tmp_path / "mine.toml", configuration(tmp_path, '[programme]\nfile = "mine.toml"')
    file.write_bytes(text)
    (tmp_path / "people.csv").touch()
    arguments = {
        "check": [file],
        "preview": [file, "--start", "2027-01-11"],
        "simulate": ["--pairs", "1", "--seed", "1", "--programme", file],
        "rehearse": [file, "--to", "me@example.org"],
        "people": [tmp_path / "people.csv", "--config", config],
        "serve": ["--config", config],
        "doctor": ["--config", config],
    }
    shown = run(command, *map(str, arguments[command]))

    # 1 is what a simulation that found something ends with.
    assert (2 if command == "simulate" else 1) == shown.exit_code
    assert isinstance(shown.exception, SystemExit)
    assert "mine.toml" in shown.output
    assert ("save it again with the encoding UTF-8" if b"\x8a" in text else "titel") in shown.output


def test_a_rehearsal_wants_an_address(tmp_path):
    """A slip is named before five people have lived a programme for nothing."""
    shown = run("rehearse", "--to", "nonsense")

    assert 2 == shown.exit_code
    assert "'nonsense' is not an e-mail address" in " ".join(shown.stderr.split())
