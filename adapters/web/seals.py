"""Sealed words: whoever has them could not have made or changed them."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from hashlib import sha256

_LONGEST = 256 * 1024  # characters: a long form, sealed whole


class Seals:
    """
    Seal words for a purpose, and read what was sealed for that purpose.

    The first key seals, all of them are known when reading: a new key goes in front of the old one, and the old one
    goes away once nothing that it sealed is still wanted.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the keys, the newest first; at least one, each of some length."""
        if not keys or any(len(key.strip()) < 16 for key in keys):
            raise ValueError("links to pages are signed: give at least one key of 16 characters or more")
        self._keys = [sha256(b"telemachy/web\0" + key.strip().encode()).digest() for key in keys]

    def seal(self, purpose: str, *words: str) -> str:
        """Return the words with their seal, as text for an address."""
        told = _text(json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode())
        return f"{told}.{_seal(self._keys[0], purpose, told)}"

    def read(self, purpose: str, token: str) -> tuple[str, ...] | None:
        """Return what was sealed for a purpose; None for everything else."""
        told, _, seal = token.partition(".")
        if not told or len(token) > _LONGEST or not token.isascii():
            return None
        # All keys are tried, so that the time it takes does not tell which one it was.
        known = [hmac.compare_digest(_seal(key, purpose, told), seal) for key in self._keys]
        if not any(known):
            return None
        try:
            words = json.loads(urlsafe_b64decode(told + "=" * (-len(told) % 4)))
        except (Error, ValueError):
            return None
        return tuple(str(word) for word in words)


def _seal(key: bytes, purpose: str, told: str) -> str:
    return _text(hmac.new(key, f"{purpose}\0{told}".encode(), sha256).digest())


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
