"""A look leaves out whoever surely has nothing due, and comes to what a look at everybody would come to."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

import bot.ticker
from bot.cli.simulation import Wish, simulated
from bot.facts import FAMILIES, Pair
from flows import quiet
from flows.kinds import Kind, Source
from flows.quiet import Quiet
from flows.register import KINDS
from flows.scene import Scene
from flows.signals import sources as signals
from flows.step_options import STEP_KINDS
from flows.timeline import Look, look, own_sources

# How far from its last full round a look may still build on it, and how long the next one may then be waited for.
LONGEST = quiet.REMEMBERED + quiet.LONGEST_WAIT


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> list[Scene]:
    """Everything that was looked at while a pair lived through the shipped programme; each look is checked."""
    scenes: list[Scene] = []

    def looked(scene: Scene, kinds: dict[str, Kind], before: Quiet | None = None) -> Look:
        scenes.append(scene)
        found, all_asked = look(scene, kinds, before), look(replace(scene), kinds)
        assert (all_asked.due, all_asked.next_look) == (found.due, found.next_look)
        return found

    url = f"sqlite:///{tmp_path_factory.mktemp('lived') / 'run.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bot.ticker, "look", looked)
        report = asyncio.run(simulated(Wish(pairs=1, seed="5", start=date(2027, 1, 11)), url))
    assert () == report.errors
    return scenes


def everybody(scene: Scene) -> Iterable[Source]:
    """Return all who may have something due."""
    for kind in KINDS.values():
        yield from (source for source in (kind.always, kind.due) if source is not None)
    yield from own_sources(scene.programme)
    yield from signals(scene.programme)


def test_a_look_that_leaves_some_out_finds_what_a_look_at_everybody_finds(lived: list[Scene]) -> None:
    """Over a whole programme every look has the same things due, and waits for the same instant."""
    assert 200 < len(lived)


class Unread(tuple[()]):
    """Stand for a family of records that somebody says they do not read."""

    def _read(self, *_: object) -> Any:
        raise AssertionError("this family of records is read, and not named in `reads`")

    __iter__ = __len__ = __bool__ = __getitem__ = __contains__ = _read


def test_nobody_reads_a_family_of_records_that_they_do_not_name(lived: list[Scene]) -> None:
    """Over the whole programme each says what is due without any record of another family."""
    for here in lived:
        for source in everybody(here):
            named = {word.partition(":")[0] for word in source.reads}
            kept = named | ({"steps"} if "occurrences" in named else set())
            unread: dict[str, Any] = dict.fromkeys(set(FAMILIES) - kept, Unread())
            for due in source.due(replace(here, pair=replace(here.pair, **unread))):
                assert due.action


def test_what_somebody_does_not_read_changes_nothing_of_what_they_have_due(lived: list[Scene]) -> None:
    """With all other facts taken from another day of the same pair, each still says the same."""
    chance = random.Random(7)
    heard = 0
    for here in chance.sample(lived, 60):
        other = chance.choice([scene for scene in lived if scene.id == here.id])
        for source in everybody(here):
            mixed = replace(here, pair=_with_what_it_does_not_read(source, here, other.pair))
            said = list(source.due(replace(here)))
            assert said == list(source.due(mixed)), source.name
            heard += len(said)
    assert 100 < heard


def _with_what_it_does_not_read(source: Source, here: Scene, other: Pair) -> Pair:
    families: dict[str, Any] = {f: _mixed(source, here, f, other) for f in FAMILIES if f not in source.reads}
    return replace(here.pair, **families)


def _mixed(source: Source, here: Scene, family: str, other: Pair) -> tuple[Any, ...]:
    """Return what it reads of a family as it is here, and the rest as it is there."""
    own, theirs = getattr(here.pair, family), getattr(other, family)
    if family == "steps" and "occurrences" in source.reads:
        theirs = tuple(
            {s.id: s for s in (*own, *(t for t in theirs if t.id in {s.id for s in own}))}.values()
        )

    def is_read(record: Any) -> bool:
        return not source.reads.isdisjoint(quiet.parts(here, family, record))

    read = tuple(record for record in own if is_read(record))
    return tuple(sorted((*read, *(r for r in theirs if not is_read(r))), key=lambda r: r.id))


def test_whoever_has_nothing_due_has_nothing_until_the_instant_they_named(lived: list[Scene]) -> None:
    """Left alone with the same facts, nobody has anything due before that, or before everybody is asked again."""
    chance = random.Random(11)
    quiet_ones = 0
    for here in chance.sample([s for s in lived if s.pair.enrolment.state == "running"], 40):
        for source in everybody(here):
            said = [due.at for due in source.due(replace(here))]
            if any(at <= here.now for at in said):
                continue
            until = min([here.now + LONGEST, *said])
            if "now" in source.reads:
                continue
            if "today" in source.reads:
                until = min(until, quiet.midnight_of(here))
            if "begun" in source.reads:
                begin = [m.starts_at for m in here.pair.meetings if m.starts_at]
                until = min([until, *(at for at in begin if at > here.now)])
            for _ in range(4):
                then = here.now + chance.random() * (until - here.now)
                later = replace(here, now=min(then, until - timedelta(minutes=1)))
                assert not [d for d in source.due(later) if d.at <= later.now], (source.name, here.now, then)
                quiet_ones += 1
    assert 1000 < quiet_ones


def test_every_kind_of_step_that_a_file_may_have_can_be_carried_out() -> None:
    """No look finds a step due of a kind that nobody knows."""
    assert set(STEP_KINDS) <= set(KINDS)
