"""The app manifest: what Slack is told of the app when an operator creates it; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, TypeAlias

from adapters.slack.names import COMMAND, EVENTS, HELP_ABOUT, INSTALLED
from adapters.slack.scopes import wanted

Json: TypeAlias = str | int | bool | Sequence["Json"] | Mapping[str, "Json"]

_NAME = "Telemachy"
_COLOUR = "#1f3b57"
_SHORT = "Carries a mentoring programme: meetings, check-ins, feedback and reviews, so that nobody has to remember."
_LONG = (
    "Telemachy introduces a newcomer and their mentor, fixes the coffees and the reviews, asks short questions, and "
    "keeps goals and plan in one place. Each question says who will see the answer. The coordinator hears, with the "
    f"reason, when a pair needs a person. Write {COMMAND} anywhere, press a button, or open the Home tab."
)
_COMMAND_SAYS = "What is next in your mentoring programme, and what you can do about it"
_SHORTCUT = "Ask for help about this"  # 24 characters are the most
_SHORTCUT_SAYS = "Ask HR for help with this message; before you send it, you see who reads it"
_MOST_HINT = 1000

# What happens to people and to the app itself; message.im only where im:history is granted.
_EVENTS = ("app_home_opened", "app_uninstalled", "team_join", "tokens_revoked", "user_change")
_TYPED = "message.im"


def manifest(
    *,
    mode: Literal["socket", "http"],
    public_url: str,
    words: Sequence[str],
    granted: Collection[str] = (),
    by_oauth: bool = False,
    across: bool = False,
) -> Mapping[str, Json]:
    """
    Return the manifest of the app; ValueError where an address is needed and there is none.

    `words` are what may follow the command, `granted` the optional scopes wanted; `across` says that whole
    organisations (Enterprise Grid) may install the app.
    """
    if not public_url and (mode == "http" or by_oauth):
        raise ValueError("an app that Slack or browsers reach needs its address: set [server] public_url")
    history = "im:history" in granted
    return {
        "_metadata": {"major_version": 2},
        "display_information": {
            "name": _NAME,
            "description": _SHORT,
            "long_description": _LONG,
            "background_color": _COLOUR,
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                # What nobody will receive must not be typed: a word for help would be lost without a trace.
                "messages_tab_read_only_enabled": not history,
            },
            "bot_user": {"display_name": _NAME, "always_online": True},
            "shortcuts": [_shortcut()],
            "slash_commands": [_command(mode, public_url, words)],
        },
        "oauth_config": _oauth(public_url, granted, by_oauth),
        "settings": _settings(mode, public_url, history, by_oauth, across),
    }


def _shortcut() -> Mapping[str, Json]:
    return {
        "name": _SHORTCUT,
        "type": "message",
        "callback_id": HELP_ABOUT,
        "description": _SHORTCUT_SAYS,
    }


def _command(mode: str, public_url: str, words: Sequence[str]) -> Mapping[str, Json]:
    hint = " | ".join(words)
    if len(hint) > _MOST_HINT:
        raise ValueError(f"the words after {COMMAND} fill {len(hint)} characters; Slack takes {_MOST_HINT}")
    told: dict[str, Json] = {
        "command": COMMAND,
        "description": _COMMAND_SAYS,
        "usage_hint": hint,
        # People who are mentioned arrive with their ids, whatever they are called at that moment.
        "should_escape": True,
    }
    return told if mode == "socket" else {**told, "url": public_url + EVENTS}


def _oauth(public_url: str, granted: Collection[str], by_oauth: bool) -> Mapping[str, Json]:
    told: dict[str, Json] = {"scopes": {"bot": sorted(wanted(granted))}}
    return told if not by_oauth else {"redirect_urls": [public_url + INSTALLED], **told}


def _settings(mode: str, public_url: str, history: bool, by_oauth: bool, across: bool) -> Mapping[str, Json]:
    address = public_url + EVENTS
    events = {"bot_events": sorted((*_EVENTS, _TYPED) if history else _EVENTS)}
    interactivity: dict[str, Json] = {"is_enabled": True}
    if mode == "http":
        interactivity |= {"request_url": address, "message_menu_options_url": address}
    return {
        "event_subscriptions": {"request_url": address, **events} if mode == "http" else events,
        "interactivity": interactivity,
        "org_deploy_enabled": across,
        "socket_mode_enabled": mode == "socket",
        # A token in the configuration stands still; only tokens that are stored can be renewed.
        "token_rotation_enabled": by_oauth,
    }
