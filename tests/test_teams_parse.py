"""What Teams sends, understood: by the shapes of its activities, and by whatever else may come."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

import pytest

from adapters.teams import names
from adapters.teams.origin import origin
from adapters.teams.parse import event, opened, opening
from bot.events import Address, Arrived, Commanded, Left, Looked, Pressed, Submitted
from tests.teams_life import (
    BOT,
    GROUP,
    TENANT,
    Json,
    activity,
    chat_of,
    kinds,
    opens,
    press,
    press_by_message,
    recorded,
    said,
    said_in_group,
)

ANA = Address("teams", "entra-ana", TENANT)


def mention(text: str, **mentioned: str) -> Json:
    """Return the entity of a mention."""
    return {"type": "mention", "text": text, "mentioned": mentioned}


# --- where from ------------------------------------------------------------------------------


def test_a_recorded_message_says_who_where_and_how_to_answer() -> None:
    """The id in Entra names the person, in small letters; the other one is for sending."""
    told = said("ana", "plan")
    came = origin(told)
    assert ("said", "message", False) == (came.kind, came.sort, came.invoke)
    assert ("entra-ana", TENANT, "29:ana") == (came.user, came.tenant, came.teams_user)
    assert (chat_of("ana"), True, BOT) == (came.conversation, came.personal, came.bot)
    assert ("en-US", "Ana Kralj") == (came.locale, came.name)


@pytest.mark.parametrize(
    ("name", "kind", "sort"),
    [
        ("message", "said", "message"),
        ("message_group", "said", "message"),
        ("message_channel", "said", "message"),
        ("execute", "pressed", "invoke.adaptiveCard/action"),
        ("submit", "pressed", "message"),
        ("task_fetch", "opens", "invoke.task/fetch"),
        ("task_fetch_words", "opens", "invoke.task/fetch"),
        ("task_submit", "form", "invoke.task/submit"),
        ("search", "look", "invoke.application/search"),
        ("install", "installed", "installationUpdate.add"),
        ("bot_added", "installed", "conversationUpdate"),
        ("member_added", "other", "conversationUpdate"),
        ("uninstall", "removed", "installationUpdate.remove"),
        ("reaction", "other", "messageReaction"),
        ("typing", "other", "typing"),
    ],
)
def test_each_recorded_activity_is_of_its_kind(name: str, kind: str, sort: str) -> None:
    """What somebody does by the way (a reaction, typing, a colleague joining) is none of ours."""
    came = origin(recorded(name))
    assert (kind, sort) == (came.kind, came.sort)


@pytest.mark.parametrize("kind", ["messageUpdate", "messageDelete", "endOfConversation", "event", "trace"])
def test_edits_deletions_and_the_like_are_none_of_ours(kind: str) -> None:
    """A changed message is not said again."""
    assert "other" == origin(said("ana", "help", type=kind)).kind


def test_what_the_bot_said_is_none_of_ours() -> None:
    """Some clients echo it."""
    told = said("ana", "help")
    told["from"] = dict(told["recipient"])
    assert "other" == origin(told).kind


@pytest.mark.parametrize("action", ["add-upgrade", "remove-upgrade", "", "install"])
def test_an_upgrade_of_the_app_is_neither_coming_nor_going(action: str) -> None:
    """Nobody is greeted, and nobody is out of reach."""
    assert "other" == origin(activity("install", "ana", action=action)).kind


@pytest.mark.parametrize("name", ["install", "bot_added", "uninstall"])
def test_an_app_added_to_a_team_reaches_nobody(name: str) -> None:
    """Only one's own chat is where the bot writes to."""
    told = activity(name, "ana", membersAdded=[{"id": BOT}])
    told["conversation"] = {"conversationType": "channel", "id": GROUP, "tenantId": TENANT}
    assert "other" == origin(told).kind


def test_a_dialog_renews_only_a_message_of_its_own_conversation() -> None:
    """What it remembers was in the sender's hands."""
    told = activity("task_submit", "ana")
    mine, other = f"{chat_of('ana')}|m1", f"{chat_of('matej')}|m1"
    told["value"]["data"]["m"] = mine
    assert mine == origin(told).message
    told["value"]["data"]["m"] = other
    assert "" == origin(told).message


