"""
A Bot Connector, an Entra and a little of Graph on loopback: they keep what they are told, enforce what Microsoft
publishes as limits, and fail as they are asked to.

    async with teams(clock) as fake:
        fake.knows("u-ana", "ana@example.org")
        fake.fails("send", Limited(30), Says(403, "BotNotInConversationRoster"))
        # the bot: service URL fake.service_url, login_url fake.login_url, graph_url fake.graph_url

What can fail, by name: "token" and "discovery" (Entra); "send", "change", "open", "member" (the Connector);
"users", "catalogue", "install" (Graph).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer

TENANT = "t-lipa"
APP = "app-telemachy"
PACKAGE = "package-telemachy"
SECRET = "a-secret-that-nobody-may-read-4711"
BOT = f"28:{APP}"
MOST_BYTES = 100_000  # of a message, in UTF-16
CONNECTOR_SCOPE = "https://api.botframework.com/.default"
GRAPH_SCOPE = "https://graph.microsoft.com/.default"

# How often: per conversation, and of the whole bot in a tenant (Microsoft's page "rate limit").
_SENDING = ((7, 1), (8, 2), (60, 30), (1800, 3600))
_LOOKING = ((14, 1), (16, 2))
_TOGETHER = ((30, 1),)


class Ticking(Protocol):
    """Whatever tells the time, such as tests.living.MovableClock."""

    def now(self) -> datetime:
        """Return the present instant."""
        ...


class RealClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)


# --- what can go wrong -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limited:
    """Answer 429, with Retry-After unless that is None; nothing happens."""

    seconds: int | None = 30


@dataclass(frozen=True, slots=True)
class Says:
    """Answer with a status and the Connector's own words; `sub` is the code below the code."""

    status: int
    code: str
    sub: str = ""
    words: str = "Something went wrong"
    after: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """Answer with this status in nobody's words; `after` says whether the call had its effect first."""

    status: int = 502
    after: bool = False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Answer with a redirect."""

    to: str


@dataclass(frozen=True, slots=True)
class Mute:
    """Have the effect, and answer without saying what was made."""


@dataclass(frozen=True, slots=True)
class Hangs:
    """Have the effect and never answer (until the server stops)."""


@dataclass(frozen=True, slots=True)
class Drops:
    """Close the connection without an answer; `after` says whether the call had its effect first."""

    after: bool = True


@dataclass(slots=True)
class Held:
    """Answer as usual, once `go` is set; `came` says that the call arrived."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Event = field(default_factory=asyncio.Event)


Fault = Limited | Says | Broken | Elsewhere | Mute | Hangs | Drops | Held


# --- what it keeps ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it arrived, whether or not it was granted."""

    name: str
    told: dict[str, Any]
    token: str
    path: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)


class Trouble(Exception):
    """What a call answers with instead of its result."""

    def __init__(self, status: int, code: str, *, sub: str = "", words: str = "No", wait: int = 0) -> None:
        super().__init__(code)
        self.status, self.code, self.sub, self.words, self.wait = status, code, sub, words, wait


Answer = dict[str, Any]


