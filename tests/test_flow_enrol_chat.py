"""A coordinator brings people together in the chat, through the whole house, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date

import pytest

from bot.cli.founding import lived
from bot.content import Choice, Say
from bot.events import Address, Arrived, Commanded, Looked, Unfound
from bot.facts import Person
from bot.i18n import Reader
from bot.outcome import Choices, CloseForm, FixForm, Note, Put, ShowCard, ShowForm
from tests.living import Life
from tests.scenes import IRENA, PETER, person

ANA = replace(person("Ana"), address=Address("test", "ana"), manager="peter")
ZAN = replace(person("Žan"), id="zan", address=Address("test", "zan"), capacity=1)
HEAD = replace(PETER, address=Address("test", "peter"), capacity=2)
HR = replace(IRENA, address=Address("test", "irena"), is_coordinator=True)
START = "2027-02-01"


@pytest.fixture
async def life(db_url: str) -> AsyncIterator[Life]:
    """Four people in no programme yet."""
    life = Life(db_url, current=lived())
    await life.store.write(lambda work: work.apply([Put(p) for p in (ANA, ZAN, HEAD, HR)], life.clock.at))
    yield life
    await life.close()


async def say(life: Life, who: str, name: str, text: str = "", **more: object) -> object:
    """Type a command, and return the reply."""
    event = Commanded(key=f"{who}{name}{text}", who=Address("test", who), name=name, text=text, **more)
    return (await life.app.receive(event)).reply


async def begin(life: Life, who: str = "irena", **values: str) -> object:
    """Send the form, and return the reply."""
    given = {"mentee": "ana", "mentor": "zan", "start": START, "moved": "no", **values}
    return (await life.submit(who, "enrol.begin", "enrol:new", **given)).reply


def words(sentence: Say | None) -> str:
    """Return a sentence in English."""
    return Reader().text(sentence) if sentence else ""


async def runs(life: Life, who: str) -> tuple[str, ...]:
    """Return the programmes somebody has a seat in."""
    return await life.read(lambda work: work.enrolments_of(who))


async def test_a_pair_begins_with_two_names_and_a_day(life):
    """The head is whoever leads the mentee, the coordinator who asked; a repeated press begins nothing more."""
    form = await say(life, "irena", "enrol", "Ana")
    first, again = await begin(life), await begin(life)

    assert isinstance(form, ShowForm)
    assert "ana" == form.form.fields[0].initial
    assert isinstance(first, CloseForm)
    assert first == again
    assert "Ana and Žan are a pair, from Monday 1 February on." == words(first.note).partition(" `")[0]
    (run,) = await runs(life, "ana")
    pair = await life.pair(run)
    seats = {seat.role: seat.person for seat in pair.seats}
    assert {"mentee": "ana", "mentor": "zan", "head": "peter", "coordinator": "irena"} == seats
    assert date(2027, 2, 1) == pair.enrolment.start


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"mentor": "peter"}, "mentor", "Peter leads the mentee and cannot be the mentor too. "),
        ({"mentor": "ana"}, "mentor", "Ana cannot mentor themselves. "),
        ({"start": "2020-01-01"}, "start", "The start 2020-01-01 is in the past. "),
        ({"start": "soon"}, "start", "Pick a day."),
        ({"mentee": "nobody"}, "mentee", "Pick somebody from the list. "),
    ],
)
async def test_what_the_method_forbids_is_said_at_its_field(life, given, field, said):
    """Nothing begins, and the form stays open."""
    reply = await begin(life, **given)

    assert isinstance(reply, FixForm)
    assert words(reply.errors[field]).startswith(said)
    assert () == await runs(life, "ana")


async def test_a_mentor_gets_no_more_mentees_than_offered_and_a_mentee_one_programme(life):
    """The second pair is refused with the reason."""
    bor = replace(person("Bor"), address=Address("test", "bor"))
    await life.store.write(lambda work: work.apply([Put(bor)], life.clock.at))
    await begin(life)
    full, twice = await begin(life, mentee="bor"), await begin(life, mentor="peter", start="2027-03-01")

    assert isinstance(full, FixForm)
    assert words(full.errors["mentor"]).startswith("Žan offered to mentor 1 and has 1 already.")
    assert isinstance(twice, FixForm)
    assert words(twice.errors["mentee"]).startswith("Ana has a programme under way")


async def test_nobody_but_a_coordinator_brings_people_together(life):
    """Others are not shown the word, and a form sent all the same begins nothing."""
    shown, sent = await say(life, "zan", "enrol"), await begin(life, "zan")

    assert isinstance(shown, ShowCard)
    assert isinstance(sent, CloseForm)
    assert "Only an HR coordinator brings people together. Please ask yours." == words(sent.note)
    assert () == await runs(life, "ana")


async def test_without_a_programme_for_new_pairs_the_word_explains_itself(db_url):
    """A bot that was given no programme begins none."""
    life = Life(db_url)
    await life.store.write(lambda work: work.apply([Put(HR)], life.clock.at))

    assert isinstance(await say(life, "irena", "enrol"), Note)
    await life.close()


# --- who is meant ----------------------------------------------------------------------------------


async def looked(life: Life, who: str, typed: str) -> list[str]:
    """Type in a picker, and return who is offered."""
    reply = (await life.app.receive(Looked(who=Address("test", who), field="mentee", typed=typed))).reply
    assert isinstance(reply, Choices)
    assert all(isinstance(one, Choice) for one in reply.choices)
    return [one.value for one in reply.choices]


async def test_a_picker_finds_people_by_the_beginnings_of_their_names(life):
    """Accents and case do not matter; whoever is no coordinator finds only those of their own programmes."""
    await life.store.write(lambda work: work.apply([Put(replace(ANA, active=False))], life.clock.at))

    assert [["zan"], [], ["irena", "peter", "zan"]] == [
        await looked(life, "irena", typed) for typed in ("ZA", "an", "")
    ]
    assert [] == await looked(life, "zan", "")


async def test_somebody_mentioned_is_named_in_the_words(life):
    """A mention stands for the person who is known at that address; a stranger's stays as it was."""
    mentions = (("<@U1>", Address("test", "ana")), ("<@U2>", Address("test", "stranger")))
    form = await say(life, "irena", "enrol", "<@U1>", mentions=mentions)

    assert isinstance(form, ShowForm)
    assert "ana" == form.form.fields[0].initial


async def test_who_arrives_is_known_by_e_mail_once(life):
    """The first address on a channel is kept; somebody who is reached already is not moved by a stranger's e-mail."""
    new = Person(id="nina", name="Nina", email="Nina@example.org", trouble="unknown")
    await life.store.write(lambda work: work.apply([Put(new)], life.clock.at))
    there = Address("test", "u-nina")
    await life.app.receive(Arrived(key="a1", who=there, email="nina@EXAMPLE.org"))
    await life.app.receive(Arrived(key="a2", who=Address("test", "u-thief"), email="nina@example.org"))

    found = await life.read(lambda work: work.person("nina"))
    assert (there, "") == (found.address, found.trouble)


async def test_who_is_not_found_keeps_the_reason_until_they_arrive(life):
    """A person without an address is marked; one who is reached is left alone."""
    new = Person(id="nina", name="Nina", email="nina@example.org")
    await life.store.write(lambda work: work.apply([Put(new)], life.clock.at))
    for one in ("nina", "ana"):
        await life.app.receive(Unfound(key=f"u-{one}", channel="test", person=one))

    troubles = await life.read(lambda work: [work.person(one).trouble for one in ("nina", "ana")])
    assert ["unknown", ""] == troubles
