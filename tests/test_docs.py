"""The documents say what is so: keys, commands, words, links, and who sees what."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import click
import pytest
import typer

from adapters.playground import chrome
from bot.cli.main import COMMANDS, build
from bot.config import keys
from bot.people_file import read_people
from flows.register import COMMANDS as WORDS
from flows.visibility import TABLE

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
)
OPERATORS = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")

# What people type besides our own commands.
OTHERS = {"cp", "make", "python3", ".venv/bin/pip", "telemachy"}

_FENCED = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:telemachy|make) [^`]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(file: Path) -> str:
    """Return how a document is called in a test's name."""
    return file.relative_to(ROOT).as_posix()


def commands() -> Iterator[tuple[str, str]]:
    """Yield every command of every document, with the document."""
    for file in DOCUMENTS:
        text = file.read_text(encoding="utf-8")
        for block in _FENCED.findall(text):
            yield from ((name_of(file), line) for line in block.splitlines() if line.strip())
        for told in _INLINE.findall(_FENCED.sub("", text)):
            yield name_of(file), told


def telemachy(words: list[str]) -> click.Command:
    """Return the command that is meant, as the command line knows it."""
    group = typer.main.get_command(build(words))
    found: click.Command = group.commands[words[0]]  # type: ignore[attr-defined]
    return found


# --- configuration ---------------------------------------------------------------------------


def test_every_key_of_the_configuration_is_explained() -> None:
    """docs/operators.md has every key, and none that does not exist."""
    known = {f"[{section}] {key}" for section, ours in keys().items() for key in ours}
    named = set(re.findall(r"`(\[\w+\] \w+)`", OPERATORS))
    by_file = {
        told for told in known if told.endswith("_file") and f"`{told.partition(' ')[2]}`" in OPERATORS
    }

    assert set() == named - known
    assert set() == known - named - by_file


def test_every_key_stands_in_the_example() -> None:
    """config.example.toml has every key, under its section; those that name a secret's file as a remark."""
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    sections = dict(zip(*[iter(re.split(r"^\[(\w+)\]$", text, flags=re.MULTILINE)[1:])] * 2, strict=True))
    missing = [
        f"[{section}] {key}"
        for section, ours in keys().items()
        for key in ours
        if not re.search(rf"^(# )?{key} = ", sections.get(section, ""), re.MULTILINE)
    ]

    assert [] == missing


# --- commands --------------------------------------------------------------------------------


@pytest.mark.parametrize(("file", "line"), sorted(set(commands())))
def test_a_command_in_a_document_can_be_typed(file: str, line: str) -> None:
    """Its command, its options and the files of ours that it names exist."""
    program, *words = shlex.split(line, comments=True)
    assert program in OTHERS, f"{file}: {line}"
    if program == "make":
        targets = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert f"make {words[0]} " in targets, f"{file}: {line}"
    elif program == "telemachy":
        assert [] == list(_slips(words)), f"{file}: {line}"
    else:
        ours = [word for word in words if word.endswith((".txt", ".example.toml"))]
        assert all((ROOT / word).is_file() for word in ours), f"{file}: {line}"


def _slips(words: list[str]) -> Iterator[str]:
    """Yield what the command line would not understand; a word in capitals stands for something."""
    if words[0].startswith("--"):
        return
    if words[0] not in COMMANDS:
        yield words[0]
        return
    parameters = telemachy(words).params
    options = {option for parameter in parameters for option in parameter.opts if option.startswith("-")}
    yield from (word for word in words[1:] if word.startswith("-") and word not in options | {"--help"})
    given = {word for word in words if word.startswith("-")}
    whole = len(words) > 1  # a command that is only mentioned need not be complete
    for parameter in parameters:
        needed = whole and parameter.required and parameter.param_type_name == "option"
        if needed and not given & set(parameter.opts):
            yield f"{parameter.opts[0]} is missing"