def test_what_teams_never_names_is_counted_as_one() -> None:
    """Whoever sends new names all day makes no new lines."""
    assert "unknown" == origin(said("ana", "x", type="surprise")).sort
    assert "invoke.other" == origin(activity("execute", "ana", name="composeExtension/query")).sort


# --- what somebody did -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "name", "rest"),
    [
        ("help", "help", ""),
        ("Feedback  Matej Zupan\n", "feedback", "Matej Zupan"),
        ("/mentor feedback Matej", "feedback", "Matej"),
        ("mentor plan", "plan", ""),
        ("/help", "help", ""),
        ("mentoring", "mentoring", ""),
        ("\xa0plan&nbsp;Ana", "plan", "Ana"),
        ("goals\u2028Ana", "goals", "Ana"),
    ],
)
def test_typed_words_are_a_command(typed: str, name: str, rest: str) -> None:
    """The first word, whatever its letters and whatever was put before it out of habit."""
    told = event(said("ana", typed))
    assert isinstance(told, Commanded)
    assert (name, rest, ANA, ()) == (told.name, told.text, told.who, told.mentions)


@pytest.mark.parametrize("typed", ["", " \n", "\xa0", None, 3])
def test_no_words_in_ones_own_chat_are_nothing(typed: object) -> None:
    """A picture or a file has none."""
    assert None is event(said("ana", "", text=typed))


def test_the_bots_name_alone_asks_what_is_next() -> None:
    """As the bare command does elsewhere."""
    assert "" == getattr(event(said("ana", "Mentor")), "name", None)


def test_words_in_a_group_lose_the_bots_name() -> None:
    """And "<at>Mentor</at>" alone asks what is next."""
    assert "help" == getattr(event(said_in_group("ana", "help")), "name", None)
    assert "" == getattr(event(said_in_group("ana", "")), "name", None)


def test_a_mention_of_somebody_known_everywhere_is_an_address() -> None:
    """It stands in the text as Teams wrote it, for the core to put the name there."""
    piece = "<at>Matej</at>"
    told = said(
        "ana", f"feedback {piece}", entities=[mention(piece, id="29:m", name="Matej", aadObjectId="ENTRA-M")]
    )
    found = event(told)
    assert isinstance(found, Commanded)
    assert ((piece, Address("teams", "entra-m", TENANT)),) == found.mentions
    assert piece == found.text


def test_two_people_of_one_name_are_a_name() -> None:
    """Which of the two is meant, nobody can tell: a mention never acts on the wrong one."""
    piece = "<at>Matej</at>"
    both = [mention(piece, id=f"29:{one}", name="Matej", aadObjectId=f"ENTRA-{one}") for one in "MN"]
    found = event(said("ana", f"feedback {piece}", entities=both))
    assert isinstance(found, Commanded)

    assert ("Matej", ()) == (found.text, found.mentions)


def test_a_mention_of_somebody_known_to_this_bot_alone_is_a_name() -> None:
    """The core finds people by their names too."""
    found = event(recorded("message_mention"))
    assert isinstance(found, Commanded)
    assert ("feedback", "Matej Zupan", ()) == (found.name, found.text, found.mentions)


def test_markup_is_read_only_where_teams_says_there_is_some() -> None:
    """In plain text "&lt;" is what somebody typed."""
    plain = event(said("ana", "help a &lt; b"))
    marked = event(said("ana", "help a &lt; b", textFormat="xml"))
    assert ["a &lt; b", "a < b"] == [getattr(one, "text", None) for one in (plain, marked)]


def test_a_press_is_the_same_from_every_client() -> None:
    """Old ones send a message with a value and no text."""
    control = names.control("checkin.tap", "step:e1/x", "4")
    new, old = event(press("ana", control)), event(press_by_message("ana", control))
    assert isinstance(new, Pressed)
    assert isinstance(old, Pressed)
    for one in (new, old):
        assert ("checkin.tap", "step:e1/x", "4") == (one.verb, one.ref, one.value)
        assert (ANA, f"{chat_of('ana')}|m1") == (one.who, one.message)


