"""Tokens that somebody else signs: their keys, fetched without holding anybody up, and what a token must say."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from urllib.parse import urlsplit

import aiohttp
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from adapters.loopback import is_loopback
from adapters.proxy import proxy_for
from bot.ports import Clock

log = logging.getLogger(__name__)

SKEW = timedelta(minutes=5)  # how far the signer's clock and ours may differ
FETCH_SECONDS = 5.0  # for both documents; requests with an unknown key id wait for it
FRESH = timedelta(days=1)
SPACING = timedelta(minutes=1)  # between fetches: anybody may send a key id that nobody has
_RETRY = timedelta(seconds=10)  # after one that failed
_MOST_BYTES = 512 * 1024  # of a document; the Bot Connector's is 30 KB
_LEAST_BITS = 2048
_MOST_PROVEN = 256
_ALGORITHM = "RS256"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,2000}\.[A-Za-z0-9_-]{1,12000}\.[A-Za-z0-9_-]{1,2000}")

Claims = Mapping[str, object]


class NotGenuine(Exception):
    """A token does not count. The text says why and holds nothing of the token."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key; `endorsements` are the channels it may speak for, and empty where it names none."""

    id: str
    public: RSAPublicKey
    endorsements: frozenset[str] = frozenset()


class Keys:
    """
    Hold the public keys that an OpenID document leads to.

    They are fetched when a key id is unknown, at most once a minute, and once a day in the background. A fetch that
    fails changes nothing: what was fetched before stays good.
    """

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        *,
        openid_url: str,
        clock: Clock,
        timeout_seconds: float = FETCH_SECONDS,
    ) -> None:
        """Take what returns the session to fetch with: it is asked for at each fetch, inside the running loop."""
        self._session = session
        self._openid_url = _address(openid_url)
        self._clock = clock
        self._timeout = timeout_seconds
        self._keys: Mapping[str, Key] = {}
        self._fetched: datetime | None = None
        self._tried: datetime | None = None
        self._failed = False
        self._fetching: asyncio.Task[None] | None = None
        self._proven: dict[bytes, tuple[Key, Claims]] = {}

    @property
    def count(self) -> int:
        """Return how many keys are at hand."""
        return len(self._keys)

    async def key(self, kid: str) -> Key | None:
        """Return the key with this id; None where the signer has none."""
        found = self._keys.get(kid)
        if found is None and self._may_fetch():
            await self.fetch()
            return self._keys.get(kid)
        if self._is_old() and self._may_fetch():
            self._begin()
        return found

    async def fetch(self) -> bool:
        """Fetch the keys now, or wait for who does, and return whether it could be done."""
        # Several wait for one fetch: the one that gives up must not end it for the others.
        await asyncio.shield(self._begin())
        return not self._failed

    async def close(self) -> None:
        """End a fetch under way."""
        if self._under_way is not None:
            self._under_way.cancel()
            await asyncio.wait((self._under_way,))

    async def claims(self, token: str) -> tuple[Key, Claims]:
        """
        Return what a token with a good signature says, and the key it is signed with; NotGenuine otherwise.

        A signer uses one token for many requests: its signature is checked once, until the keys are fetched anew.
        """
        if not _TOKEN.fullmatch(token):
            raise NotGenuine("no token")
        mark = sha256(token.encode()).digest()
        proven = self._proven.get(mark)
        if proven is not None and await self.key(proven[0].id) is proven[0]:
            return proven
        key = await self.key(_key_id(token))
        if key is None:
            raise NotGenuine("unknown key")
        proven = (key, _signed(token, key))
        if len(self._proven) >= _MOST_PROVEN:
            self._proven.clear()
        self._proven[mark] = proven
        return proven

    @property
    def _under_way(self) -> asyncio.Task[None] | None:
        return self._fetching if self._fetching is not None and not self._fetching.done() else None

    def _is_old(self) -> bool:
        return self._fetched is None or self._clock.now() - self._fetched >= FRESH

    def _may_fetch(self) -> bool:
        """Tell whether a fetch is under way or the last one is long enough ago."""
        if self._under_way is not None or self._tried is None:
            return True
        # A clock that was set back makes the last try one of the future.
        return abs(self._clock.now() - self._tried) >= (_RETRY if self._failed else SPACING)

    def _begin(self) -> asyncio.Task[None]:
        under_way = self._under_way
        if under_way is not None:
            return under_way
        self._tried = self._clock.now()
        self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                document = await self._read(self._openid_url)
                keys = _usable(await self._read(_address(document.get("jwks_uri"))))
        # A session that was closed meanwhile raises RuntimeError.
        except (aiohttp.ClientError, OSError, ValueError, RuntimeError) as error:
            self._failed = True
            host = urlsplit(self._openid_url).hostname
            why = str(error) if isinstance(error, _Useless) else type(error).__name__
            log.warning(
                "Signing keys could not be fetched: action=keys.kept from=%s why=%s kept=%d",
                host,
                why,
                self.count,
            )
            return
        self._keys, self._fetched, self._failed = keys, self._clock.now(), False

    async def _read(self, url: str) -> Mapping[str, object]:
        raw = bytearray()
        async with self._session().get(url, allow_redirects=False, proxy=proxy_for(url)) as answer:
            if answer.status != 200:
                raise _Useless(f"HTTP {answer.status}")
            async for piece in answer.content.iter_chunked(64 * 1024):
                raw += piece
                if len(raw) > _MOST_BYTES:
                    raise _Useless("too large")
        found = json.loads(raw)
        if not isinstance(found, dict):
            raise _Useless("not an object")
        return found


