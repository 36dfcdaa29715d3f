"""What people meet is in Slack and in Teams alike: no type of ours lacks a row, and no row lacks one of the two."""

from __future__ import annotations

import ast
import html
import json
from collections.abc import AsyncIterator, Callable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, cast, get_args

import pytest

from adapters.slack.names import HELP_ABOUT
from adapters.slack.parse import event as slack_event
from adapters.teams import names
from adapters.teams.deliver import TeamsChannel
from adapters.teams.manifest import manifest
from adapters.teams.parse import event as teams_event
from bot import content, events, outcome
from bot.content import Card, File, GroupIntro, say
from bot.events import Commanded
from bot.outcome import Put
from bot.ports import Calling
from docs.parity_rows import ANSWERED, DONE, ELSE, FILLED, PRESSED, READ, Sample, Told
from docs.parity_table import FILE, PLACES, added, commands, written
from flows.register import COMMANDS
from tests import slack_out, teams_out
from tests.scenes import ANA, MATEJ
from tests.teams_life import (
    GROUP,
    Json,
    TeamsLife,
    activity,
    card_of,
    fields_of,
    in_teams,
    said,
    teams_life,
    words_of,
)

ADAPTERS = Path(__file__).parents[1] / "adapters"
PAYLOADS = Path(__file__).parent / "slack_payloads"
SAMPLES = (*READ, *PRESSED, *FILLED)
CHATS = ("Slack", "Teams")


def of(*unions: object) -> set[type]:
    """Return the types of unions."""
    return set(chain.from_iterable(get_args(union) for union in unions))


@cache
def called(folder: str) -> frozenset[str]:
    """Return the names of all that a translator's modules make or call."""
    files = sorted((ADAPTERS / folder).rglob("*.py"))
    nodes = chain.from_iterable(ast.walk(ast.parse(file.read_text(encoding="utf-8"))) for file in files)
    return frozenset(
        node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )


# --- the table -------------------------------------------------------------------------------


def test_the_page_is_what_the_code_says() -> None:
    """docs/parity.md is written by `python -m docs.parity_table` and by nobody else."""
    assert written() == FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("types", "rows"),
    [
        (of(content.Block, content.Content), READ + PRESSED),
        ({content.Button, content.Link}, PRESSED),
        (of(content.Field), FILLED),
        (of(outcome.Reply), ANSWERED),
        (of(events.Event), DONE),
    ],
    ids=["blocks", "buttons", "fields", "replies", "events"],
)
def test_every_type_has_a_row(types: set[type], rows: tuple[Sample | Told, ...]) -> None:
    """Whoever adds a block, a field, a reply or an event says how it looks on both platforms, or this fails."""
    told: set[type] = set()
    for row in rows:
        told |= {row.about} if isinstance(row, Sample) else set(row.about)

    assert set() == types - told


def test_every_word_has_a_row() -> None:
    """A new command is in the table by itself."""
    assert len(COMMANDS) == len({teams for _, _, teams in commands()})


