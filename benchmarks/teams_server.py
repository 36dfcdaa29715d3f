"""
The processes that are measured, and the Microsoft they call: `python -m benchmarks.teams_server api|noop|bot …`.

Each says which port it listens on, and ends when its standard input does, so that none outlives who started it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from benchmarks.serving import Shifted, cost, pin, serve, serve_api

TENANT = "7d3c0c9e-1c3e-4b7e-9c39-0d2a4c0b6a11"
APP = "5f1c7d3e-9d3f-4a7e-8d70-0b6a2f1f4a11"
SECRET = "not-a-real-client-secret"
_KEY = "key-1"
_ISSUER = "https://api.botframework.com"
_LIFE_SECONDS = 10 * 24 * 3600
_SAID = json.dumps({"id": "1700000000001"})


# --- Microsoft -------------------------------------------------------------------------------


async def _api(at: str) -> None:
    """Serve the Bot Connector, Entra, and what signs."""
    await serve_api(lambda port: Microsoft(f"http://127.0.0.1:{port}", float(at)).answer)


class Microsoft:
    """Take all that is said, give tokens, and sign: `/signed` is a token that is good at an instant, and for days."""

    def __init__(self, root: str, at: float) -> None:
        self._root = root
        self._at = int(at)
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._counts: Counter[str] = Counter()

    def answer(self, method: str, path: str) -> str:
        """Return what is answered to a call."""
        if path.startswith("/emea/"):
            self._counts["said" if method == "POST" else "renewed"] += 1
            return _SAID
        if path.endswith("/token"):
            self._counts["token"] += 1
        return json.dumps(self._told(path))

    def _told(self, path: str) -> object:
        secure = f"{self._root.replace('http', 'https', 1)}/login/{TENANT}"
        match path.rpartition("/")[2]:
            case "counts":
                return self._counts
            case "signed":
                return {"token": self._signed()}
            case "keys":
                public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
                return {"keys": [{**public, "kid": _KEY, "use": "sig", "endorsements": ["msteams"]}]}
            case "openid":
                return {"issuer": _ISSUER, "jwks_uri": f"{self._root}/keys"}
            case "token":
                return {"token_type": "Bearer", "expires_in": 3600, "access_token": "not-a-real-token"}
        ends = {"token_endpoint": f"{secure}/token", "authorization_endpoint": f"{secure}/authorize"}
        return {"issuer": secure, **ends}

    def _signed(self) -> str:
        claims: dict[str, object] = {
            "iss": _ISSUER,
            "aud": APP,
            "serviceurl": f"{self._root}/emea/",
            "nbf": self._at - 60,
        }
        claims["exp"] = self._at + _LIFE_SECONDS
        return jwt.encode(claims, self._key, "RS256", headers={"kid": _KEY})


# --- what ours is compared with --------------------------------------------------------------


async def _noop() -> None:
    """Serve with botbuilder alone: an activity becomes a turn, an invoke is answered, and nothing is said."""
    from botbuilder.core import BotFrameworkAdapter, BotFrameworkAdapterSettings, TurnContext
    from botbuilder.schema import Activity, ActivityTypes, InvokeResponse

    # Without an id, and without a token, nothing is checked: its own check fetches keys from Microsoft alone.
    adapter = BotFrameworkAdapter(BotFrameworkAdapterSettings("", ""))
    done = {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": "Nothing"}

    async def turn(context: TurnContext) -> None:
        if context.activity.type == ActivityTypes.invoke:
            answer = InvokeResponse(status=200, body=done)
            await context.send_activity(Activity(type=ActivityTypes.invoke_response, value=answer))

    async def messages(request: web.Request) -> web.StreamResponse:
        activity = Activity().deserialize(await request.json())
        answer = await adapter.process_activity(activity, "", turn)
        return web.json_response(answer.body) if answer is not None else web.Response()

    async def quiet(request: web.Request) -> web.StreamResponse:
        return cost()

    await serve([web.post("/api/messages", messages), web.get("/quiet", quiet)])


# --- ours ------------------------------------------------------------------------------------


async def _bot(api: str, url: str, apart: str, around: str) -> None:
    """
    Serve as `telemachy serve` does, but without a heart: what is due is looked at when it is asked for.

    With `around` set to "around", activities reach the listener without botbuilder.
    """
    from bot.app import compose
    from bot.cli.founding import lived
    from bot.cli.teams_room import LIMITS, furnish, outward
    from bot.config import Config, Secret, Server, Teams
    from bot.garbage import look_seldom
    from bot.ports import Channel
    from storage.store import open_store

    teams = Teams(
        mode="on",
        app_id=APP,
        tenant_id=TENANT,
        tenants=(TENANT,),
        development=True,  # what stands for Microsoft has no TLS; tokens are asked for and checked all the same
        login_url=f"{api}/login/",
        openid_url=f"{api}/openid",
        client_secret=Secret(SECRET),
    )
    config = Config(teams=teams, server=Server(public_url="http://127.0.0.1"))
    clock, store = Shifted(float(apart)), open_store(url)
    out = outward(config, store, clock, None)
    channels: dict[str, Channel] = {out.channel.name: out.channel, "mail": out.channel}
    app = compose(
        store=store,
        channels=channels,
        clock=clock,
        owner="bench",
        company="Ithaca",
        current=lived(),
        limits={out.channel.name: LIMITS},
    )
    room = furnish(out, app.receive)
    if around == "around":
        room.app._turns = _Around()  # type: ignore[assignment]

    async def quiet(request: web.Request) -> web.StreamResponse:
        """Wait until all that follows the answers is done."""
        await room.app.settle()
        return cost()

    async def tell(request: web.Request) -> web.StreamResponse:
        """Say something to so many people of one's own accord, and tell how long it took."""
        many = int(request.query["many"])
        began = time.perf_counter()
        await _tell(out, many, request.query["service"])
        return web.json_response({"seconds": time.perf_counter() - began})

    look_seldom()
    await serve([*room.routes(), web.get("/quiet", quiet), web.get("/tell", tell)])
    await room.stop(1)
    await out.close()
    await store.close()


class _Around:
    """What adapters.teams.turns.Turns does, without botbuilder."""

    async def process(self, activity: Any, on_turn: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        """Hand an activity to a listener."""
        return await on_turn(activity)


async def _tell(out: Any, many: int, service_url: str) -> None:
    """Deliver a card to so many people, 25 at once, who are all known from what they wrote."""
    from adapters.teams.references import Reference
    from bot.content import Card, Text, say
    from bot.events import Address
    from bot.facts import Person
    from bot.ports import Delivery

    card = Card(say("Week {week}, three taps.", week=5), (Text(say("No check-in is open.")),))
    waiting = asyncio.Semaphore(25)

    async def tell(number: int) -> None:
        who = Address("teams", f"user-{number}", TENANT)
        where = Reference(
            service_url=service_url,
            conversation=f"a:{number}",
            user=f"29:{number}",
            bot=f"28:{APP}",
            tenant=TENANT,
        )
        async with waiting:
            await out.references.keep(who, where)
            person = Person(id=f"p{number}", name="Novak", address=who)
            await out.channel.deliver(Delivery(id=str(number), to=person, content=card))

    await asyncio.gather(*(tell(number) for number in range(many)))


_ROLES: Mapping[str, Callable[..., Coroutine[Any, Any, None]]] = {"api": _api, "noop": _noop, "bot": _bot}

if __name__ == "__main__":
    role, core, *rest = sys.argv[1:]
    pin(core)
    asyncio.run(_ROLES[role](*rest))
