"""Microsoft Graph, where an organisation grants it: who has an e-mail address, and the app installed for them."""

from __future__ import annotations

import re
from urllib.parse import quote

from adapters.teams import tokens as scopes
from adapters.teams.connector import Backoff
from adapters.teams.faults import TROUBLES, Deed, Port, answered, ported
from adapters.teams.states import GRAPH, NOT_GRANTED, States
from adapters.teams.tokens import Tokens
from adapters.teams.wire import Answer, Json, Wire
from bot.ports import Throttled

GRAPH_URL = "https://graph.microsoft.com/v1.0/"

# The application permissions, by what they are for; no call needs more.
FIND, CATALOGUE, INSTALL = (
    "User.ReadBasic.All",
    "AppCatalog.Read.All",
    "TeamsAppInstallation.ReadWriteSelfForUser.All",
)
PERMISSIONS = (FIND, CATALOGUE, INSTALL)
_GUEST = "#EXT#"  # stands in the sign-in name of whoever belongs to another organisation
# How Graph says that a permission is missing, where a person's own policies could hinder an installation too.
_LACKING = re.compile(r"missing role|insufficient privileges|requires one of", re.IGNORECASE)
_OFTEN = ("not_in_catalogue", NOT_GRANTED)  # beginnings of what one call that goes well does not disprove


class NotGranted(Exception):
    """The organisation did not grant the application permission that the text names."""


class Graph:
    """
    Find people and install the app for them.

    What is not granted, and what is missing in the catalogue, is noted in `states` until it works.
    """

    def __init__(
        self,
        *,
        wire: Wire,
        tokens: Tokens,
        states: States,
        backoff: Backoff,
        package_id: str,
        base_url: str = GRAPH_URL,
    ) -> None:
        """Take the id in the app package's manifest, by which the catalogue knows the app."""
        self._wire = wire
        self._tokens = tokens
        self._states = states
        self._backoff = backoff
        self._package = package_id
        self._base = base_url.rstrip("/")
        self._catalogue = ""

    async def user_with(self, email: str) -> str | None:
        """
        Return who has this address for mail or for signing in, by their id; "" where nobody does, or several do.

        Guests of other organisations are nobody. None where nobody knows, as looking is not granted.
        """
        quoted = email.replace("'", "''")
        told = quote(f"mail eq '{quoted}' or userPrincipalName eq '{quoted}'", safe="")
        path = f"/users?$filter={told}&$select=id,mail,userPrincipalName"
        try:
            found = _values(await self._ask("look", path, FIND))
        except NotGranted:
            return None
        wanted = email.casefold()
        mine = [
            one
            for one in found
            if wanted in (_folded(one, "mail"), _folded(one, "userPrincipalName"))
            and _GUEST not in str(one.get("userPrincipalName"))
        ]
        return _folded(mine[0], "id") if len(mine) == 1 else ""

    async def install(self, user: str) -> bool:
        """
        Install the app for a person and tell whether it is there now; done twice it is the same.

        False where that is not granted, or nobody uploaded the app. Refused where this person cannot have it,
        such as without a licence for Teams.
        """
        try:
            app = await self._catalogued()
            if not app:
                return False
            told = {"teamsApp@odata.bind": f"{self._base}/appCatalogs/teamsApps/{quote(app, safe='')}"}
            path = f"/users/{quote(user, safe='')}/teamwork/installedApps"
            await self._ask("install", path, INSTALL, told)
        except NotGranted:
            return False
        return True

    async def _catalogued(self) -> str:
        """Return the app's id in the organisation's catalogue; "" where nobody uploaded it yet."""
        if not self._catalogue:
            quoted = self._package.replace("'", "''")
            told = quote(f"externalId eq '{quoted}'", safe="")
            path = f"/appCatalogs/teamsApps?$filter={told}&$select=id,externalId"
            found = _values(await self._ask("look", path, CATALOGUE))
            self._catalogue = str(found[0].get("id") or "") if found else ""
            if self._catalogue:
                await self._states.mended(GRAPH, "not_in_catalogue")
            else:
                await self._states.note(GRAPH, "not_in_catalogue")
        return self._catalogue

    # --- one call

    async def _ask(self, deed: Deed, path: str, permission: str, body: Json | None = None) -> Answer:
        lacking = f"{NOT_GRANTED}{permission}"
        answer = await self._answer(deed, path, body)
        if answer.status == 403 and (deed == "look" or _LACKING.search(_message(answer))):
            await self._states.note(GRAPH, lacking)
            raise NotGranted(permission)
        if answer.status == 404 and deed == "install":
            self._catalogue = ""  # the person, or the app: looked up again for the next one
        if not (200 <= answer.status < 300 or (answer.status == 409 and deed == "install")):
            raise await self._refusal(answer, deed)
        self._backoff.served(GRAPH)
        await self._states.mended(GRAPH, lacking)
        return answer

    async def _answer(self, deed: Deed, path: str, body: Json | None) -> Answer:
        token = await self._token()
        answer = await self._call(deed, path, token, body)
        if answer.status == 401:
            self._tokens.forget(token)
            answer = await self._call(deed, path, await self._token(), body)
        if answer.status == 401:
            raise await self._refusal(answer, deed)
        await self._states.mended(GRAPH, but=_OFTEN)
        return answer

    async def _refusal(self, answer: Answer, deed: Deed) -> Port:
        error = answered(answer, deed, lambda: self._backoff.seconds(GRAPH))
        if isinstance(error, Throttled) and error.everybody:
            await self._states.note(GRAPH, error.why)
        return error

    async def _token(self) -> str:
        try:
            return await self._tokens.bearer(scopes.GRAPH)
        except Throttled as error:
            await self._states.note(GRAPH, error.why)
            raise

    async def _call(self, deed: Deed, path: str, token: str, body: Json | None) -> Answer:
        method = "GET" if body is None else "POST"
        try:
            return await self._wire.call(method, f"{self._base}{path}", token=token, body=body)
        except TROUBLES as error:
            raise ported(error, deed) from None


def _values(answer: Answer) -> list[Json]:
    told = answer.body.get("value")
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _folded(told: Json, name: str) -> str:
    found = told.get(name)
    return found.casefold() if isinstance(found, str) else ""


def _message(answer: Answer) -> str:
    error = answer.body.get("error")
    return str(error.get("message") or "") if isinstance(error, dict) else ""
