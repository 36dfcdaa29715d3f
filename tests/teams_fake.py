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

import json
import re
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from aiohttp import web

from tests.fake_platform import Answer, Broken, Call, Drops, FakePlatform, Hangs, Held, Ticking, running

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
class Elsewhere:
    """Answer with a redirect."""

    to: str


@dataclass(frozen=True, slots=True)
class Mute:
    """Have the effect, and answer without saying what was made."""


Fault = Limited | Says | Elsewhere | Mute


# --- what it keeps ---------------------------------------------------------------------------


class Trouble(Exception):
    """What a call answers with instead of its result."""

    def __init__(self, status: int, code: str, *, sub: str = "", words: str = "No", wait: int = 0) -> None:
        super().__init__(code)
        self.status, self.code, self.sub, self.words, self.wait = status, code, sub, words, wait


class FakeTeams(FakePlatform[Fault]):
    """The state of a tenant, and every call that was made."""

    def __init__(self, clock: Ticking | None = None) -> None:
        super().__init__(clock)
        self.messages: dict[tuple[str, str], dict[str, Any]] = {}  # by (conversation, activity)
        self.people: dict[str, dict[str, Any]] = {}  # by id in Entra
        self.installed: set[str] = set()
        self.blocked: set[str] = set()
        self.conversations: dict[str, str] = {}  # whose, by id
        self.tokens: dict[str, str] = {}  # the scope each was given for
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
        self._made: dict[str, deque[datetime]] = defaultdict(deque)
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

    def fails(self, name: str, *faults: Fault | Broken | Hangs | Drops | Held) -> None:
        """Let the next calls of a name go wrong, one fault a call."""
        assert name in self._deeds, f"{name} is no call: {sorted(self._deeds)}"
        super().fails(name, *faults)

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

    # --- the server

    def route(self, router: web.UrlDispatcher) -> None:
        """Say which addresses are served."""
        for method, path, name in _ROUTES:
            router.add_route(method, path, self._serving(name))

    def _serving(self, name: str) -> Callable[[web.Request], Any]:
        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(await _read(name, request), request)

        return serve

    def fail(self, fault: Fault, call: Call) -> web.StreamResponse:
        """Answer a call as a fault of Microsoft's says."""
        match fault:
            case Limited(seconds):
                headers = {} if seconds is None else {"Retry-After": str(seconds)}
                return _error(429, "Throttled", headers=headers)
            case Says(status, code, sub, words, after):
                if after:
                    self.do(call)
                return _error(status, code, sub=sub, words=words)
            case Elsewhere(to):
                return web.Response(status=307, headers={"Location": to})
            case Mute():
                self.do(call)
                return web.Response(status=200)

    def do(self, call: Call) -> web.StreamResponse:
        """Have the effect of a call, and answer it."""
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


def teams(clock: Ticking | None = None) -> AbstractAsyncContextManager[FakeTeams]:
    """Run a fake Teams while the block runs."""
    return running(FakeTeams(clock))
