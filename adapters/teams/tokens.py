"""The bot's own tokens from Microsoft Entra: fetched off the loop, once for many sends."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msal  # type: ignore[import-untyped]  # it ships none of its own
import requests
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.ports import Clock, Throttled

log = logging.getLogger(__name__)

CONNECTOR = "https://api.botframework.com/.default"
GRAPH = "https://graph.microsoft.com/.default"
LOGIN_URL = "https://login.microsoftonline.com/"

SOON_SECONDS = 30.0
LATER_SECONDS = 600.0  # where a person has to mend something first
# With the ten seconds of a call it stays below what the outbox waits for a message, so that one that
# never left is no doubt.
WAIT_SECONDS = 8.0
_EARLY = timedelta(minutes=5)  # before a token expires it is renewed: clocks differ, and calls take time
_AGAIN = timedelta(seconds=30)  # after a refusal, so that a wrong secret does not lock the app out

_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----\n?", re.DOTALL)
_CODE = re.compile(r"[a-z_]{1,60}")
_NUMBER = re.compile(r"AADSTS(\d{4,8})")
# Entra's own numbers for what an operator has to mend.
_MEANINGS = {
    "7000215": "wrong_secret",
    "7000222": "secret_expired",
    "700027": "wrong_certificate",
    "700016": "unknown_app",
    "90002": "unknown_tenant",
}


class Tokens:
    """
    Hand out tokens for a scope, each kept until shortly before it expires.

    However many ask at once, one fetch is made, and in a thread of its own: msal waits for the network.
    Where no token can be had, everybody waits (Throttled), and it is not asked for again at once.
    """

    def __init__(
        self,
        *,
        app_id: str,
        tenant_id: str,
        clock: Clock,
        secret: str = "",
        certificate: Path | None = None,
        login_url: str = LOGIN_URL,
        http_client: object | None = None,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """
        Take a secret, or the path of a PEM file with key and certificate, which is read anew at each fetch.

        A `login_url` that begins with http:// is a stand-in's: nothing but a development configuration allows it.
        """
        if not (app_id and tenant_id and (secret or certificate)):
            raise ValueError("tokens need the app's id, its tenant, and a client secret or a certificate")
        self._app_id = app_id
        self._authority = f"{login_url.rstrip('/')}/{tenant_id}"
        self._clock = clock
        self._secret = secret
        self._certificate = certificate
        self._http = http_client
        self._wait = wait_seconds
        self._kept: dict[str, _Token] = {}
        self._refused: dict[str, _Refusal] = {}
        self._fetching: dict[str, asyncio.Task[str]] = {}
        # At DEBUG msal writes what it sends and receives.
        logging.getLogger("msal").setLevel(logging.INFO)

    async def bearer(self, scope: str = CONNECTOR) -> str:
        """Return a token that is valid for some minutes; Throttled for everybody where there is none."""
        now = self._clock.now()
        kept = self._kept.get(scope)
        if kept is not None and now < kept.expires_at - _EARLY:
            return kept.text
        try:
            return await self._renewed(scope, now)
        except Throttled:
            if kept is not None and self._kept.get(scope) is kept and now < kept.expires_at:
                return kept.text  # it still holds for a moment
            raise

    def forget(self, token: str) -> None:
        """Fetch anew for whom this token was kept, as somebody did not take it."""
        self._kept = {scope: kept for scope, kept in self._kept.items() if kept.text != token}

    async def _renewed(self, scope: str, now: datetime) -> str:
        refused = self._refused.get(scope)
        if refused is not None and now < refused.until:
            raise refused.error()
        task = self._fetching.get(scope)
        if task is None:
            task = self._fetching[scope] = asyncio.create_task(self._fetch(scope, now))
            task.add_done_callback(lambda done: self._fetched(scope, done))
        try:
            async with asyncio.timeout(self._wait):
                return await asyncio.shield(task)  # others wait for it too
        except TimeoutError:
            raise Throttled(SOON_SECONDS, everybody=True, why="slow_login") from None

    def _fetched(self, scope: str, task: asyncio.Task[str]) -> None:
        self._fetching.pop(scope, None)
        if not task.cancelled():
            task.exception()  # taken note of, also where nobody waits any more

    async def _fetch(self, scope: str, now: datetime) -> str:
        why, seconds = "", SOON_SECONDS
        told: Mapping[str, object] = {}
        try:
            told = await asyncio.to_thread(self._ask, scope)
        except _Unreadable:
            why, seconds = "no_certificate", LATER_SECONDS
        except (KeyError, TypeError, ValueError):
            why, seconds = "unknown_tenant", LATER_SECONDS  # Entra has no such tenant, or it is no Entra
        except (msal.exceptions.MsalError, OSError, RuntimeError):
            why = "no_login"
        token = told.get("access_token")
        if isinstance(token, str) and token:
            self._refused.pop(scope, None)
            lives = timedelta(seconds=_seconds(told.get("expires_in")))
            self._kept[scope] = _Token(token, now + lives)
            log.info("A token was fetched: action=teams.token scope=%s", scope)
            return token
        if not why:
            why, seconds = _reason(told), LATER_SECONDS
        refusal = self._refused[scope] = _Refusal(why, seconds, now + _AGAIN)
        log.error("No token could be fetched: action=teams.no_token scope=%s why=%s", scope, why)
        raise refusal.error()

    # --- in a thread

    def _ask(self, scope: str) -> Mapping[str, object]:
        # A new one each time: it would hand out what it has kept, by a clock of its own.
        entra = msal.ConfidentialClientApplication(
            self._app_id,
            client_credential=self._credential(),
            authority=self._authority.replace("http://", "https://", 1),
            validate_authority=False,
            instance_discovery=False,
            http_client=self._client(),
        )
        told = entra.acquire_token_for_client(scopes=[scope])
        return told if isinstance(told, dict) else {}

    def _client(self) -> object:
        if self._http is not None:
            return self._http
        return _Session(self._wait, plain=self._authority.startswith("http://"))

    def _credential(self) -> object:
        if self._certificate is None:
            return self._secret
        try:
            blocks = list(_PEM.finditer(self._certificate.read_text(encoding="ascii")))
        except (OSError, ValueError):
            raise _Unreadable from None
        keys = [one.group() for one in blocks if one.group(1).endswith("PRIVATE KEY")]
        proofs = [one.group() for one in blocks if one.group(1) == "CERTIFICATE"]
        try:
            key = serialization.load_pem_private_key(keys[0].encode(), password=None)
            x509.load_pem_x509_certificate(proofs[0].encode())
        except (IndexError, TypeError, ValueError, UnsupportedAlgorithm):
            raise _Unreadable from None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise _Unreadable  # Entra takes no other
        # From the certificate msal works out its thumbprint.
        return {"private_key": keys[0], "public_certificate": "".join(proofs)}


class _Unreadable(Exception):
    """The certificate's file holds no key and certificate that can be used."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    expires_at: datetime

    def __repr__(self) -> str:
        return "_Token(…)"  # whoever prints it prints no secret


