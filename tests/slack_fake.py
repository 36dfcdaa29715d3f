"""
A Slack Web API on loopback: it keeps what it is told, enforces Slack's limits, and fails as it is asked to.

    async with slack(clock) as fake:
        client = AsyncWebClient("xoxb-1", base_url=fake.api_url)
        fake.fails("chat.postMessage", Limited(30), Limited(30))
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from tests.fake_platform import Answer, Call, FakePlatform, Ticking, running

TRIGGER_LIVES = timedelta(seconds=3)
MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MOST_TOGETHER = 13_000  # characters over all blocks of a message
_MOST_TEXT = {"header": 150, "button": 75, "section": 3000}
SCOPES_HEADER = "X-OAuth-Scopes"


# --- what can go wrong -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limited:
    """Answer 429 with Retry-After; nothing happens."""

    seconds: int = 30


@dataclass(frozen=True, slots=True)
class Fails:
    """Answer 200 with ok false and this code."""

    error: str
    more: Mapping[str, object] = field(default_factory=dict)


Fault = Limited | Fails


# --- what it keeps ---------------------------------------------------------------------------


class SlackError(Exception):
    """What a method answers with instead of its result."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


class FakeSlack(FakePlatform[Fault]):
    """The state of a workspace or several, and every call that was made."""

    def __init__(self, clock: Ticking | None = None) -> None:
        super().__init__(clock)
        self.messages: dict[tuple[str, str], dict[str, Any]] = {}  # by (channel, ts)
        self.ephemeral: list[dict[str, Any]] = []
        self.opened: list[dict[str, Any]] = []  # views opened, with trigger and id
        self.pushed: list[dict[str, Any]] = []  # those of them that opened above another
        self.updated: list[dict[str, Any]] = []  # views updated
        self.homes: dict[str, dict[str, Any]] = {}  # by user
        self.users: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.scopes = "chat:write,commands,im:write,users:read,users:read.email"
        self.bots: dict[str, Answer] = {}  # by token, what auth.test says
        self.grants: dict[str, Answer] = {}  # by OAuth code or refresh token; each is good once
        self.responded: list[dict[str, Any]] = []  # what was sent to a response_url
        self.socket_url = ""
        self._triggers: dict[str, tuple[datetime, bool]] = {}
        self._methods: dict[str, Callable[[Call], Answer]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "views.open": self._open,
            "views.push": self._push,
            "views.update": self._update_view,
            "views.publish": self._publish,
            "users.lookupByEmail": self._lookup,
            "users.info": self._info,
            "conversations.open": self._open_conversation,
            "conversations.history": self._history,
            "files.getUploadURLExternal": self._upload_url,
            "files.completeUploadExternal": self._complete_upload,
            "oauth.v2.access": self._access,
            "apps.connections.open": self._connection,
            "response_url": self._respond,
        }

    # --- for tests

    @property
    def api_url(self) -> str:
        """Return what a client takes as its base_url."""
        return f"{self._root()}/api/"

    @property
    def response_url(self) -> str:
        """Return an address that takes late answers, as a payload names one; "response_url" is its method's name."""
        return f"{self._root()}/api/response_url"

    def trigger(self) -> str:
        """Return a trigger id that works once, for three seconds from now."""
        made = f"{next(self._numbers)}.trigger"
        self._triggers[made] = (self.clock.now(), False)
        return made

    def knows(self, user: str, email: str, team: str = "T1", **more: object) -> None:
        """Let there be a user."""
        profile = {"email": email, "real_name": user}
        found = {"id": user, "team_id": team, "deleted": False, "is_bot": False, "is_email_confirmed": True}
        self.users[user] = {**found, "profile": profile, **more}

    # --- the server

    def route(self, router: web.UrlDispatcher) -> None:
        """Say which addresses are served."""
        router.add_route("*", "/api/{method}", self._take)
        router.add_post("/upload/{file}", self._take_file)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(await _read(request), request)

    def fail(self, fault: Fault, call: Call) -> web.StreamResponse:
        """Answer a call as a fault of Slack's says."""
        match fault:
            case Limited(seconds):
                told = {"ok": False, "error": "ratelimited"}
                return web.json_response(told, status=429, headers={"Retry-After": str(seconds)})
            case Fails(error, more):
                return web.json_response({"ok": False, "error": error, **more})

    def do(self, call: Call) -> web.StreamResponse:
        """Have the effect of a call, and answer it."""
        return web.json_response(self._done(call), headers={SCOPES_HEADER: self.scopes})

    def _done(self, call: Call) -> Answer:
        try:
            if call.name not in self._methods:
                raise SlackError("unknown_method")
            if call.name not in ("oauth.v2.access", "response_url"):
                self._check_token(call)
            return {"ok": True, **self._methods[call.name](call)}
        except SlackError as error:
            return {"ok": False, "error": error.error, **error.more}

    def _check_token(self, call: Call) -> None:
        if not call.token:
            raise SlackError("not_authed")
        if call.token in self.revoked:
            raise SlackError("token_revoked")
        wanted = "xapp-" if call.name == "apps.connections.open" else "xoxb-"
        if not call.token.removeprefix("xoxe.").startswith(wanted):
            raise SlackError("invalid_auth")

    # --- methods

    def _auth_test(self, call: Call) -> Answer:
        known = {"team": "Lipa", "team_id": "T1", "user": "telemachy", "user_id": "UBOT", "bot_id": "BBOT"}
        return {"url": "https://lipa.example/", **known, **self.bots.get(call.token, {})}

    def _post_message(self, call: Call) -> Answer:
        channel = self._channel(call.told)
        _check_message(call.told)
        ts = self._ts()
        self.messages[channel, ts] = {**call.told, "channel": channel, "ts": ts}
        return {"channel": channel, "ts": ts, "message": {"text": call.told.get("text", ""), "ts": ts}}

    def _post_ephemeral(self, call: Call) -> Answer:
        self._channel(call.told)
        if not call.told.get("user"):
            raise SlackError("user_not_found")
        _check_message(call.told)
        self.ephemeral.append(call.told)
        return {"message_ts": self._ts()}

    def _update(self, call: Call) -> Answer:
        place = (str(call.told.get("channel", "")), str(call.told.get("ts", "")))
        if place not in self.messages:
            raise SlackError("message_not_found")
        _check_message(call.told)
        self.messages[place] = {**self.messages[place], **call.told}
        return {"channel": place[0], "ts": place[1], "text": call.told.get("text", "")}

    def _delete(self, call: Call) -> Answer:
        place = (str(call.told.get("channel", "")), str(call.told.get("ts", "")))
        if self.messages.pop(place, None) is None:
            raise SlackError("message_not_found")
        return {"channel": place[0], "ts": place[1]}

    def _open(self, call: Call) -> Answer:
        self._use_trigger(str(call.told.get("trigger_id", "")))
        view = _view(call.told)
        _check_view(view, "modal")
        made = {**view, "id": f"V{next(self._numbers)}", "hash": "1.hash"}
        self.opened.append(made)
        return {"view": made}

    def _push(self, call: Call) -> Answer:
        made = self._open(call)
        self.pushed.append(made["view"])
        return made

    def _update_view(self, call: Call) -> Answer:
        view_id = str(call.told.get("view_id", ""))
        if view_id not in {view["id"] for view in self.opened}:
            raise SlackError("not_found")
        view = _view(call.told)
        _check_view(view, "modal")
        self.updated.append({**view, "id": view_id})
        return {"view": {**view, "id": view_id}}

    def _publish(self, call: Call) -> Answer:
        user = str(call.told.get("user_id", ""))
        if not user:
            raise SlackError("invalid_arguments")
        view = _view(call.told)
        _check_view(view, "home")
        self.homes[user] = view
        return {"view": {**view, "id": f"V{next(self._numbers)}"}}

    def _use_trigger(self, trigger: str) -> None:
        if trigger not in self._triggers:
            raise SlackError("invalid_trigger_id")
        made, used = self._triggers[trigger]
        if used:
            raise SlackError("exchanged_trigger_id")
        if self.clock.now() - made > TRIGGER_LIVES:
            raise SlackError("expired_trigger_id")
        self._triggers[trigger] = (made, True)

    def _lookup(self, call: Call) -> Answer:
        wanted = str(call.told.get("email", "")).casefold()
        for user in self.users.values():
            if str(user["profile"].get("email", "")).casefold() == wanted and not user.get("deleted"):
                return {"user": user}
        raise SlackError("users_not_found")

    def _info(self, call: Call) -> Answer:
        user = self.users.get(str(call.told.get("user", "")))
        if user is None:
            raise SlackError("user_not_found")
        return {"user": user}

    def _open_conversation(self, call: Call) -> Answer:
        told = call.told.get("users", "")
        users = sorted(told if isinstance(told, list) else str(told).split(","))
        if not any(users) or len(users) > 8:
            raise SlackError("not_enough_users" if not any(users) else "too_many_users")
        if any(self.users.get(user, {}).get("deleted") for user in users):
            raise SlackError("user_disabled")
        beginning = "D" if len(users) == 1 else "G"
        return {"channel": {"id": beginning + "".join(user.removeprefix("U") for user in users)}}

    def _history(self, call: Call) -> Answer:
        if "im:history" not in self.scopes.split(","):
            raise SlackError("missing_scope", needed="im:history", provided=self.scopes)
        channel, oldest = str(call.told.get("channel", "")), float(call.told.get("oldest") or 0)
        kept = [m for (place, ts), m in self.messages.items() if place == channel and float(ts) >= oldest]
        kept.sort(key=lambda message: str(message["ts"]), reverse=True)
        return {"messages": kept, "has_more": False}

    def _upload_url(self, call: Call) -> Answer:
        file = f"F{next(self._numbers)}"
        self.files[file] = {"name": call.told.get("filename"), "length": int(call.told.get("length", 0))}
        return {"upload_url": f"{self._root()}/upload/{file}", "file_id": file}

    def _complete_upload(self, call: Call) -> Answer:
        told = call.told.get("files", "[]")
        named = json.loads(told) if isinstance(told, str) else told
        for one in named:
            kept = self.files.get(one["id"])
            if kept is None or "data" not in kept:
                raise SlackError("file_not_found")
            kept.update(
                shared={key: call.told.get(key) for key in ("channel_id", "thread_ts", "initial_comment")}
            )
            kept["title"] = one.get("title", "")
        return {"files": [{"id": one["id"], "title": one.get("title", "")} for one in named]}

    def _access(self, call: Call) -> Answer:
        key = str(call.told.get("refresh_token") or call.told.get("code") or "")
        granted = self.grants.pop(key, None)
        if granted is None:
            raise SlackError("invalid_refresh_token" if call.told.get("refresh_token") else "invalid_code")
        return granted

    def _connection(self, call: Call) -> Answer:
        return {"url": self.socket_url}

    def _respond(self, call: Call) -> Answer:
        _check_message(call.told)
        self.responded.append(call.told)
        return {}

    async def _take_file(self, request: web.Request) -> web.Response:
        kept = self.files.get(request.match_info["file"])
        if kept is None:
            return web.Response(status=404)
        if request.content_type.startswith("multipart/"):
            form = await request.post()
            uploaded = next(iter(form.values()))
            data = uploaded.file.read() if isinstance(uploaded, web.FileField) else str(uploaded).encode()
        else:
            data = await request.read()
        kept["data"] = data
        return web.Response(text=f"OK - {len(data)}")

    def _channel(self, told: Mapping[str, Any]) -> str:
        """Return the conversation meant: a user's id as a channel is their direct message."""
        channel = str(told.get("channel", ""))
        if not channel:
            raise SlackError("channel_not_found")
        if channel.startswith(("U", "W")):
            if self.users and channel not in self.users:
                raise SlackError("channel_not_found")
            return "D" + channel.removeprefix("U")
        return channel

    def _ts(self) -> str:
        return f"{int(self.clock.now().timestamp())}.{next(self._numbers):06}"


