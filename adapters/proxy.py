"""Which proxy leads to an address, by the environment's HTTPS_PROXY, HTTP_PROXY and NO_PROXY."""

from __future__ import annotations

import os
from functools import lru_cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

_NAMES = tuple(f"{one}_proxy" for one in ("http", "https", "all", "no"))
_TOLD_BY = (*_NAMES, *(name.upper() for name in _NAMES))


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for this address; None where it is reached without."""
    parts = urlsplit(url)
    return _found(parts.scheme, parts.hostname or "", tuple(os.environ.get(name) for name in _TOLD_BY))


@lru_cache(maxsize=64)
def _found(scheme: str, host: str, told: tuple[str | None, ...]) -> str | None:
    # Looking through the whole environment takes as long as the rest of a call: `told` says whether it changed.
    if not host or proxy_bypass(host):
        return None
    return getproxies().get(scheme)
