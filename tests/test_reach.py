"""A person in several chats: found by each address, written to at one, and it is they who choose; on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest

from bot.app import App, call_of, compose
from bot.content import Button, Card, GroupIntro, Link, Text, WebLink, say
from bot.events import Address, Arrived, Commanded, Event, HomeOpened, Left, Pressed, Unfound
from bot.facts import Person
from bot.i18n import Reader
from bot.outcome import Note, Put, ReplaceCard, Reply, Send, SendKind, ShowCard, ShowHome
from bot.ports import Delivery, Queued, Unreachable
from storage.store import open_store
from tests.conftest import NewDatabase
from tests.living import MovableClock
from tests.meetings import read as read_card

MONDAY = datetime(2027, 1, 11, 9, tzinfo=UTC)
SLACK, OTHER_SLACK = Address("slack", "U1", "T1"), Address("slack", "U9", "T2")
TEAMS, WEB = Address("teams", "ana", "tenant"), Address("web", "ana")
ANA = Person(id="ana", name="Ana", email="ana@example.org", address=SLACK)
BOTH = replace(ANA, also=(TEAMS,))
MATEJ = Person(id="matej", name="Matej", address=Address("teams", "matej", "tenant"))


def read(shown: object) -> str:
    """Return what stands in a card, a note or a home."""
    match shown:
        case Note(words=words):
            return Reader("en", "UTC").text(words)
        case ShowHome(home=home):
            return "\n".join(map(read_card, home.cards))
        case _:
            return read_card(shown)


class Chat:
    """A chat that takes every message, or raises what `next` says, and opens chats and calls by links."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.taken: list[Delivery] = []
        self.next: list[Exception] = []

    async def deliver(self, delivery: Delivery) -> str:
        """Take a message."""
        if self.next:
            raise self.next.pop(0)
        self.taken.append(delivery)
        return f"{self.name}{len(self.taken)}"


class CallingChat(Chat):
    """A chat whose app opens chats and calls."""

    def chat_link(self, people: Sequence[Person]) -> str:
        """Return an address that names them."""
        return f"https://{self.name}.example/chat/" + ",".join(one.id for one in people)

    def call_link(self, people: Sequence[Person]) -> str:
        """Return an address that names them."""
        return f"https://{self.name}.example/call/" + ",".join(one.id for one in people)


class Pages:
    """Links that name the page, the person and how often they asked for another feed."""

    def to(self, page: str, person: Person) -> str:
        """Return the address."""
        return f"https://pages.example/{page}/{person.id}/{person.feed}"


class Town:
    """Two chats, one store, one bot."""

    def __init__(self, url: str, *, pages: bool = False) -> None:
        self.clock = MovableClock(MONDAY)
        self.store = open_store(url, inline=True)
        self.slack, self.teams = Chat("slack"), CallingChat("teams")
        self.app: App = compose(
            store=self.store,
            channels={"slack": self.slack, "teams": self.teams},
            clock=self.clock,
            owner="test",
            links=Pages() if pages else None,
        )
        self._keys = count(1)

    def put(self, *people: Person) -> None:
        """Store people."""
        self.store.write_now(lambda work: work.apply([Put(one) for one in people], self.clock.at))

    def person(self, person_id: str = "ana") -> Person:
        """Return a person as stored."""
        found = self.store.read_now(lambda work: work.person(person_id))
        assert found is not None
        return found

    def key(self) -> str:
        """Return a key that no event had."""
        return f"k{next(self._keys)}"

    async def does(self, event: Event) -> Reply:
        """Take in an event and return its reply."""
        return (await self.app.receive(event)).reply

    async def says(self, who: Address, name: str) -> Reply:
        """Type a command."""
        return await self.does(Commanded(key=self.key(), who=who, name=name))

    async def presses(self, who: Address, button: Button) -> Reply:
        """Press a button."""
        return await self.does(
            Pressed(key=self.key(), who=who, verb=button.verb, ref=button.ref, value=button.value)
        )

    async def comes(self, who: Address, email: str = "ana@example.org") -> Reply:
        """Arrive somewhere."""
        return await self.does(Arrived(key=self.key(), who=who, email=email))

    async def goes(self, who: Address, why: str = "app_removed") -> Reply:
        """Leave somewhere."""
        return await self.does(Left(key=self.key(), who=who, why=why))

    async def told(self, key: str, kind: SendKind = "info", replaces: str = "", to: str = "ana") -> Queued:
        """Tell Ana something, deliver what is due, and return the row."""
        card = Card(say("Hello"), (), (Button(say("Yes"), "yes", key),))
        send = Send(to=to, content=card, key=key, kind=kind, not_before=self.clock.at, replaces=replaces)
        self.store.write_now(lambda work: work.intend([send], self.clock.at))
        await self.app.outbox.deliver()
        row = self.store.read_now(lambda work: work.row_by_key(key))
        assert row is not None
        return row

    def counts(self) -> tuple[int, int]:
        """Return how many messages each chat took."""
        return len(self.slack.taken), len(self.teams.taken)