@pytest.mark.parametrize(
    "line",
    sorted({line for _, line in commands() if re.match(r"telemachy (check|preview|diff) onboarding", line)}),
)
def test_a_command_that_needs_nothing_runs(line: str) -> None:
    """What can be typed on any machine ends well."""
    run = subprocess.run(
        [sys.executable, "-m", "bot.cli.main", *shlex.split(line)[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == run.returncode, run.stderr
    assert run.stdout


def test_every_command_is_in_a_document() -> None:
    """Whoever only reads learns of all there is."""
    told = {shlex.split(line)[1] for _, line in commands() if line.startswith("telemachy ")}

    assert set() == set(COMMANDS) - told


# --- what people are told --------------------------------------------------------------------


def test_coordinators_read_every_word_that_the_bot_knows() -> None:
    """The table of words in docs/coordinators.md has each word, and no other."""
    text = (ROOT / "docs" / "coordinators.md").read_text(encoding="utf-8")
    table = text.partition("## Words to write to it")[2].partition("\n## ")[0]
    named = {
        word
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for word in re.findall(r"`(\w+)`", row)
    }

    assert set(WORDS) == named


def test_a_visitor_reads_every_button_temperament_and_key_of_the_page() -> None:
    """docs/playground.md names them as the page does, and the people file in it can be taken as it stands."""
    text = (ROOT / "docs" / "playground.md").read_text(encoding="utf-8")
    page = (ROOT / "adapters" / "playground" / "static" / "main.js").read_text(encoding="utf-8")
    named = [words.msgid for name, words in chrome.words().items() if name.startswith("temperament.")]
    named += [
        chrome.words()[move].msgid for move in re.findall(r'"(\w+)"', _between(page, "const MOVES", "}"))
    ]
    keys = re.findall(r'\["(.+?)", "keys\.', page)
    people = read_people(re.findall(r"```csv\n(.*?)```", text, re.DOTALL)[0].encode(), date(2027, 1, 4))

    assert 5 + 5 == len(named)
    assert [] == [words for words in named if f"**{words}**" not in text]
    assert [] == [key for key in keys if f"`{key[0]}`" not in text]
    assert [("ana", "matej")] == [
        (p.mentee.partition("@")[0], p.mentor.partition("@")[0]) for p in people.pairs
    ]


def _between(text: str, first: str, last: str) -> str:
    return text.partition(first)[2].partition(last)[0]


# The row of docs/privacy.md for each kind of answer, and whom it names beside the author.
ROWS = {
    "checkin_scale": "three taps of the check-in",
    "checkin_words": "words of the check-in",
    "private": "private list of the check-in or of the feedback",
    "daily_look": "the mentor's daily look",
    "feedback": "weekly feedback",
    "going": "“How is it going between you?”",
    "fit": "“Do we fit?” in week 3",
    "satisfaction": "satisfaction, evaluation of the programme",
    "evaluation": "satisfaction, evaluation of the programme",
    "ease": "at ease with chat and video",
    "review": "what was written for a review",
    "note": "notes and questions",
}
# No conversation asks for one yet.
UNASKED = {"competency"}
# Who opens these is not said by roles: the mentee's ticks, being in the review, being the two of a note.
OTHERWISE = {"checkin_words", "review", "note"}
# Who writes it, and is therefore named as well.
AUTHORS = {"daily_look": "mentor", "feedback": "mentor", "checkin_scale": "mentee", "ease": "mentee"}


def test_the_table_of_privacy_is_the_one_that_is_enforced() -> None:
    """Every kind of answer has its row, which names the roles that may see it and no other."""
    text = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", text, re.MULTILINE))
    differing = {
        kind
        for kind, audience in TABLE.items()
        if kind not in UNASKED | OTHERWISE
        and {
            role
            for role in ("mentee", "mentor", "coordinator")
            if re.search(rf"the {role}\b(?!')", rows[ROWS[kind]])
        }
        != (set(audience) - {"author"}) | ({AUTHORS[kind]} if kind in AUTHORS else set())
    }

    assert set(TABLE) == set(ROWS) | UNASKED
    assert set() == set(ROWS.values()) - set(rows)
    assert set() == differing


# --- links and pages -------------------------------------------------------------------------


def anchors(file: Path) -> set[str]:
    """Return what a link into a document may point at."""
    headings = _HEADING.findall(file.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(file: Path) -> None:
    """Every link to a file or to a heading of ours finds it."""
    broken = []
    for target in _LINK.findall(file.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        there = (file.parent / path).resolve() if path else file
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)

    assert [] == broken


def test_every_document_can_be_found_from_the_first_page() -> None:
    """Whoever begins at README.md and follows links, or looks into a folder that is linked, reads them all."""
    found, waiting = set(), [ROOT / "README.md"]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        text = file.read_text(encoding="utf-8")
        targets = [(file.parent / target.partition("#")[0]).resolve() for target in _LINK.findall(text)]
        named = [ROOT / path for path in re.findall(r"`(docs/[\w./-]+\.md)`", text)]
        for there in (*targets, *named):
            waiting += there.glob("*.md") if there.is_dir() else [there] if there.suffix == ".md" else []

    assert set() == set(DOCUMENTS) - found


def test_decisions_are_one_page_each() -> None:
    """They are numbered without a gap, and say context, choice and price."""
    files = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [f"{n:04}" for n in range(1, len(files) + 1)] == [file.name[:4] for file in files]
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(file.name[:4])}. "), file.name
        assert ["Context", "Choice", "Price"] == re.findall(
            r"^(?:## |\*\*)(Context|Choice|Price)\b", text, re.MULTILINE
        ), file.name
        assert len(text.splitlines()) <= 60, file.name


def test_the_changelog_keeps_its_form() -> None:
    """What is coming stands first; what people will notice is said in sentences."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    notes = re.findall(r"^- (.+)$", text, re.MULTILINE)

    assert "Unreleased" == re.findall(r"^## (.+)$", text, re.MULTILINE)[0]
    assert [] == [note for note in notes if not note.endswith(".")]


def test_no_document_shouts() -> None:
    """The documents speak as the bot does: without exclamation marks."""
    prose = {file: re.sub(r"`[^`]*`|!\[", "", file.read_text(encoding="utf-8")) for file in DOCUMENTS}

    assert [] == [name_of(file) for file, text in prose.items() if re.search(r"\w!", text)]
