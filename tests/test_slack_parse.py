"""From Slack's payloads to events, on the shapes that Slack sends."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.slack import names
from adapters.slack.origin import HOME, Origin, origin
from adapters.slack.parse import SAY, Revoked, event
from bot.events import Address, Arrived, Commanded, HomeOpened, Left, Looked, Pressed, Said, Submitted
from tests.slack_life import command, happened, press, press_at_home, recorded, sent

ANA = Address("slack", "UANA", "T1")
BO = Address("slack", "UBO", "T1")

# --- commands --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("", "", ""),
        ("  ", "", ""),
        ("checkin", "checkin", ""),
        ("  Feedback   Ana Kos ", "feedback", "Ana Kos"),
        ("LEAVE 1.2. - 5.2.", "leave", "1.2. - 5.2."),
        ("help a &lt; b &amp;amp; c", "help", "a < b &amp; c"),
        ("help see <https://example.com/a?b=1&amp;c|here>", "help", "see https://example.com/a?b=1&c"),
        ("help <mailto:ana@example.org|ana@example.org>", "help", "ana@example.org"),
        ("help <#C1|general> <!here> <!subteam^S1|@team>", "help", "#general @here @team"),
        ("STRASSE ß", "strasse", "ß"),
        ("help \x00NUL", "help", "NUL"),
    ],
)
def test_a_command_is_its_first_word_and_the_rest(text: str, name: str, rest: str) -> None:
    """Words arrive as they were typed, whatever Slack made of them on the way."""
    body = command("UANA", text, trigger_id="1.2")
    assert Commanded(key="slack:1.2", who=ANA, name=name, text=rest) == event(body)


def test_people_mentioned_in_a_command_are_addresses() -> None:
    """Each mention stays in the words, for the core to put the name there."""
    found = event(command("UANA", "feedback <@UBO|bo> <@WCY> and &lt;@UNO&gt;", trigger_id="1.2"))
    assert isinstance(found, Commanded)
    assert "<@UBO|bo> <@WCY> and <@UNO>" == found.text
    assert (("<@UBO|bo>", BO), ("<@WCY>", Address("slack", "WCY", "T1"))) == found.mentions


def test_help_about_a_message_holds_its_words() -> None:
    """The shortcut asks for help with the message's text, at most two thousand characters of it."""
    body = {**recorded("message_action"), "callback_id": "help_about", "trigger_id": "1.2"}
    found = event(body)
    assert isinstance(found, Commanded)
    assert ("slack:1.2", "help", "<@W222> test") == (found.key, found.name, found.text)
    body["message"] = {"text": "x" * 3000}
    long = event(body)
    assert isinstance(long, Commanded)
    assert "x" * 1999 + "…" == long.text
    assert None is event(recorded("message_action"))


# --- presses ---------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["press:0", "ask:2", "tick:item"])
def test_a_press_carries_verb_ref_value_and_its_message(action: str) -> None:
    """What a button carries comes back, with the message it stood on."""
    control = names.control("checkin.tap", "step:e1/checkin/2027-W03/next", "4")
    body = press("UANA", control, message="D7:12.34", action=action, trigger_id="1.2")
    expected = Pressed(
        key="slack:1.2",
        who=ANA,
        verb="checkin.tap",
        ref="step:e1/checkin/2027-W03/next",
        value="4",
        message="D7:12.34",
    )
    assert expected == event(body)


@pytest.mark.parametrize("kind", ["static_select", "overflow", "radio_buttons", "external_select"])
def test_a_choice_in_a_message_is_a_press(kind: str) -> None:
    """A select's chosen option carries what a button carries."""
    body = press("UANA", "")
    option = {"text": {"type": "plain_text", "text": "Words"}, "value": "a b c d"}
    body["actions"] = [{"action_id": "press:1", "block_id": "b", "type": kind, "selected_option": option}]
    found = event(body)
    assert isinstance(found, Pressed)
    assert ("a", "b", "c d") == (found.verb, found.ref, found.value)


def test_a_press_in_the_home_has_no_message() -> None:
    """The home is drawn anew instead."""
    found = event(press_at_home("UANA", "a b c"))
    assert isinstance(found, Pressed)
    assert "" == found.message
    assert origin(press_at_home("UANA", "a b c")).home


def test_a_message_that_only_one_person_sees_cannot_be_updated() -> None:
    """A press on it names no message, and its origin says why."""
    body = press("UANA", "a b c")
    body["container"]["is_ephemeral"] = True
    found = event(body)
    assert isinstance(found, Pressed)
    assert "" == found.message
    assert origin(body).hidden


@pytest.mark.parametrize(
    ("action", "value"),
    [("link:0", "a b c"), ("field", "a b c"), ("press:0", ""), ("press:0", " b c"), ("", "a b")],
)
def test_what_is_no_press_of_ours_is_nothing(action: str, value: str) -> None:
    """A link that opened an address, an input of a dialog and a control without a verb do nothing."""
    assert None is event(press("UANA", value, action=action))