@dataclass(frozen=True, slots=True)
class _Refusal:
    why: str
    seconds: float
    until: datetime

    def error(self) -> Throttled:
        return Throttled(self.seconds, everybody=True, why=self.why)


class _Session:
    """What msal asks over: with a time limit, and no redirects; msal itself knows only https."""

    def __init__(self, timeout_seconds: float, *, plain: bool) -> None:
        self._timeout = timeout_seconds
        self._plain = plain

    def get(self, url: str, **told: object) -> object:
        return self._send("GET", url, told)

    def post(self, url: str, **told: object) -> object:
        return self._send("POST", url, told)

    def close(self) -> None:
        """Nothing is kept open: a token is fetched once an hour."""

    def _send(self, method: str, url: str, told: Mapping[str, object]) -> object:
        if self._plain:
            url = url.replace("https://", "http://", 1)
        return requests.request(
            method,
            url,
            timeout=self._timeout,
            allow_redirects=False,
            **told,  # type: ignore[arg-type]  # data, headers and the like, as msal sees fit
        )


def _reason(told: Mapping[str, object]) -> str:
    """Return what keeps Entra from giving a token, never in its own sentences: they name people and secrets."""
    numbers = told.get("error_codes")
    found = [str(one) for one in numbers] if isinstance(numbers, list) else []
    found += _NUMBER.findall(str(told.get("error_description") or ""))
    for number in found:
        if number in _MEANINGS:
            return _MEANINGS[number]
    code = str(told.get("error") or "")
    code = code if _CODE.fullmatch(code) else "no_token"
    return f"{code} AADSTS{found[0]}" if found and found[0].isdigit() else code


def _seconds(told: object) -> float:
    return float(told) if isinstance(told, (int, float)) and told > 0 else 0.0
