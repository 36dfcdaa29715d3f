"""What Slack's refusals mean to those who deliver: wait, give up, find the person, or ask what became of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.ports import Refused, Throttled, Unreachable, Unsure

SOON_SECONDS = 30.0
LATER_SECONDS = 600.0  # where a person has to mend something first
_LONGEST_SECONDS = 3600.0

# What a call may raise that says something about the call; anything else is a mistake of ours.
TROUBLES = (aiohttp.ClientError, SlackClientError, TimeoutError, OSError)
Port = Refused | Throttled | Unreachable | Unsure

# Made twice, these are as if made once: where nobody knows what became of one, it is simply made again.
_REPEATABLE = frozenset(
    {
        "auth.test",
        "chat.update",
        "conversations.history",
        "conversations.open",
        "files.getUploadURLExternal",
        "files.upload",
        "users.info",
        "users.lookupByEmail",
        "views.publish",
    }
)

# The token or the app as such: everybody of the workspace waits until an operator has mended it.
_WORKSPACE = frozenset(
    {
        "access_denied",
        "account_inactive",
        "app_missing_action_url",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "messages_tab_disabled",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "team_not_found",
        "token_expired",
        "token_revoked",
    }
)
_BUSY = frozenset(
    {
        "message_limit_exceeded",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "team_added_to_org",
        "too_many_requests",
    }
)
# Slack's own words for these: some of it may have been done.
_DOUBTFUL = frozenset({"fatal_error", "internal_error", "service_unavailable"})
_PERSON = frozenset(
    {
        "cannot_dm_bot",
        "user_disabled",
        "user_is_bot",
        "user_is_restricted",
        "user_not_found",
        "user_not_visible",
        "users_not_found",
    }
)
_CLOSED = frozenset({"is_archived", "is_inactive", "not_in_channel", "restricted_action"})

_CODE = re.compile(r"[a-z][a-z0-9_]{1,60}")
_POINTER = re.compile(r"\[json-pointer:(/[\w/-]{1,120})\]")


def ported(error: Exception, method: str) -> Port:
    """
    Return what a call's error means to those who deliver; never with a word of what was sent.

    `account_inactive` is read as the bot's: Slack says it of tokens.
    """
    match error:
        case Refused() | Throttled() | Unreachable() | Unsure():
            return error
        case SlackApiError():
            return _answered(error.response, method)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return Throttled(SOON_SECONDS, why="no connection")
    return in_doubt(method, type(error).__name__)


def in_doubt(method: str, why: str) -> Throttled | Unsure:
    """Return what it means that nobody knows what became of a call."""
    return Throttled(SOON_SECONDS, why=why) if method in _REPEATABLE else Unsure(why)


def code_of(error: Exception) -> str:
    """Return Slack's code for an error; "" where it gave none."""
    return _code(_body(error.response)) if isinstance(error, SlackApiError) else ""


def _answered(response: object, method: str) -> Port:
    status, body = _status(response), _body(response)
    code = _code(body)
    if status == 429 or code in _BUSY:
        return Throttled(_retry_after(response), why=code or "ratelimited")
    if status >= 500 or code in _DOUBTFUL:
        return in_doubt(method, code or f"http {status}")
    if not code:
        # Whoever answered was not Slack's API: a proxy or a wrong address. With a 200 it may have been both.
        why = f"http {status}"
        return Throttled(LATER_SECONDS, everybody=True, why=why) if status >= 300 else in_doubt(method, why)
    if code in _WORKSPACE:
        return Throttled(LATER_SECONDS, everybody=True, why=code)
    if code in _PERSON:
        return Unreachable(code, "switched_off")
    if method != "chat.update" and code == "channel_not_found":
        return Unreachable(code, "switched_off")  # hidden from the app
    if method != "chat.update" and code in _CLOSED:
        return Unreachable(code, "blocked")
    return Refused(_reason(code, body))


def _reason(code: str, body: Mapping[str, object]) -> str:
    """Return Slack's code with the scope that is missing, or the place in the message that it means."""
    if code == "missing_scope":
        needed = re.sub(r"[^a-z:._,]", "", str(body.get("needed", "")))[:100]
        return f"{code}: {needed}" if needed else code
    metadata = body.get("response_metadata")
    told = metadata.get("messages") if isinstance(metadata, Mapping) else None
    # Of Slack's explanation only where: it may quote what people wrote.
    places = [_POINTER.search(str(one)) for one in told] if isinstance(told, list) else []
    return " ".join([code, *(place.group(1) for place in places[:3] if place)])


def _code(body: Mapping[str, object]) -> str:
    told = str(body.get("error") or "")
    return told if _CODE.fullmatch(told) else ""


def _body(response: object) -> Mapping[str, object]:
    data = getattr(response, "data", None)
    return data if isinstance(data, Mapping) else {}


def _status(response: object) -> int:
    # What is no JSON arrives as aiohttp's response, all else as the SDK's.
    for name in ("status_code", "status"):
        status = getattr(response, name, None)
        if isinstance(status, int):
            return status
    return 0


def _retry_after(response: object) -> float:
    headers = getattr(response, "headers", None) or {}
    told = next((value for key, value in headers.items() if key.lower() == "retry-after"), "")
    try:
        seconds = float(told)
    except ValueError:
        return SOON_SECONDS
    return min(max(seconds, 1.0), _LONGEST_SECONDS)