def test_a_button_under_typed_words_says_them_again() -> None:
    """Its press is the command that was typed, and brings the trigger that opens a dialog."""
    body = press("UANA", names.control(SAY, "-", "feedback <@UBO|bo> now"), trigger_id="1.2")
    expected = Commanded(
        key="slack:1.2", who=ANA, name="feedback", text="<@UBO|bo> now", mentions=(("<@UBO|bo>", BO),)
    )
    assert expected == event(body)


# --- dialogs ---------------------------------------------------------------------------------


def view(message: str = "D7:12.34", callback: str = names.FORM) -> dict[str, Any]:
    """Return a dialog of ours."""
    metadata = names.metadata("feedback.send", "step:e1/feedback", message)
    blocks = [{"type": "input", "block_id": key} for key in ("well", "further")]
    return {"callback_id": callback, "private_metadata": metadata, "blocks": [{"type": "divider"}, *blocks]}


OPTION = {"text": {"type": "plain_text", "text": "Words"}, "value": "v"}
OTHER = {"text": {"type": "plain_text", "text": "Words"}, "value": "w"}


@pytest.mark.parametrize(
    ("state", "value"),
    [
        ({"type": "plain_text_input", "value": " as it is \n"}, " as it is \n"),
        ({"type": "radio_buttons", "selected_option": OPTION}, "v"),
        ({"type": "static_select", "selected_option": OPTION}, "v"),
        ({"type": "external_select", "selected_option": OPTION}, "v"),
        ({"type": "checkboxes", "selected_options": [OPTION, OTHER]}, ("v", "w")),
        ({"type": "multi_static_select", "selected_options": [OPTION]}, ("v",)),
        ({"type": "datepicker", "selected_date": "2027-01-31"}, "2027-01-31"),
        ({"type": "timepicker", "selected_time": "14:05"}, "14:05"),
        ({"type": "plain_text_input", "value": None}, None),
        ({"type": "radio_buttons", "selected_option": None}, None),
        ({"type": "checkboxes", "selected_options": []}, None),
        ({"type": "datepicker", "selected_date": None}, None),
        ({"type": "timepicker"}, None),
    ],
)
def test_each_kind_of_input_gives_its_value(state: dict[str, Any], value: object) -> None:
    """Values come by field; what was left empty is left out."""
    found = event(sent("UANA", view(), {"well": state}))
    assert isinstance(found, Submitted)
    assert ({} if value is None else {"well": value}) == found.values


def test_a_dialog_sent_knows_what_it_was_for() -> None:
    """Verb, ref and the message whose button opened it come from what the dialog remembers."""
    body = sent("UANA", view(), {}, trigger_id="1.2")
    expected = Submitted(
        key="slack:1.2", who=ANA, verb="feedback.send", ref="step:e1/feedback", message="D7:12.34"
    )
    assert expected == event(body)
    came = origin(body)
    assert ("D7:12.34", "D7", ("well", "further")) == (came.message, came.channel, came.fields)


def test_a_dialog_opened_in_the_home_remembers_the_home() -> None:
    """It has no message to renew."""
    body = sent("UANA", view(HOME), {})
    found = event(body)
    assert isinstance(found, Submitted)
    assert "" == found.message
    assert (True, "", "") == (origin(body).home, origin(body).message, origin(body).channel)


def test_a_dialog_sent_twice_with_corrections_is_two_events() -> None:
    """Each sending has a key of its own, although the dialog is the same."""
    keys = {event(sent("UANA", view(), {"well": {"type": "plain_text_input", "value": v}})).key for v in "ab"}  # type: ignore[union-attr]
    assert 2 == len(keys)


def test_without_a_trigger_a_delivery_is_known_by_its_contents() -> None:
    """The same payload twice has one key, another one has another."""
    body = sent("UANA", view(), {}, trigger_id="")
    other = sent("UANA", view(), {"well": {"type": "plain_text_input", "value": "x"}}, trigger_id="")
    first, again, another = (event(one) for one in (body, dict(body), other))
    assert isinstance(first, Submitted)
    assert isinstance(another, Submitted)
    assert first == again
    assert first.key != another.key


@pytest.mark.parametrize(
    "change", [{"callback_id": "another"}, {"private_metadata": "x"}, {"private_metadata": ""}]
)
def test_a_dialog_that_is_none_of_ours_is_nothing(change: dict[str, str]) -> None:
    """Another app's words or none at all start nothing."""
    assert None is event(sent("UANA", {**view(), **change}, {}))


def test_typing_in_a_picker_looks_for_people() -> None:
    """The field is in the action's id, the words are its value."""
    body = recorded("block_suggestion")
    body |= {"action_id": "look:mentor", "value": "an", "user": {"id": "UANA"}, "team": {"id": "T1"}}
    assert Looked(who=ANA, field="mentor", typed="an") == event(body)
    assert None is event({**body, "action_id": "other"})