async def verified(
    token: str,
    keys: Keys,
    *,
    audience: str | Collection[str],
    issuers: Collection[str],
    clock: Clock,
    leeway: timedelta = SKEW,
    endorsement: str = "",
) -> Claims:
    """
    Return what a token says that one of the issuers made for this audience, and that is good now; raise NotGenuine.

    Where the key names the channels that it may speak for, `endorsement` must be one of them.
    """
    key, claims = await keys.claims(token)
    issuer, told = claims.get("iss"), claims.get("aud")
    if not (isinstance(issuer, str) and issuer in issuers):
        raise NotGenuine("issuer")
    wanted = {audience} if isinstance(audience, str) else set(audience)
    if not wanted.intersection([told] if isinstance(told, str) else _texts(told)):
        raise NotGenuine("audience")
    if endorsement and key.endorsements and endorsement not in key.endorsements:
        raise NotGenuine("endorsement")
    _check_times(claims, clock.now().timestamp(), leeway.total_seconds())
    return claims


class _Useless(ValueError):
    """What was fetched is of no use; the text may be logged."""


def _address(url: object) -> str:
    """Return an address to fetch keys from: whoever could change the answer would sign for everybody."""
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.username is not None or not parts.hostname:
        raise _Useless("no address")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
        return parts.geturl()
    raise _Useless("an address of keys must begin with https://")


def _usable(document: Mapping[str, object]) -> Mapping[str, Key]:
    """Return the keys that RS256 may be checked with; one that is of another kind or broken is left out."""
    listed = document.get("keys")
    found: dict[str, Key] = {}
    for one in listed if isinstance(listed, list) else []:
        kid = one.get("kid") if isinstance(one, dict) else None
        if not (isinstance(kid, str) and kid):
            continue
        public = _public(one)
        if public is not None:
            found[kid] = Key(kid, public, frozenset(_texts(one.get("endorsements"))))
    if not found:
        raise _Useless("no usable key")
    return found


def _public(told: Mapping[str, object]) -> RSAPublicKey | None:
    use, algorithm = told.get("use", "sig"), told.get("alg", _ALGORITHM)
    if told.get("kty") != "RSA" or use != "sig" or algorithm != _ALGORITHM:
        return None
    if not all(isinstance(told.get(number), str) for number in ("n", "e")):
        return None
    try:
        key = RSAAlgorithm.from_jwk({name: told[name] for name in ("kty", "n", "e")})
    except (jwt.PyJWTError, ValueError, OverflowError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= _LEAST_BITS else None


def _key_id(token: str) -> str:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise NotGenuine("no token") from None
    # Looked at before a key is looked for: what can never be good causes no fetch.
    if header.get("alg") != _ALGORITHM:
        raise NotGenuine("algorithm")
    kid = header.get("kid")
    if not (isinstance(kid, str) and kid):
        raise NotGenuine("no key id")
    return kid


def _signed(token: str, key: Key) -> Claims:
    try:
        claims = jwt.decode(
            token,
            key.public,
            algorithms=[_ALGORITHM],
            # These are looked at for each request, the times by our own clock.
            options={
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_iss": False,
            },
        )
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise NotGenuine("signature") from None
    return MappingProxyType(claims)


def _check_times(claims: Claims, now: float, leeway: float) -> None:
    if now >= _instant(claims, "exp") + leeway:
        raise NotGenuine("expired")
    if any(now < _instant(claims, name) - leeway for name in ("nbf", "iat") if name in claims):
        raise NotGenuine("not yet valid")


def _instant(claims: Claims, name: str) -> float:
    told = claims.get(name)
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        raise NotGenuine(f"{name} is no instant")
    return told


def _texts(told: object) -> list[str]:
    return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []
