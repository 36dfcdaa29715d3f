"""Whole programmes with synthetic people: the same every time, audited, and every planted bug is caught."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import bot.claim
import flows.review_room
import flows.visibility
import storage.outbox
from adapters.sim.auditor import NUMBERS
from adapters.sim.people import company
from adapters.sim.player import Act
from adapters.sim.promises import Course
from bot.calendar import WorkingTime
from bot.cli.main import build
from bot.cli.simulation import Wish, simulated
from bot.cli.simulation_report import Report
from bot.content import Card, Text, UserText, say
from bot.facts import NOT_LOADED, Person
from bot.outcome import Send
from bot.ports import QueuedState

BRISK = Path(__file__).with_name("brisk.toml")
CLEAN = dict.fromkeys(NUMBERS, 0)


def run(folder: Path, *, pairs: int = 4, seed: str = "3", url: str = "", **more: object) -> Report:
    wish = Wish(pairs=pairs, seed=seed, start=date(2027, 1, 11), programme=BRISK)
    return asyncio.run(simulated(replace(wish, **more), url or f"sqlite:///{folder / 'run.db'}"))  # type: ignore[arg-type]


def found(report: Report) -> Counter[str]:
    return Counter(finding.number for finding in report.findings)


def test_a_company_lives_through_a_programme_and_the_auditor_finds_nothing(tmp_path: Path) -> None:
    """Everybody gets what they were promised once, in their hours, within the budget, with all seals kept."""
    report = run(tmp_path, pairs=6)
    assert () == report.findings
    assert () == report.errors
    figures = report.figures
    assert CLEAN == {number: figures[number] for number in NUMBERS}
    assert 6 == figures["reviews_held"]
    assert int(str(figures["messages_sent"])) > 100
    assert int(str(figures["forms_submitted"])) > 50
    assert report.clean


def test_the_same_seed_gives_the_same_transcript_on_both_databases(db_url: str, tmp_path: Path) -> None:
    """A run is the same to the last word on SQLite and on PostgreSQL."""
    here = run(tmp_path, pairs=2)
    there = run(tmp_path, pairs=2, url=db_url)
    assert here.figures["transcript_sha256"] == there.figures["transcript_sha256"]


@pytest.mark.slow
def test_half_a_year_is_the_same_on_both_databases_and_under_another_hash_seed(
    db_url: str, tmp_path: Path
) -> None:
    """The onboarding programme, with all that people do in it, leaves the same transcript everywhere."""
    here = run(tmp_path, pairs=3, seed="9", url=db_url, programme=None)
    command = [sys.executable, "-m", "bot.cli.main", "simulate", "--pairs", "3", "--seed", "9", "--json"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        cwd=BRISK.parent.parent,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
    )
    assert () == here.findings
    assert here.figures["transcript_sha256"] == json.loads(done.stdout)["transcript_sha256"]


def test_another_seed_gives_another_transcript(tmp_path: Path) -> None:
    """The seed decides what happens."""
    one = run(tmp_path, pairs=2, seed="3")
    (tmp_path / "other").mkdir()
    other = run(tmp_path / "other", pairs=2, seed="4")
    assert one.figures["transcript_sha256"] != other.figures["transcript_sha256"]


def test_the_hash_seed_changes_nothing(tmp_path: Path) -> None:
    """A run is the same in another process with another PYTHONHASHSEED."""
    command = [sys.executable, "-m", "bot.cli.main", "simulate", "--pairs", "2", "--seed", "3", "--json"]
    done = subprocess.run(
        [*command, "--programme", str(BRISK)],
        capture_output=True,
        text=True,
        check=True,
        cwd=BRISK.parent.parent,
        env={**os.environ, "PYTHONHASHSEED": "12345"},
    )
    here = run(tmp_path, pairs=2)
    assert here.figures["transcript_sha256"] == json.loads(done.stdout)["transcript_sha256"]


def test_faults_and_crashes_lose_and_repeat_nothing(tmp_path: Path) -> None:
    """With a platform that throttles, refuses and gives no answer, and a process that dies, nothing is found."""
    report = run(tmp_path, pairs=6, seed="5", faults=True)
    assert () == report.findings
    assert int(str(report.figures["crashes"])) > 3
    assert int(str(report.figures["doubtful"])) > 3


def act(on: str, verb: str, ref: str = "", /, **values: str) -> Act:
    moment = datetime.fromisoformat(f"{on}T09:00+00:00")
    return Act(at=moment, kind="submit", verb=verb, ref=ref, values=tuple(values.items()))


def interventions(courses: Sequence[Course]) -> Iterator[tuple[str, Act]]:
    """Let a pair rest, another begin later, a step be left out, moved or added, and every mentee take leave."""
    one, two, three, four = courses[:4]
    hr = {course.id: course.seats["coordinator"][0] for course in courses}
    later = two.start + timedelta(days=14)
    yield (
        hr[one.id],
        act("2027-01-25", "care.pause", f"enrolment:{one.id}", first="2027-01-27", last="2027-02-05"),
    )
    yield (
        hr[two.id],
        act("2027-01-05", "pair.changed", f"enrolment:{two.id}", what="start", day=later.isoformat()),
    )
    yield hr[three.id], act("2027-01-06", "pair.changed", f"enrolment:{three.id}", what="skip", step="tip_1")
    moved, visit = (
        (three.start + timedelta(days=21)).isoformat(),
        (four.start + timedelta(days=9)).isoformat(),
    )
    yield (
        hr[three.id],
        act("2027-01-07", "pair.changed", f"enrolment:{three.id}", what="move", step="tip_2", day=moved),
    )
    yield (
        hr[four.id],
        act("2027-01-08", "pair.changed", f"enrolment:{four.id}", what="add", day=visit, title="A visit"),
    )
    for course in courses:
        yield (
            course.seats["mentee"][0],
            act("2027-01-27", "care.leave", first="2027-02-08", last="2027-02-12"),
        )


def test_what_people_change_on_the_way_loses_and_repeats_nothing(tmp_path: Path) -> None:
    """With a pause, another start, a step left out, moved and added, and leaves taken in chat, the auditor finds nothing."""
    report = run(tmp_path, acts=interventions, seed="8")
    assert () == report.findings
    assert () == report.errors


def test_a_leave_taken_in_chat_that_is_ignored_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: only leaves known from the start count. The auditor has seen the others being taken."""
    whole = Person.working_time

    def as_enrolled(self: Person, holidays: tuple[date, ...] = ()) -> WorkingTime:
        known = tuple(span for span in self.leave if span.first != date(2027, 2, 8))
        return replace(whole(self, holidays), leave=known)

    monkeypatch.setattr(Person, "working_time", as_enrolled)
    assert found(run(tmp_path, acts=interventions, seed="8"))["off_hours"] > 0


