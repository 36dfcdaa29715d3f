"""
Records of every kind, on both databases: what is stored is what is read.
"""

from collections.abc import Iterator
from dataclasses import MISSING, fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import get_args

import pytest

from bot import facts
from bot.events import Address
from bot.facts import NOT_LOADED, Pair, Person, Record
from bot.outcome import Put, Remove
from storage.inline import InlineStore
from tests.shelf import (
    ANA,
    FULL,
    HOUR,
    MONDAY,
    PAIR,
    PETER,
    SEATS,
    STEP,
    asked,
    due,
    emptied,
    keep,
    keep_pair,
    opened,
)


@pytest.fixture(scope="module")
def shared(module_db_url: str) -> Iterator[InlineStore]:
    """
    A store that these tests share.
    """
    with opened(module_db_url) as store:
        yield store


@pytest.fixture
def store(shared: InlineStore) -> InlineStore:
    """
    A store with Ana and Peter in it.
    """
    keep_pair(emptied(shared))
    return shared


def _kept(pair: Pair, kind: type[Record]) -> tuple[Record, ...]:
    if kind is facts.Enrolment:
        return (pair.enrolment,)
    found: tuple[Record, ...] = getattr(pair, facts.FAMILY_OF[kind])
    return tuple(record for record in found if isinstance(record, kind))


def test_there_is_a_full_record_of_every_kind():
    """The records that these tests store leave out no kind, and no field keeps its default."""
    assert set(get_args(Record)) == {type(record) for record in FULL}
    for record in FULL:
        for field in fields(record):
            if field.default is not MISSING:
                assert field.default != getattr(record, field.name), (type(record), field.name)