def slack(clock: Ticking | None = None) -> AbstractAsyncContextManager[FakeSlack]:
    """Run a Slack for a while."""
    return running(FakeSlack(clock))


# --- reading and limits ----------------------------------------------------------------------


async def _read(request: web.Request) -> Call:
    method = request.match_info["method"]
    told: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        told.update(await request.json())
    elif request.can_read_body:
        told.update({key: value for key, value in (await request.post()).items() if isinstance(value, str)})
    header = request.headers.get("Authorization", "")
    token = header.removeprefix("Bearer ") if header.startswith("Bearer ") else ""
    return Call(
        method, {key: _unpacked(key, value) for key, value in told.items()}, str(told.get("token") or token)
    )


def _unpacked(key: str, value: Any) -> Any:
    """Return what a form field holds: nested arguments travel as JSON."""
    nested = key in ("blocks", "view", "metadata", "attachments") and isinstance(value, str)
    return json.loads(value) if nested and value else value


def _view(told: Mapping[str, Any]) -> dict[str, Any]:
    view = told.get("view")
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments")
    return view


def _check_message(told: Mapping[str, Any]) -> None:
    blocks = told.get("blocks") or []
    if not blocks and not told.get("text"):
        raise SlackError("no_text")
    if len(str(told.get("text", ""))) > 40_000:
        raise SlackError("msg_too_long")
    _check_blocks(blocks, "message")
    if sum(_length(block) for block in blocks) > MOST_TOGETHER:
        raise SlackError("msg_blocks_too_long")