@pytest.fixture
async def town(db_url: str) -> AsyncIterator[Town]:
    """A town with Ana in Slack."""
    made = Town(db_url)
    made.put(ANA)
    yield made
    await made.store.close()


@pytest.fixture
async def paged(db_url: str) -> AsyncIterator[Town]:
    """A town with pages on the web."""
    made = Town(db_url, pages=True)
    made.put(ANA)
    yield made
    await made.store.close()


# --- coming and going --------------------------------------------------------------------------------


async def test_who_comes_to_a_second_chat_is_known_there_and_written_to_in_the_first(town: Town) -> None:
    """The answer says so, with a way to change it; messages go on in the first chat, and there only."""
    reply = await town.comes(TEAMS)

    assert isinstance(reply, ShowCard)
    assert "I answer you here, and go on writing to you in Slack." in read(reply)
    assert BOTH == town.person()
    await town.told("a")
    assert (1, 0) == town.counts()
    assert not isinstance(await town.comes(SLACK), ShowCard), "there it says nothing new"


async def test_who_comes_back_where_they_were_written_to_is_reached_again(town: Town) -> None:
    """An account that is on again needs nothing else."""
    town.put(replace(ANA, reachable=False, trouble="switched_off"))
    await town.comes(SLACK)

    assert ANA == town.person()


async def test_who_acts_where_they_were_not_reached_is_reached_again(town: Town) -> None:
    """No chat says when somebody no longer blocks the bot; what they do there says it."""
    town.put(replace(ANA, reachable=False, trouble="blocked"))
    await town.says(SLACK, "help")

    assert ANA == town.person()


async def test_who_acts_elsewhere_does_not_come_back_where_they_were_not_reached(town: Town) -> None:
    """Signed in to our pages, somebody is reached no better in a chat."""
    gone = replace(ANA, reachable=False, trouble="blocked")
    town.put(gone)
    await town.does(HomeOpened(key=town.key(), who=WEB))

    assert gone == town.person()


async def test_who_is_reached_nowhere_is_written_to_where_they_arrive(town: Town) -> None:
    """A chat that still reaches somebody takes the place of one that does not."""
    town.put(replace(ANA, reachable=False, trouble="blocked"))
    reply = await town.comes(TEAMS)

    assert replace(ANA, address=TEAMS) == town.person()
    assert not isinstance(reply, ShowCard), "there is nothing to choose"


async def test_one_account_a_workspace(town: Town) -> None:
    """Another account in a workspace where somebody is reached is a stranger's, whatever its e-mail says."""
    for stranger in (Address("slack", "U2", "T1"), Address("teams", "thief", "tenant")):
        town.put(BOTH)
        reply = await town.comes(stranger)
        assert isinstance(reply, Note)
        assert "We have not met yet" in read(reply)
    assert BOTH == town.person()