def test_no_row_is_empty_for_slack_or_for_teams() -> None:
    """Nothing is there for one of the two alone, and nothing says "not yet"."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in FILE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ")
    ]

    assert len(rows) > 60
    assert [] == [row for row in rows if not all(row[1:3])]
    assert [] == [
        row for row in rows if any(word in cell for cell in row for word in ("not yet", "—", "n/a"))
    ]


# --- what is drawn ---------------------------------------------------------------------------


@pytest.mark.parametrize("place", [*CHATS, "page"])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.what)
def test_each_sample_is_drawn_with_all_its_words(sample: Sample, place: str) -> None:
    """An adapter adds something of its own for it, and none of its words is lost."""
    made = PLACES[place](sample.shown)
    seen = html.unescape(made) if place == "page" else made
    lost = [word for word in sample.words if json.dumps(word, ensure_ascii=False)[1:-1] not in seen]

    assert [] == lost
    assert [] != added(place, sample)


@pytest.mark.parametrize("sample", [*READ, *PRESSED], ids=lambda one: one.what)
def test_a_letter_tells_what_a_chat_shows(sample: Sample) -> None:
    """Who is in no chat reads the same words; what is pressed is named, because it is pressed elsewhere."""
    seen = html.unescape(PLACES["letter"](sample.shown))
    # Of a button that asks once more, the question belongs to the pressing.
    words = [word for word in sample.words if word != "Hades"]

    assert [] == [word for word in words if word not in seen]


# --- what is answered and done ---------------------------------------------------------------


@pytest.mark.parametrize("reply", sorted(of(outcome.Reply), key=lambda one: one.__name__))
def test_each_reply_is_shown_by_both(reply: type) -> None:
    """The modules that show answers, their own and what both share, know every reply; none falls through."""
    for folder in ("slack", "teams"):
        modules = (ADAPTERS / folder / "answer.py", ADAPTERS / "replies.py")
        trees = [ast.parse(module.read_text(encoding="utf-8")) for module in modules]
        known = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}

        assert reply.__name__ in known, folder


@pytest.mark.parametrize("row", DONE, ids=lambda one: one.what)
def test_each_thing_done_is_understood_from_both(row: Told) -> None:
    """Somewhere in the translator of Slack, and of Teams with its page, such an event is made."""
    names_of = {one.__name__ for one in row.about}

    assert names_of & called("slack")
    assert names_of & (called("teams") | called("web"))


@pytest.mark.parametrize("word", sorted(COMMANDS))
def test_each_word_means_the_same_in_both(word: str) -> None:
    """`/mentor plan` there and `plan` here, also as `mentor plan` and `/mentor plan`, are one command."""
    slash: Json = json.loads((PAYLOADS / "slash_command.json").read_text(encoding="utf-8"))
    there = slack_event({**slash, "command": "/mentor", "text": f"{word} Ana Kralj"})
    here = [teams_event(said("ana", f"{before}{word} Ana Kralj")) for before in ("", "mentor ", "/mentor ")]

    assert isinstance(there, Commanded)
    assert {(word, "Ana Kralj")} == {
        (one.name, one.text) for one in (there, *here) if isinstance(one, Commanded)
    }
    assert [] == [one for one in here if not isinstance(one, Commanded)]


# --- what else there is ----------------------------------------------------------------------


@pytest.fixture
async def life(new_db: Callable[[str], str]) -> AsyncIterator[TeamsLife]:
    """A bot in Teams."""
    async with teams_life(new_db("sqlite")) as made:
        yield made


def beside(user: str, **more: object) -> Json:
    """Return that somebody chose "Ask for help about this" beside a message in a group chat."""
    told = activity("beside_message", user)
    told["conversation"]["id"] = GROUP
    told["value"] |= more
    return told


async def test_help_about_a_message(life: TeamsLife) -> None:
    """Chosen beside a message, the form for a word to HR opens with it, and sent it is stored; nobody else sees it."""
    shortcut = json.loads((PAYLOADS / "message_action.json").read_text(encoding="utf-8"))
    there = slack_event({**shortcut, "callback_id": HELP_ABOUT})
    dialog = await life.answer(beside("ana"))
    asked = fields_of(dialog)
    [button] = card_of(dialog)["actions"]
    values = {**button["data"], f"{names.INPUT}words": "It is the invoices", f"{names.INPUT}hurry": "no"}
    values |= {f"{names.INPUT}tell": "no"}
    submitted = beside("ana", data=values) | {"name": "composeExtension/submitAction"}
    closed = await life.answer(submitted)
    await life.quiet()

    assert isinstance(there, Commanded)
    assert "help" == there.name
    assert "The invoices & I do not get along" in json.dumps(asked, ensure_ascii=False)
    assert "message" == closed["task"]["type"]
    assert 1 == len((await life.pair()).cases)
    assert [] == [one for one in life.connector.said if one.place.conversation == GROUP]


async def test_help_about_a_message_with_something_to_mend(life: TeamsLife) -> None:
    """Sent without words, the dialog stays open and says so."""
    dialog = await life.answer(beside("ana"))
    [button] = card_of(dialog)["actions"]
    values = {**button["data"], f"{names.INPUT}hurry": "no", f"{names.INPUT}tell": "no"}
    stays = await life.answer(beside("ana", data=values) | {"name": "composeExtension/submitAction"})

    assert "continue" == stays["task"]["type"]
    assert "needs another look" in words_of(card_of(stays))
    assert () == (await life.pair()).cases


@pytest.mark.parametrize("command", ["", "another"])
async def test_another_action_beside_a_message_is_none_of_ours(life: TeamsLife, command: str) -> None:
    """What a later version of the app package offers is answered, and has no effect."""
    answer = await life.answer(beside("ana", commandId=command))

    assert "does nothing any more" in words_of(answer)


def test_the_app_package_offers_what_is_understood() -> None:
    """The action beside a message has the name that is listened for."""
    pages = dict.fromkeys(("website", "privacy_url", "terms_url"), "https://www.example.org")
    made: Any = manifest(
        app_id="a", public_url="https://mentoring.example.org", version="1.0.0", pages=pages, personal=()
    )
    [extension] = made["composeExtensions"]

    assert [(names.HELP_ABOUT, ["message"], True)] == [
        (one["id"], one["context"], one["fetchTask"]) for one in extension["commands"]
    ]


SENT = {
    "a message": Card(say("Hello")),
    "a file": File("oars.ics", "text/calendar", b"BEGIN:VCALENDAR", Card(say("Coffee"))),
    "an introduction": GroupIntro(("ana", "matej"), Card(say("Meet"))),
}


@pytest.mark.parametrize("content", SENT.values(), ids=SENT.keys())
async def test_each_kind_of_message_arrives_in_both_and_is_brought_up_to_date(
    content: Card | File | GroupIntro,
) -> None:
    """It is one message in each, which what follows changes in its place."""
    async with teams_out.office(links=teams_out.Pages()) as there:
        await there.meets("u-ana")
        first = await there.deliver(content)
        again = await there.deliver(Card(say("Now")), replaces=first)
        in_teams_now = [str(one) for one in there.fake.messages.values()]
    async with slack_out.office(files=True, group_messages=True) as office:
        people = (Put(slack_out.ANA), Put(slack_out.MATEJ))
        await office.store.write(lambda work: work.apply(people, office.clock.now()))
        before = await office.deliver(content)
        after = await office.deliver(Card(say("Now")), replaces=before)
        in_slack_now = [str(one) for one in office.fake.messages.values()]

    assert (first, before) == (again, after)
    assert [True] == ["Now" in one for one in in_teams_now]
    assert [True] == ["Now" in one for one in in_slack_now]


def test_a_person_named_in_a_command_is_known_in_both() -> None:
    """By `@` and the name the command carries who that is, whatever the name is."""
    slash: Json = json.loads((PAYLOADS / "slash_command.json").read_text(encoding="utf-8"))
    there = slack_event({**slash, "command": "/mentor", "text": "feedback <@U2|ana>"})
    mentioned = {"id": "29:x", "name": "Ana", "aadObjectId": "ENTRA-X"}
    entity = {"type": "mention", "text": "<at>Ana</at>", "mentioned": mentioned}
    here = teams_event(said("matej", "feedback <at>Ana</at>", entities=[entity]))

    assert isinstance(there, Commanded)
    assert isinstance(here, Commanded)
    assert (["U2"], ["entra-x"]) == (
        [one.user for _, one in there.mentions],
        [one.user for _, one in here.mentions],
    )


def test_teams_opens_chats_and_calls() -> None:
    """The channel of Teams makes the links that its rows speak of."""
    channel = TeamsChannel(cast(Any, None), cast(Any, None))
    two = (in_teams(ANA), in_teams(MATEJ))

    assert isinstance(channel, Calling)
    assert "/l/chat/" in channel.chat_link(two)
    assert "/l/call/" in channel.call_link(two)


async def test_where_others_read_along_one_line_is_said(life: TeamsLife) -> None:
    """The answer to a word in a group chat goes into one's own chat."""
    told = activity("message_group", "ana", text="<at>Mentor</at> plan")
    told["conversation"]["id"] = GROUP
    await life.hears(said("ana", "home"))  # so that there is a chat of their own
    heard = await life.hears(told)
    places = [one.place.conversation for one in life.connector.posted[-2:]]

    assert 2 == len(heard)
    assert GROUP in places
    assert ["I answer you in our own chat, where only you read it."] == [
        one["text"] for one, place in zip(heard, places, strict=True) if place == GROUP
    ]


def test_every_other_row_has_its_proof() -> None:
    """The rows that no type stands for are these; each has a test here, or is the way of a word."""
    assert [
        "a word to HR about a message of somebody's",
        "a message that is brought up to date",
        "a person named in a command",
        "a chat of the two, from the first day on",
        "a call for a meeting",
        "one's meetings in one's own calendar",
        "an answer where others read along",
    ] == [row.what for row in ELSE]
    assert "calendar" in COMMANDS
