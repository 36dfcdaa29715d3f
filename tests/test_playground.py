"""
The playground behind its page: what it takes, what it shows, what it keeps, and whom it lets in.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from adapters.playground.channel import MailChannel, PlaygroundChannel
from adapters.playground.chrome import words
from adapters.playground.guard import NotLoopback, check_address
from adapters.playground.hub import Hub
from adapters.playground.keep import pack_act, pack_content, unpack_act, unpack_content
from adapters.playground.lines import in_own_words
from adapters.playground.parse import (
    BadRequest,
    read_act,
    read_json,
    read_mark,
    read_stride,
    read_temperament,
)
from adapters.playground.render import Painter, TooMuch
from adapters.playground.room import Room, RoomClock
from adapters.playground.server import STATIC, Pages
from adapters.playground.stage import Stage
from adapters.sim.player import Act as Played
from bot.content import (
    Actions,
    Ask,
    Button,
    Card,
    Checklist,
    Choice,
    Content,
    Facts,
    Field,
    File,
    Form,
    GroupIntro,
    Image,
    Item,
    Link,
    Moment,
    Progress,
    Rule,
    Text,
    TextField,
    UserText,
    WebLink,
    say,
    say_n,
)
from bot.events import Address, Commanded, HomeOpened, Pressed, Said, Submitted
from bot.i18n import PSEUDO, Reader
from bot.ports import Delivery, Refused
from tests.playground_fake import BEGINS, PEOPLE, FakeBackstage, checkin, feedback_form, home, welcome

ANA = PEOPLE[0]
WHO = Address("playground", "ana")
SCRIPTS = {file.name: file.read_text() for file in STATIC.glob("*.[jh]*")}
HTML = "<img src=x onerror=alert(1)> **not bold**"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """
    A room of this test's own.
    """
    made = Room(tmp_path / "room.db", BEGINS)
    yield made
    made.close()


class Demo:
    """
    The playground with a script behind it, and a client in front.
    """

    def __init__(self, room: Room, pace_seconds: float) -> None:
        self.room = room
        self.channel = PlaygroundChannel(room)
        self.hub = Hub()
        self.backstage = FakeBackstage(room, self.channel)
        self.stage = Stage(
            backstage=self.backstage, room=room, channel=self.channel, hub=self.hub, pace_seconds=pace_seconds
        )
        self.client: TestClient[object, object]

    async def post(self, path: str, body: Mapping[str, object], **headers: str) -> ClientResponse:
        """
        Post JSON.
        """
        return await self.client.post(path, json=body, headers=headers)

    async def state(self) -> dict[str, object]:
        """
        Return what the page loads first.
        """
        return await (await self.client.get("/state")).json()

    async def column(self, person: str) -> dict[str, object]:
        """
        Return one person's column.
        """
        columns = (await self.state())["columns"]
        assert isinstance(columns, list)
        return next(one for one in columns if one["person"] == person)

    async def act(self, **body: object) -> dict[str, object]:
        """
        Do something as Ana, unless it says as whom.
        """
        response = await self.post("/act", {"who": "ana", "key": f"k{id(body)}", **body})
        assert 200 == response.status, await response.text()
        return await response.json()

    async def go(self, stride: str) -> None:
        """
        Let time pass, and wait until it stands still.
        """
        assert 202 == (await self.post("/clock", {"go": stride})).status
        await self.stage.wait()

    def silence(self, *people: str) -> None:
        """
        Let nobody play these people.
        """
        for person in people or [one.id for one in PEOPLE]:
            self.room.set_temperament(person, "you")


@asynccontextmanager
async def opened(room: Room, pace_seconds: float = 0) -> AsyncIterator[Demo]:
    """
    Open the playground on this room.
    """
    demo = Demo(room, pace_seconds)
    pages = Pages(backstage=demo.backstage, room=room, stage=demo.stage, hub=demo.hub)
    async with TestClient(TestServer(pages.app("127.0.0.1"))) as client:
        demo.client = client
        yield demo


@pytest.fixture
async def demo(room: Room) -> AsyncIterator[Demo]:
    """
    The playground, opened.
    """
    async with opened(room) as made:
        yield made


# --- what the page sends -------------------------------------------------------------------------


def body(**more: object) -> dict[str, object]:
    """
    Return what every act of Ana's carries, and more.
    """
    return {"key": "k1", "who": "ana", **more}


@pytest.mark.parametrize(
    ("sent", "event"),
    [
        (
            body(kind="press", verb="v", ref="r:e1", value="2", message=7),
            Pressed(key="k1", who=WHO, verb="v", ref="r:e1", value="2", message="7"),
        ),
        (body(kind="press", verb="v", message=0), Pressed(key="k1", who=WHO, verb="v", ref="")),
        (
            body(kind="submit", verb="v", ref="r", values={"a": "x", "b": ["1", "2"]}),
            Submitted(key="k1", who=WHO, verb="v", ref="r", values={"a": "x", "b": ("1", "2")}),
        ),
        (body(kind="say", text="hello there"), Said(key="k1", who=WHO, text="hello there")),
        (
            body(kind="say", text=" /mentor Feedback  Ana and more "),
            Commanded(key="k1", who=WHO, name="feedback", text="Ana and more"),
        ),
        (body(kind="say", text="/Mentor"), Commanded(key="k1", who=WHO, name="", text="")),
        (body(kind="say", text="/mentoring"), Said(key="k1", who=WHO, text="/mentoring")),
        (body(kind="home"), HomeOpened(key="k1", who=WHO)),
    ],
)  # fmt: skip
def test_what_people_do_becomes_an_event(sent: dict[str, object], event: object) -> None:
    """
    A press, a form, words, a command and a look at the home arrive as the events they are.
    """
    assert event == read_act(sent).event


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({}, "kind: is missing"),
        (body(kind="dance"), "kind: 'dance' is none of press, submit, say, home"),
        ({"kind": "home", "key": "k"}, "who: is missing"),
        ({"kind": "home", "who": "ana"}, "key: is missing"),
        (body(kind="press"), "verb: is missing"),
        (body(kind="press", verb=3), "verb: must be text, not int"),
        (body(kind="press", verb="v", message="7"), "message: must be the number of a message, not '7'"),
        (body(kind="press", verb="v", message=True), "message: must be the number of a message, not True"),
        (body(kind="press", verb="v", message=-1), "message: must be the number of a message, not -1"),
        (body(kind="press", verb="v", colour="red"), "colour: does not belong to kind 'press'"),
        (body(kind="say", text="  "), "text: is missing"),
        (body(kind="say", text="x" * 4001), "text: 4001 characters, at most 4000 are taken"),
        (body(kind="submit", verb="v", values=[]), "values: must be an object of at most 60 fields"),
        (body(kind="submit", verb="v", values={"a": 1}), "values.a: must be text, not int"),
        (body(kind="submit", verb="v", values={"a": ["x", None]}), "values.a[1]: must be text, not NoneType"),
        (body(kind="submit", verb="v", values={"a": ["x"] * 61}), "values.a: at most 60 choices"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(sent: dict[str, object], why: str) -> None:
    """
    Nothing is guessed: the first thing that is wrong is named.
    """
    with pytest.raises(BadRequest) as caught:
        read_act(sent)
    assert why == str(caught.value)


def test_only_json_objects_are_read() -> None:
    """
    A body that is no JSON, or no object, is refused.
    """
    for data in (b"", b"{", b"[1]", b"\xff"):
        with pytest.raises(BadRequest):
            read_json(data)


def test_the_other_requests_are_as_strict() -> None:
    """
    A stride, a temperament and a mark take only what there is.
    """
    assert ("week", None) == read_stride({"go": "week"})
    assert ("until", date(2027, 1, 25)) == read_stride({"go": "until", "day": "2027-01-25"})
    assert ("ana", "silent") == read_temperament({"person": "ana", "temperament": "silent"})
    assert ("ana", 4) == read_mark({"person": "ana", "message": 4})
    with pytest.raises(BadRequest, match="go: 'back' is none of next, day, week, end, until, stop"):
        read_stride({"go": "back"})
    with pytest.raises(BadRequest, match="temperament: 'moody' is none of you, well"):
        read_temperament({"person": "ana", "temperament": "moody"})


# --- what the page shows -------------------------------------------------------------------------

PAINTER = Painter(Reader("en", "Europe/Ljubljana"), ("mentee",), (("ana", "Ana"), ("matej", "Matej")))
EVERYTHING = Card(
    say("Hello {name}", name=UserText(HTML)),
    (
        Text(say("**Bold**, _soft_, {link}", link=WebLink("here", "https://example.com/x"))),
        Text(say("At {at}", at=Moment(BEGINS, "time")), "quiet"),
        Facts(((say("Mentor"), say("Matej")),)),
        Checklist((Item(say("One"), done=True, verb="t", ref="r", value="1"), Item(say("Two"), done=False))),
        Progress(say("Calls"), 3, 5, "calls"),
        Image("tour.svg", say("A drawing")),
        Rule(),
        Ask(say("Well?"), "a", "r", (Choice(say("yes"), "1"),), ("author", "coordinator"), chosen="1"),
        Actions((Button(say("Go"), "g", "r"),)),
    ),
    (
        Button(say("Off"), "o", "r", style="danger", confirm=say("Really?")),
        Link(say("Read"), "https://example.com"),
    ),
    "attention",
)


def test_a_card_is_shown_whole() -> None:
    """
    Every block, button and word of a card reaches the page, in order.
    """
    shown = PAINTER.card(EVERYTHING)
    blocks = shown["blocks"]
    assert isinstance(blocks, list)
    kinds = ["text", "text", "facts", "checklist", "progress", "image", "rule", "ask", "actions"]
    assert kinds == [block["kind"] for block in blocks]
    assert [{"text": "Hello "}, {"text": HTML}] == shown["title"]
    assert {"text": "Bold", "bold": True} == blocks[0]["words"][0]
    assert {"text": "here", "url": "https://example.com/x"} == blocks[0]["words"][-1]
    assert "At 08:00" == "".join(run["text"] for run in blocks[1]["words"])
    assert ("3 / 5 calls", 0.6) == (blocks[4]["figures"], blocks[4]["share"])
    assert "Only you and HR see this." == blocks[7]["seen_by"]
    assert "attention" == shown["tone"]


def test_every_kind_of_field_is_shown() -> None:
    """
    A form shows its fields with who sees them; a person field without names offers everybody.
    """
    fields = PAINTER.form(feedback_form())["fields"]
    assert isinstance(fields, list)
    assert ["text", "text", "scale", "choice", "choice", "date", "time", "person"] == [
        f["kind"] for f in fields
    ]
    assert all(field["seen_by"] for field in fields)
    everybody = [{"label": "Ana", "value": "ana"}, {"label": "Matej", "value": "matej"}]
    assert everybody == fields[-1]["options"]


@pytest.mark.parametrize(
    ("card", "why"),
    [
        (
            Card(say("x"), (Facts(((say("a"), say("b")),) * 11),)),
            "blocks[0].rows: 11 are too many, a card takes 10",
        ),
        (
            Card(say("x"), (Rule(), Ask(say("q"), "v", "r", (Choice(say("c"), "1"),) * 6, ("author",)))),
            "blocks[1].choices: 6 are too many, a card takes 5",
        ),
    ],
)
def test_what_is_too_much_for_a_card_is_refused_and_never_cut(card: Card, why: str) -> None:
    """
    The place and the limit are named.
    """
    with pytest.raises(TooMuch) as caught:
        PAINTER.card(card)
    assert why == str(caught.value)


def test_the_page_s_own_words_are_translated_like_all_others() -> None:
    """
    In the pseudo-language not one sentence of the page stays as it is written in the source.
    """
    for name, sentence in words().items():
        if any(char.isalpha() for char in sentence.msgid):
            assert Reader(PSEUDO).text(sentence) != Reader().text(sentence), name


# --- what the room keeps -------------------------------------------------------------------------

CONTENTS: tuple[Content, ...] = (
    EVERYTHING,
    Card(say_n("One thing", "{n} things", 3, day=Moment(BEGINS))),
    File("plan.ics", "text/calendar", b"\x00BEGIN\xff", welcome()),
    home("Ana"),
    GroupIntro(("ana", "matej"), welcome()),
)


@pytest.mark.parametrize("content", CONTENTS)
def test_a_content_comes_back_as_it_was(content: Content) -> None:
    """
    What is kept as text is the same value when it is read again.
    """
    assert content == unpack_content(pack_content(content))


def test_a_planned_act_comes_back_with_its_form() -> None:
    """
    A player that was going to fill in a form can still mend it after a restart.
    """
    values = (("well", "Good."), ("private", ("time",)))
    act = Played(at=BEGINS, kind="submit", verb="feedback", values=values, form=feedback_form())
    again = unpack_act(pack_act(act))
    assert (act, act.form) == (again, again.form)


def test_closing_and_opening_the_room_loses_nothing(tmp_path: Path) -> None:
    """
    Messages, the clock, temperaments, plans and what was read are as before.
    """
    file = tmp_path / "room.db"
    room = Room(file, BEGINS)
    message = room.add("ana", welcome(), delivery="1")
    room.move_clock(BEGINS + timedelta(days=3))
    room.set_temperament("ana", "silent")
    room.plan("ana", message.id, [Played(at=BEGINS + timedelta(days=4), kind="home")])
    room.read_until("ana", message.id)
    name = room.name
    room.close()

    again = Room(file, BEGINS)
    assert BEGINS + timedelta(days=3) == RoomClock(again).now()
    assert (message,) == again.last_messages("ana", 10)
    assert ("silent", message.id, name) == (again.temperament("ana"), again.last_read("ana"), again.name)
    assert BEGINS + timedelta(days=4) == again.next_planned()
    again.close()


def test_the_clock_never_goes_back(room: Room) -> None:
    """
    A clock that would jump back is refused, and shows what it showed.
    """
    with pytest.raises(ValueError, match="cannot go back"):
        room.move_clock(BEGINS - timedelta(seconds=1))
    assert BEGINS == room.now()


def test_ids_of_plans_are_never_used_twice(room: Room) -> None:
    """
    They become the keys of events: a key that came again would be taken for a repeated delivery.
    """
    ids = []
    for _ in range(3):
        room.plan("ana", 1, [Played(at=BEGINS, kind="home")])
        (planned,) = room.planned(BEGINS)
        ids.append(planned.id)
        room.drop_plan(act=planned.id)
    assert [1, 2, 3] == ids


# --- the channel ---------------------------------------------------------------------------------


async def test_the_same_delivery_twice_is_one_message(room: Room) -> None:
    """
    The playground is one of the few platforms with a send key.
    """
    channel = PlaygroundChannel(room)
    delivery = Delivery(id="7", to=ANA, content=welcome())
    assert await channel.deliver(delivery) == await channel.deliver(delivery)
    assert 1 == len(room.all_messages())


async def test_an_update_takes_the_place_of_its_message(room: Room) -> None:
    """
    The id stays, the content changes, and watchers hear that it is not new.
    """
    channel = PlaygroundChannel(room)
    heard: list[tuple[int, bool]] = []
    channel.watch(lambda message, fresh: heard.append((message.id, fresh)))
    first = await channel.deliver(Delivery(id="1", to=ANA, content=checkin()))
    again = await channel.deliver(Delivery(id="2", to=ANA, content=checkin(("5",)), replaces=first))
    assert first == again
    assert [checkin(("5",))] == [message.content for message in room.all_messages()]
    assert [(1, True), (1, False)] == heard


@pytest.mark.parametrize("replaces", ["99", "abc", "1"])
async def test_an_update_of_nothing_is_refused(room: Room, replaces: str) -> None:
    """
    A message that is not there, or is somebody else's, cannot be renewed.
    """
    room.add("matej", welcome())
    with pytest.raises(Refused):
        await PlaygroundChannel(room).deliver(Delivery(id="2", to=ANA, content=welcome(), replaces=replaces))


async def test_a_content_that_no_card_takes_is_refused_for_good(room: Room) -> None:
    """
    The outbox learns that trying again is of no use, and nothing is stored.
    """
    much = Card(say("x"), (Facts(((say("a"), say("b")),) * 11),))
    with pytest.raises(Refused, match="rows"):
        await PlaygroundChannel(room).deliver(Delivery(id="1", to=ANA, content=much))
    assert () == room.all_messages()


async def test_an_e_mail_stands_in_the_chat_as_one(room: Room) -> None:
    """
    It is marked, is never renewed in its place, and is a channel of its own.
    """
    mail = MailChannel(PlaygroundChannel(room))
    await mail.deliver(Delivery(id="1", to=ANA, content=welcome()))
    await mail.deliver(Delivery(id="2", to=ANA, content=welcome(), replaces="1"))
    assert ["mail", "mail"] == [message.kind for message in room.all_messages()]
    assert "mail" == MailChannel.name


# --- who may speak to it -------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.3.2.1"])
def test_loopback_addresses_are_fine(host: str) -> None:
    """
    Whatever only this machine reaches may be listened on.
    """
    assert host == check_address(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com", ""])
def test_other_addresses_are_refused_unless_asked_for(host: str) -> None:
    """
    The reason and the way out are in the message.
    """
    with pytest.raises(NotLoopback, match="--open-to-others"):
        check_address(host)
    assert host == check_address(host, open_to_others=True)


async def test_a_foreign_name_for_this_machine_is_refused(demo: Demo) -> None:
    """
    A page elsewhere cannot read the playground through a name that it made to point here.
    """
    for path in ("/", "/state", "/static/main.js", "/events"):
        response = await demo.client.get(path, headers={"Host": "evil.example:80"})
        assert 421 == response.status, path


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_other_pages_may_not_act(demo: Demo, headers: dict[str, str]) -> None:
    """
    A press that another page made the browser send is refused, and nothing happens.
    """
    response = await demo.post("/act", body(kind="home"), **headers)
    assert (403, []) == (response.status, demo.backstage.received)


async def test_a_form_of_another_page_is_no_json(demo: Demo) -> None:
    """
    What a browser sends across sites without asking is refused by its type.
    """
    response = await demo.client.post(
        "/act", data=json.dumps(body(kind="home")), headers={"Content-Type": "text/plain"}
    )
    assert 415 == response.status


async def test_pages_run_nothing_but_their_own_scripts(demo: Demo) -> None:
    """
    Every answer carries the policy, also errors and files.
    """
    for path in ("/", "/state", "/static/main.js", "/nothing-here"):
        policy = (await demo.client.get(path)).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


# --- the page and its state ----------------------------------------------------------------------


async def test_the_page_and_all_it_names_are_there(demo: Demo) -> None:
    """
    Every script and style that the page or another script asks for is served.
    """
    page = await (await demo.client.get("/")).text()
    imported = {f"/static/{name}" for text in SCRIPTS.values() for name in _imports(text)}
    for path in {"/static/main.js", "/static/page.css", "/static/cards.css", "/static/mark.svg", *imported}:
        assert 200 == (await demo.client.get(path)).status, path
    assert "/static/main.js" in page


def _imports(source: str) -> list[str]:
    return [line.split('"./')[1].split('"')[0] for line in source.splitlines() if 'from "./' in line]


def test_every_word_that_the_page_asks_for_is_there() -> None:
    """
    The page has no words of its own: each name in it and in its scripts is one that the server knows.
    """
    known = set(words())
    for name, text in SCRIPTS.items():
        places = re.findall(r'data-(?:word|label)="([a-z.]+)"', text)
        assert set() == {*re.findall(r'\bword\("([a-z.]+)"', text), *places} - known, name


def test_no_word_is_left_over() -> None:
    """
    A sentence that nobody asks for would be translated in vain.
    """
    text = "\n".join(SCRIPTS.values())
    asked = {*re.findall(r'"([a-z.]+)"', text)}
    begun = tuple(re.findall(r"word\(`([a-z]+\.)\$", text))
    assert [] == [name for name in words() if name not in asked and not name.startswith(begun)]


async def test_everybody_is_offered_the_words_they_may_use(demo: Demo) -> None:
    """
    What only mentors write does not stand in a mentee's list.
    """
    offered = {}
    for who in ("ana", "matej"):
        commands = (await demo.column(who))["commands"]
        assert isinstance(commands, list)
        offered[who] = [one["name"] for one in commands]
    assert {"ana": ["help", "home"], "matej": ["feedback", "help", "home"]} == offered


async def test_each_programme_says_who_is_in_it_and_how_much_is_unread(demo: Demo) -> None:
    """
    By these somebody is found among many; HR's and the director's messages belong to no programme alone.
    """
    demo.silence()
    await demo.go("week")
    (group,) = (await (await demo.client.get("/groups")).json())["groups"]
    assert ["Ana Novak", "Matej Kos", "Peter Hribar", "Breda Zupan", "Irena Vidmar"] == [
        seat["name"] for seat in group["seats"]
    ]
    assert ("Ana Novak, Matej Kos", "Mentee", 2) == (
        group["people"],
        group["seats"][0]["roles"],
        group["unread"],
    )
    demo.room.read_until("ana", 99)
    (group,) = (await (await demo.client.get("/groups")).json())["groups"]
    assert 1 == group["unread"]


async def test_people_stand_in_the_order_of_their_roles(demo: Demo) -> None:
    """
    Each column has the person's name, roles and own time.
    """
    columns = (await demo.state())["columns"]
    assert isinstance(columns, list)
    assert ["Ana Novak", "Matej Kos", "Peter Hribar", "Breda Zupan", "Irena Vidmar"] == [
        c["name"] for c in columns
    ]
    assert [["Mentee"], ["Mentor"], ["Department head"], ["Director"], ["HR coordinator"]] == [
        c["roles"] for c in columns
    ]
    assert ["08:00", "07:00"] == [columns[0]["local"], columns[3]["local"]]


async def test_the_next_message_moves_the_clock_to_it(demo: Demo) -> None:
    """
    Time stops at the first instant that brings something to anybody.
    """
    demo.silence()
    await demo.go("next")
    assert datetime(2026, 1, 5, 8, 0, tzinfo=UTC) == demo.room.now()
    assert ["ana", "irena"] == [message.person for message in demo.room.all_messages()]


@pytest.mark.parametrize(("stride", "days", "messages"), [("day", 1, 3), ("week", 7, 5), ("end", None, 8)])
async def test_strides_step_from_due_instant_to_due_instant(
    demo: Demo, stride: str, days: int | None, messages: int
) -> None:
    """
    A day and a week end where they should; the end is where nothing more is due.
    """
    demo.silence()
    await demo.go(stride)
    assert messages == len(demo.room.all_messages())
    sent = [message.at for message in demo.room.all_messages()]
    assert sent == sorted(sent)
    if days is not None:
        assert BEGINS + timedelta(days=days) == demo.room.now()


async def test_time_passes_until_the_evening_of_a_day(demo: Demo) -> None:
    """
    All that a day brings has come, and nothing of the next; a day that is over changes nothing.
    """
    demo.silence()
    assert 202 == (await demo.post("/clock", {"go": "until", "day": "2026-01-06"})).status
    await demo.stage.wait()
    evening = datetime(2026, 1, 6, 19, 0, tzinfo=UTC)
    assert (evening, 5) == (demo.room.now(), len(demo.room.all_messages()))
    await demo.post("/clock", {"go": "until", "day": "2026-01-05"})
    await demo.stage.wait()
    assert evening == demo.room.now()


async def test_the_page_hears_whom_a_walk_brought_something(demo: Demo) -> None:
    """
    Each person with how many messages, also where their chat is not on the page.
    """
    demo.silence()
    with demo.hub.listening(frozenset({"ana"})) as waiting:
        await demo.go("day")
        heard = [waiting.get_nowait() for _ in range(waiting.qsize())]
    (last,) = [one.data for one in heard if "came" in one.data]
    assert {"ana": 1, "irena": 1, "matej": 1} == last["came"]
    assert "day" == last["stride"]


async def test_a_second_walk_waits_for_the_first(room: Room) -> None:
    """
    While time passes another stride is refused clearly, and stop stops.
    """
    async with opened(room, pace_seconds=0.1) as demo:
        demo.silence()
        await demo.stage.start_walk("end")
        response = await demo.post("/clock", {"go": "day"})
        assert 409 == response.status
        assert {"error": "time is passing already: stop it first"} == await response.json()
        assert 202 == (await demo.post("/clock", {"go": "stop"})).status
        assert demo.stage.walk is None
        assert len(room.all_messages()) < 8


async def test_a_press_changes_the_card_in_its_place(demo: Demo) -> None:
    """
    One tap answers a question, and the next one appears on the same card.
    """
    demo.silence()
    await demo.go("end")
    message = demo.room.last_messages("ana", 1)[0]
    await demo.act(
        kind="press", verb="checkin.tap", ref="checkin:e1/checkin/0", value="4", message=message.id
    )
    assert checkin(("4",)) == demo.room.last_messages("ana", 1)[0].content
    pressed = demo.backstage.received[-1]
    assert isinstance(pressed, Pressed)
    assert str(message.id) == pressed.message


async def test_a_form_is_opened_mended_and_sent(demo: Demo) -> None:
    """
    Errors come back by field; a form that was taken says thank you in the chat.
    """
    opened_form = (await demo.act(kind="say", text="/mentor feedback"))["form"]
    assert isinstance(opened_form, dict)
    assert "Two lines for Ana" == opened_form["title"]
    wrong = await demo.act(kind="submit", verb="feedback", ref="r", values={"well": " "})
    assert {"errors": {"well": "Two words are enough."}} == wrong
    assert {"closed": True} == await demo.act(
        kind="submit", verb="feedback", ref="r", values={"well": "Calm."}
    )
    messages = demo.room.last_messages("ana", 9)
    assert ["said", "note"] == [message.kind for message in messages]


async def test_what_people_type_stays_text(demo: Demo) -> None:
    """
    Markup in somebody's words is neither HTML nor bold, on any surface.
    """
    await demo.act(kind="say", text=HTML)
    messages = (await demo.column("ana"))["messages"]
    assert isinstance(messages, list)
    assert [{"text": HTML}] == messages[0]["title"]


async def test_the_home_is_shown_and_stored_nowhere(demo: Demo) -> None:
    """
    Looking at one's home is no message.
    """
    shown = (await demo.act(kind="home"))["home"]
    assert isinstance(shown, dict)
    assert [{"text": "Ana Novak"}, {"text": ", this is yours."}] == shown["title"]
    assert () == demo.room.all_messages()


async def test_a_press_on_the_home_is_answered_in_its_place(demo: Demo) -> None:
    """
    Where no message was pressed, the page gets the card to show instead.
    """
    answer = await demo.act(kind="press", verb="other", ref="x:1", message=0)
    assert {"card"} == set(answer)


@pytest.mark.parametrize(
    ("path", "sent", "status", "why"),
    [
        (
            "/act",
            {"kind": "home", "key": "k", "who": "nobody"},
            404,
            "who: there is nobody with the id 'nobody'",
        ),
        (
            "/act",
            {"kind": "press", "key": "k", "who": "ana", "verb": "v", "message": 99},
            404,
            "message: Ana Novak has no message 99",
        ),
        (
            "/act",
            {"kind": "jump", "key": "k", "who": "ana"},
            400,
            "kind: 'jump' is none of press, submit, say, home",
        ),
        ("/clock", {"go": "back"}, 400, "go: 'back' is none of next, day, week, end, until, stop"),
        ("/clock", {"go": "until"}, 400, "day: is missing"),
        ("/clock", {"go": "until", "day": "soon"}, 400, "day: 'soon' is not a day such as 2027-01-25"),
        ("/temperament", {"person": "nobody", "temperament": "well"}, 404, "who: there is nobody"),
    ],
)
async def test_a_bad_request_says_what_is_wrong(
    demo: Demo, path: str, sent: dict[str, object], status: int, why: str
) -> None:
    """
    The page gets a reason, never a bare number.
    """
    response = await demo.post(path, sent)
    assert status == response.status
    assert (await response.json())["error"].startswith(why)


async def test_nobody_presses_on_somebody_else_s_message(demo: Demo) -> None:
    """
    A message belongs to one chat.
    """
    demo.silence()
    await demo.go("next")
    message = demo.room.last_messages("irena", 1)[0]
    response = await demo.post("/act", body(kind="press", verb="v", message=message.id))
    assert 404 == response.status


async def test_a_file_is_handed_over_to_be_saved(demo: Demo) -> None:
    """
    It never opens as a page of the playground.
    """
    demo.silence()
    await demo.go("next")
    message = demo.room.last_messages("irena", 1)[0]
    response = await demo.client.get(f"/file/{message.id}")
    assert b"The next six months" == await response.read()
    assert "attachment; filename*=UTF-8''guide.txt" == response.headers["Content-Disposition"]
    assert 404 == (await demo.client.get("/file/1")).status
    assert 400 == (await demo.client.get("/file/one")).status


async def test_a_large_body_is_refused(demo: Demo) -> None:
    """
    Nobody fills the memory with one request.
    """
    response = await demo.client.post(
        "/act", data=b"x" * 300_000, headers={"Content-Type": "application/json"}
    )
    assert 413 == response.status


async def test_earlier_messages_come_on_demand(demo: Demo) -> None:
    """
    A long chat shows its end; the rest is asked for.
    """
    for number in range(150):
        demo.room.add("ana", Card(say("Number {n}", n=number)))
    column = await demo.column("ana")
    messages = column["messages"]
    assert isinstance(messages, list)
    assert (100, True, 51) == (len(messages), column["earlier"], messages[0]["id"])
    rest = await (await demo.client.get("/earlier", params={"person": "ana", "before": "51"})).json()
    assert (50, False, 1) == (len(rest["messages"]), rest["earlier"], rest["messages"][0]["id"])


async def test_what_was_read_is_remembered(demo: Demo) -> None:
    """
    Unread marks survive a reload.
    """
    message = demo.room.add("ana", welcome())
    assert 200 == (await demo.post("/read", {"person": "ana", "message": message.id})).status
    assert message.id == (await demo.column("ana"))["read"]


# --- live updates --------------------------------------------------------------------------------


async def heard(response: ClientResponse, kind: str) -> dict[str, object]:
    """
    Return the next update of a kind.
    """
    name = ""
    async with asyncio.timeout(10):
        async for raw in response.content:
            line = raw.decode().strip()
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:") and name == kind:
                found: dict[str, object] = json.loads(line.removeprefix("data:"))
                return found
    raise AssertionError(f"the stream ended without {kind}")


async def test_every_open_page_hears_what_happens(demo: Demo) -> None:
    """
    A page is greeted first, so that it loads its state while nothing can be missed.
    """
    demo.silence()
    async with demo.client.get("/events") as one, demo.client.get("/events") as other:
        for response in (one, other):
            assert {} == await heard(response, "hello")
        await demo.go("next")
        for response in (one, other):
            assert "ana" == (await heard(response, "chat"))["message"]["person"]  # type: ignore[index]
            assert "next" == (await heard(response, "clock"))["walking"]


async def test_a_page_that_cannot_keep_up_is_told_to_load_anew() -> None:
    """
    Updates are dropped only together with the word that they were.
    """
    hub = Hub()
    with hub.listening(None) as waiting:
        for number in range(501):
            hub.tell("clock", {"n": number})
        kinds = [waiting.get_nowait().kind for _ in range(waiting.qsize())]
    assert ["reload", "clock"] == kinds


def test_a_page_hears_only_of_those_it_shows() -> None:
    """
    With hundreds of pairs a page follows one.
    """
    hub = Hub()
    with hub.listening(frozenset({"ana"})) as waiting:
        hub.tell("chat", {}, person="matej")
        hub.tell("chat", {}, person="ana")
        hub.tell("clock", {})
        assert [("chat", "ana"), ("clock", "")] == [
            (one.kind, one.person) for one in (waiting.get_nowait() for _ in range(waiting.qsize()))
        ]


# --- automatic players ---------------------------------------------------------------------------


async def test_whoever_answers_well_is_played_while_time_passes(demo: Demo) -> None:
    """
    Ana's three taps come by themselves within the week.
    """
    await demo.go("end")
    cards = [message.content for message in demo.room.last_messages("ana", 99) if message.kind == "bot"]
    last = cards[-1]
    assert isinstance(last, Card)
    assert 3 == len([block for block in last.blocks if isinstance(block, Ask) and block.chosen])


async def test_whoever_is_silent_does_nothing(demo: Demo) -> None:
    """
    A silent person's cards stay as they came.
    """
    for one in PEOPLE:
        assert 200 == (await demo.post("/temperament", {"person": one.id, "temperament": "silent"})).status
    await demo.go("end")
    assert [] == demo.backstage.received


async def test_a_visitor_s_press_takes_over_from_the_player(demo: Demo) -> None:
    """
    What the player was going to do about that card is forgotten.
    """
    await demo.go("next")
    message = demo.room.last_messages("ana", 1)[0]
    assert [message.id] == [
        one.message for one in demo.room.planned(BEGINS + timedelta(days=9)) if one.person == "ana"
    ][:1]
    await demo.act(kind="press", verb="plan", ref="plan:e1", message=message.id)
    later = demo.room.planned(BEGINS + timedelta(days=9))
    assert [] == [one for one in later if one.person == "ana"]


async def test_a_new_temperament_looks_at_what_came_lately(demo: Demo) -> None:
    """
    Somebody who was left alone, and is then played, gets to what is still open.
    """
    demo.silence()
    await demo.go("next")
    assert None is demo.room.next_planned()
    await demo.stage.play_as("ana", "well")
    assert None is not demo.room.next_planned()
    await demo.stage.play_as("ana", "you")
    assert None is demo.room.next_planned()


async def test_reopening_goes_on_from_there(tmp_path: Path) -> None:
    """
    What the players were going to do still happens after a restart, once.
    """
    file = tmp_path / "room.db"
    room = Room(file, BEGINS)
    async with opened(room) as first:
        await first.go("next")
    room.close()

    again = Room(file, BEGINS)
    async with opened(again) as second:
        before = len(again.all_messages())
        await second.go("day")
        keys = [event.key for event in second.backstage.received]  # type: ignore[union-attr]
        assert len(keys) == len(set(keys)) > 0
        assert len(again.all_messages()) > before
    again.close()


def test_players_write_words_worth_reading() -> None:
    """
    The simulation's marks are replaced by lines that fit the field, a new one each time.
    """
    field: Field = TextField(key="good", label=say("Went well"), seen_by=("author",))
    form = Form(title=say("F"), verb="v", ref="r", fields=(field,))
    turns = iter(range(9))
    written = [
        in_own_words(form, (("good", "Nice zq0123456789"),), "well", lambda _: next(turns))[0][1]
        for _ in range(2)
    ]
    assert 2 == len(set(written))
    assert not any("zq" in line for line in written)


def test_what_was_filled_in_already_is_kept_as_it_was() -> None:
    """
    A player who opens an agreement does not overwrite it with small talk.
    """
    field = TextField(key="purpose", label=say("Purpose"), seen_by=("author",), initial="A good start")
    form = Form(title=say("F"), verb="v", ref="r", fields=(field,))
    filled = in_own_words(form, (("purpose", "Nice zq0123456789"),), "well", lambda _: 0)
    assert (("purpose", "A good start"),) == filled


def test_a_goal_s_parts_belong_together() -> None:
    """
    Title, number and unit of a made-up goal make one sentence.
    """
    fields = tuple(
        TextField(key=key, label=say("x"), seen_by=("author",)) for key in ("title", "target", "unit")
    )
    form = Form(title=say("F"), verb="goal.save", ref="r", fields=fields)
    filled = dict(in_own_words(form, (("title", "x zq0123456789"), ("target", "3")), "well", lambda _: 0))
    assert ("Lead customer calls on my own", "5", "calls") == (
        filled["title"],
        filled["target"],
        filled["unit"],
    )