class FakeTeams:
    """The state of a tenant, and every call that was made."""

    def __init__(self, clock: Ticking | None = None) -> None:
        self.clock: Ticking = clock or RealClock()
        self.calls: list[Call] = []
        self.messages: dict[tuple[str, str], dict[str, Any]] = {}  # by (conversation, activity)
        self.people: dict[str, dict[str, Any]] = {}  # by id in Entra
        self.installed: set[str] = set()
        self.blocked: set[str] = set()
        self.conversations: dict[str, str] = {}  # whose, by id
        self.tokens: dict[str, str] = {}  # the scope each was given for
        self.revoked: set[str] = set()
        self.secret = SECRET
        self.public_key: Any = None  # of the certificate that is uploaded
        self.lives_seconds = 3600
        self.granted = {
            "User.ReadBasic.All",
            "AppCatalog.Read.All",
            "TeamsAppInstallation.ReadWriteSelfForUser.All",
        }
        self.catalogue = {PACKAGE: "catalogue-1"}
        self.limited = True
        self.changed = asyncio.Condition()
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._made: dict[str, deque[datetime]] = defaultdict(deque)
        self._numbers = itertools.count(1)
        self._hanging = asyncio.Event()
        self._server: TestServer | None = None
        self._deeds: dict[str, Callable[[Call], Answer]] = {
            "discovery": self._discovery,
            "token": self._token,
            "send": self._send,
            "change": self._change,
            "open": self._open,
            "member": self._member,
            "users": self._users,
            "catalogue": self._catalogue,
            "install": self._install,
        }

    # --- for tests

    @property
    def service_url(self) -> str:
        """Return what an activity says as its serviceUrl."""
        return f"{self._root()}/emea/"

    @property
    def login_url(self) -> str:
        """Return what stands for login.microsoftonline.com."""
        return f"{self._root()}/login/"

    @property
    def graph_url(self) -> str:
        """Return what stands for Microsoft Graph."""
        return f"{self._root()}/graph/v1.0/"

    def fails(self, name: str, *faults: Fault) -> None:
        """Let the next calls of a name go wrong, one fault a call."""
        assert name in self._deeds, f"{name} is no call: {sorted(self._deeds)}"
        self._faults[name].extend(faults)

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return what the calls of a name were told, in their order."""
        return [call.told for call in self.calls if call.name == name]

    def knows(self, user: str, email: str = "", *, installed: bool = True, **more: Any) -> str:
        """Let there be a user, with the app as a rule, and return the conversation with them."""
        self.people[user] = {
            "id": f"29:{user}",
            "aadObjectId": user,
            "name": user,
            "email": email,
            "userPrincipalName": email,
            "tenantId": TENANT,
            "userRole": "user",
            **more,
        }
        if not installed:
            return ""
        self.installed.add(user)
        self.conversations[f"a:{user}"] = user
        return f"a:{user}"

    async def until(self, name: str, times: int = 1) -> list[dict[str, Any]]:
        """Wait until a call was made so often, and return what the calls were told."""
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(lambda: len(self.of(name)) >= times), 10)
        return self.of(name)

    # --- the server

    async def start(self) -> None:
        """Listen on loopback."""
        app = web.Application(client_max_size=32 * 1024 * 1024)
        for method, path, name in _ROUTES:
            app.router.add_route(method, path, self._serving(name))
        self._server = TestServer(app, host="127.0.0.1")
        await self._server.start_server()

    async def stop(self) -> None:
        """Let go of who hangs, and listen no more."""
        self._hanging.set()
        if self._server is not None:
            await self._server.close()

    def _root(self) -> str:
        assert self._server is not None, "the fake Teams was not started"
        return str(self._server.make_url("")).rstrip("/")

    def _serving(self, name: str) -> Callable[[web.Request], Any]:
        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(name, request)

        return serve

    async def _serve(self, name: str, request: web.Request) -> web.StreamResponse:
        call = await _read(name, request)
        fault = self._faults[name].popleft() if self._faults[name] else None
        async with self.changed:
            self.calls.append(call)
            self.changed.notify_all()
        match fault:
            case Limited(seconds):
                headers = {} if seconds is None else {"Retry-After": str(seconds)}
                return _error(429, "Throttled", headers=headers)
            case Says(status, code, sub, words, after):
                if after:
                    self._do(call)
                return _error(status, code, sub=sub, words=words)
            case Broken(status, after):
                if after:
                    self._do(call)
                return web.Response(
                    status=status, text="<html>upstream trouble</html>", content_type="text/html"
                )
            case Elsewhere(to):
                return web.Response(status=307, headers={"Location": to})
            case Mute():
                self._do(call)
                return web.Response(status=200)
            case Drops(after):
                if after:
                    self._do(call)
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case Hangs():
                self._do(call)
                await self._hanging.wait()
                return web.Response(status=503)
            case Held():
                fault.came.set()
                await fault.go.wait()
        return self._do(call)

    def _do(self, call: Call) -> web.Response:
        """Have the effect of a call, and return what it answers."""
        try:
            if call.name not in ("discovery", "token"):
                self._check_token(call)
            made = self._deeds[call.name](call)
        except Trouble as error:
            if call.name == "token":
                told = {
                    "error": error.code,
                    "error_codes": [int(error.sub)],
                    "error_description": error.words,
                }
                return web.json_response(told, status=error.status)
            headers = {"Retry-After": str(error.wait)} if error.wait else {}
            return _error(error.status, error.code, sub=error.sub, words=error.words, headers=headers)
        return web.json_response(made, status=201 if call.name in ("send", "open", "install") else 200)

    def _check_token(self, call: Call) -> None:
        scope = GRAPH_SCOPE if call.name in ("users", "catalogue", "install") else CONNECTOR_SCOPE
        if call.token in self.revoked or self.tokens.get(call.token) != scope:
            raise Trouble(401, "Unauthorized")

    def _take(self, key: str, rates: tuple[tuple[int, int], ...]) -> None:
        """Count a call, or refuse it where there were too many."""
        if not self.limited:
            return
        now, made = self.clock.now(), self._made[key]
        for count, seconds in rates:
            if sum(at > now - timedelta(seconds=seconds) for at in made) >= count:
                raise Trouble(429, "Throttled", wait=seconds)
        made.append(now)
        while made and made[0] <= now - timedelta(hours=1):
            made.popleft()

    # --- Entra

    def _discovery(self, call: Call) -> Answer:
        (tenant,) = call.path
        if tenant != TENANT:
            raise Trouble(400, "invalid_tenant", words=f"AADSTS90002: Tenant '{tenant}' not found.")
        base = f"{self.login_url}{tenant}".replace("http://", "https://")
        return {
            "issuer": f"{base}/v2.0",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        }

    def _token(self, call: Call) -> Answer:
        told = call.told
        if told.get("client_id") != APP:
            raise Trouble(
                400, "unauthorized_client", sub="700016", words=f"AADSTS700016: {told.get('client_id')}"
            )
        if told.get("client_assertion"):
            self._check_assertion(told["client_assertion"])
        elif told.get("client_secret") != self.secret:
            words = f"AADSTS7000215: Invalid client secret provided: {told.get('client_secret')}"
            raise Trouble(401, "invalid_client", sub="7000215", words=words)
        made = f"token-{next(self._numbers)}"
        self.tokens[made] = str(told.get("scope"))
        return {"token_type": "Bearer", "expires_in": self.lives_seconds, "access_token": made}

    def _check_assertion(self, told: str) -> None:
        try:
            jwt.decode(
                told,
                self.public_key,
                algorithms=["PS256", "RS256"],
                audience=f"{self.login_url}{TENANT}/oauth2/v2.0/token".replace("http://", "https://"),
                issuer=APP,
            )
        except (jwt.PyJWTError, TypeError, ValueError):
            raise Trouble(401, "invalid_client", sub="700027", words="AADSTS700027: no such key") from None

    # --- the Connector

    def _send(self, call: Call) -> Answer:
        (conversation,) = call.path
        self._take(TENANT, _TOGETHER)
        self._take(conversation, _SENDING)
        self._check_reach(conversation)
        _check_message(call.told)
        made = str(1_700_000_000_000 + next(self._numbers))
        self.messages[conversation, made] = call.told
        return {"id": made}

    def _change(self, call: Call) -> Answer:
        conversation, activity = call.path
        self._check_reach(conversation)
        if (conversation, activity) not in self.messages:
            raise Trouble(404, "ActivityNotFoundInConversation")
        _check_message(call.told)
        self.messages[conversation, activity] = call.told
        return {"id": activity}

    def _open(self, call: Call) -> Answer:
        told = call.told
        self._take("open", _SENDING)
        members = [str(one.get("id", "")) for one in told.get("members", [])]
        if told.get("isGroup") or len(members) != 1 or told.get("tenantId") != TENANT:
            raise Trouble(400, "BadSyntax")
        user = members[0].removeprefix("29:")
        if user not in self.people or user not in self.installed:
            raise Trouble(
                403, "ForbiddenOperationException", words="Bot isn't installed in user's personal scope"
            )
        self.conversations[f"a:{user}"] = user
        return {"id": f"a:{user}"}

    def _member(self, call: Call) -> Answer:
        conversation, user = call.path
        self._take(f"member {conversation}", _LOOKING)
        if conversation not in self.conversations:
            raise Trouble(404, "ConversationNotFound")
        found = self.people.get(user.removeprefix("29:"))
        if found is None:
            raise Trouble(404, "MemberNotFoundInConversation")
        return found

    def _check_reach(self, conversation: str) -> None:
        user = self.conversations.get(conversation)
        if user is None:
            raise Trouble(404, "ConversationNotFound")
        if user in self.blocked:
            raise Trouble(403, "Forbidden", sub="MessageWritesBlocked")
        if user not in self.installed:
            raise Trouble(403, "BotNotInConversationRoster")

    # --- Graph

    def _users(self, call: Call) -> Answer:
        self._check_granted("User.ReadBasic.All")
        wanted = set(re.findall(r"eq '((?:[^']|'')*)'", call.query["$filter"]))
        found = [
            {"id": user, "mail": one["email"], "userPrincipalName": one["userPrincipalName"]}
            for user, one in self.people.items()
            if wanted & {one["email"], one["userPrincipalName"]}
        ]
        return {"value": found}

    def _catalogue(self, call: Call) -> Answer:
        self._check_granted("AppCatalog.Read.All")
        wanted = re.findall(r"eq '([^']*)'", call.query["$filter"])
        return {
            "value": [
                {"id": self.catalogue[one], "externalId": one} for one in wanted if one in self.catalogue
            ]
        }

    def _install(self, call: Call) -> Answer:
        self._check_granted("TeamsAppInstallation.ReadWriteSelfForUser.All")
        (user,) = call.path
        named = str(call.told.get("teamsApp@odata.bind", ""))
        if user not in self.people or named.rpartition("/")[2] not in self.catalogue.values():
            raise Trouble(404, "NotFound")
        if user in self.installed:
            raise Trouble(409, "Conflict")
        self.installed.add(user)
        return {}

    def _check_granted(self, permission: str) -> None:
        if permission not in self.granted:
            words = f"Missing role permissions on the request. API requires one of '{permission}'."
            raise Trouble(403, "Forbidden", words=words)


_ROUTES = (
    ("GET", "/login/{tenant}/v2.0/.well-known/openid-configuration", "discovery"),
    ("POST", "/login/{tenant}/oauth2/v2.0/token", "token"),
    ("POST", "/emea/v3/conversations/{conversation}/activities", "send"),
    ("PUT", "/emea/v3/conversations/{conversation}/activities/{activity}", "change"),
    ("POST", "/emea/v3/conversations", "open"),
    ("GET", "/emea/v3/conversations/{conversation}/members/{user}", "member"),
    ("GET", "/graph/v1.0/users", "users"),
    ("GET", "/graph/v1.0/appCatalogs/teamsApps", "catalogue"),
    ("POST", "/graph/v1.0/users/{user}/teamwork/installedApps", "install"),
)


async def _read(name: str, request: web.Request) -> Call:
    if request.content_type == "application/x-www-form-urlencoded":
        told: dict[str, Any] = {key: str(value) for key, value in (await request.post()).items()}
    else:
        told = await request.json() if request.can_read_body else {}
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return Call(name, told, token, tuple(request.match_info.values()), dict(request.query))


def _error(
    status: int, code: str, *, sub: str = "", words: str = "No", headers: Mapping[str, str] | None = None
) -> web.Response:
    error: Answer = {"code": code, "message": words, **({"subCode": sub} if sub else {})}
    return web.json_response({"error": error}, status=status, headers=headers)


def _check_message(told: Answer) -> None:
    """Refuse what Teams refuses: too large, of no kind it knows, or with a card newer than it draws."""
    if len(json.dumps(told, ensure_ascii=False).encode("utf-16-le")) > MOST_BYTES:
        raise Trouble(413, "MessageSizeTooBig")
    if told.get("type") != "message" or not (told.get("text") or told.get("attachments")):
        raise Trouble(400, "BadSyntax")
    for one in told.get("attachments", []):
        if one.get("contentType") != "application/vnd.microsoft.card.adaptive":
            raise Trouble(400, "BadArgument")
        content = one.get("content", {})
        if content.get("type") != "AdaptiveCard" or float(content.get("version", "9")) > 1.5:
            raise Trouble(400, "BadArgument")


@asynccontextmanager
async def teams(clock: Ticking | None = None) -> AsyncIterator[FakeTeams]:
    """Run a fake Teams while the block runs."""
    fake = FakeTeams(clock)
    await fake.start()
    try:
        yield fake
    finally:
        await fake.stop()