# --- events ----------------------------------------------------------------------------------


def test_a_home_that_is_looked_at() -> None:
    """Only its Home tab is the home."""
    assert HomeOpened(key="slack:Ev1", who=ANA) == event(
        happened("UANA", "app_home_opened", "Ev1", tab="home")
    )
    assert None is event(happened("UANA", "app_home_opened", tab="messages"))


def message(**more: object) -> dict[str, Any]:
    """Return words typed to the bot."""
    told: dict[str, object] = {"channel_type": "im", "text": "checkin", "channel": "D1"}
    return happened("UANA", "message", "Ev1", **{**told, **more})


def test_words_typed_to_the_bot() -> None:
    """They arrive as they were typed."""
    assert Said(key="slack:Ev1", who=ANA, text="a < b") == event(message(text=" a &lt; b "))


def test_typed_words_that_mention_somebody_are_read_as_a_command() -> None:
    """So that the mention is known by its address."""
    found = event(message(text="feedback <@UBO>"))
    assert (
        Commanded(key="slack:Ev1", who=ANA, name="feedback", text="<@UBO>", mentions=(("<@UBO>", BO),))
        == found
    )


@pytest.mark.parametrize(
    "more",
    [
        {"subtype": "message_changed"},
        {"subtype": "bot_message"},
        {"bot_id": "B1"},
        {"channel_type": "channel"},
        {"channel_type": "mpim"},
        {"text": ""},
        {"text": None},
    ],
)
def test_edits_bots_and_other_rooms_say_nothing(more: dict[str, object]) -> None:
    """Only a person's own new words in the bot's direct message count; our own would be a loop."""
    assert None is event(message(**more))


@pytest.mark.parametrize(
    "name", ["message", "message_bot", "message_changed", "message_deleted", "reaction_added"]
)
def test_recorded_events_of_channels_are_nothing(name: str) -> None:
    """What happens in channels is none of the bot's business."""
    assert None is event(recorded(name))


def person(kind: str = "user_change", **more: object) -> dict[str, Any]:
    """Return that something became of a user."""
    user = {"id": "UBO", "team_id": "T1", "deleted": False, "profile": {"email": "bo@example.org"}}
    return happened("", kind, "Ev1") | {"event": {"type": kind, "user": {**user, **more}}}


@pytest.mark.parametrize("kind", ["team_join", "user_change"])
def test_who_joins_arrives(kind: str) -> None:
    """With the address, for the core to find them by."""
    assert Arrived(key="slack:Ev1", who=BO, email="bo@example.org") == event(person(kind))


def test_who_is_switched_off_has_left() -> None:
    """A deactivated account is no longer reached."""
    assert Left(key="slack:Ev1", who=BO, why="switched_off") == event(person(deleted=True))


@pytest.mark.parametrize(
    "more",
    [{"is_bot": True}, {"is_stranger": True}, {"profile": {}}, {"is_email_confirmed": False}, {"id": ""}],
)
def test_who_is_none_of_ours_does_not_arrive(more: dict[str, object]) -> None:
    """Bots, people of other organisations and unconfirmed addresses match nobody."""
    assert None is event(person(**more))


def test_a_revoked_token_is_told_apart_from_a_persons() -> None:
    """Only the bot's own token, or the app's removal, silences a workspace."""
    gone = {"oauth": ["U1"], "bot": ["UBOT"]}
    assert Revoked("T1", "E111") == event(happened("", "tokens_revoked", tokens=gone))
    assert None is event(happened("", "tokens_revoked", tokens={"oauth": ["U1"]}))
    assert Revoked("T1", "E111") == event(happened("", "app_uninstalled"))


def test_an_event_without_an_id_is_nothing() -> None:
    """Without its id a repeated delivery could not be told."""
    assert None is event({**message(), "event_id": ""})


# --- where from ------------------------------------------------------------------------------


def test_an_organisations_install_is_found_by_the_workspace_that_acted() -> None:
    """Where the team is left out, the person's own workspace stands for it; the organisation finds the token."""
    body = press("UANA", "a b c") | {"team": None, "enterprise": {"id": "E1"}, "is_enterprise_install": True}
    assert ("T1", "E1") == (origin(body).workspace, origin(body).enterprise)


def test_an_event_of_a_shared_channel_belongs_to_the_workspace_it_was_sent_for() -> None:
    """Its authorisation names the workspace, not the team of who spoke."""
    grant = [{"team_id": "T1", "enterprise_id": None}]
    assert "T1" == origin({**message(), "team_id": "TOTHER", "authorizations": grant}).workspace


@pytest.mark.parametrize(
    "body", [{}, {"type": "x"}, {"type": "event_callback"}, {"type": "block_actions", "actions": []}]
)
def test_what_is_incomplete_is_other(body: dict[str, Any]) -> None:
    """It is answered and counted, and nothing more."""
    assert "other" == origin(body).kind
    assert None is event(body)
    assert isinstance(origin(body), Origin)
