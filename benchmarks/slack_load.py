"""What Slack does: sign what people did, send it, and wait; so many at a time, as quickly as they are answered."""

from __future__ import annotations

import hmac
import itertools
import json
import time
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from benchmarks.load import Body
from benchmarks.second_week import TAPPED
from benchmarks.slack_scene import TEAM, Target
from benchmarks.slack_server import SECRET

_TRIGGER = b"trigger-%012d"
_EMPTY = _TRIGGER % 0


# --- what people do --------------------------------------------------------------------------


def commands(targets: Sequence[Target]) -> tuple[Body, ...]:
    """Return `/mentor feedback` of every mentor."""
    return tuple(
        urlencode(
            {
                "token": "none",
                "team_id": TEAM,
                "team_domain": "ithaca",
                "channel_id": "C1",
                "channel_name": "general",
                "user_id": one.mentor,
                "user_name": one.mentor.lower(),
                "command": "/mentor",
                "text": "feedback",
                "api_app_id": "A1",
                "is_enterprise_install": "false",
                "response_url": "http://127.0.0.1:9/none",
                "trigger_id": _EMPTY.decode(),
            }
        ).encode()
        for one in targets
    )


def presses(targets: Sequence[Target]) -> tuple[Body, ...]:
    """Return taps on two questions of every mentee's check-in, five times, with another answer each time."""
    taps = itertools.product(range(1, 6), TAPPED, targets)
    return tuple(_form(_press(one, question, answer)) for answer, question, one in taps)


def _form(payload: dict[str, Any]) -> Body:
    return urlencode({"payload": json.dumps(payload, separators=(",", ":"))}).encode()


def _press(one: Target, question: str, answer: int) -> dict[str, Any]:
    channel, _, ts = one.message.partition(":")
    return {
        "type": "block_actions",
        "user": {"id": one.mentee, "username": one.mentee.lower(), "name": one.mentee, "team_id": TEAM},
        "api_app_id": "A1",
        "token": "none",
        "container": {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False},
        "trigger_id": _EMPTY.decode(),
        "team": {"id": TEAM, "domain": "ithaca"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": channel, "name": "directmessage"},
        "message": {
            "type": "message",
            "user": "U1",
            "bot_id": "B1",
            "app_id": "A1",
            "team": TEAM,
            "ts": ts,
            "text": "Week 2, three taps.",
            "blocks": one.blocks,
        },
        "state": {"values": {}},
        "response_url": "http://127.0.0.1:9/none",
        "actions": [
            {
                "type": "button",
                "action_id": f"ask:{answer - 1}",
                "block_id": "b1",
                "text": {"type": "plain_text", "text": str(answer), "emoji": False},
                "value": f"checkin.tap {one.step}/{question} {answer}",
                "action_ts": "1.1",
            }
        ],
    }


def signed(body: Body, number: int, apart: float = 0.0) -> bytes:
    """Return a body as a signed request with a trigger of its own; the server's clock is so many seconds apart."""
    raw = body.replace(_EMPTY, _TRIGGER % number)
    at = b"%d" % (time.time() + apart)
    signature = hmac.new(SECRET.encode(), b"v0:" + at + b":" + raw, sha256).hexdigest().encode()
    return (
        b"POST /slack/events HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"X-Slack-Request-Timestamp: %b\r\nX-Slack-Signature: v0=%b\r\nContent-Length: %d\r\n\r\n%b"
    ) % (at, signature, len(raw), raw)