def test_what_opens_a_dialog_is_a_press_or_a_command() -> None:
    """By what its button carries."""
    pressed, typed = event(opens("ana", c="goal.ask e1 ")), event(opens("ana", w="feedback Matej"))
    assert isinstance(pressed, Pressed)
    assert isinstance(typed, Commanded)
    assert ("goal.ask", "e1") == (pressed.verb, pressed.ref)
    assert ("feedback", "Matej") == (typed.name, typed.text)


def test_a_dialog_sent_has_its_values_and_knows_what_opened_it() -> None:
    """Several choices come with commas between them; what is not ours, or was left empty, is left out."""
    told = activity("task_submit", "ana")
    data = told["value"]["data"]
    data |= {"i.empty": "", "i.number": 3, "i.yes": True, "i.odd": {"a": 1}, "other": "x", "i.*none": ""}
    data["m"] = f"{chat_of('ana')}|m1"
    found = event(told)
    assert isinstance(found, Submitted)
    assert ("feedback.send", "e1/w1", data["m"]) == (found.verb, found.ref, found.message)
    assert {
        "good": "The import ran.",
        "areas": ("code", "talk"),
        "number": "3",
        "yes": "true",
    } == found.values
    again = opening(told, origin(told))
    assert isinstance(again, Pressed)
    assert ("feedback.give", "e1/w1", f"{found.key}:again") == (again.verb, again.ref, again.key)
    assert {"c": "feedback.give e1/w1"} == opened(told, origin(told))


def test_a_picker_a_coming_and_a_going_are_understood() -> None:
    """A going says why, so that the coordinator reads it."""
    assert Looked(who=ANA, field="people", typed="mat") == event(activity("search", "ana"))
    came, went = event(activity("install", "ana")), event(activity("uninstall", "ana"))
    assert isinstance(came, Arrived)
    assert isinstance(went, Left)
    assert (ANA, ANA, "app_removed") == (came.who, went.who, went.why)


def test_a_repeated_activity_has_the_same_key_and_another_has_not() -> None:
    """It is the id within its conversation; where there is none, all that was sent."""
    first = said("ana", "help")
    assert f"teams:{chat_of('ana')}:{first['id']}" == getattr(event(first), "key", None)
    assert getattr(event(said("ana", "help")), "key", "") != getattr(event(first), "key", "")
    bare = [said("ana", words, id=None) for words in ("help", "help", "plan")]
    keys = [getattr(event(one), "key", "") for one in bare]
    assert keys[0] == keys[1] != keys[2]


# --- whatever may come -----------------------------------------------------------------------

ODD: tuple[Any, ...] = (
    None, "", 0, -1, 1e400, True, [], {}, [None], {"id": None}, "\x00", "a\x00b", "|", " ", "c " * 50,
    {"data": []}, {"action": {"data": {"c": ["x"]}}}, [{"id": 3}], "<at>", "é" * 9, {"id": "\x00"},
)  # fmt: skip


def mangled(told: Json, chance: random.Random) -> Json:
    """Return an activity with something in it replaced, left out or added."""
    made: Json = json.loads(json.dumps(told))
    for _ in range(chance.randint(1, 3)):
        place: Any = made
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(place[key], dict | list) and place[key] and chance.random() < 0.7:
                place = place[key]
                continue
            if chance.random() < 0.3:
                del place[key]
            else:
                place[key] = deepcopy(chance.choice(ODD))
            break
    return made


@pytest.mark.parametrize("name", kinds())
def test_no_mangled_activity_is_too_much(name: str) -> None:
    """Every one is something that somebody did, or nothing; no text of it holds what a database refuses."""
    chance = random.Random(name)
    for _ in range(200):
        told = mangled(activity(name, "ana"), chance)
        came = origin(told)
        found = event(told, came)
        written = f"{came} {found}"
        assert "\\x00" not in written