# --- planted bugs ----------------------------------------------------------------------------------


def test_a_second_send_in_doubt_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: whatever is in doubt is sent again by itself. The auditor finds what arrived twice."""

    settle = storage.outbox.Outbox.settle

    def again(
        self: storage.outbox.Outbox, ids: Sequence[int], state: QueuedState, now: datetime, **more: Any
    ) -> None:
        settle(self, ids, "pending" if state == "doubtful" else state, now, **more)

    monkeypatch.setattr(storage.outbox.Outbox, "settle", again)
    assert found(run(tmp_path, pairs=6, seed="5", faults=True))["duplicates"] > 0


def test_messages_stored_twice_are_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: an intention is stored under a key of its own each time. The auditor finds duplicates."""
    intend = storage.outbox.Outbox.intend

    def twice(self: storage.outbox.Outbox, sends: Iterable[Send], now: datetime) -> None:
        several = tuple(sends)
        intend(self, several, now)
        intend(self, [replace(s, key=f"{s.key}#2") for s in several if not s.replaces], now)

    monkeypatch.setattr(storage.outbox.Outbox, "intend", twice)
    assert found(run(tmp_path))["duplicates"] > 0


def test_a_budget_that_is_off_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: there is always room for one more interruption. The auditor finds the busy day."""
    monkeypatch.setattr(bot.claim, "has_room_now", lambda *_: True)
    assert found(run(tmp_path))["over_budget"] > 0


def test_leave_that_is_ignored_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: nobody's leave counts. The auditor finds messages to people who are away."""
    whole = Person.working_time

    def without_leave(self: Person, holidays: tuple[date, ...] = ()) -> WorkingTime:
        return replace(whole(self, holidays), leave=())

    monkeypatch.setattr(Person, "working_time", without_leave)
    assert found(run(tmp_path, pairs=8))["off_hours"] > 0


