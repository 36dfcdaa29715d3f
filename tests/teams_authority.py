"""A signing authority on this machine: RSA keys, the document that leads to them, and tokens as the Bot Connector signs them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import cache

import aiohttp
import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from adapters.keys import Keys
from adapters.teams.gate import ISSUER
from bot.ports import Clock

APP = "5f1c7d3e-9d3f-4a7e-8d70-0b6a2f1f4a11"
TENANT = "0c8b2f56-6a0e-4d5c-9a51-3f7f4f6f2b10"
SERVICE_URL = "https://smba.trafficmanager.net/emea/"
DOCUMENT = "/v1/.well-known/openidconfiguration"
KEYS = "/v1/.well-known/keys"


@cache
def rsa_key(number: int) -> rsa.RSAPrivateKey:
    """Return a key; making one takes a tenth of a second, so tests share them by number."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Authority:
    """Sign tokens, and publish the keys they can be checked with: late, wrongly or not at all where a test says so."""

    def __init__(
        self, clock: Clock, *, issuer: str = ISSUER, endorsements: Collection[str] = ("msteams",)
    ) -> None:
        self.clock = clock
        self.issuer = issuer
        self.endorsements = list(endorsements)
        self.published = [1]  # numbers of keys; tokens are signed with the last
        self.asked: list[str] = []  # paths, in their order
        self.status = 200
        self.answers: dict[str, object] = {}  # what is said instead, by path
        self.more_keys: list[object] = []  # published besides
        self.moved = False  # whoever asks is sent to another address
        self.open = asyncio.Event()  # while it is not set, nobody is answered
        self.open.set()
        self.waiting = asyncio.Event()  # somebody waits for it
        self.server = TestServer(self._app())

    @property
    def openid_url(self) -> str:
        """Return the address of the document."""
        return str(self.server.make_url(DOCUMENT))

    @property
    def fetches(self) -> int:
        """Return how often the document was asked for."""
        return self.asked.count(DOCUMENT)

    def roll(self, *, keep: bool = False) -> None:
        """Sign with a new key from now on, and publish it in the place of the old ones, or beside them."""
        new = self.published[-1] + 1
        self.published = [*self.published, new] if keep else [new]

    def token(
        self,
        *,
        audience: object = APP,
        service_url: object = SERVICE_URL,
        key: int = 0,
        kid: str | None = None,
        **claims: object,
    ) -> str:
        """Return a token; a claim given as None is left out."""
        number = key or self.published[-1]
        return jwt.encode(
            self.claims(audience=audience, serviceurl=service_url, **claims),
            rsa_key(number),
            "RS256",
            headers={"kid": f"key-{number}" if kid is None else kid},
        )

    def claims(self, *, audience: object = APP, **claims: object) -> dict[str, object]:
        """Return what a token made now says."""
        now = int(self.clock.now().timestamp())
        told = {"iss": self.issuer, "aud": audience, "nbf": now, "exp": now + 3600, **claims}
        return {name: value for name, value in told.items() if value is not None}

    def _app(self) -> web.Application:
        app = web.Application()
        for path in (DOCUMENT, KEYS):
            app.router.add_get(path, self._answer)
            app.router.add_get(f"/moved{path}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if not self.open.is_set():
            self.waiting.set()
            await self.open.wait()
        path = request.path.removeprefix("/moved")
        if self.moved and path == request.path:
            raise web.HTTPFound(f"/moved{path}")
        said = self.answers.get(path, self._said(path))
        text = said if isinstance(said, str) else json.dumps(said)
        return web.Response(text=text, status=self.status, content_type="application/json")

    def _said(self, path: str) -> object:
        if path == DOCUMENT:
            return {"issuer": self.issuer, "jwks_uri": str(self.server.make_url(KEYS))}
        return {"keys": [*self.more_keys, *(self._key(number) for number in self.published)]}

    def _key(self, number: int) -> dict[str, object]:
        told = RSAAlgorithm.to_jwk(rsa_key(number).public_key(), as_dict=True)
        listed = {"endorsements": self.endorsements} if self.endorsements else {}
        return {**told, "kid": f"key-{number}", "use": "sig", **listed}


@asynccontextmanager
async def authority(
    clock: Clock, *, issuer: str = ISSUER, endorsements: Collection[str] = ("msteams",)
) -> AsyncIterator[Authority]:
    """Run an authority."""
    made = Authority(clock, issuer=issuer, endorsements=endorsements)
    await made.server.start_server()
    try:
        yield made
    finally:
        made.open.set()
        await made.server.close()


@asynccontextmanager
async def keys_of(signer: Authority, *, timeout_seconds: float = 5.0) -> AsyncIterator[Keys]:
    """Hold an authority's keys, with a session of their own."""
    async with aiohttp.ClientSession() as session:
        keys = Keys(
            lambda: session,
            openid_url=signer.openid_url,
            clock=signer.clock,
            timeout_seconds=timeout_seconds,
        )
        yield keys
        await keys.close()
