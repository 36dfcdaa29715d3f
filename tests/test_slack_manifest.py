"""`telemachy manifest slack`: what Slack is told of the app, no more than it needs, and valid."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from adapters.slack import names
from adapters.slack.manifest import manifest
from adapters.slack.scopes import SCOPES, wanted
from bot.cli.main import build
from flows.register import COMMANDS
from tests.conftest import Golden

ROOT = Path(__file__).parents[1]
SCHEMAS = Path(os.environ.get("TELEMACHY_SCHEMAS", ROOT.parent / "shared" / "schemas"))
PUBLIC = "[server]\npublic_url = 'https://mentoring.example.org'\n"
OPTIONAL = tuple(one.name for one in SCOPES if one.optional)

CASES = {
    "socket": "",
    "http": f"{PUBLIC}[slack]\nmode = 'http'\nhistory = true\ngroup_messages = true\nfiles = true\n",
    "several": f"{PUBLIC}[slack]\nmode = 'http'\nclient_id = '1.2'\n",
}


def run(*arguments: str) -> Any:
    """Run the program as a terminal would."""
    return CliRunner().invoke(build(["manifest"]), ["manifest", *arguments], prog_name="telemachy")


def told(folder: Path, text: str, *options: str) -> dict[str, Any]:
    """Return the manifest that a configuration gets; secrets there are none."""
    file = folder / "config.toml"
    file.write_text(text)
    shown = run("slack", "--config", str(file), *options)
    assert 0 == shown.exit_code, shown.stderr
    read: dict[str, Any] = json.loads(shown.stdout)
    return read


@pytest.mark.parametrize("case", CASES)
def test_the_manifest_is_the_one_that_was_looked_at(case: str, tmp_path: Path, golden: Golden) -> None:
    """For Socket Mode, for HTTP with every optional scope, and for several workspaces."""
    made = told(tmp_path, CASES[case])

    assert golden(f"slack/manifest-{case}", made) == made


@pytest.mark.parametrize("case", CASES)
def test_slack_takes_the_manifest(case: str, tmp_path: Path) -> None:
    """It is valid against the schema that Slack publishes."""
    file = SCHEMAS / "slack-manifest-2.0.0.json"
    if not file.is_file():
        pytest.skip(
            "no schemas beside the checkout: TELEMACHY_SCHEMAS names the folder that has Slack's manifest schema"
        )
    schema = json.loads(file.read_text(encoding="utf-8"))

    jsonschema.validate(told(tmp_path, CASES[case]), schema)


def test_it_asks_for_no_more_than_the_conversations_need(tmp_path: Path) -> None:
    """The scopes are the list with reasons; an optional one is there where the configuration counts on it."""
    bare = told(tmp_path, "")
    full = told(tmp_path, CASES["http"])

    assert sorted(wanted()) == bare["oauth_config"]["scopes"]["bot"]
    assert sorted(wanted(OPTIONAL)) == full["oauth_config"]["scopes"]["bot"]
    assert set(OPTIONAL).isdisjoint(bare["oauth_config"]["scopes"]["bot"])


def test_words_that_nobody_reads_cannot_be_typed(tmp_path: Path) -> None:
    """Without im:history there is no box to type into; with it typed words arrive."""
    bare, full = told(tmp_path, ""), told(tmp_path, "[slack]\nhistory = true")
    events = [one["settings"]["event_subscriptions"]["bot_events"] for one in (bare, full)]

    assert bare["features"]["app_home"]["messages_tab_read_only_enabled"]
    assert not full["features"]["app_home"]["messages_tab_read_only_enabled"]
    assert ["message.im"] == sorted(set(events[1]) - set(events[0]))


def test_behind_a_firewall_no_address_is_needed(tmp_path: Path) -> None:
    """In Socket Mode the manifest names no address at all."""
    text = json.dumps(told(tmp_path, ""))

    assert '"socket_mode_enabled": true' in text
    assert "http" not in text


def test_it_is_printed_before_there_is_any_secret(tmp_path: Path) -> None:
    """Files that will hold the tokens may be named already: the app that hands them out is still to be made."""
    text = "[slack]\nmode = 'socket'\nbot_token_file = 'later'\napp_token_file = 'later too'"

    assert told(tmp_path, "") == told(tmp_path, text)


def test_with_an_address_slack_calls_one_path(tmp_path: Path) -> None:
    """Events, presses, pickers and the command all go where the bot listens."""
    found = told(tmp_path, CASES["http"])
    settings, [command] = found["settings"], found["features"]["slash_commands"]
    addresses = {
        settings["event_subscriptions"]["request_url"],
        settings["interactivity"]["request_url"],
        settings["interactivity"]["message_menu_options_url"],
        command["url"],
    }

    assert {f"https://mentoring.example.org{names.EVENTS}"} == addresses
    assert not settings["socket_mode_enabled"]


def test_the_hint_has_every_word_that_the_bot_knows(tmp_path: Path) -> None:
    """Whoever types the command sees what may follow; what only HR may say comes last."""
    [command] = told(tmp_path, "")["features"]["slash_commands"]
    words = [part.split()[0] for part in command["usage_hint"].split(" | ")]

    assert sorted(COMMANDS) == sorted(words)
    assert words.index("tour") < words.index("cases")
    assert command["should_escape"]


@pytest.mark.parametrize(
    ("text", "options", "rotates", "across"),
    [
        ("", (), False, False),
        (PUBLIC, ("--several",), True, True),
        (f"{PUBLIC}[slack]\nclient_id = '1.2'\nworkspaces = ['T1']", (), True, False),
        (f"{PUBLIC}[slack]\nclient_id = '1.2'\nworkspaces = ['T1', 'T2']", (), True, True),
        (f"{PUBLIC}[slack]\nclient_id = '1.2'\nworkspaces = ['E1']", (), True, True),
        (f"{PUBLIC}[slack]\nworkspaces = ['T1', 'T2']", (), False, False),
    ],
)
def test_only_tokens_that_are_stored_are_renewed(
    text: str, options: tuple[str, ...], rotates: bool, across: bool, tmp_path: Path
) -> None:
    """Rotation goes with installing by OAuth; a whole organisation may install unless one workspace is meant."""
    found = told(tmp_path, text, *options)
    settings, oauth = found["settings"], found["oauth_config"]

    assert (rotates, across) == (settings["token_rotation_enabled"], settings["org_deploy_enabled"])
    assert rotates == (oauth.get("redirect_urls") == [f"https://mentoring.example.org{names.INSTALLED}"])


def test_it_is_written_to_a_file(tmp_path: Path) -> None:
    """With --out the file has what would have been printed, and where to go with it is said."""
    file = tmp_path / "manifest.json"
    shown = run("slack", "--config", os.devnull, "--out", str(file))

    assert json.loads(run("slack", "--config", os.devnull).stdout) == json.loads(file.read_text())
    assert f"The manifest is in {file}." in shown.stdout


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("[slack]\nmode = 'http'", (), "set [server] public_url"),
        ("", ("--several",), "set [server] public_url"),
        ("[slack]\nmode = 'htp'", (), "[slack] mode: must be one of off, socket, http"),
        ("", ("--out", "/nowhere/manifest.json"), "/nowhere/manifest.json cannot be written"),
    ],
)
def test_what_is_missing_is_said(text: str, options: tuple[str, ...], told: str, tmp_path: Path) -> None:
    """It ends with 1, prints no half of a manifest, and names what to set."""
    file = tmp_path / "config.toml"
    file.write_text(text)
    shown = run("slack", "--config", str(file), *options)

    assert (1, "") == (shown.exit_code, shown.stdout)
    assert told in shown.stderr


def test_a_hint_that_slack_would_refuse_is_refused_here() -> None:
    """Too many words are an error with both numbers, and nothing is cut."""
    with pytest.raises(ValueError, match="fill 1600 characters; Slack takes 1000"):
        manifest(mode="socket", public_url="", words=["a" * 1600])