def test_steps_that_never_leave_are_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: what tells something is never stored in the outbox. The auditor misses what was promised."""
    intend = storage.outbox.Outbox.intend

    def forgetful(self: storage.outbox.Outbox, sends: Iterable[Send], now: datetime) -> None:
        intend(self, [s for s in sends if "tip" not in s.key], now)

    monkeypatch.setattr(storage.outbox.Outbox, "intend", forgetful)
    assert found(run(tmp_path))["lost"] > 0


def everything_known(scene, review, person):  # type: ignore[no-untyped-def]
    """Show all the answers of a review that are in the scene, whoever gave them."""
    answers = () if scene.pair.answers is NOT_LOADED else scene.pair.answers
    words = [a.value for a in answers if a.sealed_in == review.id and a.person != person.id]
    return Card(say("Before the review"), tuple(Text(say("{w}", w=UserText(word))) for word in words))


@pytest.mark.parametrize("sealed", [True, False])
def test_a_broken_seal_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sealed: bool) -> None:
    """Planted: seals are off. The auditor finds what a nosy page shows early; with seals on there is nothing to show."""
    flow = flows.review_room

    def nosy(scene, review, person):  # type: ignore[no-untyped-def]
        return everything_known(scene.as_seen(person), review, person)

    monkeypatch.setattr(flow, "start_card", nosy)
    if not sealed:
        # What was loaded without its reviews cannot be judged, and stays out as before.
        monkeypatch.setattr(
            flows.visibility,
            "sealed",
            lambda pair, answer: pair.reviews is NOT_LOADED and bool(answer.sealed_in),
        )
    report = run(tmp_path, pairs=6)
    assert sealed == (found(report)["early_reveals"] == 0)


# --- the command -----------------------------------------------------------------------------------


def command(*words: str):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(build(["simulate"]), ["simulate", "--programme", str(BRISK), *words])


def test_the_command_prints_a_table_or_json(tmp_path: Path) -> None:
    """`telemachy simulate` prints a readable table, or with --json one object with all the figures."""
    table = command("--pairs", "1", "--seed", "3")
    assert (0, "") == (table.exit_code, table.stderr)
    assert "reviews held" in table.stdout
    file = tmp_path / "lines.jsonl"
    figures = json.loads(command("--pairs", "1", "--seed", "3", "--json", "--transcript", str(file)).stdout)
    wanted = (
        "pairs seed days messages_sent messages_by_role interruptions_per_person_week forms_submitted reviews_held "
        "cases_opened duplicates lost off_hours early_reveals over_budget doubtful seconds transcript_sha256"
    )
    assert set(wanted.split()) <= set(figures)
    assert {"p50", "p95", "max"} == set(figures["interruptions_per_person_week"])
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert figures["acts"] == sum("did" in line for line in lines)
    assert figures["messages_sent"] == sum("got" in line for line in lines)


def test_the_command_exits_with_one_where_something_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run with findings ends with exit code 1 and names them."""
    monkeypatch.setattr(bot.claim, "has_room_now", lambda *_: True)
    done = command("--pairs", "4", "--seed", "3")
    assert 1 == done.exit_code
    assert "over_budget: p" in done.stderr


def test_an_unknown_temperament_is_named() -> None:
    """A temperament that does not exist is answered with those that do."""
    done = command("--everyone", "grumpy")
    assert 2 == done.exit_code
    assert "'grumpy' is none of well, forgets, struggles, silent" in " ".join(done.stderr.split())


def test_a_simulation_wants_a_new_database(tmp_path: Path) -> None:
    """A database that holds people already is refused, with the fix, and stays as it is."""
    url = f"sqlite:///{tmp_path / 'used.db'}"
    assert 0 == command("--pairs", "1", "--seed", "3", "--db", url).exit_code
    again = command("--pairs", "1", "--seed", "3", "--db", url)
    assert 2 == again.exit_code
    assert "The database holds people already: name a new one with --db, or none.\n" == again.stderr


def test_a_programme_with_a_fault_is_named(tmp_path: Path) -> None:
    """A programme file that cannot be read is answered with its problems, not with a traceback."""
    file = tmp_path / "odd.toml"
    file.write_text(
        BRISK.read_text(encoding="utf-8").replace('kind = "note"', 'kind = "notes"', 1), encoding="utf-8"
    )
    done = CliRunner().invoke(build(["simulate"]), ["simulate", "--programme", str(file)])
    assert 2 == done.exit_code
    assert 'there is no kind "notes"' in done.stderr
    assert "Traceback" not in done.stderr


def test_nobody_has_the_name_of_another() -> None:
    """Of a thousand pairs each person is told apart by the name alone, as the auditor does."""
    names = [person.name for person in company(1000, "1", date(2027, 1, 11)).people]

    assert len(names) == len(set(names))


def test_a_larger_company_has_more_directors_and_heads() -> None:
    """By a hundred pairs there are one director and six heads, and every pair has those of one house."""
    made = company(250, "1", date(2027, 1, 11))
    houses = {(p.director, made.person(p.head).manager) for p in made.pairings}

    assert (3, 18) == (
        sum(p.is_director for p in made.people),
        sum(p.position == "Head" for p in made.people),
    )
    assert {(director, director) for director, _ in houses} == houses
