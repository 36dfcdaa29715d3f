"""Tokens at rest: sealed with a key that the database does not hold."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class CannotOpen(Exception):
    """No key fits what was sealed."""


class Vault:
    """
    Seal texts with the first key, open them with any.

    To change the key, put a new one in front, seal everything anew, then take the old one away.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """Take keys as `new_key` makes them, newest first; ValueError names the place of one that is none."""
        if not keys:
            raise ValueError(
                "no key to seal Slack's tokens with: make one and set TELEMACHY_SLACK_TOKEN_KEYS"
            )
        self._fernet = MultiFernet([_fernet(key, place) for place, key in enumerate(keys, start=1)])

    @classmethod
    def of(cls, text: str) -> Vault:
        """Take keys as a variable or a file holds them: separated by commas, newest first."""
        return cls([key.strip() for key in text.split(",") if key.strip()])

    def seal(self, text: str) -> str:
        """Return the text so that only a holder of the key can read it."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """Return what was sealed; CannotOpen where no key fits."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise CannotOpen(
                "a stored Slack token was sealed with a key that is not among TELEMACHY_SLACK_TOKEN_KEYS: "
                "put that key back behind the newest one, or install the app again"
            ) from None

    def sealed_anew(self, sealed: str) -> str:
        """Return the same, sealed with the first key; CannotOpen where no key fits."""
        return self.seal(self.open(sealed))


def new_key() -> str:
    """Make a key: 32 random bytes, as 44 characters."""
    return Fernet.generate_key().decode("ascii")


def _fernet(key: str, place: int) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        # Without the library's own words: they might quote the key.
        raise ValueError(
            f"key {place} of TELEMACHY_SLACK_TOKEN_KEYS is none: a key is 44 characters long and ends with ="
        ) from None