async def test_a_second_workspace_of_one_channel_is_a_second_address(town: Town) -> None:
    """Somebody in two workspaces is known in both, and reads which is which."""
    await town.comes(OTHER_SLACK)

    assert replace(ANA, also=(OTHER_SLACK,)) == town.person()
    assert "From now on I write to you here, in the other workspace of Slack." in read(
        await town.says(OTHER_SLACK, "here")
    )


async def test_who_leaves_the_chosen_chat_is_written_to_in_the_other(town: Town) -> None:
    """Nobody is alarmed as long as one address is good; the last one stays, so that they can come back."""
    town.put(BOTH)
    await town.goes(SLACK)
    assert replace(ANA, address=TEAMS) == town.person()

    await town.goes(TEAMS, "blocked")
    assert replace(ANA, address=TEAMS, reachable=False, trouble="blocked") == town.person()
    await town.comes(TEAMS)
    assert replace(ANA, address=TEAMS) == town.person()


async def test_who_leaves_another_chat_is_only_no_longer_known_there(town: Town) -> None:
    """The chosen one is as it was."""
    town.put(BOTH)
    await town.goes(TEAMS)

    assert ANA == town.person()


async def test_of_two_chats_that_look_for_somebody_the_one_that_knows_more_is_believed(town: Town) -> None:
    """That nobody in Slack has the address does not hide that only the app is missing in Teams."""
    town.put(Person(id="nina", name="Nina", email="nina@example.org"))
    for why, kept in (
        ("unknown", "unknown"),
        ("not_installed", "not_installed"),
        ("unknown", "not_installed"),
    ):
        await town.does(Unfound(key=town.key(), channel="x", person="nina", why=why))
        assert kept == town.person("nina").trouble


# --- choosing ----------------------------------------------------------------------------------------


async def test_here_means_this_chat(town: Town) -> None:
    """Whoever writes `here` is written to there from now on; a second time nothing changes."""
    town.put(BOTH)
    assert "From now on I write to you here, in Microsoft Teams." in read(await town.says(TEAMS, "here"))
    assert replace(ANA, address=TEAMS, also=(SLACK,)) == town.person()
    assert "I write to you here already, in Microsoft Teams." in read(await town.says(TEAMS, "here"))

    await town.told("a")
    assert (0, 1) == town.counts()


async def test_the_home_of_who_is_in_several_chats_lets_them_choose(town: Town) -> None:
    """There is a button for each other chat, and "here" for the one in which the home is looked at."""
    for where, label in (
        (SLACK, "Write to me in Microsoft Teams instead"),
        (TEAMS, "Write to me here instead"),
    ):
        town.put(BOTH)
        shown = await town.does(HomeOpened(key=town.key(), who=where))
        assert isinstance(shown, ShowHome)
        card = shown.home.cards[-1]
        [button] = card.buttons
        assert isinstance(button, Button)
        assert label == Reader("en", "UTC").text(button.label)
        await town.presses(where, button)
        assert replace(ANA, address=TEAMS, also=(SLACK,)) == town.person()


async def test_a_home_of_who_is_in_one_chat_says_nothing_of_it(town: Town) -> None:
    """There is nothing to choose."""
    shown = await town.does(HomeOpened(key=town.key(), who=SLACK))

    assert "Where I write to you" not in read(shown)


