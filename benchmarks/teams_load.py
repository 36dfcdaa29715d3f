"""What Teams sends: activities with a token of the Bot Connector, each with an id of its own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

from benchmarks.load import Body
from benchmarks.second_week import TAPPED, Open
from benchmarks.teams_scene import chat_of
from benchmarks.teams_server import APP, TENANT

_ID = b"f:%012d"
_EMPTY = _ID % 0


def commands(checkins: Sequence[Open], service_url: str) -> tuple[Body, ...]:
    """Return "feedback", typed by every mentor."""
    told = {"type": "message", "text": "feedback", "textFormat": "plain"}
    return tuple(_written({**_activity(one.mentor, service_url), **told}) for one in checkins)


def presses(checkins: Sequence[Open], service_url: str) -> tuple[Body, ...]:
    """Return taps on two questions of every mentee's check-in, five times, with another answer each time."""
    taps = itertools.product(range(1, 6), TAPPED, checkins)
    return tuple(_written(_press(one, question, answer, service_url)) for answer, question, one in taps)


def signed(body: Body, number: int, token: str = "") -> bytes:
    """Return an activity as a request, with an id that no other has."""
    raw = body.replace(_EMPTY, _ID % number)
    return (
        b"POST /api/messages HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json; charset=utf-8\r\n"
        b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b"
    ) % (token.encode(), len(raw), raw)


def _press(one: Open, question: str, answer: int, service_url: str) -> dict[str, Any]:
    assert one.mentee.address is not None
    action = {
        "type": "Action.Execute",
        "title": str(answer),
        "verb": "press",
        "data": {"c": f"checkin.tap {one.step}/{question} {answer}"},
    }
    return {
        **_activity(one.mentee.address.user, service_url),
        "type": "invoke",
        "name": "adaptiveCard/action",
        "replyToId": one.message.rpartition("|")[2],
        "value": {"action": action, "trigger": "manual"},
    }


def _activity(user: str, service_url: str) -> dict[str, Any]:
    return {
        "id": _EMPTY.decode(),
        "timestamp": "2027-01-21T13:01:00.000Z",
        "localTimestamp": "2027-01-21T14:01:00.000+01:00",
        "localTimezone": "Europe/Ljubljana",
        "channelId": "msteams",
        "serviceUrl": service_url,
        "from": {"id": f"29:1{user}", "name": "Novak", "aadObjectId": user},
        "conversation": {"conversationType": "personal", "tenantId": TENANT, "id": chat_of(user)},
        "recipient": {"id": f"28:{APP}", "name": "Mentor"},
        "channelData": {"source": {"name": "message"}, "tenant": {"id": TENANT}},
        "locale": "en-US",
        "entities": [
            {
                "locale": "en-US",
                "country": "US",
                "platform": "Web",
                "timezone": "Europe/Ljubljana",
                "type": "clientInfo",
            }
        ],
    }


def _written(activity: dict[str, Any]) -> Body:
    return json.dumps(activity, separators=(",", ":")).encode()
