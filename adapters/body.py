"""The body of a request, read before anybody is believed: limited in size and time, and whole characters only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from aiohttp import web
from aiohttp.client_exceptions import ClientPayloadError

_READ_SECONDS = 5.0  # a platform sends the body at once


async def read_body(request: web.Request, most: int) -> bytes:
    """Return the body as it came; 413, 408 or 400 where it is too large, too slow or broken."""
    raw = bytearray()
    try:
        async with asyncio.timeout(_READ_SECONDS):
            async for piece in request.content.iter_chunked(64 * 1024):
                raw += piece
                if len(raw) > most:
                    raise web.HTTPRequestEntityTooLarge(most, len(raw))
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (web.RequestPayloadError, ClientPayloadError):
        raise web.HTTPBadRequest(text="The body cannot be read.") from None
    return bytes(raw)


def loaded(text: str) -> Mapping[str, object]:
    """Return a JSON object; ValueError or RecursionError where it is none."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    if "\\ud" in text.lower():
        # Half a character, which no database takes, raises UnicodeEncodeError.
        json.dumps(found, ensure_ascii=False).encode()
    return found
