"""The app package: what Teams is told of the app when an administrator uploads it; pure but for the two icons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from io import BytesIO
from types import MappingProxyType
from typing import TypeAlias
from urllib.parse import urlsplit
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from adapters.teams.names import HELP_ABOUT, HOME_TAB

Json: TypeAlias = str | int | bool | Sequence["Json"] | Mapping[str, "Json"]
Command: TypeAlias = tuple[str, str]  # what is typed, and what it is for

SCHEMA_VERSION = "1.22"
PACKAGE = "telemachy-teams.zip"
# Where the personal tab finds the page of whoever opens it, and where a browser does.
TAB_PATH, PAGE_PATH = "/tab/home", "/me"
ICONS = ("color.png", "outline.png")

_SCHEMA = f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA_VERSION}/MicrosoftTeams.schema.json"
_NAME = "Telemachy"
_FULL_NAME = "Telemachy, the mentoring programme"
_COLOUR = "#1d4f6b"  # the ground of the icon
_SHORT = "Carries a mentoring programme, so that nobody has to remember."
_LONG = (
    "Telemachy introduces a newcomer and their mentor, fixes the coffees and the reviews, asks short questions, and "
    "keeps goals and plan in one place. Each question says who will see the answer. The coordinator hears, with the "
    "reason, when a pair needs a person. Write home in the chat, press a button, or open the Home tab."
)
_ABOUT = "Ask for help about this"
_ABOUT_SAYS = "Ask HR for help with this message; before you send it, you see who reads it"
_MOST_COMMANDS, _MOST_TITLE, _MOST_SAID, _MOST_NAME = 10, 32, 128, 32
# A file in an archive carries a time; without one of its own, the same package has the same bytes.
_MOMENT = (1980, 1, 1, 0, 0, 0)


def manifest(
    *,
    app_id: str,
    public_url: str,
    version: str,
    pages: Mapping[str, str],
    personal: Sequence[Command],
    shared: Sequence[Command] = (),
    company: str = "",
) -> Mapping[str, Json]:
    """
    Return the manifest of the app; ValueError where something is missing or longer than Teams takes.

    `personal` and `shared` are the words offered in one's own chat with the bot, and where others read along; `pages`
    are the addresses of the company's website, its privacy statement and its terms, by the keys of PAGES.
    """
    _check(app_id, public_url, pages, {"personal": personal, "shared": shared})
    host = urlsplit(public_url).netloc
    return {
        "$schema": _SCHEMA,
        "manifestVersion": SCHEMA_VERSION,
        "version": version,
        "id": app_id,
        "developer": {
            "name": company if 0 < len(company) <= _MOST_NAME else _NAME,
            **{ours: pages[key] for key, ours in PAGES.items()},
        },
        "name": {"short": _NAME, "full": _FULL_NAME},
        "description": {"short": _SHORT, "full": _LONG},
        "icons": {"color": ICONS[0], "outline": ICONS[1]},
        "accentColor": _COLOUR,
        "bots": [_bot(app_id, personal, shared)],
        "composeExtensions": [_beside_a_message(app_id)],
        "staticTabs": _tabs(public_url),
        "permissions": ["identity", "messageTeamMembers"],
        "validDomains": [host],
        "webApplicationInfo": {"id": app_id, "resource": resource(app_id, public_url)},
        "defaultInstallScope": "personal",
    }


# The keys of [organisation] that Teams asks for, and what it calls them.
PAGES: Mapping[str, str] = MappingProxyType(
    {"website": "websiteUrl", "privacy_url": "privacyUrl", "terms_url": "termsOfUseUrl"}
)


def resource(app_id: str, public_url: str) -> str:
    """Return what a sign-in token of the tab is for: the Application ID URI of the registration."""
    return f"api://{urlsplit(public_url).netloc}/botid-{app_id}"


def package(told: Mapping[str, Json]) -> Mapping[str, bytes]:
    """Return the files of the app package by name, and the archive of them that is uploaded."""
    icons = files("adapters.teams").joinpath("icons")
    parts = {"manifest.json": f"{json.dumps(told, indent=2, ensure_ascii=False)}\n".encode()}
    parts |= {name: icons.joinpath(name).read_bytes() for name in ICONS}
    return {**parts, PACKAGE: _zipped(parts)}


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as opened:
        for name, data in parts.items():
            opened.writestr(ZipInfo(name, _MOMENT), data, compress_type=ZIP_DEFLATED)
    return archive.getvalue()


def _bot(app_id: str, personal: Sequence[Command], shared: Sequence[Command]) -> Mapping[str, Json]:
    lists = [(["personal"], personal), (["team", "groupChat"], shared)]
    return {
        "botId": app_id,
        # A mention in a group chat or a channel is answered by a line that leads into one's own chat.
        "scopes": ["personal", "team", "groupChat"],
        "isNotificationOnly": False,
        "supportsFiles": False,
        "commandLists": [
            {
                "scopes": scopes,
                "commands": [{"title": title, "description": said} for title, said in offered],
            }
            for scopes, offered in lists
            if offered
        ],
    }


def _beside_a_message(app_id: str) -> Mapping[str, Json]:
    """Return the action in the menu of every message: it opens the form for a word to HR, with the message in it."""
    command: Mapping[str, Json] = {
        "id": HELP_ABOUT,
        "type": "action",
        "title": _ABOUT,
        "description": _ABOUT_SAYS,
        "context": ["message"],
        "fetchTask": True,
    }
    return {"botId": app_id, "commands": [command]}


def _tabs(public_url: str) -> Sequence[Json]:
    return [
        {"entityId": "conversations", "scopes": ["personal"]},
        {
            "entityId": HOME_TAB,
            "name": "Home",
            "contentUrl": public_url + TAB_PATH,
            "websiteUrl": public_url + PAGE_PATH,
            "scopes": ["personal"],
        },
        {"entityId": "about", "scopes": ["personal"]},
    ]


# --- what Teams would refuse -----------------------------------------------------------------


def _check(
    app_id: str, public_url: str, pages: Mapping[str, str], offered: Mapping[str, Sequence[Command]]
) -> None:
    if not app_id:
        raise ValueError("the app needs its registration: set [teams] app_id")
    if urlsplit(public_url).scheme != "https":
        raise ValueError("Teams reaches the bot at an address with https://: set [server] public_url")
    missing = [key for key in PAGES if not pages.get(key)]
    if missing:
        raise ValueError(
            f"Teams shows pages of yours beside the app: set {', '.join(missing)} under [organisation]"
        )
    for where, commands in offered.items():
        if len(commands) > _MOST_COMMANDS:
            raise ValueError(f"{where}: {len(commands)} commands; Teams takes {_MOST_COMMANDS}")
        for title, said in commands:
            if len(title) > _MOST_TITLE or not 0 < len(said) <= _MOST_SAID:
                raise ValueError(
                    f"{where}: the command {title!r} may have {_MOST_TITLE} characters, and {_MOST_SAID} to explain it"
                )