class Interrupted(MovableClock):
    """A clock at which, when it is next asked, something else happens first."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__(MONDAY)
        self._meanwhile: Callable[[], None] | None = meanwhile

    def now(self) -> datetime:
        """Let the other thing happen, once, and return the instant."""
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().now()


@pytest.mark.postgres
async def test_what_two_chats_tell_at_once_is_both_kept(new_db: NewDatabase) -> None:
    """Whoever writes in one chat while another chat tells that they arrived there is known in both."""
    url = new_db("postgresql")
    other = Town(url)
    other.put(replace(ANA, language="de"))
    came = Arrived(key="arrives", who=TEAMS, email="ana@example.org")

    def arrives() -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(other.app.receive(came))).result(10)

    town = Town(url)
    interrupted = compose(store=town.store, channels={}, clock=Interrupted(arrives), owner="other")
    await interrupted.receive(Commanded(key="language", who=SLACK, name="language", text="en"))

    found = town.person()
    for one in (town, other):
        one.store.close_now()

    assert ("en", (SLACK, TEAMS)) == (found.language, found.addresses)


async def test_a_chat_that_was_left_meanwhile_cannot_be_chosen(town: Town) -> None:
    """An old button changes nothing and says so."""
    town.put(BOTH)
    shown = await town.does(HomeOpened(key=town.key(), who=SLACK))
    assert isinstance(shown, ShowHome)
    [button] = shown.home.cards[-1].buttons
    assert isinstance(button, Button)
    await town.goes(TEAMS)

    assert "I cannot write to you there any more" in read(await town.presses(SLACK, button))
    assert ANA == town.person()


# --- a message goes to one address ---------------------------------------------------------------------


async def test_what_one_chat_refuses_goes_to_the_other(town: Town) -> None:
    """A person who is not there any more gets the message in their other chat, once, and nobody is alarmed."""
    town.put(BOTH)
    town.slack.next = [Unreachable("user_disabled", "switched_off")]
    row = await town.told("a")
    while row.state == "pending":
        row = await town.told("a")

    assert ("sent", "teams") == (row.state, row.channel)
    assert (0, 1) == town.counts()
    assert replace(ANA, address=TEAMS) == town.person()


async def test_what_no_chat_takes_has_failed(town: Town) -> None:
    """When the last address is no good either, the person is not reached, for the reason given last."""
    town.put(BOTH)
    town.slack.next, town.teams.next = [Unreachable("x", "switched_off")], [Unreachable("x", "blocked")]
    row = await town.told("a")
    while row.state == "pending":
        row = await town.told("a")

    assert "failed" == row.state
    assert replace(ANA, address=TEAMS, reachable=False, trouble="blocked") == town.person()


async def test_a_message_is_renewed_where_it_stands(town: Town) -> None:
    """A silent renewal follows the message into the chat of before; a change is told in the chat of now."""
    town.put(BOTH)
    await town.told("a")
    await town.says(TEAMS, "here")
    await town.told("b", "update", replaces="a")
    await town.told("c", "change", replaces="a")

    [first, renewed], [change] = town.slack.taken, town.teams.taken
    assert ("", "slack1") == (first.replaces, renewed.replaces)
    assert ("", TEAMS) == (change.replaces, change.to.address)
    assert SLACK == renewed.to.address


# --- our own pages -------------------------------------------------------------------------------------


async def test_who_signed_in_to_our_pages_acts_as_themselves(town: Town) -> None:
    """Their id is enough; it is no chat, so nobody is written to there, and it says nothing of being here."""
    town.put(BOTH)
    assert isinstance(await town.does(HomeOpened(key=town.key(), who=WEB)), ShowHome)
    assert "Where I write to you" in read(await town.says(WEB, "here"))
    assert BOTH == town.person()


@pytest.mark.parametrize("who", [WEB, Address("web", "nobody")])
async def test_who_has_left_is_nobody_on_our_pages(town: Town, who: Address) -> None:
    """A session that outlived its person opens nothing."""
    town.put(replace(ANA, active=False))
    answered = await town.app.receive(HomeOpened(key=town.key(), who=who))

    assert None is answered.to


async def test_nobody_comes_or_goes_by_our_pages(town: Town) -> None:
    """What only a chat can say changes nothing when it names a page."""
    await town.comes(WEB)
    await town.goes(WEB)

    assert ANA == town.person()


# --- links -----------------------------------------------------------------------------------------------


async def test_a_link_to_a_page_is_made_for_its_reader_at_delivery(paged: Town) -> None:
    """What is stored names the page; what arrives leads there."""
    words = say("See {page}.", page=WebLink("page:home", "page:home"))
    card = Card(
        say("Your page"),
        (Text(words),),
        (Link(say("Open"), "page:home"), Link(say("Site"), "https://x.example")),
    )
    send = Send(to="ana", content=card, key="a", kind="info", not_before=MONDAY)
    paged.store.write_now(lambda work: work.intend([send], MONDAY))
    await paged.app.outbox.deliver()

    [delivery] = paged.slack.taken
    assert isinstance(delivery.content, Card)
    assert ["https://pages.example/home/ana/0", "https://x.example"] == _urls(delivery.content)
    assert "https://pages.example/home/ana/0" in read(delivery.content)
    row = paged.store.read_now(lambda work: work.row_by_key("a"))
    assert row is not None
    assert card == row.send.content


async def test_without_pages_a_link_to_one_is_left_out(town: Town) -> None:
    """Nobody gets a button that leads nowhere."""
    card = Card(
        say("Your page"), (), (Link(say("Open"), "page:home"), Link(say("Site"), "https://x.example"))
    )
    send = Send(to="ana", content=card, key="a", kind="info", not_before=MONDAY)
    town.store.write_now(lambda work: work.intend([send], MONDAY))
    await town.app.outbox.deliver()

    [delivery] = town.slack.taken
    assert isinstance(delivery.content, Card)
    assert ["https://x.example"] == _urls(delivery.content)


async def test_the_page_and_the_calendar_are_a_word_away(paged: Town) -> None:
    """Both words answer with the reader's own address."""
    for word, page in (("page", "home"), ("calendar", "calendar")):
        reply = await paged.says(SLACK, word)
        assert isinstance(reply, ShowCard)
        assert [f"https://pages.example/{page}/ana/0"] == _urls(reply.card)