@pytest.mark.parametrize("record", FULL, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_was(store, record):
    """Every field of every kind of record survives, to the microsecond and with every character."""
    keep(store, record)

    (pair,) = asked(store, lambda work: work.pairs(["e1"]))

    assert record in _kept(pair, type(record))


def test_an_empty_record_comes_back_as_it_was(store):
    """None, empty tuples, empty texts, zero and False come back as themselves."""
    empty = replace(ANA, address=None, weekdays=(), at_ease=None, email="")
    keep(store, empty, PAIR, STEP)

    (pair,) = asked(store, lambda work: work.pairs(["e1"]))

    assert (empty, PAIR, (STEP,)) == (pair.person("ana"), pair.enrolment, pair.steps)


@pytest.mark.parametrize("record", FULL, ids=lambda record: type(record).__name__)
def test_storing_a_record_twice_keeps_the_later_one(store, record):
    """A record takes the place of the one with its id, and no second one appears."""
    keep(store, record)
    keep(store, record)

    (pair,) = asked(store, lambda work: work.pairs(["e1"]))

    assert 1 == _kept(pair, type(record)).count(record)


@pytest.mark.parametrize("record", FULL[3:], ids=lambda record: type(record).__name__)
def test_a_removed_record_is_gone(store, record):
    """Removing finds a record by its id, whatever else it says."""
    keep(store, record)
    store.write_now(lambda work: work.apply([Remove(record)], MONDAY))

    (pair,) = asked(store, lambda work: work.pairs(["e1"]))

    assert () == _kept(pair, type(record))


def test_of_several_changes_to_one_record_the_last_counts(store):
    """Put, removed and put again in one outcome is put; put and removed is gone."""
    later = replace(STEP, state="done")
    other = replace(STEP, id="e1/other/once/ana", step="other")
    changes = [Put(STEP), Remove(STEP), Put(later), Put(other), Remove(other)]
    store.write_now(lambda work: work.apply(changes, MONDAY))

    (pair,) = asked(store, lambda work: work.pairs(["e1"]))

    assert (later,) == pair.steps


def test_an_enrolment_and_its_people_may_come_in_any_order(store):
    """What refers to something is stored after it, however the outcome lists them."""
    eva = replace(PETER, id="eva")
    new = replace(PAIR, id="e2")
    seat = replace(SEATS[1], id="e2/seat/mentor/eva", enrolment="e2", person="eva")
    keep(store, replace(STEP, id="e2/checkin/2027-W02/ana", enrolment="e2"), seat, new, eva)

    (pair,) = asked(store, lambda work: work.pairs(["e2"]))

    assert ((seat,), (eva,)) == (pair.seats, pair.people)


def test_instants_of_any_zone_come_back_in_utc(store):
    """An instant given in another zone is the same instant, told in UTC."""
    there = datetime(2027, 1, 11, 10, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    keep(store, replace(STEP, due_at=there))

    (pair,) = asked(store, lambda work: work.pairs(["e1"]))

    found = pair.steps[0].due_at
    assert (there, UTC) == (found, found.tzinfo)


def test_instants_at_the_edge_of_time_survive(store):
    """Instants long ago and far ahead lose nothing."""
    edges = (
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
        datetime(9999, 12, 30, tzinfo=UTC),
    )
    keep(store, replace(STEP, due_at=edges[0], opened_at=edges[1], done_at=edges[2]))

    (pair,) = asked(store, lambda work: work.pairs(["e1"]))

    assert edges == (pair.steps[0].due_at, pair.steps[0].opened_at, pair.steps[0].done_at)


def test_a_naive_instant_is_refused(store):
    """An instant without a zone is an error that says so, and nothing of the outcome is stored."""
    naive = replace(STEP, due_at=datetime(2027, 1, 11, 9))  # noqa: DTZ001

    with pytest.raises(ValueError, match="no time zone"):
        keep(store, PAIR, replace(STEP, id="e1/x/once/ana"), naive)

    assert () == asked(store, lambda work: work.pairs(["e1"]))[0].steps


def test_a_state_that_nobody_knows_is_refused(store):
    """The database itself holds the list of states."""
    with pytest.raises(Exception, match="ck_step_state_state"):
        keep(store, replace(STEP, state="asleep"))


def test_a_seat_whose_id_does_not_fit_is_refused(store):
    """A seat's id is made of its parts; another one is an error that names the right one."""
    with pytest.raises(ValueError, match="e1/seat/mentee/ana"):
        keep(store, replace(SEATS[0], id="e1/seat/1"))


def test_a_seat_for_nobody_is_refused(store):
    """A seat needs an enrolment and a person that exist."""
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        keep(store, replace(SEATS[0], id="e1/seat/mentee/nobody", person="nobody"))


# --- people ----------------------------------------------------------------------------------


def test_a_person_is_found_by_id_and_by_address(store):
    """Both ways lead to the same person, and unknown ones to None."""
    assert ANA == asked(store, lambda work: work.person("ana"))
    assert ANA == asked(store, lambda work: work.person_at(Address("chat", "u-ana", "w1")))
    assert None is asked(store, lambda work: work.person("nobody"))
    assert None is asked(store, lambda work: work.person_at(Address("chat", "u-ana")))


def test_one_address_belongs_to_one_person(store):
    """A second person at the same address is refused: they would speak for each other."""
    with pytest.raises(Exception, match=r"(?i)unique"):
        keep(store, replace(PETER, address=ANA.address))


@pytest.mark.parametrize("other", [{"address": ANA.address}, {"also": (ANA.address,)}])
def test_an_address_that_is_somebody_elses_second_one_is_refused_too(store, other):
    """It does not matter which of somebody's addresses it is: nobody else is found there."""
    elsewhere = Address("teams", "u-1", "tenant-1")
    keep(store, replace(ANA, address=elsewhere, also=(ANA.address,)))

    with pytest.raises(Exception, match=r"(?i)unique"):
        keep(store, replace(PETER, **other))


def test_a_person_is_found_at_each_of_their_addresses(store):
    """The chosen address and every other lead to the person, and one that is gone leads to nobody."""
    here, there = ANA.address, Address("teams", "u-1", "tenant-1")
    both, one = replace(ANA, also=(there,)), replace(ANA, address=there)

    keep(store, both)
    assert [both, both] == [asked(store, lambda work, at=at: work.person_at(at)) for at in (here, there)]
    keep(store, one)
    assert [None, one] == [asked(store, lambda work, at=at: work.person_at(at)) for at in (here, there)]
    keep(store, replace(ANA, address=None))
    assert [None, None] == [asked(store, lambda work, at=at: work.person_at(at)) for at in (here, there)]


def test_an_address_may_pass_from_one_person_to_another(store):
    """Taken from one and given to the other in one transaction, in whatever order, it is the other's."""
    keep(store, replace(PETER, address=ANA.address), replace(ANA, address=None))

    assert "peter" == asked(store, lambda work: work.person_at(ANA.address)).id


def test_nobody_is_found_where_a_person_was_who_is_deleted(store):
    """With somebody go their addresses, and another may have them."""
    carla = Person(id="carla", name="Carla", address=Address("teams", "u-3"))
    keep(store, carla)
    store.write_now(lambda work: work.apply([Remove(carla)], MONDAY))

    assert None is asked(store, lambda work: work.person_at(carla.address))
    keep(store, replace(PETER, also=(carla.address,)))
    assert "peter" == asked(store, lambda work: work.person_at(carla.address)).id


def test_everybody_is_listed_by_id(store):
    """People come byte by byte in order, on every database and in every locale."""
    names = ("Zoe", "_x", "eva", "Éva", "a1", "a10", "a2")
    keep(store, *(replace(PETER, id=name) for name in names))

    found = [person.id for person in asked(store, lambda work: work.people())]

    assert sorted((*names, "ana", "peter")) == found


# --- pairs -----------------------------------------------------------------------------------


def test_pairs_come_in_the_order_asked_for(store):
    """Pairs come in the order of the ids, and unknown ids are left out."""
    keep(store, *(replace(PAIR, id=f"e{n}") for n in (2, 3, 10)))

    found = asked(store, lambda work: work.pairs(["e10", "e3", "gone", "e1", "e2"]))

    assert ["e10", "e3", "e1", "e2"] == [pair.enrolment.id for pair in found]


def test_each_pair_has_its_own_records(store):
    """Records go to the enrolment they belong to, also where one id begins like another."""
    steps = tuple(replace(STEP, id=f"e{n}/checkin/2027-W02/ana", enrolment=f"e{n}") for n in (1, 10))
    keep(store, replace(PAIR, id="e10"), *steps)

    found = asked(store, lambda work: work.pairs(["e1", "e10"]))

    assert [(steps[0],), (steps[1],)] == [pair.steps for pair in found]


def test_only_the_families_asked_for_are_loaded(store):
    """A family that was not asked for raises when it is read, and seats and people always come."""
    keep(store, STEP)

    (pair,) = asked(store, lambda work: work.pairs(["e1"], ("steps", "goals")))

    assert ((STEP,), (), SEATS, (ANA, PETER)) == (pair.steps, pair.goals, pair.seats, pair.people)
    assert all(
        getattr(pair, family) is NOT_LOADED for family in facts.FAMILIES if family not in ("steps", "goals")
    )


def test_an_unknown_family_is_an_error(store):
    """A misspelt family is an error that lists the right ones."""
    with pytest.raises(ValueError, match=r"'step'.*steps"):
        asked(store, lambda work: work.pairs(["e1"], ("step",)))


def test_people_who_left_their_seat_are_loaded(store):
    """A pair knows everybody who ever sat in it."""
    keep(store, replace(SEATS[1], until=MONDAY))

    (pair,) = asked(store, lambda work: work.pairs(["e1"], ()))

    assert (PETER, None) == (pair.person("peter"), pair.first("mentor"))


def test_enrolments_of_a_person_are_those_where_they_sit_now(store):
    """Each enrolment once, whatever its state, and not where the person has left."""
    keep(store, *(replace(PAIR, id=f"e{n}", state="closed") for n in (2, 3)))
    keep(
        store,
        replace(SEATS[0], id="e2/seat/head/ana", enrolment="e2", role="head"),
        replace(SEATS[0], id="e2/seat/mentor/ana", enrolment="e2", role="mentor"),
        replace(SEATS[0], id="e3/seat/mentee/ana", enrolment="e3", until=MONDAY),
    )

    assert ("e1", "e2") == asked(store, lambda work: work.enrolments_of("ana"))


def test_a_coordinators_open_cases_come_oldest_first(store):
    """Cases that are closed or somebody else's stay out; one without a pair is there."""
    case = next(record for record in FULL if isinstance(record, facts.Case))
    mine = [
        replace(case, id="e1/case/b", state="open", opened_at=MONDAY),
        replace(case, id="case/help", enrolment="", state="accepted", opened_at=MONDAY - HOUR),
    ]
    others = (replace(case, id="e1/case/c", state="closed"), replace(case, id="e1/case/d", owner="other"))
    keep(store, *mine, *others)

    assert tuple(reversed(mine)) == asked(store, lambda work: work.cases_of("irena"))


def test_the_state_of_a_step_is_found_by_its_id(store):
    """A step that nobody opened has no state."""
    keep(store, STEP)

    assert ("open", None) == asked(
        store, lambda work: (work.state_of(STEP.id), work.state_of("e1/x/once/all"))
    )


# --- what makes an enrolment due -------------------------------------------------------------


def test_a_new_enrolment_is_due_at_once(store):
    """Somebody looks at an enrolment as soon as it is there."""
    keep(store, replace(PAIR, id="e2"))

    assert ("e2",) == due(store)


@pytest.mark.parametrize("record", FULL[1:], ids=lambda record: type(record).__name__)
def test_whoever_touches_an_enrolment_makes_it_due(store, record):
    """Any record of an enrolment, stored or removed, makes it due."""
    keep(store, record)
    first = due(store)
    store.write_now(lambda work: work.looked("e1", MONDAY, None))
    if not isinstance(record, facts.Enrolment):
        store.write_now(lambda work: work.apply([Remove(record)], MONDAY))
        assert ("e1",) == due(store)

    assert ("e1",) == first


def test_a_changed_person_makes_every_enrolment_due_in_which_they_sit(store):
    """Also the paused one; a closed one at rest stays at rest; others are left alone."""
    keep(store, *(replace(PAIR, id=f"e{n}") for n in (2, 3, 4)))
    keep(store, *(replace(SEATS[0], id=f"e{n}/seat/mentee/ana", enrolment=f"e{n}") for n in (2, 3)))
    keep(store, replace(PAIR, id="e2", state="paused"), replace(PAIR, id="e3", state="closed"))
    for n in (2, 3, 4):
        store.write_now(lambda work, n=n: work.looked(f"e{n}", MONDAY, None))
    keep(store, replace(ANA, zone="Europe/Paris"))

    assert ("e1", "e2") == due(store)


def test_a_closed_enrolment_with_something_ahead_is_looked_at(store):
    """What is still to come after the end is moved by a leave like everything else."""
    keep(store, replace(PAIR, state="closed"))
    store.write_now(lambda work: work.looked("e1", MONDAY, MONDAY + 100 * HOUR))
    keep(store, replace(ANA, zone="Europe/Paris"))

    assert ("e1",) == due(store)


def test_what_was_stored_before_is_kept_of_the_index(store):
    """Storing an enrolment again forgets neither its trouble nor makes a second row."""
    store.write_now(lambda work: work.push_back("e1", MONDAY + HOUR, "broken"))
    keep(store, replace(PAIR, start=date(2027, 2, 1)))

    assert (("e1", "broken", 1),) == store.write_now(lambda work: work.troubled())