def _check_view(view: Mapping[str, Any], kind: str) -> None:
    if view.get("type") != kind:
        raise SlackError("invalid_arguments")
    _check_blocks(view.get("blocks") or [], kind)
    for part in ("title", "submit", "close"):
        if len(str((view.get(part) or {}).get("text", ""))) > 24:
            raise SlackError("invalid_arguments", response_metadata={"messages": [f"/view/{part}"]})
    if len(str(view.get("private_metadata", ""))) > 3000 or len(json.dumps(view)) > 250_000:
        raise SlackError("view_too_large")
    if (
        kind == "modal"
        and any(b["type"] == "input" for b in view.get("blocks", ()))
        and not view.get("submit")
    ):
        raise SlackError("invalid_arguments")


def _check_blocks(blocks: list[dict[str, Any]], kind: str) -> None:
    if len(blocks) > MOST_BLOCKS[kind]:
        raise SlackError("invalid_blocks" if kind == "message" else "invalid_arguments")
    for block in blocks:
        _check_block(block)


def _check_block(block: Mapping[str, Any]) -> None:
    text = block.get("text")
    most = _MOST_TEXT.get(str(block.get("type")))
    if most is not None and isinstance(text, dict) and not 0 < len(text.get("text", "")) <= most:
        raise SlackError("invalid_blocks", response_metadata={"messages": [f"{block['type']} text"]})
    if len(block.get("elements") or ()) > {"actions": 25, "context": 10}.get(
        str(block.get("type")), 1_000_000
    ):
        raise SlackError("invalid_blocks")
    if len(block.get("options") or ()) > 100:
        raise SlackError("invalid_blocks")
    for option in block.get("options") or ():
        if len(option["text"]["text"]) > 75 or len(option["value"]) > 150:
            raise SlackError("invalid_blocks", response_metadata={"messages": ["option"]})
    if len(str(block.get("action_id", ""))) > 255 or len(str(block.get("block_id", ""))) > 255:
        raise SlackError("invalid_blocks")
    for key in ("element", "accessory"):
        if isinstance(block.get(key), dict):
            _check_block(block[key])
    if block.get("type") == "actions":
        for element in block.get("elements") or ():
            _check_block(element)


def _length(part: object) -> int:
    """Return how many characters people read in a block."""
    if isinstance(part, dict):
        own = len(part["text"]) if isinstance(part.get("text"), str) else 0
        return own + sum(_length(value) for key, value in part.items() if not isinstance(value, str))
    if isinstance(part, list):
        return sum(_length(one) for one in part)
    return 0
