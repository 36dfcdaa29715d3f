"""Links and sessions: who made one, for whom, until when, and how often it may be used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from adapters.web.attempts import Attempts
from adapters.web.links import FILE_LIVES, HOME_LIVES, HomePass, PageLinks
from adapters.web.seals import Seals
from adapters.web.sessions import LIVES, TAB_LIVES, Sessions
from bot.outcome import Put
from bot.ports import Store
from storage.store import open_store
from tests.conftest import NewDatabase
from tests.living import BEGIN, MovableClock
from tests.scenes import ANA, MATEJ

OLD = "the key of last year, long enough"
NEW = "the key of this year, long enough"
AT = "https://mentoring.example.org"


def token_of(url: str) -> str:
    """Return the sealed part of a link."""
    return urlsplit(url).path.split("/")[2].removesuffix(".ics")


@pytest.fixture
def clock() -> MovableClock:
    """A clock that tests move."""
    return MovableClock(BEGIN)


def links(clock: MovableClock, *keys: str) -> PageLinks:
    """Return what makes links with these keys."""
    return PageLinks(Seals(keys or (NEW,)), AT, clock)


def home_pass(clock: MovableClock) -> HomePass:
    """Return the pass of a new link to Ana's home."""
    made = links(clock)
    found = made.home_pass(token_of(made.to("home", ANA)))
    assert found is not None
    return found


# --- seals ------------------------------------------------------------------------------------


def test_what_is_sealed_comes_back() -> None:
    """Words of any language come back as they were, for the purpose they were sealed for and no other."""
    seals = Seals([NEW])
    token = seals.seal("home", "ana", "Ljubljana, č š ž", "")

    assert ("ana", "Ljubljana, č š ž", "") == seals.read("home", token)
    assert None is seals.read("file", token)


def test_every_change_of_a_token_is_noticed() -> None:
    """A token with any one character changed, left out or added is not ours."""
    seals = Seals([NEW])
    token = seals.seal("home", "ana")
    changed = [token[:i] + ("A" if token[i] != "A" else "B") + token[i + 1 :] for i in range(len(token))]
    shortened = [token[:i] + token[i + 1 :] for i in range(len(token))]

    assert [None] * len(changed) == [seals.read("home", one) for one in changed]
    assert [] == [one for one in shortened if one != token and seals.read("home", one) is not None]
    assert [None] * 5 == [seals.read("home", one) for one in ("", ".", "x", token + "A", f"{token}.{token}")]
    assert None is seals.read("home", "ž" + token)


def test_a_new_key_seals_and_the_old_one_still_reads() -> None:
    """After a rotation old links hold, new ones are made with the new key, and without the old key old links end."""
    before, both, after = Seals([OLD]), Seals([NEW, OLD]), Seals([NEW])
    old, new = before.seal("home", "ana"), both.seal("home", "ana")

    assert (("ana",), ("ana",)) == (both.read("home", old), both.read("home", new))
    assert (None, ("ana",)) == (after.read("home", old), after.read("home", new))
    assert None is before.read("home", new)


@pytest.mark.parametrize("keys", [[], [""], ["short"], [NEW, "short"]])
def test_a_key_that_could_be_guessed_is_refused(keys: list[str]) -> None:
    """Without a key of some length nothing is sealed at all."""
    with pytest.raises(ValueError, match="16 characters"):
        Seals(keys)


# --- links ------------------------------------------------------------------------------------


def test_a_link_is_for_one_person_and_one_page(clock: MovableClock) -> None:
    """What is made for a home is no pass to a file or a feed, and no two links to a home are alike."""
    made = links(clock)
    url = made.to("home", ANA)
    token = token_of(url)

    assert url.startswith(f"{AT}/enter/")
    assert made.to("home", ANA) != url
    assert (None, None) == (made.file_pass(token), made.feed_pass(token))
    found = made.home_pass(token)
    assert found is not None
    assert ("ana", BEGIN + HOME_LIVES) == (found.person, found.until)


def test_links_to_files_and_feeds_say_what_they_lead_to(clock: MovableClock) -> None:
    """A file's link names its row, its person and its end; a feed's stays the same until it is renewed."""
    made = links(clock)
    file, feed = made.file_pass(token_of(made.to("file/17", ANA))), made.to("calendar", ANA)
    found = made.feed_pass(token_of(feed))

    assert file is not None
    assert (17, "ana", BEGIN + FILE_LIVES) == (file.row, file.person, file.until)
    assert feed == made.to("calendar", ANA)
    assert feed.endswith(".ics")
    assert found is not None
    assert ("ana", 0) == (found.person, found.feed)


@pytest.mark.parametrize("page", ["", "files/1", "file/", "file/x", "file/-1", "https://evil.example"])
def test_there_is_no_link_to_another_page(clock: MovableClock, page: str) -> None:
    """A page that is none is an error, and never an address."""
    with pytest.raises(ValueError, match="there is no page"):
        links(clock).to(page, ANA)


# --- sessions ---------------------------------------------------------------------------------


@pytest.fixture
async def store(db_url: str) -> AsyncIterator[Store]:
    """A store with Ana and Matej in it."""
    made = open_store(db_url)
    await made.write(lambda work: work.apply([Put(ANA), Put(MATEJ)], BEGIN))
    yield made
    await made.close()


def sessions(store: Store, clock: MovableClock) -> Sessions:
    """Return sessions over a store, as one of several processes has them."""
    return Sessions(store, clock, Seals([NEW]))


