"""Who looks at the tab, by the token that Microsoft Entra made for them and for us."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

from adapters.keys import Keys, NotGenuine, verified
from bot.events import Address
from bot.ports import Clock

TEAMS: Final = "teams"
# The one scope that the app exposes; a token that an app got for itself has none.
SCOPE: Final = "access_as_user"


class Entra:
    """
    Read tokens for the tab.

    One counts if Entra signed it for this app, by one of the tenants that are let in, and for a person.
    """

    def __init__(
        self,
        keys: Keys,
        *,
        client_id: str,
        tenants: Collection[str],
        public_url: str,
        clock: Clock,
        login_url: str = "https://login.microsoftonline.com/",
    ) -> None:
        """Take Entra's keys, and the tenants that are let in; none means nobody."""
        self._keys = keys
        self._clock = clock
        # Entra writes one or the other, by the version that the registration asks for.
        self._audiences = (
            client_id,
            f"api://{client_id}",
            f"api://{urlsplit(public_url).netloc}/{client_id}",
            # What the app package names, as Teams wants it of an app with a tab and a bot.
            f"api://{urlsplit(public_url).netloc}/botid-{client_id}",
        )
        login = login_url.rstrip("/")
        self._tenant_of: Mapping[str, str] = {
            issuer: tenant.lower()
            for tenant in tenants
            for issuer in (f"{login}/{tenant.lower()}/v2.0", f"https://sts.windows.net/{tenant.lower()}/")
        }

    async def address(self, token: str) -> Address:
        """Return whom a token is about; NotGenuine where it does not count."""
        claims = await verified(
            token,
            self._keys,
            audience=self._audiences,
            issuers=self._tenant_of.keys(),
            clock=self._clock,
        )
        tenant, user, scopes = (_text(claims, name) for name in ("tid", "oid", "scp"))
        if tenant.lower() != self._tenant_of[_text(claims, "iss")]:
            raise NotGenuine("tenant")
        if SCOPE not in scopes.split():
            raise NotGenuine("scope")
        if not user:
            raise NotGenuine("nobody")
        return Address(TEAMS, user.lower(), tenant.lower())


def keys_url(login_url: str, tenant: str) -> str:
    """Return where Entra says which keys it signs with."""
    return f"{login_url.rstrip('/')}/{tenant.lower()}/v2.0/.well-known/openid-configuration"


def _text(claims: Mapping[str, object], name: str) -> str:
    found = claims.get(name)
    return found if isinstance(found, str) else ""