@pytest.mark.parametrize("word", ["page", "calendar"])
async def test_without_pages_the_words_say_so(town: Town, word: str) -> None:
    """Whoever runs the bot has set no address, and the answer says it."""
    reply = await town.says(SLACK, word)

    assert isinstance(reply, Note)
    assert "whoever runs me has set no public" in read(reply)


async def test_a_new_address_for_the_calendar_ends_the_earlier_one(paged: Town) -> None:
    """One press gives one new address; a second press on the same card only shows it again."""
    shown = await paged.says(SLACK, "calendar")
    assert isinstance(shown, ShowCard)
    button = next(b for b in shown.card.buttons if isinstance(b, Button))
    for _ in range(2):
        again = await paged.presses(SLACK, button)
        assert isinstance(again, ReplaceCard)
        assert ["https://pages.example/calendar/ana/1"] == _urls(again.card)
    assert 1 == paged.person().feed


def _urls(card: Card) -> list[str]:
    return [button.url for button in card.buttons if isinstance(button, Link)]


# --- chats and calls ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "urls"),
    [(TEAMS, ["https://teams.example/chat/matej"]), (SLACK, [])],
    ids=["one chat", "two chats"],
)
async def test_an_introduction_opens_the_chat_of_the_two_where_their_app_can(
    town: Town, where: Address, urls: list[str]
) -> None:
    """Where both are reached in one app that opens chats each card leads there; across two chats none does."""
    town.put(replace(ANA, address=where), MATEJ)
    intro = GroupIntro(("ana", "matej"), Card(say("Ana and Matej"), ()))
    send = Send(to="ana", content=intro, key="e1/welcome/once/ana:ana:open", kind="info", not_before=MONDAY)
    town.store.write_now(lambda work: work.intend([send], MONDAY))
    await town.app.outbox.deliver()

    [delivery] = [*town.slack.taken, *town.teams.taken]
    assert isinstance(delivery.content, Card)
    assert urls == _urls(delivery.content)


def test_a_call_begins_in_the_app_that_all_of_them_have() -> None:
    """Who is written to in Slack and known in Teams can be called in Teams; who is not known there cannot."""
    link = call_of({"slack": Chat("slack"), "teams": CallingChat("teams")})

    assert "https://teams.example/call/ana,matej" == link([BOTH, MATEJ])
    assert "" == link([ANA, MATEJ])
    assert "" == link([])