async def test_a_link_signs_in_once(store: Store, clock: MovableClock) -> None:
    """Whoever comes second gets nothing, also at another process."""
    found = home_pass(clock)
    first = await sessions(store, clock).begin(found)
    second = await sessions(store, clock).begin(found)

    assert first is not None
    assert None is second
    assert None is await sessions(store, clock).expected(found)
    visitor = await sessions(store, clock).visitor(first)
    assert visitor is not None
    assert "ana" == visitor.person.id


@pytest.mark.postgres
async def test_of_several_at_once_one_signs_in(new_db: NewDatabase, clock: MovableClock) -> None:
    """Two processes that use one link up in the same instant begin one session between them."""
    url = new_db("postgresql")
    stores = [open_store(url), open_store(url)]
    await stores[0].write(lambda work: work.apply([Put(ANA)], BEGIN))
    for _ in range(5):
        found = home_pass(clock)
        began = await asyncio.gather(*(sessions(one, clock).begin(found) for one in stores * 4))
        assert 1 == len([one for one in began if one is not None])
    kept = await stores[0].read(lambda work: work.settings("web/session/"))
    for one in stores:
        await one.close()

    assert 5 == len(kept)


async def test_a_link_ends_after_a_quarter_of_an_hour(store: Store, clock: MovableClock) -> None:
    """One second before it signs in, at its end no more."""
    there = sessions(store, clock)
    found, late = home_pass(clock), home_pass(clock)
    clock.at += HOME_LIVES - timedelta(seconds=1)

    assert ANA == await there.expected(found)
    assert None is not await there.begin(found)
    clock.at += timedelta(seconds=1)
    assert None is await there.expected(late)
    assert None is await there.begin(late)


async def test_what_is_stored_lets_nobody_in(store: Store, clock: MovableClock) -> None:
    """Neither the word that a browser carries nor the link is in the database."""
    found = home_pass(clock)
    carried = await sessions(store, clock).begin(found)
    kept = dict(await store.read(lambda work: work.settings("web/")))

    assert 2 == len(kept)
    assert carried is not None
    assert not any(carried in text or found.once in text for pair in kept.items() for text in pair)


async def test_a_session_ends_by_itself_and_by_signing_out(store: Store, clock: MovableClock) -> None:
    """After twelve hours nobody is signed in; signing out ends one session and leaves the other."""
    there = sessions(store, clock)
    one, other = await there.begin(home_pass(clock)), await there.begin(home_pass(clock))
    assert one is not None
    assert other is not None
    await there.end(one)

    assert None is await there.visitor(one)
    assert None is not await there.visitor(other)
    clock.at += LIVES
    assert None is await there.visitor(other)


async def test_who_leaves_the_organisation_is_out_at_once(store: Store, clock: MovableClock) -> None:
    """Neither a session nor a tab nor a new link serves somebody who is no longer active."""
    there = sessions(store, clock)
    carried, tab, found = await there.begin(home_pass(clock)), there.begin_tab(ANA), home_pass(clock)
    assert carried is not None
    gone = Put(replace(ANA, active=False))
    await store.write(lambda work: work.apply([gone], BEGIN))

    assert None is await there.visitor(carried)
    assert None is await there.tab_visitor(tab)
    assert None is await there.begin(found)


async def test_the_tab_carries_a_word_for_half_an_hour(store: Store, clock: MovableClock) -> None:
    """It is no browser's session, and nothing is stored of it."""
    there = sessions(store, clock)
    carried = there.begin_tab(ANA)
    visitor = await there.tab_visitor(carried)

    assert visitor is not None
    assert ("ana", True) == (visitor.person.id, visitor.in_tab)
    assert None is await there.visitor(carried)
    assert () == await store.read(lambda work: work.settings("web/"))
    clock.at += TAB_LIVES
    assert None is await there.tab_visitor(carried)


async def test_a_mark_belongs_to_one_session(store: Store, clock: MovableClock) -> None:
    """What a form of one session carries is not good in another, be it of the same person."""
    there = sessions(store, clock)
    carried = [await there.begin(home_pass(clock)) for _ in range(2)]
    one, other = [await there.visitor(word or "") for word in carried]
    assert one is not None
    assert other is not None

    assert there.is_marked(one, there.mark(one))
    assert not there.is_marked(other, there.mark(one))
    assert not there.is_marked(one, "")


async def test_what_ended_is_forgotten(store: Store, clock: MovableClock) -> None:
    """A sign-in clears away used links and sessions that ended, and keeps what has not."""
    there = sessions(store, clock)
    await there.begin(home_pass(clock))
    clock.at += LIVES - timedelta(minutes=1)
    await there.begin(home_pass(clock))
    assert 3 == len(await store.read(lambda work: work.settings("web/")))
    clock.at += timedelta(hours=2)
    await there.begin(home_pass(clock))

    assert 2 == len(await store.read(lambda work: work.settings("web/session/")))
    assert 1 == len(await store.read(lambda work: work.settings("web/used/")))


# --- attempts ---------------------------------------------------------------------------------


def test_attempts_are_bounded_by_who_tries(clock: MovableClock) -> None:
    """One too many is refused, another is not held up, and after a minute it begins anew."""
    attempts = Attempts(clock, most=2)

    assert [True, True, False] == [attempts.one_more("a") for _ in range(3)]
    assert attempts.one_more("b")
    clock.at += timedelta(minutes=1)
    assert attempts.one_more("a")
